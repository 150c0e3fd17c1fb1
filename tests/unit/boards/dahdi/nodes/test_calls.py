"""Every call of the driver: what it asks, what it answers, and what it refuses by itself."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from boards.dahdi.abi import (
    ECHO_PARAMS_MOST,
    RETURN_MASTER,
    AttachEchoCanceller,
    BufferInfo,
    Cadence,
    ChannelConfig,
    ConferenceInfo,
    ConferenceMode,
    Dial,
    DialOperation,
    DialParams,
    DynamicSpan,
    EchoCancelParam,
    EchoCancelParams,
    EchoTune,
    Event,
    Flush,
    Gains,
    HardwareGain,
    Hook,
    Ioctl,
    IoMux,
    Law,
    LineConfig,
    Maint,
    MaintInfo,
    MessageLamp,
    Params,
    RegisterOperation,
    Registers,
    Sig,
    SpanInfo,
    SpanInfoV1,
    Structure,
    Tone,
    ToneDefinition,
    ToneDetect,
    ToneZoneHeader,
    TransmitPolicy,
    VersionInfo,
    VoltageStats,
    pack_int,
)
from boards.dahdi.nodes.channel import ChannelNode
from boards.dahdi.nodes.control import ControlNode
from boards.dahdi.nodes.errors import DahdiError, EventWaits, OutOfRange, WrongDriver
from boards.dahdi.nodes.pseudo import PseudoNode
from boards.dahdi.nodes.timer import TimerNode
from tests.unit.boards.dahdi.noting_system import FD, NotingSystem

CHANNEL = 5
TABLE = bytes(reversed(range(256)))
SPAN = LineConfig(span=2, lbo=1, lineconfig=0x700, sync=1)
CONFIG = ChannelConfig(chan=CHANNEL, sigtype=Sig.CAS, deflaw=Law.ALAW, master=CHANNEL, idlebits=11)
DYNAMIC = DynamicSpan("loc", "1:0", 31)
ZONE = ToneZoneHeader(zone=33, ringcadence=Cadence.of([1000, 4000]).steps, name="China")
PIECES = (ToneDefinition(tone=0, next=0, samples=8000), ToneDefinition(tone=1, next=1, samples=2800))
NO_DEFINITE_CALL = {
    Ioctl.SYNC: "never returns when something waits to be sent",
    Ioctl.INDIRECT: "obsolete: the driver complains about who uses it",
    Ioctl.GET_PARAMS_V1: "does what GET_PARAMS does",
    Ioctl.GETGAINS_V1: "does what GETGAINS does",
    Ioctl.GETCONF_V1: "does what GETCONF does",
    Ioctl.SETCONF_V1: "does what SETCONF does",
}

Asked = tuple[Ioctl, bytes | int]


def asks(code: Ioctl, *arguments: Structure | int) -> Asked:
    """An ioctl with these structures behind each other, or with an int."""
    octets = b"".join(bytes(pack_int(part) if isinstance(part, int) else part.pack()) for part in arguments)
    return code, octets


CONTROL_CALLS: list[tuple[Callable[[ControlNode], object], Asked]] = [
    (lambda node: node.version(), asks(Ioctl.GETVERSION, VersionInfo())),
    (lambda node: node.span(2), asks(Ioctl.SPANSTAT, SpanInfo(spanno=2))),
    (lambda node: node.configure_span(SPAN), asks(Ioctl.SPANCONFIG, SPAN)),
    (lambda node: node.start_up(2), asks(Ioctl.STARTUP, 2)),
    (lambda node: node.shut_down(2), asks(Ioctl.SHUTDOWN, 2)),
    (lambda node: node.maintain(2, Maint.LOCALLOOP), asks(Ioctl.MAINT, MaintInfo(2, Maint.LOCALLOOP))),
    (lambda node: node.create_dynamic_span(DYNAMIC), asks(Ioctl.DYNAMIC_CREATE, DYNAMIC)),
    (lambda node: node.destroy_dynamic_span(DYNAMIC), asks(Ioctl.DYNAMIC_DESTROY, DYNAMIC)),
    (lambda node: node.params(CHANNEL), asks(Ioctl.GET_PARAMS, Params(channo=CHANNEL))),
    (lambda node: node.params_and_master(CHANNEL), asks(Ioctl.GET_PARAMS, Params(channo=CHANNEL | RETURN_MASTER))),
    (lambda node: node.set_params(Params(channo=CHANNEL, flashtime=100)), asks(Ioctl.SET_PARAMS, Params(channo=CHANNEL, flashtime=100))),
    (lambda node: node.configure_channel(CONFIG), asks(Ioctl.CHANCONFIG, CONFIG)),
    (lambda node: node.attach_echo_canceller(CHANNEL, "mg2"), asks(Ioctl.ATTACH_ECHOCAN, AttachEchoCanceller(CHANNEL, "mg2"))),
    (lambda node: node.gains(CHANNEL), asks(Ioctl.GETGAINS, Gains(CHANNEL, bytes(256), bytes(256)))),
    (lambda node: node.set_gains(Gains(CHANNEL, TABLE, TABLE)), asks(Ioctl.SETGAINS, Gains(CHANNEL, TABLE, TABLE))),
    (lambda node: node.load_zone(ZONE, PIECES), asks(Ioctl.LOADZONE, replace(ZONE, count=2), *PIECES)),
    (lambda node: node.free_zone(33), asks(Ioctl.FREEZONE, 33)),
    (lambda node: node.set_default_zone(33), asks(Ioctl.DEFAULTZONE, 33)),
    (lambda node: node.dial_params(), asks(Ioctl.GET_DIALPARAMS, DialParams())),
    (lambda node: node.set_dial_params(DialParams(68, 100, 100)), asks(Ioctl.SET_DIALPARAMS, DialParams(68, 100, 100))),
    (lambda node: node.log_channel(CHANNEL), asks(Ioctl.CHANDIAG, CHANNEL)),
]

CHANNEL_CALLS: list[tuple[Callable[[ChannelNode], object], Asked]] = [
    (lambda node: node.look(IoMux.READ), asks(Ioctl.IOMUX, IoMux.READ | IoMux.NOWAIT)),
    (lambda node: node.next_event(), asks(Ioctl.GETEVENT, 0)),
    (lambda node: node.buffer_events(on=True), asks(Ioctl.BUFFER_EVENTS, 1)),
    (lambda node: node.flush(Flush.BOTH), asks(Ioctl.FLUSH, 3)),
    (lambda node: node.block_size(), asks(Ioctl.GET_BLOCKSIZE, 0)),
    (lambda node: node.set_block_size(160), asks(Ioctl.SET_BLOCKSIZE, 160)),
    (lambda node: node.buffers(), asks(Ioctl.GET_BUFINFO, BufferInfo())),
    (
        lambda node: node.set_buffers(160, 4, TransmitPolicy.HALF_FULL),
        asks(Ioctl.SET_BUFINFO, BufferInfo(TransmitPolicy.HALF_FULL, 0, 4, 160)),
    ),
    (lambda node: node.channel_number(), asks(Ioctl.CHANNO, 0)),
    (lambda node: node.params(), asks(Ioctl.GET_PARAMS, Params())),
    (lambda node: node.set_params(Params(rxflashtime=800)), asks(Ioctl.SET_PARAMS, Params(rxflashtime=800))),
    (lambda node: node.span_info(), asks(Ioctl.SPANSTAT, SpanInfo())),
    (lambda node: node.set_law(Law.ALAW), asks(Ioctl.SETLAW, Law.ALAW)),
    (lambda node: node.set_linear(on=True), asks(Ioctl.SETLINEAR, 1)),
    (lambda node: node.gains(), asks(Ioctl.GETGAINS, Gains(0, bytes(256), bytes(256)))),
    (lambda node: node.set_gains(TABLE, bytes(256)), asks(Ioctl.SETGAINS, Gains(0, TABLE, bytes(256)))),
    (lambda node: node.tone_zone(), asks(Ioctl.GETTONEZONE, 0)),
    (lambda node: node.set_tone_zone(-1), asks(Ioctl.SETTONEZONE, -1)),
    (lambda node: node.send_tone(Tone.DTMF_BASE + 11), asks(Ioctl.SENDTONE, 75)),
    (lambda node: node.dial("t12W#", Dial.APPEND), asks(Ioctl.DIAL, DialOperation(Dial.APPEND, "t12W#"))),
    (lambda node: node.stop_dialling(), asks(Ioctl.DIAL, DialOperation(Dial.CANCEL))),
    (lambda node: node.dialling(), asks(Ioctl.DIALING, 0)),
    (lambda node: node.set_cadence([-1000, 4000]), asks(Ioctl.SETCADENCE, Cadence.of([-1000, 4000]))),
    (lambda node: node.set_cadence(None), (Ioctl.SETCADENCE, 0)),
    (lambda node: node.conference(), asks(Ioctl.GETCONF, ConferenceInfo())),
    (
        lambda node: node.set_conference(-1, ConferenceMode.CONF | ConferenceMode.TALKER),
        asks(Ioctl.SETCONF, ConferenceInfo(0, -1, 0x204)),
    ),
    (lambda node: node.set_conference(0x8000, ConferenceMode.MONITOR), asks(Ioctl.SETCONF, ConferenceInfo(0, 0x8000, 1))),
    (lambda node: node.conference_muted(), asks(Ioctl.GETCONFMUTE, 0)),
    (lambda node: node.mute_conference(on=True), asks(Ioctl.CONFMUTE, 1)),
    (lambda node: node.log_conferences(3), asks(Ioctl.CONFDIAG, 3)),
    (lambda node: node.signalling(), asks(Ioctl.GET_PARAMS, Params())),
    (lambda node: node.hook_on(), asks(Ioctl.HOOK, Hook.ONHOOK)),
    (lambda node: node.hook_off(), asks(Ioctl.HOOK, Hook.OFFHOOK)),
    (lambda node: node.start(), asks(Ioctl.HOOK, Hook.START)),
    (lambda node: node.ring(), asks(Ioctl.HOOK, Hook.RING)),
    (lambda node: node.ring_stop(), asks(Ioctl.HOOK, Hook.RINGOFF)),
    (lambda node: node.flash(), asks(Ioctl.HOOK, Hook.FLASH)),
    (lambda node: node.wink(), asks(Ioctl.HOOK, Hook.WINK)),
    (lambda node: node.frozen(), asks(Ioctl.GETSIGFREEZE, 0)),
    (lambda node: node.freeze(on=True), asks(Ioctl.SETSIGFREEZE, 1)),
    (lambda node: node.received_bits(), asks(Ioctl.GETRXBITS, 0)),
    (lambda node: node.send_bits(11), asks(Ioctl.SETTXBITS, 11)),
    (lambda node: node.set_audio(on=True), asks(Ioctl.AUDIOMODE, 1)),
    (lambda node: node.set_hdlc_raw(on=True), asks(Ioctl.HDLCRAWMODE, 1)),
    (lambda node: node.set_hdlc_checked(on=True), asks(Ioctl.HDLCFCSMODE, 1)),
    (lambda node: node.set_hdlc_rate(56), asks(Ioctl.HDLC_RATE, 56)),
    (lambda node: node.set_loopback(on=True), asks(Ioctl.LOOPBACK, 1)),
    (lambda node: node.echo_cancel(256), asks(Ioctl.ECHOCANCEL, 256)),
    (
        lambda node: node.echo_cancel(128, {"a": 1, "b": -2}),
        asks(Ioctl.ECHOCANCEL_PARAMS, EchoCancelParams(128, 2), EchoCancelParam("a", 1), EchoCancelParam("b", -2)),
    ),
    (lambda node: node.echo_train(400), asks(Ioctl.ECHOTRAIN, 400)),
    (lambda node: node.echo_fax_mode(on=True), asks(Ioctl.ECHOCANCEL_FAX_MODE, 1)),
    (lambda node: node.set_polarity(reverse=True), asks(Ioctl.SETPOLARITY, 1)),
    (lambda node: node.onhook_transfer(1500), asks(Ioctl.ONHOOKTRANSFER, 1500)),
    (lambda node: node.set_message_lamp(MessageLamp.LINE_REVERSAL), asks(Ioctl.VMWI_CONFIG, 1)),
    (lambda node: node.set_messages_waiting(3), asks(Ioctl.VMWI, 3)),
    (lambda node: node.set_hardware_gain(-3.5, transmit=True), asks(Ioctl.SET_HWGAIN, HardwareGain(-35, 1))),
    (lambda node: node.detect_keys(ToneDetect.ON | ToneDetect.MUTE), asks(Ioctl.TONEDETECT, 3)),
    (lambda node: node.voltages(), asks(Ioctl.WCTDM_GET_STATS, VoltageStats())),
    (lambda node: node.registers(), asks(Ioctl.WCTDM_GET_REGS, Registers())),
    (lambda node: node.set_register(30, 2), asks(Ioctl.WCTDM_SET_REG, RegisterOperation(0, 30, 2))),
    (lambda node: node.set_register(7, 0xABCD, indirect=True), asks(Ioctl.WCTDM_SET_REG, RegisterOperation(1, 7, 0xABCD))),
    (lambda node: node.tune_hybrid(EchoTune(acim=10)), asks(Ioctl.WCTDM_SET_ECHOTUNE, EchoTune(acim=10))),
]

PSEUDO_CALLS: list[tuple[Callable[[PseudoNode], object], Asked]] = [
    (lambda node: node.mirror_received(CHANNEL), asks(Ioctl.RXMIRROR, CHANNEL)),
    (lambda node: node.mirror_sent(CHANNEL), asks(Ioctl.TXMIRROR, CHANNEL)),
]

TIMER_CALLS: list[tuple[Callable[[TimerNode], object], Asked]] = [
    (lambda node: node.set_period(160), asks(Ioctl.TIMERCONFIG, 160)),
    (lambda node: node.acknowledge(), asks(Ioctl.TIMERACK, -1)),
    (lambda node: node.event(), asks(Ioctl.GETEVENT, 0)),
    (lambda node: node.ping(), (Ioctl.TIMERPING, 0)),
    (lambda node: node.clear_ping(), (Ioctl.TIMERPONG, 0)),
]


def noted(system: NotingSystem, call: Callable[[], object]) -> list[tuple[object, ...]]:
    """What the system was asked by the call."""
    system.calls.clear()
    call()
    return list(system.calls)


@pytest.mark.parametrize(("call", "asked"), CONTROL_CALLS)
def test_control_calls(call: Callable[[ControlNode], object], asked: Asked) -> None:
    """Each named call of the control node asks the driver for exactly what its name says."""
    system = NotingSystem()
    assert noted(system, lambda: call(ControlNode.open(system)))[1:] == [asked]


@pytest.mark.parametrize(("call", "asked"), CHANNEL_CALLS)
def test_channel_calls(call: Callable[[ChannelNode], object], asked: Asked) -> None:
    """Each named call of a channel asks the driver for exactly what its name says."""
    system = NotingSystem()
    node = ChannelNode.open(system, CHANNEL)
    assert noted(system, lambda: call(node)) == [asked]


@pytest.mark.parametrize(("call", "asked"), PSEUDO_CALLS)
def test_pseudo_calls(call: Callable[[PseudoNode], object], asked: Asked) -> None:
    """What only pseudo channels have asks the driver for exactly what its name says."""
    system = NotingSystem()
    assert noted(system, lambda: call(PseudoNode.open(system)))[1:] == [asked]


@pytest.mark.parametrize(("call", "asked"), TIMER_CALLS)
def test_timer_calls(call: Callable[[TimerNode], object], asked: Asked) -> None:
    """Each named call of the timer asks the driver for exactly what its name says."""
    system = NotingSystem()
    assert noted(system, lambda: call(TimerNode.open(system)))[1:] == [asked]


def test_every_call_of_the_driver_has_a_name() -> None:
    """Whatever the driver can do can be asked of it by name, but for what is useless or obsolete."""
    tables = (CONTROL_CALLS, CHANNEL_CALLS, PSEUDO_CALLS, TIMER_CALLS)
    named = {asked[0] for table in tables for _, asked in table} | {Ioctl.SPECIFY, Ioctl.SPANSTAT_V1}
    assert set(Ioctl) - named == set(NO_DEFINITE_CALL)


def test_nodes_are_opened_not_to_wait() -> None:
    """A program with one thread never hangs in a channel, unless it asks for that; a closed node is closed once."""
    system = NotingSystem()
    with ChannelNode.open(system, CHANNEL) as channel:
        channel.close()
    ChannelNode.open(system, CHANNEL, blocking=True)
    assert system.calls == [
        ("open", "/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK),
        asks(Ioctl.SPECIFY, CHANNEL),
        ("close", FD),
        ("open", "/dev/dahdi/channel", os.O_RDWR),
        asks(Ioctl.SPECIFY, CHANNEL),
    ]
    paths = []
    for kind in (ControlNode, TimerNode, PseudoNode):
        system.calls.clear()
        kind.open(system)
        paths.append(system.calls[0][1])
    assert paths == ["/dev/dahdi/ctl", "/dev/dahdi/timer", "/dev/dahdi/pseudo"]


# ---- answers -----------------------------------------------------------------------------------------------------------


def test_answers_of_channels() -> None:
    """What the driver answers is what the program gets: numbers, truths, structures."""
    system = NotingSystem()
    node = ChannelNode.open(system, CHANNEL)
    system.answers = {
        Ioctl.CHANNO: pack_int(CHANNEL),
        Ioctl.DIALING: pack_int(1),
        Ioctl.GETSIGFREEZE: pack_int(1),
        Ioctl.GETCONFMUTE: pack_int(1),
        Ioctl.IOMUX: pack_int(IoMux.SIGEVENT),
        Ioctl.GETTONEZONE: pack_int(33),
        Ioctl.GET_BLOCKSIZE: pack_int(160),
        Ioctl.GET_BUFINFO: BufferInfo(0, 0, 4, 160, -1, -1),
        Ioctl.SETCONF: ConferenceInfo(CHANNEL, 7, 4),
        Ioctl.GET_PARAMS: Params(channo=CHANNEL, sigtype=-(2**31), name="WCTDM/0/4"),
        Ioctl.WCTDM_GET_STATS: VoltageStats(-2000, -48000, -66000),
        Ioctl.WCTDM_GET_REGS: Registers(bytes(range(109)), tuple(range(105))),
    }
    assert (node.channel_number(), node.dialling(), node.frozen(), node.conference_muted()) == (CHANNEL, True, True, True)
    assert node.look(IoMux.READ | IoMux.SIGEVENT) == IoMux.SIGEVENT
    assert (node.tone_zone(), node.block_size(), node.buffers().bufsize) == (33, 160, 160)
    assert node.set_conference(-1, ConferenceMode.CONF) == 7
    assert node.signalling() == Sig.BROKEN
    assert node.params().name == "WCTDM/0/4"
    assert node.voltages().ringvolt == -48000
    assert (node.registers().direct[108], node.registers().indirect[104]) == (108, 104)


def test_received_bits_are_those_of_the_channel() -> None:
    """The driver puts the neighbour's bits into the upper half of the answer; nobody sees them."""
    system = NotingSystem(answers={Ioctl.GETRXBITS: pack_int(0xB9)})
    assert ChannelNode.open(system, CHANNEL).received_bits() == 9


def test_answers_of_the_control_node() -> None:
    """Structures come back as the driver filled them; the master channel is told apart from the number."""
    system = NotingSystem()
    node = ControlNode.open(system)
    system.answers = {
        Ioctl.GET_PARAMS: Params(channo=CHANNEL | 3 << 16, spanno=1),
        Ioctl.GETVERSION: VersionInfo("2.11.1", "MG2, HWEC"),
        Ioctl.DYNAMIC_CREATE: replace(DYNAMIC, spanno=4),
        Ioctl.GET_DIALPARAMS: DialParams(68, 100, 100),
    }
    known, master = node.params_and_master(CHANNEL)
    assert (known.channo, known.spanno, master) == (CHANNEL, 1, 3)
    assert node.version().echo_canceller == "MG2, HWEC"
    assert node.create_dynamic_span(DYNAMIC).spanno == 4
    assert node.dial_params() == DialParams(68, 100, 100)


class Spans(NotingSystem):
    """A driver with spans of these numbers."""

    def __init__(self, *numbers: int) -> None:
        super().__init__()
        self.numbers = numbers
        self.looked = 0

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        assert isinstance(argument, bytearray)
        self.looked += 1
        number = SpanInfo.unpack(argument).spanno
        if number not in self.numbers:
            raise OSError(errno.EINVAL, "")
        argument[:] = SpanInfo(spanno=number, totalspans=len(self.numbers)).pack()
        return 0


@pytest.mark.parametrize(("numbers", "looked"), [((1, 2), 2), ((2, 5), 5), ((), 128), ((128,), 128)])
def test_all_spans(numbers: tuple[int, ...], looked: int) -> None:
    """The list has every span, whatever gaps their numbers have, and ends when all were found."""
    system = Spans(*numbers)
    assert tuple(span.spanno for span in ControlNode.open(system).spans()) == numbers
    assert system.looked == looked


def test_a_failing_driver_is_not_taken_for_one_without_spans() -> None:
    """When the driver cannot answer at all, that is said, and no empty list is shown."""
    system = NotingSystem(refuse={Ioctl.SPANSTAT: errno.EIO})
    with pytest.raises(DahdiError, match="EIO"):
        ControlNode.open(system).spans()


def test_spans_of_an_old_driver() -> None:
    """A driver that tells spans in the old form shows the same; counters that it does not have are 0."""
    old = SpanInfoV1(spanno=2, name="WCT1/0", alarms=8, fascount=3, irqmisses=4, numchans=31, spantype="E1")
    system = NotingSystem(refuse={Ioctl.SPANSTAT: errno.ENOTTY}, answers={Ioctl.SPANSTAT_V1: old})
    told = ControlNode.open(system).span(2)
    assert (told.name, told.alarms, told.fascount, told.fecount, told.irqmisses) == ("WCT1/0", 8, 3, 0, 4)
    assert (told.numchans, told.spantype) == (31, "E1")
    assert ChannelNode.open(system, CHANNEL).span_info() == told


# ---- audio and events --------------------------------------------------------------------------------------------------


def test_nothing_to_read_and_no_room_to_write_are_no_errors() -> None:
    """A program that looks too early gets nothing, and goes on; an event that waits is an exception of its own."""
    system = NotingSystem()
    node = ChannelNode.open(system, CHANNEL)
    assert (node.read(160), node.write(b"abc"), node.poll()) == (bytes(160), 3, 0)
    system.refuse = {"read": errno.EAGAIN, "write": errno.EAGAIN}
    assert (node.read(160), node.write(b"abc")) == (None, 0)
    system.refuse = {"read": 500, "write": 500}
    with pytest.raises(EventWaits, match="read failed with ELAST: an event waits"):
        node.read(160)
    with pytest.raises(EventWaits, match="write failed with ELAST"):
        node.write(b"")


class Events(NotingSystem):
    """A driver with these events in the queue, for ever when there is but one."""

    def __init__(self, *queue: int) -> None:
        super().__init__()
        self.queue = list(queue)

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        if code == Ioctl.GETEVENT and isinstance(argument, bytearray):
            argument[:] = pack_int(self.queue.pop(0) if len(self.queue) > 1 else self.queue[0])
        return 0


def test_all_events() -> None:
    """Every event is taken once, oldest first; a driver that goes on telling one does not hang the program."""
    assert ChannelNode.open(Events(18, Event.PULSEDIGIT | 49, 0), CHANNEL).events() == (18, 0x10031)
    assert ChannelNode.open(Events(Event.REMOVED), CHANNEL).events() == (Event.REMOVED,) * 64


# ---- ranges ------------------------------------------------------------------------------------------------------------

CONTROL_RANGES: list[tuple[Callable[[ControlNode], object], str]] = [
    (lambda node: node.span(0), "SPANSTAT: the number of a span is 1 to 128, not 0"),
    (lambda node: node.start_up(129), "STARTUP: the number of a span is 1 to 128, not 129"),
    (lambda node: node.shut_down(-1), "SHUTDOWN: the number of a span is 1 to 128, not -1"),
    (lambda node: node.maintain(0, Maint.NONE), "MAINT: the number of a span is 1 to 128"),
    (lambda node: node.configure_span(replace(SPAN, span=0)), "SPANCONFIG: the number of a span is 1 to 128"),
    (lambda node: node.configure_span(replace(SPAN, lbo=8)), "the line build-out of a span is 0 to 7, not 8"),
    (lambda node: node.configure_span(replace(SPAN, sync=-1)), "the place of a span among the clock sources is 0 to 128, not -1"),
    (lambda node: node.create_dynamic_span(replace(DYNAMIC, numchans=0)), "the number of channels of a dynamic span is 1 to 255, not 0"),
    (lambda node: node.create_dynamic_span(replace(DYNAMIC, addr="x" * 40)), "DynamicSpan.addr has 40 octets, at most 39 fit"),
    (lambda node: node.params(1025), "GET_PARAMS: the number of a channel is 1 to 1024, not 1025"),
    (lambda node: node.params_and_master(0), "GET_PARAMS: the number of a channel is 1 to 1024, not 0"),
    (lambda node: node.set_params(Params(channo=0)), "SET_PARAMS: the number of a channel is 1 to 1024"),
    (lambda node: node.set_params(Params(channo=1, flashtime=-1)), "SET_PARAMS: flashtime is 0 to 60000 ms, not -1"),
    (lambda node: node.configure_channel(replace(CONFIG, chan=0)), "CHANCONFIG: the number of a channel is 1 to 1024"),
    (lambda node: node.configure_channel(replace(CONFIG, sigtype=2**31)), "CHANCONFIG: a value does not fit .*ChannelConfig"),
    (lambda node: node.attach_echo_canceller(0, "mg2"), "ATTACH_ECHOCAN: the number of a channel is 1 to 1024"),
    (lambda node: node.attach_echo_canceller(1, "x" * 16), "AttachEchoCanceller.echocan has 16 octets, at most 15 fit"),
    (lambda node: node.gains(0), "GETGAINS: the number of a channel"),
    (lambda node: node.set_gains(Gains(0)), "SETGAINS: the number of a channel"),
    (lambda node: node.load_zone(replace(ZONE, zone=256), ()), "LOADZONE: the number of a tone zone is 0 to 255, not 256"),
    (lambda node: node.load_zone(ZONE, PIECES[:1] * 129), "the number of pieces of tones in a zone is 0 to 128, not 129"),
    (lambda node: node.free_zone(-1), "FREEZONE: the number of a tone zone is 0 to 255, not -1"),
    (lambda node: node.set_default_zone(256), "DEFAULTZONE: the number of a tone zone"),
    (lambda node: node.set_dial_params(DialParams(9, 100, 100)), "the length of a digit in ms is 10 to 4000, not 9"),
    (lambda node: node.set_dial_params(DialParams(100, 4001, 100)), "the length of a digit in ms is 10 to 4000, not 4001"),
    (lambda node: node.log_channel(0), "CHANDIAG: the number of a channel"),
]

CHANNEL_RANGES: list[tuple[Callable[[ChannelNode], object], str]] = [
    (lambda node: node.set_block_size(15), "the size of a block in samples is 16 to 8192, not 15"),
    (lambda node: node.set_buffers(8193, 2), "SET_BUFINFO: the size of a block in samples is 16 to 8192, not 8193"),
    (lambda node: node.set_buffers(160, 1), "the number of buffers is 2 to 32, not 1"),
    (lambda node: node.set_buffers(160, 33), "the number of buffers is 2 to 32, not 33"),
    (lambda node: node.set_buffers(8192, 5), "the size of all buffers in samples is 0 to 32768, not 40960"),
    (lambda node: node.set_params(Params(debouncetime=60001)), "debouncetime is 0 to 60000 ms, not 60001"),
    (lambda node: node.set_gains(bytes(255), bytes(256)), "a gain table has 256 octets, not 255"),
    (lambda node: node.set_tone_zone(-2), "the number of a tone zone is -1 to 255, not -2"),
    (lambda node: node.send_tone(127), "the number of a tone is -1 to 126, not 127"),
    (lambda node: node.dial("12x"), "DIAL: X cannot be dialled"),
    (lambda node: node.dial("1" * 256), "the number of digits to dial is 0 to 255, not 256"),
    (lambda node: node.set_cadence([]), "the number of times in a ring cadence is 1 to 16, not 0"),
    (lambda node: node.set_cadence([100] * 17), "the number of times in a ring cadence is 1 to 16, not 17"),
    (lambda node: node.set_cadence([1000, -4000]), "a time of a ring cadence in ms is 0 to 60000, not -4000"),
    (lambda node: node.set_conference(-1, ConferenceMode.MONITOR), "the number of a conference or channel is 0 to 33279, not -1"),
    (lambda node: node.set_conference(1025, ConferenceMode.CONF), "the number of a conference or channel is -1 to 1024, not 1025"),
    (lambda node: node.log_conferences(1025), "CONFDIAG: the number of a conference or channel is 0 to 1024"),
    (lambda node: node.send_bits(16), "a set of ABCD bits is 0 to 15, not 16"),
    (lambda node: node.set_hdlc_rate(48), "the rate of a frame channel is 56 or 64 kbit/s, not 48"),
    (lambda node: node.echo_cancel(100), "the number of taps is one of 0, 32, 64, 128, 256, 512, 1024, not 100"),
    (
        lambda node: node.echo_cancel(128, {str(place): 0 for place in range(ECHO_PARAMS_MOST + 1)}),
        "the number of parameters of an echo canceller is 0 to 8, not 9",
    ),
    (lambda node: node.echo_cancel(128, {"x" * 16: 0}), "EchoCancelParam.name has 16 octets"),
    (lambda node: node.echo_train(1000), "the time of training an echo canceller in ms is 0 to 999, not 1000"),
    (lambda node: node.onhook_transfer(-1), "the time of audio to a telephone on hook in ms is 0 to 60000, not -1"),
    (lambda node: node.set_messages_waiting(-1), "the number of waiting messages is 0 to 65535, not -1"),
    (lambda node: node.set_hardware_gain(50.1, transmit=False), "the gain of a card is −50 to 50 dB, not 50.1"),
    (lambda node: node.set_register(256, 0), "the number of a register is 0 to 255, not 256"),
    (lambda node: node.set_register(0, 256), "the value of a register is 0 to 255, not 256"),
    (lambda node: node.set_register(0, 65536, indirect=True), "the value of a register is 0 to 65535, not 65536"),
]


def refused_here(system: NotingSystem, call: Callable[[], object], sentence: str) -> None:
    """The call is refused with this sentence, and the driver was not asked."""
    system.calls.clear()
    with pytest.raises(OutOfRange, match=sentence) as caught:
        call()
    assert isinstance(caught.value, ValueError)
    assert caught.value.errno == errno.EINVAL
    assert system.calls == []


@pytest.mark.parametrize(("call", "sentence"), CONTROL_RANGES)
def test_control_ranges(call: Callable[[ControlNode], object], sentence: str) -> None:
    """A value that cannot be right is refused in words before the driver sees it."""
    system = NotingSystem()
    node = ControlNode.open(system)
    refused_here(system, lambda: call(node), sentence)


@pytest.mark.parametrize(("call", "sentence"), CHANNEL_RANGES)
def test_channel_ranges(call: Callable[[ChannelNode], object], sentence: str) -> None:
    """A value that cannot be right is refused in words before the driver sees it."""
    system = NotingSystem()
    node = ChannelNode.open(system, CHANNEL)
    refused_here(system, lambda: call(node), sentence)


def test_other_ranges() -> None:
    """Timer, pseudo channel and opening refuse what cannot be; nothing stays open."""
    system = NotingSystem()
    timer, pseudo = TimerNode.open(system), PseudoNode.open(system)
    refused_here(system, lambda: timer.set_period(-1), "the period of the timer in samples is 0 to 28800000, not -1")
    refused_here(system, lambda: timer.acknowledge(-2), "the number of periods is -1 to 2147483647, not -2")
    refused_here(system, lambda: pseudo.mirror_sent(0), "the number of a channel is 1 to 1024, not 0")
    refused_here(system, lambda: pseudo.mirror_received(1025), "the number of a channel is 1 to 1024, not 1025")
    with pytest.raises(OutOfRange, match="SPECIFY: the number of a channel is 1 to 1024, not 0"):
        ChannelNode.open(system, 0)
    assert system.calls[-1] == ("close", FD)


# ---- which driver it is ------------------------------------------------------------------------------------------------


def driver_of(version: str, **refused: int) -> ControlNode:
    """A control node of a driver of this release, which knows our structures unless it refuses otherwise."""
    refuse: dict[object, int] = {Ioctl.GET_PARAMS: errno.EINVAL, Ioctl.SPANSTAT: errno.EINVAL}
    refuse |= {Ioctl[name]: number for name, number in refused.items()}
    return ControlNode.open(NotingSystem(refuse=refuse, answers={Ioctl.GETVERSION: VersionInfo(version)}))


@pytest.mark.parametrize("version", ["2.11.1.0.20170917", "3.4.0", "3.0.0-rc1"])
def test_known_releases(version: str) -> None:
    """Releases 2.11 to 3.4 are taken without a word."""
    assert driver_of(version).release().warning is None


@pytest.mark.parametrize(
    ("version", "warning"),
    [
        ("2.10.2", "release 2.10.2 is older than 2.11"),
        ("3.5.0", "release 3.5.0 is newer than 3.4"),
        ("4.0", "release 4.0 is newer than 3.4"),
        ("SVN-trunk-r10414", "calls its release SVN-trunk-r10414, which is no number"),
        ("", r"calls its release \?, which is no number"),
    ],
)
def test_unknown_releases(version: str, warning: str) -> None:
    """A release that nobody tried is used, with a sentence that says so."""
    release = driver_of(version).release()
    assert release.version == version
    assert release.warning is not None
    assert re.search(warning, release.warning.render())


@pytest.mark.parametrize(
    "refused",
    [
        {"GET_PARAMS": errno.ENOTTY},
        {"SPANSTAT": errno.ENOTTY, "SPANSTAT_V1": errno.ENOTTY},
        {"SPANSTAT": errno.ENOTTY, "SPANSTAT_V1": errno.EIO},
    ],
)
def test_other_structures(refused: dict[str, int]) -> None:
    """A driver with structures of other sizes is refused: whatever it answered would be read wrongly."""
    with pytest.raises(WrongDriver, match=r"other sizes than in releases 2\.11 to 3\.4"):
        driver_of("9.0", **refused).release()


@pytest.mark.parametrize("answer", [0, errno.EINVAL])
def test_an_old_form_of_spans_is_good_enough(answer: int) -> None:
    """A driver that tells spans in the old form only is used."""
    refused = {"SPANSTAT": errno.ENOTTY} | ({"SPANSTAT_V1": answer} if answer else {})
    assert driver_of("2.11.1", **refused).release().warning is None


def test_a_driver_that_answers_nonsense_questions_is_used() -> None:
    """Looking whether the driver is one of ours needs no refusal from it."""
    node = ControlNode.open(NotingSystem(answers={Ioctl.GETVERSION: VersionInfo("3.4.0")}))
    assert node.release().version == "3.4.0"
