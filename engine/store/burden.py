"""A query that takes as long as one wants, without any data: for measurements of an appliance that is asked much."""

from __future__ import annotations

from peewee import SqliteDatabase

__all__ = ["Burden"]

QUERY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT sum(i % 97) FROM n"


class Burden:
    """Belongs to the thread that makes it. ``rows`` (≥ 1): about 200 ns of work each."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._database = SqliteDatabase(":memory:")

    def ask(self) -> int:
        """Ask the database, and give its answer."""
        (answer,) = self._database.execute_sql(QUERY, (self._rows,)).fetchone()  # type: ignore[no-untyped-call]  # peewee ships no types
        return int(answer)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()
