"""The site: every page at its address, static files, and the listening side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from klein import Klein

from engine.control.accounts import Accounts
from engine.control.site_control import SiteControl
from engine.control.window import Window
from engine.kernel.clock import Clock
from engine.kernel.executor import Executor
from web.house import House
from web.pages import account, calls, live
from web.render import Renderer, read_static
from web.request import PageSite
from web.sessions import SessionLimits, Sessions
from web.words import WORDS

__all__ = ["Site", "Surroundings", "make_site"]

MINUTES_AN_HOUR = 60


@dataclass(frozen=True)
class Surroundings:
    """What the page is given from outside.

    ``make_token``: unguessable texts of at least 128 bits, fit for a cookie; ``translate_for``: the gettext function of a language;
    ``chores``: the thread for what takes long; ``secure``: it is served with TLS.
    """

    reactor: Any
    clock: Clock
    chores: Executor
    make_token: Callable[[], str]
    translate_for: Callable[[str], Callable[[str], str]]
    log: Callable[[str], None]
    secure: bool = True


class Site:
    """The page of one appliance. ``factory`` is what listens; ``close`` ends every connection."""

    def __init__(self, house: House, factory: PageSite, live_page: live.LivePage) -> None:
        self.house = house
        self.factory = factory
        self.live = live_page

    def close(self) -> None:
        """The appliance stops."""
        self.live.close()
        self.factory.close_all()


def make_site(window: Window, sites: SiteControl, accounts: Accounts, around: Surroundings) -> Site:
    """The page, ready to listen. Make it before the appliance's first fact: the live page hears all of them."""
    static = read_static()
    sessions = Sessions(around.make_token, around.clock.monotonic_ns, lambda: _limits(window))
    renderer = Renderer(around.translate_for, static)
    renderer.share(WORDS)
    house = House(accounts, window, sites, sessions, renderer, static, around.clock, around.chores, around.log, around.secure)
    app = Klein()
    _serve_static(app, house)
    account.add(app, house)
    live_page = live.add(app, house)
    calls.add(app, house)
    app.handle_errors(Exception)(house.failed)
    factory = PageSite(app.resource(), around.reactor, around.clock, around.log)
    return Site(house, factory, live_page)


def _limits(window: Window) -> SessionLimits:
    web = window.site.web
    return SessionLimits(web.idle_min, web.login_h * MINUTES_AN_HOUR, web.logins_most)


def _serve_static(app: Klein, house: House) -> None:
    @app.route("/static/<version>/<name>", methods=["GET"], endpoint="static")
    def static(request: Any, version: str, name: str) -> bytes:  # noqa: ANN401  # Klein's request
        file = house.static.get(name)
        if file is None or file.version != version:
            request.setResponseCode(404)
            return b""
        request.setHeader("content-type", file.media_type)
        request.setHeader("cache-control", "public, max-age=31536000, immutable")
        request.setHeader("vary", "accept-encoding")
        if "gzip" in (request.getHeader("accept-encoding") or ""):
            request.setHeader("content-encoding", "gzip")
            return file.squeezed
        return file.octets
