"""What an exchange makes of the breaks of a subscriber's loop: dial pulses, a flash, or the end.

Pulses: 8…14 a second with a break of 1.3…2.5 times the make, so a break of 40…90 ms; digits are 350 ms apart at least (GB/T 3380, the
exchange's side). A break too short for a pulse is contact bounce.
"""

from __future__ import annotations

__all__ = ["BREAK_MOST_MS", "DIGIT_PAUSE_MS", "PULSE_LEAST_MS", "PULSE_MOST_MS", "PulseEar"]

PULSE_LEAST_MS, PULSE_MOST_MS = 35, 95
DIGIT_PAUSE_MS = 350
BREAK_MOST_MS = 200
"""A loop that stays open for longer while digits are expected is a hang-up."""


class PulseEar:
    """Counts the pulses of one digit. ``spoilt`` counts breaks that were neither bounce nor pulse."""

    def __init__(self) -> None:
        self.spoilt = 0
        self._pulses = 0

    def broke(self, duration_ms: int) -> bool:
        """The loop was open for so long and is closed again. True when that was a pulse."""
        if duration_ms < PULSE_LEAST_MS:
            return False
        if duration_ms > PULSE_MOST_MS:
            self.spoilt += 1
            return False
        self._pulses += 1
        return True

    def digit(self) -> str:
        """No pulse came for the pause between digits: the digit, or an empty string when there was none or too many."""
        pulses, self._pulses = self._pulses, 0
        return str(pulses % 10) if 1 <= pulses <= 10 else ""
