"""Caller id by keys: which keys begin and end it, and when it is doubtful."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.dahdi.callerid_keys import CHINA, ETSI, KEYS_MOST, KeyCodes, KeyedCallerId, KeyHeard, caller_from_keys, keys_for_caller
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId


def evenly(keys: str, period_ms: float = 140, on_ms: float = 70, level_dbm0: float | None = -12) -> list[KeyHeard]:
    """These keys as a machine sends them."""
    return [KeyHeard(key, index * period_ms, index * period_ms + on_ms, level_dbm0) for index, key in enumerate(keys)]


@pytest.mark.parametrize(
    ("keys", "caller"),
    [
        ("D13800138000C", CallerId("13800138000")),
        ("A62001234#", CallerId("62001234")),
        ("D110C", CallerId("110")),
        ("B10C", CallerId(absence="private")),
        ("B00C", CallerId(absence="unavailable")),
        ("B7C", CallerId(absence="unavailable")),
        ("DC", CallerId(absence="unavailable")),
        ("13800138000C", CallerId("13800138000", doubtful=True)),
        ("D13800138000", CallerId("13800138000", doubtful=True)),
        ("D12C", CallerId("12", doubtful=True)),
        ("D138A0138000C", CallerId("1380138000", doubtful=True)),
        ("D" + "1" * 21 + "C", CallerId("1" * 20, doubtful=True)),
        ("D", UNKNOWN_CALLER),
        ("C", UNKNOWN_CALLER),
        ("", UNKNOWN_CALLER),
    ],
)
def test_what_keys_say(keys: str, caller: CallerId) -> None:
    """A number between its codes is trusted; without one of them, too short, too long or with a letter in it, it is doubtful."""
    assert caller_from_keys(evenly(keys)) == caller


@pytest.mark.parametrize("lost", range(1, 12))
def test_a_gap_makes_a_number_doubtful(lost: int) -> None:
    """A receiver that missed one digit shows too short a number, and says that it may be."""
    keys = evenly("D13800138000C")
    heard = caller_from_keys(keys[:lost] + keys[lost + 1 :])
    assert heard.doubtful
    assert len(heard.number) == 10


def test_a_split_key_makes_a_number_doubtful() -> None:
    """One key heard as two, a key far too long or short, or one at another level: something was wrong with the line."""
    keys = evenly("D13800138000C")
    at = keys[5].begin_ms
    split = [*keys[:5], KeyHeard("1", at, at + 25, -12), KeyHeard("1", at + 45, at + 70, -12), *keys[6:]]
    assert caller_from_keys(split).doubtful
    for spoilt in (KeyHeard("1", at, at + 120, -12), KeyHeard("1", at, at + 30, -12), KeyHeard("1", at, at + 70, -22)):
        assert caller_from_keys([*keys[:5], spoilt, *keys[6:]]).doubtful


def test_keys_whose_level_is_not_measured_count_all_the_same() -> None:
    """A board that does not measure levels is not doubted for that."""
    assert caller_from_keys(evenly("D62001234C", level_dbm0=None)) == CallerId("62001234")


@given(st.text("0123456789", min_size=3, max_size=20), st.floats(80, 300), st.floats(0.3, 0.7), st.sampled_from([CHINA, ETSI]))
def test_what_we_send_we_can_read(number: str, period_ms: float, share: float, codes: KeyCodes) -> None:
    """Any number, at any speed, comes back as it was sent, and trusted."""
    keys = evenly(keys_for_caller(CallerId(number), codes), period_ms, period_ms * share)
    assert caller_from_keys(keys, codes) == CallerId(number)


@pytest.mark.parametrize("codes", [CHINA, ETSI])
def test_absence_is_sent_with_its_reason(codes: KeyCodes) -> None:
    """A withheld number and an unknown one are told apart by the phone."""
    for absence in ("private", "unavailable"):
        assert caller_from_keys(evenly(keys_for_caller(CallerId(absence=absence), codes)), codes) == CallerId(absence=absence)
    assert keys_for_caller(UNKNOWN_CALLER) == "B00C"
    assert keys_for_caller(CallerId("+86 138*#")) == "D86138C"


@given(st.lists(st.tuples(st.sampled_from("0123456789*#ABCD"), st.floats(0, 400), st.floats(1, 400)), max_size=60))
def test_garbage_is_never_trusted_beyond_digits(garbage: list[tuple[str, float, float]]) -> None:
    """Whatever keys come: digits only, at most twenty, and nothing is raised."""
    at_ms, keys = 0.0, []
    for key, pause_ms, length_ms in garbage:
        at_ms += pause_ms
        keys.append(KeyHeard(key, at_ms, at_ms + length_ms))
        at_ms += length_ms
    caller = caller_from_keys(keys)
    assert set(caller.number) <= set("0123456789")
    assert len(caller.number) <= 20
    assert caller.doubtful or not caller.number or (garbage[0][0] in "DA" and garbage[-1][0] in "C#")


# ---- collected as they come


def collected(keys: list[KeyHeard], codes: KeyCodes = CHINA) -> list[CallerId]:
    collector = KeyedCallerId(codes)
    return [caller for key in keys if (caller := collector.hear(key)) is not None]


def test_the_stop_code_ends_it_at_once() -> None:
    """The agent's display need not wait for a silence where the exchange says that it is over."""
    assert collected(evenly("D62001234C")) == [CallerId("62001234")]


def test_without_a_stop_code_silence_ends_it() -> None:
    """Half a second without a key: what was heard is shown, as doubtful; not a moment earlier."""
    collector = KeyedCallerId()
    keys = evenly("D62001234")
    assert [collector.hear(key) for key in keys] == [None] * len(keys)
    assert collector.expire(keys[-1].end_ms + 499) is None
    assert collector.expire(keys[-1].end_ms + 500) == CallerId("62001234", doubtful=True)
    assert collector.expire(keys[-1].end_ms + 5000) is None


def test_the_number_that_passed_the_call_on_is_not_the_caller() -> None:
    """Where D begins the number of whoever redirected the call, the caller is the one after A."""
    redirected = evenly("D8002C")
    caller = [KeyHeard(key.key, key.begin_ms + 900, key.end_ms + 900, key.level_dbm0) for key in evenly("A13800138000C")]
    assert collected([*redirected, *caller], ETSI) == [CallerId("13800138000")]


def test_what_was_cut_off_long_ago_does_not_stick_to_the_next_number() -> None:
    """A click taken for a key, a second before: the number is whole and trusted."""
    number = [KeyHeard(key.key, key.begin_ms + 1000, key.end_ms + 1000, key.level_dbm0) for key in evenly("D62001234C")]
    assert collected([KeyHeard("5", 0, 40, -30), *number]) == [CallerId("62001234")]


def test_a_start_code_amid_a_number_does_not_make_a_shorter_one() -> None:
    """A digit taken for a start code must not pass for the beginning of a number that can be trusted."""
    (caller,) = collected(evenly("D138A138000C"))
    assert caller.doubtful


def test_keys_without_end_are_counted_and_forgotten() -> None:
    """Somebody leans on a keypad, or noise does: no memory is filled, and the doubt is told."""
    collector = KeyedCallerId()
    for key in evenly("1" * 500):
        assert collector.hear(key) is None
    assert collector.forgotten == 500 - KEYS_MOST
    assert collector.expire(1e9) == CallerId("1" * 20, doubtful=True)
