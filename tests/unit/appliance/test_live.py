"""The appliance on the reactor, when something of ours goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.testing import MemoryReactorClock

from appliance.building import Sounds
from appliance.data_folder import DataFolder
from appliance.live import LiveAppliance
from appliance.site_file import demo_site_file, read_site
from engine import facts
from engine.store.journal import Reading


class Reactor(MemoryReactorClock):
    """Time by hand; what threads tell is kept."""

    def callFromThread(self, act: Callable[..., object], *given: object) -> None:  # noqa: N802  # Twisted's name
        """Nobody waits for it here."""


class Box:
    """A live appliance and its log."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[str] = []
        self.folder = DataFolder(folder)
        reactor = Reactor()  # type: ignore[no-untyped-call]  # Twisted's reactor for tests has no types
        self.live = LiveAppliance(reactor, read_site(demo_site_file()), self.folder, Sounds({}), self.lines.append)

    def journal(self) -> list[Any]:
        """The facts on the disk."""
        return [envelope.fact for envelope in Reading(self.folder.journal)]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.live.close()
    made.folder.close()


def test_a_fault_that_comes_again_and_again_is_one_alarm(box: Box) -> None:
    """The log has every fault with its place, the people are told once."""
    box.live.appliance.start()
    for _ in range(3):
        box.live.fault("ValueError: broken", "somewhere")
    box.live.fault("KeyError: other", "")
    box.live.close()
    alarms = [fact for fact in box.journal() if isinstance(fact, facts.AlarmRaised)]
    assert [(alarm.alarm, alarm.about, alarm.sentence) for alarm in alarms] == [
        ("bug", "reactor", "ValueError: broken"),
        ("bug", "reactor", "KeyError: other"),
    ]
    assert box.lines == [*["bug: ValueError: broken\nsomewhere"] * 3, "bug: KeyError: other"]


def test_a_start_that_fails_half_way_keeps_what_it_told(box: Box) -> None:
    """Whatever keeps the door shut: what the start had to tell of the past is in the journal when the process has gone."""
    box.live.appliance.start()
    box.live.close()
    box.live.close()
    assert [type(fact) for fact in box.journal()] == [facts.ApplianceStarted]


def test_a_stop_that_fails_still_writes(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault while calls are being ended costs no fact, and the process does not wait for an end that never comes."""

    def broken(_reason: str) -> None:
        raise ValueError("broken")

    box.live.appliance.start()
    monkeypatch.setattr(box.live.appliance.switch, "end_all", broken)
    stopped = box.live.stop("stopped")
    assert stopped.called
    box.live.close()
    assert [type(fact) for fact in box.journal()] == [facts.ApplianceStarted]
    assert box.lines[0].startswith("bug: stopping failed: Traceback")
