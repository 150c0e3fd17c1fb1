"""The example program on a running box, over TLS, by its certificate's fingerprint."""

from __future__ import annotations

import hashlib
import os
import select
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.site_file import demo_site_file
from engine.people.actors import Role
from engine.people.tokens import ApiToken, digest_of
from engine.people.users import User
from engine.store.accounts import AccountStore
from examples.watch_calls import Event, Events
from tests.browser.relay import Relay
from tests.journeys.process import LINE_WITHIN_S, ROOT, Running, data_folder

TOKEN = f"stw_{'watcher':_<43}"
WATCH = str(ROOT / "examples" / "watch_calls.py")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def keep_watcher(data: Path) -> None:
    """An administrator with a token, as if both had been made on the page."""
    store = AccountStore(data)
    store.save(User("watcher", frozenset({Role.ADMINISTRATOR}), "", "no password opens this"))
    store.save_token(digest_of(TOKEN), ApiToken(digest_of(TOKEN)[:12], "watcher", "watch", 0))
    store.close()


class Watching:
    """``watch_calls.py`` as a process."""

    def __init__(self, address: str, *words: str) -> None:
        environment = {**os.environ, "STROWGER_TOKEN": TOKEN}
        self.process = subprocess.Popen(
            [sys.executable, WATCH, address, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.said = ""

    def until(self, words: str) -> None:
        """Read what it says until these words come."""
        assert self.process.stdout is not None
        fd = self.process.stdout.fileno()
        while words not in self.said:
            assert select.select([fd], [], [], LINE_WITHIN_S)[0], f"{words!r} did not come:\n{self.said}"
            octets = os.read(fd, 65536)
            assert octets, f"it ended before {words!r}:\n{self.said}"
            self.said += octets.decode()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[tuple[Running, int, str]]:
    """A running box with the demo's calls, the port of its page, and its certificate's fingerprint."""
    folder = tmp_path_factory.mktemp("watched")
    port = free_port()
    site = folder / "site.yaml"
    site.write_text(demo_site_file().read_text(encoding="utf-8") + f"\nweb:\n  port: {port}\n", encoding="utf-8")
    data = data_folder(folder / "data", prompts_folder)
    keep_watcher(data)
    with Running(data, "--site", str(site)) as running:
        running.until("the page is at ")
        der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))
        yield running, port, hashlib.sha256(der).hexdigest().upper()


def test_an_event_that_was_broken_off_is_not_told_and_comes_again() -> None:
    """The place in the stream goes on with whole events only; comments, bare ids and lines of other kinds disturb nothing."""
    events = Events("1-1")
    lines = b"retry: 2000\n\nid: 2-2\nevent: fact\ndata: {}\n\n: \nid: 3-3\n\nwhat: 5\nid: 4-4\nevent: fact\ndata: [1]\n"
    assert list(events.of(lines.splitlines(keepends=True))) == [Event("fact", "{}")]
    assert events.last_id == "3-3"
    assert list(events.of([b"data: a\r\n", b"data:b\r\n", b"\r\n"])) == [Event("message", "a\nb")]


@pytest.mark.alone
def test_calls_are_told_as_they_happen_and_after_a_broken_connection(box: tuple[Running, int, str]) -> None:
    """Whoever starts the example reads the demo's call as sentences; a cut connection loses no event and doubles none."""
    _running, port, fingerprint = box
    relay = Relay(port)
    watching = Watching(f"https://127.0.0.1:{relay.port}/", "--fingerprint", fingerprint)
    try:
        watching.until("calls now --")
        watching.until("waits in queue service")
        relay.cut()
        watching.until("trying again")
        relay.mend()
        watching.until("has ended")
    finally:
        watching.close()
        relay.close()
    told = [line for line in watching.said.splitlines() if not line.startswith("--")]
    assert len(set(told)) == len(told), watching.said
    assert [line for line in told if "is connected to agent" in line]
    assert "could not be told" not in watching.said
    assert watching.said.count("calls now --") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--fingerprint", "AB" * 32), "this is not the box that was meant"), ((), "vouched for by nobody")],
)
def test_another_box_is_told_no_token(box: tuple[Running, int, str], words: tuple[str, ...], said: str) -> None:
    """Whoever meets another certificate than the one that was meant sends nothing to it."""
    watching = Watching(f"https://127.0.0.1:{box[1]}/", *words)
    try:
        watching.until(said)
        assert watching.process.wait(LINE_WITHIN_S) == 1
    finally:
        watching.close()
