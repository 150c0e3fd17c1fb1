"""Proof that every kind of call ends as it should on every kind of line, however bad the cable.

    make prove-matrix         or:  python -m tests.proofs.matrix [--number N] [--seed S] [--only TEXT]

Whole appliances in virtual time, one for each kind of line; the cases are drawn by the seed, each kind of line and each plot equally often. Prints
every case that went wrong, with what was expected, and a table by plot. Exit status 1 when there is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from appliance.prompts import load
from appliance.scenarios import cache_folder, prompt_cache
from tests.proofs.matrix_box import MatrixBox, Verdict, voices_from
from tests.proofs.matrix_cases import Case, all_cases, chosen

__all__ = ["main", "play_all"]

CASES = 500


def play_all(
    cases: Sequence[Case],
    folder: Path,
    prompts: Mapping[tuple[str, str], bytes],
    seed: int,
    told: Callable[[Verdict], None] = lambda _: None,
) -> list[Verdict]:
    """Play the cases, those of one kind on one appliance; after one that went wrong the next gets a fresh one."""
    voices = voices_from(prompts)
    verdicts: list[Verdict] = []
    box: MatrixBox | None = None
    for number, case in enumerate(cases):
        if box is not None and (box.kind != case.kind or verdicts[-1].wrong):
            box.close()
            box = None
        if box is None:
            own = folder / str(number)
            own.mkdir(parents=True)
            box = MatrixBox(case.kind, own, prompts, voices, seed)
        verdicts.append(box.play(case))
        told(verdicts[-1])
    if box is not None:
        box.close()
    return verdicts


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _told(verdict: Verdict) -> None:
    if verdict.wrong:
        _say(f"WRONG {verdict.case.name}: {'; '.join(verdict.wrong)}")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="calls on every kind of line, each with the right outcome")
    parser.add_argument("--number", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="only cases whose name has this in it")
    options = parser.parse_args()
    cases = [case for case in all_cases() if options.only in case.name] if options.only else chosen(options.seed, options.number)
    prompts = load(prompt_cache(cache_folder({})))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        verdicts = play_all(cases, Path(folder), prompts, options.seed, _told)
    took_s = time.monotonic() - began
    line_s = sum(verdict.line_s for verdict in verdicts)
    plots = Counter(verdict.case.plot for verdict in verdicts)
    wrong = Counter(verdict.case.plot for verdict in verdicts if verdict.wrong)
    for plot, count in sorted(plots.items()):
        _say(f"{plot:18} {count:4} cases, {wrong[plot]} wrong")
    _say(
        f"{len(verdicts)} of {len(all_cases())} cases in {took_s:.0f} s ({line_s:.0f} s on the lines, {line_s / took_s:.0f} times real time)"
    )
    _say(f"{sum(wrong.values())} wrong; seed {options.seed}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
