"""A patch bay, exchange lines and desk phones moved by hand, with the rules of the board contract and no audio.

They refuse what the contract says a board refuses, and report only when the test's hands move them. ``test_fake_lines.py`` holds
them to the contract and to the real media pump.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.kernel.errors import OurFault, Refused
from engine.kernel.text import text
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import StationReceiver, TrunkReceiver
from engine.telephony.media import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Port, Tap, ToneStep
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId, is_diallable
from tests.fakes import FakeClock

BLOCK_S = BLOCK_SAMPLES / SAMPLE_RATE_HZ
GUARD_S = 2.1
FIRST_PLAYER = 1000
PROMPT = re.compile(rb"<([^>]*)>")

Ended = Callable[[int, bool], None]


def prompt_audio(language: str, name: str, seconds: float = 1.0) -> bytes:
    """Octets that say in plain letters which prompt they are."""
    return f"<{language}/{name}>".encode().ljust(round(seconds * SAMPLE_RATE_HZ), b".")


@dataclass
class FakePlaying:
    """A player or tone at work. ``sound`` is A-law octets or tone steps."""

    bay: FakeBay
    source: Port
    sound: bytes | tuple[ToneStep, ...]
    sinks: tuple[Port, ...]
    loop: bool
    began_ns: int
    ended: Ended | None
    over: bool = False
    stopping: bool = False

    @property
    def prompts(self) -> list[str]:
        """The prompts in it, ``language/name``."""
        return [name.decode() for name in PROMPT.findall(self.sound)] if isinstance(self.sound, bytes) else []

    def stop(self) -> None:
        if not self.over and not self.stopping:
            self.stopping = True
            self.bay.clock.call_later(BLOCK_S, lambda: self.end(complete=False))

    def end(self, *, complete: bool) -> None:
        """The end, once."""
        if self.over:
            return
        self.over = True
        played = (self.bay.clock.monotonic_ns() - self.began_ns) * SAMPLE_RATE_HZ // 1_000_000_000
        if self.ended is not None:
            self.ended(played, complete)


class FakeBay:
    """A patch bay that knows who hears what, and when a player comes to its end."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.patches: set[tuple[Port, Port]] = set()
        self.playings: list[FakePlaying] = []

    def saying(self, sink: Port) -> list[str]:
        """The prompts that the sink hears now; a stopped one is heard to the end of its block."""
        return [name for playing in self._at(sink) for name in playing.prompts]

    def tone_at(self, sink: Port) -> tuple[ToneStep, ...]:
        """The tone that the sink hears now; nothing when none."""
        return next((playing.sound for playing in self._at(sink) if isinstance(playing.sound, tuple)), ())

    def hears(self, sink: Port, source: Port) -> bool:
        """True when the one is patched to the other."""
        return (source, sink) in self.patches

    def _at(self, sink: Port) -> list[FakePlaying]:
        return [playing for playing in self.playings if sink in playing.sinks and not playing.over and not playing.stopping]

    def patch(self, source: Port, sink: Port, gain_db: float = 0.0) -> None:
        assert -60 <= gain_db <= 12
        self.patches.add((source, sink))

    def unpatch(self, source: Port, sink: Port) -> None:
        self.patches.discard((source, sink))

    def play(
        self,
        audio: bytes,
        sinks: Sequence[Port],
        *,
        loop: bool = False,
        start_sample: int = 0,
        ended: Ended | None = None,
    ) -> FakePlaying:
        if not audio:
            raise OurFault("nothing to play")
        playing = self._begin(audio, sinks, loop, ended)
        if not loop:
            self.clock.call_later((len(audio) - start_sample) / SAMPLE_RATE_HZ, lambda: playing.end(complete=True))
        return playing

    def tone(
        self,
        steps: Sequence[ToneStep],
        sinks: Sequence[Port],
        *,
        loop_from: int | None = 0,
        ended: Ended | None = None,
    ) -> FakePlaying:
        playing = self._begin(tuple(steps), sinks, loop_from is not None, ended)
        if loop_from is None:
            self.clock.call_later(sum(step.duration_ms for step in steps) / 1000, lambda: playing.end(complete=True))
        return playing

    def _begin(self, sound: bytes | tuple[ToneStep, ...], sinks: Sequence[Port], loop: bool, ended: Ended | None) -> FakePlaying:
        port = Port(FIRST_PLAYER + len(self.playings))
        self.playings.append(FakePlaying(self, port, sound, tuple(sinks), loop, self.clock.monotonic_ns(), ended))
        return self.playings[-1]

    def tap(self) -> Tap:
        raise OurFault("nobody records here")

    def sample_now(self) -> int:
        return self.clock.monotonic_ns() * SAMPLE_RATE_HZ // 1_000_000_000


class FakeTrunk:
    """An exchange line. ``does``: ``idle``, ``offered``, ``seized``, ``connected``, ``guard`` or ``dead``; ``dialled`` the last number."""

    def __init__(self, name: str, port: int, clock: FakeClock) -> None:
        self.name = name
        self.port = Port(port)
        self.does = "idle"
        self.dialled = ""
        self._clock = clock
        self._receiver: TrunkReceiver | None = None

    def report_to(self, receiver: TrunkReceiver) -> None:
        self._receiver = receiver

    @property
    def free(self) -> bool:
        return self.does == "idle"

    def answer(self) -> None:
        if self.does != "offered":
            raise Refused(text("Line {line} has no call to answer.", line=self.name))
        self.does = "connected"

    def dial(self, number: str) -> None:
        if not self.free or not is_diallable(number):
            raise Refused(text("Line {line} is in use or out of service.", line=self.name))
        self.does = "seized"
        self.dialled = number

    def release(self) -> None:
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

    def hang_up(self, reason: str = "busy_tone") -> None:
        """The far end is gone."""
        if self.does in ("seized", "connected"):
            self._rest()
        else:
            self.does = "idle"
        self.to.trunk_released(self, Release(Cause.NORMAL_CALL_CLEARING, reason))

    def send_digits(self) -> None:
        """Our digits are out."""
        self.to.trunk_dialled(self)

    def far_answers(self, supervision: str = "polarity") -> None:
        """The far end answers."""
        self.does = "connected"
        self.to.trunk_answered(self, supervision)

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

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.port = Port(port)
        self.off_hook = False
        self.ringing = False
        self.in_service = True
        self.shown = UNKNOWN_CALLER
        self.rings = 0
        self.breaks_when_rung = False
        self._receiver: StationReceiver | None = None

    def report_to(self, receiver: StationReceiver) -> None:
        self._receiver = receiver

    def ring(self, caller: CallerId) -> None:
        if self.off_hook or self.ringing or not self.in_service or self.breaks_when_rung:
            self.in_service = self.in_service and not self.breaks_when_rung
            raise Refused(text("Phone {phone} cannot be rung now.", phone=self.name))
        self.ringing = True
        self.shown = caller
        self.rings += 1

    def stop_ringing(self) -> None:
        self.ringing = False

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
