"""What somebody may change who finds that a call outwards failed: by the call's reason and cause. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.kernel.text import Text, text
from engine.telephony.causes import Cause
from engine.telephony.q850 import CAUSES, cause_of

__all__ = ["advice"]


WITHOUT_ISDN: Mapping[Cause, Text] = MappingProxyType(
    {
        Cause.UNALLOCATED_NUMBER: text(
            "Check the number dialled, and whether the exchange wants it with or without its prefix: it says that nobody has it."
        ),
        Cause.CALL_REJECTED: text(
            "If the exchange rejects every call, check category of calls and class of the caller that the trunk sends."
        ),
    }
)
"""Signalling by bits and tones knows neither types of number nor most other settings of which the advice for Q.850's causes speaks."""


def advice(reason: str, cause: int, trunk: str, *, isdn: bool) -> Text | None:
    """For a call out by ``trunk``, with ISDN or another signalling, that never was answered; None: there is nothing to be changed here."""
    if not isdn:
        return WITHOUT_ISDN.get(cause_of(cause))
    if reason == "caller_refused":
        return text(
            "Look at the caller number that {trunk} shows (Caller number shown, of the trunk, the agent or the desk phone), and at type and plan of"
            " caller numbers: the exchange takes only numbers from the range that the carrier has assigned to this trunk.",
            trunk=trunk,
        )
    if reason == "number_invalid":
        return text(
            "Look at the number dialled, and at type and plan of called numbers of {trunk}: the exchange found it incomplete, too long or of the wrong"
            " type.",
            trunk=trunk,
        )
    return CAUSES[cause_of(cause)].advice
