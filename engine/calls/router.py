"""Routing while the appliance runs: asks the pure decision with what is known at the moment, and tells what was decided.

One per appliance. What a call began with it keeps: a decision is taken once for each call and target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from engine import facts
from engine.calls.routing.decision import Decision, IncomingCall, Outcome, OutgoingCall, RoutingState
from engine.calls.routing.inbound import next_target
from engine.calls.routing.memory import RoutingMemory, local_moment
from engine.calls.routing.plan import SiteRouting
from engine.calls.routing.route import route
from engine.kernel.bus import Bus
from engine.kernel.clock import Clock

__all__ = ["Availability", "Router"]

Availability = Callable[[], tuple[frozenset[str], frozenset[str]]]
"""Which targets are busy, and which are out of service, at this moment, as targets are written."""


Spending = Callable[[], Mapping[str, int]]
"""What calls outside have cost this month, as ``RoutingState.spent``."""


def _all_free() -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(), frozenset()


def _nothing() -> Mapping[str, int]:
    return {}


Seen = Callable[[RoutingState], RoutingState]
"""The state as inbound routes are to see it."""


def _as_it_is(state: RoutingState) -> RoutingState:
    return state


class Router:
    """``memory`` is what the journal knows of the time before."""

    def __init__(self, bus: Bus, clock: Clock, routing: SiteRouting, memory: RoutingMemory | None = None) -> None:
        self._bus = bus
        self._clock = clock
        self.routing = routing
        self.memory = memory or RoutingMemory()
        self._available: Availability = _all_free
        self._spent: Spending = _nothing
        self._seen: Seen = _as_it_is
        bus.subscribe("routing", self.memory.apply)

    def wire(self, available: Availability) -> None:
        """Who knows which targets can take a call."""
        self._available = available

    def wire_spending(self, spent: Spending) -> None:
        """Who knows what was spent."""
        self._spent = spent

    def wire_services(self, seen: Seen) -> None:
        """Who knows of targets that are busy or out of service where calls ring all the same."""
        self._seen = seen

    def apply(self, routing: SiteRouting) -> None:
        """Take another version of the site, for calls from now on."""
        self.routing = routing

    def now(self) -> datetime:
        """The site's local time."""
        return local_moment(self._clock.utc_ms(), self._clock.utc_offset_min())

    def state(self) -> RoutingState:
        """Everything that decisions look at beside the call."""
        busy, out_of_service = self._available()
        memory = self.memory
        today = memory.today(self.now().date())
        return RoutingState(dict(memory.switched), busy, out_of_service, today, dict(memory.listed), self._spent())

    def incoming(self, call_id: str, call: IncomingCall, interaction: str = "") -> Decision:
        """Where a call from outside goes. Told as a fact when a rule of the site decided it."""
        decision = route(call, self.routing, self.now(), self._seen(self.state()))
        self._tell(call_id, decision, "", interaction)
        return decision

    def onward(self, call_id: str, decision: Decision, event: str, interaction: str = "") -> Decision | None:
        """Where it goes on to when the target was ``busy``, gave ``no_answer`` or is ``out_of_service``; None: nowhere."""
        following = next_target(decision, event, self.routing, self._seen(self.state()))
        if following is not None:
            self._tell(call_id, following, event, interaction)
        return following

    def outgoing(self, call: OutgoingCall) -> Decision:
        """Whether and how a desk phone's call goes out. Told by who carries it."""
        decision = route(call, self.routing, self.now(), self.state())
        if decision.outcome is Outcome.REFUSED:
            self._bus.publish(
                facts.OutsideCallRefused(phone=call.phone, agent=call.agent, called=call.number, rule=decision.rule, reason=decision.reason)
            )
        return decision

    def _tell(self, call_id: str, decision: Decision, event: str, interaction: str) -> None:
        if decision.outcome is Outcome.REFUSED:
            self._bus.publish(facts.CallRefused(call=call_id, rule=decision.rule, reason=decision.reason), interaction or call_id)
        elif decision.target is not None:
            routed = facts.CallRouted(call=call_id, route=decision.rule, target=str(decision.target), event=event)
            self._bus.publish(routed, interaction or call_id)
