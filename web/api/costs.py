"""Endpoints: what calls cost, summed up and one by one, why, and the budgets of the month. Money is in thousandths of a yuan."""

from __future__ import annotations

from typing import Any

from engine.control.charge_account_asking import AMOUNT_MOST_LI, WHY_MOST
from engine.control.charge_asking import DIRECTIONS
from engine.kernel.errors import Refused
from engine.kernel.text import text_from_json
from engine.people.actors import Act
from engine.store.charges import SUMS_BY, ChargedRow, ChargeSum
from web.api.derived import ANY_TEXT, group_of
from web.api.endpoint import Ask, Body, Endpoint, Inside, Parameter, call_id, command
from web.api.faults import ApiFault
from web.api.shapes import LINE, WHOLE_MOST, Entry, Group, Items, Maybe, Whole, Words, YesNo

__all__ = ["ENDPOINTS"]

COSTS_A_PAGE_MOST = 500
NAME_MOST = 60
DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_BANDS = Entry("bands", Items(ANY_TEXT), "Bands of the tariff that held, in their order.")
_COST = group_of(ChargedRow, "CallCost", without=("steps", "bands"), more=(_BANDS,))
_SUM = group_of(ChargeSum, "CallCostSum")
_WHY = group_of(ChargedRow, "CallCostWhy", without=("steps", "bands"), more=(_BANDS, Entry("steps", Items(ANY_TEXT), "Why, in words.")))
_BUDGET = Group(
    "BudgetUse",
    (
        Entry("kind", Words(choices=("extension", "agent", "account"))),
        Entry("name", ANY_TEXT, "Of the extension, agent or account code."),
        Entry("budget", ANY_TEXT),
        Entry("spent_li", Whole(), "Spent this month."),
        Entry("most_li", Whole()),
        Entry("refuses", YesNo(), "Whether calls outside are refused when all is spent."),
    ),
    "What somebody has used of a budget.",
)


async def _costs(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # an answer of asking.py
    values = dict(ask.values)
    if "before" in values:
        values["before_seq"] = values.pop("before")
    return await command(inside, ask, "call_costs", **values)


async def _sums(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # as above
    return await command(inside, ask, "call_cost_sums", **ask.values)


async def _cost(inside: Inside, ask: Ask) -> dict[str, Any]:
    try:
        answer = await command(inside, ask, "call_cost", **ask.values)
    except Refused as refusal:
        raise ApiFault(404, refusal.text) from refusal
    return {**answer, "steps": [ask.reader.say(text_from_json(step)) for step in answer["steps"]]}


async def _budgets(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # as above
    return await command(inside, ask, "budgets")


async def _accounts(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # as above
    return await command(inside, ask, "charge_accounts")


async def _credit(inside: Inside, ask: Ask) -> Any:  # noqa: ANN401  # as above
    return await command(inside, ask, "charge_account_credit", **ask.values)


_ACCOUNT = Group(
    "ChargeAccountState",
    (
        Entry("account", ANY_TEXT, "Its number."),
        Entry("title", ANY_TEXT),
        Entry("kind", Words(choices=("prepaid", "postpaid"))),
        Entry("open", YesNo()),
        Entry("balance_li", Whole(), "What was paid in, less what its calls have cost."),
        Entry("spent_li", Whole(), "What its calls have cost this month."),
        Entry("left_li", Maybe(Whole()), "What may still be spent; null: any sum."),
        Entry("locked_until_utc_ms", Whole(), "After too many wrong PINs; 0 or past: not locked."),
    ),
    "How a charge account stands.",
)
_ACCOUNTS = Group("ChargeAccounts", (Entry("accounts", Items(_ACCOUNT)),))
_SEQ = Parameter(
    "seq", "query", Whole(1, WHOLE_MOST), "Which row, when both lines of a call that was led on cost something; else the newest."
)
_FILTERS = (
    Parameter("direction", "query", Words(choices=DIRECTIONS), "Only calls of this direction."),
    Parameter("extension", "query", Words(0, NAME_MOST), "Only calls of this extension."),
    Parameter("agent", "query", Words(0, NAME_MOST), "Only calls of this agent."),
    Parameter("account", "query", Words(0, NAME_MOST), "Only calls on this account code."),
    Parameter("charge_account", "query", Words(0, NAME_MOST), "Only calls on this charge account."),
    Parameter("trunk_group", "query", Words(0, NAME_MOST), "Only calls by this trunk group."),
    Parameter("tariff", "query", Words(0, NAME_MOST), "Only calls by this tariff."),
    Parameter("since", "query", Words(0, 10, DAY), "Only calls answered on this day of the site or later.", example="2026-11-01"),
    Parameter("until", "query", Words(0, 10, DAY), "Only calls answered on this day or before.", example="2026-11-30"),
)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "costs",
        "GET",
        "/costs",
        Act.SEE_CALLS,
        "What calls cost, the newest first",
        Group("CallCosts", (Entry("utc_offset_min", Whole()), Entry("costs", Items(_COST)))),
        _costs,
        (
            *_FILTERS,
            Parameter("before", "query", Whole(1, WHOLE_MOST), "Only rows before the one with this `seq`: the next page."),
            Parameter("limit", "query", Whole(1, COSTS_A_PAGE_MOST), "How many.", 50),
        ),
        refuses=True,
        tag="costs",
    ),
    Endpoint(
        "costSums",
        "GET",
        "/costs/sums",
        Act.SEE_CALLS,
        "What calls cost together",
        Group("CallCostSums", (Entry("by", ANY_TEXT), Entry("sums", Items(_SUM), "The dearest first; days the newest first."))),
        _sums,
        (Parameter("by", "query", Words(choices=tuple(SUMS_BY)), "What is summed up by.", "extension"), *_FILTERS),
        refuses=True,
        tag="costs",
    ),
    Endpoint(
        "cost",
        "GET",
        "/costs/{call}",
        Act.SEE_CALLS,
        "What one call cost, and why",
        _WHY,
        _cost,
        (call_id(), _SEQ),
        refused=404,
        tag="costs",
    ),
    Endpoint(
        "chargeAccounts", "GET", "/charge-accounts", Act.SEE_CALLS, "How the charge accounts stand", _ACCOUNTS, _accounts, tag="costs"
    ),
    Endpoint(
        "chargeAccountCredit",
        "POST",
        "/charge-accounts/credit",
        Act.CHANGE_SITE,
        "Book a payment on a charge account",
        _ACCOUNTS,
        _credit,
        body=Body(
            Group(
                "Credit",
                (
                    Entry("account", Words(1, 10, "[0-9]{1,10}"), "Number of the account."),
                    Entry("amount_li", Whole(-AMOUNT_MOST_LI, AMOUNT_MOST_LI), "What was paid; below 0: what was given back. Not 0."),
                    Entry("why", Words(1, WHY_MOST, LINE), "A receipt, or what is corrected."),
                ),
                closed=True,
            ),
            {"account": "9001", "amount_li": 100000, "why": "receipt 4711"},
        ),
        refuses=True,
        tag="costs",
    ),
    Endpoint(
        "budgets",
        "GET",
        "/budgets",
        Act.SEE_CALLS,
        "The budgets of this month",
        Group("Budgets", (Entry("budgets", Items(_BUDGET), "The least left first."),)),
        _budgets,
        tag="costs",
    ),
)
