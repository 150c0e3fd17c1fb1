"""An analog card driven through DAHDI: exchange lines (FXO) and desk phones (FXS)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

from boards.dahdi.abi import Params
from boards.dahdi.channel import Channel, Profile, Timing, open_channel
from boards.dahdi.faults import DriverFault
from boards.dahdi.line import Line
from boards.dahdi.lines import AnalogTrunk, Surroundings
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.port_life import MAINTENANCE, UNDER_TEST
from boards.dahdi.stations import AnalogStation
from boards.dahdi.system import System
from engine.kernel.clock import Timer
from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.settings.site import StationSection, TrunkSection
from engine.telephony.lines import StationReceiver, TrunkReceiver

__all__ = ["AnalogBoard"]

PULSE_BREAK_MS, PULSE_MAKE_MS = 62, 38
"""Ten pulses a second with 1.6 times as much break as make, as Chinese exchanges want them."""
CLOSED_WITHIN_S = 0.1
"""The media pump closes a channel within two of its rounds of 20 ms; one that it should hold longer is opened at the second try."""


class AnalogBoard:
    """Implements ``engine.telephony.lines.Board`` over seam A (``system``) and the media pump."""

    name = "dahdi-analog"

    def __init__(
        self,
        system: System,
        around: Surroundings,
        trunks: Sequence[TrunkSection],
        stations: Sequence[StationSection],
    ) -> None:
        self._system = system
        self._around = around
        self._trunk_channels = [(AnalogTrunk(section, around), section.channel) for section in trunks]
        self._station_channels = [(AnalogStation(section, around), section.channel) for section in stations]
        self._pauses: set[Timer] = set()

    @property
    def trunks(self) -> Sequence[AnalogTrunk]:
        return [trunk for trunk, _ in self._trunk_channels]

    @property
    def stations(self) -> Sequence[AnalogStation]:
        return [station for station, _ in self._station_channels]

    @property
    def lines(self) -> Sequence[Line]:
        """All of them."""
        return [*self.trunks, *self.stations]

    def start(self, trunks: TrunkReceiver, stations: StationReceiver) -> None:
        """Open every line. One that cannot be opened is reported out of service and tried again; the others serve.

        Raises DriverFault when the driver's node cannot be opened (no driver, no permission): then no line is open.
        """
        try:
            for trunk in self.trunks:
                trunk.report_to(trunks)
                self._begin(trunk)
            for station in self.stations:
                station.report_to(stations)
                self._begin(station)
        except DahdiError as error:
            self.stop()
            raise DriverFault(error) from error
        except Exception:
            self.stop()
            raise

    def stop(self) -> None:
        """Everything on hook, every channel closed."""
        for pause in self._pauses:
            pause.cancel()
        self._pauses.clear()
        for line in [*self.trunks, *self.stations]:
            line.close()

    # ---- while a span is configured ----------------------------------------------------------------------------------

    def lines_on(self, channels: Collection[int]) -> tuple[str, ...]:
        """The names of the lines and phones on these channels of the driver."""
        return tuple(line.name for line in (*self.trunks, *self.stations) if line.channel_number in channels)

    def busy_lines(self) -> frozenset[str]:
        """Those that carry a call, or are on the way to or from one, or are being tested."""
        return frozenset(line.name for line in (*self.trunks, *self.stations) if line.busy or line.held_for in (MAINTENANCE, UNDER_TEST))

    def without(self, names: Collection[str], act: Callable[[], None]) -> None:
        """Close these lines, which must not be busy, ``act`` when they are closed, and open them again. At once where none is open."""
        lines: list[AnalogTrunk | AnalogStation] = [*self.trunks, *self.stations]
        lines = [line for line in lines if line.name in names and line.begun]
        for line in lines:
            line.close()

        def closed() -> None:
            self._pauses.discard(pause)
            try:
                act()
            finally:
                self._begin_again(lines)

        if lines:
            # The pump closes them, in its own time.
            pause = self._around.clock.call_later(CLOSED_WITHIN_S, closed)
            self._pauses.add(pause)
        else:
            act()

    def _begin_again(self, lines: Sequence[AnalogTrunk | AnalogStation]) -> None:
        for line in lines:
            try:
                self._begin(line)
            except DahdiError as error:
                self._around.driver_error(line.name, error)

    def _begin(self, line: AnalogTrunk | AnalogStation) -> None:
        wants_trunk = isinstance(line, AnalogTrunk)
        if isinstance(line, AnalogStation):
            timing = Timing(rxflashtime=line.hang_up_ms)
        else:
            timing = Timing(flashtime=line.flash_ms, pulsebreaktime=PULSE_BREAK_MS, pulsemaketime=PULSE_MAKE_MS)
        line.begin(partial(self._channel, line.channel_number, line.name, timing, wants_trunk=wants_trunk))

    def _channel(self, number: int, name: str, timing: Timing, *, wants_trunk: bool) -> tuple[Channel, Params]:
        """The open channel and the state in which it was found. Nothing stays open when it raises."""
        channel = open_channel(self._system, number, Profile(timing=timing))
        if channel.is_trunk != wants_trunk:
            channel.close()
            wanted = text("an exchange line (FXO port)") if wants_trunk else text("a desk phone (FXS port)")
            raise BadInput(
                text(
                    "Channel {number} is named {name} as {wanted}, but the card's port is the other kind: correct the channel in the site file.",
                    number=number,
                    name=name,
                    wanted=wanted,
                )
            )
        try:
            zone = self._around.tone_zone(number)
            if zone is not None:
                channel.set_tone_zone(zone)
            return channel, channel.params()
        except DahdiError:
            channel.close()
            raise
