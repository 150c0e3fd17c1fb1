"""The E1 board on the real driver: ISDN calls over a looped E1 pair, the simulated exchange's D channel on the far span.

``python -m tests.kernel.e1``. Thirty calls out, answered and cleared; thirty in. Ends with a line of JSON and status 0 when all was as expected.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from boards.dahdi.abi import BufferInfo, Ioctl, Sig
from boards.dahdi.line import Surroundings
from boards.dahdi.media import Pump, Wake, kernel_io
from boards.dahdi.timer import open_timer
from boards.e1.board import E1Board
from boards.e1.pri_values import CallingNumber, PartyNumber
from engine.kernel.runner import Runner
from engine.settings.e1_lines import e1_trunks
from engine.settings.site import E1TrunkSection, LineTimesSection, Site, SpanSection
from hwsim.pri_exchange import CalledPlan, CallingPlan, PriExchange, every_timeslot
from tests.contracts.drivers import KernelDriver
from tests.contracts.looped import Loop
from tests.kernel.r2 import LoopClock

D_PLACE = 16
CHECK_OCTETS = 2
PRIORITY = 50
TURN_MS = 10
SETTLE_S = 1.0
"""Both ends establish layer 2, and the second to do so resets what the first has begun."""
NUMBER, CALLER = "88886666", "13800138000"


class Told:
    """Implements ``TrunkReceiver``: answers every call that is offered, and keeps what is told, by its name."""

    def __init__(self) -> None:
        self.all: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        def note(line: Any, *rest: Any, **_more: Any) -> None:
            self.all.append((name, line.name, *rest))
            if name == "trunk_offered":
                line.answer()

        return note

    def count(self, name: str) -> int:
        """How often."""
        return sum(1 for told in self.all if told[0] == name)


class Missing(Exception):  # a sentence of ours
    """Something did not happen."""


class Stage:
    """Our board on the near span, an exchange on the far one."""

    def __init__(self) -> None:
        self.loop = Loop(KernelDriver())
        self.clock = LoopClock(self.loop)
        self.faults: list[str] = []
        for span in (self.loop.near, self.loop.far):
            for place in range(1, 32):
                self.loop.configure(span.channel(place), Sig.HDLCFCS if place == D_PLACE else Sig.CLEAR)
        self.far = self.loop.open(self.loop.far.channel(D_PLACE))
        self.loop.set(self.far, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 32, 1024))
        self.exchange = PriExchange(self._now_us, 2, lambda _digits: CalledPlan(ring_after_ms=60, answer_after_ms=60))
        self.pump = Pump(kernel_io(), lambda key, sentence: self.faults.append(f"{key}: {sentence}"))
        runner = Runner(
            self.clock, lambda _actor, error: self.faults.append(str(error)), lambda _actor, error: self.faults.append(repr(error))
        )
        site = Site(spans=(SpanSection(name="a"),), e1_trunks=(E1TrunkSection(name="t", span="a", number=NUMBER),))
        around = Surroundings(self.pump, self.clock, runner, LineTimesSection(), lambda line, error: self.faults.append(f"{line}: {error}"))
        self.board = E1Board(self.loop.system, around, e1_trunks(site), lambda _span: self.loop.near.channel(1), lambda: 1)
        self.told = Told()
        self._timer = open_timer(self.loop.system)
        self.pump.start(self._timer, Wake.DAHDI, PRIORITY)
        self.board.start(self.told, self.told)

    def _now_us(self) -> int:
        return round(self.loop.now_ms() * 1000)

    def until(self, what: str, count: int, most_s: float) -> float:
        """Until this has been told so often; how long it took. Raises Missing."""
        began_ms = self.loop.now_ms()
        while self.told.count(what) < count:
            if self.loop.now_ms() > began_ms + 1000 * most_s:
                raise Missing(f"{what}: {self.told.count(what)} of {count} within {most_s} s; {self.faults[:5]} {self.told.all[-3:]}")
            self._turn()
        return (self.loop.now_ms() - began_ms) / 1000

    def pass_s(self, seconds: float) -> None:
        """Let so much time pass."""
        until_ms = self.loop.now_ms() + 1000 * seconds
        while self.loop.now_ms() < until_ms:
            self._turn()

    def restarted(self, most_s: float) -> int:
        """Until every channel has been restarted; how many were. Raises Missing."""
        began_ms = self.loop.now_ms()
        restarts = self.board.pri_spans[0].restarts
        while restarts.busy:
            if self.loop.now_ms() > began_ms + 1000 * most_s:
                raise Missing(f"channel {restarts.underway} is not restarted; {restarts.sent} were, {restarts.unacknowledged} in vain")
            self._turn()
        return restarts.sent - restarts.unacknowledged

    def rest(self, most_s: float) -> None:
        """Until every line is free and the exchange has no call. Raises Missing."""
        began_ms = self.loop.now_ms()
        while self.exchange.calls or not all(trunk.free for trunk in self.board.trunks):
            if self.loop.now_ms() > began_ms + 1000 * most_s:
                raise Missing(f"not all lines are free again: {[trunk.name for trunk in self.board.trunks if not trunk.free]}")
            self._turn()

    def _turn(self) -> None:
        try:
            while True:
                self.exchange.receive(self.loop.read(self.far, 1024)[:-CHECK_OCTETS])
        except BlockingIOError:
            pass
        self.exchange.run()
        for frame in self.exchange.frames_to_send():
            self.loop.write(self.far, frame + bytes(CHECK_OCTETS))
        self.pump.poll()
        self.clock.work()
        self.loop.wait(TURN_MS)

    def close(self) -> None:
        """Give everything back."""
        self.board.stop()
        self.pump.close()
        self.loop.system.close(self._timer)


def main() -> int:
    """Calls both ways."""
    stage = Stage()
    figures: dict[str, Any] = {}
    try:
        figures["in_service_s"] = stage.until("line_in_service", 30, 10)
        stage.pass_s(SETTLE_S)
        figures["restarted"] = stage.restarted(20)
        for trunk in stage.board.trunks:
            trunk.dial(CALLER)
        figures["out_answered_s"] = stage.until("trunk_answered", 30, 20)
        for trunk in stage.board.trunks:
            trunk.release()
        stage.rest(10)
        for _ in every_timeslot():
            stage.exchange.call(CallingPlan(PartyNumber(NUMBER), CallingNumber(CALLER), talks_ms=500))
        figures["in_offered_s"] = stage.until("trunk_offered", 30, 20)
        stage.until("trunk_released", 30, 20)
        stage.rest(10)
    except Missing as error:
        figures["missing"] = str(error)
    finally:
        stage.close()
    figures["faults"] = stage.faults[:5]
    sys.stdout.write(json.dumps({"e1": figures}) + "\n")
    return 1 if "missing" in figures or stage.faults else 0


if __name__ == "__main__":
    sys.exit(main())
