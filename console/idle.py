"""A login that nobody uses ends: first a warning, then the end."""

from __future__ import annotations

from collections.abc import Callable

from engine.kernel.clock import Clock
from engine.kernel.text import Text, text

__all__ = ["WARNING_S", "IdleWatch"]

WARNING_S = 30.0
"""Between the warning and the end."""
S_A_MIN = 60
NS_A_S = 1_000_000_000


class IdleWatch:
    """Runs from its making. ``warn`` is given a sentence ``WARNING_S`` before ``over`` is called, unless ``touch`` came in between."""

    def __init__(self, clock: Clock, idle_min: int, warn: Callable[[Text], None], over: Callable[[], None]) -> None:
        self._clock = clock
        self._limit_s = float(idle_min * S_A_MIN)
        self._warn = warn
        self._over = over
        self._last_ns = clock.monotonic_ns()
        self._warned = False
        self._timer = clock.call_later(self._limit_s - WARNING_S, self._look)

    def touch(self) -> None:
        """Somebody pressed a key."""
        self._last_ns = self._clock.monotonic_ns()
        self._warned = False

    def stop(self) -> None:
        """Nobody is there any more. Twice does nothing."""
        self._timer.cancel()

    def _look(self) -> None:
        # Keys only note their time, so that a fast typist sets no timers; the watch goes on from the last of them.
        unused_s = (self._clock.monotonic_ns() - self._last_ns) / NS_A_S
        if unused_s >= self._limit_s:
            self._over()
            return
        if unused_s >= self._limit_s - WARNING_S:
            if not self._warned:
                self._warned = True
                self._warn(text("Nobody has typed for long: the login ends in {seconds} s.", seconds=round(self._limit_s - unused_s)))
            self._timer = self._clock.call_later(self._limit_s - unused_s, self._look)
        else:
            self._timer = self._clock.call_later(self._limit_s - WARNING_S - unused_s, self._look)
