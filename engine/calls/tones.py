"""The tones a desk phone hears: China, 450 Hz at −10 dBm0 (GB/T 3378; levels at the zero-level point)."""

from __future__ import annotations

from engine.telephony.media import ToneStep

__all__ = ["BUSY", "DIAL", "RINGBACK"]

ON_HZ = 450.0
LEVEL_DBM0 = -10.0


def _on(duration_ms: int) -> ToneStep:
    return ToneStep(duration_ms, ON_HZ, LEVEL_DBM0)


def _off(duration_ms: int) -> ToneStep:
    return ToneStep(duration_ms)


DIAL = (_on(1000),)
RINGBACK = (_on(1000), _off(4000))
BUSY = (_on(350), _off(350))
