"""Anything that people can do with calls, at any time and in the same moment: nobody is lost, nothing hangs on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import facts
from engine.calls import call as c
from engine.calls.delivery import Delivery, DeliveryStage, DialledNumber
from engine.calls.switch import Call
from engine.kernel.errors import Refused
from engine.people.actors import Actor, Role
from engine.settings.service_class import ServiceClassSection
from engine.settings.site import Site
from tests.floor import Floor, a_site
from tests.switch_checks import check_calls, check_ends, check_hearing

LEADER = Actor(Role.SUPERVISOR, "leader")


@dataclass(frozen=True)
class Act:
    """Something that happens, and its words for who reads a failing day."""

    words: str
    happens: Callable[[Floor], None]

    def __call__(self, floor: Floor) -> None:
        self.happens(floor)

    def __repr__(self) -> str:
        return self.words


def office(*, outside: bool) -> Site:
    """A site without flows, whose users may connect parties outside, or not."""
    usual = ServiceClassSection(name="usual", outside_transfer=outside, outside_invitation=outside, daily_calls_most=0)
    return replace(a_site(), service_classes=(usual,))


def handset(number: int) -> Act:
    def act(floor: Floor) -> None:
        phone = floor.phone(number)
        if phone.in_service:
            (phone.hang_up if phone.off_hook else phone.lift)()

    return Act(f"handset {number}", act)


def pressed(number: int, keys: str) -> Act:
    """Keys, at a phone that is lifted for it if need be."""

    def act(floor: Floor) -> None:
        phone = floor.phone(number)
        if phone.in_service and not phone.ringing:
            if not phone.off_hook:
                phone.lift()
            phone.press(keys)

    return Act(f"{number} presses {keys}", act)


def flash(number: int, then: str) -> Act:
    def act(floor: Floor) -> None:
        if floor.phone(number).off_hook:
            floor.phone(number).flash()
            floor.phone(number).press(then)

    return Act(f"{number} R {then}", act)


def line_does(number: int, what: str) -> Act:
    """The far end of a line calls, hangs up, gets on with what was dialled, or the line fails."""

    def act(floor: Floor) -> None:
        line = floor.line(number)
        match (what, line.does):
            case ("far end", "idle"):
                line.offer()
            case ("far end", "offered" | "connected" | "seized"):
                line.hang_up()
            case ("goes on", "seized"):
                line.send_digits()
                line.far_answers()
            case ("fault", "dead"):
                line.revive()
            case ("fault", _):
                line.die("no_battery")
            case _:
                pass

    return Act(f"line {number} {what}", act)


def phone_fault(number: int) -> Act:
    def act(floor: Floor) -> None:
        phone = floor.phone(number)
        (phone.die if phone.in_service else lambda _reason: phone.revive())("card_removed")

    return Act(f"phone {number} fault", act)


def lifted(floor: Floor) -> None:
    """Every phone that rings is lifted."""
    for phone in floor.phones.values():
        if phone.ringing:
            phone.lift()


def control(what: str, number: int, other: int) -> Act:
    """Somebody at a page does something with a phone or a call."""

    def act(floor: Floor) -> None:
        calls, phone, extension = floor.control.calls, f"phone-{number}", f"80{other}"
        known: list[Call] = list(floor.switch.calls.values())
        call = known[other % len(known)].id if known else "none"
        acts: dict[str, Callable[[], object]] = {
            "transfer": lambda: calls.transfer(LEADER, phone, extension),
            "send outside": lambda: calls.transfer(LEADER, phone, "outside:10086"),
            "send to queue": lambda: calls.transfer(LEADER, phone, "queue:service"),
            "connect": lambda: calls.connect_calls(LEADER, phone),
            "join": lambda: calls.join_calls(LEADER, phone),
            "park": lambda: calls.park(LEADER, phone),
            "invite": lambda: calls.invite(LEADER, call, extension),
            "drop": lambda: calls.drop(LEADER, call, phone),
            "mute": lambda: calls.mute(LEADER, call, phone, muted=number % 2 == 0),
            "click": lambda: calls.click_to_dial(LEADER, phone, extension),
            "click outside": lambda: calls.click_to_dial(LEADER, phone, "10086", customer_first=other % 2 == 0),
            "release": lambda: calls.release(LEADER, call),
        }
        with contextlib.suppress(Refused):
            acts[what]()

    return Act(f"page: {what} {number} {other}", act)


CONTROLS = (
    "transfer",
    "send outside",
    "send to queue",
    "connect",
    "join",
    "park",
    "invite",
    "drop",
    "mute",
    "click",
    "click outside",
    "release",
)
numbers = st.integers(1, 4)
moments = st.one_of(
    st.builds(handset, numbers),
    st.builds(pressed, numbers, st.sampled_from(["801", "802", "803", "804", "010086#", "*101", "*17", "*18802", "*18803", "9"])),
    st.builds(flash, numbers, st.sampled_from(["", "", "3", "1", "2", "*19", "803", "804", "010086#"])),
    st.builds(line_does, numbers, st.sampled_from(["far end", "far end", "goes on", "goes on", "fault"])),
    st.builds(phone_fault, numbers),
    st.just(Act("all lift", lifted)),
    st.just(Act("all lift", lifted)),
    st.builds(control, st.sampled_from(CONTROLS), numbers, numbers),
)
waits = st.sampled_from([0.0, 0.0, 0.1, 2.0, 6.0, 21.0, 61.0])


def led(floor: Floor) -> Callable[[Call], None]:
    """Calls from outside go to two phones, then to one and a number outside, then end."""

    def over(call: Call, _release: object) -> None:
        call.post(c.End(c.LET_GO, "system"))

    def lead(call: Call) -> None:
        way = DialledNumber("10086", floor.groups.route("10086"))
        stages = (DeliveryStage(("phone-1", "phone-2"), 10), DeliveryStage(("phone-3",), 10, (way,)))
        Delivery(floor.switch, floor.bus, floor.clock, stages, over).begin(call)

    return lead


@settings(max_examples=60, deadline=None)
@given(st.booleans(), st.lists(st.tuples(st.lists(moments, min_size=1, max_size=3), waits), min_size=5, max_size=40))
def test_whatever_people_do_nobody_is_lost(outside: bool, day: list[tuple[list[Act], float]]) -> None:
    """Over any sequence of lifting, R, codes, faults and acts at the page, several in one moment: no party without a call, no call without a party, no
    patch that no call wants, no bell without a caller, one end of every call, and at the end of the day nothing is left.
    """
    floor = Floor(office(outside=outside))
    for number in range(1, 5):
        floor.phone(number).announces_waiting = number % 2 == 0
    floor.switch.wire(floor.desks, led(floor), floor.acd.agent_at)
    for together, seconds in day:

        def at_once(acts: list[Act] = together) -> None:
            for act in acts:
                act(floor)

        floor.in_one_block(at_once)
        check(floor)
        floor.clock.advance(seconds)
        check(floor)
    close(floor)
    check(floor)
    assert floor.switch.calls == {}


def check(floor: Floor) -> None:
    assert floor.bugs == []
    check_calls(floor)
    check_hearing(floor)
    check_ends(floor)
    for phone in floor.switch.phones.values():
        assert (phone.rung_by is not None and phone.zip is None) == phone.station.ringing, f"{phone.name} rings for somebody, and only then"


def close(floor: Floor) -> None:
    """Everybody goes home."""
    for phone in floor.phones.values():
        if phone.off_hook:
            phone.hang_up()
    for line in floor.lines.values():
        if line.does in ("offered", "connected", "seized"):
            line.hang_up()
    floor.clock.advance(400)


PAIRS = [
    (one, other)
    for one in ("transferrer hangs up", "customer hangs up", "colleague hangs up", "R", "R 3", "R 1", "leader ends", "card pulled")
    for other in ("transferrer hangs up", "customer hangs up", "colleague hangs up", "R", "R 3", "R 1", "leader ends", "card pulled")
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_things_in_one_block(floor: Floor, one: str, other: str) -> None:
    """During a consultation any two of these happen in the same 20 ms, in this order: one defined outcome each, and nothing hangs on."""
    floor.answer_nobody()
    call = floor.calling(1)
    Delivery(floor.switch, floor.bus, floor.clock, (DeliveryStage(("phone-1",), 10),), lambda *_: None).begin(call)
    floor.phone(1).lift()
    floor.phone(1).flash()
    floor.phone(1).press("802")
    floor.phone(2).lift()
    phone, colleague, line = floor.phone(1), floor.phone(2), floor.line(1)
    acts: dict[str, Act] = {
        "transferrer hangs up": Act("transferrer hangs up", lambda _floor: _when(phone.off_hook, phone.hang_up)),
        "customer hangs up": Act("customer hangs up", lambda _floor: _when(line.does == "connected", line.hang_up)),
        "colleague hangs up": Act("colleague hangs up", lambda _floor: _when(colleague.off_hook, colleague.hang_up)),
        "R": flash(1, ""),
        "R 3": flash(1, "3"),
        "R 1": flash(1, "1"),
        "leader ends": control("release", 1, 1),
        "card pulled": Act("card pulled", lambda _floor: _when(colleague.in_service, lambda: colleague.die("card_removed"))),
    }

    def at_once() -> None:
        acts[one](floor)
        acts[other](floor)

    floor.in_one_block(at_once)
    check(floor)
    floor.clock.advance(10)
    check(floor)
    close(floor)
    check(floor)
    assert floor.switch.calls == {}
    assert len(floor.told(facts.CallEnded)) == 2


def _when(possible: bool, act: Callable[[], None]) -> None:
    if possible:
        act()
