"""Every setting of the site as forms made from the settings' own fields; the versions of before; what waits for the next start."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from klein import Klein

from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.settings.edit import (
    FormField,
    Kind,
    entry_of,
    entry_type,
    fields_of,
    key_field,
    list_names,
    named_choices,
    needed_by,
    section_names,
    typed_of,
    with_entry,
    with_section,
    without_entry,
)
from engine.settings.faults import Path, SiteFaults
from engine.settings.field import spec_of
from engine.settings.site import Site
from web.differences import section_label, section_of
from web.forms import (
    NO_FAULTS,
    FormFaults,
    Tab,
    act_on_rows,
    compacted,
    fault_said,
    faults_at,
    form_parts,
    form_rows,
    read_typed,
    shown_setting,
)
from web.house import House
from web.pages.found import SECTIONS, begun, found_cards, found_to_show, offered_ports, wrong_port
from web.pages.spans import SECTION, span_states
from web.saving import Saving, base_of, waiting_said
from web.visit import PageFault, Visit
from web.words import HEADINGS, UNUSED_PARTS

__all__ = ["PAGES_ELSEWHERE", "add", "settings_tabs"]

PAGES_ELSEWHERE: Mapping[str, str] = {"agents": "/agents", "stations": "/extensions"}
"""Sections that have pages of their own."""
COLUMNS_MOST = 6
KEY_MOST = 60
_NAMES = re.compile(r"[^\s,;]+")
NO_SECTION = text("There is no such part of the settings.")


@dataclass(frozen=True)
class _Part:
    """One page's worth of settings: a group, an entry of a list, or a new entry (``key`` None and ``listed``)."""

    section: str
    key: str | None = None

    @property
    def listed(self) -> bool:
        return self.section in list_names()

    @property
    def fields(self) -> tuple[FormField, ...]:
        return fields_of(entry_type(self.section))

    def found(self, site: Site) -> object | None:
        """The group or entry in a site; None when there is none."""
        if not self.listed:
            return getattr(site, self.section)  # type: ignore[no-any-return]  # one of the sections
        return None if self.key is None else entry_of(site, self.section, self.key)

    def typed(self, site: Site) -> dict[str, str]:
        """What a form of it begins with."""
        found = self.found(site)
        return typed_of(found) if found is not None else {field.name: field.usual for field in self.fields}

    def place(self, site: Site) -> Path:
        """Where its faults are."""
        if not self.listed:
            return (self.section,)
        entries = getattr(site, self.section)
        found = self.found(site)
        return self.section, len(entries) if found is None else entries.index(found)

    def changed(self, site: Site, typed: Mapping[str, str]) -> Site:
        """The site with it as typed."""
        return with_entry(site, self.section, self.key, typed) if self.listed else with_section(site, self.section, typed)

    @property
    def address(self) -> str:
        if not self.listed:
            return f"/settings/{self.section}"
        return f"/settings/{self.section}/new" if self.key is None else f"/settings/{self.section}/entry/{quote(self.key)}"

    @property
    def back(self) -> str:
        return f"/settings/{self.section}" if self.listed else "/settings"


def settings_tabs(here: str) -> tuple[Tab, ...]:
    """The menu of all settings pages; ``here`` is the section, or ``history``, ``certificate``, ``doctor``, or empty for the overview."""
    sections = [
        Tab(PAGES_ELSEWHERE.get(name, f"/settings/{name}"), section_label(name), name == here) for name in Site.__dataclass_fields__
    ]
    return (
        Tab("/settings", text("Overview"), here == ""),
        *sections,
        Tab("/settings/certificate", text("Certificate"), here == "certificate"),
        Tab("/settings/history", text("History"), here == "history"),
        Tab("/settings/doctor", text("Doctor"), here == "doctor"),
    )


class _Settings:
    def __init__(self, house: House, saving: Saving) -> None:
        self._house = house
        self._saving = saving

    # ---- looking ---------------------------------------------------------------------------------------------------

    def overview(self, visit: Visit) -> bytes:
        """All sections, and what waits for the next start."""
        site, waiting = self._house.sites.site, self._house.sites.waiting()
        cards = [
            {
                "address": PAGES_ELSEWHERE.get(name, f"/settings/{name}"),
                "label": section_label(name),
                "help": Text(spec_of(Site.__dataclass_fields__[name]).help),
                "entries": len(getattr(site, name)) if name in list_names() else None,
                "changed": _changed_count(site, name) if name in section_names() else 0,
                "waits": any(section_of(path) == name for path in waiting),
            }
            for name in Site.__dataclass_fields__
        ]
        return self._page(visit, "settings/overview.html", "", {"cards": cards, "note": self._house.sites.note})

    async def section(self, visit: Visit, section: str) -> bytes:
        """A group's form, or a list's entries."""
        if section in PAGES_ELSEWHERE:
            return visit.go(PAGES_ELSEWHERE[section])
        if section in list_names():
            states = await span_states(self._house, visit) if section == SECTION else []
            return self._list(visit, section, states, await self._cards(visit, section))
        return self._form(visit, _known(section), None)

    async def _cards(self, visit: Visit, section: str) -> Sequence[Mapping[str, Any]]:
        """What the driver has, where that matters."""
        return await found_cards(self._house, visit) if section in SECTIONS or section == SECTION else ()

    def _list(self, visit: Visit, section: str, states: Sequence[Mapping[str, object]], cards: Sequence[Mapping[str, Any]]) -> bytes:
        site = self._house.sites.site
        fields = fields_of(entry_type(section))
        entries = getattr(site, section)
        values = {
            "section": section,
            "label": section_label(section),
            "help": Text(spec_of(Site.__dataclass_fields__[section]).help),
            "columns": [Text(field.spec.label) for field in fields[:COLUMNS_MOST]],
            "entries": [_columns(entry, fields[:COLUMNS_MOST]) for entry in entries],
            "states": states,
            "found": found_to_show(site, section, cards) if cards else [],
        }
        return self._page(visit, "settings/list.html", section, values)

    async def new(self, visit: Visit, section: str) -> bytes:
        """The form of another entry: empty, or begun with what the address says of it."""
        part, site = _known_list(section), self._house.sites.site
        given = {name: value for name, value in read_typed(part.fields, visit.values).items() if value}
        suggested = begun(site, section, given.get("channel", "")) if section in SECTIONS else {}
        typed = {**part.typed(site), **suggested, **given} if given else None
        return self._form(visit, part, typed, cards=await self._cards(visit, section), base=str(self._house.sites.note.number))

    async def entry(self, visit: Visit, section: str, key: str) -> bytes:
        """An entry's form."""
        part = _Part(_known_list(section).section, key[:KEY_MOST])
        self._check_there(part)
        return self._form(visit, part, None, cards=await self._cards(visit, section))

    def _check_there(self, part: _Part) -> None:
        if part.found(self._house.sites.site) is None:
            raise PageFault(404, text("There is no {key} in {section} any more.", key=part.key, section=section_label(part.section)))

    def _form(
        self,
        visit: Visit,
        part: _Part,
        typed: Mapping[str, str] | None,
        faults: FormFaults = NO_FAULTS,
        status: int = 200,
        cards: Sequence[Mapping[str, Any]] = (),
        base: str = "",
    ) -> bytes:
        sites = self._house.sites
        shown = part.typed(sites.site) if typed is None else typed
        own = str(getattr(part.found(sites.site), "channel", ""))
        offered = {**named_choices(sites.site, part.section), **offered_ports(sites.site, part.section, cards, own)}
        rows = form_rows(part.fields, shown, faults, offered)
        values = {
            "label": section_label(part.section),
            "help": Text(spec_of(Site.__dataclass_fields__[part.section]).help),
            "part": part,
            "rows": rows,
            "parts": form_parts(rows, HEADINGS.get(part.section, {}), _unused(part.section, shown)),
            "doubt": wrong_port(part.section, cards, shown.get("channel", "")),
            "others": faults.others,
            # the version that the form was made from: what was typed is compared with that one, not with a newer one
            "base": base or (visit.value("base", 12) if typed is not None else str(sites.note.number)),
        }
        return self._page(visit, "settings/form.html", part.section, values, status)

    def _page(self, visit: Visit, template: str, here: str, values: Mapping[str, object], status: int = 200) -> bytes:
        waiting = self._house.sites.waiting()
        common = {"tabs": settings_tabs(here), "waiting": waiting_said(waiting) if waiting else None}
        return visit.page(template, {**common, **values}, status)

    # ---- changing --------------------------------------------------------------------------------------------------

    async def change_section(self, visit: Visit, section: str) -> bytes:
        """A group's form comes back."""
        if section in list_names():
            raise PageFault(404, NO_SECTION)
        return await self._change(visit, _known(section))

    async def add_entry(self, visit: Visit, section: str) -> bytes:
        """The form of a new entry comes back."""
        return await self._change(visit, _known_list(section))

    async def change_entry(self, visit: Visit, section: str, key: str) -> bytes:
        """An entry's form comes back, or it is to be removed."""
        part = _Part(_known_list(section).section, key[:KEY_MOST])
        self._check_there(part)
        if visit.value("act") != "remove":
            return await self._change(visit, part)
        heading = text("Remove {key} from {section}", key=part.key, section=section_label(section))
        try:
            name, gone = part.section, str(part.key)
            return self._saving.propose(
                visit, lambda site: without_entry(site, name, gone), heading=heading, back=part.address, then=part.back
            )
        except SiteFaults as wrong:
            site = self._house.sites.site
            needers = [text("{section}: {key}", section=section_label(other), key=who) for other, who in needed_by(site, name, gone)]
            said = [text("{key} is still needed here; choose another there first: {place}", key=gone, place=place) for place in needers]
            others = said or [fault_said(fault) for fault in wrong.faults]
            return self._form(visit, part, part.typed(site), FormFaults({}, tuple(others)), 409)

    async def _change(self, visit: Visit, part: _Part) -> bytes:
        typed = read_typed(part.fields, visit.values)
        cards = await self._cards(visit, part.section)
        with_rows = act_on_rows(part.fields, typed, visit.value("act"))
        if with_rows is not None:
            return self._form(visit, part, with_rows, cards=cards)
        typed = compacted(part.fields, typed)
        site = self._house.sites.site
        base = await base_of(self._house, visit)
        meant = _meant(part, typed, base.site)
        heading = _heading(part)
        if not meant:
            return self._form(visit, part, typed, FormFaults({}, (text("Nothing differs from what is in force."),)), 400, cards)
        try:
            return self._saving.propose(
                visit, lambda now: part.changed(now, meant), heading=heading, back=part.address, then=part.back, base=base.note.number
            )
        except SiteFaults as wrong:
            return self._form(visit, part, typed, faults_at(wrong.faults, part.place(site), site), 400, cards)
        except (BadInput, Refused) as wrong:
            return self._form(visit, part, typed, FormFaults({}, (wrong.text,)), 400, cards)


def _known(section: str) -> _Part:
    if section not in Site.__dataclass_fields__:
        raise PageFault(404, NO_SECTION)
    return _Part(section)


def _known_list(section: str) -> _Part:
    if section not in list_names() or section in PAGES_ELSEWHERE:
        raise PageFault(404, NO_SECTION)
    return _Part(section)


def _meant(part: _Part, typed: Mapping[str, str], base: Site) -> dict[str, str]:
    """What of the typed differs from what the form showed. A list inside the group is one value."""
    if part.listed and part.key is None:
        return dict(typed)
    shown = part.typed(base)
    meant: dict[str, str] = {}
    for field in part.fields:
        within = {name: value for name, value in typed.items() if name == field.name or name.startswith(field.name + ".")}
        before = {name: value for name, value in shown.items() if name == field.name or name.startswith(field.name + ".")}
        if field.kind == Kind.NAMES:
            within = {name: _in_old_order(value, before.get(name, "")) for name, value in within.items()}
        if within and within != before:
            meant.update(within)
    return meant


def _in_old_order(names: str, before: str) -> str:
    """Names in the order in which they stood, new ones after them: boxes to tick have an order of their own."""
    now, old = _NAMES.findall(names), _NAMES.findall(before)
    return ", ".join([*(name for name in old if name in now), *(name for name in now if name not in old)])


def _heading(part: _Part) -> Text:
    label = section_label(part.section)
    if not part.listed:
        return label
    if part.key is None:
        return text("New in {section}", section=label)
    return text("{section}: {key}", section=label, key=part.key)


def _columns(entry: object, fields: tuple[FormField, ...]) -> dict[str, object]:
    typed = typed_of(entry)
    key = str(getattr(entry, key_field(type(entry))))
    return {
        "key": key,
        "address": quote(key),
        "cells": [
            ("" if typed[field.name] == "" else shown_setting(field, typed[field.name]), field.kind in {Kind.WHOLE, Kind.NUMBER})
            for field in fields
            if field.name != key_field(type(entry))
        ],
    }


def _changed_count(site: Site, name: str) -> int:
    part = _Part(name)
    return sum(row.changed for row in form_rows(part.fields, part.typed(site)))


def _unused(section: str, shown: Mapping[str, str]) -> frozenset[str]:
    """The parts of a form that do not count with what stands in it."""
    decided_by, parts = UNUSED_PARTS.get(section, ("", {}))
    return parts.get(shown.get(decided_by, ""), frozenset())


def add(app: Klein, house: House, saving: Saving) -> None:
    """Put these pages to their addresses."""
    pages = _Settings(house, saving)
    house.add(app, "/settings", Act.SEE_SITE, pages.overview)
    house.add(app, "/settings/<section>", Act.SEE_SITE, pages.section)
    house.add(app, "/settings/<section>", Act.CHANGE_SITE, pages.change_section, ("POST",))
    house.add(app, "/settings/<section>/new", Act.CHANGE_SITE, pages.new)
    house.add(app, "/settings/<section>/new", Act.CHANGE_SITE, pages.add_entry, ("POST",))
    house.add(app, "/settings/<section>/entry/<key>", Act.SEE_SITE, pages.entry)
    house.add(app, "/settings/<section>/entry/<key>", Act.CHANGE_SITE, pages.change_entry, ("POST",))
