"""The tree of digits finds exactly what a search through every pattern finds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calls.routing.trie import NumberTree
from engine.settings.number_patterns import NumberPattern, common, parse_pattern, shown_pattern

PLACES = st.lists(st.sampled_from(["0", "1", "2", "13", "X", "Z", "N", "[1-3]", "[02-4]", "9"]), min_size=0, max_size=5)
WRITTEN = st.tuples(PLACES, st.booleans()).map(lambda one: "".join(one[0]) + ("." if one[1] or not one[0] else ""))
NUMBERS = st.text("01239", min_size=0, max_size=7)
LETTERS = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]"}


def fits(written: str, number: str) -> bool:
    """The naive way: each pattern as a regular expression of its own."""
    body = "".join(LETTERS.get(one, one) for one in written.removesuffix("."))
    return re.fullmatch(body + ("[0-9]*" if written.endswith(".") else ""), number) is not None


@given(st.lists(WRITTEN, max_size=12), NUMBERS)
def test_a_number_finds_every_pattern_that_it_fits(written: list[str], number: str) -> None:
    """No route is overlooked, and none is found that does not fit."""
    tree = NumberTree((parse_pattern(one), place) for place, one in enumerate(written))
    assert sorted(place for _, place in tree.find(number)) == [place for place, one in enumerate(written) if fits(one, number)]


@given(st.lists(WRITTEN, max_size=12), NUMBERS)
def test_the_most_telling_pattern_counts(written: list[str], number: str) -> None:
    """Of several the one with the longest beginning decides, a whole number before all of them."""
    tree = NumberTree((parse_pattern(one), one) for one in written)
    fitting = [parse_pattern(one).weight for one in written if fits(one, number)]
    best = tree.best(number)
    assert (best is None) == (not fitting)
    assert best is None or parse_pattern(best).weight == max(fitting)


@given(WRITTEN, WRITTEN, NUMBERS)
def test_what_two_patterns_have_in_common_fits_both(first: str, second: str, number: str) -> None:
    """Numbers that are named as ambiguous are just those that fit both."""
    both = common(parse_pattern(first), parse_pattern(second))
    assert (both is not None and fits(shown_pattern(both), number)) == (fits(first, number) and fits(second, number))


@given(WRITTEN)
def test_a_pattern_is_shown_as_it_could_be_written(written: str) -> None:
    """Whoever reads a pattern in a message can type it."""
    pattern = parse_pattern(written)
    assert parse_pattern(shown_pattern(pattern)) == pattern


@pytest.mark.parametrize("written", ["", "12a", "1.2", "[5-]", "[]", "X" * 25, "13x.", "１３"])
def test_what_is_no_pattern_is_refused(written: str) -> None:
    """A slip of the finger does not become a rule."""
    with pytest.raises(ValueError, match=f"^{re.escape(written)}$"):
        parse_pattern(written)


def test_more_digits_count_more_than_fewer_numbers() -> None:
    """0755 before 075X before 07; a whole number before them all."""
    weights = [parse_pattern(one).weight for one in ("07.", "075X.", "0755.", "07551234")]
    assert weights == sorted(weights)
    assert NumberPattern((), open=True).weight < weights[0]
