"""What is told of a call that arrives, how a phone rings for a call, and whether a call outwards may be tried again. Pure."""

from __future__ import annotations

from engine import facts
from engine.calls import call as c
from engine.telephony.lines import RingKind
from engine.telephony.numbers import CallerId

__all__ = ["call_arrived", "is_attempt", "ring_kind"]


def call_arrived(call: str, line: str, caller: CallerId, called: str) -> facts.CallArrived:
    """The fact of a call from outside, with all that the line knows of the caller."""
    redirection = caller.redirection
    return facts.CallArrived(
        call=call,
        line=line,
        calling=caller.number,
        calling_name=caller.name,
        called=called,
        doubtful=caller.doubtful,
        absence=caller.absence,
        screening=caller.screening,
        redirecting=redirection.number if redirection else "",
        redirected=redirection.why if redirection else "",
    )


def is_attempt(state: object) -> bool:
    """A call outwards that another line may still carry: nobody has answered, and the user has not been told why it fails."""
    return isinstance(state, c.Seizing) or (isinstance(state, c.Proceeding) and state.failing is None)


def ring_kind(state: object, direction: str) -> RingKind:
    """Why a phone rings for a call in this state of its machine, ``in``, ``out`` or ``inside``."""
    if isinstance(state, c.Recalling):
        return RingKind.RECALL
    return RingKind.INTERNAL if direction == "inside" else RingKind.QUEUE
