"""How calls end on ISDN, in the engine's words: a Q.850 cause as a ``Release``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from engine.telephony.causes import Cause, Release
from engine.telephony.q850 import cause_of

__all__ = ["CALLER_SUSPECTS", "CHANNEL_DOUBTS", "D_CHANNEL_DOWN", "RESTARTED", "caller_refused", "release_for"]

HUNG_UP, REFUSED = "hung_up", "refused"
REASONS: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.NORMAL_CALL_CLEARING: HUNG_UP,
        Cause.NORMAL_UNSPECIFIED: HUNG_UP,
        Cause.UNALLOCATED_NUMBER: "unallocated",
        Cause.INVALID_NUMBER_FORMAT: "number_invalid",
        Cause.MISDIALLED_TRUNK_PREFIX: "number_invalid",
        Cause.NO_ROUTE_TO_DESTINATION: "unallocated",
        Cause.NUMBER_CHANGED: "number_changed",
        Cause.DESTINATION_OUT_OF_ORDER: "out_of_order",
        Cause.SUBSCRIBER_ABSENT: "absent",
        Cause.CALL_REJECTED: "rejected",
        Cause.REJECTED_BY_FEATURE: "rejected",
        Cause.OUTGOING_CALLS_BARRED: "barred",
        Cause.OUTGOING_CALLS_BARRED_IN_GROUP: "barred",
        Cause.INCOMING_CALLS_BARRED: "barred",
        Cause.INCOMING_CALLS_BARRED_IN_GROUP: "barred",
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
CALLER_SUSPECTS = frozenset(
    {
        Cause.CALL_REJECTED,
        Cause.FACILITY_REJECTED,
        Cause.FACILITY_NOT_SUBSCRIBED,
        Cause.OUTGOING_CALLS_BARRED,
        Cause.BEARER_NOT_AUTHORIZED,
        Cause.SERVICE_NOT_AVAILABLE,
        Cause.SERVICE_NOT_IMPLEMENTED,
        Cause.INVALID_ELEMENT_CONTENTS,
        Cause.PROTOCOL_ERROR,
    }
)
"""With these an exchange refuses a call whose caller number it does not take; before anybody was rung nothing else is as likely."""
CHANNEL_DOUBTS = frozenset({Cause.CHANNEL_UNACCEPTABLE, Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE, Cause.CHANNEL_DOES_NOT_EXIST})
"""With these the exchange says that a channel which is free for us is not so for it."""
D_CHANNEL_DOWN = Release(Cause.NETWORK_OUT_OF_ORDER, "d_channel_down")
RESTARTED = Release(Cause.TEMPORARY_FAILURE, "restarted")


def release_for(cause: int | None) -> Release:
    """What the far end meant; None, that it gave no cause, is normal clearing."""
    value = Cause.NORMAL_CALL_CLEARING if cause is None else cause
    known = cause_of(value)
    return Release(known, REASONS.get(known, REFUSED), 0 if value == known else value)


def caller_refused(release: Release) -> Release:
    """The same for a call that showed a caller number and was refused before anybody was rung: that number may be why."""
    return replace(release, reason="caller_refused") if release.cause in CALLER_SUSPECTS and not release.unknown else release
