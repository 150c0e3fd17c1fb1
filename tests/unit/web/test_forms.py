"""Forms from settings: what a field shows, what of it was typed, where its faults are. Pure."""

from __future__ import annotations

import pytest

from engine.kernel.text import Text, text
from engine.settings.edit import Kind, fields_of, typed_of, with_entry, with_section
from engine.settings.faults import SiteFaults
from engine.settings.site import AgentSection, BoxSection, DeskSection, FlowSection, QueueSection, StationSection, TrunkSection
from tests.floor import a_site
from web.forms import (
    TICKED_MOST,
    FormFaults,
    FormRow,
    act_on_rows,
    compacted,
    faults_at,
    form_rows,
    own_field,
    read_typed,
    shown_setting,
)

AGENTS = [("1001", "李娜"), ("1002", "")]


def row(section: type, name: str, typed: dict[str, str] | None = None, **more: object) -> FormRow:
    fields = [one for one in fields_of(section) if one.name == name]
    return form_rows(fields, {name: fields[0].usual} if typed is None else typed, **more)[0]  # type: ignore[arg-type]  # what each test gives


def said(what: Text | str | None) -> str:
    return what.in_english() if isinstance(what, Text) else str(what)


@pytest.mark.parametrize(
    ("section", "name", "drawn", "range_", "usual"),
    [
        (QueueSection, "ring_timeout_s", "number", "5–120 s", "20 s"),
        (BoxSection, "utc_offset_min", "number", "-720–840 min", "480 min"),
        (QueueSection, "announce_agent", "tick", "", "yes"),
        (BoxSection, "language", "choose", "", "Chinese (zh)"),
        (BoxSection, "name", "text", "1 to 60 characters", "Strowger"),
        (QueueSection, "title", "text", "at most 60 characters", "empty"),
        (DeskSection, "login_code", "text", "* and 1 to 3 digits", "*11"),
        (AgentSection, "pin", "password", "4 to 8 digits", "None"),
        (AgentSection, "language", "choose", "", "the site's"),
    ],
)
def test_a_field_says_what_may_stand_in_it(section: type, name: str, drawn: str, range_: str, usual: str) -> None:
    """Nobody has to guess the range, the unit or what is usual."""
    found = row(section, name)
    assert (found.input, said(found.range), said(found.usual)) == (drawn, range_, usual)
    assert not found.changed


def test_a_field_says_what_differs_from_usual() -> None:
    """What somebody has changed is marked, so that it is found again."""
    assert row(QueueSection, "ring_timeout_s", {"ring_timeout_s": "25"}).changed
    assert not row(AgentSection, "number", {"number": "1001"}).changed
    assert not row(AgentSection, "pin", {"pin": "1234"}).changed


def test_a_secret_is_never_in_the_page() -> None:
    """The form of an agent holds no PIN."""
    agent = a_site().agents[0]
    assert [one.value for one in form_rows(fields_of(AgentSection), typed_of(agent)) if one.name == "pin"] == [""]


def test_names_of_others_are_offered() -> None:
    """A queue's agents are boxes to tick, a flow's queue is a list to choose from; one that is gone stays to be seen."""
    agents = row(QueueSection, "agents", {"agents": "1002, 9999"}, offered={"agents": AGENTS})
    assert agents.input == "ticks"
    assert [(one.value, said(one.label), one.chosen) for one in agents.choices] == [
        ("1001", "1001 · 李娜", False),
        ("1002", "1002", True),
        ("9999", "9999", True),
    ]
    queue = row(FlowSection, "queue", {"queue": "old"}, offered={"queue": [("service", "客户服务")]})
    assert [(one.value, one.chosen) for one in queue.choices] == [("", False), ("service", False), ("old", True)]


def test_too_many_names_are_typed() -> None:
    """Five thousand boxes to tick are no form."""
    many = [(str(number), "") for number in range(TICKED_MOST + 1)]
    assert row(QueueSection, "agents", {"agents": "1, 2"}, offered={"agents": many}).input == "names"


def test_a_choice_that_was_never_offered_is_shown_as_typed() -> None:
    """Garbage in a list to choose from is shown and not turned into another value."""
    found = row(BoxSection, "hardware", {"hardware": "<script>"})
    assert [(one.value, one.chosen) for one in found.choices] == [("simulated", False), ("dahdi", False), ("<script>", True)]


def test_what_is_said_about_a_field_is_tied_to_it() -> None:
    """A screen reader reads help, range and fault with the field."""
    faults = FormFaults({"ring_timeout_s": (text("wrong"),)})
    found = row(QueueSection, "ring_timeout_s", {"ring_timeout_s": "x"}, faults=faults)
    assert found.described_by == "f-ring_timeout_s-help f-ring_timeout_s-range f-ring_timeout_s-fault"
    assert [(id_, said(one)) for id_, one in found.all_faults] == [("f-ring_timeout_s", "wrong")]


# ---- what was typed ------------------------------------------------------------------------------------------------------------


def test_what_was_typed_is_read_by_kind() -> None:
    """A box to tick comes after a hidden no, ticked names come one by one, and what was not in the form is not touched."""
    form = {"announce_agent": ["false", "true"], "agents": ["", "1001", "1002"], "title": ["A"], "ring_timeout_s": ["20"]}
    typed = read_typed(fields_of(QueueSection), lambda name: form.get(name, []))
    assert typed == {"announce_agent": "true", "agents": "1001, 1002", "title": "A", "ring_timeout_s": "20"}
    assert read_typed(fields_of(QueueSection), lambda name: ["false"] if name == "announce_agent" else []) == {"announce_agent": "false"}


def test_rows_are_read_added_taken_out_and_closed_up() -> None:
    """Reasons work without any script: a button adds an empty row, another takes one out, and gaps do not matter."""
    fields = fields_of(DeskSection)
    form = {"reasons": [""], "reasons.0.digit": ["1"], "reasons.0.name": ["a"], "reasons.4.digit": ["2"], "reasons.4.name": ["b"]}
    typed = read_typed(fields, lambda name: form.get(name, []))
    added = act_on_rows(fields, typed, "add:reasons")
    assert added is not None
    assert (added["reasons.5.digit"], added["reasons.5.name"]) == ("", "")
    fewer = act_on_rows(fields, added, "remove:reasons:0")
    assert fewer is not None
    assert "reasons.0.digit" not in fewer
    assert compacted(fields, fewer) == {"reasons": "", "reasons.0.digit": "2", "reasons.0.name": "b"}
    assert act_on_rows(fields, typed, "save") is None
    assert act_on_rows(fields, typed, "add:login_code") is None
    assert with_section(a_site(), "desk", compacted(fields, fewer)).desk.reasons[0].name == "b"


def test_rows_know_whether_they_are_as_usual() -> None:
    """The usual reasons are not marked as changed, fewer are."""
    desk = typed_of(a_site().desk)
    assert not row(DeskSection, "reasons", desk).changed
    fewer = act_on_rows(fields_of(DeskSection), desk, "remove:reasons:3")
    assert fewer is not None
    assert row(DeskSection, "reasons", fewer).changed
    assert len(row(DeskSection, "reasons", fewer).rows) == 3


# ---- faults --------------------------------------------------------------------------------------------------------------------


def test_faults_come_to_their_fields() -> None:
    """What is wrong with a row, a name in a list or a field stands there; what is wrong elsewhere is told above, with its place."""
    with pytest.raises(SiteFaults) as wrong:
        with_section(a_site(), "desk", {"reasons.0.digit": "1", "reasons.0.name": "Bad", "login_code": "x"})
    found = faults_at(wrong.value.faults, ("desk",))
    assert set(found.at) == {"reasons.0.name", "login_code"}
    assert found.others == ()
    rows = form_rows(fields_of(DeskSection), {"reasons.0.digit": "1", "reasons.0.name": "Bad"}, found)
    assert [id_ for one in rows for id_, _said in one.all_faults] == ["f-login_code", "f-reasons-0-name"]
    with pytest.raises(SiteFaults) as wrong:
        with_entry(a_site(), "queues", "service", {"agents": "1001, 77"})
    assert set(faults_at(wrong.value.faults, ("queues", 0)).at) == {"agents"}
    elsewhere = faults_at(wrong.value.faults, ("queues", 1))
    assert elsewhere.at == {}
    assert said(elsewhere.others[0]).startswith("queues[0].agents[1]: there is no agent 77")


def test_a_form_that_is_no_setting_uses_the_same_rows() -> None:
    """The forms of accounts look like those of settings."""
    field = own_field("label", text("Label"), text("What it is for."), must=True, most=40)
    found = form_rows([field], {"label": "x"})[0]
    assert (found.input, found.must, said(found.label), said(found.range)) == ("text", True, "Label", "at most 40 characters")
    assert own_field("secret", text("Secret"), text("Hidden."), Kind.SECRET).spec.secret


@pytest.mark.parametrize(("value", "shown"), [("20", "20 s"), ("", "empty")])
def test_a_value_is_told_with_its_unit(value: str, shown: str) -> None:
    """A difference reads like a sentence."""
    assert said(shown_setting(next(one for one in fields_of(QueueSection) if one.name == "ring_timeout_s"), value)) == shown


def test_every_setting_has_a_row_with_a_name() -> None:
    """No setting can be added that the page does not show properly."""
    for section in (BoxSection, DeskSection, QueueSection, AgentSection, FlowSection):
        for one in form_rows(fields_of(section), {}):
            assert one.label.msgid
            assert one.help.msgid


def test_a_number_suggests_what_was_found() -> None:
    """The ports that are there are offered; another number can be typed all the same."""
    found = row(StationSection, "channel", offered={"channel": [("5", "card / 1"), ("6", "card / 2")]})
    assert (found.input, [choice.value for choice in found.choices], found.suggests) == ("number", ["5", "6"], True)
    assert "f-channel-found" in found.described_by
    assert not row(StationSection, "channel").suggests


@pytest.mark.parametrize("section", [TrunkSection, StationSection])
def test_every_choice_of_lines_and_phones_has_words(section: type) -> None:
    """Nobody has to know what ``sdmf`` is, and a line's caller id is not explained by displays."""
    choices = [choice for one in fields_of(section) if one.kind == Kind.CHOICE for choice in row(section, one.name).choices]
    assert len(choices) > 10
    assert [choice.value for choice in choices if not isinstance(choice.label, Text)] == []
    said_of = {choice.value: said(choice.label) for choice in row(section, "caller_id").choices}
    assert said_of["none"] == ("none is sent (none)" if section is TrunkSection else "no display (none)")
