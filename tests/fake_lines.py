"""Exchange lines and desk phones moved by hand, and a patch bay that tells what is heard where.

They refuse what the contract says a board refuses, and report at once when the test's hands move them, where a board (and the scripted
one) reports in a later turn. ``test_fake_lines.py`` holds them to the scripted board, which the contract tests hold to the real one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.kernel.errors import Refused
from engine.kernel.text import text
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import CallStage, RingKind, StationReceiver, TrunkReceiver
from engine.telephony.media import SAMPLE_RATE_HZ, Port, ToneStep
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId, Redirection, is_diallable
from hwsim.scripted_bay import ScriptedBay, ScriptedPlaying
from tests.fakes import FakeClock

GUARD_S = 2.1
PROMPT = re.compile(rb"<([^>]*)>")


def prompt_audio(language: str, name: str, seconds: float = 1.0) -> bytes:
    """Octets that say in plain letters which prompt they are."""
    return f"<{language}/{name}>".encode().ljust(round(seconds * SAMPLE_RATE_HZ), b".")


class HeardBay(ScriptedBay):
    """A scripted patch bay that tells what is heard where, in prompt names and tones."""

    def playing(self, sink: Port) -> ScriptedPlaying | None:
        """What plays into the sink now and is not being stopped."""
        return next(
            (playing for playing in reversed(self.sounded) if sink in playing.sinks and not (playing.over or playing._stopped)), None
        )

    def saying(self, sink: Port) -> list[str]:
        """The prompts that the sink hears now, ``language/name``."""
        playing = self.playing(sink)
        return [name.decode() for name in PROMPT.findall(playing.audio)] if playing else []

    def tone_at(self, sink: Port) -> tuple[ToneStep, ...]:
        """The tone that the sink hears now; nothing when none."""
        playing = self.playing(sink)
        return playing.steps if playing else ()

    def hears(self, sink: Port, source: Port) -> bool:
        """True when the one is patched to the other."""
        return source in self.heard_by(sink)

    def bridges(self) -> set[tuple[Port, Port]]:
        """Every patch from a line to a line."""
        return {patch for patch in self.patches if patch[0] in self._lines}

    def end_in_the_same_block(self, playing: ScriptedPlaying) -> None:
        """What was just stopped came to its own end in that block."""
        assert playing._ending is not None
        playing._ending.cancel()
        playing._end(len(playing.audio), complete=True)


class FakeTrunk:
    """An exchange line. ``does``: ``idle``, ``offered``, ``seized``, ``connected``, ``guard`` or ``dead``; ``dialled`` the last number."""

    def __init__(self, name: str, port: Port, clock: FakeClock) -> None:
        self.name = name
        self.port = port
        self.does = "idle"
        self.dialled = ""
        self.presented = ""
        self.redirection: Redirection | None = None
        self.announces = False
        self.gives_ringing_tone = False
        self.told_exchange: list[str] = []
        self.busy_tone = ""
        self.flashes = 0
        self._clock = clock
        self._receiver: TrunkReceiver | None = None

    def report_to(self, receiver: TrunkReceiver) -> None:
        self._receiver = receiver

    @property
    def free(self) -> bool:
        return self.does == "idle"

    def alert(self) -> bool:
        self.told_exchange.append("alerting")
        return self.gives_ringing_tone

    def announce(self) -> None:
        self.told_exchange.append("announcing")

    def answer(self) -> None:
        if self.does != "offered":
            raise Refused(text("Line {line} has no call to answer.", line=self.name))
        self.does = "connected"

    def dial(self, number: str, presented: str = "", redirection: Redirection | None = None) -> None:
        if not self.free or not is_diallable(number):
            raise Refused(text("Line {line} is in use or out of service.", line=self.name))
        self.does = "seized"
        self.dialled, self.presented, self.redirection = number, presented, redirection

    def record_tone(self, number: str, told: Callable[[bytes], None]) -> None:
        self.dial(number)
        self._clock.call_later(12.0, lambda: told(b""))

    def know_busy_tone(self, written: str) -> None:
        self.busy_tone = written

    def flash(self) -> None:
        if self.does != "connected":
            raise Refused(text("Line {line} has no call: there is nobody to flash to.", line=self.name))
        self.flashes += 1

    def release(self, cause: Cause = Cause.NORMAL_CALL_CLEARING) -> None:
        if self.does in ("seized", "connected"):
            self._rest()
        elif self.does == "offered":
            self.does = "idle"

    def _rest(self) -> None:
        self.does = "guard"
        self._clock.call_later(GUARD_S, self._rested)

    def _rested(self) -> None:
        if self.does == "guard":
            self.does = "idle"

    # ---- the test's hands: the exchange ----

    @property
    def to(self) -> TrunkReceiver:
        assert self._receiver is not None
        return self._receiver

    def offer(self, caller: CallerId = UNKNOWN_CALLER, called: str = "") -> None:
        """A call comes in."""
        assert self.does == "idle"
        self.does = "offered"
        self.to.trunk_rang(self)
        self.to.trunk_offered(self, caller, called)

    def press(self, keys: str) -> None:
        """The caller presses keys."""
        for key in keys:
            self.to.trunk_key(self, key)

    def hang_up(self, reason: str = "busy_tone", cause: Cause = Cause.NORMAL_CALL_CLEARING) -> None:
        """The far end is gone."""
        if self.does in ("seized", "connected"):
            self._rest()
        else:
            self.does = "idle"
        self.to.trunk_released(self, Release(cause, reason))

    def send_digits(self) -> None:
        """Our digits are out."""
        self.to.trunk_dialled(self)

    def far_progresses(self, *, alerting: bool = True, in_band: bool = False) -> None:
        """The exchange says how far our call has come."""
        self.to.trunk_progressed(self, alerting=alerting, in_band=in_band)

    def far_fails(self, release: Release) -> None:
        """The exchange announces why our call fails."""
        self.to.trunk_fails(self, release)

    def move_to(self, other: FakeTrunk) -> None:
        """The exchange chose the other line for our call."""
        self.does, other.does = "idle", self.does
        self.to.trunk_moved(self, other)

    def far_answers(self, supervision: str = "polarity") -> None:
        """The far end answers."""
        self.does = "connected"
        self.to.trunk_answered(self, supervision)

    def give_back(self, reason: str) -> None:
        """The line cannot be used for the call that it was seized for; it rests."""
        assert self.does == "seized"
        self.hang_up(reason)

    def meter(self) -> None:
        """The exchange sends a metering pulse."""
        self.to.trunk_metered(self)

    def fall_silent(self) -> None:
        """Nothing was heard from either side for long."""
        self.to.trunk_silent(self)

    def die(self, reason: str) -> None:
        """The line fails, and a call on it first."""
        carried, self.does = self.does, "dead"
        if carried in ("offered", "seized", "connected"):
            self.to.trunk_released(self, Release(Cause.NETWORK_OUT_OF_ORDER, "line_failed"))
        self.to.line_out_of_service(self, reason)

    def revive(self) -> None:
        """It works again."""
        self.does = "idle"
        self.to.line_in_service(self)


class FakeStation:
    """A desk phone. ``shown`` is the caller it was last rung with."""

    def __init__(self, name: str, port: Port) -> None:
        self.name = name
        self.port = port
        self.off_hook = False
        self.ringing = False
        self.in_service = True
        self.shown = UNKNOWN_CALLER
        self.rings = 0
        self.rung_as: RingKind | None = None
        self.stage = CallStage.NONE
        self.announces_waiting = False
        self.waiting_shown: CallerId | None = None
        self.messages = 0
        self.breaks_when_rung = False
        self._receiver: StationReceiver | None = None

    def report_to(self, receiver: StationReceiver) -> None:
        self._receiver = receiver

    def ring(self, caller: CallerId, kind: RingKind = RingKind.INTERNAL) -> None:
        if self.off_hook or self.ringing or not self.in_service or self.breaks_when_rung:
            self.in_service = self.in_service and not self.breaks_when_rung
            raise Refused(text("Phone {phone} cannot be rung now.", phone=self.name))
        self.ringing = True
        self.shown = caller
        self.rings += 1
        self.rung_as = kind

    def stop_ringing(self) -> None:
        self.ringing = False

    def show_call(self, stage: CallStage) -> None:
        if self.off_hook:
            self.stage = stage

    def announce_waiting(self, caller: CallerId) -> None:
        if not self.announces_waiting or self.stage is CallStage.NONE:
            raise Refused(text("A second call cannot be told to phone {phone} now.", phone=self.name))
        self.waiting_shown = caller

    def stop_waiting(self) -> None:
        self.waiting_shown = None

    def set_messages_waiting(self, count: int) -> None:
        self.messages = count

    # ---- the test's hands: its user ----

    @property
    def to(self) -> StationReceiver:
        assert self._receiver is not None
        return self._receiver

    def lift(self) -> None:
        """The handset goes up."""
        assert not self.off_hook
        self.off_hook = True
        self.ringing = False
        self.to.station_lifted(self)

    def hang_up(self) -> None:
        """The handset goes down."""
        assert self.off_hook
        self.off_hook = False
        self.stage = CallStage.NONE
        self.waiting_shown = None
        self.to.station_hung_up(self)

    def press(self, keys: str) -> None:
        """Keys are pressed."""
        for key in keys:
            self.to.station_key(self, key)

    def flash(self) -> None:
        """The R key."""
        self.to.station_flashed(self)

    def die(self, reason: str) -> None:
        """The port fails; a handset that was up counts as put down first."""
        self.in_service = False
        self.ringing = False
        if self.off_hook:
            self.off_hook = False
            self.to.station_hung_up(self)
        self.to.line_out_of_service(self, reason)

    def revive(self) -> None:
        """The port works again."""
        self.in_service = True
        self.to.line_in_service(self)
