"""A stretch of the journal: the facts after a number, the oldest first, found without reading what lies before them.

For the reading thread. At most so many octets are looked at, whatever there is; the answer says how far it came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine.kernel.bus import Envelope
from engine.store.journal import CRC_TEXT_BYTES, RECORD_BYTES_MAX, decode, line_of

__all__ = ["Stretch", "facts_after"]

STRETCH_BYTES_MOST = 4 * 1024 * 1024
NEAR_BYTES = 32 * 1024
"""So near to the place a search by halves stops, and lines are read one after the other."""
_NUMBER = re.compile(rb"[0-9a-f]{8} \[([0-9]{1,18}),")


@dataclass(frozen=True)
class Stretch:
    """Facts, the oldest first. Every fact up to number ``through`` was looked at; ``unreadable`` lines were passed over, because they
    are damaged or of another version.
    """

    facts: tuple[Envelope, ...]
    through: int
    unreadable: int


def facts_after(
    folder: Path, after: int, limit: int, call: str = "", names: Sequence[str] = (), most_bytes: int = STRETCH_BYTES_MOST
) -> Stretch:
    """The first ``limit`` facts with a number above ``after`` (≥ 0); with ``call`` only those of that call, with ``names`` only facts
    of these names. Raises OSError. The last line of the journal may be under way and is then left out.
    """
    found: list[Envelope] = []
    through, unreadable, budget = after, 0, most_bytes
    for before, line in _lines(_segments_from(folder, after), after):
        through = _number(line) or through
        budget -= len(line)
        if _may_be_wanted(line, call, names):
            envelope = _checked(before, line)
            unreadable += envelope is None
            if envelope is not None and _is_wanted(envelope, call, names):
                found.append(envelope)
        if len(found) >= limit or budget <= 0:
            break
    return Stretch(tuple(found), through, unreadable)


def _may_be_wanted(line: bytes, call: str, names: Sequence[str]) -> bool:
    """Without decoding: False for what is surely not wanted."""
    return call.encode() in line and (not names or any(b'"%s"' % name.encode() in line for name in names))


def _is_wanted(envelope: Envelope, call: str, names: Sequence[str]) -> bool:
    about = not call or envelope.interaction == call or getattr(envelope.fact, "call", "") == call
    return about and (not names or type(envelope.fact).__name__ in names)


def _number(line: bytes) -> int | None:
    """The number of the fact in a line; None for a heading, or what is no line of a journal."""
    found = _NUMBER.match(line)
    return int(found[1]) if found else None


def _checked(before: bytes, line: bytes) -> Envelope | None:
    """The envelope of a line, checked with the checksum of the line before; None when it cannot be read."""
    payload = line[CRC_TEXT_BYTES:-1]
    try:
        whole, _crc = line_of(payload, int(before[:8], 16))
        return decode(payload) if whole == line else None
    except ValueError:
        return None


# ---- finding the place ------------------------------------------------------------------------------------------------


def _segments_from(folder: Path, after: int) -> list[Path]:
    """The segments that may hold facts after this number. Their headings are looked at by halves: there may be thousands."""
    paths = sorted(folder.glob("*.seg"))
    low, high = 0, len(paths)
    while high - low > 1:
        middle = (low + high) // 2
        if _first_of(paths[middle]) <= after + 1:
            low = middle
        else:
            high = middle
    return paths[low:]


def _first_of(path: Path) -> int:
    """The number of the first fact of a segment, as its heading says; 0 when that cannot be read."""
    with path.open("rb") as file:
        line = file.readline(RECORD_BYTES_MAX)
    try:
        first = json.loads(line[CRC_TEXT_BYTES:])["first"]
    except (ValueError, KeyError, TypeError):
        return 0
    return first if isinstance(first, int) else 0


def _lines(paths: Sequence[Path], after: int) -> Iterator[tuple[bytes, bytes]]:
    """Each line with a fact after this number, and the line before it."""
    for place, path in enumerate(paths):
        with path.open("rb") as file:
            if place == 0:
                file.seek(_offset_before(file, path.stat().st_size, after))
            before = b""
            while (line := file.readline(RECORD_BYTES_MAX)).endswith(b"\n"):
                number = _number(line)
                if number is not None and number > after:
                    yield before, line
                before = line


def _offset_before(file: BinaryIO, size: int, after: int) -> int:
    """Where a line begins that is the heading, or has a number of at most ``after``, near to the first that is wanted."""
    low, high = 0, size
    while high - low > NEAR_BYTES:
        middle = (low + high) // 2
        start, number = _next_number(file, middle)
        if number is None or number > after:
            high = middle
        elif start >= high:
            break
        else:
            low = start
    return low


def _next_number(file: BinaryIO, offset: int) -> tuple[int, int | None]:
    """The first line with a fact that begins after ``offset``: where, and its number; None when there is none."""
    file.seek(offset)
    start = offset + len(file.readline(RECORD_BYTES_MAX))
    while line := file.readline(RECORD_BYTES_MAX):
        number = _number(line)
        if number is not None:
            return start, number
        start += len(line)
    return start, None
