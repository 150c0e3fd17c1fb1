"""Causes of Q.850 as people and routes see them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.telephony.causes import Cause
from engine.telephony.q850 import CAUSES, CauseClass, cause_of, meaning_of
from engine.telephony.tones import CHINA, ToneName


def test_every_cause_has_one_meaning_and_a_name_of_its_own() -> None:
    """A report never shows two causes under one name, or one without."""
    assert set(CAUSES) == set(Cause)
    assert len({meaning.name.in_english() for meaning in CAUSES.values()}) == len(Cause)


def test_the_class_is_that_of_the_value() -> None:
    """Causes are grouped in a report as Q.850 groups them."""
    assert CAUSES[Cause.USER_BUSY].cause_class is CauseClass.NORMAL_EVENT
    assert CAUSES[Cause.NO_CIRCUIT_AVAILABLE].cause_class is CauseClass.RESOURCE_UNAVAILABLE
    assert CAUSES[Cause.BEARER_NOT_AUTHORIZED].cause_class is CauseClass.SERVICE_NOT_AVAILABLE
    assert CAUSES[Cause.BEARER_NOT_IMPLEMENTED].cause_class is CauseClass.SERVICE_NOT_IMPLEMENTED
    assert CAUSES[Cause.INCOMPATIBLE_DESTINATION].cause_class is CauseClass.INVALID_MESSAGE
    assert CAUSES[Cause.RECOVERY_ON_TIMER_EXPIRY].cause_class is CauseClass.PROTOCOL_ERROR
    assert CAUSES[Cause.INTERWORKING].cause_class is CauseClass.INTERWORKING


def test_the_next_route_is_tried_only_where_it_may_help() -> None:
    """A busy, wrong or unanswered number is not dialled over every trunk in turn; a congested trunk is passed by."""
    helps = {cause for cause, meaning in CAUSES.items() if meaning.tries_next_route}
    assert {
        Cause.NO_CIRCUIT_AVAILABLE,
        Cause.NETWORK_OUT_OF_ORDER,
        Cause.SWITCHING_CONGESTION,
        Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE,
    } <= helps
    assert not helps & {
        Cause.UNALLOCATED_NUMBER,
        Cause.NORMAL_CALL_CLEARING,
        Cause.USER_BUSY,
        Cause.NO_ANSWER,
        Cause.CALL_REJECTED,
        Cause.NUMBER_CHANGED,
        Cause.INVALID_NUMBER_FORMAT,
    }


def test_the_caller_hears_what_his_own_network_would_let_him_hear() -> None:
    """Busy, congestion and unallocated number sound different, and each is a tone that the Chinese set has."""
    heard = {meaning.tone for meaning in CAUSES.values()}
    assert CAUSES[Cause.USER_BUSY].tone is ToneName.BUSY
    assert CAUSES[Cause.UNALLOCATED_NUMBER].tone is ToneName.UNALLOCATED
    assert CAUSES[Cause.SWITCHING_CONGESTION].tone is ToneName.CONGESTION
    assert heard - {ToneName.INFORMATION} <= set(CHINA.tones)


def test_a_rejected_caller_number_says_what_to_change() -> None:
    """The installer whose exchange refuses the caller number is led to it."""
    for cause in (Cause.CALL_REJECTED, Cause.NORMAL_UNSPECIFIED, Cause.BEARER_NOT_AUTHORIZED, Cause.SERVICE_NOT_IMPLEMENTED):
        advice = CAUSES[cause].advice
        assert advice is not None
        assert "caller number" in advice.in_english()


@given(st.integers(-10, 300))
def test_a_value_that_nobody_knows_means_the_unspecified_of_its_class(value: int) -> None:
    """An exchange with causes of its own is still understood as far as its class goes."""
    cause = cause_of(value)
    if value in list(Cause):
        assert cause == value
    elif 0 <= value <= 127:
        assert meaning_of(value).cause_class is CAUSES[cause].cause_class
        assert cause >> 4 == value >> 4 or (value < 16 and cause is Cause.NORMAL_UNSPECIFIED)
    else:
        assert cause is Cause.INTERWORKING
