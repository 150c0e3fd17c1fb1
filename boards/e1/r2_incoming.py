"""The incoming R2 register: asks for the digits of the called number, for the caller's, and says what becomes of the call.

Sources: ITU-T Q.441 (compelled signalling), Q.442 (pulses), Q.476 (how long a register waits); China No.1: A6 asks for KA and the caller's
number, A3 for KD, and group B follows.

    Resting ──start──▶ Listening ──digit──▶ Asking ──more: A1──▶ Replying ──forward off──▶ Listening …
                         ▲    │                └─ complete: A3 ─▶ Replying ─▶ Listening ──category──▶ Offering ──B──▶ Closing ─▶ Settling ─▶ Resting
                         │    └ no more digits ─▶ Asking (silent) ─▶ PausingBeforePulse ─▶ Pulsing ─┐
                         └──────────────────────────────────────────────────────────────────────────┘

The far end's signal stands until ours answers it: while the dial plan is asked, and while the call is offered, the line simply waits, which it
does for 15 s. Each wait of ours is shorter. What the far end sends while our own signal stands has no row: it must not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from boards.e1.r2_code import DIGITS, NUMBER_MOST, Meaning, RegisterCode, Request, digit_of
from boards.e1.r2_incoming_words import (
    DIGIT_WAIT,
    FORWARD_STAYS,
    FORWARD_WAIT,
    OFFER_WAIT,
    PLAN_WAIT,
    PULSE_ON,
    PULSE_PAUSE,
    REFUSED,
    SETTLE,
    AskCaller,
    Asking,
    AskPlan,
    CallReady,
    Closing,
    IncomingPolicy,
    Listening,
    Offering,
    PausingBeforePulse,
    Pulsing,
    Replying,
    Resting,
    Say,
    Settling,
    Sheet,
    StartReceiving,
    Wanted,
)
from boards.e1.r2_outgoing import Concluded, Failed, StopRegister, Transmit
from boards.e1.r2_words import ForwardGone, ForwardHeard, Outcome, PlanSays, Verdict
from engine.kernel.fsm import Expired, Start, Step, Table

__all__ = ["incoming_table"]

WANTED = {
    Request.NEXT: Wanted.CALLED,
    Request.CALLER_CLASS: Wanted.CALLER_CLASS,
    Request.NEXT_CALLER: Wanted.CALLER,
    Request.CATEGORY: Wanted.CATEGORY,
}
REFUSAL_CHAIN: tuple[Outcome, ...] = (Outcome.BUSY_OR_CONGESTED, Outcome.CONGESTED, Outcome.BUSY)
"""What is said instead when a country has no signal for an outcome."""


@dataclass(frozen=True)
class IncomingRows:
    """The rows for one country's signals and one trunk's policy."""

    code: RegisterCode
    policy: IncomingPolicy

    # ---- digits ------------------------------------------------------------------------------------------------------

    def start(self, _state: Resting, _event: StartReceiving) -> Step[object]:
        """Wait for the first digit."""
        return self._listen(Sheet(), Wanted.CALLED)

    def heard(self, state: Listening, event: ForwardHeard) -> Step[object]:
        """The signal that was wanted."""
        take = {
            Wanted.CALLED: self._called_digit,
            Wanted.CALLER_CLASS: self._caller_class,
            Wanted.CALLER: self._caller_digit,
            Wanted.CATEGORY: self._category,
        }[state.wanted]
        return take(state.sheet, event.signal)

    def no_more(self, state: Listening, _event: Expired) -> Step[object]:
        """No further digit comes: the number may be complete. A caller's number that stops, or never begins, does not stop the call."""
        if state.wanted is Wanted.CALLER:
            return self._pulse(state.sheet) if state.sheet.complete else self._give_up(state.sheet)
        return Step(Asking(state.sheet, silent=True), (AskPlan(state.sheet.called, ended=True), Start(PLAN_WAIT)))

    def nothing(self, state: Listening, _event: Expired) -> Step[object]:
        """The far end does not go on."""
        return self._give_up(state.sheet)

    def plan_says(self, state: Asking, event: PlanSays) -> Step[object]:
        """Go on as the dial plan says."""
        sheet, verdict = state.sheet, event.verdict
        if verdict is Verdict.MORE and not state.silent:
            if self.policy.ask_caller is AskCaller.AFTER_DIGITS and not sheet.asked and len(sheet.called) >= self.policy.caller_after:
                return self._request(sheet, Request.CALLER_CLASS)
            return self._request(sheet, Request.NEXT)
        refused = REFUSED.get(verdict, Outcome.UNALLOCATED if verdict is Verdict.MORE else None)
        sheet = replace(sheet, complete=True, refused=refused)
        if state.silent:
            return self._pulse(sheet)
        if refused is not None:
            signal = self.code.signal(sheet.group, refused)
            return self._request(sheet, Request.CATEGORY) if signal is None else self._close(refused, signal)
        if self.policy.ask_caller is not AskCaller.NEVER and not sheet.asked:
            return self._request(sheet, Request.CALLER_CLASS)
        return self._complete(sheet)

    def plan_silent(self, state: Asking, _event: Expired) -> Step[object]:
        """The dial plan does not say: the far end hears congestion."""
        return self.plan_says(state, PlanSays(Verdict.CONGESTED))

    # ---- cycles and pulses -------------------------------------------------------------------------------------------

    def replied(self, state: Replying, _event: ForwardGone) -> Step[object]:
        """The far end has understood."""
        return self._listen(state.sheet, state.wanted, Transmit(None))

    def stuck(self, _state: Replying | Closing, _event: Expired) -> Step[object]:
        """Its signal does not end."""
        return Step(Resting(), (Transmit(None), Failed("register_time_out")))

    def pulse(self, state: PausingBeforePulse, _event: Expired) -> Step[object]:
        """Send it."""
        return Step(Pulsing(state.sheet, state.outcome), (Transmit(state.signal), Start(PULSE_ON)))

    def pulsed(self, state: Pulsing, _event: Expired) -> Step[object]:
        """The pulse is over."""
        if state.outcome is not None:
            return Step(Resting(), (Transmit(None), Concluded(state.outcome)))
        return self._listen(state.sheet, Wanted.CATEGORY, Transmit(None))

    # ---- the end -----------------------------------------------------------------------------------------------------

    def say(self, state: Offering, event: Say) -> Step[object]:
        """What becomes of the call; when the country has no word for it, the next best."""
        for outcome in (event.outcome, *((Outcome.FREE,) if event.outcome.free else REFUSAL_CHAIN)):
            signal = self.code.signal(state.sheet.group, outcome)
            if signal is not None:
                return self._close(event.outcome, signal)
        return Step(Resting(), (Failed("unknown_signal"),))

    def nobody_said(self, state: Offering, _event: Expired) -> Step[object]:
        """Nobody accepted or refused in time: congestion."""
        return self.say(state, Say(Outcome.CONGESTED))

    def closed(self, state: Closing, _event: ForwardGone) -> Step[object]:
        """The far end has understood; bits are faster than audio, so an answer does not follow at once."""
        if not state.outcome.free:
            return Step(Resting(), (Transmit(None), Concluded(state.outcome)))
        return Step(Settling(state.outcome), (Transmit(None), Start(SETTLE)))

    def settled(self, state: Settling, _event: Expired) -> Step[object]:
        """Register signalling is over at both ends."""
        return Step(Resting(), (Concluded(state.outcome),))

    def stop(self, _state: object, _event: StopRegister) -> Step[object]:
        """Be quiet."""
        return Step(Resting(), (Transmit(None),))

    # ---- in common ---------------------------------------------------------------------------------------------------

    def _called_digit(self, sheet: Sheet, signal: int) -> Step[object]:
        ended = signal > len(DIGITS)
        if not ended:
            sheet = replace(sheet, called=sheet.called + digit_of(signal))
        ended = ended or len(sheet.called) == NUMBER_MOST
        return Step(Asking(sheet), (AskPlan(sheet.called, ended), Start(PLAN_WAIT)))

    def _caller_class(self, sheet: Sheet, signal: int) -> Step[object]:
        return self._request(replace(sheet, caller_class=signal), Request.NEXT_CALLER)

    def _caller_digit(self, sheet: Sheet, signal: int) -> Step[object]:
        withheld = signal == self.code.caller_withheld
        if withheld or signal in (self.code.caller_end, len(DIGITS) + 1):
            return self._go_on(replace(sheet, group=self.code.after_caller(), withheld=withheld))
        if len(sheet.caller) == NUMBER_MOST:
            return Step(Resting(), (Failed("endless"),))
        sheet = replace(sheet, caller=sheet.caller + digit_of(signal))
        # where one signal asks for either number's digits, the far end alone can end the caller's
        if len(sheet.caller) >= self.policy.caller_most and self.code.signal(sheet.group, Request.NEXT) is not None:
            return self._go_on(sheet)
        return self._request(sheet, Request.NEXT_CALLER)

    def _go_on(self, sheet: Sheet) -> Step[object]:
        return self._complete(sheet) if sheet.complete else self._request(sheet, Request.NEXT)

    def _complete(self, sheet: Sheet) -> Step[object]:
        if self.policy.skip_category and self.code.signal(sheet.group, Outcome.FREE) is not None:
            return self._offer(sheet)
        return self._request(sheet, Request.CATEGORY)

    def _offer(self, sheet: Sheet) -> Step[object]:
        return Step(Offering(sheet), (CallReady(sheet), Start(OFFER_WAIT)))

    def _category(self, sheet: Sheet, signal: int) -> Step[object]:
        sheet = replace(sheet, category=signal, group=self.code.group_b(signal))
        return self._offer(sheet) if sheet.refused is None else self.say(Offering(sheet), Say(sheet.refused))

    def _request(self, sheet: Sheet, request: Request) -> Step[object]:
        signal = self._signal(sheet, request)
        if request is Request.CALLER_CLASS:
            sheet = replace(sheet, asked=True)
        sheet = replace(sheet, group=self.code.after_request(sheet.group, request))
        return Step(Replying(sheet, WANTED[request]), (Transmit(signal), Start(FORWARD_STAYS)))

    def _signal(self, sheet: Sheet, meaning: Meaning) -> int:
        signal = self.code.signal(sheet.group, meaning)
        assert signal is not None, f"{self.code.name} cannot say {meaning} in group {sheet.group}"
        return signal

    def _close(self, outcome: Outcome, signal: int) -> Step[object]:
        return Step(Closing(outcome), (Transmit(signal), Start(FORWARD_STAYS)))

    def _give_up(self, sheet: Sheet) -> Step[object]:
        """Say so by a pulse."""
        signal = self.code.signal(sheet.group, Outcome.CONGESTED)
        if signal is None:
            return Step(Resting(), (Failed("register_time_out"),))
        return Step(PausingBeforePulse(sheet, signal, Outcome.CONGESTED), (Start(PULSE_PAUSE),))

    def _pulse(self, sheet: Sheet) -> Step[object]:
        return Step(PausingBeforePulse(sheet, self._signal(sheet, Request.CATEGORY)), (Start(PULSE_PAUSE),))

    def _listen(self, sheet: Sheet, wanted: Wanted, *first: object) -> Step[object]:
        begun = wanted is Wanted.CALLER or (wanted is Wanted.CALLED and sheet.called)
        wait = Start(DIGIT_WAIT, self.policy.digit_wait_s) if begun else Start(FORWARD_WAIT)
        return Step(Listening(sheet, wanted), (*first, wait))


# ---- table -----------------------------------------------------------------------------------------------------------

GAVE_UP = "the far end gave up waiting; its clear forward follows"
CROSSED = "the call ended, or was decided, at the same moment"
NOT_YET = "a signal that a pulse crosses is answered by the pulse (Q.442)"


def incoming_table(code: RegisterCode, policy: IncomingPolicy | None = None) -> Table:
    """The incoming register of a country, for a trunk of this policy."""
    rows = IncomingRows(code, policy or IncomingPolicy())
    working = (Listening, Asking, Replying, PausingBeforePulse, Pulsing, Offering, Closing, Settling)
    return Table(
        "R2 incoming register",
        Resting(),
        rows={
            (Resting, StartReceiving): rows.start,
            (Listening, ForwardHeard): rows.heard,
            (Listening, DIGIT_WAIT): rows.no_more,
            (Listening, FORWARD_WAIT): rows.nothing,
            (Asking, PlanSays): rows.plan_says,
            (Asking, PLAN_WAIT): rows.plan_silent,
            (Replying, ForwardGone): rows.replied,
            (Replying, FORWARD_STAYS): rows.stuck,
            (PausingBeforePulse, PULSE_PAUSE): rows.pulse,
            (Pulsing, PULSE_ON): rows.pulsed,
            (Offering, Say): rows.say,
            (Offering, OFFER_WAIT): rows.nobody_said,
            (Closing, ForwardGone): rows.closed,
            (Closing, FORWARD_STAYS): rows.stuck,
            (Settling, SETTLE): rows.settled,
            **{(state, StopRegister): rows.stop for state in working},
        },
        ignored={
            (Resting, StopRegister): "it rests",
            **{(Resting, event): CROSSED for event in (ForwardHeard, ForwardGone, PlanSays, Say)},
            **{(state, PlanSays): CROSSED for state in working if state is not Asking},
            **{(state, Say): CROSSED for state in working if state is not Offering},
            (Asking, ForwardGone): GAVE_UP,
            (Offering, ForwardGone): GAVE_UP,
            **{(state, event): NOT_YET for state in (PausingBeforePulse, Pulsing) for event in (ForwardHeard, ForwardGone)},
            (Listening, ForwardGone): "the end of a signal that a pulse crossed",
        },
        timers={
            Listening: (FORWARD_WAIT, DIGIT_WAIT),
            Asking: (PLAN_WAIT,),
            Replying: (FORWARD_STAYS,),
            PausingBeforePulse: (PULSE_PAUSE,),
            Pulsing: (PULSE_ON,),
            Offering: (OFFER_WAIT,),
            Closing: (FORWARD_STAYS,),
            Settling: (SETTLE,),
        },
    )
