"""What the engine's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.floor import Floor


@pytest.fixture
def floor() -> Iterator[Floor]:
    """The engine on fake lines; fails when anything happened that the house counts as a bug."""
    made = Floor()
    yield made
    assert made.bugs == []
