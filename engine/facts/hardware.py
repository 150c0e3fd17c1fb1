"""What happened to the cards of the machine: spans, their alarms and counters, the clock, loops and bit-error tests.

Spans and channels have the driver's numbers.
"""

from __future__ import annotations

from engine.facts.base import Fact, fact

__all__ = [
    "BitTestEnded",
    "BitTestStarted",
    "ClockSourceChanged",
    "LoopEnded",
    "LoopStarted",
    "SpanAlarmCleared",
    "SpanAlarmRaised",
    "SpanCounted",
    "SpanLost",
    "SpanSeen",
]


@fact(version=1)
class SpanSeen(Fact):
    """A span is there that was not there before: its card was put back, or the driver was told to have it. Not told at the start."""

    span: int
    name: str
    kind: str
    channels: int


@fact(version=1)
class SpanLost(Fact):
    """A span is gone: its card was pulled out, or the driver has given it up."""

    span: int
    name: str


@fact(version=1)
class SpanAlarmRaised(Fact):
    """A span is in alarm: ``red``, ``yellow``, ``blue``, ``los``, ``lfa``, ``lmfa``, ``loopback``, ``recovering``, ``not_open``."""

    span: int
    alarm: str


@fact(version=1)
class SpanAlarmCleared(Fact):
    """The alarm is over; ``lasted_ms`` from when it was raised."""

    span: int
    alarm: str
    lasted_ms: int


@fact(version=1)
class SpanCounted(Fact):
    """A span's card has counted errors in the last ``seconds``; told once a minute at most, and only then. See ``SpanCounters``."""

    span: int
    seconds: int
    bipolar_violations: int
    crc4_errors: int
    far_end_errors: int
    frame_alignment_errors: int
    framing_errors: int
    code_violations: int
    bit_errors: int
    errored_seconds: int
    missed_interrupts: int


@fact(version=1)
class ClockSourceChanged(Fact):
    """The driver's clock comes from somewhere else: ``line``, ``card`` or ``timer``, and of which span (0: none)."""

    source: str
    span: int
    source_before: str
    span_before: int


@fact(version=1)
class LoopStarted(Fact):
    """A span (``channel`` 0) or one channel of it was looped: ``local``, ``line``, ``payload``, ``channel``; it ends by itself after ``limit_s``."""

    span: int
    channel: int
    loop: str
    limit_s: int
    by: str


@fact(version=1)
class LoopEnded(Fact):
    """The loop is off: ``ended`` (by whom), ``limit``, ``card_removed``, ``stopping``."""

    span: int
    channel: int
    loop: str
    reason: str
    by: str


@fact(version=1)
class BitTestStarted(Fact):
    """A bit-error test began; ``pairs`` of channels as ``1-32``; ``pattern`` 15 stands for 2^15 − 1 bits."""

    test: str
    pairs: tuple[str, ...]
    pattern: int
    length_s: int
    by: str


@fact(version=1)
class BitTestEnded(Fact):
    """A bit-error test is ``over``, ``stopped`` or ``failed``: the sums over all its channels, G.821.

    ``silent``: channels on which the pattern was never found. ``slipped_octets``: lost less repeated. ``late_blocks``: times the machine itself lost audio.
    """

    test: str
    outcome: str
    channels: int
    silent: int
    seconds: int
    bits: int
    bit_errors: int
    errored_seconds: int
    severely_errored_seconds: int
    slips: int
    slipped_octets: int
    late_blocks: int
