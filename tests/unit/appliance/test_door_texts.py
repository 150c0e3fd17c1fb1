"""Sentences that travel through the door and are said in the reader's language at the other end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from appliance.door_client import text_as_json, text_from_json
from appliance.texts import translator
from engine.kernel.text import text

CHINESE = translator({}, "zh")


def test_a_sentence_arrives_with_the_sentences_in_it() -> None:
    """The reader's program says the same as the appliance would have, in Chinese."""
    said = text("found {found}; expected {expected}", found=3, expected=text("a list"))
    arrived = text_from_json(json.loads(json.dumps(text_as_json(said))))
    assert arrived.render(CHINESE) == said.render(CHINESE) != said.in_english()


@pytest.mark.parametrize(
    "written",
    [
        None,
        "x",
        {},
        {"msgid": "x"},
        {"msgid": "{a}", "values": {}},
        {"msgid": "{a.b}", "values": {"a": 1}},
        {"msgid": "{", "values": {}},
        {"msgid": "x", "values": []},
    ],
)
def test_what_is_no_sentence_is_noticed(written: Any) -> None:
    """An answer that is none is told as such and does not end the program."""
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        text_from_json(written)


def test_nesting_has_an_end() -> None:
    """Sentences within sentences are read to a depth, no further."""
    deep: Any = {"msgid": "x", "values": {}}
    for _ in range(20):
        deep = {"msgid": "{a}", "values": {"a": deep}}
    with pytest.raises(ValueError, match="too deep"):
        text_from_json(deep)
