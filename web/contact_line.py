"""The line of a contact: who talked with whom and when, from its recordings, as rows of bars to be drawn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.store.queries import RecordedRow
from engine.telephony.gaps import TRACKS, Gap, gaps_read
from engine.telephony.media import SAMPLE_RATE_HZ

__all__ = ["WIDTH", "Bar", "Hole", "contact_line", "holes_of"]

WIDTH = 1000
"""Of the whole line, in units of the drawing."""
NARROWEST = 3
"""So that a word is not too short to be seen."""


@dataclass(frozen=True)
class Hole:
    """A gap of a track: ``x`` and ``width`` in units of the drawing; ``why``: ``hold``, ``mute``; ``seconds`` long."""

    track: str
    why: str
    x: int
    width: int
    seconds: float


@dataclass(frozen=True)
class Bar:
    """A segment: ``left`` and ``right`` talked; ``others``: on the right there are several. ``x`` and ``width`` in units of the drawing."""

    recording: str
    call: str
    segment: int
    left: str
    right: tuple[str, ...]
    started_utc_ms: int
    length_ms: int
    state: str
    x: int
    width: int
    holes: tuple[Hole, ...]


def contact_line(rows: Sequence[RecordedRow]) -> tuple[Bar, ...]:
    """The segments of one interaction, in order. One that has no length yet, or failed before it had any, has the narrowest bar."""
    if not rows:
        return ()
    begin = min(row.from_sample for row in rows)
    whole = max(1, max(row.from_sample + (row.samples or 0) for row in rows) - begin)
    return tuple(_bar(row, row.from_sample - begin, whole) for row in sorted(rows, key=lambda row: (row.segment, row.from_sample)))


def _bar(row: RecordedRow, offset: int, whole: int) -> Bar:
    samples = row.samples or 0
    width = max(NARROWEST, round(WIDTH * samples / whole))
    x = min(round(WIDTH * offset / whole), WIDTH - width)
    right = tuple(name.strip() for name in row.right.split(","))
    length_ms = samples * 1000 // SAMPLE_RATE_HZ
    holes = holes_of(row, width, x)
    return Bar(row.recording, row.call, row.segment, row.left, right, row.started_utc_ms, length_ms, row.state, x, width, holes)


def holes_of(row: RecordedRow, width: int, x: int = 0) -> tuple[Hole, ...]:
    """The gaps of a recording that is drawn so wide from ``x`` on."""
    samples = max(1, row.samples or 0)

    def hole(gap: Gap) -> Hole:
        begin = min(width - 1, round(width * gap.from_sample / samples))
        end = min(width, max(begin + 1, round(width * (gap.from_sample + gap.samples) / samples)))
        return Hole(gap.track, gap.why, x + begin, end - begin, gap.samples / SAMPLE_RATE_HZ)

    return tuple(hole(gap) for gap in gaps_read(row.gaps.split(",")) if gap.track in TRACKS)
