"""The timer node."""

from __future__ import annotations

import errno
import os
import select

import pytest

from boards.dahdi.abi import Event, Ioctl
from tests.contracts.loop import BLOCK, Loop, refused


@pytest.fixture
def timer(loop: Loop) -> int:
    """An open timer, not running."""
    return loop.system.open("/dev/dahdi/timer", os.O_RDWR | os.O_NONBLOCK)


def tripped(loop: Loop, timer: int) -> int:
    """How often it has expired, by taking one after the other."""
    for count in range(1000):
        if loop.ioctl(timer, Ioctl.GETEVENT) == Event.NONE:
            return count
        loop.ioctl(timer, Ioctl.TIMERACK, 1)
    raise AssertionError("a timer without end")


def test_idle(loop: Loop, timer: int) -> None:
    """A timer that nobody set never expires."""
    loop.wait(100)
    assert not loop.system.poll(timer) & select.POLLPRI
    assert loop.ioctl(timer, Ioctl.GETEVENT) == Event.NONE


def test_expiries_add_up(loop: Loop, timer: int) -> None:
    """A program that comes late can count what it missed."""
    loop.ioctl(timer, Ioctl.TIMERCONFIG, BLOCK)
    loop.wait(400)
    assert 19 <= tripped(loop, timer) <= 20 + loop.tolerance_ms // 10


@pytest.mark.parametrize("samples", [80, 160, 400])
def test_period(loop: Loop, timer: int, samples: int) -> None:
    """The period is in samples."""
    loop.ioctl(timer, Ioctl.TIMERCONFIG, samples)
    loop.wait(800)
    assert tripped(loop, timer) == pytest.approx(6400 / samples, rel=0.06, abs=1)


def test_odd_period(loop: Loop, timer: int) -> None:
    """A period that is no whole number of milliseconds is rounded up to them."""
    loop.ioctl(timer, Ioctl.TIMERCONFIG, 100)
    loop.wait(1300)
    assert tripped(loop, timer) == pytest.approx(100, abs=3)


def test_acknowledged_in_part(loop: Loop, timer: int) -> None:
    """Some expiries can be acknowledged; more than there are, or none said, means all."""
    loop.ioctl(timer, Ioctl.TIMERCONFIG, BLOCK)
    loop.wait(200)
    loop.ioctl(timer, Ioctl.TIMERCONFIG, 0)
    loop.ioctl(timer, Ioctl.TIMERACK, 3)
    assert loop.ioctl(timer, Ioctl.GETEVENT) == Event.TIMER_EXPIRED
    loop.ioctl(timer, Ioctl.TIMERACK, 1000)
    assert loop.ioctl(timer, Ioctl.GETEVENT) == Event.NONE
    loop.ioctl(timer, Ioctl.TIMERCONFIG, BLOCK)
    loop.wait(100)
    loop.ioctl(timer, Ioctl.TIMERCONFIG, 0)
    loop.ioctl(timer, Ioctl.TIMERACK, 0)
    assert not loop.system.poll(timer) & select.POLLPRI


def test_stopped(loop: Loop, timer: int) -> None:
    """A period of nothing, or less, stops it."""
    for stop in (0, -5):
        loop.ioctl(timer, Ioctl.TIMERCONFIG, BLOCK)
        loop.wait(40)
        loop.ioctl(timer, Ioctl.TIMERCONFIG, stop)
        loop.ioctl(timer, Ioctl.TIMERACK, -1)
        loop.wait(100)
        assert loop.ioctl(timer, Ioctl.GETEVENT) == Event.NONE


def test_same_period_again(loop: Loop, timer: int) -> None:
    """Setting the period that it has does not begin it anew."""
    loop.ioctl(timer, Ioctl.TIMERCONFIG, 800)
    for _ in range(6):
        loop.wait(40)
        loop.ioctl(timer, Ioctl.TIMERCONFIG, 800)
    assert loop.ioctl(timer, Ioctl.GETEVENT) == Event.TIMER_EXPIRED


def test_ping(loop: Loop, timer: int) -> None:
    """A ping wakes at once, wins over an expiry, and stays until it is taken back."""
    loop.ioctl(timer, Ioctl.TIMERCONFIG, BLOCK)
    loop.wait(60)
    loop.system.ioctl(timer, Ioctl.TIMERPING, 0)
    assert loop.system.poll(timer) & select.POLLPRI
    for _ in range(2):
        assert loop.ioctl(timer, Ioctl.GETEVENT) == Event.TIMER_PING
    loop.system.ioctl(timer, Ioctl.TIMERPONG, 0)
    assert loop.ioctl(timer, Ioctl.GETEVENT) == Event.TIMER_EXPIRED


def test_two_timers(loop: Loop, timer: int) -> None:
    """Each opening is a timer of its own."""
    other = loop.system.open("/dev/dahdi/timer", os.O_RDWR | os.O_NONBLOCK)
    loop.ioctl(timer, Ioctl.TIMERCONFIG, BLOCK)
    loop.wait(60)
    assert loop.ioctl(timer, Ioctl.GETEVENT) == Event.TIMER_EXPIRED
    assert loop.ioctl(other, Ioctl.GETEVENT) == Event.NONE


def test_not_a_channel(loop: Loop, timer: int) -> None:
    """A timer has neither samples nor hook."""
    for code in (Ioctl.HOOK, Ioctl.GET_BUFINFO, Ioctl.SPECIFY):
        with refused(errno.ENOTTY):
            loop.system.ioctl(timer, code, bytearray(64))
    with refused(errno.ENOSYS):
        loop.read(timer)
