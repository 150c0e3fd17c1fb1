"""The public holidays of mainland China that a new site begins with: data, to be edited on the settings page when the next notice comes.

2026: notice of the General Office of the State Council on the arrangement of holidays in 2026, of 4 November 2025 (关于2026年部分节假日安排的通知).
2027: only the days that the State Council's regulation itself gives (全国年节及纪念日放假办法, as amended with effect from 1 January 2025). The days
that a yearly notice swaps with weekends are not in it: add them to the entries when the notice for the year is out.
"""

from __future__ import annotations

from engine.settings.time_condition import HolidaySection

__all__ = ["china_holidays"]

NOTICE_2026 = "国务院办公厅关于2026年部分节假日安排的通知（2025-11-04）"
REGULATION = "全国年节及纪念日放假办法：法定节日，调休以国务院办公厅当年通知为准"

_DAYS: tuple[tuple[str, str, str, str, tuple[str, ...], str], ...] = (
    ("new-year-2026", "元旦", "2026-01-01", "2026-01-03", ("2026-01-04",), NOTICE_2026),
    ("spring-festival-2026", "春节", "2026-02-15", "2026-02-23", ("2026-02-14", "2026-02-28"), NOTICE_2026),
    ("qingming-2026", "清明节", "2026-04-04", "2026-04-06", (), NOTICE_2026),
    ("labour-day-2026", "劳动节", "2026-05-01", "2026-05-05", ("2026-05-09",), NOTICE_2026),
    ("dragon-boat-2026", "端午节", "2026-06-19", "2026-06-21", (), NOTICE_2026),
    ("mid-autumn-2026", "中秋节", "2026-09-25", "2026-09-27", (), NOTICE_2026),
    ("national-day-2026", "国庆节", "2026-10-01", "2026-10-07", ("2026-09-20", "2026-10-10"), NOTICE_2026),
    ("new-year-2027", "元旦", "2027-01-01", "", (), REGULATION),
    ("spring-festival-2027", "春节", "2027-02-05", "2027-02-08", (), REGULATION),
    ("qingming-2027", "清明节", "2027-04-05", "", (), REGULATION),
    ("labour-day-2027", "劳动节", "2027-05-01", "2027-05-02", (), REGULATION),
    ("dragon-boat-2027", "端午节", "2027-06-09", "", (), REGULATION),
    ("mid-autumn-2027", "中秋节", "2027-09-15", "", (), REGULATION),
    ("national-day-2027", "国庆节", "2027-10-01", "2027-10-03", (), REGULATION),
)
"""Name, title, first and last day off, work days swapped for them, source."""


def china_holidays() -> tuple[HolidaySection, ...]:
    """The entries, by date."""
    return tuple(
        HolidaySection(name=name, title=title, first=first, last=last, work_days=work_days, source=source)
        for name, title, first, last, work_days, source in _DAYS
    )
