"""Why a call ended: ITU-T Q.850 cause values that this house uses, and the word for how we learned it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Cause", "Release"]


class Cause(IntEnum):
    """Q.850 (2018) clause 2.2.7.1, the values in use."""

    UNALLOCATED_NUMBER = 1
    NORMAL_CALL_CLEARING = 16
    USER_BUSY = 17
    NO_USER_RESPONDING = 18
    NO_ANSWER = 19
    CALL_REJECTED = 21
    DESTINATION_OUT_OF_ORDER = 27
    INVALID_NUMBER_FORMAT = 28
    NORMAL_UNSPECIFIED = 31
    NO_CIRCUIT_AVAILABLE = 34
    NETWORK_OUT_OF_ORDER = 38
    TEMPORARY_FAILURE = 41
    SWITCHING_CONGESTION = 42
    RECOVERY_ON_TIMER_EXPIRY = 102


@dataclass(frozen=True)
class Release:
    """The end of a leg: the cause for programs, and a word for people (``hung_up``, ``busy_tone``, ``battery_drop``, …)."""

    cause: Cause
    reason: str
