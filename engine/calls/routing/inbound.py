"""Where a call from outside goes: the first inbound route whose conditions all fit, then on from what is busy or does not work. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from engine.calls.routing.area import Area
from engine.calls.routing.decision import HOPS_MOST, Decision, IncomingCall, Outcome, RoutingState, Step, target_said
from engine.calls.routing.numbers import whole_number
from engine.calls.routing.opening import Opening, opening
from engine.calls.routing.plan import SiteRouting
from engine.settings.site import InboundRouteSection
from engine.settings.targets import Target, parse_target

__all__ = ["lists_with", "next_target", "route_incoming"]

FIELDS: Mapping[str, str] = {"busy": "on_busy", "no_answer": "on_no_answer", "out_of_service": "on_out_of_service"}
"""Which field of a route says where a call goes on to."""


@dataclass(frozen=True)
class _Found:
    """What is known of a call before the routes are looked at."""

    trunk: str
    called: frozenset[str]
    callers: frozenset[str]
    area: Area | None
    lists: frozenset[str]
    vip: bool


def route_incoming(call: IncomingCall, routing: SiteRouting, now: datetime, state: RoutingState) -> Decision:
    """The decision for a call from outside. Every route up to the one that fits is a step."""
    caller = "" if call.doubtful else whole_number(call.caller, routing.site.numbering.area_code)
    called = call.called or routing.numbers_by_trunk.get(call.trunk, "")
    area = routing.areas.area_of(caller) if caller else None
    lists = lists_with(routing, caller, state)
    steps = [Step("call_in", call.line, called or "-"), *_caller_steps(call, caller, area)]
    refused = _black(routing, lists, steps)
    if refused:
        return Decision(Outcome.REFUSED, refused, "black_list", steps=tuple(steps))
    found = _Found(
        call.trunk,
        _names(routing.called.find(called)),
        _names(routing.callers.find(caller)) if caller else frozenset(),
        area,
        lists,
        any(routing.lists[name].kind == "vip" for name in lists if name in routing.lists),
    )
    openings: dict[str, Opening] = {}
    for route in routing.site.inbound_routes:
        against = _against(route, found) or _at_this_time(route, routing, now, state, openings)
        if against.what.startswith("fits"):
            steps.append(against)
            return _settled(Decision(Outcome.TARGET, route.name), parse_target(route.target), routing, state, steps)
        steps.append(against)
    return Decision(Outcome.USUAL, steps=(*steps, Step("no_route_in")))


def _names(found: Sequence[tuple[object, str]]) -> frozenset[str]:
    return frozenset(name for _pattern, name in found)


def _caller_steps(call: IncomingCall, caller: str, area: Area | None) -> list[Step]:
    if call.doubtful:
        return [Step("caller_doubtful")]
    names = dict.fromkeys((area.shown("zh"), area.shown("en"))) if area else {}
    return [Step("caller", caller or "-", f" ({' / '.join(names)})" if names else "")]


def lists_with(routing: SiteRouting, number: str, state: RoutingState) -> frozenset[str]:
    """The lists that a whole number is on."""
    if not number:
        return frozenset()
    later = {name for name, numbers in state.listed.items() if number in numbers}
    return _names(routing.listed.find(number)) | later


def _black(routing: SiteRouting, lists: frozenset[str], steps: list[Step]) -> str:
    """The black list that refuses the call; empty when none does."""
    counting = sorted(name for name in lists if name in routing.lists and routing.lists[name].direction != "outgoing")
    white = [name for name in counting if routing.lists[name].kind == "white"]
    black = [name for name in counting if routing.lists[name].kind == "black"]
    if white:
        steps.append(Step("caller_white", white[0]))
        return ""
    if black:
        steps.append(Step("caller_black", black[0]))
        return black[0]
    return ""


def _against(route: InboundRouteSection, found: _Found) -> Step | None:
    """What of the call itself speaks against a route; None for nothing."""
    if route.trunks and found.trunk not in route.trunks:
        return Step("not_trunk", route.name, ", ".join(route.trunks))
    if route.called and route.name not in found.called:
        return Step("not_called", route.name)
    if route.callers and route.name not in found.callers:
        return Step("not_caller", route.name)
    if route.areas and not (found.area and any(found.area.is_called(name) for name in route.areas)):
        return Step("not_area", route.name, ", ".join(route.areas))
    if route.lists and not found.lists.intersection(route.lists):
        return Step("not_list", route.name, ", ".join(route.lists))
    if route.vip == "yes" and not found.vip:
        return Step("not_vip", route.name)
    if route.vip == "no" and found.vip:
        return Step("vip", route.name)
    return None


def _at_this_time(
    route: InboundRouteSection, routing: SiteRouting, now: datetime, state: RoutingState, openings: dict[str, Opening]
) -> Step:
    """What the time says of a route whose other conditions fit. ``openings`` keeps what was found out."""
    condition = routing.conditions.get(route.condition)
    if condition is None:
        return Step("fits", route.name)
    if condition.name not in openings:
        openings[condition.name] = opening(condition, routing.calendar, now, state.switched.get(condition.name, ""))
    at = openings[condition.name]
    if route.when == "open":
        return Step("fits_open" if at.open else "not_open", route.name, at.why)
    return Step("not_closed" if at.open else "fits_closed", route.name, at.why)


def _settled(decision: Decision, target: Target, routing: SiteRouting, state: RoutingState, steps: list[Step]) -> Decision:
    """From a route's target on to the one that can take the call now."""
    route = routing.inbound[decision.rule]
    hops = decision.hops
    made = partial(Decision, Outcome.TARGET)
    steps.append(Step("goes_to", route.name, target_said(target)))
    while True:
        hops += 1
        if hops > HOPS_MOST:
            steps.append(Step("too_many_hops", found=HOPS_MOST))
            return Decision(Outcome.REFUSED, route.name, "too_many_hops", hops=hops, steps=tuple(steps))
        if target.kind == "route":
            route = routing.inbound[target.name]
            target = parse_target(route.target)
            steps.append(Step("goes_on", route.name, target_said(target)))
            continue
        event = _trouble(target, state)
        onward = getattr(route, FIELDS[event]) if event else ""
        if not onward:
            if event:
                steps.append(Step(f"{event}_stays", str(target)))
            return made(route.name, target=target, hops=hops, steps=tuple(steps))
        following = parse_target(onward)
        steps.append(Step(event, str(target), target_said(following)))
        target = following


def _trouble(target: Target, state: RoutingState) -> str:
    if str(target) in state.out_of_service:
        return "out_of_service"
    return "busy" if str(target) in state.busy else ""


def next_target(decision: Decision, event: str, routing: SiteRouting, state: RoutingState) -> Decision | None:
    """Where a call goes on to after ``busy``, ``no_answer`` or ``out_of_service`` at the target of an earlier decision; None: nowhere."""
    route = routing.inbound.get(decision.rule)
    onward = getattr(route, FIELDS[event]) if route is not None else ""
    if not onward or decision.target is None:
        return None
    following = parse_target(onward)
    if following == decision.target:
        return None
    steps = [Step(event, str(decision.target), target_said(following))]
    return _settled(replace(decision, steps=()), following, routing, state, steps)
