"""The exchange line: what happens on a card's FXO port (kewl-start, ``fxsks``).

Sources: GB 3380 and GB/T 3378 for ringing and tones; GR-30 (between the first two bursts) and EN 300 659 (before the first) for caller id; the
driver's own timing for hook and battery.

    Idle ──reversal | caller id──▶ Announced ──ring──▶ RingSuspected ──0.45 s──▶ RingHeard ──caller id | nth ring──▶ Offered ──answer──┐
     ▲ │                              └─ 6 s ─▶ Idle       └── shorter: no ring ──▶ Idle      └── no ring ─▶ Idle      │               │
     │ │                                                                              Idle ◀─ no ring ─ RingingOn ◀────┘ release       │
     │ └─dial─▶ Seized ──dial tone | fixed wait──▶ Dialling ──▶ Proceeding ──reversal | heard | longest time──────────▶ Connected ◀────┤
     │            │ └── a caller was there first ──▶ Caught ──answer───────────────────────────────────────────────────────────────────┘
     │            └── no dial tone ──┐     └──▶ Sampling (a test call)
     └───── guard 2 s ───── Guard ◀──┴───────── release, battery drop, reversal, busy tone, silence
                                                           OutOfService: no battery, card or span gone, maintenance; back ─▶ Idle

An incoming call is offered to the engine as soon as the caller id is known, at the first ring when it came before; or at the ring set by
the site when none comes. A burst that is shorter than any exchange's (the bell tinkles when a telephone beside ours dials) is none. Nothing
tells that the caller has given up: it is so when no burst has come for longer than the cadence's pause.

Glare: exchange and appliance take the line in the same moment, and the caller is connected to what would dial. There is no dial tone but a
voice, or the driver has still reported the ring: the attempt is given back, to be made on another line, and the caller is offered as any other,
only that the loop is closed already.

The far end's end of a call is a battery drop (the driver's ONHOOK), a reversal where the line has it, busy or congestion tone heard for
three periods by the pump, or at last silence from both sides for long, of which both are warned. Exchanges reverse for other reasons within
the first moments after a seizure, an answer or the last digit: that is not obeyed. After any call the line rests for the driver's ring
debounce of 2 s, when it reports no ringing: of a burst that begins meanwhile only the end is reported, and that is then the first we know of the caller.

States, events, effects and timers stand in ``fxo_terms.py``.

An analog line cannot refuse a call. One that the engine does not want rings on until the caller gives up, and is neither offered
again nor used for another call until then: seizing it would answer that caller.
"""

from __future__ import annotations

from dataclasses import replace

from boards.dahdi.fxo_terms import (
    ANNOUNCED,
    ANSWER_MOST,
    CAUGHT_MOST,
    DIAL_TONE_WAIT,
    DIALLING_MOST,
    GLARE,
    GUARD,
    QUIET,
    QUIET_LAST,
    RING_GONE,
    RING_SURE,
    SAMPLE,
    SETTLE,
    WARNING,
    Announced,
    AnswerCall,
    Answered,
    AnswerHeard,
    AskSound,
    Attempt,
    BatteryBack,
    BatteryDropped,
    BatteryLost,
    CallerIdCame,
    CallOffered,
    CallReleased,
    Caught,
    CloseLoop,
    Connected,
    DialFailed,
    DialledOut,
    Dialling,
    DialNumber,
    DialToneCame,
    DigitsSent,
    EndToneCame,
    Gone,
    Guard,
    HushDigits,
    Idle,
    KeepSound,
    Listen,
    Listening,
    Offered,
    OpenLoop,
    OutOfService,
    PolarityReversed,
    PortFailed,
    Proceeding,
    PutBack,
    Quiet,
    QuietBegan,
    QuietEnded,
    RangFirst,
    ReleaseCall,
    RingBegan,
    RingEnded,
    RingHeard,
    RingingOn,
    RingSuspected,
    RingTooShort,
    Sampling,
    Seized,
    SendDigits,
    SoundStarted,
    SoundStopped,
    TakenOut,
    Usable,
    WarnOfSilence,
)
from engine.kernel.fsm import Expired, Start, Step, Stop, Table, Timer
from engine.telephony.causes import Cause, Release
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId

__all__ = [
    "ANNOUNCED",
    "ANSWER_MOST",
    "CAUGHT_MOST",
    "DIALLING_MOST",
    "DIAL_TONE_WAIT",
    "GLARE",
    "GUARD",
    "QUIET",
    "QUIET_LAST",
    "RING_GONE",
    "RING_SURE",
    "SAMPLE",
    "SETTLE",
    "TABLE",
    "WARNING",
    "Announced",
    "AnswerCall",
    "AnswerHeard",
    "Answered",
    "AskSound",
    "Attempt",
    "BatteryBack",
    "BatteryDropped",
    "BatteryLost",
    "CallOffered",
    "CallReleased",
    "CallerIdCame",
    "Caught",
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
    "HushDigits",
    "Idle",
    "KeepSound",
    "Listen",
    "Listening",
    "Offered",
    "OpenLoop",
    "OutOfService",
    "PolarityReversed",
    "PortFailed",
    "Proceeding",
    "PutBack",
    "Quiet",
    "QuietBegan",
    "QuietEnded",
    "RangFirst",
    "ReleaseCall",
    "RingBegan",
    "RingEnded",
    "RingHeard",
    "RingSuspected",
    "RingTooShort",
    "RingingOn",
    "Sampling",
    "Seized",
    "SendDigits",
    "SoundStarted",
    "SoundStopped",
    "TakenOut",
    "Usable",
    "WarnOfSilence",
]

# ---- rows ------------------------------------------------------------------------------------------------------------

CALLER_GONE = Release(Cause.NORMAL_CALL_CLEARING, "caller_gone")
NOT_ANSWERED = Release(Cause.NO_ANSWER, "no_answer")
BATTERY_DROP = Release(Cause.NORMAL_CALL_CLEARING, "battery_drop")
POLARITY_END = Release(Cause.NORMAL_CALL_CLEARING, "polarity")
SILENCE = Release(Cause.NORMAL_UNSPECIFIED, "silence")
LINE_FAILED = Release(Cause.NETWORK_OUT_OF_ORDER, "line_failed")
NOT_DIALLED = Release(Cause.TEMPORARY_FAILURE, "not_dialled")
NO_DIAL_TONE = Release(Cause.NETWORK_OUT_OF_ORDER, "no_dial_tone")
COLLISION = Release(Cause.NO_CIRCUIT_AVAILABLE, "collision")
NO_BATTERY = "no_battery"

Effects = tuple[object, ...]
REST: Effects = (Listen(Listening.IDLE),)
END: Effects = (OpenLoop(), *REST, Start(GUARD))


# ---- rows: ringing


def announced(_state: Idle | Announced, event: CallerIdCame) -> Step[object]:
    """The caller's number, before the bell."""
    return Step(Announced(event.caller), (Start(ANNOUNCED),))


def reversed_before_ring(_state: Idle, _event: PolarityReversed) -> Step[object]:
    """A call is coming: listen for the caller id."""
    return Step(Announced(), (Listen(Listening.CALLER_ID), Start(ANNOUNCED)))


def not_rung(_state: Announced, _event: Expired) -> Step[object]:
    """No bell followed: what was announced is void."""
    return Step(Idle(), REST)


def ring_began(state: Idle | Announced, event: RingBegan) -> Step[object]:
    """A burst begins; what comes after a first one is the caller id."""
    caller = state.caller if isinstance(state, Announced) else None
    return Step(RingSuspected(caller, event.answer_after, event.gone_s), (Listen(Listening.CALLER_ID), Start(RING_SURE)))


def no_ring(_state: RingSuspected, _event: RingEnded) -> Step[object]:
    """Over before it was a ring."""
    return Step(Idle(), (*REST, RingTooShort()))


def announced_late(state: RingSuspected, event: CallerIdCame) -> Step[object]:
    """The caller id ends as the bell begins."""
    return Step(replace(state, caller=event.caller))


def ring_certain(state: RingSuspected, _event: Expired) -> Step[object]:
    """It rings."""
    return _rings(state.caller, state.answer_after, state.gone_s)


def ring_on_idle(state: Idle | Announced, event: RingEnded) -> Step[object]:
    """The end of a burst that began while the driver was silent: listen for the caller id that follows it."""
    step = _rings(state.caller if isinstance(state, Announced) else None, event.answer_after, event.gone_s)
    return Step(step.state, (Listen(Listening.CALLER_ID), *step.effects))


def _rings(caller: CallerId | None, answer_after: int, gone_s: float) -> Step[object]:
    effects: Effects = (RangFirst(), Start(RING_GONE, gone_s))
    if caller is not None:
        return Step(Offered(caller), (*effects, CallOffered(caller)))
    if answer_after <= 1:
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
    return Step(Idle(), REST)


def gave_up(_state: Offered, _event: Expired) -> Step[object]:
    """The caller gave up before we answered."""
    return Step(Idle(), (*REST, CallReleased(CALLER_GONE)))


def answer(_state: Offered, _event: AnswerCall) -> Step[object]:
    """Answer: close the loop and listen to the caller's keys and to end tones."""
    return Step(Connected(settled=False), (CloseLoop(), Listen(Listening.TALKING), Start(SETTLE), AskSound()))


def refuse_offered(_state: Offered, _event: ReleaseCall) -> Step[object]:
    """An analog line cannot reject: it rings on until the caller gives up, and we do not answer."""
    return Step(RingingOn(), (Listen(Listening.NOTHING),))


def still_rings(state: RingingOn, event: RingBegan) -> Step[object]:
    """The caller whom nobody answers has not given up yet."""
    return Step(state, (Start(RING_GONE, event.gone_s),))


def gave_up_unanswered(_state: RingingOn, _event: Expired) -> Step[object]:
    """The caller whom nobody answers has given up: the line is free."""
    return Step(Idle(), REST)


# ---- rows: calling out


def seize(_state: Idle, event: DialNumber) -> Step[object]:
    """Close the loop and listen for dial tone."""
    return Step(Seized(event.attempt), (CloseLoop(), Listen(Listening.SEIZED), Start(DIAL_TONE_WAIT, event.attempt.wait_s)))


def dial_now(state: Seized, _event: object) -> Step[object]:
    """Dial tone: dial."""
    return Step(Dialling(state.attempt), (Listen(Listening.DIALLING), Start(DIALLING_MOST), SendDigits(state.attempt.number)))


def wait_over(state: Seized, event: Expired) -> Step[object]:
    """A line that should have dial tone and has none is given back; on one without, it is time to dial."""
    if state.suspected:
        return Step(state)
    if state.sounding and not state.prolonged:
        return Step(replace(state, prolonged=True), (Start(DIAL_TONE_WAIT, GLARE.default_s),))
    return _given_back(NO_DIAL_TONE) if state.attempt.needs_dial_tone else dial_now(state, event)


def refused_at_once(_state: Seized, _event: EndToneCame) -> Step[object]:
    """Busy tone instead of dial tone: the exchange has no room, and another line may have."""
    return _given_back(NO_DIAL_TONE)


def sounds(state: Seized, _event: SoundStarted) -> Step[object]:
    """Dial tone, or somebody who speaks."""
    return Step(replace(state, sounding=True))


def perhaps_a_caller(state: Seized, _event: SoundStopped | RingBegan) -> Step[object]:
    """A sound that stops, or a bell that was still reported: when no tone explains it, somebody is there."""
    return Step(replace(state, suspected=True, sounding=False), () if state.suspected else (Start(GLARE),))


def a_caller(_state: Seized, _event: Expired) -> Step[object]:
    """No tone explained it."""
    return _caught()


def a_caller_while_dialling(state: Dialling, _event: RingBegan) -> Step[object]:
    """A bell on a line on which we dialled without knowing that the exchange listens. Where there was dial tone it is a disturbance."""
    if state.attempt.needs_dial_tone:
        return Step(state)
    step = _caught()
    return Step(step.state, (HushDigits(), *step.effects))


def _caught() -> Step[object]:
    effects = (CallReleased(COLLISION), Listen(Listening.TALKING), Start(CAUGHT_MOST), RangFirst(), CallOffered(UNKNOWN_CALLER))
    return Step(Caught(), effects)


def _given_back(release_: Release) -> Step[object]:
    return Step(Guard(), (*END, CallReleased(release_)))


def answer_caught(_state: Caught, _event: AnswerCall) -> Step[object]:
    """The loop is closed already."""
    return Step(Connected(), (AskSound(),))


def nobody_wants_caught(_state: Caught, _event: Expired) -> Step[object]:
    """The caller cannot ring on here."""
    return _given_back(NOT_ANSWERED)


def caught_left(_state: Caught, _event: EndToneCame) -> Step[object]:
    """The caller has gone before we answered."""
    return _given_back(CALLER_GONE)


def digits_sent(state: Dialling, _event: DigitsSent) -> Step[object]:
    """Dialled: without any supervision the call counts as answered now."""
    attempt = state.attempt
    if attempt.sample_s:
        return Step(Sampling(), (Listen(Listening.NOTHING), KeepSound(on=True), Start(SAMPLE, attempt.sample_s)))
    if attempt.supervision == "none":
        return Step(Connected(), (Listen(Listening.TALKING), DialledOut(), Answered("assumed"), AskSound()))
    effects: Effects = (Listen(Listening.PROCEEDING), DialledOut(), Start(SETTLE))
    if attempt.supervision == "progress":
        effects = (*effects, Start(ANSWER_MOST, attempt.answer_most_s))
    return Step(Proceeding(attempt), effects)


def not_dialled(_state: Dialling, _event: object) -> Step[object]:
    """A call that cannot be dialled is given back; the line itself is well."""
    return _given_back(NOT_DIALLED)


def settled(state: Proceeding | Connected, _event: Expired) -> Step[object]:
    """The exchange is done with its own reversals."""
    return Step(replace(state, settled=True))


def _answered(supervision: str) -> Step[object]:
    return Step(Connected(), (Listen(Listening.TALKING), Answered(supervision), AskSound()))


def polarity_answer(state: Proceeding, _event: PolarityReversed) -> Step[object]:
    """The exchange reversed the line: the far end answered, unless it is too soon for that."""
    return _answered("polarity") if state.settled else Step(state)


def heard_answer(_state: Proceeding, _event: AnswerHeard) -> Step[object]:
    """Ringback stopped and somebody speaks."""
    return _answered("progress")


def assumed_answer(_state: Proceeding, _event: Expired) -> Step[object]:
    """Nothing was heard by which to decide."""
    return _answered("assumed")


def sampled(_state: Sampling, _event: object) -> Step[object]:
    """The test call is over."""
    return Step(Guard(), (KeepSound(on=False), *END))


# ---- rows: in a call


def far_end_gone_tone(_state: object, event: EndToneCame) -> Step[object]:
    """Busy or congestion tone: the far end was never reached."""
    return _given_back(event.release)


def far_end_hung_up(_state: Connected, event: EndToneCame) -> Step[object]:
    """End tone in a conversation is the far end's hang-up, whatever the tone says of an attempt to reach it."""
    return _given_back(Release(Cause.NORMAL_CALL_CLEARING, event.release.reason))


def far_end_gone_battery(_state: object, _event: BatteryDropped) -> Step[object]:
    """Battery drop: the exchange released the call."""
    return _given_back(BATTERY_DROP)


def polarity_end(state: Connected, _event: PolarityReversed) -> Step[object]:
    """A reversal in a call is the exchange's release, unless it belongs to the answer."""
    return _given_back(POLARITY_END) if state.settled else Step(state)


def quiet_began(state: Connected, event: QuietBegan) -> Step[object]:
    """Nobody speaks: watch how long."""
    if state.quiet != Quiet.NO:
        return Step(state)
    return Step(replace(state, quiet=Quiet.WATCHED), (Start(QUIET, event.after_s),))


def quiet_ended(state: Connected, event: QuietEnded) -> Step[object]:
    """Somebody speaks; our own warning is nobody."""
    if state.quiet == Quiet.NO or (state.quiet == Quiet.WARNING and event.sent):
        return Step(state)
    return Step(replace(state, quiet=Quiet.NO), (Stop(QUIET), Stop(WARNING), Stop(QUIET_LAST)))


def too_quiet(state: Connected, _event: Expired) -> Step[object]:
    """Warn both."""
    return Step(replace(state, quiet=Quiet.WARNING), (WarnOfSilence(), Start(WARNING), Start(QUIET_LAST)))


def warned(state: Connected, _event: Expired) -> Step[object]:
    """From now on whatever is heard is somebody."""
    return Step(replace(state, quiet=Quiet.WARNED), (AskSound(),))


def quiet_to_the_end(_state: Connected, _event: Expired) -> Step[object]:
    """Nobody is there any more."""
    return _given_back(SILENCE)


def release(_state: object, _event: ReleaseCall) -> Step[object]:
    """We end the call."""
    return Step(Guard(), END)


def rested(_state: Guard, _event: Expired) -> Step[object]:
    """The line can be used again."""
    return Step(Idle())


# ---- rows: the port


def _out_of_call(reason: str) -> Step[object]:
    effects = (KeepSound(on=False), OpenLoop(), Listen(Listening.NOTHING), CallReleased(LINE_FAILED), Gone(reason))
    return Step(OutOfService(reason), effects)


def battery_lost_idle(_state: object, _event: BatteryLost) -> Step[object]:
    """No battery: name the line and stop using it."""
    return Step(OutOfService(NO_BATTERY), (Listen(Listening.NOTHING), Gone(NO_BATTERY)))


def battery_lost_in_call(_state: object, _event: BatteryLost) -> Step[object]:
    """The line died under a call."""
    return _out_of_call(NO_BATTERY)


def port_failed_idle(_state: object, event: PortFailed) -> Step[object]:
    """The card is gone; no ioctl can reach it any more."""
    return Step(OutOfService(event.reason), (Gone(event.reason),))


def port_failed_in_call(_state: object, event: PortFailed) -> Step[object]:
    """The card is gone, and a call with it."""
    return Step(OutOfService(event.reason), (KeepSound(on=False), CallReleased(LINE_FAILED), Gone(event.reason)))


def taken_out_idle(_state: object, event: TakenOut) -> Step[object]:
    """Nothing is lost by it."""
    return Step(OutOfService(event.reason), (Listen(Listening.NOTHING), Gone(event.reason)))


def taken_out_in_call(_state: object, event: TakenOut) -> Step[object]:
    """A call is."""
    return _out_of_call(event.reason)


def battery_back(state: OutOfService, _event: BatteryBack) -> Step[object]:
    """Usable again, when battery was all that it lacked."""
    return Step(Idle(), (*REST, Usable())) if state.reason == NO_BATTERY else Step(state)


def otherwise_gone(state: OutOfService, event: PortFailed | TakenOut) -> Step[object]:
    """Out of service for another reason than before."""
    return Step(state) if state.reason == event.reason else Step(OutOfService(event.reason), (Gone(event.reason),))


def put_back(state: OutOfService, event: PutBack) -> Step[object]:
    """Usable again, unless the cable is out as well. The channel is on hook: it was opened afresh, or was put so when it was taken out."""
    if event.battery:
        return Step(Idle(), (*REST, Usable()))
    return otherwise_gone(state, TakenOut(NO_BATTERY))


# ---- table -----------------------------------------------------------------------------------------------------------

OFF_HOOK = (Seized, Caught, Dialling, Proceeding, Sampling, Connected)
BEFORE_OFFER = (Announced, RingSuspected, RingHeard)
UNOFFERED = (Idle, *BEFORE_OFFER, RingingOn, Guard)
ALL = (OutOfService, Idle, *BEFORE_OFFER, Offered, RingingOn, *OFF_HOOK, Guard)

LATE = "what was heard or sent just before the state changed"
HARMLESS = "tells nothing new in this state"


def _late(event: type, *heard_in: type) -> dict[tuple[type, type | Timer], str]:
    return {(state, event): LATE for state in ALL if state not in heard_in}


TABLE = Table(
    "exchange line",
    Idle(),
    rows={
        (Idle, CallerIdCame): announced,
        (Idle, PolarityReversed): reversed_before_ring,
        (Idle, RingBegan): ring_began,
        (Idle, RingEnded): ring_on_idle,
        (Idle, DialNumber): seize,
        (Announced, CallerIdCame): announced,
        (Announced, RingBegan): ring_began,
        (Announced, RingEnded): ring_on_idle,
        (Announced, ANNOUNCED): not_rung,
        (RingSuspected, RingEnded): no_ring,
        (RingSuspected, CallerIdCame): announced_late,
        (RingSuspected, RING_SURE): ring_certain,
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
        (Seized, DIAL_TONE_WAIT): wait_over,
        (Seized, EndToneCame): refused_at_once,
        (Seized, SoundStarted): sounds,
        (Seized, SoundStopped): perhaps_a_caller,
        (Seized, RingBegan): perhaps_a_caller,
        (Seized, GLARE): a_caller,
        (Caught, AnswerCall): answer_caught,
        (Caught, EndToneCame): caught_left,
        (Caught, CAUGHT_MOST): nobody_wants_caught,
        (Dialling, DigitsSent): digits_sent,
        (Dialling, DialFailed): not_dialled,
        (Dialling, DIALLING_MOST): not_dialled,
        (Dialling, EndToneCame): far_end_gone_tone,
        (Dialling, RingBegan): a_caller_while_dialling,
        (Proceeding, SETTLE): settled,
        (Proceeding, PolarityReversed): polarity_answer,
        (Proceeding, AnswerHeard): heard_answer,
        (Proceeding, ANSWER_MOST): assumed_answer,
        (Proceeding, EndToneCame): far_end_gone_tone,
        (Sampling, SAMPLE): sampled,
        (Sampling, ReleaseCall): sampled,
        (Sampling, BatteryDropped): sampled,
        (Connected, SETTLE): settled,
        (Connected, PolarityReversed): polarity_end,
        (Connected, EndToneCame): far_end_hung_up,
        (Connected, QuietBegan): quiet_began,
        (Connected, QuietEnded): quiet_ended,
        (Connected, QUIET): too_quiet,
        (Connected, WARNING): warned,
        (Connected, QUIET_LAST): quiet_to_the_end,
        **{(state, BatteryDropped): far_end_gone_battery for state in OFF_HOOK if state is not Sampling},
        **{(state, ReleaseCall): release for state in OFF_HOOK if state is not Sampling},
        **{(state, BatteryLost): battery_lost_in_call for state in OFF_HOOK},
        **{(state, PortFailed): port_failed_in_call for state in OFF_HOOK},
        **{(state, TakenOut): taken_out_in_call for state in OFF_HOOK},
        **{(state, BatteryLost): battery_lost_idle for state in UNOFFERED},
        **{(state, PortFailed): port_failed_idle for state in UNOFFERED},
        **{(state, TakenOut): taken_out_idle for state in UNOFFERED},
        (Guard, GUARD): rested,
        (OutOfService, BatteryBack): battery_back,
        (OutOfService, PortFailed): otherwise_gone,
        (OutOfService, TakenOut): otherwise_gone,
        (OutOfService, PutBack): put_back,
    },
    ignored={
        **{(state, RingEnded): HARMLESS for state in ALL if state not in (Idle, Announced, RingSuspected)},
        **{
            (state, RingBegan): "the bell of a line that we just answered, seized or left"
            for state in (RingSuspected, Caught, Proceeding, Sampling, Connected, Guard, OutOfService)
        },
        **_late(CallerIdCame, Idle, *BEFORE_OFFER),
        **_late(EndToneCame, Seized, Caught, Dialling, Proceeding, Connected),
        **_late(DialToneCame, Seized),
        **_late(SoundStarted, Seized),
        **_late(SoundStopped, Seized),
        **_late(AnswerHeard, Proceeding),
        **_late(QuietBegan, Connected),
        **_late(QuietEnded, Connected),
        **_late(DigitsSent, Dialling),
        **_late(DialFailed, Dialling),
        **{
            (state, BatteryDropped): "battery that goes while we are on hook is reported as an alarm after a second"
            for state in ALL
            if state not in OFF_HOOK
        },
        **{
            (state, PolarityReversed): "some exchanges reverse before caller id and while dialling"
            for state in ALL
            if state not in (Idle, Proceeding, Connected)
        },
        **{(state, BatteryBack): HARMLESS for state in ALL if state is not OutOfService},
        (OutOfService, BatteryLost): HARMLESS,
        **{(state, PutBack): "it was not out of service" for state in ALL if state is not OutOfService},
        **{(state, ReleaseCall): "nothing to release" for state in (*UNOFFERED, OutOfService)},
    },
    timers={
        Announced: (ANNOUNCED,),
        RingSuspected: (RING_SURE,),
        RingHeard: (RING_GONE,),
        Offered: (RING_GONE,),
        RingingOn: (RING_GONE,),
        Seized: (DIAL_TONE_WAIT, GLARE),
        Caught: (CAUGHT_MOST,),
        Dialling: (DIALLING_MOST,),
        Proceeding: (SETTLE, ANSWER_MOST),
        Sampling: (SAMPLE,),
        Connected: (SETTLE, QUIET, WARNING, QUIET_LAST),
        Guard: (GUARD,),
    },
)
