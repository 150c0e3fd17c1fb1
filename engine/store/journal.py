"""The journal: every fact of the box, in order, in append-only segment files.

A segment is a text file of lines ``<crc> <JSON>``. The first line of a segment is its heading (its number, the first
fact it holds, the checksum at which the one before ended); each other line is one envelope as a JSON array with
sorted keys and without blanks, in ASCII. ``crc`` is CRC-32 over the JSON, started with the checksum of the line before, so the chain runs
through all segments and nothing can be taken out, put in or swapped unnoticed.

Where a segment ends depends on the lines alone, never on how they were batched: the same facts give the same bytes.

What a power cut leaves is a prefix and perhaps a torn tail. A tail is expected in the last segment only, and ``cut``
removes it; anything wrong elsewhere is damage, and refused with file and offset.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine.facts import Fact, FactError, fact_from_record, fact_to_record
from engine.kernel.bus import Envelope
from engine.kernel.errors import BadInput, OurFault
from engine.kernel.text import text

__all__ = [
    "RECORD_BYTES_MAX",
    "SEGMENT_BYTES",
    "START",
    "Disk",
    "Journal",
    "Position",
    "Reading",
    "cut",
    "decode",
    "encode",
    "holds",
    "sync_folder",
]

SEGMENT_BYTES = 16 * 1024 * 1024
"""A segment takes no further line once it is this long."""
RECORD_BYTES_MAX = 1024 * 1024
"""Longest line; a fact of all 300 agents of a large site takes some 10 kB."""
CRC_TEXT_BYTES = 9
"""Eight hexadecimal digits and a blank."""


@dataclass(frozen=True)
class Position:
    """A place between two lines: segment number, octets into it, checksum of the line before, newest fact before."""

    segment: int
    offset: int
    crc: int
    seq: int


START = Position(segment=0, offset=0, crc=0, seq=0)
"""Before the first segment."""


@dataclass(frozen=True)
class Disk:
    """The two acts of a disk that may fail; tests pass others."""

    write: Callable[[int, bytes, int], int] = os.pwrite
    sync: Callable[[int], None] = os.fdatasync


def encode(envelope: Envelope) -> bytes:
    """The envelope as canonical JSON without newline. Raises OurFault when it holds what a journal cannot keep."""
    fact = envelope.fact
    if not isinstance(fact, Fact):
        raise OurFault(f"{fact!r} is not a fact and cannot be kept")
    row = [
        envelope.seq,
        envelope.box,
        type(fact).__name__,
        fact.VERSION,
        envelope.monotonic_ns,
        envelope.utc_ms,
        envelope.utc_offset_min,
        envelope.sample,
        envelope.interaction,
        fact_to_record(fact),
    ]
    try:
        payload = json.dumps(row, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True).encode("ascii")
    except (TypeError, ValueError) as error:
        raise OurFault(f"{fact!r} has a value that a journal cannot keep: {error}") from error
    if len(payload) + CRC_TEXT_BYTES + 1 > RECORD_BYTES_MAX:
        raise OurFault(f"{type(fact).__name__} {envelope.seq} takes {len(payload)} octets; {RECORD_BYTES_MAX} are allowed")
    return payload


def decode(payload: bytes) -> Envelope:
    """The envelope that ``encode`` made these octets of. Raises ValueError (FactError for an unknown fact)."""
    row = json.loads(payload)
    if not isinstance(row, list) or len(row) != 10:
        raise ValueError("not a journal record")
    seq, box, name, version, monotonic_ns, utc_ms, utc_offset_min, sample, interaction, record = row
    fact = fact_from_record(name, version, record)
    return Envelope(seq, box, monotonic_ns, utc_ms, utc_offset_min, sample, interaction, fact)


def segment_path(folder: Path, segment: int) -> Path:
    """The file of a segment: ``000000001.seg`` and so on."""
    return folder / f"{segment:09d}.seg"


def line_of(payload: bytes, crc_before: int) -> tuple[bytes, int]:
    """The whole line and its checksum."""
    crc = zlib.crc32(payload, crc_before)
    return b"%08x %s\n" % (crc, payload), crc


def _heading(segment: int, first_seq: int, crc_before: int) -> bytes:
    row = {"crc": crc_before, "first": first_seq, "journal": 1, "segment": segment}
    return json.dumps(row, separators=(",", ":"), sort_keys=True).encode("ascii")


def _payload(line: bytes, crc_before: int) -> bytes | None:
    """The JSON of a line, or None when the line is torn or wrong."""
    if not line.endswith(b"\n") or len(line) < CRC_TEXT_BYTES + 2:
        return None
    payload = line[CRC_TEXT_BYTES:-1]
    whole, _ = line_of(payload, crc_before)
    return payload if whole == line else None


class Journal:
    """The writing end. One thread writes; a second writer on the same folder is prevented by the data folder's lock.

    After an OSError from ``append`` or ``sync`` call ``rewind``, then append again everything since the last ``sync``
    that went well: a failed fdatasync may have dropped octets that the system had taken before.
    """

    def __init__(self, folder: Path, end: Position, *, segment_bytes: int = SEGMENT_BYTES, disk: Disk | None = None) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._disk = disk or Disk()
        self._at = end
        self._synced = end
        self._fd = -1

    @property
    def end(self) -> Position:
        """Where the next line goes."""
        return self._at

    @property
    def synced(self) -> Position:
        """Up to here a power cut loses nothing."""
        return self._synced

    def append(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """Write (seq, JSON of ``encode``) lines in order. Raises OSError; OurFault when a number does not go up."""
        lines: list[bytes] = []
        waiting_bytes = 0
        at = self._at
        for seq, payload in entries:
            if seq <= at.seq:
                raise OurFault(f"fact {seq} comes after fact {at.seq} in the journal")
            if at.segment == 0 or at.offset + waiting_bytes >= self._segment_bytes:
                self._write(b"".join(lines), at)
                self._roll(seq)
                at, lines, waiting_bytes = self._at, [], 0
            line, crc = line_of(payload, at.crc)
            lines.append(line)
            waiting_bytes += len(line)
            at = Position(at.segment, at.offset, crc, seq)
        self._write(b"".join(lines), at)

    def sync(self) -> None:
        """Return when everything appended lies on the medium. Raises OSError."""
        if self._synced != self._at:
            self._disk.sync(self._file())
            self._synced = self._at

    def rewind(self) -> None:
        """Go back to the last place that is surely on the medium."""
        if self._at.segment != self._synced.segment:
            self.close()
        self._at = self._synced

    def close(self) -> None:
        """Close the file; a later append opens it again."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def _file(self) -> int:
        if self._fd < 0:
            self._fd = os.open(segment_path(self._folder, self._at.segment), os.O_WRONLY | os.O_CLOEXEC)
        return self._fd

    def _write(self, octets: bytes, after: Position) -> None:
        """Write at a fixed offset: a write cut short and repeated leaves no trace."""
        if not octets:
            return
        fd, offset, rest = self._file(), self._at.offset, memoryview(octets)
        while rest:
            count = self._disk.write(fd, bytes(rest), offset)
            if count <= 0:
                raise OSError(errno.EIO, "the disk took no octet")
            offset += count
            rest = rest[count:]
        self._at = Position(after.segment, offset, after.crc, after.seq)

    def _roll(self, first_seq: int) -> None:
        """Make the full segment safe, then begin the next: so only the last one can ever be torn."""
        before = self._at
        if before.segment:
            self.sync()
        self.close()
        segment = before.segment + 1
        line, crc = line_of(_heading(segment, first_seq, before.crc), before.crc)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        self._fd = os.open(segment_path(self._folder, segment), flags, 0o640)
        self._at = Position(segment, 0, before.crc, before.seq)
        self._write(line, Position(segment, 0, crc, before.seq))
        sync_folder(self._folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class Reading:
    """One reading of the journal: iterate it once; afterwards ``end`` and ``torn_bytes`` are valid.

    ``since`` must be a place that a reading or ``Journal.end`` gave. ``torn_bytes`` counts what follows the last whole
    line of the last segment; nothing is changed on the disk. Raises BadInput on damage, naming file and offset.
    """

    def __init__(self, folder: Path, since: Position = START) -> None:
        self._folder = folder
        self.end = since
        self.torn_bytes = 0

    def __iter__(self) -> Iterator[Envelope]:
        segments = _segments(self._folder)
        if self.end.segment > segments:
            raise _damage(segment_path(self._folder, self.end.segment), 0)
        for segment in range(max(1, self.end.segment), segments + 1):
            path = segment_path(self._folder, segment)
            with path.open("rb") as file:
                yield from self._segment(file, path, segment, last=segment == segments)

    def _segment(self, file: BinaryIO, path: Path, segment: int, *, last: bool) -> Iterator[Envelope]:
        offset, crc, seq = 0, self.end.crc, self.end.seq
        if segment == self.end.segment:
            offset = self.end.offset
            file.seek(offset)
        while line := file.readline(RECORD_BYTES_MAX):
            payload = _payload(line, crc)
            if payload is None or (offset == 0 and not _heads(payload, segment, self.end.crc)):
                if not last:
                    raise _damage(path, offset)
                self.torn_bytes = path.stat().st_size - offset
                return
            crc = int(line[:8], 16)
            envelope = None
            if offset:
                envelope = _envelope(payload, path, offset, seq)
                seq = envelope.seq
            offset += len(line)
            self.end = Position(segment, offset, crc, seq)
            if envelope is not None:
                yield envelope
        if offset == 0 and not last:
            raise _damage(path, 0)


def holds(folder: Path, position: Position) -> bool:
    """True when the journal has exactly this place: a line ends there with this checksum. Raises OSError."""
    path = segment_path(folder, position.segment)
    if position.segment < 1 or not path.exists():
        return False
    offset = 0
    crc: int | None = None
    with path.open("rb") as file:
        while offset < position.offset and (line := file.readline(RECORD_BYTES_MAX)):
            if crc is None:
                crc = _crc_before(line)
            payload = None if crc is None else _payload(line, crc)
            if payload is None:
                return False
            crc = int(line[:8], 16)
            offset += len(line)
    return offset == position.offset and crc == position.crc


def _crc_before(heading_line: bytes) -> int | None:
    """The checksum that a heading says it goes on from, or None when this is no heading."""
    try:
        crc = json.loads(heading_line[CRC_TEXT_BYTES:])["crc"]
    except (ValueError, KeyError, TypeError):
        return None
    return crc if isinstance(crc, int) and 0 <= crc < 2**32 else None


def _heads(payload: bytes, segment: int, crc_before: int) -> bool:
    try:
        first = json.loads(payload)["first"]
    except (ValueError, KeyError, TypeError):
        return False
    return isinstance(first, int) and payload == _heading(segment, first, crc_before)


def _envelope(payload: bytes, path: Path, offset: int, seq_before: int) -> Envelope:
    """The envelope of a line whose checksum is right: what is wrong now is no tear, and must not be cut off."""
    try:
        envelope = decode(payload)
    except FactError as error:
        raise BadInput(
            text(
                "journal {path}, offset {offset}: {error}. A newer version of this program wrote it: install that version again.",
                path=str(path),
                offset=offset,
                error=str(error),
            )
        ) from error
    except ValueError as error:
        raise _damage(path, offset) from error
    if envelope.seq <= seq_before:
        raise _damage(path, offset)
    return envelope


def _damage(path: Path, offset: int) -> BadInput:
    return BadInput(
        text(
            "journal {path} is damaged at offset {offset}: put this file back from a backup; nothing was changed.",
            path=str(path),
            offset=offset,
        )
    )


def _segments(folder: Path) -> int:
    """How many segments there are. Raises BadInput when one in between is missing."""
    names = sorted(path.name for path in folder.glob("*.seg"))
    for number, name in enumerate(names, start=1):
        wanted = segment_path(folder, number)
        if name != wanted.name:
            raise BadInput(
                text("journal file {path} is missing, but {name} is there: put it back from a backup.", path=str(wanted), name=name)
            )
    return len(names)


def cut(folder: Path, reading: Reading) -> None:
    """Remove the torn tail that a finished reading met. Raises OSError, also when nothing is torn but nothing can be added either.

    The octets are kept beside the segment as ``torn.bin`` until the next tear, for whoever wants to know.
    """
    segments = _segments(folder)
    if not segments:
        return
    path = segment_path(folder, segments)
    os.close(os.open(path, os.O_WRONLY | os.O_CLOEXEC))  # a journal that cannot be gone on with is told now, not at the first call
    whole = reading.end.offset if reading.end.segment == segments else 0
    if reading.torn_bytes == 0 and whole:
        return
    with path.open("r+b") as file:
        file.seek(whole)
        with suppress(OSError):  # a courtesy: a full disk must not keep the appliance from starting
            (folder / "torn.bin").write_bytes(file.read())
        file.truncate(whole)
        os.fsync(file.fileno())
    if not whole:
        path.unlink()
        sync_folder(folder)
