"""HTTP below the pages: limits of what may come in, headers on everything that goes out, and a line in the log for each request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from twisted.internet import protocol
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure
from twisted.web import http, resource, server

from engine.kernel.clock import Clock
from web.multipart import parse_multipart

__all__ = ["BODY_BYTES_MOST", "CONNECTIONS_MOST", "HEADERS", "UPLOAD_BYTES_MOST", "PageRequest", "PageSite"]

BODY_BYTES_MOST = 64 * 1024
"""Of a form; the longest has some thousand octets."""
UPLOAD_BYTES_MOST = 4 * 1024 * 1024
"""Of a file, at the addresses that take one, from whoever may send it there; see ``House.add``."""
TOLD_FROM_BYTES = 1024 * 1024
"""Where so much may be sent, what is larger is answered by a sentence."""
PASSED_OVER_BYTES_MOST = 16 * UPLOAD_BYTES_MOST
"""Of a file that is too large this much is read and thrown away, so that the browser comes to read why it was refused."""
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
    too_large = False
    """A file was sent that is larger than ``body_most``, and thrown away: the page has to say so."""
    body_most = BODY_BYTES_MOST
    """Octets that the body may have."""
    files: Mapping[str, tuple[str, bytes]] = MappingProxyType({})
    """What was uploaded: file name and octets by the name of the field."""
    _too_long = False
    _passed_over = 0

    def gotLength(self, length: int | None) -> None:  # noqa: N802  # Twisted's name
        """The length that was announced; None when it comes in chunks. The headers are complete."""
        # Twisted tells a request its site and path only with the whole body
        site, path = getattr(self.channel, "site", None), getattr(self.channel, "_path", b"")
        if isinstance(site, PageSite) and path:
            self.body_most = site.body_most(path.split(b"?", 1)[0].decode("latin-1"), self.getHeader("cookie") or "")
        if length is not None and length > self.body_most:
            self._refuse_body(length)
            length = 0
        super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """A part of the body."""
        if self._too_long:
            return
        if self.too_large:
            self._passed_over += len(data)
            if self._passed_over > PASSED_OVER_BYTES_MOST:
                self._cut_off()
            return
        content = self.content
        if content is None or content.tell() + len(data) > self.body_most:
            self._refuse_body(0)
            return
        super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802  # Twisted's name
        """The body is complete. A form with files is taken apart here: Twisted's way reads it as a mail, line by line."""
        kinds = self.requestHeaders.getRawHeaders(b"content-type") or [b""]
        if self._too_long or self.content is None or not kinds[0].lower().startswith(b"multipart/form-data"):
            super().requestReceived(command, path, version)
            return
        self.requestHeaders.removeHeader(b"content-type")
        self.content.seek(0)
        parts = None if self.too_large else parse_multipart(self.content.read(), kinds[0].decode("latin-1"))
        self.files = parts.files if parts else {}
        self._values = parts.values if parts else {}
        super().requestReceived(command, path, version)

    _values: Mapping[bytes, list[bytes]] = MappingProxyType({})

    def _refuse_body(self, length: int) -> None:
        """Somebody who may send much is told by the page, or by the API; anybody else is cut off."""
        if self.body_most >= TOLD_FROM_BYTES and length <= PASSED_OVER_BYTES_MOST:
            self.too_large = True
        else:
            self._cut_off()

    def _cut_off(self) -> None:
        self._too_long = True
        transport: Any = self.channel.transport
        transport.write(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        self.channel.loseConnection()

    def process(self) -> None:
        """The request is complete."""
        if self._too_long:
            return
        if self._values:
            self.args = {**self.args, **self._values}
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
    """The listening side. ``log`` takes one line; query strings are not logged, because people search for telephone numbers.

    ``body_most`` says for a path and a request's cookies how many octets its body may have.
    """

    def __init__(
        self,
        root: resource.Resource,
        reactor: Any,  # noqa: ANN401  # Twisted's reactor
        clock: Clock,
        log: Callable[[str], None],
        body_most: Callable[[str, str], int] = lambda _path, _cookies: BODY_BYTES_MOST,
    ) -> None:
        super().__init__(root, requestFactory=PageRequest, timeout=IDLE_S, reactor=reactor)
        self.displayTracebacks = False
        self.clock = clock
        self.body_most = body_most
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
