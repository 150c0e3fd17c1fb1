"""What exchanges and PBXs sound beside the usual tones: busy tones as found in the field, dial tones off frequency, ring-back music.

All are periods that go round, as A-law octets for ``LineService.sounds``.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from hwsim.signals import RATE_HZ, Cadence, Samples, alaw_from_linear, cadence, level_dbm0, peak, silence, tone

__all__ = ["BUSY_TONES", "DIAL_TONES", "SILENT", "announced", "busy_tone", "dial_tone", "ring_back_music"]

MUSIC_BEAT_MS = 350
"""The length of a burst of busy tone, so that nothing but the sound tells them apart."""
MUSIC_NOTES_HZ = (220.0, 262.0, 330.0, 440.0, 466.2, 523.0, 659.0, 880.0)
MUSIC_NOTE_DBM0 = -18.0
MUSIC_FADE_S = 0.19
ANNOUNCEMENT_PAUSE_MS = 2000
UNEVEN_PERIODS = 12

BUSY_TONES = MappingProxyType(
    {
        "china": Cadence(450, ((350, 350),)),
        "quick": Cadence(450, ((250, 250),)),
        "mixed": Cadence(450, ((210, 210), (210, 210), (210, 210), (630, 210))),
        "low": Cadence(394, ((350, 350),)),
        "off": Cadence(446, ((350, 350),)),
        "itu": Cadence(425, ((500, 500),)),
        "faint": Cadence(450, ((350, 350),), level=-28.0),
    }
)
"""By name: how PBXs and exchanges say that the other party is gone. ``uneven`` is beside these, see ``busy_tone``."""

DIAL_TONES = MappingProxyType({"china": 450.0, "itu": 425.0, "low": 400.0, "high": 475.0})
"""By name: their frequency; ``none`` is silence."""

SILENT = alaw_from_linear(silence(1000))
"""A second of nothing."""


def busy_tone(name: str, seed: int = 0) -> bytes:
    """A busy tone of ``BUSY_TONES``; ``uneven``: bursts of 167…213 ms and pauses of 175…225 ms by chance. KeyError for another name."""
    if name == "uneven":
        chance = np.random.default_rng(seed)
        runs = tuple((int(chance.integers(167, 214)), int(chance.integers(175, 226))) for _ in range(UNEVEN_PERIODS))
        return alaw_from_linear(cadence(Cadence(450, runs)))
    return alaw_from_linear(cadence(BUSY_TONES[name]))


def dial_tone(name: str) -> bytes:
    """A dial tone of ``DIAL_TONES``, or silence for ``none``. KeyError for another name."""
    return SILENT if name == "none" else alaw_from_linear(tone(DIAL_TONES[name], -10.0, 1000))


def ring_back_music(seconds: float, seed: int) -> bytes:
    """Colour ring-back tone: chords on a beat of 350 ms with notes around 450 Hz among them, as near to busy tone as music gets."""
    chance = np.random.default_rng(seed)
    at_s = np.arange(MUSIC_BEAT_MS * RATE_HZ // 1000) / RATE_HZ
    fade = peak(MUSIC_NOTE_DBM0) * np.exp(-at_s / MUSIC_FADE_S)
    beats = []
    for _ in range(max(1, round(seconds * 1000 / MUSIC_BEAT_MS))):
        notes = chance.choice(MUSIC_NOTES_HZ, 3, replace=False)
        beats.append(fade * np.sin(2 * np.pi * np.outer(notes, at_s)).sum(axis=0))
    return alaw_from_linear(np.concatenate(beats))


def announced(spoken: Samples) -> bytes:
    """An announcement over and over, with a pause of two seconds. ValueError when nothing is to be heard."""
    if level_dbm0(spoken) < -60:
        raise ValueError("an announcement of nothing: give it something to say")
    return alaw_from_linear(np.concatenate([spoken, silence(ANNOUNCEMENT_PAUSE_MS)]))
