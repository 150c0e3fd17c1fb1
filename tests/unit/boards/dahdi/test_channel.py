"""A channel's open protocol, its calls, and its errors."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field

import pytest

from boards.dahdi.abi import BufferInfo, Cadence, Flush, Hook, Ioctl, Law, Params, Sig, TransmitPolicy, pack_int
from boards.dahdi.channel import Channel, DahdiError, Profile, Timing, open_channel
from engine.kernel.errors import EnvironmentFault
from engine.telephony.media import Companding
from hwsim.dahdi import AnalogCard, SimulatedDahdi
from hwsim.wires import Wires


@dataclass
class NotingSystem:
    """Notes every call; ``refuse`` says which calls fail, with which errno."""

    refuse: dict[object, int] = field(default_factory=dict)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    params: Params = field(default_factory=lambda: Params(channo=3, sigtype=Sig.FXSKS, flashtime=750, debouncetime=600))

    def _note(self, name: object, *details: object) -> None:
        self.calls.append((name, *details))
        if name in self.refuse:
            raise OSError(self.refuse[name], os.strerror(self.refuse[name]))

    def open(self, path: str, flags: int) -> int:
        self._note("open", path, flags)
        return 7

    def close(self, fd: int) -> None:
        self._note("close", fd)

    def ioctl(self, _fd: int, code: int, argument: int | bytearray) -> int:
        self._note(Ioctl(code), bytes(argument) if isinstance(argument, bytearray) else argument)
        if code == Ioctl.GET_PARAMS and isinstance(argument, bytearray):
            argument[:] = self.params.pack()
        return 0

    def read(self, _fd: int, _size: int) -> bytes:
        raise AssertionError("a channel leaves audio to the pump")

    def write(self, _fd: int, _data: bytes) -> int:
        raise AssertionError("a channel leaves audio to the pump")

    def poll(self, _fd: int) -> int:
        return 0


def test_open_protocol_and_profile() -> None:
    """A line opened by us has the law of its card, 20 ms blocks, and flashes the Chinese way; the driver's other times stay."""
    system = NotingSystem()
    channel = open_channel(system, 3)
    wanted = Timing(flashtime=100, rxflashtime=800).applied_to(system.params)
    assert system.calls == [
        ("open", "/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK),
        (Ioctl.SPECIFY, pack_int(3)),
        (Ioctl.SETLAW, pack_int(Law.DEFAULT)),
        (Ioctl.SET_BUFINFO, BufferInfo(TransmitPolicy.IMMEDIATE, 0, 4, 160).pack()),
        (Ioctl.GET_PARAMS, Params(channo=3).pack()),
        (Ioctl.SET_PARAMS, wanted.pack()),
    ]
    assert wanted.debouncetime == 600
    assert channel.is_trunk
    assert not channel.is_station


@pytest.mark.parametrize(
    ("call", "number", "advice"),
    [
        (Ioctl.SPECIFY, errno.ENXIO, "not configured"),
        (Ioctl.SPECIFY, errno.EBUSY, "another program"),
        ("open", errno.ENOENT, "load the driver"),
        (Ioctl.SPECIFY, errno.ENODEV, "removed"),
        ("open", errno.EACCES, "permission"),
    ],
)
def test_refused_open_says_what_to_do(call: object, number: int, advice: str) -> None:
    """The technician reads which device, which call, which error, and what to do; no descriptor stays open."""
    system = NotingSystem(refuse={call: number})
    with pytest.raises(DahdiError, match=advice) as caught:
        open_channel(system, 3)
    assert isinstance(caught.value, EnvironmentFault)
    assert caught.value.number == number
    assert errno.errorcode[number] in str(caught.value)
    assert (("close", 7) in system.calls) == (call != "open")


@pytest.mark.parametrize(("number", "advice"), [(errno.ENODATA, "tone zone"), (500, "event waits"), (errno.EIO, "dmesg")])
def test_refused_call(number: int, advice: str) -> None:
    """A call that fails later names its channel and the driver's error in words."""
    system = NotingSystem()
    channel = open_channel(system, 3)
    system.refuse = {Ioctl.HOOK: number}
    with pytest.raises(DahdiError, match=advice) as caught:
        channel.hook_off()
    assert caught.value.device == "DAHDI channel 3"
    assert caught.value.call == "HOOK OFFHOOK"
    assert caught.value.name == ("ELAST" if number == 500 else errno.errorcode[number])


def test_in_progress_is_success() -> None:
    """Ringing and flash are answered 'in progress' by the driver, and that is no error to anybody."""
    system = NotingSystem(refuse={Ioctl.HOOK: errno.EINPROGRESS})
    channel = open_channel(system, 3)
    channel.ring()
    channel.flash()
    assert system.calls[-2:] == [(Ioctl.HOOK, pack_int(Hook.RING)), (Ioctl.HOOK, pack_int(Hook.FLASH))]


def test_every_call_reaches_the_driver() -> None:
    """Each named call asks the driver for exactly what its name says."""
    system = NotingSystem()
    channel = open_channel(system, 3)
    system.calls.clear()
    channel.hook_on()
    channel.ring([1000, 4000])
    channel.ring_stop()
    channel.set_polarity(reverse=True)
    channel.onhook_transfer(1500)
    channel.set_cadence(None)
    channel.echo_cancel(256)
    channel.flush(Flush.BOTH)
    channel.close()
    channel.close()
    assert system.calls == [
        (Ioctl.HOOK, pack_int(Hook.ONHOOK)),
        (Ioctl.SETCADENCE, Cadence.of([1000, 4000]).pack()),
        (Ioctl.HOOK, pack_int(Hook.RING)),
        (Ioctl.HOOK, pack_int(Hook.RINGOFF)),
        (Ioctl.SETPOLARITY, pack_int(1)),
        (Ioctl.ONHOOKTRANSFER, pack_int(1500)),
        (Ioctl.SETCADENCE, 0),
        (Ioctl.ECHOCANCEL, pack_int(256)),
        (Ioctl.FLUSH, pack_int(3)),
        ("close", 7),
    ]


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
    phone.set_params(Timing(winktime=180))
    assert (phone.params().rxflashtime, phone.params().winktime) == (700, 180)


def test_questions(channels: tuple[Channel, Channel]) -> None:
    """Span and events are read through the channel."""
    line, phone = channels
    assert line.span_info().totalchans == 2
    assert phone.next_event() == 0
