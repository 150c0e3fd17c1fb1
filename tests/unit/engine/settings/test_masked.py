"""Settings that were read with masked secrets and come back changed."""

from __future__ import annotations

import pytest

from appliance.site_file import demo_site_file, read_site
from engine.settings.build import build_site
from engine.settings.faults import SiteFaults
from engine.settings.masked import with_secrets_kept
from engine.settings.show import show_site
from engine.settings.versions import node_of

SITE = read_site(demo_site_file())


def test_what_was_masked_stays_what_it_was() -> None:
    """Who exports the settings without PINs, changes a name and gives them back changes the name only."""
    plain = show_site(SITE)
    assert all(agent["pin"] == "****" for agent in plain["agents"])
    plain["agents"][0]["name"] = "李娜娜"
    plain["agents"][1]["pin"] = "8642"
    plain["agents"].reverse()
    made = build_site(node_of(with_secrets_kept(plain, SITE)), "test")
    by_number = {agent.number: agent for agent in made.agents}
    for agent in SITE.agents:
        expected = "8642" if agent.number == SITE.agents[1].number else agent.pin
        assert by_number[agent.number].pin == expected
    assert by_number[SITE.agents[0].number].name == "李娜娜"


def test_a_mask_that_stands_for_nothing_is_refused() -> None:
    """An agent who is new has no PIN that could stay: it must be given."""
    plain = show_site(SITE)
    plain["agents"].append({"number": "7777", "pin": "****"})
    with pytest.raises(SiteFaults, match="secret of 4 characters"):
        build_site(node_of(with_secrets_kept(plain, SITE)), "test")


@pytest.mark.parametrize("odd", [{}, {"agents": 5}, {"agents": [5, None]}, {"nothing": {"pin": "****"}}, {"desk": [1]}, {"box": None}])
def test_nonsense_is_left_for_the_check_of_the_site(odd: dict[str, object]) -> None:
    """Whatever somebody sends instead of settings comes through unchanged, to be refused where every fault gets its sentence."""
    assert with_secrets_kept(odd, SITE) == odd
