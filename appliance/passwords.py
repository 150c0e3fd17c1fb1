"""Passwords: hashed by Argon2id (RFC 9106), and made up for a first login; tokens for programs, made up too."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError

from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text

__all__ = ["Argon2", "MadeUp", "new_password"]

MEMORY_KIB = 65_536
ROUNDS = 3
LANES = 1
"""RFC 9106 clause 4, second recommended option, but on one lane: the thread that hashes is one. Some 100 ms on a small machine."""
TOKEN_BYTES = 32
GROUPS = 4
GROUP_LENGTH = 4
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that looks like something else on a dusty screen."""


class Argon2:
    """Implements ``engine.people.users.Hasher``. Tests pass cheaper parameters."""

    def __init__(self, memory_kib: int = MEMORY_KIB, rounds: int = ROUNDS) -> None:
        self._argon = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=LANES)

    def hash(self, password: str) -> str:
        """As ``Hasher.hash``. Raises EnvironmentFault when memory does not suffice."""
        try:
            return self._argon.hash(password)
        except HashingError as error:
            raise _fault(error) from error

    def matches(self, password_hash: str, password: str) -> bool:
        """As ``Hasher.matches``. Raises EnvironmentFault when memory does not suffice: that is no wrong password."""
        try:
            return self._argon.verify(password_hash, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
        except VerificationError as error:
            raise _fault(error) from error

    def is_weak(self, password_hash: str) -> bool:
        """As ``Hasher.is_weak``."""
        return self._argon.check_needs_rehash(password_hash)


def _fault(error: Exception) -> EnvironmentFault:
    return EnvironmentFault(text("the password cannot be checked now ({error}): try again in a minute.", error=str(error)))


def new_password(below: Callable[[int], int]) -> str:
    """A password that can be read aloud: 16 characters in four groups, 79 bits. ``below(n)`` gives a random number from 0 to n − 1."""
    return "-".join("".join(LETTERS[below(len(LETTERS))] for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


class MadeUp:
    """Implements ``engine.people.users.Secrets`` with the machine's own chance."""

    def password(self) -> str:
        """As ``Secrets.password``."""
        return new_password(secrets.randbelow)

    def token(self) -> str:
        """As ``Secrets.token``."""
        return secrets.token_urlsafe(TOKEN_BYTES)
