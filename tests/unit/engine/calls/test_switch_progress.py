"""What callers hear before there is a conversation: ringback, announcements, tones for causes, and the ringing of calls from outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import facts
from engine.calls.switch import Call
from engine.control.control import ActRefused
from engine.kernel.text import text
from engine.people.actors import Actor, Role
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import CallerId, NumberRefused, Redirection
from engine.telephony.tones import CHINA, ToneName
from tests.floor import Floor, a_site

UNKNOWN = Release(Cause.UNALLOCATED_NUMBER, "unallocated")


def calls_out(floor: Floor) -> Call:
    """Extension 801 calls out, and the exchange takes the number."""
    floor.phone(1).lift()
    floor.switch.stop_tone(floor.switch.phones["phone-1"])
    call = floor.switch.call_outside(floor.switch.phones["phone-1"], "10086", floor.groups.route("10086"))
    floor.line(1).send_digits()
    return call


def tone(floor: Floor) -> object:
    """What phone 1 hears of ours: the tone's name, or None."""
    steps = floor.bay.tone_at(floor.phone(1).port)
    return next((name for name, one in CHINA.tones.items() if one.steps == steps), None)


def test_an_exchange_that_alerts_in_silence_leaves_ringback_to_us(floor: Floor) -> None:
    """The user hears ringback until the called party answers, whoever sounds it."""
    call = calls_out(floor)
    assert tone(floor) is None
    floor.line(1).far_progresses()
    assert tone(floor) is ToneName.RINGBACK
    floor.line(1).far_answers()
    assert tone(floor) is None
    assert floor.told(facts.CallAlerting) == [facts.CallAlerting(call=call.id)]


def test_what_the_exchange_sounds_is_not_drowned_by_ours(floor: Floor) -> None:
    """A ring-back song is heard alone, also when it begins after the ringing."""
    calls_out(floor)
    floor.line(1).far_progresses()
    floor.line(1).far_progresses(alerting=False, in_band=True)
    assert tone(floor) is None
    floor.line(1).far_progresses()
    assert tone(floor) is None
    assert floor.bay.hears(floor.phone(1).port, floor.line(1).port)


def test_an_announced_failure_is_heard_and_reported_for_what_it_was(floor: Floor) -> None:
    """Who hangs up in the middle of "this number does not exist" has not given up: the number does not exist."""
    call = calls_out(floor)
    floor.line(1).far_fails(UNKNOWN)
    assert floor.bay.hears(floor.phone(1).port, floor.line(1).port)
    assert floor.told(facts.CallFails) == [facts.CallFails(call=call.id, cause=1, reason="unallocated")]
    floor.phone(1).hang_up()
    (ended,) = floor.told(facts.CallEnded)
    assert (ended.cause, ended.reason, ended.released_by) == (1, "unallocated", "called")


def test_a_voice_is_not_listened_to_where_another_line_may_help(floor: Floor) -> None:
    """A voice that says that all circuits are busy is heard only when no other line is left; and who has heard it is not called on after it."""
    congested = Release(Cause.NO_CIRCUIT_AVAILABLE, "congested")
    calls_out(floor)
    floor.line(1).far_fails(congested)
    assert floor.line(2).dialled == "10086"
    for number in (2, 3):
        floor.line(number).send_digits()
        floor.line(number).far_fails(congested)
    floor.line(4).send_digits()
    floor.line(4).far_fails(congested)
    assert [fact.cause for fact in floor.told(facts.CallFails)] == [34]
    assert floor.bay.hears(floor.phone(1).port, floor.line(4).port)
    floor.clock.advance(5)
    floor.line(4).hang_up("congested", Cause.NO_CIRCUIT_AVAILABLE)
    assert [fact.cause for fact in floor.told(facts.CallEnded)] == [34]


@pytest.mark.parametrize(
    ("cause", "name"),
    [
        (Cause.USER_BUSY, ToneName.BUSY),
        (Cause.UNALLOCATED_NUMBER, ToneName.UNALLOCATED),
        (Cause.SWITCHING_CONGESTION, ToneName.CONGESTION),
        (Cause.NUMBER_CHANGED, ToneName.INFORMATION),
    ],
)
def test_a_call_that_fails_in_silence_sounds_as_its_cause(floor: Floor, cause: Cause, name: ToneName) -> None:
    """Busy, congested and wrong numbers are told apart by ear, when there is no other line to try."""
    for other in (2, 3, 4):
        floor.line(other).does = "dead"
    calls_out(floor)
    floor.line(1).hang_up("refused", cause)
    assert tone(floor) is name


def test_an_unknown_cause_is_told_by_its_number(floor: Floor) -> None:
    """A report says what the exchange said, not what it was taken for."""
    calls_out(floor)
    floor.line(1).to.trunk_released(floor.lines["line-1"], Release(Cause.NORMAL_UNSPECIFIED, "refused", 13))
    assert [fact.cause for fact in floor.told(facts.CallEnded)] == [13]


def test_a_call_that_the_exchange_moves_goes_on_on_the_other_line(floor: Floor) -> None:
    """The user notices nothing; the line first asked for serves others."""
    floor.phone(1).lift()
    call = floor.switch.call_outside(floor.switch.phones["phone-1"], "10086", floor.groups.route("10086"))
    floor.line(1).move_to(floor.line(3))
    floor.line(3).send_digits()
    floor.line(3).far_answers()
    assert call.line == "line-3"
    assert floor.told(facts.CallRerouted) == [facts.CallRerouted(call=call.id, line="line-1", reason="moved", next_line="line-3", cause=0)]
    assert floor.bay.hears(floor.line(3).port, floor.phone(1).port)
    floor.line(1).offer(CallerId("13800138000"))
    floor.turn()
    assert len(floor.switch.calls) == 2


def test_the_number_shown_is_the_agents_then_the_phones() -> None:
    """An agent with a direct number shows it from any phone; a phone shows its own while nobody is logged in."""
    site = a_site()
    stations = (replace(site.stations[0], caller_number="88886601"), *site.stations[1:])
    agents = (replace(site.agents[0], caller_number="88886602"), *site.agents[1:])
    floor = Floor(replace(site, stations=stations, agents=agents))
    floor.phone(1).lift()
    person = Actor(Role.AGENT, "phone-1")
    floor.control.call_outside(person, "phone-1", "10086")
    assert floor.line(1).presented == "88886601"
    floor.line(1).give_back("lines_busy")
    assert floor.line(2).presented == "88886601"
    floor.phone(1).hang_up()
    floor.login("1001")
    floor.phone(1).lift()
    floor.control.call_outside(person, "phone-1", "10086")
    assert floor.line(3).presented == "88886602"
    assert floor.bugs == []


def test_a_number_that_no_line_can_dial_is_refused_as_such(floor: Floor) -> None:
    """The user hears that the number is wrong, not that all lines are busy."""

    def refuse(number: str, presented: str = "", redirection: object = None) -> None:
        raise NumberRefused(text("{number} is too long for {presented}.", number=number, presented=presented or redirection))

    for line in floor.lines.values():
        line.dial = refuse  # type: ignore[method-assign]  # what an E1 does with 21 digits
    floor.phone(1).lift()
    with pytest.raises(ActRefused) as refused:
        floor.control.call_outside(Actor(Role.AGENT, "phone-1"), "phone-1", "1" * 21)
    assert refused.value.prompt == "number_unknown"


def test_a_caller_whom_nobody_answers_hears_that_it_rings() -> None:
    """Where the exchange leaves ringing tone to us it sounds until the caller gives up."""
    site = a_site()
    floor = Floor(replace(site, trunks=tuple(replace(trunk, flow="") for trunk in site.trunks)))
    floor.line(1).gives_ringing_tone = True
    floor.calling(1)
    floor.calling(2)
    assert (floor.line(1).told_exchange, floor.line(2).told_exchange) == (["alerting"], ["alerting"])
    assert floor.bay.tone_at(floor.line(1).port) == CHINA[ToneName.RINGBACK].steps
    assert floor.bay.tone_at(floor.line(2).port) == ()
    floor.line(1).hang_up("caller_gone")
    assert floor.bay.tone_at(floor.line(1).port) == ()
    assert floor.bugs == []


@pytest.mark.parametrize(("announces", "answered_first"), [(True, False), (False, True)])
def test_the_welcome_may_be_free_of_charge(announces: bool, answered_first: bool) -> None:
    """It is spoken before the answer where the line can do that; elsewhere after it, and it is spoken once."""
    site = a_site()
    floor = Floor(replace(site, flows=(replace(site.flows[0], welcome_free=True),)))
    floor.line(1).announces = announces
    floor.calling(1)
    port = floor.line(1).port
    assert floor.bay.saying(port) == ["zh/welcome"]
    assert (floor.line(1).does == "connected") is answered_first
    assert floor.line(1).told_exchange == (["announcing"] if announces else [])
    floor.clock.advance(1.1)
    assert floor.line(1).does == "connected"
    assert floor.bay.saying(port) == ["zh/language_zh", "en/language_en"]
    assert floor.bugs == []


def test_what_a_line_knows_of_a_caller_is_told(floor: Floor) -> None:
    """The journal has who vouches for the number and from where the call was diverted; of a withheld number, that it is."""
    floor.answer_nobody()
    floor.line(1).offer(CallerId("13800138000", screening="network", redirection=Redirection("88880000", "busy")))
    floor.line(2).offer(CallerId(absence="private"))
    diverted, withheld = floor.told(facts.CallArrived)
    assert (diverted.screening, diverted.redirecting, diverted.redirected) == ("network", "88880000", "busy")
    assert (withheld.calling, withheld.absence) == ("", "private")


def test_a_caller_who_is_led_on_to_outside_is_told_of_with_the_number_that_he_called(floor: Floor) -> None:
    """Whoever is rung outside can see that the call came by our number; a call of ours tells no such thing. An attempt that fails passes it on."""
    floor.line(1).offer(CallerId("13800138000"), "88886601")
    floor.turn()
    (call,) = floor.switch.calls.values()
    floor.switch.dial_for(call, "13700137000", floor.groups.route("13700137000"))
    (line,) = [line for line in floor.lines.values() if line.redirection is not None]
    assert line.redirection == Redirection("88886601")
    line.does = "idle"
    floor.switch.trunk_released(line, Release(Cause.NO_CIRCUIT_AVAILABLE, "congested"))
    floor.turn()
    told = [other.redirection for other in floor.lines.values() if other.dialled == "13700137000" and other is not line]
    assert told == [Redirection("88886601")]
    floor.phone(1).lift()
    floor.control.call_outside(Actor(Role.AGENT, "phone-1"), "phone-1", "13600136000")
    (ours,) = [line for line in floor.lines.values() if line.dialled == "13600136000"]
    assert ours.redirection is None
