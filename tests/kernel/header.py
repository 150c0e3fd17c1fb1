"""The header of the driver that the virtual machine runs, against our declarations: ``python -m tests.kernel.header``.

Exit status as of ``boards.dahdi.header_probe``: 0 when every structure, offset, number and constant agrees; 2 when the machine cannot be had.
"""

from __future__ import annotations

import sys

from boards.dahdi import header_probe
from tests.kernel.machine import Machine, MachineMissing, default_cache


def _say(said: str) -> None:
    sys.stdout.write(f"{said}\n")


def main() -> int:
    """Fetch the driver's source when it is not there yet, and compare."""
    try:
        Machine(default_cache(), _say).prepare()
    except MachineMissing as missing:
        sys.stderr.write(f"the driver's header cannot be looked at here: {missing}\n")
        return 2
    # The newest that was prepared is the one of the packages that apt gives now.
    header = max(default_cache().glob("**/include/dahdi/user.h"), key=lambda file: file.stat().st_mtime)
    return header_probe.main([str(header.parents[1])])


if __name__ == "__main__":
    sys.exit(main())
