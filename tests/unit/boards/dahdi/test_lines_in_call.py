"""Exchange lines in a call: every busy tone releases and nothing else does, silence is warned of, flash and test calls. With real audio."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boards.dahdi import fxo
from boards.dahdi.abi import Event
from engine.kernel.errors import Refused
from engine.settings.site import TrunkSection
from engine.telephony.media import ToneStep
from engine.telephony.tone_learning import learn_busy_tone
from engine.telephony.tones import CHINA, ToneName
from hwsim.cable import CABLES
from hwsim.exchange_sounds import BUSY_TONES, SILENT, busy_tone, ring_back_music
from hwsim.line import Impairments
from hwsim.line_service import Disconnect, LineService
from hwsim.people import Subscriber
from hwsim.signals import RATE_HZ, Cadence, cadence, linear_from_alaw
from tests.line_bench import LineBench

LINE, OTHER = "line-1", "line-2"
PERIODS_MS = {name: sum(sum(pair) for pair in shape.on_off_ms) for name, shape in BUSY_TONES.items()} | {"uneven": 400}
LEARNED = {
    "quick": "450:250/250",
    "mixed": "450:210/210/210/210/210/210/630/210",
    "low": "394:350/350",
    "off": "446:350/350",
    "itu": "425:500/500",
    "faint": "450:350/350",
    "uneven": "450:190/200",
}
TONE_1000 = (ToneStep(500, 1000.0, -10.0),)


def lines(**settings: object) -> LineBench:
    """A started board with two exchange lines, both set so."""
    section = replace(TrunkSection(name=LINE, channel=1, number="62010001"), **settings)  # type: ignore[arg-type]  # a test's own settings
    bench = LineBench(trunks=(section, replace(section, name=OTHER, channel=2, number="62010002")))
    bench.start()
    return bench


def in_call(bench: LineBench, busy: str = "china") -> None:
    """The caller is in a call on the first line, whose exchange has this busy tone."""
    bench.exchange.serve(LINE, LineService(sounds={"busy": busy_tone(busy)}))
    bench.answered_call()


def released_within_s(bench: LineBench, most_s: float) -> float:
    """How long after now the line is released; infinite when it is not."""
    began_ms = bench.world.now_ms
    return (bench.world.now_ms - began_ms) / 1000 if bench.until_told(LINE, "released", most_s) else float("inf")


# ---- busy tone ----


@pytest.mark.parametrize("busy", LEARNED)
def test_a_learned_busy_tone_releases_within_three_periods(busy: str) -> None:
    """A line that knows its exchange's own busy tone is free three periods after the far end has hung up."""
    bench = lines(busy_tone=LEARNED[busy])
    in_call(bench, busy)
    bench.caller.hang_up()
    took_s = released_within_s(bench, 10)
    periods = 2 if busy == "mixed" else 3
    assert took_s <= periods * PERIODS_MS[busy] / 1000 + 0.1
    assert bench.heard.of(LINE) == [("released", "busy_tone")]
    bench.close()


@pytest.mark.parametrize("busy", [*BUSY_TONES, "uneven"])
def test_every_busy_tone_of_the_field_releases_sooner_or_later(busy: str) -> None:
    """A busy tone that nobody has taught releases after eight bursts; the country's own within three periods."""
    bench = lines()
    in_call(bench, busy)
    bench.caller.hang_up()
    bursts = {"china": 3, "off": 3, "faint": 3}.get(busy, 9)
    assert released_within_s(bench, 12) <= bursts * PERIODS_MS[busy] / 1000 + 0.2
    bench.close()


def test_a_busy_tone_learned_by_a_test_call_releases_from_then_on() -> None:
    """A test call to a busy number brings the exchange's busy tone; what is learned from it serves at once."""
    bench = lines()
    Subscriber(bench.world, bench.exchange, "engaged", "65510001").call("0000")
    bench.exchange.serve(LINE, LineService(sounds={"busy": busy_tone("low")}))
    trunk = bench.board.trunks[0]
    kept: list[bytes] = []
    trunk.record_tone("65510001", kept.append)
    assert not trunk.free
    assert bench.until(lambda: kept, 40)
    assert len(kept[0]) == pytest.approx(12 * RATE_HZ, abs=400)
    written = learn_busy_tone([int(sample) for sample in linear_from_alaw(kept[0])[-6 * RATE_HZ :]]).written
    assert written == "394:350/350"
    assert bench.heard.of(LINE) == []
    bench.wait(3)
    trunk.know_busy_tone(written)
    bench.answered_call()
    bench.caller.hang_up()
    assert released_within_s(bench, 5) <= 2.2
    bench.close()


def test_a_test_call_without_dial_tone_tells_that_nothing_was_heard() -> None:
    """A dead line does not keep the installer waiting: the test call ends with nothing kept, and the line rests."""
    bench = lines()
    bench.exchange.serve(LINE, LineService(sounds={"dial": SILENT}))
    kept: list[bytes] = []
    bench.board.trunks[0].record_tone("62010001", kept.append)
    assert bench.until(lambda: kept, 6)
    assert kept == [b""]
    bench.close()


def test_our_own_busy_tone_coming_back_as_echo_does_not_release() -> None:
    """A prompt that holds a busy tone comes back loudly from a bad hybrid; the caller is not cut off by it."""
    bench = lines()
    bench.exchange.impair(LINE, Impairments(echo_loss_db=9))
    in_call(bench)
    tone = CHINA[ToneName.BUSY]
    playing = bench.pump.tone(tone.steps, [bench.board.trunks[0].port], loop_from=tone.loop_from)
    bench.wait(12)
    playing.stop()
    assert bench.heard.of(LINE) == []
    assert isinstance(bench.board.trunks[0]._actor.state, fxo.Connected)
    bench.close()


def test_busy_tone_is_heard_through_our_own_music() -> None:
    """A caller who hangs up while music on hold plays is noticed as soon as without it."""
    bench = lines()
    bench.exchange.impair(LINE, Impairments(echo_loss_db=12))
    in_call(bench)
    bench.pump.play(busy_like_music(20), [bench.board.trunks[0].port])
    bench.wait(4)
    assert bench.heard.of(LINE) == []
    bench.caller.hang_up()
    assert released_within_s(bench, 6) <= 2.6
    bench.close()


def busy_like_music(seconds: float) -> bytes:
    """Chords with notes around 450 Hz on the beat of busy tone."""
    return ring_back_music(seconds, 2)


def test_one_far_ends_busy_tone_does_not_release_the_other_line_of_a_conference() -> None:
    """Two callers in one conversation, and one hangs up: only his line is released, though the other one hears his busy tone."""
    bench = lines()
    for name in (LINE, OTHER):
        bench.exchange.impair(name, Impairments(cable=CABLES["3km"], echo_loss_db=10))
    other = Subscriber(bench.world, bench.exchange, "other", "13700000000")
    bench.answered_call()
    other.call(OTHER)
    assert bench.until_told(OTHER, "offered", 6)
    first, second = bench.board.trunks
    second.answer()
    bench.wait(1)
    bench.heard.told.clear()
    bench.pump.patch(first.port, second.port)
    bench.pump.patch(second.port, first.port)
    first._receiver = None  # nobody takes the first line apart: its busy tone goes on into the second
    bench.caller.hang_up()
    bench.wait(8)
    assert bench.heard.of(OTHER) == []
    assert isinstance(second._actor.state, fxo.Connected)
    assert other.talking
    bench.close()


@pytest.mark.parametrize("shape", [Cadence(450, ((350, 350),)), Cadence(394, ((350, 350),)), Cadence(450, ((200, 200),))])
def test_a_tone_under_speech_like_noise_does_not_release(shape: Cadence) -> None:
    """Tones in a room behind a caller, with the caller's voice over them, are no end of the call."""
    bench = lines()
    in_call(bench)
    chance = np.random.default_rng(1)
    behind = np.resize(cadence(shape), 10 * RATE_HZ).astype(np.float64) * 0.3
    voice = np.convolve(chance.normal(0, 2500, behind.size), np.ones(6) / 6, mode="same")
    bench.caller.say((behind + voice).clip(-32768, 32767).astype(np.int16))
    bench.wait(11)
    assert [told for told in bench.heard.of(LINE) if told[0] == "released"] == []
    bench.close()


# ---- silence ----


def test_silence_from_both_sides_is_warned_of_and_ends_the_call() -> None:
    """A far end that is gone without a sign does not hold the line for ever: warning after the set time, release ten seconds later."""
    bench = lines(silence_release_s=30.0)
    bench.answered_call()
    bench.caller.circuit.line._disconnect = Disconnect.NONE  # type: ignore[union-attr]  # the caller is in a call
    bench.caller.say(linear_from_alaw(busy_like_music(2)))
    bench.wait(2)
    bench.caller.hang_up()
    quiet_ms = bench.world.now_ms
    assert bench.until_told(LINE, "silent", 40)
    assert bench.world.now_ms - quiet_ms == pytest.approx(30_000, abs=1500)
    bench.pump.tone(TONE_1000, [bench.board.trunks[0].port], loop_from=None)  # the warning itself is no sign of life
    assert bench.until_told(LINE, "released", 12)
    assert bench.heard.of(LINE) == [("silent",), ("released", "silence")]
    bench.close()


@pytest.mark.parametrize("who", ["caller", "we"])
def test_who_speaks_after_the_warning_keeps_the_call(who: str) -> None:
    """One word from either side after the warning, and the call goes on; the next warning comes after the full time again."""
    bench = lines(silence_release_s=30.0)
    bench.answered_call()
    assert bench.until_told(LINE, "silent", 40)
    bench.wait(4)
    if who == "caller":
        bench.caller.press("0")
        bench.caller.say(linear_from_alaw(busy_like_music(1)))
    else:
        bench.pump.tone(TONE_1000, [bench.board.trunks[0].port], loop_from=None)
    bench.wait(20)
    assert not any(told[0] == "released" for told in bench.heard.of(LINE))
    assert [told[0] for told in bench.heard.of(LINE)].count("silent") == 1
    bench.close()


def test_a_conversation_and_music_on_hold_are_not_silent() -> None:
    """Somebody who only listens to our music is not warned."""
    bench = lines(silence_release_s=20.0)
    bench.answered_call()
    bench.pump.play(busy_like_music(60), [bench.board.trunks[0].port])
    bench.wait(55)
    assert bench.heard.of(LINE) == []
    bench.close()


def test_silence_may_last_where_the_line_is_set_so() -> None:
    """With the watch switched off nobody is warned, and the pump does no work for it."""
    bench = lines(silence_release_s=0.0)
    bench.answered_call()
    bench.wait(200)
    assert bench.heard.of(LINE) == []
    bench.close()


# ---- flash ----


def test_a_flash_asks_the_exchange_for_a_second_call() -> None:
    """A hundred milliseconds' break puts the caller aside and brings dial tone; the next one brings him back."""
    bench = lines()
    bench.exchange.serve(LINE, LineService(flash_ms=(80, 200)))
    bench.answered_call()
    trunk = bench.board.trunks[0]
    trunk.flash()
    bench.wait(1)
    assert not bench.caller.talking or bench.exchange.lines[LINE]._held is not None
    assert bench.exchange.lines[LINE].phase.value == "dialling"
    trunk.flash()
    bench.wait(1)
    assert bench.exchange.lines[LINE].phase.value == "talking"
    assert bench.heard.of(LINE) == []
    bench.close()


def test_a_flash_needs_a_call_that_has_settled() -> None:
    """Without a call, and in the driver's first moments after the answer, a flash is refused with the reason; nothing breaks."""
    bench = lines()
    trunk = bench.board.trunks[0]
    with pytest.raises(Refused, match="no call"):
        trunk.flash()
    bench.calls(LINE)
    assert bench.until_told(LINE, "offered", 6)
    trunk.answer()
    bench.wait(0.1)
    with pytest.raises(Refused, match="not ready"):
        trunk.flash()
    bench.wait(1)
    trunk.flash()
    assert bench.driver_errors == []
    bench.close()


def test_the_reversal_that_ends_the_caller_id_does_not_end_the_call() -> None:
    """A line with reversals that turns back as we answer keeps its caller; a reversal later in the call is the end."""
    bench = lines(release_reversal=True)
    bench.calls(LINE)
    assert bench.until_told(LINE, "offered", 6)
    bench.board.trunks[0].answer()
    bench.wait(0.2)
    bench.raise_event(1, Event.POLARITY)
    bench.wait(1)
    assert not any(told[0] == "released" for told in bench.heard.of(LINE))
    bench.raise_event(1, Event.POLARITY)
    assert bench.until_told(LINE, "released", 0.5)
    assert bench.heard.of(LINE)[-1] == ("released", "polarity")
    bench.close()
