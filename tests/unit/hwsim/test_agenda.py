"""The simulated driver's clock."""

from __future__ import annotations

import pytest

from hwsim.agenda import Agenda


def test_deadlines_are_met_in_order() -> None:
    """What is due earlier happens earlier; at one millisecond, what was set first."""
    agenda, met = Agenda(), list[tuple[int, str]]()
    for name, ms in (("late", 30), ("first of two", 20), ("second of two", 20), ("early", 5)):
        agenda.deadline(lambda name=name: met.append((agenda.now_ms, name))).start(ms)  # type: ignore[misc]  # the default binds the loop's name
    agenda.advance_to(20)
    assert met == [(5, "early"), (20, "first of two"), (20, "second of two")]
    agenda.advance_to(100)
    assert met[-1] == (30, "late")
    assert agenda.now_ms == 100


def test_setting_anew_replaces() -> None:
    """A timer set anew runs once, at its newer time; stopped, it does not run."""
    agenda, met = Agenda(), list[int]()
    deadline = agenda.deadline(lambda: met.append(agenda.now_ms))
    deadline.start(10)
    deadline.start(50)
    agenda.advance_to(40)
    assert met == []
    assert deadline.running
    agenda.advance_to(60)
    assert met == [50]
    assert not deadline.running
    deadline.start(10)
    deadline.stop()
    agenda.advance_to(100)
    assert met == [50]


def test_zero_does_not_run() -> None:
    """A time of 0 is no timer, as in the driver; a negative one is due at the next millisecond."""
    agenda, met = Agenda(), list[int]()
    deadline = agenda.deadline(lambda: met.append(agenda.now_ms))
    deadline.start(0)
    agenda.advance_to(10)
    assert met == []
    deadline.start(-5)
    agenda.advance_to(20)
    assert met == [11]


def test_time_does_not_go_back() -> None:
    """A clock that is set back is a mistake in the test bench and is said so."""
    agenda = Agenda()
    agenda.advance_to(10)
    with pytest.raises(ValueError, match="cannot go back from 10 ms to 9 ms"):
        agenda.advance_to(9)


def test_endless_deadlines_are_found() -> None:
    """Timers that set each other for ever end in an error instead of a machine that stands still."""
    agenda = Agenda()
    deadline = agenda.deadline(lambda: deadline.start(1))
    deadline.start(1)
    with pytest.raises(RuntimeError, match="without end"):
        agenda.advance_to(1_000_000)
