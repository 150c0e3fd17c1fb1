"""The routing of a site, compiled: made once for each version of the settings, asked for every call. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.calls.routing.area import NO_AREAS, AreaBook
from engine.calls.routing.opening import Calendar, calendar_of
from engine.calls.routing.trie import NumberTree
from engine.settings.number_patterns import NumberPattern, parse_pattern
from engine.settings.routing_checks import prefix_pattern
from engine.settings.site import (
    BudgetSection,
    InboundRouteSection,
    NumberListSection,
    OutboundRouteSection,
    ServiceClassSection,
    Site,
    TariffSection,
    TimeConditionSection,
)
from engine.settings.tariff_checks import tariff_patterns

__all__ = ["SiteRouting", "compile_routing"]


@dataclass(frozen=True)
class SiteRouting:
    """What the decisions are made of. Trees lead from numbers to names of routes, lists and classes, and to tariffs; ``budgets`` are found by whose money
    they count and its name (empty: every one's), ``extensions`` by phone.
    """

    site: Site
    emergency: frozenset[str]
    areas: AreaBook
    calendar: Calendar
    conditions: Mapping[str, TimeConditionSection]
    inbound: Mapping[str, InboundRouteSection]
    called: NumberTree[str]
    callers: NumberTree[str]
    lists: Mapping[str, NumberListSection]
    listed: NumberTree[str]
    outbound: NumberTree[OutboundRouteSection]
    classes: Mapping[str, ServiceClassSection]
    permitted: NumberTree[str]
    barred: NumberTree[str]
    class_by_phone: Mapping[str, str]
    class_by_agent: Mapping[str, str]
    class_by_pin: Mapping[str, str]
    numbers_by_trunk: Mapping[str, str]
    tariffs: NumberTree[TariffSection]
    budgets: Mapping[tuple[str, str], BudgetSection]
    extensions: Mapping[str, str]

    def budget_of(self, kind: str, name: str) -> BudgetSection | None:
        """The budget of an extension, agent or account code: its own, else that of every one."""
        return self.budgets.get((kind, name)) or self.budgets.get((kind, ""))


def compile_routing(site: Site, areas: AreaBook = NO_AREAS) -> SiteRouting:
    """Compile a sound site. ``areas``: where numbers belong to."""
    classes = site.service_classes
    return SiteRouting(
        site=site,
        emergency=frozenset(site.desk.emergency_numbers),
        areas=areas,
        calendar=calendar_of(site.holidays),
        conditions={one.name: one for one in site.time_conditions},
        inbound={one.name: one for one in site.inbound_routes},
        called=NumberTree(_patterns((one.name, one.called) for one in site.inbound_routes)),
        callers=NumberTree(_patterns((one.name, one.callers) for one in site.inbound_routes)),
        lists={one.name: one for one in site.number_lists},
        listed=NumberTree(_patterns((one.name, one.numbers) for one in site.number_lists)),
        outbound=NumberTree((prefix_pattern(one), one) for one in site.outbound_routes),
        classes={one.name: one for one in classes},
        permitted=NumberTree(_patterns((one.name, one.permitted) for one in classes)),
        barred=NumberTree(_patterns((one.name, one.barred) for one in classes)),
        class_by_phone={phone: one.name for one in classes for phone in one.phones},
        class_by_agent={agent: one.name for one in classes for agent in one.agents},
        class_by_pin={one.pin: one.name for one in classes if one.pin},
        numbers_by_trunk={**{one.name: one.number for one in site.trunks}, **{one.name: one.number for one in site.e1_trunks}},
        tariffs=NumberTree((pattern, one) for one in site.tariffs for pattern in tariff_patterns(one)),
        budgets={(one.kind, name): one for one in site.budgets for name in one.names or ("",)},
        extensions={one.name: one.extension for one in site.stations},
    )


def _patterns(named: Iterable[tuple[str, Iterable[str]]]) -> Iterator[tuple[NumberPattern, str]]:
    for name, written in named:
        yield from ((parse_pattern(one), name) for one in written)
