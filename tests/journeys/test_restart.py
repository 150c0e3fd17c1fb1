"""Restarting a running appliance from its console, as a technician does."""

from __future__ import annotations

import shutil
from pathlib import Path

from appliance.site_file import demo_site_file
from tests.journeys.process import Running, ask, data_folder, facts_in

RUNNING = "Ctrl-C stops"
WRAP_UP = "queues[service].wrap_up_s"


def test_a_restart_keeps_process_and_settings(tmp_path: Path, prompts_folder: Path) -> None:
    """The same process starts anew after a clean stop, with what was committed since: not with the file of the first start."""
    data = data_folder(tmp_path / "data", prompts_folder)
    site = tmp_path / "site.yaml"
    shutil.copy(demo_site_file(), site)
    with Running(data, "--no-caller", "--site", str(site)) as running:
        running.until(RUNNING)
        console = ("console", "--data", str(data))
        done = ask(*console, "-c", f"set {WRAP_UP} 17", "-c", "commit quicker", "-c", "restart now")
        assert done.returncode == 0, done.stderr
        assert "restarts" in done.stdout
        running.said = running.said.replace(RUNNING, "")
        running.until(RUNNING)
        shown = ask(*console, "-c", f"show settings {WRAP_UP}", "-c", "history")
        assert f"{WRAP_UP}: 17" in shown.stdout
        assert len(shown.stdout.splitlines()) == 4, "the restart itself made no version"
        assert running.stop() == 0
    told = [name for name, _values in facts_in(data) if name.startswith(("Appliance", "Restart"))]
    assert told == ["ApplianceStarted", "RestartRequested", "ApplianceStopped", "ApplianceStarted", "ApplianceStopped"]
    clean = [values["after_clean_stop"] for name, values in facts_in(data) if name == "ApplianceStarted"]
    assert clean[1] is True
