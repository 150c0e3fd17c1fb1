"""DIAL: strings of digits, by tones and by pulses."""

from __future__ import annotations

import errno

import pytest

from boards.dahdi.abi import Dial, DialOperation, DialParams, Event, Hook, Ioctl, Params
from tests.contracts.analog import AnalogBench, Driven
from tests.contracts.hearing import heard_key, runs_ms, sounding
from tests.contracts.loop import BLOCK, Loop, refused

SLOT = 6


def pair(loop: Loop) -> tuple[int, int]:
    """A channel in audio mode and its far end, which has room for all that a test dials."""
    return loop.open_audio(loop.near.channel(SLOT)), loop.open_audio(loop.far.channel(SLOT), block=1024, buffers=32)


def dial(loop: Loop, fd: int, digits: str, op: Dial = Dial.REPLACE) -> None:
    """DIAL."""
    loop.set(fd, Ioctl.DIAL, DialOperation(op, digits))


def dialled(loop: Loop, far: int, ms: int) -> str:
    """The keys that the far end hears in this time."""
    loop.wait(ms)
    heard = sounding(loop.read_all(far, 1024))
    keys, place = "", 0
    for loud, length_ms in runs_ms(heard):
        if loud and length_ms >= 20:
            keys += heard_key(heard[place + 40 : place + 8 * length_ms - 40]) or "?"
        place += 8 * length_ms
    return keys


def test_digits(loop: Loop) -> None:
    """The far end hears the digits; the end is told once."""
    near, far = pair(loop)
    dial(loop, near, "T159D0")
    assert loop.ioctl(near, Ioctl.DIALING) == 1
    assert dialled(loop, far, 1300) == "159D0"
    assert loop.events(near) == [Event.DIALCOMPLETE]
    assert loop.ioctl(near, Ioctl.DIALING) == 0


def test_times(loop: Loop) -> None:
    """A digit and its pause take 100 ms each, as was set for the machine."""
    near, far = pair(loop)
    dial(loop, near, "123")
    loop.wait(900)
    runs = runs_ms(sounding(loop.read_all(far, 1024)))
    assert [ms for _, ms in runs] == pytest.approx([100] * 5, abs=10)


def test_other_times(loop: Loop) -> None:
    """The machine's digit time is told back in ms, and holds for all channels."""
    loop.set(loop.control, Ioctl.SET_DIALPARAMS, DialParams(80, 60, 90))
    assert loop.ask(loop.control, Ioctl.GET_DIALPARAMS, DialParams()) == DialParams(80, 60, 90)
    near, far = pair(loop)
    dial(loop, near, "123")
    loop.wait(600)
    runs = runs_ms(sounding(loop.read_all(far, 1024)))
    assert [ms for _, ms in runs] == pytest.approx([60] * 5, abs=10)


def test_times_out_of_range(loop: Loop) -> None:
    """Times below 10 and above 4000 ms are passed over, each for itself."""
    loop.set(loop.control, Ioctl.SET_DIALPARAMS, DialParams(9, 70, 4001))
    assert loop.ask(loop.control, Ioctl.GET_DIALPARAMS, DialParams()) == DialParams(100, 70, 100)


def test_small_letters_and_noise(loop: Loop) -> None:
    """Small letters count as capitals, and what is no digit is passed over."""
    near, far = pair(loop)
    dial(loop, near, "t1 -2(d)")
    assert dialled(loop, far, 1000) == "12D"


def test_pause(loop: Loop) -> None:
    """W waits half a second."""
    near, far = pair(loop)
    dial(loop, near, "1W2")
    loop.wait(1400)
    runs = runs_ms(sounding(loop.read_all(far, 1024)))
    assert [ms for _, ms in runs] == pytest.approx([100, 600, 100], abs=15)


def test_nothing_to_dial(loop: Loop) -> None:
    """An empty string is over at once, and that is told."""
    near, _far = pair(loop)
    dial(loop, near, "T")
    assert loop.events(near) == [Event.DIALCOMPLETE]
    assert loop.ioctl(near, Ioctl.DIALING) == 0


def test_append(loop: Loop) -> None:
    """More digits can be added while dialling; the end is told once."""
    near, far = pair(loop)
    dial(loop, near, "12", Dial.APPEND)
    loop.wait(100)
    dial(loop, near, "34", Dial.APPEND)
    assert dialled(loop, far, 1000) == "1234"
    assert loop.events(near) == [Event.DIALCOMPLETE]


def test_append_too_much(loop: Loop) -> None:
    """Digits for which there is no room are refused; those that were accepted are dialled."""
    near, _far = pair(loop)
    dial(loop, near, "1" * 200, Dial.APPEND)
    with refused(errno.EBUSY):
        dial(loop, near, "2" * 100, Dial.APPEND)
    assert loop.ioctl(near, Ioctl.DIALING) == 1


def test_cancel(loop: Loop) -> None:
    """Cancelled, the rest is not dialled, and no end is told."""
    near, far = pair(loop)
    dial(loop, near, "1234567890")
    loop.wait(300)
    dial(loop, near, "", Dial.CANCEL)
    assert loop.ioctl(near, Ioctl.DIALING) == 0
    assert "12".startswith(dialled(loop, far, 600)[:2])
    assert loop.events(near) == []


def test_replace(loop: Loop) -> None:
    """A new string takes the place of what was still to be dialled."""
    near, far = pair(loop)
    dial(loop, near, "1111")
    loop.wait(140)
    dial(loop, near, "99")
    assert dialled(loop, far, 900) == "199"
    assert loop.events(near) == [Event.DIALCOMPLETE]


def test_write_cancels(loop: Loop) -> None:
    """Who writes has given up dialling."""
    near, far = pair(loop)
    dial(loop, near, "1234567890")
    loop.wait(300)
    loop.write(near, b"\xd5" * BLOCK)
    assert loop.ioctl(near, Ioctl.DIALING) == 0
    assert len(dialled(loop, far, 900)) <= 2
    assert loop.events(near) == []


def test_unknown_operation(loop: Loop) -> None:
    """There are three operations."""
    near, _far = pair(loop)
    for op in (0, 4):
        with refused(errno.EINVAL):
            loop.set(near, Ioctl.DIAL, DialOperation(op, "1"))


def test_deaf_while_dialling(loop: Loop) -> None:
    """While a channel dials, and 50 ms longer, it hears nothing of the far end; afterwards all of it."""
    near, far = pair(loop)
    loop.set_buffers(near, block=40, buffers=32)
    loop.set_buffers(far, block=BLOCK, buffers=8)
    for _ in range(8):
        loop.write(far, b"\x55" * BLOCK)
    loop.wait(60)
    loop.ioctl(near, Ioctl.FLUSH, 1)
    dial(loop, near, "1")
    heard = b""
    for _ in range(25):
        loop.wait(20)
        loop.events(near)
        heard += loop.read_all(near, 40)
        while len(heard) < 4000 and loop.system.poll(far) & 4:
            loop.write(far, b"\x55" * BLOCK)
    deaf = heard.count(0xD5)
    assert deaf == pytest.approx(8 * 250, abs=8 * 15)
    assert set(heard[-400:]) == {0x55}


def test_sent_digits_of_other_signalling(loop: Loop) -> None:
    """A zone without tones for another signalling passes its digits over: nothing sounds, the end is told."""
    near, far = pair(loop)
    dial(loop, near, "M123")
    assert dialled(loop, far, 1000) == ""
    assert loop.events(near) == [Event.DIALCOMPLETE]


class TestPulses:
    """Dialling by breaking the loop."""

    def breaks(self, analog: AnalogBench, ms: int) -> list[tuple[bool, int]]:
        """What the exchange sees: loop closed or open, one after the other, with times in ms."""
        seen: list[tuple[bool, float]] = []
        began_ms = analog.now_ms()
        while analog.now_ms() - began_ms < ms:
            analog.wait(5)
            closed = analog.loop_closed()
            if not seen or seen[-1][0] != closed:
                seen.append((closed, analog.now_ms()))
        ends = [at for _, at in seen[1:]] + [analog.now_ms()]
        return [(closed, round(end - at)) for (closed, at), end in zip(seen, ends, strict=True)]

    def seized(self, analog: AnalogBench, line: Driven) -> None:
        """The line is off hook and settled."""
        line.set(Ioctl.SET_PARAMS, Params(pulsebreaktime=60, pulsemaketime=40, pulseaftertime=300, debouncetime=100))
        line.hook(Hook.OFFHOOK)
        analog.wait(200)

    def test_breaks(self, analog: AnalogBench, line: Driven) -> None:
        """A digit is as many breaks as it says; between digits is the pause that was set."""
        self.seized(analog, line)
        line.set(Ioctl.DIAL, DialOperation(Dial.REPLACE, "P32"))
        seen = self.breaks(analog, 1500)
        opened = [ms for closed, ms in seen if not closed]
        assert len(opened) == 5
        assert opened == pytest.approx([60] * 5, abs=15)
        between = [ms for closed, ms in seen[1:-1] if closed]
        assert max(between) == pytest.approx(340, abs=25)
        assert line.events() == [Event.DIALCOMPLETE]

    def test_zero_is_ten(self, analog: AnalogBench, line: Driven) -> None:
        """The digit 0 has ten breaks."""
        self.seized(analog, line)
        line.set(Ioctl.DIAL, DialOperation(Dial.REPLACE, "P0"))
        assert sum(1 for closed, _ in self.breaks(analog, 1600) if not closed) == 10

    def test_on_hook(self, analog: AnalogBench, line: Driven) -> None:
        """On hook there is no loop to break: the digits are passed over and the end is told."""
        line.set(Ioctl.DIAL, DialOperation(Dial.REPLACE, "P12"))
        assert [closed for closed, _ in self.breaks(analog, 400)] == [False]
        assert line.events() == [Event.DIALCOMPLETE]

    def test_hook_cancels(self, analog: AnalogBench, line: Driven) -> None:
        """Going on hook ends dialling, and the line is left in peace."""
        self.seized(analog, line)
        line.set(Ioctl.DIAL, DialOperation(Dial.REPLACE, "P00"))
        analog.wait(200)
        line.hook(Hook.ONHOOK)
        analog.wait(40)
        assert line.call(Ioctl.DIALING) == 0
        assert [closed for closed, _ in self.breaks(analog, 600)] == [False]
        assert line.events() == []
