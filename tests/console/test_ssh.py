"""The console by SSH, with the OpenSSH client that everybody has."""

from __future__ import annotations

import os
import pty
import select
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.ssh_front import CONNECTIONS_MOST, LOGIN_WITHIN_S
from appliance.ssh_keys import HOST_KEY_NAME
from engine import facts
from engine.people.actors import Role
from engine.people.users import User
from engine.settings.site import ConsoleSection, SshKey
from tests.console.fronts import PASSWORD, FrontsBox
from tests.console.screen import Screen

PROMPT = "strowger> "


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Ssh:
    """The client, with a folder of its own for keys and known hosts."""

    def __init__(self, box: FrontsBox, folder: Path) -> None:
        self.box = box
        self.folder = folder
        self.known = folder / "known_hosts"
        self.secret = folder / "ask"
        self.secret.write_text('#!/bin/sh\necho "$SSH_SECRET"\n')
        self.secret.chmod(0o700)

    def words(self, *more: str, user: str = "admin", key: Path | None = None) -> list[str]:
        options = ["StrictHostKeyChecking=accept-new", f"UserKnownHostsFile={self.known}", "LogLevel=ERROR", "ControlMaster=no"]
        ways = ["PasswordAuthentication=no", "IdentitiesOnly=yes"] if key is not None else ["PubkeyAuthentication=no"]
        flags = [flag for option in (*options, *ways) for flag in ("-o", option)]
        identity = ["-i", str(key)] if key is not None else []
        return ["ssh", "-F", "none", "-p", str(self.box.fronts.ssh.port), *flags, *identity, *more[:-1], f"{user}@127.0.0.1", *more[-1:]]

    def environment(self, password: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SSH_", "DISPLAY"))}
        return {**kept, "SSH_ASKPASS": str(self.secret), "SSH_ASKPASS_REQUIRE": "force", "SSH_SECRET": password}

    def run(
        self, *more: str, user: str = "admin", password: str = PASSWORD, key: Path | None = None, typed: str = ""
    ) -> tuple[int, str, str]:
        """Status, standard output and standard error of one command; ``more`` ends with it."""
        process = subprocess.Popen(
            self.words(*more, user=user, key=key),
            env=self.environment(password),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(typed.encode())
        process.stdin.close()
        self.box.until(lambda: process.poll() is not None)
        assert process.stdout is not None
        assert process.stderr is not None
        with process.stdout, process.stderr:
            return process.returncode, process.stdout.read().decode(), process.stderr.read().decode()

    def new_key(self, name: str, kind: str = "ed25519") -> tuple[Path, str]:
        """A pair of keys: the file, and the public line."""
        file = self.folder / name
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "test key", "-f", str(file)], check=True)
        return file, file.with_suffix(".pub").read_text().strip()


class Terminal:
    """The client on a pseudo-terminal, and what stands on its screen."""

    def __init__(self, ssh: Ssh, user: str = "admin", password: str = PASSWORD, width: int = 80) -> None:
        self.box = ssh.box
        self.screen = Screen(width)
        self._fd, slave = pty.openpty()
        subprocess.run(["stty", "cols", str(width), "rows", "24"], stdin=slave, check=True)
        words = ssh.words("-tt", "", user=user)
        self.process = subprocess.Popen(
            [word for word in words if word], env=ssh.environment(password), stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)

    def type(self, typed: str) -> None:
        os.write(self._fd, typed.encode())

    def until(self, prompt: str) -> None:
        def there() -> bool:
            self._read()
            return self.screen.current == prompt or self.process.poll() is not None

        self.box.until(there, lambda: self.screen.lines[-8:])

    def sees(self, written: str) -> None:
        def there() -> bool:
            self._read()
            return any(written in line for line in self.screen.lines)

        self.box.until(there, lambda: self.screen.lines[-8:])

    def close(self) -> int:
        self.box.until(lambda: self.process.poll() is not None)
        with suppress(OSError):
            self._read()
        os.close(self._fd)
        return self.process.returncode

    def _read(self) -> None:
        with suppress(OSError):
            while select.select([self._fd], [], [], 0)[0]:
                self.screen.take(os.read(self._fd, 65536).decode("utf-8", "ignore"))


@pytest.fixture
def box(tmp_path: Path, prompts_folder: Path) -> Iterator[FrontsBox]:
    made = FrontsBox(tmp_path, prompts_folder, ConsoleSection(ssh_port=free_port(), ssh_address="127.0.0.1", ssh_idle_min=1))
    yield made
    made.close()


@pytest.fixture
def ssh(box: FrontsBox, tmp_path: Path) -> Ssh:
    folder = tmp_path / "client"
    folder.mkdir()
    return Ssh(box, folder)


def with_keys(box: FrontsBox, *keys: SshKey) -> ConsoleSection:
    return ConsoleSection(ssh_port=box.fronts.ssh.port, ssh_address="127.0.0.1", ssh_keys=keys)


def test_one_command_by_password(ssh: Ssh, box: FrontsBox, tmp_path: Path) -> None:
    """``ssh box agents`` answers like the local console; faults are on the standard error with status 1; the host key is the one told."""
    status, shown, said = ssh.run("agents")
    assert (status, shown.splitlines()[0].split()[:2], said) == (0, ["agent", "name"], "")
    status, shown, said = ssh.run("agents 1001 logout")
    assert (status, shown, said) == (1, "", "Strowger: Agent 1001 is not logged in.\n")
    fingerprint = subprocess.run(["ssh-keygen", "-lf", str(ssh.known)], capture_output=True, text=True, check=True).stdout.split()[1]
    assert any(fingerprint in line for line in box.said)
    assert fingerprint in ssh.run("version")[1]
    assert stat.S_IMODE((tmp_path / HOST_KEY_NAME).stat().st_mode) == 0o600


def test_wrong_passwords_lock_as_on_the_page(ssh: Ssh, box: FrontsBox) -> None:
    """Three are possible in one connection, five in all; then even the right one is refused for a while. No password is in the log."""
    assert ssh.run("status", password="wrong-password-here")[0] == 255
    assert ssh.run("status", password="wrong-password-here")[0] == 255
    assert [fact.user for fact in box.told(facts.UserLocked)] == ["admin"]
    once = ("-o", "NumberOfPasswordPrompts=1", "status")
    assert ssh.run(*once)[0] == 255
    assert ssh.run(*once, user="nobody.here")[0] == 255
    assert not any("wrong-password" in line for line in box.log)


def test_a_key_of_the_settings_logs_in(ssh: Ssh, box: FrontsBox) -> None:
    """A key that the settings know needs no password, for its own user only; one that they do not know is nothing."""
    file, line = ssh.new_key("laptop")
    stranger, _ = ssh.new_key("stranger")
    box.change(with_keys(box, SshKey(name="laptop", user="li", key=line)))
    assert ssh.run("agents", user="li", key=file)[0] == 0
    assert ssh.run("agents", user="admin", key=file)[0] == 255
    assert ssh.run("agents", user="li", key=stranger)[0] == 255
    assert [fact.user for fact in box.told(facts.UserLoggedIn)] == ["li"]


def test_rights_are_those_of_the_page(ssh: Ssh, box: FrontsBox) -> None:
    """A supervisor sees the agents and may not change settings; an account for agents does not come in at all."""
    assert ssh.run("agents", user="li")[0] == 0
    status, _shown, said = ssh.run("set desk.login_code *31", user="li")
    assert (status, said) == (1, "Strowger: You may not use set SETTING [VALUE...]: your roles do not permit it.\n")
    assert ssh.run("agents", user="wang")[0] == 255
    assert box.rig.appliance.sites.note.number == 1


def test_a_script_is_one_sitting(ssh: Ssh, box: FrontsBox) -> None:
    """Lines on the standard input set and commit together; a refused line leaves everything as it was."""
    lines = "set queues[service].wrap_up_s 20\ncommit by a script\n"
    status, shown, _said = ssh.run("-T", "", typed=lines)
    assert (status, shown.splitlines()[-1]) == (0, "queues[service].wrap_up_s: 30 -> 20")
    assert [(fact.who, fact.why) for fact in box.told(facts.SiteChanged)] == [("user admin", "by a script")]
    assert ssh.run("-T", "", typed="set queues[service].wrap_up_s 25\n")[0] == 1


def test_a_terminal_session(ssh: Ssh, box: FrontsBox) -> None:
    """The console as everywhere, in the terminal's width; leaving gives status 0."""
    terminal = Terminal(ssh, width=40)
    terminal.until(PROMPT)
    terminal.type("ag")
    terminal.until(f"{PROMPT}ag")
    terminal.type("\t")
    terminal.until(f"{PROMPT}agents ")
    terminal.type("\r")
    terminal.sees("1004")
    terminal.until(PROMPT)
    terminal.type("quit\r")
    assert terminal.close() == 0
    assert any("admin has logged in" in line for line in box.log)
    box.until(lambda: any("admin has left" in line for line in box.log))


def test_an_unused_session_ends(ssh: Ssh, box: FrontsBox) -> None:
    """A forgotten terminal is warned, and then closed."""
    terminal = Terminal(ssh)
    terminal.until(PROMPT)
    box.later(31)
    terminal.sees("Nobody has typed for long")
    box.later(31)
    assert terminal.close() == 1
    assert any("the login is over" in line for line in terminal.screen.lines)


def test_an_account_that_is_changed_is_out(ssh: Ssh, box: FrontsBox) -> None:
    """Who loses a role, or the account, is out at once and reads why; logging in elsewhere changes nothing."""
    li = User("li", frozenset({Role.SUPERVISOR}), "en", "")
    for changed in (replace(li, roles=frozenset({Role.READ_ONLY})), replace(li, disabled=True)):
        terminal = Terminal(ssh, user="li")
        terminal.until(PROMPT)
        assert ssh.run("agents", user="li")[0] == 0
        terminal.type("agents\r")
        terminal.sees("1004")
        box.accounts.book.changed(changed)
        terminal.sees("The account li was changed: log in again.")
        assert terminal.close() != 0


def test_who_must_change_the_password_does_that_first(ssh: Ssh) -> None:
    """A given password is good for changing it, and for nothing else."""
    made = ssh.run("passwd li")[1].split("li: ")[1].split()[0]
    assert "change it first" in ssh.run("agents", user="li", password=made)[2]
    terminal = Terminal(ssh, user="li", password=made)
    terminal.until(PROMPT)
    terminal.type("passwd\r")
    terminal.until("Present password (what is typed is not shown): ")
    terminal.type(f"{made}\r")
    terminal.until("New password: ")
    terminal.type("amber lake 42\r")
    terminal.until("The new password again: ")
    terminal.type("amber lake 42\r")
    terminal.until(PROMPT)
    terminal.type("agents\r")
    terminal.sees("1004")
    terminal.until(PROMPT)
    terminal.type("\x04")
    assert terminal.close() == 0
    assert ssh.run("agents", user="li", password="amber lake 42")[0] == 0


def test_nothing_else_is_served(ssh: Ssh, box: FrontsBox) -> None:
    """No forwarding and no file transfer; asking for them is no fault of ours."""
    assert ssh.run("-W", "127.0.0.1:1", "")[0] != 0
    assert ssh.run("-s", "sftp")[0] != 0
    assert not any("bug" in line for line in box.log)


def test_strangers_are_cut_off(box: FrontsBox) -> None:
    """Garbage, somebody who connects and says nothing, and too many of them: each is ended, and there is a line in the log."""
    address = ("127.0.0.1", box.fronts.ssh.port)

    def over(sock: socket.socket) -> bool:
        with suppress(BlockingIOError):
            while (octets := sock.recv(4096)) != b"":
                assert octets
            return True
        return False

    def ended(sock: socket.socket) -> bool:
        try:
            return over(sock)
        except ConnectionError:
            return True

    garbage = socket.create_connection(address)
    garbage.sendall(b"SSH-2.0-x\r\n" + bytes(range(256)) * 40)
    garbage.setblocking(False)
    box.until(lambda: ended(garbage))
    silent = [socket.create_connection(address) for _ in range(CONNECTIONS_MOST + 1)]
    for one in silent:
        one.setblocking(False)
    box.until(lambda: ended(silent[-1]))
    assert box.fronts.ssh.turned_away == 1
    box.later(LOGIN_WITHIN_S + 1)
    box.until(lambda: all(ended(one) for one in silent))
    assert sum("no login within 30 s" in line for line in box.log) == CONNECTIONS_MOST
    for one in (garbage, *silent):
        one.close()


def test_the_port_can_be_moved_and_closed(ssh: Ssh, box: FrontsBox) -> None:
    """Other settings count at once; a port that is taken is an alarm, which ends when it is free."""
    old = box.fronts.ssh.port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        box.change(ConsoleSection(ssh_port=taken.getsockname()[1], ssh_address="127.0.0.1"))
        box.until(lambda: box.told(facts.AlarmRaised))
    box.later(16)
    assert [fact.alarm for fact in box.told(facts.AlarmCleared)] == ["ssh"]
    assert ssh.run("agents")[0] == 0
    box.change(ConsoleSection(ssh_address="127.0.0.1"))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", old))
    assert box.fronts.ssh.port == 0
