"""The event queue of a channel."""

from __future__ import annotations

import select

import pytest

from boards.dahdi.abi import ELAST, EVENT_QUEUE_LENGTH, Event, Flush, Ioctl, Params, Tone
from tests.contracts.analog import AnalogBench, Driven
from tests.contracts.drivers import BLOCK, refused

UP_MS, DOWN_MS = 40, 80


@pytest.fixture
def quick(analog: AnalogBench, phone: Driven) -> Driven:
    """A telephone whose hang-up is told after 40 ms: events can be made quickly."""
    phone.set(Ioctl.SET_PARAMS, Params(rxflashtime=40, debouncetime=600, starttime=2000))
    analog.wait(40)
    phone.call(Ioctl.FLUSH, Flush.ALL)
    return phone


def play(analog: AnalogBench, times: int) -> None:
    """Lift the handset and put it down again: two events each."""
    for _ in range(times):
        analog.set_handset(True)
        analog.wait(UP_MS)
        analog.set_handset(False)
        analog.wait(DOWN_MS)


def test_order(analog: AnalogBench, quick: Driven) -> None:
    """Events come out in the order in which they happened, and then there are none."""
    play(analog, 2)
    assert quick.events() == [Event.RINGOFFHOOK, Event.ONHOOK] * 2
    assert quick.call(Ioctl.GETEVENT) == Event.NONE


def test_one_at_a_time(analog: AnalogBench, quick: Driven) -> None:
    """While one event is left, poll says so and no data move; the last one taken, they do."""
    play(analog, 1)
    assert quick.call(Ioctl.GETEVENT) == Event.RINGOFFHOOK
    assert quick.system.poll(quick.fd) & select.POLLPRI
    with refused(ELAST):
        quick.system.read(quick.fd, BLOCK)
    assert quick.call(Ioctl.GETEVENT) == Event.ONHOOK
    assert not quick.system.poll(quick.fd) & select.POLLPRI
    assert len(quick.system.read(quick.fd, BLOCK)) == BLOCK


def test_refused_write_is_not_sent(analog: AnalogBench, quick: Driven) -> None:
    """What was written while an event waited was not taken: there is as much room as before."""
    analog.set_handset(True)
    analog.wait(UP_MS)
    for _ in range(10):
        with refused(ELAST):
            quick.system.write(quick.fd, bytes(BLOCK))
    quick.events()
    for _ in range(4):
        assert quick.system.write(quick.fd, bytes(BLOCK)) == BLOCK


def test_flush_forgets_events(analog: AnalogBench, quick: Driven) -> None:
    """Flushed events are gone; new ones come."""
    play(analog, 2)
    quick.call(Ioctl.FLUSH, Flush.EVENT)
    assert quick.events() == []
    play(analog, 1)
    assert quick.events() == [Event.RINGOFFHOOK, Event.ONHOOK]


def test_flush_of_audio_keeps_events(analog: AnalogBench, quick: Driven) -> None:
    """Emptying the buffers loses no event."""
    play(analog, 1)
    quick.call(Ioctl.FLUSH, Flush.BOTH)
    assert quick.events() == [Event.RINGOFFHOOK, Event.ONHOOK]


def test_full_queue(analog: AnalogBench, quick: Driven) -> None:
    """A program that takes no events keeps the first 63; later ones are lost in silence."""
    play(analog, EVENT_QUEUE_LENGTH // 2 + 3)
    assert quick.events() == [*[Event.RINGOFFHOOK, Event.ONHOOK] * (EVENT_QUEUE_LENGTH // 2)][: EVENT_QUEUE_LENGTH - 1]


def test_full_queue_drained(analog: AnalogBench, quick: Driven) -> None:
    """Room made in a full queue is used by what happens next; what was lost stays lost."""
    play(analog, EVENT_QUEUE_LENGTH // 2 + 3)
    for _ in range(2):
        quick.call(Ioctl.GETEVENT)
    play(analog, 1)
    taken = quick.events()
    assert len(taken) == EVENT_QUEUE_LENGTH - 1
    assert taken[-3:] == [Event.RINGOFFHOOK, Event.RINGOFFHOOK, Event.ONHOOK]


def test_open_forgets_events(analog: AnalogBench, quick: Driven) -> None:
    """A channel that is opened anew has no events of the program before."""
    play(analog, 1)
    quick.close()
    assert Driven(analog, analog.phone).events() == []


def test_write_ends_a_tone_even_when_refused(analog: AnalogBench, line: Driven, quick: Driven) -> None:
    """A write that an event refuses has ended the driver's own tone all the same."""
    assert line.fd != quick.fd
    quick.call(Ioctl.SENDTONE, Tone.DIALTONE)
    analog.set_handset(True)
    analog.wait(UP_MS)
    with refused(ELAST):
        quick.system.write(quick.fd, bytes(BLOCK))
    quick.events()
    analog.wait(100)
    assert quick.call(Ioctl.DIALING) == 0
