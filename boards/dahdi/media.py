"""The Python half of the media pump: the patch bay as the engine knows it, and channels as boards know them.

Python decides, C moves samples. Every call here is one or a few commands into the pump's ring, obeyed at its next tick. What the pump
has to say comes back through ``poll``, which calls the owners in order. All methods belong to the reactor thread.

With ``start`` the pump runs in a thread of its own and the returned descriptor becomes readable when there is something to poll. Without
it the caller steps ``tick`` and ``poll`` by hand, in virtual time.
"""

from __future__ import annotations

import errno
import os
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from boards.dahdi._pump import ffi, lib
from boards.dahdi.bits import BitPattern, BitStats, bit_stats_in
from boards.dahdi.heard import (
    HEARD,
    BeepBegan,
    BeepEnded,
    CallerIdHeard,
    CallerIdModem,
    ChannelFailed,
    FaxGone,
    FaxHeard,
    FaxTone,
    Hear,
    Heard,
    HeardTone,
    Hearing,
    KeyDown,
    KeyUp,
    LevelMeasured,
    LineEvent,
    RegisterSignalGone,
    RegisterSignalHeard,
    ToneGone,
    ToneHeard,
    VoiceBegan,
    VoiceEnded,
)
from boards.dahdi.sounds import CallerIdStyle, render_caller_id, tone_step, tone_windows
from boards.dahdi.taps import PumpTap, PumpTapReader, ring_of
from engine.kernel.errors import EnvironmentFault, OurFault
from engine.kernel.text import text
from engine.telephony.media import EAR, SAMPLE_RATE_HZ, Companding, Port, TapReader, ToneStep
from engine.telephony.tones import CHINA, ToneWindow

__all__ = [
    "BeepBegan",
    "BeepEnded",
    "CallerIdHeard",
    "CallerIdModem",
    "CallerIdStyle",
    "ChannelFailed",
    "ChannelShape",
    "ChannelStats",
    "FaxGone",
    "FaxHeard",
    "FaxTone",
    "Heard",
    "HeardTone",
    "Hearing",
    "KeyDown",
    "KeyUp",
    "LevelMeasured",
    "LineEvent",
    "LockedMemory",
    "Pump",
    "PumpLimits",
    "PumpStats",
    "RegisterSignalGone",
    "RegisterSignalHeard",
    "ToneGone",
    "ToneHeard",
    "VoiceBegan",
    "VoiceEnded",
    "Wake",
    "kernel_io",
    "render_caller_id",
]

TAP_FRAMES = 131_072
"""A tap's ring: 16.4 s, a power of two."""
EVENTS_AT_ONCE = 64
TOGETHER_MOST = 64
"""Commands that can be given to be obeyed at one block."""
GAIN_LEAST_DB = -60.0
GAIN_MOST_DB = 12.0
SHAPE_LEAST_DB = -24.0
SHAPE_MOST_DB = 12.0

Ended = Callable[[int, bool], None]
Buffer = Any
"""A piece of C memory that must outlive the command it was given to."""


class Wake(IntEnum):
    """What the pump's thread waits on: a counter (timerfd, eventfd), or the driver's timer device."""

    COUNTER = 1
    DAHDI = 2


# ---- channels ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChannelShape:
    """A channel's law, and the gains of what it gives (``receive_gain_db``) and is given (``transmit_gain_db``), −24…+12 dB.

    Gains hold wherever the channel is patched; its detectors hear the line as it is. Raises OurFault when one is out of range.
    """

    law: Companding = Companding.A_LAW
    receive_gain_db: float = 0.0
    transmit_gain_db: float = 0.0

    def __post_init__(self) -> None:
        for gain_db in (self.receive_gain_db, self.transmit_gain_db):
            if not SHAPE_LEAST_DB <= gain_db <= SHAPE_MOST_DB:
                raise OurFault(f"a channel's gain of {gain_db} dB is outside {SHAPE_LEAST_DB}…{SHAPE_MOST_DB} dB")


# ---- figures ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PumpLimits:
    """How much the pump can hold; all of it is allocated when it is made.

    ``ports``: channels, players and tones together, by default 1024 channels and 512 sounds; ``taps``: recorder taps, one for every
    two channels; ``patches``; ``commands`` and ``events``: lengths of the two rings, powers of two, 8…65536.
    """

    ports: int = 1536
    taps: int = 512
    patches: int = 8192
    commands: int = 4096
    events: int = 4096


class LockedMemory(IntEnum):
    """What cannot be swapped out while the pump's thread runs: nothing, the pump's own tables, or the whole process."""

    NOTHING = 0
    OWN = 1
    ALL = 2


@dataclass(frozen=True)
class ChannelStats:
    """What a channel went through since it was opened, counted by the pump; see ``struct pump_channel_stats``.

    ``overflows``: times at which every receive buffer of the driver was found full, so audio before may be lost; ``underflows``: blocks of silence
    sent because the pump was late; ``failure``: the errno by which it failed, 0: it works.
    """

    blocks_read: int = 0
    blocks_written: int = 0
    blocks_late: int = 0
    blocks_missing: int = 0
    overflows: int = 0
    underflows: int = 0
    writes_refused: int = 0
    line_events: int = 0
    failure: int = 0


@dataclass(frozen=True)
class PumpStats:
    """Counters since the pump was made; ``channels`` and ``patches`` are present numbers. See ``struct pump_stats``."""

    ticks: int = 0
    samples: int = 0
    stalls: int = 0
    blocks_late: int = 0
    blocks_missing: int = 0
    writes_refused: int = 0
    events_lost: int = 0
    commands_refused: int = 0
    channels: int = 0
    patches: int = 0
    clipped: int = 0
    overflows: int = 0
    underflows: int = 0
    failures: int = 0
    realtime: bool = False
    locked: LockedMemory = LockedMemory.NOTHING


# ---- what is given out ------------------------------------------------------------------------------------------------


class _Playing:
    """A player or tone at work."""

    def __init__(self, source: Port, stop: Callable[[], None], ended: Ended | None) -> None:
        self._source = source
        self._stop = stop
        self.ended = ended
        self.over = False

    @property
    def source(self) -> Port:
        return self._source

    def stop(self) -> None:
        if not self.over:
            self._stop()


@dataclass(frozen=True)
class _Sound:
    """What a player or tone is started with; see ``PUMP_PLAY`` and ``PUMP_TONE``."""

    memory: Buffer
    length: int
    law: int = 0
    value: int = 0
    start_sample: int = 0


# ---- the pump ---------------------------------------------------------------------------------------------------------


class Pump:
    """The media pump: the engine's ``PatchBay``, and the boards' channels.

    ``io`` is how it reaches channels: ``kernel_io()``, or the simulator's wires. ``alarm(key, sentence)`` is told of stalls
    (``pump-stalled``), lost events (``pump-events-lost``), overrun taps (``tap-overrun``) and commands the pump refused
    (``pump-refused``), each time one happens. Raises EnvironmentFault when there is no memory or the limits make no sense.
    """

    def __init__(self, io: object, alarm: Callable[[str, str], None], limits: PumpLimits | None = None) -> None:
        self._memory = _Memory()
        limits = limits or PumpLimits()
        made = ffi.new("struct pump_limits *", (limits.ports + 2 * limits.taps, limits.patches, limits.commands, limits.events))
        pump = lib.pump_new(made, io)
        if pump == ffi.NULL:
            raise EnvironmentFault(text("The media pump cannot be made: too little memory for {limits}.", limits=limits))
        self._memory.pump = pump
        self._kept: dict[int, Buffer] = {}
        # The finalizer's arguments stay alive until it has run, also when a Pump is forgotten or the program ends.
        self._finalizer = weakref.finalize(self, _free, self._memory, io, self._kept)
        self._alarm = alarm
        self._free_ports = deque(Port(number) for number in range(limits.ports))
        self._free_taps = deque(Port(limits.ports + 2 * number) for number in range(limits.taps))
        self._channels: dict[Port, Hear] = {}
        self._taught: set[Port] = set()
        self._players: dict[Port, _Playing] = {}
        self._tracks: set[Port] = set()
        self._awaited: dict[int, Callable[[int, int], None]] = {}
        self._marks: dict[int, Callable[[int], None]] = {}
        self._together: list[Buffer] | None = None
        self._serial = 0
        self._owed_stops: list[Port] = []
        self._events = ffi.new("struct pump_event[]", EVENTS_AT_ONCE)
        self._delivering = False
        self._event_fd = -1
        self._stats = PumpStats()
        self._stats_asked = False

    # -- channels, for boards

    def open_channel(self, fd: int, hear: Hear, law: Companding = Companding.A_LAW) -> Port:
        """Hand over an open, configured channel; ``hear`` gets its line events, failures and, after ``listen``, what is heard.

        ``law`` is that of the octets which the driver gives and takes.

        From now on only the pump reads, drains and closes ``fd``. Raises EnvironmentFault when every port is taken or the command
        ring is full; the descriptor is then still the caller's.
        """
        port = self._take_port()

        def opened(result: int, _played: int) -> None:
            listener = self._channels.get(port)
            if result < 0 and listener is not None:
                listener(ChannelFailed(-result, self.sample_now()))

        try:
            self._submit_awaited(lib.PUMP_CHANNEL_OPEN, port, opened, other=int(law), value=fd)
        except EnvironmentFault:
            self._free_ports.append(port)
            raise
        self._channels[port] = hear
        return port

    def close_channel(self, port: Port) -> None:
        """Close the descriptor and break every patch. Nothing is heard of the channel after this call."""
        self._need_channel(port)
        self._submit_awaited(lib.PUMP_CHANNEL_CLOSE, port, lambda _result, _played: self._free_ports.append(port))
        del self._channels[port]
        self._taught.discard(port)

    def shape_channel(self, port: Port, shape: ChannelShape) -> None:
        """Give a channel another law and other gains; calls that are going on hear the new gains within 5 ms."""
        self._need_channel(port)
        receive, transmit = round(shape.receive_gain_db * 100), round(shape.transmit_gain_db * 100)
        self._submit(lib.PUMP_CHANNEL_SHAPE, port, other=int(shape.law), value=receive, value2=transmit)

    def flush_channel(self, port: Port) -> None:
        """Forget received and queued audio, and begin afresh: after the driver reset the channel's buffers."""
        self._need_channel(port)
        self._submit(lib.PUMP_CHANNEL_FLUSH, port)

    def hold_channel(self, port: Port, *, held: bool) -> None:
        """Write nothing to the channel while the driver dials on it: a write would end that. What it is given meanwhile is lost."""
        self._need_channel(port)
        self._submit(lib.PUMP_CHANNEL_HOLD, port, value=int(held))

    def teach_tones(self, port: Port, windows: Sequence[ToneWindow]) -> None:
        """From now on the channel's exchange sounds like this (at most 16 windows); what its detector had heard is forgotten.

        Without it a channel that listens for tones knows those of China. Raises OurFault when the windows make no sense in themselves.
        """
        self._need_channel(port)
        memory = tone_windows(windows)

        def taught(result: int, _played: int) -> None:
            if result < 0:
                raise OurFault(f"the media pump refused a table of {len(windows)} tones: more frequencies than it takes, or out of range")

        self._submit_awaited(lib.PUMP_CHANNEL_TONES, port, taught, kept=memory, data=memory, length=ffi.sizeof(memory))
        self._taught.add(port)

    def listen(self, port: Port, hearing: Hearing, hear: Hear | None = None) -> None:
        """Run these detectors and no others. A detector that was running goes on undisturbed; a new one begins afresh.

        ``hear``, when given, replaces the channel's listener, also for line events.
        """
        self._need_channel(port)
        if hearing & (Hearing.PROGRESS | Hearing.BEEP) and port not in self._taught:
            self.teach_tones(port, CHINA.windows)
        self._submit(lib.PUMP_CHANNEL_LISTEN, port, value=int(hearing))
        if hear is not None:
            self._channels[port] = hear

    def check_bits(self, port: Port, pattern: BitPattern | None) -> None:
        """Count bit errors in what the channel receives from now on, against this pattern; None: no more."""
        self._need_channel(port)
        self._submit(lib.PUMP_BITS_CHECK, port, value=0 if pattern is None else int(pattern))

    def bit_stats(self, port: Port, answer: Callable[[BitStats], None]) -> None:
        """Ask what was counted; ``answer`` gets it as from ``channel_stats``, and nothing when no pattern is checked."""
        self._need_channel(port)
        memory = ffi.new("struct pump_bit_stats *")

        def answered(result: int, _played: int) -> None:
            if result == 0:
                answer(bit_stats_in(memory))

        self._submit_awaited(lib.PUMP_BITS_STATS, port, answered, kept=memory, data=memory)

    # -- the patch bay

    def patch(self, source: Port, sink: Port, gain_db: float = 0.0) -> None:
        _need_gain(gain_db)
        if not self._is_source(source):
            raise OurFault(f"port {source} is no source")
        if not self._is_sink(sink):
            raise OurFault(f"port {sink} is no sink")
        if source & EAR and sink not in self._tracks:
            raise OurFault(f"the ear of channel {source ^ EAR} can be recorded only, not given to port {sink}")
        self._submit(lib.PUMP_PATCH, source, other=sink, value=round(gain_db * 100))

    def unpatch(self, source: Port, sink: Port) -> None:
        if self._is_source(source) and self._is_sink(sink):
            self._submit(lib.PUMP_UNPATCH, source, other=sink)

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
    ) -> _Playing:
        if not 0 <= start_sample <= len(audio) or (loop and not audio):
            raise OurFault(f"cannot play {len(audio)} samples from {start_sample} on, loop {loop}")
        _need_gain(gain_db)
        sound = _Sound(ffi.from_buffer("uint8_t[]", audio), len(audio), int(law), int(loop), start_sample)
        return self._sound(lib.PUMP_PLAY, sound, sinks, ended, gain_db)

    def tone(
        self,
        steps: Sequence[ToneStep],
        sinks: Sequence[Port],
        *,
        loop_from: int | None = 0,
        ended: Ended | None = None,
    ) -> _Playing:
        if not 1 <= len(steps) <= lib.PUMP_TONE_STEPS_MAX:
            raise OurFault(f"a tone has 1…{lib.PUMP_TONE_STEPS_MAX} steps, not {len(steps)}")
        if loop_from is not None and not 0 <= loop_from < len(steps):
            raise OurFault(f"a tone of {len(steps)} steps cannot go on at step {loop_from}")
        memory = ffi.new("struct pump_tone_step[]", [tone_step(step) for step in steps])
        sound = _Sound(memory, ffi.sizeof(memory), value=-1 if loop_from is None else loop_from)
        return self._sound(lib.PUMP_TONE, sound, sinks, ended, gain_db=0.0)

    def write_taps(self, taps: Sequence[tuple[TapReader, int]]) -> Sequence[int | OSError]:
        """As the contract says; the interpreter is given up once for all of them, so that one who holds it long delays the disk once."""
        rings = ffi.new("struct pump_tap *[]", [ring_of(reader) for reader, _ in taps])
        fds = ffi.new("int[]", [fd for _, fd in taps])
        results = ffi.new("int64_t[]", len(taps))
        lib.pump_taps_write(rings, fds, results, len(taps))
        return (
            [frames if frames >= 0 else OSError(-frames, os.strerror(-frames)) for frames in ffi.unpack(results, len(taps))] if taps else []
        )

    def tap(self) -> PumpTap:
        """A new recorder tap with 16 s of ring. Raises EnvironmentFault when all taps are taken."""
        if not self._free_taps:
            raise EnvironmentFault(text("No recorder tap is free: more recordings run than the media pump was made for."))
        left = self._free_taps.popleft()
        frames = ffi.new("uint8_t[]", TAP_FRAMES * 2)
        tap = ffi.new("struct pump_tap *", {"frames": frames, "capacity": TAP_FRAMES})

        def closed(_result: int, _played: int) -> None:
            self._tracks -= {left, Port(left + 1)}
            self._free_taps.append(left)

        try:
            self._submit_awaited(lib.PUMP_TAP_OPEN, left, closed, kept=(tap, frames), data=tap)
        except EnvironmentFault:
            self._free_taps.append(left)
            raise
        self._tracks |= {left, Port(left + 1)}
        return PumpTap(left, PumpTapReader(tap, frames), lambda: self._close_tap(left))

    @contextmanager
    def together(self, obeyed: Callable[[int], None] | None = None) -> Iterator[None]:
        if self._together is not None:
            raise OurFault("commands are being gathered already")
        if lib.pump_room(self._alive()) < TOGETHER_MOST:
            raise EnvironmentFault(text("The media pump does not take commands: its ring is full. Is the machine overloaded?"))
        gathered = self._together = []
        try:
            yield
            if obeyed is not None:
                self._submit_awaited(lib.PUMP_MARK, Port(0), lambda _result, _played: None)
                self._marks[self._serial] = obeyed
        finally:
            self._together = None
            commands = ffi.new("struct pump_command[]", [command[0] for command in gathered])
            lib.pump_submit_all(self._alive(), commands, len(gathered))  # there was room, and only we take it

    def sample_now(self) -> int:
        return int(lib.pump_samples(self._alive()))

    # -- time

    def tick(self) -> int:
        """One sweep by hand; returns the blocks read. OurFault when the thread does it."""
        if self._event_fd >= 0:
            raise OurFault("the pump's thread ticks; stop it first")
        return int(lib.pump_tick(self._alive()))

    def poll(self) -> int:
        """Deliver everything that waits, in order; returns how many events that were.

        When an owner raises, the others are still told, then the first exception is raised again.
        """
        pump = self._alive()
        if self._delivering:
            return 0
        if self._event_fd >= 0:
            with suppress(BlockingIOError):
                os.eventfd_read(self._event_fd)
        self._delivering = True
        delivered = 0
        raised: list[Exception] = []
        try:
            while self._pump is not None and (count := lib.pump_poll(pump, self._events, EVENTS_AT_ONCE)):
                for index in range(count):
                    self._deliver_one(self._events[index], raised)
                delivered += count
        finally:
            self._delivering = False
        self._pay_stops()
        if raised:
            raise raised[0]
        return delivered

    def start(self, wake_fd: int, wake: Wake, priority: int) -> int:
        """Run the pump in its own thread, woken by ``wake_fd`` (stays the caller's) every 20 ms.

        ``priority`` 1…99 asks for SCHED_FIFO, 0 for normal scheduling; without permission it is normal too, and
        ``stats().realtime`` says so. Returns the descriptor that is readable when ``poll`` has something to deliver.
        """
        pump = self._alive()
        if self._event_fd >= 0:
            raise OurFault("the pump runs already")
        event_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        result = lib.pump_start(pump, wake_fd, int(wake), event_fd, priority)
        if result < 0:
            os.close(event_fd)
            raise EnvironmentFault(text("The media pump's thread cannot be started: {reason}.", reason=os.strerror(-result)))
        self._event_fd = event_fd
        return event_fd

    def stop(self) -> None:
        """End the thread; what it left behind can still be polled. The descriptor that ``start`` gave is closed."""
        if self._event_fd >= 0:
            lib.pump_stop(self._alive())
            os.close(self._event_fd)
            self._event_fd = -1

    def close(self) -> None:
        """Stop, close every channel and free the pump. Taps can still be read to their end; nobody is called any more."""
        if self._pump is None:
            return
        self.stop()
        self._finalizer()
        self._awaited.clear()
        self._marks.clear()
        self._kept.clear()
        self._channels.clear()

    def stats(self) -> PumpStats:
        """The newest counters that have come back; asks for fresh ones, which come with the poll after the next tick."""
        if not self._stats_asked:
            memory = ffi.new("struct pump_stats *")

            def answered(_result: int, _played: int) -> None:
                self._stats = _stats_in(memory)
                self._stats_asked = False

            self._submit_awaited(lib.PUMP_STATS, Port(0), answered, kept=memory, data=memory)
            self._stats_asked = True
        return self._stats

    def channel_stats(self, port: Port, answer: Callable[[ChannelStats], None]) -> None:
        """Ask for a channel's counters; ``answer`` gets them with the poll after the next tick, unless the channel is closed before."""
        self._need_channel(port)
        memory = ffi.new("struct pump_channel_stats *")

        def answered(result: int, _played: int) -> None:
            if result == 0:
                counters = {name: getattr(memory, name) for name in ChannelStats.__dataclass_fields__ if name != "failure"}
                answer(ChannelStats(**counters, failure=-memory.failure))

        self._submit_awaited(lib.PUMP_CHANNEL_STATS, port, answered, kept=memory, data=memory)

    # -- inside

    @property
    def _pump(self) -> Any:  # noqa: ANN401  # C memory has no Python type
        return self._memory.pump

    def _alive(self) -> Any:  # noqa: ANN401  # C memory has no Python type
        if self._pump is None:
            raise OurFault("the pump is closed")
        return self._pump

    def _take_port(self) -> Port:
        if not self._free_ports:
            raise EnvironmentFault(text("No port of the media pump is free: more sounds at once than it was made for."))
        return self._free_ports.popleft()

    def _need_channel(self, port: Port) -> None:
        if port not in self._channels:
            raise OurFault(f"port {port} is no open channel")

    def _is_source(self, port: Port) -> bool:
        if port & EAR:
            return Port(port ^ EAR) in self._channels
        return port in self._channels or port in self._players

    def _is_sink(self, port: Port) -> bool:
        return port in self._channels or port in self._tracks

    def _submit(
        self,
        op: int,
        port: Port,
        *,
        serial: int = 0,
        other: int = 0,
        value: int = 0,
        value2: int = 0,
        data: Buffer = ffi.NULL,
        length: int = 0,
    ) -> None:
        command = ffi.new("struct pump_command *", (op, serial, port, other, value, value2, data, length))
        if self._together is not None and len(self._together) < TOGETHER_MOST:
            self._together.append(command)
        elif self._together is not None or lib.pump_submit(self._alive(), command) < 0:
            raise EnvironmentFault(text("The media pump does not take commands: its ring is full. Is the machine overloaded?"))

    def _submit_awaited(
        self,
        op: int,
        port: Port,
        done: Callable[[int, int], None],
        *,
        kept: Buffer = None,
        other: int = 0,
        value: int = 0,
        value2: int = 0,
        data: Buffer = ffi.NULL,
        length: int = 0,
    ) -> None:
        serial = self._serial % 0xFFFFFFFF + 1
        self._submit(op, port, serial=serial, other=other, value=value, value2=value2, data=data, length=length)
        self._serial = serial
        self._awaited[serial] = done
        self._kept[serial] = kept

    def _sound(self, op: int, sound: _Sound, sinks: Sequence[Port], ended: Ended | None, gain_db: float) -> _Playing:
        """Start a source and patch it. When the ring fills up half-way, the source is stopped as soon as there is room."""
        for sink in sinks:
            if not self._is_sink(sink):
                raise OurFault(f"port {sink} is no sink")
        port = self._take_port()
        playing = _Playing(port, lambda: self._stop_source(port), ended)
        try:
            self._submit_awaited(
                op,
                port,
                self._ender(playing),
                kept=sound.memory,
                other=sound.law,
                value=sound.value,
                value2=sound.start_sample,
                data=sound.memory,
                length=sound.length,
            )
        except EnvironmentFault:
            self._free_ports.append(port)
            raise
        self._players[port] = playing
        try:
            for sink in sinks:
                self._submit(lib.PUMP_PATCH, port, other=sink, value=round(gain_db * 100))
        except EnvironmentFault:
            playing.ended = None
            self._owed_stops.append(port)
            raise
        return playing

    def _ender(self, playing: _Playing) -> Callable[[int, int], None]:
        def done(result: int, played: int) -> None:
            playing.over = True
            del self._players[playing.source]
            self._free_ports.append(playing.source)
            if playing.ended is not None:
                playing.ended(played, result == 0)

        return done

    def _pay_stops(self) -> None:
        if self._pump is None:
            return
        with suppress(EnvironmentFault):  # still full: at the next poll
            while self._owed_stops:
                if self._owed_stops[-1] in self._players:
                    self._submit(lib.PUMP_SOURCE_STOP, self._owed_stops[-1])
                self._owed_stops.pop()

    def _stop_source(self, port: Port) -> None:
        if self._pump is not None:  # a forgotten dialogue ends its sound after the pump was closed
            self._submit(lib.PUMP_SOURCE_STOP, port)

    def _close_tap(self, left: Port) -> None:
        if self._pump is not None:
            self._submit(lib.PUMP_TAP_CLOSE, left)

    def _deliver_one(self, event: Buffer, raised: list[Exception]) -> None:
        try:
            self._deliver(event)
        except Exception as error:  # noqa: BLE001  # kept, and raised when everybody has been told
            raised.append(error)

    def _deliver(self, event: Buffer) -> None:
        if event.kind == lib.PUMP_DONE:
            self._come_back(event)
        elif event.kind in HEARD:
            hear = self._channels.get(Port(event.port))
            if hear is not None:
                hear(HEARD[event.kind](event))
        else:
            self._complain(event)

    def _come_back(self, event: Buffer) -> None:
        done = self._awaited.pop(event.serial, None)
        self._kept.pop(event.serial, None)
        mark = self._marks.pop(event.serial, None)
        if mark is not None:
            mark(event.sample)
        elif done is not None:
            done(event.value, event.played)
        elif event.value < 0 and event.value != -errno.ENOENT:  # the source ended while the command was on its way
            reason = os.strerror(-event.value)
            sentence = text("The media pump refused a command for port {port}: {reason}.", port=event.port, reason=reason)
            self._alarm("pump-refused", sentence.in_english())

    def _complain(self, event: Buffer) -> None:
        if event.kind == lib.PUMP_STALLED:
            late_ms = (event.value - 1) * 20
            sentence = text("The media pump was {late_ms} ms late: callers heard a gap. Is the machine overloaded?", late_ms=late_ms)
            self._alarm("pump-stalled", sentence.in_english())
        elif event.kind == lib.PUMP_EVENTS_LOST:
            sentence = text("{count} events of the media pump were lost: the appliance was too slow to take them.", count=event.value)
            self._alarm("pump-events-lost", sentence.in_english())
        elif event.kind == lib.PUMP_TAP_LOST:
            lost_ms = event.played * 1000 // SAMPLE_RATE_HZ
            sentence = text("A recording lacks {lost_ms} ms: the disk is too slow to write it.", lost_ms=lost_ms)
            self._alarm("tap-overrun", sentence.in_english())


class _Memory:
    """The pump's C memory; None before it is made and after it is freed.

    It is apart from ``Pump``, because the garbage collector may free a forgotten pump while its last users still finish.
    """

    pump: Any = None


def _free(memory: _Memory, _io: object, _kept: dict[int, Buffer]) -> None:
    pump, memory.pump = memory.pump, None
    lib.pump_free(pump)


def _stats_in(memory: Buffer) -> PumpStats:
    counters = {name: getattr(memory, name) for name in PumpStats.__dataclass_fields__ if name not in {"realtime", "locked"}}
    return PumpStats(**counters, realtime=bool(memory.realtime), locked=LockedMemory(memory.locked))


def _need_gain(gain_db: float) -> None:
    if not GAIN_LEAST_DB <= gain_db <= GAIN_MOST_DB:
        raise OurFault(f"a gain of {gain_db} dB is outside {GAIN_LEAST_DB}…{GAIN_MOST_DB} dB")


# ---- sound without a pump ---------------------------------------------------------------------------------------------


def kernel_io() -> object:
    """The driver's own channels, for ``Pump``."""
    io: object = lib.pump_io_kernel()
    return io
