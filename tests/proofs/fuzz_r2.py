"""Nonsense for circuits with R2 and without registers: what an exchange must never be able to do to one.

    python -m tests.proofs.fuzz_r2 --events 1000000 --seed 0

Each seed is one circuit of some country that gets bits, register signals, commands and pauses at random, half of them such as might come next; every
third seed is one without registers, whose numbers come by keys, by pulses or not at all. No event may raise; a call ends once; afterwards the circuit is idle, silent and without a timer. Exit status 1 when a rule was broken; the seed is printed.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback

from tests.unit.boards.e1 import cas_walk, r2_walk
from tests.unit.boards.e1.r2_walk import Alone

__all__ = ["main"]

EVENTS_A_SEED = 500
TOLD_EVERY = 200
KINDS = 3


def _walk(seed: int) -> Alone:
    return r2_walk.walk(seed, EVENTS_A_SEED) if seed % KINDS else cas_walk.walk(seed, EVENTS_A_SEED)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="events in all")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    arguments = parser.parse_args()
    seeds = -(-arguments.events // EVENTS_A_SEED)
    calls = violations = 0
    for number, seed in enumerate(range(arguments.seed, arguments.seed + seeds), start=1):
        try:
            alone = _walk(seed)
        except Exception:  # noqa: BLE001  # whatever it is, it is what this looks for
            sys.stderr.write(f"fuzz_r2: seed {seed}\n{traceback.format_exc()}")
            return 1
        calls += alone.calls
        violations += alone.violations
        if number % TOLD_EVERY == 0 or number == seeds:
            sys.stdout.write(f"{number * EVENTS_A_SEED} events, {calls} calls, {violations} violations counted\n")
            sys.stdout.flush()
    sys.stdout.write(json.dumps({"events": seeds * EVENTS_A_SEED, "seeds": seeds, "calls": calls, "violations": violations}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
