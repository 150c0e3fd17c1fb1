"""Whether the appliance lives: the reactor turns, and the media pump moves.

A look is a timer of the reactor: a reactor that hangs does not look, and so does not feed. At each look the pump's sample counter must
have moved since the last one; a pump that stands still is not covered up by a reactor that turns. The counter moves with the boards' clock,
or with the simulated world's, which the reactor itself moves. Four looks fall into the manager's time, so that one late one does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.kernel.clock import Clock, Timer

__all__ = ["LOOKS", "STILL_LOOKS_TOLD", "Pulse", "Watchdog", "looked"]

LOOKS = 4
"""Looks within the time after which the manager gives up."""
USUAL_TIMEOUT_S = 30.0
"""Where no manager watches, a pump that stands still is noticed all the same."""
STILL_LOOKS_TOLD = 2
"""Looks in a row at a pump that stands still, until somebody is told."""


@dataclass(frozen=True)
class Pulse:
    """The pump's counter at a look, and how many looks in a row it has not moved."""

    samples: int
    still: int = 0

    @property
    def moves(self) -> bool:
        """True when the pump lives."""
        return self.still == 0


def looked(last: Pulse, samples: int) -> Pulse:
    """The pulse after a look that found this counter. A counter that went back belongs to a new pump, and moves."""
    return Pulse(samples, last.still + 1 if samples == last.samples else 0)


class Watchdog:
    """Feeds by ``alive`` as long as the appliance lives. ``timeout_s``: of the manager, None: there is none.

    ``still()`` is told once when the pump stands, ``again()`` when it moves again.
    """

    def __init__(
        self,
        clock: Clock,
        samples: Callable[[], int],
        alive: Callable[[], None],
        timeout_s: float | None,
        still: Callable[[], None],
        again: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._samples = samples
        self._alive = alive
        self._every_s = (timeout_s if timeout_s is not None else USUAL_TIMEOUT_S) / LOOKS
        self._still = still
        self._again = again
        self._told = False
        self._pulse = Pulse(0)
        self._timer: Timer | None = None

    def start(self) -> None:
        """Look from now on."""
        self._pulse = Pulse(self._samples())
        self._timer = self._clock.call_later(self._every_s, self._look)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = self._clock.call_later(self._every_s, self._look)
        self._pulse = looked(self._pulse, self._samples())
        if self._pulse.moves:
            self._alive()
            if self._told:
                self._told = False
                self._again()
        elif self._pulse.still == STILL_LOOKS_TOLD:
            self._told = True
            self._still()
