"""How a hand handles a telephone: contacts that chatter, a dial that runs unevenly, an R key held as long as it is held.

A contact that moves opens and closes some times within milliseconds before it rests. A rotary dial has a speed of its own (8…14 pulses
a second pass for standard) and its contact is open longer than closed (1.3…2.5 times); neither is the same from pulse to pulse.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["HUMAN", "SHORT_FLASH_MS", "STEADY", "Hand", "contact_moves", "dial_breaks"]

SHORT_FLASH_MS = (80, 120)
"""The R key of Chinese telephones. The cradle pressed by hand, or the R key of other countries' telephones, is open for 300…800 ms."""
CHATTER_LEAST_MS = 1
CHATTERS_MOST = 4
UNEVEN = 0.06
"""Share by which one pulse differs from the next of the same digit."""


@dataclass(frozen=True)
class Hand:
    """``chatter_ms``: contacts rest after at most so long. ``pulses_a_s`` and ``break_to_make``: least and most of a dial. ``flash_ms``: least
    and most of the R key.
    """

    chatter_ms: int = 0
    pulses_a_s: tuple[float, float] = (10.0, 10.0)
    break_to_make: tuple[float, float] = (1.5, 1.5)
    flash_ms: tuple[int, int] = (100, 100)


STEADY = Hand()
"""No hand at all: exact in every millisecond."""
HUMAN = Hand(chatter_ms=12, pulses_a_s=(8.0, 14.0), break_to_make=(1.3, 2.5), flash_ms=SHORT_FLASH_MS)


def contact_moves(hand: Hand, chance: random.Random, *, closed: bool) -> tuple[tuple[int, bool], ...]:
    """When, after the movement began (ms), the contact is closed (True) or open; at the end it is as ``closed`` says."""
    moves: list[tuple[int, bool]] = [(0, closed)]
    rests_ms = 0
    for _ in range(CHATTERS_MOST if hand.chatter_ms else 0):
        away_ms = rests_ms + chance.randint(CHATTER_LEAST_MS, 3)
        rests_ms = away_ms + chance.randint(CHATTER_LEAST_MS, 4)
        if rests_ms > hand.chatter_ms:
            break
        moves += [(away_ms, not closed), (rests_ms, closed)]
    return tuple(moves)


def dial_breaks(hand: Hand, count: int, chance: random.Random) -> tuple[tuple[int, int], ...]:
    """The breaks of one digit, each with the make after it (ms)."""
    period_ms = 1000 / chance.uniform(*hand.pulses_a_s)
    ratio = chance.uniform(*hand.break_to_make)
    steady = hand.pulses_a_s[0] == hand.pulses_a_s[1]
    breaks = []
    for _ in range(count):
        length_ms = period_ms * (1 if steady else chance.uniform(1 - UNEVEN, 1 + UNEVEN))
        open_ms = round(length_ms * ratio / (1 + ratio))
        breaks.append((open_ms, round(length_ms) - open_ms))
    return tuple(breaks)
