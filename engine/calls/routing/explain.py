"""The dry run: where a call from one number to another would go at some moment, and why, without calling. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.calls.charging.charge import estimate
from engine.calls.charging.memory import MeteredCall
from engine.calls.charging.meter import charged_call
from engine.calls.routing.decision import Decision, IncomingCall, Outcome, OutgoingCall, RoutingState, outcome_said, step_said
from engine.calls.routing.plan import SiteRouting
from engine.calls.routing.route import route
from engine.calls.services.decision import Caller, RingState, ring_step_said, ringing_said
from engine.calls.services.memory import ExtensionServices
from engine.calls.services.ringing import ringing, seen_by_routes
from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text
from engine.settings.e1_lines import e1_trunks
from engine.settings.service_checks import called_target
from engine.settings.site import Site, StationSection
from engine.settings.targets import Target
from engine.settings.ways import trunk_names

__all__ = ["NUMBER_MOST", "Explanation", "SetNow", "explain", "moment_of"]

NUMBER_MOST = 40
RINGING_KINDS = frozenset({"extension", "group"})
"""Kinds of targets at which phones ring by what is set there."""
_FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True)
class SetNow:
    """What users have set for their extensions, and to which extensions in conversation another call can be announced."""

    services: Mapping[str, ExtensionServices] = field(default_factory=dict)
    can_wait: frozenset[str] = frozenset()


NOTHING = SetNow()


@dataclass(frozen=True)
class Explanation:
    """``direction``: ``in``, ``out`` or ``inside``; ``said`` is the decision, ``steps`` the way to it. ``decision`` is None inside;
    ``cost``: what it costs from then on, None where the site has no tariff for such calls.
    """

    direction: str
    at: datetime
    said: Text
    steps: tuple[Text, ...]
    decision: Decision | None
    cost: Text | None = None


def moment_of(written: str, now: datetime) -> datetime:
    """The moment that a person means: ``2027-02-17 09:00``, ``09:00`` of today, or nothing for now. Raises BadInput."""
    if not written.strip():
        return now
    given = written.strip()
    for form in _FORMS:
        try:
            return datetime.strptime(given, form)  # noqa: DTZ007  # local time of the site, which has no zone of its own
        except ValueError:
            continue
    try:
        clock = datetime.strptime(given, "%H:%M")  # noqa: DTZ007  # the same
    except ValueError:
        raise BadInput(text("{time} is no time; write it as 2027-02-17 09:00 or 09:00.", time=repr(given[:NUMBER_MOST]))) from None
    return now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)


def explain(
    routing: SiteRouting, state: RoutingState, now: datetime, caller: str, called: str, line: str = "", set_now: SetNow = NOTHING
) -> Explanation:
    """The decision in words, up to the phones that ring. ``caller`` an extension or a phone's name: a call from inside; any other: from outside, by ``line`` (a trunk or a line;
    empty: the one whose number is called, else the first). Raises BadInput for what cannot be a call.
    """
    if len(caller) > NUMBER_MOST or not 0 < len(called) <= NUMBER_MOST:
        raise BadInput(text("A number has 1 to {most} digits.", most=NUMBER_MOST))
    station = next((one for one in routing.site.stations if caller and caller in {one.extension, one.name}), None)
    if station is not None:
        return _from_inside(routing, state, now, station, called, set_now)
    at, trunk = _line(routing.site, line, called)
    ring_state = RingState(state, set_now.services, set_now.can_wait)
    found = _shown("in", now, route(IncomingCall(at, trunk, caller, called), routing, now, seen_by_routes(routing, ring_state)))
    found = replace(found, cost=_cost(MeteredCall(outgoing=False, line=at, called=called, other=caller), routing, now))
    target = found.decision.target if found.decision else None
    if target is None or target.kind not in RINGING_KINDS:
        return found
    rings = ringing(target, Caller(caller), routing, now, ring_state)
    return replace(found, steps=(*found.steps, *map(ring_step_said, rings.steps), ringing_said(rings)))


def _from_inside(
    routing: SiteRouting, state: RoutingState, now: datetime, station: StationSection, called: str, set_now: SetNow
) -> Explanation:
    target = called_target(routing.site, called)
    if target is not None and target.kind in RINGING_KINDS:
        return _rung_inside(routing, state, now, station, target, called, set_now)
    prefix = routing.site.desk.outside_prefix
    if called not in routing.emergency and not called.startswith(prefix):
        said = text("There is no such extension, and no outside line is wanted: {prefix} comes before numbers outside.", prefix=prefix)
        return Explanation("inside", now, said, (), None)
    number = called if called in routing.emergency else called.removeprefix(prefix)
    if not number:
        raise BadInput(text("A number has 1 to {most} digits.", most=NUMBER_MOST))
    decision = route(OutgoingCall(station.name, number), routing, now, state)
    found = _shown("out", now, decision)
    if decision.outcome is not Outcome.OUT:
        return found
    way = decision.ways[0] if decision.ways else ""
    call = MeteredCall(outgoing=True, line=way, called=number, group=way, route=decision.rule)
    return replace(found, cost=_cost(call, routing, now))


def _cost(call: MeteredCall, routing: SiteRouting, now: datetime) -> Text | None:
    """By the first way; another one that it overflows to may cost something else."""
    return estimate(replace(charged_call(call, 0, routing), answered=now), routing)


def _rung_inside(
    routing: SiteRouting, state: RoutingState, now: datetime, station: StationSection, target: Target, called: str, set_now: SetNow
) -> Explanation:
    caller = Caller(station.extension, inside=True)
    rings = ringing(target, caller, routing, now, RingState(state, set_now.services, set_now.can_wait))
    other = next((one for one in routing.site.stations if one.extension == called), None)
    said = ringing_said(rings)
    if other is not None and rings.stages and [str(device) for device in rings.stages[0].devices] == [str(target)]:
        said = text("It rings extension {extension} ({phone}).", extension=other.extension, phone=other.name)
    step = text("{number} is an extension: no rule for calls outside counts.", number=called)
    if target.kind == "group":
        step = text("{number} is a ring group: no rule for calls outside counts.", number=called)
    return Explanation("inside", now, said, (step, *map(ring_step_said, rings.steps)), None)


def _line(site: Site, line: str, called: str) -> tuple[str, str]:
    """The line and its trunk."""
    trunk_of = {one.name: trunk.section.name for trunk in e1_trunks(site) for one in trunk.lines}
    trunks = trunk_names(site)
    if line:
        if line not in trunks and line not in trunk_of:
            raise BadInput(text("There is no line {line}; there are {known}.", line=line[:NUMBER_MOST], known=", ".join(trunks) or "-"))
        return line, trunk_of.get(line, line)
    numbers = {one.number: one.name for one in site.e1_trunks} | {one.number: one.name for one in site.trunks}
    found = numbers.get(called) or (trunks[0] if trunks else "-")
    return found, found


def _shown(direction: str, now: datetime, decision: Decision) -> Explanation:
    return Explanation(direction, now, outcome_said(decision), tuple(step_said(step) for step in decision.steps), decision)
