"""From when to when something was so between two of many: who has to do with whom in a call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from engine.telephony.media import Port

__all__ = ["Interval", "Pair", "Windows", "both", "length", "union"]

Pair = tuple[Port, Port]
"""The lower port first."""
Interval = tuple[int, int]
"""From a media sample to another, which is not in it."""


class Windows:
    """From when to when something was so between two ports, in some call."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, Pair], int] = {}
        self._over: dict[Pair, list[Interval]] = defaultdict(list)

    def become(self, call: str, pairs: Iterable[Pair], now: int) -> None:
        """From now on it is so between these pairs of the call, and no others."""
        wanted = {(call, pair) for pair in pairs}
        for key in [key for key in self._since if key[0] == call and key not in wanted]:
            self._over[key[1]].append((self._since.pop(key), now))
        for key in wanted:
            self._since.setdefault(key, now)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Those between whom it was so at any time, and is not any more."""
        return tuple(self._over)

    def of(self, pair: Pair) -> list[Interval]:
        """When it was so, in order."""
        return union([span for span in self._over.get(pair, ()) if span[0] < span[1]])


def length(spans: Iterable[Interval]) -> int:
    """Samples in all of them."""
    return sum(end - begin for begin, end in spans)


def union(spans: Iterable[Interval]) -> list[Interval]:
    """What lies in any of them."""
    whole: list[Interval] = []
    for begin, end in sorted(spans):
        if whole and begin <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((begin, end))
    return whole


def both(one: Iterable[Interval], other: Sequence[Interval]) -> list[Interval]:
    """What lies in one of these and in one of those."""
    return [(max(a, c), min(b, d)) for a, b in one for c, d in other if max(a, c) < min(b, d)]
