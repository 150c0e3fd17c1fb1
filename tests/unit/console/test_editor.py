"""The line editor: what keys do to the line, and what stands on the dumbest terminal then."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from console.editor import HISTORY_MOST, LINE_MOST, SEQUENCE_MOST, Editor, Key, KeyReader, Wish
from tests.console.screen import Screen

UP, DOWN, LEFT, RIGHT, HOME, END, DELETE = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C", "\x1b[1~", "\x1b[F", "\x1b[3~"
PROMPT = "> "


class Desk:
    """An editor with a screen of 20 columns."""

    def __init__(self, width: int = 20) -> None:
        self.editor = Editor(PROMPT, width)
        self.reader = KeyReader()
        self.screen = Screen(width)
        self.wishes: list[Wish] = []
        self.editor.begin()
        self.screen.take(self.editor.take_output())

    def type(self, octets: bytes) -> None:
        for key in self.reader.feed(octets):
            wish = self.editor.press(key)
            if wish is not None:
                self.wishes.append(wish)
            if wish is Wish.SUBMIT:
                self.editor.remember(self.editor.line.text)
                self.screen.take(self.editor.take_output() + "\r\n")
                self.editor.begin()
            self.screen.take(self.editor.take_output())

    def text(self, typed: str) -> str:
        self.type(typed.encode())
        return self.editor.line.text


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("calls", "calls"),
        ("cals" + LEFT + "l", "calls"),
        ("xcalls" + HOME + DELETE, "calls"),
        ("callx\x7fs", "calls"),
        ("callx\bs", "calls"),
        ("calls 20\x17\x17", ""),
        ("calls 20\x17", "calls "),
        ("calls 20" + LEFT + LEFT + "\x0b", "calls "),
        ("xx calls" + "\x01" + RIGHT + RIGHT + RIGHT + "\x15", "calls"),
        ("calls" + HOME + END + "!", "calls!"),
        ("call\x02\x02X\x06Y", "caXlYl"),
        ("李娜\x7f" + LEFT + "王", "王李"),
        ("\x7f" + LEFT + DELETE + "a", "a"),
    ],
)
def test_keys_edit_the_line(typed: str, line: str) -> None:
    """The usual keys do what a technician's fingers expect, and the screen shows the line."""
    desk = Desk()
    assert desk.text(typed) == line
    assert desk.screen.lines == [f"{PROMPT}{line}".rstrip()]


def test_history_comes_back_and_the_begun_line_is_kept() -> None:
    """Up and Down walk through earlier lines; a line begun before is not lost; the same line twice is kept once."""
    desk = Desk()
    desk.type(b"agents\r\ncalls 5\ncalls 5\r")
    assert desk.text("wh" + UP) == "calls 5"
    assert desk.text(UP) == "agents"
    assert desk.text(UP) == "agents"
    assert desk.screen.bells == 1
    assert desk.text(DOWN + DOWN) == "wh"
    assert desk.text(DOWN) == "wh"
    assert desk.wishes == [Wish.SUBMIT] * 3


def test_history_and_line_have_limits() -> None:
    """Neither a stuck key nor years of use fill the memory."""
    desk = Desk()
    assert len(desk.text("x" * (LINE_MOST + 50))) == LINE_MOST
    assert desk.screen.bells == 50
    desk.type(b"\r" + b"".join(b"calls %d\r" % number for number in range(HISTORY_MOST + 10)))
    assert len(desk.editor.history) == HISTORY_MOST
    assert desk.editor.history[-1] == f"calls {HISTORY_MOST + 9}"


def test_wishes() -> None:
    """Help, completion, giving up and leaving are told; Ctrl-D leaves an empty line only."""
    desk = Desk()
    desk.type(b"a?\t\x03")
    assert desk.wishes == [Wish.HELP, Wish.COMPLETE, Wish.INTERRUPT]
    desk.type(b"\x01\x04")
    assert desk.editor.line.text == ""
    desk.type(b"\x04")
    assert desk.wishes[3:] == [Wish.LEAVE]


def test_a_long_line_scrolls_sideways() -> None:
    """On a narrow terminal the part around the cursor is seen, and nothing runs over the edge."""
    desk = Desk()
    desk.type(b"0123456789abcdefghijklmnopqrstuvwxyz")
    assert len(desk.screen.lines) == 1
    assert desk.screen.lines[0].endswith("xyz")
    desk.type(b"\x01")
    assert desk.screen.lines == ["> 0123456789abcdef"]


def test_a_wider_terminal_shows_the_line_anew() -> None:
    """After the window was made wider the line stands below, whole."""
    desk = Desk()
    desk.type(b"0123456789abcdefghijkl")
    desk.editor.resize(60)
    desk.screen.width = 60
    desk.screen.take(desk.editor.take_output())
    assert desk.screen.lines[-1] == "> 0123456789abcdefghijkl"


def test_noise_is_dropped_and_counted() -> None:
    """Broken characters, unknown sequences and controls leave the line as it was."""
    desk = Desk()
    desk.type(b"ca\xff\xc3lls\x00\x1b[99z\x1bx\x1b[" + b"9" * (SEQUENCE_MOST - 1))
    assert desk.editor.line.text == "calls"
    assert desk.reader.dropped > 8
    desk.type(b"\x1b[\r")
    assert desk.wishes == [Wish.SUBMIT]


def test_one_key_may_come_in_portions() -> None:
    """A slow line that brings an arrow or a Chinese character octet by octet is understood."""
    reader = KeyReader()
    assert [key for octet in "李\x1b[D".encode() for key in reader.feed(bytes((octet,)))] == ["李", Key.LEFT]
    assert reader.feed(b"\r\n\n\r\x00\r") == [Key.ENTER] * 4
    assert reader.dropped == 0


@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([key.encode() for key in (UP, DOWN, LEFT, RIGHT, HOME, END, DELETE, "娜", "\x17")]))
)
@example([b"\xd9\x8b", b"\x01   ", b"     ", b" "])
@example([b"\xd9\x8b", b"\x15"])
def test_whatever_comes_in_the_screen_shows_the_line(portions: list[bytes]) -> None:
    """Any octets in any portions: no error, limits kept, and the screen shows just the part of the line around the cursor."""
    desk = Desk()
    for octets in portions:
        desk.type(octets)
    line = desk.editor.line
    assert len(line.text) <= LINE_MOST
    assert 0 <= line.at <= len(line.text)
    shown = desk.screen.lines[-1]
    assert shown.startswith(PROMPT.rstrip())
    assert shown[len(PROMPT) :].rstrip() in line.text
    if len(line.text.encode()) <= 16:
        assert shown == (PROMPT + line.text).rstrip()


@given(st.binary(max_size=200), st.integers(1, 199))
def test_portions_make_no_difference(octets: bytes, cut: int) -> None:
    """Where a slow line happens to pause does not change what is understood."""
    one, two = KeyReader(), KeyReader()
    assert one.feed(octets) == two.feed(octets[:cut]) + two.feed(octets[cut:])
    assert one.dropped == two.dropped
