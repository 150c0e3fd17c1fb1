"""Real lines on simulated cards: what a customer, an agent or the exchange does, and what the engine is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from boards.dahdi import fxo
from boards.dahdi.abi import Event
from boards.dahdi.lines import AnalogTrunk
from boards.dahdi.media import KeyDown
from boards.dahdi.stations import AnalogStation, local_minute
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text
from engine.settings.site import LineTimesSection
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId
from engine.telephony.tones import TONE_SETS
from hwsim.caller_id import mdmf, modulate
from hwsim.exchange_line import ExchangeLine, LineService
from hwsim.exchange_sounds import SILENT
from hwsim.people import Subscriber
from hwsim.signals import CADENCES, RATE_HZ, Cadence, Samples, cadence, silence, tone
from hwsim.voices import speech
from tests.line_bench import CALLER_NUMBER, LineBench

LINE, LINE_WITH_REVERSAL, PHONE = "line-1", "line-2", "phone-801"
CALLED_NUMBER = "65510001"


@pytest.fixture
def bench() -> Iterator[LineBench]:
    """A started board, closed at the end."""
    made = LineBench()
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="session")
def chatter(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Half a minute of talk in two voices and languages, at the level of speech on a line."""
    folder: Path = tmp_path_factory.mktemp("voices")
    said = [
        speech("您好，我想问一下我的账单为什么这个月多了二十块钱，上个月还不是这样的。", "zh", 1, folder),
        speech("Good morning, I am calling about the order that should have come last week and never did.", "en", 2, folder),
        speech("喂，喂，听得到吗？五，五，五，零零零，对对对对对。", "zh", 3, folder),
    ]
    return np.concatenate([part for words in said for part in (words, silence(400))])


def trunk(bench: LineBench, index: int = 0) -> AnalogTrunk:
    return bench.board.trunks[index]


def station(bench: LineBench) -> AnalogStation:
    return bench.board.stations[0]


def exchange_line(bench: LineBench, name: str = LINE) -> ExchangeLine:
    return bench.exchange.lines[name]


def louder(samples: Samples, gain_db: float) -> Samples:
    changed: Samples = np.clip(np.rint(samples * 10 ** (gain_db / 20)), -32768, 32767).astype(np.int16)
    return changed


def round_and_round(period: Samples, seconds: float) -> Samples:
    return np.resize(period, round(seconds * RATE_HZ))


# ---- incoming ----


def test_a_caller_who_gives_up_after_one_ring_makes_no_call(bench: LineBench) -> None:
    """One ring and away: noted as a ring, offered to nobody."""
    bench.calls(LINE, caller_id=False)
    bench.wait(1.2)
    bench.caller.hang_up()
    bench.wait(10)
    assert bench.heard.of(LINE) == [("rang",)]
    assert trunk(bench).free


def test_caller_id_with_a_wrong_checksum_is_no_caller_id(bench: LineBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that came through garbled is not shown: the call is offered at the second ring, without number."""
    broken = bytearray(mdmf(CALLER_NUMBER, "03010900"))
    broken[-3] ^= 0x01
    monkeypatch.setattr("hwsim.caller_id_player.modulate", lambda _message, *_how: modulate(bytes(broken)))
    bench.calls(LINE)
    bench.wait(4.5)
    assert bench.heard.of(LINE) == [("rang",)]
    bench.wait(1)
    assert bench.heard.of(LINE) == [("rang",), ("offered", UNKNOWN_CALLER, "62010001")]


def test_a_caller_id_message_that_makes_no_sense_is_counted(bench: LineBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message lamp signal instead of a number is noted as the exchange's fault; the call comes through at the second ring, without number."""
    lamp = bytes([0x82, 3, 0x0B, 1, 0xFF])
    message = lamp + bytes([-sum(lamp) & 0xFF])
    monkeypatch.setattr("hwsim.caller_id_player.modulate", lambda _message, *_how: modulate(message))
    bench.calls(LINE)
    bench.wait(4)
    assert [told[0] for told in bench.heard.of(LINE)] == ["rang", "violated"]
    bench.wait(2)
    assert [told[0] for told in bench.heard.of(LINE)] == ["rang", "violated", "offered"]
    assert bench.heard.of(LINE)[-1][1] == UNKNOWN_CALLER


def test_withheld_number_and_name_reach_the_engine(bench: LineBench) -> None:
    """What the exchange says of the caller is what the engine hears: a reason instead of a number, a Chinese name."""
    bench.caller.absence = "private"
    bench.calls(LINE)
    bench.caller.absence, bench.caller.shown_name = "", ""
    other = Subscriber(bench.world, bench.exchange, "other", "13700000000", shown_name="李雷")
    other.call(LINE_WITH_REVERSAL)
    bench.wait(4)
    assert bench.heard.of(LINE)[-1] == ("offered", CallerId(absence="private"), "62010001")
    assert bench.heard.of(LINE_WITH_REVERSAL)[-1] == ("offered", CallerId("13700000000", "李雷"), "62010002")


def test_the_site_says_at_which_ring_an_unknown_caller_is_offered() -> None:
    """Where caller id comes late, the site waits for more rings; where it never comes, one is enough."""
    for rings, least_s, most_s in ((1, 0.2, 0.7), (3, 9.5, 10.6)):
        bench = LineBench(times=LineTimesSection(answer_after_rings=rings))
        bench.start()
        began_ms = bench.world.now_ms
        bench.calls(LINE, caller_id=False)
        assert bench.until_told(LINE, "offered", 20)
        assert least_s <= (bench.world.now_ms - began_ms) / 1000 <= most_s
        bench.close()


def test_a_ring_whose_beginning_nobody_heard_counts(bench: LineBench) -> None:
    """Who calls while the line still rests is heard by the end of the first burst, and his caller id is not missed."""
    bench.answered_call()
    trunk(bench).release()
    bench.caller.hang_up()
    bench.wait(1.6)
    bench.calls(LINE)
    bench.wait(0.6)
    assert bench.heard.told == []
    assert bench.until_told(LINE, "offered", 3)
    assert bench.heard.of(LINE) == [("rang",), ("offered", CallerId(CALLER_NUMBER), "62010001")]


def test_an_answer_that_crosses_the_callers_giving_up_ends_soon(bench: LineBench) -> None:
    """We answer, the caller has just gone: the exchange gives dial tone, later busy tone, and the line is released by that."""
    bench.calls(LINE)
    assert bench.until_told(LINE, "offered", 5)
    bench.caller.hang_up()
    trunk(bench).answer()
    assert bench.until_told(LINE, "released", 30)
    assert bench.heard.of(LINE)[-1] == ("released", "busy_tone")
    bench.wait(4)
    assert trunk(bench).free
    assert exchange_line(bench).free


def test_a_ring_that_meets_our_seizure_is_not_offered(bench: LineBench) -> None:
    """Glare: the exchange rings in the moment in which we seize. No call is offered on the line that we use."""
    line = trunk(bench)
    bench.calls(LINE, caller_id=False)
    line.dial("1")
    bench.wait(3)
    line.release()
    bench.wait(4)
    assert line.free
    assert bench.heard.of(LINE) == []
    assert bench.refused == []


def test_two_calls_back_to_back(bench: LineBench) -> None:
    """The line serves one customer after the other, each with the own number, and each is released once."""
    other = Subscriber(bench.world, bench.exchange, "other", "13700000000")
    for caller in (bench.caller, other):
        caller.call(LINE)
        assert bench.until_told(LINE, "offered", 10)
        trunk(bench).answer()
        bench.wait(3)
        caller.hang_up()
        assert bench.until_told(LINE, "released", 5)
        assert bench.heard.of(LINE) == [("rang",), ("offered", CallerId(caller.number), "62010001"), ("released", "busy_tone")]
        bench.heard.told.clear()
        bench.wait(2.3)
        assert exchange_line(bench).free
    assert bench.refused == []


# ---- busy tone ----


@pytest.mark.parametrize("level_dbm0", [-30.0, -20.0, -7.0])
def test_busy_tone_releases_also_when_faint(bench: LineBench, level_dbm0: float) -> None:
    """A far end that is gone is noticed within three periods of busy tone, from the loudest to the faintest exchange."""
    bench.answered_call()
    bench.caller.say(round_and_round(cadence(Cadence(450, ((350, 350),), level_dbm0)), 5))
    assert bench.until_told(LINE, "released", 2.3)
    assert bench.heard.of(LINE) == [("released", "busy_tone")]


@pytest.mark.parametrize("on_off_ms", [(330, 370), (320, 320), (385, 385)])
def test_busy_tone_of_an_exchange_at_its_limits(bench: LineBench, on_off_ms: tuple[int, int]) -> None:
    """The cadence may be ten per cent off."""
    bench.answered_call()
    bench.caller.say(round_and_round(cadence(Cadence(450, (on_off_ms,))), 5))
    assert bench.until_told(LINE, "released", 3)


def test_an_exchange_of_another_country_is_understood() -> None:
    """A box in Britain is released by British busy tone and not by that of China."""
    bench = LineBench(tones=TONE_SETS["uk"])
    bench.start()
    bench.answered_call()
    bench.caller.say(round_and_round(cadence(CADENCES["busy"]), 5))
    bench.wait(5.5)
    assert bench.heard.of(LINE) == []
    bench.caller.say(round_and_round(cadence(Cadence(400, ((375, 375),))), 5))
    assert bench.until_told(LINE, "released", 3)
    assert bench.heard.of(LINE) == [("released", "busy_tone")]
    bench.close()


def test_speech_does_not_release(bench: LineBench, chatter: Samples) -> None:
    """Nobody is cut off for talking, loudly or softly."""
    bench.answered_call()
    for gain_db in (0.0, 9.0, -12.0):
        bench.caller.say(louder(chatter, gain_db))
    bench.wait(3 * chatter.size / RATE_HZ + 1)
    assert [told for told in bench.heard.of(LINE) if told[0] == "released"] == []
    assert isinstance(trunk(bench)._actor.state, fxo.Connected)


def test_busy_tone_under_speech_does_not_release(bench: LineBench, chatter: Samples) -> None:
    """A caller who talks while a busy tone is heard in the room behind is not cut off."""
    bench.answered_call()
    # Without the pauses between sentences: in a pause there would be busy tone and nothing else.
    talk = chatter[np.repeat(np.abs(chatter[: chatter.size // 80 * 80].reshape(-1, 80)).max(axis=1) > 300, 80).nonzero()[0]]
    behind = louder(round_and_round(cadence(CADENCES["busy"]), talk.size / RATE_HZ), -10)
    bench.caller.say((talk.astype(np.int32) + behind).clip(-32768, 32767).astype(np.int16))
    bench.wait(talk.size / RATE_HZ)
    assert [told for told in bench.heard.of(LINE) if told[0] == "released"] == []


def test_music_does_not_release(bench: LineBench) -> None:
    """A caller who puts us on hold is not cut off for the music: chords around 450 Hz that come and go on the beat of a busy tone."""
    bench.answered_call()
    beat = [tone(440, -18, 350) + tone(554, -20, 350) + tone(659, -20, 350), tone(392, -18, 350) + tone(494, -20, 350)]
    melody = np.concatenate([*beat, silence(350), tone(466, -16, 350) + tone(587, -18, 350), silence(350)])
    bench.caller.say(round_and_round(melody, 30))
    bench.wait(31)
    assert [told for told in bench.heard.of(LINE) if told[0] == "released"] == []


def test_a_held_note_at_the_pitch_of_the_tones_does_not_release(bench: LineBench) -> None:
    """A steady 450 Hz in a conversation is dial tone or music, and neither ends the call by itself."""
    bench.answered_call()
    bench.caller.say(tone(450, -10, 10_000))
    bench.wait(11)
    assert bench.heard.of(LINE) == []


# ---- outgoing ----


def test_the_exchanges_dial_tone_starts_dialling_early(bench: LineBench) -> None:
    """With dial tone we dial as soon as it is recognised, well before the wait is over."""
    trunk(bench).dial("65510001")
    assert bench.until(lambda: bench.exchange.lines[LINE].dialled, 2.5)


def test_without_dial_tone_the_line_is_given_back(bench: LineBench) -> None:
    """A dead exchange is not dialled into: after the wait the line is given back, and no digit has gone out."""
    bench.exchange.serve(LINE, LineService(sounds={"dial": SILENT}))
    trunk(bench).dial("65510001")
    bench.wait(3.9)
    assert bench.heard.of(LINE) == []
    bench.wait(0.3)
    assert bench.heard.of(LINE) == [("released", "no_dial_tone")]
    assert exchange_line(bench).dialled == ""
    bench.wait(2.5)
    assert trunk(bench).free


def test_breaking_off_while_dialling_silences_the_digits(bench: LineBench) -> None:
    """The rest of a number that was given up does not sound into the next call on the line."""
    bench.caller.call("9999")  # the caller is elsewhere: the next call comes from another
    other = Subscriber(bench.world, bench.exchange, "other", "13700000000")
    trunk(bench).dial("1" * 32)
    bench.wait(2.5)
    assert isinstance(trunk(bench)._actor.state, fxo.Dialling)
    trunk(bench).release()
    bench.wait(2.3)
    other.call(LINE)
    assert bench.until_told(LINE, "offered", 6)
    trunk(bench).answer()
    bench.wait(0.5)
    since = other.ear.next_sample
    bench.wait(3)
    assert other.ear.keys(since) == ()
    assert not any(told[0] in ("dialled", "answered") for told in bench.heard.of(LINE))


def test_a_pump_without_room_for_digits_ends_the_attempt(bench: LineBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the digits cannot be sent the caller hears of it at once, and the line is not left seized."""

    def full(*_args: object, **_kwargs: object) -> None:
        raise EnvironmentFault(text("no room"))

    monkeypatch.setattr(bench.pump, "tone", full)
    trunk(bench).dial("65510001")
    assert bench.until_told(LINE, "released", 6)
    assert bench.heard.of(LINE) == [("released", "not_dialled")]
    bench.wait(3)
    assert trunk(bench).free


# ---- faults ----


def test_a_line_without_battery_at_the_start_is_named() -> None:
    """A cable that is out when the appliance starts is reported, and no call is tried on it."""
    bench = LineBench()
    bench.exchange.cut(LINE)
    bench.wait(2)
    bench.start()
    assert bench.heard.of(LINE) == [("out_of_service", "no_battery")]
    assert not trunk(bench).free
    bench.exchange.mend(LINE)
    bench.wait(2)
    assert bench.heard.of(LINE)[1:] == [("in_service",)]
    bench.close()


def test_a_card_that_is_removed_in_a_call_raises_no_further_alarm(bench: LineBench) -> None:
    """Pulling a card is one fault, not an avalanche: releasing and stopping its lines says nothing more."""
    bench.answered_call()
    bench.driver.pull_card(0)
    bench.wait(2)
    assert bench.heard.of(LINE) == [("released", "line_failed"), ("out_of_service", "card_removed")]
    trunk(bench).release()
    bench.board.stop()
    bench.wait(0.2)
    assert len(bench.heard.of(LINE)) == 2
    assert bench.driver_errors == []
    assert bench.alarms == []


# ---- desk phones ----


def test_who_lifts_again_while_the_hang_up_is_taken_is_served(bench: LineBench) -> None:
    """Down and at once up again: the driver is in the middle of its battery removal, and the phone works all the same."""
    phone = bench.phones[PHONE]
    phone.lift()
    bench.wait(3)
    bench.world.after(5, phone.hang_up)
    # The hang-up is reported after 0.8 s; the handset goes up before the appliance could take that report.
    bench.world.after(5 + 801, phone.lift)
    bench.wait(1.5)
    assert bench.heard.of(PHONE) == [("lifted",), ("hung_up",), ("lifted",)]
    assert phone.battery_drops_ms
    bench.wait(1.5)
    phone.press("5")
    bench.wait(0.5)
    assert bench.heard.of(PHONE)[-1] == ("key", "5")
    phone.hang_up()
    bench.wait(2)
    assert bench.heard.of(PHONE)[-1] == ("hung_up",)
    assert station(bench).in_service
    assert bench.driver_errors == []
    assert bench.refused == []
    station(bench).ring(CallerId("1"))
    assert bench.until(lambda: phone.ringing, 0.5)


@pytest.mark.parametrize("down_after_ms", [1000, 1500, 1700])
def test_who_lifts_and_hangs_up_again_during_the_battery_removal_is_not_forgotten(bench: LineBench, down_after_ms: int) -> None:
    """A handset that bounced on the hook ends up on hook for the engine too, and can be rung."""
    phone = bench.phones[PHONE]
    phone.lift()
    bench.wait(3)
    bench.world.after(5, phone.hang_up)
    bench.world.after(5 + 801, phone.lift)
    bench.world.after(down_after_ms, phone.hang_up)
    bench.wait(6)
    assert not station(bench).off_hook
    assert [told[0] for told in bench.heard.of(PHONE)] == ["lifted", "hung_up", "lifted", "hung_up"]
    assert phone.battery_drops_ms
    station(bench).ring(CallerId("1"))
    assert bench.until(lambda: phone.ringing, 0.5)


def test_lifting_in_the_moment_of_stop_ringing_is_a_lift(bench: LineBench) -> None:
    """The caller gives up as the agent lifts: the agent gets a phone that works, not a dead one."""
    phone = bench.phones[PHONE]
    station(bench).ring(CallerId("1"))
    bench.wait(2)
    phone.lift()
    station(bench).stop_ringing()
    bench.wait(1)
    assert bench.heard.of(PHONE) == [("lifted",)]
    phone.press("7")
    bench.wait(0.5)
    assert bench.heard.of(PHONE)[-1] == ("key", "7")
    phone.hang_up()
    bench.wait(2)
    assert bench.heard.of(PHONE)[-1] == ("hung_up",)


def test_the_callers_number_stops_when_the_handset_goes_up(bench: LineBench) -> None:
    """Who answers early does not get the modem's screech into the ear."""
    phone = bench.phones[PHONE]
    station(bench).ring(CallerId("13800138000", "张三"))
    bench.wait(1.8)
    phone.lift()
    bench.wait(0.1)
    since = phone.ear.next_sample
    bench.wait(2)
    assert phone.ear.level_dbm0(since) < -60


def test_a_caller_id_that_comes_too_late_is_left_out(bench: LineBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a stall of the machine the number would run into the second ring: the phone rings on without it, and it is counted."""
    phone = bench.phones[PHONE]
    line = station(bench)
    line.ring(CallerId("13800138000"))
    bench.wait(1.2)
    late = bench.pump.sample_now() + 3 * RATE_HZ
    monkeypatch.setattr(bench.pump, "sample_now", lambda: late)
    bench.wait(3)
    assert phone.caller_id_shown is None
    assert line.callers_not_shown == 1
    assert phone.ringing


def test_nothing_is_shown_of_a_caller_of_whom_nothing_is_known(bench: LineBench) -> None:
    """No empty caller id is sent: the phone shows what it shows for a caller without one."""
    phone = bench.phones[PHONE]
    station(bench).ring(UNKNOWN_CALLER)
    bench.wait(4)
    assert phone.caller_id_shown is None
    assert phone.ringing


def test_pulses_and_long_flash_are_told(bench: LineBench) -> None:
    """An old telephone dials by its disc, and a flash of 300 ms is one; neither is a hang-up."""
    phone = bench.phones[PHONE]
    phone.lift()
    bench.wait(1)
    phone.pulse("8")
    bench.wait(2)
    phone.flash(300)
    bench.wait(1.5)
    assert bench.heard.of(PHONE) == [("lifted",), ("key", "8"), ("flashed",)]


def test_keys_from_before_a_release_are_not_told_after_it(bench: LineBench) -> None:
    """A key that the caller pressed as we hung up belongs to no later call."""
    bench.answered_call()
    line = trunk(bench)
    line._hear(KeyDown("8", 0))
    line.release()
    line._hear(KeyDown("9", 0))
    assert bench.heard.of(LINE) == [("key", "8")]


def test_local_minute_crosses_midnight_and_year() -> None:
    """The phone shows the site's time, not the machine's."""
    new_years_eve_utc_ms = 1_798_733_100_000  # 2026-12-31 16:05 UTC
    assert local_minute(new_years_eve_utc_ms, 0) == (12, 31, 16, 5)
    assert local_minute(new_years_eve_utc_ms, 480) == (1, 1, 0, 5)


def test_events_that_mean_nothing_on_a_line_are_passed_over(bench: LineBench) -> None:
    """The driver tells more than we use; that disturbs no call."""
    bench.answered_call()
    for event in (Event.HOOKCOMPLETE, Event.EC_DISABLED, Event.DIALCOMPLETE, 4711):
        bench.raise_event(1, event)
    bench.wait(0.2)
    assert bench.heard.of(LINE) == []
    assert bench.refused == []
    assert isinstance(trunk(bench)._actor.state, fxo.Connected)
