"""Recordings are files that any player plays, also after a power cut."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.errors import BadInput
from recorder.wav import HEADER_BYTES, header, repair


def chunks(octets: bytes) -> dict[bytes, bytes]:
    """The chunks of a RIFF file, read by the book."""
    assert octets[:4] == b"RIFF"
    assert int.from_bytes(octets[4:8], "little") == len(octets) - 8
    assert octets[8:12] == b"WAVE"
    found: dict[bytes, bytes] = {}
    at = 12
    while at < len(octets):
        name, size = octets[at : at + 4], int.from_bytes(octets[at + 4 : at + 8], "little")
        found[name] = octets[at + 8 : at + 8 + size]
        assert len(found[name]) == size
        at += 8 + size + size % 2
    return found


def test_the_header_says_what_the_file_is() -> None:
    """A player knows: A-law, stereo, 8000 Hz, and how long."""
    found = chunks(header(3) + b"LRLRLR")
    assert found == {
        b"fmt ": bytes.fromhex("0600 0200 401f0000 803e0000 0200 0800 0000"),
        b"fact": b"\3\0\0\0",
        b"data": b"LRLRLR",
    }


def test_a_recording_of_days_keeps_a_valid_header() -> None:
    """A call forgotten for four days still gives a file that can be opened."""
    longest = header(4 * 86400 * 8000)
    assert len(longest) == HEADER_BYTES
    assert int.from_bytes(longest[4:8], "little") > 0xFFFF_FF00


@given(st.binary(max_size=60), st.integers(0, 130), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_truncation_is_mended(sound: bytes, length: int, finished: bool) -> None:
    """Wherever a crash cut the file, it plays up to there; mending it twice changes nothing."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "call.wav"
        frames = len(sound) // 2
        whole = header(frames if finished else 0) + sound
        path.write_bytes(whole[:length])
        samples = repair(path)
        mended = path.read_bytes()
        assert samples == max(0, min(length, len(whole)) - HEADER_BYTES) // 2
        assert chunks(mended)[b"data"] == sound[: samples * 2]
        assert int.from_bytes(chunks(mended)[b"fact"], "little") == samples
        assert repair(path) == samples
        assert path.read_bytes() == mended


def test_a_header_of_zeros_is_ours(tmp_path: Path) -> None:
    """A power cut before the header reached the disk loses no sound."""
    path = tmp_path / "call.wav"
    path.write_bytes(bytes(HEADER_BYTES) + b"LRLR")
    assert repair(path) == 2
    assert chunks(path.read_bytes())[b"data"] == b"LRLR"


@pytest.mark.parametrize("octets", [b"#!/bin/sh\n", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0" + bytes(100)])
def test_a_file_that_is_no_recording_is_left_alone(tmp_path: Path, octets: bytes) -> None:
    """Mending never writes into a file that is not a recording of ours."""
    path = tmp_path / "other"
    path.write_bytes(octets)
    with pytest.raises(BadInput, match="was left alone"):
        repair(path)
    assert path.read_bytes() == octets


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A recording that is gone is not silently made anew."""
    with pytest.raises(FileNotFoundError):
        repair(tmp_path / "gone.wav")
