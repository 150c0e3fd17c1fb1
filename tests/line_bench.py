"""Production lines on simulated cards: driver, media pump, exchange, callers and phones in virtual time, and who hears the board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from twisted.internet.task import Clock as TwistedClock

from appliance.simulation import Simulation
from boards.dahdi.board import AnalogBoard
from boards.dahdi.line import NOBODY_LOOKS, SpanSight
from boards.dahdi.lines import Surroundings
from boards.dahdi.nodes.errors import DahdiError
from boards.dahdi.system import System
from engine.kernel.errors import UnexpectedEvent
from engine.kernel.runner import Actor, Runner
from engine.settings.site import LineTimesSection, Site, StationSection, TrunkSection
from engine.telephony.causes import Release
from engine.telephony.lines import Station, Trunk
from engine.telephony.numbers import CallerId
from engine.telephony.tones import CHINA, ToneSet
from hwsim.exchange import CallerIdStyle
from hwsim.people import Subscriber
from hwsim.world import WorldClock

START_UTC_MS = 1_803_862_800_000
CALLER_NUMBER = "13901234567"
T = TypeVar("T")

TRUNKS = (
    TrunkSection(name="line-1", channel=1, number="62010001", answer_supervision="none"),
    TrunkSection(name="line-2", channel=2, number="62010002", answer_supervision="polarity"),
)
STATIONS = (
    StationSection(name="phone-801", channel=3, extension="801"),
    StationSection(name="phone-802", channel=4, extension="802", call_waiting=True),
)


@dataclass
class Listener:
    """Hears a board: every report is a tuple of its name, the line's name and the details. ``inside`` counts broken promises."""

    told: list[tuple[object, ...]] = field(default_factory=list)
    commanding: bool = False
    inside: int = 0

    def _note(self, *what: object) -> None:
        self.inside += self.commanding
        self.told.append(what)

    def of(self, line: str) -> list[tuple[object, ...]]:
        """What was told of one line, without its name."""
        return [(what, *details) for what, about, *details in self.told if about == line]

    def line_in_service(self, line: Trunk | Station) -> None:
        self._note("in_service", line.name)

    def line_out_of_service(self, line: Trunk | Station, reason: str) -> None:
        self._note("out_of_service", line.name, reason)

    def line_violated(self, line: Trunk | Station, state: str, event: str) -> None:
        self._note("violated", line.name, state, event)

    def trunk_rang(self, trunk: Trunk) -> None:
        self._note("rang", trunk.name)

    def trunk_offered(self, trunk: Trunk, caller: CallerId, called: str) -> None:
        self._note("offered", trunk.name, caller, called)

    def trunk_dialled(self, trunk: Trunk) -> None:
        self._note("dialled", trunk.name)

    def trunk_progressed(self, trunk: Trunk, *, alerting: bool, in_band: bool) -> None:
        self._note("progressed", trunk.name, alerting, in_band)

    def trunk_fails(self, trunk: Trunk, release: Release) -> None:
        self._note("fails", trunk.name, release.reason)

    def trunk_moved(self, trunk: Trunk, to: Trunk) -> None:
        self._note("moved", trunk.name, to.name)

    def trunk_answered(self, trunk: Trunk, supervision: str, connected: str = "") -> None:
        self._note("answered", trunk.name, supervision)

    def trunk_key(self, trunk: Trunk, key: str) -> None:
        self._note("key", trunk.name, key)

    def trunk_metered(self, trunk: Trunk) -> None:
        self._note("metered", trunk.name)

    def trunk_silent(self, trunk: Trunk) -> None:
        self._note("silent", trunk.name)

    def trunk_released(self, trunk: Trunk, release: Release) -> None:
        self._note("released", trunk.name, release.reason)

    def station_lifted(self, station: Station) -> None:
        self._note("lifted", station.name)

    def station_hung_up(self, station: Station) -> None:
        self._note("hung_up", station.name)

    def station_key(self, station: Station, key: str) -> None:
        self._note("key", station.name, key)

    def station_flashed(self, station: Station) -> None:
        self._note("flashed", station.name)

    def station_set_apart(self, station: Station, *, apart: bool) -> None:
        self._note("apart" if apart else "together", station.name)


class LineBench:
    """An ``AnalogBoard`` with two exchange lines (the second with reversal) and two phones; not started yet.

    ``refused`` and ``failed`` hold what the machines could not take and what went wrong; ``driver_errors`` the driver's refusals, ``port_faults`` what
    else was wrong with ports, ``driver_wells`` the lines that were well again.
    ``around_driver`` may put something between the board and the driver; ``tones`` are those of the exchange;
    ``echo_taps`` says how long a channel's echo canceller is.
    """

    def __init__(
        self,
        trunks: Sequence[TrunkSection] = TRUNKS,
        stations: Sequence[StationSection] = STATIONS,
        *,
        site: Site | None = None,
        times: LineTimesSection | None = None,
        around_driver: Callable[[System], System] = lambda driver: driver,
        tones: ToneSet = CHINA,
        spans: SpanSight | None = None,
        echo_taps: Callable[[int], int] = lambda _channel: 0,
    ) -> None:
        twisted = TwistedClock()
        self.clock = WorldClock(twisted, START_UTC_MS)
        self.alarms: list[tuple[str, str]] = []
        simulation = Simulation(site or Site(trunks=TRUNKS, stations=STATIONS), lambda key, sentence: self.alarms.append((key, sentence)))
        self.driver = simulation.driver
        self.pump = simulation.pump
        outside = simulation.begin(1, twisted, self.pump.tick, self.pump.poll, START_UTC_MS)
        self.world, self.exchange, self.phones = outside.world, outside.exchange, outside.phones
        self.refused: list[UnexpectedEvent] = []
        self.failed: list[Exception] = []
        self.driver_errors: list[tuple[str, DahdiError]] = []
        self.port_faults: list[tuple[str, str]] = []
        self.driver_wells: list[str] = []
        runner = Runner(self.clock, self._refuse, self._fail)
        self.times = times or LineTimesSection()

        def complain(line: str, error: Exception) -> None:
            if isinstance(error, DahdiError):
                self.driver_errors.append((line, error))
            else:
                self.port_faults.append((line, str(error)))

        around = Surroundings(
            self.pump, self.clock, runner, self.times, complain, tones, self.driver_wells.append, spans or NOBODY_LOOKS, echo_taps
        )
        self.board = AnalogBoard(around_driver(self.driver), around, trunks, stations)
        self.heard = Listener()
        self.caller = Subscriber(self.world, self.exchange, "caller", CALLER_NUMBER)

    def _refuse(self, _actor: Actor, error: UnexpectedEvent) -> None:
        self.refused.append(error)

    def _fail(self, _actor: Actor, error: Exception) -> None:
        self.failed.append(error)

    def start(self) -> None:
        """Open the lines and wait until they hear the bell: opening is a hang-up, after which the driver is silent for 2 s."""
        self.board.start(self.heard, self.heard)
        self.wait(2.5)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.world.run_for(round(seconds * 1000))

    def until(self, condition: Callable[[], object], timeout_s: float) -> bool:
        """Let time pass until the condition is true; False when it took longer."""
        return self.world.run_until(condition, round(timeout_s * 1000))

    def until_told(self, line: str, what: str, timeout_s: float) -> bool:
        """Let time pass until this is told of the line."""
        return self.until(lambda: any(told[0] == what for told in self.heard.of(line)), timeout_s)

    def calls(self, to: str, *, caller_id: bool = True) -> None:
        """The caller dials."""
        self.caller.caller_id = CallerIdStyle.FSK if caller_id else CallerIdStyle.NONE
        self.caller.call(to)

    def answered_call(self, line: int = 0) -> None:
        """Somebody calls and we answer."""
        trunk = self.board.trunks[line]
        self.calls(trunk.name)
        assert self.until_told(trunk.name, "offered", 10)
        trunk.answer()
        self.wait(1)
        self.heard.told.clear()

    def channels_open(self) -> int:
        """Channels that the driver holds open, after the pump has done what it was told."""
        self.wait(0.1)
        return len(self.driver.open_channels())

    def raise_event(self, number: int, event: int) -> None:
        """The driver queues an event of a channel."""
        self.driver.channel(number).raise_event(event)

    def close(self) -> None:
        """The board stops, the pump ends. Nothing may have gone wrong in the machines."""
        self.board.stop()
        self.wait(0.1)
        self.pump.close()
        assert self.failed == []
