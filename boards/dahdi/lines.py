"""Exchange lines and desk phones on an analog DAHDI card: the shells around their machines.

Each line has one DAHDI channel and one place in the media pump. What the pump hears on the channel (driver events, keys, tones,
caller id) becomes the machine's events; the machine's effects become ioctls, detectors, sounds and reports.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from boards.dahdi import fxo, fxs, port_life
from boards.dahdi.abi import Alarm, Event, Params, pulse_digit
from boards.dahdi.callerid import CallerIdError, caller_from_message, message_for_caller
from boards.dahdi.channel import Channel
from boards.dahdi.heard import CallerIdHeard, FaxHeard, FaxTone, Heard, Hearing, KeyDown, LineEvent, ToneHeard
from boards.dahdi.line import EVENTS_FULL, ChannelBay, Line, Surroundings
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.sounds import render_caller_id
from engine.kernel.errors import EnvironmentFault, OurFault, Refused
from engine.kernel.fsm import Machine
from engine.kernel.text import text
from engine.settings.site import StationSection, TrunkSection
from engine.telephony.causes import Cause, Release
from engine.telephony.dtmf import dial_steps
from engine.telephony.lines import StationReceiver, TrunkReceiver
from engine.telephony.media import SAMPLE_RATE_HZ, Playing
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId, is_diallable
from engine.telephony.tones import HeardTone

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
STATION_EVENTS = {
    Event.RINGOFFHOOK: fxs.LiftSeen(),
    Event.ONHOOK: fxs.HangUpSeen(),
    Event.WINKFLASH: fxs.FlashSeen(),
    Event.RINGEROFF: fxs.BurstEnded(),
}


class AnalogTrunk(Line):
    """An exchange line. Implements ``engine.telephony.lines.Trunk``."""

    DEVICE_EFFECTS = (fxo.CloseLoop, fxo.OpenLoop, fxo.Listen, fxo.SendDigits)

    def __init__(self, section: TrunkSection, around: Surroundings) -> None:
        super().__init__(section, around, Machine(fxo.TABLE))
        self._section = section
        self._receiver: TrunkReceiver | None = None
        self._digits: Playing | None = None

    def report_to(self, receiver: TrunkReceiver) -> None:
        """Who hears what happens."""
        self._receiver = receiver

    def _hand_over(self, channel: Channel) -> None:
        """As every line; and its exchange's tones are made known."""
        super()._hand_over(channel)
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

    def _at_rest(self) -> bool:
        return isinstance(self._actor.state, (fxo.Idle, fxo.OutOfService))

    def _take_out(self, reason: str, *, works: bool) -> None:
        self._actor.post(fxo.TakenOut(reason) if works else fxo.PortFailed(reason))

    def _put_in(self, state: Params) -> None:
        battery = not state.chan_alarms & Alarm.RED
        self._actor.post(fxo.PutBack(battery))
        if not battery:
            # Of a cable that was out before the channel was opened the driver reports nothing.
            self._actor.post(fxo.BatteryLost())

    def _seen(self, state: Params) -> None:
        self._actor.post(fxo.BatteryLost() if state.chan_alarms & Alarm.RED else fxo.BatteryBack())
        if self._receiver is not None:
            self._receiver.line_violated(self, "events", EVENTS_FULL)

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
            case FaxHeard(FaxTone.REVERSALS):
                self._switch_echo(self._echo.modem_heard())

    def _driver_event(self, number: int) -> None:
        times = self._around.times
        if number == Event.RINGBEGIN:
            self._actor.post(fxo.RingBegan(times.answer_after_rings, times.ring_gone_s))
        elif number == Event.RINGOFFHOOK:
            self._actor.post(fxo.RingEnded(times.answer_after_rings, times.ring_gone_s))
        elif number == Event.POLARITY:
            if self._section.answer_supervision == "polarity":
                self._actor.post(fxo.PolarityReversed())
        elif number == Event.ONHOOK:
            self._actor.post(fxo.BatteryDropped())
        elif number in (Event.ALARM, Event.NOALARM):
            self._alarm(begun=number == Event.ALARM)

    def _alarm(self, *, begun: bool) -> None:
        """The driver has one event for a line without battery and for a whole span in alarm: that of the span is not ours."""
        self._around.spans.look(self.span)
        try:
            span_in_alarm = self._driven().span_info().alarms != 0
        except DahdiError:
            span_in_alarm = False
        if not (begun and span_in_alarm):
            self._actor.post(fxo.BatteryLost() if begun else fxo.BatteryBack())

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
                if self._ioctl(self._driven().hook_off) and isinstance(self._actor.state, fxo.Connected):
                    self._switch_echo(self._echo.answered(self._echo_taps))
            case fxo.OpenLoop():
                self._stop_digits()
                self._switch_echo(self._echo.ended())
                self._hook_on()
            case fxo.Listen(what):
                modems = Hearing.FAX if what is fxo.Listening.KEYS_AND_PROGRESS and self._echo_taps else Hearing.NONE
                self._around.bay.listen(self.port, LISTENING[what] | modems)
            case fxo.SendDigits(number):
                self._send_digits(number)
            case fxo.DialledOut():
                self._switch_echo(self._echo.answered(self._echo_taps))
                self._report(effect)
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


class AnalogStation(Line):
    """A desk phone. Implements ``engine.telephony.lines.Station``."""

    DEVICE_EFFECTS = (fxs.StartBell, fxs.StopBell, fxs.ServePhone, fxs.RestPort, fxs.ShowCaller, fxs.HearKeys)

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

    def _at_rest(self) -> bool:
        return isinstance(self._actor.state, (fxs.OnHook, fxs.OutOfService))

    def _take_out(self, reason: str, *, works: bool) -> None:
        self._actor.post(fxs.TakenOut(reason) if works else fxs.PortFailed(reason))

    def _put_in(self, state: Params) -> None:
        self._actor.post(fxs.PutBack())
        if state.rxisoffhook:
            # Of a handset that was up before the driver reports nothing.
            self._actor.post(fxs.LiftSeen())

    def _seen(self, state: Params) -> None:
        self._actor.post(fxs.LiftSeen() if state.rxisoffhook else fxs.HangUpSeen())
        if self._receiver is not None:
            self._receiver.line_violated(self, "events", EVENTS_FULL)

    def _hear(self, heard: Heard) -> None:
        match heard:
            case LineEvent(number, sample):
                if number == Event.RINGEROFF:
                    self._burst_ended_sample = sample
                self._driver_event(number)
            case KeyDown(key):
                self._key(key)
            case FaxHeard(FaxTone.REVERSALS):
                self._switch_echo(self._echo.modem_heard())

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
                self._switch_echo(self._echo.answered(self._echo_taps) if on else self._echo.ended())
                modems = Hearing.FAX if self._echo_taps else Hearing.NONE
                self._around.bay.listen(self.port, Hearing.KEYS | modems if on else Hearing.NONE)
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
            case fxs.Usable():
                receiver.line_in_service(self)
            case fxs.Gone(reason):
                receiver.line_out_of_service(self, reason)
                if reason == port_life.DRIVER_ERROR:
                    # The machine itself may have given the port up: nothing to be done when it was told to.
                    self._fail(reason)
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
