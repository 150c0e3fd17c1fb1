"""Facts as they happen: begin, go on without gap or double, a gap that is told, slow readers, limits."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from engine.acd import agent as a
from engine.facts import AlarmRaised
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text
from tests.api.conftest import As
from tests.api.test_answers import COMPONENTS
from tests.pages import Day, Open, Pages
from web.api import facts as endpoint
from web.api import streams
from web.api.facts import EVENTS
from web.api.news import FactMark, News
from web.api.streams import BEAT_S, CUT_OFF_S

EVENT = re.compile(r"id: (\S+)\nevent: (\w+)\ndata: (.*)\n\n")


def events(said: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Id, kind and data of each event; what they hold is as the document says."""
    found = [(mark, kind, json.loads(data)) for mark, kind, data in EVENT.findall(said)]
    for _mark, kind, data in found:
        assert [fault.message for fault in Draft202012Validator({**COMPONENTS, **EVENTS[kind].schema()}).iter_errors(data)] == []
    return found


def seqs(said: str) -> list[int]:
    """The numbers of the facts that were told."""
    return [data["seq"] for _mark, kind, data in events(said) if kind == "fact"]


def happens(pages: Pages, times: int = 1) -> None:
    """Facts: an agent becomes not ready and ready, by the real machines."""
    acd = pages.day.rig.appliance.acd
    for _ in range(times):
        acd.post("1001", a.BecomeNotReady("meal"))
        acd.post("1001", a.BecomeReady(acd.now_ns()))
    pages.wait(40)


def news(pages: Pages, opened: Open) -> str:
    pages.wait(100)
    return opened.news()


def test_a_new_stream_begins_with_the_state_and_goes_on_with_facts(program: As, pages: Pages) -> None:
    """A program knows the state, and then every fact since, in order and each once."""
    opened = program("admin").open("/events")
    ((mark, kind, begin),) = events(news(pages, opened))
    assert kind == "snapshot"
    assert begin["seq"] == pages.site.house.window.seq
    assert [agent["agent"] for agent in begin["snapshot"]["agents"]] == ["1001", "1002", "1003", "1004"]
    happens(pages)
    told = events(news(pages, opened))
    assert [data["seq"] for _, _, data in told] == list(range(begin["seq"] + 1, pages.site.house.window.seq + 1))
    assert told[0][2]["fact"] == "AgentStateChanged"
    assert "1001" in told[0][2]["sentence"]
    assert mark.startswith(f"{begin['seq']}-")
    opened.leave()
    assert pages.site.api.news.watched == 0


def test_each_reads_its_language(program: As, pages: Pages) -> None:
    """The same fact comes in Chinese to one program and in English to the other."""
    chinese, english = (program("admin").open("/events", accept_language=language) for language in ("zh", "en"))
    happens(pages)
    assert "not ready" in news(pages, english)
    said = news(pages, chinese)
    assert '"not_ready"' in said
    assert "not ready" not in said


def test_a_program_that_comes_back_is_told_what_it_missed(program: As, pages: Pages) -> None:
    """After a broken connection nothing is missing and nothing comes twice, from memory."""
    opened = program("admin").open("/events")
    happens(pages)
    (*_, (mark, _, last)) = events(news(pages, opened))
    opened.leave()
    happens(pages, 3)
    again = program("admin").open("/events", last_event_id=mark)
    happens(pages)
    assert seqs(news(pages, again)) == list(range(last["seq"] + 1, pages.site.house.window.seq + 1))
    assert pages.site.api.streams.resumed >= 1


def test_what_memory_has_forgotten_is_read_from_the_journal(program: As, pages: Pages, day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that was away for long is told every fact since, in pieces, while new ones happen."""
    monkeypatch.setattr(streams, "CHUNK_FACTS", 7)
    first = day.facts[2]
    opened = program("admin").open("/events", last_event_id=f"{first.seq}-{first.utc_ms}")
    happens(pages)
    pages.wait(500)
    said = news(pages, opened)
    assert seqs(said) == list(range(first.seq + 1, pages.site.house.window.seq + 1))
    assert "snapshot" not in said


def test_only_the_facts_that_are_wanted(program: As, pages: Pages, day: Day) -> None:
    """A filter holds for what is read from the journal, for what is in memory, and for what happens; the place goes on all the same."""
    first = day.facts[0]
    opened = program("admin").open("/events?names=CallEnded,AlarmRaised", last_event_id=f"{first.seq}-{first.utc_ms}")
    happens(pages)
    pages.wait(200)
    pages.day.rig.appliance.bus.publish(AlarmRaised(alarm="test", about="a test", sentence="A test."))
    told = events(news(pages, opened))
    assert [data["fact"] for _, _, data in told] == ["CallEnded", "AlarmRaised"]
    happens(pages)
    assert events(news(pages, opened)) == []
    pages.wait(round(BEAT_S * 1000))
    assert f"id: {pages.site.house.window.seq}-" in opened.news()


@pytest.mark.parametrize("last", ["5-1", "999999-5", "0-0", "nonsense", "7", "-", "9" * 40, "１-１"])
def test_a_place_that_is_not_known_is_told_to_be_a_gap(program: As, pages: Pages, last: str) -> None:
    """After a power cut, or with a wrong id, a program is never told half of the truth: it hears of the gap and begins anew."""
    gaps = pages.site.api.streams.gaps
    opened = program("admin").open("/events", last_event_id=last.encode().decode("latin-1"))
    ((_, kind, data),) = events(news(pages, opened))
    assert (kind, data["seq"]) == ("gap", pages.site.house.window.seq)
    assert data["snapshot"]["lines"]
    assert pages.site.api.streams.gaps == gaps + 1
    happens(pages)
    assert len(seqs(news(pages, opened))) == 2


def test_who_has_missed_too_much_begins_anew(program: As, pages: Pages, day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that was away for weeks does not have the whole journal read for it."""
    monkeypatch.setattr(streams, "BEHIND_MOST", 10)
    first = day.facts[0]
    opened = program("admin").open("/events", last_event_id=f"{first.seq}-{first.utc_ms}")
    assert [kind for _, kind, _ in events(news(pages, opened))] == ["gap"]


def test_who_does_not_read_is_cut_off(program: As, pages: Pages) -> None:
    """A program that takes nothing is written to no more, and after ten seconds it is cut off and counted; others notice nothing."""
    slow, good = program("admin").open("/events"), program("admin").open("/events")
    pages.wait(100)
    slow.news()
    good.news()
    slow.channel.pauseProducing()
    happens(pages)
    assert slow.news() == ""
    assert len(seqs(good.news())) == 2
    before = pages.site.api.streams.cut_off
    pages.wait(round(CUT_OFF_S * 1000))
    assert pages.site.api.streams.cut_off == before + 1
    assert slow.transport.disconnecting or slow.transport.disconnected
    assert not good.transport.disconnecting


def test_who_reads_again_in_time_is_told_all(program: As, pages: Pages) -> None:
    """Whoever was slow for a moment misses no fact."""
    opened = program("admin").open("/events")
    ((_, _, begin),) = events(news(pages, opened))
    opened.channel.pauseProducing()
    happens(pages, 5)
    assert opened.news() == ""
    opened.channel.resumeProducing()
    assert seqs(news(pages, opened)) == list(range(begin["seq"] + 1, pages.site.house.window.seq + 1))
    pages.wait(round(CUT_OFF_S * 1000))
    assert not opened.transport.disconnecting


def test_a_quiet_stream_says_that_it_lives_until_its_right_ends(program: As, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment comes every 15 s; when its user loses the right the stream ends, but not because a disk fails for a moment."""
    opened = program("admin").open("/events")
    pages.wait(100)
    opened.news()
    pages.wait(round(BEAT_S * 1000))
    assert re.search(r": \nid: [0-9]+-[0-9]+\n\n", opened.news())
    tokens = pages.site.house.accounts.tokens
    fault = EnvironmentFault(text("accounts cannot be read"))
    with monkeypatch.context() as patched:
        patched.setattr(tokens, "by_token", lambda _token, _done, failed: failed(fault))
        pages.wait(round(BEAT_S * 1000))
    assert not opened.transport.disconnecting
    memory = tokens._memory
    assert memory is not None
    monkeypatch.setitem(memory.users, "admin", memory.users["guest"])  # another role, without the right
    pages.wait(round(BEAT_S * 1000))
    assert opened.transport.disconnecting


def test_streams_are_bounded(program: As, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many streams are refused with a sentence and counted; when one ends there is room again."""
    monkeypatch.setattr(endpoint, "STREAMS_OF_A_USER_MOST", len(pages.site.api.streams.open) + 1)
    refused = pages.site.api.streams.refused
    first = program("admin").open("/events")
    pages.wait(20)
    reply = program("admin").ask("GET", "/events")
    assert (reply.status, reply.header("retry-after")) == (503, "15")
    assert "Too many event streams" in reply.text
    assert pages.site.api.streams.refused == refused + 1
    first.leave()
    monkeypatch.setattr(endpoint, "STREAMS_MOST", len(pages.site.api.streams.open))
    assert program("admin").ask("GET", "/events").status == 503


def test_the_end_of_the_appliance_ends_the_streams(program: As, pages: Pages) -> None:
    """A stop does not wait for programs that listen."""
    opened = program("admin").open("/events")
    pages.wait(100)
    pages.site.api.streams.close()
    assert opened.transport.disconnecting or opened.transport.disconnected
    assert pages.site.api.streams.open == set()


def test_memory_keeps_the_newest_facts_only(day: Day) -> None:
    """However long the box runs, so many facts are kept; older ones are found in the journal."""
    kept = News(0, 5)
    for envelope in day.facts[:12]:
        kept.hear(envelope)
    numbers = [envelope.seq for envelope in day.facts[:12]]
    assert [seq for seq in numbers if kept.fact(seq)] == numbers[-5:]
    assert kept.fact(numbers[-1] + 1) is None
    assert kept.newest == numbers[-1]
    assert FactMark.parse(str(FactMark(7, 8))) == FactMark(7, 8)
