"""Line tests without a line: the steps, what is measured, the verdicts, and the sentences that installers read."""

from __future__ import annotations

import math
import random
import string
from array import array
from collections.abc import Callable, Sequence

import pytest
from twisted.internet.task import Clock as TwistedClock

from engine.kernel.text import text
from engine.telephony import line_test_words, line_verdicts
from engine.telephony.line_measures import echo_of, hum_share, level_dbm0, loudest_tone, probe_samples, samples_of
from engine.telephony.line_test_run import EndFault, LineTestRun, Outcome, TestEnd
from engine.telephony.line_test_words import DOES, FOUND, NAMES, found_words
from engine.telephony.line_tests import (
    AUTOMATIC,
    LINE_TESTS,
    PHONE_TESTS,
    Finding,
    LineTest,
    Plan,
    PortKind,
    PortSeen,
    Recorded,
    Seen,
    plan_for,
    steps_most_s,
)
from engine.telephony.line_verdicts import judge
from engine.telephony.media import ToneStep
from engine.telephony.numbers import CallerId
from engine.telephony.tones import CHINA, NORTH_AMERICA
from hwsim.world import WorldClock


def sine(hertz: float, level: float, seconds: float = 1.0) -> list[int]:
    peak = 32768 * 10 ** ((level - 3.14) / 20)
    return [round(peak * math.sin(2 * math.pi * hertz * index / 8000)) for index in range(round(8000 * seconds))]


# ---- what is measured ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hertz", [300.0, 394.0, 447.3, 450.0, 480.5, 620.0])
@pytest.mark.parametrize("level", [-3.0, -12.0, -30.0])
def test_a_tone_is_measured(hertz: float, level: float) -> None:
    """Frequency to a third of a hertz and level to a tenth of a decibel, over all that exchanges send."""
    found = loudest_tone(sine(hertz, level))
    assert found is not None
    assert found.frequency_hz == pytest.approx(hertz, abs=0.35)
    assert found.level_dbm0 == pytest.approx(level, abs=0.1)
    assert found.share > 0.95


def test_nothing_is_no_tone() -> None:
    """Silence and a recording of no length measure as nothing, without a fault."""
    assert loudest_tone([]) is None
    assert loudest_tone([0] * 8000) is None
    assert level_dbm0([]) == level_dbm0([5] * 100) == -100.0
    assert hum_share([0] * 8000) == (50, 0.0)
    assert echo_of([]).loss_db > 60


@pytest.mark.parametrize("loss_db", [0.0, 6.0, 14.0, 30.0])
def test_echo_is_measured_under_dial_tone(loss_db: float) -> None:
    """The probe's own part is told from dial tone and hum that are 20 dB louder than the echo."""
    probe = samples_of(probe_samples())
    gain = 10 ** (-loss_db / 20)
    dial = sine(450.0, -15.0)
    samples = [round(gain * probe[index % len(probe)]) + dial[index] for index in range(8000)]
    assert echo_of(samples).loss_db == pytest.approx(loss_db, abs=0.3)
    assert max(abs(sample) for sample in probe) < 30000


def test_hum_is_told_from_hiss() -> None:
    """50 Hz with harmonics is hum of 50 Hz, 60 Hz of 60 Hz; noise is neither."""
    chance = random.Random(1)
    hiss = [round(chance.gauss(0, 300)) for _ in range(8000)]
    assert hum_share(hiss)[1] < 0.1
    for mains in (50, 60):
        hum = [a + b for a, b in zip(sine(mains, -35), sine(3 * mains, -38), strict=True)]
        assert hum_share(hum)[0] == mains
        assert hum_share(hum)[1] > 0.9


# ---- the steps -------------------------------------------------------------------------------------------------------


class PaperPort:
    """A port on paper: what was asked of it, in order."""

    def __init__(self, *, faulty_at: str = "") -> None:
        self.asked: list[str] = []
        self._faulty_at = faulty_at

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if what == self._faulty_at:
            raise EndFault(text("The port does not answer any more: was its card removed?"))

    def look(self) -> PortSeen:
        self._note("look")
        return PortSeen(battery=True, off_hook=False)

    def off_hook(self) -> None:
        self._note("off hook")

    def on_hook(self) -> None:
        self._note("on hook")

    def ring(self, caller: CallerId | None) -> None:
        self._note(f"ring {caller.number}" if caller else "ring")

    def stop_ringing(self) -> None:
        self._note("stop ringing")

    def sound(self, steps: Sequence[ToneStep], *, loop: bool) -> None:
        self._note(f"sound {len(steps)}{' round' if loop else ''}")

    def play(self, samples: bytes) -> None:
        self._note(f"play {len(samples)}")

    def be_quiet(self) -> None:
        self.asked.append("quiet")

    def hear_keys(self, *, on: bool) -> None:
        self._note("hear keys" if on else "hear nothing")

    def record(self) -> Callable[[], bytes]:
        self._note("record")
        return lambda: array("h", [0] * 800).tobytes()

    def close(self) -> None:
        self.asked.append("close")


class Walk:
    """A run on paper ports, in time that is moved by hand."""

    def __init__(self, plan: Plan, *ports: PaperPort) -> None:
        self.twisted = TwistedClock()
        self.ports = ports
        self.outcomes: list[Outcome] = []
        self.run = LineTestRun(plan, WorldClock(self.twisted, 0), ports, self.outcomes.append)
        self.run.begin()

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 50)):
            self.twisted.advance(0.02)


def test_every_plan_comes_to_an_end() -> None:
    """Whatever the ports notice or do not notice: each test ends within the time that it may take, ports closed, told once."""
    for kind, tests in ((PortKind.LINE, LINE_TESTS), (PortKind.PHONE, PHONE_TESTS)):
        for test in set(tests) - {LineTest.LEARN_BUSY}:
            plan = plan_for(test, kind)
            walk = Walk(plan, *(PaperPort() for _ in range(plan.ends)))
            walk.wait(steps_most_s(plan) + 6)
            assert len(walk.outcomes) == 1, test
            assert all(port.asked.count("close") == 1 for port in walk.ports), test
            assert not walk.twisted.calls, test
    assert set(AUTOMATIC) < set(LINE_TESTS)


def test_a_plan_leaves_its_port_on_hook() -> None:
    """A test that went to its end has put down whatever it took off hook, before it gave the port back."""
    plan = plan_for(LineTest.DIAL_TONE, PortKind.LINE)
    walk = Walk(plan, PaperPort())
    walk.wait(10)
    assert walk.ports[0].asked == ["look", "off hook", "record", "on hook", "close"]
    assert walk.outcomes[0].end is TestEnd.DONE


def test_a_port_that_fails_ends_the_test() -> None:
    """A card that is pulled in the middle: the outcome says so, and the port is closed all the same."""
    walk = Walk(plan_for(LineTest.ECHO, PortKind.LINE), PaperPort(faulty_at="record"))
    walk.wait(10)
    (outcome,) = walk.outcomes
    assert outcome.end is TestEnd.FAILED
    judgement = judge(outcome, phone=False, tones=CHINA)
    assert "was its card removed" in found_words(judgement.found, judgement.figures).in_english()
    assert walk.ports[0].asked[-1] == "close"


def test_nothing_is_heard_after_the_end() -> None:
    """A late ring or key of a port that is given back changes nothing, and a second stop does nothing."""
    walk = Walk(plan_for(LineTest.NOISE, PortKind.LINE), PaperPort())
    walk.run.finish(TestEnd.STOPPED)
    walk.run.seen(0, Seen.RING)
    walk.run.key(0, "1", None)
    walk.run.finish(TestEnd.FAILED)
    assert [outcome.end for outcome in walk.outcomes] == [TestEnd.STOPPED]
    assert walk.run.step is None


def test_a_ring_before_the_line_is_seized_is_a_caller() -> None:
    """A caller takes the line back; the bell of a line that we have just seized ourselves does not."""
    early = Walk(plan_for(LineTest.NOISE, PortKind.LINE), PaperPort())
    early.wait(0.5)
    early.run.seen(0, Seen.RING)
    assert early.outcomes[0].end is TestEnd.INTERRUPTED
    late = Walk(plan_for(LineTest.NOISE, PortKind.LINE), PaperPort())
    late.wait(2.0)
    late.run.seen(0, Seen.RING)
    assert not late.outcomes


# ---- verdicts and words ------------------------------------------------------------------------------------------------


def test_a_dial_tone_of_two_frequencies() -> None:
    """A North American dial tone is known by its louder frequency."""
    both = [a + b for a, b in zip(sine(350.2, -13), sine(440.0, -13.5), strict=True)]
    plan = plan_for(LineTest.DIAL_TONE, PortKind.LINE)
    outcome = Outcome(plan, TestEnd.DONE, {"idle": PortSeen(battery=True, off_hook=False), "tone": Recorded(array("h", both).tobytes())})
    judgement = judge(outcome, phone=False, tones=NORTH_AMERICA)
    assert (judgement.found, judgement.figures["nominal"]) == ("dial_tone", "350")
    assert judge(outcome, phone=False, tones=CHINA).found == "other_frequency"


@pytest.mark.parametrize(
    ("idle", "seized", "dropped", "found", "verdict"),
    [
        (48.0, 9.0, -1, "battery_volts", "good"),
        (12.0, 5.0, -1, "battery_volts", "doubtful"),
        (None, None, -1, "battery", "good"),
        (48.0, 0.0, 120, "battery_drops", "bad"),
    ],
)
def test_battery_with_a_card_that_measures_volts(idle: float | None, seized: float | None, dropped: int, found: str, verdict: str) -> None:
    """Volts are told where the card knows them; a battery that goes away under load is bad, one too low doubtful."""
    findings: dict[str, Finding] = {
        "idle": PortSeen(battery=True, off_hook=False, volts=idle),
        "seized": PortSeen(battery=True, off_hook=False, volts=seized),
        "dropped": dropped,
    }
    judgement = judge(Outcome(plan_for(LineTest.BATTERY, PortKind.LINE), TestEnd.DONE, findings), phone=False, tones=CHINA)
    assert (judgement.found, judgement.verdict.value) == (found, verdict)
    assert "{" not in found_words(judgement.found, judgement.figures).in_english()


def test_every_sentence_can_be_said() -> None:
    """Each finding has a sentence whose places are filled by the figures that go with it."""
    places = (
        "version seconds volts loaded level hertz off nominal tones mains loss worst keys missing softest loudest times to_phone to_line"
    )
    figures = dict.fromkeys(places.split(), "1") | {"failure": "the cable is out", "faults": "hung_up,keys_to_line,new_fault"}
    for found, words in FOUND.items():
        said = found_words(found, figures).in_english()
        wanted = {name for _text, name, _spec, _conversion in string.Formatter().parse(words.msgid) if name}
        assert wanted <= set(figures), found
        assert "{" not in said, found
    assert "hang-up of the line is not seen, keys towards the line's port, new_fault" in found_words("loop_faults", figures).in_english()
    assert set(NAMES) == set(DOES) == set(LineTest)


def test_words_of_a_newer_program() -> None:
    """A journal that a newer program wrote can still be read, if not understood."""
    assert found_words("teleported", {}).in_english() == "teleported"
    assert found_words("quiet", {}).in_english() == "quiet"
    assert found_words("failed", {"failure": '{"msgid": "{x}", "values": {}}'}).in_english().startswith("The test could not be done.")


def test_every_verdict_has_its_words() -> None:
    """What is judged can be shown: verdicts by name, findings by sentence."""
    assert set(line_test_words.VERDICTS) == {verdict.value for verdict in line_verdicts.Verdict}
