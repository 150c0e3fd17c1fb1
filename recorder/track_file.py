"""The recorder thread's half: what the taps have is appended to the files, all of them in one stroke.

One stroke, because a thread that comes back from the kernel has to wait for the interpreter, under load for a tenth of a second and more; once for
hundreds of recordings that does not matter, once for each of them the taps would overrun.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from engine.kernel.errors import BadInput
from engine.telephony.media import TapReader
from recorder.wav import header, repair

__all__ = ["Step", "Stroke", "TrackFile", "WriteTaps", "write_strokes"]

WriteTaps = Callable[[Sequence[tuple[TapReader, int]]], Sequence[int | OSError]]
"""``PatchBay.write_taps``."""


class Step(NamedTuple):
    """How far a recording came: samples on each track, frames the tap lost, and whether the file is closed."""

    samples: int
    lost_frames: int
    finished: bool


class TrackFile:
    """One file while it is written. Every method belongs to the recorder's executor.

    After an error the file is closed, as whole as the disk allows.
    """

    def __init__(self, path: Path, reader: TapReader) -> None:
        self._path = path
        self.reader = reader
        self.fd = -1
        self._samples = 0

    def make_ready(self) -> Exception | None:
        """Open it with an empty header, when that has not been done; gives what went wrong."""
        if self.fd >= 0:
            return None
        try:
            self._open()
        except OSError as error:
            self._abandon()
            return error
        except Exception as error:  # noqa: BLE001  # one recording's fault is no matter of the others in the same stroke
            return error
        return None

    def written(self, frames: int | OSError, *, ending: bool, last_try: bool) -> Step | Exception:
        """What came of a stroke. When ``ending``, finish as soon as the tap is drained, or at the ``last_try``."""
        if isinstance(frames, OSError):
            self._abandon()
            return frames
        try:
            self._samples += frames
            finished = ending and (self.reader.closed or last_try)
            if finished:
                self._finish()
        except OSError as error:
            self._abandon()
            return error
        except Exception as error:  # noqa: BLE001  # as above
            return error
        return Step(self._samples, self.reader.lost_frames, finished)

    def _open(self) -> None:
        try:
            self.fd = self._create()
        except FileNotFoundError:
            # The first of the day. Asking for the folder every time would cost two ways to the kernel and back.
            self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            self.fd = self._create()
        self._write(header(0))

    def _create(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            return os.open(self._path, flags, 0o640)
        except FileExistsError:
            # A power cut took the facts of an earlier call, so its id was given again. Its sound is kept beside.
            self._path.replace(self._path.with_suffix(".orphan.wav"))
            return os.open(self._path, flags, 0o640)

    def _write(self, octets: bytes) -> None:
        rest = memoryview(octets)
        while rest:
            rest = rest[os.write(self.fd, rest) :]

    def _finish(self) -> None:
        os.lseek(self.fd, 0, os.SEEK_SET)
        self._write(header(self._samples))
        os.fdatasync(self.fd)
        self._close()

    def _close(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    def _abandon(self) -> None:
        with suppress(OSError):
            self._close()
        with suppress(OSError, BadInput):
            repair(self._path)


class Stroke(NamedTuple):
    """One recording's share of a stroke."""

    file: TrackFile
    ending: bool
    last_try: bool


def write_strokes(write_taps: WriteTaps, strokes: Sequence[Stroke]) -> Sequence[Step | Exception]:
    """Append what the taps of all these have; in their order, how far each came, or what went wrong with it."""
    faults = [stroke.file.make_ready() for stroke in strokes]
    ready = [stroke.file for stroke, fault in zip(strokes, faults, strict=True) if fault is None]
    frames = iter(write_taps([(file.reader, file.fd) for file in ready]))
    return [
        stroke.file.written(next(frames), ending=stroke.ending, last_try=stroke.last_try) if fault is None else fault
        for stroke, fault in zip(strokes, faults, strict=True)
    ]
