"""An administrator sets the box up in a real browser: forms, difference, history, certificate, restart. One story, in this order."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.keys import Keys

from appliance.site_file import demo_site_file
from tests.browser.browser import Browser
from tests.browser.conftest import PASSWORD, free_port
from tests.certificates import party
from tests.journeys.process import Running, data_folder

SEND = "form.card .form-buttons .main"


@pytest.fixture(scope="module")
def settings_box(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Running]:
    """An appliance of its own, because its settings are changed."""
    folder = tmp_path_factory.mktemp("settings")
    site = folder / "site.yaml"
    site.write_text(demo_site_file().read_text(encoding="utf-8") + f"\nweb:\n  port: {free_port()}\n", encoding="utf-8")
    with Running(data_folder(folder / "data", prompts_folder), "--site", str(site), "--no-caller") as running:
        running.until("first login: ")
        running.until("the page is at ")
        running.until("\n")
        yield running


@pytest.fixture(scope="module")
def office(settings_box: Running) -> Iterator[Browser]:
    """A browser of the administrator, reading English."""
    address = re.search(r"the page is at (\S+)", settings_box.said)
    password = re.search(r"first login: admin / (\S+)", settings_box.said)
    assert address is not None
    assert password is not None
    browser = Browser(address[1])
    browser.go("/login")
    browser.prefer("language", "en")
    log_in(browser, password[1])
    browser.type(old=password[1], new=PASSWORD, again=PASSWORD)
    browser.follow("form .button.main")
    yield browser
    browser.close()


def log_in(browser: Browser, password: str) -> None:
    browser.type(name="admin", password=password)
    browser.follow("form .button.main")


def looked_at(browser: Browser, name: str) -> None:
    """Pictures in both languages, light and dark and narrow, and nothing that bars anybody."""
    browser.pictures(name)
    assert browser.faults_of_access() == []
    browser.prefer("theme", "dark")
    assert browser.faults_of_access() == []
    browser.prefer("theme", "light")


def shown(browser: Browser, name: str) -> None:
    """A picture of an answer that would be gone after another choice of language, and nothing that bars anybody."""
    browser.picture(f"{name}-en-light")
    browser.resize("-phone")
    browser.picture(f"{name}-en-phone")
    browser.resize("")
    assert browser.faults_of_access() == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("settings", "/settings"),
        ("settings-desk", "/settings/desk"),
        ("settings-queues", "/settings/queues"),
        ("settings-queue", "/settings/queues/entry/service"),
        ("settings-certificate", "/settings/certificate"),
    ],
)
def test_every_kind_of_page_is_fit_to_be_seen(office: Browser, name: str, path: str) -> None:
    """Overview, group, list, entry and certificate: in both languages, by day and by night, on a telephone, for screen readers."""
    office.go(path)
    looked_at(office, name)


def test_a_fault_is_found_by_its_link(office: Browser) -> None:
    """A wrong value comes back with a sentence above, whose link leads into the field; nothing else is lost."""
    office.go("/settings/queues/entry/service")
    office.type(**{"f-ring_timeout_s": "300", "f-title": "Service desk"})
    office.follow(SEND)
    shown(office, "settings-fault")
    office.click(".faults a")
    assert office.run("return document.activeElement.id") == "f-ring_timeout_s"
    assert office.find("#f-title").get_attribute("value") == "Service desk"


def test_a_change_is_looked_at_and_saved(office: Browser) -> None:
    """The Enter key sends the form; the difference is told in words; with a reason it is saved, and the next page says so."""
    office.type(**{"f-ring_timeout_s": "25"})
    before = office.find("html").id
    office.find("#f-ring_timeout_s").send_keys(Keys.ENTER)
    office.until(lambda: office.find("html").id != before and office.all("#why"), "the difference")
    assert re.search(r"Ringing time\s.*20 s → new: 25 s", re.sub(r"\s+", " ", office.text()))
    looked_at(office, "settings-change")
    office.type(why="phones ring too short")
    office.follow(SEND)
    assert "Saved as version 2. It is in force." in office.text()


def test_rows_without_a_script(office: Browser) -> None:
    """A reason for not ready is added and filled in."""
    office.go("/settings/desk")
    office.follow("button[value='add:reasons']")
    office.type(**{"f-reasons-4-digit": "5", "f-reasons-4-name": "coaching"})
    office.follow(SEND)
    assert "Reasons for not ready" in office.text()
    office.type(why="new reason")
    office.follow(SEND)
    assert "Saved as version 3." in office.text()


def test_what_waits_is_said(office: Browser) -> None:
    """A setting of the box waits for the next start: it is marked before saving, and the settings pages say so afterwards."""
    office.go("/settings/box")
    office.type(**{"f-name": "Demo box"})
    office.follow(SEND)
    assert "at the next start" in office.text()
    office.type(why="a better name")
    office.follow(SEND)
    assert "What differs in Box is saved and waits for the next start." in office.text()
    looked_at(office, "settings-waits")


def test_the_history_leads_back(office: Browser) -> None:
    """Every version with who, when, why and what; one goes back by the same way as every change."""
    office.go("/settings/history")
    assert "phones ring too short" in office.text()
    looked_at(office, "settings-history")
    office.follow("tbody tr:last-child a")
    looked_at(office, "settings-version")
    office.follow(".settings-main form .main")
    office.type(why="as it was")
    office.follow(SEND)
    assert "Saved as version 5." in office.text()


def test_another_certificate_is_used_at_once(office: Browser, settings_box: Running, tmp_path: Path) -> None:
    """A wrong pair is a sentence; a right one is what the next connection gets, without a restart."""
    now = datetime.now(UTC)
    new, other = (party(name, begin=now - timedelta(days=1), end=now + timedelta(days=90)) for name in ("box.example", "other.example"))
    for name, octets in (("certificate", new.pem), ("key", new.key_pem()), ("other", other.key_pem())):
        (tmp_path / f"{name}.pem").write_bytes(octets)
    office.go("/settings/certificate")
    office.find("#certificate").send_keys(str(tmp_path / "certificate.pem"))
    office.find("#key").send_keys(str(tmp_path / "other.pem"))
    office.follow(".upload-form .main")
    assert "The key does not belong to the certificate" in office.text()
    shown(office, "settings-certificate-refused")
    office.find("#certificate").send_keys(str(tmp_path / "certificate.pem"))
    office.find("#key").send_keys(str(tmp_path / "key.pem"))
    office.follow(".upload-form .main")
    assert "The certificate is changed." in office.text()
    looked_at(office, "settings-certificate-uploaded")
    address = urlsplit(office.address)
    assert address.hostname is not None
    assert address.port is not None
    assert ssl.get_server_certificate((address.hostname, address.port)).strip() == new.pem.decode().strip()
    assert settings_box.process.poll() is None


def test_the_appliance_restarts_from_the_page(office: Browser, settings_box: Running) -> None:
    """The page asks first and says what it does; after the restart what waited is in force, and everybody logs in again."""
    office.go("/settings/box")
    office.type(**{"f-name": "Demo box"})
    office.follow(SEND)
    office.type(why="once more")
    office.follow(SEND)
    office.follow(".waits-notice .button")
    looked_at(office, "settings-restart")
    said = len(settings_box.said)
    office.follow("button[value=now]")
    assert "In some seconds the page is there again." in office.text()
    shown(office, "settings-restarting")
    office.until(lambda: "the page is at " in settings_box.said[said:] or (settings_box.read(1), False)[1], "the page after the restart")
    office.go("/settings")
    assert "Demo box" in office.text()
    log_in(office, PASSWORD)
    assert "waits for the next start" not in office.text()


def test_the_browser_had_nothing_to_complain_about(office: Browser) -> None:
    """No script failed and nothing was blocked by the page's own policy."""
    expected = ("status of 400", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_HTTP", "ERR_INCOMPLETE", "ERR_SSL", "ERR_CERT")
    assert [complaint for complaint in office.complaints() if not any(part in complaint for part in expected)] == []
