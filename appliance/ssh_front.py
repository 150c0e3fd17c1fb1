"""The console by SSH: Twisted's conch with nothing in it but a terminal session and single commands.

There is no forwarding, no file transfer and no agent, because nobody asked the box for them. Ciphers and key exchanges are today's. Who
has not logged in within half a minute is cut off; so many connections and no more. What a peer sends that makes no sense ends that
connection, with a line in the log.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.conch.avatar import ConchUser
from twisted.conch.error import ConchError, ValidPublicKey
from twisted.conch.interfaces import IConchUser
from twisted.conch.ssh import connection, factory, keys, transport, userauth
from twisted.cred import checkers, credentials, portal
from twisted.cred.error import UnauthorizedLogin
from twisted.internet import defer, error
from twisted.python.failure import Failure
from zope.interface import implementer

from appliance.console_gate import BY_SSH, ConsoleGate
from appliance.ssh_keys import fingerprint, provide_host_key, user_of_key
from appliance.ssh_session import SshSession, SshSurroundings
from appliance.texts import translator
from engine import facts
from engine.control.accounts import Accounts
from engine.control.asking import Answer
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import EnvironmentFault, StrowgerError
from engine.kernel.text import Text, text
from engine.people.actors import Role
from engine.people.users import PASSWORD_MOST, User
from engine.settings.site import Site

__all__ = ["CONNECTIONS_MOST", "LOGIN_WITHIN_S", "SshFront"]

CONNECTIONS_MOST = 16
SESSIONS_MOST = 4
"""Sessions of one connection at a time."""
LOGIN_WITHIN_S = 30.0
CLOSE_WITHIN_S = 10.0
TRIES = 3
AGAIN_S = 15.0
ALARM = "ssh"
NAME_MOST = 100
KEY_EXCHANGES = (b"mlkem768x25519-sha256", b"curve25519-sha256", b"curve25519-sha256@libssh.org", b"ecdh-sha2-nistp256")
CIPHERS = (b"aes256-ctr", b"aes192-ctr", b"aes128-ctr")
MACS = (b"hmac-sha2-512", b"hmac-sha2-256")


class _Avatar(ConchUser):
    """A user who is in. Channels are sessions only."""

    def __init__(self, front: SshFront, user: User) -> None:
        super().__init__()
        self.front = front
        self.user = user
        self.over = False
        self.sessions: set[SshSession] = set()
        self.channelLookup[b"session"] = self._session

    def _session(self, **around: Any) -> SshSession:  # noqa: ANN401  # the library's own arguments
        if self.over or len(self.sessions) >= SESSIONS_MOST:
            raise ConchError(connection.OPEN_RESOURCE_SHORTAGE, "too many sessions")
        made = SshSession(self.front.surroundings, self.user, self.sessions.discard, **around)
        self.sessions.add(made)
        return made

    def ended(self) -> None:
        """The connection is gone."""
        for session in list(self.sessions):
            session.gone()
        self.sessions.clear()


class _UserAuth(userauth.SSHUserAuthServer):
    """The login, with our limits. The time for it is the connection's."""

    attemptsBeforeDisconnect = TRIES - 1  # noqa: N815  # Twisted's name

    def serviceStarted(self) -> None:  # noqa: N802  # Twisted's name
        """Its delay after a wrong password is the front's time, not a global one's."""
        assert self.transport is not None
        self.clock = self.transport.factory.front.reactor
        super().serviceStarted()


class _Transport(transport.SSHServerTransport):
    """One connection."""

    ourVersionString = b"SSH-2.0-Strowger"  # noqa: N815  # Twisted's name
    supportedCiphers = [name for name in transport.SSHTransportBase.supportedCiphers if name in CIPHERS]  # noqa: N815, RUF012  # Twisted's way
    supportedMACs = [name for name in transport.SSHTransportBase.supportedMACs if name in MACS]  # noqa: N815, RUF012  # Twisted's way
    supportedKeyExchanges = [name for name in transport.SSHTransportBase.supportedKeyExchanges if name in KEY_EXCHANGES]  # noqa: N815, RUF012  # Twisted's way
    supportedCompressions = [b"none"]  # noqa: N815, RUF012  # Twisted's way

    factory: Any
    transport: Any
    _grace: Timer | None = None

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        """Somebody connects: not too many, and not for ever without a login."""
        front: SshFront = self.factory.front
        self.peer = str(self.transport.getPeer().host)
        if not front.admit(self):
            self.transport.abortConnection()
            return
        self._grace = front.clock.call_later(LOGIN_WITHIN_S, self._too_late)
        self.transport.setTcpKeepAlive(True)
        # A peer that does not take what is written for it is not read from either.
        self.transport.registerProducer(self, True)
        super().connectionMade()

    def pauseProducing(self) -> None:  # noqa: N802  # Twisted's name
        """Too much waits for the peer."""
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:  # noqa: N802  # Twisted's name
        """It has taken it."""
        self.transport.resumeProducing()

    def stopProducing(self) -> None:  # noqa: N802  # Twisted's name
        """The connection is gone; connectionLost does the rest."""

    def hang_up(self) -> None:
        """End the connection, after what is written; a peer that does not take that is cut off. Twice, or too late, does nothing."""
        if not self.connected:
            return
        self.transport.unregisterProducer()
        self.loseConnection()
        self.factory.front.clock.call_later(CLOSE_WITHIN_S, self._cut)

    def _cut(self) -> None:
        if self.connected:
            self.transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """What makes no sense ends the connection; it is the peer's doing, not ours."""
        try:
            super().dataReceived(data)
        except Exception as wrong:  # noqa: BLE001  # the library raises whatever its parsing met
            self.factory.front.senseless(self.peer, wrong)
            self.transport.abortConnection()

    def logged_in(self) -> None:
        """There is an avatar: the time for the login is not needed any more."""
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None

    def setService(self, service: Any) -> None:  # noqa: N802, ANN401  # Twisted's name and types
        """The connection service follows a login."""
        if getattr(self, "avatar", None) is not None:
            self.logged_in()
        super().setService(service)

    def connectionLost(self, reason: Failure | None = None) -> None:  # noqa: N802  # Twisted's name
        """It is gone, whoever ended it."""
        self.logged_in()
        self.factory.front.forget(self)
        super().connectionLost(reason)

    def _too_late(self) -> None:
        self._grace = None
        self.factory.front.log(f"console: ssh from {self.peer}: no login within {LOGIN_WITHIN_S:g} s")
        self.transport.abortConnection()


class _Factory(factory.SSHFactory):
    """Makes connections."""

    noisy = False
    protocol = _Transport
    services = {b"ssh-userauth": _UserAuth, b"ssh-connection": connection.SSHConnection}  # noqa: RUF012  # Twisted's way

    def __init__(self, front: SshFront, key: keys.Key) -> None:
        self.front = front
        realm: Any = _Realm(front)  # zope knows that these are what they are; mypy does not
        judges: Any = [_Passwords(front), _PublicKeys(front)]
        self.portal = portal.Portal(realm, judges)
        self.privateKeys = {b"ssh-ed25519": key}
        self.publicKeys = {b"ssh-ed25519": key.public()}


@implementer(portal.IRealm)
class _Realm:
    """Turns a user who is in into an avatar."""

    def __init__(self, front: SshFront) -> None:
        self._front = front

    def requestAvatar(self, avatarId: Any, _mind: object, *_interfaces: Any) -> tuple[Any, _Avatar, Callable[[], None]]:  # noqa: N802, N803, ANN401  # Twisted's names
        """``avatarId`` is the account itself: it was read at the login just now."""
        avatar = _Avatar(self._front, avatarId)
        return IConchUser, avatar, avatar.ended


class _Checker:
    """What both ways of showing who one is have in common."""

    def __init__(self, front: SshFront) -> None:
        self._front = front

    def _judge(self, name: str, log_in: Callable[[Callable[[User], None], Callable[[Exception], None]], None]) -> defer.Deferred[User]:
        judged: defer.Deferred[User] = defer.Deferred()

        def failed(fault: Exception) -> None:
            self._front.log(f"console: ssh: the login of {name!r} is refused: {fault}")
            judged.errback(UnauthorizedLogin(str(fault)))

        try:
            log_in(judged.callback, failed)
        except StrowgerError as fault:
            failed(fault)
        return judged


@implementer(checkers.ICredentialsChecker)
class _Passwords(_Checker):
    """By password."""

    credentialInterfaces = (credentials.IUsernamePassword,)  # noqa: N815  # Twisted's name

    def requestAvatarId(self, shown: Any) -> defer.Deferred[User]:  # noqa: N802, ANN401  # Twisted's names
        """The account, when name and password are right."""
        name = shown.username.decode("utf-8", "replace")[:NAME_MOST]
        password = shown.password.decode("utf-8", "replace")[: PASSWORD_MOST + 1]
        return self._judge(name, lambda done, failed: self._front.gate.log_in(name, password, done, failed))


@implementer(checkers.ICredentialsChecker)
class _PublicKeys(_Checker):
    """By a key that the settings know. The key says who it is; the name typed must be the same."""

    credentialInterfaces = (credentials.ISSHPrivateKey,)  # noqa: N815  # Twisted's name

    def requestAvatarId(self, shown: Any) -> defer.Deferred[User]:  # noqa: N802, ANN401  # Twisted's names
        """The account, when the key is known as its and the signature is made with it."""
        name = shown.username.decode("utf-8", "replace")[:NAME_MOST]
        if not name or user_of_key(self._front.site.console.ssh_keys, shown.blob) != name:
            return defer.fail(UnauthorizedLogin("not a key of this user"))
        if shown.signature is None:
            return defer.fail(ValidPublicKey())
        try:
            right = keys.Key.fromString(shown.blob).verify(shown.signature, shown.sigData)
        except Exception as wrong:  # noqa: BLE001  # whatever a forged signature makes the library raise
            return defer.fail(UnauthorizedLogin(f"{type(wrong).__name__}"))
        if not right:
            return defer.fail(UnauthorizedLogin("wrong signature"))
        return self._judge(name, lambda done, failed: self._front.gate.log_in_by_key(name, done, failed))


class SshFront:
    """The console by SSH. ``open`` listens, ``apply`` takes other settings, ``stop`` ends every connection. ``log`` takes one line, ``say``
    tells the person at the terminal, ``note`` is told the fingerprint of the host key.
    """

    def __init__(
        self,
        reactor: Any,  # noqa: ANN401  # Twisted's reactor is several interfaces at once
        clock: Clock,
        bus: Bus,
        accounts: Accounts,
        ask: Answer,
        folder: Path,
        site: Site,
        log: Callable[[str], None],
        say: Callable[[Text], None],
        note: Callable[[str], None],
    ) -> None:
        self.reactor = reactor
        self.clock = clock
        self.log = log
        self.site = site
        self.turned_away = 0
        self.senseless_peers = 0
        self.gate = ConsoleGate(accounts, ask, BY_SSH)
        self.gate.watch(self)
        self.surroundings = SshSurroundings(
            clock,
            self.gate,
            lambda: self.site.console.ssh_idle_min,
            lambda: self.site.box.language,
            lambda language: translator({}, language),
            lambda said: log(f"console: ssh: {said}"),
        )
        self._bus = bus
        self._folder = folder
        self._say = say
        self._note = note
        self._connections: set[_Transport] = set()
        self._port: Any = None
        self._timer: Timer | None = None
        self._alarmed = ""
        self._closed = False

    @property
    def address(self) -> str:
        """Where it listens: address and port."""
        return f"{self.site.console.ssh_address} port {self.site.console.ssh_port}"

    @property
    def port(self) -> int:
        """The TCP port that it listens on now; 0: none."""
        return int(self._port.getHost().port) if self._port is not None else 0

    def open(self) -> None:
        """Listen, if the site wants it; when that is not possible it is tried again and again."""
        settings = self.site.console
        if self._closed or not settings.ssh_port or self._port is not None:
            return
        try:
            key = provide_host_key(self._folder)
            made = _Factory(self, key)
            self._port = self.reactor.listenTCP(settings.ssh_port, made, interface=settings.ssh_address)
        except (EnvironmentFault, error.CannotListenError, OSError) as fault:
            self._not_open(fault)
            return
        self._over()
        shown = fingerprint(key)
        self._note(shown)
        self._say(text("the console is at SSH {address}; its host key is {fingerprint}", address=self.address, fingerprint=shown))
        self.log(f"console: ssh listens at {self.address}, host key {shown}")

    def apply(self, site: Site) -> None:
        """Other settings are in force. Another address or port is listened on at once; who is logged in stays."""
        old, new = self.site.console, site.console
        moved = (old.ssh_port, old.ssh_address) != (new.ssh_port, new.ssh_address)
        if moved:
            self._over()
            self._drop_timer()
        self.site = site
        if not moved or self._closed:
            return
        port, self._port = self._port, None
        closed = defer.maybeDeferred(port.stopListening) if port is not None else defer.succeed(None)
        closed.addCallback(lambda _nothing: self.open())

    def stop(self) -> defer.Deferred[Any]:
        """Stop listening and end every connection; fires when the port is free."""
        self._closed = True
        self._drop_timer()
        port, self._port = self._port, None
        for one in list(self._connections):
            one.hang_up()
        closed: defer.Deferred[Any] = defer.maybeDeferred(port.stopListening) if port is not None else defer.succeed(None)
        return closed

    def end_user(self, name: str, said: Text, unless: frozenset[Role] | None) -> None:
        """As ``Closing.end_user``."""
        for one in list(self._connections):
            avatar = getattr(one, "avatar", None)
            if isinstance(avatar, _Avatar) and avatar.user.name == name and avatar.user.roles != unless:
                avatar.over = True
                for session in list(avatar.sessions):
                    session.end(said)
                # a client leaves with its last session, and its user reads why; one that stays is hung up on
                self.clock.call_later(CLOSE_WITHIN_S if avatar.sessions else 0, one.hang_up)

    # ---- connections -------------------------------------------------------------------------------------------------

    def admit(self, one: _Transport) -> bool:
        """Note a new connection; False: there are too many."""
        if self._closed or len(self._connections) >= CONNECTIONS_MOST:
            self.turned_away += 1
            self.log(f"console: ssh from {one.peer} turned away: {CONNECTIONS_MOST} connections are open")
            return False
        self._connections.add(one)
        return True

    def forget(self, one: _Transport) -> None:
        """A connection is gone."""
        self._connections.discard(one)

    def senseless(self, peer: str, wrong: Exception) -> None:
        """A peer sent what is no SSH."""
        self.senseless_peers += 1
        self.log(f"console: ssh from {peer} cut off: it sent something senseless ({type(wrong).__name__}: {wrong})")

    # ---- small things ------------------------------------------------------------------------------------------------

    def _not_open(self, fault: Exception) -> None:
        if not self._alarmed:
            self._alarmed = self.address
            sentence = f"There is no console by SSH at {self.address} ({fault}). Calls go on; it is tried again every {AGAIN_S:g} s."
            self.log(f"console: {sentence}")
            self._bus.publish(facts.AlarmRaised(alarm=ALARM, about=self.address, sentence=sentence))
        self._timer = self.clock.call_later(AGAIN_S, self.open)

    def _over(self) -> None:
        if self._alarmed:
            about, self._alarmed = self._alarmed, ""
            self._bus.publish(facts.AlarmCleared(alarm=ALARM, about=about))

    def _drop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
