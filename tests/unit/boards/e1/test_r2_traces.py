"""The golden traces of R2 calls."""

from __future__ import annotations

import pytest

from tests.golden.r2_traces import FOLDER, TRACES, trace_file


@pytest.mark.parametrize("name", TRACES)
def test_a_changed_signal_shows_in_review(name: str) -> None:
    """Every bit and tone of a call of each kind is written down; after a change on purpose, ``make golden`` writes it anew."""
    kept = trace_file(name).read_text(encoding="utf-8") if trace_file(name).exists() else ""
    assert TRACES[name]() == kept, f"the R2 call {name} is not as traced in {trace_file(name).name}; if it is meant so, run: make golden"


def test_no_trace_is_left_over() -> None:
    """The folder shows the calls that there are, and no others."""
    assert {file.stem for file in FOLDER.iterdir()} == set(TRACES)
