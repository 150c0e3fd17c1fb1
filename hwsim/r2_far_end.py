"""An exchange that speaks R2 at the far end of a simulated card's E1: our machines in the other role, with ears and a voice of its own.

Register signals are real tones on the timeslots, bits cross the card's signalling timeslot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

import numpy as np

from boards.e1.r2_circuit import CircuitRules
from boards.e1.r2_incoming_words import IncomingPolicy
from boards.e1.r2_line_rules import Glare, LineRules
from boards.e1.r2_run import CircuitRun, R2Side
from boards.e1.r2_variants import VARIANTS
from boards.e1.r2_words import (
    Answer,
    BackwardGone,
    BackwardHeard,
    BitsSeen,
    Block,
    ForwardGone,
    ForwardHeard,
    MeterPulse,
    Outcome,
    Status,
    Unblock,
    Verdict,
)
from engine.kernel.errors import BadInput, UnexpectedEvent
from engine.kernel.text import text
from engine.settings.e1_lines import E1Trunk, line_name
from engine.telephony.signals import R2_LEVEL_DBM0, r2_step
from hwsim.e1_calls import E1Call, Town
from hwsim.exchange_line import Party
from hwsim.exchange_span import ExchangeSpan
from hwsim.pri_manners import USUAL, PriManners
from hwsim.r2_exchange import CallSeen, Manners, NumberBook, R2Exchange, RudeSide, Subscriber
from hwsim.register_ear import RegisterEar
from hwsim.signals import BLOCK, IDLE_BLOCK, RATE_HZ, alaw_from_linear, peak
from hwsim.world import Act, World

__all__ = ["Book", "Circuit", "Numbers", "R2FarEnd", "WorldTime"]

LATE_MOST_S = 3.0
OPPOSITE = {"release": Glare.RELEASE, "yield": Glare.KEEP, "keep": Glare.YIELD}
"""The two ends of a circuit agree beforehand on what is done when both seize it."""
OUTCOMES = {"unallocated": Outcome.UNALLOCATED, "busy": Outcome.BUSY}


class WorldTime:
    """``engine.kernel.clock.Clock`` by the world's own milliseconds."""

    def __init__(self, world: World) -> None:
        self._world = world

    def monotonic_ns(self) -> int:
        return self._world.now_ms * 1_000_000

    def utc_ms(self) -> int:
        return self._world.utc_ms

    def utc_offset_min(self) -> int:
        return 0

    def call_later(self, delay_s: float, act: object) -> Act:
        assert callable(act)
        return self._world.after(round(delay_s * 1000), act)


class Numbers(Mapping[str, Subscriber]):
    """The town's subscribers as the exchange's book has them. ``accepts``: what is said of one who is free."""

    accepts = Outcome.FREE

    def __init__(self, town: Town) -> None:
        self._town = town

    def __getitem__(self, number: str) -> Subscriber:
        trouble = self._town.trouble_of(number)
        return Subscriber(OUTCOMES[trouble] if trouble else self.accepts, answer_s=None)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Book(NumberBook):
    """Its verdicts are the town's."""

    def __init__(self, town: Town, numbers: Numbers) -> None:
        super().__init__(numbers)
        object.__setattr__(self, "_town", town)

    def verdict(self, called: str, ended: bool) -> Verdict:
        town: Town = self.__dict__["_town"]
        if town.trouble_of(called) != "unallocated":
            return Verdict.COMPLETE
        return Verdict.MORE if not ended and town.may_become(called) else Verdict.UNALLOCATED


class Circuit:
    """One timeslot: the exchange's side of its channel."""

    def __init__(self, world: World, span: ExchangeSpan, place: int) -> None:
        self.place = place
        self.run: CircuitRun
        self.seen: CallSeen | None = None
        self.call: E1Call | None = None
        self.metered_ms = 0
        """When the last metering pulse went, or the answer."""
        self._world = world
        self._span = span
        self._ears = {False: RegisterEar(backward=False), True: RegisterEar(backward=True)}
        self._sounding: tuple[float, float] | None = None

    def set_bits(self, bits: int) -> None:
        self._span.send_bits(self.place, bits)

    def send_register(self, signal: int | None, *, backward: bool) -> None:
        if signal is None:
            self._sounding = None
            return
        step = r2_step(signal, 1000, backward=backward)
        self._sounding = step.frequency1_hz, step.frequency2_hz

    def exchange(self, heard: bytes) -> bytes:
        """One block each way: registers while they work, then whoever talks."""
        if self.run.circuit.state[1:] != ("Quiet", "Resting"):
            self._listen(heard)
        if self._sounding is not None:
            return self._tone(self._sounding)
        return IDLE_BLOCK if self.call is None else self.call.exchange(heard)

    def _listen(self, heard: bytes) -> None:
        for backward, ear in self._ears.items():
            before = ear.signal
            if not ear.hear(heard):
                continue
            if before is not None:
                self.run.post(BackwardGone() if backward else ForwardGone())
            if ear.signal is not None:
                self.run.post(BackwardHeard(ear.signal) if backward else ForwardHeard(ear.signal))

    def _tone(self, frequencies_hz: tuple[float, float]) -> bytes:
        at_s = (self._world.block_start_sample + np.arange(BLOCK)) / RATE_HZ
        sound = sum(peak(R2_LEVEL_DBM0) * np.sin(2 * np.pi * hertz * at_s) for hertz in frequencies_hz)
        return alaw_from_linear(np.asarray(sound))


class R2FarEnd:
    """Implements ``E1FarEnd``. ``numbers``: the subscribers whom the exchange knows."""

    def __init__(self, world: World, town: Town, span: ExchangeSpan, trunk: E1Trunk) -> None:
        self._world = world
        self._town = town
        self._span = span
        self._name = trunk.section.name
        self.numbers = Numbers(town)
        variant = VARIANTS[trunk.section.r2_variant]
        rules = CircuitRules(LineRules(variant.line, glare=OPPOSITE[trunk.section.r2_glare]), variant.register, IncomingPolicy())
        self.exchange = self._made_exchange(rules, trunk)
        self._circuits: list[Circuit] = []
        self._rude: list[RudeSide] = []
        self._manners = USUAL
        self._chance = Random(world.seed_for())  # noqa: S311  # simulated chance
        for line in trunk.lines:
            circuit = self._made_circuit(line.place)
            circuit.run = self.exchange.add(self._side_of(circuit))
            self._circuits.append(circuit)
            span.timeslots[line.place] = circuit.exchange
        self._by_place = {circuit.place: circuit for circuit in self._circuits}
        for circuit in self._circuits:
            circuit.run.begin(span.bits_of(circuit.place))
        span.bits_came = self._bits_came

    def _made_exchange(self, rules: CircuitRules, _trunk: E1Trunk) -> R2Exchange:
        return R2Exchange(rules, WorldTime(self._world), Book(self._town, self.numbers))

    def _made_circuit(self, place: int) -> Circuit:
        return Circuit(self._world, self._span, place)

    def _side_of(self, circuit: Circuit) -> R2Side:
        """What its run commands: the circuit, as rudely as the exchange is."""
        side = RudeSide(circuit, WorldTime(self._world), self._chance, Manners())
        self._rude.append(side)
        return side

    def _bits_came(self, place: int, bits: int) -> None:
        circuit = self._by_place.get(place)
        if circuit is not None:
            circuit.run.post(BitsSeen(bits))

    @property
    def free(self) -> bool:
        return bool(self.exchange.idle)

    @property
    def works(self) -> bool:
        return bool(self.busy) or self.free

    @property
    def channels(self) -> int:
        return len(self._circuits)

    @property
    def busy(self) -> int:
        return sum(1 for circuit in self._circuits if circuit.run.circuit.status is Status.BUSY)

    @property
    def manners(self) -> PriManners:
        """How it behaves: as far as R2 has manners, its rudeness."""
        return self._manners

    def behave(self, manners: PriManners) -> None:
        if manners.slow_ms or manners.never_says or manners.announcement or manners.takes_callers or manners.rudeness.stray:
            raise BadInput(text("an exchange with R2 can be rude by lost, late, repeated and garbled only, and send metering pulses"))
        self._manners = manners
        rude = manners.rudeness
        for side in self._rude:
            side.manners = Manners(rude.lost, rude.late, rude.repeated, rude.garbled, late_most_s=LATE_MOST_S)

    def offer(
        self, party: Party, number: str, called: str, *, absence: str, by_digits: bool = False, diverted_from: str = ""
    ) -> E1Call | None:
        idle = self.exchange.idle
        if not idle:
            return None
        circuit = self._circuits[idle[0]]
        circuit.seen = self.exchange.call(idle[0], called, "" if absence else number)
        circuit.call = self._call_on(idle[0], circuit)
        circuit.call.party = party
        return circuit.call

    def _call_on(self, index: int, circuit: Circuit) -> E1Call:
        return E1Call(
            self._world, line_name(self._name, circuit.place), circuit.place, lambda: self._hang_up(index), lambda: self._answer(circuit)
        )

    def _hang_up(self, index: int) -> None:
        if self._circuits[index].run.circuit.status is Status.BUSY:
            try:
                self.exchange.hang_up(index)
            except UnexpectedEvent:
                return  # it is being cleared already

    def _answer(self, circuit: Circuit) -> None:
        circuit.run.post(Answer())
        circuit.metered_ms = self._world.now_ms
        if circuit.seen is not None:
            circuit.seen.answered = True

    # ---- every 20 ms ----

    def run(self) -> None:
        for seen in self.exchange.calls[-2 * len(self._circuits) :]:
            circuit = self._circuits[seen.circuit]
            if not seen.ours and seen.release is None and circuit.seen is not seen:
                circuit.seen, circuit.call = seen, None
        for index, circuit in enumerate(self._circuits):
            if circuit.seen is not None:
                self._look(index, circuit, circuit.seen)

    def _look(self, index: int, circuit: Circuit, seen: CallSeen) -> None:
        if seen.release is not None:
            if circuit.call is not None:
                circuit.call.over()
            circuit.seen = circuit.call = None
        elif circuit.call is None and not seen.ours and seen.accepted:
            circuit.call = self._call_on(index, circuit)
            self._ring(seen, circuit.call)
        elif circuit.call is not None and seen.answered:
            circuit.call.connected()
            self._meter(circuit, seen)

    def _meter(self, circuit: Circuit, seen: CallSeen) -> None:
        every_ms, now_ms = self._manners.metering_ms, self._world.now_ms
        if not seen.ours and every_ms and now_ms - circuit.metered_ms >= every_ms:
            circuit.metered_ms = now_ms
            circuit.run.post(MeterPulse())

    def _ring(self, seen: CallSeen, call: E1Call) -> None:
        call.sound("ringback")
        self._town.ring(seen.digits, call)

    def cut_signalling(self, *, cut: bool) -> None:
        for circuit in self._circuits:
            circuit.run.post(Block() if cut else Unblock())
