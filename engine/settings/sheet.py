"""A list of the site as a table: its columns, how a sheet's first row names them, and what its cells say.

Pure: a ``Sheet`` may come from a spreadsheet, a text file or a test. The sheet is judged against a site in ``sheet_verdicts.py``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.kernel.errors import BadInput
from engine.kernel.text import Text, text
from engine.settings.edit import Kind, fields_of
from engine.settings.membership import serving
from engine.settings.site import AgentSection, Site, StationSection

__all__ = [
    "AGENTS",
    "QUEUES",
    "STATIONS",
    "TABLES",
    "TEXT_SHOWN_MOST",
    "Cell",
    "CellKind",
    "Column",
    "Heading",
    "Row",
    "Sheet",
    "Table",
    "Translate",
    "columns_named",
    "exported_rows",
    "heading_of",
    "headings",
    "plain_text",
]

TEXT_SHOWN_MOST = 40
"""Characters of a wrong cell or heading that a message repeats."""
LISTED_MOST = 12
QUEUES = "queues"
"""The column of an agents' table that is no field of the agent: the queues name their agents."""
Translate = Callable[[str], str]


class CellKind(StrEnum):
    """What the spreadsheet program takes a cell for."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    TRUTH = "truth"
    FORMULA = "formula"
    ERROR = "error"


@dataclass(frozen=True)
class Cell:
    """One cell. ``text`` is what it says: of a number its shortest decimal writing, ``1001`` and never ``1001.0``."""

    text: str = ""
    kind: CellKind = CellKind.TEXT


@dataclass(frozen=True)
class Row:
    """A row in which something stands; ``place`` is its number in the sheet, from 1."""

    place: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """A table that was read: its name, the names of the sheets beside it that are not used, and its rows, the headings first."""

    name: str
    unused: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Column:
    """A column: ``key`` never changes, ``label`` is for people. ``must`` stand in every sheet; a secret is read and never written."""

    key: str
    label: Text
    help: Text
    must: bool
    secret: bool
    kind: str = Kind.TEXT
    """How its values are written: a ``Kind``."""


@dataclass(frozen=True)
class Table:
    """A list of the site as a table. The first column tells the entries apart."""

    name: str
    section: type
    columns: tuple[Column, ...]

    @property
    def key(self) -> str:
        """The key of the first column."""
        return self.columns[0].key


def _columns(section: type) -> tuple[Column, ...]:
    return tuple(
        Column(
            field.name, Text(field.spec.label), Text(field.spec.help), field.must and not field.spec.secret, field.spec.secret, field.kind
        )
        for field in fields_of(section)
    )


_QUEUES = Column(
    QUEUES, text("Queues"), text("Names of the queues that the agent serves, with commas between them."), must=False, secret=False
)


def _agent_columns() -> tuple[Column, ...]:
    """The secret last: it is seldom filled in."""
    columns = _columns(AgentSection)
    return (*(column for column in columns if not column.secret), _QUEUES, *(column for column in columns if column.secret))


AGENTS = Table("agents", AgentSection, _agent_columns())
STATIONS = Table("stations", StationSection, _columns(StationSection))
TABLES: Mapping[str, Table] = {table.name: table for table in (AGENTS, STATIONS)}


# ---- writing ----------------------------------------------------------------------------------------------------------


def heading_of(column: Column, translate: Translate) -> str:
    """A column's heading: the reader's word, and the key by which it is known in every language."""
    return f"{column.label.render(translate)} [{column.key}]"


def exported_rows(table: Table, site: Site) -> list[list[str]]:
    """The list's entries as rows of texts, in the site's order, without what is secret."""
    shown = [column.key for column in table.columns if not column.secret]
    serves = serving(site)
    rows = []
    for entry in getattr(site, table.name):
        key = str(getattr(entry, table.key))
        rows.append([", ".join(serves.get(key, [])) if name == QUEUES else _cell_of(getattr(entry, name)) for name in shown])
    return rows


def _cell_of(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


# ---- the first row ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Heading:
    """What the first row says: the column's key at each place that is known, and the headings that are not."""

    keys: Mapping[int, str]
    unknown: tuple[str, ...]


def headings(table: Table, row: Row, translates: Iterable[Translate]) -> Heading:
    """Find the columns: by key, by ``Word [key]``, or by the word in any of the languages.

    Raises BadInput when a column that must be there is not, or when one is there twice.
    """
    known = _known(table, translates)
    keys: dict[int, str] = {}
    unknown = []
    for place, cell in enumerate(row.cells):
        said = plain_text(cell.text)
        if not said:
            continue
        key = _key_of(said, known)
        if key is None:
            unknown.append(said[:TEXT_SHOWN_MOST])
        elif key in keys.values():
            raise BadInput(text("The column {column} is there twice. Delete one of them.", column=said[:TEXT_SHOWN_MOST]))
        else:
            keys[place] = key
    _need(table, keys, unknown)
    return Heading(keys, tuple(unknown))


def columns_named(table: Table, row: Row, translates: Iterable[Translate]) -> int:
    """How many cells of a row name a column."""
    known = _known(table, translates)
    return sum(_key_of(plain_text(cell.text), known) is not None for cell in row.cells)


def _known(table: Table, translates: Iterable[Translate]) -> dict[str, str]:
    known = {column.label.render(translate).casefold(): column.key for translate in translates for column in table.columns}
    return known | {column.key: column.key for column in table.columns}


def _key_of(said: str, known: Mapping[str, str]) -> str | None:
    word = said.casefold()
    if word.endswith("]") and "[" in word:
        return known.get(word[word.rindex("[") + 1 : -1].strip())
    return known.get(word)


def _need(table: Table, keys: Mapping[int, str], unknown: list[str]) -> None:
    missing = [column for column in table.columns if column.must and column.key not in keys.values()]
    if not missing:
        return
    said = text(
        "The first row does not name the column {missing}. It names: {found}. Known are: {known}.",
        missing=_named(missing),
        found=", ".join([*keys.values(), *unknown][:LISTED_MOST]) or "-",
        known=", ".join(column.key for column in table.columns),
    )
    raise BadInput(said)


def _named(columns: list[Column]) -> Text:
    """Several columns by word and key, each in the reader's language."""
    values = {f"label{number}": column.label for number, column in enumerate(columns)}
    return Text(", ".join(f"{{label{number}}} [{column.key}]" for number, column in enumerate(columns)), values)


def plain_text(said: str) -> str:
    """A cell's text as it was meant: without blanks around it and without letters that cannot be seen; full-width letters as usual ones."""
    seen = "".join(letter for letter in unicodedata.normalize("NFKC", said) if unicodedata.category(letter) != "Cf")
    return seen.strip()
