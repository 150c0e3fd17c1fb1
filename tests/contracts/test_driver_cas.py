"""Signalling in ABCD bits: CAS as programs see it, and the driver's own signalling between the two ends of a channel bank."""

from __future__ import annotations

import errno
import select

import pytest

from boards.dahdi.abi import ELAST, BufferInfo, Event, Hook, Ioctl, ReceivedHook, SentHook, Sig
from tests.contracts.loop import BLOCK, Loop, refused

BITS = 0x0F
"""Bits of one channel. The upper half of what the driver gives has another channel's, in 2.11.1 and later."""
ARRIVES_MS = 40
"""Bits that were sent have arrived by then."""
RING_DEBOUNCE_MS = 2100
DEBOUNCE_MS = 700


class CasEnds:
    """Both ends of a timeslot with CAS."""

    def __init__(self, loop: Loop, position: int = 4, idlebits: int = 0b1011) -> None:
        self.loop = loop
        for span in (loop.near, loop.far):
            loop.configure(span.channel(position), Sig.CAS, idlebits=idlebits)
        self.near = loop.open(loop.near.channel(position))
        self.far = loop.open(loop.far.channel(position))
        loop.wait(ARRIVES_MS)
        loop.forget(self.near)
        loop.forget(self.far)

    def send(self, bits: int) -> None:
        """The far end sends these bits."""
        self.loop.ioctl(self.far, Ioctl.SETTXBITS, bits)

    def received(self) -> int:
        """What the near end has."""
        return self.loop.ioctl(self.near, Ioctl.GETRXBITS) & BITS


class TestBits:
    """CAS channels."""

    @pytest.mark.parametrize("bits", [0b0000, 0b0001, 0b0101, 0b1001, 0b1111])
    def test_bits_arrive(self, loop: Loop, bits: int) -> None:
        """Sent bits are received, with one event, and told by GET_PARAMS at both ends."""
        ends = CasEnds(loop)
        ends.send(bits)
        loop.wait(ARRIVES_MS)
        assert ends.received() == bits
        assert loop.events(ends.near) == [Event.BITSCHANGED]
        assert loop.params(ends.near).rxbits & BITS == bits
        assert loop.params(ends.far).txbits == bits

    def test_the_same_bits_again_are_no_event(self, loop: Loop) -> None:
        """Only a change is told."""
        ends = CasEnds(loop)
        for _ in range(3):
            ends.send(0b1011)
            loop.wait(ARRIVES_MS)
        assert loop.events(ends.near) == []

    def test_a_slow_sequence_is_told_step_by_step(self, loop: Loop) -> None:
        """Bits that stay for 40 ms are each told, in order."""
        ends = CasEnds(loop)
        seen = []
        for bits in (0b0001, 0b1001, 0b0101, 0b1101):
            ends.send(bits)
            loop.wait(ARRIVES_MS)
            assert loop.events(ends.near) == [Event.BITSCHANGED]
            seen.append(ends.received())
        assert seen == [0b0001, 0b1001, 0b0101, 0b1101]

    def test_who_asks_late_gets_the_latest(self, loop: Loop) -> None:
        """Events say that bits changed, not to what: three changes are three events, and the last bits."""
        ends = CasEnds(loop)
        for bits in (0b0001, 0b0101, 0b1001):
            ends.send(bits)
            loop.wait(ARRIVES_MS)
        assert loop.events(ends.near) == [Event.BITSCHANGED] * 3
        assert ends.received() == 0b1001

    def test_bits_that_do_not_stay_are_not_seen(self, loop: Loop) -> None:
        """Bits that are changed again before the next frame were never on the line."""
        ends = CasEnds(loop)
        for bits in (0b0000, 0b1111) * 10:
            ends.send(bits)
        ends.send(0b1011)
        loop.wait(ARRIVES_MS)
        assert len(loop.events(ends.near)) < 20
        assert ends.received() == 0b1011

    def test_the_neighbours_bits_are_above(self, loop: Loop) -> None:
        """The next channel's bits stand in the upper half, and their change is an event here too, except for each fourth channel."""
        ends = CasEnds(loop, 5)
        fourth = CasEnds(loop, 8)
        for position in (6, 9):
            loop.configure(loop.far.channel(position), Sig.CAS, idlebits=0b1101)
        neighbour, behind = loop.open(loop.far.channel(6)), loop.open(loop.far.channel(9))
        loop.wait(ARRIVES_MS)
        loop.forget(ends.near)
        loop.forget(fourth.near)
        for fd in (neighbour, behind):
            loop.ioctl(fd, Ioctl.SETTXBITS, 0b0110)
        loop.wait(ARRIVES_MS)
        assert loop.ioctl(ends.near, Ioctl.GETRXBITS) == 0b0110_1011
        assert loop.events(ends.near) == [Event.BITSCHANGED]
        assert loop.ioctl(fourth.near, Ioctl.GETRXBITS) == 0b1011
        assert loop.events(fourth.near) == []

    def test_a_waiting_event_stands_before_audio(self, loop: Loop) -> None:
        """The change is seen by poll, and audio waits until it was taken."""
        ends = CasEnds(loop)
        ends.send(0b0000)
        loop.wait(ARRIVES_MS)
        assert loop.system.poll(ends.near) & select.POLLPRI
        with refused(ELAST):
            loop.write(ends.near, b"\xd5" * BLOCK)
        loop.events(ends.near)
        assert loop.write(ends.near, b"\xd5" * BLOCK) == BLOCK

    def test_idle_bits_before_and_after(self, loop: Loop) -> None:
        """Opened and closed, a channel sends the idle bits of its configuration."""
        ends = CasEnds(loop, idlebits=0b1001)
        assert ends.received() == 0b1001
        ends.send(0b0001)
        loop.wait(ARRIVES_MS)
        assert ends.received() == 0b0001
        loop.system.close(ends.far)
        loop.wait(ARRIVES_MS)
        assert ends.received() == 0b1001

    def test_a_channel_without_signalling_sends_1011(self, loop: Loop) -> None:
        """A channel that is configured for nothing sends the bits of a blocked E1 channel."""
        ends = CasEnds(loop, idlebits=0b1001)
        loop.system.close(ends.far)
        loop.configure(loop.far.channel(4), Sig.NONE)
        loop.wait(ARRIVES_MS)
        assert ends.received() == 0b1011

    @pytest.mark.parametrize("sig", [Sig.CLEAR, Sig.EM, Sig.FXSKS, Sig.FXOKS, Sig.HDLCFCS], ids=lambda sig: sig.name)
    def test_bits_are_sent_by_cas_channels_only(self, loop: Loop, sig: Sig) -> None:
        """A channel whose bits the driver makes itself does not take any."""
        loop.configure(loop.near.channel(4), sig)
        fd = loop.open(loop.near.channel(4))
        with refused(errno.EINVAL):
            loop.ioctl(fd, Ioctl.SETTXBITS, 0b1011)

    @pytest.mark.parametrize("what", [Hook.ONHOOK, Hook.OFFHOOK, Hook.START])
    def test_no_hook(self, loop: Loop, what: Hook) -> None:
        """A CAS channel has bits, not a hook."""
        ends = CasEnds(loop)
        with refused(errno.EINVAL):
            loop.ioctl(ends.near, Ioctl.HOOK, what)

    def test_frozen_signalling(self, loop: Loop) -> None:
        """Frozen, bits that come are not seen; what is there when it ends is."""
        ends = CasEnds(loop)
        loop.ioctl(ends.near, Ioctl.SETSIGFREEZE, 1)
        assert loop.ioctl(ends.near, Ioctl.GETSIGFREEZE) == 1
        ends.send(0b0001)
        loop.wait(ARRIVES_MS)
        assert (ends.received(), loop.events(ends.near)) == (0b1011, [])
        loop.ioctl(ends.near, Ioctl.SETSIGFREEZE, 0)
        loop.wait(ARRIVES_MS)
        assert (ends.received(), loop.events(ends.near)) == (0b0001, [Event.BITSCHANGED])

    def test_64_events_at_most(self, loop: Loop) -> None:
        """Who does not take them loses the later ones in silence, and reads the right bits all the same."""
        ends = CasEnds(loop)
        for _ in range(40):
            for bits in (0b0001, 0b1011):
                ends.send(bits)
                loop.wait(20)
        ends.send(0b1111)
        loop.wait(ARRIVES_MS)
        assert 63 <= len(loop.events(ends.near)) <= 64
        assert ends.received() == 0b1111

    def test_speech_goes_beside_it(self, loop: Loop) -> None:
        """Bits and audio of a channel do not disturb each other."""
        ends = CasEnds(loop)
        words = bytes(range(1, 241)) * 4
        for fd in (ends.near, ends.far):
            loop.set(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 8, BLOCK))
        ends.send(0b0001)
        loop.wait(ARRIVES_MS)
        loop.events(ends.near)
        assert words in loop.carry(ends.far, ends.near, words)


class TestEarAndMouth:
    """E&M signalling: off hook, on hook, wink."""

    @pytest.fixture
    def ends(self, loop: Loop) -> tuple[int, int]:
        """Both ends of a timeslot with E&M."""
        for span in (loop.near, loop.far):
            loop.configure(span.channel(6), Sig.EM)
        near, far = loop.open(loop.near.channel(6)), loop.open(loop.far.channel(6))
        loop.wait(ARRIVES_MS)
        loop.forget(near)
        loop.forget(far)
        return near, far

    def test_a_seizure_is_told_after_the_wink_time(self, loop: Loop, ends: tuple[int, int]) -> None:
        """Off hook could be a wink for 300 ms; then it is a call. On hook is told at once."""
        near, far = ends
        loop.hook(far, Hook.OFFHOOK)
        loop.wait(200)
        assert loop.events(near) == []
        loop.wait(200)
        assert loop.events(near) == [Event.RINGOFFHOOK]
        assert loop.params(near).rxhooksig == ReceivedHook.OFFHOOK
        loop.wait(500)
        loop.hook(far, Hook.ONHOOK)
        loop.wait(ARRIVES_MS)
        assert loop.events(near) == [Event.ONHOOK]

    def test_a_wink(self, loop: Loop, ends: tuple[int, int]) -> None:
        """A wink of 150 ms is told as one, and its end to who made it."""
        near, far = ends
        with refused(errno.EINPROGRESS):
            loop.ioctl(far, Ioctl.HOOK, Hook.WINK)
        loop.wait(400)
        assert loop.events(near) == [Event.WINKFLASH]
        assert loop.events(far) == [Event.HOOKCOMPLETE]


class Bank:
    """A line of the channel bank: ``office`` has fxoks and feeds it, ``terminal`` has fxsks and is rung."""

    def __init__(self, loop: Loop, position: int = 1) -> None:
        self.loop = loop
        self.terminal = loop.open(loop.bank_near.channel(position))
        self.office = loop.open(loop.bank_far.channel(position))
        loop.wait(RING_DEBOUNCE_MS)
        loop.forget(self.terminal)
        loop.forget(self.office)

    def answer(self) -> None:
        """The terminal goes off hook and both have settled."""
        self.loop.hook(self.terminal, Hook.OFFHOOK)
        self.loop.hook(self.office, Hook.OFFHOOK)
        self.loop.wait(DEBOUNCE_MS)
        self.loop.events(self.terminal)
        self.loop.events(self.office)


class TestBank:
    """fxsks against fxoks: one end's signalling is the other's."""

    def test_at_rest(self, loop: Loop) -> None:
        """Idle, the office sends battery and no ringing, the terminal an open loop."""
        bank = Bank(loop)
        office, terminal = loop.params(bank.office), loop.params(bank.terminal)
        assert (office.txbits, terminal.txbits) == (0b0101, 0b0101)
        assert (office.rxhooksig, terminal.rxhooksig) == (ReceivedHook.ONHOOK, ReceivedHook.OFFHOOK)
        assert (office.txhooksig, terminal.txhooksig) == (SentHook.ONHOOK, SentHook.ONHOOK)
        assert (office.rxisoffhook, terminal.rxisoffhook) == (0, 0)

    def test_ringing(self, loop: Loop) -> None:
        """The office rings: each burst begins and ends at the terminal as the office's cadence has it."""
        bank = Bank(loop)
        with refused(errno.EINPROGRESS):
            loop.ioctl(bank.office, Ioctl.HOOK, Hook.RING)
        loop.wait(500)
        assert loop.events(bank.terminal) == [Event.RINGBEGIN]
        assert loop.params(bank.terminal).rxhooksig == ReceivedHook.RING
        loop.wait(1000)
        assert loop.events(bank.terminal) == [Event.RINGOFFHOOK]
        assert loop.events(bank.office) == [Event.RINGEROFF]
        loop.wait(4000)
        assert loop.events(bank.terminal) == [Event.RINGBEGIN]
        assert loop.events(bank.office) == [Event.RINGERON]
        loop.hook(bank.office, Hook.RINGOFF)
        loop.wait(100)
        assert loop.events(bank.terminal) == [Event.RINGOFFHOOK]

    def test_a_fresh_terminal_does_not_hear_the_bell(self, loop: Loop) -> None:
        """For two seconds after opening ringing is not told."""
        terminal, office = loop.open(loop.bank_near.channel(2)), loop.open(loop.bank_far.channel(2))
        loop.hook(office, Hook.RING)
        loop.wait(1500)
        assert loop.events(terminal) == []

    def test_the_bell_goes_on_until_the_office_answers(self, loop: Loop) -> None:
        """Off hook at the terminal is told once; the cadence runs on until the office goes off hook."""
        bank = Bank(loop)
        loop.hook(bank.office, Hook.RING)
        loop.wait(500)
        loop.hook(bank.terminal, Hook.OFFHOOK)
        loop.wait(100)
        assert loop.events(bank.office) == [Event.RINGOFFHOOK]
        loop.wait(600)
        assert loop.events(bank.office) == [Event.RINGEROFF]
        loop.hook(bank.office, Hook.OFFHOOK)
        loop.wait(5000)
        assert loop.events(bank.office) == []

    def test_a_terminal_that_hangs_up(self, loop: Loop) -> None:
        """On hook at the terminal is told to the office after the flash time."""
        bank = Bank(loop)
        bank.answer()
        loop.hook(bank.terminal, Hook.ONHOOK)
        loop.wait(1200)
        assert loop.events(bank.office) == []
        loop.wait(150)
        assert loop.events(bank.office) == [Event.ONHOOK]

    def test_an_office_that_hangs_up(self, loop: Loop) -> None:
        """Kewl start: the office takes the battery away for 500 ms, which tells the terminal; then it is itself free after 300 ms."""
        bank = Bank(loop)
        bank.answer()
        loop.hook(bank.office, Hook.ONHOOK)
        loop.wait(60)
        assert loop.events(bank.terminal) == [Event.ONHOOK]
        assert loop.params(bank.office).txbits == 0b1111
        with refused(errno.EBUSY):
            loop.ioctl(bank.office, Ioctl.HOOK, Hook.OFFHOOK)
        loop.hook(bank.terminal, Hook.ONHOOK)
        loop.wait(540)
        assert loop.events(bank.office) == [Event.HOOKCOMPLETE]
        loop.wait(300)
        assert loop.events(bank.office) == [Event.ONHOOK]
        assert loop.params(bank.office).txbits == 0b0101

    def test_a_flash(self, loop: Loop) -> None:
        """A flash of the terminal is a flash at the office."""
        bank = Bank(loop)
        bank.answer()
        with refused(errno.EINPROGRESS):
            loop.ioctl(bank.terminal, Ioctl.HOOK, Hook.FLASH)
        loop.wait(1000)
        assert loop.events(bank.office) == [Event.WINKFLASH]
        assert loop.events(bank.terminal) == [Event.HOOKCOMPLETE]

    def test_speech(self, loop: Loop) -> None:
        """Both ends hear each other octet by octet, hook or not."""
        bank = Bank(loop)
        words = bytes(range(1, 241)) * 4
        for fd in (bank.office, bank.terminal):
            loop.set(fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 8, BLOCK))
        assert words in loop.carry(bank.office, bank.terminal, words)
        loop.read_all(bank.office)
        bank.answer()
        loop.forget(bank.office)
        assert words in loop.carry(bank.terminal, bank.office, words)

    @pytest.mark.parametrize(
        ("office", "terminal", "battery_drop"),
        [(Sig.FXOLS, Sig.FXSLS, False), (Sig.FXOKS, Sig.FXSKS, True), (Sig.FXOGS, Sig.FXSGS, False)],
        ids=["loop start", "kewl start", "ground start"],
    )
    def test_which_signalling_tells_a_hang_up(self, loop: Loop, office: Sig, terminal: Sig, battery_drop: bool) -> None:
        """Kewl start's office tells the terminal that it hung up, loop start's cannot; ground start tells it by the missing ground."""
        loop.configure(loop.bank_far.channel(3), office)
        loop.configure(loop.bank_near.channel(3), terminal)
        bank = Bank(loop, 3)
        bank.answer()
        loop.hook(bank.office, Hook.ONHOOK)
        loop.wait(100)
        told = loop.events(bank.terminal)
        assert (told == [Event.ONHOOK]) is (battery_drop or terminal == Sig.FXSGS)
