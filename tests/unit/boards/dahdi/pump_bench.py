"""A pump on simulated wires, stepped by hand, and the sounds that tests send through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from boards.dahdi.codec import alaw_decode, alaw_encode
from boards.dahdi.media import Heard, Pump, PumpLimits, PumpStats
from engine.telephony.media import BLOCK_SAMPLES, Port
from hwsim.wires import Wires

SILENCE = b"\xd5" * BLOCK_SAMPLES
FIRST_FD = 1000
DELAY_SAMPLES = 2 * BLOCK_SAMPLES
"""From a channel's line to another's: a block is collected, and one is always queued."""

Samples = npt.NDArray[np.float64]


@dataclass
class Bench:
    """``channels`` open channels, each on its wire; ``heard[i]`` is what channel i reported, ``alarms`` what the pump complained of."""

    channels: int = 2
    limits: PumpLimits = field(default_factory=PumpLimits)

    def __post_init__(self) -> None:
        self.wires = Wires(max(self.channels, 1), FIRST_FD)
        self.alarms: list[tuple[str, str]] = []
        self.pump = Pump(self.wires.io, lambda key, sentence: self.alarms.append((key, sentence)), self.limits)
        self.heard: list[list[Heard]] = [[] for _ in range(self.channels)]
        self.ports: list[Port] = []
        for index in range(self.channels):
            self.wires.open(FIRST_FD + index)
            self.wires.configure(FIRST_FD + index, BLOCK_SAMPLES, 4, 0)
            self.ports.append(self.pump.open_channel(FIRST_FD + index, self.heard[index].append))
        self.step()

    def step(self) -> None:
        """The pump ticks and delivers; no line time passes."""
        self.pump.tick()
        self.pump.poll()

    def exchange(self, says: Mapping[int, bytes]) -> list[bytes]:
        """A block of line time on every wire; returns what each line got."""
        return [self.wires.exchange(FIRST_FD + index, says.get(index, SILENCE)) for index in range(self.channels)]

    def run(self, says: Mapping[int, bytes], blocks: int = 0) -> list[bytes]:
        """Let the lines say this, filled up with silence to whole blocks, at least ``blocks``; returns what each got."""
        blocks = max([blocks, *(-(-len(octets) // BLOCK_SAMPLES) for octets in says.values())])
        padded = {index: octets + b"\xd5" * (blocks * BLOCK_SAMPLES - len(octets)) for index, octets in says.items()}
        got: list[list[bytes]] = [[] for _ in range(self.channels)]
        for start in range(0, blocks * BLOCK_SAMPLES, BLOCK_SAMPLES):
            now = self.exchange({index: octets[start : start + BLOCK_SAMPLES] for index, octets in padded.items()})
            for index, octets in enumerate(now):
                got[index].append(octets)
            self.step()
        return [b"".join(pieces) for pieces in got]

    def stats(self) -> PumpStats:
        """Counters as they are now."""
        self.pump.stats()
        self.step()
        return self.pump.stats()


def silence(duration_ms: float) -> Samples:
    """Nothing."""
    return np.zeros(round(duration_ms * 8))


def sine(frequency_hz: float, level_dbm0: float, duration_ms: float) -> Samples:
    """One frequency, from phase zero."""
    times_s = np.arange(round(duration_ms * 8)) / 8000
    peak = 32768 * 10 ** ((level_dbm0 - 3.14) / 20)
    wave: Samples = peak * np.sin(2 * np.pi * frequency_hz * times_s)
    return wave


def noise(level_dbm0: float, samples: int, seed: int = 1) -> Samples:
    """White noise of this level, 0 to 4 kHz."""
    power = 32768.0**2 / 2 * 10 ** ((level_dbm0 - 3.14) / 10)
    return np.random.default_rng(seed).normal(0, np.sqrt(power), samples)


def key(digit: str, level_dbm0: float, duration_ms: float) -> Samples:
    """A DTMF key, both frequencies at this level."""
    row, column = next((row, keys.index(digit)) for row, keys in enumerate(("123A", "456B", "789C", "*0#D")) if digit in keys)
    low, high = (697, 770, 852, 941)[row], (1209, 1336, 1477, 1633)[column]
    return sine(low, level_dbm0, duration_ms) + sine(high, level_dbm0, duration_ms)


def cadence(runs_ms: list[tuple[float, float]], times: int, frequency_hz: float = 450, level_dbm0: float = -10) -> Samples:
    """The runs (on, off) over and over."""
    return np.concatenate([part for on, off in runs_ms * times for part in (sine(frequency_hz, level_dbm0, on), silence(off))])


def encode(samples: Samples) -> bytes:
    """A-law."""
    return alaw_encode(np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes())


def decode(octets: bytes) -> Samples:
    """Linear."""
    return np.frombuffer(alaw_decode(octets), "<i2").astype(np.float64)


def level_dbm0(samples: Samples, frequency_hz: float) -> float:
    """How strong this frequency is in the samples."""
    times_s = np.arange(len(samples)) / 8000
    peak = 2 * abs(np.dot(samples, np.exp(-2j * np.pi * frequency_hz * times_s))) / len(samples)
    return float(20 * np.log10(peak / 32768) + 3.14)
