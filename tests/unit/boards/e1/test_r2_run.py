"""The shell of an R2 circuit: outputs performed, timers kept, commands that come in the middle."""

from __future__ import annotations

import pytest

from boards.e1.r2_circuit import R2Circuit
from boards.e1.r2_run import WAITING_MOST, CircuitRun
from boards.e1.r2_words import BitsSeen, Block, Cleared, Fact, Seize, Seized, Status, StatusChanged, Unblock
from engine.kernel.errors import EnvironmentFault, OurFault
from engine.kernel.text import text
from engine.telephony.causes import Cause
from tests.fakes import FakeClock
from tests.unit.boards.e1.r2_bench import plan_of, rules_of


class Side:
    """A side that notes bits, and fails to sound when told to."""

    def __init__(self) -> None:
        self.bits: list[int] = []
        self.mute = False

    def set_bits(self, bits: int) -> None:
        self.bits.append(bits)

    def send_register(self, signal: int | None, *, backward: bool) -> None:
        if self.mute and signal is not None:
            raise EnvironmentFault(text("No port of the media pump is free: more sounds at once than it was made for."))


def run_of(side: Side, clock: FakeClock, facts: list[Fact]) -> CircuitRun:
    """A circuit that is idle."""
    run = CircuitRun(R2Circuit(rules_of("china", plan_of(3))), clock, side, facts.append)
    run.begin(0b1011)
    clock.advance(1)
    return run


def test_a_signal_that_cannot_be_sounded_does_not_hold_the_circuit() -> None:
    """When the pump is full the error is raised, and the call still ends by its timers."""
    side, clock, facts = Side(), FakeClock(), list[Fact]()
    run = run_of(side, clock, facts)
    run.post(Seize("123"))
    side.mute = True
    run.post(BitsSeen(0b1111))
    with pytest.raises(EnvironmentFault):
        clock.advance(0.1)
    clock.advance(20)
    run.post(BitsSeen(0b1011))
    clock.advance(1)
    (cleared,) = [fact for fact in facts if isinstance(fact, Cleared)]
    assert cleared.release.cause is Cause.TEMPORARY_FAILURE
    assert run.circuit.status is Status.IDLE


def test_a_listener_may_command_at_once() -> None:
    """A command given while facts are told waits for its turn, and is obeyed."""
    side, clock = Side(), FakeClock()
    facts: list[Fact] = []

    def told(fact: Fact) -> None:
        facts.append(fact)
        if isinstance(fact, Seized):
            run.post(Block())
            assert run.circuit.status is Status.BUSY

    run = CircuitRun(R2Circuit(rules_of("china", plan_of(3))), clock, side, told)
    run.begin(0b1011)
    clock.advance(1)
    run.post(BitsSeen(0b0011))
    clock.advance(1)
    run.post(BitsSeen(0b1011))
    clock.advance(1)
    assert facts[-1] == StatusChanged(Status.LOCAL_BLOCKED)
    run.post(Unblock())
    assert facts[-1] == StatusChanged(Status.IDLE)


def test_commands_without_end_are_refused() -> None:
    """A listener that answers each fact with ever more commands is a fault of ours, and is told so."""
    side, clock = Side(), FakeClock()

    def told(_fact: Fact) -> None:
        for _ in range(WAITING_MOST + 1):
            run.post(Block())

    run = CircuitRun(R2Circuit(rules_of("china", plan_of(3))), clock, side, told)
    run.begin(0b1011)
    with pytest.raises(OurFault):
        clock.advance(1)


def test_a_closed_circuit_is_heard_of_no_more() -> None:
    """After a card is pulled no timer of its circuits does anything."""
    side, clock, facts = Side(), FakeClock(), list[Fact]()
    run = run_of(side, clock, facts)
    run.post(Seize("123"))
    facts.clear()
    run.close()
    clock.advance(100)
    assert not facts
