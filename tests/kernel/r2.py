"""R2 calls between our circuits and Debian's libopenr2 over a looped E1 pair. For a machine with the real driver.

``python -m tests.kernel.r2 [VARIANT ...]``. Our thirty circuits have the near span: bits by the driver, register signals by the media pump. The
library has the far one. For each country: thirty calls of ours at once, thirty of its, fifteen each way, refusals, blocking, hanging up at either
end. Ends with a line of JSON and status 0 when every call was as expected.
"""

from __future__ import annotations

import heapq
import itertools
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from boards.dahdi.abi import BufferInfo, Event, Ioctl, Sig
from boards.dahdi.heard import Heard, LineEvent, RegisterSignalGone, RegisterSignalHeard
from boards.dahdi.media import Hearing, Pump, Wake, kernel_io
from boards.dahdi.timer import open_timer
from boards.e1.r2_circuit import CircuitRules, R2Circuit
from boards.e1.r2_incoming_words import IncomingPolicy
from boards.e1.r2_line_rules import LineRules, Pair
from boards.e1.r2_run import CircuitRun
from boards.e1.r2_tones import RegisterTones
from boards.e1.r2_variants import VARIANTS
from boards.e1.r2_words import (
    Accept,
    Accepted,
    Answer,
    Answered,
    BackwardGone,
    BackwardHeard,
    BitsSeen,
    Block,
    Clear,
    Cleared,
    Fact,
    ForwardGone,
    ForwardHeard,
    NumberComplete,
    Seize,
    Status,
    Unblock,
    Verdict,
    Violated,
)
from engine.telephony.causes import Cause, Release
from engine.telephony.media import Port
from tests.contracts.drivers import BLOCK, KernelDriver
from tests.contracts.looped import Loop
from tests.kernel.openr2 import FarCause, FarEnd, FarVariant

__all__ = ["main"]

SLOTS = tuple(slot for slot in range(1, 32) if slot != 16)
DIGITS, CALLER_MOST = 4, 10
TURN_MS = 10
BITS = 0x0F
"""The driver puts the next channel's bits into the upper half."""
PRIORITY = 50
HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "hung_up")
REFUSALS: dict[str, dict[FarCause, Cause]] = {
    "itu": {
        FarCause.BUSY: Cause.USER_BUSY,
        FarCause.CONGESTION: Cause.SWITCHING_CONGESTION,
        FarCause.UNALLOCATED: Cause.UNALLOCATED_NUMBER,
        FarCause.OUT_OF_ORDER: Cause.DESTINATION_OUT_OF_ORDER,
    },
    "china": {
        FarCause.CONGESTION: Cause.SWITCHING_CONGESTION,
        FarCause.UNALLOCATED: Cause.UNALLOCATED_NUMBER,
        FarCause.BUSY: Cause.USER_BUSY,
    },
    "brazil": {FarCause.BUSY: Cause.USER_BUSY, FarCause.UNALLOCATED: Cause.UNALLOCATED_NUMBER},
    "argentina": {FarCause.BUSY: Cause.USER_BUSY, FarCause.UNALLOCATED: Cause.UNALLOCATED_NUMBER},
    "mexico": {FarCause.BUSY: Cause.USER_BUSY},
    "venezuela": {FarCause.BUSY: Cause.USER_BUSY, FarCause.UNALLOCATED: Cause.UNALLOCATED_NUMBER},
}
"""What the library refuses a call for, and what we must understand."""
NO_CALLER = frozenset({"china"})
"""Where one signal asks for either number's digits the library, calling, takes it for the called number's always: its caller's number cannot be had."""
TOLL = 2
"""China: the library says busy by B2, which means it only after a toll category."""


class LoopClock:
    """The circuits' clock, moved by ``work``."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int, _Pending]] = []

    def monotonic_ns(self) -> int:
        return round(self._loop.now_ms() * 1e6)

    def utc_ms(self) -> int:
        return round(self._loop.now_ms())

    def utc_offset_min(self) -> int:
        return 0

    def call_later(self, delay_s: float, act: Callable[[], None]) -> _Pending:
        pending = _Pending(act)
        heapq.heappush(self._waiting, (self._loop.now_ms() + delay_s * 1000, next(self._numbers), pending))
        return pending

    def work(self) -> None:
        """Do what is due."""
        while self._waiting and self._waiting[0][0] <= self._loop.now_ms():
            heapq.heappop(self._waiting)[2].happen()


class _Pending:
    def __init__(self, act: Callable[[], None]) -> None:
        self._act: Callable[[], None] | None = act

    def cancel(self) -> None:
        self._act = None

    def happen(self) -> None:
        act, self._act = self._act, None
        if act is not None:
            act()


@dataclass
class Near:
    """One of our circuits. ``facts``: what it was told, without digits."""

    loop: Loop
    pump: Pump
    fd: int
    rules: CircuitRules
    clock: LoopClock
    facts: list[Fact] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loop.set(self.fd, Ioctl.SET_BUFINFO, BufferInfo(0, 0, 4, BLOCK))
        self.port: Port = self.pump.open_channel(self.fd, self.hear)
        self.tones = RegisterTones(self.pump, self.port)
        self.pump.listen(self.port, Hearing.R2_FORWARD | Hearing.R2_BACKWARD)
        self.run = CircuitRun(R2Circuit(self.rules), self.clock, self, self.told)
        self.bits = -1
        self.run.begin(self.look())

    def look(self) -> int:
        """What the far end sends."""
        self.bits = self.loop.ioctl(self.fd, Ioctl.GETRXBITS) & BITS
        return self.bits

    def note(self, said: str) -> None:
        """For a failure's sake."""
        self.trace.append(f"{self.loop.now_ms():.0f} {said}")

    def set_bits(self, bits: int) -> None:
        self.note(f"send {bits:04b}")
        self.loop.ioctl(self.fd, Ioctl.SETTXBITS, bits)

    def send_register(self, signal: int | None, *, backward: bool) -> None:
        self.note(f"send {'backward' if backward else 'forward'} {signal}")
        self.tones.send(signal, backward=backward)

    def hear(self, heard: Heard) -> None:
        """What the pump reports of the channel."""
        match heard:
            case LineEvent(number) if number == Event.BITSCHANGED:
                before = self.bits
                if self.look() != before:
                    self.note(f"bits {self.bits:04b}")
                    self.run.post(BitsSeen(self.bits))
            case RegisterSignalHeard():
                self.note(f"heard {'backward' if heard.backward else 'forward'} {heard.signal}")
                self.run.post(BackwardHeard(heard.signal) if heard.backward else ForwardHeard(heard.signal))
            case RegisterSignalGone():
                self.note("gone")
                self.run.post(BackwardGone() if heard.backward else ForwardGone())

    def told(self, fact: Fact) -> None:
        """Take every call, and answer it at once."""
        self.note(str(fact))
        self.facts.append(fact)
        if isinstance(fact, NumberComplete):
            self.run.post(Accept())
            self.run.post(Answer())

    def found(self, kind: type) -> list[Fact]:
        """Facts of one kind."""
        return [fact for fact in self.facts if isinstance(fact, kind)]


class Trunk:
    """Thirty circuits of ours against thirty of the library's."""

    def __init__(self, variant: str, slots: Sequence[int] = SLOTS) -> None:
        self.variant = variant
        self.slots = slots
        self.loop = Loop(KernelDriver())
        self.clock = LoopClock(self.loop)
        self.alarms: list[str] = []
        found = VARIANTS[variant]
        rules = CircuitRules(LineRules(found.line), found.register, IncomingPolicy(caller_most=CALLER_MOST), self._plan)
        idle = rules.line.code.bits(Pair.IDLE)
        for span in (self.loop.near, self.loop.far):
            for slot in slots:
                self.loop.configure(span.channel(slot), Sig.CAS, idlebits=idle)
        self.far = FarEnd(FarVariant[variant.upper()], DIGITS, CALLER_MOST)
        self.theirs = [self.far.add(self.loop.far.channel(slot)) for slot in slots]
        self.pump = Pump(kernel_io(), lambda key, sentence: self.alarms.append(f"{key}: {sentence}"))
        self.ours = [Near(self.loop, self.pump, self.loop.open(self.loop.near.channel(slot)), rules, self.clock) for slot in slots]
        self._timer = open_timer(self.loop.system)
        self.pump.start(self._timer, Wake.DAHDI, PRIORITY)
        self.until(lambda: all(near.run.circuit.status is Status.IDLE for near in self.ours), 5)
        for far in self.theirs:
            self.far.look(far)

    @staticmethod
    def _plan(called: str, ended: bool) -> Verdict:
        return Verdict.COMPLETE if len(called) == DIGITS else Verdict.UNALLOCATED if ended else Verdict.MORE

    def until(self, happened: Callable[[], bool], most_s: float) -> float:
        """Let line time pass until it has happened; how long that took. Raises Missing after ``most_s``."""
        began_ms = self.loop.now_ms()
        while not happened():
            if self.loop.now_ms() > began_ms + 1000 * most_s:
                raise Missing(f"{self.variant}: not within {most_s} s")
            self.far.turn(TURN_MS)
            self.pump.poll()
            self.clock.work()
        return (self.loop.now_ms() - began_ms) / 1000

    def rest(self) -> None:
        """All circuits idle at both ends, and the records forgotten."""
        self.until(lambda: all(near.run.circuit.status is Status.IDLE for near in self.ours), 20)
        self.until(lambda: all(far.call.ended or far.call.offered is None for far in self.theirs), 5)
        waited = self.loop.now_ms()
        self.until(lambda: self.loop.now_ms() > waited + 300, 1)
        for near, far in zip(self.ours, self.theirs, strict=True):
            near.facts.clear()
            near.trace.clear()
            far.calls.clear()
            far.heard.clear()

    def close(self) -> None:
        """Give everything back."""
        for near in self.ours:
            near.run.close()
        self.pump.close()  # and with it the channels
        self.far.close()
        self.loop.system.close(self._timer)
        self.loop.system.close(self.loop.control)


class Missing(Exception):  # a sentence of ours
    """Something did not happen."""


def _numbers(index: int) -> tuple[str, str]:
    return f"81{index:02}", f"13901234{index:02}"


def calls(trunk: Trunk, ours: Callable[[int], bool], *, far_hangs_up: bool) -> float:
    """A call on every circuit at once, ours where ``ours`` says so, with numbers, answer and hanging up; seconds until all were answered."""
    for index, (near, far) in enumerate(zip(trunk.ours, trunk.theirs, strict=True)):
        called, caller = _numbers(index)
        if ours(index):
            near.run.post(Seize(called, caller))
        else:
            trunk.far.call(far, called, caller)
    took_s = trunk.until(lambda: all(_answered(trunk, index, ours=ours(index)) for index in range(len(trunk.slots))), 30)
    for index, (near, far) in enumerate(zip(trunk.ours, trunk.theirs, strict=True)):
        _check_numbers(trunk, index, ours=ours(index))
        if far_hangs_up:
            trunk.far.hang_up(far)
        else:
            near.run.post(Clear(HUNG_UP))
    trunk.until(lambda: all(len(near.found(Cleared)) == 1 for near in trunk.ours), 10)
    _no_faults(trunk)
    trunk.rest()
    return took_s


def _answered(trunk: Trunk, index: int, *, ours: bool) -> bool:
    near, far = trunk.ours[index], trunk.theirs[index]
    if near.found(Cleared):
        raise Missing(f"{trunk.variant}: circuit {trunk.slots[index]} was cleared: {near.trace}, {far.call}")
    return bool(near.found(Answered)) and bool(near.found(Accepted)) if ours else far.call.answered


def _check_numbers(trunk: Trunk, index: int, *, ours: bool) -> None:
    near, far = trunk.ours[index], trunk.theirs[index]
    wanted = _numbers(index)
    if ours:
        got = far.call.offered[:2] if far.call.offered else None
    else:
        ready = near.found(NumberComplete)[0]
        assert isinstance(ready, NumberComplete)
        got = (ready.called, ready.caller.number)
        if trunk.variant in NO_CALLER:
            wanted = (wanted[0], "")
    if got != wanted:
        raise Missing(f"{trunk.variant}: circuit {trunk.slots[index]} had {got}, not {wanted}: {near.trace}")


def _no_faults(trunk: Trunk) -> None:
    for near, far in zip(trunk.ours, trunk.theirs, strict=True):
        if near.found(Violated) or any(call.error is not None for call in far.calls):
            raise Missing(f"{trunk.variant}: channel {far.number}: {far.calls}, {near.trace}")


def refused(trunk: Trunk) -> int:
    """Calls that the library refuses, each for another cause; how many there were."""
    wanted = REFUSALS[trunk.variant]
    for near, far, refusal in zip(trunk.ours, trunk.theirs, wanted, strict=False):
        far.refuse = refusal
        near.run.post(Seize(*_numbers(0), category=TOLL if trunk.variant == "china" else None))
    trunk.until(lambda: all(near.found(Cleared) for near in trunk.ours[: len(wanted)]), 30)
    for near, far, (far_cause, cause) in zip(trunk.ours, trunk.theirs, wanted.items(), strict=False):
        (cleared,) = near.found(Cleared)
        assert isinstance(cleared, Cleared)
        if cleared.release.cause is not cause:
            raise Missing(f"{trunk.variant}: {far_cause.name} came as {cleared.release}: {near.trace}")
        far.refuse = None
    _no_faults(trunk)
    trunk.rest()
    return len(wanted)


def blocked(trunk: Trunk) -> None:
    """Each side sees when the other blocks a circuit, and when it is free again."""
    near, far = trunk.ours[0], trunk.theirs[0]
    near.run.post(Block())
    trunk.until(lambda: far.blocked, 5)
    near.run.post(Unblock())
    trunk.until(lambda: not far.blocked and near.run.circuit.status is Status.IDLE, 5)
    trunk.far.block(far, on=True)
    trunk.until(lambda: near.run.circuit.status is Status.FAR_BLOCKED, 5)
    trunk.far.block(far, on=False)
    trunk.until(lambda: near.run.circuit.status is Status.IDLE, 5)
    trunk.rest()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def one(variant: str) -> dict[str, object]:
    """Everything with one country; its figures. Raises Missing."""
    trunk = Trunk(variant)
    try:
        figures: dict[str, object] = {"variant": variant}
        _say(f"{variant}: thirty circuits idle at both ends")
        figures["ours_s"] = round(calls(trunk, lambda _index: True, far_hangs_up=False), 2)
        figures["theirs_s"] = round(calls(trunk, lambda _index: False, far_hangs_up=False), 2)
        figures["mixed_s"] = round(calls(trunk, lambda index: index % 2 == 0, far_hangs_up=True), 2)
        figures["calls"] = 3 * len(trunk.slots)
        figures["refused"] = refused(trunk)
        blocked(trunk)
        figures["alarms"] = trunk.alarms
        return figures
    finally:
        trunk.close()


def main(words: Sequence[str]) -> int:
    """The command line."""
    told, failed = [], 0
    for variant in words or REFUSALS:
        began_s = time.monotonic()
        try:
            told.append(one(variant) | {"took_s": round(time.monotonic() - began_s, 1)})
        except Missing as error:
            _say(str(error))
            failed += 1
            continue
        _say(json.dumps(told[-1]))
    _say(json.dumps({"r2": told}))
    return 1 if failed or any(figures["alarms"] for figures in told) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
