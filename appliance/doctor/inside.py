"""The doctor in a running appliance: ``doctor`` for door, console and page.

Looking takes a second and waits for the disk, so a thread does it; whoever asks meanwhile gets the same answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from appliance.doctor.evidence import PumpSeen, Seen, Span
from appliance.doctor.examining import examine
from appliance.doctor.files import KernelFiles
from appliance.doctor.findings import Finding, findings_as_json
from appliance.doctor.gathering import Asked, Machine, gather
from boards.dahdi.media import PumpStats
from boards.dahdi.sysfs import KernelTree
from boards.dahdi.system import KernelSystem
from engine.control.asking import Answer, Request
from engine.kernel.clock import Clock
from engine.kernel.errors import Refused
from engine.kernel.executor import Executor
from engine.kernel.text import text
from engine.people.actors import Act, Actor
from engine.settings.site import Site

__all__ = ["Doctor", "looked_at", "this_machine"]

PUMP_ANSWERS_S = 0.045
"""Two rounds of the pump: by then the counters asked for have come back."""
WAITING_MOST = 50
NS_A_S = 1_000_000_000
S_A_MIN = 60


def this_machine() -> Machine:
    """The machine on which this program runs."""
    return Machine(KernelFiles(), KernelTree(), KernelSystem(), time.monotonic, time.localtime().tm_gmtoff // S_A_MIN)


class Doctor:
    """One per appliance. ``site``: the settings now; ``boards``: real ones; ``look`` gathers and judges in the ``thread``.
    ``still``: the media pump does not move; ``simulated`` looks at the spans of simulated boards, which only their own thread may, None: real boards.
    """

    def __init__(
        self,
        clock: Clock,
        thread: Executor,
        site: Callable[[], Site],
        pump: Callable[[], PumpStats],
        look: Callable[[Asked], list[Finding]],
        *,
        folder: Path,
        boards: bool,
        pid: int,
        still: Callable[[], bool] = lambda: False,
        simulated: Callable[[], Seen[tuple[Span, ...]]] | None = None,
    ) -> None:
        self._clock = clock
        self._began_ns = clock.monotonic_ns()
        self._thread = thread
        self._site = site
        self._pump = pump
        self._look = look
        self._folder = folder
        self._boards = boards
        self._pid = pid
        self._still = still
        self._simulated = simulated
        self._waiting: list[tuple[Callable[[Any], None], Callable[[Exception], None]]] = []

    def answers(self) -> Mapping[str, tuple[Act, Answer]]:
        """The command, with the right it needs, for the table in ``engine/control/asking.py``."""
        return {"doctor": (Act.SEE_LOG, self._ask)}

    def _ask(self, _person: Actor, _request: Request, done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        if len(self._waiting) >= WAITING_MOST:
            raise Refused(text("{most} wait for the doctor already; ask again in some seconds.", most=WAITING_MOST))
        self._waiting.append((done, failed))
        if len(self._waiting) == 1:
            self._pump()  # asks for fresh counters
            self._clock.call_later(PUMP_ANSWERS_S, self._begin)

    def _begin(self) -> None:
        stats = self._pump()
        running_s = (self._clock.monotonic_ns() - self._began_ns) // NS_A_S
        pump = PumpSeen(stats.realtime, stats.locked.name.lower(), stats.stalls, stats.blocks_missing, running_s, self._still())
        simulated = None if self._simulated is None else self._simulated()
        asked = Asked(site=self._site(), data=self._folder, boards=self._boards, pid=self._pid, pump=pump, simulated=simulated)
        try:
            self._thread.submit(lambda: findings_as_json(self._look(asked)), self._done, self._failed)
        except Exception as error:  # noqa: BLE001  # the thread takes no more: who asked is not on the stack any more
            self._failed(error)

    def _done(self, findings: list[dict[str, Any]]) -> None:
        waiting, self._waiting = self._waiting, []
        for done, _ in waiting:
            done({"findings": findings})

    def _failed(self, error: Exception) -> None:
        waiting, self._waiting = self._waiting, []
        for _, failed in waiting:
            failed(error)


def looked_at(asked: Asked) -> list[Finding]:
    """Gather on this machine, and judge."""
    return examine(gather(asked, this_machine()))
