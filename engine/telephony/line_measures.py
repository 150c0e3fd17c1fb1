"""What is measured on a line from some seconds of its sound: level, tone, echo, mains hum. Pure arithmetic.

Levels are flat, in dBm0 (ITU-T G.711: a sine that just fills A-law has +3.14 dBm0). Echo is measured with a probe of many tones at once: each tone
is a whole number of periods in the measured second, so every one of them, and dial tone or hum between them, is told from the others.
The mean is that of ITU-T G.122, annex B: over the speech band, by the logarithm of frequency.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.telephony.media import SAMPLE_RATE_HZ

__all__ = ["Echo", "ToneFound", "echo_of", "hum_share", "level_dbm0", "loudest_tone", "probe_samples", "samples_of"]

FULL_SINE_DBM0 = 3.14
FULL = 32768.0
NOTHING_DBM0 = -100.0
PROBE_HZ = (310, 370, 520, 610, 730, 870, 1040, 1240, 1470, 1750, 2080, 2480, 2950, 3350)
"""From 300 to 3400 Hz, evenly by their logarithm, and away from the tones of exchanges and their harmonics."""
PROBE_DBM0 = -23.0
"""Of each tone; together −11.5 dBm0: as loud as speech, and far from the limit."""
LOWEST_HZ, HIGHEST_HZ, COARSE_HZ = 250, 1000, 10
MAINS_HZ = (50, 60)
HARMONICS = (1, 2, 3, 5, 7, 9, 11)


@dataclass(frozen=True)
class ToneFound:
    """The loudest tone of a stretch: frequency, level, and how much of the whole power it is (0…1)."""

    frequency_hz: float
    level_dbm0: float
    share: float


@dataclass(frozen=True)
class Echo:
    """How much weaker the probe came back: the mean over the band, and where it was strongest."""

    loss_db: float
    worst_db: float
    worst_hz: int


def samples_of(octets: bytes) -> array[int]:
    """Signed 16-bit samples of ``Recorded``."""
    samples = array("h")
    samples.frombytes(octets[: len(octets) // 2 * 2])
    return samples


def level_dbm0(samples: Sequence[int]) -> float:
    """The level of all of it, without its mean; −100 for nothing."""
    if not samples:
        return NOTHING_DBM0
    mean = sum(samples) / len(samples)
    return _dbm0(sum((sample - mean) ** 2 for sample in samples) / len(samples))


def _dbm0(power: float) -> float:
    """``power``: mean square of a sample."""
    full = FULL * FULL / 2
    return max(NOTHING_DBM0, FULL_SINE_DBM0 + 10 * math.log10(power / full)) if power > 0 else NOTHING_DBM0


def loudest_tone(samples: Sequence[int]) -> ToneFound | None:
    """The loudest tone from 250 to 1000 Hz in the middle second at most; None when there is nothing at all."""
    stretch = _middle(samples, SAMPLE_RATE_HZ)
    whole = sum(sample * sample for sample in stretch) / len(stretch) if stretch else 0.0
    if whole < 1.0:
        return None
    # Coarsely over a tenth of a second: what is between two steps of 10 Hz still shows.
    short = stretch[: SAMPLE_RATE_HZ // 10]
    best = float(max(range(LOWEST_HZ, HIGHEST_HZ + 1, COARSE_HZ), key=lambda hertz: _power(short, hertz)))
    step = COARSE_HZ / 2
    for length in (4, 2, 1):
        part = stretch[: max(1, len(stretch) // length)]
        for _ in range(3):
            best = max((best - step, best, best + step), key=lambda hertz: _power(part, hertz))
            step /= 2
    power = _power(stretch, best)
    return ToneFound(best, _dbm0(power), min(1.0, power / whole))


def echo_of(samples: Sequence[int]) -> Echo:
    """What came back while ``probe_samples`` went round; the middle second is measured."""
    stretch = _middle(samples, SAMPLE_RATE_HZ)
    losses = {hertz: PROBE_DBM0 - _dbm0(_power(stretch, hertz)) for hertz in PROBE_HZ}
    worst_hz = min(losses, key=lambda hertz: losses[hertz])
    # By the trapezoid between each two tones, in power.
    area = width = 0.0
    for low, high in pairwise(PROBE_HZ):
        octave = math.log(high / low)
        area += octave * (10 ** (-losses[low] / 10) + 10 ** (-losses[high] / 10)) / 2
        width += octave
    return Echo(-10 * math.log10(area / width), losses[worst_hz], worst_hz)


def hum_share(samples: Sequence[int]) -> tuple[int, float]:
    """The mains' frequency whose harmonics are loudest, and their share of the whole power (0…1)."""
    stretch = _middle(samples, SAMPLE_RATE_HZ)
    whole = sum(sample * sample for sample in stretch) / len(stretch) if stretch else 0.0
    if whole <= 0:
        return MAINS_HZ[0], 0.0
    shares = {mains: min(1.0, sum(_power(stretch, mains * number) for number in HARMONICS) / whole) for mains in MAINS_HZ}
    mains = max(MAINS_HZ, key=lambda hertz: shares[hertz])
    return mains, shares[mains]


def probe_samples() -> bytes:
    """A tenth of a second of the probe, to go round: every tone has whole periods in it. Signed 16-bit samples in the machine's order."""
    peak = FULL * 10 ** ((PROBE_DBM0 - FULL_SINE_DBM0) / 20)
    # Phases that rise with the square of the number keep the sum from peaking.
    turned = [(2 * math.pi * hertz / SAMPLE_RATE_HZ, math.pi * number * number / len(PROBE_HZ)) for number, hertz in enumerate(PROBE_HZ)]
    count = SAMPLE_RATE_HZ // 10
    return array("h", (round(peak * sum(math.cos(step * index - phase) for step, phase in turned)) for index in range(count))).tobytes()


def _middle(samples: Sequence[int], most: int) -> list[float]:
    spare = max(0, len(samples) - most) // 2
    inner = samples[spare : spare + most]
    mean = sum(inner) / len(inner) if len(inner) else 0.0
    return [sample - mean for sample in inner]


def _power(stretch: Sequence[float], hertz: float) -> float:
    """Mean square of the sine of this frequency in the stretch, seen through a Hann window (Goertzel's recursion)."""
    count = len(stretch)
    if not count:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * hertz / SAMPLE_RATE_HZ)
    # The window's cosine is turned on from sample to sample: a fifth of the time of asking for it anew.
    spin_cos, spin_sin = math.cos(2 * math.pi / count), math.sin(2 * math.pi / count)
    cosine, sine = 1.0, 0.0
    before = last = weights = 0.0
    for sample in stretch:
        weight = 0.5 - 0.5 * cosine
        cosine, sine = cosine * spin_cos - sine * spin_sin, sine * spin_cos + cosine * spin_sin
        weights += weight
        before, last = last, sample * weight + turn * last - before
    square = max(0.0, last * last + before * before - turn * last * before)
    return 2 * square / (weights * weights) if weights else 0.0
