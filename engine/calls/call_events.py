"""What can happen to a call. See ``call.py``."""

from __future__ import annotations

from dataclasses import dataclass

from engine.calls.parties import CallParties
from engine.telephony.causes import Release
from engine.telephony.lines import RingKind

__all__ = [
    "Absorb",
    "Alert",
    "Announce",
    "Answer",
    "BeginDelivery",
    "Come",
    "Deliver",
    "DialLine",
    "DialledOut",
    "DropParty",
    "End",
    "EndDelivery",
    "FarAnswered",
    "FarFails",
    "FarProgressed",
    "FarReleased",
    "GiveRingback",
    "GiveUp",
    "HandBack",
    "Hold",
    "Join",
    "Lift",
    "LineGaveBack",
    "LineMoved",
    "Mute",
    "NotRung",
    "Park",
    "PhoneDown",
    "PickUp",
    "Retrieve",
    "Ring",
    "SendOn",
    "SetApart",
    "StopRing",
]


@dataclass(frozen=True)
class Alert:
    """Tell the caller that it rings here; it is not answered yet."""


@dataclass(frozen=True)
class GiveRingback:
    """His exchange leaves ringing tone to us."""


@dataclass(frozen=True)
class Announce:
    """Let the caller hear us before the answer."""


@dataclass(frozen=True)
class Answer:
    """Answer the caller."""


@dataclass(frozen=True)
class Ring:
    """Ring this phone for the caller, and those ``beside`` it; no other."""

    phone: str
    beside: tuple[str, ...] = ()
    kind: RingKind = RingKind.QUEUE


@dataclass(frozen=True)
class StopRing:
    """Stop ringing phones, and what is dialled; the caller goes on waiting."""


@dataclass(frozen=True)
class Deliver:
    """Ring these phones, all at once, for at most so long; the first that is lifted takes the call."""

    phones: tuple[str, ...]
    ring_timeout_s: float
    kind: RingKind = RingKind.INTERNAL


@dataclass(frozen=True)
class BeginDelivery:
    """Somebody rings and dials for who is there, one after another."""


@dataclass(frozen=True)
class EndDelivery:
    """All was in vain: who is there is somebody else's now."""


@dataclass(frozen=True)
class DialLine:
    """A line has been seized for who is there. ``outside_alone``: parties outside may be left among themselves."""

    line: str
    outside_alone: bool = False


@dataclass(frozen=True)
class Park:
    """The phone leaves the other party in a parking place, for at most so long; then it is rung."""

    phone: str
    recall_after_s: float


@dataclass(frozen=True)
class Come:
    """A phone, off hook, takes part: it fetches who is parked, or is brought in."""

    phone: str


@dataclass(frozen=True)
class PickUp:
    """The phone ``by``, off hook, takes the call that rings at another."""

    rung: str
    by: str


@dataclass(frozen=True)
class SendOn:
    """The phone leaves the other party to these phones, which are rung for at most so long; in vain, it is rung itself."""

    phone: str
    to: tuple[str, ...]
    ring_timeout_s: float


@dataclass(frozen=True)
class HandBack:
    """The phone leaves the other party to a dialogue or a queue."""

    phone: str


@dataclass(frozen=True)
class DropParty:
    """A party is let go."""

    device: str


@dataclass(frozen=True)
class Mute:
    """A party is not heard, or heard again."""

    device: str
    muted: bool


@dataclass(frozen=True)
class NotRung:
    """A phone cannot be rung, or not any more."""

    phone: str
    release: Release


@dataclass(frozen=True)
class Lift:
    """A phone takes the call that it is rung for; ``lifted``: by that, and not off hook."""

    phone: str
    lifted: bool = True


@dataclass(frozen=True)
class Join:
    """The announcement is over: open the way from phone to caller."""


@dataclass(frozen=True)
class DialledOut:
    """The digits are out on the exchange line."""

    line: str


@dataclass(frozen=True)
class FarProgressed:
    """The exchange says how far it has come; see ``trunk_progressed``."""

    line: str
    alerting: bool
    in_band: bool


@dataclass(frozen=True)
class FarFails:
    """It fails, and the exchange announces why."""

    line: str
    release: Release


@dataclass(frozen=True)
class LineMoved:
    """The exchange chose another channel."""

    line: str
    to: str


@dataclass(frozen=True)
class FarAnswered:
    """The far end answered."""

    line: str
    supervision: str
    connected: str = ""


@dataclass(frozen=True)
class FarReleased:
    """The exchange line says that the far end is gone."""

    line: str
    release: Release


@dataclass(frozen=True)
class LineGaveBack:
    """The attempt on the line has failed; the call is tried on ``next_line``, empty: on no other."""

    line: str
    release: Release
    next_line: str = ""


@dataclass(frozen=True)
class PhoneDown:
    """A phone of this call was put down, or gives it up. ``for_good``: it is not rung for whom it has put aside."""

    phone: str
    for_good: bool = False


@dataclass(frozen=True)
class Hold:
    """The phone puts the call aside."""

    phone: str


@dataclass(frozen=True)
class Retrieve:
    """It comes back."""

    phone: str


@dataclass(frozen=True)
class SetApart:
    """The phone's display is being told something, or not any more."""

    phone: str
    apart: bool


@dataclass(frozen=True)
class GiveUp:
    """Its parties come into another call by the phone ``shared``, which ``stays`` or leaves both."""

    shared: str
    stays: bool


@dataclass(frozen=True)
class Absorb:
    """Those of another call come into this one by the phone ``shared``, which ``stays`` or leaves both. ``ring_timeout_s``: for so long phones
    ring on that were rung there; ``outside_alone``: parties outside may be left among themselves.
    """

    parties: CallParties
    shared: str
    stays: bool
    ring_timeout_s: float
    outside_alone: bool = False


@dataclass(frozen=True)
class End:
    """We end the call."""

    release: Release
    by: str
