"""Telephone numbers and callers, as they come from a line."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DIALLABLE", "UNKNOWN_CALLER", "CallerId", "is_diallable"]

DIALLABLE = frozenset("0123456789*#ABCD")
"""The sixteen DTMF keys (ITU-T Q.23)."""


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
    """True for 1…32 DTMF keys."""
    return 0 < len(number) <= 32 and all(key in DIALLABLE for key in number)
