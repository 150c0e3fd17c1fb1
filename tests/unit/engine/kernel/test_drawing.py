"""The picture of a table."""

from __future__ import annotations

from dataclasses import dataclass

from engine.kernel.drawing import WIDTH, draw
from engine.kernel.fsm import Expired, Step, Table, Timer

SLEEP = Timer("sleep", 1.5, 1.0, 8.0, "nature", "it wakes by itself")


@dataclass(frozen=True)
class Awake:
    """It looks around. It may run."""


@dataclass(frozen=True)
class Asleep:
    """It dreams."""


@dataclass(frozen=True)
class Yawn:
    """It is tired."""


@dataclass(frozen=True)
class Noise:
    """Something rattles."""


def lie_down(_state: Awake, _event: Yawn) -> Step[object]:
    """It turns round three times. Then it sleeps."""
    return Step(Asleep())


def wake(_state: Asleep, _event: Expired) -> Step[object]:
    """It stretches."""
    return Step(Awake())


CAT = Table(
    "cat",
    Awake(),
    rows={(Awake, Yawn): lie_down, (Asleep, SLEEP): wake},
    ignored={(Asleep, Noise): "cats do not hear what they do not want to"},
    timers={Asleep: (SLEEP,)},
)


def test_a_picture_shows_rows_ignored_and_refused_pairs_and_timers() -> None:
    """A reviewer reads from the picture all that a machine does, and all that it does not."""
    assert draw(CAT) == (
        "machine: cat\n"
        "begins in: Awake\n"
        "\n"
        "Awake: It looks around.\n"
        "  Yawn -> lie_down: It turns round three times.\n"
        "  refuses Noise\n"
        "\n"
        "Asleep: It dreams.\n"
        "  timer sleep -> wake: It stretches.\n"
        "  ignores Noise (cats do not hear what they do not want to)\n"
        "  refuses Yawn\n"
        "  timers sleep\n"
        "\n"
        "timers\n"
        "  sleep 1.5 s (1 to 8 s): it wakes by itself [nature]\n"
    )


def test_long_lists_are_wrapped() -> None:
    """A picture fits a page: no line is longer than its width."""
    events = [type(f"Event{number:02}", (), {}) for number in range(40)]
    many = Table("many", Awake(), rows={}, ignored={(Awake, event): "no matter" for event in events})
    drawn = draw(many)
    assert all(f"Event{number:02}" in drawn for number in range(40))
    assert max(map(len, drawn.splitlines())) <= WIDTH
