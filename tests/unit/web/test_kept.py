"""What pages keep between two requests."""

from __future__ import annotations

import itertools

import pytest

from web.kept import LASTS_NS, KeptForUsers


class Shelf:
    """A shelf, and its time."""

    def __init__(self, most: int, of_one_most: int) -> None:
        names = itertools.count()
        self.now_ns = 0
        self.kept: KeptForUsers[str] = KeptForUsers(most, lambda: f"name{next(names)}", lambda: self.now_ns, of_one_most=of_one_most)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(3, 2)


def test_what_is_kept_is_found_by_its_user_alone(shelf: Shelf) -> None:
    """The address of somebody's sheet is of no use to anybody else."""
    name = shelf.kept.keep("anna", "sheet")
    assert shelf.kept.find(name, "anna") == "sheet"
    assert shelf.kept.find(name, "bert") is None
    assert shelf.kept.find("nonsense", "anna") is None
    shelf.kept.drop(name)
    shelf.kept.drop(name)
    assert shelf.kept.find(name, "anna") is None


def test_it_does_not_last_for_ever(shelf: Shelf) -> None:
    """After some hours it is gone, and makes room."""
    name = shelf.kept.keep("anna", "sheet")
    shelf.now_ns = LASTS_NS - 1
    assert shelf.kept.find(name, "anna") == "sheet"
    shelf.now_ns = LASTS_NS
    assert shelf.kept.find(name, "anna") is None
    shelf.kept.keep("bert", "other")
    assert len(shelf.kept) == 1


def test_the_oldest_makes_room(shelf: Shelf) -> None:
    """A person's own oldest goes first; without one, the oldest of all; and it is counted."""
    first, second, third = (shelf.kept.keep("anna", str(number)) for number in range(3))
    assert [shelf.kept.find(name, "anna") for name in (first, second, third)] == [None, "1", "2"]
    shelf.kept.keep("bert", "3")
    shelf.kept.keep("carl", "4")
    assert shelf.kept.find(second, "anna") is None
    assert len(shelf.kept) == 3
    assert shelf.kept.crowded_out == 2
