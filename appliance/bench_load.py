"""What a busy appliance does to itself while it is measured: work that holds the interpreter, collects garbage, asks the database, draws pages."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass

from jinja2 import Environment, StrictUndefined

from appliance.executors import ThreadExecutor
from engine.store.burden import Burden

__all__ = ["LOADS", "Abuse"]

HEAP_RECORDS = 500_000
"""Like the facts of some months, kept as dictionaries: a full collection takes a quarter of a second or so."""
QUERY_ROWS = 1_500_000
"""A query that takes about 300 ms."""
PAGE_ROWS = 5000
SPIN_STEPS = 10_000

PAGE = """<table>{% for row in rows %}<tr><td>{{ row.call }}</td><td>{{ row.calling }}</td><td>{{ "%.1f" | format(row.wait_s) }}</td></tr>{% endfor %}</table>"""


@dataclass
class _Running:
    on: bool = True


def _hold_the_interpreter(running: _Running) -> None:
    total = 0
    while running.on:
        for step in range(SPIN_STEPS):
            total += step * step % 7


def _collect(running: _Running) -> None:
    heap = [{"call": index, "keys": [index, index + 1]} for index in range(HEAP_RECORDS)]
    while running.on:
        gc.collect()
    heap.clear()


def _query(running: _Running) -> None:
    burden = Burden(QUERY_ROWS)
    while running.on:
        burden.ask()
    burden.close()


def _draw_pages(running: _Running) -> None:
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(PAGE)
    rows = [{"call": f"b1-c{index}", "calling": f"138{index:08}", "wait_s": index / 7} for index in range(PAGE_ROWS)]
    while running.on:
        template.render(rows=rows)


LOADS: dict[str, tuple[Callable[[_Running], None], ...]] = {
    "none": (),
    "gil": (_hold_the_interpreter,),
    "all": (_hold_the_interpreter, _collect, _query, _draw_pages),
}
"""Name of a load → what runs at once, each in a thread of its own."""


class Abuse:
    """The load of this name, from now until ``stop``; ``failed`` is told when a part of it breaks: then the measurement means nothing."""

    def __init__(self, load: str, deliver: Callable[[Callable[[], None]], object], failed: Callable[[Exception], None]) -> None:
        self._running = _Running()
        self._threads = [ThreadExecutor(f"load {number}", deliver, 1) for number, _ in enumerate(LOADS[load], start=1)]
        for thread, work in zip(self._threads, LOADS[load], strict=True):
            thread.submit(lambda work=work: work(self._running), lambda _nothing: None, failed)  # type: ignore[misc]  # mypy cannot infer a lambda's default

    def stop(self) -> None:
        """End it; waits for the longest part."""
        self._running.on = False
        for thread in self._threads:
            thread.close()
