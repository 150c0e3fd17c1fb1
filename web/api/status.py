"""Endpoints: who asks, and the state of the box at this moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from engine.control.asking import LOG_LINES_MOST
from engine.people.actors import Act, Role, allowed
from web.api.derived import ANY_TEXT
from web.api.endpoint import Ask, Body, Endpoint, Inside, Parameter, agent_number, call_id, command
from web.api.shapes import LINE, Entry, Group, Items, Maybe, Number, Shape, Table, Whole, Words, YesNo

__all__ = ["ENDPOINTS", "SNAPSHOT"]

UTC_OFFSET = Entry("utc_offset_min", Whole(), "Minutes that the site's local time is ahead of UTC.")
_CALL_ID = Entry("call", ANY_TEXT, "Id of the call; empty: none.")
_AGENT_NUMBER = Entry("agent", ANY_TEXT, "Number of the agent; empty: none.")
_PHONE = Entry("phone", ANY_TEXT, "Name of the phone; empty: none.")
_STATE = Entry("state", ANY_TEXT)

_AGENT = Group(
    "Agent",
    (
        Entry("agent", ANY_TEXT, "Agent number."),
        Entry("name", ANY_TEXT),
        Entry(
            "state",
            ANY_TEXT,
            "`logged_out`, `not_ready`, `ready`, `reserved`, `offered`, `talking`, `hold`, `consult`, `conference`, `wrap_up`, `own_call`.",
        ),
        _PHONE,
        Entry("reasons", Items(ANY_TEXT), "Why the agent is not ready."),
        Entry("pending", Items(ANY_TEXT), "What comes after the call and its wrap-up: reasons for not being ready, or `logged_out`."),
        _CALL_ID,
        Entry("queues", Items(ANY_TEXT), "The queues that the agent serves."),
        Entry("signed_out", Items(ANY_TEXT), "Those of them that the agent has signed out of."),
        Entry("ends_utc_ms", Whole(), "When wrap-up ends by itself; 0: it does not, or there is none."),
    ),
    "An agent at this moment.",
)
_TODAY = Group(
    "AgentToday",
    (
        Entry("agent", ANY_TEXT, "Agent number."),
        Entry("answered", Whole(), "Calls of queues that the agent answered."),
        Entry("missed", Whole(), "Calls that rang in vain."),
        Entry("rejected", Whole()),
        Entry("talked_s", Whole(), "Conversations with callers of queues, time on hold included."),
        Entry("held_s", Whole()),
        Entry("wrap_up_s", Whole()),
        Entry("rung_s", Whole()),
        Entry("ready_s", Whole()),
        Entry("own_calls_s", Whole()),
        Entry("not_ready_s", Whole()),
        Entry("logged_in_s", Whole(), "The sum of all states."),
        Entry(
            "occupancy_per_mille",
            Whole(-1, 1000),
            "(conversations + wrap-up) ÷ (conversations + wrap-up + ringing + ready); -1: there was none of it.",
        ),
        Entry("reasons_s", Table(Whole()), "Time not ready by reason; of several reasons at once each counts."),
    ),
    "An agent's day so far.",
)
_WAITING = Group(
    "WaitingCall",
    (
        Entry("call", ANY_TEXT),
        Entry("place", Whole(), "1 is the next."),
        Entry("calling", ANY_TEXT, "Number of the caller; empty when withheld."),
        Entry("since_utc_ms", Whole()),
        Entry("wait_ms", Whole()),
        Entry("offered_to", ANY_TEXT, "The agent whose phone rings for it; empty: none."),
    ),
    "A caller in a queue.",
)
_QUEUE_ENTRIES = (
    Entry("queue", ANY_TEXT),
    Entry("title", ANY_TEXT),
    Entry("ready", Whole(), "Agents who are ready."),
    Entry("against", Table(Whole()), "How many of its agents each reason keeps from a call; under the empty name those who are free."),
)
_COUNTED = Items(Group("WhyCount", (Entry("against", ANY_TEXT), Entry("agents", Whole()))))
_COUNTS = (
    Entry("rings", Whole()),
    Entry("calls_in", Whole()),
    Entry("calls_out", Whole()),
    Entry("lifted", Whole()),
    Entry("violations", Whole(), "Events that fit no state of the line."),
    Entry("driver_errors", Whole()),
    Entry("faults", Whole()),
    Entry("late_blocks", Whole(), "Blocks of 20 ms that were heard late; these counters are a minute old at most."),
    Entry("missing_blocks", Whole(), "Blocks that did not come when others did."),
    Entry("gaps", Whole(), "Times at which silence was sent because nothing was there."),
    Entry("overflows", Whole(), "Times at which audio may have been lost on its way in."),
    Entry("refused_blocks", Whole(), "Blocks that found the driver's buffers full."),
    Entry("fault", ANY_TEXT, "Why it is out of service; empty in service."),
    Entry("fault_since_utc_ms", Whole(), "0 in service."),
)
_LINE = Group("Line", (Entry("line", ANY_TEXT), _STATE, _CALL_ID, *_COUNTS), "An exchange line, with its counters since the start.")
_PHONE_ROW = Group(
    "Phone",
    (
        Entry("phone", ANY_TEXT),
        Entry("extension", ANY_TEXT),
        _STATE,
        _AGENT_NUMBER,
        _CALL_ID,
        Entry("messages", Whole(), "How many messages wait for its user."),
        *_COUNTS,
    ),
    "A desk phone, with its counters since the start.",
)
_TRUNK_GROUP = Group(
    "TrunkGroup",
    (
        Entry("group", ANY_TEXT, "Name of the group; empty: all outgoing lines."),
        Entry("trunks", Items(ANY_TEXT), "As the settings name them."),
        Entry("choice", ANY_TEXT, "`order`, `round_robin`, `least_used`."),
        Entry("overflow", ANY_TEXT, "Group to which it overflows; empty: none."),
        Entry("channels", Whole()),
        Entry("in_use", Whole(), "Channels in a call, or at rest after one."),
        Entry("free", Whole()),
        Entry("reserved", Whole(), "How many of the free ones are kept for incoming calls."),
        Entry("blocked", Whole()),
        Entry("out_of_service", Whole()),
        Entry("calls", Whole(), "Outgoing calls now."),
        Entry("calls_most", Whole(), "0: no limit."),
        Entry("calls_today", Whole()),
        Entry("calls_today_most", Whole(), "0: no limit."),
        Entry("talked_today_s", Whole(), "How long today's outgoing calls have lasted."),
        Entry("talk_today_most_min", Whole(), "0: no limit."),
        Entry("refused_today", Whole(), "Calls that neither this group nor one to which it overflows could take."),
        Entry("overflowed_today", Whole(), "Calls that another group took."),
        Entry("given_up_today", Whole(), "Calls that were given up after the most attempts."),
        Entry("limit", ANY_TEXT, "The limit that is reached: `concurrent_calls`, `daily_calls`, `daily_minutes`; empty: none."),
    ),
    "An outgoing trunk group at this moment, and what it has carried today.",
)
SNAPSHOT = Group(
    "Snapshot",
    (
        Entry("utc_ms", Whole()),
        UTC_OFFSET,
        Entry("lines", Items(Group("SnapshotLine", (Entry("line", ANY_TEXT), Entry("free", YesNo()), _CALL_ID)))),
        Entry(
            "phones",
            Items(
                Group(
                    "SnapshotPhone",
                    (
                        Entry("phone", ANY_TEXT),
                        Entry("extension", ANY_TEXT),
                        Entry("off_hook", YesNo()),
                        Entry("ringing", YesNo()),
                        Entry("in_service", YesNo()),
                        Entry("left_off_hook", YesNo(), "Whether nobody puts the handset down."),
                        Entry("attending", YesNo(), "Whether its agent is off hook for calls that come without ringing."),
                        Entry("messages", Whole(), "How many messages wait for its user."),
                        _AGENT_NUMBER,
                    ),
                )
            ),
        ),
        Entry("agents", Items(_AGENT)),
        Entry(
            "queues",
            Items(
                Group(
                    "SnapshotQueue",
                    (
                        *_QUEUE_ENTRIES,
                        Entry(
                            "waiting",
                            Items(
                                Group(
                                    "SnapshotWaiting",
                                    (Entry("call", ANY_TEXT), Entry("wait_ms", Whole()), Entry("offered_to", ANY_TEXT)),
                                )
                            ),
                        ),
                    ),
                )
            ),
        ),
        Entry(
            "calls",
            Items(
                Group(
                    "SnapshotCall",
                    (
                        Entry("call", ANY_TEXT),
                        Entry("direction", ANY_TEXT, "`incoming`, `outgoing`, `internal`."),
                        Entry("line", ANY_TEXT),
                        Entry("calling", ANY_TEXT),
                        Entry("doubtful", YesNo(), "Whether the caller's number may be wrong."),
                        Entry("called", ANY_TEXT),
                        _STATE,
                        _AGENT_NUMBER,
                        _PHONE,
                    ),
                )
            ),
        ),
        Entry(
            "media",
            Table(Number(or_else=("boolean", "string"))),
            "Whether the media pump has what it needs to be punctual; empty until it has said so. `still` is there, and true, while it stands still.",
            must=False,
        ),
        Entry(
            "spans",
            Items(
                Group(
                    "SnapshotSpan",
                    (
                        Entry("span", Whole()),
                        Entry("name", ANY_TEXT, "As in the settings; of a span that has gone, else as the driver calls it."),
                        Entry("alarms", Items(ANY_TEXT)),
                        Entry("gone", YesNo(), "Whether the driver has it no more."),
                    ),
                )
            ),
            "Spans with alarms, and spans that have gone. Events begin with it; `/status` is without it.",
            must=False,
        ),
        Entry("groups", Items(_TRUNK_GROUP), "Outgoing trunk groups. Events begin with it; `/status` is without it.", must=False),
    ),
    "Lines, phones, agents, queues and calls at one moment.",
)
_WHY = Group(
    "Why",
    (
        UTC_OFFSET,
        Entry("call", ANY_TEXT),
        _STATE,
        _AGENT_NUMBER,
        Entry(
            "waits",
            Maybe(
                Group(
                    "WhyWaits",
                    (
                        Entry("queue", ANY_TEXT),
                        *_WAITING.entries,
                        Entry("credit_s", Whole(), "It is served as if it had waited so much longer."),
                        Entry("strict", YesNo(), "Whether its caller goes before all others, within the cap."),
                        Entry("wanted", ANY_TEXT, "The agent for whom it waits now; empty: for none."),
                        Entry("because", Items(ANY_TEXT), "What gave it that: `list:…`, `route:…`, `last_agent`."),
                        Entry(
                            "wrap_up_ends_utc_ms", Whole(), "When the next wrap-up of an agent of the queue ends by itself; 0: none does."
                        ),
                        Entry("counts", _COUNTED, "How many agents each reason keeps away."),
                        Entry(
                            "agents",
                            Items(
                                Group(
                                    "WhyAgent",
                                    (
                                        Entry("agent", ANY_TEXT),
                                        Entry("name", ANY_TEXT),
                                        _STATE,
                                        Entry("against", ANY_TEXT, "What speaks against this agent; empty: nothing."),
                                    ),
                                )
                            ),
                        ),
                    ),
                )
            ),
            "Null when the call does not wait.",
        ),
        Entry(
            "last_offer",
            Maybe(
                Group(
                    "WhyOffer",
                    (
                        Entry("agent", ANY_TEXT),
                        Entry("phone", ANY_TEXT),
                        Entry("why", ANY_TEXT, "The rule that chose this agent."),
                        Entry("passed_over", Items(Group("WhyPassedOver", (Entry("agent", ANY_TEXT), Entry("against", ANY_TEXT))))),
                        Entry(
                            "candidates",
                            Items(Group("WhyCandidate", (Entry("agent", ANY_TEXT), Entry("why", ANY_TEXT)))),
                            "Up to five who would have been next.",
                        ),
                        Entry("excluded", _COUNTED, "How many agents each reason kept away."),
                        Entry("rule_version", Whole(), "Version of the settings that chose."),
                        Entry("input_seq", Whole(), "Number of the newest fact that the choice knew."),
                        Entry("offered_utc_ms", Whole()),
                        Entry("times", Whole(), "How often the call was offered."),
                        Entry("outcome", ANY_TEXT, "Empty while the phone rings."),
                    ),
                )
            ),
            "Null when the call was never offered, or too long ago.",
        ),
    ),
    "Why a call waits, and why the last agent was chosen.",
)
_VERSION = Group(
    "Version",
    (
        Entry("name", ANY_TEXT, "Name of the site."),
        Entry("box", ANY_TEXT, "Id of the box."),
        Entry("version", ANY_TEXT),
        Entry("boards", Items(ANY_TEXT)),
        Entry("hardware", ANY_TEXT, "`simulated` or `dahdi`."),
        Entry("utc_ms", Whole()),
        UTC_OFFSET,
        Entry("started_utc_ms", Whole()),
        Entry("uptime_s", Whole()),
        Entry("last_fact", Whole(), "Number of the newest fact."),
        Entry("ssh_host_key", ANY_TEXT, "Fingerprint of the console by SSH; away when there is none.", must=False),
        Entry("pump", Table(Number(or_else=("boolean", "string"))), "Counters of the media pump, and what is so with it."),
    ),
    "What runs here, and for how long.",
)
_ME = Group(
    "Me",
    (
        Entry("user", ANY_TEXT),
        Entry("roles", Items(Words(choices=tuple(role.value for role in Role)))),
        Entry("may", Items(Words(choices=tuple(act.value for act in Act))), "What the user may do."),
    ),
    "The user of the token.",
)


def _listed(name: str, of: Shape, *more: Entry) -> Group:
    """The answer of a list."""
    return Group("", (*more, Entry(name, Items(of))))


def _simply(name: str, **fixed: Any) -> Callable[[Inside, Ask], Awaitable[Any]]:  # noqa: ANN401  # values of a command
    """A command that takes just the values of the request."""

    async def perform(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
        return await command(inside, ask, name, **fixed, **ask.values)

    return perform


async def _me(_inside: Inside, ask: Ask) -> dict[str, Any]:
    assert ask.user is not None
    roles = sorted(role.value for role in ask.user.roles)
    return {"user": ask.user.name, "roles": roles, "may": [act.value for act in Act if allowed(ask.actor, act, "")]}


async def _log(inside: Inside, ask: Ask) -> dict[str, Any]:
    answer = await command(inside, ask, "log", **ask.values)
    return {"lines": answer["lines"]}


async def _openapi(inside: Inside, _ask: Ask) -> Any:  # noqa: ANN401  # a JSON document
    return inside.describe()


def _agent_act(name: str, path: str, summary: str, done: str, body: Body | None = None) -> Endpoint:
    return Endpoint(
        name=done,
        method="POST",
        path=f"/agents/{{agent}}/{path}",
        act=Act.AGENT_STATE,
        summary=summary,
        says="Answers with the agent as it is now; during a call, what was asked for comes after it.",
        answer=_AGENT,
        perform=_simply(name),
        parameters=(agent_number(),),
        body=body,
        refuses=True,
        tag="agents",
    )


_LIMIT = Parameter("limit", "query", Whole(1, LOG_LINES_MOST), "How many lines.", 100)
_REASON = Body(
    Group("NotReady", (Entry("reason", Words(1, 60, LINE), "A reason of the site: see `reasons` of the agents."),), closed=True),
    {"reason": "meal"},
)
_QUEUE_NAMED = Body(
    Group("QueueNamed", (Entry("queue", Words(1, 60, LINE), "A queue that the agent serves."),), closed=True), {"queue": "service"}
)
_AGENTS = Group("", (Entry("agents", Items(_AGENT)), Entry("reasons", Items(ANY_TEXT), "Reasons for not being ready that the site has.")))

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "openapi",
        "GET",
        "/openapi.json",
        None,
        "This document",
        Group("", (Entry("openapi", ANY_TEXT),)),
        _openapi,
        public=True,
        tag="api",
    ),
    Endpoint("me", "GET", "/me", None, "Whose token this is, and what it may do", _ME, _me, tag="api"),
    Endpoint("status", "GET", "/status", Act.SEE_STATUS, "Everything at this moment", SNAPSHOT, _simply("status")),
    Endpoint("lines", "GET", "/lines", Act.SEE_STATUS, "Exchange lines", _listed("lines", _LINE, UTC_OFFSET), _simply("lines")),
    Endpoint(
        "trunk_groups",
        "GET",
        "/trunk-groups",
        Act.SEE_STATUS,
        "Outgoing trunk groups",
        _listed("groups", _TRUNK_GROUP),
        _simply("trunk_groups"),
    ),
    Endpoint("phones", "GET", "/phones", Act.SEE_STATUS, "Desk phones", _listed("phones", _PHONE_ROW, UTC_OFFSET), _simply("phones")),
    Endpoint("agents", "GET", "/agents", Act.SEE_STATUS, "Agents", _AGENTS, _simply("agents"), tag="agents"),
    Endpoint(
        "queues",
        "GET",
        "/queues",
        Act.SEE_STATUS,
        "Queues and who waits in them",
        _listed("queues", Group("Queue", (*_QUEUE_ENTRIES, Entry("waiting", Items(_WAITING), "In their order.")), "A queue."), UTC_OFFSET),
        _simply("queues"),
    ),
    Endpoint("version", "GET", "/version", Act.SEE_STATUS, "What runs here", _VERSION, _simply("version")),
    Endpoint(
        "log",
        "GET",
        "/log",
        Act.SEE_LOG,
        "The newest lines of the log",
        Group("Log", (Entry("lines", Items(ANY_TEXT), "The oldest first."),)),
        _log,
        (_LIMIT,),
    ),
    _agent_act("agent_ready", "ready", "Let calls be offered to an agent again", "agentReady"),
    _agent_act("agent_not_ready", "not-ready", "Keep calls from an agent", "agentNotReady", _REASON),
    Endpoint(
        "agentToday",
        "GET",
        "/agents/{agent}/today",
        Act.SEE_STATUS,
        "An agent's day so far",
        _TODAY,
        _simply("agent_today"),
        (agent_number(),),
        refused=404,
        tag="agents",
    ),
    _agent_act("agent_sign_in", "sign-in", "Let an agent take a queue's calls again", "agentSignIn", _QUEUE_NAMED),
    _agent_act("agent_sign_out", "sign-out", "Keep a queue's calls from an agent", "agentSignOut", _QUEUE_NAMED),
    _agent_act("agent_logout", "logout", "Log an agent out", "agentLogout"),
    Endpoint(
        "why",
        "GET",
        "/calls/{call}/why",
        Act.SEE_STATUS,
        "Why a call waits, and why an agent was chosen for it",
        _WHY,
        _simply("why"),
        (call_id(),),
        refused=404,
        tag="calls",
    ),
)
