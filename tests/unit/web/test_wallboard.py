"""The live state for many browsers: nothing missing, nothing twice, not too often."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import FakeClock
from web.wallboard import ELEMENT_EVERY_S, LOOK_EVERY_S, Change, Mark, View, Wallboard

NAMES = ("line-1", "agent-1", "call-1", "call-2", "call-3")


class World:
    """A state that tests change, and its wallboard."""

    def __init__(self, ring_most: int = 600) -> None:
        self.clock = FakeClock()
        self.state: dict[str, View] = {"summary": {"kind": "summary", "value": 0}}
        self.seq = 10
        self.looks = 0
        self.board = Wallboard(self._look, lambda: self.seq, self.clock, ring_most)

    def _look(self) -> dict[str, View]:
        self.looks += 1
        return dict(self.state)

    def put(self, name: str, value: object, *, fact: bool = True) -> None:
        """An element changes; usually a fact says so."""
        self.state[name] = {"kind": name.split("-", maxsplit=1)[0], "value": value}
        if fact:
            self._fact()

    def drop(self, name: str) -> None:
        if self.state.pop(name, None) is not None:
            self._fact()

    def _fact(self) -> None:
        self.seq += 1
        self.board.touch()


@dataclass
class Browser:
    """What a browser knows: it does with each change what the page's script does."""

    world: World
    known: dict[str, View] = field(default_factory=dict)
    mark: Mark | None = None
    revisions: list[int] = field(default_factory=list)
    times_ns: dict[str, list[int]] = field(default_factory=dict)
    wholes: int = 0
    leave: Any = None

    def take(self, change: Change) -> None:
        if change.whole:
            self.known = {}
            self.wholes += 1
        for name in change.gone:
            assert name in self.known or not self.revisions, f"{name} went twice"
            self.known.pop(name, None)
        for name, view in change.changed.items():
            self.known[name] = view
            self.times_ns.setdefault(name, []).append(self.world.clock.monotonic_ns())
        self.mark = Mark.parse(str(change.mark))
        self.revisions.append(change.mark.revision)

    def come(self) -> None:
        """Open the page, or come back to it."""
        self.take(self.world.board.since(self.mark))
        self.leave = self.world.board.subscribe(self.take)

    def go(self) -> None:
        if self.leave is not None:
            self.leave()
        self.leave = None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("quiet"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("drop"), st.sampled_from(NAMES), st.just(0)),
        st.tuples(st.just("wait"), st.just(""), st.sampled_from([0, 10, 30, 100, 260, 1100])),
        st.tuples(st.just("come"), st.sampled_from(["a", "b"]), st.just(0)),
        st.tuples(st.just("go"), st.sampled_from(["a", "b"]), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(steps=STEPS, ring_most=st.sampled_from([1, 3, 600]))
def test_every_browser_ends_with_the_truth(steps: list[tuple[str, str, int]], ring_most: int) -> None:
    """However browsers come, lose the connection and come back: in the end each shows just what is, and no change came twice or too soon."""
    world = World(ring_most)
    browsers = {"a": Browser(world), "b": Browser(world)}
    for act, name, value in steps:
        match act:
            case "put":
                world.put(name, value)
            case "quiet":
                world.put(name, value, fact=False)
            case "drop":
                world.drop(name)
            case "wait":
                world.clock.advance(value / 1000)
            case "come" if browsers[name].leave is None:
                browsers[name].come()
            case "go":
                browsers[name].go()
    for browser in browsers.values():
        if browser.leave is None:
            browser.come()
    world.clock.advance(3 * LOOK_EVERY_S)
    for browser in browsers.values():
        assert browser.known == world.state
        assert all(earlier <= later for earlier, later in zip(browser.revisions, browser.revisions[1:], strict=False))


@settings(max_examples=200, deadline=None)
@given(steps=STEPS)
def test_while_it_looks_a_browser_gets_each_revision_once(steps: list[tuple[str, str, int]]) -> None:
    """A browser that stays gets revision after revision, without gap or double, and no element more than four times a second."""
    world = World()
    browser = Browser(world)
    browser.come()
    for act, name, value in steps:
        match act:
            case "put":
                world.put(name, value)
            case "drop":
                world.drop(name)
            case "wait":
                world.clock.advance(value / 1000)
    world.clock.advance(3)
    assert browser.revisions == list(range(browser.revisions[0], browser.revisions[0] + len(browser.revisions)))
    for name, times in browser.times_ns.items():
        gaps = [later - earlier for earlier, later in pairwise(times[1:])]
        if not any(act == "drop" for act, other, _ in steps if other == name):
            assert all(gap >= ELEMENT_EVERY_S * 1e9 for gap in gaps), name


def test_a_change_is_seen_soon() -> None:
    """From the fact to the browser it takes two hundredths of a second, or a tenth when much happens."""
    world = World()
    browser = Browser(world)
    browser.come()
    world.clock.advance(1.5)
    world.put("agent-1", "ready")
    world.clock.advance(0.02)
    assert browser.known["agent-1"]["value"] == "ready"
    world.put("line-1", "busy")
    world.clock.advance(0.1)
    assert browser.known["line-1"]["value"] == "busy"


def test_what_changes_without_a_fact_is_seen_within_a_second() -> None:
    """A line that has rested after a call is shown as free though no fact says so."""
    world = World()
    browser = Browser(world)
    browser.come()
    world.put("line-1", "free", fact=False)
    world.clock.advance(LOOK_EVERY_S)
    assert browser.known["line-1"]["value"] == "free"


def test_nobody_looks_nothing_is_done() -> None:
    """Without browsers the live page costs nothing, whatever happens; nor after they have gone."""
    world = World()
    for value in range(100):
        world.put("agent-1", value)
    world.clock.advance(10)
    assert world.looks == 0
    browser = Browser(world)
    browser.come()
    browser.go()
    world.clock.advance(10)
    looks = world.looks
    world.put("agent-1", "x")
    world.clock.advance(10)
    assert world.looks == looks
    assert world.clock.waiting == 0


def test_a_return_after_a_short_while_is_one_small_change() -> None:
    """A browser whose connection broke for a moment gets only what it missed."""
    world = World()
    a, b = Browser(world), Browser(world)
    world.put("agent-1", 1)
    a.come()
    b.come()
    a.go()
    world.put("line-1", 1)
    world.clock.advance(1)
    world.put("line-1", 2)
    world.put("agent-1", 2)
    world.clock.advance(1)
    world.drop("agent-1")
    world.clock.advance(1)
    missed = world.board.since(a.mark)
    assert not missed.whole
    assert dict(missed.changed) == {"line-1": world.state["line-1"]}
    assert missed.gone == ("agent-1",)
    a.come()
    assert a.known == b.known == world.state


@pytest.mark.parametrize("written", ["", "x", "1.2", "10.-1.3", "9.0.10", "10.99.10", "1" * 40, "10.0.10\n"])
def test_a_mark_that_means_nothing_gives_everything(written: str) -> None:
    """A mark of another run of the appliance, from the future, or nonsense: the browser simply gets the whole state."""
    world = World()
    world.put("agent-1", 1)
    Browser(world).come()
    assert world.board.since(Mark.parse(written)).whole


def test_elements_stand_in_the_order_of_the_page() -> None:
    """What comes later stands where it belongs when the page is opened anew."""
    world = World()
    for name in ("call-1", "agent-1"):
        world.put(name, 1)
    Browser(world).come()
    agent = world.state.pop("agent-1")
    world.put("call-2", 1)
    world.state["agent-1"] = agent
    world.clock.advance(1)
    assert list(world.board.whole().changed) == ["summary", "call-1", "call-2", "agent-1"]
