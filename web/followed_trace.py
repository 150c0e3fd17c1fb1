"""Messages of a trunk's calls as elements of a page that moves: the newest ones, each once, while somebody looks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from engine.telephony.call_trace import Selection, TraceLine
from web.wallboard import View, Wallboard

__all__ = ["FOLLOWED_MOST", "MESSAGES_MOST", "FollowedTrace", "FollowedTraces"]

MESSAGES_MOST = 200
"""Messages on the page; older ones leave it, and stay in the trace for as long as that keeps them."""
FOLLOWED_MOST = 32
"""Different selections of calls that are followed at the same time; who comes after that follows in place of one that nobody looks at."""


class FollowedTrace:
    """``more`` gives the messages that came since it was asked last."""

    def __init__(self, more: Callable[[], Sequence[TraceLine]], utc_offset_min: Callable[[], int]) -> None:
        self._more = more
        self._utc_offset_min = utc_offset_min
        self._shown: dict[int, View] = {}

    def elements(self) -> dict[str, View]:
        """The newest messages, the oldest of them first."""
        fresh = {line.seq: self._drawn(line) for line in self._more()}
        if fresh:
            newest = sorted({**self._shown, **fresh}.items())[-MESSAGES_MOST:]
            self._shown = dict(newest)
        return {f"message-{seq}": view for seq, view in self._shown.items()}

    def _drawn(self, line: TraceLine) -> View:
        view: dict[str, Any] = {
            "kind": "message",
            "seq": line.seq,
            "utc_ms": line.utc_ms,
            "offset_min": self._utc_offset_min(),
            "ours": line.ours,
            "channel": line.channel,
            "heading": line.heading,
            "details": line.details,
        }
        return view


class FollowedTraces:
    """The wallboard of each selection that somebody follows, at most ``FOLLOWED_MOST``. ``made`` makes one."""

    def __init__(self, made: Callable[[str, Selection], Wallboard]) -> None:
        self._made = made
        self._followed: OrderedDict[tuple[str, Selection], Wallboard] = OrderedDict()

    def of(self, trunk: str, selection: Selection) -> Wallboard | None:
        """That of these calls of a trunk; None when as many are looked at as may be."""
        found = self._followed.get((trunk, selection))
        if found is None:
            if len(self._followed) >= FOLLOWED_MOST and not self._drop_one():
                return None
            found = self._followed[trunk, selection] = self._made(trunk, selection)
        self._followed.move_to_end((trunk, selection))
        return found

    def touch(self) -> None:
        """Something may have come."""
        for wallboard in self._followed.values():
            wallboard.touch()

    def _drop_one(self) -> bool:
        unseen = next((key for key, wallboard in self._followed.items() if not wallboard.watched), None)
        if unseen is None:
            return False
        del self._followed[unseen]
        return True
