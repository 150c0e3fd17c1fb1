"""Accounts of the page, in a database of their own.

They are primary data, not a function of the journal: password hashes must never reach it. So the file belongs into every backup.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import peewee

from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text
from engine.people.actors import Role
from engine.people.users import User
from engine.store.migrations import BUSY_TIMEOUT_S, migrate

# ruff: noqa: D106  # Meta is how peewee is told a table name

__all__ = ["ACCOUNTS_NAME", "AccountRow", "AccountStore"]

ACCOUNTS_NAME = "accounts.db"

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        (
            "CREATE TABLE users (name TEXT NOT NULL PRIMARY KEY, roles TEXT NOT NULL, language TEXT NOT NULL, password_hash TEXT NOT NULL,"
            " must_change INTEGER NOT NULL, locked_until_utc_ms BIGINT NOT NULL, wrong INTEGER NOT NULL)"
        ),
    ),
)
"""As those of the other database: never changed once released, only added to."""


class AccountRow(peewee.Model):
    """One account; ``roles`` joined by commas."""

    name = peewee.TextField(primary_key=True)
    roles = peewee.TextField()
    language = peewee.TextField()
    password_hash = peewee.TextField()
    must_change = peewee.BooleanField()
    locked_until_utc_ms = peewee.BigIntegerField()
    wrong = peewee.IntegerField()

    class Meta:
        table_name = "users"


class AccountStore:
    """Implements ``engine.people.users.StoredUsers`` on ``accounts.db``.

    Made at the start, when it migrates the file: raises EnvironmentFault when it cannot be used, BadInput when it is newer than this
    program. Afterwards it belongs to the thread that asks first.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / ACCOUNTS_NAME
        pragmas = {"journal_mode": "wal", "synchronous": "full"}
        self._database = peewee.SqliteDatabase(str(self._path), pragmas=pragmas, timeout=BUSY_TIMEOUT_S)
        with self._faults():
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # hashes are nobody else's business
            try:
                migrate(self._database, self._path, MIGRATIONS)
            finally:
                self._database.close()

    def find(self, name: str) -> User | None:
        """As ``StoredUsers.find``."""
        with self._faults():
            row = AccountRow.select().where(AccountRow.name == name).dicts().execute(self._database)
            found = next(iter(row), None)
        if found is None:
            return None
        roles = frozenset(Role(role) for role in found["roles"].split(",") if role)
        return User(
            name=found["name"],
            roles=roles,
            language=found["language"],
            password_hash=found["password_hash"],
            must_change=bool(found["must_change"]),
            locked_until_utc_ms=int(found["locked_until_utc_ms"]),
            wrong=int(found["wrong"]),
        )

    def count(self) -> int:
        """As ``StoredUsers.count``."""
        with self._faults():
            return int(AccountRow.select(peewee.fn.COUNT(AccountRow.name)).scalar(self._database) or 0)

    def save(self, user: User) -> None:
        """As ``StoredUsers.save``."""
        values = {
            "name": user.name,
            "roles": ",".join(sorted(user.roles)),
            "language": user.language,
            "password_hash": user.password_hash,
            "must_change": user.must_change,
            "locked_until_utc_ms": user.locked_until_utc_ms,
            "wrong": user.wrong,
        }
        with self._faults():
            AccountRow.insert(values).on_conflict_replace().execute(self._database)

    def close(self) -> None:
        """As ``StoredUsers.close``."""
        self._database.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (peewee.DatabaseError, sqlite3.Error, OSError) as error:
            raise EnvironmentFault(
                text(
                    "accounts {path} cannot be used ({error}). Check free disk space and permissions; a damaged file is put back from a backup.",
                    path=str(self._path),
                    error=str(error),
                )
            ) from error
