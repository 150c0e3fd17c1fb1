"""Which caller number goes out by ISDN."""

from __future__ import annotations

import pytest

from boards.e1.pri_numbers import setup_of
from engine.settings.e1_trunk import E1TrunkSection


@pytest.mark.parametrize(
    ("number", "caller_number", "presented", "shown"),
    [
        ("88886666", "", "", "88886666"),
        ("88886666", "88886600", "", "88886600"),
        ("88886666", "88886600", "88889999", "88889999"),
        ("", "", "", None),
        ("", "", "88889999", "88889999"),
    ],
)
def test_the_caller_number_of_a_call_goes_before_the_trunks(number: str, caller_number: str, presented: str, shown: str | None) -> None:
    """What the called party sees: the number of the call's trunk group, else the trunk's caller number, else its telephone number, else none."""
    section = E1TrunkSection(name="t", span="a", number=number, caller_number=caller_number)
    calling = setup_of(section, 3, "10086", presented).calling
    assert (calling.digits if calling else None) == shown
