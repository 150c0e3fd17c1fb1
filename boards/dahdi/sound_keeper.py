"""What a line sounds for some seconds, kept for whoever learns from it."""

from __future__ import annotations

from collections.abc import Callable

from engine.kernel.clock import Clock
from engine.kernel.errors import EnvironmentFault
from engine.telephony.media import PatchBay, Port, Tap

__all__ = ["SoundKeeper"]


class SoundKeeper:
    """One per line. A tap's ring holds some 16 s; what is older when it is read was lost."""

    def __init__(self, bay: PatchBay, clock: Clock) -> None:
        self._bay = bay
        self._clock = clock
        self._told: Callable[[bytes], None] | None = None
        self._tap: Tap | None = None

    def promise(self, told: Callable[[bytes], None]) -> None:
        """``told`` gets the sound (A-law) when it is finished; nothing, when it never began."""
        self._told = told

    def begin(self, port: Port) -> None:
        """Keep what this port gives from now on. Where no tap is free nothing is kept."""
        try:
            self._tap = self._bay.tap()
            self._bay.patch(port, self._tap.left)
        except EnvironmentFault:
            self._tap = None

    def finish(self) -> None:
        """Tell what was kept, in a turn of its own. Twice does nothing."""
        tap, self._tap = self._tap, None
        told, self._told = self._told, None
        octets = b""
        if tap is not None:
            octets = tap.reader.read()[::2]
            tap.close()
        if told is not None:
            self._clock.call_later(0.0, lambda: told(octets))
