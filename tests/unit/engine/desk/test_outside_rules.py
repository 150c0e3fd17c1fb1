"""A desk phone's calls outside on a site with rules: what its user dials, hears and gets; and the emergency switch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine import facts
from engine.calls.routing.plan import compile_routing
from engine.desk.dialling import CallOutside, Plan, Reading, SwitchCondition, interpret
from engine.kernel.text import text_read
from engine.settings.site import (
    AccountCodeSection,
    DeskSection,
    NumberingSection,
    NumberListSection,
    OutboundRouteSection,
    ServiceClassSection,
    TimeConditionSection,
)
from tests.floor import Floor, a_site

PLAN = Plan(DeskSection(), frozenset(), frozenset({"801", "1123"}), switches={"*90": "office"}, emergency=frozenset({"110", "112"}))
MORE, NONSENSE = Reading(), Reading(hopeless=True)
ABROAD = "00441632960001"


@pytest.mark.parametrize(
    ("typed", "reading"),
    [
        ("110", Reading(CallOutside("110"), now=True)),
        ("11", MORE),
        ("112", MORE),
        ("0110", Reading(CallOutside("110"))),
        ("*90", Reading(SwitchCondition("office"), now=True)),
        ("*9", MORE),
        ("*61", MORE),
        ("*618642", MORE),
        ("*618642#", MORE),
        ("*618642#0", MORE),
        ("*618642#08", Reading(CallOutside("8", "8642"))),
        ("*618642#08#", Reading(CallOutside("8", "8642"), now=True)),
        ("*624711#08#", Reading(CallOutside("8", "", "4711"), now=True)),
        ("*61#", NONSENSE),
        ("*618642#8", NONSENSE),
        ("*618642##", NONSENSE),
        ("*618642*", NONSENSE),
        ("*61123456789", NONSENSE),
    ],
)
def test_what_is_typed_for_a_call_with_pin_account_or_in_need(typed: str, reading: Reading) -> None:
    """110 is dialled without a prefix, unless it begins an extension; a PIN or an account code stands before the number."""
    assert interpret(typed, PLAN) == reading


def test_a_pin_is_not_written_anywhere() -> None:
    """What a log shows of the act has no PIN in it."""
    assert "8642" not in repr(CallOutside("8", "8642"))


def a_floor(**more: Any) -> Floor:
    parts: dict[str, Any] = {
        "numbering": NumberingSection(area_code="021"),
        "service_classes": (
            ServiceClassSection(name="staff", daily_calls_most=2, call_most_min=1),
            ServiceClassSection(name="boss", level="international", after_hours_level="international", pin="8642", account_needed=True),
        ),
        "account_codes": (AccountCodeSection(code="4711"),),
        "time_conditions": (TimeConditionSection(name="office", switch_code="*90", switch_phones=("phone-1",)),),
        **more,
    }
    return Floor(replace(a_site(), **parts))


def dials(floor: Floor, keys: str, phone: int = 1) -> list[str]:
    """The handset is lifted, keys are pressed and #; what is spoken then."""
    if not floor.phone(phone).off_hook:
        floor.phone(phone).lift()
    floor.phone(phone).press(keys)
    floor.turn()
    return floor.bay.saying(floor.phone(phone).port)


def talked(floor: Floor, seconds: float) -> None:
    """The call just dialled is answered, lasts so long and ends."""
    line = next(line for line in floor.lines.values() if line.does == "seized")
    line.send_digits()
    line.far_answers()
    floor.clock.advance(seconds)
    floor.phone(1).hang_up()
    floor.clock.advance(3)


def test_a_call_abroad_is_refused_with_a_sentence_and_a_fact() -> None:
    """The user hears that the number may not be called; the fact names the class of service; no line is seized."""
    floor = a_floor()
    assert dials(floor, f"0{ABROAD}#") == ["zh/number_barred"]
    (refused,) = floor.told(facts.OutsideCallRefused)
    assert (refused.phone, refused.called, refused.rule, refused.reason) == ("phone-1", ABROAD, "staff", "level")
    assert all(line.does == "idle" for line in floor.lines.values())
    assert floor.bugs == []


def test_an_outbound_route_changes_digits_and_line() -> None:
    """What is dialled on the line is what the route says; the call's fact tells what was typed, by which route and class."""
    route = OutboundRouteSection(name="shenzhen", prefix="0755", strip_digits=4, least_digits=11, prepend="179", ways=("line-3",))
    floor = a_floor(outbound_routes=(route, OutboundRouteSection(name="rest")))
    dials(floor, "0075512345678#")
    assert (floor.line(3).does, floor.line(3).dialled) == ("seized", "17912345678")
    (permitted,) = floor.told(facts.OutsideCallPermitted)
    assert (permitted.dialled, permitted.route, permitted.service_class) == ("075512345678", "shenzhen", "staff")
    assert floor.bugs == []


def test_the_third_call_of_the_day_is_refused_and_raises_one_alarm() -> None:
    """Toll fraud stops at the limit: the phone hears it, somebody is alarmed once, and on the next day calls go out again."""
    floor = a_floor()
    for _ in range(2):
        assert dials(floor, "055501001#") == []
        talked(floor, 10)
    for _ in range(2):
        assert dials(floor, "055501001#") == ["zh/limit_reached"]
        floor.phone(1).hang_up()
        floor.clock.advance(1)
    (alarm,) = floor.told(facts.AlarmRaised)
    assert (alarm.alarm, alarm.about) == ("toll.limit", "phone-1")
    said = text_read(alarm.said)
    assert said is not None
    assert said.in_english() == alarm.sentence
    assert dials(floor, "0110") == []
    floor.phone(1).hang_up()
    assert floor.told(facts.AlarmCleared) == []
    floor.clock.advance(24 * 3600)
    assert floor.told(facts.AlarmCleared) == [facts.AlarmCleared(alarm="toll.limit", about="phone-1")]
    assert dials(floor, "055501001#") == []
    assert floor.bugs == []


def test_the_alarm_is_over_when_somebody_raises_the_limit() -> None:
    """A change that leaves the limit as it is leaves the alarm on; one that permits more calls ends it."""
    floor = a_floor()
    for _ in range(2):
        dials(floor, "055501001#")
        talked(floor, 10)
    dials(floor, "055501001#")
    for most, cleared in ((2, 0), (5, 1)):
        staff = replace(floor.site.service_classes[0], daily_calls_most=most)
        site = replace(floor.site, service_classes=(staff, *floor.site.service_classes[1:]))
        floor.router.apply(compile_routing(site))
        floor.control.apply(site)
        assert len(floor.told(facts.AlarmCleared)) == cleared
    assert floor.bugs == []


def test_a_call_that_lasts_too_long_is_ended() -> None:
    """A minute after the answer the call ends with a reason of its own; one that ended before has no such end."""
    floor = a_floor()
    dials(floor, "055501001#")
    floor.line(1).send_digits()
    floor.clock.advance(30)
    floor.line(1).far_answers()
    floor.clock.advance(59)
    assert floor.told(facts.CallEnded) == []
    floor.clock.advance(2)
    assert [end.reason for end in floor.told(facts.CallEnded)] == ["time_limit"]
    assert floor.bugs == []


def test_a_pin_and_an_account_open_the_world_for_one_call() -> None:
    """With the PIN of a class that needs an account the call is refused in words that say so; the class's own phone adds the account."""
    floor = a_floor()
    assert dials(floor, f"*618642#0{ABROAD}#") == ["zh/account_wanted"]
    floor.phone(1).hang_up()
    assert dials(floor, "*624711#055501001#") == []
    (permitted,) = floor.told(facts.OutsideCallPermitted)
    assert (permitted.service_class, permitted.account) == ("staff", "4711")
    assert not any("8642" in repr(envelope.fact) for envelope in floor.heard)
    assert floor.bugs == []


def test_guessing_a_pin_is_stopped() -> None:
    """After three wrong PINs in a row at a phone even the right one is refused there for a while."""
    floor = a_floor()
    for _ in range(3):
        assert dials(floor, "*611111#055501001#") == ["zh/wrong_pin"]
        floor.phone(1).hang_up()
        floor.clock.advance(1)
    assert dials(floor, "*618642#055501001#") == ["zh/locked_out"]
    floor.phone(1).hang_up()
    floor.clock.advance(601)
    assert dials(floor, "*618642#055501001#") == ["zh/account_wanted"]
    assert floor.bugs == []


def test_an_emergency_call_passes_everything() -> None:
    """A phone that may call nobody outside reaches 119, without any prefix."""
    black = NumberListSection(name="all", kind="black", numbers=(".",))
    floor = a_floor(service_classes=(ServiceClassSection(name="inner", level="internal"),), number_lists=(black,))
    assert dials(floor, "119") == []
    assert (floor.line(1).does, floor.line(1).dialled) == ("seized", "119")
    assert floor.told(facts.OutsideCallRefused) == []
    assert floor.bugs == []


def test_the_emergency_switch_by_phone() -> None:
    """The code closes, the code once more lets the hours count again; at a phone that may not it is no code."""
    floor = a_floor()
    assert dials(floor, "*90") == ["zh/condition_closed"]
    assert floor.router.memory.switched == {"office": "closed"}
    floor.phone(1).hang_up()
    assert dials(floor, "*90") == ["zh/condition_by_hours"]
    assert floor.router.memory.switched == {}
    assert [(fact.position, fact.by) for fact in floor.told(facts.TimeConditionSwitched)] == [("closed", "phone-1"), ("auto", "phone-1")]
    assert dials(floor, "*90", phone=2) == ["zh/number_unknown"]
    assert floor.bugs == []
