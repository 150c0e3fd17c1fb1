"""What may be asked of routing: where a call would go and why; the emergency switches; numbers that somebody wants on a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine import facts
from engine.calls.extensions import Extensions
from engine.calls.router import Router
from engine.calls.routing.explain import NUMBER_MOST, Explanation, SetNow, explain, moment_of
from engine.calls.routing.memory import REQUESTS_MOST
from engine.calls.routing.opening import CLOSED, opening
from engine.calls.services.decision import RingState
from engine.kernel.bus import Bus
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text, text_as_json
from engine.people.actors import Act, Actor

__all__ = ["explanation_as_json", "route_answers"]

REASON_MOST = 200
POSITIONS = ("auto", CLOSED)

Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Answer = Callable[[Actor, Request, Done, Failed], None]


def route_answers(
    router: Router, bus: Bus, make_id: Callable[[], str], extensions: Extensions | None = None
) -> Mapping[str, tuple[Act, Answer]]:
    """The commands, each with the right it needs, for the table in ``asking.py``. ``make_id`` names a new request; ``extensions``: what is set there."""

    def route(_actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        now = moment_of(_text(request, "at", must=False), router.now())
        # at another moment nobody knows who will be busy, nor what will have been called by then
        state = router.state() if not request.get("at") else replace(router.state(), busy=frozenset(), out_of_service=frozenset(), today={})
        caller, called, line = (_text(request, name, must=name == "to") for name in ("from", "to", "line"))
        rings = extensions.state() if extensions is not None else RingState()
        # at another moment nobody knows who will talk, but what is set may well be set still
        set_now = SetNow(rings.services, frozenset() if request.get("at") else rings.can_wait)
        done(explanation_as_json(explain(router.routing, state, now, caller, called, line, set_now)))

    def conditions(_actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        done({"conditions": _conditions(router)})

    def switch(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        name, position = _text(request, "condition"), _text(request, "position")
        if name not in router.routing.conditions:
            known = ", ".join(router.routing.conditions) or "-"
            raise Refused(text("There is no time condition {name}; there are {known}.", name=name, known=known))
        if position not in POSITIONS:
            raise BadInput(text("position is {position}; auto or closed is wanted.", position=repr(position)))
        if router.memory.switched.get(name, "auto") != position:
            bus.publish(facts.TimeConditionSwitched(condition=name, position=position, by=actor.about))
        done({"conditions": _conditions(router)})

    return {
        "route": (Act.SEE_STATUS, route),
        "time_conditions": (Act.SEE_STATUS, conditions),
        "time_condition_switch": (Act.AGENT_STATE, switch),
        **_listing_answers(router, bus, make_id),
    }


def _listing_answers(router: Router, bus: Bus, make_id: Callable[[], str]) -> Mapping[str, tuple[Act, Answer]]:
    def listings(_actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        done(_listings(router))

    def ask_for(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        number, name, reason = _text(request, "number"), _text(request, "list"), _text(request, "reason", most=REASON_MOST)
        if not (number.isascii() and number.isdigit()):
            raise BadInput(text("{number} is no telephone number: digits are wanted.", number=repr(number)))
        if name not in router.routing.lists:
            known = ", ".join(router.routing.lists) or "-"
            raise Refused(text("There is no number list {name}; there are {known}.", name=name, known=known))
        if any((one.number, one.list) == (number, name) for one in router.memory.requests.values()):
            raise Refused(text("{number} is asked for already; a leader has to decide.", number=number))
        if len(router.memory.requests) >= REQUESTS_MOST:
            raise Refused(text("{count} requests wait for a decision: no more are taken.", count=REQUESTS_MOST))
        bus.publish(facts.NumberListingRequested(request=make_id(), number=number, list=name, reason=reason, by=actor.about))
        done(_listings(router))

    def decide(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        wanted = router.memory.requests.get(_text(request, "request"))
        if wanted is None:
            raise Refused(text("There is no such request any more: it was decided."))
        if wanted.by == actor.about:
            raise Refused(text("Nobody decides what he asked for himself."))
        approved = request.get("approved")
        if not isinstance(approved, bool):
            raise BadInput(text("approved is missing: true or false is wanted."))
        bus.publish(
            facts.NumberListingDecided(request=wanted.request, number=wanted.number, list=wanted.list, approved=approved, by=actor.about)
        )
        done(_listings(router))

    return {
        "number_listings": (Act.SEE_STATUS, listings),
        "number_listing_request": (Act.ASK_LISTING, ask_for),
        "number_listing_decide": (Act.AGENT_STATE, decide),
    }


def explanation_as_json(found: Explanation) -> dict[str, Any]:
    """The answer of ``route`` as plain values."""
    decision = found.decision
    return {
        "at": found.at.strftime("%Y-%m-%d %H:%M"),
        "direction": found.direction,
        "outcome": str(decision.outcome) if decision else "inside",
        "rule": decision.rule if decision else "",
        "target": str(decision.target) if decision and decision.target else "",
        "number": decision.number if decision else "",
        "ways": list(decision.ways) if decision else [],
        "said": text_as_json(found.said),
        "steps": [text_as_json(step) for step in found.steps],
        "cost": text_as_json(found.cost) if found.cost else None,
    }


def _conditions(router: Router) -> list[dict[str, Any]]:
    now, memory = router.now(), router.memory
    rows = []
    for name, section in router.routing.conditions.items():
        position = memory.switched.get(name, "auto")
        at = opening(section, router.routing.calendar, now, position)
        rows.append({"condition": name, "title": section.title, "open": at.open, "why": text_as_json(at.why), "position": position})
    return rows


def _listings(router: Router) -> dict[str, Any]:
    memory = router.memory
    return {
        "lists": [{"list": one.name, "title": one.title, "kind": one.kind} for one in router.routing.lists.values()],
        "requests": [vars(one) for one in memory.requests.values()],
        "listed": [{"list": name, "numbers": sorted(numbers)} for name, numbers in memory.listed.items()],
    }


def _text(request: Request, name: str, *, must: bool = True, most: int = NUMBER_MOST) -> str:
    value = request.get(name, "")
    if not isinstance(value, str) or not int(must) <= len(value) <= most or not value.isprintable():
        raise BadInput(text("{name} is missing or wrong: a text of 1 to {most} characters is wanted.", name=name, most=most))
    return value
