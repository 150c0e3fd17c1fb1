"""Call costs in the tables: the row of a charged call, and the questions that are asked of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import peewee

from engine.calls.routing.memory import local_moment
from engine.facts import CallCharged
from engine.kernel.bus import Envelope
from engine.store.models import ChargeRow

__all__ = ["SUMS_BY", "ChargeFilter", "ChargeSum", "ChargedRow", "charge_values", "charged_rows", "charges_query", "sums_query"]


@dataclass(frozen=True)
class ChargedRow:
    """What one call cost. ``direction``: ``outgoing``, ``incoming``; ``number``: the other side's; ``account``: an account code; ``charge_account``: an
    account with a PIN of its own; ``day``: of the answer, in the site's calendar; ``price_li``: thousandths of a yuan; ``bands`` joined by commas;
    ``steps``: why, one a line. ``seq`` is the number of the fact.
    """

    call: str
    direction: str
    line: str
    trunk_group: str
    route: str
    number: str
    extension: str
    agent: str
    account: str
    charge_account: str
    tariff: str
    site_version: int
    basis: str
    answered_utc_ms: int
    utc_offset_min: int
    day: str
    duration_ms: int
    paid_s: int
    pulses: int
    price_li: int
    bands: str
    steps: str
    seq: int


@dataclass(frozen=True)
class ChargeSum:
    """Calls that have something in common: what (``name``; empty: they have none), how many, how long, how much."""

    name: str
    calls: int
    duration_ms: int
    paid_s: int
    price_li: int


@dataclass(frozen=True, kw_only=True)
class ChargeFilter:
    """Which charged calls are wanted; what is empty does not matter. ``since`` ≤ day ≤ ``until``, as ``2026-11-30``; ``before_seq``: only rows before
    this one: the next page; ``seq``: only this row.
    """

    direction: str = ""
    extension: str = ""
    agent: str = ""
    account: str = ""
    charge_account: str = ""
    trunk_group: str = ""
    tariff: str = ""
    since: str = ""
    until: str = ""
    before_seq: int | None = None
    seq: int | None = None


SUMS_BY: Mapping[str, peewee.Field] = {
    "extension": ChargeRow.extension,
    "agent": ChargeRow.agent,
    "account": ChargeRow.account,
    "charge_account": ChargeRow.charge_account,
    "group": ChargeRow.trunk_group,
    "line": ChargeRow.line,
    "tariff": ChargeRow.tariff,
    "day": ChargeRow.day,
}
"""What calls may be summed up by."""


def charge_values(envelope: Envelope, fact: CallCharged, number: str) -> dict[str, Any]:
    """The row of a fact. ``number``: the other side's."""
    day = local_moment(fact.answered_utc_ms, envelope.utc_offset_min).date().isoformat()
    same = {name: getattr(fact, name) for name in SAME}
    return {
        **same,
        "seq": envelope.seq,
        "trunk_group": fact.group,
        "number": number,
        "utc_offset_min": envelope.utc_offset_min,
        "day": day,
        "bands": ",".join(fact.bands),
        "steps": "\n".join(fact.steps),
    }


SAME = (
    *("call", "direction", "line", "route", "extension", "agent", "account", "charge_account", "tariff", "site_version", "basis"),
    *("answered_utc_ms", "duration_ms", "paid_s", "pulses", "price_li"),
)
"""Fields of the fact that the row has too."""


def charges_query(wanted: ChargeFilter, call: str = "") -> Any:  # noqa: ANN401  # peewee's query types are not public
    """Rows that fit, the newest first; with ``call`` only those of that call."""
    query = ChargeRow.select(*[getattr(ChargeRow, field.name) for field in fields(ChargedRow)])
    for condition in _conditions(wanted):
        query = query.where(condition)
    if call:
        query = query.where(ChargeRow.call == call)
    return query.order_by(ChargeRow.seq.desc())


def sums_query(by: str, wanted: ChargeFilter) -> Any:  # noqa: ANN401  # as above
    """One row for each name (``SUMS_BY``), the dearest first, days in their order."""
    column = SUMS_BY[by]
    price = peewee.fn.SUM(ChargeRow.price_li)
    query = ChargeRow.select(
        column, peewee.fn.COUNT(ChargeRow.seq), peewee.fn.SUM(ChargeRow.duration_ms), peewee.fn.SUM(ChargeRow.paid_s), price
    )
    for condition in _conditions(wanted):
        query = query.where(condition)
    order = (column.desc(),) if by == "day" else (price.desc(), column)
    return query.group_by(column).order_by(*order)


def charged_rows(rows: list[tuple[Any, ...]]) -> list[ChargedRow]:
    """What ``charges_query`` found."""
    return [ChargedRow(*row) for row in rows]


def _conditions(wanted: ChargeFilter) -> Iterator[Any]:
    for name in ("direction", "extension", "agent", "account", "charge_account", "trunk_group", "tariff"):
        value = getattr(wanted, name)
        if value:
            yield getattr(ChargeRow, name) == value
    if wanted.since:
        yield ChargeRow.day >= wanted.since
    if wanted.until:
        yield ChargeRow.day <= wanted.until
    if wanted.before_seq is not None:
        yield ChargeRow.seq < wanted.before_seq
    if wanted.seq is not None:
        yield ChargeRow.seq == wanted.seq
