"""The cards behind DAHDI as the engine sees them: the spans under watch, their lines, loops and bit-error tests under one roof."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from boards.dahdi.abi import Params, Sig
from boards.dahdi.bit_tests import BitBay, BitTests
from boards.dahdi.bits import BitPattern
from boards.dahdi.faults import DriverFault
from boards.dahdi.line import Line
from boards.dahdi.lines import AnalogTrunk
from boards.dahdi.loans import Loans
from boards.dahdi.loops import Loops
from boards.dahdi.nodes.errors import DahdiError, NotValid
from boards.dahdi.port_life import ALARM
from boards.dahdi.port_tests import PortTests
from boards.dahdi.spans import SpanActs, SpanWatch
from boards.dahdi.stations import AnalogStation
from boards.dahdi.system import System
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, Refused
from engine.kernel.text import text
from engine.telephony.hardware import (
    LOOP_LIMIT_MOST_S,
    TEST_CHANNELS_MOST,
    TEST_LENGTH_MOST_S,
    BitTest,
    ChannelState,
    ClockState,
    HardwareReceiver,
    Loop,
    LoopKind,
    SpanState,
)

__all__ = ["DahdiHardware"]

CHANNELS_MOST = 1024
DATA = frozenset({"dchan", "hardhdlc", "mtp2"})
"""Signalling of channels on which the driver or the card makes frames of whatever is written, so that no pattern comes back."""


class DahdiHardware:
    """Implements ``engine.telephony.hardware.Hardware``. ``lines`` are the board's; ``watch`` is theirs too."""

    def __init__(
        self,
        system: System,
        clock: Clock,
        bay: BitBay,
        watch: SpanWatch,
        lines: Iterable[Line],
        new_name: Callable[[], str],
        tone_zone: Callable[[int], int | None] = lambda _channel: None,
    ) -> None:
        self._watch = watch
        self._every = tuple(lines)
        self._lines: dict[int, Line] = {}
        self._number_lines()
        loans = Loans(system, clock, self._lines)
        self._loops = Loops(clock, watch.control, loans)
        self._tests = BitTests(clock, bay, loans, new_name)
        analog = [line for line in self._every if isinstance(line, AnalogTrunk | AnalogStation)]
        self.port_tests = PortTests(clock, bay, loans, analog, tone_zone)

    def _number_lines(self) -> None:
        """Which line is on which channel: those of digital spans learn their numbers when the span has got them."""
        self._lines.clear()
        self._lines.update((line.channel_number, line) for line in self._every if line.channel_number)

    # ---- life --------------------------------------------------------------------------------------------------------

    def start(self, receiver: HardwareReceiver) -> None:
        """Begin to watch; before the board opens its lines, so that they know of alarms."""
        self._loops.start(receiver)
        self._tests.start(receiver)
        self._watch.start(receiver, SpanActs(self._down_changed, self._appeared, self._loops.span_lost))

    def stop(self) -> None:
        """Loops and tests end, nobody watches any more; before the board closes its lines."""
        self.port_tests.stop()
        self._tests.stop()
        self._loops.stop()
        self._watch.stop()

    def _down_changed(self, span: int, down: bool) -> None:
        for line in self._every:
            if line.span == span:
                if down:
                    line.hold(ALARM)
                else:
                    line.unhold(ALARM)

    def _appeared(self, _span: int) -> None:
        # Nobody knows which channels the span has got: whoever has none may look.
        for line in self._every:
            line.look_now()

    # ---- what there is -----------------------------------------------------------------------------------------------

    def spans(self) -> Sequence[SpanState]:
        return [state if state.digital or state.dynamic else replace(state, kind=self._ports_kind(state)) for state in self._watch.states()]

    def _ports_kind(self, state: SpanState) -> str:
        """What the ports of an analog card are made for; the driver names a card of both kinds by one of them."""
        try:
            able = [params.sigcap for params in self._params_of(state.span)]
        except (Refused, DriverFault):  # it has gone meanwhile
            return state.kind
        lines, phones = sum(bool(sig & Sig.FXSKS & ~Sig.FXOKS) for sig in able), sum(bool(sig & Sig.FXOKS & ~Sig.FXSKS) for sig in able)
        return "FXO + FXS" if lines and phones else state.kind

    def clock(self) -> ClockState:
        return self._watch.clock

    def channels(self, span: int) -> Sequence[ChannelState]:
        return [self._channel_state(params) for params in self._params_of(span)]

    def loops(self) -> Sequence[Loop]:
        return self._loops.running()

    def tests(self) -> Sequence[BitTest]:
        return self._tests.tests()

    def _channel_state(self, params: Params) -> ChannelState:
        line = self._lines.get(params.channo)
        return ChannelState(
            channel=params.channo,
            position=params.chanpos,
            signalling=_signalling(params.sigtype),
            line=line.name if line is not None else "",
            busy=line.busy if line is not None else False,
            fault=line.held_for if line is not None else "",
            looped=self._loops.on(params.spanno, params.channo),
            tested=self._tests.uses(params.channo),
        )

    def _params_of(self, span: int) -> list[Params]:
        """The channels of a span, by position. A span's channels follow each other, behind those of the spans before it."""
        self._number_lines()
        info = self._watch.infos().get(span)
        if info is None:
            raise Refused(text("There is no span {span}.", span=span))
        found: list[Params] = []
        try:
            for number in range(1, CHANNELS_MOST + 1):
                params = self._params(number)
                if params is not None and params.spanno == span:
                    found.append(params)
                    if len(found) == info.totalchans:
                        break
        except DahdiError as error:
            raise DriverFault(error) from error
        return sorted(found, key=lambda params: params.chanpos)

    def _params(self, channel: int) -> Params | None:
        try:
            return self._watch.control().params(channel)
        except NotValid:
            return None

    # ---- loops -------------------------------------------------------------------------------------------------------

    def start_loop(self, span: int, channel: int, kind: LoopKind, limit_s: int, by: str, *, force: bool) -> None:
        if not 1 <= limit_s <= LOOP_LIMIT_MOST_S:
            raise BadInput(text("A loop lasts 1 to {most} seconds.", most=LOOP_LIMIT_MOST_S))
        if (kind is LoopKind.CHANNEL) != (channel > 0):
            raise BadInput(text("A whole span has a local, line or payload loop, one channel a channel loop."))
        channels = [params.channo for params in self._params_of(span)]
        if channel and channel not in channels:
            raise Refused(text("Span {span} has no channel {channel}.", span=span, channel=channel))
        wanted = [channel] if channel else channels
        self._need_free(wanted, force=force)
        if channel:
            self._loops.loop_channel(span, channel, limit_s, by)
        else:
            self._loops.loop_span(span, kind, limit_s, by, [self._lines[one] for one in channels if one in self._lines])

    def end_loop(self, span: int, channel: int, by: str) -> None:
        self._loops.end(span, channel, by)

    def _need_free(self, channels: Sequence[int], *, force: bool) -> None:
        for channel in channels:
            if self._tests.uses(channel):
                raise Refused(text("Channel {channel} is being tested already.", channel=channel))
        busy = [self._lines[channel].name for channel in channels if channel in self._lines and self._lines[channel].busy]
        if busy and not force:
            raise Refused(text("In use: {lines}. Wait until they are idle, or force it: their calls end then.", lines=", ".join(busy)))

    # ---- bit-error tests ---------------------------------------------------------------------------------------------

    def start_test(self, pairs: Sequence[tuple[int, int]], pattern: int, length_s: int, by: str, *, force: bool) -> str:
        if pattern not in set(BitPattern):
            raise BadInput(text("There are the patterns 11 (2^11 - 1 bits) and 15 (2^15 - 1 bits)."))
        if not 1 <= length_s <= TEST_LENGTH_MOST_S:
            raise BadInput(text("A test lasts 1 to {most} seconds.", most=TEST_LENGTH_MOST_S))
        if not 1 <= len(pairs) <= TEST_CHANNELS_MOST:
            raise BadInput(text("A test is of 1 to {most} pairs of channels.", most=TEST_CHANNELS_MOST))
        channels = [channel for first, second in pairs for channel in ((first,) if first == second else (first, second))]
        if len(set(channels)) != len(channels):
            raise BadInput(text("A channel belongs to one pair only."))
        data = {channel for channel in channels if self._carries_data(self._need_bits(channel))}
        clear = [pair for pair in pairs if not data.intersection(pair)]
        if not clear:
            raise Refused(text("Channel {channel} carries data in frames (D channel): no pattern passes through it.", channel=min(data)))
        skipped = sorted({channel for pair in pairs if pair not in clear for channel in pair})
        self._need_free([channel for channel in channels if channel not in skipped], force=force)
        return self._tests.begin(clear, BitPattern(pattern), length_s, by, skipped)

    def end_test(self, test: str) -> None:
        self._tests.end(test)

    def _carries_data(self, params: Params) -> bool:
        return _signalling(params.sigtype) in DATA

    def _need_bits(self, channel: int) -> Params:
        """Bits pass through a timeslot only; an analog port makes sound of them. Gives what the driver knows of the channel."""
        try:
            params = self._params(channel) if 1 <= channel <= CHANNELS_MOST else None
        except DahdiError as error:
            raise DriverFault(error) from error
        if params is None:
            raise Refused(text("The driver has no channel {channel}.", channel=channel))
        info = self._watch.infos().get(params.spanno)
        state = next((state for state in self._watch.states() if state.span == params.spanno), None)
        if info is None or state is None or not state.digital:
            raise Refused(text("Channel {channel} is an analog port: it passes no bits that could be counted.", channel=channel))
        if self._loops.on(params.spanno, 0) or not self._loops.on(params.spanno, channel):
            return params
        raise Refused(text("Channel {channel} is looped towards the far end: end that loop first.", channel=channel))


SIGNALLINGS: Mapping[int, str] = {
    Sig.NONE: "",
    Sig.FXSLS: "fxsls",
    Sig.FXSGS: "fxsgs",
    Sig.FXSKS: "fxsks",
    Sig.FXOLS: "fxols",
    Sig.FXOGS: "fxogs",
    Sig.FXOKS: "fxoks",
    Sig.CLEAR: "clear",
    Sig.CAS: "cas",
    Sig.HDLCFCS: "dchan",
    Sig.HARDHDLC: "hardhdlc",
    Sig.MTP2: "mtp2",
    Sig.EM: "em",
}


def _signalling(sigtype: int) -> str:
    return SIGNALLINGS.get(sigtype, f"{sigtype:#x}")
