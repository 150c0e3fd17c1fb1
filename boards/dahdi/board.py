"""An analog card driven through DAHDI: exchange lines (FXO) and desk phones (FXS)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from boards.dahdi.abi import Alarm, Params
from boards.dahdi.channel import Channel, DahdiError, Profile, Timing, open_channel
from boards.dahdi.lines import AnalogStation, AnalogTrunk, Surroundings
from boards.dahdi.system import System
from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.settings.site import StationSection, TrunkSection
from engine.telephony.lines import StationReceiver, TrunkReceiver

__all__ = ["AnalogBoard"]


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

    @property
    def trunks(self) -> Sequence[AnalogTrunk]:
        return [trunk for trunk, _ in self._trunk_channels]

    @property
    def stations(self) -> Sequence[AnalogStation]:
        return [station for station, _ in self._station_channels]

    def start(self, trunks: TrunkReceiver, stations: StationReceiver) -> None:
        """Open every line. When one cannot be opened none stays open, and nothing is reported.

        What is out of the ordinary already (a handset that is up, a line without battery) is reported right after.
        """
        found: list[Callable[[], None]] = []
        try:
            for trunk, number in self._trunk_channels:
                trunk.report_to(trunks)
                channel, state = self._channel(number, trunk.name, wants_trunk=True)
                trunk.open(channel)
                if state.chan_alarms & Alarm.RED:
                    found.append(trunk.found_dead)
            for station, number in self._station_channels:
                station.report_to(stations)
                channel, state = self._channel(number, station.name, wants_trunk=False)
                station.open(channel)
                if state.rxisoffhook:
                    found.append(station.found_lifted)
        except Exception:
            self.stop()
            raise
        for tell in found:
            self._around.clock.call_later(0.0, tell)

    def stop(self) -> None:
        """Everything on hook, every channel closed."""
        for line in [*self.trunks, *self.stations]:
            line.close()

    def _channel(self, number: int, name: str, *, wants_trunk: bool) -> tuple[Channel, Params]:
        """The open channel and the state in which it was found. Nothing stays open when it raises."""
        timing = Timing(flashtime=100, rxflashtime=self._around.times.hang_up_ms)
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
            return channel, channel.params()
        except DahdiError:
            channel.close()
            raise
