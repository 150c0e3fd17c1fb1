"""How long a console command takes: from Enter to the next prompt, through the door of a running appliance.

Run ``python -m bench.console DATA [NUMBER]`` from the checkout, with ``strowger run --data DATA`` beside it.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from appliance.door_client import DoorClient
from appliance.options import door_path
from console.session import Session

COMMANDS = ("status", "lines", "phones", "agents", "queues", "calls", "facts 20", "log 20", "version", "help")
NUMBER = 200


def main() -> None:
    """Print median, p99 and the slowest by command, in milliseconds."""
    data = Path(sys.argv[1])
    number = int(sys.argv[2]) if len(sys.argv) > 2 else NUMBER
    client = DoorClient()
    failures: list[str] = []

    def ask(
        command: str, arguments: Mapping[str, object], done: Callable[[Mapping[str, Any]], None], failed: Callable[[Exception], None]
    ) -> None:
        try:
            done(client.ask(door_path(data), command, **arguments))
        except Exception as error:  # noqa: BLE001  # whatever it was, the figure would be worthless
            failures.append(f"{command}: {error}")
            failed(error)

    session = Session(ask, lambda _written: None, lambda: None, lambda msgid: msgid, rows=0)
    session.begin()
    took_ms: dict[str, list[float]] = {command: [] for command in COMMANDS}
    for turn in range(number):
        command = COMMANDS[turn % len(COMMANDS)]
        began_ns = time.perf_counter_ns()
        session.receive(f"{command}\r".encode())
        took_ms[command].append((time.perf_counter_ns() - began_ns) / 1e6)
    for command, times in took_ms.items():
        print(f"{command:10}  median {statistics.median(times):6.1f}  slowest {max(times):6.1f}")
    every = sorted(time_ms for times in took_ms.values() for time_ms in times)
    print(
        f"all {len(every)}: median {statistics.median(every):.1f} ms, p99 {every[int(len(every) * 0.99) - 1]:.1f} ms, failures {len(failures)}"
    )
    print(*failures[:5], sep="\n")


if __name__ == "__main__":
    main()
