"""Changing the site while it runs: validate the whole, show the difference, keep it as a version, apply it.

Every change is the same act, whoever asks and by whatever way. A change is kept before it is applied; when it cannot be
kept nothing changes. Going back is a change like any other. What a call began with it keeps; see each component's
``apply`` for its safe point. Lines, phones and the box itself are opened at a start: changes there wait for the next one, and the
answer says so. Only a phone's extension and an exchange line's own busy tone are no matter of the port: another one is good at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from engine import facts
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import Refused
from engine.kernel.executor import Executor
from engine.kernel.text import text
from engine.people.actors import Act, Actor, allowed
from engine.settings.show import Difference, difference
from engine.settings.site import Site, StationSection
from engine.settings.versions import REASON_MOST, SiteVersion, VersionArchive, VersionNote

__all__ = ["AT_START", "Changed", "SiteControl", "in_force", "version_at_start"]

AT_START = ("box", "trunks", "e1_trunks", "stations", "line_times", "web")
"""Sections whose changes take effect at the next start; of ``stations`` all but the extensions, of ``trunks`` all but the busy tones."""

Apply = Callable[[Site, Site], None]


@dataclass(frozen=True)
class Changed:
    """What a change did: the new version's number, every difference, and those that wait for the next start."""

    number: int
    differences: tuple[Difference, ...]
    waiting: tuple[str, ...]


def in_force(running: Site, kept: Site) -> Site:
    """What a kept site means for a running appliance: sections that wait for the next start stay as they are."""
    waits = replace(kept, **{name: getattr(running, name) for name in AT_START})
    stations = _renumbered(running.stations, {station.name: station.extension for station in kept.stations})
    busy_tones = {trunk.name: trunk.busy_tone for trunk in kept.trunks}
    trunks = tuple(replace(trunk, busy_tone=busy_tones.get(trunk.name, trunk.busy_tone)) for trunk in running.trunks)
    return replace(waits, stations=stations, trunks=trunks)


def _renumbered(running: tuple[StationSection, ...], wanted: Mapping[str, str]) -> tuple[StationSection, ...]:
    """The running phones with the extensions that they shall have. One that would clash with a phone that is there until the next start
    waits with it.
    """
    new = {station.name: wanted.get(station.name, station.extension) for station in running}
    for _ in running:  # each round gives at least one phone its present number back, and those are sound together
        back = [one.name for one in running if new[one.name] != one.extension and _clashes(one.name, new)]
        if not back:
            break
        new.update({one.name: one.extension for one in running if one.name in back})
    return tuple(replace(station, extension=new[station.name]) for station in running)


def _clashes(name: str, extensions: Mapping[str, str]) -> bool:
    """True when another phone has this one's number, or one number is the beginning of the other."""
    own = extensions[name]
    return any(other != name and (each.startswith(own) or own.startswith(each)) for other, each in extensions.items())


def version_at_start(archive: VersionArchive, site: Site, clock: Clock, why: str, origin: str) -> SiteVersion:
    """The newest version when it is this site, else this site kept as the next version. Before there are threads."""
    newest = archive.newest()
    if newest is not None and newest.site == site:
        return newest
    number = 1 if newest is None else newest.note.number + 1
    version = SiteVersion(VersionNote(number, clock.utc_ms(), clock.utc_offset_min(), "start", why, origin), site)
    archive.add(version)
    return version


class SiteControl:
    """The version in force, and the way to another."""

    def __init__(self, bus: Bus, clock: Clock, executor: Executor, archive: VersionArchive, current: SiteVersion) -> None:
        self._bus = bus
        self._clock = clock
        self._executor = executor
        self._archive = archive
        self._current = current
        self._running = current.site
        self._watchers: list[Apply] = []
        self._guards: list[Callable[[Site], None]] = []
        self._busy = False

    @property
    def site(self) -> Site:
        """The site in force."""
        return self._current.site

    @property
    def note(self) -> VersionNote:
        """The note of the version in force."""
        return self._current.note

    def guard(self, judge: Callable[[Site], None]) -> None:
        """``judge(new)`` is asked before a change is kept, and refuses it by raising: a file that is not there, for example."""
        self._guards.append(judge)

    def watch(self, apply: Apply) -> None:
        """``apply(old, new)`` is called at every change, in the reactor thread, in the order of watching."""
        self._watchers.append(apply)

    def preview(self, actor: Actor, new: Site) -> tuple[Difference, ...]:
        """What a change would do. Refused without the right."""
        self._check(actor, Act.SEE_SITE)
        return difference(self.site, new)

    def change(
        self,
        actor: Actor,
        new: Site,
        why: str,
        done: Callable[[Changed], None],
        failed: Callable[[Exception], None],
        *,
        base: int | None = None,
    ) -> None:
        """Keep ``new`` as the next version and apply it. Refused: no right, no reason, no difference, another change under way, or
        ``base``, the version that ``new`` was made from, is not in force any more: nobody's change is undone unseen.
        """
        self._check(actor, Act.CHANGE_SITE)
        if base is not None and base != self.note.number:
            said = text(
                "Meanwhile {who} made version {number} ({why}). Look at the difference again, then save.",
                who=self.note.who,
                number=self.note.number,
                why=self.note.why,
            )
            raise Refused(said)
        why = why.strip()
        if not 0 < len(why) <= REASON_MOST:
            raise Refused(text("Say why, in 1 to {most} characters: the history shows it.", most=REASON_MOST))
        differences = difference(self.site, new)
        if not differences:
            raise Refused(text("Nothing differs from version {number}, which is in force.", number=self.note.number))
        for judge in self._guards:
            judge(new)
        if self._busy:
            raise Refused(text("Another change is being kept at this moment: try again."))
        note = VersionNote(self.note.number + 1, self._clock.utc_ms(), self._clock.utc_offset_min(), actor.about, why)
        version = SiteVersion(note, new)
        self._busy = True

        def kept(_nothing: None) -> None:
            self._busy = False
            self._apply(version)
            done(Changed(note.number, differences, self.waiting(new)))

        def not_kept(error: Exception) -> None:
            self._busy = False
            failed(error)

        try:
            self._executor.submit(lambda: self._archive.add(version), kept, not_kept)
        except Exception:
            self._busy = False
            raise

    def back(self, actor: Actor, number: int, why: str, done: Callable[[Changed], None], failed: Callable[[Exception], None]) -> None:
        """Make an old version's site the newest. Refused when there is no such version."""
        self._check(actor, Act.CHANGE_SITE)

        def found(version: SiteVersion | None) -> None:
            if version is None:
                failed(Refused(text("There is no version {number}.", number=number)))
                return
            try:
                self.change(actor, version.site, why, done, failed)
            except Refused as refusal:
                failed(refusal)

        self._executor.submit(lambda: self._archive.version(number), found, failed)

    def version(self, actor: Actor, number: int, done: Callable[[SiteVersion | None], None], failed: Callable[[Exception], None]) -> None:
        """One version with its site; ``done(None)`` when there is none of this number. It holds secrets: mask what is shown of it."""
        self._check(actor, Act.SEE_SITE)
        self._executor.submit(lambda: self._archive.version(number), done, failed)

    def history(self, actor: Actor, most: int, done: Callable[[list[VersionNote]], None], failed: Callable[[Exception], None]) -> None:
        """The newest versions' notes."""
        self._check(actor, Act.SEE_SITE)
        self._executor.submit(lambda: self._archive.history(most), done, failed)

    def waiting(self, new: Site | None = None) -> tuple[str, ...]:
        """The paths of what waits for the next start with this site, or with the one in force."""
        new = self.site if new is None else new
        now = in_force(self._running, new)
        later = replace(now, **{name: getattr(new, name) for name in AT_START})
        return tuple(found.path for found in difference(now, later))

    def _apply(self, version: SiteVersion) -> None:
        old, self._current = self._current, version
        self._running = in_force(self._running, version.site)
        for apply in self._watchers:
            apply(old.site, version.site)
        self._bus.publish(facts.SiteChanged(version=version.note.number, who=version.note.who, why=version.note.why))

    def _check(self, actor: Actor, act: Act) -> None:
        if not allowed(actor, act, ""):
            raise Refused(text("{actor} may not do this.", actor=actor.about))
