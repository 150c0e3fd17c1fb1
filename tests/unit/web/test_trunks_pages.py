"""Trunks on the page: channels that move, blocking, the trace of calls and its file; the same by the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import facts
from hwsim.people import Subscriber
from tests.pages import Day, Pages, Person
from tests.trunk_site import NUMBER, trunk_site
from tests.unit.web.conftest import USERS

TRUNK = "/trunks/pri-1"
CALLER = "13800138000"


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Pages]:
    """A page on a box with an E1 on which one call has come in."""
    folder = tmp_path_factory.mktemp("trunks")
    day = Day(folder, prompts_folder, trunk_site(folder))
    pages = Pages(day, tmp_path_factory.mktemp("accounts"), USERS)
    day.rig.world.run_for(4000)
    caller = Subscriber(day.rig.world, day.rig.exchange, "wang", CALLER)
    caller.call(NUMBER)
    assert day.rig.world.run_until(lambda: bool(day.told(facts.CallAnswered)), 10_000)
    caller.hang_up()
    day.rig.world.run_for(4000)
    yield pages
    pages.close()


@pytest.fixture(scope="module")
def technician(rack: Pages) -> Person:
    """An administrator who reads English."""
    return rack.person("admin", accept_language="en")


def test_every_trunk_is_listed_with_what_it_carried(rack: Pages, technician: Person) -> None:
    """Signalling, D channel, channels, today's calls; analog lines together; a way to each. Chinese readers read Chinese forms."""
    page = technician.get("/trunks").text
    for shown in ("pri-1", "ISDN PRI, user side", "Analog exchange lines", "span e1-a", f'href="{TRUNK}"', "100%"):
        assert shown in page, shown
    assert page.count("16 Normal call clearing ×1") == len(("the trunk", "its span"))
    assert rack.person("guest", accept_language="zh").get("/trunks").status == 200
    assert rack.person("zhijian").get("/trunks").status == 403


def test_one_trunk_shows_its_channels_and_its_d_channel(technician: Person) -> None:
    """Each channel's state, the day's calls and causes; what the D channel counted."""
    page = technician.get(TRUNK).text
    for shown in ("pri-1-1", "pri-1-4", "frames received", "16 Normal call clearing ×1", "line-free", "All channels together"):
        assert shown in page, shown
    assert technician.get("/trunks/analog_lines").status == 200
    for wrong in ("/trunks/pri-9", "/trunks/" + "x" * 100, "/trunks/pri-9/trace", "/trunks/analog_lines/trace", "/trunks/pri-9/stream"):
        assert technician.get(wrong).status == 404, wrong


def test_a_channel_is_blocked_and_the_page_moves(rack: Pages, technician: Person) -> None:
    """Who looks sees the channel blocked in a moment, by whom and why, without reloading; unblocked again the same way."""
    page = technician.get(TRUNK)
    looking = technician.open("GET", f"{TRUNK}/stream", headers={"accept": "text/event-stream"})
    rack.wait(500)
    looking.news()
    form = {"csrf": page.csrf, "what": "line:pri-1-3", "mode": "after_calls", "why": "cable <work>"}
    assert technician.post(f"{TRUNK}/block", {**form, "act": "block"}).header("location") == TRUNK
    rack.wait(1500)
    news = looking.news()
    assert "line-pri-1-3" in news
    assert "it is blocked here" in news
    assert "cable &lt;work&gt;" in news
    assert "line-pri-1-2" not in news
    looking.leave()
    assert "Blocked: 1 lines." in technician.get(TRUNK).text
    row = technician.get("/trunks").text.split(f'href="{TRUNK}"')[1].split("</tr>")[0]
    assert re.findall(r"<td[^>]*>(?:<[^>]*>)?(\d+)<", row) == ["3", "0", "1"], "free, out of service, blocked: each channel counts once"
    assert technician.post(f"{TRUNK}/block", {**form, "act": "unblock", "why": "done"}).status == 303
    rack.wait(1500)
    (blocked,), (unblocked,) = rack.day.told(facts.LinesBlocked), rack.day.told(facts.LinesUnblocked)
    assert (blocked.lines, blocked.by, blocked.why) == (("pri-1-3",), "user admin", "cable <work>")
    assert (unblocked.lines, unblocked.why) == (("pri-1-3",), "done")


def test_a_wrong_wish_keeps_what_was_typed(technician: Person) -> None:
    """Without a reason nothing is blocked; the sentence says what is missing, and the form is as it was."""
    page = technician.get(TRUNK)
    reply = technician.post(f"{TRUNK}/block", {"csrf": page.csrf, "what": "line:pri-1-2", "mode": "now", "why": " ", "act": "block"})
    assert reply.status == 409
    assert "Say why" in reply.text
    assert '<option value="line:pri-1-2" selected>' in reply.text
    assert technician.post(f"{TRUNK}/block", {"csrf": page.csrf, "what": "rubbish", "why": "x", "act": "block"}).status == 409
    assert technician.post(f"{TRUNK}/block", {"csrf": "forged", "what": "trunk:pri-1", "why": "x", "act": "block"}).status == 403


def test_the_last_call_is_read_message_by_message(technician: Person) -> None:
    """The call of a minute ago is looked for by its number: set-up to release, in words, nothing else."""
    page = technician.get(f"{TRUNK}/trace?number=0138").text
    for shown in ("SETUP, call", CALLER, "CALL PROCEEDING", "RELEASE COMPLETE", "received", "sent", "channel 1"):
        assert shown in page, shown
    assert "SABME" not in page
    assert "No message fits." in technician.get(f"{TRUNK}/trace?number=999&channel=2").text
    assert technician.get(f"{TRUNK}/trace?channel=x").status == 400


def test_the_trace_begins_with_the_newest_and_moves(rack: Pages, technician: Person) -> None:
    """Who looks sees the newest message on top, and those of a call that comes now without reloading, each once; only those that were asked for."""
    page = technician.get(f"{TRUNK}/trace?number=0138").text
    assert page.index("RELEASE COMPLETE") < page.index("SETUP, call")
    assert technician.get(f"{TRUNK}/trace?number=0138&still=1").text.count("<li id=") == page.count("<li id=")
    stream = {"accept": "text/event-stream"}
    mark = re.findall(r"trace/stream\?[^\"]*since=([0-9.]+)", page)[-1]
    looking = technician.open("GET", f"{TRUNK}/trace/stream?number=0138&since={mark}", headers=stream)
    elsewhere = technician.open("GET", f"{TRUNK}/trace/stream?number=999", headers=stream)
    rack.wait(500)
    assert "message-" not in looking.news()
    caller = Subscriber(rack.day.rig.world, rack.day.rig.exchange, "zhao", "13900139000")
    caller.call(NUMBER)
    rack.wait(2000)
    assert "message-" not in looking.news()
    caller.hang_up()
    wanted = Subscriber(rack.day.rig.world, rack.day.rig.exchange, "qian", "13701380001")
    wanted.call(NUMBER)
    rack.wait(2000)
    news = looking.news()
    assert news.count("SETUP, call") == 1
    assert "CALL PROCEEDING" in news
    assert "13900139000" not in news
    assert "message-" not in elsewhere.news()
    wanted.hang_up()
    rack.wait(2000)
    looking.leave()
    elsewhere.leave()
    assert technician.get(f"{TRUNK}/trace/stream?channel=x").status == 400


def test_a_capture_is_taken_away_as_a_file(rack: Pages, technician: Person) -> None:
    """Begin, wait, end, download: a file that Wireshark knows; a second capture meanwhile is refused in words."""
    page = technician.get(f"{TRUNK}/trace")
    assert technician.get(f"{TRUNK}/capture/file").status == 404
    form = {"csrf": page.csrf, "act": "begin", "minutes": "5"}
    assert technician.post(f"{TRUNK}/capture", form).status == 303
    assert technician.post(f"{TRUNK}/capture", form).status == 409
    assert technician.post(f"{TRUNK}/capture", {**form, "minutes": "0"}).status == 409
    rack.wait(25_000)
    assert technician.post(f"{TRUNK}/capture", {"csrf": page.csrf, "act": "end"}).status == 303
    file = technician.get(f"{TRUNK}/capture/file")
    assert file.body[:4] == bytes.fromhex("4d3cb2a1")
    assert file.header("content-disposition").endswith('.pcap"')
    assert "RR: received up to frame" in technician.get(f"{TRUNK}/trace?of=capture").text
    (begun,), (ended,) = rack.day.told(facts.TraceStarted), rack.day.told(facts.TraceEnded)
    assert (begun.trunk, begun.limit_s, ended.reason) == ("pri-1", 300, "ended")


@pytest.mark.parametrize("path", [f"{TRUNK}/trace", f"{TRUNK}/trace/stream", f"{TRUNK}/capture/file"])
def test_who_only_looks_reads_no_trace_and_blocks_nothing(rack: Pages, path: str) -> None:
    """Messages hold numbers of callers: an onlooker sees the channels and no more."""
    guest = rack.person("guest", accept_language="en")
    page = guest.get(TRUNK)
    assert page.status == 200
    assert 'id="blocking"' not in page.text
    assert "Trace of calls" not in page.text
    assert guest.get(path).status == 403
    assert guest.post(f"{TRUNK}/block", {"csrf": page.csrf, "what": "trunk:pri-1", "why": "x", "act": "block"}).status == 403
    assert guest.post(f"{TRUNK}/capture", {"csrf": page.csrf, "act": "begin", "minutes": "5"}).status == 403
    assert not [fact for fact in rack.day.told(facts.LinesBlocked) if fact.by == "user guest"]
