"""The call list, one call, and its recording."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

import pytest

from engine import facts
from tests.pages import Day, Maker, Pages

CALL = "b1-c1"
RECORDING = "/recordings/b1-r1"


@pytest.fixture
def recording(day: Day) -> bytes:
    """The octets of the call's file."""
    (file,) = (day.folder / "recordings").rglob("*.wav")
    return file.read_bytes()


def rows(text: str) -> list[str]:
    """The calls of a list, by their ids."""
    return re.findall(r'href="/calls/([^"?]+)"', text)


def test_the_list_shows_the_call_with_its_times(pages: Pages) -> None:
    """Who called, who answered, how long: at a glance, in the reader's words and forms."""
    text = pages.person("admin", accept_language="en").get("/calls").text
    assert rows(text) == [CALL]
    for shown in ("13800138000", "Wang", "02155501001", "客户服务", "李娜", "1 Mar 2027", "busy tone from the exchange", "0:20"):
        assert shown in text, shown
    chinese = pages.person("guest", accept_language="zh").get("/calls").text
    for shown in ("2027年3月1日", "呼入", "通话"):
        assert shown in chinese, shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "138001"}, True),
        ({"q": "5501001"}, True),
        ({"q": "wang"}, True),
        ({"q": CALL}, True),
        ({"q": "139"}, False),
        ({"q": "%"}, False),
        ({"q": "_" * 11}, False),
        ({"q": "'; DROP TABLE calls; --"}, False),
        ({"agent": "1001"}, True),
        ({"agent": "1002"}, False),
        ({"queue": "service"}, True),
        ({"queue": "sales"}, False),
        ({"way": "incoming"}, True),
        ({"way": "outgoing"}, False),
        ({"way": "nonsense"}, True),
        ({"since": "2027-03-01", "until": "2027-03-01"}, True),
        ({"since": "2027-03-02"}, False),
        ({"until": "2027-02-28"}, False),
        ({"since": "31.12.2027"}, True),
        ({"until": "9999-12-31"}, True),
        ({"q": "138", "agent": "1001", "queue": "service", "way": "incoming", "since": "2027-01-01"}, True),
        ({"page": "1"}, False),
        ({"page": "-1"}, True),
        ({"page": "99999999999"}, False),
    ],
)
def test_filters_find_what_fits(pages: Pages, query: dict[str, str], found: bool) -> None:
    """Each filter keeps the calls that fit, all together those that fit all; nonsense in an address does no harm."""
    reply = pages.person("admin").get("/calls?" + urlencode(query))
    assert reply.status == 200
    assert (rows(reply.text) == [CALL]) is found


def test_filters_stay_in_the_form(pages: Pages) -> None:
    """After finding, the form shows what was asked for, whatever its characters."""
    text = pages.person("admin").get("/calls?" + urlencode({"q": '"><script>', "agent": "1002", "since": "2027-03-01"})).text
    assert 'value="&#34;&gt;&lt;script&gt;"' in text
    assert '<option value="1002" selected>' in text
    assert 'value="2027-03-01"' in text


def test_an_empty_list_says_what_to_do(pages: Pages) -> None:
    """When nothing fits, the page says so and offers all calls."""
    text = pages.person("admin", accept_language="en").get("/calls?q=777").text
    assert "No call fits" in text
    assert '<a class="button main" href="/calls">' in text


def test_a_call_tells_its_story(pages: Pages) -> None:
    """One page tells what happened, in order, in the reader's language, with the moments that can be listened to."""
    person = pages.person("admin", accept_language="en")
    text = person.get(f"/calls/{CALL}").text
    told = ["arrives on line-1 from 13800138000", "the caller presses 1", "waits in queue service"]
    told += ["rings agent 1001", "is connected to agent 1001", "has ended: busy tone"]
    places = [text.index(sentence) for sentence in told]
    assert places == sorted(places)
    seeks = [float(at) for at in re.findall(r'data-seek="([0-9.]+)"', text)]
    assert seeks == sorted(seeks)
    assert 15 < seeks[-1] < 30


@pytest.mark.parametrize("call", ["b1-c999", "x", quote("../../etc/passwd", safe=""), quote("<b>")])
def test_an_unknown_call_is_not_found(pages: Pages, call: str) -> None:
    """An old link or a typing error leads to a sentence."""
    reply = pages.person("admin", accept_language="en").get(f"/calls/{call}")
    assert reply.status == 404
    assert "There is no such" in reply.text
    assert "<b>" not in reply.text


# ---- listening ---------------------------------------------------------------------------------------------------------


def test_the_recording_is_served_whole(pages: Pages, recording: bytes) -> None:
    """The player gets the file as it was recorded, with its type and length."""
    reply = pages.person("admin").get(RECORDING, accept="*/*")
    assert reply.status == 200
    assert reply.header("content-type") == "audio/wav"
    assert reply.header("accept-ranges") == "bytes"
    assert reply.header("content-length") == str(len(recording))
    assert reply.body == recording


@pytest.mark.parametrize(
    ("asked", "start", "end"), [("0-", 0, None), ("100-199", 100, 200), ("-50", -50, None), ("5000-99999999", 5000, None)]
)
def test_the_player_seeks(pages: Pages, recording: bytes, asked: str, start: int, end: int | None) -> None:
    """A part that is asked for comes, and nothing else: so the player jumps without loading the whole file."""
    reply = pages.person("admin").get(RECORDING, range=f"bytes={asked}")
    assert reply.status == 206
    assert reply.body == recording[start:end]
    first = start if start >= 0 else len(recording) + start
    last = len(recording) - 1 if end is None else end - 1
    assert reply.header("content-range") == f"bytes {first}-{last}/{len(recording)}"


def test_a_range_beyond_the_end_is_refused(pages: Pages, recording: bytes) -> None:
    """A player that asks for what is not there is told how long the file is."""
    reply = pages.person("admin").get(RECORDING, range=f"bytes={len(recording)}-")
    assert reply.status == 416
    assert reply.header("content-range") == f"bytes */{len(recording)}"


def test_nonsense_ranges_do_no_harm(pages: Pages, recording: bytes) -> None:
    """A range that makes no sense is as if it were not there."""
    for asked in ("bytes=x-y", "lines=1-2", "bytes=9-1", "bytes=", "bytes=0-1,5-6", "bytes=" + "0-," * 100):
        reply = pages.person("admin").get(RECORDING, range=asked)
        assert (reply.status, len(reply.body)) in {(200, len(recording)), (416, 0)}, asked


def test_who_listened_is_known(pages: Pages) -> None:
    """The journal says who opened a recording, once for each login; looking at the call alone is not listening."""
    before = len(pages.day.told(facts.RecordingHeard))
    person = pages.person("zhijian")
    person.get(f"/calls/{CALL}")
    person.get(f"{RECORDING}/waveform.svg")
    assert len(pages.day.told(facts.RecordingHeard)) == before
    for _ in range(3):
        person.get(RECORDING, range="bytes=0-99")
    assert pages.day.told(facts.RecordingHeard)[before:] == [facts.RecordingHeard(user="zhijian", recording="b1-r1", call=CALL)]


def test_the_picture_has_both_tracks(pages: Pages) -> None:
    """The view of a recording shows the caller above and the agent below, and where each of them speaks."""
    reply = pages.person("admin").get(f"{RECORDING}/waveform.svg")
    assert reply.header("content-type") == "image/svg+xml"
    above, below = re.findall(r'<path d="([^"]*)"', reply.text)
    heights = [[int(b) - int(a) for a, b in re.findall(r"M\d+ (\d+)V(\d+)", path)] for path in (above, below)]
    assert [len(track) for track in heights] == [480, 480]
    assert all(max(track) > 40 for track in heights)
    assert all(min(track) == 2 for track in heights)
    both = sum(1 for a, b in zip(*heights, strict=True) if a > 20 and b > 20)
    assert both < 48, "they do not speak at the same time"


@pytest.mark.parametrize("path", ["/recordings/b1-r9", "/recordings/b1-r9/waveform.svg", "/recordings/..%2f..%2faccounts.db"])
def test_an_unknown_recording_is_not_found(pages: Pages, path: str) -> None:
    """No address leads to another file."""
    assert pages.person("admin").get(path).status == 404


def test_a_recording_whose_file_is_gone_is_not_found(make_pages: Maker, day: Day) -> None:
    """A file that somebody took away is a sentence, not a fault; the call stays."""
    (file,) = (day.folder / "recordings").rglob("*.wav")
    away = file.with_suffix(".away")
    file.rename(away)
    try:
        person = make_pages().person("admin", accept_language="en")
        assert "its file was taken away" in person.get(RECORDING).text
        assert person.get(f"{RECORDING}/waveform.svg").status == 404
        assert person.get(f"/calls/{CALL}").status == 200
    finally:
        away.rename(file)
