"""Starting anew, and asking the machine for a reboot."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest
from twisted.internet import error, task
from twisted.python.failure import Failure

from appliance import restarting
from appliance.restarting import ReactorMachine, arguments_anew, start_anew
from engine.kernel.errors import EnvironmentFault


class Process:
    """A command that was started; the test says how it ends."""

    def __init__(self, protocol: Any) -> None:
        self.protocol = protocol
        self.signals: list[str] = []

    def signalProcess(self, name: str) -> None:  # noqa: N802  # Twisted's name
        self.signals.append(name)

    def end(self, status: int, said: bytes = b"") -> None:
        if said:
            self.protocol.errReceived(said)
        reason = error.ProcessDone(0) if status == 0 else error.ProcessTerminated(status)
        self.protocol.processEnded(Failure(reason))


class Reactor(task.Clock):
    """Starts commands that the test ends; ``missing``: there is no such command."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[tuple[str, ...]] = []
        self.missing = False
        self.process: Any = None

    def spawnProcess(self, protocol: Any, executable: str, args: tuple[str, ...], env: object) -> Process:  # noqa: N802  # Twisted's name
        del executable, env
        if self.missing:
            raise FileNotFoundError("no such command")
        self.started.append(args)
        made = self.process = Process(protocol)
        return made


@pytest.mark.parametrize(
    ("given", "anew"),
    [
        (["strowger", "run", "--data", "d", "--site", "s.yaml", "--simulated"], ["strowger", "run", "--data", "d", "--simulated"]),
        (["-m", "appliance.cli", "run", "--site=s.yaml", "--http"], ["-m", "appliance.cli", "run", "--http"]),
        (["strowger", "run", "--sit", "s.yaml"], ["strowger", "run"]),
        (["strowger", "run", "--sit=s.yaml", "--data", "--site"], ["strowger", "run", "--data"]),
    ],
)
def test_the_next_start_takes_the_newest_settings(given: list[str], anew: list[str]) -> None:
    """A site file that was given at the first start does not undo what was changed since."""
    assert arguments_anew(given) == anew


def test_a_restart_stops_the_reactor_once_asked() -> None:
    """Who runs the reactor finds out afterwards that a restart is wanted."""
    stopped: list[bool] = []
    machine = ReactorMachine(Reactor(), lambda: stopped.append(True))
    assert machine.wanted is False
    machine.restart()
    assert (machine.wanted, stopped) == (True, [True])


def test_the_process_becomes_the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same interpreter, the same process; when that fails the reason is told."""
    became: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(sys, "orig_argv", ["python", "strowger", "run", "--site", "x", "--data", "d"])
    monkeypatch.setattr(os, "execv", lambda program, words: became.append((program, words)))
    start_anew()
    assert became == [(sys.executable, [sys.executable, "strowger", "run", "--data", "d"])]

    def refuse(_program: str, _words: list[str]) -> None:
        raise OSError("no memory")

    monkeypatch.setattr(os, "execv", refuse)
    with pytest.raises(EnvironmentFault, match="start it by hand"):
        start_anew()


def test_a_reboot_is_asked_for_and_a_refusal_is_quoted() -> None:
    """The system's own words reach whoever asked; a command that hangs is ended, and one that is not there is said to be."""
    reactor, told = Reactor(), list[str]()
    machine = ReactorMachine(reactor, lambda: None)

    def reboot() -> None:
        machine.reboot(lambda: told.append("done"), lambda said: told.append(said.in_english()))

    reboot()
    reactor.process.end(0)
    reboot()
    reactor.process.end(1, b"Interactive authentication\n required.")
    assert told == ["done", "The machine could not be rebooted (systemctl reboot): Interactive authentication required."]
    reboot()
    reactor.advance(restarting.REBOOT_WITHIN_S)
    assert reactor.process.signals == ["KILL"]
    reactor.missing = True
    reboot()
    assert "no such command" in told[-1]
    assert reactor.started == [("systemctl", "reboot")] * 3
    assert reactor.getDelayedCalls() == []
