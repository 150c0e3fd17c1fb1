"""Everything between the board contract and the recordings, on a scripted board: for proofs of the switch.

The patch bay keeps account of who could hear whom from which sample to which: that is what recordings are judged by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.executors import VirtualExecutor
from engine import facts
from engine.acd.acd import Acd
from engine.acd.availability import availability
from engine.calls.register import Call
from engine.calls.router import Router
from engine.calls.routing.plan import compile_routing
from engine.calls.switch import Switch
from engine.calls.trunk_groups import TrunkGroups
from engine.control.control import Control
from engine.desk.desk import Desks
from engine.ivr.prompts import LANGUAGES, names_in
from engine.ivr.reception import Reception
from engine.kernel.bus import Bus, Envelope
from engine.kernel.ids import Ids
from engine.kernel.runner import Runner
from engine.people.pins import PinGuard
from engine.settings.site import AgentSection, FlowSection, QueueSection, Site, StationSection, TrunkSection
from engine.telephony.media import Port
from engine.telephony.tones import TONE_SETS
from hwsim.scripted_bay import ScriptedBay
from hwsim.scripted_board import ScriptedBoard
from ivr_scripts import SCRIPTS
from recorder.recorder import Recorder
from tests.fake_lines import prompt_audio
from tests.fakes import FakeClock
from tests.interaction_audit import TOLERANCE_SAMPLES, gap_samples, interaction_faults

__all__ = ["LINES", "PHONES", "SwitchBox", "WitnessBay", "proof_site"]

LINES = tuple(f"line-{number}" for number in range(1, 5))
PHONES = tuple(f"phone-{number}" for number in range(1, 7))
AGENTS = ("1001", "1002", "1003")
MUSIC = prompt_audio("any", "music")
PROMPTS = {key: prompt_audio(*key) for key in names_in(LANGUAGES)}
MUCH_ROOM = 10**12

Pair = tuple[Port, Port]
Interval = tuple[int, int]


def proof_site() -> Site:
    """Four lines, six phones (three with call waiting), three agents with the PIN 2222, one queue."""
    return Site(
        trunks=tuple(TrunkSection(name=name, channel=number, number=f"8880{number}", flow="main") for number, name in enumerate(LINES, 1)),
        stations=tuple(
            StationSection(name=name, channel=4 + number, extension=f"80{number}", call_waiting=number % 2 == 1)
            for number, name in enumerate(PHONES, 1)
        ),
        agents=tuple(AgentSection(number=number, pin="2222") for number in AGENTS),
        queues=(QueueSection(name="service", agents=AGENTS),),
        flows=(FlowSection(name="main", queue="service"),),
    )


class WitnessBay(ScriptedBay):
    """Remembers from which sample to which each line or phone was patched to each other."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self._since: dict[Pair, int] = {}
        self.heard: dict[Pair, list[Interval]] = defaultdict(list)

    def patch(self, source: Port, sink: Port, gain_db: float = 0.0) -> None:
        super().patch(source, sink, gain_db)
        if source in self._lines and sink in self._lines:
            self._since.setdefault((source, sink), self.sample_now())

    def unpatch(self, source: Port, sink: Port) -> None:
        super().unpatch(source, sink)
        self._over((source, sink))

    def _break(self, port: Port) -> None:
        super()._break(port)
        for patch in [patch for patch in self._since if port in patch]:
            self._over(patch)

    def _over(self, patch: Pair) -> None:
        since, now = self._since.pop(patch, None), self.sample_now()
        if since is not None and since < now:
            self.heard[patch].append((since, now))

    def between_lines(self) -> list[Pair]:
        """The patches from a line or phone to another that there are now."""
        return [patch for patch in self.patches if patch[0] in self._lines and patch[1] in self._lines]

    def is_deaf(self, port: Port) -> bool:
        """True when nothing at all is patched to it."""
        return all(sink != port for _, sink in self.patches)

    @property
    def taps(self) -> int:
        """Open taps."""
        return len(self._tracks) // 2

    @property
    def players(self) -> int:
        """Players and tones at work."""
        return len(self._sources)


class SwitchBox:
    """One appliance's engine and recorder on a scripted board. ``bugs`` holds what the house counts as a bug."""

    def __init__(self, folder: Path) -> None:
        self.site = site = proof_site()
        self.clock = clock = FakeClock()
        self.bay = bay = WitnessBay(clock)
        self.bugs: list[str] = []
        self.heard: list[Envelope] = []
        self.bus = bus = Bus(
            clock, site.box.id, 1, bay.sample_now, lambda name, _fact, error: self.bugs.append(f"{name} is deaf: {error!r}")
        )
        bus.subscribe("proof", self._note)
        self.runner = Runner(
            clock, lambda _actor, error: self.bugs.append(str(error)), lambda actor, error: self.bugs.append(f"{actor.name}: {error!r}")
        )
        ids = Ids(site.box.id)
        self.switch = Switch(self.runner, bus, bay, ids, site.box.language, TONE_SETS[site.box.tones], MUSIC)
        self.acd = Acd(self.runner, bus, clock, self.switch, site.queues, site.agents)
        pins = PinGuard({agent.number: agent.pin for agent in site.agents}, site.desk.pin_tries, round(site.desk.lock_min * 60_000))
        groups = TrunkGroups(bus, clock, self.switch, site)
        router = Router(bus, clock, compile_routing(site))
        router.wire(availability(self.switch, self.acd))
        self.control = Control(bus, clock, self.switch, self.acd, pins, site, groups, router)
        self.desks = Desks(self.runner, self.switch, self.control, PROMPTS, site.desk, site.box.language)
        self.board = ScriptedBoard(clock, bay, site.trunks, site.stations)
        self.switch.add_lines(
            self.board.trunks, [(phone, section.extension) for phone, section in zip(self.board.stations, site.stations, strict=True)]
        )
        reception = Reception(
            bus,
            clock,
            self.switch,
            self.acd,
            {trunk.name: trunk for trunk in site.trunks},
            {flow.name: flow for flow in site.flows},
            SCRIPTS,
            PROMPTS,
            {queue.name: MUSIC for queue in site.queues},
            router,
        )
        self.switch.wire(self.desks, reception.incoming, self.acd.agent_at)
        self.ports: dict[str, tuple[Port, Port]] = {}
        """Of each segment, the ports of its left and right party."""
        self._answered: dict[str, Interval] = {}
        self._pairs: dict[str, set[Pair]] = defaultdict(set)
        """Of each call, the pairs that the switch has named as its parties."""
        self.recorder = Recorder(
            bus,
            bay,
            clock,
            VirtualExecutor(clock, 0.002),
            ids,
            folder=folder,
            parties=self.switch.parties,
            disk_free=lambda: MUCH_ROOM,
            settings=lambda: site.recording,
            alarm=lambda fact: self.bugs.append(f"alarm: {fact.alarm}"),
        )
        self.board.start(self.switch, self.switch)
        lines: list[Any] = [*self.board.trunks, *self.board.stations]
        self.names: Mapping[Port, str] = {line.port: line.name for line in lines}

    def _note(self, envelope: Envelope) -> None:
        self.heard.append(envelope)
        fact: Any = envelope.fact
        match fact:
            case facts.RecordingStarted():
                parties = self.switch.parties(fact.call)
                assert parties is not None
                self.ports[fact.recording] = (parties.left, parties.right)
            case facts.CallConnected() if fact.call not in self._answered:
                self._answered[fact.call] = (envelope.sample, 2**62)
            case facts.CallEnded() if fact.call in self._answered:
                self._answered[fact.call] = (self._answered[fact.call][0], envelope.sample)
        parties = self.switch.parties(getattr(fact, "call", ""))
        if parties is not None:
            self._pairs[fact.call].add((min(parties.left, parties.right), max(parties.left, parties.right)))

    # ---- what must hold at every moment ----

    def faults_now(self) -> list[str]:
        """Patches, calls and phones that do not fit together."""
        wrong = list(self.bugs)
        names = self.names
        together = [self.members(call) for call in self.switch.calls.values()]
        for source, sink in self.bay.between_lines():
            ends = {names[source], names[sink]}
            if not any(ends <= members for members in together):
                wrong.append(f"{names[sink]} hears {names[source]}, and no call has both")
        for phone in self.switch.phones.values():
            parts = (phone.call, phone.held, phone.knocking, phone.rung_by)
            over = [call.id for call in parts if call is not None and call.id not in self.switch.calls]
            wrong += [f"{phone.name} is in {call}, which is over" for call in over]
        open_now = {call.interaction for call in self.switch.calls.values()}
        if open_now != set(self.switch.interactions.open):
            wrong.append(f"interactions {self.switch.interactions.open} are open, those of the calls are {sorted(open_now)}")
        return wrong

    def members(self, call: Call) -> set[str]:
        """The lines and phones that have a part in the call."""
        return {leg.device for leg in call.parties.legs}

    # ---- what must hold at the end ----

    def rest(self) -> None:
        """Everybody leaves: handsets down, far ends gone, faults mended; then time passes."""
        for line in LINES:
            self.board.mend(line)
        for phone in PHONES:
            self.board.mend(phone)
        for _ in range(3):
            for line in LINES:
                self.board.caller_hangs_up(line)
            for phone in PHONES:
                self.board.hang_up(phone)
            self.clock.advance(100.0)

    def faults_at_rest(self) -> list[str]:
        """What is left over when everybody has left."""
        wrong = self.faults_now()
        for what, count in (
            ("calls", len(self.switch.calls)),
            ("patches between lines", len(self.bay.between_lines())),
            ("players and tones", self.bay.players),
            ("recordings", self.recorder.active),
            ("taps", self.bay.taps),
        ):
            if count:
                wrong.append(f"{count} {what} are left over")
        wrong += [f"{trunk.name} is not free" for trunk in self.switch.trunks.values() if not trunk.free]
        wrong += [f"{phone.name} is off hook" for phone in self.switch.phones.values() if phone.station.off_hook]
        return wrong + interaction_faults(self.heard) + self.recording_faults()

    def recording_faults(self) -> list[str]:
        """Every moment in which two parties of an answered call could hear each other is in exactly one file."""
        recorded: dict[Pair, int] = defaultdict(int)
        for envelope in self.heard:
            fact = envelope.fact
            if isinstance(fact, facts.RecordingSegment):
                left, right = self.ports[fact.recording]
                recorded[min(left, right), max(left, right)] += fact.samples + fact.lost - gap_samples(fact)
        names = self.names
        talked = self._talked()
        return [
            f"{names[pair[0]]} and {names[pair[1]]} talked for {talked.get(pair, 0)} samples, and {recorded.get(pair, 0)} are recorded"
            for pair in talked.keys() | recorded.keys()
            if abs(talked.get(pair, 0) - recorded.get(pair, 0)) > TOLERANCE_SAMPLES
        ]

    def _talked(self) -> dict[Pair, int]:
        """Samples in which one of a pair heard the other while a call of theirs was answered."""
        windows = self._windows()
        talked: dict[Pair, int] = {}
        for one, other in {(min(pair), max(pair)) for pair in self.bay.heard}:
            spans = _union([*self.bay.heard.get((one, other), ()), *self.bay.heard.get((other, one), ())])
            within = [(max(a, c), min(b, d)) for a, b in spans for c, d in windows.get((one, other), ())]
            talked[one, other] = sum(end - begin for begin, end in _union([span for span in within if span[0] < span[1]]))
        return {pair: samples for pair, samples in talked.items() if samples}

    def _windows(self) -> dict[Pair, list[Interval]]:
        windows: dict[Pair, list[Interval]] = defaultdict(list)
        for call, pairs in self._pairs.items():
            for pair in pairs:
                windows[pair].append(self._answered.get(call, (0, 0)))
        return windows


def _union(spans: list[Interval]) -> list[Interval]:
    union: list[Interval] = []
    for begin, end in sorted(spans):
        if union and begin <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((begin, end))
    return union
