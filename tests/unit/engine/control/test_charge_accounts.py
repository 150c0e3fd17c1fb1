"""Charge accounts at a desk phone: number and PIN, money that lasts so long, nobody who guesses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from engine import facts
from engine.calls.charging.memory import ChargeMemory
from engine.control.charge_accounts import ChargeAccounts, ChargeRefused
from engine.control.charge_narration import charge_sentence
from engine.desk.dialling import CallOutside, Plan, Reading, interpret
from engine.settings.site import ChargeAccountSection, DeskSection, NumberingSection, ServiceClassSection, TariffBand, TariffSection
from tests.floor import Floor, a_site

PLAN = Plan(DeskSection(), frozenset(), frozenset({"801"}))
MORE, NONSENSE = Reading(), Reading(hopeless=True)
CALL = "*639001#4321#055501001#"


@pytest.mark.parametrize(
    ("typed", "reading"),
    [
        ("*63", MORE),
        ("*639001#43", MORE),
        ("*639001#4321#0", MORE),
        ("*639001#4321#08", Reading(CallOutside("8", "4321", "", "9001"))),
        ("*639001#4321#08#", Reading(CallOutside("8", "4321", "", "9001"), now=True)),
        ("*63#", NONSENSE),
        ("*639001##", NONSENSE),
        ("*639001#4321#8", NONSENSE),
        ("*6312345678901", NONSENSE),
        ("*639001#*", NONSENSE),
    ],
)
def test_what_is_typed_for_a_call_on_an_account(typed: str, reading: Reading) -> None:
    """Account, PIN and number stand one after the other; the PIN is in no log."""
    assert interpret(typed, PLAN) == reading
    assert "4321" not in repr(reading)


def a_floor(**account: Any) -> Floor:
    minute = TariffBand(name="all", first_price_li=600, next_price_li=600)
    parts: dict[str, Any] = {
        "numbering": NumberingSection(area_code="021"),
        "tariffs": (TariffSection(name="national", bands=(minute,)),),
        "service_classes": (ServiceClassSection(name="staff", level="local"), ServiceClassSection(name="world", level="international")),
        "charge_accounts": (ChargeAccountSection(number="9001", pin="4321", **account), ChargeAccountSection(number="9002", pin="1111")),
    }
    return Floor(replace(a_site(), **parts))


def dials(floor: Floor, keys: str, phone: int = 1) -> list[str]:
    """The handset is lifted, keys are pressed; what is spoken then."""
    if not floor.phone(phone).off_hook:
        floor.phone(phone).lift()
    floor.phone(phone).press(keys)
    floor.turn()
    return floor.bay.saying(floor.phone(phone).port)


def answered(floor: Floor) -> None:
    line = next(line for line in floor.lines.values() if line.does == "seized")
    line.send_digits()
    line.far_answers()


def hang_up(floor: Floor, phone: int = 1) -> None:
    floor.phone(phone).hang_up()
    floor.clock.advance(3)


def balance(floor: Floor) -> int:
    return floor.control.charge_accounts.credits()[0].balance_li


def test_a_prepaid_call_ends_when_the_money_is_used_up() -> None:
    """Two minutes are paid: a tone warns, the call ends by itself after exactly these, and costs all there is; the next one is refused in words."""
    floor = a_floor()
    assert dials(floor, CALL) == ["zh/balance_used"]
    hang_up(floor)
    floor.control.charge_accounts.pay_in("9001", 1500, "admin", "receipt 7")
    assert dials(floor, CALL) == []
    answered(floor)
    floor.clock.advance(89)
    assert not floor.bay.tone_at(floor.phone(1).port)
    floor.clock.advance(1.1)
    assert floor.bay.tone_at(floor.phone(1).port)
    floor.clock.advance(29)
    assert floor.told(facts.CallEnded) == []
    floor.clock.advance(1)
    assert [end.reason for end in floor.told(facts.CallEnded)] == ["time_limit"]
    (told,) = floor.told(facts.CallCharged)
    assert (told.charge_account, told.price_li, balance(floor)) == ("9001", 1200, 300)
    hang_up(floor)
    assert dials(floor, CALL) == ["zh/balance_used"]
    assert [(tried.account, tried.outcome) for tried in floor.told(facts.ChargeAccountTried)] == [
        ("9001", "used"),
        ("9001", "right"),
        ("9001", "right"),
    ]
    assert not any("4321" in repr(envelope.fact) for envelope in floor.heard)
    assert floor.bugs == []


def test_the_accounts_class_of_service_counts() -> None:
    """The phone may call its own town only; who pays with the account calls abroad, and nobody else does."""
    floor = a_floor(kind="postpaid", service_class="world")
    assert dials(floor, "000441632960001#") == ["zh/number_barred"]
    hang_up(floor)
    assert dials(floor, "*639001#4321#000441632960001#") == []
    (permitted,) = floor.told(facts.OutsideCallPermitted)
    assert (permitted.service_class, permitted.charge_account) == ("world", "9001")


def test_guessing_is_stopped_by_account_and_by_phone() -> None:
    """After three wrong PINs the account is locked for everybody and somebody is alarmed, and the phone tries no other account; both end with time."""
    floor = a_floor(kind="postpaid")
    for _ in range(3):
        assert dials(floor, "*639001#0000#055501001#") in (["zh/wrong_pin"], ["zh/locked_out"])
        hang_up(floor)
    assert dials(floor, CALL, phone=2) == ["zh/locked_out"]
    hang_up(floor, 2)
    for _ in range(3):
        dials(floor, "*639002#0000#055501001#", phone=3)
        hang_up(floor, 3)
    assert [tried.outcome for tried in floor.told(facts.ChargeAccountTried)] == [
        "wrong_pin",
        "wrong_pin",
        "locked",
        "locked",
        "wrong_pin",
        "wrong_pin",
        "locked",
    ]
    assert [(alarm.alarm, alarm.about) for alarm in floor.told(facts.AlarmRaised)] == [
        ("charge-account.locked", "9001"),
        ("charge-account.locked", "9002"),
    ]
    floor.clock.advance(601)
    assert len(floor.told(facts.AlarmCleared)) == 2
    assert dials(floor, CALL) == []
    assert floor.bugs == []


def test_an_unknown_account_is_not_told_from_a_wrong_pin() -> None:
    """Who tries learns nothing, no number that may be somebody's PIN gets into a fact, and the phone is locked all the same."""
    floor = a_floor(kind="postpaid")
    for _ in range(3):
        assert dials(floor, "*634321#9001#055501001#") == ["zh/wrong_pin"]
        hang_up(floor)
    assert {(tried.account, tried.outcome) for tried in floor.told(facts.ChargeAccountTried)} == {("", "unknown")}
    assert dials(floor, CALL) == ["zh/locked_out"]


def test_an_emergency_call_needs_no_pin() -> None:
    """Whoever is locked out, and has dialled a wrong PIN before 110, gets the police."""
    floor = a_floor()
    for _ in range(3):
        dials(floor, "*639009#0000#055501001#")
        hang_up(floor)
    assert dials(floor, "*639001#0000#0110#") == []
    assert any(line.does == "seized" for line in floor.lines.values())


def test_one_call_at_a_time_on_a_prepaid_account() -> None:
    """Two calls together could cost more than there is."""
    floor = a_floor()
    floor.control.charge_accounts.pay_in("9001", 5000, "admin", "receipt 8")
    assert dials(floor, CALL) == []
    answered(floor)
    assert dials(floor, CALL, phone=2) == ["zh/not_allowed_now"]


def test_a_postpaid_account_has_a_month() -> None:
    """What it may cost in a month limits it; a closed one is refused."""
    floor = a_floor(kind="postpaid", month_most_yuan=1)
    dials(floor, CALL)
    answered(floor)
    floor.clock.advance(61)
    assert [end.reason for end in floor.told(facts.CallEnded)] == ["time_limit"]
    hang_up(floor)
    assert floor.control.charge_accounts.credits()[0].left_li == 400
    assert dials(floor, CALL) == ["zh/balance_used"]
    assert dials(a_floor(open=False), CALL) == ["zh/not_allowed_now"]


def test_money_and_locks_outlast_a_restart() -> None:
    """What was paid in, spent and locked is known again."""
    floor = a_floor()
    floor.control.charge_accounts.pay_in("9001", 5000, "admin", "receipt 9")
    for _ in range(3):
        dials(floor, "*639001#0000#055501001#", phone=2)
        hang_up(floor, 2)
    memory = ChargeMemory.from_json(json.loads(json.dumps(floor.meter.memory.to_json())))
    again = ChargeAccounts(floor.bus, floor.clock, floor.router, memory)
    assert again.credits()[0].balance_li == 5000
    with pytest.raises(ChargeRefused, match="charge_locked"):
        again.enter("9001", "4321", "phone-1")


def test_facts_of_accounts_have_sentences() -> None:
    """Who looks through the facts reads what happened."""
    credited = facts.ChargeAccountCredited(account="9001", amount_li=-500, by="admin", why="paid back")
    tried = facts.ChargeAccountTried(account="", by="phone-1", outcome="unknown")
    said = [charge_sentence(fact) for fact in (credited, tried, facts.ChargeAccountLocked(account="9001", until_utc_ms=1))]
    assert [one.in_english() for one in said if one] == [
        "admin books ¥-0.50 on charge account 9001: paid back.",
        "phone-1 wants to call on charge account ?: no such account.",
        "Charge account 9001 is locked after wrong PINs.",
    ]
