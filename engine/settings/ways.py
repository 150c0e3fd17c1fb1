"""The ways in and out of a site by name: trunk groups, exchange lines, E1 trunks. Pure."""

from __future__ import annotations

from engine.settings.site import Site
from engine.settings.trunk_groups import outgoing_trunks

__all__ = ["trunk_names", "way_names"]


def trunk_names(site: Site) -> tuple[str, ...]:
    """Exchange lines and E1 trunks, by name: what a call may come by."""
    return (*(trunk.name for trunk in site.trunks), *(trunk.name for trunk in site.e1_trunks))


def way_names(site: Site) -> tuple[str, ...]:
    """What an outbound route may name: trunk groups, and trunks that carry outgoing calls."""
    return (*(group.name for group in site.trunk_groups), *(trunk.name for trunk in outgoing_trunks(site)))
