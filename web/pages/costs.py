"""What calls cost, for people: summed up, one by one, as a file for a spreadsheet, and why one of them cost what it did."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from klein import Klein

from engine.calls.charging.words import yuan
from engine.calls.routing.memory import local_moment
from engine.control.charge_account_asking import WHY_MOST
from engine.control.charge_asking import COSTS_MOST, DIRECTIONS
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import Text, text, text_from_json
from engine.people.actors import Act
from engine.settings.tariff import LI_A_YUAN
from engine.store.charges import SUMS_BY
from web.house import House, asked
from web.visit import PageFault, Visit
from web.words import WAYS

__all__ = ["ADDRESS", "add"]

ADDRESS = "/costs"
ROWS_A_PAGE = 50
SUMS_SHOWN_MOST = 500
VALUE_MOST = 60
FILTERS = ("direction", "extension", "agent", "account", "trunk_group", "since", "until")
BY_WORDS: Mapping[str, Text] = {
    "extension": text("Extension"),
    "agent": text("Agent"),
    "account": text("Account code"),
    "charge_account": text("Charge account"),
    "group": text("Trunk group"),
    "line": text("Line"),
    "tariff": text("Tariff"),
    "day": text("Day"),
}
BUDGET_WORDS: Mapping[str, Text] = {"extension": text("extension"), "agent": text("agent"), "account": text("account code")}
HEADINGS: tuple[tuple[Text, str], ...] = (
    (text("Call"), "call"),
    (text("Day"), "day"),
    (text("Answered"), "answered"),
    (text("Way"), "direction"),
    (text("Telephone number"), "number"),
    (text("Extension"), "extension"),
    (text("Agent"), "agent"),
    (text("Account code"), "account"),
    (text("Charge account"), "charge_account"),
    (text("Trunk group"), "trunk_group"),
    (text("Line"), "line"),
    (text("Tariff"), "tariff"),
    (text("Seconds"), "seconds"),
    (text("Seconds paid"), "paid_s"),
    (text("Metering pulses"), "pulses"),
    (text("Price in yuan"), "price"),
)
"""The columns of the file."""
MS_A_S = 1000
SUM = re.compile(r"(-?)([0-9]{1,9})(?:\.([0-9]{1,3}))?", re.ASCII)
"""Yuan with up to three decimals."""
BOM = "\ufeff"
FORMULA_STARTS = ("=", "+", "-", "@", "\t")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class _Asked:
    """What stands in the form. ``by``: what the sums are by; ``before``: the number of the row after which the list goes on."""

    by: str
    filters: Mapping[str, str]
    before: int

    def query(self, before: int = 0) -> str:
        """The same list from another place, as the query of an address."""
        chosen = {name: value for name, value in (("by", self.by), *self.filters.items()) if value}
        return urlencode({**chosen, "before": str(before)} if before else chosen)

    def request(self, command: str, **more: object) -> Row:
        """The question to the appliance."""
        return {"command": command, **self.filters, **more}


class _Costs:
    def __init__(self, house: House) -> None:
        self._house = house

    async def costs(self, visit: Visit) -> bytes:
        """Sums, the calls one by one, and the budgets."""
        wanted, said = self._read_form(visit), None
        try:
            sums, rows = await self._found(visit, wanted)
        except (Refused, BadInput) as refusal:
            sums, rows, said = [], [], refusal.text
        return await self._show(visit, wanted, sums, rows, said)

    async def _found(self, visit: Visit, wanted: _Asked) -> tuple[list[Row], list[Row]]:
        sums = await self._ask(visit, wanted.request("call_cost_sums", by=wanted.by, limit=SUMS_SHOWN_MOST))
        before = {"before_seq": wanted.before} if wanted.before else {}
        rows = await self._ask(visit, wanted.request("call_costs", limit=ROWS_A_PAGE + 1, **before))
        return sums["sums"], rows["costs"]

    async def _show(self, visit: Visit, wanted: _Asked, sums: list[Row], rows: list[Row], said: Text | None) -> bytes:
        site = self._house.window.site
        budgets = (await self._ask(visit, {"command": "budgets"}))["budgets"]
        accounts = (await self._ask(visit, {"command": "charge_accounts"}))["accounts"]
        values = {
            "asked": wanted,
            "said": said,
            "by_words": {name: BY_WORDS[name] for name in SUMS_BY},
            "names": self._names(wanted.by),
            "sums": [{**row, "price": yuan(row["price_li"])} for row in sums],
            "whole": {"calls": sum(row["calls"] for row in sums), "price": yuan(sum(row["price_li"] for row in sums))},
            "rows": [{**row, "price": yuan(row["price_li"])} for row in rows[:ROWS_A_PAGE]],
            "older": wanted.query(rows[ROWS_A_PAGE - 1]["seq"]) if len(rows) > ROWS_A_PAGE else None,
            "budgets": [_budget(row) for row in budgets],
            "charge_accounts": [self._account(row) for row in accounts],
            "ways": DIRECTIONS,
            "groups": [group.name for group in site.trunk_groups],
            "accounts": [(one.code, one.title) for one in site.account_codes],
            "agents": [(one.number, one.name) for one in site.agents],
            "has_tariffs": bool(site.tariffs),
        }
        return visit.page("costs/list.html", values, 400 if said else 200)

    def _names(self, by: str) -> Mapping[str, str]:
        """What people call the names in the sums."""
        site = self._house.window.site
        if by == "agent":
            return {one.number: one.name for one in site.agents}
        if by == "account":
            return {one.code: one.title for one in site.account_codes}
        return {one.name: one.title for one in site.tariffs} if by == "tariff" else {}

    async def file(self, visit: Visit) -> bytes:
        """The calls of the list as a text file with commas; the newest 10 000."""
        wanted = self._read_form(visit)
        try:
            answer = await self._ask(visit, wanted.request("call_costs", limit=COSTS_MOST))
        except (Refused, BadInput) as refusal:
            raise PageFault(400, refusal.text) from refusal
        visit.request.setHeader("content-type", "text/csv; charset=utf-8")
        visit.request.setHeader("content-disposition", 'attachment; filename="call-costs.csv"')
        return (BOM + _csv(_lines(answer["costs"], visit))).encode()

    async def cost(self, visit: Visit, call: str) -> bytes:
        """One call, and why."""
        try:
            seq = visit.value("seq", 18)
            which = {"seq": int(seq)} if seq.isascii() and seq.isdigit() else {}
            row = await self._ask(visit, {"command": "call_cost", "call": call[:VALUE_MOST], **which})
        except (Refused, BadInput) as refusal:
            raise PageFault(404, refusal.text) from refusal
        values = {"row": row, "price": yuan(row["price_li"]), "steps": [text_from_json(step) for step in row["steps"]]}
        return visit.page("costs/cost.html", values)

    async def credit(self, visit: Visit) -> bytes:
        """Somebody has paid."""
        amount_li = _li(visit.value("amount", 20))
        request = {"command": "charge_account_credit", "account": visit.value("account", VALUE_MOST), "amount_li": amount_li}
        try:
            await self._ask(visit, {**request, "why": visit.value("why", WHY_MOST)})
        except (Refused, BadInput) as refusal:
            wanted = self._read_form(visit)
            return await self._show(visit, wanted, *await self._found(visit, wanted), refusal.text)
        return visit.go(ADDRESS)

    def _account(self, row: Row) -> Row:
        locked = row["locked_until_utc_ms"] > self._house.clock.utc_ms()
        left = "" if row["left_li"] is None else yuan(row["left_li"])
        return {**row, "locked": locked, "balance": yuan(row["balance_li"]), "spent": yuan(row["spent_li"]), "left": left}

    def _read_form(self, visit: Visit) -> _Asked:
        by, before = visit.value("by", VALUE_MOST), visit.value("before", 18)
        filters = {name: visit.value(name, VALUE_MOST) for name in FILTERS}
        if not visit.value("since", VALUE_MOST) and not visit.value("all", 1):
            filters["since"] = self._month_began()
        return _Asked(
            by=by if by in SUMS_BY else "extension",
            filters=filters,
            before=int(before) if before.isascii() and before.isdigit() else 0,
        )

    def _month_began(self) -> str:
        clock = self._house.clock
        return local_moment(clock.utc_ms(), clock.utc_offset_min()).date().replace(day=1).isoformat()

    async def _ask(self, visit: Visit, request: Row) -> Row:
        answer: Row = await asked(lambda done, failed: self._house.ask(visit.actor, request, done, failed))
        return answer


def _budget(row: Row) -> Row:
    used = row["spent_li"] * 100 // row["most_li"] if row["most_li"] else 100
    return {**row, "kind": BUDGET_WORDS[row["kind"]], "spent": yuan(row["spent_li"]), "most": yuan(row["most_li"]), "percent": used}


def _li(written: str) -> int | str:
    """A sum in yuan as thousandths; as it was written when it is none."""
    found = SUM.fullmatch(written)
    if found is None:
        return written
    li = int(found[2]) * LI_A_YUAN + int((found[3] or "").ljust(3, "0"))
    return -li if found[1] else li


def _lines(rows: Iterable[Row], visit: Visit) -> Iterator[list[str]]:
    yield [visit.reader.say(heading) for heading, _name in HEADINGS]
    for row in rows:
        more = {
            "answered": visit.reader.time(row["answered_utc_ms"], row["utc_offset_min"]),
            "direction": visit.reader.word(WAYS, row["direction"]),
            "seconds": str(row["duration_ms"] // MS_A_S),
            "price": yuan(row["price_li"]),
        }
        yield [_harmless(str({**row, **more}[name])) for _heading, name in HEADINGS]


def _harmless(cell: str) -> str:
    """A text that a spreadsheet program would take for a formula, as a text."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _csv(lines: Iterable[list[str]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(lines)
    return written.getvalue()


def add(app: Klein, house: House) -> None:
    """Put these pages to their addresses."""
    pages = _Costs(house)
    house.add(app, ADDRESS, Act.SEE_CALLS, pages.costs)
    house.add(app, f"{ADDRESS}/credit", Act.CHANGE_SITE, pages.credit, ("POST",))
    house.add(app, "/costs.csv", Act.SEE_CALLS, pages.file)
    house.add(app, f"{ADDRESS}/<call>", Act.SEE_CALLS, pages.cost)
