"""Routing for people: where a call would go and why, what is open now, and numbers that somebody wants on a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from klein import Klein

from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text, text_from_json
from engine.people.actors import Act
from web.house import House, asked
from web.visit import Visit

__all__ = ["ADDRESS", "add"]

ADDRESS = "/routes"
VALUE_MOST = 60
REASON_MOST = 200
DIRECTIONS: Mapping[str, Text] = {"in": text("A call from outside"), "out": text("A call outside"), "inside": text("A call inside")}
Row = Mapping[str, Any]


class _RoutePages:
    def __init__(self, house: House) -> None:
        self._house = house

    async def page(self, visit: Visit) -> bytes:
        """The form; with a number in the query also the decision."""
        typed = {name: visit.value(name, VALUE_MOST) for name in ("from", "to", "at", "line")}
        found: Row | None = None
        said: Text | None = None
        if typed["to"]:
            try:
                found = _decision(await self._ask(visit, {"command": "route", **typed, "at": typed["at"].replace("T", " ")}))
            except (Refused, BadInput) as refusal:
                said = refusal.text
        return await self._show(visit, typed, found, said, 400 if said else 200)

    async def _show(self, visit: Visit, typed: Mapping[str, str], found: Row | None, said: Text | None, status: int) -> bytes:
        conditions = await self._ask(visit, {"command": "time_conditions"})
        listings = await self._ask(visit, {"command": "number_listings"})
        values = {
            "typed": typed,
            "found": found,
            "said": said,
            "conditions": [{**row, "why": text_from_json(row["why"])} for row in conditions["conditions"]],
            "lists": listings["lists"],
            "requests": listings["requests"],
            "offset_min": self._house.clock.utc_offset_min(),
            "own": visit.actor.about,
        }
        return visit.page("routes/page.html", values, status)

    async def switch(self, visit: Visit) -> bytes:
        """Turn an emergency switch."""
        request = {
            "command": "time_condition_switch",
            "condition": visit.value("condition", VALUE_MOST),
            "position": visit.value("position", 20),
        }
        return await self._do(visit, request)

    async def listing(self, visit: Visit) -> bytes:
        """Ask for a number on a list."""
        request = {name: visit.value(name, VALUE_MOST) for name in ("number", "list")}
        return await self._do(visit, {"command": "number_listing_request", **request, "reason": visit.value("reason", REASON_MOST)})

    async def decide(self, visit: Visit) -> bytes:
        """A leader decides."""
        approved = visit.value("act", 20) == "approve"
        return await self._do(
            visit, {"command": "number_listing_decide", "request": visit.value("request", VALUE_MOST), "approved": approved}
        )

    async def _do(self, visit: Visit, request: Row) -> bytes:
        try:
            await self._ask(visit, request)
        except (Refused, BadInput) as refusal:
            return await self._show(visit, {"from": "", "to": "", "at": "", "line": ""}, None, refusal.text, 409)
        return visit.go(ADDRESS)

    async def _ask(self, visit: Visit, request: Row) -> Row:
        answer: Row = await asked(lambda done, failed: self._house.ask(visit.actor, request, done, failed))
        return answer


def _decision(answer: Row) -> Row:
    return {
        "at": answer["at"],
        "heading": DIRECTIONS[answer["direction"]],
        "said": text_from_json(answer["said"]),
        "refused": answer["outcome"] == "refused",
        "steps": [text_from_json(step) for step in answer["steps"]],
        "cost": text_from_json(answer["cost"]) if answer["cost"] else None,
    }


def add(app: Klein, house: House) -> None:
    """Put these pages to their addresses."""
    pages = _RoutePages(house)
    house.add(app, ADDRESS, Act.SEE_STATUS, pages.page)
    house.add(app, f"{ADDRESS}/switch", Act.AGENT_STATE, pages.switch, ("POST",))
    house.add(app, f"{ADDRESS}/listing", Act.ASK_LISTING, pages.listing, ("POST",))
    house.add(app, f"{ADDRESS}/decide", Act.AGENT_STATE, pages.decide, ("POST",))
