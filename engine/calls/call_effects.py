"""What a call's machine wants done: to lines and phones, to the patch bay, and to be told. See ``call.py``."""

from __future__ import annotations

from dataclasses import dataclass

from engine.telephony.causes import Cause, Release

__all__ = [
    "AlertLine",
    "AnnounceOnLine",
    "AnswerLine",
    "Bridge",
    "BusyTone",
    "CauseTone",
    "HearOuter",
    "HoldMusic",
    "ReleaseLine",
    "RingBell",
    "RingbackTone",
    "SeizeLine",
    "StopBell",
    "StopMusic",
    "StopTone",
    "TellAlerting",
    "TellAnswered",
    "TellConnected",
    "TellEnded",
    "TellFails",
    "TellHeld",
    "TellLifted",
    "TellPhoneBusy",
    "TellRerouted",
    "TellRetrieved",
    "Unbridge",
]


@dataclass(frozen=True)
class AlertLine:
    """Tell the caller's exchange that it rings here."""

    line: str


@dataclass(frozen=True)
class AnnounceOnLine:
    """Open the way to the caller before the answer."""

    line: str


@dataclass(frozen=True)
class AnswerLine:
    """Accept the call on the line."""

    line: str


@dataclass(frozen=True)
class ReleaseLine:
    """Release the line, with this cause for the far end."""

    line: str
    cause: Cause = Cause.NORMAL_CALL_CLEARING


@dataclass(frozen=True)
class SeizeLine:
    """Dial the call's number on this line."""

    line: str


@dataclass(frozen=True)
class RingBell:
    """Ring the phone with the caller's number."""

    phone: str


@dataclass(frozen=True)
class StopBell:
    """Stop the phone's bell."""

    phone: str


@dataclass(frozen=True)
class HearOuter:
    """Let the phone hear the outer party."""

    outer: str
    phone: str


@dataclass(frozen=True)
class Bridge:
    """Let both hear each other."""

    outer: str
    phone: str


@dataclass(frozen=True)
class Unbridge:
    """Let them hear each other no more."""

    outer: str
    phone: str


@dataclass(frozen=True)
class HoldMusic:
    """Let a party on hold hear music."""

    party: str


@dataclass(frozen=True)
class StopMusic:
    """End the music."""


@dataclass(frozen=True)
class RingbackTone:
    """Let the calling phone hear that the called one rings."""

    phone: str


@dataclass(frozen=True)
class StopTone:
    """End the tone that the phone hears."""

    phone: str


@dataclass(frozen=True)
class BusyTone:
    """Let the phone, still up, hear that the call is over."""

    phone: str


@dataclass(frozen=True)
class TellAnswered:
    """Fact: answered."""

    supervision: str
    connected: str = ""


@dataclass(frozen=True)
class TellRerouted:
    """Fact: the attempt on a line ended so, and the next one is tried."""

    line: str
    release: Release
    next_line: str


@dataclass(frozen=True)
class CauseTone:
    """Let the phone hear the tone that belongs to the cause for which its call failed."""

    phone: str
    cause: Cause


@dataclass(frozen=True)
class TellAlerting:
    """Fact: the called party is rung."""


@dataclass(frozen=True)
class TellFails:
    """Fact: the call fails, and the exchange announces why."""

    release: Release


@dataclass(frozen=True)
class TellLifted:
    """To who looks after the call: the phone that rang was lifted."""

    phone: str


@dataclass(frozen=True)
class TellConnected:
    """Fact: the parties are connected."""

    phone: str


@dataclass(frozen=True)
class TellPhoneBusy:
    """To the phone's desk: it is in a call from now on."""

    phone: str


@dataclass(frozen=True)
class TellHeld:
    """Fact: this phone has put the other party on hold."""

    phone: str


@dataclass(frozen=True)
class TellRetrieved:
    """Fact: it has come back."""

    phone: str


@dataclass(frozen=True)
class TellEnded:
    """Fact, and to all who care: over."""

    release: Release
    by: str
