"""Callers from outside who want a dial tone: who may, who has tried too often, and what is dialled for them."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine import facts
from engine.calls.router import Router
from engine.calls.routing.decision import OutgoingCall
from engine.calls.switch import Call
from engine.control.charge_accounts import ChargeAccounts, ChargeRefused
from engine.control.led_outside import LedOutside
from engine.control.outside_calls import REFUSAL_PROMPTS, OutsideRefused
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock
from engine.kernel.text import text, text_written
from engine.settings.disa import DisaSection
from engine.settings.site import ChargeAccountSection
from engine.telephony.causes import Release

__all__ = ["DISA_ALARM", "DisaDoors"]

DISA_ALARM = "disa.locked"
CALLERS_MOST = 10_000
"""Callers whose wrong PINs are remembered; the one who tried first is forgotten."""
MS_A_MINUTE = 60_000
InVain = Callable[[Call, Release], None]


@dataclass
class _Tries:
    """Wrong PINs in a row from one number."""

    wrong: int = 0
    locked_until_ms: int = 0


class DisaDoors:
    """One per appliance. ``locked_until``: UTC ms by caller, as the journal knows it."""

    def __init__(
        self, bus: Bus, clock: Clock, router: Router, accounts: ChargeAccounts, led: LedOutside, locked_until: Mapping[str, int]
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._router = router
        self._accounts = accounts
        self._led = led
        self._tries = {caller: _Tries(0, until_ms) for caller, until_ms in locked_until.items()}

    def open(self, call: Call, section: DisaSection, in_vain: InVain) -> _Door:
        """The door for one caller; ``in_vain`` is told when nobody answers whom he has called."""
        caller = call.caller.number if call.caller.number and not call.caller.doubtful else call.line
        return _Door(self, call, section, caller, in_vain)

    # ---- what doors share --------------------------------------------------------------------------------------------

    def locked(self, caller: str) -> bool:
        """Too many wrong PINs came from there."""
        return self._clock.utc_ms() < self._tries.get(caller, _Tries()).locked_until_ms

    def enter_account(self, account: str, pin: str, by: str) -> ChargeAccountSection:
        """Raises ChargeRefused."""
        return self._accounts.enter(account, pin, by)

    def left_li(self, account: ChargeAccountSection) -> int | None:
        """What the account may still spend."""
        return self._accounts.credit(account).left_li

    def lead(self, call: Call, asked: OutgoingCall, in_vain: InVain) -> None:
        """Raises OutsideRefused."""
        self._led.lead(call, asked, self._router.routing.site.numbering.ring_timeout_s, in_vain)

    def told(self, call: Call, section: DisaSection, caller: str, outcome: str) -> None:
        """Every try is a fact; wrong PINs in a row lock the caller."""
        desk = self._router.routing.site.desk
        self._bus.publish(facts.DisaTried(call=call.id, disa=section.name, outcome=outcome), call.interaction)
        before = self._tries.pop(caller, _Tries())
        wrong = {"wrong_pin": before.wrong + 1, "right": 0}.get(outcome, before.wrong)
        while len(self._tries) >= CALLERS_MOST:
            del self._tries[next(iter(self._tries))]
        self._tries[caller] = _Tries(wrong)
        if wrong >= desk.pin_tries:
            self._lock(caller, self._clock.utc_ms() + round(desk.lock_min * MS_A_MINUTE))

    def _lock(self, caller: str, until_ms: int) -> None:
        """Somebody guesses: that is told to people, until he may try again."""
        self._tries[caller] = _Tries(0, until_ms)
        self._bus.publish(facts.DisaLocked(caller=caller, until_utc_ms=until_ms))
        said = text("{caller} has tried too many PINs for a dial tone. Does somebody guess?", caller=caller)
        self._bus.publish(facts.AlarmRaised(alarm=DISA_ALARM, about=caller, sentence=said.in_english(), said=text_written(said)))
        over = facts.AlarmCleared(alarm=DISA_ALARM, about=caller)
        self._clock.call_later(max(0, until_ms - self._clock.utc_ms()) / 1000, lambda: self._over(over))

    def _over(self, over: facts.AlarmCleared) -> None:
        self._bus.publish(over)


class _Door:
    """One caller. Implements ``engine.ivr.disa.DisaDoor``."""

    def __init__(self, doors: DisaDoors, call: Call, section: DisaSection, caller: str, in_vain: InVain) -> None:
        self._doors = doors
        self._call = call
        self._section = section
        self._caller = caller
        self._in_vain = in_vain
        self._account: ChargeAccountSection | None = None
        self._pin = ""

    @property
    def locked(self) -> bool:
        """Too many tries came from this caller."""
        return self._doors.locked(self._caller)

    @property
    def left_li(self) -> int | None:
        """Of the charge account, where that has a limit."""
        return self._doors.left_li(self._account) if self._account is not None else None

    def enter(self, account: str, pin: str) -> str:
        """Judge what was typed."""
        refusal = self._judged(account, pin)
        outcome = "right" if not refusal else "wrong_pin" if refusal == "wrong_pin" else "refused"
        self._doors.told(self._call, self._section, self._caller, outcome)
        return refusal

    def _judged(self, account: str, pin: str) -> str:
        if self._section.access == "pin":  # the comparison takes the same time wherever the first difference is
            right = self._section.pin != "" and hmac.compare_digest(self._section.pin.encode(), pin.encode())
            return "" if right else "wrong_pin"
        try:
            self._account, self._pin = self._doors.enter_account(account, pin, self._call.line), pin
        except ChargeRefused as refusal:
            return "too_many_tries" if refusal.reason == "charge_locked" else REFUSAL_PROMPTS[refusal.reason]
        return ""

    def lead(self, number: str) -> str:
        """Dial it, as far as the class of service and the money permit."""
        asked = OutgoingCall(self._call.line, number, service_class=self._section.service_class)
        if self._account is not None:
            asked = OutgoingCall(
                self._call.line,
                number,
                pin=self._pin,
                charge_account=self._account.number,
                service_class=self._account.service_class or self._section.service_class,
            )
        try:
            self._doors.lead(self._call, asked, self._in_vain)
        except OutsideRefused as refusal:
            return refusal.prompt
        return ""
