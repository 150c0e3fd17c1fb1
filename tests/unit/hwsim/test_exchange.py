"""Journeys between subscribers and exchange lines, with the appliance's end of the wire in the test's hands."""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernel.errors import BadInput, Refused
from hwsim.cable import KM_6
from hwsim.caller_id import BELL_202, V23, demodulate, mdmf, read_message
from hwsim.ears import HeardTone, best_match, tone_in
from hwsim.exchange import CallerIdStyle, Disconnect, Exchange, LineService, Phase
from hwsim.exchange_sounds import BUSY_TONES, SILENT, announced, busy_tone, dial_tone, ring_back_music
from hwsim.key_ear import keys_in
from hwsim.line import Impairments
from hwsim.line_service import CallerIdAlert, CallerIdSending
from hwsim.people import Subscriber
from hwsim.signals import IDLE_OCTET, Samples, keys, level_dbm0, linear_from_alaw
from hwsim.world import World
from tests.unit.hwsim.simple_world import SimpleExchangePort, simple_world

BUSY = HeardTone("busy", 450.0)


class Town:
    """Two exchange lines of one number, and Wang and Li who have telephones."""

    def __init__(self, service: LineService | None = None, impairments: Impairments | None = None, seed: int = 1) -> None:
        self.one, self.two = SimpleExchangePort(), SimpleExchangePort()
        self.told: list[str] = []
        self.world: World = simple_world(self.one, self.two, seed=seed, noted=lambda ms, who, what: self.told.append(f"{ms} {who} {what}"))
        self.exchange = Exchange(
            self.world,
            {"line-1": self.one, "line-2": self.two},
            {"line-1": "62001234", "line-2": "62001234"},
            {"line-1": service} if service else {},
            {"line-1": impairments} if impairments else {},
        )
        self.wang = Subscriber(self.world, self.exchange, "wang", "13800138000")
        self.li = Subscriber(self.world, self.exchange, "li", "13900139000", answers_after_s=3)

    def talking(self) -> None:
        """Wang has called line-1 and the appliance has answered."""
        self.wang.call("line-1")
        self.world.run_for(2000)
        self.one.loop(True)
        self.world.run_for(200)

    def phase(self) -> Phase:
        return self.exchange.lines["line-1"].phase

    def dial(self, number: str) -> None:
        """The appliance seizes line-1 and dials."""
        self.one.loop(True)
        self.world.run_for(1000)
        self.one.send(np.concatenate(keys(number)))


def voice(seed: int) -> Samples:
    return np.random.default_rng(seed).normal(0, 3000, 8000).astype(np.int16)


def test_a_caller_rings_the_line_with_caller_id_after_the_first_burst() -> None:
    """The line rings 1 s on and 4 s off; number and date come as FSK between the first bursts; the caller hears ringback."""
    town = Town()
    rang: list[tuple[int, bool]] = []
    town.one.set_ringing = lambda on: rang.append((town.world.now_ms, on))  # type: ignore[method-assign]  # to see when
    town.world.at(7, lambda: town.wang.call("line-1"))
    town.world.run_for(11_000)
    assert rang == [(7, True), (1007, False), (5007, True), (6007, False), (10007, True)]
    assert demodulate(np.concatenate([town.one.heard_lately(11)])) == (mdmf("13800138000", "01010800"),)
    burst = np.flatnonzero(np.frombuffer(bytes(town.one.heard), np.uint8) != IDLE_OCTET)
    assert burst[0] // 8 == 1507
    assert town.wang.ear.tone_now() == HeardTone("ringback", 450.0)


def test_both_hear_each_other_from_the_answer_on() -> None:
    """After the appliance answers, ringing and ringback end at once and every octet passes both ways."""
    town = Town()
    town.talking()
    assert town.one.moments[-1] == ("ringing", False)
    assert town.wang.talking
    said = town.wang.say(voice(1), "hello")
    town.one.send(voice(2))
    since = town.world.now_sample
    town.world.run_for(1500)
    assert bytes(town.one.heard)[said.start_sample : said.end_sample] == said.octets
    assert town.wang.ear.find(voice(2), since - 800).offset_samples == since
    assert town.wang.ear.find(voice(2)).correlation > 0.999


def test_a_speaker_begins_at_the_millisecond() -> None:
    """What is said in the middle of a block is heard from there."""
    town = Town()
    town.talking()
    start_ms = town.world.now_ms + 27
    town.world.at(start_ms, lambda: town.wang.say(voice(3)))
    town.world.run_for(1500)
    assert best_match(town.one.heard_lately(2), voice(3)).correlation > 0.999
    assert bytes(town.one.heard)[: start_ms * 8].endswith(bytes([IDLE_OCTET]) * 160)
    assert bytes(town.one.heard)[start_ms * 8] != IDLE_OCTET


def test_by_default_the_appliance_hears_busy_tone_when_the_caller_hangs_up() -> None:
    """Busy tone lasts until the appliance releases; then the line can be called again."""
    town = Town()
    town.talking()
    town.wang.hang_up()
    town.world.run_for(5000)
    assert tone_in(town.one.heard_lately(5)) == BUSY
    assert not town.exchange.lines["line-1"].free
    town.one.loop(False)
    assert town.exchange.lines["line-1"].free
    assert town.one.moments[2:] == []


@pytest.mark.parametrize(
    ("style", "moments"),
    [
        (Disconnect.BATTERY_DROP, [("battery", False), ("battery", True)]),
        (Disconnect.REVERSAL, [("reversed", True)]),
        (Disconnect.NONE, []),
    ],
)
def test_other_ways_of_ending_a_call(style: Disconnect, moments: list[tuple[str, bool]]) -> None:
    """The exchange ends a call by battery removal, by reversal, or not at all, as ordered; it is silent then."""
    town = Town(LineService(disconnect=style, battery_drop_ms=500))
    town.talking()
    before = len(town.one.moments)
    town.wang.hang_up()
    town.world.run_for(490)
    assert town.one.moments[before:] == moments[:1]
    town.world.run_for(40)
    assert town.one.moments[before:] == moments
    assert set(town.one.heard[-3200:]) == {IDLE_OCTET}
    town.one.loop(False)
    assert town.phase() is Phase.IDLE
    assert [on for what, on in town.one.moments if what == "reversed"][-1:] == ([False] if style is Disconnect.REVERSAL else [])


def test_the_way_of_ending_can_be_chosen_for_one_call() -> None:
    """A scenario tries another disconnect without another line."""
    town = Town()
    town.wang.call("line-1", Disconnect.BATTERY_DROP)
    town.world.run_for(100)
    town.one.loop(True)
    town.wang.hang_up()
    assert town.one.moments[-1] == ("battery", False)
    town.one.loop(False)
    assert town.one.moments[-1] == ("battery", True)


def test_the_caller_hears_busy_tone_when_the_appliance_hangs_up() -> None:
    """A caller who is left alone hears busy tone until hanging up, and can call again."""
    town = Town()
    town.talking()
    town.one.loop(False)
    town.world.run_for(4000)
    assert town.wang.ear.tone_now() == BUSY
    assert town.phase() is Phase.IDLE
    with pytest.raises(Refused, match="wang is in a call"):
        town.wang.call("line-1")
    town.wang.hang_up()
    town.wang.call("line-1")
    assert town.phase() is Phase.RINGING


def test_a_caller_who_gives_up_stops_the_ringing() -> None:
    """Ringing ends in the middle of a burst; nothing more is sent on the line."""
    town = Town()
    town.wang.call("line-1")
    town.world.run_for(5500)
    town.wang.hang_up()
    assert town.one.moments[-2:] == [("ringing", True), ("ringing", False)]
    count = len(town.one.moments)
    town.world.run_for(20_000)
    assert len(town.one.moments) == count


def test_nobody_answers_for_a_minute() -> None:
    """The exchange gives up after 60 s: busy tone for the caller, silence on the line."""
    town = Town()
    town.wang.call("line-1")
    town.world.run_for(62_000)
    assert town.phase() is Phase.IDLE
    assert town.wang.ear.tone_now() == BUSY


def test_a_number_rings_the_first_free_line_and_then_is_busy() -> None:
    """Two callers of one number reach two lines, the third hears busy tone; an unknown number has its own tone."""
    town = Town()
    town.wang.call("62001234")
    town.li.call("62001234")
    third = Subscriber(town.world, town.exchange, "zhao", "13700137000")
    third.call("62001234")
    town.world.run_for(3000)
    assert [line.phase for line in town.exchange.lines.values()] == [Phase.RINGING, Phase.RINGING]
    assert third.ear.tone_now() == BUSY
    third.hang_up()
    third.call("999")
    town.world.run_for(4000)
    assert third.ear.tone_now() == HeardTone("unallocated", 450.0)


def test_caller_id_can_be_absent_or_withheld() -> None:
    """No FSK at all on a line without the service; a withheld number says so."""
    town = Town()
    town.wang.caller_id = CallerIdStyle.NONE
    town.wang.call("line-1")
    town.li.absence = "private"
    town.li.call("line-2")
    town.world.run_for(4000)
    assert set(town.one.heard) == {IDLE_OCTET}
    assert demodulate(town.two.heard_lately(4)) == (mdmf("", "01010800", absence="private"),)


def test_caller_id_can_come_as_keys() -> None:
    """An exchange with DTMF caller id sends D, the number and C after the first burst; of a withheld number it sends nothing."""
    town = Town()
    for caller, line in ((town.wang, "line-1"), (town.li, "line-2")):
        caller.caller_id = CallerIdStyle.DTMF
        town.li.absence = "private"
        caller.call(line)
    town.world.run_for(4900)
    assert "".join(key.key for key in keys_in(town.one.heard_lately(3.9), 0)) == "D13800138000C"
    assert set(town.two.heard) == {IDLE_OCTET}


def test_a_telephone_that_is_taken_away_gives_its_number_back() -> None:
    """Its number cannot be reached any more and may be given to another telephone; one in a call cannot be taken away."""
    town = Town()
    town.wang.call("line-1")
    with pytest.raises(Refused, match="wang is in a call"):
        town.exchange.unsubscribe(town.wang)
    town.wang.hang_up()
    town.exchange.unsubscribe(town.wang)
    town.exchange.unsubscribe(town.wang)
    assert not town.exchange.knows("13800138000")
    assert town.exchange.knows("13900139000")
    assert town.exchange.knows("62001234")
    other = Subscriber(town.world, town.exchange, "other", "13800138000")
    town.exchange.unsubscribe(town.wang)
    assert town.exchange.knows(other.number)


def test_the_appliance_calls_out() -> None:
    """Dial tone until the first digit, then ringback while the subscriber rings, then talk; nothing is lost."""
    town = Town(LineService(reversal_on_answer=True))
    town.one.loop(True)
    town.world.run_for(2000)
    assert tone_in(town.one.heard_lately(2)) == HeardTone("dial", 450.0)
    town.one.send(np.concatenate(keys("13900139000")))
    town.world.run_for(300)
    assert set(town.one.heard[-800:]) == {IDLE_OCTET}
    town.world.run_for(2500)
    assert town.li.ringing
    assert town.phase() is Phase.RINGING_OUT
    assert ("reversed", True) not in town.one.moments
    assert town.world.run_until(lambda: town.li.talking, 3500)
    assert town.one.moments == [("reversed", True)]
    town.li.say(voice(4))
    town.one.send(voice(5))
    town.world.run_for(1500)
    assert best_match(town.one.heard_lately(2), voice(4)).correlation > 0.999
    assert town.li.ear.find(voice(5)).correlation > 0.999
    town.li.hang_up()
    town.world.run_for(3000)
    assert tone_in(town.one.heard_lately(3)) == BUSY
    town.one.loop(False)
    assert town.one.moments == [("reversed", True), ("reversed", False)]


def test_a_called_subscriber_stops_ringing_when_the_appliance_gives_up() -> None:
    """No ghost call is left behind, and the subscriber does not answer later."""
    town = Town()
    town.dial("13900139000")
    assert town.world.run_until(lambda: town.li.ringing, 6000)
    town.one.loop(False)
    town.world.run_for(5000)
    assert not town.li.ringing
    assert not town.li.talking
    with pytest.raises(Refused, match="nobody is calling"):
        town.li.answer()


@pytest.mark.parametrize(("number", "tone"), [("13700000000", "unallocated"), ("13800138000", "busy")])
def test_a_number_that_cannot_be_reached_has_its_tone(number: str, tone: str) -> None:
    """An unknown number, after 3 s without a digit, sounds the unallocated tone; an engaged one busy tone."""
    town = Town()
    town.wang.call("line-2")
    town.dial(number)
    town.world.run_for(12_000)
    assert tone_in(town.one.heard_lately(6)) == HeardTone(tone, 450.0)


def test_a_line_seized_without_dialling_gets_busy_tone_after_20_s() -> None:
    """Dial tone does not last for ever."""
    town = Town()
    town.one.loop(True)
    town.world.run_for(19_900)
    assert tone_in(town.one.heard_lately(5)) == HeardTone("dial", 450.0)
    town.world.run_for(4000)
    assert tone_in(town.one.heard_lately(3.5)) == BUSY


def test_a_called_subscriber_who_does_not_answer() -> None:
    """After 60 s of ringing the appliance hears busy tone and the subscriber rings no more."""
    town = Town()
    town.dial("13800138000")
    town.world.run_for(70_000)
    assert tone_in(town.one.heard_lately(5)) == BUSY
    assert not town.wang.ringing


def test_a_cut_line_drops_its_call_and_comes_back() -> None:
    """A broken wire takes the battery and the call; calls go to the other line; mended it works again."""
    town = Town()
    town.talking()
    town.exchange.cut("line-1")
    assert town.one.moments[-1] == ("battery", False)
    town.world.run_for(3000)
    assert town.wang.ear.tone_now() == BUSY
    town.wang.hang_up()
    town.one.loop(False)
    town.wang.call("62001234")
    assert town.exchange.lines["line-2"].phase is Phase.RINGING
    town.wang.hang_up()
    town.exchange.mend("line-1")
    assert town.one.moments[-1] == ("battery", True)
    town.wang.call("line-1")
    assert town.phase() is Phase.RINGING


def test_a_port_that_repeats_itself_changes_nothing() -> None:
    """A card that says twice that its loop is open does not end the ringing."""
    town = Town()
    town.wang.call("line-1")
    town.one.loop(False)
    assert town.phase() is Phase.RINGING


def test_a_number_belongs_to_one_subscriber() -> None:
    """Two people with one number are a fault in the scenario."""
    town = Town()
    with pytest.raises(BadInput, match="13800138000 of zhao is taken"):
        Subscriber(town.world, town.exchange, "zhao", "13800138000")


def test_the_same_seed_gives_the_same_call() -> None:
    """A noisy journey repeats octet by octet and word by word; another seed has another noise."""

    def journey(seed: int) -> tuple[bytes, list[str]]:
        town = Town(impairments=Impairments(noise_dbm0=-50, echo_loss_db=20), seed=seed)
        town.world.after(town.world.random.randint(1, 500), lambda: town.wang.call("line-1"))
        town.world.run_for(2500)
        town.one.loop(True)
        town.wang.press("12")
        town.world.run_for(1000)
        town.wang.hang_up()
        town.world.run_for(1000)
        return bytes(town.one.heard), town.told

    assert journey(5) == journey(5)
    assert journey(5)[0] != journey(6)[0]


# ---- manners of other exchanges and lines


def moments_of(town: Town) -> list[tuple[int, str, bool]]:
    """Everything that happens on line-1's pair, with its millisecond."""
    seen: list[tuple[int, str, bool]] = []
    for what in ("ringing", "battery", "reversed"):

        def note(on: bool, what: str = what) -> None:
            seen.append((town.world.now_ms, what, on))

        setattr(town.one, f"set_{what}", note)
    return seen


def heard(town: Town, seconds: float) -> Samples:
    return town.one.heard_lately(seconds)


@pytest.mark.parametrize("style", [CallerIdStyle.FSK, CallerIdStyle.SDMF, CallerIdStyle.ETSI])
def test_caller_id_can_come_before_the_bell(style: CallerIdStyle) -> None:
    """The number is told first, a quarter of a second later the bell rings; with a reversal the pair is turned until then."""
    town = Town(LineService(caller_id=CallerIdSending(before_ring=True, alert=CallerIdAlert.REVERSAL)))
    town.wang.caller_id = style
    moments = moments_of(town)
    town.wang.call("line-1")
    town.world.run_for(4000)
    (turned_ms, _, turned), (back_ms, _, back), (rang_ms, what, on) = moments[:3]
    assert (turned_ms, turned, back, what, on) == (0, True, False, "ringing", True)
    assert 800 < back_ms == rang_ms < 1500
    modem = V23 if style is CallerIdStyle.ETSI else BELL_202
    (message,) = demodulate(heard(town, 4), modem)
    shown = read_message(message)
    assert shown is not None
    assert shown.number == "13800138000"


def test_keys_can_come_before_the_bell() -> None:
    """DTMF caller id of another exchange: A and # around the number, 50 ms each, then the bell."""
    town = Town(LineService(caller_id=CallerIdSending(before_ring=True, start_key="A", stop_key="#", key_ms=50)))
    town.wang.caller_id = CallerIdStyle.DTMF
    moments = moments_of(town)
    town.wang.call("line-1")
    town.world.run_for(3000)
    assert "".join(key.key for key in keys_in(heard(town, 3), 0)) == "A13800138000#"
    assert moments[0] == (13 * 100 + 250, "ringing", True)


def test_a_spoilt_caller_id_is_spoilt_and_an_endless_one_endless() -> None:
    """A message that was changed on its way has no right checksum; one that never ends goes on until the call is over."""
    service = LineService(caller_id=CallerIdSending(spoil=lambda message: message[:-2] + bytes([message[-2] ^ 1, message[-1]])))
    town = Town(service)
    town.wang.call("line-1")
    town.world.run_for(4000)
    assert demodulate(heard(town, 4)) == ()
    endless = Town(LineService(caller_id=CallerIdSending(endless=True)))
    endless.wang.call("line-1")
    endless.world.run_for(30_000)
    assert level_dbm0(heard(endless, 1)) == pytest.approx(-13.5, abs=1)
    endless.wang.hang_up()
    endless.world.run_for(100)
    assert set(endless.one.heard[-160:]) == {IDLE_OCTET}


def test_a_call_can_ring_in_a_way_of_its_own() -> None:
    """A distinctive ring of two short bursts; the number comes in the long pause after them."""
    town = Town()
    moments = moments_of(town)
    town.wang.call("line-1", ring_cadence_ms=(400, 200, 400, 4000))
    town.world.run_for(6000)
    assert [(ms, on) for ms, _, on in moments] == [
        (0, True),
        (400, False),
        (600, True),
        (1000, False),
        (5000, True),
        (5400, False),
        (5600, True),
    ]
    assert len(demodulate(heard(town, 5))) == 1
    burst = np.flatnonzero(np.frombuffer(bytes(town.one.heard), np.uint8) != IDLE_OCTET)
    assert burst[0] // 8 == 1500


def test_a_patient_exchange_rings_forty_times() -> None:
    """Where the exchange does not give up, the fortieth burst still comes."""
    town = Town(LineService(ringing_most_ms=300_000))
    moments = moments_of(town)
    town.wang.call("line-1")
    town.world.run_for(196_000)
    assert sum(on for _, _, on in moments) == 40


def test_dial_tone_can_be_late_missing_or_off() -> None:
    """A line seized: silence for two seconds, then dial tone of 425 Hz; on another line none at all."""
    town = Town(LineService(dial_tone_after_ms=2000, sounds={"dial": dial_tone("itu")}))
    town.one.loop(True)
    town.world.run_for(2000)
    assert set(town.one.heard) == {IDLE_OCTET}
    town.world.run_for(2000)
    assert strongest_hz(heard(town, 1)) == 425
    silent = Town(LineService(sounds={"dial": SILENT}))
    silent.dial("13900139000")
    silent.world.run_for(2000)
    assert set(silent.one.heard) == {IDLE_OCTET}
    assert silent.world.run_until(lambda: silent.li.ringing, 4000)


def strongest_hz(audio: Samples) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(audio.astype(float))))) * 8000 / audio.size


def test_the_called_party_can_have_ring_back_music() -> None:
    """Instead of ringback the appliance hears music until the party answers."""
    music = ring_back_music(5, 1)
    town = Town(LineService(sounds={"ringback": music}))
    town.dial("13900139000")
    assert town.world.run_until(lambda: town.li.ringing, 6000)
    town.world.run_for(2500)
    assert best_match(heard(town, 2.6), linear_from_alaw(music[:8000])).correlation > 0.99
    town.world.run_until(lambda: town.li.talking, 2000)
    town.world.run_for(500)
    assert set(town.one.heard[-1600:]) == {IDLE_OCTET}


def test_a_number_that_does_not_exist_can_be_announced() -> None:
    """Instead of the tone a voice says so, again and again."""
    voice_said = voice(7)
    town = Town(LineService(sounds={"unallocated": announced(voice_said)}))
    town.dial("13700000000")
    town.world.run_for(9000)
    assert best_match(heard(town, 5), voice_said).correlation > 0.99


@pytest.mark.parametrize("name", [*BUSY_TONES, "uneven"])
def test_the_end_of_a_call_has_the_busy_tone_of_the_pbx(name: str) -> None:
    """After the caller hung up the appliance hears exactly the tone that this PBX has."""
    octets = busy_tone(name, 1)
    town = Town(LineService(sounds={"busy": octets}))
    town.talking()
    town.wang.hang_up()
    town.world.run_for(6000)
    assert best_match(heard(town, 6), linear_from_alaw(octets)).correlation > 0.99


def test_a_call_meets_our_own_seizure() -> None:
    """We go off hook to dial and are at once through to somebody who was just calling; the line had not rung."""
    town = Town()
    town.wang.call("line-1", collides=True)
    town.world.run_for(1000)
    assert town.one.moments == []
    assert not town.exchange.lines["line-1"].free
    town.one.loop(True)
    assert town.wang.talking
    town.one.send(voice(2))
    town.world.run_for(1500)
    assert town.wang.ear.find(voice(2)).correlation > 0.999
    town.wang.hang_up()
    town.world.run_for(100)
    assert town.phase() is Phase.CLEARING


def test_a_collision_that_did_not_happen_leaves_the_line_free() -> None:
    """The caller gives up before we seize the line: it can be called and dialled as ever."""
    town = Town()
    town.wang.call("line-1", collides=True)
    town.wang.hang_up()
    assert town.exchange.lines["line-1"].free
    town.one.loop(True)
    town.world.run_for(1500)
    assert tone_in(heard(town, 1.4)) == HeardTone("dial", 450.0)


def broken(town: Town, ms: int) -> None:
    """The appliance opens its loop for so long."""
    town.world.after(0, lambda: town.one.loop(False))
    town.world.after(ms, lambda: town.one.loop(True))
    town.world.run_for(ms + 40)


def test_a_flash_asks_for_a_second_call_and_the_next_brings_the_first_back() -> None:
    """A break of 100 ms gives second dial tone, the first party hears nothing; another number is called; a flash ends that call."""
    town = Town(LineService(flash_ms=(80, 200)))
    town.talking()
    broken(town, 100)
    town.world.run_for(1500)
    assert tone_in(heard(town, 1.4)) == HeardTone("dial", 450.0)
    town.one.send(np.concatenate(keys("13900139000")))
    assert town.world.run_until(lambda: town.li.talking, 12_000)
    town.one.send(voice(2))
    town.world.run_for(1500)
    assert town.li.ear.find(voice(2)).correlation > 0.999
    assert town.wang.ear.find(voice(2)).correlation < 0.2
    broken(town, 150)
    town.one.send(voice(3))
    town.world.run_for(1500)
    assert town.wang.ear.find(voice(3)).correlation > 0.999
    assert town.li.ear.tone_now() == BUSY
    town.one.loop(False)
    town.world.run_for(300)
    assert town.phase() is Phase.IDLE


@pytest.mark.parametrize(
    ("break_ms", "phase"), [(30, Phase.TALKING), (60, Phase.TALKING), (80, Phase.DIALLING), (200, Phase.DIALLING), (203, Phase.DIALLING)]
)
def test_only_a_break_of_the_right_length_is_a_flash(break_ms: int, phase: Phase) -> None:
    """Shorter ones are noise on the line, a longer one is a hang-up; what follows it is a new seizure."""
    town = Town(LineService(flash_ms=(80, 200)))
    town.talking()
    town.world.after(0, lambda: town.one.loop(False))
    town.world.at(town.world.now_ms + break_ms, lambda: town.one.loop(True))
    town.world.run_for(break_ms)
    town.world.run_for(20)
    assert town.phase() is phase


def test_without_the_service_any_break_ends_the_call() -> None:
    """On a line without services a flash is a hang-up, as it always was."""
    town = Town()
    town.talking()
    town.one.loop(False)
    assert town.phase() is Phase.IDLE


def test_the_held_party_and_the_consulted_one_may_hang_up() -> None:
    """A held caller who hangs up is gone when we come back: no ghost, the line ends as ever."""
    town = Town(LineService(flash_ms=(80, 200)))
    town.talking()
    broken(town, 100)
    town.wang.hang_up()
    town.one.loop(False)
    town.world.run_for(300)
    assert town.phase() is Phase.IDLE
    assert not town.exchange.engaged(town.wang)


def test_a_number_can_be_dialled_by_pulses() -> None:
    """Breaks of 60 ms are digits; dial tone stops with the first; the number is reached like any other."""
    town = Town()
    town.one.loop(True)
    town.world.run_for(1000)
    at = town.world.now_ms
    for digit in "13900139000":
        for _ in range(int(digit) or 10):
            town.world.at(at, lambda: town.one.loop(False))
            town.world.at(at + 60, lambda: town.one.loop(True))
            at += 100
        at += 600
    town.world.run_for(300)
    assert set(town.one.heard[-800:]) == {IDLE_OCTET}
    assert town.world.run_until(lambda: town.li.ringing, 20_000)
    assert town.exchange.lines["line-1"].dialled == "13900139000"


def test_a_handset_put_down_in_the_middle_of_dialling_ends_it() -> None:
    """A loop open for more than a fifth of a second is no pulse: the line is free again, whatever was dialled."""
    town = Town()
    town.one.loop(True)
    town.world.run_for(1000)
    town.one.loop(False)
    town.world.run_for(220)
    assert town.phase() is Phase.IDLE
    town.world.run_for(1000)
    assert town.exchange.lines["line-1"].free


def test_another_cable_is_heard_at_once() -> None:
    """A line moved to a long cable in the middle of a call becomes quieter, and its loop current less."""
    town = Town()
    town.talking()
    near_ma = town.exchange.pairs["line-1"].readings().loop_ma
    town.wang.say(np.tile(voice(1), 3))
    town.world.run_for(1000)
    near = level_dbm0(heard(town, 0.5))
    town.exchange.impair("line-1", Impairments(cable=KM_6))
    town.world.run_for(1000)
    assert 5 < near - level_dbm0(heard(town, 0.5)) < 15
    assert town.exchange.pairs["line-1"].readings().loop_ma < near_ma
    assert town.exchange.impairments_of("line-1").cable is KM_6
