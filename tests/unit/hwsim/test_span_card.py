"""The simulated E1 and T1 cards: lines, alarms, clock, maintenance, pulling and putting back. What real cards do and loop pairs cannot show."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from boards.dahdi.abi import (
    Alarm,
    AttachEchoCanceller,
    BufferInfo,
    ChannelConfig,
    Event,
    Ioctl,
    Law,
    LineConfig,
    LineConfigBit,
    Maint,
    MaintInfo,
    Params,
    Sig,
    SpanInfo,
    pack_int,
    unpack_int,
)
from boards.dahdi.sysfs import read_devices, set_span_type
from hwsim.dahdi import AnalogCard, SimulatedDahdi, SpanCard
from hwsim.device_tree import MASTER_SPAN
from hwsim.wires import Wires

CCS = LineConfigBit.CCS | LineConfigBit.HDB3 | LineConfigBit.CRC4
CAS = LineConfigBit.HDB3
WORDS = bytes(range(160))


@contextmanager
def refused(number: int) -> Iterator[None]:
    """The call inside fails with this errno."""
    with pytest.raises(OSError) as caught:  # noqa: PT011  # the errno is what is looked at
        yield
    assert caught.value.errno == number


class Rack:
    """A machine with cards, moved 20 ms at a time."""

    def __init__(self, *cards: AnalogCard | SpanCard, framing: int = CCS, auto_assign: bool = True) -> None:
        self.driver = SimulatedDahdi(cards, Wires(80), auto_assign=auto_assign)
        self.control = self.driver.open("/dev/dahdi/ctl", os.O_RDWR)
        for span in self.driver.spans:
            if span.digital:
                self.start(span.number, framing, span.local)

    def start(self, span: int, framing: int, sync: int = 0) -> None:
        """SPANCONFIG, all channels clear, STARTUP."""
        self.set(Ioctl.SPANCONFIG, LineConfig(span, "", 0, framing, sync).pack())
        for channel in self.driver.spans[span - 1].channels:
            if channel.capabilities:
                self.configure(channel.number, Sig.CLEAR)
        self.set(Ioctl.STARTUP, pack_int(span))

    def set(self, code: int, memory: bytearray) -> bytearray:
        """A call at the control node."""
        self.driver.ioctl(self.control, code, memory)
        return memory

    def configure(self, channel: int, sig: int, idlebits: int = 0) -> None:
        """CHANCONFIG."""
        self.set(Ioctl.CHANCONFIG, ChannelConfig(chan=channel, sigtype=sig, idlebits=idlebits, master=channel).pack())

    def open(self, channel: int) -> int:
        """A clear channel with blocks of 20 ms."""
        fd = self.driver.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
        self.driver.ioctl(fd, Ioctl.SPECIFY, pack_int(channel))
        self.driver.ioctl(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 4, 160).pack())
        return fd

    def wait(self, ms: int) -> None:
        """Time, and audio with it."""
        for _ in range(ms // 20):
            self.driver.advance_to(self.driver.now_ms + 20)
            self.driver.exchange_block()

    def span(self, number: int = 1) -> SpanInfo:
        """SPANSTAT."""
        return SpanInfo.unpack(self.set(Ioctl.SPANSTAT, SpanInfo(spanno=number).pack()))

    def alarms(self, number: int = 1) -> Alarm:
        """The alarms of a span."""
        return Alarm(self.span(number).alarms)

    def maintain(self, command: int, span: int = 1) -> None:
        """MAINT."""
        self.set(Ioctl.MAINT, MaintInfo(span, command).pack())

    def events(self, fd: int) -> list[int]:
        """All events of a channel."""
        taken: list[int] = []
        memory = pack_int(0)
        while True:
            self.driver.ioctl(fd, Ioctl.GETEVENT, memory)
            if not unpack_int(memory):
                return taken
            taken.append(unpack_int(memory))

    def carried(self, sender: int, receiver: int) -> bytes:
        """What arrives of 20 ms of words."""
        self.driver.ioctl(receiver, Ioctl.FLUSH, pack_int(1))
        self.driver.write(sender, WORDS)
        self.driver.exchange_block()
        return self.driver.read(receiver, 160)


def cabled(*, framing: int = CCS, ports: int = 2, kind: str = "E1") -> Rack:
    """A card whose first two ports are joined by a cable."""
    rack = Rack(SpanCard(ports=ports, kind=kind), framing=framing)
    rack.driver.span_lines[0, 0].plug_into(rack.driver.span_lines[0, 1])
    rack.wait(8000)
    return rack


def test_what_it_is() -> None:
    """A card says where it is, what it is, and that its law is A-law; a T1 has 24 channels and mu-law."""
    rack = Rack(SpanCard(ports=2, hardware_id="E1-4711", location="PCI Bus 05 Slot 06"), SpanCard(kind="T1"), framing=0)
    told = rack.span(2)
    assert (told.name, told.spantype, told.totalchans, told.location) == ("SIME1/0/2", "E1", 31, "PCI Bus 05 Slot 06")
    assert (rack.span(3).spantype, rack.span(3).totalchans) == ("T1", 24)
    first, last = (Params.unpack(rack.set(Ioctl.GET_PARAMS, Params(channo=number).pack())) for number in (1, 63))
    assert (first.curlaw, last.curlaw, last.spanno) == (Law.ALAW, Law.MULAW, 3)


def test_a_line_without_plug() -> None:
    """Nothing plugged in: after 2.5 s the span is in red alarm for loss of signal, and its channels receive ones."""
    rack = Rack(SpanCard())
    fd = rack.open(1)
    rack.wait(2480)
    assert rack.alarms() == Alarm.NONE
    rack.wait(40)
    assert rack.alarms() == Alarm.RED | Alarm.LOS
    assert rack.events(fd) == [Event.ALARM]
    assert rack.driver.read(fd, 160) == b"\xff" * 160


def test_two_ports_with_a_cable() -> None:
    """Joined and started, both are green and hear each other octet by octet."""
    rack = cabled()
    assert (rack.alarms(1), rack.alarms(2)) == (Alarm.NONE, Alarm.NONE)
    near, far = rack.open(1), rack.open(32)
    assert rack.carried(near, far) == WORDS
    assert rack.carried(far, near) == WORDS


@pytest.mark.parametrize(
    ("defect", "after_ms", "shown"),
    [
        (Alarm.LOS, 2500, Alarm.RED | Alarm.LOS),
        (Alarm.LFA, 2500, Alarm.RED | Alarm.LFA),
        (Alarm.LMFA, 2500, Alarm.RED | Alarm.LMFA),
        (Alarm.BLUE, 2500, Alarm.BLUE),
        (Alarm.YELLOW, 500, Alarm.YELLOW),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_alarms_of_every_type(defect: Alarm, after_ms: int, shown: Alarm) -> None:
    """Each fault is believed after its time, and not one that was shorter."""
    rack = cabled()
    line = rack.driver.span_lines[0, 0]
    line.impose(defect)
    rack.wait(after_ms - 40)
    line.impose(Alarm.NONE)
    rack.wait(200)
    assert rack.alarms() == Alarm.NONE
    line.impose(defect)
    rack.wait(after_ms + 20)
    assert rack.alarms() == shown


def test_the_far_end_of_a_red_span_is_yellow() -> None:
    """Who does not hear says so; after the fault he recovers for 5 s, and as long the other is in yellow alarm."""
    rack = cabled()
    fd = rack.open(1)
    line = rack.driver.span_lines[0, 0]
    line.impose(Alarm.LOS)
    rack.wait(3100)
    assert (rack.alarms(1), rack.alarms(2)) == (Alarm.RED | Alarm.LOS, Alarm.YELLOW)
    line.impose(Alarm.NONE)
    rack.wait(100)
    assert (rack.alarms(1), rack.alarms(2)) == (Alarm.RECOVER, Alarm.YELLOW)
    rack.wait(5000)
    assert (rack.alarms(1), rack.alarms(2)) == (Alarm.NONE, Alarm.NONE)
    assert rack.events(fd) == [Event.ALARM, Event.NOALARM]


@pytest.mark.parametrize(
    ("mine", "his", "shown"),
    [(CCS, CCS & ~LineConfigBit.CRC4, Alarm.LMFA), (CCS, LineConfigBit.AMI | LineConfigBit.CCS | LineConfigBit.CRC4, Alarm.LFA)],
    ids=["CRC4 at one end only", "different codings"],
)
def test_ends_that_are_configured_differently(mine: int, his: int, shown: Alarm) -> None:
    """A technician who forgot CRC4 at one end, or has the wrong coding, sees it."""
    rack = Rack(SpanCard(ports=2))
    rack.driver.span_lines[0, 0].plug_into(rack.driver.span_lines[0, 1])
    for number, framing in ((1, mine), (2, his)):
        rack.set(Ioctl.SPANCONFIG, LineConfig(number, "", 0, framing, 0).pack())
    rack.wait(2600)
    assert rack.alarms(1) == Alarm.RED | shown


def test_a_far_end_that_is_not_started() -> None:
    """A port that is shut down sends nothing."""
    rack = cabled()
    rack.set(Ioctl.SHUTDOWN, pack_int(2))
    rack.wait(2600)
    assert rack.alarms(1) == Alarm.RED | Alarm.LOS
    rack.start(2, CCS)
    rack.wait(100)
    assert rack.alarms(1) == Alarm.RECOVER


def test_unplugging() -> None:
    """Pulling the cable is seen at both ends."""
    rack = cabled()
    rack.driver.span_lines[0, 1].unplug()
    rack.wait(2600)
    assert [rack.alarms(number) for number in (1, 2)] == [Alarm.RED | Alarm.LOS] * 2


def test_framing_decides_what_channels_can_be() -> None:
    """Framed for CAS, timeslot 16 is no channel and the others can have bits; framed for CCS none can."""
    rack = Rack(SpanCard(), framing=CAS)
    rack.configure(1, Sig.CAS)
    with refused(errno.EINVAL):
        rack.configure(16, Sig.CLEAR)
    rack.set(Ioctl.SPANCONFIG, LineConfig(1, "", 0, CCS, 0).pack())
    rack.configure(16, Sig.HDLCFCS)
    with refused(errno.EINVAL):
        rack.configure(2, Sig.CAS)
    with refused(errno.EINVAL):
        rack.set(Ioctl.SPANCONFIG, LineConfig(1, "", 0, LineConfigBit.B8ZS, 0).pack())


def test_bits_on_a_cable() -> None:
    """Bits arrive as they were sent, without the neighbour's; framed for CCS none do."""
    rack = cabled(framing=CAS)
    for channel in (1, 2, 32, 33):
        rack.configure(channel, Sig.CAS, 0b1011)
    near, far, neighbour = rack.open(1), rack.open(32), rack.open(2)
    rack.wait(20)
    rack.events(far)
    rack.driver.ioctl(near, Ioctl.SETTXBITS, pack_int(0b0001))
    rack.driver.ioctl(neighbour, Ioctl.SETTXBITS, pack_int(0b1111))
    rack.wait(20)
    bits = pack_int(0)
    rack.driver.ioctl(far, Ioctl.GETRXBITS, bits)
    assert unpack_int(bits) == 0b0001
    assert rack.events(far) == [Event.BITSCHANGED]


def test_the_clock_and_its_fallback() -> None:
    """The card takes its clock from the port of the first priority; in alarm the next takes over, and then it comes back."""
    rack = cabled()
    assert rack.span(1).syncsrc == 1
    rack.driver.span_lines[0, 0].impose(Alarm.LOS)
    rack.wait(2600)
    assert [rack.span(number).syncsrc for number in (1, 2)] == [2, 2]
    rack.driver.span_lines[0, 1].impose(Alarm.LOS)
    rack.wait(2600)
    assert rack.span(1).syncsrc == 0
    rack.driver.span_lines[0, 0].impose(Alarm.NONE)
    rack.wait(20)
    assert rack.span(1).syncsrc == 1


def test_the_master_span_leaves_a_dead_span() -> None:
    """The driver's clock changes to another span when the one it has is in alarm."""
    rack = Rack(SpanCard(ports=2))
    for place in (0, 1):
        line = rack.driver.span_lines[0, place]
        line.plug_into(line)
    rack.wait(1000)
    before = rack.driver.tree.read(MASTER_SPAN)
    rack.driver.span_lines[0, int(before) - 1].unplug()
    rack.wait(3000)
    assert rack.driver.tree.read(MASTER_SPAN) != before
    rack.driver.tree.write(MASTER_SPAN, before)
    assert rack.driver.tree.read(MASTER_SPAN) == before


# ---- maintenance ----


def test_local_loop() -> None:
    """The span hears itself, is in alarm LOOPBACK, and green again afterwards."""
    rack = cabled()
    near, far = rack.open(1), rack.open(32)
    rack.maintain(Maint.LOCALLOOP)
    assert rack.alarms() == Alarm.LOOPBACK
    assert rack.events(near) == [Event.ALARM]
    rack.events(far)
    assert rack.carried(near, near) == WORDS
    rack.maintain(Maint.NONE)
    assert rack.alarms() == Alarm.NONE
    rack.events(near)
    assert rack.carried(far, near) == WORDS


def test_network_loops() -> None:
    """Looped towards the network, the far end hears itself."""
    rack = cabled()
    far = rack.open(32)
    for command in (Maint.NETWORKLINELOOP, Maint.NETWORKPAYLOADLOOP):
        rack.maintain(command)
        assert rack.carried(far, far) == WORDS


def test_a_loop_plug() -> None:
    """A plug that joins a port with itself."""
    rack = Rack(SpanCard())
    line = rack.driver.span_lines[0, 0]
    line.plug_into(line)
    rack.wait(3000)
    fd = rack.open(1)
    assert rack.alarms() == Alarm.NONE
    assert rack.carried(fd, fd) == WORDS


def test_loop_codes_are_a_matter_of_t1() -> None:
    """On E1 there are none; on T1 they are sent for 10 s, in alarm LOOPBACK."""
    with refused(errno.ENOSYS):
        Rack(SpanCard()).maintain(Maint.LOOPUP)
    t1 = cabled(kind="T1", framing=LineConfigBit.ESF | LineConfigBit.B8ZS)
    t1.maintain(Maint.LOOPUP)
    assert t1.alarms() == Alarm.LOOPBACK
    t1.wait(10_020)
    assert t1.alarms() == Alarm.NONE


def test_inserted_errors_and_counters() -> None:
    """An inserted error is counted at the far end; the counters can be cleared; what the card cannot is refused."""
    rack = cabled()
    for command in (Maint.FAS_DEFECT, Maint.CRC_DEFECT, Maint.CRC_DEFECT, Maint.BIPOLAR_DEFECT):
        rack.maintain(command)
    told = rack.span(2)
    assert (told.fascount, told.crc4count, told.bpvcount) == (1, 2, 1)
    assert rack.span(1).crc4count == 0
    rack.driver.span_lines[0, 1].count(errsec=7)
    assert rack.span(2).errsec == 7
    rack.maintain(Maint.RESET_COUNTERS, span=2)
    assert (rack.span(2).errsec, rack.span(2).crc4count) == (0, 0)
    for unknown in (int(Maint.PRBS), 99):
        with refused(errno.ENOSYS):
            rack.maintain(unknown)


def test_a_simulated_alarm() -> None:
    """ALARM_SIM makes a red alarm until maintenance ends."""
    rack = cabled()
    rack.maintain(Maint.ALARM_SIM)
    rack.wait(2600)
    assert rack.alarms() & Alarm.RED
    rack.maintain(Maint.NONE)
    rack.wait(20)
    assert not rack.alarms() & Alarm.RED


def test_the_cards_own_canceller() -> None:
    """A card that cancels echoes itself does so whatever canceller is asked for."""
    rack = Rack(SpanCard(canceller=True))
    rack.set(Ioctl.ATTACH_ECHOCAN, AttachEchoCanceller(1, "mg2").pack())
    assert read_devices(rack.driver.tree)[0].spans[0].cancellers[0] == (1, "hwec")


# ---- numbers and life ----


def test_numbers_are_given_by_hand() -> None:
    """Without automatic numbers spans are pinned by where their card is, not by the order in which cards are found."""
    rack = Rack(SpanCard(hardware_id="A"), SpanCard(kind="T1", hardware_id="B"), auto_assign=False)
    tree = rack.driver.tree
    first, second = read_devices(tree)
    assert (first.hardware_id, first.spans[0].number, first.spans[0].kind) == ("A", 0, "E1")
    tree.write(f"/sys/bus/dahdi_devices/devices/{first.folder}/assign_span", "1:2:25")
    tree.write(f"/sys/bus/dahdi_devices/devices/{second.folder}/assign_span", "1:1:1")
    assert [(span.number, span.first_channel, span.kind) for span in rack.driver.spans] == [(1, 1, "T1"), (2, 25, "E1")]


def test_a_port_that_becomes_a_t1() -> None:
    """Before it has a number a port can be made a T1; afterwards not."""
    rack = Rack(SpanCard(), auto_assign=False)
    tree = rack.driver.tree
    folder = read_devices(tree)[0].folder
    set_span_type(tree, folder, 1, "T1")
    tree.write(f"/sys/bus/dahdi_devices/devices/{folder}/auto_assign", "1")
    assert (rack.span().spantype, rack.span().totalchans) == ("T1", 24)
    with refused(errno.EINVAL):
        set_span_type(tree, folder, 1, "E1")


def test_a_card_pulled_in_service() -> None:
    """Who has a channel open is told, and a second later it is gone; the far end of the cable loses its signal."""
    rack = Rack(SpanCard(), SpanCard())
    rack.driver.span_lines[0, 0].plug_into(rack.driver.span_lines[1, 0])
    rack.wait(8000)
    fd, far = rack.open(1), rack.open(32)
    rack.driver.pull_card(0)
    assert rack.events(fd) == [Event.REMOVED, Event.ALARM]
    assert rack.alarms(1) == Alarm.NOTOPEN
    rack.wait(1000)
    with refused(errno.ENODEV):
        rack.driver.read(fd, 160)
    with refused(errno.EINVAL):
        rack.span(1)
    rack.wait(1600)
    assert rack.events(far) == [Event.ALARM]
    assert [device.location for device in read_devices(rack.driver.tree)] == ["PCI Bus 03 Slot 02"]


def test_a_card_put_back_may_have_another_number() -> None:
    """Its numbers were given away meanwhile: it gets the next; it has to be configured anew."""
    rack = Rack(SpanCard(), SpanCard())
    rack.driver.pull_card(0)
    rack.wait(1000)
    rack.driver.pull_card(1)
    rack.wait(1000)
    rack.driver.push_card(1)
    rack.driver.push_card(0)
    assert [(span.number, span.name) for span in rack.driver.spans] == [(1, "SIME1/1/1"), (2, "SIME1/0/1")]
    with refused(errno.ENXIO):
        rack.open(1)
    rack.start(2, CCS)
    rack.open(32)


def test_analog_and_digital_cards_together() -> None:
    """An analog card behind a digital one has the channels behind it, and its lines are found by their numbers."""
    rack = Rack(SpanCard(), AnalogCard(1, 1))
    assert list(rack.driver.exchange_ports) == [32]
    assert list(rack.driver.phone_ports) == [33]
    assert rack.span(2).spantype == "FXO"
    rack.driver.pull_card(1)
    rack.wait(1000)
    assert rack.driver.exchange_ports == {}
    rack.driver.push_card(1)
    assert list(rack.driver.exchange_ports) == [32]
