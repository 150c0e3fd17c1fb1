"""Call costs as a technician sees them on the console."""

from __future__ import annotations

from console.cost_commands import accounts_shown, budgets_shown, cost_shown, costs_shown, sums_shown
from engine.kernel.text import text, text_as_json

CALL = {
    "call": "b1-c7",
    "day": "2026-11-19",
    "number": "55501001",
    "extension": "801",
    "agent": "",
    "account": "",
    "charge_account": "9001",
    "tariff": "national",
    "duration_ms": 61_000,
    "price_li": 1234,
}


def english(msgid: str) -> str:
    return msgid


def test_tables_of_money() -> None:
    """Sums, calls and budgets stand in columns, with yuan and thousandths."""
    sums = {"by": "account", "sums": [{"name": "", "calls": 2, "duration_ms": 90_500, "paid_s": 120, "price_li": 1200}]}
    assert sums_shown(sums, english).split("\n") == ["account code  calls  seconds  yuan", "-             2      90       1.20"]
    assert costs_shown({"costs": [CALL]}, english).split("\n") == [
        "call   day         telephone number  extension  agent  account  tariff    seconds  yuan",
        "b1-c7  2026-11-19  55501001          801        -      9001     national  61       1.234",
    ]
    budget = {"kind": "agent", "name": "1001", "budget": "small", "spent_li": 500, "most_li": 2000, "refuses": True}
    assert budgets_shown({"budgets": [budget]}, english).split("\n") == [
        "whose  name  budget  yuan used  yuan a month",
        "agent  1001  small   0.50       2.00",
    ]


def test_charge_accounts_stand_in_a_table() -> None:
    """Balance, what was spent this month, and what is left; a dash where there is no limit."""
    account = {"account": "9001", "title": "", "balance_li": -300, "spent_li": 300, "left_li": None}
    assert accounts_shown({"accounts": [account]}, english).split("\n") == [
        "charge account  title  balance  spent this month  left",
        "9001            -      -0.30    0.30              -",
    ]
    assert accounts_shown({"accounts": []}, english) == "The settings have no charge accounts."


def test_why_a_call_cost_so_much() -> None:
    """The price, and the way to it."""
    steps = [text_as_json(text("The answer costs {price}.", price="¥1.00"))]
    assert cost_shown({**CALL, "steps": steps}, english) == "b1-c7 → ¥1.234\n1. The answer costs ¥1.00."


def test_nothing_is_said_to_be_nothing() -> None:
    """An empty table would look like a fault."""
    assert sums_shown({"by": "day", "sums": []}, english) == costs_shown({"costs": []}, english) == "No call was charged."
    assert budgets_shown({"budgets": []}, english) == "Nobody has a budget, or nobody has used any of it."
