"""The archive of site versions: primary data, in a database of its own beside the journal.

Settings hold secrets (PINs), so they are never facts; the journal only says that a version came into force. The file is
readable by the appliance's user alone.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import peewee

from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import text
from engine.settings.versions import SiteVersion, VersionNote, document_of, site_of

__all__ = ["ARCHIVE_NAME", "SiteArchive"]

ARCHIVE_NAME = "settings.db"
FORMAT = 1
BUSY_TIMEOUT_S = 5


class SiteArchive:
    """Implements ``VersionArchive`` on SQLite. Opened and closed for each act: they are rare, and threads then do not matter.

    Every act raises EnvironmentFault when the file cannot be used, BadInput when a newer program has written it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / ARCHIVE_NAME

    def newest(self) -> SiteVersion | None:
        """The version in force."""
        return self._one("SELECT * FROM site_versions ORDER BY number DESC LIMIT 1", ())

    def version(self, number: int) -> SiteVersion | None:
        """The version with this number."""
        return self._one("SELECT * FROM site_versions WHERE number = ?", (number,))

    def history(self, most: int) -> list[VersionNote]:
        """The newest notes."""
        rows = self._rows("SELECT * FROM site_versions ORDER BY number DESC LIMIT ?", (most,))
        return [VersionNote(*row[:6]) for row in rows]

    def add(self, version: SiteVersion) -> None:
        """Keep a version."""
        note = version.note
        values = (note.number, note.utc_ms, note.utc_offset_min, note.who, note.why, note.origin, document_of(version.site))
        self._rows("INSERT INTO site_versions VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def _one(self, query: str, values: tuple[object, ...]) -> SiteVersion | None:
        rows = self._rows(query, values)
        if not rows:
            return None
        *note, document = rows[0]
        return SiteVersion(VersionNote(*note), site_of(document, f"{self._path} version {note[0]}"))

    def _rows(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        try:
            database = self._open()
            try:
                with database.atomic():
                    return list(database.execute_sql(query, values).fetchall())  # type: ignore[no-untyped-call]  # the stub has no types
            finally:
                database.close()
        except (peewee.DatabaseError, OSError) as error:
            raise EnvironmentFault(
                text("the settings in {path} cannot be read and written: {error}.", path=str(self._path), error=str(error))
            ) from error

    def _open(self) -> peewee.SqliteDatabase:
        if not self._path.exists():
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        pragmas = {"journal_mode": "wal", "synchronous": "full"}
        database = peewee.SqliteDatabase(str(self._path), pragmas=pragmas, timeout=BUSY_TIMEOUT_S)
        database.connect()
        found = database.execute_sql("PRAGMA user_version").fetchone()[0]  # type: ignore[no-untyped-call]  # the stub has no types
        if found > FORMAT:
            database.close()
            raise BadInput(
                text("{path} was written by a newer program (format {found}): install that one again.", path=str(self._path), found=found)
            )
        if found < FORMAT:
            with database.atomic():
                database.execute_sql(  # type: ignore[no-untyped-call]  # the stub has no types
                    "CREATE TABLE site_versions (number INTEGER NOT NULL PRIMARY KEY, utc_ms BIGINT NOT NULL, utc_offset_min INTEGER"
                    " NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, origin TEXT NOT NULL, document TEXT NOT NULL)"
                )
                database.execute_sql(f"PRAGMA user_version = {FORMAT}")  # type: ignore[no-untyped-call]  # the stub has no types
        return database
