"""What each exchange line has carried, today and since the start, folded from the facts. Pure, and as large as the site.

A *seizure* is a call that came in, or an attempt to call out by this line; one that the line gave back and that went on by another counts on both.
A call is answered when the appliance took it (in) or the far end did (out); its seconds count from then, on the day on which it ends. The
answer-seizure ratio is answered calls by seizures (ITU-T E.411).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine import facts
from engine.kernel.bus import Envelope

__all__ = ["CAUSES_SHOWN", "CarriedCall", "Load", "TrunkTally", "day_began_utc_ms", "day_of", "summed", "top_causes"]

CAUSES_SHOWN = 5
MS_A_DAY = 86_400_000
MS_A_MINUTE = 60_000
NS_A_SECOND = 1_000_000_000


def day_of(utc_ms: int, offset_min: int) -> int:
    """The site's day that a moment belongs to."""
    return (utc_ms + offset_min * MS_A_MINUTE) // MS_A_DAY


def day_began_utc_ms(day: int, offset_min: int) -> int:
    """When it began."""
    return day * MS_A_DAY - offset_min * MS_A_MINUTE


@dataclass
class Load:
    """What was carried. ``seconds`` of answered calls; ``causes``: how often calls ended with each Q.850 cause."""

    calls_in: int = 0
    answered_in: int = 0
    calls_out: int = 0
    answered_out: int = 0
    seconds: float = 0.0
    causes: Counter[int] = field(default_factory=Counter)

    def add(self, other: Load) -> None:
        """Put another's counts to these."""
        self.calls_in += other.calls_in
        self.answered_in += other.answered_in
        self.calls_out += other.calls_out
        self.answered_out += other.answered_out
        self.seconds += other.seconds
        self.causes.update(other.causes)

    @property
    def answer_ratio_in(self) -> int | None:
        """Answer-seizure ratio of incoming calls in percent; None without calls."""
        return _percent(self.answered_in, self.calls_in)

    @property
    def answer_ratio_out(self) -> int | None:
        """The same of outgoing calls."""
        return _percent(self.answered_out, self.calls_out)


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def summed(loads: Iterable[Load]) -> Load:
    """Several lines together."""
    total = Load()
    for load in loads:
        total.add(load)
    return total


@dataclass(frozen=True)
class CarriedCall:
    """A call of the past, as far as it counts here. ``cause`` None: it had no end."""

    line: str
    incoming: bool
    answered: bool
    seconds: float
    cause: int | None


@dataclass
class _Open:
    line: str
    incoming: bool
    answered_ns: int | None = None


class TrunkTally:
    """Hears every fact. ``lines``: the exchange lines of the site; no others are kept."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._start = {line: Load() for line in lines}
        self._today = {line: Load() for line in self._start}
        self._since = dict.fromkeys(self._start, 0)
        self._faults = dict.fromkeys(self._start, "")
        self._calls: dict[str, _Open] = {}
        self._day = 0

    # ---- asked -------------------------------------------------------------------------------------------------------

    def since_start(self, line: str) -> Load:
        """Everything since the appliance started."""
        return self._start[line]

    def today(self, line: str, day: int) -> Load:
        """What was carried on this day of the site, which is the present one."""
        return self._today[line] if day == self._day else Load()

    def fault(self, line: str) -> str:
        """What keeps it from service, a word of ``LineOutOfService``; empty: nothing."""
        return self._faults[line]

    def changed_utc_ms(self, line: str) -> int:
        """When it last went out of or into service, or a call on it began, was answered or ended; 0: not since the start."""
        return self._since[line]

    # ---- told --------------------------------------------------------------------------------------------------------

    def refill(self, calls: Iterable[CarriedCall], day: int) -> None:
        """Calls of this day from before the start: today's counts are to outlive a restart."""
        self._turn_to(day)
        for call in calls:
            if call.line in self._today and day == self._day:
                load = self._today[call.line]
                _count_call(load, incoming=call.incoming)
                if call.answered:
                    _count_answer(load, incoming=call.incoming)
                load.seconds += call.seconds
                if call.cause is not None:
                    load.causes[call.cause] += 1

    def hear(self, envelope: Envelope) -> None:
        """Subscribe this to the bus."""
        self._turn_to(day_of(envelope.utc_ms, envelope.utc_offset_min))
        fact = envelope.fact
        match fact:
            case facts.CallArrived(call=call, line=line):
                self._begin(call, line, envelope, incoming=True)
            case facts.CallPlaced(call=call, line=line) if line:
                self._begin(call, line, envelope, incoming=False)
            case facts.CallRerouted(call=call, next_line=line):
                self._begin(call, line, envelope, incoming=False)
            case facts.CallAnswered(call=call) if call in self._calls:
                self._answer(self._calls[call], envelope)
            case facts.CallEnded(call=call, cause=cause) if call in self._calls:
                self._end(self._calls.pop(call), cause, envelope)
            case facts.LineOutOfService(line=line, reason=reason) if line in self._faults:
                self._faults[line] = reason
                self._since[line] = envelope.utc_ms
            case facts.LineInService(line=line) if line in self._faults:
                self._faults[line] = ""
                self._since[line] = envelope.utc_ms

    def _turn_to(self, day: int) -> None:
        if day > self._day:
            self._day = day
            self._today = {line: Load() for line in self._start}

    def _both(self, line: str, at: Envelope) -> tuple[Load, ...]:
        if line not in self._start:
            return ()
        self._since[line] = at.utc_ms
        return self._start[line], self._today[line]

    def _begin(self, call: str, line: str, at: Envelope, *, incoming: bool) -> None:
        before = self._calls.get(call)
        if before is not None:
            self._both(before.line, at)
        if line in self._start:
            self._calls[call] = _Open(line, incoming)
        else:
            self._calls.pop(call, None)
        for load in self._both(line, at):
            _count_call(load, incoming=incoming)

    def _answer(self, call: _Open, at: Envelope) -> None:
        if call.answered_ns is None:
            call.answered_ns = at.monotonic_ns
            for load in self._both(call.line, at):
                _count_answer(load, incoming=call.incoming)

    def _end(self, call: _Open, cause: int, at: Envelope) -> None:
        seconds = 0.0 if call.answered_ns is None else (at.monotonic_ns - call.answered_ns) / NS_A_SECOND
        for load in self._both(call.line, at):
            load.seconds += seconds
            load.causes[cause] += 1


def _count_call(load: Load, *, incoming: bool) -> None:
    if incoming:
        load.calls_in += 1
    else:
        load.calls_out += 1


def _count_answer(load: Load, *, incoming: bool) -> None:
    if incoming:
        load.answered_in += 1
    else:
        load.answered_out += 1


def top_causes(load: Load) -> Mapping[int, int]:
    """The most frequent causes, the most frequent first."""
    return dict(sorted(load.causes.items(), key=lambda one: (-one[1], one[0]))[:CAUSES_SHOWN])
