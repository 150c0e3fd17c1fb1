"""The driver's own arithmetic between law octets and 16-bit samples, for SETLINEAR, its tones and its conferences.

It differs from G.711's tables: A-law octets stand for the lower end of their interval, silence in mu-law is 0x7F and never 0xFF, samples
lose their two lowest bits before they are coded, and the most negative sample codes as the smallest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boards.dahdi.abi import Law
from hwsim.signals import Samples

__all__ = ["from_linear", "saturated", "silence_octet", "to_linear"]

ALAW_TOGGLED = 0x55
MULAW_BIAS = 0x84
MULAW_CLIP = 32635
Table = npt.NDArray[np.uint8]


def _alaw_levels() -> Samples:
    octets = np.arange(256) ^ ALAW_TOGGLED
    segment, step = octets >> 4 & 7, octets & 15
    magnitude = np.where(segment == 0, step << 4, ((step << 4) + 256) << np.maximum(segment - 1, 0))
    return np.where(octets & 0x80, magnitude, -magnitude).astype(np.int16)


def _mulaw_levels() -> Samples:
    octets = np.arange(256) ^ 0xFF
    segment, step = octets >> 4 & 7, octets & 15
    magnitude = ((step << 3) + MULAW_BIAS << segment) - MULAW_BIAS
    return np.where(octets & 0x80, -magnitude, magnitude).astype(np.int16)


def _alaw_octets(samples: npt.NDArray[np.int32]) -> Table:
    magnitude = np.abs(samples)
    segment = np.zeros_like(samples)
    for bound in (0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF, 0x1FFF, 0x3FFF, 0x7FFF):
        segment += magnitude > bound
    step = magnitude >> np.where(segment > 0, segment + 3, 4) & 15
    sign = np.where(samples >= 0, 0x80, 0)
    return ((segment << 4 | step) ^ (ALAW_TOGGLED | sign)).astype(np.uint8)


def _mulaw_octets(samples: npt.NDArray[np.int32]) -> Table:
    # the most negative sample has no positive one and stays negative
    magnitude = np.where(samples == -32768, samples, np.minimum(np.abs(samples), MULAW_CLIP)) + MULAW_BIAS
    segment = np.zeros_like(samples)
    for bound in range(1, 8):
        segment += magnitude >> 7 & 0xFF >= 1 << bound
    step = magnitude >> segment + 3 & 15
    sign = np.where(samples < 0, 0x80, 0)
    octets = ~(sign | segment << 4 | step) & 0xFF
    octets = np.where(octets == 0, 0x02, octets)
    return np.where(octets == 0xFF, 0x7F, octets).astype(np.uint8)


_EVERY_FOURTH = np.arange(16384).astype(np.int32)
_EVERY_FOURTH = np.where(_EVERY_FOURTH < 8192, _EVERY_FOURTH, _EVERY_FOURTH - 16384) * 4
_LEVELS = {Law.ALAW: _alaw_levels(), Law.MULAW: _mulaw_levels()}
_OCTETS = {Law.ALAW: _alaw_octets(_EVERY_FOURTH), Law.MULAW: _mulaw_octets(_EVERY_FOURTH)}


def to_linear(octets: bytes, law: Law) -> Samples:
    """What octets stand for."""
    return _LEVELS[law][np.frombuffer(octets, dtype=np.uint8)]


def from_linear(samples: Samples, law: Law) -> bytes:
    """The octets of samples."""
    octets: Table = _OCTETS[law][samples.view(np.uint16) >> 2]
    return octets.tobytes()


def saturated(samples: npt.NDArray[np.int32]) -> Samples:
    """Sums limited to 16 bits."""
    return np.clip(samples, -32768, 32767).astype(np.int16)


def silence_octet(law: Law) -> int:
    """What the driver sends for silence."""
    return int(_OCTETS[law][0])
