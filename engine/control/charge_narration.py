"""Facts of money as sentences."""

from __future__ import annotations

from collections.abc import Mapping

from engine import facts
from engine.calls.charging.words import money
from engine.kernel.text import Text, text

__all__ = ["charge_sentence"]

MS_A_S = 1000
TRIES: Mapping[str, Text] = {
    "right": text("PIN right"),
    "wrong_pin": text("PIN wrong"),
    "unknown": text("no such account"),
    "locked": text("locked"),
    "closed": text("the account is closed"),
    "used": text("no money is left"),
    "in_use": text("a call is going on"),
}
"""What became of a try."""
DISA_TRIES: Mapping[str, Text] = {"right": text("PIN right"), "wrong_pin": text("PIN wrong"), "refused": text("refused")}


def charge_sentence(fact: facts.Fact) -> Text | None:
    """The sentence of a fact of money; None for any other."""
    match fact:
        case facts.CallCharged(call=call, tariff="", duration_ms=duration_ms):
            return text("{call} lasted {seconds} s; no tariff fits, it costs nothing.", call=call, seconds=duration_ms // MS_A_S)
        case facts.CallCharged(call=call, tariff=tariff, duration_ms=duration_ms, price_li=price_li):
            seconds = duration_ms // MS_A_S
            return text(
                "{call} lasted {seconds} s and costs {price} by tariff {tariff}.",
                call=call,
                seconds=seconds,
                price=money(price_li),
                tariff=tariff,
            )
        case facts.ChargeAccountTried(account=account, by=by, outcome=outcome):
            said = TRIES.get(outcome, outcome)
            return text("{by} wants to call on charge account {account}: {outcome}.", by=by, account=account or "?", outcome=said)
        case facts.DisaTried(call=call, disa=name, outcome=outcome):
            return text("{call} wants a dial tone by {name}: {outcome}.", call=call, name=name, outcome=DISA_TRIES.get(outcome, outcome))
        case facts.DisaLocked(caller=caller):
            return text("{caller} gets no dial tone after wrong PINs.", caller=caller)
        case facts.ChargeAccountLocked(account=account):
            return text("Charge account {account} is locked after wrong PINs.", account=account)
        case facts.ChargeAccountCredited(account=account, amount_li=amount_li, by=by, why=why):
            return text("{by} books {sum} on charge account {account}: {why}.", by=by, sum=money(amount_li), account=account, why=why)
    return None
