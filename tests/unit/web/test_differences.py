"""Differences between two sites in the words of people."""

from __future__ import annotations

from dataclasses import replace

from engine.kernel.text import Text
from engine.settings.edit import with_entry, with_section, without_entry
from engine.settings.show import difference
from engine.settings.site import DeskSection, Site, TrunkSection
from tests.floor import a_site
from web.differences import Told, section_label, section_label_of, section_of, told

OLD = a_site()


def lines(new: Site) -> list[str]:
    """Each difference as one line: kind, place, old, new, details."""
    return [line(found) for found in told(difference(OLD, new))]


def line(found: Told) -> str:
    def say(part: Text | str) -> str:
        return part.in_english() if isinstance(part, Text) else part

    details = ", ".join(f"{say(label)} {say(shown)}" for label, shown in found.details)
    place = " > ".join(say(part) for part in found.place)
    return f"{found.kind} {place}: {say(found.old)} -> {say(found.new)}" + (f" ({details})" if details else "")


def test_a_changed_setting_is_told_with_labels_and_units() -> None:
    """Whoever looks at a change reads no path and no bare number."""
    new = with_section(with_entry(OLD, "queues", "service", {"ring_timeout_s": "25", "announce_agent": "false"}), "box", {"language": "en"})
    assert lines(new) == [
        "changed Box > Spoken language: Chinese (zh) -> English (en)",
        "changed Queues > service > Ringing time: 20 s -> 25 s",
        "changed Queues > service > Agent number announced: yes -> no",
    ]


def test_entries_that_come_and_go_are_told_with_what_is_special() -> None:
    """A new agent is told with the name, and never with the PIN."""
    new = without_entry(with_entry(OLD, "agents", None, {"number": "2001", "name": "王伟", "pin": "9876"}), "agents", "1004")
    assert lines(new) == [
        "removed Agents > 1004: removed -> ",
        "added Agents > 2001:  -> added (Name 王伟)",
        "changed Queues > service > Agents: 1001, 1002, 1003, 1004 -> 1001, 1002, 1003",
        "changed Queues > vip > Agents: 1004, 1003 -> 1003",
    ]


def test_a_changed_secret_is_told_without_it() -> None:
    """That a PIN was changed is told, and nothing of either."""
    assert lines(with_entry(OLD, "agents", "1001", {"pin": "9876"})) == ["changed Agents > 1001 > PIN: as it was -> another one"]


def test_another_order_is_told() -> None:
    """Lines are tried in their order, so a changed one is a change."""
    new = replace(OLD, trunks=(OLD.trunks[1], OLD.trunks[0], *OLD.trunks[2:]))
    assert lines(new) == ["order Exchange lines > Order: line-1, line-2, line-3, line-4 -> line-2, line-1, line-3, line-4"]


def test_rows_inside_a_group_are_told_by_their_key() -> None:
    """A reason for not ready is told with its key."""
    reasons = DeskSection().reasons
    new = replace(OLD, desk=replace(OLD.desk, reasons=(replace(reasons[0], name="tea"), *reasons[1:3])))
    assert lines(new) == [
        "changed Dialling codes > Reasons for not ready > 1 > Reason: break -> tea",
        "removed Dialling codes > Reasons for not ready > 4: removed ->  (Reason training)",
    ]


def test_emptied_names_are_told_as_none() -> None:
    """A queue without agents is told so."""
    assert lines(with_entry(OLD, "queues", "vip", {"agents": ""})) == ["changed Queues > vip > Agents: 1004, 1003 -> none"]


def test_what_waits_is_marked() -> None:
    """What takes effect only at the next start is told apart from what does at once."""
    new = replace(OLD, trunks=(*OLD.trunks, TrunkSection(name="line-9", channel=9)), desk=replace(OLD.desk, pin_tries=5))
    assert [(found.path, found.waits) for found in told(difference(OLD, new), {"trunks[line-9]"})] == [
        ("trunks[line-9]", True),
        ("desk.pin_tries", False),
    ]


def test_a_path_leads_to_its_section() -> None:
    """What waits is told by section; a path of another program's version is told as it is."""
    assert section_label("line_times").in_english() == "Line timing"
    assert section_of("queues[service].wrap_up_s") == "queues"
    found = section_label_of("trunks[line-1].number")
    assert isinstance(found, Text)
    assert found.in_english() == "Exchange lines"
    assert section_label_of("moon.phase") == "moon.phase"
