"""One line test on its way through its steps. It knows no driver: what it does to a port, it does through a ``PortEnd``.

Whatever ends it - the last step, a needed step that found nothing, somebody who stops it, a caller, a fault - both ports are left on hook and silent
first, and ``over`` is called once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from engine.kernel.clock import Clock, Timer
from engine.kernel.text import Text
from engine.telephony.line_tests import (
    NEAR,
    Await,
    Finding,
    HearKeys,
    KeysHeard,
    LineTest,
    Look,
    OffHook,
    OnHook,
    Pause,
    Plan,
    PortSeen,
    Record,
    Recorded,
    Ring,
    Seen,
    SendKeys,
    Step,
    StopRinging,
    key_steps,
    keys_ms,
    steps_most_s,
)
from engine.telephony.media import ToneStep
from engine.telephony.numbers import CallerId

__all__ = ["EndFault", "LineTestRun", "Outcome", "PortEnd", "TestEnd"]

KEYS_HEARD_MOST = 100
LEAD_S = 0.3
"""A tone or probe sounds for so long before it is measured."""
RECOGNITION_S = 0.2
"""A key is known some 50 ms after it began, a block later at most in the pump."""
SLACK_S = 5.0
NS_A_MS = 1_000_000


class EndFault(Exception):
    """A port cannot do what a step wants; ``said`` tells why."""

    def __init__(self, said: Text) -> None:
        super().__init__(said.in_english())
        self.said = said


class TestEnd(StrEnum):
    """How a test ended."""

    __test__ = False  # no test of pytest's

    DONE = "done"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    """Somebody called on the tested line: the call comes first."""
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """All that was found, and how it ended; ``failure`` says why when it could not go on."""

    plan: Plan
    end: TestEnd
    findings: Mapping[str, Finding] = field(default_factory=lambda: MappingProxyType({}))
    failure: Text | None = None


class PortEnd(Protocol):
    """A port that a test has to itself. Every call may raise EndFault."""

    def look(self) -> PortSeen:
        """Its state."""

    def off_hook(self) -> None:
        """See ``OffHook``."""

    def on_hook(self) -> None:
        """See ``OnHook``."""

    def ring(self, caller: CallerId | None) -> None:
        """Ring the phone; the caller is shown after the first burst, and ``Seen.SHOWN`` told when it is sent."""

    def stop_ringing(self) -> None:
        """Be silent."""

    def sound(self, steps: Sequence[ToneStep], *, loop: bool) -> None:
        """Sound these from now on; what sounded before ends."""

    def play(self, samples: bytes) -> None:
        """Sound these samples round and round from now on; what sounded before ends."""

    def be_quiet(self) -> None:
        """Nothing sounds any more."""

    def hear_keys(self, *, on: bool) -> None:
        """Listen for keys."""

    def record(self) -> Callable[[], bytes]:
        """Keep what comes from now on (10 s at most); what is returned ends it and gives the samples."""

    def close(self) -> None:
        """Quiet, on hook, and given back. Raises nothing."""


class LineTestRun:
    """One test. ``begin`` when its ports are there, then ``seen`` and ``key`` tell it what they notice; ``over`` is called once."""

    def __init__(self, plan: Plan, clock: Clock, ends: Sequence[PortEnd], over: Callable[[Outcome], None]) -> None:
        self.plan = plan
        self._clock = clock
        self._ends = ends
        self._over: Callable[[Outcome], None] | None = over
        self._findings: dict[str, Finding] = {}
        self._place = -1
        self._timer: Timer | None = None
        self._limit: Timer | None = None
        self._noticed: list[tuple[int, Seen]] = []
        self._heard: list[tuple[str, float | None]] = []
        self._began_ns = 0
        self._finishing: Callable[[], bytes] | None = None
        self._seized = False

    @property
    def step(self) -> Step | None:
        """The step at which it is; None before the first and after the last."""
        return self.plan.steps[self._place] if 0 <= self._place < len(self.plan.steps) and self._over else None

    @property
    def progress(self) -> float:
        """How far it is, 0…1, by steps."""
        return max(0, self._place) / len(self.plan.steps)

    # ---- commands ----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Take the first step."""
        self._limit = self._clock.call_later(steps_most_s(self.plan) + SLACK_S, lambda: self.finish(TestEnd.STOPPED))
        self._next()

    def finish(self, end: TestEnd, failure: Text | None = None) -> None:
        """End it now, whatever it is at. Twice does nothing."""
        over, self._over = self._over, None
        if over is None:
            return
        for timer in (self._timer, self._limit):
            if timer is not None:
                timer.cancel()
        if self._finishing is not None:
            self._finishing()
        for each in self._ends:
            each.close()
        over(Outcome(self.plan, end, dict(self._findings), failure))

    # ---- what the ports notice ---------------------------------------------------------------------------------------

    def seen(self, end: int, what: Seen) -> None:
        """A port has noticed something."""
        if self._over is None:
            return
        calls = what is Seen.RING and end == NEAR and self.plan.test is not LineTest.LOOP
        if calls and not self._seized:
            self.finish(TestEnd.INTERRUPTED)
            return
        self._noticed.append((end, what))
        step = self.step
        if isinstance(step, Await) and (step.end, step.what) == (end, what):
            self._came(step)

    def key(self, end: int, key: str, level_dbm0: float | None) -> None:
        """A key began at a port that listens for keys."""
        step = self.step
        if isinstance(step, HearKeys) and step.end == end and len(self._heard) < KEYS_HEARD_MOST:
            self._heard.append((key, level_dbm0))
            if not set(step.keys) - {heard for heard, _level in self._heard}:
                # The last key may still sound: nobody shall take it for the beginning of the next thing.
                self._wait(RECOGNITION_S, lambda: self._keys_over(step))

    # ---- steps -------------------------------------------------------------------------------------------------------

    def _next(self) -> None:
        self._place += 1
        step = self.step
        if step is None:
            self.finish(TestEnd.DONE)
            return
        try:
            self._take(step)
        except EndFault as fault:
            self.finish(TestEnd.FAILED, fault.said)

    def _take(self, step: Step) -> None:
        match step:
            case Look(name, end):
                self._findings[name] = self._ends[end].look()
                self._wait(0.0, self._next)
            case Pause(seconds):
                self._wait(seconds, self._next)
            case Await():
                self._await(step)
            case Record():
                self._record(step)
            case SendKeys(keys, end):
                self._ends[end].sound(key_steps(keys), loop=False)
                self._wait(keys_ms(keys) / 1000 + 0.1, self._next)
            case HearKeys():
                self._hear_keys(step)
            case _:
                self._act(step)

    def _act(self, step: Step) -> None:
        """What changes the pair: what is noticed from now on is its doing."""
        self._noticed.clear()
        self._began_ns = self._clock.monotonic_ns()
        match step:
            case OffHook(end):
                self._seized = self._seized or end == NEAR
                self._ends[end].off_hook()
            case OnHook(end):
                self._ends[end].on_hook()
            case Ring(end, caller):
                self._ends[end].ring(caller)
            case StopRinging(end):
                self._ends[end].stop_ringing()
        self._wait(0.0, self._next)

    def _await(self, step: Await) -> None:
        if (step.end, step.what) in self._noticed:
            self._came(step)
            return
        self._wait(step.within_s, lambda: self._did_not_come(step))

    def _came(self, step: Await) -> None:
        self._findings[step.name] = (self._clock.monotonic_ns() - self._began_ns) // NS_A_MS
        self._wait(0.0, self._next)

    def _did_not_come(self, step: Await) -> None:
        self._findings[step.name] = -1
        if step.needed:
            self.finish(TestEnd.DONE)
        else:
            self._next()

    def _record(self, step: Record) -> None:
        into = self._ends[step.into]
        sounds = step.tone is not None or step.probe != b""
        if step.tone is not None:
            into.sound([step.tone], loop=True)
        elif step.probe:
            into.play(step.probe)

        def recorded() -> None:
            finish, self._finishing = self._finishing, None
            if finish is not None:
                self._findings[step.name] = Recorded(finish())
            if sounds:
                into.be_quiet()
            self._next()

        def begin() -> None:
            try:
                self._finishing = self._ends[step.end].record()
            except EndFault as fault:
                self.finish(TestEnd.FAILED, fault.said)
                return
            self._wait(step.seconds, recorded)

        self._wait(LEAD_S if sounds else 0.0, begin)

    def _hear_keys(self, step: HearKeys) -> None:
        self._heard.clear()
        self._ends[step.end].hear_keys(on=True)
        if step.send:
            self._ends[step.into].sound(key_steps(step.keys), loop=False)
        self._wait(step.within_s, lambda: self._keys_over(step))

    def _keys_over(self, step: HearKeys) -> None:
        try:
            self._ends[step.end].hear_keys(on=False)
        except EndFault as fault:
            self.finish(TestEnd.FAILED, fault.said)
            return
        self._findings[step.name] = KeysHeard("".join(key for key, _level in self._heard), tuple(level for _key, level in self._heard))
        self._next()

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_later(seconds, then)
