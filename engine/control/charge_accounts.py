"""Accounts that calls are charged to: who knows number and PIN calls on one, as long as there is money, and nobody guesses a PIN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine import facts
from engine.calls.charging.charge import ChargedCall, affordable_s
from engine.calls.charging.memory import ChargeMemory, month_of
from engine.calls.router import Router
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.text import text, text_written
from engine.people.pins import PinGuard, Verdict
from engine.settings.site import ChargeAccountSection
from engine.settings.tariff import LI_A_YUAN

__all__ = ["LOCKED_ALARM", "ChargeAccounts", "ChargeRefused", "Credit"]

LOCKED_ALARM = "charge-account.locked"
MS_A_MINUTE = 60_000
DAY_S = 86_400
OUTCOMES: Mapping[Verdict, tuple[str, str]] = {
    Verdict.UNKNOWN: ("unknown", "charge_pin_wrong"),
    Verdict.WRONG: ("wrong_pin", "charge_pin_wrong"),
    Verdict.NOW_LOCKED: ("locked", "charge_locked"),
    Verdict.LOCKED: ("locked", "charge_locked"),
}
"""What a fact tells of a try, and the key of the refusal. Who tries is not told which accounts there are."""


class ChargeRefused(Exception):  # outside calls make their own refusal of it
    """No call on the account; ``reason`` is a key of ``REFUSALS``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Credit:
    """What is left of an account. ``left_li`` None: any sum may be spent."""

    section: ChargeAccountSection
    balance_li: int
    spent_li: int
    left_li: int | None
    locked_until_utc_ms: int


class ChargeAccounts:
    """One per appliance. ``memory`` is the meter's: it counts what calls cost."""

    def __init__(self, bus: Bus, clock: Clock, router: Router, memory: ChargeMemory) -> None:
        self._bus = bus
        self._clock = clock
        self._router = router
        self._memory = memory
        self._guard = PinGuard({}, 1, 1)
        self.apply()
        for account, until_ms in memory.locked_until.items():
            self._guard.lock(account, until_ms)

    def apply(self) -> None:
        """The router has another version of the site."""
        desk, sections = self._router.routing.site.desk, self._router.routing.site.charge_accounts
        self._guard.apply({one.number: one.pin for one in sections}, desk.pin_tries, round(desk.lock_min * MS_A_MINUTE))

    def enter(self, account: str, pin: str, by: str) -> ChargeAccountSection:
        """Who gives number and PIN at the phone or line ``by`` may call on the account. Raises ChargeRefused; every try is told as a fact."""
        section = next((one for one in self._router.routing.site.charge_accounts if one.number == account), None)
        verdict = self._guard.judge(account, pin, self._clock.utc_ms())
        if verdict is not Verdict.RIGHT or section is None:
            outcome, reason = OUTCOMES.get(verdict, ("unknown", "charge_pin_wrong"))
            if verdict is Verdict.NOW_LOCKED:
                self._locked(account)
            self._tried(account if section else "", by, outcome)
            raise ChargeRefused(reason)
        refusal = self._refusal(section)
        self._tried(account, by, refusal.removeprefix("charge_") or "right")
        if refusal:
            raise ChargeRefused(refusal)
        return section

    def longest_s(self, section: ChargeAccountSection, call: ChargedCall, most_s: float) -> float:
        """How long this call can be paid: at most ``most_s`` (0: no limit), 0 for no limit. Raises ChargeRefused when it cannot begin."""
        left_li = self.credit(section).left_li
        if left_li is None:
            return most_s
        wanted_s = int(most_s) or DAY_S
        payable_s = affordable_s(call, self._router.routing, left_li, wanted_s)
        if payable_s == 0:
            raise ChargeRefused("charge_used")
        return float(payable_s) if payable_s < wanted_s else most_s

    def credit(self, section: ChargeAccountSection) -> Credit:
        """How an account stands now."""
        clock, memory = self._clock, self._memory
        spent = memory.spent_in(month_of(clock.utc_ms(), clock.utc_offset_min())).get(f"charge_account:{section.number}", 0)
        balance = memory.balances.get(section.number, 0)
        left: int | None = balance if section.kind == "prepaid" else None
        if section.kind == "postpaid" and section.month_most_yuan:
            left = section.month_most_yuan * LI_A_YUAN - spent
        return Credit(section, balance, spent, left, self._guard.locked_until(section.number))

    def credits(self) -> tuple[Credit, ...]:
        """Every account, in the order of the settings."""
        return tuple(self.credit(one) for one in self._router.routing.site.charge_accounts)

    def pay_in(self, account: str, amount_li: int, by: str, why: str) -> None:
        """Somebody has paid; below nothing: gets money back. Told as a fact."""
        self._bus.publish(facts.ChargeAccountCredited(account=account, amount_li=amount_li, by=by, why=why))

    def _refusal(self, section: ChargeAccountSection) -> str:
        credit = self.credit(section)
        if not section.open:
            return "charge_closed"
        if credit.left_li is not None and credit.left_li <= 0:
            return "charge_used"
        engaged = any(call.charge_account == section.number for call in self._memory.open.values())
        return "charge_in_use" if credit.left_li is not None and engaged else ""

    def _locked(self, account: str) -> None:
        """Somebody guesses: that is told to people, until the account may be used again."""
        until_ms = self._guard.locked_until(account)
        self._bus.publish(facts.ChargeAccountLocked(account=account, until_utc_ms=until_ms))
        said = text("Charge account {account} is locked after too many wrong PINs. Does somebody guess?", account=account)
        self._bus.publish(facts.AlarmRaised(alarm=LOCKED_ALARM, about=account, sentence=said.in_english(), said=text_written(said)))
        over = facts.AlarmCleared(alarm=LOCKED_ALARM, about=account)
        self._clock.call_later(max(0, until_ms - self._clock.utc_ms()) / 1000, lambda: self._over(over))

    def _over(self, over: facts.AlarmCleared) -> None:
        self._bus.publish(over)

    def _tried(self, account: str, by: str, outcome: str) -> None:
        self._bus.publish(facts.ChargeAccountTried(account=account, by=by, outcome=outcome))
