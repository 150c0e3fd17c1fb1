"""Lines through alarms, pulled cards and full queues: out of service with the right reason, and back by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from boards.dahdi.abi import Alarm, Event, Maint
from boards.dahdi.hardware import DahdiHardware
from boards.dahdi.spans import SpanWatch
from engine.kernel.errors import Refused
from engine.kernel.runner import Runner
from engine.telephony.hardware import LoopKind
from engine.telephony.numbers import CallerId
from tests.line_bench import LineBench
from tests.unit.boards.dahdi.span_bench import Heard

LINE, PHONE = "line-1", "phone-801"


class HardwareBench(LineBench):
    """Lines and phones with the watch of their spans."""

    def __init__(self) -> None:
        self.watch: SpanWatch | None = None

        super().__init__(spans=_Later(lambda: self.watch))
        runner = Runner(self.clock, self._refuse, self._fail)
        self.watch = SpanWatch(self.driver, self.clock, runner, lambda: None)
        self.hardware = DahdiHardware(self.driver, self.clock, self.pump, self.watch, self.board.lines, lambda: "t1")
        self.told = Heard()
        self.hardware.start(self.told)

    def alarm(self, alarms: Alarm) -> None:
        """The card shows these alarms; the driver tells every channel when they begin or end."""
        self.driver.spans[0].set_alarms(alarms)

    def close(self) -> None:
        self.hardware.stop()
        super().close()


class _Later:
    """The watch, which is made after the lines."""

    def __init__(self, watch: Callable[[], SpanWatch | None]) -> None:
        self._watch = watch

    def is_down(self, span: int) -> bool:
        watch = self._watch()
        return watch is not None and watch.is_down(span)

    def look(self, span: int) -> None:
        watch = self._watch()
        if watch is not None:
            watch.look(span)


@pytest.fixture
def bench() -> Iterator[HardwareBench]:
    """Started."""
    bench = HardwareBench()
    bench.start()
    yield bench
    bench.close()


# ---- alarms ----------------------------------------------------------------------------------------------------------


def test_a_dead_span_ends_its_calls_and_takes_its_lines_out(bench: HardwareBench) -> None:
    """The caller's call ends, the phone that talks is hung up, every line says why; nobody is told of missing battery."""
    bench.answered_call()
    bench.phones[PHONE].lift()
    bench.wait(1)
    bench.heard.told.clear()
    bench.alarm(Alarm.RED)
    bench.wait(0.3)
    assert bench.heard.told == []
    bench.wait(0.7)
    assert bench.heard.of(LINE) == [("released", "line_failed"), ("out_of_service", "alarm")]
    assert bench.heard.of(PHONE) == [("hung_up",), ("out_of_service", "alarm")]
    assert bench.heard.of("line-2") == [("out_of_service", "alarm")]
    assert not bench.board.trunks[0].free
    with pytest.raises(Refused):
        bench.board.stations[1].ring(CallerId("1"))


def test_lines_return_by_themselves_when_the_alarm_is_over(bench: HardwareBench) -> None:
    """Five seconds after the signal is back every line serves; a handset that is up then is seen; the next caller is offered."""
    bench.alarm(Alarm.RED)
    bench.wait(2)
    bench.phones[PHONE].lift()
    bench.wait(1)
    bench.heard.told.clear()
    bench.alarm(Alarm.NONE)
    bench.wait(4.5)
    assert bench.heard.told == []
    bench.wait(1.5)
    assert bench.heard.of(LINE) == [("in_service",)]
    assert bench.heard.of(PHONE) == [("in_service",), ("lifted",)]
    bench.calls(LINE)
    assert bench.until_told(LINE, "offered", 8)


def test_a_line_that_is_opened_on_a_dead_span_waits_for_it() -> None:
    """At a start with the cable out the lines are out of service for that reason, and come with the cable."""
    bench = HardwareBench()
    bench.alarm(Alarm.RED | Alarm.LOS)
    bench.wait(2)
    bench.board.start(bench.heard, bench.heard)
    bench.wait(0.2)
    assert bench.heard.of(LINE) == [("out_of_service", "alarm")]
    bench.alarm(Alarm.NONE)
    bench.wait(7)
    assert bench.heard.of(LINE)[1:] == [("in_service",)]
    bench.close()


def test_a_cut_line_on_a_sound_span_has_no_battery(bench: HardwareBench) -> None:
    """The driver has one event for both: a line that is cut is not taken for a span in alarm, and nobody else is out."""
    bench.exchange.cut(LINE)
    bench.wait(2)
    assert bench.heard.told == [("out_of_service", LINE, "no_battery")]
    bench.exchange.mend(LINE)
    bench.wait(2)
    assert bench.heard.of(LINE)[1:] == [("in_service",)]


# ---- cards -----------------------------------------------------------------------------------------------------------


def test_a_card_put_back_serves_again_without_restart(bench: HardwareBench) -> None:
    """Pulled in a call and put back ten seconds later: lines and phones serve within two seconds, with gains, law and detectors as before."""
    bench.answered_call()
    bench.driver.pull_card(0)
    bench.wait(10)
    assert bench.heard.of(LINE) == [("released", "line_failed"), ("out_of_service", "card_removed")]
    assert ("lost", 1) in bench.told.told
    assert bench.channels_open() == 0
    bench.caller.hang_up()
    bench.heard.told.clear()
    bench.driver.push_card(0)
    bench.wait(2)
    assert {(told[0], told[1]) for told in bench.heard.told} == {("in_service", name) for name in (LINE, "line-2", PHONE, "phone-802")}
    assert ("seen", 1) in bench.told.told
    assert bench.driver_errors == []
    bench.wait(2.5)
    bench.heard.told.clear()
    bench.calls(LINE)
    assert bench.until_told(LINE, "offered", 8)
    bench.board.trunks[0].answer()
    bench.wait(1)
    bench.caller.press("7")
    bench.wait(0.5)
    assert ("key", "7") in bench.heard.of(LINE)
    bench.phones[PHONE].lift()
    bench.wait(1)
    bench.phones[PHONE].press("3")
    bench.wait(0.5)
    assert bench.heard.of(PHONE) == [("lifted",), ("key", "3")]


def test_a_card_that_flickers_is_followed(bench: HardwareBench) -> None:
    """Out and in again before the driver has let go of it: in the end the lines serve."""
    for _ in range(3):
        bench.driver.pull_card(0)
        bench.wait(0.5)
        bench.driver.push_card(0)
        bench.wait(0.5)
    bench.wait(12)
    assert bench.board.trunks[0].free
    assert bench.board.stations[0].in_service
    assert bench.heard.of(LINE)[-1] == ("in_service",)


# ---- events ----------------------------------------------------------------------------------------------------------


def test_a_full_queue_of_events_is_made_good_by_a_look(bench: HardwareBench) -> None:
    """When a hang-up is lost among 63 other events, the phone does not stay up for ever: its state is read, and the port is named."""
    bench.phones[PHONE].lift()
    bench.wait(2)
    bench.heard.told.clear()
    for _ in range(63):
        bench.raise_event(3, Event.HOOKCOMPLETE)
    bench.driver.phone_ports[3].set_loop(closed=False)
    bench.raise_event(3, Event.HOOKCOMPLETE)
    bench.wait(0.1)
    assert bench.board.stations[0].events_full == 1
    violated = [told for told in bench.heard.of(PHONE) if told[0] == "violated"]
    assert violated[0][1] == "events"


# ---- tests on lines --------------------------------------------------------------------------------------------------


def test_a_card_that_cannot_loop_keeps_its_lines(bench: HardwareBench) -> None:
    """An analog card has no loop of the whole span: the refusal is a sentence, and its lines serve as before."""
    with pytest.raises(Refused, match="The card of span 1 cannot make this loop"):
        bench.hardware.start_loop(1, 0, LoopKind.LOCAL, 60, "wang", force=False)
    bench.wait(0.1)
    assert bench.board.trunks[0].free
    assert bench.board.stations[0].in_service


def test_a_loop_takes_the_lines_of_the_span_out_and_puts_them_back(bench: HardwareBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the span is looped its lines are out of service for maintenance; afterwards they serve. A call is protected unless it is forced."""
    maintained: list[int] = []
    monkeypatch.setattr(bench.driver.spans[0], "maintain", lambda asked: maintained.append(asked.command))
    bench.answered_call()
    with pytest.raises(Refused, match=LINE):
        bench.hardware.start_loop(1, 0, LoopKind.LOCAL, 60, "wang", force=False)
    assert bench.heard.told == []
    bench.hardware.start_loop(1, 0, LoopKind.LOCAL, 60, "wang", force=True)
    assert bench.heard.of(LINE) == [("released", "line_failed"), ("out_of_service", "maintenance")]
    assert bench.heard.of(PHONE) == [("out_of_service", "maintenance")]
    channels = {channel.line: channel.fault for channel in bench.hardware.channels(1)}
    assert channels == dict.fromkeys((LINE, "line-2", PHONE, "phone-802"), "maintenance")
    bench.heard.told.clear()
    bench.hardware.end_loop(1, 0, "wang")
    bench.wait(0.1)
    assert bench.heard.of(LINE) == [("in_service",)]
    assert maintained == [Maint.LOCALLOOP, Maint.NONE]


def test_a_looped_channel_is_taken_from_its_line_and_given_back(bench: HardwareBench) -> None:
    """One port is looped: its line is out of service, the others serve; at the end it is opened afresh."""
    bench.hardware.start_loop(1, 1, LoopKind.CHANNEL, 60, "wang", force=False)
    bench.wait(3)
    assert bench.heard.told == [("out_of_service", LINE, "maintenance")]
    assert [loop.channel for loop in bench.hardware.loops()] == [1]
    bench.hardware.end_loop(1, 1, "wang")
    bench.wait(1.5)
    assert bench.heard.told[1:] == [("in_service", LINE)]
    bench.wait(2.5)
    bench.calls(LINE)
    assert bench.until_told(LINE, "offered", 8)
