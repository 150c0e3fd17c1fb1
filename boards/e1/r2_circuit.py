"""One R2 circuit: line signalling and both registers joined, without input or output.

    commands ──▶ ┌─────────────────────────────────┐ ──▶ facts
                 │ bits ▸ line ▸ outgoing register │
    what the ──▶ │               incoming register │ ──▶ bits, register signals, timers
    line brings  └─────────────────────────────────┘

Four machines work here, and none calls another: what one's effect causes is queued for the other, and all of it is done before ``handle``
returns. Whoever owns a circuit performs the outputs in their order, and gives back expired timers (``r2_run.py``).

What the far end must not do changes nothing, is counted in ``violations``, and told as ``Violated``. A command of ours that makes
no sense raises UnexpectedEvent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from boards.e1 import r2_line_words as line
from boards.e1.r2_bits import BitsSettled, Changing, Steady, bits_table
from boards.e1.r2_causes import outcome_for, release_of
from boards.e1.r2_code import RegisterCode, signals_of
from boards.e1.r2_incoming import incoming_table
from boards.e1.r2_incoming_words import AskPlan, CallReady, IncomingPolicy, Resting, Say, Sheet, StartReceiving
from boards.e1.r2_line import line_table
from boards.e1.r2_line_rules import Direction, LineRules
from boards.e1.r2_outgoing import Concluded, Failed, LineAnswered, Order, StartSending, StopRegister, Through, Transmit, outgoing_table
from boards.e1.r2_words import (
    Accept,
    Accepted,
    Acknowledged,
    AlarmBegan,
    Answer,
    Answered,
    BackwardGone,
    BackwardHeard,
    BitsSeen,
    Block,
    Clear,
    Cleared,
    ClearedBack,
    Command,
    DigitArrived,
    ForwardGone,
    ForwardHeard,
    Heard,
    Metered,
    NumberComplete,
    Output,
    PlanSays,
    Reanswered,
    Refuse,
    Seize,
    Seized,
    SendBackward,
    SendForward,
    SetBits,
    StartTimer,
    Status,
    StatusChanged,
    StopTimer,
    Unblock,
    Verdict,
    Violated,
)
from engine.kernel.errors import OurFault, UnexpectedEvent
from engine.kernel.fsm import Expired, Machine, Start, Table, Timer
from engine.telephony.causes import Cause, Release

__all__ = ["EVENTS_MOST", "CircuitRules", "Plan", "R2Circuit"]

EVENTS_MOST = 100
"""Events that one event may cause; far above what any does."""

Plan = Callable[[str, bool], Verdict]
"""What the dial plan says of the digits so far, and whether no more will come. Pure."""

STATUSES = {
    line.Unsettled: Status.UNSETTLED,
    line.Idle: Status.IDLE,
    line.FarBlocked: Status.FAR_BLOCKED,
    line.LocalBlocked: Status.LOCAL_BLOCKED,
    line.InAlarm: Status.ALARM,
}
"""All other states: busy."""
PLAIN_FACTS: dict[type, type] = {
    line.FarClearedBack: ClearedBack,
    line.FarReanswered: Reanswered,
    line.PulseCame: Metered,
}
FAR_END: tuple[type, ...] = (BitsSeen, ForwardHeard, ForwardGone, BackwardHeard, BackwardGone, *line.SAW.values())


@dataclass(frozen=True)
class CircuitRules:
    """How a circuit is run: its line, its country's register signals, how its calls are taken. ``plan`` None: the facts' reader answers."""

    line: LineRules
    register: RegisterCode
    incoming: IncomingPolicy = field(default_factory=IncomingPolicy)
    plan: Plan | None = None


class R2Circuit:
    """One circuit. ``begin`` first, with the bits that the far end sends now, then ``handle`` for everything."""

    def __init__(self, rules: CircuitRules, registers: tuple[Table, Table] | None = None) -> None:
        """``registers``: the outgoing and the incoming one, where they are not those of ``rules.register``."""
        self._rules = rules
        outgoing, incoming = registers or (outgoing_table(rules.register), incoming_table(rules.register, rules.incoming))
        self._bits = Machine(bits_table(rules.line.persistence_s))
        self._line = Machine(line_table(rules.line))
        self._outgoing = Machine(outgoing)
        self._incoming = Machine(incoming)
        self._machines = (self._bits, self._line, self._outgoing, self._incoming)
        self._running: dict[Timer, Machine] = {}
        self._waiting: deque[tuple[Machine, object]] = deque()
        self._outputs: list[Output] = []
        self._order: Order | None = None
        self._offered = False
        self._refused: Release | None = None
        self._answer_waits = False
        self._sent: int | None = None
        self._sounding = False
        self._told = Status.UNSETTLED
        self._reason = ""
        self._block_wanted = False
        self.violations = 0
        """What the far end did that it must not, since the circuit was made."""

    # ---- from outside ------------------------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        """What can be done with the circuit."""
        return STATUSES.get(type(self._line.state), Status.BUSY)

    @property
    def state(self) -> tuple[str, str, str]:
        """The states of line, outgoing and incoming register by name, for people."""
        return (type(self._line.state).__name__, type(self._outgoing.state).__name__, type(self._incoming.state).__name__)

    def begin(self, bits: int) -> tuple[Output, ...]:
        """Put the circuit to work; ``bits`` is what the far end sends now."""
        self._post(self._line, line.Begin())
        self._post(self._bits, BitsSeen(bits))
        return self._done()

    def handle(self, event: Command | Heard | Expired) -> tuple[Output, ...]:
        """Take one event; what is to be done, in order. Raises UnexpectedEvent for a command that makes no sense now, OurFault for a bad number."""
        for machine, translated in self._translated(event):
            self._post(machine, translated)
        return self._done()

    # ---- events in ---------------------------------------------------------------------------------------------------

    def _translated(self, event: Command | Heard | Expired) -> Iterator[tuple[Machine, object]]:
        match event:
            case Expired(timer):
                if (machine := self._running.pop(timer, None)) is not None:
                    yield machine, event
            case BitsSeen():
                yield self._bits, event
            case ForwardHeard() | ForwardGone() | PlanSays():
                yield self._incoming, event
            case BackwardHeard() | BackwardGone():
                yield self._outgoing, event
            case Seize():
                self._order = self._order_of(event)
                yield self._line, line.SeizeLine()
            case Accept(outcome):
                yield self._incoming, Say(outcome)
            case Refuse(release):
                yield from self._refusal(release)
            case Answer() if not isinstance(self._incoming.state, Resting):
                self._answer_waits = True  # until the far end's register is through: it could not see it before
            case AlarmBegan():
                yield self._bits, event
                yield self._line, event
            case Block() | Unblock():
                self._block_wanted = isinstance(event, Block)
                yield self._line, event
            case _:
                yield self._line, event

    def _order_of(self, event: Seize) -> Order:
        if self._rules.line.direction is Direction.INCOMING:
            raise OurFault("a circuit for incoming calls is not seized")
        if not isinstance(self._line.state, line.Idle):
            raise UnexpectedEvent(self._line.table.name, self._line.state, event)
        return self._signals(event)

    def _signals(self, event: Seize) -> Order:
        code = self._rules.register
        return Order(
            signals_of(event.called),
            signals_of(event.caller),
            code.category if event.category is None else event.category,
            code.caller_class if event.caller_class is None else event.caller_class,
        )

    def _refusal(self, release: Release) -> Iterator[tuple[Machine, object]]:
        """While the call is offered the far end is told why; at any other time our side simply ends it."""
        if self._offered:
            self._offered, self._refused = False, release
            yield self._incoming, Say(outcome_for(release.cause))
        else:
            yield self._line, Clear(release)

    def _post(self, machine: Machine, event: object) -> None:
        if len(self._waiting) >= EVENTS_MOST:
            raise OurFault(f"an R2 circuit goes round in circles: {event!r} in {self.state}")
        self._waiting.append((machine, event))

    # ---- the work ----------------------------------------------------------------------------------------------------

    def _done(self) -> tuple[Output, ...]:
        turns = 0
        while self._waiting:
            turns += 1
            if turns > EVENTS_MOST:
                self._waiting.clear()
                raise OurFault(f"an R2 circuit goes round in circles in {self.state}")
            self._turn(*self._waiting.popleft())
            if not self._waiting:
                self._tell_status()
        outputs, self._outputs = self._outputs, []
        return tuple(outputs)

    def _turn(self, machine: Machine, event: object) -> None:
        before = type(machine.state)
        try:
            effects = machine.handle(event)
        except UnexpectedEvent:
            if not isinstance(event, FAR_END):
                self._waiting.clear()
                self._outputs.clear()
                raise
            self.violations += 1
            self._outputs.append(Violated(f"{event} in {type(machine.state).__name__}"))
            return
        if type(machine.state) is not before:
            self._bury_timers(machine)
        for effect in effects:
            if isinstance(effect, Start):
                self._running[effect.timer] = machine
                seconds = effect.timer.default_s if effect.seconds is None else effect.seconds
                self._outputs.append(StartTimer(effect.timer, seconds))
            elif machine is self._line:
                self._of_line(effect)
            elif machine is self._bits:
                self._of_bits(effect)
            else:
                self._of_register(machine, effect)

    def _bury_timers(self, machine: Machine) -> None:
        alive = machine.timers_now()
        for timer in [timer for timer, owner in self._running.items() if owner is machine and timer not in alive]:
            del self._running[timer]
            self._outputs.append(StopTimer(timer))

    def _tell_status(self) -> None:
        if self._block_wanted and isinstance(self._line.state, line.Idle | line.FarBlocked):
            self._post(self._line, Block())
            return
        if self.status is not self._told:
            self._told = self.status
            reason = self._reason if self.status is Status.UNSETTLED else ""
            self._outputs.append(StatusChanged(self.status, reason))
        self._reason = ""

    # ---- effects -----------------------------------------------------------------------------------------------------

    def _of_bits(self, effect: object) -> None:
        if isinstance(effect, BitsSettled):
            self._post(self._line, line.SAW[self._rules.line.code.pair(effect.bits)]())

    def _look_again(self) -> None:
        """The bits that count now; those that are changing count when they have stood, and may yet go back."""
        state = self._bits.state
        counts = state.bits if isinstance(state, Steady) else state.before if isinstance(state, Changing) else None
        if counts is not None:
            self._of_bits(BitsSettled(counts))

    def _of_line(self, effect: object) -> None:
        match effect:
            case line.SendPair(pair):
                self._send_bits(self._rules.line.code.bits(pair))
            case line.FarSeized():
                self._outputs.append(Seized())
                self._post(self._incoming, StartReceiving())
            case line.SeizureAcknowledged():
                assert self._order is not None
                self._outputs.append(Acknowledged())
                self._post(self._outgoing, StartSending(self._order))
            case line.FarAnswered():
                self._post(self._outgoing, LineAnswered())
            case line.Ended(release):
                self._over(release)
            case line.LookAgain():
                self._look_again()
            case line.Complaint(reason):
                self._reason = reason
            case _:
                self._outputs.append(PLAIN_FACTS[type(effect)]())

    def _send_bits(self, bits: int) -> None:
        if bits != self._sent:
            self._sent = bits
            self._outputs.append(SetBits(bits))

    def _send_tone(self, tone: SendForward | SendBackward) -> None:
        if tone.signal is not None or self._sounding:
            self._sounding = tone.signal is not None
            self._outputs.append(tone)

    def _over(self, release: Release) -> None:
        self._order, self._refused = None, None
        self._offered = self._answer_waits = False
        self._outputs.append(Cleared(release))
        self._post(self._outgoing, StopRegister())
        self._post(self._incoming, StopRegister())

    def _of_register(self, machine: Machine, effect: object) -> None:
        ours = machine is self._outgoing
        match effect:
            case Transmit(signal):
                self._send_tone(SendForward(signal) if ours else SendBackward(signal))
            case Concluded(outcome) if outcome.free:
                self._offered = False
                self._outputs.append(Accepted(outcome))
                if ours:
                    self._post(self._line, line.Controlled(outcome.control))
                elif self._answer_waits:
                    self._answer_waits = False
                    self._post(self._line, Answer())
            case Concluded(outcome):
                self._post(self._line, Clear(self._refused or release_of(outcome)))
            case Through():
                self._outputs.append(Answered())
            case Failed(reason):
                self._post(self._line, Clear(Release(Cause.TEMPORARY_FAILURE, reason)))
            case AskPlan(called, ended):
                self._outputs.append(DigitArrived(called, ended))
                if self._rules.plan is not None:
                    self._post(self._incoming, PlanSays(self._rules.plan(called, ended)))
            case CallReady(sheet):
                self._ready(sheet)

    def _ready(self, sheet: Sheet) -> None:
        self._offered = True
        self._outputs.append(NumberComplete(sheet.called, sheet.caller_id(), sheet.category, sheet.caller_class))
