"""Whether what somebody wants to set for an extension may be set: judged before it becomes a fact, in words for readers and for listeners. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from engine.calls.routing.decision import HOPS_MOST, REFUSALS, Outcome, OutgoingCall, RoutingState
from engine.calls.routing.plan import SiteRouting
from engine.calls.routing.route import route
from engine.calls.services.decision import place_said
from engine.calls.services.memory import NOTHING_SET, ExtensionServices
from engine.calls.services.ringing import class_of_phone, phone_of
from engine.kernel.text import Text, text
from engine.settings.targets import Target, parse_target

__all__ = ["AFTER_LEAST_S", "AFTER_MOST_S", "NotSettable", "forward_fault", "target_fault_at"]

AFTER_LEAST_S = 5
AFTER_MOST_S = 120
"""How long a phone may ring before its call is forwarded."""


class NotSettable(NamedTuple):
    """Why it may not be set: ``said`` for readers, ``prompt`` for listeners."""

    said: Text
    prompt: str


def target_fault_at(extension: str, target: Target, routing: SiteRouting) -> NotSettable | None:
    """What is wrong with a target that an extension's user gave: it is not there, or it is the extension itself."""
    if target == Target("extension", extension):
        return NotSettable(text("Extension {extension} cannot lead to itself.", extension=extension), "forward_refused")
    there = {
        "extension": lambda: bool(phone_of(routing, target.name)),
        "group": lambda: any(one.name == target.name for one in routing.site.ring_groups),
        "outside": lambda: target.name.isascii() and target.name.isdigit(),
    }
    if target.kind not in there or not there[target.kind]():
        return NotSettable(text("There is no {target} to lead to.", target=place_said(target)), "number_unknown")
    return None


def forward_fault(
    extension: str,
    when: str,
    target: Target,
    routing: SiteRouting,
    now: datetime,
    state: RoutingState,
    services: Mapping[str, ExtensionServices],
) -> NotSettable | None:
    """Why calls to an extension may not be forwarded so; None when they may."""
    fault = target_fault_at(extension, target, routing)
    if fault is not None:
        return fault
    if target.kind == "outside":
        return _outside_fault(extension, target.name, routing, now, state)
    return _chain_fault(extension, target, services) if when == "always" else None


def _outside_fault(extension: str, number: str, routing: SiteRouting, now: datetime, state: RoutingState) -> NotSettable | None:
    """The class of service of the phone counts, at this moment: forwards outside at all, and the number."""
    phone = phone_of(routing, extension)
    service_class = class_of_phone(routing, phone)
    if service_class is None or not service_class.outside_forward:
        said = text(
            "Extension {extension} may not forward outside: its class of service ({name}) does not permit it.",
            extension=extension,
            name=service_class.name if service_class else "-",
        )
        return NotSettable(said, "number_barred")
    out = route(OutgoingCall(phone, number), routing, now, state)
    if out.outcome is Outcome.OUT or out.reason in {"calls_limit", "talk_limit"}:
        return None  # limits are those of a day, and counted when the calls come
    if out.outcome is Outcome.EMERGENCY:
        return NotSettable(text("Calls are not forwarded to the emergency number {number}.", number=number), "number_barred")
    why = REFUSALS.get(out.reason, Text(out.reason))
    return NotSettable(text("Calls cannot be forwarded to {number}: {why}.", number=number, why=why), "number_barred")


def _chain_fault(extension: str, target: Target, services: Mapping[str, ExtensionServices]) -> NotSettable | None:
    """Forwards of every call that would lead back, or on for ever."""
    way = [extension]
    while target.kind == "extension":
        way.append(target.name)
        shown = " → ".join(way)
        if target.name == extension:
            return NotSettable(text("Calls would be forwarded in a circle: {way}.", way=shown), "forward_refused")
        if len(way) > HOPS_MOST:
            return NotSettable(
                text("Calls would be forwarded more than {most} times: {way}.", most=HOPS_MOST, way=shown), "forward_refused"
            )
        following = services.get(target.name, NOTHING_SET).forwards.get("always")
        if following is None:
            return None
        target = parse_target(following.target)
    return None
