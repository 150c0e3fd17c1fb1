"""What must fit together in numbering and routing: a part of the rules in ``checks.py``.

A rule yields ``(path, text)`` for each place that breaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from engine.kernel.text import Text, text
from engine.settings.faults import Path, path_shown
from engine.settings.number_patterns import NumberPattern, common, parse_pattern, shown_pattern
from engine.settings.site import InboundRouteSection, OutboundRouteSection, Site
from engine.settings.targets import target_fault, targets_of
from engine.settings.ways import trunk_names, way_names

__all__ = ["ROUTING_RULES", "prefix_pattern"]

Found = tuple[Path, Text]
LISTED_MOST = 12
ROUTES_MOST = 1000
"""Routes each way: every one is compared with those before it when they are saved."""
NAMED_LISTS = (
    ("number_lists", "name"),
    ("inbound_routes", "name"),
    ("outbound_routes", "name"),
    ("service_classes", "name"),
    ("account_codes", "code"),
)


def _distinct(values: Iterable[tuple[Path, str]]) -> Iterator[Found]:
    first: dict[str, Path] = {}
    for path, value in values:
        if value in first:
            yield path, text("{value} is given twice; the first is {first}", value=value, first=path_shown(first[value]))
        else:
            first[value] = path


def _names_of(section: str, field: str) -> Callable[[Site], Iterator[Found]]:
    def rule(site: Site) -> Iterator[Found]:
        return _distinct(((section, i, field), getattr(one, field)) for i, one in enumerate(getattr(site, section)))

    return rule


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:LISTED_MOST]) + (" …" if len(names) > LISTED_MOST else "") if names else "-"


def _named(path: Path, what: Text, names: Iterable[str], known: Sequence[str]) -> Iterator[Found]:
    for j, name in enumerate(names):
        if name not in known:
            said = text("there is no {kind} {name}; expected one of {known}", kind=what, name=name, known=_listed(known))
            yield (*path, j), said


def _one_named(path: Path, what: Text, name: str, known: Sequence[str]) -> Iterator[Found]:
    if name and name not in known:
        yield path, text("there is no {kind} {name}; expected one of {known}", kind=what, name=name, known=_listed(known))


def _few(site: Site) -> Iterator[Found]:
    for section in ("inbound_routes", "outbound_routes"):
        if len(getattr(site, section)) > ROUTES_MOST:
            yield (section,), text("more than {most} routes are not possible: put numbers that go the same way into one", most=ROUTES_MOST)


# ---- inbound ----------------------------------------------------------------------------------------------------------


def _inbound_names(site: Site) -> Iterator[Found]:
    """What an inbound route refers to is there."""
    conditions = [one.name for one in site.time_conditions]
    for i, route in enumerate(site.inbound_routes):
        at: Path = ("inbound_routes", i)
        yield from _named((*at, "trunks"), text("trunk"), route.trunks, trunk_names(site))
        yield from _named((*at, "lists"), text("number list"), route.lists, [one.name for one in site.number_lists])
        yield from _one_named((*at, "condition"), text("time condition"), route.condition, conditions)


def _targets(site: Site) -> Iterator[Found]:
    """Every target is there."""
    for i, route in enumerate(site.inbound_routes):
        for field, target in targets_of(route):
            path: Path = ("inbound_routes", i, field)
            fault = target_fault(site, target)
            if fault is not None:
                yield path, fault
            elif target.kind == "outside" and not site.numbering.outside_class:
                yield path, text("calls are led outside only when a class of service says how far: set numbering.outside_class")
    yield from _one_named(
        ("numbering", "outside_class"), text("class of service"), site.numbering.outside_class, [one.name for one in site.service_classes]
    )


def _circles(site: Site) -> Iterator[Found]:
    """Routes that lead to routes come to an end."""
    leads = {route.name: {target.name for _field, target in targets_of(route) if target.kind == "route"} for route in site.inbound_routes}
    for i, route in enumerate(site.inbound_routes):
        for field, target in targets_of(route):
            way = _way_back(leads, target.name, route.name) if target.kind == "route" else None
            if way is not None:
                shown = " → ".join([route.name, *way])
                yield ("inbound_routes", i, field), text("the routes lead in a circle ({way}): let one of them lead elsewhere", way=shown)


def _way_back(leads: dict[str, set[str]], begin: str, end: str) -> list[str] | None:
    """The names from ``begin`` to ``end``; None when there is no way."""
    seen: dict[str, str] = {begin: ""}
    waiting = [begin]
    while waiting:
        name = waiting.pop(0)
        if name == end:
            way = [name]
            while seen[way[0]]:
                way.insert(0, seen[way[0]])
            return way
        for following in sorted(leads.get(name, ())):
            if following not in seen:
                seen[following] = name
                waiting.append(following)
    return None


_CONDITIONS = ("trunks", "called", "callers", "areas", "lists")
Conditions = tuple[frozenset[str], ...]


def _covers(first: InboundRouteSection, wide: Conditions, second: InboundRouteSection, narrow: Conditions) -> bool:
    """True when every call that fits the second fits the first; each with its conditions as sets."""
    if any(ours and not (theirs and theirs <= ours) for ours, theirs in zip(wide, narrow, strict=True)):
        return False
    if first.vip not in {"any", second.vip}:
        return False
    return not first.condition or (first.condition, first.when) == (second.condition, second.when)


def _never_reached(site: Site) -> Iterator[Found]:
    """A route behind one that takes all its calls is a mistake. One that another leads to has its use."""
    led_to = {target.name for route in site.inbound_routes for _field, target in targets_of(route) if target.kind == "route"}
    sets = [tuple(frozenset(getattr(route, name)) for name in _CONDITIONS) for route in site.inbound_routes]
    for i, route in enumerate(site.inbound_routes):
        before = next((one for one, wide in zip(site.inbound_routes[:i], sets, strict=False) if _covers(one, wide, route, sets[i])), None)
        if before is not None and route.name not in led_to:
            said = text("no call ever comes here: {other} before it takes every one; change the order or the conditions", other=before.name)
            yield ("inbound_routes", i, "name"), said


# ---- outbound ---------------------------------------------------------------------------------------------------------


def _outbound(site: Site) -> Iterator[Found]:
    """An outbound route names ways that there are, and its digits add up."""
    usable = way_names(site)
    every = (*usable, *(name for name in trunk_names(site) if name not in usable))
    for i, route in enumerate(site.outbound_routes):
        at: Path = ("outbound_routes", i)
        yield from _named((*at, "ways"), text("trunk group, exchange line or E1 trunk"), route.ways, every)
        for j, name in enumerate(route.ways):
            if name in every and name not in usable:
                yield (*at, "ways", j), text("{name} carries no outgoing calls: let it carry them, or take it out of the route", name=name)
        if route.most_digits < route.least_digits:
            said = text("{most} digits at most are fewer than {least} at least", most=route.most_digits, least=route.least_digits)
            yield (*at, "most_digits"), said
        if route.strip_digits >= max(route.least_digits, 1) and not route.prepend:
            said = text("nothing would be left to dial of a number with {least} digits", least=route.least_digits)
            yield (*at, "strip_digits"), said


def _ambiguous(site: Site) -> Iterator[Found]:
    """Where the longest beginning decides nothing, the numbers in question are named."""
    alike: dict[object, list[tuple[OutboundRouteSection, NumberPattern]]] = {}
    for i, route in enumerate(site.outbound_routes):
        pattern = prefix_pattern(route)
        before = alike.setdefault(pattern.weight, [])
        for other, theirs in before:
            numbers = _shared(other, theirs, route, pattern)
            if numbers:
                said = text("{numbers} would fit this route and {other} alike: no beginning is longer", numbers=numbers, other=other.name)
                yield ("outbound_routes", i, "prefix"), said
        before.append((route, pattern))


def _shared(first: OutboundRouteSection, ours: NumberPattern, second: OutboundRouteSection, theirs: NumberPattern) -> str:
    """The numbers that fit both routes, whose beginnings count alike, for a person; empty for none."""
    least, most = max(first.least_digits, second.least_digits), min(first.most_digits, second.most_digits)
    both = common(ours, theirs) if least <= most else None
    if both is None or most < len(both.places):
        return ""
    least = max(least, len(both.places))
    digits = str(least) if least == most else f"{least}–{most}"
    return f"{shown_pattern(both)} ({digits})"


def prefix_pattern(route: OutboundRouteSection) -> NumberPattern:
    """The numbers that an outbound route's beginning fits."""
    return parse_pattern(route.prefix + ".")


# ---- classes of service, lists ----------------------------------------------------------------------------------------


def _classes(site: Site) -> Iterator[Found]:
    """A phone and an agent have one class, and a PIN tells one class."""
    conditions = [one.name for one in site.time_conditions]
    stations = [one.name for one in site.stations]
    agents = [one.number for one in site.agents]
    for i, one in enumerate(site.service_classes):
        at: Path = ("service_classes", i)
        yield from _one_named((*at, "hours"), text("time condition"), one.hours, conditions)
        yield from _named((*at, "phones"), text("phone"), one.phones, stations)
        yield from _named((*at, "agents"), text("agent"), one.agents, agents)
    for field in ("phones", "agents"):
        yield from _distinct(
            (("service_classes", i, field, j), name)
            for i, one in enumerate(site.service_classes)
            for j, name in enumerate(getattr(one, field))
        )
    pins: dict[str, str] = {}
    for i, one in enumerate(site.service_classes):
        if one.pin and one.pin in pins:
            yield (
                ("service_classes", i, "pin"),
                text("{other} has this PIN already: it would not be known which class is meant", other=pins[one.pin]),
            )
        elif one.pin:
            pins[one.pin] = one.name


def _accounts(site: Site) -> Iterator[Found]:
    """Whoever must name an account can."""
    for i, one in enumerate(site.service_classes):
        if one.account_needed and not site.account_codes:
            yield ("service_classes", i, "account_needed"), text("there is no account code yet: nobody of this class could call outside")


ROUTING_RULES = (
    *((_names_of(section, field), frozenset({section})) for section, field in NAMED_LISTS),
    (_few, frozenset({"inbound_routes", "outbound_routes"})),
    (_inbound_names, frozenset({"inbound_routes", "trunks", "e1_trunks", "number_lists", "time_conditions"})),
    (_targets, frozenset({"inbound_routes", "numbering", "disa", "service_classes", "stations", "queues", "flows"})),
    (_circles, frozenset({"inbound_routes"})),
    (_never_reached, frozenset({"inbound_routes"})),
    (_outbound, frozenset({"outbound_routes", "trunk_groups", "trunks", "e1_trunks", "spans"})),
    (_ambiguous, frozenset({"outbound_routes"})),
    (_classes, frozenset({"service_classes", "time_conditions", "stations", "agents"})),
    (_accounts, frozenset({"service_classes", "account_codes"})),
)
"""Every rule with the top-level fields that it reads."""
