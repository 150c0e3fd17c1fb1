"""The newest offer of each call of late: why this agent, who was passed over, and what came of it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from engine import facts
from engine.kernel.bus import Envelope

__all__ = ["CALLS_KEPT", "LastOffer", "Offers"]

CALLS_KEPT = 1000
"""Calls whose last offer is remembered; of older ones the journal tells."""


@dataclass(frozen=True)
class LastOffer:
    """``times``: how often the call has been offered; ``outcome``: empty while the phone rings, ``answered``, or why the ringing ended."""

    offer: facts.CallOffered
    utc_ms: int
    times: int
    outcome: str = ""


class Offers:
    """Hears every fact."""

    def __init__(self, most: int = CALLS_KEPT) -> None:
        self._most = most
        self._last: OrderedDict[str, LastOffer] = OrderedDict()

    def of(self, call: str) -> LastOffer | None:
        """The newest offer of a call; None when it never was offered, or too long ago."""
        return self._last.get(call)

    def hear(self, envelope: Envelope) -> None:
        """Subscribe this to the bus."""
        match envelope.fact:
            case facts.CallOffered(call=call) as offer:
                before = self._last.pop(call, None)
                self._last[call] = LastOffer(offer, envelope.utc_ms, before.times + 1 if before else 1)
                if len(self._last) > self._most:
                    self._last.popitem(last=False)
            case facts.OfferEnded(call=call, outcome=outcome):
                self._ended(call, outcome)
            case facts.StintEnded(call=call, outcome="answered"):
                self._ended(call, "answered")

    def _ended(self, call: str, outcome: str) -> None:
        last = self._last.get(call)
        if last is not None:
            self._last[call] = replace(last, outcome=outcome)
