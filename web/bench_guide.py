"""The first five minutes at the bench: how far somebody has come with logging an agent in, calling, answering and listening again.

It follows the facts, so it makes no difference whether a step was done by its button or by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import facts
from engine.settings.site import Site
from web.bench import Handset, HandsetKind

__all__ = ["Guide", "login_to_try"]

Row = Mapping[str, Any]


class Guide:
    """The call of one person at the bench.

    ``state``: ``none``, ``dialling``, ``arrived``, ``waiting``, ``offered`` (it rings at ``phone``), ``talking``, ``over``.
    """

    def __init__(self) -> None:
        self._begin("", "", "none")

    def _begin(self, handset: str, line: str, state: str) -> None:
        self.handset = handset
        self.state = state
        self._line = line
        self.call = ""
        self.phone = ""
        self.answered = False
        self.recorded = False
        self.heard = False

    def calling(self, handset: str, line: str) -> None:
        """A call begins: the next one that arrives on this line. What was is forgotten."""
        self._begin(handset, line, "dialling")

    def gave_up(self, handset: str) -> None:
        """The handset was put down; a call that never arrived is none."""
        if handset == self.handset and self.state == "dialling":
            self._begin("", "", "none")

    def hear(self, fact: object) -> bool:
        """One more fact; True when it changed something."""
        before = self.shown()
        if isinstance(fact, facts.CallArrived):
            if self.state == "dialling" and fact.line == self._line:
                self.call, self.state = fact.call, "arrived"
        elif self.call and getattr(fact, "call", "") == self.call:
            self._follow(fact)
        return self.shown() != before

    def _follow(self, fact: object) -> None:
        match fact:
            case facts.CallQueued() | facts.OfferEnded() if self.state != "talking":
                self.state, self.phone = "waiting", ""
            case facts.CallOffered(phone=phone):
                self.state, self.phone = "offered", phone
            case facts.CallConnected(phone=phone):
                self.state, self.phone, self.answered = "talking", phone, True
            case facts.CallEnded():
                self.state = "over"
            case facts.RecordingEnded():
                self.recorded = True
            case facts.RecordingHeard():
                self.heard = True

    def shown(self) -> dict[str, object]:
        """What the browser is told of it."""
        return {
            "state": self.state,
            "handset": self.handset,
            "call": self.call,
            "phone": self.phone,
            "answered": self.answered,
            "recorded": self.recorded,
            "heard": self.heard,
        }


def login_to_try(site: Site, agents: Sequence[Row], handsets: Sequence[Handset]) -> tuple[str, str] | None:
    """A desk phone that nobody uses, and an agent of the first answered line's queue who can log in there; None when there is none.

    ``agents`` are those of the live snapshot.
    """
    taken = {row["phone"] for row in agents if row["phone"]}
    phones = [
        handset.name
        for handset in handsets
        if handset.kind is HandsetKind.DESK and not (handset.lifted or handset.ringing or handset.yielded) and handset.name not in taken
    ]
    flows = {flow.name: flow.queue for flow in site.flows}
    queue = next((flows[trunk.flow] for trunk in site.trunks if trunk.flow in flows), "")
    serving = {agent for section in site.queues if section.name == queue for agent in section.agents}
    out = [row["agent"] for row in agents if row["state"] == "logged_out" and (row["agent"] in serving or not serving)]
    return (phones[0], out[0]) if phones and out else None
