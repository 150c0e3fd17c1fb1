"""The simulated world: owner of time and chance.

Time goes in steps of 20 line milliseconds. Within a step every millisecond the driver's timers run first, then the acts
of people and exchange that are due; at its end the audio of the step crosses all lines, the pump takes one tick, the
appliance handles what came of it, and its timers run in order.

In *virtual* time the appliance lives on a ``task.Clock`` that the world sets. In *real* time (``clock`` None) the appliance
uses the reactor's own clock and the world only keeps the line side in step with it: ``run_realtime``.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.task import Clock as TwistedClock

from engine.kernel.errors import OurFault
from hwsim.line_side import Driver
from hwsim.signals import BLOCK, RATE_HZ

__all__ = ["CATCH_UP_STEPS_MAX", "STEP_MS", "Act", "Pacing", "ReactorTime", "World", "WorldClock"]

STEP_MS = 20
SAMPLES_A_MS = RATE_HZ // 1000
ACTS_WAITING_MAX = 100_000
ACTS_A_MS_MAX = 10_000
ROUNDS_TO_REST_MAX = 1_000
TIMERS_A_STEP_MAX = 10_000
FAILURES_TOLD_MAX = 100
"""Different ones; all are counted."""
CATCH_UP_STEPS_MAX = 25
"""A wall clock that jumped further than 0.5 s is not followed: the world goes on from there and counts what it left out."""
WAITS_FOR_TICK_S = 0.5
"""A pump that takes no tick for longer is broken: the world goes on without it, as real lines do."""
LOOK_AGAIN_S = 0.001


class Act:
    """Something that will happen. ``cancel`` twice, or after it happened, does nothing."""

    def __init__(self, do: Callable[[], object]) -> None:
        self._do: Callable[[], object] | None = do

    @property
    def over(self) -> bool:
        """It has happened or was cancelled."""
        return self._do is None

    def cancel(self) -> None:
        """Make it not happen."""
        self._do = None

    def happen(self) -> None:
        """Do it unless it was cancelled."""
        do, self._do = self._do, None
        if do is not None:
            do()


class DelayedCall(Protocol):
    """What Twisted gives back for a call later."""

    def active(self) -> bool:
        """It has neither happened nor been cancelled."""

    def cancel(self) -> None:
        """Make it not happen; raises when it is not active."""


class ReactorTime(Protocol):
    """The part of a reactor that tells and keeps time."""

    def seconds(self) -> float:
        """Seconds by a clock that does not jump."""

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> Any:  # noqa: A002, ANN401, N802  # Twisted's own signature
        """Call later."""


class _WorldTimer:
    def __init__(self, call: DelayedCall) -> None:
        self._call = call

    def cancel(self) -> None:
        if self._call.active():
            self._call.cancel()


class WorldClock:
    """``engine.kernel.clock.Clock`` over the world's Twisted clock. Its time is whole milliseconds, so nothing drifts."""

    def __init__(self, clock: TwistedClock, start_utc_ms: int, utc_offset_min: int = 480) -> None:
        self._clock = clock
        self._start_utc_ms = start_utc_ms
        self._utc_offset_min = utc_offset_min

    def _ms(self) -> int:
        return round(self._clock.seconds() * 1000)

    def monotonic_ns(self) -> int:
        return self._ms() * 1_000_000

    def utc_ms(self) -> int:
        return self._start_utc_ms + self._ms()

    def utc_offset_min(self) -> int:
        return self._utc_offset_min

    def call_later(self, delay_s: float, act: Callable[[], None]) -> _WorldTimer:
        return _WorldTimer(self._clock.callLater(delay_s, act))


def _whole_ms(seconds: float) -> int:
    """The first millisecond at which this moment has come; a rounding error is no millisecond."""
    return math.ceil(round(seconds * 1000, 6))


class World:
    """Time, chance and the order of everything.

    ``tick`` lets the pump take one step (or wakes its thread); ``poll`` lets the appliance handle what waits and may return
    how many things it handled: it is called until it says none. ``clock`` None makes a world for real time.

    Whoever looks on or acts from outside (a browser at a handset, a terminal) may fail; ``failed``, when it is set, is told the sentence
    and the error, once for each sentence, ``failures`` counts, and the world goes on. None: it raises, so that no scenario hides it.
    """

    def __init__(
        self,
        seed: int,
        driver: Driver,
        clock: TwistedClock | None,
        tick: Callable[[], object],
        poll: Callable[[], object],
        start_utc_ms: int,
        noted: Callable[[int, str, str], None] | None = None,
    ) -> None:
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311  # simulated chance, not secrets
        self.driver = driver
        self.start_utc_ms = start_utc_ms
        self.block_start_sample = 0
        self._clock = clock
        self._tick = tick
        self._poll = poll
        self._noted = noted
        self._acts: list[tuple[int, int, Act]] = []
        self._next_act = 0
        self._now_ms = 0
        self._after_block: list[Callable[[], None]] = []
        self.failures = 0
        self.failed: Callable[[str, Exception], object] | None = None
        self._failures_told: set[str] = set()

    @property
    def now_ms(self) -> int:
        """Milliseconds since the world began."""
        return self._now_ms

    @property
    def now_sample(self) -> int:
        """The same moment in samples."""
        return self._now_ms * SAMPLES_A_MS

    @property
    def utc_ms(self) -> int:
        """The world's wall clock."""
        return self.start_utc_ms + self._now_ms

    @property
    def virtual(self) -> bool:
        """True when the world sets the appliance's clock."""
        return self._clock is not None

    def note(self, who: str, what: str) -> None:
        """Tell whoever follows the world (a terminal, a trace) what somebody did."""
        noted = self._noted
        if noted is not None:
            self.apart(f"whoever follows {who}", lambda: noted(self._now_ms, who, what))

    def apart(self, who: str, do: Callable[[], object]) -> None:
        """Let somebody do what must not stop the world when it fails."""
        try:
            do()
        except Exception as error:
            self.failures += 1
            if self.failed is None:
                raise
            sentence = f"{who}: {type(error).__name__}: {error}"
            if sentence not in self._failures_told and len(self._failures_told) < FAILURES_TOLD_MAX:
                self._failures_told.add(sentence)
                self.failed(sentence, error)

    def seed_for(self) -> int:
        """A seed for somebody else's own chance, drawn from the world's."""
        return self.random.getrandbits(64)

    def at(self, ms: int, do: Callable[[], object]) -> Act:
        """Do this at that millisecond (not before now); acts of one millisecond happen in the order they were asked for."""
        if ms < self._now_ms:
            raise OurFault(f"an act at {ms} ms was asked for at {self._now_ms} ms: time does not go back")
        if len(self._acts) >= ACTS_WAITING_MAX:
            raise OurFault(f"more than {ACTS_WAITING_MAX} acts wait in the world")
        act = Act(do)
        heapq.heappush(self._acts, (ms, self._next_act, act))
        self._next_act += 1
        return act

    def after(self, ms: int, do: Callable[[], object]) -> Act:
        """Do this ``ms`` milliseconds from now."""
        return self.at(self._now_ms + ms, do)

    def after_each_block(self, do: Callable[[], None]) -> None:
        """Do this after the audio of every step has crossed the lines; ``block_start_sample`` is its first sample."""
        self._after_block.append(do)

    def step(self) -> None:
        """20 ms."""
        start_ms, end_ms = self._now_ms, self._now_ms + STEP_MS
        for ms in range(start_ms, end_ms):
            self._now_ms = ms
            self.driver.advance_to(ms)
            self._do_acts()
        self._now_ms = end_ms
        self.driver.advance_to(end_ms)
        self.block_start_sample = end_ms * SAMPLES_A_MS - BLOCK
        self.driver.exchange_block()
        for do in self._after_block:
            self.apart("after a block", do)
        self._tick()
        self._rest()

    def run_until(self, condition: Callable[[], object], timeout_ms: int) -> bool:
        """Step until the condition is true (looked at between steps); False when ``timeout_ms`` passed before."""
        if not self.virtual:
            raise OurFault("a world in real time cannot be run ahead; use run_realtime")
        last_ms = self._now_ms + timeout_ms
        while not condition():
            if self._now_ms >= last_ms:
                return False
            self.step()
        return True

    def run_for(self, ms: int) -> None:
        """Step until ``ms`` milliseconds have passed (rounded up to steps)."""
        self.run_until(lambda: False, ms)

    def run_realtime(self, reactor: ReactorTime, ticked: Callable[[], bool] = lambda: True) -> Pacing:
        """Step every 20 ms by the reactor's clock until the returned Pacing is stopped. ``ticked``: the pump has taken the last tick."""
        if self.virtual:
            raise OurFault("a world in virtual time sets the clock itself; make it with clock=None to run in real time")
        return Pacing(self, reactor, ticked)

    def _do_acts(self) -> None:
        done = 0
        while self._acts and self._acts[0][0] <= self._now_ms:
            done += 1
            if done > ACTS_A_MS_MAX:
                raise OurFault(f"more than {ACTS_A_MS_MAX} acts in one millisecond, at {self._now_ms} ms")
            self.apart("an act", heapq.heappop(self._acts)[2].happen)

    def _rest(self) -> None:
        """Poll and run timers until nothing more comes of it."""
        for _ in range(ROUNDS_TO_REST_MAX):
            handled = self._poll()
            ran = self._run_timers()
            if not ran and not (isinstance(handled, int) and handled > 0):
                return
        raise OurFault(f"the appliance does not come to rest at {self._now_ms} ms (seed {self.seed})")

    def _run_timers(self) -> bool:
        """Set the appliance's clock to now, stopping at every timer due before; True when one ran."""
        clock = self._clock
        if clock is None:
            return False
        ran = False
        for _ in range(TIMERS_A_STEP_MAX):
            due = min(clock.calls, key=lambda call: call.getTime(), default=None)
            if due is None or _whole_ms(due.getTime()) > self._now_ms:
                clock.rightNow = max(clock.seconds(), self._now_ms / 1000)
                return ran
            # One timer at a time, at its own moment. Clock.advance would add up rounding errors, show all timers of a step the
            # time of its end, and never come back from a timer that sets itself again for now.
            clock.rightNow = max(clock.seconds(), _whole_ms(due.getTime()) / 1000, due.getTime())
            clock.calls.remove(due)
            due.called = 1
            due.func(*due.args, **due.kw)
            ran = True
        raise OurFault(f"the appliance's timers do not come to rest at {self._now_ms} ms (seed {self.seed})")


class Pacing:
    """Keeps a real-time world in step with a clock, and with the pump. Counts what it could not follow.

    Simulated lines need not lose what a busy machine's pump has no time to take: a step waits until the tick before it was taken, and the
    simulated time goes on a little later. Otherwise people in the world would hear gaps, and press keys that are heard twice, on a machine
    that only has too much else to do.
    """

    def __init__(self, world: World, reactor: ReactorTime, ticked: Callable[[], bool] = lambda: True) -> None:
        self._world = world
        self._reactor = reactor
        self._ticked = ticked
        self._waits_since_s: float | None = None
        self._began_s = reactor.seconds()
        self._steps = 0
        self._running = True
        self.late_wakes = 0
        self.steps_left_out = 0
        self.waits = 0
        self._call = reactor.callLater(STEP_MS / 1000, self._wake)

    def stop(self) -> None:
        """No more steps. Twice does nothing."""
        if self._running:
            self._running = False
            if self._call.active():
                self._call.cancel()

    def _wake(self) -> None:
        due = math.floor((self._reactor.seconds() - self._began_s) * 1000 / STEP_MS + 1e-6) - self._steps
        if due > 1:
            self.late_wakes += 1
        if due > CATCH_UP_STEPS_MAX:
            left_out = due - CATCH_UP_STEPS_MAX
            self.steps_left_out += left_out
            self._began_s += left_out * STEP_MS / 1000
            due = CATCH_UP_STEPS_MAX
        for _ in range(due):
            if self._waits():
                self._call = self._reactor.callLater(LOOK_AGAIN_S, self._wake)
                return
            self._steps += 1
            self._world.apart("a step", self._world.step)
            if not self._running:
                return
        next_s = self._began_s + (self._steps + 1) * STEP_MS / 1000
        self._call = self._reactor.callLater(max(0.0, next_s - self._reactor.seconds()), self._wake)

    def _waits(self) -> bool:
        """True as long as the pump has not taken the last tick, and is not broken."""
        if self._ticked():
            self._waits_since_s = None
            return False
        now_s = self._reactor.seconds()
        if self._waits_since_s is None:
            self._waits_since_s = now_s
            self.waits += 1
        return now_s - self._waits_since_s < WAITS_FOR_TICK_S
