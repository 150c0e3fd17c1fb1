"""What must fit together between E1 trunks, their spans and the rest of a site: a part of the rules in ``checks.py``.

A rule yields ``(path, text)`` for each place that breaks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.kernel.text import Text, text
from engine.settings.e1_lines import e1_trunks
from engine.settings.e1_trunk import E1TrunkSection
from engine.settings.faults import Path
from engine.settings.site import Site
from engine.settings.spans import ResolvedSpan, places_of, places_shown, resolved_spans

__all__ = ["E1_RULES"]

Found = tuple[Path, Text]
CHANNELS = 31


def _names(site: Site) -> Iterator[Found]:
    """No trunk twice, and no line of a trunk with the name of an exchange line or a phone."""
    taken = {line.name for line in site.trunks} | {station.name for station in site.stations}
    first: set[str] = set()
    for i, trunk in enumerate(e1_trunks(site)):
        name = trunk.section.name
        if name in first:
            yield ("e1_trunks", i, "name"), text("there is another E1 trunk of this name")
        first.add(name)
        clash = next((line.name for line in trunk.lines if line.name in taken), None)
        if clash is not None:
            yield ("e1_trunks", i, "name"), text("its channel would be called {name}, as another line is: choose another name", name=clash)
        taken |= {line.name for line in trunk.lines}


def _spans(site: Site) -> Iterator[Found]:
    """The span is there, an E1, and made for this signalling."""
    spans = {span.section.name: span for span in resolved_spans(site)}
    for i, section in enumerate(site.e1_trunks):
        span = spans.get(section.span)
        if span is None:
            yield (
                ("e1_trunks", i, "span"),
                text("there is no span {name}; add it, or choose one of {known}", name=section.span, known=_listed(spans)),
            )
        elif span.count != CHANNELS:
            yield ("e1_trunks", i, "span"), text("the span {name} is no E1: choose another one", name=section.span)
        else:
            for field, said in _use(section, span):
                yield ("e1_trunks", i, field), said


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(names) or "-"


def _use(section: E1TrunkSection, span: ResolvedSpan) -> Iterator[tuple[str, Text]]:
    signalling = {place: group.signalling for group in span.groups for place in group.places}
    d_places = [place for place, kind in signalling.items() if kind in {"dchan", "hardhdlc"}]
    kind, use = ("bchan", "pri") if section.isdn else ("cas", "r2")
    speech = [place for place, one in signalling.items() if one == kind]
    if not speech or (section.isdn and not d_places):
        yield "signalling", _unfit(section, span, use)
        return
    if section.isdn and len(d_places) > 1:
        yield "span", text("the span {span} has {count} D channels: an ISDN trunk has one", span=span.section.name, count=len(d_places))
    if section.channels:
        chosen = places_of(section.channels)
        wrong = [place for place in chosen if place not in speech]
        if not chosen:
            yield "channels", text("{places} is no place: a range begins with its smaller number", places=section.channels)
        elif wrong:
            yield (
                "channels",
                text("timeslot {place} carries no speech on this span; there are {speech}", place=wrong[0], speech=places_shown(speech)),
            )
    if not section.isdn:
        yield from _idle_bits(section, span)


def _unfit(section: E1TrunkSection, span: ResolvedSpan, use: str) -> Text:
    """Each way out is one change of one form: a use that follows the trunk is sound before and after the trunk's own change."""
    values = {"signalling": section.signalling, "use": use, "span": span.section.name}
    if span.section.groups:
        return text("{signalling} needs a span whose use is {use}: change the groups of channels of the span {span}", **values)
    if span.section.signalling == "auto":
        return text(
            "{signalling} needs a span whose use is {use}, and another trunk makes the span {span} something else: choose another span",
            **values,
        )
    return text(
        "{signalling} needs a span whose use is {use}: set the use of the span {span} to auto first, it then follows its trunk", **values
    )


def _idle_bits(section: E1TrunkSection, span: ResolvedSpan) -> Iterator[tuple[str, Text]]:
    """The driver sends the span's idle bits until we open the channel: they must be those of the country."""
    wanted = section.idle_bits
    found = next((group.idle_bits for group in span.groups if group.signalling == "cas" and group.idle_bits != wanted), None)
    if found is not None:
        said = text(
            "R2 of {variant} has the idle bits {wanted}, the span has {found}: give the span a group of channels with cas and these bits",
            variant=section.r2_variant,
            wanted=wanted,
            found=found,
        )
        yield "r2_variant", said


def _shared(site: Site) -> Iterator[Found]:
    """A D channel belongs to one trunk, and so does every timeslot."""
    d_channel: dict[str, str] = {}
    places: dict[tuple[str, int], str] = {}
    for i, trunk in enumerate(e1_trunks(site)):
        section = trunk.section
        if section.isdn and section.span in d_channel:
            said = text("{other} has the D channel of this span: one ISDN trunk has a whole span", other=d_channel[section.span])
            yield ("e1_trunks", i, "span"), said
        elif section.isdn:
            d_channel[section.span] = section.name
        twice = next((line.place for line in trunk.lines if (section.span, line.place) in places), None)
        if twice is not None and not section.isdn:
            said = text("timeslot {place} belongs to {other} already", place=twice, other=places[section.span, twice])
            yield ("e1_trunks", i, "channels"), said
        places.update({(section.span, line.place): section.name for line in trunk.lines})


def _flows(site: Site) -> Iterator[Found]:
    known = {flow.name: flow for flow in site.flows}
    for i, section in enumerate(site.e1_trunks):
        if section.flow and section.flow not in known:
            yield (
                ("e1_trunks", i, "flow"),
                text("there is no flow {name}; expected one of {known}", name=section.flow, known=_listed(known)),
            )


E1_RULES = (
    (_names, frozenset({"e1_trunks", "spans", "trunks", "stations"})),
    (_spans, frozenset({"e1_trunks", "spans"})),
    (_shared, frozenset({"e1_trunks", "spans"})),
    (_flows, frozenset({"e1_trunks", "flows"})),
)
"""Every rule with the top-level fields that it reads."""
