"""Which lines the outgoing trunk groups of a site are made of, and which groups are asked one after the other. Pure.

A call out asks for a group. The group chooses among its trunks; when none can take the call, or the exchange behind one says that it cannot go on,
the group that it overflows to is asked. A site without groups has one without a name: all its trunks for outgoing calls, in their order. An outbound
route may name a trunk alone: that is a group of one, with no limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.settings.e1_lines import e1_trunks
from engine.settings.site import Site
from engine.settings.trunk_group import TrunkGroupSection

__all__ = [
    "ALL_TRUNKS",
    "GroupTrunk",
    "TrunkGroup",
    "group_chain",
    "outgoing_trunks",
    "trunk_groups",
    "usual_group",
    "way_chain",
    "way_group",
]

ALL_TRUNKS = ""
"""The name of the group that needs no setting: all trunks for outgoing calls."""


@dataclass(frozen=True)
class GroupTrunk:
    """A trunk with its channels as lines, by timeslot; an analog exchange line is a trunk of one.

    ``order``: ``ascending``, ``descending`` or ``round``, as the trunk's own settings say. ``takes_incoming``: calls also come by it.
    """

    name: str
    lines: tuple[str, ...]
    order: str = "ascending"
    takes_incoming: bool = True


@dataclass(frozen=True)
class TrunkGroup:
    """A group with its trunks in their order; those that the site has not got, or not for outgoing calls, are not among them."""

    section: TrunkGroupSection
    trunks: tuple[GroupTrunk, ...]

    @property
    def name(self) -> str:
        """Its name; empty: all trunks."""
        return self.section.name


def outgoing_trunks(site: Site) -> tuple[GroupTrunk, ...]:
    """Every trunk by which desk phones may call out: analog lines first, then E1 trunks."""
    analog = [GroupTrunk(line.name, (line.name,), takes_incoming=bool(line.flow)) for line in site.trunks if line.outgoing]
    digital = [
        GroupTrunk(
            trunk.section.name,
            tuple(line.name for line in trunk.lines),
            trunk.section.order,
            takes_incoming=trunk.section.direction == "both",
        )
        for trunk in e1_trunks(site)
        if trunk.section.outgoing
    ]
    return (*analog, *digital)


def trunk_groups(site: Site) -> Mapping[str, TrunkGroup]:
    """The site's groups by name, in their order, and last the one of all trunks (``ALL_TRUNKS``), which is always there."""
    trunks = {trunk.name: trunk for trunk in outgoing_trunks(site)}
    named = {
        section.name: TrunkGroup(section, tuple(trunks[name] for name in section.trunks if name in trunks)) for section in site.trunk_groups
    }
    return {**named, ALL_TRUNKS: TrunkGroup(TrunkGroupSection(name=ALL_TRUNKS), tuple(trunks.values()))}


def usual_group(site: Site) -> str:
    """The group that desk phones call out by: the one that the dialling codes name, else the first, else all trunks."""
    first = site.trunk_groups[0].name if site.trunk_groups else ALL_TRUNKS
    return site.desk.outside_group or first


def group_chain(groups: Mapping[str, TrunkGroup], name: str) -> Sequence[TrunkGroup]:
    """A group and those that it overflows to, one after the other, each once. A name that is not there is the group of all trunks."""
    chain: dict[str, TrunkGroup] = {}
    group = groups.get(name) or groups[ALL_TRUNKS]
    while group.name not in chain:
        chain[group.name] = group
        following = groups.get(group.section.overflow) if group.section.overflow else None
        if following is None:
            break
        group = following
    return tuple(chain.values())


def way_group(groups: Mapping[str, TrunkGroup], way: str) -> TrunkGroup | None:
    """The group that a way stands for: one of the site's, or one of a single trunk, without limits; None: there is neither."""
    alone = [trunk for trunk in groups[ALL_TRUNKS].trunks if trunk.name == way]
    return groups.get(way) or (TrunkGroup(TrunkGroupSection(name=way, trunks=(way,)), tuple(alone)) if alone else None)


def way_chain(groups: Mapping[str, TrunkGroup], ways: Sequence[str]) -> Sequence[TrunkGroup]:
    """The groups of these ways, each followed by those that it overflows to, each once. When none is there: the group of all trunks."""
    chain: dict[str, TrunkGroup] = {}
    for way in ways:
        group = way_group(groups, way)
        for one in group_chain({**groups, way: group}, way) if group is not None else ():
            chain.setdefault(one.name, one)
    return tuple(chain.values()) or (groups[ALL_TRUNKS],)
