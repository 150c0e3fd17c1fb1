"""How the exchange of an E1 behaves on its D channel: usual, rude, slow, or without a word that should have been said.

What it says is made by the library that plays its part; what is changed here is changed on the way to the line, the same for a frame that is sent
again. A message that is left out leaves a frame that says nothing: a frame that were missing would only be asked for again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from boards.e1.q931 import MessageType
from hwsim.pri_rudeness import RudeLine, Rudeness

__all__ = ["USUAL", "PriManners", "PriMouth"]

HEADER_OCTETS = 4
NOTHING_SAID = bytes.fromhex("080062")
"""FACILITY with a dummy call reference, and nothing in it."""
NO_RUDENESS = Rudeness()
IN_BAND = bytes.fromhex("1e028288")
"""Progress indicator 8 by the public network serving the local user (Q.931 4.5.23)."""
CAUSE_ELEMENT = 0x08
CLEARING_CAUSES = frozenset({16, 31})
SLOW_FRAMES_MOST = 1000


@dataclass(frozen=True)
class PriManners:
    """``slow_ms``: every frame comes so late. ``never_says``: messages that are left out. ``announcement``: A-law octets that are heard again and again
    when a call fails, after DISCONNECT, until the other side clears; empty: none. ``metering_ms``: a metering pulse so often in answered calls (R2 only);
    0: none. ``takes_callers``: callers' numbers that the appliance shows must begin so, else their calls are rejected; empty: any.
    """

    rudeness: Rudeness = NO_RUDENESS
    slow_ms: int = 0
    never_says: frozenset[MessageType] = frozenset()
    announcement: bytes = b""
    metering_ms: int = 0
    takes_callers: str = ""


USUAL = PriManners()


class PriMouth:
    """The exchange's frames on their way to the line. ``clock`` gives milliseconds. What did not go because too much waited is counted."""

    def __init__(self, clock: Callable[[], int], chance: Random) -> None:
        self.dropped = 0
        self._clock = clock
        self._manners = USUAL
        self._rude = RudeLine(USUAL.rudeness, chance)
        self._waiting: deque[tuple[int, bytes]] = deque()

    @property
    def manners(self) -> PriManners:
        """How it behaves now; may be changed at any time."""
        return self._manners

    @manners.setter
    def manners(self, manners: PriManners) -> None:
        self._manners = manners
        self._rude.rudeness = manners.rudeness

    def say(self, frame: bytes) -> None:
        """A frame that is to go."""
        for going in self._rude.carry(self._reworded(frame)):
            if len(self._waiting) >= SLOW_FRAMES_MOST:
                self.dropped += 1
            else:
                self._waiting.append((self._clock() + self._manners.slow_ms, going))

    def due(self) -> Iterator[bytes]:
        """The frames that go now."""
        while self._waiting and self._waiting[0][0] <= self._clock():
            yield self._waiting.popleft()[1]

    def forget(self) -> None:
        """The line was cut: what was on its way is lost."""
        self._waiting.clear()

    def _reworded(self, frame: bytes) -> bytes:
        if len(frame) <= HEADER_OCTETS or frame[2] & 1:
            return frame  # no message in it
        said = frame[HEADER_OCTETS:]
        type_at = 2 + (said[1] & 0x0F) if len(said) > 1 else len(said)
        if type_at >= len(said):
            return frame
        if said[type_at] in self._manners.never_says:
            return frame[:HEADER_OCTETS] + NOTHING_SAID
        if said[type_at] == MessageType.DISCONNECT and self._manners.announcement and _fails(said[type_at + 1 :]):
            return frame + IN_BAND
        return frame


def _fails(elements: bytes) -> bool:
    """The cause that comes first, as it always does in a DISCONNECT, is not one of a call that is simply over."""
    if (
        len(elements) < 3 or elements[0] != CAUSE_ELEMENT or elements[1] < 2 or len(elements) < 2 + elements[1]
    ):  # tag, length, location, cause
        return False
    return elements[1 + elements[1]] & 0x7F not in CLEARING_CAUSES
