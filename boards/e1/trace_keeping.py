"""What a trunk's signalling keeps for people who look: the newest entries always, and captures on request; both bounded. Pure.

An entry belongs to a call, to a channel, to both or to neither; ``Marks`` says so. Whoever wants one number or one channel gets whole calls: what
came of a call before its number or channel was known is kept aside until that is decided, for at most ``CALLS_MOST`` calls.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Generic, TypeVar

from engine.kernel.errors import Refused
from engine.kernel.text import text
from engine.telephony.call_trace import CaptureState, Selection

__all__ = [
    "CAPTURE_ENTRIES_MOST",
    "CAPTURE_OCTETS_MOST",
    "RING_ENTRIES_MOST",
    "RING_OCTETS_MOST",
    "Follower",
    "Kept",
    "Marks",
    "Selector",
    "TraceKeeper",
]

RING_ENTRIES_MOST = 2000
RING_OCTETS_MOST = 256 * 1024
CAPTURE_ENTRIES_MOST = 20_000
CAPTURE_OCTETS_MOST = 4 * 1024 * 1024
CALLS_MOST = 256
"""Calls of one trunk at the same time; an E1 carries 31."""
ENTRIES_ASIDE_MOST = 200
"""Of one call whose number is not known yet."""

E = TypeVar("E")


@dataclass(frozen=True)
class Marks:
    """What an entry is about. ``call``: tells calls apart while they last, empty: none; ``numbers`` that it names; ``digits``: some more of the called
    number, which come one by one.
    """

    call: str = ""
    channel: int = 0
    begins: bool = False
    ends: bool = False
    numbers: tuple[str, ...] = ()
    digits: str = ""


@dataclass(frozen=True)
class Kept(Generic[E]):
    """An entry, and what is common to all: when, which way, how large."""

    seq: int
    utc_ns: int
    ours: bool
    octets: int
    entry: E


@dataclass
class _Pending(Generic[E]):
    aside: list[Kept[E]] = field(default_factory=list)
    wanted: bool = False
    digits: str = ""


class Selector(Generic[E]):
    """Lets through what a selection wants. ``marks`` reads an entry."""

    def __init__(self, selection: Selection, marks: Callable[[Kept[E]], Marks]) -> None:
        self._selection = selection
        self._marks = marks
        self._calls: OrderedDict[str, _Pending[E]] = OrderedDict()

    def take(self, kept: Kept[E]) -> Sequence[Kept[E]]:
        """The entries that are known to be wanted now, the oldest first."""
        if self._selection.everything:
            return (kept,)
        marks = self._marks(kept)
        if not marks.call:
            return (kept,) if marks.channel and marks.channel == self._selection.channel and not self._selection.number else ()
        if marks.begins:
            self._calls.pop(marks.call, None)
        call = self._calls.setdefault(marks.call, _Pending())
        while len(self._calls) > CALLS_MOST:
            self._calls.popitem(last=False)
        call.digits += marks.digits
        call.wanted = call.wanted or self._fits(marks, call)
        if len(call.aside) < ENTRIES_ASIDE_MOST:
            call.aside.append(kept)
        ready: Sequence[Kept[E]] = ()
        if call.wanted:
            ready, call.aside = tuple(call.aside), []
        if marks.ends:
            self._calls.pop(marks.call, None)
        return ready

    def _fits(self, marks: Marks, call: _Pending[E]) -> bool:
        wanted = self._selection
        if wanted.number and not any(wanted.number in number for number in (*marks.numbers, call.digits)):
            return False
        return not wanted.channel or marks.channel == wanted.channel


class Follower(Generic[E]):
    """Hands out what a selection wants of a ring, each entry once; what left the ring before it was asked for is missed. ``ring`` is the keeper's."""

    def __init__(self, ring: deque[Kept[E]], selector: Selector[E]) -> None:
        self._ring = ring
        self._selector = selector
        self._last = 0

    def more(self) -> list[Kept[E]]:
        """What came since the last time, the oldest first; the first time, what the ring has."""
        fresh = list(takewhile(lambda kept: kept.seq > self._last, reversed(self._ring)))
        if fresh:
            self._last = fresh[0].seq
        found = [one for kept in reversed(fresh) for one in self._selector.take(kept)]
        return sorted(found, key=lambda kept: kept.seq)


class _Capture(Generic[E]):
    """One capture."""

    def __init__(self, state: CaptureState, selector: Selector[E]) -> None:
        self.state = state
        self.entries: list[Kept[E]] = []
        self._selector = selector

    def take(self, kept: Kept[E]) -> None:
        for one in self._selector.take(kept):
            state = self.state
            if state.messages >= CAPTURE_ENTRIES_MOST or state.octets + one.octets > CAPTURE_OCTETS_MOST:
                self.state = replace(state, lost=state.lost + 1)
            else:
                self.entries.append(one)
                self.state = replace(state, messages=state.messages + 1, octets=state.octets + one.octets)


class TraceKeeper(Generic[E]):
    """The ring of one trunk, and its newest capture. ``marks`` reads an entry, when that is wanted; ``worth`` says what the ring keeps."""

    def __init__(self, marks: Callable[[Kept[E]], Marks], worth: Callable[[E], bool]) -> None:
        self._marks = marks
        self._worth = worth
        self._ring: deque[Kept[E]] = deque()
        self._ring_octets = 0
        self._seq = 0
        self._capture: _Capture[E] | None = None

    @property
    def kept(self) -> int:
        """Entries in the ring."""
        return len(self._ring)

    def note(self, utc_ns: int, entry: E, octets: int, *, ours: bool) -> None:
        """Something passed."""
        self._seq += 1
        kept = Kept(self._seq, utc_ns, ours, octets, entry)
        if self._worth(entry):
            self._ring.append(kept)
            self._ring_octets += octets
            while len(self._ring) > RING_ENTRIES_MOST or self._ring_octets > RING_OCTETS_MOST:
                self._ring_octets -= self._ring.popleft().octets
        if self._capture is not None and not self._capture.state.why_ended:
            self._capture.take(kept)

    def recent(self, selection: Selection, after: int) -> list[Kept[E]]:
        """What the ring has of these calls, behind number ``after``."""
        return [kept for kept in self._selected(selection, self._ring) if kept.seq > after]

    def _selected(self, selection: Selection, entries: Iterable[Kept[E]]) -> list[Kept[E]]:
        selector = Selector(selection, self._marks)
        found = [one for kept in entries for one in selector.take(kept)]
        return sorted(found, key=lambda kept: kept.seq)

    def follow(self, selection: Selection) -> Follower[E]:
        """Somebody reads along."""
        return Follower(self._ring, Selector(selection, self._marks))

    def begin(self, selection: Selection, limit_s: int, by: str, utc_ms: int) -> None:
        """Begin a capture. Refused while one runs."""
        if self._capture is not None and not self._capture.state.why_ended:
            raise Refused(text("A capture runs already, begun by {by}: end it first.", by=self._capture.state.by))
        self._capture = _Capture(CaptureState(selection, by, utc_ms, limit_s, 0, 0, 0, ""), Selector(selection, self._marks))

    def end(self, why: str) -> None:
        """End it."""
        if self._capture is not None and not self._capture.state.why_ended:
            self._capture.state = replace(self._capture.state, why_ended=why)

    @property
    def capture(self) -> CaptureState | None:
        """The newest capture."""
        return None if self._capture is None else self._capture.state

    def captured(self, after: int = 0) -> list[Kept[E]]:
        """Its entries behind number ``after``, in the order in which they passed."""
        entries = [] if self._capture is None else [kept for kept in self._capture.entries if kept.seq > after]
        return sorted(entries, key=lambda kept: kept.seq)
