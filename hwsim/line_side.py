"""What the simulated world needs of the simulated driver: the line side of its ports. Shapes only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["Driver", "ExchangePortSide", "FarEnd", "PhonePortSide"]


class FarEnd(Protocol):
    """Who is at the other end of a port's two wires."""

    def exchange(self, heard: bytes) -> bytes:
        """160 A-law octets each way: what the appliance sends, and what it will receive. Called once for every 20 ms."""


class ExchangePortSide(Protocol):
    """The exchange's end of a card's FXO port."""

    loop_changed: Callable[[bool], None] | None
    far_end: FarEnd | None

    @property
    def loop_closed(self) -> bool:
        """True while the appliance is off hook."""

    def set_ringing(self, on: bool) -> None:
        """Ring voltage on or off."""

    def set_battery(self, on: bool) -> None:
        """Feeding on or off."""

    def set_reversed(self, on: bool) -> None:
        """Polarity reversed or normal."""


class PhonePortSide(Protocol):
    """The telephone's end of a card's FXS port."""

    ringing_changed: Callable[[bool], None] | None
    battery_changed: Callable[[bool], None] | None
    polarity_changed: Callable[[bool], None] | None
    lamp_changed: Callable[[bool], None] | None
    far_end: FarEnd | None

    @property
    def ringing(self) -> bool:
        """Ring voltage now."""

    @property
    def battery(self) -> bool:
        """False while the appliance removes the feeding."""

    def set_loop(self, closed: bool) -> None:
        """Handset up (closed) or down."""


class Driver(Protocol):
    """The simulated driver as time sees it."""

    def advance_to(self, ms: int) -> None:
        """Let the driver's own timers run to this moment. Asking for the present does nothing."""

    def exchange_block(self) -> None:
        """Pass 20 ms of audio both ways on every port."""
