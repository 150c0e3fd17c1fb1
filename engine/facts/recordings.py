"""What happened to recordings. ``path`` is relative to the recordings folder.

Of an interaction everything that is talked is recorded in *segments*: one stereo file for each pair of talking parties, numbered from 1. Where one ends by
a change of the parties, the next begins at the same sample.
"""

from __future__ import annotations

from engine.facts.base import Fact, Record, fact, lift

__all__ = ["RecordingEnded", "RecordingFailed", "RecordingSegment", "RecordingStarted"]


@fact(version=2)
class RecordingStarted(Fact):
    """A stereo A-law file was opened: who is on its left and right track. It is the ``segment``-th of its interaction and begins at the media sample
    ``from_sample`` or less than 20 ms later; its ``RecordingSegment`` says it exactly.
    """

    recording: str
    call: str
    path: str
    left: str
    right: str
    segment: int = 1
    from_sample: int = 0


@lift("RecordingStarted", 1)
def _one_file_a_call(record: Record) -> Record:
    """Before version 2 a call had one file, and nobody kept where it began."""
    return {**record, "segment": 1, "from_sample": 0}


@fact(version=1)
class RecordingSegment(Fact):
    """What a file holds, told when it ends: ``samples`` on each track from the media sample ``from_sample`` on (8000 a second, counted from the
    start of the appliance), and ``lost`` ones that should follow.

    ``gaps``: where a track holds silence because its party was not in the conversation, in order, each as ``track why from samples``: ``right hold 16000
    8000``, samples counted from the beginning of the file; ``why`` is ``hold`` or ``mute``. After a crash ``from_sample`` is the one of
    ``RecordingStarted``, and gaps are not known.
    """

    recording: str
    call: str
    segment: int
    from_sample: int
    samples: int
    lost: int
    left: str
    right: str
    gaps: tuple[str, ...]


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
