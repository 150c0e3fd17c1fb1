"""``make prove-kernel-hour``: an hour of the driver's time, thirty channels through the media pump, every octet accounted for.

``python -m tests.kernel.hour --seconds N --seed S --state FILE``. The time is proved in pieces, each in a machine that is booted for it, as many at
once as there are processors; the state file remembers those that are done, so a proof that was broken off goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.kernel.machine import Machine, MachineMissing, default_cache
from tests.kernel.proofs import PROOFS, PYTHON

__all__ = ["add_up", "main", "pieces"]

PIECE_S = 600
GUESTS_MOST = 2
SUMS = ("sent", "received", "lost", "silence_put_in")


def pieces(seconds: int, seed: int) -> Iterator[tuple[str, int, int]]:
    """Name, length in s, and seed of every piece."""
    for place, begin in enumerate(range(0, seconds, PIECE_S)):
        length = min(PIECE_S, seconds - begin)
        yield f"{seed}:{place}:{length}", length, seed + place


def add_up(done: dict[str, dict[str, Any]]) -> dict[str, int]:
    """The figures of all pieces together."""
    sums = {name: sum(int(told[name]) for told in done.values()) for name in SUMS}
    sums["seconds"] = sum(int(told["spoken_s"]) for told in done.values())
    sums["stalls"] = sum(int(told["pump"]["stalls"]) for told in done.values())
    sums["breaks"] = sum(len(told["breaks"]) for told in done.values())
    return sums


def _say(line: str) -> None:
    sys.stdout.write(f"Strowger: {line}\n")
    sys.stdout.flush()


def _piece(machine: Machine, length_s: int, seed: int) -> dict[str, Any]:
    proof = next(proof for proof in PROOFS if proof.name == "pump")
    proof = replace(proof, words=("-m", "tests.kernel.through_pump", str(length_s), str(seed)))
    ran = machine.run([PYTHON, *proof.words], "", timeout_s=60 + 10 * length_s, warm=proof.warm)
    lines = [line for line in ran.output.splitlines() if line.startswith("{")]
    if not lines:
        raise SystemExit(f"Strowger: seed {seed}: the pump gave no account:\n{ran.output[-3000:]}")
    told: dict[str, Any] = json.loads(lines[-1]) | {"status": ran.status, "host_s": round(ran.took_s)}
    return told


def _remember(state: Path, done: dict[str, dict[str, Any]]) -> None:
    state.parent.mkdir(parents=True, exist_ok=True)
    fresh = state.with_suffix(".new")
    fresh.write_text(json.dumps(done, indent=1))
    fresh.replace(state)


def prove(machine: Machine, wanted: dict[str, tuple[int, int]], done: dict[str, dict[str, Any]], state: Path) -> None:
    """Prove the pieces that are not done yet."""
    missing = {name: piece for name, piece in wanted.items() if name not in done}
    with ThreadPoolExecutor(min(GUESTS_MOST, os.cpu_count() or 1)) as rooms:
        futures = {rooms.submit(_piece, machine, *piece): name for name, piece in missing.items()}
        for future in as_completed(futures):
            told = done[futures[future]] = future.result()
            _remember(state, done)
            _say(
                f"{told['spoken_s']:.0f} s (seed {told['seed']}, {told['host_s']} s of ours): {told['sent']} octets sent, {told['received']} received,"
                f" {told['lost']} lost, {told['silence_put_in']} of silence put in, {told['pump']['stalls']} stalls"
            )


def main(words: list[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="prove-kernel-hour")
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, required=True)
    options = parser.parse_args(words)
    began_s = time.monotonic()
    machine = Machine(default_cache(), _say)
    try:
        machine.prepare()
    except MachineMissing as reason:
        _say(f"skipped: the real driver was not tried: {reason}")
        return 0
    wanted = {name: (length, seed) for name, length, seed in pieces(options.seconds, options.seed)}
    done = json.loads(options.state.read_text()) if options.state.exists() else {}
    if left := sum(1 for name in wanted if name in done):
        _say(f"{left} of {len(wanted)} pieces were done before")
    prove(machine, wanted, done, options.state)
    mine = {name: done[name] for name in wanted}
    sums = add_up(mine)
    _say(
        f"{sums['seconds']} s of 30 channels: {sums['sent']} octets sent, {sums['received']} received, {sums['lost']} lost in {sums['breaks']} places,"
        f" {sums['silence_put_in']} of silence put in, {sums['stalls']} stalls of the pump ({time.monotonic() - began_s:.0f} s of ours)"
    )
    return 0 if all(told["status"] == 0 for told in mine.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
