"""The decision: one function for calls from outside and calls outside. Pure."""

from __future__ import annotations

from datetime import datetime

from engine.calls.routing.decision import Decision, IncomingCall, OutgoingCall, RoutingState
from engine.calls.routing.inbound import route_incoming
from engine.calls.routing.outbound import route_outgoing
from engine.calls.routing.plan import SiteRouting

__all__ = ["route"]


def route(call: IncomingCall | OutgoingCall, site_routing: SiteRouting, now: datetime, state: RoutingState) -> Decision:
    """Where a call goes and why. ``now`` is the site's local time; the same arguments give the same decision."""
    if isinstance(call, IncomingCall):
        return route_incoming(call, site_routing, now, state)
    return route_outgoing(call, site_routing, now, state)
