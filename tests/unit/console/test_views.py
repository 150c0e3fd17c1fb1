"""Answers as a technician reads them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from boards.dahdi.media import PumpStats
from console import views
from engine import facts
from engine.facts import fact_to_record


def english(msgid: str) -> str:
    return msgid


def rows(*told: facts.Fact) -> dict[str, Any]:
    """The answer with these facts."""
    made = [
        {
            "seq": seq,
            "utc_ms": seq * 1000,
            "utc_offset_min": 0,
            "fact": type(fact).__name__,
            "version": fact.VERSION,
            "values": fact_to_record(fact),
        }
        for seq, fact in enumerate(told, start=1)
    ]
    return {"utc_offset_min": 0, "recordings": "/data/recordings", "facts": made, "all_read": True, "unreadable": 0}


def test_facts_are_sentences() -> None:
    """Every fact is told in words; a recording is named with its file."""
    shown = views.facts_shown(
        rows(
            facts.LineRang(line="line-1"),
            facts.PromptEnded(call="b1-c1", played_ms=1234, interrupted=True),
            facts.RecordingStarted(recording="b1-r1", call="b1-c1", path="d/b1-c1.wav", left="1", right="2"),
            facts.RecordingEnded(recording="b1-r1", call="b1-c1", samples=16_000, repaired=False),
        ),
        english,
    )
    lines = shown.splitlines()
    assert lines[0] == "1 00:00:01.000 line-1 rings."
    assert lines[1] == "2 00:00:02.000 b1-c1: the prompt was broken off after 1.2 s."
    assert lines[3] == "4 00:00:04.000 The recording of b1-c1 lies in /data/recordings/d/b1-c1.wav (2.0 s)."


def test_facts_of_another_version_and_gaps_are_told() -> None:
    """A fact that this program does not know is shown raw; what was not read is said."""
    answer = rows(facts.LineRang(line="line-1"))
    answer["facts"][0]["fact"] = "LineSang"
    lines = views.facts_shown({**answer, "all_read": False, "unreadable": 2}, english).splitlines()
    assert lines == [
        "1 00:00:01.000 LineSang line=line-1",
        "(older facts were not searched)",
        "(2 lines of the journal could not be read)",
    ]
    assert views.facts_shown({**rows(), "unreadable": 0}, english) == "none"


@pytest.mark.parametrize(
    ("state", "reasons", "said"),
    [
        ("ready", [], "Agent 1 is now ready."),
        ("not_ready", ["meal"], "Agent 1 is not ready: meal."),
        ("talking", [], "Agent 1 is talking; what you asked for happens after that."),
    ],
)
def test_an_agent_after_a_command(state: str, reasons: list[str], said: str) -> None:
    """The technician learns whether it happened, or will after the call."""
    assert views.agent_shown({"agent": "1", "state": state, "reasons": reasons}, english) == said


def test_a_queue_that_nobody_serves() -> None:
    """The plainest reason why a caller waits is said plainly."""
    claim = {"credit_s": 0, "strict": False, "wanted": "", "because": [], "counts": [], "wrap_up_ends_utc_ms": 0}
    waits = {"queue": "q", "place": 1, "wait_ms": 61_000, "offered_to": "", "agents": [], **claim}
    why = {"utc_offset_min": 0, "call": "b1-c1", "state": "answered", "waits": waits, "last_offer": None}
    assert views.why_shown(why, english).split("\n\n") == [
        "b1-c1 waits in queue q at place 1 for 61 s. Why no agent is rung:",
        "No agent serves this queue.",
        "It has not been offered to anybody yet.",
    ]


def test_why_a_caller_goes_ahead_and_what_keeps_the_agents_away() -> None:
    """The caller's class with the list that gives it, how many agents are kept away by what, and until when; then who would have been next."""
    agents = [{"agent": "1001", "name": "", "state": "talking", "against": "talking"}]
    counts = [{"against": "talking", "agents": 2}, {"against": "wrap_up", "agents": 1}]
    claim = {"credit_s": 60, "strict": False, "wanted": "", "because": ["list:silver"], "counts": counts, "wrap_up_ends_utc_ms": 50_600_000}
    waits = {"queue": "q", "place": 1, "wait_ms": 61_000, "offered_to": "", "agents": agents, **claim}
    offer = {
        "agent": "1002",
        "phone": "phone-2",
        "why": "even_count 0.031",
        "passed_over": [],
        "candidates": [{"agent": "1003", "why": "even_count 0.040"}],
        "excluded": [],
        "rule_version": 3,
        "input_seq": 77,
        "offered_utc_ms": 0,
        "times": 1,
        "outcome": "no_answer",
    }
    why = {"utc_offset_min": 0, "call": "b1-c1", "state": "answered", "waits": waits, "last_offer": offer}
    shown = views.why_shown(why, english).split("\n\n")
    assert shown[1:3] == [
        "The caller is served as if 60 s had been waited more (silver).",
        "Agents: talking 2; in wrap-up 1 (until 14:03:20).",
    ]
    assert "fewest calls for the time available: 0.031 a minute" in shown[4]
    assert shown[5:] == [
        "Next would have been: 1003 (fewest calls for the time available: 0.040 a minute).",
        "Chosen by version 3 of the settings, knowing all facts up to 77.",
    ]


def test_a_fault_brings_its_columns() -> None:
    """The columns about faults stand there when there is one."""
    line = {"line": "line-1", "state": "free", "call": "", "rings": 0, "calls_in": 0, "calls_out": 0, "violations": 0, "driver_errors": 0}
    well = {**line, "faults": 0, "fault": "", "fault_since_utc_ms": 0}
    broken = {**line, "line": "line-2", "state": "out_of_service", "faults": 1, "fault": "no_battery", "fault_since_utc_ms": 1000}
    assert "since" not in views.lines_shown({"utc_offset_min": 0, "lines": [well]}, english)
    shown = views.lines_shown({"utc_offset_min": 0, "lines": [well, broken]}, english).splitlines()
    assert shown[0].endswith("faults  fault       since")
    assert shown[2].startswith("line-2  out of service")
    assert shown[2].endswith("no battery  1970-01-01 00:00:01")
    assert shown[-1].startswith("line-2: no battery. Nobody feeds the line: is the cable plugged in")


def test_waiting_messages_bring_their_column() -> None:
    """Who looks for a lamp that is lit finds the phone; where none waits there is no column."""
    count = dict.fromkeys(("lifted", "calls_out", "violations", "driver_errors", "faults", "fault_since_utc_ms"), 0)
    phone = {"phone": "phone-1", "extension": "801", "state": "on_hook", "agent": "", "call": "", "fault": "", "messages": 0, **count}
    assert "messages" not in views.phones_shown({"utc_offset_min": 0, "phones": [phone]}, english)
    shown = views.phones_shown({"utc_offset_min": 0, "phones": [phone, {**phone, "phone": "phone-2", "messages": 3}]}, english)
    assert [line.split()[-1] for line in shown.splitlines()] == ["messages", "0", "3"]


def test_the_version_in_the_readers_words() -> None:
    """The boards, the name of the site and the pump's counters are words of the reader's, not ours."""
    answer = {
        "version": "1.0",
        "name": "demo",
        "box": "b1",
        "boards": ["dahdi-analog"],
        "hardware": "simulated",
        "started_utc_ms": 0,
        "utc_ms": 5000,
        "utc_offset_min": 0,
        "uptime_s": 5,
        "last_fact": 1,
        "pump": {**asdict(PumpStats(stalls=3)), "locked": "all"},
    }
    lines = views.version_shown(answer, lambda msgid: f"<{msgid}>").splitlines()
    assert "<name of the site>: demo" in lines
    assert "<hardware>: <simulated>" in lines
    assert "<held up> 3" in lines[-1]
    assert lines[-1].endswith("<locked memory> <the whole process>")
    assert set(views.PUMP_COUNTS) == set(answer["pump"])  # type: ignore[call-overload]  # the value of this name is a mapping
