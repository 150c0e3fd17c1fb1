"""One call: from its arrival or dialling to its end.

    Arrived ──answer──▶ Answered ──ring──▶ Answered(alerting) ──lift──▶ Greeting ──join──▶ Connected ──▶ Ended
                           ▲──────────── stop ringing ──┘
    Seizing ──dialled──▶ Proceeding ──answered──▶ Connected          (a desk phone calls out)
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

from dataclasses import dataclass

from engine.kernel.fsm import Expired, Start, Step, Table, Timer
from engine.telephony.causes import Cause, Release

__all__ = [
    "TABLE",
    "Answer",
    "AnswerLine",
    "Answered",
    "Arrived",
    "Bridge",
    "BusyTone",
    "CallPhone",
    "Calling",
    "Connected",
    "DialledOut",
    "End",
    "Ended",
    "FarAnswered",
    "FarReleased",
    "Greeting",
    "HearOuter",
    "Held",
    "Hold",
    "HoldMusic",
    "Join",
    "Lift",
    "LineGaveBack",
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
    "TellAnswered",
    "TellConnected",
    "TellEnded",
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
    """Dialled; the desk phone hears the exchange's tones."""

    phone: str
    line: str


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
class FarAnswered:
    """The far end answered."""

    supervision: str


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


# ---- effects ---------------------------------------------------------------------------------------------------------


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


@dataclass(frozen=True)
class TellRerouted:
    """Fact: the attempt on a line ended so, and the next one is tried."""

    line: str
    release: Release
    next_line: str


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


# ---- rows ------------------------------------------------------------------------------------------------------------

HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "hung_up")
NOT_REACHED = Release(Cause.NORMAL_CALL_CLEARING, "gave_up")
NO_ANSWER = Release(Cause.NO_ANSWER, "no_answer")


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
        return far_end_left(state, FarReleased(event.release))
    unbridged = (Unbridge(state.line, state.phone),) if isinstance(state, Proceeding) else ()
    told = TellRerouted(state.line, event.release, event.next_line)
    return Step(Seizing(state.phone, event.next_line), (*unbridged, told, SeizeLine(event.next_line)))


def far_answered(state: Proceeding, event: FarAnswered) -> Step[object]:
    """The conversation begins."""
    connected = Connected(state.line, state.phone, outer_is_line=True)
    return Step(connected, (TellAnswered(event.supervision), TellConnected(state.phone)))


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


def far_end_left(state: Seizing | Proceeding | Connected, event: FarReleased) -> Step[object]:
    """The exchange line ended the call: the phone hears busy tone."""
    line = state.outer if isinstance(state, Connected) else state.line
    return Step(Ended(), (Unbridge(line, state.phone), BusyTone(state.phone), TellEnded(event.release, "caller")))


def agent_left_greeting(state: Greeting, event: PhoneDown) -> Step[object]:
    """The agent hung up before the announcement was over."""
    if event.phone != state.phone:
        return Step(state)
    effects = (Unbridge(state.line, state.phone), ReleaseLine(state.line), TellEnded(HUNG_UP, "agent"))
    return Step(Ended(), effects)


def phone_left_dialling(state: Seizing | Proceeding, event: PhoneDown) -> Step[object]:
    """The phone gave up."""
    if event.phone != state.phone:
        return Step(state)
    effects = (Unbridge(state.line, state.phone), ReleaseLine(state.line), TellEnded(NOT_REACHED, "agent"))
    return Step(Ended(), effects)


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
    return Step(connected, (Bridge(state.line, state.phone), TellAnswered(event.supervision), TellConnected(state.phone)))


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
        (Seizing, FarReleased): far_end_left,
        (Seizing, LineGaveBack): try_next_line,
        (Seizing, PhoneDown): phone_left_dialling,
        (Seizing, End): end_with_line,
        (Proceeding, FarAnswered): far_answered,
        (Proceeding, FarReleased): far_end_left,
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
                Answer,
                Ring,
                StopRing,
                Lift,
                Join,
                CallPhone,
                DialledOut,
                FarAnswered,
                FarReleased,
                LineGaveBack,
                PhoneDown,
                Hold,
                Retrieve,
                End,
            )
        },
        (Arrived, PhoneDown): NOT_YET,
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
