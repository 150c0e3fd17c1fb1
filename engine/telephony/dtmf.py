"""Dialled digits as tones (ITU-T Q.23; levels by GB/T 15279: high group 2 dB above the low one)."""

from __future__ import annotations

from engine.kernel.errors import OurFault
from engine.telephony.media import ToneStep
from engine.telephony.numbers import PAUSES_MS

__all__ = ["dial_steps"]

ROWS_HZ = (697.0, 770.0, 852.0, 941.0)
COLUMNS_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
KEYS = ("123A", "456B", "789C", "*0#D")
LOW_DBM0 = -9.0
HIGH_DBM0 = -7.0


def dial_steps(number: str, on_ms: int, off_ms: int, low_dbm0: float = LOW_DBM0, high_dbm0: float = HIGH_DBM0) -> tuple[ToneStep, ...]:
    """The tones and pauses that dial ``number``. OurFault for anything but the sixteen keys and the pauses of ``PAUSES_MS``.

    ``low_dbm0``, ``high_dbm0``: levels of the two groups; their difference is the twist.
    """
    steps: list[ToneStep] = []
    for key in number:
        if key in PAUSES_MS:
            steps.append(ToneStep(PAUSES_MS[key]))
            continue
        row = next((row for row, keys in enumerate(KEYS) if key in keys), None)
        if row is None:
            raise OurFault(f"{key!r} is no DTMF key")
        column = KEYS[row].index(key)
        steps.append(ToneStep(on_ms, ROWS_HZ[row], low_dbm0, COLUMNS_HZ[column], high_dbm0))
        steps.append(ToneStep(off_ms))
    return tuple(steps)
