"""A receiver of MFC register signals for the simulated exchange, unlike the pump's: a joint least-squares fit of the six frequencies of a direction.

A signal counts when two blocks of 20 ms running hold the same pair, and is over when two hold it no more.
"""

from __future__ import annotations

import numpy as np

from engine.telephony.signals import BACKWARD_HZ, FORWARD_HZ
from hwsim.signals import BLOCK, RATE_HZ, Floats, linear_from_alaw, peak

__all__ = ["RegisterEar"]

LEAST_DBM0 = -35.0
LEAST_SHARE = 0.7
BLOCKS = 2


def _fit(frequencies_hz: tuple[float, ...]) -> Floats:
    angle = 2 * np.pi / RATE_HZ * np.outer(np.arange(BLOCK), np.array(frequencies_hz))
    inverse: Floats = np.linalg.pinv(np.hstack([np.cos(angle), np.sin(angle)]))
    return inverse


_FITS = {False: _fit(FORWARD_HZ), True: _fit(BACKWARD_HZ)}
_PAIRS = {pair: number for number, pair in enumerate(((low, high) for high in range(1, 6) for low in range(high)), 1)}


class RegisterEar:
    """Hears one direction: ``backward`` signals or forward ones. ``signal``: the one that sounds, None: none."""

    def __init__(self, *, backward: bool) -> None:
        self.signal: int | None = None
        self._fit = _FITS[backward]
        self._seen: int | None = None
        self._times = 0

    def hear(self, octets: bytes) -> bool:
        """One block; True when ``signal`` has changed by it."""
        found = self._found(octets)
        self._times = self._times + 1 if found == self._seen else 1
        self._seen = found
        if self._times < BLOCKS or found == self.signal:
            return False
        self.signal = found
        return True

    def _found(self, octets: bytes) -> int | None:
        samples = linear_from_alaw(octets).astype(np.float64)
        coefficients = self._fit @ samples
        power = np.square(coefficients[:6]) + np.square(coefficients[6:])
        first, second = (int(place) for place in np.argsort(power)[:-3:-1])
        whole = max(2 * float(np.mean(np.square(samples))), 1e-9)
        if power[second] < peak(LEAST_DBM0) ** 2 or power[first] + power[second] < LEAST_SHARE * whole:
            return None
        return _PAIRS[min(first, second), max(first, second)]
