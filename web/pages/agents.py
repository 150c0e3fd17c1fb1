"""The agents: who they are, which queues they serve, where they are now; adding, changing, removing; PINs that were made."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode

from klein import Klein

from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.people.pins import made_pin
from engine.settings.edit import FormField, Kind, entry_of, fields_of, typed_of, with_entry, without_entry
from engine.settings.faults import SiteFaults
from engine.settings.membership import serving, with_membership
from engine.settings.sheet import AGENTS
from engine.settings.site import AgentSection, Site
from web.forms import NO_FAULTS, FormFaults, FormRow, fault_said, faults_at, form_rows, own_field, read_typed
from web.house import House
from web.kept import KeptForUsers
from web.pages import sheets
from web.pages.sheets import Convert, IssuedPins, Place
from web.saving import Saving, Wanted, base_of
from web.visit import PageFault, Visit
from web.words import CHOICES

__all__ = ["ROWS_A_PAGE", "add"]

ROWS_A_PAGE = 100
ISSUED_MOST = 20
ISSUED_TO_ONE_MOST = 5
"""Changes with made PINs that are on their way to being saved."""
NUMBER_MOST = 60
HERE = Place(
    AGENTS,
    "/agents",
    text("Agents"),
    text("Agents who are not in the sheet are removed, from the queues too."),
    text("PINs never stand in an exported sheet. An agent keeps the PIN when the cell is empty; a new one gets a made one, shown once."),
)
NOTHING_DIFFERS = text("Nothing differs from what is in force.")

_QUEUES = own_field("queues", text("Queues"), text("Calls of these queues are offered to the agent."), Kind.NAMES)
_MAKE_PIN = own_field(
    "make_pin", text("New PIN"), text("Make a PIN of six digits. It is shown once, after saving."), Kind.YES_NO, usual="false"
)


def _pin_field(*, new: bool) -> FormField:
    """The setting's own field, with words for this form."""
    field = next(one for one in fields_of(AgentSection) if one.name == "pin")
    kept = text("Leave it empty to keep the present one.")
    made = text("Leave it empty to have one of six digits made. It is shown once, after saving.")
    return replace(field, must=False, spec=replace(field.spec, help=(made if new else kept).msgid))


def _fields(*, new: bool) -> tuple[FormField, ...]:
    own = [one for one in fields_of(AgentSection) if one.name != "pin"]
    return (*own, _QUEUES, _pin_field(new=new), *(() if new else (_MAKE_PIN,)))


class _Agents:
    def __init__(self, house: House, saving: Saving, issued: IssuedPins) -> None:
        self._house = house
        self._saving = saving
        self._issued = issued

    # ---- looking ---------------------------------------------------------------------------------------------------

    def everybody(self, visit: Visit) -> bytes:
        """All agents, or those who fit, a hundred a page."""
        site = self._house.sites.site
        words, queue = visit.value("q", 60), visit.value("queue", 40)
        serves = serving(site)
        found = [one for one in site.agents if _fits(one, words) and (not queue or queue in serves.get(one.number, ()))]
        typed = visit.value("page", 4)
        page = min(int(typed) if typed.isascii() and typed.isdigit() else 0, max(0, len(found) - 1) // ROWS_A_PAGE)
        asked_for = urlencode({name: value for name, value in {"q": words, "queue": queue}.items() if value})
        values = {
            "place": HERE,
            "rows": self._rows(visit, found[page * ROWS_A_PAGE : (page + 1) * ROWS_A_PAGE], serves),
            "count": len(found),
            "all": len(site.agents),
            "asked": words,
            "queue": queue,
            "queues": [(one.name, one.title or one.name) for one in site.queues],
            "titles": {one.name: one.title or one.name for one in site.queues},
            "languages_spoken": CHOICES["language"],
            "page": page,
            "pages": 1 + max(0, len(found) - 1) // ROWS_A_PAGE,
            "query": f"{asked_for}&" if asked_for else "",
        }
        return visit.page("agents/list.html", values)

    def _rows(self, visit: Visit, agents: list[AgentSection], serves: Mapping[str, tuple[str, ...]]) -> list[dict[str, object]]:
        live, extensions = {}, {}
        if self._house.window.may(visit.actor, Act.SEE_STATUS):
            now = self._house.window.live()
            live = {one["agent"]: one for one in now["agents"]}
            extensions = {one["phone"]: one["extension"] for one in now["phones"]}
        return [
            {
                "agent": one,
                "address": quote(one.number),
                "queues": serves.get(one.number, ()),
                "live": live.get(one.number),
                "extension": extensions.get(live.get(one.number, {}).get("phone", ""), ""),
            }
            for one in agents
        ]

    def new(self, visit: Visit) -> bytes:
        """The empty form."""
        return self._form(visit, None, None)

    def agent(self, visit: Visit, number: str) -> bytes:
        """One agent's form."""
        number = number[:NUMBER_MOST]
        if entry_of(self._house.sites.site, "agents", number) is None:
            return self._gone(visit, number)
        return self._form(visit, number, None)

    def _gone(self, visit: Visit, number: str) -> bytes:
        values = {"place": HERE, "said": text("There is no agent {key} any more.", key=number)}
        return visit.page("agents/gone.html", values, 404)

    def _form(
        self, visit: Visit, number: str | None, typed: Mapping[str, str] | None, faults: FormFaults = NO_FAULTS, status: int = 200
    ) -> bytes:
        sites = self._house.sites
        shown = _typed(sites.site, number) if typed is None else typed
        offered = {"queues": [(queue.name, queue.title) for queue in sites.site.queues]}
        values = {
            "place": HERE,
            "number": number,
            "name": shown.get("name", ""),
            "rows": [_calm(row) for row in form_rows(_fields(new=number is None), shown, faults, offered)],
            "others": faults.others,
            # the version that the form was made from: what was typed is compared with that one, not with a newer one
            "base": visit.value("base", 12) if typed is not None else str(sites.note.number),
            "action": "/agents/new" if number is None else f"/agents/{quote(number)}",
        }
        return visit.page("agents/form.html", values, status)

    # ---- changing --------------------------------------------------------------------------------------------------

    def add_agent(self, visit: Visit) -> bytes:
        """The form of a new agent comes back."""
        typed = read_typed(_fields(new=True), visit.values)
        queues = _names(typed.get("queues", ""))
        meant = {name: value for name, value in typed.items() if name != "queues"}
        pins = {}
        if not meant.get("pin"):
            pins[meant.get("number", "")] = meant["pin"] = self._new_pin()

        def wanted(site: Site) -> Site:
            return with_membership(with_entry(site, "agents", None, meant), meant.get("number", ""), queues, ())

        return self._propose(visit, None, typed, wanted, text("New agent"), pins, None)

    async def change(self, visit: Visit, number: str) -> bytes:
        """The form comes back, or the agent is to be removed."""
        number = number[:NUMBER_MOST]
        if entry_of(self._house.sites.site, "agents", number) is None:
            return self._gone(visit, number)
        if visit.value("act") == "remove":
            return self._remove(visit, number)
        typed = read_typed(_fields(new=False), visit.values)
        base = await base_of(self._house, visit)
        shown = _typed(base.site, number)
        meant: dict[str, str] = {
            name: typed[name] for name in ("number", "name", "language") if name in typed and typed[name] != shown[name]
        }
        pins: dict[str, str] = {}
        if typed.get("make_pin") == "true":
            if typed.get("pin"):
                both = text("Either type a PIN or have one made.")
                return self._form(visit, number, typed, FormFaults({"pin": (both,)}), 400)
            pins[meant.get("number", number)] = meant["pin"] = self._new_pin()
        elif typed.get("pin"):
            meant["pin"] = typed["pin"]
        before, now = _names(shown["queues"]), _names(typed.get("queues", shown["queues"]))
        join, leave = [name for name in now if name not in before], [name for name in before if name not in now]
        if not meant and not join and not leave:
            return self._form(visit, number, typed, FormFaults({}, (NOTHING_DIFFERS,)), 400)

        def wanted(site: Site) -> Site:
            return with_membership(with_entry(site, "agents", number, meant), meant.get("number", number), join, leave)

        return self._propose(visit, number, typed, wanted, text("Agent {number}", number=number), pins, base.note.number)

    def _propose(
        self,
        visit: Visit,
        number: str | None,
        typed: Mapping[str, str],
        wanted: Wanted,
        heading: Text,
        pins: Mapping[str, str],
        base: int | None,
    ) -> bytes:
        agents = [one.number for one in self._house.sites.site.agents]
        place = agents.index(number) if number is not None else len(agents)
        back = "/agents/new" if number is None else f"/agents/{quote(number)}"
        shown_later = self._issued.keep(visit.actor.about, pins) if pins else ""
        then = f"/agents/pins/{shown_later}" if pins else "/agents"
        try:
            return self._saving.propose(visit, wanted, heading=heading, back=back, then=then, base=base)
        except SiteFaults as wrong:
            faults = faults_at(wrong.faults, ("agents", place))
        except (BadInput, Refused) as wrong:
            faults = FormFaults({}, (wrong.text,))
        self._issued.drop(shown_later)
        return self._form(visit, number, typed, faults, 400)

    def _remove(self, visit: Visit, number: str) -> bytes:
        heading = text("Remove agent {number}", number=number)
        back = f"/agents/{quote(number)}"
        try:
            return self._saving.propose(
                visit, lambda site: without_entry(site, "agents", number), heading=heading, back=back, then="/agents"
            )
        except SiteFaults as wrong:
            typed = _typed(self._house.sites.site, number)
            return self._form(visit, number, typed, FormFaults({}, tuple(fault_said(fault) for fault in wrong.faults)), 409)

    # ---- PINs ------------------------------------------------------------------------------------------------------

    def _new_pin(self) -> str:
        return made_pin(self._house.sessions.new_visit())

    def pins(self, visit: Visit, name: str) -> bytes:
        """PINs that were made and are in force now. They are shown to whoever had them made, once."""
        made = self._issued.find(name, visit.actor.about)
        if made is None:
            raise PageFault(404, text("These PINs were shown already, or were not saved. Have new ones made if they are lost."))
        agents = {one.number: one for one in self._house.sites.site.agents}
        rows = [
            (agents[number], pin)
            for number, pin in made.items()
            if number in agents and hmac.compare_digest(agents[number].pin.encode(), pin.encode())
        ]
        if not rows:  # not saved yet: they are kept until they are
            raise PageFault(404, text("These PINs were shown already, or were not saved. Have new ones made if they are lost."))
        self._issued.drop(name)
        return visit.page("agents/pins.html", {"rows": rows})


def _fits(agent: AgentSection, words: str) -> bool:
    return all(word.casefold() in f"{agent.number} {agent.name}".casefold() for word in words.split())


def _names(typed: str) -> tuple[str, ...]:
    return tuple(part for part in typed.split(", ") if part)


def _typed(site: Site, number: str | None) -> dict[str, str]:
    """What the form begins with."""
    found = None if number is None else entry_of(site, "agents", number)
    own = typed_of(found) if found is not None else {"number": "", "name": "", "language": ""}
    return {**own, "pin": "", "make_pin": "false", "queues": ", ".join(serving(site).get(number or "", ()))}


def _calm(row: FormRow) -> FormRow:
    """Of people nothing is usual."""
    return replace(row, usual=None, changed=False)


def add(app: Klein, house: House, saving: Saving, convert: Convert) -> IssuedPins:
    """Put these pages to their addresses; gives the place where made PINs wait to be shown."""
    issued: IssuedPins = KeptForUsers(ISSUED_MOST, house.sessions.new_visit, house.clock.monotonic_ns, of_one_most=ISSUED_TO_ONE_MOST)
    agents = _Agents(house, saving, issued)
    house.add(app, "/agents", Act.SEE_SITE, agents.everybody)
    house.add(app, "/agents/new", Act.CHANGE_SITE, agents.new)
    house.add(app, "/agents/new", Act.CHANGE_SITE, agents.add_agent, ("POST",))
    house.add(app, "/agents/<number>", Act.SEE_SITE, agents.agent)
    house.add(app, "/agents/<number>", Act.CHANGE_SITE, agents.change, ("POST",))
    house.add(app, "/agents/pins/<name>", Act.CHANGE_SITE, agents.pins)
    sheets.add(app, house, convert, HERE, issued)
    return issued
