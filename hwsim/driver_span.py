"""A span as the driver keeps it, whatever card it is on: its numbers, its channels, its alarms, its counters; and the device that it is of."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass, field

from boards.dahdi.abi import Alarm, Event, Law, LineConfig, LineConfigBit, Maint, MaintInfo, SpanInfo
from hwsim.bit_port import BitPort
from hwsim.driver_channel import BLOCK_SAMPLES, DriverChannel
from hwsim.driver_memory import refusal

__all__ = ["DriverDevice", "DriverSpan", "SpanCounters"]

LINE_CONFIG_BITS = 0x1FF0
BUILD_OUTS = (
    "0 db (CSU)/0-133 feet (DSX-1)",
    "133-266 feet (DSX-1)",
    "266-399 feet (DSX-1)",
    "399-533 feet (DSX-1)",
    "533-655 feet (DSX-1)",
    "-7.5db (CSU)",
    "-15db (CSU)",
    "-22.5db (CSU)",
)
SHORT_KIND = 5
"""Letters of a span's kind that SPANSTAT has room for."""


@dataclass
class SpanCounters:
    """What a span counts, under the names of SPANSTAT."""

    bpvcount: int = 0
    crc4count: int = 0
    ebitcount: int = 0
    fascount: int = 0
    fecount: int = 0
    cvcount: int = 0
    becount: int = 0
    prbs: int = 0
    errsec: int = 0


@dataclass(eq=False)
class DriverDevice:
    """A card, or a dynamic span, as a device: what it is known by, and its spans by their place on it."""

    folder: str
    hardware_id: str
    location: str
    manufacturer: str
    model: str
    registered_ms: int
    spans: list[DriverSpan] = field(default_factory=list)
    irqmisses: int = 0


class DriverSpan:
    """A span. ``number`` 0: it has none, and its channels neither. Kinds of cards are subclasses.

    ``kind`` is what sysfs calls it, ``line_bits`` what SPANCONFIG may ask of it, ``timing`` False for one that never feeds the clock.
    """

    digital = True
    timing = True
    canceller = ""
    """The echo canceller that the card has itself; empty: none."""

    def __init__(self, device: DriverDevice, name: str, description: str, kind: str, law: Law, line_bits: LineConfigBit) -> None:
        self.device = device
        self.local = len(device.spans) + 1
        device.spans.append(self)
        self.name = name
        self.description = description
        self.kind = kind
        self.law = law
        self.line_bits = line_bits
        self.number = 0
        self.channels: list[DriverChannel] = []
        self.alarms = Alarm.NONE
        self._alarms_told = Alarm.NONE
        self.counters = SpanCounters()
        self.line_config = 0
        self.build_out = 0
        self.sync_source = 0
        self.maintenance = Maint.NONE
        self.running = False

    @property
    def first_channel(self) -> int:
        """The channel at position 1."""
        return self.channels[0].number if self.channels else 0

    @property
    def in_use(self) -> bool:
        """A channel is open."""
        return any(channel.opened is not None for channel in self.channels)

    # ---- alarms ----

    def set_alarms(self, alarms: Alarm) -> None:
        """The card reports its alarms."""
        self.alarms = alarms
        self.notify()

    def notify(self) -> None:
        """Only the change between none and any is told to the channels, all of them."""
        self.alarms &= ~Alarm.LOOPBACK
        if self.maintenance:
            self.alarms |= Alarm.LOOPBACK
        if bool(self.alarms) == bool(self._alarms_told):
            return
        self._alarms_told = self.alarms
        for channel in self.channels:
            if channel.port is not None:
                channel.port.raise_alarm(self.alarms)

    # ---- numbers ----

    def numbered(self, number: int, first_channel: int) -> None:
        """It got its numbers: it can be used."""
        self.number = number
        for place, channel in enumerate(self.channels):
            channel.number = first_channel + place
            if channel.port is not None:
                channel.port.channel = channel.number
        self.alarms &= ~Alarm.NOTOPEN
        self.notify()

    def disable(self) -> None:
        """It is about to lose its numbers: whoever has a channel open is told."""
        self.alarms = Alarm.NOTOPEN
        for channel in self.channels:
            channel.raise_event(Event.REMOVED)
        self.notify()

    def lose_numbers(self) -> None:
        """It has no numbers any more; nothing is configured."""
        self.shut_down()
        self.number = 0
        for channel in self.channels:
            channel.taken_away()

    def pulled(self) -> None:
        """Its card was pulled: dead at once, whoever has a channel open is told."""
        self.disable()

    def pushed(self) -> None:
        """Its card is back in its place."""

    # ---- configuration ----

    def configure(self, asked: LineConfig) -> None:
        """SPANCONFIG. EINVAL for a framing or coding that it does not have."""
        bits = asked.lineconfig & LINE_CONFIG_BITS
        if bits & self.line_bits != bits:
            raise refusal(errno.EINVAL)
        self._configure(asked)

    def _configure(self, asked: LineConfig) -> None:
        """Nothing is to be done on a span without a line of its own."""

    def start_up(self) -> None:
        """STARTUP; of a running span without effect."""
        if self.running:
            return
        self.running = True
        for channel in self.channels:
            if isinstance(channel.port, BitPort):
                channel.port.started()

    def shut_down(self) -> None:
        """SHUTDOWN: no channel is configured any more."""
        self.running = False
        for channel in self.channels:
            if isinstance(channel.port, BitPort):
                channel.port.shut_down()

    def maintain(self, asked: MaintInfo) -> None:
        """MAINT. ENOSYS where the card cannot."""
        raise refusal(errno.ENOSYS)

    # ---- audio ----

    def sent_blocks(self) -> list[bytes]:
        """What each channel sends in the next 20 ms. Of a bundle the master's octets go round its timeslots."""
        blocks = [channel.sent(1) if channel.master is channel and not channel.slaves else b"" for channel in self.channels]
        for master in self._masters():
            timeslots = [master, *master.slaves]
            octets = master.sent(len(timeslots))
            for place, channel in enumerate(timeslots):
                blocks[channel.position - 1] = octets[place :: len(timeslots)]
        return blocks

    def receive_blocks(self, blocks: Sequence[bytes]) -> None:
        """What each channel receives in these 20 ms."""
        for channel, block in zip(self.channels, blocks, strict=True):
            if channel.opened is not None and not channel.slaves:
                channel.opened.receive(block)
        for master in self._masters():
            if master.opened is not None:
                timeslots = [blocks[channel.position - 1] for channel in (master, *master.slaves)]
                octets = bytearray(BLOCK_SAMPLES * len(timeslots))
                for place, block in enumerate(timeslots):
                    octets[place :: len(timeslots)] = block
                master.opened.receive(bytes(octets))

    def _masters(self) -> list[DriverChannel]:
        return [channel for channel in self.channels if channel.slaves]

    # ---- what is told ----

    def info(self, spans: int) -> SpanInfo:
        """SPANSTAT."""
        return SpanInfo(
            spanno=self.number,
            name=self.name,
            desc=self.description,
            alarms=self.alarms,
            syncsrc=self.sync_source,
            numchans=sum(1 for channel in self.channels if channel.sig),
            totalchans=len(self.channels),
            totalspans=spans,
            txlevel=self.build_out,
            lbo=self.build_out,
            lineconfig=self.line_config,
            lboname=BUILD_OUTS[self.build_out] if 0 <= self.build_out < len(BUILD_OUTS) else "Unknown",
            location=self.device.location,
            manufacturer=self.device.manufacturer,
            devicetype=self.device.model,
            linecompat=self.line_bits,
            spantype=self.kind[:SHORT_KIND],
            irqmisses=self.device.irqmisses,
            **vars(self.counters),
        )
