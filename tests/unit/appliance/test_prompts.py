"""Prompt files: made once, read as A-law, and named when they are wrong. Speech itself comes from the real espeak-ng and sox."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
import pytest

from appliance import prompts
from appliance.prompts import generate, load, load_music, prompt_file, render_speech
from appliance.wav import parse_wav
from boards.dahdi.codec import alaw_encode
from engine.ivr.prompts import names_in
from engine.kernel.errors import BadInput, EnvironmentFault


def wav(audio: bytes, *, tag: int = 6, rate_hz: int = 8000, channels: int = 1, bits: int = 8) -> bytes:
    form = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * channels * bits // 8, channels * bits // 8, bits)
    body = (
        b"WAVE"
        b"fmt " + struct.pack("<I", 16) + form + b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"data" + struct.pack("<I", len(audio)) + audio
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def fill(folder: Path, octets: bytes) -> None:
    """Every English prompt as the same file."""
    (folder / "en").mkdir()
    for language, name in names_in(["en"]):
        prompt_file(folder, language, name).write_bytes(octets)


@pytest.mark.parametrize(("said", "language"), [("工号", "zh"), ("To speak with an agent press 1.", "en")])
def test_a_spoken_prompt_is_telephone_audio_at_speech_level(said: str, language: str) -> None:
    """Callers hear both languages at the level of a normal talker, without a pause before the first word."""
    made = parse_wav(render_speech(said, language), "speech")
    assert made.is_telephone_alaw
    decoded = decode(made.audio)
    level_dbm0 = 20 * math.log10(math.sqrt(float(np.mean(decoded**2))) * math.sqrt(2) / 32768) + 3.14
    assert -18.5 < level_dbm0 < -15.5
    assert np.abs(decoded[:1200]).max() > 300  # speech within 150 ms
    assert np.abs(decoded).max() < 32200


def decode(audio: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """ITU-T G.711 A-law to 16-bit, written out from the standard's segments."""
    octets = np.frombuffer(audio, dtype=np.uint8).astype(np.int64) ^ 0x55
    segment, step = (octets >> 4) & 7, octets & 15
    magnitude = np.where(segment == 0, step * 16 + 8, (step * 16 + 264) << np.maximum(segment - 1, 0))
    return np.where(octets & 0x80, magnitude, -magnitude).astype(np.float64)


def test_the_same_words_give_the_same_file() -> None:
    """Two appliances speak alike: nothing random goes into a prompt."""
    assert render_speech("工号", "zh") == render_speech("工号", "zh")


def test_only_missing_prompts_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt recorded by a person is never replaced, and a second start makes nothing."""
    monkeypatch.setattr(prompts, "render_speech", lambda said, language: f"{language}:{said}".encode())
    own = prompt_file(tmp_path, "zh", "welcome")
    own.parent.mkdir()
    own.write_bytes(b"own voice")
    told: list[tuple[int, int, str]] = []
    made = generate(tmp_path, lambda done, of, name: told.append((done, of, name)))
    assert made == len(names_in(["zh", "en"])) - 1
    assert own.read_bytes() == b"own voice"
    assert prompt_file(tmp_path, "en", "agent_before").read_bytes() == b"en:Agent"
    assert told[0][:2] == (0, made)
    assert told[-1] == (made, made, "")
    assert not list(tmp_path.rglob("*.new"))
    assert generate(tmp_path) == 0


def test_a_missing_program_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without espeak-ng the installer reads what to install."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EnvironmentFault, match="espeak-ng is not installed; run: apt-get install espeak-ng"):
        render_speech("x", "en")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong data folder is told with the file and the reason."""
    monkeypatch.setattr(prompts, "render_speech", lambda _said, _language: b"x")
    (tmp_path / "zh").write_bytes(b"a file in the way")
    with pytest.raises(EnvironmentFault, match="cannot write the prompt"):
        generate(tmp_path)


def test_alaw_files_are_played_as_they_are(tmp_path: Path) -> None:
    """An A-law file reaches the line bit by bit."""
    fill(tmp_path, wav(b"\xd5\x55\x2a"))
    audio = load(tmp_path, ["en"])
    assert set(audio) == set(names_in(["en"]))
    assert audio["en", "welcome"] == b"\xd5\x55\x2a"


def test_pcm_files_are_encoded(tmp_path: Path) -> None:
    """A 16-bit file from any editor is accepted."""
    pcm = struct.pack("<4h", 0, 1000, -1000, 32000)
    fill(tmp_path, wav(pcm, tag=1, bits=16))
    assert load(tmp_path, ["en"])["en", "welcome"] == alaw_encode(pcm)
    assert len(load(tmp_path, ["en"])["en", "welcome"]) == 4


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (wav(b"\0" * 4, tag=1, bits=16, rate_hz=44100), "is PCM 16 bit, 44100 Hz, 1 ch; wanted: A-law or 16-bit PCM, 8000 Hz, mono"),
        (wav(b"\0" * 4, channels=2), "is A-law 8 bit, 8000 Hz, 2 ch; wanted: A-law"),
        (wav(b"\0" * 4, tag=7), "is µ-law 8 bit"),
        (wav(b""), "has no audio"),
        (b"ID3 this is an MP3", "is not a WAV file that can be played: it does not begin with a RIFF WAVE header"),
        (b"", "is not a WAV file that can be played"),
        (wav(b"\0" * 4)[:30], "is not a WAV file that can be played"),
    ],
)
def test_a_file_in_another_format_is_named_with_what_is_wanted(tmp_path: Path, octets: bytes, said: str) -> None:
    """Who puts a music file in place of a prompt reads what it is and what it should be."""
    fill(tmp_path, wav(b"\xd5"))
    wrong = prompt_file(tmp_path, "en", "goodbye")
    wrong.write_bytes(octets)
    with pytest.raises(BadInput) as raised:
        load(tmp_path, ["en"])
    assert str(raised.value).startswith(f"{wrong} ")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_prompt_is_named_with_its_words(tmp_path: Path) -> None:
    """Who lost a recorded prompt reads what to record."""
    fill(tmp_path, wav(b"\xd5"))
    gone = prompt_file(tmp_path, "en", "goodbye")
    gone.unlink()
    with pytest.raises(BadInput) as raised:
        load(tmp_path, ["en"])
    assert str(raised.value) == f"the prompt {gone} is missing; say: Thank you for calling. Goodbye."


def test_many_missing_prompts_do_not_flood_the_screen(tmp_path: Path) -> None:
    """An empty folder is told in a screenful."""
    with pytest.raises(BadInput) as raised:
        load(tmp_path)
    assert len(str(raised.value).splitlines()) == 21


def test_music_is_the_file_that_is_set(tmp_path: Path) -> None:
    """The site's own music is played."""
    (tmp_path / "own.wav").write_bytes(wav(b"\xd5\xd4"))
    assert load_music(str(tmp_path / "own.wav")) == b"\xd5\xd4"


def test_music_is_otherwise_the_first_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a setting the first installed music plays, and without any the installer reads which package has some."""
    monkeypatch.setattr(prompts, "MUSIC_FOLDER", tmp_path)
    with pytest.raises(EnvironmentFault, match="asterisk-moh-opsound-wav"):
        load_music()
    (tmp_path / "b.wav").write_bytes(wav(b"b"))
    (tmp_path / "a.wav").write_bytes(wav(b"a"))
    assert load_music() == b"a"
