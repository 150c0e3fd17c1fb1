"""What may be asked of charge accounts: how each stands, and that somebody has paid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.control.asking import Answer, Done, Failed, Request
from engine.control.charge_accounts import ChargeAccounts, Credit
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text
from engine.people.actors import Act, Actor

__all__ = ["AMOUNT_MOST_LI", "WHY_MOST", "account_answers"]

AMOUNT_MOST_LI = 10_000_000_000
"""Ten million yuan."""
WHY_MOST = 200


def account_answers(accounts: ChargeAccounts, log: Callable[[str], None]) -> Mapping[str, tuple[Act, Answer]]:
    """The commands, each with the right it needs, for the table in ``asking.py``."""

    def shown(_actor: Actor, _request: Request, done: Done, _failed: Failed) -> None:
        done({"accounts": [_row(one) for one in accounts.credits()]})

    def pay_in(actor: Actor, request: Request, done: Done, _failed: Failed) -> None:
        number, amount_li, why = request.get("account"), request.get("amount_li"), request.get("why")
        if not isinstance(amount_li, int) or isinstance(amount_li, bool) or amount_li == 0 or abs(amount_li) > AMOUNT_MOST_LI:
            raise BadInput(
                text("The amount is {amount}; a sum other than 0, up to {most} yuan, is wanted.", amount=repr(amount_li), most=10_000_000)
            )
        if not isinstance(why, str) or not 1 <= len(why.strip()) <= WHY_MOST or not why.isprintable():
            raise BadInput(text("Say why: a receipt, or what is corrected."))
        found = next((one for one in accounts.credits() if one.section.number == number), None)
        if found is None:
            known = ", ".join(one.section.number for one in accounts.credits()[:12]) or "-"
            raise Refused(text("There is no charge account {account}; there are {known}.", account=str(number)[:20], known=known))
        accounts.pay_in(found.section.number, amount_li, actor.about, why.strip())
        log(f"control: {actor.role} {actor.about} books {amount_li} li on charge account {number}")
        done({"accounts": [_row(one) for one in accounts.credits()]})

    return {"charge_accounts": (Act.SEE_CALLS, shown), "charge_account_credit": (Act.CHANGE_SITE, pay_in)}


def _row(credit: Credit) -> dict[str, Any]:
    section = credit.section
    return {
        "account": section.number,
        "title": section.title,
        "kind": section.kind,
        "open": section.open,
        "balance_li": credit.balance_li,
        "spent_li": credit.spent_li,
        "left_li": credit.left_li,
        "locked_until_utc_ms": credit.locked_until_utc_ms,
    }
