"""The fact bus: one order for everybody."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from engine.kernel.bus import FACTS_WAITING_MAX, Bus, Envelope
from engine.kernel.errors import OurFault
from tests.fakes import EPOCH_UTC_MS, FakeClock


@dataclass
class Stage:
    """A bus that goes on at 41, and what it told of deaf subscribers."""

    clock: FakeClock = field(default_factory=FakeClock)
    failed: list[tuple[str, int, Exception]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bus = Bus(self.clock, "b7", 41, lambda: 8000, lambda name, envelope, error: self.failed.append((name, envelope.seq, error)))


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_an_envelope_says_where_and_when(stage: Stage) -> None:
    """Every fact carries its number, its box, both clocks, the sample and the contact it belongs to."""
    stage.clock.advance(1.5)
    envelope = stage.bus.publish("rang", "b7-c1")
    assert envelope == Envelope(41, "b7", 1_500_000_000, EPOCH_UTC_MS + 1500, 480, 8000, "b7-c1", "rang")


def test_numbers_go_up_without_gaps_from_where_the_journal_says(stage: Stage) -> None:
    """A reader of the journal sees at once when a fact is missing."""
    assert stage.bus.last_seq == 40
    assert [stage.bus.publish(fact).seq for fact in "abc"] == [41, 42, 43]
    assert stage.bus.last_seq == 43


def test_every_subscriber_hears_one_order_even_of_facts_caused_by_facts(stage: Stage) -> None:
    """When one fact causes another, all still hear the cause first."""
    first: list[object] = []
    second: list[object] = []

    def cause(envelope: Envelope) -> None:
        first.append(envelope.fact)
        if envelope.fact == "cause":
            stage.bus.publish("consequence")
            stage.bus.publish("another")

    stage.bus.subscribe("first", cause)
    stage.bus.subscribe("second", lambda envelope: second.append((envelope.seq, envelope.fact)))
    stage.bus.publish("cause")
    assert first == ["cause", "consequence", "another"]
    assert second == [(41, "cause"), (42, "consequence"), (43, "another")]


def test_a_deaf_subscriber_does_not_silence_the_others(stage: Stage) -> None:
    """When the console fails to show a fact, the journal still keeps it, and the failure is told."""
    heard: list[object] = []

    def deaf(_envelope: Envelope) -> None:
        raise ZeroDivisionError

    stage.bus.subscribe("deaf", deaf)
    stage.bus.subscribe("well", lambda envelope: heard.append(envelope.fact))
    stage.bus.publish("one")
    stage.bus.publish("two")
    assert heard == ["one", "two"]
    assert [(name, seq, type(error)) for name, seq, error in stage.failed] == [
        ("deaf", 41, ZeroDivisionError),
        ("deaf", 42, ZeroDivisionError),
    ]


def test_who_left_hears_no_more(stage: Stage) -> None:
    """A closed page costs nothing; leaving twice does no harm."""
    heard: list[object] = []
    leave = stage.bus.subscribe("page", lambda envelope: heard.append(envelope.fact))
    stage.bus.publish("one")
    leave()
    leave()
    stage.bus.publish("two")
    assert heard == ["one"]


def test_who_comes_during_a_delivery_hears_from_the_next_fact_on(stage: Stage) -> None:
    """A newcomer's first fact is a whole one, heard once."""
    heard: list[object] = []

    def bring_another(envelope: Envelope) -> None:
        if envelope.fact == "one":
            stage.bus.subscribe("late", lambda later: heard.append(later.fact))

    stage.bus.subscribe("door", bring_another)
    stage.bus.publish("one")
    stage.bus.publish("two")
    assert heard == ["two"]


def test_facts_without_end_are_stopped(stage: Stage) -> None:
    """Subscribers that answer facts with facts for ever are stopped by a limit, and the bus works afterwards."""

    def echo(envelope: Envelope) -> None:
        if envelope.fact == "flood":
            for _ in range(FACTS_WAITING_MAX + 1):
                stage.bus.publish("drop")

    leave = stage.bus.subscribe("echo", echo)
    stage.bus.publish("flood")
    ((name, seq, error),) = stage.failed
    assert (name, seq) == ("echo", 41)
    assert isinstance(error, OurFault)
    leave()
    assert stage.bus.publish("dry").seq == 42 + FACTS_WAITING_MAX
