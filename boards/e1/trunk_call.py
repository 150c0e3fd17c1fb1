"""A call on one channel of an E1, whatever its signalling: between the engine's commands and the signalling's events.

    Idle ──Arrives──▶ Offered ──AnswerCall──▶ Connected
      │                  │                       │
      └─DialNumber─▶ Dialling ─Through─▶ Proceeding ─FarAnswered─▶ Connected
                         │
    any call ── ReleaseCall, FarEnded, Fail, a timer ──▶ Clearing ──Over──▶ Idle
    any call ── Over ──▶ Idle
    Idle ◀── Unhold ── OutOfService ◀── Hold, Fail ── Idle

A channel is kept from service by its port (alarm, card, maintenance) or by its signalling (D channel down, circuit blocked): whoever owns it says
``Hold`` with the reason, and ``Unhold`` when nothing is left. A hold ends no call: whether a call outlives its D channel is the signalling's to
say, by ``FarEnded`` or ``Over``. When the channel itself fails the call is over at once.

Sources: ITU-T Q.931 clauses 5.1 to 5.3 and 9 (T301, T310) for what an exchange may do; R2 circuits come to the same states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.kernel.fsm import Start, Step, Table, Timer
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import CallerId

__all__ = [
    "TABLE",
    "AnswerCall",
    "Answered",
    "Arrives",
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
    "Gone",
    "Hold",
    "Idle",
    "Offered",
    "OutOfService",
    "Over",
    "Proceeding",
    "ReleaseCall",
    "SendAnswer",
    "SendClear",
    "SendSetup",
    "Through",
    "Unhold",
    "Usable",
]

PROCEEDING_WAIT = Timer("e1_proceeding_wait", 60.0, 10.0, 120.0, "Q.931 9.2: T310", "the exchange takes the number within this time")
ANSWER_WAIT = Timer("e1_answer_wait", 180.0, 60.0, 600.0, "Q.931 9.2: T301", "a called party that does not answer is given up")
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
class AnswerCall:
    """The engine takes the call that is offered."""


@dataclass(frozen=True)
class DialNumber:
    """The engine calls out. ``presented``: the caller number that is shown instead of the trunk's; empty: the trunk's."""

    number: str
    presented: str = ""


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
    """The far end may be heard."""


@dataclass(frozen=True)
class FarAnswered:
    """The called party of our call answered."""


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
    """Seize the channel and send the number, and the caller's (empty: the trunk's)."""

    number: str
    presented: str = ""


@dataclass(frozen=True)
class SendAnswer:
    """Tell the far end that the call is answered."""


@dataclass(frozen=True)
class SendClear:
    """Let the channel go; ``Over`` follows."""

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
class Answered:
    """Tell it that the called party answered."""


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


def answer(state: Offered, _event: AnswerCall) -> Step[object]:
    """Taken."""
    return Step(Connected(state.held), (SendAnswer(),))


def dial(_state: Idle, event: DialNumber) -> Step[object]:
    """A call of ours."""
    return Step(Dialling(), (SendSetup(event.number, event.presented), Start(PROCEEDING_WAIT)))


def through(state: Dialling, _event: Through) -> Step[object]:
    """Some exchanges announce nothing and sound all the same: it is heard from here on."""
    return Step(Proceeding(state.held), (DialledOut(), Start(ANSWER_WAIT)))


def answered_at_once(state: Dialling, _event: FarAnswered) -> Step[object]:
    """An exchange may skip what lies between."""
    return Step(Connected(state.held), (DialledOut(), Answered()))


def far_answered(state: Proceeding, _event: FarAnswered) -> Step[object]:
    """The called party is there."""
    return Step(Connected(state.held), (Answered(),))


def release(state: _InCall, event: ReleaseCall) -> Step[object]:
    """We hang up."""
    return Step(Clearing(state.held), (SendClear(event.cause),))


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

CALLS = (Offered, Dialling, Proceeding, Connected)
LATE = "the call is being cleared"
NO_CALL = "there is no call"

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
        (Offered, AnswerCall): answer,
        (Dialling, Through): through,
        (Dialling, FarAnswered): answered_at_once,
        (Dialling, PROCEEDING_WAIT): not_taken,
        (Proceeding, FarAnswered): far_answered,
        (Proceeding, ANSWER_WAIT): not_answered,
        **{(state, Hold): hold_call for state in (*CALLS, Clearing)},
        **{(state, Unhold): unhold_call for state in (*CALLS, Clearing)},
        **{(state, Fail): fail_call for state in CALLS},
        (Clearing, Fail): hold_call,
        **{(state, ReleaseCall): release for state in CALLS},
        **{(state, FarEnded): far_ended for state in CALLS},
        **{(state, Over): over for state in CALLS},
        (Clearing, Over): cleared,
    },
    ignored={
        (Idle, Unhold): "it was not held",
        **{
            (state, event): NO_CALL
            for state in (Idle, OutOfService)
            for event in (ReleaseCall, AnswerCall, Through, FarAnswered, FarEnded, Over)
        },
        **{(Clearing, event): LATE for event in (ReleaseCall, AnswerCall, Through, FarAnswered, FarEnded)},
        **{(state, Through): "it is heard already" for state in (Proceeding, Connected)},
        (Offered, Through): "we are called",
        (Connected, AnswerCall): "it is answered",
        (Connected, FarAnswered): "it is answered",
    },
    timers={Dialling: (PROCEEDING_WAIT,), Proceeding: (ANSWER_WAIT,)},
)
