"""What is known of calls that will be charged, and what was spent this month: a fold over the facts, so that a restart forgets no money. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from engine import facts
from engine.calls.routing.memory import local_moment
from engine.kernel.bus import Envelope

__all__ = ["CALLS_MOST", "LED_ON", "NEVER", "ChargeMemory", "MeteredCall", "month_of"]

CALLS_MOST = 2048
"""Calls with the outside at one time: more than a box has channels."""
SPENDERS_MOST = 20_000
"""Extensions, agents and account codes of one month."""
NEVER = -1
LED_ON = "/"
"""Between the id of a call from outside and the line by which it was led on: that line is charged by itself."""


@dataclass
class MeteredCall:
    """A call with the outside that goes on. ``answered_ns``, ``over_ns`` on the monotonic clock of one run; −1: not yet. ``over_ns`` is only known when a
    restart ended it. ``now_in``: the call in which its line is, after a transfer or in a conference; empty: still this one. ``called``: as it was dialled at the phone, of one that came in as the line told it; ``other``: the caller's number.
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
    now_in: str = ""


def month_of(utc_ms: int, utc_offset_min: int) -> str:
    """The month of the site's calendar, such as ``2026-11``."""
    return f"{local_moment(utc_ms, utc_offset_min):%Y-%m}"


@dataclass
class ChargeMemory:
    """The fold. ``open``: calls by id, ``moved`` those of them whose lines are in another call now; ``spent``: what calls outside have cost in ``month``, by ``extension:801``, ``agent:1001``, ``account:4711``,
    ``charge_account:9001``; ``balances``: what was paid into charge accounts less what their calls have cost; ``locked_until``: UTC ms by account,
    ``callers_locked_until`` by number.
    """

    open: dict[str, MeteredCall] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)
    month: str = ""
    spent: dict[str, int] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    locked_until: dict[str, int] = field(default_factory=dict)
    callers_locked_until: dict[str, int] = field(default_factory=dict)
    newest_ns: int = 0

    def apply(self, envelope: Envelope) -> None:
        """Take in the next fact."""
        fact = envelope.fact
        match fact:
            case facts.CallPlaced() if fact.line:
                self._begun(fact.call, MeteredCall(True, fact.line, fact.called, "", fact.group, "", fact.extension, fact.agent))
            case facts.CallArrived():
                self._begun(fact.call, MeteredCall(False, fact.line, fact.called, fact.calling))
            case facts.CallLedOutside():
                self._led_on(fact)
            case facts.CallRouted():  # it goes on elsewhere: nobody outside has answered
                self._drop_dialled(fact.call)
            case facts.CallCharged():
                self._charged(fact, envelope)
            case facts.ChargeAccountCredited():
                self._booked(fact.account, fact.amount_li)
            case facts.ChargeAccountLocked() if len(self.locked_until) < SPENDERS_MOST:
                self.locked_until[fact.account] = fact.until_utc_ms
            case facts.DisaLocked() if len(self.callers_locked_until) < SPENDERS_MOST:
                self.callers_locked_until[fact.caller] = fact.until_utc_ms
            case facts.ApplianceStarted():  # the clock of the run before has ended, and so have its calls
                for call in self.open.values():
                    call.over_ns = self.newest_ns
            case facts.CallTransferred() | facts.CallsJoined():
                for began, call in self.carried_by(fact.other).items():
                    self._move(began, call, fact.call)
            case facts.CallEnded():
                for began in self.carried_by(fact.call):
                    self._forget(began)
            case _:
                for call in self.carried_by(getattr(fact, "call", "")).values():
                    _goes_on(call, fact, envelope)
        self.newest_ns = envelope.monotonic_ns

    def carried_by(self, call_id: str) -> dict[str, MeteredCall]:
        """The calls, by the ids with which they began, whose lines are in this call now: itself, and those that were transferred to it or joined with it."""
        own = self.open.get(call_id)
        found = {call_id: own} if own is not None and not own.now_in else {}
        return found | {began: self.open[began] for began in self.moved if self.open[began].now_in == call_id}

    def spent_in(self, month: str) -> dict[str, int]:
        """What was spent in a month; nothing when the newest charged call is of another one."""
        return dict(self.spent) if month == self.month else {}

    def _begun(self, call_id: str, call: MeteredCall) -> None:
        while len(self.open) >= CALLS_MOST:
            self._forget(next(iter(self.open)))
        self.open[call_id] = call

    def _move(self, began: str, call: MeteredCall, to: str) -> None:
        call.now_in = to
        if began not in self.moved:
            self.moved.append(began)

    def _forget(self, began: str) -> None:
        del self.open[began]
        if began in self.moved:
            self.moved.remove(began)

    def _led_on(self, fact: facts.CallLedOutside) -> None:
        self._drop_dialled(fact.call)
        call = MeteredCall(True, fact.line, fact.dialled, group=fact.group, route=fact.route, charge_account=fact.charge_account)
        began = f"{fact.call}{LED_ON}{fact.line}"
        self._begun(began, call)
        self._move(began, call, fact.call)

    def _drop_dialled(self, call_id: str) -> None:
        """Of what was dialled for a caller nobody has answered."""
        for began, call in self.carried_by(call_id).items():
            if LED_ON in began and call.answered_ns == NEVER:
                self._forget(began)

    def _charged(self, fact: facts.CallCharged, envelope: Envelope) -> None:
        if fact.charge_account:
            self._booked(fact.charge_account, -fact.price_li)
        if fact.direction == "outgoing":
            self._spent(fact, envelope)

    def _booked(self, account: str, amount_li: int) -> None:
        if account in self.balances or len(self.balances) < SPENDERS_MOST:
            self.balances[account] = self.balances.get(account, 0) + amount_li

    def _spent(self, fact: facts.CallCharged, envelope: Envelope) -> None:
        month = month_of(envelope.utc_ms, envelope.utc_offset_min)
        if month != self.month:
            self.month, self.spent = month, {}
        for kind, name in (
            ("extension", fact.extension),
            ("agent", fact.agent),
            ("account", fact.account),
            ("charge_account", fact.charge_account),
        ):
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
            moved=[str(began) for began in row["moved"]],
            month=str(row["month"]),
            spent={str(who): int(li) for who, li in row["spent"].items()},
            balances={str(account): int(li) for account, li in row["balances"].items()},
            locked_until={str(account): int(until) for account, until in row["locked_until"].items()},
            callers_locked_until={str(caller): int(until) for caller, until in row["callers_locked_until"].items()},
            newest_ns=int(row["newest_ns"]),
        )


def _goes_on(call: MeteredCall, fact: object, envelope: Envelope) -> None:
    match fact:
        case facts.CallRerouted() if call.line == fact.line:
            call.line, call.group = fact.next_line, fact.next_group
        case facts.OutsideCallPermitted() if call.outgoing and not call.now_in:
            call.called, call.route, call.account, call.charge_account = fact.dialled, fact.route, fact.account, fact.charge_account
        case facts.CallMetered() if call.line == fact.line:
            call.pulses += 1
        case facts.CallAnswered() if call.answered_ns == NEVER:
            call.answered_ns, call.answered_utc_ms = envelope.monotonic_ns, envelope.utc_ms
            call.utc_offset_min = envelope.utc_offset_min
        case facts.CallConnected() if not call.outgoing:
            call.extension, call.agent = fact.extension, fact.agent
