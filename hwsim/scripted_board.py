"""Seam B by script: exchange lines and desk phones that do what a test tells them, without driver, pump or audio.

For tests of the engine, and for simulations of many lines. The promises of ``engine.telephony.lines`` hold: the same commands are
refused in the same situations, and a receiver is called in a turn of its own, never inside a command. Whatever is done to a line
happens in the clock's next turn; ``ScriptedTimes`` says how long the rest takes.

What is not as on a real card:

- There is no sound. Nobody hears a prompt, a tone or a word; taps give silence of the right length; levels and gains mean nothing.
- Nothing is detected. A key is a key, a hang-up has the reason that the script gives; no tone is mistaken, missed or heard late.
- Ringing has no bursts: a call is offered a fixed time after it arrived, and a caller who gives up is missed a fixed time later.
- Dial tone is always there unless the script says otherwise, and dialling takes its time. Who is called, and whether he answers, is the script's.
- An arrival on a line that rests after a call is heard when the rest is over; one that meets our seizure is not modelled.
- A phone has no battery, no pulses and no caller id in sound: ``caller_shown`` is what it would display, ``waiting_shown`` who waits,
  ``rung_as`` the kind of call it was last rung for, ``messages`` what its lamp tells.
- A failed line does not fail its commands: it is out of service, and the driver's own refusals do not exist.
- A phone that failed can be mended; on a card it comes back only with a start of the board.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import OurFault, Refused
from engine.kernel.text import text
from engine.settings.site import StationSection, TrunkSection
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import CallStage, RingKind, StationReceiver, TrunkReceiver
from engine.telephony.media import Port
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId, Redirection, is_diallable
from hwsim.scripted_bay import ScriptedBay

__all__ = ["HUNG_UP", "ScriptedBay", "ScriptedBoard", "ScriptedStation", "ScriptedTimes", "ScriptedTrunk"]

TURNS_WAITING_MOST = 10_000
HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "busy_tone")
LINE_FAILED = Release(Cause.NETWORK_OUT_OF_ORDER, "line_failed")


@dataclass(frozen=True)
class ScriptedTimes:
    """How long things take, in seconds. The defaults are those of a Chinese exchange line and the shipped settings.

    ``offered_s``: from arrival to offer with caller id, ``offered_unknown_s`` without; ``gone_s``: from the caller's giving up until
    it is believed; ``guard_s``: rest after a call; ``dial_tone_s`` and ``digit_s``: seizing and each digit; ``sample_s``: of a test call; ``hang_up_s``: until a
    handset that was put down is reported; ``shown_s``: from ringing to the caller's number on the phone.
    """

    offered_s: float = 2.4
    offered_unknown_s: float = 5.1
    gone_s: float = 6.0
    guard_s: float = 2.1
    dial_tone_s: float = 1.3
    digit_s: float = 0.2
    sample_s: float = 12.0
    hang_up_s: float = 0.8
    shown_s: float = 2.4


class _Phase(Enum):
    OUT = "out of service"
    IDLE = "idle"
    RINGING = "ringing"
    OFFERED = "offered"
    RINGING_ON = "ringing on"
    DIALLING = "dialling"
    PROCEEDING = "proceeding"
    CONNECTED = "connected"
    GUARD = "guard"


class _Turns:
    """Acts that each get a turn of their own, in order, in the clock's next turn."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: deque[Callable[[], None]] = deque()

    def give(self, act: Callable[[], None]) -> None:
        """OurFault when more than 10 000 wait."""
        if len(self._waiting) >= TURNS_WAITING_MOST:
            raise OurFault(f"more than {TURNS_WAITING_MOST} things happen to scripted lines at once")
        self._waiting.append(act)
        self._clock.call_later(0.0, self._next)

    def _next(self) -> None:
        self._waiting.popleft()()


class _Line:
    """What trunks and stations share: a name, a place in the bay, timers that die with what they belong to."""

    def __init__(self, name: str, clock: Clock, bay: ScriptedBay, times: ScriptedTimes) -> None:
        self.name = name
        self.times = times
        self.open = False
        self._clock = clock
        self._bay = bay
        self._port: Port | None = None
        self._pending: list[Timer] = []

    @property
    def port(self) -> Port:
        """Its place in the patch bay. OurFault before the board was started."""
        if self._port is None:
            raise OurFault(f"{self.name} is not open")
        return self._port

    def start(self) -> None:
        """Take a place in the bay."""
        self._port = self._bay.open_line()
        self.open = True

    def stop(self) -> None:
        """Nothing is reported any more."""
        if self.open:
            self.open = False
            self._forget()
            self._bay.close_line(self.port)

    def _after(self, delay_s: float, act: Callable[[], None]) -> None:
        self._pending.append(self._clock.call_later(delay_s, act))

    def _forget(self) -> None:
        for timer in self._pending:
            timer.cancel()
        self._pending.clear()


class ScriptedTrunk(_Line):
    """An exchange line. ``dialled`` is the last number that was dialled on it, ``flashes`` how often it flashed, ``busy_tone`` its own."""

    def __init__(self, section: TrunkSection, clock: Clock, bay: ScriptedBay, times: ScriptedTimes) -> None:
        super().__init__(section.name, clock, bay, times)
        self.receiver: TrunkReceiver | None = None
        self.dialled = ""
        self.flashes = 0
        self.busy_tone = section.busy_tone
        self._section = section
        self._phase = _Phase.IDLE
        self._recording: Callable[[bytes], None] | None = None
        self._caller_gone: Release | None = None
        self._knocking: tuple[CallerId, str] | None = None

    # ---- the contract ----

    @property
    def free(self) -> bool:
        return self.open and self._phase is _Phase.IDLE

    @property
    def announces(self) -> bool:
        return False

    def alert(self) -> bool:
        return False

    def announce(self) -> None:
        """It cannot."""

    def answer(self) -> None:
        if not self.open or self._phase is not _Phase.OFFERED:
            raise Refused(text("Line {line} has no call to answer.", line=self.name))
        self._enter(_Phase.CONNECTED)
        if self._caller_gone is not None:
            release = self._caller_gone
            self._after(0.0, lambda: self._released(release))

    def dial(self, number: str, presented: str = "", redirection: Redirection | None = None) -> None:
        del presented, redirection  # analog, as the lines that it stands for
        if not is_diallable(number):
            raise Refused(text("{number} cannot be dialled: 1 to 32 of the keys 0-9, *, #, A-D are wanted.", number=number))
        if not self.free:
            raise Refused(text("Line {line} is in use or out of service.", line=self.name))
        self.dialled = number
        self._enter(_Phase.DIALLING)
        self._after(self.times.dial_tone_s + self.times.digit_s * len(number), self._digits_out)

    def record_tone(self, number: str, told: Callable[[bytes], None]) -> None:
        self.dial(number)
        self._forget()
        self._recording = told
        self._after(self.times.dial_tone_s + self.times.digit_s * len(number) + self.times.sample_s, self._rest)

    def know_busy_tone(self, written: str) -> None:
        self.busy_tone = written

    def flash(self) -> None:
        if self._phase is not _Phase.CONNECTED:
            raise Refused(text("Line {line} has no call: there is nobody to flash to.", line=self.name))
        self.flashes += 1

    def release(self, cause: Cause = Cause.NORMAL_CALL_CLEARING) -> None:
        if self._phase is _Phase.OFFERED:
            gone = self._caller_gone is not None
            self._enter(_Phase.RINGING_ON)
            if gone:
                self._after(self.times.gone_s, self._rest_over)
        elif self._phase in (_Phase.DIALLING, _Phase.PROCEEDING, _Phase.CONNECTED):
            self._rest()

    # ---- what is done to it, each in a turn of its own ----

    def arrives(self, caller: CallerId, called: str) -> None:
        """The exchange rings."""
        if self._phase is _Phase.GUARD:
            self._knocking = (caller, called)
        elif self._phase is _Phase.IDLE:
            self._enter(_Phase.RINGING)
            self._heard_by().trunk_rang(self)
            known = caller != UNKNOWN_CALLER
            self._after(self.times.offered_s if known else self.times.offered_unknown_s, lambda: self._offer(caller, called))

    def far_end_leaves(self, release: Release) -> None:
        """The other party hangs up."""
        self._knocking = None
        if self._phase is _Phase.RINGING:
            self._forget()
            self._after(self.times.gone_s, self._rest_over)
        elif self._phase is _Phase.OFFERED:
            self._caller_gone = release
            self._after(self.times.gone_s, lambda: self._missed(release))
        elif self._phase is _Phase.RINGING_ON:
            self._after(self.times.gone_s, self._rest_over)
        elif self._phase in (_Phase.DIALLING, _Phase.PROCEEDING, _Phase.CONNECTED):
            self._released(release)

    def far_end_answers(self) -> None:
        """The party that we called lifts, and speaks."""
        if self._phase is _Phase.PROCEEDING:
            self._enter(_Phase.CONNECTED)
            self._heard_by().trunk_answered(self, self._section.answer_supervision)

    def gives_back(self, reason: str) -> None:
        """There is no dial tone, or a caller was first: the attempt is given back."""
        if self._phase is _Phase.DIALLING:
            self._released(Release(Cause.NO_CIRCUIT_AVAILABLE, reason))

    def falls_silent(self) -> None:
        """Nothing has been heard from either side for long."""
        if self._phase is _Phase.CONNECTED:
            self._heard_by().trunk_silent(self)

    def is_metered(self) -> None:
        """The exchange sends a metering pulse for our call."""
        if self._phase is _Phase.CONNECTED:
            self._heard_by().trunk_metered(self)

    def key_heard(self, key: str) -> None:
        """A DTMF key on the line."""
        if self._phase in (_Phase.PROCEEDING, _Phase.CONNECTED):
            self._heard_by().trunk_key(self, key)

    def fails(self, reason: str) -> None:
        """The line is dead."""
        if self._phase is _Phase.OUT:
            return
        carried = self._phase in (_Phase.OFFERED, _Phase.DIALLING, _Phase.PROCEEDING, _Phase.CONNECTED)
        self._enter(_Phase.OUT)
        if carried:
            self._heard_by().trunk_released(self, LINE_FAILED)
        self._heard_by().line_out_of_service(self, reason)

    def mended(self) -> None:
        """The line is well again."""
        if self._phase is _Phase.OUT:
            self._enter(_Phase.IDLE)
            self._heard_by().line_in_service(self)

    # ---- inside ----

    def _heard_by(self) -> TrunkReceiver:
        assert self.receiver is not None
        return self.receiver

    def _enter(self, phase: _Phase) -> None:
        self._forget()
        recording, self._recording = self._recording, None
        if recording is not None:
            self._after(0.0, lambda: recording(b""))
        self._phase = phase
        if phase is not _Phase.CONNECTED:  # who answers a caller that has gone is told so
            self._caller_gone = None

    def _offer(self, caller: CallerId, called: str) -> None:
        self._enter(_Phase.OFFERED)
        self._heard_by().trunk_offered(self, caller, called or self._section.number)

    def _missed(self, release: Release) -> None:
        self._enter(_Phase.IDLE)
        self._heard_by().trunk_released(self, release)

    def _digits_out(self) -> None:
        assumed = self._section.answer_supervision == "none"
        self._enter(_Phase.CONNECTED if assumed else _Phase.PROCEEDING)
        self._heard_by().trunk_dialled(self)
        if assumed:
            self._heard_by().trunk_answered(self, "assumed")

    def _released(self, release: Release) -> None:
        self._rest()
        self._heard_by().trunk_released(self, release)

    def _rest(self) -> None:
        self._enter(_Phase.GUARD)
        self._after(self.times.guard_s, self._rest_over)

    def _rest_over(self) -> None:
        self._enter(_Phase.IDLE)
        knocking, self._knocking = self._knocking, None
        if knocking is not None:
            self.arrives(*knocking)


class ScriptedStation(_Line):
    """A desk phone. ``caller_shown`` is what it displays for the present or last ringing."""

    def __init__(self, section: StationSection, clock: Clock, bay: ScriptedBay, times: ScriptedTimes) -> None:
        super().__init__(section.name, clock, bay, times)
        self.receiver: StationReceiver | None = None
        self.caller_shown: CallerId | None = None
        self.waiting_shown: CallerId | None = None
        self.rung_as: RingKind | None = None
        self.messages = 0
        self.stage = CallStage.NONE
        self._section = section
        self._handset_up = False
        self._off_hook = False
        self._ringing = False
        self._failed = False
        self._putting_down = False

    # ---- the contract ----

    @property
    def off_hook(self) -> bool:
        return self._off_hook

    @property
    def ringing(self) -> bool:
        return self._ringing

    @property
    def in_service(self) -> bool:
        return self.open and not self._failed

    @property
    def announces_waiting(self) -> bool:
        return self._section.call_waiting

    def ring(self, caller: CallerId, kind: RingKind = RingKind.INTERNAL) -> None:
        if not self.in_service or self._off_hook or self._ringing:
            raise Refused(text("Phone {phone} cannot be rung now.", phone=self.name))
        self._ringing = True
        self.rung_as = kind
        self.caller_shown = None
        self._after(self.times.shown_s, lambda: self._show(caller))

    def stop_ringing(self) -> None:
        if self._ringing:
            self._ringing = False
            self._forget()

    def show_call(self, stage: CallStage) -> None:
        if self._off_hook:
            self.stage = stage
            if stage is CallStage.NONE:
                self.waiting_shown = None

    def announce_waiting(self, caller: CallerId) -> None:
        if not self.announces_waiting or self.stage is CallStage.NONE:
            raise Refused(text("A second call cannot be told to phone {phone} now.", phone=self.name))
        self.waiting_shown = caller

    def stop_waiting(self) -> None:
        self.waiting_shown = None

    def set_messages_waiting(self, count: int) -> None:
        self.messages = count

    # ---- what is done to it, each in a turn of its own ----

    def lifted(self) -> None:
        """The handset goes up; soon after it went down that is a flash."""
        self._handset_up = True
        if self._failed:
            return
        if self._putting_down:
            self._putting_down = False
            self._forget()
            self._heard_by().station_flashed(self)
        elif not self._off_hook:
            self.stop_ringing()
            self._off_hook = True
            self._heard_by().station_lifted(self)

    def put_down(self) -> None:
        """The handset goes down."""
        self._handset_up = False
        if self._off_hook and not self._putting_down:
            self._putting_down = True
            self._after(self.times.hang_up_s, self._is_down)

    def key_pressed(self, key: str) -> None:
        """A key, heard while the handset is up."""
        if self._off_hook:
            self._heard_by().station_key(self, key)

    def fails(self, reason: str) -> None:
        """The port is dead."""
        if self._failed:
            return
        self._failed = True
        self.stop_ringing()
        if self._off_hook:
            self._is_down()
        self._heard_by().line_out_of_service(self, reason)

    def mended(self) -> None:
        """The port is well again."""
        if self._failed:
            self._failed = False
            self._heard_by().line_in_service(self)
            if self._handset_up:
                self.lifted()

    # ---- inside ----

    def _heard_by(self) -> StationReceiver:
        assert self.receiver is not None
        return self.receiver

    def _is_down(self) -> None:
        self._forget()
        self._putting_down = self._off_hook = False
        self.stage = CallStage.NONE
        self.waiting_shown = None
        self._heard_by().station_hung_up(self)

    def _show(self, caller: CallerId) -> None:
        self.caller_shown = caller


L = TypeVar("L", ScriptedTrunk, ScriptedStation, ScriptedTrunk | ScriptedStation)


class ScriptedBoard:
    """Implements ``engine.telephony.lines.Board``. Stimuli take line names; an unknown name is a KeyError."""

    name = "scripted"

    def __init__(
        self,
        clock: Clock,
        bay: ScriptedBay,
        trunks: Sequence[TrunkSection],
        stations: Sequence[StationSection],
        times: ScriptedTimes | None = None,
    ) -> None:
        times = times or ScriptedTimes()
        self._turns = _Turns(clock)
        self._trunks = {section.name: ScriptedTrunk(section, clock, bay, times) for section in trunks}
        self._stations = {section.name: ScriptedStation(section, clock, bay, times) for section in stations}

    @property
    def trunks(self) -> Sequence[ScriptedTrunk]:
        return list(self._trunks.values())

    @property
    def stations(self) -> Sequence[ScriptedStation]:
        return list(self._stations.values())

    def start(self, trunks: TrunkReceiver, stations: StationReceiver) -> None:
        for trunk in self.trunks:
            trunk.receiver = trunks
            trunk.start()
        for station in self.stations:
            station.receiver = stations
            station.start()

    def stop(self) -> None:
        for line in self._lines().values():
            line.stop()

    # ---- stimuli: exchange lines ----

    def arrive(self, line: str, caller: CallerId = UNKNOWN_CALLER, called: str = "") -> None:
        """A call arrives; ``called`` empty: the line's own number. On a line in use it does nothing: the exchange says busy."""
        self._soon(self._trunks[line], lambda trunk: trunk.arrives(caller, called))

    def caller_hangs_up(self, line: str, release: Release = HUNG_UP) -> None:
        """The party at the far end hangs up or gives up."""
        self._soon(self._trunks[line], lambda trunk: trunk.far_end_leaves(release))

    def far_end_answers(self, line: str) -> None:
        """The party that we called lifts the handset."""
        self._soon(self._trunks[line], lambda trunk: trunk.far_end_answers())

    def give_back(self, line: str, reason: str) -> None:
        """The line gives an attempt back: ``no_dial_tone``, ``collision``."""
        self._soon(self._trunks[line], lambda trunk: trunk.gives_back(reason))

    def fall_silent(self, line: str) -> None:
        """Nobody has spoken on the line for long."""
        self._soon(self._trunks[line], lambda trunk: trunk.falls_silent())

    def press(self, line: str, key: str) -> None:
        """The party at the far end presses a key."""
        self._soon(self._trunks[line], lambda trunk: trunk.key_heard(key))

    # ---- stimuli: desk phones ----

    def lift(self, phone: str) -> None:
        """Lift the handset."""
        self._soon(self._stations[phone], lambda station: station.lifted())

    def hang_up(self, phone: str) -> None:
        """Put the handset down."""
        self._soon(self._stations[phone], lambda station: station.put_down())

    def key(self, phone: str, key: str) -> None:
        """Press a key."""
        self._soon(self._stations[phone], lambda station: station.key_pressed(key))

    # ---- stimuli: faults ----

    def fail(self, line: str, reason: str) -> None:
        """The line or phone port fails: ``no_battery``, ``card_removed``, ``driver_error``."""
        self._soon(self._lines()[line], lambda failing: failing.fails(reason))

    def mend(self, line: str) -> None:
        """It is well again."""
        self._soon(self._lines()[line], lambda failed: failed.mended())

    # ---- inside ----

    def _lines(self) -> dict[str, ScriptedTrunk | ScriptedStation]:
        return {**self._trunks, **self._stations}

    def _soon(self, line: L, act: Callable[[L], None]) -> None:
        def in_its_turn() -> None:
            if line.open:
                act(line)

        self._turns.give(in_its_turn)
