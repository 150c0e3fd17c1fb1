"""Any day on the floor: random callers, agents and faults, and what must hold whatever they do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from engine import facts
from engine.settings.site import InboundRouteSection, RingGroupSection, Site
from tests.floor import Floor, a_site
from tests.switch_checks import check_calls, check_hearing

Act = Callable[[Floor], None]


def caller(number: int) -> Act:
    """A caller arrives, or the far end of the line leaves."""

    def act(floor: Floor) -> None:
        line = floor.line(number)
        if line.does == "idle":
            line.offer()
        elif line.does in ("offered", "connected", "seized"):
            line.hang_up()

    return act


def customer(number: int) -> Act:
    """A caller arrives and goes straight to the queue."""

    def act(floor: Floor) -> None:
        if floor.line(number).does == "idle":
            floor.calling(number)
            floor.line(number).press("11")

    return act


def answer(floor: Floor) -> None:
    """Every ringing phone is lifted."""
    for phone in floor.phones.values():
        if phone.ringing:
            phone.lift()


def dial(number: int, keys: str) -> Act:
    """A phone is lifted, unless it rings, and keys are pressed."""

    def act(floor: Floor) -> None:
        phone = floor.phone(number)
        if phone.in_service and not phone.ringing:
            if not phone.off_hook:
                phone.lift()
            phone.press(keys)

    return act


def far_end(number: int) -> Act:
    """The exchange goes on with what a phone has dialled."""

    def act(floor: Floor) -> None:
        if floor.line(number).does == "seized":
            floor.line(number).send_digits()
            floor.line(number).far_answers()

    return act


def caller_presses(number: int, keys: str) -> Act:
    def act(floor: Floor) -> None:
        if floor.line(number).does == "connected":
            floor.line(number).press(keys)

    return act


def handset(number: int) -> Act:
    def act(floor: Floor) -> None:
        phone = floor.phone(number)
        if phone.in_service:
            (phone.hang_up if phone.off_hook else phone.lift)()

    return act


def flash(number: int) -> Act:
    """The R key of a phone whose handset is up."""

    def act(floor: Floor) -> None:
        if floor.phone(number).off_hook:
            floor.phone(number).flash()

    return act


def line_fault(number: int) -> Act:
    def act(floor: Floor) -> None:
        line = floor.line(number)
        if line.does == "dead":
            line.revive()
        else:
            line.die("no_battery")

    return act


def phone_fault(number: int) -> Act:
    def act(floor: Floor) -> None:
        phone = floor.phone(number)
        if phone.in_service:
            phone.die("card_removed")
        else:
            phone.revive()

    return act


def wait(seconds: float) -> Act:
    return lambda floor: floor.clock.advance(seconds)


def off_hook(hang_up: str) -> Site:
    """Two of four agents take calls off hook, and have no paperwork."""
    site = a_site(wrap_up_s=0.0)
    agents = tuple(replace(agent, answers="off_hook" if agent.number < "1003" else "ringing") for agent in site.agents)
    return replace(site, agents=agents, desk=replace(site.desk, off_hook_hang_up=hang_up))


def grouped() -> Site:
    """Two ring groups, of which one takes the callers of a line."""
    groups = (
        RingGroupSection(name="sales", number="700", members=("801", "802", "803"), ring_s=7.0, on_no_answer="queue:service"),
        RingGroupSection(name="more", number="701", members=("802", "804"), order="progressive", ring_s=5.0),
    )
    routes = (InboundRouteSection(name="in", trunks=("line-2",), target="group:sales"),)
    return replace(a_site(), ring_groups=groups, inbound_routes=routes)


numbers = st.integers(1, 4)
logins = numbers.map(lambda number: dial(number, f"*11100{number}#2222#"))
SERVICES = ("*57*802#", "#57#", "*40*803#", "*41*804*5#", "#41#", "*56#", "#56#", "*66", "*59#", "700", "701")
"""Forwards, do-not-disturb, dialling again, call-backs, and the numbers of ring groups."""
typed = st.sampled_from(
    [
        "*12",
        "*131",
        "*14",
        "*15",
        "801",
        "802",
        "803",
        "010086#",
        "*",
        "9",
        "*111001#1#",
        "3",
        "1",
        "*19",
        "*101",
        "*17",
        "*18802",
        *SERVICES,
    ]
)
acts = st.one_of(
    st.builds(caller, numbers),
    st.builds(customer, numbers),
    st.builds(customer, numbers),
    st.builds(caller_presses, numbers, st.sampled_from(["1", "2", "11", "21", "9"])),
    st.just(answer),
    st.just(answer),
    st.builds(handset, numbers),
    logins,
    st.builds(dial, numbers, typed),
    st.builds(dial, numbers, st.sampled_from(["801", "802", "803", "010086#"])),
    st.builds(far_end, numbers),
    st.builds(flash, numbers),
    st.builds(flash, numbers),
    st.one_of(st.builds(line_fault, numbers), st.builds(phone_fault, numbers)),
    st.builds(wait, st.sampled_from([0.0, 0.01, 0.5, 2.0, 2.0, 7.0, 7.0, 21.0, 61.0])),
)
sites = st.sampled_from(
    [
        a_site(),
        a_site(wrap_up_s=0.0, miss_pause_s=0.0, place_every_s=7.0),
        a_site(announce_agent=False, waiting_most=1),
        off_hook("log_out"),
        off_hook("not_ready"),
        grouped(),
        grouped(),
    ]
)


def check(floor: Floor) -> None:
    """What holds at every moment."""
    assert floor.bugs == []
    begun = Counter(fact.call for fact in floor.told(facts.CallArrived)) + Counter(fact.call for fact in floor.told(facts.CallPlaced))
    ended = Counter(fact.call for fact in floor.told(facts.CallEnded))
    assert begun == ended + Counter(floor.switch.calls.keys()), "each call ends once or still is"
    for phone in floor.switch.phones.values():
        assert (phone.rung_by is not None and phone.zip is None) == phone.station.ringing, f"{phone.name} rings for somebody, and only then"
        for call in (phone.held, phone.knocking, phone.rung_by):
            assert call is None or call.id in floor.switch.calls
        assert phone.held is None or phone.station.off_hook
        assert (phone.knocking is None) == (floor.phones[phone.name].waiting_shown is None)
        assert not phone.attending or phone.station.off_hook
    on_hold = {call.id for call in floor.switch.calls.values() if call.stage in ("held", "recalling") and call.parties.up}
    assert floor.switch.ears.with_music == on_hold, "who is on hold hears music, and nobody else"
    check_calls(floor)
    check_hearing(floor)
    for phone in floor.switch.phones.values():
        assert phone.call is None or phone.call.id in floor.switch.calls
        assert phone.call is None or phone.station.off_hook
    in_calls = {floor.line(number).port for number in range(1, 5) if floor.line(number).does == "connected"}
    in_calls |= {phone.station.port for phone in floor.switch.phones.values() if phone.call is not None}
    assert {port for bridge in floor.bay.bridges() for port in bridge} <= in_calls, "nobody hears anybody outside of a call"


@settings(max_examples=120, deadline=None)
@given(sites, st.lists(acts, min_size=10, max_size=60))
def test_whatever_happens_on_the_floor_nothing_is_lost(site: Site, day: list[Act]) -> None:
    """Over any day of callers, agents and faults: no bug, every call ends once, no bell without a caller, no open line."""
    floor = Floor(site)
    for number in range(1, 5):
        floor.phone(number).announces_waiting = number % 2 == 0
        floor.phone(number).lift()
        floor.phone(number).press(f"*11100{number}#2222#")
        if site.agents[number - 1].answers == "ringing":
            floor.phone(number).hang_up()
    for act in day:
        act(floor)
        check(floor)
    for phone in floor.phones.values():
        if phone.off_hook:
            phone.hang_up()
    floor.switch.end_all("shutdown")
    floor.clock.advance(300)
    check(floor)
    assert floor.switch.calls == {}
    assert floor.bay.bridges() == set()
    entered = Counter(fact.call for fact in floor.told(facts.CallQueued))
    assert entered == Counter(fact.call for fact in floor.told(facts.StintEnded))
