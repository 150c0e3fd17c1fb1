"""Exchange lines and desk phones on an analog DAHDI card: the shells around their machines.

Each line has one DAHDI channel and one place in the media pump. What the pump hears on the channel (driver events, keys, tones,
caller id) becomes the machine's events; the machine's effects become ioctls, detectors, sounds and reports.
"""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Protocol

from boards.dahdi import fxo, fxs
from boards.dahdi.abi import Event, pulse_digit
from boards.dahdi.callerid import CallerIdError, caller_from_message, message_for_caller
from boards.dahdi.channel import Channel, DahdiError
from boards.dahdi.heard import CallerIdHeard, ChannelFailed, Hear, Heard, Hearing, KeyDown, LineEvent, ToneHeard
from boards.dahdi.media import ChannelShape
from boards.dahdi.sounds import render_caller_id
from engine.kernel.clock import Clock
from engine.kernel.errors import EnvironmentFault, OurFault, Refused
from engine.kernel.fsm import Machine
from engine.kernel.runner import Actor, Runner
from engine.kernel.text import text
from engine.settings.site import LineTimesSection, StationSection, TrunkSection
from engine.telephony.causes import Cause, Release
from engine.telephony.dtmf import dial_steps
from engine.telephony.lines import StationReceiver, TrunkReceiver
from engine.telephony.media import SAMPLE_RATE_HZ, Companding, PatchBay, Playing, Port
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId, is_diallable
from engine.telephony.tones import CHINA, HeardTone, ToneSet, ToneWindow

__all__ = ["AnalogStation", "AnalogTrunk", "ChannelBay", "Surroundings"]

RING_CADENCE_MS = (1000, 4000)
"""GB 3380: 1 s on, 4 s off."""
CALLER_ID_WITHIN_SAMPLES = (RING_CADENCE_MS[1] - 200) * SAMPLE_RATE_HZ // 1000
"""GR-30: the caller id is over at least 200 ms before the second burst."""

ENDS = {
    HeardTone.BUSY: Release(Cause.USER_BUSY, "busy_tone"),
    HeardTone.CONGESTION: Release(Cause.SWITCHING_CONGESTION, "congestion_tone"),
    HeardTone.UNALLOCATED: Release(Cause.UNALLOCATED_NUMBER, "unallocated_tone"),
}
LISTENING = {
    fxo.Listening.NOTHING: Hearing.NONE,
    fxo.Listening.CALLER_ID: Hearing.CALLER_ID,
    fxo.Listening.PROGRESS: Hearing.PROGRESS,
    fxo.Listening.KEYS_AND_PROGRESS: Hearing.KEYS | Hearing.PROGRESS,
}
TRUNK_EVENTS = {
    Event.ONHOOK: fxo.BatteryDropped(),
    Event.ALARM: fxo.BatteryLost(),
    Event.NOALARM: fxo.BatteryBack(),
    Event.REMOVED: fxo.PortFailed("card_removed"),
}
STATION_EVENTS = {
    Event.RINGOFFHOOK: fxs.LiftSeen(),
    Event.ONHOOK: fxs.HangUpSeen(),
    Event.WINKFLASH: fxs.FlashSeen(),
    Event.RINGEROFF: fxs.BurstEnded(),
    Event.REMOVED: fxs.PortFailed("card_removed"),
}


class ChannelBay(PatchBay, Protocol):
    """The patch bay as a board sees it: it can also take channels and listen on them."""

    def open_channel(self, fd: int, hear: Hear, law: Companding) -> Port:
        """Hand over an open channel."""

    def shape_channel(self, port: Port, shape: ChannelShape) -> None:
        """Give it gains."""

    def close_channel(self, port: Port) -> None:
        """Close it."""

    def flush_channel(self, port: Port) -> None:
        """Begin afresh after the driver reset the channel's buffers."""

    def teach_tones(self, port: Port, windows: Sequence[ToneWindow]) -> None:
        """What the exchange at the other end sounds like."""

    def listen(self, port: Port, hearing: Hearing) -> None:
        """Run these detectors."""


@dataclass(frozen=True)
class Surroundings:
    """What every line on a card needs: media, time, machines, settings, who hears of driver errors, and the exchange's tones."""

    bay: ChannelBay
    clock: Clock
    runner: Runner
    times: LineTimesSection
    driver_error: Callable[[str, DahdiError], None]
    tones: ToneSet = CHINA


class _Line(ABC):
    """What an exchange line and a phone have in common: a channel, a place in the pump, a machine."""

    def __init__(self, section: TrunkSection | StationSection, around: Surroundings, machine: Machine) -> None:
        self.name = section.name
        self._gains_db = section.receive_gain_db, section.transmit_gain_db
        self._around = around
        self._channel: Channel | None = None
        self._port: Port | None = None
        self._actor: Actor = around.runner.adopt(self.name, machine, self._perform_while_open)

    @property
    def port(self) -> Port:
        """Its place in the patch bay. OurFault before ``open``."""
        if self._port is None:
            raise OurFault(f"{self.name} is not open")
        return self._port

    def open(self, channel: Channel) -> None:
        """Take the channel and hand it to the pump. When the pump cannot take it, it is closed."""
        try:
            self._port = self._around.bay.open_channel(channel.fd, self._hear, channel.law)
        except EnvironmentFault:
            channel.close()
            raise
        self._channel = channel
        if any(self._gains_db):
            self._around.bay.shape_channel(self._port, ChannelShape(channel.law, *self._gains_db))

    def close(self) -> None:
        """On hook, and the channel closed. Nothing is reported from now on, not even that the card is gone."""
        channel, self._channel = self._channel, None
        if channel is None:
            return
        with suppress(DahdiError):
            channel.hook_on()
        self._around.bay.close_channel(self.port)

    @abstractmethod
    def _hear(self, heard: Heard) -> None:
        """What the pump hears becomes the machine's events."""

    def _perform_while_open(self, effect: object) -> None:
        if self._channel is not None:
            self._perform(effect)

    @abstractmethod
    def _perform(self, effect: object) -> None:
        """The machine's effects become ioctls, sounds and reports."""

    @abstractmethod
    def _fail(self, reason: str) -> None:
        """The driver refuses the port."""

    def _ioctl(self, call: Callable[[], None]) -> bool:
        """True when the driver did it. Its refusal is an event of its own: the command that led here has returned by then."""
        try:
            call()
        except DahdiError as error:
            self._around.driver_error(self.name, error)
            reason = _reason(error.number)
            self._around.clock.call_later(0.0, lambda: self._fail(reason))
            return False
        return True

    def _driven(self) -> Channel:
        if self._channel is None:
            raise OurFault(f"{self.name} is not open")
        return self._channel

    def _hook_on(self) -> None:
        if self._ioctl(self._driven().hook_on):
            # The driver has emptied its buffers: the pump must queue its one block of advance again.
            self._around.bay.flush_channel(self.port)


def _reason(number: int) -> str:
    """What an errno of the driver says of the port."""
    return "card_removed" if number == errno.ENODEV else "driver_error"


class AnalogTrunk(_Line):
    """An exchange line. Implements ``engine.telephony.lines.Trunk``."""

    def __init__(self, section: TrunkSection, around: Surroundings) -> None:
        super().__init__(section, around, Machine(fxo.TABLE))
        self._section = section
        self._receiver: TrunkReceiver | None = None
        self._digits: Playing | None = None

    def report_to(self, receiver: TrunkReceiver) -> None:
        """Who hears what happens."""
        self._receiver = receiver

    def open(self, channel: Channel) -> None:
        """As every line; and its exchange's tones are made known."""
        super().open(channel)
        self._around.bay.teach_tones(self.port, self._around.tones.windows)

    @property
    def free(self) -> bool:
        return self._channel is not None and isinstance(self._actor.state, fxo.Idle)

    def answer(self) -> None:
        if not isinstance(self._actor.state, fxo.Offered):
            raise Refused(text("Line {line} has no call to answer.", line=self.name))
        self._actor.post(fxo.AnswerCall())

    def dial(self, number: str) -> None:
        if not is_diallable(number):
            raise Refused(text("{number} cannot be dialled: 1 to 32 of the keys 0-9, *, #, A-D are wanted.", number=number))
        if not self.free:
            raise Refused(text("Line {line} is in use or out of service.", line=self.name))
        self._actor.post(fxo.DialNumber(number, self._around.times.dial_tone_wait_s))

    def release(self) -> None:
        self._actor.post(fxo.ReleaseCall())

    def found_dead(self) -> None:
        """There was no battery already when the channel was opened: the driver reports no event for it."""
        self._actor.post(fxo.BatteryLost())

    def _fail(self, reason: str) -> None:
        self._actor.post(fxo.PortFailed(reason))

    def _hear(self, heard: Heard) -> None:
        match heard:
            case LineEvent(number):
                self._driver_event(number)
            case KeyDown(key):
                if self._receiver is not None and isinstance(self._actor.state, (fxo.Connected, fxo.Proceeding)):
                    self._receiver.trunk_key(self, key)
            case ToneHeard(HeardTone.DIAL | HeardTone.SPECIAL_DIAL):
                self._actor.post(fxo.DialToneCame())
            case ToneHeard(tone) if tone in ENDS:
                self._actor.post(fxo.EndToneCame(ENDS[tone]))
            case CallerIdHeard(message):
                self._actor.post(fxo.CallerIdCame(self._caller(message)))
            case ChannelFailed(number):
                self._fail(_reason(number))

    def _driver_event(self, number: int) -> None:
        times = self._around.times
        if number == Event.RINGBEGIN:
            self._actor.post(fxo.RingBegan(times.answer_after_rings, times.ring_gone_s))
        elif number == Event.RINGOFFHOOK:
            self._actor.post(fxo.RingEnded(times.answer_after_rings, times.ring_gone_s))
        elif number == Event.POLARITY:
            if self._section.answer_supervision == "polarity":
                self._actor.post(fxo.PolarityReversed())
        elif number in TRUNK_EVENTS:
            self._actor.post(TRUNK_EVENTS[Event(number)])

    def _caller(self, message: bytes) -> CallerId:
        try:
            return caller_from_message(message)
        except CallerIdError as error:
            if self._receiver is not None:
                self._receiver.line_violated(self, "caller id", str(error))
            return UNKNOWN_CALLER

    def _perform(self, effect: object) -> None:
        match effect:
            case fxo.CloseLoop():
                self._ioctl(self._driven().hook_off)
            case fxo.OpenLoop():
                self._stop_digits()
                self._hook_on()
            case fxo.Listen(what):
                self._around.bay.listen(self.port, LISTENING[what])
            case fxo.SendDigits(number):
                self._send_digits(number)
            case _:
                self._report(effect)

    def _report(self, effect: object) -> None:
        receiver = self._receiver
        if receiver is None:
            return
        match effect:
            case fxo.RangFirst():
                receiver.trunk_rang(self)
            case fxo.CallOffered(caller):
                receiver.trunk_offered(self, caller, self._section.number)
            case fxo.DialledOut():
                receiver.trunk_dialled(self)
            case fxo.Answered(supervision):
                receiver.trunk_answered(self, supervision)
            case fxo.CallReleased(release):
                receiver.trunk_released(self, release)
            case fxo.Usable():
                receiver.line_in_service(self)
            case fxo.Gone(reason):
                self._stop_digits()
                receiver.line_out_of_service(self, reason)
            case _:
                raise OurFault(f"nobody performs {effect!r}")

    def _send_digits(self, number: str) -> None:
        times = self._around.times
        assumed = self._section.answer_supervision == "none"

        def sent(_samples: int, complete: bool) -> None:
            if complete:
                self._actor.post(fxo.DigitsSent(assumed))

        steps = dial_steps(number, times.dtmf_on_ms, times.dtmf_off_ms)
        try:
            self._digits = self._around.bay.tone(steps, [self.port], loop_from=None, ended=sent)
        except EnvironmentFault:
            self._actor.post(fxo.DialFailed())

    def _stop_digits(self) -> None:
        """Digits of a call that is over must not sound into the next one."""
        if self._digits is not None:
            self._digits.stop()
            self._digits = None


class AnalogStation(_Line):
    """A desk phone. Implements ``engine.telephony.lines.Station``."""

    def __init__(self, section: StationSection, around: Surroundings) -> None:
        super().__init__(section, around, Machine(fxs.TABLE))
        self._receiver: StationReceiver | None = None
        self._showing: Playing | None = None
        self._burst_ended_sample = 0
        self.callers_not_shown = 0

    def report_to(self, receiver: StationReceiver) -> None:
        """Who hears what happens."""
        self._receiver = receiver

    @property
    def off_hook(self) -> bool:
        return isinstance(self._actor.state, fxs.OffHook)

    @property
    def ringing(self) -> bool:
        return isinstance(self._actor.state, fxs.Ringing)

    @property
    def in_service(self) -> bool:
        return self._channel is not None and not isinstance(self._actor.state, fxs.OutOfService)

    def ring(self, caller: CallerId) -> None:
        if not (self.in_service and isinstance(self._actor.state, fxs.OnHook)):
            raise Refused(text("Phone {phone} cannot be rung now.", phone=self.name))
        self._actor.post(fxs.RingPhone(caller))

    def stop_ringing(self) -> None:
        self._actor.post(fxs.StopRinging())

    def found_lifted(self) -> None:
        """The handset was up already when the channel was opened: the driver reports no event for it."""
        self._actor.post(fxs.LiftSeen())

    def _fail(self, reason: str) -> None:
        self._actor.post(fxs.PortFailed(reason))

    def _hear(self, heard: Heard) -> None:
        match heard:
            case LineEvent(number, sample):
                if number == Event.RINGEROFF:
                    self._burst_ended_sample = sample
                self._driver_event(number)
            case KeyDown(key):
                self._key(key)
            case ChannelFailed(number):
                self._fail(_reason(number))

    def _driver_event(self, number: int) -> None:
        digit = pulse_digit(number)
        if digit is not None:
            self._key(digit)
        elif number in STATION_EVENTS:
            self._actor.post(STATION_EVENTS[Event(number)])

    def _key(self, key: str) -> None:
        if self._receiver is not None and self.off_hook:
            self._receiver.station_key(self, key)

    def _perform(self, effect: object) -> None:
        match effect:
            case fxs.StartBell():
                self._unless_busy(lambda: self._driven().ring(RING_CADENCE_MS))
            case fxs.StopBell():
                self._stop_showing()
                self._ioctl(self._driven().ring_stop)
            case fxs.ServePhone():
                self._unless_busy(self._driven().hook_off)
            case fxs.RestPort():
                self._hook_on()
            case fxs.ShowCaller(caller):
                self._show(caller)
            case fxs.HearKeys(on):
                self._around.bay.listen(self.port, Hearing.KEYS if on else Hearing.NONE)
            case _:
                self._report(effect)

    def _report(self, effect: object) -> None:
        receiver = self._receiver
        if receiver is None:
            return
        match effect:
            case fxs.Lifted():
                receiver.station_lifted(self)
            case fxs.HungUp():
                receiver.station_hung_up(self)
            case fxs.Flashed():
                receiver.station_flashed(self)
            case fxs.Gone(reason):
                receiver.line_out_of_service(self, reason)
            case _:
                raise OurFault(f"nobody performs {effect!r}")

    def _unless_busy(self, call: Callable[[], None]) -> None:
        """EBUSY is no fault here: the port removes battery after a hang-up, and will be asked again."""

        def patient() -> None:
            try:
                call()
            except DahdiError as error:
                if error.number != errno.EBUSY:
                    raise
                self._actor.post(fxs.PortBusy())

        self._ioctl(patient)

    def _show(self, caller: CallerId) -> None:
        clock = self._around.clock
        month, day, hour, minute = local_minute(clock.utc_ms(), clock.utc_offset_min())
        audio = render_caller_id(message_for_caller(caller, month, day, hour, minute))
        since_burst = self._around.bay.sample_now() - self._burst_ended_sample
        if since_burst + len(audio) > CALLER_ID_WITHIN_SAMPLES:
            # We are so late that it would run into the second burst: a phone would show nothing, or nonsense.
            self.callers_not_shown += 1
            return
        self._showing = self._around.bay.play(audio, [self.port])

    def _stop_showing(self) -> None:
        if self._showing is not None:
            self._showing.stop()
            self._showing = None


def local_minute(utc_ms: int, utc_offset_min: int) -> tuple[int, int, int, int]:
    """Month, day, hour and minute of the site's local time."""
    local = datetime.fromtimestamp(utc_ms / 1000, tz=timezone(timedelta(minutes=utc_offset_min)))
    return local.month, local.day, local.hour, local.minute
