"""The real driver as a bench for the contract of seam A: two looped spans, one ours, one the exchange and the telephone.

The far channels are CAS channels: what an exchange or a telephone does is a pattern of ABCD bits, set at will, and what we do is
read as bits. Time is the kernel's; in a guest with virtual time a second of waiting costs no second.
"""

from __future__ import annotations

import os
import select
import time
from contextlib import suppress

from boards.dahdi.abi import BufferInfo, Ioctl, pack_int, unpack_int
from boards.dahdi.system import KernelSystem, System

__all__ = ["CONFIG", "KernelBench"]

CONFIG = """\
dynamic=loc,1:0,24,0
dynamic=loc,1:1,24,0
fxsks=1,3-12
fxoks=2,13-24
cas=25-48:0101
alaw=1-48
loadzone=cn
defaultzone=cn
"""
"""Channel 1 is our exchange line, 2 our telephone; 25 and 26 are their far ends."""
BITS = 0x0F
"""The driver puts the next channel's bits into the upper half (2.11.1)."""
BIT_A, BIT_B = 8, 4
IDLE = 0b0101
RINGING = 0b0000
NO_BATTERY = 0b1111
OFF_HOOK = 0b1111
BLOCK = 160
BLOCK_S = 0.02
FAR = 24


class _Remembering(KernelSystem):
    """The kernel's calls; whatever a test leaves open is closed with the bench."""

    def __init__(self) -> None:
        self._open: set[int] = set()

    def open(self, path: str, flags: int) -> int:
        fd = super().open(path, flags)
        self._open.add(fd)
        return fd

    def close(self, fd: int) -> None:
        self._open.discard(fd)
        super().close(fd)

    def close_all(self) -> None:
        """Everything that is still open."""
        for fd in list(self._open):
            self.close(fd)


class KernelBench:
    """The driver of the running kernel, configured as ``CONFIG``."""

    line, phone, unknown, tolerance_ms = 1, 2, 200, 20

    def __init__(self) -> None:
        self._kernel = _Remembering()
        self._clock = select.poll()
        self.system: System = self._kernel
        self._exchange = self._open_far(self.line)
        self._telephone = self._open_far(self.phone)
        self._octet = 0xD5
        self._ringing, self._battery = False, True
        self._send(self._telephone, IDLE)
        self._feed()
        self._next_s = time.monotonic()
        self.wait(3 * 20)

    def close(self) -> None:
        """Let every channel go."""
        self._kernel.close_all()

    def wait(self, ms: int) -> None:
        """Sleep, and keep the far ends talking and listening."""
        until_s = time.monotonic() + ms / 1000
        while True:
            for fd in (self._exchange, self._telephone):
                self._turn(fd)
            rest_s = until_s - time.monotonic()
            if rest_s <= 0:
                return
            self._clock.poll(1000 * min(rest_s, BLOCK_S / 4))

    def set_ringing(self, on: bool) -> None:
        self._ringing = on
        self._feed()

    def set_battery(self, on: bool) -> None:
        self._battery = on
        self._feed()

    def set_handset(self, up: bool) -> None:
        self._send(self._telephone, OFF_HOOK if up else IDLE)

    def loop_closed(self) -> bool:
        return self._received(self._exchange) & BIT_A != 0

    def bell(self) -> bool:
        return self._received(self._telephone) & BIT_B == 0

    def fed(self) -> bool:
        return self._received(self._telephone) & BIT_A == 0

    def say(self, octet: int) -> None:
        self._octet = octet

    def _open_far(self, number: int) -> int:
        fd = self.system.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
        self.system.ioctl(fd, Ioctl.SPECIFY, pack_int(number + FAR))
        self.system.ioctl(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 4, BLOCK).pack())
        return fd

    def _feed(self) -> None:
        self._send(self._exchange, NO_BATTERY if not self._battery else RINGING if self._ringing else IDLE)

    def _send(self, fd: int, bits: int) -> None:
        self.system.ioctl(fd, Ioctl.SETTXBITS, pack_int(bits))

    def _received(self, fd: int) -> int:
        memory = pack_int(0)
        self.system.ioctl(fd, Ioctl.GETRXBITS, memory)
        return unpack_int(memory) & BITS

    def _turn(self, fd: int) -> None:
        event = pack_int(1)
        while unpack_int(event):
            self.system.ioctl(fd, Ioctl.GETEVENT, event)
        with suppress(OSError):
            while self.system.read(fd, BLOCK):
                pass
        with suppress(OSError):
            while fd == self._exchange:  # the buffers stay full: what is said changes 80 ms later
                self.system.write(fd, bytes([self._octet]) * BLOCK)
