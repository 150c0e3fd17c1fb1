"""Loops and bit-error tests at the console: what is wrong is said before anybody is asked to end calls."""

from __future__ import annotations

from typing import Any

import pytest

from console.commands import COMMANDS
from console.hardware_views import bit_tests_shown, loop_ended_shown, spans_shown
from console.steps import Confirm, Question, Sitting
from console.tree import parse
from engine.kernel.text import text, text_as_json

E1 = {"span": {"span": 2, "digital": True}, "channels": [{"channel": 32}, {"channel": 33}]}
ANALOG = {"span": {"span": 2, "digital": False}, "channels": []}


def english(msgid: str) -> str:
    """As written."""
    return msgid


def steps_of(typed: str) -> Any:
    """The steps of a typed command."""
    parsed = parse(COMMANDS, typed)
    assert parsed.command.run is not None
    return parsed.command.run(Sitting(), parsed.values)


def said_after(steps: Any, answer: object) -> str:
    """What is shown after the last answer."""
    with pytest.raises(StopIteration) as over:
        steps.send(answer)
    return str(over.value.value)


def test_a_loop_that_there_is_not_is_said_at_once() -> None:
    """A mistyped word is no reason to ask about calls."""
    assert said_after(steps_of("spans 2 loop foo"), None) == "'foo' is no loop; there are local, line, payload."


def test_a_span_is_looked_at_before_its_loop_is_asked_about() -> None:
    """One that is not there is refused by the first question; an analog card cannot be looped as a whole."""
    steps = steps_of("spans 2 loop local")
    assert next(steps) == Question("span", {"span": 2, "limit": 1})
    assert isinstance(steps.send(E1), Confirm)
    steps = steps_of("spans 2 loop local")
    next(steps)
    assert "Span 2 is an analog card" in said_after(steps, ANALOG)


def test_a_channel_of_another_span_is_said_before_the_question() -> None:
    """Nobody agrees to end a call for a channel that is not there."""
    steps = steps_of("spans 2 channel 77 loop")
    next(steps)
    assert said_after(steps, E1) == "Span 2 has no channel 77."
    steps = steps_of("spans 2 channel 33 loop")
    next(steps)
    assert isinstance(steps.send(E1), Confirm)


def test_both_spans_of_a_bit_error_test_are_looked_at_first() -> None:
    """A refusal comes before the question."""
    steps = steps_of("bits spans 2 3 3")
    assert next(steps) == Question("span", {"span": 2, "limit": 1})
    assert steps.send(E1) == Question("span", {"span": 3, "limit": 1})
    assert isinstance(steps.send(E1), Confirm)


def test_an_ended_loop_is_said_to_be_ended() -> None:
    """After ``unloop`` the answer says what was done."""
    assert loop_ended_shown({"loops": []}, english) == "The loop is ended."


def test_a_test_says_which_channels_it_left_out() -> None:
    """The D channels of a whole span are not silently missing."""
    test = {
        "test": "t1",
        "state": "over",
        "elapsed_s": 3,
        "length_s": 3,
        "pairs": [[9, 40]],
        "verdict": text_as_json(text("x")),
        "counts": [],
        "skipped": [24, 55],
    }
    assert "Left out, since they carry data in frames (D channel): 24,55." in bit_tests_shown({"tests": [test]}, english)


def test_spans_have_the_names_of_the_settings() -> None:
    """What the settings call city-3 is found in the list of the driver's spans, and in what its alarm means."""
    span = {"span": 4, "settings_name": "city-3", "name": "SIME1/1/3", "kind": "E1", "configured": 31, "channel_count": 31}
    answer = {
        "spans": [{**span, "alarms": ["los"], "counters": {}}],
        "clock": {"source": "timer", "span": 0},
        "tests": [],
        "loops": [],
    }
    shown = spans_shown(answer, english)
    assert "city-3" in shown.splitlines()[1]
    assert "Span 4 (city-3): loss of signal." in shown
