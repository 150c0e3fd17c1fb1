"""``strowger run``: the appliance in this terminal, on real or simulated boards, until Ctrl-C."""

from __future__ import annotations

import faulthandler
import os
import pwd
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from twisted.internet import defer

from appliance.building import Appliance, SiteBegin, Sounds
from appliance.console_fronts import ConsoleFronts, answer_restarts
from appliance.data_folder import DataFolder
from appliance.demo_day import DemoDay
from appliance.doctor.driver_looking import spans_seen
from appliance.doctor.evidence import Seen, Span
from appliance.doctor.inside import Doctor, looked_at
from appliance.door import DoorServer, Peer
from appliance.live import LiveAppliance
from appliance.options import RunOptions, door_path
from appliance.page_front import PageFront
from appliance.process import Collector, hear_reactor, interrupt_on_signals, open_log, stop_on_signals, teller
from appliance.prompts import generate, load, load_music
from appliance.restarting import ReactorMachine, start_anew
from appliance.sd_notify import Notifier, notify_address, unix_sender, watchdog_timeout_s
from appliance.site_file import read_site
from appliance.site_start import site_at_start
from appliance.texts import translator
from appliance.watchdog import Watchdog
from boards.dahdi.faults import DriverFault
from engine import facts
from engine.control.narration import Narrator
from engine.control.pump_pulse import STILL_ALARM
from engine.kernel.errors import EnvironmentFault
from engine.kernel.text import Text, text
from engine.people.actors import Actor, Role
from engine.settings.e1_lines import e1_channels
from engine.settings.site import Site
from engine.store.site_archive import SiteArchive

__all__ = ["run"]

PROMPTS_WITHIN_S = 120
"""Speaking 50 prompts takes seconds; a service manager waits so long for the next word of it."""


def run(options: RunOptions) -> int:
    """Run until stopped; the exit status. Raises StrowgerError for everything that keeps the appliance from starting."""
    translate = translator(os.environ, options.language)

    tell = teller()

    def say(said: Text) -> None:
        tell(f"Strowger: {said.render(translate)}")

    interrupt_on_signals()
    faulthandler.enable()  # a crash, or a service manager's SIGABRT, leaves every thread's stack on the standard error
    notifier = _notifier()
    asked = read_site(options.site) if options.site is not None else None  # a wrong file leaves no folder behind
    with DataFolder(options.data) as folder:
        begin = site_at_start(asked, folder.path, SiteArchive(folder.path), say)
        site = begin.kept
        if options.simulated:
            site = replace(site, box=replace(site.box, hardware="simulated"))
        sounds = _sounds(site, folder, say, lambda said: notifier.starting(said.render(translate), PROMPTS_WITHIN_S))
        terminal = _Terminal(options, site, begin, folder, sounds, say, tell, translate, notifier)
        try:
            status = terminal.run()
        except DriverFault as error:
            raise _explained(error, folder) from error
    if terminal.machine.wanted:
        start_anew()
    return status


def _notifier() -> Notifier:
    """To the service manager that started this process, if there is one that wants to hear."""
    address = notify_address(os.environ)
    return Notifier(unix_sender(address) if address else None, watchdog_timeout_s(os.environ, os.getpid()), time.monotonic_ns)


def _explained(error: DriverFault, folder: DataFolder) -> EnvironmentFault:
    """The driver's refusal, and who can say more."""
    said = text(
        "{fault}\nThe boards cannot be used, so the appliance does not start. What else is wrong with them, and what to do: strowger doctor --data {folder}",
        fault=error.text,
        folder=str(folder.path),
    )
    return EnvironmentFault(said)


def _sounds(site: Site, folder: DataFolder, say: Callable[[Text], None], still_starting: Callable[[Text], None]) -> Sounds:
    def progress(done: int, all_: int, _name: str) -> None:
        if done % 50 == 0 or done == all_:
            said = text("voice prompts: {done} of {all}", done=done, all=all_)
            say(said)
            still_starting(said)

    generate(folder.prompts, progress)
    return Sounds(load(folder.prompts), {file: load_music(file) for file in {queue.music for queue in site.queues}})


def login_of(uid: int) -> str:
    """Who asks through the door, for histories: the name under which this user logs in to the machine."""
    try:
        return f"login {pwd.getpwuid(uid).pw_name}"
    except KeyError:  # nobody is called so on this machine
        return f"uid {uid}"


class _Terminal:
    """The process: reactor, threads, device, appliance, door; and the demo on simulated boards."""

    def __init__(
        self,
        options: RunOptions,
        site: Site,
        begin: SiteBegin,
        folder: DataFolder,
        sounds: Sounds,
        say: Callable[[Text], None],
        tell: Callable[[str], None],
        translate: Callable[[str], str],
        notifier: Notifier,
    ) -> None:
        from twisted.internet import reactor  # noqa: PLC0415  # installed here, in the one place that may

        self._reactor: Any = reactor
        self._options = options
        self._site = site
        self._begin = begin
        self._folder = folder
        self._sounds = sounds
        self._say = say
        self._tell = tell
        self._translate = translate
        self._notifier = notifier
        self._calls_told = 0
        self._log = open_log(folder.path / "log")
        self._door: DoorServer | None = None
        self._page: PageFront | None = None
        self._consoles: ConsoleFronts | None = None
        self._stopping = False
        self.machine = ReactorMachine(reactor, self._ask_to_stop)

    def run(self) -> int:
        """Start, serve, stop."""
        live = LiveAppliance(self._reactor, self._site, self._folder, self._sounds, self._log, begin=self._begin)
        hear_reactor(live.fault)
        try:
            narrator = Narrator(lambda line: self._narrate(live, line), self._translate, self._folder.recordings)
            narrator.tell_together(lambda: e1_channels(live.appliance.sites.site), live.clock.call_later)
            live.appliance.bus.subscribe("terminal", narrator.hear)
            self._page = PageFront(self._reactor, live, self._folder.path, self._log, self._say, http=self._options.http)
            answer_restarts(live.appliance, self.machine)
            live.appliance.asking.add(self._doctor(live).answers())
            accounts = self._page.site.house.accounts
            self._consoles = ConsoleFronts(self._reactor, live.clock, live.appliance, accounts, self._folder.path, self._log, self._say)
            live.appliance.start()
            self._open_door(live.appliance)
            self._reactor.addSystemEventTrigger("before", "shutdown", lambda: self._stop(live))
            self._reactor.callWhenRunning(lambda: self._ready(live))
            Collector(live.clock).start()
            self._reactor.run()
        finally:
            live.close()
        self._say(text("stopped; everything is kept in {folder}", folder=str(self._folder.path)))
        return 0

    # ---- life --------------------------------------------------------------------------------------------------------

    def _ask_to_stop(self) -> None:
        """A signal came; a second one finds it under way."""
        if not self._stopping:
            self._stopping = True
            self._reactor.stop()

    def _ready(self, live: LiveAppliance) -> None:
        stop_on_signals(self._reactor, self._ask_to_stop)
        live.look_at_priority()
        self._say(
            text(
                "running: exchange lines {lines}, desk phones {phones}, agents {agents}, queues {queues}. Ctrl-C stops.",
                lines=len(self._site.trunks),
                phones=len(self._site.stations),
                agents=len(self._site.agents),
                queues=len(self._site.queues),
            )
        )
        if self._page is not None:
            self._page.open()
        if self._consoles is not None:
            self._consoles.open()
        live.move_world()
        self._notifier.ready(text("serving callers").render(self._translate))
        self._watchdog(live).start()
        around = live.around
        if around is None:
            return
        if self._options.caller:
            self._say(text("simulated boards: an agent logs in and a simulated customer telephones; follow the call here"))
            demo = DemoDay(self._site, around, self._folder.path / "voices", self._demo_over)
            if self._page is not None and self._page.bench is not None:
                self._page.bench.yield_to_demo(demo.phones)
            demo.begin()

    def _doctor(self, live: LiveAppliance) -> Doctor:
        return Doctor(
            live.clock,
            live.chores,
            lambda: live.appliance.site,
            live.appliance.outside.pump.stats,
            looked_at,
            folder=self._folder.path,
            boards=live.around is None,
            pid=os.getpid(),
            still=lambda: bool(live.appliance.asking.media().get("still")),
            simulated=self._simulated_spans(live),
        )

    @staticmethod
    def _simulated_spans(live: LiveAppliance) -> Callable[[], Seen[tuple[Span, ...]]] | None:
        driver = live.driver
        return None if driver is None else lambda: spans_seen(driver.tree, driver)

    def _watchdog(self, live: LiveAppliance) -> Watchdog:
        appliance = live.appliance

        def still() -> None:
            sentence = "The media pump stands still: nobody hears anybody. Under systemd the service is started anew; else restart it."
            self._log(f"{STILL_ALARM}: {sentence}")
            appliance.pump_alarm(STILL_ALARM, sentence)

        def again() -> None:
            self._log(f"{STILL_ALARM}: the media pump moves again")
            appliance.bus.publish(facts.AlarmCleared(alarm=STILL_ALARM, about="pump"))

        samples = appliance.outside.pump.sample_now
        return Watchdog(live.clock, samples, lambda: self._alive(len(appliance.switch.calls)), self._notifier.watchdog_s, still, again)

    def _alive(self, calls: int) -> None:
        self._notifier.alive()
        if calls != self._calls_told:
            self._calls_told = calls
            self._notifier.status(text("serving callers; calls now: {calls}", calls=calls).render(self._translate))

    def _demo_over(self) -> None:
        if self._page is not None and self._page.bench is not None:
            self._page.bench.demo_over()
        self._say(text("the demo call is over. See it with: strowger calls --data {folder}", folder=str(self._folder.path)))

    def _open_door(self, appliance: Appliance) -> None:
        def answer(peer: Peer, request: Mapping[str, Any]) -> defer.Deferred[Any]:
            answered: defer.Deferred[Any] = defer.Deferred()
            appliance.ask(Actor(Role.TECHNICIAN, login_of(peer.uid)), request, answered.callback, answered.errback)
            return answered

        self._door = DoorServer(self._reactor, door_path(self._folder.path), answer, self._log)
        self._door.start()

    def _stop(self, live: LiveAppliance) -> defer.Deferred[Any]:
        """End calls and write everything down; the reactor waits for it, but not for ever."""
        self._say(text("stopping …"))
        if self.machine.wanted:
            self._notifier.replacing(text("restarting").render(self._translate))
        else:
            self._notifier.stopping(text("stopping …").render(self._translate))
        closed = [front.stop() for front in (self._door, self._page, self._consoles) if front is not None]
        return defer.DeferredList([live.stop("stopped"), *closed])

    def _narrate(self, live: LiveAppliance, line: str) -> None:
        stamp = time.strftime("%H:%M:%S", time.gmtime(live.clock.utc_ms() / 1000 + self._site.box.utc_offset_min * 60))
        self._tell(f"Strowger: {stamp} {line}")
