"""Accounts of the page and their tokens, in a database of their own.

They are primary data, not a function of the journal: password hashes must never reach it. So the file belongs into every backup.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import peewee

from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text
from engine.people.actors import Role
from engine.people.tokens import ApiToken
from engine.people.users import User
from engine.store.migrations import BUSY_TIMEOUT_S, migrate

# ruff: noqa: D106  # Meta is how peewee is told a table name

__all__ = ["ACCOUNTS_NAME", "AccountRow", "AccountStore", "TokenRow"]

ACCOUNTS_NAME = "accounts.db"

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        (
            "CREATE TABLE users (name TEXT NOT NULL PRIMARY KEY, roles TEXT NOT NULL, language TEXT NOT NULL, password_hash TEXT NOT NULL,"
            " must_change INTEGER NOT NULL, locked_until_utc_ms BIGINT NOT NULL, wrong INTEGER NOT NULL)"
        ),
    ),
    (
        "ALTER TABLE users ADD COLUMN agent TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE users ADD COLUMN last_login_utc_ms BIGINT NOT NULL DEFAULT 0",
        (
            "CREATE TABLE tokens (id TEXT NOT NULL PRIMARY KEY, digest TEXT NOT NULL UNIQUE, user TEXT NOT NULL, label TEXT NOT NULL,"
            " created_utc_ms BIGINT NOT NULL, expires_utc_ms BIGINT NOT NULL, last_used_utc_ms BIGINT NOT NULL)"
        ),
        "CREATE INDEX tokens_user ON tokens (user)",
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
    agent = peewee.TextField()
    disabled = peewee.BooleanField()
    last_login_utc_ms = peewee.BigIntegerField()

    class Meta:
        table_name = "users"


class TokenRow(peewee.Model):
    """One token of a user, known by its digest."""

    id = peewee.TextField(primary_key=True)
    digest = peewee.TextField(unique=True)
    user = peewee.TextField(index=True)
    label = peewee.TextField()
    created_utc_ms = peewee.BigIntegerField()
    expires_utc_ms = peewee.BigIntegerField()
    last_used_utc_ms = peewee.BigIntegerField()

    class Meta:
        table_name = "tokens"


class AccountStore:
    """Implements ``engine.people.users.StoredUsers`` and ``engine.people.tokens.StoredTokens`` on ``accounts.db``.

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
        return _user(found) if found is not None else None

    def all(self) -> list[User]:
        """As ``StoredUsers.all``."""
        with self._faults():
            return [_user(row) for row in AccountRow.select().order_by(AccountRow.name).dicts().execute(self._database)]

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
            "agent": user.agent,
            "disabled": user.disabled,
            "last_login_utc_ms": user.last_login_utc_ms,
        }
        with self._faults():
            AccountRow.insert(values).on_conflict_replace().execute(self._database)

    def remove(self, name: str) -> None:
        """As ``StoredUsers.remove``."""
        with self._faults(), self._database.atomic():
            TokenRow.delete().where(TokenRow.user == name).execute(self._database)
            AccountRow.delete().where(AccountRow.name == name).execute(self._database)

    # ---- tokens ----------------------------------------------------------------------------------------------------

    def tokens(self, user: str) -> list[ApiToken]:
        """As ``StoredTokens.tokens``."""
        with self._faults():
            rows = TokenRow.select().where(TokenRow.user == user).order_by(TokenRow.created_utc_ms, TokenRow.id)
            return [_token(row) for row in rows.dicts().execute(self._database)]

    def token_digests(self) -> dict[str, ApiToken]:
        """As ``StoredTokens.token_digests``."""
        with self._faults():
            return {str(row["digest"]): _token(row) for row in TokenRow.select().dicts().execute(self._database)}

    def token(self, token_id: str) -> ApiToken | None:
        """As ``StoredTokens.token``."""
        with self._faults():
            rows = TokenRow.select().where(TokenRow.id == token_id).dicts().execute(self._database)
            return next((_token(row) for row in rows), None)

    def save_token(self, digest: str, token: ApiToken) -> None:
        """As ``StoredTokens.save_token``."""
        with self._faults():
            TokenRow.insert({**asdict(token), "digest": digest}).execute(self._database)

    def remove_token(self, token_id: str) -> None:
        """As ``StoredTokens.remove_token``."""
        with self._faults():
            TokenRow.delete().where(TokenRow.id == token_id).execute(self._database)

    def mark_used(self, token_id: str, utc_ms: int) -> None:
        """As ``StoredTokens.mark_used``."""
        with self._faults():
            TokenRow.update(last_used_utc_ms=utc_ms).where(TokenRow.id == token_id).execute(self._database)

    # ---- small things ------------------------------------------------------------------------------------------------

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


def _user(row: Mapping[str, Any]) -> User:
    return User(
        name=row["name"],
        roles=frozenset(Role(role) for role in row["roles"].split(",") if role),
        language=row["language"],
        password_hash=row["password_hash"],
        must_change=bool(row["must_change"]),
        locked_until_utc_ms=int(row["locked_until_utc_ms"]),
        wrong=int(row["wrong"]),
        agent=row["agent"],
        disabled=bool(row["disabled"]),
        last_login_utc_ms=int(row["last_login_utc_ms"]),
    )


def _token(row: Mapping[str, Any]) -> ApiToken:
    return ApiToken(
        id=row["id"],
        user=row["user"],
        label=row["label"],
        created_utc_ms=int(row["created_utc_ms"]),
        expires_utc_ms=int(row["expires_utc_ms"]),
        last_used_utc_ms=int(row["last_used_utc_ms"]),
    )
