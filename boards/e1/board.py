"""The E1 trunks of a site as one board of the engine, over seam A and the media pump."""

from __future__ import annotations

import errno
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from boards.dahdi.abi import Params, Sig
from boards.dahdi.channel import Channel, Profile
from boards.dahdi.faults import DriverFault
from boards.dahdi.line import Surroundings
from boards.dahdi.nodes.errors import DahdiError, NoSuchDevice
from boards.dahdi.nodes.sentences import Message
from boards.dahdi.nodes.sentences import marked as _
from boards.dahdi.port_life import MAINTENANCE, UNDER_TEST
from boards.dahdi.system import System
from boards.e1.cas_trunk import CasTrunk
from boards.e1.digital_trunk import DigitalTrunk
from boards.e1.pri_signalling import PriSignalling
from boards.e1.pri_span import FRAME_BUFFERS, FRAME_OCTETS, PriSpan, check_d_channel
from boards.e1.r2_signalling import R2Signalling
from boards.e1.r2_trunk import R2Trunk
from engine.kernel.clock import Timer
from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.settings.e1_lines import E1Trunk
from engine.telephony.call_trace import TrunkSignalling
from engine.telephony.lines import Station, StationReceiver, TrunkReceiver

__all__ = ["E1Board"]

CLOSED_WITHIN_S = 0.1
"""The media pump closes a channel within two of its rounds of 20 ms."""
SPEECH = Profile()
BIT_TRUNKS: Mapping[str, type[R2Trunk]] = MappingProxyType({"r2": R2Trunk, "cas": CasTrunk})
"""Trunks that signal by bits, by the name of their signalling."""


class E1Board:
    """Implements ``engine.telephony.lines.Board``. ``first_channel`` gives the driver's number of a span's first channel, by the span's name in the
    site; 0 while it has none.
    """

    name = "dahdi-e1"
    stations: Sequence[Station] = ()

    def __init__(
        self, system: System, around: Surroundings, trunks: Sequence[E1Trunk], first_channel: Callable[[str], int], seed: Callable[[], int]
    ) -> None:
        self._system = system
        self._around = around
        self._first_channel = first_channel
        self.pri_spans: Sequence[PriSpan] = [
            PriSpan(trunk, around, partial(self._d_channel, trunk), seed()) for trunk in trunks if trunk.section.isdn
        ]
        r2_signalling = {trunk.section.name: R2Signalling(trunk.section, around.clock) for trunk in trunks if not trunk.section.isdn}
        self._r2_trunks = [
            BIT_TRUNKS[trunk.section.signalling](
                trunk.section, line.name, line.place, around, r2_signalling[trunk.section.name].noter(line.place)
            )
            for trunk in trunks
            if not trunk.section.isdn
            for line in trunk.lines
        ]
        self.signalling: Sequence[TrunkSignalling] = [
            *(PriSignalling(span, around.clock) for span in self.pri_spans),
            *r2_signalling.values(),
        ]
        self._pauses: set[Timer] = set()

    @property
    def trunks(self) -> Sequence[DigitalTrunk]:
        return [*(trunk for span in self.pri_spans for trunk in span.trunks), *self._r2_trunks]

    @property
    def lines(self) -> Sequence[DigitalTrunk]:
        """All of them."""
        return self.trunks

    def start(self, trunks: TrunkReceiver, stations: StationReceiver) -> None:
        """Open every channel. Raises DriverFault when the driver's node cannot be opened; then nothing is open."""
        try:
            for trunk in self.trunks:
                trunk.report_to(trunks)
                self._begin(trunk)
        except DahdiError as error:
            self.stop()
            raise DriverFault(error) from error
        for span in self.pri_spans:
            span.start()

    def stop(self) -> None:
        """Every channel closed, and the D channels' memory given back; it cannot be started again."""
        for pause in self._pauses:
            pause.cancel()
        self._pauses.clear()
        for trunk in self.trunks:
            trunk.close()
        for span in self.pri_spans:
            span.close()

    # ---- while a span is configured ----------------------------------------------------------------------------------

    def lines_on(self, channels: Collection[int]) -> tuple[str, ...]:
        """The names of the lines on these channels of the driver."""
        return tuple(trunk.name for trunk in self.trunks if trunk.channel_number in channels)

    def busy_lines(self) -> frozenset[str]:
        """Those that carry a call, or are being tested."""
        return frozenset(trunk.name for trunk in self.trunks if trunk.busy or trunk.held_for in (MAINTENANCE, UNDER_TEST))

    def without(self, names: Collection[str], act: Callable[[], None]) -> None:
        """Close these lines and the D channels that they belong to, ``act``, and open them again. At once where none is open."""
        lines = [trunk for trunk in self.trunks if trunk.name in names and trunk.begun]
        spans = [span for span in self.pri_spans if any(trunk in lines for trunk in span.trunks)]
        if not lines:
            act()
            return
        for trunk in lines:
            trunk.close()
        for span in spans:
            span.stop()

        def closed() -> None:
            self._pauses.discard(pause)
            try:
                act()
            finally:
                self._begin_again(lines, spans)

        pause = self._around.clock.call_later(CLOSED_WITHIN_S, closed)
        self._pauses.add(pause)

    def _begin_again(self, lines: Sequence[DigitalTrunk], spans: Sequence[PriSpan]) -> None:
        for trunk in lines:
            try:
                self._begin(trunk)
            except DahdiError as error:
                self._around.driver_error(trunk.name, error)
        for span in spans:
            span.start()

    # ---- opening -----------------------------------------------------------------------------------------------------

    def _begin(self, trunk: DigitalTrunk) -> None:
        trunk.begin(partial(self._speech_channel, trunk))

    def _number(self, span: str, place: int) -> int:
        first = self._first_channel(span)
        if not first:
            raise NoSuchDevice(f"span {span}", "SPECIFY", errno.ENXIO, Message(_("the driver has not numbered it yet"), {}))
        return first + place - 1

    def _speech_channel(self, trunk: DigitalTrunk) -> tuple[Channel, Params]:
        """The open channel and the state in which it was found. Nothing stays open when it raises."""
        number = trunk.channel_number = self._number(trunk.section.span, trunk.place)
        channel = Channel.open(self._system, number)
        try:
            _check_signalling(channel, trunk)
            if trunk.section.isdn:
                channel.set_audio(on=True)
            channel.bring_into(SPEECH)
            return channel, channel.params()
        except (DahdiError, BadInput):
            channel.close()
            raise

    def _d_channel(self, trunk: E1Trunk) -> Channel:
        number = self._number(trunk.section.span, trunk.d_place)
        channel = Channel.open(self._system, number)
        try:
            channel.sig = Sig(channel.params().sigtype)
            channel.set_buffers(FRAME_OCTETS, FRAME_BUFFERS)
        except DahdiError:
            channel.close()
            raise
        check_d_channel(channel, number)
        return channel


def _check_signalling(channel: Channel, trunk: DigitalTrunk) -> None:
    wanted = Sig.CLEAR if trunk.section.isdn else Sig.CAS
    if channel.params().sigtype != wanted:
        raise BadInput(
            text(
                "Channel {number} of the line {line} is not configured for its signalling: check the span's use.",
                number=channel.number,
                line=trunk.name,
            )
        )
