"""One party's part in a call: a line or a phone, from the moment it is rung, dialled or taken until it is gone.

    caller on a line      Offered ──Accept──▶ Up
    called on a line      Seizing ──Dialled──▶ Proceeding ──FarAnswered──▶ Up
    called at a phone     Alerting ──Lift──▶ Up
    calling at a phone    Up
    who puts a call aside Up ──Aside──▶ OnHold ──Back──▶ Up
                                          └──Leave──▶ Alerting (who has hung up on somebody that waits is rung for him)
    every state ──Leave, Drop──▶ Gone

A leg is one attempt on one device: when a line gives the call back, or a phone does not answer, the next one is another leg. A leg knows
nothing of the others; what its end means for them is the call's to say (``parties.py``).

Source: ECMA-269 (CSTA phase III) clause 6.1.5, connection states: offered and alerting are its *alerting*, seizing and proceeding its *initiated*
and *connected to the network*, on hold its *hold*, gone its *null*.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.kernel.fsm import Step, Table
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import RingKind

__all__ = [
    "TABLE",
    "Accept",
    "Alerting",
    "Aside",
    "Back",
    "Dialled",
    "DoAccept",
    "DoAlert",
    "DoAnnounce",
    "DoRelease",
    "Drop",
    "Fails",
    "FarAnswered",
    "GiveRingback",
    "Gone",
    "Leave",
    "Lift",
    "Offered",
    "OnHold",
    "Proceeding",
    "Progressed",
    "RingBell",
    "Seizing",
    "StopBell",
    "TellAlerting",
    "TellAnnounced",
    "Up",
]

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offered:
    """A caller rings on the line; nobody has answered. ``ringback``: its exchange leaves ringing tone to us."""

    ringback: bool = False


@dataclass(frozen=True)
class Seizing:
    """The line is being dialled."""


@dataclass(frozen=True)
class Proceeding:
    """Dialled: the far end may be heard. ``ringback``: and ringing tone of ours, as the exchange gives none; ``in_band``: the exchange said that
    something can be heard. ``failing``: why it fails, while the exchange announces that.
    """

    ringback: bool = False
    in_band: bool = False
    failing: Release | None = None


@dataclass(frozen=True)
class Alerting:
    """The phone is rung, knocked at, or given the short tone."""

    kind: RingKind = RingKind.INTERNAL


@dataclass(frozen=True)
class Up:
    """It takes part."""


@dataclass(frozen=True)
class OnHold:
    """Its user has put the call aside, and may be in another one."""


@dataclass(frozen=True)
class Gone:
    """It takes part no more."""


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TellAlerting:
    """Tell the caller that it rings here."""


@dataclass(frozen=True)
class TellAnnounced:
    """Let the caller hear us before the answer."""


@dataclass(frozen=True)
class GiveRingback:
    """The caller's exchange leaves ringing tone to us."""


@dataclass(frozen=True)
class Accept:
    """Answer the caller."""


@dataclass(frozen=True)
class Dialled:
    """The digits are out."""


@dataclass(frozen=True)
class Progressed:
    """The exchange says how far it has come; see ``trunk_progressed``."""

    alerting: bool
    in_band: bool


@dataclass(frozen=True)
class Fails:
    """It fails, and the exchange announces why."""

    release: Release


@dataclass(frozen=True)
class FarAnswered:
    """The called party is there."""


@dataclass(frozen=True)
class Lift:
    """The phone that was rung was lifted."""


@dataclass(frozen=True)
class Aside:
    """Its user puts the call aside."""


@dataclass(frozen=True)
class Back:
    """Its user comes back."""


@dataclass(frozen=True)
class Leave:
    """Its handset was put down, or its far end released. ``recall``: somebody waits for it, and it shall be rung."""

    recall: bool = False


@dataclass(frozen=True)
class Drop:
    """We end it, with this cause for a far end. ``failed``: the attempt that it made has failed for this cause, and a phone hears so by the tone."""

    cause: Cause = Cause.NORMAL_CALL_CLEARING
    failed: bool = False


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DoAlert:
    """Tell the caller's exchange that it rings here."""


@dataclass(frozen=True)
class DoAnnounce:
    """Open the way to the caller before the answer."""


@dataclass(frozen=True)
class DoAccept:
    """Answer the call on the line."""


@dataclass(frozen=True)
class RingBell:
    """Ring the phone."""

    kind: RingKind


@dataclass(frozen=True)
class StopBell:
    """Stop ringing it."""


@dataclass(frozen=True)
class DoRelease:
    """Release the line with this cause, or let the phone, still up, hear that the call is over; by the tone of the cause when it has ``failed``."""

    cause: Cause = Cause.NORMAL_CALL_CLEARING
    failed: bool = False


# ---- rows ------------------------------------------------------------------------------------------------------------


def alert(state: Offered, _event: TellAlerting) -> Step[object]:
    """It rings, and nobody has answered."""
    return Step(state, (DoAlert(),))


def announce(_state: Offered, _event: TellAnnounced) -> Step[object]:
    """Heard, and not charged; ringing tone of ours ends."""
    return Step(Offered(), (DoAnnounce(),))


def give_ringback(_state: Offered, _event: GiveRingback) -> Step[object]:
    """The caller hears that it rings."""
    return Step(Offered(ringback=True))


def accept(_state: Offered, _event: Accept) -> Step[object]:
    """We answer."""
    return Step(Up(), (DoAccept(),))


def dialled(_state: Seizing, _event: Dialled) -> Step[object]:
    """What the exchange sounds may be heard, and the far end can hear: some want to before they answer."""
    return Step(Proceeding())


def progressed(state: Proceeding, event: Progressed) -> Step[object]:
    """Ringing tone of ours for who would hear nothing else, until something else can be heard."""
    in_band = state.in_band or event.in_band
    return Step(replace(state, in_band=in_band, ringback=not in_band and (state.ringback or event.alerting)))


def fails(_state: Proceeding, event: Fails) -> Step[object]:
    """The announcement is heard; it ends after that, or when nobody wants to hear it."""
    return Step(Proceeding(in_band=True, failing=event.release))


def far_answered(_state: Seizing | Proceeding, _event: FarAnswered) -> Step[object]:
    """Also before we know that dialling has ended."""
    return Step(Up())


def lift(_state: Alerting, _event: Lift) -> Step[object]:
    """Answered."""
    return Step(Up())


def aside(_state: Up, _event: Aside) -> Step[object]:
    """Put aside."""
    return Step(OnHold())


def back(_state: OnHold, _event: Back) -> Step[object]:
    """Taken up again."""
    return Step(Up())


def leave(_state: object, _event: Leave) -> Step[object]:
    """Gone of itself: there is nothing to release."""
    return Step(Gone())


def leave_aside(_state: OnHold, event: Leave) -> Step[object]:
    """Who forgets that somebody waits for him is rung."""
    return Step(Alerting(RingKind.RECALL), (RingBell(RingKind.RECALL),)) if event.recall else Step(Gone())


def leave_alerting(_state: Alerting, _event: Leave) -> Step[object]:
    """It cannot be rung any more."""
    return Step(Gone(), (StopBell(),))


def drop(_state: object, event: Drop) -> Step[object]:
    """Ended by us."""
    return Step(Gone(), (DoRelease(event.cause, event.failed),))


def drop_alerting(_state: Alerting, _event: Drop) -> Step[object]:
    """It is not to answer any more."""
    return Step(Gone(), (StopBell(),))


# ---- table -----------------------------------------------------------------------------------------------------------

THERE = "it takes part already"

TABLE = Table(
    "leg",
    Up(),
    rows={
        (Offered, TellAlerting): alert,
        (Offered, TellAnnounced): announce,
        (Offered, GiveRingback): give_ringback,
        (Offered, Accept): accept,
        (Seizing, Dialled): dialled,
        (Seizing, FarAnswered): far_answered,
        (Proceeding, Progressed): progressed,
        (Proceeding, Fails): fails,
        (Proceeding, FarAnswered): far_answered,
        (Alerting, Lift): lift,
        (Up, Aside): aside,
        (OnHold, Back): back,
        **{(state, Leave): leave for state in (Offered, Seizing, Proceeding, Up)},
        (OnHold, Leave): leave_aside,
        (Alerting, Leave): leave_alerting,
        **{(state, Drop): drop for state in (Offered, Seizing, Proceeding, Up, OnHold)},
        (Alerting, Drop): drop_alerting,
    },
    ignored={
        **{(Up, event): THERE for event in (TellAlerting, TellAnnounced, GiveRingback, Accept, Dialled, FarAnswered, Lift, Back)},
        (OnHold, Aside): "it is put aside already",
        (OnHold, FarAnswered): THERE,
        (OnHold, Accept): THERE,
        (Alerting, Back): "its user has hung up",
        (Alerting, Aside): "its user has hung up",
    },
)
