"""The simulated driver: the nodes under /dev/dahdi, cards behind them, time, and pulling a card's plug.

It answers the system calls of ``boards.dahdi.system.System`` as the driver does; the README says what is not modelled. Voice buffers and
event queues are ``Wires``, so the media pump works on the same descriptors.

Cards get their spans' and channels' numbers in the order in which they are given, on an analog card exchange lines (fxsks) first, then
telephones (fxoks). Analog cards are configured from the start, spans of digital cards have to be.

Time is whole milliseconds and moves by ``advance_to`` only; audio moves by ``exchange_block`` only, 20 ms on every port at once. The
two do not move each other: whoever owns time calls both in step.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from functools import partial

from boards.dahdi.abi import Alarm
from hwsim.agenda import Deadline
from hwsim.analog_card import AnalogCard, AnalogSpan
from hwsim.analog_port import ExchangePort, FarEnd, PhonePort
from hwsim.channel_audio import ChannelAudio
from hwsim.channel_node import ChannelNode
from hwsim.control_nodes import ControlNode, TimerNode, UnspecifiedNode
from hwsim.device_tree import SimulatedTree
from hwsim.driver_channel import BLOCK_SAMPLES, DriverChannel
from hwsim.driver_memory import Node, refusal
from hwsim.driver_span import DriverDevice, DriverSpan
from hwsim.driver_state import DriverState
from hwsim.exchange_span import ExchangeSpan
from hwsim.loc_spans import LocSpans
from hwsim.pseudo_channel import pseudo_channel
from hwsim.span_card import CardSpan, SpanCard, exchange_cards
from hwsim.span_line import SpanLine
from hwsim.wires import Wires
from hwsim.zone import CHINA, ToneZone

__all__ = ["NODES_MOST", "AnalogCard", "FarEnd", "SimulatedDahdi", "SpanCard"]

GONE_AFTER_MS = 1000
"""A span that loses its numbers while a channel is open still answers for this long."""
NODES_MOST = 256
"""Open control and timer nodes at most; the next open gives ENFILE."""


class Slot:
    """A card in its place, and whether the driver has it."""

    def __init__(self, device: DriverDevice, going: Deadline) -> None:
        self.device = device
        self.going = going
        self.plugged = True


class SimulatedDahdi:
    """A machine with these cards, the driver loaded. A ``System``, with a line side.

    ``wires`` must have a wire for every channel that is open at once, one for each pseudo channel, and one more for every open channel of
    a span that is taken away; ENFILE otherwise. ``zone`` None is a driver without tone zone. ``auto_assign`` False is a driver that
    gives no span its numbers by itself.
    """

    def __init__(
        self, cards: Sequence[AnalogCard | SpanCard], wires: Wires, zone: ToneZone | None = CHINA, *, auto_assign: bool = True
    ) -> None:
        self.exchange_ports: dict[int, ExchangePort] = {}
        self.phone_ports: dict[int, PhonePort] = {}
        self.span_lines: dict[tuple[int, int], SpanLine] = {}
        """The line sides of digital spans, by the card's place and the span's on it, both from 0 on."""
        self._wires = wires
        self._closings_seen = 0
        self._state = DriverState(wires, zone)
        self._agenda = self._state.agenda
        self._auto_assign = auto_assign
        self._dynamic = LocSpans(self._agenda, self._state.register, self._take_away)
        self._nodes: dict[int, Node] = {}
        self._spent: set[int] = set()
        self._leaving: dict[DriverSpan, Deadline] = {}
        self._analog: list[AnalogSpan] = []
        self._digital: list[CardSpan] = []
        self._slots = [self._build(place, card) for place, card in enumerate(cards)]
        for slot in self._slots:
            self._registered(slot)
        self.tree = SimulatedTree(self._state.register, self.assign, self.unassign)

    def _build(self, place: int, card: AnalogCard | SpanCard) -> Slot:
        model = f"simulated {card.kind} card" if isinstance(card, SpanCard) else "simulated analog card"
        location = card.location or f"PCI Bus 03 Slot {place + 1:02d}"
        device = DriverDevice(f"pci:0000:03:{place:02x}.0", card.hardware_id, location, "Strowger", model, self._agenda.now_ms)
        if isinstance(card, SpanCard):
            look = self._state.register.look_for_master
            digital = [CardSpan(device, card, place, port, self._agenda, look) for port in range(card.ports)]
            self.span_lines |= {(place, port): span.line for port, span in enumerate(digital)}
            self._digital += digital
        else:
            self._analog.append(AnalogSpan(device, card, place, self._agenda))
        return Slot(device, self._agenda.deadline(partial(self._card_gone, place)))

    def _registered(self, slot: Slot) -> None:
        slot.device.registered_ms = self._agenda.now_ms
        self._state.register.devices.append(slot.device)
        for span in slot.device.spans if self._auto_assign else ():
            self.assign(span)

    def plug_exchange(self, place: int, port: int) -> ExchangeSpan:
        """Plug the cable of an exchange into a port of a digital card. KeyError for a port that there is not."""
        far = ExchangeSpan(self.span_lines[place, port].span, self._agenda)
        self._digital.append(far)
        return far

    # ---- time and audio ----

    @property
    def now_ms(self) -> int:
        """Milliseconds since the driver was loaded."""
        return self._agenda.now_ms

    def advance_to(self, ms: int) -> None:
        """Let time pass until ``ms``; everything due meanwhile happens in order. Raises ValueError for a time that is past."""
        self._release_closed()
        self._agenda.advance_to(ms)

    def exchange_block(self) -> None:
        """Let 20 ms of audio pass both ways on every port. Time does not move."""
        self._release_closed()
        for span in self._analog:
            span.exchange_block()
        exchange_cards(self._digital)
        self._dynamic.exchange_block()
        self._state.conferences.rotate()
        pseudos = [channel.opened for channel in self._state.pseudos.values() if channel.opened is not None]
        for audio in pseudos:
            audio.speak(BLOCK_SAMPLES)
        for audio in pseudos:
            audio.listen(BLOCK_SAMPLES)

    # ---- what the driver has ----

    @property
    def devices(self) -> Sequence[DriverDevice]:
        """Cards and dynamic spans, in the order in which the driver took them."""
        return self._state.register.devices

    @property
    def spans(self) -> Sequence[DriverSpan]:
        """Every span that has a number, by number: what a test may set alarms of (``set_alarms``) or count errors in (``counters``)."""
        return self._state.register.spans

    def channel(self, number: int) -> DriverChannel:
        """A channel. OSError (EINVAL) for one that there is not."""
        return self._state.channel(number)

    def open_channels(self) -> list[DriverChannel]:
        """Every channel that somebody has open, pseudo channels too."""
        return list(self._state.open_channels())

    # ---- spans and their numbers ----

    def assign(self, span: DriverSpan, number: int = 0, first_channel: int = 0) -> None:
        """Give a span its numbers; 0: the first that fit. OSError as the driver refuses it."""
        self._state.register.assign(span, number, first_channel)
        self._leaving.pop(span, None)
        for channel in span.channels:
            if isinstance(channel.port, ExchangePort):
                self.exchange_ports[channel.number] = channel.port
            elif isinstance(channel.port, PhonePort):
                self.phone_ports[channel.number] = channel.port
        self._dynamic.changed()

    def unassign(self, span: DriverSpan) -> None:
        """Take a span's numbers away: at once, or, while a channel is open, in a second. EINVAL for one that has none."""
        if not span.number:
            raise refusal(errno.EINVAL)
        span.disable()
        if not span.in_use:
            self._take_away(span)
        elif span not in self._leaving:
            leaving = self._leaving[span] = self._agenda.deadline(partial(self._take_away, span))
            leaving.start(GONE_AFTER_MS)

    def _take_away(self, span: DriverSpan) -> None:
        leaving = self._leaving.pop(span, None)
        if leaving is not None:
            leaving.stop()
        if not span.number:
            return
        self._dynamic.note_heard()
        for channel in span.channels:
            self.exchange_ports.pop(channel.number, None)
            self.phone_ports.pop(channel.number, None)
            node = None if channel.opened is None else self._nodes.get(channel.opened.fd)
            channel.opened = None
            if isinstance(node, ChannelNode):
                node.unplug()
                self._spent.add(node.fd)
                if channel.port is not None and channel.port.plugged:
                    channel.port.closed()
        self._state.register.remove(span)
        self._dynamic.changed()

    # ---- cards ----

    def pull_card(self, index: int) -> None:
        """Pull a card out of the running machine. Its lines are dead at once; its channels give ENODEV after a second.

        Raises IndexError for a card that never was, ValueError for one that is out already.
        """
        slot = self._slots[index]
        if not slot.plugged:
            raise ValueError(f"card {index} is pulled already")
        slot.plugged = False
        for span in slot.device.spans:
            span.pulled()
        slot.going.start(GONE_AFTER_MS)

    def alarm_span(self, index: int, port: int, alarms: Alarm) -> None:
        """Let a port (from 0 on) of a card see these alarms; NONE: nothing is wrong any more.

        A digital port sees no signal for RED, and takes its time as with any fault of the line; an analog card shows what it is told. Raises
        IndexError for a port that there is not.
        """
        span = self._slots[index].device.spans[port]
        line = self.span_lines.get((index, port))
        if line is None:
            span.set_alarms(alarms)
        else:
            line.impose(Alarm.LOS if alarms & Alarm.RED else alarms)

    def push_card(self, index: int) -> None:
        """Put a pulled card back. Its spans get the first numbers that fit: the same, unless others have them now.

        An analog card is configured as at the start, a digital one has to be configured anew. Raises IndexError, or ValueError when the
        card is in.
        """
        slot = self._slots[index]
        if slot.plugged:
            raise ValueError(f"card {index} is in its place")
        if slot.going.running:
            self._card_gone(index)
        slot.plugged = True
        for span in slot.device.spans:
            span.pushed()
        self._registered(slot)

    def _card_gone(self, index: int) -> None:
        slot = self._slots[index]
        slot.going.stop()
        for span in slot.device.spans:
            self._take_away(span)
        self._state.register.devices.remove(slot.device)

    # ---- system calls ----

    def open(self, path: str, flags: int) -> int:
        self._release_closed()
        nonblocking = bool(flags & os.O_NONBLOCK)
        if path in ("/dev/dahdi/ctl", "/dev/dahdi/timer"):
            fd = self._free_number()
            self._nodes[fd] = ControlNode(self._state, self._dynamic) if path.endswith("ctl") else TimerNode(self._agenda)
            return fd
        channel = self._channel_of(path)
        if channel is None and path not in ("/dev/dahdi/channel", "/dev/dahdi/pseudo"):
            raise refusal(errno.ENOENT)
        fd = self._free_wire()
        if path == "/dev/dahdi/pseudo":
            self._open_channel(fd, pseudo_channel(self._state), nonblocking=nonblocking)
            return fd
        self._nodes[fd] = UnspecifiedNode(partial(self._specify, fd, nonblocking))
        if channel is not None:
            self._open_directly(fd, channel, nonblocking=nonblocking)
        return fd

    def close(self, fd: int) -> None:
        self._release_closed()
        node = self._node(fd)
        del self._nodes[fd]
        node.close()
        if isinstance(node, ChannelNode):
            self._unbind(node)

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        return self._node(fd).ioctl(code, argument)

    def read(self, fd: int, size: int) -> bytes:
        return self._node(fd).read(size)

    def write(self, fd: int, data: bytes) -> int:
        return self._node(fd).write(data)

    def poll(self, fd: int) -> int:
        return self._node(fd).poll()

    # ---- nodes ----

    def _node(self, fd: int) -> Node:
        node = self._nodes.get(fd)
        if node is None or (isinstance(node, ChannelNode) and not self._wires.is_open(fd)):
            raise refusal(errno.EBADF)
        return node

    def _free_number(self) -> int:
        first = self._wires.descriptors.stop
        for fd in range(first, first + NODES_MOST):
            if fd not in self._nodes:
                return fd
        raise refusal(errno.ENFILE)

    def _free_wire(self) -> int:
        for fd in self._wires.descriptors:
            if fd not in self._nodes and fd not in self._spent:
                return fd
        raise refusal(errno.ENFILE)

    def _channel_of(self, path: str) -> DriverChannel | None:
        """The channel that ``/dev/dahdi/N`` or ``/dev/dahdi/chan/SSS/CCC`` names, when there is one."""
        register = self._state.register
        numbered = re.fullmatch(r"/dev/dahdi/([1-9]\d{0,3})", path)
        if numbered is not None:
            return register.channel(int(numbered[1]))
        placed = re.fullmatch(r"/dev/dahdi/chan/(\d{3})/(\d{3})", path)
        span = None if placed is None else register.find(int(placed[1]))
        if placed is None or span is None or not 1 <= int(placed[2]) <= len(span.channels):
            return None
        return span.channels[int(placed[2]) - 1]

    def _open_directly(self, fd: int, channel: DriverChannel, *, nonblocking: bool) -> None:
        try:
            self._specify(fd, nonblocking, channel.number)
        except OSError:
            del self._nodes[fd]
            raise

    def _specify(self, fd: int, nonblocking: bool, number: int) -> None:
        self._release_closed()
        channel = self._state.channel(number)
        if not channel.sig:
            raise refusal(errno.ENXIO)
        if channel.opened is not None or channel.master is not channel:
            raise refusal(errno.EBUSY)
        if channel.port is None or not channel.port.plugged:
            raise refusal(errno.ENODEV)
        self._open_channel(fd, channel, nonblocking=nonblocking)

    def _open_channel(self, fd: int, channel: DriverChannel, *, nonblocking: bool) -> None:
        channel.at_open()
        self._wires.open(fd, channel.idle_octet)
        audio = ChannelAudio(self._wires, fd, channel, self._state.zones)
        self._nodes[fd] = ChannelNode(self._state, channel, audio)
        channel.opened = audio
        if channel.port is not None:
            zone = audio.tones.zone
            channel.port.opened(None if zone is None else zone.zone.cadence, nonblocking=nonblocking)

    def _unbind(self, node: ChannelNode) -> None:
        channel = node.channel
        if channel.opened is not node.audio:
            return
        channel.opened = None
        channel.law = channel.default_law
        if channel.port is not None:
            channel.port.closed()
        else:
            self._state.pseudos.pop(channel.number, None)

    def _release_closed(self) -> None:
        """The media pump closes channels without asking us: hang up those that it closed."""
        closings = self._wires.closings
        if closings == self._closings_seen:
            return
        self._closings_seen = closings
        closed = [fd for fd, node in self._nodes.items() if isinstance(node, ChannelNode) and not self._wires.is_open(fd)]
        for fd in closed:
            node = self._nodes.pop(fd)
            if isinstance(node, ChannelNode):
                self._unbind(node)
