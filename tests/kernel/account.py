"""What becomes of every octet on its way: streams in which no octet can be taken for silence, and an account of what arrives.

A stream never contains the idle octet. So what arrives is the stream, in order, and idle octets between are silence that somebody put in;
octets that are missing show at once, because the stream tells where it is.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

__all__ = ["IDLE", "Account", "Break", "Stream"]

IDLE = 0xD5
PERIOD = 1 << 17
"""Octets until a stream repeats: 16 s. A loss beyond half of that would be told as another one."""
LOOK = 64
"""Octets by which a place in the stream is recognised."""
BREAKS_MOST = 1000


class Stream:
    """Octets without an end, the same for the same seed, never ``IDLE``."""

    def __init__(self, seed: int) -> None:
        values = bytes(octet for octet in range(256) if octet != IDLE)
        once = bytes(random.Random(seed).choices(values, k=PERIOD))  # a pattern, no secret
        self._octets = once * 2

    def take(self, place: int, count: int) -> bytes:
        """``count`` (at most a period) octets from a place on."""
        begin = place % PERIOD
        return self._octets[begin : begin + count]

    def find(self, octets: bytes, near: int) -> int | None:
        """Where these octets stand, at most half a period after ``near``; None when nowhere."""
        begin = near % PERIOD
        found = self._octets.find(octets, begin, begin + PERIOD // 2 + len(octets))
        return None if found < 0 else near + found - begin


@dataclass(frozen=True)
class Break:
    """The stream did not go on as it should: at this octet of what arrived, so many were lost; None: it was not found again."""

    at: int
    lost: int | None


@dataclass
class Account:
    """What arrived of one stream. ``arrived`` counts its octets, ``idle`` the silence between its first and its last one."""

    stream: Stream
    arrived: int = 0
    idle: int = 0
    place: int = 0
    """The next octet of the stream that should come."""
    breaks: list[Break] = field(default_factory=list)
    _after: int = 0

    def take(self, octets: bytes) -> None:
        """What arrived next."""
        said = octets.translate(None, bytes([IDLE]))
        if not said:
            self._after += len(octets) if self.arrived else 0
            return
        # silence before the first octet and after the last is nobody's fault
        ends = len(octets) - len(octets.rstrip(bytes([IDLE])))
        begins = 0 if self.arrived else len(octets) - len(octets.lstrip(bytes([IDLE])))
        self.idle += self._after + len(octets) - len(said) - ends - begins
        self._after = ends
        self._compare(said)

    def _compare(self, said: bytes) -> None:
        while said:
            expected = self.stream.take(self.place, len(said))
            if said == expected:
                self.place += len(said)
                self.arrived += len(said)
                return
            same = next(index for index, (one, other) in enumerate(zip(said, expected, strict=True)) if one != other)
            self.place += same
            self.arrived += same
            said = said[same:]
            found = self.stream.find(said[:LOOK], self.place)
            if len(self.breaks) < BREAKS_MOST:
                self.breaks.append(Break(self.arrived, None if found is None else found - self.place))
            if found is None:
                self.arrived += min(LOOK, len(said))
                self.place += min(LOOK, len(said))
                said = said[LOOK:]
            else:
                self.place = found

    @property
    def lost(self) -> int:
        """Octets of the stream that should have come before the last one that came, and did not."""
        return self.place - self.arrived
