"""Proof that a conversation is never taken for its end: hours of speech, music, prompts and conferences on exchange lines.

    make prove-busy-tone HOURS=10         or:  python -m tests.proofs.busy_tone --hours 10

Eight lines at a time hold a conversation of some five minutes each through the real media pump: somebody speaks at the far end, and the line
is sent another voice, music on hold, recorded prompts with their beeps, or in a conference the busy tone of another line; what is sent
comes back as echo. Each line listens as the product does, for China's tones, for busy tones of any rhythm, and for one that it has
learned. Any end tone heard is a false release. Then the far end hangs up, who was talked to falls silent, music on hold goes on, and the busy tone has
to be known within three periods: a deaf line would prove nothing. What a round gave is kept in a state file for as long as the code does not change. Exit status 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from appliance.wav import read_wav
from boards.dahdi.heard import Heard, ToneHeard
from boards.dahdi.lines import ENDS, line_windows
from boards.dahdi.media import Hearing, Pump
from engine.telephony.line_tone import line_tone
from engine.telephony.tones import CHINA
from hwsim.exchange_sounds import ring_back_music
from hwsim.signals import BLOCK, CADENCES, RATE_HZ, Cadence, Floats, Samples, alaw_from_linear, cadence, level_dbm0, linear_from_alaw
from hwsim.wires import Wires
from tests.proofs.speech import LANGUAGES, speak
from tests.proofs.talk_off import MUSIC, SOUNDS, recordings

__all__ = ["KINDS", "Round", "main", "play_round"]

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    "boards/dahdi/native",
    "boards/dahdi/lines.py",
    "engine/telephony/tones.py",
    "engine/telephony/line_tone.py",
    "tests/proofs/busy_tone.py",
)
FIRST_FD = 1000
SPEECH_DBM0 = -18.0
KINDS = ("voice", "voice", "music", "prompts", "conference", "conference", "far music", "voice")
"""What is sent to each of the lines; ``far music``: the far end plays, and we speak."""
OWN_TONES = ("", "394:350/350", "450:250/250", "425:500/500", "450:210/210/210/210/210/210/630/210", "480+620:500/500", "", "400:200/200")
ECHO_LOSS_DB = (14.0, 9.0, 10.0, 9.0, 9.0, 12.0, 16.0, 20.0)
PIECE_S = 300
HANG_UP_PERIODS = 3.2
"""Three, and the detector's own delay; a cadence of eight runs needs two."""


@dataclass(frozen=True)
class Round:
    """What eight lines went through: seconds on each, end tones heard in a conversation (line, tone, second), and lines that did not hear a hang-up."""

    seconds: float
    false: tuple[tuple[int, str, float], ...]
    deaf: tuple[int, ...]


def _at_level(samples: Samples, level: float) -> Samples:
    gain = 10 ** ((level - level_dbm0(samples)) / 20)
    loud: Samples = np.clip(np.rint(samples * gain), -32768, 32767).astype(np.int16)
    return loud


def _files(number: int, folder: Path, count: int) -> Iterator[Samples]:
    found = recordings(folder)
    for place in range(count if found else 0):
        yield np.frombuffer(read_wav(found[(number * count + place) % len(found)]).audio, "<i2")


def _music(number: int, seconds: int) -> Samples:
    made = linear_from_alaw(ring_back_music(seconds / 2, number))
    return np.concatenate([_at_level(sound, SPEECH_DBM0) for sound in (*_files(number, MUSIC, 1), made)])


def _prompts(number: int) -> Samples:
    return np.concatenate([_at_level(sound, SPEECH_DBM0) for sound in _files(number, SOUNDS, 60)] or [_music(number, 60)])


def _voice(number: int, line: int, seconds: int) -> Samples:
    sentences = max(4, seconds // 5)
    return _at_level(speak(LANGUAGES[(number + line) % len(LANGUAGES)], number * 16 + line, sentences), SPEECH_DBM0)


def _conference(number: int, line: int, seconds: int) -> Samples:
    """Two others talk; then one of them hangs up, and his line's busy tone goes on into the conference for a while."""
    talk = _voice(number, line + 8, seconds)
    busy = np.resize(cadence(CADENCES["busy"]), 20 * RATE_HZ)
    half = talk.size // 2
    return np.concatenate([talk[:half], busy, talk[half:]])


def _sent(kind: str, number: int, line: int, seconds: int) -> Samples:
    if kind == "music":
        return _music(number, seconds)
    if kind == "prompts":
        return _prompts(number)
    return _conference(number, line, seconds) if kind == "conference" else _voice(number, line + 8, seconds)


def _said(kind: str, number: int, line: int, seconds: int) -> Samples:
    return _music(number + 1, seconds) if kind == "far music" else _voice(number, line, seconds)


class _Lines:
    """The lines in the pump, with their echoes."""

    def __init__(self) -> None:
        count = len(KINDS)
        self.heard: list[list[Heard]] = [[] for _ in range(count)]
        self.wires = Wires(count, FIRST_FD)
        self.pump = Pump(self.wires.io, lambda _key, _sentence: None)
        self.ports = []
        for line in range(count):
            self.wires.open(FIRST_FD + line)
            self.wires.configure(FIRST_FD + line, BLOCK, 4, 0)
            port = self.pump.open_channel(FIRST_FD + line, self.heard[line].append)
            self.pump.teach_tones(port, line_windows(CHINA, OWN_TONES[line]))
            self.pump.listen(port, Hearing.KEYS | Hearing.PROGRESS | Hearing.VOICE | Hearing.SENT_VOICE)
            self.ports.append(port)
        self._echo: list[Floats] = [np.zeros(BLOCK) for _ in range(count)]
        self._returns = [10 ** (-loss_db / 20) for loss_db in ECHO_LOSS_DB]
        self.pump.tick()
        self.pump.poll()

    def run(self, said: Sequence[Samples], blocks: int) -> None:
        """Let the far ends say this, and their lines return what they are sent."""
        for start in range(0, blocks * BLOCK, BLOCK):
            for line, sound in enumerate(said):
                piece = sound[start : start + BLOCK]
                arrives = self._echo[line].copy()
                arrives[: piece.size] += piece
                got = self.wires.exchange(FIRST_FD + line, alaw_from_linear(arrives))
                self._echo[line] = linear_from_alaw(got).astype(np.float64) * self._returns[line]
            self.pump.tick()
            self.pump.poll()

    def ends(self, line: int, since_sample: int) -> list[ToneHeard]:
        """The end tones heard on the line since then."""
        return [heard for heard in self.heard[line] if isinstance(heard, ToneHeard) and heard.tone in ENDS and heard.sample >= since_sample]


def play_round(number: int, seconds: int = PIECE_S) -> Round:
    """One conversation on every line, and its end."""
    lines = _Lines()
    begin = lines.pump.sample_now()
    sounds = [
        lines.pump.play(alaw_from_linear(_sent(kind, number, line, seconds)), [lines.ports[line]], loop=kind == "music")
        for line, kind in enumerate(KINDS)
    ]
    said = [_said(kind, number, line, seconds)[: seconds * RATE_HZ] for line, kind in enumerate(KINDS)]
    blocks = max(sound.size for sound in said) // BLOCK
    lines.run(said, blocks)
    hung_up = lines.pump.sample_now()
    false = tuple(
        (line, heard.tone.name, round((heard.sample - begin) / RATE_HZ, 1)) for line in range(len(KINDS)) for heard in lines.ends(line, 0)
    )
    for sound, kind in zip(sounds, KINDS, strict=True):
        if kind != "music":
            sound.stop()
    tones = [_busy(OWN_TONES[line]) for line in range(len(KINDS))]
    silence_blocks = 3 * RATE_HZ // BLOCK
    lines.run([np.zeros(0, np.int16)] * len(KINDS), silence_blocks)
    quiet_until = lines.pump.sample_now()
    longest = max(period.size for period in tones)
    lines.run([np.resize(period, 4 * longest) for period in tones], 4 * longest // BLOCK)
    deaf = tuple(line for line, period in enumerate(tones) if not _known(lines.ends(line, quiet_until), quiet_until, period))
    lines.pump.close()
    return Round((hung_up - begin) / RATE_HZ, false, deaf)


def _busy(own: str) -> Samples:
    """One period of the line's busy tone; of two frequencies at once both."""
    if not own:
        return cadence(CADENCES["busy"])
    tone = line_tone(own)
    pairs = tuple(zip(tone.runs_ms[::2], tone.runs_ms[1::2], strict=True))
    parts = [cadence(Cadence(hertz, pairs, -12.0)).astype(np.int32) for hertz in tone.frequencies_hz]
    whole: Samples = np.clip(sum(parts), -32768, 32767).astype(np.int16)
    return whole


def _known(heard: Sequence[ToneHeard], since: int, period: Samples) -> bool:
    return bool(heard) and heard[0].sample - since <= HANG_UP_PERIODS * period.size + 2 * BLOCK


# ---- hours ------------------------------------------------------------------------------------------------------------


def _source_hash() -> str:
    files = (file for name in SOURCES for file in ([ROOT / name] if (ROOT / name).is_file() else sorted((ROOT / name).glob("*.[ch]"))))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


class _State:
    """What is known already, on disk."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._source = _source_hash()
        kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        self._rounds: dict[str, list[object]] = kept["rounds"] if kept.get("source") == self._source else {}

    def play(self, number: int) -> Round:
        """A round, from the file or anew."""
        kept = self._rounds.get(str(number))
        if kept is None:
            played = play_round(number)
            self._rounds[str(number)] = [played.seconds, played.false, played.deaf]
            self._save()
            return played
        seconds, false, deaf = json.loads(json.dumps(kept))
        return Round(seconds, tuple((line, tone, at_s) for line, tone, at_s in false), tuple(deaf))

    def _save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._file.with_suffix(".new")
        scratch.write_text(json.dumps({"source": self._source, "rounds": self._rounds}), encoding="utf-8")
        scratch.replace(self._file)


def say(line: str) -> None:
    """Tell whoever watches the proof."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Prove it; the exit status."""
    parser = argparse.ArgumentParser(description="Hours of conversation on exchange lines without a false release.")
    parser.add_argument("--hours", type=float, default=10.0, help="hours of conversation, all lines together")
    parser.add_argument("--state", type=Path, default=Path("build/prove-busy-tone.json"))
    options = parser.parse_args()
    state = _State(options.state)
    seconds, number, false, deaf, hang_ups = 0.0, 0, 0, 0, 0
    while seconds < options.hours * 3600:
        played = state.play(number)
        for line, tone, at_s in played.false:
            say(f"  false {tone} on a line with {KINDS[line]} in round {number} at {at_s} s")
        for line in played.deaf:
            say(f"  busy tone {OWN_TONES[line] or 'of China'} not known within three periods in round {number}")
        seconds += played.seconds * len(KINDS)
        false, deaf, hang_ups, number = false + len(played.false), deaf + len(played.deaf), hang_ups + len(KINDS), number + 1
        say(
            f"{seconds / 3600:.1f} h of conversation: {false} false releases; {hang_ups - deaf} of {hang_ups} hang-ups known within three periods"
        )
    proved = not (false or deaf)
    say("proved" if proved else "not proved")
    return 0 if proved else 1


if __name__ == "__main__":
    sys.exit(main())
