"""What each exchange line has carried: seizures, answers, seconds and causes, today and since the start."""

from __future__ import annotations

import itertools

import pytest

from engine import facts
from engine.control.trunk_tally import CAUSES_SHOWN, CarriedCall, Load, TrunkTally, day_of, summed, top_causes
from engine.kernel.bus import Envelope

OFFSET_MIN = 480
MIDNIGHT_UTC_MS = 1_803_830_400_000
"""The first of March 2027 in China."""
LINES = ("pri-1-1", "pri-1-2")


class Book:
    """A tally that hears facts at chosen seconds before or after a midnight of the site."""

    def __init__(self) -> None:
        self.tally = TrunkTally(LINES)
        self._seq = itertools.count(1)

    def at(self, second: float, fact: facts.Fact) -> None:
        utc_ms = MIDNIGHT_UTC_MS + round(second * 1000)
        ns = round((second + 100_000) * 1e9)
        self.tally.hear(Envelope(next(self._seq), "b1", ns, utc_ms, OFFSET_MIN, 0, "", fact))

    def today(self, line: str, second: float) -> Load:
        return self.tally.today(line, day_of(MIDNIGHT_UTC_MS + round(second * 1000), OFFSET_MIN))


def came(call: str, line: str = "pri-1-1") -> facts.CallArrived:
    return facts.CallArrived(call=call, line=line, calling="", calling_name="", called="")


def placed(call: str, line: str) -> facts.CallPlaced:
    return facts.CallPlaced(call=call, phone="phone-801", extension="801", agent="", called="10086", line=line)


def answered(call: str) -> facts.CallAnswered:
    return facts.CallAnswered(call=call, supervision="signalled")


def ended(call: str, cause: int = 16) -> facts.CallEnded:
    return facts.CallEnded(call=call, cause=cause, reason="hung_up", released_by="caller")


def test_a_call_in_and_a_call_out_are_counted_on_their_lines() -> None:
    """Who looks at a trunk sees seizures, answers, seconds from the answer, and causes, each way."""
    book = Book()
    book.at(10, came("c1"))
    book.at(12, answered("c1"))
    book.at(72, ended("c1"))
    book.at(80, placed("c2", "pri-1-2"))
    book.at(85, ended("c2", cause=17))
    assert book.today("pri-1-1", 90) == Load(calls_in=1, answered_in=1, seconds=60.0, causes={16: 1})  # type: ignore[arg-type]  # a plain mapping equals it
    assert book.today("pri-1-2", 90) == Load(calls_out=1, causes={17: 1})  # type: ignore[arg-type]  # the same
    assert book.tally.since_start("pri-1-1") == book.today("pri-1-1", 90)


def test_the_answer_ratio_is_of_each_direction_and_nothing_without_calls() -> None:
    """One of three answered is 33 percent; a line that carried nothing shows no ratio, not nought."""
    book = Book()
    for number, cause in enumerate((16, 17, 17)):
        book.at(number, placed(f"c{number}", "pri-1-1"))
        if cause == 16:
            book.at(number, answered(f"c{number}"))
        book.at(number, ended(f"c{number}", cause))
    load = book.today("pri-1-1", 5)
    assert (load.answer_ratio_out, load.answer_ratio_in) == (33, None)
    assert list(top_causes(load)) == [17, 16]


def test_a_call_that_goes_on_by_another_line_is_an_attempt_on_both() -> None:
    """The line that gave the call back shows the attempt; the answer is the other's."""
    book = Book()
    book.at(0, placed("c1", "pri-1-2"))
    book.at(1, facts.CallRerouted(call="c1", line="pri-1-2", reason="channel_refused", next_line="pri-1-1"))
    book.at(2, answered("c1"))
    book.at(5, ended("c1"))
    assert book.today("pri-1-2", 9) == Load(calls_out=1)
    assert book.today("pri-1-1", 9) == Load(calls_out=1, answered_out=1, seconds=3.0, causes={16: 1})  # type: ignore[arg-type]  # a plain mapping equals it


def test_today_begins_at_midnight_of_the_site() -> None:
    """After midnight today's counts are nought, also when nothing has happened since; a call that lasted over it counts on its last day."""
    book = Book()
    book.at(-60, came("c1"))
    book.at(-50, answered("c1"))
    assert book.today("pri-1-1", -10).calls_in == 1
    assert book.today("pri-1-1", 10) == Load()
    book.at(10, ended("c1"))
    assert book.today("pri-1-1", 20) == Load(seconds=60.0, causes={16: 1})  # type: ignore[arg-type]  # a plain mapping equals it
    assert book.tally.since_start("pri-1-1").calls_in == 1


def test_the_calls_of_this_morning_outlive_a_restart() -> None:
    """Today's counts are those of the whole day; since the start are only those since then."""
    book = Book()
    book.at(3600, came("c9"))
    day = day_of(MIDNIGHT_UTC_MS, OFFSET_MIN)
    morning = [
        CarriedCall("pri-1-1", incoming=True, answered=True, seconds=30.0, cause=16),
        CarriedCall("gone-1", incoming=True, answered=False, seconds=0.0, cause=16),
    ]
    book.tally.refill(morning, day)
    assert book.today("pri-1-1", 3700) == Load(calls_in=2, answered_in=1, seconds=30.0, causes={16: 1})  # type: ignore[arg-type]  # a plain mapping equals it
    assert book.tally.since_start("pri-1-1").calls_in == 1
    book.tally.refill(morning, day - 1)
    assert book.today("pri-1-1", 3700).calls_in == 2


def test_faults_and_the_last_change_are_known() -> None:
    """A channel says why it is out of service, and since when it is as it is."""
    book = Book()
    book.at(5, facts.LineOutOfService(line="pri-1-1", reason="d_channel_down"))
    assert (book.tally.fault("pri-1-1"), book.tally.changed_utc_ms("pri-1-1")) == ("d_channel_down", MIDNIGHT_UTC_MS + 5000)
    book.at(6, facts.LineInService(line="pri-1-1"))
    assert (book.tally.fault("pri-1-1"), book.tally.changed_utc_ms("pri-1-1")) == ("", MIDNIGHT_UTC_MS + 6000)
    assert book.tally.changed_utc_ms("pri-1-2") == 0


def test_lines_are_summed_and_other_names_take_no_room() -> None:
    """A trunk shows its lines together; calls inside the house, and those whose beginning was not heard, count nowhere."""
    book = Book()
    book.at(0, placed("c1", ""))
    book.at(1, ended("c1"))
    book.at(2, ended("c7"))
    book.at(3, came("c2", "pri-1-1"))
    book.at(3, came("c3", "pri-1-2"))
    total = summed(book.today(line, 5) for line in LINES)
    assert (total.calls_in, total.calls_out, dict(total.causes)) == (2, 0, {})


@pytest.mark.parametrize("count", [1, CAUSES_SHOWN + 3])
def test_only_the_most_frequent_causes_are_shown(count: int) -> None:
    """A long list of rare causes hides nothing that matters."""
    load = Load()
    for number in range(count):
        load.causes[number + 1] = count - number
    assert list(top_causes(load)) == list(range(1, min(count, CAUSES_SHOWN) + 1))
