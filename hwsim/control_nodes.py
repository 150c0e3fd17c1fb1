"""The simulated driver's nodes without audio: the control node, the timer, and a channel node before SPECIFY."""

from __future__ import annotations

import errno
import select
from collections.abc import Callable, Mapping, Sequence

from boards.dahdi.abi import ChannelConfig, Event, Ioctl, Params, Sig, SpanInfo, VersionInfo
from hwsim.agenda import Agenda
from hwsim.analog_port import ExchangePort, PhonePort
from hwsim.driver_memory import Node, get_int, get_structure, put, put_int, refusal
from hwsim.hook_machine import HookTimes

__all__ = ["ControlNode", "TimerNode", "UnspecifiedNode", "capabilities"]

VERSION = VersionInfo("3.4.0 (simulated)", "")
SAMPLES_PER_MS = 8

Port = ExchangePort | PhonePort


def capabilities(port: Port) -> Sig:
    """The signalling types that a port may be configured for."""
    return Sig.FXSKS | Sig.FXSLS if isinstance(port, ExchangePort) else Sig.FXOKS | Sig.FXOLS


class UnspecifiedNode(Node):
    """``/dev/dahdi/channel`` before SPECIFY: everything else is not implemented on it."""

    def __init__(self, specify: Callable[[int], None]) -> None:
        self._specify = specify

    def ioctl(self, code: int, argument: int | bytearray) -> int:
        if code != Ioctl.SPECIFY:
            raise refusal(errno.ENOSYS)
        self._specify(get_int(argument))
        return 0

    def read(self, size: int) -> bytes:
        raise refusal(errno.ENOSYS)

    def write(self, data: bytes) -> int:
        raise refusal(errno.ENOSYS)

    def close(self) -> None:
        """Nothing was opened by it."""


class ControlNode(Node):
    """``/dev/dahdi/ctl``: questions about any channel or span, and configuration."""

    def __init__(
        self,
        port_of: Callable[[int], Port | None],
        spans: Callable[[], Mapping[int, Sequence[Port]]],
        describe: Callable[[int, Params], Params],
        span_info: Callable[[int], SpanInfo],
    ) -> None:
        self._port_of = port_of
        self._spans = spans
        self._describe = describe
        self._span_info = span_info
        self._calls: dict[int, Callable[[int | bytearray], None]] = {
            Ioctl.GETVERSION: lambda argument: put(argument, VERSION.pack()),
            Ioctl.SPANSTAT: lambda argument: put(argument, self._span_info(get_structure(SpanInfo, argument).spanno).pack()),
            Ioctl.GET_PARAMS: self._get_params,
            Ioctl.GET_PARAMS_V1: self._get_params,
            Ioctl.SET_PARAMS: self._set_params,
            Ioctl.CHANCONFIG: self._configure,
            Ioctl.STARTUP: self._start_up,
            Ioctl.SHUTDOWN: self._shut_down,
        }

    def ioctl(self, code: int, argument: int | bytearray) -> int:
        call = self._calls.get(code)
        if call is None:
            raise refusal(errno.ENOTTY)
        call(argument)
        return 0

    def close(self) -> None:
        """Nothing was opened by it."""

    def _port(self, channel: int) -> Port:
        port = self._port_of(channel)
        if port is None:
            raise refusal(errno.EINVAL)
        return port

    def _span(self, number: int) -> Sequence[Port]:
        span = self._spans().get(number)
        if span is None:
            raise refusal(errno.ENXIO)
        return span

    def _get_params(self, argument: int | bytearray) -> None:
        asked = get_structure(Params, argument)
        channel = self._port(asked.channo).channel
        put(argument, self._describe(channel, asked).pack())

    def _set_params(self, argument: int | bytearray) -> None:
        asked = get_structure(Params, argument)
        self._port(asked.channo).set_times(HookTimes.from_params(asked))

    def _configure(self, argument: int | bytearray) -> None:
        asked = get_structure(ChannelConfig, argument)
        port, sig = self._port(asked.chan), Sig(asked.sigtype)
        if capabilities(port) & sig != sig:
            raise refusal(errno.EINVAL)
        port.configured(sig)

    def _start_up(self, argument: int | bytearray) -> None:
        # Starting a running span does nothing; every simulated span runs.
        self._span(get_int(argument))

    def _shut_down(self, argument: int | bytearray) -> None:
        for port in self._span(get_int(argument)):
            port.configured(Sig.NONE)


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
