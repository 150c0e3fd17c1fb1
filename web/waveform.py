"""The view of a recording: the loudest sample of each short stretch, for both tracks, from the A-law octets of the file.

Source: ITU-T G.711 (1988), table 1a: A-law to amplitude; the WAV layout is that of recordings: 58 octets, then left and right in turn.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["COLUMNS", "HEADER_BYTES", "Peaks", "PeaksKept", "peaks_of", "read_peaks", "svg_path"]

COLUMNS = 480
HEADER_BYTES = 58
TRACKS = 2
CHUNK_FRAMES = 1_000_000
KEPT_MOST = 64
Octets = np.ndarray[tuple[int], np.dtype[np.uint8]]
FLOOR_DB = 36.0
"""Quieter than this below full scale is drawn as silence. The scale is in decibels: speech at −26 dBm0 would hardly be seen otherwise."""


@dataclass(frozen=True)
class Peaks:
    """For each track a height from 0 to 100 for each column, from the beginning to the end."""

    left: tuple[int, ...]
    right: tuple[int, ...]


def _alaw_amplitudes() -> np.ndarray[tuple[int], np.dtype[np.uint16]]:
    """Magnitude (0…32 256) by octet."""
    octets = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = (octets >> 4) & 7, octets & 15
    low = (mantissa << 4) + 8
    high = (low + 0x100) << np.maximum(exponent - 1, 0)
    table: np.ndarray[tuple[int], np.dtype[np.uint16]] = np.where(exponent == 0, low, high).astype(np.uint16)
    return table


_AMPLITUDES = _alaw_amplitudes()
_FULL_SCALE = float(_AMPLITUDES.max())


def peaks_of(octets: bytes | Octets, columns: int = COLUMNS) -> Peaks:
    """The peaks of interleaved A-law. Shorter recordings than columns have as many columns as samples."""
    frames = len(octets) // TRACKS
    if frames == 0:
        return Peaks((), ())
    columns = min(columns, frames)
    flat = np.frombuffer(octets, dtype=np.uint8) if isinstance(octets, bytes) else octets
    sound = flat[: frames * TRACKS].reshape(frames, TRACKS)
    edges = np.linspace(0, frames, columns + 1).astype(np.int64)
    loudest = np.zeros((columns, TRACKS), dtype=np.uint16)
    column = 0
    while column < columns:  # piece by piece: a long recording must not become as many numbers at once
        last = int(np.searchsorted(edges, edges[column] + CHUNK_FRAMES, side="right")) - 1
        last = min(max(last, column + 1), columns)
        piece = _AMPLITUDES[sound[edges[column] : edges[last]]]
        loudest[column:last] = np.maximum.reduceat(piece, edges[column:last] - edges[column], axis=0)
        column = last
    heights = _heights(loudest)
    return Peaks(tuple(int(height) for height in heights[:, 0]), tuple(int(height) for height in heights[:, 1]))


def _heights(loudest: np.ndarray[tuple[int, int], np.dtype[np.uint16]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    level_db = 20 * np.log10(np.maximum(loudest, 1) / _FULL_SCALE)
    heights: np.ndarray[tuple[int, int], np.dtype[np.float64]] = np.clip(np.round(100 * (1 + level_db / FLOOR_DB)), 0, 100)
    return heights


def read_peaks(path: Path, columns: int = COLUMNS) -> Peaks:
    """The peaks of a recording's file. Raises OSError. For the chores thread: an hour takes some tenths of a second."""
    size = path.stat().st_size
    if size <= HEADER_BYTES:
        return Peaks((), ())
    mapped = np.memmap(path, dtype=np.uint8, mode="r", offset=HEADER_BYTES)
    return peaks_of(mapped, columns)


def svg_path(heights: tuple[int, ...], middle: int, reach: int) -> str:
    """One track as the path of an SVG: a bar for each column, 2 wide, around ``middle``, ``reach`` high at full scale."""
    bars = []
    for column, height in enumerate(heights):
        half = max(1, round(reach * height / 100))
        bars.append(f"M{column * 2 + 1} {middle - half}V{middle + half}")
    return "".join(bars)


class PeaksKept:
    """The peaks of recordings looked at of late, by the recording's id."""

    def __init__(self, most: int = KEPT_MOST) -> None:
        self._most = most
        self._kept: OrderedDict[str, Peaks] = OrderedDict()

    def get(self, recording: str) -> Peaks | None:
        """What was kept; None when it must be read."""
        found = self._kept.get(recording)
        if found is not None:
            self._kept.move_to_end(recording)
        return found

    def put(self, recording: str, peaks: Peaks) -> None:
        """Keep these."""
        self._kept[recording] = peaks
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
