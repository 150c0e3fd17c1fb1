"""An exchange line and a telephone's channel that are cabled to each other: what each tells of the other, over a looped channel bank."""

from __future__ import annotations

import pytest

from boards.dahdi.abi import Cadence, Dial, DialOperation, Event, Flush, Hook, Ioctl, Params, ReceivedHook, SentHook, pulse_digit
from tests.contracts.looped import Loop

PLACE = 3
HANG_UP_MS = 300
"""The telephone's channel takes a loop that is open for so long for a hang-up."""
SEEN_MS = 60
SETTLED_MS = 700


class Pair:
    """The line (near, fxsks) and the telephone's channel (far, fxoks)."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.line = loop.open(loop.bank_near.channel(PLACE))
        self.phone = loop.open(loop.bank_far.channel(PLACE))
        self._times(self.line, flashtime=100, preflashtime=50, pulsebreaktime=60, pulsemaketime=40, pulseaftertime=700)
        self._times(self.phone, rxflashtime=HANG_UP_MS)
        loop.wait(2200)  # opening is a hang-up, after which the line is deaf to ringing
        for fd in (self.line, self.phone):
            loop.events(fd)

    def _times(self, fd: int, **times: int) -> None:
        now = self.loop.params(fd)
        for name, value in times.items():
            object.__setattr__(now, name, value)
        self.loop.set(fd, Ioctl.SET_PARAMS, now)

    def connect(self) -> None:
        """The line is seized, the telephone's channel serves it, and both have settled."""
        self.loop.hook(self.line, Hook.OFFHOOK)
        self.loop.wait(SEEN_MS)
        self.loop.hook(self.phone, Hook.OFFHOOK)
        self.loop.wait(SETTLED_MS)
        for fd in (self.line, self.phone):
            self.loop.events(fd)

    def seen(self, fd: int, most_ms: int) -> list[int]:
        """The events of so much time."""
        taken: list[int] = []
        for _ in range(0, most_ms, 20):
            self.loop.wait(20)
            taken += self.loop.events(fd)
        return taken


@pytest.fixture
def pair(loop: Loop) -> Pair:
    """Both channels open, idle and quiet."""
    return Pair(loop)


def test_a_seizure_is_a_lifted_handset(pair: Pair) -> None:
    """The line goes off hook: the telephone's channel reports a lift, once."""
    pair.loop.hook(pair.line, Hook.OFFHOOK)
    assert pair.seen(pair.phone, 400) == [Event.RINGOFFHOOK]
    assert pair.loop.params(pair.phone).rxisoffhook


def test_ringing_comes_in_bursts(pair: Pair) -> None:
    """Each burst has its beginning and its end on the line, and the far channel tells of its own cadence."""
    pair.loop.set(pair.phone, Ioctl.SETCADENCE, Cadence((1000, 1000, *([0] * 14))))
    pair.loop.hook(pair.phone, Hook.RING)
    pair.loop.wait(200)
    assert pair.loop.params(pair.line).rxhooksig == ReceivedHook.RING
    heard = pair.loop.events(pair.line) + pair.seen(pair.line, 3400)
    assert heard[:4] == [Event.RINGBEGIN, Event.RINGOFFHOOK] * 2
    told = pair.loop.events(pair.phone)
    assert told[:2] == [Event.RINGEROFF, Event.RINGERON]
    pair.loop.hook(pair.phone, Hook.RINGOFF)
    pair.loop.wait(200)
    pair.loop.events(pair.line)
    assert pair.seen(pair.line, 2200) == []


def test_the_answer_stops_the_bell(pair: Pair) -> None:
    """The line answers in a burst: the telephone's channel reports the lift and rings no more."""
    pair.loop.hook(pair.phone, Hook.RING)
    pair.loop.wait(300)
    pair.loop.events(pair.line)
    pair.loop.hook(pair.line, Hook.OFFHOOK)
    assert Event.RINGOFFHOOK in pair.seen(pair.phone, 800)
    pair.loop.hook(pair.phone, Hook.OFFHOOK)
    pair.loop.wait(SETTLED_MS)
    assert pair.loop.params(pair.phone).txhooksig == SentHook.OFFHOOK
    assert Event.RINGBEGIN not in pair.loop.events(pair.line)


def test_the_lines_hang_up_is_told_after_the_flash_time(pair: Pair) -> None:
    """The line goes on hook: the telephone's channel knows it when the loop was open for longer than a flash."""
    pair.connect()
    pair.loop.hook(pair.line, Hook.ONHOOK)
    assert pair.seen(pair.phone, HANG_UP_MS - 60) == []
    assert pair.seen(pair.phone, 200) == [Event.ONHOOK]


def test_the_far_ends_hang_up_is_a_battery_drop(pair: Pair) -> None:
    """The telephone's channel hangs up first: the line hears of the removed battery at once, while it is still off hook."""
    pair.connect()
    pair.loop.hook(pair.phone, Hook.ONHOOK)
    assert pair.seen(pair.line, 200) == [Event.ONHOOK]


def test_a_battery_drop_right_after_the_seizure_is_not_told(pair: Pair) -> None:
    """Within the debounce after going off hook the line hears of nothing."""
    pair.loop.hook(pair.line, Hook.OFFHOOK)
    pair.loop.wait(SEEN_MS)
    pair.loop.hook(pair.phone, Hook.OFFHOOK)
    pair.loop.wait(100)
    pair.loop.hook(pair.phone, Hook.ONHOOK)
    assert Event.ONHOOK not in pair.seen(pair.line, 300)


def test_a_short_flash_is_a_pulse_and_a_long_one_a_flash(pair: Pair) -> None:
    """A hundred milliseconds arrive as the digit 1, as from a Chinese telephone's R key; a quarter of a second as a flash."""
    pair.connect()
    pair.loop.hook(pair.line, Hook.FLASH)
    told = pair.seen(pair.phone, 700)
    assert [event for event in told if event != Event.HOOKCOMPLETE] == [Event.PULSE_START, 1 << 16 | ord("1")]
    assert pair.loop.events(pair.line) == [Event.HOOKCOMPLETE]
    now = pair.loop.params(pair.line)
    object.__setattr__(now, "flashtime", 250)
    pair.loop.set(pair.line, Ioctl.SET_PARAMS, now)
    pair.loop.wait(SETTLED_MS)
    pair.loop.hook(pair.line, Hook.FLASH)
    assert Event.WINKFLASH in pair.seen(pair.phone, 700)
    assert Event.ONHOOK not in pair.loop.events(pair.phone)


def test_pulses_arrive_as_digits(pair: Pair) -> None:
    """What the line dials by pulses the telephone's channel counts, zeros too, and the line is told when all is out."""
    pair.connect()
    pair.loop.set(pair.line, Ioctl.DIAL, DialOperation(Dial.REPLACE, "P305"))
    told = pair.seen(pair.phone, 5200)
    assert [digit for event in told if (digit := pulse_digit(event)) is not None] == ["3", "0", "5"]
    assert pair.loop.events(pair.line) == [Event.DIALCOMPLETE]


def test_hanging_up_ends_the_pulses(pair: Pair) -> None:
    """Who gives up while pulses go out is on hook: no digit is completed by the rest, and the hang-up is told."""
    pair.connect()
    pair.loop.set(pair.line, Ioctl.DIAL, DialOperation(Dial.REPLACE, "P00"))
    pair.loop.wait(300)
    pair.loop.hook(pair.line, Hook.ONHOOK)
    told = pair.seen(pair.phone, 900)
    assert Event.ONHOOK in told
    assert pair.loop.ioctl(pair.line, Ioctl.DIALING) == 0
    assert Event.DIALCOMPLETE not in pair.loop.events(pair.line)


def test_the_pair_forgets_between_two_calls(pair: Pair) -> None:
    """A second call over the same pair goes as the first, in the other direction."""
    pair.connect()
    pair.loop.hook(pair.line, Hook.ONHOOK)
    pair.loop.wait(HANG_UP_MS + 100)
    pair.loop.hook(pair.phone, Hook.ONHOOK)
    pair.loop.wait(2300)
    for fd in (pair.line, pair.phone):
        pair.loop.events(fd)
        pair.loop.ioctl(fd, Ioctl.FLUSH, Flush.ALL)
    pair.loop.hook(pair.phone, Hook.RING)
    assert Event.RINGBEGIN in pair.seen(pair.line, 400)
    assert Params(rxhooksig=ReceivedHook.RING).rxhooksig == pair.loop.params(pair.line).rxhooksig
