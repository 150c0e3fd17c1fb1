"""An appliance with its page, and a browser, for all tests of this folder."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.site_file import demo_site_file
from tests.browser.browser import Browser
from tests.journeys.process import Running, data_folder

PASSWORD = "green-heron-at-nine"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Running]:
    """A running appliance on simulated boards with the demo call under way, and its page at a port of its own."""
    folder = tmp_path_factory.mktemp("browser")
    port = free_port()
    site = folder / "site.yaml"
    site.write_text(demo_site_file().read_text(encoding="utf-8") + f"\nweb:\n  port: {port}\n", encoding="utf-8")
    with Running(data_folder(folder / "data", prompts_folder), "--site", str(site)) as running:
        running.until("first login: ")
        running.until("the page is at ")
        yield running


@pytest.fixture(scope="session")
def address(box: Running) -> str:
    """Where the page is."""
    found = re.search(r"the page is at (\S+)", box.said)
    assert found is not None
    return found[1]


@pytest.fixture(scope="session")
def first_password(box: Running) -> str:
    """What the terminal showed."""
    box.until("\n")
    found = re.search(r"first login: admin / (\S+)", box.said)
    assert found is not None
    return found[1]


@pytest.fixture(scope="session")
def browser(address: str) -> Iterator[Browser]:
    """One browser that stays logged in."""
    made = Browser(address)
    yield made
    made.close()
