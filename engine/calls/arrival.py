"""What is told of a call that arrives. Pure."""

from __future__ import annotations

from engine import facts
from engine.telephony.numbers import CallerId

__all__ = ["call_arrived"]


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
