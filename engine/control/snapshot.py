"""The state of the appliance at one moment, as plain values for programs and pages."""

from __future__ import annotations

from typing import Any

from engine.acd import agent as a
from engine.acd.acd import Acd, Agent
from engine.calls.switch import Call, Switch
from engine.kernel.clock import Clock

__all__ = ["snapshot", "waiting_claim"]


def snapshot(switch: Switch, acd: Acd, clock: Clock) -> dict[str, Any]:
    """Lines, phones, agents, queues and calls. Lists are in the site's order; times in ms."""
    now_ns = clock.monotonic_ns()
    carrying = {line: call.id for call in switch.calls.values() for line in call.lines}
    return {
        "utc_ms": clock.utc_ms(),
        "utc_offset_min": clock.utc_offset_min(),
        "lines": [{"line": trunk.name, "free": trunk.free, "call": carrying.get(trunk.name, "")} for trunk in switch.trunks.values()],
        "phones": [
            {
                "phone": phone.name,
                "extension": phone.extension,
                "off_hook": phone.station.off_hook,
                "ringing": phone.station.ringing,
                "in_service": phone.station.in_service,
                "left_off_hook": phone.left_off_hook,
                "attending": phone.attending,
                "messages": phone.messages,
                "agent": acd.agent_at(phone.name),
            }
            for phone in switch.phones.values()
        ],
        "agents": [_agent(agent, clock) for agent in acd.agents.values()],
        "queues": [_queue(acd, name, now_ns) for name in [queue.name for queue in acd.queues_in_use()]],
        "calls": [_call(call) for call in switch.calls.values()],
    }


def _utc_ms_of(at_ns: int, clock: Clock) -> int:
    """When that is for people, as far as can be told now."""
    return clock.utc_ms() + (at_ns - clock.monotonic_ns()) // 1_000_000


def _agent(agent: Agent, clock: Clock) -> dict[str, Any]:
    state = agent.state
    return {
        "agent": agent.number,
        "name": agent.section.name,
        "state": a.word_of(state),
        "phone": agent.phone,
        "reasons": sorted(state.reasons) if isinstance(state, a.NotReady) else [],
        "pending": sorted({*getattr(state, "pending", ()), *(["logged_out"] if getattr(state, "logout", False) else [])}),
        "call": getattr(state, "call", ""),
        "queues": sorted(agent.serves),
        "signed_out": sorted(agent.signed_out & agent.serves),
        "ends_utc_ms": _utc_ms_of(state.ends_ns, clock) if isinstance(state, a.WrapUp) and state.ends_ns else 0,
    }


def _queue(acd: Acd, name: str, now_ns: int) -> dict[str, Any]:
    waiting = acd.waiting(name)
    return {
        "queue": name,
        "title": acd.queue(name).title,
        "waiting": [
            {"call": stay.call.id, "wait_ms": (now_ns - stay.since_ns) // 1_000_000, "offered_to": stay.offered_to} for stay in waiting
        ],
        "against": dict(sorted(acd.counted(name).items())),
        "ready": sum(1 for agent in acd.agents.values() if name in agent.queues and isinstance(agent.state, a.Ready)),
    }


def waiting_claim(acd: Acd, call: str, clock: Clock) -> dict[str, Any]:
    """How far ahead a waiting caller is and why, whom the call is for, and when the next wrap-up of the queue's agents ends by itself (0: none does)."""
    waiting = acd.inputs.waiting.get(call)
    queue = waiting.queue if waiting is not None else ""
    ends_ns = [
        agent.state.ends_ns
        for agent in acd.agents.values()
        if queue in agent.queues and isinstance(agent.state, a.WrapUp) and agent.state.ends_ns
    ]
    wanted = waiting is not None and clock.monotonic_ns() < waiting.wanted_until_ns
    return {
        "credit_s": waiting.credit_ns // 1_000_000_000 if waiting is not None else 0,
        "strict": waiting is not None and waiting.strict,
        "wanted": waiting.wanted if waiting is not None and wanted else "",
        "because": list(acd.because(call)),
        "wrap_up_ends_utc_ms": _utc_ms_of(min(ends_ns), clock) if ends_ns else 0,
    }


def _call(call: Call) -> dict[str, Any]:
    return {
        "call": call.id,
        "direction": call.direction,
        "line": call.line,
        "calling": call.caller.number,
        "doubtful": call.caller.doubtful,
        "called": call.called,
        "state": call.stage,
        "agent": call.agent,
        "phone": call.phone,
    }
