"""Commands and their refusals."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from engine import facts
from engine.acd import agent as a
from engine.control.control import ActRefused, Control
from engine.control.narration import STATES
from engine.control.snapshot import snapshot
from engine.ivr.prompts import LANGUAGES, PROMPTS
from engine.people.actors import Actor, Role
from tests.floor import Floor

AT_1 = Actor(Role.AGENT, "phone-1")
AT_2 = Actor(Role.AGENT, "phone-2")
TECHNICIAN = Actor(Role.TECHNICIAN, "uid 0")
Command = Callable[[Control, Actor], None]

COMMANDS: dict[str, Command] = {
    "log in": lambda control, who: control.log_in(who, "phone-1", "1001", "2222"),
    "log out": lambda control, who: control.log_out(who, "phone-1"),
    "ready": lambda control, who: control.go_ready(who, "phone-1"),
    "not ready": lambda control, who: control.go_not_ready(who, "phone-1", "1"),
    "end wrap-up": lambda control, who: control.end_wrap_up(who, "phone-1"),
    "call inside": lambda control, who: control.call_extension(who, "phone-1", "802"),
    "call out": lambda control, who: control.call_outside(who, "phone-1", "10086"),
}


def refused(floor: Floor, act: Callable[[Control], None]) -> tuple[str, str]:
    """The words and the prompt of a refusal; the prompt exists in every language."""
    with pytest.raises(ActRefused) as refusal:
        act(floor.control)
    assert set(LANGUAGES) <= set(PROMPTS[refusal.value.prompt])
    return str(refusal.value), refusal.value.prompt


@pytest.mark.parametrize("who", [AT_2, TECHNICIAN], ids=["another phone", "technician"])
@pytest.mark.parametrize("command", COMMANDS)
def test_nobody_acts_for_another_phone(floor: Floor, command: str, who: Actor) -> None:
    """Whoever asks on behalf of a phone that is not his is refused, and nothing happens."""
    said, prompt = refused(floor, lambda control: COMMANDS[command](control, who))
    assert said == f"{who.about} may not do this."
    assert prompt == "not_allowed_now"
    assert floor.heard == []


@pytest.mark.parametrize("command", ["log out", "ready", "not ready", "end wrap-up"])
def test_agents_commands_need_an_agent_at_the_phone(floor: Floor, command: str) -> None:
    """At a phone where nobody is logged in the answer says so."""
    assert refused(floor, lambda control: COMMANDS[command](control, AT_1)) == ("Nobody is logged in at phone-1.", "not_logged_in")


@pytest.mark.parametrize(
    ("number", "pin", "said", "prompt", "reason"),
    [
        ("1001", "1", "The PIN of agent 1001 is wrong.", "wrong_pin", "wrong_pin"),
        ("77", "1", "There is no such agent.", "unknown_agent", "unknown_agent"),
        ("1002", "2222", "Agent 1002 is logged in at another phone.", "already_elsewhere", "elsewhere"),
    ],
)
def test_refused_logins(floor: Floor, number: str, pin: str, said: str, prompt: str, reason: str) -> None:
    """Each refusal of a login is told in words, by a prompt, and as a fact without the PIN."""
    floor.login("1002")
    assert refused(floor, lambda control: control.log_in(AT_1, "phone-1", number, pin)) == (said, prompt)
    known = "" if reason == "unknown_agent" else number
    assert floor.told(facts.LoginRefused) == [facts.LoginRefused(agent=known, phone="phone-1", reason=reason)]
    assert floor.acd.agent_at("phone-1") == ""


def test_a_taken_phone_refuses_a_second_agent(floor: Floor) -> None:
    """Two agents cannot share a phone at one time."""
    floor.login("1001")
    said, prompt = refused(floor, lambda control: control.log_in(AT_1, "phone-1", "1002", "2222"))
    assert (said, prompt) == ("Another agent is logged in at this phone.", "not_allowed_now")
    assert [refusal.reason for refusal in floor.told(facts.LoginRefused)] == ["phone_taken"]


def test_the_lock_is_told_once_with_its_end(floor: Floor) -> None:
    """The journal holds when the agent was locked and until when, so that a restart keeps the lock."""
    for _ in range(3):
        said, prompt = refused(floor, lambda control: control.log_in(AT_1, "phone-1", "1001", "1"))
    assert (said, prompt) == ("Agent 1001 is locked after too many wrong PINs.", "locked_out")
    assert floor.told(facts.AgentLocked) == [facts.AgentLocked(agent="1001", until_utc_ms=floor.clock.utc_ms() + 600_000)]
    refused(floor, lambda control: control.log_in(AT_1, "phone-1", "1001", "2222"))
    assert len(floor.told(facts.AgentLocked)) == 1


def test_an_unknown_reason_is_refused(floor: Floor) -> None:
    """A digit without a reason changes nothing."""
    floor.login("1001")
    said, prompt = refused(floor, lambda control: control.go_not_ready(AT_1, "phone-1", "9"))
    assert (said, prompt) == ("There is no reason with the digit 9.", "reason_unknown")
    assert isinstance(floor.agent("1001").state, a.Ready)


def offered(floor: Floor) -> None:
    """Agent 1001's phone rings for a caller."""
    floor.login("1001")
    floor.calling(1)
    floor.line(1).press("11")
    assert floor.phone(1).ringing


def in_own_call(floor: Floor) -> None:
    """Agent 1001 has called a colleague."""
    floor.login("1001")
    floor.phone(1).lift()
    floor.phone(1).press("803")


@pytest.mark.parametrize(
    ("prepare", "command"),
    [(offered, "log out"), (offered, "ready"), (offered, "end wrap-up"), (in_own_call, "log out"), (in_own_call, "end wrap-up")],
)
def test_what_does_not_fit_the_moment_is_refused(floor: Floor, prepare: Callable[[Floor], None], command: str) -> None:
    """While the phone rings or an own call lasts, some commands have to wait; the agent stays as he is."""
    prepare(floor)
    before = floor.agent("1001").state
    assert refused(floor, lambda control: COMMANDS[command](control, AT_1)) == ("That is not possible now.", "not_allowed_now")
    assert floor.agent("1001").state == before


def test_calls_that_cannot_be_placed(floor: Floor) -> None:
    """Unknown and busy extensions and busy lines are refused in words and by prompts."""
    floor.phone(2).lift()
    floor.phone(1).lift()
    assert refused(floor, call_802) == ("Extension 802 is busy.", "not_allowed_now")
    assert refused(floor, lambda control: control.call_extension(AT_1, "phone-1", "899"))[0] == "There is no extension 899."
    floor.phone(1).lift()
    for line in floor.lines.values():
        line.does = "dead"
    assert refused(floor, lambda control: control.call_outside(AT_1, "phone-1", "10086")) == ("No exchange line is free.", "lines_busy")


def call_802(control: Control) -> None:
    """Call extension 802 from phone-1."""
    control.call_extension(AT_1, "phone-1", "802")


def test_the_site_is_known_to_the_desks(floor: Floor) -> None:
    """The desk phones know all agents and extensions."""
    assert floor.control.agent_numbers == {"1001", "1002", "1003", "1004"}
    assert floor.control.extensions == {"801", "802", "803", "804"}


# ---- snapshots -----------------------------------------------------------------------------------------------------


def test_a_quiet_site_as_a_snapshot(floor: Floor) -> None:
    """A page or program sees every line, phone, agent and queue of the site in its order, and no call."""
    seen = snapshot(floor.switch, floor.acd, floor.clock)
    assert json.loads(json.dumps(seen)) == seen
    assert (seen["utc_ms"], seen["utc_offset_min"]) == (floor.clock.utc_ms(), 480)
    assert seen["lines"] == [{"line": f"line-{i}", "free": True, "call": ""} for i in range(1, 5)]
    assert seen["phones"][1] == {
        "phone": "phone-2",
        "extension": "802",
        "off_hook": False,
        "ringing": False,
        "in_service": True,
        "left_off_hook": False,
        "attending": False,
        "messages": 0,
        "agent": "",
    }
    assert [agent["agent"] for agent in seen["agents"]] == ["1001", "1002", "1003", "1004"]
    assert seen["agents"][0] == {"agent": "1001", "name": "", "state": "logged_out", "phone": "", "reasons": [], "call": ""} | {
        "pending": [],
        "queues": ["service"],
        "signed_out": [],
        "ends_utc_ms": 0,
    }
    assert seen["queues"] == [
        {"queue": name, "title": "", "waiting": [], "against": {"logged_out": count}, "ready": 0}
        for name, count in (("service", 4), ("vip", 2))
    ]
    assert seen["calls"] == []


def test_a_busy_site_as_a_snapshot(floor: Floor) -> None:
    """Who talks, who waits how long, whose phone rings for whom, and who is on which break."""
    floor.login("1001", "1002")
    floor.control.go_not_ready(AT_2, "phone-2", "2")
    for line in (1, 2):
        floor.calling(line)
        floor.line(line).press("11")
    floor.clock.advance(1.5)
    seen = snapshot(floor.switch, floor.acd, floor.clock)
    first, second = seen["calls"]
    assert first == {
        "call": first["call"],
        "direction": "in",
        "line": "line-1",
        "calling": "13800138000",
        "doubtful": False,
        "called": "",
        "state": "answered",
        "agent": "",
        "phone": "",
    }
    service = seen["queues"][0]
    assert [stay["call"] for stay in service["waiting"]] == [first["call"], second["call"]]
    assert service["waiting"][0] == {"call": first["call"], "wait_ms": 1500, "offered_to": "1001"}
    assert [(agent["state"], agent["reasons"]) for agent in seen["agents"][:2]] == [("offered", []), ("not_ready", ["meal"])]
    assert seen["lines"][1] == {"line": "line-2", "free": False, "call": second["call"]}
    assert seen["phones"][0]["ringing"]
    floor.phone(1).lift()
    seen = snapshot(floor.switch, floor.acd, floor.clock)
    assert (seen["calls"][0]["state"], seen["calls"][0]["agent"], seen["calls"][0]["phone"]) == ("connecting", "1001", "phone-1")
    floor.clock.advance(10)
    assert snapshot(floor.switch, floor.acd, floor.clock)["calls"][0]["state"] == "talking"


def test_every_state_has_a_word() -> None:
    """No state of an agent is shown as a program's name."""
    assert set(a.WORDS) | {a.Talking} == set(a.TABLE.states())
    assert {*a.WORDS.values(), *a.MODES} == set(STATES)
