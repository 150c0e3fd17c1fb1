"""From a snapshot to the elements of the live page. Pure, but for ``Since``, which remembers when each thing began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import facts
from engine.kernel.bus import Envelope
from engine.telephony.hardware_words import worth_explaining
from web.wallboard import View

__all__ = ["Since", "elements", "phone_state"]

Row = Mapping[str, Any]


class Since:
    """Hears every fact: since when (UTC ms) agents, calls and waiting callers are what they are, and which lines are out of service.

    It forgets a call with its end; agents and lines are as many as the site has.
    """

    def __init__(self) -> None:
        self.agents: dict[str, int] = {}
        self.calls: dict[str, int] = {}
        self.queued: dict[str, int] = {}
        self.faults: dict[str, str] = {}

    def hear(self, envelope: Envelope) -> None:
        """Subscribe this to the facts."""
        at_ms = envelope.utc_ms
        match envelope.fact:
            case facts.AgentStateChanged(agent=agent):
                self.agents[agent] = at_ms
            case facts.CallArrived(call=call) | facts.CallPlaced(call=call) | facts.CallConnected(call=call):
                self.calls[call] = at_ms
            case facts.CallQueued(call=call):
                self.queued[call] = at_ms
            case facts.StintEnded(call=call):
                self.queued.pop(call, None)
            case facts.CallEnded(call=call):
                self.calls.pop(call, None)
                self.queued.pop(call, None)
            case facts.LineOutOfService(line=line, reason=reason):
                self.faults[line] = reason
            case facts.LineInService(line=line):
                self.faults.pop(line, None)


def elements(snapshot: Row, since: Since) -> dict[str, View]:
    """Every element by its id in the page. ``kind`` chooses how it is drawn; times are UTC ms, 0 when nobody knows them."""
    calls = {call["call"]: call for call in snapshot["calls"]}
    agents = {agent["agent"]: agent for agent in snapshot["agents"]}
    extensions = {phone["phone"]: phone["extension"] for phone in snapshot["phones"]}
    found: dict[str, View] = {"summary": _summary(snapshot, since)}
    if snapshot.get("media", {}).get("still"):
        found["alarm-pump"] = {"kind": "alarm"}
    for span in snapshot.get("spans", ()):
        found[f"span-{span['span']}-gone" if span["gone"] else f"span-{span['span']}"] = _span(span)
    for queue in snapshot["queues"]:
        found[f"queue-{queue['queue']}"] = _queue(queue, calls, since)
    for call in snapshot["calls"]:
        if call["state"] != "ended":
            found[f"call-{call['call']}"] = _call(call, agents, extensions, since)
    for agent in snapshot["agents"]:
        found[f"agent-{agent['agent']}"] = _agent(agent, calls, extensions, since)
    for line in snapshot["lines"]:
        found[f"line-{line['line']}"] = _line(line, calls, since)
    for group in snapshot.get("groups", ()):
        if group["group"]:
            found[f"group-{group['group']}"] = _group(group)
    for phone in snapshot["phones"]:
        found[f"phone-{phone['phone']}"] = _phone(phone, agents, since)
    return found


def _summary(snapshot: Row, since: Since) -> View:
    states = [agent["state"] for agent in snapshot["agents"]]
    waiting = [stay["call"] for queue in snapshot["queues"] for stay in queue["waiting"]]
    return {
        "kind": "summary",
        "calls": sum(1 for call in snapshot["calls"] if call["state"] != "ended"),
        "talking": sum(1 for call in snapshot["calls"] if call["state"] == "talking"),
        "waiting": len(waiting),
        "oldest_utc_ms": min((since.queued.get(call, 0) for call in waiting), default=0),
        "logged_in": sum(1 for state in states if state != "logged_out"),
        "ready": states.count("ready"),
        "agents": len(states),
        "lines_free": sum(1 for line in snapshot["lines"] if line["free"]),
        "lines": len(snapshot["lines"]),
        "faults": len(since.faults),
        "lacks": _lacks(snapshot.get("media", {})),
    }


def _lacks(media: Row) -> list[str]:
    """What the media pump needs to be punctual and has not got: ``realtime``, ``memory``."""
    lacks = ["realtime"] if media.get("realtime") is False else []
    return [*lacks, "memory"] if media.get("locked") == "nothing" else lacks


def _queue(queue: Row, calls: Mapping[str, Row], since: Since) -> View:
    waiting: Sequence[View] = [
        {
            "call": stay["call"],
            "calling": calls.get(stay["call"], {}).get("calling", ""),
            "since_utc_ms": since.queued.get(stay["call"], 0),
            "offered_to": stay["offered_to"],
        }
        for stay in queue["waiting"]
    ]
    against = {reason: count for reason, count in queue["against"].items() if reason}
    return {
        "kind": "queue",
        "name": queue["queue"],
        "title": queue["title"],
        "ready": queue["ready"],
        "waiting": waiting,
        "against": against if waiting else {},
    }


def _call(call: Row, agents: Mapping[str, Row], extensions: Mapping[str, str], since: Since) -> View:
    agent = call["agent"]
    # an answered call that waits says so: that is what people want to know
    state = "waiting" if call["call"] in since.queued and call["state"] == "answered" else call["state"]
    return {
        "kind": "call",
        "call": call["call"],
        "direction": call["direction"],
        "line": call["line"],
        "calling": call["calling"],
        "doubtful": call["doubtful"],
        "called": call["called"],
        "state": state,
        "agent": agent,
        "agent_name": agents.get(agent, {}).get("name", ""),
        "extension": extensions.get(call["phone"], ""),
        "since_utc_ms": since.queued.get(call["call"], 0) if state == "waiting" else since.calls.get(call["call"], 0),
    }


def _agent(agent: Row, calls: Mapping[str, Row], extensions: Mapping[str, str], since: Since) -> View:
    call = calls.get(agent["call"], {})
    inwards = call.get("direction") == "in"
    return {
        "kind": "agent",
        "agent": agent["agent"],
        "name": agent["name"],
        "state": agent["state"],
        "reasons": agent["reasons"],
        "pending": agent["pending"],
        "extension": extensions.get(agent["phone"], ""),
        "other": call.get("calling" if inwards else "called", ""),
        "since_utc_ms": since.agents.get(agent["agent"], 0),
    }


def _span(span: Row) -> View:
    alarms = [alarm.value for alarm in worth_explaining(span["alarms"])]
    return {"kind": "span", "span": span["span"], "name": span["name"], "alarms": alarms, "gone": span["gone"]}


def _line(line: Row, calls: Mapping[str, Row], since: Since) -> View:
    call = calls.get(line["call"])
    other = ""
    if line["line"] in since.faults:
        state = "out_of_service"
    elif call is not None and call["state"] != "ended":
        state = "ringing" if call["state"] == "ringing" and call["direction"] == "in" else "busy"
        other = call["calling"] if call["direction"] == "in" else call["called"]
    else:
        state = "free" if line["free"] else "resting"
    fault = since.faults.get(line["line"], "")
    return {"kind": "line", "line": line["line"], "state": state, "fault": fault, "other": other}


def _group(group: Row) -> View:
    """An outgoing trunk group. Only whole minutes are shown: the element does not change with every second of a conversation."""
    shown = (
        "free",
        "in_use",
        "reserved",
        "blocked",
        "out_of_service",
        "channels",
        "calls",
        "calls_most",
        "calls_today",
        "calls_today_most",
    )
    counts = ("talk_today_most_min", "refused_today", "overflowed_today", "limit")
    state = "limit" if group["limit"] else "free" if group["free"] > group["reserved"] else "full"
    return {
        "kind": "trunk_group",
        "name": group["group"],
        "state": state,
        "talked_min": group["talked_today_s"] // 60,
        **{name: group[name] for name in (*shown, *counts)},
    }


def phone_state(phone: Row) -> str:
    """What a phone of the snapshot does, as a key of the words for phones."""
    if not phone["in_service"]:
        return "out_of_service"
    if phone["ringing"]:
        return "ringing"
    if phone["left_off_hook"]:
        return "left_off_hook"
    if phone["attending"]:
        return "attending"
    return "off_hook" if phone["off_hook"] else "idle"


def _phone(phone: Row, agents: Mapping[str, Row], since: Since) -> View:
    return {
        "kind": "phone",
        "phone": phone["phone"],
        "extension": phone["extension"],
        "state": phone_state(phone),
        "fault": since.faults.get(phone["phone"], ""),
        "agent": phone["agent"],
        "name": agents.get(phone["agent"], {}).get("name", ""),
        "messages": phone["messages"],
    }
