"""HDLC in a timeslot, bit by bit, as the driver's software does it (ISO/IEC 13239): flags, zero insertion, check sequence.

Bits of a frame go least significant first and fill the timeslot's octets from the most significant bit on. Between frames flags are
sent; two frames share one. At 56 kbit/s the least significant bit of each octet of the timeslot is a one and carries nothing.

Both directions remember an idle line, so that a D channel without frames costs next to nothing.
"""

from __future__ import annotations

from collections import deque
from functools import cache

__all__ = ["ABORTED", "COMPLETE", "NOTHING", "HdlcReceiver", "HdlcSender", "check_sequence", "is_good"]

FLAG_BITS = "01111110"
ONES_MOST = 5
FCS_START, FCS_GOOD, FCS_POLYNOMIAL = 0xFFFF, 0xF0B8, 0x8408
NOTHING, COMPLETE, ABORTED = -1, -2, -3
"""What the receiver says of an octet of the timeslot when it gives no octet of a frame."""
SEARCH_BITS, FRAME_BITS = 8, 10


def _fcs_table() -> list[int]:
    table = []
    for octet in range(256):
        register = octet
        for _ in range(8):
            register = register >> 1 ^ (FCS_POLYNOMIAL if register & 1 else 0)
        table.append(register)
    return table


FCS_TABLE = _fcs_table()


def _register(octets: bytes | bytearray) -> int:
    register = FCS_START
    for octet in octets:
        register = register >> 8 ^ FCS_TABLE[(register ^ octet) & 0xFF]
    return register


def check_sequence(octets: bytes | bytearray) -> bytes:
    """The two octets that end a frame with this content."""
    return (_register(octets) ^ FCS_START).to_bytes(2, "little")


def is_good(frame: bytes | bytearray) -> bool:
    """True for a frame whose last two octets are its check sequence."""
    return _register(frame) == FCS_GOOD


@cache
def _stuffed(ones: int, octet: int) -> tuple[str, int]:
    """An octet's bits after so many ones, with the zeros that are inserted; and how many ones they end with."""
    bits = ""
    for place in range(8):
        one = octet >> place & 1
        bits += "1" if one else "0"
        ones = ones + 1 if one else 0
        if ones == ONES_MOST:
            bits += "0"
            ones = 0
    return bits, ones


def _frame_bits(frame: bytes) -> str:
    ones = 0
    parts = []
    for octet in frame:
        bits, ones = _stuffed(ones, octet)
        parts.append(bits)
    return "".join(parts) + FLAG_BITS


def _timeslot(bits: str, width: int) -> bytes:
    """Bits as octets of the timeslot, ``width`` of them in each."""
    if width == 8:
        return int(bits, 2).to_bytes(len(bits) // 8, "big")
    return bytes(int(bits[place : place + width] + "1", 2) for place in range(0, len(bits), width))


@cache
def _flags(pending: str, count: int, width: int) -> tuple[bytes, str]:
    """``count`` octets of flags after the bits that are pending; and the bits that are pending then."""
    need = count * width
    bits = pending + FLAG_BITS * -((len(pending) - need) // len(FLAG_BITS))
    return _timeslot(bits[:need], width), bits[need:]


class HdlcSender:
    """Turns frames into octets of the timeslot. ``repeating``: with nothing to send the last frame is sent again and again (MTP2)."""

    def __init__(self, *, seven_bits: bool = False, repeating: bool = False) -> None:
        self._width = 7 if seven_bits else 8
        self._repeating = repeating
        self._last = b""
        self._pending = ""

    @property
    def busy(self) -> bool:
        """A frame is on its way that is not wholly sent."""
        return len(self._pending) > len(FLAG_BITS)

    def take(self, count: int, frames: deque[bytes]) -> bytes:
        """The next octets; frames are taken from the queue as their turn comes."""
        if not frames and len(self._pending) < len(FLAG_BITS) and not (self._repeating and self._last):
            octets, self._pending = _flags(self._pending, count, self._width)
            return octets
        need = count * self._width
        parts, length = [self._pending], len(self._pending)
        while length < need:
            parts.append(self._next(frames))
            length += len(parts[-1])
        bits = "".join(parts)
        self._pending = bits[need:]
        return _timeslot(bits[:need], self._width)

    def _next(self, frames: deque[bytes]) -> str:
        if frames:
            self._last = frames.popleft()
            return _frame_bits(self._last)
        return _frame_bits(self._last) if self._repeating and self._last else FLAG_BITS


@cache
def _search(window: int) -> tuple[bool, int]:
    """Eight bits in search of a flag: is it one, and how many of them are done with."""
    if window == int(FLAG_BITS, 2):
        return True, 8
    ones_at_end = 0
    while window >> ones_at_end & 1:
        ones_at_end += 1
    # the last zero may be a flag's first
    return False, 7 - ones_at_end if ones_at_end < 7 else 8


@cache
def _frame(ones: int, window: int) -> tuple[int, int, int]:
    """Ten bits inside a frame after so many ones: what they give, how many ones they end with, how many are done with."""
    value, got = 0, 0
    for place in range(FRAME_BITS):
        bit = window >> FRAME_BITS - 1 - place & 1
        if ones == ONES_MOST:
            if bit:
                following = window >> FRAME_BITS - 2 - place & 1
                is_flag = not following and got == 6
                return (COMPLETE, 0, 8) if is_flag else (ABORTED, 0, place + 2)
            ones = 0
            continue
        value |= bit << got
        ones = ones + 1 if bit else 0
        got += 1
        if got == 8:
            break
    # an inserted zero that follows is taken along
    return (value, 0, place + 2) if ones == ONES_MOST else (value, ones, place + 1)


class HdlcReceiver:
    """Finds frames in the octets of a timeslot."""

    def __init__(self, *, seven_bits: bool = False) -> None:
        self._width = 7 if seven_bits else 8
        self._bits = 0
        self._count = 0
        self._ones = 0
        self._in_frame = False

    @property
    def state(self) -> tuple[int, int, int, bool]:
        """Where it stands: the same state and the same octets give the same again."""
        return self._bits, self._count, self._ones, self._in_frame

    def search(self) -> None:
        """Forget what was received and look for a flag."""
        self._bits = self._count = 0
        self._in_frame = False

    def step(self, octet: int) -> int:
        """Take one octet of the timeslot: an octet of a frame (0…255), COMPLETE, ABORTED or NOTHING."""
        self._bits = self._bits << self._width | octet >> 8 - self._width
        self._count += self._width
        while True:
            if not self._in_frame:
                if self._count < SEARCH_BITS:
                    return NOTHING
                self._in_frame, done = _search(self._bits >> self._count - SEARCH_BITS)
                self._ones = 0
                self._drop(done)
                continue
            if self._count < FRAME_BITS:
                return NOTHING
            given, self._ones, done = _frame(self._ones, self._bits >> self._count - FRAME_BITS)
            self._drop(done)
            if given == ABORTED:
                self._in_frame = False
            return given

    def _drop(self, done: int) -> None:
        self._count -= done
        self._bits &= (1 << self._count) - 1
