"""Line tests as people ask for them: a whole appliance in virtual time, its simulated exchange, and a busy tone that is learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine import facts
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text_from_json
from engine.people.actors import Actor, Role
from hwsim.exchange_sounds import busy_tone
from tests.pages import Day

WHO = Actor(Role.TECHNICIAN, "wang")
LINE = "line-1"


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Day]:
    """A box of its own."""
    made = Day(tmp_path_factory.mktemp("tested"), prompts_folder)
    yield made
    made.rig.crash()


def ask(day: Day, request: Mapping[str, object], who: Actor = WHO, most_s: int = 120) -> Any:
    """The answer, however long it takes."""
    answers: list[Any] = []
    day.rig.appliance.ask(who, request, answers.append, answers.append)
    assert day.rig.world.run_until(lambda: answers, most_s * 1000)
    day.rig.world.run_for(3000)
    assert not isinstance(answers[0], Exception), answers[0]
    return answers[0]


def said(result: Mapping[str, Any]) -> str:
    """A result's sentence in English."""
    return text_from_json(result["said"]).in_english()


def number_of(day: Day, line: str = LINE) -> str:
    """The line's own number."""
    return next(trunk.number for trunk in day.rig.appliance.site.trunks if trunk.name == line)


def test_all_tests_that_need_nobody(day: Day) -> None:
    """One command: five tests, five results in the journal and as the answer, and the line serves again."""
    answer = ask(day, {"command": "line_test", "port": LINE, "test": "all", "wait": True})
    assert [(result["test"], result["verdict"]) for result in answer["results"]] == [
        (test, "good") for test in ("battery", "dial_tone", "noise", "echo", "keys")
    ]
    state = ask(day, {"command": "port", "port": LINE})
    assert [result["test"] for result in state["history"]] == ["keys", "echo", "noise", "dial_tone", "battery"]
    assert (state["port"]["fault"], state["port"]["under_test"]) == ("", False)


def test_a_line_without_battery_is_tested_once(day: Day) -> None:
    """Nothing else can be found on a line that nobody feeds: the rest of the series is left out."""
    day.rig.exchange.cut(LINE)
    day.rig.world.run_for(3000)
    answer = ask(day, {"command": "line_test", "port": LINE, "test": "all", "wait": True})
    day.rig.exchange.mend(LINE)
    day.rig.world.run_for(4000)
    (result,) = answer["results"]
    assert (result["test"], result["found"]) == ("battery", "no_battery")


def test_a_strange_busy_tone_is_learned_and_kept(day: Day) -> None:
    """The line calls its own number, hears a busy tone that no country has, and keeps it: a version of the settings says so; then it is known."""
    exchange = day.rig.exchange
    before = exchange.service_of(LINE)
    exchange.serve(LINE, replace(before, sounds={"busy": busy_tone("low")}))
    version = day.rig.appliance.sites.note.number
    learn = {"command": "line_test", "port": LINE, "test": "learn_busy", "wait": True}
    (first,) = ask(day, learn)["results"]
    assert "394 Hz" in said(first)
    assert f"version {version + 1}" in said(first)
    kept = next(trunk.busy_tone for trunk in day.rig.appliance.site.trunks if trunk.name == LINE)
    assert kept.startswith("394:3")
    assert LINE in day.rig.appliance.sites.note.why
    (again,) = ask(day, learn)["results"]
    assert again["found"] in {"learned_before", "learned"}
    exchange.serve(LINE, before)


def test_the_countrys_busy_tone_changes_nothing(day: Day) -> None:
    """Where the exchange sounds as the country's do, nothing is kept."""
    version = day.rig.appliance.sites.note.number
    (result,) = ask(
        day, {"command": "line_test", "port": "line-2", "test": "learn_busy", "number": number_of(day, "line-2"), "wait": True}
    )["results"]
    assert result["found"] == "country_tone"
    assert day.rig.appliance.sites.note.number == version


def test_what_is_not_busy_teaches_nothing(day: Day) -> None:
    """A number that does not exist, or no number at all: said, and nothing is kept."""
    version = day.rig.appliance.sites.note.number
    day.rig.exchange.serve("line-2", replace(day.rig.exchange.service_of("line-2"), sounds={"unallocated": busy_tone("china")[:100]}))
    (result,) = ask(day, {"command": "line_test", "port": "line-2", "test": "learn_busy", "number": "99999", "wait": True})["results"]
    day.rig.exchange.serve("line-2", replace(day.rig.exchange.service_of("line-2"), sounds={}))
    assert result["verdict"] == "bad"
    assert day.rig.appliance.sites.note.number == version
    with pytest.raises(BadInput, match="A number that is busy"):
        ask(day, {"command": "line_test", "port": "line-2", "test": "learn_busy", "number": "12a"})


def test_learning_is_stopped(day: Day) -> None:
    """Stop ends the test call, and nothing is learned; while it runs the port says so and refuses another test."""
    ask_more = {"command": "line_test", "port": "line-2", "test": "noise"}
    ask(day, {"command": "line_test", "port": "line-2", "test": "learn_busy"})
    state = ask(day, {"command": "port", "port": "line-2"})
    assert state["port"]["running"]["test"] == "learn_busy"
    with pytest.raises(Refused, match="is being tested already"):
        ask(day, ask_more)
    ask(day, {"command": "line_test_end", "port": "line-2"})
    day.rig.world.run_for(4000)
    newest = ask(day, {"command": "port", "port": "line-2"})
    assert newest["history"][0]["found"] == "stopped"
    assert not newest["port"]["under_test"]


def test_who_may_not(day: Day) -> None:
    """A supervisor looks at ports and tests none."""
    supervisor = Actor(Role.SUPERVISOR, "banzhang")
    assert ask(day, {"command": "ports"}, supervisor)["ports"]
    with pytest.raises(Refused, match="may not do this"):
        ask(day, {"command": "line_test", "port": LINE, "test": "noise"}, supervisor)


def test_the_journal_has_no_open_end(day: Day) -> None:
    """Whatever was tested: as often as a line went out of service for a test it came back, and no call was made of it."""
    told = [envelope.fact for envelope in day.facts if isinstance(envelope.fact, (facts.LineOutOfService, facts.LineInService))]
    of_line = [fact for fact in told if fact.line == LINE]
    assert len(of_line) > 2
    assert isinstance(of_line[-1], facts.LineInService)
    assert not day.told(facts.CallPlaced)
    assert not [alarm for alarm in day.told(facts.AlarmRaised) if alarm.alarm == "bug"]
