"""HTTP below the pages: limits of what may come in, headers on everything that goes out, and a line in the log for each request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet import protocol
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure
from twisted.web import http, resource, server

from engine.kernel.clock import Clock

__all__ = ["BODY_BYTES_MOST", "CONNECTIONS_MOST", "HEADERS", "PageRequest", "PageSite"]

BODY_BYTES_MOST = 64 * 1024
"""The longest form has some hundred octets; nothing is uploaded yet."""
CONNECTIONS_MOST = 1000
IDLE_S = 60
PATH_SHOWN_MOST = 200
NS_A_MS = 1_000_000

POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self';"
    b" form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"Content-Security-Policy", POLICY),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"X-Frame-Options", b"DENY"),
    (b"Referrer-Policy", b"same-origin"),
    (b"Cross-Origin-Opener-Policy", b"same-origin"),
    (b"Cross-Origin-Resource-Policy", b"same-origin"),
    (b"Permissions-Policy", b"camera=(), geolocation=(), microphone=()"),
    (b"Cache-Control", b"no-store"),
)
"""On every answer, also on errors. No Strict-Transport-Security: with it a browser would lock people out of a box whose certificate
it does not know."""


class PageRequest(server.Request):
    """A request with a limit, and with the site's headers on its answer."""

    begun_ns = 0
    user_name = ""
    """Whose login it belongs to; for the log."""
    _too_long = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802  # Twisted's name
        """The length that was announced; None when it comes in chunks."""
        if length is not None and length > BODY_BYTES_MOST:
            self._refuse_body()
            length = 0
        super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """A part of the body."""
        if self._too_long:
            return
        content = self.content
        if content is None or content.tell() + len(data) > BODY_BYTES_MOST:
            self._refuse_body()
            return
        super().handleContentChunk(data)

    def _refuse_body(self) -> None:
        self._too_long = True
        transport: Any = self.channel.transport
        transport.write(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        self.channel.loseConnection()

    def process(self) -> None:
        """The request is complete."""
        if self._too_long:
            return
        site = self.site
        if isinstance(site, PageSite):
            self.begun_ns = site.clock.monotonic_ns()
        for name, value in HEADERS:
            self.setHeader(name, value)
        super().process()

    def write(self, data: bytes) -> None:
        """A part of the answer."""
        if not self.startedWriting:
            self.responseHeaders.removeHeader(b"Server")  # whoever looks for a weak version need not be helped
        super().write(data)


class _Channel(http.HTTPChannel):
    """A connection that is counted."""

    site: PageSite

    def connectionLost(self, reason: Failure = protocol.connectionDone) -> None:  # noqa: N802  # Twisted's name
        """It has ended."""
        super().connectionLost(reason)
        if isinstance(self.factory, PageSite):
            self.factory.gone(self)


class PageSite(server.Site):
    """The listening side. ``log`` takes one line; query strings are not logged, because people search for telephone numbers."""

    def __init__(self, root: resource.Resource, reactor: Any, clock: Clock, log: Callable[[str], None]) -> None:  # noqa: ANN401  # Twisted's reactor
        super().__init__(root, requestFactory=PageRequest, timeout=IDLE_S, reactor=reactor)
        self.displayTracebacks = False
        self.clock = clock
        self.turned_away = 0
        """Connections refused because there were too many."""
        self._log = log
        self._connections: set[_Channel] = set()

    def startFactory(self) -> None:  # noqa: N802  # Twisted's name
        """Nothing to open: the log is the appliance's."""

    def stopFactory(self) -> None:  # noqa: N802  # Twisted's name
        """Nothing to close."""

    def buildProtocol(self, addr: IAddress | None) -> Any:  # noqa: N802, ANN401  # Twisted's
        """A connection, or None when there are too many."""
        del addr
        if len(self._connections) >= CONNECTIONS_MOST:
            self.turned_away += 1
            return None
        channel: Any = _Channel()
        channel.factory = self
        channel.site = self
        channel.requestFactory = self.requestFactory
        channel.callLater = self.reactor.callLater
        channel.timeOut = self.timeOut
        self._connections.add(channel)
        return channel

    def gone(self, channel: _Channel) -> None:
        """A connection has ended."""
        self._connections.discard(channel)

    def close_all(self) -> None:
        """End every connection: the appliance stops."""
        for channel in list(self._connections):
            if channel.transport is not None:
                channel.transport.abortConnection()

    def log(self, request: Any) -> None:  # noqa: ANN401  # Twisted's
        """An answer is complete."""
        path = request.uri.split(b"?", 1)[0][:PATH_SHOWN_MOST].decode("ascii", "backslashreplace")
        took_ms = (self.clock.monotonic_ns() - request.begun_ns) // NS_A_MS if request.begun_ns else 0
        client = getattr(request.getClientAddress(), "host", "-")
        method = request.method[:20].decode("ascii", "backslashreplace")
        sent = request.sentLength
        self._log(f"web: {client} {request.user_name or '-'} {method} {path} {request.code} {sent} B {took_ms} ms")
