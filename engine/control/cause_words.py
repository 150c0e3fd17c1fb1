"""What somebody may change who finds that a call outwards failed: by the call's reason and cause. Pure."""

from __future__ import annotations

from engine.kernel.text import Text, text
from engine.telephony.q850 import CAUSES, cause_of

__all__ = ["advice"]


def advice(reason: str, cause: int, trunk: str) -> Text | None:
    """For a call out by ``trunk`` that never was answered; None: there is nothing to be changed here."""
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
