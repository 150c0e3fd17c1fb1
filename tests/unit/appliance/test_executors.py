"""Work for threads: in order, bounded, results in the reactor's thread; in virtual time without a thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import pytest

from appliance.executors import ThreadExecutor, VirtualExecutor
from engine.kernel.errors import EnvironmentFault, OurFault
from tests.fakes import FakeClock


def nothing(_: object) -> None:
    """A result nobody waits for."""


def fail() -> int:
    raise ValueError("no disk")


def test_work_is_done_in_order_in_one_named_thread() -> None:
    """Journal batches never overtake each other, and a thread list shows who works."""
    results: queue.Queue[Callable[[], None]] = queue.Queue()
    executor = ThreadExecutor("store writer", results.put, 100)
    seen: list[tuple[int, str]] = []
    for number in range(50):
        executor.submit(lambda number=number: (number, threading.current_thread().name), seen.append, nothing)  # type: ignore[misc]
    executor.close()
    assert seen == []
    while not results.empty():
        results.get()()
    assert seen == [(number, "store writer") for number in range(50)]


def test_a_failure_is_told_and_the_thread_lives_on() -> None:
    """A disk error in one recording leaves the next one recorded."""
    results: queue.Queue[Callable[[], None]] = queue.Queue()
    executor = ThreadExecutor("recorder", results.put, 10)
    errors: list[Exception] = []
    done: list[int] = []
    executor.submit(fail, done.append, errors.append)
    executor.submit(lambda: 7, done.append, errors.append)
    executor.close()
    while not results.empty():
        results.get()()
    assert [str(error) for error in errors] == ["no disk"]
    assert done == [7]


def test_a_full_queue_refuses() -> None:
    """A machine that cannot keep up says so instead of filling its memory."""
    gate = threading.Event()
    begun = threading.Event()

    def block() -> None:
        begun.set()
        gate.wait(30)

    executor = ThreadExecutor("recorder", lambda act: act(), 2)
    executor.submit(block, nothing, nothing)
    assert begun.wait(30)
    executor.submit(lambda: None, nothing, nothing)
    executor.submit(lambda: None, nothing, nothing)
    with pytest.raises(EnvironmentFault, match="recorder is 2 pieces of work behind"):
        executor.submit(lambda: None, nothing, nothing)
    assert executor.refused == 1
    gate.set()
    executor.close()
    executor.close()
    with pytest.raises(OurFault, match="after its end"):
        executor.submit(lambda: None, nothing, nothing)


def test_a_hanging_disk_does_not_keep_the_appliance_from_stopping() -> None:
    """Ctrl-C ends it although a write never returns; whoever closes learns that the thread was left behind."""
    gate, begun = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        gate.wait(30)

    executor = ThreadExecutor("recorder", lambda act: act(), 2, close_within_s=0.05)
    executor.submit(hang, nothing, nothing)
    assert begun.wait(30)
    executor.close()
    assert executor.hung
    gate.set()


def test_virtual_results_come_after_a_fixed_delay_in_order() -> None:
    """The same seed gives the same order of everything, also of what threads do."""
    clock = FakeClock()
    executor = VirtualExecutor(clock, 0.003)
    seen: list[object] = []
    executor.submit(lambda: seen.append("worked"), lambda _: seen.append("told"), seen.append)
    executor.submit(fail, seen.append, lambda error: seen.append(str(error)))
    assert seen == ["worked"]
    clock.advance(0.0029)
    assert seen == ["worked"]
    executor.close()
    clock.advance(0.0001)
    assert seen == ["worked", "told", "no disk"]
    with pytest.raises(OurFault, match="after its end"):
        executor.submit(lambda: None, nothing, nothing)
