"""What must fit together in tariffs and budgets: a part of the rules in ``checks.py``.

A rule yields ``(path, text)`` for each place that breaks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.kernel.text import Text, text
from engine.settings.faults import Path, path_shown
from engine.settings.number_patterns import NumberPattern, common, parse_pattern, shown_pattern
from engine.settings.site import Site, TimeConditionSection
from engine.settings.tariff import TariffBand, TariffSection
from engine.settings.ways import trunk_names
from engine.settings.week import ALL_MINUTES, minute_said, open_minutes

__all__ = ["TARIFF_RULES", "rank", "tariff_patterns"]

Found = tuple[Path, Text]
LISTED_MOST = 12
TARIFFS_MOST = 300
"""Every one is compared with those before it when they are saved."""
ANY_NUMBER = parse_pattern(".")


def tariff_patterns(section: TariffSection) -> tuple[NumberPattern, ...]:
    """The called numbers that a tariff is for."""
    return tuple(parse_pattern(one) for one in section.numbers) or (ANY_NUMBER,)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:LISTED_MOST]) + (" …" if len(names) > LISTED_MOST else "") if names else "-"


def _twice(values: Iterable[tuple[Path, str]]) -> Iterator[Found]:
    first: dict[str, Path] = {}
    for path, value in values:
        if value in first:
            yield path, text("{value} is given twice; the first is {first}", value=value, first=path_shown(first[value]))
        first.setdefault(value, path)


def _names(site: Site) -> Iterator[Found]:
    for section in ("tariffs", "budgets"):
        yield from _twice(((section, i, "name"), one.name) for i, one in enumerate(getattr(site, section)))


def _few(site: Site) -> Iterator[Found]:
    if len(site.tariffs) > TARIFFS_MOST:
        yield ("tariffs",), text("more than {most} tariffs are not possible: put numbers that cost the same into one", most=TARIFFS_MOST)


def _named(path: Path, what: Text, names: Iterable[str], known: Sequence[str]) -> Iterator[Found]:
    for j, name in enumerate(names):
        if name not in known:
            yield (*path, j), text("there is no {kind} {name}; expected one of {known}", kind=what, name=name, known=_listed(known))


def _references(site: Site) -> Iterator[Found]:
    """What a tariff refers to is there."""
    trunks = (*(group.name for group in site.trunk_groups), *trunk_names(site))
    routes = [route.name for route in site.outbound_routes]
    for i, one in enumerate(site.tariffs):
        at: Path = ("tariffs", i)
        yield from _named((*at, "trunks"), text("trunk group, exchange line or E1 trunk"), one.trunks, trunks)
        yield from _named((*at, "routes"), text("outbound route"), one.routes, routes)
        if one.routes and one.direction == "incoming":
            yield (*at, "routes"), text("calls that come in go by no outbound route: take the routes out")
        elif one.pulse_li and one.direction == "incoming":
            yield (*at, "pulse_li"), text("no metering pulses come with calls that come in: let it be 0")


# ---- bands ----------------------------------------------------------------------------------------------------------------


def _bands(site: Site) -> Iterator[Found]:
    """At any time one band holds, and only one."""
    conditions = {one.name: one for one in site.time_conditions}
    for i, one in enumerate(site.tariffs):
        at: Path = ("tariffs", i, "bands")
        if not one.bands:
            yield at, text("the tariff has no band: the time of a call would have no price")
            continue
        yield from _twice(((*at, j, "name"), band.name) for j, band in enumerate(one.bands))
        unknown = [(j, band) for j, band in enumerate(one.bands) if band.condition and band.condition not in conditions]
        for j, band in unknown:
            known = _listed(list(conditions))
            said = text("there is no {kind} {name}; expected one of {known}", kind=text("time condition"), name=band.condition, known=known)
            yield (*at, j, "condition"), said
        if not unknown:
            yield from _times(at, one.bands, conditions)


def _times(at: Path, bands: Sequence[TariffBand], conditions: dict[str, TimeConditionSection]) -> Iterator[Found]:
    taken, by_name = 0, dict[str, int]()
    for j, band in enumerate(bands):
        if not taken ^ ALL_MINUTES:
            yield (*at, j), text("the band never holds: those before it hold at any time")
            continue
        held = _held(band, conditions) if band.condition else ALL_MINUTES & ~taken
        other = next((name for name, theirs in by_name.items() if theirs & held), None)
        if other is not None:
            moment = minute_said(by_name[other] & held)
            yield (
                (*at, j, "condition"),
                text("the bands {other} and {name} both hold at {moment}", other=other, name=band.name, moment=moment),
            )
        taken |= held
        by_name[band.name] = held
    if taken ^ ALL_MINUTES:
        said = text("no band holds at {moment}: add one without a time condition at the end", moment=minute_said(taken ^ ALL_MINUTES))
        yield at, said


def _held(band: TariffBand, conditions: dict[str, TimeConditionSection]) -> int:
    opened = open_minutes(conditions[band.condition])
    return opened if band.when == "open" else ALL_MINUTES & ~opened


# ---- which tariff -----------------------------------------------------------------------------------------------------


def _ambiguous(site: Site) -> Iterator[Found]:
    """Where neither the longest beginning nor what is named decides, the numbers in question are told."""
    members = {group.name: frozenset(group.trunks) for group in site.trunk_groups}
    for i, one in enumerate(site.tariffs):
        for other in site.tariffs[:i]:
            shared = _shared(other, one) if _meet(other, one, members) else None
            if shared is not None:
                numbers = shown_pattern(shared)
                said = text(
                    "calls to {numbers} would fit this tariff and {other} alike: no beginning is longer", numbers=numbers, other=other.name
                )
                yield ("tariffs", i, "numbers"), said
                break


def _meet(first: TariffSection, second: TariffSection, members: dict[str, frozenset[str]]) -> bool:
    """True when one call can fit both, as far as its number does not decide, and neither counts more."""
    if first.direction != second.direction or rank(first) != rank(second):
        return False
    trunks = [frozenset[str]().union(*(members.get(name, frozenset()) | {name} for name in one.trunks)) for one in (first, second)]
    sets = (trunks, [frozenset(one.routes) for one in (first, second)], [frozenset(one.areas) for one in (first, second)])
    return all(not ours or not theirs or ours & theirs for ours, theirs in sets)


def rank(section: TariffSection) -> int:
    """How much a tariff names beside numbers; of two with the same beginning the one that names more counts."""
    return sum(bool(named) for named in (section.trunks, section.routes, section.areas))


def _shared(first: TariffSection, second: TariffSection) -> NumberPattern | None:
    for ours in tariff_patterns(first):
        for theirs in tariff_patterns(second):
            both = common(ours, theirs) if ours.weight == theirs.weight else None
            if both is not None:
                return both
    return None


# ---- budgets ------------------------------------------------------------------------------------------------------------


def _budgets(site: Site) -> Iterator[Found]:
    """A budget is for somebody who is there, and everybody has one of a kind."""
    known = {
        "extension": (text("extension"), [one.extension for one in site.stations]),
        "agent": (text("agent"), [one.number for one in site.agents]),
        "account": (text("account code"), [one.code for one in site.account_codes]),
    }
    for i, one in enumerate(site.budgets):
        what, names = known[one.kind]
        yield from _named(("budgets", i, "names"), what, one.names, names)
        for j, name in enumerate(one.names):
            before = next((other for other in site.budgets[:i] if other.kind == one.kind and name in other.names), None)
            if before is not None:
                yield ("budgets", i, "names", j), text("{name} has the budget {other} already", name=name, other=before.name)
        before = next((other for other in site.budgets[:i] if other.kind == one.kind and not other.names and not one.names), None)
        if before is not None:
            yield ("budgets", i, "names"), text("{other} is for every one already: name whom this budget is for", other=before.name)
        if not site.tariffs:
            yield ("budgets", i), text("without a tariff no call costs anything: write the tariffs first")


def _charge_accounts(site: Site) -> Iterator[Found]:
    """One number is one account, and its class of service is there."""
    yield from _twice((("charge_accounts", i, "number"), one.number) for i, one in enumerate(site.charge_accounts))
    classes = [one.name for one in site.service_classes]
    for i, one in enumerate(site.charge_accounts):
        if one.service_class and one.service_class not in classes:
            what, known = text("class of service"), _listed(classes)
            said = text("there is no {kind} {name}; expected one of {known}", kind=what, name=one.service_class, known=known)
            yield ("charge_accounts", i, "service_class"), said
        if one.kind == "prepaid" and not site.tariffs:
            yield ("charge_accounts", i, "kind"), text("without a tariff no call costs anything: write the tariffs first")


def _disa(site: Site) -> Iterator[Found]:
    """Nobody gets a dial tone without a PIN, or without a class of service that says how far."""
    yield from _twice((("disa", i, "name"), one.name) for i, one in enumerate(site.disa))
    classes = [one.name for one in site.service_classes]
    for i, one in enumerate(site.disa):
        if one.service_class not in classes:
            what = text("class of service")
            said = text(
                "there is no {kind} {name}; expected one of {known}", kind=what, name=one.service_class or "-", known=_listed(classes)
            )
            yield ("disa", i, "service_class"), said
        if one.access == "pin" and not one.pin:
            yield ("disa", i, "pin"), text("without a PIN the whole world would call at the site's cost")
        if one.access == "account" and not site.charge_accounts:
            yield ("disa", i, "access"), text("there is no charge account yet: nobody could give one")


TARIFF_RULES = (
    (_disa, frozenset({"disa", "service_classes", "charge_accounts"})),
    (_names, frozenset({"tariffs", "budgets"})),
    (_few, frozenset({"tariffs"})),
    (_references, frozenset({"tariffs", "trunk_groups", "trunks", "e1_trunks", "outbound_routes"})),
    (_bands, frozenset({"tariffs", "time_conditions"})),
    (_ambiguous, frozenset({"tariffs", "trunk_groups"})),
    (_charge_accounts, frozenset({"charge_accounts", "service_classes", "tariffs"})),
    (_budgets, frozenset({"budgets", "tariffs", "stations", "agents", "account_codes"})),
)
"""Every rule with the top-level fields that it reads."""
