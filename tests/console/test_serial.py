"""The console on a serial line, with the real serial code on one end of a pseudo-terminal and a technician on the other."""

from __future__ import annotations

import os
import select
import termios
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.serial_front import AGAIN_S
from engine import facts
from engine.settings.site import ConsoleSection
from tests.console.fronts import PASSWORD, FrontsBox
from tests.console.screen import Screen


class Cable:
    """A pseudo-terminal: the appliance opens its slave by name, the technician sits at the master."""

    def __init__(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.device = os.ttyname(slave)
        self._slave = slave
        os.set_blocking(self.master, False)

    def pull(self) -> None:
        """Both ends are gone. Twice does nothing."""
        for fd in (self.master, self._slave):
            if fd >= 0:
                os.close(fd)
        self.master = self._slave = -1


class Technician:
    """Types on a cable and reads a screen."""

    def __init__(self, box: FrontsBox, cable: Cable, width: int = 80) -> None:
        self.box = box
        self.cable = cable
        self.screen = Screen(width)
        self._rest = b""

    def read(self) -> None:
        while select.select([self.cable.master], [], [], 0)[0]:
            self._rest += os.read(self.cable.master, 4096)
            whole = self._rest.decode("utf-8", "ignore")
            self._rest = self._rest[len(whole.encode()) :]
            self.screen.take(whole)

    def until(self, true: Callable[[], bool]) -> None:
        def looked() -> bool:
            self.read()
            return true()

        self.box.until(looked, lambda: self.screen.lines[-8:])

    def sees(self, written: str) -> None:
        self.until(lambda: any(written in line for line in self.screen.lines))

    def stands_at(self, prompt: str) -> None:
        self.until(lambda: self.screen.current == prompt)

    def type(self, typed: str) -> None:
        os.write(self.cable.master, typed.encode())

    def log_in(self, password: str = PASSWORD, name: str = "admin") -> None:
        self.stands_at("Login: ")
        self.type(f"{name}\r")
        self.stands_at("Password: ")
        self.type(f"{password}\r")


@pytest.fixture
def cable() -> Iterator[Cable]:
    made = Cable()
    yield made
    made.pull()


def settings(cable: Cable, **more: object) -> ConsoleSection:
    return ConsoleSection(serial_device=cable.device, serial_idle_min=1, **more)  # type: ignore[arg-type]  # the test's own values


@pytest.fixture
def box(cable: Cable, tmp_path: Path, prompts_folder: Path) -> Iterator[FrontsBox]:
    made = FrontsBox(tmp_path, prompts_folder, settings(cable))
    yield made
    made.close()


def test_login_work_and_the_end_of_an_unused_login(box: FrontsBox, cable: Cable) -> None:
    """A wrong password is refused, the right one lets in, the size of the terminal can be typed, and a login that nobody uses ends."""
    assert termios.tcgetattr(cable._slave)[4:6] == [termios.B115200, termios.B115200]
    technician = Technician(box, cable)
    technician.log_in("wrong-password-here")
    technician.sees("User name or password is wrong.")
    technician.log_in()
    technician.stands_at("strowger> ")
    technician.type("agents\r")
    technician.sees("1001")
    assert any('Hello admin. "?" shows what can be typed.' in line for line in technician.screen.lines), "signs that any terminal knows"
    technician.type("terminal 40\r")
    technician.sees("The terminal has 40 columns.")
    box.later(31)
    technician.sees("Nobody has typed for long")
    box.later(31)
    technician.sees("the login is over")
    technician.stands_at("Login: ")
    assert [fact.reason for fact in box.told(facts.UserLoginRefused)] == ["wrong_password"]
    assert [fact.user for fact in box.told(facts.UserLoggedIn)] == ["admin"]
    assert not any(PASSWORD in line for line in [*box.log, *technician.screen.lines])


def test_settings_are_changed_at_the_cable(box: FrontsBox, cable: Cable) -> None:
    """What is committed on the serial line is the next version, by the user who did it."""
    technician = Technician(box, cable)
    technician.log_in()
    technician.stands_at("strowger> ")
    technician.type("set queues[service].wrap_up_s 20\r")
    technician.stands_at("strowger*> ")
    technician.type("commit from the machine room\r")
    technician.stands_at("strowger> ")
    changed = box.told(facts.SiteChanged)
    assert [(fact.who, fact.why) for fact in changed] == [("user admin", "from the machine room")]
    assert box.rig.appliance.site.queues[0].wrap_up_s == 20


def test_other_roles_are_kept_out(box: FrontsBox, cable: Cable) -> None:
    """On a serial line only administrators work."""
    technician = Technician(box, cable)
    technician.log_in(name="li")
    technician.sees("This account may not use the console: its roles do not permit it.")
    technician.stands_at("Login: ")


def test_the_rescue_raises_an_alarm_until_the_password_is_changed(box: FrontsBox, cable: Cable) -> None:
    """Whoever has the cable gets a new password for admin; everybody sees that, until admin has a password of the own."""
    technician = Technician(box, cable)
    technician.stands_at("Login: ")
    technician.type("rescue\rpasswd admin\r")
    technician.stands_at("strowger> ")
    technician.type("passwd admin\r")
    technician.sees("new password of admin: ")
    technician.type("quit\r")
    technician.stands_at("Login: ")
    assert [(fact.alarm, fact.about) for fact in box.told(facts.AlarmRaised)] == [("rescue", cable.device)]
    assert [fact.by for fact in box.told(facts.PasswordChanged)] == [f"rescue at {cable.device}"]
    made = next(line for line in technician.screen.lines if "new password of admin: " in line).split("admin: ")[1].split()[0]
    technician.log_in(made)
    technician.stands_at("strowger> ")
    technician.type("status\r")
    technician.sees("change it first")
    assert box.told(facts.AlarmCleared) == []
    for typed in ("passwd", made, "amber lake 42", "amber lake 42"):
        technician.type(f"{typed}\r")
        technician.until(lambda: technician.screen.current.endswith((": ", "> ")))
    technician.sees("Your password is changed.")
    assert [fact.alarm for fact in box.told(facts.AlarmCleared)] == ["rescue"]
    technician.type("agents\r")
    technician.sees("1001")


def test_noise_and_a_held_line_do_no_harm(box: FrontsBox, cable: Cable) -> None:
    """A humming wire, and a terminal that has stopped us and reads nothing: the appliance goes on, and so does the line afterwards."""
    technician = Technician(box, cable)
    technician.stands_at("Login: ")
    os.write(cable.master, bytes(octet for octet in range(256) if octet != 0x13) * 8 + b"\r\x03")
    box.later(35)
    technician.stands_at("Login: ")
    technician.log_in()
    technician.stands_at("strowger> ")
    technician.type("terminal 80 1000\r")
    technician.sees("The terminal has 80 columns and 1000 rows.")
    line = box.fronts.serial._line
    assert line is not None
    for _ in range(60):  # nobody reads the answers
        if line.outlet.lost:
            break
        technician.type("show settings\r")
        for _ in range(5):
            box.reactor.iterate(0)
    assert line.outlet.lost > 0
    technician.sees("[...]")
    technician.type("\x03agents\r")
    technician.until(lambda: any(shown.startswith("1004") for shown in technician.screen.lines[-5:]))


def test_a_pulled_device_is_an_alarm_and_comes_back(box: FrontsBox, cable: Cable) -> None:
    """The adapter is pulled out: an alarm; another device in the settings: the console is there at once, and the alarm is over."""
    Technician(box, cable).stands_at("Login: ")
    device, other = cable.device, Cable()
    cable.pull()
    box.until(lambda: box.told(facts.AlarmRaised))
    assert [(fact.alarm, fact.about) for fact in box.told(facts.AlarmRaised)] == [("serial-line", device)]
    box.later(AGAIN_S * 2 + 1)
    assert len(box.told(facts.AlarmRaised)) == 1
    try:
        box.change(settings(other))
        Technician(box, other).stands_at("Login: ")
        assert [fact.alarm for fact in box.told(facts.AlarmCleared)] == ["serial-line"]
        box.change(ConsoleSection())
        assert box.fronts.serial._port is None
    finally:
        other.pull()
