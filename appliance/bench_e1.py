"""``strowger bench e1``: how soon an exchange's call is answered, and what calls cost, with a whole appliance on one processor.

The exchange is a process of its own (``bench_exchange.py``) with realtime priority, on another processor where there is one. Its frames go over a socket that
takes the place of the D channel's descriptor (``hwsim/frame_line.py``); so the appliance is woken by a frame as it is by the driver's. Everything
behind is the appliance itself: libpri, the channel's machine, the switch, the dialogue that takes the call, journal and database. The media pump
runs with all channels open; no sound crosses a line, what that costs ``strowger bench media`` measures.

PROCEEDING is the first word to the exchange. CONNECT comes when the call has been routed and its dialogue has taken it, so that is the figure
with the whole way in it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from twisted.internet.task import LoopingCall

from appliance.bench_media import machine_figures, percentiles_ms
from appliance.building import Sounds
from appliance.data_folder import DataFolder
from appliance.live import LiveAppliance
from appliance.process import Collector, EventFd
from appliance.simulation import Simulation
from appliance.site_file import demo_site_file, read_site
from boards.dahdi.media import Wake
from boards.dahdi.system import System
from engine.ivr.prompts import PROMPTS
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import text
from engine.settings.site import E1TrunkSection, Site, SpanSection
from hwsim.frame_line import FrameLine
from hwsim.signals import IDLE_BLOCK

__all__ = ["E1Bench", "measure_e1"]

NUMBER = "88886666"
D_CHANNEL = 16
TICK_S = 0.02
START_WITHIN_S = 60.0
AFTERWARDS_S = 30.0
IDLE_S = 3.0
SOUND_S = 5
CHANNELS = 30
BUSY_SHARE = 0.8
"""Of the channels at most so many are to be busy, or calls would find none."""
LATE_MOST_MS = 5.0
WAITED_MOST_MS = 30.0
"""When the exchange's process is later than this, or the reactor waits longer than that for its processor in a second, the machine was not ours."""
EXCHANGE_PRIORITY = 85
NS_A_MS = 1_000_000


@dataclass(frozen=True)
class E1Bench:
    """``rate`` calls a second (1…60) for ``seconds`` (1…3600), by a generator of this ``seed``."""

    rate: int = 20
    seconds: int = 30
    seed: int = 1

    @property
    def talk_ms(self) -> int:
        """How long a call lasts: as long as the channels allow, a second at most."""
        return round(min(1.0, CHANNELS * BUSY_SHARE / self.rate - 0.1) * 1000)


class _FramedAppliance(LiveAppliance):
    """An appliance whose D channel is a socket, and whose other channels are silent."""

    def __init__(self, line: socket.socket, *rest: Any, **more: Any) -> None:  # noqa: ANN401  # those of the base
        self._line = line
        self._ticking = LoopingCall(self._tick)
        super().__init__(*rest, **more)

    def _device(self, seed: int) -> System:
        simulation = Simulation(self._site, self._pump_alarm)
        self.driver = simulation.driver
        self._wake_fd = os.eventfd(0, os.EFD_CLOEXEC)
        self._run_pump(simulation.pump, self._wake_fd, Wake.COUNTER)
        self._began_ns = time.monotonic_ns()
        self._ticking.clock = self._reactor
        self._ticking.start(TICK_S)
        return FrameLine(simulation.driver, D_CHANNEL, self._line)

    def _tick(self) -> None:
        assert self.driver is not None
        self.driver.advance_to((time.monotonic_ns() - self._began_ns) // NS_A_MS)
        os.eventfd_write(self._wake_fd, 1)

    def _wakes(self, _fd: int, act: Callable[[], None]) -> Callable[[], None]:
        return self._watched(self._line.fileno(), act)

    def close(self) -> None:
        if self._ticking.running:
            self._ticking.stop()
        super().close()


def measure_e1(asked: E1Bench) -> dict[str, Any]:
    """Run it; the figures by name. Takes the reactor: once in a process. Raises EnvironmentFault when the machine cannot carry it."""
    from twisted.internet import reactor  # noqa: PLC0415  # installed here, in the one place that may

    with ExitStack() as made:
        folder = made.enter_context(DataFolder(Path(made.enter_context(tempfile.TemporaryDirectory(prefix="strowger-bench-")))))
        run = _Run(reactor, asked, folder)
        made.callback(run.close)
        return run.run()


def _site() -> Site:
    """Nobody is logged in: callers hear the dialogue until they hang up."""
    site = read_site(demo_site_file())
    return replace(
        site,
        box=replace(site.box, hardware="simulated"),
        trunks=(),
        stations=(),
        spans=(SpanSection(name="e1", kind="e1"),),
        e1_trunks=(E1TrunkSection(name="bench", span="e1", number=NUMBER, flow=site.flows[0].name),),
        web=replace(site.web, port=0),
    )


def _processors() -> tuple[set[int], set[int]]:
    """One for the appliance, another for the exchange where there is one."""
    allowed = sorted(os.sched_getaffinity(0))
    return {allowed[0]}, {allowed[-1]}


class _Run:
    """One measurement on the reactor."""

    def __init__(self, reactor: Any, asked: E1Bench, folder: DataFolder) -> None:  # noqa: ANN401  # Twisted's reactor has no type
        self._reactor = reactor
        self._asked = asked
        self._ours, self._theirs = _processors()
        os.sched_setaffinity(0, self._ours)
        site = _site()
        sound = IDLE_BLOCK * (SOUND_S * 50)
        sounds = Sounds(
            {(language, name): sound for name, said in PROMPTS.items() for language in said}, {queue.music: sound for queue in site.queues}
        )
        ours, self._their_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._our_end = ours
        self._faults: list[str] = []
        self._live = _FramedAppliance(ours, reactor, site, folder, sounds, self._faults.append)
        self._exchange: subprocess.Popen[str] | None = None
        self._said: EventFd | None = None
        self._spent_ns: dict[str, tuple[int, int, int]] = {}
        """By moment: processor time of all threads, how long the reactor's waited for a processor, and when it was."""
        self._exchange_realtime = False
        self._measured: Mapping[str, Any] = {}
        self._fault: Exception | None = None

    def run(self) -> dict[str, Any]:
        """From the start to the figures."""
        self._reactor.callWhenRunning(self._begin)
        self._reactor.run()
        if self._fault is not None:
            raise self._fault
        return self._figures()

    def close(self) -> None:
        """End the exchange, close everything."""
        if self._exchange is not None and self._exchange.poll() is None:
            self._exchange.kill()
            self._exchange.wait()
        self._live.close()
        self._our_end.close()
        self._their_end.close()

    # ---- the course ------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._live.appliance.start()
        Collector(self._live.clock).start()
        self._note("idle")
        self._reactor.callLater(IDLE_S, self._let_call)

    def _let_call(self) -> None:
        self._note("quiet")
        asked, end = self._asked, self._their_end
        words = (end.fileno(), asked.rate, asked.seconds, asked.talk_ms, NUMBER, asked.seed)
        command = [sys.executable, "-m", "appliance.bench_exchange", *map(str, words)]
        self._exchange = subprocess.Popen(command, pass_fds=[end.fileno()], stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own program
        os.sched_setaffinity(self._exchange.pid, self._theirs)
        with suppress(PermissionError):
            os.sched_setscheduler(self._exchange.pid, os.SCHED_FIFO, os.sched_param(EXCHANGE_PRIORITY))
            self._exchange_realtime = True
        assert self._exchange.stdout is not None
        self._said = EventFd(self._exchange.stdout.fileno(), self._hear, self._break_off)
        self._reactor.addReader(self._said)
        self._reactor.callLater(START_WITHIN_S + asked.seconds + AFTERWARDS_S, self._late)

    def _hear(self) -> None:
        """A line of the exchange's process."""
        assert self._exchange is not None
        assert self._exchange.stdout is not None
        line = self._exchange.stdout.readline().strip()
        if line == "calling":
            self._note("calling")
        elif line == "called":
            self._note("called")
        elif line:
            self._measured = json.loads(line)
            self._end()
        else:
            self._break_off(EnvironmentFault(text("the process of the measurement's exchange has ended: see what it wrote above")))

    def _note(self, moment: str) -> None:
        waited = Path("/proc/thread-self/schedstat").read_text(encoding="utf-8").split()[1]
        self._spent_ns[moment] = time.process_time_ns(), int(waited), time.monotonic_ns()

    def _late(self) -> None:
        self._break_off(EnvironmentFault(text("the measurement's exchange did not come to an end")))

    def _break_off(self, error: Exception) -> None:
        self._fault = self._fault or error
        self._end()

    def _end(self) -> None:
        if self._said is not None:
            self._reactor.removeReader(self._said)
            self._said = None
            self._live.stop("bench").addCallback(lambda _nothing: self._reactor.stop())

    # ---- figures ---------------------------------------------------------------------------------------------------

    def _figures(self) -> dict[str, Any]:
        measured = self._measured
        window_s = measured["window_us"] / 1e6
        idle_ms, _, idle_s = self._between("idle", "quiet")
        idle_ms /= idle_s
        spent_ms, waited_ms, spent_s = self._between("calling", "called")
        late_ms = percentiles_ms(np.array(measured["late_us"], np.float64), 99)
        calls = max(1, measured["attempts"])
        proceeding, connect = (np.array(measured[name], np.float64) for name in ("proceeding_us", "connect_us"))
        counted = self._live.appliance.e1_board.pri_spans[0].counters  # type: ignore[attr-defined]  # the board's own, beyond the engine's contract
        return {
            "attempts_per_second": round(measured["attempts"] / window_s, 2),
            "attempts": measured["attempts"],
            "answered": measured["answered"],
            "no_channel": measured["no_channel"],
            "left": measured["left"],
            "seconds": round(window_s, 2),
            "setup_to_proceeding_ms": percentiles_ms(proceeding, 50, 99),
            "setup_to_connect_ms": percentiles_ms(connect, 50, 99),
            "cpu_ms_per_call": round((spent_ms - idle_ms * spent_s) / calls, 3),
            "idle_cpu_ms_per_second": round(idle_ms, 2),
            "waited_ms_per_second": round(waited_ms / spent_s, 2),
            "exchange_lateness_ms": late_ms,
            "exchange_realtime": self._exchange_realtime,
            "offers_refused": counted.offers_refused,
            "frames_dropped": counted.frames_dropped,
            "one_processor": True,
            "exchange_elsewhere": self._ours != self._theirs,
            "void": (late_ms["p99"] or 0.0) > LATE_MOST_MS or waited_ms / spent_s > WAITED_MOST_MS,
            "machine": machine_figures(),
        }

    def _between(self, begin: str, end: str) -> tuple[float, float, float]:
        """Processor time and waiting in ms, and how long it was in s."""
        first, last = self._spent_ns[begin], self._spent_ns[end]
        return (last[0] - first[0]) / NS_A_MS, (last[1] - first[1]) / NS_A_MS, (last[2] - first[2]) / 1e9
