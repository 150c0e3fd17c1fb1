"""Plain mappings as aligned tables on a terminal, where a Chinese character is two columns wide.

A table that is too wide for the terminal becomes several below each other, each beginning with the first column; where not even two columns
fit, it becomes records: a block of ``heading: value`` lines for each row.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

__all__ = ["Translate", "cell", "clean", "columns", "columns_of", "listed", "local_time", "local_time_of_day", "table", "wrap"]

Translate = Callable[[str], str]
"""The reader's gettext function."""
TIME_SUFFIX = "utc_ms"
GAP = "  "
WIDTH_LEAST = 8
"""Narrower terminals are written to as if they had so many columns."""


def columns(written: str) -> int:
    """How many terminal columns a text takes. Combining characters take none."""
    return sum(columns_of(character) for character in written)


def columns_of(character: str) -> int:
    """How many columns one character takes: 0, 1 or 2."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int = 0) -> str:
    """Headings and rows, each column as wide as its widest cell, no trailing blanks. ``width`` 0: as wide as it comes."""
    lines = [headings, *rows]
    widths = [max(columns(line[place]) for line in lines) for place in range(len(headings))]
    parts = _parts(widths, width) if width else [list(range(len(headings)))]
    if not parts:
        return _records(headings, rows)
    return "\n\n".join("\n".join(_line([line[at] for at in part], [widths[at] for at in part]) for line in lines) for part in parts)


def _parts(widths: Sequence[int], width: int) -> list[list[int]]:
    """Which columns stand in which part of a table, the first one in each; none when two do not fit beside each other."""
    parts: list[list[int]] = []
    taken = width + 1
    for place in range(1, len(widths)):
        taken += len(GAP) + widths[place]
        if taken > width:
            parts.append([0])
            taken = widths[0] + len(GAP) + widths[place]
            if taken > width:
                return []
        parts[-1].append(place)
    return parts or ([[0]] if widths[0] <= width else [])


def _records(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(f"{heading}: {value}" for heading, value in zip(headings, row, strict=True)) for row in rows)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return GAP.join(cell + " " * (width - columns(cell)) for cell, width in zip(cells, widths, strict=True)).rstrip()


def wrap(line: str, width: int) -> list[str]:
    """One line as terminal lines of at most ``width`` columns, broken at blanks where there are some; never empty."""
    width = max(width, WIDTH_LEAST)
    pieces: list[str] = []
    rest = line
    while columns(rest) > width:
        fits = _fitting(rest, width)
        blank = rest.rfind(" ", 1, fits + 1)
        cut = blank if blank > 0 and rest[:blank].strip() else fits
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip(" ")
    return [*pieces, rest] if rest or not pieces else pieces


def _fitting(written: str, width: int) -> int:
    """How many characters fit into so many columns."""
    taken = 0
    for place, character in enumerate(written):
        taken += columns_of(character)
        if taken > width:
            return place
    return len(written)


def clean(written: str) -> str:
    """The text without anything that could move a terminal's cursor or change its state; line feeds stay."""
    return "".join(character if character.isprintable() or character == "\n" else "?" for character in written)


def local_time(utc_ms: int, utc_offset_min: int) -> str:
    """A moment in the site's local time, to the second."""
    return _moment(utc_ms, utc_offset_min).strftime("%Y-%m-%d %H:%M:%S")


def local_time_of_day(utc_ms: int, utc_offset_min: int) -> str:
    """The same, without the day and with milliseconds: for what happened just now."""
    return _moment(utc_ms, utc_offset_min).strftime("%H:%M:%S.%f")[:-3]


def _moment(utc_ms: int, utc_offset_min: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=utc_ms, minutes=utc_offset_min)


def listed(parts: Iterable[str], _: Translate) -> str:
    """Parts of one line, with the mark that the reader's language puts between them; empty for none."""
    return _(", ").join(parts)


def cell(name: str, value: object, utc_offset_min: int, _: Translate) -> str:
    """One value for a person; the name of its field says whether it is a moment (``…utc_ms``)."""
    if value is None or value in ("", ()):
        return "-"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int) and name.endswith(TIME_SUFFIX):
        return local_time(value, utc_offset_min) if value else "-"
    if isinstance(value, Mapping):
        return listed((f"{key}={cell(str(key), part, utc_offset_min, _)}" for key, part in value.items()), _) or "-"
    if isinstance(value, list | tuple):
        return listed((cell(name, part, utc_offset_min, _) for part in value), _) or "-"
    # control characters that came in with a call (a caller's name) must not reach the terminal
    return "".join(character if character.isprintable() else "?" for character in str(value))
