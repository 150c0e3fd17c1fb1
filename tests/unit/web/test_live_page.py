"""The live page and its stream over HTTP."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from twisted.internet.testing import StringTransport

from engine import facts
from engine.acd import agent as a
from tests.pages import Open, Pages, Person
from web.pages import live
from web.stream import BEAT_S, CUT_OFF_S


def stream(person: Person, path: str = "/live/stream", **headers: str) -> Open:
    """Open the stream as a browser does."""
    return person.open("GET", path, b"", {"accept": "text/event-stream", **headers})


def events(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Id, name and data of each event in what came."""
    return [(mark, name, json.loads(data)) for mark, name, data in re.findall(r"id: (\S+)\nevent: (\w+)\ndata: (.*)\n\n", text)]


def mark_of(page: str) -> str:
    found = re.search(r"since=([0-9.]+)", page)
    assert found is not None
    return found[1]


def agent_is(pages: Pages, state: str) -> None:
    """An agent's state changes, by the real machines."""
    control = pages.day.rig.appliance.acd
    control.post("1001", a.BecomeReady(control.now_ns()) if state == "ready" else a.BecomeNotReady("meal"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_everything_at_once(pages: Pages, language: str) -> None:
    """Lines, phones, agents and queues stand on the page before any script runs, in both languages."""
    text = pages.person("admin", accept_language=language).get("/live").text
    for name in ("summary", "queue-service", "agent-1001", "agent-1004", "line-line-1", "line-line-4", "phone-phone-801"):
        assert f'id="{name}"' in text, name
    assert ("logged out" if language == "en" else "已登出") in text or "未登录" in text
    assert "李娜" in text


def test_the_stream_begins_where_the_page_ended(pages: Pages) -> None:
    """Nothing that happened between loading the page and opening the stream is missing, and nothing comes that the page shows already."""
    person = pages.person("admin", accept_language="en")
    page = person.get("/live").text
    agent_is(pages, "not_ready")
    opened = stream(person, f"/live/stream?since={mark_of(page)}")
    pages.wait(1500)
    (first, *_) = events(opened.news())
    assert first[1] == "change"
    assert "agent-1001" in first[2]["set"]
    assert "not ready" in first[2]["set"]["agent-1001"]["html"]
    assert "line-line-1" not in first[2]["set"]
    agent_is(pages, "ready")
    pages.wait(500)
    (second,) = events(opened.news())
    assert "agent-1001" in second[2]["set"]
    assert second[2]["seq"] >= first[2]["seq"]
    opened.leave()


def test_a_browser_that_comes_back_gets_what_it_missed(pages: Pages) -> None:
    """After a broken connection the browser says the last event that it has, and is told the rest in one."""
    person = pages.person("admin", accept_language="en")
    one, other = stream(person), stream(person)
    pages.wait(100)
    (mark, name, _) = events(one.news())[-1]
    assert name == "whole"
    one.leave()
    agent_is(pages, "not_ready")
    pages.wait(1500)
    again = stream(person, last_event_id=mark)
    (mark_again, name, data) = events(again.news())[0]
    assert name == "change"
    assert list(data["set"]).count("agent-1001") == 1
    assert events(other.news())[-1][0] == mark_again
    assert pages.site.live.counters.resumed == 1
    agent_is(pages, "ready")
    pages.wait(1500)
    for opened in (again, other):
        opened.leave()
    assert pages.site.live.wallboard.watched == 0


def test_each_browser_reads_its_language(pages: Pages) -> None:
    """The same change comes in Chinese to one and in English to the other."""
    chinese, english = (stream(pages.person(name, accept_language=tag)) for name, tag in (("admin", "zh"), ("guest", "en")))
    pages.wait(100)
    assert "就绪" in chinese.news()
    assert "ready" in english.news()


def test_a_quiet_stream_is_kept_alive_and_keeps_the_login(pages: Pages) -> None:
    """A wall display that only looks stays logged in until the longest time, then is asked to log in again."""
    person = pages.person("admin")
    opened = stream(person)
    pages.wait(100)
    opened.news()
    for _ in range(3):
        pages.later(20)
        pages.wait(round(BEAT_S * 1000))
        assert ": \n\n" in opened.news()
    assert person.get("/live").status == 200
    pages.later(12 * 60)
    pages.wait(round(BEAT_S * 1000))
    assert opened.transport.disconnecting
    assert stream(person).transport.value().startswith(b"HTTP/1.1 401")


def test_logging_out_ends_the_stream(pages: Pages) -> None:
    """After logging out in one tab the other one does not go on showing."""
    person = pages.person("admin")
    opened = stream(person)
    pages.wait(100)
    person.submit("/live", "/logout", {})
    pages.wait(round(BEAT_S * 1000) + 100)
    assert opened.transport.disconnecting


def test_a_browser_that_does_not_read_is_cut_off(pages: Pages) -> None:
    """A browser that takes nothing is written to no more, and after ten seconds it is cut off and counted; the others notice nothing."""
    slow, good = stream(pages.person("admin")), stream(pages.person("guest"))
    pages.wait(100)
    slow.news()
    good.news()
    slow.channel.pauseProducing()
    agent_is(pages, "not_ready")
    pages.wait(1500)
    assert slow.news() == ""
    assert "agent-1001" in good.news()
    pages.wait(round(CUT_OFF_S * 1000))
    assert pages.site.live.counters.cut_off == 1
    assert slow.transport.disconnecting or slow.transport.disconnected
    agent_is(pages, "ready")
    pages.wait(1500)
    assert "agent-1001" in good.news()


def test_a_browser_that_reads_again_gets_the_newest_state(pages: Pages) -> None:
    """Whoever was slow for a moment sees the state of now, not every step on the way to it."""
    opened = stream(pages.person("admin", accept_language="en"))
    pages.wait(100)
    opened.news()
    opened.channel.pauseProducing()
    for state in ("not_ready", "ready", "not_ready"):
        agent_is(pages, state)
        pages.wait(1000)
    opened.channel.resumeProducing()
    (event,) = events(opened.news())
    assert "not ready" in event[2]["set"]["agent-1001"]["html"]
    assert pages.site.live.counters.cut_off == 0
    agent_is(pages, "ready")


def test_streams_are_bounded(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many live pages are refused with a sentence; one login cannot take all of them."""
    monkeypatch.setattr(live, "STREAMS_OF_A_LOGIN_MOST", 2)
    monkeypatch.setattr(live, "STREAMS_MOST", 3)
    person, other = pages.person("admin"), pages.person("guest")
    first = [stream(person), stream(person)]
    assert stream(person).transport.value().startswith(b"HTTP/1.1 503")
    stream(other)
    assert stream(other).transport.value().startswith(b"HTTP/1.1 503")
    assert pages.site.live.counters.refused == 2
    first[0].leave()
    assert stream(other).transport.value().startswith(b"HTTP/1.1 200")


def test_the_end_of_the_appliance_ends_the_streams(pages: Pages) -> None:
    """A stop does not wait for browsers that look."""
    opened = stream(pages.person("admin"))
    pages.wait(100)
    pages.site.close()
    assert isinstance(opened.transport, StringTransport)
    assert opened.transport.disconnecting or opened.transport.disconnected
    assert pages.site.live.wallboard.watched == 0
    assert pages.day.told(facts.UserLoggedIn)


def test_a_pump_that_stands_still_is_told_on_every_page(pages: Pages) -> None:
    """Nobody hears anybody, so every page says so in red; open ones get it by their stream, and lose it when the pump moves again."""
    bus = pages.day.rig.appliance.bus
    person = pages.person("admin", accept_language="en")
    opened = stream(person, f"/live/stream?since={mark_of(person.get('/live').text)}")
    bus.publish(facts.AlarmRaised(alarm="pump-still", about="pump", sentence="The media pump stands still."))
    try:
        pages.wait(1500)
        (told, *_) = [data["set"]["alarm-pump"] for _, _, data in events(opened.news()) if "alarm-pump" in data["set"]]
        assert told["kind"] == "alarm"
        assert 'class="notice bad"' in told["html"]
        assert "nobody hears anybody" in told["html"]
        for path in ("/live", "/settings", "/hardware"):
            assert 'id="alarm-pump"' in person.get(path).text, path
    finally:
        bus.publish(facts.AlarmCleared(alarm="pump-still", about="pump"))
    pages.wait(1500)
    assert any("alarm-pump" in data["gone"] for _, _, data in events(opened.news()))
    assert 'id="alarm-pump"' not in person.get("/live").text
