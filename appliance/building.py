"""The object graph of a running appliance: the one place that knows everybody.

``Appliance`` is built from a site, what was recovered of the past, and an ``Outside``: the clock, the device, the threads and the
log. The same code runs on the reactor's clock with real or simulated boards, and in virtual time.
"""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from appliance import VERSION
from boards.dahdi.channel import DahdiError
from boards.dahdi.lines import Surroundings
from boards.dahdi.media import Pump
from boards.dahdi.system import System
from boards.registry import board_class
from engine import facts
from engine.acd.acd import Acd
from engine.calls.switch import Switch
from engine.control.control import Control
from engine.control.snapshot import snapshot
from engine.desk.desk import Desks
from engine.ivr.reception import Reception
from engine.ivr.session import Prompts
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, UnexpectedEvent
from engine.kernel.executor import Executor
from engine.kernel.ids import Ids
from engine.kernel.runner import Actor, Runner
from engine.kernel.text import text
from engine.people.actors import Act, allowed
from engine.people.actors import Actor as Person
from engine.people.pins import PinGuard
from engine.settings.site import Site
from engine.store.queries import Reader
from engine.store.recovery import Recovered, recover
from engine.store.writer import Store
from engine.telephony.causes import Cause
from engine.telephony.lines import Board
from ivr_scripts import SCRIPTS
from recorder.recorder import Recorder, mend_after_crash

__all__ = ["CALLS_MOST", "Appliance", "Outside", "Sounds"]

CALLS_MOST = 10_000
MS_A_MINUTE = 60_000
BOARD_KIND = "dahdi-analog"


@dataclass(frozen=True)
class Sounds:
    """What callers and agents hear: prompts by language and name, music by queue; A-law octets."""

    prompts: Prompts
    music: Mapping[str, bytes]


@dataclass(frozen=True)
class Outside:
    """What surrounds the appliance: time, the device, the pump, the threads, the log."""

    clock: Clock
    system: System
    pump: Pump
    store: Executor
    recorder: Executor
    reader: Executor
    log: Callable[[str], None]


class Appliance:
    """One running call centre on one data folder (whose lock the caller holds)."""

    def __init__(self, site: Site, folder: Path, outside: Outside, sounds: Sounds) -> None:
        self.site = site
        self.outside = outside
        self._folder = folder
        self.recovered: Recovered = recover(folder)
        clock = outside.clock
        self.bus = Bus(clock, site.box.id, self.recovered.next_seq, outside.pump.sample_now, self._deaf)
        ids = Ids(site.box.id, self.recovered.last_ids)
        self.store = Store(self.bus, clock, outside.store, folder, self.recovered, alarm=self._publish_alarm)
        self.runner = Runner(clock, self._refused, self._failed)
        self.switch = Switch(self.runner, self.bus, outside.pump, ids, site.box.language)
        self.acd = Acd(self.runner, self.bus, clock, self.switch, site.queues, site.agents)
        lock_ms = round(site.desk.lock_min * MS_A_MINUTE)
        pins = PinGuard({agent.number: agent.pin for agent in site.agents}, site.desk.pin_tries, lock_ms)
        for agent, until_ms in self.recovered.locked_until.items():
            pins.lock(agent, until_ms)
        self.control = Control(self.bus, clock, self.switch, self.acd, pins, site)
        self.board = self._make_board()
        self._lines = {trunk.name for trunk in self.board.trunks} | {station.name for station in self.board.stations}
        self.recorder = self._make_recorder(ids)
        self._wire(sounds)
        self.reader = Reader(folder, clock.monotonic_ns)

    # ---- life ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Tell what the past left open, put the agents where they were, and open the lines. Raises EnvironmentFault."""
        recovered = self.recovered
        self.bus.publish(
            facts.ApplianceStarted(version=VERSION, boards=(self.board.name,), after_clean_stop=recovered.clean_stop),
        )
        for call in recovered.open_calls:
            ended = facts.CallEnded(call=call.call, cause=int(Cause.TEMPORARY_FAILURE), reason="restart", released_by="system")
            self.bus.publish(ended, call.interaction)
        for stint in recovered.open_stints:
            left = facts.StintEnded(call=stint.call, queue=stint.queue, outcome="failed", agent="", wait_ms=stint.wait_ms)
            self.bus.publish(left, stint.interaction)
        for mended in mend_after_crash(self._folder / "recordings", recovered.open_recordings):
            self.bus.publish(mended, mended.call)
        self.board.start(self.switch, self.switch)
        for agent, fact in recovered.agents.items():
            self.acd.restore(agent, fact)

    def stop(self, reason: str, done: Callable[[], None]) -> None:
        """End every call, close recordings and journal, then call ``done``. Executors are closed by who made them."""

        def recorded() -> None:
            self.bus.publish(facts.ApplianceStopped(reason=reason))
            self.runner.stop()
            self.board.stop()
            self.store.close()
            self.outside.reader.submit(self.reader.close, lambda _nothing: None, self._quiet_failure)
            # Behind the store's last batch: whoever waits for ``done`` has heard of it when the disk did not take that.
            self.outside.store.submit(lambda: None, lambda _nothing: done(), self._quiet_failure)

        self.switch.end_all("shutdown")
        self.recorder.stop(recorded)

    # ---- asked through the door ------------------------------------------------------------------------------------

    def ask(self, person: Person, request: Mapping[str, Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Answer ``status`` or ``calls``; an unknown command or a wrong argument is BadInput, a missing right Refused."""
        command = request.get("command")
        if command == "status":
            self._permit(person, Act.SEE_STATUS)
            done(snapshot(self.switch, self.acd, self.outside.clock))
        elif command == "calls":
            self._permit(person, Act.SEE_CALLS)
            self._calls(request.get("limit", 20), done, failed)
        else:
            raise BadInput(text("There is no command {command}; there are status and calls.", command=repr(command)))

    def _calls(self, limit: object, done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= CALLS_MOST:
            raise BadInput(text("limit is {limit}; a number from 1 to {most} is wanted.", limit=repr(limit), most=CALLS_MOST))

        def answer(rows: list[dict[str, Any]]) -> None:
            done({"utc_offset_min": self.site.box.utc_offset_min, "calls": rows})

        def read() -> None:
            self.outside.reader.submit(lambda: [asdict(row) for row in self.reader.calls(limit)], answer, failed)

        # What has been heard so far must be in the tables before they are read: one question never gets two answers.
        self.store.flush(read)

    def _permit(self, person: Person, act: Act) -> None:
        if not allowed(person, act, ""):
            raise BadInput(text("{person} may not do this.", person=person.about))

    # ---- building ----------------------------------------------------------------------------------------------------

    def _make_board(self) -> Board:
        around = Surroundings(self.outside.pump, self.outside.clock, self.runner, self.site.line_times, self._driver_error)
        made: Board = board_class(BOARD_KIND)(self.outside.system, around, self.site.trunks, self.site.stations)
        return made

    def _make_recorder(self, ids: Ids) -> Recorder:
        folder = self._folder / "recordings"
        return Recorder(
            self.bus,
            self.outside.pump,
            self.outside.clock,
            self.outside.recorder,
            ids,
            folder=folder,
            parties=self.switch.parties,
            disk_free=lambda: shutil.disk_usage(folder).free,
            settings=lambda: self.site.recording,
            alarm=self._publish_alarm,
        )

    def _wire(self, sounds: Sounds) -> None:
        site = self.site
        extensions = {station.name: station.extension for station in site.stations}
        self.switch.add_lines(self.board.trunks, [(station, extensions[station.name]) for station in self.board.stations])
        reception = Reception(
            self.bus,
            self.outside.clock,
            self.switch,
            self.acd,
            {trunk.name: trunk for trunk in site.trunks},
            {flow.name: flow for flow in site.flows},
            SCRIPTS,
            sounds.prompts,
            sounds.music,
        )
        desks = Desks(self.runner, self.switch, self.control, sounds.prompts, site.desk, site.box.language)
        self.switch.wire(desks, reception.incoming, self.acd.agent_at)

    # ---- faults --------------------------------------------------------------------------------------------------------

    def _publish_alarm(self, alarm: facts.AlarmRaised | facts.AlarmCleared) -> None:
        self.bus.publish(alarm)

    def pump_alarm(self, key: str, sentence: str) -> None:
        """The pump's alarms become facts."""
        self.bus.publish(facts.AlarmRaised(alarm=key, about="pump", sentence=sentence))

    def _refused(self, actor: Actor, error: UnexpectedEvent) -> None:
        state, event = type(error.state).__name__, type(error.event).__name__
        if actor.name in self._lines:
            self.bus.publish(facts.ProtocolViolated(line=actor.name, state=state, event=event))
            return
        self.outside.log(f"bug: {error}")
        self.bug(actor.name, f"{actor.name} met the event {event} in state {state}, for which there is no rule.")

    def _failed(self, actor: Actor, error: Exception) -> None:
        self.outside.log("bug: " + "".join(traceback.format_exception(error)))
        self.bug(actor.name, f"{actor.name} failed: {type(error).__name__}: {error}")

    def bug(self, about: str, sentence: str) -> None:
        """A fault of our own becomes an alarm."""
        self.bus.publish(facts.AlarmRaised(alarm="bug", about=about, sentence=sentence))

    def _deaf(self, name: str, envelope: Envelope, error: Exception) -> None:
        self.outside.log(f"bug: {name} could not take fact {envelope.seq}: " + "".join(traceback.format_exception(error)))

    def _driver_error(self, line: str, error: DahdiError) -> None:
        self.outside.log(str(error))
        self.bus.publish(facts.AlarmRaised(alarm="driver", about=line, sentence=str(error)))

    def _quiet_failure(self, error: Exception) -> None:
        self.outside.log(f"closing: {error}")
