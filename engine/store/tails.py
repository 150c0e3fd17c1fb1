"""The newest end of what is written: the last facts of the journal, and the last lines of a log file.

Both read backwards and at most so many octets, whatever there is; both belong to the reading thread.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from engine.kernel.bus import Envelope
from engine.store.journal import CRC_TEXT_BYTES, decode, line_of

__all__ = ["Tail", "last_lines", "newest_facts"]

JOURNAL_BYTES_MOST = 8 * 1024 * 1024
LOG_BYTES_MOST = 1024 * 1024
WINDOW_BYTES = 256 * 1024
LOG_LINE_MOST = 2000
"""Characters of one line of the log; a traceback of a bug may have more, and is in the file."""


@dataclass(frozen=True)
class Tail:
    """The newest facts, oldest first. ``all_read``: the journal was read to its beginning, or as far as was asked for.

    ``unreadable``: lines that are torn, damaged or of another version, and were passed over.
    """

    facts: tuple[Envelope, ...]
    all_read: bool
    unreadable: int


def newest_facts(folder: Path, limit: int, call: str = "", most_bytes: int = JOURNAL_BYTES_MOST) -> Tail:
    """The last ``limit`` facts of the journal in this folder, with ``call`` only those of that call. Raises OSError.

    At most about ``most_bytes`` of the journal are read. The last line may be under way and is then left out.
    """
    found: list[Envelope] = []
    unreadable = 0
    budget = most_bytes
    wanted = call.encode()
    for path in sorted(folder.glob("*.seg"), reverse=True):
        end = path.stat().st_size
        while end > 0 and len(found) < limit and budget > 0:
            start, lines = _window(path, end)
            budget -= end - start
            for before, line in _pairs_backwards(lines):
                if wanted not in line:
                    continue
                envelope, bad = _checked(before, line)
                unreadable += bad
                if envelope is not None and _about(envelope, call):
                    found.append(envelope)
                    if len(found) == limit:
                        break
            end = start + len(lines[0]) if start else 0
    return Tail(tuple(reversed(found)), len(found) == limit or budget > 0, unreadable)


def _window(path: Path, end: int) -> tuple[int, list[bytes]]:
    """Whole lines that end before ``end``, and where they begin; the first may be a part (then its start belongs to the next window).

    One line more than needed is in the next window too: each line is checked with the one before it.
    """
    size = WINDOW_BYTES
    while True:
        start = max(0, end - size)
        with path.open("rb") as file:
            file.seek(start)
            octets = file.read(end - start)
        lines = octets.splitlines(keepends=True)
        # with three lines the window makes progress: a part, the line before, the line itself
        if start == 0 or len(lines) >= 3:
            break
        size *= 4
    if start:
        part = lines.pop(0)
        start += len(part)
        # the next window ends after this line, which here only served to check the one after it
    return start, lines


def _pairs_backwards(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    return [(lines[place - 1], lines[place]) for place in range(len(lines) - 1, 0, -1)]


def _checked(before: bytes, line: bytes) -> tuple[Envelope | None, int]:
    """The envelope of a line, checked with the checksum of the line before; and 1 when it could not be read."""
    payload = line[CRC_TEXT_BYTES:-1]
    if payload.startswith(b"{"):
        return None, 0
    try:
        whole, _crc = line_of(payload, int(before[:8], 16))
        if whole != line:
            return None, 1
        return decode(payload), 0
    except ValueError:
        return None, 1


def _about(envelope: Envelope, call: str) -> bool:
    return not call or envelope.interaction == call or getattr(envelope.fact, "call", "") == call


def last_lines(path: Path, limit: int, most_bytes: int = LOG_BYTES_MOST) -> list[str]:
    """The last ``limit`` lines of a log file and, when it has fewer, of the one it was before (``.1``). Raises OSError.

    No file, no lines. At most ``most_bytes`` of each are read, and a line is cut at 2000 characters.
    """
    lines: list[str] = []
    for file in (path, path.with_name(f"{path.name}.1")):
        if len(lines) < limit and file.exists():
            lines = [*_last_lines_of(file, limit - len(lines), most_bytes), *lines]
    return lines


def _last_lines_of(path: Path, limit: int, most_bytes: int) -> list[str]:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - most_bytes)
        file.seek(start)
        octets = file.read(size - start)
    lines = octets.decode("utf-8", "replace").split("\n")
    if start:
        lines.pop(0)
    if lines and not lines[-1]:
        lines.pop()
    return [line[:LOG_LINE_MOST] for line in lines[-limit:]]
