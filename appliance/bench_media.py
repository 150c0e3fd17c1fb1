"""``strowger bench media``: calls that are bridged, heard and recorded, on channels that cost system calls; what they cost and how late they are.

The pump, the recorder and the reactor are those of the appliance. The channels are pipes, fed by a card in another process
(``hwsim/pipes.py``), so that a late pump loses blocks as it would on a board. All channels are bridged in pairs, listen for keys, and
each pair is recorded to disk. After the settling time comes the window in which everything is counted; after it, with the same load,
a time of many line events, whose way from the pump to Python is measured.
"""

from __future__ import annotations

import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from appliance.bench_load import Abuse
from appliance.cycles import CycleCounter, Cycles, full_clock_ghz
from appliance.executors import ThreadExecutor
from appliance.process import Collector, EventFd
from appliance.wall_clock import ReactorClock
from boards.dahdi.media import Heard, Hearing, LineEvent, Pump, PumpLimits, PumpStats, Wake
from engine import facts
from engine.kernel.bus import Bus
from engine.kernel.errors import EnvironmentFault
from engine.kernel.ids import Ids
from engine.kernel.text import text
from engine.settings.site import RecordingSection
from engine.telephony.media import Parties, Port
from hwsim.babble import babble
from hwsim.pipes import BLOCKS_A_S, CardCounters, PipeCard
from recorder.recorder import Recorder

__all__ = ["CHANNELS_MOST", "CONTROL_MOST_MS", "EVENTS_MOST", "MediaBench", "machine_figures", "measure_media", "percentiles_ms"]

CHANNELS_MOST = 1024
EVENTS_MOST = 5000
"""Line events a second."""
CONTROL_MOST_MS = 2.0
"""When a thread that does nothing is later than this, somebody else took the machine: the run means nothing."""
PUMP_PRIORITY = 80
CARD_PRIORITY = 85
SETTLE_S = 3.0
EVENTS_S = (2.0, 10.0)
"""The time of many events: a sixth of the window, within these."""
AUDIO_S = 60.0
ANSWER_S = 0.1
"""By then the pump's counters asked for have come."""
RECORDER_JOBS_MOST = 5000
CONNECT_WITHIN_S = 0.9
"""Recordings begin spread over a second, as calls do: else all files would be written at one moment."""
DESCRIPTORS_A_CHANNEL = 5
NS_A_MS = 1_000_000
BLOCK_NS = 20_000_000


@dataclass(frozen=True)
class MediaBench:
    """``channels`` (even, 2…1024), ``seconds`` (1…3600) of the window, ``load`` (none, gil, all), ``events`` a second (0…5000)
    afterwards, ``folder`` for the recordings; None: a temporary one, thrown away.
    """

    channels: int = 240
    seconds: int = 60
    load: str = "none"
    events: int = 2000
    folder: Path | None = None


class _Calls(NamedTuple):
    """System calls of a thread: reads and writes, of whatever file, also those that found nothing; and how often it had to wait."""

    reads: int
    writes: int
    waits: int


@dataclass(frozen=True)
class _Moment:
    """Everything that counts up, at one moment."""

    card: CardCounters
    pump: PumpStats
    pump_ns: int
    recorder_ns: int
    pump_calls: _Calls
    recorder_calls: _Calls
    pump_cycles: Cycles | None
    recorder_cycles: Cycles | None


def measure_media(asked: MediaBench) -> dict[str, Any]:
    """Run it; the figures by name. Takes the reactor: once in a process. Raises EnvironmentFault when the machine cannot carry it."""
    from twisted.internet import reactor  # noqa: PLC0415  # installed here, in the one place that may

    _need_descriptors(asked.channels)
    with ExitStack() as made:
        folder = asked.folder or Path(made.enter_context(tempfile.TemporaryDirectory(prefix="strowger-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        run = _Run(reactor, asked, folder)
        made.callback(run.close)
        return run.run()


def _need_descriptors(channels: int) -> None:
    wanted = channels * DESCRIPTORS_A_CHANNEL + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise EnvironmentFault(
                text(
                    "{channels} channels need {wanted} open files, and {hard} are permitted: raise LimitNOFILE.",
                    channels=channels,
                    wanted=wanted,
                    hard=hard,
                )
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class _Run:
    """One measurement on the reactor."""

    def __init__(self, reactor: Any, asked: MediaBench, folder: Path) -> None:  # noqa: ANN401  # Twisted's reactor has no type
        self._reactor = reactor
        self._asked = asked
        self._seconds_of_events = min(max(asked.seconds / 6, EVENTS_S[0]), EVENTS_S[1]) if asked.events else 0.0
        ticks = round((asked.seconds + self._seconds_of_events + SETTLE_S + 60) * BLOCKS_A_S)
        self._made = ExitStack()
        self._fault: Exception | None = None
        self._latencies_ns: list[int] = []
        self._moments: list[_Moment] = []
        self._result: dict[str, Any] = {}
        try:
            self._card = PipeCard(asked.channels, ticks, babble(1, AUDIO_S), CARD_PRIORITY)
        except OSError as error:
            raise EnvironmentFault(
                text("the pipes of {channels} channels cannot be made: {error}", channels=asked.channels, error=error)
            ) from error
        self._made.callback(self._card.close)
        self._floor_ns = self._card.floor_ns()
        self._paced_floor_ns = self._card.floor_ns(pace_ns=BLOCK_NS)
        self._counting: dict[int, CycleCounter] = {}
        limits = PumpLimits(ports=asked.channels + 16, taps=asked.channels // 2 + 1, commands=16_384, events=16_384)
        self._pump = Pump(self._card.io, self._alarm, limits)
        self._made.callback(self._pump.close)
        self._alarms: dict[str, int] = {}
        self._executor = ThreadExecutor("recorder", reactor.callFromThread, RECORDER_JOBS_MOST)
        self._made.callback(self._executor.close)
        clock = ReactorClock(reactor, 0)
        self._bus = Bus(clock, "bench", 1, self._pump.sample_now, self._deaf)
        self._calls: dict[str, Parties] = {}
        self._recorder = Recorder(
            self._bus,
            self._pump,
            clock,
            self._executor,
            Ids("bench"),
            folder=folder,
            parties=self._calls.get,
            disk_free=lambda: 1 << 40,
            settings=lambda: RecordingSection(conversations="all"),
            alarm=lambda alarm: self._alarm(alarm.alarm, ""),
        )
        self._collector = Collector(clock)
        self._abuse: Abuse | None = None

    def close(self) -> None:
        """End everything that was made."""
        self._made.close()

    def run(self) -> dict[str, Any]:
        """From the start to the figures."""
        self._reactor.callWhenRunning(self._guarded(self._begin))
        self._reactor.run()
        if self._fault is not None:
            raise self._fault
        return self._result

    # ---- the course ------------------------------------------------------------------------------------------------

    def _guarded(self, act: Callable[[], None]) -> Callable[[], None]:
        """What goes wrong in a step ends the run and is raised at its end."""

        def guarded() -> None:
            try:
                act()
            except Exception as error:  # noqa: BLE001  # the reactor would only log it; run() raises it again
                self._break_off(error)

        return guarded

    def _later(self, delay_s: float, act: Callable[[], None]) -> None:
        self._reactor.callLater(delay_s, self._guarded(act))

    def _break_off(self, error: Exception) -> None:
        if self._fault is None:
            self._fault = error
            self._reactor.stop()

    def _begin(self) -> None:
        event_fd = EventFd(self._pump.start(self._card.tick_fd, Wake.COUNTER, PUMP_PRIORITY), self._pump.poll, self._break_off)
        self._reactor.addReader(event_fd)
        self._made.callback(self._pump.stop)
        self._made.callback(self._reactor.removeReader, event_fd)
        ports = [self._pump.open_channel(fd, self._hear) for fd in self._card.descriptors]
        self._card.start()
        for number, (one, other) in enumerate(zip(ports[::2], ports[1::2], strict=True)):
            self._later(CONNECT_WITHIN_S * number / (len(ports) // 2), lambda pair=(number, one, other): self._connect(*pair))  # type: ignore[misc]  # mypy cannot infer a lambda's default
        self._later(CONNECT_WITHIN_S, self._load)

    def _connect(self, number: int, one: Port, other: Port) -> None:
        for port in (one, other):
            self._pump.listen(port, Hearing.KEYS)
        self._pump.patch(one, other)
        self._pump.patch(other, one)
        call = f"bench-c{number + 1}"
        self._calls[call] = Parties(one, other, "left", "right", outside=True)
        self._bus.publish(facts.CallConnected(call=call, phone="", extension="", agent=""))

    def _load(self) -> None:
        for thread in (_thread_named("pump"), self._executor.thread_id):
            with suppress(OSError):  # where nobody may count cycles the figures go without
                self._counting[thread] = CycleCounter(thread)
                self._made.callback(self._counting[thread].close)
        self._collector.start()
        self._abuse = Abuse(self._asked.load, self._reactor.callFromThread, self._break_off)
        self._made.callback(self._abuse.stop)
        self._later(SETTLE_S, lambda: self._look(lambda: self._later(self._asked.seconds, self._end_of_window)))

    def _look(self, then: Callable[[], None]) -> None:
        """Note every counter. The pump's come after its next tick."""
        self._pump.stats()
        self._later(ANSWER_S, lambda: self._note(then))

    def _note(self, then: Callable[[], None]) -> None:
        if not self._card.alive:
            raise EnvironmentFault(text("the process of the measurement's card has ended: see what it wrote above"))
        pump, recorder = _thread_named("pump"), self._executor.thread_id
        moment = _Moment(
            self._card.memory.counters(),
            self._pump.stats(),
            _spent_ns(pump),
            _spent_ns(recorder),
            _calls(pump),
            _calls(recorder),
            *(self._counting[thread].read() if thread in self._counting else None for thread in (pump, recorder)),
        )
        self._moments.append(moment)
        then()

    def _end_of_window(self) -> None:
        self._look(self._many_events)

    def _many_events(self) -> None:
        self._card.raise_events(round(self._asked.events / BLOCKS_A_S))
        self._later(self._seconds_of_events, self._end)

    def _end(self) -> None:
        self._card.raise_events(0)
        if self._abuse is not None:
            self._abuse.stop()
        self._recorder.stop(self._guarded(self._recorded))

    def _recorded(self) -> None:
        self._card.stop()
        self._result = self._figures()
        self._reactor.stop()

    # ---- what comes back -------------------------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        if isinstance(heard, LineEvent) and (taken_ns := self._card.event_ns(heard.number)):
            self._latencies_ns.append(time.monotonic_ns() - taken_ns)

    def _alarm(self, key: str, _sentence: str) -> None:
        self._alarms[key] = self._alarms.get(key, 0) + 1

    def _deaf(self, _name: str, _envelope: object, error: Exception) -> None:
        self._break_off(error)

    # ---- figures ---------------------------------------------------------------------------------------------------

    def _figures(self) -> dict[str, Any]:
        begin, end = self._moments
        first, last = begin.card.ticks, end.card.ticks
        seconds, calls = (last - first) / BLOCKS_A_S, self._asked.channels // 2
        lateness, control = self._card.lateness_us(first, last), self._card.control_us(first, last)
        call_seconds = seconds * calls
        floor_ms = self._floor_ns * 2 * BLOCKS_A_S / NS_A_MS
        recordings = self._recorder.counters
        return {
            "channels": self._asked.channels,
            "calls": calls,
            "seconds": round(seconds, 2),
            "load": self._asked.load,
            "cpu_ms_per_call_second": _per(end.pump_ns + end.recorder_ns - begin.pump_ns - begin.recorder_ns, call_seconds),
            "cpu": {
                "pump_ms": _per(end.pump_ns - begin.pump_ns, call_seconds),
                "recorder_ms": _per(end.recorder_ns - begin.recorder_ns, call_seconds),
                "floor_ms": round(floor_ms, 4),
                "paced_floor_ms": round(self._paced_floor_ns * 2 * BLOCKS_A_S / NS_A_MS, 4),
            },
            "at_full_clock": _at_full_clock(begin, end, call_seconds),
            "system_calls_per_call_second": {
                "pump": _calls_per(begin.pump_calls, end.pump_calls, call_seconds),
                "recorder": _calls_per(begin.recorder_calls, end.recorder_calls, call_seconds),
                "floor": {"reads": 2 * BLOCKS_A_S, "writes": 2 * BLOCKS_A_S},
            },
            "late_blocks": end.pump.blocks_late - begin.pump.blocks_late,
            "lost_blocks": end.card.refused + end.card.missed - begin.card.refused - begin.card.missed,
            "late_ticks": int(np.count_nonzero(lateness > 20_000)),
            "lateness_ms": percentiles_ms(lateness, 50, 99),
            "control_lateness_ms": percentiles_ms(control, 99),
            "card_lateness_ms": percentiles_ms(self._card.card_us(first, last), 99),
            "events": self._event_figures(),
            "recordings": {"started": recordings.started, "failed": recordings.failed, "overruns": recordings.overruns},
            "alarms": self._alarms,
            "realtime": end.pump.realtime and self._card.realtime,
            "locked": end.pump.locked.name.lower(),
            "void": bool(len(control)) and float(control.max()) > CONTROL_MOST_MS * 1000,
            "machine": machine_figures(),
        }

    def _event_figures(self) -> dict[str, Any]:
        latencies = np.array(self._latencies_ns, np.float64) / 1000
        per_s = len(latencies) / self._seconds_of_events if self._seconds_of_events else 0.0
        return {
            "count": len(latencies),
            "per_second": round(per_s),
            **{f"{name}_ms": ms for name, ms in percentiles_ms(latencies, 50, 99).items()},
        }


# ---- what the kernel knows --------------------------------------------------------------------------------------------


def _thread_named(name: str) -> int:
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text(encoding="utf-8").strip() == name:
            return int(task.name)
    raise EnvironmentFault(text("the thread {name} is not there any more", name=name))


def _spent_ns(thread: int) -> int:
    """Processor time of a thread, the kernel's work for it included."""
    return int(Path(f"/proc/self/task/{thread}/schedstat").read_text(encoding="utf-8").split()[0])


def _calls(thread: int) -> _Calls:
    counted = dict(
        line.split(":", 1)
        for name in ("io", "status")
        for line in Path(f"/proc/self/task/{thread}/{name}").read_text(encoding="utf-8").splitlines()
    )
    return _Calls(int(counted["syscr"]), int(counted["syscw"]), int(counted["voluntary_ctxt_switches"]))


def _calls_per(begin: _Calls, end: _Calls, call_seconds: float) -> dict[str, float]:
    """For a second of a call."""
    counts = {name: getattr(end, name) - getattr(begin, name) for name in _Calls._fields}
    return {name: round(count / call_seconds, 2) if call_seconds else 0.0 for name, count in counts.items()}


def _per(spent_ns: int, call_seconds: float) -> float:
    return round(spent_ns / NS_A_MS / call_seconds, 4) if call_seconds else 0.0


def _at_full_clock(begin: _Moment, end: _Moment, call_seconds: float) -> dict[str, float] | None:
    """What the cycles come to in ms for a second of a call when nobody else takes the processor; None where they are not counted."""
    counted = (begin.pump_cycles, end.pump_cycles, begin.recorder_cycles, end.recorder_cycles)
    if any(cycles is None for cycles in counted) or not call_seconds:
        return None
    ghz = full_clock_ghz()
    pump, recorder = (
        Cycles(*(last - first for first, last in zip(one, other, strict=True)))
        for one, other in (counted[:2], counted[2:])
        if one is not None and other is not None
    )

    def ms(cycles: int) -> float:
        return round(cycles / ghz / NS_A_MS / call_seconds, 4)

    return {
        "ms_per_call_second": ms(pump.all + recorder.all),
        "pump_ms": ms(pump.all),
        "pump_kernel_ms": ms(pump.all - pump.user),
        "recorder_ms": ms(recorder.all),
        "ghz": round(ghz, 2),
    }


def percentiles_ms(values_us: npt.NDArray[Any], *wanted: int) -> dict[str, float | None]:
    """In ms, with the greatest; None where nothing was measured."""
    if not len(values_us):
        return {**{f"p{share}": None for share in wanted}, "max": None}
    found: dict[str, float | None] = {f"p{share}": round(float(np.percentile(values_us, share)) / 1000, 3) for share in wanted}
    return {**found, "max": round(float(values_us.max()) / 1000, 3)}


def machine_figures() -> dict[str, Any]:
    """What the figures were measured on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    return {
        "processor": model,
        "processors": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_average": round(os.getloadavg()[0], 2),
    }
