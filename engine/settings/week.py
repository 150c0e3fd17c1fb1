"""The weekly hours of time conditions as sets of minutes, to be compared with each other. Pure.

A set is one whole number, a bit for each minute of fourteen days: Monday to Sunday as they usually are, and Monday to Sunday as public holidays. What
comes about by dated exceptions and switches is not in it.
"""

from __future__ import annotations

import re

from engine.kernel.text import Text, text
from engine.settings.time_condition import TimeConditionSection, WeeklyHours

__all__ = ["ALL_MINUTES", "minute_said", "open_minutes", "weekdays_of"]

MINUTES_A_DAY = 1440
MINUTES_AN_HOUR = 60
WEEK = 7
ALL_MINUTES = (1 << (2 * WEEK * MINUTES_A_DAY)) - 1
WEEKDAYS = (text("Monday"), text("Tuesday"), text("Wednesday"), text("Thursday"), text("Friday"), text("Saturday"), text("Sunday"))


def weekdays_of(written: str) -> frozenset[int]:
    """The days of ``1-5,7``; 1 is Monday."""
    return frozenset(
        day for found in re.finditer(r"([1-7])(?:-([1-7]))?", written) for day in range(int(found[1]), int(found[2] or found[1]) + 1)
    )


def open_minutes(condition: TimeConditionSection) -> int:
    """When a condition is open by its weekly hours. On a holiday that closes, hours begun the day before do not count."""
    usual = 0
    for row in condition.weekly:
        for day in weekdays_of(row.days):
            usual |= _hours(row, day - 1)
    holidays = usual if condition.holidays == "ignored" else 0
    return usual | holidays << (WEEK * MINUTES_A_DAY)


def _hours(row: WeeklyHours, day: int) -> int:
    begin, end = _minute(row.begin), _minute(row.end)
    if end > begin:
        return _run(day, begin, end)
    return _run(day, begin, MINUTES_A_DAY) | _run((day + 1) % WEEK, 0, end)


def _run(day: int, begin: int, end: int) -> int:
    return ((1 << (end - begin)) - 1) << (day * MINUTES_A_DAY + begin)


def _minute(clock: str) -> int:
    return int(clock[:2]) * MINUTES_AN_HOUR + int(clock[3:])


def minute_said(minutes: int) -> Text:
    """The first minute of a set that is not empty, for a person."""
    number = (minutes & -minutes).bit_length() - 1
    day, minute = divmod(number, MINUTES_A_DAY)
    clock = f"{minute // MINUTES_AN_HOUR:02d}:{minute % MINUTES_AN_HOUR:02d}"
    if day < WEEK:
        return text("{day} {time}", day=WEEKDAYS[day], time=clock)
    return text("{day} {time} on a public holiday", day=WEEKDAYS[day - WEEK], time=clock)
