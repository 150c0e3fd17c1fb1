"""After the end nothing moves any more."""

from __future__ import annotations

from dataclasses import dataclass

from engine.kernel.errors import UnexpectedEvent
from engine.kernel.fsm import Machine, Start, Step, Table, Timer
from engine.kernel.runner import Actor, Runner
from tests.fakes import FakeClock

LATE = Timer("late", 5.0, 1.0, 10.0, "none", "something that comes after the end")


@dataclass(frozen=True)
class Idle:
    """The one state."""


@dataclass(frozen=True)
class Begin:
    """Starts the timer."""


def test_a_timer_that_runs_out_after_the_end_touches_no_line() -> None:
    """Stopping while a handset is up gives no alarm of a bug when its dial tone would have ended a moment later."""
    clock, done, wrong = FakeClock(), list[object](), list[object]()

    def refused(_actor: Actor, error: UnexpectedEvent) -> None:
        wrong.append(error)

    def failed(_actor: Actor, error: Exception) -> None:
        wrong.append(error)

    runner = Runner(clock, refused, failed)
    table = Table(
        "line",
        Idle(),
        rows={
            (Idle, Begin): lambda state, _event: Step(state, (Start(LATE),)),
            (Idle, LATE): lambda state, _event: Step(state, ("busy tone",)),
        },
        timers={Idle: (LATE,)},
    )
    actor = runner.adopt("line-1", Machine(table), done.append)
    actor.post(Begin())
    clock.advance(5)
    assert done == ["busy tone"]
    actor.post(Begin())
    runner.stop()
    clock.advance(5)
    actor.post(Begin())
    assert (done, wrong, clock.waiting) == (["busy tone"], [], 0)
