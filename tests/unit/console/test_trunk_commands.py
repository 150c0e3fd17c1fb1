"""Trunks at the console: blocking asks before it ends calls; messages are shown as they come."""

from __future__ import annotations

from itertools import chain, repeat
from typing import Any

import pytest

from console.batch import Batch
from console.commands import COMMANDS
from console.steps import Confirm, Question, Say, Sitting
from console.tree import parse
from console.trunk_views import trace_lines
from engine.kernel.errors import BadInput
from engine.kernel.text import text, text_as_json

MESSAGE = {
    "seq": 7,
    "utc_ms": 1_803_862_800_250,
    "ours": False,
    "channel": 3,
    "call": "theirs-1",
    "heading": text_as_json(text("SETUP")),
    "details": [text_as_json(text("{element}: {value}", element=text("Called number"), value="8666"))],
}
TOLD = {"utc_offset_min": 480, "lines": [MESSAGE], "capture": None}
NOTHING = {**TOLD, "lines": []}


def steps_of(typed: str) -> Any:
    """The steps of a typed command."""
    parsed = parse(COMMANDS, typed)
    assert parsed.command.run is not None
    return parsed.command.run(Sitting(), parsed.values)


def ends_with(steps: Any, answer: object) -> str:
    """What is shown after the last answer."""
    with pytest.raises(StopIteration) as over:
        steps.send(answer)
    return str(over.value.value)


def test_who_ends_calls_is_asked_before() -> None:
    """Blocking at once needs a yes; blocking when calls have ended does not. The reason is everything up to the end of the line."""
    steps = steps_of("block trunk pri-1 now the carrier  measures")
    assert isinstance(next(steps), Confirm)
    asked = {"scope": "trunk", "name": "pri-1", "mode": "now", "why": "the carrier  measures"}
    assert steps.send(True) == Question("block", asked)
    assert ends_with(steps, {"lines": ["pri-1-1", "pri-1-2"]}) == "Blocked: pri-1-1, pri-1-2."
    steps = steps_of("block line line-1 after-calls noise")
    assert next(steps) == Question("block", {"scope": "line", "name": "line-1", "mode": "after_calls", "why": "noise"})
    steps = steps_of("block span e1-a now noise")
    next(steps)
    assert ends_with(steps, False) == "Nothing is done."
    with pytest.raises(BadInput, match="now, after-calls"):
        next(steps_of("block line line-1 later noise"))


def test_messages_are_followed_as_they_come() -> None:
    """Only what is new is shown, each with its time, timeslot and direction; when nothing comes for long it ends."""
    steps = steps_of("trace pri-1 follow 3")
    assert next(steps) == Question("trunk_trace", {"trunk": "pri-1", "limit": 1})
    assert steps.send({**TOLD, "lines": [{**MESSAGE, "seq": 6}]}) == Say("Messages of pri-1 as they come; Ctrl-C ends it.")
    assert next(steps) == Question("trunk_trace", {"trunk": "pri-1", "after": 6, "wait_s": 2})
    assert steps.send(TOLD) == Say("09:00:00.250  3 ← SETUP\n    Called number: 8666")
    assert next(steps) == Question("trunk_trace", {"trunk": "pri-1", "after": 7, "wait_s": 2})
    assert steps.send(NOTHING) == Question("trunk_trace", {"trunk": "pri-1", "after": 7, "wait_s": 1})
    assert ends_with(steps, NOTHING) == "Nothing more came for so long."


def test_a_script_follows_too() -> None:
    """What a script writes out is the same, line by line; thousands of messages are no trouble."""
    answers = chain([NOTHING], repeat(TOLD, 2000), [NOTHING])
    written: list[str] = []
    over: list[str] = []
    batch = Batch(
        lambda _command, _arguments, done, _failed: done(next(answers)),
        written.append,
        lambda: over.append("done"),
        lambda error: over.append(str(error)),
        str,
    )
    batch.run(iter(["trace pri-1 follow 2"]))
    assert over == ["done"]
    shown = "".join(written).splitlines()
    assert shown[1:3] == ["09:00:00.250  3 ← SETUP", "    Called number: 8666"]
    assert len(shown) == 1 + 2 * 2000 + 1


def test_a_message_of_no_channel_keeps_its_column() -> None:
    """Times, timeslots and arrows stand below each other."""
    shown = trace_lines({**TOLD, "lines": [{**MESSAGE, "channel": 0, "ours": True, "details": []}]}, str)
    assert shown == "09:00:00.250    → SETUP"
