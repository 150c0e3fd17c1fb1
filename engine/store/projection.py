"""Facts become rows: the tables are a function of the journal.

Nothing is kept in memory between facts and no fact is applied twice, so applying the journal in one go, in pieces, or
again from any place behind gives the same tables. A row whose beginning is missing (facts lost while the disk was full) is
left out, never invented.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import peewee

from engine.facts import (
    AgentLocked,
    AgentStateChanged,
    CallAnswered,
    CallArrived,
    CallCharged,
    CallConnected,
    CallEnded,
    CallPlaced,
    CallQueued,
    CallRerouted,
    Fact,
    LineTested,
    LoopEnded,
    LoopStarted,
    RecordingEnded,
    RecordingFailed,
    RecordingSegment,
    RecordingStarted,
    SpanAlarmCleared,
    SpanAlarmRaised,
    SpanCounted,
    SpanLost,
    SpanSeen,
    StintEnded,
    fact_to_record,
)
from engine.kernel.bus import Envelope
from engine.store.charges import charge_values
from engine.store.models import (
    PROJECTED,
    AgentRow,
    AppliedRow,
    CallRecord,
    ChargeRow,
    MomentRow,
    PortMomentRow,
    RecordingRow,
    SpanMomentRow,
    StintRow,
)

__all__ = ["Projection"]

APPLIED_NAME = "journal"
SPAN_MOMENTS_MOST = 1000
PORT_MOMENTS_MOST = 200
UNFIT = (peewee.IntegrityError, peewee.DataError, peewee.InterfaceError, ValueError, OverflowError, TypeError)
"""A value that the database cannot hold. Trying again would never help, so the fact is counted and passed over."""


def _plain(value: str) -> str:
    """Text that every database can keep: octets that were no text when they came from a line become ``?``."""
    return value.encode("utf-8", "replace").decode("utf-8")


class Projection:
    """Applies facts to one database. ``unfit`` counts facts whose values the tables could not take."""

    def __init__(self, database: peewee.Database) -> None:
        self._database = database
        self.unfit = 0

    @property
    def applied_seq(self) -> int:
        """The newest fact that the tables contain; 0 for none."""
        row = AppliedRow.select(AppliedRow.seq).where(AppliedRow.name == APPLIED_NAME).tuples().execute(self._database)
        return next((int(seq) for (seq,) in row), 0)

    def apply(self, envelopes: Iterable[Envelope]) -> int:
        """Apply the facts that are new, all in one transaction; gives ``applied_seq``. Raises peewee.OperationalError."""
        with self._database.atomic():
            applied = self.applied_seq
            for envelope in envelopes:
                if envelope.seq <= applied:
                    continue
                applied = envelope.seq
                try:
                    _keep_moment(self._database, envelope)
                    act = ACTS.get(type(envelope.fact))
                    if act is not None:
                        act(self._database, envelope, envelope.fact)
                except UNFIT:
                    self.unfit += 1
            self._set_applied(applied)
        return applied

    def clear(self) -> None:
        """Empty the tables, so that the journal can be applied from its beginning."""
        with self._database.atomic():
            for model in PROJECTED:
                model.delete().execute(self._database)
            self._set_applied(0)

    def _set_applied(self, seq: int) -> None:
        AppliedRow.insert(name=APPLIED_NAME, seq=seq).on_conflict_replace().execute(self._database)


Values = Mapping[str, Any]


def _keep_moment(database: peewee.Database, envelope: Envelope) -> None:
    """Whatever is about a call belongs to its time line."""
    fact = envelope.fact
    call = getattr(fact, "call", "")
    if not call or not isinstance(fact, Fact):
        return
    MomentRow.insert(
        seq=envelope.seq,
        call=call,
        utc_ms=envelope.utc_ms,
        name=type(fact).__name__,
        version=fact.VERSION,
        record=json.dumps(fact_to_record(fact)),
    ).on_conflict_ignore().execute(database)


def _change_call(database: peewee.Database, call: str, values: Values) -> None:
    CallRecord.update(dict(values)).where(CallRecord.call == call).execute(database)


def _arrived(database: peewee.Database, envelope: Envelope, fact: CallArrived) -> None:
    CallRecord.insert(
        call=fact.call,
        seq=envelope.seq,
        direction="incoming",
        line=fact.line,
        calling=_plain(fact.calling),
        calling_name=_plain(fact.calling_name),
        calling_doubtful=fact.doubtful,
        called=_plain(fact.called),
        arrived_utc_ms=envelope.utc_ms,
        utc_offset_min=envelope.utc_offset_min,
        interaction=envelope.interaction or fact.call,
    ).on_conflict_ignore().execute(database)


def _placed(database: peewee.Database, envelope: Envelope, fact: CallPlaced) -> None:
    CallRecord.insert(
        call=fact.call,
        seq=envelope.seq,
        direction="outgoing" if fact.line else "internal",
        line=fact.line,
        phone=fact.phone,
        extension=fact.extension,
        calling=fact.extension,
        called=_plain(fact.called),
        agent=fact.agent,
        arrived_utc_ms=envelope.utc_ms,
        utc_offset_min=envelope.utc_offset_min,
        interaction=envelope.interaction or fact.call,
    ).on_conflict_ignore().execute(database)


def _rerouted(database: peewee.Database, _envelope: Envelope, fact: CallRerouted) -> None:
    _change_call(database, fact.call, {"line": fact.next_line})


def _answered(database: peewee.Database, envelope: Envelope, fact: CallAnswered) -> None:
    _change_call(database, fact.call, {"answered_utc_ms": peewee.fn.COALESCE(CallRecord.answered_utc_ms, envelope.utc_ms)})


def _connected(database: peewee.Database, envelope: Envelope, fact: CallConnected) -> None:
    """The first connection counts for the times, the newest for who talks; a placed call keeps the phone that placed it."""
    _change_call(
        database,
        fact.call,
        {
            "connected_utc_ms": peewee.fn.COALESCE(CallRecord.connected_utc_ms, envelope.utc_ms),
            "connected_ns": peewee.fn.COALESCE(CallRecord.connected_ns, envelope.monotonic_ns),
        },
    )
    who = {"phone": fact.phone, "extension": fact.extension, "agent": fact.agent}
    CallRecord.update(who).where((CallRecord.call == fact.call) & (CallRecord.direction == "incoming")).execute(database)


def _ended(database: peewee.Database, envelope: Envelope, fact: CallEnded) -> None:
    """After a restart nobody knows how long they talked, and the monotonic clock began anew: no duration is better than a wrong one."""
    row = CallRecord.select(CallRecord.connected_ns).where(CallRecord.call == fact.call).tuples().execute(database)
    connected_ns = next((value for (value,) in row), None)
    talk_ms = None
    if connected_ns is not None and fact.reason != "restart":
        talk_ms = max(0, (envelope.monotonic_ns - int(connected_ns)) // 1_000_000)
    _change_call(
        database,
        fact.call,
        {
            "ended_utc_ms": envelope.utc_ms,
            "talk_ms": talk_ms,
            "cause": fact.cause,
            "reason": fact.reason,
            "released_by": fact.released_by,
        },
    )


def _charged(database: peewee.Database, envelope: Envelope, fact: CallCharged) -> None:
    other = CallRecord.called if fact.direction == "outgoing" else CallRecord.calling
    row = CallRecord.select(other).where(CallRecord.call == fact.call).tuples().execute(database)
    number = _plain(fact.number) or next((str(value) for (value,) in row), "")
    ChargeRow.insert(**charge_values(envelope, fact, number)).on_conflict_ignore().execute(database)


def _queued(database: peewee.Database, envelope: Envelope, fact: CallQueued) -> None:
    StintRow.insert(
        seq=envelope.seq, call=fact.call, queue=fact.queue, place=fact.place, queued_utc_ms=envelope.utc_ms
    ).on_conflict_ignore().execute(database)
    since = peewee.fn.COALESCE(CallRecord.queued_utc_ms, envelope.utc_ms)
    _change_call(database, fact.call, {"queue": fact.queue, "queued_utc_ms": since})


def _stint_ended(database: peewee.Database, envelope: Envelope, fact: StintEnded) -> None:
    values = {"ended_utc_ms": envelope.utc_ms, "outcome": fact.outcome, "agent": fact.agent, "wait_ms": fact.wait_ms}
    still_open = (StintRow.call == fact.call) & (StintRow.queue == fact.queue) & StintRow.ended_utc_ms.is_null()
    StintRow.update(values).where(still_open).execute(database)
    _change_call(database, fact.call, {"wait_ms": peewee.fn.COALESCE(CallRecord.wait_ms, 0) + fact.wait_ms})


def _recording_started(database: peewee.Database, envelope: Envelope, fact: RecordingStarted) -> None:
    RecordingRow.insert(
        recording=fact.recording,
        seq=envelope.seq,
        call=fact.call,
        path=fact.path,
        left=_plain(fact.left),
        right=_plain(fact.right),
        started_utc_ms=envelope.utc_ms,
        utc_offset_min=envelope.utc_offset_min,
        state="open",
        interaction=envelope.interaction or fact.call,
        segment=fact.segment,
        from_sample=fact.from_sample,
    ).on_conflict_ignore().execute(database)
    CallRecord.update(recording=fact.path).where((CallRecord.call == fact.call) & (CallRecord.recording == "")).execute(database)


def _recording_segment(database: peewee.Database, envelope: Envelope, fact: RecordingSegment) -> None:  # noqa: ARG001  # one shape for all acts
    values = {"from_sample": fact.from_sample, "gaps": ",".join(fact.gaps)}
    RecordingRow.update(values).where(RecordingRow.recording == fact.recording).execute(database)


def _recording_ended(database: peewee.Database, envelope: Envelope, fact: RecordingEnded) -> None:  # noqa: ARG001  # one shape for all acts
    values = {"samples": fact.samples, "state": "mended" if fact.repaired else "whole"}
    RecordingRow.update(values).where(RecordingRow.recording == fact.recording).execute(database)


def _recording_failed(database: peewee.Database, envelope: Envelope, fact: RecordingFailed) -> None:
    """Lost samples leave a file that goes on; everything else ends it. One that never began gets a row that says why."""
    RecordingRow.insert(
        recording=fact.recording,
        seq=envelope.seq,
        call=fact.call,
        started_utc_ms=envelope.utc_ms,
        utc_offset_min=envelope.utc_offset_min,
        state="open",
        interaction=envelope.interaction or fact.call,
    ).on_conflict_ignore().execute(database)
    values: dict[str, str] = {"reason": fact.reason}
    if fact.reason != "overrun":
        values["state"] = "failed"
    RecordingRow.update(values).where(RecordingRow.recording == fact.recording).execute(database)


def _agent_changed(database: peewee.Database, envelope: Envelope, fact: AgentStateChanged) -> None:
    values = {
        "phone": fact.phone,
        "state": fact.state,
        "reasons": ",".join(fact.reasons),
        "call": fact.call,
        "since_utc_ms": envelope.utc_ms,
    }
    _change_agent(database, fact.agent, values, envelope)


def _agent_locked(database: peewee.Database, envelope: Envelope, fact: AgentLocked) -> None:
    _change_agent(database, fact.agent, {"locked_until_utc_ms": fact.until_utc_ms}, envelope)


def _change_agent(database: peewee.Database, agent: str, values: Values, envelope: Envelope) -> None:
    AgentRow.insert(agent=agent, since_utc_ms=envelope.utc_ms).on_conflict_ignore().execute(database)
    AgentRow.update(dict(values)).where(AgentRow.agent == agent).execute(database)


def _span_moment(database: peewee.Database, envelope: Envelope, fact: Any) -> None:  # noqa: ANN401  # any fact with a span
    """The newest ``SPAN_MOMENTS_MOST`` of each span are kept: a line that flaps for a week must not fill the disk."""
    SpanMomentRow.insert(
        seq=envelope.seq,
        span=fact.span,
        utc_ms=envelope.utc_ms,
        name=type(fact).__name__,
        version=fact.VERSION,
        record=json.dumps(fact_to_record(fact)),
    ).on_conflict_ignore().execute(database)
    kept = SpanMomentRow.select(SpanMomentRow.seq).where(SpanMomentRow.span == fact.span).order_by(SpanMomentRow.seq.desc())
    oldest = next((int(seq) for (seq,) in kept.offset(SPAN_MOMENTS_MOST - 1).limit(1).tuples().execute(database)), 0)
    SpanMomentRow.delete().where((SpanMomentRow.span == fact.span) & (SpanMomentRow.seq < oldest)).execute(database)


def _line_tested(database: peewee.Database, envelope: Envelope, fact: LineTested) -> None:
    """The newest ``PORT_MOMENTS_MOST`` of each port are kept."""
    row = PortMomentRow
    record = json.dumps(fact_to_record(fact))
    row.insert(
        seq=envelope.seq, port=fact.port, utc_ms=envelope.utc_ms, name=type(fact).__name__, version=fact.VERSION, record=record
    ).on_conflict_ignore().execute(database)
    kept = row.select(row.seq).where(row.port == fact.port).order_by(row.seq.desc())
    oldest = next((int(seq) for (seq,) in kept.offset(PORT_MOMENTS_MOST - 1).limit(1).tuples().execute(database)), 0)
    row.delete().where((row.port == fact.port) & (row.seq < oldest)).execute(database)


ACTS: Mapping[type, Callable[[peewee.Database, Envelope, Any], None]] = {
    CallArrived: _arrived,
    CallRerouted: _rerouted,
    CallPlaced: _placed,
    CallAnswered: _answered,
    CallConnected: _connected,
    CallEnded: _ended,
    CallCharged: _charged,
    CallQueued: _queued,
    StintEnded: _stint_ended,
    RecordingStarted: _recording_started,
    RecordingSegment: _recording_segment,
    RecordingEnded: _recording_ended,
    RecordingFailed: _recording_failed,
    AgentStateChanged: _agent_changed,
    AgentLocked: _agent_locked,
    LineTested: _line_tested,
    **dict.fromkeys((SpanSeen, SpanLost, SpanAlarmRaised, SpanAlarmCleared, SpanCounted, LoopStarted, LoopEnded), _span_moment),
}
