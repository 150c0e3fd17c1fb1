"""Facts of money as sentences."""

from __future__ import annotations

from engine import facts
from engine.calls.charging.words import money
from engine.kernel.text import Text, text

__all__ = ["charge_sentence"]

MS_A_S = 1000


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
    return None
