"""Whether something is open at a moment: switch, dated exceptions, holidays and swapped work days, weekly hours. Pure.

The local time of a site runs without summer time, so a moment is a plain local ``datetime``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.kernel.text import Text, text
from engine.settings.site import DatedException, HolidaySection, TimeConditionSection, WeeklyHours
from engine.settings.week import weekdays_of

__all__ = ["CLOSED", "USUAL_HOURS", "Calendar", "Opening", "calendar_of", "opening"]

CLOSED = "closed"
"""The position of a switch that closes, whatever the time."""
MONDAY = 1
ONE_DAY = timedelta(days=1)
USUAL_HOURS = TimeConditionSection(name="usual", weekly=(WeeklyHours(name="day", begin="08:00", end="20:00"),))
"""The hours of a class of service that names none."""


@dataclass(frozen=True)
class Calendar:
    """Days off, and week-end days that are worked, each with the name of the holiday."""

    holidays: Mapping[date, str]
    work_days: Mapping[date, str]


@dataclass(frozen=True)
class Opening:
    """Open or closed, and what says so."""

    open: bool
    why: Text


def calendar_of(sections: Iterable[HolidaySection]) -> Calendar:
    """The holidays of the settings by day. They are sound: see ``calendar_checks.py``."""
    holidays: dict[date, str] = {}
    work_days: dict[date, str] = {}
    for one in sections:
        name, day, last = one.title or one.name, date.fromisoformat(one.first), date.fromisoformat(one.last or one.first)
        while day <= last:
            holidays[day] = name
            day += ONE_DAY
        work_days.update((date.fromisoformat(written), name) for written in one.work_days)
    return Calendar(holidays, work_days)


def opening(condition: TimeConditionSection, calendar: Calendar, now: datetime, position: str = "") -> Opening:
    """Whether the condition is open. ``now`` in local time, to the minute; ``position`` of its switch."""
    if position == CLOSED:
        return Opening(open=False, why=text("closed by the emergency switch"))
    clock = f"{now:%H:%M}"
    for row in reversed(condition.exceptions):
        if _holds(row, now.date(), clock):
            return Opening(row.open, text("exception from {first} to {last}", first=row.first, last=row.last or row.first))
    return _weekly(condition, calendar, now.date(), clock)


def _holds(row: DatedException, day: date, clock: str) -> bool:
    return row.first <= day.isoformat() <= (row.last or row.first) and row.begin <= clock < row.end


def _weekly(condition: TimeConditionSection, calendar: Calendar, day: date, clock: str) -> Opening:
    counts = condition.holidays != "ignored"
    yesterday, today = (_weekday(one, calendar, counts=counts) for one in (day - ONE_DAY, day))
    for row in condition.weekly:
        over_night = row.end <= row.begin
        if today in weekdays_of(row.days) and row.begin <= clock and (over_night or clock < row.end):
            return Opening(open=True, why=_why_open(calendar, day, row, counts=counts))
        if over_night and yesterday in weekdays_of(row.days) and clock < row.end:
            return Opening(open=True, why=text("hours from {begin} until {end}, begun the day before", begin=row.begin, end=row.end))
    if today == 0:
        return Opening(open=False, why=text("public holiday ({name})", name=calendar.holidays[day]))
    return Opening(open=False, why=text("outside of the weekly hours"))


def _why_open(calendar: Calendar, day: date, row: WeeklyHours, *, counts: bool) -> Text:
    if counts and day in calendar.work_days:
        return text(
            "work day swapped for {name}, hours from {begin} until {end}", name=calendar.work_days[day], begin=row.begin, end=row.end
        )
    return text("hours from {begin} until {end}", begin=row.begin, end=row.end)


def _weekday(day: date, calendar: Calendar, *, counts: bool) -> int:
    """1 Monday … 7 Sunday, as it counts: a swapped work day is a Monday, a holiday none (0)."""
    if counts and day in calendar.work_days:
        return MONDAY
    return 0 if counts and day in calendar.holidays else day.isoweekday()
