"""The tones of a telephone network as data: how each sounds, and by what it is known.

One description serves both ways. A ``Tone`` says its nominal frequencies, times and level; ``steps`` is what the patch bay sounds, ``window``
what a progress detector recognises: the nominal values widened by the network's tolerance and by what a detector needs itself.

The sets follow GB/T 3378 (China), ITU-T E.180 with its list of national tones (Q.35), SIN 350 (United Kingdom) and GR-506 (North America).
Levels are those at the zero-level point, together for all frequencies of a tone unless a document says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType

from engine.kernel.errors import OurFault
from engine.telephony.media import ToneStep

__all__ = [
    "CHINA",
    "TONE_SETS",
    "HeardTone",
    "Sound",
    "Tone",
    "ToneElement",
    "ToneName",
    "ToneSet",
    "ToneWindow",
    "element_of",
    "pause_of",
]


class HeardTone(IntEnum):
    """What an exchange says by a tone."""

    DIAL = 1
    RINGBACK = 2
    BUSY = 3
    CONGESTION = 4
    UNALLOCATED = 5
    SPECIAL_DIAL = 6
    """Dial tone of a line with a service switched on, or with a message waiting."""
    INFORMATION = 7
    """The three rising tones before an announcement (SIT)."""


class ToneName(StrEnum):
    """The tones that a set may hold."""

    DIAL = "dial"
    SPECIAL_DIAL = "special_dial"
    RINGBACK = "ringback"
    BUSY = "busy"
    CONGESTION = "congestion"
    UNALLOCATED = "unallocated"
    CALL_WAITING = "call_waiting"
    INTRUSION = "intrusion"
    RECORD_WARNING = "record_warning"
    CONFIRMATION = "confirmation"
    ZIP = "zip"
    """A short burst into an agent's ear: a call is coming without ringing."""
    HOWLER = "howler"
    INFORMATION = "information"


# ---- what is recognised -----------------------------------------------------------------------------------------------

GUARD_HZ = 5.0
"""By which a detector's own estimate may be wrong."""
GUARD_MS = 30
"""By which a detector's times may be wrong at both ends of a run together."""
CADENCE_TOLERANCE = 0.1
"""E.180: times of a cadence are kept within 10 %."""
SHORTEST_MS = 20
LONG_TONE_MS = 1200
"""A tone that lasts longer than any burst of ringback is taken for a continuous one."""
LONG_PAUSE_MS = 1500
"""A pause that has lasted so long belongs to no faster cadence: it need not be waited out."""
FOR_EVER_MS = 1_000_000_000
EARLY_BURST_MS = 800
"""A burst of China's busy tone has 350 ms, of its congestion tone 700."""
LOOSE_BANDS_HZ = ((380.0, 420.0), (420.0, 480.0))
"""PBXs were heard from 394 to 446 Hz."""
LOOSE_LEAST_MS, LOOSE_MOST_MS = 120, 830
LOOSE_RUNS = 16


@dataclass(frozen=True)
class ToneElement:
    """A stretch of a tone to be recognised. ``bands_hz``: none (a pause), one or two windows of frequency, low one first."""

    least_ms: int
    most_ms: int
    bands_hz: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class ToneWindow:
    """What a tone is recognised by: ``elements`` round and round, of which the newest ``needed`` runs (1…16) must fit.

    ``steady``: level and frequency must not move; for what is known by one long tone alone.
    """

    tone: HeardTone
    needed: int
    elements: tuple[ToneElement, ...]
    steady: bool = False


def element_of(duration_ms: int, bands_hz: tuple[tuple[float, float], ...]) -> ToneElement:
    """The element for a nominal time, of a tone or (without bands) of a pause."""
    slack_ms = round(duration_ms * CADENCE_TOLERANCE) + GUARD_MS
    least_ms = max(SHORTEST_MS, duration_ms - slack_ms)
    return ToneElement(least_ms, duration_ms + slack_ms, bands_hz)


def pause_of(duration_ms: int) -> ToneElement:
    """The element for a pause: a long one is believed before it is over."""
    element = element_of(duration_ms, ())
    return ToneElement(min(element.least_ms, LONG_PAUSE_MS), element.most_ms)


# ---- what is sounded --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sound:
    """A stretch of a tone: up to two frequencies (none: a pause), each at ``level_dbm0``."""

    duration_ms: int
    frequencies_hz: tuple[float, ...] = ()
    level_dbm0: float = -10.0

    @property
    def step(self) -> ToneStep:
        """For the patch bay."""
        first, second = (*self.frequencies_hz, 0.0, 0.0)[:2]
        return ToneStep(self.duration_ms, first, self.level_dbm0, second, self.level_dbm0)


@dataclass(frozen=True)
class Tone:
    """One tone. ``loop_from``: the sound it goes on with after the last, None: it sounds once. ``clause``: where it is written.

    ``heard``: what it means to a detector, None: it is not listened for; ``needed``: runs by which it is known;
    ``tolerance_hz``: of each frequency, None: the set's.
    """

    sounds: tuple[Sound, ...]
    clause: str
    loop_from: int | None = 0
    heard: HeardTone | None = None
    needed: int = 1
    tolerance_hz: float | None = None

    @property
    def steps(self) -> tuple[ToneStep, ...]:
        """For the patch bay, together with ``loop_from``."""
        return tuple(sound.step for sound in self.sounds)

    def window(self, tolerance_hz: float) -> ToneWindow:
        """What it is recognised by. OurFault when it is not listened for."""
        if self.heard is None:
            raise OurFault("a tone that nobody listens for has no window")
        slack_hz = (tolerance_hz if self.tolerance_hz is None else self.tolerance_hz) + GUARD_HZ
        if len(self.sounds) == 1:
            bands = _bands(self.sounds[0], slack_hz)
            return ToneWindow(self.heard, 1, (ToneElement(LONG_TONE_MS, FOR_EVER_MS, bands),), steady=True)
        sounds = self.sounds[:-1] if self.loop_from == len(self.sounds) - 1 else self.sounds  # stutter before a continuous tone
        return ToneWindow(self.heard, self.needed, tuple(_element(sound, slack_hz) for sound in sounds))


def _bands(sound: Sound, slack_hz: float) -> tuple[tuple[float, float], ...]:
    return tuple((frequency - slack_hz, frequency + slack_hz) for frequency in sound.frequencies_hz)


def _element(sound: Sound, slack_hz: float) -> ToneElement:
    if not sound.frequencies_hz:
        return pause_of(sound.duration_ms)
    return element_of(sound.duration_ms, _bands(sound, slack_hz))


@dataclass(frozen=True)
class ToneSet:
    """The tones of one country. ``tolerance_hz``: by which its exchanges' frequencies may be off."""

    name: str
    tolerance_hz: float
    tones: Mapping[ToneName, Tone]

    def __getitem__(self, name: ToneName) -> Tone:
        """The tone of this name; every set has them all."""
        return self.tones[name]

    @property
    def windows(self) -> tuple[ToneWindow, ...]:
        """What a detector on an exchange line listens for."""
        return tuple(tone.window(self.tolerance_hz) for tone in self.tones.values() if tone.heard is not None)

    @property
    def early_ringback(self) -> tuple[ToneWindow, ...]:
        """By which ringback is known before its first burst is over; nothing where a burst is as short as those of other tones."""
        burst = self.tones[ToneName.RINGBACK].sounds[0]
        if burst.duration_ms < EARLY_BURST_MS:
            return ()
        on = _element(burst, self.tolerance_hz + GUARD_HZ)
        return (ToneWindow(HeardTone.RINGBACK, 1, (ToneElement(EARLY_BURST_MS, on.most_ms, on.bands_hz),), steady=True),)

    @property
    def loose_busy(self) -> tuple[ToneWindow, ...]:
        """Busy tones of PBXs, whatever their rhythm: eight bursts of one frequency with as many pauses and nothing else between them, which
        nobody speaks or plays. Where tones are pairs of frequencies there are none: a frequency alone is not a tone of theirs.
        """
        if any(len(sound.frequencies_hz) > 1 for tone in self.tones.values() if tone.heard is not None for sound in tone.sounds):
            return ()
        times = (ToneElement(LOOSE_LEAST_MS, LOOSE_MOST_MS, (band,)) for band in LOOSE_BANDS_HZ)
        pause = ToneElement(LOOSE_LEAST_MS, LOOSE_MOST_MS)
        return tuple(ToneWindow(HeardTone.BUSY, LOOSE_RUNS, (on, pause)) for on in times)


# ---- the sets ---------------------------------------------------------------------------------------------------------


def _cadence(frequencies_hz: tuple[float, ...], level_dbm0: float, *runs_ms: int) -> tuple[Sound, ...]:
    """On, off, on, off …"""
    return tuple(Sound(ms, () if index % 2 else frequencies_hz, level_dbm0) for index, ms in enumerate(runs_ms))


CONTINUOUS_MS = 1000
"""A continuous tone is one sound that goes round without a seam."""


def _information(heard: HeardTone | None) -> Tone:
    sounds = (*(Sound(330, (frequency,), -14) for frequency in (950.0, 1400.0, 1800.0)), Sound(1000))
    return Tone(sounds, "E.180 clause 7: 330 ±70 ms each, 950, 1400, 1800 ±50 Hz", heard=heard, needed=3, tolerance_hz=35)


def _record_warning(on_ms: int, off_ms: int, clause: str) -> Tone:
    return Tone(_cadence((1400.0,), -20, on_ms, off_ms), clause)


def _zip(frequencies_hz: tuple[float, ...]) -> Tone:
    return Tone(_cadence(frequencies_hz, -18, 500), "ours: half a second, 8 dB below the other tones", loop_from=None)


def _howler(frequencies_hz: tuple[float, ...], on_ms: int, off_ms: int, clause: str) -> Tone:
    """Louder every 5 s, up to the most that a line carries."""
    sounds: list[Sound] = []
    for level_dbm0 in (-12.0, -7.0, -3.0):
        step = _cadence(frequencies_hz, level_dbm0, *((on_ms, off_ms) if off_ms else (on_ms,)))
        sounds += step * (5000 // (on_ms + off_ms))
    return Tone(tuple(sounds), clause, loop_from=len(sounds) - len(step))


def _set(name: str, tolerance_hz: float, tones: dict[ToneName, Tone]) -> ToneSet:
    missing = set(ToneName) - set(tones)
    if missing:
        raise OurFault(f"tone set {name} lacks {sorted(missing)}")
    return ToneSet(name, tolerance_hz, MappingProxyType(tones))


_CN = (450.0,)
CHINA = _set(
    "cn",
    25.0,
    {
        ToneName.DIAL: Tone(_cadence(_CN, -10, CONTINUOUS_MS), "GB/T 3378: 450 ±25 Hz, −10 ±3 dBm0, continuous", heard=HeardTone.DIAL),
        ToneName.SPECIAL_DIAL: Tone(
            _cadence(_CN, -10, 400, 40), "GB/T 3378: special dial tone, 0.4 s on, 0.04 s off", heard=HeardTone.SPECIAL_DIAL, needed=4
        ),
        ToneName.RINGBACK: Tone(_cadence(_CN, -10, 1000, 4000), "GB/T 3378: 1 s on, 4 s off", heard=HeardTone.RINGBACK, needed=2),
        ToneName.BUSY: Tone(_cadence(_CN, -10, 350, 350), "GB/T 3378: 0.35 s on, 0.35 s off", heard=HeardTone.BUSY, needed=6),
        ToneName.CONGESTION: Tone(_cadence(_CN, -10, 700, 700), "GB/T 3378: 0.7 s on, 0.7 s off", heard=HeardTone.CONGESTION, needed=6),
        # Believed after two whole cadences only: a false one would cost a customer.
        ToneName.UNALLOCATED: Tone(
            _cadence(_CN, -10, 100, 100, 100, 100, 100, 100, 400, 400),
            "GB/T 3378: three times 0.1 s on and off, then 0.4 s on and off",
            heard=HeardTone.UNALLOCATED,
            needed=16,
        ),
        ToneName.CALL_WAITING: Tone(_cadence(_CN, -20, 400, 4000), "GB/T 3378: 0.4 s on, 4 s off; softer under a conversation"),
        ToneName.INTRUSION: Tone(
            _cadence(_CN, -20, 200, 200, 200, 600), "GB/T 3378: toll notification, 0.2 s on and off, 0.2 s on, 0.6 s off"
        ),
        ToneName.RECORD_WARNING: _record_warning(400, 10_000, "GB/T 3378: third party, 1400 Hz 0.4 s on, 10 s off"),
        ToneName.CONFIRMATION: Tone(_cadence(_CN, -10, 1000), "GB/T 3378: a second of tone", loop_from=None),
        ToneName.ZIP: _zip(_CN),
        ToneName.HOWLER: _howler((950.0,), 5000, 0, "GB/T 3378: 950 ±25 Hz, louder in steps over 15 s"),
        ToneName.INFORMATION: _information(None),
    },
)

_UK_DIAL = (350.0, 440.0)
_UK = (400.0,)
UNITED_KINGDOM = _set(
    "uk",
    7.0,
    {
        ToneName.DIAL: Tone(_cadence(_UK_DIAL, -13, CONTINUOUS_MS), "SIN 350: 350 + 440 Hz, continuous", heard=HeardTone.DIAL),
        ToneName.SPECIAL_DIAL: Tone(
            (Sound(750, _UK_DIAL, -13), Sound(750, (440.0,), -13)),
            "SIN 350: 0.75 s of 350 + 440 Hz, 0.75 s of 440 Hz",
            heard=HeardTone.SPECIAL_DIAL,
            needed=3,
        ),
        ToneName.RINGBACK: Tone(
            _cadence((400.0, 450.0), -13, 400, 200, 400, 2000), "SIN 350: 400 + 450 Hz, 0.4-0.2-0.4-2 s", heard=HeardTone.RINGBACK, needed=4
        ),
        ToneName.BUSY: Tone(_cadence(_UK, -10, 375, 375), "SIN 350: 400 Hz, 0.375 s on and off", heard=HeardTone.BUSY, needed=6),
        ToneName.CONGESTION: Tone(
            _cadence(_UK, -10, 400, 350, 225, 525), "SIN 350: 400 Hz, 0.4-0.35-0.225-0.525 s", heard=HeardTone.CONGESTION, needed=6
        ),
        ToneName.UNALLOCATED: Tone(_cadence(_UK, -10, CONTINUOUS_MS), "SIN 350: 400 Hz, continuous", heard=HeardTone.UNALLOCATED),
        ToneName.CALL_WAITING: Tone(_cadence(_UK, -18, 100, 2900), "SIN 350: 400 Hz, 0.1 s every 3 s"),
        ToneName.INTRUSION: Tone(_cadence(_UK, -18, 80, 400), "E.180 list: 400 Hz, 0.08 s every 0.48 s"),
        ToneName.RECORD_WARNING: _record_warning(500, 14_500, "E.180: 1400 Hz, 0.5 s every 15 s"),
        ToneName.CONFIRMATION: Tone(
            _cadence(_UK_DIAL, -13, 100, 100, 100, 100, 100, 100), "GR-506: three bursts of dial tone", loop_from=None
        ),
        ToneName.ZIP: _zip(_UK),
        ToneName.HOWLER: _howler((1400.0, 2060.0), 100, 100, "GR-506: receiver off hook, two of its four frequencies"),
        ToneName.INFORMATION: _information(HeardTone.INFORMATION),
    },
)

_US_DIAL, _US_RING, _US_BUSY = (350.0, 440.0), (440.0, 480.0), (480.0, 620.0)


def _north_american(name: str, changed: dict[ToneName, Tone]) -> ToneSet:
    tones = {
        ToneName.DIAL: Tone(_cadence(_US_DIAL, -13, CONTINUOUS_MS), "GR-506: 350 + 440 Hz, −13 dBm0 each", heard=HeardTone.DIAL),
        ToneName.SPECIAL_DIAL: Tone(
            (*_cadence(_US_DIAL, -13, 100, 100, 100, 100, 100, 100), Sound(CONTINUOUS_MS, _US_DIAL, -13)),
            "GR-506: recall dial tone, three bursts of 0.1 s, then dial tone",
            loop_from=6,
            heard=HeardTone.SPECIAL_DIAL,
            needed=5,
        ),
        ToneName.RINGBACK: Tone(
            _cadence(_US_RING, -19, 2000, 4000), "GR-506: 440 + 480 Hz, −19 dBm0 each, 2 s on, 4 s off", heard=HeardTone.RINGBACK, needed=2
        ),
        ToneName.BUSY: Tone(
            _cadence(_US_BUSY, -24, 500, 500), "GR-506: 480 + 620 Hz, −24 dBm0 each, 0.5 s on and off", heard=HeardTone.BUSY, needed=6
        ),
        ToneName.CONGESTION: Tone(
            _cadence(_US_BUSY, -24, 250, 250), "GR-506: reorder, 480 + 620 Hz, 0.25 s on and off", heard=HeardTone.CONGESTION, needed=6
        ),
        ToneName.UNALLOCATED: _information(None),
        ToneName.CALL_WAITING: Tone(_cadence((440.0,), -13, 300, 9700), "GR-506: 440 Hz, 0.3 s every 10 s"),
        ToneName.INTRUSION: Tone(
            _cadence((440.0,), -13, 2000, 9500, 500), "GR-506: busy verification, 440 Hz, 2 s, then 0.5 s after 10 s", loop_from=1
        ),
        ToneName.RECORD_WARNING: _record_warning(500, 14_500, "E.180: 1400 Hz, 0.5 s every 15 s"),
        ToneName.CONFIRMATION: Tone(
            _cadence(_US_DIAL, -13, 100, 100, 100, 100, 300), "GR-506: two bursts of 0.1 s, one of 0.3 s", loop_from=None
        ),
        ToneName.ZIP: _zip((480.0,)),
        ToneName.HOWLER: _howler((1400.0, 2060.0), 100, 100, "GR-506: receiver off hook, two of its four frequencies"),
        ToneName.INFORMATION: _information(HeardTone.INFORMATION),
    }
    return _set(name, 7.0, tones | changed)


NORTH_AMERICA = _north_american("us", {})

HONG_KONG = _north_american(
    "hk",
    {
        ToneName.DIAL: Tone(_cadence(_US_DIAL, -13, CONTINUOUS_MS), "E.180 list: 350 + 440 Hz, continuous", heard=HeardTone.DIAL),
        ToneName.RINGBACK: Tone(
            _cadence(_US_RING, -13, 400, 200, 400, 3000), "E.180 list: 440 + 480 Hz, 0.4-0.2-0.4-3 s", heard=HeardTone.RINGBACK, needed=4
        ),
        ToneName.BUSY: Tone(
            _cadence(_US_BUSY, -13, 500, 500), "E.180 list: 480 + 620 Hz, 0.5 s on and off", heard=HeardTone.BUSY, needed=6
        ),
        ToneName.CONGESTION: Tone(
            _cadence(_US_BUSY, -13, 250, 250), "E.180 list: 480 + 620 Hz, 0.25 s on and off", heard=HeardTone.CONGESTION, needed=6
        ),
        ToneName.UNALLOCATED: Tone(
            _cadence(_US_BUSY, -13, CONTINUOUS_MS), "E.180 list: 480 + 620 Hz, continuous", heard=HeardTone.UNALLOCATED
        ),
    },
)

_ITU = (425.0,)
ITU = _set(
    "itu",
    15.0,
    {
        ToneName.DIAL: Tone(_cadence(_ITU, -10, CONTINUOUS_MS), "E.180 clause 5: 425 ±15 Hz, continuous", heard=HeardTone.DIAL),
        ToneName.SPECIAL_DIAL: Tone(
            _cadence(_ITU, -10, 400, 40), "E.180: must differ from dial tone; the cadence most used", heard=HeardTone.SPECIAL_DIAL, needed=4
        ),
        ToneName.RINGBACK: Tone(_cadence(_ITU, -10, 1000, 4000), "E.180 clause 5: 1 s on, 4 s off", heard=HeardTone.RINGBACK, needed=2),
        ToneName.BUSY: Tone(
            _cadence(_ITU, -10, 500, 500), "E.180 clause 5: a period of 0.3…1.1 s, half of it on", heard=HeardTone.BUSY, needed=6
        ),
        ToneName.CONGESTION: Tone(
            _cadence(_ITU, -10, 250, 250), "E.180 clause 5: a shorter period than busy tone", heard=HeardTone.CONGESTION, needed=6
        ),
        ToneName.UNALLOCATED: _information(None),
        ToneName.CALL_WAITING: Tone(_cadence(_ITU, -20, 200, 600, 200, 10_000), "E.180 clause 10: 425 Hz, two bursts of 0.2 s every 10 s"),
        ToneName.INTRUSION: Tone(_cadence(_ITU, -20, 200, 200, 200, 1400), "E.180 clause 9: 425 Hz, left to the administration"),
        ToneName.RECORD_WARNING: _record_warning(500, 14_500, "E.180 clause 11: 1400 Hz, 0.35…0.5 s every 15 ±3 s"),
        ToneName.CONFIRMATION: Tone(
            _cadence(_ITU, -10, 1000), "E.180 clause 12: positive indication, left to the administration", loop_from=None
        ),
        ToneName.ZIP: _zip(_ITU),
        ToneName.HOWLER: _howler((1400.0, 2060.0), 100, 100, "GR-506: receiver off hook, two of its four frequencies"),
        ToneName.INFORMATION: _information(HeardTone.INFORMATION),
    },
)

TONE_SETS: Mapping[str, ToneSet] = MappingProxyType({tones.name: tones for tones in (CHINA, UNITED_KINGDOM, NORTH_AMERICA, HONG_KONG, ITU)})
"""By the value of the site's setting."""
