"""A voice that comes while it is spoken, in blocks of 20 ms from far away, and must sound without gaps.

What has come waits in a short buffer, so that a block may be late by what lies in it. When nothing is left there is silence until
the buffer has its usual filling again; when too much has come the oldest goes. Both are counted. The octets pass untouched.
"""

from __future__ import annotations

from collections import deque

from engine.kernel.errors import BadInput
from engine.kernel.text import text
from hwsim.signals import BLOCK, IDLE_BLOCK

__all__ = ["LiveVoice"]

USUAL_BLOCKS = 3
"""60 ms: what a busy machine or a home network delays a block by."""
MOST_BLOCKS = 20
"""400 ms: beyond that a conversation becomes hard."""


class LiveVoice:
    """The buffer between one who speaks and a mouth. ``usual`` blocks are waited for before the voice sounds, ``most`` are kept.

    ``dropped`` blocks came too fast, ``gaps`` times the voice ran dry while it was spoken.
    """

    def __init__(self, usual: int = USUAL_BLOCKS, most: int = MOST_BLOCKS) -> None:
        self.dropped = 0
        self.gaps = 0
        self._usual = usual
        self._most = most
        self._waiting: deque[bytes] = deque()
        self._sounding = False
        self._next_sample = -1

    def put(self, octets: bytes) -> None:
        """One more block of 160 A-law octets. Raises BadInput for any other length; then nothing is taken."""
        if len(octets) != BLOCK:
            raise BadInput(text("a block of sound has {length} octets; expected {expected}", length=len(octets), expected=BLOCK))
        self._waiting.append(octets)
        if len(self._waiting) > self._most:
            self._forget_old()

    def block(self, start_sample: int) -> bytes:
        """What sounds from this sample on. After a time in which nobody listened, what has grown old meanwhile is left out."""
        if start_sample != self._next_sample:
            self._sounding = False
            self._forget_old()
        self._next_sample = start_sample + BLOCK
        if not self._sounding:
            if len(self._waiting) < self._usual:
                return IDLE_BLOCK
            self._sounding = True
        if not self._waiting:
            self._sounding = False
            self.gaps += 1
            return IDLE_BLOCK
        return self._waiting.popleft()

    def _forget_old(self) -> None:
        while len(self._waiting) > self._usual:
            self._waiting.popleft()
            self.dropped += 1
