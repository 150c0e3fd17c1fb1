"""What is typed on a desk phone, and what it means so far."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.desk.dialling import (
    TYPED_MOST,
    Act,
    CallExtension,
    CallOutside,
    EndWrapUp,
    GoNotReady,
    GoReady,
    LogIn,
    LogOut,
    Plan,
    Reading,
    interpret,
)
from engine.settings.site import DeskSection

PLAN = Plan(DeskSection(), frozenset({"1001", "1002", "7"}), frozenset({"801", "802", "8021"}))
MORE, NONSENSE = Reading(), Reading(hopeless=True)


def now(act: Act) -> Reading:
    """Carried out at once."""
    return Reading(act, now=True)


def later(act: Act) -> Reading:
    """Carried out when nothing more is typed."""
    return Reading(act)


TYPED = [
    ("", MORE),
    # codes
    ("*", MORE),
    ("*1", MORE),
    ("*12", now(LogOut())),
    ("*12#", now(LogOut())),
    ("*14", now(GoReady())),
    ("*14#", now(GoReady())),
    ("*15", now(EndWrapUp())),
    ("*13", MORE),
    ("*133", now(GoNotReady("3"))),
    ("*130", now(GoNotReady("0"))),
    ("*13#", NONSENSE),
    ("*13*", NONSENSE),
    ("*2", NONSENSE),
    ("*89", NONSENSE),
    ("**", MORE),
    ("*#", MORE),
    # logging in, with # between and after
    ("*11", MORE),
    ("*11#", NONSENSE),
    ("*111001", MORE),
    ("*111001#", MORE),
    ("*111001#2", later(LogIn("1001", "2"))),
    ("*111001#2222", later(LogIn("1001", "2222"))),
    ("*111001#2222#", now(LogIn("1001", "2222"))),
    ("*111001##", now(LogIn("1001", ""))),
    ("*111001#12345678", now(LogIn("1001", "12345678"))),
    ("*111001#2*", NONSENSE),
    # without #
    ("*1110012222", later(LogIn("1001", "2222"))),
    ("*1110012222#", now(LogIn("1001", "2222"))),
    ("*11100112345678", now(LogIn("1001", "12345678"))),
    ("*117", MORE),
    ("*1172222", later(LogIn("7", "2222"))),
    # agents that are not there: said after the pause or the last #
    ("*1199", later(LogIn("99", ""))),
    ("*1199#", later(LogIn("99", ""))),
    ("*1199#2222", later(LogIn("99", "2222"))),
    ("*1199#2222#", now(LogIn("99", "2222"))),
    # extensions
    ("8", MORE),
    ("80", MORE),
    ("801", now(CallExtension("801"))),
    ("801#", now(CallExtension("801"))),
    ("802", later(CallExtension("802"))),
    ("802#", now(CallExtension("802"))),
    ("8021", now(CallExtension("8021"))),
    ("803", NONSENSE),
    ("80#", NONSENSE),
    ("9", NONSENSE),
    ("#", MORE),
    ("8A", NONSENSE),
    # outside
    ("0", MORE),
    ("0#", NONSENSE),
    ("01", later(CallOutside("1"))),
    ("010086", later(CallOutside("10086"))),
    ("010086#", now(CallOutside("10086"))),
    ("0013", later(CallOutside("013"))),
    ("01*2", NONSENSE),
    ("01#2", NONSENSE),
    ("0" + "1" * 32, later(CallOutside("1" * 32))),
    ("0" + "1" * 33, NONSENSE),
    ("*11" + "1" * TYPED_MOST, NONSENSE),
]


@pytest.mark.parametrize(("typed", "reading"), TYPED)
def test_typed_keys_are_read(typed: str, reading: Reading) -> None:
    """A number is dialled as soon as it can be nothing else; one that could go on waits; nonsense is known at once."""
    assert interpret(typed, PLAN) == reading


def test_an_agent_who_hesitates_before_the_pin_has_not_tried_one() -> None:
    """Typing the agent number and then looking for the PIN does not lock anybody out."""
    assert interpret("*111001", PLAN).act is None


def test_a_pin_is_never_shown() -> None:
    """Whatever is logged, the PIN is not in it."""
    reading = interpret("*111001#4711#", PLAN)
    assert reading.act == LogIn("1001", "4711")
    assert "4711" not in f"{reading} {reading!r} {reading.act}"


def test_the_sites_own_codes_hold() -> None:
    """A site that chose other codes and another prefix dials by those, and by no others."""
    desk = DeskSection(login_code="*7", logout_code="*8", not_ready_code="*9", ready_code="*01", end_wrap_up_code="*02", outside_prefix="9")
    plan = Plan(desk, frozenset({"1001"}), frozenset({"801"}))
    assert interpret("*71001#2222#", plan) == now(LogIn("1001", "2222"))
    assert interpret("*8", plan) == now(LogOut())
    assert interpret("*94", plan) == now(GoNotReady("4"))
    assert interpret("*0", plan) == MORE
    assert interpret("*01", plan) == now(GoReady())
    assert interpret("*12", plan) == NONSENSE
    assert interpret("910086#", plan) == now(CallOutside("10086"))
    assert interpret("010086#", plan) == NONSENSE


@settings(max_examples=300, deadline=None)
@given(st.text("0123456789*#ABCD", max_size=TYPED_MOST + 2))
def test_whatever_is_typed_is_read_without_surprise(typed: str) -> None:
    """No keys break the phone: what is nonsense has no meaning, and what is carried out at once has one."""
    reading = interpret(typed, PLAN)
    assert not (reading.hopeless and (reading.act or reading.now))
    assert not reading.now or reading.act is not None
    if reading.hopeless and typed and not typed.endswith("#"):
        assert not interpret(typed + "0", PLAN).now, "no later key makes sense of nonsense"
