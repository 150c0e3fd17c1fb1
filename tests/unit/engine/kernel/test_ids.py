"""Ids that never repeat on a box."""

from __future__ import annotations

from engine.kernel.ids import Ids


def test_each_kind_counts_for_itself() -> None:
    """The first call is c1, the first recording r1, the second call c2."""
    ids = Ids("b1")
    assert [ids.new("c"), ids.new("r"), ids.new("c")] == ["b1-c1", "b1-r1", "b1-c2"]


def test_after_a_restart_numbers_go_on() -> None:
    """No call of today has the id of a call of yesterday."""
    last = {"c": 41}
    ids = Ids("b1", last)
    assert (ids.new("c"), ids.new("r")) == ("b1-c42", "b1-r1")
    assert last == {"c": 41}, "what the store gave stays as it was"


def test_an_id_read_from_the_journal_is_not_given_again() -> None:
    """Ids found in old facts count as used; a lower one does not turn the counter back."""
    ids = Ids("b1")
    ids.seen("b1-c9")
    ids.seen("b1-c3")
    assert ids.new("c") == "b1-c10"


def test_other_boxes_and_other_words_are_not_counted() -> None:
    """Ids of another box, and words that are no ids, change nothing."""
    ids = Ids("b1")
    for word in ("b2-c9", "b1-cx", "b1-c", "c9", "", "b1-"):
        ids.seen(word)
    assert ids.new("c") == "b1-c1"
