"""How the engine sees the cards of the machine: spans, their alarms and counters, the clock, and tests on them.

A *span* is a port of a digital card, or a whole analog card. What happens to spans comes up through ``HardwareReceiver``; tests - loops and
counts of bit errors - are commands that go down. Spans and channels are known by the driver's numbers, which are those on the cards' labels and in
every tool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Protocol, Self

from engine.kernel.text import Text

__all__ = [
    "LOOP_LIMIT_DEFAULT_S",
    "LOOP_LIMIT_MOST_S",
    "TEST_CHANNELS_MOST",
    "TEST_LENGTH_MOST_S",
    "BitCount",
    "BitTest",
    "ChannelState",
    "ClockSource",
    "ClockState",
    "Hardware",
    "HardwareReceiver",
    "Loop",
    "LoopKind",
    "SpanAlarm",
    "SpanCounters",
    "SpanState",
]

LOOP_LIMIT_DEFAULT_S = 15 * 60
LOOP_LIMIT_MOST_S = 24 * 3600
TEST_LENGTH_MOST_S = 24 * 3600
TEST_CHANNELS_MOST = 124
"""Channels of one bit-error test, on each side: four E1."""


class SpanAlarm(StrEnum):
    """What can be wrong with a span; names as in ITU-T G.775 and G.732, and as installers say them."""

    RED = "red"
    """We receive nothing that can be used."""
    YELLOW = "yellow"
    """The far end says that it receives nothing from us (RAI)."""
    BLUE = "blue"
    """All ones instead of a signal (AIS): the fault is further away."""
    LOS = "los"
    """No pulses on the pair: loss of signal."""
    LFA = "lfa"
    """Pulses without frame alignment (LOF)."""
    LMFA = "lmfa"
    """Frames without multiframe alignment, of CRC-4 or of signalling."""
    LOOPBACK = "loopback"
    """The span is looped."""
    RECOVERING = "recovering"
    """The alarm is over, and the card waits whether it stays so."""
    NOT_OPEN = "not_open"
    """The card does not run the span."""


@dataclass(frozen=True)
class SpanCounters:
    """Errors of a span as its card counts them; a card counts only some of these. Slips are counted by no driver: a bit-error test finds them."""

    bipolar_violations: int = 0
    crc4_errors: int = 0
    far_end_errors: int = 0
    """E bits: blocks that the far end received wrong from us."""
    frame_alignment_errors: int = 0
    framing_errors: int = 0
    code_violations: int = 0
    bit_errors: int = 0
    errored_seconds: int = 0
    missed_interrupts: int = 0

    def __add__(self, other: Self) -> SpanCounters:
        return SpanCounters(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def since(self, before: SpanCounters) -> SpanCounters:
        """What came after ``before``. A counter that is lower than it was has been reset, and counts from nought."""
        pairs = ((getattr(self, one.name), getattr(before, one.name)) for one in fields(self))
        return SpanCounters(*(now - then if now >= then else now for now, then in pairs))

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))


class ClockSource(StrEnum):
    """What the driver's clock is made from."""

    LINE = "line"
    """The signal of a span: the exchange's clock."""
    CARD = "card"
    """A card's own crystal."""
    TIMER = "timer"
    """The machine's timer: no card gives a clock."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ClockState:
    """Where the clock comes from; ``span`` is that of the line or card, 0 for none."""

    source: ClockSource = ClockSource.UNKNOWN
    span: int = 0


@dataclass(frozen=True)
class SpanState:
    """A span at this moment. ``alarms`` are those that last long enough to count; ``counters`` what was counted since the appliance's start.

    ``kind`` is the driver's word (``E1``, ``T1``, ``FXS`` …), ``dynamic`` one without a card; ``sync_source``: the span whose signal its card
    is clocked by, 0 for none; ``is_master``: its card's clock drives the driver; ``line_settings``: framing and coding.
    """

    span: int
    name: str
    description: str
    kind: str
    digital: bool
    dynamic: bool
    hardware: str
    location: str
    channel_count: int
    configured: int
    alarms: tuple[SpanAlarm, ...]
    counters: SpanCounters
    sync_source: int
    is_master: bool
    line_settings: str
    down: bool


@dataclass(frozen=True)
class ChannelState:
    """A channel of a span. ``line`` is the site's name for it, empty when it has none; ``fault`` what keeps that line from service."""

    channel: int
    position: int
    signalling: str
    line: str = ""
    busy: bool = False
    fault: str = ""
    looped: bool = False
    tested: bool = False


class LoopKind(StrEnum):
    """Where what is sent or received is turned round."""

    LOCAL = "local"
    """In the card: what we send comes back to us; the far end sees nothing of it."""
    LINE = "line"
    """At the plug: what the far end sends goes back to it, as it is."""
    PAYLOAD = "payload"
    """Behind the framer: the timeslots of the far end go back to it in frames of ours."""
    CHANNEL = "channel"
    """One timeslot or port: what comes from the line goes back to it."""


@dataclass(frozen=True)
class Loop:
    """A loop that is on. ``channel`` 0: of the whole span. ``left_s``: it ends by itself in so long."""

    span: int
    channel: int
    kind: LoopKind
    by: str
    left_s: int


@dataclass(frozen=True)
class BitCount:
    """What one channel received of the pattern.

    ``seconds`` since the pattern was found; ``slipped_octets``: lost less repeated; ``late_blocks``: times the machine itself was late, and lost audio.
    """

    channel: int
    found: bool = False
    in_step: bool = False
    seconds: int = 0
    bits: int = 0
    bit_errors: int = 0
    errored_seconds: int = 0
    severely_errored_seconds: int = 0
    lost_seconds: int = 0
    slips: int = 0
    slipped_octets: int = 0
    late_blocks: int = 0


@dataclass(frozen=True)
class BitTest:
    """A bit-error test, going on or over. ``pairs``: channels that are cabled to each other, or the same twice for one that is looped.

    ``pattern``: 15 or 11 for 2^15 − 1 and 2^11 − 1 bits. ``state``: ``running``, ``over``, ``stopped``, ``failed`` (``failure`` says why).
    ``skipped``: channels that were asked for and left out, since the driver or the card makes frames of what is sent on them.
    """

    test: str
    pairs: tuple[tuple[int, int], ...]
    pattern: int
    length_s: int
    by: str
    state: str
    elapsed_s: int
    counts: tuple[BitCount, ...]
    failure: Text | None = None
    skipped: tuple[int, ...] = ()


class HardwareReceiver(Protocol):
    """What happens to spans, loops and tests. Implemented by the engine; told in the reactor thread, never inside a command."""

    def span_seen(self, state: SpanState) -> None:
        """A span is there: at the start, or after its card was put back."""

    def span_lost(self, state: SpanState) -> None:
        """A span is gone: its card was removed, or taken out of the driver."""

    def span_alarm_raised(self, span: int, alarm: SpanAlarm) -> None:
        """An alarm has lasted long enough to count."""

    def span_alarm_cleared(self, span: int, alarm: SpanAlarm, lasted_s: float) -> None:
        """It is over, for good enough."""

    def span_counted(self, span: int, seconds: int, counted: SpanCounters) -> None:
        """Errors were counted in the last so many seconds."""

    def clock_changed(self, before: ClockState, now: ClockState, *, fault: bool) -> None:
        """The clock comes from somewhere else; ``fault``: from where it should not."""

    def loop_started(self, loop: Loop) -> None:
        """A loop is on."""

    def loop_ended(self, loop: Loop, reason: str, by: str) -> None:
        """It is off: ``ended`` by somebody, ``limit`` of its time, ``card_removed``, ``stopping``."""

    def test_started(self, test: BitTest) -> None:
        """A bit-error test begins."""

    def test_ended(self, test: BitTest) -> None:
        """It is over, or was stopped, or failed."""


class Hardware(Protocol):
    """The cards of the machine. Commands raise Refused or BadInput in words for people, EnvironmentFault when the driver refuses."""

    def spans(self) -> Sequence[SpanState]:
        """Every span, by number."""

    def clock(self) -> ClockState:
        """Where the clock comes from."""

    def channels(self, span: int) -> Sequence[ChannelState]:
        """The channels of a span, by position. Refused when there is no such span."""

    def loops(self) -> Sequence[Loop]:
        """Those that are on."""

    def start_loop(self, span: int, channel: int, kind: LoopKind, limit_s: int, by: str, *, force: bool) -> None:
        """Loop a span (``channel`` 0) or a channel. Its lines are taken out of service first; when one is busy, only with ``force``."""

    def end_loop(self, span: int, channel: int, by: str) -> None:
        """End it."""

    def tests(self) -> Sequence[BitTest]:
        """Those that run, and the latest that are over; newest first."""

    def start_test(self, pairs: Sequence[tuple[int, int]], pattern: int, length_s: int, by: str, *, force: bool) -> str:
        """Send the pattern into both channels of each pair and count what comes; gives the test's name.

        A pair with a channel that carries data (``dchan``, ``hardhdlc``, ``mtp2``) passes no pattern: it is left out and told as ``skipped``;
        Refused when no other is left.
        """

    def end_test(self, test: str) -> None:
        """Stop it; what was counted stays."""
