"""The store: hears every fact, and a thread of its own makes it durable.

A fact is encoded when it is heard. Within 20 ms it is written to the journal; within a second the journal is forced to the
medium, and only then do the tables follow, in one transaction: so no table ever knows a fact that a power cut could
take out of the journal.

When the disk fails, facts stay in memory up to a bound. The journal is taken back to the last place that is surely on
the medium and everything since is written again, every second, until it succeeds.
"""

from __future__ import annotations

import errno
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import peewee

from engine.facts import AlarmCleared, AlarmRaised
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import EnvironmentFault
from engine.kernel.executor import Executor
from engine.kernel.text import text
from engine.store.journal import SEGMENT_BYTES, Disk, Journal, encode
from engine.store.migrations import open_database
from engine.store.projection import Projection
from engine.store.recovery import JOURNAL_FOLDER, Recovered
from engine.store.state import write_checkpoint

__all__ = ["BACKLOG_MAX", "Counters", "Progress", "Store"]

WRITE_WITHIN_S = 0.02
SYNC_WITHIN_S = 0.9
"""After the first fact that is not yet safe; leaves the disk a tenth of its second."""
RETRY_S = 1.0
BACKLOG_MAX = 100_000
"""Facts kept in memory while the disk fails: two hours of a 240-line site's busy hour, some 50 MB."""
CHECKPOINT_FACTS = 10_000
FLUSH_WAITERS_MAX = 100

Alarm = Callable[[AlarmRaised | AlarmCleared], None]


@dataclass(frozen=True)
class Entry:
    """A fact and its journal JSON."""

    envelope: Envelope
    payload: bytes


@dataclass(frozen=True)
class Progress:
    """How far the writer came: facts it still holds, the newest one on the medium, facts no table could take, missed checkpoints."""

    kept: int
    synced_seq: int
    unfit: int
    checkpoints_missed: int


@dataclass(frozen=True)
class Counters:
    """What the store has done since the start."""

    heard: int
    lost: int
    failures: int
    backlog: int
    synced_seq: int
    unfit: int
    checkpoints_missed: int


class _Pen:
    """The thread's half. It keeps what it was given until that is on the medium and in the tables."""

    def __init__(self, folder: Path, recovered: Recovered, journal: Journal, checkpoint_facts: int) -> None:
        self._folder = folder
        self._journal = journal
        self._state = recovered.state
        self._checkpoint_facts = checkpoint_facts
        self._checkpointed = recovered.facts
        self._database: peewee.SqliteDatabase | None = None
        self._projection: Projection | None = None
        self._unwritten: list[Entry] = []
        self._unsynced: list[Entry] = []
        self._unprojected: list[Entry] = []
        self._checkpoints_missed = 0

    def work(self, entries: Sequence[Entry], *, sync: bool) -> Progress:
        """Write, and perhaps make safe and project. Raises OSError; nothing given is forgotten then."""
        self._unwritten.extend(entries)
        try:
            self._journal.append([(entry.envelope.seq, entry.payload) for entry in self._unwritten])
            self._unsynced += self._unwritten
            self._unwritten = []
            if sync:
                self._journal.sync()
        except Exception:
            self._journal.rewind()
            self._unwritten = self._unsynced + self._unwritten
            self._unsynced = []
            raise
        if sync:
            self._follow()
        kept = len(self._unsynced) + len(self._unprojected)
        unfit = self._projection.unfit if self._projection else 0
        return Progress(kept, self._journal.synced.seq, unfit, self._checkpoints_missed)

    def end(self, entries: Sequence[Entry]) -> Progress:
        """The last job of a clean stop."""
        try:
            progress = self.work(entries, sync=True)
            self._checkpoint()
            return progress
        finally:
            self._journal.close()
            if self._database is not None:
                self._database.close()
                self._database = self._projection = None

    def _follow(self) -> None:
        """The tables and the fold follow what is on the medium."""
        for entry in self._unsynced:
            self._state.apply(entry.envelope)
        self._unprojected += self._unsynced
        self._unsynced = []
        if self._unprojected:
            try:
                self._tables().apply(entry.envelope for entry in self._unprojected)
            except (peewee.DatabaseError, sqlite3.Error, EnvironmentFault) as error:
                raise OSError(errno.EIO, f"database: {_first(error)}") from error
            self._unprojected = []
        if self._state.facts - self._checkpointed >= self._checkpoint_facts:
            self._checkpoint()

    def _tables(self) -> Projection:
        if self._projection is None:
            self._database = open_database(self._folder)
            self._projection = Projection(self._database)
        return self._projection

    def _checkpoint(self) -> None:
        self._checkpointed = self._state.facts
        try:
            write_checkpoint(self._folder, self._state, self._journal.synced)
        except OSError:
            self._checkpoints_missed += 1  # the next start reads a little more; nothing is lost


def _first(error: BaseException) -> BaseException:
    """What went wrong first: a full disk, not that nothing was left to roll back after it."""
    while isinstance(error.__context__, sqlite3.Error | peewee.DatabaseError):
        error = error.__context__
    return error


class Store:
    """The reactor's half: hears the bus, gives the thread batches, watches over the backlog.

    ``executor`` runs its work in order and has room for at least four pieces of the store's. ``alarm`` is told when the disk fails (``store.disk``), when facts are lost because
    the backlog is full (``store.backlog``), and when that is over. Call ``close`` before closing the executor.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        executor: Executor,
        folder: Path,
        recovered: Recovered,
        *,
        alarm: Alarm,
        backlog_max: int = BACKLOG_MAX,
        checkpoint_facts: int = CHECKPOINT_FACTS,
        segment_bytes: int = SEGMENT_BYTES,
        disk: Disk | None = None,
    ) -> None:
        journal = Journal(folder / JOURNAL_FOLDER, recovered.end, segment_bytes=segment_bytes, disk=disk)
        self._pen = _Pen(folder, recovered, journal, checkpoint_facts)
        self._clock = clock
        self._executor = executor
        self._folder = folder
        self._alarm = alarm
        self._backlog_max = backlog_max
        self._waiting: deque[Entry] = deque()
        self._given = 0
        self._busy = False
        self._closed = False
        self._write_due = False
        self._sync_due = False
        self._write_timer: Timer | None = None
        self._sync_timer: Timer | None = None
        self._retry_timer: Timer | None = None
        self._flushes: list[Callable[[], None]] = []
        self._failing = False
        self._overflowing = False
        self._heard = self._lost = self._failures = 0
        self._progress = Progress(kept=0, synced_seq=recovered.end.seq, unfit=0, checkpoints_missed=0)
        self._leave = bus.subscribe("store", self._hear)

    @property
    def backlog(self) -> int:
        """Facts in memory that are not yet both on the medium and in the tables."""
        return len(self._waiting) + self._given

    @property
    def counters(self) -> Counters:
        """A snapshot for status pages and tests."""
        progress = self._progress
        return Counters(
            self._heard,
            self._lost,
            self._failures,
            self.backlog,
            progress.synced_seq,
            progress.unfit,
            progress.checkpoints_missed,
        )

    def flush(self, done: Callable[[], None]) -> None:
        """Call ``done`` when every fact heard so far is on the medium and in the tables.

        Raises EnvironmentFault while the disk fails, and when 100 wait already. After ``close`` nothing is called any more.
        """
        if self._failing or len(self._flushes) >= FLUSH_WAITERS_MAX:
            raise EnvironmentFault(
                text("the disk of {folder} does not take the journal now: free disk space or replace it.", folder=str(self._folder))
            )
        self._flushes.append(done)
        self._sync_due = True
        self._go()

    def close(self) -> None:
        """Hear no more, and give the thread the last batch; it ends with a checkpoint. Twice does nothing."""
        if self._closed:
            return
        self._closed = True
        self._leave()
        for timer in (self._write_timer, self._sync_timer, self._retry_timer):
            if timer is not None:
                timer.cancel()
        entries = self._take()
        flushes, self._flushes = self._flushes, []

        def done(progress: Progress) -> None:
            self._progress = progress
            self._given = progress.kept
            for flushed in flushes:
                flushed()

        self._executor.submit(lambda: self._pen.end(entries), done, self._report)

    def _hear(self, envelope: Envelope) -> None:
        payload = encode(envelope)
        self._heard += 1
        if self.backlog >= self._backlog_max:
            self._lost += 1
            self._overflow(lost=True)
            return
        self._waiting.append(Entry(envelope, payload))
        if self._write_timer is None and not self._write_due:
            self._write_timer = self._clock.call_later(WRITE_WITHIN_S, self._write_now)
        if self._sync_timer is None and not self._sync_due:
            self._sync_timer = self._clock.call_later(SYNC_WITHIN_S, self._sync_now)

    def _write_now(self) -> None:
        self._write_timer = None
        self._write_due = True
        self._go()

    def _sync_now(self) -> None:
        self._sync_timer = None
        self._sync_due = True
        self._go()

    def _retry(self) -> None:
        self._retry_timer = None
        self._go()

    def _take(self) -> tuple[Entry, ...]:
        entries = tuple(self._waiting)
        self._waiting.clear()
        self._given += len(entries)
        return entries

    def _go(self) -> None:
        """Give the thread its next batch, unless it is at work or the disk is given a rest."""
        if self._busy or self._closed or self._retry_timer is not None or not (self._write_due or self._sync_due):
            return
        sync = self._sync_due
        flushes: list[Callable[[], None]] = []
        if sync:
            flushes, self._flushes = self._flushes, []
        self._write_due = self._sync_due = False
        entries = self._take()
        self._busy = True

        def done(progress: Progress) -> None:
            self._done(progress, flushes)

        def failed(error: Exception) -> None:
            self._flushes = flushes + self._flushes
            self._failed(error)

        try:
            self._executor.submit(lambda: self._pen.work(entries, sync=sync), done, failed)
        except EnvironmentFault as error:
            self._given -= len(entries)
            self._waiting.extendleft(reversed(entries))
            failed(error)

    def _done(self, progress: Progress, flushes: Sequence[Callable[[], None]]) -> None:
        if self._closed:  # the last batch is under way and counts for all
            self._finish(flushes)
            return
        self._busy = False
        self._progress = progress
        self._given = progress.kept
        if self._failing:
            self._failing = False
            self._alarm(AlarmCleared(alarm="store.disk", about=str(self._folder)))
        if self._overflowing and self.backlog < self._backlog_max:
            self._overflow(lost=False)
        self._finish(flushes)
        self._go()

    def _finish(self, flushes: Sequence[Callable[[], None]]) -> None:
        for flushed in flushes:
            flushed()

    def _failed(self, error: Exception) -> None:
        self._report(error)
        if self._closed:
            return
        self._busy = False
        self._write_due = self._sync_due = True
        self._retry_timer = self._clock.call_later(RETRY_S, self._retry)

    def _report(self, error: Exception) -> None:
        self._failures += 1
        if self._failing:
            return
        self._failing = True
        sentence = f"The journal in {self._folder} cannot be written ({error}); facts wait in memory. Free disk space or replace the disk."
        self._alarm(AlarmRaised(alarm="store.disk", about=str(self._folder), sentence=sentence))

    def _overflow(self, *, lost: bool) -> None:
        if lost and not self._overflowing:
            self._overflowing = True
            sentence = f"{self._backlog_max} facts wait for the disk; newer ones are lost until it works again."
            self._alarm(AlarmRaised(alarm="store.backlog", about=str(self._folder), sentence=sentence))
        elif not lost and self._overflowing:
            self._overflowing = False
            self._alarm(AlarmCleared(alarm="store.backlog", about=str(self._folder)))
