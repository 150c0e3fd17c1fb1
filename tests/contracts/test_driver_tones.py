"""The driver's own tones: what SENDTONE sounds, until when, and what it refuses."""

from __future__ import annotations

import errno
import os
from contextlib import suppress

import pytest

from boards.dahdi.abi import BufferInfo, Ioctl, Law, Sig, Tone
from tests.contracts.hearing import heard_key, level_at, runs_ms, sounding
from tests.contracts.loop import BLOCK, Loop, refused
from tests.contracts.zone_memory import DTMF_KEYS

SLOT = 5
QUIET_DBM0 = -60.0


def pair(loop: Loop) -> tuple[int, int]:
    """A channel in audio mode and its far end, which has room for all that a test sounds."""
    near, far = loop.open_audio(loop.near.channel(SLOT)), loop.open_audio(loop.far.channel(SLOT), block=1024, buffers=32)
    return near, far


def sound(loop: Loop, far: int, ms: int) -> bytes:
    """What the far end hears from now on for this time."""
    loop.ioctl(far, Ioctl.FLUSH, 1)
    loop.wait(ms)
    return loop.read_all(far, 1024)


def test_dial_tone(loop: Loop) -> None:
    """A steady tone of the zone's frequency and level."""
    near, far = pair(loop)
    loop.ioctl(near, Ioctl.SENDTONE, Tone.DIALTONE)
    loop.wait(60)
    heard = sound(loop, far, 500)
    assert level_at(heard, 450) == pytest.approx(-10, abs=0.3)
    assert all(loud for loud, _ in runs_ms(heard))


@pytest.mark.parametrize(("tone", "on_ms", "off_ms"), [(Tone.BUSY, 350, 350), (Tone.CONGESTION, 700, 700), (Tone.INFO, 100, 100)])
def test_cadence(loop: Loop, tone: Tone, on_ms: int, off_ms: int) -> None:
    """A tone with pauses repeats them exactly."""
    near, far = pair(loop)
    loop.ioctl(near, Ioctl.SENDTONE, tone)
    heard = sounding(sound(loop, far, 2 * (on_ms + off_ms)))
    runs = runs_ms(heard)[:3]
    assert [loud for loud, _ in runs] == [True, False, True]
    assert [ms for _, ms in runs[:2]] == pytest.approx([on_ms, off_ms], abs=10)


@pytest.mark.parametrize("key", ["1", "0", "#", "D"])
def test_key(loop: Loop, key: str) -> None:
    """A key sounds with its two frequencies until it is stopped."""
    near, far = pair(loop)
    loop.ioctl(near, Ioctl.SENDTONE, Tone.DTMF_BASE + DTMF_KEYS.index(key))
    loop.wait(60)
    assert heard_key(sound(loop, far, 600)) == key
    loop.ioctl(near, Ioctl.SENDTONE, Tone.STOP)
    loop.wait(60)
    assert not sounding(sound(loop, far, 200))


def test_key_levels(loop: Loop) -> None:
    """The zone says how loud both groups are."""
    near, far = pair(loop)
    loop.ioctl(near, Ioctl.SENDTONE, Tone.DTMF_BASE + 5)
    loop.wait(60)
    heard = sound(loop, far, 600)
    assert (level_at(heard, 770), level_at(heard, 1336)) == pytest.approx((-9, -11), abs=0.4)


def test_one_after_the_other(loop: Loop) -> None:
    """A new tone replaces the one that sounds."""
    near, far = pair(loop)
    loop.ioctl(near, Ioctl.SENDTONE, Tone.DIALTONE)
    loop.wait(100)
    loop.ioctl(near, Ioctl.SENDTONE, Tone.RECORDTONE)
    loop.wait(40)
    heard = sound(loop, far, 300)
    assert level_at(heard, 950) > -15
    assert level_at(heard, 450) < QUIET_DBM0 + 20


@pytest.mark.parametrize("number", [Tone.STUTTER, Tone.CUSTOM1])
def test_tone_that_the_zone_has_not(loop: Loop, number: Tone) -> None:
    """A tone that a zone may have but this one has not is not implemented, and nothing sounds."""
    near, far = pair(loop)
    with refused(errno.ENOSYS):
        loop.ioctl(near, Ioctl.SENDTONE, number)
    assert not sounding(sound(loop, far, 200))


@pytest.mark.parametrize("number", [17, 63, 80, 96, 112, 1000, -2])
def test_number_that_is_no_tone(loop: Loop, number: int) -> None:
    """Numbers between the tones, and digits of another signalling than is set, are refused."""
    near, _far = pair(loop)
    with refused(errno.EINVAL):
        loop.ioctl(near, Ioctl.SENDTONE, number)


def test_refused_tone_ends_the_running_one(loop: Loop) -> None:
    """A request that is refused has silenced what sounded before."""
    near, far = pair(loop)
    loop.ioctl(near, Ioctl.SENDTONE, Tone.DIALTONE)
    loop.wait(60)
    with refused(errno.EINVAL):
        loop.ioctl(near, Ioctl.SENDTONE, 63)
    loop.wait(60)
    assert not sounding(sound(loop, far, 200))


def test_write_ends_a_tone(loop: Loop) -> None:
    """Who writes is heard instead of the tone, and the tone does not come back."""
    near, far = pair(loop)
    loop.ioctl(near, Ioctl.SENDTONE, Tone.DIALTONE)
    loop.wait(100)
    loop.write(near, bytes([0x55]) * BLOCK)
    loop.ioctl(far, Ioctl.FLUSH, 1)
    loop.wait(300)
    heard = loop.read_all(far, 1024)
    assert bytes([0x55]) * BLOCK in heard
    assert set(heard[-800:]) == {0xD5}


def test_write_that_finds_no_room_ends_a_tone(loop: Loop) -> None:
    """Even a write that would have to wait ends it."""
    near, far = pair(loop)
    with suppress(BlockingIOError):
        while True:
            loop.write(near, bytes([0x55]) * BLOCK)
    loop.ioctl(near, Ioctl.SENDTONE, Tone.DIALTONE)
    with refused(errno.EAGAIN):
        loop.write(near, bytes([0x55]) * BLOCK)
    loop.wait(200)
    assert not sounding(sound(loop, far, 200))


def test_written_data_first(loop: Loop) -> None:
    """What was written before the tone was asked for is sent first."""
    near, far = pair(loop)
    loop.write(near, bytes([0x55]) * BLOCK)
    loop.ioctl(near, Ioctl.SENDTONE, Tone.DIALTONE)
    heard = sound(loop, far, 400)
    assert bytes([0x55]) * (BLOCK - 8 * loop.tolerance_ms) in heard
    assert level_at(heard[-800:], 450) == pytest.approx(-10, abs=0.3)


def test_mulaw(loop: Loop) -> None:
    """A tone is encoded in the channel's law."""
    near, far = pair(loop)
    for fd in (near, far):
        loop.ioctl(fd, Ioctl.SETLAW, Law.MULAW)
    loop.ioctl(far, Ioctl.SETLINEAR, 1)
    loop.ioctl(near, Ioctl.SENDTONE, Tone.DIALTONE)
    loop.wait(100)
    loop.ioctl(far, Ioctl.FLUSH, 1)
    loop.wait(300)
    samples = memoryview(loop.read(far, 4096)).cast("h")
    loudest = max(samples)
    assert 6900 < loudest < 7500, "the peak of -10 dBm0 is 7220 of 32768"


def test_stop_when_nothing_sounds(loop: Loop) -> None:
    """Stopping silence is no fault."""
    near, _far = pair(loop)
    loop.ioctl(near, Ioctl.SENDTONE, Tone.STOP)


def test_hook_ends_a_tone(loop: Loop) -> None:
    """On a line every hook command silences the tone."""
    near, far = loop.open(loop.bank_near.channel(14)), loop.open(loop.bank_far.channel(14))
    loop.set(far, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 32, 1024))
    loop.ioctl(near, Ioctl.HOOK, 1)
    loop.ioctl(near, Ioctl.SENDTONE, Tone.DIALTONE)
    loop.wait(60)
    assert sounding(sound(loop, far, 200))
    loop.ioctl(near, Ioctl.HOOK, 1)
    loop.wait(40)
    assert not sounding(sound(loop, far, 200))


def test_close_ends_a_tone(loop: Loop) -> None:
    """A closed channel is silent."""
    channel = loop.bank_near.channel(15)
    loop.configure(channel, Sig.EM)
    loop.configure(loop.bank_far.channel(15), Sig.EM)
    near, far = loop.open(channel), loop.open(loop.bank_far.channel(15))
    loop.set(far, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 32, 1024))
    loop.ioctl(near, Ioctl.SENDTONE, Tone.DIALTONE)
    loop.wait(60)
    loop.system.close(near)
    loop.wait(40)
    assert not sounding(sound(loop, far, 200))


def test_pseudo_channel_hears_its_tone(loop: Loop) -> None:
    """A channel without line reads the tone that it was told to send."""
    fd = loop.system.open("/dev/dahdi/pseudo", os.O_RDWR | os.O_NONBLOCK)
    loop.set(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 16, BLOCK))
    loop.ioctl(fd, Ioctl.SETLAW, Law.ALAW)
    loop.ioctl(fd, Ioctl.SENDTONE, Tone.DIALTONE)
    loop.wait(40)
    loop.ioctl(fd, Ioctl.FLUSH, 1)
    loop.wait(240)
    assert level_at(loop.read_all(fd), 450) == pytest.approx(-10, abs=0.5)
