"""Which lines the E1 trunks of a site make: names, timeslots, the span's D channel. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.settings.e1_trunk import E1TrunkSection
from engine.settings.site import Site
from engine.settings.spans import ResolvedSpan, places_of, resolved_spans

__all__ = ["E1Line", "E1Trunk", "e1_channels", "e1_trunks", "line_name"]


@dataclass(frozen=True)
class E1Line:
    """One channel of a trunk: its name as a line, and its timeslot."""

    name: str
    place: int


@dataclass(frozen=True)
class E1Trunk:
    """A trunk with its lines, by timeslot. ``d_place`` 0: its span has no D channel."""

    section: E1TrunkSection
    lines: tuple[E1Line, ...]
    d_place: int


def line_name(trunk: str, place: int) -> str:
    """What the channel in this timeslot is called as a line."""
    return f"{trunk}-{place}"


def e1_trunks(site: Site) -> tuple[E1Trunk, ...]:
    """Every E1 trunk of a site; one whose span is missing has no lines."""
    spans = {span.section.name: span for span in resolved_spans(site)}
    return tuple(_trunk(section, spans.get(section.span)) for section in site.e1_trunks)


def e1_channels(site: Site) -> Mapping[str, str]:
    """The trunk of each line that is a channel of an E1."""
    return {line.name: trunk.section.name for trunk in e1_trunks(site) for line in trunk.lines}


def _trunk(section: E1TrunkSection, span: ResolvedSpan | None) -> E1Trunk:
    if span is None:
        return E1Trunk(section, (), 0)
    signalling = {place: group.signalling for group in span.groups for place in group.places}
    speech = sorted(place for place, kind in signalling.items() if kind == ("bchan" if section.isdn else "cas"))
    chosen = sorted(set(places_of(section.channels))) if section.channels else speech
    d_places = [place for place, kind in signalling.items() if kind in {"dchan", "hardhdlc"}]
    lines = tuple(E1Line(line_name(section.name, place), place) for place in chosen)
    return E1Trunk(section, lines, d_places[0] if d_places else 0)
