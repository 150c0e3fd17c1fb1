"""Wires behave as the driver's channels do."""

from __future__ import annotations

import errno
import select
from collections.abc import Callable

import pytest

from hwsim.wires import ALAW_SILENCE, EVENT_WAITS, FLUSH_EVENTS, FLUSH_RECEIVED, FLUSH_TRANSMIT, Wires

FD = 1000


def opened(block: int = 160, buffers: int = 4, policy: int = 0) -> Wires:
    wires = Wires(2, FD)
    wires.open(FD)
    wires.configure(FD, block, buffers, policy)
    return wires


def refused(number: int, act: Callable[[], object]) -> bool:
    with pytest.raises(OSError, match=r".") as caught:
        act()
    return caught.value.errno == number


def test_a_channel_is_opened_once() -> None:
    """Two programs cannot take the same line; a line that does not exist or is closed refuses everything."""
    wires = Wires(2, FD)
    assert refused(errno.EBADF, lambda: wires.read(FD, 160))
    assert refused(errno.EBADF, lambda: wires.write(FD, b"x"))
    assert refused(errno.EBADF, lambda: wires.next_event(FD))
    assert refused(errno.EBADF, lambda: wires.open(FD + 2))
    wires.open(FD)
    assert refused(errno.EBUSY, lambda: wires.open(FD))
    assert (wires.is_open(FD), wires.is_open(FD + 1)) == (True, False)
    wires.close(FD)
    assert refused(errno.EBADF, lambda: wires.close(FD))


@pytest.mark.parametrize(
    ("block", "buffers", "good"),
    [(15, 4, False), (16, 4, True), (8192, 4, True), (8193, 2, False), (8192, 5, False), (1024, 33, False), (160, 1, True)],
)
def test_buffer_limits_are_the_drivers(block: int, buffers: int, good: bool) -> None:  # a column of the table
    """A configuration that real hardware refuses is refused here too."""
    wires = Wires(1, FD)
    wires.open(FD)
    if good:
        wires.configure(FD, block, buffers, 0)
    else:
        assert refused(errno.EINVAL, lambda: wires.configure(FD, block, buffers, 0))


def test_after_opening_blocks_are_1024_and_there_are_two() -> None:
    """A board that forgets to configure its channel sees the driver's default, not ours."""
    wires = Wires(1, FD)
    wires.open(FD)
    wires.exchange(FD, bytes(1023))
    assert refused(errno.EAGAIN, lambda: wires.read(FD, 1024))
    wires.exchange(FD, bytes(1 + 1024 + 10))
    assert [len(wires.read(FD, 4096)) for _ in range(2)] == [1024, 1024]
    assert wires.counters(FD).overflowed == 10


def test_a_block_is_readable_when_full_and_read_whole() -> None:
    """Reads are latched by blocks; what a short read does not take is gone."""
    wires = opened()
    wires.exchange(FD, bytes(range(159)))
    assert refused(errno.EAGAIN, lambda: wires.read(FD, 160))
    wires.exchange(FD, bytes([159, *range(160)]))
    assert wires.read(FD, 10) == bytes(range(10))
    assert wires.read(FD, 4096) == bytes(range(160))
    assert refused(errno.EINVAL, lambda: wires.read(FD, 0))


def test_what_finds_every_buffer_full_is_lost_and_counted() -> None:
    """A late reader gets the oldest audio, and the newest is missing."""
    wires = opened()
    for number in range(6):
        wires.exchange(FD, bytes([number]) * 160)
    assert [wires.read(FD, 160)[0] for _ in range(4)] == [0, 1, 2, 3]
    assert wires.counters(FD).overflowed == 320
    wires.exchange(FD, b"\x09" * 160)
    assert wires.read(FD, 160) == b"\x09" * 160


def test_written_audio_comes_out_in_order_then_idle() -> None:
    """What was written is sent at once; when nothing is left the line carries the idle octet."""
    wires = opened()
    assert wires.write(FD, b"\x01" * 200) == 160
    assert wires.write(FD, b"\x02" * 5) == 5
    assert wires.exchange(FD, bytes(170)) == b"\x01" * 160 + b"\x02" * 5 + bytes([ALAW_SILENCE]) * 5
    wires.set_idle(FD, 0xFF)
    assert wires.exchange(FD, bytes(2)) == b"\xff\xff"
    assert wires.counters(FD).underrun == 7


def test_a_full_transmitter_refuses() -> None:
    """Writing ahead is bounded."""
    wires = opened()
    for _ in range(4):
        wires.write(FD, bytes(160))
    assert refused(errno.EAGAIN, lambda: wires.write(FD, bytes(160)))
    wires.exchange(FD, bytes(160))
    assert wires.write(FD, bytes(160)) == 160


@pytest.mark.parametrize(("policy", "needed"), [(0, 1), (1, 4), (2, 2)])
def test_transmit_policies(policy: int, needed: int) -> None:
    """The transmitter starts at once, when all buffers are full, or when half are; and holds again when it ran dry."""
    wires = opened(policy=policy)
    for _ in range(2):
        for _ in range(needed):
            assert wires.exchange(FD, bytes(160)) == bytes([ALAW_SILENCE]) * 160
            wires.write(FD, b"\x01" * 160)
        assert wires.exchange(FD, bytes(160 * needed)) == b"\x01" * 160 * needed


def test_an_event_stands_before_the_audio() -> None:
    """Neither read nor write goes on until the event is taken; it is not a fault."""
    wires = opened()
    wires.exchange(FD, bytes(160))
    assert wires.raise_event(FD, 18)
    assert wires.raise_event(FD, 2)
    assert wires.poll(FD) & select.POLLPRI
    for _ in range(2):
        assert refused(EVENT_WAITS, lambda: wires.read(FD, 160))
        assert refused(EVENT_WAITS, lambda: wires.write(FD, bytes(160)))
    assert [wires.next_event(FD) for _ in range(3)] == [18, 2, 0]
    assert len(wires.read(FD, 160)) == 160


def test_the_64th_event_is_lost() -> None:
    """Events nobody takes vanish silently, as in the driver; the simulator counts them."""
    wires = opened()
    assert [wires.raise_event(FD, number + 1) for number in range(64)] == [True] * 63 + [False]
    assert [wires.next_event(FD) for _ in range(64)] == [*range(1, 64), 0]
    assert not wires.raise_event(FD + 1, 1)
    assert (wires.counters(FD).events_lost, wires.counters(FD + 1).events_lost) == (1, 1)


def test_flushing() -> None:
    """Each kind of buffered thing is forgotten by itself."""
    wires = opened()
    wires.exchange(FD, bytes(200))
    wires.write(FD, b"\x01" * 160)
    wires.flush(FD, FLUSH_RECEIVED)
    wires.exchange(FD, bytes(120))
    assert refused(errno.EAGAIN, lambda: wires.read(FD, 160))  # the half-filled block went too
    wires.flush(FD, FLUSH_TRANSMIT)
    assert wires.exchange(FD, bytes(10)) == bytes([ALAW_SILENCE]) * 10
    wires.raise_event(FD, 1)
    wires.flush(FD, FLUSH_EVENTS)
    assert wires.next_event(FD) == 0


def test_reopening_is_a_fresh_start() -> None:
    """Nothing of the last call is left in a line that is opened again."""
    wires = opened()
    wires.exchange(FD, bytes(320))
    wires.write(FD, b"\x01" * 160)
    wires.raise_event(FD, 1)
    wires.close(FD)
    assert wires.exchange(FD, bytes(3)) == bytes([ALAW_SILENCE]) * 3
    wires.open(FD, 0xFF)
    assert wires.poll(FD) == select.POLLOUT
    assert wires.exchange(FD, bytes(3)) == b"\xff" * 3


def test_poll_tells_what_is_ready() -> None:
    """A program that waits is woken for audio, room, events and a pulled card."""
    wires = opened()
    assert wires.poll(FD) == select.POLLOUT
    wires.exchange(FD, bytes(160))
    assert wires.poll(FD) == select.POLLIN | select.POLLOUT
    for _ in range(4):
        wires.write(FD, bytes(160))
    assert wires.poll(FD) == select.POLLIN
    wires.unplug(FD)
    assert wires.poll(FD) & (select.POLLERR | select.POLLHUP) == select.POLLERR | select.POLLHUP


def test_a_write_is_noticed_even_when_refused() -> None:
    """The simulator can cancel the driver's tone at the first write, as the driver does."""
    wires = opened()
    assert not wires.take_written(FD)
    for _ in range(4):
        wires.write(FD, bytes(160))
    assert (wires.take_written(FD), wires.take_written(FD)) == (True, False)
    assert refused(errno.EAGAIN, lambda: wires.write(FD, bytes(160)))
    assert wires.take_written(FD)


def test_a_pulled_card_gives_enodev() -> None:
    """After the plug was pulled the channel can only be closed."""
    wires = opened()
    wires.unplug(FD)
    assert refused(errno.ENODEV, lambda: wires.read(FD, 160))
    assert refused(errno.ENODEV, lambda: wires.write(FD, bytes(160)))
    wires.close(FD)
    assert refused(errno.ENODEV, lambda: wires.open(FD))


def test_impossible_wires_are_refused() -> None:
    """Descriptors beyond what an int holds are named at once."""
    with pytest.raises(OSError, match="no room"):
        Wires(10, 2**31 - 5)


def test_a_held_transmitter_can_be_started() -> None:
    """A program that wrote less than its policy waits for can have it sent all the same, and learns when all of it is."""
    wires = Wires(1, FD)
    wires.open(FD)
    wires.configure(FD, 160, 4, 1)
    wires.write(FD, b"\x11" * 160)
    assert wires.sent(FD, 160) == bytes([ALAW_SILENCE]) * 160
    assert not wires.start(FD)
    assert wires.sent(FD, 160) == b"\x11" * 160
    assert wires.start(FD)
