"""One R2 circuit against whatever may come, and what must hold all the while and afterwards."""

from __future__ import annotations

import random

from boards.e1.r2_circuit import CircuitRules, R2Circuit
from boards.e1.r2_incoming_words import AskCaller, IncomingPolicy
from boards.e1.r2_line_rules import Direction, Glare
from boards.e1.r2_run import CircuitRun
from boards.e1.r2_variants import VARIANTS
from boards.e1.r2_words import (
    Accept,
    AlarmBegan,
    AlarmEnded,
    Answer,
    BackwardGone,
    BackwardHeard,
    BitsSeen,
    Block,
    Clear,
    Cleared,
    Command,
    Fact,
    ForwardGone,
    ForwardHeard,
    Heard,
    MeterPulse,
    Outcome,
    PlanSays,
    Refuse,
    Seize,
    Seized,
    Status,
    Suspend,
    Unblock,
    Verdict,
    Violated,
)
from engine.telephony.causes import Cause, Release
from tests.fakes import FakeClock
from tests.unit.boards.e1.r2_bench import HUNG_UP, plan_of, rules_of

BUSY = Release(Cause.USER_BUSY, "busy")
IDLE, BLOCKED = 0b1011, 0b1111
LONGEST_S = 180.0 + 180.0 + 240.0 + 5 * 24.0
"""The timers of line and registers that can follow each other when nobody says anything more, with room."""
PAUSES_S = (0.0, 0.01, 0.03, 0.03, 0.2, 0.2, 2.0, 16.0)
OURS: tuple[Command, ...] = (
    *(Accept(outcome) for outcome in Outcome),
    *(PlanSays(verdict) for verdict in Verdict),
    Refuse(BUSY),
    Answer(),
    Suspend(),
    MeterPulse(),
    Clear(HUNG_UP),
    Block(),
    Unblock(),
    AlarmBegan(),
    AlarmEnded(),
    AlarmEnded(),
)


class Alone:
    """A circuit whose far end is nonsense. Calls must begin and end by turns."""

    def __init__(
        self, variant: str, bits: int, *, planned: bool, policy: IncomingPolicy | None = None, glare: Glare = Glare.RELEASE
    ) -> None:
        self.tone: int | None = None
        self.calls = self.violations = 0
        self.open = False
        self.clock = FakeClock()
        self.run = self._made_run(rules_of(variant, plan_of(3) if planned else None, policy, Direction.BOTH, glare))
        self.run.begin(bits)

    def _made_run(self, rules: CircuitRules) -> CircuitRun:
        return CircuitRun(R2Circuit(rules), self.clock, self, self._told)

    def set_bits(self, bits: int) -> None:
        assert 0 <= bits <= 15

    def send_register(self, signal: int | None, *, backward: bool) -> None:
        assert signal is None or 1 <= signal <= 15
        self.tone = signal

    def post(self, event: Command | Heard) -> None:
        """One event; a seizure only when the circuit is idle, as its owner does."""
        if isinstance(event, Seize):
            if self.run.circuit.status is not Status.IDLE:
                return
            self._begun()
        self.run.post(event)

    def _begun(self) -> None:
        assert not self.open, "a call began before the last one had ended"
        self.open = True
        self.calls += 1

    def _told(self, fact: Fact) -> None:
        if isinstance(fact, Seized):
            self._begun()
        elif isinstance(fact, Cleared):
            assert self.open, "a call ended twice"
            self.open = False
        elif isinstance(fact, Violated):
            self.violations += 1

    def must_recover(self) -> None:
        """Our side ends everything and waits; then the far end behaves: the circuit is idle, silent, and without a timer."""
        for command in (AlarmEnded(), Unblock(), Clear(HUNG_UP)):
            self.run.post(command)
        self.clock.advance(LONGEST_S)
        assert not self.open, "a call did not end"
        assert self.tone is None, "a tone was left on"
        assert not self.run._timers, "a timer was left"
        assert self.violations == self.run.circuit.violations
        for bits, wait_s in ((IDLE, 70), (BLOCKED, 0), (IDLE, 70)):
            self.run.post(BitsSeen(bits))
            self.clock.advance(wait_s)
        assert self.run.circuit.state == ("Idle", "Quiet", "Resting")
        assert not self.run._timers


def walk(seed: int, events: int) -> Alone:
    """So many events at random, half of them such as might come next; AssertionError, or whatever is raised, when a rule is broken."""
    chance = random.Random(seed)
    policy = IncomingPolicy(
        chance.choice(list(AskCaller)), chance.randint(1, 3), chance.randint(1, 32), skip_category=chance.random() < 0.2
    )
    variant = chance.choice(list(VARIANTS))
    alone = Alone(variant, chance.randrange(16), planned=chance.random() < 0.7, policy=policy, glare=chance.choice(list(Glare)))
    for _ in range(events):
        alone.post(_likely(alone, chance) if chance.random() < 0.6 else _any(chance))
        alone.clock.advance(chance.choice(PAUSES_S))
    alone.must_recover()
    return alone


def _any(chance: random.Random) -> Command | Heard:
    heard: tuple[Command | Heard, ...] = (
        BitsSeen(chance.randrange(16)),
        ForwardHeard(chance.randint(1, 15)),
        ForwardGone(),
        BackwardHeard(chance.randint(1, 15)),
        BackwardGone(),
    )
    return chance.choice(heard) if chance.random() < 0.7 else chance.choice(OURS)


def _likely(alone: Alone, chance: random.Random) -> Command | Heard:
    """What a half-way sane world might do next, so that walks come far into calls."""
    line, outgoing, incoming = alone.run.circuit.state
    bits = chance.choice((0b1011, 0b0011, 0b1111, 0b0111))
    by_state: dict[str, tuple[Command | Heard, ...]] = {
        "Idle": (Seize("8123", "139"), BitsSeen(0b0011)),
        "Unsettled": (BitsSeen(IDLE), AlarmEnded()),
        "FarBlocked": (BitsSeen(IDLE),),
        "LocalBlocked": (Unblock(),),
        "InAlarm": (AlarmEnded(),),
        "Seizing": (BitsSeen(BLOCKED),),
        "Sending": (BackwardHeard(chance.randint(1, 6)), BackwardHeard(1)),
        "Waiting": (BackwardHeard(3),),
        "Heard": (BackwardGone(),),
        "Concluding": (BackwardGone(),),
        "Listening": (ForwardHeard(chance.randint(1, 15)),),
        "Asking": (PlanSays(chance.choice(list(Verdict))),),
        "Replying": (ForwardGone(),),
        "Offering": (Accept(chance.choice(list(Outcome))), Refuse(BUSY)),
        "Closing": (ForwardGone(),),
    }
    found = [event for state in (line, outgoing, incoming) for event in by_state.get(state, ())]
    return chance.choice(found) if found else BitsSeen(bits)
