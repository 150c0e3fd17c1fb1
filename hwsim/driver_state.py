"""All that nodes of the simulated driver share: spans, zones, conferences, who has what open; and what is told of a channel."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import replace

from boards.dahdi.abi import RETURN_MASTER, ConferenceInfo, Params, ReceivedHook, SpanInfo
from hwsim.agenda import Agenda
from hwsim.bit_port import BitPort
from hwsim.conferences import CONFERENCES_MOST, JOINT_MODES, MODES, MONITOR_MODES, Conferences, Monitored, Seat
from hwsim.driver_channel import DriverChannel
from hwsim.driver_memory import refusal
from hwsim.signalling_bits import is_off_hook
from hwsim.span_register import SpanRegister
from hwsim.tone_zones import ToneZones
from hwsim.transmit_states import HookTimes
from hwsim.wires import Wires
from hwsim.zone import ToneZone

__all__ = ["ECHO_CANCELLERS", "DriverState"]

ECHO_CANCELLERS = ("OSLEC", "MG2")
"""The software echo cancellers that are loaded. None of them cancels anything."""
MODE_BITS = 0xFF
FREE_CONFERENCE = -1
DIGITAL_MONITOR = 9


class DriverState:
    """The driver's own knowledge."""

    def __init__(self, wires: Wires, zone: ToneZone | None) -> None:
        self.wires = wires
        self.agenda = Agenda()
        self.register = SpanRegister()
        self.zones = ToneZones(zone)
        self.conferences = Conferences()
        self.pseudos: dict[int, DriverChannel] = {}

    def channel(self, number: int) -> DriverChannel:
        """A channel by its number, a pseudo channel too. EINVAL for one that there is not."""
        found = self.register.channel(number) or self.pseudos.get(number)
        if found is None:
            raise refusal(errno.EINVAL)
        return found

    def open_channels(self) -> Iterator[DriverChannel]:
        """Every channel that somebody has open."""
        for span in self.register.spans:
            for channel in span.channels:
                if channel.opened is not None:
                    yield channel
        yield from self.pseudos.values()

    # ---- what is told ----

    def describe(self, channel: DriverChannel, asked: Params) -> Params:
        """GET_PARAMS."""
        span, port = channel.span, channel.port
        number = channel.number
        if asked.channo & RETURN_MASTER:
            number |= channel.master.number << 16
        known = replace(
            asked,
            channo=number,
            spanno=0 if span is None else span.number,
            chanpos=channel.position,
            sigtype=channel.sig,
            sigcap=int(channel.capabilities),
            rxisoffhook=0,
            rxbits=-1,
            txbits=-1,
            txhooksig=-1,
            rxhooksig=-1,
            curlaw=channel.law,
            idlebits=0,
            name=channel.name,
            chan_alarms=0 if port is None else port.alarms,
        )
        if port is None:
            return replace(known, **vars(HookTimes() if channel.opened is None else channel.opened.times))
        known = replace(known, **vars(port.times))
        if isinstance(port, BitPort):
            off_hook = is_off_hook(port.sig, port.received_bits, port.received, port.idle_bits)
            known = replace(known, rxisoffhook=int(off_hook))
            if not channel.clear:
                known = replace(known, rxbits=port.received_bits, txbits=port.sent_bits, idlebits=port.idle_bits)
        else:
            known = replace(known, rxisoffhook=int(port.received not in (ReceivedHook.ONHOOK, ReceivedHook.INITIAL)))
        return known if channel.clear else replace(known, txhooksig=port.sent, rxhooksig=port.received)

    def set_times(self, channel: DriverChannel, asked: Params) -> None:
        """SET_PARAMS."""
        times = HookTimes.from_params(asked)
        if channel.port is not None:
            channel.port.set_times(times)
        elif channel.opened is not None:
            channel.opened.times = times

    def span_info(self, number: int, own: DriverChannel | None) -> SpanInfo:
        """SPANSTAT: 0 asks for the channel's own span. EINVAL for one that there is not."""
        own_span = None if own is None else own.span
        span = self.register.find(number) if number else own_span
        if span is None:
            raise refusal(errno.EINVAL)
        return span.info(len(self.register.spans))

    # ---- conferences ----

    def seat(self, asked: ConferenceInfo, channel: DriverChannel) -> ConferenceInfo:
        """SETCONF; returns it with the numbers that were chosen. EINVAL for what makes no sense, EBUSY when no conference is free."""
        mode, number = asked.confmode & MODE_BITS, asked.confno
        if channel.opened is None or not channel.audio or mode not in MODES:
            raise refusal(errno.EINVAL)
        if mode in MONITOR_MODES or mode == DIGITAL_MONITOR:
            self.channel(number)
        elif not FREE_CONFERENCE <= number <= CONFERENCES_MOST:
            raise refusal(errno.EINVAL)
        if bool(number) != bool(asked.confmode):
            raise refusal(errno.EINVAL)
        if number == FREE_CONFERENCE:
            free = self.conferences.unused(self._conferences_in_use())
            if free is None:
                raise refusal(errno.EBUSY)
            number = free
        chosen = ConferenceInfo(channel.number, number, asked.confmode)
        seated = None
        if asked.confmode:
            seated = Seat(chosen, self.conferences, pseudo=channel.pseudo, monitored=lambda: self._monitored(number))
        channel.opened.seat = seated
        return chosen

    def seated(self, channel: DriverChannel) -> ConferenceInfo:
        """GETCONF. EINVAL for a channel that is not in audio mode."""
        if not channel.audio:
            raise refusal(errno.EINVAL)
        seat = None if channel.opened is None else channel.opened.seat
        return ConferenceInfo(channel.number, 0, 0) if seat is None else seat.info

    def _conferences_in_use(self) -> Iterator[int]:
        for channel in self.open_channels():
            seat = None if channel.opened is None else channel.opened.seat
            if seat is not None and seat.mode in JOINT_MODES:
                yield seat.conference

    def _monitored(self, number: int) -> Monitored | None:
        found = self.register.channel(number) or self.pseudos.get(number)
        return None if found is None else found.opened
