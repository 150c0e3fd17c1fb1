"""A newcomer's first minutes on the page, in a real browser, while the demo call goes on. The tests are one story, in this order.

Pictures of every page, in both languages, light and dark, are left in build/screenshots for people to look at.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.browser.browser import Browser
from tests.browser.conftest import PASSWORD
from tests.browser.relay import Relay
from tests.journeys.process import Running


def test_the_first_login(browser: Browser, first_password: str) -> None:
    """With the password from the terminal one gets in, has to choose another, and is on the live page."""
    browser.go("/")
    browser.pictures("login")
    assert browser.faults_of_access() == []
    browser.type(name="admin", password="wrong password")
    browser.follow("form .button.main")
    assert "User name or password is wrong." in browser.text()
    browser.type(password=first_password)
    browser.follow("form .button.main")
    browser.pictures("password")
    assert browser.faults_of_access() == []
    browser.type(old=first_password, new=PASSWORD, again=PASSWORD)
    browser.follow("form .button.main")
    assert "Your password is changed." in browser.text()
    browser.find("#connection[data-state=live]")


def test_the_live_page_moves_by_itself(browser: Browser, box: Running) -> None:
    """Without reloading the caller appears, waits, talks with the agent, and is gone; the agent goes into wrap-up."""
    browser.run("window.theSamePage = true")
    browser.until(lambda: browser.all("[data-list=call] .call-talking"), "the conversation")
    assert "13800138000" in browser.find("[data-list=call]").text
    assert browser.run("return window.theSamePage")
    browser.pictures("live")
    assert browser.faults_of_access() == []
    browser.run("window.theSamePage = true")
    box.until("is in wrap-up")
    browser.until(lambda: browser.all("#agent-1001 .agent-wrap_up"), "wrap-up")
    browser.until(lambda: not browser.all("[data-list=call] li"), "the end of the call")
    assert browser.find("[data-empty=call]").is_displayed()
    browser.until(lambda: len(browser.all("[data-list=line] .line-free")) == 4, "four free lines")
    assert browser.run("return window.theSamePage")
    browser.picture("live-empty-en-light")


def test_the_call_is_found_and_replayed(browser: Browser) -> None:
    """The call is in the list, its story is told, and the player jumps to any moment of it and plays."""
    browser.follow("nav a[href='/calls']")
    browser.pictures("calls")
    assert browser.faults_of_access() == []
    browser.type(q="1380013")
    browser.follow(".filters .button.main")
    browser.follow("tbody a")
    browser.until(lambda: browser.run("return document.querySelector('[data-wave] img').naturalWidth") > 0, "the picture of the recording")
    browser.pictures("call")
    assert browser.faults_of_access() == []
    browser.find("audio")
    browser.run("document.querySelector('audio').currentTime = 12; document.querySelector('audio').play()")
    browser.until(lambda: browser.run("return document.querySelector('audio').currentTime") > 12, "playing from the 12th second")
    length = browser.run("return document.querySelector('audio').duration")
    assert 15 < length < 30
    browser.click("button[data-seek]")
    browser.until(lambda: browser.run("return document.querySelector('audio').currentTime") < 5, "the moment of the story")
    wave = browser.find("[data-wave]")
    wave.click()
    browser.until(lambda: browser.run("return document.querySelector('audio').currentTime") > length / 2 - 1, "the middle of the picture")


def test_an_empty_answer_and_a_wrong_address_lead_on(browser: Browser) -> None:
    """Pages that have nothing to show say what to do next."""
    browser.go("/calls?q=777")
    assert "No call fits" in browser.text()
    browser.pictures("calls-none")
    assert browser.faults_of_access() == []
    browser.go("/nowhere")
    assert "There is no such page." in browser.text()
    browser.pictures("not-found")
    assert browser.faults_of_access() == []


def test_keys_are_enough(browser: Browser) -> None:
    """Without a mouse: the first Tab offers to skip the header, and what has the focus is seen."""
    browser.go("/live")
    assert browser.press_tab() == "skip"
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_the_connection_comes_back(browser: Browser) -> None:
    """When the network is gone for a moment the page says so and goes on by itself afterwards."""
    relay = Relay(urlsplit(browser.address).port or 0)
    browser.driver.get(f"https://127.0.0.1:{relay.port}/live")
    browser.find("#connection[data-state=live]")
    browser.run("window.theSamePage = true")
    relay.cut()
    browser.find("#connection[data-state=lost]")
    relay.mend()
    browser.find("#connection[data-state=live]")
    assert browser.run("return window.theSamePage")
    relay.close()
    browser.go("/live")


def test_logging_out(browser: Browser) -> None:
    """After logging out the pages ask for the password again."""
    browser.click(".menu summary")
    browser.follow(".menu .plain")
    browser.go("/calls")
    assert "Log in" in browser.text()


def test_the_browser_had_nothing_to_complain_about(browser: Browser) -> None:
    """No script failed and no style was blocked by the page's own policy, on any page."""
    expected = ("401", "404", "400", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_HTTP", "ERR_INCOMPLETE")
    assert [complaint for complaint in browser.complaints() if not any(part in complaint for part in expected)] == []
