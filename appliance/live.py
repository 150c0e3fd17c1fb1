"""An appliance on the reactor: its threads, its device (real or simulated), and its object graph."""

from __future__ import annotations

import os
import select
import traceback
from collections.abc import Callable
from typing import Any

from twisted.internet import defer

from appliance.building import Appliance, Outside, SiteBegin, Sounds
from appliance.data_folder import DataFolder
from appliance.executors import ThreadExecutor
from appliance.options import PUMP_PRIORITY
from appliance.process import EventFd
from appliance.simulation import Simulation, Surrounded
from appliance.wall_clock import ReactorClock
from boards.dahdi.media import LockedMemory, Pump, Wake, kernel_io
from boards.dahdi.sysfs import DeviceTree, KernelTree
from boards.dahdi.system import KernelSystem, System
from engine.settings.site import Site
from hwsim.dahdi import SimulatedDahdi
from hwsim.world import Pacing

__all__ = ["STOP_WITHIN_S", "LiveAppliance"]

STORE_JOBS_MOST = 1000
RECORDER_JOBS_MOST = 5000
READER_JOBS_MOST = 64
CHORES_MOST = 64
STOP_WITHIN_S = 10.0
PRIORITY_LOOK_S = 1.0
FAULTS_TOLD_MOST = 100
"""Different faults that become alarms; the log has them all."""


class LiveAppliance:
    """One appliance in real time. ``around`` and ``driver`` are the world of simulated boards, None with real ones.

    Made, it is built and not started: subscribe to ``appliance.bus``, then ``appliance.start()``; ``stop()`` when it is enough, and
    ``close()`` in any case.
    """

    def __init__(
        self,
        reactor: Any,  # noqa: ANN401  # Twisted's reactor has no type
        site: Site,
        folder: DataFolder,
        sounds: Sounds,
        log: Callable[[str], None],
        seed: int = 1,
        begin: SiteBegin | None = None,
    ) -> None:
        self.around: Surrounded | None = None
        self.driver: SimulatedDahdi | None = None
        self._reactor = reactor
        self._site = site
        self._log = log
        self.clock = ReactorClock(reactor, site.box.utc_offset_min)
        self._threads = [
            ThreadExecutor("store", reactor.callFromThread, STORE_JOBS_MOST),
            ThreadExecutor("recorder", reactor.callFromThread, RECORDER_JOBS_MOST),
            ThreadExecutor("reader", reactor.callFromThread, READER_JOBS_MOST),
        ]
        self.chores = ThreadExecutor("chores", reactor.callFromThread, CHORES_MOST)
        self._alarms: list[tuple[str, str]] = []
        self._faults: set[str] = set()
        self._appliance: Appliance | None = None
        self._pump: Pump | None = None
        self._events: EventFd | None = None
        self._pacing: Pacing | None = None
        self._wake_fd = -1
        self._untaken = select.poll()
        try:
            system = self._device(seed)
            assert self._pump is not None
            store, recorder, reader = self._threads
            outside = Outside(self.clock, system, self._pump, store, recorder, reader, log, self._tree(), self._wakes)
            self.appliance: Appliance = Appliance(site, folder.path, outside, sounds, begin)
            self._appliance = self.appliance
            for key, sentence in self._alarms:
                self.appliance.pump_alarm(key, sentence)
        except BaseException:
            self.close()
            raise

    @property
    def open(self) -> bool:
        """Not closed yet."""
        return self._pump is not None

    def move_world(self) -> None:
        """Let the simulated world go on from now, in step with the reactor; with real boards there is nothing to do."""
        if self.around is not None and self._pacing is None:
            self._pacing = self.around.world.run_realtime(self._reactor, self._ticked)

    def _ticked(self) -> bool:
        """The simulated boards' pump has taken the last tick: the counter that wakes it is at nothing."""
        return not self._untaken.poll(0)

    def stop(self, reason: str) -> defer.Deferred[None]:
        """End calls and write everything down; fires when it is done, but not later than after ``STOP_WITHIN_S``."""
        stopped: defer.Deferred[None] = defer.Deferred()

        def done() -> None:
            if timer.active():
                timer.cancel()
            if not stopped.called:
                stopped.callback(None)

        def late() -> None:
            self._log("stopping took too long; what was not written is repaired at the next start")
            done()

        timer = self._reactor.callLater(STOP_WITHIN_S, late)
        try:
            self.appliance.stop(reason, done)
        except Exception as error:  # noqa: BLE001  # what is known must reach the disk, whatever else cannot be ended
            self._log("bug: stopping failed: " + "".join(traceback.format_exception(error)))
            self.appliance.store.close()
            done()
        return stopped

    def look_at_priority(self) -> None:
        """Ask the pump whether it got its priority and its memory, and say so in a second when not. With real boards it matters: an alarm."""
        pump = self._pump
        if pump is None:
            return
        pump.stats()
        self._reactor.callLater(PRIORITY_LOOK_S, self._judge_priority, pump)

    def _judge_priority(self, pump: Pump) -> None:
        if self._pump is not pump:
            return
        stats = pump.stats()
        if not stats.realtime:
            self._tell_lack(
                "pump-priority",
                "The media pump runs without realtime priority: under load callers hear gaps. Start the appliance as root, or permit"
                f" a realtime priority of {PUMP_PRIORITY} (LimitRTPRIO of the service, rtprio in limits.conf).",
            )
        if stats.locked is LockedMemory.NOTHING:
            self._tell_lack(
                "pump-memory",
                "The media pump's memory is not locked: when the machine swaps, callers hear gaps. Start the appliance as root, or permit"
                " locked memory without limit (LimitMEMLOCK=infinity of the service, memlock in limits.conf).",
            )

    def _tell_lack(self, key: str, sentence: str) -> None:
        self._log(f"{key}: {sentence}")
        if self.around is None:
            self.appliance.pump_alarm(key, sentence)

    def fault(self, sentence: str, details: str) -> None:
        """Something of ours went wrong where nobody caught it: logged as a bug, and an alarm when it is new."""
        self._log(f"bug: {sentence}\n{details}".rstrip())
        if self._appliance is not None and sentence not in self._faults and len(self._faults) < FAULTS_TOLD_MOST:
            self._faults.add(sentence)
            self._appliance.bug("reactor", sentence)

    def _poll_failed(self, error: Exception) -> None:
        self.fault(f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error)))

    def _world_failed(self, sentence: str, error: Exception) -> None:
        self.fault(f"the simulated world goes on without {sentence}", "".join(traceback.format_exception(error)))

    def close(self) -> None:
        """End the world's steps, the threads and the pump; what was told so far is written. Twice does nothing."""
        if self._pacing is not None:
            self._pacing.stop()
        if self._appliance is not None:
            self._appliance.store.close()
        for thread in (*self._threads, self.chores):
            thread.close()
            if thread.hung:
                self._log(f"{thread.name} hangs in the kernel and is left behind; what it had not written is repaired at the next start")
        if self._events is not None:
            self._reactor.removeReader(self._events)
            self._events = None
        if self._pump is not None:
            pump, self._pump = self._pump, None
            pump.stop()
            pump.close()
        if self._wake_fd >= 0:
            wake_fd, self._wake_fd = self._wake_fd, -1
            os.close(wake_fd)

    # ---- the device ------------------------------------------------------------------------------------------------

    def _device(self, seed: int) -> System:
        if self._site.box.hardware == "dahdi":
            system = KernelSystem()
            self._run_pump(Pump(kernel_io(), self._pump_alarm), *_driver_timer(system))
            return system
        simulation = Simulation(self._site, self._pump_alarm)
        self.driver = simulation.driver
        wake_fd = self._wake_fd = os.eventfd(0, os.EFD_CLOEXEC)
        self._untaken.register(wake_fd, select.POLLIN)
        self._run_pump(simulation.pump, wake_fd, Wake.COUNTER)
        self.around = simulation.begin(
            seed=seed,
            clock=None,
            tick=lambda: os.eventfd_write(wake_fd, 1),
            poll=lambda: 0,
            start_utc_ms=self.clock.utc_ms(),
        )
        self.around.world.failed = self._world_failed
        return simulation.driver

    def _wakes(self, fd: int, act: Callable[[], None]) -> Callable[[], None] | None:
        """Real descriptors are the reactor's to watch. Implements ``Wakes``."""
        return None if self.driver is not None else self._watched(fd, act)

    def _watched(self, fd: int, act: Callable[[], None]) -> Callable[[], None]:
        watched = EventFd(fd, act, self._poll_failed)
        self._reactor.addReader(watched)
        return lambda: self._reactor.removeReader(watched)

    def _tree(self) -> DeviceTree:
        return KernelTree() if self.driver is None else self.driver.tree

    def _run_pump(self, pump: Pump, wake_fd: int, wake: Wake) -> None:
        self._pump = pump
        self._events = EventFd(pump.start(wake_fd, wake, PUMP_PRIORITY), pump.poll, self._poll_failed)
        self._reactor.addReader(self._events)

    def _pump_alarm(self, key: str, sentence: str) -> None:
        self._log(f"{key}: {sentence}")
        if self._appliance is not None:
            self._appliance.pump_alarm(key, sentence)
        else:
            self._alarms.append((key, sentence))


def _driver_timer(system: KernelSystem) -> tuple[int, Wake]:
    """The driver's timer at 20 ms; without it (an old driver) a timer of the kernel's own."""
    from boards.dahdi.timer import open_timer  # noqa: PLC0415

    return open_timer(system), Wake.DAHDI
