"""Line tests at the console: what is typed, what is asked before, and the sentences that come back."""

from __future__ import annotations

from typing import Any

import pytest

from console.commands import COMMANDS
from console.steps import Confirm, Question, Sitting
from console.tree import parse
from engine.kernel.text import text, text_as_json

RESULT = {
    "port": "line-1",
    "far": "",
    "test": "noise",
    "name": text_as_json(text("Noise")),
    "verdict": "good",
    "said": text_as_json(text("Quiet: {level} dBm0.", level="−62.0")),
}


def steps_of(typed: str) -> Any:
    """The steps of a typed command."""
    parsed = parse(COMMANDS, typed)
    command = parsed.command
    assert command.run is not None
    return command.run(Sitting(), parsed.values)


def ends_with(steps: Any, answer: object) -> str:
    """What is shown after the last answer."""
    with pytest.raises(StopIteration) as over:
        steps.send(answer)
    return str(over.value.value)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("test line line-1", {"port": "line-1", "test": "all", "wait": True}),
        ("test line line-1 noise", {"port": "line-1", "test": "noise", "wait": True}),
        ("tes li line-1 echo", {"port": "line-1", "test": "echo", "wait": True}),
        ("test busy-tone line-1 12345678", {"port": "line-1", "test": "learn_busy", "number": "12345678", "wait": True}),
        ("test busy-tone line-1", {"port": "line-1", "test": "learn_busy", "number": "", "wait": True}),
        ("test loop line-2 phone-802", {"port": "line-2", "test": "loop", "far": "phone-802", "wait": True}),
    ],
)
def test_a_line_test_is_one_question(typed: str, asked: dict[str, object]) -> None:
    """A technician types one line, and the results come as sentences when the test is over."""
    steps = steps_of(typed)
    question = next(steps)
    assert question == Question("line_test", asked)
    assert ends_with(steps, {"results": [RESULT]}) == "Noise: good. Quiet: −62.0 dBm0."


def test_who_must_be_at_the_phone_is_said_before() -> None:
    """A phone's test begins when somebody is there; without, nothing is done."""
    steps = steps_of("test phone phone-801 caller_id")
    said = next(steps)
    assert isinstance(said, Confirm)
    assert "Lift the handset when the display shows 13800138000" in said.said.in_english()
    assert ends_with(steps, False) == "Nothing is done."
    steps = steps_of("test phone phone-801 ring")
    next(steps)
    assert steps.send(True) == Question("line_test", {"port": "phone-801", "test": "ring", "wait": True})
    # Where the handset is, the driver knows by itself.
    assert isinstance(next(steps_of("test phone phone-801 battery")), Question)


def test_the_history_of_a_port() -> None:
    """What was found before, with its time, newest first."""
    parsed = parse(COMMANDS, "test history line-1")
    assert (parsed.command.asks, parsed.values) == ("port", {"port": "line-1"})
    assert parsed.command.shown is not None
    shown = parsed.command.shown({"utc_offset_min": 480, "history": [{**RESULT, "utc_ms": 1_803_862_800_000}]}, str, 80)
    assert shown == "2027-03-01 09:00:00 Noise: good. Quiet: −62.0 dBm0."
    assert parsed.command.shown({"utc_offset_min": 480, "history": []}, str, 80) == "No test of this port was made yet."
