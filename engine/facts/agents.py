"""What happened to agents. A change carries the whole new state, so the newest fact of an agent is its state."""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = ["AgentLocked", "AgentStateChanged", "LoginRefused"]


@fact(version=1)
class AgentStateChanged(Fact):
    """An agent is now in ``state``.

    ``state``: ``logged_out``, ``not_ready``, ``ready``, ``offered``, ``talking``, ``wrap_up``, ``own_call``;
    ``phone`` empty when logged out; ``reasons`` the set of not-ready reasons, in an own call those of before it; ``call`` the
    call the state is about.
    """

    agent: str
    phone: str
    state: str
    reasons: tuple[str, ...]
    call: str


@fact(version=1)
class LoginRefused(Fact):
    """Somebody tried to log in at a phone: ``wrong_pin``, ``unknown_agent``, ``locked``, ``elsewhere``, ``phone_taken``."""

    agent: str
    phone: str
    reason: str


@fact(version=1)
class AgentLocked(Fact):
    """Too many wrong PINs: the agent cannot log in before ``until_utc_ms``."""

    agent: str
    until_utc_ms: int
