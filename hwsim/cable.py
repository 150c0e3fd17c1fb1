"""A subscriber's cable as electricity sees it: resistance and capacity by length, and what that does to voice and echo.

A pair of copper wires is a chain of resistance and capacity (at voice frequencies its inductance does not matter). Its two-port gives, by
frequency, how much weaker a sound arrives (more for high tones: the *tilt*), and the impedance at the appliance's end. The hybrid there
compares that impedance with its balance network; the difference comes back as echo.

Filters are short and of minimum phase: they have the loss of the cable and add no delay, as a few kilometres add none that could be heard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from hwsim.signals import RATE_HZ, Floats

__all__ = [
    "CABLES",
    "CHINA_NETWORK",
    "KM_3",
    "KM_6",
    "RESISTOR_600",
    "SHORT",
    "Cable",
    "Network",
    "echo_filter",
    "loss_filter",
    "minimum_phase",
]

Phasors = npt.NDArray[np.complex128]

TAPS = 48
GRID = 1024
LOWEST_HZ = 50.0
"""Below it the formulas meet their poles and lines carry no voice: the value at 50 Hz stands for it."""
FAINTEST = 1e-4


@dataclass(frozen=True)
class Network:
    """An impedance of the usual kind: a resistor in series with a resistor and capacitor side by side. Ohm and nF."""

    series_ohm: float
    parallel_ohm: float = 0.0
    parallel_nf: float = 0.0

    def impedance(self, frequency_hz: Floats) -> Phasors:
        """In ohm, by frequency."""
        shunt = 1 + 2j * np.pi * frequency_hz * self.parallel_nf * 1e-9 * self.parallel_ohm
        found: Phasors = (self.series_ohm + self.parallel_ohm / shunt).astype(np.complex128)
        return found


CHINA_NETWORK = Network(200, 680, 100)
"""The reference impedance of Chinese lines and telephones."""
RESISTOR_600 = Network(600)


@dataclass(frozen=True)
class Cable:
    """A pair of so many km; ``loop_ohm_a_km`` counts both wires. The usual values are those of 0.4 mm copper."""

    length_km: float
    loop_ohm_a_km: float = 280.0
    capacity_nf_a_km: float = 50.0

    @property
    def loop_ohm(self) -> float:
        """Resistance of both wires, there and back."""
        return self.length_km * self.loop_ohm_a_km

    def _chain(self, frequency_hz: Floats) -> tuple[Phasors, Phasors, Phasors]:
        """The two-port's A (which is also D), B and C."""
        turning = 2j * np.pi * frequency_hz * self.capacity_nf_a_km * 1e-9
        angle = self.length_km * np.sqrt(turning * self.loop_ohm_a_km)
        wave = np.sqrt(self.loop_ohm_a_km / turning)
        return np.cosh(angle), wave * np.sinh(angle), np.sinh(angle) / wave

    def loss_db(self, frequency_hz: Floats, ends: Network = CHINA_NETWORK) -> Floats:
        """How much weaker a sound is at the other end than without a cable, between two ends of this impedance."""
        end = ends.impedance(frequency_hz)
        a, b, c = self._chain(frequency_hz)
        through = 2 * end / (2 * a * end + b + c * end**2)
        found: Floats = -20 * np.log10(np.abs(through))
        return found

    def impedance(self, frequency_hz: Floats, far_end: Network = CHINA_NETWORK) -> Phasors:
        """What one end sees when the other is closed with this network."""
        end = far_end.impedance(frequency_hz)
        a, b, c = self._chain(frequency_hz)
        found: Phasors = (a * end + b) / (c * end + a)
        return found

    def echo_loss_db(
        self, frequency_hz: Floats, balance: Network, port: Network = CHINA_NETWORK, far_end: Network = CHINA_NETWORK
    ) -> Floats:
        """How much weaker the port's own sound comes back through its hybrid, whose own impedance is ``port``."""
        line = self.impedance(frequency_hz, far_end)
        own, image = port.impedance(frequency_hz), balance.impedance(frequency_hz)
        back = 2 * (line / (line + own) - image / (image + own))
        found: Floats = -20 * np.log10(np.maximum(np.abs(back), FAINTEST))
        return found


SHORT = Cable(0.3)
KM_3 = Cable(3.0)
KM_6 = Cable(6.0, loop_ohm_a_km=179.0)
"""So far out the wires are of 0.5 mm."""
CABLES = MappingProxyType({"short": SHORT, "3km": KM_3, "6km": KM_6})


def loss_filter(cable: Cable) -> Floats:
    """The cable as a filter for what passes it, one way."""
    return minimum_phase(cable.loss_db)


def echo_filter(cable: Cable, balance: Network) -> Floats:
    """The way of the appliance's own sound through its hybrid and back."""
    return minimum_phase(lambda frequency_hz: cable.echo_loss_db(frequency_hz, balance))


def minimum_phase(loss_db: Callable[[Floats], Floats], taps: int = TAPS) -> Floats:
    """A filter of this loss by frequency, without more delay than it must have (by the cepstrum of its logarithm)."""
    frequency_hz = np.maximum(np.arange(GRID // 2 + 1) * RATE_HZ / GRID, LOWEST_HZ)
    nepers = -loss_db(frequency_hz) * np.log(10) / 20
    cepstrum = np.fft.irfft(nepers, GRID)
    cepstrum[1 : GRID // 2] *= 2
    cepstrum[GRID // 2 + 1 :] = 0
    made: Floats = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), GRID)[:taps]
    return made
