"""What may be asked of the site's settings through the door: show, history, preview, change, go back.

A site travels as plain values (``engine/settings/show.py``); whatever arrives is built and judged here as if it came from a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from engine.control.site_control import Changed, SiteControl
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text
from engine.people.actors import Act, Actor, allowed
from engine.settings.build import build_site
from engine.settings.show import Difference, show_site
from engine.settings.site import Site
from engine.settings.versions import VersionNote, node_of

__all__ = ["HISTORY_MOST", "site_answers"]

HISTORY_MOST = 1000
NUMBER_MOST = 1_000_000_000
"""A version's number; a box has some thousands in its life."""

Request = Mapping[str, Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]
Answer = Callable[[Actor, Request, Done, Failed], None]


def site_answers(sites: SiteControl) -> Mapping[str, tuple[Act, Answer]]:
    """The commands, each with the right it needs, for the table in ``asking.py``."""

    def show(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        secrets = request.get("secrets") is True
        if secrets and not allowed(actor, Act.SEE_SECRETS, ""):
            raise Refused(text("{actor} may not do this.", actor=actor.about))
        shown = show_site(sites.site, secrets=secrets)
        done({**asdict(sites.note), "site": shown})

    def history(actor: Actor, request: Request, done: Done, failed: Failed) -> None:
        limit = _whole(request, "limit", 20, HISTORY_MOST)

        def answer(notes: list[VersionNote]) -> None:
            done({"utc_offset_min": sites.site.box.utc_offset_min, "versions": [asdict(note) for note in notes]})

        sites.history(actor, limit, answer, failed)

    def preview(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        done({"number": sites.note.number, "differences": _shown(sites.preview(actor, _site(request)))})

    def change(actor: Actor, request: Request, done: Done, failed: Failed) -> None:
        base = _base(request)
        sites.change(actor, _site(request), _reason(request), lambda changed: done(_changed(changed)), failed, base=base)

    def back(actor: Actor, request: Request, done: Done, failed: Failed) -> None:
        number = _whole(request, "number", 0, NUMBER_MOST)
        sites.back(actor, number, _reason(request), lambda changed: done(_changed(changed)), failed)

    return {
        "site": (Act.SEE_SITE, show),
        "site_history": (Act.SEE_SITE, history),
        "site_preview": (Act.SEE_SITE, preview),
        "site_change": (Act.CHANGE_SITE, change),
        "site_back": (Act.CHANGE_SITE, back),
    }


def _changed(changed: Changed) -> dict[str, Any]:
    return {"number": changed.number, "differences": _shown(changed.differences), "waiting": list(changed.waiting)}


def _shown(differences: Sequence[Difference]) -> list[dict[str, Any]]:
    return [asdict(found) for found in differences]


def _site(request: Request) -> Site:
    given = request.get("site")
    if not isinstance(given, Mapping):
        raise BadInput(text("site is missing: the whole site as an object of sections is wanted."))
    return build_site(node_of(given), "site")


def _base(request: Request) -> int | None:
    """The version that a change was made from; None: whoever asks does not say."""
    return _whole(request, "base", 0, NUMBER_MOST) if request.get("base") is not None else None


def _reason(request: Request) -> str:
    why = request.get("why")
    return why if isinstance(why, str) else ""


def _whole(request: Request, name: str, usual: int, most: int) -> int:
    number = request.get(name, usual)
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= most:
        raise BadInput(text("{name} is {number}; a number from 1 to {most} is wanted.", name=name, number=repr(number), most=most))
    return number
