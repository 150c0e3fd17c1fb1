"""Learns a tone from a recorded sample: what a line's own exchange or PBX sends, when it follows no country's set.

The sample holds at least two periods of a cadence, or a continuous tone of a second and a half. Its frames of 10 ms are called on or
off by their energy; the frequencies are those of its longest stretch, its times the medians of its whole runs. All of it is pure arithmetic
over some seconds of sound: a tenth of a second of work, once in the life of a line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from statistics import median

from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.telephony.line_tone import LineTone
from engine.telephony.media import SAMPLE_RATE_HZ
from engine.telephony.tones import HeardTone, ToneWindow

__all__ = ["learn_busy_tone", "learn_line_tone", "learn_tone"]

FRAME = 80
FRAME_MS = 10
ON_SHARE = 1 / 16
"""A frame is on when it has this share of the tone's energy (−12 dB)."""
QUIETEST = 8240.0
"""Mean square of −45 dBm0: below, there is no tone to learn."""
LOUD_QUANTILE = 0.8
LOWEST_HZ, HIGHEST_HZ = 300, 2200
COARSE_HZ = 5
STRETCH_SAMPLES = 1600
"""The frequency is read off 200 ms."""
SHORTEST_STRETCH_SAMPLES = 480
SECOND_SHARE = 0.1
"""A second frequency has at least this share of the first one's energy (−10 dB)."""
PURE_SHARE = 0.7
"""Of the stretch's energy, that the frequencies found must explain."""
CONTINUOUS_FRAMES = 150
LONGEST_PERIOD_RUNS = 8
SAME = 0.2
SAME_FRAMES = 5
BUSY_PERIOD_MOST_MS = 2500
"""No exchange's busy tone takes longer to go round; ringback does."""
BUSY_TIME_LEAST_MS = 50


def learn_tone(samples: Sequence[int], tone: HeardTone) -> ToneWindow:
    """The window by which ``tone`` will be recognised as it sounds in ``samples`` (16 bit, 8000 Hz). BadInput when it is none."""
    return learn_line_tone(samples).window(tone)


def learn_busy_tone(samples: Sequence[int]) -> LineTone:
    """The busy tone in ``samples`` (16 bit, 8000 Hz), for the line's settings. BadInput when it is none, or rather dial tone or ringback."""
    found = learn_line_tone(samples)
    if not found.runs_ms:
        raise BadInput(text("The tone in the sample does not stop: that is dial tone, not busy tone."))
    if found.period_ms > BUSY_PERIOD_MOST_MS:
        raise BadInput(text("The tone in the sample is too slow for busy tone: was it ringing? Call a number that is busy."))
    if min(found.runs_ms) < BUSY_TIME_LEAST_MS:
        raise BadInput(text("There is no tone in the sample: the sounds in it are too short."))
    return found


def learn_line_tone(samples: Sequence[int]) -> LineTone:
    """Frequencies and cadence of the tone in ``samples`` (16 bit, 8000 Hz). BadInput when there is none."""
    powers = [_power(samples[start : start + FRAME]) for start in range(0, len(samples) - FRAME + 1, FRAME)]
    loud = sorted(powers)[int(len(powers) * LOUD_QUANTILE)] if powers else 0.0
    if loud < QUIETEST:
        loud = max(powers, default=0.0)  # a cadence that is mostly pause
    if loud < QUIETEST:
        raise BadInput(text("There is no tone in the sample: it is silent."))
    runs = _runs([power > loud * ON_SHARE for power in powers])
    frequencies_hz = tuple(round(hertz) for hertz in _frequencies(_longest_stretch(samples, runs)))
    if max(frames for on, _start, frames in runs if on) >= CONTINUOUS_FRAMES and len(runs) <= 3:
        return LineTone(frequencies_hz)
    return LineTone(frequencies_hz, tuple(ms for _on, ms in _period([(on, frames) for on, _start, frames in runs[1:-1]])))


def _power(samples: Sequence[int]) -> float:
    return sum(sample * sample for sample in samples) / FRAME


# ---- times ------------------------------------------------------------------------------------------------------------


def _runs(frames_on: list[bool]) -> list[tuple[bool, int, int]]:
    """(on, first frame, frames) of each run; a single frame that differs from both neighbours is none."""
    smooth = list(frames_on)
    for index in range(1, len(smooth) - 1):
        if smooth[index - 1] == frames_on[index + 1] != frames_on[index]:
            smooth[index] = smooth[index - 1]
    runs = []
    start = 0
    for on, group in groupby(smooth):
        frames = len(list(group))
        runs.append((on, start, frames))
        start += frames
    return runs


def _alike(one: int, other: int) -> bool:
    return abs(one - other) <= max(SAME_FRAMES, SAME * max(one, other))


def _period(runs: list[tuple[bool, int]]) -> list[tuple[bool, int]]:
    """The shortest cadence that the whole runs go round in, on first: (on, ms). BadInput when there is none."""
    while runs and not runs[0][0]:
        runs = runs[1:]
    for length in range(2, LONGEST_PERIOD_RUNS + 1, 2):
        enough = len(runs) >= 2 * length - 1
        if enough and all(_alike(runs[index][1], runs[index - length][1]) for index in range(length, len(runs))):
            times = [round(median(frames for _on, frames in runs[place::length])) * FRAME_MS for place in range(length)]
            return [(place % 2 == 0, ms) for place, ms in enumerate(times)]
    raise BadInput(text("The sample has no steady rhythm: record at least three periods of the tone and nothing else."))


# ---- frequencies ------------------------------------------------------------------------------------------------------


def _longest_stretch(samples: Sequence[int], runs: list[tuple[bool, int, int]]) -> list[float]:
    """The middle of the longest tone, at most 200 ms, without its mean. BadInput when it is shorter than 60 ms."""
    _on, start, frames = max((run for run in runs if run[0]), key=lambda run: run[2])
    inner = samples[(start + 1) * FRAME : (start + frames - 1) * FRAME]
    spare = max(0, len(inner) - STRETCH_SAMPLES) // 2
    stretch = inner[spare : spare + STRETCH_SAMPLES]
    if len(stretch) < SHORTEST_STRETCH_SAMPLES:
        raise BadInput(text("There is no tone in the sample: the sounds in it are too short."))
    mean = sum(stretch) / len(stretch)
    return [sample - mean for sample in stretch]


def _at(stretch: list[float], weights: list[float], hertz: float) -> complex:
    """The sine of this frequency in the windowed stretch: its amplitude and phase."""
    step = 2 * math.pi * hertz / SAMPLE_RATE_HZ
    real = imaginary = 0.0
    for index, (sample, weight) in enumerate(zip(stretch, weights, strict=True)):
        real += sample * weight * math.cos(step * index)
        imaginary -= sample * weight * math.sin(step * index)
    return complex(real, imaginary) * 2 / sum(weights)


def _strongest(stretch: list[float], weights: list[float]) -> tuple[float, complex]:
    """The frequency of the strongest sine, to a tenth of a hertz, and the sine."""
    best = max(range(LOWEST_HZ, HIGHEST_HZ, COARSE_HZ), key=lambda hertz: abs(_rough(stretch, weights, hertz)))
    hertz, step = float(best), COARSE_HZ / 2
    while step > 0.1:
        hertz = max((hertz - step, hertz, hertz + step), key=lambda tried: abs(_at(stretch, weights, tried)))
        step /= 2
    return hertz, _at(stretch, weights, hertz)


def _rough(stretch: list[float], weights: list[float], hertz: float) -> complex:
    """As ``_at``, by Goertzel's recursion: fast, and without the phase."""
    turn = 2 * math.cos(2 * math.pi * hertz / SAMPLE_RATE_HZ)
    before = last = 0.0
    for sample, weight in zip(stretch, weights, strict=True):
        before, last = last, sample * weight + turn * last - before
    return complex(math.sqrt(max(0.0, last * last + before * before - turn * last * before)))


def _frequencies(stretch: list[float]) -> tuple[float, ...]:
    """The one or two frequencies, low one first. BadInput when they do not explain the sound."""
    count = len(stretch)
    weights = [0.5 - 0.5 * math.cos(2 * math.pi * (index + 0.5) / count) for index in range(count)]
    whole = sum(sample * sample for sample in stretch) / count
    first_hz, first = _strongest(stretch, weights)
    rest = _without(stretch, first_hz, first)
    second_hz, second = _strongest(rest, weights)
    found = [(first_hz, first)]
    if abs(second) ** 2 >= SECOND_SHARE * abs(first) ** 2:
        found.append((second_hz, second))
        rest = _without(rest, second_hz, second)
    if sum(sample * sample for sample in rest) / count > (1 - PURE_SHARE) * whole:
        raise BadInput(text("There is no tone in the sample: it sounds like speech, music or noise."))
    return tuple(sorted(hertz for hertz, _sine in found))


def _without(stretch: list[float], hertz: float, sine: complex) -> list[float]:
    step = 2 * math.pi * hertz / SAMPLE_RATE_HZ
    return [sample - sine.real * math.cos(step * index) + sine.imag * math.sin(step * index) for index, sample in enumerate(stretch)]
