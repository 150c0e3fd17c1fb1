"""Which targets of routes can take a call at this moment: extensions by their phones, queues by who waits and who serves them."""

from __future__ import annotations

from engine.acd.acd import Acd
from engine.calls.router import Availability
from engine.calls.switch import Switch

__all__ = ["availability"]


def availability(switch: Switch, acd: Acd) -> Availability:
    """The question for ``Router.wire``. A queue is busy when it is full, and out of service when nobody who serves it is logged in."""

    def ask() -> tuple[frozenset[str], frozenset[str]]:
        busy: set[str] = set()
        out_of_service: set[str] = set()
        for phone in switch.phones.values():
            if not phone.station.in_service:
                out_of_service.add(f"extension:{phone.extension}")
            elif not phone.free:
                busy.add(f"extension:{phone.extension}")
        served = {queue for agent in acd.agents.values() if agent.phone for queue in agent.queues}
        for name, queue in acd.queues.items():
            if name not in served:
                out_of_service.add(f"queue:{name}")
            elif len(acd.waiting(name)) >= queue.waiting_most:
                busy.add(f"queue:{name}")
        return frozenset(busy), frozenset(out_of_service)

    return ask
