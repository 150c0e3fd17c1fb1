"""Which lines the E1 trunks of a site make: names, timeslots, the span's D channel. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.settings.e1_trunk import E1TrunkSection
from engine.settings.site import Site
from engine.settings.spans import ResolvedSpan, places_of, resolved_spans

__all__ = ["E1Line", "E1Trunk", "e1_trunks", "line_name", "outgoing_lines"]


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


def _trunk(section: E1TrunkSection, span: ResolvedSpan | None) -> E1Trunk:
    if span is None:
        return E1Trunk(section, (), 0)
    signalling = {place: group.signalling for group in span.groups for place in group.places}
    speech = sorted(place for place, kind in signalling.items() if kind == ("bchan" if section.isdn else "cas"))
    chosen = sorted(set(places_of(section.channels))) if section.channels else speech
    d_places = [place for place, kind in signalling.items() if kind in {"dchan", "hardhdlc"}]
    lines = tuple(E1Line(line_name(section.name, place), place) for place in chosen)
    return E1Trunk(section, lines, d_places[0] if d_places else 0)


def outgoing_lines(site: Site, last_used: Sequence[str] = ()) -> tuple[str, ...]:
    """The names of all lines by which desk phones may call out, in the order in which they are tried: analog lines, then each E1 trunk's.

    ``last_used``: lines in the order of their last use, the newest first; a trunk that goes round begins behind its own newest.
    """
    names = [trunk.name for trunk in site.trunks if trunk.outgoing]
    for trunk in e1_trunks(site):
        if trunk.section.outgoing:
            names += _ordered(trunk, last_used)
    return tuple(names)


def _ordered(trunk: E1Trunk, last_used: Sequence[str]) -> list[str]:
    names = [line.name for line in trunk.lines]
    if trunk.section.order == "descending":
        return names[::-1]
    newest = next((name for name in last_used if name in names), None)
    if trunk.section.order == "ascending" or newest is None:
        return names
    behind = names.index(newest) + 1
    return names[behind:] + names[:behind]
