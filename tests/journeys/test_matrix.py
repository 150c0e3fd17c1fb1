"""Every kind of call on every kind of line ends as it should, however bad the cable: a slice of ``make prove-matrix``."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest

from appliance.prompts import load
from hwsim.line_service import Disconnect
from tests.proofs.matrix import play_all
from tests.proofs.matrix_cases import IMPAIRMENTS, KINDS, Case, Plot, all_cases, chosen, expected_of

CASES_HERE = 72
ROOT = Path(__file__).resolve().parents[2]
SETS = 4


def _seed() -> int:
    """Another slice with every commit; without git always the same."""
    asked = subprocess.run(["git", "rev-parse", "--short=7", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(asked.stdout.strip() or "0", 16)


SEED = _seed()
SLICE = chosen(SEED, CASES_HERE)


@pytest.mark.parametrize("part", range(SETS))
def test_a_slice_of_the_matrix(part: int, prompts_folder: Path, tmp_path: Path) -> None:
    """State, cause, numbers and recording are right in each case, and no line is left busy. The seed is the commit; a failing case has a name that
    ``python -m tests.proofs.matrix --only NAME`` plays alone.
    """
    length = CASES_HERE // SETS
    cases = SLICE[part * length : (part + 1) * length]
    verdicts = play_all(cases, tmp_path, load(prompts_folder), SEED)
    wrong = [f"{verdict.case.name}: {'; '.join(verdict.wrong)}" for verdict in verdicts if verdict.wrong]
    assert len(verdicts) == length
    assert not wrong, f"seed {SEED}: " + "\n".join(wrong)


def test_the_matrix_is_large_and_every_part_of_it_is_drawn() -> None:
    """The whole proof has at least 400 cases, with every kind of line, every impairment and every kind of call many times."""
    cases = chosen(0, 500)
    assert len({case.name for case in cases}) == 500
    assert len(all_cases()) > 2000
    kinds, impairments, plots = (Counter(get(case) for case in cases) for get in (_kind, _impairment, _plot))
    assert min(kinds[kind.name] for kind in KINDS) >= 10
    assert min(impairments[name] for name in IMPAIRMENTS) >= 20
    assert min(plots[plot] for plot in Plot) >= 30
    assert chosen(1, 100) != chosen(2, 100)
    assert chosen(1, 100) == chosen(1, 100)


def test_what_is_expected_follows_from_the_line() -> None:
    """A line that tells the end ends the call by that sign; one that tells none is ended by the agent."""
    kinds = {kind.service.disconnect: kind for kind in reversed(KINDS)}
    ends = {end: expected_of(Case(kind, "clean", Plot.CALLER_ENDS)) for end, kind in kinds.items()}
    assert ends[Disconnect.BATTERY_DROP].reasons == ("battery_drop",)
    assert ends[Disconnect.REVERSAL].reasons == ("polarity",)
    assert ends[Disconnect.BUSY_TONE].reasons == ("busy_tone",)
    assert (ends[Disconnect.NONE].reasons, ends[Disconnect.NONE].released_by) == (("hung_up",), "agent")


def _kind(case: Case) -> str:
    return case.kind.name


def _impairment(case: Case) -> str:
    return case.impairment


def _plot(case: Case) -> Plot:
    return case.plot
