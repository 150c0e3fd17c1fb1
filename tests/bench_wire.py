"""A browser at the bench over memory: the WebSocket handshake and frames (RFC 6455), written apart from the product's library."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from hwsim.signals import Samples, linear_from_alaw
from tests.pages import Open, Pages, Person

__all__ = ["CLOSE", "ORIGIN", "AtBench", "sit_down"]

ORIGIN = "https://box.example"
MASK = bytes([1, 2, 3, 4])
TEXT, BINARY, CLOSE = 1, 2, 8


class AtBench:
    """Somebody with the bench open. ``handsets``, ``lines`` … are what the page was told so far; ``heard`` is the sound by channel."""

    def __init__(self, pages: Pages, opened: Open) -> None:
        self.pages = pages
        self.opened = opened
        self.said: list[str] = []
        self.own: dict[str, Any] = {}
        self.things: dict[str, Any] = {}
        self.heard: dict[int, bytearray] = {}
        self.heard_from: dict[int, int] = {}
        self.wholes = 0
        self.blocks = 0
        self.closed: tuple[int, str] | None = None
        self.acknowledges = True
        self._octets = b""

    @property
    def status(self) -> int:
        """Of the answer to the handshake."""
        return int(self.opened.transport.value().split(b" ", 2)[1])

    # ---- to the appliance ----------------------------------------------------------------------------------------

    def send(self, octets: bytes, kind: int = TEXT) -> None:
        """One frame, masked as a browser masks."""
        size = bytes([0x80 | len(octets)]) if len(octets) < 126 else bytes([0xFE]) + struct.pack(">H", len(octets))
        masked = bytes(octet ^ MASK[place % 4] for place, octet in enumerate(octets))
        transport: Any = self.opened.transport
        transport.protocol.dataReceived(bytes([0x80 | kind]) + size + MASK + masked)
        self.read()

    def ask(self, act: str, **values: object) -> None:
        """An act, as the page's script asks for it."""
        self.send(json.dumps({"do": act, **values}).encode())

    def speak(self, name: str, octets: bytes) -> None:
        """20 ms into the mouth piece."""
        self.send(struct.pack(">HHI", self.handset(name)["channel"], 0, 0) + octets, BINARY)

    def leave(self) -> None:
        """The browser is closed."""
        transport: Any = self.opened.transport
        transport.protocol.connectionLost(Failure(ConnectionDone()))

    # ---- from the appliance --------------------------------------------------------------------------------------

    def wait(self, ms: int) -> None:
        """Time passes, and the browser reads."""
        for _ in range(0, ms, 100):
            self.pages.wait(100)
            self.read()

    def until(self, condition: Callable[[], object], within_ms: int = 30_000) -> None:
        """Time passes until it is so."""
        for _ in range(0, within_ms, 100):
            self.read()
            if condition():
                return
            self.pages.wait(100)
        raise AssertionError(f"it did not come; said: {self.said}, own: {self.own}, things: {self.things}")

    def handset(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.things[f"handset {name}"]
        return found

    def line(self, name: str) -> str:
        """The phase of a line."""
        return str(self.things[f"line {name}"]["phase"])

    def sound(self, name: str) -> Samples:
        """All that came from a handset's ear piece."""
        return linear_from_alaw(bytes(self.heard.get(self.handset(name)["channel"], b"")))

    def read(self) -> None:
        """Take what has come."""
        octets: bytes = self.opened.transport.value()
        if self.opened.read == 0:
            head, found, _ = octets.partition(b"\r\n\r\n")
            if not found or not head.startswith(b"HTTP/1.1 101"):
                return
            self.opened.read = len(head) + 4
        fresh, self.opened.read = self._octets + octets[self.opened.read :], len(octets)
        while (frame := _frame(fresh)) is not None:
            kind, payload, fresh = frame
            self._take(kind, payload)
        self._octets = fresh

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == CLOSE:
            self.closed = (struct.unpack(">H", payload[:2])[0], payload[2:].decode())
        elif kind == BINARY:
            channel, _, sample = struct.unpack(">HHI", payload[:8])
            self.heard_from.setdefault(channel, sample)
            self.heard.setdefault(channel, bytearray()).extend(payload[8:])
            self.blocks += 1
            if self.acknowledges and self.blocks % 10 == 0:
                self.ask("heard", count=self.blocks)
        else:
            self._told(json.loads(payload))

    def _told(self, message: dict[str, Any]) -> None:
        if message["t"] == "said":
            self.said.append(message["said"])
        elif message["t"] == "seat":
            self.own = message
        else:
            self.wholes += message["whole"]
            self.things = {**({} if message["whole"] else self.things), **message["set"]}
            for name in message["gone"]:
                self.things.pop(name, None)


def _frame(octets: bytes) -> tuple[int, bytes, bytes] | None:
    """Kind and payload of the first frame, and what follows it; None when it is not complete."""
    if len(octets) < 2:
        return None
    size, begin = octets[1], 2
    if size == 126:
        size, begin = int.from_bytes(octets[2:4], "big"), 4
    elif size == 127:
        size, begin = int.from_bytes(octets[2:10], "big"), 10
    if len(octets) < begin + size:
        return None
    return octets[0] & 15, octets[begin : begin + size], octets[begin + size :]


class _Transport(StringTransport):
    """It knows who reads from it, which autobahn changes."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's
        self.protocol: Any = None

    def abortConnection(self) -> None:  # noqa: N802  # Twisted's name
        self.disconnected = True
        self.protocol.connectionLost(Failure(ConnectionDone()))


def sit_down(person: Person, tab: str = "tab0000001", **headers: str) -> AtBench:
    """Open the bench's socket as a browser does."""
    key = base64.b64encode(bytes(16)).decode()
    asked = {"accept": "*/*", "connection": "Upgrade", "upgrade": "websocket", "origin": ORIGIN, "sec_websocket_version": "13"}
    given = {"host": "box.example", **asked, "sec_websocket_key": key, **person.headers, **headers}
    given["cookie"] = "; ".join(f"{name}={value}" for name, value in person.cookies.items() if value)
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items() if value)
    channel = person.pages.site.factory.buildProtocol(None)
    transport: Any = _Transport()
    transport.protocol = channel
    channel.makeConnection(transport)
    channel.dataReceived(f"GET /bench/socket?tab={tab} HTTP/1.1\r\n{head}\r\n".encode())
    made = AtBench(person.pages, Open(transport, channel))
    made.read()
    return made
