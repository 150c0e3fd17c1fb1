"""Settings of tariffs and budgets: gaps, overlaps and what would be ambiguous are refused with a sentence, and names follow."""

from __future__ import annotations

from typing import Any

import pytest

from engine.settings.build import build_site
from engine.settings.edit import needed_by, with_entry, without_entry
from engine.settings.faults import SiteFaults, path_shown
from engine.settings.site import Site
from engine.settings.versions import node_of

DAY = {"name": "day", "days": "1-7", "begin": "08:00", "end": "22:00"}
NIGHT = {"name": "night", "days": "1-7", "begin": "22:00", "end": "08:00"}
PLAIN: dict[str, Any] = {
    "trunks": [{"name": "line-1", "channel": 1}, {"name": "line-2", "channel": 2}],
    "trunk_groups": [{"name": "town", "trunks": ["line-1"]}],
    "stations": [{"name": "phone-801", "channel": 5, "extension": "801"}],
    "agents": [{"number": "1001", "pin": "2580"}],
    "account_codes": [{"code": "4711"}],
    "outbound_routes": [{"name": "rest"}],
    "time_conditions": [
        {"name": "days", "weekly": [DAY], "holidays": "ignored"},
        {"name": "nights", "weekly": [NIGHT], "holidays": "ignored"},
        {"name": "office", "weekly": [{"name": "day"}]},
    ],
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


def tariffs(*sections: dict[str, Any]) -> dict[str, Any]:
    return {"tariffs": [{"name": f"t{number}", **one} for number, one in enumerate(sections)]}


def bands(*rows: dict[str, Any]) -> dict[str, Any]:
    return tariffs({"bands": [{"name": f"b{number}", **one} for number, one in enumerate(rows)]})


def budget(**more: Any) -> dict[str, Any]:
    return {**tariffs({}), "budgets": [{"name": "b", "month_most_yuan": 100, **more}]}


WRONG: list[tuple[dict[str, Any], str, str]] = [
    (bands({"condition": "nowhere"}, {}), "tariffs[0].bands[0].condition", "there is no time condition nowhere; expected one of days"),
    (bands(), "tariffs[0].bands", "the tariff has no band"),
    (bands({"condition": "days"}), "tariffs[0].bands", "no band holds at Monday 00:00: add one without a time condition at the end"),
    (bands({"condition": "office"}, {"condition": "nights"}), "tariffs[0].bands", "no band holds at Monday 08:00"),
    (bands({"condition": "days"}, {"condition": "office"}, {}), "tariffs[0].bands[1].condition", "b0 and b1 both hold at Monday 09:00"),
    (bands({}, {"condition": "days"}), "tariffs[0].bands[1]", "the band never holds: those before it hold at any time"),
    (bands({"name": "x"}, {"name": "x"}), "tariffs[0].bands[1].name", "x is given twice"),
    (tariffs({"name": "x"}, {"name": "x", "numbers": ["1."]}), "tariffs[1].name", "x is given twice"),
    (tariffs({}, {}), "tariffs[1].numbers", "calls to . would fit this tariff and t0 alike"),
    (tariffs({"numbers": ["1X8."]}, {"numbers": ["0.", "13X."]}), "tariffs[1].numbers", "calls to 138. would fit this tariff and t0 alike"),
    (tariffs({"trunks": ["town"]}, {"trunks": ["line-1"]}), "tariffs[1].numbers", "calls to . would fit this tariff and t0 alike"),
    (tariffs({"trunks": ["nothing"]}), "tariffs[0].trunks[0]", "there is no trunk group, exchange line or E1 trunk nothing"),
    (tariffs({"routes": ["nothing"]}), "tariffs[0].routes[0]", "there is no outbound route nothing; expected one of rest"),
    (tariffs({"direction": "incoming", "routes": ["rest"]}), "tariffs[0].routes", "calls that come in go by no outbound route"),
    (tariffs({"direction": "incoming", "pulse_li": 1}), "tariffs[0].pulse_li", "no metering pulses come with calls that come in"),
    (budget(names=["805"]), "budgets[0].names[0]", "there is no extension 805; expected one of 801"),
    (budget(kind="agent", names=["801"]), "budgets[0].names[0]", "there is no agent 801; expected one of 1001"),
    (budget(kind="account", names=["1"]), "budgets[0].names[0]", "there is no account code 1; expected one of 4711"),
    ({"budgets": [{"name": "b", "month_most_yuan": 1}]}, "budgets[0]", "without a tariff no call costs anything"),
]


@pytest.mark.parametrize(("more", "place", "said"), WRONG)
def test_what_does_not_fit_is_refused_at_its_place(more: dict[str, Any], place: str, said: str) -> None:
    """Whoever saves it reads at the field what is wrong and what to do."""
    found = faults(**more)
    assert said in found.get(place, ""), found


def test_two_budgets_for_one_are_refused() -> None:
    """Nobody has two budgets of a kind, neither by name nor as one of all."""
    twice = [{"name": f"b{number}", "month_most_yuan": 1, "names": ["801"]} for number in range(2)]
    assert faults(**tariffs({}), budgets=twice) == {"budgets[1].names[0]": "801 has the budget b0 already"}
    every = [{"name": f"b{number}", "month_most_yuan": 1} for number in range(2)]
    assert "b0 is for every one already" in faults(**tariffs({}), budgets=every)["budgets[1].names"]


def test_what_fits_is_taken() -> None:
    """Bands that cover the week between them, longer beginnings, trunks and areas that tell tariffs apart, and both directions are no faults."""
    fine = tariffs(
        {"bands": [{"name": "day", "condition": "days"}, {"name": "night", "condition": "days", "when": "closed"}]},
        {"bands": [{"name": "day", "condition": "days"}, {"name": "night", "condition": "nights"}], "numbers": ["0."]},
        {"numbers": ["0755."]},
        {"numbers": ["0755."], "trunks": ["town"]},
        {"numbers": ["0755."], "trunks": ["line-2"]},
        {"numbers": ["13."], "areas": ["广东"]},
        {"numbers": ["13."], "areas": ["上海"]},
        {"direction": "incoming", "numbers": ["0755."]},
    )
    assert faults(**fine) == {}
    assert faults(**budget(), account_codes=[]) == {}


def test_names_follow_and_what_is_needed_stays() -> None:
    """A time condition, a trunk and an agent that get other names keep their tariffs and budgets; a condition that a band needs is not lost unseen."""
    before = site(
        tariffs=[{"name": "t", "trunks": ["line-1"], "bands": [{"name": "day", "condition": "days"}, {"name": "else"}]}],
        budgets=[{"name": "b", "kind": "agent", "names": ["1001"], "month_most_yuan": 5}],
    )
    after = with_entry(before, "time_conditions", "days", {"name": "daytime"})
    after = with_entry(after, "trunks", "line-1", {"name": "city"})
    after = with_entry(after, "agents", "1001", {"number": "1002"})
    assert (after.tariffs[0].bands[0].condition, after.tariffs[0].trunks, after.budgets[0].names) == ("daytime", ("city",), ("1002",))
    assert needed_by(before, "time_conditions", "days") == (("tariffs", "t"),)
    with pytest.raises(SiteFaults):
        without_entry(before, "time_conditions", "days")
