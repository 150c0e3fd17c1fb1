"""A full E1 leaks nothing, and its calls outlive the D channel as long as is promised: a slice of ``make prove-e1``."""

from __future__ import annotations

import subprocess
from pathlib import Path

from appliance.prompts import load
from tests.proofs.e1 import play_life
from tests.proofs.e1_outage import SHORT, play_outage

CYCLES_HERE = 1
ROOT = Path(__file__).resolve().parents[2]


def _seed() -> int:
    """Another slice with every commit; without git always the same."""
    asked = subprocess.run(["git", "rev-parse", "--short=7", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(asked.stdout.strip() or "0", 16)


SEED = _seed()


def test_thirty_calls_at_once_leave_nothing(prompts_folder: Path, tmp_path: Path) -> None:
    """Thirty callers in both directions, some of whom give up on the way, are all heard and recorded; then nothing is left of them on either side.

    The seed is the commit; ``python -m tests.proofs.e1 --seed SEED`` plays on.
    """
    life = play_life(0, CYCLES_HERE, SEED, tmp_path, load(prompts_folder))
    assert life.cycles == CYCLES_HERE
    assert life.calls >= 30 * CYCLES_HERE


def test_an_outage_of_the_d_channel(prompts_folder: Path, tmp_path: Path) -> None:
    """What the settings promise of conversations and their D channel comes true for one kind of outage, another with every commit."""
    assert play_outage(SHORT[SEED % len(SHORT)], tmp_path, load(prompts_folder), SEED) > 0
