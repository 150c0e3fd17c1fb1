"""The query by which measurements keep the database busy."""

from __future__ import annotations

from engine.store.burden import Burden


def test_the_query_does_its_work() -> None:
    """What is measured is a query that counts: its answer is the sum that it was to build."""
    burden = Burden(1000)
    assert burden.ask() == sum(number % 97 for number in range(1, 1001))
    burden.close()
