"""Questions to the tables, on a connection that cannot write, each with a time limit.

A ``Reader`` belongs to one thread: use it through an Executor of its own, and close it there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import peewee

from engine.facts import Fact, fact_from_record
from engine.kernel.errors import EnvironmentFault, Refused
from engine.kernel.text import text
from engine.store.charges import ChargedRow, ChargeFilter, ChargeSum, charged_rows, charges_query, sums_query
from engine.store.migrations import open_reading
from engine.store.models import CallRecord, MomentRow, PortMomentRow, RecordingRow, SpanMomentRow

__all__ = ["DIRECTIONS", "MOMENTS_MAX", "ROWS_MAX", "CallFilter", "CallRow", "Moment", "Reader", "RecordedRow"]

ROWS_MAX = 10_000
"""Most rows of one answer; more are asked for by ``offset``."""
STEPS_BETWEEN_LOOKS = 10_000
"""SQLite instructions between two looks at the clock: well under a millisecond."""


@dataclass(frozen=True)
class CallRow:
    """One call for people and programs. Times are UTC ms, None when it never came so far; texts are empty when unknown.

    ``calling_doubtful``: the number may be wrong. ``direction``: ``incoming``, ``outgoing``, ``internal``. ``wait_ms`` is the time in queues; ``talk_ms`` from connected to
    ended, None also when a restart ended the call. ``recording`` is relative to the recordings folder; ``seq`` is the number of the
    fact it began with; ``interaction`` is what it belongs to, of calls from before there were interactions its own id.
    """

    call: str
    direction: str
    line: str
    phone: str
    extension: str
    calling: str
    calling_name: str
    calling_doubtful: bool
    called: str
    queue: str
    agent: str
    arrived_utc_ms: int
    answered_utc_ms: int | None
    queued_utc_ms: int | None
    connected_utc_ms: int | None
    ended_utc_ms: int | None
    utc_offset_min: int
    wait_ms: int | None
    talk_ms: int | None
    cause: int | None
    reason: str
    released_by: str
    recording: str
    seq: int
    interaction: str


@dataclass(frozen=True)
class RecordedRow:
    """One recording. ``state``: ``open``, ``whole``, ``mended``, ``failed``; ``samples`` on each track, None until it ended.

    It is the ``segment``-th of its interaction and begins at the media sample ``from_sample`` of that run of the appliance; ``gaps`` as in
    ``RecordingSegment``, joined by commas.
    """

    recording: str
    call: str
    path: str
    left: str
    right: str
    started_utc_ms: int
    utc_offset_min: int
    samples: int | None
    state: str
    reason: str
    interaction: str
    segment: int
    from_sample: int
    gaps: str


MOMENTS_MAX = 5_000
"""Most facts of one call's time line; a call with more has its first ones shown."""
DIRECTIONS = ("incoming", "outgoing", "internal")


@dataclass(frozen=True, kw_only=True)
class CallFilter:
    """Which calls are wanted; what is empty or None does not matter.

    ``words``: a part of either number, of the caller's name, or the whole id of the call or of its interaction; ``interaction``: only the calls of this one; ``since_utc_ms`` ≤ arrival < ``until_utc_ms``;
    ``before_seq``: only calls that began before the one with this ``seq``: the next page, whatever calls have come since.
    """

    words: str = ""
    agent: str = ""
    queue: str = ""
    direction: str = ""
    since_utc_ms: int | None = None
    until_utc_ms: int | None = None
    before_seq: int | None = None
    interaction: str = ""


@dataclass(frozen=True)
class Moment:
    """One fact of the life of a call, a span or a port, and when it was."""

    seq: int
    utc_ms: int
    fact: Fact


class Reader:
    """Answers questions. ``monotonic_ns`` measures the time limit; in virtual time it never runs out.

    Every question raises Refused when it takes longer than ``limit_s``, and EnvironmentFault when the database cannot be read.
    """

    def __init__(self, folder: Path, monotonic_ns: Callable[[], int], *, limit_s: float = 2.0) -> None:
        self._database = open_reading(folder)
        self._folder = folder
        self._monotonic_ns = monotonic_ns
        self._limit_s = limit_s

    def calls(self, limit: int, offset: int = 0, call: str | None = None, wanted: CallFilter | None = None) -> list[CallRow]:
        """Calls, newest first; with ``call`` only that one, with ``wanted`` only those. ``limit`` 1…10 000, ``offset`` ≥ 0."""
        query = CallRecord.select(*[getattr(CallRecord, field.name) for field in fields(CallRow)])
        if call is not None:
            query = query.where(CallRecord.call == call)
        for condition in _conditions(wanted or CallFilter()):
            query = query.where(condition)
        return [CallRow(*row) for row in self._rows(query.order_by(CallRecord.seq.desc()), limit, offset)]

    def recordings(
        self, limit: int, offset: int = 0, call: str | None = None, recording: str | None = None, interaction: str | None = None
    ) -> list[RecordedRow]:
        """Recordings, newest first; with ``call`` only those of that call, with ``interaction`` of that one, with ``recording`` only that one."""
        query = RecordingRow.select(*[getattr(RecordingRow, field.name) for field in fields(RecordedRow)])
        if call is not None:
            query = query.where(RecordingRow.call == call)
        if interaction is not None:
            query = query.where(RecordingRow.interaction == interaction)
        if recording is not None:
            query = query.where(RecordingRow.recording == recording)
        return [RecordedRow(*row) for row in self._rows(query.order_by(RecordingRow.seq.desc()), limit, offset)]

    def moments(self, call: str) -> list[Moment]:
        """A call's time line, the oldest fact first; at most ``MOMENTS_MAX``."""
        query = MomentRow.select(MomentRow.seq, MomentRow.utc_ms, MomentRow.name, MomentRow.version, MomentRow.record)
        rows = self._rows(query.where(MomentRow.call == call).order_by(MomentRow.seq), MOMENTS_MAX, 0)
        return [Moment(seq, utc_ms, fact_from_record(name, version, json.loads(record))) for seq, utc_ms, name, version, record in rows]

    def charges(self, limit: int, offset: int = 0, call: str = "", wanted: ChargeFilter | None = None) -> list[ChargedRow]:
        """What calls cost, the newest first; with ``call`` only that call."""
        return charged_rows(self._rows(charges_query(wanted or ChargeFilter(), call), limit, offset))

    def charge_sums(self, by: str, limit: int, wanted: ChargeFilter | None = None) -> list[ChargeSum]:
        """What calls cost together ``by`` one of ``SUMS_BY``, the dearest first; days the newest first."""
        return [ChargeSum(*row) for row in self._rows(sums_query(by, wanted or ChargeFilter()), limit, 0)]

    def span_moments(self, span: int, limit: int) -> list[Moment]:
        """What was told of a span, the newest fact first."""
        row = SpanMomentRow
        query = row.select(row.seq, row.utc_ms, row.name, row.version, row.record).where(row.span == span).order_by(row.seq.desc())
        rows = self._rows(query, limit, 0)
        return [Moment(seq, utc_ms, fact_from_record(name, version, json.loads(record))) for seq, utc_ms, name, version, record in rows]

    def port_moments(self, port: str, limit: int) -> list[Moment]:
        """The line tests of a port, the newest first."""
        row = PortMomentRow
        query = row.select(row.seq, row.utc_ms, row.name, row.version, row.record).where(row.port == port).order_by(row.seq.desc())
        rows = self._rows(query, limit, 0)
        return [Moment(seq, utc_ms, fact_from_record(name, version, json.loads(record))) for seq, utc_ms, name, version, record in rows]

    def close(self) -> None:
        """Close the connection; the next question opens it again."""
        self._database.close()

    def _rows(self, query: Any, limit: int, offset: int) -> list[tuple[Any, ...]]:  # noqa: ANN401  # peewee's query types are not public
        if not 1 <= limit <= ROWS_MAX or offset < 0:
            raise Refused(
                text("ask for 1 to {most} rows from row 0 on, not for {limit} from {offset}.", most=ROWS_MAX, limit=limit, offset=offset)
            )
        try:
            connection = self._watched()
            try:
                return list(query.limit(limit).offset(offset).tuples().execute(self._database))
            finally:
                connection.set_progress_handler(None, 0)
        except (peewee.DatabaseError, sqlite3.Error) as error:  # peewee lets errors of fetching through as they are
            if "interrupted" in str(error):
                raise Refused(
                    text("the question took longer than {limit_s} s and was stopped: ask for less.", limit_s=self._limit_s)
                ) from error
            raise self._unreadable(error) from error

    def _watched(self) -> sqlite3.Connection:
        until_ns = self._monotonic_ns() + int(self._limit_s * 1e9)
        connection = self._database.connection()  # type: ignore[no-untyped-call]  # the stub has no types
        assert isinstance(connection, sqlite3.Connection)
        connection.set_progress_handler(lambda: self._monotonic_ns() > until_ns, STEPS_BETWEEN_LOOKS)
        return connection

    def _unreadable(self, error: Exception) -> EnvironmentFault:
        return EnvironmentFault(text("the database in {folder} cannot be read: {error}.", folder=str(self._folder), error=str(error)))


def _conditions(wanted: CallFilter) -> Iterator[Any]:
    """The filter as peewee expressions."""
    row = CallRecord
    if wanted.words:
        places = (row.calling, row.called, row.calling_name)
        ids = (row.call == wanted.words) | (row.interaction == wanted.words)
        yield ids | reduce(or_, (place.contains(wanted.words) for place in places))
    if wanted.interaction:
        yield row.interaction == wanted.interaction
    if wanted.agent:
        yield row.agent == wanted.agent
    if wanted.queue:
        yield row.queue == wanted.queue
    if wanted.direction:
        yield row.direction == wanted.direction
    if wanted.since_utc_ms is not None:
        yield row.arrived_utc_ms >= wanted.since_utc_ms
    if wanted.until_utc_ms is not None:
        yield row.arrived_utc_ms < wanted.until_utc_ms
    if wanted.before_seq is not None:
        yield row.seq < wanted.before_seq
