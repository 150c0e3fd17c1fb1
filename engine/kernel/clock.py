"""Time as an argument.

Every component that needs time is given a ``Clock``. Nothing in the engine reads the machine's clock; tests and the
simulator pass one that they move by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "Timer"]


class Timer(Protocol):
    """A call that will happen. ``cancel`` twice, or after it happened, does nothing."""

    def cancel(self) -> None:
        """Make it not happen."""


class Clock(Protocol):
    """Monotonic time for durations, wall time for people, and calls later."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary start; never goes back, not even when the wall clock is set."""

    def utc_ms(self) -> int:
        """Wall clock, milliseconds since 1970-01-01 UTC; may jump when somebody sets it."""

    def utc_offset_min(self) -> int:
        """Minutes that the site's local time is ahead of UTC at this moment (China: 480)."""

    def call_later(self, delay_s: float, act: Callable[[], None]) -> Timer:
        """Call ``act`` once, ``delay_s`` seconds (≥ 0) from now, in the reactor thread."""
