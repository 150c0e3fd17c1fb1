"""Opening the database, and its numbered migrations.

A migration is never changed once released; a new one is appended. A database that a newer program has migrated is
refused, because this program cannot know what its columns mean.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import peewee

from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import text
from engine.store.models import SchemaVersion

__all__ = ["DATABASE_NAME", "MIGRATIONS", "migrate", "open_database", "open_reading", "version_of"]

DATABASE_NAME = "strowger.db"
BUSY_TIMEOUT_S = 5
"""How long a write waits for another connection of this process; readers never block it in WAL mode."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE applied (name TEXT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL)",
        (
            "CREATE TABLE calls (call TEXT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL, direction TEXT NOT NULL, line TEXT NOT NULL,"
            " phone TEXT NOT NULL, extension TEXT NOT NULL, calling TEXT NOT NULL, calling_name TEXT NOT NULL, called TEXT NOT NULL,"
            " queue TEXT NOT NULL, agent TEXT NOT NULL, arrived_utc_ms BIGINT NOT NULL, answered_utc_ms BIGINT, queued_utc_ms BIGINT,"
            " connected_utc_ms BIGINT, connected_ns BIGINT, ended_utc_ms BIGINT, utc_offset_min INTEGER NOT NULL, wait_ms BIGINT,"
            " talk_ms BIGINT, cause INTEGER, reason TEXT NOT NULL, released_by TEXT NOT NULL, recording TEXT NOT NULL)"
        ),
        "CREATE INDEX calls_seq ON calls (seq)",
        (
            "CREATE TABLE recordings (recording TEXT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL, call TEXT NOT NULL, path TEXT NOT NULL,"
            ' "left" TEXT NOT NULL, "right" TEXT NOT NULL, started_utc_ms BIGINT NOT NULL, utc_offset_min INTEGER NOT NULL,'
            " samples BIGINT, state TEXT NOT NULL, reason TEXT NOT NULL)"
        ),
        "CREATE INDEX recordings_seq ON recordings (seq)",
        "CREATE INDEX recordings_call ON recordings (call)",
        (
            "CREATE TABLE agents (agent TEXT NOT NULL PRIMARY KEY, phone TEXT NOT NULL, state TEXT NOT NULL, reasons TEXT NOT NULL,"
            " call TEXT NOT NULL, since_utc_ms BIGINT NOT NULL, locked_until_utc_ms BIGINT)"
        ),
        (
            "CREATE TABLE stints (seq BIGINT NOT NULL PRIMARY KEY, call TEXT NOT NULL, queue TEXT NOT NULL, place INTEGER NOT NULL,"
            " queued_utc_ms BIGINT NOT NULL, ended_utc_ms BIGINT, outcome TEXT NOT NULL, agent TEXT NOT NULL, wait_ms BIGINT)"
        ),
        "CREATE INDEX stints_call ON stints (call)",
        "CREATE INDEX stints_queued ON stints (queued_utc_ms)",
    ),
    (
        (
            "CREATE TABLE moments (seq BIGINT NOT NULL PRIMARY KEY, call TEXT NOT NULL, utc_ms BIGINT NOT NULL, name TEXT NOT NULL,"
            " version INTEGER NOT NULL, record TEXT NOT NULL)"
        ),
        "CREATE INDEX moments_call ON moments (call)",
        "CREATE INDEX calls_arrived ON calls (arrived_utc_ms)",
        # the past gets its moments too: all tables are made again from the journal
        "DELETE FROM calls",
        "DELETE FROM recordings",
        "DELETE FROM agents",
        "DELETE FROM stints",
        "UPDATE applied SET seq = 0",
    ),
    (
        (
            "CREATE TABLE span_moments (seq BIGINT NOT NULL PRIMARY KEY, span INTEGER NOT NULL, utc_ms BIGINT NOT NULL, name TEXT NOT NULL,"
            " version INTEGER NOT NULL, record TEXT NOT NULL)"
        ),
        "CREATE INDEX span_moments_span ON span_moments (span)",
    ),
    (
        (
            "CREATE TABLE port_moments (seq BIGINT NOT NULL PRIMARY KEY, port TEXT NOT NULL, utc_ms BIGINT NOT NULL, name TEXT NOT NULL,"
            " version INTEGER NOT NULL, record TEXT NOT NULL)"
        ),
        "CREATE INDEX port_moments_port ON port_moments (port)",
    ),
    ("ALTER TABLE calls ADD COLUMN calling_doubtful INTEGER NOT NULL DEFAULT 0",),
    (
        (
            "CREATE TABLE charges (seq BIGINT NOT NULL PRIMARY KEY, call TEXT NOT NULL, direction TEXT NOT NULL, line TEXT NOT NULL,"
            " trunk_group TEXT NOT NULL, route TEXT NOT NULL, number TEXT NOT NULL, extension TEXT NOT NULL, agent TEXT NOT NULL,"
            " account TEXT NOT NULL, charge_account TEXT NOT NULL, tariff TEXT NOT NULL, site_version INTEGER NOT NULL, basis TEXT NOT NULL,"
            " answered_utc_ms BIGINT NOT NULL, utc_offset_min INTEGER NOT NULL, day TEXT NOT NULL, duration_ms BIGINT NOT NULL,"
            " paid_s BIGINT NOT NULL, pulses INTEGER NOT NULL, price_li BIGINT NOT NULL, bands TEXT NOT NULL, steps TEXT NOT NULL)"
        ),
        "CREATE INDEX charges_call ON charges (call)",
        "CREATE INDEX charges_answered ON charges (answered_utc_ms)",
    ),
    (
        # before there were interactions every call was one by itself, and had one recording
        "ALTER TABLE calls ADD COLUMN interaction TEXT NOT NULL DEFAULT ''",
        "UPDATE calls SET interaction = call",
        "CREATE INDEX calls_interaction ON calls (interaction)",
        "ALTER TABLE recordings ADD COLUMN interaction TEXT NOT NULL DEFAULT ''",
        "UPDATE recordings SET interaction = call",
        "CREATE INDEX recordings_interaction ON recordings (interaction)",
        "ALTER TABLE recordings ADD COLUMN segment INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE recordings ADD COLUMN from_sample BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE recordings ADD COLUMN gaps TEXT NOT NULL DEFAULT ''",
    ),
)


def open_database(folder: Path) -> peewee.SqliteDatabase:
    """The writing connection, migrated to this program's version.

    Raises EnvironmentFault when the file cannot be opened or is damaged, BadInput when it is newer than this program.
    """
    path = folder / DATABASE_NAME
    pragmas = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1}
    database = peewee.SqliteDatabase(str(path), pragmas=pragmas, timeout=BUSY_TIMEOUT_S)
    try:
        database.connect()
        migrate(database, path)
    except peewee.DatabaseError as error:
        database.close()
        raise EnvironmentFault(
            text(
                "database {path} cannot be used ({error}). If the file is damaged, move it away: it is made again from the journal.",
                path=str(path),
                error=str(error),
            )
        ) from error
    except BadInput:
        database.close()
        raise
    return database


def open_reading(folder: Path) -> peewee.SqliteDatabase:
    """A connection that cannot write; opened by the thread that uses it first."""
    uri = f"file:{quote(str((folder / DATABASE_NAME).absolute()))}?mode=ro"
    return peewee.SqliteDatabase(uri, uri=True, timeout=BUSY_TIMEOUT_S)


def version_of(folder: Path) -> int | None:
    """The schema version of the database in this folder, None when there is no database. Changes nothing; EnvironmentFault when it cannot be read."""
    try:
        if not (folder / DATABASE_NAME).exists():
            return None
        database = open_reading(folder)
        try:
            row = database.execute_sql("SELECT MAX(version) FROM schema_version").fetchone()  # type: ignore[no-untyped-call]  # the stub has no types
        finally:
            database.close()
    except (OSError, peewee.DatabaseError) as error:
        raise EnvironmentFault(text("the database in {path} cannot be read: {error}", path=str(folder), error=str(error))) from error
    return int(row[0] or 0)


def migrate(database: peewee.SqliteDatabase, path: Path, migrations: tuple[tuple[str, ...], ...] = MIGRATIONS) -> None:
    """Do the migrations that are missing, each wholly or not at all. Raises BadInput for a newer database."""
    database.execute_sql("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY)")  # type: ignore[no-untyped-call]  # the stub has no types
    done = SchemaVersion.select(peewee.fn.MAX(SchemaVersion.version)).scalar(database) or 0
    if done > len(migrations):
        raise BadInput(
            text(
                "database {path} has schema version {found}, this program knows {known}: install the newer program again.",
                path=str(path),
                found=done,
                known=len(migrations),
            )
        )
    for version in range(done + 1, len(migrations) + 1):
        with database.atomic():
            for statement in migrations[version - 1]:
                database.execute_sql(statement)  # type: ignore[no-untyped-call]  # the stub has no types
            SchemaVersion.insert(version=version).execute(database)
