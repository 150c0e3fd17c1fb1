"""Starting anew: the process replaces itself, or the operating system is asked to reboot the machine.

The process keeps its number and its surroundings, so that a terminal, ``make run`` and a service manager alike see one that goes on.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet import error, protocol
from twisted.python.failure import Failure

from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import Text, text

__all__ = ["REBOOT", "ReactorMachine", "arguments_anew", "start_anew"]

REBOOT = ("systemctl", "reboot")
REBOOT_WITHIN_S = 10.0
SAID_MOST = 300
"""Octets of the command's complaint that are repeated."""


class ReactorMachine:
    """Implements ``engine.control.restart.Machine``. ``stop`` ends the reactor cleanly; afterwards who ran it asks ``wanted``."""

    def __init__(self, reactor: Any, stop: Callable[[], None], command: Sequence[str] = REBOOT) -> None:  # noqa: ANN401  # Twisted's reactor is several interfaces at once
        self.wanted = False
        self._reactor = reactor
        self._stop = stop
        self._command = tuple(command)

    def restart(self) -> None:
        """As ``Machine.restart``."""
        self.wanted = True
        self._stop()

    def reboot(self, done: Callable[[], None], failed: Callable[[Text], None]) -> None:
        """As ``Machine.reboot``. The operating system then ends this process by a signal, which stops it cleanly."""
        asking = _Asking(done, failed, " ".join(self._command))
        try:
            process = self._reactor.spawnProcess(asking, self._command[0], self._command, env=os.environ)
        except OSError as fault:
            failed(text("The machine could not be rebooted ({command}): {error}.", command=" ".join(self._command), error=str(fault)))
            return
        asking.timer = self._reactor.callLater(REBOOT_WITHIN_S, _kill, process)


def _kill(process: Any) -> None:  # noqa: ANN401  # Twisted's process transport
    try:
        process.signalProcess("KILL")
    except error.ProcessExitedAlready:
        return


class _Asking(protocol.ProcessProtocol):
    """The command that asks for the reboot."""

    def __init__(self, done: Callable[[], None], failed: Callable[[Text], None], command: str) -> None:
        self.timer: Any = None
        self._done = done
        self._failed = failed
        self._command = command
        self._said = b""

    def outReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """What it says, wherever it says it."""
        self._said = (self._said + data)[:SAID_MOST]

    def errReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """The same."""
        self.outReceived(data)

    def processEnded(self, reason: Failure) -> None:  # noqa: N802  # Twisted's name
        """It has told the operating system, or could not."""
        if self.timer is not None and self.timer.active():
            self.timer.cancel()
        if reason.check(error.ProcessDone):
            self._done()
            return
        said = " ".join(self._said.decode("utf-8", "replace").split()).rstrip(".") or str(reason.value)
        self._failed(text("The machine could not be rebooted ({command}): {error}.", command=self._command, error=said))


def arguments_anew(arguments: Sequence[str]) -> list[str]:
    """The command line of the next start: as this one, but without ``--site``, whose file would undo what was changed since."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in {"--sit", "--site"}:
            skip = True
        elif not re.match(r"--site?=", argument):
            kept.append(argument)
    return kept


def start_anew() -> None:
    """Become the next start. Returns never; raises EnvironmentFault when the interpreter cannot be run any more."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execv(sys.executable, [sys.executable, *arguments_anew(sys.orig_argv[1:])])  # noqa: S606  # our own command line
    except OSError as fault:
        raise EnvironmentFault(
            text("the appliance stopped and could not be started again ({error}): start it by hand.", error=str(fault))
        ) from fault
