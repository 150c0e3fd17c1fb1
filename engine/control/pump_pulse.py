"""Whether the media pump stands still, for everybody who looks: page, console, doctor.

Who watches the pump raises the alarm ``pump-still`` and clears it; this only follows those facts.
"""

from __future__ import annotations

from engine import facts
from engine.kernel.bus import Envelope

__all__ = ["STILL_ALARM", "PumpPulse"]

STILL_ALARM = "pump-still"


class PumpPulse:
    """``still``: the pump does not move, so nobody hears anybody."""

    def __init__(self) -> None:
        self.still = False

    def hear(self, envelope: Envelope) -> None:
        """Subscribe this to the facts."""
        match envelope.fact:
            case facts.AlarmRaised(alarm=alarm) if alarm == STILL_ALARM:
                self.still = True
            case facts.AlarmCleared(alarm=alarm) if alarm == STILL_ALARM:
                self.still = False
