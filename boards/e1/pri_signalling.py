"""The D channel of an ISDN trunk as people look at it: up or down since when, what was counted and refused, and its trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from boards.e1 import q921, q931
from boards.e1.pri_span import PriSpan
from boards.e1.q921 import FrameReason
from boards.e1.trace_keeping import RING_ENTRIES_MOST, RING_OCTETS_MOST
from engine.kernel.clock import Clock
from engine.kernel.text import Text, text
from engine.telephony.call_trace import CaptureState, Counted, Selection, SignallingState, TraceLine

__all__ = ["PriSignalling"]


class PriSignalling:
    """Implements ``TrunkSignalling`` over one span."""

    file_suffix = "pcap"

    def __init__(self, span: PriSpan, clock: Clock) -> None:
        self._span = span
        self._clock = clock
        self._since_utc_ms = 0
        self._up: bool | None = None
        self._hear: Callable[[bool], None] = lambda _up: None
        span.watch_d_channel(self._changed)

    @property
    def trunk(self) -> str:
        return self._span.section.name

    def watch(self, hear: Callable[[bool], None]) -> None:
        self._hear = hear

    def _changed(self, up: bool) -> None:  # a listener's one argument
        if up is not self._up:
            self._up = up
            self._since_utc_ms = self._clock.utc_ms()
            self._hear(up)

    def state(self) -> SignallingState:
        counters = () if self._span.closed else self._counted()
        refused = () if self._span.closed else self._refused()
        kept = self._span.trace.keeper.kept
        return SignallingState(bool(self._up), self._since_utc_ms, counters, refused, kept, RING_ENTRIES_MOST, RING_OCTETS_MOST)

    def _counted(self) -> tuple[Counted, ...]:
        of_span, of_channel = self._span.counters, self._span.d_channel.counters()
        return (
            Counted(text("frames received"), of_channel.frames_received),
            Counted(text("frames sent"), of_channel.frames_sent),
            Counted(text("frames garbled on the line"), of_span.frames_garbled),
            Counted(text("frames that found no room"), of_span.frames_dropped + of_channel.received_overflow + of_channel.sent_overflow),
            Counted(text("incoming calls refused for lack of a channel"), of_span.offers_refused),
            Counted(text("commands that came too late"), of_span.commands_late),
            Counted(text("failures of the D channel's node"), of_span.openings_failed),
            Counted(text("calls under way"), self._span.calls_carried),
        )

    def _refused(self) -> tuple[Counted, ...]:
        refused = sorted(self._span.d_channel.counters().refused.items(), key=lambda one: -one[1])
        return tuple(Counted(_words(reason), count) for reason, count in refused)

    # ---- the trace -----------------------------------------------------------------------------------------------------

    def recent(self, selection: Selection, after: int = 0) -> Sequence[TraceLine]:
        return [self._span.trace.line(kept) for kept in self._span.trace.keeper.recent(selection, after)]

    def follow(self, selection: Selection) -> Callable[[], Sequence[TraceLine]]:
        follower = self._span.trace.keeper.follow(selection)
        return lambda: [self._span.trace.line(kept) for kept in follower.more()]

    def begin_capture(self, selection: Selection, limit_s: int, by: str) -> None:
        self._span.trace.keeper.begin(selection, limit_s, by, self._clock.utc_ms())

    def end_capture(self, why: str) -> None:
        self._span.trace.keeper.end(why)

    def capture(self) -> CaptureState | None:
        return self._span.trace.keeper.capture

    def captured(self, after: int = 0) -> Sequence[TraceLine]:
        return [self._span.trace.line(kept) for kept in self._span.trace.keeper.captured(after)]

    def capture_file(self, _render: Callable[[Text], str]) -> bytes:
        return self._span.trace.file()


def _words(reason: FrameReason | q931.Reason) -> Text:
    return q921.words_of_reason(reason) if isinstance(reason, FrameReason) else q931.words_of_reason(reason)
