"""Seam A: what every driver behind ``System`` does, whatever is below it.

The suite speaks to a ``Bench``: a driver with one exchange line and one telephone that the test can move. It knows the driver only
by its system calls. A bench on the real kernel differs in how it moves the line (a second, looped span) and in how exactly time can be
met: ``tolerance_ms``.
"""

from __future__ import annotations

import errno
import os
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import pytest

from boards.dahdi import abi
from boards.dahdi.abi import ELAST, BufferInfo, Event, Flush, Hook, Ioctl, Params, Sig, pack_int, unpack_int
from boards.dahdi.system import System
from hwsim.dahdi import AnalogCard, SimulatedDahdi
from hwsim.wires import Wires

BLOCK = 160
BLOCK_MS = 20


class Bench(Protocol):
    """A driver and the hands that move its lines. The line has fxsks signalling, the telephone's channel fxoks."""

    system: System
    line: int
    phone: int
    unknown: int
    tolerance_ms: int
    """How much later than on the clock of the driver an event may be seen."""

    def wait(self, ms: int) -> None:
        """Let time pass, and audio with it in whole blocks; ``ms`` is a multiple of 20."""

    def set_ringing(self, on: bool) -> None:
        """The exchange rings the line."""

    def set_battery(self, on: bool) -> None:
        """The exchange feeds the line."""

    def set_handset(self, up: bool) -> None:
        """The telephone's handset."""

    def loop_closed(self) -> bool:
        """What the exchange sees of our line."""

    def bell(self) -> bool:
        """What the telephone sees: ringing voltage."""

    def fed(self) -> bool:
        """What the telephone sees: battery."""

    def say(self, octet: int) -> None:
        """The exchange says this octet from now on, on the exchange line."""

    def close(self) -> None:
        """The test is over; its channels may be left open."""


class Constant:
    """A far end that says one octet for ever."""

    def __init__(self) -> None:
        self.octet = 0xD5

    def exchange(self, heard: bytes) -> bytes:
        """One block each way."""
        return bytes([self.octet]) * len(heard)


class SimulatedBench:
    """The simulated driver with one card."""

    line, phone, unknown, tolerance_ms = 1, 2, 3, 0

    def __init__(self) -> None:
        self._driver = SimulatedDahdi([AnalogCard(fxo=1, fxs=1)], Wires(4))
        self.system: System = self._driver
        self._exchange = self._driver.exchange_ports[self.line]
        self._telephone = self._driver.phone_ports[self.phone]
        self._far_end = Constant()
        self._exchange.far_end = self._far_end

    def wait(self, ms: int) -> None:
        for _ in range(ms // BLOCK_MS):
            self._driver.advance_to(self._driver.now_ms + BLOCK_MS)
            self._driver.exchange_block()

    def set_ringing(self, on: bool) -> None:
        self._exchange.set_ringing(on)

    def set_battery(self, on: bool) -> None:
        self._exchange.set_battery(on)

    def set_handset(self, up: bool) -> None:
        self._telephone.set_loop(up)

    def loop_closed(self) -> bool:
        return self._exchange.loop_closed

    def bell(self) -> bool:
        return self._telephone.ringing

    def fed(self) -> bool:
        return self._telephone.battery

    def say(self, octet: int) -> None:
        self._far_end.octet = octet

    def close(self) -> None:
        """Nothing is left outside."""


def kernel_bench() -> Bench:
    """The driver of the running kernel; only where there is one."""
    from tests.kernel.bench import KernelBench  # noqa: PLC0415  # it is not there on a machine without the driver

    return KernelBench()


BENCHES: dict[str, Callable[[], Bench]] = (
    {"kernel": kernel_bench} if os.environ.get("STROWGER_BENCH") == "kernel" else {"simulated": SimulatedBench}
)


@pytest.fixture(params=sorted(BENCHES))
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Each bench in turn, fresh."""
    made = BENCHES[request.param]()
    yield made
    made.close()


@contextmanager
def refused(number: int) -> Iterator[None]:
    """The call inside fails with this errno."""
    with pytest.raises(OSError) as caught:  # noqa: PT011  # the errno is what is looked at
        yield
    assert caught.value.errno == number


class Driven:
    """A channel of the bench, by system calls only."""

    def __init__(self, bench: Bench, number: int) -> None:
        self.system = bench.system
        self.fd = self.system.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
        self.call(Ioctl.SPECIFY, number)

    def call(self, code: Ioctl, value: int = 0) -> int:
        """An ioctl with an int; returns the int that the driver leaves."""
        memory = pack_int(value)
        self.system.ioctl(self.fd, code, memory)
        return unpack_int(memory)

    def hook(self, what: Hook) -> None:
        """HOOK; work that goes on counts as done."""
        try:
            self.call(Ioctl.HOOK, what)
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                raise

    def events(self) -> list[int]:
        """Take all events."""
        taken = []
        while event := self.call(Ioctl.GETEVENT):
            taken.append(event)
        return taken

    def params(self) -> Params:
        """GET_PARAMS."""
        memory = Params().pack()
        self.system.ioctl(self.fd, Ioctl.GET_PARAMS, memory)
        return Params.unpack(memory)

    def buffers(self, block: int = BLOCK, count: int = 4, policy: int = 0) -> BufferInfo:
        """SET_BUFINFO; returns what the driver then has."""
        self.system.ioctl(self.fd, Ioctl.SET_BUFINFO, BufferInfo(policy, 0, count, block).pack())
        memory = BufferInfo().pack()
        self.system.ioctl(self.fd, Ioctl.GET_BUFINFO, memory)
        return BufferInfo.unpack(memory)


@pytest.fixture
def line(bench: Bench) -> Driven:
    """The exchange line, open for longer than the ring debounce."""
    channel = Driven(bench, bench.line)
    channel.buffers()
    bench.wait(2100)
    channel.events()
    channel.call(Ioctl.FLUSH, Flush.ALL)
    return channel


@pytest.fixture
def phone(bench: Bench) -> Driven:
    """The telephone's channel."""
    channel = Driven(bench, bench.phone)
    channel.buffers()
    return channel


class TestOpening:
    """Open, SPECIFY, close."""

    def test_before_specify_nothing_works(self, bench: Bench) -> None:
        """A program that forgets to say which channel learns it at its first call."""
        fd = bench.system.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
        for code in (Ioctl.GETEVENT, Ioctl.HOOK, Ioctl.SETLAW):
            with refused(errno.ENOSYS):
                bench.system.ioctl(fd, code, pack_int(0))
        with refused(errno.EINVAL):
            bench.system.ioctl(fd, Ioctl.SPECIFY, pack_int(bench.unknown))
        bench.system.ioctl(fd, Ioctl.SPECIFY, pack_int(bench.line))

    def test_a_channel_is_opened_once(self, bench: Bench) -> None:
        """Two programs cannot have one line; when the first lets go the second gets it."""
        first = Driven(bench, bench.line)
        fd = bench.system.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
        with refused(errno.EBUSY):
            bench.system.ioctl(fd, Ioctl.SPECIFY, pack_int(bench.line))
        bench.system.close(first.fd)
        bench.system.ioctl(fd, Ioctl.SPECIFY, pack_int(bench.line))

    def test_open_resets(self, bench: Bench) -> None:
        """Nothing that an earlier program set is left: times, buffers, hook."""
        first = Driven(bench, bench.line)
        bench.system.ioctl(first.fd, Ioctl.SET_PARAMS, Params(flashtime=1, debouncetime=2).pack())
        first.buffers(80)
        first.hook(Hook.OFFHOOK)
        bench.system.close(first.fd)
        bench.wait(100)
        assert not bench.loop_closed()
        again = Driven(bench, bench.line)
        assert (again.params().flashtime, again.params().debouncetime) == (750, 600)
        assert again.call(Ioctl.GET_BLOCKSIZE) == 1024
        assert again.events() == []

    def test_closed_descriptor(self, bench: Bench) -> None:
        """A closed channel answers nothing."""
        channel = Driven(bench, bench.line)
        bench.system.close(channel.fd)
        with refused(errno.EBADF):
            channel.call(Ioctl.GETEVENT)


class TestQuestions:
    """What the driver tells about itself."""

    def test_params(self, line: Driven, phone: Driven) -> None:
        """Each port says its signalling and the driver's default times."""
        assert (line.params().sigtype, phone.params().sigtype) == (Sig.FXSKS, Sig.FXOKS)
        assert (line.params().starttime, phone.params().starttime) == (1500, 2000)
        assert (phone.params().rxflashtime, phone.params().rxwinktime) == (1250, 300)

    def test_set_params_takes_only_times(self, line: Driven) -> None:
        """Times are set all at once; signalling cannot be changed so."""
        wanted = Params(sigtype=Sig.CLEAR, flashtime=100, rxflashtime=800, debouncetime=600, preflashtime=50)
        line.system.ioctl(line.fd, Ioctl.SET_PARAMS, wanted.pack())
        got = line.params()
        assert (got.sigtype, got.flashtime, got.rxflashtime, got.winktime) == (Sig.FXSKS, 100, 800, 0)

    def test_span(self, bench: Bench, line: Driven) -> None:
        """A channel knows its span; a span that there is not is refused."""
        memory = abi.SpanInfo().pack()
        line.system.ioctl(line.fd, Ioctl.SPANSTAT, memory)
        assert abi.SpanInfo.unpack(memory).spanno == line.params().spanno
        with refused(errno.EINVAL):
            bench.system.ioctl(line.fd, Ioctl.SPANSTAT, abi.SpanInfo(spanno=127).pack())

    @pytest.mark.parametrize("code", [Ioctl.AUDIOMODE, Ioctl.HDLCRAWMODE, Ioctl.HDLCFCSMODE, Ioctl.SETTXBITS])
    def test_calls_for_other_signalling(self, line: Driven, code: Ioctl) -> None:
        """Calls for digital channels are refused on an analog line."""
        with refused(errno.EINVAL):
            line.call(code, 1)

    def test_law_out_of_range(self, line: Driven) -> None:
        """There are two laws and a default."""
        line.call(Ioctl.SETLAW, 2)
        with refused(errno.EINVAL):
            line.call(Ioctl.SETLAW, 3)


class TestAudio:
    """Buffers, read, write."""

    def test_buffer_limits(self, line: Driven) -> None:
        """Too much is refused, odd numbers of buffers are limited, fill levels are not told."""
        assert line.buffers(160, 4) == BufferInfo(0, 0, 4, 160, -1, -1)
        assert line.buffers(160, 1).numbufs == 2
        assert line.buffers(160, 100).numbufs == 32
        for block, count in ((15, 4), (8193, 2), (8192, 5), (1024, 33)):
            with refused(errno.EINVAL):
                line.buffers(block, count)

    def test_reading_waits_for_a_whole_block(self, bench: Bench, line: Driven) -> None:
        """Nothing can be read until a block is full; then exactly one block."""
        line.buffers(320)
        bench.wait(20)
        with refused(errno.EAGAIN):
            line.system.read(line.fd, 320)
        assert not line.system.poll(line.fd) & select.POLLIN
        bench.wait(20 + bench.tolerance_ms)
        assert line.system.poll(line.fd) & select.POLLIN
        assert len(line.system.read(line.fd, 1000)) == 320

    def test_a_short_read_loses_the_rest(self, bench: Bench, line: Driven) -> None:
        """What a read does not cover of a block is thrown away."""
        bench.wait(40)
        assert len(line.system.read(line.fd, 10)) == 10
        assert len(line.system.read(line.fd, BLOCK)) == BLOCK
        with refused(errno.EINVAL):
            line.system.read(line.fd, 0)

    def test_overflow_drops_what_is_new(self, bench: Bench, line: Driven) -> None:
        """A program that was late gets the oldest four blocks; what came later is lost."""
        bench.say(0x11)
        line.call(Ioctl.FLUSH, Flush.BOTH)
        bench.wait(80)
        bench.say(0x22)
        bench.wait(200)
        for _ in range(4):
            assert line.system.read(line.fd, BLOCK) == b"\x11" * BLOCK
        with refused(errno.EAGAIN):
            line.system.read(line.fd, BLOCK)

    def test_write_takes_one_block(self, line: Driven) -> None:
        """A write fills one buffer at most, until all are full."""
        assert line.system.write(line.fd, b"\xd5" * 500) == BLOCK
        assert line.system.write(line.fd, b"\xd5" * 10) == 10
        line.system.write(line.fd, b"\xd5" * BLOCK)
        line.system.write(line.fd, b"\xd5" * BLOCK)
        with refused(errno.EAGAIN):
            line.system.write(line.fd, b"\xd5" * BLOCK)

    def test_event_before_data(self, bench: Bench, phone: Driven) -> None:
        """While an event waits neither read nor write moves data, and poll says so; afterwards both do."""
        bench.wait(40)
        bench.set_handset(True)
        bench.wait(bench.tolerance_ms)
        assert phone.system.poll(phone.fd) & select.POLLPRI
        with refused(ELAST):
            phone.system.read(phone.fd, BLOCK)
        with refused(ELAST):
            phone.system.write(phone.fd, b"\xd5" * BLOCK)
        assert phone.events() == [Event.RINGOFFHOOK]
        assert phone.events() == []
        assert not phone.system.poll(phone.fd) & select.POLLPRI
        assert len(phone.system.read(phone.fd, BLOCK)) == BLOCK
        assert phone.system.write(phone.fd, b"\xd5" * BLOCK) == BLOCK

    def test_event_queue_is_bounded(self, bench: Bench, phone: Driven) -> None:
        """Nobody takes events: the first are kept, later ones are lost without a word."""
        for _ in range(40):
            bench.set_handset(True)
            bench.wait(100)
            bench.set_handset(False)
            bench.wait(1400)
        taken = phone.events()
        assert 63 <= len(taken) <= abi.EVENT_QUEUE_LENGTH
        assert taken[:4] == [Event.RINGOFFHOOK, Event.ONHOOK, Event.RINGOFFHOOK, Event.ONHOOK]


class TestExchangeLine:
    """The line towards the exchange."""

    def test_bursts(self, bench: Bench, line: Driven) -> None:
        """Each burst is RINGBEGIN and RINGOFFHOOK; the end of ringing is not told."""
        for _ in range(2):
            bench.set_ringing(True)
            bench.wait(1000)
            assert line.events() == [Event.RINGBEGIN]
            bench.set_ringing(False)
            bench.wait(4000)
            assert line.events() == [Event.RINGOFFHOOK]
        bench.wait(10_000)
        assert line.events() == []

    def test_answer_and_hang_up(self, bench: Bench, line: Driven) -> None:
        """Off hook closes the loop, on hook opens it; neither is an event."""
        line.hook(Hook.OFFHOOK)
        bench.wait(20 + bench.tolerance_ms)
        assert bench.loop_closed()
        bench.wait(1000)
        line.hook(Hook.ONHOOK)
        bench.wait(20 + bench.tolerance_ms)
        assert not bench.loop_closed()
        assert line.events() == []

    def test_no_ring_event_after_hang_up(self, bench: Bench, line: Driven) -> None:
        """For two seconds after a hang-up ringing is not announced."""
        line.hook(Hook.ONHOOK)
        bench.set_ringing(True)
        bench.wait(1000)
        bench.set_ringing(False)
        bench.wait(600)
        assert line.events() == []

    def test_flash(self, bench: Bench, line: Driven) -> None:
        """A flash is refused on hook and while seizing; made, its end is told."""
        with refused(errno.EBUSY):
            line.call(Ioctl.HOOK, Hook.FLASH)
        line.hook(Hook.OFFHOOK)
        bench.wait(500)
        with refused(errno.EBUSY):
            line.call(Ioctl.HOOK, Hook.FLASH)
        bench.wait(200)
        with refused(errno.EINPROGRESS):
            line.call(Ioctl.HOOK, Hook.FLASH)
        bench.wait(100)
        assert not bench.loop_closed()
        bench.wait(800)
        assert bench.loop_closed()
        assert line.events() == [Event.HOOKCOMPLETE]

    def test_battery_drop(self, bench: Bench, line: Driven) -> None:
        """The exchange removes battery in a call: the far end is gone."""
        line.hook(Hook.OFFHOOK)
        bench.wait(1000)
        bench.set_battery(False)
        bench.wait(500)
        bench.set_battery(True)
        bench.wait(500)
        assert line.events() == [Event.ONHOOK]

    def test_unknown_hook(self, line: Driven) -> None:
        """HOOK knows seven arguments."""
        with refused(errno.EINVAL):
            line.call(Ioctl.HOOK, 7)


class TestTelephone:
    """The line towards a telephone."""

    def test_lift_and_hang_up(self, bench: Bench, phone: Driven) -> None:
        """A lift is told at once, a hang-up after the flash time."""
        bench.set_handset(True)
        bench.wait(20 + bench.tolerance_ms)
        assert phone.events() == [Event.RINGOFFHOOK]
        bench.set_handset(False)
        bench.wait(1240)
        assert phone.events() == []
        bench.wait(20 + bench.tolerance_ms)
        assert phone.events() == [Event.ONHOOK]

    @pytest.mark.parametrize(("break_ms", "expected"), [(100, [Event.PULSE_START, Event.PULSEDIGIT | ord("1")]), (400, [Event.WINKFLASH])])
    def test_short_break(self, bench: Bench, phone: Driven, break_ms: int, expected: list[int]) -> None:
        """The Chinese R key looks like the pulse digit 1; a longer break is a flash."""
        bench.set_handset(True)
        bench.wait(1000)
        phone.events()
        bench.set_handset(False)
        bench.wait(break_ms)
        bench.set_handset(True)
        bench.wait(400)
        assert phone.events() == expected

    def test_ringing(self, bench: Bench, phone: Driven) -> None:
        """The bell follows the cadence; the first stroke is no event, each later edge is."""
        phone.system.ioctl(phone.fd, Ioctl.SETCADENCE, abi.Cadence.of([1000, 2000]).pack())
        with refused(errno.EINPROGRESS):
            phone.call(Ioctl.HOOK, Hook.RING)
        with refused(errno.EBUSY):
            phone.call(Ioctl.HOOK, Hook.RING)
        seen = []
        for _ in range(7):
            bench.wait(500 + bench.tolerance_ms)
            seen.append(bench.bell())
        assert seen[:1] + seen[2:4] + seen[6:] == [True, False, False, True]
        assert phone.events() == [Event.RINGEROFF, Event.RINGERON]
        phone.hook(Hook.RINGOFF)
        bench.wait(20 + bench.tolerance_ms)
        assert not bench.bell()
        bench.wait(5000)
        assert phone.events() == []

    def test_answer(self, bench: Bench, phone: Driven) -> None:
        """Lifting the ringing phone is told, and told to stop the bell it is silent."""
        phone.hook(Hook.RING)
        bench.wait(500)
        bench.set_handset(True)
        bench.wait(20 + bench.tolerance_ms)
        assert phone.events() == [Event.RINGOFFHOOK]
        phone.hook(Hook.OFFHOOK)
        bench.wait(7000)
        assert not bench.bell()
        assert phone.events() == []

    def test_we_hang_up_first(self, bench: Bench, phone: Driven) -> None:
        """The phone loses battery for 500 ms, the port is busy 800 ms, and the phone's own hang-up is told later."""
        bench.set_handset(True)
        bench.wait(40)
        phone.hook(Hook.OFFHOOK)
        bench.wait(1000)
        phone.events()
        phone.hook(Hook.ONHOOK)
        bench.wait(100)
        assert not bench.fed()
        with refused(errno.EBUSY):
            phone.call(Ioctl.HOOK, Hook.OFFHOOK)
        with refused(errno.EBUSY):
            phone.call(Ioctl.HOOK, Hook.RING)
        bench.wait(500)
        assert bench.fed()
        assert phone.events() == [Event.HOOKCOMPLETE]
        bench.wait(300)
        bench.set_handset(False)
        bench.wait(1300)
        assert phone.events() == [Event.ONHOOK]


class TestTimer:
    """The timer node that the pump wakes on."""

    def test_period(self, bench: Bench) -> None:
        """A period of 160 samples trips every 20 ms and stays until acknowledged."""
        fd = bench.system.open("/dev/dahdi/timer", os.O_RDWR | os.O_NONBLOCK)
        event = pack_int(0)
        bench.system.ioctl(fd, Ioctl.TIMERCONFIG, pack_int(160))
        assert not bench.system.poll(fd) & select.POLLPRI
        bench.wait(60 + bench.tolerance_ms)
        assert bench.system.poll(fd) & select.POLLPRI
        for _ in range(2):
            bench.system.ioctl(fd, Ioctl.GETEVENT, event)
            assert unpack_int(event) == Event.TIMER_EXPIRED
        bench.system.ioctl(fd, Ioctl.TIMERACK, pack_int(-1))
        assert not bench.system.poll(fd) & select.POLLPRI
        bench.system.ioctl(fd, Ioctl.GETEVENT, event)
        assert unpack_int(event) == Event.NONE
        bench.system.close(fd)
