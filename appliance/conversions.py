"""Conversions in processes of their own: a spreadsheet that somebody sent is read far from the calls, with limits, and thrown out when
it takes too long.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet import protocol
from twisted.python.failure import Failure

from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import text

__all__ = ["AT_ONCE_MOST", "WITHIN_S", "ChildConversions"]

AT_ONCE_MOST = 2
"""More would only take each other's processor."""
WITHIN_S = 30.0
ANSWER_BYTES_MOST = 32 << 20
COMPLAINT_BYTES_MOST = 4000
MODULE = "web.spreadsheets"
HERE = str(Path(__file__).resolve().parents[1])
ENVIRONMENT = {"PYTHONPATH": HERE, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}

Done = Callable[[bytes], None]
Failed = Callable[[Exception], None]


class _Child(protocol.ProcessProtocol):
    """One job. It ends by itself, by its own limits, or by the time that it has."""

    transport: Any

    def __init__(self, reactor: Any, verb: str, octets: bytes, over: Callable[[_Child, bool], None], within_s: float) -> None:  # noqa: ANN401  # Twisted's reactor
        self.verb = verb
        self.answer = bytearray()
        self.complaint = bytearray()
        self._octets = octets
        self._over = over
        self._late = reactor.callLater(within_s, self.kill)

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        self.transport.write(self._octets)
        self.transport.closeStdin()
        self._octets = b""

    def outReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        self.answer += data
        if len(self.answer) > ANSWER_BYTES_MOST:
            self.kill()

    def errReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        self.complaint += data
        del self.complaint[:-COMPLAINT_BYTES_MOST]

    def kill(self) -> None:
        """No more of this."""
        if self.transport is not None and self.transport.pid is not None:
            self.transport.signalProcess("KILL")

    def processEnded(self, reason: Failure) -> None:  # noqa: N802  # Twisted's name
        if self._late.active():
            self._late.cancel()
        self._over(self, getattr(reason.value, "exitCode", None) == 0)


class ChildConversions:
    """Gives jobs to children that run ``web/spreadsheets.py`` with this interpreter. ``log`` takes one line."""

    def __init__(self, reactor: Any, log: Callable[[str], None], within_s: float = WITHIN_S) -> None:  # noqa: ANN401  # Twisted's reactor
        self._reactor = reactor
        self._log = log
        self._within_s = within_s
        self._children: dict[_Child, tuple[Done, Failed]] = {}
        self.turned_away = 0
        """Jobs refused because there were too many at once."""

    def convert(self, verb: str, octets: bytes, done: Done, failed: Failed) -> None:
        """``read`` a file or ``write`` a workbook; the answer comes later. Refused when others are under way; ``failed`` gets a BadInput
        when a file asks for too much, an EnvironmentFault when no process can be made.
        """
        if len(self._children) >= AT_ONCE_MOST:
            self.turned_away += 1
            raise Refused(text("Other files are being read or written at this moment. Try again in a few seconds."))
        child = _Child(self._reactor, verb, octets, self._ended, self._within_s)
        self._children[child] = (done, failed)
        try:
            self._reactor.spawnProcess(child, sys.executable, [sys.executable, "-m", MODULE, verb], env=ENVIRONMENT)
        except OSError as error:
            child._late.cancel()  # noqa: SLF001  # two parts of one thing
            del self._children[child]
            raise EnvironmentFault(text("No process could be made to read or write the file: {error}.", error=str(error))) from error

    def stop(self) -> None:
        """The appliance stops."""
        for child in list(self._children):
            child.kill()

    def _ended(self, child: _Child, well: bool) -> None:
        done, failed = self._children.pop(child)
        if well:
            done(bytes(child.answer))
            return
        complaint = child.complaint.decode("utf-8", "replace").strip()
        last = ascii(complaint.rpartition("\n")[2]) if complaint else "it took too long or too much"
        self._log(f"conversion: {child.verb} came to no end: {last}")
        failed(BadInput(text("The file asks for too much time or memory, and was put away unread. Is it the right one?")))
