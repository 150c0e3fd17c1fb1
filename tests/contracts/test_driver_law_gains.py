"""What happens to samples on their way: laws, linear samples, gain tables, loopback."""

from __future__ import annotations

import errno

import pytest

from boards.dahdi.abi import Gains, Ioctl, Law
from hwsim.signals import linear_from_alaw
from tests.contracts.loop import BLOCK, Loop, refused

SLOT = 8
EVERY_OCTET = bytes(range(256))


def pair(loop: Loop) -> tuple[int, int]:
    """A channel in audio mode and its far end."""
    return loop.open_audio(loop.near.channel(SLOT)), loop.open_audio(loop.far.channel(SLOT), buffers=16)


def samples_of(octets: bytes) -> list[int]:
    """16-bit samples in the machine's own order."""
    return list(memoryview(octets).cast("h"))


def octets_of(samples: list[int]) -> bytes:
    """The other way round."""
    return b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples)


def mulaw_value(octet: int) -> int:
    """What a mu-law octet stands for (G.711, scaled to 16 bits)."""
    turned = octet ^ 0xFF
    magnitude = (((((turned & 15) << 1) + 33) << ((turned >> 4) & 7)) - 33) * 4
    return -magnitude if turned & 0x80 else magnitude


class TestLaw:
    """Which code the octets of a channel have."""

    def test_default(self, loop: Loop) -> None:
        """Asked for the default, a channel has the law that it was configured with."""
        near, _far = pair(loop)
        loop.ioctl(near, Ioctl.SETLAW, Law.MULAW)
        assert loop.params(near).curlaw == Law.MULAW
        loop.ioctl(near, Ioctl.SETLAW, Law.DEFAULT)
        assert loop.params(near).curlaw == Law.ALAW

    @pytest.mark.parametrize("law", [-1, 3, 100])
    def test_unknown(self, loop: Loop, law: int) -> None:
        """There are two laws."""
        near, _far = pair(loop)
        with refused(errno.EINVAL):
            loop.ioctl(near, Ioctl.SETLAW, law)
        assert loop.params(near).curlaw == Law.ALAW

    def test_octets_are_not_changed(self, loop: Loop) -> None:
        """The law changes no octet on its way between program and line."""
        near, far = pair(loop)
        loop.ioctl(near, Ioctl.SETLAW, Law.MULAW)
        assert EVERY_OCTET in loop.carry(near, far, EVERY_OCTET)
        assert EVERY_OCTET in loop.carry(far, near, EVERY_OCTET)


class TestLinear:
    """16-bit samples instead of octets."""

    @pytest.mark.parametrize("law", [Law.ALAW, Law.MULAW])
    def test_reading(self, loop: Loop, law: Law) -> None:
        """A sample reads as its octet's place in the code, within half a step: 16 bits, full scale."""
        near, far = pair(loop)
        loop.ioctl(far, Ioctl.SETLAW, law)
        loop.ioctl(far, Ioctl.SETLINEAR, 1)
        got = samples_of(loop.carry(near, far, EVERY_OCTET, block=2 * BLOCK))
        exact = [int(value) for value in linear_from_alaw(EVERY_OCTET)] if law == Law.ALAW else [mulaw_value(octet) for octet in range(256)]
        steps = [max(abs(value) // 16, 16) for value in exact]
        assert any(
            all(abs(value - wanted) <= step for value, wanted, step in zip(got[at : at + 256], exact, steps, strict=False))
            for at in range(len(got) - 255)
        )

    @pytest.mark.parametrize("law", [Law.ALAW, Law.MULAW])
    def test_there_and_back(self, loop: Loop, law: Law) -> None:
        """What was read linear and is written linear is the same octet again, but for the second zero."""
        near, far = pair(loop)
        for fd in (near, far):
            loop.ioctl(fd, Ioctl.SETLAW, law)
            loop.ioctl(fd, Ioctl.SETLINEAR, 1)
        sent = [0, 8000, -8000, 1000, -1000, 100, -100, 28000, -28000, 0, 5]
        got = samples_of(loop.carry(near, far, octets_of(sent), block=2 * BLOCK))
        loop.ioctl(far, Ioctl.FLUSH, 3)
        at = next(place for place, value in enumerate(got) if value > 7000)
        first = got[at : at + 8]
        got = samples_of(loop.carry(near, far, octets_of([*first, 0]), block=2 * BLOCK))
        at = next(place for place, value in enumerate(got) if value > 7000)
        assert got[at : at + 8] == first
        assert first == pytest.approx(sent[1:9], rel=0.04, abs=16)

    def test_block_is_in_samples(self, loop: Loop) -> None:
        """A linear read gives twice as many octets; a linear write takes twice as many."""
        near, _far = pair(loop)
        loop.ioctl(near, Ioctl.SETLINEAR, 1)
        assert loop.write(near, bytes(1000)) == 2 * BLOCK
        loop.wait(40)
        assert len(loop.read(near, 1000)) == 2 * BLOCK

    def test_needs_audio_mode(self, loop: Loop) -> None:
        """Data have no samples."""
        fd = loop.open(loop.near.channel(SLOT))
        with refused(errno.EINVAL):
            loop.ioctl(fd, Ioctl.SETLINEAR, 1)

    def test_switched_off(self, loop: Loop) -> None:
        """Switched off, reads give octets again."""
        near, far = pair(loop)
        loop.ioctl(far, Ioctl.SETLINEAR, 1)
        loop.ioctl(far, Ioctl.SETLINEAR, 0)
        assert EVERY_OCTET in loop.carry(near, far, EVERY_OCTET)


class TestGains:
    """Tables from octet to octet."""

    UP = bytes([*range(1, 256), 0])

    def test_flat_at_first(self, loop: Loop) -> None:
        """Nobody having set anything, nothing is changed."""
        near, _far = pair(loop)
        assert loop.ask(near, Ioctl.GETGAINS, Gains()) == Gains(loop.near.channel(SLOT), EVERY_OCTET, EVERY_OCTET)

    def test_sent(self, loop: Loop) -> None:
        """The transmit table changes what the far end gets, not what we get."""
        near, far = pair(loop)
        loop.set(near, Ioctl.SETGAINS, Gains(0, EVERY_OCTET, self.UP))
        assert EVERY_OCTET.translate(self.UP) in loop.carry(near, far, EVERY_OCTET)
        assert EVERY_OCTET in loop.carry(far, near, EVERY_OCTET)

    def test_received(self, loop: Loop) -> None:
        """The receive table changes what we get, not what the far end gets."""
        near, far = pair(loop)
        loop.set(near, Ioctl.SETGAINS, Gains(0, self.UP, EVERY_OCTET))
        assert EVERY_OCTET in loop.carry(near, far, EVERY_OCTET)
        assert EVERY_OCTET.translate(self.UP) in loop.carry(far, near, EVERY_OCTET)

    def test_answer(self, loop: Loop) -> None:
        """The driver writes the channel's number into the answer, and gives the tables back."""
        near, _far = pair(loop)
        channel = loop.near.channel(SLOT)
        assert loop.ask(near, Ioctl.SETGAINS, Gains(0, self.UP, EVERY_OCTET)) == Gains(channel, self.UP, EVERY_OCTET)
        assert loop.ask(near, Ioctl.GETGAINS, Gains()) == Gains(channel, self.UP, EVERY_OCTET)

    def test_silence_too(self, loop: Loop) -> None:
        """What the driver sends by itself goes through the table like everything."""
        near, far = pair(loop)
        loop.set(near, Ioctl.SETGAINS, Gains(0, EVERY_OCTET, bytes([0x99]) * 256))
        loop.wait(60)
        loop.ioctl(far, Ioctl.FLUSH, 1)
        loop.wait(60)
        assert set(loop.read_all(far)) == {0x99}

    def test_end_of_audio_mode(self, loop: Loop) -> None:
        """Leaving audio mode forgets the tables."""
        near, _far = pair(loop)
        loop.set(near, Ioctl.SETGAINS, Gains(0, self.UP, self.UP))
        loop.ioctl(near, Ioctl.AUDIOMODE, 0)
        with refused(errno.EINVAL):
            loop.ask(near, Ioctl.GETGAINS, Gains())
        loop.ioctl(near, Ioctl.AUDIOMODE, 1)
        assert loop.ask(near, Ioctl.GETGAINS, Gains()) == Gains(loop.near.channel(SLOT))


class TestLoopback:
    """A channel that sends back what it receives."""

    def test_sends_back(self, loop: Loop) -> None:
        """The far end hears itself."""
        near, far = pair(loop)
        loop.ioctl(near, Ioctl.LOOPBACK, 1)
        assert EVERY_OCTET in loop.carry(far, far, EVERY_OCTET)
        loop.ioctl(near, Ioctl.LOOPBACK, 0)
        loop.wait(60)
        assert EVERY_OCTET not in loop.carry(far, far, EVERY_OCTET)

    def test_written_data_first(self, loop: Loop) -> None:
        """What the program writes takes the place of what would be sent back."""
        near, far = pair(loop)
        loop.ioctl(near, Ioctl.LOOPBACK, 1)
        assert EVERY_OCTET in loop.carry(near, far, EVERY_OCTET)
        loop.ioctl(near, Ioctl.LOOPBACK, 0)
