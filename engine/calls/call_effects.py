"""What a call's machine wants beside what is to be done at its parties' devices (``parties.AtDevice``): to be heard anew, and to be told. See ``call.py``."""

from __future__ import annotations

from dataclasses import dataclass

from engine.calls.parties import CallParties
from engine.telephony.causes import Release

__all__ = [
    "HandOver",
    "HearAnew",
    "PassOn",
    "SeizeLine",
    "TellAlerting",
    "TellAnswered",
    "TellConnected",
    "TellEnded",
    "TellFails",
    "TellHeld",
    "TellInVain",
    "TellLeft",
    "TellLifted",
    "TellNotRung",
    "TellPhoneBusy",
    "TellReached",
    "TellRerouted",
    "TellRetrieved",
    "TellTooLate",
]


@dataclass(frozen=True)
class HearAnew:
    """Who hears what has changed: make it as the call says now."""


@dataclass(frozen=True)
class HandOver:
    """These parties are those of the call that they come into, from now on; None: there are none, and nothing comes of it."""

    parties: CallParties | None


@dataclass(frozen=True)
class PassOn:
    """The event is for the call that the parties have come into."""

    event: object


@dataclass(frozen=True)
class SeizeLine:
    """Dial the call's number on this line."""

    line: str


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
class TellReached:
    """To who delivers the call: this line or phone has answered."""

    device: str


@dataclass(frozen=True)
class TellInVain:
    """To who delivers the call: nobody is rung or dialled for it any more."""

    release: Release


@dataclass(frozen=True)
class TellLeft:
    """To the phone's desk: it has no part in the call any more, which goes on."""

    phone: str


@dataclass(frozen=True)
class TellNotRung:
    """To who looks after the call: the phone could not be rung."""

    phone: str


@dataclass(frozen=True)
class TellTooLate:
    """To the phone's desk: it took a call that did not ring there any more; ``lifted``: by being lifted."""

    phone: str
    lifted: bool


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
