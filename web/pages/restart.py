"""Restarting the appliance from the page: at once, or when no call is left; what waits in the settings takes effect then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from klein import Klein

from engine.kernel.errors import Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.settings.site import WebSection
from web.house import House, asked
from web.pages.settings import settings_tabs
from web.saving import waiting_said
from web.visit import Visit

__all__ = ["add", "moved_to"]

ADDRESS = "/settings/restart"
NEWS: Mapping[str, Text] = {
    "idle": text("The appliance restarts when no call is left."),
    "cancel": text("The restart is cancelled."),
}


MOVES = frozenset({"web.port", "web.address"})
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared only
HOST = re.compile(r"[a-z0-9_.:-]{1,253}")


def moved_to(host: str, web: WebSection, *, secure: bool) -> str:
    """The address of the page with these settings for a browser that knows the box as ``host`` (with or without a port), without a
    path. The name that the browser used stays, unless the page listens at one address only; without TLS it is this machine's own
    in any case. Empty when the browser did not say a host that could be one.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        name = ""
    if secure and web.address not in EVERYWHERE:
        name = web.address
    if not HOST.fullmatch(name):
        return ""
    return f"{'https' if secure else 'http'}://{f'[{name}]' if ':' in name else name}:{web.port}"


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
            return visit.page("settings/restarting.html", {"there": self._there(visit), "gone": self._house.sites.site.web.port == 0})
        assert visit.session is not None
        visit.session.news = NEWS.get(act, NEWS["idle"])
        return visit.go(ADDRESS)

    def _there(self, visit: Visit) -> str:
        """Where the page is after the start, as the beginning of an address; empty where that is as now."""
        if not MOVES.intersection(self._house.sites.waiting()):
            return ""
        return moved_to(visit.header("host"), self._house.sites.site.web, secure=self._house.secure)

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
