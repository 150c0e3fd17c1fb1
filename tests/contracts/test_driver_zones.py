"""Tone zones: loading, freeing, choosing, and what is refused without one."""

from __future__ import annotations

import errno
import os

import pytest

from boards.dahdi.abi import Dial, DialOperation, Event, Hook, Ioctl, Tone, ToneDefinition, ToneZoneHeader
from tests.contracts.hearing import level_at
from tests.contracts.loop import Loop, refused
from tests.contracts.zone_memory import CHINA, china_zone, zone_memory

SLOT = 10
OTHER = 7


def other_zone(number: int = OTHER) -> bytearray:
    """A zone whose dial tone has 425 Hz."""
    return zone_memory(number, (300, 300), {Tone.DIALTONE: ((425, 0, 0),)})


def dial_tone_hz(loop: Loop, near: int, far: int) -> int:
    """Which of the two dial tones sounds."""
    loop.ioctl(near, Ioctl.SENDTONE, Tone.DIALTONE)
    loop.wait(60)
    loop.ioctl(far, Ioctl.FLUSH, 1)
    loop.wait(440)
    heard = loop.read_all(far, 1024)
    return 425 if level_at(heard, 425) > level_at(heard, 450) else 450


def pair(loop: Loop) -> tuple[int, int]:
    """A channel in audio mode and its far end."""
    return loop.open_audio(loop.near.channel(SLOT)), loop.open_audio(loop.far.channel(SLOT), block=1024, buffers=8)


class TestLoading:
    """What LOADZONE takes."""

    def test_twice(self, loop: Loop) -> None:
        """A number is loaded once; freed, it can be loaded again."""
        with refused(errno.EINVAL):
            loop.load_zone(china_zone())
        loop.ioctl(loop.control, Ioctl.FREEZONE, CHINA)
        loop.load_zone(china_zone())

    @pytest.mark.parametrize("number", [-1, 256, 1000])
    def test_number(self, loop: Loop, number: int) -> None:
        """Zones are numbered from 0 to 255."""
        with refused(errno.EINVAL):
            loop.load_zone(ToneZoneHeader(zone=number, name="none").pack())

    @pytest.mark.parametrize("count", [-1, 129])
    def test_too_many_tones(self, loop: Loop, count: int) -> None:
        """A zone has 128 pieces of tone at most."""
        with refused(errno.EINVAL):
            loop.load_zone(ToneZoneHeader(count=count, zone=OTHER).pack() + bytearray(129 * ToneDefinition.size()))

    @pytest.mark.parametrize("tone", [16, 63, 127, 128, -1])
    def test_number_that_is_no_tone(self, loop: Loop, tone: int) -> None:
        """A piece belongs to a tone or a digit."""
        with refused(errno.EINVAL):
            loop.load_zone(ToneZoneHeader(count=1, zone=OTHER).pack() + ToneDefinition(tone=tone, samples=8000).pack())

    @pytest.mark.parametrize("following", [1, -1])
    def test_piece_that_leads_nowhere(self, loop: Loop, following: int) -> None:
        """The piece that follows must be one of the zone's."""
        with refused(errno.EINVAL):
            loop.load_zone(ToneZoneHeader(count=1, zone=OTHER).pack() + ToneDefinition(next=following, samples=8000).pack())

    def test_refused_zone_is_not_there(self, loop: Loop) -> None:
        """Of a zone that was refused nothing is kept."""
        with refused(errno.EINVAL):
            loop.load_zone(ToneZoneHeader(count=1, zone=OTHER).pack() + ToneDefinition(tone=63).pack())
        with refused(errno.EINVAL):
            loop.ioctl(loop.control, Ioctl.DEFAULTZONE, OTHER)


class TestChoosing:
    """Which zone a channel has."""

    def test_default(self, loop: Loop) -> None:
        """A channel that is opened has the default zone."""
        fd = loop.open(loop.near.channel(SLOT))
        assert loop.ioctl(fd, Ioctl.GETTONEZONE) == CHINA

    def test_first_loaded_is_default(self, loop: Loop) -> None:
        """Nobody having said which, the zone loaded first is the default; said, it is the one said."""
        loop.load_zone(other_zone())
        assert loop.ioctl(loop.open(loop.near.channel(SLOT)), Ioctl.GETTONEZONE) == CHINA
        loop.ioctl(loop.control, Ioctl.DEFAULTZONE, OTHER)
        assert loop.ioctl(loop.open(loop.near.channel(SLOT + 1)), Ioctl.GETTONEZONE) == OTHER

    def test_open_channel_keeps_its_zone(self, loop: Loop) -> None:
        """A new default changes no channel that is open."""
        near, far = pair(loop)
        loop.load_zone(other_zone())
        loop.ioctl(loop.control, Ioctl.DEFAULTZONE, OTHER)
        assert loop.ioctl(near, Ioctl.GETTONEZONE) == CHINA
        assert dial_tone_hz(loop, near, far) == 450

    def test_of_its_own(self, loop: Loop) -> None:
        """A channel may have another zone than the default, with its tones; −1 is the default again."""
        near, far = pair(loop)
        loop.load_zone(other_zone())
        loop.ioctl(near, Ioctl.SETTONEZONE, OTHER)
        assert loop.ioctl(near, Ioctl.GETTONEZONE) == OTHER
        assert dial_tone_hz(loop, near, far) == 425
        loop.ioctl(near, Ioctl.SETTONEZONE, -1)
        assert loop.ioctl(near, Ioctl.GETTONEZONE) == CHINA

    def test_unknown(self, loop: Loop) -> None:
        """A zone that is not loaded cannot be had; the channel keeps its own. As default it is an invalid argument."""
        near, _far = pair(loop)
        with refused(errno.ENODATA):
            loop.ioctl(near, Ioctl.SETTONEZONE, 99)
        assert loop.ioctl(near, Ioctl.GETTONEZONE) == CHINA
        with refused(errno.EINVAL):
            loop.ioctl(loop.control, Ioctl.DEFAULTZONE, 99)

    def test_change_ends_a_tone(self, loop: Loop) -> None:
        """A new zone silences the tone of the old one."""
        near, far = pair(loop)
        loop.ioctl(near, Ioctl.SENDTONE, Tone.DIALTONE)
        loop.ioctl(near, Ioctl.SETTONEZONE, CHINA)
        loop.wait(60)
        loop.ioctl(far, Ioctl.FLUSH, 1)
        loop.wait(200)
        assert set(loop.read_all(far, 1024)) == {0xD5}

    def test_cadence(self, loop: Loop) -> None:
        """A telephone rings in the cadence of its channel's zone."""
        loop.load_zone(other_zone())
        fd = loop.open(loop.bank_near.channel(20))
        loop.ioctl(fd, Ioctl.SETTONEZONE, OTHER)
        loop.hook(fd, Hook.RING)
        loop.wait(760)
        assert loop.events(fd) == [Event.RINGEROFF, Event.RINGERON]


class TestFreeing:
    """What is left of a zone that is freed."""

    def test_in_use(self, loop: Loop) -> None:
        """A channel that has the zone keeps it."""
        near, far = pair(loop)
        loop.free_zones()
        assert loop.ioctl(near, Ioctl.GETTONEZONE) == CHINA
        assert dial_tone_hz(loop, near, far) == 450

    def test_unknown(self, loop: Loop) -> None:
        """Freeing what there is not is no fault."""
        loop.ioctl(loop.control, Ioctl.FREEZONE, 200)

    def test_none_left(self, loop: Loop) -> None:
        """Without any zone a channel opens, but neither rings, nor sounds, nor dials, and says why: there are no data."""
        loop.free_zones()
        phone, speech = loop.open(loop.bank_near.channel(20)), loop.open_audio(loop.near.channel(SLOT))
        assert loop.ioctl(phone, Ioctl.GETTONEZONE) == 0
        with refused(errno.ENODATA):
            loop.ioctl(phone, Ioctl.HOOK, Hook.RING)
        with refused(errno.ENODATA):
            loop.ioctl(speech, Ioctl.SENDTONE, Tone.DIALTONE)
        with refused(errno.ENODATA):
            loop.set(speech, Ioctl.DIAL, DialOperation(Dial.REPLACE, "1"))
        with refused(errno.ENODATA):
            loop.ioctl(speech, Ioctl.SETTONEZONE, -1)
        loop.ioctl(speech, Ioctl.SENDTONE, Tone.STOP)

    def test_without_zone_a_line_is_answered(self, loop: Loop) -> None:
        """Hook needs no zone: calls that come in can be answered and ended."""
        loop.free_zones()
        fd = loop.open(loop.bank_near.channel(2))
        loop.ioctl(fd, Ioctl.HOOK, Hook.OFFHOOK)
        loop.ioctl(fd, Ioctl.HOOK, Hook.ONHOOK)

    def test_pseudo(self, loop: Loop) -> None:
        """A channel without line has zones as others do."""
        fd = loop.system.open("/dev/dahdi/pseudo", os.O_RDWR | os.O_NONBLOCK)
        assert loop.ioctl(fd, Ioctl.GETTONEZONE) == CHINA
        loop.load_zone(other_zone())
        loop.ioctl(fd, Ioctl.SETTONEZONE, OTHER)
        assert loop.ioctl(fd, Ioctl.GETTONEZONE) == OTHER
