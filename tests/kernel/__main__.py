"""``make test-kernel``: the real driver in a virtual machine, and what holds on it.

``python -m tests.kernel [NAME…]``: all proofs, or those named. Status 0: everything held, or the machine cannot be had here, which is said with
its reason (``skipped: …``); 1: something did not hold.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.kernel.header import compared_with_header
from tests.kernel.machine import Machine, MachineMissing, default_cache
from tests.kernel.proofs import CHECKOUT, CHECKS_LEAST, CONTRACT_PARTS, PROOFS, PYTHON, SCENARIO, Proof, Verdict

__all__ = ["main"]

GUESTS_MOST = 2
SPEAKING = frozenset({"call", "phone", "e1-isdn", "e1-r2"})
"""Proofs that need the appliance's voice."""
HEADER = "header"
"""The one proof that needs the driver's source and no guest."""
_telling = threading.Lock()


def _say(line: str) -> None:
    with _telling:
        sys.stdout.write(f"Strowger: {line}\n")
        sys.stdout.flush()


def speak_first() -> None:
    """Play the scenario of the call on the simulated driver: it must hold there too, and its voices are made by that.

    They lie in ``build/speech``, where the guest reads them.
    """
    environment = {**os.environ, "XDG_CACHE_HOME": str(CHECKOUT / "build" / "speech")}
    done = subprocess.run(
        [PYTHON, "-m", "appliance.cli", "scenario", SCENARIO], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"Strowger: the scenario fails on simulated boards already:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def prove(machine: Machine, proof: Proof) -> Verdict:
    """One boot."""
    ran = machine.run(
        [PYTHON, *proof.words], "", timeout_s=proof.timeout_s, environment=proof.environment, warm=proof.warm, folders=proof.folders
    )
    verdict = proof.judge(ran.status, ran.output)
    _say(f"{'proved' if verdict.held else 'FAILED'} ({proof.name}, {ran.took_s:.0f} s): {verdict.said}")
    return verdict


def prove_header(machine: Machine) -> bool:
    """The header that the driver was built with."""
    verdict = compared_with_header(machine)
    _say(f"{'proved' if verdict.held else 'FAILED'} ({HEADER}): {verdict.said}")
    return verdict.held


def prove_all(machine: Machine, wanted: list[Proof]) -> bool:
    """Two guests at a time, the long ones first."""
    ordered = sorted(wanted, key=lambda proof: -proof.cost_s)
    guests = min(GUESTS_MOST, os.cpu_count() or 1)
    with ThreadPoolExecutor(guests) as rooms:
        verdicts = list(rooms.map(lambda proof: prove(machine, proof), ordered))
    held = all(verdict.held for verdict in verdicts)
    if all(part in wanted for part in CONTRACT_PARTS):
        checks = sum(verdict.checks for verdict in verdicts)
        _say(f"{checks} checks ran on the real driver; the same run on the simulated one with every pytest")
        held = held and checks >= CHECKS_LEAST
    return held


def main(words: list[str]) -> int:
    """The command line."""
    known = {proof.name: proof for proof in PROOFS}
    unknown = [word for word in words if word not in (HEADER, *known)]
    if unknown:
        _say(f"no proof has the name {unknown[0]}; there are {', '.join([HEADER, *known])}")
        return 2
    wanted = [known[word] for word in words if word != HEADER] if words else list(PROOFS)
    began_s = time.monotonic()
    machine = Machine(default_cache(), _say)
    try:
        machine.prepare()
    except MachineMissing as reason:
        _say(f"skipped: the real driver was not tried: {reason}")
        return 0
    _say(f"the machine is ready ({time.monotonic() - began_s:.0f} s)")
    held = prove_header(machine) if HEADER in words or not words else True
    if any(proof.name in SPEAKING for proof in wanted):
        speak_first()
    held = prove_all(machine, wanted) and held
    _say(f"{'everything holds' if held else 'something does not hold'} on the real driver ({time.monotonic() - began_s:.0f} s)")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
