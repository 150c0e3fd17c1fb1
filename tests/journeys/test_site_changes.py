"""Changing the settings of a running appliance from the command line, as an installer does."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.journeys.process import Running, answer, ask, data_folder, facts_in

RUNNING = "Ctrl-C stops"


def edited(data: Path, folder: Path, ring_timeout_s: float) -> Path:
    """The site in force with another ring time and without agent 1004, as a file."""
    site = yaml.safe_load(ask("site", "show", "--secrets", "--data", str(data)).stdout)
    site["queues"][0]["ring_timeout_s"] = ring_timeout_s
    site["queues"][0]["agents"].remove("1004")
    site["agents"] = [agent for agent in site["agents"] if agent["number"] != "1004"]
    file = folder / "edited.yaml"
    file.write_text(yaml.safe_dump(site, allow_unicode=True), encoding="utf-8")
    return file


def agents(data: Path) -> list[str]:
    """The agents that the appliance knows now."""
    return [agent["agent"] for agent in answer("status", "--data", str(data))["agents"]]


def test_settings_are_changed_kept_and_taken_back(tmp_path: Path, prompts_folder: Path) -> None:
    """A change holds at once and after a restart, the history says who and why, and going back is one command."""
    data = data_folder(tmp_path / "data", prompts_folder)
    with Running(data, "--no-caller") as running:
        running.until(RUNNING)
        file = edited(data, tmp_path, 12)
        preview = ask("site", "preview", str(file), "--data", str(data)).stdout
        assert "queues[service].ring_timeout_s: 20.0 → 12.0" in preview
        assert "****" in preview  # the PIN of the removed agent is nobody's business
        assert agents(data) == ["1001", "1002", "1003", "1004"]
        changed = ask("site", "change", str(file), "--why", "they ring too long", "--data", str(data))
        assert changed.stdout.startswith("Version 2 is in force:")
        assert agents(data) == ["1001", "1002", "1003"]
        running.stop()
    with Running(data, "--no-caller") as running:
        running.until(RUNNING)
        assert agents(data) == ["1001", "1002", "1003"]
        back = ask("site", "back", "1", "--why", "1004 is needed after all", "--data", str(data))
        assert back.stdout.startswith("Version 3 is in force:")
        assert agents(data) == ["1001", "1002", "1003", "1004"]
        history = answer("site", "history", "--data", str(data))["versions"]
        assert [(note["number"], note["why"]) for note in history] == [
            (3, "1004 is needed after all"),
            (2, "they ring too long"),
            (1, "first import"),
        ]
        running.stop()
    told = [(values["version"], values["why"]) for name, values in facts_in(data) if name == "SiteChanged"]
    assert told == [(2, "they ring too long"), (3, "1004 is needed after all")]


def test_an_edited_site_file_counts_at_the_next_start(tmp_path: Path, prompts_folder: Path) -> None:
    """Whoever edits site.yaml by hand gets a version like any other; a file that nobody touched takes nothing back."""
    data = data_folder(tmp_path / "data", prompts_folder)
    with Running(data, "--no-caller") as running:
        running.until(RUNNING)
        ask("site", "change", str(edited(data, tmp_path, 12)), "--why", "by command", "--data", str(data))
        running.stop()
    with Running(data, "--no-caller") as running:
        running.until(RUNNING)
        assert agents(data) == ["1001", "1002", "1003"]
        running.stop()
    kept = data / "site.yaml"
    kept.write_text(kept.read_text(encoding="utf-8").replace("ring_timeout_s: 20", "ring_timeout_s: 25"), encoding="utf-8")
    with Running(data, "--no-caller") as running:
        running.until("was edited")
        running.until(RUNNING)
        assert agents(data) == ["1001", "1002", "1003", "1004"]
        newest = answer("site", "history", "--data", str(data))["versions"][0]
        assert (newest["number"], newest["why"]) == (3, "site.yaml was edited")
        running.stop()


def test_wrong_changes_are_refused_in_words(tmp_path: Path, prompts_folder: Path) -> None:
    """A fault in the file, a reason that says nothing, a version that never was: exit status 1, a sentence, nothing changed."""
    data = data_folder(tmp_path / "data", prompts_folder)
    with Running(data, "--no-caller") as running:
        running.until(RUNNING)
        file = edited(data, tmp_path, 12)
        broken = tmp_path / "broken.yaml"
        broken.write_text(file.read_text(encoding="utf-8").replace("ring_timeout_s: 12", "ring_timeout_s: soon"), encoding="utf-8")
        refusals = {
            "ring_timeout_s": ask("site", "change", str(broken), "--why", "x", "--data", str(data)),
            "Say why": ask("site", "change", str(file), "--why", " ", "--data", str(data)),
            "no version 9": ask("site", "back", "9", "--why", "x", "--data", str(data)),
        }
        for sentence, done in refusals.items():
            assert done.returncode == 1
            assert sentence in done.stderr
        assert len(answer("site", "history", "--data", str(data))["versions"]) == 1
        running.stop()
