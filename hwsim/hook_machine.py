"""What analog ports of both kinds share: the driver's transmit machine, moved by the HOOK call and its one timer.

    ONHOOK ──OFFHOOK──▶ DEBOUNCE ─600─▶ OFFHOOK ──FLASH──▶ PREFLASH ─50─▶ FLASH ─750─▶ OFFHOOK
    ONHOOK ──RING────▶ RINGON ◀─cadence─▶ RINGOFF                     (phone ports)
    ONHOOK ──START───▶ START ─1500─▶ AFTERSTART ─500─▶ OFFHOOK        (exchange ports)
    ONHOOK ──WINK────▶ PREWINK ─50─▶ WINK ─150─▶ ONHOOK
    any    ──ONHOOK──▶ ONHOOK;  fxoks with the phone off hook: KEWL (no battery) ─500─▶ AFTERKEWL ─300─▶ ONHOOK

A phone that answers does not move the transmit machine: the card's line circuit stops the bell, and the driver's cadence runs
on, with its events, until the appliance says OFFHOOK, RINGOFF or ONHOOK.

Times are the driver's: a deadline set at one millisecond for n is met n milliseconds later.
"""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from boards.dahdi.abi import ANALOG_STATION, CADENCE_STEPS, Alarm, Event, Hook, Params, ReceivedHook, SentHook, Sig
from hwsim.agenda import Agenda

__all__ = ["AnalogPort", "FarEnd", "HookTimes", "TransmitState"]

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


class TransmitState(Enum):
    """States of the transmit machine."""

    ONHOOK = auto()
    OFFHOOK = auto()
    START = auto()
    PREWINK = auto()
    WINK = auto()
    PREFLASH = auto()
    FLASH = auto()
    DEBOUNCE = auto()
    AFTERSTART = auto()
    RINGON = auto()
    RINGOFF = auto()
    KEWL = auto()
    AFTERKEWL = auto()


@dataclass
class HookTimes:
    """The timing parameters of a channel (ms), under the names that GET_PARAMS and SET_PARAMS use; reset at every open."""

    prewinktime: int = 50
    preflashtime: int = 50
    winktime: int = 150
    flashtime: int = 750
    starttime: int = 1500
    rxwinktime: int = 300
    rxflashtime: int = 1250
    debouncetime: int = 600
    pulsebreaktime: int = 50
    pulsemaketime: int = 50
    pulseaftertime: int = 750

    @classmethod
    def at_open(cls, sig: Sig) -> HookTimes:
        """The driver's defaults for this signalling."""
        return cls(starttime=2000) if sig & ANALOG_STATION else cls()

    @classmethod
    def from_params(cls, params: Params) -> HookTimes:
        """What SET_PARAMS takes."""
        return cls(**{name: getattr(params, name) for name in cls.__dataclass_fields__})


class AnalogPort(ABC):
    """What both kinds of port share: the transmit machine, and the channel's hook state as the driver reports it.

    ``raise_event`` queues an event for the channel; ``audio_reset`` empties the channel's buffers. Both do nothing while the
    channel is closed.
    """

    def __init__(self, agenda: Agenda, channel: int, sig: Sig, raise_event: Callable[[int], None], audio_reset: Callable[[], None]) -> None:
        self.channel = channel
        self.sig = sig
        self.far_end: FarEnd | None = None
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
        self._raise_event = raise_event
        self._audio_reset = audio_reset
        self._nonblocking = True
        self._cadence_at = 0
        self._transmit_timer = agenda.deadline(self._transmit_due)
        self._hook_timer = agenda.deadline(self._hook_timer_due)
        self._agenda = agenda

    # ---- what the driver's calls do ----

    def opened(self, zone_cadence: tuple[int, ...] | None, *, nonblocking: bool) -> None:
        """The channel was opened: everything is as after loading the driver, except the line itself."""
        self._nonblocking = nonblocking
        self.zone_cadence = zone_cadence
        self.times = HookTimes.at_open(self.sig)
        self.set_cadence(None)
        self._transmit_timer.stop()
        self._hook_timer.stop()
        self._forget_received()
        self.hang_up()

    def closed(self) -> None:
        """The channel was closed: hang up and forget what was half received."""
        self.hang_up()
        self._hook_timer.stop()
        self._forget_received()

    def configured(self, sig: Sig) -> None:
        """CHANCONFIG, or SHUTDOWN with ``Sig.NONE``: hang up; the present state of the line is reported anew."""
        self.hang_up()
        self.sig = sig
        self.received = ReceivedHook.INITIAL
        if sig:
            self._report_again()

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
        acts: dict[int, Callable[[], int]] = {
            Hook.ONHOOK: self.hang_up,
            Hook.OFFHOOK: self._go_off_hook,
            Hook.WINK: self._wink,
            Hook.FLASH: self._flash,
            Hook.START: self._ring,
            Hook.RING: self._ring,
            Hook.RINGOFF: self._ring_off,
        }
        act = acts.get(argument)
        return errno.EINVAL if act is None else act()

    def hang_up(self) -> int:
        """HOOK ONHOOK, open and close: idle, or a battery removal first; both audio directions are emptied."""
        self._hanging_up()
        if self._wants_kewl():
            self._send(SentHook.KEWL, TransmitState.KEWL, KEWL_MS)
        else:
            self._send(SentHook.ONHOOK, TransmitState.ONHOOK, 0)
        self._cadence_at = 0
        self._audio_reset()
        return 0

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

    # ---- the transmit machine ----

    def _send(self, sent: SentHook, state: TransmitState, duration_ms: int) -> None:
        self.transmit = state
        self._transmit_timer.start(duration_ms)
        if sent is not self.sent:
            self.sent = sent
            self._drive()

    def _transmit_due(self) -> None:
        match self.transmit:
            case TransmitState.RINGOFF:
                self._bell_on()
            case TransmitState.RINGON:
                self._bell_off()
            case TransmitState.DEBOUNCE:
                self._debounced()
            case TransmitState.AFTERKEWL:
                self.transmit = TransmitState.ONHOOK
                self._kewl_over()
            case _:
                self._go_on()

    def _go_on(self) -> None:
        match self.transmit:
            case TransmitState.START:
                self._send(SentHook.OFFHOOK, TransmitState.AFTERSTART, AFTER_START_MS)
            case TransmitState.PREWINK:
                self._send(SentHook.OFFHOOK, TransmitState.WINK, self.times.winktime)
            case TransmitState.WINK:
                self._finish(SentHook.ONHOOK, TransmitState.ONHOOK)
            case TransmitState.PREFLASH:
                self._send(SentHook.ONHOOK, TransmitState.FLASH, self.times.flashtime)
            case TransmitState.FLASH | TransmitState.AFTERSTART:
                self._finish(SentHook.OFFHOOK, TransmitState.OFFHOOK)
            case TransmitState.KEWL:
                self._finish(SentHook.ONHOOK, TransmitState.AFTERKEWL, AFTER_KEWL_MS)

    def _bell_on(self) -> None:
        self._cadence_at = (self._cadence_at + 1) if self._cadence_at + 1 < CADENCE_STEPS else self.cadence_loop_from
        if not self.cadence[self._cadence_at]:
            self._cadence_at = self.cadence_loop_from
        self._send(SentHook.START, TransmitState.RINGON, self.cadence[self._cadence_at])
        self._raise_event(Event.RINGERON)

    def _bell_off(self) -> None:
        self._cadence_at = (self._cadence_at + 1) if self._cadence_at + 1 < CADENCE_STEPS else 0
        pause_ms = self.cadence[self._cadence_at]
        if not pause_ms:
            # The driver goes back to the start here, and to the zone's first time, whatever cadence was set.
            self._cadence_at = 0
            pause_ms = self.zone_cadence[0] if self.zone_cadence else 0
        self._send(SentHook.OFFHOOK, TransmitState.RINGOFF, pause_ms)
        self._raise_event(Event.RINGEROFF)

    def _finish(self, sent: SentHook, state: TransmitState, duration_ms: int = 0) -> None:
        self._send(sent, state, duration_ms)
        if self._nonblocking:
            self._raise_event(Event.HOOKCOMPLETE)

    def _debounced(self) -> None:
        self._send(SentHook.OFFHOOK, TransmitState.OFFHOOK, 0)
        if self.received is ReceivedHook.ONHOOK and self.times.rxflashtime > 2:
            self._hook_timer.start(self.times.rxflashtime)

    # ---- what differs ----

    def _receive(self, received: ReceivedHook) -> None:
        """The card reports what the far end does; only changes count, and none while signalling is frozen."""
        if received is self.received or self.frozen or not self.sig:
            return
        self.received = received
        self._received()

    def raise_alarm(self, alarms: Alarm) -> None:
        """The card reports the line's alarm state; a change between none and any is an event."""
        if bool(alarms) != bool(self.alarms):
            self._raise_event(Event.ALARM if alarms else Event.NOALARM)
        self.alarms = alarms

    @abstractmethod
    def _wants_kewl(self) -> bool:
        """True when a hang-up is to be told by a battery removal."""

    @abstractmethod
    def _drive(self) -> None:
        """The line circuit follows ``sent``."""

    @abstractmethod
    def _received(self) -> None:
        """The receive machine follows ``received``."""

    @abstractmethod
    def _hook_timer_due(self) -> None:
        """The receive machine's hook timer ran out."""

    @abstractmethod
    def _forget_received(self) -> None:
        """Forget what was half received, as open and close do."""

    @abstractmethod
    def _report_again(self) -> None:
        """Report the line's present state after CHANCONFIG."""

    @abstractmethod
    def pulled(self) -> None:
        """The card was pulled: no voltage, no loop."""

    @abstractmethod
    def pushed(self) -> None:
        """The card is back, as after loading the driver."""

    @property
    @abstractmethod
    def hears_line(self) -> bool:
        """True while what the far end says reaches the channel."""

    @property
    @abstractmethod
    def heard_on_line(self) -> bool:
        """True while what the channel sends reaches the far end."""

    @abstractmethod
    def _hanging_up(self) -> None:
        """What the receive machine does at a hang-up."""

    @abstractmethod
    def _kewl_over(self) -> None:
        """The battery removal and the rest after it are over."""

    def _stop_core_timers(self) -> None:
        """Without card the driver has no time."""
        self._transmit_timer.stop()
        self._hook_timer.stop()

    def _start_afresh(self) -> None:
        """As after loading the driver."""
        self.plugged = True
        self.sent = SentHook.ONHOOK
        self.transmit = TransmitState.ONHOOK
        self.alarms = Alarm.NONE
        self.frozen = False
