"""A circuit without registers: the line signalling of R2 by the country's bits, and the called number by keys, by pulses or not at all.

It is an R2 circuit whose registers are replaced by two simpler machines. Bits that come while a number is told by pulses are theirs first:
idle for some 60 ms is a break, for longer the line machine's clear forward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from boards.e1 import r2_line_words as line
from boards.e1.cas_incoming import Broken, Collecting, Counting, Waiting, cas_incoming_table
from boards.e1.cas_outgoing import cas_outgoing_table
from boards.e1.cas_words import AddressBy, LineBreak, PassOn, PulseSeen, SendAddress, signals_of
from boards.e1.r2_bits import BitsSettled
from boards.e1.r2_circuit import CircuitRules, Plan, R2Circuit
from boards.e1.r2_code import RegisterCode
from boards.e1.r2_line_rules import LineRules, Pair
from boards.e1.r2_outgoing import Order
from boards.e1.r2_run import CircuitRun, R2Side
from boards.e1.r2_words import Command, Fact, Heard, KeyHeard, KeysSent, Seize, SendKeys
from engine.kernel.clock import Clock
from engine.kernel.fsm import Expired, Machine

__all__ = ["CasCircuit", "CasRun", "CasSide"]

NO_REGISTERS = RegisterCode("none", {})
PULSE_PERSISTENCE_S = 0.01
"""Bits need not stand longer where they carry pulses: looked at every 20 ms, a pause of 40 ms may seem to last 20."""
PULSES = {Pair.IDLE, Pair.SEIZED}


class CasCircuit(R2Circuit):
    """As an ``R2Circuit``; ``Seize`` sends its number in the circuit's way, and what has no way to be sent is not."""

    def __init__(self, rules: LineRules, by: AddressBy, plan: Plan | None = None) -> None:
        if by is AddressBy.PULSES:
            rules = replace(rules, persistence_s=min(rules.persistence_s, PULSE_PERSISTENCE_S))
        super().__init__(CircuitRules(rules, NO_REGISTERS, plan=plan), (cas_outgoing_table(by), cas_incoming_table(by)))
        self._by = by

    def _signals(self, event: Seize) -> Order:
        return Order(signals_of(event.called, self._by), (), 0, 0)

    def _translated(self, event: Command | Heard | Expired) -> Iterator[tuple[Machine, object]]:
        match event:
            case KeyHeard():
                yield self._incoming, event
            case KeysSent():
                yield self._outgoing, event
            case _:
                yield from super()._translated(event)

    def _of_bits(self, effect: object) -> None:
        if isinstance(effect, BitsSettled) and self._takes_pulses:
            pair = self._rules.line.code.pair(effect.bits)
            if pair in PULSES:
                self._post(self._incoming, PulseSeen(pair))
                return
        super()._of_bits(effect)

    @property
    def _takes_pulses(self) -> bool:
        return self._by is AddressBy.PULSES and isinstance(self._incoming.state, Waiting | Collecting | Counting | Broken)

    def _of_register(self, machine: Machine, effect: object) -> None:
        match effect:
            case SendAddress(keys):
                self._outputs.append(SendKeys(keys))
            case LineBreak(on):
                self._send_bits(self._rules.line.code.bits(Pair.IDLE if on else Pair.SEIZED))
            case PassOn(pair):
                self._post(self._line, line.SAW[pair]())
            case _:
                super()._of_register(machine, effect)


class CasSide(R2Side, Protocol):
    """Our side of a channel that can sound keys."""

    def send_keys(self, keys: str | None) -> None:
        """Sound these keys, and post ``KeysSent`` when they are out; None: stop."""


class CasRun(CircuitRun):
    """A circuit without registers at work."""

    def __init__(
        self,
        circuit: CasCircuit,
        clock: Clock,
        side: CasSide,
        report: Callable[[Fact], None],
        trace: Callable[[object], None] = lambda _event: None,
    ) -> None:
        super().__init__(circuit, clock, side, report, trace)
        self._keys = side

    def _send_keys(self, keys: str | None) -> None:
        self._keys.send_keys(keys)
