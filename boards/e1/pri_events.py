"""What happens on a D channel: frozen events, copied from libpri the moment they arise.

The call in an event is alive when the event is handed out, but for ``Released``, which is the end of every call, once, whoever began it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from boards.e1.pri_values import Bearer, CallingNumber, PartyNumber, ProgressIndicator, RedirectingNumber, ServiceStatus
from engine.kernel.text import Text

__all__ = [
    "Alerting",
    "Answered",
    "CallEvent",
    "CallRef",
    "DChannelDown",
    "DChannelUp",
    "Disconnecting",
    "EndedBy",
    "Event",
    "FacilityReceived",
    "HoldAcknowledged",
    "HoldRejected",
    "HoldWanted",
    "Keypad",
    "Misconfigured",
    "MoreDigits",
    "Notified",
    "Offered",
    "Proceeding",
    "Progress",
    "Released",
    "RestartAcknowledged",
    "Restarted",
    "RetrieveAcknowledged",
    "RetrieveRejected",
    "RetrieveWanted",
    "ServiceAcknowledged",
    "ServiceChanged",
    "SetupAcknowledged",
]

Indicators = frozenset[ProgressIndicator]
NONE: Indicators = frozenset()


@dataclass(frozen=True)
class CallRef:
    """A call on one D channel. Never given twice; of no use on another D channel."""

    number: int


@dataclass(frozen=True)
class Event:
    """Anything that happens on a D channel."""


@dataclass(frozen=True)
class DChannelUp(Event):
    """Layer 2 is established: calls can be made."""


@dataclass(frozen=True)
class DChannelDown(Event):
    """Layer 2 is gone. Calls that are not answered end at once; answered ones after T309, unless it comes back."""


@dataclass(frozen=True)
class Misconfigured(Event):
    """The two ends do not fit together; ``what`` says how and what to change."""

    what: Text


@dataclass(frozen=True)
class Restarted(Event):
    """The far end restarted a channel, or all (None): whatever call was there is over on both sides."""

    channel: int | None


@dataclass(frozen=True)
class RestartAcknowledged(Event):
    """The far end did what ``restart`` asked."""

    channel: int | None


@dataclass(frozen=True)
class ServiceChanged(Event):
    """The far end takes a channel out of service or back; None: all of them."""

    channel: int | None
    status: ServiceStatus


@dataclass(frozen=True)
class ServiceAcknowledged(Event):
    """The far end agrees to a maintenance message of ours."""

    channel: int | None
    status: ServiceStatus


# ---- of one call -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CallEvent(Event):
    """Something of one call. ``channel``: its timeslot, None while it has none."""

    call: CallRef
    channel: int | None


@dataclass(frozen=True)
class Offered(CallEvent):
    """SETUP came. Answer it at once (the far end gives up after T303); before a further message of the call is read, the D channel answers for
    you: PROCEEDING, or a request for digits.

    ``exclusive``: only this channel will do. ``complete``: the called number is whole. ``calling`` None: none was sent. ``bearer`` None: one that
    is not in our table.
    """

    called: PartyNumber
    calling: CallingNumber | None
    redirecting: RedirectingNumber | None
    name: str
    exclusive: bool
    complete: bool
    bearer: Bearer | None
    a_law: bool
    progress: Indicators = NONE
    user_user: str = ""


@dataclass(frozen=True)
class MoreDigits(CallEvent):
    """INFORMATION brought further digits of the called number; ``complete``: the last."""

    digits: str
    complete: bool


@dataclass(frozen=True)
class SetupAcknowledged(CallEvent):
    """The far end waits for more digits."""

    progress: Indicators = NONE


@dataclass(frozen=True)
class Proceeding(CallEvent):
    """The far end has all it needs; the channel is fixed. From here on it may be heard, with or without an indicator."""

    progress: Indicators = NONE


@dataclass(frozen=True)
class Progress(CallEvent):
    """Something can be heard, or the call leaves the ISDN. With ``cause``: it is being refused, and an announcement says so."""

    progress: Indicators = NONE
    cause: int | None = None


@dataclass(frozen=True)
class Alerting(CallEvent):
    """The called party is rung."""

    progress: Indicators = NONE


@dataclass(frozen=True)
class Answered(CallEvent):
    """CONNECT: the call is answered, and charged from here on. ``connected``: the number that answered, where the far end tells it."""

    progress: Indicators = NONE
    connected: CallingNumber | None = None


@dataclass(frozen=True)
class Disconnecting(CallEvent):
    """DISCONNECT: the far end clears. ``hang_up`` is wanted; without it the far end's T305 ends the call."""

    cause: int


class EndedBy(StrEnum):
    """Whose message ended a call."""

    FAR_END = "far_end"
    """RELEASE or RELEASE COMPLETE, a status that denies the call, or the end of the D channel."""
    US = "us"
    """What we asked for was acknowledged, or its timer ran out."""
    LIBRARY = "library"
    """An offer that was refused outright: nothing is left to be said."""


@dataclass(frozen=True)
class Released(CallEvent):
    """The call is over, its reference and its channel are free. ``cause``: Q.850, the far end's when it gave one."""

    cause: int | None
    by: EndedBy


@dataclass(frozen=True)
class Keypad(CallEvent):
    """Keypad digits during a call."""

    digits: str


@dataclass(frozen=True)
class Notified(CallEvent):
    """NOTIFY. ``indicator``: a notification description of Q.931 table 4-19, whether in our table or not."""

    indicator: int


@dataclass(frozen=True)
class FacilityReceived(CallEvent):
    """FACILITY told the caller's name or number after the SETUP."""

    number: str
    name: str


@dataclass(frozen=True)
class HoldWanted(CallEvent):
    """The far end puts the call on hold: acknowledge or reject."""


@dataclass(frozen=True)
class HoldAcknowledged(CallEvent):
    """Our hold is granted; the channel is free for another call."""


@dataclass(frozen=True)
class HoldRejected(CallEvent):
    """Our hold is refused."""

    cause: int


@dataclass(frozen=True)
class RetrieveWanted(CallEvent):
    """The far end takes the call back; ``exclusive``: on this channel or none."""

    exclusive: bool


@dataclass(frozen=True)
class RetrieveAcknowledged(CallEvent):
    """The held call is back, on ``channel``."""


@dataclass(frozen=True)
class RetrieveRejected(CallEvent):
    """The held call stays on hold."""

    cause: int
