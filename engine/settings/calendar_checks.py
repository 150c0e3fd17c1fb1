"""What must fit together in holidays and time conditions: a part of the rules in ``checks.py``.

A rule yields ``(path, text)`` for each place that breaks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from engine.kernel.text import Text, text
from engine.settings.faults import Path, path_shown
from engine.settings.site import Site, TimeConditionSection

__all__ = ["CALENDAR_RULES"]

Found = tuple[Path, Text]
HOLIDAY_DAYS_MOST = 40
SATURDAY = 5


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _no_day(path: Path, written: str) -> Iterator[Found]:
    if written and _day(written) is None:
        yield path, text("{date} is no day of the calendar", date=written)


def _span(first: str, last: str) -> tuple[date, date] | None:
    begin, end = _day(first), _day(last or first)
    return (begin, end) if begin is not None and end is not None else None


def _names(site: Site) -> Iterator[Found]:
    for section in ("holidays", "time_conditions"):
        first: dict[str, Path] = {}
        for i, one in enumerate(getattr(site, section)):
            path: Path = (section, i, "name")
            if one.name in first:
                yield path, text("{value} is given twice; the first is {first}", value=one.name, first=path_shown(first[one.name]))
            first.setdefault(one.name, path)


def _holiday_dates(site: Site) -> Iterator[Found]:
    """Holidays are days, in their order, and not for ever."""
    for i, one in enumerate(site.holidays):
        at: Path = ("holidays", i)
        yield from _no_day((*at, "first"), one.first)
        yield from _no_day((*at, "last"), one.last)
        for j, written in enumerate(one.work_days):
            yield from _no_day((*at, "work_days", j), written)
        span = _span(one.first, one.last)
        if span is not None and span[1] < span[0]:
            yield (*at, "last"), text("{last} is before {first}", last=one.last, first=one.first)
        elif span is not None and (span[1] - span[0]).days >= HOLIDAY_DAYS_MOST:
            yield (*at, "last"), text("a holiday of more than {most} days is a mistake", most=HOLIDAY_DAYS_MOST)


def _days_of(site: Site) -> Iterator[tuple[int, str, set[date]]]:
    for i, one in enumerate(site.holidays):
        span = _span(one.first, one.last)
        if span is not None and 0 <= (span[1] - span[0]).days < HOLIDAY_DAYS_MOST:
            yield i, one.name, {span[0] + timedelta(days=number) for number in range((span[1] - span[0]).days + 1)}


def _overlaps(site: Site) -> Iterator[Found]:
    """A day belongs to one holiday, and is not worked and off at once."""
    taken: dict[date, str] = {}
    for i, name, days in _days_of(site):
        both = min((day for day in days if day in taken), default=None)
        if both is not None:
            yield ("holidays", i, "first"), text("{date} is a day of {other} already", date=both.isoformat(), other=taken[both])
        taken.update(dict.fromkeys(days, name))
    for i, one in enumerate(site.holidays):
        for j, written in enumerate(one.work_days):
            day = _day(written)
            path: Path = ("holidays", i, "work_days", j)
            if day is not None and day in taken:
                yield path, text("{date} is a day off ({other}) and cannot be worked", date=written, other=taken[day])
            elif day is not None and day.weekday() < SATURDAY:
                yield path, text("{date} is no Saturday or Sunday: it is worked anyway", date=written)


def _hours(site: Site) -> Iterator[Found]:
    """Hours and exceptions of time conditions say something."""
    for i, one in enumerate(site.time_conditions):
        yield from _own_names(("time_conditions", i, "weekly"), [row.name for row in one.weekly])
        yield from _own_names(("time_conditions", i, "exceptions"), [row.name for row in one.exceptions])
        for j, row in enumerate(one.weekly):
            at: Path = ("time_conditions", i, "weekly", j)
            wrong = next((found[0] for found in re.finditer(r"([1-7])-([1-7])", row.days) if found[1] > found[2]), None)
            if wrong is not None:
                yield (*at, "days"), text("{days} runs backwards: write 5-7,1 for Friday to Monday", days=wrong)
            if row.begin in {row.end, "24:00"}:
                yield (*at, "begin"), text("from {begin} until {end} is no time", begin=row.begin, end=row.end)
        yield from _exceptions(i, one)


def _own_names(path: Path, names: list[str]) -> Iterator[Found]:
    """Rows of one list are told apart by their names."""
    for j, name in enumerate(names):
        if name in names[:j]:
            first = path_shown((*path, names.index(name), "name"))
            yield (*path, j, "name"), text("{value} is given twice; the first is {first}", value=name, first=first)


def _exceptions(i: int, section: TimeConditionSection) -> Iterator[Found]:
    for j, row in enumerate(section.exceptions):
        at: Path = ("time_conditions", i, "exceptions", j)
        yield from _no_day((*at, "first"), row.first)
        yield from _no_day((*at, "last"), row.last)
        span = _span(row.first, row.last)
        if span is not None and span[1] < span[0]:
            yield (*at, "last"), text("{last} is before {first}", last=row.last, first=row.first)
        if row.end <= row.begin:
            yield (*at, "end"), text("from {begin} until {end} is no time of one day", begin=row.begin, end=row.end)


def _switches(site: Site) -> Iterator[Found]:
    """Each switch has a code of its own, which can be told from every other code while it is dialled."""
    desk = site.desk
    codes: list[tuple[str, Path]] = [
        (value, ("desk", name)) for name, value in vars(desk).items() if name.endswith("_code") and isinstance(value, str)
    ]
    stations = {one.name for one in site.stations}
    for i, one in enumerate(site.time_conditions):
        path: Path = ("time_conditions", i, "switch_code")
        clash = next(((code, other) for code, other in codes if _alike(one.switch_code, code)), None)
        if clash is not None:
            said = text("{code} cannot be told from {other} ({place})", code=one.switch_code, other=clash[0], place=path_shown(clash[1]))
            yield path, said
        codes.append((one.switch_code, path))
        for j, name in enumerate(one.switch_phones):
            if name not in stations:
                known = ", ".join(sorted(stations)[:12]) or "-"
                said = text("there is no {kind} {name}; expected one of {known}", kind=text("phone"), name=name, known=known)
                yield ("time_conditions", i, "switch_phones", j), said


def _alike(first: str, second: str) -> bool:
    """True when one code is the beginning of the other; an empty one is none."""
    return bool(first and second) and (first.startswith(second) or second.startswith(first))


CALENDAR_RULES = (
    (_names, frozenset({"holidays", "time_conditions"})),
    (_holiday_dates, frozenset({"holidays"})),
    (_overlaps, frozenset({"holidays"})),
    (_hours, frozenset({"time_conditions"})),
    (_switches, frozenset({"time_conditions", "desk", "stations"})),
)
"""Every rule with the top-level fields that it reads."""
