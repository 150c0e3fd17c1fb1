"""What a line does to sound between a port and who is at its far end: loss and tilt, noise, clicks, hum, echo of the hybrid.

Without impairments the octets pass untouched. Echo is what the appliance's hybrid lets through: part of what it sends comes back at
once. The cable is in ``cable.py``, what is added on the way in ``disturbance.py``, the electricity of the pair in ``pair.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hwsim.cable import CHINA_NETWORK, Cable, Network, echo_filter, loss_filter
from hwsim.disturbance import Clicks, Hiss, Hum
from hwsim.line_side import FarEnd
from hwsim.signals import Floats, alaw_from_linear, linear_from_alaw

__all__ = ["NO_IMPAIRMENTS", "ImpairedLine", "Impairments", "through_line"]


@dataclass(frozen=True)
class Impairments:
    """Levels in dBm0, None: nothing of the kind.

    ``…_gain_db``: −40…+12, each way. ``noise_dbm0``, clicks (``impulses_a_min`` of peak ``impulse_dbm0``) and the hum of the mains
    (``mains_dbm0``) are added towards the appliance, ``far_noise_dbm0`` towards the far end. ``echo_loss_db``: an echo of all frequencies
    alike; ``cable``: loss and tilt both ways, and an echo by frequency where it differs from ``balance``.
    """

    to_appliance_gain_db: float = 0.0
    from_appliance_gain_db: float = 0.0
    noise_dbm0: float | None = None
    echo_loss_db: float | None = None
    cable: Cable | None = None
    balance: Network = CHINA_NETWORK
    impulses_a_min: float = 0.0
    impulse_dbm0: float = -15.0
    mains_dbm0: float | None = None
    mains_hz: int = 50
    far_noise_dbm0: float | None = None


NO_IMPAIRMENTS = Impairments()


class _Disturbance(Protocol):
    def block(self) -> Floats:
        """The next 20 ms of it."""


class _Filter:
    """A filter that takes one block after the other."""

    def __init__(self, taps: Floats) -> None:
        self._taps = taps
        self._before = np.zeros(taps.size - 1)

    def block(self, samples: Floats) -> Floats:
        whole = np.concatenate([self._before, samples])
        self._before = whole[whole.size - self._before.size :]
        return np.convolve(whole, self._taps, mode="valid")


class ImpairedLine:
    """A far end heard through a bad line. The same seed makes the same noise."""

    def __init__(self, far_end: FarEnd, impairments: Impairments, seed: int) -> None:
        self._far_end = far_end
        chance = np.random.default_rng(seed)
        self._added = _added(impairments, chance)
        self._added_far = [] if impairments.far_noise_dbm0 is None else [Hiss(impairments.far_noise_dbm0, np.random.default_rng(seed + 1))]
        in_gain = 10 ** (impairments.to_appliance_gain_db / 20)
        out_gain = 10 ** (impairments.from_appliance_gain_db / 20)
        cable = impairments.cable
        through = np.ones(1) if cable is None else loss_filter(cable)
        self._in = _Filter(through * in_gain)
        self._out = _Filter(through * out_gain)
        self._untouched = cable is None and out_gain == 1.0 and not self._added_far
        flat = 0.0 if impairments.echo_loss_db is None else 10 ** (-impairments.echo_loss_db / 20)
        echo = np.zeros(1) if cable is None else echo_filter(cable, impairments.balance)
        self._echo = _Filter(echo + flat * (np.arange(echo.size) == 0))

    def exchange(self, heard: bytes) -> bytes:
        """One block each way."""
        sent = linear_from_alaw(heard).astype(np.float64)
        arriving = heard if self._untouched else alaw_from_linear(_with(self._out.block(sent), self._added_far))
        answer = self._in.block(linear_from_alaw(self._far_end.exchange(arriving)).astype(np.float64))
        return alaw_from_linear(_with(answer, self._added) + self._echo.block(sent))


def _added(impairments: Impairments, chance: np.random.Generator) -> list[_Disturbance]:
    added: list[_Disturbance] = []
    if impairments.noise_dbm0 is not None:
        added.append(Hiss(impairments.noise_dbm0, chance))
    if impairments.impulses_a_min:
        added.append(Clicks(impairments.impulses_a_min, impairments.impulse_dbm0, chance))
    if impairments.mains_dbm0 is not None:
        added.append(Hum(impairments.mains_dbm0, impairments.mains_hz, chance))
    return added


def _with(samples: Floats, added: list[_Disturbance] | list[Hiss]) -> Floats:
    for disturbance in added:
        samples = samples + disturbance.block()
    return samples


def through_line(far_end: FarEnd, impairments: Impairments, seed: int) -> FarEnd:
    """The far end itself when the line is perfect, else one behind impairments."""
    return far_end if impairments == NO_IMPAIRMENTS else ImpairedLine(far_end, impairments, seed)
