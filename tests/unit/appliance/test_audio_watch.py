"""What the journal says about audio that did not go as it should."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.audio_watch import LINES_TOLD_MOST, AudioWatch, line_fact
from boards.dahdi.media import ChannelStats, PumpStats
from engine import facts
from engine.kernel.bus import Bus
from engine.kernel.errors import EnvironmentFault, OurFault
from engine.kernel.text import text
from engine.telephony.media import Port
from tests.fakes import FakeClock

MINUTE_MS = 60_000


@dataclass
class CountingPump:
    """A pump whose counters the test sets."""

    now: PumpStats = field(default_factory=PumpStats)
    channels: dict[int, ChannelStats] = field(default_factory=dict)
    full: bool = False

    def stats(self) -> PumpStats:
        if self.full:
            raise EnvironmentFault(text("full"))
        return self.now

    def channel_stats(self, port: Port, answer: Callable[[ChannelStats], None]) -> None:
        answer(self.channels.get(port, ChannelStats()))


@dataclass
class OneLine:
    """A line on a port; port 0 is one that is not open."""

    name: str
    number: int

    @property
    def port(self) -> Port:
        if not self.number:
            raise OurFault("not open")
        return Port(self.number)


class Watched:
    """An audio watch on twenty lines, the last not open, and the facts that came of it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.pump = CountingPump()
        self.told: list[object] = []
        bus = Bus(self.clock, "b1", 1, lambda: 0, lambda *_failed: None)
        bus.subscribe("test", lambda envelope: self.told.append(envelope.fact))
        lines = [OneLine(f"line-{number}", number) for number in range(1, 20)] + [OneLine("line-20", 0)]
        self.watch = AudioWatch(bus, self.clock, self.pump, lambda: lines)
        self.watch.start()

    def minute(self) -> list[object]:
        """Let a minute pass; what was told in it."""
        self.told.clear()
        for _ in range(601):
            self.clock.advance(0.1)
        return list(self.told)


def test_a_good_minute_leaves_no_trace() -> None:
    """The journal of a box in order does not grow by its counters."""
    watched = Watched()
    watched.pump.now = PumpStats(ticks=3000, samples=480_000, channels=19)
    watched.pump.channels[1] = ChannelStats(blocks_read=3000, blocks_written=3001, line_events=7)
    assert watched.minute() == []


def test_a_bad_minute_is_told_once() -> None:
    """What was added since the minute before is told, of the pump and of the line; the next good minute tells nothing."""
    watched = Watched()
    watched.pump.now = PumpStats(stalls=1, blocks_late=6, underflows=2, overflows=1, events_lost=3)
    watched.pump.channels[2] = ChannelStats(blocks_read=100, blocks_late=3, underflows=2, overflows=1)
    assert watched.minute() == [
        facts.PumpCounted(
            stalls=1, late_blocks=6, missing_blocks=0, gaps=2, overflows=1, refused_blocks=0, events_lost=3, commands_refused=0
        ),
        facts.LineAudioCounted(line="line-2", late_blocks=3, missing_blocks=0, gaps=2, overflows=1, refused_blocks=0),
    ]
    assert watched.minute() == []
    watched.pump.channels[2] = ChannelStats(blocks_read=200, blocks_late=4, underflows=2, overflows=1)
    assert watched.minute() == [
        facts.LineAudioCounted(line="line-2", late_blocks=1, missing_blocks=0, gaps=0, overflows=0, refused_blocks=0)
    ]


def test_only_the_worst_lines_are_told() -> None:
    """A machine that stood still for a second does not write a fact for each of its lines; those with most gaps come first."""
    watched = Watched()
    for number in range(1, 20):
        watched.pump.channels[number] = ChannelStats(blocks_read=10, underflows=number)
    told = watched.minute()
    assert len(told) == LINES_TOLD_MOST
    assert isinstance(told[0], facts.LineAudioCounted)
    assert told[0].line == "line-19"


def test_a_channel_opened_anew_has_counted_from_nothing() -> None:
    """A card that was put back is not told to have gained negative blocks."""
    fact = line_fact("line-1", ChannelStats(blocks_read=5, blocks_late=1), ChannelStats(blocks_read=900, blocks_late=7))
    assert fact == facts.LineAudioCounted(line="line-1", late_blocks=1, missing_blocks=0, gaps=0, overflows=0, refused_blocks=0)


def test_a_full_ring_is_tried_again() -> None:
    """A minute in which the pump takes no commands is made up for in the next."""
    watched = Watched()
    watched.pump.now = PumpStats(stalls=1)
    watched.pump.full = True
    assert watched.minute() == []
    watched.pump.full = False
    assert len(watched.minute()) == 1


def test_after_the_stop_nothing_is_asked() -> None:
    """A stopped appliance does not look any more."""
    watched = Watched()
    watched.pump.now = PumpStats(stalls=1)
    watched.watch.stop()
    watched.watch.stop()
    assert watched.minute() == []
