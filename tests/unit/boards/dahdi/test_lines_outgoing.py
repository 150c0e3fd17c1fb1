"""Calls that go out on exchange lines: dial tone, digits, answers by reversal and by ear, callers who were first. With real audio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boards.dahdi import fxo
from boards.dahdi.abi import Event
from engine.kernel.errors import Refused
from engine.settings.site import TrunkSection
from engine.telephony.media import ToneStep
from engine.telephony.numbers import UNKNOWN_CALLER
from hwsim.exchange_sounds import announced, busy_tone, dial_tone, ring_back_music
from hwsim.line import Impairments
from hwsim.line_service import LineService
from hwsim.people import Subscriber
from hwsim.signals import Samples, silence
from hwsim.voices import speech
from tests.line_bench import LineBench

LINE, OTHER = "line-1", "line-2"
CALLED_NUMBER = "65510001"


def line(service: LineService | None = None, **settings: object) -> LineBench:
    """A started board with one exchange line that is set so, on an exchange with this service."""
    section = replace(TrunkSection(name=LINE, channel=1, number="62010001"), **settings)  # type: ignore[arg-type]  # a test's own settings
    bench = LineBench(trunks=(section, TrunkSection(name=OTHER, channel=2, number="62010002")))
    if service is not None:
        bench.exchange.serve(LINE, service)
    bench.start()
    return bench


def callee(bench: LineBench, answers_after_s: float | None) -> Subscriber:
    """Who has the number that is called."""
    return Subscriber(bench.world, bench.exchange, "callee", CALLED_NUMBER, answers_after_s=answers_after_s)


def dial(bench: LineBench, number: str = CALLED_NUMBER) -> None:
    bench.board.trunks[0].dial(number)


def dialled(bench: LineBench, within_s: float = 15) -> int:
    """Wait until the digits are out; when that was."""
    assert bench.until_told(LINE, "dialled", within_s)
    return bench.world.now_ms


@pytest.fixture(scope="session")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """What a Chinese callee says first."""
    folder: Path = tmp_path_factory.mktemp("voices")
    return speech("喂，你好。", "zh", 5, folder)


@pytest.fixture(scope="session")
def sentence(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Half a minute of somebody who talks on."""
    folder: Path = tmp_path_factory.mktemp("voices")
    said = speech("您拨打的号码暂时无法接通，请稍后再拨。谢谢您的来电，我们会尽快为您服务。", "zh", 2, folder)
    return np.tile(np.concatenate([said, silence(500)]), 4)


# ---- digits ----


@pytest.mark.parametrize("tone", ["china", "itu", "high"])
def test_dial_tone_is_known_from_the_exchanges_of_the_land(tone: str) -> None:
    """A dial tone some hertz beside the standard starts dialling as well."""
    bench = line(LineService(sounds={"dial": dial_tone(tone)}))
    dial(bench)
    assert bench.until(lambda: bench.exchange.lines[LINE].dialled, 2.8)
    bench.close()


def test_a_line_without_dial_tone_is_dialled_after_its_fixed_time() -> None:
    """Where the line is set to have no dial tone, dialling begins after the set time and not before."""
    bench = line(LineService(sounds={"dial": dial_tone("none")}), dial_tone="none", dial_delay_s=2.5)
    dial(bench)
    bench.wait(2.4)
    assert bench.exchange.lines[LINE].dialled == ""
    dialled(bench, 4)
    assert bench.exchange.lines[LINE].dialled == CALLED_NUMBER
    bench.close()


def test_late_dial_tone_is_waited_for() -> None:
    """A slow exchange gets its digits when it is ready for them."""
    bench = line(LineService(dial_tone_after_ms=2000))
    dial(bench)
    bench.wait(3)
    assert bench.exchange.lines[LINE].dialled == ""
    dialled(bench)
    assert bench.exchange.lines[LINE].dialled == CALLED_NUMBER
    bench.close()


def test_busy_tone_instead_of_dial_tone_gives_the_line_back() -> None:
    """An exchange without room says so by busy tone: another line may do."""
    bench = line(LineService(sounds={"dial": busy_tone("china")}))
    dial(bench)
    assert bench.until_told(LINE, "released", 4)
    assert bench.heard.of(LINE) == [("released", "no_dial_tone")]
    bench.close()


def test_an_unknown_dial_tone_is_not_taken_for_a_caller() -> None:
    """A steady tone that we do not know is nobody: the line is given back after the wait, and no caller is offered."""
    bench = line(LineService(sounds={"dial": dial_tone("low")}))
    dial(bench)
    bench.wait(7)
    assert bench.heard.of(LINE) == [("released", "no_dial_tone")]
    bench.close()


def test_prefix_and_pauses_are_dialled() -> None:
    """Behind a PBX: 9, a second's pause, then the number."""
    bench = line(dial_prefix="9,")
    dial(bench)
    assert bench.until(lambda: bench.exchange.lines[LINE].dialled == "9", 4)
    began_ms = bench.world.now_ms
    assert bench.until(lambda: len(bench.exchange.lines[LINE].dialled) == 2, 3)
    assert bench.world.now_ms - began_ms >= 1100
    dialled(bench)
    assert bench.exchange.lines[LINE].dialled == "9" + CALLED_NUMBER
    bench.close()


def test_pulses_reach_an_old_exchange() -> None:
    """A line set to pulses dials by breaks of the loop, also zeros and pauses, and hears the exchange afterwards."""
    bench = line(dialling="pulse", answer_supervision="none")
    somebody = Subscriber(bench.world, bench.exchange, "callee", "6010", answers_after_s=None)
    dial(bench, "60W10")
    dialled(bench, 20)
    assert bench.exchange.lines[LINE].dialled == "6010"
    assert bench.until(lambda: somebody.ringing, 3)
    somebody.answer()
    since = somebody.ear.next_sample
    bench.pump.tone(a_tone(), [bench.board.trunks[0].port], loop_from=None)
    bench.wait(1)
    assert somebody.ear.level_dbm0(since) > -30  # the pump writes again
    assert bench.driver_errors == []
    bench.close()


def a_tone() -> tuple[ToneStep, ...]:
    """Half a second of 1000 Hz."""
    return (ToneStep(500, 1000.0, -10.0),)


def test_a_pulse_line_refuses_keys_that_pulses_cannot_say() -> None:
    """A star cannot be dialled by pulses: refused with the reason, before the line is seized."""
    bench = line(dialling="pulse")
    with pytest.raises(Refused, match="pulses"):
        dial(bench, "*57")
    assert bench.board.trunks[0].free
    bench.close()


def test_breaking_off_pulses_leaves_a_quiet_line() -> None:
    """Who gives up while pulses go out leaves a line that serves the next call with sound."""
    bench = line(dialling="pulse", answer_supervision="none")
    dial(bench, "9999999999")
    bench.wait(4)
    bench.board.trunks[0].release()
    bench.wait(3)
    bench.heard.told.clear()
    bench.answered_call()
    since = bench.caller.ear.next_sample
    bench.pump.tone(a_tone(), [bench.board.trunks[0].port], loop_from=None)
    bench.wait(1)
    assert bench.caller.ear.level_dbm0(since) > -30
    bench.close()


# ---- answers ----


def test_a_reversal_right_after_dialling_is_not_the_answer() -> None:
    """Some exchanges reverse when they have the number: the far end has not answered by that."""
    bench = line(answer_supervision="polarity")
    callee(bench, None)
    dial(bench)
    dialled(bench)
    bench.raise_event(1, Event.POLARITY)
    bench.wait(0.2)
    assert not any(told[0] == "answered" for told in bench.heard.of(LINE))
    bench.wait(1)
    bench.raise_event(1, Event.POLARITY)
    assert bench.until_told(LINE, "answered", 0.5)
    assert bench.heard.of(LINE)[-1] == ("answered", "polarity")
    bench.close()


@pytest.mark.parametrize("after_s", [1.4, 2.9, 4.2, 5.4, 8.7])
def test_an_answer_is_heard_when_ringback_stops_and_somebody_speaks(after_s: float, hello: Samples) -> None:
    """Wherever in the cadence the callee lifts: the call counts as answered within three seconds after the first word, not before."""
    bench = line(answer_supervision="progress")
    somebody = callee(bench, after_s)
    dial(bench)
    assert bench.until(lambda: somebody.talking, 25)
    assert not any(told[0] == "answered" for told in bench.heard.of(LINE))
    bench.wait(0.4)
    somebody.say(hello)
    assert bench.until_told(LINE, "answered", 5)
    assert bench.heard.of(LINE)[-1] == ("answered", "progress")
    bench.close()


def test_ringing_alone_is_no_answer() -> None:
    """Half a minute of ringback is ringing, on a noisy line with clicks too; then the exchange gives up."""
    bench = line(LineService(ringing_most_ms=30_000), answer_supervision="progress")
    bench.exchange.impair(LINE, Impairments(noise_dbm0=-50, impulses_a_min=40))
    callee(bench, None)
    dial(bench)
    assert bench.until_told(LINE, "released", 50)
    assert [told[0] for told in bench.heard.of(LINE)] == ["dialled", "released"]
    bench.close()


def test_ring_back_music_is_no_answer_and_a_voice_after_it_is(hello: Samples) -> None:
    """Colour ring-back goes on for half a minute without counting as answered; the callee's first word after it does."""
    bench = line(LineService(sounds={"ringback": ring_back_music(20, 3)}), answer_supervision="progress")
    somebody = callee(bench, 30)
    dial(bench)
    assert bench.until(lambda: somebody.talking, 45)
    assert not any(told[0] == "answered" for told in bench.heard.of(LINE))
    bench.wait(1)
    somebody.say(hello)
    assert bench.until_told(LINE, "answered", 4)
    assert bench.heard.of(LINE)[-1] == ("answered", "progress")
    bench.close()


def test_an_announcement_instead_of_ringback_is_no_answer(sentence: Samples) -> None:
    """The network's voice says that nobody can be reached: that is not the callee."""
    bench = line(LineService(sounds={"unallocated": announced(sentence[: sentence.size // 4])}), answer_supervision="progress")
    dial(bench, "7777777")
    dialled(bench, 20)
    bench.wait(25)
    assert not any(told[0] == "answered" for told in bench.heard.of(LINE))
    bench.close()


def test_what_cannot_be_heard_counts_as_answered_at_last() -> None:
    """A callee who answers and says nothing is not lost: after the line's longest time the call counts as answered, and is told as assumed."""
    bench = line(answer_supervision="progress", answer_most_s=20.0)
    callee(bench, 6)
    dial(bench)
    began_ms = dialled(bench)
    assert bench.until_told(LINE, "answered", 25)
    assert bench.heard.of(LINE)[-1] == ("answered", "assumed")
    assert bench.world.now_ms - began_ms == pytest.approx(20_000, abs=100)
    bench.close()


def test_an_engaged_callee_is_no_answer() -> None:
    """Busy tone after dialling ends the attempt with the right cause, on a line that is judged by ear too."""
    bench = line(answer_supervision="progress")
    callee(bench, None).call("0000")
    dial(bench)
    assert bench.until_told(LINE, "released", 15)
    assert bench.heard.of(LINE) == [("dialled",), ("released", "busy_tone")]
    bench.close()


# ---- a caller was first ----


@pytest.fixture
def glare() -> Iterator[LineBench]:
    """A line that meets a caller as we seize it."""
    bench = line()
    bench.caller.call(LINE, collides=True)
    yield bench
    bench.close()


def test_a_caller_who_was_first_is_taken(glare: LineBench, hello: Samples) -> None:
    """No dial tone, but a voice: our attempt is given back for another line, the caller is offered, answered and heard."""
    dial(glare)
    glare.wait(0.8)
    glare.caller.say(hello)
    assert glare.until_told(LINE, "offered", 5)
    assert glare.heard.of(LINE) == [("released", "collision"), ("rang",), ("offered", UNKNOWN_CALLER, "62010001")]
    assert glare.exchange.lines[LINE].dialled == ""
    glare.board.trunks[0].answer()
    glare.wait(0.5)
    glare.caller.press("5")
    glare.wait(1)
    assert glare.heard.of(LINE)[-1] == ("key", "5")
    glare.caller.hang_up()
    assert glare.until(lambda: glare.heard.of(LINE)[-1] == ("released", "busy_tone"), 5)


def test_a_caller_who_was_first_and_leaves_again_is_released(glare: LineBench, hello: Samples) -> None:
    """The caller by accident who hangs up before we answer makes no hanging line."""
    dial(glare)
    glare.wait(0.8)
    glare.caller.say(hello)
    assert glare.until_told(LINE, "offered", 5)
    glare.caller.hang_up()
    assert glare.until(lambda: glare.heard.of(LINE)[-1] == ("released", "caller_gone"), 5)
    glare.wait(3)
    assert glare.board.trunks[0].free


def test_a_bell_that_was_still_reported_is_a_caller() -> None:
    """The ring is told just after we have seized, and there is no dial tone: the caller is taken though nobody speaks yet."""
    bench = line()
    bench.caller.call(LINE, collides=True)
    dial(bench)
    bench.wait(0.1)
    bench.raise_event(1, Event.RINGBEGIN)
    assert bench.until_told(LINE, "offered", 4)
    assert bench.heard.of(LINE)[0] == ("released", "collision")
    bench.close()


def test_a_bell_before_dial_tone_is_a_disturbance() -> None:
    """A ring event as we seize, but the exchange gives dial tone: the number is dialled."""
    bench = line()
    dial(bench)
    bench.raise_event(1, Event.RINGBEGIN)
    dialled(bench)
    assert bench.exchange.lines[LINE].dialled == CALLED_NUMBER
    bench.close()


def test_a_line_that_rings_is_not_seized() -> None:
    """In the moment between the bell and its report the line refuses to be dialled on; the call comes through."""
    bench = line()
    bench.caller.call(LINE)
    bench.until(lambda: bench.driver.exchange_ports[1]._ring_reported, 0.3)
    bench.world.driver.advance_to(bench.world.now_ms)
    with pytest.raises(Refused):
        dial(bench)
    assert bench.until_told(LINE, "offered", 6)
    bench.close()


def test_a_line_that_rings_while_we_dial_without_dial_tone_is_a_caller() -> None:
    """On a line without dial tone a bell during the digits means that the exchange never listened: the caller is taken, and we are silent."""
    bench = line(LineService(sounds={"dial": dial_tone("none")}), dial_tone="none")
    dial(bench, "1" * 20)
    bench.wait(2)
    bench.raise_event(1, Event.RINGBEGIN)
    assert bench.until_told(LINE, "offered", 1)
    assert [told[0] for told in bench.heard.of(LINE)] == ["released", "rang", "offered"]
    bench.close()


def test_a_caller_by_accident_whom_nobody_answers_is_let_go(glare: LineBench, hello: Samples) -> None:
    """When the appliance answers no calls on the line, the caller is not kept off hook for ever."""
    dial(glare)
    glare.wait(0.8)
    glare.caller.say(hello)
    assert glare.until_told(LINE, "offered", 5)
    glare.wait(21)
    assert glare.heard.of(LINE)[-1] == ("released", "no_answer")
    assert isinstance(glare.board.trunks[0]._actor.state, fxo.Guard)
