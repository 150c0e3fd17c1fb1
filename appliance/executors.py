"""The two executors: a real thread for the appliance, and one for virtual time that needs none."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from engine.kernel.clock import Clock
from engine.kernel.errors import EnvironmentFault, OurFault
from engine.kernel.text import text

__all__ = ["ThreadExecutor", "VirtualExecutor"]

T = TypeVar("T")
Job = Callable[[], None]

CLOSE_WITHIN_S = 10.0
VIRTUAL_RESULTS_MAX = 100_000
"""Results that may be on their way in virtual time; beyond it something submits in a loop."""


class ThreadExecutor:
    """One named thread with a bounded queue.

    ``deliver`` calls a function in the reactor thread (``reactor.callFromThread``); ``limit`` jobs may wait.
    ``refused`` counts submissions that found the queue full. The thread is a daemon: one that hangs in the kernel does not keep
    the process alive.
    """

    def __init__(self, name: str, deliver: Callable[[Job], object], limit: int, close_within_s: float = CLOSE_WITHIN_S) -> None:
        self.name = name
        self.refused = 0
        self.hung = False
        self._close_within_s = close_within_s
        self._deliver = deliver
        self._limit = limit
        self._jobs: queue.Queue[Job | None] = queue.Queue(limit)
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def thread_id(self) -> int:
        """The kernel's number of the thread."""
        return self._thread.native_id or 0

    def submit(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """As ``Executor.submit``. Raises OurFault after ``close``."""
        if self._closed:
            raise OurFault(f"work for {self.name} after its end")

        def job() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001  # whatever went wrong is told to who gave the work
                self._deliver(lambda error=error: failed(error))  # type: ignore[misc]  # mypy cannot infer a lambda's default
            else:
                self._deliver(lambda: done(result))

        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self.refused += 1
            raise EnvironmentFault(
                text("{name} is {limit} pieces of work behind: the disk or the machine is too slow.", name=self.name, limit=self._limit)
            ) from None

    def close(self) -> None:
        """As ``Executor.close``, but a disk that hangs is not waited for longer than ``CLOSE_WITHIN_S``; ``hung`` says so then.

        Twice does nothing.
        """
        if self._closed:
            return
        self._closed = True
        with suppress(queue.Full):
            self._jobs.put(None, timeout=self._close_within_s)
        self._thread.join(self._close_within_s)
        self.hung = self._thread.is_alive()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


class VirtualExecutor:
    """Work is done at once, its result comes ``delay_s`` of virtual time later: the same seed gives the same order."""

    def __init__(self, clock: Clock, delay_s: float) -> None:
        self._clock = clock
        self._delay_s = delay_s
        self._under_way = 0
        self._closed = False

    def submit(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """As ``Executor.submit``. Raises OurFault after ``close``."""
        if self._closed:
            raise OurFault("work for a virtual executor after its end")
        if self._under_way >= VIRTUAL_RESULTS_MAX:
            raise EnvironmentFault(text("{limit} results are on their way in virtual time.", limit=VIRTUAL_RESULTS_MAX))
        try:
            result = work()
        except Exception as error:  # noqa: BLE001  # whatever went wrong is told to who gave the work
            fault = error
            self._later(lambda: failed(fault))
        else:
            self._later(lambda: done(result))

    def close(self) -> None:
        """As ``Executor.close``: nothing is queued; results under way still come."""
        self._closed = True

    def _later(self, tell: Job) -> None:
        self._under_way += 1

        def arrive() -> None:
            self._under_way -= 1
            tell()

        self._clock.call_later(self._delay_s, arrive)
