"""What routing remembers, also over a restart; and the dry run that says where a call would go."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest

from engine import facts
from engine.calls.routing.decision import DayUse, RoutingState
from engine.calls.routing.explain import explain, moment_of
from engine.calls.routing.memory import REQUESTS_MOST, RoutingMemory, local_moment
from engine.calls.routing.plan import compile_routing
from engine.kernel.bus import Envelope
from engine.kernel.errors import BadInput
from tests.fakes import EPOCH_UTC_MS
from tests.floor import a_site

NOW = local_moment(EPOCH_UTC_MS, 480)
TODAY = NOW.date()


def told(memory: RoutingMemory, fact: facts.Fact, after_s: float = 0) -> None:
    """The fact happens so long after the beginning."""
    memory.apply(Envelope(1, "b1", 0, EPOCH_UTC_MS + round(after_s * 1000), 480, 0, "", fact))


def placed(call: str, line: str = "line-1") -> facts.CallPlaced:
    return facts.CallPlaced(call=call, phone="phone-801", extension="801", agent="", called="10086", line=line)


def ended(call: str) -> facts.CallEnded:
    return facts.CallEnded(call=call, cause=16, reason="hung_up", released_by="agent")


def asked(request: str, number: str = "13800138000") -> facts.NumberListingRequested:
    return facts.NumberListingRequested(request=request, number=number, list="nuisance", reason="rude", by="lina")


def decided(request: str, *, approved: bool) -> facts.NumberListingDecided:
    return facts.NumberListingDecided(request=request, number="13800138000", list="nuisance", approved=approved, by="wang")


def used(memory: RoutingMemory, day: date = TODAY) -> DayUse:
    return memory.today(day).get("phone-801", DayUse())


def test_calls_and_minutes_of_a_day_are_counted_by_phone() -> None:
    """Talk counts from the answer; calls between extensions and calls that nobody answered cost nothing; tomorrow begins at nothing."""
    memory = RoutingMemory()
    told(memory, placed("c1"))
    told(memory, facts.CallAnswered(call="c1", supervision="polarity"), 10)
    told(memory, ended("c1"), 70)
    told(memory, placed("c2"), 80)
    told(memory, ended("c2"), 90)
    told(memory, placed("c3", line=""), 91)
    told(memory, ended("c3"), 99)
    assert used(memory) == DayUse(2, 60.0)
    assert used(memory, date(2030, 1, 1)) == DayUse()
    told(memory, placed("c4"), 24 * 3600)
    assert used(memory) == DayUse()


def test_a_restart_forgets_nothing() -> None:
    """Switches, listed numbers, requests and what was called today come out of the checkpoint as they went in, a call under way included."""
    memory = RoutingMemory()
    told(memory, facts.TimeConditionSwitched(condition="office", position="closed", by="phone-801"))
    told(memory, asked("q1"))
    told(memory, decided("q1", approved=True))
    told(memory, asked("q2", "13900139000"))
    told(memory, placed("c1"))
    told(memory, facts.CallAnswered(call="c1", supervision="polarity"), 5)
    again = RoutingMemory.from_json(json.loads(json.dumps(memory.to_json())))
    assert again == memory
    told(again, ended("c1"), 35)
    assert used(again) == DayUse(1, 30.0)
    assert again.listed == {"nuisance": frozenset({"13800138000"})}
    assert list(again.requests) == ["q2"]
    assert used(memory) == DayUse(1, 0.0)


def test_a_request_that_is_not_approved_lists_nothing() -> None:
    """A leader's no is a no, and the request is over."""
    memory = RoutingMemory()
    told(memory, asked("q1"))
    told(memory, decided("q1", approved=False))
    assert (memory.listed, memory.requests) == ({}, {})


def test_requests_do_not_pile_up_for_ever() -> None:
    """The oldest gives way."""
    memory = RoutingMemory()
    for number in range(REQUESTS_MOST + 2):
        told(memory, asked(f"q{number}"))
    assert len(memory.requests) == REQUESTS_MOST
    assert "q1" not in memory.requests


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2027-02-17 09:00", datetime(2027, 2, 17, 9)),  # noqa: DTZ001  # local time
        ("2027-02-17T09:00", datetime(2027, 2, 17, 9)),  # noqa: DTZ001  # local time
        ("09:05", NOW.replace(hour=9, minute=5, second=0, microsecond=0)),
        (" ", NOW),
    ],
)
def test_a_moment_as_people_write_it(written: str, moment: datetime) -> None:
    """With the day, without it, or now."""
    assert moment_of(written, NOW) == moment


@pytest.mark.parametrize("written", ["tomorrow", "25:00", "2027-02-30 09:00", "9"])
def test_what_is_no_moment_is_refused(written: str) -> None:
    """The sentence shows how one is written."""
    with pytest.raises(BadInput, match="write it as 2027-02-17 09:00"):
        moment_of(written, NOW)


@pytest.mark.parametrize(
    ("caller", "called", "line", "direction", "said"),
    [
        ("13800138000", "88801", "", "in", "The flow of the line answers."),
        ("", "88803", "", "in", "The flow of the line answers."),
        ("801", "802", "", "inside", "It rings extension 802 (phone-2)."),
        ("phone-1", "802", "", "inside", "It rings extension 802 (phone-2)."),
        ("801", "0110", "", "out", "It goes out as 110 by any outgoing line."),
        ("801", "119", "", "out", "It goes out as 119 by any outgoing line."),
        ("801", "010086", "", "out", "It goes out as 10086 by any outgoing line."),
        ("801", "777", "", "inside", "There is no such extension, and no outside line is wanted: 0 comes before numbers outside."),
    ],
)
def test_where_a_call_would_go(caller: str, called: str, line: str, direction: str, said: str) -> None:
    """The same question as at a telephone, without one: from outside, from a phone to a number outside, to a colleague."""
    found = explain(compile_routing(a_site()), RoutingState(), NOW, caller, called, line)
    assert (found.direction, found.said.in_english()) == (direction, said)


def test_the_line_is_that_of_the_called_number() -> None:
    """Whoever names no line means the one whose number is called."""
    routing = compile_routing(a_site())
    assert explain(routing, RoutingState(), NOW, "", "88803").steps[0].in_english() == "Call by line-3 to 88803."
    assert explain(routing, RoutingState(), NOW, "", "1").steps[0].in_english() == "Call by line-1 to 1."
    assert explain(routing, RoutingState(), NOW, "", "1", "line-2").steps[0].in_english() == "Call by line-2 to 1."


@pytest.mark.parametrize(("caller", "called", "line"), [("", "", ""), ("1" * 41, "1", ""), ("801", "0", ""), ("", "1", "line-9")])
def test_what_cannot_be_a_call_is_refused(caller: str, called: str, line: str) -> None:
    """No number, one that is too long, a line that is not there."""
    with pytest.raises(BadInput):
        explain(compile_routing(a_site()), RoutingState(), NOW, caller, called, line)
