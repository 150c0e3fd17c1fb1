"""One circuit without registers against whatever may come: line bits, keys, pulses and our own commands at random."""

from __future__ import annotations

import random

from boards.e1.cas_words import AddressBy
from boards.e1.r2_line_rules import Glare
from boards.e1.r2_variants import VARIANTS
from boards.e1.r2_words import (
    Accept,
    AlarmBegan,
    AlarmEnded,
    Answer,
    BitsSeen,
    Block,
    Clear,
    Command,
    Heard,
    KeyHeard,
    KeysSent,
    PlanSays,
    Refuse,
    Seize,
    Unblock,
    Verdict,
)
from engine.telephony.causes import Cause, Release
from tests.unit.boards.e1.cas_bench import CasAlone
from tests.unit.boards.e1.r2_bench import HUNG_UP

BUSY = Release(Cause.USER_BUSY, "busy")
OURS: tuple[Command, ...] = (Accept(), Answer(), Refuse(BUSY), Clear(HUNG_UP), Block(), Unblock(), AlarmBegan(), AlarmEnded(), Seize("805"))
PAUSES_S = (0.0, 0.01, 0.03, 0.06, 0.06, 0.2, 0.3, 2.0, 12.0)


def _any(chance: random.Random, by_state: tuple[str, str, str]) -> Command | Heard:
    if by_state[0] == "Idle":
        return chance.choice((Seize("805"), BitsSeen(0b0011), BitsSeen(0b0011)))
    if by_state[0] in {"Unsettled", "FarBlocked"}:
        return BitsSeen(0b1011)
    if by_state[0] == "Seizing":
        return BitsSeen(0b1111)
    if chance.random() < 0.4:
        return BitsSeen(chance.choice((0b1011, 0b0011, 0b1111, 0b0111, chance.randrange(16))))
    heard: tuple[Command | Heard, ...] = (KeyHeard(chance.choice("0123456789*#A")), KeysSent(), PlanSays(chance.choice(list(Verdict))))
    return chance.choice(heard) if chance.random() < 0.7 else chance.choice(OURS)


def walk(seed: int, events: int, by: AddressBy | None = None) -> CasAlone:
    """So many events at random on a circuit of some country; ``by`` None: numbers are told in any way. AssertionError, or whatever is raised, when a
    rule is broken.
    """
    chance = random.Random(seed)
    by = by or chance.choice(list(AddressBy))
    variant, planned = chance.choice(list(VARIANTS)), chance.random() < 0.7
    alone = CasAlone(by, chance.randrange(16), planned=planned, glare=chance.choice(list(Glare)), variant=variant)
    for _ in range(events):
        alone.post(_any(chance, alone.run.circuit.state))
        alone.clock.advance(chance.choice(PAUSES_S))
    alone.must_recover()
    return alone
