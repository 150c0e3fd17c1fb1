"""The analog board: opening its lines, what the driver's refusals become, and how a line comes back."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from boards.dahdi.abi import Hook, Ioctl, unpack_int
from boards.dahdi.faults import DriverFault
from boards.dahdi.media import ChannelShape
from boards.dahdi.nodes.timer import TIMER_NODE
from boards.dahdi.system import System
from boards.dahdi.timer import open_timer
from engine.kernel.errors import EnvironmentFault, OurFault, Refused
from engine.kernel.text import text
from engine.settings.site import StationSection, TrunkSection
from engine.telephony.media import Companding, Port
from engine.telephony.numbers import CallerId
from tests.line_bench import STATIONS, TRUNKS, LineBench

PHONE = "phone-801"


class RefusingSystem:
    """A driver that refuses: ``refuse`` says which calls fail with which errno. ``open_fds`` are those not closed by Python."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.refuse: Callable[[int, int | bytearray], int] = lambda _code, _argument: 0
        self.missing = False
        self.open_fds: set[int] = set()

    def open(self, path: str, flags: int) -> int:
        if self.missing:
            raise OSError(errno.ENOENT, "refused")
        fd = self.system.open(path, flags)
        self.open_fds.add(fd)
        return fd

    def close(self, fd: int) -> None:
        self.open_fds.discard(fd)
        self.system.close(fd)

    def ioctl(self, fd: int, code: int, argument: int | bytearray) -> int:
        number = self.refuse(code, argument)
        if number:
            raise OSError(number, "refused")
        return self.system.ioctl(fd, code, argument)

    def read(self, fd: int, size: int) -> bytes:
        return self.system.read(fd, size)

    def write(self, fd: int, data: bytes) -> int:
        return self.system.write(fd, data)

    def poll(self, fd: int) -> int:
        return self.system.poll(fd)


class RefusingBench(LineBench):
    """The bench with a driver that can be made to refuse."""

    def __init__(self, trunks: tuple[TrunkSection, ...] = TRUNKS, stations: tuple[StationSection, ...] = STATIONS) -> None:
        def between(driver: System) -> System:
            self.system = RefusingSystem(driver)
            return self.system

        super().__init__(trunks, stations, around_driver=between)

    def refuse_hook(self, hook: Hook, number: int) -> None:
        """HOOK with this argument fails from now on."""

        def refuse(code: int, argument: int | bytearray) -> int:
            said = isinstance(argument, bytearray) and code == Ioctl.HOOK and unpack_int(argument) == hook
            return number if said else 0

        self.system.refuse = refuse

    def refuse_nothing(self) -> None:
        """The driver obeys again."""
        self.system.refuse = lambda _code, _argument: 0


def test_the_board_names_its_lines_in_port_order() -> None:
    """The engine finds the lines of the site, in the order of the site."""
    bench = LineBench()
    assert [line.name for line in bench.board.trunks] == ["line-1", "line-2"]
    assert [line.name for line in bench.board.stations] == ["phone-801", "phone-802"]
    assert bench.board.name == "dahdi-analog"
    bench.close()


def test_before_the_start_no_line_can_be_used() -> None:
    """A line that is not open is neither free nor in service, and has no place in the patch bay."""
    bench = LineBench()
    trunk, station = bench.board.trunks[0], bench.board.stations[0]
    assert not trunk.free
    assert not station.in_service
    with pytest.raises(Refused):
        trunk.dial("1")
    with pytest.raises(Refused):
        station.ring(CallerId("1"))
    with pytest.raises(OurFault):
        _ = trunk.port
    bench.close()


@pytest.mark.parametrize(
    ("trunks", "stations", "says"),
    [
        ((TrunkSection(name="line-9", channel=3),), (), ("3", "line-9", "FXO")),
        ((), (StationSection(name="phone-9", channel=1, extension="809"),), ("1", "phone-9", "FXS")),
    ],
)
def test_a_port_of_the_other_kind_is_named(
    trunks: tuple[TrunkSection, ...], stations: tuple[StationSection, ...], says: tuple[str, ...]
) -> None:
    """A site that takes a phone's port for an exchange line, or the reverse, is told which channel and which name; the port is free for others."""
    bench = RefusingBench(trunks, stations)
    bench.board.start(bench.heard, bench.heard)
    ((name, sentence),) = bench.port_faults
    assert name == says[1]
    assert all(word in sentence for word in says)
    assert bench.channels_open() == 0
    assert bench.heard.of(name) == [("out_of_service", "wrong_port")]
    bench.close()


@pytest.mark.parametrize("code", [Ioctl.SPECIFY, Ioctl.SETLAW, Ioctl.SET_BUFINFO, Ioctl.GET_PARAMS, Ioctl.SET_PARAMS])
def test_one_line_that_cannot_be_opened_keeps_no_other_from_serving(code: Ioctl) -> None:
    """Whatever the driver refuses of the last line: that one is out of service with one alarm, the others serve, and a try later it is there."""
    bench = RefusingBench()
    calls = 0

    def refuse_the_fourth(asked: int, _argument: int | bytearray) -> int:
        nonlocal calls
        calls += asked == code
        # GET_PARAMS is asked twice of each channel: once for its times, once for its state.
        last = 8 if code == Ioctl.GET_PARAMS else 4
        return errno.EIO if asked == code and calls == last else 0

    bench.system.refuse = refuse_the_fourth
    bench.heard.commanding = True
    bench.board.start(bench.heard, bench.heard)
    bench.heard.commanding = False
    assert bench.heard.inside == 0
    assert bench.channels_open() == 3
    assert bench.heard.told == [("out_of_service", "phone-802", "driver_error")]
    assert [name for name, _ in bench.driver_errors] == ["phone-802"]
    bench.refuse_nothing()
    bench.wait(2.5)
    assert bench.heard.told[1:] == [("in_service", "phone-802")]
    assert bench.driver_wells == ["phone-802"]
    assert bench.channels_open() == 4
    bench.close()


def test_without_the_driver_the_start_fails() -> None:
    """Where no node can be opened at all no line is tried in vain: the start says what is missing."""
    bench = RefusingBench()
    bench.system.missing = True
    with pytest.raises(DriverFault, match="/dev/dahdi/channel"):
        bench.board.start(bench.heard, bench.heard)
    bench.wait(5)
    assert bench.heard.told == []
    assert bench.driver_errors == []
    bench.close()


def test_a_line_is_tried_again_ever_more_seldom() -> None:
    """A channel that somebody else has is asked for after 2, 4, 8 … seconds and then each minute, with one alarm, and serves when it is free."""
    bench = RefusingBench(TRUNKS[:1], ())
    tries: list[float] = []

    def taken(code: int, _argument: int | bytearray) -> int:
        if code == Ioctl.SPECIFY:
            tries.append(bench.clock.monotonic_ns() / 1e9)
            return errno.EBUSY
        return 0

    bench.system.refuse = taken
    bench.board.start(bench.heard, bench.heard)
    bench.wait(200)
    waits = [round(later - earlier) for earlier, later in pairwise(tries)]
    assert waits == [2, 4, 8, 16, 32, 60, 60]
    assert bench.heard.told == [("out_of_service", "line-1", "taken")]
    assert len(bench.driver_errors) == 1
    bench.refuse_nothing()
    bench.wait(61)
    assert bench.heard.told[1:] == [("in_service", "line-1")]
    bench.close()


def test_the_gains_of_the_site_reach_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an installer sets for a line is what the pump does on that line, and only there."""
    quiet = replace(TRUNKS[0], receive_gain_db=-3.5, transmit_gain_db=2)
    bench = RefusingBench((quiet, *TRUNKS[1:]), STATIONS)
    shaped: list[tuple[Port, ChannelShape]] = []
    monkeypatch.setattr(bench.pump, "shape_channel", lambda port, shape: shaped.append((port, shape)))
    bench.board.start(bench.heard, bench.heard)
    assert shaped == [(bench.board.trunks[0].port, ChannelShape(Companding.A_LAW, -3.5, 2))]
    bench.close()


def test_a_pump_without_room_leaves_no_channel_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the media pump cannot take a line, its channel does not stay taken, and the line says why it does not serve."""
    bench = RefusingBench()

    def full(_fd: int, _hear: object, _law: object) -> None:
        raise EnvironmentFault(text("no room"))

    monkeypatch.setattr(bench.pump, "open_channel", full)
    bench.board.start(bench.heard, bench.heard)
    bench.wait(0.1)
    assert bench.system.open_fds == set()
    assert {told[2] for told in bench.heard.told} == {"no_room"}
    assert len(bench.heard.told) == 4
    bench.close()


def test_a_missing_channel_is_told_in_words() -> None:
    """A site that names a channel which the card does not have: the alarm has the channel's number."""
    bench = RefusingBench((TrunkSection(name="line-1", channel=77),), ())
    bench.board.start(bench.heard, bench.heard)
    bench.wait(0.1)
    ((_, error),) = bench.driver_errors
    assert "77" in str(error)
    assert bench.heard.told == [("out_of_service", "line-1", "no_channel")]
    assert bench.system.open_fds == set()
    bench.close()


def test_a_phone_that_is_up_at_the_start_is_lifted() -> None:
    """Somebody with the handset in the hand when the appliance starts gets dial tone, and the hang-up is seen."""
    bench = LineBench()
    bench.phones[PHONE].lift()
    bench.wait(0.1)
    bench.heard.commanding = True
    bench.board.start(bench.heard, bench.heard)
    bench.heard.commanding = False
    bench.wait(1)
    assert bench.heard.inside == 0
    assert bench.heard.told == [("lifted", PHONE)]
    assert bench.board.stations[0].off_hook
    bench.phones[PHONE].press("3")
    bench.wait(1)
    bench.phones[PHONE].hang_up()
    bench.wait(2)
    assert bench.heard.of(PHONE) == [("lifted",), ("key", "3"), ("hung_up",)]
    bench.close()


def test_the_board_stops_and_starts_again() -> None:
    """After a stop the channels are free for others, and a new start has them."""
    bench = LineBench()
    bench.start()
    assert bench.channels_open() == 4
    bench.board.stop()
    bench.board.stop()
    bench.wait(0.1)
    assert bench.channels_open() == 0
    bench.start()
    bench.calls("line-1")
    assert bench.until_told("line-1", "offered", 5)
    bench.close()


def test_a_driver_that_cannot_close_the_loop_takes_the_line_out() -> None:
    """A line that cannot be answered ends its call, goes out of service and raises an alarm with the driver's words."""
    bench = RefusingBench()
    bench.start()
    line = bench.board.trunks[0]
    bench.calls("line-1")
    assert bench.until_told("line-1", "offered", 5)
    bench.refuse_hook(Hook.OFFHOOK, errno.EIO)
    bench.heard.commanding = True
    line.answer()
    bench.heard.commanding = False
    bench.wait(0.1)
    assert bench.heard.inside == 0
    assert bench.heard.of("line-1")[-2:] == [("released", "line_failed"), ("out_of_service", "driver_error")]
    assert [(name, error.name) for name, error in bench.driver_errors] == [("line-1", "EIO")]
    assert not line.free
    bench.refuse_nothing()
    bench.close()


def test_a_line_that_could_not_be_released_comes_back_on_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a driver error the channel is closed, which puts the line on hook, and in two seconds the line serves again by itself."""
    bench = RefusingBench()
    bench.start()
    bench.answered_call()
    bench.refuse_hook(Hook.ONHOOK, errno.EIO)
    flushed: list[int] = []
    with monkeypatch.context() as patched:
        patched.setattr(bench.pump, "flush_channel", flushed.append)
        bench.board.trunks[0].release()
        bench.wait(0.2)
    assert flushed == [], "the pump is told of a hang-up that did not happen"
    assert bench.heard.of("line-1") == [("out_of_service", "driver_error")]
    assert not bench.driver.exchange_ports[1].loop_closed
    bench.refuse_nothing()
    bench.wait(2.5)
    assert bench.heard.of("line-1")[1:] == [("in_service",)]
    bench.caller.hang_up()
    bench.wait(3)
    bench.heard.told.clear()
    bench.calls("line-1")
    assert bench.until_told("line-1", "offered", 8)
    bench.close()


def test_a_phone_that_cannot_be_rung_is_out_of_service() -> None:
    """The engine learns that a phone does not ring, and looks for another; the alarm names the phone."""
    bench = RefusingBench()
    bench.start()
    bench.refuse_hook(Hook.RING, errno.EIO)
    bench.board.stations[0].ring(CallerId("1"))
    bench.wait(0.1)
    assert bench.heard.of(PHONE) == [("out_of_service", "driver_error")]
    assert [name for name, _ in bench.driver_errors] == [PHONE]
    bench.refuse_nothing()
    bench.close()


def test_a_phone_that_stays_busy_is_given_up_after_a_second() -> None:
    """EBUSY is waited out, but not for ever: a port that never serves its phone is out of service."""
    bench = RefusingBench()
    bench.start()
    bench.refuse_hook(Hook.OFFHOOK, errno.EBUSY)
    bench.phones[PHONE].lift()
    bench.wait(1)
    assert bench.heard.of(PHONE) == [("lifted",)]
    bench.wait(1)
    assert bench.heard.of(PHONE) == [("lifted",), ("hung_up",), ("out_of_service", "driver_error")]
    bench.refuse_nothing()
    bench.close()


def test_a_phone_whose_port_is_busy_for_a_moment_rings_after_it() -> None:
    """A call that meets the end of a battery removal rings the phone a moment later instead of failing."""
    bench = RefusingBench()
    bench.start()
    bench.refuse_hook(Hook.RING, errno.EBUSY)
    bench.board.stations[0].ring(CallerId("13800138000"))
    bench.wait(0.5)
    assert not bench.phones[PHONE].ringing
    bench.refuse_nothing()
    bench.wait(4)
    assert bench.phones[PHONE].ringing
    shown = bench.phones[PHONE].caller_id_shown
    assert shown is not None
    assert shown.number == "13800138000"
    assert bench.heard.told == []
    assert bench.driver_errors == []
    bench.close()


def test_a_timer_that_cannot_be_set_is_not_left_open() -> None:
    """A driver without its timer is named, and nothing stays open."""
    bench = RefusingBench()
    bench.system.refuse = lambda code, _argument: errno.EIO if code == Ioctl.TIMERCONFIG else 0
    with pytest.raises(DriverFault, match=TIMER_NODE):
        open_timer(bench.system)
    assert bench.system.open_fds == set()
    bench.refuse_nothing()
    fd = open_timer(bench.system)
    assert bench.system.open_fds == {fd}
    bench.close()
