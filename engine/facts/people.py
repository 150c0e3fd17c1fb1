"""What happened to people with an account on the page. They are known here by their user name and by nothing else.

A name that no account has is never kept: somebody may have typed a password into the wrong field.
"""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = ["PasswordChanged", "RecordingHeard", "UserLocked", "UserLoggedIn", "UserLoginRefused"]


@fact(version=1)
class UserLoggedIn(Fact):
    """Somebody logged in on the page."""

    user: str


@fact(version=1)
class UserLoginRefused(Fact):
    """Somebody tried to log in on the page: ``wrong_password``, ``unknown_user`` (``user`` is empty), ``locked``."""

    user: str
    reason: str


@fact(version=1)
class UserLocked(Fact):
    """Too many wrong passwords: the account cannot be used before ``until_utc_ms``."""

    user: str
    until_utc_ms: int


@fact(version=1)
class PasswordChanged(Fact):
    """The password of an account is another one now, changed ``by`` the same user or by a technician at the machine."""

    user: str
    by: str


@fact(version=1)
class RecordingHeard(Fact):
    """A user opened a recording for listening; told once for each login and recording."""

    user: str
    recording: str
    call: str
