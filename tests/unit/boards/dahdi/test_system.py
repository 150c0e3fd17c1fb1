"""The kernel's calls, tried on nodes that every machine has."""

from __future__ import annotations

import errno
import os
import select

import pytest

from boards.dahdi.abi import Ioctl, pack_int
from boards.dahdi.system import KernelSystem, System


def test_calls_reach_the_kernel() -> None:
    """Open, read, write, poll and close are the kernel's own, and a child process does not inherit the line."""
    system: System = KernelSystem()
    fd = system.open("/dev/zero", os.O_RDWR)
    assert system.read(fd, 3) == b"\0\0\0"
    assert system.write(fd, b"ab") == 2
    assert system.poll(fd) & select.POLLIN
    assert not os.get_inheritable(fd)
    system.close(fd)
    with pytest.raises(OSError, match="Bad file descriptor"):
        system.close(fd)


def test_poll_does_not_wait() -> None:
    """Nothing to read is told at once."""
    reading, writing = os.pipe()
    system = KernelSystem()
    assert not system.poll(reading) & select.POLLIN
    os.write(writing, b"x")
    assert system.poll(reading) & select.POLLIN
    os.close(writing)
    os.close(reading)


def test_errors_keep_the_kernels_number() -> None:
    """A missing node and a node of another driver are told apart by the kernel's own errno."""
    system = KernelSystem()
    with pytest.raises(FileNotFoundError):
        system.open("/dev/dahdi/no-such-node", os.O_RDWR)
    fd = system.open("/dev/null", os.O_RDWR)
    with pytest.raises(OSError) as caught:  # noqa: PT011  # the errno is what is looked at
        system.ioctl(fd, Ioctl.GETEVENT, pack_int(0))
    assert caught.value.errno == errno.ENOTTY
    system.close(fd)
