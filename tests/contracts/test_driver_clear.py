"""Clear channels of a digital span: octets, audio mode, what is sent when nothing is, laws, loops, bundles of channels."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import suppress

import pytest

from boards.dahdi.abi import BufferInfo, ConferenceInfo, Event, Gains, Hook, Ioctl, Law, Sig
from tests.contracts.loop import BLOCK, Loop, refused

EVERY_OCTET = bytes(range(256)) * 5
"""Eight blocks in which each octet stands at every place of a block."""
MARK = bytes(range(1, 241))
"""No octet twice, so its place in what arrives is its place in time."""
INVERTED = bytes(octet ^ 0xFF for octet in range(256))
FLAT = bytes(range(256))


def pair(loop: Loop, position: int = 1, *, audio: bool = True) -> tuple[int, int]:
    """Both ends of a timeslot, open."""
    ends = []
    for span in (loop.near, loop.far):
        fd = loop.open_audio(span.channel(position)) if audio else loop.open(span.channel(position))
        loop.set(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 4, BLOCK))
        ends.append(fd)
    return ends[0], ends[1]


def idle(loop: Loop, fd: int) -> bytes:
    """What arrives now: the last of several blocks."""
    loop.wait(200)
    loop.read_all(fd)
    loop.wait(60)
    return loop.read(fd)


class TestOctets:
    """What is written is read at the other end."""

    @pytest.mark.parametrize("audio", [False, True], ids=["clear", "audio"])
    @pytest.mark.parametrize("way", [0, 1], ids=["to far", "to near"])
    def test_octets_pass_untouched(self, loop: Loop, audio: bool, way: int) -> None:
        """A modem's or a fax's octets arrive as they were sent, in both directions, in audio mode or without."""
        ends = pair(loop, audio=audio)
        assert EVERY_OCTET in loop.carry(ends[way], ends[1 - way], EVERY_OCTET)

    @pytest.mark.parametrize("position", [1, 15, 16, 17, 31])
    def test_a_timeslot_meets_its_own(self, loop: Loop, position: int) -> None:
        """What is sent in a timeslot arrives in that timeslot and in no other."""
        near, far = pair(loop, position)
        other = loop.open_audio(loop.far.channel(position % 31 + 1))
        assert MARK in loop.carry(near, far, MARK)
        assert MARK[:20] not in loop.read_all(other)

    def test_both_directions_at_once(self, loop: Loop) -> None:
        """Two people can speak at once."""
        near, far = pair(loop)
        loop.write(near, MARK[:BLOCK])
        loop.write(far, MARK[BLOCK // 2 : BLOCK // 2 + BLOCK])
        loop.wait(120)
        assert MARK[:BLOCK] in loop.read_all(far)
        assert MARK[BLOCK // 2 : BLOCK // 2 + BLOCK] in loop.read_all(near)

    def test_short_writes_join(self, loop: Loop) -> None:
        """Blocks of any length leave no gap as long as they come in time."""
        near, far = pair(loop)
        for first in range(0, 200, 50):
            assert loop.write(near, MARK[first : first + 50]) == 50
        loop.wait(120)
        assert MARK[:200] in loop.read_all(far)

    def test_a_small_block_is_read_early(self, loop: Loop) -> None:
        """With blocks of 16 samples, 20 ms give ten blocks."""
        _, far = pair(loop)
        loop.set(far, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 32, 16))
        loop.wait(40)
        assert len(loop.read(far)) == 16
        assert 100 <= len(loop.read_all(far)) <= 496


class TestIdle:
    """What the other end hears when nothing is written."""

    @pytest.mark.parametrize(
        ("law", "audio", "expected"),
        [(Law.ALAW, False, 0xFF), (Law.ALAW, True, 0xD5), (Law.MULAW, False, 0xFF), (Law.MULAW, True, 0x7F)],
        ids=["A-law, clear", "A-law, audio", "mu-law, clear", "mu-law, audio"],
    )
    def test_an_open_channel(self, loop: Loop, law: Law, audio: bool, expected: int) -> None:
        """A clear channel sends ones, in audio mode its law's silence."""
        loop.configure(loop.near.channel(1), Sig.CLEAR, law=law)
        _, far = pair(loop, audio=audio)
        assert idle(loop, far) == bytes([expected]) * BLOCK

    @pytest.mark.parametrize(("sig", "expected"), [(Sig.CLEAR, 0xFF), (Sig.CAS, 0xD5), (Sig.EM, 0xD5)], ids=["clear", "CAS", "E&M"])
    def test_a_closed_channel(self, loop: Loop, sig: Sig, expected: int) -> None:
        """A channel that was closed sends ones when it is clear, its law's silence when it is for speech."""
        loop.configure(loop.near.channel(2), sig)
        loop.system.close(loop.open(loop.near.channel(2)))
        far = loop.open_audio(loop.far.channel(2))
        assert idle(loop, far) == bytes([expected]) * BLOCK

    def test_a_channel_that_was_never_open(self, loop: Loop) -> None:
        """The law of the configuration counts from the first opening: before it the silence is the span's, mu-law."""
        loop.destroy(loop.near.address)
        loop.create(loop.near.address, 31)
        loop.configure(loop.near.channel(2), Sig.CAS, law=Law.ALAW)
        assert loop.params_of(loop.near.channel(2)).curlaw == Law.MULAW
        far = loop.open_audio(loop.far.channel(2))
        assert idle(loop, far) == b"\x7f" * BLOCK

    def test_silence_follows_the_law(self, loop: Loop) -> None:
        """SETLAW changes what silence is, until the channel is closed."""
        near, far = pair(loop)
        loop.ioctl(near, Ioctl.SETLAW, Law.MULAW)
        assert idle(loop, far) == b"\x7f" * BLOCK
        loop.ioctl(near, Ioctl.SETLAW, Law.DEFAULT)
        assert idle(loop, far) == b"\xd5" * BLOCK

    def test_leaving_audio_mode(self, loop: Loop) -> None:
        """Out of audio mode the channel sends ones again, and its gains are forgotten."""
        near, far = pair(loop)
        loop.set(near, Ioctl.SETGAINS, Gains(0, FLAT, INVERTED))
        loop.ioctl(near, Ioctl.AUDIOMODE, 0)
        assert idle(loop, far) == b"\xff" * BLOCK
        loop.ioctl(near, Ioctl.AUDIOMODE, 1)
        assert loop.ask(near, Ioctl.GETGAINS, Gains()).txgain == FLAT


class TestAudioMode:
    """What a clear channel can only do in audio mode."""

    @pytest.mark.parametrize("code", [Ioctl.SETLINEAR, Ioctl.ECHOCANCEL, Ioctl.CONFMUTE, Ioctl.GETCONFMUTE])
    def test_calls_with_a_number(self, loop: Loop, code: Ioctl) -> None:
        """Refused before AUDIOMODE, done afterwards, refused again after the channel was opened anew."""
        fd = loop.open(loop.near.channel(1))
        with refused(errno.EINVAL):
            loop.ioctl(fd, code)
        loop.ioctl(fd, Ioctl.AUDIOMODE, 1)
        loop.ioctl(fd, code)
        loop.system.close(fd)
        with refused(errno.EINVAL):
            loop.ioctl(loop.open(loop.near.channel(1)), code)

    @pytest.mark.parametrize("code", [Ioctl.GETGAINS, Ioctl.SETGAINS, Ioctl.GETCONF, Ioctl.SETCONF])
    def test_calls_with_a_structure(self, loop: Loop, code: Ioctl) -> None:
        """The same for gains and conferences."""
        structure = Gains() if code in (Ioctl.GETGAINS, Ioctl.SETGAINS) else ConferenceInfo()
        fd = loop.open(loop.near.channel(1))
        with refused(errno.EINVAL):
            loop.set(fd, code, structure)
        loop.ioctl(fd, Ioctl.AUDIOMODE, 1)
        loop.set(fd, code, structure)

    @pytest.mark.parametrize("sig", [Sig.HDLCFCS, Sig.CAS, Sig.EM, Sig.FXSKS], ids=lambda sig: sig.name)
    @pytest.mark.parametrize("code", [Ioctl.AUDIOMODE, Ioctl.HDLCRAWMODE, Ioctl.HDLCFCSMODE])
    def test_only_a_clear_channel_has_modes(self, loop: Loop, sig: Sig, code: Ioctl) -> None:
        """A D channel or a signalling channel stays what it is."""
        loop.configure(loop.near.channel(3), sig)
        fd = loop.open(loop.near.channel(3))
        with refused(errno.EINVAL):
            loop.ioctl(fd, code, 1)

    @pytest.mark.parametrize("what", [Hook.ONHOOK, Hook.OFFHOOK, Hook.RING])
    def test_no_hook(self, loop: Loop, what: Hook) -> None:
        """A clear channel has no hook, in audio mode neither."""
        fd = loop.open_audio(loop.near.channel(1))
        with refused(errno.EINVAL):
            loop.ioctl(fd, Ioctl.HOOK, what)

    def test_gains_work_on_both_directions(self, loop: Loop) -> None:
        """What is written goes through the one table, what arrives through the other, and silence too."""
        near, far = pair(loop)
        loop.set(near, Ioctl.SETGAINS, Gains(0, INVERTED, FLAT))
        assert MARK.translate(INVERTED) in loop.carry(far, near, MARK)
        loop.read_all(far)
        loop.set(near, Ioctl.SETGAINS, Gains(0, FLAT, INVERTED))
        assert MARK.translate(INVERTED) in loop.carry(near, far, MARK)
        assert idle(loop, far) == bytes([0xD5 ^ 0xFF]) * BLOCK

    def test_gains_of_another_channel(self, loop: Loop) -> None:
        """Gains can be set by a channel's number, from the control node, and are told by it."""
        near, _ = pair(loop)
        channel = loop.near.channel(1)
        loop.set(loop.control, Ioctl.SETGAINS, Gains(channel, INVERTED, FLAT))
        told = loop.ask(near, Ioctl.GETGAINS, Gains())
        assert (told.chan, told.rxgain, told.txgain) == (channel, INVERTED, FLAT)
        with refused(errno.EINVAL):
            loop.set(loop.control, Ioctl.SETGAINS, Gains(900))


class TestLoopBack:
    """LOOPBACK: the channel sends what it receives."""

    def test_what_arrives_goes_back(self, loop: Loop) -> None:
        """The far end hears itself, and the looped program hears the far end too."""
        near, far = pair(loop)
        loop.ioctl(near, Ioctl.LOOPBACK, 1)
        got = loop.carry(far, far, MARK * 4)
        assert MARK * 4 in got
        assert MARK in loop.read_all(near)
        loop.ioctl(near, Ioctl.LOOPBACK, 0)
        assert idle(loop, far) == b"\xd5" * BLOCK

    def test_what_is_written_goes_first(self, loop: Loop) -> None:
        """A looped channel that is written to sends what is written."""
        near, far = pair(loop)
        loop.ioctl(near, Ioctl.LOOPBACK, 1)
        assert MARK * 4 in loop.carry(near, far, MARK * 4)

    def test_a_loop_ends_with_the_channel(self, loop: Loop) -> None:
        """Closed, the loop is gone."""
        near, far = pair(loop)
        loop.ioctl(near, Ioctl.LOOPBACK, 1)
        loop.system.close(near)
        assert MARK[:20] not in loop.carry(far, far, MARK * 2)


class TestLinear:
    """SETLINEAR: samples instead of octets."""

    def test_reading_samples(self, loop: Loop) -> None:
        """Each octet is read as one sample of 16 bits, the larger the octet's level."""
        near, far = pair(loop)
        loop.ioctl(far, Ioctl.SETLINEAR, 1)
        loop.write(near, bytes([0xD5, 0x55, 0x80, 0x00, 0xAA, 0x2A]) * 10)
        loop.wait(120)
        got = loop.read_all(far, 2 * BLOCK)
        samples = [int.from_bytes(got[place : place + 2], "little", signed=True) for place in range(0, len(got), 2)]
        place = samples.index(5376)
        assert samples[place - 2 : place + 4] == [0, 0, 5376, -5376, 31744, -31744]

    def test_a_block_has_twice_the_octets(self, loop: Loop) -> None:
        """A block of 160 samples is 320 octets both ways."""
        near, far = pair(loop)
        loop.ioctl(near, Ioctl.SETLINEAR, 1)
        assert loop.write(near, bytes(400)) == 2 * BLOCK
        loop.wait(60)
        assert len(loop.read(near, 1000)) == 2 * BLOCK
        assert len(loop.read(far)) == BLOCK

    @pytest.mark.parametrize("law", [Law.ALAW, Law.MULAW], ids=["A-law", "mu-law"])
    def test_there_and_back(self, loop: Loop, law: Law) -> None:
        """What one end reads as samples and writes as samples arrives as the same octets."""
        for span in (loop.near, loop.far):
            loop.configure(span.channel(1), Sig.CLEAR, law=law)
        near, far = pair(loop)
        loop.ioctl(far, Ioctl.SETLINEAR, 1)
        octets = bytes(octet for octet in range(256) if octet not in (0x00, 0x55, 0xFF))[:BLOCK]
        heard = loop.carry(near, far, octets * 2, block=2 * BLOCK)
        loop.read_all(near)
        back = loop.carry(far, near, heard, block=2 * BLOCK)
        assert octets in back


class TestBundles:
    """Channels that belong together."""

    def test_two_timeslots_carry_twice_as_much(self, loop: Loop) -> None:
        """A master with a slave reads and writes at twice the rate, octet by octet in turn."""
        for span in (loop.near, loop.far):
            loop.configure(span.channel(2), Sig.SLAVE, master=span.channel(1))
        near, far = pair(loop)
        loop.set(near, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 8, 240))
        loop.set(far, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 16, 240))
        words = MARK * 8
        for first in range(0, len(words), 240):
            loop.write(near, words[first : first + 240])
        loop.wait(240)
        got = loop.read_all(far, 240)
        assert words in got
        assert len(got) >= 2 * 8 * 200

    def test_a_slave_carries_the_other_half(self, loop: Loop) -> None:
        """Received without its master, the slave's timeslot has every second octet."""
        loop.configure(loop.near.channel(2), Sig.SLAVE, master=loop.near.channel(1))
        near = loop.open_audio(loop.near.channel(1))
        first, second = loop.open_audio(loop.far.channel(1)), loop.open_audio(loop.far.channel(2))
        loop.write(near, MARK[:BLOCK])
        loop.wait(120)
        assert MARK[0:BLOCK:2] in loop.read_all(first)
        assert MARK[1:BLOCK:2] in loop.read_all(second)


class TestBufferEvents:
    """BUFFER_EVENTS: being told that somebody was late."""

    @pytest.fixture
    def near(self, loop: Loop) -> Iterator[int]:
        """A channel that tells it. The driver keeps that beyond the closing, so it is switched off in the end."""
        fd, _ = pair(loop, 30)
        yield fd
        with suppress(OSError):
            loop.ioctl(fd, Ioctl.BUFFER_EVENTS, 0)

    def test_nothing_to_send(self, loop: Loop, near: int) -> None:
        """Told once when the transmit buffers run dry, and again only after something was sent meanwhile."""
        for _ in range(4):
            loop.write(near, b"\x11" * BLOCK)
        loop.wait(20)
        loop.ioctl(near, Ioctl.BUFFER_EVENTS, 1)
        loop.wait(200)
        assert loop.events(near).count(Event.WRITE_UNDERRUN) == 1
        loop.wait(200)
        assert Event.WRITE_UNDERRUN not in loop.events(near)
        loop.write(near, b"\x11" * BLOCK)
        loop.wait(100)
        assert Event.WRITE_UNDERRUN in loop.events(near)

    def test_nobody_reads(self, loop: Loop, near: int) -> None:
        """Told once when received audio is lost, and again when it was read and lost again."""
        loop.ioctl(near, Ioctl.BUFFER_EVENTS, 1)
        loop.wait(300)
        assert loop.events(near).count(Event.READ_OVERRUN) == 1
        loop.wait(200)
        assert Event.READ_OVERRUN not in loop.events(near)
        loop.read(near)
        loop.wait(200)
        assert Event.READ_OVERRUN in loop.events(near)

    def test_nobody_asked(self, loop: Loop, near: int) -> None:
        """Without BUFFER_EVENTS nothing is told."""
        loop.wait(300)
        assert loop.events(near) == []

    def test_the_wish_outlives_the_descriptor(self, loop: Loop, near: int) -> None:
        """Whoever opens the channel next is told as well, unless he says that he does not want it."""
        loop.ioctl(near, Ioctl.BUFFER_EVENTS, 1)
        loop.system.close(near)
        again = loop.open_audio(loop.near.channel(30))
        loop.wait(300)
        assert Event.READ_OVERRUN in loop.events(again)
        loop.ioctl(again, Ioctl.BUFFER_EVENTS, 0)
