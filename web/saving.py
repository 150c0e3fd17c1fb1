"""How every change of the site is saved from a page: what was meant, its difference in words, a reason, and then a new version.

A page hands over what is wanted as a function of the site (``Wanted``), not as a site: when somebody else saves something in between,
it is made again from what is in force then, and the difference is shown again. So nobody's change is undone unseen. What is not
saved yet is kept here and not in the browser, so typed PINs do not come back in a page; it outlives a login that ends meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from klein import Klein

from engine.control.site_control import Changed
from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.settings.faults import FAULTS_SHOWN_MAX, SiteFaults
from engine.settings.show import difference
from engine.settings.site import Site
from engine.settings.versions import REASON_MOST, SiteVersion
from web.differences import section_label_of, section_of, told
from web.forms import fault_said
from web.house import House, asked
from web.visit import PageFault, Visit

__all__ = ["DRAFTS_MOST", "DRAFTS_OF_ONE_MOST", "Draft", "Drafts", "Saving", "Wanted", "base_of", "saved_said", "waiting_said"]

DRAFTS_MOST = 50
DRAFTS_OF_ONE_MOST = 5
DRAFT_LASTS_NS = 12 * 3600 * 1_000_000_000
SHOWN_MOST = 500
"""Differences listed on a page; of more the rest is counted."""
GONE = text("This change is not known any more: it was saved, or given up, or it is too old. Nothing was changed by this.")

Wanted = Callable[[Site], Site]
"""Makes the wanted site from the one in force. Raises SiteFaults or BadInput."""


@dataclass(frozen=True)
class Draft:
    """A change that is not saved yet: whose, what, from which version on; where it was typed, and where to go when it is saved."""

    user: str
    wanted: Wanted
    heading: Text
    base: int
    back: str
    then: str
    begun_ns: int


class Drafts:
    """Changes that are not saved yet, by an unguessable name; the oldest make room."""

    def __init__(self, make_name: Callable[[], str], monotonic_ns: Callable[[], int]) -> None:
        self._make_name = make_name
        self._monotonic_ns = monotonic_ns
        self._drafts: dict[str, Draft] = {}
        self.crowded_out = 0
        """Drafts given up because there were too many."""

    def __len__(self) -> int:
        return len(self._drafts)

    def keep(self, draft: Draft) -> str:
        """Its name."""
        self._forget_old()
        own = [name for name, one in self._drafts.items() if one.user == draft.user]
        if len(own) >= DRAFTS_OF_ONE_MOST or len(self._drafts) >= DRAFTS_MOST:
            del self._drafts[own[0] if len(own) >= DRAFTS_OF_ONE_MOST else next(iter(self._drafts))]
            self.crowded_out += 1
        name = self._make_name()
        self._drafts[name] = draft
        return name

    def find(self, name: str, user: str) -> Draft | None:
        """The draft of this name, if it is this user's."""
        self._forget_old()
        found = self._drafts.get(name)
        return found if found is not None and found.user == user else None

    def drop(self, name: str) -> None:
        """It is saved or given up."""
        self._drafts.pop(name, None)

    def _forget_old(self) -> None:
        now_ns = self._monotonic_ns()
        self._drafts = {name: one for name, one in self._drafts.items() if now_ns - one.begun_ns < DRAFT_LASTS_NS}


def waiting_said(paths: tuple[str, ...]) -> Text:
    """Which sections have something that waits for the next start: ``Exchange lines, Box``. At least one path."""
    labels = [section_label_of(name) for name in dict.fromkeys(section_of(path) for path in paths)]
    joined = ", ".join(f"{{label{number}}}" for number in range(len(labels)))
    return Text(joined, {f"label{number}": label for number, label in enumerate(labels)})


async def base_of(house: House, visit: Visit) -> SiteVersion:
    """The version that a form was made from, as its field ``base`` says; the one in force when that is not known."""
    sites = house.sites
    seen = visit.value("base", 12)
    if seen.isascii() and seen.isdigit() and int(seen) != sites.note.number:
        number = int(seen)
        found: SiteVersion | None = None
        with suppress(BadInput):  # kept by a release that knew other settings
            found = await asked(lambda done, failed: sites.version(visit.actor, number, done, failed))
        if found is not None:
            return found
    return SiteVersion(sites.note, sites.site)


class Saving:
    """The pages between a form and a new version."""

    def __init__(self, house: House, drafts: Drafts) -> None:
        self._house = house
        self.drafts = drafts

    def propose(self, visit: Visit, wanted: Wanted, *, heading: Text, back: str, then: str, base: int | None = None) -> bytes:
        """Go on to the difference and the reason. ``base``: the version that the form was made from, when it was an older one.

        Raises SiteFaults or BadInput when what is wanted cannot be: show the form again. Refused when nothing differs, or without the
        right.
        """
        house, user = self._house, visit.actor.about
        note = house.sites.note
        if not house.sites.preview(visit.actor, wanted(house.sites.site)):
            raise Refused(text("Nothing differs from what is in force."))
        draft = Draft(user, wanted, heading, note.number if base is None else base, back, then, house.clock.monotonic_ns())
        return visit.go(f"/settings/changes/{self.drafts.keep(draft)}")

    # ---- pages -----------------------------------------------------------------------------------------------------

    def change(self, visit: Visit, draft: str) -> bytes:
        """The difference, and a field for the reason."""
        return self._shown(visit, draft, self._find(visit, draft), (), 200)

    async def save(self, visit: Visit, draft: str) -> bytes:
        """The reason was given."""
        found = self._find(visit, draft)
        if visit.value("act") == "give up":
            self.drafts.drop(draft)
            return visit.go(found.back)
        why, seen = visit.value("why", REASON_MOST + 1), visit.value("base", 12)
        sites = self._house.sites
        try:
            new = found.wanted(sites.site)
            base = int(seen) if seen.isascii() and seen.isdigit() else 0
            changed: Changed = await asked(lambda done, failed: sites.change(visit.actor, new, why, done, failed, base=base))
        except (Refused, BadInput) as refusal:
            return self._shown(visit, draft, found, (refusal.text,), 409 if isinstance(refusal, Refused) else 400)
        except EnvironmentFault as fault:
            self._house.log(f"web: the settings could not be kept: {fault}")
            return self._shown(visit, draft, found, (fault.text,), 503)
        self.drafts.drop(draft)
        assert visit.session is not None
        visit.session.news = saved_said(changed)
        return visit.go(found.then)

    def _find(self, visit: Visit, name: str) -> Draft:
        found = self.drafts.find(name, visit.actor.about)
        if found is None:
            raise PageFault(404, GONE)
        return found

    def _shown(self, visit: Visit, name: str, draft: Draft, refused: tuple[Text, ...], status: int) -> bytes:
        sites = self._house.sites
        faults: tuple[Text, ...] = ()
        new = sites.site
        try:
            new = draft.wanted(sites.site)
        except SiteFaults as wrong:
            faults = tuple(fault_said(fault) for fault in wrong.faults[:FAULTS_SHOWN_MAX])
        except BadInput as wrong:
            faults = (wrong.text,)
        found = difference(sites.site, new)
        waiting = sites.waiting(new)
        rows = told(found[:SHOWN_MOST], frozenset(waiting))
        values = {
            "draft": name,
            "heading": draft.heading,
            "rows": rows,
            "more": max(0, len(found) - SHOWN_MOST),
            "waits": any(row.waits for row in rows),
            "back": draft.back,
            "base": sites.note.number,
            "meanwhile": sites.note if sites.note.number != draft.base and not refused else None,
            "refused": () if faults else refused,
            "faults": faults,
            "why": visit.value("why", REASON_MOST + 1),
            "reason_most": REASON_MOST,
        }
        return visit.page("settings/change.html", values, status)


def saved_said(changed: Changed) -> Text:
    """What is told after a change was kept."""
    if not changed.waiting:
        return text("Saved as version {number}. It is in force.", number=changed.number)
    return text(
        "Saved as version {number}. What differs in {sections} waits for the next start.",
        number=changed.number,
        sections=waiting_said(changed.waiting),
    )


def add(app: Klein, house: House) -> Saving:
    """Put these pages to their addresses; other pages propose their changes to what comes back."""
    saving = Saving(house, Drafts(house.sessions.new_visit, house.clock.monotonic_ns))
    house.add(app, "/settings/changes/<draft>", Act.CHANGE_SITE, saving.change)
    house.add(app, "/settings/changes/<draft>", Act.CHANGE_SITE, saving.save, ("POST",))
    return saving
