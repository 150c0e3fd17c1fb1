"""Proof that a voice presses no keys: hours of recorded prompts, music and synthetic speech through the key receiver.

    make prove-talk-off HOURS=10         or:  python -m tests.proofs.talk_off --hours 10

Recordings are those of Debian's packages of Asterisk's sounds (people, three languages) and music on hold; speech is espeak-ng's, so many
hours of Mandarin and as many of English, with two dozen voices. What was heard in a piece is kept in a state file for as long as neither the
receiver nor the way of speaking changes, so a broken-off proof goes on where it was. Prints false keys by the hour. Exit status 1 when a
recording pressed a key, or speech more than one in ten hours.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from appliance.wav import read_wav
from boards.dahdi.receivers import find_keys
from hwsim.signals import RATE_HZ, alaw_from_linear
from tests.proofs.speech import LANGUAGES, speak

__all__ = ["Heard", "listen", "main", "recordings"]

ROOT = Path(__file__).resolve().parents[2]
SOUNDS = Path("/usr/share/asterisk/sounds")
MUSIC = Path("/usr/share/asterisk/moh")
VOICES = {"en": "asterisk-core-sounds-en-wav", "es": "asterisk-core-sounds-es-wav", "fr": "asterisk-core-sounds-fr-wav"}
MUSIC_PACKAGE = "asterisk-moh-opsound-wav"
SOURCES = ("boards/dahdi/native", "tests/proofs/speech.py")
SPEECH_HOURS_A_KEY = 10
"""One false key in so many hours of speech is allowed."""


@dataclass(frozen=True)
class Heard:
    """What a piece was: its length, and the keys that were heard in it, each with the second at which it began."""

    seconds: float
    keys: tuple[tuple[str, float], ...]


def recordings(folder: Path) -> list[Path]:
    """The WAV files below a folder that are no link to another of them, in order."""
    return sorted(file for file in folder.rglob("*.wav") if not file.is_symlink())


def listen(samples: npt.NDArray[np.int16]) -> Heard:
    """What the receiver hears in this."""
    keys = find_keys(alaw_from_linear(samples))
    return Heard(samples.size / RATE_HZ, tuple((key.key, round(key.begin / RATE_HZ, 2)) for key in keys))


def _groups(hours: float) -> Iterator[tuple[str, str, Iterable[tuple[str, Path | tuple[str, int]]]]]:
    """Name, package or ``speech``, and the pieces by name: a file, or a language and a number."""
    for language, package in VOICES.items():
        files = [file for folder in sorted(SOUNDS.glob(f"{language}_*")) for file in recordings(folder)]
        yield f"voices, {language}", package, [(str(file), file) for file in files]
    yield "music", MUSIC_PACKAGE, [(str(file), file) for file in recordings(MUSIC)]
    for language in LANGUAGES:
        yield f"speech, {language}", "speech", ((f"{language} {number}", (language, number)) for number in range(int(hours * 3600)))


def _sound(piece: Path | tuple[str, int]) -> npt.NDArray[np.int16]:
    return np.frombuffer(read_wav(piece).audio, "<i2") if isinstance(piece, Path) else speak(*piece)


def _source_hash() -> str:
    files = (file for name in SOURCES for file in ([ROOT / name] if (ROOT / name).is_file() else sorted((ROOT / name).glob("*.[ch]"))))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


class _State:
    """What is known already, on disk."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._source = _source_hash()
        kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        self._pieces: dict[str, Heard] = {}
        if kept.get("source") == self._source:
            self._pieces = {
                name: Heard(seconds, tuple((str(key), float(at_s)) for key, at_s in keys))
                for name, (seconds, keys) in kept["pieces"].items()
            }

    def heard(self, name: str, piece: Path | tuple[str, int]) -> Heard:
        if name not in self._pieces:
            self._pieces[name] = listen(_sound(piece))
        return self._pieces[name]

    def save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        pieces = {name: (heard.seconds, heard.keys) for name, heard in self._pieces.items()}
        scratch = self._file.with_suffix(".new")
        scratch.write_text(json.dumps({"source": self._source, "pieces": pieces}), encoding="utf-8")
        scratch.replace(self._file)


def say(line: str) -> None:
    """Tell whoever watches the proof."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _prove(group: str, kind: str, pieces: Iterable[tuple[str, Path | tuple[str, int]]], hours: float, state: _State) -> bool:
    """Listen to a group, print a line, and say whether it is as it must be."""
    seconds, keys, saved_s = 0.0, 0, 0.0
    for name, piece in pieces:
        if kind == "speech" and seconds >= hours * 3600:
            break
        heard = state.heard(name, piece)
        seconds += heard.seconds
        keys += len(heard.keys)
        for key, at_s in heard.keys:
            say(f"  false key {key} in {name} at {at_s} s")
        if seconds - saved_s > 1800:
            saved_s = seconds
            state.save()
    state.save()
    if not seconds:
        say(f"{group}: nothing to hear; run: apt-get install --no-install-recommends {kind}")
        return False
    say(f"{group}: {keys} false keys in {seconds / 3600:.2f} h, {keys / (seconds / 3600):.2f} an hour")
    return keys <= (seconds / 3600 / SPEECH_HOURS_A_KEY if kind == "speech" else 0)


def main() -> int:
    """Prove it; the exit status."""
    parser = argparse.ArgumentParser(description="Hours of speech and music through the key receiver.")
    parser.add_argument("--hours", type=float, default=10.0, help="hours of synthetic speech in each language")
    parser.add_argument("--state", type=Path, default=Path("build/prove-talk-off.json"))
    options = parser.parse_args()
    state = _State(options.state)
    proved = [_prove(group, kind, pieces, options.hours, state) for group, kind, pieces in _groups(options.hours)]
    say("proved" if all(proved) else "not proved")
    return 0 if all(proved) else 1


if __name__ == "__main__":
    sys.exit(main())
