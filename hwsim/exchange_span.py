"""The exchange's end of an E1: octets of every timeslot and signalling bits, without a driver of its own.

It is plugged into the line of a simulated card's port. It frames and codes as that port does, so no alarm comes of it; what is wrong with the cable
is imposed on the card's line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from boards.dahdi.abi import Alarm, LineConfigBit
from hwsim.agenda import Agenda
from hwsim.bit_port import BitPort
from hwsim.driver_span import DriverDevice
from hwsim.signals import IDLE_BLOCK
from hwsim.span_card import CardSpan, SpanCard
from hwsim.span_line import SpanLine

__all__ = ["ExchangeSpan"]

PLACES = 31
SpeaksAndHears = Callable[[bytes], bytes]


class _ObligingLine(SpanLine):
    """Has the framing of whatever it is plugged into, unless it was ordered with another one."""

    ordered: int | None = None

    @property
    def line_config(self) -> int:
        if self.ordered is not None:
            return self.ordered
        far = self.far
        return 0 if far is None else far.line_config

    @line_config.setter
    def line_config(self, _line_config: int) -> None:
        """It is not asked."""


class ExchangeSpan(CardSpan):
    """The far end of ``near``. ``timeslots``: for each place that is in use, what takes the 160 octets that came and gives those to be sent.

    ``bits_came(place, bits)`` is told of signalling bits when they change.
    """

    def __init__(self, near: CardSpan, agenda: Agenda) -> None:
        device = DriverDevice("exchange", "", "", "Strowger", "exchange", 0)
        super().__init__(device, SpanCard(), 0, 0, agenda, lambda: None)
        self.line = self._obliging = _ObligingLine(agenda, self)
        self.timeslots: dict[int, SpeaksAndHears] = {}
        self.bits_came: Callable[[int, int], None] = lambda _place, _bits: None
        self._near = near
        self._seen: dict[int, int] = {}
        self._sending: list[bytes] = [IDLE_BLOCK] * PLACES
        self.running = True
        self.line.set_running(True)
        near.line.plug_into(self.line)

    def frame_as(self, line_config: int | None) -> None:
        """The carrier has set this framing, coding and CRC-4 (``LineConfigBit``), whatever the card has; None: the same as the card."""
        self._obliging.ordered = line_config
        self.line.look()
        self._near.line.look()

    @property
    def carries_bits(self) -> bool:
        return not self.line.line_config & LineConfigBit.CCS

    @property
    def moves(self) -> bool:
        return self._near.moves

    def line_alarmed(self, alarms: Alarm) -> None:
        """The exchange's people see it; the appliance does not."""
        self.alarms = alarms

    def sent_blocks(self) -> list[bytes]:
        return list(self._sending)

    def receive_blocks(self, blocks: Sequence[bytes]) -> None:
        sending = [IDLE_BLOCK] * PLACES
        for place, act in self.timeslots.items():
            sending[place - 1] = act(blocks[place - 1])
        self._sending = sending

    def incoming(self, sent: Mapping[CardSpan, Sequence[bytes]]) -> Sequence[bytes]:
        source = self.line.source
        return [IDLE_BLOCK] * PLACES if source is None else sent.get(source.span, [IDLE_BLOCK] * PLACES)

    # ---- bits ----

    def send_bits(self, place: int, bits: int) -> None:
        """Send these four bits in this timeslot's place of timeslot 16."""
        port = self.channels[place - 1].port
        assert isinstance(port, BitPort)
        port.sent_bits = bits
        self._bits_waiting()

    def bits_of(self, place: int) -> int:
        """What came last."""
        return self._seen.get(place, 0)

    def _carry_bits(self) -> None:
        if self.line.source is None or not self.carries_bits:
            return
        for channel in self._near.channels:
            port, place = channel.port, channel.position
            bits = port.sent_bits & 0xF if isinstance(port, BitPort) else 0
            if bits != self._seen.get(place):
                self._seen[place] = bits
                self.bits_came(place, bits)
