"""When spans are configured: at once where nothing is going on, else when the last call there has ended; and what is told meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from engine import facts
from engine.control.span_control import LOOK_AGAIN_S, ROUNDS_MOST, SpanControl, decide, span_answers
from engine.kernel.bus import Bus
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import Text, joined, text, text_from_json, text_written
from engine.people.actors import Actor, Role
from engine.settings.site import Site, SpanSection
from engine.telephony.line_tests import PortKind
from engine.telephony.spans import OUTSIDE, FoundCard, FoundPort, SpanChange, SpanOutcome
from tests.fakes import FakeClock

FRAME, LAW, CRC = text("frame it"), text("code it"), text("no CRC-4 on this card")
WHO = Actor(Role.ADMINISTRATOR, "admin")
CARD = FoundCard("", 1, "analog", "A8", "slot 1", 1, "Card 1", 1, 8, (FoundPort(1, 1, PortKind.LINE),))


class PaperBoard:
    """Spans that become what is wanted when they are configured, unless ``stubborn`` says what they refuse."""

    def __init__(self) -> None:
        self.changes: dict[str, SpanChange] = {}
        self.stubborn: dict[str, tuple[Text, ...]] = {}
        self.busy: set[str] = set()
        self.configured: list[str] = []
        self.looks = 0
        self.driver = True
        self.clock: FakeClock | None = None
        """With a clock it takes a tenth of a second, as with lines that must be closed first."""

    def span_changes(self, _site: Site) -> tuple[SpanChange, ...]:
        self.looks += 1
        if not self.driver:
            raise EnvironmentFault(text("no driver"))
        return tuple(self.changes.values())

    def configure_span(self, _site: Site, span: str, done: Callable[[SpanOutcome], None]) -> None:
        assert not set(self.changes[span].lines) & self.busy, "a call was disturbed"
        self.configured.append(span)
        if self.clock is None:
            done(self._outcome(span))
        else:
            self.clock.call_later(0.1, lambda: done(self._outcome(span)))

    def _outcome(self, span: str) -> SpanOutcome:
        if span in self.stubborn:
            return SpanOutcome(span, failed=self.stubborn[span])
        return SpanOutcome(span, self.changes.pop(span).steps)

    def busy_lines(self) -> frozenset[str]:
        return frozenset(self.busy)

    def clashes(self, site: Site) -> Mapping[str, tuple[Text, ...]]:
        if not self.driver:
            raise EnvironmentFault(text("no driver"))
        taken = text("span number 2 is that of city-1 already")
        return {span.name: (taken,) for span in site.spans if span.number == 2 and span.name != "city-1"}

    def span_names(self) -> Mapping[int, str]:
        return {2: "city-1"}

    def found_cards(self, _site: Site) -> tuple[FoundCard, ...]:
        return (CARD,) if self.driver else ()

    def driver_file(self, site: Site) -> str:
        return f"spans: {len(site.spans)}\n"


class Cabinet:
    """A board, a clock, what was told, and the control over them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.told: list[facts.Fact] = []
        bus = Bus(self.clock, "b1", 1, lambda: 0, lambda *_: None)
        bus.subscribe("test", self._hear)
        self.board = PaperBoard()
        self.site = Site(spans=(SpanSection(name="isdn"), SpanSection(name="bank")))
        self.control = SpanControl(bus, self.clock, self.board, lambda: self.site)
        bus.subscribe("spans", self.control.hear)
        self.publish: Callable[[facts.Fact], object] = bus.publish

    def _hear(self, envelope: Any) -> None:
        self.told.append(envelope.fact)

    def want(self, *changes: SpanChange) -> None:
        """Another site is in force, which differs from the driver in this."""
        self.board.changes = {change.span: change for change in changes}
        self.control.apply(self.site, self.site)
        self.clock.advance(0.0)

    def state(self) -> dict[str, str]:
        return {row["span"]: row["state"] for row in self.control.state()}


@pytest.fixture
def cabinet() -> Cabinet:
    return Cabinet()


ISDN = SpanChange("isdn", (FRAME,), lines=("line-1", "line-2"))
BANK = SpanChange("bank", (LAW,), lines=("line-3",))


def test_a_number_of_another_span_is_refused_before_it_is_saved(cabinet: Cabinet) -> None:
    """Who gives a span the number of another reads whose it is, and the span stays in service; what was wrong before hinders no other change."""
    wrong = Site(spans=(*cabinet.site.spans, SpanSection(name="city-4", number=2)))
    with pytest.raises(Refused, match=r"Span city-4: span number 2 is that of city-1 already\. Nothing was saved"):
        cabinet.control.judge(wrong)
    cabinet.site = wrong
    cabinet.control.judge(replace(wrong, spans=(*wrong.spans, SpanSection(name="more"))))
    cabinet.site = Site()
    cabinet.board.driver = False
    cabinet.control.judge(wrong)


def test_each_span_says_which_number_it_has_in_the_driver(cabinet: Cabinet) -> None:
    """Boards and console speak of numbers, the settings of names: the list has both."""
    cabinet.site = Site(spans=(SpanSection(name="city-1"), SpanSection(name="city-4")))
    assert {row["span"]: row["number"] for row in cabinet.control.state()} == {"city-1": 2, "city-4": 0}


def test_only_spans_with_a_busy_line_wait() -> None:
    """The decision: what has nothing to do is neither configured nor waits."""
    decision = decide((ISDN, BANK, SpanChange("x", refused=(CRC,))), {"line-2", "line-9"})
    assert decision.now == ("bank",)
    assert decision.waits == {"isdn": ("line-2",)}


def test_an_idle_span_is_configured_at_once(cabinet: Cabinet) -> None:
    """A saved change works without a restart, and the journal says what was done."""
    cabinet.want(ISDN)
    assert cabinet.board.configured == ["isdn"]
    assert cabinet.told == [facts.SpanConfigured(span="isdn", done=("frame it",), said=(text_written(FRAME),))]
    assert cabinet.state() == {"isdn": "right", "bank": "right"}


def test_a_busy_span_waits_for_the_end_of_its_calls_and_says_so(cabinet: Cabinet) -> None:
    """No call is dropped by a change; the page names the line that it waits for, and the change comes a second after the call's end."""
    cabinet.board.busy = {"line-1"}
    cabinet.want(ISDN, BANK)
    assert cabinet.board.configured == ["bank"]
    assert cabinet.told[0] == facts.SpanConfigurationWaits(span="isdn", lines=("line-1",))
    row = cabinet.control.state()[0]
    assert (row["state"], row["lines"]) == ("waits", ["line-1"])
    assert text_from_json(row["reasons"][0]).in_english() == "waits until no call is on line-1 any more"
    assert text_from_json(row["steps"][0]).in_english() == "frame it"
    looks = cabinet.board.looks
    cabinet.clock.advance(60 * LOOK_AGAIN_S)
    assert cabinet.board.looks == looks, "the driver was asked although nothing can have changed"
    cabinet.board.busy = set()
    cabinet.clock.advance(LOOK_AGAIN_S)
    assert cabinet.board.configured == ["bank", "isdn"]
    assert cabinet.state() == {"isdn": "right", "bank": "right"}
    assert sum(isinstance(fact, facts.SpanConfigurationWaits) for fact in cabinet.told) == 1


def test_a_change_taken_back_waits_no_more(cabinet: Cabinet) -> None:
    """The old settings are saved again while the span still waits: nothing happens to it."""
    cabinet.board.busy = {"line-1"}
    cabinet.want(ISDN)
    cabinet.want()
    cabinet.board.busy = set()
    cabinet.clock.advance(5 * LOOK_AGAIN_S)
    assert cabinet.board.configured == []
    assert cabinet.state() == {"isdn": "right", "bank": "right"}


def test_a_refused_step_is_told_once_with_an_alarm_and_not_tried_again(cabinet: Cabinet) -> None:
    """A card that cannot do what is wanted: a sentence, an alarm, no endless tries; the other span is well."""
    cabinet.board.stubborn = {"isdn": (CRC,)}
    cabinet.want(ISDN, BANK)
    cabinet.clock.advance(60.0)
    assert sorted(cabinet.board.configured) == ["bank", "isdn", "isdn"]  # once more, since bank may have been in its way
    assert [fact for fact in cabinet.told if not isinstance(fact, facts.SpanConfigured)] == [
        facts.SpanConfigurationRefused(span="isdn", reasons=("no CRC-4 on this card",), said=(text_written(CRC),)),
        facts.AlarmRaised(alarm="span-configuration", about="isdn", sentence="no CRC-4 on this card", said=text_written(joined((CRC,)))),
    ]
    assert cabinet.state() == {"isdn": "refused", "bank": "right"}


def test_a_mended_setting_ends_the_alarm(cabinet: Cabinet) -> None:
    """The installer writes what the card can do: configured, and the alarm is over."""
    cabinet.board.stubborn = {"isdn": (CRC,)}
    cabinet.want(ISDN)
    cabinet.board.stubborn = {}
    cabinet.want(replace(ISDN, steps=(LAW,)))
    assert cabinet.told[-2:] == [
        facts.SpanConfigured(span="isdn", done=("code it",), said=(text_written(LAW),)),
        facts.AlarmCleared(alarm="span-configuration", about="isdn"),
    ]


def test_what_can_never_be_is_refused_without_trying(cabinet: Cabinet) -> None:
    """A card that is not there: the sentence, and no step."""
    cabinet.want(SpanChange("isdn", refused=(CRC,)))
    assert cabinet.board.configured == []
    assert cabinet.state()["isdn"] == "refused"


def test_at_the_start_everything_is_configured_before_lines_open(cabinet: Cabinet) -> None:
    """Start: tones, lines without a span, spans; all within the call."""
    cabinet.board.changes = {change.span: change for change in (SpanChange(OUTSIDE, (LAW,)), ISDN, BANK)}
    cabinet.control.start()
    assert cabinet.board.configured == [OUTSIDE, "isdn", "bank"]


def test_without_a_driver_the_fault_is_told_once(cabinet: Cabinet) -> None:
    """Module not loaded: one alarm, and when it is loaded and a card is seen the spans are configured."""
    cabinet.board.driver = False
    cabinet.want(ISDN)
    cabinet.want(ISDN)
    assert cabinet.told == [
        facts.SpanConfigurationRefused(span=OUTSIDE, reasons=("no driver",), said=(text_written(text("no driver")),)),
        facts.AlarmRaised(alarm="span-configuration", about="spans", sentence="no driver", said=text_written(joined((text("no driver"),)))),
    ]
    cabinet.board.driver = True
    cabinet.publish(facts.SpanSeen(span=1, name="TE2/0/1", kind="E1", channels=31))
    cabinet.clock.advance(0.0)
    assert cabinet.board.configured == ["isdn"]
    assert facts.AlarmCleared(alarm="span-configuration", about="spans") in cabinet.told


def test_the_cards_that_were_found_can_be_asked_for(cabinet: Cabinet) -> None:
    """Whoever sets the site up sees what is plugged in, with each port."""
    answers: list[Any] = []
    span_answers(cabinet.control)["found_cards"][1](WHO, {}, answers.append, answers.append)
    (card,) = answers[0]["cards"]
    assert (card["hardware_id"], card["channel_count"], card["ports"]) == ("A8", 8, ({"channel": 1, "place": 1, "kind": "line"},))


def test_looking_ends_though_a_driver_never_becomes_what_is_wanted(cabinet: Cabinet) -> None:
    """A driver that says done and is not: the appliance goes on after some rounds."""
    asked: list[str] = []

    def never(_site: Site, span: str, done: Callable[[SpanOutcome], None]) -> None:
        asked.append(span)
        done(SpanOutcome(span, (FRAME,)))

    cabinet.board.configure_span = never  # type: ignore[method-assign]  # a broken driver
    cabinet.want(ISDN)
    assert len(asked) == ROUNDS_MOST


def test_a_span_whose_lines_must_be_closed_first_takes_its_time(cabinet: Cabinet) -> None:
    """The second change of another span does not begin the first anew; each is told when it is done."""
    cabinet.board.clock = cabinet.clock
    cabinet.want(ISDN)
    cabinet.board.changes["bank"] = BANK
    cabinet.control.apply(cabinet.site, cabinet.site)
    cabinet.clock.advance(0.05)
    assert cabinet.board.configured == ["isdn", "bank"]
    assert cabinet.told == []
    cabinet.clock.advance(1.0)
    assert cabinet.board.configured == ["isdn", "bank"]
    assert sorted(fact.span for fact in cabinet.told if isinstance(fact, facts.SpanConfigured)) == ["bank", "isdn"]
    assert cabinet.state() == {"isdn": "right", "bank": "right"}


def test_a_driver_that_never_ends_in_time_is_given_up_too(cabinet: Cabinet) -> None:
    """The same with answers that come later."""
    asked: list[str] = []

    def never(_site: Site, span: str, done: Callable[[SpanOutcome], None]) -> None:
        asked.append(span)
        cabinet.clock.call_later(0.1, lambda: done(SpanOutcome(span, (FRAME,))))

    cabinet.board.configure_span = never  # type: ignore[method-assign]  # a broken driver
    cabinet.want(ISDN)
    cabinet.clock.advance(60.0)
    assert len(asked) == ROUNDS_MOST


def test_stopped_it_looks_no_more(cabinet: Cabinet) -> None:
    """A stopping appliance configures nothing."""
    cabinet.board.busy = {"line-1"}
    cabinet.want(ISDN)
    cabinet.control.stop()
    cabinet.board.busy = set()
    cabinet.clock.advance(10.0)
    assert cabinet.board.configured == []


def test_it_answers_through_the_door(cabinet: Cabinet) -> None:
    """Page, console and command line ask the same two questions."""
    answers = span_answers(cabinet.control)
    got: list[Any] = []
    answers["span_configuration"][1](WHO, {"command": "span_configuration"}, got.append, got.append)
    answers["system_conf"][1](WHO, {"command": "system_conf"}, got.append, got.append)
    assert [row["state"] for row in got[0]["spans"]] == ["right", "right"]
    assert got[1] == {"text": "spans: 2\n"}
    with pytest.raises(BadInput):
        answers["system_conf"][1](WHO, {"command": "system_conf", "file": "/etc/passwd"}, got.append, got.append)
