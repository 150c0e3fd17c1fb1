"""One call: from its arrival or dialling to its end.

    Arrived ──answer──▶ Answered ──ring──▶ Answered(alerting) ──lift──▶ Greeting ──join──▶ Connected ──▶ Ended
                           ▲──────────── stop ringing ──┘
    Seizing ──dialled──▶ Proceeding ──answered──▶ Connected          (a desk phone calls out)
       │                    ├── fails with an announcement, which is heard out ──▶ Ended
       └────────────────────┴── attempt failed ──▶ Seizing the next line
    Calling ──lift──▶ Connected                                       (a desk phone calls another)
       └── ring time over ──▶ Ended
    Connected ◀──hold, retrieve──▶ Held ──holder hangs up──▶ Recalling ──lift──▶ Connected

A call has an *outer* party (an exchange line, or the calling phone of an inside call) and an *inner* one (a desk phone).
While a phone is being rung for an answered call the caller keeps whatever he hears: music belongs to who looks after
the call, not to this machine. In ``Greeting`` the phone already hears the caller, and the caller hears the agent's number
announced; ``join`` opens the other direction. Who is on hold hears music; when the one who put him there hangs up instead of coming
back, that phone is rung for him.

Every call ends exactly once, with one cause and one who released it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.calls.call_effects import (
    AlertLine,
    AnnounceOnLine,
    AnswerLine,
    Bridge,
    BusyTone,
    CauseTone,
    HearOuter,
    HoldMusic,
    ReleaseLine,
    RingbackTone,
    RingBell,
    SeizeLine,
    StopBell,
    StopMusic,
    StopTone,
    TellAlerting,
    TellAnswered,
    TellConnected,
    TellEnded,
    TellFails,
    TellHeld,
    TellLifted,
    TellPhoneBusy,
    TellRerouted,
    TellRetrieved,
    Unbridge,
)
from engine.kernel.fsm import Expired, Start, Step, Table, Timer
from engine.telephony.causes import Cause, Release

__all__ = [
    "TABLE",
    "Alert",
    "AlertLine",
    "Announce",
    "AnnounceOnLine",
    "Answer",
    "AnswerLine",
    "Answered",
    "Arrived",
    "Bridge",
    "BusyTone",
    "CallPhone",
    "Calling",
    "CauseTone",
    "Connected",
    "DialledOut",
    "End",
    "Ended",
    "FarAnswered",
    "FarFails",
    "FarProgressed",
    "FarReleased",
    "Greeting",
    "HearOuter",
    "Held",
    "Hold",
    "HoldMusic",
    "Join",
    "Lift",
    "LineGaveBack",
    "LineMoved",
    "PhoneDown",
    "Proceeding",
    "Recalling",
    "ReleaseLine",
    "Retrieve",
    "Ring",
    "RingBell",
    "RingbackTone",
    "SeizeLine",
    "Seizing",
    "StopBell",
    "StopMusic",
    "StopRing",
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

RING_TIME = Timer("extension_ring_time", 60.0, 5.0, 300.0, "site setting", "an extension that does not answer another stops ringing")
RECALL_TIME = Timer("recall_time", 60.0, 10.0, 300.0, "ours: as long as an extension rings", "a recall that nobody answers ends the call")

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrived:
    """A caller rings on an exchange line; we have not answered."""

    line: str


@dataclass(frozen=True)
class Answered:
    """We speak to the caller (dialogue, music). ``alerting`` is the phone that rings for the call, or empty."""

    line: str
    alerting: str = ""


@dataclass(frozen=True)
class Greeting:
    """The phone is up and hears the caller; the caller still hears our announcement."""

    line: str
    phone: str


@dataclass(frozen=True)
class Seizing:
    """A desk phone calls out; the exchange line is being dialled."""

    phone: str
    line: str


@dataclass(frozen=True)
class Proceeding:
    """Dialled; the desk phone hears the exchange's tones. ``ringback``: and ringing tone of ours, as the exchange gives none; ``in_band``: the exchange
    said that something can be heard. ``failing``: why the call fails, while the exchange announces it.
    """

    phone: str
    line: str
    ringback: bool = False
    in_band: bool = False
    failing: Release | None = None


@dataclass(frozen=True)
class Calling:
    """A desk phone calls another, which rings."""

    phone: str
    called: str


@dataclass(frozen=True)
class Connected:
    """Both parties talk. ``outer`` is a line or the calling phone, ``phone`` the inner phone."""

    outer: str
    phone: str
    outer_is_line: bool


@dataclass(frozen=True)
class Held:
    """The phone ``holder``, one of the two, has put the other party on hold."""

    outer: str
    phone: str
    outer_is_line: bool
    holder: str

    @property
    def other(self) -> str:
        """Who waits."""
        return self.outer if self.holder == self.phone else self.phone


@dataclass(frozen=True)
class Recalling(Held):
    """The holder has hung up, and is rung for who waits."""


@dataclass(frozen=True)
class Ended:
    """Over."""


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alert:
    """Tell the caller that it rings here; it is not answered yet."""


@dataclass(frozen=True)
class Announce:
    """Let the caller hear us before the answer."""


@dataclass(frozen=True)
class Answer:
    """Answer the caller."""


@dataclass(frozen=True)
class Ring:
    """Ring this phone for the call."""

    phone: str


@dataclass(frozen=True)
class StopRing:
    """Stop ringing the phone; the caller goes on waiting."""


@dataclass(frozen=True)
class Lift:
    """The ringing phone was lifted."""

    phone: str


@dataclass(frozen=True)
class Join:
    """The announcement is over: open the way from phone to caller."""


@dataclass(frozen=True)
class CallPhone:
    """Ring the called phone of an inside call, for at most so long."""

    ring_timeout_s: float


@dataclass(frozen=True)
class DialledOut:
    """The digits are out on the exchange line."""


@dataclass(frozen=True)
class FarProgressed:
    """The exchange says how far it has come; see ``trunk_progressed``."""

    alerting: bool
    in_band: bool


@dataclass(frozen=True)
class FarFails:
    """It fails, and the exchange announces why."""

    release: Release


@dataclass(frozen=True)
class LineMoved:
    """The exchange chose another channel."""

    line: str


@dataclass(frozen=True)
class FarAnswered:
    """The far end answered."""

    supervision: str
    connected: str = ""


@dataclass(frozen=True)
class FarReleased:
    """The exchange line says that the far end is gone."""

    release: Release


@dataclass(frozen=True)
class LineGaveBack:
    """The attempt on the line has failed; the call is tried on ``next_line``, empty: on no other."""

    release: Release
    next_line: str = ""


@dataclass(frozen=True)
class PhoneDown:
    """A phone of this call was put down."""

    phone: str


@dataclass(frozen=True)
class Hold:
    """The phone puts the other party on hold."""

    phone: str


@dataclass(frozen=True)
class Retrieve:
    """It comes back."""


@dataclass(frozen=True)
class End:
    """We end the call."""

    release: Release
    by: str


# ---- rows ------------------------------------------------------------------------------------------------------------

HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "hung_up")
NOT_REACHED = Release(Cause.NORMAL_CALL_CLEARING, "gave_up")
NO_ANSWER = Release(Cause.NO_ANSWER, "no_answer")


def alert(state: Arrived, _event: Alert) -> Step[object]:
    """It rings, and nobody has answered."""
    return Step(state, (AlertLine(state.line),))


def announce(state: Arrived, _event: Announce) -> Step[object]:
    """Heard, and not charged."""
    return Step(state, (AnnounceOnLine(state.line),))


def answer(state: Arrived, _event: Answer) -> Step[object]:
    """Go off hook and speak."""
    return Step(Answered(state.line), (AnswerLine(state.line), TellAnswered("local")))


def ring(state: Answered, event: Ring) -> Step[object]:
    """Ring a phone; the caller hears on what he hears."""
    bells: tuple[object, ...] = (StopBell(state.alerting),) if state.alerting else ()
    return Step(Answered(state.line, event.phone), (*bells, RingBell(event.phone)))


def stop_ring(state: Answered, _event: StopRing) -> Step[object]:
    """Back to waiting."""
    return Step(Answered(state.line), (StopBell(state.alerting),) if state.alerting else ())


def lift(state: Answered, event: Lift) -> Step[object]:
    """The phone hears the caller at once; who looks after the call announces the agent and then joins."""
    if event.phone != state.alerting:
        return Step(state)
    effects = (HearOuter(state.line, event.phone), TellPhoneBusy(event.phone), TellConnected(event.phone), TellLifted(event.phone))
    return Step(Greeting(state.line, event.phone), effects)


def join(state: Greeting, _event: Join) -> Step[object]:
    """Both talk."""
    return Step(Connected(state.line, state.phone, outer_is_line=True), (Bridge(state.line, state.phone),))


def dialled(state: Seizing, _event: DialledOut) -> Step[object]:
    """The phone hears the exchange, and can be heard: some far ends want to hear before they answer."""
    return Step(Proceeding(state.phone, state.line), (Bridge(state.line, state.phone),))


def try_next_line(state: Seizing | Proceeding, event: LineGaveBack) -> Step[object]:
    """The next line, if there is one; the phone hears the exchange no more until that one is dialled."""
    if not event.next_line:
        return call_failed(state, FarReleased(event.release))
    heard = (*_ringback_ends(state), Unbridge(state.line, state.phone)) if isinstance(state, Proceeding) else ()
    told = TellRerouted(state.line, event.release, event.next_line)
    return Step(Seizing(state.phone, event.next_line), (*heard, told, SeizeLine(event.next_line)))


def line_moved(state: Seizing, event: LineMoved) -> Step[object]:
    """By the channel of the exchange's choice."""
    return Step(replace(state, line=event.line))


def far_progressed(state: Proceeding, event: FarProgressed) -> Step[object]:
    """Ringing tone of ours for who would hear nothing else, until something else can be heard."""
    in_band = state.in_band or event.in_band
    ringback = not in_band and (state.ringback or event.alerting)
    told: tuple[object, ...] = (TellAlerting(),) if event.alerting else ()
    if ringback and not state.ringback:
        told = (*told, RingbackTone(state.phone))
    return Step(replace(state, ringback=ringback, in_band=in_band), (*told, *_ringback_ends(state, still=ringback)))


def _ringback_ends(state: Proceeding, *, still: bool = False) -> tuple[object, ...]:
    return (StopTone(state.phone),) if state.ringback and not still else ()


def far_fails(state: Proceeding, event: FarFails) -> Step[object]:
    """The announcement is heard; the call ends after it, or when the phone is put down."""
    failing = replace(state, ringback=False, in_band=True, failing=event.release)
    return Step(failing, (*_ringback_ends(state), TellFails(event.release)))


def far_answered(state: Proceeding, event: FarAnswered) -> Step[object]:
    """The conversation begins."""
    connected = Connected(state.line, state.phone, outer_is_line=True)
    return Step(connected, (*_ringback_ends(state), TellAnswered(event.supervision, event.connected), TellConnected(state.phone)))


def call_phone(state: Calling, event: CallPhone) -> Step[object]:
    """The called phone rings, and the calling one hears it."""
    return Step(state, (RingbackTone(state.phone), RingBell(state.called), Start(RING_TIME, event.ring_timeout_s)))


def called_lifted(state: Calling, event: Lift) -> Step[object]:
    """The called phone answers the calling one."""
    if event.phone != state.called:
        return Step(state)
    effects = (
        StopTone(state.phone),
        Bridge(state.phone, event.phone),
        TellAnswered("phone"),
        TellPhoneBusy(event.phone),
        TellConnected(event.phone),
    )
    return Step(Connected(state.phone, event.phone, outer_is_line=False), effects)


def caller_gave_up(_state: Arrived, event: FarReleased) -> Step[object]:
    """Gone before we answered."""
    return Step(Ended(), (TellEnded(event.release, "caller"),))


def caller_left(state: Answered, event: FarReleased) -> Step[object]:
    """Gone while waiting or in the dialogue."""
    bells: tuple[object, ...] = (StopBell(state.alerting),) if state.alerting else ()
    return Step(Ended(), (*bells, TellEnded(event.release, "caller")))


def caller_left_greeting(state: Greeting, event: FarReleased) -> Step[object]:
    """Gone while the agent's number was announced."""
    return Step(Ended(), (Unbridge(state.line, state.phone), BusyTone(state.phone), TellEnded(event.release, "caller")))


def far_end_left(state: Connected, event: FarReleased) -> Step[object]:
    """The exchange line ended the call: the phone hears busy tone."""
    return Step(Ended(), (Unbridge(state.outer, state.phone), BusyTone(state.phone), TellEnded(event.release, "caller")))


def call_failed(state: Seizing | Proceeding, event: FarReleased) -> Step[object]:
    """It never came to a conversation: the phone hears by the tone why not."""
    effects = (Unbridge(state.line, state.phone), CauseTone(state.phone, event.release.cause), TellEnded(event.release, "caller"))
    return Step(Ended(), effects)


def agent_left_greeting(state: Greeting, event: PhoneDown) -> Step[object]:
    """The agent hung up before the announcement was over."""
    if event.phone != state.phone:
        return Step(state)
    effects = (Unbridge(state.line, state.phone), ReleaseLine(state.line), TellEnded(HUNG_UP, "agent"))
    return Step(Ended(), effects)


def phone_left_dialling(state: Seizing | Proceeding, event: PhoneDown) -> Step[object]:
    """The phone gave up; or has heard why the call fails."""
    if event.phone != state.phone:
        return Step(state)
    failing = state.failing if isinstance(state, Proceeding) else None
    ended = TellEnded(NOT_REACHED, "agent") if failing is None else TellEnded(failing, "caller")
    return Step(Ended(), (Unbridge(state.line, state.phone), ReleaseLine(state.line), ended))


def calling_phone_left(state: Calling, event: PhoneDown) -> Step[object]:
    """The calling phone gave up: the called one stops ringing."""
    if event.phone != state.phone:
        return Step(state)
    return Step(Ended(), (StopTone(state.phone), StopBell(state.called), TellEnded(NOT_REACHED, "caller")))


def phone_left(state: Connected, event: PhoneDown) -> Step[object]:
    """One of two hangs up: the other is released or hears busy tone."""
    if event.phone not in (state.outer, state.phone):
        return Step(state)
    other = state.outer if event.phone == state.phone else state.phone
    rest: object = ReleaseLine(other) if state.outer_is_line else BusyTone(other)
    inside = "caller" if event.phone == state.outer else "called"
    by = "agent" if state.outer_is_line else inside
    return Step(Ended(), (Unbridge(state.outer, state.phone), rest, TellEnded(HUNG_UP, by)))


def hold(state: Connected, event: Hold) -> Step[object]:
    """The R key: the other party waits with music."""
    if event.phone not in (state.outer, state.phone):
        return Step(state)
    held = Held(state.outer, state.phone, state.outer_is_line, event.phone)
    return Step(held, (Unbridge(state.outer, state.phone), HoldMusic(held.other), TellHeld(event.phone)))


def retrieve(state: Held, _event: Retrieve) -> Step[object]:
    """The R key again."""
    return Step(_together(state), (StopMusic(), Bridge(state.outer, state.phone), TellRetrieved(state.holder)))


def _together(state: Held) -> Connected:
    return Connected(state.outer, state.phone, state.outer_is_line)


def phone_left_held(state: Held, event: PhoneDown) -> Step[object]:
    """The holder hangs up: rung for who waits. The one who waits hangs up: over."""
    if event.phone == state.holder:
        recalling = Recalling(state.outer, state.phone, state.outer_is_line, state.holder)
        return Step(recalling, (RingBell(state.holder), Start(RECALL_TIME)))
    return _held_party_left(state, event)


def phone_left_recalling(state: Recalling, event: PhoneDown) -> Step[object]:
    """Who waits hangs up."""
    return _held_party_left(state, event)


def _held_party_left(state: Held, event: PhoneDown) -> Step[object]:
    if event.phone != state.other:
        return Step(state)
    by = "caller" if state.other == state.outer else "called"
    return Step(Ended(), (StopMusic(), *_holder_told(state), TellEnded(HUNG_UP, by)))


def _holder_told(state: Held) -> tuple[object, ...]:
    """Busy tone, or the end of the bell."""
    return (StopBell(state.holder),) if isinstance(state, Recalling) else (BusyTone(state.holder),)


def _other_released(state: Held) -> tuple[object, ...]:
    """The end for who waited."""
    return (ReleaseLine(state.other),) if state.outer_is_line else (BusyTone(state.other),)


def held_line_left(state: Held, event: FarReleased) -> Step[object]:
    """The caller gave up waiting."""
    return Step(Ended(), (StopMusic(), *_holder_told(state), TellEnded(event.release, "caller")))


def end_held(state: Held, event: End) -> Step[object]:
    """We end a call on hold."""
    return Step(Ended(), (StopMusic(), *_other_released(state), *_holder_told(state), TellEnded(event.release, event.by)))


def recall_answered(state: Recalling, event: Lift) -> Step[object]:
    """The holder is back."""
    if event.phone != state.holder:
        return Step(state)
    told = (TellPhoneBusy(state.holder), TellRetrieved(state.holder))
    return Step(_together(state), (StopMusic(), Bridge(state.outer, state.phone), *told))


def recall_unanswered(state: Recalling, _event: Expired) -> Step[object]:
    """Nobody comes back."""
    return Step(Ended(), (StopMusic(), *_holder_told(state), *_other_released(state), TellEnded(NO_ANSWER, "system")))


def end_arrived(state: Arrived, event: End) -> Step[object]:
    """Not answered: an analog line rings on, a digital one is refused; that is the line's business."""
    return Step(Ended(), (ReleaseLine(state.line, event.release.cause), TellEnded(event.release, event.by)))


def end_answered(state: Answered, event: End) -> Step[object]:
    """We end the dialogue."""
    bells: tuple[object, ...] = (StopBell(state.alerting),) if state.alerting else ()
    return Step(Ended(), (*bells, ReleaseLine(state.line, event.release.cause), TellEnded(event.release, event.by)))


def end_with_line(state: Greeting | Seizing | Proceeding, event: End) -> Step[object]:
    """We end a call that has a line and a phone."""
    effects = (
        Unbridge(state.line, state.phone),
        ReleaseLine(state.line, event.release.cause),
        BusyTone(state.phone),
        TellEnded(event.release, event.by),
    )
    return Step(Ended(), effects)


def end_connected(state: Connected, event: End) -> Step[object]:
    """We end a conversation."""
    outer: object = ReleaseLine(state.outer, event.release.cause) if state.outer_is_line else BusyTone(state.outer)
    effects = (Unbridge(state.outer, state.phone), outer, BusyTone(state.phone), TellEnded(event.release, event.by))
    return Step(Ended(), effects)


def end_calling(state: Calling, event: End) -> Step[object]:
    """The called phone does not answer, or has gone."""
    effects = (StopTone(state.phone), StopBell(state.called), BusyTone(state.phone), TellEnded(event.release, event.by))
    return Step(Ended(), effects)


def called_does_not_answer(state: Calling, _event: Expired) -> Step[object]:
    """Nobody comes to the called phone: it stops ringing and the calling one hears busy tone."""
    effects = (StopTone(state.phone), StopBell(state.called), BusyTone(state.phone), TellEnded(NO_ANSWER, "system"))
    return Step(Ended(), effects)


def line_answered_early(state: Seizing, event: FarAnswered) -> Step[object]:
    """An answer before we know that dialling ended: connect."""
    connected = Connected(state.line, state.phone, outer_is_line=True)
    return Step(connected, (Bridge(state.line, state.phone), TellAnswered(event.supervision, event.connected), TellConnected(state.phone)))


def alerting_moved(state: Answered, event: PhoneDown) -> Step[object]:
    """A phone that does not belong to the call any more; should it be the ringing one, it rings no longer."""
    if event.phone != state.alerting:
        return Step(state)
    return Step(Answered(state.line), (StopBell(event.phone),))


# ---- table -----------------------------------------------------------------------------------------------------------

OVER = "the call is over; the message crossed its end"
NOT_YET = "no phone takes part yet"

TABLE = Table(
    "call",
    Arrived(""),
    rows={
        (Arrived, Alert): alert,
        (Arrived, Announce): announce,
        (Arrived, Answer): answer,
        (Arrived, FarReleased): caller_gave_up,
        (Arrived, End): end_arrived,
        (Answered, Ring): ring,
        (Answered, StopRing): stop_ring,
        (Answered, Lift): lift,
        (Answered, FarReleased): caller_left,
        (Answered, PhoneDown): alerting_moved,
        (Answered, End): end_answered,
        (Greeting, Join): join,
        (Greeting, FarReleased): caller_left_greeting,
        (Greeting, PhoneDown): agent_left_greeting,
        (Greeting, End): end_with_line,
        (Seizing, DialledOut): dialled,
        (Seizing, FarAnswered): line_answered_early,
        (Seizing, FarReleased): call_failed,
        (Seizing, LineMoved): line_moved,
        (Seizing, LineGaveBack): try_next_line,
        (Seizing, PhoneDown): phone_left_dialling,
        (Seizing, End): end_with_line,
        (Proceeding, FarAnswered): far_answered,
        (Proceeding, FarProgressed): far_progressed,
        (Proceeding, FarFails): far_fails,
        (Proceeding, FarReleased): call_failed,
        (Proceeding, LineGaveBack): try_next_line,
        (Proceeding, PhoneDown): phone_left_dialling,
        (Proceeding, End): end_with_line,
        (Calling, CallPhone): call_phone,
        (Calling, Lift): called_lifted,
        (Calling, PhoneDown): calling_phone_left,
        (Calling, End): end_calling,
        (Calling, RING_TIME): called_does_not_answer,
        (Connected, FarReleased): far_end_left,
        (Connected, PhoneDown): phone_left,
        (Connected, Hold): hold,
        (Connected, End): end_connected,
        (Held, Retrieve): retrieve,
        (Held, PhoneDown): phone_left_held,
        (Held, FarReleased): held_line_left,
        (Held, End): end_held,
        (Recalling, Lift): recall_answered,
        (Recalling, PhoneDown): phone_left_recalling,
        (Recalling, FarReleased): held_line_left,
        (Recalling, End): end_held,
        (Recalling, RECALL_TIME): recall_unanswered,
    },
    ignored={
        **{
            (Ended, event): OVER
            for event in (
                Alert,
                Announce,
                Answer,
                Ring,
                StopRing,
                Lift,
                Join,
                CallPhone,
                DialledOut,
                FarProgressed,
                FarFails,
                FarAnswered,
                FarReleased,
                LineGaveBack,
                LineMoved,
                PhoneDown,
                Hold,
                Retrieve,
                End,
            )
        },
        (Arrived, PhoneDown): NOT_YET,
        (Answered, Alert): "it is answered already",
        (Answered, Announce): "it is answered already",
        (Connected, Join): "the announcement was cut short by joining",
        (Greeting, StopRing): "lifted at the same moment",
        (Connected, StopRing): "lifted at the same moment",
        (Held, StopRing): "lifted at the same moment",
        (Held, Hold): "on hold already",
        (Connected, Retrieve): "not on hold",
        (Recalling, Retrieve): "the holder has hung up",
    },
    timers={Calling: (RING_TIME,), Recalling: (RECALL_TIME,)},
)
