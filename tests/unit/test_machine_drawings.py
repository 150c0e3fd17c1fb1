"""The golden drawings of the state machines."""

from __future__ import annotations

import pytest

from engine.kernel.drawing import draw
from tests.golden.renew import CALLS_PAGE, MACHINES, machine_file, with_drawings


@pytest.mark.parametrize("name", MACHINES)
def test_a_changed_machine_shows_in_review(name: str) -> None:
    """What a machine does is written down for reviewers; after a change on purpose, ``make golden`` draws it anew."""
    file = machine_file(name)
    kept = file.read_text(encoding="utf-8") if file.exists() else ""
    assert draw(MACHINES[name]) == kept, f"the machine {name} is not as drawn in {file.name}; if it is meant so, run: make golden"


@pytest.mark.parametrize("name", MACHINES)
def test_every_part_of_a_machine_says_what_it_is(name: str) -> None:
    """A reviewer finds a sentence at every state and row of the picture."""
    table = MACHINES[name]
    things: list[object] = [*table.states(), *table.rows.values()]
    assert [thing for thing in things if not (thing.__doc__ or "").strip()] == []


@pytest.mark.parametrize("name", MACHINES)
def test_timers_run_where_they_can_run_out(name: str) -> None:
    """No wait ends in nothing: each timer of a state has a row there or a reason, and rows for timers are in states that run them."""
    table = MACHINES[name]
    for state in table.states():
        handled = {key for at, key in [*table.rows, *table.ignored] if at is state and not isinstance(key, type)}
        assert handled == set(table.timers.get(state, ()))


def test_the_handbook_draws_the_machines_as_they_are() -> None:
    """The page on calls shows the machines that run; after a change on purpose, ``make golden`` draws them anew."""
    written = CALLS_PAGE.read_text(encoding="utf-8")
    assert with_drawings(written) == written
    assert "Attended:" in written


def test_no_drawing_is_left_over() -> None:
    """The folder shows the machines that there are, and no others."""
    folder = machine_file("call").parent
    assert {file.stem for file in folder.iterdir()} == set(MACHINES)
