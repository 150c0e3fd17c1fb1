"""Two circuits without registers joined by a cable, and one alone against nonsense: as those of R2, with keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from boards.e1.cas_circuit import CasCircuit, CasRun
from boards.e1.cas_words import AddressBy
from boards.e1.r2_circuit import CircuitRules
from boards.e1.r2_line_rules import Glare
from boards.e1.r2_run import CircuitRun, R2Side
from boards.e1.r2_words import KeyHeard, KeysSent
from tests.unit.boards.e1.r2_bench import Bench, Noting, plan_of, rules_of
from tests.unit.boards.e1.r2_walk import Alone

KEY_S = 0.16


@dataclass
class _Keyed(Noting):
    """A side of the cable that notes what is sent, and carries keys."""

    joined: CasBench

    def send_keys(self, keys: str | None) -> None:
        self.note(f"{self.name} keys {keys or 'off'}")
        ours, theirs = (self.joined.a, self.joined.b) if self.name == "a" else (self.joined.b, self.joined.a)
        for place, key in enumerate(keys or ""):
            self.joined.clock.call_later(place * KEY_S + 0.05, partial(theirs.post, KeyHeard(key)))
        if keys is not None:
            self.joined.clock.call_later(len(keys) * KEY_S, partial(ours.post, KeysSent()))


class CasBench(Bench):
    """``a`` calls ``b``; both tell numbers ``by``, and numbers have ``digits`` digits."""

    def __init__(self, by: AddressBy, digits: int = 3, glare: Glare = Glare.RELEASE) -> None:
        self.by = by
        rules = rules_of("china", plan_of(digits), glare=glare)
        super().__init__(rules, rules)

    def _run(self, name: str, rules: CircuitRules, side: R2Side) -> CircuitRun:
        keyed = _Keyed(side, self.note, name, self)
        return CasRun(CasCircuit(rules.line, self.by, rules.plan), self.clock, keyed, lambda fact: self._told(name, fact))


class CasAlone(Alone):
    """A circuit without registers whose far end is nonsense."""

    def __init__(self, by: AddressBy, bits: int, *, planned: bool, glare: Glare = Glare.RELEASE, variant: str = "china") -> None:
        self.by = by
        super().__init__(variant, bits, planned=planned, glare=glare)

    def _made_run(self, rules: CircuitRules) -> CircuitRun:
        return CasRun(CasCircuit(rules.line, self.by, rules.plan), self.clock, self, self._told)

    def send_keys(self, keys: str | None) -> None:
        assert keys is None or keys.isdecimal()
