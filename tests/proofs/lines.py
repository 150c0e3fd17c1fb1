"""Proof that a line and a phone notice nothing that is not there: a day of idle and busy time with noise, speech and music.

    make prove-lines HOURS=24         or:  python -m tests.proofs.lines --hours 24

A whole appliance on one exchange line and one desk phone, in virtual time, half an hour after the other. In each half hour the pairs lie idle,
then somebody calls and speaks with the agent for a quarter of an hour, or the agent calls out; noise, hum and clicks on both pairs change every two
minutes. Everything that the board reports is held against what people did: a ring, answer, key, flash or hang-up that nobody made is a
failure. What was played is kept in a state file for as long as the boards' code does not change, so a broken-off proof goes on where it was.
Exit status 1 when something false was reported.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from appliance.building import Sounds
from appliance.prompts import load
from appliance.rig import Rig
from appliance.scenarios import cache_folder, prompt_cache
from appliance.site_file import demo_site_file, read_site
from appliance.wav import read_wav
from engine import facts
from engine.kernel.bus import Envelope
from engine.settings.site import Site
from hwsim.cable import CABLES
from hwsim.line import Impairments
from hwsim.line_service import Disconnect, LineService
from hwsim.people import DeskPhone, Subscriber
from tests.proofs.speech import LANGUAGES, speak

__all__ = ["Piece", "main", "play"]

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("boards/dahdi/native", "boards/dahdi")
MUSIC = Path("/usr/share/asterisk/moh")
LINE, PHONE, FAR, CALLER = "line-1", "phone-801", "88880001", "13800138000"
PIECE_S = 1800
IDLE_S = 840.0
TALK_S = 900.0
CHANGE_S = 120.0
VOICES, SENTENCES = 24, 15
"""Pieces of speech in each language that people choose from, and how long each is: more than a minute."""
SPOKEN_S = 25.0
MUSIC_SHARE = 0.2
REPORTS = (
    *(
        "trunk_rang",
        "trunk_offered",
        "trunk_answered",
        "trunk_key",
        "trunk_released",
        "trunk_silent",
        "line_violated",
        "line_out_of_service",
    ),
    *("station_lifted", "station_hung_up", "station_key", "station_flashed"),
)
Samples = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Piece:
    """Half an hour: how long it was, and what was reported too often or not often enough, by name (positive: too often)."""

    seconds: float
    false: Mapping[str, int]


# ---- what people sound like --------------------------------------------------------------------------------------------


@cache
def _voice(number: int) -> Samples:
    return speak(LANGUAGES[number % len(LANGUAGES)], 500 + number, SENTENCES)


@cache
def _music() -> Sequence[Samples]:
    files = sorted(file for file in MUSIC.rglob("*.wav") if not file.is_symlink())
    return [np.frombuffer(read_wav(file).audio, "<i2") for file in files]


def _sound(chance: random.Random) -> Samples:
    """Up to 25 s of somebody, or of music that plays where he is, some decibels down."""
    music = _music()
    plays = music and chance.random() < MUSIC_SHARE
    whole = chance.choice(music) if plays else _voice(chance.randrange(VOICES * len(LANGUAGES)))
    length = round(chance.uniform(2.0, SPOKEN_S) * 8000)
    start = chance.randrange(max(1, whole.size - length))
    quieter = 10 ** (-chance.uniform(0, 18) / 20)
    return (whole[start : start + length] * quieter).astype(np.int16)


def _disturbed(chance: random.Random) -> Impairments:
    """A pair as it may be: a cable, hiss down to −45 dBm0, hum, clicks."""
    return Impairments(
        cable=chance.choice([None, *CABLES.values()]),
        noise_dbm0=chance.uniform(-70, -45),
        mains_dbm0=chance.choice([None, chance.uniform(-60, -35)]),
        impulses_a_min=chance.choice([0.0, 5.0, 30.0]),
        impulse_dbm0=chance.uniform(-35, -12),
        far_noise_dbm0=chance.uniform(-70, -50),
    )


# ---- half an hour ------------------------------------------------------------------------------------------------------


def _site() -> Site:
    site = read_site(demo_site_file())
    trunk = replace(site.trunks[0], name=LINE, channel=1, number="62010001", answer_supervision="polarity", release_reversal=True)
    station = replace(site.stations[0], name=PHONE, channel=2)
    queues = tuple(replace(queue, agents=("1001",), wrap_up_s=0.0, ring_timeout_s=60.0) for queue in site.queues)
    return replace(
        site, trunks=(trunk,), stations=(station,), queues=queues, agents=site.agents[:1], recording=replace(site.recording, reserve_mb=10)
    )


class _HalfHour:
    """One appliance and its people. ``reported`` counts what the board told, ``made`` what people did."""

    def __init__(self, number: int, folder: Path, prompts: Mapping[tuple[str, str], bytes]) -> None:
        self._chance = random.Random(f"lines {number}")
        self._site = site = _site()
        music = {queue.music: bytes([0xD5]) * 8000 for queue in site.queues}
        self.rig = Rig(site, folder, Sounds(prompts, music), number, log=lambda _line: None)
        self.reported: Counter[str] = Counter()
        self.made: Counter[str] = Counter()
        for name in REPORTS:
            self._overhear(name)
        self._heard: list[Envelope] = []
        self.rig.appliance.bus.subscribe("proof", self._heard.append)
        world, exchange = self.rig.world, self.rig.exchange
        exchange.serve(LINE, LineService(disconnect=Disconnect.REVERSAL, reversal_on_answer=True))
        self._phone = self.rig.phones[PHONE]
        self._far = Subscriber(world, exchange, "far", FAR, answers_after_s=8)
        self._caller = Subscriber(world, exchange, "caller", CALLER)

    def _overhear(self, name: str) -> None:
        """Count a report on its way from the board to the switch."""
        switch: Any = self.rig.appliance.switch
        told = getattr(switch, name)

        def counted(*arguments: object, **named: object) -> None:
            self.reported[name] += 1
            told(*arguments, **named)

        setattr(switch, name, counted)

    def play(self, number: int, idle_s: float, talk_s: float) -> Piece:
        """The half hour, and what was false in it."""
        world = self.rig.world
        began_ms = world.now_ms
        self.rig.start()
        self._change()
        self._log_in()
        self._wait(idle_s)
        if number % 2:
            self._call_out(talk_s)
        else:
            self._be_called(talk_s)
        self._wait(10)
        seconds = (world.now_ms - began_ms) / 1000
        left = len(self.rig.appliance.switch.calls)
        self.rig.crash()
        names = {*self.reported, *self.made}
        false = {name: self.reported[name] - self.made[name] for name in sorted(names) if self.reported[name] != self.made[name]}
        return Piece(seconds, {**false, **({"calls left": left} if left else {})})

    def _change(self) -> None:
        """Other weather on both pairs, now and every two minutes."""
        self.rig.exchange.impair(LINE, _disturbed(self._chance))
        self._phone.hears_through(replace(_disturbed(self._chance), cable=None))
        self.rig.world.after(round(CHANGE_S * 1000), self._change)

    def _log_in(self) -> None:
        agent = self._site.agents[0]
        self._lift()
        self._keys(self._phone, f"{self._site.desk.login_code}{agent.number}#{agent.pin}#", "station_key")
        self._wait(8)
        self._hang_up()
        self._wait(4)

    def _be_called(self, talk_s: float) -> None:
        self._caller.call(LINE)
        self.made.update(("trunk_rang", "trunk_offered"))
        self._need(lambda: self._caller.talking, 20)
        self._wait(0.7)
        self._keys(self._caller, "1", "trunk_key")
        self._wait(1.5)
        self._keys(self._caller, "1", "trunk_key")
        self._need(lambda: self._phone.ringing, 20)
        self._wait(2)
        self._lift()
        self._need(lambda: any(isinstance(envelope.fact, facts.CallConnected) for envelope in self._heard), 10)
        self._talk(self._caller, talk_s)
        self._caller.hang_up()
        self.made.update(("trunk_released",))
        self._wait(5)
        self._hang_up()

    def _call_out(self, talk_s: float) -> None:
        self._lift()
        self._keys(self._phone, f"0{FAR}#", "station_key")
        self._need(lambda: self._far.talking, 40)
        self.made.update(("trunk_answered",))
        self._talk(self._far, talk_s)
        self._hang_up()
        self._wait(3)
        self._far.hang_up()

    def _talk(self, other: Subscriber, seconds: float) -> None:
        """Both speak, now one after the other, now at once, with pauses."""
        until_ms = self.rig.world.now_ms + round(seconds * 1000)
        while self.rig.world.now_ms < until_ms:
            first, second = self._chance.sample([self._phone, other], 2)
            sound = _sound(self._chance)
            first.say(sound)
            if self._chance.random() < 0.2:
                second.say(_sound(self._chance)[: sound.size])
            self._wait(sound.size / 8000 + self._chance.uniform(0.1, 2.5))

    def _keys(self, who: Subscriber | DeskPhone, keys: str, report: str) -> None:
        who.press(keys)
        self.made[report] += len(keys)
        self._wait(0.2 * len(keys) + 0.3)

    def _lift(self) -> None:
        self._phone.lift()
        self.made["station_lifted"] += 1
        self._wait(0.8)

    def _hang_up(self) -> None:
        self._phone.hang_up()
        self.made["station_hung_up"] += 1
        self._wait(1.5)

    def _need(self, condition: Callable[[], object], within_s: float) -> None:
        if not self.rig.world.run_until(condition, round(within_s * 1000)):
            self.made["came to pass"] += 1

    def _wait(self, seconds: float) -> None:
        self.rig.world.run_for(round(seconds * 1000))


def play(number: int, folder: Path, prompts: Mapping[tuple[str, str], bytes], idle_s: float = IDLE_S, talk_s: float = TALK_S) -> Piece:
    """Half hour ``number``, in a folder of its own."""
    return _HalfHour(number, folder, prompts).play(number, idle_s, talk_s)


# ---- many of them ------------------------------------------------------------------------------------------------------


def _source_hash() -> str:
    files = sorted(file for name in SOURCES for file in (ROOT / name).glob("*.[chp]*") if not file.name.startswith("_"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


class _State:
    """What is known already, on disk."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._source = _source_hash()
        kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        known = kept["pieces"] if kept.get("source") == self._source else {}
        self.pieces = {int(number): Piece(seconds, false) for number, (seconds, false) in known.items()}

    def keep(self, number: int, piece: Piece) -> None:
        """Remember a half hour."""
        self.pieces[number] = piece
        self._file.parent.mkdir(parents=True, exist_ok=True)
        kept = {str(each): (one.seconds, dict(one.false)) for each, one in self.pieces.items()}
        scratch = self._file.with_suffix(".new")
        scratch.write_text(json.dumps({"source": self._source, "pieces": kept}), encoding="utf-8")
        scratch.replace(self._file)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Prove it; the exit status."""
    parser = argparse.ArgumentParser(description="a day of idle and busy time on a line and a phone, in which nothing false is noticed")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--state", type=Path, default=Path("build/prove-lines.json"))
    options = parser.parse_args()
    state = _State(options.state)
    prompts = load(prompt_cache(cache_folder({})))
    wanted = range(max(1, round(options.hours * 3600 / PIECE_S)))
    began, played_s = time.monotonic(), 0.0
    for number in wanted:
        if number in state.pieces:
            continue
        with tempfile.TemporaryDirectory() as folder:
            piece = play(number, Path(folder), prompts)
        played_s += piece.seconds
        state.keep(number, piece)
        if piece.false:
            _say(f"  half hour {number}: {', '.join(f'{name} {count:+d}' for name, count in piece.false.items())}")
    took_s = time.monotonic() - began
    pieces = [state.pieces[number] for number in wanted]
    false = sum(1 for piece in pieces if piece.false)
    hours = sum(piece.seconds for piece in pieces) / 3600
    if played_s:
        _say(f"{played_s / 3600:.1f} h played in {took_s / 60:.1f} min, {played_s / took_s:.0f} times real time")
    _say(f"{hours:.1f} h on the line and the phone, {false} half hours with something false")
    _say("proved" if not false else "not proved")
    return 1 if false else 0


if __name__ == "__main__":
    sys.exit(main())
