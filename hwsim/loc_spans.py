"""Dynamic spans of the kind ``loc``: pairs that are cross-connected inside the driver, and those that listen to one of a pair.

    addr  key:id            the two spans of one key are a pair
          key:id:monitored  a third one, which receives what the span with that id sends and sends to nobody

All in hexadecimal digits. Octets pass as they are. ABCD bits pass every 4 ms, which is how often the kernel's timer runs, and each channel
reads its neighbour's bits above its own (a fault of the driver, ``signalling_bits.crowded``). A span that has received nothing for more
than a second is in red alarm from the next full second on, and tells the one that it sends to, which is in yellow alarm then.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator

from boards.dahdi.abi import Alarm, DynamicSpan, Law, LineConfigBit, Sig
from hwsim.agenda import Agenda
from hwsim.bit_port import BitPort
from hwsim.driver_channel import DriverChannel
from hwsim.driver_memory import refusal
from hwsim.driver_span import DriverDevice, DriverSpan
from hwsim.signalling_bits import crowded
from hwsim.span_register import SpanRegister

__all__ = ["LocSpan", "LocSpans"]

CHANNELS_MOST = 255
CAPABILITIES = Sig.EM | Sig.CLEAR | Sig.FXSLS | Sig.FXSKS | Sig.FXSGS | Sig.FXOLS | Sig.FXOKS | Sig.FXOGS | Sig.SF | Sig.DACS_RBS | Sig.CAS
LINE_BITS = (
    LineConfigBit.D4
    | LineConfigBit.ESF
    | LineConfigBit.AMI
    | LineConfigBit.B8ZS
    | LineConfigBit.CCS
    | LineConfigBit.HDB3
    | LineConfigBit.CRC4
    | LineConfigBit.NOTOPEN
)
TIMER_MS = 4
DEAF_MS = 1000
NEVER_MS = -DEAF_MS - 1


class LocSpan(DriverSpan):
    """One span. ``peer`` receives what it sends and sends what it receives; ``monitor`` only receives it, and ``monitored`` is its source."""

    timing = False

    def __init__(self, device: DriverDevice, address: str, channels: int, agenda: Agenda) -> None:
        name = f"DYN/loc/{address}"
        super().__init__(device, name, f"Dynamic 'loc' span at '{address}'", "DYNAMIC", Law.MULAW, LINE_BITS)
        self.address = address
        self.peer: LocSpan | None = None
        self.monitor: LocSpan | None = None
        self.monitored: LocSpan | None = None
        self.heard_ms = NEVER_MS
        self._agenda = agenda
        self.carrying = agenda.deadline(self._carry_bits)
        for position in range(1, channels + 1):
            self.channels.append(self._channel(position))

    def _channel(self, position: int) -> DriverChannel:
        def port(channel: DriverChannel) -> BitPort:
            return BitPort(self._agenda, channel.raise_event, channel.empty_audio, self.bits_waiting)

        return DriverChannel(f"{self.name}/{position}", position, CAPABILITIES, self, port)

    def hearers(self) -> Iterator[LocSpan]:
        """Who receives what it sends: spans that have numbers and as many channels."""
        for other in (self.peer, self.monitor):
            if other is not None and other.number and len(other.channels) == len(self.channels):
                yield other

    def bits_waiting(self) -> None:
        """There are bits to be carried, in one direction or the other."""
        for span in (self, self.peer, self.monitored):
            if span is not None and not span.carrying.running:
                span.carrying.start(TIMER_MS - self._agenda.now_ms % TIMER_MS)

    def _carry_bits(self) -> None:
        octets = crowded([channel.port.sent_bits for channel in self.channels if isinstance(channel.port, BitPort)])
        for hearer in self.hearers():
            for channel, octet in zip(hearer.channels, octets, strict=True):
                if isinstance(channel.port, BitPort):
                    channel.port.bits_arrive(octet)

    def stop(self) -> None:
        """It is destroyed."""
        self.carrying.stop()


class LocSpans:
    """All of them: made, connected, heard, destroyed."""

    def __init__(self, agenda: Agenda, register: SpanRegister, taken_away: Callable[[DriverSpan], None]) -> None:
        self._agenda = agenda
        self._register = register
        self._taken_away = taken_away
        self._spans: list[LocSpan] = []
        self._devices_made = 0
        self._look = agenda.deadline(self._looked)
        self._check = agenda.deadline(self._check_deaf)

    # ---- DYNAMIC_CREATE, DYNAMIC_DESTROY ----

    def create(self, asked: DynamicSpan) -> DynamicSpan:
        """DYNAMIC_CREATE; returns it with the span's number. EINVAL for what cannot be, EEXIST for one that is."""
        if not 1 <= asked.numchans <= CHANNELS_MOST:
            raise refusal(errno.EINVAL)
        if self._find(asked) is not None:
            raise refusal(errno.EEXIST)
        if asked.driver != "loc":
            raise refusal(errno.EINVAL)
        key, own, monitored = _parsed(asked.addr)
        device = DriverDevice(f"dynamic:loc:{self._devices_made}", f"DYN/loc/{asked.addr}", "", "", "", self._agenda.now_ms)
        device.model = device.hardware_id
        span = LocSpan(device, asked.addr, asked.numchans, self._agenda)
        self._connect(span, key, own, monitored)
        self._devices_made += 1
        self._spans.append(span)
        self._register.devices.append(device)
        self._register.assign(span)
        self.changed()
        return DynamicSpan(asked.driver, asked.addr, asked.numchans, asked.timing, span.number)

    def _connect(self, span: LocSpan, key: str, own: str, monitored: str) -> None:
        others = [other for other in self._spans if _parsed(other.address)[0] == key]
        for other in others:
            other_own = _parsed(other.address)[1]
            if other_own == own or (not monitored and other.peer is not None) or (monitored == other_own and other.monitor is not None):
                self._disconnect(span)
                raise refusal(errno.EINVAL)
            if not monitored:
                other.peer, span.peer = span, other
            elif monitored == other_own:
                other.monitor, span.monitored = span, other

    def destroy(self, asked: DynamicSpan) -> None:
        """DYNAMIC_DESTROY. EINVAL for one that is not, EBUSY while a channel is open."""
        span = self._find(asked)
        if span is None:
            raise refusal(errno.EINVAL)
        if span.in_use:
            raise refusal(errno.EBUSY)
        self.note_heard()
        self._disconnect(span)
        self._spans.remove(span)
        self._register.devices.remove(span.device)
        if span.number:
            span.disable()
            self._taken_away(span)
        span.stop()
        self.changed()

    def _disconnect(self, span: LocSpan) -> None:
        for other in self._spans:
            if other.peer is span:
                other.peer = None
            if other.monitor is span:
                other.monitor = None
            if other.monitored is span:
                other.monitored = None

    def _find(self, asked: DynamicSpan) -> LocSpan | None:
        return next((span for span in self._spans if asked.driver == "loc" and span.address == asked.addr), None)

    # ---- audio ----

    def exchange_block(self) -> None:
        """20 ms of octets between all of them."""
        sent = [(span, span.sent_blocks()) for span in self._spans if span.number or span.peer or span.monitor]
        for span, blocks in sent:
            for hearer in span.hearers():
                hearer.receive_blocks(blocks)

    # ---- alarms ----

    def note_heard(self) -> None:
        """Until now everybody was heard by who hears him. To be called before that changes."""
        for span in self._spans:
            for hearer in span.hearers():
                hearer.heard_ms = self._agenda.now_ms

    def changed(self) -> None:
        """Who hears whom may be different from the kernel's next timer tick on."""
        self.note_heard()
        now_ms = self._agenda.now_ms
        if not self._look.running:
            self._look.start(TIMER_MS - now_ms % TIMER_MS)
        if not self._check.running:
            self._check.start(DEAF_MS - now_ms % DEAF_MS)

    def _looked(self) -> None:
        """A frame went from everybody to everybody who hears him, with word of his red alarm."""
        again = False
        for span in self._spans:
            yellow = Alarm.YELLOW if span.alarms & Alarm.RED else Alarm.NONE
            for hearer in span.hearers():
                alarms = hearer.alarms & ~(Alarm.YELLOW | Alarm.RED) | yellow
                if alarms != hearer.alarms:
                    self._alarmed(hearer, alarms)
                    again = True
            span.bits_waiting()
        if again:
            self._look.start(TIMER_MS)

    def _alarmed(self, span: LocSpan, alarms: Alarm) -> None:
        before = bool(span.alarms)
        span.set_alarms(alarms)
        if bool(alarms) != before:
            self._register.look_for_master()

    def _check_deaf(self) -> None:
        """The driver's look once a second: who has heard nothing for longer than that."""
        now_ms = self._agenda.now_ms
        heard = {id(hearer) for span in self._spans for hearer in span.hearers()}
        deaf = [span for span in self._spans if id(span) not in heard]
        for span in deaf:
            if now_ms - span.heard_ms > DEAF_MS and not span.alarms & Alarm.RED:
                self._alarmed(span, span.alarms | Alarm.RED)
                self._look.start(TIMER_MS)
        if any(not span.alarms & Alarm.RED for span in deaf):
            self._check.start(DEAF_MS)


def _parsed(address: str) -> tuple[str, str, str]:
    """Key, id and the id that is monitored (empty: none), in small letters. EINVAL for anything else."""
    digits = re.fullmatch(r"([0-9A-Fa-f]):([0-9A-Fa-f])(?::([0-9A-Fa-f]))?", address)
    if digits is None:
        raise refusal(errno.EINVAL)
    key, own, monitored = digits.groups(default="")
    return key.lower(), own.lower(), monitored.lower()
