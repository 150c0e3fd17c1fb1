"""The console's front on a terminal and without one: exit status, and the terminal as it was on every way out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.test_transcripts import ROOT, Box, Terminal

GUARD_S = 60.0
"""Only to end a test that would hang."""


@pytest.fixture
def box(tmp_path: Path, prompts_folder: Path) -> Iterator[Box]:
    made = Box(tmp_path, prompts_folder)
    yield made
    made.close()


@pytest.fixture
def terminal(box: Box, tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(box, tmp_path, 80, 24, "en")
    made.until(made.asks)
    yield made
    made.close()


def run(box: Box | None, data: Path, *words: str, typed: str = "", language: str = "en") -> subprocess.CompletedProcess[str]:
    """``strowger console`` with pipes; the door is served meanwhile."""
    done: list[subprocess.CompletedProcess[str]] = []
    command = [sys.executable, "-m", "appliance.cli", "console", "--data", str(data), "--language", language, *words]
    environment = {**os.environ, "PYTHONUTF8": "1"}

    def work() -> None:
        done.append(
            subprocess.run(command, cwd=ROOT, env=environment, input=typed, capture_output=True, text=True, timeout=GUARD_S, check=False)
        )

    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        if box is not None:
            box.reactor.iterate(0.01)
        thread.join(0.001)
    return done[0]


def test_one_command_and_its_status(box: Box, tmp_path: Path) -> None:
    """``-c`` runs commands for scripts: the answer on the standard output and status 0; a fault on the standard error and status 1."""
    good = run(box, tmp_path, "-c", "ag", "-c", "help")
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith("agent  name  state")
    assert "not-ready REASON" in good.stdout
    bad = run(box, tmp_path, "-c", "agents 1001 logout", "-c", "agents")
    assert (bad.returncode, bad.stdout, bad.stderr) == (1, "", "Strowger: Agent 1001 is not logged in.\n")


def test_refusals_are_in_the_readers_language(box: Box, tmp_path: Path) -> None:
    """What the appliance refuses is Chinese for a Chinese reader, too."""
    assert run(box, tmp_path, "-c", "agents 1001 logout", language="zh").stderr == "Strowger: 座席 1001 未登录。\n"


def test_lines_from_a_pipe(box: Box, tmp_path: Path) -> None:
    """A script can pipe commands in; the first that is wrong ends it with status 1."""
    done = run(box, tmp_path, typed="\nagents\nquit\nfrob\n")
    assert (done.returncode, done.stderr) == (0, "")
    wrong = run(box, tmp_path, typed="frob\nagents\n")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "“frob” is not known here" in wrong.stderr
    long = run(box, tmp_path, typed="x" * 5000)
    assert (long.returncode, long.stderr) == (1, "Strowger: a line is longer than 1024 characters.\n")


def test_no_appliance_no_console(tmp_path: Path) -> None:
    """Where nothing runs the console says how to start it."""
    done = run(None, tmp_path, "-c", "agents")
    assert done.returncode == 1
    assert "start it with “strowger run”" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_the_terminal_as_it_was(terminal: Terminal, number: int) -> None:
    """However the console is stopped, the shell after it echoes what is typed."""
    assert termios.tcgetattr(terminal.slave) != terminal.before
    terminal.process.send_signal(number)
    terminal.until(lambda: terminal.process.poll() is not None)
    assert terminal.process.returncode == 130
    assert termios.tcgetattr(terminal.slave) == terminal.before


def test_an_appliance_that_goes_away_is_a_sentence(terminal: Terminal, box: Box) -> None:
    """When the appliance stops meanwhile, the console says so and can still be left."""
    box.shut_door()
    terminal.type("agents")
    terminal.press("Enter")
    assert any("no appliance runs here" in line for line in terminal.screen.lines)
    terminal.press("Ctrl-D")
    assert terminal.process.returncode == 0
    assert termios.tcgetattr(terminal.slave) == terminal.before
