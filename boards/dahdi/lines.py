"""Exchange lines on an analog DAHDI card: the shell around their machine. That of desk phones stands in ``stations.py``.

Each line has one DAHDI channel and one place in the media pump. What the pump hears on the channel (driver events, keys, tones,
caller id, voice) becomes the machine's events; the machine's effects become ioctls, detectors, sounds and reports.

Keys are dialled by the pump, pulses by the driver. A write to the channel would end what the driver dials, so meanwhile the pump holds it.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType

from boards.dahdi import callerid_keys, fxo
from boards.dahdi.abi import Alarm, Event, Params, ReceivedHook
from boards.dahdi.caller_ear import CallerEar
from boards.dahdi.channel import Channel
from boards.dahdi.heard import FaxHeard, FaxTone, Heard, Hearing, KeyDown, LineEvent, ToneGone, ToneHeard, VoiceBegan, VoiceEnded
from boards.dahdi.line import EVENTS_FULL, ChannelBay, Line, Surroundings
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.sound_keeper import SoundKeeper
from engine.kernel.clock import Timer
from engine.kernel.errors import EnvironmentFault, OurFault, Refused
from engine.kernel.fsm import Machine
from engine.kernel.runner import Actor
from engine.kernel.text import text
from engine.settings.site import TrunkSection
from engine.telephony import answering
from engine.telephony.causes import Cause, Release
from engine.telephony.dtmf import dial_steps
from engine.telephony.line_tone import line_tone
from engine.telephony.lines import TrunkReceiver
from engine.telephony.media import SAMPLE_RATE_HZ, Playing
from engine.telephony.numbers import CallerId, NumberRefused, Redirection, is_diallable
from engine.telephony.tones import HeardTone, ToneSet, ToneWindow

__all__ = ["ENDS", "AnalogTrunk", "ChannelBay", "Surroundings", "line_windows"]

ENDS = {
    HeardTone.BUSY: Release(Cause.USER_BUSY, "busy_tone"),
    HeardTone.CONGESTION: Release(Cause.SWITCHING_CONGESTION, "congestion_tone"),
    HeardTone.UNALLOCATED: Release(Cause.UNALLOCATED_NUMBER, "unallocated_tone"),
}
LISTENING: Mapping[str, Hearing] = MappingProxyType(
    {
        fxo.Listening.NOTHING: Hearing.NONE,
        fxo.Listening.SEIZED: Hearing.PROGRESS | Hearing.VOICE,
        fxo.Listening.DIALLING: Hearing.PROGRESS,
        fxo.Listening.PROCEEDING: Hearing.KEYS | Hearing.PROGRESS | Hearing.VOICE,
        fxo.Listening.TALKING: Hearing.KEYS | Hearing.PROGRESS,
    }
)
"""What does not depend on the line's settings."""
KEY_CODES: Mapping[str, callerid_keys.KeyCodes] = MappingProxyType({"china": callerid_keys.CHINA, "etsi": callerid_keys.ETSI})
"""By the line's setting."""
BOTH_VOICES = Hearing.VOICE | Hearing.SENT_VOICE
PULSE_KEYS = frozenset("0123456789,W")
HELD_WITHIN_S = 0.06
"""The pump holds the channel within two of its rounds."""
CLICK_SAMPLES = SAMPLE_RATE_HZ * 120 // 1000
SAMPLE_S = fxo.SAMPLE.default_s


class AnalogTrunk(Line):
    """An exchange line. Implements ``engine.telephony.lines.Trunk``.

    ``rings_too_short`` counts bursts that were too short to be ringing.
    """

    DEVICE_EFFECTS = (fxo.CloseLoop, fxo.OpenLoop, fxo.Listen, fxo.SendDigits, fxo.HushDigits, fxo.KeepSound)

    def __init__(self, section: TrunkSection, around: Surroundings) -> None:
        super().__init__(section, around, Machine(fxo.TABLE))
        self.rings_too_short = 0
        self._section = section
        self._receiver: TrunkReceiver | None = None
        self._digits: Playing | None = None
        self._pulses: Timer | None = None
        self._held = False
        self._busy_tone = section.busy_tone
        self._callers = CallerEar(section.caller_id, around.clock, self._caller_came, self._caller_wrong, KEY_CODES[section.caller_id_keys])
        self._answer_ear: Actor | None = None
        self._voice_began: dict[bool, int] = {}
        self._sample = SoundKeeper(around.bay, around.clock)

    def report_to(self, receiver: TrunkReceiver) -> None:
        """Who hears what happens."""
        self._receiver = receiver

    @property
    def flash_ms(self) -> int:
        """How long a flash opens the loop; the board sets it when it opens the channel."""
        return self._section.flash_ms

    def know_busy_tone(self, written: str) -> None:
        """The line's own busy tone from now on, as in the settings; empty: none beside those of the country."""
        if written != self._busy_tone:
            self._busy_tone = written
            if self._channel is not None:
                self._teach()

    def _hand_over(self, channel: Channel) -> None:
        """As every line; and its exchange's tones are made known."""
        super()._hand_over(channel)
        self._held = False
        self._teach()
        if isinstance(self._actor.state, fxo.Idle):
            self._listen(fxo.Listening.IDLE)

    def _teach(self) -> None:
        self._around.bay.teach_tones(self.port, line_windows(self._around.tones, self._busy_tone))

    # ---- the contract ------------------------------------------------------------------------------------------------

    @property
    def free(self) -> bool:
        return self._channel is not None and not self._blocked and isinstance(self._actor.state, fxo.Idle)

    @property
    def announces(self) -> bool:
        """An analog line is heard only once it has answered."""
        return False

    def alert(self) -> bool:
        """Its exchange knows that the line rings, and gives the tone."""
        return False

    def announce(self) -> None:
        """It cannot."""

    def answer(self) -> None:
        if not isinstance(self._actor.state, (fxo.Offered, fxo.Caught)):
            raise Refused(text("Line {line} has no call to answer.", line=self.name))
        self._actor.post(fxo.AnswerCall())

    def dial(self, number: str, presented: str = "", redirection: Redirection | None = None) -> None:
        del presented, redirection  # an analog line tells neither
        self._dial(number)

    def record_tone(self, number: str, told: Callable[[bytes], None]) -> None:
        self._dial(number, sample_s=SAMPLE_S)
        self._sample.promise(told)

    def flash(self) -> None:
        if not isinstance(self._actor.state, fxo.Connected):
            raise Refused(text("Line {line} has no call: there is nobody to flash to.", line=self.name))
        try:
            self._driven().flash()
        except DahdiError as error:
            if error.number == errno.EBUSY:
                raise Refused(text("Line {line} is not ready for a flash yet: try it again in a second.", line=self.name)) from error
            self._complain(error)
            raise Refused(text("Line {line} cannot flash: {reason}", line=self.name, reason=str(error))) from error

    def release(self, cause: Cause = Cause.NORMAL_CALL_CLEARING) -> None:
        """An analog line cannot say why."""
        self._actor.post(fxo.ReleaseCall())

    def _dial(self, number: str, sample_s: float = 0.0) -> None:
        if not is_diallable(number):
            raise NumberRefused(text("{number} cannot be dialled: 1 to 32 of the keys 0-9, *, #, A-D are wanted.", number=number))
        if self._section.dialling == "pulse" and not set(number) <= PULSE_KEYS:
            raise NumberRefused(
                text(
                    "{number} cannot be dialled on line {line}: it dials by pulses, which know digits only.", number=number, line=self.name
                )
            )
        if not self.free or self._rings_already():
            raise Refused(text("Line {line} is in use or out of service.", line=self.name))
        self._actor.post(fxo.DialNumber(self._attempt(number, sample_s)))

    def _attempt(self, number: str, sample_s: float) -> fxo.Attempt:
        section = self._section
        waits = section.dial_tone == "wait"
        return fxo.Attempt(
            section.dial_prefix + number,
            self._around.times.dial_tone_wait_s if waits else section.dial_delay_s,
            waits,
            section.answer_supervision,
            section.answer_most_s,
            sample_s,
        )

    def _rings_already(self) -> bool:
        """The driver sees ringing of which the pump has not brought the event yet."""
        try:
            return self._driven().params().rxhooksig == ReceivedHook.RING
        except DahdiError:
            return False

    # ---- the port's life ---------------------------------------------------------------------------------------------

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

    # ---- what is heard -----------------------------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        if self._hears_caller:
            self._callers.hear(heard)
        match heard:
            case LineEvent(number):
                self._driver_event(number)
            case KeyDown(key):
                if self._receiver is not None and isinstance(self._actor.state, (fxo.Connected, fxo.Proceeding)):
                    self._receiver.trunk_key(self, key)
            case ToneHeard(tone):
                self._tone(tone)
            case ToneGone(HeardTone.RINGBACK, sample):
                self._tell_ear(answering.RingbackGone(_ms(sample)))
            case VoiceBegan(sample, _level, sent):
                self._sound_began(sample, sent=sent)
            case VoiceEnded(sample, _level, sent):
                self._sound_ended(sample, sent=sent)
            case FaxHeard(FaxTone.REVERSALS):
                self._switch_echo(self._echo.modem_heard())

    @property
    def _hears_caller(self) -> bool:
        return isinstance(self._actor.state, (fxo.Idle, fxo.Announced, fxo.RingSuspected, fxo.RingHeard))

    def _tone(self, tone: HeardTone) -> None:
        if tone in (HeardTone.DIAL, HeardTone.SPECIAL_DIAL):
            self._actor.post(fxo.DialToneCame())
        elif tone in ENDS:
            self._actor.post(fxo.EndToneCame(ENDS[tone]))
        self._tell_ear(answering.RingbackHeard() if tone is HeardTone.RINGBACK else answering.OtherToneHeard())

    def _sound_began(self, sample: int, *, sent: bool) -> None:
        self._voice_began[sent] = sample
        self._actor.post(fxo.QuietEnded(sent))
        if not sent:
            self._actor.post(fxo.SoundStarted())
            self._tell_ear(answering.SoundBegan(_ms(sample)))

    def _sound_ended(self, sample: int, *, sent: bool) -> None:
        began = self._voice_began.pop(sent, sample)
        if not sent:
            self._tell_ear(answering.SoundEnded(_ms(sample)))
            if sample - began > CLICK_SAMPLES:
                self._actor.post(fxo.SoundStopped())
        self._tell_quiet()

    def _tell_quiet(self) -> None:
        after_s = self._section.silence_release_s
        if after_s and not self._voice_began:
            self._actor.post(fxo.QuietBegan(after_s))

    def _driver_event(self, number: int) -> None:
        times, section = self._around.times, self._section
        rings = section.answer_after_rings or times.answer_after_rings
        if number == Event.RINGBEGIN:
            self._actor.post(fxo.RingBegan(rings, times.ring_gone_s))
        elif number == Event.RINGOFFHOOK:
            self._actor.post(fxo.RingEnded(rings, times.ring_gone_s))
        elif number == Event.POLARITY:
            if self._reversal_means_something(section):
                self._actor.post(fxo.PolarityReversed())
        elif number == Event.ONHOOK:
            self._actor.post(fxo.BatteryDropped())
        elif number == Event.DIALCOMPLETE and self._held:
            self._hold(held=False)
            self._actor.post(fxo.DigitsSent())
        elif number in (Event.ALARM, Event.NOALARM):
            self._alarm(begun=number == Event.ALARM)

    def _reversal_means_something(self, section: TrunkSection) -> bool:
        """On an idle line it announces a caller id where that is set, in a call the answer and the end."""
        if isinstance(self._actor.state, fxo.Idle):
            return section.caller_id != "none" and section.caller_id_start != "ring"
        return section.answer_supervision == "polarity" or section.release_reversal

    def _alarm(self, *, begun: bool) -> None:
        """The driver has one event for a line without battery and for a whole span in alarm: that of the span is not ours."""
        self._around.spans.look(self.span)
        try:
            span_in_alarm = self._driven().span_info().alarms != 0
        except DahdiError:
            span_in_alarm = False
        if not (begun and span_in_alarm):
            self._actor.post(fxo.BatteryLost() if begun else fxo.BatteryBack())

    def _caller_came(self, caller: CallerId) -> None:
        self._actor.post(fxo.CallerIdCame(caller))

    def _caller_wrong(self, sentence: str) -> None:
        if self._receiver is not None:
            self._receiver.line_violated(self, "caller id", sentence)

    # ---- whether somebody answers ------------------------------------------------------------------------------------

    def _listen_for_answer(self, *, on: bool) -> None:
        self._answer_ear = None
        if on:
            self._answer_ear = ear = self._around.runner.adopt(f"{self.name} answer", Machine(answering.TABLE), lambda _effect: heard())

        def heard() -> None:
            if self._answer_ear is ear:
                self._actor.post(fxo.AnswerHeard())

    def _tell_ear(self, event: object) -> None:
        if self._answer_ear is not None:
            self._answer_ear.post(event)

    # ---- what the machine wants --------------------------------------------------------------------------------------

    def _perform(self, effect: object) -> None:
        match effect:
            case fxo.CloseLoop():
                if self._ioctl(self._driven().hook_off) and isinstance(self._actor.state, fxo.Connected):
                    self._switch_echo(self._echo.answered(self._echo_taps))
            case fxo.OpenLoop():
                self._stop_digits()
                self._sample.finish()
                self._switch_echo(self._echo.ended())
                self._hook_on()
            case fxo.Listen(what):
                self._listen(what)
            case fxo.SendDigits(number):
                self._send_digits(number)
            case fxo.HushDigits():
                self._stop_digits()
            case fxo.KeepSound(on):
                self._keep_sound(on=on)
            case fxo.AskSound():
                self._actor.post(fxo.QuietEnded()) if self._voice_began else self._tell_quiet()
            case fxo.RingTooShort():
                self.rings_too_short += 1
            case fxo.DialledOut():
                self._switch_echo(self._echo.answered(self._echo_taps))
                self._report(effect)
            case _:
                self._report(effect)

    def _listen(self, what: str) -> None:
        """A detector that was not running has heard nothing so far."""
        hearing = self._hearing_for(what)
        if not hearing & Hearing.VOICE:
            self._voice_began.clear()
        if what in (fxo.Listening.NOTHING, fxo.Listening.IDLE):
            self._callers.forget()
        self._listen_for_answer(on=what == fxo.Listening.PROCEEDING and self._section.answer_supervision == "progress")
        self._around.bay.listen(self.port, hearing)

    def _hearing_for(self, what: str) -> Hearing:
        if what == fxo.Listening.IDLE:
            return self._callers.detectors if self._section.caller_id_start == "always" else Hearing.NONE
        if what == fxo.Listening.CALLER_ID:
            return self._callers.detectors
        hearing = LISTENING[what]
        if what == fxo.Listening.TALKING:
            hearing |= BOTH_VOICES if self._section.silence_release_s else Hearing.NONE
            hearing |= Hearing.FAX if self._echo_taps else Hearing.NONE
        return hearing

    def _keep_sound(self, *, on: bool) -> None:
        if on:
            self._sample.begin(self.port)
        else:
            self._sample.finish()

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
            case fxo.WarnOfSilence():
                receiver.trunk_silent(self)
            case fxo.CallReleased(release):
                receiver.trunk_released(self, release)
            case fxo.Usable():
                receiver.line_in_service(self)
            case fxo.Gone(reason):
                self._stop_digits()
                self._sample.finish()
                receiver.line_out_of_service(self, reason)
            case _:
                raise OurFault(f"nobody performs {effect!r}")

    # ---- digits ------------------------------------------------------------------------------------------------------

    def _send_digits(self, number: str) -> None:
        if self._section.dialling == "pulse":
            self._hold(held=True)
            self._pulses = self._around.clock.call_later(HELD_WITHIN_S, lambda: self._send_pulses(number))
        else:
            self._send_keys(number)

    def _send_keys(self, number: str) -> None:
        times = self._around.times

        def sent(_samples: int, complete: bool) -> None:
            if complete:
                self._actor.post(fxo.DigitsSent())

        steps = dial_steps(number, times.dtmf_on_ms, times.dtmf_off_ms)
        try:
            self._digits = self._around.bay.tone(steps, [self.port], loop_from=None, ended=sent)
        except EnvironmentFault:
            self._actor.post(fxo.DialFailed())

    def _send_pulses(self, number: str) -> None:
        self._pulses = None
        digits = "P" + number.replace(",", "WW")
        if self._channel is not None and not self._ioctl(lambda: self._driven().dial(digits)):
            self._hold(held=False)

    def _hold(self, *, held: bool) -> None:
        if held is not self._held and self._channel is not None:
            self._held = held
            self._around.bay.hold_channel(self.port, held=held)

    def _stop_digits(self) -> None:
        """Digits of a call that is over must not sound into the next one."""
        if self._digits is not None:
            self._digits.stop()
            self._digits = None
        if self._pulses is not None:
            self._pulses.cancel()
            self._pulses = None
        if self._held and self._channel is not None:
            with suppress(DahdiError):
                self._channel.stop_dialling()
        self._hold(held=False)


def line_windows(tones: ToneSet, own_busy: str) -> tuple[ToneWindow, ...]:
    """What the line's detector listens for: its own busy tone first, what is known by little last."""
    country = (*tones.windows, *tones.early_ringback, *tones.loose_busy)
    known = [element.bands_hz[0] for window in country for element in window.elements if len(element.bands_hz) == 1]
    return (line_tone(own_busy).window(HeardTone.BUSY, known), *country) if own_busy else country


def _ms(sample: int) -> float:
    return sample * 1000 / SAMPLE_RATE_HZ
