"""The register signals of R2 as data: what each of the numbers 1…15 asks or says, group by group.

Source of the structure: ITU-T Q.441 (signal code), Q.442 (pulses), Q.460 to Q.480 (what registers do).

A *backward* signal is understood in the group in which the two registers are: first A; ``CALLER`` after the caller's number
has been asked for (A with other meanings, or group C); B after the change to B. A country is one ``RegisterCode``:

    backward[group][signal] → a Request (what the calling side shall send next) or an Outcome (what becomes of the call)

Both registers work from the same table: the calling side looks signals up, the called side looks up the signal that says what it wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from boards.e1.r2_words import Outcome
from engine.kernel.errors import OurFault

__all__ = ["DIGITS", "NUMBER_MOST", "Group", "Meaning", "RegisterCode", "Request", "digit_of", "signals_of"]

DIGITS = "1234567890BCDE"
"""Forward group I signals 1…14 as characters of a number: 10 is the digit 0, 11…14 are written B…E."""
NUMBER_MOST = 32
"""Digits of a number; more is no number but a fault."""


class Group(Enum):
    """In which meanings the two registers are."""

    A = "A"
    CALLER = "caller"
    """While the caller's number is asked for: group A with other meanings, or C in Mexico."""
    B = "B"
    B_TOLL = "B toll"
    """Group B after a category that says a long-distance call; in China only."""


class Request(Enum):
    """What the called side asks for."""

    NEXT = "next"
    """The next digit of the called number; after the last one the end signal, where there is one."""
    BACK_1 = "n-1"
    BACK_2 = "n-2"
    BACK_3 = "n-3"
    FROM_FIRST = "first"
    """The called number again from its first digit."""
    CALLER_CLASS = "caller class"
    """Who calls (group II; in China KA), and then the caller's number."""
    NEXT_CALLER = "next caller digit"
    CATEGORY = "category"
    """The number is complete: send the category (group II; in China KD), and expect group B."""


Meaning = Request | Outcome


def digit_of(signal: int) -> str:
    """The character of a group I signal 1…14. OurFault for another."""
    if not 1 <= signal <= len(DIGITS):
        raise OurFault(f"register signal {signal} is no digit")
    return DIGITS[signal - 1]


def signals_of(number: str) -> tuple[int, ...]:
    """The group I signals of a number. OurFault when it has other characters, or too many."""
    if len(number) > NUMBER_MOST or not set(number) <= set(DIGITS):
        raise OurFault(f"{number!r} cannot be sent by register signals: at most {NUMBER_MOST} of {DIGITS}")
    return tuple(DIGITS.index(digit) + 1 for digit in number)


@dataclass(frozen=True)
class RegisterCode:
    """One country's register signals. ``backward`` as above.

    ``number_end``: group I signal after the last digit of the called number, None: there is none, silence follows. ``caller_end``: after the
    last one of the caller's; ``caller_withheld``: instead of the caller's number. ``toll_categories``: after these comes group ``B_TOLL``.
    ``back_to_a``: asking for a called digit leaves the group of the caller's number. ``category`` and ``caller_class``: sent when the call does not say otherwise.
    """

    name: str
    backward: Mapping[Group, Mapping[int, Meaning]]
    number_end: int | None = 15
    caller_end: int = 15
    caller_withheld: int | None = None
    category: int = 1
    caller_class: int = 1
    toll_categories: frozenset[int] = frozenset()
    back_to_a: bool = False
    _signals: Mapping[Group, Mapping[Meaning, int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        signals = {}
        for group, meanings in self.backward.items():
            # where two signals say the same, the lower one is sent
            signals[group] = MappingProxyType({meaning: signal for signal, meaning in sorted(meanings.items(), reverse=True)})
        object.__setattr__(self, "_signals", MappingProxyType(signals))

    def meaning(self, group: Group, signal: int) -> Meaning | None:
        """What a backward signal says in a group; None: nothing."""
        return self.backward.get(group, {}).get(signal)

    def signal(self, group: Group, meaning: Meaning) -> int | None:
        """The backward signal that says this in a group; None: it cannot be said."""
        return self._signals.get(group, {}).get(meaning)

    def after_request(self, group: Group, request: Request) -> Group:
        """The group after a request, but for ``CATEGORY``, which depends on what is answered."""
        if request is Request.CALLER_CLASS:
            return Group.CALLER
        if group is Group.CALLER and request is not Request.NEXT_CALLER and self.back_to_a:
            return Group.A
        return group

    def after_caller(self) -> Group:
        """The group once the caller's number has been sent to its end: where one signal asks for either number's digits, it is A again."""
        return Group.A if self.signal(Group.CALLER, Request.NEXT) is None else Group.CALLER

    def group_b(self, category: int) -> Group:
        """The group after this category."""
        return Group.B_TOLL if category in self.toll_categories else Group.B
