"""A terminal that is always there, such as a serial line: name and password, the session, its end, and the next login.

Octets in, characters out; it knows no wire. What a bad line brings is no name: it is dropped before anybody checks a password, and
after three wrong ones the line rests. Whoever has the cable may use the name ``rescue``, where the site allows it: no password, and
nothing but ``passwd``; who lets it in is told, so that it cannot happen unseen.

    name ──Enter──▶ password ──Enter──▶ checking ──right──▶ session ──quit, idle, carrier gone──▶ name
      ▲                                    │ wrong
      └──────── resting ◀──third time──────┘
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from console import commands
from console.editor import Key, KeyReader
from console.idle import IdleWatch
from console.session import Ask, Session
from console.tables import Translate, clean, wrap
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import StrowgerError
from engine.kernel.text import Text, text
from engine.people.actors import Role, allowed
from engine.people.users import PASSWORD_MOST, User, actor_of, is_user_name

__all__ = ["RESCUE_NAME", "Gate", "LineRules", "LoginTerminal"]

RESCUE_NAME = "rescue"
NAME_MOST = 31
TRIES = 3
REST_S = 30.0
"""After so many wrong logins the line takes no keys for so long."""
TYPING_WITHIN_S = 60.0
"""A login that was begun and not finished is forgotten."""


class Gate(Protocol):
    """Who lets people in, and the way to the appliance for each of them."""

    def log_in(self, name: str, password: str, done: Callable[[User], None], failed: Callable[[Exception], None]) -> None:
        """Judge name and password, and whether this account may use the console; ``done`` or ``failed`` later."""

    def ask_as(self, user: User) -> Ask:
        """The way to the appliance with this user's rights."""

    def rescue(self) -> Ask | None:
        """The way of somebody who has nothing but the cable; None: this site does not allow it. It is noted that it was used."""

    def rescue_over(self) -> None:
        """That one has left."""


@dataclass(frozen=True)
class LineRules:
    """``name``: of the box, greeted with; ``rescue``: it is offered; ``idle_min``: a login ends after so many minutes without a key."""

    name: str
    idle_min: int
    rescue: bool


class _Mode(Enum):
    NAME = "name"
    PASSWORD = "password"  # noqa: S105  # what is typed then
    CHECKING = "checking"
    RESTING = "resting"
    SESSION = "session"
    CLOSED = "closed"


class LoginTerminal:
    """``write`` takes characters for the terminal. ``translate_for`` is the gettext of a language, ``language`` that before a login;
    ``log`` takes a line about who came and went.
    """

    def __init__(
        self,
        clock: Clock,
        write: Callable[[str], None],
        gate: Gate,
        rules: LineRules,
        translate_for: Callable[[str], Translate],
        language: str,
        log: Callable[[str], None],
    ) -> None:
        self.noise = 0
        self._clock = clock
        self._write = write
        self._gate = gate
        self._rules = rules
        self._translate_for = translate_for
        self._language = language
        self._ = translate_for(language)
        self._log = log
        self._mode = _Mode.NAME
        self._reader = KeyReader()
        self._typed: list[str] = []
        self._name = ""
        self._wrong = 0
        self._timer: Timer | None = None
        self._session: Session | None = None
        self._idle: IdleWatch | None = None
        self._who = ""
        self._roles: frozenset[Role] = frozenset()
        self._width, self._rows = 80, 24

    @property
    def user(self) -> str:
        """Who is logged in; empty: nobody."""
        return self._who

    @property
    def roles(self) -> frozenset[Role]:
        """The roles of who is logged in."""
        return self._roles

    def begin(self) -> None:
        """Somebody may type now."""
        self._write(f"\r\n{clean(self._rules.name) if self._rules.name.isascii() else 'Strowger'}\r\n")
        self._ask_name()

    def receive(self, octets: bytes) -> None:
        """What came over the line, in whatever portions."""
        if self._mode is _Mode.SESSION:
            assert self._session is not None
            assert self._idle is not None
            self._idle.touch()
            self._session.receive(octets)
            return
        before = self._reader.dropped
        for key in self._reader.feed(octets):
            self._key(key)
        self.noise += self._reader.dropped - before

    def end(self, said: Text | None = None) -> None:
        """End whatever session there is (the carrier went, the account changed), and ask for the next login."""
        if self._mode is _Mode.CLOSED:
            return
        if said is not None:
            self._write("\r\n")
            self._say(said)
        self._leave()

    def close(self) -> None:
        """The wire is gone. Twice does nothing."""
        self._stop_session()
        self._drop_timer()
        self._mode = _Mode.CLOSED

    # ---- the login -----------------------------------------------------------------------------------------------------

    def _key(self, key: Key | str) -> None:
        if self._mode not in {_Mode.NAME, _Mode.PASSWORD}:
            return  # what is typed ahead of an answer may have been meant for somebody else
        secret = self._mode is _Mode.PASSWORD
        match key:
            case Key.ENTER:
                self._write("\r\n")
                self._entered("".join(self._typed))
            case Key.INTERRUPT | Key.LEAVE:
                self._write("\r\n")
                self._ask_name()
            case Key.BACKSPACE if self._typed:
                self._typed.pop()
                self._write("" if secret else "\b \b")
            case Key.KILL_TO_START:
                self._write("" if secret else "\b \b" * len(self._typed))
                self._typed.clear()
            case Key.HELP if secret:
                self._character("?")
            case str():
                self._character(key)
            case _:
                return

    def _character(self, character: str) -> None:
        secret = self._mode is _Mode.PASSWORD
        if not self._typed and not secret:
            self._arm(TYPING_WITHIN_S, self._ask_name_anew)
        if len(self._typed) >= (PASSWORD_MOST if secret else NAME_MOST):
            self._write("\a")
        elif secret or character.isascii():
            self._typed.append(character)
            self._write("" if secret else character)

    def _entered(self, typed: str) -> None:
        if self._mode is _Mode.PASSWORD:
            self._mode = _Mode.CHECKING
            self._drop_timer()
            self._check(typed)
            return
        name = typed.strip().lower()
        if name == RESCUE_NAME and self._let_rescue_in():
            return
        if not is_user_name(name):  # an empty line, or noise: nobody's password is checked for that
            self._ask_name()
            return
        self._name = name
        self._typed.clear()
        self._mode = _Mode.PASSWORD
        self._write(self._("Password: "))
        self._arm(TYPING_WITHIN_S, self._ask_name_anew)

    def _check(self, password: str) -> None:
        def failed(error: Exception) -> None:
            if self._mode is _Mode.CHECKING:
                self._refuse(error)

        def done(user: User) -> None:
            if self._mode is _Mode.CHECKING:
                self._let_in(user)

        try:
            self._gate.log_in(self._name, password, done, failed)
        except StrowgerError as error:
            failed(error)

    def _refuse(self, error: Exception) -> None:
        said = error.text if isinstance(error, StrowgerError) else text("The login failed inside the appliance; its log says why.")
        self._say(said)
        self._log(f"a login is refused: {error}")
        if self._rules.rescue:
            self._say(text("Forgotten? “rescue” in place of the name gives a new password."))
        self._wrong += 1
        if self._wrong < TRIES:
            self._ask_name()
            return
        self._wrong = 0
        self._mode = _Mode.RESTING
        self._say(text("Too many wrong logins: this line rests for {seconds} s.", seconds=round(REST_S)))
        self._arm(REST_S, self._ask_name)

    def _ask_name(self) -> None:
        self._drop_timer()
        self._mode = _Mode.NAME
        self._typed.clear()
        self._write(self._("Login: "))

    def _ask_name_anew(self) -> None:
        self._write("\r\n")
        self._ask_name()

    # ---- the session ---------------------------------------------------------------------------------------------------

    def _let_in(self, user: User) -> None:
        actor = actor_of(user.name, user.roles, user.agent)
        self._roles = user.roles
        self._ = self._translate_for(user.language or self._language)
        session = Session(
            self._gate.ask_as(user),
            self._write,
            self._leave,
            self._,
            width=self._width,
            rows=self._rows,
            own=user.name,
            may=lambda act: allowed(actor, act, ""),
        )
        self._open(session, user.name, text("Hello {user}. “?” shows what can be typed.", user=user.name))

    def _let_rescue_in(self) -> bool:
        ask = self._gate.rescue() if self._rules.rescue else None
        if ask is None:
            return False
        session = Session(ask, self._write, self._leave, self._, width=self._width, rows=self._rows, tree=commands.RESCUE)
        said = text("Rescue: “passwd USER” gives an account a new password. An alarm tells that you are here.")
        self._open(session, RESCUE_NAME, said)
        return True

    def _open(self, session: Session, who: str, greeting: Text) -> None:
        self._drop_timer()
        self._wrong = 0
        self._who = who
        self._mode = _Mode.SESSION
        self._session = session
        self._idle = IdleWatch(self._clock, self._rules.idle_min, session.news, self._idle_over)
        self._log(f"{who} has logged in")
        session.begin(greeting.render(self._))

    def _idle_over(self) -> None:
        self.end(text("No key for {minutes} minutes: the login is over.", minutes=self._rules.idle_min))

    def _leave(self) -> None:
        self._stop_session()
        self._write("\r\n")
        self._ = self._translate_for(self._language)
        self._reader = KeyReader()
        self._ask_name()

    def _stop_session(self) -> None:
        if self._session is None:
            return
        assert self._idle is not None
        self._idle.stop()
        session, self._session, self._idle = self._session, None, None
        session.abandon()
        self._log(f"{self._who} has left")
        if self._who == RESCUE_NAME:
            self._gate.rescue_over()
        self._who, self._roles = "", frozenset()

    # ---- small things --------------------------------------------------------------------------------------------------

    def _say(self, said: Text) -> None:
        lines = [piece for line in clean(said.render(self._)).split("\n") for piece in wrap(line, self._width - 1)]
        self._write("".join(f"{line}\r\n" for line in lines))

    def _arm(self, delay_s: float, act: Callable[[], None]) -> None:
        self._drop_timer()
        self._timer = self._clock.call_later(delay_s, act)

    def _drop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
