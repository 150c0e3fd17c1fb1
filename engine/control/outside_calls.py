"""Calls of desk phones to numbers outside: permitted by the site's rules or refused in words, told as facts, and ended when they last too long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine import facts
from engine.calls import call as c
from engine.calls.router import Router
from engine.calls.routing.decision import DayUse, Decision, Outcome, OutgoingCall, outcome_said
from engine.calls.routing.memory import LIMIT_ALARM
from engine.calls.routing.outbound import limit_reached
from engine.calls.switch import Call, Switch
from engine.control.limit_alarms import LimitAlarms
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock, Timer
from engine.kernel.text import Text, text
from engine.telephony.causes import Cause, Release

__all__ = ["LIMIT_ALARM", "REFUSAL_PROMPTS", "OutsideCalls", "OutsideRefused"]

TOO_LONG = Release(Cause.NORMAL_CALL_CLEARING, "time_limit")
MS_A_MINUTE = 60_000
REFUSAL_PROMPTS: Mapping[str, str] = {
    "black_list": "number_barred",
    "barred": "number_barred",
    "level": "number_barred",
    "after_hours": "number_barred",
    "calls_limit": "limit_reached",
    "talk_limit": "limit_reached",
    "budget_used": "limit_reached",
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

    def __init__(self, bus: Bus, clock: Clock, switch: Switch, router: Router) -> None:
        self._bus = bus
        self._clock = clock
        self._switch = switch
        self._router = router
        self._longest_s: dict[str, float] = {}
        self._timers: dict[str, Timer] = {}
        self._tries: dict[str, _Tries] = {}
        self._alarms = LimitAlarms(bus, clock, router.memory.alarms, {LIMIT_ALARM: self._still_reached})
        bus.subscribe("outside calls", self.hear)

    def look(self) -> None:
        """At a start, and when another version of the site is in force: alarms of limits that hold no more are over."""
        self._alarms.look()

    def permit(self, asked: OutgoingCall) -> Decision:
        """The decision for a call that may go out. Raises OutsideRefused."""
        desk = self._router.routing.site.desk
        tries = self._tries.get(asked.phone, _Tries())
        now_ms = self._clock.utc_ms()
        if asked.pin and now_ms < tries.locked_until_ms:
            locked = Decision(Outcome.REFUSED, "-", "pin_locked", number=asked.number)
            self._bus.publish(
                facts.OutsideCallRefused(phone=asked.phone, agent=asked.agent, called=asked.number, rule="-", reason="pin_locked")
            )
            raise OutsideRefused(outcome_said(locked), REFUSAL_PROMPTS["pin_locked"])
        decision = self._router.outgoing(asked)
        if asked.pin:
            wrong = tries.wrong + 1 if decision.reason == "pin_wrong" else 0
            locks = wrong >= desk.pin_tries
            self._tries[asked.phone] = _Tries(0, now_ms + round(desk.lock_min * MS_A_MINUTE)) if locks else _Tries(wrong)
        if decision.outcome is Outcome.REFUSED:
            self._alarm(asked.phone, decision)
            raise OutsideRefused(outcome_said(decision), REFUSAL_PROMPTS.get(decision.reason, "not_allowed_now"))
        return decision

    def placed(self, call: Call, dialled: str, decision: Decision) -> None:
        """The call is under way. Told where the site has rules; its time is counted from the answer on."""
        if decision.rule or decision.service_class or decision.account:
            permitted = facts.OutsideCallPermitted(
                call=call.id, dialled=dialled, route=decision.rule, service_class=decision.service_class, account=decision.account
            )
            self._bus.publish(permitted, call.interaction)
        if decision.longest_s > 0:
            self._longest_s[call.id] = decision.longest_s

    def hear(self, envelope: Envelope) -> None:
        """Answers begin the time of a call, its end ends it."""
        match envelope.fact:
            case facts.CallAnswered(call=call) if call in self._longest_s and call not in self._timers:
                self._timers[call] = self._clock.call_later(self._longest_s[call], lambda: self._end(call))
            case facts.CallEnded(call=call) if call in self._longest_s:
                del self._longest_s[call]
                timer = self._timers.pop(call, None)
                if timer is not None:
                    timer.cancel()

    def _end(self, call_id: str) -> None:
        call = self._switch.calls.get(call_id)
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
