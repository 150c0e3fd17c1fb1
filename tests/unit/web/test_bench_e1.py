"""The bench of telephones with an E1: a telephone outside that calls in by ISDN."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from twisted.internet import _producer_helpers
from twisted.internet.task import Cooperator

from appliance import site_file
from appliance.site_file import demo_site_written, parse_site
from engine import facts
from engine.people.actors import Role
from hwsim.signals import BLOCK
from tests import pages as pages_module
from tests.bench_wire import AtBench, sit_down
from tests.pages import Day, Pages

CALLER = "outside-13900139000"
TRUNK, NUMBER = "pri-1", "02155502000"


@pytest.fixture(scope="module")
def e1_day(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Day]:
    """A day on the demo site as ``make run`` has it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pages_module, "read_site", lambda _file: parse_site(demo_site_written(), "demo"))
        yield Day(tmp_path_factory.mktemp("bench-e1"), prompts_folder)


@pytest.fixture
def at_bench(e1_day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AtBench]:
    cooperator = Cooperator(scheduler=lambda act: e1_day.rig._twisted.callLater(0, act))
    monkeypatch.setattr(_producer_helpers, "cooperate", cooperator.cooperate)
    made = Pages(e1_day, tmp_path, {"admin": frozenset({Role.ADMINISTRATOR})}, bench=True)
    yield sit_down(made.person("admin", accept_language="en"))
    made.close()
    e1_day.rig.world.run_for(3000)


def test_the_demo_site_of_a_new_folder_has_an_e1() -> None:
    """What ``make run`` writes into a new folder is the small demo site with an ISDN trunk behind it, and nothing else is different."""
    small, whole = site_file.read_site(site_file.demo_site_file()), parse_site(demo_site_written(), "demo")
    assert [trunk.name for trunk in whole.e1_trunks] == [TRUNK]
    assert dataclasses.replace(whole, spans=(), e1_trunks=()) == small


def test_the_trunk_stands_among_the_lines(at_bench: AtBench) -> None:
    """It says how many of its channels carry calls."""
    trunk = at_bench.things[f"line {TRUNK}"]
    assert (trunk["phase"], trunk["channels"], trunk["busy"]) == ("idle", 30, 0)
    assert at_bench.things["line line-1"]["channels"] == 0


def test_a_public_telephone_calls_in_by_the_e1(at_bench: AtBench) -> None:
    """It dials any number of the trunk, is answered at once, hears and is heard, and its number is known without waiting for a ring."""
    at_bench.ask("place", number="13900139000", title="Wang", line=TRUNK, called="0215550 2017")
    at_bench.until(lambda: at_bench.handset(CALLER)["talking"], 3000)
    assert at_bench.handset(CALLER)["line"] == "pri-1-1"
    assert at_bench.things[f"line {TRUNK}"]["busy"] == 1
    arrived = at_bench.pages.day.told(facts.CallArrived)[-1]
    assert (arrived.line, arrived.calling, arrived.called) == ("pri-1-1", "13900139000", "02155502017")
    assert at_bench.own["guide"]["state"] == "arrived"
    at_bench.until(lambda: at_bench.handset(CALLER)["tone"] == "sound")
    before = at_bench.blocks
    at_bench.speak(CALLER, bytes([0x55]) * BLOCK)
    at_bench.ask("press", handset=CALLER, keys="2")
    at_bench.wait(1500)
    assert at_bench.blocks > before
    assert [fact.language for fact in at_bench.pages.day.told(facts.LanguageChosen)][-1] == "en"
    at_bench.ask("hang_up", handset=CALLER)
    at_bench.wait(2000)
    assert at_bench.own["guide"]["state"] == "over"
    assert at_bench.things[f"line {TRUNK}"]["busy"] == 0
    at_bench.ask("remove", handset=CALLER)


def test_a_trunk_without_signalling_says_so_and_takes_no_call(at_bench: AtBench) -> None:
    """A caller hears busy tone, and the trunk is marked."""
    exchange = at_bench.pages.day.rig.exchange
    exchange.cut(TRUNK)
    at_bench.until(lambda: at_bench.things[f"line {TRUNK}"]["phase"] == "down", 40_000)
    at_bench.ask("place", number="13900139000", line=TRUNK)
    assert at_bench.handset(CALLER)["tone"] == "busy"
    at_bench.ask("hang_up", handset=CALLER)
    at_bench.ask("remove", handset=CALLER)
    exchange.mend(TRUNK)
    at_bench.until(lambda: at_bench.things[f"line {TRUNK}"]["phase"] == "idle", 40_000)


def test_a_number_that_cannot_be_dialled_is_refused(at_bench: AtBench) -> None:
    """Letters, or too many digits."""
    at_bench.ask("place", number="13900139000", line=TRUNK, called="12a")
    assert "cannot be dialled" in at_bench.said[-1]
