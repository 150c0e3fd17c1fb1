"""Ears: what a simulated person heard, kept with its place in world time, and questions about it.

All questions are answered from the stored audio by numpy, independently of the pump's detectors. Offsets are samples of
world time (8000 a second since the world began).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.kernel.errors import BadInput
from engine.kernel.text import text
from hwsim.caller_id import demodulate
from hwsim.key_ear import HeardKey, keys_in
from hwsim.signals import IDLE_OCTET, RATE_HZ, Floats, Samples, level_dbm0, linear_from_alaw

__all__ = ["NOTHING", "Ear", "HeardTone", "Match", "Search", "best_match", "tone_in"]

KEPT_S = 7200
SILENCE_DBM0 = -45.0
SEARCH_STEP = 1600
"""A search takes up new audio in pieces of at least 200 ms: one transform each."""


@dataclass(frozen=True)
class Match:
    """How well a reference was found: normalised correlation (0…1), where it begins, and how loud it came through."""

    correlation: float
    offset_samples: int
    gain_db: float


NOTHING = Match(0.0, -1, -99.0)


def best_match(audio: Samples, reference: Samples, at_sample: int = 0) -> Match:
    """The best place of ``reference`` in ``audio`` by normalised cross-correlation; ``at_sample``: the audio's first sample.

    Places as good as silence (20 dB below the searched-for level and more than 45 dB below full scale) do not count.
    """
    places = audio.size - reference.size + 1
    wanted = reference.astype(np.float64)
    energy = float(np.dot(wanted, wanted))
    if places <= 0 or energy == 0:
        return NOTHING
    heard = audio.astype(np.float64)
    size = 1 << (audio.size + reference.size - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)[:places]
    summed = np.concatenate([[0.0], np.cumsum(np.square(heard))])
    windows = summed[reference.size :] - summed[: -reference.size]
    floor = energy * 1e-4 + reference.size
    quotient = np.where(windows > floor, product / np.sqrt(np.maximum(windows, floor) * energy), 0.0)
    place = int(np.argmax(quotient))
    gain = 20 * float(np.log10(max(product[place] / energy, 1e-6)))
    return Match(min(1.0, max(0.0, float(quotient[place]))), at_sample + place, gain)


class Search:
    """Looks for one reference in what an ear hears from one moment on; every sample is looked at once."""

    def __init__(self, ear: Ear, reference: Samples, since_sample: int) -> None:
        self._ear = ear
        self._reference = reference
        self._next = since_sample
        self._best = NOTHING

    def best(self, *, to_the_end: bool = True) -> Match:
        """The best match so far. ``to_the_end`` False leaves up to 200 ms of new audio for the next time: cheap to poll."""
        places = self._ear.next_sample - self._next - self._reference.size + 1
        if places <= 0 or (places < SEARCH_STEP and not to_the_end):
            return self._best
        while places > 0:
            piece = min(places, max(SEARCH_STEP, 4 * self._reference.size))
            audio = self._ear.audio(self._next, self._next + piece + self._reference.size - 1)
            found = best_match(audio, self._reference, self._next)
            if found.correlation > self._best.correlation:
                self._best = found
            self._next += piece
            places -= piece
        return self._best


@dataclass(frozen=True)
class HeardTone:
    """A tone that sounds now.

    ``kind``: ``dial``, ``special_dial``, ``ringback``, ``busy``, ``congestion``, ``unallocated`` for 450 ±25 Hz in that cadence, ``howler`` for
    950 ±25 Hz, ``steady`` for any other single tone.
    """

    kind: str
    frequency_hz: float


FRAME = 80
TONE_SPAN_S = 8
LEAST_TONE_DBM0 = -38.0
_ANGLE = 2 * np.pi * 450 / RATE_HZ * np.arange(FRAME)
_BASIS: Floats = np.stack([np.cos(_ANGLE), np.sin(_ANGLE)], axis=1) * np.sqrt(2 / FRAME)
DIAL_TONE_LEAST_MS = 1300
Run = tuple[bool, int]


def _runs(audio: Samples) -> list[Run]:
    """450 Hz on and off as run lengths in ms (steps of 10 ms), oldest first; gaps and clicks of one step are smoothed."""
    frames = audio[audio.size % FRAME :].reshape(-1, FRAME).astype(np.float64)
    energy = np.square(frames).sum(axis=1)
    inside = np.square(frames @ _BASIS).sum(axis=1)
    floor = FRAME * (32768 * 10 ** ((LEAST_TONE_DBM0 - 3.14) / 20)) ** 2 / 2
    sounds = (inside > 0.6 * energy) & (energy > floor)
    if sounds.size > 2:
        middle = (sounds[:-2] == sounds[2:]) & (sounds[1:-1] != sounds[:-2])
        sounds[1:-1] = np.where(middle, sounds[:-2], sounds[1:-1])
    borders = np.concatenate([[0], np.flatnonzero(np.diff(sounds.astype(np.int8))) + 1, [sounds.size]])
    return [(bool(sounds[a]), int(b - a) * 10) for a, b in pairwise(borders) if b > a]


def _about(ms: int, wanted_ms: int) -> bool:
    return abs(ms - wanted_ms) <= max(30, wanted_ms * 0.13)


def _cadence_of(runs: Sequence[Run]) -> str:
    """The class of the newest runs; the last one is still going on. Empty when they are no tone of the exchange."""
    if not runs:
        return ""
    going_on, lasts_ms = runs[-1]
    if going_on and lasts_ms >= DIAL_TONE_LEAST_MS:
        return "dial"
    whole = [ms for _, ms in runs[1:-1]] if going_on else [ms for _, ms in runs[1:]]
    before = list(runs[:-1])
    ons = [ms for on, ms in before if on][-4:]
    offs = [ms for on, ms in before[1:] if not on][-3:]
    if len(ons) == 4 and sorted(_about(ms, 100) for ms in ons) == [False, True, True, True] and any(_about(ms, 400) for ms in ons):
        return "unallocated" if lasts_ms <= 550 else ""
    if len(ons) >= 3 and lasts_ms <= 450 and all(_about(ms, 400) for ms in ons[-2:]) and all(20 <= ms <= 70 for ms in offs[-2:]):
        return "special_dial"
    for kind, length_ms in (("busy", 350), ("congestion", 700)):
        enough = len(ons) >= 2 and bool(offs) and len(whole) >= 2
        if enough and all(_about(ms, length_ms) for ms in (*ons[-2:], offs[-1])) and lasts_ms <= length_ms * 1.3:
            return kind
    if ons and _about(ons[-1], 1000) and (700 <= lasts_ms <= 4500 if not going_on else bool(offs) and _about(offs[-1], 4000)):
        return "ringback"
    return ""


def tone_in(audio: Samples) -> HeardTone | None:
    """The tone that sounds at the end of this audio; give it 8 s where there are as many."""
    kind = _cadence_of(_runs(audio))
    if kind:
        return HeardTone(kind, 450.0)
    last = audio[-RATE_HZ // 5 :].astype(np.float64)
    if last.size < RATE_HZ // 5 or level_dbm0(last) < LEAST_TONE_DBM0:
        return None
    power = np.square(np.abs(np.fft.rfft(last * np.hanning(last.size))))
    top = int(power.argmax())
    if power[max(0, top - 3) : top + 4].sum() < 0.9 * power.sum():
        return None
    frequency = top * RATE_HZ / last.size
    if abs(frequency - 450) <= 25:
        return None
    return HeardTone("howler" if abs(frequency - 950) <= 25 else "steady", frequency)


class Ear:
    """Everything one person heard. Holds ``kept_s`` seconds; beyond that the older half is forgotten and counted.

    ``tap`` is told each block at once, as it came: its octets and its first sample. ``apart`` lets it do so; the world's keeps a tap that
    fails from stopping everybody else.
    """

    def __init__(self, owner: str, kept_s: int = KEPT_S, apart: Callable[[str, Callable[[], object]], None] | None = None) -> None:
        self.owner = owner
        self.forgotten_samples = 0
        self.tap: Callable[[bytes, int], None] | None = None
        self._apart = apart
        self._most = kept_s * RATE_HZ
        self._octets = bytearray()
        self._first = 0

    @property
    def next_sample(self) -> int:
        """The first sample not heard yet."""
        return self._first + len(self._octets)

    def hear(self, octets: bytes, at_sample: int) -> None:
        """A-law audio whose first sample is ``at_sample``; time in which nothing was heard becomes silence.

        Audio from before ``next_sample`` is not heard twice.
        """
        tap = self.tap
        if tap is not None and self._apart is not None:
            self._apart(f"whoever listens at {self.owner}", lambda: tap(octets, at_sample))
        elif tap is not None:
            tap(octets, at_sample)
        gap = at_sample - self.next_sample
        if not self._octets or gap > self._most:
            self.forgotten_samples += len(self._octets)
            self._octets.clear()
            self._first = at_sample
        elif gap > 0:
            self._octets.extend(bytes([IDLE_OCTET]) * gap)
        elif gap < 0:
            octets = octets[-gap:]
        self._octets.extend(octets)
        if len(self._octets) > self._most:
            forget = len(self._octets) - self._most // 2
            del self._octets[:forget]
            self._first += forget
            self.forgotten_samples += forget

    def audio(self, since_sample: int = 0, until_sample: int | None = None) -> Samples:
        """What was heard between two moments; a moment before the first sound is silence.

        Raises BadInput when part of it is forgotten.
        """
        until = self.next_sample if until_sample is None else min(until_sample, self.next_sample)
        if self.forgotten_samples and since_sample < self._first:
            raise BadInput(
                text(
                    "{who} no longer remembers what was heard before {first} s; asked for {since} s: keep longer or ask later",
                    who=self.owner,
                    first=f"{self._first / RATE_HZ:.2f}",
                    since=f"{since_sample / RATE_HZ:.2f}",
                )
            )
        since = max(0, since_sample)
        lead = max(0, min(until, self._first) - since)
        start = max(0, since - self._first)
        heard = linear_from_alaw(bytes(self._octets[start : max(start, until - self._first)]))
        return np.concatenate([np.zeros(lead, dtype=np.int16), heard]) if lead else heard

    def listen_for(self, reference: Samples, since_sample: int = 0) -> Search:
        """A search that can be asked again and again and looks only at what is new."""
        return Search(self, reference, since_sample)

    def find(self, reference: Samples, since_sample: int = 0) -> Match:
        """The best place of ``reference`` in all that was heard since."""
        return self.listen_for(reference, since_sample).best()

    def _last(self, seconds: float) -> Samples:
        return self.audio(max(self._first, self.next_sample - round(seconds * RATE_HZ)))

    def tone_now(self) -> HeardTone | None:
        """The tone that is being heard, or None. A cadence is known after about two of its periods."""
        return tone_in(self._last(TONE_SPAN_S))

    def level_dbm0(self, since_sample: int, until_sample: int | None = None) -> float:
        """Mean level of a stretch; −99 for digital silence."""
        return level_dbm0(self.audio(since_sample, until_sample))

    def silent_ms(self, most_ms: int = 60_000, below_dbm0: float = SILENCE_DBM0) -> int:
        """How long it has been silent up to now, in steps of 20 ms, at most ``most_ms``."""
        audio = self._last(most_ms / 1000)
        frames = audio[audio.size % 160 :].reshape(-1, 160).astype(np.float64)
        limit = (32768 * 10 ** ((below_dbm0 - 3.14) / 20)) ** 2 / 2
        loud = np.flatnonzero(np.square(frames).mean(axis=1) > limit)
        return 20 * (frames.shape[0] - 1 - int(loud[-1]) if loud.size else frames.shape[0])

    def keys(self, since_sample: int = 0) -> tuple[HeardKey, ...]:
        """The DTMF keys heard since."""
        return keys_in(self.audio(since_sample), since_sample)

    def caller_id_messages(self, since_sample: int = 0) -> tuple[bytes, ...]:
        """FSK caller id messages with right checksums heard since."""
        return demodulate(self.audio(since_sample))
