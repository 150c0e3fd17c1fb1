"""Trunks by the API, on a box with an E1: what programs read of them, and lines that they block."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import facts
from hwsim.people import Subscriber
from tests.api.conftest import USERS
from tests.api.program import Program, keep_tokens
from tests.api.test_answers import against
from tests.pages import Day, Pages
from tests.trunk_site import NUMBER, trunk_site

CALLER = "13800138000"
BLOCK = {"scope": "line", "name": "pri-1-3", "mode": "after_calls", "why": "cable work"}


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Pages]:
    """A page on a box with an E1 on which one call has come in."""
    folder, accounts = tmp_path_factory.mktemp("trunks"), tmp_path_factory.mktemp("accounts")
    day = Day(folder, prompts_folder, trunk_site(folder))
    pages = Pages(day, accounts, USERS)
    keep_tokens(accounts, list(USERS))
    day.rig.world.run_for(4000)
    caller = Subscriber(day.rig.world, day.rig.exchange, "wang", CALLER)
    caller.call(NUMBER)
    assert day.rig.world.run_until(lambda: bool(day.told(facts.CallAnswered)), 10_000)
    caller.hang_up()
    day.rig.world.run_for(4000)
    yield pages
    pages.close()


def test_trunks_are_as_the_document_says(rack: Pages) -> None:
    """Sums, channels with their calls of today, the D channel's counters by name."""
    program = Program(rack, "guest", {"accept_language": "en"})
    trunks = program.get("/trunks")
    assert against("/trunks", "get", "200", trunks) == []
    assert [(trunk["trunk"], trunk["up"]) for trunk in trunks["trunks"]] == [("pri-1", True), ("analog_lines", None)]
    trunk = program.get("/trunks/pri-1")
    assert against("/trunks/{trunk}", "get", "200", trunk) == []
    assert trunk["lines"][0]["today"]["causes"] == [{"cause": 16, "name": "Normal call clearing", "calls": 1}]
    assert "frames received" in {one["name"] for one in trunk["signalled"]["counters"]}
    assert program.ask("GET", "/trunks/pri-9").status == 404


def test_messages_are_for_those_who_may_test(rack: Pages) -> None:
    """The last call in words, by number; who may not test lines reads no numbers of callers."""
    messages = Program(rack, "admin", {"accept_language": "en"}).get(f"/trunks/pri-1/trace?number={CALLER}")
    assert against("/trunks/{trunk}/trace", "get", "200", messages) == []
    assert messages["messages"][0]["heading"].startswith("SETUP, call")
    assert messages["messages"][-1]["heading"].startswith("RELEASE COMPLETE")
    assert Program(rack, "guest", {}).ask("GET", "/trunks/pri-1/trace").status == 403
    assert Program(rack, "admin", {}).ask("GET", "/trunks/pri-1/trace?channel=99").status in {400, 422}


def test_a_program_blocks_and_unblocks(rack: Pages) -> None:
    """A carrier's system takes a timeslot out and puts it back; twice is refused; who may not is refused."""
    admin = Program(rack, "admin", {"accept_language": "en"})
    assert Program(rack, "banzhang", {}).post("/lines/block", BLOCK).status == 403
    reply = admin.post("/lines/block", BLOCK)
    assert against("/lines/block", "post", "200", json.loads(reply.body)) == []
    assert json.loads(reply.body) == {"lines": ["pri-1-3"]}
    rack.wait(500)
    trunk = admin.get("/trunks/pri-1")
    assert against("/trunks/{trunk}", "get", "200", trunk) == []
    assert trunk["lines"][2]["block"]["by"] == "user admin"
    assert admin.post("/lines/block", BLOCK).status == 409
    undone = admin.post("/lines/unblock", {"scope": "span", "name": "e1-a", "why": "done"})
    assert json.loads(undone.body) == {"lines": ["pri-1-3"]}
