"""Sound that is shaped like telephone speech, without words: for measurements that need much of it at once.

Syllables of a voice with moving formants, pauses, breath between; and now and then a DTMF key. Detectors find as much to do in it as in
speech, which they do not in noise or silence. The same seed gives the same octets.
"""

from __future__ import annotations

import numpy as np

from boards.dahdi.codec import alaw_encode
from engine.telephony.media import BLOCK_SAMPLES, SAMPLE_RATE_HZ

__all__ = ["babble"]

SYLLABLE_S = 0.2
TALKS = 0.45
"""Share of syllables that are spoken."""
LEVEL = 6000.0
HISS = 12.0
KEY_EVERY_S = 10.0
KEY_S = 0.1
ROWS_HZ = (697.0, 770.0, 852.0, 941.0)
COLUMNS_HZ = (1209.0, 1336.0, 1477.0, 1633.0)


def babble(seed: int, seconds: float) -> bytes:
    """A-law, whole blocks of it."""
    chance = np.random.default_rng(seed)
    count = round(seconds * SAMPLE_RATE_HZ) // BLOCK_SAMPLES * BLOCK_SAMPLES
    wave = HISS * chance.standard_normal(count)
    step = round(SYLLABLE_S * SAMPLE_RATE_HZ)
    talking = False
    for start in range(0, count - step + 1, step):
        talking = chance.random() < (0.8 if talking else TALKS * 0.4)
        if talking:
            wave[start : start + step] += _syllable(chance, step)
    for start_s in np.arange(KEY_EVERY_S / 2, seconds - KEY_S, KEY_EVERY_S):
        _press(wave, chance, round(float(start_s) * SAMPLE_RATE_HZ))
    return alaw_encode(np.clip(np.rint(wave), -32768, 32767).astype(np.int16).tobytes())


def _syllable(chance: np.random.Generator, samples: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A glottal buzz of falling or rising pitch through three formants, swelling and fading."""
    time_s = np.arange(samples) / SAMPLE_RATE_HZ
    pitch_hz = chance.uniform(90, 240) * (1 + chance.uniform(-0.2, 0.2) * time_s / SYLLABLE_S)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ
    formants_hz = chance.uniform((250, 800, 2200), (850, 2200, 3200))
    mean_hz = float(pitch_hz.mean())
    sound = np.zeros(samples)
    for harmonic in range(1, int(3400 / mean_hz)):
        strength = sum(1 / (1 + ((harmonic * mean_hz - formant) / 120) ** 2) / rank for rank, formant in enumerate(formants_hz, start=1))
        sound += strength * np.sin(harmonic * phase + chance.uniform(0, 2 * np.pi))
    shape: np.ndarray[tuple[int], np.dtype[np.float64]] = (
        LEVEL * chance.uniform(0.2, 1.0) * np.sin(np.pi * time_s / SYLLABLE_S) * sound / np.abs(sound).max()
    )
    return shape


def _press(wave: np.ndarray[tuple[int], np.dtype[np.float64]], chance: np.random.Generator, start: int) -> None:
    time_s = np.arange(round(KEY_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    row_hz, column_hz = chance.choice(ROWS_HZ), chance.choice(COLUMNS_HZ)
    wave[start : start + len(time_s)] = 5000 * (np.sin(2 * np.pi * row_hz * time_s) + np.sin(2 * np.pi * column_hz * time_s))
