"""Conferences in the driver, listening in, and pseudo channels."""

from __future__ import annotations

import errno
import os

import pytest

from boards.dahdi.abi import BufferInfo, ConferenceInfo, ConferenceMode, Dial, DialOperation, Gains, Hook, Ioctl, Law, Sig, SpanInfo, Tone
from tests.contracts.loop import BLOCK, Loop, refused

BOTH = ConferenceMode.TALKER | ConferenceMode.LISTENER
CONFERENCE = 5
QUIET = 0xD5
LEVELS = (0x85, 0x90, 0xB5)
"""Positive A-law octets whose sums do not clip."""
CLOSE = 128
"""What two conversions between law and samples may cost at these levels."""
TURNS = 12
"""Blocks until a constant has gone through the conference."""


def level(octet: int) -> int:
    """What an A-law octet stands for in the driver: the lower end of its interval, 16 bits."""
    turned = octet ^ 0x55
    segment, step = turned >> 4 & 7, turned & 15
    size = step << 4 if segment == 0 else (step << 4) + 256 << segment - 1
    return size if turned & 0x80 else -size


class Table:
    """Three timeslots: at each a far end that says one octet for ever, and the near end that sits in a conference."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.near = [loop.open_audio(loop.near.channel(position)) for position in (1, 2, 3)]
        self.far = [loop.open_audio(loop.far.channel(position)) for position in (1, 2, 3)]
        self.says = dict.fromkeys(self.far, QUIET)

    def seat(self, number: int, mode: int, conference: int = CONFERENCE, fd: int = 0) -> None:
        """Put a near end into the conference."""
        self.loop.set(fd or self.near[number], Ioctl.SETCONF, ConferenceInfo(0, conference, mode))

    def say(self, number: int, octet: int) -> None:
        """What the far end says from now on."""
        self.says[self.far[number]] = octet

    def write_from_near(self, number: int, octet: int) -> None:
        """What the near end writes from now on."""
        self.says[self.near[number]] = octet

    def listen(self, *fds: int) -> list[int]:
        """Let everybody talk for a while; the last octet that each of these reads."""
        for _ in range(TURNS):
            for fd, octet in self.says.items():
                try:
                    while True:
                        self.loop.write(fd, bytes([octet]) * BLOCK)
                except BlockingIOError:
                    pass
            self.loop.wait(20)
        for fd in fds:
            self.loop.read_all(fd)
        self.loop.wait(60)
        return [self.loop.read(fd)[0] for fd in fds]


def pseudo(loop: Loop) -> int:
    """A new pseudo channel with blocks of 20 ms and A-law."""
    fd = loop.system.open("/dev/dahdi/pseudo", os.O_RDWR | os.O_NONBLOCK)
    loop.ioctl(fd, Ioctl.SETLAW, Law.ALAW)
    loop.set(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 4, BLOCK))
    return fd


class TestSeats:
    """Who may sit where."""

    def test_where_a_channel_sits(self, loop: Loop) -> None:
        """A channel says which conference it is in, and in which manner; at first none."""
        fd = loop.open_audio(loop.near.channel(1))
        channel = loop.near.channel(1)
        assert loop.ask(fd, Ioctl.GETCONF, ConferenceInfo()) == ConferenceInfo(channel, 0, 0)
        loop.set(fd, Ioctl.SETCONF, ConferenceInfo(0, 7, ConferenceMode.CONF | BOTH))
        assert loop.ask(fd, Ioctl.GETCONF, ConferenceInfo()) == ConferenceInfo(channel, 7, ConferenceMode.CONF | BOTH)
        loop.set(fd, Ioctl.SETCONF, ConferenceInfo(0, 0, 0))
        assert loop.ask(fd, Ioctl.GETCONF, ConferenceInfo()) == ConferenceInfo(channel, 0, 0)

    def test_a_free_conference(self, loop: Loop) -> None:
        """Number −1 asks for a conference in which nobody sits: the highest such, and another for the next."""
        first, second = loop.open_audio(loop.near.channel(1)), loop.open_audio(loop.near.channel(2))
        got = loop.ask(first, Ioctl.SETCONF, ConferenceInfo(0, -1, ConferenceMode.CONF | BOTH))
        other = loop.ask(second, Ioctl.SETCONF, ConferenceInfo(0, -1, ConferenceMode.CONF | BOTH))
        assert (got.confno, other.confno) == (1023, 1022)
        loop.system.close(first)
        third = loop.open_audio(loop.near.channel(3))
        assert loop.ask(third, Ioctl.SETCONF, ConferenceInfo(0, -1, ConferenceMode.CONF | BOTH)).confno == 1023

    @pytest.mark.parametrize(
        ("conference", "mode"),
        [(0, ConferenceMode.CONF), (3, ConferenceMode.NORMAL), (1025, ConferenceMode.CONF), (-2, ConferenceMode.CONF)],
        ids=["no conference", "no mode", "too high", "too low"],
    )
    def test_seats_that_there_are_not(self, loop: Loop, conference: int, mode: int) -> None:
        """A mode needs a conference, a conference a mode, and there are 1024."""
        fd = loop.open_audio(loop.near.channel(1))
        with refused(errno.EINVAL):
            loop.set(fd, Ioctl.SETCONF, ConferenceInfo(0, conference, mode))

    @pytest.mark.parametrize(
        "mode", [ConferenceMode.MONITOR, ConferenceMode.MONITORTX, ConferenceMode.MONITORBOTH, ConferenceMode.DIGITALMON]
    )
    def test_listening_to_a_channel_that_is_not(self, loop: Loop, mode: int) -> None:
        """Listening in is to a channel that there is."""
        fd = pseudo(loop)
        with refused(errno.EINVAL):
            loop.set(fd, Ioctl.SETCONF, ConferenceInfo(0, 900, mode))

    def test_another_channels_seat(self, loop: Loop) -> None:
        """A channel can be seated by its number from another descriptor."""
        one, other = loop.open_audio(loop.near.channel(1)), loop.open_audio(loop.near.channel(2))
        loop.set(one, Ioctl.SETCONF, ConferenceInfo(loop.near.channel(2), 3, ConferenceMode.CONF | BOTH))
        assert loop.ask(other, Ioctl.GETCONF, ConferenceInfo()).confno == 3
        assert loop.ask(one, Ioctl.GETCONF, ConferenceInfo()).confno == 0

    def test_the_seat_is_free_after_closing(self, loop: Loop) -> None:
        """Opened anew, and after audio mode was left, a channel sits nowhere."""
        fd = loop.open_audio(loop.near.channel(1))
        loop.set(fd, Ioctl.SETCONF, ConferenceInfo(0, 3, ConferenceMode.CONF | BOTH))
        loop.ioctl(fd, Ioctl.AUDIOMODE, 0)
        loop.ioctl(fd, Ioctl.AUDIOMODE, 1)
        assert loop.ask(fd, Ioctl.GETCONF, ConferenceInfo()).confno == 0

    def test_mute_is_remembered(self, loop: Loop) -> None:
        """CONFMUTE is told by GETCONFMUTE and forgotten with the descriptor."""
        fd = loop.open_audio(loop.near.channel(1))
        assert loop.ioctl(fd, Ioctl.GETCONFMUTE) == 0
        loop.ioctl(fd, Ioctl.CONFMUTE, 1)
        assert loop.ioctl(fd, Ioctl.GETCONFMUTE) == 1
        loop.system.close(fd)
        assert loop.ioctl(loop.open_audio(loop.near.channel(1)), Ioctl.GETCONFMUTE) == 0


class TestConversation:
    """Who hears whom."""

    def test_three_hear_the_sum_of_the_others(self, loop: Loop) -> None:
        """Each far end hears the other two together and not itself; the program reads what its own far end says."""
        table = Table(loop)
        for number, octet in enumerate(LEVELS):
            table.seat(number, ConferenceMode.CONF | BOTH)
            table.say(number, octet)
        heard = table.listen(*table.far, *table.near)
        said = [level(octet) for octet in LEVELS]
        for own, got in zip(said, heard[:3], strict=True):
            assert abs(level(got) - (sum(said) - own)) <= CLOSE
        assert heard[3:] == list(LEVELS)

    def test_a_talker_who_does_not_listen(self, loop: Loop) -> None:
        """He is heard and hears nobody."""
        table = Table(loop)
        table.seat(0, ConferenceMode.CONF | ConferenceMode.TALKER)
        table.seat(1, ConferenceMode.CONF | BOTH)
        table.say(0, LEVELS[0])
        table.say(1, LEVELS[1])
        first, second = table.listen(table.far[0], table.far[1])
        assert first == QUIET
        assert abs(level(second) - level(LEVELS[0])) <= CLOSE

    def test_a_listener_who_does_not_talk(self, loop: Loop) -> None:
        """He hears and is not heard."""
        table = Table(loop)
        table.seat(0, ConferenceMode.CONF | ConferenceMode.LISTENER)
        table.seat(1, ConferenceMode.CONF | BOTH)
        table.say(0, LEVELS[0])
        table.say(1, LEVELS[1])
        first, second = table.listen(table.far[0], table.far[1])
        assert abs(level(first) - level(LEVELS[1])) <= CLOSE
        assert second == QUIET

    def test_two_conferences_do_not_hear_each_other(self, loop: Loop) -> None:
        """Another number is another conference."""
        table = Table(loop)
        table.seat(0, ConferenceMode.CONF | BOTH, 3)
        table.seat(1, ConferenceMode.CONF | BOTH, 4)
        table.say(0, LEVELS[0])
        assert table.listen(table.far[1]) == [QUIET]

    def test_what_is_written_is_heard_by_the_own_far_end(self, loop: Loop) -> None:
        """A program in a conference can speak to its far end, which hears it together with the conference; the others do not."""
        table = Table(loop)
        for number in (0, 1):
            table.seat(number, ConferenceMode.CONF | BOTH)
        table.say(1, LEVELS[1])
        table.write_from_near(0, LEVELS[0])
        first, second = table.listen(table.far[0], table.far[1])
        assert abs(level(first) - level(LEVELS[0]) - level(LEVELS[1])) <= 2 * CLOSE
        assert second == QUIET

    def test_an_announcement_goes_to_the_conference(self, loop: Loop) -> None:
        """CONFANN: what the program writes is heard by the others and not by its own far end."""
        table = Table(loop)
        table.seat(0, ConferenceMode.CONFANN | BOTH)
        table.seat(1, ConferenceMode.CONF | BOTH)
        table.write_from_near(0, LEVELS[0])
        (second,) = table.listen(table.far[1])
        assert abs(level(second) - level(LEVELS[0])) <= CLOSE

    def test_a_conference_is_read_by_its_monitor(self, loop: Loop) -> None:
        """CONFMON: the program reads what the conference says."""
        table = Table(loop)
        table.seat(0, ConferenceMode.CONFMON | ConferenceMode.LISTENER)
        table.seat(1, ConferenceMode.CONF | BOTH)
        table.say(0, LEVELS[0])
        table.say(1, LEVELS[1])
        (got,) = table.listen(table.near[0])
        assert abs(level(got) - level(LEVELS[1])) <= CLOSE

    def test_muted(self, loop: Loop) -> None:
        """Muted, a channel neither hears nor is heard; unmuted it is where it was."""
        table = Table(loop)
        for number in (0, 1):
            table.seat(number, ConferenceMode.CONF | BOTH)
            table.say(number, LEVELS[number])
        loop.ioctl(table.near[0], Ioctl.CONFMUTE, 1)
        assert table.listen(table.far[0])[0] == QUIET
        loop.ioctl(table.near[0], Ioctl.CONFMUTE, 0)
        first, second = table.listen(table.far[0], table.far[1])
        assert abs(level(first) - level(LEVELS[1])) <= CLOSE
        assert abs(level(second) - level(LEVELS[0])) <= CLOSE

    def test_who_leaves_is_not_heard(self, loop: Loop) -> None:
        """After the seat was given up both hear silence."""
        table = Table(loop)
        for number in (0, 1):
            table.seat(number, ConferenceMode.CONF | BOTH)
            table.say(number, LEVELS[number])
        table.listen()
        table.seat(0, ConferenceMode.NORMAL, 0)
        assert table.listen(table.far[0], table.far[1]) == [QUIET, QUIET]

    def test_a_program_sits_in_a_pseudo_channel(self, loop: Loop) -> None:
        """A pseudo channel hears everybody in the conference, and what it writes is heard by all."""
        table = Table(loop)
        table.seat(0, ConferenceMode.CONF | BOTH)
        table.say(0, LEVELS[0])
        seat = pseudo(loop)
        table.seat(0, ConferenceMode.CONF | BOTH, fd=seat)
        table.says[seat] = LEVELS[2]
        first, mine = table.listen(table.far[0], seat)
        assert abs(level(first) - level(LEVELS[2])) <= CLOSE
        assert abs(level(mine) - level(LEVELS[0])) <= CLOSE

    def test_too_loud_together(self, loop: Loop) -> None:
        """The sum is limited before each is given what the others say: of three who shout at once, the first hears little."""
        table = Table(loop)
        loud = 0xAA
        for number in range(3):
            table.seat(number, ConferenceMode.CONF | BOTH)
            table.say(number, loud)
        first, second, third = (level(octet) for octet in table.listen(*table.far))
        assert (first, second, third) == (992, level(loud), level(loud))


class TestListeningIn:
    """MONITOR: hearing a channel without it knowing."""

    @pytest.mark.parametrize(
        ("mode", "received", "sent"),
        [(ConferenceMode.MONITOR, True, False), (ConferenceMode.MONITORTX, False, True), (ConferenceMode.MONITORBOTH, True, True)],
        ids=["received", "sent", "both"],
    )
    def test_a_pseudo_channel_listens(self, loop: Loop, mode: int, received: bool, sent: bool) -> None:
        """What the channel receives, what it sends, or both are read at the pseudo channel, and the conversation goes on unharmed."""
        table = Table(loop)
        table.say(0, LEVELS[0])
        table.write_from_near(0, LEVELS[1])
        ear = pseudo(loop)
        table.seat(0, mode, loop.near.channel(1), fd=ear)
        heard, far, near = table.listen(ear, table.far[0], table.near[0])
        assert abs(level(heard) - received * level(LEVELS[0]) - sent * level(LEVELS[1])) <= CLOSE
        assert (far, near) == (LEVELS[1], LEVELS[0])

    def test_a_channel_that_listens_sends_it_on(self, loop: Loop) -> None:
        """On a real channel the same modes add what they hear to what is sent; what is read stays its own."""
        table = Table(loop)
        table.say(0, LEVELS[0])
        table.say(1, LEVELS[1])
        table.seat(1, ConferenceMode.MONITOR, loop.near.channel(1))
        far, near = table.listen(table.far[1], table.near[1])
        assert abs(level(far) - level(LEVELS[0])) <= CLOSE
        assert near == LEVELS[1]

    def test_a_digital_copy(self, loop: Loop) -> None:
        """DIGITALMON: a channel sends what another receives, octet by octet."""
        table = Table(loop)
        table.seat(1, ConferenceMode.DIGITALMON, loop.near.channel(1))
        for octet in (0x00, 0x7E, 0x55, 0xFF):
            table.say(0, octet)
            assert table.listen(table.far[1]) == [octet]


class TestPseudo:
    """Pseudo channels by themselves."""

    def test_a_clock_of_silence(self, loop: Loop) -> None:
        """A block of silence every block's time."""
        fd = pseudo(loop)
        loop.wait(100)
        loop.read_all(fd)
        loop.wait(60)
        assert loop.read(fd) == bytes([QUIET]) * BLOCK
        assert len(loop.read_all(fd)) <= 4 * BLOCK

    def test_who_it_is(self, loop: Loop) -> None:
        """It has a number of its own from 0x8000 on, no span, and its default law is mu-law."""
        first = loop.system.open("/dev/dahdi/pseudo", os.O_RDWR | os.O_NONBLOCK)
        second = pseudo(loop)
        assert (loop.ioctl(first, Ioctl.CHANNO), loop.ioctl(second, Ioctl.CHANNO)) == (0x8000, 0x8001)
        told = loop.params(first)
        assert (told.spanno, told.sigtype, told.curlaw, told.name) == (0, Sig.CLEAR, Law.MULAW, "Pseudo/1")
        with refused(errno.EINVAL):
            loop.ask(first, Ioctl.SPANSTAT, SpanInfo())
        loop.system.close(first)
        assert loop.ioctl(pseudo(loop), Ioctl.CHANNO) == 0x8000

    def test_it_cannot_be_opened_by_number(self, loop: Loop) -> None:
        """A pseudo channel belongs to who opened it."""
        number = loop.ioctl(pseudo(loop), Ioctl.CHANNO)
        with refused(errno.EBUSY):
            loop.open(number)
        assert loop.params_of(number).channo == number

    @pytest.mark.parametrize(
        "code",
        [
            Ioctl.HOOK,
            Ioctl.AUDIOMODE,
            Ioctl.ECHOCANCEL,
            Ioctl.SETTXBITS,
            Ioctl.GETRXBITS,
            Ioctl.LOOPBACK,
            Ioctl.BUFFER_EVENTS,
            Ioctl.SETSIGFREEZE,
        ],
    )
    def test_calls_of_real_channels(self, loop: Loop, code: Ioctl) -> None:
        """What needs a line it does not know."""
        with refused(errno.ENOTTY):
            loop.ioctl(pseudo(loop), code, Hook.ONHOOK)

    def test_its_tones_are_read(self, loop: Loop) -> None:
        """A tone of the driver sounds on the side that is read."""
        fd = pseudo(loop)
        loop.ioctl(fd, Ioctl.SENDTONE, Tone.DIALTONE)
        loop.wait(100)
        loop.read_all(fd)
        loop.wait(60)
        sound = loop.read(fd)
        assert len(set(sound)) > 10
        loop.ioctl(fd, Ioctl.SENDTONE, Tone.STOP)
        loop.wait(100)
        loop.read_all(fd)
        loop.wait(60)
        assert loop.read(fd) == bytes([QUIET]) * BLOCK

    def test_writing_does_not_end_its_tone(self, loop: Loop) -> None:
        """On a real channel a write ends the driver's tone; here it does not."""
        fd = pseudo(loop)
        loop.ioctl(fd, Ioctl.SENDTONE, Tone.DIALTONE)
        loop.write(fd, bytes([QUIET]) * BLOCK)
        loop.wait(200)
        loop.read_all(fd)
        loop.wait(60)
        assert len(set(loop.read(fd))) > 10

    def test_it_dials(self, loop: Loop) -> None:
        """Digits are read as tones, and it is told when they are over."""
        fd = pseudo(loop)
        loop.set(fd, Ioctl.DIAL, DialOperation(Dial.REPLACE, "5"))
        assert loop.ioctl(fd, Ioctl.DIALING) == 1
        loop.wait(60)
        assert len(set(loop.read(fd))) > 10
        loop.wait(400)
        assert loop.ioctl(fd, Ioctl.DIALING) == 0

    def test_gains(self, loop: Loop) -> None:
        """It has gains like any other, applied to what is read."""
        fd = pseudo(loop)
        loop.set(fd, Ioctl.SETGAINS, Gains(0, bytes(octet ^ 0xFF for octet in range(256)), bytes(range(256))))
        loop.wait(100)
        loop.read_all(fd)
        loop.wait(60)
        assert loop.read(fd) == bytes([QUIET ^ 0xFF]) * BLOCK
