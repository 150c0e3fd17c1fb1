"""Whether a desk phone's call outside is permitted, which digits are dialled, and by which trunks it is tried. Pure.

The order is that of who would be harmed: an emergency call passes before anything is asked; then black lists, the route, the class of service with
its hours, the account, the limits of the day, and the money of the month.
"""

from __future__ import annotations

from datetime import datetime

from engine.calls.charging.words import money
from engine.calls.routing.decision import LEVEL_WORDS, DayUse, Decision, Outcome, OutgoingCall, RoutingState, Step
from engine.calls.routing.inbound import lists_with
from engine.calls.routing.numbers import level_of, whole_number
from engine.calls.routing.opening import USUAL_HOURS, opening
from engine.calls.routing.plan import SiteRouting
from engine.settings.service_class import LEVELS
from engine.settings.site import OutboundRouteSection, ServiceClassSection
from engine.settings.tariff import LI_A_YUAN
from engine.settings.trunk_groups import usual_group

__all__ = ["class_of", "limit_reached", "route_outgoing"]

S_A_MINUTE = 60
UNLIMITED = ServiceClassSection(
    name="-", level="international", after_hours_level="international", daily_calls_most=0, daily_talk_most_min=0, call_most_min=0
)
"""Stands for the class where a site has none."""


class _Refusal(Exception):  # the flow of the decision, never seen outside of it
    def __init__(self, rule: str, reason: str, step: Step | None = None) -> None:
        super().__init__(reason)
        self.rule, self.reason, self.step = rule, reason, step


def route_outgoing(call: OutgoingCall, routing: SiteRouting, now: datetime, state: RoutingState) -> Decision:
    """The decision for a call of a desk phone to a number outside."""
    steps = [Step("call_out", call.phone, call.number)]
    if call.number in routing.emergency:
        steps.append(Step("emergency", found=call.number))
        return Decision(Outcome.EMERGENCY, number=call.number, steps=tuple(steps))
    try:
        return _permitted(call, routing, now, state, steps)
    except _Refusal as refusal:
        if refusal.step is not None:
            steps.append(refusal.step)
        return Decision(Outcome.REFUSED, refusal.rule, refusal.reason, number=call.number, steps=tuple(steps))


def _permitted(call: OutgoingCall, routing: SiteRouting, now: datetime, state: RoutingState, steps: list[Step]) -> Decision:
    whole = whole_number(call.number, routing.site.numbering.area_code)
    _lists(whole, routing, state, steps)
    route = _route(call.number, routing, steps)
    number, ways = _dialled(call.number, route, usual_group(routing.site), steps)
    level = (
        level_of(call.number, routing.site.numbering.area_code, routing.areas) if route is None or route.level == "auto" else route.level
    )
    steps.append(Step("level", found=LEVEL_WORDS[level]))
    section = _class(call, routing, steps)
    if section is not UNLIMITED:
        _within_class(section, level, (call.number, whole), routing, now, state, steps)
    _account(call, section, routing, steps)
    _limits(section, state.today.get(call.phone, DayUse()), steps)
    _budgets(call, routing, state, steps)
    name = "" if section is UNLIMITED else section.name
    longest_s = float(section.call_most_min * S_A_MINUTE)
    rule = route.name if route is not None else ""
    return Decision(
        Outcome.OUT, rule, number=number, ways=ways, service_class=name, account=call.account, longest_s=longest_s, steps=tuple(steps)
    )


def _lists(whole: str, routing: SiteRouting, state: RoutingState, steps: list[Step]) -> None:
    counting = sorted(
        name for name in lists_with(routing, whole, state) if name in routing.lists and routing.lists[name].direction != "incoming"
    )
    white = [name for name in counting if routing.lists[name].kind == "white"]
    black = [name for name in counting if routing.lists[name].kind == "black"]
    if white:
        steps.append(Step("called_white", white[0]))
    elif black:
        raise _Refusal(black[0], "black_list", Step("called_black", black[0]))


def _route(number: str, routing: SiteRouting, steps: list[Step]) -> OutboundRouteSection | None:
    """The outbound route; None where the site has none."""
    routes = routing.site.outbound_routes
    if not routes:
        steps.append(Step("no_outbound_group" if usual_group(routing.site) else "no_outbound"))
        return None
    fitting = routing.outbound.find(number)
    long_enough = [one for one in fitting if one[1].least_digits <= len(number) <= one[1].most_digits]
    best = max(long_enough, key=lambda one: one[0].weight)[1] if long_enough else None
    prefixed = {one.name for _, one in fitting}
    for route in routes:
        if route is best:
            continue
        if route.name not in prefixed:
            steps.append(Step("not_prefix", route.name))
        elif not route.least_digits <= len(number) <= route.most_digits:
            steps.append(Step("not_length", route.name, f"{route.least_digits}–{route.most_digits}"))
        elif best is not None:
            steps.append(Step("shorter", route.name, best.name))
    if best is None:
        raise _Refusal("-", "no_route", Step("no_route_out"))
    return best


def _dialled(number: str, route: OutboundRouteSection | None, usual: str, steps: list[Step]) -> tuple[str, tuple[str, ...]]:
    """The number as it is dialled, and the ways: those of the route, else the ``usual`` group, if there is one."""
    ways = (route.ways if route is not None else ()) or ((usual,) if usual else ())
    if route is not None:
        number = route.prepend + number[route.strip_digits :]
        steps.append(Step("way_out", route.name, number))
    if ways:
        steps.append(Step("by_ways", found=", ".join(ways)))
    return number, ways


def class_of(routing: SiteRouting, phone: str, agent: str) -> ServiceClassSection:
    """The class of service of a phone, with this agent (empty: nobody) logged in; one that limits no calls where the site has none."""
    if not routing.classes:
        return UNLIMITED
    name = routing.class_by_agent.get(agent) or routing.class_by_phone.get(phone) or routing.site.service_classes[0].name
    return routing.classes[name]


def _class(call: OutgoingCall, routing: SiteRouting, steps: list[Step]) -> ServiceClassSection:
    if not routing.classes:
        if call.pin:
            raise _Refusal("-", "pin_wrong", Step("pin_wrong"))
        steps.append(Step("no_classes"))
        return UNLIMITED
    if call.pin:
        name = routing.class_by_pin.get(call.pin)
        if name is None:
            raise _Refusal("-", "pin_wrong", Step("pin_wrong"))
        steps.append(Step("class_by_pin", name))
    elif call.service_class in routing.classes:
        name = call.service_class
        steps.append(Step("class_of_charge_account", name, call.charge_account))
    elif call.agent and call.agent in routing.class_by_agent:
        name = routing.class_by_agent[call.agent]
        steps.append(Step("class_of_agent", name))
    elif call.phone in routing.class_by_phone:
        name = routing.class_by_phone[call.phone]
        steps.append(Step("class_of_phone", name))
    else:
        name = routing.site.service_classes[0].name
        steps.append(Step("class_first", name))
    return routing.classes[name]


def _within_class(
    section: ServiceClassSection,
    level: str,
    written: tuple[str, str],
    routing: SiteRouting,
    now: datetime,
    state: RoutingState,
    steps: list[Step],
) -> None:
    """Refuse what the class does not permit; ``written``: the number as it was dialled and as a whole one."""
    name = section.name
    if any(one == name for form in written for _, one in routing.barred.find(form)):
        raise _Refusal(name, "barred", Step("barred", name))
    if any(one == name for form in written for _, one in routing.permitted.find(form)):
        steps.append(Step("permitted", name))
        return
    condition = routing.conditions.get(section.hours, USUAL_HOURS)
    at = opening(condition, routing.calendar, now, state.switched.get(condition.name, ""))
    steps.append(Step("in_hours" if at.open else "after_hours", name, at.why))
    most = section.level if at.open else min(section.level, section.after_hours_level, key=LEVELS.index)
    if LEVELS.index(level) > LEVELS.index(most):
        later = LEVELS.index(level) <= LEVELS.index(section.level)
        raise _Refusal(name, "after_hours" if later else "level", Step("level_too_low", name, LEVEL_WORDS[most]))
    steps.append(Step("level_enough", name, LEVEL_WORDS[level]))


def _account(call: OutgoingCall, section: ServiceClassSection, routing: SiteRouting, steps: list[Step]) -> None:
    if call.account:
        if all(one.code != call.account for one in routing.site.account_codes):
            raise _Refusal(section.name, "account_unknown", Step("account_unknown", found=call.account))
        steps.append(Step("account", found=call.account))
    elif section.account_needed:
        raise _Refusal(section.name, "account_missing", Step("account_missing", section.name))


def limit_reached(section: ServiceClassSection, today: DayUse) -> str:
    """The daily limit of a class that a phone has reached: ``calls_limit``, ``talk_limit``; empty for none."""
    if 0 < section.daily_calls_most <= today.calls:
        return "calls_limit"
    return "talk_limit" if 0 < section.daily_talk_most_min * S_A_MINUTE <= today.talk_s else ""


def _limits(section: ServiceClassSection, today: DayUse, steps: list[Step]) -> None:
    if section is UNLIMITED:
        return
    name, reached = section.name, limit_reached(section, today)
    if reached:
        found = today.calls if reached == "calls_limit" else int(today.talk_s // S_A_MINUTE)
        raise _Refusal(name, reached, Step(reached, name, found))
    steps.append(Step("limits_left", name))
    if section.call_most_min:
        steps.append(Step("call_limit", name, section.call_most_min))


def _budgets(call: OutgoingCall, routing: SiteRouting, state: RoutingState, steps: list[Step]) -> None:
    """Money: what calls of the extension, the agent and the account have cost this month."""
    for kind, name in (("extension", routing.extensions.get(call.phone, "")), ("agent", call.agent), ("account", call.account)):
        budget = routing.budget_of(kind, name) if name else None
        if budget is None or not budget.refuse:
            continue
        spent, most = state.spent.get(f"{kind}:{name}", 0), budget.month_most_yuan * LI_A_YUAN
        if spent >= most:
            raise _Refusal(budget.name, "budget_used", Step("budget_used", budget.name, money(spent)))
        steps.append(Step("budget_left", budget.name, money(most - spent)))
