"""Telephone numbers and callers, as they come from a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["DIALLABLE", "PAUSES_MS", "UNKNOWN_CALLER", "CallerId", "is_diallable"]

DIALLABLE = frozenset("0123456789*#ABCD")
"""The sixteen DTMF keys (ITU-T Q.23)."""

PAUSES_MS: Mapping[str, int] = MappingProxyType({",": 1000, "W": 500})
"""What may stand between the keys of a number that is dialled: pauses, by their letter."""

PAUSES_MOST = 16


@dataclass(frozen=True)
class CallerId:
    """Who calls: digits and a display name; both empty when the exchange sent none.

    ``absence`` says why there is no number: ``""`` there is one, or nothing was sent; ``private`` withheld; ``unavailable``.
    ``doubtful``: the number may be wrong (digits sent as keys, without a checksum, in noise): to be shown as such, and not to decide by.
    """

    number: str = ""
    name: str = ""
    absence: str = ""
    doubtful: bool = False


UNKNOWN_CALLER = CallerId()


def is_diallable(number: str) -> bool:
    """True for 1…32 DTMF keys, with at most 16 pauses (comma: a second, W: half of one) among them."""
    keys = [key for key in number if key not in PAUSES_MS]
    return 0 < len(keys) <= 32 and len(number) - len(keys) <= PAUSES_MOST and all(key in DIALLABLE for key in keys)
