"""Loops: what is sent comes back, or what is received goes back, for as long as somebody looks for a fault.

A loop on a span raises the span's alarm on every channel, so its lines are taken out of service first; they return when it ends. One on a channel
needs a channel that nobody writes to, because what is written goes before what is looped: the channel is borrowed from its line and kept
open. Every loop ends by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from boards.dahdi.abi import Maint
from boards.dahdi.channel import Channel
from boards.dahdi.faults import DriverFault
from boards.dahdi.line import Line
from boards.dahdi.loans import Loan, Loans
from boards.dahdi.nodes.control import ControlNode
from boards.dahdi.nodes.errors import DahdiError, NotSupported
from boards.dahdi.port_life import MAINTENANCE
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import Refused
from engine.kernel.text import text
from engine.telephony.hardware import HardwareReceiver, Loop, LoopKind

__all__ = ["LOOPS_MOST", "Loops"]

LOOPS_MOST = 64
COMMANDS = {LoopKind.LOCAL: Maint.LOCALLOOP, LoopKind.LINE: Maint.NETWORKLINELOOP, LoopKind.PAYLOAD: Maint.NETWORKPAYLOADLOOP}
NS_A_S = 1_000_000_000


@dataclass
class _Running:
    """A loop, from the command that starts it to its end."""

    span: int
    channel: int
    kind: LoopKind
    by: str
    ends_ns: int
    lines: Sequence[Line]
    timer: Timer | None = None
    loan: Loan | None = None


class Loops:
    """One per driver. ``control`` gives the open control node, and raises DahdiError."""

    def __init__(self, clock: Clock, control: Callable[[], ControlNode], loans: Loans) -> None:
        self._clock = clock
        self._control = control
        self._loans = loans
        self._receiver: HardwareReceiver | None = None
        self._running: dict[tuple[int, int], _Running] = {}

    def start(self, receiver: HardwareReceiver) -> None:
        """Who is told from now on."""
        self._receiver = receiver

    def stop(self) -> None:
        """Every loop ends."""
        for loop in list(self._running.values()):
            self._finish(loop, "stopping", "")
        self._receiver = None

    def running(self) -> list[Loop]:
        """The loops that are on."""
        return [self._shown(loop) for loop in self._running.values()]

    def on(self, span: int, channel: int = 0) -> bool:
        """True when the span or this channel of it is looped."""
        return (span, 0) in self._running or (channel > 0 and (span, channel) in self._running)

    # ---- commands ----------------------------------------------------------------------------------------------------

    def loop_span(self, span: int, kind: LoopKind, limit_s: int, by: str, lines: Sequence[Line]) -> None:
        """Loop a span whose ``lines`` may be taken. Refused when there is a loop already or the card cannot; all is as before then."""
        self._need_room(span, 0)
        for line in lines:
            line.hold(MAINTENANCE)
        try:
            self._control().maintain(span, COMMANDS[kind])
        except DahdiError as error:
            for line in lines:
                line.unhold(MAINTENANCE)
            if isinstance(error, NotSupported):
                raise Refused(text("The card of span {span} cannot make this loop: try another one.", span=span)) from error
            raise DriverFault(error) from error
        self._begin(_Running(span, 0, kind, by, self._ends_ns(limit_s), lines), limit_s)

    def loop_channel(self, span: int, channel: int, limit_s: int, by: str) -> None:
        """Loop a channel that may be taken from its line. It is on some 0.1 s later; when it cannot be, it ends at once with ``failed``."""
        self._need_room(span, channel)
        loop = _Running(span, channel, LoopKind.CHANNEL, by, self._ends_ns(limit_s), ())
        self._running[span, channel] = loop
        loop.loan = self._loans.borrow(
            channel,
            lambda opened: self._turn_on(loop, opened, limit_s),
            lambda _error: self._finish(loop, "failed", ""),
        )

    def end(self, span: int, channel: int, by: str) -> None:
        """End a loop. Refused when there is none."""
        loop = self._running.get((span, channel))
        if loop is None:
            raise Refused(text("There is no loop on it."))
        self._finish(loop, "ended", by)

    def span_lost(self, span: int) -> None:
        """The card is gone, and its loops with it."""
        for loop in [loop for (number, _), loop in self._running.items() if number == span]:
            self._finish(loop, "card_removed", "")

    # ---- inside ------------------------------------------------------------------------------------------------------

    def _need_room(self, span: int, channel: int) -> None:
        if self.on(span, channel) or (channel == 0 and any(number == span for number, _ in self._running)):
            raise Refused(text("It is looped already: end that loop first."))
        if len(self._running) >= LOOPS_MOST:
            raise Refused(text("There are {most} loops already: end one first.", most=LOOPS_MOST))

    def _ends_ns(self, limit_s: int) -> int:
        return self._clock.monotonic_ns() + limit_s * NS_A_S

    def _begin(self, loop: _Running, limit_s: int) -> None:
        self._running[loop.span, loop.channel] = loop
        loop.timer = self._clock.call_later(limit_s, lambda: self._finish(loop, "limit", ""))
        if self._receiver is not None:
            self._receiver.loop_started(self._shown(loop))

    def _turn_on(self, loop: _Running, channel: Channel, limit_s: int) -> None:
        try:
            channel.set_loopback(on=True)
        except DahdiError:
            self._finish(loop, "failed", "")
            return
        self._begin(loop, limit_s)

    def _finish(self, loop: _Running, reason: str, by: str) -> None:
        if self._running.get((loop.span, loop.channel)) is not loop:
            return
        del self._running[loop.span, loop.channel]
        if loop.timer is not None:
            loop.timer.cancel()
        if not self._turn_off(loop) and reason != "card_removed":
            reason = "failed"
        if self._receiver is not None:
            self._receiver.loop_ended(self._shown(loop), reason, by)

    def _turn_off(self, loop: _Running) -> bool:
        """True when the driver did it; the lines return in any case, for a span that stays looped keeps them out by its alarm."""
        done = True
        try:
            if loop.loan is None:
                self._control().maintain(loop.span, Maint.NONE)
            elif loop.loan.channel is not None:
                # Closing alone would do, but a driver that keeps the loop over a close would surprise the next call.
                loop.loan.channel.set_loopback(on=False)
        except DahdiError:
            done = False
        if loop.loan is not None:
            self._close(loop.loan)
        for line in loop.lines:
            line.unhold(MAINTENANCE)
        return done

    def _close(self, loan: Loan) -> None:
        try:
            if loan.channel is not None:
                loan.channel.close()
        except DahdiError:
            pass  # a channel of a card that is gone
        loan.give_back()

    def _shown(self, loop: _Running) -> Loop:
        left_s = max(0, (loop.ends_ns - self._clock.monotonic_ns() + NS_A_S - 1) // NS_A_S)
        return Loop(loop.span, loop.channel, loop.kind, loop.by, left_s)
