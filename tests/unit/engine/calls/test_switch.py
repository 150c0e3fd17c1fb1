"""The switch between fake lines: who hears whom, what is told, what is refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from engine import facts
from engine.calls import call as c
from engine.calls.switch import Call, Phone
from engine.kernel.errors import OurFault, Refused
from engine.telephony.causes import Cause
from engine.telephony.lines import CallStage, RingKind
from engine.telephony.media import Port
from engine.telephony.numbers import CallerId
from engine.telephony.tones import CHINA, ToneName
from tests.floor import MUSIC, Floor

BUSY, DIAL, RINGBACK, SPECIAL_DIAL = (
    CHINA[name].steps for name in (ToneName.BUSY, ToneName.DIAL, ToneName.RINGBACK, ToneName.SPECIAL_DIAL)
)

CALLER = CallerId("13800138000", "王 LI")


@dataclass
class Owner:
    """Who looks after a caller, noting what is told."""

    told: list[str] = field(default_factory=list)

    def call_key(self, call: Call, key: str) -> None:
        self.told.append(f"key {key}")

    def call_lifted(self, call: Call, phone: Phone) -> None:
        self.told.append(f"lifted {phone.name}")

    def call_not_rung(self, call: Call, phone: Phone) -> None:
        self.told.append(f"not rung {phone.name}")

    def call_ended(self, call: Call) -> None:
        self.told.append("ended")


@pytest.fixture
def owner() -> Owner:
    return Owner()


def arrives(floor: Floor, owner: Owner) -> Call:
    """A caller on line-1, looked after by the owner, answered."""
    floor.switch.wire(floor.desks, lambda call: setattr(call, "owner", owner), floor.acd.agent_at)
    floor.line(1).offer(CALLER, "88801")
    (call,) = floor.switch.calls.values()
    call.post(c.Answer())
    return call


def rung(floor: Floor, owner: Owner) -> Call:
    """The same with phone-1 ringing."""
    call = arrives(floor, owner)
    call.post(c.Ring("phone-1"))
    return call


def talking(floor: Floor, owner: Owner) -> Call:
    """The same, lifted and joined."""
    call = rung(floor, owner)
    floor.phone(1).lift()
    call.post(c.Join())
    return call


def dials(floor: Floor, phone: int, keys: str) -> Call:
    """The phone is lifted and these keys are pressed; the call that comes of it."""
    before = set(floor.switch.calls)
    floor.phone(phone).lift()
    floor.phone(phone).press(keys)
    (call,) = [call for name, call in floor.switch.calls.items() if name not in before]
    return call


def both_ways(floor: Floor, one: Port, other: Port) -> bool:
    """Two ports hear each other."""
    return floor.bay.hears(one, other) and floor.bay.hears(other, one)


def test_an_arriving_call_is_told_with_all_that_is_known(floor: Floor, owner: Owner) -> None:
    """The list of calls shows line, caller, name and dialled number, and that the appliance answered."""
    call = arrives(floor, owner)
    assert floor.told(facts.LineRang) == [facts.LineRang(line="line-1")]
    assert floor.told(facts.CallArrived) == [
        facts.CallArrived(call=call.id, line="line-1", calling="13800138000", calling_name="王 LI", called="88801")
    ]
    assert floor.told(facts.CallAnswered) == [facts.CallAnswered(call=call.id, supervision="local")]
    assert floor.line(1).does == "connected"
    assert {envelope.interaction for envelope in floor.heard[1:]} == {call.interaction}


def test_a_caller_who_gives_up_before_the_answer_is_told_once(floor: Floor) -> None:
    """A call that nobody answered is in the list, with its end."""
    floor.answer_nobody()
    floor.line(1).offer(CALLER)
    floor.line(1).hang_up("caller_gone")
    assert [(e.reason, e.released_by, e.cause) for e in floor.told(facts.CallEnded)] == [("caller_gone", "caller", 16)]
    assert floor.switch.calls == {}


def test_the_phone_rings_with_the_callers_number(floor: Floor, owner: Owner) -> None:
    """The agent sees who calls before lifting."""
    rung(floor, owner)
    assert floor.phone(1).ringing
    assert floor.phone(1).shown == CALLER


def test_a_lifted_phone_hears_the_caller_before_the_caller_hears_it(floor: Floor, owner: Owner) -> None:
    """While the agent's number is announced to the caller, the agent already hears the caller, and only that way."""
    call = rung(floor, owner)
    floor.phone(1).lift()
    line, phone = floor.line(1).port, floor.phone(1).port
    assert floor.bay.hears(phone, line)
    assert not floor.bay.hears(line, phone)
    assert owner.told == ["lifted phone-1"]
    call.post(c.Join())
    assert both_ways(floor, line, phone)
    assert floor.told(facts.CallConnected) == [facts.CallConnected(call=call.id, phone="phone-1", extension="801", agent="")]


def test_when_the_agent_hangs_up_the_line_is_released(floor: Floor, owner: Owner) -> None:
    """The exchange line is free again after its guard time, and nobody hears anybody any more."""
    talking(floor, owner)
    floor.phone(1).hang_up()
    assert floor.line(1).does == "guard"
    assert floor.bay.bridges() == set()
    assert [(e.reason, e.released_by) for e in floor.told(facts.CallEnded)] == [("hung_up", "agent")]
    floor.clock.advance(3)
    assert floor.line(1).free


def test_when_the_caller_hangs_up_the_agent_hears_busy_tone(floor: Floor, owner: Owner) -> None:
    """The agent hears that the call is over until the handset is put down."""
    talking(floor, owner)
    floor.line(1).hang_up()
    port = floor.phone(1).port
    assert floor.bay.tone_at(port) == BUSY
    assert floor.bay.bridges() == set()
    assert [(e.reason, e.released_by) for e in floor.told(facts.CallEnded)] == [("busy_tone", "caller")]
    floor.phone(1).hang_up()
    assert floor.bay.tone_at(port) == ()
    assert len(floor.told(facts.CallEnded)) == 1
    assert owner.told == ["lifted phone-1", "ended"]


def test_when_the_caller_gives_up_the_bell_stops(floor: Floor, owner: Owner) -> None:
    """A phone does not go on ringing for a caller who is gone, and can be rung again."""
    rung(floor, owner)
    floor.line(1).hang_up()
    assert not floor.phone(1).ringing
    assert floor.switch.phones["phone-1"].free


def test_a_phone_lifted_after_its_caller_gave_up_gets_dial_tone(floor: Floor, owner: Owner) -> None:
    """Lifting a moment too late gives an ordinary dial tone."""
    rung(floor, owner)
    floor.line(1).hang_up()
    floor.phone(1).lift()
    assert floor.bay.tone_at(floor.phone(1).port) == DIAL
    assert owner.told == ["ended"]


def test_a_phone_that_cannot_be_rung_is_told_and_the_caller_waits_on(floor: Floor, owner: Owner) -> None:
    """A phone whose handset lies beside it costs the caller nothing."""
    floor.phone(1).off_hook = True
    call = rung(floor, owner)
    assert owner.told == ["not rung phone-1"]
    assert (call.stage, call.parties.rung) == ("answered", ())


def test_a_phone_that_fails_while_it_rings_is_told(floor: Floor, owner: Owner) -> None:
    """A card pulled out while a phone rings does not lose the caller."""
    call = rung(floor, owner)
    floor.phone(1).die("card_removed")
    assert owner.told == ["not rung phone-1"]
    assert (call.stage, call.parties.rung) == ("answered", ())
    assert floor.told(facts.LineOutOfService) == [facts.LineOutOfService(line="phone-1", reason="card_removed")]


def test_keys_of_the_caller_go_to_who_looks_after_the_call(floor: Floor, owner: Owner) -> None:
    """The dialogue hears the caller's keys; keys on a line without a call are nobody's."""
    arrives(floor, owner)
    floor.line(1).press("5#")
    floor.line(2).press("7")
    assert owner.told == ["key 5", "key #"]


def test_a_line_that_dies_ends_its_call(floor: Floor, owner: Owner) -> None:
    """When a card is pulled the call on it is over with a network cause, and the line is shown out of service."""
    talking(floor, owner)
    floor.line(1).die("card_removed")
    assert [(e.reason, e.cause) for e in floor.told(facts.CallEnded)] == [("line_failed", Cause.NETWORK_OUT_OF_ORDER)]
    floor.line(1).revive()
    assert floor.told(facts.LineInService) == [facts.LineInService(line="line-1")]


def test_a_line_cannot_carry_two_calls(floor: Floor, owner: Owner) -> None:
    """A board that offers a second call on one line is found out; the first call goes on."""
    call = arrives(floor, owner)
    with pytest.raises(OurFault, match="line-1 offers a call while it carries"):
        floor.switch.trunk_offered(floor.line(1), CALLER, "")
    assert list(floor.switch.calls.values()) == [call]


def test_an_extension_calls_another(floor: Floor) -> None:
    """One phone hears ringback while the other rings; lifted, both talk; the one left over hears busy tone."""
    dials(floor, 1, "802")
    assert floor.bay.tone_at(floor.phone(1).port) == RINGBACK
    assert floor.phone(2).shown == CallerId("801")
    floor.phone(2).lift()
    assert floor.bay.tone_at(floor.phone(1).port) == ()
    assert both_ways(floor, floor.phone(1).port, floor.phone(2).port)
    floor.phone(2).hang_up()
    assert floor.bay.tone_at(floor.phone(1).port) == BUSY
    assert floor.names()[-4:] == ["CallConnected", "PhoneHungUp", "CallEnded", "InteractionEnded"]
    assert [(e.reason, e.released_by) for e in floor.told(facts.CallEnded)] == [("hung_up", "called")]


def test_an_extension_that_does_not_answer_stops_ringing_in_time(floor: Floor) -> None:
    """A phone does not ring for ever: after the site's time the caller hears busy tone and the list says no answer."""
    dials(floor, 1, "802")
    floor.clock.advance(59.9)
    assert floor.phone(2).ringing
    floor.clock.advance(0.2)
    assert not floor.phone(2).ringing
    assert floor.bay.tone_at(floor.phone(1).port) == BUSY
    assert [(e.reason, e.cause, e.released_by) for e in floor.told(facts.CallEnded)] == [("no_answer", Cause.NO_ANSWER, "system")]


def test_an_extension_that_gives_up_silences_the_other(floor: Floor) -> None:
    """Hanging up before the answer stops the bell."""
    dials(floor, 1, "802")
    floor.phone(1).hang_up()
    assert not floor.phone(2).ringing
    floor.clock.advance(100)
    assert [e.reason for e in floor.told(facts.CallEnded)] == ["gave_up"]


@pytest.mark.parametrize(("extension", "said"), [("899", "no extension 899"), ("802", "Extension 802 is busy"), ("801", "801 is busy")])
def test_calls_that_cannot_be_made_are_refused(floor: Floor, extension: str, said: str) -> None:
    """An unknown or busy extension, or one's own, is refused in words, and no call comes of it."""
    floor.phone(1).lift()
    floor.phone(2).lift()
    with pytest.raises(Refused, match=said):
        floor.switch.call_inside(floor.switch.phones["phone-1"], extension, 60)
    assert floor.switch.calls == {}
    assert floor.told(facts.CallPlaced) == []


def test_renumbered_phones_are_reached_by_their_new_numbers(floor: Floor) -> None:
    """Two phones exchange their extensions while one of them is ringing: the call goes on, and the next one finds the other phone."""
    call = dials(floor, 1, "802")
    floor.renumber({"phone-2": "803", "phone-3": "802"})
    floor.phone(2).lift()
    assert both_ways(floor, floor.phone(1).port, floor.phone(2).port)
    assert call.talking
    dials(floor, 4, "802")
    assert floor.phone(3).ringing
    assert floor.switch.phones["phone-1"].extension == "801"


def test_a_number_that_changes_while_it_is_dialled(floor: Floor) -> None:
    """Whoever began to dial a number that is gone at its last digit hears a refusal, and no call comes of it."""
    floor.phone(1).lift()
    floor.phone(1).press("80")
    floor.renumber({"phone-2": "812"})
    floor.phone(1).press("2")
    assert floor.switch.calls == {}
    floor.phone(1).hang_up()
    dials(floor, 1, "812")
    assert floor.phone(2).ringing


def test_a_called_phone_that_breaks_ends_the_call(floor: Floor) -> None:
    """A phone that fails when it is rung gives the calling one busy tone and a cause."""
    floor.phone(2).breaks_when_rung = True
    floor.phone(1).lift()
    floor.phone(1).press("802")
    assert [(e.reason, e.released_by) for e in floor.told(facts.CallEnded)] == [("phone_fault", "system")]
    assert floor.bay.tone_at(floor.phone(1).port) == BUSY
    floor.clock.advance(400)
    assert len(floor.told(facts.CallEnded)) == 1


def test_a_phone_calls_out_by_the_first_free_line(floor: Floor) -> None:
    """The number is dialled on a free line; the phone hears the exchange from then on, and the answer is told."""
    floor.line(1).does = "dead"
    call = dials(floor, 1, "062770334#")
    assert floor.line(2).dialled == "62770334"
    assert floor.bay.bridges() == set()
    floor.line(2).send_digits()
    assert both_ways(floor, floor.line(2).port, floor.phone(1).port)
    floor.line(2).far_answers()
    assert floor.told(facts.CallAnswered) == [facts.CallAnswered(call=call.id, supervision="polarity")]
    assert floor.told(facts.CallPlaced) == [
        facts.CallPlaced(call=call.id, phone="phone-1", extension="801", agent="", called="62770334", line="line-2")
    ]
    floor.line(2).hang_up()
    assert [e.released_by for e in floor.told(facts.CallEnded)] == ["called"]


def test_a_line_is_not_seized_twice(floor: Floor) -> None:
    """Two phones that dial out at one moment get two lines."""
    dials(floor, 1, "010086#")
    dials(floor, 2, "010086#")
    assert [floor.line(1).dialled, floor.line(2).dialled] == ["10086", "10086"]
    floor.line(3).does = floor.line(4).does = "dead"
    floor.phone(3).lift()
    with pytest.raises(Refused, match="No exchange line is free"):
        floor.switch.call_outside(floor.switch.phones["phone-3"], "10086", floor.groups.route("10086"))


def test_a_number_that_cannot_be_dialled_leaves_no_call_behind(floor: Floor) -> None:
    """A refused number does not block the line for later calls."""
    floor.phone(1).lift()
    with pytest.raises(Refused):
        floor.switch.call_outside(floor.switch.phones["phone-1"], "1" * 33, floor.groups.route("1" * 33))
    assert floor.switch.calls == {}
    assert floor.switch.call_outside(floor.switch.phones["phone-1"], "112", floor.groups.route("112")).line == "line-1"


def test_the_recorder_is_told_who_is_heard_on_which_track(floor: Floor, owner: Owner) -> None:
    """Left the one outside, right the phone; nobody before both are connected, nobody after the end."""
    call = rung(floor, owner)
    assert floor.switch.parties(call.id) is None
    floor.phone(1).lift()
    parties = floor.switch.parties(call.id)
    assert parties is not None
    assert (parties.left, parties.right) == (floor.line(1).port, floor.phone(1).port)
    assert (parties.left_name, parties.right_name, parties.outside) == ("13800138000", "801", True)
    call.post(c.Join())
    assert floor.switch.parties(call.id) == parties
    floor.line(1).hang_up()
    assert floor.switch.parties(call.id) is None


def test_the_recorder_is_told_of_inside_and_outgoing_parties(floor: Floor) -> None:
    """An inside call has the calling extension on the left; an outgoing one the number that was called."""
    inside = dials(floor, 1, "802")
    floor.phone(2).lift()
    parties = floor.switch.parties(inside.id)
    assert parties is not None
    assert (parties.left_name, parties.right_name, parties.outside) == ("801", "802", False)
    out = dials(floor, 3, "010086#")
    floor.line(1).far_answers()
    parties = floor.switch.parties(out.id)
    assert parties is not None
    assert (parties.left_name, parties.right_name, parties.outside) == ("10086", "803", True)


def test_a_shutdown_ends_every_call_with_its_reason(floor: Floor, owner: Owner) -> None:
    """When the appliance stops, every call is told as ended, by the system, for that reason."""
    talking(floor, owner)
    dials(floor, 2, "803")
    floor.switch.end_all("shutdown")
    assert [(e.reason, e.released_by) for e in floor.told(facts.CallEnded)] == [("shutdown", "system")] * 2
    assert floor.switch.calls == {}
    assert not floor.phone(3).ringing
    assert floor.line(1).does == "guard"


def test_the_r_key_puts_the_caller_on_hold_and_comes_back(floor: Floor, owner: Owner) -> None:
    """The caller hears music, the agent special dial tone for another call; the next press joins both again."""
    floor.switch.ears._hold_music = MUSIC
    call = talking(floor, owner)
    line, phone = floor.line(1).port, floor.phone(1).port
    floor.phone(1).flash()
    assert floor.bay.bridges() == set()
    assert floor.bay.saying(line) == ["any/music"]
    assert floor.bay.tone_at(phone) == SPECIAL_DIAL
    floor.phone(1).flash()
    assert floor.bay.bridges() == {(line, phone), (phone, line)}
    assert floor.bay.saying(line) == []
    assert floor.bay.tone_at(phone) == ()
    assert [name for name in floor.names() if name in ("PhoneFlashed", "CallHeld", "CallRetrieved")] == [
        *("PhoneFlashed", "CallHeld"),
        *("PhoneFlashed", "CallRetrieved"),
    ]
    assert floor.told(facts.CallHeld) == [facts.CallHeld(call=call.id, phone="phone-1")]


def test_the_caller_on_hold_may_give_up(floor: Floor, owner: Owner) -> None:
    """The music ends with the call, and the agent hears busy tone."""
    call = talking(floor, owner)
    floor.phone(1).flash()
    floor.line(1).hang_up()
    assert call.ended
    assert floor.bay.tone_at(floor.phone(1).port) == BUSY
    assert floor.bay.playing(floor.line(1).port) is None


def test_who_hangs_up_with_a_caller_on_hold_is_rung_for_him(floor: Floor, owner: Owner) -> None:
    """A caller is not lost because the agent forgot him: the phone rings in the way of a recall."""
    call = talking(floor, owner)
    floor.phone(1).flash()
    floor.phone(1).hang_up()
    assert floor.phone(1).ringing
    assert floor.phone(1).rung_as is RingKind.RECALL
    assert floor.bay.playing(floor.line(1).port) is not None
    floor.phone(1).lift()
    assert floor.bay.hears(floor.phone(1).port, floor.line(1).port)
    assert floor.bay.playing(floor.line(1).port) is None
    assert call.talking
    assert floor.phone(1).stage is CallStage.TALKING


def test_a_recall_that_nobody_answers_ends_the_call(floor: Floor, owner: Owner) -> None:
    """The line is not kept for ever for a phone that nobody is at."""
    call = talking(floor, owner)
    floor.phone(1).flash()
    floor.phone(1).hang_up()
    floor.clock.advance(60.1)
    assert not floor.phone(1).ringing
    assert floor.line(1).does == "guard"
    assert call.release is not None
    assert call.release.reason == "no_answer"


def test_a_recall_at_a_phone_that_fails_ends_the_call(floor: Floor, owner: Owner) -> None:
    """A phone that cannot ring leaves no caller in music for ever."""
    call = talking(floor, owner)
    floor.phone(1).flash()
    floor.phone(1).breaks_when_rung = True
    floor.phone(1).hang_up()
    assert call.ended


def test_the_r_key_means_nothing_before_the_answer(floor: Floor) -> None:
    """Pressed while the other extension rings, it changes nothing."""
    call = dials(floor, 1, "802")
    floor.phone(1).flash()
    assert call.stage == "ringing"
    assert floor.phone(2).ringing
    assert floor.told(facts.PhoneFlashed) == [facts.PhoneFlashed(phone="phone-1")]


def inside(floor: Floor) -> Call:
    """Phones 1 and 2 talk."""
    call = dials(floor, 1, "802")
    floor.phone(2).lift()
    return call


def test_an_extension_in_conversation_is_busy_unless_it_wants_to_be_told(floor: Floor) -> None:
    """Without call waiting a colleague hears that the extension is busy."""
    inside(floor)
    floor.phone(3).lift()
    floor.phone(3).press("802")
    assert floor.bay.saying(floor.phone(3).port) == ["zh/not_allowed_now"]


def test_a_second_call_is_taken_with_the_r_key(floor: Floor) -> None:
    """The first party waits with music meanwhile, each press changes between them, and both calls end in their own time."""
    first = inside(floor)
    floor.phone(2).announces_waiting = True
    second = dials(floor, 3, "802")
    assert floor.phone(2).waiting_shown == CallerId("803")
    assert floor.bay.tone_at(floor.phone(3).port) == RINGBACK
    assert floor.told(facts.CallWaits) == [facts.CallWaits(call=second.id, phone="phone-2")]
    one, two, three = (floor.phone(number).port for number in (1, 2, 3))
    floor.phone(2).flash()
    assert floor.phone(2).waiting_shown is None
    assert floor.bay.bridges() == {(three, two), (two, three)}
    assert floor.bay.playing(one) is not None
    floor.phone(2).flash()
    assert floor.bay.bridges() == {(one, two), (two, one)}
    assert floor.bay.playing(one) is None
    assert floor.bay.playing(three) is not None
    floor.phone(3).hang_up()
    assert second.ended
    assert floor.bay.bridges() == {(one, two), (two, one)}
    floor.phone(2).hang_up()
    assert first.ended
    assert floor.bay.tone_at(one) == BUSY
    floor.phone(1).hang_up()
    assert not floor.phone(2).ringing


def test_when_the_second_call_ends_the_r_key_comes_back_to_the_first(floor: Floor) -> None:
    """The one who waits is not lost when the other hangs up: busy tone, then R, or hanging up and being rung."""
    first = inside(floor)
    floor.phone(2).announces_waiting = True
    dials(floor, 3, "802")
    floor.phone(2).flash()
    floor.phone(3).hang_up()
    one, two = floor.phone(1).port, floor.phone(2).port
    assert floor.bay.tone_at(two) == BUSY
    assert floor.phone(2).stage is CallStage.TALKING
    floor.phone(2).flash()
    assert floor.bay.bridges() == {(one, two), (two, one)}
    assert floor.bay.tone_at(two) == ()
    floor.clock.advance(300)
    assert floor.told(facts.PhoneLeftOffHook) == []
    floor.phone(1).hang_up()
    assert first.ended


def test_hanging_up_gives_the_second_call_the_phone(floor: Floor) -> None:
    """Who ends the conversation instead is rung by the one who waits."""
    inside(floor)
    floor.phone(2).announces_waiting = True
    second = dials(floor, 3, "802")
    floor.phone(2).hang_up()
    assert floor.phone(2).ringing
    floor.phone(2).lift()
    assert second.talking


def test_a_second_caller_who_gives_up_is_announced_no_more(floor: Floor) -> None:
    """The soft tone ends with the call that it stood for."""
    inside(floor)
    floor.phone(2).announces_waiting = True
    dials(floor, 3, "802")
    floor.phone(3).hang_up()
    assert floor.phone(2).waiting_shown is None
    floor.phone(2).flash()
    assert floor.bay.playing(floor.phone(1).port) is not None


def test_a_third_caller_hears_busy(floor: Floor) -> None:
    """One call waits at a time."""
    inside(floor)
    floor.phone(2).announces_waiting = True
    dials(floor, 3, "802")
    floor.phone(4).lift()
    floor.phone(4).press("802")
    assert floor.bay.saying(floor.phone(4).port) == ["zh/not_allowed_now"]


def test_the_parties_are_apart_while_the_display_is_told(floor: Floor) -> None:
    """The other one hears no modem, and when it is over both hear each other again."""
    inside(floor)
    before = floor.bay.bridges()
    floor.switch.station_set_apart(floor.phone(2), apart=True)
    assert floor.bay.bridges() == set()
    floor.switch.station_set_apart(floor.phone(2), apart=False)
    assert floor.bay.bridges() == before


def test_equipment_at_a_port_is_told_how_far_its_call_has_come(floor: Floor) -> None:
    """Setting up, answered, over; who was called is in a call that it has answered."""
    floor.phone(1).lift()
    assert floor.phone(1).stage is CallStage.NONE
    floor.phone(1).press("802")
    assert floor.phone(1).stage is CallStage.SETTING_UP
    floor.phone(2).lift()
    assert (floor.phone(1).stage, floor.phone(2).stage) == (CallStage.ANSWERED, CallStage.TALKING)
    floor.phone(2).hang_up()
    assert floor.phone(1).stage is CallStage.NONE


def test_what_who_put_a_caller_on_hold_says_to_others_is_not_in_the_recording(floor: Floor, owner: Owner) -> None:
    """The agent's track is silent while the caller is on hold."""
    call = talking(floor, owner)
    parties = floor.switch.parties(call.id)
    assert parties is not None
    floor.phone(1).flash()
    assert floor.switch.parties(call.id) == replace(parties, silent="right")
    floor.phone(1).flash()
    assert floor.switch.parties(call.id) == parties


def test_messages_light_the_lamp_and_change_the_dial_tone(floor: Floor) -> None:
    """Who lifts hears at once that something waits; when it was heard, dial tone is as ever."""
    phone = floor.switch.phones["phone-1"]
    floor.switch.set_messages(phone, 2)
    assert floor.phone(1).messages == 2
    floor.phone(1).lift()
    assert floor.bay.tone_at(floor.phone(1).port) == SPECIAL_DIAL
    floor.phone(1).hang_up()
    floor.switch.set_messages(phone, 0)
    floor.switch.set_messages(phone, 0)
    assert floor.phone(1).messages == 0
    floor.phone(1).lift()
    assert floor.bay.tone_at(floor.phone(1).port) == DIAL
    assert [fact.count for fact in floor.told(facts.MessagesWaiting)] == [2, 0]


def test_messages_outlast_a_restart(floor: Floor) -> None:
    """The lamp is lit again, and it is no news; a phone that was taken away is no matter."""
    floor.switch.restore_messages({"phone-1": 2, "phone-gone": 1})
    assert floor.phone(1).messages == 2
    assert floor.told(facts.MessagesWaiting) == []
    floor.phone(1).lift()
    assert floor.bay.tone_at(floor.phone(1).port) == SPECIAL_DIAL


def test_a_line_that_breaks_its_rules_is_counted(floor: Floor) -> None:
    """What the far end may not do is kept in the journal with state and event."""
    floor.switch.line_violated(floor.line(1), "Idle", "AnswerCall")
    assert floor.told(facts.ProtocolViolated) == [facts.ProtocolViolated(line="line-1", state="Idle", event="AnswerCall")]
