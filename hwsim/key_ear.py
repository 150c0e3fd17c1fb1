"""A DTMF receiver for the simulated exchange and people, unlike the pump's: a joint least-squares fit.

Each window of 20 ms is explained as a sum of the eight key frequencies and the 450 Hz of the exchange's own tones. Two
explanations that fit, one of each group, in two windows running make a key. Windows begin every 10 ms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwsim.signals import HIGH_GROUP_HZ, KEYS, LOW_GROUP_HZ, RATE_HZ, Floats, Samples, peak

__all__ = ["HeardKey", "KeyEar", "keys_in"]

WINDOW = 160
HOP = 80
LEAST_DBM0 = -33.0
LEAST_SHARE = 0.75
MOST_TWIST_DB = 10.0
WINDOWS_TO_BEGIN = 2
WINDOWS_TO_END = 2


@dataclass(frozen=True)
class HeardKey:
    """One key: where it began in samples of the listener's count, and how long it was held as far as heard."""

    key: str
    start_sample: int
    length_samples: int


def _fit() -> Floats:
    angle = 2 * np.pi / RATE_HZ * np.outer(np.arange(WINDOW), np.array([*LOW_GROUP_HZ, *HIGH_GROUP_HZ, 450.0]))
    inverse: Floats = np.linalg.pinv(np.hstack([np.cos(angle), np.sin(angle)]))
    return inverse


_FIT = _fit()


def _key_of_windows(windows: Floats) -> list[str]:
    """For each window the key it holds, or an empty string."""
    coefficients = windows @ _FIT.T
    power = np.square(coefficients[:, :9]) + np.square(coefficients[:, 9:])
    low, high = power[:, :4], power[:, 4:8]
    best_low, best_high = low.max(axis=1), high.max(axis=1)
    without_tone = np.maximum(2 * np.mean(np.square(windows), axis=1) - power[:, 8], 1e-9)
    twist_db = np.abs(10 * np.log10((best_low + 1e-9) / (best_high + 1e-9)))
    good = (
        (np.minimum(best_low, best_high) > peak(LEAST_DBM0) ** 2)
        & (best_low + best_high > LEAST_SHARE * without_tone)
        & (twist_db < MOST_TWIST_DB)
    )
    rows, columns = low.argmax(axis=1), high.argmax(axis=1)
    return [KEYS[row][column] if fits else "" for row, column, fits in zip(rows, columns, good, strict=True)]


class KeyEar:
    """Takes audio as it comes and gives each key once, when it is over (``take``) or as soon as it is sure (``begun``)."""

    def __init__(self, start_sample: int = 0) -> None:
        self._tail: Samples = np.zeros(0, dtype=np.int16)
        self._at = start_sample
        self._candidate = ""
        self._candidate_at = 0
        self._matches = 0
        self._current = ""
        self._began_at = 0
        self._last_at = 0
        self._over: list[HeardKey] = []

    def hear(self, audio: Samples) -> str:
        """More audio; returns the keys that became sure in it, in order."""
        self._tail = np.concatenate([self._tail, audio])
        count = (self._tail.size - WINDOW) // HOP + 1
        if count <= 0:
            return ""
        if not self._current and not self._candidate and not np.any(np.abs(self._tail) > peak(LEAST_DBM0) / 2):
            found = [""] * count
        else:
            windows = np.lib.stride_tricks.sliding_window_view(self._tail, WINDOW)[::HOP].astype(np.float64)
            found = _key_of_windows(windows)
        begun = "".join(self._window(key) for key in found)
        self._tail = self._tail[count * HOP :]
        return begun

    def take(self) -> tuple[HeardKey, ...]:
        """The keys that have ended since the last call."""
        over, self._over = tuple(self._over), []
        return over

    def _window(self, key: str) -> str:
        at, self._at = self._at, self._at + HOP
        if key != self._candidate:
            self._candidate, self._candidate_at, self._matches = key, at, 0
        self._matches += 1
        if self._current and key == self._current:
            self._last_at = at
            return ""
        if self._current:
            if at - self._last_at < WINDOWS_TO_END * HOP:
                return ""
            self._over.append(HeardKey(self._current, self._began_at, self._last_at + WINDOW - self._began_at))
            self._current = ""
        if not key or self._matches < WINDOWS_TO_BEGIN:
            return ""
        self._current, self._began_at, self._last_at = key, self._candidate_at, at
        return key


def keys_in(audio: Samples, start_sample: int = 0) -> tuple[HeardKey, ...]:
    """Every key in a piece of audio; ``start_sample`` is the count of its first sample."""
    ear = KeyEar(start_sample)
    ear.hear(audio)
    ear.hear(np.zeros(2 * WINDOW, dtype=np.int16))
    return ear.take()
