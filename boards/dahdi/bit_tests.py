"""Bit-error tests: a pattern goes out on channels that are cabled to each other, and what comes in is held against it.

Both channels of a pair send and check, so each direction is counted by itself; a channel that is looped is a pair with itself. The
channels are borrowed from their lines and given to the media pump, which plays the pattern as a loop and counts (``native/bert.c``). Once a second
the counters are fetched. The pump's own lateness is fetched too: audio that the machine lost must not be taken for the line's fault.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from boards.dahdi.bits import BitPattern, BitStats, pattern_octets
from boards.dahdi.channel import Channel
from boards.dahdi.faults import text_of
from boards.dahdi.heard import ChannelFailed, Heard
from boards.dahdi.line import ChannelBay
from boards.dahdi.loans import Loan, Loans
from boards.dahdi.media import ChannelStats
from boards.dahdi.nodes.errors import DahdiError
from engine.kernel.clock import Clock, Timer
from engine.kernel.errors import EnvironmentFault, Refused
from engine.kernel.text import Text, text
from engine.telephony.hardware import BitCount, BitTest, HardwareReceiver
from engine.telephony.media import Playing, Port

__all__ = ["KEPT_MOST", "RUNNING_MOST", "BitBay", "BitTests"]

FETCH_S = 1.0
LAST_FETCH_S = 0.1
"""Two rounds of the pump and some: by then the last counters have come."""
RUNNING_MOST = 4
KEPT_MOST = 20
"""Tests that are over and can still be looked at."""
NS_A_S = 1_000_000_000


class BitBay(ChannelBay, Protocol):
    """The media pump as a test sees it."""

    def check_bits(self, port: Port, pattern: BitPattern | None) -> None:
        """Count errors of what comes."""

    def bit_stats(self, port: Port, answer: Callable[[BitStats], None]) -> None:
        """What was counted."""

    def channel_stats(self, port: Port, answer: Callable[[ChannelStats], None]) -> None:
        """Whether the machine was in time."""


@dataclass
class _End:
    """One channel of a test."""

    number: int
    loan: Loan | None = None
    port: Port | None = None
    playing: Playing | None = None
    count: BitCount = field(init=False)
    late_before: int | None = None

    def __post_init__(self) -> None:
        self.count = BitCount(self.number)


@dataclass
class _Running:
    """A test from its command to its end."""

    name: str
    pairs: tuple[tuple[int, int], ...]
    pattern: BitPattern
    length_s: int
    by: str
    began_ns: int
    ends: dict[int, _End]
    skipped: tuple[int, ...] = ()
    sending: bool = False
    closing: bool = False
    timer: Timer | None = None


class BitTests:
    """One per driver. ``new_name`` gives each test its name."""

    def __init__(self, clock: Clock, bay: BitBay, loans: Loans, new_name: Callable[[], str]) -> None:
        self._clock = clock
        self._bay = bay
        self._loans = loans
        self._new_name = new_name
        self._receiver: HardwareReceiver | None = None
        self._running: dict[str, _Running] = {}
        self._kept: deque[BitTest] = deque(maxlen=KEPT_MOST)

    def start(self, receiver: HardwareReceiver) -> None:
        """Who is told from now on."""
        self._receiver = receiver

    def stop(self) -> None:
        """The end of every test, with what it has counted."""
        for test in list(self._running.values()):
            self._finish(test, "stopped", None)
        self._receiver = None

    def tests(self) -> list[BitTest]:
        """Running and kept ones, newest first."""
        return [self._shown(test, "running", None) for test in reversed(self._running.values())] + list(self._kept)

    def uses(self, channel: int) -> bool:
        """True when a running test has the channel."""
        return any(channel in test.ends for test in self._running.values())

    # ---- commands ----------------------------------------------------------------------------------------------------

    def begin(self, pairs: Sequence[tuple[int, int]], pattern: BitPattern, length_s: int, by: str, skipped: Sequence[int] = ()) -> str:
        """Test channels that may be taken from their lines; gives the test's name. Refused when one is in another test.

        ``skipped``: channels that were asked for too and cannot be tested; they are only told.
        """
        if len(self._running) >= RUNNING_MOST:
            raise Refused(text("{most} tests run already: wait, or stop one.", most=RUNNING_MOST))
        channels = list(dict.fromkeys(channel for pair in pairs for channel in pair))
        taken = next((channel for channel in channels if self.uses(channel)), None)
        if taken is not None:
            raise Refused(text("Channel {channel} is being tested already.", channel=taken))
        test = _Running(
            self._new_name(),
            tuple(pairs),
            pattern,
            length_s,
            by,
            self._clock.monotonic_ns(),
            {number: _End(number) for number in channels},
            tuple(skipped),
        )
        self._running[test.name] = test
        for end in test.ends.values():
            end.loan = self._borrow(test, end)
        if self._receiver is not None:
            self._receiver.test_started(self._shown(test, "running", None))
        return test.name

    def end(self, name: str) -> None:
        """Stop a running test. Refused when it does not run."""
        test = self._running.get(name)
        if test is None:
            raise Refused(text("There is no test {test} that runs.", test=name))
        self._close(test, "stopped")

    # ---- inside ------------------------------------------------------------------------------------------------------

    def _borrow(self, test: _Running, end: _End) -> Loan:
        return self._loans.borrow(
            end.number,
            lambda channel: self._opened(test, end, channel),
            lambda error: self._finish(test, "failed", text_of(error.sentence)),
        )

    def _opened(self, test: _Running, end: _End, channel: Channel) -> None:
        if test.name not in self._running:
            return
        try:
            end.port = self._bay.open_channel(channel.fd, lambda heard: self._hear(test, end, heard), channel.law)
            self._bay.check_bits(end.port, test.pattern)
            end.playing = self._bay.play(pattern_octets(test.pattern), [end.port], loop=True, law=channel.law)
        except EnvironmentFault as error:
            self._finish(test, "failed", error.text)
            return
        if all(other.playing is not None for other in test.ends.values()):
            test.sending = True
            test.began_ns = self._clock.monotonic_ns()
            test.timer = self._clock.call_later(FETCH_S, lambda: self._tick(test))

    def _hear(self, test: _Running, end: _End, heard: Heard) -> None:
        if isinstance(heard, ChannelFailed):
            # Not from inside the pump's delivery: the end closes channels.
            sentence = text("Channel {channel} has failed: was its card removed?", channel=end.number)
            self._clock.call_later(0.0, lambda: self._finish(test, "failed", sentence))

    def _tick(self, test: _Running) -> None:
        if test.name not in self._running or test.closing:
            return
        self._fetch(test)
        if self._elapsed_s(test) >= test.length_s + 1:  # the pattern needs a moment to be found
            self._close(test, "over")
        else:
            test.timer = self._clock.call_later(FETCH_S, lambda: self._tick(test))

    def _fetch(self, test: _Running) -> None:
        for end in test.ends.values():
            if end.port is not None:
                with suppress(EnvironmentFault):  # the pump's ring is full: the next time
                    self._fetch_one(end, end.port)

    def _fetch_one(self, end: _End, port: Port) -> None:
        def counted(stats: BitStats) -> None:
            end.count = _count_of(end.count, stats)

        def was_late(stats: ChannelStats) -> None:
            late = stats.overflows + stats.underflows + stats.writes_refused
            if end.late_before is None:
                end.late_before = late  # of the beginning, before the pattern came
            end.count = replace(end.count, late_blocks=late - end.late_before)

        self._bay.bit_stats(port, counted)
        self._bay.channel_stats(port, was_late)

    def _close(self, test: _Running, state: str) -> None:
        test.closing = True
        if test.timer is not None:
            test.timer.cancel()
        self._fetch(test)
        self._clock.call_later(LAST_FETCH_S, lambda: self._finish(test, state, None))

    def _finish(self, test: _Running, state: str, failure: Text | None) -> None:
        if self._running.pop(test.name, None) is None:
            return
        if test.timer is not None:
            test.timer.cancel()
        shown = self._shown(test, state, failure)
        for end in test.ends.values():
            self._let_go(end)
        self._kept.appendleft(shown)
        if self._receiver is not None:
            self._receiver.test_ended(shown)

    def _let_go(self, end: _End) -> None:
        loan = end.loan
        if end.port is not None:
            if end.playing is not None:
                end.playing.stop()
            with suppress(EnvironmentFault):
                self._bay.close_channel(end.port)
        elif loan is not None and loan.channel is not None:
            with suppress(DahdiError):
                loan.channel.close()
        if loan is not None:
            loan.give_back()

    def _elapsed_s(self, test: _Running) -> int:
        return (self._clock.monotonic_ns() - test.began_ns) // NS_A_S if test.sending else 0

    def _shown(self, test: _Running, state: str, failure: Text | None) -> BitTest:
        counts = tuple(end.count for end in test.ends.values())
        elapsed_s = min(self._elapsed_s(test), test.length_s)
        return BitTest(test.name, test.pairs, int(test.pattern), test.length_s, test.by, state, elapsed_s, counts, failure, test.skipped)


def _count_of(before: BitCount, stats: BitStats) -> BitCount:
    found = stats.octets > 0 or stats.in_step
    return replace(
        before,
        found=found,
        in_step=stats.in_step,
        seconds=stats.seconds,
        bits=stats.bits_checked,
        bit_errors=stats.bit_errors,
        errored_seconds=stats.errored_seconds,
        severely_errored_seconds=stats.severely_errored_seconds,
        lost_seconds=stats.lost_seconds,
        slips=stats.slips,
        slipped_octets=stats.slipped_octets,
    )
