"""Tone zones as a driver holds them: ring cadence, tones made of pieces, digits. And a tone at work.

The appliance makes its own tones in the media pump; these sound only for a program that asks the driver for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

import numpy as np

from boards.dahdi.abi import Tone
from hwsim.signals import HIGH_GROUP_HZ, KEYS, LOW_GROUP_HZ, RATE_HZ, Floats, Samples, peak

__all__ = [
    "CHINA",
    "DTMF_BASE",
    "MFR1_BASE",
    "MFR2_BACKWARD_BASE",
    "MFR2_FORWARD_BASE",
    "Piece",
    "RunningSound",
    "Sound",
    "ToneZone",
    "sine",
]

TONE_LEVEL_DBM0 = -10.0
DTMF_LOW_DBM0, DTMF_HIGH_DBM0 = -9.0, -11.0
DTMF_KEYS = "0123456789*#ABCD"
DTMF_BASE, MFR1_BASE, MFR2_FORWARD_BASE, MFR2_BACKWARD_BASE = Tone.DTMF_BASE, 80, 96, 112
"""Numbers of the first digit of each kind."""
SAMPLES_PER_MS = 8
FULL_SCALE = 32768


@dataclass(frozen=True)
class Piece:
    """A piece of a tone: two sines, each in Hz and with its peak (0: none); ``modulated``: their product instead of their sum."""

    samples: int
    low_hz: float = 0.0
    low_peak: float = 0.0
    high_hz: float = 0.0
    high_peak: float = 0.0
    modulated: bool = False

    def sound(self, samples: int) -> Samples:
        """So many samples from its beginning on."""
        low, high = sine(self.low_hz, self.low_peak, samples), sine(self.high_hz, self.high_peak, samples)
        mixed = low * high / FULL_SCALE if self.modulated else low + high
        return np.clip(np.round(mixed), -32768, 32767).astype(np.int16)


@dataclass(frozen=True)
class Sound:
    """Pieces one after the other; then on from ``loop_from`` again and again, or None: then it is over."""

    pieces: tuple[Piece, ...]
    loop_from: int | None = 0


@dataclass(frozen=True)
class ToneZone:
    """A zone: its country number, its ring cadence (ms on, off …), its tones by number, its digits by number."""

    number: int
    cadence: tuple[int, ...]
    tones: Mapping[int, Sound] = field(hash=False)
    digits: Mapping[int, Piece] = field(hash=False)
    name: str = ""


def sine(hz: float, sine_peak: float, samples: int) -> Floats:
    """A sine from its zero on."""
    turned: Floats = np.sin(2 * np.pi * hz / RATE_HZ * np.arange(samples)) * sine_peak
    return turned


def _steps(*steps: tuple[float, int]) -> Sound:
    """Hz and ms, one after the other, for ever."""
    return Sound(tuple(Piece(ms * SAMPLES_PER_MS, hz, peak(TONE_LEVEL_DBM0) if hz else 0.0) for hz, ms in steps))


def _dtmf() -> dict[int, Piece]:
    digits = {}
    for place, key in enumerate(DTMF_KEYS):
        row, column = divmod("".join(KEYS).index(key), len(HIGH_GROUP_HZ))
        low, high = LOW_GROUP_HZ[row], HIGH_GROUP_HZ[column]
        digits[DTMF_BASE + place] = Piece(0, low, peak(DTMF_LOW_DBM0), high, peak(DTMF_HIGH_DBM0))
    return digits


CHINA = ToneZone(
    number=33,
    cadence=(1000, 4000),
    tones=MappingProxyType(
        {
            Tone.DIALTONE: _steps((450.0, 1000)),
            Tone.BUSY: _steps((450.0, 350), (0.0, 350)),
            Tone.RINGTONE: _steps((450.0, 1000), (0.0, 4000)),
            Tone.CONGESTION: _steps((450.0, 700), (0.0, 700)),
            Tone.CALLWAIT: _steps((450.0, 400), (0.0, 4000)),
            Tone.DIALRECALL: _steps((450.0, 1000)),
            Tone.RECORDTONE: _steps((950.0, 400), (0.0, 10_000)),
            Tone.INFO: _steps(*((450.0, 100), (0.0, 100)) * 3, (450.0, 400), (0.0, 400)),
        }
    ),
    digits=MappingProxyType(_dtmf()),
    name="China",
)
"""Country 33, as the kernel's zone data have it, without its stutter tone."""


@cache
def _rendered(piece: Piece) -> Samples:
    return piece.sound(piece.samples)


class RunningSound:
    """One sound at work. Pieces begin anew at their first sample each time."""

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self._piece = 0
        self._place = 0

    @property
    def over(self) -> bool:
        """Nothing is left of it."""
        return self._piece >= len(self._sound.pieces)

    def take(self, most: int) -> Samples:
        """The next samples of one piece, ``most`` at most; none when it is over."""
        if self.over:
            return np.zeros(0, dtype=np.int16)
        piece = self._sound.pieces[self._piece]
        taken = _rendered(piece)[self._place : self._place + most]
        self._place += taken.size
        if self._place >= piece.samples:
            self._place = 0
            self._piece += 1
            if self.over and self._sound.loop_from is not None:
                self._piece = self._sound.loop_from
        return taken
