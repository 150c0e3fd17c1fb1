"""The header of the driver that the virtual machine runs, against our declarations: ``python -m tests.kernel.header``.

Exit status as of ``boards.dahdi.header_probe``: 0 when every structure, offset, number and constant agrees; 2 when the machine cannot be had.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from boards.dahdi import header_probe
from tests.kernel.machine import Machine, MachineMissing, default_cache
from tests.kernel.proofs import Verdict

__all__ = ["compared_with_header"]


def compared_with_header(machine: Machine) -> Verdict:
    """Our declarations beside what the compiler makes of the header. The machine is prepared; needs no guest."""
    headers = machine.headers
    with tempfile.TemporaryDirectory() as folder:
        found = header_probe.differences(header_probe.compile_headers(headers, Path(folder)), headers)
    if found:
        return Verdict(held=False, said="the driver's header and our declarations differ:\n" + "\n".join(found))
    return Verdict(held=True, said="every structure, offset, number and constant of the driver's header is as we declare it")


def _say(said: str) -> None:
    sys.stdout.write(f"{said}\n")


def main() -> int:
    """Fetch the driver's source when it is not there yet, and compare."""
    machine = Machine(default_cache(), _say)
    try:
        machine.prepare()
    except MachineMissing as missing:
        sys.stderr.write(f"the driver's header cannot be looked at here: {missing}\n")
        return 2
    return header_probe.main([str(machine.headers)])


if __name__ == "__main__":
    sys.exit(main())
