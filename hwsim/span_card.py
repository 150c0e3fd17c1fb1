"""E1 and T1 cards: spans with a line of their own, which is configured, started up, looped and counted as a real card's."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from boards.dahdi.abi import Alarm, Law, LineConfig, LineConfigBit, Maint, MaintInfo, Sig
from hwsim.agenda import Agenda
from hwsim.bit_port import BitPort
from hwsim.driver_channel import BLOCK_SAMPLES, DriverChannel
from hwsim.driver_memory import refusal
from hwsim.driver_span import DriverDevice, DriverSpan
from hwsim.span_line import CARRIER_ALARMS, SpanLine

__all__ = ["CardSpan", "SpanCard", "exchange_cards"]

LINE_BITS: Mapping[str, LineConfigBit] = MappingProxyType(
    {
        "E1": LineConfigBit.AMI | LineConfigBit.HDB3 | LineConfigBit.CCS | LineConfigBit.CRC4,
        "T1": LineConfigBit.AMI | LineConfigBit.B8ZS | LineConfigBit.D4 | LineConfigBit.ESF,
        "J1": LineConfigBit.AMI | LineConfigBit.B8ZS | LineConfigBit.D4 | LineConfigBit.ESF,
    }
)
CHANNELS: Mapping[str, int] = MappingProxyType({"E1": 31, "T1": 24, "J1": 24})
SIGNALLING_TIMESLOT = 16
HOOK_TYPES = Sig.FXSLS | Sig.FXSGS | Sig.FXSKS | Sig.SF | Sig.FXOLS | Sig.FXOGS | Sig.FXOKS | Sig.CAS | Sig.DACS_RBS
AIS = b"\xff" * BLOCK_SAMPLES
BITS_MS = 2
"""Bits cross the line in this time: a signalling multiframe of an E1."""
LOOP_CODE_MS = 10_000
FAR_LOOPS = (Maint.NETWORKLINELOOP, Maint.NETWORKPAYLOADLOOP)
LOOPS = (Maint.LOCALLOOP, *FAR_LOOPS)
INSERTED: Mapping[int, str] = MappingProxyType(
    {
        Maint.FAS_DEFECT: "fascount",
        Maint.MULTI_DEFECT: "fascount",
        Maint.CRC_DEFECT: "crc4count",
        Maint.CAS_DEFECT: "becount",
        Maint.PRBS_DEFECT: "prbs",
        Maint.BIPOLAR_DEFECT: "bpvcount",
    }
)
"""What the far end counts when this error is inserted."""


@dataclass(frozen=True)
class SpanCard:
    """A card: E1, T1 or J1, how many ports, where it is plugged in; ``canceller``: it cancels echoes itself. Law 0: A for E1, mu for the others."""

    ports: int = 1
    kind: str = "E1"
    hardware_id: str = ""
    location: str = ""
    law: Law = Law.DEFAULT
    canceller: bool = False


class CardSpan(DriverSpan):
    """One port of a card. ``master_changed``: the driver looks for a span to take its clock from."""

    def __init__(
        self, device: DriverDevice, card: SpanCard, place: int, port: int, agenda: Agenda, master_changed: Callable[[], None]
    ) -> None:
        law = card.law or (Law.ALAW if card.kind == "E1" else Law.MULAW)
        description = f"Simulated {card.kind} card {place + 1} span {port + 1}"
        super().__init__(device, f"SIM{card.kind}/{place}/{port + 1}", description, card.kind, law, LINE_BITS[card.kind])
        self.canceller = "HWEC" if card.canceller else ""
        self.sync_priority = 0
        self.line = SpanLine(agenda, self)
        self.plugged = True
        self._agenda = agenda
        self._master_changed = master_changed
        self.carrying = agenda.deadline(self._carry_bits)
        self._loop_code = agenda.deadline(self._loop_code_over)
        self._make_channels()

    # ---- what it is ----

    def set_kind(self, kind: str) -> None:
        """Be another kind of span, with other channels (``spantype`` in sysfs). EINVAL for an unknown one, or when it has numbers."""
        if kind not in CHANNELS or self.number:
            raise refusal(errno.EINVAL)
        self.kind = kind
        self.law = Law.ALAW if kind == "E1" else Law.MULAW
        self.line_bits = LINE_BITS[kind]
        self.line_config = 0
        self._make_channels()

    def _make_channels(self) -> None:
        self.channels = [self._channel(position) for position in range(1, CHANNELS[self.kind] + 1)]

    def _channel(self, position: int) -> DriverChannel:
        def port(channel: DriverChannel) -> BitPort:
            return BitPort(self._agenda, channel.raise_event, channel.empty_audio, self._bits_waiting)

        return DriverChannel(f"{self.name}/{position}", position, self._capabilities(position), self, port)

    @property
    def carries_bits(self) -> bool:
        """Robbed bits of a T1, timeslot 16 of an E1 that is framed for CAS."""
        return self.kind != "E1" or not self.line_config & LineConfigBit.CCS

    def _capabilities(self, position: int) -> Sig:
        if self.kind != "E1":
            return Sig.CLEAR | Sig.EM | Sig.MTP2 | HOOK_TYPES
        if not self.carries_bits:
            return Sig.CLEAR | Sig.MTP2 | Sig.SF
        return Sig.NONE if position == SIGNALLING_TIMESLOT else Sig.CLEAR | Sig.EM_E1 | HOOK_TYPES

    # ---- configuration ----

    def _configure(self, asked: LineConfig) -> None:
        self.line_config, self.build_out = asked.lineconfig, asked.lbo
        self.sync_priority = asked.sync if 0 <= asked.sync <= len(self.device.spans) else 0
        for channel in self.channels:
            channel.capabilities = self._capabilities(channel.position)
            if not channel.capabilities and isinstance(channel.port, BitPort):
                channel.port.shut_down()
        self.line.set_line_config(asked.lineconfig)
        self._look_at_clock()

    def start_up(self) -> None:
        if not self.running:
            super().start_up()
            self.line.set_running(True)
            self._look_at_clock()

    def shut_down(self) -> None:
        super().shut_down()
        self.maintenance = Maint.NONE
        self.line.loop_locally(False)
        self.line.set_running(False)
        self._look_at_clock()

    def line_alarmed(self, alarms: Alarm) -> None:
        """Its line has other alarms."""
        before = bool(self.alarms)
        self.set_alarms(alarms | self.alarms & Alarm.NOTOPEN)
        self._look_at_clock()
        if bool(self.alarms) != before:
            self._master_changed()

    def _look_at_clock(self) -> None:
        """The card takes its clock from the running port of the first priority that is not in alarm; 0: from itself."""
        ports = [span for span in self.device.spans if isinstance(span, CardSpan)]
        fit = [span for span in ports if span.running and span.sync_priority and not span.alarms & CARRIER_ALARMS]
        chosen = min(fit, key=lambda span: (span.sync_priority, span.local), default=None)
        for span in ports:
            span.sync_source = 0 if chosen is None else chosen.local

    # ---- maintenance ----

    def maintain(self, asked: MaintInfo) -> None:
        command = asked.command
        if command in (Maint.NONE, *LOOPS):
            self._loop(Maint(command))
        elif command in (Maint.LOOPUP, Maint.LOOPDOWN) and self.kind != "E1":
            self.maintenance = Maint(command)
            self._loop_code.start(LOOP_CODE_MS)
        elif command in INSERTED:
            hearer = self.line.source if self.line.source is self.line else self.line.far
            if hearer is not None:
                hearer.count(**{INSERTED[command]: 1})
        elif command == Maint.RESET_COUNTERS:
            self._reset_counters()
        elif command == Maint.ALARM_SIM:
            self.line.simulate_alarm(True)
        else:
            raise refusal(errno.ENOSYS)
        self.notify()

    def _loop(self, command: Maint) -> None:
        self.maintenance = command
        self.line.simulate_alarm(False)
        self.line.loop_locally(command == Maint.LOCALLOOP)
        self._bits_waiting()

    def _loop_code_over(self) -> None:
        self.maintenance = Maint.NONE
        self.notify()

    def _reset_counters(self) -> None:
        for name in vars(self.counters):
            setattr(self.counters, name, 0)

    # ---- octets and bits ----

    def _bits_waiting(self) -> None:
        for span in (self, self._far_span()):
            if span is not None and not span.carrying.running:
                span.carrying.start(BITS_MS)

    def _far_span(self) -> CardSpan | None:
        far = self.line.far
        return None if far is None else far.span

    def _carry_bits(self) -> None:
        source = self.line.source
        span = None if source is None else source.span
        if span is None or not self.running or not (self.carries_bits and span.carries_bits):
            return
        for own, other in zip(self.channels, span.channels, strict=False):
            if isinstance(own.port, BitPort) and isinstance(other.port, BitPort):
                own.port.bits_arrive(other.port.sent_bits & 0xF)

    @property
    def moves(self) -> bool:
        """Octets go in and out of it."""
        return self.running and self.plugged and self.number != 0

    def incoming(self, sent: Mapping[CardSpan, Sequence[bytes]]) -> Sequence[bytes]:
        """What arrives while everybody sends this."""
        source = self.line.source
        if source is None:
            return [AIS] * len(self.channels)
        comes_back = source.span is self or source.span.maintenance in FAR_LOOPS
        blocks = sent.get(self if comes_back else source.span, ())
        return [*blocks[: len(self.channels)], *[AIS] * (len(self.channels) - len(blocks))]

    def pulled(self) -> None:
        """Out of its place: no signal to anybody, whoever has a channel open is told."""
        self.plugged = False
        self.disable()
        self.line.set_running(False)
        for channel in self.channels:
            if channel.port is not None:
                channel.port.pulled()

    def pushed(self) -> None:
        """Back in its place, not configured."""
        self.plugged = True
        self.line_config = self.build_out = self.sync_priority = 0
        self.alarms = Alarm.NONE
        self.line.set_line_config(0)
        self._reset_counters()
        for channel in self.channels:
            channel.capabilities = self._capabilities(channel.position)
            if channel.port is not None:
                channel.port.pushed()


def exchange_cards(spans: Sequence[CardSpan]) -> None:
    """20 ms of octets between spans that are plugged together. Where no signal comes, ones are received."""
    moving = [span for span in spans if span.moves]
    sent: dict[CardSpan, Sequence[bytes]] = {span: span.sent_blocks() for span in moving}
    for span in moving:
        span.receive_blocks(span.incoming(sent))
