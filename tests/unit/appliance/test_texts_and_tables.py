"""What people read on a terminal: their language, and columns that stand straight."""

from __future__ import annotations

import pytest

from appliance.tables import cell, columns, local_time, table
from appliance.texts import catalogue_for, translator
from engine.kernel.text import Text, text


def english(msgid: str) -> str:
    return msgid


@pytest.mark.parametrize(
    ("environment", "language", "catalogue"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "", "zh_CN"),
        ({"LANG": "zh_TW"}, "", "zh_CN"),
        ({"LANG": "zh-Hans"}, "", "zh_CN"),
        ({"LANG": "en_US.UTF-8"}, "", ""),
        ({"LANG": "C.UTF-8"}, "", ""),
        ({}, "", ""),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "", ""),
        ({"LANG": "C", "LC_MESSAGES": "zh_CN", "LC_ALL": ""}, "", "zh_CN"),
        ({"LANG": "en_US"}, "zh", "zh_CN"),
        ({"LANG": "zh_CN"}, "en", ""),
    ],
)
def test_the_language_is_the_readers(environment: dict[str, str], language: str, catalogue: str) -> None:
    """A Chinese terminal speaks Chinese, and a wish on the command line comes first."""
    assert catalogue_for(environment, language) == catalogue


def test_a_message_is_rendered_in_chinese_with_its_values() -> None:
    """A fault reads as one Chinese sentence, also the parts inside it."""
    fault = text("found {found}; expected {expected}", found=3, expected=text("a list"))
    assert fault.render(translator({}, "zh")) == "写的是 3\uff1b应为\uff1a列表"
    assert fault.render(translator({}, "en")) == "found 3; expected a list"


def test_unknown_and_empty_messages_come_out_as_they_are() -> None:
    """Nothing is lost for want of a translation, and nothing becomes the catalogue's header."""
    translate = translator({}, "zh")
    assert translate("not in any catalogue") == "not in any catalogue"
    assert Text("").render(translate) == ""


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
