"""A day with a call, and pages on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from twisted.internet import _producer_helpers
from twisted.internet.task import Cooperator

from engine.people.actors import Role
from tests.office import Office
from tests.pages import Day, Maker, Pages

USERS = {
    "admin": frozenset({Role.ADMINISTRATOR}),
    "banzhang": frozenset({Role.SUPERVISOR}),
    "lina": frozenset({Role.AGENT_USER}),
    "zhijian": frozenset({Role.QUALITY}),
    "guest": frozenset({Role.READ_ONLY}),
    "both": frozenset({Role.AGENT_USER, Role.QUALITY}),
}


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Day:
    """One finished call; nobody changes anything in it."""
    folder = tmp_path_factory.mktemp("day")
    made = Day(folder, prompts_folder)
    made.play(tmp_path_factory.mktemp("voices"))
    return made


@pytest.fixture
def make_pages(day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Maker]:
    """Pages in other circumstances."""
    # Twisted sends files by a cooperator on the global reactor, which does not run here.
    cooperator = Cooperator(scheduler=lambda act: day.rig._twisted.callLater(0, act))
    monkeypatch.setattr(_producer_helpers, "cooperate", cooperator.cooperate)
    made: list[Pages] = []

    def make(**circumstances: bool) -> Pages:
        made.append(Pages(day, tmp_path, USERS, **circumstances))
        return made[-1]

    yield make
    for pages in made:
        pages.close()


@pytest.fixture
def pages(make_pages: Maker) -> Pages:
    """The page, with a user of each role."""
    return make_pages()


@pytest.fixture(scope="session")
def office_page(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Iterator[Office]:
    """An administrator who is logged in, on a day of its own."""
    day = Day(tmp_path_factory.mktemp("office"), prompts_folder)
    pages = Pages(day, tmp_path_factory.mktemp("accounts"), USERS)
    yield Office(pages)
    pages.close()


@pytest.fixture
def office(office_page: Office) -> Iterator[Office]:
    """The same, for tests that change settings: afterwards they are as before."""
    before = office_page.site
    yield office_page
    if office_page.site != before:
        office_page.change(before)
