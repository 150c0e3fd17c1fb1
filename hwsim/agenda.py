"""The simulated driver's clock: whole milliseconds, and what is due when.

Time moves only by ``advance_to``, which meets every deadline in order, those of one millisecond in the order they were set.
Nothing happens between deadlines, so an idle hour costs nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

__all__ = ["DEADLINES_MOST", "Agenda", "Deadline"]

DEADLINES_MOST = 100_000
"""Deadlines met in one ``advance_to`` at most: far beyond what 1024 ports can set, so more is a loop."""


class Deadline:
    """One timer of one machine: running or not, and set anew at will."""

    def __init__(self, agenda: Agenda, act: Callable[[], None]) -> None:
        self._agenda = agenda
        self._act = act
        self._turn = 0
        self.due_ms = -1
        self.started_ms = 0

    @property
    def running(self) -> bool:
        """True until it is due or stopped."""
        return self.due_ms >= 0

    def start(self, duration_ms: int) -> None:
        """Be due in this time, whatever was set before. As in the driver, 0 does not run at all and less is due at once."""
        if duration_ms == 0:
            self.stop()
            return
        self.started_ms = self._agenda.now_ms
        self.due_ms = self.started_ms + max(duration_ms, 1)
        self._turn = self._agenda.note(self.due_ms, self)

    def stop(self) -> None:
        """Be not due."""
        self.due_ms = -1

    def meet(self, turn: int) -> None:
        """Act, when this is still the latest setting. Called by the agenda only."""
        if self.running and turn == self._turn:
            self.due_ms = -1
            self._act()


class Agenda:
    """All deadlines of one simulated driver."""

    def __init__(self) -> None:
        self.now_ms = 0
        self._turns = 0
        self._heap: list[tuple[int, int, Deadline]] = []

    def deadline(self, act: Callable[[], None]) -> Deadline:
        """A timer that calls ``act``; not running."""
        return Deadline(self, act)

    def note(self, due_ms: int, deadline: Deadline) -> int:
        """Put a setting in its place; returns its number. Called by ``Deadline`` only."""
        self._turns += 1
        heapq.heappush(self._heap, (due_ms, self._turns, deadline))
        return self._turns

    def advance_to(self, ms: int) -> None:
        """Let time pass until ``ms``. Raises ValueError when that is past, RuntimeError when deadlines cause each other without end."""
        if ms < self.now_ms:
            raise ValueError(f"time cannot go back from {self.now_ms} ms to {ms} ms")
        met = 0
        while self._heap and self._heap[0][0] <= ms:
            due_ms, turn, deadline = heapq.heappop(self._heap)
            self.now_ms = max(self.now_ms, due_ms)
            deadline.meet(turn)
            met += 1
            if met > DEADLINES_MOST:
                raise RuntimeError(f"more than {DEADLINES_MOST} deadlines until {ms} ms: something sets deadlines without end")
        self.now_ms = ms
