"""The page of the boards in a real browser, on a box with a digital card: alarms, a bit-error test, a loop. One story, in this order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.site_file import demo_site_file
from tests.browser.browser import Browser
from tests.browser.conftest import PASSWORD, free_port
from tests.journeys.process import Running, data_folder

SPANS = """
spans:
  - {name: city-1, kind: e1, hardware_id: TE220-1, port: 1}
  - {name: city-2, kind: e1, hardware_id: TE220-1, port: 2}
  - {name: city-3, kind: e1, hardware_id: TE220-1, port: 3, crc4: "off"}
  - {name: city-4, kind: e1, hardware_id: TE220-1, port: 4}
"""
"""Simulated ports are cabled in pairs; the second pair does not agree about CRC-4."""


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Browser]:
    """A browser of the administrator, reading English."""
    folder = tmp_path_factory.mktemp("rack")
    site = folder / "site.yaml"
    site.write_text(f"{demo_site_file().read_text(encoding='utf-8')}\nweb:\n  port: {free_port()}\n{SPANS}", encoding="utf-8")
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


def looked_at(browser: Browser, name: str) -> None:
    """Pictures in both languages, nothing that bars anybody, and nothing wider than a telephone."""
    browser.pictures(name)
    assert browser.faults_of_access() == []
    browser.prefer("theme", "dark")
    assert browser.faults_of_access() == []
    browser.prefer("theme", "light")
    browser.resize("-phone")
    assert browser.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
    browser.resize("")


def shown(browser: Browser, path: str, words: str) -> None:
    """Look again until the page says this."""

    def says() -> bool:
        browser.go(path)
        return words in browser.text()

    browser.until(says, words)


def test_alarms_with_what_to_check(rack: Browser) -> None:
    """Two ports whose settings do not agree: the page says which, what it means and what to compare."""
    shown(rack, "/hardware", "loss of multiframe alignment")
    assert "Is CRC-4 on at both ends or off at both?" in rack.text()
    looked_at(rack, "hardware")


def test_bit_errors_are_counted(rack: Browser) -> None:
    """Two channels of cabled ports are tested from the page, and there is a result. (A busy machine may have lost audio, and says so.)"""
    rack.go("/hardware")
    rack.type(first="9", second="40", length_s="2")
    rack.follow('form[action="/hardware/tests"] .button.main')
    shown(rack, "/hardware", "2 of 2 s")
    shown(rack, "/hardware", "over")
    assert "No errors in" in rack.text() or "The machine itself was late" in rack.text()
    looked_at(rack, "hardware-test")


def test_a_span_is_looped_and_freed(rack: Browser) -> None:
    """A loop in the card is put on, seen, and taken off again."""
    rack.go("/hardware/spans/2")
    rack.follow('form[action="/hardware/spans/2/loop"] .button.main')
    assert "The loop is on." in rack.text()
    looked_at(rack, "hardware-span")
    rack.follow('form[action="/hardware/spans/2/loop"] .button')
    assert "The loop is ended." in rack.text()
