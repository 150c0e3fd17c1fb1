"""Stays of calls in queues (stints), and who entertains a caller meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.calls.switch import Call
from engine.settings.site import QueueSection

__all__ = ["Stay", "WaitingRoom"]


class WaitingRoom(Protocol):
    """Who entertains the caller during the stay: told what comes of it."""

    def stay_answered(self, agent: str) -> None:
        """An agent lifted and hears the caller: announce the agent, then join."""

    def stay_over(self, outcome: str) -> None:
        """The stay ended otherwise, or the conversation that it led to is over (``ended``)."""


@dataclass
class Stay:
    """One call's stay in one queue (a stint). ``offered_to`` is the agent whose phone rings for it, or empty."""

    call: Call
    queue: QueueSection
    room: WaitingRoom
    since_ns: int
    offered_to: str = ""
    because: tuple[str, ...] = ()
