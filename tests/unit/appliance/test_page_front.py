"""The page's port, its certificate, and the first login of a new box."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.error import CannotListenError
from twisted.internet.testing import MemoryReactorClock

from appliance.building import Sounds
from appliance.data_folder import DataFolder
from appliance.live import LiveAppliance
from appliance.page_front import AGAIN_S, PageFront
from appliance.site_file import demo_site_file, parse_site, read_site
from engine import facts
from engine.kernel.text import Text
from engine.people.actors import Actor, Role
from engine.people.users import User
from engine.store.journal import Reading

TOLD_WITHIN_S = 30.0
"""Only to end a test that would hang."""

ONLY_HERE = "the page is at https://127.0.0.1:8443/ (for this machine only: the setting web.address opens it to others)"


class Reactor(MemoryReactorClock):
    """Time by hand, ports that may be taken; what threads tell is done when the test asks for it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's reactor for tests has no types
        self.taken = False
        self._told: list[Callable[[], object]] = []
        self._came = threading.Semaphore(0)

    def callFromThread(self, act: Callable[..., object], *given: object) -> None:  # noqa: N802  # Twisted's name
        self._told.append(lambda: act(*given))
        self._came.release()

    def hear_thread(self) -> None:
        """Do the next thing that a thread has told."""
        assert self._came.acquire(timeout=TOLD_WITHIN_S)
        self._told.pop(0)()

    def listenSSL(self, port: int, factory: Any, *rest: Any, **more: Any) -> Any:  # noqa: N802  # Twisted's name
        if self.taken:
            raise CannotListenError("127.0.0.1", port, OSError(98, "Address already in use"))
        return super().listenSSL(port, factory, *rest, **more)  # type: ignore[no-untyped-call]  # Twisted has no types here


class Box:
    """An appliance with its page, not on any network."""

    def __init__(self, folder: Path, *, http: bool = False, more: str = "") -> None:
        self.folder = DataFolder(folder)
        self.reactor = Reactor()
        self.log: list[str] = []
        self.said: list[str] = []
        site = parse_site(demo_site_file().read_text(encoding="utf-8") + more, "site")
        self.live = LiveAppliance(self.reactor, site, self.folder, Sounds({}, {"": b"\xd5"}), self.log.append)
        self.front = PageFront(self.reactor, self.live, folder, self.log.append, self.say, http=http)

    def say(self, said: Text) -> None:
        self.said.append(said.in_english())

    def close(self) -> None:
        self.front.stop()
        self.live.close()
        self.folder.close()

    def alarms(self) -> list[Any]:
        self.live.close()
        kinds = (facts.AlarmRaised, facts.AlarmCleared)
        return [fact for fact in (envelope.fact for envelope in Reading(self.folder.journal)) if isinstance(fact, kinds)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def box(folder: Path) -> Iterator[Box]:
    made = Box(folder)
    yield made
    made.close()


def test_a_new_box_tells_its_address_and_first_login_once(box: Box, folder: Path) -> None:
    """The newcomer reads where the page is and how to get in; the next start does not say the password again, nor change it."""
    box.front.open()
    box.reactor.hear_thread()
    assert box.said[0] == ONLY_HERE
    assert box.said[1].startswith("first login: admin / ")
    password = box.said[1].split()[-1]
    assert len(password) == 19
    assert password not in "".join(box.log)
    ((port, _, _, _, address),) = box.reactor.sslServers
    assert (port, address) == (8443, "127.0.0.1")
    box.close()
    again = Box(folder)
    again.front.open()
    again.reactor.hear_thread()
    assert again.said == [ONLY_HERE]
    again.close()


def test_without_encryption_only_this_machine_is_served(folder: Path) -> None:
    """With --http no password crosses a network, whatever the address in the settings."""
    box = Box(folder, http=True, more="\nweb: {address: 0.0.0.0, port: 8080}\n")
    box.front.open()
    ((port, _, _, address),) = box.reactor.tcpServers
    assert (port, address) == (8080, "127.0.0.1")
    assert not box.reactor.sslServers
    assert not (folder / "tls").exists()
    assert box.front.address == "http://127.0.0.1:8080/"
    box.close()


def test_a_taken_port_costs_no_call(box: Box) -> None:
    """When another program has the port the appliance runs on, says so, raises one alarm, and takes the port when it is free."""
    box.reactor.taken = True
    box.live.appliance.start()
    box.front.open()
    assert "there is no page at https://127.0.0.1:8443/" in box.said[0]
    box.reactor.advance(AGAIN_S)
    box.reactor.taken = False
    box.reactor.advance(AGAIN_S)
    assert box.said[-1] == ONLY_HERE
    assert len(box.said) == 2
    assert [type(alarm) for alarm in box.alarms()] == [facts.AlarmRaised, facts.AlarmCleared]


def test_a_broken_certificate_is_told_and_a_mended_one_taken(box: Box, folder: Path) -> None:
    """Who put a wrong file there reads which one; putting it right needs no restart."""
    (folder / "tls").mkdir()
    for name in ("certificate.pem", "key.pem"):
        (folder / "tls" / name).write_text("nonsense")
    box.front.open()
    assert "tls" in box.said[0]
    for path in (folder / "tls").iterdir():
        path.unlink()
    box.reactor.advance(AGAIN_S)
    assert box.said[-1] == ONLY_HERE


def test_a_site_without_page_has_none(folder: Path) -> None:
    """Port 0 switches the page off: nothing listens, no account is made."""
    box = Box(folder, more="\nweb: {port: 0}\n")
    box.front.open()
    assert box.said == []
    assert not box.reactor.sslServers
    box.close()


def test_a_stop_while_the_port_is_waited_for_ends_the_waiting(box: Box) -> None:
    """After a stop nothing listens any more, whatever was under way."""
    box.reactor.taken = True
    box.front.open()
    box.front.stop()
    box.reactor.taken = False
    box.reactor.advance(2 * AGAIN_S)
    assert not box.reactor.sslServers


def test_a_forgotten_password_is_replaced_at_the_machine(box: Box) -> None:
    """The technician's command gives the account a password that works, and ends the logins that there are; a user's name must exist."""
    box.front.open()
    for _ in ("the account", "the templates"):
        box.reactor.hear_thread()
    came: list[Any] = []
    technician = Actor(Role.TECHNICIAN, "uid 0")
    _, session = box.front.site.house.sessions.begin(User("admin", frozenset(), "", ""))
    for name in ("admin", "nobody"):
        box.live.appliance.ask(technician, {"command": "new_password", "user": name}, came.append, came.append)
        box.reactor.hear_thread()
    given, refused = came
    assert given["user"] == "admin"
    assert str(refused) == "There is no user nobody."
    assert not box.front.site.house.sessions.keep_alive(session)
    box.front.site.house.accounts.log_in("admin", given["password"], came.append, came.append)
    box.reactor.hear_thread()
    assert came[-1].must_change
    assert given["password"] not in "".join(box.log)


def test_the_demo_site_serves_only_its_own_machine() -> None:
    """A newcomer's box is not open to the network before somebody decides so."""
    assert read_site(demo_site_file()).web.address == "127.0.0.1"
