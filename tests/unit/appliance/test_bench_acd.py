"""The measurement of call distribution: what it finds, and how it is shown."""

from __future__ import annotations

from appliance.bench_acd import _decisions, _spread, acd_shown

FIGURES = {
    "freed_to_offer_ms": {"p50": 0.5, "p99": 12.5, "max": 20.0},
    "cpu_ms_per_call": 1.8,
    "burst_480_ms": {"last": 420.0, "p99": 419.0, "processor": 390.0},
    "decision_ms": {"p50": 1.2, "p99": 2.5, "max": 3.0},
    "rounds": 300,
    "met": True,
}


def test_choices_are_measured() -> None:
    """One choice among many agents takes some time, and never less than none."""
    found = _decisions(40, 6, 5)
    assert 0 <= found["p50"] <= found["p99"] <= found["max"]


def test_of_a_hundred_values_the_last_but_one_is_the_99th() -> None:
    """The figures mean what their names say."""
    assert _spread([float(value) for value in range(1, 101)]) == {"p50": 51.0, "p99": 100.0, "max": 100.0}


def test_the_figures_are_said_in_sentences() -> None:
    """A person reads each figure beside what is asked of it."""
    lines = acd_shown(FIGURES, str).split("\n")
    assert [line.split(":")[0] for line in lines] == [
        "From a freed agent to the next caller's bell, 20 agents, 200 waiting",
        "480 callers at once for 480 agents",
        "Processor time of a call through queue, conversation and hang-up",
        "One choice, 3000 agents, 500 waiting",
    ]
    assert "p99 12.5 ms (20 ms at most)" in lines[0]
