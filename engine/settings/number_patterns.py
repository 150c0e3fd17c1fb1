"""Patterns of telephone numbers, as settings have them. Pure.

``0-9`` stands for itself, ``X`` for any digit, ``Z`` for 1 to 9, ``N`` for 2 to 9, ``[4-9]`` or ``[135]`` for one of these digits. A full stop at
the end says that anything may follow: ``010.`` are all numbers that begin with 010, ``4008200XXX`` those with ten digits that begin with 4008200.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod

__all__ = ["PATTERN", "PREFIX", "PREFIX_SAYS", "NumberPattern", "common", "parse_pattern", "shown_pattern"]

PLACES_MOST = 24
_ONE = r"([0-9XZN]|\[[0-9](-[0-9])?([0-9](-[0-9])?){0,9}\])"
PREFIX = rf"{_ONE}{{0,{PLACES_MOST}}}"
PREFIX_SAYS = "digits; X any digit, Z 1 to 9, N 2 to 9, [4-9] one of these"
PATTERN = rf"{_ONE}{{1,{PLACES_MOST}}}\.?|\."
ANY = frozenset("0123456789")
SINGLES = {digit: frozenset(digit) for digit in ANY}
SETS = {"X": ANY, "Z": ANY - {"0"}, "N": ANY - {"0", "1"}}


@dataclass(frozen=True)
class NumberPattern:
    """One set of digits for each place of the number; ``open``: anything may follow."""

    places: tuple[frozenset[str], ...]
    open: bool

    @property
    def plain(self) -> str:
        """The one number that fits; empty when others do too."""
        if self.open or any(len(place) > 1 for place in self.places):
            return ""
        return "".join(digit for place in self.places for digit in place)

    @property
    def weight(self) -> tuple[bool, int, int]:
        """What counts more is greater: a whole number before a beginning, more digits before fewer, fewer possible numbers before more."""
        return (not self.open, len(self.places), -prod(len(place) for place in self.places))


def parse_pattern(written: str) -> NumberPattern:
    """A pattern as written. ValueError for one that is none."""
    if written.isascii() and written.isdigit() and len(written) <= PLACES_MOST:
        return NumberPattern(tuple(SINGLES[digit] for digit in written), open=False)
    if not re.fullmatch(PATTERN, written):
        raise ValueError(written)
    body = written.removesuffix(".")
    places = tuple(_digits(found[0]) for found in re.finditer(_ONE, body))
    return NumberPattern(places, written.endswith("."))


def _digits(one: str) -> frozenset[str]:
    if not one.startswith("["):
        return SETS.get(one, frozenset(one))
    digits: set[str] = set()
    for found in re.finditer(r"([0-9])(?:-([0-9]))?", one):
        last = found[2] or found[1]
        digits.update(str(digit) for digit in range(int(found[1]), int(last) + 1))
    return frozenset(digits)


def common(first: NumberPattern, second: NumberPattern) -> NumberPattern | None:
    """The numbers that fit both; None when there are none."""
    longer, shorter = (first, second) if len(first.places) >= len(second.places) else (second, first)
    if len(longer.places) > len(shorter.places) and not shorter.open:
        return None
    met = tuple(place & shorter.places[number] if number < len(shorter.places) else place for number, place in enumerate(longer.places))
    if not all(met):
        return None
    return NumberPattern(met, longer.open and shorter.open)


def shown_pattern(pattern: NumberPattern) -> str:
    """As it would be written."""
    return "".join(_shown(place) for place in pattern.places) + ("." if pattern.open else "")


def _shown(place: frozenset[str]) -> str:
    if len(place) == 1:
        return next(iter(place))
    for letter, digits in SETS.items():
        if place == digits:
            return letter
    return "[" + "".join(sorted(place)) + "]"
