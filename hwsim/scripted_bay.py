"""A patch bay without sound: it keeps account of patches, players, tones and taps, and lets them end in virtual time.

It obeys the promises of ``engine.telephony.media.PatchBay``: blocks of 20 ms, ``ended`` once and never inside a call, the same refusals.
What it is not is told in ``scripted_board.py``.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import EnvironmentFault, OurFault
from engine.kernel.text import text
from engine.telephony.media import BLOCK_SAMPLES, EAR, SAMPLE_RATE_HZ, SILENCE_ALAW, Companding, Port, TapReader, ToneStep

__all__ = ["COMMANDS_A_BLOCK_MOST", "PORTS_MOST", "ScriptedBay", "ScriptedPlaying", "ScriptedTap"]

PORTS_MOST = 1536
"""Lines, players and tones at once, as the media pump's default."""
TAPS_MOST = 512
COMMANDS_A_BLOCK_MOST = 4096
SOUNDED_KEPT = 10_000
TAP_FRAMES = 131_072
TONE_STEPS_MOST = 256
GAIN_LEAST_DB, GAIN_MOST_DB = -60.0, 12.0

NS_A_BLOCK = 1_000_000_000 * BLOCK_SAMPLES // SAMPLE_RATE_HZ
Ended = Callable[[int, bool], None]


class ScriptedPlaying:
    """A player (``audio`` in ``law``) or tone (``steps``) at work, and afterwards what is left of it: ``played_samples``, ``complete``."""

    def __init__(self, bay: ScriptedBay, source: Port, sinks: Sequence[Port], ended: Ended | None) -> None:
        self.audio = b""
        self.law = Companding.A_LAW
        self.steps: tuple[ToneStep, ...] = ()
        self.sinks = tuple(sinks)
        self.over = False
        self.complete = False
        self.played_samples = 0
        self._bay = bay
        self._source = source
        self._ended = ended
        self._first_block = bay.block_now + 1
        self._ending: Timer | None = None
        self._stopped = False

    @property
    def source(self) -> Port:
        return self._source

    def stop(self) -> None:
        if self.over or self._stopped:
            return
        self._bay.take_command()
        self._stopped = True
        if self._ending is not None:
            self._ending.cancel()
        played = max(0, self._bay.block_now + 1 - self._first_block) * BLOCK_SAMPLES
        self._ending = self._bay.at_block(self._bay.block_now + 1, lambda: self._end(played, complete=False))

    def end_by_itself(self, samples: int) -> None:
        """It sounds this long unless it is stopped."""
        blocks = max(1, -(-samples // BLOCK_SAMPLES))
        self._ending = self._bay.at_block(self._first_block + blocks - 1, lambda: self._end(samples, complete=True))

    def _end(self, played_samples: int, *, complete: bool) -> None:
        self.over, self.complete, self.played_samples = True, complete, played_samples
        self._bay.forget_source(self._source)
        if self._ended is not None:
            self._ended(played_samples, complete)


class _SilentReader:
    """The reading end of a tap that hears silence: as many frames as time has passed."""

    def __init__(self, bay: ScriptedBay) -> None:
        self._bay = bay
        self._next_block = bay.block_now + 1
        self._last_block: int | None = None
        self._lost_frames = 0

    def end(self) -> None:
        """No frames after the present block."""
        if self._last_block is None:
            self._last_block = self._bay.block_now

    def read(self) -> bytes:
        waiting = self._waiting()
        self._next_block += waiting
        frames = waiting * BLOCK_SAMPLES
        self._lost_frames += max(0, frames - TAP_FRAMES)
        return bytes([SILENCE_ALAW]) * (2 * min(frames, TAP_FRAMES))

    def _waiting(self) -> int:
        last = self._bay.block_now if self._last_block is None else self._last_block
        return max(0, last + 1 - self._next_block)

    @property
    def lost_frames(self) -> int:
        return self._lost_frames

    @property
    def closed(self) -> bool:
        return self._last_block is not None and self._bay.block_now > self._last_block and self._waiting() == 0


def _written(reader: TapReader, fd: int) -> int | OSError:
    rest = memoryview(reader.read())
    frames = len(rest) // 2
    try:
        while rest:
            rest = rest[os.write(fd, rest) :]
    except OSError as error:
        return error
    return frames


class ScriptedTap:
    """A recorder tap that hears silence."""

    def __init__(self, left: Port, right: Port, reader: _SilentReader, close: Callable[[], None]) -> None:
        self._left, self._right = left, right
        self._reader = reader
        self._close: Callable[[], None] | None = close

    @property
    def left(self) -> Port:
        return self._left

    @property
    def right(self) -> Port:
        return self._right

    @property
    def reader(self) -> _SilentReader:
        return self._reader

    def close(self) -> None:
        close, self._close = self._close, None
        if close is not None:
            self._reader.end()
            close()


class ScriptedBay:
    """Implements ``PatchBay``. ``patches`` maps (source, sink) to dB; ``sounded`` holds the newest 10 000 players and tones."""

    def __init__(self, clock: Clock) -> None:
        self.patches: dict[tuple[Port, Port], float] = {}
        self.sounded: deque[ScriptedPlaying] = deque(maxlen=SOUNDED_KEPT)
        self._clock = clock
        self._began_ns = clock.monotonic_ns()
        self._next_port = 0
        self._lines: set[Port] = set()
        self._sources: set[Port] = set()
        self._tracks: set[Port] = set()
        self._command_block = 0
        self._commands = 0
        self._gathering = False

    # ---- for those who build on it ----

    @property
    def block_now(self) -> int:
        """Whole blocks since the beginning."""
        return (self._clock.monotonic_ns() - self._began_ns) // NS_A_BLOCK

    def at_block(self, block: int, act: Callable[[], None]) -> Timer:
        """Do this at that block border (later than now)."""
        due_ns = self._began_ns + block * NS_A_BLOCK
        return self._clock.call_later(max(0, due_ns - self._clock.monotonic_ns()) / 1e9, act)

    def take_command(self) -> None:
        """Count a command. EnvironmentFault when more come within one block than the ring of a real pump holds."""
        if self.block_now != self._command_block:
            self._command_block, self._commands = self.block_now, 0
        if self._commands >= COMMANDS_A_BLOCK_MOST:
            raise EnvironmentFault(text("The media pump does not take commands: its ring is full. Is the machine overloaded?"))
        self._commands += 1

    def open_line(self) -> Port:
        """A new line: source and sink. EnvironmentFault when all ports are taken."""
        port = self._new_port()
        self._lines.add(port)
        return port

    def close_line(self, port: Port) -> None:
        """The line and its patches are gone."""
        self._lines.discard(port)
        self._break(port)

    def forget_source(self, port: Port) -> None:
        """A player or tone has ended: its patches are gone."""
        self._sources.discard(port)
        self._break(port)

    def heard_by(self, sink: Port) -> tuple[Port, ...]:
        """The sources that this sink hears, in the order in which they were connected."""
        return tuple(source for source, heard in self.patches if heard == sink)

    # ---- the contract ----

    def patch(self, source: Port, sink: Port, gain_db: float = 0.0) -> None:
        _need_gain(gain_db)
        if Port(source & ~EAR) not in (self._lines if source & EAR else self._lines | self._sources):
            raise OurFault(f"port {source} is no source")
        self._need_sink(sink)
        if source & EAR and sink not in self._tracks:
            raise OurFault(f"the ear of channel {source ^ EAR} can be recorded only, not given to port {sink}")
        self.take_command()
        self.patches[source, sink] = gain_db

    def unpatch(self, source: Port, sink: Port) -> None:
        if (source, sink) in self.patches:
            self.take_command()
            del self.patches[source, sink]

    def play(
        self,
        audio: bytes,
        sinks: Sequence[Port],
        *,
        loop: bool = False,
        start_sample: int = 0,
        law: Companding = Companding.A_LAW,
        gain_db: float = 0.0,
        ended: Ended | None = None,
    ) -> ScriptedPlaying:
        if not 0 <= start_sample <= len(audio) or (loop and not audio):
            raise OurFault(f"cannot play {len(audio)} samples from {start_sample} on, loop {loop}")
        _need_gain(gain_db)
        playing = self._sound(sinks, ended, gain_db)
        playing.audio, playing.law = audio, law
        if not loop:
            playing.end_by_itself(len(audio) - start_sample)
        return playing

    def tone(
        self,
        steps: Sequence[ToneStep],
        sinks: Sequence[Port],
        *,
        loop_from: int | None = 0,
        ended: Ended | None = None,
    ) -> ScriptedPlaying:
        if not 1 <= len(steps) <= TONE_STEPS_MOST or any(step.duration_ms <= 0 for step in steps):
            raise OurFault(f"a tone has 1…{TONE_STEPS_MOST} steps of more than 0 ms")
        if loop_from is not None and not 0 <= loop_from < len(steps):
            raise OurFault(f"a tone of {len(steps)} steps cannot go on at step {loop_from}")
        playing = self._sound(sinks, ended, 0.0)
        playing.steps = tuple(steps)
        if loop_from is None:
            playing.end_by_itself(sum(step.duration_ms for step in steps) * SAMPLE_RATE_HZ // 1000)
        return playing

    def write_taps(self, taps: Sequence[tuple[TapReader, int]]) -> Sequence[int | OSError]:
        return [_written(reader, fd) for reader, fd in taps]

    def tap(self) -> ScriptedTap:
        if len(self._tracks) >= 2 * TAPS_MOST:
            raise EnvironmentFault(text("No recorder tap is free: more recordings run than the media pump was made for."))
        self.take_command()
        left, right = self._number(), self._number()
        self._tracks |= {left, right}

        def close() -> None:
            self._tracks -= {left, right}
            for track in (left, right):
                self._break(track)

        return ScriptedTap(left, right, _SilentReader(self), close)

    @contextmanager
    def together(self, obeyed: Callable[[int], None] | None = None) -> Iterator[None]:
        if self._gathering:
            raise OurFault("commands are being gathered already")
        self.take_command()
        sample = self.sample_now()
        self._gathering = True
        try:
            yield
            if obeyed is not None:
                self.at_block(self.block_now + 1, lambda: obeyed(sample))
        finally:
            self._gathering = False

    def sample_now(self) -> int:
        return self.block_now * BLOCK_SAMPLES

    # ---- inside ----

    def _sound(self, sinks: Sequence[Port], ended: Ended | None, gain_db: float) -> ScriptedPlaying:
        for sink in sinks:
            self._need_sink(sink)
        self.take_command()
        source = self._new_port()
        self._sources.add(source)
        playing = ScriptedPlaying(self, source, sinks, ended)
        self.sounded.append(playing)
        self.patches.update({(source, sink): gain_db for sink in sinks})
        return playing

    def _need_sink(self, sink: Port) -> None:
        if sink not in self._lines | self._tracks:
            raise OurFault(f"port {sink} is no sink")

    def _new_port(self) -> Port:
        if len(self._lines) + len(self._sources) >= PORTS_MOST:
            raise EnvironmentFault(text("No port of the media pump is free: more sounds at once than it was made for."))
        return self._number()

    def _number(self) -> Port:
        # A number is never given twice: who keeps one too long is found out.
        self._next_port += 1
        return Port(self._next_port)

    def _break(self, port: Port) -> None:
        for patch in [patch for patch in self.patches if port in patch or Port(port | EAR) in patch]:
            del self.patches[patch]


def _need_gain(gain_db: float) -> None:
    if not GAIN_LEAST_DB <= gain_db <= GAIN_MOST_DB:
        raise OurFault(f"a gain of {gain_db} dB is outside {GAIN_LEAST_DB}…{GAIN_MOST_DB} dB")
