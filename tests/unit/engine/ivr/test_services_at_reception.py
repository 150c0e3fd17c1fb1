"""Calls from outside to extensions and ring groups: forwards, groups and secretaries count for them as for calls inside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine import facts
from engine.people.actors import Actor, Role
from engine.settings.site import InboundRouteSection, RingGroupSection, SecretarySection, ServiceClassSection
from engine.settings.targets import Target, parse_target
from engine.telephony.numbers import CallerId
from engine.telephony.tones import CHINA, ToneName
from tests.floor import Floor, a_site

RINGBACK = CHINA[ToneName.RINGBACK].steps
LEADER = Actor(Role.SUPERVISOR, "wang")
MOBILE = "13900139000"


def a_floor(target: str, **more: Any) -> Floor:
    """Every call from outside goes to the target; phone-1 may forward outside."""
    after = {name: more.pop(name) for name in ("on_no_answer", "on_busy") if name in more}
    parts: dict[str, Any] = {
        "inbound_routes": (InboundRouteSection(name="in", target=target, **after),),
        "service_classes": (ServiceClassSection(name="staff"), ServiceClassSection(name="lead", phones=("phone-1",), outside_forward=True)),
        "ring_groups": (
            RingGroupSection(name="sales", number="700", members=("801", "802", "803"), ring_s=10, on_no_answer="queue:service"),
            RingGroupSection(name="turn", members=("802", "803"), order="in_turn", ring_s=10),
            RingGroupSection(name="more", members=("802", "803"), order="progressive", ring_s=10),
        ),
        "secretaries": (SecretarySection(boss="804", secretaries=("803",)),),
        **more,
    }
    return Floor(replace(a_site(), **parts))


def forwards(floor: Floor, extension: str, when: str, target: Target, after_s: int = 0) -> None:
    floor.control.services.forward(LEADER, extension, when, target, after_s)


def rings(floor: Floor) -> list[int]:
    return [number for number in range(1, 5) if floor.phone(number).ringing]


def forwarded(floor: Floor) -> list[tuple[str, str, str]]:
    return [(fact.extension, fact.when, fact.target) for fact in floor.told(facts.CallForwarded)]


def test_all_of_a_group_ring_and_the_first_takes_it() -> None:
    """The caller hears that it rings, and is answered by the handset that goes up first; the others are quiet at once."""
    floor = a_floor("group:sales")
    call = floor.calling(1)
    assert rings(floor) == [1, 2, 3]
    assert floor.line(1).does != "answered"
    floor.phone(2).lift()
    floor.turn()
    assert rings(floor) == []
    assert call.talking
    assert floor.bay.hears(floor.line(1).port, floor.phone(2).port)
    assert floor.bugs == []


def test_nobody_of_a_group_answers_and_its_queue_takes_the_caller() -> None:
    """After the group's time he waits in the queue; the agent who is rung then announces his number and talks, as with any call of the queue."""
    floor = a_floor("group:sales")
    call = floor.calling(1)
    floor.clock.advance(10.1)
    assert floor.acd.place(call.id) == 1
    floor.login("1004")
    floor.turn()
    assert rings(floor) == [4]
    floor.phone(4).lift()
    floor.turn()
    floor.clock.advance(10)
    assert call.talking
    assert floor.bay.hears(floor.line(1).port, floor.phone(4).port)
    assert floor.bay.hears(floor.phone(4).port, floor.line(1).port)
    assert call.agent == "1004"
    floor.phone(4).hang_up()
    floor.turn()
    assert floor.bugs == []


def test_in_turn_and_progressive() -> None:
    """One after the other, or more and more of them; then the call ends with the cause that says so."""
    floor = a_floor("group:turn")
    floor.calling(1)
    assert rings(floor) == [2]
    floor.clock.advance(10.1)
    assert rings(floor) == [3]
    floor.clock.advance(10)
    (end,) = floor.told(facts.CallEnded)
    assert (end.cause, end.reason) == (19, "no_answer")
    floor = a_floor("group:more")
    floor.calling(1)
    floor.clock.advance(10.1)
    assert rings(floor) == [2, 3]
    assert floor.bugs == []


def test_not_answered_and_forwarded_to_a_colleague() -> None:
    """The own phone rings for the time that was set, then the colleague's; the fact tells it when it happens."""
    floor = a_floor("extension:801")
    forwards(floor, "801", "no_answer", Target("extension", "802"), 8)
    floor.calling(1)
    assert rings(floor) == [1]
    assert forwarded(floor) == []
    floor.clock.advance(8.1)
    assert rings(floor) == [2]
    assert forwarded(floor) == [("801", "no_answer", "extension:802")]
    floor.phone(2).lift()
    floor.turn()
    assert floor.bay.hears(floor.line(1).port, floor.phone(2).port)
    assert floor.bugs == []


def test_forwarded_to_a_mobile_phone() -> None:
    """A second line is seized; the two outside talk with each other, and the call ends when one of them hangs up."""
    floor = a_floor("extension:801")
    forwards(floor, "801", "always", Target("outside", MOBILE))
    call = floor.calling(1)
    out = next(line for line in floor.lines.values() if line.does == "seized")
    assert (out.dialled, rings(floor)) == (MOBILE, [])
    out.send_digits()
    out.far_answers()
    floor.turn()
    assert call.talking
    assert floor.bay.hears(floor.line(1).port, out.port)
    assert floor.bay.hears(out.port, floor.line(1).port)
    assert forwarded(floor) == [("801", "always", f"outside:{MOBILE}")]
    (led,) = floor.told(facts.CallLedOutside)
    assert (led.by, led.dialled, led.service_class, led.line) == ("phone-1", MOBILE, "lead", out.name)
    out.hang_up()
    floor.turn()
    (end,) = floor.told(facts.CallEnded)
    assert end.call == call.id
    assert floor.bugs == []


def test_a_mobile_phone_that_does_not_answer_leads_on_as_the_route_says() -> None:
    """The line is given back, and the caller comes into the queue."""
    floor = a_floor("extension:801", on_no_answer="queue:service")
    forwards(floor, "801", "always", Target("outside", MOBILE))
    call = floor.calling(1)
    out = next(line for line in floor.lines.values() if line.does == "seized")
    out.send_digits()
    floor.clock.advance(45.1)
    assert out.does != "seized"
    assert floor.acd.place(call.id) == 1
    assert floor.bugs == []


def test_do_not_disturb_is_busy_for_callers_outside() -> None:
    """Nothing rings; the route's target for busy takes the call, and without one it ends as busy."""
    floor = a_floor("extension:801", on_busy="extension:802")
    floor.control.services.do_not_disturb(LEADER, "801", on=True)
    floor.calling(1)
    assert rings(floor) == [2]
    floor = a_floor("extension:801")
    floor.control.services.do_not_disturb(LEADER, "801", on=True)
    floor.line(1).offer(CallerId(MOBILE))
    floor.turn()
    (end,) = floor.told(facts.CallEnded)
    assert (end.cause, end.reason) == (17, "busy")
    assert floor.bugs == []


def test_the_secretary_rings_for_callers_outside() -> None:
    """Not the boss."""
    floor = a_floor("extension:804")
    floor.calling(1)
    assert rings(floor) == [3]
    assert forwarded(floor) == [("804", "secretary", "extension:803")]
    assert floor.bugs == []


def test_a_busy_phone_that_forwards_every_call_is_not_busy_for_the_route() -> None:
    """Its user talks; the call goes to whom he has it forwarded, and not where the route leads when he is busy."""
    floor = a_floor("extension:801", on_busy="extension:803")
    forwards(floor, "801", "always", parse_target("extension:802"))
    floor.phone(1).lift()
    floor.turn()
    floor.calling(1)
    assert rings(floor) == [2]
    assert floor.bugs == []


def test_a_call_inside_to_a_group_and_one_forwarded_when_not_answered() -> None:
    """Inside, the number of the group is dialled: all ring. A colleague who does not answer has the call forwarded, and the caller hears ringback."""
    floor = a_floor("extension:801")
    floor.phone(4).lift()
    floor.phone(4).press("700")
    floor.turn()
    assert rings(floor) == [1, 2, 3]
    floor.phone(4).hang_up()
    floor.clock.advance(1)
    assert rings(floor) == []
    forwards(floor, "801", "no_answer", parse_target("extension:802"), 8)
    floor.phone(4).lift()
    floor.phone(4).press("801")
    floor.turn()
    assert rings(floor) == [1]
    floor.clock.advance(8.1)
    assert rings(floor) == [2]
    assert floor.bay.tone_at(floor.phone(4).port) == RINGBACK
    floor.clock.advance(60.1)
    assert rings(floor) == []
    (end,) = [fact for fact in floor.told(facts.CallEnded) if fact.reason == "no_answer"]
    assert end.cause == 19
    assert floor.bugs == []
