"""Routing in a real browser, on a box with rules: the dry run, the emergency switch, and the forms of the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.site_file import demo_site_file
from tests.browser.browser import Browser
from tests.browser.conftest import PASSWORD, free_port
from tests.browser.test_hardware import looked_at
from tests.journeys.process import Running, data_folder

RULES = """
numbering: {area_code: "021"}
time_conditions:
  - {name: office, title: 上班时间, switch_code: "*90"}
number_lists:
  - {name: nuisance, title: 骚扰电话, kind: black, numbers: ["13911111111"]}
  - {name: golden, title: 金卡客户, kind: vip, numbers: ["13800138000"]}
inbound_routes:
  - {name: vip, vip: "yes", target: "extension:801", on_busy: "queue:service"}
  - {name: south, areas: [广东], condition: office, target: "queue:service"}
  - {name: day, condition: office, target: "flow:main"}
  - {name: night, target: "announcement:goodbye"}
outbound_routes:
  - {name: long-distance, prefix: "0", ways: [line-2]}
  - {name: rest}
service_classes:
  - {name: staff, title: 员工, level: national}
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Browser]:
    """A browser of the administrator, reading English, on a box with rules where nobody calls."""
    folder = tmp_path_factory.mktemp("rules")
    site = folder / "site.yaml"
    site.write_text(f"{demo_site_file().read_text(encoding='utf-8')}{RULES}\nweb:\n  port: {free_port()}\n", encoding="utf-8")
    with Running(data_folder(folder / "data", prompts_folder), "--site", str(site), "--no-caller") as running:
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


def test_a_call_at_spring_festival_is_tried_without_calling(rules: Browser) -> None:
    """A number from Shenzhen at a holiday: typed, asked, and read rule by rule; the form keeps what was typed."""
    rules.go("/routes")
    rules.type(**{"from": "075588886666", "to": "02155501001", "at": "2026-02-17 10:00"})
    rules.follow("form[action='/routes'] .button.main")
    decision = rules.find("#decision").text
    assert "It goes to announcement goodbye, by route night." in decision
    assert "Caller: 075588886666 (广东省深圳市 / Shenzhen, Guangdong)." in decision
    assert "Route south: no, it holds while open; now closed: public holiday (春节)." in decision
    looked_at(rules, "routes")


def test_the_emergency_switch_is_a_button(rules: Browser) -> None:
    """Closed with one click, open again with another; the badge and the reason follow."""
    rules.go("/routes")
    rules.follow("#hours form button")
    assert "closed by the emergency switch" in rules.find("#hours").text
    rules.follow("#hours form button")
    assert "closed by the emergency switch" not in rules.find("#hours").text


def test_the_forms_of_rules_bar_nobody(rules: Browser) -> None:
    """The forms of a route, of hours with their rows, and of a class of service can be used by everybody."""
    for name, path in (
        ("inbound-route", "/settings/inbound_routes/entry/vip"),
        ("time-condition", "/settings/time_conditions/entry/office"),
        ("service-class", "/settings/service_classes/entry/staff"),
        ("holidays", "/settings/holidays"),
    ):
        rules.go(path)
        looked_at(rules, name)
