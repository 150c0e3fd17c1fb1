"""A call on one channel of an E1, whatever its signalling: between the engine's commands and the signalling's events.

    Idle ──Arrives──▶ Offered ──AnswerCall──▶ Connected
      │                  │                       │
      └─DialNumber─▶ Dialling ─Through─▶ Proceeding ─FarAnswered─▶ Connected
          └─MovedAway─┘  └────FarFails─────┴──▶ Announcing (the exchange says why the call fails)
    any call ── ReleaseCall, FarEnded, Fail, a timer ──▶ Clearing ──Over──▶ Idle
    any call ── Over ──▶ Idle
    Idle ──TakenOver──▶ Dialling        the exchange chose this channel for a call that asked for another, which is MovedAway there
    Idle ◀── Unhold ── OutOfService ◀── Hold, Fail ── Idle

A channel is kept from service by its port (alarm, card, maintenance) or by its signalling (D channel down, circuit blocked): whoever owns it says
``Hold`` with the reason, and ``Unhold`` when nothing is left. A hold ends no call: whether a call outlives its D channel is the signalling's to
say, by ``FarEnded`` or ``Over``. When the channel itself fails the call is over at once.

An announcement after a failure is heard out only where the call was not answered: of a conversation nothing remains to be heard.

Sources: ITU-T Q.931 clauses 5.1 to 5.4 and 9 (T301, T306, T310) for what an exchange may do; R2 circuits come to the same states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.kernel.fsm import Start, Step, Table, Timer
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import CallerId, Redirection

__all__ = [
    "TABLE",
    "AlertCall",
    "AnnounceCall",
    "Announcing",
    "AnswerCall",
    "Answered",
    "Arrives",
    "CallFails",
    "CallMoved",
    "CallOffered",
    "CallReleased",
    "Clearing",
    "Connected",
    "DialNumber",
    "DialledOut",
    "Dialling",
    "Fail",
    "FarAnswered",
    "FarEnded",
    "FarFails",
    "Gone",
    "Hold",
    "Idle",
    "MovedAway",
    "Offered",
    "OutOfService",
    "Over",
    "Proceeding",
    "Progressed",
    "ReleaseCall",
    "SendAlerting",
    "SendAnswer",
    "SendClear",
    "SendProgress",
    "SendRefusal",
    "SendSetup",
    "TakenOver",
    "Through",
    "Unhold",
    "Usable",
]

PROCEEDING_WAIT = Timer("e1_proceeding_wait", 60.0, 10.0, 120.0, "Q.931 9.2: T310", "the exchange takes the number within this time")
ANSWER_WAIT = Timer("e1_answer_wait", 180.0, 60.0, 600.0, "Q.931 9.2: T301", "a called party that does not answer is given up")
ANNOUNCEMENT_WAIT = Timer(
    "e1_announcement_wait",
    60.0,
    10.0,
    120.0,
    "Q.931 9.1: T306, seen from the other side",
    "an announcement of why a call fails is heard for so long",
)
NOT_TAKEN = Release(Cause.RECOVERY_ON_TIMER_EXPIRY, "not_dialled")
NO_ANSWER = Release(Cause.NO_ANSWER, "no_answer")
LINE_FAILED = Release(Cause.TEMPORARY_FAILURE, "line_failed")

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OutOfService:
    """It cannot be used, for this reason."""

    reason: str = "starting"


@dataclass(frozen=True)
class Idle:
    """It can be seized."""


@dataclass(frozen=True)
class _InCall:
    """``held``: what keeps the channel from service when the call is over; empty: nothing."""

    held: str = ""


@dataclass(frozen=True)
class Offered(_InCall):
    """A call has come, and the engine knows of it."""


@dataclass(frozen=True)
class Dialling(_InCall):
    """We have called; the exchange has not said anything yet."""


@dataclass(frozen=True)
class Proceeding(_InCall):
    """The exchange works on our call, and may be heard."""


@dataclass(frozen=True)
class Announcing(_InCall):
    """Our call has failed, for ``release``; the exchange says why, and the caller listens."""

    release: Release = NO_ANSWER


@dataclass(frozen=True)
class Connected(_InCall):
    """A conversation."""


@dataclass(frozen=True)
class Clearing(_InCall):
    """For the engine the call is over; the signalling has still to let the channel go."""


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hold:
    """Keep it from service."""

    reason: str


@dataclass(frozen=True)
class Unhold:
    """Nothing keeps it from service any more."""


@dataclass(frozen=True)
class Fail:
    """The channel does not work: whatever is on it ends."""

    reason: str


@dataclass(frozen=True)
class AlertCall:
    """The engine has somebody rung for the call that is offered. ``in_band``: ringing tone sounds from here."""

    in_band: bool = False


@dataclass(frozen=True)
class AnnounceCall:
    """The engine lets the caller hear something before the answer."""


@dataclass(frozen=True)
class AnswerCall:
    """The engine takes the call that is offered."""


@dataclass(frozen=True)
class DialNumber:
    """The engine calls out. ``presented``: the caller number that is shown instead of the trunk's; empty: the trunk's. ``redirection``: from where
    the call was led on, None: it was not.
    """

    number: str
    presented: str = ""
    redirection: Redirection | None = None


@dataclass(frozen=True)
class ReleaseCall:
    """The engine ends the call, with this cause for the far end."""

    cause: Cause = Cause.NORMAL_CALL_CLEARING


@dataclass(frozen=True)
class Arrives:
    """The signalling brings a call."""

    caller: CallerId
    called: str


@dataclass(frozen=True)
class Through:
    """The far end may be heard. ``alerting``: the called party is rung; ``in_band``: the far end says that it sounds itself."""

    alerting: bool = False
    in_band: bool = False


@dataclass(frozen=True)
class FarFails:
    """Our call fails, and the exchange announces why."""

    release: Release


@dataclass(frozen=True)
class MovedAway:
    """The exchange put our call on another channel."""


@dataclass(frozen=True)
class TakenOver:
    """The exchange put the call of this channel here. ``place``: the timeslot for which it was asked."""

    place: int


@dataclass(frozen=True)
class FarAnswered:
    """The called party of our call answered. ``connected``: its number, where the far end tells it."""

    connected: str = ""


@dataclass(frozen=True)
class FarEnded:
    """The far end clears, and waits for us to do so."""

    release: Release


@dataclass(frozen=True)
class Over:
    """The signalling has let the channel go."""

    release: Release


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SendSetup:
    """Seize the channel and send the number, and the caller's (empty: the trunk's), and from where the call was led on."""

    number: str
    presented: str = ""
    redirection: Redirection | None = None


@dataclass(frozen=True)
class SendAlerting:
    """Tell the far end that somebody is rung. ``in_band``: and that ringing tone sounds from here."""

    in_band: bool


@dataclass(frozen=True)
class SendProgress:
    """Tell the far end that something sounds from here."""


@dataclass(frozen=True)
class SendAnswer:
    """Tell the far end that the call is answered."""


@dataclass(frozen=True)
class SendClear:
    """Let the channel go; ``Over`` follows."""

    cause: Cause


@dataclass(frozen=True)
class SendRefusal:
    """Refuse the call that is offered, and let the caller hear why where the signalling can; ``Over`` follows."""

    cause: Cause


@dataclass(frozen=True)
class CallOffered:
    """Tell the engine of a call."""

    caller: CallerId
    called: str


@dataclass(frozen=True)
class DialledOut:
    """Tell it that the far end may be heard."""


@dataclass(frozen=True)
class Progressed:
    """Tell it how far the call has come."""

    alerting: bool
    in_band: bool


@dataclass(frozen=True)
class CallFails:
    """Tell it that the exchange announces why the call fails."""

    release: Release


@dataclass(frozen=True)
class CallMoved:
    """Tell it that the call of this timeslot is here now."""

    place: int


@dataclass(frozen=True)
class Answered:
    """Tell it that the called party answered, and its number (empty: not told)."""

    connected: str = ""


@dataclass(frozen=True)
class CallReleased:
    """Tell it that the call is over."""

    release: Release


@dataclass(frozen=True)
class Usable:
    """Tell it that the channel can be used."""


@dataclass(frozen=True)
class Gone:
    """Tell it that the channel cannot be used."""

    reason: str


# ---- rows ------------------------------------------------------------------------------------------------------------


def hold_idle(_state: Idle, event: Hold | Fail) -> Step[object]:
    """Out of service at once."""
    return Step(OutOfService(event.reason), (Gone(event.reason),))


def hold_more(state: OutOfService, event: Hold | Fail) -> Step[object]:
    """Another reason is told."""
    return Step(OutOfService(event.reason), (Gone(event.reason),) if event.reason != state.reason else ())


def back(_state: OutOfService, _event: Unhold) -> Step[object]:
    """It serves."""
    return Step(Idle(), (Usable(),))


def hold_call(state: _InCall, event: Hold) -> Step[object]:
    """When the call is over."""
    return Step(replace(state, held=event.reason))


def unhold_call(state: _InCall, _event: Unhold) -> Step[object]:
    """The trouble ended before the call did."""
    return Step(replace(state, held=""))


def fail_call(_state: _InCall, event: Fail) -> Step[object]:
    """The call is over, and the far end shall know it."""
    return Step(Clearing(event.reason), (SendClear(LINE_FAILED.cause), CallReleased(LINE_FAILED)))


def arrives(_state: Idle, event: Arrives) -> Step[object]:
    """A call."""
    return Step(Offered(), (CallOffered(event.caller, event.called),))


def alert(state: Offered, event: AlertCall) -> Step[object]:
    """Somebody is rung."""
    return Step(state, (SendAlerting(event.in_band),))


def announce(state: Offered, _event: AnnounceCall) -> Step[object]:
    """Heard before the answer."""
    return Step(state, (SendProgress(),))


def answer(state: Offered, _event: AnswerCall) -> Step[object]:
    """Taken."""
    return Step(Connected(state.held), (SendAnswer(),))


def dial(_state: Idle, event: DialNumber) -> Step[object]:
    """A call of ours."""
    return Step(Dialling(), (SendSetup(event.number, event.presented, event.redirection), Start(PROCEEDING_WAIT)))


def moved_away(state: Dialling, _event: MovedAway) -> Step[object]:
    """The call is not here any more."""
    return _let_go(state)


def taken_over(_state: Idle, event: TakenOver) -> Step[object]:
    """And is here now; what the exchange said with it follows."""
    return Step(Dialling(), (CallMoved(event.place), Start(PROCEEDING_WAIT)))


def _progress(event: Through) -> tuple[object, ...]:
    return (Progressed(event.alerting, event.in_band),) if event.alerting or event.in_band else ()


def through(state: Dialling, event: Through) -> Step[object]:
    """Some exchanges announce nothing and sound all the same: it is heard from here on."""
    return Step(Proceeding(state.held), (DialledOut(), *_progress(event), Start(ANSWER_WAIT)))


def further(state: Proceeding, event: Through) -> Step[object]:
    """It has come further."""
    return Step(state, _progress(event))


def fails_at_once(state: Dialling, event: FarFails) -> Step[object]:
    """Failed, and that is to be heard."""
    return Step(Announcing(state.held, event.release), (DialledOut(), CallFails(event.release), Start(ANNOUNCEMENT_WAIT)))


def fails(state: Proceeding, event: FarFails) -> Step[object]:
    """The same, later."""
    return Step(Announcing(state.held, event.release), (CallFails(event.release), Start(ANNOUNCEMENT_WAIT)))


def nothing_to_hear(state: Offered | Connected, event: FarFails) -> Step[object]:
    """A caller who has gone, or a conversation that is over."""
    return far_ended(state, FarEnded(event.release))


def announced(state: Announcing, _event: object) -> Step[object]:
    """Long enough."""
    return Step(Clearing(state.held), (SendClear(state.release.cause), CallReleased(state.release)))


def announcement_over(state: Announcing, _event: FarEnded) -> Step[object]:
    """It is over, and so is the call."""
    return announced(state, _event)


def over_after_announcement(state: Announcing, _event: Over) -> Step[object]:
    """The same, with the channel let go."""
    return over(state, Over(state.release))


def answered_at_once(state: Dialling, event: FarAnswered) -> Step[object]:
    """An exchange may skip what lies between."""
    return Step(Connected(state.held), (DialledOut(), Answered(event.connected)))


def far_answered(state: Proceeding | Announcing, event: FarAnswered) -> Step[object]:
    """The called party is there."""
    return Step(Connected(state.held), (Answered(event.connected),))


def release(state: _InCall, event: ReleaseCall) -> Step[object]:
    """We hang up."""
    return Step(Clearing(state.held), (SendClear(event.cause),))


def refuse(state: Offered, event: ReleaseCall) -> Step[object]:
    """We do not take it."""
    return Step(Clearing(state.held), (SendRefusal(event.cause),))


def far_ended(state: _InCall, event: FarEnded) -> Step[object]:
    """They hang up; the channel is free when we have said so too."""
    return Step(Clearing(state.held), (SendClear(event.release.cause), CallReleased(event.release)))


def _let_go(state: _InCall) -> Step[object]:
    return Step(OutOfService(state.held), (Gone(state.held),)) if state.held else Step(Idle())


def over(state: _InCall, event: Over) -> Step[object]:
    """The end, without a word before."""
    gone = _let_go(state)
    return Step(gone.state, (CallReleased(event.release), *gone.effects))


def cleared(state: Clearing, _event: Over) -> Step[object]:
    """The channel is free again."""
    return _let_go(state)


def not_taken(state: Dialling, _event: object) -> Step[object]:
    """T310."""
    return Step(Clearing(state.held), (SendClear(NOT_TAKEN.cause), CallReleased(NOT_TAKEN)))


def not_answered(state: Proceeding, _event: object) -> Step[object]:
    """T301."""
    return Step(Clearing(state.held), (SendClear(NO_ANSWER.cause), CallReleased(NO_ANSWER)))


# ---- table -----------------------------------------------------------------------------------------------------------

CALLS = (Offered, Dialling, Proceeding, Announcing, Connected)
LATE = "the call is being cleared"
NO_CALL = "there is no call"
COMMANDS = (ReleaseCall, AlertCall, AnnounceCall, AnswerCall)

TABLE = Table(
    "e1 channel",
    OutOfService(),
    rows={
        (Idle, Hold): hold_idle,
        (Idle, Fail): hold_idle,
        (OutOfService, Hold): hold_more,
        (OutOfService, Fail): hold_more,
        (OutOfService, Unhold): back,
        (Idle, Arrives): arrives,
        (Idle, DialNumber): dial,
        (Idle, TakenOver): taken_over,
        (Offered, AlertCall): alert,
        (Offered, AnnounceCall): announce,
        (Offered, AnswerCall): answer,
        (Offered, FarFails): nothing_to_hear,
        (Dialling, MovedAway): moved_away,
        (Dialling, Through): through,
        (Dialling, FarFails): fails_at_once,
        (Dialling, FarAnswered): answered_at_once,
        (Dialling, PROCEEDING_WAIT): not_taken,
        (Proceeding, Through): further,
        (Proceeding, FarFails): fails,
        (Proceeding, FarAnswered): far_answered,
        (Proceeding, ANSWER_WAIT): not_answered,
        (Announcing, FarAnswered): far_answered,
        (Announcing, ANNOUNCEMENT_WAIT): announced,
        (Connected, FarFails): nothing_to_hear,
        **{(state, Hold): hold_call for state in (*CALLS, Clearing)},
        **{(state, Unhold): unhold_call for state in (*CALLS, Clearing)},
        **{(state, Fail): fail_call for state in CALLS},
        (Clearing, Fail): hold_call,
        **{(state, ReleaseCall): release for state in CALLS if state is not Offered},
        (Offered, ReleaseCall): refuse,
        **{(state, FarEnded): far_ended for state in CALLS if state is not Announcing},
        **{(state, Over): over for state in CALLS if state is not Announcing},
        (Announcing, FarEnded): announcement_over,
        (Announcing, Over): over_after_announcement,
        (Clearing, Over): cleared,
    },
    ignored={
        (Idle, Unhold): "it was not held",
        **{
            (state, event): NO_CALL
            for state in (Idle, OutOfService)
            for event in (*COMMANDS, Through, FarFails, FarAnswered, FarEnded, Over)
        },
        **{(Clearing, event): LATE for event in (*COMMANDS, Through, FarFails, FarAnswered, FarEnded, MovedAway)},
        **{(state, Through): "it is heard already" for state in (Announcing, Connected)},
        (Offered, Through): "we are called",
        (Announcing, FarFails): "it was said already",
        **{(Connected, event): "it is answered" for event in (AlertCall, AnnounceCall, AnswerCall, FarAnswered)},
    },
    timers={Dialling: (PROCEEDING_WAIT,), Proceeding: (ANSWER_WAIT,), Announcing: (ANNOUNCEMENT_WAIT,)},
)
