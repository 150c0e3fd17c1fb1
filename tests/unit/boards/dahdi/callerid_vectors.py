"""Caller id as sound, made apart from the product's modulator and from the simulator's: for judging receivers.

FSK is made of whole waves of each bit at 48 000 samples a second and brought down to 8000 by a windowed sinc; keys of two cosines with
rounded edges. Levels are measured on what came out. Any single bit of a burst can be turned over, start and stop bits, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boards.dahdi.callerid_keys import CHINA, KeyCodes, KeyHeard, caller_from_keys
from boards.dahdi.heard import CallerIdHeard, CallerIdModem, Hearing
from boards.dahdi.receivers import find_keys
from engine.telephony.numbers import CallerId
from tests.unit.boards.dahdi.pump_bench import Bench, encode

Samples = npt.NDArray[np.float64]

KNOWN = bytes.fromhex("801601083033313731363536020a32313536343330313434ba")
"""03-17 16:56, 215 643 0144, with its published checksum."""
KNOWN_SDMF = b"\x04\x12" + b"031716562156430144" + b"\x4f"
HIGH_RATE_HZ = 48_000
DOWN = 6
BIT_SAMPLES = HIGH_RATE_HZ // 1200
SPACE_MARK_HZ = {CallerIdModem.BELL_202: (2200.0, 1200.0), CallerIdModem.V23: (2100.0, 1300.0)}
BOTH = Hearing.CALLER_ID | Hearing.CALLER_ID_V23
ROWS_HZ = {key: hz for hz, row in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"), strict=True) for key in row}
COLUMNS_HZ = {key: hz for hz, column in zip((1209, 1336, 1477, 1633), ("147*", "2580", "369#", "ABCD"), strict=True) for key in column}
LEAD_SAMPLES = 1600


def bits_of(message: bytes) -> list[int]:
    """The octets of a message as they go over the line: start bit, eight data bits from the lowest, stop bit."""
    return [bit for octet in message for bit in (0, *((octet >> place) & 1 for place in range(8)), 1)]


def sound_of(bits: Sequence[int], modem: CallerIdModem, level_dbm0: float, seizure: int = 300, marks: int = 180) -> Samples:
    """A burst: seizure, marks, these bits, and some marks after them."""
    whole = [place % 2 for place in range(seizure)] + [1] * marks + list(bits) + [1] * 12
    at = np.arange(1, BIT_SAMPLES + 1) / HIGH_RATE_HZ
    pieces, cycles = [], 0.0
    for bit in whole:
        frequency_hz = SPACE_MARK_HZ[modem][bit]
        pieces.append(np.cos(2 * np.pi * (cycles + frequency_hz * at)))
        cycles += frequency_hz * BIT_SAMPLES / HIGH_RATE_HZ
    places = np.arange(-60, 61)
    window = np.sinc(places / DOWN) * np.hamming(places.size)
    wave = np.convolve(np.concatenate(pieces), window / window.sum(), "same")[::DOWN]
    return at_level(wave, level_dbm0)


def at_level(wave: Samples, level_dbm0: float) -> Samples:
    """The same sound so loud, by its mean power."""
    scaled: Samples = wave / np.sqrt(np.mean(np.square(wave))) * 32768 / np.sqrt(2) * 10 ** ((level_dbm0 - 3.14) / 20)
    return scaled


def noisy(wave: Samples, noise_dbm0: float, chance: np.random.Generator) -> Samples:
    """On a line with this white noise, after and before some silence, beginning anywhere."""
    whole = np.concatenate([np.zeros(LEAD_SAMPLES // 2 + int(chance.integers(LEAD_SAMPLES // 2))), wave, np.zeros(LEAD_SAMPLES)])
    return whole + chance.normal(0, 32768 / np.sqrt(2) * 10 ** ((noise_dbm0 - 3.14) / 20), whole.size)


class Receiver:
    """The pump's receivers of both modems on one channel; each sound is heard afresh."""

    def __init__(self) -> None:
        self._bench = Bench(1)

    def hear(self, wave: Samples, hearing: Hearing = BOTH) -> list[CallerIdHeard]:
        """What was understood of this."""
        bench = self._bench
        bench.heard[0].clear()
        bench.pump.listen(bench.ports[0], Hearing.NONE)
        bench.step()
        bench.pump.listen(bench.ports[0], hearing)
        bench.run({0: encode(wave)})
        return [heard for heard in bench.heard[0] if isinstance(heard, CallerIdHeard)]


# ---- keys -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Keyed:
    """Keys as sound, and where each began and ended in it (samples)."""

    wave: Samples
    places: tuple[tuple[int, int], ...]


def keyed(keys: str, level_dbm0: float, on_ms: int = 70, off_ms: int = 70) -> Keyed:
    """These keys, each frequency at this level, with edges of 2 ms."""
    count, pause = on_ms * 8, off_ms * 8
    at = np.arange(count) / 8000
    edge = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / 16)
    peak = 32768 * 10 ** ((level_dbm0 - 3.14) / 20)
    pieces = []
    for key in keys:
        pieces += [peak * edge * (np.cos(2 * np.pi * ROWS_HZ[key] * at) + np.cos(2 * np.pi * COLUMNS_HZ[key] * at)), np.zeros(pause)]
    places = tuple((index * (count + pause), index * (count + pause) + count) for index in range(len(keys)))
    return Keyed(np.concatenate(pieces), places)


def caller_heard(wave: Samples, codes: KeyCodes = CHINA) -> CallerId:
    """Who calls, by the pump's key receiver and the rules of caller id by keys."""
    found = find_keys(encode(np.concatenate([np.zeros(800), wave, np.zeros(1600)])))
    return caller_from_keys([KeyHeard(key.key, key.begin / 8, key.end / 8, key.level_dbm0) for key in found], codes)


def burst_hits(wave: Samples, hits: int, level_dbm0: float, chance: np.random.Generator) -> Samples:
    """The sound with so many bursts of loud noise in it, 10 to 90 ms each, anywhere."""
    changed = wave.copy()
    rms = 32768 / np.sqrt(2) * 10 ** ((level_dbm0 - 3.14) / 20)
    for _ in range(hits):
        length = int(chance.integers(80, 720))
        start = int(chance.integers(max(1, changed.size - length)))
        changed[start : start + length] += chance.normal(0, rms, length)
    return changed
