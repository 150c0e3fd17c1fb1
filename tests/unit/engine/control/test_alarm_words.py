"""Alarms in the reader's language."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from appliance.texts import translator
from engine import facts
from engine.control.alarm_words import ALARM_SENTENCES, PLACE, alarm_said
from engine.control.narration import sentence
from engine.kernel.text import Text

ROOT = Path(__file__).resolve().parents[4]
CHINESE = translator({}, "zh")
KNOWN = [said for sentences in ALARM_SENTENCES.values() for said in sentences]


def test_an_alarm_is_read_in_chinese() -> None:
    """The number in the sentence stays, the words are the reader's."""
    late = facts.AlarmRaised(
        alarm="pump-stalled", about="pump", sentence="The media pump was 20 ms late: callers heard a gap. Is the machine overloaded?"
    )
    said = sentence(late, Path())
    assert said is not None
    assert said.in_english() == f"ALARM: {late.sentence}"
    assert "20" in said.render(CHINESE)
    assert "media pump" not in said.render(CHINESE)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.msgid[:30])
def test_every_alarm_is_recognised_with_its_values(known: Text) -> None:
    """Whatever stands in its places, also braces and line feeds, the sentence comes out as it was written, in English and translated."""
    key = next(key for key, sentences in ALARM_SENTENCES.items() if known in sentences)
    values = {name: f"<{name}> {{x}}\n(a; b)." for name in PLACE.findall(known.msgid)}
    written = Text(known.msgid, values).in_english()
    said = alarm_said(key, written)
    assert isinstance(said, Text)
    assert said.in_english() == written
    assert CHINESE(said.msgid) != said.msgid


def test_another_sentence_is_repeated() -> None:
    """What the driver says, what an older version said and what is much too long stay as they are."""
    assert alarm_said("driver", "line-1: no such device") == "line-1: no such device"
    assert alarm_said("pump-stalled", "the pump was late") == "the pump was late"
    endless = "There is no page at " + "(" * 10_000
    assert alarm_said("page", endless) == endless


def test_the_sentences_are_those_that_are_raised() -> None:
    """A sentence that is worded anew where the alarm is raised would be English for everybody again."""
    raised = set()
    for folder in ("appliance", "boards", "engine", "recorder"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            if file.name != "alarm_words.py":
                raised |= {shape(node) for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))}
    assert [known.msgid for known in KNOWN if PLACE.sub("{}", known.msgid) not in raised] == []


def shape(node: ast.AST) -> str:
    """A literal text with its places empty; places beside each other, with a colon between them, count as one."""
    if isinstance(node, ast.JoinedStr):
        parts = ("{}" if isinstance(part, ast.FormattedValue) else str(getattr(part, "value", "")) for part in node.values)
        return re.sub(r"\{\}: \{\}$", "{}", "".join(parts))
    return PLACE.sub("{}", node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
