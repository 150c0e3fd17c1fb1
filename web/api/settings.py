"""Endpoints: the site's settings, their history, and changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from engine.control.asking import Request
from engine.control.site_asking import HISTORY_MOST
from engine.control.site_control import Changed
from engine.kernel.text import text
from engine.people.actors import Act
from engine.settings.build import build_site
from engine.settings.edit import shown_value
from engine.settings.edits import ACTS, EDITS_MOST, Edit, with_edits
from engine.settings.masked import with_secrets_kept
from engine.settings.show import Difference
from engine.settings.site import Site
from engine.settings.versions import REASON_MOST, VersionNote, node_of
from web.api.derived import ANY_TEXT, SiteShape, group_of
from web.api.endpoint import Ask, Body, Endpoint, Inside, Parameter, command
from web.api.faults import ApiFault
from web.api.shapes import LINE, Entry, Group, Items, Scalar, Whole, Words, YesNo
from web.house import asked

__all__ = ["ENDPOINTS"]

VERSION_MOST = 1_000_000_000
NUMBER = Whole(1, VERSION_MOST)

_NOTE = group_of(VersionNote, "SettingsVersion")
_SHOWN = Group("Settings", (*_NOTE.entries, Entry("site", SiteShape())), "The settings in force, and who made them so.")
_DIFFERENCE = group_of(Difference, "Difference")
_DIFFERENCES = Entry("differences", Items(_DIFFERENCE))
_PREVIEW = Group("SettingsPreview", (Entry("number", Whole(1), "The version in force."), _DIFFERENCES), "What a change would do.")
_CHANGED = Group(
    "SettingsChanged",
    (
        Entry("number", Whole(1), "The new version."),
        _DIFFERENCES,
        Entry("waiting", Items(ANY_TEXT), "Settings that wait for the next start."),
    ),
    "What a change did.",
)
_EDIT = Group(
    "SettingEdit",
    (
        Entry(
            "act",
            Words(choices=ACTS),
            "`set`: the setting gets the value; `unset`: its usual value; `add`, `delete`: the value is an entry of the list.",
        ),
        Entry("path", Words(1, 200, LINE), "As in `desk.login_code`, `queues[service].wrap_up_s`, `agents`."),
        Entry("value", Scalar(), "Several names are separated by commas.", must=False),
    ),
    "One edit. Edits are made one after the other; only what comes of them must fit together.",
    closed=True,
)
_NEW = (
    Entry("edits", Items(_EDIT, 1, EDITS_MOST), "Single edits; or else:", must=False),
    Entry("site", SiteShape(incoming=True), "The whole of the settings.", must=False),
)
_WHY = Entry("why", Words(1, REASON_MOST, LINE), "Shown in the history.")
_BASE = Entry(
    "base",
    NUMBER,
    "The version that you looked at. When another one is in force by now the change is refused: nobody's change is undone unseen.",
    must=False,
)
_EXAMPLE = {"edits": [{"act": "set", "path": "desk.ring_timeout_s", "value": 25}]}


async def _show(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    if ask.values["secrets"] and not inside.house.window.may(ask.actor, Act.SEE_SECRETS):
        raise ApiFault(403, text("{actor} may not do this.", actor=ask.actor.about))
    return await command(inside, ask, "site", **ask.values)


async def _history(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    return await command(inside, ask, "site_history", **ask.values)


async def _preview(inside: Inside, ask: Ask) -> dict[str, Any]:
    sites = inside.house.sites
    differences = sites.preview(ask.actor, _site(sites.site, ask.values))
    return {"number": sites.note.number, "differences": _plain(differences)}


async def _change(inside: Inside, ask: Ask) -> dict[str, Any]:
    sites, values = inside.house.sites, ask.values
    base: int | None = values.get("base")
    new = _site(sites.site, values)
    changed: Changed = await asked(lambda done, failed: sites.change(ask.actor, new, values["why"], done, failed, base=base))
    return {"number": changed.number, "differences": _plain(changed.differences), "waiting": list(changed.waiting)}


async def _back(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    return await command(inside, ask, "site_back", **ask.values)


def _site(now: Site, values: Request) -> Site:
    """The site that is asked for. Raises BadInput, with every fault when it is a whole site."""
    if "site" in values:
        return build_site(node_of(with_secrets_kept(values["site"], now)), "body")
    return with_edits(now, [Edit(one["act"], one["path"], shown_value(one.get("value", ""))) for one in values["edits"]])


def _plain(differences: Sequence[Difference]) -> list[dict[str, Any]]:
    return [asdict(found) for found in differences]


_VERSIONS = Group(
    "",
    (
        Entry("utc_offset_min", Whole(), "Minutes that the site's local time is ahead of UTC."),
        Entry("versions", Items(_NOTE), "The newest first."),
    ),
)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "settings",
        "GET",
        "/settings",
        Act.SEE_SITE,
        "The settings in force",
        _SHOWN,
        _show,
        (Parameter("secrets", "query", YesNo(), "PINs in clear; needs the right `see_secrets`.", usual=False),),
        tag="settings",
    ),
    Endpoint(
        "settingsVersions",
        "GET",
        "/settings/versions",
        Act.SEE_SITE,
        "Who changed the settings, when and why",
        _VERSIONS,
        _history,
        (Parameter("limit", "query", Whole(1, HISTORY_MOST), "How many versions.", 20),),
        tag="settings",
    ),
    Endpoint(
        "settingsPreview",
        "POST",
        "/settings/preview",
        Act.SEE_SITE,
        "What a change would do",
        _PREVIEW,
        _preview,
        body=Body(Group("SettingsWanted", _NEW, one_of=("edits", "site"), closed=True), _EXAMPLE),
        says="Nothing is changed.",
        refuses=True,
        tag="settings",
    ),
    Endpoint(
        "settingsChange",
        "POST",
        "/settings/change",
        Act.CHANGE_SITE,
        "Change the settings",
        _CHANGED,
        _change,
        body=Body(
            Group("SettingsChange", (*_NEW, _WHY, _BASE), one_of=("edits", "site"), closed=True),
            {**_EXAMPLE, "why": "Callers should ring longer.", "base": 3},
        ),
        says="The whole is judged before anything is changed; all of it is changed, or nothing.",
        refuses=True,
        tag="settings",
    ),
    Endpoint(
        "settingsBack",
        "POST",
        "/settings/back",
        Act.CHANGE_SITE,
        "Make an older version the newest",
        _CHANGED,
        _back,
        body=Body(
            Group("SettingsBack", (Entry("number", NUMBER, "The version to go back to."), _WHY), closed=True),
            {"number": 2, "why": "The new wrap-up time was too short."},
        ),
        refuses=True,
        tag="settings",
    ),
)
