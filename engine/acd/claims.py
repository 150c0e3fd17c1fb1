"""What a caller may claim on entering a queue: seconds ahead of others, a class that goes first, an agent whom the call is for.

The agent is, in this order: named for the caller's number by a number list, named by the route that led the call here, the one who talked with the
caller last, where the queue wants that. Only somebody who is logged in and serves the queue is waited for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engine import facts
from engine.acd.memory import AcdMemory, LastAgent
from engine.calls.router import Router
from engine.calls.routing.decision import RoutingState
from engine.calls.routing.inbound import lists_with
from engine.calls.routing.numbers import whole_number
from engine.calls.switch import Call
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock
from engine.settings.site import InboundRouteSection, NumberListSection, QueueSection

__all__ = ["Claim", "Claims", "claim_of"]

MS_A_DAY = 86_400_000
CALLS_MOST = 2000
"""Calls whose route is remembered: more than can be on the way at once."""


@dataclass(frozen=True)
class Claim:
    """``wanted`` for ``wanted_s``, nobody else meanwhile when ``alone``. ``because``: the lists and the route that gave it, or ``last_agent``."""

    credit_s: int = 0
    strict: bool = False
    wanted: str = ""
    wanted_s: int = 0
    alone: bool = True
    because: tuple[str, ...] = ()


def claim_of(
    queue: QueueSection,
    lists: Iterable[NumberListSection],
    route: InboundRouteSection | None,
    last: LastAgent | None,
    now_utc_ms: int,
    can_take: Callable[[str], bool],
) -> Claim:
    """The claim of a caller who is on these lists, came by this route and talked with this agent last."""
    known = [one for one in lists if one.credit_s or one.strict or one.agent]
    because = [f"list:{one.name}" for one in known]
    credit_s = max((one.credit_s for one in known), default=0.0)
    named = [one.agent for one in known]
    if route is not None and (route.credit_s or route.agent):
        because.append(f"route:{route.name}")
        credit_s += route.credit_s
        named.append(route.agent)
    wanted = next((agent for agent in named if agent and can_take(agent)), "")
    recent = last is not None and last.queue == queue.name and now_utc_ms - last.utc_ms <= queue.last_agent_days * MS_A_DAY
    if not wanted and queue.last_agent_days and recent and last is not None and can_take(last.agent):
        wanted = last.agent
        because.append("last_agent")
    return Claim(
        round(credit_s),
        any(one.strict for one in known),
        wanted,
        round(queue.wanted_s) if wanted else 0,
        queue.wanted_alone,
        tuple(because),
    )


class Claims:
    """One per appliance: knows by which route each call came."""

    def __init__(self, bus: Bus, clock: Clock, router: Router, memory: AcdMemory) -> None:
        self._clock = clock
        self._router = router
        self._memory = memory
        self._routes: OrderedDict[str, str] = OrderedDict()
        bus.subscribe("claims", self._hear)

    def of(self, call: Call, queue: QueueSection, can_take: Callable[[str], bool]) -> Claim:
        """The claim of this call in this queue."""
        routing = self._router.routing
        site = routing.site
        caller = "" if call.caller.doubtful else whole_number(call.caller.number, site.numbering.area_code)
        names = lists_with(routing, caller, RoutingState(listed=dict(self._router.memory.listed))) if caller else frozenset()
        lists = [one for one in site.number_lists if one.name in names]
        route = next((one for one in site.inbound_routes if one.name == self._routes.get(call.id)), None)
        last = self._memory.last_agents.get(call.caller.number) if caller else None
        return claim_of(queue, lists, route, last, self._clock.utc_ms(), can_take)

    def _hear(self, envelope: Envelope) -> None:
        match envelope.fact:
            case facts.CallRouted(call=call, route=route):
                self._routes[call] = route
                if len(self._routes) > CALLS_MOST:
                    self._routes.popitem(last=False)
            case facts.CallEnded(call=call):
                self._routes.pop(call, None)
