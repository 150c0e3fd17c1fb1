"""Analog ports as the driver and an analog card have them, each with its line side.

    ExchangePort   the card's FXO port: an exchange line is plugged in, the channel has FXS signalling (fxsks, fxsls)
    PhonePort      the card's FXS port: a telephone is plugged in, the channel has FXO signalling (fxoks, fxols)

The transmit machine is common and stands in ``hook_machine.py``. The *receive machines* turn what the line does into the driver's
events; they stand here, together with what the card itself adds: detectors of ringing, battery and polarity, and the line circuit.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from enum import Enum, auto

from boards.dahdi.abi import Alarm, Event, ReceivedHook, SentHook, Sig
from hwsim.agenda import Agenda
from hwsim.hook_machine import AnalogPort, FarEnd, TransmitState

__all__ = ["ExchangePort", "FarEnd", "PhonePort"]

PULSE_LEAST_MS = 15
PULSE_MOST_MS = 200
PULSE_DIGIT_MS = 250
PULSE_KEYS = {10: "0", 11: "*", 12: "#"}
RING_DEBOUNCE_MS = 2000
RING_TRAILER_MS = 50

RING_SEEN_MS = 64
RING_FADE = 4
"""The card reports ringing when a count of its milliseconds has reached 64, and its end when the count, falling four times slower,
is back at zero: 256 ms later.
"""
BATTERY_DEBOUNCE_MS = 64
BATTERY_ALARM_MS = 1000
POLARITY_DEBOUNCE_MS = 64
ON_HOOK_TRANSFER_AFTER_RINGING_MS = 6000


class ExchangePort(AnalogPort):
    """An exchange line at a card's FXO port. Line side: the exchange's ringing, battery and polarity, and our loop.

    The receive machine: ringing seen by the card gives RINGBEGIN, its end, 50 ms later, RINGOFFHOOK; both are silent for 2 s after
    a hang-up. Loss of battery is ONHOOK, for fxsks only, and only when the transmit machine has settled in OFFHOOK.
    """

    def __init__(self, agenda: Agenda, channel: int, sig: Sig, raise_event: Callable[[int], None], audio_reset: Callable[[], None]) -> None:
        super().__init__(agenda, channel, sig, raise_event, audio_reset)
        self.loop_changed: Callable[[bool], None] | None = None
        self._ringing = False
        self._battery = True
        self._reversed = False
        self._ring_debounce = agenda.deadline(lambda: None)
        self._ring_trailer = agenda.deadline(self._ring_trailer_due)
        self._ring_detector = agenda.deadline(self._ring_detected)
        self._ring_level_ms = 0.0
        self._ring_level_at_ms = agenda.now_ms
        self._ring_slope = 0.0
        self._ring_reported = False
        self._was_ringing = False
        self._loop_told = False
        self._battery_timer = agenda.deadline(self._battery_settled)
        self._battery_alarm = agenda.deadline(self._battery_alarm_due)
        self._battery_seen = True
        self._polarity_timer = agenda.deadline(self._polarity_settled)
        self._polarity_latest = 0
        self._polarity_seen = 0
        self.received = ReceivedHook.OFFHOOK
        self._look_at_polarity()

    # ---- line side ----

    @property
    def loop_closed(self) -> bool:
        """True while the appliance draws loop current: it is off hook."""
        return self.plugged and self.sent in (SentHook.OFFHOOK, SentHook.START)

    def set_ringing(self, on: bool) -> None:
        """Ringing voltage on the line, one burst at a time."""
        self._ringing = on
        self._look_at_ringing()

    def set_battery(self, on: bool) -> None:
        """Feeding voltage on the line."""
        if on == self._battery:
            return
        self._battery = on
        self._look_at_battery()

    def set_reversed(self, on: bool) -> None:
        """Tip and ring changed over."""
        self._reversed = on
        self._look_at_polarity()

    @property
    def hears_line(self) -> bool:
        return self.plugged and self._battery

    @property
    def heard_on_line(self) -> bool:
        return self.loop_closed and self._battery

    # ---- the card ----

    def _drive(self) -> None:
        # The bell detector stands still while the loop is closed.
        self._look_at_ringing()
        self._tell_loop()

    def _tell_loop(self) -> None:
        if self.loop_closed is not self._loop_told:
            self._loop_told = self.loop_closed
            if self.loop_changed is not None:
                self.loop_changed(self.loop_closed)

    def _ring_slope_now(self) -> float:
        if self.loop_closed or not self.plugged:
            return 0.0
        return 1.0 if self._ringing and self._battery_seen else -1.0 / RING_FADE

    def _look_at_ringing(self) -> None:
        """Bring the bell detector's count up to now, and set when it will cross the next threshold."""
        now_ms = self._agenda.now_ms
        grown = self._ring_level_ms + (now_ms - self._ring_level_at_ms) * self._ring_slope
        self._ring_level_ms = min(max(grown, 0.0), float(RING_SEEN_MS))
        self._ring_level_at_ms = now_ms
        slope = self._ring_slope = self._ring_slope_now()
        if slope > 0 and not self._ring_reported:
            self._ring_detector.start(max(round(RING_SEEN_MS - self._ring_level_ms), 1))
        elif slope < 0 and self._ring_reported:
            self._ring_detector.start(max(round(self._ring_level_ms * RING_FADE), 1))
        else:
            self._ring_detector.stop()

    def _ring_detected(self) -> None:
        self._ring_reported = not self._ring_reported
        self._receive(ReceivedHook.RING if self._ring_reported else ReceivedHook.OFFHOOK)
        self._look_at_ringing()

    def _look_at_battery(self) -> None:
        self._look_at_ringing()
        self._look_at_polarity()
        if self._battery == self._battery_seen:
            self._battery_timer.stop()
        elif not self._battery_timer.running:
            self._battery_timer.start(BATTERY_DEBOUNCE_MS)

    def _battery_settled(self) -> None:
        self._battery_seen = self._battery
        self._receive(ReceivedHook.OFFHOOK if self._battery else ReceivedHook.ONHOOK)
        self._battery_alarm.start(BATTERY_ALARM_MS - BATTERY_DEBOUNCE_MS)
        self._look_at_ringing()

    def _battery_alarm_due(self) -> None:
        self.raise_alarm(Alarm.NONE if self._battery_seen else Alarm.RED)

    def _look_at_polarity(self) -> None:
        if not self._battery:
            return
        sign = -1 if self._reversed else 1
        if sign != self._polarity_latest:
            self._polarity_latest = sign
            self._polarity_timer.start(POLARITY_DEBOUNCE_MS)

    def _polarity_settled(self) -> None:
        if self._polarity_latest == self._polarity_seen:
            return
        known = self._polarity_seen != 0
        self._polarity_seen = self._polarity_latest
        if known:
            self._raise_event(Event.POLARITY)

    # ---- the receive machine ----

    def _received(self) -> None:
        if self.received is ReceivedHook.RING:
            self._ring_trailer.stop()
            if not self._ring_debounce.running:
                self._raise_event(Event.RINGBEGIN)
        elif self._was_ringing:
            self._ring_trailer.start(RING_TRAILER_MS)
        self._was_ringing = self.received is ReceivedHook.RING
        if self.received is ReceivedHook.ONHOOK and self.sig == Sig.FXSKS and self.transmit is TransmitState.OFFHOOK:
            self._ring_debounce.start(RING_DEBOUNCE_MS)
            self._ring_trailer.stop()
            self._raise_event(Event.ONHOOK)

    def _ring_trailer_due(self) -> None:
        if not self._ring_debounce.running:
            self._raise_event(Event.RINGOFFHOOK)

    def _hook_timer_due(self) -> None:
        # Set only by going off hook on a dead line; the driver then reports this event, odd as it is.
        self._raise_event(Event.RINGOFFHOOK)

    def _hanging_up(self) -> None:
        self._ring_debounce.start(RING_DEBOUNCE_MS)

    def _wants_kewl(self) -> bool:
        return False

    def _kewl_over(self) -> None:
        """Only phone ports remove battery."""

    def _forget_received(self) -> None:
        self._ring_debounce.stop()

    def _report_again(self) -> None:
        self._battery_seen = not self._battery
        self._battery_timer.start(BATTERY_DEBOUNCE_MS)

    def pulled(self) -> None:
        self.plugged = False
        self._stop_core_timers()
        for timer in (self._ring_trailer, self._battery_timer, self._battery_alarm, self._polarity_timer):
            timer.stop()
        self._look_at_ringing()
        self._tell_loop()

    def pushed(self) -> None:
        self._start_afresh()
        self._ring_level_ms, self._ring_reported, self._was_ringing = 0.0, False, False
        self._polarity_latest = self._polarity_seen = 0
        self.received = ReceivedHook.OFFHOOK
        self._battery_seen = True
        self._look_at_battery()


class LineCircuit(Enum):
    """What a card's FXS port does to its pair."""

    ACTIVE = auto()
    ON_HOOK_TRANSFER = auto()
    RINGING = auto()
    OPEN = auto()


class PhonePort(AnalogPort):
    """A telephone at a card's FXS port. Line side: the phone's loop; our ringing, battery and polarity.

    The receive machine: the loop closes: RINGOFFHOOK, once. It opens: a timer of ``rxflashtime`` runs, at whose end comes ONHOOK. It
    closes again before: under 15 ms nothing, 15…200 ms a dial pulse, above WINKFLASH. 250 ms without a pulse end a digit.
    """

    def __init__(self, agenda: Agenda, channel: int, sig: Sig, raise_event: Callable[[int], None], audio_reset: Callable[[], None]) -> None:
        super().__init__(agenda, channel, sig, raise_event, audio_reset)
        self.ringing_changed: Callable[[bool], None] | None = None
        self.battery_changed: Callable[[bool], None] | None = None
        self.polarity_changed: Callable[[bool], None] | None = None
        self.reversed = False
        self.loop_closed = False
        self._circuit = LineCircuit.ACTIVE
        self._transfer = agenda.deadline(self._transfer_over)
        self._lift_reported = False
        self._on_hook_in_kewl = False
        self._pulses = 0
        self._pulse_timer = agenda.deadline(self._digit_complete)

    # ---- line side ----

    @property
    def ringing(self) -> bool:
        """True while ringing voltage is on the pair."""
        return self.plugged and self._circuit is LineCircuit.RINGING

    @property
    def battery(self) -> bool:
        """True while the pair is fed: not during the removal that tells the phone of our hang-up, nor without card."""
        return self.plugged and self._circuit is not LineCircuit.OPEN

    def set_loop(self, closed: bool) -> None:
        """The handset is lifted or put down, or the loop is broken for a pulse or flash."""
        if closed == self.loop_closed:
            return
        self.loop_closed = closed
        if self.plugged:
            self._loop_seen()

    @property
    def hears_line(self) -> bool:
        return self.battery and self.loop_closed

    @property
    def heard_on_line(self) -> bool:
        return self.battery and (self.loop_closed or self._circuit is LineCircuit.ON_HOOK_TRANSFER)

    # ---- the card ----

    def set_polarity(self, reverse: bool) -> int:
        """SETPOLARITY: returns 0, or the errno."""
        if self._circuit in (LineCircuit.RINGING, LineCircuit.OPEN):
            return errno.EINVAL
        if reverse != self.reversed:
            self.reversed = reverse
            if self.polarity_changed is not None:
                self.polarity_changed(reverse)
        return 0

    def transfer_on_hook(self, duration_ms: int) -> None:
        """ONHOOKTRANSFER: let the phone hear audio with the handset down."""
        self._transfer.start(duration_ms)
        if self._circuit is LineCircuit.ACTIVE and not self.loop_closed:
            self._switch(LineCircuit.ON_HOOK_TRANSFER)

    def _idle_circuit(self) -> LineCircuit:
        return LineCircuit.ON_HOOK_TRANSFER if self._transfer.running and not self.loop_closed else LineCircuit.ACTIVE

    def _drive(self) -> None:
        if self.sent is SentHook.KEWL:
            self._switch(LineCircuit.OPEN)
        elif self.sent is SentHook.START and not self.loop_closed:
            self._switch(LineCircuit.RINGING)
        else:
            # A phone off hook trips the ringing before its bell could sound.
            self._switch(self._idle_circuit())

    def _switch(self, circuit: LineCircuit) -> None:
        rang, fed = self.ringing, self.battery
        if self._circuit is LineCircuit.RINGING and circuit is not LineCircuit.RINGING and not self.loop_closed:
            self._transfer.start(ON_HOOK_TRANSFER_AFTER_RINGING_MS)
            if circuit is LineCircuit.ACTIVE:
                circuit = LineCircuit.ON_HOOK_TRANSFER
        self._circuit = circuit
        self._tell(rang, fed)

    def _tell(self, rang: bool, fed: bool) -> None:
        if self.ringing != rang and self.ringing_changed is not None:
            self.ringing_changed(self.ringing)
        if self.battery != fed and self.battery_changed is not None:
            self.battery_changed(self.battery)

    def _transfer_over(self) -> None:
        if self._circuit is LineCircuit.ON_HOOK_TRANSFER:
            self._switch(LineCircuit.ACTIVE)

    def _loop_seen(self) -> None:
        if self.loop_closed:
            self._transfer.stop()
        if self._circuit is not LineCircuit.OPEN:
            self._switch(self._idle_circuit())
        self._receive(ReceivedHook.OFFHOOK if self.loop_closed else ReceivedHook.ONHOOK)

    # ---- the receive machine ----

    def _received(self) -> None:
        if self.received is ReceivedHook.OFFHOOK:
            self._loop_closes()
        elif self.received is ReceivedHook.ONHOOK:
            self._loop_opens()

    def _loop_closes(self) -> None:
        self._on_hook_in_kewl = False
        if self._hook_timer.running:
            self._break_over(self._agenda.now_ms - self._hook_timer.started_ms)
        elif not self._lift_reported:
            self._lift_reported = True
            self._raise_event(Event.RINGOFFHOOK)
        self._hook_timer.stop()

    def _break_over(self, duration_ms: int) -> None:
        if duration_ms > PULSE_MOST_MS:
            self._raise_event(Event.WINKFLASH)
        elif duration_ms >= PULSE_LEAST_MS:
            self._pulses += 1
            self._pulse_timer.start(PULSE_DIGIT_MS)
            if self._pulses == 1:
                self._raise_event(Event.PULSE_START)

    def _loop_opens(self) -> None:
        if self.transmit not in (TransmitState.DEBOUNCE, TransmitState.KEWL, TransmitState.AFTERKEWL):
            self._hook_timer.start(self.times.rxflashtime)
        if self.transmit is TransmitState.KEWL:
            self._on_hook_in_kewl = True

    def _digit_complete(self) -> None:
        pulses, self._pulses = self._pulses, 0
        if 0 < pulses <= max(PULSE_KEYS):
            self._raise_event(Event.PULSEDIGIT | ord(PULSE_KEYS.get(pulses, str(pulses))))

    def _hook_timer_due(self) -> None:
        self._raise_event(Event.ONHOOK)
        self._lift_reported = False

    def _wants_kewl(self) -> bool:
        settled_on_hook = self.received is ReceivedHook.ONHOOK and not self._hook_timer.running
        return self.sig == Sig.FXOKS and self.transmit is not TransmitState.ONHOOK and not settled_on_hook

    def _hanging_up(self) -> None:
        self._on_hook_in_kewl = False

    def _kewl_over(self) -> None:
        self._lift_reported = False
        if self._on_hook_in_kewl:
            self._raise_event(Event.ONHOOK)

    def _forget_received(self) -> None:
        self._lift_reported = False
        self._pulses = 0
        self._pulse_timer.stop()

    def _report_again(self) -> None:
        self._receive(ReceivedHook.OFFHOOK if self.loop_closed else ReceivedHook.ONHOOK)

    def pulled(self) -> None:
        rang, fed = self.ringing, self.battery
        self.plugged = False
        self._stop_core_timers()
        self._transfer.stop()
        self._pulse_timer.stop()
        self._tell(rang, fed)

    def pushed(self) -> None:
        rang, fed = self.ringing, self.battery
        self._start_afresh()
        self._circuit = LineCircuit.ACTIVE
        self._pulses, self._lift_reported, self._on_hook_in_kewl = 0, False, False
        self.received = ReceivedHook.ONHOOK
        self._tell(rang, fed)
        self.set_polarity(False)
        if self.loop_closed:
            self._loop_seen()
