"""How calls end on ISDN, in the engine's words: a Q.850 cause as a ``Release``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.telephony.causes import Cause, Release
from engine.telephony.q850 import cause_of

__all__ = ["D_CHANNEL_DOWN", "RESTARTED", "release_for"]

HUNG_UP, REFUSED = "hung_up", "refused"
REASONS: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.NORMAL_CALL_CLEARING: HUNG_UP,
        Cause.NORMAL_UNSPECIFIED: HUNG_UP,
        Cause.UNALLOCATED_NUMBER: "unallocated",
        Cause.INVALID_NUMBER_FORMAT: "unallocated",
        Cause.NO_ROUTE_TO_DESTINATION: "unallocated",
        Cause.USER_BUSY: "busy",
        Cause.NO_USER_RESPONDING: "no_answer",
        Cause.NO_ANSWER: "no_answer",
        Cause.NO_CIRCUIT_AVAILABLE: "congested",
        Cause.SWITCHING_CONGESTION: "congested",
        Cause.TEMPORARY_FAILURE: "congested",
        Cause.RESOURCE_UNAVAILABLE: "congested",
        Cause.CHANNEL_UNACCEPTABLE: "channel_refused",
        Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE: "channel_refused",
        Cause.CHANNEL_DOES_NOT_EXIST: "channel_refused",
    }
)
"""A word for people; all other causes are a refusal, whose number tells the rest."""
D_CHANNEL_DOWN = Release(Cause.NETWORK_OUT_OF_ORDER, "d_channel_down")
RESTARTED = Release(Cause.TEMPORARY_FAILURE, "restarted")


def release_for(cause: int | None) -> Release:
    """What the far end meant; None, that it gave no cause, is normal clearing."""
    known = Cause.NORMAL_CALL_CLEARING if cause is None else cause_of(cause)
    return Release(known, REASONS.get(known, REFUSED))
