"""What ``make test-kernel`` proves, as commands for the guest, and what their output must say."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CHECKS_LEAST", "CONTRACT_PARTS", "PROOFS", "Proof", "Verdict", "contract_checks"]

CHECKOUT = Path(__file__).resolve().parents[2]
CHECKS_LEAST = 150
"""The contract of the simulated driver has at least so many checks that hold on both."""
ON_KERNEL = (("STROWGER_BENCH", "kernel"), ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1"))
PYTEST = ("-m", "pytest", "--noconftest", "-p", "no:cacheprovider", "-p", "tests.contracts.fixtures", "--tb=short", "--color=no")
SLOW = ("hook", "events", "dial", "seam_a")
"""Subjects whose checks wait long: one part of the contract suite."""
APPLIANCE = ("twisted.internet.reactor", "boards.dahdi.board", "boards.e1.board", "encodings.utf_8_sig")
"""What an appliance imports only when it is built."""
SLICE_S = 30
SPEECH = CHECKOUT / "build" / "speech"
"""The voices of appliance and people, made beforehand."""
SCENARIO = "tests/kernel/call_on_the_driver.yaml"
PHONE_SCENARIO = "tests/kernel/phone_on_the_driver.yaml"
"""Its people say only what those of the other one say, too."""


@dataclass(frozen=True)
class Verdict:
    """Whether it held, in a sentence; ``checks``: how many contract checks that were."""

    held: bool
    said: str
    checks: int = 0


@dataclass(frozen=True)
class Proof:
    """One boot: a Python program of the checkout, what it needs in memory, and how its output is judged.

    ``cost_s``: what it takes about, on one processor; the long ones begin first.
    """

    name: str
    words: tuple[str, ...]
    judge: Callable[[int, str], Verdict]
    cost_s: int
    environment: tuple[tuple[str, str], ...] = ()
    warm: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    timeout_s: int = 600


def _last_lines(output: str, count: int = 60) -> str:
    return "\n".join(output.rstrip().splitlines()[-count:])


# ---- the contract suite ----------------------------------------------------------------------------------------------


def _contract_files() -> list[str]:
    found = sorted((CHECKOUT / "tests/contracts").glob("test_driver_*.py"))
    return [*(str(path.relative_to(CHECKOUT)) for path in found), "tests/contracts/test_seam_a.py"]


def contract_checks(status: int, output: str) -> Verdict:
    """Pytest's last line: everything passed, nothing was left out."""
    counted = {
        word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|skipped|deselected|xfailed|xpassed|errors?)\b", output)
    }
    passed = counted.pop("passed", 0)
    if status != 0 or counted or not passed:
        return Verdict(held=False, said=f"the contract of the driver does not hold:\n{_last_lines(output)}", checks=passed)
    return Verdict(held=True, said=f"{passed} checks of the driver's contract hold on the real driver", checks=passed)


def _contract(part: str, files: Sequence[str], cost_s: int) -> Proof:
    return Proof(f"contract-{part}", (*PYTEST, *files), contract_checks, cost_s, ON_KERNEL, tuple(files))


def _contract_parts() -> tuple[Proof, ...]:
    files = _contract_files()
    slow = [file for file in files if any(file.endswith(f"_{subject}.py") for subject in SLOW)]
    return _contract("hooks", slow, 100), _contract("channels", [file for file in files if file not in slow], 90)


CONTRACT_PARTS = _contract_parts()


# ---- the pump, a call, the tools -------------------------------------------------------------------------------------


def accounted(status: int, output: str) -> Verdict:
    """The last line of ``through_pump``: what became of every octet."""
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if not lines:
        return Verdict(held=False, said=f"the pump gave no account:\n{_last_lines(output)}")
    told = json.loads(lines[-1])
    said = (
        f"{told['channels']} channels through the pump for {told['spoken_s']:.0f} s: {told['sent']} octets sent, {told['received']} received, "
        f"{told['lost']} lost, {told['silence_put_in']} of silence put in, {told['pump']['stalls']} stalls"
    )
    return Verdict(held=status == 0, said=said if status == 0 else f"{said}\n{_last_lines(output)}")


def played(status: int, output: str) -> Verdict:
    """The scenario's steps; the last line sums up."""
    if status != 0:
        return Verdict(held=False, said=f"the call on the driver failed:\n{_last_lines(output)}")
    return Verdict(held=True, said=f"a call through the whole appliance on /dev/dahdi: {output.rstrip().splitlines()[-1]}")


def compared(status: int, output: str) -> Verdict:
    """What Debian's tools see."""
    if status != 0:
        return Verdict(held=False, said=f"Debian's tools and we disagree:\n{_last_lines(output)}")
    return Verdict(held=True, said="Debian's dahdi_scan, lsdahdi, dahdi_tool and dahdi_cfg see the same spans as we do")


def signalled(status: int, output: str) -> Verdict:
    """The last line of ``r2``: what was done with each country."""
    lines = [line for line in output.splitlines() if line.startswith('{"r2"')]
    if status != 0 or not lines:
        return Verdict(held=False, said=f"R2 with libopenr2 failed:\n{_last_lines(output)}")
    told = json.loads(lines[-1])["r2"]
    each = ", ".join(f"{one['variant']} {one['calls']} calls and {one['refused']} refusals" for one in told)
    return Verdict(held=True, said=f"R2 both ways with Debian's libopenr2 on thirty circuits: {each}")


def talked(status: int, output: str) -> Verdict:
    """The last line of ``e1``: what became of thirty calls."""
    lines = [line for line in output.splitlines() if line.startswith('{"e1"')]
    if status != 0 or not lines:
        return Verdict(held=False, said=f"thirty calls by E1 failed:\n{_last_lines(output)}")
    told = json.loads(lines[-1])["e1"]
    each = "; ".join(
        f"{one['signalling']} {one['at_once']} at once, {one['arrived']} of {one['spoken']} octets of speech, {one['recordings']} recordings and "
        f"{one['welcomed']} welcomes octet for octet"
        for one in told
    )
    held = bool(told) and all(one["arrived"] == one["spoken"] and not one["faults"] for one in told)
    return Verdict(held=held, said=f"E1 calls through the whole appliance: {each}")


def _e1(far: str, speech: str) -> Proof:
    words = ("-m", "tests.kernel.e1", far, speech)
    return Proof(f"e1-{far}", words, talked, 110, warm=("tests.kernel.e1", *APPLIANCE), folders=(SPEECH,))


def _proofs() -> tuple[Proof, ...]:
    speech = str(SPEECH)
    return (
        *CONTRACT_PARTS,
        Proof("pump", ("-m", "tests.kernel.through_pump", str(SLICE_S), "1"), accounted, 60, warm=("tests.kernel.through_pump",)),
        Proof(
            "call",
            ("-m", "tests.kernel.call", SCENARIO, speech),
            played,
            90,
            warm=("tests.kernel.call", *APPLIANCE),
            folders=(SPEECH,),
        ),
        Proof(
            "phone",
            ("-m", "tests.kernel.call", PHONE_SCENARIO, speech),
            played,
            200,
            warm=("tests.kernel.call", *APPLIANCE),
            folders=(SPEECH,),
        ),
        Proof("r2", ("-m", "tests.kernel.r2", "china", "itu"), signalled, 60, warm=("tests.kernel.r2",)),
        _e1("isdn", speech),
        _e1("r2", speech),
        Proof("tools", ("-m", "tests.kernel.tools"), compared, 15, warm=("tests.kernel.tools",)),
    )


PROOFS = _proofs()
PYTHON = str(CHECKOUT / ".venv/bin/python") if (CHECKOUT / ".venv/bin/python").exists() else sys.executable
