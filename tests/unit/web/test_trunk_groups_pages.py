"""Outgoing trunk groups on the page: made by the form, seen live."""

from __future__ import annotations

import pytest

from tests.office import Office
from web.elements import Since, elements

ROW = {
    "group": "main",
    "channels": 4,
    "in_use": 1,
    "free": 2,
    "reserved": 1,
    "blocked": 1,
    "out_of_service": 0,
    "calls": 1,
    "calls_most": 0,
    "calls_today": 3,
    "calls_today_most": 100,
    "talked_today_s": 125,
    "talk_today_most_min": 0,
    "refused_today": 0,
    "overflowed_today": 0,
    "limit": "",
}


def test_a_group_is_made_and_seen(office: Office) -> None:
    """An installer types name and trunks in their order; the live page shows the group from its next loading on, in both languages."""
    form = {"name": "main", "trunks": "line-2, line-1", "choice": "round_robin", "reserved": "1", "daily_calls_most": "100"}
    office.save(office.send("/settings/trunk_groups/new", **form))
    (group,) = office.site.trunk_groups
    assert (group.trunks, group.choice, group.reserved) == (("line-2", "line-1"), "round_robin", 1)
    shown = office.admin.get("/live").text
    assert 'id="group-main"' in shown
    assert "free: 2" in shown
    assert "kept for incoming calls: 1" in shown
    assert "today: 0/100 calls, 0 min" in shown
    assert "main" in office.admin.get("/settings/trunk_groups").text
    assert 'value="main"' in office.admin.get("/settings/desk").text


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"trunks": "line-9"}, "there is no exchange line or E1 trunk line-9"),
        ({"trunks": "line-1", "overflow": "main"}, "there is no trunk group main; expected one of -"),
        ({"trunks": "line-1", "reserved": "1"}, "keep fewer, or it carries no outgoing call at all"),
    ],
)
def test_what_does_not_fit_stands_at_its_field(office: Office, form: dict[str, str], fault: str) -> None:
    """The sentence says what to change, and nothing is saved."""
    reply = office.send("/settings/trunk_groups/new", name="other", **form)
    assert reply.status == 400
    assert fault in reply.text
    assert office.site.trunk_groups == ()


def test_a_site_without_groups_shows_none(office: Office) -> None:
    """The group of all outgoing lines needs no place on the live page."""
    assert "group-" not in office.admin.get("/live").text


@pytest.mark.parametrize(
    ("change", "state"), [({}, "free"), ({"free": 1}, "full"), ({"free": 0, "reserved": 0}, "full"), ({"limit": "daily_calls"}, "limit")]
)
def test_how_a_group_is(change: dict[str, object], state: str) -> None:
    """Full is when nothing is left that outgoing calls may have; a limit is said before that. Only whole minutes are shown."""
    empty: dict[str, list[object]] = {"calls": [], "agents": [], "phones": [], "queues": [], "lines": []}
    seen = elements({**empty, "groups": [{**ROW, **change}, {**ROW, "group": ""}]}, Since())
    assert list(seen) == ["summary", "group-main"]
    assert (seen["group-main"]["state"], seen["group-main"]["talked_min"]) == (state, 2)
