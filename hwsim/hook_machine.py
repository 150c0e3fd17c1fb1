"""The driver's transmit hook machine, moved by the HOOK call and one timer, and the hook state that it shares with the receive machine.

    ONHOOK ──OFFHOOK──▶ DEBOUNCE ─600─▶ OFFHOOK ──FLASH──▶ PREFLASH ─50─▶ FLASH ─750─▶ OFFHOOK
    ONHOOK ──RING────▶ RINGON ◀─cadence─▶ RINGOFF                     (FXO signalling)
    ONHOOK ──START───▶ START ─1500─▶ AFTERSTART ─500─▶ OFFHOOK        (any other)
    ONHOOK ──WINK────▶ PREWINK ─50─▶ WINK ─150─▶ ONHOOK
    OFFHOOK ─digit───▶ PULSEBREAK ◀─50─▶ PULSEMAKE … ─▶ PULSEAFTER ─750─▶ OFFHOOK
    any    ──ONHOOK──▶ ONHOOK;  fxoks with the far end off hook: KEWL (no battery) ─500─▶ AFTERKEWL ─300─▶ ONHOOK

Somebody who answers does not move the transmit machine: the far line circuit stops the bell, and the driver's cadence runs
on, with its events, until the program says OFFHOOK, RINGOFF or ONHOOK.

Times are the driver's: a deadline set at one millisecond for n is met n milliseconds later.
"""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import ClassVar, Protocol

from boards.dahdi.abi import ANALOG_STATION, CADENCE_STEPS, Alarm, Event, Hook, ReceivedHook, SentHook, Sig
from hwsim.agenda import Agenda
from hwsim.receive_machines import receiving_for
from hwsim.transmit_states import HookTimes, TransmitState

__all__ = ["FarEnd", "HookPort", "HookTimes", "TransmitState"]

SILENCE = bytes([0xD5]) * 160
KEWL_MS = 500
AFTER_KEWL_MS = 300
AFTER_START_MS = 500
RING_OFF_MS = 4000
"""Pause of the cadence when no tone zone gives one."""


class FarEnd(Protocol):
    """Whoever is at the other end of a port's pair: a telephone, or the exchange."""

    def exchange(self, heard: bytes) -> bytes:
        """One block of 20 ms: 160 A-law octets heard from the card, 160 said to it.

        Both are of the same 20 ms of line time.
        """


class HookPort(ABC):
    """A channel's hook: the transmit machine, the receive machine of its signalling, and what the driver reports of both.

    ``raise_event`` queues an event for the channel; ``audio_reset`` empties the channel's buffers. Both do nothing while the
    channel is closed.
    """

    def __init__(self, agenda: Agenda, channel: int, sig: Sig, raise_event: Callable[[int], None], audio_reset: Callable[[], None]) -> None:
        self.channel = channel
        self.sig = sig
        self.plugged = True
        self.frozen = False
        self.alarms = Alarm.NONE
        self.times = HookTimes.at_open(sig)
        self.zone_cadence: tuple[int, ...] | None = None
        self.cadence: list[int] = [0] * CADENCE_STEPS
        self.cadence_loop_from = 0
        self.transmit = TransmitState.ONHOOK
        self.sent = SentHook.ONHOOK
        self.received = ReceivedHook.ONHOOK
        self.raise_event = raise_event
        self._audio_reset = audio_reset
        self._nonblocking = True
        self._cadence_at = 0
        self._pulses_left = 0
        self._pulses_sent: Callable[[], None] = lambda: None
        self._transmit_timer = agenda.deadline(self._transmit_due)
        self.hook_timer = agenda.deadline(self._hook_timer_due)
        self._agenda = agenda
        self._receiving = receiving_for(sig)(self, agenda)

    # ---- what the driver's calls do ----

    def opened(self, zone_cadence: tuple[int, ...] | None, *, nonblocking: bool) -> None:
        """The channel was opened: everything is as after loading the driver, except the line itself."""
        self._nonblocking = nonblocking
        self.zone_cadence = zone_cadence
        self.times = HookTimes.at_open(self.sig)
        self.set_cadence(None)
        self._transmit_timer.stop()
        self.hook_timer.stop()
        self._receiving.forget()
        self.hang_up()

    def closed(self) -> None:
        """The channel was closed: hang up and forget what was half received."""
        self.frozen = False
        self.hang_up()
        self.hook_timer.stop()
        self._receiving.forget()

    def configured(self, sig: Sig) -> None:
        """CHANCONFIG, or SHUTDOWN with ``Sig.NONE``: hang up; the present state of the line is reported anew."""
        self.hang_up()
        self._use(sig)
        self.received = ReceivedHook.INITIAL
        if sig:
            self._report_again()

    def _use(self, sig: Sig) -> None:
        self.sig = sig
        kind = receiving_for(sig)
        if type(self._receiving) is not kind:
            self._receiving.stop()
            self._receiving = kind(self, self._agenda)

    def set_cadence(self, steps_ms: tuple[int, ...] | None) -> None:
        """SETCADENCE: None for the zone's, or without a zone ``starttime`` and 4 s."""
        steps = steps_ms if steps_ms is not None else self.zone_cadence
        if steps is None:
            steps = (self.times.starttime, RING_OFF_MS)
        self.cadence = [*steps, *[0] * (CADENCE_STEPS - len(steps))]
        self.cadence_loop_from = 0
        for place in range(0, CADENCE_STEPS, 2):
            if self.cadence[place] < 0:
                self.cadence[place] = -self.cadence[place]
                self.cadence_loop_from = place
                break

    def set_times(self, times: HookTimes) -> None:
        """SET_PARAMS."""
        self.times = times
        if self.zone_cadence is None:
            self.cadence[0] = times.starttime

    def hook(self, argument: int) -> int:
        """HOOK: returns 0, or the errno."""
        act = self._ACTS.get(argument)
        return errno.EINVAL if act is None else act(self)

    def hang_up(self) -> int:
        """HOOK ONHOOK, open and close: idle, or a battery removal first; both audio directions are emptied."""
        self._receiving.hanging_up()
        if self._receiving.wants_kewl():
            self._send(SentHook.KEWL, TransmitState.KEWL, KEWL_MS)
        else:
            self._send(SentHook.ONHOOK, TransmitState.ONHOOK, 0)
        self._cadence_at = 0
        self._audio_reset()
        return 0

    def _go_on_hook(self) -> int:
        return self.hang_up()

    def _go_off_hook(self) -> int:
        if self.transmit in (TransmitState.KEWL, TransmitState.AFTERKEWL):
            return errno.EBUSY
        self._send(SentHook.OFFHOOK, TransmitState.DEBOUNCE, self.times.debouncetime)
        return 0

    def _wink(self) -> int:
        if self.transmit is not TransmitState.ONHOOK:
            return errno.EBUSY
        self._send(SentHook.ONHOOK, TransmitState.PREWINK, self.times.prewinktime)
        return self._goes_on()

    def _flash(self) -> int:
        if self.transmit is not TransmitState.OFFHOOK:
            return errno.EBUSY
        self._send(SentHook.OFFHOOK, TransmitState.PREFLASH, self.times.preflashtime)
        return self._goes_on()

    def _ring(self) -> int:
        if self.zone_cadence is None:
            return errno.ENODATA
        if self.transmit is not TransmitState.ONHOOK:
            return errno.EBUSY
        if self.sig & ANALOG_STATION:
            self._cadence_at = 0
            self._send(SentHook.START, TransmitState.RINGON, self.cadence[0])
        else:
            self._send(SentHook.START, TransmitState.START, self.times.starttime)
        return self._goes_on()

    def _ring_off(self) -> int:
        self._send(SentHook.ONHOOK, TransmitState.ONHOOK, 0)
        return 0

    def _goes_on(self) -> int:
        """What a call returns whose work takes time. A blocking caller would be kept waiting: see the README."""
        return errno.EINPROGRESS if self._nonblocking else 0

    # ---- dial pulses ----

    def dial_pulses(self, count: int, sent: Callable[[], None]) -> bool:
        """Break the loop ``count`` times, then rest; ``sent`` is called at the end. False when the loop is not closed: nothing is done."""
        if self.sent is not SentHook.OFFHOOK:
            return False
        self._pulses_left, self._pulses_sent = count, sent
        self._send(SentHook.ONHOOK, TransmitState.PULSEBREAK, self.times.pulsebreaktime)
        return True

    def stop_pulses(self) -> None:
        """The dialling was given up: the pulse that runs is the last."""
        self._pulses_left = 0

    def _pulse_over(self) -> None:
        self._pulses_left = max(self._pulses_left - 1, 0)
        if self._pulses_left:
            self._send(SentHook.ONHOOK, TransmitState.PULSEBREAK, self.times.pulsebreaktime)
        else:
            self.transmit = TransmitState.PULSEAFTER
            self._transmit_timer.start(self.times.pulseaftertime)

    def _digit_over(self) -> None:
        self.transmit = TransmitState.OFFHOOK
        self._pulses_sent()

    # ---- the transmit machine ----

    def _send(self, sent: SentHook, state: TransmitState, duration_ms: int) -> None:
        self.transmit = state
        self._transmit_timer.start(duration_ms)
        if sent is not self.sent:
            self.sent = sent
            self._drive()

    def _transmit_due(self) -> None:
        due = self._WHEN_DUE.get(self.transmit)
        if due is not None:
            due(self)

    def _started(self) -> None:
        self._send(SentHook.OFFHOOK, TransmitState.AFTERSTART, AFTER_START_MS)

    def _wink_begins(self) -> None:
        self._send(SentHook.OFFHOOK, TransmitState.WINK, self.times.winktime)

    def _flash_begins(self) -> None:
        self._send(SentHook.ONHOOK, TransmitState.FLASH, self.times.flashtime)

    def _on_hook_again(self) -> None:
        self._finish(SentHook.ONHOOK, TransmitState.ONHOOK)

    def _off_hook_again(self) -> None:
        self._finish(SentHook.OFFHOOK, TransmitState.OFFHOOK)

    def _battery_back(self) -> None:
        self._finish(SentHook.ONHOOK, TransmitState.AFTERKEWL, AFTER_KEWL_MS)

    def _pulse_made(self) -> None:
        self._send(SentHook.OFFHOOK, TransmitState.PULSEMAKE, self.times.pulsemaketime)

    def _bell_on(self) -> None:
        self._cadence_at = (self._cadence_at + 1) if self._cadence_at + 1 < CADENCE_STEPS else self.cadence_loop_from
        if not self.cadence[self._cadence_at]:
            self._cadence_at = self.cadence_loop_from
        self._send(SentHook.START, TransmitState.RINGON, self.cadence[self._cadence_at])
        self.raise_event(Event.RINGERON)

    def _bell_off(self) -> None:
        self._cadence_at = (self._cadence_at + 1) if self._cadence_at + 1 < CADENCE_STEPS else 0
        pause_ms = self.cadence[self._cadence_at]
        if not pause_ms:
            # The driver goes back to the start here, and to the zone's first time, whatever cadence was set.
            self._cadence_at = 0
            pause_ms = self.zone_cadence[0] if self.zone_cadence else 0
        self._send(SentHook.OFFHOOK, TransmitState.RINGOFF, pause_ms)
        self.raise_event(Event.RINGEROFF)

    def _finish(self, sent: SentHook, state: TransmitState, duration_ms: int = 0) -> None:
        self._send(sent, state, duration_ms)
        if self._nonblocking:
            self.raise_event(Event.HOOKCOMPLETE)

    def _debounced(self) -> None:
        self._send(SentHook.OFFHOOK, TransmitState.OFFHOOK, 0)
        if self.received is ReceivedHook.ONHOOK and self.times.rxflashtime > 2:
            self.hook_timer.start(self.times.rxflashtime)

    def _after_kewl(self) -> None:
        self.transmit = TransmitState.ONHOOK
        self._receiving.kewl_over()

    # ---- what is received ----

    def receive(self, received: ReceivedHook) -> None:
        """The line reports what the far end does; only changes count, and none while signalling is frozen."""
        if received is self.received or self.frozen or not self.sig:
            return
        self.received = received
        self._receiving.changed()

    def _hook_timer_due(self) -> None:
        self._receiving.timer_due()

    def raise_alarm(self, alarms: Alarm) -> None:
        """The line's alarm state; every change of it that is reported is an event."""
        if alarms != self.alarms:
            self.alarms = alarms
            self.raise_event(Event.ALARM if alarms else Event.NOALARM)

    # ---- what differs ----

    @abstractmethod
    def _drive(self) -> None:
        """The line follows ``sent``."""

    @abstractmethod
    def _report_again(self) -> None:
        """Report the line's present state after CHANCONFIG."""

    @abstractmethod
    def pulled(self) -> None:
        """The card was pulled: no voltage, no loop, no bits."""

    @abstractmethod
    def pushed(self) -> None:
        """The card is back, as after loading the driver."""

    def _stop_core_timers(self) -> None:
        """Without card the driver has no time."""
        self._transmit_timer.stop()
        self.hook_timer.stop()
        self._receiving.stop()

    def _start_afresh(self) -> None:
        """As after loading the driver."""
        self.plugged = True
        self.sent = SentHook.ONHOOK
        self.transmit = TransmitState.ONHOOK
        self.alarms = Alarm.NONE
        self.frozen = False
        self._receiving = receiving_for(self.sig)(self, self._agenda)

    # ---- the tables ----

    _ACTS: ClassVar[Mapping[int, Callable[[HookPort], int]]] = MappingProxyType(
        {
            Hook.ONHOOK: _go_on_hook,
            Hook.OFFHOOK: _go_off_hook,
            Hook.WINK: _wink,
            Hook.FLASH: _flash,
            Hook.START: _ring,
            Hook.RING: _ring,
            Hook.RINGOFF: _ring_off,
        }
    )
    _WHEN_DUE: ClassVar[Mapping[TransmitState, Callable[[HookPort], None]]] = MappingProxyType(
        {
            TransmitState.RINGOFF: _bell_on,
            TransmitState.RINGON: _bell_off,
            TransmitState.START: _started,
            TransmitState.AFTERSTART: _off_hook_again,
            TransmitState.DEBOUNCE: _debounced,
            TransmitState.PREWINK: _wink_begins,
            TransmitState.WINK: _on_hook_again,
            TransmitState.PREFLASH: _flash_begins,
            TransmitState.FLASH: _off_hook_again,
            TransmitState.KEWL: _battery_back,
            TransmitState.AFTERKEWL: _after_kewl,
            TransmitState.PULSEBREAK: _pulse_made,
            TransmitState.PULSEMAKE: _pulse_over,
            TransmitState.PULSEAFTER: _digit_over,
        }
    )
