"""R2 calls through the media pump: its tones on simulated wires, its receivers, in both directions on thirty circuits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from boards.dahdi.heard import Heard, Hearing, RegisterSignalGone, RegisterSignalHeard
from boards.e1.r2_circuit import R2Circuit
from boards.e1.r2_run import CircuitRun
from boards.e1.r2_tones import RegisterTones
from boards.e1.r2_words import (
    Accept,
    BackwardGone,
    BackwardHeard,
    BitsSeen,
    Cleared,
    Fact,
    ForwardGone,
    ForwardHeard,
    NumberComplete,
    Seize,
)
from hwsim.r2_exchange import NumberBook, R2Exchange, Subscriber
from tests.fakes import FakeClock
from tests.unit.boards.dahdi.pump_bench import SILENCE, decode, encode
from tests.unit.boards.dahdi.pump_bench import Bench as PumpBench
from tests.unit.boards.e1.r2_bench import plan_of, rules_of

IDLE = 0b1011
BLOCK_S = 0.02
BOTH = Hearing.R2_FORWARD | Hearing.R2_BACKWARD


@dataclass
class PumpSide:
    """A side of a channel whose register signals are sound, and whose bits go straight to the other side."""

    tones: RegisterTones
    bits: Callable[[int], None]

    def set_bits(self, bits: int) -> None:
        self.bits(bits)

    def send_register(self, signal: int | None, *, backward: bool) -> None:
        self.tones.send(signal, backward=backward)


def listening(run: CircuitRun) -> Callable[[Heard], None]:
    """What the pump hears, as the circuit takes it."""

    def hear(heard: Heard) -> None:
        if isinstance(heard, RegisterSignalHeard):
            run.post(BackwardHeard(heard.signal) if heard.backward else ForwardHeard(heard.signal))
        elif isinstance(heard, RegisterSignalGone):
            run.post(BackwardGone() if heard.backward else ForwardGone())

    return hear


class SoundTown:
    """Circuits on channels of one pump: channel i is ours, channel count + i the exchange's at the other end of its wire."""

    def __init__(self, count: int, noise_dbm0: float | None = None) -> None:
        self.count = count
        self.clock = FakeClock()
        self.bench = PumpBench(2 * count)
        self.exchange = R2Exchange(rules_of("china", None), self.clock, NumberBook({"5551": Subscriber(answer_s=0.5)}))
        self.told: list[list[Fact]] = [[] for _ in range(count)]
        self.ours: list[CircuitRun] = []
        self._on_line = [SILENCE] * (2 * count)
        chance = np.random.default_rng(7)
        self._noise = None if noise_dbm0 is None else chance.normal(0, 32768 / 2**0.5 * 10 ** ((noise_dbm0 - 3.14) / 20), (8, len(SILENCE)))
        self._turn = 0
        for index in range(count):
            self._join(index)

    def _join(self, index: int) -> None:
        pump, ports = self.bench.pump, self.bench.ports
        near, far = ports[index], ports[self.count + index]
        to_far = PumpSide(RegisterTones(pump, near), lambda bits: self._bits(theirs, bits))
        ours = CircuitRun(R2Circuit(rules_of("china", plan_of(4))), self.clock, to_far, lambda fact: self._told(index, fact))
        theirs = self.exchange.add(PumpSide(RegisterTones(pump, far), lambda bits: self._bits(ours, bits)))
        pump.listen(near, BOTH, listening(ours))
        pump.listen(far, BOTH, listening(theirs))
        self.ours.append(ours)
        ours.begin(IDLE)
        theirs.begin(IDLE)

    def _bits(self, to: CircuitRun, bits: int) -> None:
        self.clock.call_later(0.01, lambda: to.post(BitsSeen(bits)))

    def _told(self, index: int, fact: Fact) -> None:
        self.told[index].append(fact)
        if isinstance(fact, NumberComplete):
            self.ours[index].post(Accept())

    def run(self, seconds: float) -> None:
        """Let line time pass."""
        for _ in range(round(seconds / BLOCK_S)):
            got = self.bench.exchange(dict(enumerate(self._on_line)))
            self._on_line = [self._disturbed(block) for block in [*got[self.count :], *got[: self.count]]]
            self.bench.step()
            self.clock.advance(BLOCK_S)

    def _disturbed(self, block: bytes) -> bytes:
        if self._noise is None:
            return block
        self._turn += 1
        return encode(decode(block) + self._noise[self._turn % len(self._noise)])


def test_thirty_calls_both_ways_by_sound() -> None:
    """A full E1 of calls whose numbers cross as MFC tones at once: every digit arrives at both ends, and the pump complains of nothing."""
    town = SoundTown(30)
    town.run(0.2)
    for index, ours in enumerate(town.ours):
        if index % 2:
            ours.post(Seize("5551", f"88{index:02}"))
        else:
            town.exchange.call(index, f"81{index:02}", f"139{index:02}", talk_s=1.0)
    town.run(8)
    calls = sorted(town.exchange.calls, key=lambda call: call.circuit)
    assert [call.digits for call in calls[1::2]] == ["5551"] * 15
    assert [call.caller for call in calls[1::2]] == [f"88{index:02}" for index in range(1, 30, 2)]
    ready = [fact for told in town.told for fact in told if isinstance(fact, NumberComplete)]
    assert [(fact.called, fact.caller.number) for fact in ready] == [(f"81{index:02}", f"139{index:02}") for index in range(0, 30, 2)]
    assert all(call.accepted for call in calls)
    assert not [fact for told in town.told for fact in told if isinstance(fact, Cleared)]
    assert not town.bench.alarms
    assert [ours.circuit.violations for ours in town.ours] == [0] * 30


@pytest.mark.parametrize("noise_dbm0", [-50.0, -35.0])
def test_a_noisy_line_loses_no_digit(noise_dbm0: float) -> None:
    """Noise 20 dB below the signals' level changes no digit."""
    town = SoundTown(2, noise_dbm0)
    town.run(0.2)
    town.ours[0].post(Seize("5551", "1234567890"))
    town.exchange.call(1, "8190", "0987654321")
    town.run(10)
    (first, _) = sorted(town.exchange.calls, key=lambda call: call.circuit)
    assert (first.digits, first.caller, first.accepted) == ("5551", "1234567890", True)
    (ready,) = [fact for fact in town.told[1] if isinstance(fact, NumberComplete)]
    assert (ready.called, ready.caller.number) == ("8190", "0987654321")
