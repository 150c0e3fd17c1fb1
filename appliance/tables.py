"""Plain mappings as aligned tables on a terminal, where a Chinese character is two columns wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from appliance.texts import Translate

__all__ = ["cell", "columns", "local_time", "table"]

TIME_SUFFIX = "utc_ms"
GAP = "  "


def columns(written: str) -> int:
    """How many terminal columns a text takes. Combining characters take none."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in written
    )


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Headings and rows, each column as wide as its widest cell, no trailing blanks."""
    lines = [headings, *rows]
    widths = [max(columns(line[place]) for line in lines) for place in range(len(headings))]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return GAP.join(cell + " " * (width - columns(cell)) for cell, width in zip(cells, widths, strict=True)).rstrip()


def local_time(utc_ms: int, utc_offset_min: int) -> str:
    """A moment in the site's local time, to the second."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=utc_ms, minutes=utc_offset_min)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def cell(name: str, value: object, utc_offset_min: int, _: Translate) -> str:
    """One value for a person; the name of its field says whether it is a moment (``…utc_ms``)."""
    if value is None or value in ("", ()):
        return "-"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int) and name.endswith(TIME_SUFFIX):
        return local_time(value, utc_offset_min) if value else "-"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={cell(str(key), part, utc_offset_min, _)}" for key, part in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(cell(name, part, utc_offset_min, _) for part in value) or "-"
    # control characters that came in with a call (a caller's name) must not reach the terminal
    return "".join(character if character.isprintable() else "?" for character in str(value))
