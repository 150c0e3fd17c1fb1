"""The pages of call costs: sums, calls, budgets, the file for a spreadsheet, and why a call cost what it did."""

from __future__ import annotations

import csv
import html
import io
from dataclasses import replace

import pytest

from engine import facts
from engine.kernel.text import text, text_written
from engine.settings.site import AccountCodeSection, BudgetSection, ChargeAccountSection, TariffBand, TariffSection
from tests.office import Office
from tests.pages import Reply

CALL = "b1-c77"


@pytest.fixture
def counted(office: Office) -> Office:
    """A site with a tariff and a budget, on which one call was charged."""
    office.change(
        replace(
            office.site,
            tariffs=(TariffSection(name="national", title="国内长途", bands=(TariffBand(first_price_li=600),)),),
            budgets=(BudgetSection(name="small", names=("801",), month_most_yuan=1, warn_percent=0),),
            account_codes=(AccountCodeSection(code="4711", title="工程部"),),
            charge_accounts=(ChargeAccountSection(number="9001", title="王先生", pin="4321"),),
        )
    )
    rig = office.pages.day.rig
    if office.pages.day.told(facts.CallCharged):
        return office
    bus = rig.appliance.bus
    bus.publish(facts.CallPlaced(call=CALL, phone="phone-801", extension="801", agent="1001", called="+4416", line="line-1"), CALL)
    bus.publish(charged(rig.clock.utc_ms()), CALL)
    bus.publish(facts.CallEnded(call=CALL, cause=16, reason="hung_up", released_by="agent"), CALL)
    return office


def charged(utc_ms: int) -> facts.CallCharged:
    step = text("Tariff {tariff}, for calls to {number}.", tariff="国内长途", number="+4416")
    return facts.CallCharged(
        call=CALL,
        direction="outgoing",
        line="line-1",
        group="",
        route="",
        extension="801",
        agent="1001",
        account="4711",
        charge_account="",
        tariff="national",
        site_version=2,
        basis="time",
        answered_utc_ms=utc_ms,
        duration_ms=61_000,
        paid_s=120,
        pulses=0,
        price_li=1200,
        bands=("all",),
        steps=(text_written(step),),
    )


def plain(reply: Reply) -> str:
    return html.unescape(reply.text)


def test_sums_calls_and_budgets_stand_on_one_page(counted: Office) -> None:
    """What extension 801 has spent, the call with its number, and that the budget is used up."""
    shown = plain(counted.admin.get("/costs"))
    for said in ("¥1.20", "+4416", "national", "used up", "Together"):
        assert said in shown
    by_account = plain(counted.admin.get("/costs?by=account&direction=outgoing"))
    assert "工程部" in by_account


def test_filters_leave_out_what_does_not_fit(counted: Office) -> None:
    """Another extension, or a month that is over: no call; a day that is none is told in words and nothing breaks."""
    assert "No charged call fits" in plain(counted.admin.get("/costs?extension=899"))
    assert "No charged call fits" in plain(counted.admin.get("/costs?since=2020-01-01&until=2020-01-31"))
    wrong = counted.admin.get("/costs?since=2026-02-31")
    assert (wrong.status, "is no day of the calendar" in plain(wrong)) == (400, True)


def test_the_file_opens_in_a_spreadsheet(counted: Office) -> None:
    """Headings in the reader's language, one line a call; a number with a plus is no formula."""
    reply = counted.admin.get("/costs.csv?extension=801")
    assert reply.header("content-disposition") == 'attachment; filename="call-costs.csv"'
    assert reply.text.startswith("\ufeff")
    headings, row = csv.reader(io.StringIO(reply.text.removeprefix("\ufeff")))
    found = dict(zip(headings, row, strict=True))
    assert (found["Telephone number"], found["Price in yuan"], found["Seconds paid"], found["Account code"]) == (
        "'+4416",
        "1.20",
        "120",
        "4711",
    )
    assert counted.admin.get("/costs.csv?since=soon").status == 400


def test_why_a_call_cost_so_much(counted: Office) -> None:
    """The steps, the version of the settings, and the way to the call itself; a call without a price is not found."""
    shown = plain(counted.admin.get(f"/costs/{CALL}"))
    assert "Tariff 国内长途, for calls to +4416." in shown
    assert f'href="/calls/{CALL}"' in shown
    assert "By version 2 of the settings." in shown
    assert counted.admin.get("/costs/b1-c1").status == 404
    assert f"{CALL} lasted 61 s and costs ¥1.20 by tariff national." in plain(counted.admin.get(f"/calls/{CALL}"))


def test_who_may_not_see_calls_sees_no_costs(counted: Office) -> None:
    """An agent is refused all three pages."""
    agent = counted.pages.person("lina")
    assert {agent.get(path).status for path in ("/costs", "/costs.csv", f"/costs/{CALL}")} == {403}


def test_tariffs_have_forms(counted: Office) -> None:
    """The form of a tariff has its bands as rows; what does not fit is told at its field."""
    shown = plain(counted.admin.get("/settings/tariffs/entry/national"))
    assert "Price of the first period" in shown
    wrong = counted.send("/settings/tariffs/entry/national", trunks="nothing")
    assert "there is no trunk group, exchange line or E1 trunk nothing" in plain(wrong)


def test_the_dry_run_tells_the_price(counted: Office) -> None:
    """Where would a call go, and what would it cost."""
    shown = plain(counted.admin.get("/routes?from=802&to=013800138000"))
    assert "Cost by tariff 国内长途, band all: ¥0.60 for 60 s, then ¥0.00 for 60 s." in shown


def test_a_payment_is_booked_on_a_charge_account(counted: Office) -> None:
    """A sum and a receipt, and the balance is there; what is no sum is refused in words; who only looks has no form and may not book."""
    counted.admin.submit("/costs", "/costs/credit", {"account": "9001", "amount": "100.5", "why": "收据 7"})
    assert "¥100.50" in plain(counted.admin.get("/costs"))
    (credited,) = counted.pages.day.told(facts.ChargeAccountCredited)
    assert (credited.amount_li, credited.by, credited.why) == (100_500, "user admin", "收据 7")
    for amount, why, said in (("plenty", "x", "is wanted"), ("0", "x", "is wanted"), ("5", "", "Say why")):
        refused = counted.admin.submit("/costs", "/costs/credit", {"account": "9001", "amount": amount, "why": why})
        assert (refused.status, said in plain(refused)) == (400, True)
    unknown = counted.admin.submit("/costs", "/costs/credit", {"account": "9", "amount": "-5", "why": "x"})
    assert "There is no charge account 9; there are 9001." in plain(unknown)
    guest = counted.pages.person("guest")
    assert 'action="/costs/credit"' not in guest.get("/costs").text
    assert guest.submit("/costs", "/costs/credit", {"account": "9001", "amount": "5", "why": "x"}).status == 403
