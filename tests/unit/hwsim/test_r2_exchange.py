"""The far-end exchange of R2 circuits: calls both ways on thirty circuits, and an exchange without manners."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from boards.e1.r2_circuit import R2Circuit
from boards.e1.r2_run import CircuitRun, R2Side
from boards.e1.r2_words import Accept, Answer, BitsSeen, Clear, Cleared, Fact, NumberComplete, Outcome, Seize, Seized, Status
from engine.telephony.causes import Cause
from hwsim.r2_exchange import CallSeen, Manners, NumberBook, R2Cable, R2Exchange, RudeSide, Subscriber
from tests.fakes import FakeClock
from tests.unit.boards.e1.r2_bench import HUNG_UP, plan_of, rules_of

IDLE = 0b1011
BOOK = NumberBook(
    {
        "5551": Subscriber(answer_s=1.0, talk_s=3.0),
        "5552": Subscriber(Outcome.BUSY),
        "5553": Subscriber(answer_s=None),
        "5554": Subscriber(Outcome.OUT_OF_ORDER),
    }
)


@dataclass
class Ours:
    """The appliance's end of one circuit: takes every call, answers after half a second. ``open``: a call is on it; ``ends``: how they ended."""

    clock: FakeClock
    side: R2Side
    open: bool = False
    begun: int = 0
    ends: list[Cause] = field(default_factory=list)
    callers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.run = CircuitRun(R2Circuit(rules_of("china", plan_of(4))), self.clock, self.side, self._told)

    def seize(self, called: str) -> None:
        """Call out."""
        self._opened()
        self.run.post(Seize(called, "02088"))

    def _opened(self) -> None:
        assert not self.open
        self.open = True
        self.begun += 1

    def _told(self, fact: Fact) -> None:
        if isinstance(fact, Seized):
            self._opened()
        elif isinstance(fact, NumberComplete):
            self.callers.append(fact.caller.number)
            self.run.post(Accept())
            self.clock.call_later(0.5, lambda: self.run.post(Answer()))
        elif isinstance(fact, Cleared):
            assert self.open
            self.open = False
            self.ends.append(fact.release.cause)


class Town:
    """Circuits between an exchange and us; ``between`` may put something between the exchange and its cable."""

    def __init__(self, count: int, between: Callable[[R2Side], R2Side] = lambda side: side, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.exchange = R2Exchange(rules_of("china", None), self.clock, BOOK)
        self.cables = [R2Cable(self.clock) for _ in range(count)]
        self.ours: list[Ours] = []
        for cable in self.cables:
            theirs = self.exchange.add(between(cable.left))
            ours = Ours(self.clock, cable.right)
            cable.left.hear, cable.right.hear = theirs.post, ours.run.post
            self.ours.append(ours)
            theirs.begin(IDLE)
            ours.run.begin(IDLE)
        self.clock.advance(1)


def test_thirty_calls_both_ways_at_once() -> None:
    """A full E1 of calls, half of them ours, with talk and hanging up at either end, leaves thirty idle circuits and no call behind."""
    town = Town(30)
    for index, ours in enumerate(town.ours):
        if index % 2:
            ours.seize("5551")
        else:
            town.exchange.call(index, "8100", f"1390{index:02}", talk_s=2.0)
    town.clock.advance(6)
    assert [call.answered for call in sorted(town.exchange.calls, key=lambda call: call.circuit)] == [True] * 30
    town.clock.advance(10)
    assert town.exchange.idle == list(range(30))
    assert all(ours.run.circuit.status is Status.IDLE and not ours.run._timers for ours in town.ours)
    assert [ours.ends for ours in town.ours] == [[Cause.NORMAL_CALL_CLEARING]] * 30
    assert [ours.callers for ours in town.ours[::2]] == [[f"1390{index:02}"] for index in range(0, 30, 2)]


@pytest.mark.parametrize(
    ("number", "cause"),
    [("5552", Cause.USER_BUSY), ("5559", Cause.UNALLOCATED_NUMBER), ("9", Cause.UNALLOCATED_NUMBER), ("5554", Cause.USER_BUSY)],
)
def test_the_exchange_has_subscribers_of_all_kinds(number: str, cause: Cause) -> None:
    """A busy number, one that nobody has and one that is out of order end as China's group B can say it."""
    town = Town(1)
    town.ours[0].seize(number)
    town.clock.advance(20)
    assert town.ours[0].ends == [cause]
    assert town.exchange.idle == [0]


def test_the_exchange_remembers_its_calls() -> None:
    """What a test asks of the exchange is told: numbers, classes, whether it was answered, and how it ended."""
    town = Town(1)
    town.ours[0].seize("5553")
    town.clock.advance(20)
    assert town.exchange.calls == [CallSeen(0, ours=False, digits="5553", caller="02088", category=3, caller_class=1, accepted=True)]
    town.ours[0].run.post(Clear(HUNG_UP))
    town.clock.advance(1)
    assert town.exchange.calls[0].release == HUNG_UP
    assert not town.exchange.calls[0].answered
    town.exchange.call(0, "8100")
    town.clock.advance(1)
    town.exchange.hang_up(0)
    town.clock.advance(20)
    assert town.ours[0].ends == [Cause.NORMAL_CALL_CLEARING] * 2


MANNERS = {
    "loses": Manners(lost=0.1),
    "late": Manners(late=0.2),
    "repeats": Manners(repeated=0.3),
    "lies": Manners(wrong=0.1),
    "everything": Manners(0.03, 0.05, 0.05, 0.03),
}


@pytest.mark.parametrize("manners", MANNERS)
@pytest.mark.parametrize("seed", range(4))
def test_a_rude_exchange_costs_calls_but_no_circuit(manners: str, seed: int) -> None:
    """Signals that are lost, late, repeated or wrong end some calls; every call has one end, and once the exchange behaves all circuits work again."""
    chance = random.Random(seed)
    clock = FakeClock()
    rude: list[RudeSide] = []

    def between(side: R2Side) -> R2Side:
        rude.append(RudeSide(side, clock, chance, MANNERS[manners]))
        return rude[-1]

    town = Town(6, between, clock)
    for _ in range(12):
        for index, ours in enumerate(town.ours):
            if ours.run.circuit.status is Status.IDLE and chance.random() < 0.5:
                ours.seize(chance.choice(["5551", "5552", "5553", "5559"]))
            elif index in town.exchange.idle and chance.random() < 0.5:
                town.exchange.call(index, "8100", "139", talk_s=2.0)
        clock.advance(chance.uniform(1, 15))
        for index, ours in enumerate(town.ours):
            if ours.open and chance.random() < 0.5:
                ours.run.post(Clear(HUNG_UP))
            if chance.random() < 0.3:
                town.exchange.hang_up(index)
    assert sum(side.pranks for side in rude) > 10
    for index, ours in enumerate(town.ours):
        ours.run.post(Clear(HUNG_UP))
        town.exchange.hang_up(index)
    clock.advance(400)
    assert not any(ours.open for ours in town.ours)
    assert [len(ours.ends) for ours in town.ours] == [ours.begun for ours in town.ours]
    for ours, cable in zip(town.ours, town.cables, strict=True):
        cable.left.set_bits(0b1111)
        clock.advance(0.1)
        cable.left.set_bits(IDLE)  # the exchange's maintenance puts the circuit right
        ours.run.post(BitsSeen(IDLE))
    clock.advance(120)
    assert [ours.run.circuit.state for ours in town.ours] == [("Idle", "Quiet", "Resting")] * 6
    assert not any(ours.run._timers for ours in town.ours)


def test_a_seed_repeats_the_evening() -> None:
    """A failing evening can be looked at again: equal seeds give equal calls."""

    def evening(seed: int) -> list[CallSeen]:
        clock, chance = FakeClock(), random.Random(seed)
        town = Town(3, lambda side: RudeSide(side, clock, chance, MANNERS["everything"]), clock)
        for ours in town.ours:
            if ours.run.circuit.status is Status.IDLE:
                ours.seize("5551")
        clock.advance(60)
        return town.exchange.calls

    assert evening(3) == evening(3)
    assert any(evening(3) != evening(seed) for seed in range(4, 9))
