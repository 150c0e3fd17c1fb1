"""Whether the line confirms what an agent is said to do. Pure.

Every state between an offer and its end is a lease: it is held as long as the agent's phone does what the state says. ``truth`` is read from the phone,
``judge`` gives the event that brings the agent back to what is true, or None when both agree. It is asked every ``CHECK_S``, so that whatever broke (a row
of ours that raised, an event that was lost, a card pulled out) no agent is kept in a state for longer than that.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.acd import agent as a
from engine.calls.switch import Phone

__all__ = ["CHECK_S", "Truth", "judge", "truth_of"]

CHECK_S = 1.0
"""Half of the time that a state may last unconfirmed."""


@dataclass(frozen=True)
class Truth:
    """What a phone does: the call that it rings for, and those that it takes part in."""

    in_service: bool
    rings_for: str = ""
    talks_in: tuple[str, ...] = ()


def truth_of(phone: Phone | None) -> Truth:
    """Read it from the phone; a phone that is gone is out of service."""
    if phone is None:
        return Truth(in_service=False)
    calls = tuple(call.id for call in (phone.call, phone.held) if call is not None)
    return Truth(phone.station.in_service, phone.rung_by.id if phone.rung_by is not None else "", calls)


def judge(state: object, truth: Truth, now_ns: int) -> object | None:
    """The event that mends the agent's state; None when the line confirms it."""
    match state:
        case a.Reserved(call=call) if call in truth.talks_in:
            return a.AnswerOffer()
        case a.Offered(call=call) if truth.rings_for != call:
            return a.LeaseLost(now_ns)
        case a.Talking(call=call) | a.OwnCall(call=call) if call not in truth.talks_in:
            return a.LeaseLost(now_ns)
        case a.Ready() | a.NotReady() if truth.talks_in:
            return a.OwnCallBegan(truth.talks_in[0])
        case a.NotReady(reasons=reasons) if truth.in_service and a.LINE_FAULT in reasons:
            return a.ReasonOver(a.LINE_FAULT, now_ns)
        case a.Ready() if not truth.in_service:
            return a.BecomeNotReady(a.LINE_FAULT)
        case _:
            return None
