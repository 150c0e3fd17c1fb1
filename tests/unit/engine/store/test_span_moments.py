"""What was told of a span, kept for whoever looks for its fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import facts
from engine.kernel.bus import Envelope
from engine.store import projection
from engine.store.migrations import open_database
from engine.store.projection import Projection
from engine.store.queries import Reader


def told(*happened: facts.Fact) -> list[Envelope]:
    """Facts as the journal has them."""
    return [Envelope(seq, "b1", seq, 1000 + seq, 480, 0, "", fact) for seq, fact in enumerate(happened, start=1)]


def alarms(span: int, count: int) -> list[facts.Fact]:
    return [facts.SpanAlarmRaised(span=span, alarm="red") for _ in range(count)]


def projected(folder: Path, *pieces: list[Envelope]) -> Reader:
    """The tables after these pieces of the journal."""
    database = open_database(folder)
    for piece in pieces:
        Projection(database).apply(piece)
    database.close()
    return Reader(folder, lambda: 0)


def test_the_history_of_a_span_is_its_own_newest_first(tmp_path: Path) -> None:
    """Alarms, loops and errors of one span, without those of others and without calls."""
    story = told(
        facts.SpanAlarmRaised(span=1, alarm="red"),
        facts.SpanAlarmRaised(span=2, alarm="los"),
        facts.LineRang(line="line-1"),
        facts.SpanAlarmCleared(span=1, alarm="red", lasted_ms=7000),
        facts.LoopStarted(span=1, channel=0, loop="local", limit_s=900, by="wang"),
    )
    reader = projected(tmp_path, story)
    assert [(moment.seq, moment.utc_ms) for moment in reader.span_moments(1, 10)] == [(5, 1005), (4, 1004), (1, 1001)]
    assert reader.span_moments(1, 1)[0].fact == story[4].fact
    assert [moment.seq for moment in reader.span_moments(2, 10)] == [2]
    assert reader.span_moments(3, 10) == []
    reader.close()


def test_a_span_that_flaps_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each span the newest are kept; another span's history is not pushed out by it."""
    monkeypatch.setattr(projection, "SPAN_MOMENTS_MOST", 5)
    reader = projected(tmp_path, told(*alarms(2, 3), *alarms(1, 20)))
    assert [moment.seq for moment in reader.span_moments(1, 100)] == [23, 22, 21, 20, 19]
    assert len(reader.span_moments(2, 100)) == 3
    reader.close()


def test_the_history_does_not_depend_on_when_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a crash in between, or made again from the whole journal, the history is the same."""
    monkeypatch.setattr(projection, "SPAN_MOMENTS_MOST", 4)
    story = told(*alarms(1, 7))
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    whole.mkdir()
    pieces.mkdir()
    at_once = projected(whole, story)
    bit_by_bit = projected(pieces, story[:3], story[1:5], story)
    assert at_once.span_moments(1, 10) == bit_by_bit.span_moments(1, 10)
    at_once.close()
    bit_by_bit.close()
