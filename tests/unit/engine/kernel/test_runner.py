"""The runner: one event at a time, effects after it, timers that die with their state, failures kept apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from engine.kernel.errors import OurFault, UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start, Step, Stop, Table, Timer
from engine.kernel.runner import EVENTS_WAITING_MAX, Actor, Runner
from tests.fakes import FakeClock

SHORT = Timer("short", 2.0, 0.0, 10.0, "", "")
BOTH = Timer("both", 5.0, 0.0, 10.0, "", "")


@dataclass(frozen=True)
class Here:
    """One state."""


@dataclass(frozen=True)
class There:
    """The other."""


@dataclass(frozen=True)
class Do:
    """Perform these effects and stay."""

    effects: tuple[object, ...] = ()


@dataclass(frozen=True)
class Go:
    """Move between the states, performing these effects."""

    effects: tuple[object, ...] = ()


@dataclass(frozen=True)
class Fall:
    """Raise inside the row."""


def do(state: Here | There, event: Do) -> Step[object]:
    """Stay."""
    return Step(state, event.effects)


def go(state: Here | There, event: Go) -> Step[object]:
    """Move."""
    return Step(There() if isinstance(state, Here) else Here(), event.effects)


def fall(_state: object, _event: Fall) -> Step[object]:
    """Raise."""
    raise ZeroDivisionError


def ran_out(state: Here | There, event: Expired) -> Step[object]:
    """Tell the time."""
    return Step(state, (("ran out", event.timer.name, event.now_ns // 1_000_000),))


TABLE = Table(
    "walker",
    Here(),
    rows={
        **{(state, Do): do for state in (Here, There)},
        **{(state, Go): go for state in (Here, There)},
        **dict.fromkeys(((Here, SHORT), (Here, BOTH), (There, BOTH)), ran_out),
        (Here, Fall): fall,
    },
    timers={Here: (SHORT, BOTH), There: (BOTH,)},
)


@dataclass
class Stage:
    """A runner, and everything that it told."""

    clock: FakeClock = field(default_factory=FakeClock)
    refused: list[tuple[str, UnexpectedEvent]] = field(default_factory=list)
    failed: list[tuple[str, Exception]] = field(default_factory=list)
    done: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runner = Runner(
            self.clock,
            lambda actor, error: self.refused.append((actor.name, error)),
            lambda actor, error: self.failed.append((actor.name, error)),
        )

    def adopt(self, name: str, perform: Callable[[object], None] | None = None) -> Actor:
        return self.runner.adopt(name, Machine(TABLE), perform or (lambda effect: self.done.append((name, effect))))


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_effects_are_performed_in_order_before_post_returns(stage: Stage) -> None:
    """What an event causes has happened when the reactor goes on."""
    stage.adopt("a").post(Do(("one", "two")))
    assert stage.done == [("a", "one"), ("a", "two")]


def test_what_an_effect_causes_waits_until_the_event_is_wholly_done(stage: Stage) -> None:
    """No machine meets another half-way through a step: caused events come after the last effect, in their order."""
    second = stage.adopt("second")

    def perform(effect: object) -> None:
        stage.done.append(("first", effect))
        if effect == "ask":
            second.post(Do(("asked",)))
            first.post(Go(("moved",)))
            assert first.state == Here(), "a machine must not be re-entered"

    first = stage.adopt("first", perform)
    first.post(Do(("ask", "then this")))
    assert stage.done == [("first", "ask"), ("first", "then this"), ("second", "asked"), ("first", "moved")]
    assert first.state == There()


def test_a_refused_event_is_told_and_the_others_go_on(stage: Stage) -> None:
    """An event without a row is counted against its machine; the machine and the queue go on."""
    actor = stage.adopt("a")
    actor.post(Go())
    actor.post(Fall())
    assert [(name, error.event) for name, error in stage.refused] == [("a", Fall())]
    actor.post(Do(("still here",)))
    assert stage.done == [("a", "still here")]
    assert not stage.failed


def test_a_row_that_raises_leaves_its_state_and_the_others_alone(stage: Stage) -> None:
    """One broken call does not take the others along."""
    broken, well = stage.adopt("broken"), stage.adopt("well")
    broken.post(Fall())
    well.post(Do(("on",)))
    assert [(name, type(error)) for name, error in stage.failed] == [("broken", ZeroDivisionError)]
    assert broken.state == Here()
    assert stage.done == [("well", "on")]


def test_an_effect_that_raises_does_not_keep_the_next_from_being_done(stage: Stage) -> None:
    """When one thing cannot be done (a tone has no room), what comes after it (releasing the line) still is."""

    def perform(effect: object) -> None:
        if effect == "break":
            raise RuntimeError("broken")
        stage.done.append(effect)

    stage.adopt("a", perform).post(Do(("before", "break", "after")))
    assert stage.done == ["before", "after"]
    assert [(name, str(error)) for name, error in stage.failed] == [("a", "broken")]


def test_a_timer_runs_out_once_at_its_time(stage: Stage) -> None:
    """A time-out comes when it is due, once, and knows the moment."""
    actor = stage.adopt("a")
    actor.post(Do((Start(SHORT),)))
    stage.clock.advance(1.999)
    assert stage.done == []
    stage.clock.advance(10)
    assert stage.done == [("a", ("ran out", "short", 2000))]
    assert actor.running == {}


def test_a_timer_started_again_begins_anew(stage: Stage) -> None:
    """Each ring burst gives the caller another full wait."""
    actor = stage.adopt("a")
    actor.post(Do((Start(SHORT),)))
    stage.clock.advance(1.5)
    actor.post(Do((Start(SHORT, 1.0),)))
    stage.clock.advance(5)
    assert stage.done == [("a", ("ran out", "short", 2500))]


def test_a_stopped_timer_does_not_run_out(stage: Stage) -> None:
    """What was called off does not happen; calling it off twice does no harm."""
    actor = stage.adopt("a")
    actor.post(Do((Start(SHORT),)))
    actor.post(Do((Stop(SHORT), Stop(SHORT))))
    stage.clock.advance(10)
    assert stage.done == []


def test_timers_die_with_their_state_unless_the_next_state_has_them_too(stage: Stage) -> None:
    """A wait that belonged to a state does not disturb the next one; a wait that spans both goes on."""
    actor = stage.adopt("a")
    actor.post(Do((Start(SHORT), Start(BOTH))))
    actor.post(Go())
    stage.clock.advance(10)
    assert stage.done == [("a", ("ran out", "both", 5000))]
    assert not stage.refused


def test_a_timer_of_another_state_cannot_be_started(stage: Stage) -> None:
    """A timer that its state does not declare is a bug, told at once and not when it runs out."""
    stage.adopt("a").post(Go((Start(SHORT),)))
    ((name, error),) = stage.failed
    assert name == "a"
    assert isinstance(error, OurFault)
    assert "short does not belong to There" in str(error)
    assert stage.clock.waiting == 0


def test_events_without_end_are_stopped(stage: Stage) -> None:
    """Machines that wake each other for ever are stopped by a limit; afterwards the runner works again."""
    overflowed: list[str] = []

    def perform(effect: object) -> None:
        if effect == "flood":
            try:
                for _ in range(EVENTS_WAITING_MAX + 1):
                    actor.post(Do())
            except OurFault as error:
                overflowed.append(str(error))

    actor = stage.adopt("a", perform)
    actor.post(Do(("flood",)))
    assert len(overflowed) == 1
    assert f"more than {EVENTS_WAITING_MAX} events wait" in overflowed[0]
    actor.post(Go())
    assert actor.state == There()
