"""The desk phones: channel, extension, what they do now and who is logged in; adding, changing, removing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from klein import Klein

from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.settings.edit import entry_of, fields_of, typed_of, with_entry, without_entry
from engine.settings.faults import SiteFaults
from engine.settings.sheet import STATIONS
from engine.settings.site import Site, StationSection
from web.elements import phone_state
from web.forms import NO_FAULTS, FormFaults, faults_at, form_rows, read_typed
from web.house import House
from web.pages import sheets
from web.pages.found import begun, found_cards, found_to_show, offered_ports, wrong_port
from web.pages.sheets import Convert, IssuedPins, Place
from web.saving import Saving, Wanted, base_of
from web.visit import Visit

__all__ = ["add"]

SECTION = "stations"
NAME_MOST = 60
HERE = Place(
    STATIONS,
    "/extensions",
    text("Extensions"),
    text("Desk phones that are not in the sheet are removed, at the next start."),
    text(
        "A row is known by the phone's name. Another extension is good at once; a phone or a channel that differs waits for the next start."
    ),
)
NOTHING_DIFFERS = text("Nothing differs from what is in force.")


class _Extensions:
    def __init__(self, house: House, saving: Saving) -> None:
        self._house = house
        self._saving = saving

    # ---- looking ---------------------------------------------------------------------------------------------------

    async def phones(self, visit: Visit) -> bytes:
        """All desk phones that there are or will be."""
        words = visit.value("q", 60).casefold()
        window = self._house.window
        live = window.live() if window.may(visit.actor, Act.SEE_STATUS) else {"phones": [], "agents": []}
        rows = list(_rows(self._house.sites.site, window.site, live))
        found = [row for row in rows if words in f"{row['name']} {row['extension']} {row['agent']} {row['agent_name']}".casefold()]
        values = {
            "place": HERE,
            "rows": found,
            "all": len(rows),
            "asked": visit.value("q", 60),
            "waits": any(row["notes"] for row in rows),
            "simulated": window.site.box.hardware == "simulated",
            "found": found_to_show(self._house.sites.site, SECTION, await found_cards(self._house, visit)),
        }
        return visit.page("extensions/list.html", values)

    async def new(self, visit: Visit) -> bytes:
        """The form of another phone: empty, or begun for a port that was found."""
        sites = self._house.sites
        suggested = begun(sites.site, SECTION, visit.value("channel", 4))
        typed = {**_typed(sites.site, None), **suggested} if suggested else None
        return self._form(visit, None, typed, await found_cards(self._house, visit), base=str(sites.note.number))

    async def phone(self, visit: Visit, name: str) -> bytes:
        """One desk phone's form."""
        name = name[:NAME_MOST]
        if entry_of(self._house.sites.site, SECTION, name) is None:
            return self._gone(visit, name)
        return self._form(visit, name, None, await found_cards(self._house, visit))

    def _gone(self, visit: Visit, name: str) -> bytes:
        values = {"place": HERE, "said": text("There is no desk phone {key} any more.", key=name)}
        return visit.page("agents/gone.html", values, 404)

    def _form(
        self,
        visit: Visit,
        name: str | None,
        typed: Mapping[str, str] | None,
        cards: Sequence[Mapping[str, Any]],
        faults: FormFaults = NO_FAULTS,
        status: int = 200,
        base: str = "",
    ) -> bytes:
        sites = self._house.sites
        shown = _typed(sites.site, name) if typed is None else typed
        own = "" if name is None else _typed(sites.site, name)["channel"]
        values = {
            "place": HERE,
            "name": name,
            "rows": form_rows(fields_of(StationSection), shown, faults, offered_ports(sites.site, SECTION, cards, own)),
            "doubt": wrong_port(SECTION, cards, shown.get("channel", "")),
            "others": faults.others,
            # the version that the form was made from: what was typed is compared with that one, not with a newer one
            "base": base or (visit.value("base", 12) if typed is not None else str(sites.note.number)),
            "action": "/extensions/new" if name is None else f"/extensions/entry/{quote(name)}",
        }
        return visit.page("extensions/form.html", values, status)

    # ---- changing --------------------------------------------------------------------------------------------------

    async def add_phone(self, visit: Visit) -> bytes:
        """The form of a new phone comes back."""
        typed = read_typed(fields_of(StationSection), visit.values)
        cards = await found_cards(self._house, visit)
        return self._propose(visit, None, typed, lambda site: with_entry(site, SECTION, None, typed), text("New desk phone"), None, cards)

    async def change(self, visit: Visit, name: str) -> bytes:
        """The form comes back, or the phone is to be removed."""
        name = name[:NAME_MOST]
        if entry_of(self._house.sites.site, SECTION, name) is None:
            return self._gone(visit, name)
        cards = await found_cards(self._house, visit)
        if visit.value("act") == "remove":
            heading = text("Remove desk phone {name}", name=name)
            shown = _typed(self._house.sites.site, name)
            return self._propose(visit, name, shown, lambda site: without_entry(site, SECTION, name), heading, None, cards)
        typed = read_typed(fields_of(StationSection), visit.values)
        base = await base_of(self._house, visit)
        shown = _typed(base.site, name)
        meant = {key: value for key, value in typed.items() if value != shown.get(key)}
        if not meant:
            return self._form(visit, name, typed, cards, FormFaults({}, (NOTHING_DIFFERS,)), 400)
        heading = text("Desk phone {name}", name=name)
        return self._propose(visit, name, typed, lambda site: with_entry(site, SECTION, name, meant), heading, base.note.number, cards)

    def _propose(
        self,
        visit: Visit,
        name: str | None,
        typed: Mapping[str, str],
        wanted: Wanted,
        heading: Text,
        base: int | None,
        cards: Sequence[Mapping[str, Any]],
    ) -> bytes:
        names = [one.name for one in self._house.sites.site.stations]
        place = names.index(name) if name is not None else len(names)
        back = "/extensions/new" if name is None else f"/extensions/entry/{quote(name)}"
        try:
            return self._saving.propose(visit, wanted, heading=heading, back=back, then="/extensions", base=base)
        except SiteFaults as wrong:
            return self._form(visit, name, typed, cards, faults_at(wrong.faults, (SECTION, place)), 400)
        except (BadInput, Refused) as wrong:
            return self._form(visit, name, typed, cards, FormFaults({}, (wrong.text,)), 400)


def _typed(site: Site, name: str | None) -> dict[str, str]:
    """What the form begins with."""
    found = None if name is None else entry_of(site, SECTION, name)
    return typed_of(found) if found is not None else {field.name: field.usual for field in fields_of(StationSection)}


def _rows(kept: Site, running: Site, live: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The phones as they are kept, and those that run until the next start, each with what waits."""
    now = {phone["phone"]: phone for phone in live["phones"]}
    people = {agent["agent"]: agent["name"] for agent in live["agents"]}
    runs = {station.name: station for station in running.stations}
    stays = {station.name for station in kept.stations}
    for station in [*kept.stations, *(station for station in running.stations if station.name not in stays)]:
        phone = now.get(station.name, {})
        agent = phone.get("agent", "")
        yield {
            "name": station.name,
            "address": quote(station.name) if station.name in stays else "",
            "channel": station.channel,
            "extension": station.extension,
            "state": phone_state(phone) if phone else "",
            "agent": agent,
            "agent_name": people.get(agent, ""),
            "messages": phone.get("messages", 0),
            "notes": _notes(station, runs.get(station.name), gone=station.name not in stays),
        }


def _notes(kept: StationSection, runs: StationSection | None, *, gone: bool) -> list[Text]:
    """What waits for the next start."""
    if runs is None:
        return [text("works from the next start")]
    if gone:
        return [text("removed at the next start")]
    notes = []
    if kept.channel != runs.channel:
        notes.append(text("channel {channel} until the next start", channel=runs.channel))
    if kept.extension != runs.extension:
        notes.append(text("extension {extension} until the next start", extension=runs.extension))
    if replace(kept, channel=runs.channel, extension=runs.extension) != runs:
        notes.append(text("other settings from the next start"))
    return notes


def add(app: Klein, house: House, saving: Saving, convert: Convert, issued: IssuedPins) -> None:
    """Put these pages to their addresses."""
    extensions = _Extensions(house, saving)
    house.add(app, "/extensions", Act.SEE_SITE, extensions.phones)
    house.add(app, "/extensions/new", Act.CHANGE_SITE, extensions.new)
    house.add(app, "/extensions/new", Act.CHANGE_SITE, extensions.add_phone, ("POST",))
    house.add(app, "/extensions/entry/<name>", Act.SEE_SITE, extensions.phone)
    house.add(app, "/extensions/entry/<name>", Act.CHANGE_SITE, extensions.change, ("POST",))
    sheets.add(app, house, convert, HERE, issued)
