"""Numbers as prompts: digits read one by one, and counts. Pure; each language has its own module."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.ivr.languages import en, zh
from engine.kernel.errors import OurFault

__all__ = ["CARDINAL_MAX", "cardinal", "digits"]

CARDINAL_MAX = 9999

CARDINALS: Mapping[str, Callable[[int], tuple[str, ...]]] = {"zh": zh.cardinal, "en": en.cardinal}


def digits(number: str, language: str) -> tuple[str, ...]:
    """Prompt names that read ``number`` digit by digit. OurFault for anything but 0-9 or an unknown language."""
    _known(language)
    if not all(digit in "0123456789" for digit in number):
        raise OurFault(f"{number!r} cannot be read out: only the digits 0-9 can")
    return tuple(f"digit_{digit}" for digit in number)


def cardinal(number: int, language: str) -> tuple[str, ...]:
    """Prompt names that say a count, 0…``CARDINAL_MAX``. OurFault outside of it or for an unknown language."""
    if not 0 <= number <= CARDINAL_MAX:
        raise OurFault(f"{number} cannot be said: only 0…{CARDINAL_MAX} can")
    return _known(language)(number)


def _known(language: str) -> Callable[[int], tuple[str, ...]]:
    if language not in CARDINALS:
        raise OurFault(f"no spoken language {language!r}; there are {', '.join(CARDINALS)}")
    return CARDINALS[language]
