"""A driver with looped spans, the same on the kernel and in simulation: what contract tests of digital spans stand on.

Four dynamic spans are made and configured by the driver's own calls, nothing else:

    near, far             an E1 pair: 31 + 31 channels, configured as clear channels, A-law
    bank_near, bank_far   a T1 pair as channel bank: 24 + 24 channels; near 1-12 have fxsks and 13-24 fxoks, far the opposite

One tone zone is loaded, China's (33), and digits take 100 ms. What one span sends the other receives, octets and ABCD bits alike. A
test asks for another signalling with ``configure``, may destroy and make spans, and leaves everything as it likes: each test begins
with the four spans as described.

The kernel's time runs while a test computes; the simulator's moves in ``wait`` only. A test that holds on both asks after a wait that
is longer than the driver's own time by ``tolerance_ms`` at least.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from boards.dahdi import abi
from boards.dahdi.abi import (
    BufferInfo,
    ChannelConfig,
    DialParams,
    DynamicSpan,
    Flush,
    Hook,
    Ioctl,
    Law,
    Params,
    Sig,
    SpanInfo,
    pack_int,
    unpack_int,
)
from tests.contracts.drivers import BLOCK, BLOCK_MS, Driver
from tests.contracts.zone_memory import CHINA, china_zone

__all__ = ["Loop", "LoopSpan"]

E1_CHANNELS, BANK_CHANNELS, BANK_HALF = 31, 24, 12
ZONES_MOST = 256
SETTLE_MS = 100
"""After making spans: their frames have arrived and no alarm is left."""
S = TypeVar("S", bound=abi.Structure)


@dataclass(frozen=True)
class LoopSpan:
    """A span: its number, its first channel, how many it has, and the address that it was made with."""

    number: int
    first: int
    count: int
    address: str

    def channel(self, position: int) -> int:
        """The channel at a position from 1 on; on an E1 the position is the timeslot."""
        if not 1 <= position <= self.count:
            raise ValueError(f"span {self.number} has positions 1 to {self.count}, not {position}")
        return self.first + position - 1

    @property
    def channels(self) -> range:
        """All its channels."""
        return range(self.first, self.first + self.count)


PAIRS = (("1:0", E1_CHANNELS), ("1:1", E1_CHANNELS), ("2:0", BANK_CHANNELS), ("2:1", BANK_CHANNELS))


class Loop:
    """The four spans, and short ways to the driver's calls. ``close`` at the end."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.system = driver.system
        self.tree = driver.tree
        self._standing = driver.standing
        self.tolerance_ms = driver.tolerance_ms
        """How much later than on the driver's own clock something may be seen."""
        self.control = self.system.open("/dev/dahdi/ctl", os.O_RDWR)
        if not self._as_wanted():
            self._make_all()
        first = 1
        spans = []
        for number, (address, count) in enumerate(PAIRS, start=1):
            spans.append(LoopSpan(number, first, count, address))
            first += count
        self.near, self.far, self.bank_near, self.bank_far = spans
        self._configure_all()
        self.free_zones()
        self.load_zone(china_zone())
        self.ioctl(self.control, Ioctl.DEFAULTZONE, CHINA)
        self.set(self.control, Ioctl.SET_DIALPARAMS, DialParams(100, 100, 100))

    def close(self) -> None:
        """Close every channel; the spans stay for the next test."""
        self._driver.close()

    # ---- time ----

    def now_ms(self) -> float:
        """The driver's clock."""
        return self._driver.now_ms()

    def wait(self, ms: float) -> None:
        """Let time pass, and audio with it: the simulator moves whole milliseconds, and audio at each multiple of 20."""
        self._driver.wait(ms)

    def until(self, happened: Callable[[], bool], most_ms: int) -> int:
        """Wait in steps of 20 ms until it has happened; how long that took. AssertionError after ``most_ms``."""
        for waited_ms in range(0, most_ms + 1, BLOCK_MS):
            if happened():
                return waited_ms
            self.wait(BLOCK_MS)
        raise AssertionError(f"has not happened within {most_ms} ms")

    # ---- channels ----

    def open(self, channel: int, *, blocking: bool = False) -> int:
        """Open a channel by SPECIFY; it is closed at the end of the test at the latest."""
        self._standing.discard(channel)
        fd = self.system.open("/dev/dahdi/channel", os.O_RDWR | (0 if blocking else os.O_NONBLOCK))
        try:
            self.system.ioctl(fd, Ioctl.SPECIFY, pack_int(channel))
        except OSError:
            self.system.close(fd)
            raise
        return fd

    def open_audio(self, channel: int, *, block: int = BLOCK, buffers: int = 4, policy: int = 0) -> int:
        """Open a clear channel for speech: audio mode, buffers of ``block`` samples."""
        fd = self.open(channel)
        self.ioctl(fd, Ioctl.AUDIOMODE, 1)
        self.set_buffers(fd, block=block, buffers=buffers, policy=policy)
        return fd

    def set_buffers(self, fd: int, *, block: int = BLOCK, buffers: int = 4, policy: int = 0) -> None:
        """SET_BUFINFO; both directions are emptied."""
        self.set(fd, Ioctl.SET_BUFINFO, BufferInfo(policy, 0, buffers, block))

    def configure(self, channel: int, sig: int, *, law: Law = Law.ALAW, idlebits: int = 0, master: int | None = None) -> None:
        """CHANCONFIG. The channel should be closed."""
        self._standing.discard(channel)
        wanted = ChannelConfig(
            chan=channel, sigtype=sig, deflaw=law, master=channel if master is None and sig else master or 0, idlebits=idlebits
        )
        self.set(self.control, Ioctl.CHANCONFIG, wanted)

    # ---- calls ----

    def ioctl(self, fd: int, code: int, value: int = 0) -> int:
        """An ioctl with an int; returns the int that the driver leaves."""
        memory = pack_int(value)
        self.system.ioctl(fd, code, memory)
        return unpack_int(memory)

    def set(self, fd: int, code: int, structure: abi.Structure) -> None:
        """An ioctl with a structure."""
        if isinstance(structure, ChannelConfig):
            self._standing.discard(structure.chan)
        self.system.ioctl(fd, code, structure.pack())

    def ask(self, fd: int, code: int, structure: S) -> S:
        """An ioctl with a structure; returns what the driver leaves in it."""
        if isinstance(structure, ChannelConfig):
            self._standing.discard(structure.chan)
        memory = structure.pack()
        self.system.ioctl(fd, code, memory)
        return type(structure).unpack(memory)

    def hook(self, fd: int, what: Hook) -> None:
        """HOOK; work that goes on counts as done."""
        try:
            self.ioctl(fd, Ioctl.HOOK, what)
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                raise

    def params(self, fd: int) -> Params:
        """GET_PARAMS of an open channel."""
        return self.ask(fd, Ioctl.GET_PARAMS, Params())

    def params_of(self, channel: int) -> Params:
        """GET_PARAMS by number."""
        return self.ask(self.control, Ioctl.GET_PARAMS, Params(channo=channel))

    def span(self, number: int) -> SpanInfo:
        """SPANSTAT."""
        return self.ask(self.control, Ioctl.SPANSTAT, SpanInfo(spanno=number))

    def events(self, fd: int) -> list[int]:
        """Take all events."""
        taken = []
        while event := self.ioctl(fd, Ioctl.GETEVENT):
            taken.append(event)
        return taken

    def forget(self, fd: int) -> None:
        """Empty both directions and take all events."""
        self.ioctl(fd, Ioctl.FLUSH, Flush.ALL)
        self.events(fd)

    def read(self, fd: int, size: int = BLOCK) -> bytes:
        """One buffer."""
        return self.system.read(fd, size)

    def write(self, fd: int, data: bytes) -> int:
        """One buffer; returns how much was taken."""
        return self.system.write(fd, data)

    def read_all(self, fd: int, size: int = BLOCK) -> bytes:
        """Everything that can be read now."""
        taken = b""
        with suppress(BlockingIOError):
            while piece := self.read(fd, size):
                taken += piece
        return taken

    def carry(self, sender: int, receiver: int, data: bytes, after: int = 10, block: int = BLOCK) -> bytes:
        """Write ``data`` block by block, as fast as the line takes it, and ``after`` more blocks of time; all that the receiver then got."""
        self.ioctl(receiver, Ioctl.FLUSH, Flush.READ)
        got, rest = b"", data
        while rest or after:
            if rest:
                with suppress(BlockingIOError):
                    while rest:
                        rest = rest[self.write(sender, rest[:block]) :]
            else:
                after -= 1
            self.wait(BLOCK_MS)
            got += self.read_all(receiver, block)
        return got

    # ---- tone zones ----

    def load_zone(self, memory: bytearray) -> None:
        """LOADZONE. A channel takes the default zone when it is opened."""
        self.system.ioctl(self.control, Ioctl.LOADZONE, memory)

    def free_zones(self) -> None:
        """FREEZONE of every zone that there can be."""
        for number in range(ZONES_MOST):
            self.ioctl(self.control, Ioctl.FREEZONE, number)

    # ---- spans ----

    def create(self, address: str, channels: int) -> int:
        """DYNAMIC_CREATE of a ``loc`` span; its number."""
        self._standing.clear()
        return self.ask(self.control, Ioctl.DYNAMIC_CREATE, DynamicSpan("loc", address, channels, 0, 0)).spanno

    def destroy(self, address: str, channels: int = 0) -> None:
        """DYNAMIC_DESTROY. Its channels should be closed."""
        self._standing.clear()
        self.set(self.control, Ioctl.DYNAMIC_DESTROY, DynamicSpan("loc", address, channels, 0, 0))

    def _as_wanted(self) -> bool:
        for number, (address, count) in enumerate(PAIRS, start=1):
            try:
                info = self.span(number)
            except OSError:
                return False
            if info.name != f"DYN/loc/{address}" or info.totalchans != count or info.alarms:
                return False
            if info.numchans != count:
                self._standing.clear()  # some were configured for nothing
        return self.span(1).totalspans == len(PAIRS)

    def _make_all(self) -> None:
        for address, count in PAIRS:
            with suppress(OSError):
                self.destroy(address, count)
        for expected, (address, count) in enumerate(PAIRS, start=1):
            number = self.create(address, count)
            assert number == expected, f"span {address} has number {number}, expected {expected}: there were other spans"
            self.ioctl(self.control, Ioctl.STARTUP, number)
        self.wait(SETTLE_MS)

    def _configure_all(self) -> None:
        wanted = dict.fromkeys((*self.near.channels, *self.far.channels), Sig.CLEAR)
        for position in range(1, BANK_CHANNELS + 1):
            near, far = (Sig.FXSKS, Sig.FXOKS) if position <= BANK_HALF else (Sig.FXOKS, Sig.FXSKS)
            wanted[self.bank_near.channel(position)] = near
            wanted[self.bank_far.channel(position)] = far
        for channel, sig in wanted.items():
            if channel not in self._standing:
                self.configure(channel, sig)
        self._standing.update(wanted)
