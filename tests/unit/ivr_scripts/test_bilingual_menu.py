"""The shipped menu, from the first ring to the queue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import facts
from engine.settings.site import BoxSection, Site
from tests.floor import Floor, a_site

GREETING = ["zh/welcome", "zh/language_zh", "en/language_en"]


@pytest.fixture
def floor() -> Iterator[Floor]:
    """The engine on fake lines, a caller just answered on line-1; fails on anything the house counts as a bug."""
    made = Floor()
    made.calling(1)
    yield made
    assert made.bugs == []


def hears(floor: Floor) -> list[str]:
    """What the caller hears now."""
    return floor.bay.saying(floor.line(1).port)


def test_the_caller_is_answered_and_may_choose_a_language(floor: Floor) -> None:
    """The line is answered and both languages are offered, each in itself."""
    assert floor.line(1).does == "connected"
    assert hears(floor) == GREETING


@pytest.mark.parametrize(("key", "language"), [("1", "zh"), ("2", "en"), ("7", "zh")])
def test_a_key_chooses_the_language_of_the_menu(floor: Floor, key: str, language: str) -> None:
    """The menu is spoken in the chosen language; a key that is no choice keeps the site's."""
    floor.line(1).press(key)
    assert hears(floor) == [f"{language}/menu"]
    assert floor.told(facts.LanguageChosen)[0].language == language


def test_whoever_presses_nothing_reaches_the_queue(floor: Floor) -> None:
    """A caller with an old telephone waits for an agent in the site's language."""
    floor.clock.advance(3 + 5 + 0.1)
    assert hears(floor) == ["zh/menu"]
    floor.clock.advance(1 + 5)
    assert hears(floor) == ["zh/all_busy_wait"]
    floor.clock.advance(1)
    assert hears(floor) == ["any/music"]
    assert [fact.queue for fact in floor.told(facts.CallQueued)] == ["service"]


def test_with_a_free_agent_nobody_is_told_to_wait(floor: Floor) -> None:
    """When an agent is free the phone rings at once, and no "all busy" is heard."""
    floor.login("1001")
    floor.line(1).press("21")
    assert floor.phone(1).ringing
    assert hears(floor) == ["any/music"]
    floor.phone(1).lift()
    assert hears(floor)[0] == "en/agent_before"


def test_a_wrong_key_is_told_and_the_menu_comes_again(floor: Floor) -> None:
    """Wrong keys are answered in words, three times at most; then the call goes to the queue by itself."""
    floor.line(1).press("1")
    for _ in range(2):
        floor.line(1).press("9")
        assert hears(floor) == ["zh/wrong_key"]
        floor.clock.advance(1.1)
        assert hears(floor) == ["zh/menu"]
    floor.line(1).press("9")
    floor.clock.advance(2.2)
    assert hears(floor) == ["any/music"]


def test_a_full_queue_says_goodbye() -> None:
    """One caller too many hears so, and the line is released."""
    floor = Floor(a_site(waiting_most=1))
    for line in (1, 2):
        floor.calling(line)
        floor.line(line).press("11")
        floor.clock.advance(1.1)
    assert floor.bay.saying(floor.line(2).port) == ["zh/queue_full", "zh/goodbye"]
    floor.clock.advance(2.1)
    assert floor.line(2).does == "guard"
    assert [(e.reason, e.released_by) for e in floor.told(facts.CallEnded)] == [("dialogue_over", "system")]
    assert floor.bugs == []


def test_an_english_site_greets_in_english() -> None:
    """Where English is the site's language, it comes first."""
    floor = Floor(Site(**{**vars(a_site()), "box": BoxSection(language="en")}))
    floor.calling(1)
    assert hears(floor) == ["en/welcome", "en/language_en", "zh/language_zh"]
    floor.clock.advance(8.1)
    assert hears(floor) == ["en/menu"]


def test_a_line_without_a_flow_is_not_answered() -> None:
    """A line kept for outgoing calls rings on, and the caller who gives up is in the list."""
    site = a_site()
    trunks = tuple(type(trunk)(**{**vars(trunk), "flow": ""}) for trunk in site.trunks)
    floor = Floor(Site(**{**vars(site), "trunks": trunks}))
    floor.calling(1)
    floor.clock.advance(60)
    assert floor.line(1).does == "offered"
    floor.line(1).hang_up("caller_gone")
    assert [e.reason for e in floor.told(facts.CallEnded)] == ["caller_gone"]
    assert floor.bugs == []
