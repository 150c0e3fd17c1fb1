"""What happened to recordings. ``path`` is relative to the recordings folder."""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = ["RecordingEnded", "RecordingFailed", "RecordingStarted"]


@fact(version=1)
class RecordingStarted(Fact):
    """A stereo A-law file was opened: who is on its left and right track."""

    recording: str
    call: str
    path: str
    left: str
    right: str


@fact(version=1)
class RecordingEnded(Fact):
    """The file is whole: so many samples on each track (8000 a second). ``repaired``: its header was mended after a crash."""

    recording: str
    call: str
    samples: int
    repaired: bool


@fact(version=1)
class RecordingFailed(Fact):
    """The recording stopped early or lost samples: ``disk_full``, ``write_error``, ``overrun``, ``missing``."""

    recording: str
    call: str
    reason: str
