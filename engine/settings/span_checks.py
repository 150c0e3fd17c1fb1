"""What must fit together within the spans of a site: a part of the rules in ``checks.py``.

A rule yields ``(path, text)`` for each place that breaks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from engine.kernel.text import Text, text
from engine.settings.faults import Path
from engine.settings.site import Site, SpanSection
from engine.settings.spans import places_of, resolved_spans, span_use

__all__ = ["SPAN_RULES"]

Found = tuple[Path, Text]

FRAMINGS: Mapping[str, tuple[str, ...]] = {"e1": ("ccs", "cas"), "t1": ("esf", "d4"), "j1": ("esf", "d4")}
CODINGS: Mapping[str, tuple[str, ...]] = {"e1": ("hdb3", "ami"), "t1": ("b8zs", "ami"), "j1": ("b8zs", "ami")}
DYNAMIC_MOST = 255
"""Channels of a dynamic span, by the driver."""


def _names(site: Site) -> Iterator[Found]:
    first: set[str] = set()
    for i, span in enumerate(site.spans):
        if span.name in first:
            yield ("spans", i, "name"), text("there is another span of this name")
        first.add(span.name)


def _line(site: Site) -> Iterator[Found]:
    """Framing, coding and CRC-4 are those of the kind."""
    for i, span in enumerate(site.spans):
        for name, value, known in (("framing", span.framing, FRAMINGS), ("coding", span.coding, CODINGS)):
            if value != "auto" and span.kind not in known:
                said = text("only a span of the kind e1, t1 or j1 has a {setting}: choose auto", setting=name)
                yield ("spans", i, name), said
            elif value != "auto" and value not in known[span.kind]:
                said = text(
                    "{value} is not possible on {kind}: choose {known}", value=value, kind=span.kind, known=", ".join(known[span.kind])
                )
                yield ("spans", i, name), said
        if span.crc4 == "on" and span.kind != "e1":
            yield ("spans", i, "crc4"), text("only an E1 has CRC-4: choose auto or off")
        if span.signalling != "auto" and span.kind == "analog":
            yield ("spans", i, "signalling"), text("an analog card has exchange lines and telephones only: choose auto")


def _cas(site: Site) -> Iterator[Found]:
    """On an E1 signalling bits and a common channel exclude each other: both want timeslot 16."""
    for i, span in enumerate(site.spans):
        if span.kind != "e1":
            continue
        use = span_use(span, [trunk for trunk in site.e1_trunks if trunk.span == span.name])
        if span.framing == "ccs" and use == "r2" and not span.groups:
            yield ("spans", i, "framing"), text("r2 needs the signalling bits of framing cas: choose auto or cas")
        if span.framing == "cas" and use in {"pri", "ss7"} and not span.groups:
            said = text("{use} needs timeslot 16 for itself, which framing cas takes: choose auto or ccs", use=use)
            yield ("spans", i, "framing"), said


def _groups(site: Site) -> Iterator[Found]:
    """Every place belongs to one group, is there, and can be what it shall be."""
    resolved = {span.section.name: span for span in resolved_spans(site)}
    for i, span in enumerate(site.spans):
        found = resolved[span.name]
        taken: dict[int, str] = {}
        for number, group in enumerate(span.groups):
            path: Path = ("spans", i, "groups", number)
            places = places_of(group.channels)
            if not places:
                yield (*path, "channels"), text("{places} is no place: a range begins with its smaller number", places=group.channels)
            outside = [place for place in places if place < 1 or (found.count and place > found.count)]
            if outside:
                yield (
                    (*path, "channels"),
                    text("there is no place {place}; there are 1 to {most}", place=outside[0], most=found.count or 512),
                )
            twice = [place for place in places if place in taken]
            if twice:
                yield (*path, "channels"), text("place {place} is in the group {other} already", place=twice[0], other=taken[twice[0]])
            taken.update(dict.fromkeys(places, group.channels))
            if found.framing == "cas" and span.kind == "e1" and 16 in places and group.signalling != "unused":
                yield (*path, "channels"), text("timeslot 16 carries the signalling bits with framing cas: leave it out")
            if found.framing == "ccs" and group.signalling == "cas":
                yield (*path, "signalling"), text("cas needs framing cas on an E1: choose it, or another signalling")
            if group.idle_bits and group.signalling != "cas":
                yield (*path, "idle_bits"), text("only cas has idle bits: leave them empty")


def _timing(site: Site) -> Iterator[Found]:
    """One span is the first choice for the clock; a loop inside the machine has no clock to give."""
    first: dict[int, str] = {}
    for i, span in enumerate(site.spans):
        path: Path = ("spans", i, "timing")
        if span.timing > 0 and span.kind == "analog":
            yield path, text("an analog card takes its clock from nowhere: choose 0 or -1")
        elif span.timing > 0 and span.kind == "dynamic" and span.dynamic_driver == "loc":
            yield path, text("a span within the machine has no clock to give: choose 0 or -1")
        elif span.timing > 0 and span.timing in first:
            said = text(
                "{other} has the timing priority {timing} already: give every span that may give the clock one of its own",
                other=first[span.timing],
                timing=span.timing,
            )
            yield path, said
        elif span.timing > 0:
            first[span.timing] = span.name


def _dynamic(site: Site) -> Iterator[Found]:
    first: dict[tuple[str, str], str] = {}
    for i, span in enumerate(site.spans):
        if span.kind != "dynamic":
            if span.dynamic_address:
                yield ("spans", i, "dynamic_address"), text("only a dynamic span has a far end: leave it empty")
            continue
        if not span.dynamic_address:
            yield ("spans", i, "dynamic_address"), text("missing: where does the dynamic span lead?")
        if not 1 <= span.channel_count <= DYNAMIC_MOST:
            said = text("a dynamic span needs the number of its channels, 1 to {most}", most=DYNAMIC_MOST)
            yield ("spans", i, "channel_count"), said
        place = span.dynamic_driver, span.dynamic_address
        if place in first:
            yield ("spans", i, "dynamic_address"), text("{other} leads there already", other=first[place])
        first[place] = span.name


def _places(site: Site) -> Iterator[Found]:
    """One port of one card is one span; span numbers and channel numbers overlap nowhere, and rise together."""
    pins: dict[tuple[str, str, int], str] = {}
    numbers: dict[int, str] = {}
    for i, span in enumerate(site.spans):
        if span.hardware_id or span.location:
            pin = span.hardware_id, span.location, span.port
            if pin in pins:
                yield ("spans", i, "port"), text("{other} is this port of this card already", other=pins[pin])
            pins.setdefault(pin, span.name)
        if span.number:
            if span.number in numbers:
                yield ("spans", i, "number"), text("{other} has this span number already", other=numbers[span.number])
            numbers.setdefault(span.number, span.name)
    yield from _ranges(site)


def _ranges(site: Site) -> Iterator[Found]:
    counts = {span.section.name: span.count for span in resolved_spans(site)}
    placed = [(span.first_channel, counts[span.name], i, span) for i, span in enumerate(site.spans) if span.first_channel]
    placed.sort(key=lambda one: one[0])
    for (first, count, _, before), (other_first, _, i, span) in pairwise(placed):
        if first + max(count, 1) > other_first:
            said = text(
                "{other} has the channels {first} to {last} already", other=before.name, first=first, last=first + max(count, 1) - 1
            )
            yield ("spans", i, "first_channel"), said
        elif before.number and span.number and before.number > span.number:
            yield ("spans", i, "number"), text("channel numbers rise with span numbers, and {other} comes before it", other=before.name)


def _analog(site: Site) -> Iterator[Found]:
    for i, span in enumerate(site.spans):
        if span.kind == "analog":
            yield from _analog_groups(span, i)


def _analog_groups(span: SpanSection, i: int) -> Iterator[Found]:
    for number, group in enumerate(span.groups):
        if not group.signalling.startswith(("fxs", "fxo")) and group.signalling != "unused":
            said = text("an analog port is an exchange line (fxsks, fxsls, fxsgs) or a telephone (fxoks, fxols, fxogs)")
            yield ("spans", i, "groups", number, "signalling"), said


SPAN_RULES = (_names, _line, _cas, _groups, _timing, _dynamic, _places, _analog)
"""Every rule; each reads the spans alone."""
