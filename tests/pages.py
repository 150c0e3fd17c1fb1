"""The whole page over memory: real HTTP octets in and out, no socket, time by hand; behind it an appliance in virtual time.

``Day`` is an appliance with one finished demo call; ``Pages`` is a page of its own on it, with accounts of its own; ``Person`` is a browser
with cookies.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from appliance.bench import SimulatedBench
from appliance.building import Sounds
from appliance.certificate import PageCertificate
from appliance.demo_day import DemoDay
from appliance.executors import VirtualExecutor
from appliance.passwords import Argon2
from appliance.prompts import load
from appliance.rig import Rig
from appliance.simulation import Surrounded
from appliance.site_file import demo_site_file, read_site, site_as_yaml
from appliance.texts import translator
from engine.control.accounts import Accounts
from engine.control.trunk_group_asking import group_rows
from engine.control.window import Window
from engine.kernel.bus import Envelope
from engine.kernel.clock import Clock, Timer
from engine.people.actors import Role
from engine.people.users import LoginRules, User
from engine.store.accounts import AccountStore
from tests.fakes import CountedSecrets
from web.site import Surroundings, make_site
from web.spreadsheets import work

PASSWORD = "green-heron-at-nine"
HASHER = Argon2(memory_kib=8, rounds=1)
"""The real one, cheap."""
HASH = HASHER.hash(PASSWORD)
DEMO_MOST_MS = 180_000
WRAP_UP_MS = 32_000


class Day:
    """An appliance on simulated boards after one call. ``facts`` are all that happened."""

    def __init__(self, folder: Path, prompts: Path) -> None:
        site = read_site(demo_site_file())
        self.folder = folder
        self.log: list[str] = []
        sounds = Sounds(load(prompts), {queue.music: bytes([0xD5]) * 8000 for queue in site.queues})
        self.rig = Rig(site, folder, sounds, 1, log=self.log.append)
        self.facts: list[Envelope] = []
        self.rig.appliance.bus.subscribe("test", self.facts.append)
        self.rig.start()

    def play(self, voices: Path) -> None:
        """The demo, until the agent is ready again."""
        over: list[bool] = []
        around = Surrounded(self.rig.world, self.rig.exchange, self.rig.phones)
        DemoDay(self.rig.appliance.site, around, voices, lambda: over.append(True)).begin()
        self.rig.world.run_until(lambda: over, DEMO_MOST_MS)
        self.rig.world.run_for(WRAP_UP_MS)

    def told(self, kind: type) -> list[Any]:
        """Every fact of this kind."""
        return [envelope.fact for envelope in self.facts if isinstance(envelope.fact, kind)]


class AheadClock:
    """The day's clock, and some minutes more: so a login grows old without playing the lines of an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ahead_ns = 0

    def monotonic_ns(self) -> int:
        return self._clock.monotonic_ns() + self.ahead_ns

    def utc_ms(self) -> int:
        return self._clock.utc_ms() + self.ahead_ns // 1_000_000

    def utc_offset_min(self) -> int:
        return self._clock.utc_offset_min()

    def call_later(self, delay_s: float, act: Callable[[], None]) -> Timer:
        return self._clock.call_later(delay_s, act)


@dataclass
class Reply:
    """An answer: what a browser sees of it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    cut_off: bool = False

    def header(self, name: str) -> str:
        """The first header of this name; empty when there is none."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def csrf(self) -> str:
        """The token in the page's forms."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.text)
        assert found is not None, self.text[:500]
        return found[1]


class Pages:
    """A page on a day. ``users``: roles by user name; everybody's password is ``PASSWORD``."""

    def __init__(
        self,
        day: Day,
        folder: Path,
        users: dict[str, frozenset[Role]],
        *,
        secure: bool = True,
        must_change: bool = False,
        bench: bool = False,
    ) -> None:
        self.day = day
        self.secure = secure
        self.log: list[str] = []
        appliance = day.rig.appliance
        self.clock = clock = AheadClock(day.rig.clock)
        store = AccountStore(folder)
        for name, roles in users.items():
            store.save(User(name, roles, "", HASH, must_change=must_change))
        self.chores = VirtualExecutor(clock, 0.002)
        self.accounts = Accounts(appliance.bus, clock, self.chores, store, HASHER, LoginRules(tries=5, lock_ms=600_000), CountedSecrets())
        window = Window(
            appliance.bus,
            clock,
            appliance.switch,
            appliance.acd,
            appliance.store,
            appliance.reader,
            appliance.outside.reader,
            day.folder / "recordings",
            lambda: appliance.site,
            appliance.asking.media,
            lambda: group_rows(appliance.trunk_groups),
        )
        surrounded = Surrounded(day.rig.world, day.rig.exchange, day.rig.phones)
        self.bench = SimulatedBench(surrounded, lambda: appliance.site) if bench else None
        self.certificate = PageCertificate(folder, lambda: "box", clock, appliance.bus)
        numbers = itertools.count()
        around = Surroundings(
            day.rig._twisted,
            clock,
            self.chores,
            lambda: f"token{next(numbers):027d}",
            lambda language: translator({}, language),
            self.log.append,
            appliance.ask,
            site_as_yaml,
            lambda verb, octets, done, failed: self.chores.submit(lambda: work(verb, octets), done, failed),
            self.certificate,
            secure=secure,
            bench=self.bench,
        )
        self.site = make_site(window, day.rig.appliance.sites, self.accounts, around)

    def close(self) -> None:
        """The page ends, and every connection with it."""
        connections = list(self.site.factory._connections)
        self.site.close()
        for channel in connections:
            channel.connectionLost(Failure(ConnectionDone()))

    def wait(self, ms: int) -> None:
        """Virtual time passes."""
        self.day.rig.world.run_for(ms)

    def later(self, minutes: float) -> None:
        """For the page it is that much later."""
        self.clock.ahead_ns += round(minutes * 60e9)

    def person(self, name: str = "", **headers: str) -> Person:
        """A browser; logged in when a name is given."""
        person = Person(self, headers)
        if name:
            assert person.log_in(name).status == 303
        return person


@dataclass
class Open:
    """A connection with an answer that goes on."""

    transport: StringTransport
    channel: Any
    read: int = 0

    def news(self) -> str:
        """What came since the last look."""
        octets: bytes = self.transport.value()
        fresh, self.read = octets[self.read :], len(octets)
        return fresh.decode()

    def leave(self) -> None:
        """The browser goes away."""
        self.channel.connectionLost(Failure(ConnectionDone()))


@dataclass
class Person:
    """A browser with a cookie jar. It sends what Chromium sends, as far as the page looks at it."""

    pages: Pages
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, b"", headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> Reply:
        headers = {"content_type": "application/x-www-form-urlencoded", **headers}
        return self.ask("POST", path, urlencode(form).encode(), headers)

    def submit(self, page: str, path: str, form: dict[str, str]) -> Reply:
        """Open a page and send a form of it."""
        return self.post(path, {"csrf": self.get(page).csrf, **form})

    def upload(self, path: str, form: dict[str, str], name: str, octets: bytes) -> Reply:
        """Send a form with a file in its field ``file``, as a browser does (RFC 7578); without a token it is fetched first."""
        form = form if "csrf" in form else {"csrf": self.get(path).csrf, **form}
        parts = [f'--edge\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in form.items()]
        head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        body = b"".join(parts) + head.encode() + octets + b"\r\n--edge--\r\n"
        return self.ask("POST", path, body, {"content_type": "multipart/form-data; boundary=edge"})

    def log_in(self, name: str, password: str = PASSWORD) -> Reply:
        return self.submit("/login", "/login", {"name": name, "password": password})

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        """One request on a connection of its own, and its answer."""
        opened = self.open(method, path, body, headers)
        for _ in range(100):
            if opened.transport.disconnecting or opened.transport.disconnected:
                break
            self.pages.wait(20)
        reply = _parsed(opened.transport.value(), self.pages.secure)
        reply.cut_off = opened.transport.disconnected and not opened.transport.disconnecting
        for key, value in reply.headers:
            if key == "set-cookie":
                name, _, rest = value.partition("=")
                self.cookies[name] = rest.partition(";")[0]
        opened.leave()
        return reply

    def open(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Open:
        """Send a request and do not wait."""
        given = {"host": "box.example", "accept": "text/html", "connection": "close", **self.headers, **(headers or {})}
        if body or method == "POST":
            given.setdefault("content-length", str(len(body)))
        if self.cookies:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items() if value)
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items() if value)
        channel = self.pages.site.factory.buildProtocol(None)
        transport = StringTransport()
        channel.makeConnection(transport)
        channel.dataReceived(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return Open(transport, channel)


def _parsed(octets: bytes, secure: bool) -> Reply:
    del secure
    head, _, body = octets.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines[1:])]
    if ("transfer-encoding", "chunked") in headers:
        body = _joined(body)
    return Reply(int(lines[0].split()[1]), headers, body)


def _joined(chunks: bytes) -> bytes:
    body = b""
    while chunks:
        length, _, rest = chunks.partition(b"\r\n")
        size = int(length, 16)
        body += rest[:size]
        chunks = rest[size + 2 :]
    return body


def logged(pages: Pages, part: str) -> list[str]:
    """Lines of the page's log with this in them."""
    return [line for line in pages.log if part in line]


Maker = Callable[..., Pages]
