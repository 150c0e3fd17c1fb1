"""Values that come in, checked by the shapes that the document shows."""

from __future__ import annotations

from typing import Any

import pytest

from web.api.shapes import LINE, Entry, FieldFault, Given, Group, Items, Scalar, Whole, Words, Written, YesNo

INNER = Group("", (Entry("act", Words(choices=("set", "unset"))), Entry("value", Scalar(), must=False)), closed=True)
OUTER = Group(
    "",
    (
        Entry("why", Words(1, 10, LINE)),
        Entry("edits", Items(INNER, 1, 2), must=False),
        Entry("number", Whole(1, 9), must=False),
    ),
    one_of=("edits", "number"),
    closed=True,
)


def faults_of(shape: Given, value: object) -> list[str]:
    """Where something is wrong."""
    faults: list[FieldFault] = []
    shape.read(value, "body", faults)
    return [fault.place for fault in faults]


@pytest.mark.parametrize(
    "value",
    [
        {"why": "because", "number": 1},
        {"why": "因为", "edits": [{"act": "set", "value": 5}, {"act": "unset"}]},
        {"why": "x", "number": 3.0},
    ],
)
def test_what_fits_comes_through(value: dict[str, Any]) -> None:
    """A right body is taken as it is."""
    faults: list[FieldFault] = []
    assert OUTER.read(value, "body", faults) == value
    assert faults == []


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (None, ["body"]),
        ([], ["body"]),
        ({}, ["body.why", "body"]),
        ({"why": "", "number": 1}, ["body.why"]),
        ({"why": "x" * 11, "number": 1}, ["body.why"]),
        ({"why": "a\nb", "number": 1}, ["body.why"]),
        ({"why": "a\x9bb", "number": 1}, ["body.why"]),
        ({"why": 5, "number": 1}, ["body.why"]),
        ({"why": "x", "number": True}, ["body.number"]),
        ({"why": "x", "number": "1"}, ["body.number"]),
        ({"why": "x", "number": 1.5}, ["body.number"]),
        ({"why": "x", "number": 10}, ["body.number"]),
        ({"why": "x", "number": 1e300}, ["body.number"]),
        ({"why": "x", "number": 1, "edits": [{"act": "set"}]}, ["body"]),
        ({"why": "x", "edits": []}, ["body.edits"]),
        ({"why": "x", "edits": [{"act": "set"}] * 3}, ["body.edits"]),
        ({"why": "x", "edits": {"act": "set"}}, ["body.edits"]),
        ({"why": "x", "edits": [{"act": "set"}, {"act": "go", "value": None}]}, ["body.edits[1].act", "body.edits[1].value"]),
        ({"why": "x", "number": 1, "nubmer": 2}, ["body.nubmer"]),
    ],
)
def test_every_wrong_place_is_named(value: object, places: list[str]) -> None:
    """Who sends a wrong body reads all that is wrong, and where."""
    assert faults_of(OUTER, value) == places


@pytest.mark.parametrize(
    ("shape", "written", "value"),
    [
        (Whole(0, 500), "17", 17),
        (Whole(-5, 5), "-5", -5),
        (YesNo(), "true", True),
        (Words(1, 5), "a b", "a b"),
        (Items(Words(choices=("a", "b")), 1, 2), "a,b", ["a", "b"]),
    ],
)
def test_values_in_an_address_are_understood(shape: Written, written: str, value: object) -> None:
    """Numbers, truths and lists stand in an address as the document says."""
    faults: list[FieldFault] = []
    assert shape.parse(written, "query.x", faults) == value
    assert faults == []


@pytest.mark.parametrize(
    ("shape", "written"),
    [
        (Whole(0, 500), "501"),
        (Whole(0, 500), ""),
        (Whole(0, 500), "1.0"),
        (Whole(0, 500), "٣"),
        (Whole(0, 500), "9" * 19),
        (YesNo(), "True"),
        (YesNo(), "1"),
        (Words(1, 5), ""),
        (Items(Words(choices=("a", "b")), 1, 2), "a,c"),
        (Items(Words(choices=("a", "b")), 1, 2), "a,b,a"),
        (Items(Words(choices=("a", "b")), 1, 2), ""),
    ],
)
def test_what_is_written_otherwise_is_refused(shape: Written, written: str) -> None:
    """A value that is nearly right is not guessed at."""
    faults: list[FieldFault] = []
    shape.parse(written, "query.x", faults)
    assert [fault.place for fault in faults] == ["query.x"]
