"""Lines blocked by somebody, on a whole appliance with an E1: calls, causes, the restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.building import Sounds
from appliance.prompts import load
from appliance.rig import Rig
from appliance.site_file import read_site
from engine import facts
from engine.kernel.bus import Envelope
from engine.kernel.errors import BadInput, Refused
from engine.people.actors import Actor, Role
from hwsim.people import Subscriber
from tests.trunk_site import NUMBER, trunk_site

ADMIN = Actor(Role.ADMINISTRATOR, "user admin")


class Place:
    """A box with an E1, and a customer."""

    def __init__(self, folder: Path, prompts: Path, signalling: str) -> None:
        site = read_site(trunk_site(folder, signalling))
        sounds = Sounds(load(prompts), {queue.music: bytes([0xD5]) * 8000 for queue in site.queues})
        self.rig = Rig(site, folder, sounds, 1, log=lambda _line: None)
        self.told: list[Any] = []
        self.rig.appliance.bus.subscribe("test", self._hear)
        self.rig.start()
        self.rig.world.run_for(4000)
        self.wang = Subscriber(self.rig.world, self.rig.exchange, "wang", "13800138000")

    def _hear(self, envelope: Envelope) -> None:
        self.told.append(envelope.fact)

    def ask(self, command: str, **values: object) -> dict[str, Any]:
        answers: list[dict[str, Any]] = []
        failures: list[Exception] = []
        self.rig.appliance.ask(ADMIN, {"command": command, **values}, answers.append, failures.append)
        assert self.rig.world.run_until(lambda: answers or failures, 15_000)
        assert not failures, failures
        return answers[0]

    def of(self, kind: type) -> list[Any]:
        return [fact for fact in self.told if isinstance(fact, kind)]

    def states(self, trunk: str = "pri-1") -> list[str]:
        return [line["state"] for line in self.ask("trunk", trunk=trunk)["lines"]]

    def call_in(self) -> str:
        """Wang calls and is greeted; the line."""
        before = len(self.of(facts.CallArrived))
        self.wang.call(NUMBER)
        assert self.rig.world.run_until(lambda: len(self.of(facts.CallAnswered)) > before, 20_000)
        self.rig.world.run_for(500)
        return str(self.of(facts.CallArrived)[-1].line)


Make = Callable[[str], Place]


@pytest.fixture
def make(tmp_path: Path, prompts_folder: Path) -> Iterator[Make]:
    made: list[Place] = []

    def place(signalling: str = "isdn-user") -> Place:
        made.append(Place(tmp_path, prompts_folder, signalling))
        return made[-1]

    yield place
    made[-1].rig.stop()


@pytest.mark.parametrize("signalling", ["isdn-user", "r2"])
def test_a_line_that_is_blocked_in_a_call_serves_until_it_is_over(make: Make, signalling: str) -> None:
    """The caller notices nothing; no other caller comes on the line; unblocked, it serves again."""
    place = make(signalling)
    line = place.call_in()
    trunk = line.rpartition("-")[0]
    assert place.ask("block", scope="line", name=line, mode="after_calls", why="cable work")["lines"] == [line]
    place.rig.world.run_for(2000)
    assert place.wang.talking
    assert place.states(trunk)[0] == "answered"
    place.wang.hang_up()
    assert place.rig.world.run_until(lambda: place.states(trunk)[0] == "out_of_service", 15_000)
    (out,) = place.of(facts.LineOutOfService)
    assert (out.line, out.reason) == (line, "blocked")
    place.rig.world.run_for(3000)
    # the exchange sees the blocking bits, or is told by cause 44, and takes another one
    assert place.call_in() != line
    place.wang.hang_up()
    place.rig.world.run_for(5000)
    place.ask("unblock", scope="line", name=line, why="done")
    place.rig.world.run_for(2000)
    assert place.states(trunk)[0] == "free"
    assert place.call_in() == line


def test_an_analog_line_is_blocked_when_its_call_is_over(make: Make) -> None:
    """The same holds for a line without signalling: its call goes on, and the next one is not answered."""
    place = make("isdn-user")
    place.wang.call("line-1")
    assert place.rig.world.run_until(lambda: bool(place.of(facts.CallAnswered)), 20_000)
    place.ask("block", scope="line", name="line-1", mode="after_calls", why="noisy")
    place.rig.world.run_for(2000)
    assert place.wang.talking
    place.wang.hang_up()
    assert place.rig.world.run_until(lambda: bool(place.of(facts.LineOutOfService)), 20_000)
    assert place.of(facts.LineOutOfService)[0].reason == "blocked"
    place.wang.call("line-1")
    place.rig.world.run_for(12_000)
    assert len(place.of(facts.CallArrived)) == 1
    place.wang.hang_up()
    place.ask("unblock", scope="trunk", name="analog_lines", why="mended")
    place.rig.world.run_for(3000)
    assert place.states("analog_lines")[0] == "free"


def test_a_line_that_is_blocked_now_ends_its_call_with_cause_41(make: Make) -> None:
    """The caller hears that it is over; the journal says why, and who wanted it."""
    place = make("isdn-user")
    place.call_in()
    place.ask("block", scope="trunk", name="pri-1", mode="now", why="the carrier replaces the line")
    place.rig.world.run_for(1500)
    assert not place.wang.talking
    (ended,) = place.of(facts.CallEnded)
    assert (ended.cause, ended.reason, ended.released_by) == (41, "blocked", "system")
    (blocked,) = place.of(facts.LinesBlocked)
    assert (blocked.by, blocked.why, len(blocked.lines)) == ("user admin", "the carrier replaces the line", 4)
    assert place.states() == ["out_of_service"] * 4
    assert place.ask("trunks")["trunks"][0]["blocked"] == 4


def test_what_is_blocked_stays_so_over_a_restart(make: Make) -> None:
    """A box that comes back after a power cut uses no line that somebody has blocked, and still knows who and why."""
    place = make("isdn-user")
    place.ask("block", scope="span", name="e1-a", mode="after_calls", why="cable work")
    place.ask("block", scope="line", name="line-1", mode="after_calls", why="noisy")
    place.ask("unblock", scope="line", name="pri-1-1", why="not this one")
    place.rig.stop()
    again = make("isdn-user")
    assert again.states() == ["free", "out_of_service", "out_of_service", "out_of_service"]
    assert again.states("analog_lines") == ["out_of_service", "free", "free", "free"]
    (block,) = [line["block"] for line in again.ask("trunk", trunk="analog_lines")["lines"] if line["block"]]
    assert (block["by"], block["why"]) == ("user admin", "noisy")
    assert again.call_in() == "pri-1-1"


def test_a_wrong_wish_is_refused_in_words(make: Make) -> None:
    """No reason, no such thing, nothing to change: a sentence, and nothing happens."""
    place = make("isdn-user")
    right = {"scope": "line", "name": "pri-1-1", "mode": "now", "why": "x"}
    for wrong in ({"scope": "box"}, {"mode": "soon"}, {"why": " "}, {"why": "x" * 201}, {"why": "a\nb"}):
        with pytest.raises(BadInput):
            place.ask("block", **{**right, **wrong})
    with pytest.raises(Refused, match="no pri-9"):
        place.ask("block", **{**right, "name": "pri-9"})
    with pytest.raises(Refused, match="not blocked"):
        place.ask("unblock", scope="line", name="pri-1-1", why="x")
    place.ask("block", **right)
    with pytest.raises(Refused, match="blocked already"):
        place.ask("block", **{**right, "mode": "after_calls"})
    with pytest.raises(Refused):
        place.rig.appliance.ask(Actor(Role.SUPERVISOR, "user li"), {"command": "block", **right}, print, print)
    assert len(place.of(facts.LinesBlocked)) == 1


def test_the_calls_of_today_are_counted_also_after_a_restart(make: Make) -> None:
    """Seizures, answers, seconds and causes of the day stand on the trunk; since the start only what came since."""
    place = make("isdn-user")
    place.call_in()
    place.rig.world.run_for(10_000)
    place.wang.hang_up()
    place.rig.world.run_for(3000)
    today = place.ask("trunk", trunk="pri-1")["today"]
    assert (today["calls_in"], today["answered_in"], today["answer_ratio_in"]) == (1, 1, 100)
    assert 10 <= today["seconds"] <= 15
    assert [(one["cause"], one["calls"]) for one in today["causes"]] == [(16, 1)]
    place.rig.stop()
    again = make("isdn-user").ask("trunk", trunk="pri-1")
    assert again["today"] == today
    assert again["since_start"]["calls_in"] == 0


def test_a_d_channel_that_fails_is_an_alarm(make: Make) -> None:
    """The trunk says so, an alarm is raised, and both are over when it is back."""
    place = make("isdn-user")
    assert place.ask("trunk", trunk="pri-1")["up"] is True
    place.rig.exchange.trunks["pri-1"].cut_signalling(cut=True)
    assert place.rig.world.run_until(lambda: bool(place.of(facts.DChannelDown)), 60_000)
    (alarm,) = place.of(facts.AlarmRaised)
    assert (alarm.alarm, alarm.about) == ("d-channel", "pri-1")
    assert place.ask("trunk", trunk="pri-1")["signalled"]["up"] is False
    place.rig.exchange.trunks["pri-1"].cut_signalling(cut=False)
    assert place.rig.world.run_until(lambda: len(place.of(facts.DChannelUp)) == 2, 60_000)
    assert place.of(facts.DChannelUp)[-1].down_ms > 0
    assert [fact.about for fact in place.of(facts.AlarmCleared)] == ["pri-1"]


def test_a_capture_is_begun_followed_saved_and_ends_by_itself(make: Make, tmp_path: Path) -> None:
    """A technician captures one caller's calls, reads them as they come, and takes the file away; others' calls are not in it."""
    place = make("isdn-user")
    place.ask("capture", trunk="pri-1", number="13800138000", limit_s=60)
    with pytest.raises(Refused, match="user admin"):
        place.ask("capture", trunk="pri-1", limit_s=60)
    before = place.ask("trunk_trace", trunk="pri-1", wait_s=1)["lines"]
    after = max((line["seq"] for line in before), default=0)
    place.call_in()
    fresh = place.ask("trunk_trace", trunk="pri-1", after=after, wait_s=5)["lines"]
    assert fresh[0]["seq"] > after
    place.wang.hang_up()
    place.rig.world.run_for(61_000)
    captured = place.ask("trunk_trace", trunk="pri-1", captured=True)
    assert (captured["capture"]["why_ended"], captured["capture"]["messages"]) == ("limit", len(captured["lines"]))
    assert captured["lines"][0]["heading"]["msgid"].startswith("{message}, call")
    assert [fact.reason for fact in place.of(facts.TraceEnded)] == ["limit"]
    file = Path(place.ask("capture_save", trunk="pri-1")["file"])
    assert file.is_relative_to(tmp_path)
    assert file.read_bytes()[:4] == bytes.fromhex("4d3cb2a1")
    with pytest.raises(Refused, match="Nothing is captured"):
        place.ask("capture_end", trunk="pri-1")
    with pytest.raises(Refused):
        place.ask("capture", trunk="analog_lines", limit_s=60)
