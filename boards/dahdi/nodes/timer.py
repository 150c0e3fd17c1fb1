"""``/dev/dahdi/timer``: an interval timer of the boards' clock, one for each opening."""

from __future__ import annotations

from typing import Self

from boards.dahdi.abi import Ioctl
from boards.dahdi.nodes.node import Node, open_node
from boards.dahdi.nodes.sentences import marked as _
from boards.dahdi.system import System

__all__ = ["TIMER_NODE", "TimerNode"]

TIMER_NODE = "/dev/dahdi/timer"
PERIOD_MOST_SAMPLES = 8000 * 3600
ALL = -1


class TimerNode(Node):
    """An open timer. While periods wait to be acknowledged it is ready by POLLPRI."""

    def __init__(self, system: System, fd: int) -> None:
        super().__init__(system, fd, TIMER_NODE)

    @classmethod
    def open(cls, system: System) -> Self:
        """Open one. Raises DahdiError; NoSuchDevice also when nothing gives the time."""
        return cls(system, open_node(system, TIMER_NODE))

    def set_period(self, samples: int) -> None:
        """Count periods of so many samples (8 to the ms; at most an hour); 0 stops."""
        self._within(Ioctl.TIMERCONFIG, _("the period of the timer in samples"), samples, 0, PERIOD_MOST_SAMPLES)
        self._tell(Ioctl.TIMERCONFIG, samples)

    def acknowledge(self, periods: int = ALL) -> None:
        """Take so many periods as seen; more than have passed, or −1, is all."""
        self._within(Ioctl.TIMERACK, _("the number of periods"), periods, ALL, 2**31 - 1)
        self._tell(Ioctl.TIMERACK, periods)

    def event(self) -> int:
        """TIMER_PING when there was one, TIMER_EXPIRED while periods wait, else NONE. Asking changes nothing."""
        return self._answer(Ioctl.GETEVENT)

    def ping(self) -> None:
        """Make the timer ready now."""
        self._call(Ioctl.TIMERPING, 0)

    def clear_ping(self) -> None:
        """Take the ping as seen."""
        self._call(Ioctl.TIMERPONG, 0)

    def poll(self) -> int:
        """What is ready now, as ``select.poll`` bits; never waits."""
        return self._system.poll(self.fd)
