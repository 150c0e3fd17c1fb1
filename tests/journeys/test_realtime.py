"""Scenarios in real time, as a person starts them: the reactor, the threads and the pump's thread at work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.scenarios import prompt_cache
from tests.journeys.process import LINE_WITHIN_S, ROOT, command

pytestmark = pytest.mark.alone

LOGIN = """title: An agent comes to work
script:
  - {who: phone-801, does: lift}
  - {who: phone-801, hears: {tone: dial}, within: 4s}
  - {who: phone-801, does: press, keys: "*111001#2580#"}
  - expect: {agent: "1001", state: ready}
    within: 4s
"""
EAGER = LOGIN + '  - expect: {agent: "1001", state: talking}\n'


def test_scenarios_play_in_real_time_one_after_the_other(prompts_folder: Path, tmp_path: Path) -> None:
    """``--realtime`` plays the same files by the clock: what comes out in virtual time comes out, what does not is told."""
    shutil.copytree(prompts_folder, prompt_cache(tmp_path / "strowger"))
    files = [tmp_path / "login.yaml", tmp_path / "eager.yaml"]
    for file, content in zip(files, (LOGIN, EAGER), strict=True):
        file.write_text(content, "utf-8")
    words = command("scenario", "--realtime", "--json", "--keep", str(tmp_path / "kept"), *map(str, files))
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LINE_WITHIN_S, check=False)
    assert done.returncode == 1, done.stderr
    login, eager = json.loads(done.stdout)["scenarios"]
    assert login["passed"], login["failures"]
    assert login["wall_ms"] >= login["virtual_ms"] - 1000
    assert [(failure["line"], failure["happened"]) for failure in eager["failures"]] == [(8, "agent 1001 is ready")]
    assert any((tmp_path / "kept" / "login" / "journal").iterdir())
