"""Test patterns of ITU-T O.150, and what the media pump has counted of one that came back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from boards.dahdi._pump import ffi, lib

__all__ = ["BitPattern", "BitStats", "bit_stats_in", "pattern_octets"]


class BitPattern(IntEnum):
    """Pseudo-random bits: O.150 5.2 for 64 kbit/s, and 5.3, longer and inverted, which is the usual one for a whole E1 or its timeslots."""

    SHORT = 11
    """2^11 − 1 bits."""
    LONG = 15
    """2^15 − 1 bits."""


@dataclass(frozen=True)
class BitStats:
    """What the checker of a channel counted; see ``struct pump_bit_stats``.

    Seconds are of 8000 octets, from when the pattern was found first: ``seconds`` 0 and ``in_step`` False: it never was. ``slipped_octets``: those that
    were lost less those that came twice.
    """

    waited_octets: int = 0
    octets: int = 0
    bits_checked: int = 0
    bit_errors: int = 0
    seconds: int = 0
    errored_seconds: int = 0
    severely_errored_seconds: int = 0
    lost_seconds: int = 0
    losses: int = 0
    slips: int = 0
    slipped_octets: int = 0
    in_step: bool = False


def bit_stats_in(memory: Any) -> BitStats:  # noqa: ANN401  # C memory has no Python type
    """The counters that the pump has put there."""
    counted = {name: getattr(memory, name) for name in BitStats.__dataclass_fields__ if name != "in_step"}
    return BitStats(**counted, in_step=bool(memory.in_step))


def pattern_octets(pattern: BitPattern) -> bytes:
    """The pattern once round, eight bits in an octet, the most significant first: 2047 or 32767 octets, for playing in a loop."""
    room = ffi.new("uint8_t[]", lib.PUMP_PATTERN_OCTETS_MOST)
    count = lib.pump_pattern(int(pattern), room, lib.PUMP_PATTERN_OCTETS_MOST)
    return bytes(ffi.buffer(room, count))
