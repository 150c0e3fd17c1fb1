"""The driver's interval timer: what wakes the media pump on real hardware."""

from __future__ import annotations

import os

from boards.dahdi.abi import Ioctl, pack_int
from boards.dahdi.channel import DahdiError
from boards.dahdi.system import System

__all__ = ["BLOCK_SAMPLES", "TIMER_NODE", "open_timer"]

TIMER_NODE = "/dev/dahdi/timer"
BLOCK_SAMPLES = 160


def open_timer(system: System) -> int:
    """A descriptor that becomes readable (POLLPRI) every 20 ms of the board's clock. Raises DahdiError."""
    try:
        fd = system.open(TIMER_NODE, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        raise DahdiError(TIMER_NODE, "open", error.errno or 0) from error
    try:
        system.ioctl(fd, Ioctl.TIMERCONFIG, pack_int(BLOCK_SAMPLES))
    except OSError as error:
        system.close(fd)
        raise DahdiError(TIMER_NODE, "TIMERCONFIG", error.errno or 0) from error
    return fd
