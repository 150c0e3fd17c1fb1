"""Voices for the people: speech made by espeak-ng, and WAV files.

Everything comes out as int16 at 8000 Hz. Made speech is kept in a folder, named by what was asked for, so the same scenario
speaks the same samples and speaks them at once the second time.
"""

from __future__ import annotations

import hashlib
import random
import struct
import subprocess
from pathlib import Path

import numpy as np

from engine.kernel.errors import BadInput, EnvironmentFault
from engine.kernel.text import text
from hwsim.signals import RATE_HZ, Floats, Samples, level_dbm0, linear_from_alaw

__all__ = ["load_wav", "resampled", "speech", "voice_options"]

VOICES = {"zh": "cmn", "en": "en-gb"}
SPEECH_DBM0 = -16.0
LIMIT_S = 30
WAV_MOST_BYTES = 64_000_000
PCM, ALAW = 1, 6


def voice_options(language: str, seed: int) -> tuple[str, ...]:
    """The espeak-ng options of one person's voice: its pitch and pace follow from the seed. BadInput for other languages."""
    if language not in VOICES:
        raise BadInput(text("speech in {language}: expected one of {languages}", language=language, languages=", ".join(VOICES)))
    chance = random.Random(seed)  # noqa: S311  # a voice, not a secret
    return ("-v", VOICES[language], "-p", str(chance.randint(25, 75)), "-s", str(chance.randint(145, 185)))


def speech(words: str, language: str, seed: int, folder: Path) -> Samples:
    """``words`` spoken in ``language`` (zh, en) by the person with this seed, at −16 dBm0; kept in ``folder``.

    Raises EnvironmentFault when espeak-ng is missing or fails, BadInput when nothing can be said.
    """
    options = voice_options(language, seed)
    key = hashlib.sha256("\0".join((*options, words)).encode()).hexdigest()[:32]
    kept = folder / f"{key}.pcm"
    if kept.is_file():
        return np.fromfile(kept, dtype="<i2")
    try:
        made = subprocess.run(  # noqa: S603  # fixed program, text by standard input
            ["espeak-ng", *options, "--stdin", "--stdout"],  # noqa: S607
            input=words.encode(),
            capture_output=True,
            timeout=LIMIT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentFault(text("espeak-ng cannot speak ({why}): install the package espeak-ng", why=error)) from error
    rate_hz, spoken = _read_wav(_with_true_lengths(made.stdout), "espeak-ng")
    audio = resampled(spoken.astype(np.float64), rate_hz)
    if level_dbm0(audio) < -60:
        raise BadInput(
            text("nothing can be heard of {words}: give a text that can be spoken in {language}", words=repr(words), language=language)
        )
    loud = np.clip(audio * 10 ** ((SPEECH_DBM0 - level_dbm0(audio)) / 20), -30000, 30000)
    samples = np.rint(loud).astype("<i2")
    folder.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(".part")
    samples.tofile(part)
    part.replace(kept)
    return samples


def resampled(audio: Floats, rate_hz: int) -> Floats:
    """The same sound at 8000 Hz, by cutting its spectrum at 4000 Hz."""
    if rate_hz == RATE_HZ or audio.size == 0:
        return audio
    wanted = round(audio.size * RATE_HZ / rate_hz)
    spectrum = np.fft.rfft(audio)[: wanted // 2 + 1]
    made: Floats = np.fft.irfft(spectrum, wanted) * (wanted / audio.size)
    return made


def load_wav(path: Path) -> Samples:
    """A WAV file of 8000 Hz, one channel, PCM 16 bit or A-law. Raises BadInput (what it is instead), EnvironmentFault."""
    try:
        if path.stat().st_size > WAV_MOST_BYTES:
            raise BadInput(text("{file}: larger than {most} MB", file=path, most=WAV_MOST_BYTES // 1_000_000))
        content = path.read_bytes()
    except OSError as error:
        raise EnvironmentFault(text("{file} cannot be read: {why}", file=path, why=error.strerror)) from error
    rate_hz, samples = _read_wav(content, str(path))
    if rate_hz != RATE_HZ:
        raise BadInput(text("{file}: {rate} Hz; expected 8000 Hz", file=path, rate=rate_hz))
    return samples


def _with_true_lengths(content: bytes) -> bytes:
    """A WAV written to a pipe does not know its length; say that its data goes to the end."""
    at = content.find(b"data", 12)
    if at < 0:
        return content
    return content[: at + 4] + struct.pack("<I", len(content) - at - 8) + content[at + 8 :]


def _read_wav(content: bytes, name: str) -> tuple[int, Samples]:
    expected = "expected a WAV file of 8000 Hz, mono, 16-bit PCM or A-law"
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise BadInput(text("{file}: not a WAV file; {expected}", file=name, expected=expected))
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(content):
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        chunks.setdefault(content[at : at + 4], content[at + 8 : at + 8 + length])
        at += 8 + length + length % 2
    form = chunks.get(b"fmt ", b"")
    if len(form) < 16 or b"data" not in chunks:
        raise BadInput(text("{file}: its format or data chunk is missing; {expected}", file=name, expected=expected))
    kind, channels, rate_hz, _, _, bits = struct.unpack("<HHIIHH", form[:16])
    data = chunks[b"data"]
    if channels != 1 or (kind, bits) not in ((PCM, 16), (ALAW, 8)):
        found = f"format {kind}, {channels} channels, {bits} bits, {rate_hz} Hz"
        raise BadInput(text("{file}: {found}; {expected}", file=name, found=found, expected=expected))
    return rate_hz, linear_from_alaw(data) if kind == ALAW else np.frombuffer(data[: len(data) & ~1], dtype="<i2")
