"""Group B signals and Q.850 causes, both ways, with the sentence that a person reads.

Source: ITU-T Q.850 for the causes. R2 knows a handful of outcomes where Q.850 has dozens of causes, so the way
there and back is the same for causes that R2 can say, and the nearest thing for the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from boards.e1.r2_words import Outcome
from engine.kernel.errors import OurFault
from engine.kernel.text import Text, text
from engine.telephony.causes import Cause, Release

__all__ = ["outcome_for", "release_of", "sentence"]

CAUSES: Mapping[Outcome, Cause] = MappingProxyType(
    {
        Outcome.BUSY: Cause.USER_BUSY,
        Outcome.BUSY_TOLL: Cause.USER_BUSY,
        Outcome.BUSY_OR_CONGESTED: Cause.USER_BUSY,
        Outcome.CONGESTED: Cause.SWITCHING_CONGESTION,
        Outcome.UNALLOCATED: Cause.UNALLOCATED_NUMBER,
        Outcome.NUMBER_CHANGED: Cause.UNALLOCATED_NUMBER,
        Outcome.OUT_OF_ORDER: Cause.DESTINATION_OUT_OF_ORDER,
        Outcome.SPECIAL_TONE: Cause.NORMAL_UNSPECIFIED,
        Outcome.COLLECT_REFUSED: Cause.CALL_REJECTED,
    }
)
OUTCOMES: Mapping[Cause, Outcome] = MappingProxyType(
    {
        Cause.UNALLOCATED_NUMBER: Outcome.UNALLOCATED,
        Cause.INVALID_NUMBER_FORMAT: Outcome.UNALLOCATED,
        Cause.USER_BUSY: Outcome.BUSY,
        Cause.DESTINATION_OUT_OF_ORDER: Outcome.OUT_OF_ORDER,
        Cause.CALL_REJECTED: Outcome.OUT_OF_ORDER,
        Cause.NORMAL_UNSPECIFIED: Outcome.SPECIAL_TONE,
    }
)
"""The others, which speak of circuits, equipment and time, are congestion to the caller."""


def release_of(outcome: Outcome) -> Release:
    """How a call ends that the far end refused so. OurFault for an outcome that is no refusal."""
    cause = CAUSES.get(outcome)
    if cause is None:
        raise OurFault(f"{outcome} does not end a call")
    return Release(cause, outcome.value)


def outcome_for(cause: Cause) -> Outcome:
    """What to tell the far end of a call that we refuse for this cause."""
    return OUTCOMES.get(cause, Outcome.CONGESTED)


def sentence(outcome: Outcome) -> Text:
    """What the far exchange said of the called party."""
    return {
        Outcome.FREE: text("The called party is free."),
        Outcome.FREE_NO_CHARGE: text("The called party is free, and the call is not charged."),
        Outcome.FREE_CALLER_CONTROLS: text("The called party is free; the caller's hanging up ends the call."),
        Outcome.FREE_CALLED_CONTROLS: text("The called party is free; its hanging up ends the call."),
        Outcome.BUSY: text("The called party is busy."),
        Outcome.BUSY_TOLL: text("The called party is busy with a long-distance call."),
        Outcome.BUSY_OR_CONGESTED: text("The called party is busy, or the exchange is congested."),
        Outcome.CONGESTED: text("The exchange is congested."),
        Outcome.UNALLOCATED: text("The number is not allocated."),
        Outcome.NUMBER_CHANGED: text("The number has changed."),
        Outcome.OUT_OF_ORDER: text("The called line is out of order."),
        Outcome.SPECIAL_TONE: text("The number cannot be reached; the exchange asks for the special information tone."),
        Outcome.COLLECT_REFUSED: text("The called party does not take collect calls."),
    }[outcome]
