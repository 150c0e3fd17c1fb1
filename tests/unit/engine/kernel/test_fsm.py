"""The kernel of the state machines: rows, ignored pairs, refusals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from engine.kernel.errors import OurFault, UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start, Step, Table, Timer

CLOSING = Timer("closing", 3.0, 1.0, 9.0, "the door's makers", "it falls shut")


@dataclass(frozen=True)
class Open:
    """A door that stands open."""


@dataclass(frozen=True)
class Shut:
    """A door that is shut."""

    times: int


@dataclass(frozen=True)
class Push:
    """Somebody pushes."""


@dataclass(frozen=True)
class Knock:
    """Somebody knocks."""


@dataclass(frozen=True)
class Paint:
    """Somebody paints it."""


def push_open(_state: Shut, _event: Push) -> Step[object]:
    """It opens."""
    return Step(Open(), (Start(CLOSING), "creak"))


def falls_shut(_state: Open, event: Expired) -> Step[object]:
    """It shuts."""
    return Step(Shut(event.now_ns))


def knocked(state: Shut, _event: Knock) -> Step[object]:
    """It counts."""
    return Step(replace(state, times=state.times + 1), ("knock",))


DOOR = Table(
    "door",
    Shut(0),
    rows={(Shut, Push): push_open, (Shut, Knock): knocked, (Open, CLOSING): falls_shut},
    ignored={(Open, Knock): "it is open"},
    timers={Open: (CLOSING,)},
)


def test_a_row_decides_the_next_state_and_the_effects() -> None:
    """A machine does what its table says: the next state, and the effects in their order."""
    machine = Machine(DOOR)
    assert machine.handle(Push()) == (Start(CLOSING), "creak")
    assert machine.state == Open()
    assert machine.timers_now() == (CLOSING,)


def test_a_timer_that_ran_out_is_an_event_of_its_own() -> None:
    """Time-outs are rows like any other, and say when they ran out."""
    machine = Machine(DOOR, Open())
    assert machine.handle(Expired(CLOSING, 77)) == ()
    assert machine.state == Shut(77)
    assert machine.timers_now() == ()


def test_an_ignored_pair_changes_nothing() -> None:
    """What is ignored with a reason leaves the machine as it was, without a complaint."""
    machine = Machine(DOOR, Open())
    assert machine.handle(Knock()) == ()
    assert machine.state == Open()


@pytest.mark.parametrize("event", [Paint(), Expired(CLOSING)])
def test_an_event_without_a_row_is_refused_and_the_state_stays(event: object) -> None:
    """Nothing unforeseen ever moves a machine: it refuses, says who, where and what, and goes on from the same state."""
    machine = Machine(DOOR, Shut(2))
    with pytest.raises(UnexpectedEvent, match="door in Shut has no row for") as refusal:
        machine.handle(event)
    assert (refusal.value.state, refusal.value.event) == (Shut(2), event)
    assert machine.state == Shut(2)
    assert machine.handle(Knock()) == ("knock",)


def test_two_machines_of_one_table_do_not_share_their_state() -> None:
    """Two calls are two calls: what happens to one leaves the other alone."""
    one, other = Machine(DOOR), Machine(DOOR)
    one.handle(Push())
    assert (one.state, other.state) == (Open(), Shut(0))


def test_a_pair_cannot_be_handled_and_ignored() -> None:
    """A table that contradicts itself is found when the program starts."""
    with pytest.raises(OurFault, match="both handled and ignored"):
        Table("door", Shut(0), rows={(Open, Knock): falls_shut}, ignored={(Open, Knock): "it is open"})


@pytest.mark.parametrize("default_s", [0.9, 9.1])
def test_a_timer_outside_of_its_own_limits_is_refused(default_s: float) -> None:
    """A timer whose default contradicts its range is found when the program starts."""
    with pytest.raises(OurFault, match=r"closing: default .* outside 1\.0…9\.0 s"):
        Timer("closing", default_s, 1.0, 9.0, "", "")


def test_a_table_lists_its_states_and_events_once() -> None:
    """Drawings and tests see every state and event, each once, in the order of the table."""
    assert DOOR.states() == (Shut, Open)
    assert DOOR.keys() == (Push, Knock, CLOSING)
