"""The alarm about caller numbers that an exchange does not take."""

from __future__ import annotations

import pytest

from engine import facts
from engine.control.alarm_words import alarm_said
from engine.control.caller_refusals import CALLER_ALARM, CALLER_SENTENCE, CallerRefusals
from engine.kernel.bus import Bus, Envelope
from engine.kernel.text import Text
from tests.fakes import FakeClock

TRUNKS = {"pri-1-31": "pri-1", "pri-1-30": "pri-1", "pri-2-1": "pri-2"}


class Day:
    """Calls that go out, and the alarms that come of them."""

    def __init__(self) -> None:
        self.alarms: list[str] = []
        self.calls = 0
        self.bus = Bus(FakeClock(), "b1", 1, lambda: 0, lambda *_: pytest.fail("deaf"))
        CallerRefusals(self.bus, TRUNKS.get)
        self.bus.subscribe("test", self._hear)

    def _hear(self, envelope: Envelope) -> None:
        match envelope.fact:
            case facts.AlarmRaised(about=about):
                self.alarms.append(f"{about} raised")
            case facts.AlarmCleared(about=about):
                self.alarms.append(f"{about} cleared")

    def call(self, line: str, reason: str, *, rung: bool = False, rerouted_from: str = "") -> None:
        self.calls += 1
        call = f"b1-c{self.calls}"
        first = rerouted_from or line
        self.bus.publish(facts.CallPlaced(call=call, phone="phone-1", extension="801", agent="", called="138", line=first))
        if rerouted_from:
            self.bus.publish(facts.CallRerouted(call=call, line=rerouted_from, reason="caller_refused", next_line=line, cause=21))
        if rung:
            self.bus.publish(facts.CallAlerting(call=call))
        self.bus.publish(facts.CallEnded(call=call, cause=21, reason=reason, released_by="called"))


def test_three_refusals_in_a_row_raise_one_alarm_and_a_call_that_rings_ends_it() -> None:
    """Whoever looks at the alarms finds the trunk once, and it goes when the setting is right."""
    day = Day()
    for line in ("pri-1-31", "pri-1-30"):
        day.call(line, "caller_refused")
    assert day.alarms == []
    for _ in range(3):
        day.call("pri-1-31", "caller_refused")
    assert day.alarms == ["pri-1 raised"]
    day.call("pri-1-31", "busy", rung=True)
    assert day.alarms == ["pri-1 raised", "pri-1 cleared"]
    for _ in range(3):
        day.call("pri-1-31", "caller_refused")
    assert day.alarms[2:] == ["pri-1 raised"]


def test_attempts_that_another_trunk_took_over_count_for_the_first() -> None:
    """A second trunk that works does not hide that the first one is set wrong, and is not blamed for it."""
    day = Day()
    for _ in range(3):
        day.call("pri-2-1", "hung_up", rung=True, rerouted_from="pri-1-31")
    assert day.alarms == ["pri-1 raised"]


def test_other_failures_and_analog_lines_raise_nothing() -> None:
    """Busy parties say nothing about our number, and an analog line shows none."""
    day = Day()
    for _ in range(5):
        day.call("pri-1-31", "busy")
        day.call("line-1", "caller_refused")
    assert day.alarms == []


def test_refusals_with_a_call_between_that_was_rung_are_not_in_a_row() -> None:
    """Now and then a called party refuses calls: that is no alarm."""
    day = Day()
    for _ in range(4):
        day.call("pri-1-31", "caller_refused")
        day.call("pri-1-31", "caller_refused")
        day.call("pri-1-30", "hung_up", rung=True)
    assert day.alarms == []


def test_the_sentence_is_known_in_every_language() -> None:
    """A Chinese administrator reads the alarm in Chinese."""
    said = alarm_said(CALLER_ALARM, CALLER_SENTENCE.format(trunk="pri-1"))
    assert isinstance(said, Text)
    assert said.values == {"trunk": "pri-1"}
