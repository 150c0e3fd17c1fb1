"""The engine's clock over the reactor and the machine: the only place that reads them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

__all__ = ["ReactorClock"]


class _ReactorTimer:
    def __init__(self, call: Any) -> None:  # noqa: ANN401  # IDelayedCall
        self._call = call

    def cancel(self) -> None:
        if self._call.active():
            self._call.cancel()


class ReactorClock:
    """Implements ``engine.kernel.clock.Clock``."""

    def __init__(self, reactor: Any, utc_offset_min: int) -> None:  # noqa: ANN401  # IReactorTime
        self._reactor = reactor
        self._utc_offset_min = utc_offset_min

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def utc_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def utc_offset_min(self) -> int:
        return self._utc_offset_min

    def call_later(self, delay_s: float, act: Callable[[], None]) -> _ReactorTimer:
        return _ReactorTimer(self._reactor.callLater(delay_s, act))
