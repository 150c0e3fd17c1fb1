"""The desk phone: what happens on a card's FXS port (kewl-start, ``fxoks``).

Sources: GB 3380 for ringing, GR-30 for caller id between the first two bursts, the driver's own timing for the hook.

    OutOfService ─back─▶ OnHook ──ring──▶ Ringing ──lift──▶ OffHook ──hang up──▶ OnHook
                          └────────────lift───────────────────┘
                                          └── stop ──▶ OnHook

The caller's number is sent once, half a second after the first burst has ended, and must be over before the second. The
driver reports a hang-up only after its flash time, and stops the bell by itself when the handset is lifted.

Who lifts again in the moment in which his hang-up is being taken meets the driver's battery removal (kewl start: 500 ms, then 300 ms
of rest), during which it refuses with EBUSY to serve or ring the phone. The call is then made again until it is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.kernel.fsm import Expired, Start, Step, Table, Timer
from engine.telephony.numbers import CallerId

__all__ = [
    "TABLE",
    "BurstEnded",
    "FlashSeen",
    "Flashed",
    "Gone",
    "HangUpSeen",
    "HearKeys",
    "HungUp",
    "LiftSeen",
    "Lifted",
    "OffHook",
    "OnHook",
    "OutOfService",
    "PortBusy",
    "PortFailed",
    "PutBack",
    "RestPort",
    "RingPhone",
    "Ringing",
    "ServePhone",
    "ShowCaller",
    "StartBell",
    "StopBell",
    "StopRinging",
    "TakenOut",
    "Usable",
]

CALLER_ID_PAUSE = Timer("caller_id_pause", 0.5, 0.5, 1.5, "GR-30: 0.5 to 1.5 s after the first burst", "pause between burst and caller id")

PORT_BUSY = Timer("port_busy", 0.1, 0.05, 0.5, "driver: kewl 500 ms, after-kewl 300 ms", "a refused call is made again after this")
REFUSALS_MOST = 12
"""Refusals in a row that are patience; a port that is still busy after 1.2 s is faulty."""

# ---- states ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OnHook:
    """The handset is down and the bell is silent."""


@dataclass(frozen=True)
class Ringing:
    """The bell rings. ``shown``: the caller id was sent, or will not be sent any more. ``refusals`` of the driver to ring."""

    caller: CallerId
    shown: bool = False
    refusals: int = 0


@dataclass(frozen=True)
class OffHook:
    """The handset is up. ``refusals`` of the driver to serve it."""

    refusals: int = 0


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
class BurstEnded:
    """The driver: our ring burst ended."""


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

    caller: CallerId


@dataclass(frozen=True)
class StopRinging:
    """The engine stops ringing."""


# ---- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StartBell:
    """Start ringing with the site's cadence."""


@dataclass(frozen=True)
class StopBell:
    """Stop ringing."""


@dataclass(frozen=True)
class ServePhone:
    """Tell the driver that the lifted phone is served, so that it watches for flash and hang-up."""


@dataclass(frozen=True)
class RestPort:
    """Tell the driver that the port is idle again."""


@dataclass(frozen=True)
class ShowCaller:
    """Send the caller id."""

    caller: CallerId


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
    return Step(OffHook(), (ServePhone(), HearKeys(True), Lifted()))


def lift_to_answer(_state: Ringing, _event: LiftSeen) -> Step[object]:
    """The user answers; the driver has stopped the bell already, and stopping it again clears our side too."""
    return Step(OffHook(), (StopBell(), ServePhone(), HearKeys(True), Lifted()))


def hang_up(_state: OffHook, _event: HangUpSeen) -> Step[object]:
    """The user is done."""
    return Step(OnHook(), (RestPort(), HearKeys(False), HungUp()))


def flash(state: OffHook, _event: FlashSeen) -> Step[object]:
    """The R key."""
    return Step(state, (Flashed(),))


def ring(_state: OnHook, event: RingPhone) -> Step[object]:
    """Start the bell; the number follows the first burst."""
    return Step(Ringing(event.caller), (StartBell(),))


def first_burst_ended(state: Ringing, _event: BurstEnded) -> Step[object]:
    """Time to send the number, once, when there is anything to show."""
    nothing = not (state.caller.number or state.caller.name or state.caller.absence)
    if state.shown or nothing:
        return Step(state)
    return Step(Ringing(state.caller, shown=True), (Start(CALLER_ID_PAUSE),))


def pause_over(state: Ringing, _event: Expired) -> Step[object]:
    """Send the number."""
    return Step(state, (ShowCaller(state.caller),))


def stop_ringing(_state: Ringing, _event: StopRinging) -> Step[object]:
    """The caller is gone or another phone takes the call."""
    return Step(OnHook(), (StopBell(),))


def still_busy(state: Ringing | OffHook, _event: PortBusy) -> Step[object]:
    """Ask again a little later; not for ever."""
    if state.refusals < REFUSALS_MOST:
        return Step(replace(state, refusals=state.refusals + 1), (Start(PORT_BUSY),))
    fault = PortFailed("driver_error")
    return fail_off_hook(state, fault) if isinstance(state, OffHook) else fail(state, fault)


def ring_again(state: Ringing, _event: Expired) -> Step[object]:
    """Ask the driver again to ring."""
    return Step(state, (StartBell(),))


def serve_again(state: OffHook, _event: Expired) -> Step[object]:
    """Ask the driver again to serve the phone."""
    return Step(state, (ServePhone(),))


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


def taken_out_off_hook(_state: OffHook, event: TakenOut) -> Step[object]:
    """For the engine that is a hang-up first."""
    return Step(OutOfService(event.reason), (RestPort(), HearKeys(False), HungUp(), Gone(event.reason)))


def otherwise_gone(state: OutOfService, event: PortFailed | TakenOut) -> Step[object]:
    """Out of service for another reason than before."""
    return Step(state) if state.reason == event.reason else Step(OutOfService(event.reason), (Gone(event.reason),))


def put_back(_state: OutOfService, _event: PutBack) -> Step[object]:
    """It can be rung and lifted again."""
    return Step(OnHook(), (Usable(),))


# ---- table -----------------------------------------------------------------------------------------------------------

LATE = "what was seen or said just before the state changed"
TABLE = Table(
    "desk phone",
    OnHook(),
    rows={
        (OnHook, LiftSeen): lift,
        (OnHook, RingPhone): ring,
        (OnHook, PortFailed): fail,
        (OnHook, TakenOut): taken_out,
        (Ringing, LiftSeen): lift_to_answer,
        (Ringing, BurstEnded): first_burst_ended,
        (Ringing, CALLER_ID_PAUSE): pause_over,
        (Ringing, StopRinging): stop_ringing,
        (Ringing, PortBusy): still_busy,
        (Ringing, PORT_BUSY): ring_again,
        (Ringing, PortFailed): fail,
        (Ringing, TakenOut): taken_out_ringing,
        (OffHook, HangUpSeen): hang_up,
        (OffHook, FlashSeen): flash,
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
        (OnHook, FlashSeen): LATE,
        (OnHook, BurstEnded): LATE,
        (OnHook, StopRinging): "it does not ring any more",
        (OnHook, PortBusy): LATE,
        (Ringing, HangUpSeen): LATE,
        (Ringing, FlashSeen): LATE,
        (OffHook, LiftSeen): "already up",
        (OffHook, BurstEnded): LATE,
        (OffHook, StopRinging): "lifted at the same moment",
        **{(OutOfService, event): "the port is gone" for event in (LiftSeen, HangUpSeen, FlashSeen, BurstEnded, StopRinging, PortBusy)},
        **{(state, PutBack): "it was not out of service" for state in (OnHook, Ringing, OffHook)},
    },
    timers={Ringing: (CALLER_ID_PAUSE, PORT_BUSY), OffHook: (PORT_BUSY,)},
)
