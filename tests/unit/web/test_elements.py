"""From the appliance's state to what the live page shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.control.snapshot import snapshot
from engine.people.actors import Actor, Role
from tests.floor import Floor
from web.elements import Since, elements
from web.wallboard import View


class Board:
    """The elements of a floor, heard from its beginning."""

    def __init__(self) -> None:
        self.floor = Floor()
        self.since = Since()
        self.floor.bus.subscribe("live", self.since.hear)

    def see(self) -> dict[str, View]:
        return elements(snapshot(self.floor.switch, self.floor.acd, self.floor.clock), self.since)


@pytest.fixture
def board() -> Iterator[Board]:
    made = Board()
    yield made
    assert made.floor.bugs == []


def test_a_quiet_site(board: Board) -> None:
    """Everything that the site has stands there, at rest."""
    seen = board.see()
    assert seen["summary"] == {
        "kind": "summary",
        "calls": 0,
        "talking": 0,
        "waiting": 0,
        "oldest_utc_ms": 0,
        "logged_in": 0,
        "ready": 0,
        "agents": 4,
        "lines_free": 4,
        "lines": 4,
        "faults": 0,
        "lacks": [],
    }
    assert [view["state"] for view in seen.values() if view["kind"] == "line"] == ["free"] * 4
    assert [view["state"] for view in seen.values() if view["kind"] == "phone"] == ["idle"] * 4
    assert {view["state"] for view in seen.values() if view["kind"] == "agent"} == {"logged_out"}


def test_a_call_on_its_way(board: Board) -> None:
    """A caller waits with the time since when, rings an agent, talks, and is gone: each thing says its part of it."""
    floor = board.floor
    floor.login("1001")
    call = floor.calling(1).id
    answered_ms = floor.clock.utc_ms()
    assert board.see()[f"call-{call}"]["state"] == "answered"
    floor.line(1).press("11")
    seen = board.see()
    assert seen[f"call-{call}"]["state"] == "waiting"
    assert seen["queue-service"]["waiting"] == [{"call": call, "calling": "13800138000", "since_utc_ms": answered_ms, "offered_to": "1001"}]
    assert seen["summary"]["waiting"] == 1
    assert seen["summary"]["oldest_utc_ms"] == answered_ms
    assert seen["agent-1001"]["state"] == "offered"
    assert (seen["agent-1001"]["other"], seen["agent-1001"]["extension"]) == ("13800138000", "801")
    assert seen["phone-phone-1"]["state"] == "ringing"
    assert (seen["line-line-1"]["state"], seen["line-line-1"]["other"]) == ("busy", "13800138000")
    floor.phone(1).lift()
    floor.clock.advance(10)
    seen = board.see()
    assert (seen[f"call-{call}"]["state"], seen[f"call-{call}"]["agent"], seen[f"call-{call}"]["extension"]) == ("talking", "1001", "801")
    assert seen["summary"]["talking"] == 1
    assert seen["summary"]["waiting"] == 0
    assert seen["phone-phone-1"]["state"] == "off_hook"
    floor.phone(1).hang_up()
    floor.clock.advance(1)
    seen = board.see()
    assert f"call-{call}" not in seen
    assert seen["agent-1001"]["state"] == "wrap_up"
    assert (board.since.calls, board.since.queued) == ({}, {})


def test_times_do_not_move_while_nothing_happens(board: Board) -> None:
    """A waiting caller is no change every second: the browser counts by itself."""
    board.floor.login("1001")
    board.floor.control.go_not_ready(Actor(Role.AGENT, "phone-1"), "phone-1", "2")
    board.floor.calling(1)
    board.floor.line(1).press("11")
    board.floor.clock.advance(5)
    before = board.see()
    board.floor.clock.advance(3)
    after = board.see()
    assert {name: view for name, view in after.items() if before.get(name) != view} == {}
    assert after["agent-1001"]["reasons"] == ["meal"]


def test_a_line_out_of_service_is_seen(board: Board) -> None:
    """A line without battery says so, and the summary counts it, until it is back."""
    line = board.floor.line(2)
    board.floor.switch.line_out_of_service(line, "no_battery")
    seen = board.see()
    assert (seen["line-line-2"]["state"], seen["line-line-2"]["fault"]) == ("out_of_service", "no_battery")
    assert seen["summary"]["faults"] == 1
    board.floor.switch.line_in_service(line)
    assert board.see()["line-line-2"]["fault"] == ""


def test_an_own_call_outside(board: Board) -> None:
    """An agent who calls out is shown with the number called."""
    floor = board.floor
    floor.login("1002")
    floor.phone(2).lift()
    floor.phone(2).press("010086#")
    floor.clock.advance(6)
    seen = board.see()
    (call,) = [view for view in seen.values() if view["kind"] == "call"]
    assert (call["direction"], call["called"], call["agent"]) == ("out", "10086", "1002")
    assert seen["agent-1002"]["other"] == "10086"


def test_a_pump_that_stands_still_is_an_element_of_its_own(board: Board) -> None:
    """The live page gets a red notice while the pump stands, and loses it when it moves again."""
    state = snapshot(board.floor.switch, board.floor.acd, board.floor.clock)
    assert elements({**state, "media": {"still": True}}, Since())["alarm-pump"]["kind"] == "alarm"
    assert "alarm-pump" not in elements({**state, "media": {"realtime": True, "locked": "all"}}, Since())


@pytest.mark.parametrize(
    ("media", "lacks"),
    [
        ({}, []),
        ({"realtime": True, "locked": "all"}, []),
        ({"realtime": True, "locked": "own"}, []),
        ({"realtime": False, "locked": "all"}, ["realtime"]),
        ({"realtime": False, "locked": "nothing"}, ["realtime", "memory"]),
    ],
)
def test_what_the_media_pump_lacks_is_told(board: Board, media: dict[str, object], lacks: list[str]) -> None:
    """A supervisor sees at once that a box may make gaps under load; one in order, or one that is just starting, shows nothing."""
    state = {**snapshot(board.floor.switch, board.floor.acd, board.floor.clock), "media": media}
    assert elements(state, Since())["summary"]["lacks"] == lacks


def test_spans_in_trouble_stand_before_all(board: Board) -> None:
    """A span in alarm says what is worth knowing of it; one that is gone says so, and is another element when the number is used again."""
    seen = snapshot(board.floor.switch, board.floor.acd, board.floor.clock)
    troubles = [
        {"span": 1, "name": "city-1", "alarms": ["red", "los"], "gone": False},
        {"span": 2, "name": "TE2/0/2", "alarms": [], "gone": True},
    ]
    found = elements({**seen, "spans": troubles}, board.since)
    assert found["span-1"] == {"kind": "span", "span": 1, "name": "city-1", "alarms": ["los"], "gone": False}
    assert found["span-2-gone"]["gone"] is True
    assert [view["kind"] for view in found.values()].index("span") == 1


def test_waiting_messages_stand_at_the_phone(board: Board) -> None:
    """Who looks at the floor sees whose lamp is lit."""
    board.floor.switch.set_messages(board.floor.switch.phones["phone-2"], 3)
    seen = board.see()
    assert (seen["phone-phone-1"]["messages"], seen["phone-phone-2"]["messages"]) == (0, 3)
