"""A site changed in one place, from values as people type them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.kernel.errors import BadInput
from engine.settings.edit import (
    ENTRIES_MOST,
    ROWS_MOST,
    FormField,
    Kind,
    entry_of,
    entry_type,
    fields_of,
    key_field,
    list_names,
    named_choices,
    needed_by,
    rows_of,
    section_names,
    setting_paths,
    shown_value,
    typed_of,
    value_at,
    with_entry,
    with_section,
    with_value,
    without_entry,
)
from engine.settings.faults import SiteFaults, path_shown
from engine.settings.field import Spec
from engine.settings.site import AgentSection, BoxSection, DeskSection, NotReadyReason, QueueSection, Site
from tests.floor import a_site


def field(section: type, name: str) -> FormField:
    return next(one for one in fields_of(section) if one.name == name)


def faults(wrong: pytest.ExceptionInfo[SiteFaults]) -> list[str]:
    return [path_shown(fault.path) for fault in wrong.value.faults]


# ---- what there is -----------------------------------------------------------------------------------------------------------


def test_every_part_of_the_site_has_a_form() -> None:
    """No section can be forgotten by the pages: groups and lists together are the whole site."""
    assert {*section_names(), *list_names()} == set(Site.__dataclass_fields__)
    assert not set(section_names()) & set(list_names())
    for name in Site.__dataclass_fields__:
        assert fields_of(entry_type(name))
    assert key_field(AgentSection) == "number"


@pytest.mark.parametrize(
    ("section", "name", "kind", "must", "usual"),
    [
        (AgentSection, "number", Kind.TEXT, True, ""),
        (AgentSection, "pin", Kind.SECRET, True, ""),
        (AgentSection, "language", Kind.CHOICE, False, ""),
        (QueueSection, "agents", Kind.NAMES, False, ""),
        (QueueSection, "ring_timeout_s", Kind.NUMBER, False, "20"),
        (QueueSection, "announce_agent", Kind.YES_NO, False, "true"),
        (BoxSection, "utc_offset_min", Kind.WHOLE, False, "480"),
        (DeskSection, "reasons", Kind.ENTRIES, False, ""),
    ],
)
def test_a_field_knows_how_it_is_typed(section: type, name: str, kind: str, must: bool, usual: str) -> None:
    """A form shows a box to tick for yes and no, a number where a number is wanted, and what is usual."""
    found = field(section, name)
    assert (found.kind, found.must, found.usual) == (kind, must, usual)


def test_a_list_inside_a_group_knows_its_rows() -> None:
    """The reasons for not ready are offered as rows of key and reason, and the usual ones are known."""
    found = field(DeskSection, "reasons")
    assert [part.name for part in found.parts] == ["digit", "name", "most_min", "a_day_min"]
    assert found.usual_rows[0] == {"digit": "1", "name": "break", "most_min": "0", "a_day_min": "0"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [(True, "true"), (False, "false"), (0.5, "0.5"), (30.0, "30"), (7, "7"), ("a", "a"), (None, ""), (("a", "b"), "a, b"), ((1, 2), "")],
)
def test_a_value_is_shown_as_it_would_be_typed(value: object, shown: str) -> None:
    """What stands in a field can be sent back unchanged."""
    assert shown_value(value) == shown


def test_what_a_form_begins_with_changes_nothing() -> None:
    """Opening a form and saving it is no change, for every part of the site; PINs are not in it."""
    site = a_site()
    for name in section_names():
        assert with_section(site, name, typed_of(getattr(site, name))) == site
    for name in list_names():
        for entry in getattr(site, name):
            assert with_entry(site, name, str(getattr(entry, key_field(type(entry)))), typed_of(entry)) == site
    assert typed_of(site.agents[0])["pin"] == ""


def test_what_may_be_named_is_offered() -> None:
    """A flow offers the queues there are, a queue the agents, with the names of the people."""
    site = replace(
        a_site(), agents=(AgentSection(number="1001", name="李娜", pin="1234"),), queues=(QueueSection(name="q", title="Sales"),)
    )
    assert named_choices(site, "flows") == {"queue": (("q", "Sales"),)}
    assert named_choices(site, "queues") == {"agents": (("1001", "李娜"),), "overflow_to": (("q", "Sales"),)}
    assert named_choices(site, "trunks") == {"flow": (("main", ""),)}
    assert named_choices(site, "agents") == {}


def test_what_needs_an_entry_is_known() -> None:
    """Before a queue goes away it can be said which flow leads to it; agents may always leave."""
    assert needed_by(a_site(), "queues", "service") == (("flows", "main"),)
    assert needed_by(a_site(), "flows", "main") == tuple(("trunks", f"line-{number}") for number in range(1, 5))
    assert needed_by(a_site(), "agents", "1001") == ()


# ---- changing ----------------------------------------------------------------------------------------------------------------


def test_a_group_is_changed_and_the_rest_stays() -> None:
    """Only what was typed is another; a box to tick, a number and a text are understood."""
    new = with_section(a_site(), "desk", {"ready_after_login": "false", "pin_tries": " 5 ", "lock_min": "2.5", "login_code": "*21"})
    assert new == replace(a_site(), desk=DeskSection(ready_after_login=False, pin_tries=5, lock_min=2.5, login_code="*21"))


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("pin_tries", "three"),
        ("pin_tries", ""),
        ("pin_tries", "1.5"),
        ("pin_tries", "99999999999999999999999"),
        ("lock_min", "1e3"),
        ("lock_min", "nan"),
        ("ready_after_login", "perhaps"),
        ("login_code", "11"),
        ("nonsense", "1"),
        ("pin_tries.more", "1"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(name: str, typed: str) -> None:
    """Garbage in one field names that field, and nothing else is blamed."""
    with pytest.raises(SiteFaults) as wrong:
        with_section(a_site(), "desk", {name: typed})
    assert [path_shown(fault.path) for fault in wrong.value.faults] == [f"desk.{name}"]


def test_all_faults_are_told_together() -> None:
    """Whoever fills in a form corrects it once, not field by field."""
    with pytest.raises(SiteFaults) as wrong:
        with_entry(a_site(), "queues", "service", {"ring_timeout_s": "500", "wrap_up_s": "x", "name": "Not good"})
    assert faults(wrong) == ["queues[0].name", "queues[0].ring_timeout_s", "queues[0].wrap_up_s"]


def test_there_is_no_such_group_or_list() -> None:
    """A wrong name is a sentence with the right ones."""
    with pytest.raises(BadInput, match="There is no section agents"):
        with_section(a_site(), "agents", {})
    with pytest.raises(BadInput, match="There is no list desk"):
        with_entry(a_site(), "desk", None, {})
    with pytest.raises(BadInput, match="There is no section nowhere"):
        entry_type("nowhere")


def test_an_entry_is_added_at_the_end() -> None:
    """A new agent stands after the others, with the usual values where nothing was typed."""
    new = with_entry(a_site(), "agents", None, {"number": "2001", "name": "王伟", "pin": "9999", "language": ""})
    assert new.agents[-1] == AgentSection(number="2001", name="王伟", pin="9999")
    assert entry_of(new, "agents", "2001") is new.agents[-1]
    assert entry_of(new, "agents", "9") is None


def test_an_entry_without_what_it_must_have_is_told() -> None:
    """An empty form names everything that is missing."""
    with pytest.raises(SiteFaults) as wrong:
        with_entry(a_site(), "agents", None, {"number": "", "pin": "", "name": "x"})
    assert faults(wrong) == ["agents[4].number", "agents[4].pin"]


def test_an_emptied_name_is_a_fault_and_no_crash() -> None:
    """Clearing the name of an entry says that it is missing."""
    with pytest.raises(SiteFaults) as wrong:
        with_entry(a_site(), "queues", "service", {"name": ""})
    assert "queues[0].name" in faults(wrong)


def test_a_secret_left_empty_stays() -> None:
    """A form never shows the PIN; sending it back empty keeps the one there is."""
    new = with_entry(a_site(), "agents", "1001", {"name": "Anna", "pin": ""})
    assert (new.agents[0].name, new.agents[0].pin) == ("Anna", "2222")
    assert with_entry(a_site(), "agents", "1001", {"pin": "4321"}).agents[0].pin == "4321"


def test_what_refers_to_a_renamed_entry_follows() -> None:
    """Renaming a queue keeps its flow; renaming a flow keeps its lines; a new agent number stays in the queues."""
    assert with_entry(a_site(), "queues", "service", {"name": "sales"}).flows[0].queue == "sales"
    assert {trunk.flow for trunk in with_entry(a_site(), "flows", "main", {"name": "front"}).trunks} == {"front"}
    assert with_entry(a_site(), "agents", "1002", {"number": "2002"}).queues[0].agents == ("1001", "2002", "1003", "1004")


def test_taking_the_name_of_another_is_a_fault_and_moves_nothing() -> None:
    """Two queues of one name: refused, and the flow is not led to the other one in silence."""
    with pytest.raises(SiteFaults) as wrong:
        with_entry(a_site(), "queues", "service", {"name": "vip"})
    assert "queues[1].name" in faults(wrong)


def test_an_entry_that_is_gone_is_told() -> None:
    """Somebody else removed the agent while the form was open."""
    with pytest.raises(BadInput, match="There is no agent 7 any more"):
        with_entry(a_site(), "agents", "7", {"name": "x"})
    with pytest.raises(BadInput, match="There is no queue x any more"):
        without_entry(a_site(), "queues", "x")


def test_a_list_has_an_end() -> None:
    """Nobody fills the memory with agents."""
    site = replace(
        a_site(), agents=tuple(AgentSection(number=str(number), pin="2222") for number in range(ENTRIES_MOST)), queues=(), flows=()
    )
    with pytest.raises(BadInput, match="5000 entries already"):
        with_entry(site, "agents", None, {"number": "9999", "pin": "1111"})


def test_a_removed_agent_leaves_the_queues_too() -> None:
    """An agent who goes away is not missed by a queue."""
    new = without_entry(a_site(), "agents", "1003")
    assert [agent.number for agent in new.agents] == ["1001", "1002", "1004"]
    assert new.queues[1].agents == ("1004",)


def test_what_something_else_needs_is_not_removed() -> None:
    """A queue that a flow leads to stays, and the fault names the flow."""
    with pytest.raises(SiteFaults) as wrong:
        without_entry(a_site(), "queues", "service")
    assert faults(wrong) == ["flows[0].queue"]


# ---- rows of a list inside a group -----------------------------------------------------------------------------------------------


def test_rows_replace_the_list() -> None:
    """Reasons are taken out, added and put in order; rows that were added and left empty are none."""
    typed = {"reasons": "", "reasons.7.digit": "2", "reasons.7.name": "lunch", "reasons.1.digit": "5", "reasons.1.name": "tea"}
    empty = {"reasons.8.digit": "", "reasons.8.name": ""}
    new = with_section(a_site(), "desk", {**typed, **empty})
    assert new.desk.reasons == (NotReadyReason(digit="5", name="tea"), NotReadyReason(digit="2", name="lunch"))


def test_no_rows_are_an_empty_list_and_no_word_of_it_is_none() -> None:
    """All reasons can be taken out; a form without them leaves them alone."""
    assert with_section(a_site(), "desk", {"reasons": ""}).desk.reasons == ()
    assert with_section(a_site(), "desk", {"login_code": "*11"}) == a_site()
    assert rows_of({"other": "1"}, "reasons") is None


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ({"reasons.0.digit": "1", "reasons.0.name": "Bad name"}, "desk.reasons[0].name"),
        ({"reasons.0.digit": "1"}, "desk.reasons[0].name"),
        ({"reasons.0.digit": "1", "reasons.0.name": "a", "reasons.3.digit": "1", "reasons.3.name": "b"}, "desk.reasons[1].digit"),
        ({"reasons.0.digit": "1", "reasons.0.name": "a", "reasons.0.colour": "red"}, "desk.reasons[0].colour"),
    ],
)
def test_faults_of_rows_are_counted_as_the_rows_are(typed: dict[str, str], path: str) -> None:
    """The fault is shown in the row that is wrong."""
    with pytest.raises(SiteFaults) as wrong:
        with_section(a_site(), "desk", typed)
    assert faults(wrong) == [path]


def test_rows_have_an_end() -> None:
    """A form with endless rows is refused before it is judged."""
    typed = {f"reasons.{number}.digit": "1" for number in range(ROWS_MOST + 1)}
    with pytest.raises(BadInput, match="100 entries already"):
        with_section(a_site(), "desk", typed)


# ---- one setting by its path -------------------------------------------------------------------------------------------------


def test_a_setting_is_found_and_changed_by_its_path() -> None:
    """The console's way of writing reaches every setting."""
    site = with_value(a_site(), "queues[vip].wrap_up_s", "12.5")
    assert site.queues[1].wrap_up_s == 12.5
    assert value_at(site, "queues[vip].wrap_up_s") == "12.5"
    assert with_value(site, "desk.login_code", "*33").desk.login_code == "*33"
    assert value_at(site, "agents[1001].pin") == "****"
    assert with_value(site, "queues[vip].agents", "1002，1001、 1003").queues[1].agents == ("1002", "1001", "1003")  # as typed in Chinese


@pytest.mark.parametrize(
    "path",
    [
        "desk",
        "desk.",
        "desk.nothing",
        "desk[x].login_code",
        "queues.wrap_up_s",
        "queues[].wrap_up_s",
        "queues[vip].x",
        "no.thing",
        "x[y].z",
        "desk.reasons",
        "",
    ],
)
def test_a_path_that_leads_nowhere_is_told(path: str) -> None:
    """A slip of the finger is a sentence."""
    with pytest.raises(BadInput, match="There is no"):
        with_value(a_site(), path, "1")
    with pytest.raises(BadInput, match="There is no"):
        value_at(a_site(), path)


def test_every_path_that_is_offered_can_be_read() -> None:
    """What the console completes is there."""
    paths = dict(setting_paths(a_site()))
    assert "queues[service].wrap_up_s" in paths
    assert "desk.reasons" not in paths
    for path, found in paths.items():
        assert value_at(a_site(), path) is not None
        assert isinstance(found.spec, Spec)
