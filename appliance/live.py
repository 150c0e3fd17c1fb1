"""An appliance on the reactor: its threads, its device (real or simulated), and its object graph."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from twisted.internet import defer

from appliance.building import Appliance, Outside, Sounds
from appliance.data_folder import DataFolder
from appliance.executors import ThreadExecutor
from appliance.simulation import Simulation, Surrounded
from appliance.wall_clock import ReactorClock
from boards.dahdi.media import Pump, Wake, kernel_io
from boards.dahdi.system import KernelSystem, System
from engine.settings.site import Site

__all__ = ["STOP_WITHIN_S", "LiveAppliance"]

STORE_JOBS_MOST = 1000
RECORDER_JOBS_MOST = 5000
READER_JOBS_MOST = 64
PUMP_PRIORITY = 80
STOP_WITHIN_S = 10.0


class LiveAppliance:
    """One appliance in real time. ``around`` is the simulated world of simulated boards, None with real ones.

    Made, it is built and not started: subscribe to ``appliance.bus``, then ``appliance.start()``; ``stop()`` when it is enough, and
    ``close()`` in any case.
    """

    def __init__(self, reactor: Any, site: Site, folder: DataFolder, sounds: Sounds, log: Callable[[str], None], seed: int = 1) -> None:  # noqa: ANN401  # Twisted's reactor has no type
        self.around: Surrounded | None = None
        self._reactor = reactor
        self._site = site
        self._log = log
        self.clock = ReactorClock(reactor, site.box.utc_offset_min)
        self._threads = [
            ThreadExecutor("store", reactor.callFromThread, STORE_JOBS_MOST),
            ThreadExecutor("recorder", reactor.callFromThread, RECORDER_JOBS_MOST),
            ThreadExecutor("reader", reactor.callFromThread, READER_JOBS_MOST),
        ]
        self._alarms: list[tuple[str, str]] = []
        self._appliance: Appliance | None = None
        self._pump: Pump | None = None
        self._events: _EventFd | None = None
        try:
            system = self._device(seed)
            assert self._pump is not None
            store, recorder, reader = self._threads
            outside = Outside(self.clock, system, self._pump, store, recorder, reader, log)
            self.appliance = self._appliance = Appliance(site, folder.path, outside, sounds)
            for key, sentence in self._alarms:
                self.appliance.pump_alarm(key, sentence)
        except BaseException:
            self.close()
            raise

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
        self.appliance.stop(reason, done)
        return stopped

    def close(self) -> None:
        """End the threads and the pump. Twice does nothing."""
        for thread in self._threads:
            thread.close()
        if self._events is not None:
            self._reactor.removeReader(self._events)
            self._events = None
        if self._pump is not None:
            pump, self._pump = self._pump, None
            pump.stop()
            pump.close()

    # ---- the device ------------------------------------------------------------------------------------------------

    def _device(self, seed: int) -> System:
        if self._site.box.hardware == "dahdi":
            system = KernelSystem()
            self._run_pump(Pump(kernel_io(), self._pump_alarm), *_driver_timer(system))
            return system
        simulation = Simulation(self._site, self._pump_alarm)
        wake_fd = os.eventfd(0, os.EFD_CLOEXEC)
        self._run_pump(simulation.pump, wake_fd, Wake.COUNTER)
        self.around = simulation.begin(
            seed=seed,
            clock=None,
            tick=lambda: os.eventfd_write(wake_fd, 1),
            poll=lambda: 0,
            start_utc_ms=self.clock.utc_ms(),
        )
        return simulation.driver

    def _run_pump(self, pump: Pump, wake_fd: int, wake: Wake) -> None:
        self._pump = pump
        self._events = _EventFd(pump.start(wake_fd, wake, PUMP_PRIORITY), pump.poll)
        self._reactor.addReader(self._events)

    def _pump_alarm(self, key: str, sentence: str) -> None:
        self._log(f"{key}: {sentence}")
        if self._appliance is not None:
            self._appliance.pump_alarm(key, sentence)
        else:
            self._alarms.append((key, sentence))


class _EventFd:
    """The pump's event descriptor as the reactor reads it."""

    def __init__(self, fd: int, poll: Callable[[], int]) -> None:
        self._fd = fd
        self._poll = poll

    def fileno(self) -> int:
        """The descriptor."""
        return self._fd

    def doRead(self) -> None:  # noqa: N802  # Twisted's name
        """Events wait."""
        os.eventfd_read(self._fd)
        self._poll()

    def connectionLost(self, reason: object) -> None:  # noqa: N802  # Twisted's name
        """The reactor ends."""

    def logPrefix(self) -> str:  # noqa: N802  # Twisted's name
        """For Twisted's own log."""
        return "pump"


def _driver_timer(system: KernelSystem) -> tuple[int, Wake]:
    """The driver's timer at 20 ms; without it (an old driver) a timer of the kernel's own."""
    from boards.dahdi.timer import open_timer  # noqa: PLC0415

    return open_timer(system), Wake.DAHDI
