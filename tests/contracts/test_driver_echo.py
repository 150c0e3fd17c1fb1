"""Echo cancellers: attaching, switching, training; not how well they cancel."""

from __future__ import annotations

import errno

import pytest

from boards.dahdi.abi import AttachEchoCanceller, EchoCancelParams, Ioctl, VersionInfo
from tests.contracts.loop import Loop, refused

SLOT = 9


def attach(loop: Loop, name: str) -> None:
    """ATTACH_ECHOCAN to the channel of these tests."""
    loop.set(loop.control, Ioctl.ATTACH_ECHOCAN, AttachEchoCanceller(loop.near.channel(SLOT), name))


@pytest.fixture
def speech(loop: Loop) -> int:
    """The channel in audio mode, no canceller attached."""
    attach(loop, "")
    return loop.open_audio(loop.near.channel(SLOT))


def test_listed(loop: Loop) -> None:
    """Every canceller that the driver lists can be attached, in small letters too."""
    names = loop.ask(loop.control, Ioctl.GETVERSION, VersionInfo()).echo_canceller.split(", ")
    assert "MG2" in names
    for name in names:
        attach(loop, name.lower())
    attach(loop, "")


def test_unknown(loop: Loop) -> None:
    """A canceller that there is not, or a channel that there is not, is refused."""
    with refused(errno.EINVAL):
        attach(loop, "nosuch")
    with refused(errno.EINVAL):
        loop.set(loop.control, Ioctl.ATTACH_ECHOCAN, AttachEchoCanceller(2000, "mg2"))


def test_none_attached(loop: Loop, speech: int) -> None:
    """Without a canceller switching one on succeeds and does nothing: there is none to train or to quieten for a fax."""
    loop.ioctl(speech, Ioctl.ECHOCANCEL, 128)
    for code in (Ioctl.ECHOTRAIN, Ioctl.ECHOCANCEL_FAX_MODE):
        with refused(errno.EINVAL):
            loop.ioctl(speech, code, 1)


def test_attached_and_off(loop: Loop, speech: int) -> None:
    """A canceller that is attached but not switched on cannot be trained."""
    attach(loop, "mg2")
    with refused(errno.EINVAL):
        loop.ioctl(speech, Ioctl.ECHOTRAIN, 400)


@pytest.mark.parametrize("taps", [32, 64, 128, 256, 512, 1024, 1, 100, 5000])
def test_on(loop: Loop, speech: int, taps: int) -> None:
    """Any number of taps switches it on; an odd one means the default."""
    attach(loop, "mg2")
    loop.ioctl(speech, Ioctl.ECHOCANCEL, taps)
    loop.ioctl(speech, Ioctl.ECHOTRAIN, 100)
    loop.ioctl(speech, Ioctl.ECHOCANCEL_FAX_MODE, 1)


def test_off_again(loop: Loop, speech: int) -> None:
    """Zero taps switch it off."""
    attach(loop, "mg2")
    loop.ioctl(speech, Ioctl.ECHOCANCEL, 64)
    loop.ioctl(speech, Ioctl.ECHOCANCEL, 0)
    with refused(errno.EINVAL):
        loop.ioctl(speech, Ioctl.ECHOTRAIN, 100)


@pytest.mark.parametrize("training_ms", [-1, 1000, 5000])
def test_training_time(loop: Loop, speech: int, training_ms: int) -> None:
    """Training takes less than a second."""
    attach(loop, "mg2")
    loop.ioctl(speech, Ioctl.ECHOCANCEL, 64)
    with refused(errno.EINVAL):
        loop.ioctl(speech, Ioctl.ECHOTRAIN, training_ms)
    loop.ioctl(speech, Ioctl.ECHOTRAIN, 999)


def test_parameters(loop: Loop, speech: int) -> None:
    """A canceller can be switched on with parameters; more than eight are too many."""
    attach(loop, "mg2")
    loop.set(speech, Ioctl.ECHOCANCEL_PARAMS, EchoCancelParams(64, 0))
    loop.ioctl(speech, Ioctl.ECHOTRAIN, 100)
    with refused(errno.E2BIG):
        loop.system.ioctl(speech, Ioctl.ECHOCANCEL_PARAMS, EchoCancelParams(64, 9).pack() + bytearray(9 * 20))


def test_off_at_open(loop: Loop, speech: int) -> None:
    """The next program begins with the canceller off, but still attached."""
    attach(loop, "mg2")
    loop.ioctl(speech, Ioctl.ECHOCANCEL, 64)
    loop.system.close(speech)
    again = loop.open_audio(loop.near.channel(SLOT))
    with refused(errno.EINVAL):
        loop.ioctl(again, Ioctl.ECHOTRAIN, 100)
    loop.ioctl(again, Ioctl.ECHOCANCEL, 64)
    loop.ioctl(again, Ioctl.ECHOTRAIN, 100)


def test_end_of_audio_mode(loop: Loop, speech: int) -> None:
    """Leaving audio mode switches it off, and out of audio mode it cannot be switched on."""
    attach(loop, "mg2")
    loop.ioctl(speech, Ioctl.ECHOCANCEL, 64)
    loop.ioctl(speech, Ioctl.AUDIOMODE, 0)
    with refused(errno.EINVAL):
        loop.ioctl(speech, Ioctl.ECHOCANCEL, 64)
    with refused(errno.EINVAL):
        loop.ioctl(speech, Ioctl.ECHOTRAIN, 100)


def test_detached(loop: Loop, speech: int) -> None:
    """A canceller that is detached can no more be switched on."""
    attach(loop, "mg2")
    attach(loop, "")
    loop.ioctl(speech, Ioctl.ECHOCANCEL, 64)
    with refused(errno.EINVAL):
        loop.ioctl(speech, Ioctl.ECHOTRAIN, 100)
