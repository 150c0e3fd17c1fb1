"""The recorder: hears which calls talk, taps them in the patch bay, and keeps what was said.

A call is recorded from its first connection to its end in one file, also when another agent takes it over. The reactor patches
and publishes; reading the tap and writing the file happen in the recorder's thread, so a slow disk delays nobody. A
recording that fails never ends a call.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from engine.facts import (
    AlarmCleared,
    AlarmRaised,
    CallConnected,
    CallEnded,
    CallHeld,
    CallRetrieved,
    CallsJoined,
    CallTransferred,
    RecordingEnded,
    RecordingFailed,
    RecordingStarted,
)
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.executor import Executor
from engine.kernel.ids import Ids
from engine.settings.site import RecordingSection
from engine.telephony.media import Parties, PatchBay, Port, Tap
from recorder.track_file import Step, Stroke, TrackFile, write_strokes
from recorder.wav import repair

__all__ = ["Counters", "Recorder", "mend_after_crash"]

WRITE_EVERY_S = 0.85
"""So that, with gathering and the time a job takes, no more than a second is ever unwritten."""
GATHER_S = 0.1
"""Recordings due within this time are written in one job: waking the thread costs more than writing."""
DRAIN_EVERY_S = 0.04
"""Two blocks: the tap closes at the next block border."""
DRAIN_TRIES = 50
"""After two seconds a closed tap that still does not say so is given up, with what it gave."""

Alarm = Callable[[AlarmRaised | AlarmCleared], None]


@dataclass(frozen=True)
class Counters:
    """What the recorder has done since the start. ``late_jobs``: rounds in which the disk had not finished the round before."""

    started: int = 0
    ended: int = 0
    failed: int = 0
    overruns: int = 0
    late_jobs: int = 0
    undrained: int = 0


@dataclass
class _Recording:
    """One recording at work; the reactor's half."""

    id: str
    call: str
    interaction: str
    parties: Parties
    wanted: Parties
    tap: Tap
    file: TrackFile
    busy: bool = False
    begun: bool = False
    ending: bool = False
    failed: bool = False
    overrun: bool = False
    tries: int = 0
    timer: Timer | None = None


@dataclass(frozen=True)
class _Work:
    """A step of one recording, to be done in the thread."""

    recording: _Recording
    stroke: Stroke


class Recorder:
    """Records conversations as the settings want.

    ``parties(call)`` says who talks and where, or None when the call is not there any more. ``disk_free()`` gives free octets
    where the recordings are (may raise OSError). ``settings()`` is asked anew for every call. ``alarm`` is told of
    ``recorder.disk`` (full or failing) and ``recorder.overrun`` (samples lost), and when they are over.
    """

    def __init__(
        self,
        bus: Bus,
        bay: PatchBay,
        clock: Clock,
        executor: Executor,
        ids: Ids,
        *,
        folder: Path,
        parties: Callable[[str], Parties | None],
        disk_free: Callable[[], int],
        settings: Callable[[], RecordingSection],
        alarm: Alarm,
    ) -> None:
        self._bus = bus
        self._bay = bay
        self._clock = clock
        self._executor = executor
        self._ids = ids
        self._folder = folder
        self._parties = parties
        self._disk_free = disk_free
        self._settings = settings
        self._alarm = alarm
        self._by_call: dict[str, _Recording] = {}
        self._open: dict[str, _Recording] = {}
        self._disk_alarmed = False
        self._stopped: Callable[[], None] | None = None
        self._due: list[_Work] = []
        self._gathering: Timer | None = None
        self.counters = Counters()
        self._leave = bus.subscribe("recorder", self._hear)

    @property
    def active(self) -> int:
        """Recordings whose file is not closed yet."""
        return len(self._open)

    def stop(self, done: Callable[[], None]) -> None:
        """Begin no more recordings, end those that run, and call ``done`` when every file is closed."""
        self._leave()
        self._stopped = done
        for recording in list(self._by_call.values()):
            self._end(recording)
        self._by_call.clear()
        self._tell_stopped()

    def _hear(self, envelope: Envelope) -> None:
        fact = envelope.fact
        if isinstance(fact, CallConnected):
            self._connected(fact.call, envelope)
        elif isinstance(fact, CallHeld | CallRetrieved | CallTransferred | CallsJoined):
            self._parties_changed(fact.call)
        elif isinstance(fact, CallEnded):
            recording = self._by_call.pop(fact.call, None)
            if recording is not None:
                self._end(recording)

    def _connected(self, call: str, envelope: Envelope) -> None:
        if call in self._by_call:
            self._parties_changed(call)
            return
        settings = self._settings()
        parties = self._parties(call) if settings.conversations != "none" else None
        if parties is None or (settings.conversations == "outside" and not parties.outside):
            return
        self._begin(call, envelope, parties, settings.reserve_mb)

    def _parties_changed(self, call: str) -> None:
        recording = self._by_call.get(call)
        if recording is not None:
            recording.wanted = self._parties(call) or recording.wanted
            self._repatch(recording)

    def _begin(self, call: str, envelope: Envelope, parties: Parties, reserve_mb: int) -> None:
        recording_id = self._ids.new("r")
        refusal = self._disk_refusal(reserve_mb)
        if refusal:
            reason, sentence = refusal
            self._bus.publish(RecordingFailed(recording=recording_id, call=call, reason=reason), envelope.interaction)
            self._count(failed=1)
            self._disk_alarm(sentence)
            return
        local_s = envelope.utc_ms // 1000 + envelope.utc_offset_min * 60
        relative = f"{datetime.fromtimestamp(local_s, UTC):%Y-%m-%d}/{call}.wav"
        try:
            tap = self._tap(parties)
        except EnvironmentFault as error:
            self._bus.publish(RecordingFailed(recording=recording_id, call=call, reason="write_error"), envelope.interaction)
            self._count(failed=1)
            self._disk_alarm(f"Call {call} is not recorded: {error}")
            return
        file = TrackFile(self._folder / relative, tap.reader)
        recording = _Recording(recording_id, call, envelope.interaction, parties, parties, tap, file)
        self._by_call[call] = self._open[recording_id] = recording
        self._count(started=1)
        self._bus.publish(
            RecordingStarted(recording=recording_id, call=call, path=relative, left=parties.left_name, right=parties.right_name),
            envelope.interaction,
        )
        self._round(recording)

    def _tap(self, parties: Parties) -> Tap:
        tap = self._bay.tap()
        try:
            self._bay.patch(parties.left, tap.left)
            self._bay.patch(parties.right, tap.right)
        except EnvironmentFault:
            self._close_tap(tap)
            raise
        return tap

    def _close_tap(self, tap: Tap) -> None:
        """Close a tap, again and again while the pump takes no command: a forgotten tap would use up the patch bay."""
        try:
            tap.close()
        except EnvironmentFault:
            self._clock.call_later(DRAIN_EVERY_S, lambda: self._close_tap(tap))

    def _disk_refusal(self, reserve_mb: int) -> tuple[str, str] | None:
        """Why nothing can be recorded now (reason, sentence), or None."""
        try:
            free = self._disk_free()
        except OSError as error:
            return "write_error", f"The disk of {self._folder} does not answer ({error}); calls go on without recording."
        if free < reserve_mb * 1_000_000:
            return "disk_full", (
                f"{free // 1_000_000} MB are free in {self._folder}, the reserve is {reserve_mb} MB; calls go on without recording. Free disk space."
            )
        return None

    def _repatch(self, recording: _Recording) -> None:
        """Another party talks in the same call: the same file goes on. When the pump takes no command the next round tries again."""
        old, new, tap = recording.parties, recording.wanted, recording.tap
        if recording.failed or recording.ending or new == old:
            return
        try:
            for was, now, sink in (
                (_heard(old, "left"), _heard(new, "left"), tap.left),
                (_heard(old, "right"), _heard(new, "right"), tap.right),
            ):
                if was == now:
                    continue
                if was is not None:
                    self._bay.unpatch(was, sink)
                if now is not None:
                    self._bay.patch(now, sink)
        except EnvironmentFault:
            return
        recording.parties = new

    def _end(self, recording: _Recording) -> None:
        if recording.ending or recording.failed:
            return
        recording.ending = True
        self._close_tap(recording.tap)
        self._later(recording, DRAIN_EVERY_S)

    def _later(self, recording: _Recording, delay_s: float) -> None:
        if recording.timer is not None:
            recording.timer.cancel()
        recording.timer = self._clock.call_later(delay_s, lambda: self._round(recording))

    def _round(self, recording: _Recording) -> None:
        """One job for the thread; never a second while one is under way."""
        recording.timer = None
        self._later(recording, DRAIN_EVERY_S if recording.ending else WRITE_EVERY_S)
        self._repatch(recording)
        if recording.busy:
            self._count(late_jobs=1)
            return
        recording.tries += recording.ending
        recording.busy = True
        urgent = recording.ending or not recording.begun
        recording.begun = True
        self._due.append(_Work(recording, Stroke(recording.file, recording.ending, recording.tries >= DRAIN_TRIES)))
        if urgent:
            self._submit_due()
        elif self._gathering is None:
            self._gathering = self._clock.call_later(GATHER_S, self._submit_due)

    def _submit_due(self) -> None:
        """All steps that are due, as one job. When the thread takes none, the next round takes all: a tap's ring holds ten seconds."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        due, self._due = self._due, []
        try:
            self._executor.submit(
                lambda: write_strokes(self._bay.write_taps, [work.stroke for work in due]),
                lambda steps: self._all_stepped(due, steps),
                lambda error: self._all_stepped(due, [error] * len(due)),
            )
        except EnvironmentFault:
            for work in due:
                work.recording.busy = False
            self._count(late_jobs=len(due))

    def _all_stepped(self, due: Sequence[_Work], steps: Sequence[Step | Exception]) -> None:
        for work, step in zip(due, steps, strict=True):
            if isinstance(step, Exception):
                self._broke(work.recording, step)
            else:
                self._stepped(work.recording, step, last_try=work.stroke.last_try)

    def _stepped(self, recording: _Recording, step: Step, *, last_try: bool) -> None:
        recording.busy = False
        if step.lost_frames and not recording.overrun:
            recording.overrun = True
            self._count(overruns=1)
            self._publish(recording, RecordingFailed(recording=recording.id, call=recording.call, reason="overrun"))
            sentence = f"The recording of call {recording.call} has gaps: the disk took too long. Look for other load on it."
            self._alarm(AlarmRaised(alarm="recorder.overrun", about=recording.id, sentence=sentence))
        if self._disk_alarmed and step.samples:
            self._disk_alarmed = False
            self._alarm(AlarmCleared(alarm="recorder.disk", about=str(self._folder)))
        if step.finished:
            self._count(ended=1, undrained=int(last_try))
            fact = RecordingEnded(recording=recording.id, call=recording.call, samples=step.samples, repaired=False)
            self._close(recording, fact)

    def _broke(self, recording: _Recording, error: Exception) -> None:
        recording.busy = False
        recording.failed = True
        self._close_tap(recording.tap)
        full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
        self._count(failed=1)
        fact = RecordingFailed(recording=recording.id, call=recording.call, reason="disk_full" if full else "write_error")
        self._close(recording, fact)
        self._disk_alarm(
            f"The recording of call {recording.call} broke off ({error}); the call goes on. Look at the disk of {self._folder}."
        )

    def _close(self, recording: _Recording, fact: RecordingEnded | RecordingFailed) -> None:
        if recording.timer is not None:
            recording.timer.cancel()
            recording.timer = None
        self._open.pop(recording.id, None)
        self._publish(recording, fact)
        if recording.overrun:
            self._alarm(AlarmCleared(alarm="recorder.overrun", about=recording.id))
        self._tell_stopped()

    def _publish(self, recording: _Recording, fact: RecordingEnded | RecordingFailed) -> None:
        self._bus.publish(fact, recording.interaction)

    def _disk_alarm(self, sentence: str) -> None:
        if not self._disk_alarmed:
            self._disk_alarmed = True
            self._alarm(AlarmRaised(alarm="recorder.disk", about=str(self._folder), sentence=sentence))

    def _count(self, **more: int) -> None:
        self.counters = replace(self.counters, **{name: getattr(self.counters, name) + count for name, count in more.items()})

    def _tell_stopped(self) -> None:
        if self._stopped is not None and not self._open:
            done, self._stopped = self._stopped, None
            done()


def _heard(parties: Parties, track: str) -> Port | None:
    """Whose voice goes to a track; None: nobody's."""
    if parties.silent == track:
        return None
    return parties.left if track == "left" else parties.right


def mend_after_crash(folder: Path, open_recordings: Sequence[RecordingStarted]) -> tuple[RecordingEnded | RecordingFailed, ...]:
    """Make whole the files of recordings that were running when the appliance died; gives the facts to publish.

    Runs at the start, before the reactor. A missing file is reported as ``missing``, one that cannot be mended as
    ``write_error`` or ``disk_full``.
    """
    return tuple(_mend(folder, started) for started in open_recordings)


def _mend(folder: Path, started: RecordingStarted) -> RecordingEnded | RecordingFailed:
    try:
        samples = repair(folder / started.path)
    except FileNotFoundError:
        reason = "missing"
    except OSError as error:
        reason = "disk_full" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "write_error"
    except BadInput:
        reason = "write_error"
    else:
        return RecordingEnded(recording=started.recording, call=started.call, samples=samples, repaired=True)
    return RecordingFailed(recording=started.recording, call=started.call, reason=reason)
