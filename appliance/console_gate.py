"""The console's way in for people who are not at the machine itself: accounts, keys, and what each may ask.

The local console comes by the door, where the kernel says who it is. On a serial line and by SSH it is an account with the right role,
and every question is asked with that account's rights, as on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from console.session import Ask
from engine import facts
from engine.control.account_book import AccountChange
from engine.control.accounts import Accounts
from engine.control.asking import Answer
from engine.kernel.bus import Bus, Envelope
from engine.kernel.errors import Refused
from engine.kernel.text import Text, text
from engine.people.actors import Actor, Role
from engine.people.users import User, actor_of

__all__ = ["AT_A_LINE", "BY_SSH", "Closing", "ConsoleGate", "RescueAlarm"]

AT_A_LINE = frozenset({Role.ADMINISTRATOR})
"""Roles that may use the console on a serial line."""
BY_SSH = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})

Failed = Callable[[Exception], None]


class Closing(Protocol):
    """A front that ends a user's logins."""

    def end_user(self, name: str, said: Text, unless: frozenset[Role] | None) -> None:
        """The account is another one: whoever is logged in with it reads why, and is out, unless with just these roles."""


class ConsoleGate:
    """Implements ``console.login.Gate`` for one front: who may come in by it has one of ``roles``. ``rescue``: the alarm for who comes
    in without a password; None: nobody does.
    """

    def __init__(
        self, accounts: Accounts, ask: Answer, roles: frozenset[Role], rescue: Callable[[], RescueAlarm | None] = lambda: None
    ) -> None:
        self._accounts = accounts
        self._ask = ask
        self._roles = roles
        self._rescue = rescue
        self._rescuing: RescueAlarm | None = None
        self._changing: set[str] = set()

    def watch(self, front: Closing) -> None:
        """End the logins of an account that is removed, disabled, or whose password or roles are others now."""

        def hear(change: AccountChange) -> None:
            user = change.user
            own = change.name in self._changing  # who changes the own password goes on
            over = user is None or user.disabled or (change.ends_logins and not own)
            said = text("The account {user} was changed: log in again.", user=change.name)
            front.end_user(change.name, said, None if over or user is None else user.roles)

        self._accounts.book.watch(hear)

    def log_in(self, name: str, password: str, done: Callable[[User], None], failed: Failed) -> None:
        """As ``Gate.log_in``."""
        self._accounts.log_in(name, password, lambda user: self._judge(user, done, failed), failed)

    def log_in_by_key(self, name: str, done: Callable[[User], None], failed: Failed) -> None:
        """Let somebody in whose key was found right."""
        self._accounts.log_in_by_key(name, lambda user: self._judge(user, done, failed), failed)

    def ask_as(self, user: User) -> Ask:
        """As ``Gate.ask_as``. Who must change the password can ask for nothing else before."""
        actor = actor_of(user.name, user.roles, user.agent)
        must_change = user.must_change

        def ask(command: str, arguments: Mapping[str, object], done: Callable[[Mapping[str, Any]], None], failed: Failed) -> None:
            nonlocal must_change
            if command == "own_password":

                def changed(_user: User) -> None:
                    nonlocal must_change
                    must_change = False
                    self._changing.discard(user.name)
                    done({})

                def not_changed(error: Exception) -> None:
                    self._changing.discard(user.name)
                    failed(error)

                self._changing.add(user.name)
                self._accounts.change_password(user.name, str(arguments["old"]), str(arguments["new"]), changed, not_changed)
                return
            if must_change:
                raise Refused(text("Your password was given to you by somebody else: change it first, with “passwd”."))
            self._ask(actor, {**arguments, "command": command}, done, failed)

        return ask

    def rescue(self) -> Ask | None:
        """As ``Gate.rescue``."""
        self._rescuing = self._rescue()
        return self._rescuing.open(self._ask) if self._rescuing is not None else None

    def rescue_over(self) -> None:
        """As ``Gate.rescue_over``."""
        if self._rescuing is not None:
            self._rescuing.close()
            self._rescuing = None

    def _judge(self, user: User, done: Callable[[User], None], failed: Failed) -> None:
        if user.roles & self._roles:
            done(user)
        else:
            failed(Refused(text("This account may not use the console: its roles do not permit it.")))


RESCUE_ALARM = "rescue"


class RescueAlarm:
    """Nobody uses the rescue unseen: an alarm stands from its login on, until every account that got a password by it has changed that
    to one of its own.
    """

    def __init__(self, bus: Bus, about: str, log: Callable[[str], None]) -> None:
        self._bus = bus
        self._about = about
        self._log = log
        self._given: set[str] = set()
        self._standing = False
        self._open = False
        bus.subscribe(f"rescue at {about}", self._hear)

    def open(self, ask: Answer) -> Ask:
        """Somebody begins a rescue: the alarm, and a way to the appliance that knows one command."""
        self._open = True
        if not self._standing:
            self._standing = True
            sentence = f"Somebody at the serial line {self._about} uses the rescue login, which gives accounts new passwords."
            self._log(f"console: {sentence}")
            self._bus.publish(facts.AlarmRaised(alarm=RESCUE_ALARM, about=self._about, sentence=sentence))
        actor = Actor(Role.TECHNICIAN, f"rescue at {self._about}")

        def rescue(command: str, arguments: Mapping[str, object], done: Callable[[Mapping[str, Any]], None], failed: Failed) -> None:
            if command != "new_password":
                raise Refused(text("{actor} may not do this.", actor=actor.about))

            def given(answer: Mapping[str, Any]) -> None:
                self._given.add(str(answer["user"]))
                done(answer)

            ask(actor, {"command": command, "user": arguments.get("user", "")}, given, failed)

        return rescue

    def close(self) -> None:
        """The one at the cable has left."""
        self._open = False
        self._look()

    def _hear(self, envelope: Envelope) -> None:
        match envelope.fact:
            case facts.PasswordChanged(user=user, by=by) if by == f"user {user}":
                self._given.discard(user)
            case facts.UserRemoved(user=user):
                self._given.discard(user)
            case _:
                return
        self._look()

    def _look(self) -> None:
        if self._standing and not self._open and not self._given:
            self._standing = False
            self._bus.publish(facts.AlarmCleared(alarm=RESCUE_ALARM, about=self._about))
