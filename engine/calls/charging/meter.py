"""Charges calls while the appliance runs: hears when they are answered and end, asks for the price, and tells it as a fact.

A call is charged by the settings that were in force when it began.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine import facts
from engine.calls.charging.charge import Charge, ChargedCall, charge
from engine.calls.charging.memory import CALLS_MOST, LED_ON, NEVER, ChargeMemory, MeteredCall, month_of
from engine.calls.router import Router
from engine.calls.routing.memory import local_moment
from engine.calls.routing.numbers import whole_number
from engine.calls.routing.plan import SiteRouting
from engine.kernel.bus import Bus, Envelope
from engine.kernel.clock import Clock
from engine.kernel.text import text_written
from engine.settings.e1_lines import e1_trunks
from engine.settings.site import Site
from engine.settings.ways import trunk_names

__all__ = ["Meter", "charged_call", "names_of_lines"]

NS_A_MS = 1_000_000


class Meter:
    """One per appliance. ``version``: the number of the settings in force; ``memory``: what the journal knows of the time before."""

    def __init__(self, bus: Bus, clock: Clock, router: Router, version: Callable[[], int], memory: ChargeMemory | None = None) -> None:
        self._bus = bus
        self._clock = clock
        self._router = router
        self._version = version
        self.memory = memory or ChargeMemory()
        self._begun: dict[str, tuple[SiteRouting, int]] = {}
        """The settings by which a call is charged."""
        bus.subscribe("meter", self.hear)

    def spent(self) -> Mapping[str, int]:
        """What was spent this month, by ``extension:801``, ``agent:1001``, ``account:4711``."""
        return self.memory.spent_in(month_of(self._clock.utc_ms(), self._clock.utc_offset_min()))

    def hear(self, envelope: Envelope) -> None:
        """What becomes of calls."""
        fact = envelope.fact
        ended = self.memory.carried_by(fact.call) if isinstance(fact, facts.CallEnded) else {}
        self.memory.apply(envelope)
        match fact:
            case facts.CallPlaced() | facts.CallArrived() if fact.call in self.memory.open:
                while len(self._begun) >= CALLS_MOST:
                    del self._begun[next(iter(self._begun))]
                self._begun[fact.call] = (self._router.routing, self._version())
            case facts.CallEnded():
                for began, call in ended.items():
                    routing, version = self._begun.pop(began, (self._router.routing, self._version()))
                    if call.answered_ns != NEVER:
                        self._charge(began.partition(LED_ON)[0], call, envelope, routing, version)

    def _charge(self, call_id: str, call: MeteredCall, envelope: Envelope, routing: SiteRouting, version: int) -> None:
        wanted = "outgoing" if call.outgoing else "incoming"
        if all(one.direction != wanted for one in routing.site.tariffs) or (call.outgoing and call.called in routing.emergency):
            return
        over_ns = call.over_ns if call.over_ns != NEVER else envelope.monotonic_ns
        duration_ms = max(0, over_ns - call.answered_ns) // NS_A_MS
        priced = charge(charged_call(call, duration_ms, routing), routing)
        self._bus.publish(_told(call_id, call, duration_ms, priced, version), envelope.interaction or call_id)


def charged_call(call: MeteredCall, duration_ms: int, routing: SiteRouting) -> ChargedCall:
    """What the price of a call depends on."""
    area_code, names = routing.site.numbering.area_code, names_of_lines(routing.site)
    other = call.called if call.outgoing else call.other
    trunk = names.get(call.line, (call.line,))
    known = call.called or next((routing.numbers_by_trunk[name] for name in trunk if name in routing.numbers_by_trunk), "")
    return ChargedCall(
        outgoing=call.outgoing,
        called=whole_number(call.called, area_code) if call.outgoing else known,
        other=whole_number(other, area_code),
        answered=local_moment(call.answered_utc_ms, call.utc_offset_min),
        duration_ms=duration_ms,
        trunks=frozenset({call.line, *trunk[:2], call.group} if call.outgoing else {call.line, *trunk}) - {""},
        route=call.route,
        pulses=call.pulses,
    )


def names_of_lines(site: Site) -> Mapping[str, tuple[str, ...]]:
    """For each line (or E1 trunk) its own name, that of its trunk, and those of the groups that the trunk is in."""
    groups = {
        name: tuple(group.name for group in site.trunk_groups if name in group.trunks)
        for group in site.trunk_groups
        for name in group.trunks
    }
    lines = {name: (name, name) for name in trunk_names(site)}
    lines |= {line.name: (line.name, trunk.section.name) for trunk in e1_trunks(site) for line in trunk.lines}
    return {name: (*known, *groups.get(known[1], ())) for name, known in lines.items()}


def _told(call_id: str, call: MeteredCall, duration_ms: int, priced: Charge, version: int) -> facts.CallCharged:
    return facts.CallCharged(
        call=call_id,
        direction="outgoing" if call.outgoing else "incoming",
        line=call.line,
        group=call.group,
        route=call.route,
        extension=call.extension,
        agent=call.agent,
        account=call.account,
        charge_account=call.charge_account,
        tariff=priced.tariff,
        site_version=version,
        basis=priced.basis,
        answered_utc_ms=call.answered_utc_ms,
        duration_ms=duration_ms,
        paid_s=priced.paid_s,
        pulses=call.pulses,
        price_li=priced.price_li,
        bands=tuple(one.band for one in priced.bands),
        steps=tuple(text_written(step) for step in priced.steps),
        number=call.called if call.outgoing else call.other,
    )
