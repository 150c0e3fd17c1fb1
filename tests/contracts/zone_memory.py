"""Tone zones as LOADZONE takes them: a head and pieces of tone, each two resonators.

A resonator turns by ``v3 = (fac * v2 >> 15) − v1``; with ``fac = 2·cos(2πf/8000)·32768`` it swings at ``f``, and its first two values set
level and phase. Each of its outputs is a sample of 16 bits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from boards.dahdi.abi import CADENCE_STEPS, Tone, ToneDefinition, ToneZoneHeader

__all__ = ["CHINA", "DTMF_KEYS", "china_zone", "zone_memory"]

CHINA = 33
RATE_HZ = 8000
FULL_SCALE_DBM0 = 3.14
TONE_DBM0 = -10.0
DTMF_HIGH_DBM0, DTMF_LOW_DBM0 = -11.0, -9.0
DTMF_KEYS = "0123456789*#ABCD"
DTMF_HZ = {
    key: (low, high)
    for low, row in ((697, "123A"), (770, "456B"), (852, "789C"), (941, "*0#D"))
    for key, high in zip(row, (1209, 1336, 1477, 1633), strict=True)
}
Piece = tuple[int, int, int]
"""A piece of a tone: two frequencies in Hz (0: none) and its time in ms; 0 ms: for ever."""
CHINESE_TONES: Mapping[int, Sequence[Piece]] = {
    Tone.DIALTONE: ((450, 0, 0),),
    Tone.BUSY: ((450, 0, 350), (0, 0, 350)),
    Tone.RINGTONE: ((450, 0, 1000), (0, 0, 4000)),
    Tone.CONGESTION: ((450, 0, 700), (0, 0, 700)),
    Tone.CALLWAIT: ((450, 0, 400), (0, 0, 4000)),
    Tone.DIALRECALL: ((450, 0, 0),),
    Tone.RECORDTONE: ((950, 0, 400), (0, 0, 10000)),
    Tone.INFO: ((450, 0, 100), (0, 0, 100), (450, 0, 100), (0, 0, 100), (450, 0, 100), (0, 0, 100), (450, 0, 400), (0, 0, 400)),
}
"""No stutter tone: a zone need not have every tone."""


def _resonator(hz: int, level_dbm0: float) -> tuple[int, int, int]:
    if not hz:
        return 0, 0, 0
    angle = 2 * math.pi * hz / RATE_HZ
    peak = 32768 * 10 ** ((level_dbm0 - FULL_SCALE_DBM0) / 20)
    return round(2 * math.cos(angle) * 32768), round(-math.sin(2 * angle) * peak), round(-math.sin(angle) * peak)


def _piece(tone: int, following: int, samples: int, low: tuple[int, int, int], high: tuple[int, int, int]) -> ToneDefinition:
    return ToneDefinition(
        tone=tone,
        next=following,
        samples=samples,
        fac1=low[0],
        init_v2_1=low[1],
        init_v3_1=low[2],
        fac2=high[0],
        init_v2_2=high[1],
        init_v3_2=high[2],
    )


def zone_memory(number: int, cadence_ms: Sequence[int], tones: Mapping[int, Sequence[Piece]], *, digits: bool = True) -> bytearray:
    """The memory of a LOADZONE. ``digits``: with the DTMF keys."""
    pieces: list[ToneDefinition] = []
    for tone, steps in tones.items():
        first = len(pieces)
        for place, (one_hz, two_hz, ms) in enumerate(steps):
            following = first + (place + 1) % len(steps)
            pieces.append(_piece(tone, following, 8 * ms or RATE_HZ, _resonator(one_hz, TONE_DBM0), _resonator(two_hz, TONE_DBM0)))
    for place, key in enumerate(DTMF_KEYS if digits else ""):
        low_hz, high_hz = DTMF_HZ[key]
        pieces.append(_piece(Tone.DTMF_BASE + place, 0, 0, _resonator(low_hz, DTMF_LOW_DBM0), _resonator(high_hz, DTMF_HIGH_DBM0)))
    cadence = (*cadence_ms, *[0] * (CADENCE_STEPS - len(cadence_ms)))
    head = ToneZoneHeader(count=len(pieces), zone=number, ringcadence=cadence, name=f"zone {number}")
    return head.pack() + b"".join(bytes(piece.pack()) for piece in pieces)


def china_zone(number: int = CHINA) -> bytearray:
    """The Chinese tones, ringing 1 s on and 4 s off, and the DTMF keys."""
    return zone_memory(number, (1000, 4000), CHINESE_TONES)
