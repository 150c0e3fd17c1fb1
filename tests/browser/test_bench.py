"""A newcomer's first five minutes at the bench, in a real browser with a pretended microphone. The tests are one story, in this order.

The demo call is under way when it begins, as it is after ``make run``.
"""

from __future__ import annotations

import re
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from appliance.site_file import demo_site_file
from tests.browser.browser import Browser
from tests.browser.conftest import PASSWORD, free_port
from tests.journeys.process import Running, data_folder

MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""It beeps once a second."""


@pytest.fixture(scope="module")
def bench_box(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Running]:
    """An appliance of its own: the bench is for who has just started one."""
    folder = tmp_path_factory.mktemp("bench")
    site = folder / "site.yaml"
    site.write_text(demo_site_file().read_text(encoding="utf-8") + f"\nweb:\n  port: {free_port()}\n", encoding="utf-8")
    with Running(data_folder(folder / "data", prompts_folder), "--site", str(site)) as running:
        running.until("first login: ")
        running.until("the page is at ")
        yield running


@pytest.fixture(scope="module")
def at_bench(bench_box: Running) -> Iterator[Browser]:
    """A browser of the administrator, at the bench."""
    address = re.search(r"the page is at (\S+)", bench_box.said)
    password = re.search(r"first login: admin / (\S+)", bench_box.said)
    assert address is not None
    assert password is not None
    browser = Browser(address[1], MICROPHONE)
    browser.go("/login")
    browser.type(name="admin", password=password[1])
    browser.follow("form .button.main")
    browser.type(old=password[1], new=PASSWORD, again=PASSWORD)
    browser.follow("form .button.main")
    browser.prefer("language", "en")
    browser.follow("nav a[href='/bench']")
    browser.find("#bench[data-ready]")
    yield browser
    browser.close()


def level(browser: Browser) -> float:
    """What the browser's loudspeaker plays (dBm0)."""
    return float(browser.run("return document.getElementById('ear').dataset.level"))


def telephone(name: str) -> str:
    return f"[data-handset='{name}']"


def test_the_demo_is_marked_and_left_alone(at_bench: Browser, bench_box: Running) -> None:
    """While the demo plays, the bench says so and its telephone has no buttons to lift it."""
    if "the demo call is over" not in bench_box.said:
        at_bench.find(f"{telephone('phone-801')}[data-state=demo]")
        assert at_bench.find("#demo").is_displayed()
        assert not at_bench.find(f"{telephone('phone-801')} [data-act=lift]").is_displayed()
    bench_box.until("the demo call is over")
    at_bench.until(lambda: not at_bench.find("#demo").is_displayed(), "the end of the demo")


def test_a_lifted_handset_sounds(at_bench: Browser) -> None:
    """Lift: dial tone is named on the display and heard in the browser; keys end it; the microphone may be used."""
    at_bench.pictures("bench")
    assert at_bench.faults_of_access() == []
    phone = telephone("phone-804")
    at_bench.click(f"{phone} [data-act=lift]")
    at_bench.find(f"{phone}[data-tone=dial]")
    at_bench.until(lambda: -16 < level(at_bench) < -6, "dial tone in the browser")
    at_bench.click(f"{phone} [data-key='8']")
    at_bench.find(f"{phone}[data-tone=silence]")
    at_bench.until(lambda: level(at_bench) < -50, "silence in the browser")
    at_bench.click(f"{phone} [data-act=hang_up]")
    at_bench.find(f"{phone}[data-up=false]")


def test_a_call_is_made_answered_and_replayed(at_bench: Browser) -> None:
    """Three buttons: call, answer, hang up; then the recording. In the conversation microphone and file are heard at the other end."""
    browser = at_bench
    browser.until(lambda: "ready" in browser.find(f"{telephone('phone-801')} [data-display]").text, "the demo's agent, ready again")
    browser.click("[data-try=call]")
    caller = telephone("outside-13800138000")
    browser.find(f"{caller}[data-up=true]")
    browser.until(lambda: level(browser) > -40, "ringback or the menu in the browser")
    browser.find(f"{telephone('phone-801')}[data-state=ringing]")
    browser.until(lambda: "13800138000" in browser.find(f"{telephone('phone-801')} [data-display]").text, "the caller's number")
    browser.picture("bench-ringing-en-light")
    browser.click("[data-try=answer]")
    browser.find(f"{telephone('phone-801')}.at-my-ear[data-up=true]")
    browser.find("#step-answer")
    browser.until(lambda: "connected" in browser.find("#step-answer .told").text, "the conversation")
    browser.click("#microphone")
    browser.find("#microphone[aria-pressed=true]")
    browser.until(lambda: browser.all(f"{caller}[data-tone=sound], {caller}[data-tone=steady]"), "the microphone at the caller's ear")
    browser.click("#microphone")
    browser.find("#microphone[aria-pressed=false]")
    browser.click(f"{caller} [data-act=ear]")
    browser.find(f"{caller}.at-my-ear")


def test_a_file_is_played_into_the_line(at_bench: Browser, tmp_path: Path) -> None:
    """A sound file of another rate, chosen on the page, is heard by whoever is at the other end; a text file is refused with a sentence."""
    browser = at_bench
    path = tmp_path / "song.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        sound = np.rint(12000 * np.sin(2 * np.pi * 1000 / 44100 * np.arange(44100 * 4))).astype("<i2")
        file.writeframes(np.repeat(sound, 2).tobytes())
    browser.find("#file").send_keys(str(path))
    browser.find(f"{telephone('phone-801')}[data-tone=steady]")
    browser.picture("bench-talking-en-light")
    browser.until(lambda: not browser.find("#stop-file").is_displayed(), "the end of the file")
    words = tmp_path / "words.txt"
    words.write_text("no sound")
    browser.find("#file").send_keys(str(words))
    browser.until(lambda: "words.txt is no sound" in browser.find("#sound-said").text, "the sentence")


def test_the_recording_is_heard(at_bench: Browser) -> None:
    """After hanging up the card leads to the recording, and ticks off the last step when it was opened."""
    browser = at_bench
    browser.click("[data-try=hang_up]")
    browser.find("[data-try=listen]:not([hidden])")
    browser.pictures("bench-over")
    assert browser.faults_of_access() == []
    browser.find("[data-try=listen]:not([hidden])")
    browser.follow("[data-try=listen]")
    browser.find("audio")
    browser.run("document.querySelector('audio').play()")
    browser.until(lambda: browser.run("return document.querySelector('audio').currentTime") > 1, "the recording plays")
    browser.go("/bench")
    browser.find("#step-listen[data-done=true]")


def test_a_caller_with_number_withheld(at_bench: Browser) -> None:
    """The form calls a chosen line from any number; the phone that rings shows what the exchange told."""
    browser = at_bench
    browser.type(number="02188776655", title="张三")
    browser.click("#withheld")
    browser.click("#outside [value=call]")
    browser.find(f"{telephone('outside-02188776655')}[data-up=true]")
    browser.prefer("language", "zh")
    browser.find(f"{telephone('outside-02188776655')}[data-up=true].at-my-ear")
    browser.click(f"{telephone('outside-02188776655')} [data-act=hang_up]")
    browser.click(f"{telephone('outside-02188776655')} [data-act=remove]")
    browser.until(lambda: not browser.all(telephone("outside-02188776655")), "the telephone is gone")


def test_the_browser_had_nothing_to_complain_about(at_bench: Browser) -> None:
    """No script failed and nothing was blocked by the page's own policy."""
    assert at_bench.complaints() == []
