"""Extensions while the appliance runs: what is set for each, and who rings for a call because of it. Asks the pure decision with what is known at the moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine import facts
from engine.calls.register import Call
from engine.calls.router import Router
from engine.calls.routing.decision import RoutingState
from engine.calls.routing.plan import SiteRouting
from engine.calls.services.decision import Caller, Forwarded, Ringing, RingState
from engine.calls.services.memory import ExtensionServices, ServiceMemory
from engine.calls.services.ringing import ringing, seen_by_routes
from engine.kernel.bus import Bus
from engine.settings.targets import Target

__all__ = ["Extensions"]


def _nobody_waits() -> frozenset[str]:
    return frozenset()


class Extensions:
    """One per appliance. ``memory`` is what the journal knows of the time before."""

    def __init__(self, bus: Bus, router: Router, memory: ServiceMemory | None = None) -> None:
        self._bus = bus
        self._router = router
        self.memory = memory or ServiceMemory()
        self._can_wait: Callable[[], frozenset[str]] = _nobody_waits
        bus.subscribe("services", self.memory.apply)
        router.wire_services(self._seen_by_routes)

    def wire(self, can_wait: Callable[[], frozenset[str]]) -> None:
        """Who knows to which extensions in conversation another call can be announced."""
        self._can_wait = can_wait

    @property
    def router(self) -> Router:
        """The site's routing, which says what numbers outside an extension may have its calls forwarded to."""
        return self._router

    @property
    def routing(self) -> SiteRouting:
        """The settings of calls, compiled."""
        return self._router.routing

    def set_for(self, extension: str) -> ExtensionServices:
        """What is set for an extension."""
        return self.memory.of(extension)

    def state(self) -> RingState:
        """Everything that the decision looks at beside the settings."""
        return RingState(self._router.state(), dict(self.memory.extensions), self._can_wait())

    def _seen_by_routes(self, state: RoutingState) -> RoutingState:
        return seen_by_routes(self.routing, RingState(state, self.memory.extensions, self._can_wait()))

    def ringing(self, target: Target, caller: Caller) -> Ringing:
        """Who rings for a call to an extension or a ring group, stage after stage."""
        return ringing(target, caller, self._router.routing, self._router.now(), self.state())

    def tell(self, call: Call, forwarded: Iterable[Forwarded]) -> None:
        """A call follows these forwards now."""
        for one in forwarded:
            told = facts.CallForwarded(call=call.id, extension=one.extension, when=one.when, target=one.target)
            self._bus.publish(told, call.interaction)
