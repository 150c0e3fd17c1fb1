"""The spoken prompts as files: made with espeak-ng and sox when they are not there, read as A-law when the appliance starts.

A file that exists is never overwritten: whoever records a prompt with a human voice puts it at ``<folder>/<language>/<name>.wav``.
"""

from __future__ import annotations

import math
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from appliance.wav import Wav, read_wav
from boards.dahdi.codec import alaw_encode
from engine.ivr.prompts import LANGUAGES, names_in, spoken_text
from engine.kernel.errors import BadInput, EnvironmentFault, StrowgerError
from engine.kernel.text import Text, text
from engine.settings.faults import one_per_line

__all__ = ["MUSIC_FOLDER", "generate", "load", "load_music", "prompt_file", "render_speech"]

MUSIC_FOLDER = Path("/usr/share/asterisk/moh")
VOICES = {"zh": "cmn", "en": "en-gb"}
WORDS_A_MINUTE = 150
LEVEL_DBM0 = -16.0
FULL_SCALE_SINE_DBM0 = 3.14
"""ITU-T G.711 clause 2: the theoretical load capacity of A-law."""
PEAK_MAX = 32000
SECONDS_A_PROGRAM_MAX = 60
FAULTS_SHOWN_MAX = 20

Progress = Callable[[int, int, str], None]
"""Called with how many are done, how many there are to do, and the prompt's name."""


def prompt_file(folder: Path, language: str, name: str) -> Path:
    """Where a prompt's file lies."""
    return folder / language / f"{name}.wav"


def generate(folder: Path, progress: Progress = lambda _done, _all, _name: None, languages: Iterable[str] = LANGUAGES) -> int:
    """Make every prompt that has no file yet; returns how many were made.

    Each file appears whole or not at all. Raises EnvironmentFault when espeak-ng or sox is missing or fails, or the
    folder cannot be written.
    """
    missing = [(language, name) for language, name in names_in(languages) if not prompt_file(folder, language, name).exists()]
    for done, (language, name) in enumerate(missing):
        progress(done, len(missing), f"{language}/{name}")
        octets = render_speech(spoken_text(name, language), language)
        _write_whole(prompt_file(folder, language, name), octets)
    if missing:
        progress(len(missing), len(missing), "")
    return len(missing)


def _write_whole(file: Path, octets: bytes) -> None:
    scratch = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with scratch.open("wb") as opened:
            opened.write(octets)
            opened.flush()
            os.fsync(opened.fileno())  # a power cut must not leave an empty prompt that is then taken for a recorded one
        scratch.replace(file)
    except OSError as error:
        with suppress(OSError):  # the fault worth telling is the first one
            scratch.unlink()
        raise EnvironmentFault(
            text("cannot write the prompt {file}: {why}; check the disk and its permissions", file=file, why=error.strerror or error)
        ) from error


def render_speech(said: str, language: str) -> bytes:
    """A WAV file (A-law, 8000 Hz, mono) of a voice saying this, silence trimmed, at about −16 dBm0."""
    if language not in VOICES:
        raise BadInput(text("no voice speaks the language {language}", language=language))
    with tempfile.TemporaryDirectory(prefix="strowger-speech-") as scratch:
        spoken, narrow, final = (str(Path(scratch) / name) for name in ("spoken.wav", "narrow.wav", "final.wav"))
        _program("espeak-ng", "-v", VOICES[language], "-s", str(WORDS_A_MINUTE), "-w", spoken, "--", said)
        # -D: no dither, which would make every run's file another one
        trim = ("silence", "1", "0.005", "0.3%", "reverse")
        _program("sox", "-D", spoken, "-r", "8000", "-c", "1", "-b", "16", "-e", "signed-integer", narrow, "gain", "-3", *trim, *trim)
        gain_db = _gain_to_level(np.frombuffer(read_wav(Path(narrow)).audio, dtype="<i2"))
        _program("sox", "-D", narrow, "-e", "a-law", "-b", "8", final, "gain", f"{gain_db:.2f}", "pad", "0.02", "0.06")
        return Path(final).read_bytes()


def _gain_to_level(samples: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> float:
    """Gain in dB that brings speech to ``LEVEL_DBM0`` without clipping."""
    if samples.size == 0 or not samples.any():
        raise EnvironmentFault(text("espeak-ng said nothing; is espeak-ng-data installed whole?"))
    wide = samples.astype(np.float64)
    level_dbm0 = 20 * math.log10(math.sqrt(float(np.mean(wide**2))) * math.sqrt(2) / 32768) + FULL_SCALE_SINE_DBM0
    headroom_db = 20 * math.log10(PEAK_MAX / float(np.max(np.abs(wide))))
    return min(LEVEL_DBM0 - level_dbm0, headroom_db)


def _program(*command: str) -> None:
    name = command[0]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS_A_PROGRAM_MAX)  # noqa: S603  # our own words, no shell
    except FileNotFoundError as error:
        raise EnvironmentFault(text("{program} is not installed; run: apt-get install {program}", program=name)) from error
    except subprocess.CalledProcessError as error:
        why = error.stderr.decode(errors="replace").strip()[-300:] or f"exit status {error.returncode}"
        raise EnvironmentFault(text("{program} failed: {why}", program=name, why=why)) from error
    except subprocess.TimeoutExpired as error:
        raise EnvironmentFault(text("{program} did not finish in {seconds} s", program=name, seconds=SECONDS_A_PROGRAM_MAX)) from error


def load(folder: Path, languages: Iterable[str] = LANGUAGES) -> Mapping[tuple[str, str], bytes]:
    """Every prompt of these languages as A-law octets, by ``(language, name)``.

    Raises BadInput that names each file that is missing or of another format, and what is wanted.
    """
    audio: dict[tuple[str, str], bytes] = {}
    faults: list[Text] = []
    for language, name in names_in(languages):
        file = prompt_file(folder, language, name)
        try:
            audio[language, name] = _alaw(read_wav(file), file)
        except StrowgerError as error:
            faults.append(
                error.text
                if file.exists()
                else text("the prompt {file} is missing; say: {said}", file=file, said=spoken_text(name, language))
            )
    if len(faults) > FAULTS_SHOWN_MAX:
        faults[FAULTS_SHOWN_MAX:] = [text("and {count} more prompts", count=len(faults) - FAULTS_SHOWN_MAX)]
    if faults:
        raise BadInput(one_per_line(faults))
    return audio


def load_music(file: str = "") -> bytes:
    """Music on hold as A-law octets; with an empty ``file`` the first one installed.

    Raises EnvironmentFault when there is none or it cannot be read, BadInput when it has another format.
    """
    path = Path(file) if file else next(iter(sorted(MUSIC_FOLDER.glob("*.wav"))), None)
    if path is None:
        raise EnvironmentFault(text("no music in {folder}; run: apt-get install asterisk-moh-opsound-wav", folder=MUSIC_FOLDER))
    return _alaw(read_wav(path), path)


def _alaw(wav: Wav, file: Path) -> bytes:
    if not wav.audio:
        raise BadInput(text("{file} has no audio", file=file))
    if wav.is_telephone_alaw:
        return wav.audio
    if wav.is_telephone_pcm:
        return alaw_encode(wav.audio[: len(wav.audio) // 2 * 2])
    raise BadInput(text("{file} is {found}; wanted: A-law or 16-bit PCM, 8000 Hz, mono", file=file, found=wav.says()))
