"""The desk phone: what happens on a card's FXS port (kewl-start, ``fxoks``).

Sources: GB 3380 for ringing, GR-30 and EN 300 659 for caller id, GB/T 3378 for the call waiting tone, the driver's own timing for the hook.

    OutOfService ─back─▶ OnHook ──ring──▶ [Announcing ─shown─▶] Ringing ──lift──▶ OffHook ──hang up──▶ OnHook
                          └────────────────── lift ──────────────────────────────────┘
                                          └── stop ──▶ OnHook

What shows the caller before the first burst (keys, or data after an alert) is sent while Announcing. What comes after a burst is sent once, in
the first pause of the cadence that has room for it.

The driver reports a hang-up only after its flash time, and stops the bell by itself when the handset is lifted. A break of 15 to 200 ms is a dial
pulse for it, so the R key of Chinese telephones comes as the digit 1, a quarter of a second late: alone, and in a call, it is a flash; while somebody
dials by pulses, and before there is a call, it is a digit.

Who lifts again in the moment in which his hang-up is being taken meets the driver's battery removal (kewl start: 500 ms, then 300 ms
of rest), during which it refuses with EBUSY to serve or ring the phone. The call is then made again until it is taken. The same removal, asked for
while the handset is up, tells equipment at the port that the far end has gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.kernel.fsm import Expired, Start, Step, Stop, Table, Timer
from engine.telephony.lines import CallStage
from engine.telephony.numbers import CallerId

__all__ = [
    "TABLE",
    "AnnounceWaiting",
    "Announcing",
    "Bell",
    "BurstEnded",
    "CallNow",
    "FlashSeen",
    "Flashed",
    "Gone",
    "HangUpSeen",
    "HearKeys",
    "HungUp",
    "KeyTyped",
    "LiftSeen",
    "Lifted",
    "OffHook",
    "OnHook",
    "OutOfService",
    "PortBusy",
    "PortFailed",
    "PulseSeen",
    "PutBack",
    "RemoveBattery",
    "RestPort",
    "RingPhone",
    "Ringing",
    "ServePhone",
    "ShowAfterBurst",
    "ShowBeforeRinging",
    "ShowWaiting",
    "Shown",
    "StartBell",
    "StopBell",
    "StopRinging",
    "StopShowing",
    "StopWaiting",
    "TakenOut",
    "TurnPolarity",
    "Usable",
]

PORT_BUSY = Timer("port_busy", 0.1, 0.05, 0.5, "driver: kewl 500 ms, after-kewl 300 ms", "a refused call is made again after this")
BATTERY_OFF = Timer(
    "battery_off", 0.85, 0.85, 1.0, "driver: kewl 500 ms, after-kewl 300 ms", "after it a phone still lifted is served again"
)
WAITING_TONE = Timer("waiting_tone", 4.4, 4.0, 15.0, "GB/T 3378: 0.4 s on, 4 s off", "the call waiting tone comes again")
PULSE_DIALLING = Timer(
    "pulse_dialling", 2.5, 1.0, 5.0, "ours: who dials by pulses begins the next digit sooner", "a digit so soon after another is no flash"
)

BEFORE_BURST_MS = 200
"""GR-30: data are over at least 200 ms before the next burst."""
REFUSALS_MOST = 12
"""Refusals in a row that are patience; a port that is still busy after 1.2 s is faulty."""

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OnHook:
    """The handset is down and the bell is silent."""


@dataclass(frozen=True)
class Bell:
    """How the phone is to be rung: ringing and silence in turn (ms), and who calls. ``announced``: something is sent before the first burst;
    ``data_ms``: what is sent after one takes so long (0: nothing is).
    """

    caller: CallerId
    cadence_ms: tuple[int, ...] = (1000, 4000)
    announced: bool = False
    data_ms: int = 0


@dataclass(frozen=True)
class Announcing:
    """The caller is told to the display; the bell is silent yet."""

    bell: Bell


@dataclass(frozen=True)
class Ringing:
    """The bell rings. ``shown``: the caller id was sent, or will not be sent any more. ``refusals`` of the driver to ring."""

    bell: Bell
    shown: bool = False
    refusals: int = 0


@dataclass(frozen=True)
class OffHook:
    """The handset is up. ``refusals`` of the driver to serve it; ``stage`` of its call; ``dialling``: a pulse digit came just now; ``reversed``: the
    pair is turned, since the far end has answered; ``waiting``: who calls meanwhile.
    """

    refusals: int = 0
    stage: CallStage = CallStage.NONE
    dialling: bool = False
    reversed: bool = False
    waiting: CallerId | None = None


@dataclass(frozen=True)
class OutOfService:
    """The port cannot be used."""

    reason: str


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LiftSeen:
    """The driver: the loop closed."""


@dataclass(frozen=True)
class HangUpSeen:
    """The driver: the loop has been open for longer than a flash."""


@dataclass(frozen=True)
class FlashSeen:
    """The driver: the loop was open for the time of a flash."""


@dataclass(frozen=True)
class PulseSeen:
    """The driver: a digit by dial pulses. ``may_flash``: at this port a short break can be the R key."""

    digit: str
    may_flash: bool


@dataclass(frozen=True)
class BurstEnded:
    """The driver: our ring burst ended; the next one comes after ``pause_ms``."""

    pause_ms: int


@dataclass(frozen=True)
class Shown:
    """What goes before the first burst was sent, or could not be."""


@dataclass(frozen=True)
class PortBusy:
    """The driver is in the middle of a battery removal and cannot do what was asked (EBUSY)."""


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
    """The port can be used again; it is on hook, and a handset that is up is seen next."""


@dataclass(frozen=True)
class RingPhone:
    """The engine rings the phone."""

    bell: Bell


@dataclass(frozen=True)
class StopRinging:
    """The engine stops ringing."""


@dataclass(frozen=True)
class CallNow:
    """The engine: the phone's call has come so far. What the port does of it: ``reverses`` on answer, ``removes`` battery at the end."""

    stage: CallStage
    reverses: bool = False
    removes: bool = False


@dataclass(frozen=True)
class AnnounceWaiting:
    """The engine: this caller waits."""

    caller: CallerId


@dataclass(frozen=True)
class StopWaiting:
    """The engine: nobody waits any more."""


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StartBell:
    """Start ringing: ringing and silence in turn (ms)."""

    cadence_ms: tuple[int, ...]


@dataclass(frozen=True)
class StopBell:
    """Stop ringing, and what is being shown."""


@dataclass(frozen=True)
class ServePhone:
    """Tell the driver that the lifted phone is served, so that it watches for flash and hang-up."""


@dataclass(frozen=True)
class RestPort:
    """Tell the driver that the port is idle again."""


@dataclass(frozen=True)
class ShowBeforeRinging:
    """Send what goes before the first burst; ``Shown`` follows."""

    caller: CallerId


@dataclass(frozen=True)
class ShowAfterBurst:
    """Send what goes into the pause that has just begun and lasts ``pause_ms``."""

    caller: CallerId
    pause_ms: int


@dataclass(frozen=True)
class ShowWaiting:
    """Sound the call waiting tone; ``data``: and tell the display."""

    caller: CallerId
    data: bool


@dataclass(frozen=True)
class StopShowing:
    """Break off what is being sent to the display."""


@dataclass(frozen=True)
class TurnPolarity:
    """Reverse the pair, or turn it back."""

    reverse: bool


@dataclass(frozen=True)
class RemoveBattery:
    """Take the battery away for half a second, though the handset is up."""


@dataclass(frozen=True)
class HearKeys:
    """Switch the DTMF detector on or off."""

    on: bool


@dataclass(frozen=True)
class Lifted:
    """Report: handset up."""


@dataclass(frozen=True)
class HungUp:
    """Report: handset down."""


@dataclass(frozen=True)
class KeyTyped:
    """Report: a digit dialled by pulses."""

    key: str


@dataclass(frozen=True)
class Flashed:
    """Report: hook flash."""


@dataclass(frozen=True)
class Usable:
    """Report: in service again."""


@dataclass(frozen=True)
class Gone:
    """Report: out of service."""

    reason: str


# ---- rows ------------------------------------------------------------------------------------------------------------


def lift(_state: OnHook, _event: LiftSeen) -> Step[object]:
    """The user lifts to dial."""
    return Step(OffHook(), (StopShowing(), ServePhone(), HearKeys(True), Lifted()))


def lift_to_answer(_state: Ringing, _event: LiftSeen) -> Step[object]:
    """The user answers; the driver has stopped the bell already, and stopping it again clears our side too."""
    return Step(OffHook(), (StopBell(), ServePhone(), HearKeys(True), Lifted()))


def lift_before_ringing(_state: Announcing, _event: LiftSeen) -> Step[object]:
    """The user has seen who calls, or was about to dial: it is an answer."""
    return Step(OffHook(), (StopShowing(), ServePhone(), HearKeys(True), Lifted()))


def hang_up(state: OffHook, _event: HangUpSeen) -> Step[object]:
    """The user is done."""
    return Step(OnHook(), (*_put_right(state), RestPort(), HearKeys(False), HungUp()))


def _put_right(state: OffHook) -> tuple[object, ...]:
    """The pair as it is without a call."""
    shown: tuple[object, ...] = (StopShowing(),) if state.waiting else ()
    return (*shown, TurnPolarity(False)) if state.reversed else shown


def flash(state: OffHook, _event: FlashSeen) -> Step[object]:
    """The R key of other countries' telephones, or the cradle pressed by hand."""
    return Step(state, (Flashed(),))


def pulse(state: OffHook, event: PulseSeen) -> Step[object]:
    """A digit; alone and in a call, the R key of Chinese telephones."""
    in_call = state.stage is not CallStage.NONE
    if in_call and event.may_flash and event.digit == "1" and not state.dialling:
        return Step(state, (Flashed(),))
    return Step(replace(state, dialling=True), (KeyTyped(event.digit), Start(PULSE_DIALLING)))


def dialled_by_pulses(state: OffHook, _event: Expired) -> Step[object]:
    """No further digit came: the next single pulse may be a flash again."""
    return Step(replace(state, dialling=False))


def ring(_state: OnHook, event: RingPhone) -> Step[object]:
    """Tell the display who calls, or start the bell at once."""
    if event.bell.announced:
        return Step(Announcing(event.bell), (StopShowing(), ShowBeforeRinging(event.bell.caller)))
    return Step(Ringing(event.bell), (StopShowing(), StartBell(event.bell.cadence_ms)))


def shown_before_ringing(state: Announcing, _event: Shown) -> Step[object]:
    """Now the bell."""
    return Step(Ringing(state.bell), (StartBell(state.bell.cadence_ms),))


def burst_ended(state: Ringing, event: BurstEnded) -> Step[object]:
    """Time to send the number, once, when there is anything to send and the pause has room for it."""
    bell = state.bell
    if state.shown or not bell.data_ms or event.pause_ms < bell.data_ms + BEFORE_BURST_MS:
        return Step(state)
    return Step(replace(state, shown=True), (ShowAfterBurst(bell.caller, event.pause_ms),))


def stop_ringing(_state: Ringing, _event: StopRinging) -> Step[object]:
    """The caller is gone or another phone takes the call."""
    return Step(OnHook(), (StopBell(),))


def stop_announcing(_state: Announcing, _event: StopRinging) -> Step[object]:
    """The caller is gone before the bell began."""
    return Step(OnHook(), (StopShowing(),))


def still_busy(state: Ringing | OffHook, _event: PortBusy) -> Step[object]:
    """Ask again a little later; not for ever."""
    if state.refusals < REFUSALS_MOST:
        return Step(replace(state, refusals=state.refusals + 1), (Start(PORT_BUSY),))
    fault = PortFailed("driver_error")
    return fail_off_hook(state, fault) if isinstance(state, OffHook) else fail(state, fault)


def ring_again(state: Ringing, _event: Expired) -> Step[object]:
    """Ask the driver again to ring."""
    return Step(state, (StartBell(state.bell.cadence_ms),))


def serve_again(state: OffHook, _event: Expired) -> Step[object]:
    """Ask the driver again to serve the phone."""
    return Step(state, (ServePhone(),))


def call_now(state: OffHook, event: CallNow) -> Step[object]:
    """What the port tells of an answer and of the end, and whether the R key counts."""
    if event.stage is state.stage:
        return Step(state)
    over = event.stage is CallStage.NONE
    turned = event.reverses and event.stage is CallStage.ANSWERED
    effects: list[object] = [TurnPolarity(turned)] if turned != state.reversed else []
    if over and state.waiting:
        effects += [StopShowing(), Stop(WAITING_TONE)]
    if over and event.removes:
        effects += [RemoveBattery(), Start(BATTERY_OFF)]
    waiting = None if over else state.waiting
    return Step(replace(state, stage=event.stage, reversed=turned, waiting=waiting), tuple(effects))


def announce_waiting(state: OffHook, event: AnnounceWaiting) -> Step[object]:
    """Tone and display, then the tone now and then."""
    return Step(replace(state, waiting=event.caller), (ShowWaiting(event.caller, data=True), Start(WAITING_TONE)))


def waits_still(state: OffHook, _event: Expired) -> Step[object]:
    """The tone again."""
    if state.waiting is None:
        return Step(state)
    return Step(state, (ShowWaiting(state.waiting, data=False), Start(WAITING_TONE)))


def stop_waiting(state: OffHook, _event: StopWaiting) -> Step[object]:
    """The caller has gone, or was taken."""
    if state.waiting is None:
        return Step(state)
    return Step(replace(state, waiting=None), (StopShowing(), Stop(WAITING_TONE)))


def fail(_state: object, event: PortFailed) -> Step[object]:
    """The port is gone."""
    return Step(OutOfService(event.reason), (Gone(event.reason),))


def fail_off_hook(_state: OffHook, event: PortFailed) -> Step[object]:
    """The port is gone under a handset that was up: for the engine that is a hang-up first."""
    return Step(OutOfService(event.reason), (HungUp(), Gone(event.reason)))


def taken_out(_state: OnHook, event: TakenOut) -> Step[object]:
    """Nobody was at it."""
    return Step(OutOfService(event.reason), (Gone(event.reason),))


def taken_out_ringing(_state: Ringing, event: TakenOut) -> Step[object]:
    """The bell stops."""
    return Step(OutOfService(event.reason), (StopBell(), Gone(event.reason)))


def taken_out_announcing(_state: Announcing, event: TakenOut) -> Step[object]:
    """What is being shown breaks off."""
    return Step(OutOfService(event.reason), (StopShowing(), Gone(event.reason)))


def taken_out_off_hook(state: OffHook, event: TakenOut) -> Step[object]:
    """For the engine that is a hang-up first."""
    return Step(OutOfService(event.reason), (*_put_right(state), RestPort(), HearKeys(False), HungUp(), Gone(event.reason)))


def otherwise_gone(state: OutOfService, event: PortFailed | TakenOut) -> Step[object]:
    """Out of service for another reason than before."""
    return Step(state) if state.reason == event.reason else Step(OutOfService(event.reason), (Gone(event.reason),))


def put_back(_state: OutOfService, _event: PutBack) -> Step[object]:
    """It can be rung and lifted again."""
    return Step(OnHook(), (Usable(),))


# ---- table -----------------------------------------------------------------------------------------------------------

LATE = "what was seen or said just before the state changed"
OF_A_CALL = "it is in no call any more"
HANDSET = (LiftSeen, HangUpSeen, FlashSeen, PulseSeen)
TABLE = Table(
    "desk phone",
    OnHook(),
    rows={
        (OnHook, LiftSeen): lift,
        (OnHook, RingPhone): ring,
        (OnHook, PortFailed): fail,
        (OnHook, TakenOut): taken_out,
        (Announcing, Shown): shown_before_ringing,
        (Announcing, LiftSeen): lift_before_ringing,
        (Announcing, StopRinging): stop_announcing,
        (Announcing, PortFailed): fail,
        (Announcing, TakenOut): taken_out_announcing,
        (Ringing, LiftSeen): lift_to_answer,
        (Ringing, BurstEnded): burst_ended,
        (Ringing, StopRinging): stop_ringing,
        (Ringing, PortBusy): still_busy,
        (Ringing, PORT_BUSY): ring_again,
        (Ringing, PortFailed): fail,
        (Ringing, TakenOut): taken_out_ringing,
        (OffHook, HangUpSeen): hang_up,
        (OffHook, FlashSeen): flash,
        (OffHook, PulseSeen): pulse,
        (OffHook, PULSE_DIALLING): dialled_by_pulses,
        (OffHook, CallNow): call_now,
        (OffHook, BATTERY_OFF): serve_again,
        (OffHook, AnnounceWaiting): announce_waiting,
        (OffHook, WAITING_TONE): waits_still,
        (OffHook, StopWaiting): stop_waiting,
        (OffHook, PortBusy): still_busy,
        (OffHook, PORT_BUSY): serve_again,
        (OffHook, PortFailed): fail_off_hook,
        (OffHook, TakenOut): taken_out_off_hook,
        (OutOfService, PortFailed): otherwise_gone,
        (OutOfService, TakenOut): otherwise_gone,
        (OutOfService, PutBack): put_back,
    },
    ignored={
        (OnHook, HangUpSeen): "the driver reports the handset once more after a short lift",
        (OnHook, StopRinging): "it does not ring any more",
        **{(OnHook, event): LATE for event in (FlashSeen, PulseSeen, BurstEnded, Shown, PortBusy)},
        **{(Announcing, event): LATE for event in (HangUpSeen, FlashSeen, PulseSeen, BurstEnded, PortBusy)},
        **{(Ringing, event): LATE for event in (HangUpSeen, FlashSeen, PulseSeen, Shown)},
        (OffHook, LiftSeen): "already up",
        (OffHook, BurstEnded): LATE,
        (OffHook, Shown): LATE,
        (OffHook, StopRinging): "lifted at the same moment",
        **{(OutOfService, event): "the port is gone" for event in (*HANDSET, BurstEnded, Shown, StopRinging, PortBusy)},
        **{(state, PutBack): "it was not out of service" for state in (OnHook, Announcing, Ringing, OffHook)},
        **{
            (state, event): OF_A_CALL
            for state in (OnHook, Announcing, Ringing, OutOfService)
            for event in (CallNow, AnnounceWaiting, StopWaiting)
        },
    },
    timers={Ringing: (PORT_BUSY,), OffHook: (PORT_BUSY, BATTERY_OFF, WAITING_TONE, PULSE_DIALLING)},
)
