"""Line tests in a real browser, on a box of its own: a test is begun, moves by itself, and ends in a sentence."""

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


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Browser]:
    """A browser of the administrator, reading English, on a box where nobody calls."""
    folder = tmp_path_factory.mktemp("ports")
    site = folder / "site.yaml"
    site.write_text(f"{demo_site_file().read_text(encoding='utf-8')}\nweb:\n  port: {free_port()}\n", encoding="utf-8")
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


def test_a_line_is_tested_and_the_page_moves_by_itself(bench: Browser) -> None:
    """The installer presses Begin and watches: the line is being tested, the bar moves, then the sentence stands there; no reload by hand."""
    bench.go("/hardware/ports")
    bench.follow("a[href='/hardware/ports/line-1']")
    bench.follow("form:has(input[value='dial_tone']) button")
    bench.find("#port-state[data-runs]")
    bench.find("#port-state progress")
    bench.pictures("line-test-runs")
    bench.find("#port-history .finding-good")
    bench.until(lambda: not bench.all("#port-state[data-runs]"), "the test is over")
    assert "Dial tone of 450.0 Hz" in bench.find("#port-history").text
    bench.follow("form:has(input[value='loop']) button")
    bench.find("#port-history .finding-bad")
    assert "are these two ports cabled to each other?" in bench.find("#port-history").text
    looked_at(bench, "line-tests")


def test_the_list_of_ports_and_a_phones_page_bar_nobody(bench: Browser) -> None:
    """Lists and forms can be used with a keyboard, a screen reader and a telephone, in light and dark."""
    bench.go("/hardware/ports/phone-801")
    looked_at(bench, "phone-tests")
    bench.go("/hardware/ports")
    looked_at(bench, "ports")
