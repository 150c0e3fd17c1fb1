"""Analog ports as the driver and an analog card have them, each with its line side.

    ExchangePort   the card's FXO port: an exchange line is plugged in, the channel has FXS signalling (fxsks, fxsls)
    PhonePort      the card's FXS port: a telephone is plugged in, the channel has FXO signalling (fxoks, fxols)

The driver's hook machines stand in ``hook_machine.py`` and ``receive_machines.py``. What the card itself adds stands here: detectors of
ringing, battery and polarity, and the line circuit.
"""

from __future__ import annotations

import errno
from abc import abstractmethod
from collections.abc import Callable
from enum import Enum, auto

from boards.dahdi.abi import Alarm, Event, ReceivedHook, SentHook, Sig
from hwsim.agenda import Agenda
from hwsim.hook_machine import FarEnd, HookPort

__all__ = ["ExchangePort", "FarEnd", "PhonePort"]

RING_SEEN_MS = 64
RING_FADE = 4
"""The card reports ringing when a count of its milliseconds has reached 64, and its end when the count, falling four times slower,
is back at zero: 256 ms later.
"""
BATTERY_DEBOUNCE_MS = 64
BATTERY_ALARM_MS = 1000
POLARITY_DEBOUNCE_MS = 64
ON_HOOK_TRANSFER_AFTER_RINGING_MS = 6000


class AnalogPort(HookPort):
    """What both kinds of port share: somebody at the far end of the pair, and whether he hears and is heard."""

    far_end: FarEnd | None = None

    @property
    @abstractmethod
    def hears_line(self) -> bool:
        """True while what the far end says reaches the channel."""

    @property
    @abstractmethod
    def heard_on_line(self) -> bool:
        """True while what the channel sends reaches the far end."""


class ExchangePort(AnalogPort):
    """An exchange line at a card's FXO port. Line side: the exchange's ringing, battery and polarity, and our loop."""

    def __init__(self, agenda: Agenda, channel: int, sig: Sig, raise_event: Callable[[int], None], audio_reset: Callable[[], None]) -> None:
        super().__init__(agenda, channel, sig, raise_event, audio_reset)
        self.loop_changed: Callable[[bool], None] | None = None
        self._ringing = False
        self._battery = True
        self._reversed = False
        self._ring_detector = agenda.deadline(self._ring_detected)
        self._ring_level_ms = 0.0
        self._ring_level_at_ms = agenda.now_ms
        self._ring_slope = 0.0
        self._ring_reported = False
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
        self.receive(ReceivedHook.RING if self._ring_reported else ReceivedHook.OFFHOOK)
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
        self.receive(ReceivedHook.OFFHOOK if self._battery else ReceivedHook.ONHOOK)
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
            self.raise_event(Event.POLARITY)

    def _report_again(self) -> None:
        self._battery_seen = not self._battery
        self._battery_timer.start(BATTERY_DEBOUNCE_MS)

    def pulled(self) -> None:
        self.plugged = False
        self._stop_core_timers()
        for timer in (self._battery_timer, self._battery_alarm, self._polarity_timer):
            timer.stop()
        self._look_at_ringing()
        self._tell_loop()

    def pushed(self) -> None:
        self._start_afresh()
        self._ring_level_ms, self._ring_reported = 0.0, False
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
    """A telephone at a card's FXS port. Line side: the phone's loop; our ringing, battery, polarity and message lamp."""

    def __init__(self, agenda: Agenda, channel: int, sig: Sig, raise_event: Callable[[int], None], audio_reset: Callable[[], None]) -> None:
        super().__init__(agenda, channel, sig, raise_event, audio_reset)
        self.ringing_changed: Callable[[bool], None] | None = None
        self.battery_changed: Callable[[bool], None] | None = None
        self.polarity_changed: Callable[[bool], None] | None = None
        self.lamp_changed: Callable[[bool], None] | None = None
        self.reversed = False
        self.lamp = False
        self.loop_closed = False
        self._circuit = LineCircuit.ACTIVE
        self._transfer = agenda.deadline(self._transfer_over)

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

    def set_lamp(self, on: bool) -> None:
        """The voltage that lights a message lamp, on or off."""
        if on is not self.lamp:
            self.lamp = on
            if self.lamp_changed is not None:
                self.lamp_changed(on)

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
        self.receive(ReceivedHook.OFFHOOK if self.loop_closed else ReceivedHook.ONHOOK)

    def _report_again(self) -> None:
        self.receive(ReceivedHook.OFFHOOK if self.loop_closed else ReceivedHook.ONHOOK)

    def pulled(self) -> None:
        rang, fed = self.ringing, self.battery
        self.plugged = False
        self._stop_core_timers()
        self._transfer.stop()
        self._tell(rang, fed)

    def pushed(self) -> None:
        rang, fed = self.ringing, self.battery
        self._start_afresh()
        self._circuit = LineCircuit.ACTIVE
        self.received = ReceivedHook.ONHOOK
        self._tell(rang, fed)
        self.set_polarity(False)
        if self.loop_closed:
            self._loop_seen()
