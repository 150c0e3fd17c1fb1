"""The policy: which waiting call goes to which agent now, and why. Pure.

All queues are matched at once: the call that has waited longest among those somebody can take goes first, to the agent
of its queue who has been idle longest (LONGEST_IDLE). Ties go by the order of entering, and by agent number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["AgentView", "Match", "Waiting", "choose", "reason_against"]


@dataclass(frozen=True)
class Waiting:
    """A call that waits: its queue, since when, and its number in the order of entering."""

    call: str
    queue: str
    since_ns: int
    order: int


@dataclass(frozen=True)
class AgentView:
    """What the policy may know of an agent.

    ``state`` is the state's word; ``ready_since_ns`` counts in state ready; ``cooling``: left in peace after a miss;
    ``phone_free``: on hook, in service and silent.
    """

    number: str
    queues: frozenset[str]
    state: str
    ready_since_ns: int
    cooling: bool
    phone_free: bool


@dataclass(frozen=True)
class Match:
    """Offer this call to this agent. ``passed_over``: each other agent of the queue with the one reason against."""

    call: str
    agent: str
    why: str
    passed_over: tuple[tuple[str, str], ...]


def choose(waiting: Sequence[Waiting], agents: Sequence[AgentView], now_ns: int) -> Match | None:
    """The next match, or None when nobody can take any waiting call."""
    for call in sorted(waiting, key=lambda w: (w.since_ns, w.order)):
        able = [agent for agent in agents if call.queue in agent.queues]
        free = sorted((agent for agent in able if reason_against(agent) is None), key=lambda a: (a.ready_since_ns, a.number))
        if not free:
            continue
        best = free[0]
        idle_s = (now_ns - best.ready_since_ns) / 1e9
        others = tuple((agent.number, reason_against(agent) or "idle_shorter") for agent in able if agent is not best)
        return Match(call.call, best.number, f"longest_idle {idle_s:.1f} s", others)
    return None


def reason_against(agent: AgentView) -> str | None:
    """The one reason why this agent cannot be offered a call now; None when there is none."""
    if agent.state != "ready":
        return agent.state
    if agent.cooling:
        return "missed_just_now"
    if not agent.phone_free:
        return "phone_in_use"
    return None
