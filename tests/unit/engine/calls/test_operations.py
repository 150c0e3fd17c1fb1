"""What people do with calls beside lifting and R: parking, pick-up, sending on, conferences, calls that the appliance makes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import facts
from engine.calls import call as c
from engine.calls import operations
from engine.calls.delivery import Delivery, DeliveryStage, DialledNumber
from engine.calls.switch import Call
from engine.control.refusals import ActRefused
from engine.people.actors import Actor, Role
from engine.settings.site import InboundRouteSection
from engine.telephony.causes import Release
from engine.telephony.lines import RingKind
from engine.telephony.media import Port
from engine.telephony.numbers import CallerId
from engine.telephony.tones import CHINA, ToneName
from tests.floor import Floor, a_site

BUSY, DIAL, RINGBACK = (CHINA[name].steps for name in (ToneName.BUSY, ToneName.DIAL, ToneName.RINGBACK))
LEADER = Actor(Role.SUPERVISOR, "leader")


def port(floor: Floor, number: int) -> Port:
    return floor.phone(number).port


def together(floor: Floor, *ports: Port) -> bool:
    """These hear each other, and nobody else hears anybody."""
    return floor.bay.bridges() == {(one, other) for one in ports for other in ports if one != other}


def dials(floor: Floor, phone: int, keys: str) -> Call:
    """The phone is lifted and these keys are pressed; the call that comes of it."""
    before = set(floor.switch.calls)
    floor.phone(phone).lift()
    floor.phone(phone).press(keys)
    (call,) = [call for name, call in floor.switch.calls.items() if name not in before]
    return call


def inside(floor: Floor, one: int = 1, other: int = 2) -> Call:
    call = dials(floor, one, f"80{other}")
    floor.phone(other).lift()
    return call


def at(number: int) -> Actor:
    return Actor(Role.AGENT, f"phone-{number}")


# ---- parking ----


def test_a_parked_call_is_fetched_at_another_phone(floor: Floor) -> None:
    """R and the code: the digit of the place is spoken, the other party hears music, and any phone has it by code and digit."""
    call = inside(floor)
    floor.phone(2).flash()
    floor.phone(2).press("*19")
    assert floor.bay.saying(port(floor, 2)) == ["zh/parked_at", "zh/digit_1"]
    assert floor.bay.playing(port(floor, 1)) is not None
    assert floor.told(facts.CallParked) == [facts.CallParked(call=call.id, slot="1", phone="phone-2")]
    floor.clock.advance(3)
    assert floor.bay.tone_at(port(floor, 2)) == DIAL
    floor.phone(2).hang_up()
    assert not floor.phone(2).ringing
    floor.phone(3).lift()
    floor.phone(3).press("*101")
    assert together(floor, port(floor, 1), port(floor, 3))
    assert call.talking
    floor.phone(3).hang_up()
    assert call.ended


def test_a_parked_call_that_nobody_fetches_comes_back(floor: Floor) -> None:
    """The phone that parked it is rung in the way of a recall; the party hears music all the time."""
    inside(floor)
    floor.phone(2).flash()
    floor.phone(2).press("*19")
    floor.phone(2).hang_up()
    floor.clock.advance(120.1)
    assert floor.phone(2).rung_as is RingKind.RECALL
    assert floor.bay.playing(port(floor, 1)) is not None
    floor.phone(2).lift()
    assert together(floor, port(floor, 1), port(floor, 2))


def test_an_empty_place_is_told(floor: Floor) -> None:
    """The user hears that nobody is parked there, also when the party has given up meanwhile."""
    inside(floor)
    floor.phone(2).flash()
    floor.phone(2).press("*19")
    floor.phone(1).hang_up()
    assert floor.switch.calls == {}
    floor.phone(3).lift()
    floor.phone(3).press("*101")
    assert floor.bay.saying(port(floor, 3)) == ["zh/nobody_parked"]


def test_parking_places_are_limited(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """When all are taken the user hears that it is not possible, and the other party stays on hold; a place that becomes free serves again."""
    monkeypatch.setattr(operations, "SLOTS", ("1",))
    inside(floor)
    floor.phone(2).flash()
    floor.phone(2).press("*19")
    floor.phone(2).hang_up()
    second = inside(floor, 3, 4)
    floor.phone(4).flash()
    floor.phone(4).press("*19")
    assert floor.bay.saying(port(floor, 4)) == ["zh/not_allowed_now"]
    assert second.held_by == "phone-4"
    floor.phone(1).hang_up()
    floor.clock.advance(3)
    floor.phone(4).press("*19")
    assert [fact.slot for fact in floor.told(facts.CallParked)] == ["1", "1"]


# ---- pick-up ----


def test_a_colleagues_call_is_taken(floor: Floor) -> None:
    """The code and the extension: the bell stops there, caller and colleague talk; the caller's display and list know who answered."""
    call = dials(floor, 1, "802")
    floor.phone(3).lift()
    floor.phone(3).press("*18802")
    assert not floor.phone(2).ringing
    assert together(floor, port(floor, 1), port(floor, 3))
    assert floor.told(facts.CallPickedUp) == [facts.CallPickedUp(call=call.id, phone="phone-3", ringing="phone-2")]
    assert floor.told(facts.CallConnected)[-1].phone == "phone-3"
    assert floor.switch.phones["phone-2"].free


def test_any_call_that_rings_is_taken(floor: Floor) -> None:
    """Without an extension: the one that rings longest, where the user may."""
    dials(floor, 1, "802")
    floor.phone(3).lift()
    floor.phone(3).press("*17")
    assert together(floor, port(floor, 1), port(floor, 3))


def test_what_may_not_be_picked_up_rings_on(floor: Floor) -> None:
    """Outside of the group the user hears that there is nothing to pick up."""
    floor.control.calls.operations.permit_pick_up(lambda _taker, _ringing: False)
    dials(floor, 1, "802")
    floor.phone(3).lift()
    floor.phone(3).press("*18802")
    assert floor.bay.saying(port(floor, 3)) == ["zh/nothing_rings"]
    assert floor.phone(2).ringing


def test_a_call_that_ends_in_the_same_moment_is_not_picked_up(floor: Floor) -> None:
    """The caller hangs up just then: busy tone, and nothing hangs on."""
    dials(floor, 1, "802")
    floor.phone(3).lift()
    floor.phone(3).press("*1880")

    def at_once() -> None:
        floor.phone(1).hang_up()
        floor.phone(3).press("2")

    floor.in_one_block(at_once)
    assert floor.bay.tone_at(port(floor, 3)) == BUSY or floor.bay.saying(port(floor, 3)) == ["zh/nothing_rings"]
    assert floor.switch.calls == {}
    assert floor.switch.phones["phone-3"].call is None


def test_a_queues_offer_is_its_agents(floor: Floor) -> None:
    """The call stays in the queue's hands: nobody else takes it."""
    floor.login("1001")
    floor.calling(1)
    floor.clock.advance(1.1)
    floor.line(1).press("11")
    floor.clock.advance(10)
    assert floor.phone(1).ringing
    floor.phone(3).lift()
    floor.phone(3).press("*18801")
    assert floor.bay.saying(port(floor, 3)) == ["zh/nothing_rings"]
    assert floor.phone(1).ringing


# ---- sending on, conferences, and the leader's hand ----


def test_a_call_is_sent_on_without_asking(floor: Floor) -> None:
    """From the page: the phone hears busy tone, the other party music until the third phone is lifted."""
    call = inside(floor)
    floor.control.calls.transfer(at(2), "phone-2", "803")
    assert floor.bay.tone_at(port(floor, 2)) == BUSY
    assert floor.phone(3).ringing
    assert floor.bay.playing(port(floor, 1)) is not None
    floor.phone(2).hang_up()
    floor.phone(3).lift()
    assert together(floor, port(floor, 1), port(floor, 3))
    floor.phone(3).hang_up()
    assert call.ended


def test_sent_on_in_vain_it_comes_back(floor: Floor) -> None:
    """Nobody lifts: the phone that sent it is rung."""
    inside(floor)
    floor.control.calls.transfer(at(2), "phone-2", "803")
    floor.phone(2).hang_up()
    floor.clock.advance(60.1)
    assert floor.phone(2).rung_as is RingKind.RECALL


@pytest.mark.parametrize(("to", "said"), [("802", "to who is in it"), ("801", "to who is in it"), ("899", "no extension"), ("804", "busy")])
def test_a_transfer_that_cannot_be(floor: Floor, to: str, said: str) -> None:
    """To oneself, to the other party, to nobody or to a busy phone: refused with a sentence, and both talk on."""
    call = inside(floor)
    floor.phone(4).lift()
    with pytest.raises(ActRefused, match=said):
        floor.control.calls.transfer(at(2), "phone-2", to)
    assert call.talking


def customer(floor: Floor, *, line: int = 1) -> Call:
    """A caller from outside talks with phone-1."""
    floor.answer_nobody()
    call = floor.calling(line)
    deliver(floor, call, DeliveryStage(("phone-1",), 20))
    floor.phone(1).lift()
    return call


def test_a_caller_is_sent_to_a_queue(floor: Floor) -> None:
    """He waits with the queue's music, an agent of it is rung, and the phone that sent him hears busy tone."""
    call = customer(floor)
    floor.login("1002")
    floor.control.calls.transfer(at(1), "phone-1", "queue:service")
    assert floor.bay.tone_at(port(floor, 1)) == BUSY
    floor.clock.advance(1)
    assert floor.phone(2).ringing
    floor.phone(2).lift()
    floor.clock.advance(10)
    assert together(floor, floor.line(1).port, port(floor, 2))
    assert call.agent == "1002"
    assert floor.told(facts.CallTransferred)[0].to == "queue:service"


def test_a_caller_is_sent_to_a_flow(floor: Floor) -> None:
    """He is welcomed as if he had just called; a target that there is not is refused, and both talk on."""
    call = customer(floor)
    with pytest.raises(ActRefused, match="queue:nowhere"):
        floor.control.calls.transfer(at(1), "phone-1", "queue:nowhere")
    assert call.talking
    floor.control.calls.transfer(at(1), "phone-1", "flow:main")
    floor.clock.advance(0.1)
    assert floor.bay.saying(floor.line(1).port)[0] == "zh/welcome"
    floor.line(1).hang_up()
    assert call.ended


def test_an_inside_call_is_not_sent_to_a_queue(floor: Floor) -> None:
    """Queues are for callers from outside."""
    inside(floor)
    with pytest.raises(ActRefused, match="no call from outside"):
        floor.control.calls.transfer(at(2), "phone-2", "queue:service")


def test_a_call_is_sent_outside(floor: Floor) -> None:
    """A colleague is left to a number outside: music until it answers; when it is in vain the phone is rung."""
    inside(floor)
    floor.control.calls.transfer(at(2), "phone-2", "outside:88886666")
    assert floor.line(1).dialled == "88886666"
    assert floor.bay.playing(port(floor, 1)) is not None
    floor.phone(2).hang_up()
    floor.line(1).send_digits()
    floor.line(1).far_answers()
    assert together(floor, floor.line(1).port, port(floor, 1))


def test_a_caller_is_not_sent_outside_unless_it_is_permitted(floor: Floor) -> None:
    """Both talk on, and nothing is dialled; the sentence says why."""
    call = customer(floor)
    with pytest.raises(ActRefused, match="class of service"):
        floor.control.calls.transfer(at(1), "phone-1", "outside:88886666")
    assert call.talking
    assert floor.line(2).does == "idle"


def test_a_conference_from_the_page(floor: Floor) -> None:
    """A third is rung and comes in; muted he is not heard; let go he hears busy tone, and the others talk on."""
    call = inside(floor)
    floor.control.calls.invite(LEADER, call.id, "803")
    floor.phone(3).lift()
    one, two, three = (port(floor, number) for number in (1, 2, 3))
    assert together(floor, one, two, three)
    floor.control.calls.mute(LEADER, call.id, "phone-3", muted=True)
    assert floor.bay.bridges() == {(one, two), (two, one), (one, three), (two, three)}
    floor.control.calls.mute(LEADER, call.id, "phone-3", muted=False)
    assert together(floor, one, two, three)
    floor.control.calls.drop(LEADER, call.id, "phone-3")
    assert together(floor, one, two)
    assert floor.bay.tone_at(three) == BUSY
    assert [fact.muted for fact in floor.told(facts.PartyMuted)] == [True, False]


def test_an_invited_phone_that_nobody_lifts_changes_nothing(floor: Floor) -> None:
    """It stops ringing in time, and the two talk on."""
    call = inside(floor)
    floor.control.calls.invite(LEADER, call.id, "803")
    floor.clock.advance(60.1)
    assert not floor.phone(3).ringing
    assert call.talking
    assert together(floor, port(floor, 1), port(floor, 2))


def test_a_leader_ends_a_call_and_nobody_else_can(floor: Floor) -> None:
    """Both hear busy tone, and the list says who did it."""
    call = inside(floor)
    with pytest.raises(ActRefused):
        floor.control.calls.release(at(1), call.id)
    floor.control.calls.release(LEADER, call.id)
    assert [(fact.reason, fact.released_by) for fact in floor.told(facts.CallEnded)] == [("forced", "system")]
    with pytest.raises(ActRefused, match="There is no call"):
        floor.control.calls.release(LEADER, call.id)


# ---- calls that the appliance makes ----


def test_click_to_dial_rings_the_users_phone_first(floor: Floor) -> None:
    """The display shows who will be called; lifted, the other phone rings and the user hears that; then both talk."""
    name = floor.control.calls.click_to_dial(at(1), "phone-1", "802")
    assert floor.phone(1).rung_as is RingKind.CALL_BACK
    assert floor.phone(1).shown == CallerId("802")
    assert floor.told(facts.CallPlaced) == []
    floor.phone(1).lift()
    assert floor.phone(2).shown == CallerId("801")
    assert floor.bay.tone_at(port(floor, 1)) == RINGBACK
    assert [(fact.call, fact.phone, fact.called) for fact in floor.told(facts.CallPlaced)] == [(name, "phone-1", "802")]
    floor.phone(2).lift()
    assert together(floor, port(floor, 1), port(floor, 2))
    assert floor.bay.tone_at(port(floor, 1)) == ()
    floor.phone(2).hang_up()
    assert [(fact.call, fact.reason) for fact in floor.told(facts.CallEnded)] == [(name, "hung_up")]


def test_a_number_outside_is_dialled_when_the_user_has_lifted(floor: Floor) -> None:
    """Nobody outside is called for a phone at which nobody is."""
    floor.control.calls.click_to_dial(at(1), "phone-1", "88886666")
    assert floor.line(1).does == "idle"
    floor.phone(1).lift()
    assert floor.line(1).dialled == "88886666"
    assert floor.told(facts.CallPlaced)[0].line == "line-1"
    floor.line(1).send_digits()
    floor.line(1).far_answers()
    assert together(floor, floor.line(1).port, port(floor, 1))
    floor.line(1).hang_up()
    assert floor.switch.calls == {}


def test_a_user_who_does_not_lift_is_rung_no_more(floor: Floor) -> None:
    """Nothing was called, and the list of calls has nothing."""
    floor.control.calls.click_to_dial(at(1), "phone-1", "88886666")
    floor.clock.advance(60.1)
    assert not floor.phone(1).ringing
    assert floor.switch.calls == {}
    assert not {"CallPlaced", "CallEnded"} & set(floor.names())


def test_the_customer_first(floor: Floor) -> None:
    """The number is dialled at once; when it answers the user's phone rings, and the customer hears that."""
    floor.control.calls.click_to_dial(at(1), "phone-1", "88886666", customer_first=True)
    floor.line(1).send_digits()
    assert not floor.phone(1).ringing
    floor.line(1).far_answers()
    assert floor.phone(1).ringing
    assert floor.bay.tone_at(floor.line(1).port) == RINGBACK
    floor.phone(1).lift()
    assert together(floor, floor.line(1).port, port(floor, 1))
    floor.phone(1).hang_up()
    assert floor.line(1).does == "guard"


def test_a_customer_who_does_not_answer_rings_nobody(floor: Floor) -> None:
    """The attempt fails: the user's phone stays quiet."""
    for number in (2, 3, 4):
        floor.line(number).does = "dead"
    floor.control.calls.click_to_dial(at(1), "phone-1", "88886666", customer_first=True)
    floor.line(1).send_digits()
    floor.line(1).hang_up("busy_tone")
    assert floor.phone(1).rings == 0
    assert [fact.reason for fact in floor.told(facts.CallEnded)] == ["busy_tone"]


# ---- delivery ----


def deliver(floor: Floor, call: Call, *stages: DeliveryStage) -> list[Release]:
    """Bring a call to these; how it ended in vain."""
    in_vain: list[Release] = []
    Delivery(floor.switch, floor.bus, floor.clock, stages, lambda _call, release: in_vain.append(release)).begin(call)
    return in_vain


def test_several_phones_ring_and_the_first_has_the_call(floor: Floor) -> None:
    """The caller from outside is not answered, and pays nothing, before a phone is lifted; then the others are quiet."""
    floor.answer_nobody()
    floor.line(1).gives_ringing_tone = True
    call = floor.calling(1)
    deliver(floor, call, DeliveryStage(("phone-1", "phone-2", "phone-3"), 20))
    assert [floor.phone(number).ringing for number in (1, 2, 3)] == [True] * 3
    assert floor.line(1).does == "offered"
    assert floor.line(1).told_exchange == ["alerting"]
    assert floor.bay.tone_at(floor.line(1).port) == RINGBACK
    floor.phone(2).lift()
    assert [floor.phone(number).ringing for number in (1, 2, 3)] == [False] * 3
    assert floor.line(1).does == "connected"
    assert together(floor, floor.line(1).port, port(floor, 2))
    assert floor.told(facts.CallAnswered) == [facts.CallAnswered(call=call.id, supervision="local")]


def test_one_after_another(floor: Floor) -> None:
    """The next phone rings when the one before was not lifted, is busy or fails; at the end it is told that it was in vain."""
    floor.answer_nobody()
    call = floor.calling(1)
    floor.phone(2).lift()
    in_vain = deliver(
        floor,
        call,
        DeliveryStage(("phone-1",), 10),
        DeliveryStage(("phone-2",), 10),
        DeliveryStage(("phone-3",), 10),
        DeliveryStage(("phone-4",), 10),
    )
    assert floor.phone(1).ringing
    floor.clock.advance(10)
    assert [floor.phone(number).ringing for number in (1, 3)] == [False, True]
    floor.phone(3).die("card_removed")
    assert floor.phone(4).ringing
    assert in_vain == []
    floor.clock.advance(10)
    assert not floor.phone(4).ringing
    assert [release.reason for release in in_vain] == ["no_answer"]
    assert call.unanswered
    call.post(c.Answer())
    assert floor.bay.playing(floor.line(1).port) is None, "who looks after him now lets him hear something"


def test_a_number_outside_rings_beside_a_phone(floor: Floor) -> None:
    """A mobile phone takes the call that rings at the desk: the bell stops, caller and mobile talk."""
    floor.answer_nobody()
    call = floor.calling(1)
    way = DialledNumber("13900000000", floor.groups.route("13900000000"))
    deliver(floor, call, DeliveryStage(("phone-1",), 20, (way,)))
    floor.line(2).send_digits()
    floor.line(2).far_answers()
    assert not floor.phone(1).ringing
    assert together(floor, floor.line(1).port, floor.line(2).port)
    floor.line(1).press("5")
    floor.clock.advance(30)
    assert call.talking
    floor.line(1).hang_up()
    assert floor.line(2).does == "guard"


def test_an_inbound_route_to_an_extension_answers_when_it_is_lifted() -> None:
    """The caller hears the exchange's ringback, free of charge, until somebody is there."""
    site = a_site()
    route = InboundRouteSection(name="boss", trunks=("line-1",), target="extension:803")
    floor = Floor(replace(site, inbound_routes=(route,)))
    floor.calling(1)
    assert floor.phone(3).ringing
    assert floor.line(1).does == "offered"
    floor.phone(3).lift()
    assert floor.line(1).does == "connected"
    assert together(floor, floor.line(1).port, port(floor, 3))
    assert floor.bugs == []
