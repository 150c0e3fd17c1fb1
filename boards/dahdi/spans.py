"""The watch of the spans: which there are, their alarms, their counters, and the clock.

The driver is asked about every span each second, and at once when a channel reports an alarm: the driver tells channels only that a span has gone
into alarm or come out of it, not which alarm, and not when it changes. What it shows is debounced by a machine for each alarm
(``span_alarm.py``). Counters are summed and told once a minute, when there is anything to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from boards.dahdi import span_alarm
from boards.dahdi.abi import SpanInfo
from boards.dahdi.nodes.control import ControlNode
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.span_info import alarms_of, clock_is_wrong, clock_of, counters_of, is_digital, is_dynamic, settings_of, sync_span
from boards.dahdi.sysfs import SPANS, DeviceTree
from boards.dahdi.system import System
from engine.kernel.clock import Clock, Timer
from engine.kernel.fsm import Machine
from engine.kernel.runner import Actor, Runner
from engine.telephony.hardware import ClockSource, ClockState, SpanAlarm, SpanCounters, SpanState

__all__ = ["LOOK_S", "TELL_S", "SpanActs", "SpanReceiver", "SpanWatch", "master_span"]

LOOK_S = 1.0
TELL_S = 60.0
CLOCK_STAYS_S = 3.0
"""A change of the clock counts when it has stayed for so long: a card that tries its spans one after the other is not told step by step."""
NOT_DOWN = frozenset({SpanAlarm.RECOVERING})
"""Alarms that keep no line from service: the card's own wait is over when nothing else is shown."""


class SpanReceiver(Protocol):
    """Who is told of the spans; see ``engine.telephony.hardware.HardwareReceiver``."""

    def span_seen(self, state: SpanState) -> None:
        """One is there that was not."""

    def span_lost(self, state: SpanState) -> None:
        """One is there no more."""

    def span_alarm_raised(self, span: int, alarm: SpanAlarm) -> None:
        """An alarm counts."""

    def span_alarm_cleared(self, span: int, alarm: SpanAlarm, lasted_s: float) -> None:
        """It is over."""

    def span_counted(self, span: int, seconds: int, counted: SpanCounters) -> None:
        """Errors of the last so many seconds."""

    def clock_changed(self, before: ClockState, now: ClockState, *, fault: bool) -> None:
        """The clock comes from somewhere else."""


def _nothing(_span: int) -> None:
    """Nobody has to do anything."""


@dataclass(frozen=True)
class SpanActs:
    """What is done when a span's lines must leave or may return (``down_changed(span, down)``), when it is there again, and when it is gone."""

    down_changed: Callable[[int, bool], None] = lambda _span, _down: None
    appeared: Callable[[int], None] = _nothing
    lost: Callable[[int], None] = _nothing


@dataclass
class _Span:
    """A span under watch."""

    info: SpanInfo
    before: SpanCounters
    counted: SpanCounters = field(default_factory=SpanCounters)
    untold: SpanCounters = field(default_factory=SpanCounters)
    alarms: dict[SpanAlarm, Actor] = field(default_factory=dict)

    def raised(self) -> tuple[SpanAlarm, ...]:
        """The alarms that count now."""
        return tuple(alarm for alarm in SpanAlarm if alarm in self.alarms and isinstance(self.alarms[alarm].state, COUNT))


COUNT = (span_alarm.Raised, span_alarm.Falling)


def master_span(tree: DeviceTree) -> int | None:
    """The span whose card drives the driver: 0 for none, None when the driver's tree does not say."""
    try:
        folders = tree.listdir(SPANS)
        masters = [name for name in folders if tree.read(f"{SPANS}/{name}/is_sync_master").strip() == "1"]
    except OSError:
        return None
    return int(masters[0].removeprefix("span-")) if masters else 0


class SpanWatch:
    """One per driver. ``master``: which span drives the driver (``master_span``)."""

    def __init__(self, system: System, clock: Clock, runner: Runner, master: Callable[[], int | None]) -> None:
        self._system = system
        self._clock = clock
        self._runner = runner
        self._master = master
        self._control: ControlNode | None = None
        self._spans: dict[int, _Span] = {}
        self._receiver: SpanReceiver | None = None
        self._acts = SpanActs()
        self._ticking: Timer | None = None
        self._asked = False
        self._told_ns = 0
        self._clock_state = ClockState()
        self._clock_seen = ClockState()
        self._clock_seen_ns = 0
        self._was_line = False
        self._master_now: int | None = None
        self.looks_failed = 0

    # ---- life --------------------------------------------------------------------------------------------------------

    def start(self, receiver: SpanReceiver, acts: SpanActs) -> None:
        """Look now, and then each second."""
        self._receiver, self._acts = receiver, acts
        self._told_ns = self._clock.monotonic_ns()
        self._look(first=True)
        self._ticking = self._clock.call_later(LOOK_S, self._tick)

    def stop(self) -> None:
        """Look no more."""
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None
        self._receiver = None
        if self._control is not None:
            self._control.close()
            self._control = None

    def _tick(self) -> None:
        self._ticking = self._clock.call_later(LOOK_S, self._tick)
        self._look()
        elapsed_ns = self._clock.monotonic_ns() - self._told_ns
        if elapsed_ns >= TELL_S * 1e9:
            self._tell_counts(round(elapsed_ns / 1e9))

    # ---- what is asked -----------------------------------------------------------------------------------------------

    def is_down(self, span: int) -> bool:
        """True while an alarm keeps the span's lines from service."""
        found = self._spans.get(span)
        return found is not None and any(alarm not in NOT_DOWN for alarm in found.raised())

    def look(self, _span: int) -> None:
        """Something has happened on a span: look as soon as the present event is done with. Asked by every channel at once, it looks once."""
        if not self._asked and self._ticking is not None:
            self._asked = True
            self._clock.call_later(0.0, self._look_asked)

    def states(self) -> Sequence[SpanState]:
        """Every span, by number."""
        return [self._state(span) for _, span in sorted(self._spans.items())]

    def infos(self) -> Mapping[int, SpanInfo]:
        """The driver's newest answers, by span."""
        return {number: span.info for number, span in self._spans.items()}

    @property
    def clock(self) -> ClockState:
        """Where the clock comes from."""
        return self._clock_state

    def control(self) -> ControlNode:
        """The open control node. Raises DahdiError when it cannot be opened."""
        if self._control is None:
            self._control = ControlNode.open(self._system)
        return self._control

    # ---- looking -----------------------------------------------------------------------------------------------------

    def _look_asked(self) -> None:
        self._asked = False
        if self._ticking is not None:
            self._look()

    def _look(self, *, first: bool = False) -> None:
        try:
            infos = {info.spanno: info for info in self.control().spans()}
        except DahdiError:
            # No driver, or no permission: the lines say so loudly enough, and it may be there in a second.
            self.looks_failed += 1
            return
        for number in [number for number in self._spans if number not in infos]:
            self._lose(number)
        for number, info in infos.items():
            if number not in self._spans:
                self._spans[number] = _Span(info, counters_of(info))
                if not first:  # what is there at the start is nothing new
                    self._tell_seen(number)
            self._see(self._spans[number], info)
        self._look_at_clock(infos, first=first)

    def _tell_seen(self, number: int) -> None:
        if self._receiver is not None:
            self._receiver.span_seen(self._state(self._spans[number]))
        self._acts.appeared(number)

    def _see(self, span: _Span, info: SpanInfo) -> None:
        counters = counters_of(info)
        news = counters.since(span.before)
        span.info, span.before = info, counters
        span.counted, span.untold = span.counted + news, span.untold + news
        shown = alarms_of(info)
        for alarm in SpanAlarm:  # in one order, whatever the set's
            if alarm in shown and alarm not in span.alarms:
                span.alarms[alarm] = self._watch(span, alarm)
        for alarm, actor in span.alarms.items():
            actor.post(span_alarm.Seen() if alarm in shown else span_alarm.Gone())

    def _watch(self, span: _Span, alarm: SpanAlarm) -> Actor:
        name = f"span {span.info.spanno}"
        return self._runner.adopt(name, Machine(span_alarm.TABLE), lambda effect: self._perform(span, alarm, effect))

    def _perform(self, span: _Span, alarm: SpanAlarm, effect: object) -> None:
        number = span.info.spanno
        if self._spans.get(number) is not span or self._receiver is None:
            return  # it is gone, and its alarms with it
        match effect:
            case span_alarm.AlarmRaised():
                self._receiver.span_alarm_raised(number, alarm)
            case span_alarm.AlarmCleared(lasted_s):
                self._receiver.span_alarm_cleared(number, alarm, lasted_s)
        self._acts.down_changed(number, self.is_down(number))

    def _lose(self, number: int) -> None:
        span = self._spans.pop(number)
        if self._receiver is not None:
            self._receiver.span_lost(self._state(span))
        # Whoever comes back under this number begins without alarms; what its channels lack they know themselves.
        self._acts.down_changed(number, False)
        self._acts.lost(number)

    def _look_at_clock(self, infos: Mapping[int, SpanInfo], *, first: bool) -> None:
        self._master_now = self._master()
        now, at_ns = clock_of(infos, self._master_now), self._clock.monotonic_ns()
        if now != self._clock_seen:
            self._clock_seen, self._clock_seen_ns = now, at_ns
        if now == self._clock_state or not (first or at_ns - self._clock_seen_ns >= CLOCK_STAYS_S * 1e9):
            return
        before, self._clock_state = self._clock_state, now
        fault = clock_is_wrong(infos, now, was_line=self._was_line)
        self._was_line = self._was_line or now.source is ClockSource.LINE
        if self._receiver is not None and (fault or not first):
            self._receiver.clock_changed(before, now, fault=fault)

    def _tell_counts(self, seconds: int) -> None:
        self._told_ns = self._clock.monotonic_ns()
        for number, span in self._spans.items():
            if span.untold and self._receiver is not None:
                self._receiver.span_counted(number, seconds, span.untold)
            span.untold = SpanCounters()

    def _state(self, span: _Span) -> SpanState:
        info = span.info
        return SpanState(
            span=info.spanno,
            name=info.name,
            description=info.desc,
            kind="dynamic" if is_dynamic(info) else info.spantype,
            digital=is_digital(info),
            dynamic=is_dynamic(info),
            hardware=info.devicetype,
            location=info.location,
            channel_count=info.totalchans,
            configured=info.numchans,
            alarms=span.raised(),
            counters=span.counted,
            sync_source=sync_span({number: one.info for number, one in self._spans.items()}, info),
            is_master=self._master_now == info.spanno,
            line_settings=settings_of(info),
            down=any(alarm not in NOT_DOWN for alarm in span.raised()),
        )
