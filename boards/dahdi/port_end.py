"""A port that a line test has to itself: what the test's steps do to it, and what it notices of its pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from boards.dahdi.abi import Alarm, Event, Params, pulse_digit
from boards.dahdi.callerid_sending import Showing, Stage
from boards.dahdi.channel import Channel
from boards.dahdi.codec import alaw_decode, alaw_encode
from boards.dahdi.faults import text_of
from boards.dahdi.heard import ChannelFailed, Heard, Hearing, KeyDown, LineEvent
from boards.dahdi.line import ChannelBay, Line
from boards.dahdi.lines import AnalogTrunk
from boards.dahdi.loans import Loan
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.showing import Performance
from boards.dahdi.stations import AnalogStation
from engine.kernel.clock import Clock
from engine.kernel.errors import EnvironmentFault, OurFault
from engine.kernel.text import Text, text
from engine.telephony.line_test_run import EndFault
from engine.telephony.line_tests import PortSeen, Seen
from engine.telephony.media import Playing, Port, ToneStep
from engine.telephony.numbers import CallerId

__all__ = ["BorrowedPort", "Notices"]

CADENCE_MS = (1000, 4000)
"""GB 3380."""
TRUNK_SEES = {Event.RINGBEGIN: Seen.RING, Event.ONHOOK: Seen.BATTERY_GONE, Event.ALARM: Seen.BATTERY_GONE}
STATION_SEES = {Event.RINGOFFHOOK: Seen.LIFTED, Event.ONHOOK: Seen.HUNG_UP}
T = TypeVar("T")


@dataclass(frozen=True)
class Notices:
    """Who is told what the port notices: events, keys with their level, and that it cannot be used any more."""

    seen: Callable[[Seen], None]
    key: Callable[[str, float | None], None]
    failed: Callable[[Text], None]


class BorrowedPort:
    """Implements ``engine.telephony.line_test_run.PortEnd`` (and ``PhonePair`` for a display), from ``open`` to ``close``. ``tone_zone``: of the driver, by channel."""

    def __init__(self, line: Line, clock: Clock, bay: ChannelBay, tone_zone: Callable[[int], int | None], notices: Notices) -> None:
        self.loan: Loan | None = None
        self._line = line
        self._trunk = isinstance(line, AnalogTrunk)
        self._clock = clock
        self._bay = bay
        self._tone_zone = tone_zone
        self._notices = notices
        self._channel: Channel | None = None
        self._port: Port | None = None
        self._playing: Playing | None = None
        self._to_show: Sequence[Stage] = ()
        self._performance: Performance | None = None

    @property
    def opened(self) -> bool:
        """Its channel is open, and in the pump's hands."""
        return self._port is not None

    def open(self, channel: Channel) -> None:
        """The channel was borrowed. Raises EndFault, with the channel closed."""
        if channel.is_trunk is not self._trunk:
            channel.close()
            raise EndFault(text("The card's port is of the other kind than the settings say: correct the channel's number there."))
        try:
            zone = self._tone_zone(self._line.channel_number)
            if zone is not None:
                channel.set_tone_zone(zone)
            self._port = self._bay.open_channel(channel.fd, self._hear, channel.law)
        except DahdiError as error:
            channel.close()
            raise EndFault(text_of(error.sentence)) from error
        except EnvironmentFault as fault:
            channel.close()
            raise EndFault(fault.text) from fault
        self._channel = channel

    def close(self) -> None:
        """Quiet, on hook, closed, and given back to its line. What the driver refuses does not matter any more."""
        self._quiet()
        channel, self._channel = self._channel, None
        port, self._port = self._port, None
        if channel is not None:
            with suppress(DahdiError):
                if not self._trunk:
                    channel.ring_stop()
                channel.hook_on()
        if port is not None:
            with suppress(EnvironmentFault):
                self._bay.close_channel(port)
        loan, self.loan = self.loan, None
        if loan is not None:
            loan.give_back()

    # ---- what steps do -----------------------------------------------------------------------------------------------

    def look(self) -> PortSeen:
        state: Params = self._driver(lambda channel: channel.params())
        return PortSeen(not state.chan_alarms & Alarm.RED, bool(state.rxisoffhook) and not self._trunk, self._volts())

    def off_hook(self) -> None:
        self._driver(lambda channel: channel.hook_off())

    def on_hook(self) -> None:
        self._quiet()
        self._driver(lambda channel: channel.hook_on())
        # The driver has emptied its buffers: the pump must queue its one block of advance again.
        self._pump(self._bay.flush_channel)

    def ring(self, caller: CallerId | None) -> None:
        showing = Showing() if caller is None or not isinstance(self._line, AnalogStation) else self._line.showing_of(caller)
        if caller is not None and showing == Showing():
            raise EndFault(text("The settings say that this phone has no display."))
        if showing.before_ringing:
            self._perform(showing.before_ringing, then=self._start_bell)
            return
        self._to_show = showing.after_first_burst
        self._start_bell()

    def _start_bell(self) -> None:
        self._driver(lambda channel: channel.ring(CADENCE_MS))

    def stop_ringing(self) -> None:
        self._quiet()
        self._driver(lambda channel: channel.ring_stop())

    def sound(self, steps: Sequence[ToneStep], *, loop: bool) -> None:
        self.be_quiet()
        self._playing = self._pump(lambda port: self._bay.tone(steps, [port], loop_from=0 if loop else None))

    def play(self, samples: bytes) -> None:
        self.be_quiet()
        self._playing = self._pump(lambda port: self._bay.play(alaw_encode(samples), [port], loop=True))

    def be_quiet(self) -> None:
        playing, self._playing = self._playing, None
        if playing is not None:
            with suppress(EnvironmentFault):
                playing.stop()

    def hear_keys(self, *, on: bool) -> None:
        self._pump(lambda port: self._bay.listen(port, Hearing.KEYS if on else Hearing.NONE))

    def record(self) -> Callable[[], bytes]:
        tap = self._pump(lambda _port: self._bay.tap())
        try:
            self._pump(lambda port: self._bay.patch(port, tap.left))
        except EndFault:
            tap.close()
            raise

        def finish() -> bytes:
            frames = tap.reader.read()
            tap.close()
            return alaw_decode(frames[::2])

        return finish

    # ---- what the port notices ---------------------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        match heard:
            case LineEvent(number):
                self._event(number)
            case KeyDown(key, _sample, level_dbm0):
                self._notices.key(key, level_dbm0)
            case ChannelFailed():
                # Not from inside the pump's delivery: the end closes the channel.
                said = text("The port does not answer any more: was its card removed?")
                self._clock.call_later(0.0, lambda: self._notices.failed(said))

    def _event(self, number: int) -> None:
        digit = pulse_digit(number)
        if digit is not None:
            self._notices.key(digit, None)
        if number == Event.RINGEROFF and self._to_show:
            stages, self._to_show = self._to_show, ()
            self._perform(stages)
        what = (TRUNK_SEES if self._trunk else STATION_SEES).get(Event(number)) if number in set(Event) else None
        if what is Seen.LIFTED:
            self._quiet()  # whoever lifts hears no data
        if what is not None:
            self._clock.call_later(0.0, lambda: self._notices.seen(what))

    # ---- what a display is sent --------------------------------------------------------------------------------------

    def _perform(self, stages: Sequence[Stage], then: Callable[[], None] = lambda: None) -> None:
        def over(whole: bool) -> None:
            try:
                if whole:
                    self._notices.seen(Seen.SHOWN)
                then()
            except EndFault as fault:
                self._notices.failed(fault.said)

        self._performance = Performance(stages, self, self._clock, over)
        self._performance.begin()

    def play_data(self, audio: bytes, ended: Callable[[int, bool], None]) -> Playing:
        return self._bay.play(audio, [self._place], ended=ended)

    def sound_tones(self, steps: Sequence[ToneStep], ended: Callable[[int, bool], None]) -> Playing:
        return self._bay.tone(steps, [self._place], loop_from=None, ended=ended)

    def turn_polarity(self, *, reverse: bool) -> None:
        with suppress(EndFault):  # a card without reversal
            self._driver(lambda channel: channel.set_polarity(reverse=reverse))

    def open_audio(self, duration_ms: int) -> None:
        with suppress(EndFault):  # a card on which a phone hears at any time
            self._driver(lambda channel: channel.onhook_transfer(duration_ms))

    def set_apart(self, *, apart: bool) -> None:
        """There is no other party."""

    @property
    def _place(self) -> Port:
        if self._port is None:
            raise OurFault(f"{self._line.name} is not open")
        return self._port

    # ---- small things ------------------------------------------------------------------------------------------------

    def _quiet(self) -> None:
        self._to_show = ()
        performance, self._performance = self._performance, None
        if performance is not None:
            performance.stop()
        self.be_quiet()

    def _volts(self) -> float | None:
        """Of the pair, where the card measures it."""
        try:
            stats = self._driver(lambda channel: channel.voltages())
        except EndFault:
            return None
        millivolts = stats.batvolt if self._trunk else stats.tipvolt - stats.ringvolt
        return abs(millivolts) / 1000

    def _driver(self, call: Callable[[Channel], T]) -> T:
        if self._channel is None:
            raise EndFault(text("The port does not answer any more: was its card removed?"))
        try:
            return call(self._channel)
        except DahdiError as error:
            raise EndFault(text_of(error.sentence)) from error

    def _pump(self, call: Callable[[Port], T]) -> T:
        if self._port is None:
            raise EndFault(text("The port does not answer any more: was its card removed?"))
        try:
            return call(self._port)
        except EnvironmentFault as fault:
            raise EndFault(fault.text) from fault
