"""The buffers of a channel in an HDLC mode: one frame in each, whole or not at all."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable

from boards.dahdi.abi import BufferInfo, Event, Flush, TransmitPolicy
from hwsim.driver_memory import refusal
from hwsim.hdlc import ABORTED, COMPLETE, NOTHING, HdlcReceiver, HdlcSender, check_sequence, is_good

__all__ = ["FrameBuffers"]

CHECK_OCTETS = 2
Memo = tuple[tuple[int, int, int, bool], bytes]


class FrameBuffers:
    """Frames between a program and a timeslot. ``checked``: with check sequences; ``raise_event`` is told of bad frames."""

    def __init__(self, *, checked: bool, seven_bits: bool, signalling_units: bool, raise_event: Callable[[int], None]) -> None:
        self._checked = checked
        self._distinct = signalling_units
        self._sender = HdlcSender(seven_bits=seven_bits, repeating=signalling_units)
        self._receiver = HdlcReceiver(seven_bits=seven_bits)
        self._raise_event = raise_event
        self._block, self._buffers, self._policy = 1024, 2, 0
        self._written: deque[bytes] = deque()
        self._held = False
        self._received: deque[bytes] = deque()
        self._partial = bytearray()
        self._latest = b""
        self._idle: Memo | None = None

    # ---- the program's side ----

    def configure(self, buffers: BufferInfo) -> None:
        """SET_BUFINFO: both directions are emptied."""
        self._block, self._buffers, self._policy = buffers.bufsize, buffers.numbufs, buffers.txbufpolicy
        self.flush(Flush.BOTH)

    def flush(self, what: int) -> None:
        """FLUSH of READ, WRITE or both."""
        if what & Flush.READ:
            self._received.clear()
            self._partial.clear()
        if what & Flush.WRITE:
            self._written.clear()
            self._held = self._policy in (TransmitPolicy.WHEN_FULL, TransmitPolicy.HALF_FULL)

    @property
    def readable(self) -> bool:
        """A frame is there."""
        return bool(self._received)

    @property
    def _filled(self) -> int:
        return len(self._written) + self._sender.busy

    @property
    def writable(self) -> bool:
        """A buffer is free."""
        return self._filled < self._buffers

    def start_sending(self) -> bool:
        """Begin although more was to be waited for; True when nothing is left to be sent."""
        self._held = False
        return not self._filled

    def read(self, size: int) -> bytes:
        """One frame; what ``size`` does not cover of it is lost. EAGAIN."""
        if not self._received:
            raise refusal(errno.EAGAIN)
        return self._received.popleft()[:size]

    def write(self, data: bytes) -> int:
        """One frame; of a checked one the last two octets are replaced. EAGAIN."""
        if not self.writable:
            raise refusal(errno.EAGAIN)
        frame = data[: self._block]
        if self._checked and len(frame) >= CHECK_OCTETS:
            content = frame[:-CHECK_OCTETS]
            frame = content + check_sequence(content)
        self._written.append(frame)
        if not self.writable or (self._policy == TransmitPolicy.HALF_FULL and self._filled * 2 >= self._buffers):
            self._held = False
        return len(frame)

    # ---- the line's side ----

    def sent(self, count: int) -> bytes:
        """The next octets of the timeslot."""
        if self._held:
            return self._sender.take(count, deque())
        octets = self._sender.take(count, self._written)
        if not self._filled:
            self._held = self._policy in (TransmitPolicy.WHEN_FULL, TransmitPolicy.HALF_FULL)
        return octets

    def receive(self, octets: bytes) -> int:
        """Take octets of the timeslot; returns how many were lost because every buffer has a frame."""
        begin = self._receiver.state
        if not self._partial and self._idle == (begin, octets):
            return 0
        quiet = not self._partial
        for place, octet in enumerate(octets):
            if len(self._received) >= self._buffers:
                return len(octets) - place
            given = self._receiver.step(octet)
            if given != NOTHING and not (given == COMPLETE and not self._partial):
                quiet = self._take(given) and quiet
        if quiet and self._receiver.state == begin:
            self._idle = (begin, octets)
        return 0

    def _take(self, given: int) -> bool:
        """What the receiver gave; True when nothing came of it."""
        if given == ABORTED:
            if not self._partial:
                return True
            self._give_up(Event.ABORT)
        elif given == COMPLETE:
            self._complete()
        else:
            self._partial.append(given)
            if len(self._partial) >= self._block:
                self._receiver.search()
                self._give_up(Event.OVERRUN)
        return False

    def _give_up(self, event: Event) -> None:
        self._partial.clear()
        self._raise_event(event)

    def _complete(self) -> None:
        if self._checked and not is_good(self._partial):
            self._give_up(Event.BADFCS)
            return
        frame = bytes(self._partial)
        self._partial.clear()
        if not (self._distinct and frame == self._latest):
            self._received.append(frame)
        self._latest = frame
