"""A tone of one line's own exchange, as it was learned, as it is written in the settings, and as a detector wants it.

Written: frequency in Hz (two joined by +), a colon, the times on and off in ms with slashes between: ``394:350/350``, ``480+620:500/500``,
``450:210/210/210/210/630/210``. A tone without times is continuous.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.kernel.errors import BadInput
from engine.kernel.text import text
from engine.telephony.tones import FOR_EVER_MS, LONG_TONE_MS, HeardTone, ToneElement, ToneWindow, element_of, pause_of

__all__ = ["LineTone", "line_tone"]

WIDTH_HZ = 15.0
LONG_PERIOD_MS = 3000
RUNS_MOST = 16
Band = tuple[float, float]
RUNS_LEAST = 6
"""Three periods of on and off."""


@dataclass(frozen=True)
class LineTone:
    """``frequencies_hz``: one or two, the low one first; ``runs_ms``: on, off, on, off …, none for a continuous tone."""

    frequencies_hz: tuple[int, ...]
    runs_ms: tuple[int, ...] = ()

    @property
    def written(self) -> str:
        """As in the settings."""
        times = "/".join(map(str, self.runs_ms))
        return "+".join(map(str, self.frequencies_hz)) + (f":{times}" if times else "")

    @property
    def period_ms(self) -> int:
        """How long it takes until it goes round; 0 for a continuous tone."""
        return sum(self.runs_ms)

    def window(self, tone: HeardTone, known: Sequence[Band] = ()) -> ToneWindow:
        """What it is recognised by as ``tone``. ``known``: bands of frequency that the same detector knows already; a frequency within one of
        them is known by that, since a detector that has two names for one sound gives it now the one, now the other.
        """
        bands = _apart(tuple(_band(hertz, known) for hertz in self.frequencies_hz))
        if not self.runs_ms:
            return ToneWindow(tone, 1, (ToneElement(LONG_TONE_MS, FOR_EVER_MS, bands),), steady=True)
        elements = tuple(pause_of(ms) if place % 2 else element_of(ms, bands) for place, ms in enumerate(self.runs_ms))
        count = len(self.runs_ms)
        needed = count if self.period_ms >= LONG_PERIOD_MS else min(RUNS_MOST, max(RUNS_LEAST, 2 * count))
        return ToneWindow(tone, needed, elements)


def line_tone(written: str) -> LineTone:
    """The tone that is written so. BadInput when it is none."""
    frequencies, _, times = written.partition(":")
    try:
        made = LineTone(tuple(sorted(int(hertz) for hertz in frequencies.split("+"))), tuple(int(ms) for ms in times.split("/") if times))
    except ValueError:
        made = LineTone(())
    if not 1 <= len(made.frequencies_hz) <= 2 or len(made.runs_ms) % 2:
        raise BadInput(text("{written} is no tone: expected for example 394:350/350.", written=written))
    return made


def _band(hertz: float, known: Sequence[Band]) -> Band:
    around = (hertz - WIDTH_HZ, hertz + WIDTH_HZ)
    return next(((least, most) for least, most in known if least <= hertz <= most), around)


def _apart(bands: tuple[Band, ...]) -> tuple[Band, ...]:
    """Two windows that would overlap are cut where they meet, with a hertz between them."""
    if len(bands) == 2 and bands[0][1] >= bands[1][0]:
        middle = (bands[0][1] + bands[1][0]) / 2
        return ((bands[0][0], middle - 0.5), (middle + 0.5, bands[1][1]))
    return bands
