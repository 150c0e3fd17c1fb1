"""The page of a running appliance: accounts, certificate, and the port where it listens.

The page is not worth a call: when its port is taken or its certificate is broken the appliance runs on without it, raises an alarm,
and tries again.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet import defer, error

from appliance.bench import SimulatedBench
from appliance.certificate import PageCertificate
from appliance.conversions import ChildConversions
from appliance.live import LiveAppliance
from appliance.options import only_here
from appliance.passwords import Argon2, MadeUp, new_password
from appliance.site_file import site_as_yaml
from appliance.texts import translator
from engine import facts
from engine.control.accounts import Accounts
from engine.control.asking import Request
from engine.control.trunk_group_asking import group_rows
from engine.control.user_control import NewPassword
from engine.control.window import Window
from engine.kernel.errors import EnvironmentFault
from engine.kernel.executor import Executor
from engine.kernel.text import Text, text
from engine.people.actors import Act, Actor
from engine.people.users import FIRST_USER, LoginRules
from engine.settings.site import Site as SiteSettings
from engine.store.accounts import AccountStore
from web.site import Site, Surroundings, make_site

__all__ = ["LOCAL_ADDRESS", "PageFront"]

AGAIN_S = 15.0
LOCAL_ADDRESS = "127.0.0.1"
TOKEN_BYTES = 24
ALARM = "page"
MS_A_MIN = 60_000


@dataclass(frozen=True)
class _Chance:
    """Where secrets come from."""

    token: Callable[[], str] = lambda: secrets.token_urlsafe(TOKEN_BYTES)
    below: Callable[[int], int] = secrets.randbelow


class PageFront:
    """Made before the appliance's first fact; ``open`` listens; ``stop`` ends every connection. ``http``: without TLS, and then only
    for this machine. ``say`` tells the person at the terminal. Raises EnvironmentFault when accounts cannot be kept.
    """

    def __init__(
        self,
        reactor: Any,  # noqa: ANN401  # Twisted's reactor is several interfaces at once
        live: LiveAppliance,
        folder: Path,
        log: Callable[[str], None],
        say: Callable[[Text], None],
        *,
        http: bool,
    ) -> None:
        self._reactor = reactor
        self._live = live
        self._folder = folder
        self._log = log
        self._say = say
        self._http = http
        self._chance = _Chance()
        self._port: Any = None
        self._retry: Any = None
        self._alarmed = False
        self._closed = False
        appliance = live.appliance
        settings = appliance.site.web
        rules = LoginRules(settings.password_tries, settings.lock_min * MS_A_MIN)
        self._accounts = Accounts(appliance.bus, live.clock, live.chores, AccountStore(folder), Argon2(), rules, MadeUp())
        self._settings = settings
        self.bench = SimulatedBench(live.around, self._site_now) if live.around is not None else None
        self._conversions = ChildConversions(reactor, log)
        self._certificate = PageCertificate(folder, socket.gethostname, live.clock, appliance.bus)
        self.site = self._make_site(live.chores)
        appliance.asking.add({"new_password": (Act.GIVE_PASSWORD, self._new_password)})

    @property
    def address(self) -> str:
        """Where the page is, as an address for a browser."""
        host = LOCAL_ADDRESS if self._http else self._settings.address
        shown = socket.gethostname() if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104  # compared only
        return f"{'http' if self._http else 'https'}://{shown}:{self._settings.port}/"

    def open(self) -> None:
        """Listen, and tell the first login of a new box."""
        self._accounts.first_start(
            password := new_password(self._chance.below), lambda made: self._tell_first(made, password), self._no_account
        )
        if self._settings.port:  # without a page the account is for the console
            self._listen()
            self._live.chores.submit(
                self.site.house.renderer.prepare, lambda _nothing: None, lambda fault: self._log(f"bug: web: a template: {fault}")
            )

    def stop(self) -> defer.Deferred[Any]:
        """Stop listening and end every connection; fires when the port is free."""
        self._closed = True
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        port, self._port = self._port, None
        self.site.close()
        self._conversions.stop()
        closed: defer.Deferred[Any] = defer.maybeDeferred(port.stopListening) if port is not None else defer.succeed(None)
        return closed

    def _new_password(self, person: Actor, request: Request, done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """The rescue: an account gets a made password."""
        name = str(request.get("user", FIRST_USER))

        def given(made: NewPassword) -> None:
            done({"user": made.user.name, "password": made.password})

        self.site.house.users.new_password(person, name, given, failed)

    # ---- parts -----------------------------------------------------------------------------------------------------

    def _make_site(self, chores: Executor) -> Site:
        appliance = self._live.appliance
        window = Window(
            appliance.bus,
            self._live.clock,
            appliance.switch,
            appliance.acd,
            appliance.store,
            appliance.reader,
            appliance.outside.reader,
            self._folder / "recordings",
            self._site_now,
            appliance.asking.media,
            lambda: group_rows(appliance.trunk_groups),
        )
        around = Surroundings(
            self._reactor,
            self._live.clock,
            chores,
            self._chance.token,
            lambda language: translator({}, language),
            self._log,
            appliance.ask,
            site_as_yaml,
            self._conversions.convert,
            self._certificate,
            secure=not self._http,
            bench=self.bench,
        )
        return make_site(window, appliance.sites, self._accounts, around)

    def _site_now(self) -> SiteSettings:
        return self._live.appliance.site

    def _listen(self) -> None:
        if self._closed:
            return
        settings = self._settings
        try:
            if self._http:
                self._port = self._reactor.listenTCP(settings.port, self.site.factory, interface=LOCAL_ADDRESS)
            else:
                self._certificate.load()
                self._port = self._reactor.listenSSL(settings.port, self.site.factory, self._certificate, interface=settings.address)
        except (EnvironmentFault, error.CannotListenError, OSError) as fault:
            self._not_listening(fault)
            return
        if self._alarmed:
            self._alarmed = False
            self._live.appliance.bus.publish(facts.AlarmCleared(alarm=ALARM, about=self.address))
        if not self._http and only_here(settings.address):
            said = text(
                "the page is at {address} (for this machine only: the setting web.address opens it to others)", address=self.address
            )
        else:
            said = text("the page is at {address}", address=self.address)
        self._say(said)

    def _not_listening(self, fault: Exception) -> None:
        if not self._alarmed:
            self._alarmed = True
            sentence = f"There is no page at {self.address} ({fault}). Calls go on; it is tried again every {AGAIN_S:g} s."
            self._log(f"web: {sentence}")
            self._say(text("there is no page at {address} ({fault}); it is tried again and again", address=self.address, fault=str(fault)))
            self._live.appliance.bus.publish(facts.AlarmRaised(alarm=ALARM, about=self.address, sentence=sentence))
        self._retry = self._reactor.callLater(AGAIN_S, self._listen)

    def _tell_first(self, made: bool, password: str) -> None:
        if made:
            self._say(text("first login: {user} / {password}", user=FIRST_USER, password=password))

    def _no_account(self, fault: Exception) -> None:
        self._log(f"web: the first account could not be made: {fault}")
        self._say(text("the first account could not be made: {fault}", fault=str(fault)))
