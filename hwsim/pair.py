"""The two wires between an exchange's circuit and a port, as a voltmeter sees them: feeding, loop current, ringing, polarity.

The exchange asks for battery, reversal and ringing; the port closes the loop. What each of them notices of the other follows from the
voltages and currents: on a broken or far too long pair nothing arrives, whatever is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hwsim.cable import SHORT, Cable
from hwsim.line_side import ExchangePortSide, FarEnd

__all__ = ["Feeding", "Pair", "Readings"]

RINGER_OHM = 7000.0
"""A bell or a ring detector at 25 Hz."""
TERMINAL_OHM = 300.0
"""A telephone off hook, or a card's closed loop, for direct current."""
BELL_LEAST_V = 35.0
BATTERY_LEAST_V = 3.0
LOOP_LEAST_MA = 10.0
"""An exchange takes less for an open loop."""


@dataclass(frozen=True)
class Feeding:
    """What the exchange feeds a pair with: battery and ringing (V, ringing rms), each behind a resistance."""

    battery_v: float = 48.0
    feed_ohm: float = 800.0
    ringing_v: float = 90.0
    ringing_ohm: float = 500.0


@dataclass(frozen=True)
class Readings:
    """At the port: voltage of tip against ring (negative when reversed), loop current, ringing voltage (rms)."""

    line_v: float
    loop_ma: float
    ringing_v: float


class Pair:
    """Stands between the exchange's circuit and the port, and is an ``ExchangePortSide`` to the circuit."""

    def __init__(self, port: ExchangePortSide, cable: Cable = SHORT, feeding: Feeding = Feeding()) -> None:
        self.loop_changed: Callable[[bool], None] | None = None
        self._port = port
        self._cable = cable
        self._feeding = feeding
        self._broken = False
        self._battery, self._reversed, self._ringing = True, False, False
        self._battery_told, self._reversed_told, self._ringing_told = True, False, False
        port.loop_changed = self._loop_changed

    @property
    def far_end(self) -> FarEnd | None:
        """Who speaks and hears at the exchange's end."""
        return self._port.far_end

    @far_end.setter
    def far_end(self, far_end: FarEnd | None) -> None:
        self._port.far_end = far_end

    @property
    def broken(self) -> bool:
        """A wire is cut."""
        return self._broken

    @property
    def loop_closed(self) -> bool:
        """True while the exchange sees loop current. During its own battery removal it believes what it saw before."""
        if self._broken or not self._port.loop_closed:
            return False
        return self._current_ma(1.0) >= LOOP_LEAST_MA

    def set_battery(self, on: bool) -> None:
        """Feeding on or off."""
        self._battery = on
        self._tell()

    def set_reversed(self, on: bool) -> None:
        """Polarity reversed or normal."""
        self._reversed = on
        self._tell()

    def set_ringing(self, on: bool) -> None:
        """Ringing voltage on or off."""
        self._ringing = on
        self._tell()

    def cut(self) -> None:
        """A wire breaks."""
        self._broken = True
        self._tell()

    def mend(self) -> None:
        """The wires are whole again."""
        self._broken = False
        self._tell()

    def lay(self, cable: Cable) -> None:
        """Another cable; what is noticed at both ends may change."""
        self._cable = cable
        self._tell()

    def readings(self) -> Readings:
        """What an instrument at the port shows now."""
        if self._broken:
            return Readings(0.0, 0.0, 0.0)
        fed = (-1.0 if self._reversed else 1.0) if self._battery else 0.0
        if not self._port.loop_closed:
            return Readings(fed * self._feeding.battery_v, 0.0, self._bell_v() if self._ringing else 0.0)
        current_ma = self._current_ma(abs(fed))
        return Readings(fed * current_ma * TERMINAL_OHM / 1000, current_ma, 0.0)

    def _current_ma(self, fed: float) -> float:
        return 1000 * fed * self._feeding.battery_v / (self._feeding.feed_ohm + self._cable.loop_ohm + TERMINAL_OHM)

    def _bell_v(self) -> float:
        return self._feeding.ringing_v * RINGER_OHM / (RINGER_OHM + self._feeding.ringing_ohm + self._cable.loop_ohm)

    def _tell(self) -> None:
        """Let the port notice what has changed for it."""
        battery = self._battery and not self._broken and self._feeding.battery_v >= BATTERY_LEAST_V
        ringing = self._ringing and not self._broken and self._bell_v() >= BELL_LEAST_V
        if self._reversed is not self._reversed_told:
            self._reversed_told = self._reversed
            self._port.set_reversed(self._reversed)
        if battery is not self._battery_told:
            self._battery_told = battery
            self._port.set_battery(battery)
        if ringing is not self._ringing_told:
            self._ringing_told = ringing
            self._port.set_ringing(ringing)

    def _loop_changed(self, closed: bool) -> None:
        if self.loop_changed is not None:
            self.loop_changed(self.loop_closed if closed else False)
