"""An administrator sets up people and telephones in a real browser: by form and by spreadsheet. The tests are one story, in this order."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from appliance.site_file import demo_site_file
from tests.browser.browser import Browser
from tests.browser.conftest import PASSWORD, free_port
from tests.journeys.process import Running, data_folder


@pytest.fixture(scope="module")
def office_box(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Running]:
    """An appliance of its own, because its settings are changed."""
    folder = tmp_path_factory.mktemp("office")
    site = folder / "site.yaml"
    site.write_text(demo_site_file().read_text(encoding="utf-8") + f"\nweb:\n  port: {free_port()}\n", encoding="utf-8")
    with Running(data_folder(folder / "data", prompts_folder), "--site", str(site), "--no-caller") as running:
        running.until("first login: ")
        running.until("the page is at ")
        yield running


@pytest.fixture(scope="module")
def office(office_box: Running) -> Iterator[Browser]:
    """A browser of the administrator, reading English."""
    address = re.search(r"the page is at (\S+)", office_box.said)
    password = re.search(r"first login: admin / (\S+)", office_box.said)
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


def saved(browser: Browser, why: str) -> None:
    """Look at the difference, say why, and save."""
    browser.type(why=why)
    browser.follow(".form-buttons .button.main")


def sheet(folder: Path, name: str, *rows: list[Any]) -> Path:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(folder / name)
    return folder / name


def send(browser: Browser, file: Path) -> None:
    browser.find("#file").send_keys(str(file))
    browser.follow(".form-buttons .button.main")


def test_a_new_agent_by_form(office: Browser) -> None:
    """From the list to the form, to the difference, to a PIN that is shown once."""
    office.follow("nav a[href='/agents']")
    looked_at(office, "agents")
    office.follow("a[href='/agents/new']")
    office.type(**{"f-number": "12a", "f-name": "陈静"})
    office.follow(".form-buttons .button.main")
    assert "expected 1 to 8 digits" in office.text()
    office.picture("agent-faults-en-light")
    assert office.faults_of_access() == []
    office.type(**{"f-number": "1005"})
    office.click("#f-queues input[value=service]")
    office.follow(".form-buttons .button.main")
    saved(office, "new colleague")
    assert re.fullmatch(r"[0-9]{6}", office.find(".pin").text)
    office.picture("pins-en-light")
    assert office.faults_of_access() == []
    office.prefer("theme", "dark")
    assert "These PINs were shown already" in office.text()
    office.prefer("theme", "light")
    office.go("/agents")
    assert "陈静" in office.text()


def test_changing_and_removing_an_agent(office: Browser) -> None:
    """The form of an agent, another name, and the way out of the house."""
    office.go("/agents/1005")
    looked_at(office, "agent")
    office.type(**{"f-name": "陈小静"})
    office.follow(".form-buttons .button.main")
    saved(office, "misspelled")
    assert "陈小静" in office.text()
    office.go("/agents/1005")
    office.follow(".button.danger")
    saved(office, "left us")
    office.go("/agents/1005")
    assert "There is no agent 1005 any more." in office.text()
    looked_at(office, "agent-gone")


def test_agents_by_spreadsheet(office: Browser, tmp_path: Path) -> None:
    """A picture is refused; a sheet with faults is shown cell by cell; the mended one is saved as one version."""
    office.go("/agents/import")
    looked_at(office, "import")
    picture = tmp_path / "team.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    send(office, picture)
    assert "This is a picture (PNG), no spreadsheet" in office.text()
    office.picture("import-refused-en-light")
    assert office.faults_of_access() == []
    heads = ["number", "name", "language", "queues", "部门"]
    good: list[list[Any]] = [
        [1001, "李娜娜", "中文", "客户服务", "a"],
        ["1002", "王伟", "", "service", "b"],
        ["1010", "赵磊", "en", "service", "c"],
    ]
    send(office, sheet(tmp_path, "名单.xlsx", heads, *good, ["1001", "again", "", "", ""], ["10.5", "=1+1", "fr", "servise", ""]))
    assert "Faulty rows: 2" in office.text()
    assert "1001 stands in row 2 already." in office.text()
    looked_at(office, "import-faults")
    office.follow(".verdicts a[href$='show=all']")
    looked_at(office, "import-all")
    office.follow(".form-buttons a.button")
    send(office, sheet(tmp_path, "名单.xlsx", heads, *good))
    looked_at(office, "import-preview")
    saved(office, "list of March")
    assert re.fullmatch(r"[0-9]{6}", office.find(".pin").text)
    office.go("/agents")
    assert "李娜娜" in office.text()
    assert "赵磊" in office.text()


def test_the_list_as_a_workbook(office: Browser) -> None:
    """What the browser downloads is a workbook with everybody in it."""
    octets = office.driver.execute_async_script(
        "fetch('/agents/export.xlsx').then(answer => answer.arrayBuffer()).then(octets => arguments[0]([...new Uint8Array(octets)]))"
    )
    rows = list(load_workbook(io.BytesIO(bytes(octets))).worksheets[0].iter_rows(values_only=True))
    assert {"1010", "赵磊", "en", "ringing", "service"} <= set(next(row for row in rows if row[0] == "1010"))


def test_extensions(office: Browser) -> None:
    """Another number is good at once, a new telephone waits for the next start, and both are said."""
    office.follow("nav a[href='/extensions']")
    looked_at(office, "extensions")
    office.follow("a[href='/extensions/entry/phone-803']")
    looked_at(office, "extension")
    office.type(**{"f-extension": "833"})
    office.follow(".form-buttons .button.main")
    saved(office, "new plan")
    assert "It is in force." in office.text()
    office.follow("a[href='/extensions/new']")
    office.type(**{"f-name": "phone-805", "f-channel": "9", "f-extension": "805"})
    office.follow(".form-buttons .button.main")
    saved(office, "another desk")
    assert "works from the next start" in office.text()
    looked_at(office, "extensions-waiting")
    assert [said for said in office.complaints() if "404" not in said and "400" not in said] == []
