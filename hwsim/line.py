"""What a line does to sound between a port and who is at its far end: gain, noise, hybrid echo.

Without impairments the octets pass untouched. Echo is what the hybrid lets through: part of what the appliance sends
comes back to it at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwsim.line_side import FarEnd
from hwsim.signals import BLOCK, alaw_from_linear, linear_from_alaw, peak

__all__ = ["NO_IMPAIRMENTS", "ImpairedLine", "Impairments", "through_line"]


@dataclass(frozen=True)
class Impairments:
    """``gain_db`` each way (−40…+12), ``noise_dbm0`` added towards the appliance, ``echo_loss_db``; None: none."""

    to_appliance_gain_db: float = 0.0
    from_appliance_gain_db: float = 0.0
    noise_dbm0: float | None = None
    echo_loss_db: float | None = None


NO_IMPAIRMENTS = Impairments()


class ImpairedLine:
    """A far end heard through a bad line. The same seed makes the same noise."""

    def __init__(self, far_end: FarEnd, impairments: Impairments, seed: int) -> None:
        self._far_end = far_end
        self._noise = np.random.default_rng(seed)
        self._noise_rms = 0.0 if impairments.noise_dbm0 is None else peak(impairments.noise_dbm0) / np.sqrt(2)
        self._in_gain = 10 ** (impairments.to_appliance_gain_db / 20)
        self._out_gain = 10 ** (impairments.from_appliance_gain_db / 20)
        self._echo_gain = 0.0 if impairments.echo_loss_db is None else 10 ** (-impairments.echo_loss_db / 20)

    def exchange(self, heard: bytes) -> bytes:
        """One block each way."""
        sent = linear_from_alaw(heard).astype(np.float64)
        arriving = heard if self._out_gain == 1.0 else alaw_from_linear(sent * self._out_gain)
        answer = linear_from_alaw(self._far_end.exchange(arriving)).astype(np.float64) * self._in_gain
        if self._noise_rms:
            answer += self._noise.normal(0.0, self._noise_rms, BLOCK)
        return alaw_from_linear(answer + sent * self._echo_gain)


def through_line(far_end: FarEnd, impairments: Impairments, seed: int) -> FarEnd:
    """The far end itself when the line is perfect, else one behind impairments."""
    return far_end if impairments == NO_IMPAIRMENTS else ImpairedLine(far_end, impairments, seed)
