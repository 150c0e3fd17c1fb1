"""Sounds of the telephone network as numpy arrays: A-law, tones, cadences, keys.

Samples are int16, 8000 a second. Levels are dBm0 of a sine (ITU-T G.711: a sine that just reaches A-law's overload point
has +3.14 dBm0). Everything here is written apart from the media pump, so that the one can judge the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

__all__ = [
    "BLOCK",
    "CADENCES",
    "HIGH_GROUP_HZ",
    "IDLE_BLOCK",
    "IDLE_OCTET",
    "KEYS",
    "LOW_GROUP_HZ",
    "RATE_HZ",
    "Cadence",
    "Clip",
    "Floats",
    "Samples",
    "ToneLoop",
    "alaw_from_linear",
    "cadence",
    "keys",
    "level_dbm0",
    "linear_from_alaw",
    "peak",
    "silence",
    "tone",
]

Samples = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]

RATE_HZ = 8000
BLOCK = 160
"""Samples in the 20 ms that cross a line at a time."""
IDLE_OCTET = 0xD5
IDLE_BLOCK = bytes([IDLE_OCTET]) * BLOCK

TONE_LEVEL_DBM0 = -10.0
"""Chinese exchanges send their tones at −10 ±3 dBm0."""


def _decoding_table() -> Samples:
    """What each A-law octet stands for (G.711 table 1a: middle of its interval, 13 bits scaled to 16)."""
    octets = np.arange(256) ^ 0x55
    segment = (octets >> 4) & 7
    step = octets & 15
    magnitude = np.where(segment == 0, step * 16 + 8, (step * 16 + 264) << np.maximum(segment - 1, 0))
    return np.where(octets & 0x80, magnitude, -magnitude).astype(np.int16)


def _encoding_table() -> npt.NDArray[np.uint8]:
    """The A-law octet of every int16, indexed by the sample taken as unsigned."""
    linear = np.arange(65536).astype(np.uint16).view(np.int16).astype(np.int32)
    magnitude = np.minimum(np.where(linear >= 0, linear, -linear - 1), 32767)
    segment = np.zeros(65536, dtype=np.int32)
    for bound in (256, 512, 1024, 2048, 4096, 8192, 16384):
        segment += magnitude >= bound
    step = (magnitude >> np.maximum(segment + 3, 4)) & 15
    octets = np.where(linear >= 0, 0x80, 0) | (segment << 4) | step
    table: npt.NDArray[np.uint8] = (octets ^ 0x55).astype(np.uint8)
    return table


_LINEAR = _decoding_table()
_ALAW = _encoding_table()


def linear_from_alaw(octets: bytes) -> Samples:
    """Decode A-law octets."""
    return _LINEAR[np.frombuffer(octets, dtype=np.uint8)]


def alaw_from_linear(samples: npt.NDArray[np.int16] | Floats) -> bytes:
    """Encode samples; values beyond 16 bits are limited, not wrapped."""
    if samples.dtype != np.int16:
        samples = np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
    return _ALAW[np.ascontiguousarray(samples, dtype=np.int16).view(np.uint16)].tobytes()


def peak(level: float) -> float:
    """Amplitude of a sine of this level (dBm0) in int16 units; +3.14 dBm0 is full scale."""
    return float(32768.0 * 10 ** ((level - 3.14) / 20))


def level_dbm0(samples: Samples | Floats) -> float:
    """Mean level in dBm0; −99 for digital silence or nothing."""
    if samples.size == 0:
        return -99.0
    mean_square = float(np.mean(np.square(samples.astype(np.float64))))
    return max(-99.0, 10 * float(np.log10(mean_square * 2 / 32768.0**2 + 1e-12)) + 3.14)


def _count(ms: float) -> int:
    return round(ms * RATE_HZ / 1000)


def silence(ms: float) -> Samples:
    """Digital silence."""
    return np.zeros(_count(ms), dtype=np.int16)


def tone(frequency_hz: float, level: float, ms: float) -> Samples:
    """A sine at ``level`` dBm0 that begins at phase 0."""
    angle = 2 * np.pi * frequency_hz / RATE_HZ * np.arange(_count(ms))
    samples: Samples = np.clip(np.rint(peak(level) * np.sin(angle)), -32768, 32767).astype(np.int16)
    return samples


@dataclass(frozen=True)
class Cadence:
    """A tone of the exchange: its frequency and the on/off durations in ms that repeat; no offs: steady."""

    frequency_hz: float
    on_off_ms: tuple[tuple[int, int], ...]
    level: float = TONE_LEVEL_DBM0


CADENCES: Mapping[str, Cadence] = MappingProxyType(
    {
        "dial": Cadence(450, ((1000, 0),)),
        "special_dial": Cadence(450, ((400, 40),)),
        "ringback": Cadence(450, ((1000, 4000),)),
        "busy": Cadence(450, ((350, 350),)),
        "congestion": Cadence(450, ((700, 700),)),
        "unallocated": Cadence(450, ((100, 100), (100, 100), (100, 100), (400, 400))),
    }
)
"""The Chinese call progress tones, one period each."""


def cadence(shape: Cadence) -> Samples:
    """One period of a cadence."""
    return np.concatenate([part for on, off in shape.on_off_ms for part in (tone(shape.frequency_hz, shape.level, on), silence(off))])


class ToneLoop:
    """A sound that repeats without end from one sample of world time on."""

    def __init__(self, period: Samples, start_sample: int) -> None:
        self._period = np.frombuffer(alaw_from_linear(period), dtype=np.uint8)
        self._start_sample = start_sample

    def block(self, start_sample: int, count: int = BLOCK) -> bytes:
        """The octets of ``count`` samples from ``start_sample`` on; idle before the loop began."""
        since = np.arange(start_sample - self._start_sample, start_sample - self._start_sample + count)
        return np.where(since < 0, IDLE_OCTET, self._period[since % self._period.size]).astype(np.uint8).tobytes()


class Clip:
    """A sound that is played once, from one sample of world time on."""

    def __init__(self, audio: Samples, start_sample: int) -> None:
        self._octets = np.frombuffer(alaw_from_linear(audio), dtype=np.uint8)
        self._start_sample = start_sample

    def block(self, start_sample: int, count: int = BLOCK) -> bytes:
        """The octets of ``count`` samples from ``start_sample`` on; idle before and after it."""
        since = np.arange(start_sample - self._start_sample, start_sample - self._start_sample + count)
        inside = (since >= 0) & (since < self._octets.size)
        return np.where(inside, self._octets[np.where(inside, since, 0)], IDLE_OCTET).astype(np.uint8).tobytes()


LOW_GROUP_HZ = (697.0, 770.0, 852.0, 941.0)
HIGH_GROUP_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
KEYS = ("123A", "456B", "789C", "*0#D")
"""The keypad by rows (ITU-T Q.23): row = low frequency, column = high."""


def keys(
    digits: Sequence[str], on_ms: float = 100, off_ms: float = 100, low_dbm0: float = -9.0, high_dbm0: float = -7.0
) -> tuple[Samples, ...]:
    """Each key as tone and pause. Defaults: a Chinese telephone set. Raises ValueError for a key that is on no keypad."""
    sounds = []
    for digit in digits:
        row = next((row for row, line in enumerate(KEYS) if digit in line), None)
        if row is None or len(digit) != 1:
            raise ValueError(f"{digit!r} is no key: expected 0-9, *, #, A-D")
        low = tone(LOW_GROUP_HZ[row], low_dbm0, on_ms)
        high = tone(HIGH_GROUP_HZ[KEYS[row].index(digit)], high_dbm0, on_ms)
        both = np.clip(low.astype(np.int32) + high, -32768, 32767).astype(np.int16)
        sounds.append(np.concatenate([both, silence(off_ms)]))
    return tuple(sounds)
