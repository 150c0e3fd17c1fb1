"""A real browser on the page of a real appliance: Debian's Chromium, without a window."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver import ActionChains, Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from selenium_axe_python.axe import Axe

from tests.journeys.process import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-component-update",
    "--no-first-run",
    "--ignore-certificate-errors",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
    "--hide-scrollbars",
)
WITHIN_S = 60
"""Only to end a test that would hang: a busy machine is no fault."""
SIZES = {"": (1440, 1000), "-phone": (412, 915)}


class Browser:
    """One browser, with the acts of a person."""

    def __init__(self, address: str, flags: Sequence[str] = ()) -> None:
        options = ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in (*FLAGS, *flags):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.address = address.rstrip("/")
        self.driver = Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.resize("")

    def close(self) -> None:
        self.driver.quit()

    def go(self, path: str) -> None:
        self.driver.get(self.address + path)

    def find(self, selector: str) -> WebElement:
        """The element, as soon as it is there."""
        found = self.until(lambda: self.driver.find_element(By.CSS_SELECTOR, selector), selector)
        assert isinstance(found, WebElement)
        return found

    def all(self, selector: str) -> list[WebElement]:
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def type(self, **values: str) -> None:
        """Fill in fields by their ids."""
        for name, value in values.items():
            field = self.find(f"#{name}")
            field.clear()
            field.send_keys(value)

    def click(self, selector: str) -> None:
        """Click what stands there; a page that is just being replaced is given time."""

        def clicked() -> bool:
            element = self.driver.find_element(By.CSS_SELECTOR, selector)
            # in the middle, not under the bar on top
            self.driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
            element.click()
            return True

        self.until(clicked, selector)

    def follow(self, selector: str) -> None:
        """Click, and be on the page that comes of it."""
        before = self.find("html").id
        self.click(selector)
        self.until(lambda: self.find("html").id != before and self.run("return document.readyState") == "complete", selector)

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script)

    def text(self) -> str:
        return str(self.run("return document.body.innerText"))

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """Look until it is so."""
        waiting = WebDriverWait(self.driver, WITHIN_S, poll_frequency=0.1, ignored_exceptions=(WebDriverException,))
        try:
            return waiting.until(lambda _driver: condition())
        except TimeoutException:
            raise AssertionError(f"{what} did not come; the page says:\n{self.text()[:2000]}") from None

    def prefer(self, name: str, value: str) -> None:
        """Another language or colours, by the switch on the page."""
        self.follow(f"button[name={name}][value={value}]")

    def press_tab(self) -> str:
        """The class of what has the focus after the key."""
        ActionChains(self.driver).send_keys(Keys.TAB).perform()
        return str(self.run("return document.activeElement.className"))

    def resize(self, size: str) -> None:
        width, height = SIZES[size]
        emulated = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size != ""}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", emulated)

    def picture(self, name: str) -> Path:
        """A screenshot of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        whole = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True})
        path = SCREENSHOTS / f"{name}.png"
        path.write_bytes(base64.b64decode(whole["data"]))
        return path

    def pictures(self, name: str) -> None:
        """In both languages, light and dark, and as on a telephone."""
        for language in ("zh", "en"):
            self.prefer("language", language)
            for theme in ("dark", "light"):
                self.prefer("theme", theme)
                self.picture(f"{name}-{language}-{theme}")
        self.resize("-phone")
        self.picture(f"{name}-en-phone")
        self.resize("")

    def faults_of_access(self) -> list[str]:
        """What axe-core finds: rule, and the elements."""
        Axe(self.driver).inject()
        found = self.driver.execute_async_script("axe.run({preload: false}).then(arguments[arguments.length - 1])")
        return [f"{rule['id']}: {json.dumps([node['target'] for node in rule['nodes']])}" for rule in found["violations"]]

    def complaints(self) -> list[str]:
        """What the browser's console holds: blocked styles, scripts that failed."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in {"WARNING", "SEVERE"}]
