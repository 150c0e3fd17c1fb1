"""An administrator makes a user who is an agent, the user comes, in a real browser. The tests are one story, in this order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.site_file import demo_site_file
from tests.browser.browser import Browser
from tests.browser.conftest import PASSWORD, free_port
from tests.journeys.process import Running, data_folder

OWN = "a wholly different one"


@pytest.fixture(scope="module")
def users_box(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Running]:
    """An appliance of its own, because its users are changed; the demo call is under way."""
    folder = tmp_path_factory.mktemp("users")
    site = folder / "site.yaml"
    site.write_text(demo_site_file().read_text(encoding="utf-8") + f"\nweb:\n  port: {free_port()}\n", encoding="utf-8")
    with Running(data_folder(folder / "data", prompts_folder), "--site", str(site)) as running:
        running.until("first login: ")
        running.until("the page is at ")
        yield running


@pytest.fixture(scope="module")
def browser(users_box: Running) -> Iterator[Browser]:
    """A browser of the administrator, reading English."""
    address = re.search(r"the page is at (\S+)", users_box.said)
    password = re.search(r"first login: admin / (\S+)", users_box.said)
    assert address is not None
    assert password is not None
    made = Browser(address[1])
    made.go("/login")
    made.prefer("language", "en")
    log_in(made, "admin", password[1])
    choose_password(made, password[1], PASSWORD)
    yield made
    made.close()


def log_in(browser: Browser, name: str, password: str) -> None:
    browser.type(name=name, password=password)
    browser.follow("form .button.main")


def choose_password(browser: Browser, old: str, new: str) -> None:
    browser.type(old=old, new=new, again=new)
    browser.follow("form .button.main")


def looked_at(browser: Browser, name: str) -> None:
    """Pictures in both languages, and nothing that bars anybody, light or dark."""
    browser.pictures(name)
    assert browser.faults_of_access() == []
    browser.prefer("theme", "dark")
    assert browser.faults_of_access() == []
    browser.prefer("theme", "light")


def tick(browser: Browser, role: str) -> None:
    browser.click(f"input[name=roles][value={role}]")


def test_a_form_with_faults_leads_to_its_fields(browser: Browser) -> None:
    """A poor name and no role: both are said above the form and at their fields, and what was typed is there."""
    browser.follow("nav a[href='/users']")
    looked_at(browser, "users")
    browser.follow("a[href='/users/new']")
    looked_at(browser, "users-new")
    tick(browser, "read_only")
    browser.run("document.getElementById('f-name').value = 'Li Na'")
    browser.follow(".form-buttons .button.main")
    assert "A user name has 2 to 31 lower-case letters" in browser.text()
    assert browser.faults_of_access() == []
    browser.picture("users-new-wrong-en-light")


def test_a_login_that_ends_while_typing_loses_nothing(browser: Browser) -> None:
    """The administrator logs out in another tab and sends the form in this one: after the login it is still there, and is sent."""
    browser.go("/users/new")
    browser.run("document.getElementById('f-name').value = 'li.na'")
    tick(browser, "read_only")
    tick(browser, "agent_user")
    browser.run("document.getElementById('f-agent').value = '1001'")
    browser.run(
        "window.ended = false; const csrf = document.querySelector('[name=csrf]').value;"
        "fetch('/logout', {method: 'POST', body: new URLSearchParams({csrf})}).then(() => { window.ended = true; })"
    )
    browser.until(lambda: browser.run("return window.ended"), "the other tab's logging out")
    browser.follow(".form-buttons .button.main")
    assert "what you typed is kept" in browser.text()
    browser.prefer("language", "zh")
    browser.picture("unsent-login-zh-light")
    assert browser.faults_of_access() == []
    browser.prefer("language", "en")
    log_in(browser, "admin", PASSWORD)
    assert "Your form was not sent yet" in browser.text()
    looked_at(browser, "unsent")
    browser.follow("form .button.main")
    assert "The account li.na is made" in browser.text()


def test_the_password_is_shown_and_the_account_can_be_changed(browser: Browser) -> None:
    """The made password stands there to be passed on; the account's page shows everything that can be done."""
    browser.picture("users-password-en-light")
    assert browser.faults_of_access() == []
    browser.run("sessionStorage.made = document.getElementById('secret').textContent")
    browser.follow(".form-buttons .button.main")
    assert "li.na" in browser.text()
    browser.follow("a[href='/users/account/li.na']")
    looked_at(browser, "users-account")
    browser.follow(".form-buttons .danger")
    looked_at(browser, "users-remove")


def test_a_token_is_shown_once(browser: Browser) -> None:
    """From the menu under one's name: a token is made, shown, listed without itself, and revoked."""
    browser.go("/account/tokens")
    browser.type(label="customer database")
    browser.follow("form .button.main")
    assert browser.find("#secret").text.startswith("stw_")
    browser.picture("token-en-light")
    assert browser.faults_of_access() == []
    browser.follow(".form-buttons .button.main")
    assert "stw_" not in browser.text()
    looked_at(browser, "tokens")
    browser.follow(".small-button.danger")
    assert "The token customer database is revoked." in browser.text()


def test_the_agent_comes_to_the_own_desk(browser: Browser) -> None:
    """With the made password: another is chosen, the own desk opens and moves by itself, and its buttons work."""
    made = str(browser.run("return sessionStorage.made"))
    browser.click(".menu summary")
    browser.follow(".menu .plain")
    log_in(browser, "li.na", made)
    choose_password(browser, made, OWN)
    assert "My desk" in browser.text()
    browser.find("#connection[data-state=live]")
    browser.until(lambda: browser.all("#agent-1001 .agent-ready"), "the end of the wrap-up after the demo call")
    browser.run(
        "const csrf = document.querySelector('[name=csrf]').value;"
        "fetch('/me', {method: 'POST', body: new URLSearchParams({csrf, reason: 'break'}), redirect: 'manual'})"
    )
    browser.until(lambda: browser.all("#agent-1001 .agent-not_ready"), "what was done in another tab, without reloading")
    browser.follow("button[name=reason][value=meal]")
    assert "You are not ready: no calls come to you." in browser.text()
    assert "meal" in browser.find("#agent-1001").text
    looked_at(browser, "desk")
    browser.follow("button[name=act][value=ready]")
    assert "You are ready: calls come to you." in browser.text()
    browser.go("/users")
    assert "user li.na may not do this." in browser.text()


def test_nothing_to_complain_about(browser: Browser) -> None:
    """No script failed and no style was blocked."""
    expected = ("401", "403", "400")
    assert [complaint for complaint in browser.complaints() if not any(part in complaint for part in expected)] == []
