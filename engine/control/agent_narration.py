"""What agents do beside taking calls, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from engine import facts
from engine.kernel.text import Text, text

__all__ = ["ALLOWANCES", "agent_sentence"]

S_A_MINUTE = 60
ALLOWANCES: Mapping[str, Text] = {"at_a_time": text("at a time"), "a_day": text("a day")}


def agent_sentence(fact: facts.Fact) -> Text | None:
    """What a person reads; None for other facts."""
    match fact:
        case facts.AgentSignedIn(agent=agent, queue=queue):
            return text("Agent {agent} signs in to queue {queue}.", agent=agent, queue=queue)
        case facts.AgentSignedOut(agent=agent, queue=queue):
            return text("Agent {agent} signs out of queue {queue}.", agent=agent, queue=queue)
        case facts.AgentReachable(agent=agent, reachable=reachable):
            if reachable:
                return text("The phone of agent {agent} can be rung again.", agent=agent)
            return text("The phone of agent {agent} cannot be rung now; calls go to others.", agent=agent)
        case facts.AllowanceExceeded(agent=agent, reason=reason, limit=limit, allowed_s=allowed_s):
            return text(
                "Agent {agent} is not ready ({reason}) for longer than allowed: {minutes} min {limit}.",
                agent=agent,
                reason=reason,
                minutes=f"{allowed_s / S_A_MINUTE:g}",
                limit=ALLOWANCES.get(limit, limit),
            )
        case facts.WrapUpCodeGiven(call=call, agent=agent, code=code, name=name):
            return text("{call}: agent {agent} notes {name} ({code}).", call=call, agent=agent, name=name, code=code)
    return None
