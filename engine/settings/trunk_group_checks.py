"""What must fit together between trunk groups and the rest of a site: a part of the rules in ``checks.py``.

A rule yields ``(path, text)`` for each place that breaks it.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.kernel.text import Text, text
from engine.settings.faults import Path
from engine.settings.site import Site
from engine.settings.trunk_groups import ALL_TRUNKS, TrunkGroup, group_chain, trunk_groups

__all__ = ["TRUNK_GROUP_RULES"]

Found = tuple[Path, Text]
LISTED_MOST = 12


def _listed(names: list[str]) -> str:
    return ", ".join(names[:LISTED_MOST]) + (" …" if len(names) > LISTED_MOST else "") if names else "-"


def _names(site: Site) -> Iterator[Found]:
    seen: set[str] = set()
    for i, section in enumerate(site.trunk_groups):
        if section.name in seen:
            yield ("trunk_groups", i, "name"), text("there is another trunk group of this name")
        seen.add(section.name)


def _trunks(site: Site) -> Iterator[Found]:
    """Every trunk is there, carries outgoing calls, and stands in the group once."""
    usable = [trunk.name for trunk in trunk_groups(site)[ALL_TRUNKS].trunks]
    every = {line.name for line in site.trunks} | {trunk.name for trunk in site.e1_trunks}
    for i, section in enumerate(site.trunk_groups):
        if not section.trunks:
            yield ("trunk_groups", i, "trunks"), text("the group has no trunk; name some of {known}", known=_listed(usable))
        for j, name in enumerate(section.trunks):
            path = ("trunk_groups", i, "trunks", j)
            if name not in every:
                yield path, text("there is no exchange line or E1 trunk {name}; expected some of {known}", name=name, known=_listed(usable))
            elif name not in usable:
                yield path, text("{name} carries no outgoing calls: let it carry them, or take it out of the group", name=name)
            elif name in section.trunks[:j]:
                yield path, text("{name} is in the group already", name=name)


def _overflows(site: Site) -> Iterator[Found]:
    """Where a group overflows to is there, and does not lead back."""
    groups = trunk_groups(site)
    known = [section.name for section in site.trunk_groups]
    for i, section in enumerate(site.trunk_groups):
        path = ("trunk_groups", i, "overflow")
        if section.overflow and section.overflow not in known:
            others = [name for name in known if name != section.name]
            yield path, text("there is no trunk group {name}; expected one of {known}", name=section.overflow, known=_listed(others))
        elif section.overflow and group_chain(groups, section.name)[-1].section.overflow == section.name:
            way = " → ".join([*(group.name for group in group_chain(groups, section.name)), section.name])
            yield path, text("the groups overflow in a circle ({way}): let one of them overflow to none", way=way)


def _reserves(site: Site) -> Iterator[Found]:
    """What is kept for incoming calls can be used by them, and leaves something to outgoing ones."""
    for i, group in enumerate(list(trunk_groups(site).values())[:-1]):
        said = _reserve_fault(group)
        if said is not None:
            yield ("trunk_groups", i, "reserved"), said


def _reserve_fault(group: TrunkGroup) -> Text | None:
    reserved = group.section.reserved
    every = sum(len(trunk.lines) for trunk in group.trunks)
    incoming = sum(len(trunk.lines) for trunk in group.trunks if trunk.takes_incoming)
    if not reserved or not every:
        return None
    if reserved > incoming:
        return text(
            "{reserved} channels cannot be kept: only {count} of the group take incoming calls (exchange lines with a flow, E1 trunks in both"
            " directions)",
            reserved=reserved,
            count=incoming,
        )
    if reserved >= every:
        return text("the group has {count} channels: keep fewer, or it carries no outgoing call at all", count=every)
    return None


def _usual(site: Site) -> Iterator[Found]:
    known = [section.name for section in site.trunk_groups]
    if site.desk.outside_group and site.desk.outside_group not in known:
        said = text("there is no trunk group {name}; expected one of {known}", name=site.desk.outside_group, known=_listed(known))
        yield ("desk", "outside_group"), said


TRUNK_GROUP_RULES = (
    (_names, frozenset({"trunk_groups"})),
    (_trunks, frozenset({"trunk_groups", "trunks", "e1_trunks", "spans"})),
    (_overflows, frozenset({"trunk_groups", "trunks", "e1_trunks", "spans"})),
    (_reserves, frozenset({"trunk_groups", "trunks", "e1_trunks", "spans"})),
    (_usual, frozenset({"trunk_groups", "desk"})),
)
"""Every rule with the top-level fields that it reads."""
