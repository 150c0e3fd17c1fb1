"""The habits of the house that a machine can see.

A rule may be broken only where ``ratchet.json`` says so: it holds, for ``file:function`` or ``file``, the length that is still
allowed there. Numbers in it only go down; an entry that is no longer needed must go.
"""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from appliance.locale.settings_texts import extract

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("appliance", "boards", "console", "engine", "hwsim", "ivr_scripts", "recorder", "web")
FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 800
C_FUNCTION_LINES_MAX = 70
MADE_UP_OF = re.compile(r"(^|_|(?<=[a-z0-9]))(Manager|Handler|Helper|Utils?|manager|handler|helper|utils?)($|_|(?=[A-Z0-9]))")
# written apart so that this file does not find itself
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
MACHINE_PATHS = re.compile(r"(?<![\w.<])/(" + "work|root|home/[a-z]" + r")(?![\w-])")
TEXT_SUFFIXES = {".py", ".c", ".h", ".md", ".yaml", ".toml", ".cfg", ".sh", ".txt", ".po", ".json", ".service", ".rules"}
GLOBAL_TIME = {
    ("time", name) for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep", "localtime")
} | {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
THREAD_MAKERS = {("threading", "Thread"), ("threading", "Timer"), ("_thread", "start_new_thread"), ("futures", "ThreadPoolExecutor")}
THREAD_NAMES = {"Thread", "ThreadPoolExecutor", "deferToThread", "callInThread", "ThreadPool"}
THREADS_ARE_MADE_IN = {"appliance/executors.py"}


def tracked() -> list[Path]:
    """Every file of the project: known to git or new, not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return sorted(ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


FILES = tracked()
PYTHON = [file for file in FILES if file.suffix == ".py"]
PRODUCT = [file for file in PYTHON if file.relative_to(ROOT).parts[0] in PACKAGES]
TESTS = [file for file in PYTHON if file.name.startswith("test_")]


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def shown(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def lengths(files: list[Path]) -> dict[str, int]:
    """Everything longer than allowed: ``file:function`` or ``file`` → lines."""
    long: dict[str, int] = {}
    for file in files:
        lines = len(file.read_text(encoding="utf-8").splitlines())
        if lines > MODULE_LINES_MAX:
            long[shown(file)] = lines
        for function in functions(file) if file.suffix == ".py" else ():
            assert function.end_lineno is not None
            if function.end_lineno - function.lineno + 1 > FUNCTION_LINES_MAX:
                long[f"{shown(file)}:{function.name}"] = function.end_lineno - function.lineno + 1
    return long


def dotted_tail(node: ast.expr) -> tuple[str, str] | None:
    """``a.b.c`` → ``(b, c)``."""
    if not isinstance(node, ast.Attribute):
        return None
    owner = node.value
    return (owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else "", node.attr)


def test_functions_fit_a_screen_and_modules_a_sitting() -> None:
    """A reader finds no function over 70 lines and no module over 800, but for those that the ratchet names."""
    allowed: dict[str, int] = json.loads((ROOT / "tests/tidy/ratchet.json").read_text(encoding="utf-8"))
    long = lengths([file for file in FILES if file.suffix in {".py", ".c", ".h"}])
    grown = {place: lines for place, lines in long.items() if lines > allowed.get(place, 0)}
    assert not grown, f"too long: {grown}"
    assert not set(allowed) - set(long), f"no longer needed in ratchet.json: {sorted(set(allowed) - set(long))}"


def test_c_functions_fit_a_screen() -> None:
    """A reader of the pump finds no C function over 70 lines."""
    long = []
    for file in (file for file in FILES if file.suffix == ".c"):
        start = 0
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if line.startswith("{") or (line[:1].isalpha() and line.endswith("{")):
                start = number
            elif line.startswith("}") and start:
                if number - start + 1 > C_FUNCTION_LINES_MAX and not line.startswith("};"):
                    long.append(f"{shown(file)}:{start}: {number - start + 1} lines")
                start = 0
    assert not long, long


def names_given(file: Path) -> Iterator[tuple[int, str]]:
    """Names that a file itself gives: modules, classes, functions, arguments. Overridden foreign methods bear ``@override``."""
    yield 1, file.stem
    for node in ast.walk(tree(file)):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef | ast.AsyncFunctionDef)):
            yield node.lineno, node.name


def test_names_say_what_things_are() -> None:
    """A reader meets no Manager, Handler, Helper or Util, which say nothing."""
    found = [f"{shown(file)}:{line}: {name}" for file in PYTHON for line, name in names_given(file) if MADE_UP_OF.search(name)]
    assert not found, found


@pytest.mark.parametrize("name", ["CallManager", "event_handler", "utils", "LineHelper", "test_util", "str_utils"])
def test_the_name_rule_sees_empty_nouns(name: str) -> None:
    """The rule on names catches the usual spellings."""
    assert MADE_UP_OF.search(name)


@pytest.mark.parametrize("name", ["handle", "handled", "utility_power", "managed", "Machine"])
def test_the_name_rule_leaves_good_words_alone(name: str) -> None:
    """The rule on names does not catch words that only begin alike."""
    assert not MADE_UP_OF.search(name)


SEEDED = {"Random", "default_rng", "Generator", "BitGenerator", "PCG64", "Philox", "SeedSequence"}


def global_chance(node: ast.Attribute, tail: tuple[str, str]) -> bool:
    """True for ``random.choice``, ``np.random.rand``; not for a generator made from a seed, nor for ``self.random.choice``."""
    module = node.value if isinstance(node.value, ast.Name) else node.value.value if isinstance(node.value, ast.Attribute) else None
    return tail[0] == "random" and tail[1] not in SEEDED and isinstance(module, ast.Name) and module.id in {"random", "np", "numpy"}


def globals_used(file: Path) -> Iterator[str]:
    """Uses of global time, chance and reactor in a file."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Attribute) and (tail := dotted_tail(node)):
            if tail in GLOBAL_TIME or global_chance(node, tail):
                yield f"{shown(file)}:{node.lineno}: {tail[0]}.{tail[1]}"
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            if node.module == "twisted.internet" and "reactor" in names:
                yield f"{shown(file)}:{node.lineno}: the global reactor"
            if (node.module == "random" and names - {"Random"}) or (
                node.module == "time" and {("time", name) for name in names} & GLOBAL_TIME
            ):
                yield f"{shown(file)}:{node.lineno}: from {node.module} import {', '.join(sorted(names))}"
        elif isinstance(node, ast.Import) and any(alias.name == "twisted.internet.reactor" for alias in node.names):
            yield f"{shown(file)}:{node.lineno}: the global reactor"


def test_time_chance_and_reactor_are_arguments() -> None:
    """A simulated day can be replayed: outside appliance/ nothing reads the clock, rolls dice or takes the global reactor."""
    found = [use for file in PRODUCT if file.relative_to(ROOT).parts[0] != "appliance" for use in globals_used(file)]
    assert not found, found


def test_tests_do_not_sleep() -> None:
    """The tests' outcome does not hang on how busy the machine is: none of them sleeps."""
    sleeps = {("time", "sleep"), ("asyncio", "sleep")}
    found = [
        f"{shown(file)}:{node.lineno}"
        for file in PYTHON
        if shown(file).startswith("tests/")
        for node in ast.walk(tree(file))
        if (isinstance(node, ast.Attribute) and dotted_tail(node) in sleeps)
        or (isinstance(node, ast.ImportFrom) and node.module == "time" and any(alias.name == "sleep" for alias in node.names))
    ]
    assert not found, found


def test_nothing_is_left_unfinished() -> None:
    """The sources carry no notes of work left over."""
    found = [
        f"{shown(file)}:{number}"
        for file in FILES
        if file.suffix in TEXT_SUFFIXES
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert not found, found


def test_threads_are_made_in_one_place() -> None:
    """The box runs the named threads and no other: they are made in one module."""
    found = [
        f"{shown(file)}:{node.lineno}"
        for file in PRODUCT
        if shown(file) not in THREADS_ARE_MADE_IN
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call)
        and (
            dotted_tail(node.func) in THREAD_MAKERS
            or (isinstance(node.func, ast.Name) and node.func.id in THREAD_NAMES)
            or (isinstance(node.func, ast.Attribute) and node.func.attr in THREAD_NAMES)
        )
    ]
    assert not found, found


def test_every_package_says_what_it_is() -> None:
    """A newcomer who opens a package reads its purpose first."""
    folders = {file.parent for file in PRODUCT}
    silent = [
        shown(folder)
        for folder in sorted(folders)
        if not (folder / "__init__.py").exists() or not ast.get_docstring(tree(folder / "__init__.py"))
    ]
    assert not silent, silent


def test_every_test_says_what_a_user_would_notice() -> None:
    """Each test tells in a sentence what it guards."""
    silent = [
        f"{shown(file)}:{function.lineno}: {function.name}"
        for file in TESTS
        for function in functions(file)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    assert not silent, silent


def test_no_paths_of_one_machine() -> None:
    """The project works wherever it is cloned: no file names a folder of somebody's machine."""
    found = [
        f"{shown(file)}:{number}: {line.strip()}"
        for file in FILES
        if file.suffix in TEXT_SUFFIXES and file != Path(__file__).resolve()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if MACHINE_PATHS.search(line)
    ]
    assert not found, found


def test_setup_lists_every_package() -> None:
    """An installed appliance has all its packages: setup.py names each, and none that is not there."""
    (call,) = [
        node.value for node in tree(ROOT / "setup.py").body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PACKAGES"
    ]
    listed = ast.literal_eval(call)
    there = {".".join(file.parent.relative_to(ROOT).parts) for file in PRODUCT if file.name == "__init__.py"}
    assert sorted(listed) == sorted(there)


def test_nobody_else_owns_our_names() -> None:
    """``import engine`` gives our engine: no other installed distribution has a top-level package of one of our names."""
    taken = {
        name: [owner for owner in owners if owner != "strowger"]
        for name, owners in importlib.metadata.packages_distributions().items()
        if name in PACKAGES
    }
    assert not any(taken.values()), taken
    assert not set(PACKAGES) & sys.stdlib_module_names


SETTINGS_FILES = (
    "engine/settings/site.py",
    "engine/settings/trunk.py",
    "engine/settings/e1_trunk.py",
    "engine/settings/trunk_group.py",
    "engine/settings/agents.py",
    "engine/settings/queues.py",
    "engine/settings/routes.py",
    "engine/settings/service_class.py",
    "engine/settings/tariff.py",
    "engine/settings/disa.py",
    "engine/settings/access.py",
    "engine/settings/services.py",
    "engine/settings/time_condition.py",
    "engine/settings/number_patterns.py",
    "engine/settings/field.py",
)
"""As in babel.cfg."""


def messages_in_sources() -> set[str]:
    """Every message id that the sources hold, found as ``make locale`` finds them."""
    found: set[str] = set()
    for file in PRODUCT:
        with file.open("rb") as opened:
            if shown(file) in SETTINGS_FILES:
                found.update(message for _, _, message, _ in extract(opened, (), (), {}))
                continue
        found.update(str(message) for _, message, _, _ in extract_from_file("python", file, keywords={"text": None, "_": None}))
    for file in (file for file in FILES if shown(file).startswith("web/templates/")):
        options = {"encoding": "utf-8", "trimmed": "true", "silent": "false"}
        found.update(str(message) for _, message, _, _ in extract_from_file("jinja2", file, keywords={"_": None}, options=options))
    return found


CATALOGUES = sorted((ROOT / "appliance/locale").glob("*/LC_MESSAGES/strowger.po"))


def test_catalogues_hold_exactly_the_messages_of_the_sources() -> None:
    """No message comes out in the wrong language: template and catalogues are up to date (if not, run ``make locale``)."""
    wanted = messages_in_sources()
    for file in [ROOT / "appliance/locale/strowger.pot", *CATALOGUES]:
        with file.open("rb") as opened:
            held = {str(message.id) for message in read_po(opened) if message.id}
        assert held == wanted, f"{shown(file)}: missing {sorted(wanted - held)}, left over {sorted(held - wanted)}"


@pytest.mark.parametrize("file", CATALOGUES, ids=shown)
def test_every_message_is_translated_with_its_places(file: Path) -> None:
    """A Chinese reader reads Chinese: every message is translated, and keeps the same places for values."""
    with file.open("rb") as opened:
        catalogue = read_po(opened)
    places = re.compile(r"{\w+}")
    untranslated = [message.id for message in catalogue if message.id and (not message.string or message.fuzzy)]
    assert not untranslated, untranslated
    wrong = [
        message.id
        for message in catalogue
        if set(places.findall(str(message.id))) != set(places.findall(str(message.string))) and message.id
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("file", CATALOGUES, ids=shown)
def test_compiled_catalogue_is_the_written_one(file: Path) -> None:
    """What was translated is what people read: the compiled catalogue holds the same messages."""
    with file.open("rb") as written, file.with_suffix(".mo").open("rb") as compiled:
        assert {m.id: m.string for m in read_mo(compiled) if m.id} == {m.id: m.string for m in read_po(written) if m.id}
