"""The console as a technician sees it: transcripts played on a pseudo-terminal against a real appliance in virtual time.

A transcript begins with ``scene:``, ``width:`` and ``rows:`` lines and an empty line. A line with a prompt is typed: what the line holds
already is not typed again, ``<Tab>``, ``<Up>`` and the like are keys, and Enter follows unless the line ends with a key or ``?``. The other
lines are what must be read then; ``...`` stands for any lines, ``... !word`` for any lines without this word. A line with a question ends
with the reply: ``[y/N] <y>``; what is typed unseen stands in braces: ``PIN (what is typed is not shown): {1357}``.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from twisted.internet import defer
from twisted.internet.selectreactor import SelectReactor

from appliance.building import Sounds
from appliance.console_fronts import answer_restarts
from appliance.door import DoorServer, Peer
from appliance.options import door_path
from appliance.prompts import load
from appliance.rig import Rig
from appliance.site_file import demo_site_file, read_site
from console.session import CHANGED_PROMPT, PROMPT
from console.tables import columns
from engine.kernel.text import Text
from engine.people.actors import Actor, Role
from hwsim.people import Subscriber
from tests.console.screen import Screen
from tests.trunk_site import trunk_site

ROOT = Path(__file__).resolve().parents[2]
TRANSCRIPTS = sorted(Path(__file__).parent.glob("*.txt"))
MORE = "-- more"
PROMPTS = (PROMPT, CHANGED_PROMPT, MORE)
ASKS_A_PERSON = re.compile(r"\[y/N\] $|\): $")
REPLY = re.compile(r"^(.*(?:\[y/N\]|\):) )(?:<([yn])>|\{(.*)\})$")
ROUNDS_MAX = 3000
"""Rounds of 10 ms that a test waits for something; it never waits for longer than needed."""
KEYS = {
    "Tab": "\t",
    "Enter": "\r",
    "Space": " ",
    "q": "q",
    "y": "y",
    "n": "n",
    "Up": "\x1b[A",
    "Down": "\x1b[B",
    "Left": "\x1b[D",
    "Home": "\x1b[H",
    "Backspace": "\x7f",
    "Ctrl-C": "\x03",
    "Ctrl-D": "\x04",
    "Ctrl-U": "\x15",
    "Noise": "\x1b[99;99\x1b[\x00\x9b\xff\x1b\x1b[999Q",
}


def log_in(rig: Rig, phone: str, agent: str, pin: str) -> None:
    """An agent lifts the phone, logs in by keys, and hangs up."""
    desk = rig.phones[phone]
    desk.lift()
    rig.world.run_for(800)
    desk.press(f"*11{agent}#{pin}#")
    rig.world.run_for(6000)
    desk.hang_up()
    rig.world.run_for(1500)


def call_in(rig: Rig, *lines: int) -> None:
    """Customers telephone on these lines and choose the queue, one a second after the other."""
    customers = [Subscriber(rig.world, rig.exchange, f"customer {line}", f"1380013800{line}") for line in lines]
    for customer, line in zip(customers, lines, strict=True):
        customer.call(f"line-{line}")
    assert rig.world.run_until(lambda: all(customer.talking for customer in customers), 20_000)
    for _ in range(2):
        rig.world.run_for(4000)
        for customer in customers:
            customer.press("1")
            rig.world.run_for(1000)
    rig.world.run_for(5000)


def quiet(_rig: Rig) -> None:
    """Nobody is there."""


def two_callers(rig: Rig) -> None:
    """Agent 1001 is rung for the first caller, the second waits behind."""
    log_in(rig, "phone-801", "1001", "2580")
    call_in(rig, 1, 2)


def a_trunk(rig: Rig) -> None:
    """An E1 trunk whose D channel is up."""
    rig.world.run_for(3000)


SCENES: Mapping[str, Callable[[Rig], None]] = {"quiet": quiet, "two callers": two_callers, "a trunk": a_trunk}
SITES: Mapping[str, Callable[[Path], Path]] = {"a trunk": trunk_site}
"""Scenes that need another site than the demo's."""


class Machine:
    """Notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def restart(self) -> None:
        self.asked.append("restart")

    def reboot(self, done: Callable[[], None], failed: Callable[[Text], None]) -> None:
        del failed
        self.asked.append("reboot")
        done()


class Box:
    """A real appliance in virtual time, behind a real door that is served in real time."""

    def __init__(self, folder: Path, prompts: Path, site_file: Path | None = None) -> None:
        site = read_site(site_file or demo_site_file())
        self.rig = Rig(site, folder, Sounds(load(prompts)), 1, log=lambda _line: None)
        self.machine = Machine()
        answer_restarts(self.rig.appliance, self.machine)
        self.rig.start()
        self.reactor = SelectReactor()
        self._door = DoorServer(self.reactor, door_path(folder), self._answer, lambda _line: None)
        self._door.start()

    def close(self) -> None:
        """Shut the door, stop the appliance."""
        self.shut_door()
        self.reactor.disconnectAll()
        self.rig.stop()

    def shut_door(self) -> None:
        """Nobody can ask any more. Twice does nothing."""
        closed: list[object] = []
        self._door.stop().addCallback(closed.append)
        while not closed or self._door._connections:
            self.reactor.iterate(0.01)

    def _answer(self, peer: Peer, request: Mapping[str, Any]) -> defer.Deferred[Any]:
        answered: defer.Deferred[Any] = defer.Deferred()
        self.rig.appliance.ask(Actor(Role.TECHNICIAN, f"uid {peer.uid}"), request, answered.callback, answered.errback)
        assert self.rig.world.run_until(lambda: answered.called, 5000)
        return answered


class Terminal:
    """The console on a pseudo-terminal of this size, and what stands on its screen."""

    def __init__(self, box: Box, data: Path, width: int, rows: int, language: str) -> None:
        self.box = box
        self.screen = Screen(width)
        self._fd, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, width, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        words = [sys.executable, "-m", "appliance.cli", "console", "--data", str(data), "--language", language]
        environment = {**os.environ, "TERM": "dumb", "PYTHONUTF8": "1"}
        self.process = subprocess.Popen(words, cwd=ROOT, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        self._rest = b""

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.slave)
        os.close(self._fd)

    def until(self, true: Callable[[], bool]) -> None:
        for _ in range(ROUNDS_MAX):
            self._read()
            if true():
                return
            self.box.reactor.iterate(0.01)
        raise AssertionError("nothing came; the screen:\n" + "\n".join(self.screen.lines))

    def send(self, keys: str) -> None:
        os.write(self._fd, keys.encode("latin-1") if keys == KEYS["Noise"] else keys.encode())

    def state(self) -> tuple[int, str, int]:
        return len(self.screen.lines), self.screen.current, self.screen.bells

    def asks(self) -> bool:
        """The console waits for keys, or is over."""
        current = self.screen.current
        return current.startswith(PROMPTS) or ASKS_A_PERSON.search(current) is not None or self.process.poll() is not None

    def press(self, name: str) -> None:
        """One special key, and wait for what it does."""
        before = self.state()
        self.send(KEYS[name])
        if name == "Noise":
            return
        self.until(lambda: self.process.poll() is not None or (self.state() != before and self.asks()))

    def type(self, written: str) -> None:
        """Characters, and wait for their echo."""
        if written:
            wanted = self.screen.current + written
            self.send(written)
            scrolls = columns(wanted) >= self.screen.width
            self.until(lambda: self.screen.current.endswith(written[-5:]) if scrolls else self.screen.current == wanted)

    def _read(self) -> None:
        while select.select([self._fd], [], [], 0)[0]:
            try:
                octets = os.read(self._fd, 65536)
            except OSError:
                return
            self._rest += octets
            whole = self._rest.decode("utf-8", "ignore")
            self._rest = self._rest[len(whole.encode()) :]
            self.screen.take(whole)


def play(terminal: Terminal, lines: list[str]) -> None:
    """Type what is typed, and compare what comes."""
    seen, expected = 0, list[str]()
    terminal.until(terminal.asks)
    for number, line in enumerate(lines, start=1):
        reply = REPLY.match(line)
        if not line.startswith(PROMPTS) and reply is None:
            expected.append(line)
            continue
        compare(terminal.screen.lines[seen:-1], expected, number)
        expected = []
        # a question for more is overwritten by what follows it, a prompt stays and is not to be read again
        seen = len(terminal.screen.lines) - (1 if line.startswith(MORE) else 0)
        if reply is not None:
            assert terminal.screen.current == reply[1], f"line {number}: the screen has {terminal.screen.current!r}"
            answer(terminal, reply)
            continue
        typed = line[len(terminal.screen.current) :] if line.startswith(terminal.screen.current) else f"the line is not {line!r}"
        assert line.startswith(terminal.screen.current), f"line {number}: the screen has {terminal.screen.current!r}"
        act(terminal, typed)
    compare(terminal.screen.lines[seen:-1], expected, len(lines))


def answer(terminal: Terminal, reply: re.Match[str]) -> None:
    """What a person replies to a question, and wait for what comes of it."""
    before = terminal.state()
    terminal.send(reply[2] or f"{reply[3]}\r")
    terminal.until(lambda: terminal.state() != before and terminal.asks() and terminal.state()[0] > before[0])


def act(terminal: Terminal, typed: str) -> None:
    """Keys and characters; Enter at the end unless there is a key already."""
    pieces = [piece for piece in re.split(r"(<[A-Za-z-]+>|\?)", typed) if piece]
    for piece in pieces:
        if piece == "?":
            before = terminal.state()
            terminal.send("?")
            terminal.until(lambda before=before: terminal.state() != before and terminal.state()[0] > before[0] and terminal.asks())  # type: ignore[misc]  # mypy cannot infer a lambda's default
        elif piece.startswith("<") and piece[1:-1] in KEYS:
            terminal.press(piece[1:-1])
        else:
            terminal.type(piece)
    if not pieces or not (pieces[-1] == "?" or (pieces[-1].startswith("<") and pieces[-1] != "<Noise>")):
        terminal.press("Enter")


def compare(came: list[str], expected: list[str], number: int) -> None:
    """Raises AssertionError unless the lines are the expected ones."""
    rest = list(came)
    place = 0
    while place < len(expected):
        wanted = expected[place]
        if wanted.startswith("..."):
            absent = wanted.partition("!")[2].strip()
            after = expected[place + 1] if place + 1 < len(expected) else None
            until = len(rest) if after is None else next((i for i, line in enumerate(rest) if line == after), -1)
            assert until >= 0, f"before line {number}: {after!r} did not come in {came}"
            assert not absent or not any(absent in line for line in rest[:until]), f"before line {number}: {absent!r} came in {came}"
            rest = rest[until:]
        else:
            assert rest, f"before line {number}: {wanted!r} did not come in {came}"
            assert rest.pop(0) == wanted, f"before line {number}: wanted {wanted!r} in {came}"
        place += 1
    assert not rest, f"before line {number}: more came: {rest}"


@pytest.fixture(params=TRANSCRIPTS, ids=lambda file: file.stem)
def played(request: pytest.FixtureRequest, tmp_path: Path, prompts_folder: Path) -> Any:
    """A terminal in the transcript's scene, and the transcript's lines."""
    head, _, body = request.param.read_text("utf-8").partition("\n\n")
    settings = dict(line.split(": ", 1) for line in head.splitlines() if not line.startswith("#"))
    site_file = SITES[settings["scene"]](tmp_path) if settings["scene"] in SITES else None
    box = Box(tmp_path, prompts_folder, site_file)
    SCENES[settings["scene"]](box.rig)
    terminal = Terminal(box, tmp_path, int(settings["width"]), int(settings["rows"]), settings.get("language", "en"))
    yield terminal, body.rstrip("\n").splitlines()
    terminal.close()
    box.close()


def test_the_console_reads_as_written(played: tuple[Terminal, list[str]]) -> None:
    """What a technician types gives what the transcript says; the console leaves with status 0 and the terminal as it was."""
    terminal, lines = played
    play(terminal, lines)
    terminal.until(lambda: terminal.process.poll() is not None)
    assert terminal.process.returncode == 0
    assert termios.tcgetattr(terminal.slave) == terminal.before
