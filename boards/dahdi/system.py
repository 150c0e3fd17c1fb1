"""The operating system's calls that a DAHDI driver needs, as one small contract, and the kernel behind it.

Everything above these six calls is the same code on real cards and on simulated ones. This module imports nothing of the
appliance.
"""

from __future__ import annotations

import fcntl
import os
import select
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from boards.dahdi.holders import Holder, holders_of

__all__ = ["Holder", "KernelSystem", "SeesHolders", "System"]


class System(Protocol):
    """Device calls. Every failure is an OSError with the driver's errno; 500 (not in ``errno``) means that an event waits."""

    def open(self, path: str, flags: int) -> int:
        """Open a node under ``/dev/dahdi``; ``flags`` as for ``os.open``. Returns the descriptor."""

    def close(self, fd: int) -> None:
        """Close it; a channel is hung up by that."""

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        """Ask the driver. A bytearray is memory that the driver reads and writes; an int is passed as it is: 0 is NULL."""

    def read(self, fd: int, size: int) -> bytes:
        """One of the driver's buffers at most; what ``size`` does not cover of it is lost."""

    def write(self, fd: int, data: bytes) -> int:
        """Fill one of the driver's buffers; returns how many octets were taken."""

    def poll(self, fd: int) -> int:
        """What is ready now, as ``select.poll`` bits; never waits."""


@runtime_checkable
class SeesHolders(Protocol):
    """What a ``System`` may be able to do besides: tell who has a node open that we were refused."""

    def holders(self, nodes: Sequence[str]) -> tuple[Holder, ...]:
        """The programs with one of these nodes open, as far as they can be seen; raises nothing."""


class KernelSystem:
    """The kernel's own calls. A ``System`` that ``SeesHolders``."""

    def open(self, path: str, flags: int) -> int:
        return os.open(path, flags | os.O_CLOEXEC)

    def close(self, fd: int) -> None:
        os.close(fd)

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        return int(fcntl.ioctl(fd, code, argument))

    def read(self, fd: int, size: int) -> bytes:
        return os.read(fd, size)

    def write(self, fd: int, data: bytes) -> int:
        return os.write(fd, data)

    def poll(self, fd: int) -> int:
        waiting = select.poll()
        waiting.register(fd, select.POLLIN | select.POLLOUT | select.POLLPRI)
        ready = waiting.poll(0)
        return ready[0][1] if ready else 0

    def holders(self, nodes: Sequence[str]) -> tuple[Holder, ...]:
        return holders_of(nodes)
