"""``strowger doctor`` as a person or a script runs it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from appliance.doctor import command
from appliance.doctor.findings import Finding, State, findings_as_json
from appliance.doctor.gathering import Asked
from appliance.door_client import DoorClient
from appliance.site_file import demo_site_file
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text

DISK = Finding("disk", text("Disk space"), State.GOOD, text("room"))
TIME = Finding("time", text("Time"), State.BAD, text("follows nobody"), text("start chrony"))
HIDDEN = Finding("rival", text("Other programs"), State.UNSEEN, text("hidden"))
SIMULATED = Finding("rival", text("Other programs"), State.NONE, text("the boards are simulated"))
PUMP = Finding("pump", text("Media pump"), State.GOOD, text("0 gaps"))
NO_PUMP = Finding("pump", text("Media pump"), State.UNSEEN, text("only the running appliance itself can tell"))
FREE = Finding("rival", text("Other programs"), State.GOOD, text("none"))


class Desk:
    """Runs the command against an appliance that answers, refuses, or is not there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
        self.data = data
        self.inside: Any = EnvironmentFault(text("no appliance runs here"))
        self.outside: list[Finding] = [DISK]
        self.asked: list[Asked] = []
        self.said: list[str] = []
        monkeypatch.setattr(command, "looked_at", self._look)
        monkeypatch.setattr(DoorClient, "ask", lambda _client, _door, _command: self._answer())

    def _look(self, asked: Asked) -> list[Finding]:
        self.asked.append(asked)
        return self.outside

    def _answer(self) -> Any:
        if isinstance(self.inside, Exception):
            raise self.inside
        return self.inside

    def run(self, *, boards: bool = False, site: Path | None = None, as_json: bool = False) -> int:
        options = argparse.Namespace(data=self.data, boards=boards, site=site, json=as_json)
        return command.run_doctor(options, self.said.append, str)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    return Desk(monkeypatch, tmp_path / "data")


def test_without_an_appliance_the_command_looks_itself(desk: Desk) -> None:
    """A box that was never started is judged by the demo site, and leaves no folder behind."""
    assert desk.run() == 0
    [asked] = desk.asked
    assert (asked.pid, asked.boards, len(asked.site.trunks)) == (None, False, 4)
    assert "Disk space  room" in desk.said[0]
    assert not desk.data.exists()


def test_a_running_appliance_is_asked_and_its_blind_spots_are_filled(desk: Desk) -> None:
    """What its sandbox hides is looked at from outside; red makes the exit status 1."""
    desk.inside = {"findings": findings_as_json([DISK, HIDDEN, TIME])}
    desk.outside = [FREE]
    assert desk.run(as_json=True) == 1
    told = json.loads(desk.said[0])
    assert [(row["check"], row["state"]) for row in told["findings"]] == [("disk", "good"), ("rival", "good"), ("time", "bad")]
    assert told["exit_status"] == 1
    assert told["findings"][2]["mend"] == "start chrony"


def test_what_nobody_can_see_has_an_exit_status_of_its_own(desk: Desk) -> None:
    """Nothing red, but something not looked at: 2."""
    desk.outside = [DISK, HIDDEN]
    assert desk.run() == 2


def test_a_wrong_site_file_is_told(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without settings there is nothing to judge by: 2, and the reason."""
    assert desk.run(site=tmp_path / "none.yaml") == 2
    assert "cannot read the site file" in capsys.readouterr().err
    assert desk.said == []


def test_another_site_or_real_boards_can_be_tried_while_an_appliance_runs(desk: Desk) -> None:
    """--boards judges the driver before the site is switched over to it, --site other settings; about itself the appliance tells, whatever is tried."""
    desk.inside = {"findings": findings_as_json([SIMULATED, PUMP])}
    desk.outside = [FREE, NO_PUMP]
    assert desk.run(boards=True, as_json=True) == 0
    assert desk.asked[-1].boards
    assert desk.run(site=demo_site_file(), as_json=True) == 0
    for told in desk.said:
        assert [(row["check"], row["found"]) for row in json.loads(told)["findings"]] == [("rival", "none"), ("pump", "0 gaps")]


def test_an_appliance_that_gives_nonsense_is_not_believed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Another version's answer is told, and the command looks itself."""
    desk.inside = {"findings": [{"check": "disk"}]}
    assert desk.run() == 0
    assert "another version" in capsys.readouterr().err
    assert "room" in desk.said[0]
