"""The proof of the switch, in small: random people at a scripted board, and two things at once. ``make prove-switch`` plays a million acts."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.recorder import Recorder
from tests.proofs.switch_pairs import SITUATIONS, cases, outcome
from tests.proofs.switch_proof import ACTS_A_SEED, play
from tests.proofs.switch_sound import ACTS_A_SEQUENCE
from tests.proofs.switch_sound import play as play_with_sound


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_forgotten_and_all_talk_is_recorded(seed: int, tmp_path: Path) -> None:
    """Whatever callers and colleagues do, no call, patch or recording is left over, and what two could say to each other is in one file."""
    day = play(seed, ACTS_A_SEED, tmp_path)
    assert day.faults == [], "\n".join(day.acts)
    assert day.met["RecordingSegment"] > 0


def test_the_same_holds_with_sound(prompts_folder: Path, tmp_path: Path) -> None:
    """On the whole appliance too each file is as long as the talk, and silent where a party had stepped aside."""
    wrong, told = play_with_sound(2, ACTS_A_SEQUENCE, tmp_path, prompts_folder)
    assert wrong == []
    assert told["RecordingSegment"] > 0


@pytest.mark.parametrize("situation", SITUATIONS)
def test_two_things_at_once_have_one_outcome(situation: str, tmp_path: Path) -> None:
    """When two people do something in the same 20 ms, both are heard, each call ends once, and nothing hangs."""
    for number, case in enumerate(case for case in cases() if case.situation == situation):
        wrong, ends = outcome(case, tmp_path / str(number))
        assert wrong == [], case
        assert ends


def test_the_proof_finds_a_recorder_that_misses_a_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof that finds nothing could be deaf: what an agent says while the customer is on hold, recorded, is found."""
    monkeypatch.setattr(Recorder, "_silence", lambda *_: True)
    assert any("talked for" in fault for fault in play(0, ACTS_A_SEED, tmp_path).faults)
