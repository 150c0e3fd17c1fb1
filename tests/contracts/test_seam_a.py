"""Seam A: what every driver behind ``System`` does for an exchange line and a telephone, whatever is below it."""

from __future__ import annotations

import errno
import os
import select

import pytest

from boards.dahdi import abi
from boards.dahdi.abi import ELAST, BufferInfo, Event, Flush, Hook, Ioctl, Params, Sig, pack_int, unpack_int
from tests.contracts.analog import SAY_MS, AnalogBench, Driven
from tests.contracts.drivers import BLOCK, refused


class TestOpening:
    """Open, SPECIFY, close."""

    def test_before_specify_nothing_works(self, analog: AnalogBench) -> None:
        """A program that forgets to say which channel learns it at its first call."""
        fd = analog.system.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
        for code in (Ioctl.GETEVENT, Ioctl.HOOK, Ioctl.SETLAW):
            with refused(errno.ENOSYS):
                analog.system.ioctl(fd, code, pack_int(0))
        with refused(errno.EINVAL):
            analog.system.ioctl(fd, Ioctl.SPECIFY, pack_int(analog.unknown))
        analog.system.ioctl(fd, Ioctl.SPECIFY, pack_int(analog.line))

    def test_a_channel_is_opened_once(self, analog: AnalogBench) -> None:
        """Two programs cannot have one line; when the first lets go the second gets it."""
        first = Driven(analog, analog.line)
        fd = analog.system.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
        with refused(errno.EBUSY):
            analog.system.ioctl(fd, Ioctl.SPECIFY, pack_int(analog.line))
        analog.system.close(first.fd)
        analog.system.ioctl(fd, Ioctl.SPECIFY, pack_int(analog.line))

    def test_open_resets(self, analog: AnalogBench) -> None:
        """Nothing that an earlier program set is left: times, buffers, hook."""
        first = Driven(analog, analog.line)
        analog.system.ioctl(first.fd, Ioctl.SET_PARAMS, Params(flashtime=1, debouncetime=2).pack())
        first.buffers(80)
        first.hook(Hook.OFFHOOK)
        analog.system.close(first.fd)
        analog.wait(100)
        assert not analog.loop_closed()
        again = Driven(analog, analog.line)
        assert (again.params().flashtime, again.params().debouncetime) == (750, 600)
        assert again.call(Ioctl.GET_BLOCKSIZE) == 1024
        assert again.events() == []

    def test_closed_descriptor(self, analog: AnalogBench) -> None:
        """A closed channel answers nothing."""
        channel = Driven(analog, analog.line)
        analog.system.close(channel.fd)
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

    def test_span(self, analog: AnalogBench, line: Driven) -> None:
        """A channel knows its span; a span that there is not is refused."""
        memory = abi.SpanInfo().pack()
        line.system.ioctl(line.fd, Ioctl.SPANSTAT, memory)
        assert abi.SpanInfo.unpack(memory).spanno == line.params().spanno
        with refused(errno.EINVAL):
            analog.system.ioctl(line.fd, Ioctl.SPANSTAT, abi.SpanInfo(spanno=127).pack())

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

    def test_reading_waits_for_a_whole_block(self, analog: AnalogBench, line: Driven) -> None:
        """Nothing can be read until a block is full; then exactly one block."""
        line.buffers(320)
        analog.wait(20)
        with refused(errno.EAGAIN):
            line.system.read(line.fd, 320)
        assert not line.system.poll(line.fd) & select.POLLIN
        analog.wait(20 + analog.tolerance_ms)
        assert line.system.poll(line.fd) & select.POLLIN
        assert len(line.system.read(line.fd, 1000)) == 320

    def test_a_short_read_loses_the_rest(self, analog: AnalogBench, line: Driven) -> None:
        """What a read does not cover of a block is thrown away."""
        analog.wait(40)
        assert len(line.system.read(line.fd, 10)) == 10
        assert len(line.system.read(line.fd, BLOCK)) == BLOCK
        with refused(errno.EINVAL):
            line.system.read(line.fd, 0)

    def test_overflow_drops_what_is_new(self, analog: AnalogBench, line: Driven) -> None:
        """A program that was late gets the oldest four blocks; what came later is lost."""
        analog.say(0x11)
        analog.wait(SAY_MS)
        line.call(Ioctl.FLUSH, Flush.BOTH)
        analog.wait(80 + analog.tolerance_ms)
        analog.say(0x22)
        analog.wait(200)
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

    def test_event_before_data(self, analog: AnalogBench, phone: Driven) -> None:
        """While an event waits neither read nor write moves data, and poll says so; afterwards both do."""
        analog.wait(40)
        analog.set_handset(True)
        analog.wait(analog.tolerance_ms)
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


class TestExchangeLine:
    """The line towards the exchange."""

    def test_bursts(self, analog: AnalogBench, line: Driven) -> None:
        """Each burst is RINGBEGIN and RINGOFFHOOK; the end of ringing is not told."""
        for _ in range(2):
            analog.set_ringing(True)
            analog.wait(1000)
            assert line.events() == [Event.RINGBEGIN]
            analog.set_ringing(False)
            analog.wait(4000)
            assert line.events() == [Event.RINGOFFHOOK]
        analog.wait(10_000)
        assert line.events() == []

    def test_answer_and_hang_up(self, analog: AnalogBench, line: Driven) -> None:
        """Off hook closes the loop, on hook opens it; neither is an event."""
        line.hook(Hook.OFFHOOK)
        analog.wait(20 + analog.tolerance_ms)
        assert analog.loop_closed()
        analog.wait(1000)
        line.hook(Hook.ONHOOK)
        analog.wait(20 + analog.tolerance_ms)
        assert not analog.loop_closed()
        assert line.events() == []

    def test_no_ring_event_after_hang_up(self, analog: AnalogBench, line: Driven) -> None:
        """For two seconds after a hang-up ringing is not announced."""
        line.hook(Hook.ONHOOK)
        analog.set_ringing(True)
        analog.wait(1000)
        analog.set_ringing(False)
        analog.wait(600)
        assert line.events() == []

    def test_flash(self, analog: AnalogBench, line: Driven) -> None:
        """A flash is refused on hook and while seizing; made, its end is told."""
        with refused(errno.EBUSY):
            line.call(Ioctl.HOOK, Hook.FLASH)
        line.hook(Hook.OFFHOOK)
        analog.wait(500)
        with refused(errno.EBUSY):
            line.call(Ioctl.HOOK, Hook.FLASH)
        analog.wait(200)
        with refused(errno.EINPROGRESS):
            line.call(Ioctl.HOOK, Hook.FLASH)
        analog.wait(100)
        assert not analog.loop_closed()
        analog.wait(800)
        assert analog.loop_closed()
        assert line.events() == [Event.HOOKCOMPLETE]

    def test_battery_drop(self, analog: AnalogBench, line: Driven) -> None:
        """The exchange removes battery in a call: the far end is gone."""
        line.hook(Hook.OFFHOOK)
        analog.wait(1000)
        analog.set_battery(False)
        analog.wait(500)
        analog.set_battery(True)
        analog.wait(500)
        assert line.events() == [Event.ONHOOK]

    def test_unknown_hook(self, line: Driven) -> None:
        """HOOK knows seven arguments."""
        with refused(errno.EINVAL):
            line.call(Ioctl.HOOK, 7)


class TestTelephone:
    """The line towards a telephone."""

    def test_lift_and_hang_up(self, analog: AnalogBench, phone: Driven) -> None:
        """A lift is told at once, a hang-up after the flash time."""
        analog.set_handset(True)
        analog.wait(20 + analog.tolerance_ms)
        assert phone.events() == [Event.RINGOFFHOOK]
        analog.set_handset(False)
        analog.wait(1240)
        assert phone.events() == []
        analog.wait(20 + analog.tolerance_ms)
        assert phone.events() == [Event.ONHOOK]

    @pytest.mark.parametrize(("break_ms", "expected"), [(100, [Event.PULSE_START, Event.PULSEDIGIT | ord("1")]), (400, [Event.WINKFLASH])])
    def test_short_break(self, analog: AnalogBench, phone: Driven, break_ms: int, expected: list[int]) -> None:
        """The Chinese R key looks like the pulse digit 1; a longer break is a flash."""
        analog.set_handset(True)
        analog.wait(1000)
        phone.events()
        analog.set_handset(False)
        analog.wait(break_ms)
        analog.set_handset(True)
        analog.wait(400)
        assert phone.events() == expected

    def test_ringing(self, analog: AnalogBench, phone: Driven) -> None:
        """The bell follows the cadence; the first stroke is no event, each later edge is."""
        phone.system.ioctl(phone.fd, Ioctl.SETCADENCE, abi.Cadence.of([1000, 2000]).pack())
        with refused(errno.EINPROGRESS):
            phone.call(Ioctl.HOOK, Hook.RING)
        with refused(errno.EBUSY):
            phone.call(Ioctl.HOOK, Hook.RING)
        seen = []
        for _ in range(7):
            analog.wait(500 + analog.tolerance_ms)
            seen.append(analog.bell())
        assert seen[:1] + seen[2:4] + seen[6:] == [True, False, False, True]
        assert phone.events() == [Event.RINGEROFF, Event.RINGERON]
        phone.hook(Hook.RINGOFF)
        analog.wait(20 + analog.tolerance_ms)
        assert not analog.bell()
        analog.wait(5000)
        assert phone.events() == []

    def test_answer(self, analog: AnalogBench, phone: Driven) -> None:
        """Lifting the ringing phone is told, and told to stop the bell it is silent."""
        phone.hook(Hook.RING)
        analog.wait(500)
        analog.set_handset(True)
        analog.wait(20 + analog.tolerance_ms)
        assert phone.events() == [Event.RINGOFFHOOK]
        phone.hook(Hook.OFFHOOK)
        analog.wait(7000)
        assert not analog.bell()
        assert phone.events() == []

    def test_we_hang_up_first(self, analog: AnalogBench, phone: Driven) -> None:
        """The phone loses battery for 500 ms, the port is busy 800 ms, and the phone's own hang-up is told later."""
        analog.set_handset(True)
        analog.wait(40)
        phone.hook(Hook.OFFHOOK)
        analog.wait(1000)
        phone.events()
        phone.hook(Hook.ONHOOK)
        analog.wait(100)
        assert not analog.fed()
        with refused(errno.EBUSY):
            phone.call(Ioctl.HOOK, Hook.OFFHOOK)
        with refused(errno.EBUSY):
            phone.call(Ioctl.HOOK, Hook.RING)
        analog.wait(500)
        assert analog.fed()
        assert phone.events() == [Event.HOOKCOMPLETE]
        analog.wait(300)
        analog.set_handset(False)
        analog.wait(1300)
        assert phone.events() == [Event.ONHOOK]


class TestTimer:
    """The timer node that the pump wakes on."""

    def test_period(self, analog: AnalogBench) -> None:
        """A period of 160 samples trips every 20 ms and stays until acknowledged."""
        fd = analog.system.open("/dev/dahdi/timer", os.O_RDWR | os.O_NONBLOCK)
        event = pack_int(0)
        analog.system.ioctl(fd, Ioctl.TIMERCONFIG, pack_int(160))
        assert not analog.system.poll(fd) & select.POLLPRI
        analog.wait(60 + analog.tolerance_ms)
        assert analog.system.poll(fd) & select.POLLPRI
        for _ in range(2):
            analog.system.ioctl(fd, Ioctl.GETEVENT, event)
            assert unpack_int(event) == Event.TIMER_EXPIRED
        analog.system.ioctl(fd, Ioctl.TIMERACK, pack_int(-1))
        assert not analog.system.poll(fd) & select.POLLPRI
        analog.system.ioctl(fd, Ioctl.GETEVENT, event)
        assert unpack_int(event) == Event.NONE
        analog.system.close(fd)
