"""What contract tests hear: levels of frequencies, and sound and silence as times."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from hwsim.signals import RATE_HZ, Samples, level_dbm0, linear_from_alaw, peak

__all__ = ["heard_key", "level_at", "runs_ms", "sounding"]

STEP = 40
"""5 ms: the resolution of ``runs_ms``."""
LOUD_DBM0 = -30.0
LOW_HZ, HIGH_HZ = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")


def level_at(octets: bytes, hz: float) -> float:
    """The level of one frequency (dBm0) in A-law octets."""
    samples = linear_from_alaw(octets).astype(np.float64)
    if not samples.size:
        return -99.0
    turning = np.exp(-2j * np.pi * hz / RATE_HZ * np.arange(samples.size))
    amplitude = 2 * abs(np.dot(samples, turning)) / samples.size
    return float(20 * np.log10(amplitude / peak(0.0) + 1e-9))


def _loud(samples: Samples) -> bool:
    return level_dbm0(samples) > LOUD_DBM0


def sounding(octets: bytes) -> bytes:
    """The octets from the first to the last loud piece of 5 ms."""
    samples = linear_from_alaw(octets)
    loud = [place for place in range(0, len(octets), STEP) if _loud(samples[place : place + STEP])]
    return octets[loud[0] : loud[-1] + STEP] if loud else b""


def runs_ms(octets: bytes) -> list[tuple[bool, int]]:
    """Sound (True) and silence one after the other, with their times in ms; exact to about 5 ms at each edge."""
    samples = linear_from_alaw(octets)
    pieces = (_loud(samples[place : place + STEP]) for place in range(0, len(octets) - STEP + 1, STEP))
    return [(loud, sum(5 for _ in run)) for loud, run in groupby(pieces)]


def heard_key(octets: bytes) -> str | None:
    """The key whose two frequencies stand out in a steady sound; None when it is no key."""
    low = [level_at(octets, hz) for hz in LOW_HZ]
    high = [level_at(octets, hz) for hz in HIGH_HZ]
    if max(low) < -20 or max(high) < -20:
        return None
    return KEYS[int(np.argmax(low))][int(np.argmax(high))]
