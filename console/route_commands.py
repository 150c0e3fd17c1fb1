"""Routing at the console: where a call would go, emergency switches, requests for number lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.route_views import conditions_shown, listings_shown, route_shown
from console.steps import Question, Sitting, Steps
from console.tables import Translate
from console.tree import Argument, Command, Source, Word
from engine.kernel.text import text
from engine.people.actors import Act

__all__ = ["ROUTE_COMMANDS"]


def _conditions(answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(row["condition"], row["title"]) for row in answer["conditions"]]


def _requests(answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(row["request"], row["number"]) for row in answer["requests"]]


def _route(sitting: Sitting, values: Mapping[str, object]) -> Steps:
    caller = "" if values["from"] == "-" else values["from"]
    answer = yield Question("route", {"from": caller, "to": values["to"], "at": values.get("at", "")})
    return route_shown(answer, sitting.translate, sitting.width)


def _switched(position: str) -> Any:  # noqa: ANN401  # a step function of the tree
    def run(sitting: Sitting, values: Mapping[str, object]) -> Steps:
        answer = yield Question("time_condition_switch", {"condition": values["condition"], "position": position})
        return conditions_shown(answer, sitting.translate, sitting.width)

    return run


def _decided(*, approved: bool) -> Any:  # noqa: ANN401  # as above
    def run(sitting: Sitting, values: Mapping[str, object]) -> Steps:
        answer = yield Question("number_listing_decide", {"request": values["request"], "approved": approved})
        return listings_shown(answer, sitting.translate, sitting.width)

    return run


FROM = Argument("from", "FROM", text("who calls: a number outside or an extension; - for a caller without number"))
TO = Argument("to", "TO", text("the number that is called; from an extension with the outside prefix"))
AT = Argument("at", "TIME", text("local time, such as 2027-02-17 09:00 (default: now)"), rest=True, optional=True)
CONDITION = Argument("condition", "CONDITION", text("the time condition's name"), Source("time_conditions", _conditions))
REQUEST = Argument("request", "REQUEST", text("the request's name"), Source("number_listings", _requests))

_ROUTE_HELP = text("where a call would go and why, step by step, without calling")
_HOURS_HELP = text("time conditions: what is open now, and why")
_CLOSE_HELP = text("close it now, whatever the time")
_REOPEN_HELP = text("let it follow its hours again")
_LISTINGS_HELP = text("numbers that agents ask to have on a list")
_APPROVE_HELP = text("put the number on the list")
_REJECT_HELP = text("do not put it there")
HOURS = Word("hours", _HOURS_HELP)
LISTINGS = Word("numbers", _LISTINGS_HELP)

ROUTE_COMMANDS: tuple[Command, ...] = (
    Command((Word("route", _ROUTE_HELP), FROM, TO, AT), _ROUTE_HELP, run=_route, act=Act.SEE_STATUS),
    Command((HOURS,), _HOURS_HELP, conditions_shown, "time_conditions", act=Act.SEE_STATUS),
    Command((HOURS, CONDITION, Word("close", _CLOSE_HELP)), _CLOSE_HELP, run=_switched("closed"), act=Act.AGENT_STATE),
    Command((HOURS, CONDITION, Word("auto", _REOPEN_HELP)), _REOPEN_HELP, run=_switched("auto"), act=Act.AGENT_STATE),
    Command((LISTINGS,), _LISTINGS_HELP, listings_shown, "number_listings", act=Act.SEE_STATUS),
    Command((LISTINGS, REQUEST, Word("approve", _APPROVE_HELP)), _APPROVE_HELP, run=_decided(approved=True), act=Act.AGENT_STATE),
    Command((LISTINGS, REQUEST, Word("reject", _REJECT_HELP)), _REJECT_HELP, run=_decided(approved=False), act=Act.AGENT_STATE),
)
