"""The exchange's caller id as a timetable: what sounds when, which way the pair is turned, and when the bell may ring.

Sources: GR-30 and YD/T 1277.1 (data between the first two bursts), EN 300 659-1 (before the first, with reversal or alerting tone),
EN 300 659-3 annex B (keys). Times count from the moment at which the call reaches the line, or from the end of the burst it follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwsim.caller_id import BELL_202, V23, mdmf, modulate, sdmf
from hwsim.line_service import CallerIdAlert, CallerIdSending, CallerIdStyle
from hwsim.signals import RATE_HZ, Samples, keys, silence, tone

__all__ = ["ALERT_HZ", "Announcement", "alerting_tone", "announcement"]

AFTER_BURST_MS = 500
AFTER_REVERSAL_MS = 200
AFTER_ALERT_MS = 100
BEFORE_RING_MS = 250
ALERT_HZ = (2130.0, 2750.0)
ALERT_MS = 100
ALERT_DBM0 = -15.0
ENDLESS_S = 70
"""Longer than any ringing."""


@dataclass(frozen=True)
class Announcement:
    """``sound`` begins after ``sound_after_ms``; ``reverses``: the pair is turned at the beginning, until the next burst of ringing.

    ``before_ring``: it is over, with the pause before the bell, after ``length_ms``.
    """

    sound: Samples
    sound_after_ms: int
    reverses: bool
    before_ring: bool

    @property
    def length_ms(self) -> int:
        """From the beginning to where the bell may ring."""
        return self.sound_after_ms + self.sound.size * 1000 // RATE_HZ + BEFORE_RING_MS


def alerting_tone(duration_ms: int = ALERT_MS, level: float = ALERT_DBM0) -> Samples:
    """Both alerting tones at this level each."""
    both = sum(tone(frequency_hz, level, duration_ms).astype(np.int32) for frequency_hz in ALERT_HZ)
    return np.clip(both, -32768, 32767).astype(np.int16)


def announcement(
    style: CallerIdStyle, sending: CallerIdSending, number: str, name: str, date: str, absence: str, seed: int = 0
) -> Announcement | None:
    """What is sent of this caller; None when nothing is. ``seed``: of the rubbish of an endless burst."""
    sound = _sound(style, sending, number, name, date, absence)
    if sound is None:
        return None
    if sending.endless:
        sound = np.concatenate([sound, _rubbish(seed)])
    if sending.alert is CallerIdAlert.TONE:
        sound = np.concatenate([alerting_tone(), silence(AFTER_ALERT_MS), sound])
    reverses = sending.alert is CallerIdAlert.REVERSAL
    after_ms = (0 if sending.before_ring else AFTER_BURST_MS) + (AFTER_REVERSAL_MS if reverses else 0)
    return Announcement(sound, after_ms, reverses, sending.before_ring)


def _sound(style: CallerIdStyle, sending: CallerIdSending, number: str, name: str, date: str, absence: str) -> Samples | None:
    if style is CallerIdStyle.NONE:
        return None
    if style is CallerIdStyle.DTMF:
        pressed = sending.absence_keys if absence else f"{sending.start_key}{number}{sending.stop_key}"
        return np.concatenate(keys(pressed, sending.key_ms, sending.key_ms)) if pressed else None
    message = sdmf(number, date, absence) if style is CallerIdStyle.SDMF else mdmf(number, date, name, absence)
    if sending.spoil is not None:
        message = sending.spoil(message)
    return modulate(message, sending.level_dbm0, V23 if style is CallerIdStyle.ETSI else BELL_202)


def _rubbish(seed: int) -> Samples:
    """Bits by chance, on and on, at the level of caller id."""
    chance = np.random.default_rng(seed)
    octets = bytes(chance.integers(0, 256, ENDLESS_S * 120, dtype=np.uint8))
    return modulate(octets, seizure_bits=0, mark_bits=0)
