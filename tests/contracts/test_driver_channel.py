"""Opening a channel: which, when it is refused, and what every opening begins with."""

from __future__ import annotations

import errno
import os

import pytest

from boards.dahdi.abi import RETURN_MASTER, BufferInfo, Gains, Hook, Ioctl, Law, Params, Sig, VersionInfo, pack_int
from tests.contracts.loop import BLOCK, Loop, refused

SLOT = 3


@pytest.mark.parametrize("number", [0, -1, 111, 1025, 40000])
def test_unknown_channel(loop: Loop, number: int) -> None:
    """A channel that no span has is refused as an invalid argument."""
    with refused(errno.EINVAL):
        loop.open(number)


def test_unconfigured_channel(loop: Loop) -> None:
    """A channel without signalling cannot be opened until it is configured."""
    channel = loop.near.channel(SLOT)
    loop.configure(channel, Sig.NONE)
    with refused(errno.ENXIO):
        loop.open(channel)
    loop.configure(channel, Sig.CLEAR)
    assert loop.ioctl(loop.open(channel), Ioctl.CHANNO) == channel


def test_open_is_exclusive(loop: Loop) -> None:
    """The second program is told that the channel is busy, and gets it when the first has closed."""
    channel = loop.near.channel(SLOT)
    first = loop.open(channel)
    with refused(errno.EBUSY):
        loop.open(channel)
    loop.system.close(first)
    loop.open(channel)


def test_slave_cannot_be_opened(loop: Loop) -> None:
    """A channel that is bundled behind another is busy; its master opens."""
    master, slave = loop.near.channel(5), loop.near.channel(6)
    loop.configure(slave, Sig.SLAVE, master=master)
    with refused(errno.EBUSY):
        loop.open(slave)
    loop.open(master)
    loop.configure(slave, Sig.CLEAR)
    loop.open(slave)


def test_direct_node(loop: Loop) -> None:
    """The node that names span and position opens that channel, and shares its exclusiveness."""
    fd = loop.system.open(f"/dev/dahdi/chan/{loop.far.number:03d}/007", os.O_RDWR | os.O_NONBLOCK)
    assert loop.ioctl(fd, Ioctl.CHANNO) == loop.far.channel(7)
    with refused(errno.EBUSY):
        loop.open(loop.far.channel(7))


def test_before_specify(loop: Loop) -> None:
    """A channel node that names no channel yet carries nothing, and only SPECIFY works on it."""
    fd = loop.system.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
    for code in (Ioctl.GETEVENT, Ioctl.GET_BUFINFO, Ioctl.CHANNO, Ioctl.GET_PARAMS):
        with refused(errno.ENOSYS):
            loop.system.ioctl(fd, code, bytearray(256))
    with refused(errno.ENOSYS):
        loop.read(fd)
    with refused(errno.ENOSYS):
        loop.write(fd, b"\xd5" * BLOCK)


def test_refused_specify_can_be_repeated(loop: Loop) -> None:
    """After a refusal the same descriptor takes another channel."""
    fd = loop.system.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
    with refused(errno.EINVAL):
        loop.ioctl(fd, Ioctl.SPECIFY, 5000)
    loop.ioctl(fd, Ioctl.SPECIFY, loop.near.channel(SLOT))
    assert loop.ioctl(fd, Ioctl.CHANNO) == loop.near.channel(SLOT)


def test_open_resets_sound(loop: Loop) -> None:
    """Law, gains and linear samples of an earlier program are gone at the next opening."""
    channel = loop.near.channel(SLOT)
    first = loop.open_audio(channel)
    loop.ioctl(first, Ioctl.SETLAW, Law.MULAW)
    loop.ioctl(first, Ioctl.SETLINEAR, 1)
    loop.set(first, Ioctl.SETGAINS, Gains(0, bytes(256), bytes(256)))
    assert loop.params(first).curlaw == Law.MULAW
    loop.system.close(first)
    again = loop.open_audio(channel)
    assert loop.params(again).curlaw == Law.ALAW
    assert loop.ask(again, Ioctl.GETGAINS, Gains()) == Gains(channel)
    loop.wait(60)
    assert len(loop.read(again, 2 * BLOCK)) == BLOCK


def test_open_resets_buffers(loop: Loop) -> None:
    """An opened channel has two buffers of 1024 samples and transmits at once, whatever was before."""
    channel = loop.near.channel(SLOT)
    first = loop.open_audio(channel, block=80, buffers=8, policy=1)
    loop.system.close(first)
    again = loop.open(channel)
    assert loop.ask(again, Ioctl.GET_BUFINFO, BufferInfo()) == BufferInfo(0, 0, 2, 1024, -1, -1)
    assert loop.ioctl(again, Ioctl.GET_BLOCKSIZE) == 1024


def test_audio_mode_ends_with_close(loop: Loop) -> None:
    """A clear channel is opened for data: what belongs to speech is refused until audio mode is asked for, every time."""
    channel = loop.near.channel(SLOT)
    for _ in range(2):
        fd = loop.open(channel)
        for code, argument in ((Ioctl.SETLINEAR, pack_int(1)), (Ioctl.ECHOCANCEL, pack_int(0)), (Ioctl.GETGAINS, Gains().pack())):
            with refused(errno.EINVAL):
                loop.system.ioctl(fd, code, argument)
        loop.ioctl(fd, Ioctl.AUDIOMODE, 1)
        loop.ioctl(fd, Ioctl.SETLINEAR, 1)
        loop.system.close(fd)


def test_hook_on_a_clear_channel(loop: Loop) -> None:
    """A timeslot without line signalling has no hook."""
    fd = loop.open_audio(loop.near.channel(SLOT))
    with refused(errno.EINVAL):
        loop.ioctl(fd, Ioctl.HOOK, Hook.OFFHOOK)


def test_params_of_a_clear_channel(loop: Loop) -> None:
    """A channel tells its span, its timeslot and its law; it has neither bits nor hook."""
    params = loop.params(loop.open(loop.far.channel(SLOT)))
    assert (params.channo, params.spanno, params.chanpos) == (loop.far.channel(SLOT), loop.far.number, SLOT)
    assert (params.sigtype, params.curlaw, params.chan_alarms) == (Sig.CLEAR, Law.ALAW, 0)
    assert (params.rxbits, params.txbits, params.rxhooksig, params.txhooksig, params.idlebits) == (-1, -1, -1, -1, 0)


def test_params_by_number(loop: Loop) -> None:
    """The control node tells of any channel, open or not, and refuses one that there is not."""
    loop.open(loop.bank_near.channel(2))
    assert loop.params_of(loop.bank_near.channel(2)).sigtype == Sig.FXSKS
    assert loop.params_of(loop.bank_near.channel(14)).sigtype == Sig.FXOKS
    with refused(errno.EINVAL):
        loop.params_of(2000)


def test_params_with_master(loop: Loop) -> None:
    """Asked for it, the driver tells whose slave a channel is; one that stands alone is its own master."""
    master, slave = loop.near.channel(5), loop.near.channel(6)
    loop.configure(slave, Sig.SLAVE, master=master)
    told = loop.ask(loop.control, Ioctl.GET_PARAMS, Params(channo=slave | RETURN_MASTER))
    assert (told.channo & 0xFFFF, told.channo >> 16) == (slave, master)
    alone = loop.ask(loop.control, Ioctl.GET_PARAMS, Params(channo=loop.near.channel(9) | RETURN_MASTER))
    assert alone.channo >> 16 == loop.near.channel(9)


def test_times_by_number(loop: Loop) -> None:
    """Times of a channel can be set on the control node, all eleven at once, and hold until it is opened anew."""
    channel = loop.bank_near.channel(2)
    fd = loop.open(channel)
    wanted = Params(channo=channel, prewinktime=1, preflashtime=2, winktime=3, flashtime=4, starttime=5, rxwinktime=6, rxflashtime=7,
                    debouncetime=8, pulsebreaktime=9, pulsemaketime=10, pulseaftertime=11)  # fmt: skip
    loop.set(loop.control, Ioctl.SET_PARAMS, wanted)
    got = loop.params(fd)
    assert (got.prewinktime, got.preflashtime, got.winktime, got.flashtime, got.starttime) == (1, 2, 3, 4, 5)
    assert (got.rxwinktime, got.rxflashtime, got.debouncetime) == (6, 7, 8)
    assert (got.pulsebreaktime, got.pulsemaketime, got.pulseaftertime) == (9, 10, 11)
    loop.system.close(fd)
    fresh = loop.params(loop.open(channel))
    assert (fresh.prewinktime, fresh.flashtime, fresh.starttime, fresh.pulseaftertime) == (50, 750, 1500, 750)


def test_call_that_does_not_exist(loop: Loop) -> None:
    """A call that neither driver nor card knows is told apart from one with a wrong argument."""
    fd = loop.open_audio(loop.near.channel(SLOT))
    for node in (fd, loop.control):
        with refused(errno.ENOTTY):
            loop.ioctl(node, 0x4004DAFE, 0)


@pytest.mark.parametrize("code", [Ioctl.SETPOLARITY, Ioctl.ONHOOKTRANSFER, Ioctl.VMWI_CONFIG, Ioctl.TONEDETECT])
def test_calls_of_other_cards(loop: Loop, code: Ioctl) -> None:
    """What only some cards can do, a span without such a card does not know."""
    with refused(errno.ENOTTY):
        loop.ioctl(loop.open(loop.bank_near.channel(14)), code, 0)


def test_signalling_beyond_the_port(loop: Loop) -> None:
    """A channel is not configured for what its span cannot do, and keeps what it had."""
    channel = loop.near.channel(SLOT)
    with refused(errno.EINVAL):
        loop.configure(channel, Sig.MTP2)
    assert loop.params_of(channel).sigtype == Sig.CLEAR
    with refused(errno.EINVAL):
        loop.configure(3000, Sig.CLEAR)


def test_version(loop: Loop) -> None:
    """The driver tells its release, which begins with a number."""
    told = loop.ask(loop.control, Ioctl.GETVERSION, VersionInfo())
    assert told.version.split(".")[0].isdigit()


class TestPseudo:
    """Channels without a line."""

    def test_numbers(self, loop: Loop) -> None:
        """Each opening makes a new channel with a number of its own, far above the lines'; a freed number is used again."""
        first, second = (loop.system.open("/dev/dahdi/pseudo", os.O_RDWR | os.O_NONBLOCK) for _ in range(2))
        assert (loop.ioctl(first, Ioctl.CHANNO), loop.ioctl(second, Ioctl.CHANNO)) == (0x8000, 0x8001)
        loop.system.close(first)
        third = loop.system.open("/dev/dahdi/pseudo", os.O_RDWR | os.O_NONBLOCK)
        assert loop.ioctl(third, Ioctl.CHANNO) == 0x8000

    def test_clock(self, loop: Loop) -> None:
        """A block of silence becomes readable every block's time, so a program can keep time by it."""
        fd = loop.system.open("/dev/dahdi/pseudo", os.O_RDWR | os.O_NONBLOCK)
        loop.set(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 32, BLOCK))
        loop.wait(400)
        got = loop.read_all(fd)
        assert 18 * BLOCK <= len(got) <= 22 * BLOCK
        assert len(set(got)) == 1

    def test_no_hook(self, loop: Loop) -> None:
        """A hook that there is not may be set; nothing happens."""
        fd = loop.system.open("/dev/dahdi/pseudo", os.O_RDWR | os.O_NONBLOCK)
        with refused(errno.ENOTTY):
            loop.ioctl(fd, Ioctl.HOOK, Hook.OFFHOOK)
        assert loop.ioctl(fd, Ioctl.GETEVENT) == 0
