"""How fast the page answers while a hundred browsers watch a busy site: pages, live news, console commands, processor time.

Run ``python -m bench.page_load [--browsers 100] [--channels 240] [--facts 10] [--seconds 60]`` from the checkout. A process of its own is
the appliance on simulated boards, with as many people telephoning as make the wanted facts; this process is the browsers and the
console. The simulated world shares the appliance's reactor, so its cost is in every figure; a real board has none of it.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.door_client import DoorClient
from appliance.options import door_path
from bench.busy_site import PASSWORD, PORT, USER

HOST = "127.0.0.1"
PAGES = ("/live", "/calls", "/agents", "/extensions", "/settings", "/settings/queues")
COMMANDS = ("status", "lines", "phones", "agents", "queues", "calls", "facts", "log")
PAGE_EVERY_S = 0.1
COMMAND_EVERY_S = 0.5
STARTS_WITHIN_S = 180.0
WARM_UP_S = 5.0
READ_MOST = 1 << 18
MARK = re.compile(rb"id: \d+\.\d+\.(\d+)\n")


@dataclass
class Browser:
    """One live page: its socket, and when it first saw each fact."""

    wire: socket.socket
    begun: bytes = b""
    octets: int = 0
    seen_ns: dict[int, int] = field(default_factory=dict)
    newest: int = 0

    def read(self) -> bool:
        """Take what has come; False when the stream has ended."""
        data = self.wire.recv(READ_MOST)
        now_ns = time.monotonic_ns()
        self.octets += len(data)
        self.begun = (self.begun + data)[-READ_MOST:]
        for found in MARK.finditer(self.begun):
            self.newest = max(self.newest, int(found[1]))
        self.seen_ns.setdefault(self.newest, now_ns)
        self.begun = self.begun[self.begun.rfind(b"\n\n") + 2 :]
        return bool(data)


class Visitor:
    """A logged-in browser that asks for pages."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self._wire = http.client.HTTPConnection(HOST, PORT, timeout=30)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes, bytes]:
        """Status, body as it came, and body unpacked."""
        from urllib.parse import urlencode  # noqa: PLC0415  # only the login needs it

        body = urlencode(form) if form is not None else None
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "accept": "text/html"}
        headers["accept-encoding"] = "gzip"
        if form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        self._wire.request(method, path, body, headers)
        answer = self._wire.getresponse()
        raw = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie = value.split(";")[0].partition("=")
                self.cookies[cookie[0]] = cookie[2]
        whole = gzip.decompress(raw) if answer.getheader("content-encoding") == "gzip" else raw
        return answer.status, raw, whole

    def log_in(self) -> None:
        """As a person does it."""
        _status, _raw, page = self.ask("GET", "/login")
        found = re.search(rb'name="csrf" value="([^"]+)"', page)
        assert found is not None
        status, _raw, _page = self.ask("POST", "/login", {"csrf": found[1].decode(), "name": USER, "password": PASSWORD})
        assert status == 303, f"login: {status}"

    def watch(self) -> Browser:
        """A live page of this login."""
        wire = socket.create_connection((HOST, PORT))
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        wire.sendall(f"GET /live/stream HTTP/1.1\r\nHost: {HOST}:{PORT}\r\nAccept: text/event-stream\r\nCookie: {cookie}\r\n\r\n".encode())
        wire.setblocking(False)
        return Browser(wire)


def first_load(visitor: Visitor) -> int:
    """Octets over the wire of the live page with everything that it brings along."""
    _status, raw, page = visitor.ask("GET", "/live")
    total = len(raw)
    for path in sorted(set(re.findall(rb'(?:src|href)="(/static/[^"]+)"', page))):
        total += len(visitor.ask("GET", path.decode())[1])
    return total


def processor_s(pid: int) -> float:
    """Processor time of a process so far."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / 100


def p99(values: Sequence[float]) -> float:
    """The value that one of a hundred exceeds."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] if ordered else float("nan")


def run(arguments: argparse.Namespace, data: Path) -> dict[str, Any]:
    """All figures of one run."""
    words = [sys.executable, "-m", "bench.busy_site", str(data), str(arguments.channels), str(arguments.facts)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as appliance:
        try:
            _wait_for_page(appliance)
            return _measure(arguments, data, appliance.pid)
        finally:
            appliance.terminate()
            appliance.wait(30)


def _wait_for_page(appliance: subprocess.Popen[str]) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        if appliance.poll() is not None:
            raise SystemExit("the appliance has ended")
        try:
            socket.create_connection((HOST, PORT), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the page did not come")


def _measure(arguments: argparse.Namespace, data: Path, pid: int) -> dict[str, Any]:
    visitors = [Visitor() for _ in range(-(-arguments.browsers // 10))]
    for visitor in visitors:
        visitor.log_in()
    load = first_load(visitors[0])
    looks = selectors.DefaultSelector()
    browsers = [visitors[number // 10].watch() for number in range(arguments.browsers)]
    for browser in browsers:
        looks.register(browser.wire, selectors.EVENT_READ, browser)
    pages_ms: dict[str, list[float]] = {path: [] for path in PAGES}
    asking = subprocess.Popen(
        [sys.executable, "-m", "bench.page_load", "--ask", str(arguments.seconds), str(data)], stdout=subprocess.PIPE, text=True
    )
    began, spent = time.monotonic(), processor_s(pid)
    ended = 0
    while time.monotonic() < began + arguments.seconds + WARM_UP_S:
        for key, _events in looks.select(0.5):
            if not key.data.read():
                looks.unregister(key.fileobj)
                ended += 1
    spent = processor_s(pid) - spent
    took = time.monotonic() - began
    told, _ = asking.communicate(timeout=60)
    asked = json.loads(told)
    pages_ms = asked["pages"]
    facts = [json.loads(line) for line in (data / "facts.jsonl").read_text().splitlines()]
    late_ms = _lateness(facts, browsers, began + WARM_UP_S)
    every = [time_ms for times in pages_ms.values() for time_ms in times]
    commands = asked["commands"]
    return {
        "browsers": arguments.browsers,
        "browsers_cut": ended,
        "channels": arguments.channels,
        "seconds": round(took),
        "facts_a_second": round(sum(fact["ns"] >= began * 1e9 for fact in facts) / took, 1),
        "page_ms": {
            "count": len(every),
            "p50": round(statistics.median(every), 1),
            "p99": round(p99(every), 1),
            "max": round(max(every), 1),
        },
        "page_p99_ms": {path: round(p99(times), 1) for path, times in pages_ms.items()},
        "fact_to_browser_ms": {"count": len(late_ms), "p50": round(statistics.median(late_ms), 1), "p99": round(p99(late_ms), 1)},
        "console_ms": {"count": len(commands), "p50": round(statistics.median(commands), 1), "p99": round(p99(commands), 1)},
        "first_load_kb": round(load / 1000, 1),
        "cpu_percent_of_a_core": round(100 * spent / took, 1),
        "stream_kb_a_browser_s": round(sum(browser.octets for browser in browsers) / len(browsers) / took / 1000, 2),
    }


def _lateness(facts: list[dict[str, int]], browsers: list[Browser], since_s: float) -> list[float]:
    """For each fact and browser: from publishing to the first news that stands at or after it."""
    late: list[float] = []
    wanted = [fact for fact in facts if fact["ns"] >= since_s * 1e9]
    for browser in browsers:
        marks = sorted(browser.seen_ns.items())
        place = 0
        for fact in wanted:
            while place < len(marks) and marks[place][0] < fact["seq"]:
                place += 1
            if place < len(marks):
                late.append((marks[place][1] - fact["ns"]) / 1e6)
    return late


def ask_pages(seconds: float, data: Path) -> None:
    """The role of the one who reads pages and types commands: prints what each took."""
    visitor, client = Visitor(), DoorClient()
    visitor.log_in()
    pages: dict[str, list[float]] = {path: [] for path in PAGES}
    commands: list[float] = []
    time.sleep(WARM_UP_S)
    until, turn, next_command = time.monotonic() + seconds, 0, 0.0
    while time.monotonic() < until:
        path = PAGES[turn % len(PAGES)]
        began = time.perf_counter()
        status, _raw, _page = visitor.ask("GET", path)
        pages[path].append((time.perf_counter() - began) * 1000)
        assert status == 200, f"{path}: {status}"
        if time.monotonic() >= next_command:
            next_command = time.monotonic() + COMMAND_EVERY_S
            began = time.perf_counter()
            client.ask(door_path(data), COMMANDS[turn % len(COMMANDS)])
            commands.append((time.perf_counter() - began) * 1000)
        turn += 1
        time.sleep(PAGE_EVERY_S)
    print(json.dumps({"pages": pages, "commands": commands}))


def main() -> None:
    """Print the figures as one JSON object."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--browsers", type=int, default=100)
    words.add_argument("--channels", type=int, default=240)
    words.add_argument("--facts", type=float, default=10.0)
    words.add_argument("--seconds", type=float, default=60.0)
    words.add_argument("--ask", type=float, help=argparse.SUPPRESS)
    words.add_argument("data", nargs="?", type=Path, help=argparse.SUPPRESS)
    arguments = words.parse_args()
    if arguments.ask is not None:
        ask_pages(arguments.ask, arguments.data)
        return
    with tempfile.TemporaryDirectory(prefix="strowger-load-") as folder:
        print(json.dumps(run(arguments, Path(folder)), indent=2))


if __name__ == "__main__":
    main()
