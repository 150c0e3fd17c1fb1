"""``strowger bench routing``: how long a decision takes on a site with many routes, over many numbers.

The site is made from the seed: half of the routes look at called numbers, callers, lists and hours, and the numbers are such that every route is
looked at by many of them. Each decision is timed by itself, and gives all its steps, as it does for calls.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from appliance.texts import Translate
from engine.calls.routing.decision import IncomingCall, OutgoingCall, RoutingState
from engine.calls.routing.plan import SiteRouting, compile_routing
from engine.calls.routing.route import route
from engine.settings.routes import InboundRouteSection, NumberListSection, OutboundRouteSection
from engine.settings.service_class import ServiceClassSection
from engine.settings.site import QueueSection, Site, TrunkSection
from engine.settings.time_condition import TimeConditionSection

__all__ = ["P99_MOST_MS", "a_large_site", "measure_routing", "routing_shown"]

P99_MOST_MS = 1.0
NS_A_MS = 1_000_000
NOW = datetime(2027, 2, 17, 9, 0)  # noqa: DTZ001  # local time of a site
LISTED = 10_000


def a_large_site(routes: int, chance: random.Random) -> Site:
    """A sound site with so many routes for calls from outside and as many for calls outside."""
    calls_in = tuple(
        InboundRouteSection(
            name=f"in-{number}",
            called=(f"400820{number:04d}",) if number % 2 else (),
            callers=(f"1{chance.randrange(30, 100)}{number:04d}.",) if not number % 2 else (),
            condition="hours" if number % 3 == 0 else "",
            lists=("known",) if number % 5 == 0 else (),
            target="queue:service",
        )
        for number in range(routes)
    )
    calls_out = tuple(OutboundRouteSection(name=f"out-{number}", prefix=f"0{200 + number}") for number in range(routes - 1))
    return Site(
        trunks=(TrunkSection(name="line-1", channel=1),),
        queues=(QueueSection(name="service"),),
        time_conditions=(TimeConditionSection(name="hours"),),
        number_lists=(NumberListSection(name="known", numbers=tuple(f"139{chance.randrange(10**8):08d}" for _ in range(LISTED))),),
        inbound_routes=calls_in,
        outbound_routes=(*calls_out, OutboundRouteSection(name="rest")),
        service_classes=(ServiceClassSection(name="all", level="international"),),
    )


def measure_routing(routes: int, numbers: int, seed: int) -> dict[str, Any]:
    """Decide for so many calls in each direction, and say how long it took. ``met``: 99 of 100 decisions took at most 1 ms of the processor."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    site = a_large_site(routes, chance)
    began_ns = time.perf_counter_ns()
    routing = compile_routing(site)
    compile_ms = (time.perf_counter_ns() - began_ns) / NS_A_MS
    figures: dict[str, Any] = {"routes": routes, "numbers": numbers, "seed": seed, "compile_ms": round(compile_ms, 3)}
    ways: Mapping[str, Callable[[], IncomingCall | OutgoingCall]] = {
        "incoming": lambda: IncomingCall("line-1", "line-1", _caller(chance, routes), f"400820{chance.randrange(2 * routes):04d}"),
        "outgoing": lambda: OutgoingCall("phone-1", f"0{chance.randrange(100, 1000)}{chance.randrange(10**7):07d}"),
    }
    for way, make in ways.items():
        figures[way] = _spread(_timed(routing, [make() for _ in range(numbers)]))
    figures["met"] = all(figures[way]["processor_p99_ms"] <= P99_MOST_MS for way in ways)
    return figures


def _caller(chance: random.Random, routes: int) -> str:
    return f"1{chance.randrange(30, 100)}{chance.randrange(2 * routes):04d}{chance.randrange(10**4):04d}"


def _timed(routing: SiteRouting, calls: Sequence[IncomingCall | OutgoingCall]) -> tuple[list[int], list[int]]:
    """By the clock, and of the processor: another program that has the processor meanwhile is not our doing."""
    state, by_clock_ns, of_processor_ns = RoutingState(), [], []
    gc.collect()
    for call in calls:
        began_ns, began_processor_ns = time.perf_counter_ns(), time.thread_time_ns()
        route(call, routing, NOW, state)
        of_processor_ns.append(time.thread_time_ns() - began_processor_ns)
        by_clock_ns.append(time.perf_counter_ns() - began_ns)
    return sorted(by_clock_ns), sorted(of_processor_ns)


def _spread(took: tuple[Sequence[int], Sequence[int]]) -> dict[str, float]:
    def at(part: float, took_ns: Sequence[int]) -> float:
        return round(took_ns[min(len(took_ns) - 1, int(part * len(took_ns)))] / NS_A_MS, 4)

    by_clock_ns, of_processor_ns = took
    clock = {"p50_ms": at(0.50, by_clock_ns), "p99_ms": at(0.99, by_clock_ns), "max_ms": at(1.0, by_clock_ns)}
    return {**clock, "processor_p50_ms": at(0.50, of_processor_ns), "processor_p99_ms": at(0.99, of_processor_ns)}


def routing_shown(figures: Mapping[str, Any], _: Translate) -> str:
    """The same for a person."""
    lines = [_("{routes} routes, {numbers} numbers each way; compiled in {ms} ms").format(ms=figures["compile_ms"], **_counts(figures))]
    for way, name in (("incoming", _("calls from outside")), ("outgoing", _("calls outside"))):
        said = _("{name}: p50 {p50_ms} ms, p99 {p99_ms} ms, most {max_ms} ms; of the processor p99 {processor_p99_ms} ms")
        lines.append(said.format(name=name, **figures[way]))
    lines.append(_("p99 of the processor is within 1 ms.") if figures["met"] else _("p99 of the processor is above 1 ms."))
    return "\n".join(lines)


def _counts(figures: Mapping[str, Any]) -> dict[str, int]:
    return {"routes": figures["routes"], "numbers": figures["numbers"]}
