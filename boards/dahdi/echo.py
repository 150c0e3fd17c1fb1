"""When a line's echo canceller runs: from the answer to the end of the call, unless a modem asks for silence of all cancellers.

ITU-T G.168 clause 8: 2100 Hz with reversals of phase switches every canceller on the way off; modems and fast faxes cancel echo themselves. It
stays off until the call ends. (The driver watches for the tone in both directions too; what it hears is what the canceller is attached to.)
"""

from __future__ import annotations

__all__ = ["OFF", "EchoWatch"]

OFF = 0


class EchoWatch:
    """One line's canceller. ``taps`` is its length in samples, 0: there is none. Each act says to what it is to be switched; None: as it is."""

    def __init__(self) -> None:
        self.on = False
        self._modem = False

    def reset(self) -> None:
        """The channel was opened afresh, which switches it off."""
        self.on = self._modem = False

    def answered(self, taps: int) -> int | None:
        """A conversation begins, or may: switch it on."""
        if not taps or self.on or self._modem:
            return None
        self.on = True
        return taps

    def modem_heard(self) -> int | None:
        """2100 Hz with reversals."""
        self._modem = True
        return self._off()

    def ended(self) -> int | None:
        """The call is over; the next is another one's."""
        self._modem = False
        return self._off()

    def _off(self) -> int | None:
        if not self.on:
            return None
        self.on = False
        return OFF
