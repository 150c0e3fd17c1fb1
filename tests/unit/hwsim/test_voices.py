"""WAV files and made speech."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from engine.kernel.errors import BadInput, EnvironmentFault
from hwsim.signals import alaw_from_linear, level_dbm0, linear_from_alaw, tone
from hwsim.voices import load_wav, resampled, speech, voice_options


def wav(data: bytes, kind: int = 1, channels: int = 1, rate_hz: int = 8000, bits: int = 16) -> bytes:
    form = struct.pack("<HHIIHH", kind, channels, rate_hz, rate_hz * channels * bits // 8, channels * bits // 8, bits)
    chunks = b"WAVE" + b"fmt " + struct.pack("<I", 16) + form + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    chunks += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def test_pcm_and_alaw_files_can_be_said(tmp_path: Path) -> None:
    """A mono 8000 Hz file is taken sample by sample, whichever of the two formats it has."""
    samples = tone(440, -10, 100)
    (tmp_path / "a.wav").write_bytes(wav(samples.tobytes()))
    (tmp_path / "b.wav").write_bytes(wav(alaw_from_linear(samples), kind=6, bits=8))
    assert np.array_equal(load_wav(tmp_path / "a.wav"), samples)
    assert np.array_equal(load_wav(tmp_path / "b.wav"), linear_from_alaw(alaw_from_linear(samples)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"MP3 or so, long enough", "not a WAV file; expected a WAV file of 8000 Hz"),
        (wav(b"\0" * 8, channels=2), "format 1, 2 channels, 16 bits, 8000 Hz; expected"),
        (wav(b"\0" * 8, kind=3, bits=32), "format 3, 1 channels, 32 bits"),
        (wav(b"\0" * 8, rate_hz=44100), "44100 Hz; expected 8000 Hz"),
        (wav(b"")[:30], "format or data chunk is missing"),
    ],
)
def test_a_file_of_another_kind_is_named_with_what_it_is(tmp_path: Path, content: bytes, message: str) -> None:
    """The message says the file, what it is, and what was expected."""
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=message) as caught:
        load_wav(path)
    assert "x.wav" in str(caught.value)


def test_a_missing_file_is_an_environment_fault(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(EnvironmentFault, match=r"none.wav cannot be read"):
        load_wav(tmp_path / "none.wav")


def test_resampling_keeps_pitch_and_level() -> None:
    """A 1000 Hz tone recorded at 22 050 Hz is a 1000 Hz tone of the same level at 8000 Hz."""
    made = resampled(8000 * np.sin(2 * np.pi * 1000 / 22050 * np.arange(22050)), 22050)
    assert made.size == 8000
    assert int(np.abs(np.fft.rfft(made)).argmax()) == 1000
    assert level_dbm0(made) == pytest.approx(level_dbm0(8000 * np.sin(2 * np.pi / 8 * np.arange(8000))), abs=0.1)


def test_kept_speech_is_spoken_again_without_making_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time the same words come from the folder, even where no speech program is installed."""
    script = tmp_path / "espeak-ng"
    said = wav(tone(300, -30, 500).tobytes())
    (tmp_path / "said.wav").write_bytes(said)
    script.write_text(f"#!/bin/sh\ncat >/dev/null\n/bin/cat {tmp_path}/said.wav\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    first = speech("你好", "zh", 1, tmp_path / "kept")
    assert level_dbm0(first) == pytest.approx(-16, abs=0.1)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert np.array_equal(speech("你好", "zh", 1, tmp_path / "kept"), first)
    with pytest.raises(EnvironmentFault, match="install the package espeak-ng"):
        speech("再见", "zh", 1, tmp_path / "kept")


def test_each_person_has_a_voice() -> None:
    """The same seed has the same voice, others differ; an unknown language is refused."""
    assert voice_options("zh", 1) == voice_options("zh", 1)
    assert len({voice_options("en", seed) for seed in range(10)}) > 5
    with pytest.raises(BadInput, match="expected one of zh, en"):
        voice_options("fr", 1)
