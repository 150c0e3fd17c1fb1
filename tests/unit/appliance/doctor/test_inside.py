"""The doctor in a running appliance."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.doctor.findings import Finding, findings_as_json
from appliance.doctor.gathering import Asked
from appliance.doctor.inside import WAITING_MOST, Doctor
from boards.dahdi.media import LockedMemory, PumpStats
from engine.kernel.errors import Refused
from engine.people.actors import Act, Actor, Role
from tests.fakes import FakeClock
from tests.unit.appliance.doctor.healthy import SITE, found, span

TECHNICIAN = Actor(Role.TECHNICIAN, "uid 0")


class Thread:
    """An executor that works when it is told to."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], None]] = []
        self.closed = False

    def submit(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        if self.closed:
            raise RuntimeError("closed")

        def job() -> None:
            try:
                result = work()
            except OSError as error:
                failed(error)
            else:
                done(result)

        self.jobs.append(job)

    def close(self) -> None:
        self.closed = True


class Practice:
    """A doctor whose looking is a list, and who asks it."""

    def __init__(self, look: Callable[[Asked], list[Finding]] | None = None) -> None:
        self.clock = FakeClock()
        self.thread = Thread()
        self.asked: list[Asked] = []
        self.answers: list[Any] = []
        stats = PumpStats(ticks=5, stalls=3, blocks_missing=7, realtime=True, locked=LockedMemory.OWN)
        self.doctor = Doctor(
            self.clock, self.thread, lambda: SITE, lambda: stats, look or self.look, folder=Path("/data"), boards=True, pid=os.getpid()
        )

    def look(self, asked: Asked) -> list[Finding]:
        self.asked.append(asked)
        return [found("disk")]

    def ask(self) -> None:
        act, answer = self.doctor.answers()["doctor"]
        assert act is Act.SEE_LOG
        answer(TECHNICIAN, {}, self.answers.append, self.answers.append)


def test_what_only_the_appliance_knows_is_judged_with_it() -> None:
    """A pump that stands still, and the spans of simulated boards, reach the judging thread as they were when it was asked."""
    practice = Practice()
    seen = (span(alarms=4),)
    practice.doctor = Doctor(
        practice.clock,
        practice.thread,
        lambda: SITE,
        PumpStats,
        practice.look,
        folder=Path("/data"),
        boards=False,
        pid=os.getpid(),
        still=lambda: True,
        simulated=lambda: seen,
    )
    practice.ask()
    practice.clock.advance(1)
    practice.thread.jobs.pop()()
    [asked] = practice.asked
    assert asked.simulated == seen
    assert asked.pump is not None
    assert asked.pump.still


def test_the_answer_tells_of_the_running_pump() -> None:
    """The pump's own counters and the present settings are judged, in a thread, and the answer comes through the door."""
    practice = Practice()
    practice.clock.advance(100)
    practice.ask()
    practice.clock.advance(1)
    assert practice.answers == []
    practice.thread.jobs.pop()()
    [asked] = practice.asked
    assert asked.pump is not None
    assert (asked.pump.realtime, asked.pump.locked, asked.pump.stalls, asked.pump.blocks_missing, asked.pump.running_s) == (
        True,
        "own",
        3,
        7,
        100,
    )
    assert (asked.site, asked.pid, asked.boards) == (SITE, os.getpid(), True)
    assert practice.answers == [{"findings": findings_as_json([found("disk")])}]


def test_two_who_ask_at_once_get_one_look() -> None:
    """A second question does not load the disk again; a later one looks anew."""
    practice = Practice()
    practice.ask()
    practice.ask()
    practice.clock.advance(1)
    practice.thread.jobs.pop()()
    assert (len(practice.answers), len(practice.asked)) == (2, 1)
    practice.ask()
    practice.clock.advance(1)
    practice.thread.jobs.pop()()
    assert (len(practice.answers), len(practice.asked)) == (3, 2)


def test_questions_are_bounded() -> None:
    """Somebody who asks in a loop is refused, and the others still get their answer."""
    practice = Practice()
    for _ in range(WAITING_MOST):
        practice.ask()
    with pytest.raises(Refused, match="wait for the doctor already"):
        practice.ask()
    practice.clock.advance(1)
    practice.thread.jobs.pop()()
    assert len(practice.answers) == WAITING_MOST


def test_a_look_that_fails_is_told_and_the_next_one_works() -> None:
    """An error in the thread, or a thread that has ended, reaches who asked."""

    def broken(_asked: Asked) -> list[Finding]:
        raise OSError("the disk is gone")

    practice = Practice(broken)
    practice.ask()
    practice.clock.advance(1)
    practice.thread.jobs.pop()()
    practice.thread.closed = True
    practice.ask()
    practice.clock.advance(1)
    assert [type(answer) for answer in practice.answers] == [OSError, RuntimeError]
