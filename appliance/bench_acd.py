"""``strowger bench acd``: how fast a freed agent gets the next caller, a burst of callers their agents, and what a call costs.

Real time, the real store with its journal on the disk, and scripted lines and phones (``hwsim/scripted_board.py``) that report and obey at once: what is
measured is the appliance's own work between a handset that goes down and the bell that rings.
"""

from __future__ import annotations

import heapq
import itertools
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from appliance.executors import ThreadExecutor
from appliance.texts import Translate
from engine import facts
from engine.acd.acd import Acd
from engine.acd.choose import choose
from engine.acd.inputs import AcdInputs
from engine.acd.memory import AcdMemory
from engine.acd.rules import compile_rules
from engine.calls import call as c
from engine.calls.switch import Call, Switch
from engine.kernel.bus import Bus, Envelope
from engine.kernel.errors import EnvironmentFault
from engine.kernel.ids import Ids
from engine.kernel.runner import Runner
from engine.kernel.text import text
from engine.settings.site import AgentSection, QueueSection, StationSection, TrunkSection
from engine.store.recovery import recover
from engine.store.writer import Store
from engine.telephony.numbers import CallerId
from engine.telephony.tones import TONE_SETS
from hwsim.scripted_board import ScriptedBay, ScriptedBoard, ScriptedTimes

__all__ = ["FREED_P99_MOST_MS", "acd_shown", "measure_acd"]

NS_A_MS = 1_000_000
FREED_P99_MOST_MS = 20.0
BURST_LAST_MOST_MS = 500.0
CPU_MOST_MS = 4.0
DECISION_P99_MOST_MS = 5.0
JOBS_MOST = 100_000
WAIT_MOST_S = 20.0
AT_ONCE = ScriptedTimes(offered_s=0.0, offered_unknown_s=0.0, gone_s=0.0, guard_s=0.0, hang_up_s=0.0, shown_s=0.0)


@dataclass(order=True)
class _Due:
    """A call that will happen."""

    at_ns: int
    number: int
    act: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Make it not happen."""
        self.cancelled = True


class _RealTime:
    """The machine's clock, and what is due by it. Jobs of other threads come in by ``deliver``."""

    def __init__(self) -> None:
        self._due: list[_Due] = []
        self._numbers = itertools.count()
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._ahead_ms = time.time_ns() // NS_A_MS - time.monotonic_ns() // NS_A_MS

    def monotonic_ns(self) -> int:
        """Now."""
        return time.monotonic_ns()

    def utc_ms(self) -> int:
        """Now, for people."""
        return self._ahead_ms + time.monotonic_ns() // NS_A_MS

    def utc_offset_min(self) -> int:
        """China."""
        return 480

    def call_later(self, delay_s: float, act: Callable[[], None]) -> _Due:
        """Do it then."""
        due = _Due(time.monotonic_ns() + round(delay_s * 1e9), next(self._numbers), act)
        heapq.heappush(self._due, due)
        return due

    def deliver(self, job: Callable[[], None]) -> None:
        """From another thread: do this in this one."""
        self._jobs.put(job)

    def until(self, reached: Callable[[], bool], what: str) -> None:
        """Do what is due, in its order, until that is so. EnvironmentFault when it takes too long."""
        give_up_ns = time.monotonic_ns() + round(WAIT_MOST_S * 1e9)
        while not reached():
            now_ns = time.monotonic_ns()
            if now_ns > give_up_ns:
                raise EnvironmentFault(text("The measurement waits in vain: {what}.", what=what))
            if self._due and self._due[0].at_ns <= now_ns:
                due = heapq.heappop(self._due)
                if not due.cancelled:
                    due.act()
                continue
            wait_s = max(0.0, (self._due[0].at_ns - now_ns) / 1e9) if self._due else 0.01
            try:
                self._jobs.get(timeout=min(0.01, wait_s))()
            except Empty:
                continue


class _Joined:
    """A waiting room in which nobody is entertained: who answers is joined at once."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def stay_answered(self, _agent: str) -> None:
        """Both talk."""
        self._call.post(c.Join())

    def stay_over(self, _outcome: str) -> None:
        """The call is over."""


class _Centre:
    """So many agents who are logged in and ready, so many lines, one queue without wrap-up."""

    def __init__(self, folder: Path, agents: int, lines: int) -> None:
        self.clock = clock = _RealTime()
        self.bay = ScriptedBay(clock)
        numbers = tuple(str(1001 + number) for number in range(agents))
        sections = tuple(AgentSection(number=number, pin="2222") for number in numbers)
        queue = QueueSection(name="service", agents=numbers, wrap_up_s=0.0, miss_pause_s=0.0, waiting_most=1000, announce_agent=False)
        self.phones = [f"phone-{number}" for number in range(1, agents + 1)]
        stations = [StationSection(name=name, channel=i, extension=str(3000 + i)) for i, name in enumerate(self.phones, start=1)]
        self.lines = [f"line-{number}" for number in range(1, lines + 1)]
        trunks = [TrunkSection(name=name, channel=agents + i) for i, name in enumerate(self.lines, start=1)]
        recovered = recover(folder)
        self.faults: list[str] = []
        self.bus = Bus(clock, "b1", recovered.next_seq, lambda: 0, lambda name, _envelope, error: self.faults.append(f"{name}: {error!r}"))
        self._executor = ThreadExecutor("store", clock.deliver, JOBS_MOST)
        self.store = Store(self.bus, clock, self._executor, folder, recovered, alarm=lambda _alarm: None)
        runner = Runner(clock, lambda _actor, error: self.faults.append(str(error)), lambda _actor, error: self.faults.append(repr(error)))
        ids = Ids("b1", recovered.last_ids)
        self.switch = Switch(runner, self.bus, self.bay, ids, "zh", TONE_SETS["cn"])
        self.acd = Acd(runner, self.bus, clock, self.switch, [queue], sections)
        self.board = ScriptedBoard(clock, self.bay, trunks, stations, AT_ONCE)
        self.switch.add_lines(
            self.board.trunks, [(station, section.extension) for station, section in zip(self.board.stations, stations, strict=True)]
        )
        self.switch.wire(self, self._incoming, self.acd.agent_at)
        self.board.start(self.switch, self.switch)
        self.bell_ns: dict[str, int] = {}
        """When each phone was last told to ring."""
        for station in self.board.stations:
            self._watch(station)
        clock.until(lambda: all(station.in_service for station in self.board.stations), "phones come into service")
        for number, phone in zip(numbers, self.phones, strict=True):
            self.acd.login(number, phone, ready=True)

    def _watch(self, station: Any) -> None:  # noqa: ANN401  # a scripted station whose bell is to be noticed
        ring = station.ring

        def rung(*values: object) -> None:
            ring(*values)
            self.bell_ns[station.name] = time.monotonic_ns()

        station.ring = rung

    def _incoming(self, call: Call) -> None:
        call.post(c.Answer())
        self.clock.call_later(0.0, lambda: self.acd.enter(call, "service", _Joined(call)))

    def talking(self) -> int:
        """Phones in conversation."""
        return sum(phone.call is not None and phone.call.talking for phone in self.switch.phones.values())

    def rang_since(self, phone: str, since_ns: int) -> bool:
        """True when the phone was told to ring after that moment."""
        return self.bell_ns[phone] > since_ns

    def close(self) -> None:
        """Everything is written."""
        self.board.stop()
        self.store.close()
        self._executor.close()

    # ---- as a desk: only what the ACD must hear --------------------------------------------------------------------

    def phone_hung_up(self, phone: Any) -> None:  # noqa: ANN401  # the switch's phone
        """It may be rung again."""
        if phone.free:
            self.acd.phone_free()

    def phone_can_ring(self, phone: Any) -> None:  # noqa: ANN401
        """Likewise."""
        if phone.free:
            self.acd.phone_free()

    def phone_call_began(self, phone: Any, call: Call) -> None:  # noqa: ANN401
        """An own call."""
        self.acd.phone_call_began(phone, call)

    def phone_call_ended(self, phone: Any, call: Call) -> None:  # noqa: ANN401
        """Over."""
        self.acd.phone_call_ended(phone, call)

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not name.startswith("phone_"):
            raise AttributeError(name)
        return lambda *_values: None


def _arrive(centre: _Centre, line: str) -> None:
    centre.board.arrive(line, CallerId("13800138000"))


def _freed(folder: Path, agents: int, waiting: int, rounds: int) -> dict[str, Any]:
    """Agents hang up one after the other while so many callers wait: from the handset to the bell for the next one, and the processor's time of a call."""
    centre = _Centre(folder, agents, agents + waiting)
    try:
        for line in centre.lines:
            _arrive(centre, line)
        centre.clock.until(lambda: len(centre.bell_ns) == agents, "every phone rings")
        for phone in centre.phones:
            centre.board.lift(phone)
        centre.clock.until(lambda: centre.talking() == agents, "everybody talks")
        centre.clock.until(lambda: len(centre.acd.waiting("service")) == waiting, "the others wait")
        took_ms, began_ns = [], time.process_time_ns()
        for turn in range(rounds):
            phone = centre.phones[turn % agents]
            line = next(call.line for call in centre.switch.calls.values() if call.phone == phone)
            before_ns = time.monotonic_ns()
            centre.board.hang_up(phone)
            centre.clock.until(partial(centre.rang_since, phone, before_ns), f"{phone} rings again")
            took_ms.append((centre.bell_ns[phone] - before_ns) / NS_A_MS)
            centre.board.lift(phone)
            _arrive(centre, line)
            centre.clock.until(
                lambda: centre.talking() == agents and len(centre.acd.waiting("service")) == waiting, "the next caller talks"
            )
        cpu_ms = (time.process_time_ns() - began_ns) / NS_A_MS / rounds
        _sound(centre)
    finally:
        centre.close()
    return {"freed_to_offer_ms": _spread(took_ms), "cpu_ms_per_call": round(cpu_ms, 3)}


def _burst(folder: Path, many: int) -> dict[str, float]:
    """So many callers arrive at once for as many ready agents: when each phone rings."""
    centre = _Centre(folder, many, many)
    try:
        began_ns, began_cpu_ns = time.monotonic_ns(), time.process_time_ns()
        for line in centre.lines:
            _arrive(centre, line)
        centre.clock.until(lambda: len(centre.bell_ns) == many, "every phone rings")
        cpu_ms = (time.process_time_ns() - began_cpu_ns) / NS_A_MS
        took_ms = [(at_ns - began_ns) / NS_A_MS for at_ns in centre.bell_ns.values()]
        _sound(centre)
    finally:
        centre.close()
    return {"last": round(max(took_ms), 3), "p99": _spread(took_ms)["p99"], "processor": round(cpu_ms, 3)}


def _sound(centre: _Centre) -> None:
    if centre.faults:
        raise EnvironmentFault(text("The measurement found a fault: {fault}", fault=centre.faults[0]))


def _decisions(agents: int, waiting: int, rounds: int) -> dict[str, float]:
    """One choice among so many agents, a tenth of them ready, for so many callers."""
    numbers = tuple(str(10_000 + number) for number in range(agents))
    rules = compile_rules([QueueSection(name="service", agents=numbers)], [AgentSection(number=number, pin="2222") for number in numbers])
    inputs = AcdInputs(rules, AcdMemory())
    seq = itertools.count(1)

    def told(fact: facts.Fact, at_ns: int) -> None:
        inputs.apply(Envelope(next(seq), "b1", at_ns, 0, 480, 0, "", fact))

    for place, number in enumerate(numbers):
        state = "ready" if place % 10 == 0 else "talking"
        told(facts.AgentStateChanged(agent=number, phone=f"p{number}", state=state, reasons=(), call="", idle_since_ns=place), place)
    for place in range(waiting):
        told(facts.CallQueued(call=f"b1-c{place}", queue="service", place=place + 1), agents + place)
    took_ms = []
    for _turn in range(rounds):
        began_ns = time.thread_time_ns()
        choose(inputs.situation(10**9, 0, 480))
        took_ms.append((time.thread_time_ns() - began_ns) / NS_A_MS)
    return _spread(took_ms)


def _spread(took_ms: list[float]) -> dict[str, float]:
    ordered = sorted(took_ms)
    return {
        "p50": round(ordered[len(ordered) // 2], 3),
        "p99": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], 3),
        "max": round(ordered[-1], 3),
    }


def measure_acd(rounds: int) -> dict[str, Any]:
    """All of it. ``met``: every figure is within what is asked of it. Raises EnvironmentFault."""
    with tempfile.TemporaryDirectory(prefix="strowger-bench-") as scratch:
        folders = [Path(scratch) / name for name in ("freed", "burst")]
        for folder in folders:
            folder.mkdir()
        freed = _freed(folders[0], 20, 200, rounds)
        burst = _burst(folders[1], 480)
    decision = _decisions(3000, 500, 200)
    met = (
        freed["freed_to_offer_ms"]["p99"] <= FREED_P99_MOST_MS
        and burst["last"] <= BURST_LAST_MOST_MS
        and freed["cpu_ms_per_call"] <= CPU_MOST_MS
        and decision["p99"] <= DECISION_P99_MOST_MS
    )
    return {**freed, "burst_480_ms": burst, "decision_ms": decision, "rounds": rounds, "met": met}


def acd_shown(figures: dict[str, Any], _: Translate) -> str:
    """The same for a person."""
    freed, burst, decision = figures["freed_to_offer_ms"], figures["burst_480_ms"], figures["decision_ms"]
    lines = [
        _("From a freed agent to the next caller's bell, 20 agents, 200 waiting: p50 {p50} ms, p99 {p99} ms (20 ms at most).").format(
            **freed
        ),
        _(
            "480 callers at once for 480 agents: the last phone rings after {last} ms (500 ms at most), of which the processor worked {processor} ms."
        ).format(**burst),
        _("Processor time of a call through queue, conversation and hang-up: {ms} ms (4 ms at most).").format(
            ms=figures["cpu_ms_per_call"]
        ),
        _("One choice, 3000 agents, 500 waiting: p50 {p50} ms, p99 {p99} ms (5 ms at most).").format(**decision),
    ]
    return "\n".join(lines)
