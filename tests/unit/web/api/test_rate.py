"""How often somebody may ask."""

from __future__ import annotations

from tests.fakes import FakeClock
from web.api.rate import Buckets


def test_a_burst_is_taken_and_then_so_many_a_second() -> None:
    """A program may ask at once for a while, then steadily; who asks faster is told how long to wait, and that time is right."""
    clock = FakeClock()
    buckets = Buckets(50.0, 100, 10, clock.monotonic_ns)
    assert all(buckets.take("a") == 0 for _ in range(100))
    wait_s = buckets.take("a")
    assert 0 < wait_s <= 0.02
    assert buckets.refused == 1
    clock.advance(wait_s)
    assert buckets.take("a") == 0
    taken = 0
    for _ in range(1000):
        clock.advance(0.01)
        taken += buckets.take("a") == 0
    assert 499 <= taken <= 501


def test_one_does_not_pay_for_another() -> None:
    """A program that asks too much slows itself only."""
    clock = FakeClock()
    buckets = Buckets(1.0, 2, 10, clock.monotonic_ns)
    assert [buckets.take("a") for _ in range(3)][:2] == [0, 0]
    assert buckets.wait_s("a") > 0
    assert buckets.wait_s("b") == 0
    assert buckets.take("b") == 0


def test_only_so_many_are_remembered() -> None:
    """Tokens without number do not fill the memory: the ones unused longest are forgotten."""
    clock = FakeClock()
    buckets = Buckets(1.0, 2, 3, clock.monotonic_ns)
    for name in "abcda":
        buckets.take(name)
    assert len(buckets) == 3
    assert "b" not in buckets
    assert "a" in buckets
