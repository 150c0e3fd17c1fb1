"""The site: every page at its address, static files, and the listening side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from klein import Klein

from engine.control.accounts import Accounts
from engine.control.asking import Answer
from engine.control.site_control import SiteControl
from engine.control.trunk_control import TrunkControl
from engine.control.user_control import UserControl
from engine.control.window import Window
from engine.kernel.clock import Clock
from engine.kernel.executor import Executor
from engine.settings.site import Site as SiteSettings
from web import saving
from web.api.service import API_PATH, BODY_BYTES_MOST, Api, Root
from web.bench import Bench
from web.certificates import Certificates
from web.house import House
from web.pages import (
    account,
    agents,
    bench,
    calls,
    certificate,
    costs,
    doctor,
    extensions,
    found,
    hardware,
    history,
    live,
    own_desk,
    ports,
    restart,
    routes,
    services,
    settings,
    spans,
    tokens,
    trunks,
    unsent,
    users,
)
from web.pages.sheets import Convert
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
    ``chores``: the thread for what takes long; ``ask``: answers a command of ``engine/control/asking.py``;
    ``site_file``: the settings as a file, without secrets; ``certificates``: the page's own; ``trunks``: what runs on them; ``convert``: reads and writes spreadsheets elsewhere; ``secure``: it is served with TLS; ``bench``: the telephones of simulated
    boards, None with real ones.
    """

    reactor: Any
    clock: Clock
    chores: Executor
    make_token: Callable[[], str]
    translate_for: Callable[[str], Callable[[str], str]]
    log: Callable[[str], None]
    ask: Answer
    site_file: Callable[[SiteSettings], str]
    convert: Convert
    certificates: Certificates
    trunks: TrunkControl
    secure: bool = True
    bench: Bench | None = None


class Site:
    """The page of one appliance. ``factory`` is what listens; ``close`` ends every connection."""

    def __init__(self, house: House, factory: PageSite, live_page: live.LivePage, bench_page: bench.BenchPage | None, api: Api) -> None:
        self.house = house
        self.factory = factory
        self.live = live_page
        self.bench = bench_page
        self.api = api

    def close(self) -> None:
        """The appliance stops."""
        self.live.close()
        self.api.close()
        if self.bench is not None:
            self.bench.close()
        self.factory.close_all()


def make_site(window: Window, sites: SiteControl, accounts: Accounts, around: Surroundings) -> Site:
    """The page, ready to listen. Make it before the appliance's first fact: the live page hears all of them."""
    static = read_static()
    sessions = Sessions(around.make_token, around.clock.monotonic_ns, lambda: _limits(window))
    accounts.book.watch(sessions.follow)
    renderer = Renderer(around.translate_for, static)
    renderer.share(WORDS)
    renderer.ask_pump(lambda: window.pump_still)
    user_control = UserControl(accounts.book, lambda: {agent.number for agent in window.site.agents})
    house = House(
        accounts,
        user_control,
        window,
        sites,
        sessions,
        renderer,
        static,
        around.clock,
        around.chores,
        around.log,
        around.secure,
        around.ask,
    )
    app = Klein()
    _serve_static(app, house)
    account.add(app, house)
    live_page = live.add(app, house)
    own_desk.add(app, house, live_page)
    trunks.add(app, house, live_page, around.trunks)
    calls.add(app, house)
    costs.add(app, house)
    users.add(app, house)
    tokens.add(app, house)
    unsent.add(app, house)
    saved = saving.add(app, house)
    settings.add(app, house, saved)
    found.add(app, house, saved)
    history.add(app, house, saved, around.site_file)
    certificate.add(app, house, around.certificates)
    restart.add(app, house)
    hardware.add(app, house)
    ports.add(app, house, around.trunks)
    routes.add(app, house)
    services.add(app, house)
    doctor.add(app, house)
    spans.add(app, house)
    issued = agents.add(app, house, saved, around.convert)
    extensions.add(app, house, saved, around.convert, issued)
    bench_page = bench.add(app, house, around.bench, around.reactor)
    app.handle_errors(Exception)(house.failed)
    api = Api(house)
    factory = PageSite(
        Root(app.resource(), api), around.reactor, around.clock, around.log, lambda path, cookies: _body_most(house, path, cookies)
    )
    return Site(house, factory, live_page, bench_page, api)


def _body_most(house: House, path: str, cookies: str) -> int:
    return BODY_BYTES_MOST if path.startswith(API_PATH) else house.body_most(path, cookies)


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
