"""The tone zone that a simulated driver has loaded: ring cadence, and the tones that the driver sounds by itself.

The appliance makes its own tones in the media pump; these sound only for a program that asks the driver for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

import numpy as np

from boards.dahdi.abi import Tone
from hwsim.signals import alaw_from_linear, keys, silence, tone

__all__ = ["CHINA", "RunningTone", "ToneZone"]

TONE_LEVEL_DBM0 = -10.0
DTMF_KEYS = "0123456789*#ABCD"
DTMF_PERIOD_MS = 1000
"""Every DTMF frequency is a whole number of Hz, so a second repeats without a step."""

Steps = tuple[tuple[float, int], ...]
"""Frequency (0: silence) and time in ms, one after the other, for ever."""


@dataclass(frozen=True)
class ToneZone:
    """A zone: its country number, its ring cadence (ms on, off …), its tones, its DTMF levels (dBm0)."""

    number: int
    cadence: tuple[int, ...]
    tones: Mapping[int, Steps] = field(hash=False)
    dtmf_low_dbm0: float
    dtmf_high_dbm0: float

    def has(self, number: int) -> bool:
        """True when SENDTONE can sound this: a tone of the zone, or a DTMF key."""
        return number in self.tones or self.is_key(number)

    @staticmethod
    def is_key(number: int) -> bool:
        """True for the numbers of DTMF keys."""
        return Tone.DTMF_BASE <= number < Tone.DTMF_BASE + len(DTMF_KEYS)


CHINA = ToneZone(
    number=33,
    cadence=(1000, 4000),
    tones=MappingProxyType(
        {
            Tone.DIALTONE: ((450.0, 1000),),
            Tone.BUSY: ((450.0, 350), (0.0, 350)),
            Tone.RINGTONE: ((450.0, 1000), (0.0, 4000)),
            Tone.CONGESTION: ((450.0, 700), (0.0, 700)),
            Tone.CALLWAIT: ((450.0, 400), (0.0, 4000)),
            Tone.DIALRECALL: ((450.0, 1000),),
            Tone.RECORDTONE: ((950.0, 400), (0.0, 10_000)),
            Tone.INFO: (*((450.0, 100), (0.0, 100)) * 3, (450.0, 400), (0.0, 400)),
        }
    ),
    dtmf_low_dbm0=-9.0,
    dtmf_high_dbm0=-11.0,
)
"""Country 33, as the kernel's zone data have it, without its stutter tone."""


@cache
def _period(zone: ToneZone, number: int) -> bytes:
    if zone.is_key(number):
        key = DTMF_KEYS[number - Tone.DTMF_BASE]
        (sound,) = keys(key, DTMF_PERIOD_MS, 0, zone.dtmf_low_dbm0, zone.dtmf_high_dbm0)
        return alaw_from_linear(sound)
    steps = zone.tones[number]
    return alaw_from_linear(np.concatenate([tone(hz, TONE_LEVEL_DBM0, ms) if hz else silence(ms) for hz, ms in steps]))


class RunningTone:
    """One tone at work on a channel. ``number`` must be one that the zone has."""

    def __init__(self, zone: ToneZone, number: int) -> None:
        self._period = _period(zone, number)
        self._place = 0

    def take(self, count: int) -> bytes:
        """The next ``count`` A-law octets."""
        period = self._period
        rounds = (self._place + count) // len(period) + 1
        taken = (period * rounds)[self._place : self._place + count]
        self._place = (self._place + count) % len(period)
        return taken
