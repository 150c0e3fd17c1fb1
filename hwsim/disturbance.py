"""What a line adds to sound: hiss, clicks, the hum of the mains. Block by block, all from one seed."""

from __future__ import annotations

import numpy as np

from hwsim.signals import BLOCK, RATE_HZ, Floats, peak

__all__ = ["Clicks", "Hiss", "Hum"]

BLOCKS_A_MIN = 60 * RATE_HZ / BLOCK
CLICK_SAMPLES = 40
CLICK_DECAY_SAMPLES = 8.0
CLICK_LEAST_HZ, CLICK_MOST_HZ = 700.0, 2600.0
CLICKS_A_BLOCK_MOST = 8
HARMONICS_DB = {1: 0.0, 2: -25.0, 3: -6.0, 5: -12.0, 7: -16.0, 9: -20.0, 11: -24.0}
"""Of the mains' frequency, beside its own level: rectifiers and lamps make odd ones."""
HUM_LEVEL_PERIOD_S = 1
"""A whole number of mains periods of whole Hz: the hum goes round without a seam."""


class Hiss:
    """White noise of this level (dBm0, 0 to 4 kHz)."""

    def __init__(self, level_dbm0: float, chance: np.random.Generator) -> None:
        self._chance = chance
        self._rms = peak(level_dbm0) / np.sqrt(2)

    def block(self) -> Floats:
        """The next 20 ms."""
        return self._chance.normal(0.0, self._rms, BLOCK)


class Clicks:
    """Impulses of switches and lightning: bursts of 5 ms that die away, ``a_min`` a minute on average, with this peak level."""

    def __init__(self, a_min: float, level_dbm0: float, chance: np.random.Generator) -> None:
        self._chance = chance
        self._a_block = a_min / BLOCKS_A_MIN
        self._peak = peak(level_dbm0)
        self._tail = np.zeros(CLICK_SAMPLES)

    def block(self) -> Floats:
        """The next 20 ms."""
        wave = np.zeros(BLOCK + CLICK_SAMPLES)
        wave[:CLICK_SAMPLES] = self._tail
        for _ in range(min(int(self._chance.poisson(self._a_block)), CLICKS_A_BLOCK_MOST)):
            start = int(self._chance.integers(BLOCK))
            wave[start : start + CLICK_SAMPLES] += self._click()
        self._tail = wave[BLOCK:]
        return wave[:BLOCK]

    def _click(self) -> Floats:
        at = np.arange(CLICK_SAMPLES)
        turning = 2 * np.pi * self._chance.uniform(CLICK_LEAST_HZ, CLICK_MOST_HZ) / RATE_HZ
        sign = 1.0 if self._chance.random() < 0.5 else -1.0
        wave: Floats = sign * self._peak * np.exp(-at / CLICK_DECAY_SAMPLES) * np.cos(turning * at)
        return wave


class Hum:
    """The mains and its harmonics; ``level_dbm0`` is that of ``mains_hz`` itself (a whole number, 50 or 60)."""

    def __init__(self, level_dbm0: float, mains_hz: int, chance: np.random.Generator) -> None:
        at = np.arange(RATE_HZ * HUM_LEVEL_PERIOD_S)
        self._second = np.zeros(at.size)
        for number, weaker_db in HARMONICS_DB.items():
            angle = 2 * np.pi * (number * mains_hz * at / RATE_HZ + chance.random())
            self._second += peak(level_dbm0 + weaker_db) * np.sin(angle)
        self._at = 0

    def block(self) -> Floats:
        """The next 20 ms."""
        start, self._at = self._at, (self._at + BLOCK) % self._second.size
        return self._second[start : start + BLOCK]
