"""Two boards under one roof, for the contract tests of seam B: the scripted one, and the analog one over everything simulated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import pytest

from engine.kernel.errors import Refused
from engine.telephony.causes import Cause, Release
from engine.telephony.lines import Board, Station, Trunk
from engine.telephony.media import PatchBay
from engine.telephony.numbers import UNKNOWN_CALLER, CallerId
from hwsim.exchange import Disconnect, ExchangeLine
from hwsim.people import Subscriber
from hwsim.scripted_bay import ScriptedBay
from hwsim.scripted_board import ScriptedBoard
from tests.fakes import FakeClock
from tests.line_bench import CALLER_NUMBER, STATIONS, TRUNKS, LineBench, Listener

CALLED_NUMBER = "65510001"
NUMBER = CallerId(CALLER_NUMBER)
T = TypeVar("T")


class Bench(Protocol):
    """A board that is not started yet, its bay, its listener, and the world around."""

    board: Board
    bay: PatchBay
    heard: Listener

    def wait(self, seconds: float) -> None:
        """Let time pass."""

    def rings(self, line: str, *, caller_id: bool) -> None:
        """The number ``CALLER_NUMBER`` calls."""

    def caller_hangs_up(self, how: Disconnect) -> None:
        """The caller hangs up or gives up, and the exchange tells it in this way."""

    def callee(self, *, answers_after_s: float | None, engaged: bool = False) -> None:
        """Who has ``CALLED_NUMBER`` lifts so long after being reached, or never, or is in a call."""

    def caller_presses(self, key: str) -> None:
        """A key of the caller."""

    def lift(self, phone: str) -> None:
        """Handset up."""

    def hang_up(self, phone: str) -> None:
        """Handset down."""

    def key(self, phone: str, key: str) -> None:
        """A key of the phone."""

    def flash(self, phone: str) -> None:
        """The R key of the phone."""

    def shown(self, phone: str) -> str:
        """The number that the phone displays."""

    def cut(self, line: str) -> None:
        """The exchange line loses battery."""

    def mend(self, line: str) -> None:
        """It is back."""

    def pull_card(self) -> None:
        """The card is gone with all its lines."""

    def close(self) -> None:
        """The end of the test."""


class ScriptedBench:
    """The scripted board on a clock that is moved by hand."""

    def __init__(self) -> None:
        self._clock = FakeClock()
        self.bay = ScriptedBay(self._clock)
        self._scripted = ScriptedBoard(self._clock, self.bay, TRUNKS, STATIONS)
        self.board: Board = self._scripted
        self.heard = Listener()
        self._line = ""
        self._answers_after_s: float | None = None
        self._engaged = False
        self._reached: set[str] = set()

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 50)):
            self._clock.advance(0.02)
            self._far_end()

    def _far_end(self) -> None:
        for what, line, *_ in list(self.heard.told):
            if what == "dialled" and isinstance(line, str) and line not in self._reached:
                self._reached.add(line)
                if self._engaged:
                    self._scripted.caller_hangs_up(line, Release(Cause.USER_BUSY, "busy_tone"))
                elif self._answers_after_s is not None:
                    self._answer_later(line, self._answers_after_s)

    def _answer_later(self, line: str, delay_s: float) -> None:
        self._clock.call_later(delay_s, lambda: self._scripted.far_end_answers(line))

    def rings(self, line: str, *, caller_id: bool) -> None:
        self._line = line
        self._scripted.arrive(line, NUMBER if caller_id else UNKNOWN_CALLER)

    def caller_hangs_up(self, how: Disconnect) -> None:
        words = {Disconnect.BUSY_TONE: "busy_tone", Disconnect.BATTERY_DROP: "battery_drop", Disconnect.REVERSAL: "polarity"}
        self._scripted.caller_hangs_up(self._line, Release(Cause.NORMAL_CALL_CLEARING, words.get(how, "caller_gone")))

    def callee(self, *, answers_after_s: float | None, engaged: bool = False) -> None:
        self._answers_after_s, self._engaged = answers_after_s, engaged

    def caller_presses(self, key: str) -> None:
        self._scripted.press(self._line, key)

    def lift(self, phone: str) -> None:
        self._scripted.lift(phone)

    def hang_up(self, phone: str) -> None:
        self._scripted.hang_up(phone)

    def key(self, phone: str, key: str) -> None:
        self._scripted.key(phone, key)

    def flash(self, phone: str) -> None:
        self._scripted.hang_up(phone)
        self._clock.call_later(0.1, lambda: self._scripted.lift(phone))

    def shown(self, phone: str) -> str:
        (station,) = [station for station in self._scripted.stations if station.name == phone]
        return station.caller_shown.number if station.caller_shown else ""

    def cut(self, line: str) -> None:
        self._scripted.fail(line, "no_battery")

    def mend(self, line: str) -> None:
        self._scripted.mend(line)

    def pull_card(self) -> None:
        for name in [*(trunk.name for trunk in self.board.trunks), *(station.name for station in self.board.stations)]:
            self._scripted.fail(name, "card_removed")

    def close(self) -> None:
        self.board.stop()
        self.wait(0.1)


class AnalogBench:
    """The analog board over the simulated driver, with the real media pump."""

    def __init__(self) -> None:
        self._lines = LineBench()
        self.board: Board = self._lines.board
        self.bay: PatchBay = self._lines.pump
        self.heard = self._lines.heard
        self._callee: Subscriber | None = None

    def wait(self, seconds: float) -> None:
        self._lines.wait(seconds)

    def rings(self, line: str, *, caller_id: bool) -> None:
        self._lines.calls(line, caller_id=caller_id)

    def caller_hangs_up(self, how: Disconnect) -> None:
        circuit = self._lines.caller.circuit
        assert circuit is not None
        assert isinstance(circuit.line, ExchangeLine)
        circuit.line._disconnect = how
        self._lines.caller.hang_up()

    def callee(self, *, answers_after_s: float | None, engaged: bool = False) -> None:
        self._callee = Subscriber(self._lines.world, self._lines.exchange, "callee", CALLED_NUMBER, answers_after_s=answers_after_s)
        if engaged:
            self._callee.call("0000")

    def caller_presses(self, key: str) -> None:
        self._lines.caller.press(key)

    def lift(self, phone: str) -> None:
        self._lines.phones[phone].lift()

    def hang_up(self, phone: str) -> None:
        self._lines.phones[phone].hang_up()

    def key(self, phone: str, key: str) -> None:
        self._lines.phones[phone].press(key)

    def flash(self, phone: str) -> None:
        self._lines.phones[phone].flash()

    def shown(self, phone: str) -> str:
        shown = self._lines.phones[phone].caller_id_shown
        return shown.number if shown else ""

    def cut(self, line: str) -> None:
        self._lines.exchange.cut(line)

    def mend(self, line: str) -> None:
        self._lines.exchange.mend(line)

    def pull_card(self) -> None:
        self._lines.driver.pull_card(0)

    def close(self) -> None:
        self._lines.close()


def obey(bench: Bench, command: Callable[[], T]) -> T:
    """Give a command; reports during it are counted."""
    bench.heard.commanding = True
    try:
        return command()
    finally:
        bench.heard.commanding = False


def refuses(bench: Bench, command: Callable[[], object]) -> None:
    """The command is refused, and nothing comes of it."""
    before = list(bench.heard.told)
    with pytest.raises(Refused):
        obey(bench, command)
    bench.wait(0.1)
    assert bench.heard.told == before


def trunk(bench: Bench, index: int = 0) -> Trunk:
    return bench.board.trunks[index]


def station(bench: Bench, index: int = 0) -> Station:
    return bench.board.stations[index]


def answered(bench: Bench, index: int = 0) -> Trunk:
    """A call that has come in and was answered; what was told so far is forgotten."""
    line = trunk(bench, index)
    bench.rings(line.name, caller_id=True)
    bench.wait(4)
    obey(bench, line.answer)
    bench.wait(1)
    bench.heard.told.clear()
    return line
