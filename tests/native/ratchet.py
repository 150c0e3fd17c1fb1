"""What a recorded, bridged call costs a second in instructions of our own, held fast: ``python -m tests.native.ratchet [--renew]``.

``ratchet.c`` is run under callgrind for two lengths; the difference, for one call and one second, may not leave the number in
``ratchet.json`` by more than its tolerance, up or down. ``--renew`` writes the number anew, after a change on purpose. The
exit status is 1 when it does not hold.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
NATIVE = HERE.parents[1] / "boards/dahdi/native"
KEPT = HERE / "ratchet.json"
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror")
"""Those of the product's build."""
LIBRARIES = ("-lspandsp", "-lpthread", "-lm")
CALLS = 4
SHORT_S, LONG_S = 8, 24
"""Whole rounds of what the lines say."""
LIMIT_S = 120
EXPECTED = re.compile(r"(\d+) calls, (\d+) seconds, (\w+), (\d+) frames, (\d+) keys")
KEYS_A_ROUND = 8
ROUND_S = 8
FRAMES_A_S = 8000


class Unsound(Exception):  # what it says
    """The program did not do its work, so its cost means nothing."""


def instructions(program: Path, seconds: int) -> int:
    """Under callgrind, all of them. Raises Unsound when the calls were not carried, heard and recorded."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(program), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    said = EXPECTED.fullmatch(done.stdout.strip())
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or said is None or found is None:
        raise Unsound(f"ratchet {seconds}: {done.stdout}{done.stderr}")
    if said[3] != "AVX2":
        raise Unsound("this machine has no AVX2, whose bodies are counted")
    if int(said[4]) != CALLS * seconds * FRAMES_A_S or int(said[5]) != KEYS_A_ROUND * seconds // ROUND_S:
        raise Unsound(f"the calls were not carried as they should be: {said[0]}")
    return int(found[1])


def measured() -> int:
    """Instructions for one call and one second."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "ratchet"
        sources = [str(HERE / "ratchet.c"), *map(str, sorted(NATIVE.glob("*.c")))]
        subprocess.run(["cc", *FLAGS, f"-I{NATIVE}", "-o", str(program), *sources, *LIBRARIES], check=True)
        more = instructions(program, LONG_S) - instructions(program, SHORT_S)
    return round(more / (LONG_S - SHORT_S) / CALLS)


def verdict(found: int, kept: int, tolerance: float) -> str:
    """What is wrong, or nothing."""
    if found > kept * (1 + tolerance):
        return f"a call costs {found} instructions a second, {found / kept - 1:+.1%} beside the {kept} of {KEPT.name}: make it cheaper"
    if found < kept * (1 - tolerance):
        return f"a call costs only {found} instructions a second, {found / kept - 1:+.1%}: hold that fast with --renew"
    return ""


def main() -> int:
    """Measure and judge."""
    if shutil.which("valgrind") is None:
        sys.stderr.write("ratchet: valgrind is not installed; it is among the test packages of make test\n")
        return 1
    try:
        found = measured()
    except Unsound as error:
        sys.stderr.write(f"ratchet: {error}\n")
        return 1
    content = json.loads(KEPT.read_text(encoding="utf-8"))
    if "--renew" in sys.argv[1:]:
        KEPT.write_text(json.dumps({**content, "instructions_per_call_second": found}, indent=2) + "\n", encoding="utf-8")
        return 0
    wrong = verdict(found, int(content["instructions_per_call_second"]), float(content["tolerance"]))
    sys.stdout.write(f"ratchet: {found} instructions for a recorded, bridged call and second\n")
    if wrong:
        sys.stderr.write(f"ratchet: {wrong}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
