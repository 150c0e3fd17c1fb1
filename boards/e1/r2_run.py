"""A circuit at work: performs its outputs and owns its timers. The only part of R2 that knows a clock; time is its argument."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from boards.e1.r2_circuit import R2Circuit
from boards.e1.r2_words import Command, Fact, Heard, Output, SendBackward, SendForward, SendKeys, SetBits, StartTimer, StopTimer
from engine.kernel.clock import Clock
from engine.kernel.clock import Timer as Pending
from engine.kernel.errors import OurFault
from engine.kernel.fsm import Expired, Timer

__all__ = ["WAITING_MOST", "CircuitRun", "R2Side"]

WAITING_MOST = 100
"""Events that may wait while facts are told; whoever hears facts adds one or two."""


class R2Side(Protocol):
    """Our side of a channel."""

    def set_bits(self, bits: int) -> None:
        """Send these four bits, A the highest, from now on."""

    def send_register(self, signal: int | None, *, backward: bool) -> None:
        """Send this register signal from now on; None: silence. Only one of the two directions sounds at a time."""


class CircuitRun:
    """One circuit, its side of the channel, and its timers. ``report`` hears facts in order, and may give commands at once;
    ``trace`` sees whatever goes in and out.

    Events that come while an event is being worked on wait for their turn, at most ``WAITING_MOST``; OurFault beyond that.
    """

    def __init__(
        self,
        circuit: R2Circuit,
        clock: Clock,
        side: R2Side,
        report: Callable[[Fact], None],
        trace: Callable[[object], None] = lambda _event: None,
    ) -> None:
        self.circuit = circuit
        self._clock = clock
        self._side = side
        self._report = report
        self._trace = trace
        self._timers: dict[Timer, Pending] = {}
        self._waiting: deque[Command | Heard | Expired] = deque()
        self._busy = False

    def begin(self, bits: int) -> None:
        """Put the circuit to work; ``bits`` is what the far end sends now."""
        self._busy = True
        try:
            self._perform(self.circuit.begin(bits))
        finally:
            self._busy = False
        self._work()

    def post(self, event: Command | Heard | Expired) -> None:
        """Give it a command, or what the line brought."""
        if len(self._waiting) >= WAITING_MOST:
            raise OurFault(f"more than {WAITING_MOST} events wait for one R2 circuit; the newest is {event!r}")
        self._trace(event)
        self._waiting.append(event)
        self._work()

    def close(self) -> None:
        """Stop every timer; the circuit is heard of no more."""
        for pending in self._timers.values():
            pending.cancel()
        self._timers.clear()

    def _work(self) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                self._perform(self.circuit.handle(self._waiting.popleft()))
        finally:
            self._busy = False

    def _perform(self, outputs: tuple[Output, ...]) -> None:
        """All of them, also when one raises: a lost timer would leave the circuit in its call for ever. The first error is raised afterwards."""
        raised: Exception | None = None
        for output in outputs:
            try:
                self._perform_one(output)
            except Exception as error:  # noqa: BLE001  # raised again when everything is done
                raised = raised or error
        if raised is not None:
            raise raised

    def _perform_one(self, output: Output) -> None:
        self._trace(output)
        match output:
            case SetBits(bits):
                self._side.set_bits(bits)
            case SendForward(signal):
                self._side.send_register(signal, backward=False)
            case SendBackward(signal):
                self._side.send_register(signal, backward=True)
            case SendKeys(keys):
                self._send_keys(keys)
            case StartTimer(timer, seconds):
                self._start(timer, seconds)
            case StopTimer(timer):
                self._stop(timer)
            case _:
                self._report(output)

    def _send_keys(self, keys: str | None) -> None:
        raise OurFault(f"an R2 circuit sounds no keys: {keys}")

    def _start(self, timer: Timer, seconds: float) -> None:
        self._stop(timer)

        def expire() -> None:
            self._timers.pop(timer, None)
            self.post(Expired(timer, self._clock.monotonic_ns()))

        self._timers[timer] = self._clock.call_later(seconds, expire)

    def _stop(self, timer: Timer) -> None:
        pending = self._timers.pop(timer, None)
        if pending is not None:
            pending.cancel()
