"""The tones that the pump sends, measured on the line independently of how they were made."""

from __future__ import annotations

import numpy as np
import pytest

from engine.telephony.dtmf import dial_steps
from engine.telephony.media import ToneStep
from engine.telephony.signals import answer_tone_steps, calling_tone_steps, r2_step
from engine.telephony.tones import TONE_SETS, Sound
from tests.unit.boards.dahdi.pump_bench import Bench, Samples, decode

LATER = 320
"""Samples until what the pump was told to sound reaches the line."""


def sounded(steps: tuple[ToneStep, ...], seconds: float, loop_from: int | None = 0) -> Samples:
    """What a line gets when it is sounded these steps."""
    bench = Bench(1)
    bench.run({}, 2)
    bench.pump.tone(steps, bench.ports, loop_from=loop_from)
    heard = decode(bench.run({}, round(seconds * 50) + 3)[0])
    begin = int(np.flatnonzero(np.abs(heard) > 8)[0])
    assert LATER <= begin < LATER + 8
    return heard[begin - begin % 160 :]


def sines_in(samples: Samples, count: int) -> list[tuple[float, float]]:
    """The strongest sines as (Hz, dBm0): a windowed spectrum of a tenth of a hertz, its peaks one after the other."""
    window = np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(samples * window, 160_000)) * 2 / window.sum()
    width = round(2.5 * 160_000 / len(samples))
    found = []
    for _ in range(count):
        peak = int(np.argmax(spectrum))
        left, middle, right = np.log(spectrum[peak - 1 : peak + 2])
        place = peak + (left - right) / (2 * (left - 2 * middle + right))
        found.append((place / 20, float(20 * np.log10(spectrum[peak] / 32768) + 3.14)))
        spectrum[max(0, peak - width) : peak + width] = 1e-9
    return sorted(found)


def check(samples: Samples, step: ToneStep) -> None:
    wanted = [(step.frequency1_hz, step.level1_dbm0), (step.frequency2_hz, step.level2_dbm0)]
    wanted = sorted(pair for pair in wanted if pair[0] > 0)
    found = sines_in(samples, len(wanted))
    for (frequency, level), (wanted_hz, wanted_dbm0) in zip(found, wanted, strict=True):
        assert frequency == pytest.approx(wanted_hz, abs=0.1)
        assert level == pytest.approx(wanted_dbm0, abs=0.1)


SOUNDS = sorted(
    {sound for tones in TONE_SETS.values() for tone in tones.tones.values() for sound in tone.sounds if sound.frequencies_hz}, key=repr
)


@pytest.mark.parametrize(
    "sound", [Sound(1000, *pair) for pair in sorted({(sound.frequencies_hz, sound.level_dbm0) for sound in SOUNDS})], ids=str
)
def test_every_sound_of_every_set_is_exact(sound: Sound) -> None:
    """A telephone exchange's tester finds our tones within 0.1 Hz and 0.1 dB of what the standard says."""
    check(sounded((sound.step,), 1.0)[160:8000], sound.step)


@pytest.mark.parametrize("key", "159D")
@pytest.mark.parametrize(("low_dbm0", "high_dbm0"), [(-9, -7), (-4, -4), (-12, -18)])
def test_keys_are_exact_in_level_and_twist(key: str, low_dbm0: float, high_dbm0: float) -> None:
    """A digit arrives with the levels that the installer chose."""
    (on, _off) = dial_steps(key, 1000, 100, low_dbm0, high_dbm0)
    check(sounded((on,), 1.0)[160:8000], on)


@pytest.mark.parametrize("signal", [1, 8, 15])
@pytest.mark.parametrize("backward", [False, True])
def test_register_signals_are_exact(signal: int, backward: bool) -> None:
    """An exchange with narrow filters reads our register signals."""
    step = r2_step(signal, 1000, backward=backward)
    check(sounded((step,), 1.0)[160:8000], step)


def test_keys_are_timed_to_the_sample() -> None:
    """Digits and pauses are as long as they were asked for, also when that is no whole block."""
    heard = np.abs(sounded(dial_steps("19", 73, 41), 0.3, loop_from=None)) > 8
    on = np.convolve(heard, np.ones(17), "same") > 0  # what is between two zero crossings belongs to the tone
    edges = np.flatnonzero(np.diff(on)) + 1
    assert list(edges[:3]) == pytest.approx([73 * 8, 114 * 8, 187 * 8], abs=16)


def test_a_calling_fax_sounds_as_it_should() -> None:
    """A fax machine that we call hears 1100 Hz for half a second."""
    heard = sounded(calling_tone_steps(), 0.6)
    check(heard[80:3920], calling_tone_steps()[0])
    assert not np.any(np.abs(heard[4000:4640]) > 8)


def test_the_phase_of_an_answer_tone_turns_round_on_the_sample() -> None:
    """Echo cancellers see the reversals that they wait for: every 450 ms exactly, and nothing else changes."""
    heard = sounded(answer_tone_steps(reversals=True), 3.2, loop_from=None)[: 3200 * 8]
    place = np.arange(len(heard))
    peak = 32768 * 10 ** ((-11 - 3.14) / 20)
    ideal = peak * np.sin(2 * np.pi * 2100 / 8000 * place) * (-1.0) ** (place // 3600)
    assert np.max(np.abs(heard - ideal)) < 0.04 * peak  # what A-law rounds off
