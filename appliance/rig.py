"""An appliance in virtual time on simulated boards: what scenarios, journeys and measurements run.

Everything is the production object graph; only the clock, the threads and the device differ. Virtual work of threads takes
``WORK_S``, so facts reach the disk in the same order in every run of the same seed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from twisted.internet.task import Clock as TwistedClock

from appliance.building import Appliance, Outside, Sounds
from appliance.executors import VirtualExecutor
from appliance.simulation import Simulation
from engine.settings.site import Site
from hwsim.world import WorldClock

__all__ = ["START_UTC_MS", "Rig"]

START_UTC_MS = 1_803_862_800_000
"""2027-03-01 09:00 in China, a Monday."""
WORK_S = 0.002


class Rig:
    """One appliance in a world of its own. ``world``, ``exchange`` and ``phones`` are the outside; ``appliance`` the inside."""

    def __init__(
        self,
        site: Site,
        folder: Path,
        sounds: Sounds,
        seed: int,
        *,
        log: Callable[[str], None],
        start_utc_ms: int = START_UTC_MS,
        noted: Callable[[int, str, str], None] | None = None,
    ) -> None:
        self._twisted = TwistedClock()
        self.clock = WorldClock(self._twisted, start_utc_ms, site.box.utc_offset_min)
        self._alarms: list[tuple[str, str]] = []
        simulation = Simulation(site, lambda key, sentence: self._alarms.append((key, sentence)))
        self.pump = simulation.pump
        self.driver = simulation.driver
        around = simulation.begin(seed, self._twisted, self.pump.tick, self._poll, start_utc_ms, noted)
        self.world, self.exchange, self.phones = around.world, around.exchange, around.phones
        store, recorder, reader = (VirtualExecutor(self.clock, WORK_S) for _ in range(3))
        outside = Outside(self.clock, self.driver, self.pump, store, recorder, reader, log, self.driver.tree)
        (folder / "recordings").mkdir(parents=True, exist_ok=True)
        self.appliance = Appliance(site, folder, outside, sounds)

    def start(self) -> None:
        """Start the appliance and let the first blocks pass."""
        self.appliance.start()
        self.world.run_for(200)

    def stop(self) -> None:
        """A clean stop: calls end, recordings close, the journal is safe."""
        stopped: list[bool] = []
        self.appliance.stop("stopped", lambda: stopped.append(True))
        self.world.run_until(lambda: stopped, 20_000)
        self.world.run_for(200)
        self.pump.close()

    def crash(self) -> None:
        """Power cut: nothing more is written; what the executors have not done stays undone."""
        self.pump.close()

    def _poll(self) -> int:
        handled = self.pump.poll()
        alarms, self._alarms[:] = list(self._alarms), []
        for key, sentence in alarms:
            self.appliance.pump_alarm(key, sentence)
        return handled
