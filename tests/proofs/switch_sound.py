"""Random people at a whole appliance, with sound: what could be said to each other is in one file, and nothing else.

    python -m tests.proofs.switch_sound --sequences 2000 --seed 0 --state build/prove-switch-sound.json

Each seed is a minute or more of callers and colleagues on simulated boards, exchange and telephones, with the real media pump. When all have left, nothing
is left over in switch and pump; every interaction has one beginning, one end and one cause; the segments of each two are as long as they had to do with
each other; each file is as long as its segment; and where a party had stepped aside its track is silent, octet by octet.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from appliance.building import Sounds
from appliance.prompts import generate, load
from appliance.rig import Rig
from engine import facts
from engine.calls.talk import talk_of
from engine.kernel.bus import Envelope
from engine.kernel.errors import Refused
from engine.telephony.gaps import TRACKS, gaps_read
from engine.telephony.media import SILENCE_ALAW
from hwsim.people import DeskPhone, Subscriber
from recorder.wav import FRAME_BYTES, HEADER_BYTES
from tests.interaction_audit import TOLERANCE_SAMPLES, interaction_faults
from tests.proofs.crash import ROOT, Passed
from tests.proofs.switch_box import LINES, PHONES, proof_site
from tests.proofs.switch_windows import Pair, Windows, length, union

__all__ = ["ACTS_A_SEQUENCE", "main", "play"]

ACTS_A_SEQUENCE = 50
WAITS_MS = (200, 500, 1000, 1000, 2000, 4000)
REST_MS = 90_000
CALLED = "65510001"
OUTSIDE = "0" + CALLED + "#"
KEY_MS = 250
"""A key and the pause after it, and some more."""

Act = Callable[["Stage", Random], None]


class Stage:
    """An appliance, its callers (one for each line), somebody who can be called outside, and its telephones."""

    def __init__(self, folder: Path, prompts: Path, seed: int) -> None:
        self.folder = folder
        site = proof_site()
        site = replace(site, box=replace(site.box, hardware="simulated"))
        self.bugs: list[str] = []
        sounds = Sounds(load(prompts), {queue.music: bytes([SILENCE_ALAW]) * 8000 for queue in site.queues})
        self.rig = Rig(site, folder, sounds, seed, log=self._log)
        self.told: list[Envelope] = []
        self.ports: dict[str, list[Pair]] = {}
        self._near = Windows()
        appliance = self.rig.appliance
        appliance.bus.subscribe("proof", self._note)
        appliance.switch.watch_talk(self._talk_changed)
        world, exchange = self.rig.world, self.rig.exchange
        self.callers = [Subscriber(world, exchange, f"caller-{line}", f"1380013800{number}") for number, line in enumerate(LINES)]
        self.called = Subscriber(world, exchange, "called", CALLED, answers_after_s=3.0)
        self.rig.start()

    @property
    def phones(self) -> list[DeskPhone]:
        """The telephones of the box."""
        return [self.rig.phones[name] for name in PHONES]

    def run(self, ms: int) -> None:
        """Time passes."""
        self.rig.world.run_for(ms)

    def press(self, who: Subscriber | DeskPhone, keys: str) -> None:
        """Key by key, until they are out."""
        who.press(keys)
        self.run(KEY_MS * len(keys))

    def _log(self, line: str) -> None:
        if "Traceback" in line or "bug" in line:
            self.bugs.append(line)

    def _note(self, envelope: Envelope) -> None:
        self.told.append(envelope)
        fact: Any = envelope.fact
        if isinstance(fact, facts.RecordingStarted):
            self.ports[fact.recording] = self._pairs(fact.call)
        self._track(getattr(fact, "call", ""))

    def _talk_changed(self, call: str, interaction: str) -> None:
        self.rig.appliance.recorder.talk_changed(call, interaction)
        self._track(call)

    def _track(self, call: str) -> None:
        self._near.become(call, self._pairs(call), self.rig.pump.sample_now())

    def _pairs(self, call_id: str) -> list[Pair]:
        switch = self.rig.appliance.switch
        call = switch.calls.get(call_id)
        talk = talk_of(call.parties) if call is not None else None
        if talk is None:
            return []
        devices = (talk.left, *talk.right)
        ports = sorted(switch.trunks[name].port if name in switch.trunks else switch.phones[name].station.port for name in devices)
        return [(one, other) for place, one in enumerate(ports) for other in ports[place + 1 :]]

    # ---- the end ----

    def rest(self) -> None:
        """Everybody leaves."""
        for _ in range(2):
            people: list[Subscriber | DeskPhone] = [*self.callers, self.called, *self.phones]
            for who in people:
                with suppress(Refused):
                    who.hang_up()
            self.run(REST_MS // 2)

    def faults(self) -> list[str]:
        """What is wrong when everybody has left."""
        switch, recorder = self.rig.appliance.switch, self.rig.appliance.recorder
        wrong = [*self.bugs, *interaction_faults(self.told), *self._length_faults(), *self._file_faults()]
        for what, left in (("calls", len(switch.calls)), ("patches", len(switch.ears.patches)), ("recordings", recorder.active)):
            if left:
                wrong.append(f"{left} {what} are left over")
        return wrong

    def _segments(self) -> list[facts.RecordingSegment]:
        return [envelope.fact for envelope in self.told if isinstance(envelope.fact, facts.RecordingSegment)]

    def _length_faults(self) -> list[str]:
        kept: dict[Pair, list[tuple[int, int]]] = defaultdict(list)
        for segment in self._segments():
            for pair in self.ports[segment.recording]:
                kept[pair].append((segment.from_sample, segment.from_sample + segment.samples + segment.lost))
        wrong = []
        for pair in {*kept, *self._near.pairs}:
            wanted, had = length(self._near.of(pair)), length(kept[pair])
            if abs(wanted - had) > TOLERANCE_SAMPLES or had != length(union(kept[pair])):
                wrong.append(f"ports {pair} had to do with each other for {wanted} samples, {had} are recorded")
        return wrong

    def _file_faults(self) -> list[str]:
        paths = {envelope.fact.recording: envelope.fact.path for envelope in self.told if isinstance(envelope.fact, facts.RecordingStarted)}
        wrong = []
        for segment in self._segments():
            octets = (self.folder / "recordings" / paths[segment.recording]).read_bytes()[HEADER_BYTES:]
            if len(octets) != FRAME_BYTES * segment.samples:
                wrong.append(f"{segment.recording} has {len(octets)} octets for {segment.samples} samples")
            for gap in gaps_read(segment.gaps):
                track = octets[TRACKS.index(gap.track) :: FRAME_BYTES][gap.from_sample : gap.from_sample + gap.samples]
                if track.strip(bytes([SILENCE_ALAW])):
                    wrong.append(f"{segment.recording} holds something in its gap {gap}")
        return wrong


# ---- acts ------------------------------------------------------------------------------------------------------------


def _arrive(stage: Stage, chance: Random) -> None:
    place = chance.randrange(len(LINES))
    stage.callers[place].call(LINES[place])


def _choose_queue(stage: Stage, chance: Random) -> None:
    talking = [caller for caller in stage.callers if caller.talking]
    if talking:
        stage.press(chance.choice(talking), "11")


def _caller_leaves(stage: Stage, chance: Random) -> None:
    chance.choice(stage.callers).hang_up()


def _lift_ringing(stage: Stage, chance: Random) -> None:
    ringing = [phone for phone in stage.phones if phone.ringing and not phone.lifted]
    if ringing:
        chance.choice(ringing).lift()


def _dial(stage: Stage, chance: Random) -> None:
    down = [phone for phone in stage.phones if not phone.lifted and not phone.ringing]
    phone, keys = chance.choice(down or stage.phones), chance.choice(("801", "802", "803", OUTSIDE, "*111001#2222#", "*111002#2222#"))
    phone.lift()
    stage.run(800)
    stage.press(phone, keys)


def _put_down(stage: Stage, chance: Random) -> None:
    """Mostly who has no call any more."""
    switch = stage.rig.appliance.switch
    done = [stage.rig.phones[name] for name in PHONES if switch.phones[name].call is None and stage.rig.phones[name].lifted]
    up = [phone for phone in stage.phones if phone.lifted]
    chance.choice(done if done and chance.random() < 0.7 else up or stage.phones).hang_up()  # mostly


def _in_call(stage: Stage, chance: Random) -> DeskPhone:
    switch = stage.rig.appliance.switch
    busy = [stage.rig.phones[name] for name in PHONES if switch.phones[name].call is not None]
    return chance.choice(busy or stage.phones)


def _flash(stage: Stage, chance: Random) -> None:
    _in_call(stage, chance).flash()


def _consult(stage: Stage, chance: Random) -> None:
    phone = _in_call(stage, chance)
    phone.flash()
    stage.run(1500)
    stage.press(phone, chance.choice(("801", "802", "803", "804")))


def _join(stage: Stage, chance: Random) -> None:
    phone = _in_call(stage, chance)
    phone.flash()
    stage.run(800)
    stage.press(phone, "3")


def _say(stage: Stage, chance: Random) -> None:
    octets = bytes(chance.choice((0x2A, 0xAA, 0x35, 0xB5, 0x80)) for _ in range(8000))
    chance.choice([*stage.phones, *stage.callers]).say(octets)


ACTS: tuple[tuple[Act, float], ...] = (
    (_arrive, 8),
    (_choose_queue, 8),
    (_caller_leaves, 2),
    (_lift_ringing, 24),
    (_dial, 14),
    (_put_down, 12),
    (_flash, 6),
    (_consult, 10),
    (_join, 4),
    (_say, 12),
)


def play(seed: int, acts: int, folder: Path, prompts: Path) -> tuple[list[str], Counter[str]]:
    """A sequence: what was wrong, and the facts that were met."""
    chance, stage = Random(seed), Stage(folder, prompts, seed)
    names = [act for act, _ in ACTS]
    for _ in range(acts):
        (act,) = chance.choices(names, weights=[weight for _, weight in ACTS])
        with suppress(Refused):  # a handset that is up cannot be lifted: somebody else's turn
            act(stage, chance)
        stage.run(chance.choice(WAITS_MS))
    stage.rest()
    wrong = stage.faults()
    stage.rig.crash()
    return wrong, Counter(type(envelope.fact).__name__ for envelope in stage.told)


def main() -> int:
    """The command line; status 1 when a seed failed."""
    options = argparse.ArgumentParser(description="Random people at a whole appliance, with sound.")
    options.add_argument("--sequences", type=int, default=2000)
    options.add_argument("--seed", type=int, default=0, help="the first seed")
    options.add_argument("--seconds", type=float, default=1e9, help="begin no seed after so long")
    options.add_argument("--prompts", type=Path, default=ROOT / "build" / "prompts")
    options.add_argument("--state", type=Path, help="file that keeps what has passed")
    given = options.parse_args()
    generate(given.prompts)
    passed, met, failed = Passed(given.state), Counter[str](), list[int]()
    until_s = os.times().elapsed + given.seconds
    for seed in range(given.seed, given.seed + given.sequences):
        if seed in passed.seeds or os.times().elapsed > until_s:
            met["sequences passed before" if seed in passed.seeds else "sequences left for another time"] += 1
            continue
        with tempfile.TemporaryDirectory(prefix="strowger-sound-") as scratch:
            wrong, told = play(seed, ACTS_A_SEQUENCE, Path(scratch), given.prompts)
        met.update(told)
        met["sequences"] += 1
        if wrong:
            failed.append(seed)
            sys.stdout.write(f"seed {seed}:\n" + "".join(f"  {fault}\n" for fault in wrong))
        else:
            passed.add(seed)
    sys.stdout.write(json.dumps({"failed": failed, **dict(sorted(met.items()))}, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
