"""Call costs in a real browser, on a box whose first call was charged: the list, the reasons, the form of a tariff."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.site_file import demo_site_file
from engine import facts
from tests.browser.browser import Browser
from tests.browser.conftest import PASSWORD, free_port
from tests.browser.test_hardware import looked_at
from tests.journeys.process import Running, data_folder
from tests.pages import Day

MONEY = """
time_conditions:
  - {name: office, title: 上班时间}
tariffs:
  - name: hotline
    title: 400 热线
    direction: incoming
    setup_li: 50
    bands:
      - {name: day, condition: office, first_s: 6, first_price_li: 15, next_s: 6, next_price_li: 15}
      - {name: other, first_s: 6, first_price_li: 10, next_s: 6, next_price_li: 10}
  - {name: national, title: 国内长途, numbers: ["0."], bands: [{name: all, first_price_li: 600, next_price_li: 600}]}
account_codes:
  - {code: "4711", title: 工程部}
service_classes:
  - {name: staff, title: 员工}
charge_accounts:
  - {number: "9001", title: 王先生, pin: "4321"}
disa:
  - {name: cards, title: 电话卡, service_class: staff}
budgets:
  - {name: workshop, kind: account, names: ["4711"], month_most_yuan: 200}
"""


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Browser]:
    """A browser of the administrator, reading English, on a box with one call of yesterday."""
    folder = tmp_path_factory.mktemp("paid")
    site = folder / "site.yaml"
    site.write_text(f"{demo_site_file().read_text(encoding='utf-8')}{MONEY}\nweb:\n  port: {free_port()}\n", encoding="utf-8")
    day = Day(folder / "data", prompts_folder, site)
    day.play(tmp_path_factory.mktemp("voices"))
    assert day.told(facts.CallCharged)
    day.rig.stop()
    with Running(data_folder(folder / "data", prompts_folder), "--no-caller") as running:
        running.until("first login: ")
        running.until("the page is at ")
        address = re.search(r"the page is at (\S+)", running.said)
        password = re.search(r"first login: admin / (\S+)", running.said)
        assert address is not None
        assert password is not None
        browser = Browser(address[1])
        browser.go("/login")
        browser.type(name="admin", password=password[1])
        browser.follow("form .button.main")
        browser.type(old=password[1], new=PASSWORD, again=PASSWORD)
        browser.follow("form .button.main")
        browser.prefer("language", "en")
        yield browser
        browser.close()


def test_from_the_calls_to_what_one_cost(paid: Browser) -> None:
    """Calls, their costs, the sum by agent, and the reasons of one price: each a click away."""
    paid.go("/calls")
    paid.follow("a[href='/costs']")
    looked_at(paid, "costs")
    paid.go("/costs?by=agent")
    assert "Together" in paid.find("#sums").text
    paid.follow("#calls tbody a")
    assert "Tariff 400 热线, for calls that come to" in paid.find("#why").text
    looked_at(paid, "cost")


def test_a_payment_is_booked(paid: Browser) -> None:
    """A sum and a receipt beside the account; the balance follows."""
    paid.go("/costs")
    paid.find("#accounts input[name='amount']").send_keys("100")
    paid.find("#accounts input[name='why']").send_keys("receipt 7")
    paid.follow("#accounts form button")
    assert "¥100.00" in paid.find("#accounts").text
    looked_at(paid, "costs")


def test_forms_of_money_bar_nobody(paid: Browser) -> None:
    """A tariff with its bands, and a budget; the dry run tells the price of a call outside."""
    for name, path in (
        ("tariff", "/settings/tariffs/entry/hotline"),
        ("budget", "/settings/budgets/entry/workshop"),
        ("tariffs", "/settings/tariffs"),
        ("charge-account", "/settings/charge_accounts/entry/9001"),
        ("disa", "/settings/disa/entry/cards"),
    ):
        paid.go(path)
        looked_at(paid, name)
    paid.go("/routes?from=801&to=0075512345678")
    assert "Cost by tariff 国内长途, band all: ¥0.60 for 60 s" in paid.find("#cost").text
