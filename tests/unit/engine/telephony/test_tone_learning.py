"""Learning a tone from a recorded sample."""

from __future__ import annotations

import math
import random

import pytest

from engine.kernel.errors import BadInput
from engine.telephony.tone_learning import learn_tone
from engine.telephony.tones import HeardTone


def sample(runs_ms: list[int], times: int, frequencies_hz: tuple[float, ...], peak: float = 3000, noise: float = 30) -> list[int]:
    """On, off, on, off … over and over, with a little noise."""
    chance = random.Random(1)
    sounds: list[int] = []
    for run, duration_ms in enumerate(runs_ms * times):
        for _ in range(duration_ms * 8):
            wave = sum(math.sin(2 * math.pi * frequency * len(sounds) / 8000) for frequency in frequencies_hz) if run % 2 == 0 else 0
            sounds.append(round(peak * wave + chance.gauss(0, noise)))
    return sounds


def test_a_private_exchanges_busy_tone_is_learned() -> None:
    """A line behind an old PBX with a tone of its own is released when the far end has hung up, after one recording."""
    window = learn_tone(sample([167, 175], 8, (420.0,)), HeardTone.BUSY)
    on, off = window.elements
    ((least_hz, most_hz),) = on.bands_hz
    assert (least_hz + most_hz) / 2 == pytest.approx(420, abs=1)
    assert (on.least_ms, on.most_ms) == pytest.approx((120, 217), abs=15)
    assert (off.least_ms, off.most_ms) == pytest.approx((127, 223), abs=15)
    assert (window.tone, window.needed, window.steady, off.bands_hz) == (HeardTone.BUSY, 6, False, ())


def test_two_frequencies_and_an_uneven_cadence_are_learned() -> None:
    """British ringback is learned with both its frequencies, though they beat, and with its double ring."""
    window = learn_tone(sample([400, 200, 400, 2000], 3, (400.0, 450.0)), HeardTone.RINGBACK)
    assert len(window.elements) == 4
    assert window.needed == 4
    for element in window.elements[::2]:
        centres = [(least + most) / 2 for least, most in element.bands_hz]
        assert centres == pytest.approx([400, 450], abs=2)
    assert sorted(element.most_ms for element in window.elements[1::2]) == pytest.approx([250, 2230], abs=15)


def test_a_continuous_tone_is_learned() -> None:
    """A dial tone has no rhythm; it is recognised by lasting and by not moving."""
    window = learn_tone(sample([2000], 1, (435.0,)), HeardTone.DIAL)
    assert window.steady
    assert window.needed == 1
    assert len(window.elements) == 1


def test_frequencies_close_together_get_windows_that_do_not_touch() -> None:
    """A pair only 25 Hz apart can still be told to the detector."""
    window = learn_tone(sample([500, 500], 4, (425.0, 450.0)), HeardTone.BUSY)
    (_least, low_most), (high_least, _most) = window.elements[0].bands_hz
    assert low_most < high_least


@pytest.mark.parametrize(
    ("sound", "why"),
    [
        ([], "silent"),
        (sample([500, 500], 2, (), noise=5), "silent"),
        (sample([2000], 1, (), noise=3000), "speech, music or noise"),
        (sample([300, 300, 700, 900, 200, 1400], 1, (450.0,)), "no steady rhythm"),
        (sample([40, 60], 10, (450.0,)), "too short"),
    ],
)
def test_what_is_no_tone_is_refused_with_a_reason(sound: list[int], why: str) -> None:
    """A technician who recorded the wrong thing is told what is wrong with it."""
    with pytest.raises(BadInput, match=why):
        learn_tone(sound, HeardTone.BUSY)
