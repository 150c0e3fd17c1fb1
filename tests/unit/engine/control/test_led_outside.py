"""A call from outside is led on to a number outside: the caller talks to a mobile phone, and the site pays for it within its limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine import facts
from engine.settings.site import InboundRouteSection, NumberingSection, ServiceClassSection, TariffBand, TariffSection
from engine.telephony.causes import Cause, Release
from tests.floor import Floor, a_site

MOBILE = "13911112222"


def a_floor(**more: Any) -> Floor:
    minute = TariffBand(name="all", first_price_li=600, next_price_li=600)
    parts: dict[str, Any] = {
        "numbering": NumberingSection(area_code="021", outside_class="led", ring_timeout_s=20),
        "service_classes": (ServiceClassSection(name="staff"), ServiceClassSection(name="led", daily_calls_most=2, call_most_min=2)),
        "inbound_routes": (InboundRouteSection(name="night", target=f"outside:{MOBILE}", on_no_answer="queue:service"),),
        "tariffs": (
            TariffSection(name="mobile", bands=(minute,)),
            TariffSection(name="hotline", direction="incoming", bands=(TariffBand(first_price_li=100),)),
        ),
        **more,
    }
    return Floor(replace(a_site(), **parts))


def dialled(floor: Floor) -> Any:
    return next(line for line in floor.lines.values() if line.dialled == MOBILE)


def test_a_caller_talks_to_the_mobile_phone() -> None:
    """The caller is answered when the mobile phone is, hears it, and both lines are charged: what comes in, and what goes out for it."""
    floor = a_floor()
    call = floor.calling(1)
    line = dialled(floor)
    assert floor.told(facts.CallAnswered) == []
    line.send_digits()
    floor.clock.advance(5)
    line.far_answers()
    floor.turn()
    assert floor.bay.hears(floor.line(1).port, line.port)
    assert floor.bay.hears(line.port, floor.line(1).port)
    (led,) = floor.told(facts.CallLedOutside)
    assert (led.call, led.by, led.line, led.dialled, led.service_class) == (call.id, "line-1", line.name, MOBILE, "led")
    floor.clock.advance(61)
    floor.line(1).hang_up()
    floor.clock.advance(3)
    assert [(fact.call, fact.direction, fact.number, fact.tariff, fact.price_li) for fact in floor.told(facts.CallCharged)] == [
        (call.id, "incoming", "13800138000", "hotline", 100),
        (call.id, "outgoing", MOBILE, "mobile", 1200),
    ]
    assert floor.bugs == []


def test_the_class_limits_what_is_led_outside() -> None:
    """A call is ended after two minutes; after two calls of a day by a line the third goes on to the queue."""
    floor = a_floor(inbound_routes=(InboundRouteSection(name="night", target=f"outside:{MOBILE}", on_out_of_service="queue:service"),))
    floor.login("1001")
    for _ in range(2):
        floor.calling(1)
        line = dialled(floor)
        line.send_digits()
        line.far_answers()
        floor.clock.advance(125)
    assert [end.reason for end in floor.told(facts.CallEnded)] == ["time_limit", "time_limit"]
    floor.clock.advance(10)
    floor.calling(1)
    assert [(refused.phone, refused.rule, refused.reason) for refused in floor.told(facts.OutsideCallRefused)] == [
        ("line-1", "led", "calls_limit")
    ]
    floor.clock.advance(10)
    assert len(floor.told(facts.CallQueued)) == 1
    assert floor.bugs == []


def test_nobody_answers_outside() -> None:
    """After the time for it the caller goes on to the queue, and pays nothing for the mobile phone; nor does the site."""
    floor = a_floor()
    call = floor.calling(1)
    dialled(floor).send_digits()
    floor.clock.advance(40)
    assert [queued.call for queued in floor.told(facts.CallQueued)] == [call.id]
    floor.line(1).hang_up()
    floor.clock.advance(3)
    assert [fact.direction for fact in floor.told(facts.CallCharged)] == ["incoming"]
    assert floor.bugs == []


def test_the_mobile_phone_is_busy() -> None:
    """The exchange says so: the call ends with the cause, as nothing is said of that."""
    floor = a_floor()
    floor.calling(1)
    line = dialled(floor)
    line.send_digits()
    line.hang_up("busy", Cause.USER_BUSY)
    floor.clock.advance(3)
    assert [end.cause for end in floor.told(facts.CallEnded)] == [int(Cause.USER_BUSY)]
    assert Release(Cause.USER_BUSY, "busy").value == int(Cause.USER_BUSY)
    assert floor.bugs == []
