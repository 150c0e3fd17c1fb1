"""HDLC: frames with their check octets, raw frames, and what the driver says of frames that are not good."""

from __future__ import annotations

import errno
import select

import pytest

from boards.dahdi.abi import BufferInfo, Event, Flush, Ioctl, Sig
from tests.contracts.loop import Loop, refused

D_CHANNEL = 16
CHECK = b"\0\0"
"""Two octets behind a frame's content, over which the driver writes the check sequence."""
FLAG = 0x7E
SETTLE_MS = 60


def check_sequence(octets: bytes) -> bytes:
    """The frame check sequence of ISO/IEC 13239: polynomial x^16 + x^12 + x^5 + 1, sent inverted, low octet first."""
    register = 0xFFFF
    for octet in octets:
        register ^= octet
        for _ in range(8):
            register = register >> 1 ^ (0x8408 if register & 1 else 0)
    return (register ^ 0xFFFF).to_bytes(2, "little")


def on_the_line(frame: bytes) -> bytes:
    """A frame between flags as octets of a timeslot, with a zero after five ones. The last octet is filled with ones."""
    bits = ""
    ones = 0
    for octet in frame:
        for place in range(8):
            one = octet >> place & 1
            bits += str(one)
            ones = ones + 1 if one else 0
            if ones == 5:
                bits, ones = bits + "0", 0
    bits = f"{FLAG:08b}" * 4 + bits + f"{FLAG:08b}" * 4
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def as_bits(octets: bytes) -> str:
    """The octets of a timeslot as one text of bits."""
    return "".join(f"{octet:08b}" for octet in octets)


class FrameEnds:
    """A D channel open at both ends."""

    def __init__(self, loop: Loop, sig: Sig = Sig.HDLCFCS, block: int = 1024, buffers: int = 16) -> None:
        self.loop = loop
        for span in (loop.near, loop.far):
            loop.configure(span.channel(D_CHANNEL), sig)
        self.near = self._open(loop.near.channel(D_CHANNEL), block, buffers)
        self.far = self._open(loop.far.channel(D_CHANNEL), block, buffers)
        loop.wait(SETTLE_MS)
        loop.forget(self.near)
        loop.forget(self.far)

    def _open(self, channel: int, block: int, buffers: int) -> int:
        fd = self.loop.open(channel)
        self.loop.set(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, buffers, block))
        return fd

    def frames(self, fd: int, most: int = 4096) -> list[bytes]:
        """All frames that can be read now."""
        got = []
        try:
            while True:
                got.append(self.loop.read(fd, most))
        except BlockingIOError:
            return got


class RawEnds:
    """A D channel whose other end is a clear channel: octets can be put on the line, and seen there, one by one."""

    def __init__(self, loop: Loop, sig: Sig = Sig.HDLCFCS, block: int = 1024, buffers: int = 16) -> None:
        self.loop = loop
        loop.configure(loop.near.channel(D_CHANNEL), sig)
        self.near = loop.open(loop.near.channel(D_CHANNEL))
        loop.set(self.near, Ioctl.SET_BUFINFO, BufferInfo(0, 0, buffers, block))
        self.line = loop.open(loop.far.channel(D_CHANNEL))
        loop.set(self.line, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 8, 160))
        loop.wait(SETTLE_MS)
        loop.forget(self.near)
        loop.forget(self.line)

    def put(self, octets: bytes) -> None:
        """These octets go onto the line, without a gap."""
        for first in range(0, len(octets), 160):
            self.loop.write(self.line, octets[first : first + 160])
        self.loop.wait(20 + 20 * (len(octets) // 160 + 1) + SETTLE_MS)


class TestFrames:
    """A D channel at both ends."""

    @pytest.mark.parametrize("length", [1, 2, 3, 4, 20, 159, 160, 161, 260, 1000])
    def test_a_frame_arrives_whole(self, loop: Loop, length: int) -> None:
        """A frame is written with two octets more, and read with its check sequence in their place."""
        ends = FrameEnds(loop)
        content = bytes(place * 7 & 0xFF for place in range(length))
        assert loop.write(ends.near, content + CHECK) == length + 2
        loop.wait(length // 8 + 2 * SETTLE_MS)
        assert ends.frames(ends.far) == [content + check_sequence(content)]
        assert loop.events(ends.far) == []

    @pytest.mark.parametrize("octet", [0xFF, 0x7E, 0x00, 0x1F, 0xF8, 0x55])
    def test_any_content_is_carried(self, loop: Loop, octet: int) -> None:
        """Ones and flags inside a frame are no ends of it."""
        ends = FrameEnds(loop)
        content = bytes([octet]) * 50
        loop.write(ends.near, content + CHECK)
        loop.wait(2 * SETTLE_MS)
        assert ends.frames(ends.far) == [content + check_sequence(content)]

    def test_frames_stay_apart_and_in_order(self, loop: Loop) -> None:
        """Ten frames written at once are ten frames, one a read."""
        ends = FrameEnds(loop)
        contents = [bytes([number]) * (number + 3) for number in range(10)]
        for content in contents:
            loop.write(ends.near, content + CHECK)
        loop.wait(3 * SETTLE_MS)
        assert ends.frames(ends.far) == [content + check_sequence(content) for content in contents]

    def test_both_directions(self, loop: Loop) -> None:
        """Both ends can send at once."""
        ends = FrameEnds(loop)
        loop.write(ends.near, b"from near" + CHECK)
        loop.write(ends.far, b"from far!" + CHECK)
        loop.wait(2 * SETTLE_MS)
        assert ends.frames(ends.far) == [b"from near" + check_sequence(b"from near")]
        assert ends.frames(ends.near) == [b"from far!" + check_sequence(b"from far!")]

    def test_nothing_to_read_while_nothing_is_sent(self, loop: Loop) -> None:
        """Flags between frames are no frames: nothing is readable, and it is no fault."""
        ends = FrameEnds(loop)
        loop.wait(500)
        with refused(errno.EAGAIN):
            loop.read(ends.near)
        assert not loop.system.poll(ends.near) & select.POLLIN
        assert loop.events(ends.near) == []

    def test_a_frame_is_readable_when_it_ends(self, loop: Loop) -> None:
        """A frame shorter than the block is read as soon as it is complete."""
        ends = FrameEnds(loop, block=1024)
        loop.write(ends.near, b"abc" + CHECK)
        loop.wait(SETTLE_MS)
        assert loop.system.poll(ends.far) & select.POLLIN

    def test_a_short_read_loses_the_rest_of_the_frame(self, loop: Loop) -> None:
        """One read, one frame: what it does not cover is gone."""
        ends = FrameEnds(loop)
        for content in (b"first frame", b"second"):
            loop.write(ends.near, content + CHECK)
        loop.wait(2 * SETTLE_MS)
        assert loop.read(ends.far, 5) == b"first"
        assert loop.read(ends.far, 100) == b"second" + check_sequence(b"second")

    def test_a_frame_is_cut_at_the_block(self, loop: Loop) -> None:
        """A write longer than the block takes no more than a block, and sends that as a frame."""
        ends = FrameEnds(loop, block=64)
        assert loop.write(ends.near, bytes(100)) == 64
        loop.wait(2 * SETTLE_MS)
        assert loop.events(ends.far) == [Event.OVERRUN]

    def test_frames_that_nobody_reads(self, loop: Loop) -> None:
        """When all buffers hold a frame, later ones are lost; the first ones are whole."""
        ends = FrameEnds(loop, buffers=4)
        for number in range(8):
            while True:
                try:
                    loop.write(ends.near, bytes([number]) * 30 + CHECK)
                    break
                except BlockingIOError:
                    loop.wait(20)
            loop.wait(20)
        loop.wait(2 * SETTLE_MS)
        assert [frame[0] for frame in ends.frames(ends.far)] == [0, 1, 2, 3]

    def test_write_buffers_fill(self, loop: Loop) -> None:
        """A frame is on the line for its length; when all buffers wait, the next is refused."""
        ends = FrameEnds(loop, buffers=2)
        for _ in range(2):
            loop.write(ends.near, bytes(1000))
        with refused(errno.EAGAIN):
            loop.write(ends.near, bytes(1000))
        assert not loop.system.poll(ends.near) & select.POLLOUT
        loop.wait(200)
        assert loop.write(ends.near, bytes(1000)) == 1000

    def test_flushing(self, loop: Loop) -> None:
        """What waits to be read can be thrown away."""
        ends = FrameEnds(loop)
        loop.write(ends.near, b"abc" + CHECK)
        loop.wait(2 * SETTLE_MS)
        loop.ioctl(ends.far, Ioctl.FLUSH, Flush.READ)
        assert ends.frames(ends.far) == []

    def test_a_d_channel_has_no_speech(self, loop: Loop) -> None:
        """What belongs to audio is refused on a D channel."""
        ends = FrameEnds(loop)
        for code in (Ioctl.SETLINEAR, Ioctl.ECHOCANCEL, Ioctl.AUDIOMODE, Ioctl.HOOK):
            with refused(errno.EINVAL):
                loop.ioctl(ends.near, code, 1)


class TestTheLine:
    """The same seen from the line."""

    def test_flags_between_frames(self, loop: Loop) -> None:
        """A D channel without frames sends flags."""
        ends = RawEnds(loop)
        loop.wait(100)
        bits = as_bits(loop.read_all(ends.line))
        start = bits.index("01111110")
        idle = bits[start : start + 800]
        assert idle == "01111110" * 100

    def test_a_closed_d_channel(self, loop: Loop) -> None:
        """A D channel that nobody has open sends flags all the same."""
        loop.configure(loop.near.channel(D_CHANNEL), Sig.HDLCFCS)
        line = loop.open(loop.far.channel(D_CHANNEL))
        loop.set(line, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 8, 160))
        loop.wait(100)
        bits = as_bits(loop.read_all(line))
        start = bits.index("01111110")
        assert bits[start : start + 800] == "01111110" * 100

    def test_a_frame_on_the_line(self, loop: Loop) -> None:
        """Least significant bit first, a zero after five ones, check sequence, one flag."""
        ends = RawEnds(loop)
        content = b"\x02\xff\x7e\x00abc"
        loop.wait(20)
        loop.write(ends.near, content + CHECK)
        loop.wait(100)
        expected = as_bits(on_the_line(content + check_sequence(content)))
        assert expected[24:-32] in as_bits(loop.read_all(ends.line))

    def test_a_frame_from_the_line(self, loop: Loop) -> None:
        """The other way round."""
        ends = RawEnds(loop)
        frame = b"\x02\xff\x7e\x00abc" + check_sequence(b"\x02\xff\x7e\x00abc")
        ends.put(on_the_line(frame) + bytes([FLAG]) * 8)
        assert loop.read(ends.near, 1024) == frame

    def test_a_frame_with_a_bit_error(self, loop: Loop) -> None:
        """A wrong check sequence: no frame, one event."""
        ends = RawEnds(loop)
        frame = b"good words" + check_sequence(b"good wordz")
        ends.put(on_the_line(frame) + bytes([FLAG]) * 8)
        assert loop.events(ends.near).count(Event.BADFCS) == 1
        with refused(errno.EAGAIN):
            loop.read(ends.near, 1024)

    def test_an_aborted_frame(self, loop: Loop) -> None:
        """Seven ones in the middle of a frame: no frame, and an event; the next frame is good."""
        ends = RawEnds(loop)
        frame = b"some words" + check_sequence(b"some words")
        ends.put(on_the_line(frame)[:10] + b"\xff" * 10 + bytes([FLAG]) * 8 + on_the_line(frame) + bytes([FLAG]) * 8)
        assert loop.events(ends.near)[:1] == [Event.ABORT]
        assert loop.read(ends.near, 1024) == frame

    def test_an_idle_line_is_no_fault(self, loop: Loop) -> None:
        """Ones without end instead of flags: nothing to read, nothing to tell."""
        ends = RawEnds(loop)
        loop.wait(300)
        assert loop.events(ends.near) == []

    def test_a_frame_longer_than_the_block(self, loop: Loop) -> None:
        """It is given up with an event, and the rest of it is not taken for a frame."""
        ends = RawEnds(loop, block=32)
        frame = bytes(place & 0xFF for place in range(100))
        ends.put(bytes([FLAG]) * 8 + on_the_line(frame + check_sequence(frame)) + bytes([FLAG]) * 8)
        assert loop.events(ends.near)[0] == Event.OVERRUN
        with refused(errno.EAGAIN):
            loop.read(ends.near, 1024)

    def test_flags_may_share_their_zero(self, loop: Loop) -> None:
        """A flag's last zero may be the next one's first."""
        ends = RawEnds(loop)
        frame = b"words" + check_sequence(b"words")
        shared = "011111101111110" * 64
        octets = int(shared, 2).to_bytes(len(shared) // 8, "big")
        ends.put(octets + bytes([FLAG]) * 8 + on_the_line(frame) + bytes([FLAG]) * 8)
        assert loop.read(ends.near, 1024) == frame

    def test_bad_frames_in_alarm_are_not_told(self, loop: Loop) -> None:
        """While the span is in alarm the events of bad frames are held back."""
        ends = RawEnds(loop)
        loop.system.close(ends.line)
        loop.write(ends.near, b"x" * 20)
        loop.destroy(loop.far.address)
        loop.wait(2400)
        assert set(loop.events(ends.near)) <= {Event.ALARM, Event.ABORT}


class TestModes:
    """HDLC on a channel that was configured clear."""

    def test_check_mode(self, loop: Loop) -> None:
        """HDLCFCSMODE makes a clear channel a D channel until it is closed."""
        near, far = (loop.open(span.channel(D_CHANNEL)) for span in (loop.near, loop.far))
        for fd in (near, far):
            loop.ioctl(fd, Ioctl.HDLCFCSMODE, 1)
        loop.wait(SETTLE_MS)
        loop.forget(far)
        loop.write(near, b"words" + CHECK)
        loop.wait(2 * SETTLE_MS)
        assert loop.read(far, 1024) == b"words" + check_sequence(b"words")
        loop.system.close(near)
        again = loop.open(loop.near.channel(D_CHANNEL))
        loop.set(again, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 4, 160))
        loop.wait(100)
        assert len(loop.read(again)) == 160

    def test_raw_mode(self, loop: Loop) -> None:
        """HDLCRAWMODE sends and gives frames as they are, without check."""
        near, far = (loop.open(span.channel(D_CHANNEL)) for span in (loop.near, loop.far))
        for fd in (near, far):
            loop.ioctl(fd, Ioctl.HDLCRAWMODE, 1)
        loop.wait(SETTLE_MS)
        loop.forget(far)
        loop.write(near, b"no check at all")
        loop.wait(2 * SETTLE_MS)
        assert loop.read(far, 1024) == b"no check at all"

    def test_a_raw_sender_and_a_checking_receiver(self, loop: Loop) -> None:
        """A raw channel can send a frame with a check sequence of its own, right or wrong."""
        near, far = (loop.open(span.channel(D_CHANNEL)) for span in (loop.near, loop.far))
        loop.ioctl(near, Ioctl.HDLCRAWMODE, 1)
        loop.ioctl(far, Ioctl.HDLCFCSMODE, 1)
        loop.wait(SETTLE_MS)
        loop.forget(far)
        for frame in (b"right" + check_sequence(b"right"), b"wrong" + b"??"):
            loop.write(near, frame)
        loop.wait(2 * SETTLE_MS)
        assert loop.events(far) == [Event.BADFCS]
        assert loop.read(far, 1024) == b"right" + check_sequence(b"right")

    def test_leaving_the_mode(self, loop: Loop) -> None:
        """Without the mode the channel is clear again."""
        near, far = loop.open(loop.near.channel(D_CHANNEL)), loop.open_audio(loop.far.channel(D_CHANNEL))
        loop.ioctl(near, Ioctl.HDLCFCSMODE, 1)
        loop.wait(100)
        loop.read_all(far)
        loop.wait(40)
        assert "01111110" in as_bits(loop.read(far))
        loop.ioctl(near, Ioctl.HDLCFCSMODE, 0)
        loop.wait(100)
        loop.read_all(far)
        loop.wait(40)
        assert loop.read(far) == b"\xff" * 160

    def test_modes_end_audio_mode(self, loop: Loop) -> None:
        """A channel in an HDLC mode is not in audio mode, and the other way round."""
        fd = loop.open_audio(loop.near.channel(1))
        loop.ioctl(fd, Ioctl.HDLCRAWMODE, 1)
        with refused(errno.EINVAL):
            loop.ioctl(fd, Ioctl.SETLINEAR, 0)
        loop.ioctl(fd, Ioctl.AUDIOMODE, 1)
        loop.ioctl(fd, Ioctl.SETLINEAR, 0)
        loop.wait(60)
        assert len(loop.read(fd)) == 160

    def test_56_kbit(self, loop: Loop) -> None:
        """At 56 kbit/s the last bit of each octet is a one and carries nothing; frames pass all the same."""
        ends = FrameEnds(loop)
        for fd in (ends.near, ends.far):
            loop.ioctl(fd, Ioctl.HDLC_RATE, 56)
        loop.wait(SETTLE_MS)
        loop.forget(ends.far)
        loop.write(ends.near, b"seven bits" + CHECK)
        loop.wait(2 * SETTLE_MS)
        frames = ends.frames(ends.far)
        for fd in (ends.near, ends.far):
            loop.ioctl(fd, Ioctl.HDLC_RATE, 64)
        assert frames == [b"seven bits" + check_sequence(b"seven bits")]
