"""The exchange line: what happens on a card's FXO port (kewl-start, ``fxsks``).

Sources: GB 3380 and GB/T 3378 for ringing and tones; GR-30 for caller id between the first two bursts; the driver's
own timing for hook and battery.

    OutOfService ─back, put back─▶ Idle ──ring──▶ RingHeard ──caller id | nth ring──▶ Offered ──answer──▶ Connected
                                    │ ▲               └── no ring for 6 s ──▶ Idle       ├ no ring ─▶ Idle    │
                                    │ │                                                  └ release ─▶ RingingOn ─ no ring ─▶ Idle
                                    │ └──────── guard 2 s ──── Guard ◀────────── release, battery drop, busy ──┤
                                    └──dial──▶ Seized ──dial tone | wait over──▶ Dialling ──▶ Proceeding ──▶───┘
                                                                                             polarity | assumed

An incoming call is offered to the engine as soon as the caller id has arrived, or at the ring set by the site when none
comes. Nothing tells that the caller has given up: it is so when no burst has come for longer than the cadence's pause.

The far end's end of a call is a battery drop (the driver's ONHOOK), or busy or congestion tone heard for three periods
by the pump. After any call the line rests for the driver's ring debounce of 2 s, when it reports no ringing: of a burst that
begins meanwhile only the end is reported, and that is then the first we know of the caller.

An analog line cannot refuse a call. One that the engine does not want rings on until the caller gives up, and is neither offered
again nor used for another call until then: seizing it would answer that caller.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.kernel.fsm import Expired, Start, Step, Table, Timer
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId

__all__ = [
    "TABLE",
    "AnswerCall",
    "Answered",
    "BatteryBack",
    "BatteryDropped",
    "BatteryLost",
    "CallOffered",
    "CallReleased",
    "CallerIdCame",
    "CloseLoop",
    "Connected",
    "DialFailed",
    "DialNumber",
    "DialToneCame",
    "DialledOut",
    "Dialling",
    "DigitsSent",
    "EndToneCame",
    "Gone",
    "Guard",
    "Idle",
    "Listen",
    "Listening",
    "Offered",
    "OpenLoop",
    "OutOfService",
    "PolarityReversed",
    "PortFailed",
    "Proceeding",
    "PutBack",
    "RangFirst",
    "ReleaseCall",
    "RingBegan",
    "RingEnded",
    "RingHeard",
    "RingingOn",
    "Seized",
    "SendDigits",
    "TakenOut",
    "Usable",
]

# ---- timers ----------------------------------------------------------------------------------------------------------

RING_GONE = Timer("ring_gone", 6.0, 4.5, 12.0, "GB 3380: 1 s on, 4 s off", "no burst for this long: the caller gave up")
DIAL_TONE_WAIT = Timer("dial_tone_wait", 4.0, 0.7, 20.0, "driver debounce 600 ms", "dial at the latest this long after seizing")
GUARD = Timer("guard", 2.1, 2.0, 10.0, "driver ring debounce 2000 ms", "rest after a call before the line is used again")

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OutOfService:
    """The port cannot be used."""

    reason: str


@dataclass(frozen=True)
class Idle:
    """On hook, no ringing."""


@dataclass(frozen=True)
class RingHeard:
    """It rings; we still wait for the caller's number. ``bursts`` counts ring bursts begun."""

    bursts: int


@dataclass(frozen=True)
class Offered:
    """The engine was told of the call and has not answered."""

    caller: CallerId


@dataclass(frozen=True)
class RingingOn:
    """The engine does not want the call, and the caller still rings."""


@dataclass(frozen=True)
class Connected:
    """Off hook in a call, incoming or answered by the far end."""


@dataclass(frozen=True)
class Seized:
    """Off hook, waiting for dial tone to dial ``number``."""

    number: str


@dataclass(frozen=True)
class Dialling:
    """The digits are being sent."""


@dataclass(frozen=True)
class Proceeding:
    """Dialled; the far end has not answered."""


@dataclass(frozen=True)
class Guard:
    """On hook after a call; the driver reports no ringing yet."""


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RingBegan:
    """A ring burst began. ``answer_after`` is the site's number of rings at which to answer without caller id; ``gone_s`` the
    time without a burst after which the caller has given up.
    """

    answer_after: int
    gone_s: float


@dataclass(frozen=True)
class RingEnded:
    """A ring burst ended. The values are those of ``RingBegan``, for a burst whose beginning was not reported."""

    answer_after: int
    gone_s: float


@dataclass(frozen=True)
class CallerIdCame:
    """A caller id message arrived whole."""

    caller: CallerId


@dataclass(frozen=True)
class BatteryDropped:
    """The exchange removed battery during a call (kewl disconnect)."""


@dataclass(frozen=True)
class PolarityReversed:
    """The exchange reversed the line."""


@dataclass(frozen=True)
class EndToneCame:
    """Busy, congestion or unallocated tone was recognised on the line."""

    release: Release


@dataclass(frozen=True)
class DialToneCame:
    """Dial tone was recognised on the line."""


@dataclass(frozen=True)
class BatteryLost:
    """No battery on the idle line for a second: cable out, or the exchange is dead."""


@dataclass(frozen=True)
class BatteryBack:
    """Battery is there again."""


@dataclass(frozen=True)
class PortFailed:
    """The driver reports the port gone or refuses it; ``reason`` is ``card_removed`` or ``driver_error``."""

    reason: str


@dataclass(frozen=True)
class TakenOut:
    """The port works, but must not be used: ``alarm`` of its span, ``maintenance``."""

    reason: str


@dataclass(frozen=True)
class PutBack:
    """The port can be used again; ``battery``: the exchange feeds it."""

    battery: bool = True


@dataclass(frozen=True)
class AnswerCall:
    """The engine answers the offered call."""


@dataclass(frozen=True)
class DialNumber:
    """The engine seizes the line for this number; waits for dial tone at most ``wait_s``."""

    number: str
    wait_s: float


@dataclass(frozen=True)
class DigitsSent:
    """Our digits are out. ``assumed``: the line gives no answer signal."""

    assumed: bool


@dataclass(frozen=True)
class DialFailed:
    """Our digits cannot be sent: the media pump has no room for them."""


@dataclass(frozen=True)
class ReleaseCall:
    """The engine ends whatever the line does."""


# ---- effects ---------------------------------------------------------------------------------------------------------


class Listening:
    """What the pump shall listen for on the line."""

    NOTHING = "nothing"
    CALLER_ID = "caller_id"
    PROGRESS = "progress"
    KEYS_AND_PROGRESS = "keys_and_progress"


@dataclass(frozen=True)
class Listen:
    """Switch the line's detectors to one of ``Listening``."""

    what: str


@dataclass(frozen=True)
class CloseLoop:
    """Go off hook."""


@dataclass(frozen=True)
class OpenLoop:
    """Go on hook."""


@dataclass(frozen=True)
class SendDigits:
    """Sound these digits as DTMF; ``DigitsSent`` follows."""

    number: str


@dataclass(frozen=True)
class RangFirst:
    """Report: the first burst."""


@dataclass(frozen=True)
class CallOffered:
    """Report: a call can be answered."""

    caller: CallerId


@dataclass(frozen=True)
class DialledOut:
    """Report: the digits are out."""


@dataclass(frozen=True)
class Answered:
    """Report: the far end answered."""

    supervision: str


@dataclass(frozen=True)
class CallReleased:
    """Report: the far end ended the call."""

    release: Release


@dataclass(frozen=True)
class Usable:
    """Report: the line is in service."""


@dataclass(frozen=True)
class Gone:
    """Report: the line is out of service."""

    reason: str


# ---- rows ------------------------------------------------------------------------------------------------------------

CALLER_GONE = Release(Cause.NORMAL_CALL_CLEARING, "caller_gone")
BATTERY_DROP = Release(Cause.NORMAL_CALL_CLEARING, "battery_drop")
POLARITY_END = Release(Cause.NORMAL_CALL_CLEARING, "polarity")
LINE_FAILED = Release(Cause.NETWORK_OUT_OF_ORDER, "line_failed")
NOT_DIALLED = Release(Cause.TEMPORARY_FAILURE, "not_dialled")
NO_BATTERY = "no_battery"

Effects = tuple[object, ...]
END: Effects = (OpenLoop(), Listen(Listening.NOTHING), Start(GUARD))


def ring_on_idle(_state: Idle, event: RingBegan | RingEnded) -> Step[object]:
    """First burst, or the end of one that began while the driver was silent: listen for the caller id that follows it."""
    effects: Effects = (RangFirst(), Listen(Listening.CALLER_ID), Start(RING_GONE, event.gone_s))
    if event.answer_after <= 1:
        return Step(Offered(UNKNOWN_CALLER), (*effects, CallOffered(UNKNOWN_CALLER)))
    return Step(RingHeard(1), effects)


def ring_again(state: RingHeard, event: RingBegan) -> Step[object]:
    """Another burst without caller id: offer at the ring that the site set."""
    bursts = state.bursts + 1
    if bursts >= event.answer_after:
        return Step(Offered(UNKNOWN_CALLER), (Start(RING_GONE, event.gone_s), CallOffered(UNKNOWN_CALLER)))
    return Step(RingHeard(bursts), (Start(RING_GONE, event.gone_s),))


def caller_id_came(_state: RingHeard, event: CallerIdCame) -> Step[object]:
    """The number is here: offer at once."""
    return Step(Offered(event.caller), (CallOffered(event.caller),))


def rings_on(state: Offered, event: RingBegan) -> Step[object]:
    """The caller still waits for our answer."""
    return Step(state, (Start(RING_GONE, event.gone_s),))


def gave_up_early(_state: RingHeard, _event: Expired) -> Step[object]:
    """The caller gave up before we knew the number: nothing was offered yet."""
    return Step(Idle(), (Listen(Listening.NOTHING),))


def gave_up(_state: Offered, _event: Expired) -> Step[object]:
    """The caller gave up before we answered."""
    return Step(Idle(), (Listen(Listening.NOTHING), CallReleased(CALLER_GONE)))


def answer(_state: Offered, _event: AnswerCall) -> Step[object]:
    """Answer: close the loop and listen to the caller's keys and to end tones."""
    return Step(Connected(), (CloseLoop(), Listen(Listening.KEYS_AND_PROGRESS)))


def refuse_offered(_state: Offered, _event: ReleaseCall) -> Step[object]:
    """An analog line cannot reject: it rings on until the caller gives up, and we do not answer."""
    return Step(RingingOn(), (Listen(Listening.NOTHING),))


def still_rings(state: RingingOn, event: RingBegan) -> Step[object]:
    """The caller whom nobody answers has not given up yet."""
    return Step(state, (Start(RING_GONE, event.gone_s),))


def gave_up_unanswered(_state: RingingOn, _event: Expired) -> Step[object]:
    """The caller whom nobody answers has given up: the line is free."""
    return Step(Idle())


def seize(_state: Idle, event: DialNumber) -> Step[object]:
    """Close the loop and listen for dial tone."""
    return Step(Seized(event.number), (CloseLoop(), Listen(Listening.PROGRESS), Start(DIAL_TONE_WAIT, event.wait_s)))


def dial_now(state: Seized, _event: object) -> Step[object]:
    """Dial tone, or the wait is over: dial."""
    return Step(Dialling(), (SendDigits(state.number),))


def digits_sent(_state: Dialling, event: DigitsSent) -> Step[object]:
    """Dialled: without an answer signal the call counts as answered now."""
    listen = Listen(Listening.KEYS_AND_PROGRESS)
    if event.assumed:
        return Step(Connected(), (listen, DialledOut(), Answered("assumed")))
    return Step(Proceeding(), (listen, DialledOut()))


def not_dialled(_state: Dialling, _event: DialFailed) -> Step[object]:
    """A call that cannot be dialled is given back; the line itself is well."""
    return Step(Guard(), (*END, CallReleased(NOT_DIALLED)))


def polarity_answer(_state: Proceeding, _event: PolarityReversed) -> Step[object]:
    """The exchange reversed the line: the far end answered."""
    return Step(Connected(), (Answered("polarity"),))


def far_end_gone_tone(_state: object, event: EndToneCame) -> Step[object]:
    """Busy or congestion tone: the far end is gone, or was never reached."""
    return Step(Guard(), (*END, CallReleased(event.release)))


def far_end_hung_up(_state: Connected, event: EndToneCame) -> Step[object]:
    """End tone in a conversation is the far end's hang-up, whatever the tone says of an attempt to reach it."""
    release_ = Release(Cause.NORMAL_CALL_CLEARING, event.release.reason)
    return Step(Guard(), (*END, CallReleased(release_)))


def far_end_gone_battery(_state: object, _event: BatteryDropped) -> Step[object]:
    """Battery drop: the exchange released the call."""
    return Step(Guard(), (*END, CallReleased(BATTERY_DROP)))


def polarity_end(_state: Connected, _event: PolarityReversed) -> Step[object]:
    """A reversal in a call is the exchange's release, where the line has reversal at all."""
    return Step(Guard(), (*END, CallReleased(POLARITY_END)))


def release(_state: object, _event: ReleaseCall) -> Step[object]:
    """We end the call."""
    return Step(Guard(), END)


def rested(_state: Guard, _event: Expired) -> Step[object]:
    """The line can be used again."""
    return Step(Idle())


def battery_lost_idle(_state: object, _event: BatteryLost) -> Step[object]:
    """No battery: name the line and stop using it."""
    return Step(OutOfService(NO_BATTERY), (Listen(Listening.NOTHING), Gone(NO_BATTERY)))


def battery_lost_in_call(_state: object, _event: BatteryLost) -> Step[object]:
    """The line died under a call."""
    return Step(OutOfService(NO_BATTERY), (OpenLoop(), Listen(Listening.NOTHING), CallReleased(LINE_FAILED), Gone(NO_BATTERY)))


def port_failed_idle(_state: object, event: PortFailed) -> Step[object]:
    """The card is gone; no ioctl can reach it any more."""
    return Step(OutOfService(event.reason), (Gone(event.reason),))


def port_failed_in_call(_state: object, event: PortFailed) -> Step[object]:
    """The card is gone, and a call with it."""
    return Step(OutOfService(event.reason), (CallReleased(LINE_FAILED), Gone(event.reason)))


def taken_out_idle(_state: object, event: TakenOut) -> Step[object]:
    """Nothing is lost by it."""
    return Step(OutOfService(event.reason), (Listen(Listening.NOTHING), Gone(event.reason)))


def taken_out_in_call(_state: object, event: TakenOut) -> Step[object]:
    """A call is."""
    return Step(OutOfService(event.reason), (OpenLoop(), Listen(Listening.NOTHING), CallReleased(LINE_FAILED), Gone(event.reason)))


def battery_back(state: OutOfService, _event: BatteryBack) -> Step[object]:
    """Usable again, when battery was all that it lacked."""
    return Step(Idle(), (Usable(),)) if state.reason == NO_BATTERY else Step(state)


def otherwise_gone(state: OutOfService, event: PortFailed | TakenOut) -> Step[object]:
    """Out of service for another reason than before."""
    return Step(state) if state.reason == event.reason else Step(OutOfService(event.reason), (Gone(event.reason),))


def put_back(state: OutOfService, event: PutBack) -> Step[object]:
    """Usable again, unless the cable is out as well. The channel is on hook: it was opened afresh, or was put so when it was taken out."""
    if event.battery:
        return Step(Idle(), (Usable(),))
    return otherwise_gone(state, TakenOut(NO_BATTERY))


# ---- table -----------------------------------------------------------------------------------------------------------

IN_CALL = (Connected, Seized, Dialling, Proceeding)
ALL = (OutOfService, Idle, RingHeard, Offered, RingingOn, *IN_CALL, Guard)

LATE = "what was heard or sent just before the state changed"
HARMLESS = "tells nothing new in this state"

TABLE = Table(
    "exchange line",
    Idle(),
    rows={
        (Idle, RingBegan): ring_on_idle,
        (Idle, RingEnded): ring_on_idle,
        (Idle, DialNumber): seize,
        (RingHeard, RingBegan): ring_again,
        (RingHeard, CallerIdCame): caller_id_came,
        (RingHeard, RING_GONE): gave_up_early,
        (Offered, RingBegan): rings_on,
        (Offered, RING_GONE): gave_up,
        (Offered, AnswerCall): answer,
        (Offered, ReleaseCall): refuse_offered,
        (Offered, BatteryLost): battery_lost_in_call,
        (Offered, PortFailed): port_failed_in_call,
        (Offered, TakenOut): taken_out_in_call,
        (RingingOn, RingBegan): still_rings,
        (RingingOn, RING_GONE): gave_up_unanswered,
        (Seized, DialToneCame): dial_now,
        (Seized, DIAL_TONE_WAIT): dial_now,
        (Dialling, DigitsSent): digits_sent,
        (Dialling, DialFailed): not_dialled,
        (Proceeding, PolarityReversed): polarity_answer,
        (Connected, PolarityReversed): polarity_end,
        **{(state, BatteryDropped): far_end_gone_battery for state in IN_CALL},
        (Connected, EndToneCame): far_end_hung_up,
        **{(state, EndToneCame): far_end_gone_tone for state in (Seized, Dialling, Proceeding)},
        **{(state, ReleaseCall): release for state in IN_CALL},
        **{(state, BatteryLost): battery_lost_in_call for state in IN_CALL},
        **{(state, PortFailed): port_failed_in_call for state in IN_CALL},
        **{(state, TakenOut): taken_out_in_call for state in IN_CALL},
        **{(state, BatteryLost): battery_lost_idle for state in (Idle, RingHeard, RingingOn, Guard)},
        **{(state, PortFailed): port_failed_idle for state in (Idle, RingHeard, RingingOn, Guard)},
        **{(state, TakenOut): taken_out_idle for state in (Idle, RingHeard, RingingOn, Guard)},
        (Guard, GUARD): rested,
        (OutOfService, BatteryBack): battery_back,
        (OutOfService, PortFailed): otherwise_gone,
        (OutOfService, TakenOut): otherwise_gone,
        (OutOfService, PutBack): put_back,
    },
    ignored={
        **{(state, RingEnded): HARMLESS for state in ALL if state is not Idle},
        **{(state, RingBegan): "the bell of a line that we just answered, seized or left" for state in (*IN_CALL, Guard, OutOfService)},
        **{(state, CallerIdCame): LATE for state in ALL if state is not RingHeard},
        **{(state, EndToneCame): LATE for state in ALL if state not in IN_CALL},
        **{(state, DialToneCame): LATE for state in ALL if state is not Seized},
        **{(state, event): LATE for event in (DigitsSent, DialFailed) for state in ALL if state is not Dialling},
        **{
            (state, BatteryDropped): "battery that goes while we are on hook is reported as an alarm after a second"
            for state in ALL
            if state not in IN_CALL
        },
        **{
            (state, PolarityReversed): "some exchanges reverse before caller id and while dialling"
            for state in ALL
            if state not in (Proceeding, Connected)
        },
        **{(state, BatteryBack): HARMLESS for state in ALL if state is not OutOfService},
        (OutOfService, BatteryLost): HARMLESS,
        **{(state, PutBack): "it was not out of service" for state in ALL if state is not OutOfService},
        **{(state, ReleaseCall): "nothing to release" for state in (Idle, RingHeard, RingingOn, Guard, OutOfService)},
    },
    timers={RingHeard: (RING_GONE,), Offered: (RING_GONE,), RingingOn: (RING_GONE,), Seized: (DIAL_TONE_WAIT,), Guard: (GUARD,)},
)
