"""Questions about calls: filters and time lines."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from engine.facts import CallArrived, CallConnected, CallEnded, CallPlaced, CallQueued, Fact, KeyPressed, PhoneLifted
from engine.kernel.bus import Envelope
from engine.store.migrations import open_database
from engine.store.models import MomentRow
from engine.store.projection import Projection
from engine.store.queries import CallFilter, Reader

STORY: tuple[Fact, ...] = (
    CallArrived(call="b1-c1", line="line-1", calling="13800138000", calling_name="Wang", called="5501"),
    PhoneLifted(phone="phone-1"),
    CallQueued(call="b1-c1", queue="service", place=1),
    CallConnected(call="b1-c1", phone="phone-1", extension="801", agent="1001"),
    CallPlaced(call="b1-c2", phone="phone-2", extension="802", agent="1002", called="100%_sure", line="line-2"),
    KeyPressed(call="b1-c1", key="5"),
    CallEnded(call="b1-c1", cause=16, reason="hung_up", released_by="caller"),
)


def envelope(seq: int, fact: Fact) -> Envelope:
    return Envelope(seq, "b1", seq * 10**9, 1_000_000 + seq * 1000, 480, 0, "", fact)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    database = open_database(tmp_path)
    Projection(database).apply(envelope(seq, fact) for seq, fact in enumerate(STORY, start=1))
    database.close()
    return Reader(tmp_path, lambda: 0)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["b1-c2", "b1-c1"]),
        ({"words": "0013"}, ["b1-c1"]),
        ({"words": "WANG"}, ["b1-c1"]),
        ({"words": "%"}, ["b1-c2"]),
        ({"words": "_"}, ["b1-c2"]),
        ({"words": "b1-c1"}, ["b1-c1"]),
        ({"words": "b1-c"}, []),
        ({"agent": "1002"}, ["b1-c2"]),
        ({"queue": "service"}, ["b1-c1"]),
        ({"direction": "outgoing"}, ["b1-c2"]),
        ({"since_utc_ms": 1_005_000}, ["b1-c2"]),
        ({"until_utc_ms": 1_005_000}, ["b1-c1"]),
        ({"since_utc_ms": 1_001_000, "until_utc_ms": 1_001_001}, ["b1-c1"]),
        ({"words": "138", "agent": "1002"}, []),
        ({"before_seq": 5}, ["b1-c1"]),
        ({"before_seq": 1}, []),
    ],
)
def test_filters_keep_what_fits_all_of_them(reader: Reader, wanted: dict[str, object], found: list[str]) -> None:
    """A supervisor who filters sees the calls that fit, the newest first; signs that SQL knows are only signs."""
    assert [row.call for row in reader.calls(10, wanted=CallFilter(**wanted))] == found  # type: ignore[arg-type]


def test_a_time_line_is_all_that_happened_to_the_call(reader: Reader) -> None:
    """The story of a call has every fact of it, in order, as the journal has it; other calls' are not in it."""
    moments = reader.moments("b1-c1")
    assert [(moment.seq, moment.utc_ms) for moment in moments] == [(seq, 1_000_000 + seq * 1000) for seq in (1, 3, 4, 6, 7)]
    assert [moment.fact for moment in moments] == [STORY[seq - 1] for seq in (1, 3, 4, 6, 7)]
    assert reader.moments("b1-c9") == []


def test_recordings_are_found_by_their_id(reader: Reader) -> None:
    """No other recording is taken for the one that was asked for."""
    assert reader.recordings(10, recording="b1-r1") == []


def test_a_database_of_before_is_made_again_with_time_lines(tmp_path: Path) -> None:
    """Calls from before the update have their story too: the tables are projected anew from the journal."""
    database = open_database(tmp_path)
    Projection(database).apply(envelope(seq, fact) for seq, fact in enumerate(STORY, start=1))
    before = [asdict(row) for row in Reader(tmp_path, lambda: 0).calls(10)]
    later = (
        "DROP TABLE charges",
        "DROP INDEX calls_interaction",
        "ALTER TABLE calls DROP COLUMN interaction",
        "DROP INDEX recordings_interaction",
        *(f"ALTER TABLE recordings DROP COLUMN {name}" for name in ("interaction", "segment", "from_sample", "gaps")),
        "ALTER TABLE calls DROP COLUMN calling_doubtful",
        "DROP TABLE port_moments",
        "DROP TABLE span_moments",
        "DROP TABLE moments",
        "DROP INDEX calls_arrived",
        "DELETE FROM schema_version WHERE version >= 2",
    )
    for statement in later:
        database.execute_sql(statement)  # type: ignore[no-untyped-call]  # the stub has no types
    database.close()
    database = open_database(tmp_path)
    projection = Projection(database)
    assert projection.applied_seq == 0
    projection.apply(envelope(seq, fact) for seq, fact in enumerate(STORY, start=1))
    assert MomentRow.select().count(database) == 6
    database.close()
    assert [asdict(row) for row in Reader(tmp_path, lambda: 0).calls(10)] == before
