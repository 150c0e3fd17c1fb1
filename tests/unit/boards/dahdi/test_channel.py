"""What the appliance makes of a channel when it opens it."""

from __future__ import annotations

import errno
import os

import pytest

from boards.dahdi.abi import BufferInfo, Ioctl, Law, Params, Sig, TransmitPolicy, pack_int
from boards.dahdi.channel import Channel, Profile, Timing, open_channel
from boards.dahdi.nodes.errors import DahdiError
from engine.telephony.media import Companding
from hwsim.dahdi import AnalogCard, SimulatedDahdi
from hwsim.wires import Wires
from tests.unit.boards.dahdi.noting_system import FD, NotingSystem

STATE = Params(channo=3, sigtype=Sig.FXSKS, flashtime=750, debouncetime=600)


def test_open_protocol_and_profile() -> None:
    """A line opened by us has the law of its card, 20 ms blocks, and flashes the Chinese way; the driver's other times stay."""
    system = NotingSystem(answers={Ioctl.GET_PARAMS: STATE})
    channel = open_channel(system, 3)
    wanted = Timing(flashtime=100, rxflashtime=800).applied_to(STATE)
    assert system.calls == [
        ("open", "/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK),
        (Ioctl.SPECIFY, pack_int(3)),
        (Ioctl.SETLAW, pack_int(Law.DEFAULT)),
        (Ioctl.SET_BUFINFO, BufferInfo(TransmitPolicy.IMMEDIATE, 0, 4, 160).pack()),
        (Ioctl.GET_PARAMS, Params().pack()),
        (Ioctl.SET_PARAMS, wanted.pack()),
    ]
    assert wanted.debouncetime == 600
    assert channel.is_trunk
    assert not channel.is_station


@pytest.mark.parametrize("call", [Ioctl.SETLAW, Ioctl.SET_BUFINFO, Ioctl.GET_PARAMS, Ioctl.SET_PARAMS])
def test_a_profile_that_is_refused_leaves_nothing_open(call: Ioctl) -> None:
    """A line whose driver refuses a part of the profile is not taken half, and can be opened again."""
    system = NotingSystem(refuse={call: errno.EIO})
    with pytest.raises(DahdiError, match=f"DAHDI channel 3: {call.name} failed with EIO"):
        open_channel(system, 3)
    assert system.calls[-1] == ("close", FD)


@pytest.fixture
def channels() -> tuple[Channel, Channel]:
    """An exchange line and a phone, on a simulated card, with a profile of their own."""
    driver = SimulatedDahdi([AnalogCard(fxo=1, fxs=1, law=Law.MULAW)], Wires(4))
    return open_channel(driver, 1), open_channel(driver, 2, Profile(timing=Timing(rxflashtime=700)))


def test_kinds_of_port(channels: tuple[Channel, Channel]) -> None:
    """An exchange line is not taken for a phone."""
    line, phone = channels
    assert (line.is_trunk, line.is_station) == (True, False)
    assert (phone.is_trunk, phone.is_station) == (False, True)


def test_profile_is_in_the_driver(channels: tuple[Channel, Channel]) -> None:
    """What the profile says is what the driver does: law, times; what it does not say stays the driver's."""
    line, phone = channels
    assert line.params().curlaw == Law.MULAW
    assert line.law == phone.law == Companding.MU_LAW
    assert (line.params().flashtime, line.params().debouncetime) == (100, 600)
    assert (phone.params().rxflashtime, phone.params().flashtime) == (700, 750)
    phone.set_times(Timing(winktime=180))
    assert (phone.params().rxflashtime, phone.params().winktime) == (700, 180)


def test_questions(channels: tuple[Channel, Channel]) -> None:
    """Span and events are read through the channel."""
    line, phone = channels
    assert line.span_info().totalchans == 2
    assert phone.next_event() == 0
