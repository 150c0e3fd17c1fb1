"""The simulated driver's nodes without audio: the control node, the timer, and a channel node before SPECIFY."""

from __future__ import annotations

import errno
import select
from collections.abc import Callable

from boards.dahdi.abi import (
    AttachEchoCanceller,
    ChannelConfig,
    DialParams,
    DynamicSpan,
    Event,
    Ioctl,
    LineConfig,
    MaintInfo,
    Params,
    Sig,
    SpanInfo,
    VersionInfo,
)
from hwsim.agenda import Agenda
from hwsim.channel_node import get_gains, set_gains
from hwsim.driver_memory import Node, get_int, get_structure, put, put_int, refusal
from hwsim.driver_span import DriverSpan
from hwsim.driver_state import ECHO_CANCELLERS, DriverState
from hwsim.loc_spans import LocSpans
from hwsim.span_memory import put_old_span_info

__all__ = ["ControlNode", "TimerNode", "UnspecifiedNode"]

VERSION = VersionInfo("3.4.0 (simulated)", ", ".join(ECHO_CANCELLERS))
SAMPLES_PER_MS = 8
PARAMS_CHANNEL_BITS = 0x3FFFFFFF
Call = Callable[[int | bytearray], None]


class UnspecifiedNode(Node):
    """``/dev/dahdi/channel`` before SPECIFY: everything else is not implemented on it."""

    def __init__(self, specify: Callable[[int], None]) -> None:
        self._specify = specify

    def ioctl(self, code: int, argument: int | bytearray) -> int:
        if code != Ioctl.SPECIFY:
            raise refusal(errno.ENOSYS)
        self._specify(get_int(argument))
        return 0

    def close(self) -> None:
        """Nothing was opened by it."""


class ControlNode(Node):
    """``/dev/dahdi/ctl``: questions about any channel or span, and configuration."""

    def __init__(self, state: DriverState, dynamic: LocSpans) -> None:
        self._state = state
        zones = state.zones
        self._calls: dict[int, Call] = {
            Ioctl.GETVERSION: lambda argument: put(argument, VERSION.pack()),
            Ioctl.SPANSTAT: lambda argument: put(argument, self._span_info(get_structure(SpanInfo, argument).spanno).pack()),
            Ioctl.SPANSTAT_V1: lambda argument: put_old_span_info(argument, self._span_info),
            Ioctl.GET_PARAMS: self._get_params,
            Ioctl.GET_PARAMS_V1: self._get_params,
            Ioctl.SET_PARAMS: self._set_params,
            Ioctl.GETGAINS: lambda argument: get_gains(state, argument, None),
            Ioctl.GETGAINS_V1: lambda argument: get_gains(state, argument, None),
            Ioctl.SETGAINS: lambda argument: set_gains(state, argument, None),
            Ioctl.SPANCONFIG: self._configure_span,
            Ioctl.CHANCONFIG: self._configure_channel,
            Ioctl.STARTUP: self._start_up,
            Ioctl.SHUTDOWN: lambda argument: self._span(get_int(argument)).shut_down(),
            Ioctl.MAINT: self._maintain,
            Ioctl.ATTACH_ECHOCAN: self._attach,
            Ioctl.LOADZONE: zones.load,
            Ioctl.FREEZONE: lambda argument: zones.free(get_int(argument)),
            Ioctl.DEFAULTZONE: lambda argument: zones.make_default(get_int(argument)),
            Ioctl.SET_DIALPARAMS: lambda argument: zones.set_lengths(get_structure(DialParams, argument)),
            Ioctl.GET_DIALPARAMS: lambda argument: put(argument, zones.lengths.pack()),
            Ioctl.DYNAMIC_CREATE: lambda argument: put(argument, dynamic.create(get_structure(DynamicSpan, argument)).pack()),
            Ioctl.DYNAMIC_DESTROY: lambda argument: dynamic.destroy(get_structure(DynamicSpan, argument)),
        }

    def ioctl(self, code: int, argument: int | bytearray) -> int:
        call = self._calls.get(code)
        if call is None:
            raise refusal(errno.ENOTTY)
        call(argument)
        return 0

    def close(self) -> None:
        """Nothing was opened by it."""

    def _span(self, number: int) -> DriverSpan:
        span = self._state.register.find(number)
        if span is None:
            raise refusal(errno.ENXIO)
        return span

    def _span_info(self, number: int) -> SpanInfo:
        return self._state.span_info(number, None)

    def _get_params(self, argument: int | bytearray) -> None:
        asked = get_structure(Params, argument)
        channel = self._state.channel(asked.channo & PARAMS_CHANNEL_BITS)
        put(argument, self._state.describe(channel, asked).pack())

    def _set_params(self, argument: int | bytearray) -> None:
        asked = get_structure(Params, argument)
        self._state.set_times(self._state.channel(asked.channo), asked)

    def _configure_span(self, argument: int | bytearray) -> None:
        asked = get_structure(LineConfig, argument)
        self._span(asked.span).configure(asked)

    def _configure_channel(self, argument: int | bytearray) -> None:
        asked = get_structure(ChannelConfig, argument)
        channel = self._state.channel(asked.chan)
        master = self._state.channel(asked.master) if asked.sigtype == Sig.SLAVE else None
        sig = channel.configure(asked, master)
        put(argument, ChannelConfig(**{**vars(asked), "sigtype": int(sig)}).pack())

    def _start_up(self, argument: int | bytearray) -> None:
        span = self._span(get_int(argument))
        if not span.running:
            span.start_up()
            self._state.register.look_for_master()

    def _maintain(self, argument: int | bytearray) -> None:
        asked = get_structure(MaintInfo, argument)
        span = self._state.register.find(asked.spanno)
        if span is None:
            raise refusal(errno.EINVAL)
        span.maintain(asked)

    def _attach(self, argument: int | bytearray) -> None:
        asked = get_structure(AttachEchoCanceller, argument)
        channel = self._state.channel(asked.chan)
        name = asked.echocan.upper()
        built_in = channel.span.canceller if channel.span is not None else ""
        if built_in:
            # As the driver is delivered: a card's own canceller is taken whatever was asked for.
            name = built_in
        elif name and name not in ECHO_CANCELLERS:
            raise refusal(errno.EINVAL)
        channel.canceller = name


class TimerNode(Node):
    """``/dev/dahdi/timer``: counts periods; an expiry stays until it is acknowledged."""

    def __init__(self, agenda: Agenda) -> None:
        self._deadline = agenda.deadline(self._due)
        self._period_ms = 0
        self._tripped = 0
        self._ping = False

    def ioctl(self, code: int, argument: int | bytearray) -> int:
        if code == Ioctl.TIMERCONFIG:
            self._configure(get_int(argument))
        elif code == Ioctl.TIMERACK:
            count = get_int(argument)
            self._tripped -= count if 1 <= count <= self._tripped else self._tripped
        elif code == Ioctl.GETEVENT:
            put_int(argument, self._event())
        elif code in (Ioctl.TIMERPING, Ioctl.TIMERPONG):
            self._ping = code == Ioctl.TIMERPING
        else:
            raise refusal(errno.ENOTTY)
        return 0

    def poll(self) -> int:
        return select.POLLPRI if self._tripped or self._ping else 0

    def close(self) -> None:
        self._deadline.stop()

    def _configure(self, samples: int) -> None:
        # The driver counts in whole milliseconds, so a period is rounded up to them.
        period_ms = -(-max(samples, 0) // SAMPLES_PER_MS)
        if period_ms != self._period_ms:
            self._period_ms = period_ms
            self._deadline.start(period_ms)

    def _due(self) -> None:
        self._tripped += 1
        self._deadline.start(self._period_ms)

    def _event(self) -> int:
        if self._ping:
            return Event.TIMER_PING
        return Event.TIMER_EXPIRED if self._tripped else Event.NONE
