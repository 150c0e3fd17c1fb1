"""The watch of the spans: alarms that count, errors of the minute, the clock, cards that come and go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from boards.dahdi.abi import Alarm, SpanInfo
from boards.dahdi.span_alarm import CLEAR as CLEAR_TIMER
from boards.dahdi.span_alarm import RAISE as RAISE_TIMER
from boards.dahdi.span_alarm import TABLE, AlarmCleared, AlarmRaised, Clear, Falling, Gone, Raised, Rising, Seen
from boards.dahdi.span_info import alarms_of, clock_is_wrong, clock_of, counters_of, is_digital, is_dynamic, settings_of, sync_span
from boards.dahdi.spans import master_span
from engine.kernel.fsm import Expired, Machine, Start, Stop
from engine.telephony.hardware import ClockSource, ClockState, SpanAlarm, SpanCounters
from tests.unit.boards.dahdi.span_bench import SpanBench, e1


@pytest.fixture
def bench() -> Iterator[SpanBench]:
    """Two ports under watch."""
    bench = SpanBench()
    bench.start()
    yield bench
    bench.close()


# ---- the machine of an alarm -----------------------------------------------------------------------------------------

ROWS: list[tuple[object, object, object, tuple[object, ...]]] = [
    (Clear(), Seen(), Rising(), (Start(RAISE_TIMER),)),
    (Clear(), Gone(), Clear(), ()),
    (Rising(), Gone(), Clear(), ()),
    (Rising(), Expired(RAISE_TIMER, 7), Raised(7), (AlarmRaised(),)),
    (Raised(7), Seen(), Raised(7), ()),
    (Raised(7), Gone(), Falling(7), (Start(CLEAR_TIMER),)),
    (Falling(7), Seen(), Raised(7), (Stop(CLEAR_TIMER),)),
    (Falling(7), Expired(CLEAR_TIMER, 2_000_000_007), Clear(), (AlarmCleared(2.0),)),
]


@pytest.mark.parametrize(("state", "event", "then", "effects"), ROWS, ids=lambda value: type(value).__name__)
def test_row(state: object, event: object, then: object, effects: tuple[object, ...]) -> None:
    """An alarm counts when it stays, and is over when it stays away."""
    machine = Machine(TABLE, state)
    assert (machine.handle(event), machine.state) == (effects, then)


# ---- what an answer says ---------------------------------------------------------------------------------------------


def test_every_alarm_of_the_driver_has_its_name() -> None:
    """No alarm of the driver is passed over in silence."""
    every = SpanInfo(
        alarms=int(
            Alarm.RED | Alarm.YELLOW | Alarm.BLUE | Alarm.LOS | Alarm.LFA | Alarm.LMFA | Alarm.LOOPBACK | Alarm.RECOVER | Alarm.NOTOPEN
        )
    )
    assert alarms_of(every) == set(SpanAlarm)
    assert alarms_of(SpanInfo()) == frozenset()


def test_counters_that_are_not_counted_are_nought() -> None:
    """A card that counts only some errors shows no nonsense for the others."""
    info = SpanInfo(bpvcount=3, crc4count=-1, errsec=5, irqmisses=2)
    assert counters_of(info) == SpanCounters(bipolar_violations=3, errored_seconds=5, missed_interrupts=2)


def test_a_counter_that_was_reset_counts_from_nought() -> None:
    """Whoever resets a card's counters sees no huge or negative number of errors."""
    before, now = SpanCounters(bipolar_violations=100, crc4_errors=5), SpanCounters(bipolar_violations=3, crc4_errors=9)
    assert now.since(before) == SpanCounters(bipolar_violations=3, crc4_errors=4)
    assert not SpanCounters()


@pytest.mark.parametrize(
    ("info", "digital", "dynamic"),
    [
        (e1(1), True, False),
        (SpanInfo(spantype="T1"), True, False),
        (SpanInfo(spantype="DYNAM", name="DYN/loc/1:0"), True, True),
        (SpanInfo(spantype="FXO"), False, False),
        (SpanInfo(spantype="FXS"), False, False),
        (SpanInfo(spantype="", linecompat=0x700), True, False),
        (SpanInfo(spantype=""), False, False),
    ],
)
def test_kinds_of_spans(info: SpanInfo, digital: bool, dynamic: bool) -> None:
    """A port of timeslots is told from a card of analog ports, by old drivers too."""
    assert (is_digital(info), is_dynamic(info)) == (digital, dynamic)


def test_the_settings_of_a_span_are_named() -> None:
    """An installer compares framing and coding with the exchange's at a glance."""
    assert settings_of(e1(1)) == "CCS/HDB3/CRC4"
    assert settings_of(SpanInfo()) == ""


def test_where_the_clock_comes_from() -> None:
    """The exchange's clock, the card's own, or none: told apart; a line in red alarm gives no clock."""
    infos = {1: e1(1), 2: e1(2)}
    assert clock_of(infos, None) == ClockState(ClockSource.UNKNOWN)
    assert clock_of(infos, 0) == ClockState(ClockSource.TIMER)
    assert clock_of(infos, 2) == ClockState(ClockSource.LINE, 1)
    assert clock_of({**infos, 1: e1(1, alarms=int(Alarm.RED))}, 2) == ClockState(ClockSource.CARD, 2)
    assert clock_of({**infos, 1: e1(1, alarms=int(Alarm.YELLOW))}, 2) == ClockState(ClockSource.LINE, 1)
    assert clock_of({1: e1(1, syncsrc=0)}, 1) == ClockState(ClockSource.CARD, 1)


def test_a_cards_sync_source_is_one_of_its_ports() -> None:
    """With two cards, the second card's port 1 is not taken for span 1."""
    second = {"location": "PCI Bus 05 Slot 01"}
    infos = {1: e1(1), 2: e1(2), 3: e1(3, **second), 4: e1(4, **second, syncsrc=2)}
    assert [sync_span(infos, info) for info in infos.values()] == [1, 1, 3, 4]
    assert sync_span(infos, e1(4, **second, syncsrc=4)) == 4
    assert sync_span(infos, e1(4, **second, syncsrc=0)) == 0
    assert clock_of(infos, 4) == ClockState(ClockSource.LINE, 4)


def test_when_the_clock_is_a_fault() -> None:
    """A clock that was the exchange's and is not any more is a fault; so is a digital card beside the machine's own timer; an analog card is not."""
    digital, analog = {1: e1(1)}, {1: SpanInfo(spanno=1, spantype="FXO")}
    card, timer = ClockState(ClockSource.CARD, 1), ClockState(ClockSource.TIMER)
    assert not clock_is_wrong(digital, ClockState(ClockSource.LINE, 1), was_line=True)
    assert not clock_is_wrong(digital, card, was_line=False)
    assert clock_is_wrong(digital, card, was_line=True)
    assert clock_is_wrong(digital, timer, was_line=False)
    assert not clock_is_wrong(analog, timer, was_line=False)
    assert not clock_is_wrong({1: SpanInfo(spanno=1, spantype="DYNAM")}, timer, was_line=False)


class Tree:
    """The driver's files as a test writes them."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    def read(self, path: str) -> str:
        if path not in self._files:
            raise FileNotFoundError(path)
        return self._files[path]

    def write(self, path: str, text: str) -> None:
        self._files[path] = text

    def listdir(self, path: str) -> list[str]:
        names = sorted({name.removeprefix(path + "/").split("/")[0] for name in self._files if name.startswith(path + "/")})
        if not names:
            raise FileNotFoundError(path)
        return names


def test_which_span_drives_the_driver() -> None:
    """The driver's own files say whose clock counts; without them nothing is claimed."""
    folder = "/sys/bus/dahdi_spans/devices"
    files = {f"{folder}/span-1/is_sync_master": "0", f"{folder}/span-12/is_sync_master": "1\n"}
    assert master_span(Tree(files)) == 12
    assert master_span(Tree({f"{folder}/span-1/is_sync_master": "0"})) == 0
    assert master_span(Tree({})) is None
    assert master_span(Tree({f"{folder}/span-1/name": "old"})) is None


# ---- the watch -------------------------------------------------------------------------------------------------------


def test_what_is_there_at_the_start_is_nothing_new(bench: SpanBench) -> None:
    """A start does not fill the journal with what everybody knows."""
    bench.idle(5)
    assert bench.heard.told == []
    assert [state.span for state in bench.hardware.spans()] == [1, 2]
    assert bench.hardware.clock() == ClockState(ClockSource.LINE, 1)


def test_an_alarm_that_stays_is_told_and_its_end_too(bench: SpanBench) -> None:
    """A cable that is pulled: the alarm within two seconds, its end five seconds after the cable is back, with how long it was."""
    bench.change(1, alarms=int(Alarm.RED | Alarm.LOS))
    bench.idle(2)
    alarms = [told for told in bench.heard.told if told[0] == "raised"]
    assert alarms == [("raised", 1, "red"), ("raised", 1, "los")]
    assert bench.watch.is_down(1)
    assert not bench.watch.is_down(2)
    assert bench.hardware.spans()[0].alarms == (SpanAlarm.RED, SpanAlarm.LOS)
    bench.idle(8)
    bench.change(1, alarms=0)
    bench.idle(4)
    assert bench.watch.is_down(1)
    bench.idle(3)
    assert [told for told in bench.heard.told if told[0] == "cleared"] == [("cleared", 1, "red", 14), ("cleared", 1, "los", 14)]
    assert not bench.watch.is_down(1)


def test_a_glitch_is_no_alarm(bench: SpanBench) -> None:
    """What the driver shows for a moment ends no call and wakes nobody."""
    bench.change(1, alarms=int(Alarm.RED))
    bench.watch.look(1)
    bench.clock.advance(0.2)
    bench.change(1, alarms=0)
    bench.watch.look(1)
    bench.idle(10)
    assert bench.heard.told == []


def test_a_line_that_comes_and_goes_stays_out(bench: SpanBench) -> None:
    """A loose plug is one long alarm, not one each second."""
    for number in range(20):
        bench.change(1, alarms=0 if number % 2 else int(Alarm.RED))
        bench.idle(1)
    assert [told for told in bench.heard.told if told[0] in ("raised", "cleared")] == [("raised", 1, "red")]


def test_recovering_keeps_no_line_out(bench: SpanBench) -> None:
    """The card's own wait after an alarm is shown, and is no reason of its own to keep the lines out longer."""
    bench.change(1, alarms=int(Alarm.RECOVER))
    bench.idle(3)
    assert ("raised", 1, "recovering") in bench.heard.told
    assert not bench.watch.is_down(1)


def test_errors_are_told_once_a_minute(bench: SpanBench) -> None:
    """Errors of a bad cable are summed to a line a minute, and nothing is told of a minute without."""
    for count in range(1, 31):
        bench.change(2, crc4count=count * 2, errsec=count)
        bench.idle(1)
    bench.idle(31)
    told = [told for told in bench.heard.told if told[0] == "counted"]
    assert told == [("counted", 2, 60, SpanCounters(crc4_errors=60, errored_seconds=30))]
    assert bench.hardware.spans()[1].counters == SpanCounters(crc4_errors=60, errored_seconds=30)
    bench.idle(61)
    assert len([told for told in bench.heard.told if told[0] == "counted"]) == 1


def test_a_pulled_card_and_its_return(bench: SpanBench) -> None:
    """A span that is gone is told with its number, its alarms are forgotten, and it is told when it is there again."""
    bench.change(2, alarms=int(Alarm.RED))
    bench.idle(3)
    kept = bench.driver.infos.pop(2)
    bench.idle(2)
    assert ("lost", 2) in bench.heard.told
    assert not bench.watch.is_down(2)
    assert [state.span for state in bench.hardware.spans()] == [1]
    bench.driver.infos[2] = kept
    bench.idle(1.2)
    assert ("seen", 2) in bench.heard.told
    bench.idle(2)
    assert [told for told in bench.heard.told if told[0] == "raised"] == [("raised", 2, "red")] * 2


def test_the_clock_falls_back_and_returns(bench: SpanBench) -> None:
    """When the span that feeds the clock dies, that is told as a fault, and its end when the clock is the exchange's again."""
    bench.change(1, alarms=int(Alarm.RED))
    bench.idle(4.2)
    line, card = ClockState(ClockSource.LINE, 1), ClockState(ClockSource.CARD, 1)
    assert ("clock", line, card, True) in bench.heard.told
    bench.change(1, alarms=0)
    bench.idle(4.2)
    assert ("clock", card, line, False) in bench.heard.told
    bench.change(1, syncsrc=2)
    bench.change(2, syncsrc=2)
    bench.idle(4.2)
    assert ("clock", line, ClockState(ClockSource.LINE, 2), False) in bench.heard.told


def test_a_card_that_tries_one_span_after_the_other_is_told_once(bench: SpanBench) -> None:
    """While a card looks for a span to be clocked by, nobody is told of each that it tries."""
    for number in range(10):
        bench.change(1, syncsrc=1 + number % 2)
        bench.idle(1)
    assert bench.heard.told == []


def test_a_driver_that_is_not_there_yet_is_looked_for_again() -> None:
    """A module that is loaded late is found within a second."""
    bench = SpanBench()
    bench.driver.missing = True
    bench.start()
    bench.idle(5)
    assert bench.hardware.spans() == []
    assert bench.watch.looks_failed >= 5
    bench.driver.missing = False
    bench.idle(1.2)
    assert [state.span for state in bench.hardware.spans()] == [1, 2]
    bench.close()


def test_after_stop_nobody_looks(bench: SpanBench) -> None:
    """A stopped appliance asks the driver nothing more."""
    bench.hardware.stop()
    bench.change(1, alarms=int(Alarm.RED))
    bench.watch.look(1)
    bench.idle(5)
    assert bench.heard.told == []
