"""Keys pressed under every condition that a receiver must bear: the sounds, and what is to be heard in them.

A condition is a way of pressing and what else is on the line. ``press_all`` plays the sixteen keys under it with phases, pauses and
disturbances by chance, as the line would carry it in A-law. The sounds are made apart from the media pump, whose receiver they judge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hwsim.signals import HIGH_GROUP_HZ, KEYS, LOW_GROUP_HZ, RATE_HZ, Floats, Samples, alaw_from_linear, peak

__all__ = ["ALL_KEYS", "Condition", "Press", "Pressing", "Vector", "beside", "echo", "press_all", "white_noise"]

ALL_KEYS = "".join(KEYS)
LEAD_MS = 100
TAIL_MS = 150
JITTER_MS = 20
"""Longer pauses vary by so much, so that keys fall anywhere in the pump's blocks. Pauses at the least allowed are kept as they are."""
LEAST_PAUSE_MS = 45

Chance = np.random.Generator


@dataclass(frozen=True)
class Pressing:
    """How a key is pressed. Durations in ms, levels in dBm0 of each tone, offsets as a share of the nominal frequency.

    ``break_ms``: the sound fails for so long, once, anywhere in the key.
    """

    on_ms: float = 50
    off_ms: float = 50
    row_dbm0: float = -10
    column_dbm0: float = -10
    row_off: float = 0
    column_off: float = 0
    break_ms: float = 0


@dataclass(frozen=True)
class Condition:
    """A way of pressing, and how the line changes the sound; ``wanted``: every key once (True) or nothing at all (False).

    ``least``: the share of the keys that has to be heard, where another sound may for a moment be louder than a key.
    """

    wanted: bool
    pressing: Pressing
    line: Callable[[Floats, Chance], Floats] = lambda wave, _chance: wave
    least: float = 1.0


@dataclass(frozen=True)
class Press:
    """A key that was pressed, from one sample to another."""

    key: str
    begin: int
    end: int


@dataclass(frozen=True)
class Vector:
    """Sound in A-law, and the keys in it."""

    octets: bytes
    presses: tuple[Press, ...]


# ---- what lines do ----------------------------------------------------------------------------------------------------


def white_noise(dbm0: float) -> Callable[[Floats, Chance], Floats]:
    """Noise of this power from 0 to 4 kHz."""
    return lambda wave, chance: wave + chance.normal(0, peak(dbm0) / np.sqrt(2), wave.size)


def beside(sound: Samples, gain_db: float = 0) -> Callable[[Floats, Chance], Floats]:
    """A sound beside the keys all the time, from a place in it by chance, over and over."""
    scaled = sound.astype(np.float64) * 10 ** (gain_db / 20)
    return lambda wave, chance: wave + np.take(scaled, chance.integers(scaled.size) + np.arange(wave.size), mode="wrap")


def echo(delay_ms: float, gain_db: float) -> Callable[[Floats, Chance], Floats]:
    """The sound once more, later and weaker."""

    def heard(wave: Floats, _chance: Chance) -> Floats:
        delay = _samples(delay_ms)
        again: Floats = np.concatenate([np.zeros(delay), wave[: wave.size - delay]])
        return wave + again * 10 ** (gain_db / 20)

    return heard


# ---- pressing ---------------------------------------------------------------------------------------------------------


def press_all(condition: Condition, chance: Chance) -> Vector:
    """The sixteen keys in an order by chance."""
    pressing = condition.pressing
    pieces = [np.zeros(_samples(LEAD_MS) + int(chance.integers(_samples(JITTER_MS))))]
    presses: list[Press] = []
    at = pieces[0].size
    for key in chance.permutation(list(ALL_KEYS)):
        sound = _key(str(key), pressing, chance)
        jitter = int(chance.integers(_samples(JITTER_MS))) if pressing.off_ms > LEAST_PAUSE_MS else int(chance.integers(2))
        pause = np.zeros(_samples(pressing.off_ms) + jitter)
        presses.append(Press(str(key), at, at + sound.size))
        pieces += [sound, pause]
        at += sound.size + pause.size
    wave = np.concatenate([*pieces, np.zeros(_samples(TAIL_MS))])
    return Vector(alaw_from_linear(condition.line(wave, chance)), tuple(presses))


def _key(key: str, pressing: Pressing, chance: Chance) -> Floats:
    row, column = divmod(ALL_KEYS.index(key), len(KEYS))
    count = _samples(pressing.on_ms)
    wave = _sine(LOW_GROUP_HZ[row] * (1 + pressing.row_off), pressing.row_dbm0, count, chance)
    wave += _sine(HIGH_GROUP_HZ[column] * (1 + pressing.column_off), pressing.column_dbm0, count, chance)
    if pressing.break_ms:
        start = int(chance.integers(count - _samples(pressing.break_ms) + 1))
        wave[start : start + _samples(pressing.break_ms)] = 0
    return wave


def _sine(frequency_hz: float, dbm0: float, count: int, chance: Chance) -> Floats:
    angle = 2 * np.pi * (frequency_hz / RATE_HZ * np.arange(count) + chance.random())
    wave: Floats = peak(dbm0) * np.sin(angle)
    return wave


def _samples(ms: float) -> int:
    return round(ms * RATE_HZ / 1000)
