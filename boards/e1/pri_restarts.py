"""Which B channels are to be brought to rest at both ends (RESTART, Q.931 clause 5.5), and when: one at a time, never one with a call. Pure.

A channel is wanted after our own start, when what the exchange still holds from our former life has to end; when a call on it ended while the D
channel was down, which the exchange need not know; and when the exchange refuses a channel that is free for us (causes 6, 44, 82), unless a call of
its own on it explains that within ``DOUBT_S``. An exchange that does not acknowledge is asked ``TRIES`` times, each for ``ACKNOWLEDGED_WITHIN_S``,
and then the channel is used as before: some exchanges do not know the message. After layer 2 came up nothing is asked for ``SETTLED_S``: both ends
establish it, and the second to do so resets what the first has begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

__all__ = ["ACKNOWLEDGED_WITHIN_S", "AGAIN_AFTER_S", "DOUBT_S", "SETTLED_S", "TRIES", "ChannelRestarts"]

ACKNOWLEDGED_WITHIN_S = 4.0
TRIES = 2
"""Q.931 9.2: N316."""
SETTLED_S = 1.0
DOUBT_S = 1.0
AGAIN_AFTER_S = 60.0
"""A channel that is refused again so soon after its restart is not restarted once more: it was in vain."""
NS_A_S = 1_000_000_000


class ChannelRestarts:
    """The restarts of one interface. ``sent``: how many were asked for since the start, ``unacknowledged``: those of them that came to nothing. Times
    are monotonic nanoseconds.
    """

    def __init__(self) -> None:
        self.sent = 0
        self.unacknowledged = 0
        self._wanted: dict[int, int] = {}
        """Place → not before this time; at most one entry for each channel."""
        self._underway: int | None = None
        self._tries = 0
        self._until_ns = 0
        self._last_ns: dict[int, int] = {}

    @property
    def busy(self) -> bool:
        """Something is left to be done."""
        return bool(self._wanted) or self._underway is not None

    @property
    def underway(self) -> int | None:
        """The channel whose acknowledgement is waited for."""
        return self._underway

    def want(self, places: Iterable[int], now_ns: int) -> None:
        """Layer 2 came up: restart these as soon as may be."""
        self._wanted.update(dict.fromkeys(places, now_ns + round(SETTLED_S * NS_A_S)))

    def doubt(self, place: int, now_ns: int) -> None:
        """The exchange refused this channel."""
        last_ns = self._last_ns.get(place)
        if last_ns is None or now_ns - last_ns > AGAIN_AFTER_S * NS_A_S:
            self._wanted.setdefault(place, now_ns + round(DOUBT_S * NS_A_S))

    def acknowledged(self, place: int | None) -> None:
        """The exchange has done it; None: for all channels."""
        if place in (None, self._underway):
            self._underway = None

    def forget(self) -> None:
        """The D channel is down: nothing can be asked or awaited."""
        self._wanted.clear()
        self._underway = None

    def step(self, now_ns: int, free: Callable[[int], bool]) -> int | None:
        """The channel to be restarted now; None: none. A channel that is not ``free`` when its turn comes is left alone."""
        if self._underway is not None:
            if now_ns < self._until_ns:
                return None
            if self._tries < TRIES:
                return self._ask(self._underway, now_ns)
            self.unacknowledged += 1
            self._underway = None
        for place in sorted(place for place, due_ns in self._wanted.items() if due_ns <= now_ns):
            del self._wanted[place]
            if free(place):
                self.sent += 1
                self._tries, self._last_ns[place] = 0, now_ns
                return self._ask(place, now_ns)
        return None

    def _ask(self, place: int, now_ns: int) -> int:
        self._underway, self._tries = place, self._tries + 1
        self._until_ns = now_ns + round(ACKNOWLEDGED_WITHIN_S * NS_A_S)
        return place
