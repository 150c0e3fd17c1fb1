"""What must be true of the facts of interactions, whoever did whatever: each begins once and ends once, and its recordings are its talk.

Pure: from envelopes to sentences about what is wrong. The talk of a call is what its own facts say: from ``CallConnected`` on, without the time in which
somebody has put somebody on hold, to ``CallEnded``; that is its bridged time as long as no more than two are in it when somebody steps aside.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from engine import facts
from engine.kernel.bus import Envelope
from engine.telephony.gaps import TRACKS, gaps_read

__all__ = ["TOLERANCE_SAMPLES", "heard_spans", "interaction_faults", "recorded_samples", "talk_samples"]

TOLERANCE_SAMPLES = 160
"""20 ms."""
Interval = tuple[int, int]


@dataclass
class _Interaction:
    """What was told of one."""

    began: int = 0
    calls: list[str] = field(default_factory=list)
    over: list[facts.CallEnded] = field(default_factory=list)
    ends: list[facts.InteractionEnded] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)


def interaction_faults(envelopes: Sequence[Envelope], *, over: bool = True) -> list[str]:
    """Every rule that these facts break, in words. ``over``: everything is over, and all files are closed."""
    told: dict[str, _Interaction] = defaultdict(_Interaction)
    wrong = [fault for envelope in envelopes for fault in _heard(told, envelope)]
    wrong += [f"call {call} ended {count} times" for call, count in _ends(envelopes).items() if count != 1]
    if over:
        for name, one in told.items():
            wrong += _unended(name, one)
        wrong += _segment_faults(envelopes)
    return wrong


def _heard(told: dict[str, _Interaction], envelope: Envelope) -> Iterable[str]:
    fact, name = envelope.fact, envelope.interaction
    match fact:
        case facts.InteractionBegan():
            told[name].began += 1
            if told[name].began > 1 or told[name].calls:
                yield f"{name} begins again, or after its first call"
        case facts.CallArrived() | facts.CallPlaced():
            told[name].calls.append(fact.call)
            if not told[name].began or told[name].ends:
                yield f"{fact.call} begins outside its interaction {name}"
        case facts.CallEnded():
            told[name].over.append(fact)
            if fact.call not in told[name].calls:
                yield f"{fact.call} ends in {name}, where it did not begin"
        case facts.InteractionEnded():
            told[name].ends.append(fact)
            yield from _end_faults(name, told[name], fact)
        case facts.RecordingStarted():
            told[name].segments.append(fact.segment)
            if fact.call not in told[name].calls:
                yield f"segment {fact.recording} of {fact.call} is told in {name}, where that call did not begin"


def _end_faults(name: str, one: _Interaction, end: facts.InteractionEnded) -> Iterable[str]:
    if len(one.ends) > 1:
        yield f"{name} ends {len(one.ends)} times"
    if sorted(one.calls) != sorted(call.call for call in one.over):
        yield f"{name} ends while {sorted(set(one.calls) - {call.call for call in one.over})} go on"
    if end.calls < len(one.calls):
        yield f"{name} says that it had {end.calls} calls, and had {len(one.calls)}"
    last = (
        one.over[-1] if one.over and end.calls == len(one.calls) else None
    )  # of a call that nobody answered when it was made for him nothing is told
    if last is not None and (end.cause, end.reason) != (last.cause, last.reason):
        yield f"{name} ends for {end.reason} ({end.cause}), its last call for {last.reason} ({last.cause})"


def _unended(name: str, one: _Interaction) -> Iterable[str]:
    if one.began and len(one.ends) != 1:
        yield f"{name} has {len(one.ends)} ends"
    if sorted(one.segments) != list(range(1, len(one.segments) + 1)):
        yield f"{name} has the segments {one.segments}"


def _ends(envelopes: Sequence[Envelope]) -> Counter[str]:
    return Counter(envelope.fact.call for envelope in envelopes if isinstance(envelope.fact, facts.CallEnded))


# ---- talk and recordings ---------------------------------------------------------------------------------------------


def talk_samples(envelopes: Iterable[Envelope]) -> dict[str, int]:
    """How long they talked in each call that has ended, by its facts."""
    since: dict[str, int] = {}
    away: dict[str, set[str]] = defaultdict(set)
    talked: dict[str, int] = defaultdict(int)
    for envelope in envelopes:
        fact, call = envelope.fact, getattr(envelope.fact, "call", "")
        if isinstance(fact, facts.CallHeld | facts.CallEnded):
            talked[call] += envelope.sample - since.pop(call, envelope.sample)
        match fact:
            case facts.CallConnected():
                since.setdefault(call, envelope.sample)
            case facts.CallHeld(phone=phone):
                away[call].add(phone)
            case facts.CallTransferred(phone=phone, answered=False):
                away[call].discard(phone)  # who comes is connected, or the phone comes back
            case facts.CallRetrieved(phone=phone) | facts.CallTransferred(phone=phone) | facts.CallsJoined(phone=phone):
                away[call].discard(phone)
                if not away[call]:
                    since.setdefault(call, envelope.sample)
    return {call: samples for call, samples in talked.items() if samples}


def recorded_samples(envelopes: Iterable[Envelope]) -> dict[str, int]:
    """How much of each call is in its files, without the gaps."""
    recorded: dict[str, int] = defaultdict(int)
    for envelope in envelopes:
        fact = envelope.fact
        if isinstance(fact, facts.RecordingSegment):
            recorded[fact.call] += sum(end - begin for begin, end in heard_spans(fact))
    return dict(recorded)


def heard_spans(segment: facts.RecordingSegment) -> list[Interval]:
    """Where one heard the other: from which media sample to which, in order. Who is muted still hears; where somebody is on hold nobody does."""
    begin, end = segment.from_sample, segment.from_sample + segment.samples + segment.lost
    gaps = gaps_read(segment.gaps)
    marks = sorted({0, end - begin, *(edge for gap in gaps for edge in (gap.from_sample, gap.from_sample + gap.samples))})
    spans = []
    for one, other in pairwise(marks):
        here = [gap for gap in gaps if gap.from_sample <= one < gap.from_sample + gap.samples]
        if len(here) < len(TRACKS) and all(gap.why == "mute" for gap in here):
            spans.append((begin + one, begin + other))
    return spans


def _segment_faults(envelopes: Sequence[Envelope]) -> Iterable[str]:
    started: dict[str, facts.RecordingStarted] = {}
    spans: dict[str, list[Interval]] = defaultdict(list)
    whole: set[str] = set()
    for envelope in envelopes:
        fact = envelope.fact
        match fact:
            case facts.RecordingStarted():
                started[fact.recording] = fact
            case facts.RecordingFailed():
                started.pop(fact.recording, None)
            case facts.RecordingSegment(samples=samples, lost=lost):
                begun = started.get(fact.recording)
                if begun is None or (begun.segment, begun.left, begun.right) != (fact.segment, fact.left, fact.right):
                    yield f"segment {fact.recording} is not as it began"
                elif not 0 <= fact.from_sample - begun.from_sample <= TOLERANCE_SAMPLES:
                    yield f"segment {fact.recording} begins at {fact.from_sample}, and was to begin at {begun.from_sample}"
                spans[fact.call].append((fact.from_sample, fact.from_sample + samples + lost))
            case facts.RecordingEnded():
                whole.add(fact.recording)
    yield from (f"segment {name} has no end" for name in started.keys() - whole)
    for call, of_call in spans.items():
        in_order = sorted(of_call)
        if any(before[1] > after[0] for before, after in pairwise(in_order)):
            yield f"segments of {call} lie over each other: {in_order}"
