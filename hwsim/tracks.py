"""Recordings as a listener finds them: a stereo A-law WAV file, read anew and compared with what people said.

Written apart from the recorder, so that the one can judge the other.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import text
from hwsim.ears import NOTHING, Match, best_match
from hwsim.people import Utterance
from hwsim.signals import RATE_HZ, Samples, linear_from_alaw

__all__ = ["Tracks", "find_utterance", "read_tracks"]

ALAW = 6
TRACKS = 2
SLACK_S = 2.0
"""How far from its expected place something said is searched for: a real clock and the world's may part by a stall."""
LEAST_S = 0.3
"""Less than this of an utterance at the edge of a recording says nothing about the recording."""


@dataclass(frozen=True)
class Tracks:
    """The two tracks of a recording, int16, 8000 samples a second."""

    left: Samples
    right: Samples

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.left.size / RATE_HZ


def read_tracks(path: Path) -> Tracks:
    """Read a recording. Raises BadInput (what is wrong with the file), EnvironmentFault (it cannot be read)."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EnvironmentFault(text("{file} cannot be read: {why}", file=path, why=error.strerror)) from error
    chunks: dict[bytes, bytes] = {}
    at = 12
    while content[:4] == b"RIFF" and content[8:12] == b"WAVE" and at + 8 <= len(content):
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        chunks.setdefault(content[at : at + 4], content[at + 8 : at + 8 + length])
        at += 8 + length + length % 2
    form = chunks.get(b"fmt ", b"")
    found = struct.unpack("<HHIIHH", form[:16]) if len(form) >= 16 else (0, 0, 0, 0, 0, 0)
    if (found[0], found[1], found[2], found[5]) != (ALAW, TRACKS, RATE_HZ, 8) or b"data" not in chunks:
        raise BadInput(
            text(
                "{file} is no recording: format {kind}, {tracks} tracks, {rate} Hz; expected stereo A-law of 8000 Hz",
                file=path,
                kind=found[0],
                tracks=found[1],
                rate=found[2],
            )
        )
    data = chunks[b"data"]
    return Tracks(linear_from_alaw(data[0::2]), linear_from_alaw(data[1::2]))


def find_utterance(track: Samples, began_sample: int, said: Utterance) -> Match | None:
    """How well something said is on a track that began at this sample of world time; None when it was said outside of it."""
    begin = max(0, began_sample - said.start_sample)
    end = min(len(said.octets), began_sample + track.size - said.start_sample)
    # The path delays: the last of what was said at the end of a recording does not get into it.
    if begin > 0 or end < len(said.octets):
        begin, end = (begin + RATE_HZ // 10 if begin else 0), end - RATE_HZ // 10
    if end - begin < min(LEAST_S * RATE_HZ, len(said.octets)):
        return None
    reference = said.samples[begin:end]
    if not np.any(reference):
        return None
    expected = said.start_sample + begin - began_sample
    since = max(0, expected - round(SLACK_S * RATE_HZ))
    until = expected + reference.size + round(SLACK_S * RATE_HZ)
    found = best_match(track[since:until], reference, since)
    return found if found.offset_samples >= 0 else NOTHING
