"""Who rings for a call to an extension or a ring group, and what may be set for an extension: decided without calling anybody."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calls.routing.decision import RoutingState
from engine.calls.routing.plan import compile_routing
from engine.calls.services.decision import Caller, Ringing, RingState, ring_step_said, ringing_said
from engine.calls.services.memory import ExtensionServices, Forward
from engine.calls.services.ringing import ringing
from engine.calls.services.setting import forward_fault
from engine.settings.build import Node, build_site
from engine.settings.targets import Target, parse_target
from engine.settings.versions import node_of

EXTENSIONS = ("801", "802", "803", "804", "805", "806", "807", "808", "809", "810", "811")
NOON = datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001  # local time of the site
OUTSIDE = "13800138000"
COLLEAGUE = Caller("811", inside=True)


def routing_of(**more: Any) -> Any:
    """A compiled site of eleven phones; phone-801 is in a class that may forward outside."""
    plain: dict[str, Any] = {
        "stations": [{"name": f"phone-{one}", "channel": place + 1, "extension": one} for place, one in enumerate(EXTENSIONS)],
        "service_classes": [
            {"name": "staff"},
            {"name": "lead", "phones": ["phone-801"], "outside_forward": True, "level": "national", "after_hours_level": "national"},
        ],
        "ring_groups": [
            {"name": "sales", "number": "700", "members": ["801", "802", "803"], "order": "all", "on_no_answer": "group:back"},
            {"name": "turn", "members": ["804", "805"], "order": "in_turn", "rounds": 2, "ring_s": 10},
            {"name": "more", "members": ["804", "805", "806"], "order": "progressive", "ring_s": 8},
            {"name": "back", "members": ["807"], "on_no_answer": "queue:service"},
        ],
        "secretaries": [{"boss": "808", "secretaries": ["809", "810"], "passes": ["02155501001", "811"]}],
        "agents": [{"number": "1001", "pin": "4711"}],
        "queues": [{"name": "service", "agents": ["1001"]}],
        **more,
    }
    node: Node = node_of(plain)
    return compile_routing(build_site(node, "test"))


ROUTING = routing_of()


def decided(
    place: str,
    caller: Caller = COLLEAGUE,
    routing: Any = ROUTING,
    busy: str = "",
    dead: str = "",
    waits: str = "",
    **set_for: Any,
) -> Ringing:
    """The decision; ``busy`` and ``dead`` are extensions with blanks between, ``set_for`` what is set, as x801."""
    state = RoutingState(
        busy=frozenset(f"extension:{one}" for one in busy.split()), out_of_service=frozenset(f"extension:{one}" for one in dead.split())
    )
    services = {name.removeprefix("x"): one for name, one in set_for.items()}
    return ringing(parse_target(place), caller, routing, NOON, RingState(state, services, frozenset(waits.split())))


def forwards(**when: str) -> ExtensionServices:
    return ExtensionServices({name: Forward(target) for name, target in when.items()})


def rung(decision: Ringing) -> list[list[str]]:
    return [[device.number for device in stage.devices] for stage in decision.stages]


def told(decision: Ringing) -> str:
    return " ".join(ring_step_said(step).in_english() for step in decision.steps)


def test_an_extension_rings_and_nobody_answers() -> None:
    """Nothing is set: the phone rings as long as extensions do, then the call ends."""
    decision = decided("extension:801")
    assert rung(decision) == [["801"]]
    assert (decision.stages[0].ring_s, decision.reason, decision.onward) == (60.0, "no_answer", None)
    assert decided("extension:801", Caller(OUTSIDE)).stages[0].ring_s == 25.0
    assert told(decision) == "Extension 801 is called. 801 rings for 60 s."


def test_every_call_forwarded_comes_to_the_colleague() -> None:
    """The colleague's phone rings and not one's own; what led there is told."""
    decision = decided("extension:801", x801=forwards(always="extension:802"))
    assert rung(decision) == [["802"]]
    (forwarded,) = decision.stages[0].forwarded
    assert (forwarded.extension, forwarded.when, forwarded.target) == ("801", "always", "extension:802")
    assert "801 forwards every call to extension 802." in told(decision)


def test_busy_no_answer_and_unreachable_forwards_have_their_moments() -> None:
    """Each counts only when it is so; the one at no answer rings the own phone first, for the time that was set."""
    every = ExtensionServices(
        {"busy": Forward("extension:802"), "no_answer": Forward("extension:803", 15), "unreachable": Forward("extension:804")}
    )
    assert rung(decided("extension:801", busy="801", x801=every)) == [["802"]]
    assert rung(decided("extension:801", dead="801", x801=every)) == [["804"]]
    decision = decided("extension:801", x801=every)
    assert [(stage.devices[0].number, stage.ring_s) for stage in decision.stages] == [("801", 15.0), ("803", 60.0)]


def test_a_busy_extension_without_forward() -> None:
    """It is said to be busy, unless the call can be announced there; who has ended call waiting is busy all the same."""
    assert decided("extension:801", busy="801").reason == "busy"
    assert rung(decided("extension:801", busy="801", waits="801")) == [["801"]]
    assert decided("extension:801", busy="801", waits="801", x801=ExtensionServices(call_waiting=False)).reason == "busy"


def test_do_not_disturb_refuses_and_a_forward_goes_before_it() -> None:
    """Nothing rings; calls that are forwarded anyway disturb nobody."""
    quiet = ExtensionServices(do_not_disturb=True)
    decision = decided("extension:801", x801=quiet)
    assert (decision.stages, decision.reason) == ((), "do_not_disturb")
    assert ringing_said(decision).in_english() == "It comes to nobody: it is not to be disturbed."
    both = ExtensionServices({"always": Forward("extension:802")}, do_not_disturb=True)
    assert rung(decided("extension:801", x801=both)) == [["802"]]


def test_forwards_in_a_circle_end_where_they_began() -> None:
    """Two colleagues forward to each other: the second one's phone rings, as its forward cannot be followed."""
    decision = decided("extension:801", x801=forwards(always="extension:802"), x802=forwards(always="extension:801"))
    assert rung(decision) == [["802"]]
    assert "The forward of 802 to extension 801 is not followed: the call has been there." in told(decision)


def test_a_long_chain_of_forwards_is_cut_off() -> None:
    """Eight forwards are followed; the ninth is not, and the phone where the call is then rings."""
    chain = {here: forwards(always=f"extension:{there}") for here, there in pairwise(EXTENSIONS)}
    routing = routing_of(secretaries=[])
    assert rung(ringing(parse_target("extension:801"), COLLEAGUE, routing, NOON, RingState(services=chain))) == [["809"]]


def test_outside_only_with_the_right_class_of_service() -> None:
    """Who may forward to a mobile phone has it rung on his own account; for who may not, the own phone rings and the steps say why."""
    decision = decided("extension:801", Caller(OUTSIDE), x801=forwards(always="outside:13900139000"))
    (device,) = decision.stages[0].devices
    assert (device.kind, device.number, device.on_behalf, decision.stages[0].ring_s) == ("outside", "13900139000", "801", 45.0)
    assert device.out is not None
    assert device.out.service_class == "lead"
    refused = decided("extension:802", x802=forwards(always="outside:13900139000"))
    assert rung(refused) == [["802"]]
    assert "The forward of 802 to 13900139000 is not followed: its class of service does not permit it." in told(refused)
    abroad = decided("extension:801", x801=forwards(always="outside:00441632960001"))
    assert rung(abroad) == [["801"]]


def test_calls_to_the_boss_ring_at_the_secretaries() -> None:
    """Both secretaries ring; the secretaries themselves, named extensions and named numbers outside get through; so does everybody when it is ended."""
    assert rung(decided("extension:808", Caller("801", inside=True))) == [["809", "810"]]
    for caller in (Caller("809", inside=True), Caller("811", inside=True), Caller("02155501001")):
        assert rung(decided("extension:808", caller)) == [["808"]]
    assert rung(decided("extension:808", Caller("801", inside=True), busy="809")) == [["810"]]
    assert decided("extension:808", Caller("801", inside=True), busy="809 810").reason == "busy"
    assert rung(decided("extension:808", Caller("801", inside=True), x808=ExtensionServices(secretary=False))) == [["808"]]


def test_ring_groups_in_each_order() -> None:
    """At once; one after the other, twice round; more and more."""
    assert rung(decided("group:sales")) == [["801", "802", "803"], ["807"]]
    assert str(decided("group:sales").onward) == "queue:service"
    assert rung(decided("group:turn")) == [["804"], ["805"], ["804"], ["805"]]
    assert rung(decided("group:more")) == [["804"], ["804", "805"], ["804", "805", "806"]]


def test_who_cannot_ring_in_a_group_is_passed_over() -> None:
    """Busy, out of service, forwarded or not to be disturbed: the others ring; when nobody can, the call goes on at once."""
    decision = decided("group:sales", busy="801", x802=ExtensionServices(do_not_disturb=True))
    assert rung(decision) == [["803"], ["807"]]
    assert "802 does not ring: it forwards its calls or is not to be disturbed." in told(decision)
    nobody = decided("group:sales", busy="801 802 803", dead="807")
    assert (nobody.stages, str(nobody.onward)) == ((), "queue:service")


def test_the_same_group_is_not_rung_again() -> None:
    """A member's forward to the group leads nowhere twice; the group may be a forward's target."""
    assert rung(decided("extension:804", x804=forwards(always="group:turn"))) == [["805"], ["805"]]


TARGETS = st.sampled_from(
    [*(f"extension:{one}" for one in EXTENSIONS), "group:sales", "group:turn", "group:more", "outside:13900139000", "extension:999"]
)
SET = st.builds(
    ExtensionServices,
    forwards=st.dictionaries(st.sampled_from(["always", "busy", "no_answer", "unreachable"]), st.builds(Forward, TARGETS), max_size=4),
    do_not_disturb=st.booleans(),
    secretary=st.none() | st.booleans(),
    call_waiting=st.none() | st.booleans(),
)
SOME = st.frozensets(st.sampled_from(EXTENSIONS), max_size=6)


@settings(max_examples=150, deadline=None)
@given(
    place=st.sampled_from(["extension:801", "extension:808", "group:sales", "group:more"]),
    services=st.dictionaries(st.sampled_from(EXTENSIONS), SET),
    busy=SOME,
    dead=SOME,
    waits=SOME,
)
def test_whatever_is_set_it_ends_and_rings_nobody_twice_at_once(
    place: str, services: dict[str, ExtensionServices], busy: frozenset[str], dead: frozenset[str], waits: frozenset[str]
) -> None:
    """Any settings of all people together: few stages, each device once in each, no dead phone and no phone not to be disturbed, and every step a sentence."""
    state = RoutingState(busy=frozenset(f"extension:{one}" for one in busy), out_of_service=frozenset(f"extension:{one}" for one in dead))
    decision = ringing(parse_target(place), Caller(OUTSIDE), ROUTING, NOON, RingState(state, services, waits))
    assert len(decision.stages) <= 30
    for stage in decision.stages:
        numbers = [device.number for device in stage.devices]
        assert len(set(numbers)) == len(numbers) > 0
        for device in stage.devices:
            if device.kind == "extension":
                assert device.number not in dead
                assert device.number not in busy - waits
                assert not services.get(device.number, ExtensionServices()).do_not_disturb
    assert all(ring_step_said(step).in_english() for step in decision.steps)


def refused(extension: str, when: str, target: str, **set_for: ExtensionServices) -> str:
    services = {name.removeprefix("x"): one for name, one in set_for.items()}
    fault = forward_fault(extension, when, parse_target(target), ROUTING, NOON, RoutingState(), services)
    return "" if fault is None else f"{fault.said.in_english()} ({fault.prompt})"


def test_what_may_not_be_set_is_refused_in_words() -> None:
    """To oneself, in a circle, to nowhere, outside without the right, abroad without the right, to the fire brigade; and what may be set is."""
    assert refused("801", "always", "extension:801") == "Extension 801 cannot lead to itself. (forward_refused)"
    assert "in a circle: 801 → 802 → 801" in refused("801", "always", "extension:802", x802=forwards(always="extension:801"))
    assert refused("801", "busy", "extension:802", x802=forwards(busy="extension:801")) == ""
    assert refused("801", "always", "extension:999") == "There is no extension 999 to lead to. (number_unknown)"
    assert "may not forward outside: its class of service (staff)" in refused("802", "always", "outside:13900139000")
    assert "the class of service does not permit it" in refused("801", "busy", "outside:00441632960001")
    assert "emergency number 110" in refused("801", "busy", "outside:110")
    assert refused("801", "no_answer", "outside:13900139000") == ""
    assert refused("801", "unreachable", "group:sales") == ""
    assert Target("group", "sales") == parse_target("group:sales")


def test_a_chain_that_is_too_long_is_refused_when_it_is_set() -> None:
    """The sentence shows the whole chain."""
    chain = {f"x{here}": forwards(always=f"extension:{there}") for here, there in pairwise(EXTENSIONS[1:])}
    assert "more than 8 times: 801 → 802 →" in refused("801", "always", "extension:802", **chain)
