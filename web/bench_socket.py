"""The WebSocket of the bench over the site's own port: autobahn's protocol, and what hands a connection over to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IPushProducer
from twisted.python.failure import Failure
from zope.interface import implementer

from engine.kernel.clock import Clock, Timer
from web.request import PageRequest, PageSite

__all__ = ["CLOSE_TOO_LONG", "MESSAGE_OCTETS_MOST", "Guest", "Socket", "SocketDoor"]

RECEIVED_OCTETS_MOST = 1200
"""The longest request has some hundred octets, sound has 168."""
MESSAGE_OCTETS_MOST = 65_536
"""Autobahn has one limit for both directions, and what is told to a browser is longer than what it says."""
CLOSE_TOO_LONG = 4009
CLOSE_WITHIN_S = 2.0
BLOCKED_MOST_S = 10.0


class Guest(Protocol):
    """Whoever sits at the other side of a socket."""

    def opened(self, socket: Socket) -> None:
        """The browser is there."""

    def received(self, message: bytes, *, is_sound: bool) -> None:
        """It has sent something."""

    def unblocked(self) -> None:
        """It takes something again."""

    def closed(self, socket: Socket) -> None:
        """It has gone."""


@implementer(IPushProducer)
class Socket(WebSocketServerProtocol):
    """One connection. ``blocked`` while the browser does not read; after ten seconds of that it is cut off."""

    def __init__(self, guest: Guest, clock: Clock, gone: Callable[[], None]) -> None:
        super().__init__()
        self.blocked = False
        self._guest = guest
        self._clock = clock
        self._gone = gone
        self._timer: Timer | None = None
        self._here = False

    # ---- what autobahn calls -----------------------------------------------------------------------------------------

    def onOpen(self) -> None:  # noqa: N802  # autobahn's name
        """The handshake is over."""
        self._here = True
        transport: Any = self.transport
        transport.unregisterProducer()  # it was the HTTP channel
        transport.registerProducer(self, True)
        self._guest.opened(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803  # autobahn's names
        """A whole message."""
        if len(payload) > RECEIVED_OCTETS_MOST:
            self.end(CLOSE_TOO_LONG, "the message is too long")
        elif self._here:
            self._guest.received(payload, is_sound=isBinary)

    def connectionLost(self, reason: Failure | None = None) -> None:  # noqa: N802  # Twisted's name
        """It has ended. However a browser goes away is no fault of ours, so autobahn is not told the reason, which it would log as one."""
        del reason
        super().connectionLost(Failure(ConnectionDone()))
        self._stop_timer()
        self._gone()
        if self._here:
            self._here = False
            self._guest.closed(self)

    # ---- what the bench does -----------------------------------------------------------------------------------------

    def tell(self, message: str) -> None:
        """Send a text."""
        if self._takes():
            self.sendMessage(message.encode())

    def sound(self, message: bytes) -> None:
        """Send octets."""
        if self._takes():
            self.sendMessage(message, isBinary=True)

    def _takes(self) -> bool:
        """Whether anything can still be sent. Between the browser's good-bye and the end of its connection nothing can, and autobahn
        raises; one that stays connected all the same is cut off.
        """
        if not self._here:
            return False
        if self.state == self.STATE_OPEN:
            return True
        if self._timer is None:
            self._cut_off_in(CLOSE_WITHIN_S)
        return False

    def end(self, code: int, reason: str) -> None:
        """Say good-bye; a browser that does not answer is cut off."""
        if self._here:
            self.sendClose(code, reason)
            self._cut_off_in(CLOSE_WITHIN_S)

    # ---- the browser reads, or not -------------------------------------------------------------------------------

    def pauseProducing(self) -> None:  # noqa: N802  # Twisted's name
        """It does not keep up."""
        self.blocked = True
        self._cut_off_in(BLOCKED_MOST_S)

    def resumeProducing(self) -> None:  # noqa: N802  # Twisted's name
        """It has read."""
        if self.blocked:
            self.blocked = False
            self._stop_timer()
            self._guest.unblocked()

    def stopProducing(self) -> None:  # noqa: N802  # Twisted's name
        """It has gone; ``connectionLost`` follows."""

    def _cut_off_in(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = self._clock.call_later(seconds, self._cut_off)

    def _cut_off(self) -> None:
        if self.state == self.STATE_CLOSED:
            transport: Any = self.transport
            transport.abortConnection()  # autobahn has let go of it already and would do nothing more
        else:
            self.dropConnection(abort=True)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class SocketDoor:
    """Hands connections over. ``reactor`` is only kept by autobahn; all times here are the clock's."""

    def __init__(self, reactor: Any, clock: Clock) -> None:  # noqa: ANN401  # Twisted's reactor
        self._clock = clock
        self._factory = WebSocketServerFactory(reactor=reactor, server="")
        # a time of 0 switches autobahn's own timers off, which run by the global reactor
        self._factory.setProtocolOptions(
            webStatus=False,
            maxFramePayloadSize=MESSAGE_OCTETS_MOST,
            maxMessagePayloadSize=MESSAGE_OCTETS_MOST,
            failByDrop=False,
            openHandshakeTimeout=0,
            closeHandshakeTimeout=0,
            autoPingInterval=0,
        )

    def resource(self, request: PageRequest, guest: Guest) -> Any:  # noqa: ANN401  # autobahn's IResource
        """What the site renders for this request: from then on its connection is a socket."""
        channel: Any = request.channel
        site = request.site

        def gone() -> None:
            if isinstance(site, PageSite):
                site.gone(channel)

        channel.setTimeout(None)
        return WebSocketResource(_One(self._factory, Socket(guest, self._clock, gone)))


class _One:
    """A factory, as autobahn's resource knows it, for one socket."""

    def __init__(self, factory: WebSocketServerFactory, socket: Socket) -> None:
        self._factory = factory
        self._socket = socket

    def buildProtocol(self, _address: object) -> Socket:  # noqa: N802  # Twisted's name
        """The socket."""
        self._socket.factory = self._factory
        return self._socket
