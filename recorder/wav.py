"""WAV files of recordings: RIFF/WAVE with G.711 A-law (format tag 6), two tracks, 8000 Hz, octets as they came from the line.

The header is the 58 octets of ``header``: RIFF, fmt (18), fact (samples of each track), data. While a recording runs its sizes
say zero; they are put right when it ends, or by ``repair`` after a crash.
Source: Multimedia Programming Interface and Data Specifications 1.0 (1991), and the registry entry WAVE_FORMAT_ALAW.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.telephony.media import SAMPLE_RATE_HZ

__all__ = ["FRAME_BYTES", "HEADER_BYTES", "header", "repair"]

ALAW_TAG = 6
TRACKS = 2
FRAME_BYTES = TRACKS
"""One sample of each track."""
LAYOUT = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")
HEADER_BYTES = LAYOUT.size
DATA_BYTES_MAX = (0xFFFF_FFFF - HEADER_BYTES) & ~1
"""A RIFF size has 32 bits: 74 hours. What a longer file holds beyond is there, and not announced."""


def header(samples: int) -> bytes:
    """The header of a file with so many samples on each track (≥ 0)."""
    data_bytes = min(samples * FRAME_BYTES, DATA_BYTES_MAX)
    samples = data_bytes // FRAME_BYTES
    riff = (b"RIFF", HEADER_BYTES - 8 + data_bytes, b"WAVE")
    octets_s = SAMPLE_RATE_HZ * FRAME_BYTES
    form = (b"fmt ", 18, ALAW_TAG, TRACKS, SAMPLE_RATE_HZ, octets_s, FRAME_BYTES, 8, 0)
    return LAYOUT.pack(*riff, *form, b"fact", 4, samples, b"data", data_bytes)


def repair(path: Path) -> int:
    """Make the file of a broken-off recording whole, by its length; gives the samples on each track.

    An odd last octet is dropped, a header cut short is completed. Repairing a whole file changes nothing. Raises OSError
    (FileNotFoundError when it is missing), and BadInput when the file is no recording of ours.
    """
    with path.open("r+b") as file:
        begun = file.read(HEADER_BYTES)
        if not _is_ours(begun):
            raise BadInput(text("{path} is not a recording: its beginning is no WAV header of ours; it was left alone.", path=str(path)))
        length = os.fstat(file.fileno()).st_size
        samples = max(0, length - HEADER_BYTES) // FRAME_BYTES
        whole = header(samples)
        if begun != whole or length != HEADER_BYTES + samples * FRAME_BYTES:
            file.seek(0)
            file.write(whole)
            file.truncate(HEADER_BYTES + samples * FRAME_BYTES)
            file.flush()
            os.fdatasync(file.fileno())
    return samples


def _is_ours(begun: bytes) -> bool:
    """True for the beginning of any header of ours, whatever its three sizes; also for octets that never reached the disk (zeros)."""
    if not any(begun):
        return True
    model = bytearray(header(0))
    seen = bytearray(begun)
    for start in (4, 46, 54):
        model[start : start + 4] = seen[start : start + 4].ljust(4, b"\0")
    return model.startswith(seen)
