"""Interactions in journal and tables: what belongs together is found together, also after a power cut, and in data of before."""

from __future__ import annotations

from pathlib import Path

from engine.facts import (
    CallArrived,
    CallEnded,
    CallPlaced,
    Fact,
    InteractionBegan,
    InteractionEnded,
    RecordingEnded,
    RecordingSegment,
    RecordingStarted,
)
from engine.kernel.bus import Envelope
from engine.store.migrations import MIGRATIONS, migrate, open_database
from engine.store.projection import Projection
from engine.store.queries import CallFilter, Reader
from engine.store.state import State

WAY = "b1-i1"
CUSTOMER = CallArrived(call="b1-c1", line="line-1", calling="13800138000", calling_name="", called="5501")
COLLEAGUE = CallPlaced(call="b1-c2", phone="phone-1", extension="801", agent="1001", called="802", line="")
SECOND = RecordingStarted(recording="b1-r2", call="b1-c2", path="d/b1-c2.wav", left="1001", right="802", segment=2, from_sample=16_000)
STORY: tuple[Fact, ...] = (
    InteractionBegan(interaction=WAY, call="b1-c1"),
    CUSTOMER,
    RecordingStarted(recording="b1-r1", call="b1-c1", path="d/b1-c1.wav", left="138", right="1001", segment=1, from_sample=8000),
    COLLEAGUE,
    SECOND,
    RecordingSegment(
        recording="b1-r1",
        call="b1-c1",
        segment=1,
        from_sample=8160,
        samples=24_000,
        lost=0,
        left="138",
        right="1001",
        gaps=("right hold 8000 4000", "right hold 16000 160"),
    ),
    RecordingEnded(recording="b1-r1", call="b1-c1", samples=24_000, repaired=False),
)
ENDS: tuple[Fact, ...] = (
    CallEnded(call="b1-c2", cause=16, reason="hung_up", released_by="caller"),
    CallEnded(call="b1-c1", cause=16, reason="hung_up", released_by="caller"),
    InteractionEnded(interaction=WAY, cause=16, reason="hung_up", released_by="caller", calls=2),
)


def told(*story: Fact, interaction: str = WAY, first: int = 1) -> list[Envelope]:
    """Facts of one interaction."""
    return [Envelope(seq, "b1", seq * 10**9, 1_000_000 + seq, 480, 0, interaction, fact) for seq, fact in enumerate(story, start=first)]


def kept(folder: Path, envelopes: list[Envelope]) -> Reader:
    """Tables with these facts."""
    database = open_database(folder)
    Projection(database).apply(envelopes)
    database.close()
    return Reader(folder, lambda: 0)


def test_the_calls_of_an_interaction_are_found_together(tmp_path: Path) -> None:
    """By the id of the interaction, in the form or from a program, come exactly its calls and its recordings."""
    other = told(InteractionBegan(interaction="b1-i2", call="b1-c3"), CUSTOMER, interaction="b1-i2", first=100)
    stranger = [
        Envelope(200, "b1", 0, 0, 480, 0, "b1-i3", CallArrived(call="b1-c9", line="line-2", calling="1", calling_name="", called=""))
    ]
    reader = kept(tmp_path, told(*STORY, *ENDS) + other + stranger)
    for wanted in (CallFilter(words=WAY), CallFilter(interaction=WAY)):
        assert [row.call for row in reader.calls(10, wanted=wanted)] == ["b1-c2", "b1-c1"]
    assert reader.calls(10, wanted=CallFilter(interaction="b1-i3"))[0].call == "b1-c9"
    second, first = reader.recordings(10, interaction=WAY)
    assert (first.segment, first.from_sample, first.gaps) == (1, 8160, "right hold 8000 4000,right hold 16000 160")
    assert (second.segment, second.from_sample, second.interaction, second.gaps) == (2, 16_000, WAY, "")


def test_a_call_of_several_files_leads_to_the_first(tmp_path: Path) -> None:
    """The list of calls says that there is a recording; which of several it names does not change with each transfer."""
    later = RecordingStarted(recording="b1-r3", call="b1-c1", path="d/b1-c1-2.wav", left="138", right="802", segment=3, from_sample=50_000)
    reader = kept(tmp_path, told(*STORY, later))
    assert [row.recording for row in reader.calls(10, call="b1-c1")] == ["d/b1-c1.wav"]


def test_after_a_power_cut_what_was_open_is_known() -> None:
    """The start ends each interaction that was going on, and mends each segment under the interaction that it belongs to."""
    state = State()
    for envelope in told(*STORY):
        state.apply(envelope)
    again = State.from_json(state.to_json())
    assert again == state
    assert list(again.open_interactions) == [WAY]
    assert again.open_recordings == {"b1-r2": SECOND}
    assert again.recording_interactions == {"b1-r2": WAY}
    assert again.last_ids["i"] == 1
    for envelope in told(*ENDS, first=100):
        state.apply(envelope)
    assert (state.open_calls, list(state.open_interactions)) == ({}, [])


def test_tables_of_before_say_that_each_call_was_one_by_itself(tmp_path: Path) -> None:
    """After the update old calls and their recordings are still there, each an interaction of its own."""
    calls_of_before = next(number for number, steps in enumerate(MIGRATIONS) if any("ADD COLUMN interaction" in step for step in steps))
    old = "b1-c1"
    database = open_database(tmp_path)
    for statement in (
        "DROP INDEX calls_interaction",
        "ALTER TABLE calls DROP COLUMN interaction",
        "DROP INDEX recordings_interaction",
        *(f"ALTER TABLE recordings DROP COLUMN {name}" for name in ("interaction", "segment", "from_sample", "gaps")),
        "INSERT INTO calls VALUES ('b1-c1', 1, 'incoming', '', '', '', '', '', '', '', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', '', '', 0)",
        "INSERT INTO recordings VALUES ('b1-r1', 2, 'b1-c1', 'p', '', '', 0, 0, 1, 'whole', '')",
    ):
        database.execute_sql(statement)  # type: ignore[no-untyped-call]  # the stub has no types
    database.execute_sql(f"DELETE FROM schema_version WHERE version > {calls_of_before}")  # type: ignore[no-untyped-call]  # the stub has no types
    migrate(database, tmp_path, MIGRATIONS[: calls_of_before + 1])
    database.execute_sql(f"INSERT INTO schema_version SELECT {len(MIGRATIONS)} WHERE {len(MIGRATIONS)} > {calls_of_before + 1}")  # type: ignore[no-untyped-call]  # the stub has no types
    database.close()
    reader = Reader(tmp_path, lambda: 0)
    assert [row.interaction for row in reader.calls(10)] == [old]
    assert [(row.interaction, row.segment, row.gaps) for row in reader.recordings(10)] == [(old, 1, "")]


def test_a_journal_of_before_is_projected_as_it_was_told(tmp_path: Path) -> None:
    """Facts that carried the call's id, or none, as their interaction make rows with the call's id."""
    for number, interaction in enumerate(("b1-c1", "")):
        folder = tmp_path / str(number)
        folder.mkdir()
        reader = kept(folder, told(CUSTOMER, interaction=interaction))
        assert [row.interaction for row in reader.calls(10)] == ["b1-c1"]
