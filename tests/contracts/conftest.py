"""What the contract tests share: a board, whatever drives it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.board_benches import AnalogBench, Bench, ScriptedBench
from tests.contracts.fixtures import analog, line, loop, phone

__all__ = ["analog", "bench", "line", "loop", "phone"]


@pytest.fixture(params=[ScriptedBench, AnalogBench], ids=["scripted", "analog"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A started board; at the end no report has come inside a command."""
    made: Bench = request.param()
    made.board.start(made.heard, made.heard)
    made.wait(2.5)
    assert made.heard.told == []
    yield made
    made.close()
    assert made.heard.inside == 0
