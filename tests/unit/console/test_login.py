"""A terminal that is always there: name, password, session, and the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.idle import WARNING_S
from console.login import REST_S, TYPING_WITHIN_S, LineRules, LoginTerminal
from console.outlet import CUT, Outlet
from console.session import Ask
from engine.kernel.errors import EnvironmentFault, Refused
from engine.kernel.text import text
from engine.people.actors import Role
from engine.people.users import User
from tests.console.screen import Screen
from tests.fakes import FakeClock

ADMIN = User("admin", frozenset({Role.ADMINISTRATOR}), "en", "")
PASSWORD = "green-heron-at-nine"


@dataclass
class Gate:
    """Lets ``admin`` in with the right password, when the test says so; everybody asks the same appliance."""

    tries: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    rescues: list[str] = field(default_factory=list)
    behind: bool = False
    answers: list[Callable[[], None]] = field(default_factory=list)

    def log_in(self, name: str, password: str, done: Callable[[User], None], failed: Callable[[Exception], None]) -> None:
        if self.behind:
            raise EnvironmentFault(text("chores is behind"))
        self.tries.append((name, password))
        right = (name, password) == ("admin", PASSWORD)
        self.answers.append((lambda: done(ADMIN)) if right else (lambda: failed(Refused(text("User name or password is wrong.")))))

    def ask_as(self, user: User) -> Ask:
        def ask(command: str, _arguments: Mapping[str, object], done: Callable[[Mapping[str, Any]], None], _failed: object) -> None:
            self.asked.append(f"{user.name} {command}")
            done({"lines": ["a line of the log"]})

        return ask

    def rescue(self) -> Ask | None:
        self.rescues.append("in")

        def ask(command: str, arguments: Mapping[str, object], done: Callable[[Mapping[str, Any]], None], _failed: object) -> None:
            self.asked.append(f"rescue {command}")
            done({"user": arguments["user"], "password": "abcd-efgh"})

        return ask

    def rescue_over(self) -> None:
        self.rescues.append("out")


class Line:
    """A login terminal on a screen."""

    def __init__(self, *, rescue: bool = True, width: int = 80) -> None:
        self.clock = FakeClock()
        self.screen = Screen(width)
        self.gate = Gate()
        self.log: list[str] = []
        rules = LineRules("Test box", idle_min=10, rescue=rescue)
        self.terminal = LoginTerminal(
            self.clock, self.screen.take, self.gate, rules, lambda _language: lambda msgid: msgid, "en", self.log.append
        )
        self.terminal.begin()

    def type(self, typed: str) -> None:
        self.terminal.receive(typed.encode())

    def log_in(self, password: str = PASSWORD) -> None:
        self.type("admin\r")
        self.type(f"{password}\r")
        self.gate.answers.pop()()

    @property
    def lines(self) -> list[str]:
        return self.screen.lines


@pytest.fixture
def line() -> Line:
    return Line()


def test_an_administrator_logs_in_works_and_leaves(line: Line) -> None:
    """The password is not shown; the session has the user's rights; after ``quit`` the next one finds a login."""
    line.log_in()
    assert line.lines[:4] == ["", "Test box", "Login: admin", "Password:"]
    line.type("log\r")
    assert (line.gate.asked, line.terminal.user) == (["admin log"], "admin")
    line.type("quit\r")
    assert (line.lines[-1], line.terminal.user) == ("Login:", "")
    assert not any(PASSWORD in shown for shown in line.lines)
    assert line.log == ["admin has logged in", "admin has left"]
    assert line.clock.waiting == 0


def test_wrong_passwords_let_the_line_rest(line: Line) -> None:
    """After the third wrong login nothing is taken for a while, so that nobody guesses all night; then it goes on."""
    for _ in range(3):
        line.log_in("wrong-password")
    assert "this line rests for 30 s" in line.lines[-2] + line.lines[-1] + line.lines[-3]
    line.type("admin\r")
    assert len(line.gate.tries) == 3
    line.clock.advance(REST_S)
    line.log_in()
    assert line.terminal.user == "admin"


def test_a_refused_login_tells_of_the_rescue(line: Line) -> None:
    """Who forgot the password reads what to do; where the site does not allow it nothing is promised."""
    line.log_in("wrong-password")
    assert "Forgotten? “rescue” in place of the name gives a new password." in line.lines
    strict = Line(rescue=False)
    strict.log_in("wrong-password")
    assert not any("rescue" in shown for shown in strict.lines)
    strict.type("rescue\r")
    assert (strict.screen.current, strict.gate.rescues) == ("Password: ", [])


def test_rescue_can_do_one_thing(line: Line) -> None:
    """Whoever has the cable gives an account a new password, and nothing else; the alarm is told of coming and going."""
    line.type("rescue\r")
    assert line.gate.rescues == ["in"]
    line.type("status\r")
    assert "“status” is not known here; “?” shows what is." in line.lines
    line.type("passwd li\r")
    assert line.gate.asked == ["rescue new_password"]
    assert any("abcd-efgh" in shown for shown in line.lines)
    line.type("quit\r")
    assert line.gate.rescues == ["in", "out"]


def test_an_unused_login_ends_after_a_warning(line: Line) -> None:
    """A key after the warning keeps the login; without one it is over, and said."""
    line.log_in()
    line.type("lo")
    line.clock.advance(600 - WARNING_S)
    assert "Nobody has typed for long: the login ends in 30 s." in line.lines
    assert line.screen.current == "strowger> lo"
    line.type("g")
    line.clock.advance(600 - WARNING_S - 1)
    assert line.terminal.user == "admin"
    line.clock.advance(WARNING_S + 1)
    assert line.terminal.user == ""
    assert "No key for 10 minutes: the login is over." in line.lines
    assert line.screen.current == "Login: "


def test_a_begun_login_is_forgotten(line: Line) -> None:
    """A name or a password typed half does not wait for somebody else."""
    line.type("adm")
    line.clock.advance(TYPING_WITHIN_S)
    assert line.screen.current == "Login: "
    line.type("admin\rhalf")
    line.clock.advance(TYPING_WITHIN_S)
    line.type("\r")
    assert (line.screen.current, line.gate.tries) == ("Login: ", [])


def test_what_is_typed_ahead_of_the_verdict_is_not_taken(line: Line) -> None:
    """Keys during the check belong to nobody: they neither log in again nor become commands."""
    line.type(f"admin\r{PASSWORD}\rlog\r")
    line.gate.answers.pop()()
    assert line.gate.asked == []
    assert line.screen.current == "strowger> "


def test_the_carrier_goes_during_the_check(line: Line) -> None:
    """A verdict that comes after the line was closed lets nobody in."""
    line.type(f"admin\r{PASSWORD}\r")
    line.terminal.close()
    line.gate.answers.pop()()
    assert (line.terminal.user, line.clock.waiting) == ("", 0)


def test_an_account_that_changes_ends_the_login(line: Line) -> None:
    """Whoever is logged in reads why and is out."""
    line.log_in()
    line.terminal.end(text("The account admin was changed: log in again."))
    assert "The account admin was changed: log in again." in line.lines
    assert (line.terminal.user, line.screen.current) == ("", "Login: ")


def test_a_busy_machine_is_a_sentence(line: Line) -> None:
    """When passwords cannot be checked now, that is said."""
    line.gate.behind = True
    line.type("admin\rx\r")
    assert "chores is behind" in line.lines


def test_keys_of_a_name_and_a_password(line: Line) -> None:
    """Backspace, Ctrl-U and Ctrl-C do what they do everywhere; a question mark is a character of a password."""
    line.type("axx\x7f\x7fdmin\r")
    assert "Login: admin" in line.lines
    line.type("nonsense\x15wh?\x7fy?\r")
    assert line.gate.tries == [("admin", "why?")]
    line.gate.answers.pop()()
    line.type("adm\x03")
    assert line.screen.current == "Login: "


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=80) | st.sampled_from([b"\r", b"\x00", b"\x00\xff" * 20, b"\x1b[", b"admin\r"]), max_size=20))
def test_noise_logs_nobody_in(portions: list[bytes]) -> None:
    """Whatever a bad wire brings before a login: nothing beyond the edge of the screen, nobody in, and the line still works."""
    line = Line(rescue=False, width=120)
    for octets in portions:
        line.terminal.receive(octets)
        while line.gate.answers:
            line.gate.answers.pop()()
    assert line.terminal.user == ""
    line.clock.advance(REST_S + TYPING_WITHIN_S)
    line.type("\x03")
    line.log_in()
    assert line.terminal.user == "admin"


def test_a_held_line_loses_what_is_beyond_the_limit() -> None:
    """While the far end has stopped us a bounded amount waits; what is lost is counted and marked where it is missing."""
    sent: list[bytes] = []
    outlet = Outlet(sent.append, most=10)
    outlet.write(b"a")
    outlet.pause()
    outlet.write(b"123456789")
    outlet.write(b"0xyz")
    outlet.write(b"later")
    assert sent == [b"a"]
    outlet.resume()
    outlet.write(b"b")
    assert sent == [b"a", b"1234567890" + CUT, b"b"]
    assert outlet.lost == 8
