"""Channels that a test has to itself: taken from their lines, opened by number, and given back."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from boards.dahdi.channel import Channel, Profile, open_channel
from boards.dahdi.line import Line
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.port_life import MAINTENANCE
from boards.dahdi.system import System
from engine.kernel.clock import Clock

__all__ = ["OPENED_WITHIN_S", "Loan", "Loans"]

TRY_AGAIN_S = 0.1
OPENED_WITHIN_S = 2.0
"""The media pump closes a channel some 20 ms after it was told to."""

Got = Callable[[Channel], None]
Failed = Callable[[DahdiError], None]


@dataclass
class Loan:
    """One channel on its way, or there. ``channel`` None: not open yet. ``give_back`` in any case, with the channel closed."""

    number: int
    line: Line | None
    channel: Channel | None = None
    over: bool = False
    tries: int = field(default=0)

    def give_back(self) -> None:
        """The line may have it again."""
        self.over = True
        if self.line is not None:
            self.line.give_back()


class Loans:
    """``lines`` are the site's, by channel number; a channel without line is just opened."""

    def __init__(self, system: System, clock: Clock, lines: Mapping[int, Line]) -> None:
        self._system = system
        self._clock = clock
        self._lines = lines

    def borrow(self, number: int, got: Got, failed: Failed, reason: str = MAINTENANCE) -> Loan:
        """Take a channel from its line, for this reason, and open it, within ``OPENED_WITHIN_S``; one of the two is called, later.

        The channel has the pump's buffers and the law of its card. What is not an audio channel passes all bits as they are.
        """
        line = self._lines.get(number)
        if line is not None:
            line.lend(reason)
        loan = Loan(number, line)
        self._clock.call_later(TRY_AGAIN_S, lambda: self._try(loan, got, failed))
        return loan

    def _try(self, loan: Loan, got: Got, failed: Failed) -> None:
        if loan.over:
            return
        loan.tries += 1
        try:
            loan.channel = open_channel(self._system, loan.number, Profile())
        except DahdiError as error:
            if error.number == errno.EBUSY and loan.tries * TRY_AGAIN_S < OPENED_WITHIN_S:
                self._clock.call_later(TRY_AGAIN_S, lambda: self._try(loan, got, failed))
                return
            failed(error)
            return
        got(loan.channel)
