"""The difference of settings that are not sound yet."""

from __future__ import annotations

import pytest

from appliance.site_file import demo_site_file, read_site
from engine.settings.edits import Edit, edited_plain, with_edits
from engine.settings.show import difference, show_site
from engine.settings.unsound import plain_difference

SITE = read_site(demo_site_file())


@pytest.mark.parametrize(
    "edits",
    [
        [Edit("set", "queues[service].wrap_up_s", "12"), Edit("set", "box.name", "other")],
        [Edit("add", "queues", "night")],
        [Edit("set", "agents[1001].pin", "8642")],
        [],
    ],
    ids=["settings", "entry", "secret", "nothing"],
)
def test_a_sound_candidate_differs_as_its_site_does(edits: list[Edit]) -> None:
    """The technician sees the same difference whether or not something else is still missing."""
    assert plain_difference(show_site(SITE, secrets=True), edited_plain(SITE, edits)) == difference(SITE, with_edits(SITE, edits))


def test_a_secret_of_a_new_entry_stays_hidden() -> None:
    """A PIN that was typed for a new agent is not shown, and what the agent lacks is not made up."""
    edits = [Edit("add", "agents", "7007"), Edit("set", "agents[7007].pin", "8642")]
    found = plain_difference(show_site(SITE, secrets=True), edited_plain(SITE, edits))
    assert "8642" not in repr(found)
    assert found[0].path == "agents[7007]"
    lacking = plain_difference(show_site(SITE, secrets=True), edited_plain(SITE, edits[:1]))
    assert isinstance(lacking[0].new, dict)
    assert "pin" not in lacking[0].new
