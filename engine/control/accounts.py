"""Accounts at work: logging in, and changing a password, each a piece of work for the thread that may be slow.

Reading, judging and keeping are one piece of work, done in the order it was asked: guessing in parallel gains nothing. What came of
it is told here, in the reactor thread, as a fact and to the one who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from engine import facts
from engine.control.account_book import AccountBook, KeptAccounts, LoginRefusal
from engine.control.api_tokens import ApiTokens
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.executor import Executor
from engine.kernel.text import text
from engine.people.users import (
    LANGUAGES,
    PASSWORD_MOST,
    Hasher,
    LoginRules,
    LoginVerdict,
    Secrets,
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


class Accounts:
    """One per appliance. ``kept`` and ``hasher`` are used in the executor's thread only. ``book`` is what the other things that can be
    done with accounts stand on, ``tokens`` are the programs' way in.

    Every method returns at once; ``done`` or ``failed`` is called later. Each raises EnvironmentFault when the executor is behind.
    """

    def __init__(
        self, bus: Bus, clock: Clock, chores: Executor, kept: KeptAccounts, hasher: Hasher, rules: LoginRules, secrets: Secrets
    ) -> None:
        self.book = AccountBook(bus, clock, chores, kept, hasher, secrets)
        self.tokens = ApiTokens(self.book)
        self._bus = bus
        self._clock = clock
        self._chores = chores
        self._users: StoredUsers = kept
        self._hasher = hasher
        self._rules = rules
        self._nobodys_hash = ""

    def by_token(self, token: str, done: Told, failed: Failed) -> None:
        """The user for whom a program asks, as ``ApiTokens.by_token`` says. ``done`` or ``failed`` may be called at once."""
        self.tokens.by_token(token, done, failed)

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
            return self._keep_judged(user, judged, verdict, now_ms), verdict

        self._chores.submit(work, lambda found: self._tell_judged(found, done, failed), failed)

    def _tell_judged(self, found: tuple[User | None, LoginVerdict], done: Told, failed: Failed) -> None:
        user, verdict = found
        if user is not None:
            self.book.changed(user)
        if user is not None and verdict is LoginVerdict.RIGHT:
            self._bus.publish(facts.UserLoggedIn(user=user.name))
            done(user)
        else:
            failed(self._refusal(user, verdict))

    def log_in_by_key(self, name: str, done: Told, failed: Failed) -> None:
        """Log in who has shown by a key of the settings to be this user. Locked and disabled accounts are refused as with a password."""
        now_ms = self._clock.utc_ms()

        def work() -> tuple[User | None, LoginVerdict]:
            user = self._users.find(name) if is_user_name(name) else None
            if user is None:
                return None, LoginVerdict.UNKNOWN
            judged, verdict = judge_login(user, right=True, now_utc_ms=now_ms, rules=self._rules)
            return self._keep_judged(user, judged, verdict, now_ms), verdict

        self._chores.submit(work, lambda found: self._tell_judged(found, done, failed), failed)

    def _keep_judged(self, before: User, judged: User, verdict: LoginVerdict, now_ms: int) -> User:
        """Keep what a try has changed. A full disk does not keep people out who could clear it: only that they came is not kept then."""
        if judged != before:
            self._users.save(judged)
        if verdict is not LoginVerdict.RIGHT:
            return judged
        came = replace(judged, last_login_utc_ms=now_ms)
        with suppress(EnvironmentFault):
            self._users.save(came)
        return came

    def change_password(self, name: str, old: str, new: str, done: Told, failed: Failed) -> None:
        """Change one's own password. The old one is judged as at a login, and locks as there; a poor new one is BadInput."""
        now_ms = self._clock.utc_ms()

        def work() -> tuple[User, LoginVerdict]:
            user = self.book.known(name)
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
            self.book.changed(user, ends_logins=verdict is LoginVerdict.RIGHT)
            if verdict is LoginVerdict.RIGHT:
                self._bus.publish(facts.PasswordChanged(user=name, by=f"user {name}"))
                done(user)
            else:
                failed(self._refusal(user, verdict))

        self._chores.submit(work, judged, failed)

    def set_language(self, name: str, language: str, done: Told, failed: Failed) -> None:
        """Remember the language in which the user reads. BadInput for one that the page does not speak."""
        if language not in LANGUAGES:
            raise BadInput(text("There is no language {language}.", language=language))

        def work() -> User:
            user = replace(self.book.known(name), language=language)
            self._users.save(user)
            return user

        def kept(user: User) -> None:
            self.book.changed(user)
            done(user)

        self._chores.submit(work, kept, failed)

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
        if reason is LoginVerdict.DISABLED:
            return LoginRefusal(text("This account is disabled. Ask an administrator."), locked=True)
        return LoginRefusal(text("User name or password is wrong."), locked=False)
