"""Calls of desk phones to numbers outside: permitted by the site's rules or refused in words, told as facts, and ended when they last too long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine import facts
from engine.calls import call as c
from engine.calls.charging.memory import MeteredCall
from engine.calls.charging.meter import charged_call
from engine.calls.router import Router
from engine.calls.routing.decision import DayUse, Decision, Outcome, OutgoingCall, outcome_said
from engine.calls.routing.memory import LIMIT_ALARM
from engine.calls.routing.outbound import limit_reached
from engine.calls.switch import Call, Switch
from engine.control.charge_accounts import ChargeAccounts, ChargeRefused
from engine.control.limit_alarms import LimitAlarms
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock, Timer
from engine.kernel.text import Text, text
from engine.telephony.causes import Cause, Release

__all__ = ["LIMIT_ALARM", "REFUSAL_PROMPTS", "OutsideCalls", "OutsideRefused"]

TOO_LONG = Release(Cause.NORMAL_CALL_CLEARING, "time_limit")
MS_A_MINUTE = 60_000
WARNING_S = 30.0
"""So long before a call is ended those who talk hear a tone."""
REFUSAL_PROMPTS: Mapping[str, str] = {
    "black_list": "number_barred",
    "barred": "number_barred",
    "level": "number_barred",
    "after_hours": "number_barred",
    "calls_limit": "limit_reached",
    "talk_limit": "limit_reached",
    "budget_used": "limit_reached",
    "charge_pin_wrong": "wrong_pin",
    "charge_locked": "locked_out",
    "charge_closed": "not_allowed_now",
    "charge_used": "balance_used",
    "charge_in_use": "not_allowed_now",
    "pin_wrong": "wrong_pin",
    "pin_locked": "locked_out",
    "account_missing": "account_wanted",
    "account_unknown": "account_wanted",
    "no_route": "number_unknown",
}
"""What is spoken to who is refused."""


class OutsideRefused(Exception):  # control makes an ActRefused of it
    """The rules of the site refuse a call: ``said`` for readers, ``prompt`` for listeners."""

    def __init__(self, said: Text, prompt: str) -> None:
        super().__init__(said.in_english())
        self.said, self.prompt = said, prompt


@dataclass
class _Tries:
    """Wrong PINs in a row at one phone."""

    wrong: int = 0
    locked_until_ms: int = 0


class OutsideCalls:
    """One per appliance."""

    def __init__(self, bus: Bus, clock: Clock, switch: Switch, router: Router, accounts: ChargeAccounts) -> None:
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self._router = router
        self._accounts = accounts
        self._longest_s: dict[str, float] = {}
        self._timers: dict[str, Timer] = {}
        self._now_in: dict[str, str] = {}
        self._tries: dict[str, _Tries] = {}
        self._alarms = LimitAlarms(bus, clock, router.memory.alarms, {LIMIT_ALARM: self._still_reached})
        bus.subscribe("outside calls", self.hear)

    def look(self) -> None:
        """At a start, and when another version of the site is in force: alarms of limits that hold no more are over."""
        self._alarms.look()

    def permit(self, asked: OutgoingCall) -> Decision:
        """The decision for a call that may go out. Raises OutsideRefused."""
        if asked.number in self._router.routing.emergency:
            return self._by_rules(replace(asked, pin=""))  # nobody is kept from it by a PIN
        return self._on_account(asked) if asked.charge_account else self._by_rules(asked)

    def _on_account(self, asked: OutgoingCall) -> Decision:
        """Charged to an account: its PIN, its class of service, and as long as its money lasts."""
        self._check_lock(asked)
        try:
            section = self._accounts.enter(asked.charge_account, asked.pin, asked.phone)
            self._count_pin(asked.phone, wrong=False)
            decision = self._by_rules(replace(asked, pin="", service_class=section.service_class or asked.service_class))
            way = decision.ways[0] if decision.ways else ""
            call = MeteredCall(outgoing=True, line=way, called=asked.number, group=way, route=decision.rule)
            priced = replace(charged_call(call, 0, self._router.routing), answered=self._router.now())
            longest_s = self._accounts.longest_s(section, priced, decision.longest_s)
        except ChargeRefused as refusal:
            self._count_pin(asked.phone, wrong=refusal.reason == "charge_pin_wrong")
            raise self._refused(asked, refusal.reason) from refusal
        return replace(decision, longest_s=longest_s, charge_account=section.number)

    def _check_lock(self, asked: OutgoingCall) -> None:
        if self._clock.utc_ms() < self._tries.get(asked.phone, _Tries()).locked_until_ms:
            raise self._refused(asked, "pin_locked")

    def _count_pin(self, phone: str, *, wrong: bool) -> None:
        """Wrong PINs in a row lock the phone for calls with a PIN, whichever they were tried for."""
        desk, tries = self._router.routing.site.desk, self._tries.get(phone, _Tries())
        count = tries.wrong + 1 if wrong else 0
        locks = count >= desk.pin_tries
        self._tries[phone] = _Tries(0, self._clock.utc_ms() + round(desk.lock_min * MS_A_MINUTE)) if locks else _Tries(count)

    def _refused(self, asked: OutgoingCall, reason: str) -> OutsideRefused:
        """Told as a fact, and in words."""
        self._bus.publish(facts.OutsideCallRefused(phone=asked.phone, agent=asked.agent, called=asked.number, rule="-", reason=reason))
        said = outcome_said(Decision(Outcome.REFUSED, "-", reason, number=asked.number))
        return OutsideRefused(said, REFUSAL_PROMPTS[reason])

    def _by_rules(self, asked: OutgoingCall) -> Decision:
        if asked.pin:
            self._check_lock(asked)
        decision = self._router.outgoing(asked)
        if asked.pin:
            self._count_pin(asked.phone, wrong=decision.reason == "pin_wrong")
        if decision.outcome is Outcome.REFUSED:
            self._alarm(asked.phone, decision)
            raise OutsideRefused(outcome_said(decision), REFUSAL_PROMPTS.get(decision.reason, "not_allowed_now"))
        return decision

    def placed(self, call: Call, dialled: str, decision: Decision) -> None:
        """The call is under way. Told where the site has rules; its time is counted from the answer on."""
        if decision.rule or decision.service_class or decision.account or decision.charge_account:
            permitted = facts.OutsideCallPermitted(
                call=call.id,
                dialled=dialled,
                route=decision.rule,
                service_class=decision.service_class,
                account=decision.account,
                charge_account=decision.charge_account,
            )
            self._bus.publish(permitted, call.interaction)
        self.limit(call, decision.longest_s)

    def limit(self, call: Call, longest_s: float) -> None:
        """End the call so long after its next answer; 0: never."""
        if longest_s > 0:
            self._longest_s[call.id] = longest_s

    def hear(self, envelope: Envelope) -> None:
        """Answers begin the time of a call, its end ends it. Of one whose parties come into another call the time goes on there."""
        match envelope.fact:
            case facts.CallAnswered(call=call):
                for began in self._limited(call):
                    if began not in self._timers:
                        self._begin(began)
            case facts.CallTransferred(call=call, other=other) | facts.CallsJoined(call=call, other=other):
                for began in self._limited(other):
                    self._now_in[began] = call
            case facts.CallEnded(call=call):
                for began in self._limited(call):
                    self._forget(began)

    def _limited(self, call: str) -> list[str]:
        """The calls with a limit whose parties are in this one."""
        return [began for began in self._longest_s if self._now_in.get(began, began) == call]

    def _forget(self, began: str) -> None:
        del self._longest_s[began]
        self._now_in.pop(began, None)
        timer = self._timers.pop(began, None)
        if timer is not None:
            timer.cancel()

    def _begin(self, began: str) -> None:
        until_warning_s = max(0.0, self._longest_s[began] - WARNING_S)
        self._timers[began] = self._clock.call_later(until_warning_s, lambda: self._warn(began))

    def _warn(self, began: str) -> None:
        """The call will be over soon: those who talk hear it, unless it was so short that there is nothing to warn of."""
        longest_s, call = self._longest_s[began], self._switch.calls.get(self._now_in.get(began, began))
        if call is not None and longest_s > WARNING_S:
            self._switch.warn(call)
        self._timers[began] = self._clock.call_later(min(longest_s, WARNING_S), lambda: self._end(began))

    def _end(self, call_id: str) -> None:
        call = self._switch.calls.get(self._now_in.get(call_id, call_id))
        if call is not None:
            call.post(c.End(TOO_LONG, "system"))

    def _alarm(self, phone: str, decision: Decision) -> None:
        """Once a day for each phone: somebody should look whether it is a person who calls so much."""
        if decision.reason not in {"calls_limit", "talk_limit"}:
            return
        said = text(
            "Phone {phone} has reached the daily limit of class {rule} for calls outside. Look at its calls.",
            phone=phone,
            rule=decision.rule,
        )
        self._alarms.tell(LIMIT_ALARM, phone, said)

    def _still_reached(self, phone: str, values: Mapping[str, object]) -> bool:
        """The class that the alarm names still stops the phone, by what it has called today."""
        section = self._router.routing.classes.get(str(values.get("rule")))
        today = self._router.memory.today(self._router.now().date()).get(phone, DayUse())
        return section is not None and limit_reached(section, today) != ""
