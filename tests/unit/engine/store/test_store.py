"""The store at work: facts reach the disk in time, survive a failing disk, and the start knows what was."""

from __future__ import annotations

import errno
import os
import queue
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.executors import ThreadExecutor, VirtualExecutor
from engine.facts import (
    AgentLocked,
    AgentStateChanged,
    AlarmCleared,
    AlarmRaised,
    ApplianceStarted,
    ApplianceStopped,
    CallAnswered,
    CallArrived,
    CallConnected,
    CallEnded,
    CallPlaced,
    CallQueued,
    Fact,
    LineRang,
    MessagesWaiting,
    RecordingEnded,
    RecordingFailed,
    RecordingStarted,
    StintEnded,
)
from engine.kernel.bus import Bus, Envelope
from engine.kernel.errors import BadInput, EnvironmentFault, OurFault, Refused
from engine.store.journal import START, Disk, Journal, Reading, encode
from engine.store.migrations import DATABASE_NAME, MIGRATIONS, open_database
from engine.store.models import PROJECTED, AppliedRow, SchemaVersion
from engine.store.projection import Projection
from engine.store.queries import CallRow, Reader, RecordedRow
from engine.store.recovery import JOURNAL_FOLDER, OpenCall, Recovered, recover
from engine.store.state import CHECKPOINT_NAME, State, read_checkpoint
from engine.store.writer import Store
from tests.fakes import EPOCH_UTC_MS, FakeClock

TABLES: tuple[Any, ...] = (*PROJECTED, AppliedRow, SchemaVersion)
Alarms = list[AlarmRaised | AlarmCleared]


class Disturbed:
    """A disk that can be made to fail. ``syncs`` are the virtual moments of fdatasync."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.fault: OSError | None = None
        self.writes = 0
        self.syncs: list[int] = []
        self.disk = Disk(write=self.write, sync=self.sync)

    def write(self, fd: int, octets: bytes, offset: int) -> int:
        if self.fault is not None:
            raise self.fault
        self.writes += 1
        return os.pwrite(fd, octets, offset)

    def sync(self, fd: int) -> None:
        if self.fault is not None:
            raise self.fault
        self.syncs.append(self.clock.monotonic_ns())
        os.fdatasync(fd)


class Box:
    """A running store on a folder."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.disturbed = Disturbed(self.clock)
        self.alarms: Alarms = []
        self.faults: list[Exception] = []
        self.past: Recovered = recover(folder)
        self.bus = Bus(self.clock, "b1", self.past.next_seq, lambda: 0, lambda _name, _envelope, error: self.faults.append(error))
        self.store = Store(
            self.bus,
            self.clock,
            VirtualExecutor(self.clock, 0.001),
            folder,
            self.past,
            alarm=self.alarms.append,
            disk=self.disturbed.disk,
            **options,
        )

    def facts(self) -> list[object]:
        """What a start after a power cut right now would find."""
        return [envelope.fact for envelope in Reading(self.folder / JOURNAL_FOLDER)]

    def stop(self) -> None:
        self.store.close()
        self.clock.advance(1)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def a_call(number: int = 1, reason: str = "hung_up") -> list[Fact]:
    call = f"b1-c{number}"
    recording = f"b1-r{number}"
    return [
        CallArrived(call=call, line="line-1", calling="13800138000", calling_name="张三", called="4008001234"),
        CallAnswered(call=call, supervision="local"),
        CallQueued(call=call, queue="sales", place=1),
        StintEnded(call=call, queue="sales", outcome="answered", agent="1001", wait_ms=7000),
        CallConnected(call=call, phone="phone-801", extension="801", agent="1001"),
        RecordingStarted(recording=recording, call=call, path=f"2026-11-21/{call}.wav", left="13800138000", right="1001"),
        CallEnded(call=call, cause=16, reason=reason, released_by="caller"),
        RecordingEnded(recording=recording, call=call, samples=80_000, repaired=False),
    ]


def rows(folder: Path) -> dict[str, list[Any]]:
    database = open_database(folder)
    try:
        return {model.__name__: sorted(model.select().tuples().execute(database)) for model in TABLES}
    finally:
        database.close()


def test_a_fact_is_written_within_20_ms(box: Box) -> None:
    """A kill -9 costs at most the last 20 ms."""
    box.bus.publish(LineRang(line="line-1"))
    assert box.facts() == []
    box.clock.advance(0.02)
    assert box.facts() == [LineRang(line="line-1")]


def test_facts_of_a_burst_are_written_together(box: Box) -> None:
    """A busy hour costs the disk few writes."""
    for number in range(100):
        box.bus.publish(LineRang(line=f"line-{number}"))
    box.clock.advance(0.02)
    assert len(box.facts()) == 100
    assert box.disturbed.writes == 2  # the segment's heading, and all facts at once


def test_every_fact_is_safe_within_a_second(box: Box) -> None:
    """A power cut costs at most the last second."""
    published: list[int] = []
    for number in range(50):
        box.bus.publish(LineRang(line=f"line-{number}"))
        published.append(box.clock.monotonic_ns())
        box.clock.advance(0.17)
    box.clock.advance(2)
    for moment in published:
        assert any(0 <= synced - moment <= 1_000_000_000 for synced in box.disturbed.syncs)
    assert len(box.disturbed.syncs) <= 12
    assert box.store.backlog == 0


def test_an_idle_store_asks_nothing_of_the_disk(box: Box) -> None:
    """An appliance at night lets its disk rest."""
    box.bus.publish(LineRang(line="line-1"))
    box.clock.advance(2)
    assert box.clock.waiting == 0


def test_tables_never_know_more_than_the_medium(box: Box) -> None:
    """After a power cut the call list has no call that the journal does not have."""
    box.bus.publish(a_call()[0])
    box.clock.advance(0.5)
    assert rows(box.folder)["CallRecord"] == []
    assert box.disturbed.syncs == []
    box.clock.advance(0.5)
    assert len(rows(box.folder)["CallRecord"]) == 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_failing_disk_loses_nothing(box: Box, code: int) -> None:
    """Calls taken while the disk was full are in the list when it has room again; one alarm says so, and is cleared."""
    box.bus.publish(LineRang(line="line-0"))
    box.clock.advance(0.1)
    box.disturbed.fault = OSError(code, "no")
    for number in range(1, 30):
        box.bus.publish(LineRang(line=f"line-{number}"))
        box.clock.advance(0.5)
    assert [type(alarm) for alarm in box.alarms] == [AlarmRaised]
    assert box.alarms[0].alarm == "store.disk"
    assert box.store.counters.failures >= 10
    box.disturbed.fault = None
    box.clock.advance(2.5)
    assert box.facts() == [LineRang(line=f"line-{number}") for number in range(30)]
    assert [type(alarm) for alarm in box.alarms] == [AlarmRaised, AlarmCleared]
    assert (box.store.backlog, box.store.counters.lost) == (0, 0)


def test_a_database_that_is_locked_is_tried_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """When only the database fails, the journal goes on, and the call list catches up."""
    apply = Projection.apply

    def fail(_self: Projection, _envelopes: object) -> int:
        raise peewee.OperationalError("database or disk is full")

    monkeypatch.setattr(Projection, "apply", fail)
    for fact in a_call():
        box.bus.publish(fact)
    box.clock.advance(3)
    assert len(box.facts()) == 8
    assert box.alarms[0].alarm == "store.disk"
    monkeypatch.setattr(Projection, "apply", apply)
    box.clock.advance(2)
    assert len(rows(box.folder)["CallRecord"]) == 1
    assert box.store.backlog == 0


def test_the_alarm_of_a_failing_database_names_the_first_cause(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full under the database: the alarm says that, and not that nothing was left to roll back afterwards."""

    def fail(_self: Projection, _envelopes: object) -> int:
        late = peewee.OperationalError("cannot rollback - no transaction is active")
        late.__context__ = peewee.OperationalError("database or disk is full")
        raise late

    monkeypatch.setattr(Projection, "apply", fail)
    box.bus.publish(LineRang(line="line-1"))
    box.clock.advance(1)
    (alarm,) = box.alarms
    assert isinstance(alarm, AlarmRaised)
    assert "database or disk is full" in alarm.sentence


def test_memory_has_a_bound(tmp_path: Path) -> None:
    """A disk dead for days does not take the telephone service with it: the newest facts are counted as lost, with an alarm."""
    box = Box(tmp_path, backlog_max=10)
    box.disturbed.fault = OSError(errno.EIO, "dead")
    for number in range(25):
        box.bus.publish(LineRang(line=f"line-{number}"))
        box.clock.advance(0.1)
    assert box.store.counters.lost == 15
    assert [alarm.alarm for alarm in box.alarms] == ["store.disk", "store.backlog"]
    box.disturbed.fault = None
    box.clock.advance(2)
    box.bus.publish(LineRang(line="after"))
    box.clock.advance(1)
    assert box.facts() == [*(LineRang(line=f"line-{number}") for number in range(10)), LineRang(line="after")]
    assert {type(alarm) for alarm in box.alarms[2:]} == {AlarmCleared}


def test_what_is_no_fact_does_not_stop_the_journal(box: Box) -> None:
    """A programming error in one place is logged and the calls are kept."""
    box.bus.publish("words")
    box.bus.publish(LineRang(line="line-1"))
    box.clock.advance(1)
    assert [type(error) for error in box.faults] == [OurFault]
    assert box.facts() == [LineRang(line="line-1")]


def test_flush_tells_when_all_is_in_the_tables(box: Box) -> None:
    """A scenario can look at the call list without guessing how long to wait."""
    box.bus.publish(a_call()[0])
    seen: list[int] = []
    box.store.flush(lambda: seen.append(len(rows(box.folder)["CallRecord"])))
    box.clock.advance(0.01)
    assert seen == [1]


def test_flushes_are_bounded(box: Box) -> None:
    """Somebody who asks again and again while the disk hangs gets an error, not all the memory."""
    box.disturbed.fault = OSError(errno.EIO, "dead")
    for _ in range(101):  # one under way, a hundred behind it
        box.store.flush(lambda: None)
    with pytest.raises(EnvironmentFault, match="does not take the journal"):
        box.store.flush(lambda: None)


def test_a_question_while_the_disk_fails_is_answered_with_a_sentence(box: Box) -> None:
    """`strowger calls` on a full disk says that the disk is full, instead of hanging."""
    box.disturbed.fault = OSError(errno.ENOSPC, "full")
    box.bus.publish(LineRang(line="line-1"))
    seen: list[str] = []
    box.store.flush(lambda: seen.append("early"))
    box.clock.advance(3)
    with pytest.raises(EnvironmentFault, match="does not take the journal"):
        box.store.flush(lambda: seen.append("never"))
    box.disturbed.fault = None
    box.clock.advance(1)
    box.store.flush(lambda: seen.append("late"))
    box.clock.advance(1)
    assert seen == ["early", "late"]


def test_the_store_works_in_a_real_thread(tmp_path: Path) -> None:
    """What holds in virtual time holds with the writer's thread: a stop leaves everything on the medium and in the tables."""
    results: queue.Queue[Callable[[], None]] = queue.Queue()
    clock = FakeClock()
    executor = ThreadExecutor("store writer", results.put, 10)
    past = recover(tmp_path)
    bus = Bus(clock, "b1", past.next_seq, lambda: 0, lambda _name, _envelope, _error: None)
    alarms: Alarms = []
    store = Store(bus, clock, executor, tmp_path, past, alarm=alarms.append)
    for fact in a_call(1):
        bus.publish(fact)
    clock.advance(1)
    while store.counters.synced_seq < 8:
        results.get(timeout=30)()
        clock.advance(1)
    bus.publish(ApplianceStopped(reason="asked"))
    store.close()
    executor.close()
    while not results.empty():
        results.get()()
    assert (store.backlog, store.counters.synced_seq, alarms) == (0, 9, [])
    with_checkpoint = recover(tmp_path)
    assert (with_checkpoint.clean_stop, with_checkpoint.facts) == (True, 9)
    assert len(rows(tmp_path)["CallRecord"]) == 1


def test_a_clean_stop_is_known_at_the_next_start(tmp_path: Path) -> None:
    """After a proper stop nothing is mended; after a kill the start knows it was one."""
    box = Box(tmp_path)
    assert box.past.clean_stop
    box.bus.publish(ApplianceStopped(reason="asked"))
    box.stop()
    past = recover(tmp_path)
    assert (past.clean_stop, past.facts, past.next_seq, past.torn_bytes) == (True, 1, 2, 0)
    box = Box(tmp_path)
    box.bus.publish(LineRang(line="line-1"))
    box.clock.advance(0.02)
    assert not recover(tmp_path).clean_stop


def test_the_start_knows_what_was_going_on(tmp_path: Path) -> None:
    """After a power cut: the calls cut off, the files to mend, who was logged in, who is locked, and ids that go on."""
    box = Box(tmp_path)
    for fact in a_call(41):
        box.bus.publish(fact, "b1-i7")
    for fact in a_call(42)[:6]:
        box.bus.publish(fact, "b1-i9")
    ready = AgentStateChanged(agent="1001", phone="phone-801", state="ready", reasons=(), call="")
    talking = AgentStateChanged(agent="1001", phone="phone-801", state="talking", reasons=(), call="b1-c42")
    box.bus.publish(ready)
    box.bus.publish(talking)
    box.bus.publish(AgentLocked(agent="1002", until_utc_ms=99))
    for phone, count in (("phone-801", 2), ("phone-802", 1), ("phone-802", 0)):
        box.bus.publish(MessagesWaiting(phone=phone, count=count))
    box.bus.publish(CallArrived(call="b2-c900", line="l", calling="b1-c99999", calling_name="b1-c88888", called=""))
    box.clock.advance(0.02)
    past = recover(tmp_path)
    assert past.last_ids == {"c": 42, "r": 42, "i": 9}
    assert past.open_calls == (OpenCall("b1-c42", "b1-i9"), OpenCall("b2-c900", ""))
    assert [started.recording for started in past.open_recordings] == ["b1-r42"]
    assert past.agents == {"1001": talking}
    assert past.locked_until == {"1002": 99}
    assert past.messages == {"phone-801": 2}
    assert (past.facts, past.next_seq) == (21, 22)


def test_a_stay_that_a_kill_cut_off_is_known_with_its_length(tmp_path: Path) -> None:
    """Who waited when the power went is told as a failed stay, as long as the box is known to have lived, however often it starts."""
    box = Box(tmp_path)
    box.bus.publish(CallQueued(call="b1-c1", queue="sales", place=1), "b1-c1")
    box.bus.publish(CallQueued(call="b1-c2", queue="sales", place=2), "b1-c2")
    box.clock.advance(7)
    box.bus.publish(StintEnded(call="b1-c2", queue="sales", outcome="abandoned", agent="", wait_ms=7000), "b1-c2")
    box.clock.advance(0.02)
    (left,) = recover(tmp_path).open_stints
    assert (left.call, left.queue, left.interaction, left.wait_ms) == ("b1-c1", "sales", "b1-c1", 7000)
    again = Box(tmp_path)
    again.clock.advance(100)
    again.bus.publish(ApplianceStarted(version="0", boards=(), after_clean_stop=False))
    again.clock.advance(0.02)
    assert [stint.wait_ms for stint in recover(tmp_path).open_stints] == [7000]
    last = Box(tmp_path)
    last.bus.publish(StintEnded(call="b1-c1", queue="sales", outcome="failed", agent="", wait_ms=7000), "b1-c1")
    last.stop()
    assert recover(tmp_path).open_stints == ()


def test_an_overrun_leaves_the_recording_open() -> None:
    """A file with gaps is still mended after a crash; one that broke off is not reported twice."""
    state = State()
    started = RecordingStarted(recording="b1-r1", call="b1-c1", path="p", left="", right="")
    for seq, fact in enumerate([started, RecordingFailed(recording="b1-r1", call="b1-c1", reason="overrun")], 1):
        state.apply(Envelope(seq, "b1", 0, 0, 0, 0, "", fact))
    assert list(state.open_recordings.values()) == [started]
    state.apply(Envelope(3, "b1", 0, 0, 0, 0, "", RecordingFailed(recording="b1-r1", call="b1-c1", reason="disk_full")))
    assert state.open_recordings == {}


def test_checkpoint_and_journal_say_the_same(tmp_path: Path) -> None:
    """A start with a checkpoint knows exactly what a start without one knows; a broken checkpoint is passed over."""
    box = Box(tmp_path, checkpoint_facts=5, segment_bytes=500)
    for number in range(1, 6):
        for fact in a_call(number)[: 3 + number]:
            box.bus.publish(fact, f"b1-i{number}")
        box.bus.publish(AgentStateChanged(agent=f"100{number}", phone="", state="logged_out", reasons=("meal",), call=""))
        box.clock.advance(1)
    found = read_checkpoint(tmp_path)
    assert found is not None
    assert 0 < found[0].facts <= box.bus.last_seq
    with_it = recover(tmp_path)
    checkpoint = tmp_path / CHECKPOINT_NAME
    good = checkpoint.read_bytes()
    for bad in (b"", b"{}", good[:-20], good.replace(b"b1-c1", b"b1-c7"), b"[1]", b'{"body": 3, "crc": 1}'):
        checkpoint.write_bytes(bad)
        assert read_checkpoint(tmp_path) is None
        assert recover(tmp_path) == with_it
    checkpoint.unlink()
    assert recover(tmp_path) == with_it


def test_a_start_with_a_checkpoint_reads_only_the_rest(tmp_path: Path) -> None:
    """After years of calls the appliance still starts in seconds."""
    box = Box(tmp_path, checkpoint_facts=5, segment_bytes=300)
    for fact in a_call():
        box.bus.publish(fact)
    box.stop()
    first = tmp_path / JOURNAL_FOLDER / "000000001.seg"
    first.write_bytes(first.read_bytes().replace(b"138", b"139"))
    assert recover(tmp_path).facts == 8
    (tmp_path / CHECKPOINT_NAME).unlink()
    with pytest.raises(BadInput, match=r"000000001\.seg is damaged"):
        recover(tmp_path)


def test_a_checkpoint_of_another_journal_is_not_believed(tmp_path: Path) -> None:
    """A checkpoint copied from elsewhere never cuts off a good journal."""
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, name in ((one, "a"), (other, "b")):
        box = Box(folder)
        for _ in range(10):
            box.bus.publish(LineRang(line=name))
        box.stop()
    (one / CHECKPOINT_NAME).write_bytes((other / CHECKPOINT_NAME).read_bytes())
    past = recover(one)
    assert (past.facts, past.torn_bytes, past.next_seq) == (10, 0, 11)


def test_a_checkpoint_that_cannot_be_written_harms_nothing(tmp_path: Path) -> None:
    """When something sits in the checkpoint's place, calls are kept all the same, and it is counted."""
    (tmp_path / CHECKPOINT_NAME).mkdir()
    box = Box(tmp_path, checkpoint_facts=1)
    box.bus.publish(LineRang(line="line-1"))
    box.clock.advance(2)
    assert box.store.counters.checkpoints_missed >= 1
    assert box.alarms == []
    assert recover(tmp_path).facts == 1


def test_tables_ahead_of_the_journal_are_made_again(tmp_path: Path) -> None:
    """When an older journal is put back from a backup, the call list shows what that journal says."""
    box = Box(tmp_path)
    for fact in a_call(1) + a_call(2):
        box.bus.publish(fact)
    box.stop()
    segment = tmp_path / JOURNAL_FOLDER / "000000001.seg"
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[:9]))
    past = recover(tmp_path)
    assert past.facts == 8
    assert [row[0] for row in rows(tmp_path)["CallRecord"]] == ["b1-c1"]
    assert rows(tmp_path)["AppliedRow"] == [("journal", 8)]


def test_a_lost_database_is_made_again(tmp_path: Path) -> None:
    """Deleting the database loses no call."""
    box = Box(tmp_path)
    for fact in a_call():
        box.bus.publish(fact)
    box.stop()
    before = rows(tmp_path)
    for path in tmp_path.glob(f"{DATABASE_NAME}*"):
        path.unlink()
    recover(tmp_path)
    assert rows(tmp_path) == before


CALLS = st.integers(1, 3).map(lambda number: f"b1-c{number}")
RECORDINGS = st.integers(1, 3).map(lambda number: f"b1-r{number}")
WORDS = st.sampled_from(["", "sales", "1001", "张三", "\udc80", "line-1"])
STORIES = st.lists(
    st.one_of(
        st.builds(CallArrived, call=CALLS, line=WORDS, calling=WORDS, calling_name=WORDS, called=WORDS),
        st.builds(CallPlaced, call=CALLS, phone=WORDS, extension=WORDS, agent=WORDS, called=WORDS, line=WORDS),
        st.builds(CallAnswered, call=CALLS, supervision=WORDS),
        st.builds(CallQueued, call=CALLS, queue=st.sampled_from(["sales", "service"]), place=st.integers(1, 9)),
        st.builds(
            StintEnded, call=CALLS, queue=st.sampled_from(["sales", "service"]), outcome=WORDS, agent=WORDS, wait_ms=st.integers(0, 2**40)
        ),
        st.builds(CallConnected, call=CALLS, phone=WORDS, extension=WORDS, agent=WORDS),
        st.builds(CallEnded, call=CALLS, cause=st.integers(0, 2**70), reason=st.sampled_from(["hung_up", "restart"]), released_by=WORDS),
        st.builds(RecordingStarted, recording=RECORDINGS, call=CALLS, path=WORDS, left=WORDS, right=WORDS),
        st.builds(RecordingEnded, recording=RECORDINGS, call=CALLS, samples=st.integers(0, 9), repaired=st.booleans()),
        st.builds(RecordingFailed, recording=RECORDINGS, call=CALLS, reason=st.sampled_from(["overrun", "disk_full"])),
        st.builds(AgentStateChanged, agent=WORDS, phone=WORDS, state=WORDS, reasons=st.tuples(WORDS), call=CALLS),
        st.builds(AgentLocked, agent=WORDS, until_utc_ms=st.integers(0, 2**40)),
    ),
    max_size=25,
)


def told(story: list[Fact]) -> list[Envelope]:
    return [Envelope(seq, "b1", seq * 1_500_000, EPOCH_UTC_MS + seq, 480, 0, f"b1-i{seq}", fact) for seq, fact in enumerate(story, 1)]


def projected(apply: Callable[[Projection], None]) -> dict[str, list[Any]]:
    with tempfile.TemporaryDirectory() as name:
        database = open_database(Path(name))
        try:
            apply(Projection(database))
        finally:
            database.close()
        return rows(Path(name))


@given(STORIES, st.integers(0, 25), st.integers(0, 25))
@settings(max_examples=40, deadline=None)
def test_projection_from_any_place_equals_the_whole(story: list[Fact], stop: int, again_from: int) -> None:
    """Whenever the appliance was killed, its call list afterwards is the same as if it had never been."""
    kept = told(story)

    def in_pieces(projection: Projection) -> None:
        projection.apply(kept[:stop])
        projection.apply(kept[min(stop, again_from) :])

    assert projected(in_pieces) == projected(lambda projection: (projection.apply(kept), None)[1])


@given(STORIES, st.integers(0, 25))
@settings(max_examples=40, deadline=None)
def test_state_through_a_checkpoint_equals_the_whole(story: list[Fact], stop: int) -> None:
    """A start from a checkpoint knows the same as one that read everything."""
    whole, half = State(), State()
    for envelope in told(story):
        whole.apply(envelope)
    for envelope in told(story)[:stop]:
        half.apply(envelope)
    half = State.from_json(half.to_json())
    for envelope in told(story)[stop:]:
        half.apply(envelope)
    assert half == whole


def test_models_and_migrations_agree(tmp_path: Path) -> None:
    """Every column the program asks for exists in a migrated database, and no other."""
    database = open_database(tmp_path)
    for model in TABLES:
        table = model._meta.table_name
        columns = {column.name: column.null for column in database.get_columns(table)}
        declared = {field.column_name: field.null for field in model._meta.sorted_fields}
        assert columns == declared, table
    database.close()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """After going back to an older program the database is left alone, with a sentence that says why."""
    database = open_database(tmp_path)
    SchemaVersion.insert(version=len(MIGRATIONS) + 1).execute(database)
    database.close()
    with pytest.raises(BadInput, match="install the newer program"):
        recover(tmp_path)


def test_a_database_that_is_none_is_refused_with_advice(tmp_path: Path) -> None:
    """A damaged database file is named, and the way out with it."""
    (tmp_path / DATABASE_NAME).write_bytes(b"not a database, not at all" * 100)
    with pytest.raises(EnvironmentFault, match="move it away"):
        recover(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A data folder that is a file is a clear message, not a trace."""
    (tmp_path / "data").write_text("x")
    with pytest.raises(EnvironmentFault, match="cannot be read and written"):
        recover(tmp_path / "data")


def test_the_call_list_shows_the_call(box: Box) -> None:
    """The list of calls has caller, agent, times, cause and recording; waiting and talking are measured right though somebody sets the clock."""
    story = a_call()
    for fact in story[:5]:
        box.bus.publish(fact)
        box.clock.advance(1)
    box.clock.set_wall(EPOCH_UTC_MS + 3_600_000)
    for fact in story[5:]:
        box.bus.publish(fact)
        box.clock.advance(1)
    box.stop()
    reader = Reader(box.folder, box.clock.monotonic_ns)
    assert reader.calls(10) == [
        CallRow(
            call="b1-c1",
            direction="incoming",
            line="line-1",
            phone="phone-801",
            extension="801",
            calling="13800138000",
            calling_name="张三",
            calling_doubtful=False,
            called="4008001234",
            queue="sales",
            agent="1001",
            arrived_utc_ms=EPOCH_UTC_MS,
            answered_utc_ms=EPOCH_UTC_MS + 1000,
            queued_utc_ms=EPOCH_UTC_MS + 2000,
            connected_utc_ms=EPOCH_UTC_MS + 4000,
            ended_utc_ms=EPOCH_UTC_MS + 3_601_000,
            utc_offset_min=480,
            wait_ms=7000,
            talk_ms=2000,
            cause=16,
            reason="hung_up",
            released_by="caller",
            recording="2026-11-21/b1-c1.wav",
            seq=1,
            interaction="b1-c1",
        )
    ]
    path, began = "2026-11-21/b1-c1.wav", EPOCH_UTC_MS + 3_600_000
    assert reader.recordings(10, call="b1-c1") == [
        RecordedRow("b1-r1", "b1-c1", path, "13800138000", "1001", began, 480, 80_000, "whole", "", "b1-c1", 1, 0, "")
    ]
    reader.close()


def test_calls_come_newest_first_and_in_pages(box: Box) -> None:
    """The newest call stands on top, older ones are a page further."""
    for number in range(1, 6):
        for fact in a_call(number):
            box.bus.publish(fact)
    box.stop()
    reader = Reader(box.folder, box.clock.monotonic_ns)
    assert [row.call for row in reader.calls(2)] == ["b1-c5", "b1-c4"]
    assert [row.call for row in reader.calls(2, offset=2)] == ["b1-c3", "b1-c2"]
    assert [row.call for row in reader.calls(2, call="b1-c2")] == ["b1-c2"]
    assert reader.calls(2, call="nonsense' OR 1=1") == []
    for limit, offset in ((0, 0), (10_001, 0), (1, -1)):
        with pytest.raises(Refused, match="rows"):
            reader.calls(limit, offset)
    reader.close()


def test_a_call_cut_off_by_a_restart_has_no_made_up_duration(box: Box) -> None:
    """A power cut of three days does not show as three days of talk."""
    for fact in a_call(reason="restart"):
        box.bus.publish(fact)
    box.stop()
    (row,) = Reader(box.folder, box.clock.monotonic_ns).calls(1)
    assert (row.talk_ms, row.reason) == (None, "restart")


def test_placed_calls_keep_the_phone_that_placed_them(box: Box) -> None:
    """A call from 801 to 802 shows 801 as the caller, also when 802 has answered."""
    box.bus.publish(CallPlaced(call="b1-c1", phone="phone-801", extension="801", agent="1001", called="802", line=""))
    box.bus.publish(CallConnected(call="b1-c1", phone="phone-802", extension="802", agent=""))
    box.bus.publish(CallPlaced(call="b1-c2", phone="phone-801", extension="801", agent="", called="13800138000", line="line-2"))
    box.stop()
    out, inside = Reader(box.folder, box.clock.monotonic_ns).calls(2)
    assert (inside.direction, inside.phone, inside.calling, inside.called, inside.agent) == ("internal", "phone-801", "801", "802", "1001")
    assert (out.direction, out.line, out.called) == ("outgoing", "line-2", "13800138000")


def test_a_question_has_a_time_limit(box: Box) -> None:
    """A question that takes too long is stopped with a sentence, and the next one is answered."""
    box.bus.publish(a_call()[0])
    box.stop()
    database = open_database(box.folder)
    many = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    columns = (
        "direction,line,phone,extension,calling,calling_name,called,queue,agent,arrived_utc_ms,utc_offset_min,reason,released_by,recording"
    )
    database.execute_sql(f"{many} INSERT INTO calls (call, seq, {columns}) SELECT 'c' || i, i, {columns} FROM n, calls")  # type: ignore[no-untyped-call]
    database.close()
    step_ns = [10**9]
    now = iter(range(10**9))
    reader = Reader(box.folder, lambda: next(now) * step_ns[0], limit_s=1.0)
    with pytest.raises(Refused, match="longer than"):
        reader.calls(10_000, offset=5000)
    step_ns[0] = 0
    assert len(reader.calls(10_000, offset=5000)) == 10_000
    reader.close()


def test_a_reader_cannot_write(box: Box) -> None:
    """A page that asks the store can never change a call."""
    reader = Reader(box.folder, box.clock.monotonic_ns)
    with pytest.raises(peewee.OperationalError, match="readonly"):
        reader._database.execute_sql("DELETE FROM calls")  # type: ignore[no-untyped-call]
    reader.close()


def test_a_reader_without_database_says_so(tmp_path: Path) -> None:
    """A missing database is a clear message."""
    with pytest.raises(EnvironmentFault, match="cannot be read"):
        Reader(tmp_path, lambda: 0).calls(1)


def test_kill_at_any_moment_gives_a_prefix(tmp_path: Path) -> None:
    """Whatever batch was under way at a kill, the next start finds the first facts in order and goes on numbering."""
    expected: list[Fact] = []
    for life in range(8):
        box = Box(tmp_path, segment_bytes=700, checkpoint_facts=7)
        assert box.facts() == expected[: box.past.facts]
        expected = expected[: box.past.facts]
        for number, fact in enumerate(a_call(life)):
            box.bus.publish(fact)
            expected.append(fact)
            box.clock.advance(0.005 * ((life + number) % 7) ** 2)
    past = recover(tmp_path)
    assert past.next_seq == past.facts + 1
    assert [row[0] for row in rows(tmp_path)["AppliedRow"]] == ["journal"]


def test_journal_written_elsewhere_is_projected_at_the_start(tmp_path: Path) -> None:
    """Facts written but not yet in the tables at a kill are in the call list after the start."""
    folder = tmp_path / JOURNAL_FOLDER
    folder.mkdir()
    journal = Journal(folder, START)
    journal.append([(envelope.seq, encode(envelope)) for envelope in told(a_call())])
    journal.close()
    recover(tmp_path)
    (row,) = Reader(tmp_path, lambda: 0).calls(1)
    assert (row.cause, row.recording) == (16, "2026-11-21/b1-c1.wav")
