"""What is known of calls that will be charged, and what was spent this month: a fold over the facts, so that a restart forgets no money. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from engine import facts
from engine.calls.routing.memory import local_moment
from engine.kernel.bus import Envelope

__all__ = ["CALLS_MOST", "NEVER", "ChargeMemory", "MeteredCall", "month_of"]

CALLS_MOST = 2048
"""Calls with the outside at one time: more than a box has channels."""
SPENDERS_MOST = 20_000
"""Extensions, agents and account codes of one month."""
NEVER = -1


@dataclass
class MeteredCall:
    """A call with the outside that goes on. ``answered_ns``, ``over_ns`` on the monotonic clock of one run; −1: not yet. ``over_ns`` is only known when a
    restart ended it. ``called``: as it was dialled at the phone, of one that came in as the line told it; ``other``: the caller's number.
    """

    outgoing: bool
    line: str
    called: str
    other: str = ""
    group: str = ""
    route: str = ""
    extension: str = ""
    agent: str = ""
    account: str = ""
    charge_account: str = ""
    answered_ns: int = NEVER
    answered_utc_ms: int = 0
    utc_offset_min: int = 0
    over_ns: int = NEVER
    pulses: int = 0


def month_of(utc_ms: int, utc_offset_min: int) -> str:
    """The month of the site's calendar, such as ``2026-11``."""
    return f"{local_moment(utc_ms, utc_offset_min):%Y-%m}"


@dataclass
class ChargeMemory:
    """The fold. ``open``: calls by id; ``spent``: what calls outside have cost in ``month``, by ``extension:801``, ``agent:1001``, ``account:4711``."""

    open: dict[str, MeteredCall] = field(default_factory=dict)
    month: str = ""
    spent: dict[str, int] = field(default_factory=dict)
    newest_ns: int = 0

    def apply(self, envelope: Envelope) -> None:
        """Take in the next fact."""
        fact = envelope.fact
        match fact:
            case facts.CallPlaced() if fact.line:
                self._begun(fact.call, MeteredCall(True, fact.line, fact.called, "", fact.group, "", fact.extension, fact.agent))
            case facts.CallArrived():
                self._begun(fact.call, MeteredCall(False, fact.line, fact.called, fact.calling))
            case facts.CallCharged(direction="outgoing"):
                self._spent(fact, envelope)
            case facts.ApplianceStarted():  # the clock of the run before has ended, and so have its calls
                for call in self.open.values():
                    call.over_ns = self.newest_ns
            case facts.CallEnded():
                self.open.pop(fact.call, None)
            case _:
                call_id = getattr(fact, "call", "")
                if call_id in self.open:
                    _goes_on(self.open[call_id], fact, envelope)
        self.newest_ns = envelope.monotonic_ns

    def spent_in(self, month: str) -> dict[str, int]:
        """What was spent in a month; nothing when the newest charged call is of another one."""
        return dict(self.spent) if month == self.month else {}

    def _begun(self, call_id: str, call: MeteredCall) -> None:
        while len(self.open) >= CALLS_MOST:
            del self.open[next(iter(self.open))]
        self.open[call_id] = call

    def _spent(self, fact: facts.CallCharged, envelope: Envelope) -> None:
        month = month_of(envelope.utc_ms, envelope.utc_offset_min)
        if month != self.month:
            self.month, self.spent = month, {}
        for kind, name in (("extension", fact.extension), ("agent", fact.agent), ("account", fact.account)):
            who = f"{kind}:{name}"
            if name and (who in self.spent or len(self.spent) < SPENDERS_MOST):
                self.spent[who] = self.spent.get(who, 0) + fact.price_li

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> ChargeMemory:
        """Back from ``to_json``. Raises ValueError, KeyError, TypeError or AttributeError for anything else."""
        return cls(
            open={str(call): MeteredCall(**kept) for call, kept in row["open"].items()},
            month=str(row["month"]),
            spent={str(who): int(li) for who, li in row["spent"].items()},
            newest_ns=int(row["newest_ns"]),
        )


def _goes_on(call: MeteredCall, fact: object, envelope: Envelope) -> None:
    match fact:
        case facts.CallRerouted():
            call.line, call.group = fact.next_line, fact.next_group
        case facts.OutsideCallPermitted():
            call.called, call.route, call.account = fact.dialled, fact.route, fact.account
        case facts.CallMetered():
            call.pulses = fact.pulses
        case facts.CallAnswered() if call.answered_ns == NEVER:
            call.answered_ns, call.answered_utc_ms = envelope.monotonic_ns, envelope.utc_ms
            call.utc_offset_min = envelope.utc_offset_min
        case facts.CallConnected() if not call.outgoing:
            call.extension, call.agent = fact.extension, fact.agent
