"""Simulated HDLC by itself: what comes out of a sender goes into a receiver, whole, or is told to be bad."""

from __future__ import annotations

import errno
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.dahdi.abi import BufferInfo, Event, TransmitPolicy
from hwsim.frame_buffers import FrameBuffers
from hwsim.hdlc import COMPLETE, HdlcReceiver, HdlcSender, check_sequence, is_good

FLAGS = b"\x7e" * 4


class Ends:
    """Two channels in HDLC mode on one line; events of the receiving one are kept."""

    def __init__(self, *, seven_bits: bool = False, signalling_units: bool = False, block: int = 1024) -> None:
        self.events: list[int] = []
        self.near, self.far = (self._made(seven_bits, signalling_units, block) for _ in range(2))
        self.move(1)

    def _made(self, seven_bits: bool, signalling_units: bool, block: int) -> FrameBuffers:
        made = FrameBuffers(checked=True, seven_bits=seven_bits, signalling_units=signalling_units, raise_event=self.events.append)
        made.configure(BufferInfo(0, 0, 16, block))
        return made

    def move(self, blocks: int) -> None:
        """20 ms each."""
        for _ in range(blocks):
            self.far.receive(self.near.sent(160))

    def frames(self) -> list[bytes]:
        """What the far end can read."""
        got = []
        while self.far.readable:
            got.append(self.far.read(4096))
        return got


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=8), st.booleans())
def test_every_frame_arrives(contents: list[bytes], seven_bits: bool) -> None:
    """Whatever is in the frames and however they follow each other."""
    ends = Ends(seven_bits=seven_bits)
    for content in contents:
        ends.near.write(content + b"\0\0")
    ends.move(30)
    assert ends.frames() == [content + check_sequence(content) for content in contents]
    assert ends.events == []


SHORT_RUNS = st.integers(min_value=0, max_value=255).map(lambda octet: octet & 0x55)
"""Octets without two ones in a row: no zero is inserted among them, and one flipped bit makes neither a flag nor an inserted zero."""


def _with_a_flip(content: bytes, place: int) -> list[bytes]:
    """The frames that come out when one bit of those that carry the content is wrong."""
    sender = HdlcSender()
    octets = bytearray(sender.take(4, deque()) + sender.take(160, deque([content + check_sequence(content)])))
    where = 32 + place
    octets[where // 8] ^= 0x80 >> where % 8
    ends = Ends()
    ends.far.receive(bytes(octets))
    ends.far.receive(FLAGS)
    return ends.frames()


@given(st.lists(SHORT_RUNS, min_size=20, max_size=100).map(bytes), st.integers(min_value=0, max_value=10_000))
def test_a_flipped_bit_never_passes(content: bytes, place: int) -> None:
    """One wrong bit costs the frame; no other frame comes of it."""
    assert _with_a_flip(content, place % (8 * len(content) - 8)) == []


def test_an_inserted_zero_after_a_whole_octet_is_not_looked_at() -> None:
    """The driver's software takes the bit after an octet that ends in five ones for the inserted zero, whatever it is: the frame is right."""
    content = b"\x00\xf8" + b"\x55" * 20
    assert _with_a_flip(content, 16) == [content + check_sequence(content)]


def test_noise_is_no_frame() -> None:
    """Speech where frames are expected: bad frames are told, none is given."""
    ends = Ends()
    ends.far.receive(bytes(place * 73 & 0xFF for place in range(1600)))
    assert ends.frames() == []


def test_an_idle_line_is_remembered_without_harm() -> None:
    """After seconds of flags a frame still arrives."""
    ends = Ends()
    ends.move(200)
    ends.near.write(b"after a while\0\0")
    ends.move(2)
    assert ends.frames() == [b"after a while" + check_sequence(b"after a while")]


def test_full_buffers_lose_what_is_new() -> None:
    """How much of the line was lost is told."""
    ends = Ends()
    ends.far.configure(BufferInfo(0, 0, 2, 1024))
    for number in range(4):
        ends.near.write(bytes([number]) * 20 + b"\0\0")
    assert ends.far.receive(ends.near.sent(160)) > 0
    assert [frame[0] for frame in ends.frames()] == [0, 1]


@pytest.mark.parametrize(("policy", "frames"), [(TransmitPolicy.WHEN_FULL, 16), (TransmitPolicy.HALF_FULL, 8)])
def test_transmit_policies(policy: TransmitPolicy, frames: int) -> None:
    """Nothing is sent before there is enough of it, unless somebody says so."""
    ends = Ends()
    ends.near.configure(BufferInfo(policy, 0, 16, 1024))
    for number in range(frames - 1):
        ends.near.write(bytes([number, 0, 0]))
    ends.move(4)
    assert ends.frames() == []
    ends.near.write(b"x\0\0")
    ends.move(8)
    assert len(ends.frames()) == frames
    ends.near.write(b"y\0\0")
    assert ends.near.start_sending() is False
    ends.move(2)
    assert len(ends.frames()) == 1
    assert ends.near.start_sending() is True


def test_signalling_units_repeat_and_are_given_once() -> None:
    """On a signalling link the last unit is sent on and on; the other end gives each only when it is new."""
    ends = Ends(signalling_units=True)
    for content in (b"\x01\x01\x00", b"\x02\x01\x00"):
        ends.near.write(content + b"\0\0")
        ends.move(20)
        assert ends.frames() == [content + check_sequence(content)]


def test_what_a_frame_buffer_refuses() -> None:
    """Nothing to read, no room to write."""
    ends = Ends(block=32)
    with pytest.raises(OSError, match="temporarily") as caught:
        ends.far.read(100)
    assert caught.value.errno == errno.EAGAIN
    for _ in range(16):
        assert ends.near.write(bytes(100)) == 32
    with pytest.raises(OSError, match="temporarily"):
        ends.near.write(b"one more")
    ends.move(10)
    assert set(ends.events) == {Event.OVERRUN}


def test_the_check_sequence() -> None:
    """ISO/IEC 13239's own example: the check value of 123456789 is 906E."""
    assert check_sequence(b"123456789") == bytes([0x6E, 0x90])
    assert is_good(b"123456789\x6e\x90")
    assert not is_good(b"123456789\x6e\x91")


def test_flags_end_frames() -> None:
    """A receiver in search gives nothing until a flag, and COMPLETE for each one after it."""
    receiver = HdlcReceiver()
    assert [receiver.step(0xFF) for _ in range(3)] == [-1, -1, -1]
    given_back = [receiver.step(octet) for octet in FLAGS * 2]
    assert given_back.count(COMPLETE) >= 5
