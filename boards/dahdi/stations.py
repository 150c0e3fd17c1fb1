"""Desk phones on an analog DAHDI card: the shell around their machine (``fxs.py``).

What the pump hears and the driver reports becomes the machine's events; its effects become ioctls, detectors, sounds to the display and reports. What a
display is sent stands in ``callerid_sending.py``, and who performs it in ``showing.py``.

A telephone that was unplugged cannot be told from one that lies on hook: neither closes the loop, and the cards measure no ringing current. It
rings in vain.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone

from boards.dahdi import fxs, port_life
from boards.dahdi.abi import Event, MessageLamp, Params, pulse_digit
from boards.dahdi.callerid import LocalMinute, marked_doubtful
from boards.dahdi.callerid_sending import (
    WAITING_TONE,
    Alert,
    PhoneDisplay,
    Showing,
    Stage,
    duration_ms,
    lamp_stages,
    shown_off_hook,
    shown_on_hook,
)
from boards.dahdi.heard import FaxHeard, FaxTone, Heard, Hearing, KeyDown, LineEvent
from boards.dahdi.line import EVENTS_FULL, Line, Surroundings
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.showing import Ended, Performance
from engine.kernel.errors import OurFault, Refused
from engine.kernel.fsm import Machine
from engine.kernel.text import text
from engine.settings.site import LineTimesSection, StationSection
from engine.telephony.lines import CallStage, RingKind, StationReceiver
from engine.telephony.media import SAMPLE_RATE_HZ, Playing, ToneStep
from engine.telephony.numbers import CallerId

__all__ = ["AnalogStation", "cadence_of", "local_minute"]

LAMP_AFTER_S = 1.5
"""After a handset went down or a bell stopped: longer than the driver's battery removal."""
VMWI = {"voltage": MessageLamp.HIGH_VOLTAGE_DC, "reversal": MessageLamp.LINE_REVERSAL}
STATION_EVENTS = {
    Event.RINGOFFHOOK: fxs.LiftSeen(),
    Event.ONHOOK: fxs.HangUpSeen(),
}


def cadence_of(times: LineTimesSection, kind: RingKind) -> tuple[int, ...]:
    """Ringing and silence in turn (ms) for this kind of call."""
    told = {
        RingKind.QUEUE: times.ring_queue,
        RingKind.INTERNAL: times.ring_internal,
        RingKind.RECALL: times.ring_recall,
        RingKind.CALL_BACK: times.ring_call_back,
    }[kind]
    return tuple(int(ms) for ms in told.split(","))


class AnalogStation(Line):
    """A desk phone. Implements ``engine.telephony.lines.Station``, and ``PhonePair`` for what its display is sent.

    ``callers_not_shown`` counts callers whose number came too late or was not acknowledged.
    """

    DEVICE_EFFECTS = (
        fxs.StartBell,
        fxs.StopBell,
        fxs.ServePhone,
        fxs.RestPort,
        fxs.ShowBeforeRinging,
        fxs.ShowAfterBurst,
        fxs.ShowWaiting,
        fxs.TurnPolarity,
        fxs.RemoveBattery,
        fxs.HearKeys,
    )

    def __init__(self, section: StationSection, around: Surroundings) -> None:
        super().__init__(section, around, Machine(fxs.TABLE))
        self._section = section
        self._display = PhoneDisplay(section.caller_id)
        self._receiver: StationReceiver | None = None
        self._performance: Performance | None = None
        self._cadence_ms: tuple[int, ...] = (0, 0)
        self._bursts = 0
        self._burst_ended_sample = 0
        self._apart_to_tell: deque[bool] = deque()
        self._cannot: set[str] = set()
        self._messages = 0
        self._messages_told: int | None = None
        self.callers_not_shown = 0

    def report_to(self, receiver: StationReceiver) -> None:
        """Who hears what happens."""
        self._receiver = receiver

    @property
    def hang_up_ms(self) -> int:
        """A loop open for longer is a hang-up."""
        return self._section.hang_up_ms or self._around.times.hang_up_ms

    @property
    def off_hook(self) -> bool:
        return isinstance(self._actor.state, fxs.OffHook)

    @property
    def ringing(self) -> bool:
        return isinstance(self._actor.state, (fxs.Announcing, fxs.Ringing))

    @property
    def in_service(self) -> bool:
        return self._channel is not None and not isinstance(self._actor.state, fxs.OutOfService)

    @property
    def announces_waiting(self) -> bool:
        return self._section.call_waiting

    def ring(self, caller: CallerId, kind: RingKind = RingKind.INTERNAL) -> None:
        if not (self.in_service and isinstance(self._actor.state, fxs.OnHook)):
            raise Refused(text("Phone {phone} cannot be rung now.", phone=self.name))
        showing = self._showing(caller)
        data_ms = duration_ms(showing.after_first_burst)
        self._cadence_ms = cadence_of(self._around.times, kind)
        self._actor.post(fxs.RingPhone(fxs.Bell(caller, self._cadence_ms, bool(showing.before_ringing), data_ms)))

    def stop_ringing(self) -> None:
        self._actor.post(fxs.StopRinging())

    def show_call(self, stage: CallStage) -> None:
        section = self._section
        self._actor.post(fxs.CallNow(stage, section.answer_supervision == "polarity", section.release_supervision == "battery"))

    def announce_waiting(self, caller: CallerId) -> None:
        state = self._actor.state
        if not self.announces_waiting or not isinstance(state, fxs.OffHook) or state.stage is CallStage.NONE:
            raise Refused(text("A second call cannot be told to phone {phone} now.", phone=self.name))
        self._actor.post(fxs.AnnounceWaiting(caller))

    def stop_waiting(self) -> None:
        self._actor.post(fxs.StopWaiting())

    def set_messages_waiting(self, count: int) -> None:
        self._messages = count
        self._switch_lamp()

    def _at_rest(self) -> bool:
        return isinstance(self._actor.state, (fxs.OnHook, fxs.OutOfService))

    def _take_out(self, reason: str, *, works: bool) -> None:
        self._actor.post(fxs.TakenOut(reason) if works else fxs.PortFailed(reason))

    def _put_in(self, state: Params) -> None:
        self._messages_told = None
        self._cannot.clear()
        if self._section.answer_supervision == "polarity":
            self.turn_polarity(reverse=False)  # the card remembers it over closing and opening
        self._actor.post(fxs.PutBack())
        if state.rxisoffhook:
            # Of a handset that was up before the driver reports nothing.
            self._actor.post(fxs.LiftSeen())
        self._switch_lamp_soon()

    def _seen(self, state: Params) -> None:
        self._actor.post(fxs.LiftSeen() if state.rxisoffhook else fxs.HangUpSeen())
        if self._receiver is not None:
            self._receiver.line_violated(self, "events", EVENTS_FULL)

    # ---- heard -------------------------------------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        match heard:
            case LineEvent(number, sample):
                if number == Event.RINGEROFF:
                    self._burst_over(sample)
                else:
                    self._driver_event(number)
            case KeyDown(key):
                if self._performance is None or not self._performance.take_key(key):
                    self._key(key)
            case FaxHeard(FaxTone.REVERSALS):
                self._switch_echo(self._echo.modem_heard())

    def _burst_over(self, sample: int) -> None:
        pauses = self._cadence_ms[1::2]
        pause_ms = pauses[self._bursts % len(pauses)]
        self._bursts += 1
        self._burst_ended_sample = sample
        self._actor.post(fxs.BurstEnded(pause_ms))

    def _driver_event(self, number: int) -> None:
        digit = pulse_digit(number)
        if digit is not None:
            self._actor.post(fxs.PulseSeen(digit, self._section.flash in ("both", "short")))
        elif number == Event.WINKFLASH:
            if self._section.flash in ("both", "long"):
                self._actor.post(fxs.FlashSeen())
        elif number in STATION_EVENTS:
            self._actor.post(STATION_EVENTS[Event(number)])

    def _key(self, key: str) -> None:
        if self._receiver is not None and self.off_hook:
            self._receiver.station_key(self, key)

    # ---- effects -----------------------------------------------------------------------------------------------------

    def _perform(self, effect: object) -> None:
        match effect:
            case fxs.StartBell(cadence_ms):
                self._bursts = 0
                self._unless_busy(lambda: self._driven().ring(cadence_ms))
            case fxs.StopBell():
                self._stop_showing()
                self._ioctl(self._driven().ring_stop)
                self._switch_lamp_soon()
            case fxs.ServePhone():
                self._unless_busy(self._driven().hook_off)
            case fxs.RestPort() | fxs.RemoveBattery():
                self._hook_on()
            case fxs.TurnPolarity(reverse):
                self.turn_polarity(reverse=reverse)
            case fxs.HearKeys(on):
                self._switch_echo(self._echo.answered(self._echo_taps) if on else self._echo.ended())
                modems = Hearing.FAX if self._echo_taps else Hearing.NONE
                self._around.bay.listen(self.port, Hearing.KEYS | modems if on else Hearing.NONE)
            case _:
                self._show_or_report(effect)

    def _show_or_report(self, effect: object) -> None:
        match effect:
            case fxs.ShowBeforeRinging(caller):
                self._begin(self._showing(caller).before_ringing, lambda _whole: self._actor.post(fxs.Shown()))
            case fxs.ShowAfterBurst(caller, pause_ms):
                self._show_in_pause(caller, pause_ms)
            case fxs.ShowWaiting(caller, data=True):
                self._begin(shown_off_hook(self._marked(caller), self._now(), self._display), self._count_not_shown)
            case fxs.ShowWaiting():
                self._around.bay.tone((WAITING_TONE,), [self.port], loop_from=None)
            case fxs.StopShowing():
                self._stop_showing()
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
                self._switch_lamp_soon()
            case fxs.KeyTyped(key):
                receiver.station_key(self, key)
            case fxs.Flashed():
                receiver.station_flashed(self)
            case fxs.Usable():
                receiver.line_in_service(self)
            case fxs.Gone(reason):
                self._stop_showing()
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

    def _if_it_can(self, what: str, call: Callable[[], None]) -> None:
        """Not every card can reverse a pair or light a lamp: the phone serves all the same, and it is said once."""
        if self._channel is None:
            return
        try:
            call()
        except DahdiError as error:
            if error.number == errno.ENODEV:
                self._ioctl(call)
            elif error.number != errno.EINVAL and what not in self._cannot:
                self._cannot.add(what)
                self._complain(error)

    # ---- what the display is sent ------------------------------------------------------------------------------------

    def showing_of(self, caller: CallerId) -> Showing:
        """What its display is sent of this caller, as the settings say."""
        return self._showing(caller)

    def _showing(self, caller: CallerId) -> Showing:
        """Nothing is sent of a caller of whom nothing is known."""
        if not (caller.number or caller.name or caller.absence):
            return Showing()
        return shown_on_hook(self._marked(caller), self._now(), self._display, Alert(self._section.caller_id_alert))

    def _marked(self, caller: CallerId) -> CallerId:
        return marked_doubtful(caller, self._around.doubtful_mark)

    def _show_in_pause(self, caller: CallerId, pause_ms: int) -> None:
        """Unless we are so late that it would run into the next burst: then a phone would show nothing, or nonsense."""
        until = self._burst_ended_sample + (pause_ms - fxs.BEFORE_BURST_MS) * SAMPLE_RATE_HZ // 1000
        stages = self._showing(caller).after_first_burst
        self._begin(stages, self._count_not_shown, lambda samples: self._around.bay.sample_now() + samples <= until)

    def _now(self) -> LocalMinute:
        clock = self._around.clock
        return LocalMinute(*local_minute(clock.utc_ms(), clock.utc_offset_min()))

    def _begin(self, stages: Sequence[Stage], over: Callable[[bool], None], fits: Callable[[int], bool] | None = None) -> None:
        self._stop_showing()
        clock = self._around.clock
        self._performance = Performance(stages, self, clock, over, fits) if fits else Performance(stages, self, clock, over)
        self._performance.begin()

    def _stop_showing(self) -> None:
        performance, self._performance = self._performance, None
        if performance is not None:
            performance.stop()

    def _count_not_shown(self, whole: bool) -> None:
        self.callers_not_shown += not whole

    def play_data(self, audio: bytes, ended: Ended) -> Playing:
        """Send this, A-law."""
        return self._around.bay.play(audio, [self.port], ended=ended)

    def sound_tones(self, steps: Sequence[ToneStep], ended: Ended) -> Playing:
        """Send these, once."""
        return self._around.bay.tone(steps, [self.port], loop_from=None, ended=ended)

    def turn_polarity(self, *, reverse: bool) -> None:
        """Reverse the pair, or turn it back. While the line is open or rings the driver will not: then it stays as it is."""
        self._if_it_can("polarity", lambda: self._driven().set_polarity(reverse=reverse))

    def open_audio(self, duration_ms: int) -> None:
        """Let the phone hear on hook for so long."""
        self._if_it_can("on-hook audio", lambda: self._driven().onhook_transfer(duration_ms))

    def set_apart(self, *, apart: bool) -> None:
        """The engine keeps the other party out of the conversation, or lets it in again: told in a turn of its own, since a command may be the cause."""
        self._apart_to_tell.append(apart)
        self._around.clock.call_later(0.0, self._tell_apart)

    def _tell_apart(self) -> None:
        apart = self._apart_to_tell.popleft()
        if self._receiver is not None:
            self._receiver.station_set_apart(self, apart=apart)

    # ---- message lamp ------------------------------------------------------------------------------------------------

    def _switch_lamp_soon(self) -> None:
        if self._section.lamp != "none":
            self._around.clock.call_later(LAMP_AFTER_S, self._switch_lamp)

    def _switch_lamp(self) -> None:
        """Bring the lamp to what it should say, when the phone lies on hook; otherwise that is tried again when it does."""
        lamp, count = self._section.lamp, self._messages
        resting = self.in_service and isinstance(self._actor.state, fxs.OnHook)
        if lamp == "none" or not resting or count == self._messages_told:
            return
        if lamp != "fsk":
            self._if_it_can("message lamp", lambda: self._light(VMWI[lamp], count))
            self._messages_told = count
            return

        def sent(whole: bool) -> None:
            if whole:
                self._messages_told = count

        display = self._display if self._display is not PhoneDisplay.NONE and self._display is not PhoneDisplay.DTMF else PhoneDisplay.MDMF
        self._begin(lamp_stages(on=count > 0, waiting=count, display=display), sent)

    def _light(self, kind: MessageLamp, count: int) -> None:
        self._driven().set_message_lamp(kind)
        self._driven().set_messages_waiting(count)


def local_minute(utc_ms: int, utc_offset_min: int) -> tuple[int, int, int, int]:
    """Month, day, hour and minute of the site's local time."""
    local = datetime.fromtimestamp(utc_ms / 1000, tz=timezone(timedelta(minutes=utc_offset_min)))
    return local.month, local.day, local.hour, local.minute
