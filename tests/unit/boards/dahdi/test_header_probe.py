"""The driver's header against our declarations, with a header that says the same and with one that does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from boards.dahdi import _build_abi, abi, header_probe
from boards.dahdi._build_abi import c_name, describe, find_headers
from boards.dahdi.abi import DECLARED_NUMBERS, STRUCTURES, Structure
from boards.dahdi.header_probe import CONSTANTS, compile_headers, differences, main

ROOT = Path(__file__).resolve().parents[4]
GONE = "DAHDI_TXMIRROR"


def c_structure(kind: type[Structure]) -> str:
    """The structure as a C header has it."""
    lines = []
    for part, place in zip(fields(kind), kind.declared()[0], strict=True):
        line = part.metadata["c"].format(name=place.name).replace("[...]", f"[{place.size}]")
        lines.append(f"    {line or f'unsigned int {place.name} : 1'};")
    packed = " __attribute__((packed))" if kind is abi.SpanInfo else ""
    return "\n".join([f"struct {kind.C_NAME} {{", *lines, f"}}{packed};"])


def write_headers(folder: Path, changes: Mapping[str, str]) -> Path:
    """``dahdi/user.h`` and ``dahdi/wctdm_user.h`` that say what we declare, but for the changes of text."""
    (folder / "dahdi").mkdir(parents=True)
    numbers = [f"#define {c_name(call)} {number:#x}u" for call, number in DECLARED_NUMBERS.items() if c_name(call) != GONE]
    constants = [f"#define {name} ({value})" for name, value in CONSTANTS.items() if not name.startswith(tuple(f"{n} " for n in numbers))]
    for name, card in (("user.h", False), ("wctdm_user.h", True)):
        kinds = [c_structure(kind) for kind in STRUCTURES if kind.C_NAME.startswith("wctdm") == card]
        calls = [line for line in numbers if line.startswith("#define WCTDM_") == card]
        written = "\n".join([*kinds, *calls, *([] if card else constants)]) + "\n"
        for old, new in changes.items():
            written = written.replace(old, new)
        (folder / "dahdi" / name).write_text(written, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ModuleType]:
    """A header that says what we declare, and what a compiler makes of it."""
    folder = tmp_path_factory.mktemp("same")
    headers = write_headers(folder / "include", {})
    return headers, compile_headers(headers, folder)


def test_a_compiler_lays_out_our_declarations_as_we_do(same: tuple[Path, ModuleType]) -> None:
    """Sizes, offsets and the bit field are what a C compiler makes of the same fields, gaps included."""
    headers, module = same
    assert differences(module, headers) == ()
    for kind in STRUCTURES:
        assert kind.places_in(module.ffi) == kind.declared()
    assert module.lib.NUMBER_TXMIRROR == 0
    assert module.lib.transmit_bit() == 1


OTHERWISE = {
    "char name[20]": "char name[24]",
    "char name[40];\n    int prewinktime": "char name[48];\n    int prewinktime",
    "unsigned char acim": "unsigned short acim",
    "int bufsize": "long bufsize",
    f"#define DAHDI_GETVERSION {DECLARED_NUMBERS['GETVERSION']:#x}u": "#define DAHDI_GETVERSION 0x80a0da40u",
    "#define DAHDI_EVENT_BITSCHANGED (13)": "#define DAHDI_EVENT_BITSCHANGED (14)",
    "unsigned int tx : 1": "unsigned int first : 1; unsigned int tx : 1",
}


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ModuleType]:
    """A header that says otherwise in some places, and what a compiler makes of it."""
    folder = tmp_path_factory.mktemp("other")
    headers = write_headers(folder / "include", OTHERWISE)
    return headers, compile_headers(headers, folder)


def test_another_header_is_told_apart(
    other: tuple[Path, ModuleType], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A longer name, a field that is wider, another number, another constant: each is a line, and the exit status says so."""
    headers, module = other
    monkeypatch.setattr(header_probe, "compile_headers", lambda _headers, _folder: module)
    assert main([str(headers)]) == 1
    told = capsys.readouterr().out
    assert "struct dahdi_spaninfo.name: 20 octets at 4 here, 24 at 4 in the header" in told
    assert "struct dahdi_spaninfo.desc: 40 octets at 24 here, 40 at 28 in the header" in told
    assert "struct dahdi_spaninfo: 314 octets here, 318 in the header" in told
    assert "struct wctdm_echo_coefs: a field is of another kind" in told
    assert "struct dahdi_bufferinfo: a field is of another kind" in told
    assert "DAHDI_GETVERSION: 0x80a0da39 here, 0x80a0da40 in the header" in told
    assert "DAHDI_EVENT_BITSCHANGED: 13 here, 14 in the header" in told
    assert "struct dahdi_hwgain.tx" in told
    assert "differences" in told.splitlines()[-1]


def run_with(module: str, folder: Path, *lines: str) -> None:
    """Run these lines in a fresh interpreter whose ``boards.dahdi._abi`` is this module of the folder."""
    begin = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(ROOT)!r}]; import {module}; sys.modules['boards.dahdi._abi'] = {module}"
    subprocess.run([sys.executable, "-c", "\n".join([begin, *lines])], check=True, timeout=60)


def test_the_built_module_gives_the_layout(other: tuple[Path, ModuleType]) -> None:
    """Where the header was there when the package was built, structures lie where its compiler put them, and its numbers are asked with."""
    headers, _ = other
    run_with(
        header_probe.MODULE,
        headers.parent,
        "from boards.dahdi.abi import Ioctl, Params, SpanInfo, Registers",
        "known = Params(channo=5, name='x' * 47, prewinktime=50, chan_alarms=8)",
        "assert Params.unpack(known.pack()) == known",
        "assert len(known.pack()) == 144 and Params.offset_of('prewinktime') == 96",
        "assert SpanInfo.size() == 318 and Registers.size() == 320",
        "assert Ioctl.GETVERSION == 0x80A0DA40 and Ioctl.TXMIRROR == 0x4004DA68",
    )


def test_a_module_built_without_the_header_changes_nothing(tmp_path: Path) -> None:
    """Without the header the package is built all the same, and works by its own declarations."""
    describe(None, module="empty_abi").compile(tmpdir=str(tmp_path))
    run_with(
        "empty_abi",
        tmp_path,
        "from boards.dahdi.abi import Ioctl, Params",
        "assert Params.size() == 136 and Ioctl.GETVERSION == 0x80A0DA39",
    )


def test_without_a_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A machine without the header, or with one that is none, is told what to install, and that is no difference."""
    monkeypatch.setenv("DAHDI_INCLUDE", str(tmp_path))
    assert find_headers() is None
    assert main([]) == 2
    assert "dahdi-dkms" in capsys.readouterr().err
    (tmp_path / "dahdi").mkdir()
    (tmp_path / "dahdi/user.h").write_text("#error no header\n", encoding="utf-8")
    assert find_headers() == tmp_path
    assert main([]) == 2
    assert "cannot be compiled" in capsys.readouterr().err


def test_where_the_header_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installed header is found by itself, and so is that of the newest driver source."""
    monkeypatch.delenv("DAHDI_INCLUDE", raising=False)
    usual, older, newer = (tmp_path / name for name in ("usr/include", "usr/src/dahdi-2.11.1/include", "usr/src/dahdi-3.4.0/include"))
    monkeypatch.setattr(_build_abi, "USUAL", (usual,))
    monkeypatch.setattr(_build_abi, "SOURCES", tmp_path / "usr/src")
    assert find_headers() is None
    for folder in (older, newer, usual):
        write_headers(folder, {})
        assert find_headers() == folder


def test_every_number_of_ours_is_compared() -> None:
    """No constant escapes the comparison by having a name that the header does not."""
    assert len(CONSTANTS) > 150
    assert header_probe.CONSTANTS["DAHDI_SIG_BROKEN"] == 1 << 31


def test_a_folder_without_the_header_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped folder is one sentence, and no compiler is started."""
    assert main([str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{tmp_path}/dahdi/user.h is not there" in said
