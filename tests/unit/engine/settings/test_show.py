"""A site as plain values, and what changed between two."""

from __future__ import annotations

from dataclasses import replace

from engine.settings.show import MASK, Difference, difference, show_site
from engine.settings.site import AgentSection, DeskSection, QueueSection, Site, TrunkSection

OLD = Site(
    trunks=(TrunkSection(name="line-1", channel=1), TrunkSection(name="line-2", channel=2)),
    agents=(AgentSection(number="1001", pin="1234"), AgentSection(number="1002", pin="5678")),
    queues=(QueueSection(name="service", agents=("1001",)),),
)


def test_secrets_are_masked_unless_asked_for() -> None:
    """A settings page shows no PIN; a backup holds them."""
    assert [agent["pin"] for agent in show_site(OLD)["agents"]] == [MASK, MASK]
    assert [agent["pin"] for agent in show_site(OLD, secrets=True)["agents"]] == ["1234", "5678"]


def test_equal_sites_differ_in_nothing() -> None:
    """Saving a page without a change is no change."""
    assert difference(OLD, replace(OLD)) == ()


def test_a_changed_setting_is_told_by_its_path() -> None:
    """Who reviews a change reads which setting went from what to what."""
    new = replace(OLD, queues=(replace(OLD.queues[0], ring_timeout_s=15.0, agents=("1001", "1002")),), desk=DeskSection(pin_tries=5))
    assert difference(OLD, new) == (
        Difference("queues[service].agents", ["1001"], ["1001", "1002"]),
        Difference("queues[service].ring_timeout_s", 20.0, 15.0),
        Difference("desk.pin_tries", 3, 5),
    )


def test_a_removed_entry_does_not_look_like_changes_of_the_others() -> None:
    """Taking the first agent away is one difference."""
    found = difference(OLD, replace(OLD, agents=OLD.agents[1:]))
    assert [(change.path, change.new) for change in found] == [("agents[1001]", None)]
    assert isinstance(found[0].old, dict)
    assert (found[0].old["number"], found[0].old["pin"]) == ("1001", MASK)


def test_an_added_entry_is_one_difference() -> None:
    """A new agent is shown whole, without the PIN."""
    found = difference(OLD, replace(OLD, agents=(*OLD.agents, AgentSection(number="1003", pin="9999"))))
    assert [(change.path, change.old) for change in found] == [("agents[1003]", None)]
    assert "9999" not in repr(found)


def test_a_changed_pin_is_told_without_the_pin() -> None:
    """That a PIN changed is seen, the PIN is not."""
    new = replace(OLD, agents=(replace(OLD.agents[0], pin="4321"), OLD.agents[1]))
    assert difference(OLD, new) == (Difference("agents[1001].pin", MASK, MASK),)


def test_a_changed_order_of_lines_is_a_difference() -> None:
    """Lines are seized in order: another order is another site."""
    assert difference(OLD, replace(OLD, trunks=OLD.trunks[::-1])) == (Difference("trunks", ["line-1", "line-2"], ["line-2", "line-1"]),)
