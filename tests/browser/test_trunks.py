"""Trunks in a real browser, on a box of its own with an E1: a channel is blocked and the page moves; messages in words; a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.browser import Browser
from tests.browser.conftest import PASSWORD, free_port
from tests.browser.test_hardware import looked_at
from tests.journeys.process import Running, data_folder
from tests.trunk_site import trunk_site


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Browser]:
    """A browser of the administrator, reading English, on a box with an E1 where nobody calls."""
    folder = tmp_path_factory.mktemp("trunks")
    site = trunk_site(folder, more=f"web:\n  port: {free_port()}\n")
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


def test_a_channel_is_blocked_and_the_page_moves_by_itself(bench: Browser) -> None:
    """From the list to the trunk, a channel chosen, a reason typed: the row changes without a reload, and back again."""
    bench.go("/trunks")
    looked_at(bench, "trunks")
    bench.follow("td a[href='/trunks/pri-1']")
    bench.find("#connection[data-state=live]")
    bench.find("#line-pri-1-3 .line-free")
    bench.click("#what option[value='line:pri-1-3']")
    bench.type(why="cable work")
    bench.follow("#blocking button[value=block]")
    bench.find("#line-pri-1-3 .finding-unseen")
    bench.until(lambda: "cable work" in bench.find("#line-pri-1-3").text, "the reason stands in the row")
    looked_at(bench, "trunk")
    bench.click("#what option[value='line:pri-1-3']")
    bench.type(why="done")
    bench.follow("#blocking button[value=unblock]")
    bench.find("#line-pri-1-3 .line-free")


def test_the_trace_is_read_and_captured(bench: Browser) -> None:
    """The link's beginning stands there in words; a capture is begun and ended."""
    bench.go("/trunks/pri-1/trace")
    bench.until(lambda: "SABME: asks for the link" in bench.text(), "the link's first frame in words")
    bench.follow("form[action$='/capture'] .button.main")
    bench.until(lambda: "A capture runs" in bench.find("#capture-state").text, "the capture runs")
    looked_at(bench, "trace")
    bench.follow("form[action$='/capture'] .button.main")
    assert "The capture is over (ended)" in bench.find("#capture-state").text
    assert not bench.complaints()
