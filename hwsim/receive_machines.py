"""The driver's receive machines: what changes of the far end's hook state mean as events. One for each family of signalling.

    an exchange line (FXS signalling)     ringing, its end, loss of battery
    a telephone (FXO signalling)          lifted, dial pulses, flash, put down
    E&M                                   wink, seizure, release
    everything else                       nothing: bits or nothing at all

They are the same whether a card reports the hook state or it is read from ABCD bits. Where a machine stands is in the timers that run
and in ``port.received``; the port owns the timer that all share (``port.hook_timer``).
"""

from __future__ import annotations

from typing import Protocol

from boards.dahdi.abi import ANALOG_STATION, ANALOG_TRUNK, Event, ReceivedHook, Sig
from hwsim.agenda import Agenda, Deadline
from hwsim.transmit_states import HookTimes, TransmitState

__all__ = ["EarAndMouth", "Receiving", "StationReceiving", "TrunkReceiving", "receiving_for"]

PULSE_LEAST_MS = 15
PULSE_MOST_MS = 200
PULSE_DIGIT_MS = 250
PULSE_KEYS = {10: "0", 11: "*", 12: "#"}
RING_DEBOUNCE_MS = 2000
RING_TRAILER_MS = 50


class ReceivingPort(Protocol):
    """What a machine needs of its port."""

    sig: Sig
    times: HookTimes
    transmit: TransmitState
    received: ReceivedHook
    hook_timer: Deadline

    def raise_event(self, event: int) -> None:
        """Queue an event for the channel."""


class Receiving:
    """The machine of signalling without hook: nothing ever happens. The others replace what they need."""

    def __init__(self, port: ReceivingPort, agenda: Agenda) -> None:
        self._port = port
        self._agenda = agenda

    def changed(self) -> None:
        """``port.received`` has a new value."""

    def timer_due(self) -> None:
        """The hook timer ran out."""
        self._port.raise_event(Event.RINGOFFHOOK)

    def forget(self) -> None:
        """Forget what was half received, as open and close do."""

    def hanging_up(self) -> None:
        """We hang up."""

    def wants_kewl(self) -> bool:
        """True when a hang-up is to be told by a battery removal."""
        return False

    def kewl_over(self) -> None:
        """The battery removal and the rest after it are over."""

    def stop(self) -> None:
        """There is no time any more: no timer runs."""


class TrunkReceiving(Receiving):
    """RINGBEGIN when ringing is seen, RINGOFFHOOK 50 ms after its end; both are silent for 2 s after a hang-up of either side.

    Loss of battery is ONHOOK: with fxsks only when the transmit machine has settled in OFFHOOK, with fxsgs unless it debounces, with fxsls
    never.
    """

    def __init__(self, port: ReceivingPort, agenda: Agenda) -> None:
        super().__init__(port, agenda)
        self._debounce = agenda.deadline(lambda: None)
        self._trailer = agenda.deadline(self._trailer_due)
        self._was_ringing = False

    def changed(self) -> None:
        received = self._port.received
        if received is ReceivedHook.RING:
            self._trailer.stop()
            if not self._debounce.running:
                self._port.raise_event(Event.RINGBEGIN)
        elif self._was_ringing:
            self._trailer.start(RING_TRAILER_MS)
        self._was_ringing = received is ReceivedHook.RING
        if received is ReceivedHook.ONHOOK:
            self._battery_lost()

    def _battery_lost(self) -> None:
        sig, transmit = self._port.sig, self._port.transmit
        if sig != Sig.FXSGS and not (sig == Sig.FXSKS and transmit is TransmitState.OFFHOOK):
            return
        self._debounce.start(RING_DEBOUNCE_MS)
        self._trailer.stop()
        if transmit is not TransmitState.DEBOUNCE:
            self._port.raise_event(Event.ONHOOK)

    def _trailer_due(self) -> None:
        if not self._debounce.running:
            self._port.raise_event(Event.RINGOFFHOOK)

    def forget(self) -> None:
        self._debounce.stop()

    def hanging_up(self) -> None:
        self._debounce.start(RING_DEBOUNCE_MS)

    def stop(self) -> None:
        self._trailer.stop()


class StationReceiving(Receiving):
    """The loop closes: RINGOFFHOOK, once. It opens: a timer of ``rxflashtime`` runs, at whose end comes ONHOOK.

    It closes again before: under 15 ms nothing, 15…200 ms a dial pulse, above WINKFLASH. 250 ms without a pulse end a digit.
    """

    def __init__(self, port: ReceivingPort, agenda: Agenda) -> None:
        super().__init__(port, agenda)
        self._lift_reported = False
        self._on_hook_in_kewl = False
        self._pulses = 0
        self._pulse_timer = agenda.deadline(self._digit_complete)

    def changed(self) -> None:
        match self._port.received:
            case ReceivedHook.START:
                self._lifted()
            case ReceivedHook.OFFHOOK:
                self._loop_closes()
            case ReceivedHook.ONHOOK:
                self._loop_opens()

    def _lifted(self) -> None:
        if not self._lift_reported:
            self._lift_reported = True
            self._port.raise_event(Event.RINGOFFHOOK)

    def _loop_closes(self) -> None:
        self._on_hook_in_kewl = False
        timer = self._port.hook_timer
        if timer.running:
            self._break_over(self._agenda.now_ms - timer.started_ms)
        else:
            self._lifted()
        timer.stop()

    def _break_over(self, duration_ms: int) -> None:
        if duration_ms > PULSE_MOST_MS:
            self._port.raise_event(Event.WINKFLASH)
        elif duration_ms >= PULSE_LEAST_MS:
            self._pulses += 1
            self._pulse_timer.start(PULSE_DIGIT_MS)
            if self._pulses == 1:
                self._port.raise_event(Event.PULSE_START)

    def _loop_opens(self) -> None:
        transmit = self._port.transmit
        if transmit not in (TransmitState.DEBOUNCE, TransmitState.KEWL, TransmitState.AFTERKEWL):
            self._port.hook_timer.start(self._port.times.rxflashtime)
        if transmit is TransmitState.KEWL:
            self._on_hook_in_kewl = True

    def _digit_complete(self) -> None:
        pulses, self._pulses = self._pulses, 0
        if 0 < pulses <= max(PULSE_KEYS):
            self._port.raise_event(Event.PULSEDIGIT | ord(PULSE_KEYS.get(pulses, str(pulses))))

    def timer_due(self) -> None:
        self._port.raise_event(Event.ONHOOK)
        self._lift_reported = False

    def forget(self) -> None:
        self._lift_reported = False
        self._pulses = 0
        self._pulse_timer.stop()

    def hanging_up(self) -> None:
        self._on_hook_in_kewl = False

    def wants_kewl(self) -> bool:
        settled_on_hook = self._port.received is ReceivedHook.ONHOOK and not self._port.hook_timer.running
        return self._port.sig == Sig.FXOKS and self._port.transmit is not TransmitState.ONHOOK and not settled_on_hook

    def kewl_over(self) -> None:
        self._lift_reported = False
        if self._on_hook_in_kewl:
            self._port.raise_event(Event.ONHOOK)

    def stop(self) -> None:
        self._pulse_timer.stop()


class EarAndMouth(Receiving):
    """Off hook: for ``rxwinktime`` it may be a wink, then it is a seizure. On hook: WINKFLASH in that time, ONHOOK later."""

    def changed(self) -> None:
        timer = self._port.hook_timer
        if self._port.received is ReceivedHook.OFFHOOK:
            timer.start(self._port.times.rxwinktime)
        elif self._port.received is ReceivedHook.ONHOOK:
            self._port.raise_event(Event.WINKFLASH if timer.running else Event.ONHOOK)
            timer.stop()


def receiving_for(sig: Sig) -> type[Receiving]:
    """The kind of machine for a signalling."""
    number = int(sig)
    if number in (Sig.EM, Sig.EM_E1):
        return EarAndMouth
    if number & ANALOG_STATION:
        return StationReceiving
    return TrunkReceiving if number & ANALOG_TRUNK else Receiving
