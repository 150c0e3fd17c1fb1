"""The hook machines at the edges of every time: one millisecond less, one more."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from boards.dahdi.abi import Alarm, Event, Hook, ReceivedHook, Sig
from hwsim.agenda import Agenda
from hwsim.analog_port import ExchangePort, PhonePort
from hwsim.hook_machine import HookTimes, TransmitState

CADENCE = (1000, 4000)
TWO_SECONDS_LATER = 2001


class Rig:
    """A clock and the events of one port, each with its millisecond."""

    def __init__(self) -> None:
        self.agenda = Agenda()
        self.noted: list[tuple[int, int]] = []
        self.emptied = 0

    def event(self, number: int) -> None:
        """Take one event down."""
        self.noted.append((self.agenda.now_ms, number))

    def emptying(self) -> None:
        """Count a reset of the audio buffers."""
        self.emptied += 1

    def exchange(self, sig: Sig = Sig.FXSKS) -> ExchangePort:
        """An open exchange line whose ring debounce after opening is over; the clock then stands at 2001 ms."""
        port = ExchangePort(self.agenda, 1, sig, self.event, self.emptying)
        port.opened(CADENCE, nonblocking=True)
        self.agenda.advance_to(TWO_SECONDS_LATER)
        return port

    def phone(self, sig: Sig = Sig.FXOKS) -> PhonePort:
        """An open phone port with the handset down."""
        port = PhonePort(self.agenda, 5, sig, self.event, self.emptying)
        port.opened(CADENCE, nonblocking=True)
        return port

    def wait(self, ms: int) -> None:
        """Let time pass."""
        self.agenda.advance_to(self.agenda.now_ms + ms)

    def events(self) -> list[int]:
        """The events since the last question."""
        taken, self.noted = [number for _, number in self.noted], []
        return taken

    def times(self) -> list[tuple[int, int]]:
        """The same, with their milliseconds."""
        taken, self.noted = self.noted, []
        return taken


@pytest.fixture
def rig() -> Rig:
    """A fresh clock."""
    return Rig()


# ---- the transmit machine ----


def test_going_off_hook_takes_the_debounce_time(rig: Rig) -> None:
    """A flash 599 ms after seizing is refused, a millisecond later it is made."""
    port = rig.exchange()
    assert port.hook(Hook.OFFHOOK) == 0
    rig.wait(599)
    assert port.hook(Hook.FLASH) == errno.EBUSY
    rig.wait(1)
    assert port.hook(Hook.FLASH) == errno.EINPROGRESS


def test_flash_opens_the_loop_for_the_flash_time(rig: Rig) -> None:
    """The exchange sees the loop open 50 ms after the order, for exactly ``flashtime``, and the program is told the end."""
    port = rig.exchange()
    port.set_times(HookTimes(flashtime=100))
    port.hook(Hook.OFFHOOK)
    rig.wait(600)
    seen: list[tuple[int, bool]] = []
    start = rig.agenda.now_ms
    port.loop_changed = lambda closed: seen.append((rig.agenda.now_ms - start, closed))
    port.hook(Hook.FLASH)
    rig.wait(1000)
    assert seen == [(50, False), (150, True)]
    assert rig.times() == [(start + 150, Event.HOOKCOMPLETE)]


def test_blocking_descriptor_gets_no_completion_event(rig: Rig) -> None:
    """A program with a blocking descriptor is not sent HOOKCOMPLETE."""
    port = rig.exchange()
    port.opened(CADENCE, nonblocking=False)
    port.hook(Hook.OFFHOOK)
    rig.wait(600)
    assert port.hook(Hook.FLASH) == 0
    rig.wait(1000)
    assert port.loop_closed
    assert rig.events() == []


def test_start_on_an_exchange_line(rig: Rig) -> None:
    """START seizes the line for 1500 ms, rests 500 ms and says that it is done."""
    port = rig.exchange()
    start = rig.agenda.now_ms
    assert port.hook(Hook.START) == errno.EINPROGRESS
    assert port.loop_closed
    assert port.hook(Hook.START) == errno.EBUSY
    rig.wait(3000)
    assert rig.times() == [(start + 2000, Event.HOOKCOMPLETE)]
    assert port.transmit is TransmitState.OFFHOOK


def test_wink(rig: Rig) -> None:
    """A wink closes the loop 50 ms after the order for 150 ms; it is refused off hook."""
    port = rig.exchange()
    start = rig.agenda.now_ms
    seen: list[tuple[int, bool]] = []
    port.loop_changed = lambda closed: seen.append((rig.agenda.now_ms - start, closed))
    assert port.hook(Hook.WINK) == errno.EINPROGRESS
    rig.wait(500)
    assert seen == [(50, True), (200, False)]
    assert rig.times() == [(start + 200, Event.HOOKCOMPLETE)]
    port.hook(Hook.OFFHOOK)
    assert port.hook(Hook.WINK) == errno.EBUSY


def test_unknown_hook_argument(rig: Rig) -> None:
    """A HOOK argument that the driver does not know is refused."""
    assert rig.exchange().hook(7) == errno.EINVAL


def test_ring_cadence(rig: Rig) -> None:
    """The bell sounds 1 s and rests 4 s; its first stroke gives no event, every later edge does."""
    port = rig.phone()
    bell: list[tuple[int, bool]] = []
    port.ringing_changed = lambda on: bell.append((rig.agenda.now_ms, on))
    assert port.hook(Hook.RING) == errno.EINPROGRESS
    assert port.hook(Hook.RING) == errno.EBUSY
    rig.wait(10_999)
    assert bell == [(0, True), (1000, False), (5000, True), (6000, False), (10_000, True)]
    assert rig.times() == [(1000, Event.RINGEROFF), (5000, Event.RINGERON), (6000, Event.RINGEROFF), (10_000, Event.RINGERON)]
    assert port.hook(Hook.RINGOFF) == 0
    assert not port.ringing
    rig.wait(20_000)
    assert rig.events() == []


def test_ring_cadence_repeats_from_the_mark(rig: Rig) -> None:
    """A cadence may begin with a burst of its own and repeat only what follows the negative time."""
    port = rig.phone()
    port.set_cadence((200, 300, -1000, 2000))
    bell: list[tuple[int, bool]] = []
    port.ringing_changed = lambda on: bell.append((rig.agenda.now_ms, on))
    port.hook(Hook.RING)
    rig.wait(6000)
    assert bell == [(0, True), (200, False), (500, True), (1500, False), (3500, True), (4500, False)]


def test_ring_without_zone(rig: Rig) -> None:
    """Without tone zone no phone rings, and the technician is told why."""
    port = rig.phone()
    port.opened(None, nonblocking=True)
    assert port.hook(Hook.RING) == errno.ENODATA
    assert not port.ringing
    assert port.cadence[:3] == [2000, 4000, 0]
    port.set_times(HookTimes(starttime=1700))
    assert port.cadence[:2] == [1700, 4000]


def test_hang_up_empties_the_audio(rig: Rig) -> None:
    """After a hang-up nobody hears what was still queued."""
    port = rig.phone()
    before = rig.emptied
    port.hook(Hook.ONHOOK)
    assert rig.emptied == before + 1


# ---- a phone ----


def test_lift_is_reported_once(rig: Rig) -> None:
    """One lift of the handset, one event."""
    port = rig.phone()
    port.set_loop(True)
    port.set_loop(True)
    assert rig.events() == [Event.RINGOFFHOOK]


@pytest.mark.parametrize(
    ("break_ms", "expected"),
    [
        (1, []),
        (14, []),
        (15, [Event.PULSE_START]),
        (100, [Event.PULSE_START]),
        (200, [Event.PULSE_START]),
        (201, [Event.WINKFLASH]),
        (1249, [Event.WINKFLASH]),
        (1250, [Event.ONHOOK, Event.RINGOFFHOOK]),
        (3000, [Event.ONHOOK, Event.RINGOFFHOOK]),
    ],
)
def test_break_of_the_loop(rig: Rig, break_ms: int, expected: list[Event]) -> None:
    """A bounce is nothing, a short break a dial pulse, a longer one a flash, a long one a hang-up."""
    port = rig.phone()
    port.set_loop(True)
    rig.events()
    port.set_loop(False)
    rig.wait(break_ms)
    port.set_loop(True)
    assert rig.events() == expected


def test_hang_up_comes_after_the_flash_time(rig: Rig) -> None:
    """The hang-up is reported 1250 ms late by default, and earlier when the site sets it so."""
    port = rig.phone()
    port.set_loop(True)
    port.set_loop(False)
    rig.wait(2000)
    port.set_times(HookTimes(rxflashtime=800))
    port.set_loop(True)
    port.set_loop(False)
    rig.wait(2000)
    assert rig.times() == [(0, Event.RINGOFFHOOK), (1250, Event.ONHOOK), (2000, Event.RINGOFFHOOK), (2800, Event.ONHOOK)]


def pulse(rig: Rig, port: PhonePort, count: int) -> None:
    """Dial pulses at ten a second."""
    for _ in range(count):
        port.set_loop(False)
        rig.wait(60)
        port.set_loop(True)
        rig.wait(40)


@pytest.mark.parametrize(("count", "key"), [(1, "1"), (9, "9"), (10, "0"), (11, "*"), (12, "#")])
def test_pulse_digit(rig: Rig, count: int, key: str) -> None:
    """A dialled digit is known 250 ms after its last pulse, not a millisecond earlier."""
    port = rig.phone()
    port.set_loop(True)
    pulse(rig, port, count)
    rig.wait(209)
    assert rig.events() == [Event.RINGOFFHOOK, Event.PULSE_START]
    rig.wait(1)
    assert rig.events() == [Event.PULSEDIGIT | ord(key)]


def test_too_many_pulses(rig: Rig) -> None:
    """Thirteen pulses are no digit."""
    port = rig.phone()
    port.set_loop(True)
    pulse(rig, port, 13)
    rig.wait(1000)
    assert rig.events() == [Event.RINGOFFHOOK, Event.PULSE_START]


def test_pulses_during_our_debounce_do_not_count(rig: Rig) -> None:
    """Within 600 ms of OFFHOOK breaks are not looked at; a phone found on hook at its end has hung up 1250 ms later."""
    port = rig.phone()
    port.set_loop(True)
    port.hook(Hook.OFFHOOK)
    rig.events()
    pulse(rig, port, 2)
    assert rig.events() == []
    port.set_loop(False)
    rig.wait(400 + 1249)
    assert rig.events() == []
    rig.wait(1)
    assert rig.events() == [Event.ONHOOK]


def test_answer_stops_the_bell_but_not_the_cadence(rig: Rig) -> None:
    """The bell is silent at once when the handset is lifted; the driver's ring events run on until it is told."""
    port = rig.phone()
    port.hook(Hook.RING)
    rig.wait(500)
    port.set_loop(True)
    assert not port.ringing
    rig.wait(5000)
    assert not port.ringing
    assert rig.times() == [(500, Event.RINGOFFHOOK), (1000, Event.RINGEROFF), (5000, Event.RINGERON)]
    assert port.hook(Hook.OFFHOOK) == 0
    rig.wait(5000)
    assert rig.events() == []
    assert port.transmit is TransmitState.OFFHOOK


def test_battery_removal_when_we_hang_up_first(rig: Rig) -> None:
    """The phone that is still off hook loses battery for 500 ms; the port is busy until 800 ms."""
    port = rig.phone()
    port.set_loop(True)
    port.hook(Hook.OFFHOOK)
    rig.wait(600)
    rig.events()
    fed: list[tuple[int, bool]] = []
    port.battery_changed = lambda on: fed.append((rig.agenda.now_ms, on))
    port.hook(Hook.ONHOOK)
    assert not port.battery
    rig.wait(799)
    assert fed == [(600, False), (1100, True)]
    assert rig.times() == [(1100, Event.HOOKCOMPLETE)]
    assert port.hook(Hook.OFFHOOK) == errno.EBUSY
    rig.wait(1)
    assert port.hook(Hook.OFFHOOK) == 0


def test_hang_up_during_battery_removal(rig: Rig) -> None:
    """A phone that hangs up while its battery is gone is reported on hook when the rest after it is over."""
    port = rig.phone()
    port.set_loop(True)
    port.hook(Hook.OFFHOOK)
    rig.wait(600)
    rig.events()
    port.hook(Hook.ONHOOK)
    rig.wait(300)
    port.set_loop(False)
    rig.wait(2000)
    assert rig.times() == [(1100, Event.HOOKCOMPLETE), (1400, Event.ONHOOK)]


def test_no_battery_removal_for_a_phone_on_hook(rig: Rig) -> None:
    """A phone that hung up before us keeps its battery; one that may still flash does not."""
    port = rig.phone()
    port.set_loop(True)
    port.hook(Hook.OFFHOOK)
    rig.wait(600)
    port.set_loop(False)
    rig.wait(1250)
    port.hook(Hook.ONHOOK)
    assert port.battery
    port.hook(Hook.OFFHOOK)
    port.set_loop(True)
    rig.wait(600)
    port.set_loop(False)
    port.hook(Hook.ONHOOK)
    assert not port.battery


def test_loop_start_phone_keeps_battery(rig: Rig) -> None:
    """Only kewl start removes battery."""
    port = rig.phone(Sig.FXOLS)
    port.set_loop(True)
    port.hook(Hook.OFFHOOK)
    rig.wait(600)
    port.hook(Hook.ONHOOK)
    assert port.battery


def test_polarity(rig: Rig) -> None:
    """Reversal reaches the phone; it is refused while the phone rings or has no battery."""
    port = rig.phone()
    seen: list[bool] = []
    port.polarity_changed = seen.append
    assert port.set_polarity(True) == 0
    assert port.set_polarity(True) == 0
    assert seen == [True]
    port.hook(Hook.RING)
    assert port.set_polarity(False) == errno.EINVAL
    port.set_loop(True)
    port.hook(Hook.ONHOOK)
    assert not port.battery
    assert port.set_polarity(False) == errno.EINVAL
    assert port.reversed


def test_phone_hears_on_hook_only_when_it_may(rig: Rig) -> None:
    """With the handset down the phone hears us between bursts, for 6 s after ringing, and for as long as we ask."""
    port = rig.phone()
    assert not port.heard_on_line
    port.hook(Hook.RING)
    assert not port.heard_on_line
    rig.wait(1000)
    assert port.heard_on_line
    rig.wait(4000)
    assert not port.heard_on_line
    port.hook(Hook.RINGOFF)
    rig.wait(5999)
    assert port.heard_on_line
    rig.wait(1)
    assert not port.heard_on_line
    port.transfer_on_hook(1500)
    rig.wait(1499)
    assert port.heard_on_line
    assert not port.hears_line
    rig.wait(1)
    assert not port.heard_on_line


def test_answer_ends_on_hook_audio(rig: Rig) -> None:
    """A phone that answered and hung up again within 6 s of ringing does not hear us any more."""
    port = rig.phone()
    port.hook(Hook.RING)
    rig.wait(1500)
    port.set_loop(True)
    port.hook(Hook.OFFHOOK)
    rig.wait(1000)
    port.set_loop(False)
    assert not port.heard_on_line


def test_phone_in_conversation(rig: Rig) -> None:
    """Off hook both directions are open; hung up neither is."""
    port = rig.phone()
    port.set_loop(True)
    assert port.hears_line
    assert port.heard_on_line
    port.set_loop(False)
    assert not port.hears_line
    assert not port.heard_on_line


# ---- an exchange line ----


def test_burst(rig: Rig) -> None:
    """A burst is seen after 64 ms, its end 256 ms late and 50 ms more."""
    port = rig.exchange()
    start = rig.agenda.now_ms
    port.set_ringing(True)
    rig.wait(1000)
    port.set_ringing(False)
    rig.wait(1000)
    assert rig.times() == [(start + 64, Event.RINGBEGIN), (start + 1000 + 256 + 50, Event.RINGOFFHOOK)]


@pytest.mark.parametrize(("burst_ms", "expected"), [(63, []), (64, [Event.RINGBEGIN, Event.RINGOFFHOOK])])
def test_short_burst(rig: Rig, burst_ms: int, expected: list[Event]) -> None:
    """A crackle on the line shorter than 64 ms does not ring."""
    port = rig.exchange()
    port.set_ringing(True)
    rig.wait(burst_ms)
    port.set_ringing(False)
    rig.wait(1000)
    assert rig.events() == expected


@pytest.mark.parametrize(("gap_ms", "bursts"), [(255, 1), (306, 2), (500, 2)])
def test_gap_in_a_burst(rig: Rig, gap_ms: int, bursts: int) -> None:
    """A gap shorter than the detector's memory does not make two bursts of one."""
    port = rig.exchange()
    port.set_ringing(True)
    rig.wait(500)
    port.set_ringing(False)
    rig.wait(gap_ms)
    port.set_ringing(True)
    rig.wait(500)
    assert rig.events().count(Event.RINGBEGIN) == bursts


@pytest.mark.parametrize(("begins_ms", "seen"), [(1935, False), (1936, True), (2500, True)])
def test_ring_debounce_after_hang_up(rig: Rig, begins_ms: int, seen: bool) -> None:
    """Ringing that the card sees within 2 s of our hang-up begins unannounced; just later it is announced."""
    port = rig.exchange()
    port.hook(Hook.OFFHOOK)
    rig.wait(1000)
    port.hook(Hook.ONHOOK)
    rig.events()
    rig.wait(begins_ms)
    port.set_ringing(True)
    rig.wait(300)
    assert (Event.RINGBEGIN in rig.events()) is seen


def test_ring_debounce_after_open(rig: Rig) -> None:
    """A line opened while it rings announces the next burst, not this one."""
    port = ExchangePort(rig.agenda, 1, Sig.FXSKS, rig.event, rig.emptying)
    port.opened(CADENCE, nonblocking=True)
    port.set_ringing(True)
    rig.wait(1000)
    port.set_ringing(False)
    rig.wait(4000)
    assert rig.events() == []
    port.set_ringing(True)
    rig.wait(100)
    assert rig.events() == [Event.RINGBEGIN]


def test_answer_within_a_burst(rig: Rig) -> None:
    """After we answer no ring event comes any more."""
    port = rig.exchange()
    port.set_ringing(True)
    rig.wait(500)
    port.hook(Hook.OFFHOOK)
    port.set_ringing(False)
    assert port.loop_closed
    rig.wait(10_000)
    assert rig.events() == [Event.RINGBEGIN]


@pytest.mark.parametrize(("drop_ms", "expected"), [(63, []), (64, [Event.ONHOOK]), (500, [Event.ONHOOK])])
def test_battery_drop_in_a_call(rig: Rig, drop_ms: int, expected: list[Event]) -> None:
    """A battery drop of 64 ms or more in a call is the exchange's hang-up."""
    port = rig.exchange()
    port.hook(Hook.OFFHOOK)
    rig.wait(600)
    port.set_battery(False)
    rig.wait(drop_ms)
    port.set_battery(True)
    rig.wait(3000)
    assert rig.events() == expected


@pytest.mark.parametrize(("after_ms", "expected"), [(535, []), (536, [Event.ONHOOK])])
def test_battery_drop_while_seizing(rig: Rig, after_ms: int, expected: list[Event]) -> None:
    """A drop that the card sees before the debounce of 600 ms is over is not the exchange's hang-up."""
    port = rig.exchange()
    port.hook(Hook.OFFHOOK)
    rig.wait(after_ms)
    port.set_battery(False)
    rig.wait(100)
    assert rig.events() == expected


def test_loop_start_reports_no_disconnect(rig: Rig) -> None:
    """A loop-start line never tells that the far end is gone."""
    port = rig.exchange(Sig.FXSLS)
    port.hook(Hook.OFFHOOK)
    rig.wait(600)
    port.set_battery(False)
    rig.wait(500)
    assert rig.events() == []


def test_seizing_a_dead_line(rig: Rig) -> None:
    """Off hook on a line without battery the driver reports RINGOFFHOOK 1250 ms after its debounce: no ringing, its own oddity."""
    port = rig.exchange()
    port.set_battery(False)
    rig.wait(500)
    start = rig.agenda.now_ms
    port.hook(Hook.OFFHOOK)
    rig.wait(5000)
    assert (start + 600 + 1250, Event.RINGOFFHOOK) in rig.times()


@pytest.mark.parametrize(("gone_ms", "alarms"), [(500, []), (1064, [Event.ALARM, Event.NOALARM]), (5000, [Event.ALARM, Event.NOALARM])])
def test_battery_alarm(rig: Rig, gone_ms: int, alarms: list[Event]) -> None:
    """A cable pulled out is an alarm after a second and is cleared a second after it is back."""
    port = rig.exchange()
    port.set_battery(False)
    rig.wait(gone_ms)
    port.set_battery(True)
    rig.wait(5000)
    assert rig.events() == alarms


def test_battery_alarm_time(rig: Rig) -> None:
    """The alarm comes 1000 ms after the battery went, not a millisecond earlier, and is red."""
    port = rig.exchange()
    port.set_battery(False)
    alarms = []
    for wait_ms in (999, 1):
        rig.wait(wait_ms)
        alarms.append(port.alarms)
    assert alarms == [Alarm.NONE, Alarm.RED]
    assert rig.events() == [Event.ALARM]


@pytest.mark.parametrize(("held_ms", "expected"), [(63, []), (64, [Event.POLARITY, Event.POLARITY])])
def test_polarity_debounce(rig: Rig, held_ms: int, expected: list[Event]) -> None:
    """A reversal held for 64 ms is reported, and the way back too; a shorter one is not."""
    port = rig.exchange()
    port.set_reversed(True)
    rig.wait(held_ms)
    port.set_reversed(False)
    rig.wait(1000)
    assert rig.events() == expected


def test_first_polarity_is_learned(rig: Rig) -> None:
    """A line that is reversed from the start is no event."""
    port = ExchangePort(rig.agenda, 1, Sig.FXSKS, rig.event, rig.emptying)
    port.set_reversed(True)
    rig.wait(1000)
    assert rig.events() == []
    port.set_reversed(False)
    rig.wait(64)
    assert rig.events() == [Event.POLARITY]


def test_frozen_signalling(rig: Rig) -> None:
    """With signalling frozen nothing that the far end does is reported."""
    phone, line = rig.phone(), rig.exchange()
    phone.frozen = line.frozen = True
    phone.set_loop(True)
    line.set_ringing(True)
    rig.wait(3000)
    assert rig.events() == []


def test_reconfiguring_reports_the_present(rig: Rig) -> None:
    """A channel configured anew knows at once of a handset that is up, and after 64 ms of battery that is there."""
    phone, line = rig.phone(), rig.exchange()
    phone.set_loop(True)
    rig.events()
    phone.configured(Sig.FXOKS)
    assert rig.events() == []
    assert phone.received is ReceivedHook.OFFHOOK
    line.configured(Sig.FXSKS)
    known = [line.received]
    rig.wait(64)
    assert [*known, line.received] == [ReceivedHook.INITIAL, ReceivedHook.OFFHOOK]


@pytest.mark.parametrize("make", [Rig.exchange, Rig.phone])
def test_pulled_and_pushed(rig: Rig, make: Callable[[Rig], ExchangePort | PhonePort]) -> None:
    """A card pulled in a call drops its lines; put back it is idle and works."""
    port = make(rig)
    if isinstance(port, PhonePort):
        port.set_loop(True)
    port.hook(Hook.OFFHOOK)
    rig.wait(700)
    rig.events()
    port.pulled()
    assert not port.hears_line
    assert not port.heard_on_line
    rig.wait(10_000)
    assert rig.events() == []
    port.pushed()
    assert port.transmit is TransmitState.ONHOOK
    assert port.hears_line
