"""The spans of the settings: whether the driver is what they say, and the same as a file for the driver's own program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from klein import Klein

from engine.kernel.errors import StrowgerError
from engine.kernel.text import Text, text, text_from_json
from engine.people.actors import Act
from web.house import House, asked
from web.visit import Visit

__all__ = ["SECTION", "add", "span_states"]

SECTION = "spans"
FILE = "/settings/spans/system.conf"
STATES: Mapping[str, Text] = {
    "right": text("as it should be"),
    "waits": text("waits"),
    "refused": text("refused"),
}


async def span_states(house: House, visit: Visit) -> list[dict[str, Any]]:
    """A row for each span; none when nobody can say."""
    try:
        answer: Mapping[str, Any] = await asked(
            lambda done, failed: house.ask(visit.actor, {"command": "span_configuration"}, done, failed)
        )
    except StrowgerError:
        return []
    return [_row(found) for found in answer["spans"]]


def _row(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "span": found["span"],
        "number": found["number"],
        "address": quote(found["span"], safe=""),
        "state": found["state"],
        "word": STATES[found["state"]],
        "reasons": [text_from_json(said) for said in found["reasons"]],
        "steps": [text_from_json(said) for said in found["steps"]],
    }


class _SpanPages:
    def __init__(self, house: House) -> None:
        self._house = house

    async def file(self, visit: Visit) -> bytes:
        """The site as ``system.conf``."""
        answer: Mapping[str, Any] = await asked(lambda done, failed: self._house.ask(visit.actor, {"command": "system_conf"}, done, failed))
        visit.request.setHeader("content-type", "text/plain; charset=utf-8")
        visit.request.setHeader("content-disposition", 'attachment; filename="system.conf"')
        return str(answer["text"]).encode()


def add(app: Klein, house: House) -> None:
    """Put these pages to their addresses."""
    house.add(app, FILE, Act.SEE_SITE, _SpanPages(house).file)
