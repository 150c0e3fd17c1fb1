"""Tables and lines on terminals of any width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.tables import cell, clean, columns, local_time, local_time_of_day, table, wrap


def english(msgid: str) -> str:
    return msgid


def test_a_table_too_wide_is_folded() -> None:
    """On a narrow terminal the columns that do not fit follow below, each beside the name of its row."""
    rows = [["1001", "李娜", "ready"], ["1002", "Bo", "talking"]]
    assert table(["agent", "name", "state"], rows, 20) == "agent  name  state\n1001   李娜  ready\n1002   Bo    talking"
    assert (
        table(["agent", "name", "state"], rows, 19) == "agent  name\n1001   李娜\n1002   Bo\n\nagent  state\n1001   ready\n1002   talking"
    )


def test_a_table_much_too_wide_becomes_records() -> None:
    """Where not even two columns fit every value stands beside its heading."""
    rows = [["1001", "李娜"], ["1002", "Bo"]]
    assert table(["agent", "name"], rows, 11) == "agent  name\n1001   李娜\n1002   Bo"
    assert table(["agent", "name"], rows, 10) == "agent: 1001\nname: 李娜\n\nagent: 1002\nname: Bo"


def test_lines_break_at_blanks() -> None:
    """Words stay whole where they fit, also after Chinese ones."""
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("李娜李娜李娜", 8) == ["李娜李娜", "李娜"]
    assert wrap("", 8) == [""]
    assert wrap("0123456789abc", 8) == ["01234567", "89abc"]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200), st.integers(8, 60))
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(written: str, width: int) -> None:
    """Every character of a long line is shown, within the edges."""
    pieces = wrap(written, width)
    assert all(columns(piece) <= width for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(written.split())


def test_controls_are_question_marks() -> None:
    """A log line with terminal codes in it is harmless."""
    assert clean("a\x1b[2J\r\nb\t") == "a?[2J?\nb?"


def test_the_time_of_day() -> None:
    """Facts are told with the site's time to the millisecond."""
    assert local_time_of_day(1_700_000_000_042, 480) == "06:13:20.042"


def test_chinese_takes_two_columns() -> None:
    """Columns stand straight under Chinese names."""
    assert columns("李娜") == 4
    assert columns("ab\uff0c") == 4
    assert columns("e\u0301") == 1
    assert table(["no", "name", "x"], [["1001", "李娜", "a"], ["1", "Bo", "b"]]) == "no    name  x\n1001  李娜  a\n1     Bo    b"


def test_moments_are_shown_in_the_sites_time() -> None:
    """An installer in Shanghai reads Shanghai time wherever the machine thinks it is."""
    assert local_time(0, 480) == "1970-01-01 08:00:00"
    assert local_time(1_700_000_000_999, 0) == "2023-11-14 22:13:20"


def test_what_came_in_with_a_call_cannot_move_the_cursor() -> None:
    """A caller's name with terminal codes in it is shown with question marks in their place."""
    assert cell("calling_name", "a\x1b[2Jb", 480, english) == "a?[2Jb"
    assert cell("since_utc_ms", 1_700_000_000_000, 480, english) == "2023-11-15 06:13:20"
    assert cell("reasons", ["meal", "meeting"], 480, english) == "meal, meeting"
    assert cell("recording", "", 480, english) == "-"
