"""Calls on fake lines are charged when they end, also over a restart; budgets warn, refuse, and let calls out again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from engine import facts
from engine.calls.charging.memory import ChargeMemory, MeteredCall
from engine.calls.charging.meter import Meter, charged_call, names_of_lines
from engine.calls.routing.plan import compile_routing
from engine.control.charge_narration import charge_sentence
from engine.kernel.bus import Envelope
from engine.kernel.text import text_read
from engine.settings.site import (
    AccountCodeSection,
    BudgetSection,
    NumberingSection,
    Site,
    TariffBand,
    TariffSection,
)
from engine.settings.trunk_group import TrunkGroupSection
from tests.fakes import EPOCH_UTC_MS, FakeClock
from tests.floor import Floor, a_site

DAYS_LEFT_S = 13 * 86_400
"""From the clock of the tests into the next month."""
MINUTE = TariffBand(name="all", first_price_li=600, next_price_li=600)
TARIFFS = (
    TariffSection(name="national", bands=(MINUTE,)),
    TariffSection(name="free", numbers=("02155500000",)),
    TariffSection(name="hotline", direction="incoming", numbers=("88801",), bands=(TariffBand(first_price_li=150, next_price_li=150),)),
)


def tariffed(**more: Any) -> Site:
    parts: dict[str, Any] = {
        "numbering": NumberingSection(area_code="021"),
        "tariffs": TARIFFS,
        "account_codes": (AccountCodeSection(code="4711"),),
        **more,
    }
    return replace(a_site(), **parts)


def dials(floor: Floor, keys: str) -> list[str]:
    """The handset of phone-1 is lifted, keys are pressed and #; what is spoken then."""
    if not floor.phone(1).off_hook:
        floor.phone(1).lift()
    floor.phone(1).press(keys)
    floor.turn()
    return floor.bay.saying(floor.phone(1).port)


def talks(floor: Floor, seconds: float, pulses: int = 0) -> None:
    """The call just dialled is answered, lasts so long and ends."""
    line = next(line for line in floor.lines.values() if line.does == "seized")
    line.send_digits()
    line.far_answers()
    floor.clock.advance(seconds)
    for _ in range(pulses):
        line.meter()
    floor.phone(1).hang_up()
    floor.clock.advance(3)


def charged(floor: Floor) -> list[tuple[str, int]]:
    """Tariffs and prices so far."""
    return [(fact.tariff, fact.price_li) for fact in floor.told(facts.CallCharged)]


def test_a_call_outside_is_charged_at_its_end() -> None:
    """The fact has who called, on which account, the price and why; calls inside, unanswered ones and emergency calls cost nothing."""
    floor = Floor(tariffed())
    floor.login("1001")
    dials(floor, "*624711#055501001#")
    talks(floor, 61)
    (told,) = floor.told(facts.CallCharged)
    assert (told.extension, told.agent, told.account, told.direction) == ("801", "1001", "4711", "outgoing")
    assert (told.tariff, told.site_version, told.price_li, told.duration_ms // 1000, told.paid_s) == ("national", 1, 1200, 61, 120)
    said = [text_read(step) for step in told.steps]
    assert [step.in_english() for step in said if step][-1] == "Together: ¥1.20."
    narrated = charge_sentence(told)
    assert narrated is not None
    assert narrated.in_english() == f"{told.call} lasted 61 s and costs ¥1.20 by tariff national."
    for keys in ("055500000#", "110"):
        dials(floor, keys)
        talks(floor, 10)
    dials(floor, "802")
    floor.phone(1).hang_up()
    floor.clock.advance(3)
    dials(floor, "055501001#")
    floor.phone(1).hang_up()
    assert charged(floor) == [("national", 1200), ("free", 0)]
    assert floor.bugs == []


def test_a_site_without_tariffs_says_nothing_of_money() -> None:
    """No fact, no estimate."""
    floor = Floor(tariffed(tariffs=()))
    dials(floor, "055501001#")
    talks(floor, 61)
    assert charged(floor) == []


def test_metering_pulses_count_instead_of_time() -> None:
    """Where the tariff has a price for them."""
    floor = Floor(tariffed(tariffs=(replace(TARIFFS[0], pulse_li=110),)))
    dials(floor, "055501001#")
    talks(floor, 61, pulses=3)
    assert charged(floor) == [("national", 330)]


def test_a_call_to_the_hot_line_costs_the_site_money() -> None:
    """The line's own number finds the tariff; who talked is told; a call by another line fits none and costs nothing."""
    floor = Floor(tariffed())
    floor.login("1002")
    for line in (1, 2):
        floor.calling(line)
        floor.clock.advance(30)
        floor.phone(2).lift()
        floor.clock.advance(30)
        floor.line(line).hang_up()
        floor.phone(2).hang_up()
        floor.clock.advance(60)
    assert [(fact.tariff, fact.direction, fact.agent) for fact in floor.told(facts.CallCharged)] == [
        ("hotline", "incoming", "1002"),
        ("", "incoming", "1002"),
    ]
    assert floor.told(facts.CallCharged)[0].price_li % 150 == 0
    assert floor.bugs == []


def test_a_call_keeps_the_prices_with_which_it_began() -> None:
    """A change of the tariff counts from the next call on."""
    floor = Floor(tariffed())
    dials(floor, "055501001#")
    floor.router.apply(compile_routing(tariffed(tariffs=(TariffSection(name="new"),))))
    talks(floor, 10)
    dials(floor, "055501001#")
    talks(floor, 10)
    assert charged(floor) == [("national", 600), ("new", 0)]


def test_a_power_cut_ends_the_charged_time() -> None:
    """A call that was under way is charged until the last moment of which the journal knows, once the box runs again."""
    memory, floor = ChargeMemory(), Floor(tariffed())
    call = facts.CallPlaced(call="b1-c9", phone="phone-1", extension="801", agent="", called="55501001", line="line-1")
    for seconds, fact in (
        (0, call),
        (5, facts.CallAnswered(call="b1-c9", supervision="polarity")),
        (95, facts.PhoneLifted(phone="phone-2")),
    ):
        memory.apply(Envelope(1, "b1", seconds * 10**9, EPOCH_UTC_MS + seconds * 1000, 480, 0, "", fact))
    recalled = ChargeMemory.from_json(json.loads(json.dumps(memory.to_json())))
    assert recalled == memory
    clock = FakeClock()
    heard: list[Envelope] = []
    floor.bus.subscribe("again", heard.append)
    Meter(floor.bus, clock, floor.router, lambda: 2, recalled)
    floor.bus.publish(facts.ApplianceStarted(version="1", boards=(), after_clean_stop=False))
    floor.bus.publish(facts.CallEnded(call="b1-c9", cause=41, reason="restart", released_by="system"), "b1-c9")
    (told,) = [envelope.fact for envelope in heard if isinstance(envelope.fact, facts.CallCharged)]
    assert (told.duration_ms, told.price_li, told.site_version) == (90_000, 1200, 2)


def test_a_call_that_was_put_through_is_paid_until_it_ends() -> None:
    """A colleague gets the outside call: it is charged once, when he hangs up, to who dialled it, with the pulses of both conversations."""
    floor = Floor(tariffed(tariffs=(replace(TARIFFS[0], pulse_li=110),)))
    dials(floor, "055501001#")
    line = next(line for line in floor.lines.values() if line.does == "seized")
    line.send_digits()
    line.far_answers()
    line.meter()
    floor.clock.advance(20)
    floor.phone(1).flash()
    floor.turn()
    floor.phone(1).press("802")
    floor.turn()
    floor.phone(2).lift()
    floor.turn()
    floor.phone(1).hang_up()
    floor.clock.advance(30)
    assert len(floor.told(facts.CallTransferred)) == 1
    assert charged(floor) == []
    line.meter()
    floor.phone(2).hang_up()
    floor.clock.advance(3)
    (told,) = floor.told(facts.CallCharged)
    assert (told.extension, told.pulses, told.price_li, told.duration_ms // 1000) == ("801", 2, 220, 50)
    assert floor.bugs == []


def test_a_transferred_call_that_is_answered_later_pays_from_its_answer() -> None:
    """Put through while it rang outside, to a caller who pays nothing for that: each of the two lines is charged by itself, at the common end."""
    memory, begun, said = ChargeMemory(), "b1-c1", "b1-c2"
    story: tuple[tuple[int, facts.Fact], ...] = (
        (0, facts.CallArrived(call=begun, line="line-1", calling="138", calling_name="", called="")),
        (1, facts.CallAnswered(call=begun, supervision="local")),
        (2, facts.CallPlaced(call=said, phone="phone-1", extension="801", agent="", called="55501001", line="line-2")),
        (3, facts.CallTransferred(call=begun, other=said, phone="phone-1", to="line-2", answered=False, agent="")),
        (3, facts.CallEnded(call=said, cause=16, reason="transferred", released_by="agent")),
        (9, facts.CallAnswered(call=begun, supervision="polarity")),
    )
    for seconds, fact in story:
        memory.apply(Envelope(1, "b1", seconds * 10**9, EPOCH_UTC_MS + seconds * 1000, 480, 0, "", fact))
    open_calls = memory.carried_by(begun)
    assert {call: one.answered_ns // 10**9 for call, one in open_calls.items()} == {begun: 1, said: 9}
    memory.apply(
        Envelope(1, "b1", 0, EPOCH_UTC_MS, 480, 0, "", facts.CallEnded(call=begun, cause=16, reason="hung_up", released_by="caller"))
    )
    assert memory.open == {}


def test_lines_are_known_by_trunk_and_group() -> None:
    """A tariff may name the line, its trunk, or a group: of a call out the group that carries it, of a call in every group of the line."""
    site = tariffed(
        trunk_groups=(TrunkGroupSection(name="town", trunks=("line-1",)), TrunkGroupSection(name="all", trunks=("line-1", "line-2")))
    )
    assert names_of_lines(site)["line-1"] == ("line-1", "line-1", "town", "all")
    routing = compile_routing(site)
    out = MeteredCall(outgoing=True, line="line-1", called="55501001", group="all")
    assert charged_call(out, 0, routing).trunks == {"line-1", "all"}
    assert charged_call(replace(out, outgoing=False), 0, routing).trunks == {"line-1", "town", "all"}


# ---- budgets -------------------------------------------------------------------------------------------------------------------


def test_a_budget_warns_refuses_and_begins_anew_with_the_month() -> None:
    """The alarm warns before, tells when all is used; the next call hears why; emergency calls pass; the next month everything is over."""
    floor = Floor(tariffed(budgets=(BudgetSection(name="small", month_most_yuan=2, warn_percent=60),)))
    for _ in range(2):
        assert dials(floor, "055501001#") == []
        talks(floor, 61)
    assert dials(floor, "055501001#") == ["zh/limit_reached"]
    (refused,) = floor.told(facts.OutsideCallRefused)
    assert (refused.rule, refused.reason) == ("small", "budget_used")
    raised = [(fact.alarm, fact.about, fact.sentence) for fact in floor.told(facts.AlarmRaised)]
    assert raised == [
        ("cost.budget", "extension:801/warning", "Calls of extension 801 have cost ¥1.20 this month, of ¥2.00 that budget small permits."),
        ("cost.budget", "extension:801/used", "Calls of extension 801 have cost ¥2.40 this month: budget small of ¥2.00 is used up."),
    ]
    floor.phone(1).hang_up()
    assert dials(floor, "110") == []
    floor.phone(1).hang_up()
    floor.clock.advance(DAYS_LEFT_S)
    assert dials(floor, "055501001#") == []
    assert sorted(fact.about for fact in floor.told(facts.AlarmCleared)) == ["extension:801/used", "extension:801/warning"]
    assert floor.bugs == []


def test_a_greater_budget_lets_calls_out_again() -> None:
    """The alarm ends, and the phone calls; a budget that only warns never refuses."""
    small = BudgetSection(name="small", kind="account", names=("4711",), month_most_yuan=1)
    floor = Floor(tariffed(budgets=(small,)))
    dials(floor, "*624711#055501001#")
    talks(floor, 61)
    assert dials(floor, "*624711#055501001#") == ["zh/limit_reached"]
    floor.phone(1).hang_up()
    assert dials(floor, "055501001#") == []
    talks(floor, 5)
    for budget, cleared in ((replace(small, refuse=False), 0), (replace(small, month_most_yuan=100), 1)):
        site = tariffed(budgets=(budget,))
        floor.router.apply(compile_routing(site))
        floor.control.apply(site)
        assert len(floor.told(facts.AlarmCleared)) == cleared
        assert dials(floor, "*624711#055501001#") == []
        talks(floor, 5)
    assert floor.bugs == []
