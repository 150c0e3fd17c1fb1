"""Tones as data: what is sounded and what is listened for come from one description."""

from __future__ import annotations

import pytest

from engine.kernel.errors import OurFault
from engine.settings.site import BoxSection
from engine.telephony.dtmf import dial_steps
from engine.telephony.media import ToneStep
from engine.telephony.signals import answer_tone_steps, calling_tone_steps, r2_step
from engine.telephony.tones import CHINA, TONE_SETS, HeardTone, ToneElement, ToneName, ToneWindow


def test_the_tones_of_china_are_those_of_the_standard() -> None:
    """A caller hears what every Chinese telephone has sounded like since GB/T 3378."""

    def runs(name: ToneName) -> list[tuple[int, float]]:
        return [(step.duration_ms, step.frequency1_hz) for step in CHINA[name].steps]

    assert runs(ToneName.RINGBACK) == [(1000, 450), (4000, 0)]
    assert runs(ToneName.BUSY) == [(350, 450), (350, 0)]
    assert runs(ToneName.CONGESTION) == [(700, 450), (700, 0)]
    assert runs(ToneName.UNALLOCATED) == [(100, 450), (100, 0)] * 3 + [(400, 450), (400, 0)]
    assert runs(ToneName.SPECIAL_DIAL) == [(400, 450), (40, 0)]
    assert runs(ToneName.CALL_WAITING) == [(400, 450), (4000, 0)]
    assert runs(ToneName.RECORD_WARNING) == [(400, 1400), (10_000, 0)]
    assert {step.level1_dbm0 for step in CHINA[ToneName.DIAL].steps} == {-10}
    howler = CHINA[ToneName.HOWLER]
    assert {step.frequency1_hz for step in howler.steps} == {950}
    assert [step.level1_dbm0 for step in howler.steps] == sorted(step.level1_dbm0 for step in howler.steps)
    assert howler.loop_from == len(howler.steps) - 1


@pytest.mark.parametrize("name", TONE_SETS)
def test_every_set_can_be_sounded_and_listened_for(name: str) -> None:
    """A site in any of these countries has all its tones, none too loud for a line, and an exchange that is understood."""
    tones = TONE_SETS[name]
    assert set(tones.tones) == set(ToneName)
    for tone in tones.tones.values():
        assert tone.clause
        assert 1 <= len(tone.steps) <= 256
        assert tone.loop_from is None or 0 <= tone.loop_from < len(tone.steps)
        assert all(-30 <= step.level1_dbm0 <= 0 for step in tone.steps)
    heard = {window.tone for window in tones.windows}
    assert {HeardTone.DIAL, HeardTone.RINGBACK, HeardTone.BUSY, HeardTone.CONGESTION} <= heard
    assert len(tones.windows) == len(heard)


def test_a_site_may_choose_every_set_and_no_other() -> None:
    """What the settings offer is what there is."""
    field = BoxSection.__dataclass_fields__["tones"]
    assert set(field.metadata["spec"].choices) == set(TONE_SETS)


def test_a_window_is_the_tone_widened_by_its_tolerances() -> None:
    """An exchange that keeps its standard is recognised: 10 % in time, 25 Hz in frequency, and what the detector needs itself."""
    bands = ((420.0, 480.0),)
    assert CHINA[ToneName.BUSY].window(25) == ToneWindow(HeardTone.BUSY, 6, (ToneElement(285, 415, bands), ToneElement(285, 415)))
    assert CHINA[ToneName.RINGBACK].window(25) == ToneWindow(
        HeardTone.RINGBACK, 2, (ToneElement(870, 1130, bands), ToneElement(1500, 4430))
    )
    dial = CHINA[ToneName.DIAL].window(25)
    assert dial.steady
    assert dial.elements[0].least_ms == 1200
    with pytest.raises(OurFault):
        CHINA[ToneName.HOWLER].window(25)


FORWARD = {1: (1380, 1500), 4: (1380, 1740), 6: (1620, 1740), 10: (1740, 1860), 11: (1380, 1980), 15: (1860, 1980)}
BACKWARD = {1: (1020, 1140), 3: (900, 1020), 5: (780, 1020), 6: (780, 900), 15: (540, 660)}


def test_register_signals_have_their_frequencies() -> None:
    """Another exchange reads the digit that was meant (Q.441)."""
    for table, backward in ((FORWARD, False), (BACKWARD, True)):
        for signal, (low, high) in table.items():
            assert r2_step(signal, 100, backward=backward) == ToneStep(100, low, -11.5, high, -11.5)
    for signal in (0, 16):
        with pytest.raises(OurFault):
            r2_step(signal, 100, backward=False)


def test_fax_tones_have_their_times() -> None:
    """A fax machine recognises us: CNG half a second in 3.5 s; the answer tone 3.3 s, its phase turned round every 450 ms if asked for."""
    assert [(step.duration_ms, step.frequency1_hz) for step in calling_tone_steps()] == [(500, 1100), (3000, 0)]
    assert [(step.duration_ms, step.frequency1_hz, step.turn1_cycles) for step in answer_tone_steps(reversals=False)] == [(3300, 2100, 0)]
    turned = answer_tone_steps(reversals=True)
    assert sum(step.duration_ms for step in turned) == 3300
    assert [step.turn1_cycles for step in turned] == [0] + [0.5] * 7
    assert {step.duration_ms for step in turned[:-1]} == {450}


def test_a_line_may_have_its_own_dialling_levels() -> None:
    """An installer who meets a deaf exchange raises the digits, or one group of them."""
    steps = dial_steps("5", 80, 90, low_dbm0=-4, high_dbm0=-1)
    assert steps == (ToneStep(80, 770, -4, 1336, -1), ToneStep(90))
