"""The versions of the site: who changed what, when and why; going back to one; the settings as a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from klein import Klein

from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.settings.show import Difference, difference
from engine.settings.site import Site
from engine.settings.versions import SiteVersion, VersionNote
from web.differences import Told, told
from web.house import House, asked
from web.pages.settings import settings_tabs
from web.saving import SHOWN_MOST, Saving, waiting_said
from web.visit import PageFault, Visit

__all__ = ["VERSIONS_A_PAGE", "add"]

VERSIONS_A_PAGE = 20
VERSIONS_MOST = 1000
"""Of more versions the oldest are kept and not listed."""
DIFFERENCES_NAMED = 3
SUMMARIES_KEPT = 1000
UNREADABLE = text("This version was kept by another release of the program, which knew other settings.")
NO_VERSION = text("There is no version {number}.")


@dataclass(frozen=True)
class _Summary:
    """What a version changed: the first places, and how many more there are; or why that is not known."""

    places: tuple[tuple[Text | str, ...], ...] = ()
    more: int = 0
    instead: Text | None = None


class _History:
    def __init__(self, house: House, saving: Saving, site_file: Callable[[Site], str]) -> None:
        self._house = house
        self._saving = saving
        self._site_file = site_file
        self._summaries: dict[int, _Summary] = {}

    # ---- the list --------------------------------------------------------------------------------------------------

    async def history(self, visit: Visit) -> bytes:
        """The newest versions first."""
        sites = self._house.sites
        asked_for = visit.value("page", 4)
        page = int(asked_for) if asked_for.isascii() and asked_for.isdigit() else 0
        begin = min(page, VERSIONS_MOST // VERSIONS_A_PAGE) * VERSIONS_A_PAGE
        most = begin + VERSIONS_A_PAGE + 1
        notes: list[VersionNote] = await asked(lambda done, failed: sites.history(visit.actor, most, done, failed))
        shown = notes[begin : begin + VERSIONS_A_PAGE]
        waiting = sites.waiting()
        values = {
            "tabs": settings_tabs("history"),
            "waiting": waiting_said(waiting) if waiting else None,
            "versions": [(note, await self._summary(visit, note.number)) for note in shown],
            "newest": sites.note.number,
            "newer": page - 1 if page else None,
            "older": page + 1 if len(notes) == most and begin + VERSIONS_A_PAGE < VERSIONS_MOST else None,
        }
        return visit.page("settings/history.html", values)

    async def _summary(self, visit: Visit, number: int) -> _Summary:
        """Of one version. Versions never change, so it is kept."""
        found = self._summaries.get(number)
        if found is None:
            if len(self._summaries) >= SUMMARIES_KEPT:
                self._summaries.clear()
            found = self._summaries[number] = await self._summarise(visit, number)
        return found

    async def _summarise(self, visit: Visit, number: int) -> _Summary:
        try:
            differences = await self._differences(visit, number)
        except BadInput:
            return _Summary(instead=UNREADABLE)
        if differences is None:
            return _Summary(instead=text("the first one"))
        places = tuple(row.place for row in told(differences[:DIFFERENCES_NAMED]))
        return _Summary(places, len(differences) - len(places))

    async def _differences(self, visit: Visit, number: int) -> tuple[Difference, ...] | None:
        """What a version changed; None when there is none before it. Raises BadInput when one of the two cannot be read any more."""
        version, before = await self._version(visit, number), await self._version(visit, number - 1)
        return None if version is None or before is None else difference(before.site, version.site)

    async def _version(self, visit: Visit, number: int) -> SiteVersion | None:
        sites = self._house.sites
        found: SiteVersion | None = await asked(lambda done, failed: sites.version(visit.actor, number, done, failed))
        return found

    # ---- one version -----------------------------------------------------------------------------------------------

    async def version(self, visit: Visit, number: str) -> bytes:
        """What a version changed, and what differs between it and the one in force."""
        found = await self._known(visit, number)
        sites = self._house.sites
        since = difference(sites.site, found.site)
        try:
            made = await self._differences(visit, found.note.number)
        except BadInput:
            made = None
        values = {
            "tabs": settings_tabs("history"),
            "waiting": None,
            "note": found.note,
            "newest": sites.note.number,
            "made": _shown(made or ()),
            "made_more": max(0, len(made or ()) - SHOWN_MOST),
            "first": made is None,
            "since": _shown(since),
            "since_more": max(0, len(since) - SHOWN_MOST),
        }
        return visit.page("settings/version.html", values)

    async def back(self, visit: Visit, number: str) -> bytes:
        """Make an old version the newest: a change like any other."""
        found = await self._known(visit, number)
        address = f"/settings/history/{found.note.number}"
        try:
            return self._saving.propose(
                visit,
                lambda _now: found.site,
                heading=text("Back to version {number}", number=found.note.number),
                back=address,
                then="/settings/history",
            )
        except Refused as refusal:
            raise PageFault(409, refusal.text) from refusal

    async def _known(self, visit: Visit, number: str) -> SiteVersion:
        shown = number[:9]
        wanted = int(shown) if shown.isascii() and shown.isdigit() else 0
        try:
            found = await self._version(visit, wanted)
        except BadInput as error:
            raise PageFault(409, UNREADABLE) from error
        if found is None:
            raise PageFault(404, Text(NO_VERSION.msgid, {"number": number[:20]}))
        return found

    # ---- the settings as a file --------------------------------------------------------------------------------------

    def export(self, visit: Visit) -> bytes:
        """The site in force as a site file; PINs are masked."""
        sites = self._house.sites
        day = datetime.fromtimestamp(self._house.clock.utc_ms() / 1000 + self._house.clock.utc_offset_min() * 60, UTC)
        name = f"strowger-{sites.site.box.id}-version-{sites.note.number}-{day:%Y%m%d}.yaml"
        visit.request.setHeader("content-type", "application/yaml; charset=utf-8")
        visit.request.setHeader("content-disposition", f'attachment; filename="{name}"')
        return self._site_file(sites.site).encode()


def _shown(differences: tuple[Difference, ...]) -> tuple[Told, ...]:
    return told(differences[:SHOWN_MOST])


def add(app: Klein, house: House, saving: Saving, site_file: Callable[[Site], str]) -> None:
    """Put these pages to their addresses."""
    pages = _History(house, saving, site_file)
    house.add(app, "/settings/history", Act.SEE_SITE, pages.history)
    house.add(app, "/settings/history/<number>", Act.SEE_SITE, pages.version)
    house.add(app, "/settings/history/<number>", Act.CHANGE_SITE, pages.back, ("POST",))
    house.add(app, "/settings/export.yaml", Act.SEE_SITE, pages.export)
