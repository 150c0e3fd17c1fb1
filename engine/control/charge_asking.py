"""What may be asked of money: what calls cost, summed up or one by one, why one cost what it did, and what is left of the budgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from engine.calls.router import Router
from engine.control.asking import Answer, Done, Failed, Request
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text, text_as_json, text_read
from engine.people.actors import Act, Actor
from engine.settings.tariff import LI_A_YUAN
from engine.store.charges import SUMS_BY, ChargedRow, ChargeFilter, ChargeSum
from engine.store.queries import ROWS_MAX, Reader

__all__ = ["COSTS_MOST", "DIRECTIONS", "Read", "charge_answers"]

COSTS_MOST = ROWS_MAX
WORD_MOST = 60
DIRECTIONS = ("outgoing", "incoming")
NO_WORDS = frozenset({"since", "until", "before_seq", "seq"})
Read = Callable[[Callable[[], Any], Done, Failed], None]
"""Answers a question to the tables on the reading thread, when what was heard so far is in them."""


def charge_answers(reader: Reader, read: Read, router: Router, utc_offset_min: Callable[[], int]) -> Mapping[str, tuple[Act, Answer]]:
    """The commands, each with the right it needs, for the table in ``asking.py``."""

    def costs(_actor: Actor, request: Request, done: Done, failed: Failed) -> None:
        wanted, limit = _wanted(request), _count(request, "limit", 20, 1)
        offset = _count(request, "offset", 0, 0)
        common = {"utc_offset_min": utc_offset_min()}
        read(lambda: {**common, "costs": [_row(row) for row in reader.charges(limit, offset, "", wanted)]}, done, failed)

    def sums(_actor: Actor, request: Request, done: Done, failed: Failed) -> None:
        by, wanted, limit = str(request.get("by", "extension")), _wanted(request), _count(request, "limit", 1000, 1)
        if by not in SUMS_BY:
            raise BadInput(text("by is {by}; expected one of {known}.", by=repr(by), known=", ".join(SUMS_BY)))

        def found() -> dict[str, Any]:
            rows: list[ChargeSum] = reader.charge_sums(by, limit, wanted)
            return {"by": by, "sums": [asdict(row) for row in rows]}

        read(found, done, failed)

    def cost(_actor: Actor, request: Request, done: Done, failed: Failed) -> None:
        call, seq = _word(request, "call", must=True), _seq(request, "seq")

        def found() -> dict[str, Any]:
            rows = reader.charges(1, 0, call, ChargeFilter(seq=seq))
            if not rows:
                raise Refused(text("Call {call} was not charged: it was not answered, or it is not over.", call=call))
            said = [told for told in map(text_read, rows[0].steps.split("\n")) if told is not None]
            return {**_row(rows[0]), "steps": [text_as_json(told) for told in said]}

        read(found, done, failed)

    def budgets(_actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        done({"budgets": _budgets(router)})

    return {
        "call_costs": (Act.SEE_CALLS, costs),
        "call_cost_sums": (Act.SEE_CALLS, sums),
        "call_cost": (Act.SEE_CALLS, cost),
        "budgets": (Act.SEE_CALLS, budgets),
    }


def _row(row: ChargedRow) -> dict[str, Any]:
    plain = asdict(row)
    del plain["steps"]
    return {**plain, "bands": [band for band in row.bands.split(",") if band]}


def _budgets(router: Router) -> list[dict[str, Any]]:
    """Everybody who has spent something and has a budget, and everybody who is named by one; who has used most of it comes first."""
    spent = router.state().spent
    named = {f"{one.kind}:{name}" for one in router.routing.site.budgets for name in one.names}
    rows = []
    for who in sorted({*named, *spent}):
        kind, _, name = who.partition(":")
        budget = router.routing.budget_of(kind, name)
        if budget is not None:
            most_li, used_li = budget.month_most_yuan * LI_A_YUAN, spent.get(who, 0)
            rows.append(
                {"kind": kind, "name": name, "budget": budget.name, "spent_li": used_li, "most_li": most_li, "refuses": budget.refuse}
            )
    return sorted(rows, key=_left_li)


def _left_li(row: Mapping[str, Any]) -> int:
    left: int = row["most_li"] - row["spent_li"]
    return left


def _wanted(request: Request) -> ChargeFilter:
    words = {field.name: _word(request, field.name) for field in fields(ChargeFilter) if field.name not in NO_WORDS}
    if words["direction"] and words["direction"] not in DIRECTIONS:
        raise BadInput(text("direction is {direction}; outgoing or incoming is wanted.", direction=repr(words["direction"])))
    return ChargeFilter(
        **words, since=_day(request, "since"), until=_day(request, "until"), before_seq=_seq(request, "before_seq"), seq=None
    )


def _seq(request: Request, name: str) -> int | None:
    """The number of a fact; None: none was given."""
    number = request.get(name)
    if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 1):
        raise BadInput(text("{name} is {number}; the number of a fact is wanted.", name=name, number=repr(number)))
    return number


def _day(request: Request, name: str) -> str:
    written = _word(request, name)
    try:
        return date.fromisoformat(written).isoformat() if written else ""
    except ValueError:
        raise BadInput(text("{date} is no day of the calendar", date=repr(written))) from None


def _word(request: Request, name: str, *, must: bool = False) -> str:
    value = request.get(name, "")
    if not isinstance(value, str) or not int(must) <= len(value) <= WORD_MOST or not value.isprintable():
        raise BadInput(text("{name} is missing or wrong: a text of 1 to {most} characters is wanted.", name=name, most=WORD_MOST))
    return value


def _count(request: Request, name: str, usual: int, least: int) -> int:
    number = request.get(name, usual)
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= COSTS_MOST:
        raise BadInput(
            text(
                "{name} is {number}; a number from {least} to {most} is wanted.",
                name=name,
                number=repr(number),
                least=least,
                most=COSTS_MOST,
            )
        )
    return number
