"""Which calls outside are permitted, what is dialled for them, and by which trunks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from engine.calls.routing.decision import DayUse, Decision, Outcome, OutgoingCall, RoutingState, outcome_said, step_said
from engine.calls.routing.plan import compile_routing
from engine.calls.routing.route import route
from engine.settings.build import build_site
from engine.settings.site import Site
from engine.settings.versions import node_of

NOON = datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001  # local time of a site, a Monday
NIGHT = datetime(2026, 11, 23, 23, 0)  # noqa: DTZ001  # the same
HOLIDAY = datetime(2026, 10, 1, 12, 0)  # noqa: DTZ001  # the same
NOBODY = RoutingState()
ABROAD = "00441632960001"
ROUTES: list[dict[str, Any]] = [
    {"name": "long-distance", "prefix": "0", "ways": ["line-2"], "prepend": "17909"},
    {"name": "shenzhen", "prefix": "0755", "strip_digits": 4, "least_digits": 11, "most_digits": 12, "ways": ["line-1", "line-2"]},
    {"name": "abroad", "prefix": "00"},
    {"name": "rest"},
]
CLASSES: list[dict[str, Any]] = [
    {"name": "staff", "level": "national", "permitted": ["00852."], "barred": ["0900."]},
    {"name": "boss", "level": "international", "phones": ["phone-801"], "pin": "8642"},
    {"name": "lobby", "level": "local", "phones": ["phone-802"], "agents": ["1001"]},
    {"name": "kitchen", "level": "internal", "phones": ["phone-803"]},
]


def a_site(**more: Any) -> Site:
    plain = {
        "numbering": {"area_code": "021"},
        "trunks": [{"name": f"line-{number}", "channel": number} for number in (1, 2)],
        "stations": [{"name": f"phone-80{number}", "channel": 4 + number, "extension": f"80{number}"} for number in range(1, 5)],
        "agents": [{"number": "1001", "pin": "2580"}],
        "number_lists": [{"name": "costly", "kind": "black", "direction": "outgoing", "numbers": ["0700."]}],
        "service_classes": CLASSES,
        **more,
    }
    return build_site(node_of(plain), "site.yaml")


def decided(number: str, phone: str = "phone-804", now: datetime = NOON, state: RoutingState = NOBODY, **rest: Any) -> Decision:
    site = rest.pop("site", None) or a_site()
    return route(OutgoingCall(phone, number, **rest), compile_routing(site), now, state)


def english(decision: Decision) -> list[str]:
    return [step_said(step).in_english() for step in decision.steps]


@pytest.mark.parametrize(
    ("number", "rule", "dialled", "ways"),
    [
        ("075512345678", "shenzhen", "12345678", ("line-1", "line-2")),
        ("0755123456789", "long-distance", "179090755123456789", ("line-2",)),
        ("01088886666", "long-distance", "1790901088886666", ("line-2",)),
        ("55501001", "rest", "55501001", ()),
    ],
)
def test_the_longest_beginning_decides(number: str, rule: str, dialled: str, ways: tuple[str, ...]) -> None:
    """Shenzhen has a way of its own, with the area code taken off; other long-distance calls get the carrier's digits; the rest goes as dialled."""
    decision = decided(number, site=a_site(outbound_routes=ROUTES))
    assert (decision.outcome, decision.rule, decision.number, decision.ways) == (Outcome.OUT, rule, dialled, ways)


def test_the_steps_tell_which_routes_were_weighed() -> None:
    """Whoever asks why a call goes by the second line reads it."""
    assert english(decided("01088886666", site=a_site(outbound_routes=ROUTES)))[:6] == [
        "Phone phone-804 calls 01088886666.",
        "Route shenzhen: no, it is for numbers that begin otherwise.",
        "Route abroad: no, it is for numbers that begin otherwise.",
        "Route rest: fits, but long-distance has the longer beginning.",
        "Route long-distance: yes; it dials 1790901088886666.",
        "It is tried by line-2.",
    ]


def test_a_number_without_route_is_refused() -> None:
    """A site whose routes know only Shenzhen calls nobody else."""
    decision = decided("01088886666", site=a_site(outbound_routes=ROUTES[1:2]))
    assert (decision.outcome, decision.reason) == (Outcome.REFUSED, "no_route")


@pytest.mark.parametrize("number", a_site().desk.emergency_numbers)
@pytest.mark.parametrize("phone", ["phone-801", "phone-803"])
def test_nothing_stops_an_emergency_call(number: str, phone: str) -> None:
    """From the kitchen's phone, at its daily limit, at night, with the number on a black list and no route for it: 110 is dialled as it is."""
    lists = [{"name": "all", "kind": "black", "numbers": ["."]}]
    site = a_site(number_lists=lists, outbound_routes=[{"name": "abroad", "prefix": "00", "prepend": "9"}])
    state = RoutingState(today={phone: DayUse(100_000, 1e9)})
    decision = decided(number, phone, NIGHT, state, site=site)
    assert (decision.outcome, decision.number, decision.ways, decision.longest_s) == (Outcome.EMERGENCY, number, (), 0.0)


@pytest.mark.parametrize(
    ("phone", "agent", "number", "reason"),
    [
        ("phone-803", "", "55501001", "level"),
        ("phone-802", "", "55501001", ""),
        ("phone-802", "", "01088886666", "level"),
        ("phone-804", "", "01088886666", ""),
        ("phone-804", "", ABROAD, "level"),
        ("phone-804", "", "0085212345678", ""),
        ("phone-804", "", "09001234567", "barred"),
        ("phone-804", "1001", "01088886666", "level"),
        ("phone-801", "", ABROAD, ""),
    ],
)
def test_the_class_of_phone_or_agent_decides(phone: str, agent: str, number: str, reason: str) -> None:
    """Kitchen: nobody outside. Lobby: the city. Staff: the country and Hong Kong by name. An agent's class counts and not the phone's."""
    decision = decided(number, phone, agent=agent)
    assert decision.reason == reason
    assert (decision.outcome is Outcome.OUT) == (reason == "")


@pytest.mark.parametrize("now", [NIGHT, HOLIDAY])
def test_calls_abroad_end_with_the_hours(now: datetime) -> None:
    """Without any setting of it nobody calls abroad at night or on a holiday; the country stays permitted."""
    abroad = decided(ABROAD, "phone-801", now)
    assert (abroad.outcome, abroad.reason) == (Outcome.REFUSED, "after_hours")
    assert outcome_said(abroad).in_english() == "Refused by boss: the class of service does not permit it after hours."
    assert decided("01088886666", "phone-801", now).outcome is Outcome.OUT


def test_a_pin_gives_another_class_for_one_call() -> None:
    """The director calls abroad from the lobby; a guessed PIN gives nothing."""
    assert decided(ABROAD, "phone-802", pin="8642").service_class == "boss"
    wrong = decided(ABROAD, "phone-802", pin="1111")
    assert (wrong.outcome, wrong.reason) == (Outcome.REFUSED, "pin_wrong")
    assert "8642" not in repr(OutgoingCall("phone-802", ABROAD, pin="8642"))


def test_an_account_code_that_is_needed() -> None:
    """A class that books its calls asks for an account that there is."""
    classes = [{"name": "projects", "account_needed": True}]
    site = a_site(service_classes=classes, account_codes=[{"code": "4711", "title": "Bridge"}])
    assert decided("55501001", site=site).reason == "account_missing"
    assert decided("55501001", site=site, account="4712").reason == "account_unknown"
    permitted = decided("55501001", site=site, account="4711")
    assert (permitted.outcome, permitted.account) == (Outcome.OUT, "4711")


@pytest.mark.parametrize(
    ("use", "reason"), [(DayUse(99, 0), ""), (DayUse(100, 0), "calls_limit"), (DayUse(1, 17_999), ""), (DayUse(1, 18_000), "talk_limit")]
)
def test_the_limits_of_a_day(use: DayUse, reason: str) -> None:
    """The hundred and first call of a phone on one day is refused, and one after five hours of talk: that is so without any setting."""
    decision = decided("55501001", state=RoutingState(today={"phone-804": use}))
    assert decision.reason == reason
    assert decision.longest_s == (0.0 if reason else 7200.0)


def test_a_black_list_for_calls_outside() -> None:
    """Nobody calls the numbers that cost."""
    decision = decided("07001234567", "phone-801")
    assert (decision.outcome, decision.rule, decision.reason) == (Outcome.REFUSED, "costly", "black_list")


def test_a_site_without_rules_calls_as_before() -> None:
    """No routes, no classes: every number by every line, for as long as one likes."""
    decision = decided(ABROAD, site=a_site(service_classes=[]))
    assert (decision.outcome, decision.number, decision.ways, decision.longest_s) == (Outcome.OUT, ABROAD, (), 0.0)
    assert outcome_said(decision).in_english() == f"It goes out as {ABROAD} by any outgoing line."
