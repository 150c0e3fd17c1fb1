"""What a thread costs in cycles of the processor.

Processor time as the kernel counts it grows when a hypervisor lends the processor to others, or when it runs slowly; cycles do not. Where
the kernel lets nobody count them (``kernel.perf_event_paranoid`` above 1 without CAP_PERFMON, a virtual machine without counters) there are none.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import NamedTuple

from boards.dahdi._pump import lib

__all__ = ["CycleCounter", "Cycles", "full_clock_ghz"]

COUNTER_OCTETS = 8
SPIN_NS = 20_000_000
SPINS = 10


class Cycles(NamedTuple):
    """Counted so far: in all, and in the program itself; the difference is the kernel's work for it."""

    all: int
    user: int


class CycleCounter:
    """Counts from now on for a thread of this process (0: the calling one). ``close`` at the end. OSError where nobody may count."""

    def __init__(self, thread: int) -> None:
        self._opened: list[int] = []
        for user_only in (0, 1):
            fd = int(lib.cycles_open(thread, user_only))
            if fd < 0:
                self.close()
                raise OSError(-fd, os.strerror(-fd))
            self._opened.append(fd)

    def read(self) -> Cycles:
        """Until now."""
        return Cycles(*(int.from_bytes(os.read(fd, COUNTER_OCTETS), "little") for fd in self._opened))

    def close(self) -> None:
        """Count no more."""
        for fd in self._opened:
            with suppress(OSError):
                os.close(fd)
        self._opened.clear()


def full_clock_ghz() -> float:
    """Cycles in a nanosecond when the processor has nothing else to do: the best of some short spins. OSError as above."""
    counter = CycleCounter(0)
    try:
        return max(_spun(counter) for _ in range(SPINS))
    finally:
        counter.close()


def _spun(counter: CycleCounter) -> float:
    # the thread's own time: what other threads of this machine take meanwhile does not count
    begun, began_ns = counter.read().all, time.thread_time_ns()
    while (passed_ns := time.thread_time_ns() - began_ns) < SPIN_NS:
        pass
    return (counter.read().all - begun) / passed_ns
