"""The scripted board beyond its contract: stimuli, times, and what it says of itself."""

from __future__ import annotations

import pytest

from engine.kernel.errors import OurFault
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import CallerId
from hwsim.scripted_bay import ScriptedBay
from hwsim.scripted_board import TURNS_WAITING_MOST, ScriptedBoard, ScriptedTimes
from tests.fakes import FakeClock
from tests.line_bench import STATIONS, TRUNKS, Listener

LINE, PHONE = "line-1", "phone-801"
CALLER = CallerId("13901234567")
GONE = Release(Cause.NORMAL_CALL_CLEARING, "battery_drop")


class Script:
    """A started scripted board and its clock."""

    def __init__(self, times: ScriptedTimes | None = None) -> None:
        self.clock = FakeClock()
        self.bay = ScriptedBay(self.clock)
        self.board = ScriptedBoard(self.clock, self.bay, TRUNKS, STATIONS, times)
        self.heard = Listener()
        self.board.start(self.heard, self.heard)

    def offered(self) -> None:
        """A call is offered on the first line."""
        self.board.arrive(LINE, CALLER)
        self.clock.advance(3)


def test_a_stimulus_is_told_in_the_next_turn_and_in_order() -> None:
    """What is done to lines inside a report does not interrupt that report: each thing has a turn of its own."""
    script = Script()
    script.board.lift(PHONE)
    script.board.key(PHONE, "1")
    script.board.arrive(LINE, CALLER)
    assert script.heard.told == []
    script.clock.advance(0)
    assert script.heard.told == [("lifted", PHONE), ("key", PHONE, "1"), ("rang", LINE)]


def test_times_are_those_that_were_asked_for() -> None:
    """A simulation of many lines can have its own times."""
    script = Script(ScriptedTimes(offered_s=0.5, guard_s=0.1, hang_up_s=0.2))
    script.board.arrive(LINE, CALLER, "114")
    script.clock.advance(0.6)
    assert script.heard.of(LINE) == [("rang",), ("offered", CALLER, "114")]
    script.board.trunks[0].answer()
    script.board.caller_hangs_up(LINE, GONE)
    script.clock.advance(0.05)
    assert script.heard.of(LINE)[-1] == ("released", "battery_drop")
    script.clock.advance(0.1)
    assert script.board.trunks[0].free


def test_an_answer_that_crosses_the_callers_giving_up_is_released() -> None:
    """Who answers a caller that has just gone is told so, once."""
    script = Script()
    script.offered()
    script.board.caller_hangs_up(LINE, GONE)
    script.clock.advance(1)
    script.board.trunks[0].answer()
    script.clock.advance(20)
    assert [told[0] for told in script.heard.of(LINE)] == ["rang", "offered", "released"]
    assert script.board.trunks[0].free


def test_a_declined_caller_who_had_gone_already_frees_the_line() -> None:
    """Declining a call whose caller is gone does not keep the line for ever."""
    script = Script()
    script.offered()
    script.board.caller_hangs_up(LINE, GONE)
    script.clock.advance(1)
    script.board.trunks[0].release()
    script.clock.advance(7)
    assert script.board.trunks[0].free
    assert [told[0] for told in script.heard.of(LINE)] == ["rang", "offered"]


def test_an_arrival_on_a_line_in_use_is_nothing() -> None:
    """The exchange gives busy tone to a second caller; the line hears nothing of him."""
    script = Script()
    script.offered()
    script.board.trunks[0].answer()
    script.board.arrive(LINE, CallerId("2"))
    script.clock.advance(20)
    assert len(script.heard.of(LINE)) == 2


def test_an_arrival_during_the_rest_may_be_given_up() -> None:
    """Who hangs up before the line has rested was never heard."""
    script = Script()
    script.offered()
    script.board.trunks[0].answer()
    script.board.trunks[0].release()
    script.board.arrive(LINE, CallerId("2"))
    script.clock.advance(1)
    script.board.caller_hangs_up(LINE)
    script.clock.advance(20)
    assert len(script.heard.of(LINE)) == 2


def test_a_phone_lifted_soon_after_it_went_down_is_a_flash() -> None:
    """A short press of the hook is a flash, not a hang-up."""
    script = Script()
    script.board.lift(PHONE)
    script.clock.advance(1)
    script.board.hang_up(PHONE)
    script.clock.advance(0.3)
    script.board.lift(PHONE)
    script.clock.advance(2)
    assert script.heard.of(PHONE) == [("lifted",), ("flashed",)]
    assert script.board.stations[0].off_hook


def test_a_mended_phone_whose_handset_is_up_is_lifted() -> None:
    """After a fault the phone is as its user holds it."""
    script = Script()
    script.board.fail(PHONE, "driver_error")
    script.board.lift(PHONE)
    script.board.mend(PHONE)
    script.board.mend(PHONE)
    script.clock.advance(0.1)
    assert script.heard.of(PHONE) == [("out_of_service", "driver_error"), ("in_service",), ("lifted",)]


def test_an_unknown_line_is_the_scripts_mistake() -> None:
    """A script that names a line which is not there fails at once."""
    script = Script()
    with pytest.raises(KeyError):
        script.board.arrive("line-77", CALLER)
    with pytest.raises(KeyError):
        script.board.fail("line-77", "no_battery")


def test_too_much_at_once_is_told() -> None:
    """A script that loops does not eat the machine's memory."""
    script = Script()
    for _ in range(TURNS_WAITING_MOST):
        script.board.key(PHONE, "1")
    with pytest.raises(OurFault):
        script.board.key(PHONE, "1")


def test_the_bay_tells_who_hears_whom_and_what_was_played() -> None:
    """A test of the engine can ask what a caller would hear."""
    script = Script()
    line, phone = script.board.trunks[0].port, script.board.stations[0].port
    script.bay.patch(phone, line, -6.0)
    music = script.bay.play(b"music", [line], loop=True)
    assert script.bay.heard_by(line) == (phone, music.source)
    assert script.bay.patches[phone, line] == -6.0
    assert [playing.audio for playing in script.bay.sounded] == [b"music"]
    script.board.stop()
    assert script.bay.heard_by(line) == ()
