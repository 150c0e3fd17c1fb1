"""Buffers between a program and a clear channel: how much, when, in which order, and what is lost."""

from __future__ import annotations

import errno
import select

import pytest

from boards.dahdi.abi import BufferInfo, Event, Flush, Ioctl, Law, TransmitPolicy, pack_int, unpack_int
from tests.contracts.loop import BLOCK, Loop, refused

SLOT = 4
IDLE = 0xD5
READ, WRITE, WRITE_EMPTY, EVENT, NOWAIT = 1, 2, 4, 8, 0x100


def numbered(count: int, start: int = 0) -> bytes:
    """Blocks that can be told apart and from silence."""
    return b"".join(bytes([1 + (start + number) % 100]) * BLOCK for number in range(count))


def pair(loop: Loop, **near: int) -> tuple[int, int]:
    """A channel and its far end, in audio mode, with nothing under way. ``near``: buffers of the near one."""
    near_fd, far_fd = loop.open_audio(loop.near.channel(SLOT), **near), loop.open_audio(loop.far.channel(SLOT), buffers=32)
    loop.wait(40)
    loop.forget(near_fd)
    loop.forget(far_fd)
    return near_fd, far_fd


def arrived(loop: Loop, far: int, ms: float) -> bytes:
    """What is not silence of all that the far end has ``ms`` later."""
    loop.wait(ms)
    return loop.read_all(far).strip(bytes([IDLE]))


class TestTransmission:
    """When what was written is sent."""

    def test_every_octet_passes(self, loop: Loop) -> None:
        """Whatever is sent is received, octet by octet, in both directions at once."""
        near, far = pair(loop)
        there, back = bytes(range(256)) * 5, bytes(range(255, -1, -1)) * 5
        for sender, receiver, data in ((near, far, there), (far, near, back)):
            assert data in loop.carry(sender, receiver, data)

    def test_at_once(self, loop: Loop) -> None:
        """The usual policy sends a single block without waiting for more."""
        near, far = pair(loop)
        loop.write(near, numbered(1))
        assert arrived(loop, far, 80) == numbered(1)

    def test_when_full(self, loop: Loop) -> None:
        """With this policy nothing is sent until all buffers are full, then everything without a gap."""
        near, far = pair(loop, policy=TransmitPolicy.WHEN_FULL)
        for number in range(3):
            loop.write(near, numbered(1, number))
        assert arrived(loop, far, 200) == b""
        loop.write(near, numbered(1, 3))
        assert arrived(loop, far, 200) == numbered(4)

    def test_when_full_again(self, loop: Loop) -> None:
        """Run dry, the channel waits for full buffers once more."""
        near, far = pair(loop, policy=TransmitPolicy.WHEN_FULL, buffers=2)
        for number in range(2):
            loop.write(near, numbered(1, number))
        assert arrived(loop, far, 200) == numbered(2)
        loop.write(near, numbered(1, 2))
        assert arrived(loop, far, 200) == b""

    def test_half_full(self, loop: Loop) -> None:
        """With this policy sending begins when half of the buffers are full."""
        near, far = pair(loop, policy=TransmitPolicy.HALF_FULL)
        loop.write(near, numbered(1))
        assert arrived(loop, far, 200) == b""
        loop.write(near, numbered(1, 1))
        assert arrived(loop, far, 200) == numbered(2)

    def test_forced(self, loop: Loop) -> None:
        """Who waits for empty buffers gets them: what was held back is sent."""
        near, far = pair(loop, policy=TransmitPolicy.WHEN_FULL)
        loop.write(near, numbered(1))
        assert arrived(loop, far, 100) == b""
        loop.ioctl(near, Ioctl.IOMUX, WRITE_EMPTY | NOWAIT)
        assert arrived(loop, far, 100) == numbered(1)

    def test_short_blocks_leave_no_gap(self, loop: Loop) -> None:
        """Blocks shorter than a buffer follow each other closely."""
        near, far = pair(loop)
        data = bytes(range(1, 121))
        for place in range(0, 120, 40):
            assert loop.write(near, data[place : place + 40]) == 40
        assert arrived(loop, far, 100) == data

    def test_a_write_takes_one_buffer(self, loop: Loop) -> None:
        """What is longer than a buffer is not taken; the program is told how much was."""
        near, far = pair(loop)
        assert loop.write(near, numbered(3)) == BLOCK
        assert arrived(loop, far, 100) == numbered(1)
        with refused(errno.EINVAL):
            loop.write(near, b"")

    def test_full(self, loop: Loop) -> None:
        """When all buffers are full a write is refused and poll does not offer one; later it does again."""
        near, _far = pair(loop, policy=TransmitPolicy.WHEN_FULL, buffers=3)
        loop.write(near, numbered(1))
        assert loop.system.poll(near) & select.POLLOUT
        near_blocks = numbered(8)
        with refused(errno.EAGAIN):
            for place in range(0, len(near_blocks), BLOCK):
                loop.write(near, near_blocks[place : place + BLOCK])
        assert not loop.system.poll(near) & select.POLLOUT
        loop.wait(60)
        assert loop.system.poll(near) & select.POLLOUT

    def test_flush_forgets_what_was_written(self, loop: Loop) -> None:
        """Flushed blocks are never heard; the next one is."""
        near, far = pair(loop, policy=TransmitPolicy.WHEN_FULL)
        for number in range(2):
            loop.write(near, numbered(1, number))
        loop.ioctl(near, Ioctl.FLUSH, Flush.WRITE)
        for number in range(4):
            loop.write(near, numbered(1, 10 + number))
        assert arrived(loop, far, 200) == numbered(4, 10)


class TestSilence:
    """What is sent when nothing was written."""

    @pytest.mark.parametrize(("law", "idle"), [(Law.ALAW, 0xD5), (Law.MULAW, 0x7F)])
    def test_speech(self, loop: Loop, law: Law, idle: int) -> None:
        """A channel for speech sends the silence of its law; of mu-law's two zeros the negative one."""
        near, far = pair(loop)
        loop.ioctl(near, Ioctl.SETLAW, law)
        loop.wait(40)
        loop.forget(far)
        loop.wait(80)
        assert set(loop.read_all(far)) == {idle}

    def test_data(self, loop: Loop) -> None:
        """A clear channel out of audio mode sends ones, and carries octets all the same."""
        near, far = pair(loop)
        loop.ioctl(near, Ioctl.AUDIOMODE, 0)
        loop.wait(40)
        loop.forget(far)
        loop.write(near, numbered(2)[:BLOCK])
        loop.wait(100)
        assert loop.read_all(far).strip(b"\xff") == numbered(1)

    def test_closed(self, loop: Loop) -> None:
        """A channel that was closed in audio mode goes on sending silence."""
        near, far = pair(loop)
        loop.system.close(near)
        loop.wait(40)
        loop.forget(far)
        loop.wait(60)
        assert set(loop.read_all(far)) == {IDLE}


class TestReception:
    """What can be read, and what is lost."""

    def test_overflow(self, loop: Loop) -> None:
        """A program that does not read keeps the oldest blocks, in order; the newest are lost."""
        near, far = pair(loop)
        loop.set(far, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 4, BLOCK))
        rest = data = numbered(12)
        while rest:
            loop.wait(20)
            while rest and loop.system.poll(near) & select.POLLOUT:
                rest = rest[loop.write(near, rest[:BLOCK]) :]
        loop.wait(100)
        kept = loop.read_all(far)
        assert len(kept) == 4 * BLOCK
        assert data.startswith(kept.strip(bytes([IDLE])))

    def test_after_an_overflow(self, loop: Loop) -> None:
        """The first block read makes room: from then on nothing new is lost."""
        near, far = pair(loop)
        loop.set(far, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 4, BLOCK))
        loop.wait(300)
        loop.read_all(far)
        assert numbered(6) in loop.carry(near, far, numbered(6))

    def test_flush_forgets_what_was_received(self, loop: Loop) -> None:
        """Flushed, there is nothing to read for a block's time."""
        _near, far = pair(loop)
        loop.wait(60)
        assert loop.system.poll(far) & select.POLLIN
        loop.ioctl(far, Ioctl.FLUSH, Flush.READ)
        assert not loop.system.poll(far) & select.POLLIN
        with refused(errno.EAGAIN):
            loop.read(far)
        loop.wait(20 + loop.tolerance_ms)
        assert len(loop.read(far)) == BLOCK

    def test_new_buffers_are_empty(self, loop: Loop) -> None:
        """Setting buffers forgets both directions."""
        near, far = pair(loop, policy=TransmitPolicy.WHEN_FULL)
        loop.write(near, numbered(1))
        loop.wait(60)
        loop.set(near, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 4, BLOCK))
        with refused(errno.EAGAIN):
            loop.read(near)
        assert arrived(loop, far, 100) == b""

    def test_block_size_of_its_own(self, loop: Loop) -> None:
        """A block may be small; each read gives exactly one."""
        _near, far = pair(loop)
        loop.ioctl(far, Ioctl.SET_BLOCKSIZE, 40)
        loop.wait(60)
        assert [len(loop.read(far, 1000)) for _ in range(3)] == [40, 40, 40]

    def test_a_short_read_loses_the_rest(self, loop: Loop) -> None:
        """What a read does not ask for of a block is gone."""
        near, far = pair(loop)
        loop.write(near, bytes(range(1, 161)))
        loop.wait(100)
        got = b""
        while not got:
            got = loop.read(far, 30).strip(bytes([IDLE]))
        rest = loop.read_all(far)
        assert set(got) <= set(range(1, 161))
        assert set(rest).isdisjoint(got)


class TestLimits:
    """Sizes that the driver takes."""

    @pytest.mark.parametrize(("size", "count"), [(15, 4), (8193, 2), (8192, 5), (1024, 33), (0, 4), (-160, 4)])
    def test_refused(self, loop: Loop, size: int, count: int) -> None:
        """Blocks have 16 to 8192 samples, all buffers 32768 at most; refused, all stays as it was."""
        fd = loop.open(loop.near.channel(SLOT))
        with refused(errno.EINVAL):
            loop.set(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, count, size))
        assert loop.ask(fd, Ioctl.GET_BUFINFO, BufferInfo()) == BufferInfo(0, 0, 2, 1024, -1, -1)

    @pytest.mark.parametrize(("count", "made"), [(0, 2), (1, 2), (2, 2), (32, 32), (40, 32)])
    def test_number_is_limited(self, loop: Loop, count: int, made: int) -> None:
        """There are 2 to 32 buffers; another number is brought into that range without a word."""
        fd = loop.open(loop.near.channel(SLOT))
        loop.set(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, count, BLOCK))
        assert loop.ask(fd, Ioctl.GET_BUFINFO, BufferInfo()).numbufs == made

    def test_policies(self, loop: Loop) -> None:
        """Of the transmit policy two bits count, of the receive policy none."""
        fd = loop.open(loop.near.channel(SLOT))
        loop.set(fd, Ioctl.SET_BUFINFO, BufferInfo(5, 1, 4, BLOCK))
        assert loop.ask(fd, Ioctl.GET_BUFINFO, BufferInfo()) == BufferInfo(1, 0, 4, BLOCK, -1, -1)

    @pytest.mark.parametrize("size", [15, 8193, 0, -1])
    def test_block_size_refused(self, loop: Loop, size: int) -> None:
        """The short way to a block size has the same limits."""
        fd = loop.open(loop.near.channel(SLOT))
        with refused(errno.EINVAL):
            loop.ioctl(fd, Ioctl.SET_BLOCKSIZE, size)
        assert loop.ioctl(fd, Ioctl.GET_BLOCKSIZE) == 1024

    def test_largest_block(self, loop: Loop) -> None:
        """8192 samples are a second and a little."""
        fd = loop.open(loop.near.channel(SLOT))
        loop.ioctl(fd, Ioctl.SET_BLOCKSIZE, 8192)
        assert loop.ioctl(fd, Ioctl.GET_BLOCKSIZE) == 8192


class TestMultiplexer:
    """IOMUX: what is ready, without waiting."""

    def asked(self, loop: Loop, fd: int, mask: int) -> int:
        """What the driver says is ready of what was asked."""
        memory = pack_int(mask | NOWAIT)
        loop.system.ioctl(fd, Ioctl.IOMUX, memory)
        return unpack_int(memory)

    def test_reading_and_writing(self, loop: Loop) -> None:
        """Room to write is there at once and empty too, a block to read after its time; what was not asked for is not told."""
        near, _far = pair(loop)
        assert self.asked(loop, near, READ | WRITE | WRITE_EMPTY | EVENT) == WRITE | WRITE_EMPTY
        loop.wait(20 + loop.tolerance_ms)
        assert self.asked(loop, near, READ | WRITE | EVENT) == READ | WRITE
        assert self.asked(loop, near, READ) == READ
        assert self.asked(loop, near, EVENT) == 0

    def test_not_empty(self, loop: Loop) -> None:
        """While something is to be sent the buffers are not empty."""
        near, _far = pair(loop, policy=TransmitPolicy.WHEN_FULL)
        loop.write(near, numbered(1))
        assert self.asked(loop, near, WRITE) == WRITE
        assert self.asked(loop, near, WRITE_EMPTY) == 0
        loop.wait(20 + loop.tolerance_ms)
        assert self.asked(loop, near, WRITE_EMPTY) == WRITE_EMPTY

    def test_asked_for_nothing(self, loop: Loop) -> None:
        """A question without anything asked is refused."""
        near, _far = pair(loop)
        with refused(errno.EINVAL):
            loop.ioctl(near, Ioctl.IOMUX, 0)


class TestBufferEvents:
    """Losses as events, when a program asks for them."""

    def test_off_by_default(self, loop: Loop) -> None:
        """Who did not ask is not told."""
        near, _far = pair(loop)
        loop.wait(300)
        assert loop.events(near) == []

    def test_both_losses(self, loop: Loop) -> None:
        """Full receive buffers and empty transmit buffers are told once each, at their beginning."""
        near, _far = pair(loop)
        loop.ioctl(near, Ioctl.BUFFER_EVENTS, 1)
        loop.write(near, numbered(1))
        loop.wait(400)
        assert sorted(loop.events(near)) == [Event.READ_OVERRUN, Event.WRITE_UNDERRUN]
        loop.wait(100)
        assert loop.events(near) == []

    def test_switched_off(self, loop: Loop) -> None:
        """Switched off again they are silent."""
        near, _far = pair(loop)
        loop.ioctl(near, Ioctl.BUFFER_EVENTS, 1)
        loop.ioctl(near, Ioctl.BUFFER_EVENTS, 0)
        loop.write(near, numbered(1))
        loop.wait(400)
        assert loop.events(near) == []
