"""Mandarin: how numbers are said.

Counting goes by powers of ten with a single 零 for any gap inside (1005 一千零五, 1050 一千零五十), and a number from 10 to
19 drops its leading 一 (15 十五, but 115 一百一十五). Digits read one by one say 幺 for 1, as on any telephone.
"""

from __future__ import annotations

__all__ = ["cardinal"]

POWERS = ((1000, "number_1000"), (100, "number_100"), (10, "number_10"))


def cardinal(number: int) -> tuple[str, ...]:
    """Prompt names for 0…9999."""
    if number == 0:
        return ("number_0",)
    if 10 <= number <= 19:
        return ("number_10", *_unit(number - 10))
    said: list[str] = []
    gap = False
    for power, name in POWERS:
        figure, number = divmod(number, power)
        if figure:
            said += (["number_0"] if gap else []) + [f"number_{figure}", name]
            gap = False
        elif said:
            gap = True
    if number and gap:
        said.append("number_0")
    return (*said, *_unit(number))


def _unit(figure: int) -> tuple[str, ...]:
    return (f"number_{figure}",) if figure else ()
