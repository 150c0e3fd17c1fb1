"""Settings of ring groups, short numbers, secretaries, hot lines and service codes: what does not fit together is refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from engine.settings.build import build_site
from engine.settings.edit import needed_by, with_entry
from engine.settings.faults import SiteFaults, path_shown
from engine.settings.service_checks import called_target, may_pick_up
from engine.settings.site import Site
from engine.settings.versions import node_of

PLAIN: dict[str, Any] = {
    "stations": [{"name": f"phone-{one}", "channel": one, "extension": str(one)} for one in (801, 802, 803)],
    "queues": [{"name": "service"}],
    "ring_groups": [
        {"name": "sales", "number": "700", "members": ["801", "802"], "on_no_answer": "queue:service"},
        {"name": "night", "members": ["803"], "on_no_answer": "group:sales"},
    ],
    "speed_dials": [{"slot": "10", "number": "013800138000"}, {"slot": "11", "number": "700"}],
    "secretaries": [{"boss": "801", "secretaries": ["802"]}],
    "hot_lines": [{"phone": "phone-803", "number": "801"}],
    "time_conditions": [{"name": "office", "switch_code": "*90"}],
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


def group(**values: Any) -> dict[str, Any]:
    return {"ring_groups": [*PLAIN["ring_groups"], {"name": "more", "members": ["801"], **values}]}


@pytest.mark.parametrize(
    ("more", "place", "said"),
    [
        (group(members=["801", "901"]), "ring_groups[2].members[1]", "there is no extension 901; expected one of 801, 802, 803"),
        (group(members=["801", "801"]), "ring_groups[2].members[1]", "801 is given twice"),
        (group(members=[]), "ring_groups[2].members", "nobody would ring: name at least one extension"),
        (group(number="80"), "ring_groups[2].number", "3 to 6 digits, not beginning with 0"),
        (group(number="8012"), "ring_groups[2].number", "8012 cannot be told from 801 (stations[0].extension)"),
        (group(number="7001"), "ring_groups[2].number", "7001 cannot be told from 700 (ring_groups[0].number)"),
        (group(on_no_answer="queue:sales"), "ring_groups[2].on_no_answer", "there is no queue sales; expected one of service"),
        (group(on_no_answer="group:more"), "ring_groups[2].on_no_answer", "the groups lead in a circle (more → more)"),
        ({"pick_up_groups": [{"name": "hall", "members": ["901"]}]}, "pick_up_groups[0].members[0]", "there is no extension 901"),
        (group(name="sales"), "ring_groups[2].name", "sales is given twice"),
        (
            {"speed_dials": [{"slot": "10", "number": "999"}]},
            "speed_dials[0].number",
            "999 is no extension, no ring group, and no number outside after 0",
        ),
        ({"speed_dials": [{"slot": "1", "number": "801"}]}, "speed_dials[0].slot", "expected two digits"),
        ({"secretaries": [{"boss": "901", "secretaries": ["802"]}]}, "secretaries[0].boss", "there is no extension 901"),
        ({"secretaries": [{"boss": "801", "secretaries": ["801"]}]}, "secretaries[0].secretaries[0]", "801 cannot be its own secretary"),
        ({"secretaries": [{"boss": "801"}]}, "secretaries[0].secretaries", "nobody would ring"),
        ({"hot_lines": [{"phone": "phone-9", "number": "801"}]}, "hot_lines[0].phone", "there is no phone phone-9"),
        ({"hot_lines": [{"phone": "phone-801", "number": "801"}]}, "hot_lines[0].number", "801 would call itself"),
        ({"service_codes": {"secretary": "57"}}, "service_codes.secretary", "*57 cannot be told from *57 (service_codes.forward_always)"),
        ({"service_codes": {"redial": "11"}}, "service_codes.redial", "*11 cannot be told from *11 (desk.login_code)"),
        ({"service_codes": {"redial": "90"}}, "service_codes.redial", "*90 cannot be told from *90 (time_conditions[0].switch_code)"),
        ({"desk": {"ready_code": "*5"}}, "service_codes.forward_always", "*57 cannot be told from *5 (desk.ready_code)"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(more: dict[str, Any], place: str, said: str) -> None:
    """Who saves it reads what is wrong and where; codes that clash are named."""
    found = faults(**more)
    assert place in found, found
    assert said in found[place]


def test_a_site_with_all_of_it_is_sound() -> None:
    """A service whose code is empty is taken away; two of them do not clash."""
    assert faults() == {}
    assert faults(service_codes={"redial": "", "secretary": ""}) == {}


def test_what_a_dialled_number_calls() -> None:
    """An extension, a group by its number, a number outside behind the prefix; nothing else."""
    made = site()
    assert [str(called_target(made, one)) for one in ("801", "700", "010086", "0", "900")] == [
        "extension:801",
        "group:sales",
        "outside:10086",
        "None",
        "None",
    ]


def test_who_may_pick_up_whose_calls() -> None:
    """Without groups everybody; with them only who is in one with the phone that rings."""
    assert may_pick_up(site(), "801", "802")
    made = site(pick_up_groups=[{"name": "hall", "members": ["801", "802"]}, {"name": "yard", "members": ["803"]}])
    assert [may_pick_up(made, "801", one) for one in ("802", "803")] == [True, False]


def test_names_follow_into_groups() -> None:
    """A renamed queue is still where the group's calls go on to; as long as they do it cannot be taken away."""
    made = with_entry(site(), "queues", "service", {"name": "help"})
    assert made.ring_groups[0].on_no_answer == "queue:help"
    assert needed_by(made, "queues", "help") == (("ring_groups", "sales"),)
    assert needed_by(made, "ring_groups", "sales") == (("ring_groups", "night"),)
    assert with_entry(made, "stations", "phone-803", {"name": "desk"}).hot_lines[0].phone == "desk"
