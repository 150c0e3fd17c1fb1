"""A million random acts of random people at a scripted board, and what must hold whatever they do.

    python -m tests.proofs.switch_proof --acts 1000000 --seed 0 --state build/prove-switch.json

Each seed is a day of some hundred acts: callers, agents and colleagues who lift, dial, flash, hang up, lose their line. After each act: nobody hears
somebody with whom he has no call, no phone is in a call that is over, nobody in a conversation hears nothing for more than a second. When all have left:
nothing is left over; every interaction has one beginning, one end and one cause; and every sample in which two could hear each other is in one file.

Before that, in every situation of a call, every two things that different people do in the same block: the same must hold, and what comes of it is
defined: the same twice over.

A seed that fails is printed with the acts that led there, and becomes a test before the fix.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from engine import facts
from tests.proofs.crash import Passed
from tests.proofs.switch_acts import random_act
from tests.proofs.switch_box import SwitchBox
from tests.proofs.switch_pairs import Case, cases, outcome
from tests.proofs.switch_silence import SilenceWatch

__all__ = ["ACTS_A_SEED", "Day", "main", "pair_faults", "play"]

ACTS_A_SEED = 400
ACTS_TOLD_MOST = 40
TOLD_EVERY = 50


@dataclass
class Day:
    """What came of a seed: what was wrong first, the last acts before it, and what was met."""

    faults: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)


def play(seed: int, acts: int, folder: Path) -> Day:
    """A day. It is over with its first fault."""
    chance, box, day = Random(seed), SwitchBox(folder), Day()
    watch = SilenceWatch(box)
    for number in range(acts):
        what, act = random_act(chance)
        day.acts.append(f"{box.clock.monotonic_ns() / 1e9:.2f} s: {what}")
        try:
            act(box)
            box.clock.advance(0.0)
            day.faults += [*box.faults_now(), *watch.faults()]
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what this looks for
            day.faults.append(f"act {number} raised {error!r}")
        if day.faults:
            break
    else:
        box.rest()
        day.faults += box.faults_at_rest()
    day.acts = day.acts[-ACTS_TOLD_MOST:]
    day.met.update(type(envelope.fact).__name__ for envelope in box.heard)
    day.met["acts"] = acts
    return day


def pair_faults(case: Case) -> list[str]:
    """What is wrong with two deeds in one block, done twice."""
    with tempfile.TemporaryDirectory(prefix="strowger-switch-") as scratch:
        wrong, ends = outcome(case, Path(scratch) / "once")
        again = outcome(case, Path(scratch) / "twice")[1]
    return wrong if ends == again else [*wrong, f"it ends with {ends}, and then with {again}"]


def main() -> int:
    """The command line; status 1 when a seed failed."""
    options = argparse.ArgumentParser(description="Random people at a scripted board.")
    options.add_argument("--acts", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=0, help="the first seed")
    options.add_argument("--seconds", type=float, default=1e9, help="begin no seed after so long")
    options.add_argument("--state", type=Path, help="file that keeps what has passed")
    given = options.parse_args()
    passed, met, failed = Passed(given.state), Counter[str](), list[int]()
    until_s = os.times().elapsed + given.seconds
    at_once = {str(case): pair_faults(case) for case in cases()}
    for case, wrong in at_once.items():
        sys.stdout.write("".join(f"{case}: {fault}\n" for fault in wrong))
    met["pairs in one block"] = len(at_once)
    for seed in range(given.seed, given.seed + -(-given.acts // ACTS_A_SEED)):
        if seed in passed.seeds:
            met["acts passed before"] += ACTS_A_SEED
            continue
        if os.times().elapsed > until_s:
            met["acts left for another time"] += ACTS_A_SEED
            continue
        with tempfile.TemporaryDirectory(prefix="strowger-switch-") as scratch:
            day = play(seed, ACTS_A_SEED, Path(scratch))
        met.update(day.met)
        if day.faults:
            failed.append(seed)
            sys.stdout.write(
                f"seed {seed}:\n" + "".join(f"    {act}\n" for act in day.acts) + "".join(f"  {fault}\n" for fault in day.faults)
            )
        else:
            passed.add(seed)
        if seed % TOLD_EVERY == 0:
            sys.stdout.flush()
    told = {name: count for name, count in sorted(met.items()) if name.startswith(("acts", "pairs")) or name in facts.known_facts()}
    sys.stdout.write(json.dumps({"failed": failed, **told}, indent=1) + "\n")
    return 1 if failed or any(at_once.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
