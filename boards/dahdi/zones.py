"""Tone zones for the driver, made from the engine's own tones: what the driver sounds and rings with when a program asks it to.

The driver makes a frequency with a resonator of two poles: ``fac = 2·cos(2πf/8000)``, and two first values that set phase and level, all as
numbers of 15 bits after the point. A tone is a list of such pieces, each with its time and the one that follows.

Our zones have numbers of their own, beyond those of libtonezone (0…46): so it can be seen whether the zone that the driver has is ours.
libtonezone's zone of China is not to our standards: its high group of DTMF is softer than its low one, its recording tone is 950 Hz, its
special dial tone has two frequencies. Number a zone anew when its content changes; the driver keeps a zone until it is unloaded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from boards.dahdi.abi import CADENCE_STEPS, Tone, ToneDefinition, ToneZoneHeader
from engine.telephony.dtmf import COLUMNS_HZ, HIGH_DBM0, KEYS, LOW_DBM0, ROWS_HZ
from engine.telephony.media import SAMPLE_RATE_HZ
from engine.telephony.signals import BACKWARD_HZ, FORWARD_HZ, R2_LEVEL_DBM0, R2_PAIRS
from engine.telephony.tones import TONE_SETS, Sound, ToneName, ToneSet
from engine.telephony.tones import Tone as NetworkTone

__all__ = ["DIAL_TIMES_MS", "TONES_MOST", "ZONE_NUMBERS", "zone_header", "zone_tones"]

ZONE_NUMBERS: Mapping[str, int] = MappingProxyType({"cn": 101, "uk": 102, "us": 103, "hk": 104, "itu": 105})
"""The number for the driver, by the value of the site's setting."""
TONES_MOST = 128
"""Pieces that the driver takes of a zone."""
DIAL_TIMES_MS = (68, 100, 100)
"""Length of a digit that the driver dials: MF-R1, DTMF, MF-R2. They are set again after every loading: the driver mistakes their unit."""

CADENCES_MS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"cn": (1000, 4000), "uk": (400, 200, 400, 2000), "us": (2000, 4000), "hk": (400, 200, 400, 3000), "itu": (1000, 4000)}
)
"""How telephones ring: as the ringback tone sounds."""
SOUNDED: Mapping[Tone, ToneName] = MappingProxyType(
    {
        Tone.DIALTONE: ToneName.DIAL,
        Tone.BUSY: ToneName.BUSY,
        Tone.RINGTONE: ToneName.RINGBACK,
        Tone.CONGESTION: ToneName.CONGESTION,
        Tone.CALLWAIT: ToneName.CALL_WAITING,
        Tone.DIALRECALL: ToneName.DIAL,
        Tone.RECORDTONE: ToneName.RECORD_WARNING,
        Tone.INFO: ToneName.INFORMATION,
        Tone.CUSTOM1: ToneName.UNALLOCATED,
        Tone.CUSTOM2: ToneName.INTRUSION,
        Tone.STUTTER: ToneName.SPECIAL_DIAL,
    }
)
"""Which of our tones is which of the driver's."""

FULL_SCALE_DBM0 = 3.14
ONE = 1 << 15
DTMF_ORDER = "0123456789*#ABCD"
MF_R1_BASE, MF_R2_FORWARD_BASE, MF_R2_BACKWARD_BASE = 80, 96, 112
MF_R1_HZ = (700.0, 900.0, 1100.0, 1300.0, 1500.0, 1700.0)
MF_R1_PLACES = ((3, 4), (0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3), (0, 4), (1, 4), (2, 4), (2, 5), (4, 5), (1, 5), (3, 5), (0, 5))
"""ITU-T Q.320: digits 0…9, KP, ST, and the three other ends."""
MF_R1_DBM0 = -7.0
"""ITU-T Q.320 clause 3."""


def zone_header(name: str) -> ToneZoneHeader:
    """The head of a zone; how many pieces follow is not said in it. KeyError for a zone that there is not."""
    cadence = CADENCES_MS[name]
    return ToneZoneHeader(0, ZONE_NUMBERS[name], cadence + (0,) * (CADENCE_STEPS - len(cadence)), f"Strowger {name}")


def zone_tones(name: str) -> tuple[ToneDefinition, ...]:
    """Every piece of a zone, in order; ``next`` is a place in it."""
    tones: ToneSet = TONE_SETS[name]
    pieces: list[ToneDefinition] = []
    for number, known_as in SOUNDED.items():
        pieces.extend(_network_tone(number, tones[known_as], len(pieces)))
    pieces.extend(_digits(Tone.DTMF_BASE, _dtmf_pairs(), LOW_DBM0, HIGH_DBM0))
    pieces.extend(_digits(MF_R1_BASE, [(MF_R1_HZ[low], MF_R1_HZ[high]) for low, high in MF_R1_PLACES], MF_R1_DBM0, MF_R1_DBM0))
    pieces.extend(_digits(MF_R2_FORWARD_BASE, _r2_pairs(FORWARD_HZ), R2_LEVEL_DBM0, R2_LEVEL_DBM0))
    pieces.extend(_digits(MF_R2_BACKWARD_BASE, _r2_pairs(BACKWARD_HZ), R2_LEVEL_DBM0, R2_LEVEL_DBM0))
    return tuple(pieces)


def _network_tone(number: Tone, tone: NetworkTone, first: int) -> Iterator[ToneDefinition]:
    last = len(tone.sounds) - 1
    for place, sound in enumerate(tone.sounds):
        if place < last:
            yield _piece(number, sound, first + place + 1)
        else:
            yield _piece(number, sound, first + (place + 1 if tone.loop_from is None else tone.loop_from))
    if tone.loop_from is None:  # it sounds once: then silence goes round
        yield _piece(number, Sound(1000), first + last + 1)


def _piece(number: int, sound: Sound, following: int) -> ToneDefinition:
    first, second = (*sound.frequencies_hz, 0.0, 0.0)[:2]
    samples = sound.duration_ms * SAMPLE_RATE_HZ // 1000
    return ToneDefinition(number, following, samples, 0, *_resonator(first, sound.level_dbm0), *_resonator(second, sound.level_dbm0), 0)


def _resonator(frequency_hz: float, level_dbm0: float) -> tuple[int, int, int]:
    """Factor and the two first values; 0 Hz is silence."""
    if not frequency_hz:
        return 0, 0, 0
    turn = 2 * math.pi * frequency_hz / SAMPLE_RATE_HZ
    peak = 10 ** ((level_dbm0 - FULL_SCALE_DBM0) / 20) * ONE
    return round(2 * math.cos(turn) * ONE), round(-math.sin(2 * turn) * peak), round(-math.sin(turn) * peak)


def _digits(base: int, pairs: Sequence[tuple[float, float]], low_dbm0: float, high_dbm0: float) -> Iterator[ToneDefinition]:
    """The driver gives digits their time and their pause itself."""
    for place, (low, high) in enumerate(pairs):
        yield ToneDefinition(base + place, 0, 0, 0, *_resonator(low, low_dbm0), *_resonator(high, high_dbm0), 0)


def _dtmf_pairs() -> list[tuple[float, float]]:
    rows = {key: (ROWS_HZ[row], COLUMNS_HZ[keys.index(key)]) for row, keys in enumerate(KEYS) for key in keys}
    return [rows[key] for key in DTMF_ORDER]


def _r2_pairs(frequencies_hz: Sequence[float]) -> list[tuple[float, float]]:
    """Q.441 table 5: signals 1…15."""
    return [(frequencies_hz[low], frequencies_hz[high]) for low, high in R2_PAIRS]
