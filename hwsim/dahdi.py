"""The simulated driver: the nodes under /dev/dahdi, analog cards behind them, time, and pulling a card's plug.

It answers the system calls of ``boards.dahdi.system.System`` as the driver's release 3.4 does, for what analog lines need; the
README says what is not modelled. Voice buffers and event queues are ``Wires``, so the media pump works on the same descriptors.

Channels are numbered from 1 through all cards; on each card the exchange lines (fxsks) come first, then the telephones (fxoks).

Time is whole milliseconds and moves by ``advance_to`` only; audio moves by ``exchange_block`` only, 20 ms on every port at once. The
two do not move each other: whoever owns time calls both in step.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from boards.dahdi.abi import Alarm, Event, Law, Params, ReceivedHook, Sig, SpanInfo
from hwsim.agenda import Agenda, Deadline
from hwsim.analog_port import ExchangePort, FarEnd, PhonePort
from hwsim.channel_node import ALAW_IDLE, BLOCK_SAMPLES, ChannelNode, PseudoNode, idle_octet
from hwsim.control_nodes import ControlNode, TimerNode, UnspecifiedNode, capabilities
from hwsim.driver_memory import Node, refusal
from hwsim.wires import Wires
from hwsim.zone import CHINA, ToneZone

__all__ = ["NODES_MOST", "AnalogCard", "FarEnd", "SimulatedDahdi"]

GONE_AFTER_MS = 1000
"""A pulled card's channels still answer for this long."""
NODES_MOST = 256
"""Open control and timer nodes at most; the next open gives ENFILE."""
PSEUDO_MOST = 512
PSEUDO_FIRST = 0x8000
SILENCE = bytes([ALAW_IDLE]) * BLOCK_SAMPLES


@dataclass(frozen=True)
class AnalogCard:
    """A card: how many exchange lines and telephones it has, and the law that its driver was loaded with."""

    fxo: int
    fxs: int
    law: Law = Law.ALAW


@dataclass
class Slot:
    """A card in its place: its ports, and whether the driver has it."""

    card: AnalogCard
    span: int
    going: Deadline
    ports: dict[int, ExchangePort | PhonePort] = field(default_factory=dict)
    plugged: bool = True
    registered: bool = True

    @property
    def first_channel(self) -> int:
        """The channel at position 1."""
        return min(self.ports, default=1)


class SimulatedDahdi:
    """A machine with these analog cards, the driver loaded and configured. A ``System``, with a line side.

    ``wires`` must have a wire for every channel, one for each pseudo channel, and one more for every open channel of a card
    that is pulled; ENFILE otherwise. ``zone`` None is a driver without tone zone.
    """

    def __init__(self, cards: Sequence[AnalogCard], wires: Wires, zone: ToneZone | None = CHINA) -> None:
        self.exchange_ports: dict[int, ExchangePort] = {}
        self.phone_ports: dict[int, PhonePort] = {}
        self._wires = wires
        self._closings_seen = 0
        self._zone = zone
        self._agenda = Agenda()
        self._nodes: dict[int, Node] = {}
        self._open: dict[int, ChannelNode] = {}
        self._spent: set[int] = set()
        self._slots: list[Slot] = []
        for card in cards:
            self._build(card)

    def _build(self, card: AnalogCard) -> None:
        slot = Slot(card, len(self._slots) + 1, self._agenda.deadline(lambda: self._card_gone(slot)))
        self._slots.append(slot)
        for _ in range(card.fxo):
            channel = self._next_channel()
            exchange = ExchangePort(self._agenda, channel, Sig.FXSKS, partial(self._raise, channel), partial(self._empty, channel))
            self.exchange_ports[channel] = slot.ports[channel] = exchange
        for _ in range(card.fxs):
            channel = self._next_channel()
            phone = PhonePort(self._agenda, channel, Sig.FXOKS, partial(self._raise, channel), partial(self._empty, channel))
            self.phone_ports[channel] = slot.ports[channel] = phone

    def _next_channel(self) -> int:
        return len(self.exchange_ports) + len(self.phone_ports) + 1

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
        for slot in self._slots:
            for channel, port in slot.ports.items():
                self._exchange(port, self._open.get(channel))
        for node in self._nodes.values():
            if isinstance(node, PseudoNode):
                node.exchange()

    def _exchange(self, port: ExchangePort | PhonePort, node: ChannelNode | None) -> None:
        # Both directions are of the same 20 ms; what is sent goes first because a far end may answer out of what it hears.
        connected = node if node is not None and port.plugged else None
        heard = SILENCE if connected is None else connected.sent()
        said = SILENCE if port.far_end is None else port.far_end.exchange(heard if port.heard_on_line else SILENCE)
        if len(said) != BLOCK_SAMPLES:
            raise ValueError(f"the far end of channel {port.channel} said {len(said)} octets, a block has {BLOCK_SAMPLES}")
        if connected is not None:
            connected.receive(said if port.hears_line else SILENCE)

    # ---- cards ----

    def pull_card(self, index: int) -> None:
        """Pull a card out of the running machine. Its lines are dead at once; its channels give ENODEV after a second.

        Raises IndexError for a card that never was, ValueError for one that is out already.
        """
        slot = self._slots[index]
        if not slot.plugged:
            raise ValueError(f"card {index} is pulled already")
        slot.plugged = False
        for channel, port in slot.ports.items():
            self._raise(channel, Event.REMOVED)
            self._raise(channel, Event.ALARM)
            port.pulled()
        slot.going.start(GONE_AFTER_MS)

    def push_card(self, index: int) -> None:
        """Put a pulled card back: the same channels, configured as at the start. Raises IndexError, or ValueError when it is in."""
        slot = self._slots[index]
        if slot.plugged:
            raise ValueError(f"card {index} is in its place")
        if slot.registered:
            self._card_gone(slot)
        slot.plugged = slot.registered = True
        for port in slot.ports.values():
            port.sig = Sig.FXSKS if isinstance(port, ExchangePort) else Sig.FXOKS
            port.pushed()

    def _card_gone(self, slot: Slot) -> None:
        slot.going.stop()
        slot.registered = False
        for channel in slot.ports:
            node = self._open.pop(channel, None)
            if node is not None:
                node.unplug()
                self._spent.add(node.fd)

    # ---- system calls ----

    def open(self, path: str, flags: int) -> int:
        self._release_closed()
        nonblocking = bool(flags & os.O_NONBLOCK)
        if path in ("/dev/dahdi/ctl", "/dev/dahdi/timer"):
            fd = self._free_number()
            self._nodes[fd] = self._control_node() if path.endswith("ctl") else TimerNode(self._agenda)
            return fd
        channel = self._channel_of(path)
        if channel is None and path not in ("/dev/dahdi/channel", "/dev/dahdi/pseudo"):
            raise refusal(errno.ENOENT)
        fd = self._free_wire()
        if path == "/dev/dahdi/pseudo":
            self._nodes[fd] = self._pseudo_node(fd)
        else:
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

    def _channel_of(self, path: str) -> int | None:
        """The channel that ``/dev/dahdi/N`` or ``/dev/dahdi/chan/SSS/CCC`` names, when there is one."""
        numbered = re.fullmatch(r"/dev/dahdi/([1-9]\d{0,3})", path)
        placed = re.fullmatch(r"/dev/dahdi/chan/(\d{3})/(\d{3})", path)
        if numbered is not None:
            channel = int(numbered[1])
        elif placed is not None:
            slots = [slot for slot in self._slots if slot.span == int(placed[1])]
            channel = slots[0].first_channel + int(placed[2]) - 1 if slots and int(placed[2]) else 0
        else:
            return None
        slot = self._slot_of(channel)
        named = slot is not None and (placed is None or slot.span == int(placed[1]))
        return channel if named else None

    def _open_directly(self, fd: int, channel: int, *, nonblocking: bool) -> None:
        try:
            self._specify(fd, nonblocking, channel)
        except OSError:
            del self._nodes[fd]
            raise

    def _pseudo_node(self, fd: int) -> PseudoNode:
        numbers = {node.number for node in self._nodes.values() if isinstance(node, PseudoNode)}
        free = (number for number in range(PSEUDO_FIRST, PSEUDO_FIRST + PSEUDO_MOST) if number not in numbers)
        number = next(free, None)
        if number is None:
            raise refusal(errno.ENXIO)
        self._wires.open(fd, ALAW_IDLE)
        return PseudoNode(self._wires, fd, number)

    def _specify(self, fd: int, nonblocking: bool, channel: int) -> None:
        self._release_closed()
        slot = self._slot_of(channel)
        if slot is None:
            raise refusal(errno.EINVAL)
        port = slot.ports[channel]
        if not port.sig:
            raise refusal(errno.ENXIO)
        if channel in self._open:
            raise refusal(errno.EBUSY)
        if not slot.plugged:
            raise refusal(errno.ENODEV)
        self._wires.open(fd, idle_octet(slot.card.law))
        describe, span_info = partial(self._describe, channel), partial(self._span_info, slot.span)
        node = ChannelNode(self._wires, fd, port, self._zone, slot.card.law, describe, span_info)
        self._nodes[fd] = self._open[channel] = node
        port.opened(self._zone.cadence if self._zone else None, nonblocking=nonblocking)

    def _unbind(self, node: ChannelNode) -> None:
        if self._open.get(node.port.channel) is node:
            del self._open[node.port.channel]
            node.port.closed()

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

    def _slot_of(self, channel: int) -> Slot | None:
        return next((slot for slot in self._slots if slot.registered and channel in slot.ports), None)

    def _raise(self, channel: int, event: int) -> None:
        node = self._open.get(channel)
        if node is not None:
            node.raise_event(event)

    def _empty(self, channel: int) -> None:
        node = self._open.get(channel)
        if node is not None:
            node.empty_audio()

    # ---- what the driver knows ----

    def _control_node(self) -> ControlNode:
        return ControlNode(self._port_of, self._spans, self._describe, partial(self._span_info, 0))

    def _port_of(self, channel: int) -> ExchangePort | PhonePort | None:
        slot = self._slot_of(channel)
        return None if slot is None else slot.ports[channel]

    def _spans(self) -> dict[int, list[ExchangePort | PhonePort]]:
        return {slot.span: list(slot.ports.values()) for slot in self._slots if slot.registered}

    def _describe(self, channel: int, asked: Params) -> Params:
        """GET_PARAMS: what is known of a registered channel."""
        slot = next(slot for slot in self._slots if channel in slot.ports)
        port, node = slot.ports[channel], self._open.get(channel)
        known = replace(
            asked,
            channo=channel,
            spanno=slot.span,
            chanpos=channel - slot.first_channel + 1,
            sigtype=port.sig,
            sigcap=capabilities(port),
            rxisoffhook=int(port.received not in (ReceivedHook.ONHOOK, ReceivedHook.INITIAL)),
            rxbits=-1,
            txbits=-1,
            txhooksig=port.sent,
            rxhooksig=port.received,
            curlaw=slot.card.law if node is None else node.law,
            idlebits=0,
            name=f"SIM/{slot.span - 1}/{channel - slot.first_channel}",
            chan_alarms=port.alarms,
        )
        return replace(known, **vars(port.times))

    def _span_info(self, own_span: int, asked_span: int) -> SpanInfo:
        """SPANSTAT: 0 asks for the channel's own span. EINVAL for one that there is not."""
        span = asked_span or own_span
        slot = next((slot for slot in self._slots if slot.span == span and slot.registered), None)
        if slot is None:
            raise refusal(errno.EINVAL)
        return SpanInfo(
            spanno=span,
            name=f"SIM/{span - 1}",
            desc=f"Simulated analog card {span}",
            alarms=Alarm.NONE if slot.plugged else Alarm.NOTOPEN,
            numchans=sum(1 for port in slot.ports.values() if port.sig),
            totalchans=len(slot.ports),
            totalspans=sum(1 for each in self._slots if each.registered),
            manufacturer="Strowger",
            devicetype="simulated analog card",
            spantype="FXO" if slot.card.fxo else "FXS",
        )
