"""The driver's interval timer: what wakes the media pump on real hardware."""

from __future__ import annotations

from boards.dahdi.faults import driver_faults
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.nodes.timer import TimerNode
from boards.dahdi.system import System

__all__ = ["BLOCK_SAMPLES", "open_timer"]

BLOCK_SAMPLES = 160


def open_timer(system: System) -> int:
    """A descriptor that becomes readable (POLLPRI) every 20 ms of the board's clock. Raises DriverFault."""
    with driver_faults():
        timer = TimerNode.open(system)
        try:
            timer.set_period(BLOCK_SAMPLES)
        except DahdiError:
            timer.close()
            raise
        return timer.fd
