"""Two circuits joined by a cable in virtual time, and a record of what crosses it, written so that a colleague can read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from boards.e1.r2_circuit import CircuitRules, Plan, R2Circuit
from boards.e1.r2_incoming_words import IncomingPolicy
from boards.e1.r2_line_rules import Direction, Glare, LineRules, Pair
from boards.e1.r2_run import CircuitRun, R2Side
from boards.e1.r2_variants import VARIANTS
from boards.e1.r2_words import Command, Fact, Verdict
from engine.telephony.causes import Cause, Release
from hwsim.r2_exchange import R2Cable
from tests.fakes import FakeClock

HUNG_UP = Release(Cause.NORMAL_CALL_CLEARING, "hung_up")


def plan_of(length: int) -> Plan:
    """A dial plan whose numbers have so many digits."""
    return lambda called, ended: Verdict.COMPLETE if len(called) == length else Verdict.UNALLOCATED if ended else Verdict.MORE


def rules_of(
    variant: str,
    plan: Plan | None,
    policy: IncomingPolicy | None = None,
    direction: Direction = Direction.BOTH,
    glare: Glare = Glare.RELEASE,
) -> CircuitRules:
    """A circuit of a country."""
    found = VARIANTS[variant]
    return CircuitRules(LineRules(found.line, direction, glare), found.register, policy or IncomingPolicy(), plan)


@dataclass
class Noting:
    """A side of the cable that notes what is sent."""

    side: R2Side
    note: Callable[[str], None]
    name: str

    def set_bits(self, bits: int) -> None:
        self.note(f"{self.name} bits {bits:04b}")
        self.side.set_bits(bits)

    def send_register(self, signal: int | None, *, backward: bool) -> None:
        direction = "backward" if backward else "forward"
        self.note(f"{self.name} {direction} {'off' if signal is None else signal}")
        self.side.send_register(signal, backward=backward)


@dataclass
class Bench:
    """``a`` and ``b`` are joined. ``facts[name]``: what each was told; ``trace``: everything with its millisecond."""

    a_rules: CircuitRules
    b_rules: CircuitRules
    clock: FakeClock = field(default_factory=FakeClock)
    facts: dict[str, list[Fact]] = field(default_factory=lambda: {"a": [], "b": []})
    trace: list[str] = field(default_factory=list)
    react: Callable[[str, Fact], None] = lambda _name, _fact: None

    def __post_init__(self) -> None:
        self.cable = R2Cable(self.clock)
        self.a = self._run("a", self.a_rules, self.cable.left)
        self.b = self._run("b", self.b_rules, self.cable.right)
        self.cable.left.hear = self.a.post
        self.cable.right.hear = self.b.post
        self.a.begin(self.b_rules.line.code.bits(Pair.IDLE))
        self.b.begin(self.a_rules.line.code.bits(Pair.IDLE))
        self.clock.advance(1)
        self.forget()

    def _run(self, name: str, rules: CircuitRules, side: R2Side) -> CircuitRun:
        return CircuitRun(R2Circuit(rules), self.clock, Noting(side, self.note, name), lambda fact: self._told(name, fact))

    def _told(self, name: str, fact: Fact) -> None:
        self.facts[name].append(fact)
        self.note(f"{name} {'       ':7}{shown(fact)}")
        self.react(name, fact)

    def note(self, line: str) -> None:
        """Add a line to the trace."""
        self.trace.append(f"{self.clock.monotonic_ns() // 1_000_000 - 1000:6} ms  {line}")

    def forget(self) -> None:
        """Begin the records anew."""
        self.trace.clear()
        for told in self.facts.values():
            told.clear()

    def kinds(self, name: str) -> list[str]:
        """The names of the facts that one side was told, without digits and states."""
        return [type(fact).__name__ for fact in self.facts[name] if type(fact).__name__ not in {"DigitArrived", "StatusChanged"}]

    def found(self, name: str, kind: type) -> list[Fact]:
        """The facts of one kind."""
        return [fact for fact in self.facts[name] if isinstance(fact, kind)]


def shown(thing: Fact | Command) -> str:
    """A fact in one line, its enumerations by their words."""
    values = []
    for name, value in vars(thing).items():
        if isinstance(value, Release):
            values.append(f"{value.cause.value} {value.reason}")
        elif hasattr(value, "number"):
            values.append(f"{name}={value.number or value.absence or '?'}")
        elif value not in ("", False):
            values.append(f"{name}={getattr(value, 'value', value)}")
    return f"{type(thing).__name__}({', '.join(values)})"
