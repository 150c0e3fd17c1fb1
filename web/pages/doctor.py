"""The doctor: driver, boards and machine looked at now, a line for each check, with the mend where something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from klein import Klein

from engine.kernel.errors import StrowgerError
from engine.kernel.text import Text, text, text_from_json
from engine.people.actors import Act
from web.house import House, asked
from web.pages.settings import settings_tabs
from web.visit import Visit

__all__ = ["ADDRESS", "add"]

ADDRESS = "/settings/doctor"
STATES: Mapping[str, Text] = {
    "good": text("ok"),
    "bad": text("FAULT"),
    "not_applicable": text("n/a"),
    "unseen": text("unknown"),
}


class _DoctorPage:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, visit: Visit) -> bytes:
        """What the doctor finds at this moment; looking takes about a second."""
        values: dict[str, Any] = {"tabs": settings_tabs("doctor"), "waiting": None, "rows": [], "said": None, "to_mend": 0}
        try:
            answer: Mapping[str, Any] = await asked(lambda done, failed: self._house.ask(visit.actor, {"command": "doctor"}, done, failed))
        except StrowgerError as error:
            return visit.page("settings/doctor.html", {**values, "said": error.text}, 503)
        rows = [_row(finding) for finding in answer["findings"]]
        to_mend = sum(row["state"] == "bad" for row in rows)
        return visit.page("settings/doctor.html", {**values, "rows": rows, "to_mend": to_mend})


def _row(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "state": finding["state"],
        "word": STATES[finding["state"]],
        "title": text_from_json(finding["title"]),
        "found": text_from_json(finding["found"]),
        "mend": None if finding["mend"] is None else text_from_json(finding["mend"]),
    }


def add(app: Klein, house: House) -> None:
    """Put this page to its address."""
    house.add(app, ADDRESS, Act.SEE_LOG, _DoctorPage(house).show)
