"""When a wake-up call is due. Pure."""

from __future__ import annotations

import re

__all__ = ["due_utc_ms", "time_of"]

MS_A_MINUTE = 60_000
MINUTES_A_DAY = 24 * 60


def time_of(typed: str) -> str:
    """A time of day from what was typed, ``0730`` or ``07:30``, as ``07:30``; empty when it is none."""
    found = re.fullmatch(r"([01][0-9]|2[0-3]):?([0-5][0-9])", typed, re.ASCII)
    return f"{found[1]}:{found[2]}" if found else ""


def due_utc_ms(time: str, utc_ms: int, utc_offset_min: int) -> int:
    """The next moment after ``utc_ms`` at which the site's clocks show ``time`` (``07:30``)."""
    hours, _, minutes = time.partition(":")
    wanted = int(hours) * 60 + int(minutes)
    local_min = utc_ms // MS_A_MINUTE + utc_offset_min
    ahead_min = (wanted - local_min) % MINUTES_A_DAY or MINUTES_A_DAY
    return (utc_ms // MS_A_MINUTE + ahead_min) * MS_A_MINUTE
