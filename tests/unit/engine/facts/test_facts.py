"""Facts as journal records and back."""

from __future__ import annotations

import dataclasses
import json

import pytest

from engine import facts
from engine.facts import base
from engine.facts.base import FactError, fact, fact_from_record, fact_to_record, known_facts, lift
from tests.golden.renew import a_fact, fact_records

GOLDEN = fact_records()
KNOWN = sorted(known_facts())


@pytest.mark.parametrize("name", KNOWN)
def test_a_fact_survives_the_journal(name: str) -> None:
    """What was written to the journal is read again as the same fact, whatever it says."""
    cls = known_facts()[name]
    made = a_fact(cls)
    record = json.loads(json.dumps(fact_to_record(made)))
    assert fact_from_record(name, cls.VERSION, record) == made


@pytest.mark.parametrize("name", KNOWN)
def test_a_fact_cannot_be_changed_and_is_made_by_names(name: str) -> None:
    """What happened has happened: no subscriber can alter it, and no field is mistaken for another."""
    made = a_fact(known_facts()[name])
    first = dataclasses.fields(made)[0].name  # type: ignore[arg-type]  # a Fact is a dataclass
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, first, "changed")
    with pytest.raises(TypeError):
        type(made)("by position")  # type: ignore[call-arg]  # the point of the test


def test_every_version_of_every_fact_has_a_golden_record() -> None:
    """Journals of released versions stay readable: each version is kept as it was written (new ones: ``make golden``)."""
    assert sorted(GOLDEN) == KNOWN
    for name, cls in known_facts().items():
        assert sorted(GOLDEN[name], key=int) == [str(version) for version in range(1, cls.VERSION + 1)]


@pytest.mark.parametrize("name", KNOWN)
def test_golden_records_are_still_read(name: str) -> None:
    """A journal written by any released version is read; the present version's record comes out as it went in."""
    present = known_facts()[name].VERSION
    for version, record in GOLDEN[name].items():
        read = fact_from_record(name, int(version), record)
        assert type(read).__name__ == name
        if int(version) == present:
            assert fact_to_record(read) == record


def test_every_fact_is_found_in_the_package() -> None:
    """A newcomer finds every fact in ``engine.facts``."""
    assert set(KNOWN) <= set(facts.__all__)


def test_a_record_of_an_unknown_fact_is_refused_by_name() -> None:
    """A journal from elsewhere is refused with the name that is not known."""
    with pytest.raises(FactError, match="no fact is called 'CallEaten'"):
        fact_from_record("CallEaten", 1, {})


def test_a_newer_record_is_refused() -> None:
    """An old program does not guess what a newer one meant."""
    with pytest.raises(FactError, match="LineRang version 2 is newer than this program's 1"):
        fact_from_record("LineRang", 2, {"line": "line-1"})


@pytest.mark.parametrize("record", [{}, {"line": "line-1", "more": 1}, {"phone": "line-1"}])
def test_a_record_with_other_fields_is_refused(record: dict[str, object]) -> None:
    """A damaged record is refused with what it has and what is wanted, and is not half a fact."""
    with pytest.raises(FactError, match=r"LineRang version 1: fields \[.*\] instead of \['line'\]"):
        fact_from_record("LineRang", 1, record)


def test_old_versions_are_lifted_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal of three versions ago is read as if it were written today; a missing step is named."""
    monkeypatch.setattr(base, "_known", {})
    monkeypatch.setattr(base, "_lifts", {})

    @fact(version=3)
    class DoorOpened(base.Fact):
        door: str
        by: str
        width_cm: int

    @lift("DoorOpened", 2)
    def with_width(record: dict[str, object]) -> dict[str, object]:
        return {**record, "width_cm": 80}

    with pytest.raises(FactError, match="DoorOpened: no lift from version 1"):
        fact_from_record("DoorOpened", 1, {"door": "north"})

    @lift("DoorOpened", 1)
    def with_person(record: dict[str, object]) -> dict[str, object]:
        return {**record, "by": "somebody"}

    assert fact_from_record("DoorOpened", 1, {"door": "north"}) == DoorOpened(door="north", by="somebody", width_cm=80)
    assert fact_from_record("DoorOpened", 2, {"door": "north", "by": "me"}) == DoorOpened(door="north", by="me", width_cm=80)
