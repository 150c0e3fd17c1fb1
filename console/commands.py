"""Every command of the console. This is the data that help, completion, the handbook page and the requests derive from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console import views
from console.agent_views import agent_today_shown
from console.cost_commands import COST_COMMANDS
from console.doctor_view import doctor_shown
from console.hardware_commands import HARDWARE_COMMANDS, SPANS
from console.line_test_commands import LINE_TEST_COMMANDS
from console.machine_commands import MACHINE_COMMANDS, RESCUE_COMMANDS
from console.route_commands import ROUTE_COMMANDS
from console.service_commands import SERVICE_COMMANDS
from console.site_commands import SITE_COMMANDS
from console.span_views import found_cards_shown, span_configuration_shown, system_conf_shown
from console.tables import Translate
from console.tree import Argument, Command, Source, Word
from console.trunk_commands import TRUNK_COMMANDS
from console.trunk_group_views import trunk_groups_shown
from engine.control.asking import CALLS_MOST, FACTS_MOST, LOG_LINES_MOST, MESSAGES_MOST
from engine.kernel.text import text
from engine.people.actors import Act

__all__ = ["COMMANDS", "HELP", "QUIT", "RESCUE", "TYPED"]


def _agents(answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(agent["agent"], agent["name"]) for agent in answer["agents"]]


def _reasons(answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(reason, "") for reason in answer["reasons"]]


def _queue_names(answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(queue["queue"], queue["title"]) for queue in answer["queues"]]


def _calls(answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(call["call"], call["calling"]) for call in answer["calls"]]


def _phones(answer: Mapping[str, Any], _: Translate) -> Sequence[tuple[str, str]]:
    return [(phone["phone"], phone["extension"]) for phone in answer["phones"]]


AGENT = Argument("agent", "AGENT", text("the agent's number"), Source("agents", _agents))
REASON = Argument("reason", "REASON", text("a reason of the site for not being ready"), Source("agents", _reasons))
QUEUE = Argument("queue", "QUEUE", text("the queue's name"), Source("queues", _queue_names))
CALL = Argument("call", "CALL", text("the call's id; Tab lists the present calls"), Source("status", _calls))
PHONE = Argument("phone", "PHONE", text("the phone's name"), Source("phones", _phones))
COUNT = Argument("count", "COUNT", text("how many messages wait; 0: none"), most=MESSAGES_MOST, least=0)
AGENTS = Word("agents", text("the agents: their states, and commands for one of them"))
FACTS = Word("facts", text("what happened: the newest facts of the journal"))

HELP = Command((Word("help", text("all commands, each in a line")),), text("all commands, each in a line"))
TYPED = Command((Word("typed", text("the lines typed before")),), text("the lines typed before"))
QUIT = Command((Word("quit", text("leave the console")),), text("leave the console"))

_STATUS_HELP = text("lines, phones, agents, queues and calls at a glance")
_LINES_HELP = text("exchange lines: state, call, counters and faults since the start")
_GROUPS_HELP = text("outgoing trunk groups: channels now, calls, minutes and limits today")
_PHONES_HELP = text("desk phones: state, agent, counters and faults since the start")
_MESSAGES_HELP = text("tell a phone's user that messages wait: its lamp, and another dial tone")
_TODAY_HELP = text("the agent's figures of today")
SIGNS = (
    ("sign-in", text("let the agent take a queue's calls again"), "agent_sign_in"),
    ("sign-out", text("keep a queue's calls from the agent until signing or logging in again"), "agent_sign_out"),
)
_QUEUES_HELP = text("queues: who waits, at which place, since when")
_CALLS_HELP = text("the newest calls with times, cause and recording")
_WHY_HELP = text("why a call still waits: what speaks against each agent")
_LOG_HELP = text("the last lines of the log")
_DOCTOR_HELP = text("driver, boards and machine looked at now: what is in order, what to mend and how")
_SPANS_HELP = text("whether each span is what the settings say, and why not")
_FOUND_HELP = text("cards that the driver has, with the channels of their ports, whether the settings name them or not")
_CONF_HELP = text("the settings as a file for dahdi_cfg (system.conf)")
_VERSION_HELP = text("version, running time and the media pump's counters")

COMMANDS: tuple[Command, ...] = (
    Command((Word("status", _STATUS_HELP),), _STATUS_HELP, views.status_shown, "status", act=Act.SEE_STATUS),
    Command((Word("lines", _LINES_HELP),), _LINES_HELP, views.lines_shown, "lines", act=Act.SEE_STATUS),
    Command((Word("groups", _GROUPS_HELP),), _GROUPS_HELP, trunk_groups_shown, "trunk_groups", act=Act.SEE_STATUS),
    Command((Word("phones", _PHONES_HELP),), _PHONES_HELP, views.phones_shown, "phones", act=Act.SEE_STATUS),
    Command(
        (Word("messages", _MESSAGES_HELP), PHONE, COUNT), _MESSAGES_HELP, views.messages_shown, "messages_waiting", act=Act.AGENT_STATE
    ),
    Command((AGENTS,), text("the agents and their states"), views.agents_shown, "agents", act=Act.SEE_STATUS),
    Command(
        (AGENTS, AGENT, Word("logout", text("log the agent out; during a call, after it"))),
        text("log the agent out; during a call, after it"),
        views.agent_shown,
        "agent_logout",
        act=Act.AGENT_STATE,
    ),
    Command(
        (AGENTS, AGENT, Word("ready", text("let calls be offered to the agent again"))),
        text("let calls be offered to the agent again"),
        views.agent_shown,
        "agent_ready",
        act=Act.AGENT_STATE,
    ),
    Command(
        (AGENTS, AGENT, Word("not-ready", text("keep calls from the agent, for a reason")), REASON),
        text("keep calls from the agent, for a reason"),
        views.agent_shown,
        "agent_not_ready",
        act=Act.AGENT_STATE,
    ),
    *(
        Command(
            (AGENTS, AGENT, Word(word, said), QUEUE),
            said,
            views.agent_shown,
            command,
            act=Act.AGENT_STATE,
        )
        for word, said, command in SIGNS
    ),
    Command((AGENTS, AGENT, Word("today", _TODAY_HELP)), _TODAY_HELP, agent_today_shown, "agent_today", act=Act.SEE_STATUS),
    Command((Word("queues", _QUEUES_HELP),), _QUEUES_HELP, views.queues_shown, "queues", act=Act.SEE_STATUS),
    Command(
        (Word("calls", _CALLS_HELP), Argument("limit", "N", text("how many calls (default 20)"), most=CALLS_MOST, optional=True)),
        _CALLS_HELP,
        views.calls_shown,
        "calls",
        act=Act.SEE_CALLS,
    ),
    Command((Word("why", _WHY_HELP), CALL), _WHY_HELP, views.why_shown, "why", act=Act.SEE_STATUS),
    Command(
        (FACTS, Argument("limit", "N", text("how many facts (default 20)"), most=FACTS_MOST, optional=True)),
        text("the newest facts of the journal"),
        views.facts_shown,
        "facts",
        act=Act.SEE_FACTS,
    ),
    Command(
        (
            FACTS,
            Word("call", text("only the facts of one call")),
            CALL,
            Argument("limit", "N", text("how many facts (default 20)"), most=FACTS_MOST, optional=True),
        ),
        text("the newest facts of one call"),
        views.facts_shown,
        "facts",
        act=Act.SEE_FACTS,
    ),
    Command(
        (Word("log", _LOG_HELP), Argument("limit", "N", text("how many lines (default 20)"), most=LOG_LINES_MOST, optional=True)),
        _LOG_HELP,
        views.log_shown,
        "log",
        act=Act.SEE_LOG,
    ),
    Command((Word("doctor", _DOCTOR_HELP),), _DOCTOR_HELP, doctor_shown, "doctor", act=Act.SEE_LOG),
    Command((Word("version", _VERSION_HELP),), _VERSION_HELP, views.version_shown, "version", act=Act.SEE_STATUS),
    *HARDWARE_COMMANDS,
    *LINE_TEST_COMMANDS,
    *TRUNK_COMMANDS,
    Command((SPANS, Word("settings", _SPANS_HELP)), _SPANS_HELP, span_configuration_shown, "span_configuration", act=Act.SEE_SITE),
    Command((SPANS, Word("found", _FOUND_HELP)), _FOUND_HELP, found_cards_shown, "found_cards", act=Act.SEE_SITE),
    Command((SPANS, Word("file", _CONF_HELP)), _CONF_HELP, system_conf_shown, "system_conf", act=Act.SEE_SITE),
    *ROUTE_COMMANDS,
    *SERVICE_COMMANDS,
    *COST_COMMANDS,
    *SITE_COMMANDS,
    *MACHINE_COMMANDS,
    HELP,
    TYPED,
    QUIT,
)

RESCUE: tuple[Command, ...] = (*RESCUE_COMMANDS, HELP, QUIT)
"""The tree of the rescue at the serial line."""
