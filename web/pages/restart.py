"""Restarting the appliance from the page: at once, or when no call is left; what waits in the settings takes effect then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from klein import Klein

from engine.kernel.errors import Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act
from web.house import House, asked
from web.pages.settings import settings_tabs
from web.saving import waiting_said
from web.visit import Visit

__all__ = ["add"]

ADDRESS = "/settings/restart"
NEWS: Mapping[str, Text] = {
    "idle": text("The appliance restarts when no call is left."),
    "cancel": text("The restart is cancelled."),
}


class _Restart:
    def __init__(self, house: House) -> None:
        self._house = house

    async def confirm(self, visit: Visit) -> bytes:
        """The question, with how many calls would end."""
        return await self._page(visit, None, 200)

    async def restart(self, visit: Visit) -> bytes:
        """The answer."""
        act = visit.value("act")
        request = {"command": "restart_cancel"} if act == "cancel" else {"command": "restart", "when": "now" if act == "now" else "idle"}
        try:
            state = await self._ask(visit, request)
        except Refused as refusal:
            return await self._page(visit, refusal.text, 409)
        if state["going"]:
            return visit.page("settings/restarting.html", {})
        assert visit.session is not None
        visit.session.news = NEWS.get(act, NEWS["idle"])
        return visit.go(ADDRESS)

    async def _ask(self, visit: Visit, request: Mapping[str, Any]) -> Mapping[str, Any]:
        state: Mapping[str, Any] = await asked(lambda done, failed: self._house.ask(visit.actor, request, done, failed))
        return state

    async def _page(self, visit: Visit, said: Text | None, status: int) -> bytes:
        waiting = self._house.sites.waiting()
        values = {
            "tabs": settings_tabs(""),
            "waiting": None,
            "what_waits": waiting_said(waiting) if waiting else None,
            "state": await self._ask(visit, {"command": "restart_state"}),
            "said": said,
        }
        return visit.page("settings/restart.html", values, status)


def add(app: Klein, house: House) -> None:
    """Put this page to its address."""
    page = _Restart(house)
    house.add(app, ADDRESS, Act.RESTART, page.confirm)
    house.add(app, ADDRESS, Act.RESTART, page.restart, ("POST",))
