"""The exchange of ``strowger bench e1`` as a process: ``python -m appliance.bench_exchange SOCKET RATE SECONDS TALK_MS NUMBER SEED``.

``SOCKET`` is an inherited descriptor. It prints ``calling`` when it begins, ``called`` when it has made its last call, and in the end what it measured
as one line of JSON (``hwsim.calling_exchange.Measured``).
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from dataclasses import asdict

from hwsim.calling_exchange import CallingExchange

__all__ = ["main"]


def main() -> int:
    """Call, and print what was measured."""
    fd, rate, seconds, talk_ms, number, seed = sys.argv[1:]
    line = socket.socket(fileno=int(fd))
    line.setblocking(False)
    waiting = select.poll()
    waiting.register(line, select.POLLIN)
    exchange = CallingExchange(
        line, _now_us, waiting.poll, _say, rate=float(rate), seconds=float(seconds), talk_ms=int(talk_ms), number=number, seed=int(seed)
    )
    _say(json.dumps(asdict(exchange.run())))
    return 0


def _now_us() -> int:
    return time.monotonic_ns() // 1000


def _say(said: str) -> None:
    sys.stdout.write(said + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
