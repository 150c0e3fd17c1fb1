"""The switch and its exchange lines: attempts that a line gives back, callers who were first, lines without dial tone, silence."""

from __future__ import annotations

from engine import facts
from engine.calls import leg as l
from engine.calls.parties import Leg
from engine.calls.switch import Call
from engine.telephony.numbers import CallerId
from engine.telephony.tones import CHINA, ToneName
from tests.floor import Floor

CALLER = CallerId("13800138000")


def calls_out(floor: Floor, number: str = "10086") -> Call:
    """Extension 801 calls out by the first free line."""
    floor.phone(1).lift()
    return floor.switch.call_outside(floor.switch.phones["phone-1"], number, floor.groups.route(number))


def test_a_line_without_dial_tone_is_followed_by_the_next(floor: Floor) -> None:
    """The user who calls out notices a short delay, not a dead line; the journal tells which line failed and why."""
    call = calls_out(floor)
    floor.line(1).give_back("no_dial_tone")
    assert floor.line(2).dialled == "10086"
    assert (call.stage, call.parties.attempt) == ("dialling", Leg("line-2", l.Seizing(), is_line=True))
    assert call.line == "line-2"
    assert floor.told(facts.CallRerouted) == [
        facts.CallRerouted(call=call.id, line="line-1", reason="no_dial_tone", next_line="line-2", cause=16)
    ]
    floor.line(2).send_digits()
    floor.line(2).far_answers("progress")
    assert floor.told(facts.CallAnswered) == [facts.CallAnswered(call=call.id, supervision="progress")]
    floor.line(2).hang_up()
    assert [fact.reason for fact in floor.told(facts.CallEnded)] == ["busy_tone"]


def test_when_every_line_fails_the_user_hears_busy_tone(floor: Floor) -> None:
    """After the last line the attempt ends with the last line's reason, once."""
    calls_out(floor)
    for number in (1, 2, 3, 4):
        floor.line(number).give_back("no_dial_tone")
    assert [fact.reason for fact in floor.told(facts.CallEnded)] == ["no_dial_tone"]
    assert floor.bay.tone_at(floor.phone(1).port) == CHINA[ToneName.BUSY].steps
    assert floor.switch.calls == {}


def test_a_line_that_was_taken_meanwhile_is_passed_over(floor: Floor) -> None:
    """The next line is not there any more when its turn comes: the one after it is tried."""
    call = calls_out(floor)
    floor.line(2).offer(CALLER)
    floor.line(1).give_back("no_dial_tone")
    assert (call.stage, call.parties.attempt) == ("dialling", Leg("line-3", l.Seizing(), is_line=True))
    assert [(fact.line, fact.reason, fact.next_line) for fact in floor.told(facts.CallRerouted)] == [("line-1", "no_dial_tone", "line-3")]


def test_a_line_without_dial_tone_is_tried_last_until_it_serves_again(floor: Floor) -> None:
    """Only the first user waits in vain for the dial tone of a dead line."""
    calls_out(floor)
    floor.line(1).give_back("no_dial_tone")
    floor.phone(1).hang_up()
    floor.clock.advance(5)
    calls_out(floor)
    assert floor.line(2).dialled == "10086"
    floor.line(2).hang_up()
    floor.phone(1).hang_up()
    floor.line(1).offer(CALLER)
    floor.line(1).hang_up("caller_gone")
    floor.clock.advance(5)
    call = calls_out(floor, "10010")
    assert call.line == "line-1"


def test_a_caller_who_was_first_is_served_and_our_call_goes_out_by_another_line(floor: Floor) -> None:
    """Glare: in one moment the attempt is given back and the caller offered; both calls are on their ways."""
    floor.answer_nobody()
    call = calls_out(floor)

    def glare() -> None:
        floor.line(1).does = "guard"
        floor.line(1).hang_up("collision")
        floor.line(1).does = "idle"
        floor.line(1).offer(CallerId(), "88801")

    glare()
    assert call.line == "line-2"
    assert floor.line(2).dialled == "10086"
    (other,) = [other for other in floor.switch.calls.values() if other is not call]
    assert (other.direction, other.line) == ("in", "line-1")
    floor.phone(1).hang_up()
    assert floor.line(1).does == "offered"  # giving up our own call does not hang up on the caller
    assert floor.line(2).does == "guard"


def test_a_doubtful_number_is_told_as_such(floor: Floor) -> None:
    """The journal, and with it the page, knows a number that may be wrong."""
    floor.answer_nobody()
    floor.line(1).offer(CallerId("62001234", doubtful=True), "88801")
    (told,) = floor.told(facts.CallArrived)
    assert (told.calling, told.doubtful) == ("62001234", True)


def test_silence_is_told_and_both_sides_hear_a_tone(floor: Floor) -> None:
    """Before a silent call is ended, caller and agent are warned."""
    call = calls_out(floor)
    floor.line(1).send_digits()
    floor.line(1).far_answers()
    floor.line(1).fall_silent()
    assert floor.told(facts.CallSilent) == [facts.CallSilent(call=call.id, line="line-1")]
    for port in (floor.line(1).port, floor.phone(1).port):
        assert floor.bay.tone_at(port) == CHINA[ToneName.CONFIRMATION].steps


def test_silence_on_a_line_without_a_call_is_nothing(floor: Floor) -> None:
    """A report that crosses the end of its call does no harm."""
    floor.line(1).fall_silent()
    assert floor.told(facts.CallSilent) == []


def test_metering_pulses_are_counted_for_their_call(floor: Floor) -> None:
    """Who pays by the pulse finds each one in the journal, with its number; a pulse that crosses the end of the call is nobody's."""
    call = calls_out(floor)
    floor.line(1).send_digits()
    floor.line(1).far_answers()
    for _ in range(2):
        floor.line(1).meter()
    assert floor.told(facts.CallMetered) == [facts.CallMetered(call=call.id, line="line-1", pulses=count) for count in (1, 2)]
    floor.phone(1).hang_up()
    floor.line(1).meter()
    assert len(floor.told(facts.CallMetered)) == 2
