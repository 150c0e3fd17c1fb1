"""Real phones on simulated cards: what their users see, hear and do, with each kind of display, lamp and R key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from boards.dahdi.stations import AnalogStation
from engine.kernel.errors import Refused
from engine.settings.site import LineTimesSection
from engine.telephony.lines import CallStage, RingKind
from engine.telephony.numbers import CallerId
from hwsim.caller_id_display import Lamp
from hwsim.hand import HUMAN
from hwsim.telephone import DeskPhone
from tests.line_bench import STATIONS, LineBench

PHONE = "phone-801"
CALLER = CallerId("13800138000", "张三")
Plug = Callable[..., LineBench]


@pytest.fixture
def plug() -> Iterator[Plug]:
    """Makes a started board whose first phone has these settings."""
    made: list[LineBench] = []

    def a_bench(times: LineTimesSection | None = None, **settings: object) -> LineBench:
        bench = LineBench(stations=(replace(STATIONS[0], **settings), STATIONS[1]), times=times)  # type: ignore[arg-type]  # by name
        made.append(bench)
        bench.start()
        return bench

    yield a_bench
    for bench in made:
        bench.close()


def station(bench: LineBench) -> AnalogStation:
    return bench.board.stations[0]


def phone(bench: LineBench) -> DeskPhone:
    return bench.phones[PHONE]


def talking(bench: LineBench, stage: CallStage = CallStage.TALKING) -> DeskPhone:
    """The handset is up, and the engine has a call for it."""
    phone(bench).lift()
    bench.wait(1)
    station(bench).show_call(stage)
    bench.heard.told.clear()
    return phone(bench)


# ---- caller display ----


@pytest.mark.parametrize(
    ("display", "alert", "name"),
    [
        ("mdmf", "none", "张三"),
        ("sdmf", "none", ""),
        ("etsi", "none", "张三"),
        ("etsi", "tone", "张三"),
        ("etsi", "reversal", "张三"),
        ("dtmf", "none", ""),
        ("dtmf", "reversal", ""),
    ],
)
def test_each_kind_of_display_shows_the_caller(plug: Plug, display: str, alert: str, name: str) -> None:
    """Whatever telephone the agent has, it shows who calls before the second ring is over, and it rings."""
    bench = plug(caller_id=display, caller_id_alert=alert)
    station(bench).ring(CALLER, RingKind.QUEUE)
    assert station(bench).ringing
    assert bench.until(lambda: phone(bench).caller_id_shown, 6)
    shown = phone(bench).caller_id_shown
    assert shown is not None
    assert (shown.number, shown.name) == (CALLER.number, name)
    assert bench.until(lambda: phone(bench).ringing, 3)
    assert len(phone(bench).ring_bursts_ms) <= 1
    assert not phone(bench).message_lamp
    assert bench.driver_errors == []


def test_a_doubtful_number_is_shown_as_such(plug: Plug) -> None:
    """Who reads the display sees beside the number that it may be wrong."""
    bench = plug()
    station(bench).ring(replace(CALLER, doubtful=True))
    assert bench.until(lambda: phone(bench).caller_id_shown, 6)
    shown = phone(bench).caller_id_shown
    assert shown is not None
    assert (shown.number, shown.name) == (CALLER.number, "? 张三")


def test_a_phone_without_display_is_sent_nothing(plug: Plug) -> None:
    """An old telephone does not chirp between the rings."""
    bench = plug(caller_id="none")
    station(bench).ring(CALLER, RingKind.QUEUE)
    bench.wait(4.5)
    assert phone(bench).caller_id_shown is None
    assert phone(bench).ringing


def test_who_lifts_while_the_display_is_told_has_answered(plug: Plug) -> None:
    """Lifting before the first ring is an answer, without the screech of the data in the ear."""
    bench = plug(caller_id="etsi", caller_id_alert="reversal")
    station(bench).ring(CALLER)
    bench.wait(0.5)
    assert list(phone(bench).ring_bursts_ms) == []
    phone(bench).lift()
    bench.wait(0.1)
    since = phone(bench).ear.next_sample
    bench.wait(1)
    assert bench.heard.of(PHONE) == [("lifted",)]
    assert phone(bench).ear.level_dbm0(since) < -60
    assert not phone(bench)._reversed


def test_a_caller_who_gives_up_while_the_display_is_told_rings_nobody(plug: Plug) -> None:
    """No bell for a call that is gone, and the pair is as before."""
    bench = plug(caller_id="dtmf", caller_id_alert="reversal")
    station(bench).ring(CALLER)
    bench.wait(0.6)
    station(bench).stop_ringing()
    bench.wait(6)
    assert list(phone(bench).ring_bursts_ms) == []
    assert not phone(bench)._reversed
    assert not station(bench).ringing


# ---- ringing ----


@pytest.mark.parametrize(
    ("kind", "pauses_ms"),
    [
        (RingKind.QUEUE, [5000, 5000]),
        (RingKind.INTERNAL, [600, 4400, 600]),
        (RingKind.RECALL, [1000, 4000, 1000]),
        (RingKind.CALL_BACK, [5000]),
    ],
)
def test_each_kind_of_call_rings_in_its_own_way(plug: Plug, kind: RingKind, pauses_ms: list[int]) -> None:
    """An agent hears from the ring whether a customer or a colleague calls; the number is shown with each."""
    bench = plug()
    station(bench).ring(CALLER, kind)
    bench.wait(11)
    bursts = list(phone(bench).ring_bursts_ms)
    assert [later - earlier for earlier, later in pairwise(bursts)][: len(pauses_ms)] == pauses_ms
    assert phone(bench).caller_id_shown is not None


def test_the_site_says_how_it_rings(plug: Plug) -> None:
    """A cadence of the settings is what the bell does; without room for the number none is sent into it."""
    bench = plug(LineTimesSection(ring_queue="300,1000"))
    station(bench).ring(CALLER, RingKind.QUEUE)
    bench.wait(5)
    bursts = list(phone(bench).ring_bursts_ms)
    assert bursts[1] - bursts[0] == 1300
    assert phone(bench).caller_id_shown is None


# ---- R key, hang-up, pulses ----


@pytest.mark.parametrize(
    ("setting", "break_ms", "told"),
    [
        ("both", 100, [("flashed",)]),
        ("both", 300, [("flashed",)]),
        ("short", 100, [("flashed",)]),
        ("short", 300, []),
        ("long", 100, [("key", "1")]),
        ("long", 300, [("flashed",)]),
        ("none", 100, [("key", "1")]),
        ("none", 300, []),
    ],
)
def test_the_r_key_is_what_the_port_says(plug: Plug, setting: str, break_ms: int, told: list[tuple[object, ...]]) -> None:
    """In a conversation the R key of this telephone works, and no other break of the loop is taken for it."""
    bench = plug(flash=setting)
    talking(bench).flash(break_ms)
    bench.wait(1)
    assert bench.heard.of(PHONE) == told


@pytest.mark.parametrize("break_ms", [90, 120, 150, 199])
def test_the_whole_chinese_window_is_a_flash(plug: Plug, break_ms: int) -> None:
    """From 90 to 200 ms, as Chinese telephones are made."""
    bench = plug()
    talking(bench).flash(break_ms)
    bench.wait(0.6)
    assert bench.heard.of(PHONE) == [("flashed",)]


def test_before_there_is_a_call_a_short_break_is_a_digit(plug: Plug) -> None:
    """Who dials 1 by pulses dials, and does not flash."""
    bench = plug()
    phone(bench).lift()
    bench.wait(1)
    phone(bench).pulse("1")
    bench.wait(2)
    assert bench.heard.of(PHONE) == [("lifted",), ("key", "1")]


def test_a_one_among_pulsed_digits_is_no_flash(plug: Plug) -> None:
    """Who dials 21 by pulses in a call has dialled 21."""
    bench = plug()
    talking(bench).pulse("211")
    bench.wait(6)
    assert bench.heard.of(PHONE) == [("key", "2"), ("key", "1"), ("key", "1")]
    phone(bench).flash()
    bench.wait(1)
    assert bench.heard.of(PHONE)[3:] == [("flashed",)]


def test_a_dial_that_runs_too_fast_is_understood(plug: Plug) -> None:
    """Twice as fast as the standard, as worn dials run: no digit is lost, and nothing is taken for a flash."""
    bench = plug()
    talking(bench).hand = replace(HUMAN, pulses_a_s=(19.0, 20.0), break_to_make=(1.5, 1.6))
    phone(bench).pulse("805")
    bench.wait(6)
    assert bench.heard.of(PHONE) == [("key", "8"), ("key", "0"), ("key", "5")]


def test_keys_pressed_faster_than_the_standard_are_understood_or_left_out(plug: Plug) -> None:
    """At 45 ms each key is heard once; at 15 ms none is, and none is mistaken for another."""
    bench = plug()
    talking(bench).press("1590", 45, 45)
    bench.wait(1)
    assert bench.heard.of(PHONE) == [("key", key) for key in "1590"]
    phone(bench).press("1590", 15, 15)
    bench.wait(1)
    assert len(bench.heard.of(PHONE)) == 4


@pytest.mark.parametrize(("own_ms", "window_ms"), [(0, 800), (250, 250), (500, 500)])
def test_a_hang_up_is_known_soon_after_the_flash_window(plug: Plug, own_ms: int, window_ms: int) -> None:
    """The caller is not kept in a dead conversation: window and 50 ms later the hang-up is known."""
    bench = plug(hang_up_ms=own_ms)
    talking(bench)
    began = bench.world.now_ms
    phone(bench).hang_up()
    assert bench.until_told(PHONE, "hung_up", 2)
    assert window_ms <= bench.world.now_ms - began <= window_ms + 50


def test_the_window_holds_after_the_card_was_back(plug: Plug) -> None:
    """A port that was opened again has its own time still."""
    bench = plug(hang_up_ms=250)
    bench.raise_event(3, 20)
    bench.wait(4)
    assert station(bench).in_service
    talking(bench)
    began = bench.world.now_ms
    phone(bench).hang_up()
    assert bench.until_told(PHONE, "hung_up", 2)
    assert bench.world.now_ms - began <= 300


# ---- what is plugged in is told ----


def test_an_answer_is_told_by_reversal_until_the_call_is_over(plug: Plug) -> None:
    """Another exchange at the port begins to charge when its call is answered, and stops at its end."""
    bench = plug(answer_supervision="polarity")
    talking(bench, CallStage.SETTING_UP)
    assert not phone(bench)._reversed
    station(bench).show_call(CallStage.ANSWERED)
    bench.wait(0.1)
    assert phone(bench)._reversed
    station(bench).show_call(CallStage.NONE)
    bench.wait(0.1)
    assert not phone(bench)._reversed


def test_a_call_that_it_answered_itself_is_not_reversed(plug: Plug) -> None:
    """Only who has called is told of an answer."""
    bench = plug(answer_supervision="polarity")
    talking(bench, CallStage.TALKING)
    bench.wait(0.1)
    assert not phone(bench)._reversed


def test_hanging_up_turns_the_pair_back(plug: Plug) -> None:
    """The next call begins as every call does."""
    bench = plug(answer_supervision="polarity")
    talking(bench, CallStage.ANSWERED)
    bench.wait(0.2)
    phone(bench).hang_up()
    bench.wait(2)
    assert not phone(bench)._reversed
    assert bench.driver_errors == []


def test_a_far_end_that_is_gone_is_told_by_a_battery_removal(plug: Plug) -> None:
    """Equipment at the port hears the end of the call within a second, and a person's handset goes on working."""
    bench = plug(release_supervision="battery")
    talking(bench, CallStage.ANSWERED)
    assert not phone(bench).battery_drops_ms
    station(bench).show_call(CallStage.NONE)
    bench.wait(2)
    assert len(phone(bench).battery_drops_ms) == 1
    assert station(bench).off_hook
    phone(bench).press("5")
    bench.wait(0.5)
    assert bench.heard.of(PHONE) == [("key", "5")]
    phone(bench).hang_up()
    bench.wait(2)
    assert bench.heard.of(PHONE)[-1] == ("hung_up",)
    assert bench.driver_errors == []


def test_equipment_that_hangs_up_at_the_removal_is_on_hook(plug: Plug) -> None:
    """Another exchange that drops its loop when the battery goes can be rung again."""
    bench = plug(release_supervision="battery")
    talking(bench, CallStage.ANSWERED)
    station(bench).show_call(CallStage.NONE)
    bench.wait(0.3)
    phone(bench).hang_up()
    bench.wait(3)
    assert bench.heard.of(PHONE) == [("hung_up",)]
    station(bench).ring(CALLER)
    assert bench.until(lambda: phone(bench).ringing, 1)


# ---- call waiting ----


@pytest.mark.parametrize("display", ["mdmf", "sdmf", "etsi"])
def test_a_second_caller_is_shown_in_a_conversation(plug: Plug, display: str) -> None:
    """The display tells who waits; the key by which it acknowledges is nobody's key, and the other party does not hear the data."""
    bench = plug(call_waiting=True, caller_id=display)
    talking(bench)
    station(bench).announce_waiting(CALLER)
    bench.wait(4)
    shown = phone(bench).waiting_shown
    assert shown is not None
    assert shown.number == CALLER.number
    assert bench.heard.of(PHONE) == [("apart",), ("together",)]
    assert station(bench).callers_not_shown == 0


def test_a_phone_that_does_not_acknowledge_hears_the_tone_only(plug: Plug) -> None:
    """An old telephone is sent no data; the conversation goes on half a second later."""
    bench = plug(call_waiting=True)
    talking(bench).displays_waiting = False
    station(bench).announce_waiting(CALLER)
    bench.wait(1.2)
    assert bench.heard.of(PHONE) == [("apart",), ("together",)]
    since = phone(bench).ear.next_sample
    bench.wait(2)
    assert phone(bench).ear.level_dbm0(since) < -60
    assert station(bench).callers_not_shown == 1


def test_the_tone_comes_again_until_the_caller_has_gone(plug: Plug) -> None:
    """The soft tone reminds every few seconds, and not after the end."""
    bench = plug(call_waiting=True)
    talking(bench)
    station(bench).announce_waiting(CALLER)
    bench.wait(4.4)
    since = phone(bench).ear.next_sample
    bench.wait(1)
    assert phone(bench).ear.level_dbm0(since) > -30
    station(bench).stop_waiting()
    bench.wait(1)
    since = phone(bench).ear.next_sample
    bench.wait(6)
    assert phone(bench).ear.level_dbm0(since) < -60


def test_the_party_is_let_in_when_the_handset_goes_down_in_the_middle(plug: Plug) -> None:
    """Nothing of the announcement is left for the next conversation."""
    bench = plug(call_waiting=True)
    talking(bench)
    station(bench).announce_waiting(CALLER)
    bench.wait(0.1)
    phone(bench).hang_up()
    bench.wait(3)
    assert bench.heard.of(PHONE) == [("apart",), ("together",), ("hung_up",)]
    assert bench.refused == []


def test_a_second_call_is_refused_where_it_cannot_be_told(plug: Plug) -> None:
    """Not on hook, and not while dialling."""
    bench = plug(call_waiting=True)
    with pytest.raises(Refused):
        station(bench).announce_waiting(CALLER)
    phone(bench).lift()
    bench.wait(1)
    with pytest.raises(Refused):
        station(bench).announce_waiting(CALLER)


# ---- message lamp ----


@pytest.mark.parametrize(("setting", "lamp"), [("fsk", Lamp.FSK), ("voltage", Lamp.VOLTAGE), ("reversal", Lamp.REVERSAL)])
@pytest.mark.parametrize("display", ["mdmf", "sdmf", "etsi", "dtmf"])
def test_the_lamp_tells_of_messages(plug: Plug, setting: str, lamp: Lamp, display: str) -> None:
    """The lamp goes on when messages wait, and out when they were heard; the bell does not ring for it."""
    bench = plug(lamp=setting, caller_id=display)
    phone(bench).lamp_by = lamp
    station(bench).set_messages_waiting(2)
    bench.wait(4)
    assert phone(bench).message_lamp
    station(bench).set_messages_waiting(0)
    bench.wait(4)
    assert not phone(bench).message_lamp
    assert list(phone(bench).ring_bursts_ms) == []
    assert bench.driver_errors == []


@pytest.mark.parametrize("setting", ["fsk", "voltage"])
def test_a_lamp_waits_for_the_handset(plug: Plug, setting: str) -> None:
    """A message that comes during a conversation lights the lamp after it."""
    bench = plug(lamp=setting)
    phone(bench).lamp_by = Lamp(setting)
    talking(bench)
    station(bench).set_messages_waiting(1)
    since = phone(bench).ear.next_sample
    bench.wait(3)
    assert phone(bench).ear.level_dbm0(since) < -60
    assert not phone(bench).message_lamp
    phone(bench).hang_up()
    bench.wait(5)
    assert phone(bench).message_lamp


def test_a_call_comes_before_the_lamp(plug: Plug) -> None:
    """A phone that is rung while its lamp is being told rings at once; the lamp follows when the bell is silent."""
    bench = plug(lamp="fsk")
    bench.wait(3)
    station(bench).set_messages_waiting(1)
    bench.wait(0.3)
    station(bench).ring(CALLER)
    assert bench.until(lambda: phone(bench).ringing, 0.5)
    bench.wait(2)
    assert not phone(bench).message_lamp
    station(bench).stop_ringing()
    bench.wait(5)
    assert phone(bench).message_lamp


# ---- a telephone that is not there ----


def test_an_unplugged_phone_rings_in_vain(plug: Plug) -> None:
    """Nothing tells that the cord is out: the port is in service, nobody answers, and the phone works as soon as it is back."""
    bench = plug()
    phone(bench).unplug()
    station(bench).ring(CALLER)
    bench.wait(6)
    assert station(bench).in_service
    assert list(phone(bench).ring_bursts_ms) == []
    phone(bench).plug_in()
    assert bench.until(lambda: phone(bench).ringing, 6)


def test_a_longest_name_is_shown_in_every_cadence(plug: Plug) -> None:
    """Fifty octets of name and twenty digits fit between the rings."""
    bench = plug()
    station(bench).ring(CallerId("1" * 20, "中" * 25), RingKind.RECALL)
    assert bench.until(lambda: phone(bench).caller_id_shown, 6)
    shown = phone(bench).caller_id_shown
    assert shown is not None
    assert (shown.number, shown.name) == ("1" * 20, "中" * 25)
