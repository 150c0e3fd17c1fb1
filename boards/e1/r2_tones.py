"""Register signals on a channel: a looped tone of the patch bay that stands until the next signal or silence."""

from __future__ import annotations

from engine.telephony.media import PatchBay, Playing, Port
from engine.telephony.signals import R2_LEVEL_DBM0, r2_step

__all__ = ["RegisterTones"]

STEP_MS = 1000
"""The tone is looped, and its phases go on, so this is heard nowhere."""


class RegisterTones:
    """What one channel is given while registers work. ``level_dbm0`` is each frequency's (Q.454: −11.5 ±1 dBm0)."""

    def __init__(self, bay: PatchBay, channel: Port, level_dbm0: float = R2_LEVEL_DBM0) -> None:
        self._bay = bay
        self._channel = channel
        self._level_dbm0 = level_dbm0
        self._playing: Playing | None = None

    def send(self, signal: int | None, *, backward: bool) -> None:
        """Send this signal 1…15 from the next block on; None: silence. Raises EnvironmentFault when the pump takes no more commands."""
        playing, self._playing = self._playing, None
        if playing is not None:
            playing.stop()
        if signal is not None:
            step = r2_step(signal, STEP_MS, backward=backward, level_dbm0=self._level_dbm0)
            self._playing = self._bay.tone((step,), (self._channel,), loop_from=0)
