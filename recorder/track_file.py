"""The recorder thread's half of one recording: reads the tap, appends to the file."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from engine.kernel.errors import BadInput
from engine.telephony.media import TapReader
from recorder.wav import header, repair

__all__ = ["Step", "TrackFile"]


class Step(NamedTuple):
    """How far a recording came: samples on each track, frames the tap lost, and whether the file is closed."""

    samples: int
    lost_frames: int
    finished: bool


class TrackFile:
    """One file while it is written. Every method belongs to the recorder's executor."""

    def __init__(self, path: Path, reader: TapReader) -> None:
        self._path = path
        self._reader = reader
        self._fd = -1
        self._samples = 0

    def step(self, *, ending: bool, last_try: bool) -> Step:
        """Append what the tap has. When ``ending``, finish as soon as the tap is drained, or at the ``last_try``. Raises OSError.

        After an error the file is closed, as whole as the disk allows.
        """
        try:
            if self._fd < 0:
                self._open()
            self._samples += self._reader.write_to(self._fd)
            finished = ending and (self._reader.closed or last_try)
            if finished:
                self._finish()
        except OSError:
            self._abandon()
            raise
        return Step(self._samples, self._reader.lost_frames, finished)

    def _open(self) -> None:
        self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            self._fd = os.open(self._path, flags, 0o640)
        except FileExistsError:
            # A power cut took the facts of an earlier call, so its id was given again. Its sound is kept beside.
            self._path.replace(self._path.with_suffix(".orphan.wav"))
            self._fd = os.open(self._path, flags, 0o640)
        self._write(header(0))

    def _write(self, octets: bytes) -> None:
        rest = memoryview(octets)
        while rest:
            rest = rest[os.write(self._fd, rest) :]

    def _finish(self) -> None:
        os.lseek(self._fd, 0, os.SEEK_SET)
        self._write(header(self._samples))
        os.fdatasync(self._fd)
        self._close()

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _abandon(self) -> None:
        with suppress(OSError):
            self._close()
        with suppress(OSError, BadInput):
            repair(self._path)
