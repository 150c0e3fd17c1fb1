"""The results of line tests, kept for whoever looks at the port again."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import facts
from engine.store import projection
from tests.unit.engine.store.test_span_moments import projected, told


def result_of(port: str, test: str) -> facts.Fact:
    return facts.LineTested(port=port, far="", test=test, verdict="good", found="quiet", values=("level=−60.0",), by="wang")


def test_the_results_of_a_port_are_its_own_newest_first(tmp_path: Path) -> None:
    """Of one port, without those of others; as many as are asked for."""
    reader = projected(
        tmp_path,
        told(result_of("line-1", "noise"), result_of("line-2", "noise"), facts.LineRang(line="line-1"), result_of("line-1", "echo")),
    )
    assert [moment.seq for moment in reader.port_moments("line-1", 10)] == [4, 1]
    assert [moment.seq for moment in reader.port_moments("line-1", 1)] == [4]
    assert reader.port_moments("line-9", 10) == []
    reader.close()


def test_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that is tested every day for years keeps its newest results; told in pieces or at once, they are the same."""
    monkeypatch.setattr(projection, "PORT_MOMENTS_MOST", 3)
    story = told(*(result_of("line-1", "noise") for _ in range(7)))
    reader = projected(tmp_path, story[:3], story[1:5], story)
    assert [moment.seq for moment in reader.port_moments("line-1", 10)] == [7, 6, 5]
    reader.close()
