"""Supplementary services in a real browser: what is set is seen, set and ended with the forms, and the forms bar nobody."""

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
service_classes:
  - {name: staff, outside_forward: true}
ring_groups:
  - {name: sales, title: 销售组, number: "700", members: ["801", "802"]}
secretaries:
  - {boss: "802", secretaries: ["801"]}
hot_lines:
  - {phone: phone-802, number: "801", after_s: 3}
speed_dials:
  - {slot: "10", title: 总部, number: "013800138000"}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Browser]:
    """A browser of the administrator, reading English, on a box where nobody calls."""
    folder = tmp_path_factory.mktemp("services")
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


def test_a_forward_is_set_seen_and_ended(desk: Browser) -> None:
    """A number is typed, the button pressed: it stands there and in the list; the other button ends it."""
    desk.go("/services/801")
    desk.find("#forward_always").send_keys("013900139000")
    desk.follow("#forwards form:nth-of-type(1) .button.main")
    assert "13900139000" in desk.find("#forwards").text
    desk.go("/services")
    assert "every call → 13900139000" in desk.find("table").text
    looked_at(desk, "services")
    desk.go("/services/801")
    desk.follow("#forwards form:nth-of-type(1) button[value='end']")
    assert "13900139000" not in desk.find("#forwards").text


def test_a_refusal_stands_above_the_forms(desk: Browser) -> None:
    """To oneself: the sentence says so, and the number stays where it was typed."""
    desk.go("/services/802")
    desk.find("#forward_busy").send_keys("802")
    desk.follow("#forwards form:nth-of-type(2) .button.main")
    assert desk.find(".notice.bad").text == "Extension 802 cannot lead to itself."
    assert desk.find("#forward_busy").get_attribute("value") == "802"
    looked_at(desk, "services-extension")


def test_the_forms_of_groups_and_codes_bar_nobody(desk: Browser) -> None:
    """The settings of ring groups, secretaries, hot lines, short numbers and codes can be used by everybody."""
    for name, path in (
        ("ring-group", "/settings/ring_groups/entry/sales"),
        ("secretary", "/settings/secretaries/entry/802"),
        ("hot-line", "/settings/hot_lines/entry/phone-802"),
        ("speed-dial", "/settings/speed_dials/entry/10"),
        ("service-codes", "/settings/service_codes"),
    ):
        desk.go(path)
        looked_at(desk, name)
