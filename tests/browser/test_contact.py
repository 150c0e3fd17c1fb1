"""A contact of several calls in a real browser: its line, its gaps, and the way from one call to the next."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.options import ScenarioOptions
from appliance.prompts import load
from appliance.scenarios import Follower, Studio, productions_of
from appliance.site_file import demo_site_file
from tests.browser.browser import Browser
from tests.browser.conftest import PASSWORD, free_port
from tests.browser.test_hardware import looked_at
from tests.journeys.process import Running

SCENARIO = Path(__file__).parents[1] / "journeys" / "recording_transfer.yaml"


@pytest.fixture(scope="module")
def transferred(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Browser]:
    """A browser of the administrator, reading English, on a box that has had one customer who was put on hold, sent on and joined by a third."""
    folder = tmp_path_factory.mktemp("transferred")
    (production,) = productions_of(ScenarioOptions(files=(SCENARIO,), keep=folder))
    played = production.play(Studio(load(prompts_folder), tmp_path_factory.mktemp("voices")), Follower(production, lambda _said: None, str))
    assert played.passed
    site = folder / "site.yaml"
    site.write_text(f"{demo_site_file().read_text(encoding='utf-8')}\nweb:\n  port: {free_port()}\n", encoding="utf-8")
    shutil.copytree(prompts_folder, folder / SCENARIO.stem / "prompts", dirs_exist_ok=True)
    with Running(folder / SCENARIO.stem, "--site", str(site), "--no-caller") as running:
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


def test_the_line_of_a_contact_is_seen_and_led_on(transferred: Browser) -> None:
    """Who talked with whom stands in bars one after the other, hold is grey, and each bar leads to its recording, also in another call."""
    transferred.go("/calls/b1-c1")
    bars = transferred.all(".contact-line .lane.left")
    assert len(bars) == 6
    edges = [(bar.rect["x"], bar.rect["x"] + bar.rect["width"]) for bar in bars]
    assert edges[2][0] == pytest.approx(edges[0][1], abs=3)  # the transfer
    assert all(bar.is_displayed() and bar.rect["width"] > 0 for bar in bars)
    assert transferred.all(".contact-line .hole")
    looked_at(transferred, "contact")
    transferred.follow(".contact-line li:nth-child(2) a")
    assert transferred.driver.current_url.split("/")[-1].startswith("b1-c2#head-")
    assert transferred.find(".contact-calls [aria-current]").text.count("802") == 1
