"""When a wake-up call is due."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calls.services.wake_up import MS_A_MINUTE, due_utc_ms, time_of

DAY_MS = 24 * 60 * MS_A_MINUTE


@pytest.mark.parametrize(
    ("typed", "time"), [("0730", "07:30"), ("07:30", "07:30"), ("2359", "23:59"), ("2400", ""), ("0760", ""), ("730", ""), ("", "")]
)
def test_what_is_a_time_of_day(typed: str, time: str) -> None:
    """Four digits as they are typed at a phone, or with a colon as on the page; nothing else."""
    assert time_of(typed) == time


@given(utc_ms=st.integers(0, 2**42), offset_min=st.integers(-720, 840), hours=st.integers(0, 23), minutes=st.integers(0, 59))
def test_it_is_due_within_a_day_when_the_clocks_show_it(utc_ms: int, offset_min: int, hours: int, minutes: int) -> None:
    """Never now and never later than tomorrow at this time; at that moment the site's clocks show just that."""
    due = due_utc_ms(f"{hours:02}:{minutes:02}", utc_ms, offset_min)
    assert 0 < due - utc_ms <= DAY_MS
    assert (due // MS_A_MINUTE + offset_min) % (24 * 60) == hours * 60 + minutes
    assert due % MS_A_MINUTE == 0
