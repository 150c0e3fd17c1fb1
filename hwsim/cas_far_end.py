"""An exchange or a PBX at the far end of circuits without registers: our line signalling in the other role, with key receivers and a key sender.

What becomes of a number it tells by tones alone: a subscriber who is busy, or whom nobody has, sounds so on a circuit that stays seized.
"""

from __future__ import annotations

import numpy as np

from boards.e1.cas_circuit import CasCircuit, CasRun, CasSide
from boards.e1.cas_words import AddressBy
from boards.e1.r2_circuit import CircuitRules
from boards.e1.r2_run import CircuitRun, R2Side
from boards.e1.r2_words import KeyHeard, KeysSent, Verdict
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.settings.e1_lines import E1Trunk
from hwsim.e1_calls import E1Call, Town
from hwsim.exchange_span import ExchangeSpan
from hwsim.key_ear import KeyEar
from hwsim.pri_manners import USUAL, PriManners
from hwsim.r2_exchange import CallSeen, NumberBook, R2Exchange, Report, Subscriber
from hwsim.r2_far_end import Circuit, Numbers, R2FarEnd, WorldTime
from hwsim.signals import Clip, keys, linear_from_alaw
from hwsim.world import World

__all__ = ["CasFarEnd"]

RANG = Subscriber(answer_s=None)


class _Numbers(Numbers):
    """Every number leads somewhere: to a telephone, or to a tone."""

    def __getitem__(self, number: str) -> Subscriber:
        return RANG


class _Book(NumberBook):
    """A number goes on while somebody's begins so."""

    def __init__(self, town: Town) -> None:
        super().__init__(_Numbers(town))
        object.__setattr__(self, "_town", town)

    def verdict(self, called: str, ended: bool) -> Verdict:
        town: Town = self.__dict__["_town"]
        return Verdict.MORE if not ended and town.may_become(called) else Verdict.COMPLETE


class _CasCircuit(Circuit):
    """One timeslot. Implements ``CasSide``."""

    def __init__(self, world: World, span: ExchangeSpan, place: int) -> None:
        super().__init__(world, span, place)
        self._ear = KeyEar()
        self._listening = False
        self._clip: Clip | None = None
        self._clip_ends = 0

    def send_keys(self, keys_wanted: str | None) -> None:
        self._clip = None
        if keys_wanted is not None:
            sound = np.concatenate(keys(keys_wanted, 80, 80))
            self._clip = Clip(sound, self._world.now_sample)
            self._clip_ends = self._world.now_sample + sound.size

    def exchange(self, heard: bytes) -> bytes:
        """One block each way: keys while a number is told, then whoever talks."""
        receives = self.run.circuit.state[2] != "Resting"
        if receives and not self._listening:
            self._ear = KeyEar()
        self._listening = receives
        if receives:
            for key in self._ear.hear(linear_from_alaw(heard)):
                self.run.post(KeyHeard(key))
        if self._clip is None:
            return super().exchange(heard)
        start = self._world.block_start_sample
        if start < self._clip_ends:
            return self._clip.block(start)
        self._clip = None
        self.run.post(KeysSent())
        return super().exchange(heard)

    def _listen(self, _heard: bytes) -> None:
        """There are no register signals."""


class CasFarEnd(R2FarEnd):
    """Implements ``E1FarEnd``."""

    def _made_exchange(self, rules: CircuitRules, trunk: E1Trunk) -> R2Exchange:
        by = AddressBy(trunk.section.cas_address)

        def made(rules: CircuitRules, clock: Clock, side: R2Side, report: Report) -> CircuitRun:
            assert isinstance(side, _CasCircuit)
            cas_side: CasSide = side
            return CasRun(CasCircuit(rules.line, by, rules.plan), clock, cas_side, report)

        return R2Exchange(rules, WorldTime(self._world), _Book(self._town), made=made)

    def _made_circuit(self, place: int) -> Circuit:
        return _CasCircuit(self._world, self._span, place)

    def _side_of(self, circuit: Circuit) -> R2Side:
        return circuit

    def behave(self, manners: PriManners) -> None:
        if manners != USUAL:
            raise BadInput(text("an exchange without registers has no other manners"))

    def _ring(self, seen: CallSeen, call: E1Call) -> None:
        number = seen.digits or self._town.operator()
        trouble = self._town.trouble_of(number)
        if trouble:
            call.sound(trouble)
        else:
            call.sound("ringback")
            self._town.ring(number, call)
