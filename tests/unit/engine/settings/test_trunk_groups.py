"""What an installer writes about outgoing trunk groups, which lines come of it, and what is refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from engine.kernel.errors import BadInput
from engine.settings.build import build_site
from engine.settings.edit import named_choices, with_entry, without_entry
from engine.settings.edits import Edit, edited_plain, value_choices, with_edits
from engine.settings.faults import SiteFaults, path_shown
from engine.settings.site import Site
from engine.settings.trunk_groups import group_chain, trunk_groups, usual_group, way_chain
from engine.settings.versions import node_of

BASE: dict[str, Any] = {
    "spans": [{"name": "a", "signalling": "pri"}],
    "trunks": [
        {"name": "line-1", "channel": 40, "flow": "main"},
        {"name": "line-2", "channel": 41},
        {"name": "line-3", "channel": 42, "outgoing": False},
    ],
    "e1_trunks": [{"name": "pri-1", "span": "a", "channels": "1-3"}],
    "queues": [{"name": "q", "agents": []}],
    "flows": [{"name": "main", "queue": "q"}],
}


def a_site(*groups: dict[str, Any], **more: Any) -> Site:
    return build_site(node_of({**BASE, "trunk_groups": list(groups), **more}), "site.yaml")


def faults(*groups: dict[str, Any], **more: Any) -> dict[str, str]:
    """The sentences that a site file with these groups is refused with, by setting."""
    try:
        a_site(*groups, **more)
    except SiteFaults as wrong:
        return {path_shown(fault.path): fault.said.in_english() for fault in wrong.faults}
    return {}


def test_a_site_without_groups_has_all_its_outgoing_trunks() -> None:
    """Nothing has to be set for calls to go out as before: analog lines first, then E1 trunks."""
    groups = trunk_groups(a_site())
    (every,) = groups.values()
    assert [(trunk.name, trunk.lines, trunk.takes_incoming) for trunk in every.trunks] == [
        ("line-1", ("line-1",), True),
        ("line-2", ("line-2",), False),
        ("pri-1", ("pri-1-1", "pri-1-2", "pri-1-3"), True),
    ]
    assert usual_group(a_site()) == ""


@pytest.mark.parametrize(
    ("ways", "asked"),
    [
        (("city",), [("city", ["line-1"]), ("long", ["pri-1"])]),
        (("line-2", "city"), [("line-2", ["line-2"]), ("city", ["line-1"]), ("long", ["pri-1"])]),
        (("long", "city", "long"), [("long", ["pri-1"]), ("city", ["line-1"])]),
        (("pri-1",), [("pri-1", ["pri-1"])]),
        (("gone", "line-2"), [("line-2", ["line-2"])]),
        (("gone",), [("", ["line-1", "line-2", "pri-1"])]),
    ],
)
def test_the_ways_of_a_route_are_groups_with_their_overflow_and_trunks_alone(ways: tuple[str, ...], asked: list[Any]) -> None:
    """Each way is asked in the route's order, a group followed by what it overflows to, nothing twice; what was removed meanwhile is passed over."""
    groups = trunk_groups(a_site({"name": "city", "trunks": ["line-1"], "overflow": "long"}, {"name": "long", "trunks": ["pri-1"]}))
    assert [(group.name, [trunk.name for trunk in group.trunks]) for group in way_chain(groups, ways)] == asked


def test_which_group_calls_go_out_by() -> None:
    """The one that the dialling codes name, else the first."""
    two = ({"name": "city", "trunks": ["line-1"]}, {"name": "long", "trunks": ["pri-1"]})
    assert usual_group(a_site(*two)) == "city"
    assert usual_group(a_site(*two, desk={"outside_group": "long"})) == "long"


def test_a_group_and_what_it_overflows_to() -> None:
    """One after the other, each once; a group that is not there any more is all trunks."""
    groups = trunk_groups(
        a_site(
            {"name": "one", "trunks": ["pri-1"], "overflow": "two"},
            {"name": "two", "trunks": ["line-1"], "overflow": "three"},
            {"name": "three", "trunks": ["line-2"]},
        )
    )
    assert [group.name for group in group_chain(groups, "one")] == ["one", "two", "three"]
    assert [group.name for group in group_chain(groups, "gone")] == [""]


@pytest.mark.parametrize(
    ("groups", "place", "said"),
    [
        ([{"name": "g", "trunks": []}], "trunk_groups[0].trunks", "the group has no trunk; name some of line-1, line-2, pri-1"),
        (
            [{"name": "g", "trunks": ["line-1", "line-9"]}],
            "trunk_groups[0].trunks[1]",
            "there is no exchange line or E1 trunk line-9; expected some of line-1, line-2, pri-1",
        ),
        ([{"name": "g", "trunks": ["line-3"]}], "trunk_groups[0].trunks[0]", "line-3 carries no outgoing calls"),
        ([{"name": "g", "trunks": ["pri-1", "line-1", "pri-1"]}], "trunk_groups[0].trunks[2]", "pri-1 is in the group already"),
        (
            [{"name": "g", "trunks": ["pri-1"]}, {"name": "g", "trunks": ["line-1"]}],
            "trunk_groups[1].name",
            "there is another trunk group of this name",
        ),
        ([{"name": "g", "trunks": ["pri-1"], "overflow": "h"}], "trunk_groups[0].overflow", "there is no trunk group h; expected one of -"),
        ([{"name": "g", "trunks": ["pri-1"], "overflow": "g"}], "trunk_groups[0].overflow", "the groups overflow in a circle (g → g)"),
        (
            [{"name": "g", "trunks": ["pri-1"], "overflow": "h"}, {"name": "h", "trunks": ["line-1"], "overflow": "g"}],
            "trunk_groups[1].overflow",
            "the groups overflow in a circle (h → g → h)",
        ),
        (
            [{"name": "g", "trunks": ["line-1", "line-2"], "reserved": 2}],
            "trunk_groups[0].reserved",
            "2 channels cannot be kept: only 1 of the group take incoming calls",
        ),
        (
            [{"name": "g", "trunks": ["pri-1"], "reserved": 3}],
            "trunk_groups[0].reserved",
            "the group has 3 channels: keep fewer, or it carries no outgoing call at all",
        ),
        ([{"name": "g", "trunks": ["pri-1"], "caller_number": "+86"}], "trunk_groups[0].caller_number", "up to 20 digits"),
        ([{"name": "g", "trunks": ["pri-1"], "attempts_most": 0}], "trunk_groups[0].attempts_most", "expected a whole number, 1…30"),
    ],
)
def test_what_does_not_fit_is_said_with_what_to_change(groups: list[dict[str, Any]], place: str, said: str) -> None:
    """The sentence stands at the setting to be changed."""
    assert said in faults(*groups)[place]


def test_the_dialling_codes_name_a_group_that_is_there() -> None:
    """A wrong name is refused at the code's setting; so is an emergency number with letters."""
    wrong = {"outside_group": "gone", "emergency_numbers": ["110"]}
    assert faults({"name": "g", "trunks": ["pri-1"]}, desk=wrong) == {
        "desk.outside_group": "there is no trunk group gone; expected one of g"
    }
    assert "2 to 16 digits" in faults(desk={"emergency_numbers": ["police"]})["desk.emergency_numbers[0]"]


def test_names_follow() -> None:
    """A renamed trunk or group is renamed wherever it is named; a removed trunk leaves its groups; a group that something needs stays."""
    site = a_site(
        {"name": "one", "trunks": ["line-1", "pri-1"], "overflow": "two"},
        {"name": "two", "trunks": ["line-2"]},
        desk={"outside_group": "two"},
    )
    assert with_entry(site, "e1_trunks", "pri-1", {"name": "pri-9"}).trunk_groups[0].trunks == ("line-1", "pri-9")
    renamed = with_entry(site, "trunk_groups", "two", {"name": "second"})
    assert (renamed.trunk_groups[0].overflow, renamed.desk.outside_group) == ("second", "second")
    assert without_entry(site, "trunks", "line-1").trunk_groups[0].trunks == ("pri-1",)
    with pytest.raises(SiteFaults):
        without_entry(site, "trunk_groups", "two")
    by_console = with_edits(site, [Edit("set", "trunk_groups[two].name", "second")])
    assert (by_console.trunk_groups[0].overflow, by_console.desk.outside_group) == ("second", "second")
    with pytest.raises(BadInput, match=r"no trunk group two"):
        with_edits(site, [Edit("delete", "trunk_groups", "two")])


def test_what_a_form_and_the_console_offer() -> None:
    """Groups are chosen from those there are; trunks, whose order matters, are typed, and the console knows their names of both kinds."""
    site = a_site({"name": "one", "trunks": ["line-1"]})
    assert named_choices(site, "trunk_groups") == {"overflow": (("one", ""),)}
    assert named_choices(site, "desk") == {"outside_group": (("one", ""),)}
    plain = edited_plain(site, [])
    assert [name for name, _ in value_choices(plain, "trunk_groups[one].trunks", entries=False)] == ["line-1", "line-2", "line-3", "pri-1"]
    assert [name for name, _ in value_choices(plain, "desk.outside_group", entries=False)] == ["one"]
