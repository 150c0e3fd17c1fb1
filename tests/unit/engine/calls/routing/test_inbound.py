"""Where calls from outside go, and what is said of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from engine.calls.routing.area import Area, AreaBook
from engine.calls.routing.decision import HOPS_MOST, Decision, IncomingCall, Outcome, RoutingState, outcome_said, step_said
from engine.calls.routing.inbound import next_target
from engine.calls.routing.plan import compile_routing
from engine.calls.routing.route import route
from engine.settings.build import build_site
from engine.settings.site import Site
from engine.settings.versions import node_of

AREAS = AreaBook([("0755", Area("广东省", "深圳市", "Guangdong", "Shenzhen")), ("021", Area("上海市", "上海市", "Shanghai", "Shanghai"))])
NOON = datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001  # local time of a site, a Monday
NIGHT = datetime(2026, 11, 23, 23, 0)  # noqa: DTZ001  # the same
NOBODY = RoutingState()
ROUTES: list[dict[str, Any]] = [
    {"name": "vip", "vip": "yes", "target": "extension:801", "on_busy": "queue:vip", "on_no_answer": "route:office"},
    {"name": "south", "areas": ["广东"], "condition": "office", "target": "queue:south"},
    {"name": "fax", "called": ["4008200199", "400820018X"], "target": "announcement:goodbye"},
    {"name": "office", "condition": "office", "target": "queue:service", "on_out_of_service": "flow:main"},
    {"name": "night", "condition": "office", "when": "closed", "target": "announcement:goodbye"},
]


def a_site(routes: list[dict[str, Any]] | None = None, **more: Any) -> Site:
    plain = {
        "numbering": {"area_code": "021"},
        "trunks": [{"name": "line-1", "channel": 1, "number": "02155501001"}, {"name": "line-2", "channel": 2}],
        "stations": [{"name": "phone-801", "channel": 5, "extension": "801"}],
        "queues": [{"name": name} for name in ("service", "vip", "south")],
        "flows": [{"name": "main", "queue": "service"}],
        "time_conditions": [{"name": "office", "title": "上班"}],
        "number_lists": [
            {"name": "golden", "kind": "vip", "numbers": ["13800138000"]},
            {"name": "nuisance", "kind": "black", "numbers": ["0755888.", "139."]},
            {"name": "friends", "kind": "white", "numbers": ["13900000001"]},
        ],
        "inbound_routes": ROUTES if routes is None else routes,
        **more,
    }
    return build_site(node_of(plain), "site.yaml")


def decided(
    caller: str = "",
    called: str = "",
    now: datetime = NOON,
    state: RoutingState = NOBODY,
    site: Site | None = None,
    **call: Any,
) -> Decision:
    line = call.pop("line", "line-1")
    return route(IncomingCall(line, line, caller, called, **call), compile_routing(site or a_site(), AREAS), now, state)


def english(decision: Decision) -> list[str]:
    return [step_said(step).in_english() for step in decision.steps]


@pytest.mark.parametrize(
    ("caller", "called", "now", "rule", "target"),
    [
        ("13800138000", "", NOON, "vip", "extension:801"),
        ("+8613800138000", "", NIGHT, "vip", "extension:801"),
        ("075512345678", "", NOON, "south", "queue:south"),
        ("075512345678", "", NIGHT, "night", "announcement:goodbye"),
        ("18600000000", "4008200199", NOON, "fax", "announcement:goodbye"),
        ("18600000000", "4008200187", NOON, "fax", "announcement:goodbye"),
        ("18600000000", "4008200177", NOON, "office", "queue:service"),
        ("", "", NIGHT, "night", "announcement:goodbye"),
    ],
)
def test_the_first_route_that_fits_decides(caller: str, called: str, now: datetime, rule: str, target: str) -> None:
    """A VIP reaches the director at any time, a caller from Guangdong the southern team by day, the fax number its announcement."""
    decision = decided(caller, called, now)
    assert (decision.outcome, decision.rule, str(decision.target)) == (Outcome.TARGET, rule, target)


def test_the_steps_say_why_each_route_was_passed_over() -> None:
    """Whoever asks why a call came where it came reads it rule by rule, to the one that decided."""
    assert english(decided("18600000000", "4008200177")) == [
        "Call by line-1 to 4008200177.",
        "Caller: 18600000000.",
        "Route vip: no, it is for VIPs.",
        "Route south: no, it is for callers from 广东.",
        "Route fax: no, it is for other called numbers.",
        "Route office: yes; open: hours from 09:00 until 18:00.",
        "It leads to queue service.",
    ]
    assert english(decided("075512345678", "", NIGHT))[1:4] == [
        "Caller: 075512345678 (广东省深圳市 / Shenzhen, Guangdong).",
        "Route vip: no, it is for VIPs.",
        "Route south: no, it holds while open; now closed: outside of the weekly hours.",
    ]


def test_the_lines_own_number_stands_for_a_called_number_that_did_not_come() -> None:
    """An analog line tells no called number: a route for the line's number fits its calls, and those of no other line."""
    site = a_site([{"name": "own", "called": ["02155501001"], "target": "queue:vip"}])
    assert decided(site=site).rule == "own"
    assert decided(site=site, line="line-2").outcome is Outcome.USUAL


def test_a_black_list_refuses_and_a_white_list_lets_through() -> None:
    """A nuisance caller is refused by name of the list; a friend among the same numbers is let through. A withheld number is on no list."""
    refused = decided("07558881234")
    assert (refused.outcome, refused.rule, refused.reason) == (Outcome.REFUSED, "nuisance", "black_list")
    assert outcome_said(refused).in_english() == "Refused by nuisance: the number is on a black list."
    assert decided("13900000002").outcome is Outcome.REFUSED
    friend = decided("13900000001")
    assert friend.outcome is Outcome.TARGET
    assert "The caller is on the white list friends: black lists do not count." in english(friend)
    assert decided("").outcome is Outcome.TARGET


def test_a_list_for_calls_outside_does_not_count_for_callers() -> None:
    """The direction of a list is kept."""
    lists = [{"name": "costly", "kind": "black", "direction": "outgoing", "numbers": ["139."]}]
    assert decided("13900000002", site=a_site(number_lists=lists)).outcome is Outcome.TARGET


def test_a_number_that_a_leader_has_listed_counts_at_once() -> None:
    """What was approved at noon refuses the next call."""
    state = RoutingState(listed={"nuisance": frozenset({"18600000000"}), "gone": frozenset({"18700000000"})})
    assert decided("18600000000", state=state).rule == "nuisance"
    assert decided("18700000000", state=state).outcome is Outcome.TARGET


def test_nothing_is_decided_by_a_doubtful_number() -> None:
    """A number misheard in noise makes nobody a VIP, and refuses nobody."""
    assert decided("13800138000", doubtful=True).rule == "office"
    assert decided("13900000002", doubtful=True).outcome is Outcome.TARGET
    assert english(decided("13800138000", doubtful=True))[1] == "The caller's number is doubtful: nothing is decided by it."


def test_busy_and_broken_targets_lead_on() -> None:
    """The VIP whose director talks comes to the VIP queue; when nobody is logged in for the service queue the flow answers."""
    busy = decided("13800138000", state=RoutingState(busy=frozenset({"extension:801"})))
    assert (busy.rule, str(busy.target)) == ("vip", "queue:vip")
    assert "extension:801 is busy: it goes on to queue vip." in english(busy)
    empty = decided(state=RoutingState(out_of_service=frozenset({"queue:service"})))
    assert str(empty.target) == "flow:main"
    stays = decided(state=RoutingState(busy=frozenset({"queue:service"})))
    assert str(stays.target) == "queue:service"
    assert "queue:service is busy, and the route says nothing of that: it stays." in english(stays)


def test_an_unanswered_phone_leads_on_by_another_route() -> None:
    """Nobody lifts at the director's: the office's route goes on, by its own rules from there."""
    routing = compile_routing(a_site(), AREAS)
    first = decided("13800138000")
    following = next_target(first, "no_answer", routing, NOBODY)
    assert following is not None
    assert (following.rule, str(following.target)) == ("office", "queue:service")
    assert next_target(following, "no_answer", routing, NOBODY) is None


def test_no_route_means_the_lines_own_flow() -> None:
    """A site whose routes do not speak of a call goes on as before it had any."""
    decision = decided(site=a_site([ROUTES[2]]))
    assert (decision.outcome, decision.target) == (Outcome.USUAL, None)
    assert outcome_said(decision).in_english() == "The flow of the line answers."


def test_what_is_led_on_too_often_ends() -> None:
    """A chain of busy targets comes to an end by number, whatever the settings say."""
    chain: list[dict[str, Any]] = [{"name": f"r{number}", "target": f"route:r{number + 1}"} for number in range(HOPS_MOST + 2)]
    for number, one in enumerate(chain):
        one["called"] = [f"{number}"]
    routes = [*chain, {"name": f"r{HOPS_MOST + 2}", "target": "queue:vip"}]
    decision = decided(called="0", site=a_site(routes))
    assert (decision.outcome, decision.reason, decision.hops) == (Outcome.REFUSED, "too_many_hops", HOPS_MOST + 1)


def test_the_same_question_has_the_same_answer() -> None:
    """A decision depends on nothing but what it is asked."""
    assert decided("075512345678") == decided("075512345678")
