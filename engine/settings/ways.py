"""The ways out of a site by name: trunk groups where it has some, exchange lines, E1 trunks; and the lines of each. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.settings.e1_lines import outgoing_lines
from engine.settings.site import Site

__all__ = ["lines_of_ways", "trunk_names", "way_names"]


def trunk_names(site: Site) -> tuple[str, ...]:
    """Exchange lines and E1 trunks, by name: what a call may come by."""
    return (*(trunk.name for trunk in site.trunks), *(trunk.name for trunk in site.e1_trunks))


def way_names(site: Site) -> tuple[str, ...]:
    """What an outbound route may name."""
    return (*_groups(site), *trunk_names(site))


def _groups(site: Site) -> Mapping[str, tuple[str, ...]]:
    """Trunk groups with the names of their trunks, where the site's settings have such a part."""
    return {group.name: tuple(group.trunks) for group in getattr(site, "trunk_groups", ())}


def lines_of_ways(site: Site, ways: Sequence[str], last_used: Sequence[str] = ()) -> tuple[str, ...]:
    """The lines by which a call is tried, in order: those of each way one after the other, each once; all outgoing lines for no ways.

    ``last_used`` as in ``outgoing_lines``. Lines that carry no outgoing calls are left out.
    """
    lines = outgoing_lines(site, last_used)
    if not ways:
        return lines
    groups = _groups(site)
    e1 = {trunk.name for trunk in site.e1_trunks}
    chosen: dict[str, None] = {}
    for way in ways:
        for trunk in groups.get(way, (way,)):
            chosen.update((line, None) for line in lines if line == trunk or (trunk in e1 and line.rpartition("-")[0] == trunk))
    return tuple(chosen)
