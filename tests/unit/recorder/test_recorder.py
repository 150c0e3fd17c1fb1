"""The recorder: conversations are on disk within a second, and no disk trouble ever ends a call."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from appliance.executors import VirtualExecutor
from engine.facts import (
    AlarmCleared,
    AlarmRaised,
    CallConnected,
    CallEnded,
    CallHeld,
    CallRetrieved,
    Fact,
    InteractionEnded,
    RecordingEnded,
    RecordingFailed,
    RecordingSegment,
    RecordingStarted,
)
from engine.kernel.bus import Bus
from engine.kernel.errors import EnvironmentFault
from engine.kernel.ids import Ids
from engine.kernel.text import text
from engine.settings.site import RecordingSection
from engine.telephony.media import Companding, Parties, Playing, Port, Tap, TapReader, ToneStep
from recorder.recorder import DRAIN_TRIES, Recorder, mend_after_crash
from recorder.wav import HEADER_BYTES, header, repair
from tests.fakes import EPOCH_UTC_MS, FakeClock

T = TypeVar("T")
CALLER, AGENT, OTHER_AGENT = Port(1), Port(2), Port(3)
VOICES = {CALLER: b"c", AGENT: b"a", OTHER_AGENT: b"o"}
BLOCK_S = 0.02


class Ring:
    """A tap's reading end. ``lost_frames`` and ``stuck`` are the test's to set."""

    def __init__(self) -> None:
        self.octets = b""
        self.lost_frames = 0
        self.ended = False
        self.stuck = False

    def read(self) -> bytes:
        octets, self.octets = self.octets, b""
        return octets

    @property
    def closed(self) -> bool:
        return self.ended and not self.octets and not self.stuck


class FakeTap:
    """A tap that ends at the next block after ``close``."""

    def __init__(self, left: Port) -> None:
        self.left = left
        self.right = Port(left + 1)
        self.ring = Ring()
        self.closing = False
        self.full: Callable[[], bool] = lambda: False

    @property
    def reader(self) -> TapReader:
        return self.ring

    def close(self) -> None:
        if self.full():
            raise EnvironmentFault(text("the command ring is full"))
        self.closing = True


def _written(reader: TapReader, fd: int) -> int | OSError:
    try:
        return os.write(fd, reader.read()) // 2
    except OSError as error:
        return error


class FakeBay:
    """A patch bay whose taps hear, each 20 ms, 160 letters of whoever is patched to them; ``-`` is silence."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.patches: dict[Port, Port] = {}
        self.taps: list[FakeTap] = []
        self.full = False
        self.strokes = 0
        self.blocks = 0
        clock.call_later(BLOCK_S, self.tick)

    def tick(self) -> None:
        self.clock.call_later(BLOCK_S, self.tick)
        self.blocks += 1
        for tap in self.taps:
            if tap.ring.ended:
                continue
            if tap.closing:
                tap.ring.ended = True
                continue
            tap.ring.octets += (self.heard(tap.left) + self.heard(tap.right)) * 160

    def heard(self, sink: Port) -> bytes:
        return VOICES.get(self.patches.get(sink, Port(0)), b"-")

    def patch(self, source: Port, sink: Port, gain_db: float = 0.0) -> None:
        assert gain_db == 0.0
        if self.full:
            raise EnvironmentFault(text("the command ring is full"))
        self.patches[sink] = source

    def unpatch(self, source: Port, sink: Port) -> None:
        if self.patches.get(sink) == source:
            del self.patches[sink]

    def tap(self) -> Tap:
        self.taps.append(FakeTap(Port(100 + 2 * len(self.taps))))
        self.taps[-1].full = lambda: self.full
        return self.taps[-1]

    def write_taps(self, taps: Sequence[tuple[TapReader, int]]) -> Sequence[int | OSError]:
        self.strokes += 1
        return [_written(reader, fd) for reader, fd in taps]

    @contextmanager
    def together(self, obeyed: Callable[[int], None] | None = None) -> Iterator[None]:
        if self.full:
            raise EnvironmentFault(text("the command ring is full"))
        yield
        if obeyed is not None:
            sample = self.sample_now()
            self.clock.call_later(BLOCK_S, lambda: obeyed(sample))

    def sample_now(self) -> int:
        return self.blocks * 160

    def play(
        self,
        audio: bytes,
        sinks: Sequence[Port],
        *,
        loop: bool = False,
        start_sample: int = 0,
        law: Companding = Companding.A_LAW,
        gain_db: float = 0.0,
        ended: Callable[[int, bool], None] | None = None,
    ) -> Playing:
        raise AssertionError("a recorder plays nothing")

    def tone(
        self,
        steps: Sequence[ToneStep],
        sinks: Sequence[Port],
        *,
        loop_from: int | None = 0,
        ended: Callable[[int, bool], None] | None = None,
    ) -> Playing:
        raise AssertionError("a recorder sounds nothing")


class Disk:
    """The recorder's executor: fails, stalls or refuses as the test says."""

    def __init__(self, clock: FakeClock) -> None:
        self.executor = VirtualExecutor(clock, 0.002)
        self.fault: OSError | None = None
        self.refuses = False
        self.held: list[Callable[[], None]] | None = None
        self.jobs = 0

    def submit(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        if self.refuses:
            raise EnvironmentFault(text("the recorder is behind"))
        self.jobs += 1
        if self.held is not None:
            self.held.append(lambda: self.executor.submit(work, done, failed))
            return
        self.executor.submit(work, done, failed)

    def close(self) -> None:
        self.executor.close()


class Stage:
    """A recorder at work in a patch bay with an agent and a caller."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.bay = FakeBay(self.clock)
        self.disk = Disk(self.clock)
        self.facts: list[Fact] = []
        self.segments: list[RecordingSegment] = []
        self.interactions: list[str] = []
        self.alarms: list[AlarmRaised | AlarmCleared] = []
        self.faults: list[Exception] = []
        self.parties: dict[str, Parties] = {}
        self.free: int | OSError = 10**12
        self.settings = RecordingSection()
        self.bus = Bus(self.clock, "b1", 1, lambda: 0, lambda _name, _envelope, error: self.faults.append(error))
        self.recorder = Recorder(
            self.bus,
            self.bay,
            self.clock,
            self.disk,
            Ids("b1"),
            folder=folder,
            parties=self.parties.get,
            disk_free=self.disk_free,
            settings=lambda: self.settings,
            alarm=self.alarms.append,
        )

        def note(envelope: object) -> None:
            fact, interaction = envelope.fact, envelope.interaction  # type: ignore[attr-defined]
            if isinstance(fact, RecordingSegment):
                self.segments.append(fact)
            if isinstance(fact, RecordingStarted | RecordingEnded | RecordingFailed):
                self.facts.append(fact)
                self.interactions.append(interaction)

        self.bus.subscribe("test", note)

    def disk_free(self) -> int:
        if isinstance(self.free, OSError):
            raise self.free
        return self.free

    def connect(self, call: str = "b1-c1", right: Port = AGENT, *, outside: bool = True) -> None:
        self.parties[call] = Parties(CALLER, right, "13800138000", "1001", outside)
        self.bus.publish(CallConnected(call=call, phone="phone-801", extension="801", agent="1001"), "b1-i1")

    def end(self, call: str = "b1-c1") -> None:
        del self.parties[call]
        self.bus.publish(CallEnded(call=call, cause=16, reason="hung_up", released_by="caller"), "b1-i1")

    def sound(self, call: str = "b1-c1") -> bytes:
        return (self.folder / "2026-11-18" / f"{call}.wav").read_bytes()[HEADER_BYTES:]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_conversation_is_recorded(stage: Stage) -> None:
    """Caller left, agent right, from connection to end, in a file under the local date that any player plays."""
    stage.connect()
    stage.clock.advance(5)
    stage.end()
    stage.clock.advance(1)
    path = "2026-11-18/b1-c1.wav"
    assert stage.facts == [
        RecordingStarted(recording="b1-r1", call="b1-c1", path=path, left="13800138000", right="1001"),
        RecordingEnded(recording="b1-r1", call="b1-c1", samples=250 * 160, repaired=False),
    ]
    assert stage.interactions == ["b1-i1", "b1-i1"]
    assert (stage.folder / path).read_bytes() == header(40_000) + b"ca" * 40_000
    assert (stage.recorder.active, stage.alarms, stage.faults) == (0, [], [])


def test_no_more_than_a_second_is_ever_unwritten(stage: Stage) -> None:
    """A kill -9 at any moment of a call costs at most its last second."""
    stage.connect()
    for step in range(1, 200):
        stage.clock.advance(0.05)
        spoken_s = step * 0.05
        assert len(stage.sound()) / 16_000 >= spoken_s - 1.0


def test_a_silent_recorder_asks_nothing_of_the_disk(stage: Stage) -> None:
    """After the last call the disk can rest."""
    stage.connect()
    stage.clock.advance(2)
    stage.end()
    stage.clock.advance(1)
    jobs = stage.disk.jobs
    stage.clock.advance(60)
    assert stage.disk.jobs == jobs


def test_another_agent_is_another_segment(stage: Stage) -> None:
    """A transferred call has a file for each who talked with the customer; the second begins at the very sample at which the first ends."""
    stage.connect()
    stage.clock.advance(1)
    stage.connect(right=OTHER_AGENT)
    stage.clock.advance(1)
    stage.connect(right=OTHER_AGENT)
    stage.end()
    stage.clock.advance(1)
    assert stage.sound() == b"ca" * 8000
    assert stage.sound("b1-c1-2") == b"co" * 8000
    first, second = stage.segments
    assert (first.recording, first.segment, first.from_sample, first.samples, first.gaps) == ("b1-r1", 1, 0, 8000, ())
    assert (second.recording, second.segment, second.from_sample, second.samples) == ("b1-r2", 2, 8000, 8000)
    assert [fact.path for fact in stage.facts if isinstance(fact, RecordingStarted)] == ["2026-11-18/b1-c1.wav", "2026-11-18/b1-c1-2.wav"]
    assert [tap.closing for tap in stage.bay.taps] == [True, True]


def test_who_waits_between_two_agents_is_not_recorded(stage: Stage) -> None:
    """While a customer is parked or queues again nobody talks with him: that time is in no file, and the line of the contact shows it."""
    stage.connect()
    stage.clock.advance(1)
    parties = stage.parties.pop("b1-c1")
    stage.bus.publish(CallHeld(call="b1-c1", phone="phone-801"), "b1-i1")
    stage.clock.advance(3)
    stage.parties["b1-c1"] = parties
    stage.bus.publish(CallRetrieved(call="b1-c1", phone="phone-801"), "b1-i1")
    stage.clock.advance(1)
    stage.end()
    stage.clock.advance(1)
    assert [(segment.from_sample, segment.samples) for segment in stage.segments] == [(0, 8000), (32_000, 8000)]


def test_the_segments_of_an_interaction_are_numbered(stage: Stage) -> None:
    """The consultation between two agents comes between the customer's segments, whichever call they are of."""
    stage.connect()
    stage.clock.advance(1)
    stage.connect("b1-c2", OTHER_AGENT, outside=False)
    stage.clock.advance(1)
    stage.end("b1-c2")
    stage.connect(right=OTHER_AGENT)
    stage.end()
    stage.bus.publish(InteractionEnded(interaction="b1-i1", cause=16, reason="hung_up", released_by="caller", calls=2), "b1-i1")
    stage.connect("b1-c3")
    stage.end("b1-c3")
    stage.clock.advance(1)
    numbers = [(fact.call, fact.segment) for fact in stage.facts if isinstance(fact, RecordingStarted)]
    assert numbers == [("b1-c1", 1), ("b1-c2", 2), ("b1-c1", 3), ("b1-c3", 1)]


def test_the_track_of_who_has_put_the_other_on_hold_is_silent(stage: Stage) -> None:
    """What an agent says to a colleague meanwhile is not in the customer's recording; the customer's own track goes on, and the gap is told."""
    stage.connect()
    stage.clock.advance(1)
    parties = stage.parties["b1-c1"]
    stage.parties["b1-c1"] = replace(parties, silent="right")
    stage.bus.publish(CallHeld(call="b1-c1", phone="phone-801"), "b1-i1")
    stage.clock.advance(1)
    stage.parties["b1-c1"] = parties
    stage.bus.publish(CallRetrieved(call="b1-c1", phone="phone-801"), "b1-i1")
    stage.clock.advance(1)
    stage.parties["b1-c1"] = replace(parties, silent="both", silence="mute")
    stage.bus.publish(CallHeld(call="b1-c1", phone="phone-801"), "b1-i1")
    stage.clock.advance(0.5)
    stage.end()
    stage.clock.advance(1)
    assert stage.sound() == b"ca" * 8000 + b"c-" * 8000 + b"ca" * 8000 + b"--" * 4000
    (segment,) = stage.segments
    assert segment.gaps == ("right hold 8000 8000", "left mute 24000 4000", "right mute 24000 4000")


def test_a_hold_while_the_pump_takes_no_command_is_done_soon(stage: Stage) -> None:
    """A burst of commands does not let the agent's talk with a colleague into the customer's recording for longer than a moment."""
    stage.connect()
    stage.clock.advance(1)
    stage.bay.full = True
    stage.parties["b1-c1"] = replace(stage.parties["b1-c1"], silent="right")
    stage.bus.publish(CallHeld(call="b1-c1", phone="phone-801"), "b1-i1")
    stage.bay.full = False
    stage.clock.advance(1)
    stage.end()
    stage.clock.advance(1)
    (segment,) = stage.segments
    assert segment.gaps == ("right hold 8160 7840",)
    assert stage.sound() == b"ca" * 8160 + b"c-" * 7840


@pytest.mark.parametrize(
    ("conversations", "outside", "recorded"),
    [("all", True, True), ("all", False, True), ("outside", True, True), ("outside", False, False), ("none", True, False)],
)
def test_the_settings_decide(stage: Stage, conversations: str, outside: bool, recorded: bool) -> None:
    """What the site does not want recorded leaves no file."""
    stage.settings = RecordingSection(conversations=conversations)
    stage.connect(outside=outside)
    stage.clock.advance(1)
    assert bool(stage.facts) is recorded
    assert any(stage.folder.iterdir()) is recorded


def test_a_call_that_is_gone_already_is_no_fault(stage: Stage) -> None:
    """A call that ends in the moment it connects leaves nothing behind."""
    stage.bus.publish(CallConnected(call="b1-c1", phone="p", extension="8", agent=""))
    stage.bus.publish(CallEnded(call="b1-c1", cause=16, reason="hung_up", released_by="caller"))
    stage.clock.advance(2)
    assert (stage.facts, stage.faults, stage.bay.taps) == ([], [], [])


def test_below_the_reserve_nothing_is_recorded_and_an_alarm_says_so(stage: Stage) -> None:
    """A nearly full disk stops recording, not telephoning; with room again the alarm goes."""
    stage.free = 499_999_999
    stage.connect("b1-c1")
    stage.connect("b1-c2")
    assert stage.facts == [
        RecordingFailed(recording="b1-r1", call="b1-c1", reason="disk_full"),
        RecordingFailed(recording="b1-r2", call="b1-c2", reason="disk_full"),
    ]
    assert [alarm.alarm for alarm in stage.alarms] == ["recorder.disk"]
    assert not any(stage.folder.iterdir())
    stage.free = 500_000_000
    stage.connect("b1-c3")
    stage.clock.advance(1)
    assert stage.alarms[1:] == [AlarmCleared(alarm="recorder.disk", about=str(stage.folder))]
    stage.end("b1-c1")
    stage.clock.advance(1)
    assert len(stage.facts) == 3


def test_a_disk_that_does_not_answer_is_no_disk(stage: Stage) -> None:
    """A disk pulled out is an alarm; the call goes on."""
    stage.free = OSError(errno.EIO, "gone")
    stage.connect()
    assert stage.facts == [RecordingFailed(recording="b1-r1", call="b1-c1", reason="write_error")]
    assert stage.faults == []


@pytest.mark.parametrize(("code", "reason"), [(errno.ENOSPC, "disk_full"), (errno.EIO, "write_error")])
def test_a_write_error_ends_the_recording_and_not_the_call(stage: Stage, monkeypatch: pytest.MonkeyPatch, code: int, reason: str) -> None:
    """What was written before the disk filled up can be played; the call list says why the rest is missing."""
    stage.connect()
    stage.clock.advance(2)
    written = len(stage.sound())

    def fail(_fd: int, _octets: bytes) -> int:
        raise OSError(code, "no")

    monkeypatch.setattr(os, "write", fail)
    stage.clock.advance(2)
    monkeypatch.undo()
    assert stage.facts[1:] == [RecordingFailed(recording="b1-r1", call="b1-c1", reason=reason)]
    assert [alarm.alarm for alarm in stage.alarms] == ["recorder.disk"]
    path = stage.folder / "2026-11-18" / "b1-c1.wav"
    assert path.read_bytes()[:HEADER_BYTES] == header(written // 2)
    assert stage.bay.taps[0].closing
    stage.connect()
    stage.clock.advance(2)
    assert len(stage.facts) == 2
    stage.connect(right=OTHER_AGENT)
    stage.clock.advance(1)
    stage.end()
    stage.clock.advance(2)
    assert [type(fact) for fact in stage.facts[2:]] == [RecordingStarted, RecordingEnded]
    assert stage.sound("b1-c1-2") == b"co" * 8000
    assert (stage.recorder.active, stage.faults) == (0, [])


def test_lost_samples_are_told_once(stage: Stage) -> None:
    """A recording with gaps says so in the call list, and goes on."""
    stage.connect()
    stage.clock.advance(1)
    stage.bay.taps[0].ring.lost_frames = 80
    stage.clock.advance(3)
    stage.bay.taps[0].ring.lost_frames = 800
    stage.clock.advance(3)
    stage.end()
    stage.clock.advance(1)
    assert [type(fact) for fact in stage.facts] == [RecordingStarted, RecordingFailed, RecordingEnded]
    assert stage.facts[1] == RecordingFailed(recording="b1-r1", call="b1-c1", reason="overrun")
    assert [(type(alarm), alarm.alarm) for alarm in stage.alarms] == [
        (AlarmRaised, "recorder.overrun"),
        (AlarmCleared, "recorder.overrun"),
    ]
    assert stage.recorder.counters.overruns == 1


def test_a_stalled_disk_is_waited_for(stage: Stage) -> None:
    """A disk that hangs for eight seconds costs not a word, and jobs do not pile up."""
    stage.connect()
    stage.clock.advance(1)
    stage.disk.held = []
    stage.clock.advance(8)
    assert len(stage.disk.held) == 1
    for job in stage.disk.held:
        job()
    stage.disk.held = None
    stage.clock.advance(1)
    stage.end()
    stage.clock.advance(1)
    assert stage.sound() == b"ca" * 80_000
    assert stage.recorder.counters.late_jobs >= 7


def test_a_full_queue_is_tried_again(stage: Stage) -> None:
    """A recorder thread that is behind gets the samples a round later, also at the end of the call."""
    stage.connect()
    stage.clock.advance(1)
    stage.disk.refuses = True
    stage.clock.advance(2)
    stage.end()
    stage.clock.advance(0.5)
    stage.disk.refuses = False
    stage.clock.advance(1)
    assert stage.sound() == b"ca" * 24_000
    assert isinstance(stage.facts[-1], RecordingEnded)


def test_a_tap_that_never_closes_is_given_up(stage: Stage) -> None:
    """A fault in the pump leaves no file open for ever."""
    stage.connect()
    stage.clock.advance(1)
    stage.bay.taps[0].ring.stuck = True
    stage.end()
    stage.clock.advance(0.04 * DRAIN_TRIES + 0.2)
    assert stage.facts[-1] == RecordingEnded(recording="b1-r1", call="b1-c1", samples=8000, repaired=False)
    assert stage.recorder.counters.undrained == 1


def test_a_full_patch_bay_is_told(stage: Stage) -> None:
    """When the pump takes no more commands the call goes on unrecorded, with an alarm."""
    stage.bay.full = True
    stage.connect()
    assert stage.facts == [RecordingFailed(recording="b1-r1", call="b1-c1", reason="write_error")]
    assert [alarm.alarm for alarm in stage.alarms] == ["recorder.disk"]
    assert (stage.bay.taps, stage.faults) == ([], [])


def test_a_patch_bay_full_for_a_moment_is_tried_again(stage: Stage) -> None:
    """A burst of commands at a transfer or at the end of a call loses neither the new agent's voice nor the file."""
    stage.connect()
    stage.clock.advance(1)
    stage.bay.full = True
    stage.connect(right=OTHER_AGENT)
    stage.bay.full = False
    stage.clock.advance(1.8)
    assert stage.bay.patches[stage.bay.taps[1].right] == OTHER_AGENT
    stage.bay.full = True
    stage.end()
    stage.clock.advance(0.2)
    stage.bay.full = False
    stage.clock.advance(0.2)
    assert isinstance(stage.facts[-1], RecordingEnded)
    assert stage.sound("b1-c1-2").endswith(b"coco")
    assert stage.segments[0].from_sample + stage.segments[0].samples == stage.segments[1].from_sample
    assert (stage.recorder.counters.undrained, stage.faults) == (0, [])


def test_a_file_in_the_way_is_kept(stage: Stage) -> None:
    """When a power cut made an id come again, the older sound is kept beside the new one."""
    old = stage.folder / "2026-11-18" / "b1-c1.wav"
    old.parent.mkdir()
    old.write_bytes(b"old sound")
    stage.connect()
    stage.clock.advance(1)
    assert old.with_name("b1-c1.orphan.wav").read_bytes() == b"old sound"
    assert len(stage.sound()) >= 1000


def test_stop_closes_every_file(stage: Stage) -> None:
    """Ctrl-C in the middle of calls leaves whole files."""
    stage.connect("b1-c1")
    stage.connect("b1-c2")
    stage.clock.advance(1)
    done: list[int] = []
    stage.recorder.stop(lambda: done.append(stage.recorder.active))
    assert done == []
    stage.clock.advance(1)
    assert done == [0]
    assert [type(fact) for fact in stage.facts[2:]] == [RecordingEnded, RecordingEnded]
    stage.connect("b1-c3")
    assert len(stage.facts) == 4


def test_stop_with_nothing_open_is_done_at_once(stage: Stage) -> None:
    """An idle appliance stops without delay."""
    done: list[int] = []
    stage.recorder.stop(lambda: done.append(1))
    assert done == [1]


def test_the_local_date_names_the_folder(tmp_path: Path) -> None:
    """A call after midnight in China is in the folder of the new day."""
    stage = Stage(tmp_path)
    midnight_local_utc_ms = EPOCH_UTC_MS - (EPOCH_UTC_MS + 480 * 60_000) % 86_400_000 + 86_400_000
    stage.clock.set_wall(midnight_local_utc_ms - 1)
    stage.connect("b1-c1")
    stage.clock.set_wall(midnight_local_utc_ms)
    stage.connect("b1-c2")
    paths = [fact.path for fact in stage.facts if isinstance(fact, RecordingStarted)]
    assert paths == ["2026-11-18/b1-c1.wav", "2026-11-19/b1-c2.wav"]


def test_mending_after_a_crash_tells_of_every_file(stage: Stage) -> None:
    """After a kill each recording that ran is whole, or said to be missing or unusable."""
    stage.connect("b1-c1")
    stage.connect("b1-c2")
    stage.connect("b1-c3")
    stage.clock.advance(3)
    started = [fact for fact in stage.facts if isinstance(fact, RecordingStarted)]
    (stage.folder / started[1].path).unlink()
    (stage.folder / started[2].path).write_bytes(b"something else altogether")
    samples = len(stage.sound("b1-c1")) // 2
    assert samples > 2 * 8000
    segment = RecordingSegment(
        recording="b1-r1", call="b1-c1", segment=1, from_sample=0, samples=samples, lost=0, left="13800138000", right="1001", gaps=()
    )
    assert mend_after_crash(stage.folder, started) == (
        segment,
        RecordingEnded(recording="b1-r1", call="b1-c1", samples=samples, repaired=True),
        RecordingFailed(recording="b1-r2", call="b1-c2", reason="missing"),
        RecordingFailed(recording="b1-r3", call="b1-c3", reason="write_error"),
    )
    assert repair(stage.folder / started[0].path) == samples


def test_many_recordings_are_written_in_few_jobs(stage: Stage) -> None:
    """A hundred calls at once do not wake the recorder's thread a hundred times a second; each still has its second at most unwritten."""
    calls = [f"b1-c{number}" for number in range(1, 41)]
    for call in calls:
        stage.connect(call)
        stage.clock.advance(0.02)
    stage.clock.advance(1)
    jobs, strokes = stage.disk.jobs, stage.bay.strokes
    stage.clock.advance(10)
    assert stage.bay.strokes - strokes == stage.disk.jobs - jobs <= 10 / 0.05
    assert all(len(stage.sound(call)) / 16_000 >= 10 for call in calls)


def test_one_file_that_cannot_be_written_does_not_stop_the_others(stage: Stage) -> None:
    """Two calls written in one job: the folder of the one is taken away, and the other's recording is whole."""
    stage.connect("b1-c1")
    stage.connect("b1-c2")
    stage.clock.advance(2)
    broken = next(recording for recording in stage.recorder._open.values() if recording.call == "b1-c1")
    os.close(broken.file.fd)
    stage.clock.advance(2)
    stage.end("b1-c2")
    stage.clock.advance(1)
    assert RecordingFailed(recording="b1-r1", call="b1-c1", reason="write_error") in stage.facts
    assert RecordingEnded(recording="b1-r2", call="b1-c2", samples=4 * 8000, repaired=False) in stage.facts
    assert stage.faults == []
