"""The object graph of a running appliance: the one place that knows everybody.

``Appliance`` is built from a site, what was recovered of the past, and an ``Outside``: the clock, the device, the threads and the
log. The same code runs on the reactor's clock with real or simulated boards, and in virtual time.
"""

from __future__ import annotations

import random
import shutil
import traceback
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from appliance import VERSION
from appliance.areas import AreaShelf
from appliance.audio_watch import AudioWatch
from appliance.prompts import load_music
from appliance.span_memory import SpanFile, boot_id
from appliance.texts import translator
from boards.dahdi.codec import alaw_decode
from boards.dahdi.configurator import SpanConfigurator
from boards.dahdi.faults import text_of
from boards.dahdi.hardware import DahdiHardware
from boards.dahdi.line import Line, Wakes, nobody_wakes
from boards.dahdi.lines import Surroundings
from boards.dahdi.media import Pump
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.span_board import DahdiSpans, LineHolder, LineHolders
from boards.dahdi.spans import SpanWatch, master_span
from boards.dahdi.sysfs import DeviceTree, NoTree
from boards.dahdi.system import System
from boards.registry import board_class
from engine import facts
from engine.acd.acd import Acd
from engine.acd.availability import availability
from engine.acd.claims import Claims
from engine.calls.charging.meter import Meter
from engine.calls.extensions import Extensions
from engine.calls.placing import Placing
from engine.calls.router import Router
from engine.calls.routing.area import NO_AREAS, AreaBook
from engine.calls.routing.plan import compile_routing
from engine.calls.switch import Switch
from engine.calls.trunk_groups import TrunkGroups
from engine.control.asking import CALLS_MOST, Answer, Asking, Inside
from engine.control.call_asking import call_answers
from engine.control.caller_refusals import CallerRefusals
from engine.control.charge_account_asking import account_answers
from engine.control.charge_asking import charge_answers
from engine.control.control import Control
from engine.control.edit_asking import edit_answers
from engine.control.hardware import HardwareControl, hardware_answers
from engine.control.line_tests import LineTestControl, line_test_answers
from engine.control.route_asking import route_answers
from engine.control.service_asking import service_answers
from engine.control.site_asking import site_answers
from engine.control.site_control import SiteControl, in_force, version_at_start
from engine.control.span_control import SpanControl, span_answers
from engine.control.trunk_asking import CallTraces, trunk_answers
from engine.control.trunk_control import TrunkControl, carried_call
from engine.control.trunk_group_asking import group_answers
from engine.control.trunk_tally import day_began_utc_ms, day_of
from engine.desk.call_backs import CallBacks
from engine.desk.desk import Desks
from engine.desk.wake_ups import WakeUps
from engine.ivr.reception import Reception
from engine.ivr.session import Prompts
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock
from engine.kernel.errors import BadInput, StrowgerError, UnexpectedEvent
from engine.kernel.executor import Executor
from engine.kernel.ids import Ids
from engine.kernel.runner import Actor, Runner
from engine.kernel.text import text, text_written
from engine.people.actors import Act
from engine.people.actors import Actor as Person
from engine.people.pins import PinGuard
from engine.settings.e1_lines import e1_channels, e1_trunks
from engine.settings.site import Site
from engine.settings.targets import targets_of
from engine.store.queries import CallFilter, Moment, Reader
from engine.store.recovery import Recovered, recover
from engine.store.site_archive import SiteArchive
from engine.store.writer import Store
from engine.telephony.call_trace import TrunkSignalling
from engine.telephony.causes import Cause
from engine.telephony.line_measures import samples_of
from engine.telephony.lines import Board, Station, Trunk
from engine.telephony.tones import TONE_SETS
from ivr_scripts import SCRIPTS
from recorder.recorder import Recorder, mend_after_crash

__all__ = ["CALLS_MOST", "Appliance", "Outside", "SiteBegin", "Sounds"]

MS_A_MINUTE = 60_000
DOUBTFUL = text("number doubtful")
"""On a phone's display, before the caller's name."""
BOARD_KIND, E1_KIND = "dahdi-analog", "dahdi-e1"

Told = Callable[[list[Moment]], None]
Failed = Callable[[Exception], None]


def _samples_of(octets: bytes) -> array[int]:
    """A-law as 16-bit samples."""
    return samples_of(alaw_decode(octets))


@dataclass(frozen=True)
class Sounds:
    """What callers and agents hear: prompts by language and name, music by file name (empty: the installed one); A-law octets.

    ``load_music`` reads a file that is not among ``music``, and raises StrowgerError when it cannot be played.
    """

    prompts: Prompts
    music: Mapping[str, bytes] = field(default_factory=dict)
    load_music: Callable[[str], bytes] = load_music


@dataclass(frozen=True)
class SiteBegin:
    """How the site came to this start: ``kept`` is what the archive shall hold (the command line may run it on simulated boards
    instead), ``why`` and ``origin`` what a new version's note shall say.
    """

    kept: Site
    why: str = "first import"
    origin: str = ""


@dataclass(frozen=True)
class Outside:
    """What surrounds the appliance: time, the device, the pump, the threads, the log, the driver's view in sysfs, and who tells of frames that came."""

    clock: Clock
    system: System
    pump: Pump
    store: Executor
    recorder: Executor
    reader: Executor
    log: Callable[[str], None]
    tree: DeviceTree = field(default_factory=NoTree)
    wakes: Wakes = nobody_wakes


class Appliance:
    """One running call centre on one data folder (whose lock the caller holds)."""

    def __init__(self, site: Site, folder: Path, outside: Outside, sounds: Sounds, begin: SiteBegin | None = None) -> None:
        self.site = site
        self._sounds = sounds
        self._music = dict(sounds.music)
        self._need_music(site)
        self.outside = outside
        self._folder = folder
        self.recovered: Recovered = recover(folder)
        clock = outside.clock
        archive = SiteArchive(folder)
        begin = begin or SiteBegin(site)
        version = version_at_start(archive, begin.kept, clock, begin.why, begin.origin)
        self.bus = Bus(clock, site.box.id, self.recovered.next_seq, outside.pump.sample_now, self._deaf)
        ids = Ids(site.box.id, self.recovered.last_ids)
        self.store = Store(self.bus, clock, outside.store, folder, self.recovered, alarm=self._publish_alarm)
        self.runner = Runner(clock, self._refused, self._failed)
        tones = TONE_SETS[site.box.tones]
        hold_music = self._music.get("") or next(iter(self._music.values()), b"")
        self.switch = Switch(self.runner, self.bus, outside.pump, ids, site.box.language, tones, hold_music)
        self.acd = Acd(
            self.runner,
            self.bus,
            clock,
            self.switch,
            site.queues,
            site.agents,
            site.desk,
            self.recovered.acd,
            site.acd,
            version.note.number,
        )
        self.trunk_groups = TrunkGroups(self.bus, clock, self.switch, site, self.recovered.group_usage)
        self._areas = AreaShelf()
        self.router, self.meter = self._make_router()
        self.acd.wire(Claims(self.bus, clock, self.router, self.acd.memory).of)
        self.extensions = Extensions(self.bus, self.router, self.recovered.services)
        self.placing = Placing(self.switch, self.bus, clock, self.extensions, self.trunk_groups)
        self.control = self._make_control()
        memory = SpanFile(folder / "spans.json", boot_id(), outside.log)
        self._configurator = SpanConfigurator(outside.system, outside.tree, memory, outside.log)
        self._watch = SpanWatch(outside.system, clock, self.runner, lambda: master_span(outside.tree))
        self.board, self.e1_board = self._make_boards()
        self._boards: Sequence[Board] = (self.board, self.e1_board) if site.e1_trunks else (self.board,)
        self.hardware = DahdiHardware(
            outside.system, clock, outside.pump, self._watch, self._all_lines, lambda: ids.new("t"), self._configurator.tone_zone
        )
        self.hardware_control = HardwareControl(self.bus, outside.log, self._span_names)
        self._lines = {line.name for line in self._every_line()}
        self.recorder = self._make_recorder(ids)
        self.switch.watch_talk(self.recorder.talk_changed)
        self._make_id = lambda: ids.new("q")
        self.reception, self.desks = self._wire()
        self.sites = SiteControl(self.bus, clock, outside.store, archive, version)
        self.sites.guard(self._need_music)
        self.sites.guard(self._need_announcements)
        self.sites.guard(self._need_areas)
        self.sites.watch(self._apply)
        self._line_tests = LineTestControl(
            self.bus, self.hardware.port_tests, self.switch.trunks, self.sites, outside.reader, _samples_of, outside.log
        )
        self.spans = self._make_spans()
        self.reader = Reader(folder, clock.monotonic_ns)
        self.trunks, self.traces = self._make_trunks()
        self._about: dict[str, Any] = {}
        self.asking = self._make_asking()
        self.audio_watch = AudioWatch(self.bus, clock, outside.pump, self._every_line)

    # ---- life ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Tell what the past left open, put the agents where they were, and open the lines. Raises EnvironmentFault."""
        recovered = self.recovered
        self.bus.publish(
            facts.ApplianceStarted(
                version=VERSION, boards=tuple(board.name for board in self._boards), after_clean_stop=recovered.clean_stop
            ),
        )
        for call in recovered.open_calls:
            ended = facts.CallEnded(call=call.call, cause=int(Cause.TEMPORARY_FAILURE), reason="restart", released_by="system")
            self.bus.publish(ended, call.interaction)
        for stint in recovered.open_stints:
            left = facts.StintEnded(call=stint.call, queue=stint.queue, outcome="failed", agent="", wait_ms=stint.wait_ms)
            self.bus.publish(left, stint.interaction)
        for interaction in recovered.open_interactions:
            over = facts.InteractionEnded(
                interaction=interaction, cause=int(Cause.TEMPORARY_FAILURE), reason="restart", released_by="system", calls=0
            )
            self.bus.publish(over, interaction)
        for mended in mend_after_crash(self._folder / "recordings", recovered.open_recordings):
            self.bus.publish(mended, recovered.recording_interactions.get(mended.recording, mended.call))
        self.trunk_groups.start()
        self.control.start()
        self.trunks.start()
        self.spans.start()
        self.hardware.start(self.hardware_control)
        for board in self._boards:
            board.start(self.switch, self.switch)
        self.switch.restore_messages(recovered.messages)
        self.wake_ups.start()
        self.call_backs.start()
        self.audio_watch.start()
        self._recall_today()
        for agent, fact in recovered.agents.items():
            self.acd.restore(agent, fact)

    def stop(self, reason: str, done: Callable[[], None]) -> None:
        """End every call, close recordings and journal, then call ``done``. Executors are closed by who made them."""

        def recorded() -> None:
            self.bus.publish(facts.ApplianceStopped(reason=reason))
            self.runner.stop()
            self.hardware.stop()
            for board in self._boards:
                board.stop()
            self.store.close()
            self.outside.reader.submit(self.reader.close, lambda _nothing: None, self._quiet_failure)
            # Behind the store's last batch: whoever waits for ``done`` has heard of it when the disk did not take that.
            self.outside.store.submit(lambda: None, lambda _nothing: done(), self._quiet_failure)

        self.audio_watch.stop()
        self.spans.stop()
        self.traces.stop()
        self.switch.end_all("shutdown")
        self.recorder.stop(recorded)

    # ---- asked through the door ------------------------------------------------------------------------------------

    def ask(self, person: Person, request: Mapping[str, Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Answer a command of ``engine/control/asking.py``; an unknown command or a wrong argument is BadInput, a missing right Refused."""
        self.asking.ask(person, request, done, failed)

    def tell_host_key(self, fingerprint: str) -> None:
        """The console by SSH has this key: who asks for the version reads it there, and compares."""
        self._about["ssh_host_key"] = fingerprint

    def _make_asking(self) -> Asking:
        box, pump, about = self.site.box, self.outside.pump, self._about
        about |= {
            "name": box.name,
            "box": box.id,
            "version": VERSION,
            "boards": [board.name for board in self._boards],
            "hardware": box.hardware,
        }
        inside = Inside(
            self.switch,
            self.acd,
            self.control,
            self.bus,
            self.outside.clock,
            self.store,
            self.reader,
            self.outside.reader,
            self._folder,
            about,
            lambda: {**asdict(pump.stats()), "locked": pump.stats().locked.name.lower()},
            self.outside.log,
        )
        trunks = trunk_answers(self.trunks, self.traces, self.outside.clock)
        return Asking(
            inside,
            {
                **site_answers(self.sites),
                **edit_answers(self.sites),
                **span_answers(self.spans),
                **group_answers(self.trunk_groups),
                **route_answers(self.router, self.bus, self._make_id, self.extensions),
                **service_answers(self.control.services, self.outside.log),
                **account_answers(self.control.charge_accounts, self.outside.log),
                **call_answers(self.control.calls, self.outside.log),
                **charge_answers(self.reader, self._read_tables, self.router, self.outside.clock.utc_offset_min),
                **self._hardware_answers(),
                **trunks,
            },
        )

    def _read_tables(self, question: Callable[[], Any], done: Callable[[Any], None], failed: Failed) -> None:
        """Ask the tables on the reading thread, when what was heard so far is in them."""

        def read() -> None:
            try:
                self.outside.reader.submit(question, done, failed)
            except Exception as error:  # noqa: BLE001  # here the asker is not on the stack any more
                failed(error)

        self.store.flush(read)

    def _hardware_answers(self) -> Mapping[str, tuple[Act, Answer]]:
        def of_span(span: int, limit: int, done: Told, failed: Failed) -> None:
            self._read_tables(lambda: self.reader.span_moments(span, limit), done, failed)

        def of_port(port: str, limit: int, done: Told, failed: Failed) -> None:
            self._read_tables(lambda: self.reader.port_moments(port, limit), done, failed)

        def call_on(name: str) -> str:
            return next((call.id for call in self.switch.calls.values() if name and name in (call.line, call.phone)), "")

        clock = self.outside.clock
        spans = hardware_answers(self.hardware, self.hardware_control, clock, of_span, call_on, self.spans.names)
        return {**spans, **line_test_answers(self._line_tests, clock, of_port, call_on)}

    # ---- building ----------------------------------------------------------------------------------------------------

    def _every_line(self) -> list[Trunk | Station]:
        return [
            *(trunk for board in self._boards for trunk in board.trunks),
            *(station for board in self._boards for station in board.stations),
        ]

    def _make_router(self) -> tuple[Router, Meter]:
        """Who decides where calls go, and who charges them; each asks the other."""
        clock, recovered = self.outside.clock, self.recovered
        router = Router(self.bus, clock, compile_routing(self.site, self._areas_at_start(self.site)), recovered.routing)
        meter = Meter(self.bus, clock, router, lambda: self.sites.note.number, recovered.charges)
        router.wire(availability(self.switch, self.acd))
        router.wire_spending(meter.spent)
        return router, meter

    def _make_control(self) -> Control:
        site, clock = self.site, self.outside.clock
        lock_ms = round(site.desk.lock_min * MS_A_MINUTE)
        pins = PinGuard({agent.number: agent.pin for agent in site.agents}, site.desk.pin_tries, lock_ms)
        for agent, until_ms in self.recovered.locked_until.items():
            pins.lock(agent, until_ms)
        return Control(self.bus, clock, self.switch, self.acd, pins, site, self.trunk_groups, self.router, self.placing, self.meter.memory)

    def _make_boards(self) -> tuple[Board, Board]:
        tones = TONE_SETS[self.site.box.tones]
        around = Surroundings(
            self.outside.pump,
            self.outside.clock,
            self.runner,
            self.site.line_times,
            self._driver_error,
            tones,
            driver_well=self._driver_well,
            spans=self._watch,
            echo_taps=self._configurator.echo_taps,
            tone_zone=self._configurator.tone_zone,
            doubtful_mark=DOUBTFUL.render(translator({}, self.site.box.language)),
            wakes=self.outside.wakes,
        )
        made = board_class(BOARD_KIND)(self.outside.system, around, self.site.trunks, self.site.stations)
        chance = random.Random(self.outside.clock.utc_ms())  # noqa: S311  # no secret: first call references
        e1_made = board_class(E1_KIND)(
            self.outside.system, around, e1_trunks(self.site), self._configurator.first_channel, lambda: chance.getrandbits(32)
        )
        self._line_holder: LineHolder = LineHolders((made, e1_made))
        self._all_lines: Sequence[Line] = (*made.lines, *e1_made.lines)
        self._signalling: Sequence[TrunkSignalling] = e1_made.signalling
        boards: tuple[Board, Board] = (made, e1_made)
        return boards

    def _make_spans(self) -> SpanControl:
        board = DahdiSpans(self._configurator, self._line_holder)
        spans = SpanControl(self.bus, self.outside.clock, board, lambda: self.site)
        self.sites.guard(spans.judge)
        self.sites.watch(spans.apply)
        self.bus.subscribe("span configuration", spans.hear)
        return spans

    def _span_names(self) -> Mapping[int, str]:
        """What the site calls the spans; asked when everything is made."""
        return self.spans.names()

    def _make_trunks(self) -> tuple[TrunkControl, CallTraces]:
        clock, log = self.outside.clock, self.outside.log
        trunks = TrunkControl(
            self.bus, clock, self.switch, self._all_lines, lambda: self.site, self.recovered.blocks, self._signalling, log
        )
        CallerRefusals(self.bus, lambda line: e1_channels(self.site).get(line))
        return trunks, CallTraces(self.bus, clock, trunks, self._folder / "traces", self.outside.reader, log)

    def _recall_today(self) -> None:
        """The calls of today from before this start: today's counts are to be those of the whole day."""
        clock, before_seq = self.outside.clock, self.recovered.next_seq
        day = day_of(clock.utc_ms(), clock.utc_offset_min())
        wanted = CallFilter(since_utc_ms=day_began_utc_ms(day, clock.utc_offset_min()), before_seq=before_seq)
        self.outside.reader.submit(
            lambda: self.reader.calls(CALLS_MOST, 0, None, wanted),
            lambda rows: self.trunks.tally.refill(map(carried_call, rows), day),
            self._quiet_failure,
        )

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

    def _need_music(self, site: Site) -> None:
        """Before a change is kept: every queue's music can be played."""
        for file in {queue.music for queue in site.queues} - self._music.keys():
            self._music[file] = self._sounds.load_music(file)

    def _need_announcements(self, site: Site) -> None:
        """Before a change is kept: what routes announce can be said, in every language."""
        for route in site.inbound_routes:
            for _field, target in targets_of(route):
                missing = [language for language in ("zh", "en") if (language, target.name) not in self._sounds.prompts]
                if target.kind == "announcement" and missing:
                    raise BadInput(text("Route {route}: there is no announcement {name}.", route=route.name, name=target.name))

    def _need_areas(self, site: Site) -> None:
        """Before a change is kept: the file with areas can be read."""
        self._areas.book_for(site)

    def _areas_at_start(self, site: Site) -> AreaBook:
        """A file that cannot be read does not keep calls away: the areas are not known then."""
        try:
            return self._areas.book_for(site)
        except StrowgerError as error:
            self.outside.log(f"areas of numbers: {error}")
            return NO_AREAS

    def _music_by_queue(self) -> dict[str, bytes]:
        return {queue.name: self._music[queue.music] for queue in self.site.queues}

    def _apply(self, _old: Site, new: Site) -> None:
        """A version came into force: each component takes it at its own safe point."""
        self.site = in_force(self.site, new)
        site = self.site
        self.switch.renumber({station.name: station.extension for station in site.stations})
        for trunk in site.trunks:
            self.switch.trunks[trunk.name].know_busy_tone(trunk.busy_tone)
        self.reception.apply({flow.name: flow for flow in site.flows}, self._music_by_queue())
        self.router.apply(compile_routing(site, self._areas_at_start(site)))
        self.desks.apply(site.desk)
        self.control.apply(site)
        self.acd.apply(site.queues, site.agents, site.desk, site.acd, self.sites.note.number)

    def _wire(self) -> tuple[Reception, Desks]:
        site, sounds = self.site, self._sounds
        extensions = {station.name: station.extension for station in site.stations}
        self.switch.add_lines(self.board.trunks, [(station, extensions[station.name]) for station in self.board.stations])
        self.switch.add_lines(self.e1_board.trunks, [])
        reception = Reception(
            self.bus,
            self.outside.clock,
            self.switch,
            self.acd,
            {trunk.name: trunk for trunk in site.trunks} | {line.name: one.section for one in e1_trunks(site) for line in one.lines},
            {flow.name: flow for flow in site.flows},
            SCRIPTS,
            sounds.prompts,
            self._music_by_queue(),
            self.router,
            TONE_SETS[site.box.tones],
            self.placing,
        )
        reception.wire(self.control.lead_outside, self.control.disa.open)
        desks = Desks(self.runner, self.switch, self.control, sounds.prompts, site.desk, site.box.language)
        clock, operations = self.outside.clock, self.control.calls.operations

        def language_at(phone: str) -> str:
            return self.control.language_at(phone) or self.site.box.language

        self.wake_ups = WakeUps(self.bus, clock, self.switch, operations, self.extensions, sounds.prompts, language_at)
        self.call_backs = CallBacks(self.bus, clock, self.switch, operations, self.placing)
        self.switch.wire(desks, reception.incoming, self.acd.agent_at)
        self.control.calls.wire(reception.lead)
        return reception, desks

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

    def _driver_error(self, line: str, error: Exception) -> None:
        self.outside.log(str(error))
        said = text_of(error.sentence) if isinstance(error, DahdiError) else error.text if isinstance(error, StrowgerError) else None
        written = "" if said is None else text_written(said)
        self.bus.publish(facts.AlarmRaised(alarm="driver", about=line, sentence=str(error), said=written))

    def _driver_well(self, line: str) -> None:
        self.bus.publish(facts.AlarmCleared(alarm="driver", about=line))

    def _quiet_failure(self, error: Exception) -> None:
        self.outside.log(f"closing: {error}")
