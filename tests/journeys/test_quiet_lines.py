"""Noise, speech and music make no ring, answer, key, flash or hang-up: a slice of ``make prove-lines``."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.prompts import load
from tests.proofs.lines import play


@pytest.mark.parametrize("number", [0, 1])
def test_some_minutes_of_a_day(number: int, prompts_folder: Path, tmp_path: Path) -> None:
    """On a disturbed line and phone the board reports what people did, as often as they did it, and nothing else."""
    piece = play(number, tmp_path, load(prompts_folder), idle_s=60, talk_s=60)
    assert piece.false == {}
    assert piece.seconds > 120
