"""The process among its surroundings: full disks, terminals that leave, faults that nobody caught."""

from __future__ import annotations

import gc
import io
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.process import Collector, EventFd, LogFile, open_log, teller
from engine.kernel.errors import EnvironmentFault
from tests.fakes import FakeClock

ROOT = Path(__file__).resolve().parents[3]


def test_the_log_tells_what_a_full_disk_cost_it(capsys: pytest.CaptureFixture[str]) -> None:
    """While the disk is full the log costs neither the appliance nor the terminal anything; later it says how much is missing."""
    log = LogFile("/dev/full", encoding="utf-8")
    for line in ("one", "two"):
        log.emit(logging.LogRecord("strowger", logging.INFO, "", 0, line, None, None))
    assert log.lost == 2
    paper = io.StringIO()
    log.stream = paper  # type: ignore[assignment]  # any text stream will do
    for line in ("three", "four"):
        log.emit(logging.LogRecord("strowger", logging.INFO, "", 0, line, None, None))
    assert paper.getvalue().splitlines() == ["three", "2 lines are missing here: the disk did not take them", "four"]
    assert capsys.readouterr().err == ""


def test_the_log_takes_lines_with_signs_of_its_own(tmp_path: Path) -> None:
    """A line with per cent signs, or with octets that are no text, is written as it is."""
    log = open_log(tmp_path / "log")
    log("100 %s \udcff")
    assert (tmp_path / "log" / "strowger.log").read_text().endswith(" 100 %s ?\n")


def test_a_log_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file where the log folder should be is a sentence, not a traceback."""
    (tmp_path / "log").write_text("")
    with pytest.raises(EnvironmentFault, match=r"log folder .* cannot be written"):
        open_log(tmp_path / "log")


class Closed(io.StringIO):
    """A terminal whose reader has left."""

    tries = 0

    def write(self, line: str) -> int:
        self.tries += 1
        raise BrokenPipeError


def test_a_terminal_that_left_is_not_told_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """``strowger run | head`` leaves the appliance running."""
    terminal = Closed()
    monkeypatch.setattr(sys, "stdout", terminal)
    tell = teller()
    tell("one")
    tell("two")
    assert terminal.tries == 1


def test_one_broken_event_does_not_silence_the_lines() -> None:
    """After a fault in one event of the pump the next ones are still heard."""
    polled: list[int] = []
    faults: list[Exception] = []

    def poll() -> int:
        polled.append(1)
        if len(polled) == 1:
            raise ValueError("broken")
        return 1

    events = EventFd(7, poll, faults.append)
    events.doRead()
    events.doRead()
    assert (len(polled), [str(fault) for fault in faults]) == (2, ["broken"])


def test_garbage_is_collected_by_the_clock() -> None:
    """No pause of the garbage collector falls in the middle of something: little every second, all of it every minute."""
    clock, rounds = FakeClock(), list[int]()
    try:
        Collector(clock, rounds.append).start()
        assert not gc.isenabled()
        clock.advance(60)
    finally:
        gc.unfreeze()
        gc.enable()
    assert rounds == [2, *[1] * 59, 2]


def test_what_nobody_caught_is_told_with_its_traceback() -> None:
    """A fault in the reactor does not vanish: the log gets a sentence and where it was."""
    program = (
        "from twisted.internet import reactor\n"
        "from appliance.process import hear_reactor\n"
        "hear_reactor(lambda sentence, details: print(sentence, 'test_place' in details))\n"
        "def test_place(): raise ValueError('lost')\n"
        "reactor.callLater(0, test_place)\n"
        "reactor.callLater(0, reactor.stop)\n"
        "reactor.run()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("ValueError: lost True\n", "", 0)
