"""Signals between machines, as steps for the patch bay: MFC register signals, fax and modem tones.

Sources: ITU-T Q.441 and Q.454 (MFC R2), T.30 (CNG, CED), V.25 and G.168 (answer tone with phase reversals).
"""

from __future__ import annotations

from engine.kernel.errors import OurFault
from engine.telephony.media import ToneStep

__all__ = ["BACKWARD_HZ", "FORWARD_HZ", "answer_tone_steps", "calling_tone_steps", "r2_step"]

FORWARD_HZ = (1380.0, 1500.0, 1620.0, 1740.0, 1860.0, 1980.0)
BACKWARD_HZ = (1140.0, 1020.0, 900.0, 780.0, 660.0, 540.0)
R2_PAIRS = tuple((low, high) for high in range(1, 6) for low in range(high))
"""The frequencies of signals 1…15 by index: f0 f1, f0 f2, f1 f2, f0 f3 … (Q.441, table 5)."""
R2_LEVEL_DBM0 = -11.5

CALLING_HZ = 1100.0
CALLING_ON_MS = 500
CALLING_OFF_MS = 3000
ANSWER_HZ = 2100.0
ANSWER_MS = 3300
REVERSAL_MS = 450
REVERSAL_CYCLES = 0.5


def r2_step(signal: int, duration_ms: int, *, backward: bool, level_dbm0: float = R2_LEVEL_DBM0) -> ToneStep:
    """A register signal 1…15 for a time, each frequency at ``level_dbm0``. OurFault for another number.

    A compelled signal has no end of its own: let the step loop, and stop it when the other side has answered.
    """
    if not 1 <= signal <= len(R2_PAIRS):
        raise OurFault(f"{signal} is no register signal: 1…{len(R2_PAIRS)}")
    low, high = R2_PAIRS[signal - 1]
    frequencies = BACKWARD_HZ if backward else FORWARD_HZ
    first_hz, second_hz = sorted((frequencies[low], frequencies[high]))
    return ToneStep(duration_ms, first_hz, level_dbm0, second_hz, level_dbm0)


def calling_tone_steps(level_dbm0: float = -11.0) -> tuple[ToneStep, ...]:
    """CNG of T.30: 1100 Hz, half a second every 3.5 s; to be looped."""
    return (ToneStep(CALLING_ON_MS, CALLING_HZ, level_dbm0), ToneStep(CALLING_OFF_MS))


def answer_tone_steps(*, reversals: bool, level_dbm0: float = -11.0) -> tuple[ToneStep, ...]:
    """CED of T.30, or with ``reversals`` the answer tone of V.25 whose phase turns round every 450 ms; 3.3 s, to be sounded once."""
    if not reversals:
        return (ToneStep(ANSWER_MS, ANSWER_HZ, level_dbm0),)
    first = ToneStep(REVERSAL_MS, ANSWER_HZ, level_dbm0)
    turned = ToneStep(REVERSAL_MS, ANSWER_HZ, level_dbm0, turn1_cycles=REVERSAL_CYCLES)
    return (first, *(turned,) * 6, ToneStep(ANSWER_MS - 7 * REVERSAL_MS, ANSWER_HZ, level_dbm0, turn1_cycles=REVERSAL_CYCLES))
