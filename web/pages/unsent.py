"""A form that was sent without a login, waiting for its user: what it holds, and one button that sends it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from klein import Klein

from engine.kernel.text import Text, text
from engine.settings.edit import entry_type, fields_of, list_names, section_names
from web.house import UNSENT_PATH, House
from web.pages.settings import PAGES_ELSEWHERE
from web.pages.users import USER_FIELDS
from web.unsent import UnsentForm
from web.visit import Visit

__all__ = ["add"]

SECTIONS_ELSEWHERE = {address.strip("/"): section for section, address in PAGES_ELSEWHERE.items()}


class _Unsent:
    def __init__(self, house: House) -> None:
        self._house = house

    def show(self, visit: Visit) -> bytes:
        """The form, and whether it can be sent."""
        session = visit.session
        assert session is not None
        unsent = session.unsent
        if unsent is None:
            return visit.go("/")
        against = self._against(visit, unsent)
        other = unsent.who if unsent.who not in {"", session.user.name} else ""
        labels = _labels(unsent.path)
        values = {
            "unsent": unsent,
            "fields": [(_label(labels, name), value) for name, value in unsent.fields],
            "secrets": [(_label(labels, name), name) for name in unsent.secrets],
            "files": [(_label(labels, name), name) for name in unsent.files],
            "against": against,
            "other": other,
        }
        return visit.page("account/unsent.html", values)

    def give_up(self, visit: Visit) -> bytes:
        """It is not sent."""
        assert visit.session is not None
        visit.session.unsent = None
        return visit.go("/")

    def _against(self, visit: Visit, unsent: UnsentForm) -> Text | None:
        """Why this user cannot send it; None when nothing is against it."""
        rule = self._house.rules.find(unsent.path, "POST")
        if rule is None:
            return text("The page that it was sent to does not exist any more.")
        if rule.act is not None and not self._house.window.may(visit.actor, rule.act):
            return text("{actor} may not do this.", actor=visit.actor.about)
        if unsent.cut:
            return text("It was too long to be kept: what was typed is lost. Open its page and type it again.")
        return None


def _labels(path: str) -> dict[str, Text]:
    """What the fields of a form at this address are called, as far as they are settings or belong to users."""
    steps = [*urlsplit(path).path.split("/"), "", ""]
    if steps[1] == "users":
        return {field.name: Text(field.spec.label) for field in USER_FIELDS}
    section = steps[2] if steps[1] == "settings" else SECTIONS_ELSEWHERE.get(steps[1], "")
    if section not in {*section_names(), *list_names()}:
        return {}
    fields = fields_of(entry_type(section))
    parts = {f"{field.name}.{part.name}": Text(part.spec.label) for field in fields for part in field.parts}
    return {**{field.name: Text(field.spec.label) for field in fields}, **parts}


def _label(labels: Mapping[str, Text], name: str) -> Text | str:
    """The label of a field; ``reasons.0.digit`` is that of each row's digit."""
    return labels.get(re.sub(r"\.[0-9]+\.", ".", name), name)


def add(app: Klein, house: House) -> None:
    """Put this page to its address."""
    unsent = _Unsent(house)
    house.add(app, UNSENT_PATH, None, unsent.show)
    house.add(app, UNSENT_PATH, None, unsent.give_up, ("POST",))
