"""Kill -9 and power: after the next start everything is there up to the last second."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.process import ROOT, Running, answer, data_folder
from tests.proofs.crash_judge import sound

SECONDS = 15
KILLS = 12
OCTETS_A_MS = 16


def seed_of_today() -> int:
    """Another slice of the proof for every commit; always the same one where there is no git."""
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(found.stdout[:6], 16) * 10 if found.returncode == 0 else 0


def test_a_kill_at_any_moment_loses_nothing(prompts_folder: Path) -> None:
    """Busy days killed at some moments of this commit's own: calls, agents, recordings, journal and tables are as they must be."""
    words = ["--number", str(KILLS), "--seed", str(seed_of_today()), "--seconds", str(SECONDS), "--prompts", str(prompts_folder)]
    proof = subprocess.run(
        [sys.executable, "-m", "tests.proofs.crash", *words], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert proof.returncode == 0, proof.stdout + proof.stderr
    assert '"passed"' in proof.stdout


@pytest.mark.alone
def test_kill_9_during_the_conversation(tmp_path: Path, prompts_folder: Path) -> None:
    """The real process, killed while customer and agent talk: the list shows the call with its reason, the recording plays."""
    data = data_folder(tmp_path, prompts_folder)
    with Running(data) as first:
        first.until("is connected to agent")
        recordings = data / "recordings"
        while not any(path.stat().st_size > 3_000 * OCTETS_A_MS for path in recordings.rglob("*.wav")):
            first.read(0.2)
        (cut,) = recordings.rglob("*.wav")
        written = cut.stat().st_size
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
    with Running(data, "--no-caller") as second:
        second.until("running:")
        (call,) = answer("calls", "--data", str(data))["calls"]
        status = answer("status", "--data", str(data))
        assert second.stop() == 0
    assert (call["reason"], call["agent"], call["calling"]) == ("restart", "1001", "13800138000")
    assert call["recording"] == str(cut.relative_to(recordings))
    assert len(sound(cut)) >= written - 58
    states = {agent["agent"]: (agent["state"], agent["phone"]) for agent in status["agents"]}
    assert states["1001"] == ("ready", "phone-801")
    assert states["1002"] == ("logged_out", "")
