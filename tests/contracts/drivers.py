"""The two drivers that contract tests run on, the kernel's and the simulated one, each with its time."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from boards.dahdi.sysfs import DeviceTree, KernelTree
from boards.dahdi.system import KernelSystem, System

__all__ = ["BLOCK", "BLOCK_MS", "ON_KERNEL", "Driver", "KernelDriver", "new_driver", "refused"]

BLOCK = 160
BLOCK_MS = 20
ON_KERNEL = os.environ.get("STROWGER_BENCH") == "kernel"


class Driver(Protocol):
    """A driver without cards, and its time."""

    system: System
    tree: DeviceTree
    tolerance_ms: int
    """How much later than on the driver's own clock something may be seen."""
    standing: set[int]
    """Channels of looped spans that an earlier test left as every test wants them."""

    def now_ms(self) -> float:
        """Milliseconds since some moment."""

    def wait(self, ms: float) -> None:
        """Let time pass, and audio with it: the simulator moves whole milliseconds, and audio at each multiple of 20."""

    def close(self) -> None:
        """Close every descriptor that is still open."""


class _Remembering(KernelSystem):
    """The kernel's calls; whatever a test leaves open can be closed for it."""

    def __init__(self) -> None:
        self._open: set[int] = set()

    def open(self, path: str, flags: int) -> int:
        fd = super().open(path, flags)
        self._open.add(fd)
        return fd

    def close(self, fd: int) -> None:
        self._open.discard(fd)
        super().close(fd)

    def close_all(self) -> None:
        """Everything that is still open."""
        for fd in list(self._open):
            self.close(fd)


class KernelDriver:
    """The driver of the running kernel. Spans of an earlier test stay: making them costs a tenth of a second."""

    tolerance_ms = 20
    standing: set[int] = set()  # noqa: RUF012  # the kernel's, so every test's

    def __init__(self) -> None:
        self._kernel = _Remembering()
        self._clock = select.poll()
        self.system: System = self._kernel
        self.tree: DeviceTree = KernelTree()

    def now_ms(self) -> float:
        return 1000 * time.monotonic()

    def wait(self, ms: float) -> None:
        until_ms = self.now_ms() + ms
        while (rest_ms := until_ms - self.now_ms()) > 0:
            self._clock.poll(rest_ms)

    def close(self) -> None:
        self._kernel.close_all()


def new_driver() -> Driver:
    """The driver that this run is about: ``STROWGER_BENCH=kernel`` for the kernel's."""
    if ON_KERNEL:
        return KernelDriver()
    from tests.contracts.simulated import SimulatedDriver  # noqa: PLC0415  # on the kernel nobody needs the simulator

    return SimulatedDriver()


@contextmanager
def refused(number: int) -> Iterator[None]:
    """The call inside fails with this errno."""
    failed_with = None
    try:
        yield
    except OSError as error:
        failed_with = error.errno
    assert failed_with == number, f"errno {failed_with}, expected {number}"
