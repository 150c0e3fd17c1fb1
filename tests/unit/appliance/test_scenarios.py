"""``strowger scenario`` as its user meets it: what it prints, what it returns, what it leaves behind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from appliance import cli
from appliance.options import ScenarioOptions
from appliance.scenarios import cache_folder, productions_of, run
from engine.kernel.errors import BadInput

GOOD = """title: Dial tone
script:
  - {who: phone-801, does: lift}
  - {who: phone-801, hears: {tone: dial}, within: 3s}
"""
BAD = GOOD + "  - {who: phone-802, rings: {within: 1s}}\n"


@pytest.fixture
def cache(prompts_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that has the prompts already."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setattr(
        "appliance.scenarios.generate", lambda folder, _progress: shutil.copytree(prompts_folder, folder, dirs_exist_ok=True)
    )


def written(folder: Path, name: str, content: str) -> Path:
    file = folder / name
    file.write_text(content, "utf-8")
    return file


@pytest.mark.usefixtures("cache")
def test_steps_are_told_as_they_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Title, each step with its time, and a sum at the end; exit status 0."""
    assert run(ScenarioOptions(files=(written(tmp_path, "good.yaml", GOOD),))) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("Strowger: ") for line in lines)
    assert lines[0].endswith("good.yaml: Dial tone")
    assert lines[1].endswith("0:02.50  phone-801 lifts the handset")
    assert lines[2].endswith("phone-801 hears dial tone")
    assert "1 of 1 scenarios passed" in lines[3]


@pytest.mark.usefixtures("cache")
def test_a_failure_names_file_line_and_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was expected, what happened instead, and the seed that shows it again; exit status 1, and the next file is played."""
    files = (written(tmp_path, "bad.yaml", BAD), written(tmp_path, "good.yaml", GOOD))
    assert run(ScenarioOptions(files=files, seed=42)) == 1
    out = capsys.readouterr().out
    assert "bad.yaml:5: expected: phone-802 rings (within 1 s)" in out
    assert "bad.yaml:5: instead: phone-802 did not ring" in out
    assert "--seed 42" in out
    assert "1 of 2 scenarios passed" in out


@pytest.mark.usefixtures("cache")
def test_json_is_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads one JSON document and nothing else."""
    file = written(tmp_path, "bad.yaml", BAD)
    assert run(ScenarioOptions(files=(file,), json=True)) == 1
    (scenario,) = json.loads(capsys.readouterr().out)["scenarios"]
    assert scenario["wall_ms"] > 0
    assert 4000 < scenario["virtual_ms"] < 10_000
    assert {name: scenario[name] for name in ("file", "title", "passed", "seed")} == {
        "file": str(file),
        "title": "Dial tone",
        "passed": False,
        "seed": 1,
    }
    assert scenario["failures"] == [{"line": 5, "expected": "phone-802 rings (within 1 s)", "happened": "phone-802 did not ring"}]


@pytest.mark.usefixtures("cache")
def test_what_a_play_leaves_behind_is_kept_on_request(tmp_path: Path) -> None:
    """``--keep`` gives each play a folder of its own, and overwrites none."""
    file = written(tmp_path, "good.yaml", GOOD)
    for _ in range(2):
        assert run(ScenarioOptions(files=(file,), keep=tmp_path / "kept", json=True)) == 0
    assert sorted(folder.name for folder in (tmp_path / "kept").iterdir()) == ["good", "good-2"]
    assert any((tmp_path / "kept" / "good" / "journal").iterdir())


@pytest.mark.usefixtures("cache")
def test_wrong_files_are_told_before_any_is_played(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All faults of all files, each with file and line; nothing is played, exit status 1."""
    files = [
        written(tmp_path, "a.yaml", "title: x\nscript:\n  - {wait: soon}\n"),
        written(tmp_path, "b.yaml", "title: x\nsite:\n  desk: {lock_min: 0}\nscript:\n  - {wait: 1s}\n"),
        written(tmp_path, "good.yaml", GOOD),
    ]
    assert cli.main(["scenario", *map(str, files)]) == 1
    told = capsys.readouterr()
    assert "a.yaml:3: 'soon' is no time" in told.err
    assert "b.yaml:3: desk.lock_min" in told.err
    assert told.out == ""


def test_the_demo_site_is_changed_setting_by_setting(tmp_path: Path) -> None:
    """Only what is written changes; new things are added; a file beside the scenario is a whole site of its own."""
    changes = """title: x
site:
  box: {language: en}
  queues: [{name: service, ring_timeout_s: 8}]
  agents: [{number: "1002", language: en}, {number: "1009", pin: 0123}]
script: [{wait: 1s}]
"""
    (production,) = productions_of(ScenarioOptions(files=(written(tmp_path, "a.yaml", changes),)))
    site = production.site
    assert site.box.language == "en"
    assert site.box.name != "Strowger"
    assert (site.queues[0].ring_timeout_s, site.queues[0].wrap_up_s) == (8, 30)
    assert [agent.number for agent in site.agents] == ["1001", "1002", "1003", "1004", "1009"]
    assert (site.agents[1].language, site.agents[1].pin, site.agents[4].pin) == ("en", "3691", "0123")


def test_a_site_file_beside_the_scenario_is_used(tmp_path: Path) -> None:
    """Its faults are told with its own name; boards are simulated whatever it says."""
    site = "box: {hardware: dahdi}\nstations: [{name: phone-1, channel: 1, extension: '701'}]\n"
    written(tmp_path, "site.yaml", site)
    file = written(tmp_path, "a.yaml", "title: x\nsite: site.yaml\nscript: [{who: phone-701, does: lift}]\n")
    (production,) = productions_of(ScenarioOptions(files=(file,)))
    assert production.site.box.hardware == "simulated"
    assert production.site.stations[0].extension == "701"
    written(tmp_path, "site.yaml", site.replace("701", "7"))
    with pytest.raises(BadInput, match=r"site\.yaml:2"):
        productions_of(ScenarioOptions(files=(file,)))


def test_made_speech_is_kept_where_users_keep_such_things() -> None:
    """The cache folder is the user's; a relative XDG_CACHE_HOME does not count."""
    assert cache_folder({"XDG_CACHE_HOME": "/var/tmp/c"}) == Path("/var/tmp/c/strowger")
    assert cache_folder({"XDG_CACHE_HOME": "c"}) == Path.home() / ".cache" / "strowger"
    assert cache_folder({}) == Path.home() / ".cache" / "strowger"
