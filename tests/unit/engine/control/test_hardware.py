"""The cards for people: what happens to them as facts, and what may be asked of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from engine import facts
from engine.control.hardware import HardwareControl, hardware_answers
from engine.control.hardware_narration import hardware_sentence
from engine.kernel.bus import Bus
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text, text_from_json
from engine.people.actors import Act, Actor, Role
from engine.store.queries import Moment
from engine.telephony.hardware import (
    BitCount,
    BitTest,
    ChannelState,
    ClockSource,
    ClockState,
    Loop,
    LoopKind,
    SpanAlarm,
    SpanCounters,
    SpanState,
)
from engine.telephony.hardware_words import ALARMS, COUNTERS, LOOPS
from tests.fakes import FakeClock

WANG = Actor(Role.TECHNICIAN, "wang")
LINE_CLOCK = ClockState(ClockSource.LINE, 1)


def span(number: int = 1, alarms: tuple[SpanAlarm, ...] = ()) -> SpanState:
    return SpanState(
        span=number,
        name=f"TE2/0/{number}",
        description="T2XXP",
        kind="E1",
        digital=True,
        dynamic=False,
        hardware="TE220",
        location="PCI Bus 04",
        channel_count=31,
        configured=31,
        alarms=alarms,
        counters=SpanCounters(crc4_errors=7),
        sync_source=1,
        is_master=True,
        line_settings="CCS/HDB3/CRC4",
        down=bool(alarms),
    )


class Cards:
    """Two spans of three channels; notes the commands."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.running: list[BitTest] = []

    def spans(self) -> Sequence[SpanState]:
        return [span(1, (SpanAlarm.RED,)), span(2)]

    def clock(self) -> ClockState:
        return LINE_CLOCK

    def channels(self, number: int) -> Sequence[ChannelState]:
        first = (number - 1) * 31
        line = ChannelState(first + 1, 1, "clear", line="line-1", busy=True)
        return [line, ChannelState(first + 2, 2, "clear"), ChannelState(first + 16, 16, "")]

    def loops(self) -> Sequence[Loop]:
        return [Loop(2, 0, LoopKind.LOCAL, "wang", 600)]

    def start_loop(self, number: int, channel: int, kind: LoopKind, limit_s: int, by: str, *, force: bool) -> None:
        self.asked.append(("loop", number, channel, kind, limit_s, by, force))

    def end_loop(self, number: int, channel: int, by: str) -> None:
        self.asked.append(("end", number, channel, by))

    def tests(self) -> Sequence[BitTest]:
        return self.running

    def start_test(self, pairs: Sequence[tuple[int, int]], pattern: int, length_s: int, by: str, *, force: bool) -> str:
        self.asked.append(("test", tuple(pairs), pattern, length_s, by, force))
        counts = tuple(BitCount(channel) for pair in pairs for channel in pair)
        self.running.insert(0, BitTest("b1-t1", tuple(pairs), pattern, length_s, by, "running", 0, counts))
        return "b1-t1"

    def end_test(self, test: str) -> None:
        if not any(one.test == test for one in self.running):
            raise Refused(text("There is no test {test} that runs.", test=test))
        self.asked.append(("stop", test))


class House:
    """The control over these cards."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.log: list[str] = []
        self.cards = Cards()
        self.moments: list[Moment] = []
        clock = FakeClock()
        bus = Bus(clock, "b1", 1, lambda: 0, lambda _name, _envelope, error: self.told.append(error))
        bus.subscribe("test", lambda envelope: self.told.append(envelope.fact))
        self.control = HardwareControl(bus, self.log.append, lambda: {2: "city-2"})

        def history(_span: int, limit: int, done: Callable[[Sequence[Moment]], None], _failed: Callable[[Exception], None]) -> None:
            done(self.moments[:limit])

        self.answers = hardware_answers(
            self.cards, self.control, clock, history, lambda line: "b1-c7" if line == "line-1" else "", lambda: {2: "city-2"}
        )

    def ask(self, command: str, **arguments: object) -> Any:
        answers: list[Any] = []
        self.answers[command][1](WANG, arguments, answers.append, answers.append)
        (answer,) = answers
        return answer


@pytest.fixture
def house() -> House:
    return House()


# ---- looking ---------------------------------------------------------------------------------------------------------


def test_the_spans_at_a_glance(house: House) -> None:
    """Alarms, counters, clock and what is being tested stand in one answer, as plain values."""
    answer = house.ask("spans")
    assert [(row["span"], row["alarms"], row["counters"]["crc4_errors"]) for row in answer["spans"]] == [(1, ["red"], 7), (2, [], 7)]
    assert answer["clock"] == {"source": "line", "span": 1}
    assert answer["loops"] == [{"span": 2, "channel": 0, "kind": "local", "by": "wang", "left_s": 600}]
    assert answer["tests"] == []
    assert [row["settings_name"] for row in answer["spans"]] == ["", "city-2"], "what the settings call it"


def test_one_span_with_channels_calls_and_history(house: House) -> None:
    """Each channel says which line it is and which call it carries; what was told of the span comes newest first."""
    house.moments = [
        Moment(9, 5000, facts.SpanAlarmRaised(span=1, alarm="red")),
        Moment(8, 4000, facts.SpanSeen(span=1, name="x", kind="E1", channels=31)),
    ]
    answer = house.ask("span", span=1)
    assert [(row["channel"], row["line"], row["call"]) for row in answer["channels"]] == [(1, "line-1", "b1-c7"), (2, "", ""), (16, "", "")]
    assert answer["history"][0] == {"utc_ms": 5000, "fact": "SpanAlarmRaised", "values": {"span": 1, "alarm": "red"}}
    assert len(house.ask("span", span=1, limit=1)["history"]) == 1
    assert answer["loops"] == []
    with pytest.raises(Refused, match="no span 3"):
        house.ask("span", span=3)
    for wrong in (0, "1", True, 129, None):
        with pytest.raises(BadInput):
            house.ask("span", span=wrong)


def test_spans_in_trouble_are_named(house: House) -> None:
    """Who looks at the whole site sees which spans are in alarm and which are gone, until they are well or there again."""
    house.control.span_alarm_raised(2, SpanAlarm.RED)
    house.control.span_alarm_raised(2, SpanAlarm.LOS)
    house.control.span_alarm_cleared(2, SpanAlarm.RED, 3.0)
    assert house.control.troubles() == [{"span": 2, "name": "city-2", "alarms": ["los"], "gone": False}]
    house.control.span_lost(span(2))
    house.control.span_lost(span(1))
    assert [(one["span"], one["name"], one["gone"]) for one in house.control.troubles()] == [(1, "TE2/0/1", True), (2, "city-2", True)]
    (first, second) = house.ask("spans")["lost"]
    assert (first["span"], first["name"], second["settings_name"]) == (1, "TE2/0/1", "city-2")
    assert second["lost_utc_ms"] > 0
    house.control.span_seen(replace(span(2), span=3))
    house.control.span_seen(span(1))
    assert house.control.troubles() == house.ask("spans")["lost"] == []


def test_who_may(house: House) -> None:
    """Looking needs the right to see the status, testing one of its own."""
    rights = {name: act for name, (act, _) in house.answers.items()}
    assert {rights[name] for name in ("spans", "span", "bit_tests")} == {Act.SEE_STATUS}
    assert {rights[name] for name in ("loop", "loop_end", "bit_test", "bit_test_end")} == {Act.TEST_LINES}


# ---- testing ---------------------------------------------------------------------------------------------------------


def test_loops_are_asked_for_with_sensible_defaults(house: House) -> None:
    """Without more words a span is looped in the card for 15 minutes, and a channel as a channel; who asked is logged."""
    house.ask("loop", span=1)
    house.ask("loop", span=1, channel=2, limit_s=60, force=True)
    house.ask("loop", span=1, loop="line")
    house.ask("loop_end", span=1, channel=2)
    assert house.cards.asked == [
        ("loop", 1, 0, LoopKind.LOCAL, 900, "wang", False),
        ("loop", 1, 2, LoopKind.CHANNEL, 60, "wang", True),
        ("loop", 1, 0, LoopKind.LINE, 900, "wang", False),
        ("end", 1, 2, "wang"),
    ]
    assert len(house.log) == 4
    assert all("wang" in line for line in house.log)
    with pytest.raises(BadInput, match="Time until the loop ends in seconds: 99999 was given; a number from 1 to 86400"):
        house.ask("loop", span=1, limit_s=99999)
    with pytest.raises(BadInput, match="Channel: abc was given"):
        house.ask("loop", span=1, channel="abc")
    with pytest.raises(BadInput, match="no loop"):
        house.ask("loop", span=1, loop="round")


def test_bit_tests_of_channels_and_spans(house: House) -> None:
    """Two channels, one that is looped, or all configured channels of two spans, place by place."""
    assert house.ask("bit_test", channel=1, far_channel=32, length_s=10)["test"] == "b1-t1"
    house.ask("bit_test", channel=5, pattern=11)
    house.ask("bit_test", span=1, far_span=2, force=True)
    assert house.cards.asked == [
        ("test", ((1, 32),), 15, 10, "wang", False),
        ("test", ((5, 5),), 11, 60, "wang", False),
        ("test", ((1, 32), (2, 33)), 15, 60, "wang", True),
    ]
    shown = house.ask("bit_tests")["tests"][0]
    assert (shown["pairs"], shown["state"]) == ([[1, 32], [2, 33]], "running")
    assert text_from_json(shown["verdict"]).in_english() == "The pattern is being sent and looked for."
    house.ask("bit_test_end", test="b1-t1")
    assert house.cards.asked[-1] == ("stop", "b1-t1")
    for wrong in (None, 5, "b1-t9"):
        with pytest.raises((BadInput, Refused)):
            house.ask("bit_test_end", test=wrong)


# ---- told by the cards -----------------------------------------------------------------------------------------------


def test_what_happens_to_spans_becomes_facts(house: House) -> None:
    """The journal has each alarm, its end and its length, errors and cards."""
    house.control.span_lost(span(1))
    house.control.span_seen(span(1))
    house.control.span_alarm_raised(1, SpanAlarm.LOS)
    house.control.span_alarm_cleared(1, SpanAlarm.LOS, 12.3456)
    house.control.span_counted(1, 60, SpanCounters(bit_errors=4))
    lost, seen, raised, cleared, counted = house.told
    assert (lost, seen) == (facts.SpanLost(span=1, name="TE2/0/1"), facts.SpanSeen(span=1, name="TE2/0/1", kind="E1", channels=31))
    assert raised == facts.SpanAlarmRaised(span=1, alarm="los")
    assert cleared == facts.SpanAlarmCleared(span=1, alarm="los", lasted_ms=12_346)
    assert (counted.seconds, counted.bit_errors, counted.crc4_errors) == (60, 4, 0)


def test_a_lost_clock_is_an_alarm_until_it_is_back(house: House) -> None:
    """One alarm when the exchange's clock is lost, whatever comes after; one end when it is back."""
    card, timer = ClockState(ClockSource.CARD, 2), ClockState(ClockSource.TIMER)
    house.control.clock_changed(LINE_CLOCK, card, fault=True)
    house.control.clock_changed(card, timer, fault=True)
    house.control.clock_changed(timer, LINE_CLOCK, fault=False)
    kinds = [type(fact).__name__ for fact in house.told]
    assert kinds == ["ClockSourceChanged", "AlarmRaised", "ClockSourceChanged", "ClockSourceChanged", "AlarmCleared"]
    assert house.told[0] == facts.ClockSourceChanged(source="card", span=2, source_before="line", span_before=1)


def test_a_clock_that_becomes_known_is_no_news(house: House) -> None:
    """A driver that begins to say where its clock comes from has not changed it."""
    house.control.clock_changed(ClockState(), LINE_CLOCK, fault=False)
    assert house.told == []


def test_loops_and_tests_become_facts(house: House) -> None:
    """Who looped what until when, and the sums of a test over all its channels."""
    loop = Loop(1, 0, LoopKind.PAYLOAD, "wang", 900)
    house.control.loop_started(loop)
    house.control.loop_ended(loop, "limit", "")
    counts = (BitCount(1, found=True, seconds=60, bits=100, bit_errors=2, slips=1, slipped_octets=-3), BitCount(32))
    test = BitTest("b1-t1", ((1, 32),), 15, 60, "wang", "over", 60, counts)
    house.control.test_started(test)
    house.control.test_ended(test)
    assert house.told[:3] == [
        facts.LoopStarted(span=1, channel=0, loop="payload", limit_s=900, by="wang"),
        facts.LoopEnded(span=1, channel=0, loop="payload", reason="limit", by=""),
        facts.BitTestStarted(test="b1-t1", pairs=("1-32",), pattern=15, length_s=60, by="wang"),
    ]
    ended = house.told[3]
    assert (ended.channels, ended.silent, ended.bits, ended.bit_errors, ended.slips, ended.slipped_octets) == (2, 1, 100, 2, 1, -3)


# ---- words -----------------------------------------------------------------------------------------------------------


def test_every_alarm_counter_and_loop_has_words() -> None:
    """Whatever the cards can say is said in words, with what it means and what to check."""
    assert set(ALARMS) == set(SpanAlarm)
    assert set(LOOPS) == set(LoopKind)
    assert set(COUNTERS) == set(SpanCounters.__dataclass_fields__)


def test_sentences_as_they_are_read() -> None:
    """Who follows in the terminal reads what is the matter and what it means."""
    raised = hardware_sentence(facts.SpanAlarmRaised(span=3, alarm="yellow"))
    assert raised is not None
    assert raised.in_english() == (
        "ALARM: span 3: yellow alarm. The far end says that it receives nothing usable from us; we receive it well."
    )
    nothing = dict.fromkeys(COUNTERS, 0)
    counted = hardware_sentence(facts.SpanCounted(span=1, seconds=60, **{**nothing, "crc4_errors": 3, "errored_seconds": 2}))
    assert counted is not None
    assert counted.in_english() == "Span 1 in 60 s: CRC-4 errors: 3, errored seconds: 2."
    clock = hardware_sentence(facts.ClockSourceChanged(source="timer", span=0, source_before="line", span_before=2))
    assert clock is not None
    assert clock.in_english() == "The clock comes from the machine's timer, no card now, no longer from the signal of span 2."
