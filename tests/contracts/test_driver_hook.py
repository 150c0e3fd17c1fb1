"""Hook and ringing: what an exchange line and a telephone do in time, both ways."""

from __future__ import annotations

import errno
import os

import pytest

from boards.dahdi.abi import Cadence, ChannelConfig, Event, Flush, Hook, Ioctl, Law, Params, ReceivedHook, SentHook, Sig, ToneZoneHeader
from tests.contracts.analog import AnalogBench, Driven
from tests.contracts.drivers import refused

AT_ONCE_MS = 40


def settled(analog: AnalogBench, channel: Driven) -> None:
    """The channel is off hook for longer than the debounce, nothing is left to be told."""
    channel.hook(Hook.OFFHOOK)
    analog.wait(700)
    channel.events()


def control(analog: AnalogBench) -> int:
    """The control node."""
    return analog.system.open("/dev/dahdi/ctl", os.O_RDWR)


class TestLineStates:
    """What GET_PARAMS tells of an exchange line."""

    def test_idle(self, line: Driven) -> None:
        """An idle line is on hook, and fed: the driver calls that received state off hook."""
        params = line.params()
        assert (params.txhooksig, params.rxhooksig) == (SentHook.ONHOOK, ReceivedHook.OFFHOOK)

    def test_ringing(self, analog: AnalogBench, line: Driven) -> None:
        """While the exchange rings the received state is ringing."""
        analog.set_ringing(True)
        analog.wait(200)
        assert line.params().rxhooksig == ReceivedHook.RING

    def test_no_battery(self, analog: AnalogBench, line: Driven) -> None:
        """Without battery the received state is on hook, and on hook that is no event."""
        analog.set_battery(False)
        analog.wait(200)
        assert line.params().rxhooksig == ReceivedHook.ONHOOK
        assert line.events() == []

    def test_sent(self, analog: AnalogBench, line: Driven) -> None:
        """What we send is told as it is: on hook, off hook, on hook again."""
        line.hook(Hook.OFFHOOK)
        assert line.params().txhooksig == SentHook.OFFHOOK
        line.hook(Hook.ONHOOK)
        assert line.params().txhooksig == SentHook.ONHOOK
        analog.wait(AT_ONCE_MS)
        assert not analog.loop_closed()


class TestSeizing:
    """Going off hook towards an exchange."""

    def test_start(self, analog: AnalogBench, line: Driven) -> None:
        """START takes the start time and half a second; its end is told, and then the line is off hook."""
        line.set(Ioctl.SET_PARAMS, Params(starttime=300, debouncetime=600, rxflashtime=1250))
        with refused(errno.EINPROGRESS):
            line.call(Ioctl.HOOK, Hook.START)
        analog.wait(AT_ONCE_MS)
        assert analog.loop_closed()
        assert line.params().txhooksig == SentHook.START
        analog.wait(500)
        assert line.events() == []
        analog.wait(360)
        assert line.events() == [Event.HOOKCOMPLETE]
        assert line.params().txhooksig == SentHook.OFFHOOK

    def test_start_twice(self, line: Driven) -> None:
        """A line that is not idle cannot be started or winked."""
        line.hook(Hook.START)
        for what in (Hook.START, Hook.RING, Hook.WINK):
            with refused(errno.EBUSY):
                line.call(Ioctl.HOOK, what)

    def test_start_on_a_waiting_descriptor(self, analog: AnalogBench) -> None:
        """On a descriptor that waits the call ends without error, and its end is no event."""
        waiting = Driven(analog, analog.line, blocking=True)
        waiting.set(Ioctl.SET_PARAMS, Params(starttime=100, debouncetime=600))
        waiting.call(Ioctl.HOOK, Hook.START)
        analog.wait(800)
        assert waiting.events() == []
        assert analog.loop_closed()

    def test_wink(self, analog: AnalogBench, line: Driven) -> None:
        """A wink closes the loop for the wink time after the time before it, and is told when over."""
        line.set(Ioctl.SET_PARAMS, Params(prewinktime=100, winktime=200))
        with refused(errno.EINPROGRESS):
            line.call(Ioctl.HOOK, Hook.WINK)
        analog.wait(60)
        assert not analog.loop_closed()
        analog.wait(120)
        assert analog.loop_closed()
        analog.wait(200)
        assert not analog.loop_closed()
        assert line.events() == [Event.HOOKCOMPLETE]

    def test_chinese_flash(self, analog: AnalogBench, line: Driven) -> None:
        """A flash lasts as long as was set: 100 ms for a Chinese exchange."""
        line.set(Ioctl.SET_PARAMS, Params(flashtime=100, preflashtime=50, debouncetime=600))
        settled(analog, line)
        line.hook(Hook.FLASH)
        analog.wait(100)
        assert not analog.loop_closed()
        analog.wait(120)
        assert analog.loop_closed()
        assert line.events() == [Event.HOOKCOMPLETE]

    def test_debounce_of_its_own(self, analog: AnalogBench, line: Driven) -> None:
        """A flash is possible as soon as the debounce time that was set has passed."""
        line.set(Ioctl.SET_PARAMS, Params(flashtime=100, preflashtime=50, debouncetime=100))
        line.hook(Hook.OFFHOOK)
        with refused(errno.EBUSY):
            line.call(Ioctl.HOOK, Hook.FLASH)
        analog.wait(140)
        line.hook(Hook.FLASH)

    def test_hang_up_ends_a_flash(self, analog: AnalogBench, line: Driven) -> None:
        """On hook in the middle of a flash the line stays open, and no end is told."""
        settled(analog, line)
        line.hook(Hook.FLASH)
        analog.wait(200)
        line.hook(Hook.ONHOOK)
        analog.wait(1000)
        assert not analog.loop_closed()
        assert line.events() == []


class TestRingingLine:
    """What a line tells of ringing and battery."""

    def test_ring_after_hang_up(self, analog: AnalogBench, line: Driven) -> None:
        """Two seconds after a hang-up ringing is told again."""
        line.hook(Hook.ONHOOK)
        analog.wait(2060)
        analog.set_ringing(True)
        analog.wait(200)
        assert line.events() == [Event.RINGBEGIN]

    def test_ring_as_it_is_opened(self, analog: AnalogBench) -> None:
        """A line that rings when it is opened does not say so, nor that the burst ends within the two seconds."""
        analog.set_ringing(True)
        analog.wait(200)
        channel = Driven(analog, analog.line)
        analog.wait(500)
        assert channel.events() == []

    def test_answered_ringing(self, analog: AnalogBench, line: Driven) -> None:
        """A line that is answered while it rings says that the burst is over at most: some cards do not look at ringing off hook."""
        analog.set_ringing(True)
        analog.wait(300)
        assert line.events() == [Event.RINGBEGIN]
        line.hook(Hook.OFFHOOK)
        analog.set_ringing(False)
        analog.wait(1000)
        assert line.events() in ([Event.RINGOFFHOOK], [])
        assert line.params().txhooksig == SentHook.OFFHOOK

    def test_battery_drop_while_seizing(self, analog: AnalogBench, line: Driven) -> None:
        """During the debounce a battery drop is not told; that it has passed is not told either."""
        line.hook(Hook.OFFHOOK)
        analog.wait(100)
        analog.set_battery(False)
        analog.wait(200)
        analog.set_battery(True)
        analog.wait(700)
        assert line.events() == []

    def test_no_ring_after_battery_drop(self, analog: AnalogBench, line: Driven) -> None:
        """A battery drop in a call is told once; for two seconds no ringing is."""
        settled(analog, line)
        analog.set_battery(False)
        analog.wait(300)
        assert line.events() == [Event.ONHOOK]
        analog.set_battery(True)
        line.hook(Hook.ONHOOK)
        analog.wait(200)
        analog.set_ringing(True)
        analog.wait(600)
        assert line.events() == []

    def test_loop_start_tells_no_drop(self, analog: AnalogBench) -> None:
        """On a line configured as loop start a battery drop is never told."""
        analog.system.ioctl(
            control(analog),
            Ioctl.CHANCONFIG,
            ChannelConfig(chan=analog.line, sigtype=Sig.FXSLS, deflaw=Law.ALAW, master=analog.line).pack(),
        )
        channel = Driven(analog, analog.line)
        settled(analog, channel)
        analog.set_battery(False)
        analog.wait(600)
        assert channel.events() == []

    def test_frozen(self, analog: AnalogBench, line: Driven) -> None:
        """Frozen, a line tells nothing of what happens; thawed, it tells the next change."""
        line.call(Ioctl.SETSIGFREEZE, 1)
        assert line.call(Ioctl.GETSIGFREEZE) == 1
        analog.set_ringing(True)
        analog.wait(600)
        analog.set_ringing(False)
        analog.wait(600)
        assert line.events() == []
        line.call(Ioctl.SETSIGFREEZE, 0)
        assert line.call(Ioctl.GETSIGFREEZE) == 0
        analog.set_ringing(True)
        analog.wait(300)
        assert line.events() == [Event.RINGBEGIN]


class TestTelephoneHook:
    """What a telephone's channel tells of its loop."""

    @pytest.mark.parametrize(
        ("break_ms", "expected"),
        [
            (8, []),
            (40, [Event.PULSE_START, Event.PULSEDIGIT | ord("1")]),
            (180, [Event.PULSE_START, Event.PULSEDIGIT | ord("1")]),
            (220, [Event.WINKFLASH]),
            (1100, [Event.WINKFLASH]),
        ],
    )
    def test_break(self, analog: AnalogBench, phone: Driven, break_ms: int, expected: list[int]) -> None:
        """The length of a break decides: nothing, a dial pulse, or a flash."""
        analog.set_handset(True)
        analog.wait(1000)
        assert phone.events() == [Event.RINGOFFHOOK]
        analog.set_handset(False)
        analog.wait(break_ms)
        analog.set_handset(True)
        analog.wait(400)
        assert phone.events() == expected

    @pytest.mark.parametrize(("pulses", "key"), [(3, "3"), (10, "0"), (11, "*"), (12, "#")])
    def test_pulse_digit(self, analog: AnalogBench, phone: Driven, pulses: int, key: str) -> None:
        """Pulses add up to a digit, which is told a quarter of a second after the last; ten are 0, eleven *, twelve #."""
        analog.set_handset(True)
        analog.wait(1000)
        phone.events()
        self.dial(analog, pulses)
        analog.wait(150)
        assert phone.events() == [Event.PULSE_START]
        analog.wait(150)
        assert phone.events() == [Event.PULSEDIGIT | ord(key)]

    def test_too_many_pulses(self, analog: AnalogBench, phone: Driven) -> None:
        """Thirteen pulses are no digit; the next digit is counted from one."""
        analog.set_handset(True)
        analog.wait(1000)
        self.dial(analog, 13)
        analog.wait(400)
        assert phone.events() == [Event.RINGOFFHOOK, Event.PULSE_START]
        self.dial(analog, 2)
        analog.wait(400)
        assert phone.events() == [Event.PULSE_START, Event.PULSEDIGIT | ord("2")]

    def test_two_digits(self, analog: AnalogBench, phone: Driven) -> None:
        """A pause between pulses parts digits."""
        analog.set_handset(True)
        analog.wait(1000)
        phone.events()
        for pulses in (2, 1):
            self.dial(analog, pulses)
            analog.wait(400)
        assert phone.events() == [Event.PULSE_START, Event.PULSEDIGIT | ord("2"), Event.PULSE_START, Event.PULSEDIGIT | ord("1")]

    def test_flash_time_of_its_own(self, analog: AnalogBench, phone: Driven) -> None:
        """A shorter flash time tells a hang-up sooner, and longer breaks are hang-ups."""
        phone.set(Ioctl.SET_PARAMS, Params(rxflashtime=500, debouncetime=600, starttime=2000))
        analog.set_handset(True)
        analog.wait(100)
        analog.set_handset(False)
        analog.wait(460)
        assert phone.events() == [Event.RINGOFFHOOK]
        analog.wait(100)
        assert phone.events() == [Event.ONHOOK]
        analog.set_handset(True)
        analog.wait(AT_ONCE_MS)
        assert phone.events() == [Event.RINGOFFHOOK]

    def test_hung_up_while_we_seize(self, analog: AnalogBench, phone: Driven) -> None:
        """A handset put down during our debounce is told a flash time after its end."""
        analog.set_handset(True)
        analog.wait(100)
        phone.hook(Hook.OFFHOOK)
        analog.wait(200)
        analog.set_handset(False)
        analog.wait(1200)
        assert phone.events() == [Event.RINGOFFHOOK]
        analog.wait(500)
        assert phone.events() == [Event.ONHOOK]

    def test_states(self, analog: AnalogBench, phone: Driven) -> None:
        """The received state follows the handset."""
        seen = []
        for up in (True, False):
            analog.set_handset(up)
            analog.wait(AT_ONCE_MS)
            seen.append((phone.params().rxhooksig, bool(phone.params().rxisoffhook)))
        assert seen == [(ReceivedHook.OFFHOOK, True), (ReceivedHook.ONHOOK, False)]

    def dial(self, analog: AnalogBench, pulses: int) -> None:
        """Pulses as a dial makes them: 60 ms open, 40 ms closed."""
        for _ in range(pulses):
            analog.set_handset(False)
            analog.wait(60)
            analog.set_handset(True)
            analog.wait(40)


class TestHangingUpFirst:
    """We hang up before the telephone does."""

    def in_call(self, analog: AnalogBench, phone: Driven) -> None:
        """The telephone is lifted, and so are we."""
        analog.set_handset(True)
        analog.wait(AT_ONCE_MS)
        settled(analog, phone)

    def test_removal(self, analog: AnalogBench, phone: Driven) -> None:
        """The battery goes for half a second; the end of that is told, and we are idle 300 ms later."""
        self.in_call(analog, phone)
        phone.hook(Hook.ONHOOK)
        assert phone.params().txhooksig == SentHook.KEWL
        analog.wait(440)
        assert not analog.fed()
        assert phone.events() == []
        analog.wait(120)
        assert analog.fed()
        assert phone.events() == [Event.HOOKCOMPLETE]
        with refused(errno.EBUSY):
            phone.call(Ioctl.HOOK, Hook.OFFHOOK)
        analog.wait(300)
        phone.hook(Hook.OFFHOOK)

    def test_put_down_during_the_removal(self, analog: AnalogBench, phone: Driven) -> None:
        """A handset put down while the battery is away is told when everything is over."""
        self.in_call(analog, phone)
        phone.hook(Hook.ONHOOK)
        analog.wait(200)
        analog.set_handset(False)
        analog.wait(500)
        assert phone.events() == [Event.HOOKCOMPLETE]
        analog.wait(200)
        assert phone.events() == [Event.ONHOOK]

    def test_still_lifted(self, analog: AnalogBench, phone: Driven) -> None:
        """A handset that stays up is not told again; put down later, its hang-up is."""
        self.in_call(analog, phone)
        phone.hook(Hook.ONHOOK)
        analog.wait(1500)
        assert phone.events() == [Event.HOOKCOMPLETE]
        analog.set_handset(False)
        analog.wait(1300)
        assert phone.events() == [Event.ONHOOK]

    def test_telephone_hung_up_before(self, analog: AnalogBench, phone: Driven) -> None:
        """A telephone that is down for long gets no battery removal."""
        self.in_call(analog, phone)
        analog.set_handset(False)
        analog.wait(1400)
        assert phone.events() == [Event.ONHOOK]
        phone.hook(Hook.ONHOOK)
        analog.wait(100)
        assert analog.fed()
        assert phone.params().txhooksig == SentHook.ONHOOK
        analog.wait(600)
        assert phone.events() == []

    def test_close_removes_battery(self, analog: AnalogBench, phone: Driven) -> None:
        """A program that ends in a call hangs up: the telephone notices."""
        self.in_call(analog, phone)
        phone.close()
        analog.wait(100)
        assert not analog.fed()
        analog.wait(500)
        assert analog.fed()


class TestBell:
    """Ringing a telephone."""

    def edges(self, analog: AnalogBench, phone: Driven, ms: int) -> list[tuple[int, int]]:
        """Events and when they came, in ms from now."""
        began_ms = analog.now_ms()
        seen = []
        while analog.now_ms() - began_ms < ms:
            analog.wait(10)
            seen += [(event, round(analog.now_ms() - began_ms)) for event in phone.events()]
        return seen

    def test_zone_cadence(self, analog: AnalogBench, phone: Driven) -> None:
        """Without a cadence of its own a channel rings as its zone does: 1 s on, 4 s off."""
        phone.hook(Hook.RING)
        seen = self.edges(analog, phone, 6200)
        assert [event for event, _ in seen] == [Event.RINGEROFF, Event.RINGERON, Event.RINGEROFF]
        assert [at for _, at in seen] == pytest.approx([1000, 5000, 6000], abs=40)

    def test_double_ring(self, analog: AnalogBench, phone: Driven) -> None:
        """A cadence may have several strokes; it begins anew after the last."""
        phone.set(Ioctl.SETCADENCE, Cadence.of([200, 100, 200, 500]))
        phone.hook(Hook.RING)
        seen = self.edges(analog, phone, 1500)
        assert [at for event, at in seen if event == Event.RINGEROFF] == pytest.approx([200, 500, 1200, 1500], abs=40)
        assert [at for event, at in seen if event == Event.RINGERON] == pytest.approx([300, 1000, 1300], abs=40)

    def test_repeated_part(self, analog: AnalogBench, phone: Driven) -> None:
        """A negative time marks where the repetition begins: what stands before rings once."""
        phone.set(Ioctl.SETCADENCE, Cadence.of([600, 200, -200, 300]))
        phone.hook(Hook.RING)
        seen = self.edges(analog, phone, 1900)
        assert [at for event, at in seen if event == Event.RINGERON] == pytest.approx([800, 1300, 1800], abs=40)

    def test_cadence_taken_back(self, analog: AnalogBench, phone: Driven) -> None:
        """Asked for no cadence, a channel has its zone's again."""
        phone.set(Ioctl.SETCADENCE, Cadence.of([100, 100]))
        phone.system.ioctl(phone.fd, Ioctl.SETCADENCE, 0)
        phone.hook(Hook.RING)
        analog.wait(900)
        assert phone.events() == []
        assert analog.bell()

    def test_odd_cadence(self, analog: AnalogBench, phone: Driven) -> None:
        """A cadence that ends with a stroke pauses for as long as the zone's first stroke is."""
        phone.set(Ioctl.SETCADENCE, Cadence.of([300]))
        phone.hook(Hook.RING)
        seen = self.edges(analog, phone, 1500)
        assert [event for event, _ in seen] == [Event.RINGEROFF, Event.RINGERON]
        assert [at for _, at in seen] == pytest.approx([300, 1300], abs=40)

    def test_no_bell_for_a_line(self, analog: AnalogBench, line: Driven) -> None:
        """RING on an exchange line is a start: nothing rings."""
        with refused(errno.EINPROGRESS):
            line.call(Ioctl.HOOK, Hook.RING)
        analog.wait(AT_ONCE_MS)
        assert analog.loop_closed()
        assert not analog.bell()

    def test_lifted_before_the_bell(self, analog: AnalogBench, phone: Driven) -> None:
        """The driver rings a telephone that is up: it is for the program to know better."""
        analog.set_handset(True)
        analog.wait(100)
        assert phone.events() == [Event.RINGOFFHOOK]
        with refused(errno.EINPROGRESS):
            phone.call(Ioctl.HOOK, Hook.RING)

    def test_off_hook_silences(self, analog: AnalogBench, phone: Driven) -> None:
        """OFFHOOK in the middle of a stroke stops the bell, and no edge comes any more."""
        phone.hook(Hook.RING)
        analog.wait(300)
        assert analog.bell()
        phone.hook(Hook.OFFHOOK)
        analog.wait(AT_ONCE_MS)
        assert not analog.bell()
        analog.wait(2000)
        assert Event.RINGERON not in phone.events()

    def test_on_hook_silences(self, analog: AnalogBench, phone: Driven) -> None:
        """ONHOOK ends ringing; a telephone that is known to be down is not treated to a battery removal."""
        analog.set_handset(True)
        analog.wait(100)
        analog.set_handset(False)
        analog.wait(1400)
        phone.call(Ioctl.FLUSH, Flush.EVENT)
        phone.hook(Hook.RING)
        analog.wait(300)
        phone.hook(Hook.ONHOOK)
        analog.wait(AT_ONCE_MS)
        assert not analog.bell()
        assert analog.fed()
        phone.hook(Hook.RING)


class TestConfiguration:
    """What a change of signalling does to a line."""

    def test_state_is_learned_anew(self, analog: AnalogBench, phone: Driven) -> None:
        """After a configuration the received state is not known until something happens or the channel's driver tells it."""
        phone.close()
        config = ChannelConfig(chan=analog.phone, sigtype=Sig.FXOKS, deflaw=Law.ALAW, master=analog.phone)
        memory = config.pack()
        analog.system.ioctl(control(analog), Ioctl.CHANCONFIG, memory)
        assert ChannelConfig.unpack(memory) == config
        again = Driven(analog, analog.phone)
        analog.set_handset(True)
        analog.wait(AT_ONCE_MS)
        assert again.events() == [Event.RINGOFFHOOK]

    def test_law(self, analog: AnalogBench) -> None:
        """The law of a configuration is the law of each opening."""
        for law in (Law.MULAW, Law.ALAW):
            config = ChannelConfig(chan=analog.line, sigtype=Sig.FXSKS, deflaw=law, master=analog.line)
            analog.system.ioctl(control(analog), Ioctl.CHANCONFIG, config.pack())
            channel = Driven(analog, analog.line)
            assert channel.params().curlaw == law
            channel.close()


def test_head_of_a_zone_is_no_zone(analog: AnalogBench) -> None:
    """A zone without tones gives a cadence all the same; its number can be used once."""
    head = ToneZoneHeader(zone=77, ringcadence=(500, 500, *[0] * 14), name="short")
    node = control(analog)
    analog.system.ioctl(node, Ioctl.LOADZONE, head.pack())
    with refused(errno.EINVAL):
        analog.system.ioctl(node, Ioctl.LOADZONE, head.pack())
