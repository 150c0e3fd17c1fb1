"""``/dev/dahdi/ctl``: asking about any span and channel, and configuring them. Any number of programs may have it open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from boards.dahdi.abi import (
    CHANNELS_MOST,
    RETURN_MASTER,
    SPANS_MOST,
    ZONE_TONES_MOST,
    ZONES_MOST,
    AttachEchoCanceller,
    ChannelConfig,
    DialParams,
    DynamicSpan,
    Gains,
    Ioctl,
    LineConfig,
    Maint,
    MaintInfo,
    Params,
    SpanInfo,
    SpanInfoV1,
    ToneDefinition,
    ToneZoneHeader,
    VersionInfo,
)
from boards.dahdi.nodes.errors import DahdiError, NotSupported, NotValid
from boards.dahdi.nodes.node import Node, open_node
from boards.dahdi.nodes.release import Release, judged, other_structures
from boards.dahdi.nodes.sentences import marked as _
from boards.dahdi.system import System

__all__ = ["CONTROL_NODE", "ControlNode"]

CONTROL_NODE = "/dev/dahdi/ctl"
DYNAMIC_CHANNELS_MOST = 255
TONE_LENGTH_LEAST_MS, TONE_LENGTH_MOST_MS = 10, 4000
LBO_MOST = 7


_SPAN = _("the number of a span")
_CHANNEL = _("the number of a channel")
_ZONE = _("the number of a tone zone")
_LENGTH = _("the length of a digit in ms")


class ControlNode(Node):
    """The open control node. Configuring takes a user who may write to it; a second program that configures is not kept out."""

    def __init__(self, system: System, fd: int) -> None:
        super().__init__(system, fd, CONTROL_NODE)

    @classmethod
    def open(cls, system: System) -> Self:
        """Open it. Raises DahdiError: NoSuchDevice without a driver, NotPermitted."""
        return cls(system, open_node(system, CONTROL_NODE))

    # ---- the driver ----

    def version(self) -> VersionInfo:
        """The driver's release, and the echo cancellers that are loaded (names, separated by comma and blank)."""
        return self._ask(Ioctl.GETVERSION, VersionInfo)

    def release(self) -> Release:
        """Look whether this is a driver that we know: its release, and a warning about one that was not tried.

        Raises WrongDriver when its structures have other sizes than ours. A structure's size is part of the number of its call, so such
        a driver does not know the call at all; it is asked for things that there are not, which changes nothing.
        """
        for code, kind, number in ((Ioctl.GET_PARAMS, Params, CHANNELS_MOST + 1), (Ioctl.SPANSTAT, SpanInfo, SPANS_MOST + 1)):
            try:
                self._ask(code, kind, number)
            except NotValid:
                continue
            except NotSupported as error:
                if code != Ioctl.SPANSTAT or not self._has_old_span_info():
                    raise other_structures(self.device, code.name) from error
        return judged(self.version().version)

    def _has_old_span_info(self) -> bool:
        try:
            self._ask(Ioctl.SPANSTAT_V1, SpanInfoV1, SPANS_MOST + 1)
        except NotValid:
            return True
        except DahdiError:
            return False
        return True

    # ---- spans ----

    def span(self, number: int) -> SpanInfo:
        """Span ``number`` (1…128): kind, alarms, counters. NotValid when there is none. Old drivers leave five counters 0."""
        self._within(Ioctl.SPANSTAT, _SPAN, number, 1, SPANS_MOST)
        try:
            return self._ask(Ioctl.SPANSTAT, SpanInfo, number)
        except NotSupported:
            return self._ask(Ioctl.SPANSTAT_V1, SpanInfoV1, number).lifted()

    def spans(self) -> tuple[SpanInfo, ...]:
        """Every span, by number; their numbers may have gaps."""
        found: list[SpanInfo] = []
        for number in range(1, SPANS_MOST + 1):
            try:
                found.append(self.span(number))
            except NotValid:
                continue
            # How many there are is known only from one that there is.
            if len(found) >= found[-1].totalspans:
                break
        return tuple(found)

    def configure_span(self, config: LineConfig) -> None:
        """Framing, coding, line build-out (0…7) and place among the clock sources (``sync`` 0: never, else 1 is the first choice).

        NoSuchDevice for a span that there is not, NotValid when its card cannot do it. The channels keep their signalling.
        """
        self._within(Ioctl.SPANCONFIG, _SPAN, config.span, 1, SPANS_MOST)
        self._within(Ioctl.SPANCONFIG, _("the line build-out of a span"), config.lbo, 0, LBO_MOST)
        self._within(Ioctl.SPANCONFIG, _("the place of a span among the clock sources"), config.sync, 0, SPANS_MOST)
        self._send(Ioctl.SPANCONFIG, config)

    def start_up(self, span: int) -> None:
        """Let a configured span run; a running one goes on undisturbed. NoSuchDevice for a span that there is not."""
        self._within(Ioctl.STARTUP, _SPAN, span, 1, SPANS_MOST)
        self._tell(Ioctl.STARTUP, span)

    def shut_down(self, span: int) -> None:
        """Stop a span. Its channels lose their signalling: configure them again afterwards. NoSuchDevice as for ``start_up``."""
        self._within(Ioctl.SHUTDOWN, _SPAN, span, 1, SPANS_MOST)
        self._tell(Ioctl.SHUTDOWN, span)

    def maintain(self, span: int, command: Maint) -> None:
        """Loop, inject an error, reset counters. A loop raises alarms on every channel: take the span out of service before.

        NotSupported when the card or its kind of line cannot; dynamic spans never can.
        """
        self._within(Ioctl.MAINT, _SPAN, span, 1, SPANS_MOST)
        self._send(Ioctl.MAINT, MaintInfo(span, command), f"MAINT {command.name}")

    def create_dynamic_span(self, span: DynamicSpan) -> DynamicSpan:
        """Make a span without a card (``driver`` ``loc`` or ``eth``); the answer has its number in ``spanno``.

        NotValid when there is one with this address, or the driver knows no such transport; NotSupported without dynamic spans.
        """
        self._within(Ioctl.DYNAMIC_CREATE, _("the number of channels of a dynamic span"), span.numchans, 1, DYNAMIC_CHANNELS_MOST)
        return self._exchange(Ioctl.DYNAMIC_CREATE, span)

    def destroy_dynamic_span(self, span: DynamicSpan) -> None:
        """Remove the dynamic span with this driver and address. DeviceBusy while a channel of it is open."""
        self._send(Ioctl.DYNAMIC_DESTROY, span)

    # ---- channels ----

    def params(self, channel: int) -> Params:
        """State and timing of channel ``channel`` (1…1024), open or not. NotValid when there is none."""
        self._within(Ioctl.GET_PARAMS, _CHANNEL, channel, 1, CHANNELS_MOST)
        return self._ask(Ioctl.GET_PARAMS, Params, channel)

    def params_and_master(self, channel: int) -> tuple[Params, int]:
        """As ``params``, and the channel that leads the bonded group it belongs to: itself when it belongs to none."""
        self._within(Ioctl.GET_PARAMS, _CHANNEL, channel, 1, CHANNELS_MOST)
        known = self._ask(Ioctl.GET_PARAMS, Params, channel | RETURN_MASTER)
        return replace(known, channo=known.channo & 0xFFFF), known.channo >> 16

    def set_params(self, params: Params) -> None:
        """Set the eleven times (0…60 000 ms) of channel ``params.channo``, all of them: begin with what ``params`` answers."""
        self._within(Ioctl.SET_PARAMS, _CHANNEL, params.channo, 1, CHANNELS_MOST)
        self._times_within(params)
        self._send(Ioctl.SET_PARAMS, params)

    def configure_channel(self, config: ChannelConfig) -> None:
        """Signalling, law, master and idle bits of a channel. Hangs it up and tells its hook state anew.

        NotValid when there is no such channel or its card cannot do this signalling.
        """
        self._within(Ioctl.CHANCONFIG, _CHANNEL, config.chan, 1, CHANNELS_MOST)
        self._send(Ioctl.CHANCONFIG, config)

    def attach_echo_canceller(self, channel: int, name: str) -> None:
        """Let a channel have the echo canceller ``name`` (``mg2``, ``oslec``, …; at most 15 octets) when it is switched on; "" detaches.

        NotValid when there is no such channel or that echo canceller is not loaded. Where the card has its own, the driver takes that.
        """
        self._within(Ioctl.ATTACH_ECHOCAN, _CHANNEL, channel, 1, CHANNELS_MOST)
        self._send(Ioctl.ATTACH_ECHOCAN, AttachEchoCanceller(channel, name))

    def gains(self, channel: int) -> Gains:
        """The gain tables of an open channel that carries audio."""
        self._within(Ioctl.GETGAINS, _CHANNEL, channel, 1, CHANNELS_MOST)
        return self._ask(Ioctl.GETGAINS, Gains, channel)

    def set_gains(self, gains: Gains) -> None:
        """Set the gain tables of channel ``gains.chan`` until it is closed."""
        self._within(Ioctl.SETGAINS, _CHANNEL, gains.chan, 1, CHANNELS_MOST)
        self._send(Ioctl.SETGAINS, gains)

    # ---- tones ----

    def load_zone(self, zone: ToneZoneHeader, tones: Sequence[ToneDefinition]) -> None:
        """Load a tone zone (0…255) of at most 128 pieces of tones, in place of none: free one of the same number before.

        ``zone.count`` is filled in here. Channels take a zone when they are opened. Set the dial parameters afterwards: loading reads
        the ones that were set before as samples.
        """
        self._within(Ioctl.LOADZONE, _ZONE, zone.zone, 0, ZONES_MOST - 1)
        self._within(Ioctl.LOADZONE, _("the number of pieces of tones in a zone"), len(tones), 0, ZONE_TONES_MOST)
        self._send(Ioctl.LOADZONE, replace(zone, count=len(tones)), more=tones)

    def free_zone(self, zone: int) -> None:
        """Forget a tone zone; channels that use it keep it until they are closed. One that is not loaded is no error."""
        self._within(Ioctl.FREEZONE, _ZONE, zone, 0, ZONES_MOST - 1)
        self._tell(Ioctl.FREEZONE, zone)

    def set_default_zone(self, zone: int) -> None:
        """The zone that channels get when they are opened. NotValid when it is not loaded."""
        self._within(Ioctl.DEFAULTZONE, _ZONE, zone, 0, ZONES_MOST - 1)
        self._tell(Ioctl.DEFAULTZONE, zone)

    def dial_params(self) -> DialParams:
        """Lengths of dialled digits, of the whole machine. Before they were ever set the driver answers samples, afterwards ms."""
        return self._ask(Ioctl.GET_DIALPARAMS, DialParams)

    def set_dial_params(self, params: DialParams) -> None:
        """Set them, in ms (10…4000), for the whole machine."""
        for length_ms in (params.mfv1_tonelen, params.dtmf_tonelen, params.mfr2_tonelen):
            self._within(Ioctl.SET_DIALPARAMS, _LENGTH, length_ms, TONE_LENGTH_LEAST_MS, TONE_LENGTH_MOST_MS)
        self._send(Ioctl.SET_DIALPARAMS, params)

    # ---- for the kernel's log ----

    def log_channel(self, channel: int) -> None:
        """Let the driver write what it knows of a channel into the kernel's log."""
        self._within(Ioctl.CHANDIAG, _CHANNEL, channel, 1, CHANNELS_MOST)
        self._tell(Ioctl.CHANDIAG, channel)
