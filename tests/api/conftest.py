"""A day with a call, a page on it, and programs with tokens of every kind of user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from twisted.internet import _producer_helpers
from twisted.internet.task import Cooperator

from engine.people.actors import Role
from tests.api.program import Program, keep_tokens
from tests.pages import Day, Pages

USERS = {
    "admin": frozenset({Role.ADMINISTRATOR}),
    "banzhang": frozenset({Role.SUPERVISOR}),
    "lina": frozenset({Role.AGENT_USER}),
    "zhijian": frozenset({Role.QUALITY}),
    "guest": frozenset({Role.READ_ONLY}),
}
As = Callable[..., Program]


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory, prompts_folder: Path) -> Day:
    """One finished call. These tests may change its settings."""
    made = Day(tmp_path_factory.mktemp("day"), prompts_folder)
    made.play(tmp_path_factory.mktemp("voices"))
    return made


@pytest.fixture(scope="session")
def pages(day: Day, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """The page, with a user of each role and a token for each."""
    folder = tmp_path_factory.mktemp("accounts")
    # Twisted sends files by a cooperator on the global reactor, which does not run here.
    patched = pytest.MonkeyPatch()
    cooperator = Cooperator(scheduler=lambda act: day.rig._twisted.callLater(0, act))
    patched.setattr(_producer_helpers, "cooperate", cooperator.cooperate)
    made = Pages(day, folder, USERS)
    keep_tokens(folder, list(USERS))
    yield made
    made.close()
    patched.undo()


@pytest.fixture
def program(pages: Pages) -> Iterator[As]:
    """A program that asks for a user; without a name: for nobody. Its streams end with the test."""

    def made(user: str = "", **headers: str) -> Program:
        return Program(pages, user, headers)

    yield made
    pages.site.api.streams.close()
