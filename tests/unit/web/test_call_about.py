"""What a call's page tells of numbers and causes."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from engine import facts
from engine.control.window import CallStory
from engine.facts import Fact
from engine.kernel.text import Text
from engine.store.queries import CallRow, Moment
from web.call_about import CallAbout

NOTHING: dict[str, Any] = {field.name: 0 if "int" in str(field.type) else "" for field in fields(CallRow)}
ROW = CallRow(**{**NOTHING, "calling_doubtful": False})
ARRIVED = facts.CallArrived(call="c1", line="pri-1-1", calling="", calling_name="", called="8888")


def about(*told: Fact, isdn: bool = True, **row: Any) -> CallAbout:
    """What is told of a call with these facts and this row."""
    return CallAbout.of(CallStory(replace(ROW, **row), (), tuple(Moment(i, 0, fact) for i, fact in enumerate(told))), isdn=isdn)


def english(said: Text | None) -> str:
    return "" if said is None else said.in_english()


def test_a_withheld_number_is_told_from_one_that_was_not_sent() -> None:
    """The agent who looks the call up knows that the caller wished to stay unknown."""
    assert english(about(replace(ARRIVED, absence="private")).withheld) == "a withheld number"
    assert about(ARRIVED).withheld is None


def test_who_vouches_for_the_number_and_where_the_call_was_diverted() -> None:
    """A number that failed the network's check may be false; a diverted call was meant for somebody else."""
    told = about(replace(ARRIVED, calling="1380", screening="user_failed", redirected="no_reply", redirecting="88880000"))
    assert english(told.screening).endswith("it may be false.")
    assert english(told.diverted) == "88880000 (no answer)"
    assert english(about(replace(ARRIVED, redirected="busy")).diverted) == "a withheld number (busy)"
    assert about(ARRIVED).diverted is None


@pytest.mark.parametrize(
    ("reason", "cause", "cause_said", "to_do"),
    [
        ("caller_refused", 21, "21 Call rejected", "Look at the caller number that pri-1-31 shows"),
        ("number_invalid", 28, "28 Number incomplete or of the wrong format", "Look at the number dialled"),
        ("channel_refused", 44, "44 Requested channel not available", "restart that channel"),
        ("busy", 17, "17 User busy", ""),
        ("refused", 13, "13, which Q.850 does not define (taken for: Normal, unspecified)", "caller number"),
    ],
)
def test_a_failed_call_says_why_and_what_to_look_at(reason: str, cause: int, cause_said: str, to_do: str) -> None:
    """The cause has its number and its name; where a setting may be wrong, it is named."""
    told = about(direction="outgoing", line="pri-1-31", reason=reason, cause=cause, connected_utc_ms=None)
    assert english(told.cause) == cause_said
    assert to_do in english(told.advice)
    assert bool(told.advice) == bool(to_do)


def test_a_call_that_was_answered_needs_no_advice() -> None:
    """However it ended."""
    told = about(
        facts.CallAnswered(call="c1", supervision="signalled", connected="88881111"), direction="outgoing", cause=31, connected_utc_ms=1
    )
    assert (told.advice, told.connected) == (None, "88881111")


@pytest.mark.parametrize(("cause", "to_do"), [(1, "Check the number dialled"), (21, "class of the caller"), (28, ""), (79, ""), (17, "")])
def test_advice_for_r2_speaks_of_what_r2_has(cause: int, to_do: str) -> None:
    """Who has a call fail by R2 or an analog line is not sent to look for a type of number or a switch type."""
    said = english(about(isdn=False, direction="outgoing", line="r2-1-3", reason="unallocated", cause=cause, connected_utc_ms=None).advice)
    assert to_do in said
    assert bool(said) == bool(to_do)
    assert "type" not in said
