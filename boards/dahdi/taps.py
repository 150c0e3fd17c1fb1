"""Recorder taps as the Python half of the media pump gives them out: two sinks, a ring in C memory, and its reading end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from boards.dahdi._pump import ffi, lib
from engine.kernel.errors import OurFault
from engine.telephony.media import Port, TapReader

__all__ = ["PumpTap", "PumpTapReader", "ring_of"]

TAP_READ_FRAMES = 8000

Buffer = Any
"""A piece of C memory that must outlive the command it was given to."""


class PumpTapReader:
    """The reading end of a tap; used by one other thread."""

    def __init__(self, tap: Buffer, frames: Buffer) -> None:
        self._tap = tap
        self._frames = frames  # what the tap points to must live as long as the reader
        self._room = ffi.new("uint8_t[]", TAP_READ_FRAMES * 2)

    def read(self) -> bytes:
        pieces = []
        while count := lib.pump_tap_read(self._tap, self._room, TAP_READ_FRAMES):
            pieces.append(bytes(ffi.buffer(self._room, count * 2)))
            if count < TAP_READ_FRAMES:
                break
        return b"".join(pieces)

    @property
    def ring(self) -> Buffer:
        """The tap's own memory."""
        return self._tap

    @property
    def lost_frames(self) -> int:
        return int(self._tap.lost)

    @property
    def closed(self) -> bool:
        return bool(self._tap.closed) and self._tap.read == self._tap.written


def ring_of(reader: TapReader) -> Buffer:
    """The C memory that this reader reads. OurFault for a reader of another patch bay."""
    if not isinstance(reader, PumpTapReader):
        raise OurFault(f"{reader!r} reads no tap of this patch bay")
    return reader.ring


class PumpTap:
    """A recorder tap: two neighbouring sinks, one ring."""

    def __init__(self, left: Port, reader: PumpTapReader, close: Callable[[], None]) -> None:
        self._left = left
        self._reader = reader
        self._close: Callable[[], None] | None = close

    @property
    def left(self) -> Port:
        return self._left

    @property
    def right(self) -> Port:
        return Port(self._left + 1)

    @property
    def reader(self) -> PumpTapReader:
        return self._reader

    def close(self) -> None:
        if self._close is not None:
            self._close()
            self._close = None
