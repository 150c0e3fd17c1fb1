"""Asking the running appliance by its door, from a plain command: no reactor, one question, one answer."""

from __future__ import annotations

import errno
import json
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.kernel.errors import BadInput, EnvironmentFault, Refused
from engine.kernel.text import text, text_as_json, text_from_json

__all__ = ["ANSWER_BYTES_MAX", "DoorClient", "text_as_json", "text_from_json"]

ANSWER_BYTES_MAX = 64 * 1024 * 1024
NOT_RUNNING = frozenset({errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR})


WAITS_MOST_S = 600.0
"""For the answer to what waits for something to happen, such as the end of a line test: somebody walks to the telephone meanwhile."""
LOOK_EVERY_S = 0.2


class DoorClient:
    """Asks the appliance whose door is the Unix socket at ``path``. ``given_up``: asked now and then whether nobody waits for the answer any more."""

    def __init__(self, timeout_s: float = 10.0, given_up: Callable[[], bool] = lambda: False) -> None:
        self._timeout_s = timeout_s
        self._given_up = given_up

    def ask(self, path: Path, command: str, **arguments: object) -> Any:  # noqa: ANN401  # whatever JSON the command answers
        """The result of a command; with ``wait`` among the arguments it may come late.

        Raises EnvironmentFault when the appliance does not run, may not be asked, or does not answer in time; Refused with the
        appliance's own sentence when it does not want to, or when it was given up; BadInput when the answer makes no sense.
        """
        timeout_s = WAITS_MOST_S if arguments.get("wait") is True else self._timeout_s
        until_s = time.monotonic() + timeout_s
        request = json.dumps({**arguments, "id": 1, "command": command}).encode() + b"\n"
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
                door.settimeout(self._timeout_s)
                door.connect(str(path))
                line = self._exchange(door, request, until_s)
        except TimeoutError as error:
            raise EnvironmentFault(text("the appliance did not answer within {timeout_s} s.", timeout_s=timeout_s)) from error
        except OSError as error:
            raise _fault(error, path) from error
        return _result(line)

    def _exchange(self, door: socket.socket, request: bytes, until_s: float) -> bytes:
        """Send, and read one line. A reply that was sent before the request was read still counts: it says why."""
        with suppress(BrokenPipeError, ConnectionResetError):
            door.sendall(request)
        received = bytearray()
        while b"\n" not in received:
            self._await(door, until_s)
            try:
                octets = door.recv(65536)
            except ConnectionResetError:
                octets = b""
            received += octets
            if not octets or len(received) > ANSWER_BYTES_MAX:
                break
        return bytes(received)

    def _await(self, door: socket.socket, until_s: float) -> None:
        """Return when something came."""
        while not select.select([door], [], [], max(0.0, min(LOOK_EVERY_S, until_s - time.monotonic())))[0]:
            if time.monotonic() >= until_s:
                raise TimeoutError
            if self._given_up():
                raise Refused(text("You have stopped waiting. What was begun goes on until it ends by itself or is stopped."))


def _result(line: bytes) -> Any:  # noqa: ANN401
    try:
        reply = json.loads(line)
        if reply["ok"] is True:
            return reply["result"]
        sentence = str(reply["error"])
        said = text_from_json(reply["text"]) if "text" in reply else text("{sentence}", sentence=sentence)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(text("the appliance hung up or gave an answer that is none; its log says why.")) from error
    raise Refused(said)


def _fault(error: OSError, path: Path) -> EnvironmentFault:
    if error.errno in NOT_RUNNING:
        return EnvironmentFault(text("no appliance runs here (nobody listens at {path}): start it with “strowger run”.", path=str(path)))
    if error.errno in {errno.EACCES, errno.EPERM}:
        return EnvironmentFault(text("no permission to speak to the appliance at {path}: be root or the user it runs as.", path=str(path)))
    return EnvironmentFault(text("the appliance at {path} cannot be asked: {error}.", path=str(path), error=str(error)))
