"""The door: who may ask, what comes back, and that one client's nonsense is nobody else's trouble.

A reactor of its own is stepped by hand; clients are plain sockets on a file in the test's folder.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from twisted.internet import defer
from twisted.internet.selectreactor import SelectReactor

from appliance import door
from appliance.door import DoorClient, DoorServer, Peer
from engine.kernel.errors import BadInput, EnvironmentFault, Refused, StrowgerError
from engine.kernel.text import text

STEPS_MAX = 2000
"""Steps of 10 ms at most that a test waits for something; it never waits for longer than needed."""


class Stage:
    """A door at work."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reactor = SelectReactor()
        self.asked: list[tuple[Peer, Mapping[str, Any]]] = []
        self.log: list[str] = []
        self.late: defer.Deferred[Any] = defer.Deferred()
        self.server = DoorServer(self.reactor, path, self.answer, self.log.append)
        self.server.start()

    def answer(self, peer: Peer, request: Mapping[str, Any]) -> defer.Deferred[Any]:
        self.asked.append((peer, request))
        match request["command"]:
            case "late":
                return self.late
            case "refuse":
                raise Refused(text("agent {agent} is not logged in", agent="1001"))
            case "bug":
                raise KeyError("secret detail")
            case "odd":
                return defer.succeed(object())
            case "big":
                return defer.succeed("x" * 300_000)
        return defer.succeed({"echo": dict(request)})

    def until(self, true: Callable[[], bool]) -> None:
        for _ in range(STEPS_MAX):
            if true():
                return
            self.reactor.iterate(0.01)
        raise AssertionError("nothing came")

    def client(self) -> Client:
        return Client(self)

    def ask(self, command: str, **arguments: object) -> Any:
        """By DoorClient, which blocks, in a thread while the reactor is stepped here."""
        outcome: list[Any] = []

        def run() -> None:
            try:
                outcome.append(DoorClient(timeout_s=20).ask(self.path, command, **arguments))
            except StrowgerError as error:
                outcome.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        self.until(lambda: bool(outcome))
        thread.join()
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        return outcome[0]


class Client:
    """A plain socket at the door."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(stage.path))
        self.socket.setblocking(False)
        self.received = b""
        self.closed = False

    def send(self, octets: bytes) -> None:
        rest = memoryview(octets)

        def sent() -> bool:
            nonlocal rest
            try:
                rest = rest[self.socket.send(rest) :]
            except BlockingIOError:
                return False
            except BrokenPipeError:
                return True
            return not rest

        self.stage.until(sent)

    def read(self) -> None:
        try:
            octets = self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except ConnectionResetError:
            octets = b""
        self.closed = self.closed or not octets
        self.received += octets

    def replies(self, count: int) -> list[Any]:
        def there() -> bool:
            self.read()
            return self.received.count(b"\n") >= count

        self.stage.until(there)
        lines = self.received.split(b"\n")
        self.received = b"\n".join(lines[count:])
        return [json.loads(line) for line in lines[:count]]

    def hung_up(self) -> bool:
        def gone() -> bool:
            self.read()
            return self.closed

        self.stage.until(gone)
        return self.closed


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path / "run" / "door")
    yield made
    done: list[object] = []
    made.server.stop().addCallback(done.append)
    made.until(lambda: bool(done) and not made.server._connections)
    assert not made.path.exists()
    timers: Any = made.reactor.getDelayedCalls()
    assert not [timer for timer in timers if timer.active()]
    made.reactor.disconnectAll()


def test_a_command_is_answered(stage: Stage) -> None:
    """`strowger status` gets its answer, and the appliance knows who asked."""
    assert stage.ask("status", limit=3, name="张三") == {"echo": {"command": "status", "limit": 3, "name": "张三"}}
    assert stage.asked[0][0] == Peer(os.getpid(), os.getuid(), os.getgid())


def test_a_refusal_is_a_sentence(stage: Stage) -> None:
    """A command that is not possible now says why, in the words of the appliance."""
    with pytest.raises(Refused, match="agent 1001 is not logged in"):
        stage.ask("refuse")
    assert stage.log == []


@pytest.mark.parametrize("command", ["bug", "odd"])
def test_a_bug_is_logged_and_not_shown(stage: Stage, command: str) -> None:
    """An error inside costs one answer; details are in the log, not at the client."""
    with pytest.raises(Refused, match="failed inside the appliance") as caught:
        stage.ask(command)
    assert "secret" not in str(caught.value)
    assert len(stage.log) == 1
    assert stage.ask("status") == {"echo": {"command": "status"}}


def test_a_long_answer_comes_whole(stage: Stage) -> None:
    """Ten thousand calls in one list arrive complete."""
    assert stage.ask("big") == "x" * 300_000


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"hello", "not a line of JSON"),
        (b"", "not a line of JSON"),
        (b"\xff\xfe\x00", "not a line of JSON"),
        (b"[" * 60_000, "not a line of JSON"),
        (b'{"command": "x", "id": NaN}', "not a line of JSON"),
        (b"[1]", "JSON object"),
        (b"{}", '"command" is missing'),
        (b'{"command": 3}', '"command" is missing'),
        (b'{"command": "x", "id": [1]}', '"id" must be'),
    ],
)
def test_garbage_is_answered_and_logged(stage: Stage, line: bytes, sentence: str) -> None:
    """A program that sends nonsense learns what is wrong, and can go on."""
    client = stage.client()
    client.send(line + b'\n{"id": 5, "command": "status"}\n')
    wrong, right = client.replies(2)
    assert (wrong["ok"], wrong["id"]) == (False, None)
    assert sentence in wrong["error"]
    assert (right["id"], right["ok"]) == (5, True)
    assert len(stage.log) == 1


def test_endless_garbage_is_hung_up_on(stage: Stage) -> None:
    """A program gone wild cannot fill the log."""
    client, other = stage.client(), stage.client()
    client.send(b"x\n" * 1000)
    assert client.hung_up()
    assert len(stage.log) == door.GARBAGE_MAX
    other.send(b'{"id": "a", "command": "status"}\n')
    assert other.replies(1)[0]["id"] == "a"


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_too_long_is_refused(stage: Stage, end: bytes) -> None:
    """A line that never ends takes no memory: one sentence, then the connection is closed."""
    client = stage.client()
    client.send(b"x" * (door.LINE_BYTES_MAX + 10) + end)
    assert f"longer than {door.LINE_BYTES_MAX}" in client.replies(1)[0]["error"]
    assert client.hung_up()


def test_a_line_in_pieces_is_one_request(stage: Stage) -> None:
    """A slow client is understood."""
    client = stage.client()
    for octet in b'{"id": 1, "command": "status"}\n':
        client.send(bytes([octet]))
    assert client.replies(1)[0]["ok"] is True


def test_answers_carry_the_id_of_their_question(stage: Stage) -> None:
    """A slow question does not hold up a quick one on the same connection."""
    client = stage.client()
    client.send(b'{"id": "slow", "command": "late"}\n{"id": "quick", "command": "status"}\n')
    assert client.replies(1)[0]["id"] == "quick"
    stage.late.callback(7)
    assert client.replies(1) == [{"id": "slow", "ok": True, "result": 7}]


def test_waiting_requests_are_bounded(stage: Stage) -> None:
    """A client that asks faster than it is answered is told to wait."""
    client = stage.client()
    client.send(b'{"id": 1, "command": "late"}\n' * (door.UNDER_WAY_MAX + 1))
    assert "wait already" in client.replies(1)[0]["error"]


def test_a_client_that_leaves_early_harms_nobody(stage: Stage) -> None:
    """Ctrl-C in the middle of a command leaves the appliance as it was."""
    client = stage.client()
    client.send(b'{"id": 1, "command": "late"}\n')
    stage.until(lambda: bool(stage.asked))
    client.socket.close()
    stage.until(lambda: not stage.server._connections)
    stage.late.callback("too late")
    assert stage.ask("status") == {"echo": {"command": "status"}}
    assert stage.log == []


def test_a_client_that_never_reads_is_not_read_either(stage: Stage) -> None:
    """Answers that nobody takes do not pile up in the appliance's memory."""
    client = stage.client()
    for _ in range(30):
        client.socket.send(b'{"id": 1, "command": "big"}\n')
        for _ in range(3):
            stage.reactor.iterate(0)
    assert len(stage.asked) < 30
    client.replies(30)
    assert len(stage.asked) == 30


def test_the_thirty_third_client_is_turned_away(stage: Stage) -> None:
    """Forgotten connections cannot use up the appliance's descriptors."""
    clients = [stage.client() for _ in range(door.CONNECTIONS_MAX)]
    stage.until(lambda: len(stage.server._connections) == door.CONNECTIONS_MAX)
    with pytest.raises(Refused, match="32 clients are connected already"):
        stage.ask("status")
    clients[0].socket.close()
    stage.until(lambda: len(stage.server._connections) < door.CONNECTIONS_MAX)
    assert stage.ask("status") == {"echo": {"command": "status"}}


def test_another_user_is_turned_away(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has a login on the machine cannot listen to calls by the door."""
    monkeypatch.setattr(stage.server, "peer", lambda _transport: Peer(4711, os.getuid() + 1000, 0))
    with pytest.raises(Refused, match="only root and the user"):
        stage.ask("status")
    assert stage.asked == []
    assert "4711" in stage.log[0]
    assert stage.server.turned_away == 1


def test_nobody_else_can_reach_the_socket(stage: Stage) -> None:
    """The file system keeps other users out already."""
    assert stage.path.stat().st_mode & 0o777 == 0o600


def test_a_second_door_in_the_same_place_is_refused(stage: Stage) -> None:
    """A second appliance does not take the door from the first."""
    with pytest.raises(EnvironmentFault, match="listens at"):
        DoorServer(stage.reactor, stage.path, stage.answer, stage.log.append).start()
    assert stage.ask("status") == {"echo": {"command": "status"}}


def test_a_socket_left_by_a_kill_is_replaced(tmp_path: Path) -> None:
    """After kill -9 the next start opens its door as always."""
    path = tmp_path / "door"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    with pytest.raises(EnvironmentFault, match="no appliance runs here"):
        DoorClient().ask(path, "status")
    stage = Stage(path)
    assert stage.ask("status") == {"echo": {"command": "status"}}
    stage.server.stop()
    stage.until(lambda: not stage.server._connections)


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    """A door path that is somebody's file by mistake does not delete that file."""
    path = tmp_path / "door"
    path.write_text("precious")
    with pytest.raises(EnvironmentFault, match="is not a socket"):
        Stage(path)
    assert path.read_text() == "precious"


def test_a_path_too_long_is_explained(tmp_path: Path) -> None:
    """A socket path longer than the system allows is a sentence, not a trace."""
    with pytest.raises(EnvironmentFault, match="cannot be made"):
        Stage(tmp_path / ("x" * 120))
    with pytest.raises(EnvironmentFault, match="cannot be asked"):
        DoorClient().ask(tmp_path / ("x" * 120), "status")


def test_no_appliance_is_a_clear_message(tmp_path: Path) -> None:
    """`strowger status` without appliance says how to start one."""
    with pytest.raises(EnvironmentFault, match="no appliance runs here"):
        DoorClient().ask(tmp_path / "door", "status")


def test_silence_has_an_end(stage: Stage) -> None:
    """An appliance that hangs does not hang the command."""
    with pytest.raises(EnvironmentFault, match="did not answer within"):
        DoorClient(timeout_s=0.05).ask(stage.path, "status")


def test_an_answer_that_is_none_is_named(tmp_path: Path) -> None:
    """Something else that listens in the appliance's place does not crash the command."""
    path = tmp_path / "door"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(path))
        other.listen()

        def babble() -> None:
            connection, _ = other.accept()
            connection.sendall(b"220 ready\n")
            connection.close()

        thread = threading.Thread(target=babble)
        thread.start()
        with pytest.raises(BadInput, match="answer that is none"):
            DoorClient().ask(path, "status")
        thread.join()


@contextmanager
def answering_late(path: Path) -> Iterator[threading.Event]:
    """Somebody at the door who answers one question, but not before the event."""
    now = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(path))
        other.listen()

        def answer() -> None:
            connection, _ = other.accept()
            with connection:
                now.wait(20)
                with suppress(OSError):
                    connection.sendall(b'{"ok": true, "result": {"results": []}}\n')

        thread = threading.Thread(target=answer)
        thread.start()
        yield now
        now.set()
        thread.join()


def test_the_end_of_a_line_test_is_waited_for(tmp_path: Path) -> None:
    """Who tests a telephone from a terminal reads the result, though walking to it takes longer than any other answer."""
    with answering_late(tmp_path / "door") as now:

        def looked() -> bool:
            now.set()
            return False

        client = DoorClient(timeout_s=0.05, given_up=looked)
        assert client.ask(tmp_path / "door", "line_test", port="line-1", test="all", wait=True) == {"results": []}


def test_who_waits_may_give_up(tmp_path: Path) -> None:
    """Ctrl-C while a test runs leads back to the prompt, with a sentence that the test goes on."""
    with answering_late(tmp_path / "door"), pytest.raises(Refused, match="You have stopped waiting"):
        DoorClient(given_up=lambda: True).ask(tmp_path / "door", "line_test", port="line-1", test="all", wait=True)
