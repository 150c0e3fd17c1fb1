"""What must fit together in supplementary services: a part of the rules in ``checks.py``; and what a number that is dialled at a desk phone calls.

A rule yields ``(path, text)`` for each place that breaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields

from engine.kernel.text import Text, text
from engine.settings.faults import Path, path_shown
from engine.settings.services import ServiceCodesSection
from engine.settings.site import Site
from engine.settings.targets import Target, parse_target, target_fault

__all__ = ["SERVICE_RULES", "called_target", "may_pick_up", "service_codes"]

Found = tuple[Path, Text]
LISTED_MOST = 12
MEMBERS_MOST = 32
"""As many as may be in one conference: what rings is a call with that many legs."""


def called_target(site: Site, number: str) -> Target | None:
    """What a number calls that is dialled at a desk phone with the outside prefix: an extension, a ring group, a number outside; None: nothing."""
    if any(one.extension == number for one in site.stations):
        return Target("extension", number)
    group = next((one for one in site.ring_groups if one.number and one.number == number), None)
    if group is not None:
        return Target("group", group.name)
    prefix = site.desk.outside_prefix
    outside = number.removeprefix(prefix)
    return Target("outside", outside) if number.startswith(prefix) and len(outside) > 1 else None


def may_pick_up(site: Site, taker: str, ringing: str) -> bool:
    """True when the user of an extension may take what rings at another: they are in one group, or the site has no groups."""
    return not site.pick_up_groups or any({taker, ringing} <= set(one.members) for one in site.pick_up_groups)


def service_codes(section: ServiceCodesSection) -> Iterator[tuple[str, str]]:
    """The codes that are not empty, each with its field."""
    for field in fields(section):
        value = getattr(section, field.name)
        if isinstance(value, str) and value:
            yield field.name, value


def _distinct(values: Iterable[tuple[Path, str]]) -> Iterator[Found]:
    first: dict[str, Path] = {}
    for path, value in values:
        if value in first:
            yield path, text("{value} is given twice; the first is {first}", value=value, first=path_shown(first[value]))
        elif value:
            first[value] = path


def _keys(section: str, field: str) -> Callable[[Site], Iterator[Found]]:
    def rule(site: Site) -> Iterator[Found]:
        return _distinct(((section, i, field), getattr(one, field)) for i, one in enumerate(getattr(site, section)))

    return rule


def _extensions_named(path: Path, names: Sequence[str], site: Site) -> Iterator[Found]:
    """Extensions that there are, each once."""
    known = [one.extension for one in site.stations]
    for j, name in enumerate(names):
        if name not in known:
            listed = ", ".join(known[:LISTED_MOST]) + (" …" if len(known) > LISTED_MOST else "")
            said = text("there is no {kind} {name}; expected one of {known}", kind=text("extension"), name=name, known=listed or "-")
            yield (*path, j), said
    yield from _distinct(((*path, j), name) for j, name in enumerate(names))


def _groups(site: Site) -> Iterator[Found]:
    """A group has members that can ring, and a number of its own."""
    for i, group in enumerate(site.ring_groups):
        at: Path = ("ring_groups", i)
        yield from _extensions_named((*at, "members"), group.members, site)
        if not group.members:
            yield (*at, "members"), text("nobody would ring: name at least one extension")
        if len(group.members) > MEMBERS_MOST:
            yield (*at, "members"), text("more than {most} members cannot ring for one call", most=MEMBERS_MOST)
        if group.on_no_answer:
            fault = target_fault(site, parse_target(group.on_no_answer))
            if fault is not None:
                yield (*at, "on_no_answer"), fault


def _pick_up_groups(site: Site) -> Iterator[Found]:
    """Members are extensions that there are."""
    for i, group in enumerate(site.pick_up_groups):
        yield from _extensions_named(("pick_up_groups", i, "members"), group.members, site)


def _group_numbers(site: Site) -> Iterator[Found]:
    """While it is dialled a group's number can be told from extensions, from other groups and from the outside prefix."""
    numbers: list[tuple[str, Path]] = [(one.extension, ("stations", i, "extension")) for i, one in enumerate(site.stations)]
    for i, group in enumerate(site.ring_groups):
        path: Path = ("ring_groups", i, "number")
        clash = next(((number, other) for number, other in numbers if _alike(group.number, number)), None)
        if clash is not None:
            said = text("{code} cannot be told from {other} ({place})", code=group.number, other=clash[0], place=path_shown(clash[1]))
            yield path, said
        if group.number.startswith(site.desk.outside_prefix):
            said = text(
                "{extension} begins with {prefix}, which is dialled before outside numbers (desk.outside_prefix)",
                extension=group.number,
                prefix=site.desk.outside_prefix,
            )
            yield path, said
        numbers.append((group.number, path))


def _group_circles(site: Site) -> Iterator[Found]:
    """Groups that lead on to groups come to an end."""
    following = {one.name: parse_target(one.on_no_answer) for one in site.ring_groups if one.on_no_answer}
    for i, group in enumerate(site.ring_groups):
        way = [group.name]
        while (target := following.get(way[-1])) is not None and target.kind == "group" and len(way) <= len(following):
            way.append(target.name)
            if target.name == group.name:
                shown = " → ".join(way)
                yield (
                    ("ring_groups", i, "on_no_answer"),
                    text("the groups lead in a circle ({way}): let one of them lead elsewhere", way=shown),
                )
                break


def _alike(first: str, second: str) -> bool:
    """True when one is the beginning of the other; an empty one is none."""
    return bool(first and second) and (first.startswith(second) or second.startswith(first))


def _called(site: Site) -> Iterator[Found]:
    """Short numbers and hot lines stand for something that can be called."""
    for section in ("speed_dials", "hot_lines"):
        for i, one in enumerate(getattr(site, section)):
            if called_target(site, one.number) is None:
                said = text(
                    "{number} is no extension, no ring group, and no number outside after {prefix}",
                    number=one.number,
                    prefix=site.desk.outside_prefix,
                )
                yield (section, i, "number"), said


def _hot_lines(site: Site) -> Iterator[Found]:
    """The phone of a hot line is there, and does not call itself."""
    extensions = {one.name: one.extension for one in site.stations}
    for i, one in enumerate(site.hot_lines):
        if one.phone not in extensions:
            known = ", ".join([*extensions][:LISTED_MOST]) or "-"
            said = text("there is no {kind} {name}; expected one of {known}", kind=text("phone"), name=one.phone, known=known)
            yield ("hot_lines", i, "phone"), said
        elif extensions[one.phone] == one.number:
            yield ("hot_lines", i, "number"), text("{extension} would call itself", extension=one.number)


def _secretaries(site: Site) -> Iterator[Found]:
    """Somebody else takes the calls."""
    for i, one in enumerate(site.secretaries):
        at: Path = ("secretaries", i)
        yield from (((*at, "boss"), said) for _path, said in _extensions_named((), [one.boss], site))
        yield from _extensions_named((*at, "secretaries"), one.secretaries, site)
        if not one.secretaries:
            yield (*at, "secretaries"), text("nobody would ring: name at least one extension")
        if one.boss in one.secretaries:
            yield (*at, "secretaries", one.secretaries.index(one.boss)), text("{extension} cannot be its own secretary", extension=one.boss)


def _codes(site: Site) -> Iterator[Found]:
    """Service codes can be told from each other and from every other code while they are dialled."""
    codes: list[tuple[str, Path]] = [
        (value, ("desk", name)) for name, value in vars(site.desk).items() if name.endswith("_code") and isinstance(value, str)
    ]
    codes += [(one.switch_code, ("time_conditions", i, "switch_code")) for i, one in enumerate(site.time_conditions)]
    for name, digits in service_codes(site.service_codes):
        code, path = f"*{digits}", ("service_codes", name)
        clash = next(((other, place) for other, place in codes if _alike(code, other)), None)
        if clash is not None:
            yield path, text("{code} cannot be told from {other} ({place})", code=code, other=clash[0], place=path_shown(clash[1]))
        codes.append((code, path))


SERVICE_RULES = (
    (_keys("ring_groups", "name"), frozenset({"ring_groups"})),
    (_keys("pick_up_groups", "name"), frozenset({"pick_up_groups"})),
    (_pick_up_groups, frozenset({"pick_up_groups", "stations"})),
    (_keys("speed_dials", "slot"), frozenset({"speed_dials"})),
    (_keys("secretaries", "boss"), frozenset({"secretaries"})),
    (_keys("hot_lines", "phone"), frozenset({"hot_lines"})),
    (_groups, frozenset({"ring_groups", "stations", "queues", "flows", "inbound_routes"})),
    (_group_numbers, frozenset({"ring_groups", "stations", "desk"})),
    (_group_circles, frozenset({"ring_groups"})),
    (_called, frozenset({"speed_dials", "hot_lines", "ring_groups", "stations", "desk"})),
    (_hot_lines, frozenset({"hot_lines", "stations"})),
    (_secretaries, frozenset({"secretaries", "stations"})),
    (_codes, frozenset({"service_codes", "desk", "time_conditions"})),
)
"""Every rule with the top-level fields that it reads."""
