"""Questions about a candidate of settings: whoever makes it carries it along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.control.edit_asking import edit_answers
from engine.control.site_control import SiteControl, version_at_start
from engine.kernel.bus import Bus
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text_from_json
from engine.people.actors import Act, Actor, Role
from engine.settings.edits import Edit, with_edits
from engine.store.site_archive import SiteArchive
from tests.fakes import FakeClock
from tests.floor import a_site

ACTOR = Actor(Role.TECHNICIAN, "uid 0")
WRAP_UP = ["set", "queues[service].wrap_up_s", "12"]


class AtOnce:
    """An executor that works inline."""

    def submit(self, work: Any, done: Any, failed: Any) -> None:
        del failed
        done(work())

    def close(self) -> None:
        """Nothing is under way."""


class Desk:
    """The answers, on settings that can be changed beside them."""

    def __init__(self, folder: Path) -> None:
        clock = FakeClock()
        bus = Bus(clock, "b1", 1, lambda: 0, lambda _name, _envelope, _error: None)
        archive = SiteArchive(folder)
        self.sites = SiteControl(bus, clock, AtOnce(), archive, version_at_start(archive, a_site(), clock, "first import", ""))
        self.answers = edit_answers(self.sites)

    def ask(self, command: str, **arguments: object) -> Any:
        answers: list[Any] = []
        self.answers[command][1](ACTOR, arguments, answers.append, answers.append)
        return answers[0]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_candidate_is_previewed_and_kept(desk: Desk) -> None:
    """The preview changes nothing; keeping it makes the next version, with what waits for the next start."""
    edits = [WRAP_UP, ["set", "trunks[line-1].number", "999"]]
    preview = desk.ask("site_edit_preview", edits=edits)
    assert (preview["number"], preview["faults"], preview["waiting"]) == (1, None, ["trunks[line-1].number"])
    assert desk.sites.site == a_site()
    kept = desk.ask("site_edit", edits=edits, base=1, why="quicker")
    assert (kept["number"], [one["path"] for one in kept["differences"]]) == (2, ["trunks[line-1].number", "queues[service].wrap_up_s"])
    assert desk.sites.site.queues[0].wrap_up_s == 12


def test_a_candidate_that_is_not_complete_yet_is_told_so(desk: Desk) -> None:
    """Its faults are part of the answer, in words that the reader's program can translate; an edit that is wrong by itself is refused."""
    answer = desk.ask("site_edit_preview", edits=[["add", "agents", "7007"]])
    assert text_from_json(answer["faults"]).in_english().startswith("agents[7007].pin: missing;")
    whole = desk.ask("site_edit_preview", edits=[["add", "agents", "7007"], WRAP_UP, ["set", "agents[1001].pin", "8642"]])
    assert whole["faults"] is not None
    found = {one["path"]: (one["old"], one["new"]) for one in whole["differences"]}
    assert found["queues[service].wrap_up_s"] == (30.0, 12.0)
    assert (found["agents[7007]"][0], found["agents[7007]"][1]["number"]) == (None, "7007")
    assert found["agents[1001].pin"] == ("****", "****")
    with pytest.raises(BadInput, match="0…3600 s"):
        desk.ask("site_edit_preview", edits=[["set", "queues[service].wrap_up_s", "soon"]])


def test_nobodys_change_is_undone_unseen(desk: Desk) -> None:
    """Who made a candidate before somebody else's change is told who it was, even when the edits do not fit any more."""
    other = with_edits(a_site(), [Edit("delete", "queues", "vip")])
    desk.sites.change(Actor(Role.ADMINISTRATOR, "user li"), other, "no vips", lambda _changed: None, lambda _error: None)
    with pytest.raises(Refused, match="Meanwhile user li made version 2"):
        desk.ask("site_edit", edits=[["set", "queues[vip].wrap_up_s", "3"]], base=1, why="quicker")
    for base in (None, "1", True, 0):
        with pytest.raises(BadInput, match="base is missing"):
            desk.ask("site_edit", edits=[WRAP_UP], base=base, why="quicker")


def test_help_for_one_setting(desk: Desk) -> None:
    """What a setting is, its range, its usual value, its value in the candidate and in force."""
    about = desk.ask("site_edit_about", edits=[WRAP_UP], setting=WRAP_UP[1])
    assert (about["least"], about["most"], about["unit"], about["usual"]) == (0, 3600, "s", "30")
    assert (about["now"], about["before"]) == ("12", "30")
    assert text_from_json(about["label"]).in_english() == "Wrap-up time"
    pin = desk.ask("site_edit_about", edits=[], setting="agents[1001].pin")
    assert (pin["secret"], pin["now"], pin["usual"]) == (True, "****", "")


def test_settings_and_names_of_a_candidate(desk: Desk) -> None:
    """An entry that is only in the candidate is shown and completed like any other."""
    edits = [["add", "queues", "night"]]
    rows = desk.ask("site_edit_show", edits=edits, prefix="queues[night].wrap_up_s")["rows"]
    assert rows == [{"path": "queues[night].wrap_up_s", "value": "30", "changed": True}]
    names = desk.ask("site_edit_names", edits=edits, begun="queues[n")["names"]
    assert [name["name"] for name in names] == ["queues[night]."]
    with pytest.raises(BadInput):
        desk.ask("site_edit_names", edits=edits, begun="x" * 1000)


def test_only_who_may_change_may_try(desk: Desk) -> None:
    """A preview would tell whether a guessed PIN is the right one: all of it needs the right to change."""
    assert {act for act, _answer in desk.answers.values()} == {Act.CHANGE_SITE}
