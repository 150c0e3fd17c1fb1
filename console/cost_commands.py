"""Call costs at the console: sums, the newest calls, why one cost what it did, and the budgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from console.steps import Question, Sitting, Steps
from console.tables import Translate, table, wrap
from console.tree import Argument, Command, Word
from engine.calls.charging.words import money, yuan
from engine.control.charge_asking import COSTS_MOST
from engine.kernel.text import text, text_from_json
from engine.people.actors import Act

__all__ = ["COST_COMMANDS", "accounts_shown", "budgets_shown", "cost_shown", "costs_shown", "sums_shown"]

MS_A_S = 1000
Row = Mapping[str, Any]


def sums_shown(answer: Row, _: Translate, width: int = 0) -> str:
    """What calls cost together, one line for each extension, agent, …"""
    if not answer["sums"]:
        return _("No call was charged.")
    rows = [[row["name"] or "-", str(row["calls"]), str(row["duration_ms"] // MS_A_S), yuan(row["price_li"])] for row in answer["sums"]]
    return table([SUMS[answer["by"]].render(_), _("calls"), _("seconds"), _("yuan")], rows, width)


def costs_shown(answer: Row, _: Translate, width: int = 0) -> str:
    """The newest charged calls."""
    if not answer["costs"]:
        return _("No call was charged.")
    headings = [_("call"), _("day"), _("telephone number"), _("extension"), _("agent"), _("account"), _("tariff"), _("seconds"), _("yuan")]
    return table(headings, [_call(row) for row in answer["costs"]], width)


def _call(row: Row) -> Sequence[str]:
    names = (row["call"], row["day"], row["number"], row["extension"], row["agent"], row["account"] or row["charge_account"], row["tariff"])
    return [*(name or "-" for name in names), str(row["duration_ms"] // MS_A_S), yuan(row["price_li"])]


def cost_shown(answer: Row, _: Translate, width: int = 0) -> str:
    """Why a call cost what it did."""
    steps = [f"{number}. {text_from_json(step).render(_)}" for number, step in enumerate(answer["steps"], start=1)]
    lines = [f"{answer['call']} → {money(answer['price_li']).render(_)}", *steps]
    return "\n".join("\n".join(wrap(line, width)) if width else line for line in lines)


def budgets_shown(answer: Row, _: Translate, width: int = 0) -> str:
    """What was used of each budget this month."""
    if not answer["budgets"]:
        return _("Nobody has a budget, or nobody has used any of it.")
    rows = [
        [KINDS[row["kind"]].render(_), row["name"], row["budget"], yuan(row["spent_li"]), yuan(row["most_li"])] for row in answer["budgets"]
    ]
    return table([_("whose"), _("name"), _("budget"), _("yuan used"), _("yuan a month")], rows, width)


KINDS = {"extension": text("extension"), "agent": text("agent"), "account": text("account code")}
SUMS = {
    "extension": text("extension"),
    "agent": text("agent"),
    "account": text("account code"),
    "group": text("trunk group"),
    "tariff": text("tariff"),
    "day": text("day"),
}
SINCE = Argument("since", "DAY", text("only from this day on, such as 2026-11-01"), optional=True)
CALL = Argument("call", "CALL", text("the call's id"))
LIMIT = Argument("limit", "N", text("how many calls (default 20)"), most=COSTS_MOST, optional=True)
_COSTS_HELP = text("what calls cost")
_LIST_HELP = text("the newest charged calls")
_WHY_HELP = text("why a call cost what it did")
_BUDGETS_HELP = text("what was used of each budget this month")
_BY_HELP = {
    "extension": text("what the calls of each extension cost"),
    "agent": text("what the calls of each agent cost"),
    "account": text("what the calls on each account code cost"),
    "group": text("what the calls by each trunk group cost"),
    "tariff": text("what the calls by each tariff cost"),
    "day": text("what the calls of each day cost"),
}
COSTS = Word("costs", _COSTS_HELP)


def _sums(by: str) -> Callable[[Sitting, Mapping[str, object]], Steps]:
    def run(sitting: Sitting, values: Mapping[str, object]) -> Steps:
        answer = yield Question("call_cost_sums", {"by": by, "since": values.get("since", "")})
        return sums_shown(answer, sitting.translate, sitting.width)

    return run


def accounts_shown(answer: Row, _: Translate, width: int = 0) -> str:
    """How each charge account stands."""
    if not answer["accounts"]:
        return _("The settings have no charge accounts.")
    rows = [
        [
            row["account"],
            row["title"] or "-",
            yuan(row["balance_li"]),
            yuan(row["spent_li"]),
            "-" if row["left_li"] is None else yuan(row["left_li"]),
        ]
        for row in answer["accounts"]
    ]
    return table([_("charge account"), _("title"), _("balance"), _("spent this month"), _("left")], rows, width)


_ACCOUNTS_HELP = text("how each charge account stands")

COST_COMMANDS: tuple[Command, ...] = (
    *(Command((COSTS, Word(by, said), SINCE), said, run=_sums(by), act=Act.SEE_CALLS) for by, said in _BY_HELP.items()),
    Command((COSTS, Word("calls", _LIST_HELP), LIMIT), _LIST_HELP, costs_shown, "call_costs", act=Act.SEE_CALLS),
    Command((COSTS, Word("why", _WHY_HELP), CALL), _WHY_HELP, cost_shown, "call_cost", act=Act.SEE_CALLS),
    Command((COSTS, Word("accounts", _ACCOUNTS_HELP)), _ACCOUNTS_HELP, accounts_shown, "charge_accounts", act=Act.SEE_CALLS),
    Command((COSTS, Word("budgets", _BUDGETS_HELP)), _BUDGETS_HELP, budgets_shown, "budgets", act=Act.SEE_CALLS),
)
