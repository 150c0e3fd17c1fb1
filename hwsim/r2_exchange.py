"""The far end of R2 circuits: an exchange with subscribers that calls and is called, and one that has no manners.

It is made of the same machines as ours, in the opposite role. What joins the two is either an ``R2Cable``, which carries bits and
register signals as such, or real audio and bits of a simulated or real driver.

    exchange ── circuit ── [RudeSide: wrong, late, repeated, missing] ── R2Cable ── circuit ── the appliance
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from boards.e1.r2_circuit import CircuitRules, R2Circuit
from boards.e1.r2_run import CircuitRun, R2Side
from boards.e1.r2_words import (
    Accept,
    Accepted,
    Answer,
    Answered,
    BackwardGone,
    BackwardHeard,
    BitsSeen,
    Clear,
    Cleared,
    DigitArrived,
    Fact,
    ForwardGone,
    ForwardHeard,
    Heard,
    NumberComplete,
    Outcome,
    Refuse,
    Seize,
    Seized,
    Status,
    StatusChanged,
    Verdict,
)
from engine.kernel.clock import Clock
from engine.telephony.causes import Cause, Release

__all__ = ["CallSeen", "Manners", "NumberBook", "R2Cable", "R2Exchange", "RudeSide", "Subscriber"]

HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "hung_up")
REFUSALS: Mapping[Outcome, Cause] = {
    Outcome.BUSY: Cause.USER_BUSY,
    Outcome.UNALLOCATED: Cause.UNALLOCATED_NUMBER,
    Outcome.CONGESTED: Cause.SWITCHING_CONGESTION,
    Outcome.OUT_OF_ORDER: Cause.DESTINATION_OUT_OF_ORDER,
}
CALLS_KEPT = 10_000
"""Calls that an exchange remembers."""


# ---- the cable -------------------------------------------------------------------------------------------------------


class R2Cable:
    """A channel between two circuits, as bits and signals: what one side sends the other has after ``bits_s`` or ``tone_s``.

    ``tone_s`` is what audio, recognition and the step of a media pump take together.
    """

    def __init__(self, clock: Clock, bits_s: float = 0.005, tone_s: float = 0.045) -> None:
        self.left = _CableEnd(clock, bits_s, tone_s)
        self.right = _CableEnd(clock, bits_s, tone_s)
        self.left.other, self.right.other = self.right, self.left


class _CableEnd:
    """One side's sending end; ``hear`` is set by whoever listens there."""

    def __init__(self, clock: Clock, bits_s: float, tone_s: float) -> None:
        self._clock = clock
        self._bits_s = bits_s
        self._tone_s = tone_s
        self.other: _CableEnd
        self.hear: Callable[[Heard], None] = lambda _heard: None
        self._sounding: tuple[int, bool] | None = None

    def set_bits(self, bits: int) -> None:
        self._deliver(self._bits_s, BitsSeen(bits))

    def send_register(self, signal: int | None, *, backward: bool) -> None:
        if self._sounding is not None:
            self._deliver(self._tone_s, BackwardGone() if self._sounding[1] else ForwardGone())
        self._sounding = None if signal is None else (signal, backward)
        if signal is not None:
            self._deliver(self._tone_s, BackwardHeard(signal) if backward else ForwardHeard(signal))

    def _deliver(self, delay_s: float, heard: Heard) -> None:
        self._clock.call_later(delay_s, lambda: self.other.hear(heard))


# ---- manners ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Manners:
    """How often, 0…1, a thing that is to be sent is lost, late by up to ``late_most_s``, said twice, or another thing than it should be."""

    lost: float = 0.0
    late: float = 0.0
    repeated: float = 0.0
    wrong: float = 0.0
    late_most_s: float = 20.0
    twice_after_s: float = 0.15


class RudeSide:
    """A side of a channel that garbles what it is told to send. Chance comes from its own generator, so a seed repeats the evening."""

    def __init__(self, side: R2Side, clock: Clock, chance: random.Random, manners: Manners) -> None:
        self._side = side
        self._clock = clock
        self._chance = chance
        self.manners = manners
        self.pranks = 0
        """Things that were sent otherwise than told."""

    def set_bits(self, bits: int) -> None:
        self._play(lambda: self._side.set_bits(bits), lambda: self._side.set_bits(self._chance.randrange(16)))

    def send_register(self, signal: int | None, *, backward: bool) -> None:
        def other() -> None:
            self._side.send_register(self._chance.choice([None, *range(1, 16)]), backward=backward)

        self._play(lambda: self._side.send_register(signal, backward=backward), other)

    def _play(self, right: Callable[[], None], wrong: Callable[[], None]) -> None:
        manners, dice = self.manners, self._chance.random()
        self.pranks += 1
        if dice < manners.lost:
            return
        dice -= manners.lost
        if dice < manners.late:
            self._clock.call_later(self._chance.uniform(0, manners.late_most_s), right)
            return
        dice -= manners.late
        if dice < manners.repeated:
            right()
            self._clock.call_later(manners.twice_after_s, right)
            return
        dice -= manners.repeated
        if dice < manners.wrong:
            wrong()
            return
        self.pranks -= 1
        right()


# ---- the exchange ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Subscriber:
    """Who has a number: what calling it comes to, when the handset is lifted (None: never), and how long the talk is (None: until the caller ends)."""

    outcome: Outcome = Outcome.FREE
    answer_s: float | None = 2.0
    talk_s: float | None = None


@dataclass(frozen=True)
class NumberBook:
    """The exchange's numbers; a plan for its circuits."""

    numbers: Mapping[str, Subscriber]

    def verdict(self, called: str, ended: bool) -> Verdict:
        """Complete when it is somebody's number; unallocated when it can become nobody's."""
        if called in self.numbers:
            return Verdict.COMPLETE
        possible = not ended and any(number.startswith(called) for number in self.numbers)
        return Verdict.MORE if possible else Verdict.UNALLOCATED


@dataclass
class CallSeen:
    """A call as the exchange saw it. ``ours``: the exchange called; ``digits``: what it was called with; ``release``: None, it goes on."""

    circuit: int
    ours: bool
    digits: str = ""
    caller: str = ""
    category: int = 0
    caller_class: int = 0
    answered: bool = False
    accepted: bool = False
    release: Release | None = None


@dataclass
class _Circuit:
    """A circuit of the exchange and the call on it."""

    run: CircuitRun
    call: CallSeen | None = None
    talk_s: float | None = None
    turn: int = 0
    """Counts calls, so that an act meant for one does not meet the next."""


Report = Callable[[Fact], None]
MakesRun = Callable[[CircuitRules, Clock, R2Side, Report], CircuitRun]


def _r2_run(rules: CircuitRules, clock: Clock, side: R2Side, report: Report) -> CircuitRun:
    return CircuitRun(R2Circuit(rules), clock, side, report)


@dataclass
class R2Exchange:
    """An exchange at the far end of some circuits. ``calls``: all of them, the oldest first, at most ``CALLS_KEPT``. ``made``: what makes a circuit
    of the rules and its side of the channel.
    """

    rules: CircuitRules
    clock: Clock
    book: NumberBook
    calls: list[CallSeen] = field(default_factory=list)
    made: MakesRun = _r2_run

    def __post_init__(self) -> None:
        self._circuits: list[_Circuit] = []

    def add(self, side: R2Side) -> CircuitRun:
        """One more circuit, with the exchange's side of its channel; to be given what that side hears, and begun."""
        index = len(self._circuits)
        rules = CircuitRules(self.rules.line, self.rules.register, self.rules.incoming, self.book.verdict)
        run = self.made(rules, self.clock, side, lambda fact: self._told(index, fact))
        self._circuits.append(_Circuit(run))
        return run

    @property
    def idle(self) -> list[int]:
        """Circuits on which a call can begin."""
        return [index for index, circuit in enumerate(self._circuits) if circuit.run.circuit.status is Status.IDLE]

    def call(self, index: int, called: str, caller: str = "", *, talk_s: float | None = None, category: int | None = None) -> CallSeen:
        """Call the appliance on a circuit; after the answer the exchange's subscriber hangs up in ``talk_s`` seconds, None: never."""
        circuit = self._circuits[index]
        call = self._begin(index, CallSeen(index, ours=True, digits=called, caller=caller))
        circuit.talk_s = talk_s
        circuit.run.post(Seize(called, caller, category))
        return call

    def hang_up(self, index: int) -> None:
        """The exchange's subscriber on this circuit hangs up; nothing when there is no call."""
        self._circuits[index].run.post(Clear(HUNG_UP))

    def _begin(self, index: int, call: CallSeen) -> CallSeen:
        circuit = self._circuits[index]
        circuit.call = call
        circuit.talk_s = None
        circuit.turn += 1
        self.calls.append(call)
        del self.calls[:-CALLS_KEPT]
        return call

    def _told(self, index: int, fact: Fact) -> None:
        circuit = self._circuits[index]
        call = circuit.call
        if isinstance(fact, Seized):
            self._begin(index, CallSeen(index, ours=False))
            return
        if call is None or isinstance(fact, StatusChanged):
            return
        match fact:
            case NumberComplete(called, caller, category, caller_class):
                call.digits, call.caller, call.category, call.caller_class = called, caller.number, category, caller_class
                self._decide(index, self.book.numbers[called])
            case DigitArrived(called):
                call.digits = called
            case Accepted():
                call.accepted = True
            case Answered():
                call.answered = True
                self._later(index, circuit.talk_s, lambda: self.hang_up(index))
            case Cleared(release):
                call.release = release
                circuit.call = None

    def _decide(self, index: int, subscriber: Subscriber) -> None:
        circuit = self._circuits[index]
        if not subscriber.outcome.free:
            circuit.run.post(Refuse(Release(REFUSALS.get(subscriber.outcome, Cause.NORMAL_UNSPECIFIED), subscriber.outcome.value)))
            return
        circuit.talk_s = subscriber.talk_s
        circuit.run.post(Accept(subscriber.outcome))
        self._later(index, subscriber.answer_s, lambda: self._lift(index))

    def _lift(self, index: int) -> None:
        circuit = self._circuits[index]
        circuit.run.post(Answer())
        if circuit.call is not None:
            circuit.call.answered = True
        self._later(index, circuit.talk_s, lambda: self.hang_up(index))

    def _later(self, index: int, delay_s: float | None, act: Callable[[], None]) -> None:
        circuit = self._circuits[index]
        turn = circuit.turn

        def if_still() -> None:
            if circuit.turn == turn and circuit.call is not None:
                act()

        if delay_s is not None:
            self.clock.call_later(delay_s, if_still)
