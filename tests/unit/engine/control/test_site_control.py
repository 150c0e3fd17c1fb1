"""Changing the site while it runs: kept first, applied then, refused in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine import facts
from engine.control.site_control import Changed, SiteControl, in_force, version_at_start
from engine.kernel.bus import Bus, Envelope
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import text
from engine.people.actors import Actor, Role
from engine.settings.site import Site, TrunkSection
from engine.settings.versions import SiteVersion
from engine.store.site_archive import SiteArchive
from tests.fakes import FakeClock
from tests.floor import a_site

TECHNICIAN = Actor(Role.TECHNICIAN, "uid 0")
AGENT = Actor(Role.AGENT, "phone-1")


class AtOnce:
    """An executor that works inline; ``fault`` breaks it."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.held: list[Callable[[], None]] | None = None

    def submit(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        if self.held is not None:
            self.held.append(lambda: done(work()))
            return
        if self.fault is not None:
            failed(self.fault)
            return
        done(work())

    def close(self) -> None:
        """Nothing is under way."""


class Desk:
    """A site control with everything it needs, and what it told."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.told: list[object] = []
        bus = Bus(self.clock, "b1", 1, lambda: 0, self._deaf)
        bus.subscribe("test", lambda envelope: self.told.append(envelope.fact))
        self.archive = SiteArchive(folder)
        self.executor = AtOnce()
        first = version_at_start(self.archive, a_site(), self.clock, "first import", "f1")
        self.sites = SiteControl(bus, self.clock, self.executor, self.archive, first)
        self.applied: list[tuple[Site, Site]] = []
        self.sites.watch(lambda old, new: self.applied.append((old, new)))
        self.changed: list[Changed] = []
        self.failures: list[Exception] = []

    def _deaf(self, name: str, envelope: Envelope, error: Exception) -> None:
        raise error

    def change(self, site: Site, why: str = "because") -> None:
        self.sites.change(TECHNICIAN, site, why, self.changed.append, self.failures.append)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A fresh site control on its own folder."""
    return Desk(tmp_path)


def slower(site: Site) -> Site:
    """The same site with another ring time in its first queue."""
    return replace(site, queues=(replace(site.queues[0], ring_timeout_s=33.0), *site.queues[1:]))


def test_a_change_is_kept_applied_and_told(desk: Desk) -> None:
    """The history shows who changed what and why; every component hears of it once."""
    before = desk.sites.site
    desk.change(slower(before), "  they ring too short ")
    assert [changed.number for changed in desk.changed] == [2]
    assert [(found.path, found.old, found.new) for found in desk.changed[0].differences] == [("queues[service].ring_timeout_s", 20.0, 33.0)]
    assert desk.changed[0].waiting == ()
    assert desk.applied == [(before, slower(before))]
    assert desk.told == [facts.SiteChanged(version=2, who="uid 0", why="they ring too short")]
    assert [(note.number, note.why) for note in desk.archive.history(10)] == [(2, "they ring too short"), (1, "first import")]


def test_a_change_that_cannot_be_kept_changes_nothing(desk: Desk) -> None:
    """The disk is full: the old settings stay in force and the reason is told; the next try works."""
    before = desk.sites.site
    desk.executor.fault = EnvironmentFault(text("the disk is full"))
    desk.change(slower(before))
    assert [str(error) for error in desk.failures] == ["the disk is full"]
    assert desk.applied == []
    assert desk.sites.site == before
    desk.executor.fault = None
    desk.change(slower(before))
    assert desk.sites.note.number == 2


def test_lines_wait_for_the_next_start(desk: Desk) -> None:
    """A moved line is kept and named as waiting; the running appliance keeps its lines and takes the rest."""
    before = desk.sites.site
    moved = replace(slower(before), trunks=(replace(before.trunks[0], number="999"), *before.trunks[1:]))
    desk.change(moved)
    assert desk.changed[0].waiting == ("trunks[line-1].number",)
    running = in_force(before, moved)
    assert running.trunks == before.trunks
    assert running.queues == moved.queues


def renumbered(site: Site, **extensions: str) -> Site:
    """The site with other extensions: ``phone_1="811"``."""
    new = {name.replace("_", "-"): extension for name, extension in extensions.items()}
    return replace(site, stations=tuple(replace(one, extension=new.get(one.name, one.extension)) for one in site.stations))


def test_another_extension_is_good_at_once(desk: Desk) -> None:
    """A phone's number does not wait for a start; its channel does."""
    before = desk.sites.site
    new = renumbered(before, phone_1="811")
    new = replace(new, stations=(*new.stations[:3], replace(new.stations[3], channel=30)))
    desk.change(new)
    assert desk.changed[0].waiting == ("stations[phone-4].channel",)
    running = in_force(before, new)
    assert [station.extension for station in running.stations] == ["811", "802", "803", "804"]
    assert running.stations[3].channel == before.stations[3].channel


def test_phones_exchange_their_numbers_at_once(desk: Desk) -> None:
    """Two numbers change places in one change."""
    before = desk.sites.site
    running = in_force(before, renumbered(before, phone_1="802", phone_2="801"))
    assert [station.extension for station in running.stations[:2]] == ["802", "801"]


@pytest.mark.parametrize(("given", "held"), [("804", ["801", "802", "803", "804"]), ("8041", ["801", "802", "803", "804"])])
def test_a_number_that_a_removed_phone_still_has_waits_with_it(desk: Desk, given: str, held: list[str]) -> None:
    """Until the next start the removed phone rings at its number: nobody else gets it before, and the answer says who waits."""
    before = desk.sites.site
    new = renumbered(before, phone_1=given)
    new = replace(new, stations=new.stations[:3])
    desk.change(new)
    assert desk.changed[0].waiting == ("stations[phone-1].extension", "stations[phone-4]")
    assert [station.extension for station in in_force(before, new).stations] == held


def test_who_takes_the_number_of_one_that_waits_waits_too(desk: Desk) -> None:
    """A chain of renumberings that ends at a removed phone is carried out as a whole, or not yet."""
    before = desk.sites.site
    new = renumbered(before, phone_1="804", phone_2="801", phone_3="833")
    new = replace(new, stations=new.stations[:3])
    assert [station.extension for station in in_force(before, new).stations] == ["801", "802", "833", "804"]


def test_what_no_longer_waits_is_no_longer_told(desk: Desk) -> None:
    """A line that was moved and moved back waits for nothing."""
    before = desk.sites.site
    desk.change(replace(before, trunks=(replace(before.trunks[0], number="999"), *before.trunks[1:])))
    assert desk.sites.waiting() == ("trunks[line-1].number",)
    desk.change(before)
    assert desk.sites.waiting() == ()


@pytest.mark.parametrize(
    ("why", "said"),
    [("", "Say why"), ("   ", "Say why"), ("x" * 201, "Say why")],
)
def test_a_change_needs_a_reason(desk: Desk, why: str, said: str) -> None:
    """Nobody finds out later why a change was made if it need not be said."""
    with pytest.raises(Refused, match=said):
        desk.change(slower(desk.sites.site), why)
    assert desk.applied == []


def test_nothing_new_is_no_version(desk: Desk) -> None:
    """Saving an unchanged site does not fill the history."""
    with pytest.raises(Refused, match="Nothing differs from version 1"):
        desk.change(desk.sites.site)


def test_an_agent_may_not_change_the_site(desk: Desk) -> None:
    """A desk phone has no right to the settings."""
    for act in (
        lambda: desk.sites.change(AGENT, slower(desk.sites.site), "why", desk.changed.append, desk.failures.append),
        lambda: desk.sites.back(AGENT, 1, "why", desk.changed.append, desk.failures.append),
        lambda: desk.sites.preview(AGENT, slower(desk.sites.site)),
        lambda: desk.sites.history(AGENT, 10, lambda _notes: None, desk.failures.append),
    ):
        with pytest.raises(Refused, match="may not"):
            act()


def test_a_guard_refuses_before_anything_is_kept(desk: Desk) -> None:
    """A music file that is not there is told before the change, and no version is made."""

    def no_such_file(_site: Site) -> None:
        raise BadInput(text("there is no such file"))

    desk.sites.guard(no_such_file)
    with pytest.raises(BadInput):
        desk.change(slower(desk.sites.site))
    assert desk.archive.history(10)[0].number == 1


def test_two_changes_at_once_are_one_after_the_other(desk: Desk) -> None:
    """While a change is being written a second one is asked to wait, so no version is lost or overwritten."""
    desk.executor.held = []
    desk.change(slower(desk.sites.site))
    with pytest.raises(Refused, match="Another change"):
        desk.change(slower(desk.sites.site))
    held, desk.executor.held = desk.executor.held, None
    held[0]()
    assert desk.sites.note.number == 2


def test_going_back_is_a_change_like_any_other(desk: Desk) -> None:
    """Version 1 comes back as version 3, with its own reason; a version that never was is refused."""
    first = desk.sites.site
    desk.change(slower(first))
    desk.sites.back(TECHNICIAN, 1, "it was better", desk.changed.append, desk.failures.append)
    assert desk.sites.site == first
    assert [(note.number, note.why) for note in desk.archive.history(1)] == [(3, "it was better")]
    desk.sites.back(TECHNICIAN, 9, "?", desk.changed.append, desk.failures.append)
    assert [str(error) for error in desk.failures] == ["There is no version 9."]


def test_a_version_can_be_looked_at(desk: Desk) -> None:
    """The history shows what an old version held; one that never was is none; a desk phone may not look."""
    first = desk.sites.site
    desk.change(slower(first))
    found: list[SiteVersion | None] = []
    for number in (1, 2, 3):
        desk.sites.version(TECHNICIAN, number, found.append, desk.failures.append)
    assert [version.site if version else None for version in found] == [first, slower(first), None]
    with pytest.raises(Refused, match="may not"):
        desk.sites.version(AGENT, 1, found.append, desk.failures.append)


def test_what_waits_is_known_at_any_time(desk: Desk) -> None:
    """Whoever looks later still sees what the next start will change, until it is taken back."""
    before = desk.sites.site
    assert desk.sites.waiting() == ()
    moved = replace(before, trunks=(replace(before.trunks[0], number="999"), *before.trunks[1:]))
    assert desk.sites.waiting(moved) == ("trunks[line-1].number",)
    desk.change(moved)
    desk.change(slower(moved))
    assert desk.sites.waiting() == ("trunks[line-1].number",)
    desk.change(before)
    assert desk.sites.waiting() == ()


def test_a_start_with_the_same_site_makes_no_version(desk: Desk) -> None:
    """Restarting a hundred times leaves one version; another site at the start is the next one."""
    again = version_at_start(desk.archive, a_site(), desk.clock, "again", "")
    assert again.note.number == 1
    other = version_at_start(desk.archive, slower(a_site()), desk.clock, "edited", "f2")
    assert (other.note.number, other.note.why, other.note.origin) == (2, "edited", "f2")
    newest = desk.archive.newest()
    assert isinstance(newest, SiteVersion)
    assert newest.site == slower(a_site())


def test_the_archive_keeps_secrets_from_other_users(desk: Desk, tmp_path: Path) -> None:
    """PINs are in the archive, so its file is for the appliance's user alone."""
    assert desk.archive.newest() is not None
    assert (tmp_path / "settings.db").stat().st_mode & 0o077 == 0


def test_an_archive_that_is_no_database_is_named(tmp_path: Path) -> None:
    """A picture in place of the settings: the file is named and nothing is overwritten."""
    (tmp_path / "settings.db").write_bytes(b"\x89PNG" * 1000)
    with pytest.raises(EnvironmentFault, match=r"settings\.db"):
        SiteArchive(tmp_path).newest()
    assert (tmp_path / "settings.db").read_bytes() == b"\x89PNG" * 1000


def test_a_learned_busy_tone_is_in_force_at_once() -> None:
    """What a test call has learned serves without a restart; what else was changed on the line waits for it."""
    before = Site(trunks=(TrunkSection(name="line-1", channel=1),))
    kept = replace(before, trunks=(TrunkSection(name="line-1", channel=1, busy_tone="394:350/350", flash_ms=300),))
    assert in_force(before, kept).trunks == (TrunkSection(name="line-1", channel=1, busy_tone="394:350/350"),)
