"""``strowger bench media``: what is printed, and when a measurement is said to mean nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from appliance import bench_media, bench_series, cli
from appliance.bench_media import MediaBench


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def figures(channels: int = 240, **changed: Any) -> dict[str, Any]:
    """Figures of a good run."""
    good: dict[str, Any] = {
        "channels": channels,
        "calls": channels // 2,
        "cpu_ms_per_call_second": 0.2,
        "late_blocks": 0,
        "lost_blocks": 0,
        "lateness_ms": {"p50": 0.6, "p99": 1.0, "max": 1.2},
        "control_lateness_ms": {"p99": 0.1, "max": 0.5},
        "realtime": True,
        "void": False,
    }
    return {**good, **changed}


def measuring(monkeypatch: pytest.MonkeyPatch, result: dict[str, Any]) -> list[MediaBench]:
    """Let the measurement have this result; what was asked for is kept."""
    asked: list[MediaBench] = []

    def measure(wanted: MediaBench) -> dict[str, Any]:
        asked.append(wanted)
        return result

    monkeypatch.setattr(bench_media, "measure_media", measure)
    return asked


def test_programs_get_one_object(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json the figures are one line of JSON, and the options are what is measured."""
    asked = measuring(monkeypatch, figures())
    given = ["bench", "media", "--channels", "960", "--seconds", "600", "--load", "all", "--events", "0", "--json"]
    assert cli.main(given) == 0
    assert asked == [MediaBench(960, 600, "all", 0, None)]
    assert json.loads(capsys.readouterr().out) == figures()


def test_a_void_run_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """When the machine was not ours the exit status is 3 and a sentence tells why; so nobody keeps such figures."""
    measuring(monkeypatch, figures(void=True, control_lateness_ms={"p99": 0.1, "max": 7.5}))
    assert cli.main(["bench", "media"]) == 3
    assert "woke 7.5 ms late" in capsys.readouterr().out


def test_a_program_is_told_why_a_run_is_void(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json the standard output stays one object, and the reason of exit status 3 is on the standard error."""
    measuring(monkeypatch, figures(void=True, control_lateness_ms={"p99": 0.1, "max": 7.5}))
    assert cli.main(["bench", "media", "--json"]) == 3
    told = capsys.readouterr()
    assert json.loads(told.out)["void"] is True
    assert "woke 7.5 ms late" in told.err


def test_a_person_reads_figures_and_no_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures within figures have lines of their own; yes and no are words."""
    deep = {"pump": {"reads": 115.83, "writes": 2.0}, "floor": {}}
    measuring(monkeypatch, figures(system_calls_per_call_second=deep, locked="all", at_full_clock=None))
    assert cli.main(["bench", "media"]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("system calls for a second of a call:")
    assert lines[at + 1 : at + 5] == ["  media pump:", "    reads: 115.83", "    writes: 2.0", "  bare reading and writing: -"]
    assert "realtime priority: yes" in lines
    assert not any(sign in line for line in lines for sign in "{}_")


def test_without_priority_the_figures_are_qualified(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A reader of figures measured without realtime priority is told so."""
    measuring(monkeypatch, figures(realtime=False))
    assert cli.main(["bench", "media"]) == 0
    assert "Without realtime priority" in capsys.readouterr().out


def test_an_odd_number_of_channels_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Calls have two channels: an odd number is an error, not a channel left alone."""
    assert cli.main(["bench", "media", "--channels", "31"]) == 1
    assert "31 channels" in capsys.readouterr().err


def test_a_series_is_a_table_and_a_drawing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each size has a line and a point; the drawing is an SVG that any browser shows."""
    rows = [figures(size, void=size == 60) for size in bench_series.SIZES]
    monkeypatch.setattr(bench_series, "measure_series", lambda _seconds, _load: iter(rows))
    file = tmp_path / "cost.svg"
    assert cli.main(["bench", "media", "--series", "--plot", str(file)]) == 3
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[1:]] == [str(size) for size in bench_series.SIZES]
    assert "9.6" in out.splitlines()[-1]  # 480 calls of 0.2 ms a second: 9.6 % of a processor
    drawn = ET.parse(file).getroot()  # our own file
    points = drawn.findall("{http://www.w3.org/2000/svg}circle")
    assert len(points) == len(bench_series.SIZES)
    across = [float(point.attrib["cx"]) for point in points]
    assert across == sorted(across)


def test_a_drawing_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong path does not throw the measured table away: it has been printed."""
    monkeypatch.setattr(bench_series, "measure_series", lambda _seconds, _load: iter([figures()]))
    assert cli.main(["bench", "media", "--series", "--plot", str(tmp_path / "none" / "x.svg")]) == 1
    said = capsys.readouterr()
    assert "240" in said.out
    assert "cannot be written" in said.err
