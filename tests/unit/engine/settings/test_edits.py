"""A candidate of settings as a list of typed edits."""

from __future__ import annotations

import pytest

from engine.kernel.errors import BadInput
from engine.settings.edits import (
    EDITS_MOST,
    Edit,
    completions,
    edited_plain,
    edits_of,
    field_at,
    is_open_setting,
    setting_rows,
    value_choices,
    with_edits,
)
from engine.settings.show import difference, show_site
from engine.settings.site import Site
from tests.floor import a_site

PATHS_OF_DESK = ("desk.login_code", "desk.logout_code")


def changed(*edits: Edit) -> list[str]:
    """The settings that differ with these edits."""
    return [found.path for found in difference(a_site(), with_edits(a_site(), edits))]


def refused(*edits: Edit) -> str:
    """Why these edits are not possible."""
    with pytest.raises(BadInput) as wrong:
        with_edits(a_site(), edits)
    return str(wrong.value)


def test_an_edit_changes_what_it_names() -> None:
    """A setting of a group, of an entry, and of an entry within a group can each be typed."""
    site = with_edits(
        a_site(),
        [
            Edit("set", "desk.login_code", "*31"),
            Edit("set", "queues[service].wrap_up_s", "12.5"),
            Edit("set", "desk.reasons[1].name", "tea"),
            Edit("set", "desk.ready_after_login", "false"),
        ],
    )
    assert (site.desk.login_code, site.queues[0].wrap_up_s, site.desk.reasons[0].name) == ("*31", 12.5, "tea")
    assert site.desk.ready_after_login is False


def test_two_codes_are_exchanged_one_after_the_other() -> None:
    """What is wrong only in between does not stand in the way of what is right in the end."""
    first, second = (Edit("set", path, value) for path, value in zip(PATHS_OF_DESK, ("*12", "*11"), strict=True))
    assert "given twice" in refused(first)
    assert changed(first, second) == list(PATHS_OF_DESK)


def test_an_agent_is_added_first_and_completed_afterwards() -> None:
    """The fault of what is still missing names the entry, not its position."""
    added = Edit("add", "agents", "7007")
    assert refused(added).startswith("agents[7007].pin: missing;")
    pin, queue = Edit("set", "agents[7007].pin", "2468"), Edit("add", "queues[service].agents", "7007")
    site = with_edits(a_site(), [added, pin, queue])
    assert (site.agents[-1].number, site.agents[-1].pin, site.queues[0].agents[-1]) == ("7007", "2468", "7007")


def test_what_is_deleted_or_renamed_is_followed() -> None:
    """An agent who goes leaves the queues too; one with another number stays in them."""
    first, second = (agent.number for agent in a_site().agents[:2])
    site = with_edits(a_site(), [Edit("delete", "agents", first), Edit("set", f"agents[{second}].number", "7008")])
    assert first not in site.queues[0].agents
    assert "7008" in site.queues[0].agents


def test_unset_is_the_usual_value() -> None:
    """Going back to the usual needs no knowledge of it."""
    assert with_edits(a_site(), [Edit("set", "desk.login_code", "*31"), Edit("unset", "desk.login_code")]) == a_site()
    site = with_edits(a_site(), [Edit("delete", "desk.reasons", "1"), Edit("unset", "desk.reasons")])
    assert site.desk.reasons == Site().desk.reasons


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (Edit("set", "queues[service].wrap_up_s", "soon"), 'queues[service].wrap_up_s: found "soon"; expected a number, 0…3600 s'),
        (Edit("set", "queues[nobody].wrap_up_s", "1"), "nobody is not in queues."),
        (Edit("set", "desk.colour", "red"), "There is no setting desk.colour; there are login_code,"),
        (Edit("set", "desk", "x"), "There is no setting desk."),
        (Edit("set", "desk.", "x"), "There is no setting desk.."),
        (Edit("set", "", "x"), "There is no setting ."),
        (Edit("set", "desk.login_code.x", "x"), "There is no setting desk.login_code.x."),
        (Edit("set", "agents", "x"), "agents is a list: use add and delete for its entries."),
        (Edit("unset", "queues[service].name"), "queues[service].name has no usual value: set it, or delete its entry."),
        (Edit("add", "desk.login_code", "x"), "desk.login_code is not a list."),
        (Edit("add", "queues", "service"), "service is in queues already."),
        (Edit("add", "queues", "Big"), 'queues.name: found "Big"; expected a lower-case letter'),
        (Edit("add", "queues[service].agents", "0000"), "queues[service].agents[4]: there is no agent 0000"),
        (Edit("delete", "agents", "0000"), "0000 is not in agents."),
        (Edit("delete", "queues", "service"), "flows[main].queue: there is no queue service"),
    ],
)
def test_what_is_wrong_is_named(edit: Edit, said: str) -> None:
    """Each fault says which setting it is about and what was expected."""
    assert said in refused(edit)


@pytest.mark.parametrize(
    "given",
    [None, "set", [["set"]], [["become", "x", "y"]], [["set", "a", 1]], [["set", "a", "b", "c"]], [["set", "a", "b"]] * (EDITS_MOST + 1)],
)
def test_edits_from_outside_are_judged(given: object) -> None:
    """Whatever comes through the door is edits or a sentence."""
    with pytest.raises(BadInput):
        edits_of(given)


def test_edits_travel_as_lists() -> None:
    """A program's JSON becomes edits."""
    assert edits_of([["set", "a.b", "1"], ("unset", "a.b")]) == (Edit("set", "a.b", "1"), Edit("unset", "a.b"))


def test_a_name_is_completed_part_by_part() -> None:
    """Tab goes from the section over the entry to the setting."""
    plain = edited_plain(a_site(), [Edit("add", "queues", "night")])

    def names(begun: str, *, lists: bool = False) -> list[str]:
        return [name for name, _label in completions(plain, begun, lists=lists)]

    assert names("q") == ["queues["]
    assert names("queues[") == ["queues[service].", "queues[vip].", "queues[night]."]
    assert names("queues[night].wai") == ["queues[night].waiting_most"]
    assert names("desk.rea") == ["desk.ready_code", "desk.ready_after_login", "desk.reasons["]
    assert names("desk.reasons[1") == ["desk.reasons[1]."]
    assert names("q", lists=True) == ["queues", "queues["]
    assert names("queues[night].", lists=True) == ["queues[night].agents", "queues[night].skills", "queues[night].overflow_to"]
    assert (names("nothing["), names("desk["), names("..")) == ([], [], [])


def test_values_are_offered_where_they_are_known() -> None:
    """Choices, yes and no, and the entries that another list has."""
    plain = edited_plain(a_site(), [])
    agents = [agent.number for agent in a_site().agents]
    assert [value for value, _ in value_choices(plain, "queues[service].agents", entries=False)] == agents
    assert [value for value, _ in value_choices(plain, "agents", entries=True)] == agents
    assert value_choices(plain, "queues[service].agents", entries=True) == [(number, "") for number in a_site().queues[0].agents]
    assert [value for value, _ in value_choices(plain, "recording.conversations", entries=False)] == ["all", "outside", "none"]
    assert [value for value, _ in value_choices(plain, "desk.ready_after_login", entries=False)] == ["true", "false"]
    assert value_choices(plain, "desk.login_code", entries=False) == []


def test_secrets_stay_masked() -> None:
    """Neither the list of settings nor the help of one shows a PIN."""
    number = a_site().agents[0].number
    edit = Edit("set", f"agents[{number}].pin", "97531")
    rows = list(setting_rows(edited_plain(a_site(), [edit]), show_site(a_site(), secrets=True), f"agents[{number}]"))
    assert [(row.path.rpartition(".")[2], row.value) for row in rows if row.changed] == [("pin", "****")]
    assert field_at(a_site(), [edit], f"agents[{number}].pin")[1:] == ("****", "****")


def test_rows_show_what_is_missing_and_what_is_new() -> None:
    """A new agent's settings are marked as changed, and the PIN as missing."""
    plain = edited_plain(a_site(), [Edit("add", "agents", "7007")])
    rows = list(setting_rows(plain, show_site(a_site(), secrets=True), "agents[7007]"))
    assert {row.path.rpartition(".")[2]: row.value for row in rows} == {
        "number": "7007",
        "name": "",
        "pin": None,
        "language": "",
        "answers": "ringing",
        "skills": "",
        "weight": "1",
        "wrap_up_mode": "",
        "wrap_up_s": "30",
        "caller_number": "",
    }
    assert all(row.changed for row in rows)


def test_secret_or_unknown_settings_are_no_open_ones() -> None:
    """What decides whether a typed line may be remembered needs no site: a typing mistake in the name keeps the PIN out, too."""
    assert is_open_setting("queues[service].wrap_up_s")
    assert is_open_setting("desk.reasons[1].name")
    for path in ("agents[1001].pin", "agent[1001].pin", "agents[1001].pim", "pin", "", "desk.login_code.x"):
        assert not is_open_setting(path)
