"""The language that people read."""

from __future__ import annotations

import pytest

from appliance.texts import catalogue_for, translator
from engine.kernel.text import Text, text


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
