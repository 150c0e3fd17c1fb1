"""The media pump's counters become facts: once a minute, and only when audio did not go as it should.

The pump counts from its start, and a channel from its opening; a fact tells what was added. Of the lines only those that fared
worst are told, so that a machine that stands still for a moment does not fill the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Protocol

from boards.dahdi.media import ChannelStats, PumpStats
from engine import facts
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import EnvironmentFault, OurFault
from engine.telephony.media import Port

__all__ = ["ANSWER_S", "LINES_TOLD_MOST", "LOOK_EVERY_S", "AudioWatch", "Line", "line_fact", "pump_fact"]

LOOK_EVERY_S = 60.0
ANSWER_S = 0.1
"""By then the counters asked for have come back: five rounds of the pump."""
LINES_TOLD_MOST = 16


class Line(Protocol):
    """A line or phone, as far as it is looked at here."""

    @property
    def name(self) -> str:
        """Its name in the site."""

    @property
    def port(self) -> Port:
        """Its place in the pump. OurFault while it is not open."""


class Counting(Protocol):
    """The pump, as far as it is asked here."""

    def stats(self) -> PumpStats:
        """The newest counters; asks for fresh ones."""

    def channel_stats(self, port: Port, answer: Callable[[ChannelStats], None]) -> None:
        """Ask for a channel's. OurFault when there is none."""


@dataclass(frozen=True)
class _Trouble:
    """What both kinds of counters have in common."""

    late_blocks: int
    missing_blocks: int
    gaps: int
    overflows: int
    refused_blocks: int


def _trouble(now: PumpStats | ChannelStats, before: PumpStats | ChannelStats) -> _Trouble:
    return _Trouble(
        now.blocks_late - before.blocks_late,
        now.blocks_missing - before.blocks_missing,
        now.underflows - before.underflows,
        now.overflows - before.overflows,
        now.writes_refused - before.writes_refused,
    )


def pump_fact(now: PumpStats, before: PumpStats) -> facts.PumpCounted | None:
    """What to tell of the pump; None when nothing is worth telling."""
    told = facts.PumpCounted(
        stalls=now.stalls - before.stalls,
        events_lost=now.events_lost - before.events_lost,
        commands_refused=now.commands_refused - before.commands_refused,
        **vars(_trouble(now, before)),
    )
    return told if any(vars(told).values()) else None


def line_fact(line: str, now: ChannelStats, before: ChannelStats) -> facts.LineAudioCounted | None:
    """What to tell of a line; None when nothing is worth telling. A channel that was opened anew has counted from nothing."""
    trouble = _trouble(now, before if now.blocks_read >= before.blocks_read else ChannelStats())
    return facts.LineAudioCounted(line=line, **vars(trouble)) if any(astuple(trouble)) else None


class AudioWatch:
    """One per appliance. ``lines`` gives every line and phone that there is now."""

    def __init__(self, bus: Bus, clock: Clock, pump: Counting, lines: Callable[[], Iterable[Line]]) -> None:
        self._bus = bus
        self._clock = clock
        self._pump = pump
        self._lines = lines
        self._pump_before = PumpStats()
        self._before: dict[str, ChannelStats] = {}
        self._now: dict[str, ChannelStats] = {}
        self._timer: Timer | None = None

    def start(self) -> None:
        """Look from now on."""
        self._timer = self._clock.call_later(LOOK_EVERY_S, self._look)

    def stop(self) -> None:
        """Look no more. Twice does nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._now = {}
        try:
            self._pump.stats()
            for line in self._lines():
                self._ask(line)
        except EnvironmentFault:  # its ring is full: in a minute
            self._timer = self._clock.call_later(LOOK_EVERY_S, self._look)
        else:
            self._timer = self._clock.call_later(ANSWER_S, self._tell)

    def _ask(self, line: Line) -> None:
        name = line.name
        try:
            self._pump.channel_stats(line.port, lambda counted: self._now.__setitem__(name, counted))
        except OurFault:
            return  # it is not open

    def _tell(self) -> None:
        self._timer = self._clock.call_later(LOOK_EVERY_S - ANSWER_S, self._look)
        now, before = self._pump.stats(), self._pump_before
        self._pump_before = now
        told = pump_fact(now, before)
        if told is not None:
            self._bus.publish(told)
        for fact in _worst(self._now, self._before):
            self._bus.publish(fact)
        self._before = {**self._before, **self._now}


def _worst(now: Mapping[str, ChannelStats], before: Mapping[str, ChannelStats]) -> list[facts.LineAudioCounted]:
    """The facts of the lines with most gaps and late blocks, the worst first."""
    found = [fact for name, counted in now.items() if (fact := line_fact(name, counted, before.get(name, ChannelStats()))) is not None]
    return sorted(found, key=lambda fact: (-fact.gaps, -fact.late_blocks, -fact.missing_blocks, fact.line))[:LINES_TOLD_MOST]
