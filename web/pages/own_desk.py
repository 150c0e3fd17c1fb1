"""The first page of a user who is an agent: the own state, queues and calls, and the buttons of the desk phone's keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from klein import Klein

from engine.kernel.errors import Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.store.queries import CallRow
from web.house import House, asked
from web.pages.live import LivePage
from web.visit import Visit

__all__ = ["add"]

CALLS_SHOWN = 20
REASON_MOST = 60
ACT_MOST = 60
AFTER_THE_CALL = text("This happens after the call.")
DONE: Mapping[str, Text] = {
    "own_end_wrap_up": text("Wrap-up has ended."),
    "own_extend_wrap_up": text("You have more time for wrap-up."),
    "own_reject": text("The call goes to the next agent."),
    "own_note": text("It is noted."),
    "own_sign_in": text("You are signed in to the queue."),
    "own_sign_out": text("You are signed out of the queue."),
}
REACHED: Mapping[str, Text] = {
    "own_ready": text("You are ready: calls come to you."),
    "own_not_ready": text("You are not ready: no calls come to you."),
    "own_logout": text("You are logged out at your phone."),
}
STATES = {"own_ready": "ready", "own_not_ready": "not_ready", "own_logout": "logged_out"}


class _OwnDesk:
    def __init__(self, house: House, live: LivePage) -> None:
        self._house = house
        self._live = live

    async def desk(self, visit: Visit) -> bytes:
        """The agent who the user is."""
        return await self._page(visit, None, 200)

    async def command(self, visit: Visit) -> bytes:
        """A button was pressed."""
        act, reason = visit.value("act", ACT_MOST), visit.value("reason", REASON_MOST)
        act, _, about = act.partition(":")
        command = "own_not_ready" if reason else f"own_{act}"
        if command not in REACHED and command not in DONE:
            return await self._page(visit, text("This button is not known."), 400)
        try:
            agent = await self._ask(visit, {"command": command, "reason": reason, "queue": about, "code": about})
        except Refused as refusal:
            return await self._page(visit, refusal.text, 409)
        assert visit.session is not None
        if command in DONE:
            visit.session.news = DONE[command]
        else:
            visit.session.news = REACHED[command] if agent["state"] == STATES[command] else AFTER_THE_CALL
        return visit.go("/me")

    async def _page(self, visit: Visit, said: Text | None, status: int) -> bytes:
        window, number = self._house.window, visit.user.agent
        mine = await self._ask(visit, {"command": "own_agent"})
        today = await self._ask(visit, {"command": "own_today"}) if mine["agent"] is not None else None
        calls: list[CallRow] = await asked(lambda done, failed: window.own_calls(visit.actor, CALLS_SHOWN, done, failed))
        whole = self._live.wallboard.whole()
        names = [f"agent-{number}", *(f"queue-{queue['queue']}" for queue in mine["queues"])]
        values = {
            "said": said,
            "number": number,
            "login_code": window.site.desk.login_code,
            "gone": mine["agent"] is None,
            "logged_in": mine["agent"] is not None and mine["agent"]["state"] != "logged_out",
            "reasons": mine["reasons"],
            "notes": mine["notes"],
            "agent": mine["agent"],
            "today": today,
            "elements": [(name, whole.changed[name]) for name in names if name in whole.changed],
            "mark": str(whole.mark),
            "now_utc_ms": whole.utc_ms,
            "calls": calls,
            "titles": {queue.name: queue.title or queue.name for queue in window.site.queues},
        }
        return visit.page("account/desk.html", values, status)

    async def _ask(self, visit: Visit, request: Mapping[str, Any]) -> Any:  # noqa: ANN401  # what the command answers
        house = self._house
        answer: Any = await asked(lambda done, failed: house.ask(visit.actor, request, done, failed))
        return answer


def add(app: Klein, house: House, live: LivePage) -> None:
    """Put this page to its address."""
    desk = _OwnDesk(house, live)
    house.add(app, "/me", Act.OWN_AGENT, desk.desk)
    house.add(app, "/me", Act.OWN_AGENT, desk.command, ("POST",))
