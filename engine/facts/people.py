"""What happened to people with an account on the page. They are known here by their user name and by nothing else.

A name that no account has is never kept: somebody may have typed a password into the wrong field.
"""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = [
    "PasswordChanged",
    "RecordingHeard",
    "TokenMade",
    "TokenRevoked",
    "TokensRefused",
    "UserAdded",
    "UserChanged",
    "UserLocked",
    "UserLoggedIn",
    "UserLoginRefused",
    "UserRemoved",
]


@fact(version=1)
class UserLoggedIn(Fact):
    """Somebody logged in on the page."""

    user: str


@fact(version=1)
class UserLoginRefused(Fact):
    """Somebody tried to log in on the page: ``wrong_password``, ``unknown_user`` (``user`` is empty), ``locked``, ``disabled``."""

    user: str
    reason: str


@fact(version=1)
class UserLocked(Fact):
    """Too many wrong passwords: the account cannot be used before ``until_utc_ms``."""

    user: str
    until_utc_ms: int


@fact(version=1)
class PasswordChanged(Fact):
    """The password of an account is another one now, changed ``by`` the same user, an administrator or a technician at the machine."""

    user: str
    by: str


@fact(version=1)
class UserAdded(Fact):
    """There is a new account, made ``by`` an administrator. ``agent``: the agent who this user is, or empty."""

    user: str
    roles: tuple[str, ...]
    agent: str
    by: str


@fact(version=1)
class UserChanged(Fact):
    """Something about an account is another: each of ``changes`` as ``field: old -> new``."""

    user: str
    changes: tuple[str, ...]
    by: str


@fact(version=1)
class UserRemoved(Fact):
    """An account and its tokens are gone."""

    user: str
    by: str


@fact(version=1)
class TokenMade(Fact):
    """A user has a new token for programs. ``token`` is its id: the token itself is known to nobody but the user."""

    user: str
    token: str
    label: str
    expires_utc_ms: int


@fact(version=1)
class TokenRevoked(Fact):
    """A token is worth nothing any more."""

    user: str
    token: str
    label: str
    by: str


@fact(version=1)
class TokensRefused(Fact):
    """Programs came with tokens that open nothing: so ``many`` since the last such fact, the last one for ``reason``. Told at most
    once a minute. ``user`` and ``token`` are empty for a token that nobody has.
    """

    many: int
    reason: str
    user: str
    token: str


@fact(version=1)
class RecordingHeard(Fact):
    """A user opened a recording for listening; told once for each login and recording."""

    user: str
    recording: str
    call: str
