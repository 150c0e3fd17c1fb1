"""Callers from outside who get a dial tone: with a charge account or with a PIN, locked out when they guess, charged for what they call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine import facts
from engine.calls.charging.memory import ChargeMemory
from engine.settings.build import build_site
from engine.settings.faults import SiteFaults
from engine.settings.site import (
    ChargeAccountSection,
    DisaSection,
    InboundRouteSection,
    NumberingSection,
    ServiceClassSection,
    TariffBand,
    TariffSection,
)
from engine.settings.versions import node_of
from engine.telephony.tones import CHINA, ToneName
from tests.floor import Floor, a_site

MOBILE = "13911112222"
NOTHING_TYPED_S = 30


def a_floor(access: str = "account", **account: Any) -> Floor:
    minute = TariffBand(name="all", first_price_li=600, next_price_li=600)
    parts: dict[str, Any] = {
        "numbering": NumberingSection(area_code="021"),
        "service_classes": (ServiceClassSection(name="staff", level="local"), ServiceClassSection(name="cards", level="national")),
        "inbound_routes": (InboundRouteSection(name="cards", target="disa:cards"),),
        "tariffs": (TariffSection(name="mobile", bands=(minute,)),),
        "charge_accounts": (ChargeAccountSection(number="9001", pin="4321", **account),),
        "disa": (DisaSection(name="cards", access=access, pin="135790", service_class="cards"),),
    }
    return Floor(replace(a_site(), **parts))


def hears(floor: Floor) -> list[str]:
    return floor.bay.saying(floor.line(1).port)


def dial_tone(floor: Floor) -> bool:
    return floor.bay.tone_at(floor.line(1).port) == CHINA[ToneName.DIAL].steps


def types(floor: Floor, keys: str) -> None:
    floor.line(1).press(keys)
    floor.turn()


def until_dial_tone(floor: Floor) -> None:
    for _ in range(20):
        if dial_tone(floor):
            return
        floor.clock.advance(1)
    raise AssertionError(hears(floor))


def test_a_calling_card() -> None:
    """Account, PIN, the balance, a dial tone, a number: the caller talks, is cut off when his money is used up, and no PIN is in any fact."""
    floor = a_floor()
    floor.control.charge_accounts.pay_in("9001", 1500, "admin", "card sold")
    floor.calling(1)
    assert hears(floor) == ["zh/disa_account"]
    types(floor, "9001#")
    assert hears(floor) == ["zh/disa_pin"]
    types(floor, "4321#")
    assert hears(floor) == ["zh/balance_before", "zh/number_1", "zh/balance_after"]
    until_dial_tone(floor)
    types(floor, MOBILE[0])
    assert not dial_tone(floor)
    types(floor, MOBILE[1:] + "#")
    line = next(line for line in floor.lines.values() if line.dialled == MOBILE)
    line.send_digits()
    line.far_answers()
    floor.turn()
    assert floor.bay.hears(floor.line(1).port, line.port)
    floor.clock.advance(121)
    assert [end.reason for end in floor.told(facts.CallEnded)] == ["time_limit"]
    outgoing = [fact for fact in floor.told(facts.CallCharged) if fact.direction == "outgoing"]
    assert [(fact.charge_account, fact.price_li) for fact in outgoing] == [("9001", 1200)]
    assert floor.control.charge_accounts.credits()[0].balance_li == 300
    assert floor.told(facts.KeyPressed) == []
    assert not any("4321" in repr(envelope.fact) for envelope in floor.heard)
    assert floor.bugs == []


def test_by_pin_at_the_sites_cost_within_a_class_of_service() -> None:
    """A number that the class does not permit is refused in words, with another dial tone behind them."""
    floor = a_floor("pin")
    floor.calling(1)
    assert hears(floor) == ["zh/disa_pin"]
    types(floor, "135790#")
    assert dial_tone(floor)
    types(floor, "00441632960001#")
    assert hears(floor) == ["zh/number_barred"]
    until_dial_tone(floor)
    types(floor, f"{MOBILE}#")
    (led,) = floor.told(facts.CallLedOutside)
    assert (led.dialled, led.service_class, led.charge_account) == (MOBILE, "cards", "")
    assert floor.bugs == []


def test_guessing_is_stopped_for_the_caller_and_told() -> None:
    """Three wrong PINs in a row, over calls: no further try from that number, an alarm, and another number is still served; later all is well again."""
    floor = a_floor("pin")
    for pins in (("1#", "222222#"), ("333333#",)):
        floor.calling(1)
        for pin in pins:
            floor.clock.advance(2)
            types(floor, pin)
        floor.line(1).hang_up()
        floor.clock.advance(5)
    assert [tried.outcome for tried in floor.told(facts.DisaTried)] == ["wrong_pin"] * 3
    assert [locked.caller for locked in floor.told(facts.DisaLocked)] == ["13800138000"]
    assert [(alarm.alarm, alarm.about) for alarm in floor.told(facts.AlarmRaised)] == [("disa.locked", "13800138000")]
    assert ChargeMemory.from_json(floor.meter.memory.to_json()).callers_locked_until.keys() == {"13800138000"}
    floor.calling(1)
    assert hears(floor) == ["zh/too_many_tries"]
    floor.clock.advance(10)
    floor.calling(1, "13700137000")
    assert hears(floor) == ["zh/disa_pin"]
    floor.line(1).hang_up()
    floor.clock.advance(601)
    assert len(floor.told(facts.AlarmCleared)) == 1
    floor.calling(1)
    assert hears(floor) == ["zh/disa_pin"]
    assert floor.bugs == []


def test_who_types_nothing_is_let_go() -> None:
    """No account, no PIN: the line is free again, and nobody has tried anything."""
    floor = a_floor()
    floor.calling(1)
    floor.clock.advance(NOTHING_TYPED_S)
    assert [end.reason for end in floor.told(facts.CallEnded)] == ["dialogue_over"]
    assert floor.told(facts.ChargeAccountTried) == []
    assert floor.told(facts.DisaTried) == []
    assert floor.bugs == []


def test_an_empty_account_and_a_busy_number() -> None:
    """Without money the caller hears so; whom he calls and does not reach he is told of, and nothing is charged."""
    floor = a_floor()
    floor.calling(1)
    types(floor, "9001#4321#")
    assert hears(floor) == ["zh/balance_used"]
    floor.line(1).hang_up()
    floor.clock.advance(5)
    floor.control.charge_accounts.pay_in("9001", 5000, "admin", "card sold")
    floor.calling(1)
    types(floor, "9001#4321#")
    until_dial_tone(floor)
    types(floor, f"{MOBILE}#")
    line = next(line for line in floor.lines.values() if line.dialled == MOBILE)
    line.send_digits()
    line.hang_up("busy")
    floor.turn()
    assert hears(floor) == ["zh/not_reached"]
    floor.clock.advance(10)
    assert [fact for fact in floor.told(facts.CallCharged) if fact.direction == "outgoing"] == []
    assert floor.bugs == []


PLAIN: dict[str, Any] = {
    "service_classes": [{"name": "cards"}],
    "charge_accounts": [{"number": "9001", "pin": "4321", "kind": "postpaid"}],
}


@pytest.mark.parametrize(
    ("disa", "more", "said"),
    [
        ({"access": "pin", "service_class": "cards"}, {}, "without a PIN the whole world would call at the site's cost"),
        ({"access": "pin", "pin": "1234", "service_class": "cards"}, {}, "6 to 10 digits"),
        ({"access": "pin", "pin": "135790"}, {}, "there is no class of service -; expected one of cards"),
        ({"service_class": "cards"}, {"charge_accounts": []}, "there is no charge account yet"),
    ],
)
def test_no_dial_tone_without_a_lock(disa: dict[str, Any], more: dict[str, Any], said: str) -> None:
    """The settings refuse an access that anybody could use."""
    with pytest.raises(SiteFaults) as refused:
        build_site(node_of({**PLAIN, "disa": [{"name": "cards", **disa}], **more}), "site.yaml")
    assert said in " ".join(fault.said.in_english() for fault in refused.value.faults)
    fine = {"name": "cards", "access": "pin", "pin": "135790", "service_class": "cards"}
    assert build_site(node_of({**PLAIN, "disa": [fine]}), "site.yaml").disa[0].name == "cards"
