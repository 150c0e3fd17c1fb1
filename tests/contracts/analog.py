"""An exchange line and a telephone at a driver, with hands that move them: what contract tests of analog channels stand on.

``CardBench`` (``simulated.py``) is a card of the simulated driver. ``LoopBench`` is a channel bank over two looped spans, on either driver: the far
channels have CAS signalling, so what an exchange or a telephone does is a pattern of ABCD bits, set at will, and what we do is
read as bits.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import pytest

from boards.dahdi import abi
from boards.dahdi.abi import ELAST, BufferInfo, Flush, Hook, Ioctl, Params, Sig, pack_int, unpack_int
from boards.dahdi.system import System
from tests.contracts.drivers import BLOCK, BLOCK_MS, ON_KERNEL, Driver, new_driver
from tests.contracts.looped import Loop

__all__ = ["SAY_MS", "AnalogBench", "Driven", "LoopBench", "analog", "line", "phone"]

SILENCE = 0xD5
SAY_MS = 120
"""What the exchange says now is heard this much later at the latest."""
FAR_MS = 20
"""What a far end does is seen this much later at the latest, also in virtual time."""
BITS = 0x0F
"""The driver puts the next channel's bits into the upper half (2.11.1 and later)."""
BIT_A, BIT_B = 8, 4
IDLE = 0b0101
RINGING = 0b0000
NO_BATTERY = 0b1111
OFF_HOOK = 0b1111


class AnalogBench(Protocol):
    """A driver and the hands that move its lines. The line has fxsks signalling, the telephone's channel fxoks."""

    system: System
    line: int
    phone: int
    unknown: int
    tolerance_ms: int
    """How much later than on the driver's own clock something may be seen."""

    def now_ms(self) -> float:
        """The driver's clock."""

    def wait(self, ms: float) -> None:
        """Let time pass, and audio with it."""

    def set_ringing(self, on: bool) -> None:
        """The exchange rings the line."""

    def set_battery(self, on: bool) -> None:
        """The exchange feeds the line."""

    def set_handset(self, up: bool) -> None:
        """The telephone's handset."""

    def loop_closed(self) -> bool:
        """What the exchange sees of our line."""

    def bell(self) -> bool:
        """What the telephone sees: ringing voltage."""

    def fed(self) -> bool:
        """What the telephone sees: battery."""

    def say(self, octet: int) -> None:
        """The exchange says this octet from now on, on the exchange line."""

    def heard(self) -> bytes:
        """What the exchange has heard on the line since it was last asked."""

    def close(self) -> None:
        """The test is over; its channels may be left open."""


@contextmanager
def _or_later() -> Iterator[None]:
    """The call inside may find nothing to do, or an event first: both wait for the next turn."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EAGAIN, ELAST):
            raise


class LoopBench:
    """A channel bank over looped spans: the first channel of the near span is our exchange line, the 13th our telephone."""

    unknown = 1000

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._loop = Loop(driver)
        self.system = driver.system
        self.tolerance_ms = max(driver.tolerance_ms, FAR_MS)
        self.line, self.phone = self._loop.bank_near.channel(1), self._loop.bank_near.channel(13)
        self._exchange = self._open_far(self._loop.bank_far.channel(1))
        self._telephone = self._open_far(self._loop.bank_far.channel(13))
        self._octet, self._heard = SILENCE, b""
        self._ringing, self._battery = False, True
        self._talking = False  # most tests are about bits: then nobody speaks, and nobody need listen
        self._feed()
        self.wait(3 * BLOCK_MS)

    def now_ms(self) -> float:
        return self._driver.now_ms()

    def wait(self, ms: float) -> None:
        if not self._talking:
            self._driver.wait(ms)
            return
        until_ms = self.now_ms() + ms
        self._talk()
        while (rest_ms := until_ms - self.now_ms()) > 0:
            self._driver.wait(min(rest_ms, BLOCK_MS))
            self._talk()

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
        self._talking = True
        self._octet = octet

    def heard(self) -> bytes:
        self._talking = True
        heard, self._heard = self._heard, b""
        return heard

    def close(self) -> None:
        self._driver.close()

    def _open_far(self, channel: int) -> int:
        self._loop.configure(channel, Sig.CAS, idlebits=IDLE)
        fd = self._loop.open(channel)
        self._loop.set(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 4, BLOCK))
        return fd

    def _feed(self) -> None:
        self._send(self._exchange, NO_BATTERY if not self._battery else RINGING if self._ringing else IDLE)

    def _send(self, fd: int, bits: int) -> None:
        self._loop.ioctl(fd, Ioctl.SETTXBITS, bits)

    def _received(self, fd: int) -> int:
        return self._loop.ioctl(fd, Ioctl.GETRXBITS) & BITS

    def _talk(self) -> None:
        self._loop.events(self._telephone)
        self._loop.events(self._exchange)
        with _or_later():
            while True:
                self._heard += self._loop.read(self._exchange)
        with _or_later():
            while True:
                self._loop.write(self._exchange, bytes([self._octet]) * BLOCK)


class Driven:
    """A channel of the bench, by system calls only."""

    def __init__(self, bench: AnalogBench, number: int, *, blocking: bool = False) -> None:
        self.system = bench.system
        self.fd = self.system.open("/dev/dahdi/channel", os.O_RDWR | (0 if blocking else os.O_NONBLOCK))
        self.call(Ioctl.SPECIFY, number)

    def call(self, code: Ioctl, value: int = 0) -> int:
        """An ioctl with an int; returns the int that the driver leaves."""
        memory = pack_int(value)
        self.system.ioctl(self.fd, code, memory)
        return unpack_int(memory)

    def set(self, code: Ioctl, structure: abi.Structure) -> None:
        """An ioctl with a structure."""
        self.system.ioctl(self.fd, code, structure.pack())

    def hook(self, what: Hook) -> None:
        """HOOK; work that goes on counts as done."""
        try:
            self.call(Ioctl.HOOK, what)
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                raise

    def events(self) -> list[int]:
        """Take all events."""
        taken = []
        while event := self.call(Ioctl.GETEVENT):
            taken.append(event)
        return taken

    def params(self) -> Params:
        """GET_PARAMS."""
        memory = Params().pack()
        self.system.ioctl(self.fd, Ioctl.GET_PARAMS, memory)
        return Params.unpack(memory)

    def buffers(self, block: int = BLOCK, count: int = 4, policy: int = 0) -> BufferInfo:
        """SET_BUFINFO; returns what the driver then has."""
        self.set(Ioctl.SET_BUFINFO, BufferInfo(policy, 0, count, block))
        memory = BufferInfo().pack()
        self.system.ioctl(self.fd, Ioctl.GET_BUFINFO, memory)
        return BufferInfo.unpack(memory)

    def close(self) -> None:
        """Close the descriptor."""
        self.system.close(self.fd)


def _card_bench() -> AnalogBench:
    from tests.contracts.simulated import CardBench  # noqa: PLC0415  # on the kernel nobody needs the simulator

    return CardBench()


@pytest.fixture(params=["loop"] if ON_KERNEL else ["card", "loop"])
def analog(request: pytest.FixtureRequest) -> Iterator[AnalogBench]:
    """Each bench in turn, fresh."""
    bench = _card_bench() if request.param == "card" else LoopBench(new_driver())
    yield bench
    bench.close()


@pytest.fixture
def line(analog: AnalogBench) -> Driven:
    """The exchange line, open for longer than the ring debounce."""
    channel = Driven(analog, analog.line)
    channel.buffers()
    analog.wait(2100)
    channel.events()
    channel.call(Ioctl.FLUSH, Flush.ALL)
    return channel


@pytest.fixture
def phone(analog: AnalogBench) -> Driven:
    """The telephone's channel."""
    channel = Driven(analog, analog.phone)
    channel.buffers()
    return channel
