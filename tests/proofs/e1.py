"""Proof that a full E1 leaks nothing: thirty calls at once on an ISDN trunk, again and again, and a D channel that fails in their middle.

    make prove-e1 CYCLES=1000         or:  python -m tests.proofs.e1 --cycles 1000

A whole appliance in virtual time (``e1_box.py`` tells what a cycle is). After each cycle nothing is left of any call: no channel, call, recording,
patch or record of libpri, on either side. Cycles are played in lives of some hundred, each an appliance in a process of its own; over a life the
process's memory and what Python has allocated must be flat. Before them the outages of ``e1_outage.py``. What passed is kept in a state file for as
long as no source changes, so a broken-off proof goes on where it was. Exit status 1 when something was not as it should be; the seed and the
cycle are told.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.prompts import load
from appliance.scenarios import cache_folder, prompt_cache
from tests.proofs.e1_box import E1Box, Off, site_for
from tests.proofs.e1_outage import OUTAGES, play_outage

__all__ = ["Life", "main", "play_life"]

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("appliance", "boards", "engine", "hwsim", "recorder", "ivr_scripts", "tests/proofs")
LIFE_CYCLES = 250
WARM_CYCLES = 60
"""By then every memory of some hundred or thousand last calls has its filling."""
TRACED_MOST_A_CYCLE = 2_000
"""Octets. A call that stayed would be some thousand, and a cycle has fifty of them."""
RESIDENT_MOST_A_CYCLE = 20_000
PAGE_OCTETS = 4096
Prompts = Mapping[tuple[str, str], bytes]


class Life:
    """What cycles on one appliance came to."""

    def __init__(self) -> None:
        self.cycles = self.calls = self.given_up = 0
        self.seconds = 0.0
        self.traced: list[int] = []
        self.resident: list[int] = []

    def growth(self, measured: list[int]) -> float:
        """Octets a cycle, from the time when it was warm to the end."""
        warm = measured[WARM_CYCLES:]
        return 0.0 if len(warm) < 2 else (min(warm[-5:]) - min(warm[:5])) / max(1, len(warm) - 5)  # two points make a line


def play_life(first: int, cycles: int, seed: int, folder: Path, prompts: Prompts, *, traced: bool = False) -> Life:
    """So many cycles from ``first`` on. Raises Off, which names the cycle."""
    life = Life()
    box = E1Box(site_for(), folder, prompts, seed)
    if traced:
        tracemalloc.start()
    try:
        for number in range(first, first + cycles):
            try:
                outcome = box.cycle(number, seed)
            except Off as off:
                raise Off(f"cycle {number} of seed {seed}, the life began with cycle {first}: {off}") from off
            life.cycles += 1
            life.calls += outcome.incoming + outcome.outgoing + outcome.given_up
            life.given_up += outcome.given_up
            life.seconds += outcome.whole_ms / 1000
            gc.collect()
            life.resident.append(int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * PAGE_OCTETS)
            if traced:
                life.traced.append(tracemalloc.get_traced_memory()[0])
    finally:
        box.close()
        if traced:
            tracemalloc.stop()
    return life


def _life(first: int, cycles: int, seed: int) -> int:
    """A life in this process; prints what it came to as JSON."""
    with tempfile.TemporaryDirectory(prefix="strowger-e1-") as folder:
        life = play_life(first, cycles, seed, Path(folder), load(prompt_cache(cache_folder({}))), traced=True)
    came = {
        "cycles": life.cycles,
        "calls": life.calls,
        "given_up": life.given_up,
        "world_s": round(life.seconds),
        "traced_a_cycle": round(life.growth(life.traced)),
        "resident_a_cycle": round(life.growth(life.resident)),
        "resident_mb": round(life.resident[-1] / 1e6, 1),
    }
    sys.stdout.write(json.dumps(came) + "\n")
    return 0


# ---- all of it ---------------------------------------------------------------------------------------------------------


def _source_hash() -> str:
    files = sorted(file for name in SOURCES for file in (ROOT / name).rglob("*.[pch]*") if file.suffix in {".py", ".c", ".h"})
    return hashlib.sha256(b"".join(file.read_bytes() for file in files if not file.name.startswith("_"))).hexdigest()


class _State:
    """What passed already, on disk."""

    def __init__(self, file: Path, seed: int) -> None:
        self._file = file
        self._key = f"{_source_hash()} {seed}"
        kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        known = kept if kept.get("key") == self._key else {}
        self.outages: list[str] = known.get("outages", [])
        self.lives: list[dict[str, Any]] = known.get("lives", [])

    def keep(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._file.with_suffix(".new")
        scratch.write_text(json.dumps({"key": self._key, "outages": self.outages, "lives": self.lives}, indent=1), encoding="utf-8")
        scratch.replace(self._file)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _prove_outages(state: _State, seed: int) -> bool:
    prompts = load(prompt_cache(cache_folder({})))
    held = True
    for outage in OUTAGES:
        if outage.name in state.outages:
            continue
        with tempfile.TemporaryDirectory(prefix="strowger-e1-") as folder:
            try:
                took_s = play_outage(outage, Path(folder), prompts, seed)
            except Off as off:
                held = False
                _say(f"WRONG {outage.name} (seed {seed}): {off}")
                continue
        _say(f"{outage.name}: as promised, {took_s:.0f} s of the world")
        state.outages.append(outage.name)
        state.keep()
    return held


def _prove_cycles(state: _State, cycles: int, seed: int) -> bool:
    while (done := sum(life["cycles"] for life in state.lives)) < cycles:
        this = min(LIFE_CYCLES, cycles - done)
        began_s = time.monotonic()
        words = [sys.executable, "-m", "tests.proofs.e1", "--life", str(done), "--cycles", str(this), "--seed", str(seed)]
        ran = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)  # our own program
        if ran.returncode:
            _say(ran.stdout.strip())
            return False
        came = json.loads(ran.stdout.splitlines()[-1])
        took = f"{time.monotonic() - began_s:.0f} s"
        flat = came["traced_a_cycle"] <= TRACED_MOST_A_CYCLE and came["resident_a_cycle"] <= RESIDENT_MOST_A_CYCLE
        _say(f"cycles {done} to {done + this - 1} in {took}: {came}" + ("" if flat or this <= 2 * WARM_CYCLES else " WRONG: memory grows"))
        if not flat and this > 2 * WARM_CYCLES:
            return False
        state.lives.append(came)
        state.keep()
    return True


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=1000, help="how many cycles of thirty calls")
    parser.add_argument("--seed", type=int, default=0, help="seed of all chance")
    parser.add_argument("--state", type=Path, default=Path("build/prove-e1.json"), help="file in which it is noted what passed")
    parser.add_argument("--life", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.life is not None:
        try:
            return _life(options.life, options.cycles, options.seed)
        except Off as off:
            _say(f"WRONG {off}")
            return 1
    state = _State(options.state, options.seed)
    held = _prove_outages(state, options.seed) and _prove_cycles(state, options.cycles, options.seed)
    lives = state.lives
    _say(
        f"{sum(life['cycles'] for life in lives)} cycles, {sum(life['calls'] for life in lives)} calls, {sum(life['given_up'] for life in lives)} of them"
        f" given up, {sum(life['world_s'] for life in lives) / 3600:.1f} h of the world; {len(state.outages)} outages"
    )
    _say("proved" if held else "not proved")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
