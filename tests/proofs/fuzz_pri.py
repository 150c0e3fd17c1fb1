"""Nonsense for the D channel, with libpri and its shim under sanitizers: what an exchange must never be able to do to a call centre.

    make prove-fuzz-e1 FRAMES=1000000 SEED=0      or:  python -m tests.proofs.fuzz_pri --frames 1000000 --seed 0

libpri is built from Debian's source package with the address and undefined-behaviour sanitizers, into a cache folder; the gate before it is the
product's. Each seed is a flood of garbled messages, or random calls with an exchange over lines that lose, repeat, delay and garble; every other pair
of seeds is a tie line, where we are the network side and a PBX is at the other end. It must leave no call, no record and no memory, and every refusal must have raised a counter. What was done is kept in a state file, so a proof that was
broken off goes on, as long as the shim is the same. Exit status 1 when a sanitizer spoke or a rule was broken; the seed is printed.
"""

from __future__ import annotations

import argparse
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[2]
MODULE_VARIABLE = "STROWGER_SANITIZED_PRI"
SEEDS_A_WORKER = 20
MESSAGES_A_FLOOD = 4000
CALLS_A_SPAN = 250
INTERFACE_RECORDS_MOST = 2
BLOCKS_OF_A_CHANNEL = 3


def main() -> int:
    """The proof, or one worker of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=1_000_000, help="frames to be received in all")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--state", type=Path, help="file in which it is noted how far it came")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    return _work(arguments.seed, arguments.worker) if arguments.worker else _prove(arguments.frames, arguments.seed, arguments.state)


# ---- the proof: workers one after another, so that memory of one life never helps the next --------------------------------


def _prove(frames: int, seed: int, state: Path | None) -> int:
    from tests.proofs.sanitized_pri import BuildFailed, default_cache, sanitized_environment, sanitized_module  # noqa: PLC0415  # imports libpri's builder

    try:
        folder = sanitized_module(default_cache())
        environment = sanitized_environment(folder)
    except BuildFailed as failed:
        sys.stderr.write(f"fuzz_pri: {failed}\n")
        return 1
    noted = json.loads(state.read_text(encoding="utf-8")) if state and state.exists() else {}
    same = noted.get("seed") == seed and noted.get("built") == folder.name
    done, next_seed = (noted["frames"], noted["next_seed"]) if same else (0, seed)
    while done < frames:
        words = [sys.executable, "-m", "tests.proofs.fuzz_pri", "--seed", str(next_seed), "--worker", str(SEEDS_A_WORKER)]
        ran = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if ran.returncode:
            sys.stderr.write(
                f"fuzz_pri: failed at seed {next_seed} or one of the {SEEDS_A_WORKER} behind it\n{ran.stdout}{ran.stderr[-8000:]}\n"
            )
            return 1
        done += json.loads(ran.stdout.splitlines()[-1])["frames"]
        next_seed += SEEDS_A_WORKER
        if state:
            state.parent.mkdir(parents=True, exist_ok=True)
            state.write_text(json.dumps({"seed": seed, "built": folder.name, "next_seed": next_seed, "frames": done}), encoding="utf-8")
        sys.stdout.write(f"{done} frames, seeds {seed} to {next_seed - 1}\n")
        sys.stdout.flush()
    return 0


# ---- a worker --------------------------------------------------------------------------------------------------------


def _use_sanitized() -> None:
    """The sanitized module takes the place of the product's before anything imports that."""
    loader = importlib.machinery.ExtensionFileLoader("boards.e1._pri", os.environ[MODULE_VARIABLE])
    spec = importlib.util.spec_from_file_location("boards.e1._pri", os.environ[MODULE_VARIABLE], loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    sys.modules["boards.e1._pri"] = module


def _work(seed: int, seeds: int) -> int:
    if MODULE_VARIABLE in os.environ:
        _use_sanitized()
    from boards.e1.pri import PriCounters  # noqa: PLC0415  # after the module was replaced
    from boards.e1.pri_values import PriSettings, Role  # noqa: PLC0415  # the same
    from hwsim.pri_rudeness import Rudeness  # noqa: PLC0415  # after the module was replaced
    from tests.pri_soak import BusySpan, Flood, conversation  # noqa: PLC0415  # the same

    heard = {role: conversation(role) for role in Role}
    frames = 0
    counted: tuple[PriCounters, ...]
    for this in range(seed, seed + seeds):
        sys.stdout.write(f"seed {this}\n")
        sys.stdout.flush()
        role = Role.NETWORK if this // 2 % 2 else Role.USER
        if this % 2:
            span = BusySpan(this, Rudeness(lost=0.02, repeated=0.02, late=0.02, garbled=0.25, stray=0.15), role)
            outcome = span.run(CALLS_A_SPAN)
            left, counted = outcome.ours + outcome.theirs, (outcome.us, outcome.exchange)
        else:
            flood = Flood(this, heard[role], PriSettings(role=role, overlap_receiving=True, hold=True))
            counted = (flood.run(MESSAGES_A_FLOOD),)
            left = len(flood.mine)
        records = max(count.calls_live for count in counted)
        blocks = max(count.blocks_live - count.calls_live for count in counted)
        if left or records > INTERFACE_RECORDS_MOST or blocks > BLOCKS_OF_A_CHANNEL or not sum(counted[0].refused.values()):
            sys.stdout.write(f"seed {this}: {left} calls left, {counted}\n")
            return 1
        frames += counted[0].frames_received
    sys.stdout.write(json.dumps({"frames": frames}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
