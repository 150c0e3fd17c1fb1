"""Children that convert: their answers, their ends, and how many there may be."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from appliance.conversions import ANSWER_BYTES_MOST, AT_ONCE_MOST, WITHIN_S, ChildConversions
from engine.kernel.errors import BadInput, EnvironmentFault, Refused


class Process:
    """What a child's protocol holds of its process."""

    def __init__(self, child: Any, arguments: list[str]) -> None:
        self.child = child
        self.arguments = arguments
        self.pid = 7
        self.given = b""
        self.signals: list[str] = []

    def write(self, octets: bytes) -> None:
        self.given += octets

    def closeStdin(self) -> None:  # noqa: N802  # Twisted's name
        self.given += b"<end>"

    def signalProcess(self, name: str) -> None:  # noqa: N802  # Twisted's name
        self.signals.append(name)

    def end(self, code: int | None, signal: int | None = None) -> None:
        reason = ProcessDone(0) if code == 0 else ProcessTerminated(code, signal)
        self.child.processEnded(Failure(reason))


class Children(Clock):
    """A reactor whose processes do what the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: list[Process] = []
        self.fault: OSError | None = None

    def spawnProcess(self, child: Any, executable: str, args: list[str], env: dict[str, str]) -> None:  # noqa: N802  # Twisted's name
        del executable, env
        if self.fault is not None:
            raise self.fault
        self.processes.append(Process(child, args))
        child.makeConnection(self.processes[-1])


class Asked:
    """A desk that converts, and what came of it."""

    def __init__(self) -> None:
        self.reactor = Children()
        self.log: list[str] = []
        self.answers: list[bytes] = []
        self.failures: list[Exception] = []
        self.conversions = ChildConversions(self.reactor, self.log.append)

    def convert(self, octets: bytes = b"file") -> Process:
        self.conversions.convert("read", octets, self.answers.append, self.failures.append)
        return self.reactor.processes[-1]


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_a_file_goes_in_and_the_answer_comes_out(asked: Asked) -> None:
    """The child gets the whole file and its end; what it writes is the answer, however it was cut."""
    process = asked.convert(b"octets")
    assert process.given == b"octets<end>"
    assert process.arguments[-2:] == ["web.spreadsheets", "read"]
    process.child.outReceived(b"an")
    process.child.outReceived(b"swer")
    process.end(0)
    assert asked.answers == [b"answer"]
    assert asked.reactor.getDelayedCalls() == []


def test_a_child_that_takes_too_long_is_thrown_out(asked: Asked) -> None:
    """After the time that it has the child is killed, and the person reads a sentence."""
    process = asked.convert()
    asked.reactor.advance(WITHIN_S - 0.1)
    assert process.signals == []
    asked.reactor.advance(0.2)
    assert process.signals == ["KILL"]
    process.end(None, 9)
    (failure,) = asked.failures
    assert isinstance(failure, BadInput)
    assert asked.log == ["conversion: read came to no end: it took too long or too much"]


def test_a_child_that_fails_is_told_and_logged(asked: Asked) -> None:
    """A child that meets its limit of memory says so in its last line; the log has it without strange letters."""
    process = asked.convert()
    process.child.errReceived(b"Traceback ...\nMemoryError: \xff\x1b[31m\n")
    process.end(1)
    assert isinstance(asked.failures[0], BadInput)
    assert asked.log == ["conversion: read came to no end: 'MemoryError: \\ufffd\\x1b[31m'"]


def test_an_endless_answer_is_cut(asked: Asked) -> None:
    """A child that writes without end does not fill the memory."""
    process = asked.convert()
    process.child.outReceived(bytes(ANSWER_BYTES_MOST + 1))
    assert process.signals == ["KILL"]


def test_only_so_many_at_once(asked: Asked) -> None:
    """Further files are refused with a sentence until one is done."""
    processes = [asked.convert() for _ in range(AT_ONCE_MOST)]
    with pytest.raises(Refused, match="Try again in a few seconds"):
        asked.convert()
    assert asked.conversions.turned_away == 1
    processes[0].end(0)
    asked.convert()


def test_a_machine_without_processes_says_so(asked: Asked) -> None:
    """When no child can be made the person hears what is in the way, and nothing is left under way."""
    asked.reactor.fault = OSError("no more processes")
    with pytest.raises(EnvironmentFault, match="no more processes"):
        asked.convert()
    assert asked.reactor.getDelayedCalls() == []
    asked.reactor.fault = None
    asked.convert().end(0)
    assert len(asked.answers) == 1


def test_a_stopping_appliance_takes_its_children_along(asked: Asked) -> None:
    """No child outlives the appliance."""
    process = asked.convert()
    asked.conversions.stop()
    assert process.signals == ["KILL"]
