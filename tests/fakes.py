"""Fakes that many tests share: time moved by hand, secrets that are counted."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

EPOCH_UTC_MS = 1_795_000_000_000
"""Some afternoon of November 2026."""


@dataclass(order=True)
class FakeTimer:
    """A call that will happen when the clock is moved past it."""

    due_ns: int
    number: int
    act: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """An ``engine.kernel.clock.Clock`` that stands still until ``advance`` is called. Calls due at one moment keep their order."""

    def __init__(self, utc_ms: int = EPOCH_UTC_MS, utc_offset_min: int = 480) -> None:
        self._now_ns = 0
        self._utc_ms = utc_ms
        self._utc_offset_min = utc_offset_min
        self._timers: list[FakeTimer] = []
        self._numbers = itertools.count()

    def monotonic_ns(self) -> int:
        return self._now_ns

    def utc_ms(self) -> int:
        return self._utc_ms + self._now_ns // 1_000_000

    def utc_offset_min(self) -> int:
        return self._utc_offset_min

    def call_later(self, delay_s: float, act: Callable[[], None]) -> FakeTimer:
        assert delay_s >= 0
        timer = FakeTimer(self._now_ns + round(delay_s * 1e9), next(self._numbers), act)
        heapq.heappush(self._timers, timer)
        return timer

    def set_wall(self, utc_ms: int) -> None:
        """Somebody sets the wall clock; the monotonic clock does not notice."""
        self._utc_ms = utc_ms - self._now_ns // 1_000_000

    def advance(self, seconds: float) -> None:
        """Let time pass, calling what falls due on the way, each at its own moment."""
        until_ns = self._now_ns + round(seconds * 1e9)
        while self._timers and self._timers[0].due_ns <= until_ns:
            timer = heapq.heappop(self._timers)
            self._now_ns = max(self._now_ns, timer.due_ns)
            if not timer.cancelled:
                timer.act()
        self._now_ns = until_ns

    @property
    def waiting(self) -> int:
        """Calls that will still happen."""
        return sum(not timer.cancelled for timer in self._timers)


class CountedSecrets:
    """An ``engine.people.users.Secrets`` whose passwords and tokens come in order."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def password(self) -> str:
        return f"made-up-{next(self._numbers):04d}-xyz"

    def token(self) -> str:
        return f"{next(self._numbers):043d}"
