"""Acts with calls as the page and programs ask for them."""

from __future__ import annotations

from typing import Any

import pytest

from engine import facts
from engine.control.call_asking import CALL_ACTS, PHONE_ACTS, call_answers
from engine.control.refusals import ActRefused
from engine.kernel.errors import BadInput, Refused
from engine.people.actors import Actor, Role
from tests.floor import Floor

LEADER = Actor(Role.SUPERVISOR, "leader")


def ask(floor: Floor, command: str, actor: Actor = LEADER, **request: str) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    _, answer = call_answers(floor.control.calls, lambda _line: None)[command]
    answer(actor, request, told.append, lambda error: pytest.fail(str(error)))
    return told[0]


def talking(floor: Floor) -> str:
    """Phones 1 and 2 talk; the call's id."""
    call = ask(floor, "phone_act", phone="phone-1", act="dial", number="802")["call"]
    floor.phone(1).lift()
    floor.phone(2).lift()
    return str(call)


def test_a_conversation_is_made_changed_and_ended_from_a_page(floor: Floor) -> None:
    """Dialled by a click, a third comes in and is muted, one is let go, and the leader ends it; the answers name what was done."""
    call = talking(floor)
    assert ask(floor, "call_act", call=call, act="invite", number="803") == {"call": call, "act": "invite"}
    floor.phone(3).lift()
    ask(floor, "call_act", call=call, act="mute", party="phone-3")
    ask(floor, "call_act", call=call, act="unmute", party="phone-3")
    ask(floor, "call_act", call=call, act="drop", party="phone-1")
    assert {leg.device for leg in floor.switch.calls[call].parties.legs} == {"phone-2", "phone-3"}
    ask(floor, "call_act", call=call, act="release")
    assert floor.switch.calls == {}


def test_a_phones_calls_are_handled_from_a_page(floor: Floor) -> None:
    """R, a second call, one conversation of both, parking with its place, fetching and picking up, as with the phone's own keys."""
    talking(floor)
    ask(floor, "phone_act", phone="phone-1", act="flash")
    floor.phone(1).press("803")
    floor.phone(3).lift()
    ask(floor, "phone_act", phone="phone-1", act="flash")
    ask(floor, "phone_act", phone="phone-1", act="join")
    assert len(floor.told(facts.CallsJoined)) == 1
    for number in (1, 2, 3):
        floor.phone(number).hang_up()
    talking(floor)
    assert ask(floor, "phone_act", phone="phone-2", act="park") == {"phone": "phone-2", "act": "park", "slot": "1"}
    floor.phone(3).lift()
    ask(floor, "phone_act", phone="phone-3", act="fetch", number="1")
    ask(floor, "phone_act", phone="phone-3", act="transfer", number="804")
    floor.phone(3).hang_up()
    floor.phone(3).lift()
    ask(floor, "phone_act", phone="phone-3", act="pick_up", number="804")
    (call,) = floor.switch.calls.values()
    assert {leg.device for leg in call.parties.up} == {"phone-1", "phone-3"}


@pytest.mark.parametrize("act", ["connect", "join", "give_up", "park", "pick_up_any"])
def test_what_is_not_possible_is_refused_with_a_sentence(floor: Floor, act: str) -> None:
    """A phone without calls has nothing to connect, join, give up, park or pick up."""
    with pytest.raises(Refused):
        ask(floor, "phone_act", phone="phone-1", act=act)


def test_whose_calls_they_are(floor: Floor) -> None:
    """An agent at the page acts at the phone where he is logged in and at no other; who only looks does nothing."""
    floor.login("1001")
    agent = Actor(Role.AGENT_USER, "li", agent="1001")
    ask(floor, "phone_act", agent, phone="phone-1", act="dial", number="802")
    for actor, phone in ((agent, "phone-2"), (Actor(Role.READ_ONLY, "eyes"), "phone-1")):
        with pytest.raises(ActRefused):
            ask(floor, "phone_act", actor, phone=phone, act="dial", number="803")
    with pytest.raises(ActRefused):
        ask(floor, "call_act", agent, call="b1-c1", act="release")


@pytest.mark.parametrize(("command", "acts"), [("call_act", CALL_ACTS), ("phone_act", PHONE_ACTS)])
def test_nonsense_is_refused(floor: Floor, command: str, acts: tuple[str, ...]) -> None:
    """Unknown acts are told with the known ones; a missing value is named."""
    with pytest.raises(BadInput, match=acts[0]):
        ask(floor, command, call="b1-c1", phone="phone-1", act="explode")
    with pytest.raises(BadInput, match="is missing"):
        ask(floor, command, act=acts[0])
