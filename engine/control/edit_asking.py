"""What may be asked about a candidate: other settings that are being made, as a list of edits that travels with every question.

Nothing of a candidate is kept here. It belongs to who makes it, with the number of the version it was made from; only keeping it changes
anything, and then nobody's change in between is undone unseen. Because a preview would tell whether a guessed secret is the right one,
all this is for those who may change settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from engine.control.site_control import Changed, SiteControl
from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text, text_as_json
from engine.people.actors import Act, Actor
from engine.settings.edits import Edit, completions, edited_plain, edits_of, field_at, setting_rows, value_choices, with_edits
from engine.settings.show import Difference, show_site
from engine.settings.site import Site
from engine.settings.unsound import plain_difference

__all__ = ["CHOICES_MOST", "ROWS_MOST", "edit_answers"]

ROWS_MOST = 5000
"""Settings of one answer; the rest is counted."""
CHOICES_MOST = 500
"""Names or values of one answer."""
PATH_MOST = 300
NUMBER_MOST = 1_000_000_000

Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Answer = Callable[[Actor, Request, Done, Failed], None]


def edit_answers(sites: SiteControl) -> Mapping[str, tuple[Act, Answer]]:
    """The commands, each with the right it needs, for the table in ``asking.py``. Every request has ``edits``."""

    def preview(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        edits = edits_of(request.get("edits"))
        base = {"number": sites.note.number, "who": sites.note.who, "why": sites.note.why}
        plain = edited_plain(sites.site, edits)  # an edit that is wrong by itself is refused
        try:
            new = with_edits(sites.site, edits)
        except BadInput as wrong:
            found = plain_difference(show_site(sites.site, secrets=True), plain)
            done({**base, "faults": text_as_json(wrong.text), "differences": _shown(found), "waiting": []})
            return
        done({**base, "faults": None, "differences": _shown(sites.preview(actor, new)), "waiting": list(sites.waiting(new))})

    def change(actor: Actor, request: Request, done: Done, failed: Failed) -> None:
        base = request.get("base")
        if not isinstance(base, int) or isinstance(base, bool) or not 1 <= base <= NUMBER_MOST:
            raise BadInput(text("base is missing: the number of the version that the edits were made from is wanted."))
        why = request.get("why")

        def answer(changed: Changed) -> None:
            done({"number": changed.number, "differences": _shown(changed.differences), "waiting": list(changed.waiting)})

        # The base is judged first: edits that do not fit a newer version would be told as faults of the edits.
        new = with_edits(sites.site, edits_of(request.get("edits"))) if base == sites.note.number else sites.site
        sites.change(actor, new, why if isinstance(why, str) else "", answer, failed, base=base)

    return {
        "site_edit_preview": (Act.CHANGE_SITE, preview),
        "site_edit": (Act.CHANGE_SITE, change),
        "site_edit_show": (Act.CHANGE_SITE, lambda _actor, request, done, _failed: done(_rows(sites.site, request))),
        "site_edit_names": (Act.CHANGE_SITE, lambda _actor, request, done, _failed: done(_names(sites.site, request))),
        "site_edit_about": (Act.CHANGE_SITE, lambda _actor, request, done, _failed: done(_about(sites.site, request))),
    }


def _shown(differences: Sequence[Difference]) -> list[dict[str, Any]]:
    return [asdict(found) for found in differences]


def _rows(site: Site, request: Request) -> dict[str, Any]:
    """The settings of the candidate whose names begin with ``prefix``."""
    plain = edited_plain(site, edits_of(request.get("edits")))
    prefix = _path(request, "prefix")
    rows = list(setting_rows(plain, show_site(site, secrets=True), prefix))
    return {"rows": [asdict(row) for row in rows[:ROWS_MOST]], "more": max(len(rows) - ROWS_MOST, 0)}


def _names(site: Site, request: Request) -> dict[str, Any]:
    """What a begun name of a setting (``lists``: of a list) may become."""
    plain = edited_plain(site, edits_of(request.get("edits")))
    found = completions(plain, _path(request, "begun"), lists=request.get("lists") is True)
    return {"names": [{"name": name, "label": text_as_json(label)} for name, label in found[:CHOICES_MOST]]}


def _about(site: Site, request: Request) -> dict[str, Any]:
    """Everything a person may want to know before typing a value; the texts are message ids for the reader's catalogue."""
    edits, path = edits_of(request.get("edits")), _path(request, "setting")
    field, now, before = field_at(site, edits, path)
    spec = field.spec
    return {
        "path": path,
        "kind": field.kind,
        "label": text_as_json(Text(spec.label)),
        "help": text_as_json(Text(spec.help)),
        "unit": spec.unit,
        "least": spec.least,
        "most": spec.most,
        "says": text_as_json(Text(spec.pattern_says)),
        "secret": spec.secret,
        "must": field.must,
        "usual": field.usual,
        "now": now,
        "before": before,
        "choices": _choices(site, edits, path, entries=request.get("entries") is True),
    }


def _choices(site: Site, edits: Sequence[Edit], path: str, *, entries: bool) -> list[list[str]]:
    found = value_choices(edited_plain(site, edits), path, entries=entries)
    return [[value, about] for value, about in found[:CHOICES_MOST]]


def _path(request: Request, name: str) -> str:
    path = request.get(name, "")
    if not isinstance(path, str) or len(path) > PATH_MOST:
        raise BadInput(text("{name} is missing or wrong: a text of 1 to {most} characters is wanted.", name=name, most=PATH_MOST))
    return path
