"""The view of a recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from web.waveform import CHUNK_FRAMES, Peaks, PeaksKept, peaks_of, read_peaks, svg_path

SILENCE = 0xD5
LOUDEST = 0xAA


def test_loudness_of_each_side_is_where_it_was() -> None:
    """The left side speaks in the first quarter, the right one in the last: that is what the picture shows."""
    left = bytes([LOUDEST]) * 1000 + bytes([SILENCE]) * 3000
    right = left[::-1]
    peaks = peaks_of(bytes(octet for pair in zip(left, right, strict=True) for octet in pair), 8)
    assert peaks == Peaks((100, 100, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 100, 100))


@pytest.mark.parametrize(("octet", "height"), [(0xD5, 0), (0x55, 0), (0xAA, 100), (0x2A, 100), (0xBA, 83), (0x8A, 67), (0xFA, 16)])
def test_octets_are_read_as_alaw(octet: int, height: int) -> None:
    """Each step of A-law (6 dB) is a sixth of 36 dB lower; both signs alike; silence is silent."""
    assert peaks_of(bytes([octet, octet]), 1).left == (height,)


def test_a_short_recording_has_fewer_columns() -> None:
    """Three samples are three columns; none are none; an odd octet at the end is no sample."""
    assert len(peaks_of(bytes([SILENCE]) * 6).left) == 3
    assert peaks_of(b"") == peaks_of(b"\xd5") == Peaks((), ())
    assert len(peaks_of(bytes([SILENCE]) * 7).left) == 3


def test_a_long_recording_is_read_piece_by_piece() -> None:
    """One loud sample in the middle of hours is in the column where it belongs, whatever the size of the pieces."""
    frames = 2 * CHUNK_FRAMES + 17
    octets = bytearray([SILENCE]) * (2 * frames)
    loud = CHUNK_FRAMES + 5
    octets[2 * loud] = LOUDEST
    peaks = peaks_of(bytes(octets), 3)
    assert peaks.left == (0, 100, 0)
    assert peaks.right == (0, 0, 0)


def test_a_file_is_read_behind_its_header(tmp_path: Path) -> None:
    """The header of a file makes no noise in the picture; a file without sound is an empty picture."""
    file = tmp_path / "a.wav"
    file.write_bytes(bytes([LOUDEST]) * 58 + bytes([SILENCE]) * 200)
    assert set(read_peaks(file, 10).left) == {0}
    file.write_bytes(bytes(58))
    assert read_peaks(file) == Peaks((), ())


def test_the_drawing_is_one_bar_a_column() -> None:
    """Silence is a thin line, full scale fills its half."""
    assert svg_path((0, 100), 30, 28) == "M1 29V31M3 2V58"


def test_what_was_looked_at_of_late_is_kept() -> None:
    """The newest pictures need not be made again; the oldest one goes."""
    kept = PeaksKept(most=2)
    for name in ("a", "b"):
        kept.put(name, Peaks((), ()))
    kept.get("a")
    kept.put("c", Peaks((), ()))
    assert kept.get("b") is None
    assert kept.get("a") is not None
