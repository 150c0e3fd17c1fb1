"""Supplementary services for people: which extension forwards its calls, is not to be disturbed and the like, and a form to change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from klein import Klein

from engine.calls.services.decision import place_said
from engine.calls.services.memory import SLOTS, WHENS
from engine.control.service_narration import WHEN_WORDS
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text
from engine.people.actors import Act
from engine.settings.targets import parse_target
from web.house import House, asked
from web.visit import Visit

__all__ = ["ADDRESS", "add"]

ADDRESS = "/services"
VALUE_MOST = 40
Row = Mapping[str, Any]


class _ServicePages:
    def __init__(self, house: House) -> None:
        self._house = house

    async def page(self, visit: Visit) -> bytes:
        """Every extension with what is set for it."""
        answer = await self._ask(visit, {"command": "services"})
        words = visit.value("q", VALUE_MOST).casefold()
        rows = [_shown(row) for row in answer["extensions"] if words in f"{row['extension']} {row['phone']}".casefold()]
        values = {"rows": rows, "groups": answer["groups"], "asked": visit.value("q", VALUE_MOST), "all": len(answer["extensions"])}
        return visit.page("services/list.html", values)

    async def extension(self, visit: Visit, extension: str) -> bytes:
        """The forms of one extension."""
        return await self._show(visit, extension[:VALUE_MOST], None, {}, 200)

    async def change(self, visit: Visit, extension: str) -> bytes:
        """One of the forms was sent."""
        extension = extension[:VALUE_MOST]
        typed = {name: visit.value(name, VALUE_MOST) for name in ("service", "number", "slot", "after_s", "time")}
        on = visit.value("act", 20) == "set"
        request = {"command": "service_set", "extension": extension, "on": on, **{name: value for name, value in typed.items() if value}}
        try:
            if "after_s" in request:
                request["after_s"] = _seconds(typed["after_s"])
            await self._ask(visit, request)
        except (Refused, BadInput) as refusal:
            return await self._show(visit, extension, refusal.text, typed, 409)
        assert visit.session is not None
        visit.session.news = text("It is set.") if on else text("It is ended.")
        return visit.go(f"{ADDRESS}/{extension}")

    async def _show(self, visit: Visit, extension: str, said: Text | None, typed: Mapping[str, str], status: int) -> bytes:
        answer = await self._ask(visit, {"command": "services"})
        found = next((row for row in answer["extensions"] if row["extension"] == extension), None)
        if found is None:
            gone = {"said": text("There is no extension {extension}.", extension=extension), "back": ADDRESS}
            return visit.page("services/gone.html", gone, 404)
        codes = self._house.sites.site.service_codes
        values = {
            "row": _shown(found),
            "said": said,
            "typed": typed,
            "whens": [{"when": when, "words": WHEN_WORDS[when], "code": getattr(codes, f"forward_{when}")} for when in WHENS],
            "codes": codes,
            "slots": SLOTS,
            "prefix": self._house.sites.site.desk.outside_prefix,
        }
        return visit.page("services/extension.html", values, status)

    async def _ask(self, visit: Visit, request: Row) -> Any:  # noqa: ANN401  # what the command answers
        answer: Any = await asked(lambda done, failed: self._house.ask(visit.actor, request, done, failed))
        return answer


def _seconds(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit()):
        raise BadInput(text("{name} is {number}; seconds are wanted.", name="after_s", number=repr(typed)))
    return int(typed)


def _shown(row: Row) -> dict[str, Any]:
    """An extension with its targets in words."""
    forwards = {one["when"]: {**one, "words": WHEN_WORDS[one["when"]], "place": _place(one["target"])} for one in row["forwards"]}
    hot_line = row["hot_line"]
    return {
        **row,
        "forwards": [forwards[when] for when in WHENS if when in forwards],
        "by_when": forwards,
        "hot_line": {**hot_line, "place": _place(hot_line["target"])} if hot_line else None,
        "speed_dials": [{**one, "place": _place(one["target"])} for one in row["speed_dials"]],
        "marks": list(_marks(row)),
    }


def _marks(row: Row) -> Iterator[Text]:
    if row["wake_up"]:
        yield text("wake-up call at {time}", time=row["wake_up"])
    if row["call_back"]:
        yield text("waits for {extension}", extension=row["call_back"])
    if row["do_not_disturb"]:
        yield text("not to be disturbed")
    if row["secretary"]:
        yield text("filtered by the secretary")
    if row["call_waiting"]:
        yield text("call waiting")


def _place(target: str) -> Text:
    return place_said(parse_target(target))


def add(app: Klein, house: House) -> None:
    """Put these pages to their addresses."""
    pages = _ServicePages(house)
    house.add(app, ADDRESS, Act.SEE_STATUS, pages.page)
    house.add(app, f"{ADDRESS}/<extension>", Act.SEE_STATUS, pages.extension)
    house.add(app, f"{ADDRESS}/<extension>", Act.SET_SERVICES, pages.change, ("POST",))
