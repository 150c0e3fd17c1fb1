"""The recorder: hears who talks in which call, taps them in the patch bay, and keeps what was said.

Every pair of parties that talks is a *segment* with a stereo file of its own: one on the left track, the other on the right. Whenever something changes in a
call, the switch is asked who talks in it now. When it is another pair, the one tap ends and the next begins in one stroke of commands, so at the same
sample; when one of the pair takes no part for a while (hold, mute), its track is silent and the segment goes on, with a gap that its fact tells. So
nothing that is talked is lost, and nothing is in two files.

The reactor patches and publishes; reading the tap and writing the file happen in the recorder's thread, so a slow disk delays nobody. A
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
    InteractionEnded,
    RecordingEnded,
    RecordingFailed,
    RecordingHeard,
    RecordingSegment,
    RecordingStarted,
)
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.executor import Executor
from engine.kernel.ids import Ids
from engine.settings.site import RecordingSection
from engine.telephony.media import Parties, PatchBay, Port, Tap
from recorder.time_line import TimeLine, silences
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

OUR_OWN = (RecordingStarted, RecordingSegment, RecordingEnded, RecordingFailed, RecordingHeard)
"""Facts about a call that change nothing in it."""

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
class _Talk:
    """A call in which parties talk or talked: the pair that is ``wanted`` on a recording now, and the pair that was last ``tried``."""

    call: str
    interaction: str
    settings: RecordingSection
    day: str
    wanted: Parties | None = None
    tried: Parties | None = None
    recording: _Recording | None = None
    files: int = 0
    retry: Timer | None = None


@dataclass
class _Recording:
    """One segment at work; the reactor's half."""

    id: str
    call: str
    interaction: str
    segment: int
    parties: Parties
    tap: Tap
    file: TrackFile
    line: TimeLine
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
    where the recordings are (may raise OSError). ``settings()`` is asked anew for every call, which keeps what it began with. ``alarm`` is told of
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
        self._talks: dict[str, _Talk] = {}
        self._segments: dict[str, int] = {}
        """How many there are of each interaction."""
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
        for talk in self._talks.values():
            talk.wanted = None
            self._align(talk)
        self._talks.clear()
        self._tell_stopped()

    def _hear(self, envelope: Envelope) -> None:
        fact = envelope.fact
        if isinstance(fact, InteractionEnded):
            self._segments.pop(fact.interaction, None)
        elif isinstance(fact, CallEnded):
            talk = self._talks.pop(fact.call, None)
            if talk is not None:
                talk.wanted = None
                self._align(talk)
        elif not isinstance(fact, OUR_OWN):
            call = getattr(fact, "call", "")
            if call in self._talks or isinstance(fact, CallConnected):
                self.talk_changed(call, envelope.interaction)

    def talk_changed(self, call: str, interaction: str) -> None:
        """To be told as soon as somebody hears somebody else, or nobody, in a call: so a segment ends in the block in which its talk does."""
        talk = self._talks.get(call)
        if talk is None:
            if self._stopped is not None or self._parties(call) is None:
                return
            local_s = self._clock.utc_ms() // 1000 + self._clock.utc_offset_min() * 60
            day = f"{datetime.fromtimestamp(local_s, UTC):%Y-%m-%d}"
            talk = self._talks[call] = _Talk(call, interaction, self._settings(), day)
        self._follow(talk)

    def _follow(self, talk: _Talk) -> None:
        """Something happened in the call: who talks in it now?"""
        parties, kind = self._parties(talk.call), talk.settings.conversations
        talk.wanted = parties if parties is not None and (kind == "all" or (kind == "outside" and parties.outside)) else None
        self._align(talk)

    def _align(self, talk: _Talk) -> None:
        """Let what is recorded be what is wanted. When the pump takes no command, soon again."""
        if talk.retry is not None:
            talk.retry.cancel()
            talk.retry = None
        running = talk.recording if talk.recording is not None and not (talk.recording.ending or talk.recording.failed) else None
        if talk.wanted is not None and talk.tried is not None and talk.wanted.same_pair(talk.tried):
            done = running is None or self._silence(running, talk.wanted)
        else:
            done = (running is None and talk.wanted is None) or self._cut(talk, running)
        if done:
            talk.tried = talk.wanted
        else:
            talk.retry = self._clock.call_later(DRAIN_EVERY_S, lambda: self._align(talk))

    def _cut(self, talk: _Talk, old: _Recording | None) -> bool:
        """End the running segment and begin the next at the same sample; False: nothing was done, the command ring is full."""
        parties, begun = talk.wanted, list[_Recording]()
        refusal = self._disk_refusal(talk.settings.reserve_mb) if parties is not None else None
        fault: EnvironmentFault | None = None
        tap: Tap | None = None

        def obeyed(sample: int) -> None:
            if old is not None:
                old.line.ends(sample)
            for recording in begun:
                recording.line.begins(sample, silences(recording.parties))

        try:
            with self._bay.together(obeyed):
                if old is not None:
                    old.tap.close()
                if parties is not None and refusal is None:
                    try:
                        tap = self._tap(parties)
                    except EnvironmentFault as error:
                        fault = error
        except EnvironmentFault as error:
            if old is not None:
                return False
            fault = error
        if old is not None:
            old.ending = True
            self._later(old, DRAIN_EVERY_S)
        if parties is None:
            return True
        if tap is None:
            reason, sentence = refusal or ("write_error", f"Call {talk.call} is not recorded: {fault}")
            self._not_begun(talk, reason, sentence)
        else:
            begun.append(self._begin(talk, parties, tap))
        return True

    def _not_begun(self, talk: _Talk, reason: str, sentence: str) -> None:
        self._bus.publish(RecordingFailed(recording=self._ids.new("r"), call=talk.call, reason=reason), talk.interaction)
        self._count(failed=1)
        self._disk_alarm(sentence)

    def _begin(self, talk: _Talk, parties: Parties, tap: Tap) -> _Recording:
        segment = self._segments[talk.interaction] = self._segments.get(talk.interaction, 0) + 1
        talk.files += 1
        relative = f"{talk.day}/{talk.call}.wav" if talk.files == 1 else f"{talk.day}/{talk.call}-{talk.files}.wav"
        line = TimeLine(self._bay.sample_now())
        file = TrackFile(self._folder / relative, tap.reader)
        recording = _Recording(self._ids.new("r"), talk.call, talk.interaction, segment, parties, tap, file, line)
        talk.recording = self._open[recording.id] = recording
        self._count(started=1)
        self._bus.publish(
            RecordingStarted(
                recording=recording.id,
                call=talk.call,
                path=relative,
                left=parties.left_name,
                right=parties.right_name,
                segment=segment,
                from_sample=line.from_sample,
            ),
            talk.interaction,
        )
        self._round(recording)
        return recording

    def _tap(self, parties: Parties) -> Tap:
        tap = self._bay.tap()
        for track, sink in (("left", tap.left), ("right", tap.right)):
            source = _heard(parties, track)
            if source is not None:
                self._bay.patch(source, sink)
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

    def _silence(self, recording: _Recording, wanted: Parties) -> bool:
        """One of the pair steps aside or comes back; False: nothing was done, the command ring is full."""
        old, tap = recording.parties, recording.tap
        if wanted == old:
            return True
        silent = silences(wanted)
        try:
            with self._bay.together(lambda sample: recording.line.changes(sample, silent)):
                for track, sink in (("left", tap.left), ("right", tap.right)):
                    was, now = _heard(old, track), _heard(wanted, track)
                    if was is not None and now is None:
                        self._bay.unpatch(was, sink)
                    elif was is None and now is not None:
                        self._bay.patch(now, sink)
        except EnvironmentFault:
            return False
        # Whoever is called otherwise by now keeps the name under which the segment began.
        recording.parties = replace(wanted, left_name=old.left_name, right_name=old.right_name)
        return True

    def _later(self, recording: _Recording, delay_s: float) -> None:
        if recording.timer is not None:
            recording.timer.cancel()
        recording.timer = self._clock.call_later(delay_s, lambda: self._round(recording))

    def _round(self, recording: _Recording) -> None:
        """One job for the thread; never a second while one is under way."""
        recording.timer = None
        self._later(recording, DRAIN_EVERY_S if recording.ending else WRITE_EVERY_S)
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
            self._publish(recording, _segment(recording, step))
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

    def _publish(self, recording: _Recording, fact: RecordingSegment | RecordingEnded | RecordingFailed) -> None:
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
    if track in silences(parties):
        return None
    return parties.left if track == "left" else parties.right


def _segment(recording: _Recording, step: Step) -> RecordingSegment:
    """What the file holds."""
    return RecordingSegment(
        recording=recording.id,
        call=recording.call,
        segment=recording.segment,
        from_sample=recording.line.from_sample,
        samples=step.samples,
        lost=step.lost_frames,
        left=recording.parties.left_name,
        right=recording.parties.right_name,
        gaps=recording.line.written(step.samples + step.lost_frames),
    )


def mend_after_crash(
    folder: Path, open_recordings: Sequence[RecordingStarted]
) -> tuple[RecordingSegment | RecordingEnded | RecordingFailed, ...]:
    """Make whole the files of segments that were running when the appliance died; gives the facts to publish.

    Runs at the start, before the reactor. When somebody was on hold is not known any more: that track is silent there. A missing file is reported as ``missing``, one that cannot be mended as
    ``write_error`` or ``disk_full``.
    """
    return tuple(fact for started in open_recordings for fact in _mend(folder, started))


def _mend(folder: Path, started: RecordingStarted) -> tuple[RecordingSegment | RecordingEnded | RecordingFailed, ...]:
    try:
        samples = repair(folder / started.path)
    except FileNotFoundError:
        reason = "missing"
    except OSError as error:
        reason = "disk_full" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "write_error"
    except BadInput:
        reason = "write_error"
    else:
        held = RecordingSegment(
            recording=started.recording,
            call=started.call,
            segment=started.segment,
            from_sample=started.from_sample,
            samples=samples,
            lost=0,
            left=started.left,
            right=started.right,
            gaps=(),
        )
        return held, RecordingEnded(recording=started.recording, call=started.call, samples=samples, repaired=True)
    return (RecordingFailed(recording=started.recording, call=started.call, reason=reason),)
