"""Octets on their way to a wire that may be slow or held: at most so many wait, what is beyond is lost, counted and marked."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["WAITING_MOST", "Outlet"]

WAITING_MOST = 65_536
"""Octets; three hundred rows of a terminal."""
CUT = b"\r\n[...]\r\n"
"""Stands where something is missing."""


class Outlet:
    """``send`` takes octets for the wire. Between ``pause`` and ``resume`` nothing is sent. ``lost`` counts octets."""

    def __init__(self, send: Callable[[bytes], None], most: int = WAITING_MOST) -> None:
        self.lost = 0
        self._send = send
        self._most = most
        self._waiting = bytearray()
        self._held = False
        self._cut = False

    def write(self, octets: bytes) -> None:
        """Send these, now or when the wire takes them again."""
        if not self._held:
            self._send(octets)
            return
        fits = 0 if self._cut else max(self._most - len(self._waiting), 0)
        self._waiting += octets[:fits]
        if len(octets) > fits:
            self.lost += len(octets) - fits
            self._cut = True

    def pause(self) -> None:
        """The wire takes no more."""
        self._held = True

    def resume(self) -> None:
        """The wire takes more: first what waits."""
        self._held = False
        waiting, self._waiting = bytes(self._waiting), bytearray()
        if self._cut:
            self._cut = False
            waiting += CUT
        if waiting:
            self._send(waiting)
