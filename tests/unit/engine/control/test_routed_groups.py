"""Calls outside that the site's routes lead to trunk groups and lines: the order of the ways, the groups' own rules, and emergency calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine import facts
from engine.control.control import ActRefused
from engine.people.actors import Actor, Role
from engine.settings.site import OutboundRouteSection, ServiceClassSection
from engine.settings.trunk_group import TrunkGroupSection
from engine.telephony.causes import Cause
from tests.floor import Floor, a_site

FAR = "01088886666"


def a_floor(*routes: dict[str, Any], **more: Any) -> Floor:
    """Group ``city`` of lines 1 and 2, which carries one call at once, group ``far`` of line 3; line 4 is in none. Without routes of its own: the usual ones."""
    city = TrunkGroupSection(name="city", trunks=("line-1", "line-2"), concurrent_most=1)
    far = TrunkGroupSection(name="far", trunks=("line-3",), caller_number="88883333")
    usual = ({"name": "long-distance", "prefix": "0", "prepend": "17909", "ways": ("far",)}, {"name": "rest", "ways": ("city", "line-4")})
    sections = tuple(OutboundRouteSection(**{"name": f"r{number}", **one}) for number, one in enumerate(routes or usual))
    return Floor(replace(a_site(), **{"trunk_groups": (city, far), "outbound_routes": sections, **more}))


def calls(floor: Floor, number: str, phone: int = 1) -> str:
    """The phone calls out; the line of the first attempt, or why there is none."""
    floor.phone(phone).lift()
    try:
        floor.control.call_outside(Actor(Role.AGENT, f"phone-{phone}"), f"phone-{phone}", number)
    except ActRefused as refusal:
        return f"{refusal} [{refusal.prompt}]"
    placed = floor.switch.phones[f"phone-{phone}"].call
    assert placed is not None
    return placed.line


def placed(floor: Floor) -> list[tuple[str, str, str]]:
    return [(fact.line, fact.group, fact.wanted_group) for fact in floor.told(facts.CallPlaced)]


def test_the_route_chooses_the_group_and_the_digits() -> None:
    """A long-distance call goes by the group of its route, with the carrier's digits and the group's caller number."""
    floor = a_floor()
    assert calls(floor, FAR) == "line-3"
    assert (floor.line(3).dialled, floor.line(3).presented) == (f"17909{FAR}", "88883333")
    assert placed(floor) == [("line-3", "far", "")]
    assert [(fact.route, fact.dialled) for fact in floor.told(facts.OutsideCallPermitted)] == [("long-distance", FAR)]
    assert floor.bugs == []


def test_a_group_at_its_limit_leaves_the_call_to_the_next_way() -> None:
    """The second call in town goes by the line that the route names after the group, and the limit is told."""
    floor = a_floor()
    assert [calls(floor, "55501001", phone) for phone in (1, 2)] == ["line-1", "line-4"]
    assert placed(floor) == [("line-1", "city", ""), ("line-4", "line-4", "city")]
    assert [(fact.group, fact.limit) for fact in floor.told(facts.GroupLimitReached)] == [("city", "concurrent_calls")]
    assert calls(floor, "55501002", 3).startswith("Trunk group city carries 1 outgoing calls at once")
    assert floor.bugs == []


def test_a_refused_attempt_is_tried_by_the_next_way_when_the_cause_permits_it() -> None:
    """The exchange behind the group has no circuit: the route's next way is tried. A called party who is busy stays busy."""
    floor = a_floor({"ways": ("far", "line-4")})
    assert calls(floor, FAR) == "line-3"
    floor.line(3).send_digits()
    floor.line(3).hang_up("congested", Cause.NO_CIRCUIT_AVAILABLE)
    assert (floor.line(4).dialled, floor.line(4).presented) == (FAR, "")
    assert [(fact.group, fact.next_group) for fact in floor.told(facts.CallRerouted)] == [("far", "line-4")]
    floor.line(4).send_digits()
    floor.line(4).hang_up("busy", Cause.USER_BUSY)
    assert [fact.cause for fact in floor.told(facts.CallEnded)] == [17]
    assert floor.line(1).dialled == ""
    assert floor.bugs == []


def test_a_call_that_no_way_takes_is_told_as_it_was_dialled() -> None:
    """All lines of the route are in use: the caller hears it, and the fact names the number that was wanted, not the carrier's digits."""
    floor = a_floor()
    calls(floor, FAR)
    assert calls(floor, "0755123456", 2) == "No exchange line is free. [lines_busy]"
    (refused,) = floor.told(facts.OutgoingCallRefused)
    assert (refused.called, refused.group, refused.reason) == ("0755123456", "far", "all_busy")
    assert floor.told(facts.OutsideCallRefused) == []
    assert floor.bugs == []


def test_a_line_alone_that_does_not_work_is_named() -> None:
    """A route by one line, which is dead: the sentence says which one."""
    floor = a_floor({"ways": ("line-4",)})
    floor.line(4).die("alarm")
    floor.turn()
    assert calls(floor, FAR) == "Trunk line-4 is out of service. [lines_busy]"
    assert [fact.reason for fact in floor.told(facts.OutgoingCallRefused)] == ["out_of_service"]


@pytest.mark.parametrize("routes", [({"prefix": "00"},), ({"ways": ("far",)},)])
def test_one_list_of_emergency_numbers_passes_routes_classes_and_limits(routes: tuple[dict[str, Any], ...]) -> None:
    """A number of the site's own list is dialled as it is from a phone that may call nobody, though the group of outside calls is at its limit."""
    nobody = ServiceClassSection(name="nobody", level="internal", daily_calls_most=1)
    site = a_site()
    desk = replace(site.desk, emergency_numbers=("999",), outside_group="city")
    floor = a_floor(*routes, service_classes=(nobody,), desk=desk)
    assert floor.control.emergency_numbers == {"999"}
    assert [calls(floor, "999", phone) for phone in (1, 2)] == ["line-1", "line-2"]
    assert "[number_" in calls(floor, "110", 3)
    assert floor.bugs == []


def test_without_routes_the_group_for_outside_calls_is_used() -> None:
    """A site with groups and no routes calls out as before, by the group that its dialling codes name, and the decision says so."""
    desk = replace(a_site().desk, outside_group="far")
    floor = a_floor(outbound_routes=(), desk=desk)
    assert calls(floor, FAR) == "line-3"
    assert floor.told(facts.OutsideCallPermitted) == []
    assert floor.bugs == []
