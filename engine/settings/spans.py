"""What a span's settings come to when everything that was left to the usual is filled in. Pure.

Sources of the usual: ITU-T G.704 (framing), G.703 (HDB3), ANSI T1.403 (ESF, B8ZS); ITU-T Q.931 and ETSI EN 300 011 for the timeslots of
ISDN (D channel in timeslot 16 of an E1, 24 of a T1), Q.421 for those of R2 (signalling bits in timeslot 16, so it is no channel).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.settings.e1_trunk import E1TrunkSection
from engine.settings.site import ChannelGroup, Site, SpanSection

__all__ = [
    "ANALOG_SIGNALLINGS",
    "BUNDLED",
    "SILENT",
    "USUAL_IDLE_BITS",
    "ResolvedGroup",
    "ResolvedSpan",
    "places_of",
    "places_shown",
    "resolved_span",
    "resolved_spans",
    "span_use",
]

CHANNELS = {"e1": 31, "t1": 24, "j1": 24}
BY_PORT = "by-port"
"""The signalling of an analog port for which nothing else is said: what the port is made for."""
USUAL_IDLE_BITS = "1011"
ANALOG_SIGNALLINGS = frozenset({"fxsks", "fxsls", "fxsgs", "fxoks", "fxols", "fxogs", BY_PORT})
SILENT = frozenset({"dchan", "hardhdlc", "mtp2", "rawhdlc", "clear", "unused"})
"""What carries no speech, so that an echo canceller has nothing to do there."""
BUNDLED = frozenset({"clear", "rawhdlc"})
"""All channels of such a group are one: the first is the master, the others its slaves."""


@dataclass(frozen=True)
class ResolvedGroup:
    """Channels that are alike. ``law``: ``alaw``, ``mulaw``, or ``driver``: the driver's own; ``echo_canceller`` empty: none."""

    places: tuple[int, ...]
    signalling: str
    idle_bits: str
    law: str
    echo_canceller: str


@dataclass(frozen=True)
class ResolvedSpan:
    """A span as it is to be. ``count`` 0: as many channels as the card has. ``framing`` and ``coding`` are empty on analog cards.

    ``timing`` 0: never a source of the clock.
    """

    section: SpanSection
    count: int
    framing: str
    coding: str
    crc4: bool
    timing: int
    groups: tuple[ResolvedGroup, ...]

    @property
    def digital(self) -> bool:
        """A port of a digital card."""
        return self.section.kind in CHANNELS

    @property
    def echo_taps(self) -> int:
        """The canceller's length in samples."""
        return int(self.section.echo_tail_ms) * 8


def places_of(written: str) -> tuple[int, ...]:
    """The places of ``1-15,17``, in the order written; a range that ends before it begins has none."""
    found: list[int] = []
    for part in written.split(","):
        first, _, last = part.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return tuple(found)


def places_shown(places: Iterable[int]) -> str:
    """The other way round: ``1-15,17``."""
    runs: list[list[int]] = []
    for place in sorted(places):
        if runs and runs[-1][1] == place - 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in runs)


def resolved_spans(site: Site) -> tuple[ResolvedSpan, ...]:
    """Every span of a sound site."""
    carried = [tuple(trunk for trunk in site.e1_trunks if trunk.span == span.name) for span in site.spans]
    timings = _timings(site.spans, carried)
    return tuple(resolved_span(span, timing, trunks) for span, timing, trunks in zip(site.spans, timings, carried, strict=True))


def _timings(spans: Sequence[SpanSection], carried: Sequence[Sequence[E1TrunkSection]]) -> Iterator[int]:
    """Priorities as written; where none is, the next that nobody has, in the order of the list. Only cards give a clock by themselves.

    Towards a PBX we are the exchange, and the network side gives the clock: two ends that follow each other slip.
    """
    taken = {span.timing for span in spans if span.timing > 0}
    free = iter(number for number in range(1, len(taken) + len(spans) + 1) if number not in taken)
    for span, trunks in zip(spans, carried, strict=True):
        if span.timing >= 0:
            yield span.timing
        elif any(trunk.signalling == "isdn-network" for trunk in trunks):
            yield 0
        else:
            yield next(free) if span.kind in CHANNELS else 0


def resolved_span(written: SpanSection, timing: int, trunks: Sequence[E1TrunkSection] = ()) -> ResolvedSpan:
    """One span; ``timing`` is its priority, ``trunks`` those that are on it: a use that is not written follows them."""
    span = replace(written, signalling=span_use(written, trunks))
    idle_bits = next((trunk.idle_bits for trunk in trunks if not trunk.isdn), USUAL_IDLE_BITS)
    framing, coding = _framing(span), _coding(span)
    count = span.channel_count or CHANNELS.get(span.kind, 0)
    crc4 = span.crc4 == "on" or (span.crc4 == "auto" and span.kind == "e1" and framing == "ccs")
    groups = tuple(_group(span, group, idle_bits) for group in span.groups or _usual_groups(span, count))
    return ResolvedSpan(written, count, framing, coding, crc4, timing, groups)


def span_use(span: SpanSection, trunks: Sequence[E1TrunkSection]) -> str:
    """What the channels are for: as written, or as the trunks on the span need it; ``auto`` where neither says anything.

    ISDN wins where trunks of both kinds were put on one span, which the checks refuse.
    """
    if span.signalling != "auto" or span.kind != "e1" or not trunks:
        return span.signalling
    return "pri" if any(trunk.isdn for trunk in trunks) else "r2"


def _framing(span: SpanSection) -> str:
    if span.framing != "auto":
        return span.framing
    if span.kind == "e1":
        return "cas" if span.signalling == "r2" or any(group.signalling == "cas" for group in span.groups) else "ccs"
    return "esf" if span.kind in CHANNELS else ""


def _coding(span: SpanSection) -> str:
    if span.coding != "auto":
        return span.coding
    return {"e1": "hdb3", "t1": "b8zs", "j1": "b8zs"}.get(span.kind, "")


def _usual_groups(span: SpanSection, count: int) -> tuple[ChannelGroup, ...]:
    if span.kind == "analog" or not count:
        return ()
    middle = 16 if count >= CHANNELS["e1"] else count
    others = places_shown(place for place in range(1, count + 1) if place != middle)
    if span.signalling == "r2":
        return (ChannelGroup(channels=others if count >= CHANNELS["e1"] else f"1-{count}", signalling="cas"),)
    special = ChannelGroup(channels=str(middle), signalling="mtp2" if span.signalling == "ss7" else "dchan")
    return (ChannelGroup(channels=others, signalling="bchan"), special) if others else (special,)


def _group(span: SpanSection, group: ChannelGroup, idle_bits: str) -> ResolvedGroup:
    canceller = span.echo_canceller if group.echo_canceller == "span" else group.echo_canceller
    if group.echo_canceller == "span" and group.signalling in SILENT:
        canceller = "none"
    return ResolvedGroup(
        places_of(group.channels),
        group.signalling,
        (group.idle_bits or idle_bits) if group.signalling == "cas" else "",
        _law(span) if group.law == "span" else group.law,
        "" if canceller == "none" else canceller,
    )


def _law(span: SpanSection) -> str:
    if span.law != "auto":
        return span.law
    if span.kind == "analog":
        return "driver"
    mulaw = span.kind in {"t1", "j1"} or (span.kind == "dynamic" and span.channel_count == CHANNELS["t1"])
    return "mulaw" if mulaw else "alaw"
