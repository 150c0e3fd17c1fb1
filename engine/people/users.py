"""People with an account on the page: what an account is, which passwords are good enough, and the lock after wrong ones.

Pure. Where accounts are kept (``StoredUsers``) and how a password is hashed (``Hasher``) is said by protocols only. Hashes stay
inside ``User`` and its store: they never become facts, log lines or answers.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from engine.kernel.text import Text, text
from engine.people.actors import Actor, Role

__all__ = [
    "FIRST_USER",
    "LANGUAGES",
    "PASSWORD_LEAST",
    "PASSWORD_MOST",
    "USER_ROLES",
    "Hasher",
    "LoginRules",
    "LoginVerdict",
    "Secrets",
    "StoredUsers",
    "User",
    "actor_of",
    "first_user",
    "is_user_name",
    "judge_login",
    "password_fault",
    "user_name_of",
    "with_password",
]

FIRST_USER = "admin"
PASSWORD_LEAST = 10
PASSWORD_MOST = 128
DIFFERENT_LEAST = 5
"""Different characters in a password: ``aaaaaaaaaa`` is long and worth nothing."""
LANGUAGES = ("zh", "en")
USER_ROLES = (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AGENT_USER, Role.QUALITY, Role.READ_ONLY)
"""Roles an account can have, the mightiest first."""

# No hyphen: a user's name can never be mistaken for an id of the box.
_USER_NAME = re.compile(r"[a-z][a-z0-9._]{1,30}", re.ASCII)
_COMMON = ("password", "passw0rd", "12345678", "qwertyui", "strowger", "callcent", "woaini", "admin123", "abc123456")


@dataclass(frozen=True)
class User:
    """An account. ``language`` empty: as the browser asks; ``must_change``: the password was given by somebody else;
    ``wrong``: wrong passwords in a row; ``locked_until_utc_ms`` 0: not locked; ``agent``: the number of the agent who this user
    is, empty for none; ``disabled``: nobody can log in; ``last_login_utc_ms`` 0: never.
    """

    name: str
    roles: frozenset[Role]
    language: str
    password_hash: str = field(repr=False)
    must_change: bool = False
    locked_until_utc_ms: int = 0
    wrong: int = 0
    agent: str = ""
    disabled: bool = False
    last_login_utc_ms: int = 0


@dataclass(frozen=True)
class LoginRules:
    """So many wrong passwords in a row lock the account for so long."""

    tries: int = 5
    lock_ms: int = 600_000


class LoginVerdict(StrEnum):
    """What a try to log in was worth."""

    RIGHT = "right"
    WRONG = "wrong_password"
    NOW_LOCKED = "now_locked"
    LOCKED = "locked"
    UNKNOWN = "unknown_user"
    DISABLED = "disabled"


class Hasher(Protocol):
    """Slow one-way hashing of passwords. Each call takes tens of milliseconds: not for the reactor thread."""

    def hash(self, password: str) -> str:
        """A new salted hash, with its parameters in it."""

    def matches(self, password_hash: str, password: str) -> bool:
        """True when this password was hashed; False also for a hash that is none."""

    def is_weak(self, password_hash: str) -> bool:
        """True when the hash was made with parameters weaker than today's."""


class Secrets(Protocol):
    """Where made-up secrets come from."""

    def password(self) -> str:
        """A password that can be read aloud, good for a first login."""

    def token(self) -> str:
        """256 random bits as 43 characters of base64url."""


class StoredUsers(Protocol):
    """Where accounts are kept. Every method blocks, belongs to one thread, and raises EnvironmentFault when the disk fails."""

    def find(self, name: str) -> User | None:
        """The account of this name."""

    def count(self) -> int:
        """How many accounts there are."""

    def all(self) -> list[User]:
        """Every account, by name."""

    def save(self, user: User) -> None:
        """Keep this account, new or changed; it is on the medium when this returns."""

    def remove(self, name: str) -> None:
        """Forget this account and its tokens."""

    def close(self) -> None:
        """Close what is open; the next question opens it again."""


def is_user_name(name: str) -> bool:
    """True for 2 to 31 lower-case letters, digits, dots and underscores, beginning with a letter."""
    return _USER_NAME.fullmatch(name) is not None


def first_user(password_hash: str) -> User:
    """The account that a new box begins with. Its password was generated and must be changed."""
    return User(FIRST_USER, frozenset({Role.ADMINISTRATOR}), "", password_hash, must_change=True)


def with_password(user: User, password_hash: str, *, must_change: bool) -> User:
    """The account with another password; a lock is over with it."""
    return replace(user, password_hash=password_hash, must_change=must_change, wrong=0, locked_until_utc_ms=0)


def actor_of(name: str, roles: Collection[Role], agent: str = "") -> Actor:
    """The user as an actor. Its name is marked as a user's, so that it can never equal the name of a phone. ``agent``: the number of
    the agent who the user is.
    """
    ordered = [role for role in USER_ROLES if role in roles]
    return Actor(ordered[0] if ordered else Role.READ_ONLY, f"user {name}", frozenset(ordered), agent)


def user_name_of(actor: Actor) -> str:
    """The name of the user who is this actor; empty for an actor who is no user of the page."""
    marked, _, name = actor.about.partition(" ")
    return name if marked == "user" and actor.role in USER_ROLES else ""


def judge_login(user: User, *, right: bool, now_utc_ms: int, rules: LoginRules) -> tuple[User, LoginVerdict]:
    """The account after one try, and what the try was worth. While the lock lasts even the right password is refused. That an account
    is disabled is told only to who knows its password.
    """
    if now_utc_ms < user.locked_until_utc_ms:
        return user, LoginVerdict.LOCKED
    if right:
        fresh = replace(user, wrong=0, locked_until_utc_ms=0)
        return fresh, LoginVerdict.DISABLED if user.disabled else LoginVerdict.RIGHT
    wrong = user.wrong + 1
    if wrong >= rules.tries:
        return replace(user, wrong=0, locked_until_utc_ms=now_utc_ms + rules.lock_ms), LoginVerdict.NOW_LOCKED
    return replace(user, wrong=wrong, locked_until_utc_ms=0), LoginVerdict.WRONG


def password_fault(name: str, password: str, old: str = "") -> Text | None:
    """What is wrong with a new password, for the person who chose it; None when it is good enough."""
    lower = password.lower()
    if len(password) < PASSWORD_LEAST:
        return text("The password has {length} characters; at least {least} are needed.", length=len(password), least=PASSWORD_LEAST)
    if len(password) > PASSWORD_MOST:
        return text("The password has {length} characters; at most {most} are possible.", length=len(password), most=PASSWORD_MOST)
    if not password.isprintable():
        return text("The password has characters that cannot be typed.")
    if password == old:
        return text("The new password is the old one.")
    if len(set(password)) < DIFFERENT_LEAST:
        return text("The password needs at least {least} different characters.", least=DIFFERENT_LEAST)
    if name.lower() in lower:
        return text("The password contains the user name.")
    if any(common in lower for common in _COMMON):
        return text("The password contains a word that is tried first by whoever guesses passwords.")
    return None
