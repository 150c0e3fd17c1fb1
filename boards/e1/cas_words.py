"""What a circuit without registers adds to an R2 circuit's words: how a number is sent, and what its two machines tell and are told.

Address signals are numbered 1…12: 1…10 are the digits 1…9 and 0, which by pulses are so many breaks; 11 and 12 are the keys * and #, which
exist as tones only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from boards.e1.r2_line_rules import Pair
from engine.kernel.errors import OurFault

__all__ = [
    "ADDRESS",
    "DIGITS_MOST",
    "PULSES_MOST",
    "AddressBy",
    "LineBreak",
    "PassOn",
    "PulseSeen",
    "SendAddress",
    "address_of",
    "signals_of",
]

ADDRESS = "1234567890*#"
"""Address signals 1…12 as keys."""
PULSES_MOST = 10
"""Breaks of one digit."""
DIGITS_MOST = 20
"""Digits of a called number; with so many it is whole."""


class AddressBy(Enum):
    """How the called number is told once a seizure is acknowledged."""

    KEYS = "dtmf"
    """By DTMF on the speech path."""
    PULSES = "pulses"
    """By breaks of the seizure: idle for 60 ms, seized for 40 ms."""
    NOTHING = "none"
    """It is not: the circuit leads to one place."""


def signals_of(number: str, by: AddressBy) -> tuple[int, ...]:
    """The address signals of a number; none of an empty one, or where nothing is sent. OurFault when it cannot be sent so, or is too long."""
    if by is AddressBy.NOTHING:
        return ()
    keys = ADDRESS if by is AddressBy.KEYS else ADDRESS[:PULSES_MOST]
    if len(number) > DIGITS_MOST or not set(number) <= set(keys):
        raise OurFault(f"{number!r} cannot be sent: at most {DIGITS_MOST} of {keys}")
    return tuple(ADDRESS.index(key) + 1 for key in number)


def address_of(signals: tuple[int, ...]) -> str:
    """The other way round."""
    return "".join(ADDRESS[signal - 1] for signal in signals)


@dataclass(frozen=True)
class PulseSeen:
    """While a number may come by pulses, the far end sends this: ``Pair.IDLE`` (a break, or its end of the call) or ``Pair.SEIZED``."""

    pair: Pair


@dataclass(frozen=True)
class PassOn:
    """Effect: what was seen is no pulse but a line signal."""

    pair: Pair


@dataclass(frozen=True)
class LineBreak:
    """Effect: break the seizure, or go on with it."""

    on: bool


@dataclass(frozen=True)
class SendAddress:
    """Effect: sound these keys, and tell when they are out; None: stop."""

    keys: str | None
