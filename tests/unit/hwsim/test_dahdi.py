"""The simulated driver as a machine: nodes, configuration, cards that are pulled, its own tones, audio in and out."""

from __future__ import annotations

import errno
import os
import select
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from boards.dahdi import abi
from boards.dahdi.abi import Alarm, Event, Ioctl, Law, Sig, Tone, pack_int, unpack_int
from boards.dahdi.channel import Channel, open_channel
from boards.dahdi.nodes.errors import DahdiError
from hwsim.dahdi import AnalogCard, SimulatedDahdi
from hwsim.signals import alaw_from_linear as alaw
from hwsim.signals import level_dbm0, linear_from_alaw, tone
from hwsim.wires import Wires
from hwsim.zone import CHINA, ToneZone

SILENCE = b"\xd5" * 160
LINE, PHONE = 1, 3


class Mouth:
    """A far end that says one block for ever and keeps what it hears."""

    def __init__(self, says: bytes = SILENCE) -> None:
        self.says = says
        self.heard: list[bytes] = []

    def exchange(self, heard: bytes) -> bytes:
        """One block each way."""
        self.heard.append(heard)
        return self.says


def machine(*cards: AnalogCard, wires: int = 16, zone: ToneZone | None = CHINA) -> SimulatedDahdi:
    """A machine with these cards, else with one of two exchange lines and two phones."""
    return SimulatedDahdi(cards or (AnalogCard(fxo=2, fxs=2),), Wires(wires), zone)


@contextmanager
def refused(number: int) -> Iterator[None]:
    """The call inside fails with this errno."""
    with pytest.raises(OSError) as caught:  # noqa: PT011  # the errno is what is looked at
        yield
    assert caught.value.errno == number


def control(driver: SimulatedDahdi) -> int:
    """The control node."""
    return driver.open("/dev/dahdi/ctl", os.O_RDWR)


def events(channel: Channel) -> list[int]:
    """All events of a channel."""
    taken = []
    while event := channel.next_event():
        taken.append(event)
    return taken


def test_numbering() -> None:
    """Channels count on through the cards, on each card exchange lines first."""
    driver = machine(AnalogCard(1, 2), AnalogCard(2, 0))
    assert sorted(driver.exchange_ports) == [1, 4, 5]
    assert sorted(driver.phone_ports) == [2, 3]
    params = open_channel(driver, 5).params()
    assert (params.spanno, params.chanpos, params.sigtype) == (2, 2, Sig.FXSKS)


@pytest.mark.parametrize(("path", "channel"), [("/dev/dahdi/3", 3), ("/dev/dahdi/chan/001/003", 3), ("/dev/dahdi/chan/002/001", 5)])
def test_direct_nodes(path: str, channel: int) -> None:
    """The nodes that name a channel open that channel."""
    driver = machine(AnalogCard(2, 2), AnalogCard(1, 0))
    fd = driver.open(path, os.O_RDWR | os.O_NONBLOCK)
    number = pack_int(0)
    driver.ioctl(fd, Ioctl.CHANNO, number)
    assert unpack_int(number) == channel
    with refused(errno.EBUSY):
        driver.open(path, os.O_RDWR | os.O_NONBLOCK)


@pytest.mark.parametrize(
    "path", ["/dev/dahdi/9", "/dev/dahdi/chan/001/009", "/dev/dahdi/chan/003/001", "/dev/dahdi/transcode", "/dev/null"]
)
def test_unknown_nodes(path: str) -> None:
    """A node that there is not is not found."""
    driver = machine()
    with refused(errno.ENOENT):
        driver.open(path, os.O_RDWR)


def test_shut_down_and_configure() -> None:
    """A channel that dahdi_cfg has not configured says so; configured, it opens; a wrong signalling is refused."""
    driver = machine()
    ctl = control(driver)
    driver.ioctl(ctl, Ioctl.SHUTDOWN, pack_int(1))
    with pytest.raises(DahdiError, match=r"ENXIO.*dahdi_cfg"):
        open_channel(driver, LINE)
    with refused(errno.EINVAL):
        driver.ioctl(ctl, Ioctl.CHANCONFIG, abi.ChannelConfig(chan=LINE, sigtype=Sig.FXOKS).pack())
    with refused(errno.EINVAL):
        driver.ioctl(ctl, Ioctl.CHANCONFIG, abi.ChannelConfig(chan=99, sigtype=Sig.FXSKS).pack())
    driver.ioctl(ctl, Ioctl.CHANCONFIG, abi.ChannelConfig(chan=LINE, sigtype=Sig.FXSLS).pack())
    assert open_channel(driver, LINE).sig == Sig.FXSLS
    with refused(errno.ENXIO):
        driver.ioctl(ctl, Ioctl.SHUTDOWN, pack_int(2))
    driver.ioctl(ctl, Ioctl.STARTUP, pack_int(1))


def test_control_node_answers() -> None:
    """Version, spans and any channel's parameters can be asked without opening a channel."""
    driver = machine()
    ctl = control(driver)
    version = abi.VersionInfo().pack()
    driver.ioctl(ctl, Ioctl.GETVERSION, version)
    assert "simulated" in abi.VersionInfo.unpack(version).version
    span = abi.SpanInfo(spanno=1).pack()
    driver.ioctl(ctl, Ioctl.SPANSTAT, span)
    assert abi.SpanInfo.unpack(span).totalchans == 4
    params = abi.Params(channo=PHONE).pack()
    driver.ioctl(ctl, Ioctl.GET_PARAMS, params)
    assert abi.Params.unpack(params).sigtype == Sig.FXOKS
    driver.ioctl(ctl, Ioctl.SET_PARAMS, abi.Params(channo=PHONE, rxflashtime=900).pack())
    driver.ioctl(ctl, Ioctl.GET_PARAMS, params)
    assert abi.Params.unpack(params).rxflashtime == 900
    with refused(errno.ENOTTY):
        driver.ioctl(ctl, Ioctl.HOOK, pack_int(0))
    with refused(errno.ENOSYS):
        driver.read(ctl, 160)
    driver.close(ctl)
    with refused(errno.EBADF):
        driver.ioctl(ctl, Ioctl.GETVERSION, version)


def test_bad_memory() -> None:
    """A buffer shorter than the answer, or none, is a fault of the caller and found here instead of in the kernel."""
    driver = machine()
    channel = open_channel(driver, LINE)
    with refused(errno.EFAULT):
        driver.ioctl(channel.fd, Ioctl.GET_PARAMS, bytearray(135))
    with refused(errno.EFAULT):
        driver.ioctl(channel.fd, Ioctl.HOOK, 1)


def test_wires_run_out() -> None:
    """Too few wires is an error that names itself, not a channel without audio."""
    driver = machine(wires=1)
    open_channel(driver, LINE)
    with pytest.raises(DahdiError, match="ENFILE"):
        open_channel(driver, PHONE)


def test_timer_ping_and_period() -> None:
    """The timer counts its periods, a ping comes before them, and a period of 0 stops it."""
    driver = machine()
    fd = driver.open("/dev/dahdi/timer", os.O_RDWR)
    event = pack_int(0)
    driver.ioctl(fd, Ioctl.TIMERCONFIG, pack_int(160))
    driver.ioctl(fd, Ioctl.TIMERPING, 0)
    driver.advance_to(60)
    driver.ioctl(fd, Ioctl.GETEVENT, event)
    assert unpack_int(event) == Event.TIMER_PING
    driver.ioctl(fd, Ioctl.TIMERPONG, 0)
    driver.ioctl(fd, Ioctl.GETEVENT, event)
    assert unpack_int(event) == Event.TIMER_EXPIRED
    driver.ioctl(fd, Ioctl.TIMERACK, pack_int(2))
    assert driver.poll(fd) == select.POLLPRI
    driver.ioctl(fd, Ioctl.TIMERACK, pack_int(-1))
    assert driver.poll(fd) == 0
    driver.ioctl(fd, Ioctl.TIMERCONFIG, pack_int(0))
    driver.advance_to(1000)
    assert driver.poll(fd) == 0


def test_pseudo_channel_is_a_clock() -> None:
    """A pseudo channel gives a block of silence for every block of time, and no more."""
    driver = machine()
    fd = driver.open("/dev/dahdi/pseudo", os.O_RDWR | os.O_NONBLOCK)
    driver.ioctl(fd, Ioctl.SET_BUFINFO, abi.BufferInfo(numbufs=4, bufsize=160).pack())
    with refused(errno.EAGAIN):
        driver.read(fd, 160)
    driver.exchange_block()
    assert driver.read(fd, 160) == b"\x7f" * 160
    with refused(errno.EAGAIN):
        driver.read(fd, 160)
    number = pack_int(0)
    driver.ioctl(fd, Ioctl.CHANNO, number)
    assert unpack_int(number) == 0x8000
    driver.close(fd)


# ---- audio ----


def test_exchange_line_is_heard_on_hook() -> None:
    """Caller id before the answer reaches the program: an exchange line is heard on hook, but we are not heard on it."""
    driver = machine()
    said = alaw(tone(450, -10, 20))
    far_end = driver.exchange_ports[LINE].far_end = Mouth(said)
    channel = open_channel(driver, LINE)
    driver.write(channel.fd, b"\x55" * 160)
    driver.exchange_block()
    driver.exchange_block()
    assert driver.read(channel.fd, 160) == said
    assert far_end.heard == [SILENCE, SILENCE]


def test_conversation_passes_untouched() -> None:
    """Off hook what is said comes in, and what we send is heard, in the same block, octet by octet."""
    driver = machine()
    said, sent = bytes(range(160)), bytes(reversed(range(160)))
    far_end = driver.phone_ports[PHONE].far_end = Mouth(said)
    driver.phone_ports[PHONE].set_loop(True)
    channel = open_channel(driver, PHONE)
    events(channel)
    driver.write(channel.fd, sent)
    driver.exchange_block()
    assert driver.read(channel.fd, 160) == said
    driver.exchange_block()
    assert far_end.heard == [sent, SILENCE]


def test_phone_on_hook_says_nothing() -> None:
    """Nothing from the room reaches the appliance while the handset is down."""
    driver = machine()
    driver.phone_ports[PHONE].far_end = Mouth(b"\x00" * 160)
    channel = open_channel(driver, PHONE)
    driver.exchange_block()
    assert driver.read(channel.fd, 160) == SILENCE


def test_caller_id_between_bursts() -> None:
    """What is written after the first burst is heard by the phone on hook; during the burst it is not."""
    driver = machine()
    far_end = driver.phone_ports[PHONE].far_end = Mouth()
    channel = open_channel(driver, PHONE)
    channel.ring()
    driver.write(channel.fd, b"\x11" * 160)
    driver.exchange_block()
    driver.advance_to(1500)
    events(channel)
    driver.write(channel.fd, b"\x22" * 160)
    driver.exchange_block()
    assert far_end.heard == [SILENCE, b"\x22" * 160]


def test_far_end_of_wrong_size() -> None:
    """A far end that says too little is found at once."""
    driver = machine()
    driver.exchange_ports[LINE].far_end = Mouth(b"\xd5" * 159)
    with pytest.raises(ValueError, match="channel 1 said 159 octets"):
        driver.exchange_block()


def test_law() -> None:
    """A card loaded for mu-law speaks mu-law to its program, whatever law the program says; the line stays A-law."""
    driver = machine(AnalogCard(1, 0, law=Law.MULAW))
    said = alaw(tone(1000, -10, 20))
    far_end = driver.exchange_ports[LINE].far_end = Mouth(said)
    channel = open_channel(driver, LINE)
    channel.hook_off()
    driver.exchange_block()
    got = driver.read(channel.fd, 160)
    assert got != said
    channel.set_law(Law.ALAW)
    driver.exchange_block()
    assert driver.read(channel.fd, 160) == got
    driver.write(channel.fd, got)
    driver.exchange_block()
    there_and_back = linear_from_alaw(far_end.heard[-1]).astype(np.int32)
    assert np.max(np.abs(there_and_back - linear_from_alaw(said))) <= 256
    assert far_end.heard[0] == SILENCE


def test_gains() -> None:
    """A gain table is applied to what is received and to what is sent."""
    driver = machine()
    inverted = bytes(octet ^ 0x80 for octet in range(256))
    far_end = driver.exchange_ports[LINE].far_end = Mouth(b"\xd5" * 160)
    channel = open_channel(driver, LINE)
    channel.hook_off()
    driver.ioctl(channel.fd, Ioctl.SETGAINS, abi.Gains(LINE, inverted, inverted).pack())
    driver.exchange_block()
    assert driver.read(channel.fd, 160) == b"\x55" * 160
    driver.exchange_block()
    assert far_end.heard[1] == b"\x55" * 160


def test_drivers_own_tone() -> None:
    """The driver sounds its zone's dial tone until the first write."""
    driver = machine()
    port = driver.phone_ports[PHONE]
    far_end = port.far_end = Mouth()
    port.set_loop(True)
    channel = open_channel(driver, PHONE)
    events(channel)
    driver.ioctl(channel.fd, Ioctl.SENDTONE, pack_int(Tone.DIALTONE))
    for _ in range(10):
        driver.exchange_block()
    sounded = linear_from_alaw(b"".join(far_end.heard))
    assert level_dbm0(sounded) == pytest.approx(-10, abs=0.2)
    spectrum = np.abs(np.fft.rfft(sounded))
    assert np.argmax(spectrum) * 8000 / sounded.size == pytest.approx(450, abs=5)
    driver.write(channel.fd, b"\x11" * 160)
    driver.exchange_block()
    assert far_end.heard[-1] == b"\x11" * 160


def test_busy_tone_has_the_zones_cadence() -> None:
    """Busy tone is 350 ms on, 350 ms off, wherever the blocks fall."""
    driver = machine()
    port = driver.phone_ports[PHONE]
    far_end = port.far_end = Mouth()
    port.set_loop(True)
    channel = open_channel(driver, PHONE)
    driver.ioctl(channel.fd, Ioctl.SENDTONE, pack_int(Tone.BUSY))
    for _ in range(70):
        driver.exchange_block()
    sounded = linear_from_alaw(b"".join(far_end.heard)).astype(np.int32)
    on = [level_dbm0(sounded[start : start + 80].astype(np.float64)) > -30 for start in range(0, 11_200, 80)]
    assert on == ([True] * 35 + [False] * 35) * 2


def test_dtmf_tone() -> None:
    """A key sounded by the driver has both its frequencies."""
    driver = machine()
    port = driver.phone_ports[PHONE]
    far_end = port.far_end = Mouth()
    port.set_loop(True)
    channel = open_channel(driver, PHONE)
    driver.ioctl(channel.fd, Ioctl.SENDTONE, pack_int(Tone.DTMF_BASE + 5))
    for _ in range(51):
        driver.exchange_block()
    spectrum = np.abs(np.fft.rfft(linear_from_alaw(b"".join(far_end.heard[1:]))))
    assert sorted(int(place) for place in np.argsort(spectrum)[-2:]) == [770, 1336]


@pytest.mark.parametrize(("number", "expected"), [(Tone.STUTTER, errno.ENOSYS), (17, errno.EINVAL), (80, errno.EINVAL), (-2, errno.EINVAL)])
def test_tone_that_is_not_there(number: int, expected: int) -> None:
    """A tone that the zone lacks and a number that is no tone are told apart."""
    driver = machine()
    channel = open_channel(driver, PHONE)
    with refused(expected):
        driver.ioctl(channel.fd, Ioctl.SENDTONE, pack_int(number))


def test_no_zone() -> None:
    """Without tone zone neither tone nor bell, and stopping is always allowed."""
    driver = machine(zone=None)
    channel = open_channel(driver, PHONE)
    with refused(errno.ENODATA):
        driver.ioctl(channel.fd, Ioctl.SENDTONE, pack_int(Tone.DIALTONE))
    driver.ioctl(channel.fd, Ioctl.SENDTONE, pack_int(Tone.STOP))
    with pytest.raises(DahdiError, match="loadzone=cn"):
        channel.ring()


def test_no_echo_canceller() -> None:
    """Without a canceller switching it is no error, whatever the taps, and there is none to train."""
    driver = machine()
    channel = open_channel(driver, LINE)
    channel.echo_cancel(256)
    driver.ioctl(channel.fd, Ioctl.ECHOCANCEL, pack_int(100))
    channel.echo_cancel(0)
    with refused(errno.EINVAL):
        driver.ioctl(channel.fd, Ioctl.ECHOTRAIN, pack_int(400))


def test_calls_of_the_other_kind_of_port() -> None:
    """Reversal and on-hook audio belong to phone ports."""
    driver = machine()
    line = open_channel(driver, LINE)
    with pytest.raises(DahdiError, match="EINVAL"):
        line.set_polarity(reverse=True)
    with pytest.raises(DahdiError, match="EINVAL"):
        line.onhook_transfer(100)
    with refused(errno.ENOTTY):
        driver.ioctl(line.fd, Ioctl.TONEDETECT, pack_int(1))


def test_hook_ends_the_drivers_tone() -> None:
    """Dial tone does not sound on into the call."""
    driver = machine()
    port = driver.phone_ports[PHONE]
    far_end = port.far_end = Mouth()
    port.set_loop(True)
    channel = open_channel(driver, PHONE)
    driver.ioctl(channel.fd, Ioctl.SENDTONE, pack_int(Tone.DIALTONE))
    channel.hook_off()
    driver.exchange_block()
    driver.exchange_block()
    assert far_end.heard == [SILENCE, SILENCE]


def test_hang_up_forgets_audio() -> None:
    """What was queued when we hung up is not heard by the next caller, nor what the last one said by us."""
    driver = machine()
    far_end = driver.exchange_ports[LINE].far_end = Mouth(b"\x11" * 160)
    channel = open_channel(driver, LINE)
    channel.hook_off()
    driver.exchange_block()
    driver.write(channel.fd, b"\x22" * 160)
    channel.hook_on()
    channel.hook_off()
    with refused(errno.EAGAIN):
        driver.read(channel.fd, 160)
    driver.exchange_block()
    driver.exchange_block()
    assert far_end.heard == [SILENCE] * 3


@pytest.mark.parametrize(("policy", "blocks", "heard"), [(0, 1, True), (1, 3, False), (1, 4, True), (2, 1, False), (2, 2, True)])
def test_transmit_policy(policy: int, blocks: int, heard: bool) -> None:
    """Transmission starts at once, when all buffers are full, or when half are, as the program chose."""
    driver = machine()
    far_end = driver.exchange_ports[LINE].far_end = Mouth()
    channel = open_channel(driver, LINE)
    channel.hook_off()
    channel.set_buffers(160, 4, abi.TransmitPolicy(policy))
    for _ in range(blocks):
        driver.write(channel.fd, b"\x11" * 160)
    driver.exchange_block()
    assert (far_end.heard[0] != SILENCE) is heard


# ---- closing, cards ----


def test_channel_closed_by_the_pump_is_hung_up() -> None:
    """The media pump closes a channel by itself: the line is released and can be opened again."""
    wires = Wires(4)
    driver = SimulatedDahdi([AnalogCard(1, 0)], wires)
    channel = open_channel(driver, LINE)
    channel.hook_off()
    assert driver.exchange_ports[LINE].loop_closed
    wires.close(channel.fd)
    driver.exchange_block()
    assert not driver.exchange_ports[LINE].loop_closed
    assert open_channel(driver, LINE).fd == channel.fd


def test_pulled_card() -> None:
    """A card pulled in a call: the line is dead at once, the program is told, a second later nothing answers."""
    driver = machine(AnalogCard(1, 1), AnalogCard(0, 1))
    line, other = open_channel(driver, 1), open_channel(driver, 3)
    line.hook_off()
    loop: list[bool] = []
    driver.exchange_ports[1].loop_changed = loop.append
    driver.pull_card(0)
    assert loop == [False]
    assert not driver.phone_ports[2].battery
    assert events(line) == [Event.REMOVED, Event.ALARM]
    assert line.span_info().alarms == Alarm.NOTOPEN
    driver.advance_to(999)
    assert line.next_event() == 0
    driver.exchange_block()
    with refused(errno.EAGAIN):
        driver.read(line.fd, 160)
    driver.advance_to(1000)
    for call in (line.next_event, line.hook_on, line.params):
        with pytest.raises(DahdiError, match=r"ENODEV.*removed"):
            call()
    with refused(errno.ENODEV):
        driver.read(line.fd, 160)
    assert driver.poll(line.fd) & select.POLLERR
    last_word = pack_int(0)
    with refused(errno.ENODEV):
        driver.ioctl(line.fd, Ioctl.GETEVENT, last_word)
    assert unpack_int(last_word) == Event.REMOVED
    with pytest.raises(DahdiError, match="EINVAL"):
        open_channel(driver, 2)
    assert other.params().channo == 3


def test_pushed_card() -> None:
    """Put back, the card's lines are opened anew on the same channels and work; the old descriptors stay dead."""
    driver = machine()
    old = open_channel(driver, PHONE)
    driver.pull_card(0)
    driver.advance_to(5000)
    driver.push_card(0)
    new = open_channel(driver, PHONE)
    assert new.fd != old.fd
    driver.phone_ports[PHONE].set_loop(True)
    assert events(new) == [Event.RINGOFFHOOK]
    with pytest.raises(DahdiError, match="ENODEV"):
        old.params()
    dead = old.fd
    old.close()
    assert new.params().channo == PHONE
    assert open_channel(driver, LINE).fd not in (dead, new.fd)


def test_pushed_within_the_second() -> None:
    """A card put back at once is a new card all the same."""
    driver = machine()
    old = open_channel(driver, LINE)
    driver.pull_card(0)
    driver.push_card(0)
    with pytest.raises(DahdiError, match="ENODEV"):
        old.params()
    driver.advance_to(5000)
    assert open_channel(driver, LINE).params().chan_alarms == 0


def test_pulling_twice() -> None:
    """A scenario that pulls what is not there is told so."""
    driver = machine()
    with pytest.raises(ValueError, match="in its place"):
        driver.push_card(0)
    driver.pull_card(0)
    with pytest.raises(ValueError, match="pulled already"):
        driver.pull_card(0)
    with pytest.raises(IndexError):
        driver.pull_card(1)


def test_opening_a_dying_card() -> None:
    """Within the second after the pull an unopened channel is refused as gone."""
    driver = machine()
    driver.pull_card(0)
    with pytest.raises(DahdiError, match="ENODEV"):
        open_channel(driver, PHONE)
