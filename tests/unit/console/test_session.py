"""The console's dialogue, with an appliance that answers when the test says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.session import KEYS_WAITING_MAX, PROMPT, Session
from engine.kernel.errors import Refused
from engine.kernel.text import text
from tests.console.screen import Screen

AGENTS = {
    "agents": [
        {"agent": number, "name": name, "state": "logged_out", "phone": "", "reasons": [], "call": ""}
        for number, name in (("1001", "李娜"), ("1002", "Bo\x1b[2J"), ("2001", ""))
    ],
    "reasons": ["meal", "meeting"],
}
Done = Callable[[Mapping[str, Any]], None]
Failed = Callable[[Exception], None]


class Room:
    """A session on a screen; questions wait in ``asked`` until they are answered."""

    def __init__(self, width: int = 80, rows: int = 24) -> None:
        self.screen = Screen(width)
        self.asked: list[tuple[str, Mapping[str, object], Done, Failed]] = []
        self.left = 0
        self.session = Session(self._ask, self.screen.take, self._leave, lambda msgid: msgid, width=width, rows=rows)
        self.session.begin()

    def _ask(self, command: str, arguments: Mapping[str, object], done: Done, failed: Failed) -> None:
        self.asked.append((command, arguments, done, failed))

    def _leave(self) -> None:
        self.left += 1

    def type(self, typed: str) -> None:
        self.session.receive(typed.encode())

    @property
    def lines(self) -> list[str]:
        return self.screen.lines


@pytest.fixture
def room() -> Room:
    return Room()


def test_an_answer_is_shown_and_the_prompt_comes_back(room: Room) -> None:
    """A command is asked of the appliance with its values; what came in with data cannot move the cursor."""
    room.type("ag\r")
    assert [(command, arguments) for command, arguments, _, _ in room.asked] == [("agents", {})]
    room.asked[0][2](AGENTS)
    assert room.lines[0] == f"{PROMPT}ag"
    assert room.lines[3] == "1002   Bo?[2J  logged out  -      -        -"
    assert room.lines[-1] == PROMPT.rstrip()


def test_a_refusal_is_a_sentence(room: Room) -> None:
    """What the appliance does not want is said, and the session goes on."""
    room.type("agents 1001 ready\r")
    assert room.asked[0][:2] == ("agent_ready", {"agent": "1001"})
    room.asked[0][3](Refused(text("Agent {agent} is not logged in.", agent="1001")))
    assert room.lines[1:] == ["Agent 1001 is not logged in.", PROMPT.rstrip()]


def test_an_answer_that_cannot_be_shown_does_not_end_the_session(room: Room) -> None:
    """Even a fault of the console itself leaves the technician at a prompt."""
    room.type("agents\r")
    room.asked[0][2]({})
    assert room.lines[1].startswith("This failed inside the console: ")
    assert room.lines[-1] == PROMPT.rstrip()


def test_keys_typed_ahead_wait_and_are_bounded(room: Room) -> None:
    """Whoever types on while an answer is awaited loses nothing, up to a limit."""
    room.type("agents\r" + "why b1-c1\r")
    assert len(room.asked) == 1
    room.asked[0][2](AGENTS)
    assert room.asked[1][:2] == ("why", {"call": "b1-c1"})
    room.type("x" * (KEYS_WAITING_MAX + 7))
    assert room.session.keys_lost == 7


def test_ctrl_c_gives_the_question_up(room: Room) -> None:
    """A late answer to a question that was given up is not shown; what was typed ahead is forgotten."""
    room.type("agents\rquit\r")
    room.type("\x03")
    assert room.lines[-2:] == ["^C", PROMPT.rstrip()]
    room.asked[0][2](AGENTS)
    room.asked[0][3](Refused(text("late")))
    assert room.lines[-2:] == ["^C", PROMPT.rstrip()]
    assert room.left == 0


def test_tab_completes_words_and_values(room: Room) -> None:
    """Tab puts in what is certain, lists what is not, and asks the appliance for names."""
    room.type("ag\t")
    assert room.screen.current == f"{PROMPT}agents "
    room.type("1\t")
    assert room.asked[0][0] == "agents"
    room.asked[0][2](AGENTS)
    assert room.screen.current == f"{PROMPT}agents 100"
    room.type("\t")
    room.asked[1][2](AGENTS)
    assert room.lines[-3:] == ["1001  李娜", "1002  Bo?[2J", f"{PROMPT}agents 100"]
    room.type("1 n\tme\t")
    room.asked[2][2](AGENTS)
    room.type("\t")
    room.asked[3][2](AGENTS)
    assert room.lines[-3:] == ["meal", "meeting", f"{PROMPT}agents 1001 not-ready me"]
    room.type("e\t")
    room.asked[4][2](AGENTS)
    assert room.screen.current == f"{PROMPT}agents 1001 not-ready meeting "


def test_tab_where_nothing_fits_rings_the_bell(room: Room) -> None:
    """Nothing changes but the bell rings."""
    for typed in ("zzz\t", "\x15status x\t"):
        room.type(typed)
    assert room.screen.bells == 2
    assert room.asked == []


def test_completion_that_fails_keeps_the_line(room: Room) -> None:
    """When the appliance cannot say the names, the reason is shown and what was typed stays."""
    room.type("agents 1\t")
    room.asked[0][3](Refused(text("not now")))
    assert room.lines[1:] == ["not now", f"{PROMPT}agents 1"]


def test_help_keeps_the_line(room: Room) -> None:
    """After ``?`` the line is there to be gone on with."""
    room.type("facts ?")
    assert room.lines[1:4] == [
        "N        how many facts (default 20)",
        "<Enter>  the newest facts of the journal",
        "call     only the facts of one call",
    ]
    assert room.screen.current == f"{PROMPT}facts "


def test_long_answers_come_page_by_page() -> None:
    """Nothing scrolls away: a page, a line, and an end."""
    room = Room(rows=5)
    room.type("log\r")
    room.asked[0][2]({"lines": [f"line {number}" for number in range(20)]})
    more = "-- more: blank, Enter, q --"
    assert room.lines[1:] == ["line 0", "line 1", "line 2", "line 3", more]
    room.type("x\r")
    assert room.lines[-2:] == ["line 4", more]
    room.type(" ")
    assert room.lines[-2:] == ["line 8", more]
    room.type("q")
    assert room.lines[-2:] == ["line 8", PROMPT.rstrip()]


def test_leaving_happens_once(room: Room) -> None:
    """After ``quit`` nothing is taken any more."""
    room.type("quit\rquit\r\x04\x03agents\r")
    assert room.session.over
    assert room.left == 1
    assert room.asked == []


def test_history_is_shown(room: Room) -> None:
    """``typed`` lists the lines typed before."""
    room.type("l\rtyped\r")
    assert room.lines[-3:] == ["l", "typed", PROMPT.rstrip()]


@settings(max_examples=60)
@given(
    st.lists(st.binary(max_size=60) | st.sampled_from([b"\t", b"?", b"\r", b"agents ", b"log\r", b"\x03", b" "]), max_size=30),
    st.integers(1, 90),
)
def test_line_noise_does_no_harm(portions: list[bytes], width: int) -> None:
    """Whatever a bad wire brings, on a terminal of any size: no error, nothing beyond the edge, and the console can still be left."""
    room = Room(width=max(width, 24), rows=6)
    for octets in portions:
        room.session.receive(octets)
        for _command, _arguments, _done, failed in room.asked:
            failed(Refused(text("not now")))
        room.asked.clear()
    if not room.session.over:
        room.session.receive(b"\x03\x04")
    assert room.left == 1
