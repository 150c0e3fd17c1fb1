"""Alarms about the month's money: a budget is nearly used, or used up."""

from __future__ import annotations

from collections.abc import Mapping

from engine import facts
from engine.calls.charging.words import money
from engine.calls.router import Router
from engine.calls.routing.memory import BUDGET_ALARM
from engine.control.limit_alarms import LimitAlarms
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock
from engine.kernel.text import Text, text
from engine.settings.tariff import LI_A_YUAN, BudgetSection

__all__ = ["BUDGET_SENTENCES", "BudgetWatch"]

BUDGET_SENTENCES: Mapping[str, Text] = {
    "used": text("Calls of {kind} {name} have cost {spent} this month: budget {budget} of {most} is used up."),
    "warning": text("Calls of {kind} {name} have cost {spent} this month, of {most} that budget {budget} permits."),
}
KINDS: Mapping[str, Text] = {"extension": text("extension"), "agent": text("agent"), "account": text("account code")}


class BudgetWatch:
    """One per appliance, made after the meter: it must have counted a call before its budgets are looked at."""

    def __init__(self, bus: Bus, clock: Clock, router: Router) -> None:
        self._router = router
        self._alarms = LimitAlarms(bus, clock, router.memory.alarms, {BUDGET_ALARM: self._holds})
        bus.subscribe("budgets", self.hear)

    def look(self) -> None:
        """At a start, and when another version of the site is in force: alarms that hold no more are over."""
        self._alarms.look()

    def hear(self, envelope: Envelope) -> None:
        """Look at the budgets of whoever has paid for a call."""
        fact = envelope.fact
        if not isinstance(fact, facts.CallCharged) or fact.direction != "outgoing" or not self._router.routing.budgets:
            return
        spent = self._router.state().spent
        for kind, name in (("extension", fact.extension), ("agent", fact.agent), ("account", fact.account)):
            budget = self._router.routing.budget_of(kind, name) if name else None
            if budget is not None:
                self._tell(budget, kind, name, spent.get(f"{kind}:{name}", 0))

    def _tell(self, budget: BudgetSection, kind: str, name: str, spent_li: int) -> None:
        level = _level(budget, spent_li)
        if level:
            values = {"kind": KINDS[kind], "name": name, "spent": money(spent_li), "budget": budget.name}
            said = Text(BUDGET_SENTENCES[level].msgid, {**values, "most": money(budget.month_most_yuan * LI_A_YUAN)})
            self._alarms.tell(BUDGET_ALARM, f"{kind}:{name}/{level}", said)

    def _holds(self, about: str, _values: Mapping[str, object]) -> bool:
        who, _, level = about.partition("/")
        kind, _, name = who.partition(":")
        budget = self._router.routing.budget_of(kind, name)
        return budget is not None and _level(budget, self._router.state().spent.get(who, 0)) == level


def _level(budget: BudgetSection, spent_li: int) -> str:
    """``used``, ``warning``, or empty."""
    most_li = budget.month_most_yuan * LI_A_YUAN
    if spent_li >= most_li:
        return "used"
    return "warning" if budget.warn_percent > 0 and spent_li * 100 >= most_li * budget.warn_percent else ""
