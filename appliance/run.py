"""``strowger run``: the appliance in this terminal, on real or simulated boards, until Ctrl-C."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from twisted.internet import defer

from appliance.building import Appliance, Outside, Sounds
from appliance.data_folder import DataFolder
from appliance.demo_day import DemoDay
from appliance.door import DoorServer, Peer
from appliance.executors import ThreadExecutor
from appliance.narration import Narrator
from appliance.options import RunOptions, door_path
from appliance.prompts import generate, load, load_music
from appliance.simulation import Simulation, Surrounded
from appliance.site_file import demo_site_file, read_site
from appliance.texts import translator
from appliance.wall_clock import ReactorClock
from boards.dahdi.media import Pump, Wake, kernel_io
from boards.dahdi.system import KernelSystem, System
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import Text, text
from engine.people.actors import Actor, Role
from engine.settings.site import Site

__all__ = ["run"]

SITE_NAME = "site.yaml"
STORE_JOBS_MOST = 1000
RECORDER_JOBS_MOST = 5000
READER_JOBS_MOST = 64
PUMP_PRIORITY = 80
STOP_WITHIN_S = 10.0
BLOCK_S = 0.02
LOG_BYTES_MOST = 10_000_000
LOG_FILES = 5


def run(options: RunOptions) -> int:
    """Run until stopped; the exit status. Raises StrowgerError for everything that keeps the appliance from starting."""
    translate = translator(os.environ, options.language)

    def say(said: Text) -> None:
        sys.stdout.write(f"Strowger: {said.render(translate)}\n")
        sys.stdout.flush()

    with DataFolder(options.data) as folder:
        site = _site(options, folder, say)
        sounds = _sounds(site, folder, say)
        terminal = _Terminal(options, site, folder, sounds, say, translate)
        return terminal.run()


def _site(options: RunOptions, folder: DataFolder, say: Callable[[Text], None]) -> Site:
    kept = folder.path / SITE_NAME
    if options.site is None and not kept.exists():
        shutil.copyfile(demo_site_file(), kept)
        say(text("new data folder {folder} with the demo site {file}", folder=str(folder.path), file=str(kept)))
    site = read_site(options.site or kept)
    return replace(site, box=replace(site.box, hardware="simulated")) if options.simulated else site


def _sounds(site: Site, folder: DataFolder, say: Callable[[Text], None]) -> Sounds:
    def progress(done: int, all_: int, _name: str) -> None:
        if done % 50 == 0 or done == all_:
            say(text("voice prompts: {done} of {all}", done=done, all=all_))

    generate(folder.prompts, progress)
    music = {file: load_music(file) for file in {queue.music for queue in site.queues}}
    return Sounds(load(folder.prompts), {queue.name: music[queue.music] for queue in site.queues})


class _Terminal:
    """The process: reactor, threads, device, appliance, door; and the demo on simulated boards."""

    def __init__(
        self,
        options: RunOptions,
        site: Site,
        folder: DataFolder,
        sounds: Sounds,
        say: Callable[[Text], None],
        translate: Callable[[str], str],
    ) -> None:
        from twisted.internet import reactor  # noqa: PLC0415  # installed here, in the one place that may

        self._reactor: Any = reactor
        self._options = options
        self._site = site
        self._folder = folder
        self._sounds = sounds
        self._say = say
        self._translate = translate
        self._log = _log_file(folder.path / "log")
        self._clock = ReactorClock(self._reactor, site.box.utc_offset_min)
        self._threads = [
            ThreadExecutor("store", self._reactor.callFromThread, STORE_JOBS_MOST),
            ThreadExecutor("recorder", self._reactor.callFromThread, RECORDER_JOBS_MOST),
            ThreadExecutor("reader", self._reactor.callFromThread, READER_JOBS_MOST),
        ]
        self._alarms: list[tuple[str, str]] = []
        self._appliance: Appliance | None = None
        self._door: DoorServer | None = None
        self._stopping = False

    def run(self) -> int:
        """Start, serve, stop."""
        system, pump, around = self._device()
        store, recorder, reader = self._threads
        outside = Outside(self._clock, system, pump, store, recorder, reader, self._log)
        try:
            appliance = Appliance(self._site, self._folder.path, outside, self._sounds)
            self._appliance = appliance
            for key, sentence in self._alarms:
                appliance.pump_alarm(key, sentence)
            narrator = Narrator(self._tell, self._translate, self._folder.recordings)
            appliance.bus.subscribe("terminal", narrator.hear)
            appliance.start()
            self._open_door(appliance)
        except BaseException:
            self._close_threads()
            pump.close()
            raise
        self._reactor.addSystemEventTrigger("before", "shutdown", lambda: self._stop(appliance, pump))
        self._reactor.callWhenRunning(lambda: self._ready(around))
        gc.freeze()
        self._reactor.run()
        self._close_threads()
        pump.stop()
        pump.close()
        self._say(text("stopped; everything is kept in {folder}", folder=str(self._folder.path)))
        return 0

    # ---- the device ------------------------------------------------------------------------------------------------

    def _device(self) -> tuple[System, Pump, Surrounded | None]:
        if self._site.box.hardware == "dahdi":
            pump = Pump(kernel_io(), self._pump_alarm)
            system = KernelSystem()
            event_fd = pump.start(*_driver_timer(system), PUMP_PRIORITY)
            self._watch(event_fd, pump)
            return system, pump, None
        simulation = Simulation(self._site, self._pump_alarm)
        wake_fd = os.eventfd(0, os.EFD_CLOEXEC)
        event_fd = simulation.pump.start(wake_fd, Wake.COUNTER, PUMP_PRIORITY)
        self._watch(event_fd, simulation.pump)
        around = simulation.begin(
            seed=1,
            clock=None,
            tick=lambda: os.eventfd_write(wake_fd, 1),
            poll=lambda: 0,
            start_utc_ms=self._clock.utc_ms(),
        )
        return simulation.driver, simulation.pump, around

    def _watch(self, event_fd: int, pump: Pump) -> None:
        self._reactor.addReader(_EventFd(event_fd, pump.poll))

    def _pump_alarm(self, key: str, sentence: str) -> None:
        self._log(f"{key}: {sentence}")
        if self._appliance is not None:
            self._appliance.pump_alarm(key, sentence)
        else:
            self._alarms.append((key, sentence))

    # ---- life --------------------------------------------------------------------------------------------------------

    def _ready(self, around: Surrounded | None) -> None:
        self._say(
            text(
                "running: {lines} exchange lines, {phones} desk phones, {agents} agents, {queues} queues. Ctrl-C stops.",
                lines=len(self._site.trunks),
                phones=len(self._site.stations),
                agents=len(self._site.agents),
                queues=len(self._site.queues),
            )
        )
        if around is None:
            return
        around.world.run_realtime(self._reactor)
        if self._options.caller:
            self._say(text("simulated boards: agent 1 logs in and a simulated customer telephones; follow the call here"))
            DemoDay(self._site, around, self._folder.path / "voices", self._demo_over).begin()

    def _demo_over(self) -> None:
        self._say(text("the demo call is over. See it with: strowger calls --data {folder}", folder=str(self._folder.path)))

    def _open_door(self, appliance: Appliance) -> None:
        def answer(peer: Peer, request: Mapping[str, Any]) -> defer.Deferred[Any]:
            answered: defer.Deferred[Any] = defer.Deferred()
            appliance.ask(Actor(Role.TECHNICIAN, f"uid {peer.uid}"), request, answered.callback, answered.errback)
            return answered

        self._door = DoorServer(self._reactor, door_path(self._folder.path), answer, self._log)
        self._door.start()

    def _stop(self, appliance: Appliance, _pump: Pump) -> defer.Deferred[None]:
        """End calls and write everything down; the reactor waits for it, but not for ever."""
        stopped: defer.Deferred[None] = defer.Deferred()
        self._say(text("stopping …"))

        def done() -> None:
            if not stopped.called:
                stopped.callback(None)

        def late() -> None:
            self._log("stopping took too long; what was not written is repaired at the next start")
            done()

        timer = self._reactor.callLater(STOP_WITHIN_S, late)
        appliance.stop("stopped", done)
        closed = self._door.stop() if self._door is not None else defer.succeed(None)
        both = defer.DeferredList([stopped, closed])

        def finish(_results: object) -> None:
            if timer.active():
                timer.cancel()

        return both.addCallback(finish)

    def _close_threads(self) -> None:
        for thread in self._threads:
            thread.close()

    def _tell(self, line: str) -> None:
        stamp = time.strftime("%H:%M:%S", time.gmtime(self._clock.utc_ms() / 1000 + self._site.box.utc_offset_min * 60))
        sys.stdout.write(f"Strowger: {stamp} {line}\n")
        sys.stdout.flush()


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


def _log_file(folder: Path) -> Callable[[str], None]:
    try:
        folder.mkdir(mode=0o750, exist_ok=True)
        handler = RotatingFileHandler(folder / "strowger.log", maxBytes=LOG_BYTES_MOST, backupCount=LOG_FILES, encoding="utf-8")
    except OSError as error:
        raise EnvironmentFault(text("the log folder {folder} cannot be written: {error}", folder=str(folder), error=str(error))) from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger = logging.getLogger("strowger")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logger.info
