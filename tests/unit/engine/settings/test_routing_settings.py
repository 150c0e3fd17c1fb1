"""Settings of numbering and routing: what does not fit together is refused with a sentence, and names follow."""

from __future__ import annotations

from typing import Any

import pytest

from engine.settings.build import build_site
from engine.settings.china_holidays import china_holidays
from engine.settings.edit import named_choices, needed_by, with_entry, without_entry
from engine.settings.faults import SiteFaults, path_shown
from engine.settings.site import Site
from engine.settings.versions import node_of

PLAIN: dict[str, Any] = {
    "trunks": [{"name": "line-1", "channel": 1, "flow": "main"}, {"name": "line-2", "channel": 2, "outgoing": False}],
    "spans": [{"name": "e1"}],
    "e1_trunks": [{"name": "pri", "span": "e1", "order": "ascending", "channels": "1-3"}],
    "stations": [{"name": "phone-801", "channel": 5, "extension": "801"}, {"name": "phone-802", "channel": 6, "extension": "802"}],
    "agents": [{"number": "1001", "pin": "2580"}],
    "queues": [{"name": "service"}],
    "flows": [{"name": "main", "queue": "service"}],
    "time_conditions": [{"name": "office"}],
    "number_lists": [{"name": "golden", "kind": "vip"}],
    "service_classes": [{"name": "staff"}],
}


def site(**more: Any) -> Site:
    return build_site(node_of({**PLAIN, **more}), "site.yaml")


def faults(**more: Any) -> dict[str, str]:
    """Every fault by its place."""
    try:
        site(**more)
    except SiteFaults as wrong:
        return {path_shown(fault.path): fault.said.in_english() for fault in wrong.faults}
    return {}


def inbound(*routes: dict[str, Any]) -> dict[str, Any]:
    return {"inbound_routes": [{"name": f"r{number}", "called": [str(number)], **one} for number, one in enumerate(routes)]}


def outbound(*routes: dict[str, Any]) -> dict[str, Any]:
    return {"outbound_routes": [{"name": f"r{number}", **one} for number, one in enumerate(routes)]}


WRONG: list[tuple[dict[str, Any], str, str]] = [
    # where calls from outside go
    (inbound({"target": "queue:sales"}), "inbound_routes[0].target", "there is no queue sales; expected one of service"),
    (inbound({"target": "mailbox:1"}), "inbound_routes[0].target", "there is no kind of target mailbox; expected one of extension, queue"),
    (inbound({"target": "extension:803"}), "inbound_routes[0].target", "there is no extension 803; expected one of 801, 802"),
    (
        inbound({"target": "outside:10086"}),
        "inbound_routes[0].target",
        "calls are led outside only when a class of service says how far: set numbering.outside_class",
    ),
    (inbound({"target": "queue"}), "inbound_routes[0].target", "there is no queue -; expected one of service"),
    (inbound({"target": "route:r0"}), "inbound_routes[0].target", "in a circle (r0 → r0)"),
    (
        inbound(
            {"target": "queue:service", "on_busy": "route:r1"}, {"target": "route:r2"}, {"target": "flow:main", "on_no_answer": "route:r0"}
        ),
        "inbound_routes[2].on_no_answer",
        "in a circle (r2 → r0 → r1 → r2)",
    ),
    (
        inbound({"target": "flow:main", "trunks": ["line-9"]}),
        "inbound_routes[0].trunks[0]",
        "there is no trunk line-9; expected one of line-1",
    ),
    (inbound({"target": "flow:main", "lists": ["silver"]}), "inbound_routes[0].lists[0]", "there is no number list silver"),
    (inbound({"target": "flow:main", "condition": "shop"}), "inbound_routes[0].condition", "there is no time condition shop"),
    (inbound({"target": "flow:main", "called": ["13x"]}), "inbound_routes[0].called[0]", 'found "13x"; expected numbers such as'),
    (
        inbound({"target": "flow:main", "called": []}, {"target": "queue:service", "vip": "yes"}),
        "inbound_routes[1].name",
        "no call ever comes here: r0 before it takes every one",
    ),
    # which way calls go out
    (outbound({"ways": ["line-9"]}), "outbound_routes[0].ways[0]", "there is no trunk group, exchange line or E1 trunk line-9"),
    (outbound({"ways": ["line-1", "line-2"]}), "outbound_routes[0].ways[1]", "line-2 carries no outgoing calls: let it carry them"),
    (outbound({"least_digits": 9, "most_digits": 8}), "outbound_routes[0].most_digits", "8 digits at most are fewer than 9"),
    (outbound({"strip_digits": 4}), "outbound_routes[0].strip_digits", "nothing would be left to dial of a number with 1 digits"),
    (outbound({"prefix": "13"}, {"prefix": "13"}), "outbound_routes[1].prefix", "13. (2–32) would fit this route and r0 alike"),
    (outbound({"prefix": "1X8"}, {"prefix": "13X"}), "outbound_routes[1].prefix", "138. (3–32) would fit this route and r0 alike"),
    (
        outbound({"prefix": "0", "least_digits": 8, "most_digits": 11}, {"prefix": "0", "least_digits": 11, "most_digits": 12}),
        "outbound_routes[1].prefix",
        "0. (11) would fit",
    ),
    (outbound({"prefix": "1.2"}), "outbound_routes[0].prefix", "expected digits; X any digit"),
    # who may
    ({"service_classes": [{"name": "a", "phones": ["phone-9"]}]}, "service_classes[0].phones[0]", "there is no phone phone-9"),
    ({"service_classes": [{"name": "a", "agents": ["9"]}]}, "service_classes[0].agents[0]", "there is no agent 9"),
    ({"service_classes": [{"name": "a", "hours": "shop"}]}, "service_classes[0].hours", "there is no time condition shop"),
    (
        {"service_classes": [{"name": "a", "phones": ["phone-801"]}, {"name": "b", "phones": ["phone-801"]}]},
        "service_classes[1].phones[0]",
        "phone-801 is given twice",
    ),
    ({"service_classes": [{"name": "a", "pin": "1234"}, {"name": "b", "pin": "1234"}]}, "service_classes[1].pin", "a has this PIN already"),
    ({"service_classes": [{"name": "a", "account_needed": True}]}, "service_classes[0].account_needed", "there is no account code yet"),
    ({"number_lists": [{"name": "a"}, {"name": "a"}]}, "number_lists[1].name", "a is given twice"),
    # when
    ({"holidays": [{"name": "h", "first": "2026-02-30"}]}, "holidays[0].first", "2026-02-30 is no day of the calendar"),
    ({"holidays": [{"name": "h", "first": "2026-02-03", "last": "2026-02-01"}]}, "holidays[0].last", "2026-02-01 is before 2026-02-03"),
    ({"holidays": [{"name": "h", "first": "2026-02-03", "last": "2026-05-01"}]}, "holidays[0].last", "more than 40 days"),
    (
        {
            "holidays": [
                {"name": "a", "first": "2026-10-01", "last": "2026-10-07"},
                {"name": "b", "first": "2026-10-06", "last": "2026-10-08"},
            ]
        },
        "holidays[1].first",
        "2026-10-06 is a day of a already",
    ),
    (
        {"holidays": [{"name": "a", "first": "2026-10-01", "last": "2026-10-04", "work_days": ["2026-10-03"]}]},
        "holidays[0].work_days[0]",
        "2026-10-03 is a day off (a) and cannot be worked",
    ),
    (
        {"holidays": [{"name": "a", "first": "2026-10-01", "work_days": ["2026-10-12"]}]},
        "holidays[0].work_days[0]",
        "is no Saturday or Sunday",
    ),
    (
        {"time_conditions": [{"name": "office", "weekly": [{"name": "a", "days": "5-1"}]}]},
        "time_conditions[0].weekly[0].days",
        "5-1 runs backwards",
    ),
    (
        {"time_conditions": [{"name": "office", "weekly": [{"name": "a", "begin": "09:00", "end": "09:00"}]}]},
        "time_conditions[0].weekly[0].begin",
        "from 09:00 until 09:00 is no time",
    ),
    (
        {"time_conditions": [{"name": "office", "exceptions": [{"name": "a", "first": "2026-10-01", "begin": "12:00", "end": "11:00"}]}]},
        "time_conditions[0].exceptions[0].end",
        "is no time of one day",
    ),
    (
        {"time_conditions": [{"name": "office", "weekly": [{"name": "a"}, {"name": "a", "begin": "20:00", "end": "22:00"}]}]},
        "time_conditions[0].weekly[1].name",
        "a is given twice",
    ),
    ({"time_conditions": [{"name": "office", "switch_code": "*1"}]}, "time_conditions[0].switch_code", "*1 cannot be told from *11"),
    (
        {"time_conditions": [{"name": "office", "switch_code": "*90"}, {"name": "b", "switch_code": "*90"}]},
        "time_conditions[1].switch_code",
        "*90 cannot be told from *90 (time_conditions[0].switch_code)",
    ),
    ({"time_conditions": [{"name": "office", "switch_phones": ["x"]}]}, "time_conditions[0].switch_phones[0]", "there is no phone x"),
    ({"desk": {"pin_call_code": "*11"}}, "desk.pin_call_code", "*11 is given twice"),
]


@pytest.mark.parametrize(("more", "place", "said"), WRONG)
def test_what_does_not_fit_is_refused_at_its_place(more: dict[str, Any], place: str, said: str) -> None:
    """Whoever saves it reads at the field what is wrong and what to do."""
    found = faults(**more)
    assert said in found.get(place, ""), found


def test_what_fits_is_taken() -> None:
    """Routes to every kind of target, chains that end, and longer beginnings before shorter ones are no faults."""
    routes = inbound(
        {"target": "extension:801", "on_busy": "queue:service", "on_no_answer": "route:r4"},
        {"target": "flow:main", "condition": "office", "trunks": ["pri"], "areas": ["广东"]},
        {"target": "queue:service", "called": ["95XXX"]},
        {"target": "announcement:goodbye", "lists": ["golden"]},
        {"target": "queue:service", "called": []},
        {"target": "queue:service", "called": [], "condition": "office", "when": "closed"},
    )
    del routes["inbound_routes"][5]
    ways = outbound({"prefix": "0755", "ways": ["pri", "line-1"]}, {"prefix": "075"}, {"prefix": "07X"}, {"prefix": ""})
    assert faults(**routes, **ways) == {}


def test_the_calendar_that_is_shipped_is_sound() -> None:
    """A new site begins with this year's and next year's holidays, which the page takes as they are."""
    assert site().holidays == china_holidays()
    assert faults() == {}


def test_a_renamed_target_is_followed_and_a_needed_one_stays() -> None:
    """Whoever renames a queue or a time condition breaks no route; whoever removes one is told which route needs it."""
    routes = inbound({"target": "queue:service", "on_busy": "flow:main", "condition": "office"})
    before = site(**routes)
    renamed = with_entry(with_entry(before, "queues", "service", {"name": "sales"}), "flows", "main", {"name": "front"})
    renamed = with_entry(renamed, "time_conditions", "office", {"name": "shop"})
    (route,) = renamed.inbound_routes
    assert (route.target, route.on_busy, route.condition) == ("queue:sales", "flow:front", "shop")
    assert needed_by(before, "queues", "service") == (("flows", "main"), ("inbound_routes", "r0"))
    with pytest.raises(SiteFaults, match="there is no flow main"):
        without_entry(before, "flows", "main")


def test_who_leaves_the_house_leaves_the_class() -> None:
    """A removed phone or agent leaves its class of service by itself, and the form offers those that there are."""
    before = site(service_classes=[{"name": "staff", "phones": ["phone-801", "phone-802"], "agents": ["1001"]}])
    assert without_entry(before, "stations", "phone-801").service_classes[0].phones == ("phone-802",)
    assert without_entry(before, "agents", "1001").service_classes[0].agents == ()
    assert named_choices(before, "service_classes")["phones"] == (("phone-801", ""), ("phone-802", ""))


GROUPED: dict[str, Any] = {
    "trunk_groups": [{"name": "city", "trunks": ["line-1", "pri"]}],
    **outbound({"ways": ["city", "pri", "line-1"]}),
    **inbound({"target": "queue:service", "trunks": ["pri", "line-1"]}),
}


def test_a_renamed_trunk_or_group_is_followed_by_routes() -> None:
    """Whoever renames a trunk or a trunk group breaks no route that names it."""
    renamed = with_entry(with_entry(site(**GROUPED), "trunk_groups", "city", {"name": "town"}), "e1_trunks", "pri", {"name": "digital"})
    assert renamed.outbound_routes[0].ways == ("town", "digital", "line-1")
    assert renamed.inbound_routes[0].trunks == ("digital", "line-1")
    assert renamed.trunk_groups[0].trunks == ("line-1", "digital")
    assert "ways" not in named_choices(renamed, "outbound_routes")


def test_a_removed_trunk_widens_no_route() -> None:
    """A route for one trunk's calls does not become one for all calls when the trunk is removed: that is refused until the route is changed."""
    assert without_entry(site(**GROUPED), "e1_trunks", "pri").inbound_routes[0].trunks == ("line-1",)
    only = site(**inbound({"target": "queue:service", "trunks": ["pri"]}), **outbound({"ways": ["pri"]}))
    with pytest.raises(SiteFaults) as refused:
        without_entry(only, "e1_trunks", "pri")
    assert {path_shown(fault.path) for fault in refused.value.faults} == {"inbound_routes[0].trunks[0]", "outbound_routes[0].ways[0]"}


def test_more_routes_than_a_site_can_have_are_refused() -> None:
    """A spreadsheet turned into routes by mistake is refused in a moment, with what to do instead."""
    routes = [{"name": f"r{number}", "prefix": f"{number:05d}"} for number in range(1001)]
    assert "put numbers that go the same way into one" in faults(outbound_routes=routes)["outbound_routes"]
