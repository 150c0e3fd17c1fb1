"""Accounts at work: logging in, and changing a password, each a piece of work for the thread that may be slow.

Reading, judging and keeping are one piece of work, done in the order it was asked: guessing in parallel gains nothing. What came of
it is told here, in the reactor thread, as a fact and to the one who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine import facts
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, Refused
from engine.kernel.executor import Executor
from engine.kernel.text import Text, text
from engine.people.actors import Act, Actor, allowed
from engine.people.users import (
    LANGUAGES,
    PASSWORD_MOST,
    Hasher,
    LoginRules,
    LoginVerdict,
    StoredUsers,
    User,
    first_user,
    is_user_name,
    judge_login,
    password_fault,
    with_password,
)

__all__ = ["Accounts", "LoginRefusal"]

Told = Callable[[User], None]
Failed = Callable[[Exception], None]


class LoginRefusal(Refused):
    """Nobody was logged in. The text does not tell a wrong name from a wrong password; ``locked``: it does not help to try now."""

    def __init__(self, said: Text, *, locked: bool) -> None:
        super().__init__(said)
        self.locked = locked


class Accounts:
    """One per appliance. ``users`` and ``hasher`` are used in the executor's thread only.

    Every method returns at once; ``done`` or ``failed`` is called later. Each raises EnvironmentFault when the executor is behind.
    """

    def __init__(self, bus: Bus, clock: Clock, chores: Executor, users: StoredUsers, hasher: Hasher, rules: LoginRules) -> None:
        self._bus = bus
        self._clock = clock
        self._chores = chores
        self._users = users
        self._hasher = hasher
        self._rules = rules
        self._nobodys_hash = ""

    def first_start(self, password: str, done: Callable[[bool], None], failed: Failed) -> None:
        """Make the first account with this password, unless there is one already; ``done`` is told whether it was made."""

        def work() -> bool:
            if self._users.count():
                return False
            self._users.save(first_user(self._hasher.hash(password)))
            return True

        self._chores.submit(work, done, failed)

    def log_in(self, name: str, password: str, done: Told, failed: Failed) -> None:
        """Judge a name and a password. ``failed`` is told LoginRefusal, or EnvironmentFault when accounts cannot be read and kept."""
        now_ms = self._clock.utc_ms()

        def work() -> tuple[User | None, LoginVerdict]:
            user = self._users.find(name) if is_user_name(name) else None
            if user is None:
                self._check_in_vain(password)
                return None, LoginVerdict.UNKNOWN
            right = len(password) <= PASSWORD_MOST and self._hasher.matches(user.password_hash, password)
            judged, verdict = judge_login(user, right=right, now_utc_ms=now_ms, rules=self._rules)
            if verdict is LoginVerdict.RIGHT and self._hasher.is_weak(user.password_hash):
                judged = replace(judged, password_hash=self._hasher.hash(password))
            if judged != user:
                self._users.save(judged)
            return judged, verdict

        def judged(found: tuple[User | None, LoginVerdict]) -> None:
            user, verdict = found
            if user is not None and verdict is LoginVerdict.RIGHT:
                self._bus.publish(facts.UserLoggedIn(user=user.name))
                done(user)
            else:
                failed(self._refusal(user, verdict))

        self._chores.submit(work, judged, failed)

    def change_password(self, name: str, old: str, new: str, done: Told, failed: Failed) -> None:
        """Change one's own password. The old one is judged as at a login, and locks as there; a poor new one is BadInput."""
        now_ms = self._clock.utc_ms()

        def work() -> tuple[User, LoginVerdict]:
            user = self._known(name)
            right = len(old) <= PASSWORD_MOST and self._hasher.matches(user.password_hash, old)
            judged, verdict = judge_login(user, right=right, now_utc_ms=now_ms, rules=self._rules)
            fault = password_fault(name, new, old) if verdict is LoginVerdict.RIGHT else None
            if fault is not None:
                raise BadInput(fault)
            if verdict is LoginVerdict.RIGHT:
                judged = with_password(judged, self._hasher.hash(new), must_change=False)
            self._users.save(judged)
            return judged, verdict

        def judged(found: tuple[User, LoginVerdict]) -> None:
            user, verdict = found
            if verdict is LoginVerdict.RIGHT:
                self._bus.publish(facts.PasswordChanged(user=name, by=f"user {name}"))
                done(user)
            else:
                failed(self._refusal(user, verdict))

        self._chores.submit(work, judged, failed)

    def give_password(self, actor: Actor, name: str, password: str, done: Told, failed: Failed) -> None:
        """The rescue of who forgot it: an account gets this password, to be changed at the next login, and is unlocked."""
        if not allowed(actor, Act.GIVE_PASSWORD, ""):
            raise Refused(text("{actor} may not do this.", actor=actor.about))

        def work() -> User:
            user = with_password(self._known(name), self._hasher.hash(password), must_change=True)
            self._users.save(user)
            return user

        def given(user: User) -> None:
            self._bus.publish(facts.PasswordChanged(user=name, by=actor.about))
            done(user)

        self._chores.submit(work, given, failed)

    def set_language(self, name: str, language: str, done: Told, failed: Failed) -> None:
        """Remember the language in which the user reads. BadInput for one that the page does not speak."""
        if language not in LANGUAGES:
            raise BadInput(text("There is no language {language}.", language=language))

        def work() -> User:
            user = replace(self._known(name), language=language)
            self._users.save(user)
            return user

        self._chores.submit(work, done, failed)

    def _known(self, name: str) -> User:
        user = self._users.find(name)
        if user is None:
            raise Refused(text("There is no user {name}.", name=name))
        return user

    def _check_in_vain(self, password: str) -> None:
        """An unknown name costs as much time as a wrong password: how long the answer takes tells nothing."""
        if not self._nobodys_hash:
            self._nobodys_hash = self._hasher.hash("nobody has this password")
        self._hasher.matches(self._nobodys_hash, password[:PASSWORD_MOST])

    def _refusal(self, user: User | None, verdict: LoginVerdict) -> LoginRefusal:
        name = user.name if user is not None else ""
        if verdict is LoginVerdict.NOW_LOCKED and user is not None:
            self._bus.publish(facts.UserLocked(user=name, until_utc_ms=user.locked_until_utc_ms))
        reason = LoginVerdict.LOCKED if verdict is LoginVerdict.NOW_LOCKED else verdict
        self._bus.publish(facts.UserLoginRefused(user=name, reason=reason.value))
        if user is not None and reason is LoginVerdict.LOCKED:
            minutes = max(1, -(-(user.locked_until_utc_ms - self._clock.utc_ms()) // 60_000))
            said = text("This account is locked after too many wrong passwords. Try again in {minutes} minutes.", minutes=minutes)
            return LoginRefusal(said, locked=True)
        return LoginRefusal(text("User name or password is wrong."), locked=False)
