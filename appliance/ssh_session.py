"""One session of an SSH connection: the console on a pseudo-terminal, one command, or the lines of a script."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twisted.conch.ssh import channel, common, connection
from twisted.conch.ssh.session import parseRequest_pty_req, parseRequest_window_change

from console.batch import Batch
from console.idle import IdleWatch
from console.login import Gate
from console.outlet import Outlet
from console.session import Session
from console.tables import Translate
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, StrowgerError
from engine.kernel.text import Text, text
from engine.people.actors import Act, allowed
from engine.people.users import User, actor_of

__all__ = ["SCRIPT_MOST", "SshSession", "SshSurroundings"]

SCRIPT_MOST = 65_536
"""Octets of a script on the standard input."""
SIZE_MOST = 1000
"""Columns or rows; a peer may claim more, and means nothing."""
EXIT_DONE = 0
EXIT_FAULT = 1


@dataclass(frozen=True)
class SshSurroundings:
    """What sessions use. ``language``: for users who have chosen none; ``log`` takes a line."""

    clock: Clock
    gate: Gate
    idle_min: Callable[[], int]
    language: Callable[[], str]
    translate_for: Callable[[str], Translate]
    log: Callable[[str], None]


class SshSession(channel.SSHChannel):
    """``over`` is called once, when the session is."""

    name = b"session"
    conn: Any

    def __init__(self, around: SshSurroundings, user: User, over: Callable[[SshSession], None], **rest: Any) -> None:  # noqa: ANN401  # the library's own arguments
        super().__init__(**rest)
        self._around = around
        self._user = user
        self._over = over
        self._ = around.translate_for(user.language or around.language())
        self._outlet = Outlet(self.write)
        self._size = (80, 24)
        self._terminal = False
        self._begun = False
        self._ended = False
        self._session: Session | None = None
        self._idle: IdleWatch | None = None
        self._script: bytearray | None = None

    # ---- what the peer asks for --------------------------------------------------------------------------------------

    def request_pty_req(self, data: bytes) -> bool:
        """A terminal of this size."""
        _term, (rows, columns, _width, _height), _modes = parseRequest_pty_req(data)
        self._terminal = True
        self._resize(columns, rows)
        return True

    def request_window_change(self, data: bytes) -> bool:
        """The terminal has another size."""
        rows, columns, _width, _height = parseRequest_window_change(data)
        self._resize(columns, rows)
        return True

    def request_shell(self, _data: bytes) -> bool:
        """The console; without a terminal the lines that come are a script."""
        if self._begun:
            return False
        self._begun = True
        if self._terminal:
            self._open_session()
        else:
            self._script = bytearray()
        return True

    def request_exec(self, data: bytes) -> bool:
        """One command, or several lines."""
        if self._begun:
            return False
        self._begun = True
        self._run(common.getNS(data)[0][:SCRIPT_MOST])
        return True

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Keys, or a piece of the script."""
        if self._session is not None:
            assert self._idle is not None
            self._idle.touch()
            self._session.receive(data)
        elif self._script is not None:
            self._script += data
            if len(self._script) > SCRIPT_MOST:
                self._script = None
                self._failed(BadInput(text("The script is longer than {most} octets.", most=SCRIPT_MOST)))

    def eofReceived(self) -> None:  # noqa: N802  # Twisted's name
        """The peer sends no more: a script is complete; a person is gone."""
        if self._script is not None:
            script, self._script = bytes(self._script), None
            self._run(script)
        elif self._session is not None:
            self._leave()

    def closed(self) -> None:
        """Both ends are closed."""
        self.gone()

    def stopWriting(self) -> None:  # noqa: N802  # Twisted's name
        """The peer takes no more for now."""
        self._outlet.pause()

    def startWriting(self) -> None:  # noqa: N802  # Twisted's name
        """It takes more."""
        self._outlet.resume()

    # ---- its end -------------------------------------------------------------------------------------------------------

    def gone(self) -> None:
        """The connection is gone. Twice does nothing."""
        if self._idle is not None:
            self._idle.stop()
        if self._session is not None:
            session, self._session = self._session, None
            session.abandon()
            self._around.log(f"{self._user.name} has left")
        self._ended = True
        self._over(self)

    def end(self, said: Text) -> None:
        """End it from here, and say why."""
        if self._session is not None:
            self._session.news(said, last=True)
        self._finish(EXIT_FAULT)

    def _leave(self) -> None:
        self._finish(EXIT_DONE)

    def _finish(self, status: int) -> None:
        if self._ended:
            return
        self._ended = True
        if self._idle is not None:
            self._idle.stop()
        self.conn.sendRequest(self, b"exit-status", struct.pack(">L", status))
        self.conn.sendEOF(self)
        self.loseConnection()

    # ---- what is done --------------------------------------------------------------------------------------------------

    def _open_session(self) -> None:
        columns, rows = self._size
        self._session = session = Session(
            self._around.gate.ask_as(self._user),
            self._write,
            self._leave,
            self._,
            width=columns,
            rows=rows,
            own=self._user.name,
            may=self._may,
        )
        self._idle = IdleWatch(self._around.clock, self._around.idle_min(), session.news, self._idle_over)
        self._around.log(f"{self._user.name} has logged in")
        session.begin(text("Hello {user}. “?” shows what can be typed.", user=self._user.name).render(self._))

    def _run(self, script: bytes) -> None:
        """Run the lines; what comes of them goes to the standard output, an error to the standard error with status 1."""
        lines = script.decode("utf-8", "replace").splitlines()
        self._around.log(f"{self._user.name} runs {len(lines)} lines")
        batch = Batch(
            self._around.gate.ask_as(self._user),
            self._write,
            lambda: self._finish(EXIT_DONE),
            self._failed,
            self._,
            own=self._user.name,
            may=self._may,
        )
        batch.run(iter(lines))

    def _failed(self, error: Exception) -> None:
        if self._ended:
            return
        if isinstance(error, StrowgerError):
            said = error.text
        else:
            self._around.log(f"bug: a command failed: {type(error).__name__}: {error}")
            said = text("This failed inside the console: {error}.", error=f"{type(error).__name__}: {error}")
        lines = "".join(f"Strowger: {line}\n" for line in said.render(self._).splitlines())
        self.writeExtended(connection.EXTENDED_DATA_STDERR, lines.encode("utf-8", "replace"))
        self._finish(EXIT_FAULT)

    def _may(self, act: Act) -> bool:
        return allowed(actor_of(self._user.name, self._user.roles, self._user.agent), act, "")

    def _write(self, written: str) -> None:
        if not self._ended:
            self._outlet.write(written.encode("utf-8", "replace"))

    def _resize(self, columns: int, rows: int) -> None:
        """Zero means that the peer does not know."""
        known = (columns or self._size[0], rows or self._size[1])
        self._size = (min(known[0], SIZE_MOST), min(known[1], SIZE_MOST))
        if self._session is not None:
            self._session.resize(*self._size)

    def _idle_over(self) -> None:
        self.end(text("No key for {minutes} minutes: the login is over.", minutes=self._around.idle_min()))
