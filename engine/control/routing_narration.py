"""Facts of routing as sentences."""

from __future__ import annotations

from collections.abc import Mapping

from engine import facts
from engine.calls.routing.decision import REFUSALS, target_said
from engine.kernel.text import Text, text
from engine.settings.targets import parse_target

__all__ = ["routing_sentence"]

EVENTS: Mapping[str, Text] = {
    "busy": text("busy"),
    "no_answer": text("no answer"),
    "out_of_service": text("out of service"),
}


def routing_sentence(fact: facts.Fact) -> Text | None:
    """The sentence of a fact of routing; None for any other."""
    match fact:
        case facts.CallRouted(call=call, route=route, target=target, event=""):
            return text("{call} goes to {target}, by route {route}.", call=call, target=target_said(parse_target(target)), route=route)
        case facts.CallRouted(call=call, route=route, target=target, event=event):
            goes_on = text("{call} goes on to {target}, by route {route}: {event}.", call=call, route=route, event=EVENTS.get(event, event))
            return Text(goes_on.msgid, {**goes_on.values, "target": target_said(parse_target(target))})
        case facts.CallLedOutside(call=call, dialled=dialled, line=line, service_class=name):
            return text(
                "{call} is led on to {number} by {line}, class of service {name}.", call=call, number=dialled, line=line, name=name or "-"
            )
        case facts.CallRefused(call=call, rule=rule, reason=reason):
            return text("{call} is refused by {rule}: {why}.", call=call, rule=rule or "-", why=REFUSALS.get(reason, reason))
        case facts.OutsideCallPermitted(call=call, dialled=dialled, route=route, service_class=name, account=""):
            said = text("{call} to {number} goes out by route {route}, class of service {name}.", call=call, number=dialled)
            return Text(said.msgid, {**said.values, "route": route or "-", "name": name or "-"})
        case facts.OutsideCallPermitted(call=call, dialled=dialled, route=route, service_class=name, account=account):
            said = text(
                "{call} to {number} goes out by route {route}, class of service {name}, on account {account}.", call=call, number=dialled
            )
            return Text(said.msgid, {**said.values, "route": route or "-", "name": name or "-", "account": account})
        case facts.OutsideCallRefused(phone=phone, called=called, rule=rule, reason=reason):
            why = REFUSALS.get(reason, reason)
            return text("{phone} may not call {number}; refused by {rule}: {why}.", phone=phone, number=called, rule=rule, why=why)
        case facts.TimeConditionSwitched(condition=condition, position="closed", by=by):
            return text("{condition} is closed by the emergency switch ({by}).", condition=condition, by=by)
        case facts.TimeConditionSwitched(condition=condition, by=by):
            return text("{condition} follows its hours again ({by}).", condition=condition, by=by)
        case facts.NumberListingRequested(number=number, list=name, reason=reason, by=by):
            return text("{by} asks for {number} on the list {name}: {reason}.", by=by, number=number, name=name, reason=reason)
        case facts.NumberListingDecided(number=number, list=name, approved=True, by=by):
            return text("{by} has put {number} on the list {name}.", by=by, number=number, name=name)
        case facts.NumberListingDecided(number=number, list=name, by=by):
            return text("{by} does not put {number} on the list {name}.", by=by, number=number, name=name)
    return None
