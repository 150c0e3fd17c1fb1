"""The settings of time: opening hours by weekday, dated exceptions, and the calendar of public holidays with the work days swapped for them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings.field import NAME, NAME_SAYS, setting

__all__ = ["DatedException", "HolidaySection", "TimeConditionSection", "WeeklyHours"]

DATE = r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
DATE_SAYS = "a date such as 2026-10-01"
CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00"
CLOCK_SAYS = "a time such as 08:30, at most 24:00"
DAYS = r"[1-7](-[1-7])?(,[1-7](-[1-7])?){0,6}"
DAYS_SAYS = "weekdays such as 1-5 or 1,3,6; 1 is Monday, 7 Sunday"
SWITCH_CODE = r"(\*[0-9]{1,3})?"
SWITCH_CODE_SAYS = "* and 1 to 3 digits, or empty"


@dataclass(frozen=True, kw_only=True)
class WeeklyHours:
    """Hours on some days of every week."""

    name: str = setting(label="Name", help="Name of these hours.", pattern=NAME, pattern_says=NAME_SAYS)
    days: str = setting("1-5", label="Weekdays", help="Weekdays on which the hours begin.", pattern=DAYS, pattern_says=DAYS_SAYS)
    begin: str = setting("09:00", label="From", help="First minute.", pattern=CLOCK, pattern_says=CLOCK_SAYS)
    end: str = setting(
        "18:00",
        label="Until",
        help="The hours end with this minute; not later than the beginning: on the next day.",
        pattern=CLOCK,
        pattern_says=CLOCK_SAYS,
    )


def _usual_hours() -> tuple[WeeklyHours, ...]:
    return (WeeklyHours(name="day"),)


@dataclass(frozen=True, kw_only=True)
class DatedException:
    """Days on which it is otherwise than in every week."""

    name: str = setting(label="Name", help="Name of the exception.", pattern=NAME, pattern_says=NAME_SAYS)
    first: str = setting(label="First day", help="First day of the exception.", pattern=DATE, pattern_says=DATE_SAYS)
    last: str = setting(
        "", label="Last day", help="Last day of the exception; empty: the first.", pattern=rf"({DATE})?", pattern_says=DATE_SAYS
    )
    begin: str = setting("00:00", label="From", help="First minute on each of these days.", pattern=CLOCK, pattern_says=CLOCK_SAYS)
    end: str = setting("24:00", label="Until", help="End on each of these days.", pattern=CLOCK, pattern_says=CLOCK_SAYS)
    open: bool = setting(False, label="Open", help="Open in these hours; otherwise closed in them.")


@dataclass(frozen=True, kw_only=True)
class TimeConditionSection:
    """When something is open, and when closed."""

    name: str = setting(label="Time condition", help="Name of the time condition.", pattern=NAME, pattern_says=NAME_SAYS)
    title: str = setting("", label="Title", help="Its name for people.", most=60)
    weekly: tuple[WeeklyHours, ...] = setting(factory=_usual_hours, label="Weekly hours", help="When it is open in every week.")
    holidays: str = setting(
        "closed",
        label="Public holidays",
        help="closed: closed on the holidays of the calendar, and open as on a Monday on the work days that are swapped for them; ignored: the calendar"
        " does not count.",
        choices=("closed", "ignored"),
    )
    exceptions: tuple[DatedException, ...] = setting(
        (),
        label="Dated exceptions",
        help="Days that are otherwise. They count more than weekly hours and holidays; the last of several counts.",
    )
    switch_code: str = setting(
        "",
        label="Code: emergency switch",
        help="Dialled at a desk phone: it is closed, whatever the time, until the code is dialled once more. Empty: it has no switch.",
        pattern=SWITCH_CODE,
        pattern_says=SWITCH_CODE_SAYS,
    )
    switch_phones: tuple[str, ...] = setting(
        (), label="Phones with the switch", help="Desk phones at which the switch may be dialled; none: at every one."
    )


@dataclass(frozen=True, kw_only=True)
class HolidaySection:
    """One public holiday of one year."""

    name: str = setting(label="Holiday", help="Name of the holiday in this year.", pattern=NAME, pattern_says=NAME_SAYS)
    title: str = setting("", label="Title", help="Its name for people.", most=60)
    first: str = setting(label="First day", help="First day off.", pattern=DATE, pattern_says=DATE_SAYS)
    last: str = setting("", label="Last day", help="Last day off; empty: the first.", pattern=rf"({DATE})?", pattern_says=DATE_SAYS)
    work_days: tuple[str, ...] = setting(
        (),
        label="Swapped work days",
        help="Saturdays and Sundays that are worked instead, such as 2026-10-10.",
        pattern=DATE,
        pattern_says=DATE_SAYS,
    )
    source: str = setting("", label="Source", help="Where these days were published.", most=200)
