"""The switch with two calls at one phone: consultation, transfer, conference, and what happens in the same moment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import facts
from engine.calls.switch import Call
from engine.settings.service_class import ServiceClassSection
from engine.telephony.lines import RingKind
from engine.telephony.media import Port
from engine.telephony.tones import CHINA, ToneName
from tests.floor import Floor, a_site

BUSY, SPECIAL_DIAL, RINGBACK = (CHINA[name].steps for name in (ToneName.BUSY, ToneName.SPECIAL_DIAL, ToneName.RINGBACK))


def port(floor: Floor, number: int) -> Port:
    return floor.phone(number).port


def together(floor: Floor, *ports: Port) -> bool:
    """These hear each other, and nobody else hears anybody."""
    return floor.bay.bridges() == {(one, other) for one in ports for other in ports if one != other}


def dials(floor: Floor, phone: int, keys: str) -> Call:
    """These keys are pressed at a lifted phone; the call that comes of it."""
    before = set(floor.switch.calls)
    floor.phone(phone).press(keys)
    (call,) = [call for name, call in floor.switch.calls.items() if name not in before]
    return call


def inside(floor: Floor, one: int = 1, other: int = 2) -> Call:
    """Two phones talk."""
    floor.phone(one).lift()
    call = dials(floor, one, f"80{other}")
    floor.phone(other).lift()
    return call


def customer(floor: Floor) -> Call:
    """Agent 1001 at phone-1 talks with a customer of the queue on line-1."""
    floor.login("1001")
    floor.calling(1)
    floor.clock.advance(1.1)
    floor.line(1).press("11")
    for _ in range(20):
        floor.clock.advance(1)
        if floor.phone(1).ringing:
            break
    floor.phone(1).lift()
    floor.clock.advance(20)
    (call,) = floor.switch.calls.values()
    assert call.talking
    return call


def consulted(floor: Floor, *, answered: bool = True) -> tuple[Call, Call]:
    """A customer is on hold at phone-1, which asks phone-2."""
    call = customer(floor)
    floor.phone(1).flash()
    asking = dials(floor, 1, "802")
    if answered:
        floor.phone(2).lift()
    return call, asking


def test_r_gives_dial_tone_for_a_second_call(floor: Floor) -> None:
    """The customer hears music, the agent special dial tone, then the colleague; R changes between the two."""
    call = customer(floor)
    floor.phone(1).flash()
    assert floor.bay.tone_at(port(floor, 1)) == SPECIAL_DIAL
    assert floor.bay.playing(floor.line(1).port) is not None
    dials(floor, 1, "802")
    assert floor.bay.tone_at(port(floor, 1)) == RINGBACK
    floor.phone(2).lift()
    assert together(floor, port(floor, 1), port(floor, 2))
    floor.phone(1).flash()
    assert together(floor, port(floor, 1), floor.line(1).port)
    assert floor.bay.playing(port(floor, 2)) is not None
    assert call.talking


def test_who_only_lets_the_other_wait_is_left_in_peace(floor: Floor) -> None:
    """Dial tone ends by itself, no busy tone and no howler follow, however long the customer waits; R comes back to him."""
    call = customer(floor)
    floor.phone(1).flash()
    floor.clock.advance(300)
    assert floor.bay.tone_at(port(floor, 1)) == ()
    assert floor.told(facts.PhoneLeftOffHook) == []
    floor.phone(1).flash()
    assert call.talking
    assert together(floor, port(floor, 1), floor.line(1).port)


def test_a_number_mistyped_costs_nothing(floor: Floor) -> None:
    """The agent hears that there is no such number and then dial tone again; the customer waits on."""
    customer(floor)
    floor.phone(1).flash()
    floor.phone(1).press("7")
    assert floor.bay.saying(port(floor, 1)) == ["zh/number_unknown"]
    floor.clock.advance(1.1)
    assert floor.bay.tone_at(port(floor, 1)) == SPECIAL_DIAL
    floor.phone(1).flash()
    assert together(floor, port(floor, 1), floor.line(1).port)


def test_r_while_the_colleague_is_rung_comes_back_to_the_customer(floor: Floor) -> None:
    """Nobody need wait until a phone is answered that is not answered."""
    call, asking = consulted(floor, answered=False)
    floor.phone(1).flash()
    assert not floor.phone(2).ringing
    assert (asking.ended, call.talking) == (True, True)
    assert together(floor, port(floor, 1), floor.line(1).port)


def test_a_customer_on_hold_who_gives_up_ends_nothing_else(floor: Floor) -> None:
    """The agent goes on with the colleague; hanging up then ends that call, and nobody is rung."""
    _, asking = consulted(floor)
    floor.line(1).hang_up()
    assert together(floor, port(floor, 1), port(floor, 2))
    floor.phone(1).hang_up()
    assert asking.ended
    assert not floor.phone(1).ringing


def test_hanging_up_after_consultation_transfers(floor: Floor) -> None:
    """Customer and colleague talk; the agent is free for wrap-up; the call ends when one of the two hangs up, once."""
    call, asking = consulted(floor)
    floor.phone(1).hang_up()
    assert together(floor, floor.line(1).port, port(floor, 2))
    assert floor.told(facts.CallTransferred) == [
        facts.CallTransferred(call=call.id, other=asking.id, phone="phone-1", to="phone-2", answered=True, agent="")
    ]
    assert [(fact.call, fact.reason) for fact in floor.told(facts.CallEnded)] == [(asking.id, "transferred")]
    assert floor.told(facts.AgentStateChanged)[-1].state == "wrap_up"
    assert floor.switch.phones["phone-2"].call is call
    parties = floor.switch.parties(call.id)
    assert parties is not None
    assert (parties.left, parties.right, parties.right_name) == (floor.line(1).port, port(floor, 2), "802")
    floor.phone(2).hang_up()
    assert floor.line(1).does == "guard"
    assert [fact.call for fact in floor.told(facts.CallEnded)] == [asking.id, call.id]
    assert floor.bay.bridges() == set()
    assert floor.bay.playing(floor.line(1).port) is None


def test_hanging_up_while_the_colleague_is_rung_transfers_too(floor: Floor) -> None:
    """The customer hears music until the colleague lifts; the caller's phone is free at once."""
    call, _ = consulted(floor, answered=False)
    floor.phone(1).hang_up()
    assert floor.bay.playing(floor.line(1).port) is not None
    assert floor.phone(2).ringing
    assert floor.switch.phones["phone-1"].free
    floor.phone(2).lift()
    assert together(floor, floor.line(1).port, port(floor, 2))
    assert floor.told(facts.CallConnected)[-1] == facts.CallConnected(call=call.id, phone="phone-2", extension="802", agent="")
    assert floor.bay.playing(floor.line(1).port) is None


def test_a_transfer_that_nobody_answers_comes_back(floor: Floor) -> None:
    """The agent is rung for the customer, who hears music all the time; and nobody waits for ever."""
    call, _ = consulted(floor, answered=False)
    floor.phone(1).hang_up()
    floor.clock.advance(60.1)
    assert not floor.phone(2).ringing
    assert floor.phone(1).rung_as is RingKind.RECALL
    assert floor.bay.playing(floor.line(1).port) is not None
    floor.phone(1).lift()
    assert together(floor, port(floor, 1), floor.line(1).port)
    floor.phone(1).hang_up()
    assert call.ended


def test_a_transfer_to_a_phone_that_fails_comes_back(floor: Floor) -> None:
    """A card pulled out while it rings is like no answer."""
    consulted(floor, answered=False)
    floor.phone(1).hang_up()
    floor.phone(2).die("card_removed")
    assert floor.phone(1).ringing


def test_all_three_together(floor: Floor) -> None:
    """R and 3: customer, agent and colleague hear each other; who hangs up leaves the others talking."""
    call, asking = consulted(floor)
    floor.phone(1).flash()
    floor.phone(1).press("3")
    assert together(floor, port(floor, 1), port(floor, 2), floor.line(1).port)
    assert floor.told(facts.CallsJoined) == [facts.CallsJoined(call=call.id, other=asking.id, phone="phone-1", to="phone-2")]
    assert floor.agent("1001").state.call == call.id  # type: ignore[attr-defined]  # it talks
    floor.phone(1).hang_up()
    assert together(floor, port(floor, 2), floor.line(1).port)
    assert floor.told(facts.AgentStateChanged)[-1].state == "wrap_up"
    floor.line(1).hang_up()
    assert floor.bay.tone_at(port(floor, 2)) == BUSY
    assert floor.switch.calls == {}


def test_a_fourth_is_brought_in(floor: Floor) -> None:
    """In a conference R asks for one more: the others talk on meanwhile, and R 3 brings both in."""
    inside(floor)
    floor.phone(1).flash()
    dials(floor, 1, "803")
    floor.phone(3).lift()
    floor.phone(1).flash()
    floor.phone(1).press("3")
    floor.phone(1).flash()
    assert together(floor, port(floor, 2), port(floor, 3))
    dials(floor, 1, "804")
    floor.phone(4).lift()
    floor.phone(1).flash()
    floor.phone(1).press("3")
    assert together(floor, *(port(floor, number) for number in (1, 2, 3, 4)))
    for number in (4, 2):
        floor.phone(number).hang_up()
    assert together(floor, port(floor, 1), port(floor, 3))


def test_one_of_two_is_given_up(floor: Floor) -> None:
    """R and 1: the one just left hears busy tone, and is gone."""
    call, asking = consulted(floor)
    floor.phone(1).flash()
    floor.phone(1).press("1")
    assert (asking.ended, call.talking) == (True, True)
    assert floor.bay.tone_at(port(floor, 2)) == BUSY
    floor.phone(1).hang_up()
    assert call.ended


def test_a_key_long_after_r_is_the_conversations(floor: Floor) -> None:
    """A 3 typed for a machine at the other end joins nobody."""
    consulted(floor)
    floor.phone(1).flash()
    floor.clock.advance(6)
    floor.phone(1).press("3")
    assert floor.told(facts.CallsJoined) == []


def test_two_strangers_are_not_connected_by_hanging_up(floor: Floor) -> None:
    """A second caller who was taken with R is no consultation: who is on hold is rung for."""
    first = inside(floor)
    floor.phone(2).announces_waiting = True
    floor.phone(3).lift()
    second = dials(floor, 3, "802")
    floor.phone(2).flash()
    floor.phone(2).hang_up()
    assert second.ended
    assert floor.phone(2).rung_as is RingKind.RECALL
    assert not first.ended


def outside(floor: Floor) -> None:
    """A customer is on hold at phone-1, which talks with somebody outside on line-2."""
    customer(floor)
    floor.phone(1).flash()
    floor.phone(1).press("088886666#")
    floor.line(2).send_digits()
    floor.line(2).far_answers()


def with_class(*, outside_transfer: bool = False, outside_invitation: bool = False) -> Floor:
    """A site whose only class of service permits this."""
    usual = ServiceClassSection(name="usual", outside_transfer=outside_transfer, outside_invitation=outside_invitation)
    return Floor(replace(a_site(), service_classes=(usual,)))


def test_parties_outside_are_not_connected_unless_it_is_permitted(floor: Floor) -> None:
    """The consultation ends, the customer keeps waiting with music, and the agent is rung for him: no bill without an owner."""
    outside(floor)
    floor.phone(1).hang_up()
    assert floor.line(2).does == "guard"
    assert floor.phone(1).rung_as is RingKind.RECALL
    assert floor.told(facts.CallTransferred) == []


def test_parties_outside_are_connected_where_it_is_permitted() -> None:
    """Both lines talk, also when the called one had not answered yet; either end releases both."""
    floor = with_class(outside_transfer=True)
    outside(floor)
    floor.phone(1).hang_up()
    assert together(floor, floor.line(1).port, floor.line(2).port)
    floor.line(2).hang_up()
    assert floor.line(1).does == "guard"
    assert floor.switch.calls == {}
    assert floor.bugs == []


def test_a_transfer_outside_that_fails_comes_back() -> None:
    """The number is busy: the agent is rung for the customer, who has not heard the busy tone but music."""
    floor = with_class(outside_transfer=True)
    customer(floor)
    for number in (3, 4):
        floor.line(number).does = "dead"
    floor.phone(1).flash()
    floor.phone(1).press("088886666#")
    floor.phone(1).hang_up()
    assert floor.bay.playing(floor.line(1).port) is not None
    floor.line(2).send_digits()
    floor.line(2).hang_up("busy_tone")
    assert floor.phone(1).rung_as is RingKind.RECALL
    assert floor.bay.playing(floor.line(1).port) is not None
    assert floor.bugs == []


@pytest.mark.parametrize("permitted", [False, True])
def test_two_parties_outside_in_a_conference_need_permission(permitted: bool) -> None:
    """Without it R 3 changes nothing; with it all hear each other, and the last one inside takes the outside parties along."""
    floor = with_class(outside_invitation=permitted)
    outside(floor)
    floor.phone(1).flash()
    floor.phone(1).press("3")
    three = (port(floor, 1), floor.line(1).port, floor.line(2).port)
    assert together(floor, *three) == permitted
    if permitted:
        floor.phone(1).hang_up()
        assert floor.switch.calls == {}
    assert floor.bugs == []


def test_the_time_of_a_call_outside_goes_on_after_a_transfer() -> None:
    """Whoever it is transferred to: after the class's longest time the call ends."""
    floor = with_class()
    floor.phone(1).lift()
    dials(floor, 1, "088886666#")
    floor.line(1).send_digits()
    floor.line(1).far_answers()
    floor.phone(1).flash()
    dials(floor, 1, "802")
    floor.phone(2).lift()
    floor.phone(1).hang_up()
    floor.clock.advance(119 * 60)
    assert together(floor, floor.line(1).port, port(floor, 2))
    floor.clock.advance(61)
    assert floor.told(facts.CallEnded)[-1].reason == "time_limit"


@pytest.mark.parametrize("also", ["customer", "colleague", "both"])
def test_hanging_up_in_the_same_moment(floor: Floor, also: str) -> None:
    """Transferrer, customer and colleague hang up in one block, in any order: nothing hangs on, each call ends once."""
    call, asking = consulted(floor)

    def all_at_once() -> None:
        floor.phone(1).hang_up()
        if also in ("customer", "both"):
            floor.line(1).hang_up()
        if also in ("colleague", "both"):
            floor.phone(2).hang_up()

    floor.in_one_block(all_at_once)
    ended = [fact.call for fact in floor.told(facts.CallEnded)]
    assert sorted(ended) == sorted({call.id, asking.id})
    assert floor.bay.bridges() == set()
    assert floor.bay.playing(floor.line(1).port) is None
    assert floor.line(1).does == "guard"


def test_the_colleague_hangs_up_first_in_the_same_moment(floor: Floor) -> None:
    """Then there is nobody to transfer to: the agent is rung for the customer."""
    call, _ = consulted(floor)

    def at_once() -> None:
        floor.phone(2).hang_up()
        floor.phone(1).hang_up()

    floor.in_one_block(at_once)
    assert not call.ended
    assert floor.phone(1).rung_as is RingKind.RECALL


def test_an_agent_asked_is_busy_with_the_customer_afterwards(floor: Floor) -> None:
    """The colleague is an agent too: no call is offered there until the transferred one is over."""
    floor.login("1002", ready=True)
    call, _ = consulted(floor)
    floor.phone(1).hang_up()
    assert floor.agent("1002").state.call == call.id  # type: ignore[attr-defined]  # an own call
    assert call.agent == "1002"
    floor.line(1).hang_up()
    floor.phone(2).hang_up()
    assert floor.told(facts.AgentStateChanged)[-1].state == "ready"
