"""What may happen: every fact the appliance knows, one file per noun. Read this folder first.

A fact is frozen, in the past tense and versioned. Its fields are plain values (str, int, bool, tuples of str), so that
the journal can keep it for ever. Keys typed as a secret, passwords and tokens never become facts.
"""

from __future__ import annotations

from engine.facts.agents import AgentLocked, AgentStateChanged, LoginRefused
from engine.facts.base import Fact, FactError, fact_from_record, fact_to_record, known_facts
from engine.facts.calls import (
    CallAnswered,
    CallArrived,
    CallConnected,
    CallEnded,
    CallPlaced,
    KeyPressed,
    LanguageChosen,
    PromptEnded,
    PromptStarted,
)
from engine.facts.configuration import SpanConfigurationRefused, SpanConfigurationWaits, SpanConfigured
from engine.facts.hardware import (
    BitTestEnded,
    BitTestStarted,
    ClockSourceChanged,
    LoopEnded,
    LoopStarted,
    SpanAlarmCleared,
    SpanAlarmRaised,
    SpanCounted,
    SpanLost,
    SpanSeen,
)
from engine.facts.lines import LineAudioCounted, LineInService, LineOutOfService, LineRang, PhoneHungUp, PhoneLifted, ProtocolViolated
from engine.facts.people import (
    PasswordChanged,
    RecordingHeard,
    TokenMade,
    TokenRevoked,
    TokensRefused,
    UserAdded,
    UserChanged,
    UserLocked,
    UserLoggedIn,
    UserLoginRefused,
    UserRemoved,
)
from engine.facts.queues import CallOffered, CallQueued, OfferEnded, PlaceAnnounced, StintEnded
from engine.facts.recordings import RecordingEnded, RecordingFailed, RecordingStarted
from engine.facts.system import (
    AlarmCleared,
    AlarmRaised,
    ApplianceStarted,
    ApplianceStopped,
    CertificateChanged,
    PumpCounted,
    RestartCancelled,
    RestartRequested,
    SiteChanged,
)

__all__ = [
    "AgentLocked",
    "AgentStateChanged",
    "AlarmCleared",
    "AlarmRaised",
    "ApplianceStarted",
    "ApplianceStopped",
    "BitTestEnded",
    "BitTestStarted",
    "CallAnswered",
    "CallArrived",
    "CallConnected",
    "CallEnded",
    "CallOffered",
    "CallPlaced",
    "CallQueued",
    "CertificateChanged",
    "ClockSourceChanged",
    "Fact",
    "FactError",
    "KeyPressed",
    "LanguageChosen",
    "LineAudioCounted",
    "LineInService",
    "LineOutOfService",
    "LineRang",
    "LoginRefused",
    "LoopEnded",
    "LoopStarted",
    "OfferEnded",
    "PasswordChanged",
    "PhoneHungUp",
    "PhoneLifted",
    "PlaceAnnounced",
    "PromptEnded",
    "PromptStarted",
    "ProtocolViolated",
    "PumpCounted",
    "RecordingEnded",
    "RecordingFailed",
    "RecordingHeard",
    "RecordingStarted",
    "RestartCancelled",
    "RestartRequested",
    "SiteChanged",
    "SpanAlarmCleared",
    "SpanAlarmRaised",
    "SpanConfigurationRefused",
    "SpanConfigurationWaits",
    "SpanConfigured",
    "SpanCounted",
    "SpanLost",
    "SpanSeen",
    "StintEnded",
    "TokenMade",
    "TokenRevoked",
    "TokensRefused",
    "UserAdded",
    "UserChanged",
    "UserLocked",
    "UserLoggedIn",
    "UserLoginRefused",
    "UserRemoved",
    "fact_from_record",
    "fact_to_record",
    "known_facts",
]
