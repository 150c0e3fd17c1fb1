"""The door: the one Unix socket by which a running appliance is asked, in lines of JSON.

A request is one line ``{"id": …, "command": name, …}`` and gets one line back: ``{"id": …, "ok": true, "result": …}`` or
``{"id": …, "ok": false, "error": sentence}``, with the sentence's message id and values beside it as ``text`` so that the reader's program
can say it in the reader's language. Who asks is known from the kernel (SO_PEERCRED): root, or the user the
appliance runs as; nobody else. What a client does wrong is answered and logged, and touches no other client.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet import defer, error, protocol
from twisted.protocols import basic
from twisted.python.failure import Failure

from appliance.door_client import DoorClient, text_as_json
from engine.kernel.errors import EnvironmentFault, StrowgerError
from engine.kernel.text import text

__all__ = ["CONNECTIONS_MAX", "LINE_BYTES_MAX", "Answer", "DoorClient", "DoorServer", "Peer"]

LINE_BYTES_MAX = 1024 * 1024
"""A whole site with a thousand agents is a fifth of it."""
CONNECTIONS_MAX = 32
UNDER_WAY_MAX = 16
"""Requests of one connection that may wait for their answer."""
GARBAGE_MAX = 10
"""Lines of one connection that make no sense; then it is closed, so that the log stays readable."""
IDLE_S = 600
"""A connection without a request for so long is closed."""
CLOSE_S = 10
"""A client that does not take what was written for it is cut off after so long."""
PROBE_S = 2.0
CREDENTIALS = struct.Struct("=iII")


@dataclass(frozen=True)
class Peer:
    """Who asks: process, user and group, as the kernel says."""

    pid: int
    uid: int
    gid: int


Answer = Callable[[Peer, Mapping[str, Any]], "defer.Deferred[Any]"]


def peer_of(sock: socket.socket) -> Peer:
    """The peer of a connected Unix socket."""
    return Peer(*CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)))


class SenselessError(Exception):
    """A line that is no request; the sentence says why."""


def parse_request(line: bytes) -> dict[str, Any]:
    """The request of a line. Raises SenselessError."""
    try:
        request = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise SenselessError("this is not a line of JSON") from None
    if not isinstance(request, dict):
        raise SenselessError('a request is a JSON object with "id" and "command"')
    if not isinstance(request.get("command"), str):
        raise SenselessError('"command" is missing or is not a text')
    if not isinstance(request.get("id"), str | int | None):
        raise SenselessError('"id" must be a text or a number')
    return request


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


class _Connection(basic.LineOnlyReceiver):
    """One client."""

    transport: Any  # Twisted's interfaces say less than its sockets can do
    delimiter = b"\n"
    MAX_LENGTH = LINE_BYTES_MAX

    def __init__(self, door: DoorServer) -> None:
        self._door = door
        self._peer = Peer(0, -1, -1)
        self._under_way = 0
        self._garbage = 0
        self._closing = False
        self._idle: Any = None

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        self._peer = self._door.peer(self.transport)
        refusal = self._door.admit(self)
        if refusal:
            self._refuse(None, refusal)
            self.close()
            return
        # A client that asks and never reads is not read from either, until it has taken its answers.
        self.transport.registerProducer(self, True)
        self._rest()

    def connectionLost(self, reason: Failure = protocol.connectionDone) -> None:  # noqa: N802
        del reason
        if self._idle is not None and self._idle.active():
            self._idle.cancel()
        self._door.forget(self)

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        self._rest()
        try:
            request = parse_request(line)
        except SenselessError as wrong:
            self._senseless(str(wrong))
            return
        ident = request.pop("id", None)
        if self._under_way >= UNDER_WAY_MAX:
            self._refuse(ident, f"{UNDER_WAY_MAX} requests of this connection wait already; wait for their answers")
            return
        self._under_way += 1
        answered = defer.maybeDeferred(self._door.answer, self._peer, request)
        answered.addCallbacks(
            lambda result: self._reply({"id": ident, "ok": True, "result": result}),
            lambda failure: self._fail(ident, failure),
        )
        answered.addErrback(lambda failure: self._fail(ident, failure))
        answered.addBoth(self._done)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802
        self._senseless(f"a line is longer than {LINE_BYTES_MAX} octets ({len(line)} or more)")
        self.close()

    def pauseProducing(self) -> None:  # noqa: N802
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:  # noqa: N802
        self.transport.resumeProducing()

    def stopProducing(self) -> None:  # noqa: N802
        """The connection is gone; connectionLost does the rest."""

    def close(self) -> None:
        """Hang up, after what is written has gone out; a client that does not take it is cut off."""
        if self._closing:
            return
        self._closing = True
        self.transport.unregisterProducer()
        self.transport.loseConnection()
        self._arm(CLOSE_S, self.transport.abortConnection)

    def _rest(self) -> None:
        if not self._closing:
            self._arm(IDLE_S, self.close)

    def _arm(self, delay_s: float, act: Callable[[], None]) -> None:
        if self._idle is not None and self._idle.active():
            self._idle.cancel()
        self._idle = self._door.call_later(delay_s, act)

    def _done(self, _: object) -> None:
        self._under_way -= 1

    def _senseless(self, sentence: str) -> None:
        self._garbage += 1
        self._door.log(f"door: process {self._peer.pid} sent something senseless: {sentence}")
        self._refuse(None, sentence)
        if self._garbage >= GARBAGE_MAX:
            self.close()

    def _fail(self, ident: object, failure: Failure) -> None:
        if isinstance(failure.value, StrowgerError):
            self._refuse(ident, str(failure.value), text_as_json(failure.value.text))
            return
        self._door.log(f"door: a request of process {self._peer.pid} failed: {failure.getTraceback()}")
        self._refuse(ident, "this failed inside the appliance; its log has the details")

    def _refuse(self, ident: object, sentence: str, said: Mapping[str, Any] | None = None) -> None:
        self._reply({"id": ident, "ok": False, "error": sentence} | ({"text": said} if said is not None else {}))

    def _reply(self, reply: dict[str, Any]) -> None:
        line = json.dumps(reply, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        if self.transport is not None and self.connected:
            self.transport.write(line + self.delimiter)


class DoorServer:
    """Listens on a Unix socket, and asks ``answer`` for everything.

    ``answer(peer, request)`` gets the request without its id; its result must be JSON; the errors of the house become their sentence,
    anything else is logged and answered without details. ``log`` takes one line.
    """

    def __init__(self, reactor: Any, path: Path, answer: Answer, log: Callable[[str], None]) -> None:  # noqa: ANN401  # Twisted's reactor is several interfaces at once
        self._reactor = reactor
        self._path = path
        self._connections: set[_Connection] = set()
        self._port: Any = None
        self.answer = answer
        self.log = log
        self.turned_away = 0

    def start(self) -> None:
        """Open the door. Raises EnvironmentFault when somebody listens there, or the socket cannot be made."""
        factory = protocol.Factory.forProtocol(lambda: _Connection(self))
        factory.noisy = False
        try:
            self._path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            clear_stale(self._path)
            self._port = self._reactor.listenUNIX(str(self._path), factory, mode=0o600)
        except (OSError, error.CannotListenError) as fault:
            raise EnvironmentFault(text("the socket {path} cannot be made: {error}.", path=str(self._path), error=str(fault))) from fault

    def stop(self) -> defer.Deferred[None]:
        """Close the door and hang up on everybody; fires when the socket is gone. Twice does nothing."""
        port, self._port = self._port, None
        for connection in list(self._connections):
            connection.close()
        closed: defer.Deferred[None] = defer.maybeDeferred(port.stopListening) if port is not None else defer.succeed(None)
        return closed

    def peer(self, transport: Any) -> Peer:  # noqa: ANN401
        """Who is at the other end of a connection."""
        return peer_of(transport.getHandle())

    def admit(self, connection: _Connection) -> str:
        """Note a new connection, or say why it is turned away."""
        refusal = ""
        peer = connection._peer  # noqa: SLF001  # two halves of one thing
        if peer.uid not in {0, os.getuid()}:
            refusal = "only root and the user of the appliance may ask"
        elif len(self._connections) >= CONNECTIONS_MAX:
            refusal = f"{CONNECTIONS_MAX} clients are connected already; try again later"
        if refusal:
            self.turned_away += 1
            self.log(f"door: process {peer.pid} of user {peer.uid} turned away: {refusal}")
        else:
            self._connections.add(connection)
        return refusal

    def forget(self, connection: _Connection) -> None:
        """A connection is gone."""
        self._connections.discard(connection)

    def call_later(self, delay_s: float, act: Callable[[], None]) -> Any:  # noqa: ANN401  # IDelayedCall
        """The reactor's timer."""
        return self._reactor.callLater(delay_s, act)


def clear_stale(path: Path) -> None:
    """Remove the socket of an appliance that is no more. Raises EnvironmentFault when somebody listens, or it is no socket; OSError."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise EnvironmentFault(text("{path} is in the way and is not a socket: move it away.", path=str(path)))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_S)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
    raise EnvironmentFault(text("an appliance listens at {path} already: stop it first.", path=str(path)))
