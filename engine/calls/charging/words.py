"""Money for people: sums in yuan, prices for a time. Pure."""

from __future__ import annotations

from engine.kernel.text import Text, text
from engine.settings.tariff import LI_A_YUAN

__all__ = ["money", "times", "yuan"]

LI_A_FEN = 10
FEN_A_YUAN = 100


def yuan(li: int) -> str:
    """A sum as a figure in yuan: with two decimals, and a third where there are thousandths. Also sums below nothing."""
    whole, rest = divmod(abs(li), LI_A_YUAN)
    fen, thousandth = divmod(rest, LI_A_FEN)
    return f"{'-' if li < 0 else ''}{whole}.{fen:02d}{thousandth or ''}"


def money(li: int) -> Text:
    """A sum as people say it."""
    return text("¥{sum}", sum=yuan(li))


def times(period_s: int, price_li: int) -> Text:
    """A price for a time."""
    return text("{price} for {seconds} s", price=money(price_li), seconds=period_s)
