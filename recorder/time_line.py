"""The time line of one segment: at which media sample it begins and ends, and which track is silent from when to when. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from engine.telephony.gaps import TRACKS, Gap, gap_written
from engine.telephony.media import Parties

__all__ = ["GAPS_MOST", "TimeLine", "silences"]

GAPS_MOST = 400
"""Of one segment, so that its fact is of bounded length; later ones are silent in the file and not told."""


def silences(parties: Parties) -> Mapping[str, str]:
    """Which tracks are silent, and why."""
    return {track: parties.silence for track in TRACKS if parties.silent in (track, "both")}


class TimeLine:
    """Is told at which samples something was obeyed, in order. ``from_sample`` is a guess until ``begins`` says it."""

    def __init__(self, from_sample: int) -> None:
        self.from_sample = from_sample
        self._ended: int | None = None
        self._silent: dict[str, tuple[str, int]] = {}
        self._gaps: list[Gap] = []

    def begins(self, sample: int, silent: Mapping[str, str]) -> None:
        """The first frame is of this sample, and these tracks are silent from there on."""
        self.from_sample = sample
        self.changes(sample, silent)

    def changes(self, sample: int, silent: Mapping[str, str]) -> None:
        """From this sample on these tracks are silent, for these reasons, and no others."""
        for track in TRACKS:
            why, since = self._silent.get(track, ("", 0))
            now = silent.get(track, "")
            if why == now or (now and len(self._gaps) >= GAPS_MOST):
                continue
            if why:
                self._gap(track, why, since, sample)
            self._silent.pop(track, None)
            if now:
                self._silent[track] = (now, sample)

    def ends(self, sample: int) -> None:
        """The frame before this sample was the last one."""
        self._ended = sample
        self.changes(sample, {})

    def written(self, samples: int) -> tuple[str, ...]:
        """Every gap, in order, of a file with so many samples."""
        if self._ended is None:
            self.ends(self.from_sample + samples)
        return tuple(map(gap_written, sorted(self._gaps, key=lambda gap: (gap.from_sample, gap.track))))

    def _gap(self, track: str, why: str, since: int, until: int) -> None:
        begin = max(0, since - self.from_sample)
        length = until - self.from_sample - begin
        if length > 0:
            self._gaps.append(Gap(track, why, begin, length))
