"""The far span of a looped channel bank as exchange lines and telephones of the simulated world: its people on the real driver.

A far channel has CAS signalling: what the exchange or a telephone does goes out as ABCD bits, what the appliance does comes in as bits.
Audio goes both ways in blocks of 20 ms; some blocks are kept in store each way, so that a step of the world that comes late leaves no gap.
A loop pair carries no polarity and no message lamp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from boards.dahdi.abi import ELAST, Alarm, BufferInfo, Ioctl, Sig
from hwsim.line_side import FarEnd
from tests.contracts.drivers import BLOCK
from tests.contracts.looped import Loop

__all__ = ["FarEnds", "FarLine", "FarPhone"]

BITS = 0x0F
"""The driver puts the next channel's bits into the upper half."""
BIT_A, BIT_B = 8, 4
IDLE, RINGING, OPEN = 0b0101, 0b0000, 0b1111
SILENCE = b"\xd5" * BLOCK
BUFFERS = 32
STEP_MS = 20
EVENTS_MOST = 8
"""Events that may come while one block is moved."""
T = TypeVar("T")
STORE = 4
"""Blocks kept each way: a step may be 80 ms late."""


class _Far:
    """A far channel: its bits and its audio."""

    def __init__(self, loop: Loop, channel: int) -> None:
        loop.configure(channel, Sig.CAS, idlebits=IDLE)
        self._loop = loop
        self._fd = loop.open(channel)
        loop.set(self._fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, BUFFERS, BLOCK))
        self._received = IDLE
        self._stored: list[bytes] = []
        self._flowing = False
        self.far_end: FarEnd | None = None
        self.gaps = 0
        """Blocks that the world wanted and the line had not brought."""

    def send(self, bits: int) -> None:
        """Set the bits that the appliance's channel sees."""
        self._loop.ioctl(self._fd, Ioctl.SETTXBITS, bits)

    @property
    def bits(self) -> int:
        """Those that the appliance's channel sends, as of the last look."""
        return self._received

    def look(self) -> None:
        """See what the appliance does."""
        self._loop.events(self._fd)
        bits = self._loop.ioctl(self._fd, Ioctl.GETRXBITS) & BITS
        if bits != self._received:
            self._received = bits
            self.changed()

    def changed(self) -> None:
        """The bits are others now."""

    def exchange(self) -> None:
        """20 ms both ways."""
        while len(self._stored) < BUFFERS and (block := self._moved(lambda: self._loop.read(self._fd))):
            self._stored.append(block)
        heard = SILENCE
        if len(self._stored) > STORE or (self._flowing and self._stored):
            if not self._flowing:
                self._flowing = True
                for _ in range(STORE):
                    self._say(SILENCE)
            heard = self._stored.pop(0)
        elif self._flowing:
            self.gaps += 1
        said = SILENCE if self.far_end is None else self.far_end.exchange(heard)
        self._say(said)

    def _say(self, block: bytes) -> None:
        self._moved(lambda: self._loop.write(self._fd, block))

    def _moved(self, move: Callable[[], T]) -> T | None:
        """What a read or write gives; None when there is nothing, or no room. An event that comes first is taken, and it is tried again."""
        for _ in range(EVENTS_MOST):
            try:
                return move()
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno != ELAST:
                    raise
                self._loop.events(self._fd)
        return None


class FarLine(_Far):
    """The exchange's end of one of the appliance's lines: an ``ExchangePortSide``."""

    def __init__(self, loop: Loop, channel: int) -> None:
        super().__init__(loop, channel)
        self.loop_changed: Callable[[bool], None] | None = None
        self._ringing, self._battery = False, True
        self._feed()

    @property
    def loop_closed(self) -> bool:
        """True while the appliance is off hook."""
        return self.bits & BIT_A != 0

    def set_ringing(self, on: bool) -> None:
        """Ring voltage on or off."""
        self._ringing = on
        self._feed()

    def set_battery(self, on: bool) -> None:
        """Feeding on or off."""
        self._battery = on
        self._feed()

    def set_reversed(self, on: bool) -> None:
        """Polarity: a loop pair does not carry it."""

    def changed(self) -> None:
        if self.loop_changed is not None:
            self.loop_changed(self.loop_closed)

    def _feed(self) -> None:
        self.send(OPEN if not self._battery else RINGING if self._ringing else IDLE)


class FarPhone(_Far):
    """The telephone's end of one of the appliance's desk phones: a ``PhonePortSide``."""

    def __init__(self, loop: Loop, channel: int) -> None:
        super().__init__(loop, channel)
        self.ringing_changed: Callable[[bool], None] | None = None
        self.battery_changed: Callable[[bool], None] | None = None
        self.polarity_changed: Callable[[bool], None] | None = None
        self.lamp_changed: Callable[[bool], None] | None = None
        self._rang, self._fed = False, True

    @property
    def ringing(self) -> bool:
        """Ring voltage now."""
        return self.bits & BIT_B == 0

    @property
    def battery(self) -> bool:
        """False while the appliance removes the feeding."""
        return self.bits & BIT_A == 0

    def set_loop(self, closed: bool) -> None:
        """Handset up or down."""
        self.send(OPEN if closed else IDLE)

    def changed(self) -> None:
        rang, self._rang = self._rang, self.ringing
        fed, self._fed = self._fed, self.battery
        if rang is not self._rang and self.ringing_changed is not None:
            self.ringing_changed(self._rang)
        if fed is not self._fed and self.battery_changed is not None:
            self.battery_changed(self._fed)


class FarEnds:
    """All far channels: the world's ``Driver``, and the slots of a machine without cards."""

    def __init__(self) -> None:
        self._ports: list[_Far] = []

    def add(self, port: _Far) -> None:
        """One more."""
        self._ports.append(port)

    def advance_to(self, ms: int) -> None:
        """The driver's time runs by itself; see what it brought. A step of the world is 20 ms at once, so one look is enough."""
        if ms % STEP_MS == 0:
            for port in self._ports:
                port.look()

    def exchange_block(self) -> None:
        """20 ms both ways on every port."""
        for port in self._ports:
            port.exchange()

    @property
    def gaps(self) -> int:
        """Blocks that the world wanted and the lines had not brought."""
        return sum(port.gaps for port in self._ports)

    def pull_card(self, index: int) -> None:
        """There is no card."""
        raise IndexError(index)

    def push_card(self, index: int) -> None:
        """There is no card."""
        raise IndexError(index)

    def alarm_span(self, index: int, port: int, alarms: Alarm) -> None:
        """There is no card."""
        raise IndexError(index, port, alarms)
