"""What everything about accounts stands on: where they are kept, the thread that may be slow, and who must hear of a change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from engine.control.control import ActRefused
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import Refused
from engine.kernel.executor import Executor
from engine.kernel.text import Text, text
from engine.people.actors import Act, Actor, allowed
from engine.people.tokens import StoredTokens
from engine.people.users import Hasher, Secrets, StoredUsers, User, user_name_of

__all__ = ["AccountBook", "AccountChange", "KeptAccounts", "LoginRefusal"]

T = TypeVar("T")
Failed = Callable[[Exception], None]


class LoginRefusal(Refused):
    """Nobody was logged in. The text does not tell a wrong name from a wrong password; ``locked``: it does not help to try now."""

    def __init__(self, said: Text, *, locked: bool) -> None:
        super().__init__(said)
        self.locked = locked


class KeptAccounts(StoredUsers, StoredTokens, Protocol):
    """Where accounts and their tokens are kept."""


@dataclass(frozen=True)
class AccountChange:
    """An account is another one now; ``user`` None: it is gone. ``ends_logins``: whoever is logged in must show a password again."""

    name: str
    user: User | None
    ends_logins: bool


class AccountBook:
    """One per appliance. ``kept`` and ``hasher`` are used in the executor's thread only, in pieces of work that are done one after
    the other: what was read in a piece is still so when the same piece writes.
    """

    def __init__(self, bus: Bus, clock: Clock, chores: Executor, kept: KeptAccounts, hasher: Hasher, secrets: Secrets) -> None:
        self.bus = bus
        self.clock = clock
        self.kept = kept
        self.hasher = hasher
        self.secrets = secrets
        self._chores = chores
        self._watchers: list[Callable[[AccountChange], None]] = []

    def submit(self, work: Callable[[], T], done: Callable[[T], None], failed: Failed) -> None:
        """Do a piece of work in the slow thread. Raises EnvironmentFault when that is behind."""
        self._chores.submit(work, done, failed)

    def watch(self, hear: Callable[[AccountChange], None]) -> None:
        """``hear`` is told every change of an account, in the reactor thread, in their order."""
        self._watchers.append(hear)

    def changed(self, user: User, *, ends_logins: bool = False) -> None:
        """Tell everybody that an account is another one now."""
        self._tell(AccountChange(user.name, user, ends_logins))

    def removed(self, name: str) -> None:
        """Tell everybody that an account is gone."""
        self._tell(AccountChange(name, None, ends_logins=True))

    def known(self, name: str) -> User:
        """The account; in the slow thread. Refused when there is none."""
        user = self.kept.find(name)
        if user is None:
            raise Refused(text("There is no user {name}.", name=name))
        return user

    def check(self, actor: Actor, act: Act, own: str = "") -> None:
        """Raise ActRefused unless the actor may do this, or is the user ``own``."""
        if not allowed(actor, act, "") and not (own and user_name_of(actor) == own):
            raise ActRefused(text("{actor} may not do this.", actor=actor.about), "not_allowed_now")

    def _tell(self, change: AccountChange) -> None:
        for hear in self._watchers:
            hear(change)
