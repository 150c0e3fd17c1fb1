"""State machines as tables.

A machine is one file: an essay, then states, events, effects, one function per row, and the table last. This module
is the kernel that runs such a table. It knows nothing of time, threads or devices.

*States* and *events* are frozen dataclasses. A *row* is a function ``(state, event) -> Step``; ``Step`` is the next
state and the effects to perform. A machine returns effects and performs none.

*Timers* belong to states. ``Timer`` is a row of the machine's timer table; a state that wants one running returns
``Start(timer)`` among the effects. The timer's expiry is an event of its own: the rows are keyed by the timer itself. When
the machine leaves a state *class*, every timer not declared in ``Table.timers`` for the new state dies.

Every state × event pair is a row, or ignored with a reason, or refused: then ``UnexpectedEvent`` is raised and the
state is unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from engine.kernel.errors import OurFault, UnexpectedEvent

__all__ = ["Expired", "Machine", "Start", "Step", "Stop", "Table", "Timer"]

S = TypeVar("S")


@dataclass(frozen=True)
class Timer:
    """One row of a timer table: what it is called, how long it runs by default, between which limits, and why."""

    name: str
    default_s: float
    least_s: float
    most_s: float
    clause: str
    meaning: str

    def __post_init__(self) -> None:
        if not self.least_s <= self.default_s <= self.most_s:
            raise OurFault(f"timer {self.name}: default {self.default_s} s is outside {self.least_s}…{self.most_s} s")


@dataclass(frozen=True)
class Expired:
    """The event that a timer has run out, and when (monotonic ns). Posted by the runner only."""

    timer: Timer
    now_ns: int = 0


@dataclass(frozen=True)
class Start:
    """Effect: (re)start a timer. ``seconds`` None means its default."""

    timer: Timer
    seconds: float | None = None


@dataclass(frozen=True)
class Stop:
    """Effect: stop a timer while staying in the state."""

    timer: Timer


@dataclass(frozen=True)
class Step(Generic[S]):
    """What a row decides: the next state, and what is to be done about it."""

    state: S
    effects: tuple[object, ...] = ()


Key = type | Timer
Row = Callable[[Any, Any], Step[Any]]


@dataclass(frozen=True)
class Table:
    """A machine's whole behaviour.

    ``rows``: (state class, event class or Timer) → row function. ``ignored``: the same pairs → the reason. ``timers``:
    state class → the timers that may run in it.
    """

    name: str
    initial: object
    rows: Mapping[tuple[type, Key], Row]
    ignored: Mapping[tuple[type, Key], str] = field(default_factory=dict)
    timers: Mapping[type, Sequence[Timer]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        both = self.rows.keys() & self.ignored.keys()
        if both:
            raise OurFault(f"{self.name}: pairs both handled and ignored: {both}")

    def states(self) -> tuple[type, ...]:
        """Every state class named anywhere in the table, in order of first mention."""
        return tuple(dict.fromkeys([type(self.initial), *(state for state, _ in [*self.rows, *self.ignored])]))

    def keys(self) -> tuple[Key, ...]:
        """Every event class and timer named anywhere, in order of first mention."""
        return tuple(dict.fromkeys(key for _, key in [*self.rows, *self.ignored]))


class Machine:
    """One running table: a state, and ``handle``."""

    def __init__(self, table: Table, initial: object | None = None) -> None:
        self.table = table
        self.state: Any = table.initial if initial is None else initial

    def handle(self, event: object) -> tuple[object, ...]:
        """Take one event, move to the next state, return the effects. Raises UnexpectedEvent, state unchanged."""
        key = (type(self.state), event.timer if isinstance(event, Expired) else type(event))
        if key in self.table.ignored:
            return ()
        row = self.table.rows.get(key)
        if row is None:
            raise UnexpectedEvent(self.table.name, self.state, event)
        step = row(self.state, event)
        self.state = step.state
        return step.effects

    def timers_now(self) -> Sequence[Timer]:
        """The timers that may run in the present state."""
        return self.table.timers.get(type(self.state), ())
