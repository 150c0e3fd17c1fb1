"""The outgoing trunk groups as a technician reads them."""

from __future__ import annotations

from dataclasses import replace

from console.trunk_group_views import trunk_groups_shown
from engine.control.trunk_group_asking import group_rows
from engine.settings.trunk_group import TrunkGroupSection
from tests.floor import Floor, a_site


def test_each_group_with_its_channels_and_limits() -> None:
    """Counts with their limits, the limit that is reached in words, and the group of all lines last."""
    main = TrunkGroupSection(name="main", trunks=("line-1", "line-2"), reserved=1, daily_calls_most=1)
    floor = Floor(replace(a_site(), trunk_groups=(main,)))
    floor.phone(1).lift()
    floor.phone(1).press("010086#")
    heading, first, last = trunk_groups_shown({"groups": group_rows(floor.groups)}, str).splitlines()
    assert heading.split("  ")[0] == "group"
    assert first.split()[:8] == ["main", "1", "1", "1", "0", "0", "1", "1/1"]
    assert first.endswith("as many calls today as allowed")
    assert last.startswith("all outgoing lines  3")
    assert floor.bugs == []
