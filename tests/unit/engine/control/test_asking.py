"""What the door answers: the engine on fake lines, the store on a real folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from appliance.executors import VirtualExecutor
from engine import facts
from engine.control.asking import Asking, Inside
from engine.kernel.bus import Envelope
from engine.kernel.errors import BadInput, Refused, StrowgerError
from engine.people.actors import Actor, Role
from engine.people.users import actor_of
from engine.store.queries import Reader
from engine.store.recovery import recover
from engine.store.writer import Store
from tests.floor import Floor

TECHNICIAN = Actor(Role.TECHNICIAN, "uid 0")
AT_PHONE = Actor(Role.AGENT, "phone-1")
READ_ONLY = Actor(Role.READ_ONLY, "anna")


class Door:
    """The engine and who asks it."""

    def __init__(self, floor: Floor, folder: Path) -> None:
        self.floor = floor
        self.folder = folder
        (folder / "journal").mkdir()
        (folder / "log").mkdir()
        self.logged: list[str] = []
        disk = VirtualExecutor(floor.clock, 0.002)
        self.store = Store(floor.bus, floor.clock, disk, folder, recover(folder), alarm=lambda _alarm: None)
        inside = Inside(
            floor.switch,
            floor.acd,
            floor.control,
            floor.bus,
            floor.clock,
            self.store,
            Reader(folder, floor.clock.monotonic_ns),
            disk,
            folder,
            {"name": "here", "version": "1"},
            lambda: {"ticks": 7},
            self.logged.append,
        )
        self.asking = Asking(inside, {})

    def ask(self, command: str, person: Actor = TECHNICIAN, **arguments: object) -> Any:
        """The answer, which is plain values. Raises what the door would say."""
        answers: list[Any] = []
        failures: list[Exception] = []
        self.asking.ask(person, {"command": command, **arguments}, answers.append, failures.append)
        for _ in range(2000):
            if answers or failures:
                break
            self.floor.clock.advance(0.001)
        if failures:
            raise failures[0]
        assert json.loads(json.dumps(answers[0])) == answers[0]
        return answers[0]


@pytest.fixture
def door(floor: Floor, tmp_path: Path) -> Iterator[Door]:
    made = Door(floor, tmp_path)
    yield made
    made.store.close()


def row(rows: list[Mapping[str, Any]], **wanted: object) -> Mapping[str, Any]:
    """The one row with these values."""
    (found,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return found


ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "why": {"call": "b1-c1"},
    "agent_logout": {"agent": "1001"},
    "agent_ready": {"agent": "1001"},
    "agent_not_ready": {"agent": "1001", "reason": "meal"},
    "messages_waiting": {"phone": "phone-1", "count": 1},
}
COMMANDS = ["status", "lines", "phones", "agents", "queues", "why", "version", "calls", "facts", "log", *list(ARGUMENTS)[1:]]


@pytest.mark.parametrize("command", COMMANDS)
def test_who_has_no_right_is_refused(door: Door, command: str) -> None:
    """Somebody at a desk phone cannot ask these things, and nothing happens."""
    door.floor.login("1001")
    heard = len(door.floor.heard)
    with pytest.raises(Refused, match="phone-1 may not do this"):
        door.ask(command, AT_PHONE, **ARGUMENTS.get(command, {}))
    assert len(door.floor.heard) == heard


@pytest.mark.parametrize("command", ["log", "facts", "agent_logout", "agent_ready", "agent_not_ready", "messages_waiting"])
def test_who_may_look_may_not_touch(door: Door, command: str) -> None:
    """A user of the page who only reads sees neither log nor journal, and commands no agent."""
    with pytest.raises(Refused, match="anna may not do this"):
        door.ask(command, READ_ONLY, **ARGUMENTS.get(command, {}))
    assert door.ask("agents", READ_ONLY)["agents"]


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("frob", {}, "There is no command 'frob'; there are agent_end_wrap_up, "),
        ("calls", {"limit": 0}, "limit is 0; a number from 1 to 10000 is wanted."),
        ("facts", {"limit": True}, "limit is True; "),
        ("log", {"limit": "5"}, "limit is '5'; "),
        ("why", {}, "call is missing or wrong"),
        ("why", {"call": 5}, "call is missing or wrong"),
        ("facts", {"call": "x" * 101}, "call is missing or wrong"),
        ("facts", {"after": -1}, "after is -1; the number of a fact is wanted."),
        ("facts", {"after": "5"}, "after is '5'; "),
        ("facts", {"after": 0, "names": "CallEnded"}, "names is wrong"),
        ("facts", {"after": 0, "names": ["CallEnded", 5]}, "names is wrong"),
        ("facts", {"after": 0, "names": ["Nothing"]}, "There is no fact 'Nothing'."),
        ("agent_logout", {"agent": ["1001"]}, "agent is missing or wrong"),
        ("messages_waiting", {"phone": "phone-1", "count": 100}, "count is 100; a number from 0 to 99 is wanted."),
        ("messages_waiting", {"phone": "phone-1", "count": True}, "count is True; "),
        ("messages_waiting", {"phone": "", "count": 1}, "phone is missing or wrong"),
    ],
)
def test_senseless_requests_are_answered_with_a_sentence(door: Door, command: str, arguments: dict[str, Any], said: str) -> None:
    """A wrong program learns what was wrong with its request."""
    with pytest.raises(BadInput) as wrong:
        door.ask(command, **arguments)
    assert str(wrong.value).startswith(said)


def test_lines_tell_their_state_and_what_happened_on_them(door: Door) -> None:
    """The technician sees which line is in a call, which is faulty since when, and the counts since the start."""
    floor = door.floor
    floor.calling(1)
    floor.bus.publish(facts.LineRang(line="line-2"))
    floor.line(2).does = "dead"
    floor.bus.publish(facts.LineOutOfService(line="line-3", reason="no_battery"))
    floor.bus.publish(facts.ProtocolViolated(line="line-3", state="Idle", event="X"))
    floor.bus.publish(facts.AlarmRaised(alarm="driver", about="line-3", sentence="x"))
    floor.bus.publish(facts.ProtocolViolated(line="elsewhere", state="Idle", event="X"))
    lines = door.ask("lines")["lines"]
    assert row(lines, line="line-1")["state"] == "answered"
    assert row(lines, line="line-1")["calls_in"] == 1
    assert row(lines, line="line-4")["state"] == "free"
    bad = row(lines, line="line-3")
    assert (bad["state"], bad["fault"], bad["faults"], bad["violations"], bad["driver_errors"]) == ("out_of_service", "no_battery", 1, 1, 1)
    assert bad["fault_since_utc_ms"] == floor.clock.utc_ms()
    floor.bus.publish(facts.LineInService(line="line-3"))
    assert row(door.ask("lines")["lines"], line="line-3")["fault"] == ""


def test_phones_tell_who_sits_there(door: Door) -> None:
    """The technician sees which phone is off hook and which agent is there."""
    door.floor.login("1001")
    door.floor.phone(2).lift()
    phones = door.ask("phones")["phones"]
    assert (row(phones, phone="phone-1")["state"], row(phones, phone="phone-1")["agent"]) == ("on_hook", "1001")
    assert (row(phones, phone="phone-2")["state"], row(phones, phone="phone-2")["lifted"]) == ("off_hook", 1)


def two_waiting(door: Door) -> list[str]:
    """Two callers in the queue; agent 1001 is rung for the first."""
    door.floor.login("1001", "1002")
    door.ask("agent_not_ready", agent="1002", reason="meal")
    for line in (1, 2):
        door.floor.calling(line)
        door.floor.line(line).press("11")
    door.floor.clock.advance(1.0)  # the second hears first that all are busy
    return list(door.floor.switch.calls)


def test_queues_tell_who_waits(door: Door) -> None:
    """Each waiting call with its place, since when, and whose phone rings for it."""
    first, second = two_waiting(door)
    door.floor.clock.advance(2.0)
    service = row(door.ask("queues")["queues"], queue="service")
    assert [(stay["call"], stay["place"], stay["offered_to"]) for stay in service["waiting"]] == [(first, 1, "1001"), (second, 2, "")]
    assert service["waiting"][1]["wait_ms"] == 2000
    assert service["waiting"][1]["since_utc_ms"] == door.floor.clock.utc_ms() - 2000


def test_why_a_call_waits(door: Door) -> None:
    """For each agent of the queue the one reason against; and why the last offer went where it went."""
    first, second = two_waiting(door)
    why = door.ask("why", call=second)
    assert {agent["agent"]: agent["against"] for agent in why["waits"]["agents"]} == {
        "1001": "offered",
        "1002": "not_ready",
        "1003": "logged_out",
        "1004": "logged_out",
    }
    assert why["last_offer"] is None
    offer = door.ask("why", call=first)["last_offer"]
    assert (offer["agent"], offer["phone"], offer["times"], offer["outcome"]) == ("1001", "phone-1", 1, "")
    assert {"agent": "1002", "against": "not_ready"} in offer["passed_over"]
    door.floor.phone(1).lift()
    answered = door.ask("why", call=first)
    assert (answered["waits"], answered["agent"], answered["last_offer"]["outcome"]) == (None, "1001", "answered")


def test_why_of_a_call_nobody_knows(door: Door) -> None:
    """A mistyped call id gets a sentence that says where to look."""
    with pytest.raises(Refused, match="There is no call b1-c9 now"):
        door.ask("why", call="b1-c9")


def test_messages_are_told_to_a_phones_user(door: Door) -> None:
    """A supervisor lights a lamp and puts it out again; a phone that is not there is refused by name."""
    assert door.ask("messages_waiting", phone="phone-1", count=3) == {"phone": "phone-1", "messages": 3}
    assert door.floor.phone(1).messages == 3
    assert row(door.ask("status")["phones"], phone="phone-1")["messages"] == 3
    assert door.logged == ["control: technician uid 0 tells phone phone-1 of 3 messages"]
    with pytest.raises(Refused, match=r"There is no phone phone-99\."):
        door.ask("messages_waiting", phone="phone-99", count=1)


def test_a_forgotten_handset_shows_in_the_list_of_phones(door: Door) -> None:
    """Whoever looks for the reason why an agent gets no calls sees it."""
    door.floor.phone(1).lift()
    assert row(door.ask("phones")["phones"], phone="phone-1")["state"] == "off_hook"
    door.floor.clock.advance(70)
    assert row(door.ask("phones")["phones"], phone="phone-1")["state"] == "left_off_hook"
    assert row(door.ask("status")["phones"], phone="phone-1")["left_off_hook"] is True


def test_commands_for_agents_are_done_and_logged(door: Door) -> None:
    """A technician takes an agent out of the queue, lets calls come again, and logs the agent out; the log says who did it."""
    door.floor.login("1001")
    assert door.ask("agent_not_ready", agent="1001", reason="meal")["reasons"] == ["meal"]
    assert door.ask("agent_ready", agent="1001")["state"] == "ready"
    assert door.ask("agent_logout", agent="1001")["state"] == "logged_out"
    assert door.logged == [
        "control: technician uid 0 makes agent 1001 not ready (meal)",
        "control: technician uid 0 makes agent 1001 ready",
        "control: technician uid 0 logs agent 1001 out",
    ]


def test_an_agent_at_the_page_commands_himself_and_nobody_else(door: Door) -> None:
    """Who is agent 1001 sees that state with its queues, and changes it; a foreign number in the request changes nothing of it."""
    lina = actor_of("lina", {Role.AGENT_USER}, "1001")
    door.floor.login("1001", "1002")
    mine = door.ask("own_agent", lina)
    assert (mine["agent"]["agent"], [queue["queue"] for queue in mine["queues"]]) == ("1001", ["service"])
    assert door.ask("own_not_ready", lina, reason="meal", agent="1002")["agent"] == "1001"
    states = {agent["agent"]: agent["state"] for agent in door.ask("agents")["agents"]}
    assert (states["1001"], states["1002"]) == ("not_ready", "ready")
    assert door.ask("own_ready", lina)["state"] == "ready"
    assert door.ask("own_logout", lina)["state"] == "logged_out"
    assert door.logged[0] == "control: agent_user user lina makes agent 1001 not ready (meal)"
    with pytest.raises(Refused, match="user lina may not do this"):
        door.ask("agent_ready", lina, agent="1001")
    with pytest.raises(Refused, match="user lina may not do this"):
        door.floor.control.make_agent_ready(lina, "1002")


def test_who_is_no_agent_commands_nobody_as_himself(door: Door) -> None:
    """Without an agent, or without the role, there is nothing that is one's own; an agent who was removed is nobody."""
    for person in (actor_of("wang", {Role.AGENT_USER}), actor_of("boss", {Role.ADMINISTRATOR}, "1001"), TECHNICIAN, AT_PHONE):
        with pytest.raises(Refused):
            door.ask("own_agent", person)
    gone = actor_of("old", {Role.AGENT_USER}, "7777")
    assert door.ask("own_agent", gone)["agent"] is None
    with pytest.raises(Refused, match=r"There is no agent 7777\."):
        door.ask("own_ready", gone)


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("agent_logout", {"agent": "77"}, "There is no agent 77."),
        ("agent_ready", {"agent": "1002"}, "Agent 1002 is not logged in."),
        ("agent_not_ready", {"agent": "1001", "reason": "golf"}, "There is no reason golf; there are: break, meal, meeting, training."),
    ],
)
def test_commands_for_agents_that_are_refused(door: Door, command: str, arguments: dict[str, Any], said: str) -> None:
    """A refusal says why, and neither agent nor log knows of it."""
    door.floor.login("1001")
    with pytest.raises(StrowgerError) as refusal:
        door.ask(command, **arguments)
    assert str(refusal.value) == said
    assert door.logged == []


def test_while_the_phone_rings_a_logout_waits(door: Door) -> None:
    """An agent who is being rung cannot be logged out at that moment."""
    two_waiting(door)
    with pytest.raises(Refused, match="not possible now"):
        door.ask("agent_logout", agent="1001")


def test_facts_come_newest_last_and_by_call(door: Door) -> None:
    """The technician reads what just happened, even what is not on the disk yet."""
    first, _second = two_waiting(door)
    answer = door.ask("facts", limit=3)
    assert [fact["seq"] for fact in answer["facts"]] == list(range(door.floor.bus.last_seq - 2, door.floor.bus.last_seq + 1))
    of_first = door.ask("facts", call=first, limit=100)["facts"]
    assert [fact["fact"] for fact in of_first[:2]] == ["InteractionBegan", "CallArrived"]
    (interaction,) = {fact["interaction"] for fact in of_first}
    assert door.ask("facts", call=interaction, limit=100)["facts"] == of_first


def test_facts_after_a_number_come_oldest_first(door: Door) -> None:
    """Who follows the journal is told the facts after the last one it has, at once with those of this moment, and how far that is."""
    door.floor.login("1001")
    door.floor.login("1002")
    newest = door.floor.bus.last_seq
    answer = door.ask("facts", after=newest - 2)
    assert [fact["seq"] for fact in answer["facts"]] == [newest - 1, newest]
    assert (answer["through"], answer["unreadable"]) == (newest, 0)
    named = door.ask("facts", after=0, names=["AgentStateChanged"], limit=1)
    assert [fact["fact"] for fact in named["facts"]] == ["AgentStateChanged"]
    assert named["through"] == named["facts"][0]["seq"]


def test_the_log_and_its_absence(door: Door) -> None:
    """The last lines of the log; none when nothing was logged yet."""
    assert door.ask("log")["lines"] == []
    (door.folder / "log" / "strowger.log").write_text("one\ntwo\nthree\n", "utf-8")
    assert door.ask("log", limit=2)["lines"] == ["two", "three"]


def test_version_tells_since_when(door: Door) -> None:
    """Version, running time and the pump's counters."""
    door.floor.clock.advance(90.0)
    answer = door.ask("version")
    assert (answer["version"], answer["uptime_s"], answer["pump"]) == ("1", 90, {"ticks": 7})


def test_only_so_many_offers_are_remembered() -> None:
    """Months of calls do not fill the memory."""
    from engine.control.offers import Offers  # noqa: PLC0415

    offers = Offers(most=2)
    for number in range(5):
        offer = facts.CallOffered(call=f"c{number}", queue="q", agent="1", phone="p", why="w", passed_over=())
        offers.hear(Envelope(number + 1, "b1", 0, 0, 480, 0, "", offer))
    assert [offers.of(f"c{number}") is not None for number in range(5)] == [False, False, False, True, True]
