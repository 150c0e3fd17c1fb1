"""The live state as elements that change one by one, for many browsers at once.

The appliance's state is cut into *elements*: one line, one phone, one agent, one queue, one call, and the summary. What has been
shown of them has a *revision*; every change makes the next one and is kept in a bounded ring. A browser begins with everything at one
revision and is then told each later change once. One that comes back says which revision it has: it gets what it missed in one
change, or everything anew when that is too long ago. So nothing is missing and nothing comes twice.

An element changes at most every 150 ms; what happens in between is seen with the next change.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.kernel.clock import Clock, Timer

__all__ = ["ELEMENT_EVERY_S", "LOOK_EVERY_S", "RING_MOST", "Change", "Mark", "View", "Wallboard"]

View = Mapping[str, Any]

GATHER_S = 0.02
"""From a fact to the look at the state: facts that belong together are seen together."""
FLUSH_EVERY_S = 0.1
ELEMENT_EVERY_S = 0.15
LOOK_EVERY_S = 1.0
"""Some of the state changes without a fact (a line that has rested after a call): seen this late at most."""
RING_MOST = 600
"""Changes kept for browsers that come back: a minute of the busiest site."""
NS_A_S = 1_000_000_000

_MARK = re.compile(r"([0-9]{1,15})\.([0-9]{1,15})\.([0-9]{1,15})", re.ASCII)


@dataclass(frozen=True)
class Mark:
    """A place in the stream: which run of the appliance, which revision of it, and the newest fact in it (for people)."""

    run: int
    revision: int
    seq: int

    def __str__(self) -> str:
        return f"{self.run}.{self.revision}.{self.seq}"

    @classmethod
    def parse(cls, written: str) -> Mark | None:
        """The mark that a browser sends back; None for anything else."""
        found = _MARK.fullmatch(written)
        return cls(*(int(part) for part in found.groups())) if found else None


@dataclass(frozen=True)
class Change:
    """Elements as they are from ``mark`` on, and elements that are no more. ``whole``: there are no others than these; ``came``:
    those of the changed that were not there before.

    ``sent`` keeps what readers make of it, by language, so that it is made once for all of them.
    """

    mark: Mark
    utc_ms: int
    changed: Mapping[str, View]
    gone: tuple[str, ...] = ()
    whole: bool = False
    came: frozenset[str] = frozenset()
    sent: dict[str, bytes] = field(default_factory=dict, compare=False)


class Wallboard:
    """One per appliance. ``look`` gives every element as it is now, in the order in which they stand on the page."""

    def __init__(self, look: Callable[[], dict[str, View]], seq: Callable[[], int], clock: Clock, ring_most: int = RING_MOST) -> None:
        self._look = look
        self._seq = seq
        self._clock = clock
        self._run = seq()
        self._revision = 0
        self._shown: dict[str, View] = {}
        self._shown_seq = seq()
        self._whole: Change | None = None
        self._changed_ns: dict[str, int] = {}
        self._ring: deque[Change] = deque(maxlen=ring_most)
        self._subscribers: list[Callable[[Change], None]] = []
        self._flush_timer: Timer | None = None
        self._flush_due_ns = 0
        self._flushed_ns = -NS_A_S

    @property
    def watched(self) -> int:
        """How many browsers look."""
        return len(self._subscribers)

    @property
    def mark(self) -> Mark:
        """Where the stream is."""
        return Mark(self._run, self._revision, self._shown_seq)

    def whole(self) -> Change:
        """Everything as it has been shown last; when nobody looks, as it is now."""
        if not self._subscribers:
            self._flush(hold_back=False)
        kept = self._whole
        if kept is None or kept.mark != self.mark:
            kept = self._whole = Change(self.mark, 0, dict(self._shown), whole=True)
        return replace(kept, utc_ms=self._clock.utc_ms())  # what readers made of it is shared

    def since(self, mark: Mark | None) -> Change:
        """What somebody who is at ``mark`` has missed, in one change; everything when that cannot be told."""
        if not self._subscribers:
            self._flush(hold_back=False)
        if mark is None or mark.run != self._run or mark.revision > self._revision:
            return self.whole()
        missed = [change for change in self._ring if change.mark.revision > mark.revision]
        if len(missed) != self._revision - mark.revision:
            return self.whole()
        changed: dict[str, View] = {}
        gone: dict[str, None] = {}
        unknown: set[str] = set()  # came since: when it goes again, nobody need be told
        for change in missed:
            for name in change.gone:
                changed.pop(name, None)
                if name not in unknown:
                    gone[name] = None
                unknown.discard(name)
            unknown.update(name for name in change.came if name not in gone)
            for name, view in change.changed.items():
                changed[name] = view
                gone.pop(name, None)
        return Change(self.mark, self._clock.utc_ms(), changed, tuple(gone))

    def subscribe(self, hear: Callable[[Change], None]) -> Callable[[], None]:
        """Be told every later change. Gives the act that ends it. Call ``whole`` or ``since`` in the same turn, to begin with."""
        self._subscribers.append(hear)
        self._flush_within(LOOK_EVERY_S)

        def leave() -> None:
            if hear in self._subscribers:
                self._subscribers.remove(hear)

        return leave

    def touch(self) -> None:
        """Something may have changed: look soon, if anybody looks."""
        if self._subscribers:
            rested_s = (self._clock.monotonic_ns() - self._flushed_ns) / NS_A_S
            self._flush_within(max(GATHER_S, FLUSH_EVERY_S - rested_s))

    # ---- looking -------------------------------------------------------------------------------------------------

    def _flush_within(self, delay_s: float) -> None:
        due_ns = self._clock.monotonic_ns() + round(delay_s * NS_A_S)
        if self._flush_timer is not None:
            if self._flush_due_ns <= due_ns:
                return
            self._flush_timer.cancel()
        self._flush_due_ns = due_ns
        self._flush_timer = self._clock.call_later(delay_s, self._timer_fired)

    def _timer_fired(self) -> None:
        self._flush_timer = None
        if not self._subscribers:
            return
        held_back = self._flush(hold_back=True)
        self._flush_within(FLUSH_EVERY_S if held_back else LOOK_EVERY_S)

    def _flush(self, *, hold_back: bool) -> bool:
        """Show what is different now; True when an element had to wait because it changed a moment ago."""
        now_ns = self._clock.monotonic_ns()
        self._flushed_ns = now_ns
        seen = self._look()
        different = [name for name, view in seen.items() if self._shown.get(name) != view]
        lost = [name for name in self._shown if name not in seen]
        waits = {name for name in (*different, *lost) if hold_back and self._changed_long_ago(name, now_ns) is False}
        changed = {name: seen[name] for name in different if name not in waits}
        gone = tuple(name for name in lost if name not in waits)
        if changed or gone:
            self._show(seen, changed, gone, now_ns)
        return bool(waits)

    def _changed_long_ago(self, name: str, now_ns: int) -> bool:
        changed_ns = self._changed_ns.get(name)
        return changed_ns is None or now_ns - changed_ns >= ELEMENT_EVERY_S * NS_A_S

    def _show(self, seen: Mapping[str, View], changed: dict[str, View], gone: tuple[str, ...], now_ns: int) -> None:
        came = frozenset(name for name in changed if name not in self._shown)
        self._shown.update(changed)
        for name in gone:
            del self._shown[name]
            self._changed_ns.pop(name, None)
        order = {name: place for place, name in enumerate(seen)}
        self._shown = dict(sorted(self._shown.items(), key=lambda item: order.get(item[0], len(order))))
        self._changed_ns.update(dict.fromkeys(changed, now_ns))
        self._revision += 1
        self._shown_seq = self._seq()
        change = Change(self.mark, self._clock.utc_ms(), changed, gone, came=came)
        self._ring.append(change)
        for hear in list(self._subscribers):
            hear(change)
