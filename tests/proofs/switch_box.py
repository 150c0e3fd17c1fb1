"""Everything between the board contract and the recordings, on a scripted board: for proofs of the switch.

The patch bay keeps account of who could hear whom from which sample to which: that is what recordings are judged by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from appliance.executors import VirtualExecutor
from engine import facts
from engine.acd.acd import Acd
from engine.acd.availability import availability
from engine.calls.charging.meter import Meter
from engine.calls.extensions import Extensions
from engine.calls.placing import Placing
from engine.calls.register import Call
from engine.calls.router import Router
from engine.calls.routing.plan import compile_routing
from engine.calls.switch import Switch
from engine.calls.talk import talk_of
from engine.calls.trunk_groups import TrunkGroups
from engine.control.control import Control
from engine.desk.desk import Desks
from engine.ivr.prompts import LANGUAGES, names_in
from engine.ivr.reception import Reception
from engine.kernel.bus import Bus, Envelope
from engine.kernel.ids import Ids
from engine.kernel.runner import Runner
from engine.people.pins import PinGuard
from engine.settings.services import RingGroupSection
from engine.settings.site import AgentSection, FlowSection, QueueSection, ServiceClassSection, Site, StationSection, TrunkSection
from engine.telephony.media import Port
from engine.telephony.tones import TONE_SETS
from hwsim.scripted_bay import ScriptedBay
from hwsim.scripted_board import ScriptedBoard
from ivr_scripts import SCRIPTS
from recorder.recorder import Recorder
from tests.fake_lines import prompt_audio
from tests.fakes import FakeClock
from tests.interaction_audit import TOLERANCE_SAMPLES, heard_spans, interaction_faults
from tests.proofs.switch_windows import Interval, Pair, Windows, both, length, union

__all__ = ["LINES", "PHONES", "SwitchBox", "WitnessBay", "proof_site"]

LINES = tuple(f"line-{number}" for number in range(1, 5))
PHONES = tuple(f"phone-{number}" for number in range(1, 7))
AGENTS = ("1001", "1002", "1003")
MUSIC = prompt_audio("any", "music")
PROMPTS = {key: prompt_audio(*key) for key in names_in(LANGUAGES)}
MUCH_ROOM = 10**12


def proof_site() -> Site:
    """Four lines, six phones (three with call waiting), three agents with the PIN 2222, one queue."""
    return Site(
        trunks=tuple(TrunkSection(name=name, channel=number, number=f"8880{number}", flow="main") for number, name in enumerate(LINES, 1)),
        stations=tuple(
            StationSection(name=name, channel=4 + number, extension=f"80{number}", call_waiting=number % 2 == 1)
            for number, name in enumerate(PHONES, 1)
        ),
        service_classes=(
            ServiceClassSection(name="plain", level="national"),
            ServiceClassSection(name="free", level="national", phones=PHONES[:4], outside_transfer=True, outside_invitation=True),
        ),
        ring_groups=(
            RingGroupSection(name="all", number="811", members=("801", "802", "803")),
            RingGroupSection(name="turn", number="812", members=("804", "805", "806"), order="in_turn", ring_s=5.0),
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
        meter = Meter(bus, clock, router, lambda: 1)
        router.wire_spending(meter.spent)
        placing = Placing(self.switch, bus, clock, Extensions(bus, router), groups)
        self.control = Control(bus, clock, self.switch, self.acd, pins, site, groups, router, placing, meter.memory)
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
            placing=placing,
        )
        reception.wire(self.control.lead_outside, self.control.disa.open)
        self.switch.wire(self.desks, reception.incoming, self.acd.agent_at)
        self.ports: dict[str, frozenset[Port]] = {}
        """Of each segment, the ports of those whom it has on its tracks."""
        self._near, self._audible = Windows(), Windows()
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
        self.switch.watch_talk(self._talk_changed)
        self.board.start(self.switch, self.switch)
        lines: list[Any] = [*self.board.trunks, *self.board.stations]
        self.names: Mapping[Port, str] = {line.port: line.name for line in lines}

    def _note(self, envelope: Envelope) -> None:
        self.heard.append(envelope)
        fact: Any = envelope.fact
        if isinstance(fact, facts.RecordingStarted):
            self.ports[fact.recording] = self._talkers(fact.call)
        self._track(getattr(fact, "call", ""))

    def _talk_changed(self, call: str, interaction: str) -> None:
        self.recorder.talk_changed(call, interaction)
        self._track(call)

    def _track(self, call_id: str) -> None:
        """Keep account of who has to do with whom (both have answered, whether one has stepped aside or not), and whether one can hear the other."""
        call = self.switch.calls.get(call_id)
        pairs = _pairs_of(self._talkers(call_id))
        self._near.become(call_id, pairs, self.bay.sample_now())
        open_pairs = [pair for pair in pairs if call is not None and self._can_hear(call, *pair)]
        self._audible.become(call_id, open_pairs, self.bay.sample_now())

    def _can_hear(self, call: Call, one: Port, other: Port) -> bool:
        legs = [call.parties.leg(self.names[port]) for port in (one, other)]
        first, second = (leg for leg in legs if leg is not None)
        return any(not (source.muted or sink.deaf) for source, sink in ((first, second), (second, first)))

    def _talkers(self, call_id: str) -> frozenset[Port]:
        """The ports of those who have to do with each other in the call."""
        call = self.switch.calls.get(call_id)
        talk = talk_of(call.parties) if call is not None else None
        if talk is None:
            return frozenset()
        return frozenset(port for port, name in self.names.items() if name in (talk.left, *talk.right))

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
            for call in self.switch.calls.values():
                leg = call.parties.leg(phone.name)
                if leg is not None and leg.present and call is not (phone.call if leg.up else phone.held):
                    wrong.append(f"{phone.name} takes part in {call.id} and does not know it")
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
        recorded: dict[Pair, list[Interval]] = defaultdict(list)
        for envelope in self.heard:
            fact = envelope.fact
            if isinstance(fact, facts.RecordingSegment):
                for pair in _pairs_of(self.ports[fact.recording]):
                    recorded[pair] += heard_spans(fact)
        wrong = []
        for pair in recorded.keys() | {(min(patch), max(patch)) for patch in self.bay.heard}:
            names = f"{self.names[pair[0]]} and {self.names[pair[1]]}"
            kept, may, can = union(recorded[pair]), self._near.of(pair), self._audible.of(pair)
            heard = union([*self.bay.heard.get(pair, ()), *self.bay.heard.get((pair[1], pair[0]), ())])
            spoken = length(both(heard, can))
            if abs(spoken - length(both(kept, can))) > TOLERANCE_SAMPLES:
                wrong.append(f"{names} talked for {spoken} samples, and {length(both(kept, can))} are recorded")
            if length(kept) - length(both(kept, may)) > TOLERANCE_SAMPLES:
                wrong.append(f"{names} are recorded while they have nothing to do with each other")
            if length(recorded[pair]) != length(kept):
                wrong.append(f"some talk of {names} is in two files")
        return wrong


def _pairs_of(ports: Iterable[Port]) -> list[Pair]:
    return list(combinations(sorted(ports), 2))
