"""Telephone numbers and callers, as they come from a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.kernel.errors import Refused

__all__ = ["DIALLABLE", "PAUSES_MS", "UNKNOWN_CALLER", "CallerId", "NumberRefused", "Redirection", "is_diallable"]

DIALLABLE = frozenset("0123456789*#ABCD")
"""The sixteen DTMF keys (ITU-T Q.23)."""

PAUSES_MS: Mapping[str, int] = MappingProxyType({",": 1000, "W": 500})
"""What may stand between the keys of a number that is dialled: pauses, by their letter."""

PAUSES_MOST = 16


class NumberRefused(Refused):
    """A line cannot dial this number: too long, or of characters that it does not know."""


@dataclass(frozen=True)
class Redirection:
    """From where a call was diverted to here: the number first called, empty when it may not be known, and why.

    ``why``: ``busy``, ``no_reply``, ``unconditional``, ``deflection`` (by hand, while it rang), ``out_of_order``, ``by_called_equipment`` or ``unknown``.
    """

    number: str
    why: str = "unknown"


@dataclass(frozen=True)
class CallerId:
    """Who calls: digits and a display name; both empty when the exchange sent none.

    ``absence`` says why there is no number: ``""`` there is one, or nothing was sent; ``private`` withheld; ``unavailable``.
    ``doubtful``: the number may be wrong (digits sent as keys, without a checksum, in noise): to be shown as such, and not to decide by.
    ``screening``: who vouches for the number, as ISDN tells it (Q.931 table 4-11): ``network``, ``user_passed``, ``user_failed``,
    ``user_not_screened``; empty: the line does not tell. ``redirection``: from where the call was diverted; None: it was not, as far as is told.
    """

    number: str = ""
    name: str = ""
    absence: str = ""
    doubtful: bool = False
    screening: str = ""
    redirection: Redirection | None = None


UNKNOWN_CALLER = CallerId()


def is_diallable(number: str) -> bool:
    """True for 1…32 DTMF keys, with at most 16 pauses (comma: a second, W: half of one) among them."""
    keys = [key for key in number if key not in PAUSES_MS]
    return 0 < len(keys) <= 32 and len(number) - len(keys) <= PAUSES_MOST and all(key in DIALLABLE for key in keys)
