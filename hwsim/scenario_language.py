"""The language of scenario files: YAML in, frozen steps out.

``read_scenario`` judges the whole file and reports the first fault of every step and person with file, line and what was expected;
a scenario it returns can be played without further checks of form. Nothing is played here. The language is described in ``docs/scenarios.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.facts import known_facts
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import Text, text
from hwsim.scenario_steps import (
    AgentIs,
    CallerSpec,
    CallIs,
    CallTo,
    CutLine,
    FactHappens,
    Flash,
    HangUp,
    HearsPrompt,
    HearsSilence,
    HearsSpeech,
    HearsTone,
    Lift,
    MendLine,
    PhoneSpec,
    Press,
    PullCard,
    Pulse,
    PushCard,
    RecordingIs,
    Rings,
    Say,
    Scenario,
    StaysQuiet,
    Step,
    Together,
    TrackSays,
    Wait,
)

__all__ = ["ScenarioError", "parse_scenario", "read_scenario"]

FILE_MOST_BYTES = 1_000_000
FAULTS_MOST = 20
DEPTH_MOST = 20
VALUES_MOST = 200_000
"""Values after aliases were followed: a small file can repeat itself a million times, or contain itself."""
STEPS_MOST = 10_000
SECONDS_MOST = 86_400.0
WITHIN_S = 10.0
EXPECT_WITHIN_S = 1.0
"""An expectation right after an act: the appliance needs some blocks to see the act at all."""
SEED_MOST = 999_999_999
PHONE = re.compile(r"phone-[1-9][0-9]{2,5}")
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min)\s*")
LENGTH = re.compile(r"(.+?)\s*(?:±|\+-|\+/-)\s*(.+)")
UNITS_S = {"ms": 0.001, "s": 1.0, "min": 60.0}
TONES = ("dial", "ringback", "busy", "congestion", "unallocated")
AGENT_STATES = ("logged_out", "not_ready", "ready", "offered", "talking", "wrap_up", "own_call")
CALL_FIELDS = (
    *("caller", "caller_name", "called", "direction", "agent", "phone", "extension", "line", "cause", "reason", "released_by"),
    *("language", "queue", "recorded"),
)
LANGUAGES = ("zh", "en")
_T = TypeVar("_T")


class ScenarioError(BadInput):
    """The scenario file is wrong. ``faults`` are its faults in the order of the file: at most 20, and one that says that there are more."""

    def __init__(self, faults: tuple[Text, ...]) -> None:
        whole = faults[0]
        for fault in faults[1:]:
            whole = text("{first}\n{following}", first=whole, following=fault)
        super().__init__(whole)
        self.faults = faults


class _Wrong(Exception):
    """One fault, at a node of the file."""

    def __init__(self, node: Node, found: Text) -> None:
        super().__init__(found.in_english())
        self.node = node
        self.found = found


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _bounded(root: Node) -> None:
    """Refuse a file that is too deep, or too large once its aliases are followed, before anything walks it without a limit."""
    waiting, count = [(root, 1)], 0
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if depth > DEPTH_MOST:
            raise _Wrong(node, text("nested deeper than {most} levels", most=DEPTH_MOST))
        if count > VALUES_MOST:
            raise _Wrong(node, text("aliases make this file larger than {most} values", most=VALUES_MOST))
        if isinstance(node, MappingNode):
            waiting.extend((part, depth + 1) for pair in node.value for part in pair)
        elif isinstance(node, SequenceNode):
            waiting.extend((part, depth + 1) for part in node.value)


def _kind(node: Node) -> Text:
    if isinstance(node, SequenceNode):
        return text("a list")
    return text("'name: value' pairs") if isinstance(node, MappingNode) else text("a plain value")


def _scalar(node: Node, expected: Text) -> str:
    if not isinstance(node, ScalarNode):
        raise _Wrong(node, text("expected {expected}, found {kind}", expected=expected, kind=_kind(node)))
    return str(node.value)


class _Given(dict[str, Node]):
    """A mapping's values by key, and where each key stands."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, Node] = {}


def _fields(node: Node, what: Text) -> _Given:
    """A mapping's values by key. Keys must be plain words, each once."""
    if not isinstance(node, MappingNode):
        raise _Wrong(node, text("expected {what}: 'name: value' pairs, found {kind}", what=what, kind=_kind(node)))
    found = _Given()
    for key_node, value in node.value:
        key = _scalar(key_node, text("a word"))
        if key in found:
            raise _Wrong(key_node, text("{key} is given twice", key=key))
        found[key] = value
        found.places[key] = key_node
    return found


def _items(node: Node, what: Text) -> list[Node]:
    if not isinstance(node, SequenceNode):
        raise _Wrong(node, text("expected a list of {what}, found {kind}", what=what, kind=_kind(node)))
    return list(node.value)


def _only(given: _Given, allowed: tuple[str, ...]) -> None:
    for key in given:
        if key not in allowed:
            raise _Wrong(given.places[key], text("{key} is not known here; expected {allowed}", key=key, allowed=", ".join(allowed)))


def _need(node: Node, given: Mapping[str, Node], key: str) -> Node:
    if key not in given:
        raise _Wrong(node, text("{key} is missing", key=key))
    return given[key]


def _choice(node: Node, choices: tuple[str, ...]) -> str:
    value = _scalar(node, text("one of {choices}", choices=", ".join(choices)))
    if value not in choices:
        raise _Wrong(node, text("{value} is not possible; expected one of {choices}", value=repr(value), choices=", ".join(choices)))
    return value


def _number(node: Node, least: int, most: int) -> int:
    value = _scalar(node, text("a number"))
    if not re.fullmatch(r"\d{1,9}", value) or not least <= int(value) <= most:
        raise _Wrong(node, text("{value} is not possible; expected {least} to {most}", value=repr(value), least=least, most=most))
    return int(value)


def _seconds_of(node: Node, value: str) -> float:
    match = DURATION.fullmatch(value)
    if match is None:
        raise _Wrong(node, text("{value} is no time; expected a number with ms, s or min, such as 10s", value=repr(value)))
    seconds = round(float(match[1]) * UNITS_S[match[2]], 3)
    if seconds > SECONDS_MOST:
        raise _Wrong(node, text("{value} is too long; expected at most a day", value=repr(value)))
    return seconds


def _seconds(node: Node) -> float:
    return _seconds_of(node, _scalar(node, text("a time such as 10s")))


def _matching(node: Node, pattern: str, expected: Text) -> str:
    value = _scalar(node, expected)
    if not re.fullmatch(pattern, value):
        raise _Wrong(node, text("{value} is not possible; expected {expected}", value=repr(value), expected=expected))
    return value


def _keys(node: Node, pattern: str, expected: Text) -> str:
    """Keys to be pressed. What is wrong with them is not repeated: it may hold a PIN."""
    value = _scalar(node, expected)
    if not re.fullmatch(pattern, value):
        raise _Wrong(node, text("these keys are not possible; expected {expected}", expected=expected))
    return value


class _Reader:
    """Reads one file's nodes. Knows who the people are while it reads the script."""

    def __init__(self, file: str, folder: Path) -> None:
        self._file = file
        self._folder = folder
        self._callers: dict[str, CallerSpec] = {}
        self._phones: dict[str, PhoneSpec] = {}
        self._unclear: set[str] = set()
        self._found: list[tuple[int, Text]] = []
        self._steps = 0

    def faults(self) -> tuple[Text, ...]:
        """What is wrong, in the order of the file."""
        told = sorted(self._found, key=lambda fault: fault[0])
        shown = [text("{file}:{line}: {found}", file=self._file, line=line, found=found) for line, found in told[:FAULTS_MOST]]
        if len(told) > FAULTS_MOST:
            shown.append(text("{file}: and {count} more faults", file=self._file, count=len(told) - FAULTS_MOST))
        return tuple(shown)

    def fault(self, line: int, found: Text) -> None:
        self._found.append((line, found))

    def _noting(self, read: Callable[[], _T], otherwise: _T) -> _T:
        """What was read; when it is wrong, the fault is noted and ``otherwise`` serves until the whole file has been judged."""
        try:
            return read()
        except _Wrong as wrong:
            self.fault(_line(wrong.node), wrong.found)
            return otherwise

    def scenario(self, root: Node) -> Scenario | None:
        try:
            _bounded(root)
            given = _fields(root, text("a scenario"))
        except _Wrong as wrong:
            self.fault(_line(wrong.node), wrong.found)
            return None
        self._noting(lambda: _only(given, ("title", "site", "seed", "people", "script")), None)
        title = self._noting(lambda: _scalar(_need(root, given, "title"), text("a title")), "")
        no_site: tuple[str, MappingNode | None] = ("", None)
        site, overrides = self._noting(lambda: self._site(given.get("site")), no_site)
        seed = self._noting(lambda: _number(given["seed"], 0, SEED_MOST) if "seed" in given else 1, 1)
        if "people" in given:
            self._people(given["people"])
        no_steps: tuple[Step, ...] = ()
        script = self._noting(lambda: self._script(_need(root, given, "script")), no_steps)
        return Scenario(
            file=self._file,
            folder=self._folder,
            title=title,
            site=site,
            overrides=overrides,
            seed=seed,
            callers=tuple(self._callers.values()),
            phones=tuple(self._phones.values()),
            script=script,
        )

    def _site(self, node: Node | None) -> tuple[str, MappingNode | None]:
        if node is None:
            return "", None
        if isinstance(node, ScalarNode):
            name = str(node.value)
            if not (self._folder / name).is_file():
                raise _Wrong(node, text("the site file {name} is not there; expected a file beside the scenario", name=name))
            return name, None
        if not isinstance(node, MappingNode):
            raise _Wrong(node, text("expected the name of a site file, or settings as 'name: value' pairs"))
        return "", node

    def _people(self, node: Node) -> None:
        given = self._noting(lambda: _fields(node, text("people")), _Given())
        for name, about in given.items():
            try:
                self._person(name, about)
            except _Wrong as wrong:
                self.fault(_line(wrong.node), wrong.found)
                self._unclear.add(name)  # what the script says of this person is not wrong because of that

    def _person(self, name: str, node: Node) -> None:
        if not NAME.fullmatch(name):
            raise _Wrong(node, text("{name} is no name; expected a lower-case letter, then letters, digits and hyphens", name=repr(name)))
        given = _fields(node, text("a person"))
        if "phone" in given:
            _only(given, ("phone", "language"))
            extension = _matching(given["phone"], r"[1-9][0-9]{2,5}", text("an extension of 3 to 6 digits"))
            self._phones[name] = PhoneSpec(line=_line(node), name=name, extension=extension, language=self._language(given))
            return
        _only(given, ("number", "name", "caller_id", "absence", "answers_after", "language"))
        if PHONE.fullmatch(name):
            raise _Wrong(node, text("{name} is the phone with that extension; give the caller another name", name=name))
        self._callers[name] = CallerSpec(
            line=_line(node),
            name=name,
            number=_matching(_need(node, given, "number"), r"[0-9]{3,20}", text("a number of 3 to 20 digits")),
            shown_name=_scalar(given["name"], text("a name")) if "name" in given else "",
            caller_id=_choice(given["caller_id"], ("fsk", "none")) if "caller_id" in given else "fsk",
            absence=_choice(given["absence"], ("private", "unavailable")) if "absence" in given else "",
            answers_after_s=_seconds(given["answers_after"]) if "answers_after" in given else None,
            language=self._language(given),
        )

    def _language(self, given: Mapping[str, Node]) -> str:
        return _choice(given["language"], LANGUAGES) if "language" in given else ""

    def _script(self, node: Node) -> tuple[Step, ...]:
        items = _items(node, text("steps"))
        if not items:
            self.fault(_line(node), text("the script is empty; expected at least one step"))
        self._steps += len(items)
        if self._steps > STEPS_MOST:
            self.fault(_line(node), text("more than {most} steps", most=STEPS_MOST))
            return ()
        steps = []
        for item in items:
            try:
                steps.append(self._step(item))
            except _Wrong as wrong:
                self.fault(_line(wrong.node), wrong.found)
        return tuple(steps)

    def _step(self, node: Node) -> Step:
        given = _fields(node, text("a step"))
        if "who" in given:
            who = self._who(given["who"])
            for key, read in (("does", self._does), ("hears", self._hears), ("rings", self._rings)):
                if key in given:
                    return read(node, given, who)
            raise _Wrong(node, text("what happens to {who} is missing; expected does, hears or rings", who=who))
        if "expect" in given:
            return self._expect(node, given)
        for key in ("wait", "pull_card", "push_card", "cut_line", "mend_line", "together"):
            if key in given:
                _only(given, (key,))
                return self._alone(key, given[key], _line(node))
        raise _Wrong(node, text("this is no step; expected who, expect, wait, together, pull_card, push_card, cut_line or mend_line"))

    def _alone(self, key: str, value: Node, line: int) -> Step:
        if key == "wait":
            return Wait(line=line, seconds=_seconds(value))
        if key == "pull_card":
            return PullCard(line=line, card=_number(value, 0, 31))
        if key == "push_card":
            return PushCard(line=line, card=_number(value, 0, 31))
        if key == "cut_line":
            return CutLine(line=line, name=_matching(value, NAME.pattern, text("the name of an exchange line")))
        if key == "mend_line":
            return MendLine(line=line, name=_matching(value, NAME.pattern, text("the name of an exchange line")))
        return Together(line=line, branches=tuple(self._script(branch) for branch in _items(value, text("scripts"))))

    def _who(self, node: Node) -> str:
        who = _scalar(node, text("a person"))
        if who in self._callers or who in self._phones or who in self._unclear or PHONE.fullmatch(who):
            return who
        known = ", ".join([*self._callers, *self._phones, "phone-<extension>"])
        raise _Wrong(node, text("{who} is not among the people; expected {known}", who=repr(who), known=known))

    def _caller(self, node: Node, who: str, does: str) -> None:
        if who not in self._callers and who not in self._unclear:
            raise _Wrong(node, text("only a person with a number can {does}; a desk phone lifts and presses keys", does=does))

    def _phone(self, node: Node, who: str, does: str) -> None:
        if who in self._callers:
            raise _Wrong(node, text("only a desk phone can {does}; {who} is in the network", does=does, who=who))

    def _does(self, node: Node, given: _Given, who: str) -> Step:
        line = _line(node)
        does = _choice(given["does"], ("call", "lift", "hang_up", "press", "pulse", "flash", "say"))
        own = {
            "call": ("to", "disconnect"),
            "press": ("keys", "on", "off"),
            "pulse": ("keys",),
            "flash": ("for",),
            "say": ("text", "wav", "language"),
        }
        _only(given, ("who", "does", *own.get(does, ())))
        if does == "call":
            self._caller(given["does"], who, does)
            to = _matching(_need(node, given, "to"), rf"{NAME.pattern}|[0-9]{{3,20}}", text("the name of a line, or a number"))
            styles = ("busy_tone", "battery_drop", "reversal", "none")
            return CallTo(line=line, who=who, to=to, disconnect=_choice(given["disconnect"], styles) if "disconnect" in given else "")
        if does == "press":
            keys = _keys(_need(node, given, "keys"), r"[0-9*#A-D]{1,64}", text("1 to 64 keys of 0-9, *, #, A-D"))
            on_s = _seconds(given["on"]) if "on" in given else 0.1
            return Press(line=line, who=who, keys=keys, on_s=on_s, off_s=_seconds(given["off"]) if "off" in given else 0.1)
        if does == "pulse":
            self._phone(given["does"], who, does)
            return Pulse(line=line, who=who, keys=_keys(_need(node, given, "keys"), r"[0-9]{1,32}", text("1 to 32 digits")))
        if does == "flash":
            self._phone(given["does"], who, does)
            return Flash(line=line, who=who, for_s=_seconds(given["for"]) if "for" in given else 0.1)
        if does == "say":
            return self._say(node, given, who)
        return Lift(line=line, who=who) if does == "lift" else HangUp(line=line, who=who)

    def _say(self, node: Node, given: Mapping[str, Node], who: str) -> Say:
        if ("text" in given) == ("wav" in given):
            raise _Wrong(node, text("expected either text or wav, to say something"))
        wav = ""
        if "wav" in given:
            wav = _scalar(given["wav"], text("the name of a WAV file"))
            if not (self._folder / wav).is_file():
                raise _Wrong(given["wav"], text("the file {name} is not there; expected a WAV file beside the scenario", name=wav))
        spoken = _scalar(given["text"], text("a text")) if "text" in given else ""
        language = self._language(given) or self._people_language(who) or "zh"
        return Say(line=_line(node), who=who, text=spoken, wav=wav, language=language)

    def _people_language(self, who: str) -> str:
        person = self._callers.get(who) or self._phones.get(who)
        return person.language if person is not None else ""

    def _within(self, given: Mapping[str, Node]) -> float:
        return _seconds(given["within"]) if "within" in given else WITHIN_S

    def _hears(self, node: Node, given: _Given, who: str) -> Step:
        line, within_s = _line(node), self._within(given)
        hears = _fields(given["hears"], text("what is heard"))
        if len(hears) != 1:
            raise _Wrong(given["hears"], text("expected one thing that is heard: prompt, tone, speech_of or silence"))
        kind, value = next(iter(hears.items()))
        _only(hears, ("prompt", "tone", "speech_of", "silence"))
        _only(given, ("who", "hears", "within", *{"prompt": ("language",), "speech_of": ("delay",)}.get(kind, ())))
        if kind == "prompt":
            prompt = _matching(value, r"[a-z0-9][a-z0-9_/-]{0,63}", text("the name of a prompt"))
            return HearsPrompt(line=line, who=who, prompt=prompt, language=self._language(given), within_s=within_s)
        if kind == "tone":
            return HearsTone(line=line, who=who, tone=_choice(value, TONES), within_s=within_s)
        if kind == "silence":
            return HearsSilence(line=line, who=who, for_s=_seconds(value), within_s=within_s)
        delay_s = _seconds(given["delay"]) if "delay" in given else None
        return HearsSpeech(line=line, who=who, of=self._who(value), within_s=within_s, delay_s=delay_s)

    def _rings(self, node: Node, given: _Given, who: str) -> Step:
        line = _line(node)
        rings = given["rings"]
        if isinstance(rings, ScalarNode) and rings.value in ("no", "false", "False", "never"):
            _only(given, ("who", "rings", "for"))
            return StaysQuiet(line=line, who=who, for_s=_seconds(_need(node, given, "for")))
        _only(given, ("who", "rings", "within", "shows", "shows_name"))
        if isinstance(rings, ScalarNode) and rings.value in ("yes", "true", "True"):
            within_s = self._within(given)
        else:
            within_s = _seconds(_need(rings, _fields(rings, text("how it rings, such as {{within: 5s}}, yes or no")), "within"))
        shows = (
            _matching(given["shows"], r"[0-9]{0,20}|private|unavailable", text("a number, private or unavailable"))
            if "shows" in given
            else None
        )
        shows_name = _scalar(given["shows_name"], text("a name")) if "shows_name" in given else None
        if shows is not None or shows_name is not None:
            self._phone(node, who, "show a number")
        return Rings(line=line, who=who, within_s=within_s, shows=shows, shows_name=shows_name)

    def _expect(self, node: Node, given: _Given) -> Step:
        _only(given, ("expect", "within"))
        about = _fields(given["expect"], text("what is expected"))
        kinds = {"call": self._call, "recording": self._recording, "fact": self._fact, "agent": self._agent}
        # A call has an agent among its fields: the first kind that is there decides.
        kind = next((kind for kind in kinds if kind in about), None)
        if kind is None:
            raise _Wrong(given["expect"], text("expected one of {kinds}", kinds=", ".join(kinds)))
        within_s = self._within(given) if "within" in given else EXPECT_WITHIN_S
        return kinds[kind](given["expect"], about, _line(node), within_s)

    def _fact(self, node: Node, about: _Given, line: int, within_s: float) -> Step:
        _only(about, ("fact", "where", "times"))
        facts = known_facts()
        name = _scalar(about["fact"], text("the name of a fact"))
        if name not in facts:
            raise _Wrong(
                about["fact"], text("no fact is called {name}; expected one of {facts}", name=name, facts=", ".join(sorted(facts)))
            )
        names = tuple(field.name for field in fields(facts[name]))  # type: ignore[arg-type]  # every fact is a dataclass
        where = self._where(about.get("where"), names)
        times = _number(about["times"], 0, 10_000) if "times" in about else None
        return FactHappens(line=line, fact=name, where=where, times=times, within_s=within_s)

    def _where(self, node: Node | None, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        if node is None:
            return ()
        where = _fields(node, text("fields and their values"))
        _only(where, names)
        return tuple((name, _scalar(value, text("a value"))) for name, value in where.items())

    def _agent(self, node: Node, about: _Given, line: int, within_s: float) -> Step:
        _only(about, ("agent", "state"))
        agent = _matching(about["agent"], r"[0-9]{1,8}", text("an agent's number"))
        return AgentIs(line=line, agent=agent, state=_choice(_need(node, about, "state"), AGENT_STATES), within_s=within_s)

    def _call(self, node: Node, about: _Given, line: int, within_s: float) -> Step:
        which = _choice(about["call"], ("last", "first"))
        _only(about, ("call", *CALL_FIELDS))
        values = tuple((name, _scalar(value, text("a value"))) for name, value in about.items() if name != "call")
        return CallIs(line=line, which=which, where=values, within_s=within_s)

    def _recording(self, node: Node, about: _Given, line: int, within_s: float) -> Step:
        _only(about, ("recording", "length", "left", "right"))
        length_s: float | None = None
        tolerance_s = 0.5
        if "length" in about:
            value = _scalar(about["length"], text("a length such as 12s ± 1s"))
            match = LENGTH.fullmatch(value)
            length_s = _seconds_of(about["length"], match[1] if match else value)
            tolerance_s = _seconds_of(about["length"], match[2]) if match else tolerance_s
        return RecordingIs(
            line=line,
            which=_choice(about["recording"], ("last", "first")),
            length_s=length_s,
            tolerance_s=tolerance_s,
            left=self._track(about.get("left")),
            right=self._track(about.get("right")),
            within_s=within_s,
        )

    def _track(self, node: Node | None) -> TrackSays | None:
        if node is None:
            return None
        given = _fields(node, text("what is on the track, such as {{says_of: wang}}"))
        _only(given, ("says_of", "correlation"))
        correlation = 0.8
        if "correlation" in given:
            value = _matching(given["correlation"], r"0\.\d{1,4}|1(\.0)?", text("a correlation between 0 and 1"))
            correlation = float(value)
        return TrackSays(who=self._who(_need(node, given, "says_of")), correlation=correlation)


def parse_scenario(content: str, file: str, folder: Path) -> Scenario:
    """The scenario in this text; ``file`` is its name for messages, ``folder`` where the files beside it are. Raises ScenarioError."""
    try:
        root = yaml.compose(content, yaml.BaseLoader)
    except RecursionError as error:
        raise ScenarioError((text("{file}:1: nested deeper than {most} levels", file=file, most=DEPTH_MOST),)) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        why = text("{file}:{line}: this is not YAML: {why}", file=file, line=line, why=error.problem or error.context or "")
        raise ScenarioError((why,)) from error
    except yaml.YAMLError as error:
        raise ScenarioError((text("{file}:1: this is not YAML: {why}", file=file, why=error),)) from error
    if root is None:
        raise ScenarioError((text("{file}:1: the file is empty; expected title, people and script", file=file),))
    reader = _Reader(file, folder)
    scenario = reader.scenario(root)
    faults = reader.faults()
    if faults or scenario is None:
        raise ScenarioError(faults)
    return scenario


def read_scenario(path: Path) -> Scenario:
    """The scenario in this file. Raises ScenarioError (its faults), BadInput (no text), EnvironmentFault (not readable)."""
    try:
        if path.stat().st_size > FILE_MOST_BYTES:
            raise BadInput(text("{file}: larger than {most} bytes; expected a scenario", file=path, most=FILE_MOST_BYTES))
        content = path.read_text("utf-8")
    except OSError as error:
        raise EnvironmentFault(text("{file} cannot be read: {why}", file=path, why=error.strerror)) from error
    except UnicodeDecodeError as error:
        raise BadInput(text("{file}: not UTF-8 text; expected a scenario in YAML", file=path)) from error
    return parse_scenario(content, str(path), path.parent)
