"""How often somebody may ask: a bucket of tokens for each asker. Pure but for the clock that is given.

A bucket holds ``burst`` and is filled with ``rate_per_s``; each question takes one. So many buckets are kept; of more askers the ones
that were not heard longest begin anew with a full one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

__all__ = ["Buckets"]

NS_A_S = 1_000_000_000


class Buckets:
    """``take`` says how long to wait. ``refused`` counts questions that came too fast."""

    def __init__(self, rate_per_s: float, burst: int, most: int, monotonic_ns: Callable[[], int]) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._most = most
        self._monotonic_ns = monotonic_ns
        self._kept: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self.refused = 0

    def __contains__(self, asker: str) -> bool:
        return asker in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def wait_s(self, asker: str) -> float:
        """Seconds until this asker may ask again; 0: now. Nothing is taken."""
        return max(0.0, (1.0 - self._level(asker)) / self._rate_per_s)

    def take(self, asker: str) -> float:
        """Take one, and 0; or nothing, and the seconds until there is one."""
        level = self._level(asker)
        wait_s = max(0.0, (1.0 - level) / self._rate_per_s)
        if wait_s > 0:
            self.refused += 1
        else:
            level -= 1
        self._kept[asker] = (level, self._monotonic_ns())
        self._kept.move_to_end(asker)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return wait_s

    def _level(self, asker: str) -> float:
        level, at_ns = self._kept.get(asker, (float(self._burst), 0))
        return min(self._burst, level + (self._monotonic_ns() - at_ns) * self._rate_per_s / NS_A_S)
