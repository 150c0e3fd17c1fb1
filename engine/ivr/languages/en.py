"""English: how numbers are said, with "and" before the last two figures (105: one hundred and five)."""

from __future__ import annotations

__all__ = ["cardinal"]


def cardinal(number: int) -> tuple[str, ...]:
    """Prompt names for 0…9999."""
    if number == 0:
        return ("number_0",)
    thousands, rest = divmod(number, 1000)
    hundreds, tail = divmod(rest, 100)
    said: list[str] = []
    if thousands:
        said += [f"number_{thousands}", "number_1000"]
    if hundreds:
        said += [f"number_{hundreds}", "number_100"]
    if said and tail:
        said.append("number_and")
    return (*said, *_below_hundred(tail))


def _below_hundred(number: int) -> tuple[str, ...]:
    if number == 0:
        return ()
    if number < 20:
        return (f"number_{number}",)
    tens, unit = divmod(number, 10)
    return (f"number_{tens * 10}", *((f"number_{unit}",) if unit else ()))
