"""Two E1 ports that are cabled to each other, as a driver of a few calls: alarms and counters as a test sets them; and the hardware over it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from boards.dahdi.abi import Ioctl, Law, MaintInfo, Params, Sig, SpanInfo, Structure, unpack_int
from boards.dahdi.hardware import DahdiHardware
from boards.dahdi.line import Line
from boards.dahdi.media import Pump
from boards.dahdi.spans import SpanWatch
from engine.kernel.errors import UnexpectedEvent
from engine.kernel.runner import Actor, Runner
from engine.telephony.hardware import BitTest, ClockState, Loop, SpanAlarm, SpanCounters, SpanState
from engine.telephony.media import BLOCK_SAMPLES
from hwsim.wires import Wires
from tests.fakes import FakeClock

CONTROL_FD = 5000
CHANNELS = 31
SILENCE = b"\xd5" * BLOCK_SAMPLES


def e1(number: int, **changes: object) -> SpanInfo:
    """An E1 port of a card with two."""
    known = SpanInfo(
        spanno=number,
        name=f"TE2/0/{number}",
        desc="T2XXP (PCI) Card 0",
        numchans=CHANNELS,
        totalchans=CHANNELS,
        totalspans=2,
        lineconfig=0x100 | 0x200 | 0x400,
        location="PCI Bus 04 Slot 01",
        devicetype="Wildcard TE220",
        syncsrc=1,
        spantype="E1",
    )
    return replace(known, **changes)  # type: ignore[arg-type]  # a test names the fields


class CardDriver:
    """Answers what spans, loops and bit tests ask of the driver. ``infos``: the spans; ``refused``: the errno of a call; ``maintained``: MAINT as it came."""

    def __init__(self) -> None:
        self.infos: dict[int, SpanInfo] = {1: e1(1), 2: e1(2)}
        self.wires = Wires(2 * CHANNELS, 1000)
        self.refused: dict[int, int] = {}
        self.maintained: list[tuple[int, int]] = []
        self.looped: set[int] = set()
        self.channels: dict[int, int] = {}
        self.sigs: dict[int, Sig] = {}
        self.abilities: dict[int, Sig] = {}
        """What some channels carry (else speech) and can be, by number."""
        self.missing = False
        self._control_open = 0

    def open(self, path: str, _flags: int) -> int:
        if self.missing:
            raise OSError(errno.ENOENT, "refused")
        if path.endswith("ctl"):
            return CONTROL_FD
        return next(fd for fd in self.wires.descriptors if fd not in self.channels or not self.wires.is_open(fd))

    def close(self, fd: int) -> None:
        if fd != CONTROL_FD and self.wires.is_open(fd):
            self.wires.close(fd)
            self.looped.discard(self.channels.pop(fd))

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        if code in self.refused:
            raise OSError(self.refused[code], "refused")
        assert isinstance(argument, bytearray)
        if code == Ioctl.SPANSTAT:
            self._put(argument, self._info(SpanInfo.unpack(argument).spanno))
        elif code == Ioctl.GET_PARAMS:
            self._put(argument, self._params(self.channels[fd] if fd in self.channels else Params.unpack(argument).channo))
        elif code == Ioctl.MAINT:
            asked = MaintInfo.unpack(argument)
            self.maintained.append((asked.spanno, asked.command))
        elif code == Ioctl.SPECIFY:
            self._specify(fd, unpack_int(argument))
        elif code == Ioctl.LOOPBACK:
            channel = self.channels[fd]
            self.looped = self.looped | {channel} if unpack_int(argument) else self.looped - {channel}
        elif code not in (Ioctl.SETLAW, Ioctl.SET_BUFINFO, Ioctl.SET_PARAMS, Ioctl.FLUSH):
            raise OSError(errno.ENOTTY, "refused")
        return 0

    def read(self, fd: int, size: int) -> bytes:
        return self.wires.read(fd, size)

    def write(self, fd: int, data: bytes) -> int:
        return self.wires.write(fd, data)

    def poll(self, fd: int) -> int:
        return self.wires.poll(fd)

    def _specify(self, fd: int, channel: int) -> None:
        held = [other for other, number in self.channels.items() if number == channel and self.wires.is_open(other)]
        if held:
            raise OSError(errno.EBUSY, "refused")
        self._params(channel)
        self.channels[fd] = channel
        self.wires.open(fd)
        self.wires.configure(fd, BLOCK_SAMPLES, 4, 0)

    def _info(self, span: int) -> SpanInfo:
        if span not in self.infos:
            raise OSError(errno.EINVAL, "refused")
        return replace(self.infos[span], totalspans=len(self.infos))

    def _params(self, channel: int) -> Params:
        span = (channel - 1) // CHANNELS + 1
        if channel < 1 or span not in self.infos:
            raise OSError(errno.EINVAL, "refused")
        return Params(
            channo=channel,
            spanno=span,
            chanpos=(channel - 1) % CHANNELS + 1,
            sigtype=self.sigs.get(channel, Sig.CLEAR),
            sigcap=self.abilities.get(channel, Sig.NONE),
            curlaw=Law.ALAW,
        )

    @staticmethod
    def _put(argument: bytearray, value: Structure) -> None:
        argument[:] = value.pack()

    def exchange(self, cable: Callable[[int, bytes], bytes]) -> None:
        """20 ms: each open channel hears what the one at the same place of the other port says, or itself when that one is looped."""
        open_now = {number: fd for fd, number in self.channels.items() if self.wires.is_open(fd)}
        said = {number: self.wires.sent(fd, BLOCK_SAMPLES) for number, fd in open_now.items()}
        for number, fd in open_now.items():
            far = number + CHANNELS if number <= CHANNELS else number - CHANNELS
            heard = said[number] if far in self.looped else said.get(far, SILENCE)
            self.wires.receive(fd, cable(number, heard))


@dataclass
class Heard:
    """A receiver that notes everything, as tuples."""

    told: list[tuple[object, ...]] = field(default_factory=list)

    def span_seen(self, state: SpanState) -> None:
        self.told.append(("seen", state.span))

    def span_lost(self, state: SpanState) -> None:
        self.told.append(("lost", state.span))

    def span_alarm_raised(self, span: int, alarm: SpanAlarm) -> None:
        self.told.append(("raised", span, alarm.value))

    def span_alarm_cleared(self, span: int, alarm: SpanAlarm, lasted_s: float) -> None:
        self.told.append(("cleared", span, alarm.value, round(lasted_s)))

    def span_counted(self, span: int, seconds: int, counted: SpanCounters) -> None:
        self.told.append(("counted", span, seconds, counted))

    def clock_changed(self, before: ClockState, now: ClockState, *, fault: bool) -> None:
        self.told.append(("clock", before, now, fault))

    def loop_started(self, loop: Loop) -> None:
        self.told.append(("looped", loop.span, loop.channel, loop.kind.value))

    def loop_ended(self, loop: Loop, reason: str, by: str) -> None:
        self.told.append(("unlooped", loop.span, loop.channel, reason, by))

    def test_started(self, test: BitTest) -> None:
        self.told.append(("test", test.test))

    def test_ended(self, test: BitTest) -> None:
        self.told.append(("tested", test.test, test.state))


class SpanBench:
    """The hardware over the card, stepped by hand; ``cable`` is what the cable does to what a channel hears."""

    def __init__(self, lines: tuple[Line, ...] = ()) -> None:
        self.clock = FakeClock()
        self.driver = CardDriver()
        self.master: int | None = 1
        self.alarms: list[tuple[str, str]] = []
        self.pump = Pump(self.driver.wires.io, lambda key, sentence: self.alarms.append((key, sentence)))
        self.failed: list[Exception] = []
        runner = Runner(self.clock, self._refused, self._failed)
        self.watch = SpanWatch(self.driver, self.clock, runner, lambda: self.master)
        names = iter(range(1, 1000))
        self.hardware = DahdiHardware(self.driver, self.clock, self.pump, self.watch, lines, lambda: f"t{next(names)}")
        self.heard = Heard()
        self.cable: Callable[[int, bytes], bytes] = lambda _channel, octets: octets

    def _refused(self, _actor: Actor, error: UnexpectedEvent) -> None:
        self.failed.append(error)

    def _failed(self, _actor: Actor, error: Exception) -> None:
        self.failed.append(error)

    def start(self) -> None:
        """Begin to watch."""
        self.hardware.start(self.heard)

    def wait(self, seconds: float) -> None:
        """Let time and audio pass."""
        for _ in range(round(seconds * 50)):
            self.driver.exchange(self.cable)
            self.clock.advance(0.02)
            self.pump.tick()
            self.pump.poll()

    def idle(self, seconds: float) -> None:
        """Let time pass without audio: cheap."""
        for _ in range(round(seconds * 10)):
            self.clock.advance(0.1)

    def change(self, span: int, **changes: object) -> None:
        """The card shows something else of a span."""
        self.driver.infos[span] = replace(self.driver.infos[span], **changes)  # type: ignore[arg-type]  # a test names the fields

    def close(self) -> None:
        """The end. Nothing may have gone wrong in the machines."""
        self.hardware.stop()
        self.pump.close()
        assert self.failed == []
