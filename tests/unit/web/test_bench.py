"""The bench of telephones over HTTP and WebSocket, with the real simulated boards behind it."""

from __future__ import annotations

import html
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from twisted.internet import _producer_helpers
from twisted.internet.task import Cooperator

from engine import facts
from engine.acd.agent import BecomeNotReady
from engine.people.actors import Role
from hwsim.signals import BLOCK, alaw_from_linear
from tests.bench_wire import CLOSE, AtBench, sit_down
from tests.pages import Day, Maker, Pages, Person
from web import bench_seat
from web.bench_socket import CLOSE_TOO_LONG
from web.pages import bench

PHONE, OTHER_PHONE = "phone-803", "phone-804"
CALLER = "outside-13900139000"


@pytest.fixture(scope="module")
def bench_day(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Day:
    """A day of its own: at the bench people call."""
    return Day(tmp_path_factory.mktemp("bench-day"), prompts_folder)


@pytest.fixture
def pages(bench_day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pages]:
    """A page with a bench; what was lifted is put down afterwards."""
    cooperator = Cooperator(scheduler=lambda act: bench_day.rig._twisted.callLater(0, act))
    monkeypatch.setattr(_producer_helpers, "cooperate", cooperator.cooperate)  # files are sent by the global reactor
    users = {"admin": frozenset({Role.ADMINISTRATOR}), "chief": frozenset({Role.ADMINISTRATOR}), "banzhang": frozenset({Role.SUPERVISOR})}
    made = Pages(bench_day, tmp_path, users, bench=True)
    yield made
    made.close()
    for phone in bench_day.rig.phones.values():
        if phone.lifted:
            phone.hang_up()
        phone.ear.tap = None
    bench_day.rig.world.run_for(3000)


@pytest.fixture
def admin(pages: Pages) -> Person:
    return pages.person("admin", accept_language="en")


@pytest.fixture
def at_bench(admin: Person) -> AtBench:
    return sit_down(admin)


def test_the_socket_tells_every_telephone_and_line(at_bench: AtBench) -> None:
    """Whoever opens the bench sees the four desk phones on hook and the four lines free."""
    assert at_bench.status == 101
    assert {name for name in at_bench.things if name.startswith("handset ")} == {f"handset phone-80{number}" for number in (1, 2, 3, 4)}
    assert not at_bench.handset(PHONE)["lifted"]
    assert {at_bench.line(f"line-{number}") for number in (1, 2, 3, 4)} == {"idle"}


def test_lifting_gives_dial_tone(at_bench: AtBench) -> None:
    """A lifted handset hears dial tone: by its name, and as sound of 450 Hz in the browser."""
    at_bench.ask("lift", handset=PHONE)
    assert at_bench.handset(PHONE)["lifted"]
    assert at_bench.own["ear"] == PHONE
    at_bench.until(lambda: at_bench.handset(PHONE)["tone"] == "dial", 4000)
    heard = at_bench.sound(PHONE)[-4000:].astype(float)
    assert abs(int(np.argmax(np.abs(np.fft.rfft(heard)))) * 2 - 450) <= 4
    at_bench.ask("hang_up", handset=PHONE)
    assert not at_bench.handset(PHONE)["lifted"]
    assert at_bench.own["ear"] == ""


def test_pulses_end_dial_tone_too(at_bench: AtBench) -> None:
    """An old telephone dials by pulses; the R key of a lifted one is only refused outside."""
    at_bench.ask("lift", handset=PHONE)
    at_bench.until(lambda: at_bench.handset(PHONE)["tone"] == "dial", 4000)
    at_bench.ask("press", handset=PHONE, keys="8", pulse=True)
    at_bench.until(lambda: at_bench.handset(PHONE)["tone"] == "", 4000)
    at_bench.ask("flash", handset=PHONE)
    assert at_bench.said == []


def test_a_call_from_outside_reaches_the_menu(at_bench: AtBench) -> None:
    """A telephone outside calls a line, hears ringback, then the menu; a pressed key chooses the language."""
    at_bench.ask("place", number="139 0013-9000", title="Wang", line="line-2")
    assert at_bench.handset(CALLER)["line"] == "line-2"
    assert at_bench.handset(CALLER)["tone"] == "ringback"
    assert at_bench.line("line-2") == "ringing"
    at_bench.until(lambda: at_bench.handset(CALLER)["talking"])
    at_bench.until(lambda: at_bench.handset(CALLER)["tone"] == "sound")
    at_bench.ask("press", handset=CALLER, keys="2")
    at_bench.wait(1500)
    assert [fact.language for fact in at_bench.pages.day.told(facts.LanguageChosen)][-1] == "en"
    assert at_bench.own["guide"]["state"] in {"arrived", "waiting"}
    at_bench.ask("hang_up", handset=CALLER)
    at_bench.wait(4500)
    assert at_bench.own["guide"]["state"] == "over"
    at_bench.ask("remove", handset=CALLER)
    assert f"handset {CALLER}" not in at_bench.things


def test_two_people_talk_through_the_browser(pages: Pages, at_bench: AtBench) -> None:
    """What one browser says into a desk phone another hears at the other end: every octet, and nothing between."""
    other = sit_down(pages.person("chief", accept_language="en"), "tab0000002")
    at_bench.ask("lift", handset=PHONE)
    at_bench.wait(1000)
    at_bench.ask("press", handset=PHONE, keys="804#")
    other.until(lambda: other.handset(OTHER_PHONE)["ringing"])
    other.until(lambda: other.handset(OTHER_PHONE)["shown"] == "803")
    other.ask("lift", handset=OTHER_PHONE)
    other.wait(1000)
    speech = alaw_from_linear(np.random.default_rng(7).normal(0, 2000, 100 * BLOCK))
    for place in range(0, len(speech), BLOCK):
        at_bench.speak(PHONE, speech[place : place + BLOCK])
        pages.wait(20)
        other.read()
    other.wait(500)
    heard = bytes(other.heard[other.handset(OTHER_PHONE)["channel"]])
    assert speech in heard
    mouth = pages.day.rig.phones[PHONE].mouth
    assert mouth.live is not None
    assert (mouth.live.dropped, mouth.live.gaps) == (0, 1)  # the gap is the end
    at_bench.ask("hang_up", handset=PHONE)
    assert mouth.live is None


def test_the_first_five_minutes(pages: Pages, admin: Person, at_bench: AtBench) -> None:
    """Log in, call, answer, hang up, listen: each step has one button, and the next ticks off by what really happens."""
    at_bench.ask("try_login")
    at_bench.until(lambda: at_bench.things["agents"])
    (agent,) = at_bench.things["agents"]
    at_bench.until(lambda: not at_bench.handset(agent["phone"])["lifted"])
    at_bench.ask("try_call")
    assert at_bench.own["guide"]["state"] == "dialling"
    at_bench.until(lambda: at_bench.own["guide"]["state"] == "offered", 60_000)
    phone, caller = at_bench.own["guide"]["phone"], at_bench.own["guide"]["handset"]
    assert phone == agent["phone"]
    assert caller == "outside-13800138000"
    at_bench.until(lambda: at_bench.handset(phone)["shown"] == "13800138000")
    at_bench.ask("lift", handset=phone)
    at_bench.until(lambda: at_bench.own["guide"]["state"] == "talking")
    at_bench.wait(2000)
    at_bench.ask("hang_up", handset=phone)
    at_bench.ask("hang_up", handset=caller)
    at_bench.until(lambda: at_bench.own["guide"]["recorded"])
    call = at_bench.own["guide"]["call"]
    page = admin.get(f"/calls/{call}").text
    assert "<audio" in page
    recording = page.split('src="/recordings/')[1].split('"')[0].split("/")[0]
    assert admin.get(f"/recordings/{recording}").status == 200
    at_bench.wait(200)
    assert at_bench.own["guide"]["heard"]
    assert at_bench.said == []
    pages.wait(35_000)


def test_an_agent_who_is_not_ready_is_told_with_the_way_out(pages: Pages, admin: Person, at_bench: AtBench) -> None:
    """Somebody who missed calls before the restart is still not ready: the card of the first call says whom, why, and which code to press."""
    at_bench.ask("try_login")
    at_bench.until(lambda: at_bench.things["agents"])
    agent = at_bench.things["agents"][0]["agent"]
    at_bench.until(lambda: not any(thing["lifted"] for name, thing in at_bench.things.items() if name.startswith("handset ")))
    pages.day.rig.appliance.acd.post(agent, BecomeNotReady("meal"))
    at_bench.until(lambda: at_bench.things["agents"][0]["state"] == "not_ready")
    assert at_bench.things["agents"][0]["reasons"] == ["meal"]
    page = html.unescape(admin.get("/bench").text)
    assert 'data-ready-code="*14"' in page
    assert "{who} is logged in, but not ready ({why})" in page
    assert '"missed": "missed calls"' in page


def test_a_number_outside_rings_on_the_bench(at_bench: AtBench) -> None:
    """A telephone that was only put there rings when a desk phone dials it, and is answered on the bench."""
    at_bench.ask("place", number="13900139000")
    assert at_bench.own["guide"]["state"] == "none"
    at_bench.ask("lift", handset=PHONE)
    at_bench.wait(1000)
    at_bench.ask("press", handset=PHONE, keys="013900139000#")
    at_bench.until(lambda: at_bench.handset(CALLER)["ringing"])
    at_bench.ask("lift", handset=CALLER)
    assert at_bench.handset(CALLER)["talking"]
    assert at_bench.own["ear"] == CALLER
    at_bench.ask("ear", handset=PHONE)
    assert at_bench.own["ear"] == PHONE
    at_bench.ask("hang_up", handset=CALLER)
    at_bench.until(lambda: at_bench.handset(PHONE)["tone"] == "busy")


def test_one_holder_for_each_handset(pages: Pages, at_bench: AtBench) -> None:
    """A second browser sees who has the handset, cannot use it, and may take it over; the first is told."""
    other = sit_down(pages.person("chief", accept_language="en"), "tab0000002")
    at_bench.ask("lift", handset=PHONE)
    other.wait(200)
    assert (other.handset(PHONE)["by"], other.handset(PHONE)["seat"]) == ("admin", at_bench.own["seat"])
    other.ask("hang_up", handset=PHONE)
    assert other.said == ["803 is in use by admin. Take it over first."]
    other.ask("take", handset=PHONE)
    assert other.own["ear"] == PHONE
    at_bench.read()
    assert at_bench.said == ["chief has taken 803 over."]
    at_bench.wait(200)
    assert at_bench.own["ear"] == ""
    before = at_bench.blocks
    other.wait(1000)
    at_bench.read()
    assert at_bench.blocks == before
    assert len(other.sound(PHONE)) > 7000


def test_a_reload_keeps_the_call_and_leaving_ends_it(pages: Pages, admin: Person, at_bench: AtBench) -> None:
    """A page that is loaded again finds its handset lifted and its own; one that stays away has it put down."""
    at_bench.ask("lift", handset=PHONE)
    at_bench.leave()
    pages.wait(5000)
    again = sit_down(admin)
    assert again.handset(PHONE)["seat"] == again.own["seat"] == at_bench.own["seat"]
    again.wait(500)
    assert again.blocks > 0
    pages.wait(11_000)
    again.read()
    assert again.handset(PHONE)["lifted"]
    again.leave()
    pages.wait(round(bench.ABSENT_S * 1000) + 200)
    assert not pages.day.rig.phones[PHONE].lifted
    assert pages.day.rig.phones[PHONE].ear.tap is None


def test_who_leaves_with_a_handset_at_the_ear_stops_nobody_else(pages: Pages, at_bench: AtBench) -> None:
    """Another menu entry is pressed while dial tone sounds: the telephones of everybody else live on, and whoever does not hang up is cut off."""
    at_bench.ask("lift", handset=PHONE)
    at_bench.until(lambda: at_bench.handset(PHONE)["tone"] == "dial", 4000)
    at_bench.send(struct.pack(">H", 1001), CLOSE)  # it says good-bye, and its connection is still there
    before_ms, blocks = pages.day.rig.world.now_ms, at_bench.blocks
    at_bench.wait(1000)
    assert pages.day.rig.world.now_ms == before_ms + 1000
    assert at_bench.blocks == blocks
    assert not pages.day.rig.world.failures
    at_bench.wait(2000)
    assert at_bench.opened.transport.disconnected
    at_bench.pages.wait(int(bench.ABSENT_S * 1000))
    assert not pages.day.rig.phones[PHONE].lifted


def test_opened_twice_the_newer_one_has_it(admin: Person, at_bench: AtBench) -> None:
    """The same page in a copied tab takes the bench with it; the old one is told why it ends."""
    again = sit_down(admin)
    at_bench.read()
    assert again.status == 101
    assert at_bench.closed == (bench_seat.CLOSE_REPLACED, "opened again")


def test_the_end_of_the_login_ends_the_socket(pages: Pages, admin: Person, at_bench: AtBench) -> None:
    """Whoever logs out has put every handset down."""
    at_bench.ask("lift", handset=PHONE)
    admin.submit("/bench", "/logout", {})
    at_bench.wait(300)
    assert at_bench.closed is not None
    assert at_bench.closed[0] == bench_seat.CLOSE_LOGIN_OVER
    assert not pages.day.rig.phones[PHONE].lifted


def test_what_cannot_be_understood_is_said_and_too_much_of_it_ends(at_bench: AtBench) -> None:
    """Garbage gets a sentence and the socket stays; twenty pieces of garbage are enough."""
    silent = bytes([0xD5]) * BLOCK
    garbage: list[tuple[bytes, int]] = [
        (b"garbage", 1),
        (b"[1]", 1),
        (b"{}", 1),
        (b'{"do": 7}', 1),
        (b'{"do": "explode"}', 1),
        (b'{"do": "lift"}', 1),
        (b'{"do": "lift", "handset": "phone-999"}', 1),
        (b'{"do": "lift", "handset": "' + b"x" * 60 + b'"}', 1),
        (b'{"do": "heard", "count": 5}', 1),
        (b'{"do": "heard", "count": "all"}', 1),
        (b'{"do": "place", "number": "12"}', 1),
        (b'{"do": "place", "number": "12x"}', 1),
        (json.dumps({"do": "place", "number": "139", "title": "😀"}).encode(), 1),
        (json.dumps({"do": "place", "number": "139", "title": "x" * 21}).encode(), 1),
        (b'{"do": "place", "number": "139", "caller_id": "morse"}', 1),
        (b"short", 2),
        (struct.pack(">HHI", 0, 9, 0) + silent, 2),
    ]
    for octets, kind in garbage:
        before = len(at_bench.said)
        at_bench.send(octets, kind)
        assert len(at_bench.said) == before + 1, octets
    assert at_bench.closed is None
    assert at_bench.said[0] == "this is no JSON text"
    assert "there is no act 'explode' at the bench" in at_bench.said
    for _ in range(4):
        at_bench.send(b"garbage")
    assert at_bench.closed == (bench_seat.CLOSE_FAULTS, "too many messages that are not understood")


@pytest.mark.parametrize(
    ("act", "values", "said"),
    [
        ("hang_up", {"handset": PHONE}, "cannot hang up: the handset is down"),
        ("press", {"handset": PHONE, "keys": "1"}, "Lift the handset first."),
        ("flash", {"handset": PHONE}, "the handset is down"),
        ("ear", {"handset": PHONE}, "Lift the handset first."),
        ("place", {"number": "02155501001"}, "is taken"),
    ],
)
def test_what_is_not_possible_now_is_said(at_bench: AtBench, act: str, values: dict[str, str], said: str) -> None:
    """An act that does not fit the handset's state is refused with a sentence."""
    at_bench.ask(act, **values)
    assert len(at_bench.said) == 1
    assert said in at_bench.said[0]


def test_a_message_that_is_too_long_ends_the_socket(at_bench: AtBench) -> None:
    """Nobody can make the appliance keep a large message."""
    at_bench.send(b"x" * 1300)
    assert at_bench.closed is not None
    assert at_bench.closed[0] == CLOSE_TOO_LONG


def test_requests_and_sound_have_a_rate(pages: Pages, at_bench: AtBench) -> None:
    """Whoever sends too fast is told once, and what was too much is left out; the handset still works."""
    at_bench.ask("lift", handset=PHONE)
    for _ in range(80):
        at_bench.ask("silence")
    assert at_bench.said == ["Too many requests at once: some were left out."]
    for _ in range(200):
        at_bench.speak(PHONE, bytes(BLOCK))
    counters = pages.site.bench.counters if pages.site.bench else None
    assert counters is not None
    assert counters.too_fast == 21
    assert 0 < counters.sound_in <= bench_seat.SOUND_BURST
    assert counters.sound_in + counters.sound_in_dropped == 200
    at_bench.wait(1000)
    at_bench.ask("hang_up", handset=PHONE)
    assert not at_bench.handset(PHONE)["lifted"]


def test_keys_do_not_pile_up(at_bench: AtBench) -> None:
    """Keys that would take longer than ten seconds are refused, not queued."""
    at_bench.ask("lift", handset=PHONE)
    for _ in range(4):
        at_bench.ask("press", handset=PHONE, keys="0123456789" * 4)
    assert at_bench.said == ["Not so fast: the keys pressed so far are still being dialled."] * 2


def test_a_browser_that_does_not_take_sound_gets_no_more(pages: Pages, at_bench: AtBench) -> None:
    """Sound never piles up on the way: after a second without an answer it is dropped and counted, and goes on later."""
    at_bench.acknowledges = False
    at_bench.ask("lift", handset=PHONE)
    at_bench.wait(3000)
    assert at_bench.blocks == bench_seat.SOUND_AHEAD_MOST
    counters = pages.site.bench.counters if pages.site.bench else None
    assert counters is not None
    assert counters.sound_out_dropped > 50
    at_bench.ask("heard", count=50)
    at_bench.wait(500)
    assert at_bench.blocks > 60


def test_a_browser_that_does_not_read_is_told_everything_later(pages: Pages, at_bench: AtBench) -> None:
    """While the connection is full nothing is queued; afterwards the whole state comes. After ten seconds it is cut off."""
    transport = at_bench.opened.transport
    assert transport.producer is not None
    wholes, size = at_bench.wholes, len(transport.value())
    transport.producer.pauseProducing()
    pages.day.rig.phones[PHONE].lift()
    pages.wait(2000)
    assert len(transport.value()) == size
    transport.producer.resumeProducing()
    at_bench.read()
    assert at_bench.wholes == wholes + 1
    assert at_bench.handset(PHONE)["lifted"]
    transport.producer.pauseProducing()
    pages.wait(11_000)
    assert transport.disconnected


def test_seats_and_telephones_outside_are_bounded(admin: Person, at_bench: AtBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many people or telephones get a sentence."""
    monkeypatch.setattr(bench, "SEATS_MOST", 1)
    assert sit_down(admin, "tab0000009").status == 503
    for number in range(33):
        at_bench.ask("place", number=f"1380000{number:04d}")
        at_bench.wait(100)
    assert at_bench.said == ["There are 32 telephones outside already: remove one first."]
    channels = {value["channel"] for key, value in at_bench.things.items() if key.startswith("handset ")}
    assert channels == set(range(36))
    for number in range(32):
        at_bench.ask("remove", handset=f"outside-1380000{number:04d}")
        at_bench.wait(100)
    assert len(at_bench.things) == 4 + 4 + 3


def test_the_demo_is_not_disturbed(pages: Pages, at_bench: AtBench) -> None:
    """While the demo plays, its telephone and the lines are its own; afterwards they are free."""
    over = pages.bench
    assert over is not None
    over.yield_to_demo([PHONE])
    at_bench.wait(200)
    assert at_bench.things["demo"] is True
    assert at_bench.handset(PHONE)["yielded"]
    at_bench.ask("lift", handset=PHONE)
    at_bench.ask("try_call")
    assert len(at_bench.said) == 2
    assert all("demo" in said for said in at_bench.said)
    over.demo_over()
    at_bench.ask("lift", handset=PHONE)
    assert at_bench.handset(PHONE)["lifted"]


# ---- who may -----------------------------------------------------------------------------------------------------------


def test_only_the_bench_may_hear_the_microphone(admin: Person) -> None:
    """The page allows its own microphone and its own socket, and nothing else more than other pages."""
    reply = admin.get("/bench")
    assert reply.status == 200, admin.pages.log
    assert "microphone=(self)" in reply.header("permissions-policy")
    assert "connect-src 'self' wss://box.example;" in reply.header("content-security-policy")
    assert "microphone=()" in admin.get("/calls").header("permissions-policy")
    assert "wss:" not in admin.get("/calls").header("content-security-policy")
    assert "803" in reply.text


def test_without_simulated_boards_there_is_no_bench(make_pages: Maker) -> None:
    """With real boards there is neither page nor socket nor a link to them."""
    person = make_pages().person("admin")
    assert person.get("/bench").status == 404
    assert sit_down(person).status == 404
    assert 'href="/bench"' not in person.get("/calls").text


def test_only_administrators_sit_at_the_bench(pages: Pages, admin: Person) -> None:
    """A supervisor sees no link and gets no bench; a stranger has to log in."""
    chief = pages.person("banzhang")
    assert chief.get("/bench").status == 403
    assert sit_down(chief).status == 403
    assert 'href="/bench"' not in chief.get("/calls").text
    assert 'href="/bench"' in admin.get("/calls").text
    stranger = pages.person()
    assert stranger.get("/bench").header("location").startswith("/login")
    assert sit_down(stranger).status == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "http://box.example", "null", ""])
def test_only_our_own_page_opens_the_socket(admin: Person, origin: str) -> None:
    """A page from elsewhere in the same browser cannot use the administrator's cookie."""
    assert sit_down(admin, origin=origin).status == 403


def test_the_address_of_the_socket_is_no_page(admin: Person) -> None:
    """Opened by hand it says what it is; with a wrong name of the tab too."""
    assert admin.get("/bench/socket", origin="https://box.example").status == 400
    assert sit_down(admin, "a/b").status == 400


def test_closed_sockets_are_forgotten(pages: Pages, at_bench: AtBench) -> None:
    """Connections that became sockets do not count for ever."""
    before = len(pages.site.factory._connections)
    at_bench.leave()
    assert len(pages.site.factory._connections) == before - 1


def test_the_stop_of_the_appliance_ends_the_sockets(pages: Pages, at_bench: AtBench) -> None:
    """The browser is told, and no timer of the bench runs on."""
    pages.site.close()
    at_bench.read()
    assert at_bench.closed == (bench_seat.CLOSE_STOPPING, "the appliance stops")


def test_after_the_demo_its_caller_is_free(day: Day) -> None:
    """The number that the demo called from can be used at the bench, where the card proposes it."""
    assert day.told(facts.CallArrived)[0].calling == "13800138000"
    assert not day.rig.exchange.knows("13800138000")
