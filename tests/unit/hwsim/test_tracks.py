"""Recordings as a listener reads them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from engine.kernel.errors import BadInput, EnvironmentFault
from hwsim.people import Utterance
from hwsim.signals import RATE_HZ, Samples, alaw_from_linear, linear_from_alaw
from hwsim.tracks import find_utterance, read_tracks


def noise(seconds: float, seed: int) -> Samples:
    return (np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ)) * 2000).astype(np.int16)


def wav(data: bytes, kind: int = 6, tracks: int = 2, rate: int = 8000) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, kind, tracks, rate, rate * tracks, tracks, 8)
    return b"RIFF" + struct.pack("<I", 12 + len(form) + len(data)) + b"WAVE" + form + b"data" + struct.pack("<I", len(data)) + data


def test_left_is_left(tmp_path: Path) -> None:
    """The first octet of each pair is the left track."""
    (tmp_path / "a.wav").write_bytes(wav(bytes([0xD5, 0x2A]) * 8000))
    tracks = read_tracks(tmp_path / "a.wav")
    assert tracks.seconds == 1.0
    assert (int(tracks.left[0]), int(tracks.right[0])) == tuple(int(linear_from_alaw(bytes([octet]))[0]) for octet in (0xD5, 0x2A))


@pytest.mark.parametrize("content", [b"", b"RIFF", wav(b"ab", kind=1), wav(b"ab", tracks=1), wav(b"ab", rate=16000), wav(b"")[:-8]])
def test_what_is_no_stereo_alaw_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Another format, or half a header, is told with the file's name."""
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(BadInput, match=r"a\.wav is no recording"):
        read_tracks(tmp_path / "a.wav")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """The name of the file that is not there."""
    with pytest.raises(EnvironmentFault, match=r"none\.wav cannot be read"):
        read_tracks(tmp_path / "none.wav")


def test_what_was_said_is_found_at_its_place() -> None:
    """An utterance in the middle of a recording is found where it lies, and not in a track of something else."""
    said = Utterance("x", alaw_from_linear(noise(1, 1)), 20_000)
    track = np.concatenate([np.zeros(4160, np.int16), said.samples, np.zeros(8000, np.int16)])
    found = find_utterance(track, 16_000, said)
    assert found is not None
    assert (found.offset_samples, round(found.correlation, 3)) == (4160, 1.0)
    other = find_utterance(noise(3, 2), 16_000, said)
    assert other is not None
    assert other.correlation < 0.2


def test_only_what_was_said_while_it_ran_counts() -> None:
    """Speech before the recording is left out; of speech that began before it, the rest is wanted."""
    octets = alaw_from_linear(noise(1, 1))
    assert find_utterance(noise(2, 2), 16_000, Utterance("x", octets, 0)) is None
    begun = Utterance("x", octets, 12_000)
    found = find_utterance(np.concatenate([begun.samples[4000:], np.zeros(8000, np.int16)]), 16_000, begun)
    assert found is not None
    assert found.correlation > 0.99
