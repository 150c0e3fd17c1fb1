"""When something is open: weekly hours, nights, holidays, swapped work days, exceptions, the emergency switch."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calls.routing.opening import CLOSED, USUAL_HOURS, Opening, calendar_of, opening
from engine.settings.china_holidays import china_holidays
from engine.settings.time_condition import DatedException, TimeConditionSection, WeeklyHours

CALENDAR = calendar_of(china_holidays())
OFFICE = TimeConditionSection(name="office")
NIGHT = TimeConditionSection(name="night", weekly=(WeeklyHours(name="night", days="1-5", begin="22:00", end="06:00"),), holidays="ignored")


def at(written: str) -> datetime:
    return datetime.fromisoformat(written)


def asked(condition: TimeConditionSection, written: str, position: str = "") -> Opening:
    return opening(condition, CALENDAR, at(written), position)


def says(found: Opening) -> str:
    return found.why.in_english()


@pytest.mark.parametrize(
    ("moment", "is_open", "why"),
    [
        ("2026-11-23 09:00", True, "hours from 09:00 until 18:00"),
        ("2026-11-23 08:59", False, "outside of the weekly hours"),
        ("2026-11-23 17:59", True, "hours from 09:00 until 18:00"),
        ("2026-11-23 18:00", False, "outside of the weekly hours"),
        ("2026-11-22 10:00", False, "outside of the weekly hours"),
        ("2026-10-01 10:00", False, "public holiday (国庆节)"),
        ("2026-10-10 10:00", True, "work day swapped for 国庆节, hours from 09:00 until 18:00"),
        ("2026-09-20 10:00", True, "work day swapped for 国庆节, hours from 09:00 until 18:00"),
        ("2026-02-14 10:00", True, "work day swapped for 春节, hours from 09:00 until 18:00"),
        ("2026-02-23 10:00", False, "public holiday (春节)"),
        ("2026-12-31 17:59", True, "hours from 09:00 until 18:00"),
        ("2027-01-01 10:00", False, "public holiday (元旦)"),
        ("2026-01-04 10:00", True, "work day swapped for 元旦, hours from 09:00 until 18:00"),
    ],
)
def test_an_office_in_china(moment: str, is_open: bool, why: str) -> None:
    """Callers reach the office in its hours, on swapped Saturdays and Sundays too, and not on holidays."""
    found = asked(OFFICE, moment)
    assert (found.open, says(found)) == (is_open, why)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-12-31 22:00", True),
        ("2027-01-01 05:59", True),
        ("2027-01-01 06:00", False),
        ("2027-01-01 23:00", True),
        ("2027-01-02 03:00", True),
        ("2027-01-02 23:00", False),
        ("2027-01-04 03:00", False),
        ("2027-01-04 21:59", False),
    ],
)
def test_a_night_belongs_to_the_day_it_begins_on(moment: str, is_open: bool) -> None:
    """The night service of a Thursday goes on into Friday, over the end of the year too; that of a Friday into Saturday, and no further."""
    assert asked(NIGHT, moment).open is is_open


def test_a_dated_exception_counts_more_than_a_holiday() -> None:
    """A shop that opens on one morning of the holidays does; of two exceptions for a day the later one counts."""
    rows = (
        DatedException(name="mornings", first="2026-10-01", last="2026-10-07", begin="10:00", end="12:00", open=True),
        DatedException(name="stocktaking", first="2026-10-03"),
    )
    shop = TimeConditionSection(name="shop", exceptions=rows)
    assert asked(shop, "2026-10-02 11:00").open
    assert says(asked(shop, "2026-10-02 11:00")) == "exception from 2026-10-01 to 2026-10-07"
    assert not asked(shop, "2026-10-02 12:00").open
    assert not asked(shop, "2026-10-03 11:00").open


def test_the_emergency_switch_counts_most() -> None:
    """The fire alarm closes the office at noon on a work day."""
    found = asked(OFFICE, "2026-11-23 12:00", CLOSED)
    assert (found.open, says(found)) == (False, "closed by the emergency switch")


def test_a_calendar_that_does_not_count() -> None:
    """A hotline that serves on holidays too says so, and its Saturdays stay Saturdays."""
    hotline = TimeConditionSection(name="hotline", holidays="ignored")
    assert asked(hotline, "2026-10-01 10:00").open
    assert not asked(hotline, "2026-10-10 10:00").open


@given(st.datetimes(datetime(2025, 12, 25), datetime(2028, 1, 10)))  # noqa: DTZ001  # local time of a site
def test_every_moment_is_judged_by_the_day_as_it_counts(moment: datetime) -> None:
    """Over two year ends and every hour: open exactly in the hours of days that count as Monday to Friday."""
    day = moment.date()
    works = day in CALENDAR.work_days or (day.isoweekday() <= 5 and day not in CALENDAR.holidays)
    assert opening(OFFICE, CALENDAR, moment).open is (works and 9 <= moment.hour < 18)
    assert opening(USUAL_HOURS, CALENDAR, moment).open is (works and 8 <= moment.hour < 20)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), st.integers(0, 1439), st.integers(0, 1439))  # noqa: DTZ001  # as above
def test_a_night_and_its_day_are_never_open_together(moment: datetime, begin: int, end: int) -> None:
    """Day and night service of every day of the week take over from each other to the minute, also across midnight: no call falls between."""
    first, second = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in (begin, end))
    if first == second:
        return
    both: tuple[Any, ...] = ((first, second), (second, first))
    day, night = (
        TimeConditionSection(name="one", holidays="ignored", weekly=(WeeklyHours(name="all", days="1-7", begin=start, end=stop),))
        for start, stop in both
    )
    assert opening(day, CALENDAR, moment).open is not opening(night, CALENDAR, moment).open


def test_the_shipped_calendar_is_that_of_the_notice() -> None:
    """2026: 33 days off, six of them worked before or after; every one that is swapped is a Saturday or Sunday. China has no summer time."""
    year = [day for day in CALENDAR.holidays if day.year == 2026]
    assert len(year) == 3 + 9 + 3 + 5 + 3 + 3 + 7
    swapped = sorted(day.isoformat() for day in CALENDAR.work_days)
    assert swapped == ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
    assert all(day.isoweekday() >= 6 for day in CALENDAR.work_days)
    assert sum(day.year == 2027 for day in CALENDAR.holidays) == 13
    assert at("2026-03-29 02:30") + timedelta(hours=1) == at("2026-03-29 03:30")
