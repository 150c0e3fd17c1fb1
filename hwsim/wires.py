"""Wires: the simulated driver's voice buffers, as C keeps them.

A wire has a channel side, which behaves as a channel of the real driver does for read, write, flush and events, and a line
side, where the simulator exchanges audio and raises events. The same wires are given to the media pump by ``Wires.io``.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass

from boards.dahdi._pump import ffi, lib

__all__ = ["ALAW_SILENCE", "EVENT_WAITS", "FLUSH_EVENTS", "FLUSH_RECEIVED", "FLUSH_TRANSMIT", "WireCounters", "Wires"]

EVENT_WAITS = 500
"""The driver's own errno: an event must be taken before data moves."""
ALAW_SILENCE = 0xD5
FLUSH_RECEIVED = 1
FLUSH_TRANSMIT = 2
FLUSH_EVENTS = 4


@dataclass(frozen=True)
class WireCounters:
    """What a wire has lost since it was made: samples not received, idle samples sent while open, events."""

    overflowed: int
    underrun: int
    events_lost: int


def _checked(result: int) -> int:
    if result < 0:
        reason = "an event waits" if result == -EVENT_WAITS else os.strerror(-result)
        raise OSError(-result, reason)
    return result


class Wires:
    """``count`` wires, known by the descriptors ``first_fd`` … ``first_fd + count − 1``, all closed at first.

    Any method may be called in any thread. Failures raise OSError with the errno the driver would give; 500 says that an
    event waits; EBADF that the wire is not open or not one of ours.
    """

    def __init__(self, count: int, first_fd: int = 1000) -> None:
        wires = lib.wires_new(count, first_fd)
        if wires == ffi.NULL:
            raise OSError(errno.ENOMEM, f"no room for {count} wires from descriptor {first_fd} on")
        self.descriptors = range(first_fd, first_fd + count)
        self._wires = wires
        # The table of functions is what others keep: as long as somebody holds it, the wires live.
        self.io: object = ffi.gc(lib.wires_io(wires), lambda _: lib.wires_free(wires))

    def open(self, fd: int, idle: int = ALAW_SILENCE) -> None:
        """Open the channel: 2 buffers of 1024, policy immediate, no events, ``idle`` sent when nothing is written. EBUSY, ENODEV."""
        _checked(lib.wire_open(self._wires, fd, idle))

    def is_open(self, fd: int) -> bool:
        """True from ``open`` to ``close``."""
        return _checked(lib.wire_is_open(self._wires, fd)) == 1

    @property
    def closings(self) -> int:
        """How often a channel was closed, by whomever."""
        return int(lib.wires_closings(self._wires))

    def configure(self, fd: int, block: int, buffers: int, policy: int) -> None:
        """Set buffers of ``block`` (16…8192) samples and empty both directions; at most 32768 samples in all, else EINVAL.

        ``policy`` 0: transmit at once; 1: when all buffers are full; 2: when half are.
        """
        _checked(lib.wire_configure(self._wires, fd, block, buffers, policy))

    def read(self, fd: int, count: int) -> bytes:
        """One whole buffer at most; what ``count`` does not cover is thrown away. EAGAIN when none is full."""
        octets = ffi.new("uint8_t[]", max(count, 1))
        taken = _checked(lib.wire_read(self._wires, fd, octets, count))
        return bytes(ffi.buffer(octets, taken))

    def write(self, fd: int, octets: bytes) -> int:
        """Fill one buffer; returns how many octets were taken. EAGAIN when all are full."""
        return _checked(lib.wire_write(self._wires, fd, octets, len(octets)))

    def next_event(self, fd: int) -> int:
        """Take the oldest event; 0 when there is none."""
        return _checked(lib.wire_next_event(self._wires, fd))

    def flush(self, fd: int, what: int) -> None:
        """Forget received audio (1), audio to be transmitted (2), events (4), or a sum of these."""
        _checked(lib.wire_flush(self._wires, fd, what))

    def start(self, fd: int) -> bool:
        """Transmit although more was to be waited for; True when nothing is left to be sent."""
        return _checked(lib.wire_start(self._wires, fd)) == 1

    def poll(self, fd: int) -> int:
        """What is ready, as ``select.poll`` bits."""
        return _checked(lib.wire_poll(self._wires, fd))

    def close(self, fd: int) -> None:
        """Close the channel; what was buffered is gone."""
        _checked(lib.wire_close(self._wires, fd))

    def raise_event(self, fd: int, event: int) -> bool:
        """Queue an event for the channel; False when it was lost: 63 wait already, or the channel is closed."""
        return _checked(lib.wire_raise(self._wires, fd, event)) == 1

    def exchange(self, fd: int, from_line: bytes) -> bytes:
        """Let ``len(from_line)`` samples of line time pass: give what the line says, get what the channel sends."""
        to_line = ffi.new("uint8_t[]", max(len(from_line), 1))
        _checked(lib.wire_exchange(self._wires, fd, from_line, to_line, len(from_line)))
        return bytes(ffi.buffer(to_line, len(from_line)))

    def sent(self, fd: int, count: int) -> bytes:
        """What the channel sends to the line in the next ``count`` samples; the other direction stands still."""
        to_line = ffi.new("uint8_t[]", max(count, 1))
        _checked(lib.wire_exchange(self._wires, fd, ffi.NULL, to_line, count))
        return bytes(ffi.buffer(to_line, count))

    def receive(self, fd: int, from_line: bytes) -> None:
        """Give the channel what the line says; the other direction stands still."""
        _checked(lib.wire_exchange(self._wires, fd, from_line, ffi.NULL, len(from_line)))

    def set_idle(self, fd: int, idle: int) -> None:
        """Set the octet that is sent when nothing was written."""
        _checked(lib.wire_set_idle(self._wires, fd, idle))

    def take_written(self, fd: int) -> bool:
        """True when somebody tried to write since the last call: a write cancels the driver's own tones."""
        return _checked(lib.wire_set_written(self._wires, fd)) == 1

    def unplug(self, fd: int) -> None:
        """Pull the card: from now on read and write give ENODEV, and it cannot be opened again."""
        _checked(lib.wire_unplug(self._wires, fd))

    def counters(self, fd: int) -> WireCounters:
        """What was lost so far."""
        counted = ffi.new("struct wire_counters *")
        _checked(lib.wire_counters(self._wires, fd, counted))
        return WireCounters(counted.overflowed, counted.underrun, counted.events_lost)
