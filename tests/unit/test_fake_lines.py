"""The fakes of the engine's tests against the scripted board, which the contract tests hold to the real one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from engine.kernel.errors import Refused
from engine.settings.site import StationSection, TrunkSection
from engine.telephony.causes import Release
from engine.telephony.lines import Station, Trunk
from engine.telephony.numbers import CallerId
from hwsim.scripted_bay import ScriptedBay
from hwsim.scripted_board import ScriptedBoard
from tests.fake_lines import FakeStation, FakeTrunk
from tests.fakes import FakeClock

CALLER = CallerId("10086")


@dataclass
class Listener:
    """What the lines report, in order."""

    told: list[str] = field(default_factory=list)

    def line_in_service(self, line: Trunk | Station) -> None:
        self.told.append("in service")

    def line_out_of_service(self, line: Trunk | Station, reason: str) -> None:
        self.told.append(f"out of service {reason}")

    def line_violated(self, line: Trunk | Station, state: str, event: str) -> None:
        self.told.append("violated")

    def trunk_rang(self, trunk: Trunk) -> None:
        self.told.append("rang")

    def trunk_offered(self, trunk: Trunk, caller: CallerId, called: str) -> None:
        self.told.append(f"offered {caller.number}")

    def trunk_dialled(self, trunk: Trunk) -> None:
        self.told.append("dialled")

    def trunk_progressed(self, trunk: Trunk, *, alerting: bool, in_band: bool) -> None:
        self.told.append(f"progressed {alerting} {in_band}")

    def trunk_fails(self, trunk: Trunk, release: Release) -> None:
        self.told.append(f"fails {release.reason}")

    def trunk_moved(self, trunk: Trunk, to: Trunk) -> None:
        self.told.append(f"moved to {to.name}")

    def trunk_answered(self, trunk: Trunk, supervision: str, connected: str = "") -> None:
        self.told.append("answered")

    def trunk_key(self, trunk: Trunk, key: str) -> None:
        self.told.append(f"key {key}")

    def trunk_metered(self, trunk: Trunk) -> None:
        self.told.append("metered")

    def trunk_silent(self, trunk: Trunk) -> None:
        self.told.append("silent")

    def trunk_released(self, trunk: Trunk, release: Release) -> None:
        self.told.append("released")

    def station_lifted(self, station: Station) -> None:
        self.told.append("lifted")

    def station_hung_up(self, station: Station) -> None:
        self.told.append("hung up")

    def station_key(self, station: Station, key: str) -> None:
        self.told.append(f"key {key}")

    def station_set_apart(self, station: Station, *, apart: bool) -> None:
        self.told.append("apart" if apart else "together")

    def station_flashed(self, station: Station) -> None:
        self.told.append("flashed")


class Bench(Protocol):
    """A line, a phone, and the hands that move them."""

    trunk: Trunk
    station: Station
    listener: Listener

    def do(self, act: str) -> None:
        """One act of exchange, caller or user, and its consequences."""

    def wait(self, seconds: float) -> None:
        """Time passes."""


class FakeBench:
    """The fakes."""

    def __init__(self) -> None:
        self.clock, self.listener = FakeClock(), Listener()
        bay = ScriptedBay(self.clock)
        trunk, station = FakeTrunk("line-1", bay.open_line(), self.clock), FakeStation("phone-1", bay.open_line())
        trunk.report_to(self.listener)
        station.report_to(self.listener)
        self.trunk: Trunk = trunk
        self.station: Station = station
        self._acts: dict[str, Callable[[], None]] = {
            "caller arrives": lambda: trunk.offer(CALLER),
            "caller leaves": trunk.hang_up,
            "caller presses": lambda: trunk.press("5"),
            "line dies": lambda: trunk.die("no_battery"),
            "line works": trunk.revive,
            "lift": station.lift,
            "hang up": station.hang_up,
            "key": lambda: station.press("7"),
            "phone dies": lambda: station.die("card_removed"),
            "phone works": station.revive,
        }

    def do(self, act: str) -> None:
        self._acts[act]()

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)


class ScriptedBench:
    """The scripted board."""

    def __init__(self) -> None:
        self.clock, self.listener = FakeClock(), Listener()
        section = TrunkSection(name="line-1", channel=1, answer_supervision="polarity")
        board = ScriptedBoard(self.clock, ScriptedBay(self.clock), [section], [StationSection(name="phone-1", channel=2, extension="801")])
        board.start(self.listener, self.listener)
        self.trunk: Trunk = board.trunks[0]
        self.station: Station = board.stations[0]
        self._acts: dict[str, Callable[[], None]] = {
            "caller arrives": lambda: board.arrive("line-1", CALLER),
            "caller leaves": lambda: board.caller_hangs_up("line-1"),
            "caller presses": lambda: board.press("line-1", "5"),
            "line dies": lambda: board.fail("line-1", "no_battery"),
            "line works": lambda: board.mend("line-1"),
            "lift": lambda: board.lift("phone-1"),
            "hang up": lambda: board.hang_up("phone-1"),
            "key": lambda: board.key("phone-1", "7"),
            "phone dies": lambda: board.fail("phone-1", "card_removed"),
            "phone works": lambda: board.mend("phone-1"),
        }

    def do(self, act: str) -> None:
        self._acts[act]()
        # a caller who gives up ringing is missed some seconds later, a hang-up is known after the flash time
        self.clock.advance(8)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)


@pytest.fixture(params=[FakeBench, ScriptedBench])
def bench(request: pytest.FixtureRequest) -> Bench:
    made: Bench = request.param()
    return made


def test_a_line_is_offered_answered_and_released_alike(bench: Bench) -> None:
    """A test on the fake line sees what it would see on a board: offer, answer once, keys, one release, a rest."""
    assert bench.trunk.free
    with pytest.raises(Refused):
        bench.trunk.answer()
    bench.do("caller arrives")
    assert not bench.trunk.free
    bench.trunk.answer()
    with pytest.raises(Refused):
        bench.trunk.answer()
    bench.do("caller presses")
    bench.do("caller leaves")
    bench.wait(10)
    assert bench.trunk.free
    assert bench.listener.told == ["rang", "offered 10086", "key 5", "released"]


def test_our_own_release_is_not_told_and_the_line_rests(bench: Bench) -> None:
    """After our release the line is not free at once, and nothing is reported."""
    bench.do("caller arrives")
    bench.trunk.answer()
    bench.trunk.release()
    bench.wait(0.1)
    assert not bench.trunk.free
    bench.wait(10)
    assert bench.trunk.free
    bench.trunk.release()
    assert bench.listener.told == ["rang", "offered 10086"]


@pytest.mark.parametrize("number", ["", "1" * 33, "12a"])
def test_what_cannot_be_dialled_is_refused_alike(bench: Bench, number: str) -> None:
    """Neither board nor fake takes a number that no line could dial."""
    with pytest.raises(Refused):
        bench.trunk.dial(number)
    assert bench.trunk.free


def test_a_line_in_use_refuses_to_dial_alike(bench: Bench) -> None:
    """A seized line is not free and takes no second number."""
    bench.trunk.dial("10086")
    bench.wait(0.1)
    assert not bench.trunk.free
    with pytest.raises(Refused):
        bench.trunk.dial("10010")


def test_a_line_that_dies_in_a_call_is_released_first_alike(bench: Bench) -> None:
    """The call's end is told before the line is out of service; a dead line is not free; it comes back."""
    bench.do("caller arrives")
    bench.trunk.answer()
    bench.do("line dies")
    assert not bench.trunk.free
    bench.do("line works")
    assert bench.trunk.free
    assert bench.listener.told == ["rang", "offered 10086", "released", "out of service no_battery", "in service"]


def test_a_phone_rings_and_is_lifted_alike(bench: Bench) -> None:
    """A phone rings once at a time, not when it is up, and falls silent when it is lifted."""
    bench.station.ring(CALLER)
    bench.wait(0.1)
    assert bench.station.ringing
    with pytest.raises(Refused):
        bench.station.ring(CALLER)
    bench.do("lift")
    assert (bench.station.ringing, bench.station.off_hook) == (False, True)
    with pytest.raises(Refused):
        bench.station.ring(CALLER)
    bench.do("key")
    bench.do("hang up")
    assert not bench.station.off_hook
    bench.station.ring(CALLER)
    bench.station.stop_ringing()
    bench.wait(0.1)
    assert not bench.station.ringing
    assert bench.listener.told == ["lifted", "key 7", "hung up"]


def test_a_phone_that_dies_is_put_down_first_alike(bench: Bench) -> None:
    """A handset that was up counts as put down before the port is out of service; a dead phone refuses to ring."""
    bench.do("lift")
    bench.do("phone dies")
    assert not bench.station.in_service
    with pytest.raises(Refused):
        bench.station.ring(CALLER)
    assert bench.listener.told == ["lifted", "hung up", "out of service card_removed"]


def test_a_phone_comes_back_alike(bench: Bench) -> None:
    """A port that works again says so, and its phone can be rung."""
    bench.do("phone dies")
    bench.do("phone works")
    assert bench.station.in_service
    bench.station.ring(CALLER)
    assert bench.listener.told == ["out of service card_removed", "in service"]
