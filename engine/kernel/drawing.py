"""A machine's table as a text picture, for people who review it.

The picture is made from the table alone, so it cannot lie: each state with what it takes, what it ignores and why, its timers,
and what it refuses. It is kept as a golden file; a changed machine shows as a changed picture.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Iterator

from engine.kernel.fsm import Key, Row, Table, Timer

__all__ = ["draw"]

WIDTH = 120


def draw(table: Table) -> str:
    """The whole picture, in lines of at most ``WIDTH`` characters where words allow, ending with a line feed."""
    lines = [f"machine: {table.name}", f"begins in: {type(table.initial).__name__}", ""]
    for state in table.states():
        lines += [*_state(table, state), ""]
    timers = list(_all_timers(table))
    if timers:
        lines += ["timers", *(line for timer in timers for line in _timer(timer)), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _state(table: Table, state: type) -> Iterator[str]:
    yield f"{state.__name__}: {_first_sentence(state)}"
    keys = table.keys()
    taken = [(key, table.rows[state, key]) for key in keys if (state, key) in table.rows]
    yield from _aligned((_named(key), f"{row.__name__}: {_first_sentence(row)}") for key, row in taken)
    reasons = dict.fromkeys(table.ignored[state, key] for key in keys if (state, key) in table.ignored)
    for reason in reasons:
        ignored = [key for key in keys if table.ignored.get((state, key)) == reason]
        yield from _wrapped("  ignores", f"{_listed(ignored)} ({reason})")
    refused = [key for key in keys if (state, key) not in table.rows and (state, key) not in table.ignored and _can_come(table, state, key)]
    if refused:
        yield from _wrapped("  refuses", _listed(refused))
    running = table.timers.get(state, ())
    if running:
        yield from _wrapped("  timers", ", ".join(timer.name for timer in running))


def _can_come(table: Table, state: type, key: Key) -> bool:
    """A timer that may not run in a state cannot expire there: nothing to refuse."""
    return not isinstance(key, Timer) or key in table.timers.get(state, ())


def _all_timers(table: Table) -> Iterable[Timer]:
    return dict.fromkeys(timer for timers in table.timers.values() for timer in timers)


def _timer(timer: Timer) -> Iterator[str]:
    times = f"{timer.default_s:g} s ({timer.least_s:g} to {timer.most_s:g} s)"
    yield from _wrapped(f"  {timer.name}", f"{times}: {timer.meaning} [{timer.clause}]")


def _named(key: Key) -> str:
    return f"timer {key.name}" if isinstance(key, Timer) else key.__name__


def _listed(keys: Iterable[Key]) -> str:
    return ", ".join(_named(key) for key in keys)


def _first_sentence(thing: type | Row) -> str:
    """The docstring up to its first full stop that ends a sentence. A row without one is drawn without."""
    words = " ".join((inspect.getdoc(thing) or "").split())
    end = words.find(". ")
    return words if end < 0 else words[: end + 1]


def _aligned(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    pairs = list(rows)
    wide = max((len(name) for name, _ in pairs), default=0)
    for name, said in pairs:
        yield from _wrapped(f"  {name:<{wide}} ->", said)


def _wrapped(head: str, said: str) -> list[str]:
    return textwrap.wrap(f"{head} {said}", WIDTH, subsequent_indent=" " * (len(head) + 1), break_long_words=False, break_on_hyphens=False)
