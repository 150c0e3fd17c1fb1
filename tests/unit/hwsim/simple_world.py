"""Ports and a driver of the simplest kind, to try exchange and people against: what is sent is heard, loops are at once."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.task import Clock

from hwsim.line_side import FarEnd
from hwsim.signals import IDLE_BLOCK, RATE_HZ, Samples, alaw_from_linear, linear_from_alaw
from hwsim.world import World

START_UTC_MS = 1_767_225_600_000
"""2026-01-01 08:00 in China."""


class SimplePort:
    """One port: the appliance's side is ``sends`` (octets still to be sent) and ``heard`` (all that arrived)."""

    def __init__(self) -> None:
        self.far_end: FarEnd | None = None
        self.sends = b""
        self.heard = bytearray()
        self.moments: list[tuple[str, bool]] = []

    def exchange(self) -> None:
        block = (self.sends[:160] + IDLE_BLOCK)[:160]
        self.sends = self.sends[160:]
        if self.far_end is not None:
            self.heard += self.far_end.exchange(block)

    def send(self, audio: Samples) -> None:
        self.sends += alaw_from_linear(audio)

    def heard_lately(self, seconds: float) -> Samples:
        return linear_from_alaw(bytes(self.heard[-int(seconds * RATE_HZ) :]))


class SimpleExchangePort(SimplePort):
    """An exchange line's port; the test is the appliance: ``loop``."""

    def __init__(self) -> None:
        super().__init__()
        self.loop_changed: Callable[[bool], None] | None = None
        self.loop_closed = False

    def loop(self, closed: bool) -> None:
        self.loop_closed = closed
        if self.loop_changed is not None:
            self.loop_changed(closed)

    def set_ringing(self, on: bool) -> None:
        self.moments.append(("ringing", on))

    def set_battery(self, on: bool) -> None:
        self.moments.append(("battery", on))

    def set_reversed(self, on: bool) -> None:
        self.moments.append(("reversed", on))


class SimplePhonePort(SimplePort):
    """A telephone's port; the test is the appliance: ``ring`` and ``feed``."""

    def __init__(self) -> None:
        super().__init__()
        self.ringing_changed: Callable[[bool], None] | None = None
        self.battery_changed: Callable[[bool], None] | None = None
        self.polarity_changed: Callable[[bool], None] | None = None
        self.lamp_changed: Callable[[bool], None] | None = None
        self.ringing = False
        self.battery = True
        self.loops: list[tuple[int, bool]] = []
        self.now_ms: Callable[[], int] = lambda: 0

    def set_loop(self, closed: bool) -> None:
        self.loops.append((self.now_ms(), closed))

    def ring(self, on: bool) -> None:
        self.ringing = on
        if self.ringing_changed is not None:
            self.ringing_changed(on)

    def feed(self, on: bool) -> None:
        self.battery = on
        if self.battery_changed is not None:
            self.battery_changed(on)


class SimpleDriver:
    """Ports that cross their blocks in order; remembers the milliseconds it was advanced to."""

    def __init__(self) -> None:
        self.ports: list[SimplePort] = []
        self.now_ms = 0
        self.trace: list[str] = []

    def advance_to(self, ms: int) -> None:
        assert ms - self.now_ms in (0, 1)
        self.now_ms = ms

    def exchange_block(self) -> None:
        self.trace.append(f"block {self.now_ms}")
        for port in self.ports:
            port.exchange()


def simple_world(*ports: SimplePort, seed: int = 1, noted: Callable[[int, str, str], None] | None = None) -> World:
    driver = SimpleDriver()
    driver.ports.extend(ports)
    return World(seed, driver, Clock(), lambda: None, lambda: None, START_UTC_MS, noted)
