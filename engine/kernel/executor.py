"""Work for another thread, as an argument.

The engine hands a piece of work to an ``Executor`` and is told the result in the reactor thread. In virtual time the work
runs inline and the result comes after a fixed virtual delay, so the same seed gives the same order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

__all__ = ["Executor"]

T = TypeVar("T")


class Executor(Protocol):
    """One named thread with a bounded queue; work is done in the order it was given."""

    def submit(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Do ``work`` there, then call ``done`` or ``failed`` here. Raises EnvironmentFault when the queue is full."""

    def close(self) -> None:
        """Finish what is queued and stop; returns when it is done. Results are still delivered."""
