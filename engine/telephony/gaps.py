"""Gaps of a recording: stretches in which a track holds silence because its party took no part. Pure.

In facts and tables a gap is a line of text, ``right hold 16000 8000``: track, why, from, how long; both in samples, the first counted from the
beginning of the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["TRACKS", "Gap", "gap_written", "gaps_read"]

TRACKS = ("left", "right")
PARTS = 4


@dataclass(frozen=True)
class Gap:
    """``track``: ``left`` or ``right``; ``why``: ``hold``, ``mute``; ``from_sample`` ≥ 0, ``samples`` > 0."""

    track: str
    why: str
    from_sample: int
    samples: int


def gap_written(gap: Gap) -> str:
    """As a line of text."""
    return f"{gap.track} {gap.why} {gap.from_sample} {gap.samples}"


def gaps_read(written: Iterable[str]) -> tuple[Gap, ...]:
    """Back from lines of text. What is no gap is passed over: it was written by another version."""
    parts = [line.split() for line in written]
    return tuple(
        Gap(part[0], part[1], int(part[2]), int(part[3]))
        for part in parts
        if len(part) == PARTS and part[0] in TRACKS and part[2].isdecimal() and part[3].isdecimal()
    )
