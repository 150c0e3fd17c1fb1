"""The engine's upper floors on fake lines and a fake clock: switch, ACD, control, desks and reception, as the appliance wires them.

Whatever the house counts as a bug (an event without a row, a row that raises, a deaf subscriber) is kept in ``bugs``; the fixture
``floor`` in the tests fails when there is any.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from engine import facts
from engine.acd.acd import Acd, Agent
from engine.acd.availability import availability
from engine.acd.claims import Claims
from engine.calls.charging.meter import Meter
from engine.calls.extensions import Extensions
from engine.calls.placing import Placing
from engine.calls.router import Router
from engine.calls.routing.plan import compile_routing
from engine.calls.switch import Call, Switch
from engine.calls.trunk_groups import TrunkGroups
from engine.control.control import Control
from engine.desk.desk import Desks
from engine.ivr.prompts import LANGUAGES, names_in
from engine.ivr.reception import Reception
from engine.ivr.session import Session
from engine.kernel.bus import Bus, Envelope
from engine.kernel.fsm import Machine, Step, Table
from engine.kernel.ids import Ids
from engine.kernel.runner import Runner
from engine.people.pins import PinGuard
from engine.settings.site import AgentSection, FlowSection, QueueSection, Site, StationSection, TrunkSection
from engine.telephony.numbers import CallerId
from engine.telephony.tones import TONE_SETS
from ivr_scripts import SCRIPTS
from tests.fake_lines import FakeStation, FakeTrunk, HeardBay, prompt_audio
from tests.fakes import FakeClock

F = TypeVar("F", bound=facts.Fact)

MUSIC = prompt_audio("any", "music")
AGENTS = ("1001", "1002", "1003", "1004")


def a_site(**queue: Any) -> Site:
    """Four lines, four phones, four agents with the PIN 2222; queue ``service`` with all of them, ``vip`` with 1004 and 1003."""
    return Site(
        trunks=tuple(TrunkSection(name=f"line-{i}", channel=i, number=f"8880{i}", flow="main") for i in range(1, 5)),
        stations=tuple(StationSection(name=f"phone-{i}", channel=4 + i, extension=f"80{i}") for i in range(1, 5)),
        agents=tuple(AgentSection(number=number, pin="2222") for number in AGENTS),
        queues=(QueueSection(name="service", agents=AGENTS, **queue), QueueSection(name="vip", agents=("1004", "1003"), **queue)),
        flows=(FlowSection(name="main", queue="service"),),
    )


class Room:
    """A waiting room that notes what it is told, and joins the parties at once."""

    def __init__(self, call: Call, join: Callable[[], None]) -> None:
        self.call = call
        self._join = join
        self.told: list[str] = []

    def stay_answered(self, agent: str) -> None:
        self.told.append(f"answered {agent}")
        self._join()

    def stay_over(self, outcome: str) -> None:
        self.told.append(outcome)


@dataclass(frozen=True)
class Reporting:
    """The only state of a board's reporter."""


@dataclass(frozen=True)
class Told:
    """A line has something to report: the call to make."""

    act: Callable[[], None]


class InTurn:
    """Passes a line's reports on as effects of a machine, as a real board does: what they cause waits until the report is done."""

    def __init__(self, runner: Runner, receiver: object) -> None:
        def report(state: Reporting, event: Told) -> Step[object]:
            """Report it."""
            return Step(state, (event.act,))

        table = Table("reporter", Reporting(), rows={(Reporting, Told): report})
        self._actor = runner.adopt("reporter", Machine(table), lambda act: cast("Callable[[], None]", act)())
        self._receiver = receiver

    def __getattr__(self, name: str) -> Callable[..., None]:
        method = getattr(self._receiver, name)
        return lambda *values, **more: self._actor.post(Told(lambda: method(*values, **more)))


class Floor:
    """Everything between the board contract and the facts. ``incoming`` looks after arriving calls; by default the flows of the site."""

    def __init__(
        self, site: Site | None = None, incoming: Callable[[Call], None] | None = None, last_ids: Mapping[str, int] | None = None
    ) -> None:
        self.site = site = site or a_site()
        self.clock = clock = FakeClock()
        self.bay = bay = HeardBay(clock)
        self.bugs: list[str] = []
        self.heard: list[Envelope] = []
        self.bus = Bus(clock, site.box.id, 1, bay.sample_now, lambda name, _envelope, error: self.bugs.append(f"{name} is deaf: {error!r}"))
        self.bus.subscribe("test", self.heard.append)
        self.runner = Runner(
            clock, lambda _actor, error: self.bugs.append(str(error)), lambda actor, error: self.bugs.append(f"{actor.name}: {error!r}")
        )
        self.switch = Switch(self.runner, self.bus, bay, Ids(site.box.id, last_ids), site.box.language, TONE_SETS[site.box.tones])
        self.acd = Acd(self.runner, self.bus, clock, self.switch, site.queues, site.agents, site.desk, section=site.acd)
        self.pins = PinGuard({agent.number: agent.pin for agent in site.agents}, site.desk.pin_tries, round(site.desk.lock_min * 60_000))
        self.groups = TrunkGroups(self.bus, clock, self.switch, site)
        self.router = Router(self.bus, clock, compile_routing(site))
        self.router.wire(availability(self.switch, self.acd))
        self.acd.wire(Claims(self.bus, clock, self.router, self.acd.memory).of)
        self.meter = Meter(self.bus, clock, self.router, lambda: 1)
        self.router.wire_spending(self.meter.spent)
        self.placing = Placing(self.switch, self.bus, clock, Extensions(self.bus, self.router), self.groups)
        self.control = Control(
            self.bus, clock, self.switch, self.acd, self.pins, site, self.groups, self.router, self.placing, self.meter.memory
        )
        self.prompts = {key: prompt_audio(*key) for key in names_in(LANGUAGES)}
        self.desks = Desks(self.runner, self.switch, self.control, self.prompts, site.desk, site.box.language)
        self.lines = {section.name: FakeTrunk(section.name, bay.open_line(), clock) for section in site.trunks}
        self.phones = {section.name: FakeStation(section.name, bay.open_line()) for section in site.stations}
        self.switch.add_lines(self.lines.values(), [(self.phones[section.name], section.extension) for section in site.stations])
        reporter: Any = InTurn(self.runner, self.switch)
        for line in self.lines.values():
            line.report_to(reporter)
        for phone in self.phones.values():
            phone.report_to(reporter)
        reception = self._reception()
        self.switch.wire(self.desks, incoming or reception.incoming, self.acd.agent_at)
        self.control.calls.wire(reception.lead)

    def renumber(self, extensions: Mapping[str, str]) -> None:
        """Phones get other extensions, as when another version of the site is taken."""
        stations = tuple(replace(section, extension=extensions.get(section.name, section.extension)) for section in self.site.stations)
        self.site = replace(self.site, stations=stations)
        self.router.apply(compile_routing(self.site))
        self.control.apply(self.site)
        self.switch.renumber(extensions)

    def _reception(self) -> Reception:
        trunks = {trunk.name: trunk for trunk in self.site.trunks}
        flows = {flow.name: flow for flow in self.site.flows}
        music = {queue.name: MUSIC for queue in self.site.queues}
        made = Reception(
            self.bus, self.clock, self.switch, self.acd, trunks, flows, SCRIPTS, self.prompts, music, self.router, placing=self.placing
        )
        made.wire(self.control.lead_outside, self.control.disa.open)
        return made

    # ---- what was said on the bus ----

    def told(self, kind: type[F]) -> list[F]:
        """Every fact of this kind so far."""
        return [envelope.fact for envelope in self.heard if isinstance(envelope.fact, kind)]

    def told_before(self, kind: type[F]) -> int:
        """The number of the newest fact before the first of this kind."""
        return next(envelope.seq for envelope in self.heard if isinstance(envelope.fact, kind)) - 1

    def names(self) -> list[str]:
        """The names of all facts so far."""
        return [type(envelope.fact).__name__ for envelope in self.heard]

    # ---- short ways ----

    def phone(self, number: int) -> FakeStation:
        return self.phones[f"phone-{number}"]

    def line(self, number: int) -> FakeTrunk:
        return self.lines[f"line-{number}"]

    def agent(self, number: str) -> Agent:
        return self.acd.agents[number]

    def login(self, *numbers: str, ready: bool = True) -> None:
        """Agent 1001 at phone-1, and so on, each idle a second longer than the next."""
        for number in numbers:
            self.acd.login(number, f"phone-{number[-1]}", ready=ready)
            self.clock.advance(1)

    def in_one_block(self, act: Callable[[], None]) -> None:
        """What lines and phones report in the course of this is queued in a row, as out of one block of a board."""
        InTurn(self.runner, self)._act(act=act)

    def _act(self, act: Callable[[], None]) -> None:
        act()

    def answer_nobody(self) -> None:
        """From now on the test itself looks after arriving calls."""
        self.switch.wire(self.desks, lambda _call: None, self.acd.agent_at)

    def calling(self, line: int, number: str = "13800138000") -> Call:
        """A caller on a line; the call that comes of it."""
        self.line(line).offer(CallerId(number))
        self.turn()
        return next(call for call in self.switch.calls.values() if call.line == f"line-{line}")

    def turn(self) -> None:
        """What is due at this moment happens."""
        self.clock.advance(0)

    def session(self, call: Call, music: bytes = MUSIC) -> Session:
        """A dialogue with this caller."""
        return Session(call, self.line(int(call.line[-1])).port, self.bus, self.clock, self.bay, self.acd, self.prompts, music)

    def run(self, script: Callable[[Session], Coroutine[Any, Any, None]], line: int = 1) -> Session:
        """A caller on the line is spoken to by this script."""
        self.answer_nobody()
        session = self.session(self.calling(line))
        session.run(script(session), lambda _session, error: self.bugs.append(f"script: {error!r}"))
        self.turn()
        return session
