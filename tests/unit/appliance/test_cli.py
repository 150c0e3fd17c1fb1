"""The command line: what it prints, where, and with which exit status."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from appliance import cli
from appliance.options import RunOptions, ScenarioOptions


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def replaced(monkeypatch: pytest.MonkeyPatch, module: str, **content: Any) -> None:
    """Put a module in the place of one that a command imports on demand."""
    made = ModuleType(module)
    made.__dict__.update(content)
    monkeypatch.setitem(sys.modules, module, made)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """``strowger version`` prints the version and nothing else."""
    assert cli.main(["version"]) == 0
    assert capsys.readouterr().out == "strowger 0.1.0\n"


def test_a_sound_site_file_is_confirmed(capsys: pytest.CaptureFixture[str]) -> None:
    """``strowger check`` without a file checks the demo site."""
    assert cli.main(["check"]) == 0
    assert capsys.readouterr().out.endswith("site.yaml: no faults (exchange lines 4, desk phones 4, agents 4, queues 1)\n")


def test_a_wrong_site_file_is_listed_on_the_error_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each fault is a line of its own that begins with the program's name; the exit status is 1."""
    file = tmp_path / "site.yaml"
    file.write_text("box:\n  id: B\n  x: 1\n", encoding="utf-8")
    assert cli.main(["check", str(file)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert [line.split(": ")[:3] for line in said.err.splitlines()] == [
        ["Strowger", f"{file}:2", "box.id"],
        ["Strowger", f"{file}:3", "box.x"],
    ]


def test_messages_come_in_the_language_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """``--language zh`` gives Chinese on any terminal."""
    assert cli.main(["check", "--language", "zh"]) == 0
    assert "没有错误" in capsys.readouterr().out


def test_the_language_may_be_said_before_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """``strowger --language zh check`` is the same, and what follows the command wins."""
    assert cli.main(["--language", "zh", "check"]) == 0
    assert "没有错误" in capsys.readouterr().out
    assert cli.main(["--language", "zh", "check", "--language", "en"]) == 0
    assert "no faults" in capsys.readouterr().out


@pytest.mark.parametrize("given", [["--help"], ["calls", "--help"], ["scenario", "--help"]])
def test_help_is_chinese_throughout(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A Chinese reader finds no English headings in the help."""
    with pytest.raises(SystemExit):
        cli.main([*given, "--language", "zh"])
    shown = capsys.readouterr().out
    assert shown.startswith("用法：strowger")
    assert not [word for word in ("usage", "arguments", "options", "show this") if word in shown]


@pytest.mark.parametrize("given", [["calls", "--limit", "x"], ["calls", "--limit", "0"], ["calls", "--limit", "9" * 5000]])
def test_a_wrong_number_says_what_was_expected(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The bounds are told, not the name of a function of ours."""
    with pytest.raises(SystemExit):
        cli.main([*given, "--language", "en"])
    assert "is not possible; expected 1 to 10000" in capsys.readouterr().err


@pytest.mark.parametrize(
    "given", [[], ["fly"], ["calls", "--limit", "0"], ["calls", "--limit", "x"], ["scenario"], ["run", "--language", "fr"]]
)
def test_a_wrong_command_line_has_its_own_exit_status(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A script can tell a typing error (2) from a fault (1)."""
    with pytest.raises(SystemExit) as left:
        cli.main(given)
    assert left.value.code == 2
    assert "\nStrowger: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "given", [["--help"], *([name, "--help"] for name in ("run", "scenario", "check", "status", "calls", "password", "version"))]
)
def test_every_command_explains_itself(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` works everywhere."""
    with pytest.raises(SystemExit) as left:
        cli.main(given)
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("usage: strowger")


def test_run_is_given_what_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The options reach the appliance, and its exit status the shell."""
    got: list[RunOptions] = []

    def run(options: RunOptions) -> int:
        got.append(options)
        return 7

    replaced(monkeypatch, "appliance.run", run=run)
    assert cli.main(["run", "--data", "d", "--site", "s.yaml", "--simulated", "--no-caller"]) == 7
    assert got == [RunOptions(data=Path("d"), site=Path("s.yaml"), simulated=True, caller=False)]


def test_scenarios_are_given_what_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The options reach the scenario runner."""
    got: list[ScenarioOptions] = []

    def run(options: ScenarioOptions) -> int:
        got.append(options)
        return 0

    replaced(monkeypatch, "appliance.scenarios", run=run)
    assert cli.main(["scenario", "a.yaml", "b.yaml", "--seed", "5", "--json", "--realtime"]) == 0
    assert got == [ScenarioOptions(files=(Path("a.yaml"), Path("b.yaml")), seed=5, json=True, realtime=True)]


def test_ctrl_c_has_the_usual_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends without a traceback."""

    def run(_options: RunOptions) -> int:
        raise KeyboardInterrupt

    replaced(monkeypatch, "appliance.run", run=run)
    assert cli.main(["run"]) == 130


CALL = {
    **dict.fromkeys(("line", "phone", "extension", "calling_name", "called", "queue", "recording"), ""),
    **dict.fromkeys(("answered_utc_ms", "queued_utc_ms", "connected_utc_ms", "ended_utc_ms", "wait_ms"), None),
    "call": "b1-c1",
    "direction": "incoming",
    "calling": "13800000001",
    "agent": "1001",
    "arrived_utc_ms": 1_700_000_000_000,
    "utc_offset_min": 480,
    "talk_ms": 61_000,
    "cause": 16,
    "reason": "hung_up",
    "released_by": "caller",
}
AGENT = {"agent": "1001", "name": "李娜", "state": "ready", "phone": "phone-801", "reasons": [], "call": ""}
STATUS = {"utc_ms": 1_700_000_000_000, "utc_offset_min": 480, "lines": [], "phones": [], "agents": [AGENT], "queues": [], "calls": []}


class Door:
    """Stands at the door and answers; remembers what it was asked."""

    asked: tuple[Path, str, dict[str, object]]

    def ask(self, path: Path, command: str, **arguments: object) -> Any:
        Door.asked = (path, command, arguments)
        return STATUS if command == "status" else {"utc_offset_min": 480, "calls": [CALL]}


def test_status_is_tables_in_the_sites_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """``strowger status`` asks the appliance of the data folder and shows moments in the site's local time."""
    replaced(monkeypatch, "appliance.door_client", DoorClient=Door)
    assert cli.main(["status", "--data", "d", "--language", "en"]) == 0
    assert Door.asked == (Path("d/door.sock"), "status", {})
    said = capsys.readouterr().out
    assert said.startswith("2023-11-15 06:13:20\n")
    assert "1001   李娜  ready  phone-801" in said
    assert "Calls\nnone" in said


def test_calls_are_listed_or_given_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """``strowger calls`` reads well, and with --json a program can read every field."""
    replaced(monkeypatch, "appliance.door_client", DoorClient=Door)
    assert cli.main(["calls", "--limit", "5", "--language", "en"]) == 0
    assert Door.asked[1:] == ("calls", {"limit": 5})
    said = capsys.readouterr().out
    assert "b1-c1  2023-11-15 06:13:20  in   13800000001" in said
    assert "61" in said
    assert "hung up" in said
    assert cli.main(["calls", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["calls"][0]["agent"] == "1001"


def test_an_appliance_that_does_not_run_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a running appliance the message says where nobody listens and how to start one."""
    assert cli.main(["status", "--data", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Strowger: ")
    assert str(tmp_path / "door.sock") in said


@pytest.mark.parametrize("wrong", ["nosuch", "run --bogus", "run --data", "listen", "site", "--l", "calls --limit x", "listen --json=1 x"])
def test_a_wrong_command_line_is_told_in_one_language(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A Chinese reader reads what is wrong without English sentences between, whatever it is."""
    with pytest.raises(SystemExit):
        cli.main(["--language", "zh", *wrong.split()])
    said = capsys.readouterr().err.splitlines()[-1]
    assert not any(word in said for word in ("argument", "invalid", "required", "expected", "choose", "could match"))


def test_what_there_is_stands_in_the_complaint(capsys: pytest.CaptureFixture[str]) -> None:
    """Who mistypes a command reads the commands."""
    with pytest.raises(SystemExit):
        cli.main(["nosuch"])
    assert "argument COMMAND: there is no 'nosuch'; there are: run, scenario, check" in capsys.readouterr().err


def test_a_console_without_terminal_says_that_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script that types nothing is told all the same that there is no appliance, with exit status 1."""
    monkeypatch.setattr("appliance.console_front.os.isatty", lambda _fd: False)
    assert cli.main(["console", "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("Strowger: ")
