"""What the process owes its surroundings: a log that never stands in the way, a terminal that may leave, signals that stop it
cleanly, faults of the reactor that somebody hears of, and garbage collected at moments of its own choosing.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from twisted.logger import LogEvent, LogLevel, formatEvent, globalLogBeginner

from engine.kernel.clock import Clock
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text

__all__ = ["Collector", "EventFd", "LogFile", "hear_reactor", "interrupt_on_signals", "open_log", "stop_on_signals", "teller"]

LOG_BYTES_MOST = 10_000_000
LOG_FILES = 5
COLLECT_EVERY_S = 1.0
FULL_COLLECT_ROUNDS = 60
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class LogFile(RotatingFileHandler):
    """The log. A full disk costs lines, and nothing else; when it takes lines again the log says how many are missing."""

    lost = 0

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """The disk did not take this line."""
        self.lost += 1

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; never raises."""
        before = self.lost
        super().emit(record)
        if before and self.lost == before:
            self.lost = 0
            said = f"{before} lines are missing here: the disk did not take them"
            super().emit(logging.LogRecord(record.name, logging.INFO, "", 0, said, None, None))


def open_log(folder: Path) -> Callable[[str], None]:
    """The act that writes one line to the log in this folder. Raises EnvironmentFault when the folder cannot be written."""
    try:
        folder.mkdir(mode=0o750, exist_ok=True)
        file = LogFile(folder / "strowger.log", maxBytes=LOG_BYTES_MOST, backupCount=LOG_FILES, encoding="utf-8", errors="replace")
    except OSError as error:
        raise EnvironmentFault(text("the log folder {folder} cannot be written: {error}", folder=str(folder), error=str(error))) from error
    file.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger = logging.getLogger("strowger")
    for old in logger.handlers[:]:
        logger.removeHandler(old)
        old.close()
    logger.addHandler(file)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return lambda line: logger.info("%s", line)


def teller() -> Callable[[str], None]:
    """The act that writes one line to the standard output, as long as somebody reads it: the appliance outlives its terminal."""
    here = True

    def tell(line: str) -> None:
        nonlocal here
        if not here:
            return
        try:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except (OSError, ValueError):
            here = False
            _silence(sys.stdout)

    return tell


def _silence(stream: Any) -> None:  # noqa: ANN401  # whatever stands for the standard output
    """What is still buffered goes nowhere, so that the end of the process does not complain about it."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return


def interrupt_on_signals() -> None:
    """While the appliance starts, SIGTERM and SIGHUP do what Ctrl-C does: KeyboardInterrupt. An ignored signal stays ignored (nohup)."""
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


def stop_on_signals(reactor: Any, ask: Callable[[], None]) -> None:  # noqa: ANN401  # Twisted's reactor is several interfaces at once
    """While the appliance runs, ``ask`` is called in the reactor thread for each of SIGINT, SIGTERM and SIGHUP."""

    def heard(_number: int, _frame: object) -> None:
        reactor.callFromThread(ask)

    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, heard)


def hear_reactor(fault: Callable[[str, str], None]) -> None:
    """Whatever nobody caught in the reactor is told: a sentence, and the traceback. Once a process."""

    def observe(event: LogEvent) -> None:
        failure = event.get("log_failure")
        if _is_ssh_peers_fault(event):
            return
        if failure is not None:
            fault(f"{failure.type.__name__}: {failure.getErrorMessage()}", failure.getTraceback())
        elif event.get("log_level") in {LogLevel.error, LogLevel.critical}:
            fault(formatEvent(event), "")

    globalLogBeginner.beginLoggingTo([observe], redirectStandardIO=False)  # type: ignore[list-item]  # a function is one to zope, not to mypy


def _is_ssh_peers_fault(event: LogEvent) -> bool:
    """The SSH library reports as its errors what a peer did wrong (a forwarding it was refused, a key of no known kind). What ended a
    connection is in our own log.
    """
    failure = event.get("log_failure")
    ours = failure is not None and failure.type.__name__ not in {"ConchError", "UnauthorizedLogin", "BadKeyError"}
    # a logger of the library is named after the class that uses it, which may be one of ours
    return str(event.get("log_namespace", "")).startswith(("twisted.conch.", "appliance.ssh_")) and not ours


class EventFd:
    """A counter of the kernel as the reactor reads it. ``poll`` may raise: it is told to ``fault``, and reading goes on.

    (A reader that raises is taken out by the reactor, and then nobody would hear the lines any more.)
    """

    def __init__(self, fd: int, poll: Callable[[], object], fault: Callable[[Exception], None]) -> None:
        self._fd = fd
        self._poll = poll
        self._fault = fault

    def fileno(self) -> int:
        """The descriptor."""
        return self._fd

    def doRead(self) -> None:  # noqa: N802  # Twisted's name
        """Something waits."""
        try:
            self._poll()
        except Exception as error:  # noqa: BLE001  # one broken event must not silence all later ones
            self._fault(error)

    def connectionLost(self, reason: object) -> None:  # noqa: N802  # Twisted's name
        """The reactor ends."""

    def logPrefix(self) -> str:  # noqa: N802  # Twisted's name
        """For Twisted's own log."""
        return "pump"


class Collector:
    """Garbage collection by the clock. What exists at ``start`` is never looked at again, so that a round takes a millisecond or so
    wherever it falls, and no allocation in the middle of a call begins one.
    """

    def __init__(self, clock: Clock, collect: Callable[[int], object] = gc.collect) -> None:
        self._clock = clock
        self._collect = collect
        self._rounds = 0

    def start(self) -> None:
        """Freeze what is there, switch Python's own rhythm off, and go on by the clock."""
        self._collect(2)
        gc.freeze()
        gc.disable()
        self._later()

    def _later(self) -> None:
        self._clock.call_later(COLLECT_EVERY_S, self._round)

    def _round(self) -> None:
        self._rounds += 1
        self._collect(2 if self._rounds % FULL_COLLECT_ROUNDS == 0 else 1)
        self._later()
