"""Digital spans as every driver has them: made, numbered, configured, in alarm, given other numbers, taken away."""

from __future__ import annotations

import errno
import select

import pytest

from boards.dahdi.abi import (
    RETURN_MASTER,
    Alarm,
    ChannelConfig,
    DynamicSpan,
    Event,
    Ioctl,
    Law,
    LineConfig,
    LineConfigBit,
    Maint,
    MaintInfo,
    Params,
    ReceivedHook,
    Sig,
    SpanInfo,
    VersionInfo,
    pack_int,
    unpack_int,
)
from boards.dahdi.sysfs import DEVICES, SPANS, assign_span, read_devices, set_span_type, unassign_span
from tests.contracts.loop import Loop, refused

NOT_THERE = 900
"""A channel number that no span has."""
DEAF_AFTER_MS, DEAF_MOST_MS = 900, 2400
"""A span notices in this time that its other end is gone."""


class TestMaking:
    """Spans that come and go."""

    def test_a_span_describes_itself(self, loop: Loop) -> None:
        """A technician sees which span this is, how many channels it has and how many of them are configured."""
        told = loop.span(loop.near.number)
        assert (told.name, told.desc, told.devicetype) == ("DYN/loc/1:0", "Dynamic 'loc' span at '1:0'", "DYN/loc/1:0")
        assert (told.totalchans, told.numchans, told.totalspans) == (31, 31, 4)
        assert (told.alarms, told.spantype, told.location, told.manufacturer) == (Alarm.NONE, "DYNAM", "", "")
        assert (told.syncsrc, told.irq, told.lineconfig, told.lbo) == (0, 0, 0, 0)
        assert told.linecompat & (LineConfigBit.HDB3 | LineConfigBit.CCS | LineConfigBit.ESF)

    def test_the_old_question_about_a_span(self, loop: Loop) -> None:
        """A program that was built for an old driver gets the same answer in the old order."""
        memory = bytearray(296)
        memory[0] = loop.bank_near.number
        loop.system.ioctl(loop.control, Ioctl.SPANSTAT_V1, memory)
        assert memory[4:24].split(b"\0")[0] == b"DYN/loc/2:0"
        assert int.from_bytes(memory[104:108], "little") == 24
        assert memory[288:293] == b"DYNAM"

    def test_a_channel_knows_its_span(self, loop: Loop) -> None:
        """Asked for span 0, a channel answers for its own; the control node, and everybody for a span that is not, refuse."""
        fd = loop.open(loop.bank_far.channel(3))
        assert loop.ask(fd, Ioctl.SPANSTAT, SpanInfo()).spanno == loop.bank_far.number
        assert loop.ask(fd, Ioctl.SPANSTAT, SpanInfo(spanno=1)).spanno == 1
        for asked, number in ((loop.control, 0), (fd, 99)):
            with refused(errno.EINVAL):
                loop.ask(asked, Ioctl.SPANSTAT, SpanInfo(spanno=number))

    def test_a_span_comes_back_under_its_numbers(self, loop: Loop) -> None:
        """Destroyed and made again, a span has the number and the channels it had, and nothing of its configuration."""
        loop.destroy(loop.far.address)
        with refused(errno.EINVAL):
            loop.span(loop.far.number)
        with refused(errno.EINVAL):
            loop.params_of(loop.far.channel(1))
        with refused(errno.EINVAL):
            loop.open(loop.far.channel(1))
        assert loop.create(loop.far.address, 31) == loop.far.number
        assert loop.params_of(loop.far.channel(31)).chanpos == 31
        assert loop.span(loop.far.number).numchans == 0
        with refused(errno.ENXIO):
            loop.open(loop.far.channel(1))

    def test_a_smaller_span_takes_the_gap(self, loop: Loop) -> None:
        """A span gets the first number and the first channels that fit; a larger one goes behind all others."""
        loop.destroy(loop.near.address)
        small = loop.create("7:0", 10)
        assert small == loop.near.number
        assert loop.params_of(loop.near.first + 9).spanno == small
        large = loop.create("7:1", 25)
        assert large == 5
        assert loop.params_of(loop.bank_far.channels[-1] + 1).spanno == large
        loop.destroy("7:0")
        loop.destroy("7:1")

    @pytest.mark.parametrize(
        ("address", "channels", "expected"),
        [
            ("1:0", 31, errno.EEXIST),
            ("1:2", 31, errno.EINVAL),
            ("x:0", 31, errno.EINVAL),
            ("3", 31, errno.EINVAL),
            ("3-0", 31, errno.EINVAL),
            ("3:0", 0, errno.EINVAL),
            ("3:0", 256, errno.EINVAL),
        ],
        ids=["twice", "third of a pair", "no digit", "no id", "no colon", "no channel", "too many channels"],
    )
    def test_spans_that_cannot_be(self, loop: Loop, address: str, channels: int, expected: int) -> None:
        """A span that cannot be made is refused, and the others stay as they are."""
        with refused(expected):
            loop.create(address, channels)
        assert loop.span(1).totalspans == 4

    def test_a_kind_of_dynamic_span_that_is_not_loaded(self, loop: Loop) -> None:
        """A transport that there is no driver for is refused."""
        with refused(errno.EINVAL):
            loop.set(loop.control, Ioctl.DYNAMIC_CREATE, DynamicSpan("nosuch", "1:0", 24, 0, 0))

    def test_destroying_what_is_not_or_is_in_use(self, loop: Loop) -> None:
        """A span with an open channel stays; one that is not there cannot go."""
        fd = loop.open(loop.near.channel(1))
        with refused(errno.EBUSY):
            loop.destroy(loop.near.address)
        with refused(errno.EINVAL):
            loop.destroy("9:0")
        loop.system.close(fd)
        loop.destroy(loop.near.address)

    def test_a_monitoring_span_hears_one_direction(self, loop: Loop) -> None:
        """A span with a third number in its address hears what that one of the pair sends, and nobody hears it."""
        number = loop.create("1:2:0", 31)
        first = loop.params_of(loop.bank_far.channels[-1] + 1).channo
        loop.ioctl(loop.control, Ioctl.STARTUP, number)
        loop.configure(first, Sig.CLEAR)
        sender, monitor = loop.open_audio(loop.near.channel(1)), loop.open_audio(first)
        words = bytes(range(1, 161)) * 3
        assert words in loop.carry(sender, monitor, words)
        loop.system.close(monitor)
        loop.destroy("1:2:0")


class TestAlarms:
    """The other end is gone, and comes back."""

    def test_red_when_the_far_end_is_gone(self, loop: Loop) -> None:
        """Within two seconds the span is in red alarm, every open channel is told once, and so is the end of it."""
        one, other = loop.open(loop.near.channel(1)), loop.open(loop.near.channel(31))
        loop.destroy(loop.far.address)
        took_ms = loop.until(lambda: loop.span(loop.near.number).alarms != 0, DEAF_MOST_MS)
        assert took_ms >= DEAF_AFTER_MS
        assert loop.span(loop.near.number).alarms == Alarm.RED
        assert loop.params(one).chan_alarms == Alarm.RED
        assert [loop.events(fd) for fd in (one, other)] == [[Event.ALARM], [Event.ALARM]]
        loop.create(loop.far.address, 31)
        loop.until(lambda: loop.span(loop.near.number).alarms == 0, 200)
        loop.wait(40)
        assert [loop.events(fd) for fd in (one, other)] == [[Event.NOALARM], [Event.NOALARM]]
        assert loop.params(one).chan_alarms == 0

    def test_a_span_that_never_had_a_partner(self, loop: Loop) -> None:
        """A span whose other end does not exist is in red alarm soon after it was made."""
        number = loop.create("8:0", 4)
        loop.until(lambda: loop.span(number).alarms == Alarm.RED, DEAF_MOST_MS)
        loop.destroy("8:0")

    def test_partners_of_different_size_do_not_hear_each_other(self, loop: Loop) -> None:
        """A pair with 4 and 5 channels stays in alarm."""
        numbers = loop.create("8:0", 4), loop.create("8:1", 5)
        loop.wait(DEAF_MOST_MS)
        assert all(loop.span(number).alarms & Alarm.RED for number in numbers)
        loop.destroy("8:0")
        loop.destroy("8:1")

    def test_a_dead_span_gives_nothing_to_read_and_takes_what_is_written(self, loop: Loop) -> None:
        """While nothing arrives no block becomes readable; what is written goes nowhere, and the program is not held up."""
        fd = loop.open_audio(loop.near.channel(2))
        loop.destroy(loop.far.address)
        loop.wait(100)
        loop.read_all(fd)
        loop.wait(400)
        assert loop.read_all(fd) == b""
        for _ in range(12):
            assert loop.write(fd, b"\x11" * 160) == 160
            loop.wait(40)

    def test_a_channel_opened_in_alarm_is_not_told(self, loop: Loop) -> None:
        """A program that opens a channel of a dead span has to ask: the event came before."""
        loop.destroy(loop.far.address)
        loop.until(lambda: loop.span(loop.near.number).alarms != 0, DEAF_MOST_MS)
        fd = loop.open(loop.near.channel(1))
        assert loop.events(fd) == []
        assert loop.params(fd).chan_alarms == Alarm.RED


class TestConfiguring:
    """What dahdi_cfg does."""

    def test_span_configuration_that_the_driver_has_no_use_for(self, loop: Loop) -> None:
        """A dynamic span takes any framing it could have and changes nothing; another is refused, and a span that is not."""
        loop.set(loop.control, Ioctl.SPANCONFIG, LineConfig(1, "", 0, LineConfigBit.CCS | LineConfigBit.HDB3, 1))
        assert loop.span(1).lineconfig == 0
        with refused(errno.EINVAL):
            loop.set(loop.control, Ioctl.SPANCONFIG, LineConfig(1, "", 0, LineConfigBit.NTTE, 0))
        with refused(errno.ENXIO):
            loop.set(loop.control, Ioctl.SPANCONFIG, LineConfig(99, "", 0, 0, 0))

    def test_starting_up_and_shutting_down(self, loop: Loop) -> None:
        """Started twice is started; shut down, no channel is configured any more."""
        loop.ioctl(loop.control, Ioctl.STARTUP, 1)
        loop.ioctl(loop.control, Ioctl.SHUTDOWN, 1)
        assert loop.span(1).numchans == 0
        with refused(errno.ENXIO):
            loop.open(loop.near.channel(1))
        loop.ioctl(loop.control, Ioctl.STARTUP, 1)
        loop.configure(loop.near.channel(1), Sig.CLEAR)
        assert loop.span(1).numchans == 1
        for call in (Ioctl.STARTUP, Ioctl.SHUTDOWN):
            with refused(errno.ENXIO):
                loop.ioctl(loop.control, call, 99)

    def test_no_maintenance(self, loop: Loop) -> None:
        """A dynamic span cannot be looped, and a span that is not there neither, with another word."""
        with refused(errno.ENOSYS):
            loop.set(loop.control, Ioctl.MAINT, MaintInfo(1, Maint.LOCALLOOP))
        for number in (0, 99):
            with refused(errno.EINVAL):
                loop.set(loop.control, Ioctl.MAINT, MaintInfo(number, Maint.NONE))

    @pytest.mark.parametrize(
        "sig",
        [Sig.EM, Sig.CLEAR, Sig.HDLCRAW, Sig.HDLCFCS, Sig.CAS, Sig.FXSLS, Sig.FXSGS, Sig.FXSKS, Sig.FXOLS, Sig.FXOGS, Sig.FXOKS, Sig.SF],
        ids=lambda sig: sig.name,
    )
    def test_signalling_that_a_channel_can_have(self, loop: Loop, sig: Sig) -> None:
        """Configured, the channel says so, and can be opened."""
        channel = loop.near.channel(5)
        loop.configure(channel, sig)
        assert loop.params_of(channel).sigtype == sig
        loop.open(channel)

    @pytest.mark.parametrize("sig", [Sig.EM_E1, Sig.HARDHDLC, Sig.MTP2], ids=lambda sig: sig.name)
    def test_signalling_that_a_channel_cannot_have(self, loop: Loop, sig: Sig) -> None:
        """What the span cannot do is refused and the channel stays as it was."""
        channel = loop.near.channel(5)
        assert Sig(loop.params_of(channel).sigcap) & sig != sig
        with refused(errno.EINVAL):
            loop.configure(channel, sig)
        assert loop.params_of(channel).sigtype == Sig.CLEAR

    def test_channels_that_are_not(self, loop: Loop) -> None:
        """A channel that is not there, and a slave whose master is not, are refused."""
        with refused(errno.EINVAL):
            loop.configure(NOT_THERE, Sig.CLEAR)
        with refused(errno.EINVAL):
            loop.configure(loop.near.channel(2), Sig.SLAVE, master=NOT_THERE)

    def test_the_default_law(self, loop: Loop) -> None:
        """A channel has the law of its configuration; without one a dynamic span's is mu-law."""
        for law, expected in ((Law.ALAW, Law.ALAW), (Law.MULAW, Law.MULAW), (Law.DEFAULT, Law.MULAW)):
            loop.configure(loop.near.channel(1), Sig.CLEAR, law=law)
            fd = loop.open(loop.near.channel(1))
            assert loop.params(fd).curlaw == expected
            loop.system.close(fd)

    def test_a_slave_belongs_to_its_master(self, loop: Loop) -> None:
        """A slave has its master's signalling, says whose it is, and cannot be opened; configured anew it is free."""
        master, slave = loop.near.channel(1), loop.near.channel(2)
        asked = ChannelConfig(chan=slave, sigtype=Sig.SLAVE, deflaw=Law.ALAW, master=master)
        assert loop.ask(loop.control, Ioctl.CHANCONFIG, asked).sigtype == Sig.CLEAR
        assert loop.params_of(slave | RETURN_MASTER).channo == slave | master << 16
        assert loop.params_of(master | RETURN_MASTER).channo == master | master << 16
        with refused(errno.EBUSY):
            loop.open(slave)
        loop.configure(slave, Sig.CLEAR)
        assert loop.params_of(slave | RETURN_MASTER).channo == slave | slave << 16
        loop.open(slave)

    def test_a_clear_channel_has_no_hook(self, loop: Loop) -> None:
        """Where there is no signalling there are no bits and no hook state to be told."""
        told = loop.params_of(loop.near.channel(7))
        assert (told.rxbits, told.txbits, told.rxhooksig, told.txhooksig, told.idlebits) == (-1, -1, -1, -1, 0)
        assert (told.spanno, told.chanpos, told.name) == (loop.near.number, 7, "DYN/loc/1:0/7")
        assert told.rxisoffhook == 0

    def test_a_signalling_channel_tells_bits_and_hook(self, loop: Loop) -> None:
        """A channel with signalling tells its bits; new, it does not know yet what the far end does."""
        channel = loop.bank_near.channel(24)
        loop.configure(channel, Sig.CAS, idlebits=0b1011)
        told = loop.params_of(channel)
        assert (told.sigtype, told.idlebits, told.txbits) == (Sig.CAS, 0b1011, 0b1011)
        assert told.rxhooksig == ReceivedHook.INITIAL

    def test_the_old_question_about_a_channel(self, loop: Loop) -> None:
        """A program built for an old driver gets the parameters by the old number of the call."""
        asked = Params(channo=loop.far.channel(3))
        assert loop.ask(loop.control, Ioctl.GET_PARAMS_V1, asked) == loop.ask(loop.control, Ioctl.GET_PARAMS, asked)

    def test_the_version(self, loop: Loop) -> None:
        """The driver says its release and which echo cancellers are loaded."""
        told = loop.ask(loop.control, Ioctl.GETVERSION, VersionInfo())
        assert told.version[0] in "23"
        assert {name.strip() for name in told.echo_canceller.split(",")} == {"MG2", "OSLEC"}

    @pytest.mark.parametrize("code", [Ioctl.HOOK, Ioctl.GETEVENT, Ioctl.SPECIFY, Ioctl.TIMERCONFIG, Ioctl.AUDIOMODE, Ioctl.CHANNO])
    def test_calls_that_are_not_for_the_control_node(self, loop: Loop, code: Ioctl) -> None:
        """A call for a channel at the control node is no call."""
        with refused(errno.ENOTTY):
            loop.ioctl(loop.control, code)

    @pytest.mark.parametrize("code", [Ioctl.SETPOLARITY, Ioctl.ONHOOKTRANSFER, Ioctl.TONEDETECT, Ioctl.STARTUP, Ioctl.SPECIFY])
    def test_calls_that_a_digital_channel_does_not_know(self, loop: Loop, code: Ioctl) -> None:
        """A call for a card's telephone port, or for another node, at a digital channel is no call."""
        fd = loop.open(loop.near.channel(1))
        with refused(errno.ENOTTY):
            loop.ioctl(fd, code)


class TestDeviceTree:
    """The same spans in sysfs."""

    def test_devices_and_their_spans(self, loop: Loop) -> None:
        """Each dynamic span is a device of its own, named by its hardware id, with its span and channels below it."""
        found = {device.hardware_id: device for device in read_devices(loop.tree)}
        near = found["DYN/loc/1:0"]
        assert (near.model, near.location, near.manufacturer, len(near.spans)) == ("DYN/loc/1:0", "", "", 1)
        span = near.spans[0]
        assert (span.local, span.kind, span.number, span.first_channel, span.channels) == (1, "DYNAMIC", 1, 1, 31)
        assert loop.tree.read(f"{DEVICES}/{near.folder}/span_count") == "1"

    def test_a_spans_files(self, loop: Loop) -> None:
        """A span's files say what SPANSTAT says."""
        folder = f"{SPANS}/span-{loop.bank_near.number}"
        told = {name: loop.tree.read(f"{folder}/{name}") for name in ("name", "alarms", "is_digital", "is_sync_master", "syncsrc", "lbo")}
        assert told == {"name": "DYN/loc/2:0", "alarms": "0x0", "is_digital": "1", "is_sync_master": "0", "syncsrc": "0", "lbo": "0"}
        assert loop.tree.read(f"{folder}/linecompat").split() == ["D4", "ESF", "AMI", "B8ZS", "CCS", "HDB3", "CRC4"]
        assert loop.tree.read(f"{folder}/lineconfig") == ""
        with pytest.raises(OSError, match="No such file"):
            loop.tree.read(f"{SPANS}/span-99/name")

    def test_a_channels_files(self, loop: Loop) -> None:
        """A channel's files say its number, its place, whether it is open and its signalling."""
        folder = f"{SPANS}/span-1/dahdi!chan!001!005"
        loop.configure(loop.near.channel(5), Sig.CAS)
        read = {name: loop.tree.read(f"{folder}/{name}") for name in ("channo", "chanpos", "in_use", "sig", "name", "blocksize")}
        assert read == {"channo": "5", "chanpos": "5", "in_use": "0", "sig": "CAS", "name": "DYN/loc/1:0/5", "blocksize": "0"}
        loop.open(loop.near.channel(5))
        assert (loop.tree.read(f"{folder}/in_use"), loop.tree.read(f"{folder}/blocksize")) == ("1", "1024")

    def test_an_alarm_is_seen_there(self, loop: Loop) -> None:
        """The file of alarms is in hexadecimal."""
        loop.destroy(loop.far.address)
        loop.until(lambda: loop.tree.read(f"{SPANS}/span-1/alarms") == "0x8", DEAF_MOST_MS)

    def test_numbers_can_be_taken_and_given(self, loop: Loop) -> None:
        """A span without number is no span; it gets the numbers that it is given, unless they are taken."""
        folder = next(device.folder for device in read_devices(loop.tree) if device.hardware_id == "DYN/loc/2:1")
        unassign_span(loop.tree, folder, 1)
        with refused(errno.EINVAL):
            loop.span(loop.bank_far.number)
        with refused(errno.EINVAL):
            unassign_span(loop.tree, folder, 1)
        for number, first in ((1, 1), (4, 80), (9, 0)):
            with refused(errno.EINVAL):
                assign_span(loop.tree, folder, 1, number, first)
        assign_span(loop.tree, folder, 1, 9, 300)
        assert loop.span(9).totalchans == 24
        assert loop.params_of(300).sigtype == Sig.NONE
        with refused(errno.EINVAL):
            assign_span(loop.tree, folder, 1, 10, 400)
        unassign_span(loop.tree, folder, 1)
        assign_span(loop.tree, folder, 1, 0, 0)
        assert loop.params_of(loop.bank_far.channel(1)).spanno == loop.bank_far.number

    def test_nonsense_is_refused(self, loop: Loop) -> None:
        """What is no number, no span of the device or no type is refused."""
        folder = next(device.folder for device in read_devices(loop.tree) if device.hardware_id == "DYN/loc/2:1")
        for text in ("one", "1", "1:4", "7:4:87"):
            with refused(errno.EINVAL):
                loop.tree.write(f"{DEVICES}/{folder}/assign_span", text)
        with refused(errno.EINVAL):
            unassign_span(loop.tree, folder, 7)
        with refused(errno.EINVAL):
            set_span_type(loop.tree, folder, 1, "E1")
        with refused(errno.EACCES):
            loop.tree.read(f"{DEVICES}/{folder}/assign_span")

    def test_a_span_taken_away_from_open_channels(self, loop: Loop) -> None:
        """A program whose channel is taken away can only close it; the channel comes back as a new one."""
        folder = next(device.folder for device in read_devices(loop.tree) if device.hardware_id == "DYN/loc/1:0")
        fd = loop.open_audio(loop.near.channel(1))
        unassign_span(loop.tree, folder, 1)
        loop.wait(1100)
        with refused(errno.ENODEV):
            loop.read(fd)
        with refused(errno.ENODEV):
            loop.write(fd, b"\xd5" * 160)
        with refused(errno.ENODEV):
            loop.params(fd)
        last_word = pack_int(0)
        with refused(errno.ENODEV):
            loop.system.ioctl(fd, Ioctl.GETEVENT, last_word)
        assert unpack_int(last_word) == Event.REMOVED
        assert loop.system.poll(fd) & select.POLLERR
        with refused(errno.EINVAL):
            loop.open(loop.near.channel(1))
        loop.system.close(fd)
        assign_span(loop.tree, folder, 1, 0, 0)
        loop.configure(loop.near.channel(1), Sig.CLEAR)
        loop.open(loop.near.channel(1))

    def test_the_other_end_of_a_span_without_number(self, loop: Loop) -> None:
        """A span whose partner has no number any more still hears it, and is told that it is not heard."""
        folder = next(device.folder for device in read_devices(loop.tree) if device.hardware_id == "DYN/loc/1:1")
        unassign_span(loop.tree, folder, 1)
        loop.until(lambda: loop.span(loop.near.number).alarms != 0, DEAF_MOST_MS)
        assert loop.span(loop.near.number).alarms == Alarm.YELLOW
        assign_span(loop.tree, folder, 1, 0, 0)
        loop.until(lambda: loop.span(loop.near.number).alarms == 0, 200)
